"""Nobody is there: nothing can be asked, and nothing is said by accident."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def unattended() -> Iterator[None]:
    """Standard input ends at once, and what libraries and kernels print goes nowhere: in a log, it could quote a case."""
    _flush()
    before = {number: _copy(number) for number in (0, 1, 2)}
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in before:
        os.dup2(nothing, number)
    if nothing not in before:
        os.close(nothing)
    try:
        yield
    finally:
        # What was printed and is not yet written goes where it would have gone.
        _flush()
        for number, copy in before.items():
            if copy is not None:
                os.dup2(copy, number)
                os.close(copy)


def _copy(number: int) -> int | None:
    try:
        return os.dup(number)
    except OSError:
        # It is closed, as a service manager may leave it; then it leads nowhere from now on.
        return None


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Signals that ask to stop wait for nothing and do nothing: the end of a run is written within milliseconds."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {which: signal.signal(which, signal.SIG_IGN) for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for which, handler in before.items():
            signal.signal(which, signal.SIG_DFL if handler is None else handler)
