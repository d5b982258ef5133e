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

from helpers.runs import engine
from helpers.runs.catalogue import Notebook
from helpers.runs.watch import Limits, Watch

_LONGEST_LINE = 1_000
# What papermill would log stands in the outcome, which is said in one line.
logging.getLogger("papermill").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Outcome:
    """How one notebook went; `error` is its last line, and None where all is good."""

    notebook: Notebook
    seconds: float
    error: str | None = None
    cell: int | None = None
    # What was run: the pages of the run, or the full ones for the team itself.
    full: bool = False
    # The most memory that its kernel was seen to take, bytes.
    peak: int = 0

    @property
    def result(self) -> str:
        """``good`` or ``failed``."""
        return "good" if self.error is None else "failed"


def execute(
    notebook: Notebook,
    folder: Path,
    target: str,
    parameters: Mapping[str, Any] | None,
    on_cell: Callable[..., None] = lambda **_: None,
    limits: Limits | None = None,
) -> Outcome:
    """Execute a notebook in a kernel of its own and write it to `target`, executed cells and error included.

    Parameters
    ----------
    notebook : Notebook
    folder : Path
        Working directory of the kernel.
    target : str
        Path below `folder`; the folder that it lies in exists.
    parameters : mapping, optional
        Values to inject; None injects no cell.
    on_cell : callable
        Called after each cell.
    limits : Limits, optional
        What the notebook may take.

    Notes
    -----
    Call it within `helpers.runs.kernels.session`; several threads may do so at one time.
    """
    started = monotonic()
    watch = Watch(limits or Limits())
    written = folder / target
    error, cell = None, None
    try:
        papermill.execute_notebook(
            str(notebook.path).replace("{", "{{").replace("}", "}}"),
            str(written).replace("{", "{{").replace("}", "}}"),
            parameters=parameters,
            engine_name=engine.NAME,
            progress_bar=False,
            request_save_on_cell_execute=False,
            on_cell_executed=on_cell,
            watch=watch,
            folder=str(folder),
        )
    except PapermillExecutionError as failure:
        error, cell = f"{failure.ename}: {_last_line(failure.evalue)}", failure.exec_count
    except Exception as failure:
        error = f"{type(failure).__name__}: {_last_line(str(failure))}"
        if watch.reason:
            # It was killed before it was ready for a cell.
            error = f"DeadKernelError: the kernel was killed: {watch.reason}; it took up to {watch.said()}"
    _forget_paths(written, target, notebook)
    return Outcome(notebook, monotonic() - started, error, cell, peak=watch.peak)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1][:_LONGEST_LINE]


def _forget_paths(written: Path, target: str, notebook: Notebook) -> None:
    """Take the folders of this machine out of the metadata that papermill wrote."""
    try:
        document = nbformat.read(written, as_version=4)
    except (OSError, ValueError):
        # Nothing was written, or the disk filled up in the middle: the outcome says why.
        return
    document.metadata.get("papermill", {}).update(input_path=f"notebooks/{notebook.path.name}", output_path=target)
    nbformat.write(document, written)
