"""How a scheduled run ended, and the line that says so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpers.runs import status
from helpers.runs.exits import FAILED, GOOD, SKIPPED, STOPPED, TERMINATED, WRONG

MEANING = {
    GOOD: "good",
    FAILED: "failed",
    WRONG: "wrong input",
    SKIPPED: "skipped",
    STOPPED: "stopped from the keyboard",
    TERMINATED: "told to end",
}
_LONGEST = 300


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Attributes
    ----------
    code : int
        Exit code.
    said : str
        What counts and times do not tell, in one line: an error, a notice; may be empty.
    folder : Path or None
        Folder of the run, or of the earlier one that still stands.
    up_to_date : bool
        Nothing had changed, so that nothing was run.
    notebooks : dict
        By stem: result, seconds, cell and error, without anything of a case.
    """

    code: int
    said: str = ""
    folder: Path | None = None
    up_to_date: bool = False
    notebooks: dict[str, dict[str, Any]] = field(default_factory=dict)


def summary(ended: Ended, outputs: Path, comparison: Mapping[str, Any] | None = None, seconds: float | None = None) -> str:
    """The line of a scheduled run: time, exit code, run, notebooks, what moved, seconds, and what else is to be said."""
    parts, failed = [], [told for told in ended.notebooks.values() if told.get("error")]
    if ended.folder is not None:
        parts.append(f"run {named(ended, outputs)}{' is up to date' if ended.up_to_date else ''}")
    if ended.notebooks:
        good = len(ended.notebooks) - len(failed)
        parts.append(f"{good} notebook{'s' if good != 1 else ''} good, {len(failed)} failed")
    if comparison is not None:
        word = {True: "same as", False: "moved since", None: "not compared with"}[comparison["same"]]
        parts.append(f"{word} {comparison['before']}")
        if not comparison["same"]:
            parts.append(shortened(comparison["line"]))
    said = ended.said or next((_of_notebook(stem, told) for stem, told in ended.notebooks.items() if told.get("error")), "")
    parts += [shortened(said)] if said else []
    parts += [f"{seconds:.1f} s"] if seconds is not None else []
    return f"{status.now()} {MEANING.get(ended.code, 'failed')} (exit code {ended.code}): {'; '.join(parts)}"


def _of_notebook(stem: str, told: Mapping[str, Any]) -> str:
    return f"{stem}{' in cell ' + str(told['cell']) if told.get('cell') else ''}: {told['error']}"


def shortened(text: str) -> str:
    """One line of at most 300 signs, all of which can be printed."""
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"


def named(ended: Ended, outputs: Path) -> str | None:
    """The folder of the run within the folder of runs."""
    if ended.folder is None:
        return None
    folder, outputs = ended.folder.resolve(), outputs.resolve()
    return folder.relative_to(outputs).as_posix() if folder.is_relative_to(outputs) else folder.name
