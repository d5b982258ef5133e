"""One scheduled run at a time in a folder of runs: a lock that dies with the process that holds it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import IO

from helpers.errors import InputError

LOCK, QUEUE = ".scheduled.lock", ".scheduled.queue"


class Running(Exception):  # noqa: N818 - it is no error of this run
    """Another scheduled run is at work in this folder; the text says so."""


@contextmanager
def alone(outputs: Path, wait: bool) -> Iterator[float]:
    """Hold the lock of a folder of runs; the value is the seconds waited for it.

    The lock is of the open file, so the system lets go of it however the process ends, and a file left behind means nothing.
    One run may wait for the one at work; a third would only pile up, so it does not wait.

    Raises
    ------
    Running
        Another run holds the lock and `wait` is false, or one more waits already.
    InputError
        The folder cannot be written, or its disk has no locks.
    """
    began = monotonic()
    try:
        outputs.mkdir(parents=True, exist_ok=True)
        lock = (outputs / LOCK).open("a")
    except OSError as error:
        raise _unusable(outputs, error) from None
    with lock:
        try:
            _take(lock, outputs, wait)
        except OSError as error:
            raise _unusable(outputs, error) from None
        yield monotonic() - began


def _take(lock: IO[str], outputs: Path, wait: bool) -> None:
    if _taken(lock):
        return
    if not wait:
        raise Running("another scheduled run is at work here")
    with (outputs / QUEUE).open("a") as queue:
        if not _taken(queue):
            raise Running("another scheduled run is at work here, and one more waits already")
        fcntl.flock(lock, fcntl.LOCK_EX)


def _taken(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _unusable(outputs: Path, error: OSError) -> InputError:
    return InputError(f"--output {outputs}: cannot be written ({error.strerror or error}); name a folder that can")
