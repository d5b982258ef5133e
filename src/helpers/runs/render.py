"""The pages of a run: one a notebook, and the index. Each is one file that asks no other host for anything."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
import nbformat
import pandas as pd
from nbconvert import HTMLExporter
from nbconvert.filters.markdown import markdown2html

from helpers import contracts
from helpers.runs.catalogue import Notebook
from helpers.runs.execute import Outcome

TEMPLATES = Path(__file__).parent / "templates"


def page(document: nbformat.NotebookNode, title: str, evidence: str, notice: str = "") -> str:
    """An executed notebook as a page, its code folded away; its head says the evidence, and the notice if there is one."""
    exporter = HTMLExporter(template_name="report", extra_template_basedirs=[str(TEMPLATES)])
    resources = {"metadata": {"name": title}, "evidence": evidence, "notice": notice}
    return exporter.from_notebook_node(document, resources=resources)[0]


def answer(document: nbformat.NotebookNode, tag: str = "answer") -> str:
    """The Markdown that the cell with this tag shows; empty where it was not reached."""
    for cell in document.cells:
        if tag in cell.metadata.get("tags", []):
            shown = (output.get("data", {}).get("text/markdown", "") for output in cell.get("outputs", []))
            return "".join(shown)
    return ""


def render(folder: Path, outcomes: Sequence[Outcome], manifest: dict[str, Any], notices: Mapping[Notebook, str]) -> None:
    """Write a page for each executed notebook of a run folder, and ``index.html``.

    Parameters
    ----------
    folder : Path
        Run folder with its notebooks, tables and figures.
    outcomes : sequence of Outcome
    manifest : dict
        As written to ``manifest.json``.
    notices : mapping of Notebook to str
        What the head of a page says of supplied cases; empty where there are none.
    """
    tables = _tables(folder)
    notebooks = [_render_notebook(folder, outcome, tables, notices[outcome.notebook]) for outcome in outcomes]
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES / "report"), autoescape=True)
    environment.filters["as_json"] = partial(json.dumps, ensure_ascii=False)
    index = environment.get_template("run.html.j2").render(
        notebooks=notebooks,
        tables=tables,
        figures=sorted(path.stem for path in (folder / "figures").glob("*.svg")),
        evidence=_evidence(tables),
        notices=sorted({notice for notice in notices.values() if notice}),
        manifest=manifest,
    )
    (folder / "index.html").write_text(index, encoding="utf-8")


def _render_notebook(folder: Path, outcome: Outcome, tables: list[dict[str, Any]], notice: str) -> dict[str, Any]:
    shown = {"outcome": outcome, "title": outcome.notebook.title, "answer": "", "page": None}
    source = folder / "notebooks" / outcome.notebook.path.name
    try:
        document = nbformat.read(source, as_version=4)
    except (OSError, ValueError):
        # It was not begun, or the disk filled up in the middle: the outcome says why.
        return shown
    target = source.with_suffix(".html")
    own = [table for table in tables if table["name"] in contracts.WRITTEN_BY[outcome.notebook.stem]]
    target.write_text(page(document, outcome.notebook.title, _evidence(own), notice), encoding="utf-8")
    # The answer is made by the notebook's own code, and Markdown holds no HTML of others.
    return shown | {"answer": markdown2html(answer(document)), "page": f"notebooks/{target.name}"}


def _evidence(tables: list[dict[str, Any]]) -> str:
    return ", ".join(sorted({mark for table in tables for mark in table["evidence"]})) or "none"


def _tables(folder: Path) -> list[dict[str, Any]]:
    found = []
    for path in sorted((folder / "tables").glob("*.csv")):
        table = pd.read_csv(path, usecols=["evidence"])
        found.append({"name": path.stem, "rows": len(table), "evidence": sorted(table["evidence"].unique())})
    return found
