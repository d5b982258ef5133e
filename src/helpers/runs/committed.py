"""The notebooks as they are committed: executed with default parameters, nothing in them that changes from run to run."""

import sys
import tempfile
from pathlib import Path

import nbformat

from helpers.runs import kernels
from helpers.runs.catalogue import COLLECTION, Notebook
from helpers.runs.execute import execute

_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def executed(notebook: Notebook) -> nbformat.NotebookNode:
    """Execute a notebook with its default parameters and leave nothing of this machine in it; within a session of kernels.

    Raises
    ------
    RuntimeError
        A cell failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        outcome = execute(notebook, Path(folder), notebook.path.name, parameters=None)
        if outcome.error:
            raise RuntimeError(f"{notebook.stem}, cell {outcome.cell}: {outcome.error}")
        return settled(nbformat.read(Path(folder) / notebook.path.name, as_version=4))


def settled(document: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Keep of the metadata what a reader needs: the kernel's name, and the tags of cells."""
    document.metadata = nbformat.from_dict({"kernelspec": _KERNEL, "language_info": {"name": "python"}})
    for cell in document.cells:
        cell.metadata = nbformat.from_dict({"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {})
    return document


def main() -> int:
    """Execute all committed notebooks in place; a notebook that fails is left as it was."""
    with kernels.session():
        for notebook in COLLECTION:
            try:
                document = executed(notebook)
            except RuntimeError as error:
                print(error, file=sys.stderr)
                return 1
            nbformat.write(document, notebook.path)
            print(f"{notebook.stem}: executed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
