"""``notebooks run``."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.errors import InputError
from helpers.runs import schedule_options, speak
from helpers.runs.exits import EXIT_CODES, FAILED, GOOD, whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from helpers.parameters import Parameters
    from helpers.runs.catalogue import Notebook
    from helpers.runs.making import Made
    from helpers.runs.progress import Report

HELP = "run notebooks into one run folder"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which notebooks, with what parameters, and where the run goes."""
    parser.description = "Run notebooks into one run folder: notebooks, pages, tables, figures, index.html and manifest.json."
    parser.epilog = f"Example: notebooks run 02 -p confidence=0.9. {EXIT_CODES}"
    parser.add_argument(
        "name", nargs="*", metavar="NAME", help="number (02), stem or path of a notebook; all where none is named"
    )
    parser.add_argument(
        "-p",
        dest="words",
        action="append",
        default=[],
        metavar="name=value",
        help="set a parameter, of one notebook alone by 02.name=value; lists are JSON, text stays text",
    )
    parser.add_argument(
        "--parameters", metavar="FILE", help="YAML: one notebook's parameters, or a mapping from notebook to parameters"
    )
    parser.add_argument(
        "--evidence",
        choices=["published"],
        help="published: read no case list and take no figure of your own, so that no synthetic or supplied row is there",
    )
    parser.add_argument(
        "--output", metavar="DIR", help="folder that holds runs and `latest` (default: outputs/ of the repository)"
    )
    parser.add_argument(
        "--jobs",
        type=whole_number,
        metavar="N",
        help="notebooks run at one time (default: one a core)",
    )
    parser.add_argument("--force", action="store_true", help="run also what is up to date")
    add_limits(parser)
    schedule_options.add_arguments(parser)


def add_limits(parser: argparse.ArgumentParser) -> None:
    """What a notebook may take, and how its kernel starts."""
    limits = parser.add_argument_group("limits of each notebook; what goes beyond one has failed")
    limits.add_argument("--cell-seconds", type=whole_number, metavar="N", help="seconds that a cell may run (default: 1800)")
    limits.add_argument("--seconds", type=whole_number, metavar="N", help="seconds that a notebook may run (default: 3600)")
    limits.add_argument(
        "--memory", type=whole_number, metavar="MIB", help="memory that it may take (default: four fifths of the machine's)"
    )
    limits.add_argument("--cold", action="store_true", help="start each kernel from nothing, and not from a warm server")


def main(chosen: argparse.Namespace) -> int:
    """Run, unless it is up to date, and say where the run is."""
    from helpers import paths
    from helpers.runs import environment, making, schedule

    if chosen.scheduled:
        environment.fill(chosen, os.environ)
    settings = schedule.settings(chosen)
    for option in ("parameters", "output"):
        if getattr(chosen, option) == "":
            raise InputError(f"--{option} is empty; name a {'file' if option == 'parameters' else 'folder'}, or leave it out")
    outputs = Path(chosen.output) if chosen.output else paths.OUTPUTS
    if settings:
        return schedule.scheduled(outputs, settings, lambda: making.make(chosen, outputs).ended())
    return _say(making.make(chosen, outputs, _shown))


def _shown(models: "Mapping[Notebook, Parameters]") -> "AbstractContextManager[Report]":
    from helpers.runs import progress
    from helpers.runs.restricted import full

    return progress.shown([*models, *full(models)])


def _say(made: "Made") -> int:
    where = os.path.relpath(made.folder)
    if made.done is None:
        speak.say(
            f"up to date: parameters, inputs, code and packages are those of {where}; open {where}/index.html, or add --force"
        )
        return GOOD
    from helpers.runs import progress, runner
    from helpers.runs.restricted import REPORT, RESTRICTED

    speak.say(progress.summary(made.done.outcomes))
    if made.cold:
        speak.say("Kernels were started cold: this system or this installation has no warm server, or it ended too early.")
    good = f"The run is in {where}; open {where}/index.html"
    if (made.folder / REPORT).is_dir():
        good += f"\nThe full results are in {where}/{REPORT}: not for release, and so is all of {where}/{RESTRICTED}"
    if runner.UNPROTECTED in map(runner.notice, made.models.values()):
        good += f"\n{runner.UNPROTECTED}"
    speak.say(good if made.done.good else f"The failed run is in {where}; earlier runs are as they were")
    return GOOD if made.done.good else FAILED
