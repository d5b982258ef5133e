"""Scheduled runs: nothing is asked, one line is said, a status file tells the rest, and old runs go."""

import argparse
import json
import shlex
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

from helpers.errors import InputError
from helpers.runs import keeping, overlap, speak, status, unattended
from helpers.runs.ended import MEANING, Ended, named, shortened, summary
from helpers.runs.exits import FAILED, GOOD, SKIPPED, WRONG, code_of
from helpers.runs.schedule_options import KEEP

_OPTIONS = ("keep", "if_running", "on_failure", "status")


@dataclass(frozen=True)
class Settings:
    """How a scheduled run behaves; `status` is ``status.json`` of the folder of runs where it is None."""

    keep: int = KEEP
    wait: bool = False
    on_failure: tuple[str, ...] = ()
    status: Path | None = None


def settings(chosen: argparse.Namespace) -> Settings | None:
    """The settings that options give; None where the run is not a scheduled one.

    Raises
    ------
    InputError
        An option of scheduled runs without ``--scheduled``, or a command that cannot be called.
    """
    if not chosen.scheduled:
        for option in _OPTIONS:
            if getattr(chosen, option) is not None:
                raise InputError(f"--{option.replace('_', '-')} is for scheduled runs; add --scheduled, or leave it out")
        return None
    if chosen.status == "":
        raise InputError("--status is empty; name a file, or leave it out")
    return Settings(
        keep=chosen.keep or KEEP,
        wait=chosen.if_running == "wait",
        on_failure=_command(chosen.on_failure),
        status=Path(chosen.status) if chosen.status else None,
    )


