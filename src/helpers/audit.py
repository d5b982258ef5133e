"""How a sample was drawn, so that a third party can draw it again, and so that returns can be held against it."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from helpers import datapackage, draw, eligibility
from helpers.eligibility import Eligible
from helpers.errors import InputError
from helpers.parameters import FieldworkSampling

# What the draw from a list depends on, besides the areas.
DESIGN = (
    "looked_after_only",
    "opened_from",
    "opened_to",
    "cases_per_arm",
    "shortfall",
    "reserves_per_arm",
    "draw_by",
    "seed",
    "supplementary",
)
# What draws were made with before this could be asked for.
_BEFORE = {"opened_from": "", "opened_to": ""}
_LONGEST = 300


def record(parameters: FieldworkSampling, eligible: Eligible) -> dict[str, object]:
    """All that a third party needs to repeat the draw from the list: ``restricted/fieldwork_draw.json``.

    The hash of the eligible cases does not depend on the order or the format of the list, that of the file does.
    """
    return {
        "what": "how the cases of fieldwork_sample.csv were drawn: whoever has the list can draw them again",
        "definition": draw.definition(parameters.draw_by).splitlines(),
        "areas": parameters.fieldwork_areas,
        "strata": eligibility.RULE,
        **{name: getattr(parameters, name) for name in DESIGN},
        "frame": {
            "sha256": datapackage.sha256(parameters.case_path()),
            "cases": eligible.steps["listed"],
            "eligible": len(eligible.cases),
            "sha256_of_eligible": fingerprint(eligible.cases),
        },
        "evidence": parameters.case_evidence,
    }


def read(path: Path) -> dict[str, Any]:
    """Read what `record` gave.

    Raises
    ------
    InputError
        There is no such file, or it does not say all that a draw depends on.
    """
    datapackage.regular(path)
    name = datapackage.shown(path)
    try:
        found = _BEFORE | json.loads(path.read_text(encoding="utf-8"))
        missing = [key for key in ("areas", *DESIGN, "frame") if key not in found]
        whole = not missing and isinstance(found["areas"], list) and _is_of_a_list(found["frame"])
    except (OSError, ValueError, TypeError, RecursionError):
        raise InputError(f"{name}: cannot be read as it was written; name restricted/fieldwork_draw.json of a run") from None
    if not whole:
        raise InputError(f"{name}: does not say {(missing or ['frame'])[0]}; name restricted/fieldwork_draw.json of a run")
    return found


def _is_of_a_list(said: Any) -> bool:
    if not isinstance(said, dict):
        return False
    hashes = [said.get(name) for name in ("sha256", "sha256_of_eligible")]
    return all(isinstance(digest, str) and len(digest) == 64 for digest in hashes) and type(said.get("eligible")) is int


def check(parameters: FieldworkSampling, eligible: Eligible) -> None:
    """Refuse a design or a list other than that of the draw that the parameter ``audit`` names.

    Raises
    ------
    InputError
        As `read`; or which parameter differs.
    """
    recorded = read(Path(parameters.audit))
    if recorded["areas"] != parameters.fieldwork_areas:
        raise InputError(f"parameter areas: the cases were drawn in {_short(recorded['areas'])}, in this order")
    for name in DESIGN:
        given, drawn_with = _short(getattr(parameters, name)), _short(recorded[name])
        if given != drawn_with:
            raise InputError(f"parameter {name}: is {given}, and the cases were drawn with {drawn_with}")
    if recorded["frame"]["sha256_of_eligible"] != fingerprint(eligible.cases):
        said = f"is not the list that the cases were drawn from; {eligible_then_and_now(recorded, eligible)}"
        raise InputError(f"parameter frame: {said}")


def eligible_then_and_now(recorded: dict[str, Any], eligible: Eligible) -> str:
    """How many cases were eligible and are, in words."""
    return f"{len(eligible.cases)} cases are eligible in it, and {recorded['frame']['eligible']} were"


def _short(value: object) -> str:
    """A value as JSON writes it, which tells 5 from 5.0 and from "5"."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def fingerprint(cases: pd.DataFrame) -> str:
    """SHA-256 of the lines ``case_id TAB area TAB arm`` of the eligible cases, in the order of their bytes."""
    columns = zip(cases["case_id"], cases["area"], cases["arm"], strict=True)
    lines = sorted("\t".join(case).encode() for case in columns)
    return sha256(b"\n".join(lines)).hexdigest()
