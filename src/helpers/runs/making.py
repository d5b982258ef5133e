"""From what was asked to a run: the one that has been made already, or a new one."""

import argparse
import json
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.runs import keys, places, up_to_date
from helpers.runs.ended import Ended
from helpers.runs.exits import FAILED, GOOD

if TYPE_CHECKING:
    from helpers.parameters import Parameters
    from helpers.runs.catalogue import Notebook
    from helpers.runs.runner import Run
    from helpers.runs.watch import Limits


@dataclass(frozen=True)
class Made:
    """A run; `done` is None where an earlier one still stands, and `cold` says that no warm server could be had."""

    folder: Path
    done: "Run | None" = None
    models: "Mapping[Notebook, Parameters] | None" = None
    cold: bool = False

    def ended(self) -> Ended:
        """As a scheduled run tells it."""
        if self.done is None:
            told = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))["notebooks"]
            return Ended(GOOD, folder=self.folder, up_to_date=True, notebooks=told)
        told = {
            outcome.notebook.stem: {
                "result": outcome.result,
                "seconds": round(outcome.seconds, 1),
                "cell": outcome.cell,
                "error": outcome.error,
            }
            for outcome in self.done.outcomes
            if not outcome.full
        }
        return Ended(GOOD if self.done.good else FAILED, folder=self.folder, notebooks=told)


def make(
    chosen: argparse.Namespace,
    outputs: Path,
    shown: "Callable[[Mapping[Notebook, Parameters]], AbstractContextManager[Any]]" = lambda _: nullcontext(),
) -> Made:
    """Find the run that was asked for, or make it.

    Parameters
    ----------
    chosen : Namespace
        The options of ``notebooks run``.
    outputs : Path
        Folder that holds runs.
    shown : callable
        What shows the progress of a run.

    Raises
    ------
    InputError
        A name, a parameter or an input is wrong; no kernel has started then.
    """
    # Before anything heavy is imported: the same words on the same inputs give the same run.
    request = keys.request(chosen.name, chosen.words, chosen.parameters, chosen.evidence)
    if request and not chosen.force and (folder := up_to_date.by_request(outputs, request)):
        return _stands(folder)

    # What can be seen at once is said at once.
    keys.sources(())
    places.check(outputs)

    from helpers.runs import kernels, server

    # The warm server imports while parameters are checked; no kernel starts before they are good.
    with kernels.session(not chosen.cold) as kind:
        from helpers.runs import choices
        from helpers.runs.catalogue import find

        notebooks = find(chosen.name)
        from_file = choices.read_file(chosen.parameters, notebooks) if chosen.parameters else {}
        models = choices.choose(notebooks, from_file, choices.split(chosen.words), chosen.evidence == "published")
        if not chosen.force and (folder := up_to_date.by_key(outputs, keys.run_key(models))):
            return _stands(folder)

        from helpers.runs import runner

        jobs = chosen.jobs or os.cpu_count() or 1
        with shown(models) as report:
            news = {"on_cell": report.cell, "on_outcome": report.outcome} if report else {}
            done = runner.run(models, outputs, jobs, **news, request=request, limits=limits_of(chosen))
    return Made(done.folder, done, models, cold=server.fell_back or (kind == "cold" and not chosen.cold))


def _stands(folder: Path) -> Made:
    # `latest` is the run that was last asked for.
    places.name_latest(folder.parent, folder.name)
    return Made(folder)


def limits_of(chosen: argparse.Namespace) -> "Limits":
    """The limits asked for; those not named are the usual ones."""
    from helpers.runs.watch import MIB, Limits

    given = {"cell": chosen.cell_seconds, "notebook": chosen.seconds, "memory": chosen.memory and chosen.memory * MIB}
    return Limits(**{name: value for name, value in given.items() if value})
