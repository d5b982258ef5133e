"""``notebooks check``."""

import argparse
import sys

HELP = "check a list of your own against its contract, without running anything"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A file and the contract that it should keep."""
    parser.description = "Check a list of cases or of inspection ratings against its contract. It is read and nothing is written."
    parser.epilog = (
        "Templates and a data dictionary are in data/templates/. Exit codes: 0 the list is good; 2 it is not, and why."
    )
    parser.add_argument("file", metavar="FILE", help="CSV, XLSX or Parquet")
    parser.add_argument(
        "--contract",
        required=True,
        choices=["frame", "cases", "judgements", "ratings"],
        help="frame: to draw from; cases: inspected cases; judgements: returns from a fieldwork; "
        "ratings: inspection ratings of services",
    )


def main(chosen: argparse.Namespace) -> int:
    """Say that the list is good, or every rule that it breaks."""
    from helpers import cases
    from helpers.runs import speak

    try:
        checked = cases.read(chosen.file, chosen.contract)
    except cases.Refused as refusal:
        # One line a rule: here, unlike in a run, the list is all that the user asks about.
        for violation in refusal.violations:
            print(f"notebooks check: {' '.join(f'{chosen.file}: {violation.text}'.split())}", file=sys.stderr)
        return 2
    said = cases.summary(checked.table, chosen.contract)
    speak.say("\n".join([f"{chosen.file}: good, {said}", *(f"  note: {note}" for note in checked.notes)]))
    return 0
