"""Which runs of a folder stay, and which are removed."""

import json
import shutil
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from helpers.runs.places import FAILED, LATEST, RUN_NAME

_REMOVING = ".removing-"


@dataclass(frozen=True)
class Kept:
    """Names of runs, newest first: good and failed ones that stay, those removed, and those that could not be."""

    good: tuple[str, ...]
    failed: tuple[str, ...]
    removed: tuple[str, ...]
    not_removed: tuple[str, ...]


@dataclass(frozen=True)
class _Found:
    path: Path
    started: datetime
    number: int


def is_run(folder: Path) -> bool:
    """Whether a folder is a run of ours: called by its time, no link, and with a manifest of that name."""
    return _found(folder) is not None


def keep(outputs: Path, newest: int, spared: Collection[Path] = ()) -> Kept:
    """Remove all but the newest good runs and the newest failed ones.

    What ``latest`` names stays in any case, and so does what is `spared`. Nothing is touched that is not a run of ours, and
    no link is followed. A run is renamed to a hidden name before it is taken apart: a reader sees it whole or not at all.

    Parameters
    ----------
    outputs : Path
        Folder that holds runs; failed ones lie in ``failed/``.
    newest : int
        How many of each kind stay.
    spared : collection of Path
        Run folders that stay whatever their age.
    """
    outputs = outputs.resolve()
    latest = outputs / LATEST
    stay = {folder.resolve() for folder in spared} | ({latest.resolve()} if latest.is_symlink() else set())
    kept, removed, not_removed = [], [], []
    for folder in (outputs, outputs / FAILED):
        _clear_away(folder)
        runs = _newest_first(folder)
        old = [run for run in runs[newest:] if run.resolve() not in stay]
        gone = [run for run in old if _remove(run)]
        kept.append(tuple(run.name for run in runs if run not in old))
        removed += [str(run.relative_to(outputs)) for run in gone]
        not_removed += [str(run.relative_to(outputs)) for run in old if run not in gone]
    return Kept(*kept, tuple(removed), tuple(not_removed))


def _newest_first(folder: Path) -> list[Path]:
    """The runs of a folder by their start. One that starts in the future was made before the clock was set back: it is older."""
    now = datetime.now(UTC)
    found = [run for run in map(_found, _entries(folder)) if run is not None]
    return [run.path for run in sorted(found, key=lambda run: (run.started <= now, run.started, run.number), reverse=True)]


def _entries(folder: Path) -> Iterable[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else []


def _found(path: Path) -> _Found | None:
    named, manifest = RUN_NAME.fullmatch(path.name), path / "manifest.json"
    if named is None or path.is_symlink() or manifest.is_symlink() or not manifest.is_file():
        return None
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
        if content["run"] != path.name:
            return None
        started = datetime.fromisoformat(content["started"])
        return _Found(path, started.astimezone(UTC), int((named[1] or "-1")[1:]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _remove(run: Path) -> bool:
    hidden = run.with_name(f"{_REMOVING}{run.name}")
    try:
        run.rename(hidden)
        shutil.rmtree(hidden)
    except OSError:
        return False
    return True


def _clear_away(folder: Path) -> None:
    """Finish what a killed process began to remove."""
    for path in _entries(folder):
        if RUN_NAME.fullmatch(path.name.removeprefix(_REMOVING)) and path.name.startswith(_REMOVING) and not path.is_symlink():
            with suppress(OSError):
                shutil.rmtree(path)
