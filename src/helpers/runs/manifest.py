"""What a run was made from and what it made, so that it can be repeated and audited."""

import hashlib
import platform
import subprocess
from collections.abc import Iterable, Mapping
from datetime import datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from helpers import datapackage, paths
from helpers.parameters import RESTRICTED, Parameters
from helpers.runs import keys
from helpers.runs.catalogue import Notebook
from helpers.runs.execute import Outcome


def inputs(chosen: Mapping[Notebook, Parameters]) -> dict[str, str]:
    """SHA-256 of all that a run reads: data, notebooks, helpers and lock, by path in the repository.

    Tables of an earlier run that a parameter names are among them, by the parameter: ``run/tables/NAME.csv``, and so is
    a table of the user's own that holds no case. A case list is not: see `case_lists`.

    Raises
    ------
    InputError
        A data file is missing or is not the one described, or another file is missing.
    """
    files = keys.sources(notebook.stem for notebook in chosen)
    for parameters in chosen.values():
        for name, folder in parameters.paths().items():
            files |= {
                f"{name}/tables/{path.name}": datapackage.sha256(path) for path in sorted((folder / "tables").glob("*.csv"))
            }
        files |= {name: datapackage.sha256(path) for name, path in parameters.open_tables().items()}
    return files


def case_lists(chosen: Mapping[Notebook, Parameters]) -> dict[str, str]:
    """SHA-256 of each case list of the user's own, by parameter.

    For the restricted folder alone: whoever can guess a short list could tell by its hash that the guess is right.
    """
    return {
        f"{notebook.stem}/{name}": datapackage.sha256(path)
        for notebook, parameters in chosen.items()
        for name, path in parameters.case_lists().items()
    }


def outputs(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a run folder that may leave it, by its path there.

    What is restricted is left out: the hash of a full table would tell whether a guess at its hidden cells is right.
    """
    files = {path: path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()}
    return {str(name): datapackage.sha256(path) for path, name in files.items() if name.parts[0] != RESTRICTED}


def build(
    run: str,
    chosen: Mapping[Notebook, Parameters],
    outcomes: Iterable[Outcome],
    read: Mapping[str, str],
    started: datetime,
    ended: datetime,
    key: str,
    request: str | None = None,
) -> dict[str, Any]:
    """The content of ``manifest.json`` but for its outputs, since pages are made from it.

    Times carry their zone, and no path of the machine is in it. `key` is that of the run as it began, and `request` says what
    was typed: see `helpers.runs.keys`; where files of the user's own were read, neither is told.
    """
    own = any(parameters.own_files() for parameters in chosen.values())
    # A link such as `latest` soon names another run, so the folder that it leads to is written down.
    given = {
        notebook.stem: parameters.model_dump(exclude={"output"})
        | {name: path.resolve().name for name, path in parameters.paths().items()}
        | dict.fromkeys(parameters.own_files(), "your own list")
        | dict.fromkeys(parameters.withheld(), "withheld")
        for notebook, parameters in chosen.items()
    }
    return {
        "run": run,
        "key": None if own else key,
        "request": None if own or any(parameters.paths() for parameters in chosen.values()) else request,
        "installed": keys.installed(),
        "started": started.isoformat(timespec="seconds"),
        "ended": ended.isoformat(timespec="seconds"),
        "notebooks": {
            outcome.notebook.stem: {
                "result": outcome.result,
                "seconds": round(outcome.seconds, 1),
                "peak_mib": round(outcome.peak / 2**20),
                "cell": outcome.cell,
                "error": outcome.error,
            }
            for outcome in outcomes
        },
        "parameters": given,
        # A notebook that draws no random number has no parameter seed, and so null.
        "seed": {stem: values.get("seed") for stem, values in given.items()},
        "commit": commit(),
        "python": platform.python_version(),
        "packages": packages(),
        "inputs": dict(read),
        "sha256_of_inputs": hashlib.sha256(repr(sorted(read.items())).encode()).hexdigest(),
    }


def packages() -> dict[str, str]:
    """Version of every installed package."""
    return {name: version for name, version in sorted((found.metadata["Name"], found.version) for found in distributions())}


def commit() -> dict[str, Any]:
    """The commit checked out, and whether files differ from it; null where this is no git checkout."""
    head = _git("rev-parse", "HEAD")
    changed = _git("status", "--porcelain") if head else None
    return {"sha": head, "changed": bool(changed) if head else None}


def _git(*words: str) -> str | None:
    try:
        done = subprocess.run(["git", *words], cwd=paths.ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
