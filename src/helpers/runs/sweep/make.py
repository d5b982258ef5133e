"""Make a sweep: do what is not done yet, join it, and put it in place when it is whole."""

import json
import platform
from collections.abc import Callable, Generator, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from helpers.parameters import RESTRICTED
from helpers.runs import manifest, runner
from helpers.runs.execute import Outcome
from helpers.runs.sweep.combine import Joined, combine, write_json
from helpers.runs.sweep.plan import Facts, Plan
from helpers.runs.sweep.store import Store, held, read_result, set_name, sets_folder
from helpers.runs.sweep.task import Done, Task, digest

# Does tasks in the folders that a function gives, and says which are done, in any order.
Workers = Callable[[Iterable[Task], Callable[[int], Path]], Generator[Done, None, None]]


class LostError(Exception):
    """The workers went away in the middle."""


@dataclass(frozen=True)
class Shard:
    """A part of a grid: every `of`-th set, from the `number`-th on."""

    number: int
    of: int

    @property
    def suffix(self) -> str:
        """What the name of its folder ends with."""
        return f".part-{self.number}-of-{self.of}"

    def numbers(self, sets: int) -> range:
        """Its sets, in order."""
        return range(self.number, sets + 1, self.of)


@dataclass(frozen=True)
class Made:
    """A sweep in its place.

    Attributes
    ----------
    folder : Path
    joined : Joined
    up_to_date : bool
        Whether there was nothing to do.
    """

    folder: Path
    joined: Joined
    up_to_date: bool = False


def make(
    plan: Plan,
    sweeps: Path,
    workers: Workers,
    shard: Shard | None = None,
    force: bool = False,
    on_begin: Callable[[int, int], None] = lambda before, of: None,
    on_done: Callable[[Done], None] = lambda done: None,
) -> Made:
    """Do every set that is not done, and join them all.

    Parameters
    ----------
    plan : Plan
    sweeps : Path
        Folder that holds sweeps.
    workers : callable
        As `helpers.runs.sweep.local.workers` or `helpers.runs.sweep.dask.workers` give it.
    shard : Shard, optional
        The part to do; all of it without one.
    force : bool
        Do every set again.
    on_begin, on_done : callable
        Called with how many sets were done before, of how many; and after each.

    Raises
    ------
    BusyError
        Another process makes this sweep.
    LostError
        The workers went away; what was done stays.
    InputError
        The folder cannot be written, or the workers cannot be reached; no set has been done then.
    """
    facts = plan.facts
    name = facts.name + (shard.suffix if shard else "")
    numbers = shard.numbers(facts.sets) if shard else range(1, facts.sets + 1)
    keys = {number: plan.key(number) for number in numbers}
    if not force and (found := _up_to_date(sweeps / name, facts, keys)) is not None:
        return Made(sweeps / name, found, up_to_date=True)
    with held(sweeps, name, facts.supplied, force) as store:
        started = datetime.now(UTC)
        todo = [number for number in numbers if force or not store.done_before(number, keys[number])]
        on_begin(len(keys) - len(todo), len(keys))
        with closing(workers(map(plan.task, todo), store.work)) as finished:
            for done in finished:
                if plan.pages:
                    _write_page(store.hidden / "work" / set_name(done.number), plan, done)
                store.keep(done, plan.about(done.number))
                on_done(done)
        finish = _finish_part if shard else _finish
        joined = finish(store, facts, describe(plan), list(numbers), started)
        store.publish()
    return Made(sweeps / name, joined)


def _write_page(folder: Path, plan: Plan, done: Done) -> None:
    """Write the page of a set, as that of a notebook of a run."""
    # As slow to import as a set is to do, and asked for by few.
    from helpers.runs import render

    outcome = Outcome(plan.grid.notebook, done.seconds, done.error, done.cell)
    render.render_notebook(folder, outcome, runner.notice(plan.grid.sets[done.number - 1]))


def describe(plan: Plan) -> dict[str, Any]:
    """What a manifest says besides the facts, times and outputs."""
    read = manifest.inputs({plan.grid.notebook: plan.grid.sets[0]})
    return {
        "grid": {"name": plan.grid.name, "varied": list(plan.grid.varied), "sets": len(plan.grid.sets)},
        "parameters": plan.fixed(),
        "figures": plan.figures,
        "pages": plan.pages,
        "commit": manifest.commit(),
        "python": platform.python_version(),
        "packages": manifest.packages(),
        "inputs": read,
    }


def write_manifest(folder: Path, facts: Facts, described: dict[str, Any], joined: Joined, started: datetime) -> None:
    """Write ``manifest.json``; of a sweep that stays with the team everyone may read that, and why."""
    ended = datetime.now(UTC)
    times = {"started": started.isoformat(timespec="seconds"), "ended": ended.isoformat(timespec="seconds")}
    counts = {"good": len(joined.results) - len(joined.failed), "failed": len(joined.failed)}
    content = {"sweep": facts.name, **times, "facts": facts.written(), "results": counts, **described}
    public = {"sweep": facts.name, **times, "notebook": facts.notebook, "restricted": joined.restricted}
    where = folder / RESTRICTED if joined.restricted else folder
    (where / "manifest.json").unlink(missing_ok=True)
    if joined.restricted:
        write_json(folder / "manifest.json", public)
    elif facts.supplied:
        write_json(folder / RESTRICTED / "manifest.json", {"outputs": manifest.outputs(folder / RESTRICTED)})
    write_json(where / "manifest.json", content | {"outputs": manifest.outputs(where)})


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The whole manifest of a sweep or of a part; None where there is none that can be read."""
    found = (_read_json(place / "manifest.json") for place in (folder / RESTRICTED, folder))
    return next((content for content in found if content and "facts" in content), None)


def _finish(store: Store, facts: Facts, described: dict[str, Any], numbers: list[int], started: datetime) -> Joined:
    joined = combine(store.hidden, facts, numbers)
    write_manifest(store.hidden, facts, described, joined, started)
    return joined


def _finish_part(store: Store, facts: Facts, described: dict[str, Any], numbers: list[int], started: datetime) -> Joined:
    """A part is not joined: what may leave is decided on all of it together."""
    results = [result for number in numbers if (result := read_result(store.sets() / set_name(number))) is not None]
    why = "it is a part of a sweep of your own cases; what of it may leave is decided when the parts are joined"
    joined = Joined(results, why if facts.supplied else "")
    write_manifest(store.hidden, facts, described, joined, started)
    return joined


def _up_to_date(folder: Path, facts: Facts, keys: dict[int, str]) -> Joined | None:
    """What a whole and good folder holds, if it is of these keys and as it was written."""
    content, public = read_manifest(folder), _read_json(folder / "manifest.json")
    if content is None or public is None or content["facts"] != facts.written():
        return None
    results = []
    for number, key in keys.items():
        result = read_result(sets_folder(folder, facts.supplied) / set_name(number))
        if result is None or result["key"] != key or result["result"] != "good":
            return None
        results.append(result)
    why = public.get("restricted", "")
    where = folder / RESTRICTED if why else folder
    listed = {name: known for name, known in content["outputs"].items() if not name.startswith("sets/")}
    if any(digest(where / name) != expected for name, expected in listed.items()):
        return None
    return Joined(results, why)


def _read_json(path: Path) -> dict[str, Any] | None:
    with suppress(OSError, ValueError):
        content = json.loads(path.read_text(encoding="utf-8"))
        return content if isinstance(content, dict) else None
    return None
