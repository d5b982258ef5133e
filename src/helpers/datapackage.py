"""The data package: which files there are, and whether they are still the ones described."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from helpers import paths
from helpers.errors import InputError, did_you_mean

DESCRIPTOR = "datapackage.json"


def descriptor(data: Path = paths.DATA) -> dict[str, Any]:
    """Read the Frictionless descriptor.

    Raises
    ------
    InputError
        The descriptor is missing, is not JSON, or does not describe its files.
    """
    path = data / DESCRIPTOR
    package = _read_json(path, f"restore it: git checkout -- {shown(path)}")
    try:
        for resource in package["resources"]:
            if not all(isinstance(resource[key], str) for key in ("name", "path", "hash")):
                raise KeyError
    except (KeyError, TypeError):
        raise InputError(f"{shown(path)}: every resource needs name, path and hash; restore it from git") from None
    return package


def _read_json(path: Path, remedy: str) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{shown(path)} is missing; {remedy}") from None
    except OSError as error:
        raise InputError(f"{shown(path)} cannot be read ({error.strerror}); {remedy}") from None
    except json.JSONDecodeError as error:
        raise InputError(f"{shown(path)}, line {error.lineno}: not valid JSON ({error.msg}); {remedy}") from None
    except UnicodeDecodeError:
        raise InputError(f"{shown(path)} is not UTF-8 text; {remedy}") from None


def shown(path: Path) -> str:
    """A path as the user types it: relative to the repository where it lies inside."""
    return str(path.relative_to(paths.ROOT)) if path.is_relative_to(paths.ROOT) else str(path)


def regular(path: Path) -> Path:
    """A path that leads to a file that can be read through; a pipe would keep the reader waiting, a device never ends.

    Raises
    ------
    InputError
        There is nothing, a folder, a pipe or a device.
    """
    if not path.is_file():
        what = "is a folder, a pipe or a device; name a file" if path.exists() else "there is no such file"
        raise InputError(f"{shown(path)}: {what}")
    return path


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def checked(resource: dict[str, Any], data: Path = paths.DATA) -> Path:
    """The path of one described file, once its checksum is found right.

    Raises
    ------
    InputError
        The file is missing, or is not the one described.
    """
    path = data / resource["path"]
    if not path.is_file():
        raise InputError(f"{shown(path)} is missing; restore it: git checkout -- {shown(path)}")
    if sha256(path) != resource["hash"].removeprefix("sha256:"):
        raise InputError(
            f"{shown(path)} has changed: its sha256 is not the one in {shown(data / DESCRIPTOR)}; "
            f"restore it (git checkout -- {shown(path)}), or if the change is meant, record it with: make data"
        )
    return path


@cache
def resource_path(name: str, data: Path = paths.DATA) -> Path:
    """The checked path of the resource called `name`; each file is hashed once a process."""
    resources = {resource["name"]: resource for resource in descriptor(data)["resources"]}
    if name not in resources:
        raise InputError(f"{DESCRIPTOR} describes no resource {name!r}; {did_you_mean(name, resources)}")
    return checked(resources[name], data)


def verify(data: Path = paths.DATA) -> dict[str, str]:
    """Check every described file.

    Returns
    -------
    dict
        SHA-256 of each file, by its path below the data folder; the descriptor's own is among them.
    """
    package = descriptor(data)
    files = {DESCRIPTOR: sha256(data / DESCRIPTOR)}
    return files | {resource["path"]: sha256(checked(resource, data)) for resource in package["resources"]}


def verify_run(folder: Path) -> None:
    """Check that the tables of a run folder are those that its manifest lists.

    Raises
    ------
    InputError
        It is no run folder, or a table was changed, added or taken away since.
    """
    remedy = "name a run folder such as outputs/latest"
    manifest = _read_json(folder / "manifest.json", remedy)
    listed = manifest.get("outputs") if isinstance(manifest, dict) else None
    if not isinstance(listed, dict):
        raise InputError(f"{shown(folder)}: its manifest.json lists no outputs; {remedy}")
    tables = {name: digest for name, digest in listed.items() if name.startswith("tables/")}
    there = {f"tables/{path.name}" for path in (folder / "tables").glob("*")}
    for name in sorted(tables.keys() | there):
        if name not in there or not (folder / name).is_file() or sha256(folder / name) != tables.get(name):
            raise InputError(f"{shown(folder)}: {name} is not the one that its manifest.json lists; make the run again")


def record(data: Path = paths.DATA) -> None:
    """Write the present size and SHA-256 of each described file into the descriptor."""
    package = descriptor(data)
    for resource in package["resources"]:
        path = data / resource["path"]
        resource["bytes"] = path.stat().st_size
        resource["hash"] = f"sha256:{sha256(path)}"
    (data / DESCRIPTOR).write_text(json.dumps(package, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    record()
