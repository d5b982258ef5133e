"""One set of a sweep: what a worker is told, what it does, and what it gives back. All of it is plain data."""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from helpers.datapackage import sha256
from helpers.runs import keys, restricted
from helpers.runs.catalogue import Notebook
from helpers.runs.execute import execute
from helpers.runs.watch import Limits

# Numbers may differ in their last digits between versions of these.
_COMPUTE = ("matplotlib", "numpy", "pandas", "pyarrow", "scipy", "seaborn", "statsmodels")
FIGURES = "NOTEBOOKS_FIGURES"


@dataclass(frozen=True)
class Task:
    """A set to do.

    Attributes
    ----------
    number : int
        Of the set, from 1.
    stem : str
        Of the notebook.
    values : dict
        All parameters but `output`; files and folders by their whole path.
    reads : dict
        Digest of each file and folder that a parameter names, by parameter.
    code : str
        As `code_key` gives it where the sweep was started.
    figures : bool
        Whether figures are drawn.
    limits : dict
        What its kernel may take, where that is not as usual: fields of `helpers.runs.watch.Limits`.
    """

    number: int
    stem: str
    values: dict[str, Any]
    reads: dict[str, str]
    code: str
    figures: bool = False
    limits: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """How a set went; `error` is its last line, and None where all is good."""

    number: int
    seconds: float
    error: str | None = None
    cell: int | None = None


def code_key(notebook: Notebook) -> str:
    """A digest of all that decides a result besides parameters: data, notebook, helpers, lock, and what computes.

    Raises
    ------
    InputError
        One of these files is missing, or a data file has changed.
    """
    versions = {name: version(name) for name in _COMPUTE} | {"python": platform.python_version_tuple()[:2]}
    return keys.digest([keys.sources([notebook.stem]), versions])


def digest(path: str | Path) -> str:
    """SHA-256 of a file, or of the tables of a run folder; empty where it cannot be read."""
    path = Path(path)
    try:
        if path.is_dir():
            return keys.digest({table.name: sha256(table) for table in sorted((path / "tables").glob("*.csv"))})
        return sha256(path)
    except OSError:
        return ""


def perform(task: Task, folder: Path) -> Done:
    """Do a set in an empty folder, which then holds ``notebooks/``, ``tables/`` and what else a run of it writes.

    Call it within `helpers.runs.kernels.session`; several threads may do so at one time.
    """
    if wrong := _other(task):
        return Done(task.number, 0.0, wrong)
    notebook = Notebook(task.stem)
    model = notebook.model.model_construct(**task.values)
    (folder / "notebooks").mkdir(parents=True)
    with restricted.linked({notebook: model}, folder) as links:
        values = task.values | links[notebook] | _linked_folders(model.paths(), folder) | {"output": "."}
        outcome = execute(notebook, folder, f"notebooks/{notebook.path.name}", values, limits=Limits(**task.limits))
    error = outcome.error and outcome.error.replace(f"{folder}{os.sep}", "").replace(str(folder), ".")
    return Done(task.number, outcome.seconds, error or _other(task) or None, outcome.cell)


def _other(task: Task) -> str:
    for name, expected in task.reads.items():
        if digest(task.values[name]) != expected:
            return f"InputError: parameter {name}: the file is not there, or is not the one that the sweep was started with"
    return ""


def _linked_folders(paths: Mapping[str, Path], folder: Path) -> dict[str, str]:
    """Name a folder that is read by a link, as own files are, so that no page says where it lies."""
    links = {}
    for name, path in paths.items():
        (folder / ".supplied").mkdir(mode=0o700, exist_ok=True)
        link = folder / ".supplied" / name
        link.symlink_to(path.resolve())
        links[name] = f".supplied/{name}"
    return links
