"""Join the parts of a sweep that were made apart from each other."""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from helpers.errors import InputError
from helpers.runs.sweep.combine import combine
from helpers.runs.sweep.make import Made, read_manifest, write_manifest
from helpers.runs.sweep.plan import Facts
from helpers.runs.sweep.store import held, read_result, set_name, sets_folder

_SAID = 10
_OF_A_PART = ("sweep", "started", "ended", "facts", "results", "outputs")


def collect(parts: Sequence[Path], sweeps: Path) -> tuple[Made, Facts]:
    """Make the folder that the sweep would have made in one piece.

    Parameters
    ----------
    parts : sequence of Path
        Folders as ``notebooks sweep --shard`` makes them, in any order.
    sweeps : Path
        Folder that holds sweeps.

    Raises
    ------
    InputError
        A folder is no part, parts are of different sweeps or made by different code, or a set is missing or was changed.
    BusyError
        Another process makes this sweep.
    """
    started = datetime.now(UTC)
    manifests = [_read(part) for part in parts]
    facts = _same(parts, manifests)
    places = _places(parts, facts)
    missing = [number for number in range(1, facts.sets + 1) if number not in places]
    if missing:
        shown = ", ".join(map(str, missing[:_SAID])) + (f" and {len(missing) - _SAID} more" if len(missing) > _SAID else "")
        raise InputError(f"the parts of {facts.name} lack {len(missing)} of {facts.sets} sets: {shown}; name the other parts too")
    with held(sweeps, facts.name, facts.supplied, force=True) as store:
        for number, place in places.items():
            shutil.copytree(place, store.sets() / set_name(number))
        joined = combine(store.hidden, facts, range(1, facts.sets + 1))
        described = {name: value for name, value in manifests[0].items() if name not in _OF_A_PART}
        write_manifest(store.hidden, facts, described, joined, started)
        store.publish()
    return Made(sweeps / facts.name, joined), facts


def _read(part: Path) -> dict[str, Any]:
    content = read_manifest(part)
    try:
        if content is not None and Facts.read(content["facts"]).name:
            return content
    except (KeyError, TypeError, AttributeError):
        raise InputError(f"{part}: was made by another version of this collection; make it again with this one") from None
    raise InputError(f"{part}: is no part of a sweep; name folders that notebooks sweep --shard made")


def _same(parts: Sequence[Path], manifests: Sequence[dict[str, Any]]) -> Facts:
    facts = [Facts.read(content["facts"]) for content in manifests]
    for part, other in zip(parts, facts, strict=True):
        if other.key != facts[0].key:
            raise InputError(f"{part}: is of another sweep than {parts[0]}; join the parts of one grid with the same -p")
        if other.code != facts[0].code:
            raise InputError(f"{part}: was made by other code or data than {parts[0]}; make it again where they are the same")
        if other != facts[0]:
            raise InputError(f"{part}: was made with other options or files than {parts[0]}; make it again with the same ones")
    return facts[0]


def _places(parts: Sequence[Path], facts: Facts) -> dict[int, Path]:
    places: dict[int, Path] = {}
    reads: dict[str, str] = {}
    for part in parts:
        for place in sorted(sets_folder(part, facts.supplied).glob("*")):
            result = read_result(place)
            if result is None:
                raise InputError(f"{place}: was changed or is not whole; make this part again")
            number = result["set"]
            for name, found in result["reads"].items():
                if reads.setdefault(name, found) != found:
                    raise InputError(
                        f"{part}: read another file for parameter {name.split()[0]} than the other parts; make it again"
                    )
            if number in places:
                raise InputError(f"{part}: holds set {number}, and so does {places[number].parents[1]}; name each part once")
            places[number] = place
    return dict(sorted(places.items()))
