"""The command ``python -m helpers.synthetic``, which writes made-up cases."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from helpers import paths
from helpers.errors import InputError
from helpers.synthetic import case_batches, frame_batches, inspected_cases, sampling_frame, write
from helpers.synthetic.frame import teams

FOLDER = paths.DATA / "synthetic"
NAMES = ("synthetic_sampling_frame.csv", "synthetic_inspected_cases.csv")


def write_committed(folder: Path = FOLDER) -> list[Path]:
    """Write the two files of the repository."""
    folder.mkdir(parents=True, exist_ok=True)
    made = (sampling_frame(), inspected_cases())
    return [write(table, folder / name) for table, name in zip(made, NAMES, strict=True)]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        """Say what is wrong in one line."""
        self.exit(2, f"{self.prog}: {' '.join(message.split())}; see {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m helpers.synthetic",
        description="Write made-up cases. Without a command: the two files of data/synthetic again.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    frame = commands.add_parser("frame", help="write a sampling frame")
    frame.add_argument("--cases", type=int, default=3000, help="cases supervised by the areas (default: 3000)")
    frame.add_argument(
        "--areas", type=int, help="the first so many teams of the list of 155 (default: the six areas of 2012)", metavar="N"
    )
    frame.add_argument("--seed", type=int, default=2012, help="default: 2012")
    cases = commands.add_parser("cases", help="write inspected cases")
    cases.add_argument("--cases", type=int, default=1253, help="default: 1253")
    cases.add_argument("--yots", type=int, default=42, help="teams that they come from (default: 42)")
    cases.add_argument("--seed", type=int, default=2021, help="default: 2021")
    for command in (frame, cases):
        command.add_argument("file", metavar="FILE", help="ends in .csv or .parquet, and has synthetic in its name")
    return parser


def main(words: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code: 0, or 2 where the words are wrong or the file cannot be written."""
    chosen = _parser().parse_args(words)
    try:
        written = _run(chosen)
    except InputError as error:
        return _end(str(error))
    except OSError as error:
        return _end(f"{getattr(chosen, 'file', FOLDER)} could not be written ({error.strerror or error})")
    print("\n".join(str(path) for path in written))
    return 0


def _run(chosen: argparse.Namespace) -> list[Path]:
    if chosen.command is None:
        return write_committed()
    if chosen.command == "cases":
        return [write(case_batches(chosen.seed, chosen.cases, chosen.yots), chosen.file)]
    listed = teams()
    if chosen.areas is not None and not 1 <= chosen.areas <= len(listed):
        raise InputError(f"--areas: takes a whole number from 1 to {len(listed)}; this is {chosen.areas}")
    return [write(frame_batches(chosen.seed, chosen.areas and listed[: chosen.areas], chosen.cases), chosen.file)]


def _end(message: str) -> int:
    print(f"python -m helpers.synthetic: {' '.join(message.split())}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
