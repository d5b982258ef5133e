"""The status file of scheduled runs: one JSON object that monitoring reads.

========================  ==============================================================================================
``format``                1; another number is another set of fields
``state``                 ``running``, or ``ended``
``code``, ``meaning``     exit code, and what it means in words; null while it runs
``summary``               the line that was printed; null while it runs
``started``, ``ended``    times with their zone (UTC); ``ended`` is null while it runs
``seconds``               how long it took, by a clock that is never set; null while it runs
``waited``                seconds that it waited for another scheduled run
``pid``                   the process; a ``running`` whose process is gone was killed
``unfinished``            start of the run before, where that one never ended (killed, or power lost); else null
``run``                   folder of the run within the folder of runs, failed ones as ``failed/NAME``; null where none was made
``up_to_date``            whether nothing had changed, so that an earlier run stands
``notebooks``             by notebook: ``result``, ``seconds``, ``cell`` and ``error``
``comparison``            with the good run before: ``before``, ``same`` (null where it could not be told), ``line``, ``details``;
                          null where there is nothing to compare
``last_good``             ``run`` and ``ended`` of the last good one, this one included; null where there was none
``kept``                  names of the ``good`` and ``failed`` runs that are left; null where none was looked at
``removed``               runs that were removed, being more than are kept
``not_removed``           runs that should have been and could not be
========================  ==============================================================================================

No case is in it, and of parameters only what a refusal names.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FORMAT = 1
RUNNING, ENDED = "running", "ended"


def now() -> str:
    """The time with its zone."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def begin(before: Mapping[str, Any], started: str, waited: float) -> dict[str, Any]:
    """The fields at the start of a run; `before` is the status of the run before."""
    empty = ("code", "meaning", "summary", "ended", "seconds", "run", "comparison", "kept")
    return {
        "format": FORMAT,
        "state": RUNNING,
        **dict.fromkeys(empty),
        "started": started,
        "waited": round(waited, 1),
        "pid": os.getpid(),
        "unfinished": before.get("started") if before.get("state") == RUNNING else None,
        "up_to_date": False,
        "notebooks": {},
        "last_good": before.get("last_good"),
        "removed": [],
        "not_removed": [],
    }


def read(path: Path) -> dict[str, Any]:
    """The status of the run before; empty where there is none that can be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) and content.get("format") == FORMAT else {}


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Put the status in place in one step: a reader sees the old one or the new one, whole.

    Raises
    ------
    OSError
        It cannot be written; the old one stands then.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
            file.write("\n")
            file.flush()
            # Else a name without a content is what a loss of power leaves.
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
