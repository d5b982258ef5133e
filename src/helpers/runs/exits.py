"""Exit codes, and what stops a command."""

import argparse

GOOD, FAILED, WRONG, DIFFERENT, SKIPPED, STOPPED, TERMINATED = 0, 1, 2, 3, 4, 130, 143
EXIT_CODES = (
    "Exit codes: 0 all good, or up to date; 1 a notebook failed; 2 a name, a parameter or an input is wrong (nothing was run); "
    "4 skipped, since another scheduled run is at work; 130 stopped from the keyboard; 143 told to end."
)


class Terminated(KeyboardInterrupt):
    """The process was told to end (SIGTERM or SIGHUP), which tidies up as Ctrl-C does."""


def code_of(stop: KeyboardInterrupt) -> int:
    """The exit code of a command that was stopped."""
    return TERMINATED if isinstance(stop, Terminated) else STOPPED


def stopped_as(stop: KeyboardInterrupt) -> str:
    """How it was stopped, in words."""
    return "told to end" if isinstance(stop, Terminated) else "stopped"


def whole_number(text: str) -> int:
    """A count from 1 upwards, for options."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 upwards")
    return int(text)
