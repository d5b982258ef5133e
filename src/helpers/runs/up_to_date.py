"""Find the run that has been made already, so that nothing is done twice.

Only the standard library is imported: see `helpers.runs.keys`.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from helpers import datapackage
from helpers.runs import keys
from helpers.runs.places import LATEST, RUN_NAME

RESTRICTED = "restricted"


def by_request(outputs: Path, request: str) -> Path | None:
    """A good run that the same words made from the same inputs; None where there is none that is whole.

    A run that read a file of the user's own has no request, since words do not say what is in a file.
    """
    for folder, manifests in _runs(outputs, request):
        made = manifests[0]
        same = made.get("request") == request and made.get("installed") == keys.installed()
        if same and keys.sources(made.get("notebooks", {})) == made.get("inputs") and _whole(folder, manifests):
            return folder
    return None


def by_key(outputs: Path, key: str) -> Path | None:
    """A good run with this key; None where there is none that is whole."""
    for folder, manifests in _runs(outputs, key):
        if any(manifest.get("key") == key for manifest in manifests) and _whole(folder, manifests):
            return folder
    return None


def _runs(outputs: Path, word: str) -> Iterator[tuple[Path, list[dict[str, Any]]]]:
    """Good runs of whose manifests, the run's and that of its restricted folder, one holds a word; the latest first."""
    try:
        names = sorted((path.name for path in outputs.iterdir() if RUN_NAME.fullmatch(path.name)), reverse=True)
    except OSError:
        # There is none yet, or it is no folder that can be read, which whoever writes to it will say.
        return
    # It may be a link to itself, which leads nowhere.
    latest = Path(os.path.realpath(outputs / LATEST)).name
    for name in sorted(names, key=lambda name: name != latest):
        folder = outputs / name
        texts = [_text(folder / "manifest.json"), _text(folder / RESTRICTED / "manifest.json")]
        if any(word in text for text in texts):
            yield folder, [_parsed(text) for text in texts]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _parsed(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text or "{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) and isinstance(content.get("outputs", {}), dict) else {}


def _whole(folder: Path, manifests: list[dict[str, Any]]) -> bool:
    """Whether each file of the run is still as it was made."""
    places = zip((folder, folder / RESTRICTED), manifests, strict=True)
    files = [(place / name, digest) for place, manifest in places for name, digest in manifest.get("outputs", {}).items()]
    try:
        return bool(manifests[0]) and all(datapackage.sha256(path) == digest for path, digest in files)
    except OSError:
        return False
