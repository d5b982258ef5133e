"""Notebooks made for a test, and what their cells showed."""

from dataclasses import dataclass
from pathlib import Path

import nbformat

from helpers.runs.execute import execute
from helpers.runs.watch import Limits


@dataclass(frozen=True)
class Made:
    """Stands for a notebook of the collection."""

    path: Path

    @property
    def stem(self):
        return self.path.stem


def made(folder, *cells):
    """A notebook of these cells of code."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    document = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells)), metadata={"kernelspec": kernel})
    nbformat.write(document, folder / "made.ipynb")
    return Made(folder / "made.ipynb")


def executed(folder, *cells, **limits):
    """Execute these cells; call it within a session."""
    return execute(made(folder, *cells), folder, "done.ipynb", None, limits=Limits(**limits))


def cells(folder):
    """The cells, without those by which papermill points at an error."""
    found = nbformat.read(folder / "done.ipynb", as_version=4).cells
    return [cell for cell in found if not any(tag.startswith("papermill-error") for tag in cell.metadata.get("tags", []))]


def outputs(folder):
    """The outputs of each cell."""
    return [cell.outputs for cell in cells(folder)]


def shown(folder):
    """The value that the last cell shows."""
    return outputs(folder)[-1][-1]["data"]["text/plain"]
