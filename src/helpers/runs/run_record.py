"""A run folder as it is read back: what its manifest says, and its public tables."""

import csv
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from helpers.datapackage import shown, verify_run
from helpers.errors import InputError

RESTRICTED = "restricted"
# What a manifest says in place of what stays with the team.
OWN_LIST, WITHHELD = "your own list", "withheld"
# The parameters that take a case list.
CASE_LISTS = ("frame", "judgements", "cases")
_REMEDY = "name a run folder such as outputs/latest"


class Table(NamedTuple):
    """A table as text."""

    columns: tuple[str, ...]
    rows: list[dict[str, str]]


@dataclass(frozen=True)
class Record:
    """A run: its name, its manifest, and its public tables by name."""

    name: str
    manifest: Mapping[str, Any]
    tables: Mapping[str, Table]

    @property
    def parameters(self) -> Mapping[str, Mapping[str, Any]]:
        """The parameters of each notebook, by its stem."""
        return self.manifest["parameters"]

    @property
    def failed(self) -> list[str]:
        """The notebooks that failed."""
        return [stem for stem, how in self.manifest["notebooks"].items() if how.get("result") != "good"]

    @property
    def supplied(self) -> list[str]:
        """The notebooks that read a case list of the user's own."""
        return [stem for stem, given in self.parameters.items() if OWN_LIST in [given.get(name) for name in CASE_LISTS]]


def read(folder: Path) -> Record:
    """Read a run folder, the restricted part of it never.

    Parameters
    ----------
    folder : Path
        A run folder or a link to one, such as ``outputs/latest``.

    Raises
    ------
    InputError
        It is none, it is for the team alone, or its tables are not those that its manifest lists.
    """
    # Once, since a link such as `latest` may lead elsewhere in a moment.
    try:
        place = folder.resolve()
    except RuntimeError:
        raise InputError(f"{shown(folder)}: a link that leads to itself; {_REMEDY}") from None
    _check_public(place, folder)
    there = Path(os.path.relpath(place))
    verify_run(there)
    manifest = _manifest(there)
    return Record(there.resolve().name, manifest, {path.stem: _table(path) for path in sorted((there / "tables").glob("*.csv"))})


def _check_public(place: Path, folder: Path) -> None:
    for part in (place, *place.parents):
        if part.name == RESTRICTED and (part == place or (part.parent / "manifest.json").is_file()):
            raise InputError(
                f"{shown(folder)}: is for the team alone and not compared; name the run folder that holds {RESTRICTED}"
            )


def _manifest(folder: Path) -> dict[str, Any]:
    content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for name in ("notebooks", "parameters", "inputs", "packages", "commit"):
        if not isinstance(content.get(name), dict):
            raise InputError(f"{shown(folder)}: its manifest.json says nothing of {name}; {_REMEDY}")
    for name in ("notebooks", "parameters"):
        if not all(isinstance(value, dict) for value in content[name].values()):
            raise InputError(f"{shown(folder)}: its manifest.json names {name} otherwise than runs do; {_REMEDY}")
    return content


def _table(path: Path) -> Table:
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            columns, *rows = csv.reader(handle, strict=True)
        return Table(tuple(columns), [dict(zip(columns, row, strict=True)) for row in rows])
    except OSError as error:
        raise InputError(f"{shown(path)}: {error.strerror}; was the run taken away?") from None
    except (ValueError, csv.Error):
        raise InputError(f"{shown(path)} is no table as runs write them; {_REMEDY}") from None
