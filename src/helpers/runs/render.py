"""The pages of a run: one a notebook, and the index. Each is one file that asks no other host for anything."""

import json
from collections.abc import Collection, Sequence
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import Any

import jinja2
import nbformat
import pandas as pd
from nbconvert import HTMLExporter
from nbconvert.filters.markdown import markdown2html

from helpers import contracts
from helpers.runs.execute import Outcome

TEMPLATES = Path(__file__).parent / "templates"
_ONE_AT_A_TIME = Lock()


def page(document: nbformat.NotebookNode, title: str, evidence: str, notice: str = "") -> str:
    """An executed notebook as a page, its code folded away; its head says the evidence, and the notice if there is one."""
    resources = {"metadata": {"name": title}, "evidence": evidence, "notice": notice}
    with _ONE_AT_A_TIME:
        return _exporter().from_notebook_node(document, resources=resources)[0]


@cache
def _exporter() -> HTMLExporter:
    """Made once, since it compiles its templates; it is not made for several threads."""
    return HTMLExporter(template_name="report", extra_template_basedirs=[str(TEMPLATES)])


def answer(document: nbformat.NotebookNode, tag: str = "answer") -> str:
    """The Markdown that the cell with this tag shows; empty where it was not reached."""
    for cell in document.cells:
        if tag in cell.metadata.get("tags", []):
            shown = (output.get("data", {}).get("text/markdown", "") for output in cell.get("outputs", []))
            return "".join(shown)
    return ""


def render_notebook(folder: Path, outcome: Outcome, notice: str) -> dict[str, Any]:
    """Write the page of one executed notebook of a run folder.

    Parameters
    ----------
    folder : Path
        Run folder with the notebook and its tables.
    outcome : Outcome
    notice : str
        What the head of the page says of supplied cases; empty where there are none.

    Returns
    -------
    dict
        What the index says of it.
    """
    shown = {"outcome": outcome, "title": outcome.notebook.title, "answer": "", "page": None}
    source = folder / "notebooks" / outcome.notebook.path.name
    try:
        document = nbformat.read(source, as_version=4)
    except (OSError, ValueError):
        # It was not begun, or the disk filled up in the middle: the outcome says why.
        return shown
    target = source.with_suffix(".html")
    own = _tables(folder, contracts.WRITTEN_BY[outcome.notebook.stem])
    target.write_text(page(document, outcome.notebook.title, _evidence(own), notice), encoding="utf-8")
    # The answer is made by the notebook's own code, and Markdown holds no HTML of others.
    return shown | {"answer": markdown2html(answer(document)), "page": f"notebooks/{target.name}"}


def render_index(folder: Path, shown: Sequence[dict[str, Any]], manifest: dict[str, Any], notices: Collection[str]) -> None:
    """Write ``index.html``.

    Parameters
    ----------
    folder : Path
        Run folder with its tables and figures.
    shown : sequence of dict
        As from `render_notebook`, in the order of the collection.
    manifest : dict
        As written to ``manifest.json``.
    notices : collection of str
        What the head says of supplied cases.
    """
    tables = _tables(folder, contracts.TABLES)
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES / "report"), autoescape=True)
    environment.filters["as_json"] = partial(json.dumps, ensure_ascii=False)
    index = environment.get_template("run.html.j2").render(
        notebooks=shown,
        tables=tables,
        figures=sorted(path.stem for path in (folder / "figures").glob("*.svg")),
        evidence=_evidence(tables),
        notices=sorted({notice for notice in notices if notice}),
        manifest=manifest,
    )
    (folder / "index.html").write_text(index, encoding="utf-8")


def _evidence(tables: list[dict[str, Any]]) -> str:
    return ", ".join(sorted({mark for table in tables for mark in table["evidence"]})) or "none"


def _tables(folder: Path, names: Collection[str]) -> list[dict[str, Any]]:
    found = []
    for path in sorted((folder / "tables").glob("*.csv")):
        # Another notebook may be at work on a table that is not asked for.
        if path.stem in names:
            table = pd.read_csv(path, usecols=["evidence"])
            found.append({"name": path.stem, "rows": len(table), "evidence": sorted(table["evidence"].unique())})
    return found
