"""One run: notebooks side by side, into a hidden folder that becomes the run folder when whole."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from helpers.disclosure import rules_in_force
from helpers.errors import InputError
from helpers.parameters import RESTRICTED, Parameters
from helpers.runs import keys, manifest, places, restricted
from helpers.runs.catalogue import Notebook
from helpers.runs.execute import Outcome, execute
from helpers.runs.progress import line
from helpers.runs.watch import Limits, Watch

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
    *,
    request: str | None = None,
    limits: Limits | None = None,
) -> Run:
    """Run notebooks; a good run is renamed into `outputs` and named by ``latest``, a failed one goes to ``failed/``.

    Call it within `helpers.runs.kernels.session`.

    Parameters
    ----------
    chosen : mapping of Notebook to Parameters
    outputs : Path
        Folder that holds runs.
    jobs : int
        Notebooks executed at one time.
    on_cell, on_outcome : callable
        Called after each cell and each notebook.
    request : str, optional
        What the user typed: see `helpers.runs.keys.request`.
    limits : Limits, optional
        What each notebook may take.

    Raises
    ------
    InputError
        An input is missing or changed, or `outputs` cannot be written; nothing has been executed then.
    """
    # All before any kernel starts: what is wrong is said at once, and nothing is half done.
    read, lists = manifest.inputs(chosen), manifest.case_lists(chosen)
    key = keys.run_key(chosen)
    started, since = datetime.now(UTC), monotonic()
    with places.hidden_folder(outputs, started) as (hidden, name):
        with restricted.linked(chosen, hidden) as links:
            # Not from the clock, which may be set back in the meantime.
            todo = _jobs(chosen, links, hidden)
            finished = _execute_all(todo, hidden, jobs, limits, on_cell, on_outcome)
        outcomes = [one["outcome"] for one in finished]
        ended = started + timedelta(seconds=monotonic() - since)
        document = manifest.build(name, chosen, [one for one in outcomes if not one.full], read, started, ended, key, request)
        _write_pages(hidden, document, finished, [notice(parameters) for parameters in chosen.values()])
        own = any(parameters.own_files() for parameters in chosen.values())
        restricted.close(hidden, lists, key if own else None)
        if _changed(chosen, lists):
            raise InputError("a case list changed or went away while the run read it; nothing was kept, run again")
        good = not any(outcome.error for outcome in outcomes)
        done = Run(outputs / name if good else outputs / places.FAILED / name, outcomes, good)
        places.publish(hidden, done.folder)
    if good:
        places.name_latest(outputs, name)
    return done


@dataclass(frozen=True)
class _Job:
    """One notebook to execute: for the pages of the run, or in full for the team itself."""

    notebook: Notebook
    parameters: Parameters
    values: Mapping[str, Any]
    full: bool

    @property
    def base(self) -> str:
        """Where its pages lie, below the run folder."""
        return restricted.REPORT if self.full else "."


def _execute_all(
    todo: Sequence[_Job],
    hidden: Path,
    jobs: int,
    limits: Limits | None,
    on_cell: Callable[..., None],
    on_outcome: Callable[[Outcome], None],
) -> list[dict[str, Any]]:
    """Execute and render each; what the index says of them, in order."""
    with ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(_execute, job, hidden, limits, on_cell) for job in todo]
        try:
            for done in as_completed(waiting):
                on_outcome(done.result()["outcome"])
        except BaseException:
            # Stopped: what has not begun does not begin, and what runs ends with its kernel.
            pool.shutdown(wait=False, cancel_futures=True)
            Watch.stop_all()
            wait([future for future in waiting if not future.cancelled()])
            Watch.resume()
            raise
        return [done.result() for done in waiting]


def _execute(job: _Job, hidden: Path, limits: Limits | None, on_cell: Callable[..., None]) -> dict[str, Any]:
    name = job.notebook.path.name
    outcome = execute(job.notebook, hidden, f"{job.base}/notebooks/{name}".removeprefix("./"), job.values, on_cell, limits)
    outcome = replace(outcome, full=job.full)
    if job.parameters.case_lists():
        outcome = restricted.withhold(outcome, hidden)
    if not job.full:
        restricted.withhold_values(hidden / "notebooks" / name, job.parameters.withheld())
    # Imported here, since it takes as long as a notebook's first cells and is needed only now.
    from helpers.runs import render

    return render.render_notebook(hidden / job.base, outcome, NOT_FOR_RELEASE if job.full else notice(job.parameters))


def _jobs(chosen: Mapping[Notebook, Parameters], links: Mapping[Notebook, Mapping[str, str]], hidden: Path) -> list[_Job]:
    """All values of each, so that the executed notebook shows them; a path is made relative to the run folder."""
    (hidden / "notebooks").mkdir()
    jobs = []
    for notebook, parameters in chosen.items():
        relative = {name: os.path.relpath(path.resolve(), hidden) for name, path in parameters.paths().items()}
        values = parameters.model_dump() | relative | links[notebook] | {"output": "."}
        jobs.append(_Job(notebook, parameters, values, full=False))
    for notebook, values in restricted.full(chosen).items():
        for folder in (RESTRICTED, restricted.REPORT, f"{restricted.REPORT}/notebooks"):
            (hidden / folder).mkdir(mode=0o700, exist_ok=True)
        jobs.append(_Job(notebook, chosen[notebook], values | links[notebook], full=True))
    return jobs


def _write_pages(hidden: Path, document: dict[str, Any], finished: Sequence[dict[str, Any]], notices: Sequence[str]) -> None:
    from helpers.runs import render

    released, full = ([one for one in finished if one["outcome"].full is kind] for kind in (False, True))
    render.render_index(hidden, released, document, notices)
    if full:
        render.render_index(hidden / restricted.REPORT, full, document, [NOT_FOR_RELEASE])
    if failed := [one["outcome"] for one in released if one["outcome"].error]:
        (hidden / "reason.txt").write_text("".join(f"{line(outcome)}\n" for outcome in failed), encoding="utf-8")
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
