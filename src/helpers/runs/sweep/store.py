"""The folder of a sweep while it is made: hidden, held by one process, and kept when that is killed."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.datapackage import sha256
from helpers.errors import InputError
from helpers.parameters import RESTRICTED
from helpers.runs import places
from helpers.runs.sweep.task import Done

RESULT = "result.json"


class BusyError(InputError):
    """Another process makes this sweep."""


@dataclass(frozen=True)
class Store:
    """The hidden folder, and the folder that it becomes.

    Attributes
    ----------
    hidden, folder : Path
    supplied : bool
        Sets of supplied cases lie in the restricted folder.
    """

    hidden: Path
    folder: Path
    supplied: bool

    def sets(self, whole: bool = False) -> Path:
        """The folder of the sets."""
        return sets_folder(self.folder if whole else self.hidden, self.supplied)

    def work(self, number: int) -> Path:
        """A new folder to do a set in; not below a restricted one, since what is made there is not treated."""
        place = self.hidden / "work" / set_name(number)
        place.mkdir(mode=0o700, parents=True)
        return place

    def keep(self, done: Done, about: dict[str, Any]) -> None:
        """Put a set that is done among the others, in one step, with what its plan says about it."""
        place, made = self.sets() / set_name(done.number), self.hidden / "work" / set_name(done.number)
        content = {
            "set": done.number,
            **about,
            "result": "failed" if done.error else "good",
            "seconds": round(done.seconds, 3),
            "cell": done.cell,
            "error": done.error,
            "tables": _tables(made),
        }
        _write_json(made / RESULT, content)
        close(made)
        if place.exists():
            shutil.rmtree(place)
        made.rename(place)

    def done_before(self, number: int, key: str) -> bool:
        """Whether a good set with this key is there; one of the finished folder is taken over."""
        place = set_name(number)
        if _is_good(self.sets() / place, key):
            return True
        if not _is_good(self.sets(whole=True) / place, key):
            return False
        shutil.rmtree(self.sets() / place, ignore_errors=True)
        shutil.copytree(self.sets(whole=True) / place, self.hidden / "work" / place, copy_function=_link)
        (self.hidden / "work" / place).rename(self.sets() / place)
        return True

    def publish(self) -> None:
        """Rename the hidden folder into place; what was there before stays beside it, unless all of it is in the new one."""
        shutil.rmtree(self.hidden / "work", ignore_errors=True)
        close(self.hidden)
        if not self.folder.exists():
            self.hidden.rename(self.folder)
            return
        before = self.folder.with_name(_name_before(self.folder))
        self.folder.rename(before)
        self.hidden.rename(self.folder)
        if _is_within(before, self.folder, self.supplied):
            shutil.rmtree(before, ignore_errors=True)


def sets_folder(folder: Path, supplied: bool) -> Path:
    """Where the sets of a sweep lie."""
    return folder / RESTRICTED / "sets" if supplied else folder / "sets"


def set_name(number: int) -> str:
    """The name of the folder of a set."""
    return f"{number:06d}"


def read_result(folder: Path) -> dict[str, Any] | None:
    """What is written of a set; None where it is not there or broken, as after a loss of power."""
    try:
        content = json.loads((folder / RESULT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = isinstance(content, dict) and "key" in content and content.get("tables") == _tables(folder)
    return content if whole else None


@contextmanager
def held(sweeps: Path, name: str, supplied: bool, force: bool) -> Iterator[Store]:
    """Hold the hidden folder of a sweep; it stays for the next time unless it was published.

    Raises
    ------
    BusyError
        Another process holds it.
    InputError
        `sweeps` cannot be written.
    """
    store = Store(sweeps / f".{name}", sweeps / name, supplied)
    try:
        sweeps.mkdir(parents=True, exist_ok=True)
        handle = _hold(store.hidden)
    except OSError as error:
        raise InputError(f"{sweeps}: cannot be written ({error.strerror}); name a folder that can with --output") from None
    try:
        shutil.rmtree(store.hidden / "work", ignore_errors=True)
        if force:
            shutil.rmtree(store.sets(), ignore_errors=True)
        # It was opened for others if it was killed on its way into place.
        store.hidden.chmod(0o700)
        (store.hidden / RESTRICTED if supplied else store.hidden).mkdir(mode=0o700, exist_ok=True)
        store.sets().mkdir(mode=0o700, exist_ok=True)
        yield store
    finally:
        with suppress(OSError):
            shutil.rmtree(store.hidden / "work", ignore_errors=True)
            # Nothing was done, so there is nothing to go on from.
            if store.hidden.exists() and not any(store.sets().iterdir()):
                shutil.rmtree(store.hidden)
        os.close(handle)


def _hold(hidden: Path) -> int:
    while True:
        hidden.mkdir(mode=0o700, exist_ok=True)
        try:
            handle = os.open(hidden, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise BusyError(f"{hidden.name[1:]} is being made by another command; wait for it, or stop it") from None
        # Another may have published it between the two lines above.
        with suppress(FileNotFoundError):
            if hidden.stat().st_ino == os.fstat(handle).st_ino:
                return handle
        os.close(handle)


def close(folder: Path) -> None:
    """Let its owner alone read what is restricted, and others what is not; the folder itself is opened last."""
    for path in [*folder.rglob("*"), folder]:
        own = RESTRICTED in path.relative_to(folder).parts
        usual = places.usual_mode()
        path.chmod((0o700 if own else usual) if path.is_dir() else (0o600 if own else usual & 0o666))


def _is_good(folder: Path, key: str) -> bool:
    result = read_result(folder)
    return result is not None and result["key"] == key and result["result"] == "good"


def _is_within(before: Path, after: Path, supplied: bool) -> bool:
    """Whether every good set of an earlier folder is in a later one."""
    for place in sets_folder(before, supplied).glob("*"):
        earlier, later = read_result(place), read_result(sets_folder(after, supplied) / place.name)
        if earlier is None or (earlier["result"] == "good" and (later is None or later["key"] != earlier["key"])):
            return False
    return True


def _name_before(folder: Path) -> str:
    stamp = "before"
    with suppress(OSError, ValueError, KeyError):
        stamp = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["ended"].replace(":", "").replace("+0000", "Z")
    name, number = f"{folder.name}.{stamp}", 1
    while (folder.parent / name).exists():
        number += 1
        name = f"{folder.name}.{stamp}-{number}"
    return name


def _tables(folder: Path) -> dict[str, str]:
    return {path.stem: sha256(path) for path in sorted((folder / "tables").glob("*.csv"))}


def _link(source: str, target: str) -> None:
    """Name a file once more, which copies nothing; where the system cannot, copy it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
