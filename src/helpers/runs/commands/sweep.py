"""``notebooks sweep``."""

import argparse
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.errors import InputError
from helpers.runs.commands.run import add_limits
from helpers.runs.exits import FAILED, GOOD, SKIPPED, code_of, stopped_as, whole_number

if TYPE_CHECKING:
    from helpers.runs.sweep.make import Made, Workers
    from helpers.runs.sweep.plan import Facts

HELP = "run one notebook over many sets of parameters"
EXIT_CODES = (
    "Exit codes: 0 all sets are good, or up to date; 1 a set failed or the scheduler went away (the same command tries again); "
    "2 the grid or a parameter is wrong, or no scheduler answers (nothing was run); 4 another command makes this sweep; "
    "130 stopped from the keyboard; 143 told to end. What is done stays, and the same command goes on from there."
)


def _shard(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
    number, of = map(int, found.groups()) if found else (0, 0)
    if not 1 <= number <= of:
        raise argparse.ArgumentTypeError(f"{text!r} is no part; write 1/4 to 4/4 for four parts")
    return number, of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which notebook, which grid, where and by whom it is done."""
    parser.description = (
        "Run one notebook over the sets of a grid, into one folder: sweep.csv says how each set went, and tables/ holds the "
        "tables of all sets below each other, with the parameters as columns."
    )
    parser.epilog = f"Example: notebooks sweep 02 --grid notebooks/parameters/02_assumptions_grid.yaml. {EXIT_CODES}"
    parser.add_argument("name", metavar="NAME", help="number (02), stem or path of a notebook")
    parser.add_argument(
        "--grid",
        required=True,
        metavar="FILE",
        help="YAML: values of each parameter, every combination of which is a set, or a list of such; CSV: a row a set",
    )
    parser.add_argument(
        "-p",
        dest="words",
        action="append",
        default=[],
        metavar="name=value",
        help="set a parameter in every set; lists are JSON, text stays text",
    )
    parser.add_argument(
        "--output", metavar="DIR", help="the sweep goes into its folder sweeps (default: outputs/ of the repository)"
    )
    parser.add_argument(
        "--jobs", type=whole_number, default=os.cpu_count() or 1, metavar="N", help="sets done at one time (default: one a core)"
    )
    parser.add_argument("--figures", action="store_true", help="draw and keep the figures of each set")
    parser.add_argument("--pages", action="store_true", help="make the page of each set")
    parser.add_argument("--force", action="store_true", help="do every set again, also those that are done and unchanged")
    add_limits(parser)
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--scheduler", metavar="ADDRESS", help="do it on the workers of a Dask scheduler, such as tcp://host:8786")
    part.add_argument("--shard", type=_shard, metavar="I/N", help="do the I-th of N parts; `notebooks collect` joins them")


def main(chosen: argparse.Namespace) -> int:
    """Do the sets, and say where the sweep is."""
    from helpers import paths
    from helpers.runs import choices, grid
    from helpers.runs.catalogue import find

    for option in ("grid", "output", "scheduler"):
        if getattr(chosen, option) == "":
            raise InputError(f"--{option} is empty; name one, or leave it out")
    if chosen.scheduler and chosen.cold:
        raise InputError("--cold is for kernels of this machine; leave it out with --scheduler")
    (notebook,) = find([chosen.name])
    sets = grid.read(chosen.grid, notebook, choices.split(chosen.words))
    sweeps = (Path(chosen.output) if chosen.output else paths.OUTPUTS) / "sweeps"

    # papermill takes a second or two to import, which a wrong grid need not wait for.
    from helpers.runs.making import limits_of
    from helpers.runs.sweep import make, report
    from helpers.runs.sweep.plan import plan
    from helpers.runs.sweep.store import BusyError

    planned = plan(sets, chosen.figures, chosen.pages, limits_of(chosen))
    shard = make.Shard(*chosen.shard) if chosen.shard else None
    try:
        with report.shown() as news:
            made = make.make(planned, sweeps.resolve(), _workers(chosen), shard, chosen.force, news.begin, news.done)
    except BusyError as error:
        print(f"notebooks sweep: {error}", file=sys.stderr)
        return SKIPPED
    except KeyboardInterrupt as stop:
        print(
            f"notebooks sweep: {stopped_as(stop)}; the sets that are done stay, and the same command goes on from there",
            file=sys.stderr,
        )
        return code_of(stop)
    except make.LostError as error:
        print(f"notebooks sweep: {error}", file=sys.stderr)
        return FAILED
    return tell(made, planned.facts)


def tell(made: "Made", facts: "Facts") -> int:
    """Say what came of a sweep; returns the exit code."""
    from helpers.runs.progress import say
    from helpers.runs.sweep.combine import said
    from helpers.runs.sweep.report import summary

    where = os.path.relpath(made.folder)
    if made.up_to_date:
        say(f"up to date: {where} holds {len(made.joined.results)} good sets of this grid; --force does them again")
    else:
        say(summary(made.joined.results, {row["set"]: said(row["error"], facts, row["set"]) for row in made.joined.failed}))
        say(f"The sweep is in {where}")
    if made.joined.restricted:
        say(f"All of it is in {where}/restricted and not for release: {made.joined.restricted}")
    elif facts.notice:
        say(facts.notice)
    return FAILED if made.joined.failed else GOOD


def _workers(chosen: argparse.Namespace) -> "Workers":
    if chosen.scheduler:
        from helpers.runs.sweep.dask import workers as on_others

        return on_others(chosen.scheduler)
    from helpers.runs.sweep.local import workers

    return workers(chosen.jobs, chosen.cold)
