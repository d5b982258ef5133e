"""One run: notebooks side by side, into a hidden folder that becomes the run folder when whole."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import chdir, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from helpers.errors import InputError
from helpers.parameters import Parameters
from helpers.runs import manifest
from helpers.runs.catalogue import Notebook
from helpers.runs.execute import Outcome, execute


@dataclass(frozen=True)
class Run:
    """A finished run: its folder, how each notebook went, and whether all are good."""

    folder: Path
    outcomes: list[Outcome]
    good: bool


def run(
    chosen: Mapping[Notebook, Parameters],
    outputs: Path,
    jobs: int,
    on_cell: Callable[..., None] = lambda **_: None,
    on_outcome: Callable[[Outcome], None] = lambda _: None,
) -> Run:
    """Run notebooks; a good run is renamed into `outputs` and named by ``latest``, a failed one goes to ``failed/``.

    Parameters
    ----------
    chosen : mapping of Notebook to Parameters
    outputs : Path
        Folder that holds runs.
    jobs : int
        Notebooks executed at one time.
    on_cell, on_outcome : callable
        Called after each cell and each notebook.

    Raises
    ------
    InputError
        An input is missing or changed, or `outputs` cannot be written; nothing has been executed then.
    """
    # Both before any kernel starts: what is wrong is said at once, and nothing is half done.
    read = manifest.inputs(chosen)
    started = datetime.now(UTC)
    with _hidden_folder(outputs, started) as (hidden, name):
        # Before the folder changes: a path that the user gave is relative to where the user is.
        values = {notebook: _values(parameters, hidden) for notebook, parameters in chosen.items()}
        with chdir(hidden), _quiet_kernels(hidden):
            outcomes = _execute_all(values, jobs, on_cell, on_outcome)
        _write_pages(hidden, name, chosen, outcomes, read, started)
        good = all(outcome.error is None for outcome in outcomes)
        done = Run(outputs / name if good else outputs / "failed" / name, outcomes, good)
        done.folder.parent.mkdir(exist_ok=True)
        hidden.rename(done.folder)
    if good:
        _name_latest(outputs, name)
    return done


@contextmanager
def _hidden_folder(outputs: Path, started: datetime) -> Iterator[tuple[Path, str]]:
    """A new hidden folder in `outputs` and the name that the run will have; gone if the run breaks off."""
    latest = outputs / "latest"
    stamp, number = started.strftime("%Y-%m-%dT%H%M%SZ"), 1
    try:
        if latest.exists() and not latest.is_symlink():
            raise InputError(f"{latest} is not a symbolic link, so a run cannot be named there; move it away")
        outputs.mkdir(parents=True, exist_ok=True)
        while True:
            name = stamp if number == 1 else f"{stamp}-{number}"
            hidden = outputs.resolve() / f".{name}"
            number += 1
            if (outputs / name).exists() or (outputs / "failed" / name).exists():
                continue
            # Another run may take the name between a look and this.
            with suppress(FileExistsError):
                hidden.mkdir()
                break
        (hidden / "notebooks").mkdir()
    except OSError as error:
        raise InputError(f"--output {outputs}: cannot be written ({error.strerror}); name a folder that can") from None
    try:
        yield hidden, name
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


@contextmanager
def _quiet_kernels(hidden: Path) -> Iterator[None]:
    """Kernels take nothing of the user's settings, and the list of fonts that was made at the installation."""
    before = dict(os.environ)
    for name in ("JUPYTER_PATH", "MATPLOTLIBRC", "MPLBACKEND", "PYTHONWARNINGS", "PYTHONSTARTUP"):
        os.environ.pop(name, None)
    os.environ |= {"IPYTHONDIR": str(hidden / ".ipython"), "JUPYTER_PREFER_ENV_PATH": "1"}
    fonts = Path(sys.prefix) / "var" / "matplotlib"
    if fonts.is_dir():
        os.environ["MPLCONFIGDIR"] = str(fonts)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(hidden / ".ipython", ignore_errors=True)


def _execute_all(
    values: Mapping[Notebook, Mapping[str, Any]], jobs: int, on_cell: Callable[..., None], on_outcome: Callable[[Outcome], None]
) -> list[Outcome]:
    before = psutil.Process().children()
    with ThreadPoolExecutor(jobs) as pool:
        waiting = [
            pool.submit(execute, notebook, f"notebooks/{notebook.path.name}", given, on_cell)
            for notebook, given in values.items()
        ]
        try:
            for done in as_completed(waiting):
                on_outcome(done.result())
        except BaseException:
            # Stopped: what has not begun does not begin, and what runs ends with its kernel.
            pool.shutdown(wait=False, cancel_futures=True)
            for kernel in set(psutil.Process().children()) - set(before):
                kernel.kill()
            raise
        return [done.result() for done in waiting]


def _values(parameters: Parameters, hidden: Path) -> dict[str, Any]:
    """All values, so that the executed notebook shows them; a path is made relative to the run folder."""
    relative = {name: os.path.relpath(path.resolve(), hidden) for name, path in parameters.paths().items()}
    return parameters.model_dump() | relative | {"output": "."}


def _write_pages(
    hidden: Path,
    name: str,
    chosen: Mapping[Notebook, Parameters],
    outcomes: list[Outcome],
    read: Mapping[str, str],
    started: datetime,
) -> None:
    # Imported here, since it takes as long as a notebook's first cells and is needed only now.
    from helpers.runs import render

    document = manifest.build(name, chosen, outcomes, read, started, datetime.now(UTC))
    render.render(hidden, outcomes, document)
    document["outputs"] = manifest.outputs(hidden)
    (hidden / "manifest.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _name_latest(outputs: Path, name: str) -> None:
    """Point ``latest`` at a run in one step: a reader sees the old or the new run, never none."""
    link = outputs / f".latest-{name}"
    link.symlink_to(name)
    link.replace(outputs / "latest")
