"""One run: notebooks side by side, into a hidden folder that becomes the run folder when whole."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from contextlib import chdir, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from helpers.disclosure import rules_in_force
from helpers.errors import InputError
from helpers.parameters import RESTRICTED, Parameters
from helpers.runs import manifest, restricted
from helpers.runs.catalogue import Notebook
from helpers.runs.execute import Outcome, execute

PROTECTED = (
    "Supplied cases, with disclosure control: [c] is hidden, so that it is hard to find a child. Give the run folder away only "
    "without its folder restricted, and once a person has looked at the tables that tables/disclosure.csv marks for review."
)
UNPROTECTED = (
    "Unprotected: supplied cases with disclosure control off, as publish_unprotected asks. Single children may be found in it."
)
NOT_FOR_RELEASE = "Not for release: full results of supplied cases, for the team itself. Single children can be found in them."


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
    read, lists = manifest.inputs(chosen), manifest.case_lists(chosen)
    started = datetime.now(UTC)
    with _hidden_folder(outputs, started) as (hidden, name):
        with restricted.linked(chosen, hidden) as links:
            # Before the folder changes: a path that the user gave is relative to where the user is.
            jobs_to_do = _jobs(chosen, links, hidden)
            with chdir(hidden), _quiet_kernels(hidden):
                outcomes = _execute_all(jobs_to_do, jobs, on_cell, on_outcome)
        outcomes = [
            restricted.withhold(outcome, hidden) if chosen[outcome.notebook].case_lists() else outcome for outcome in outcomes
        ]
        for notebook, parameters in chosen.items():
            restricted.withhold_values(hidden / "notebooks" / notebook.path.name, parameters.withheld())
        _write_pages(hidden, name, chosen, outcomes, read, started)
        restricted.close(hidden, lists)
        if _changed(chosen, lists):
            raise InputError("a case list changed or went away while the run read it; nothing was kept, run again")
        good = all(outcome.error is None for outcome in outcomes)
        done = Run(outputs / name if good else outputs / "failed" / name, outcomes, good)
        done.folder.parent.mkdir(exist_ok=True)
        hidden.chmod(_usual_mode())
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
                # Nobody else reads in it while it is made, nor if it is left behind.
                hidden.mkdir(mode=0o700)
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


@dataclass(frozen=True)
class _Job:
    """One notebook to execute: for the pages of the run, or in full for the team itself."""

    notebook: Notebook
    values: Mapping[str, Any]
    full: bool

    @property
    def target(self) -> str:
        """Where the executed notebook goes, below the run folder."""
        return f"{restricted.REPORT if self.full else '.'}/notebooks/{self.notebook.path.name}"


def _execute_all(
    todo: Sequence[_Job], jobs: int, on_cell: Callable[..., None], on_outcome: Callable[[Outcome], None]
) -> list[Outcome]:
    before = psutil.Process().children()
    with ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(_execute, job, on_cell) for job in todo]
        try:
            for done in as_completed(waiting):
                on_outcome(done.result())
        except BaseException:
            # Stopped: what has not begun does not begin, and what runs ends with its kernel.
            pool.shutdown(wait=False, cancel_futures=True)
            while not all(future.done() for future in waiting):
                # A thread may be about to start its kernel when it is stopped.
                for kernel in set(psutil.Process().children()) - set(before):
                    kernel.kill()
                wait(waiting, timeout=0.05)
            raise
        return [done.result() for done in waiting]


def _execute(job: _Job, on_cell: Callable[..., None]) -> Outcome:
    return replace(execute(job.notebook, job.target.removeprefix("./"), job.values, on_cell), full=job.full)


def _jobs(chosen: Mapping[Notebook, Parameters], links: Mapping[Notebook, Mapping[str, str]], hidden: Path) -> list[_Job]:
    """All values of each, so that the executed notebook shows them; a path is made relative to the run folder."""
    jobs = []
    for notebook, parameters in chosen.items():
        relative = {name: os.path.relpath(path.resolve(), hidden) for name, path in parameters.paths().items()}
        jobs.append(_Job(notebook, parameters.model_dump() | relative | links[notebook] | {"output": "."}, full=False))
    for notebook, values in restricted.full(chosen).items():
        for folder in (RESTRICTED, restricted.REPORT, f"{restricted.REPORT}/notebooks"):
            (hidden / folder).mkdir(mode=0o700, exist_ok=True)
        jobs.append(_Job(notebook, values | links[notebook], full=True))
    return jobs


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

    released = [outcome for outcome in outcomes if not outcome.full]
    document = manifest.build(name, chosen, released, read, started, datetime.now(UTC))
    notices = {notebook: notice(parameters) for notebook, parameters in chosen.items()}
    render.render(hidden, released, document, notices)
    if any(outcome.full for outcome in outcomes):
        full = [outcome for outcome in outcomes if outcome.full]
        render.render(hidden / restricted.REPORT, full, document, dict.fromkeys(chosen, NOT_FOR_RELEASE))
    document["outputs"] = manifest.outputs(hidden)
    (hidden / "manifest.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def notice(parameters: Parameters) -> str:
    """What every page says in its head of supplied cases."""
    if not parameters.case_lists():
        return ""
    return PROTECTED if rules_in_force(parameters) is not None else UNPROTECTED


def _changed(chosen: Mapping[Notebook, Parameters], lists: Mapping[str, str]) -> bool:
    try:
        return manifest.case_lists(chosen) != lists
    except OSError:
        return True


def _usual_mode() -> int:
    """The mode that a new folder of this user has."""
    masked = os.umask(0)
    os.umask(masked)
    return 0o777 & ~masked


def _name_latest(outputs: Path, name: str) -> None:
    """Point ``latest`` at a run in one step: a reader sees the old or the new run, never none."""
    link = outputs / f".latest-{name}"
    link.symlink_to(name)
    link.replace(outputs / "latest")