def _command(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise InputError(f"--on-failure {text}: {str(error).lower()}; quote it as a shell would have it") from None
    if not words or shutil.which(words[0]) is None:
        raise InputError(f"--on-failure {text!r}: there is no such command; name a program, with its path if need be")
    return tuple(words)


def scheduled(outputs: Path, settings: Settings, run: Callable[[], Ended]) -> int:
    """Run unattended: alone in its folder of runs, with a status file, one line on standard output, and an exit code.

    Parameters
    ----------
    outputs : Path
        Folder that holds runs.
    settings : Settings
    run : callable
        Makes the run; what it raises ends in the line and in the status as well.

    Returns
    -------
    int
        Exit code: that of the run, or 4 where another scheduled run is at work and this one does not wait.
    """
    # Where the run works it may change folder.
    outputs, target = outputs.absolute(), (settings.status or outputs / "status.json").absolute()
    try:
        with overlap.alone(outputs, settings.wait) as waited:
            return _alone(outputs, target, settings, run, waited)
    except overlap.Running as other:
        return _say(Ended(SKIPPED, str(other)))
    except InputError as error:
        return _without_status(Ended(WRONG, str(error)), target, settings)
    except KeyboardInterrupt as stop:
        return _say(Ended(code_of(stop), "before anything was run"))


def _alone(outputs: Path, target: Path, settings: Settings, run: Callable[[], Ended], waited: float) -> int:
    before, began = status.read(target), monotonic()
    content = status.begin(before, status.now(), waited)
    try:
        status.write(target, content)
    except OSError as error:
        said = f"--status {target}: cannot be written ({error.strerror or error}); name a file that can"
        return _without_status(Ended(WRONG, said), target, settings)
    ended, more = _made(outputs, settings, run, before)
    with unattended.undisturbed():
        seconds = monotonic() - began
        content |= more | _result(ended, outputs, seconds)
        if ended.code == GOOD and content["run"]:
            content["last_good"] = {"run": content["run"], "ended": content["ended"]}
        line = content["summary"] = summary(ended, outputs, content["comparison"], seconds)
        try:
            status.write(target, content)
        except OSError as error:
            # Monitoring would take this run for one that was killed.
            ended = replace(ended, code=ended.code or FAILED, said=f"the status cannot be written ({error.strerror or error})")
            line = summary(ended, outputs, content["comparison"], seconds)
        speak.say(line)
    return _alert(ended.code, line, target, settings)


def _made(outputs: Path, settings: Settings, run: Callable[[], Ended], before: Mapping[str, Any]) -> tuple[Ended, dict[str, Any]]:
    """How the run ended, and what was done after a good one."""
    previous = _run_before(outputs, before)
    ended, more = Ended(FAILED), {}
    try:
        with unattended.unattended():
            ended = run()
            if ended.code == GOOD and ended.folder is not None:
                more["comparison"] = _compared(previous, ended.folder)
                kept = asdict(keeping.keep(outputs, settings.keep, [ended.folder]))
                more |= {"kept": {"good": kept.pop("good"), "failed": kept.pop("failed")}} | kept
    except InputError as error:
        ended = replace(ended, code=WRONG, said=str(error))
    except OSError as error:
        ended = replace(ended, code=FAILED, said=f"could not be written ({error.strerror or type(error).__name__})")
    except KeyboardInterrupt as stop:
        ended = replace(ended, code=code_of(stop), said="earlier runs are as they were")
    except Exception as error:
        # It may quote a case, and this goes into a log.
        said = (
            f"{type(error).__name__} in the runner; what it says is withheld, since it may quote a case: run it by hand to see it"
        )
        ended = replace(ended, code=FAILED, said=said)
    return ended, more


def _run_before(outputs: Path, before: Mapping[str, Any]) -> Path | None:
    """The last good run of this schedule, or else what ``latest`` names: runs by hand may lie between."""
    good = before.get("last_good")
    own = outputs / str(good.get("run")) if isinstance(good, dict) else None
    latest = (outputs / "latest").resolve()
    known = (folder for folder in (own, latest) if folder is not None and keeping.is_run(folder))
    return next((folder for folder in known if folder.resolve().parent == outputs.resolve()), None)


def _compared(previous: Path | None, folder: Path) -> dict[str, Any] | None:
    """What moved since the good run before; that it cannot be told does not undo a run."""
    if previous is None:
        return None
    told: dict[str, Any] = {"before": previous.name, "same": True, "line": "the run before still stands", "details": None}
    if previous.resolve() == folder.resolve():
        return told
    try:
        from helpers.runs.compare import compare

        found = compare(previous, folder)
        # Through JSON here, so that what no JSON can hold is found while it can be told.
        details = json.loads(json.dumps(found.as_json(), allow_nan=False))
        return told | {"same": found.same, "line": found.line, "details": details}
    except InputError as error:
        return told | {"same": None, "line": f"not compared: {shortened(str(error))}"}
    except Exception as error:
        return told | {"same": None, "line": f"not compared: {type(error).__name__}"}


def _result(ended: Ended, outputs: Path, seconds: float) -> dict[str, Any]:
    notebooks = {
        stem: told | {"error": shortened(told["error"]) if told.get("error") else None} for stem, told in ended.notebooks.items()
    }
    return {
        "state": status.ENDED,
        "code": ended.code,
        "meaning": MEANING.get(ended.code, "failed"),
        "ended": status.now(),
        "seconds": round(seconds, 1),
        "run": named(ended, outputs),
        "up_to_date": ended.up_to_date,
        "notebooks": notebooks,
    }


def _say(ended: Ended) -> int:
    speak.say(summary(ended, Path()))
    return ended.code


def _without_status(ended: Ended, target: Path, settings: Settings) -> int:
    line = summary(ended, Path())
    speak.say(line)
    return _alert(ended.code, line, target, settings)


def _alert(code: int, line: str, target: Path, settings: Settings) -> int:
    """Call the command of ``--on-failure``: not where it was skipped, or stopped on purpose."""
    if code in (FAILED, WRONG) and settings.on_failure:
        from helpers.runs import alert

        alert.call(settings.on_failure, {"STATUS": str(target), "CODE": str(code), "SUMMARY": line})
    return code
