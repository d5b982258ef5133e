"""Draw the sample of a run again from the list, and say whether it is the same."""

from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd

from helpers import audit, datapackage, fieldwork
from helpers.eligibility import Eligible
from helpers.errors import InputError
from helpers.parameters import RESTRICTED, FieldworkSampling
from helpers.results import NOT_APPLICABLE, neutral

SHEET, AUDIT = "fieldwork_sample.csv", "fieldwork_draw.json"
# Differences told one by one.
_SAID = 5
_COMPARED = ["case_id", "area", "arm", "role", "order", "random_number", "inclusion_probability", "weight"]


def verify(run: Path, frame: Path) -> tuple[bool, list[str]]:
    """Whether the list gives the audit sheet of a run, and sentences that say so or name the first case that differs.

    Parameters
    ----------
    run : Path
        A run folder.
    frame : Path
        The list that the cases were drawn from; another format or order of it will do.

    Raises
    ------
    InputError
        The run holds no draw, its audit cannot be read, or the list breaks its contract.
    """
    recorded, sheet = _read(run)
    chosen = {name: recorded[name] for name in ("areas", *audit.DESIGN)}
    try:
        parameters = FieldworkSampling(frame=str(frame), outcome="", **chosen)
    except InputError as error:
        raise InputError(f"{run} with the list {frame}: {error}") from None
    found = fieldwork.drawn(parameters)
    again = found.all_drawn()[_COMPARED].reset_index(drop=True)
    again = again.assign(case_id=again["case_id"].map(neutral), area=again["area"].map(neutral))
    said = [_of_the_list(recorded, frame, found.eligible)]
    there = set(found.all_drawn()["case_id"].map(neutral)) | set(found.eligible.cases["case_id"].map(neutral))
    gone = [
        f"the case {case} is in the audit sheet and not eligible in the list" for case in sheet["case_id"] if case not in there
    ]
    differences = gone + _differences(sheet, again)
    if differences:
        more = [f"and {len(differences) - _SAID} more differences"] if len(differences) > _SAID else []
        return False, [f"no: {differences[0]}", *(f"    {line}" for line in differences[1:_SAID] + more), *said]
    return True, [
        f"yes: the list gives the {len(sheet)} cases of the audit sheet, in the same places and with the same weights",
        *said,
    ]


def _read(run: Path) -> tuple[dict[str, Any], pd.DataFrame]:
    folder = run / RESTRICTED
    for name in (AUDIT, SHEET):
        if not (folder / name).is_file():
            raise InputError(f"{run}: holds no {RESTRICTED}/{name}; name a run folder of notebook 01 with a list of cases")
    recorded = audit.read(folder / AUDIT)
    try:
        return recorded, pd.read_csv(folder / SHEET, dtype=str, keep_default_na=False)[_COMPARED]
    except (OSError, ValueError, KeyError):
        raise InputError(f"{run}: {RESTRICTED}/{SHEET} cannot be read as it was written") from None


def _of_the_list(recorded: dict[str, Any], frame: Path, eligible: Eligible) -> str:
    if datapackage.sha256(frame) == recorded["frame"]["sha256"]:
        return "The list is the file that the cases were drawn from, byte for byte."
    if audit.fingerprint(eligible.cases) == recorded["frame"]["sha256_of_eligible"]:
        return "The list is another file than the one drawn from, with the same eligible cases in the same strata."
    counts = audit.eligible_then_and_now(recorded, eligible)
    return f"The list is another one than that drawn from, with other eligible cases: {counts}."


def _differences(sheet: pd.DataFrame, again: pd.DataFrame) -> list[str]:
    """The rows that differ, each in words."""
    # Numbers are compared as they are written, which loses nothing.
    text = pd.read_csv(StringIO(again.to_csv(index=False, na_rep=NOT_APPLICABLE)), dtype=str, keep_default_na=False)
    key = ["area", "arm", "role", "order"]
    # A row that stands twice is a difference, so the second one is no partner of the first.
    sheet, text = (rows.assign(again=rows.groupby(key).cumcount()) for rows in (sheet, text))
    key = [*key, "again"]
    both = sheet.merge(text, on=key, how="outer", suffixes=("", "_again"), indicator=True)
    both = both.sort_values("order", key=lambda order: pd.to_numeric(order, errors="coerce")).sort_values(
        ["area", "arm"], kind="stable"
    )
    values = [name for name in _COMPARED if name not in key]
    wrong = both["_merge"].ne("both")
    for name in values:
        wrong |= both[name].fillna("") != both[f"{name}_again"].fillna("")
    return [_in_words(row, values) for row in both[wrong].to_dict("records")]


def _in_words(row: dict[str, Any], values: list[str]) -> str:
    where = f"{row['area']}, {row['arm']}, {row['role']} {row['order']}"
    if row["_merge"] == "left_only":
        return f"{where}: the audit sheet has the case {row['case_id']}, and the list gives none there"
    if row["_merge"] == "right_only":
        return f"{where}: the list gives the case {row['case_id_again']}, and the audit sheet has none there"
    if row["case_id"] != row["case_id_again"]:
        return f"{where}: the audit sheet has the case {row['case_id']}, and the list gives {row['case_id_again']}"
    name = next(name for name in values if row[name] != row[f"{name}_again"])
    return f"{where}, case {row['case_id']}: {name} is {row[name]} in the audit sheet, and {row[f'{name}_again']} by the list"
