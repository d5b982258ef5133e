"""What stays with the team that supplied the cases: the full results, and whole errors."""

import json
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import nbformat

from helpers.disclosure import rules_in_force
from helpers.parameters import RESTRICTED, Parameters
from helpers.runs import manifest
from helpers.runs.catalogue import Notebook
from helpers.runs.execute import Outcome

REPORT = f"{RESTRICTED}/report"
_LINKS = ".supplied"
# Errors of our own hold no value of a case; those of libraries may quote one.
OURS = ("InputError", "Refused", "Unprotectable", "KeyboardInterrupt", "DeadKernelError")


@contextmanager
def linked(chosen: Mapping[Notebook, Parameters], hidden: Path) -> Iterator[dict[Notebook, dict[str, str]]]:
    """Name the user's own files below the run folder by links, so that no page says where they lie.

    Nothing is copied, and the links are gone before the run is.
    """
    names: dict[Notebook, dict[str, str]] = {}
    folder = hidden / _LINKS
    try:
        for notebook, parameters in chosen.items():
            names[notebook] = {}
            for name, path in parameters.own_files().items():
                folder.mkdir(mode=0o700, exist_ok=True)
                link = folder / f"{notebook.stem[:2]}_{name}{path.suffix}"
                link.symlink_to(path.resolve())
                names[notebook][name] = str(link.relative_to(hidden))
        yield names
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def full(chosen: Mapping[Notebook, Parameters]) -> dict[Notebook, dict[str, object]]:
    """The notebooks whose supplied cases are treated, and the parameters of their full versions."""
    off = {"disclosure": "off", "publish_unprotected": False, "output": REPORT}
    return {
        notebook: parameters.model_dump() | off
        for notebook, parameters in chosen.items()
        if parameters.case_lists() and rules_in_force(parameters) is not None
    }


def withhold(outcome: Outcome, hidden: Path) -> Outcome:
    """Keep the error of a notebook that read supplied cases out of what leaves: it may quote one.

    The whole error stays in the restricted folder.
    """
    if outcome.error is None or outcome.error.startswith(tuple(f"{name}:" for name in OURS)):
        return outcome
    kind = outcome.error.split(":")[0]
    said = f"what it says is withheld, since the cases are supplied; it stands in {RESTRICTED}/failed"
    if outcome.full:
        return replace(outcome, error=f"{kind}: {said.split(';')[0]}; it stands in {REPORT}/notebooks")
    name = outcome.notebook.path.name
    source, kept = hidden / "notebooks" / name, hidden / RESTRICTED / "failed" / name
    for folder in (kept.parent.parent, kept.parent):
        folder.mkdir(mode=0o700, exist_ok=True)
    (kept.parent / f"{outcome.notebook.stem}.txt").write_text(f"{outcome.error}\n", encoding="utf-8")
    if source.is_file():
        source.replace(kept)
        _write_without_words(kept, source, said)
    return replace(outcome, error=f"{kind}: {said}")


def withhold_values(path: Path, names: Collection[str]) -> None:
    """Take the values of parameters out of an executed notebook: out of the injected cell, and out of its metadata."""
    if not names or not path.is_file():
        return
    document = nbformat.read(path, as_version=4)
    given = document.metadata.get("papermill", {}).get("parameters", {})
    given |= {name: "withheld" for name in names if name in given}
    for cell in document.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = re.sub(rf"^({'|'.join(names)}) = .*$", r'\1 = "withheld"', cell.source, flags=re.MULTILINE)
    nbformat.write(document, path)


def _write_without_words(kept: Path, target: Path, said: str) -> None:
    """Write the notebook that failed again, without what its errors say."""
    try:
        document = nbformat.read(kept, as_version=4)
    except ValueError:
        # The disk filled up in the middle; then there is no page.
        return
    for cell in document.cells:
        if cell.cell_type == "code":
            cell.outputs = [_without_words(output, said) for output in cell.outputs if output.output_type != "stream"]
    nbformat.write(document, target)


def _without_words(output: nbformat.NotebookNode, said: str) -> nbformat.NotebookNode:
    if output.output_type == "error":
        output.evalue, output.traceback = said, [f"{output.ename}: {said}"]
    return output


def close(hidden: Path, read: Mapping[str, str], key: str | None) -> None:
    """List what the restricted folder was made from and holds, and let its owner alone read it.

    The key of the run is told here alone where it tells of the user's own files; None where it need not be.
    """
    folder = hidden / RESTRICTED
    if read or key:
        folder.mkdir(mode=0o700, exist_ok=True)
        content = {"key": key, "inputs": dict(read), "outputs": manifest.outputs(folder)}
        (folder / "manifest.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    for path in [folder, *folder.rglob("*")] if folder.is_dir() else []:
        path.chmod(0o700 if path.is_dir() else 0o600)
