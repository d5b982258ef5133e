"""What a run is made from, and the key that says so: equal keys give equal tables.

Only the standard library is imported, so that an unchanged run is known as such before anything heavy is.
"""

import hashlib
import json
import os
import platform
import sysconfig
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import helpers
from helpers import datapackage, paths
from helpers.errors import InputError

if TYPE_CHECKING:
    from helpers.parameters import Parameters
    from helpers.runs.catalogue import Notebook


def sources(stems: Iterable[str]) -> dict[str, str]:
    """SHA-256 of what the repository gives to a run: data, notebooks, helpers and lock, by path.

    Parameters
    ----------
    stems : iterable of str
        Notebooks, such as ``02_prevalence_estimates``.

    Raises
    ------
    InputError
        A data file is missing or is not the one described, or another file is missing.
    """
    files = {f"data/{path}": digest for path, digest in datapackage.verify().items()}
    notebooks = [paths.NOTEBOOKS / f"{stem}.ipynb" for stem in stems]
    for path in [*notebooks, paths.ROOT / "requirements.lock", *sorted(_helpers())]:
        if not path.is_file():
            shown = path.relative_to(paths.ROOT)
            raise InputError(f"{shown} is missing; restore it: git checkout -- {shown}")
        files[str(path.relative_to(paths.ROOT))] = datapackage.sha256(path)
    return files


def _helpers() -> Iterable[Path]:
    folder = Path(helpers.__file__).parent
    return (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def installed() -> str:
    """SHA-256 of the Python and of the versions of all packages, as the names of their folders tell them."""
    site = sysconfig.get_paths()["purelib"]
    names = sorted(entry.name.lower() for entry in os.scandir(site) if entry.name.endswith(".dist-info"))
    return digest([platform.python_version(), platform.machine(), *names])


def digest(content: Any) -> str:
    """SHA-256 of anything that JSON can hold."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def request(names: Iterable[str], words: Iterable[str], parameters: str | None, evidence: str | None) -> str | None:
    """A digest of what the user typed, the content of a parameters file included; None where that cannot be read."""
    try:
        content = datapackage.sha256(datapackage.regular(Path(parameters))) if parameters else ""
    except (InputError, OSError, ValueError):
        # Whoever reads its parameters will say why.
        return None
    return digest([sorted(set(names)), sorted(words), content, evidence or ""])


def run_key(chosen: "Mapping[Notebook, Parameters]", given: Mapping[str, str] | None = None) -> str:
    """The key of a run: parameters, inputs (the user's own files by what is in them), code, lock, and what is installed.

    It tells of the user's own cases: whoever can guess a short list could see that the guess is right.

    Parameters
    ----------
    chosen : mapping of Notebook to Parameters
    given : mapping of str to str, optional
        As from `sources`, where many keys are made.
    """
    values, own = {}, {}
    for notebook, parameters in chosen.items():
        files = parameters.own_files()
        values[notebook.stem] = parameters.model_dump(mode="json", exclude={"output", *files, *parameters.paths()})
        own |= {f"{notebook.stem}/{name}": datapackage.sha256(path) for name, path in files.items()}
        for name, folder in parameters.paths().items():
            own[f"{notebook.stem}/{name}"] = datapackage.sha256(folder / "manifest.json")
    return digest([values, own, dict(given or sources([notebook.stem for notebook in chosen])), installed()])
