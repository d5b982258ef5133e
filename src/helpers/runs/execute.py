"""Execute one notebook through papermill, and say how it went."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import nbformat
import papermill
from papermill.exceptions import PapermillExecutionError

from helpers.runs.catalogue import Notebook

# What papermill would log stands in the outcome, which is said in one line.
logging.getLogger("papermill").setLevel(logging.CRITICAL)
# ipykernel says at each start that it talks over TCP; --colors keeps escape codes out of saved errors.
_KERNEL_ARGUMENTS = ["--IPKernelApp.log_level=ERROR", "--InteractiveShell.colors=NoColor"]


@dataclass(frozen=True)
class Outcome:
    """How one notebook went; `error` is its last line, and None where all is good."""

    notebook: Notebook
    seconds: float
    error: str | None = None
    cell: int | None = None
    # What was run: the pages of the run, or the full ones for the team itself.
    full: bool = False

    @property
    def result(self) -> str:
        """``good`` or ``failed``."""
        return "good" if self.error is None else "failed"


def execute(
    notebook: Notebook, target: str, parameters: Mapping[str, Any] | None, on_cell: Callable[..., None] = lambda **_: None
) -> Outcome:
    """Execute a notebook in a kernel of its own and write it to `target`, executed cells and error included.

    Parameters
    ----------
    notebook : Notebook
    target : str
        Path relative to the working directory, which is the kernel's too; its folder exists.
    parameters : mapping, optional
        Values to inject; None injects no cell.
    on_cell : callable
        Called after each cell.
    """
    started = monotonic()
    try:
        papermill.execute_notebook(
            str(notebook.path),
            target,
            parameters=parameters,
            progress_bar=False,
            request_save_on_cell_execute=False,
            on_cell_executed=on_cell,
            extra_arguments=list(_KERNEL_ARGUMENTS),
            # A kernel asked politely sometimes waits three seconds before it goes.
            shutdown_kernel="immediate",
        )
    except PapermillExecutionError as error:
        return Outcome(notebook, monotonic() - started, f"{error.ename}: {_last_line(error.evalue)}", error.exec_count)
    except Exception as error:
        return Outcome(notebook, monotonic() - started, f"{type(error).__name__}: {_last_line(str(error))}")
    finally:
        _forget_paths(Path(target), notebook)
    return Outcome(notebook, monotonic() - started)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1]


def _forget_paths(target: Path, notebook: Notebook) -> None:
    """Take the folders of this machine out of the metadata that papermill wrote."""
    try:
        document = nbformat.read(target, as_version=4)
    except (OSError, ValueError):
        # Nothing was written, or the disk filled up in the middle: the outcome says why.
        return
    document.metadata.get("papermill", {}).update(input_path=f"notebooks/{notebook.path.name}", output_path=str(target))
    nbformat.write(document, target)
