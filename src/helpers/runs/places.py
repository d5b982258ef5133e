"""Where runs are made and kept: a hidden folder with a living owner, renamed in one step when whole; ``latest``."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from errno import EEXIST
from pathlib import Path

from helpers.errors import InputError

FAILED = "failed"
LATEST = "latest"
# What a run is called, and hidden, while it is made.
RUN_NAME = re.compile(r"\d{4}-\d\d-\d\dT\d{6}Z(-\d+)?")


@contextmanager
def hidden_folder(outputs: Path, started: datetime) -> Iterator[tuple[Path, str]]:
    """Make a hidden folder in `outputs`, and the name that the run will have; it is gone if the run breaks off.

    What runs that were killed left there is removed first.

    Raises
    ------
    InputError
        `outputs` cannot be written, or ``latest`` is not a link.
    """
    check(outputs)
    stamp = started.strftime("%Y-%m-%dT%H%M%SZ")
    try:
        outputs.mkdir(parents=True, exist_ok=True)
        clean(outputs)
        hidden, name, lock = _take_a_name(outputs, stamp)
    except OSError as error:
        raise _not_writable(outputs, error.strerror) from None
    try:
        yield hidden, name
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
        os.close(lock)


def check(outputs: Path) -> None:
    """Look whether a run could be made in `outputs`, without touching anything.

    Raises
    ------
    InputError
        It is no folder, or cannot be written, or ``latest`` is not a link.
    """
    latest = outputs / LATEST
    try:
        str(outputs).encode()
    except UnicodeEncodeError:
        raise _not_writable(outputs, "its name is not UTF-8") from None
    try:
        if latest.exists() and not latest.is_symlink():
            raise InputError(f"{latest} is not a symbolic link, so a run cannot be named there; move it away")
        nearest = next(folder for folder in (outputs.absolute(), *outputs.absolute().parents) if folder.exists())
    except OSError as error:
        raise _not_writable(outputs, error.strerror) from None
    if not nearest.is_dir():
        raise _not_writable(outputs, f"{nearest} is not a folder")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise _not_writable(outputs, f"no right to write in {nearest}")


def _not_writable(outputs: Path, why: str | None) -> InputError:
    shown = str(outputs).encode(errors="backslashreplace").decode()
    return InputError(f"--output {shown}: cannot be written ({why}); name a folder that can")


def _take_a_name(outputs: Path, stamp: str) -> tuple[Path, str, int]:
    number = 1
    while True:
        name = stamp if number == 1 else f"{stamp}-{number}"
        number += 1
        hidden = outputs.resolve() / f".{name}"
        if (outputs / name).exists() or (outputs / FAILED / name).exists():
            continue
        # Another run may take the name, or clean the folder up, between a look and this.
        with suppress(FileExistsError, FileNotFoundError, BlockingIOError):
            # Nobody else reads in it while it is made, nor if it is left behind.
            hidden.mkdir(mode=0o700)
            lock = hold(hidden)
            if hidden.exists():
                return hidden, name, lock
            os.close(lock)


def hold(folder: Path) -> int:
    """Lock a folder for as long as this process lives, or until the number returned is closed.

    Raises
    ------
    BlockingIOError
        Another living process holds it.
    """
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise
    return lock


def clean(outputs: Path) -> None:
    """Remove what runs that were killed left in `outputs`; those that still live hold theirs."""
    for path in outputs.glob(".*"):
        if path.is_symlink():
            # A link on its way to become `latest`; a living run makes it again if it is taken away.
            if path.name.startswith(f".{LATEST}-"):
                path.unlink(missing_ok=True)
        elif RUN_NAME.fullmatch(path.name[1:]) and path.is_dir():
            remove_abandoned(path)


def remove_abandoned(folder: Path) -> None:
    """Remove a folder unless a living process holds it."""
    with suppress(OSError):
        lock = hold(folder)
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def publish(hidden: Path, folder: Path) -> None:
    """Give a whole run its name in one step, once all of it is on the disk."""
    for path in [*hidden.rglob("*"), hidden]:
        # A pipe that a notebook left would keep whoever opens it waiting.
        if not path.is_symlink() and (path.is_file() or path.is_dir()):
            _to_the_disk(path)
    folder.parent.mkdir(exist_ok=True)
    hidden.chmod(usual_mode())
    hidden.rename(folder)
    for parent in {folder.parent, hidden.parent}:
        _to_the_disk(parent)


def name_latest(outputs: Path, name: str) -> None:
    """Point ``latest`` at a run in one step: a reader sees the old or the new run, never none.

    Raises
    ------
    OSError
        Something that is no link took its place.
    """
    latest, link = outputs / LATEST, outputs / f".{LATEST}-{name}"
    if latest.is_symlink() and str(latest.readlink()) == name:
        return
    while True:
        if latest.exists() and not latest.is_symlink():
            raise FileExistsError(EEXIST, f"{latest} is not a symbolic link; the run is {outputs / name}")
        link.unlink(missing_ok=True)
        try:
            link.symlink_to(name)
            link.replace(latest)
            return
        except (FileExistsError, FileNotFoundError):
            # Another command cleaned it up or makes the same link; it is made again.
            if not outputs.is_dir():
                raise
        except OSError:
            link.unlink(missing_ok=True)
            raise


def _to_the_disk(path: Path) -> None:
    """After a loss of power a name must not lead to what was never written."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def usual_mode() -> int:
    """The mode that a new folder of this user has."""
    masked = os.umask(0)
    os.umask(masked)
    return 0o777 & ~masked
