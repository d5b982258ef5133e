"""The command ``notebooks``."""

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from helpers import __version__
from helpers.errors import InputError
from helpers.runs.commands import check, collect, compare, listing, run, sweep, verify
from helpers.runs.exits import EXIT_CODES, FAILED, WRONG, Terminated, code_of, stopped_as

COMMANDS = {
    "list": listing,
    "run": run,
    "sweep": sweep,
    "collect": collect,
    "compare": compare,
    "check": check,
    "verify": verify,
}


class _Parser(argparse.ArgumentParser):
    def __init__(self, **words: Any) -> None:
        # A shortened option would mean something else once another begins like it.
        super().__init__(**words, allow_abbrev=False)

    def error(self, message: str) -> None:  # type: ignore[override]
        """Say what is wrong in one line."""
        self.exit(WRONG, f"{self.prog}: {' '.join(message.split())}; see {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="notebooks", description="Run the notebook collection.", epilog=EXIT_CODES)
    parser.add_argument("--version", action="version", version=f"notebooks {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    for name, command in COMMANDS.items():
        command.add_arguments(commands.add_parser(name, help=command.HELP))
    return parser


def main(words: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    chosen = _parser().parse_args(words)
    try:
        with _stoppable():
            return COMMANDS[chosen.command].main(chosen)
    except InputError as error:
        return _end(chosen, str(error), WRONG)
    except OSError as error:
        return _end(chosen, f"could not be written ({error.strerror or error}); earlier runs are as they were", FAILED)
    except KeyboardInterrupt as stop:
        return _end(chosen, f"{stopped_as(stop)}; earlier runs are as they were", code_of(stop))


@contextmanager
def _stoppable() -> Iterator[None]:
    """A polite signal is treated as Ctrl-C, which tidies up; one that is ignored (nohup) stays ignored."""

    def stop(*_: object) -> None:
        raise Terminated

    before = {which: signal.getsignal(which) for which in (signal.SIGTERM, signal.SIGHUP)}
    heeded = [which for which, handler in before.items() if handler is not signal.SIG_IGN]
    for which in heeded:
        signal.signal(which, stop)
    try:
        yield
    finally:
        for which in heeded:
            signal.signal(which, before[which])


def _end(chosen: argparse.Namespace, message: str, code: int) -> int:
    # One line, whatever the user typed into it.
    print(f"notebooks {chosen.command}: {' '.join(message.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
