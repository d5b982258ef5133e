"""``notebooks compare``."""

import argparse
from pathlib import Path

HELP = "hold two runs against each other: which numbers moved, and whether by more than chance"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Two runs, and how much is said of them."""
    parser.description = (
        "Hold the public tables of two runs against each other, and what the runs were made from: which numbers moved, by how "
        "much, whether beyond Monte Carlo error, and which parameters, inputs and packages changed. Runs stay as they are."
    )
    parser.epilog = (
        "Example: notebooks compare outputs/2026-01-31T060000Z outputs/latest. Exit codes: 0 the tables are the same; "
        "2 one is no run folder, or was changed since; 3 a number, a word, a row, a column or a table differs."
    )
    parser.add_argument("old", metavar="RUN", help="run folder, the older one")
    parser.add_argument("new", metavar="RUN", help="run folder to hold against it, such as outputs/latest")
    parser.add_argument("--all", action="store_true", help="list everything that differs, not only the greatest and the first")
    parser.add_argument("--csv", metavar="FILE", help="write every difference as a row of this file")


def main(chosen: argparse.Namespace) -> int:
    """Say what differs."""
    from helpers.runs import compare_table, compare_words, speak
    from helpers.runs.compare import compare

    runs = Path(chosen.old), Path(chosen.new)
    if chosen.csv is not None:
        compare_table.check_target(Path(chosen.csv), runs)
    found = compare(*runs)
    if chosen.csv is not None:
        compare_table.write_csv(found, Path(chosen.csv))
    speak.say("\n".join(compare_words.lines(found, chosen.all)))
    return 0 if found.same else 3
