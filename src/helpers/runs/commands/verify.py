"""``notebooks verify``."""

import argparse
from pathlib import Path

HELP = "draw the sample of a run again from its list, and say whether it is the same"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A run and the list that its cases were drawn from."""
    parser.description = "Draw the sample of a run again from its list, and compare it with the audit sheet. Nothing is written."
    parser.epilog = "Exit codes: 0 yes, it is the same; 2 the run or the list cannot be read; 3 it differs, and where."
    parser.add_argument("run", metavar="RUN", help="run folder, such as outputs/latest")
    parser.add_argument("--frame", required=True, metavar="FILE", help="the list that the cases were drawn from")


def main(chosen: argparse.Namespace) -> int:
    """Say yes, or which case differs."""
    from helpers.runs import speak
    from helpers.runs.verify import verify

    same, said = verify(Path(chosen.run), Path(chosen.frame))
    speak.say("\n".join(said))
    return 0 if same else 3
