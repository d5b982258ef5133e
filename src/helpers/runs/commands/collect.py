"""``notebooks collect``."""

import argparse
import sys
from pathlib import Path

from helpers.errors import InputError
from helpers.runs.exits import SKIPPED

HELP = "join the parts of a sweep that notebooks sweep --shard made"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The parts, and where the sweep goes."""
    parser.description = "Join the parts of a sweep into the folder that it would have made in one piece."
    parser.epilog = (
        "Example: notebooks collect outputs/sweeps/*.part-*-of-4. Exit codes: 0 all sets are good; 1 a set failed; 2 a part is "
        "missing, or is not of the same sweep and code; 4 another command makes this sweep."
    )
    parser.add_argument("parts", nargs="+", metavar="PART", help="folder of a part")
    parser.add_argument("--output", metavar="DIR", help="the sweep goes into its folder sweeps (default: beside the first part)")


def main(chosen: argparse.Namespace) -> int:
    """Join, and say where the sweep is."""
    from helpers.runs.commands.sweep import tell
    from helpers.runs.sweep.collect import collect
    from helpers.runs.sweep.store import BusyError

    if chosen.output == "":
        raise InputError("--output is empty; name a folder, or leave it out")
    sweeps = Path(chosen.output) / "sweeps" if chosen.output else Path(chosen.parts[0]).resolve().parent
    try:
        made, facts = collect([Path(part) for part in chosen.parts], sweeps.resolve())
    except BusyError as error:
        print(f"notebooks collect: {error}", file=sys.stderr)
        return SKIPPED
    return tell(made, facts)
