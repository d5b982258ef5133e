"""What came back from the fieldwork: which of the cases drawn were judged, and why the others were not."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from helpers.cases.refusals import listed, rows_named
from helpers.cases.rules import printable
from helpers.errors import InputError
from helpers.sampling import ARMS

# What became of a case that was worked; the first two follow from a status of ``inspected``.
JUDGED, NOT_JUDGED, NO_RETURN, INELIGIBLE = "judged", "not_judged", "no_return", "found_ineligible"
MISSING = (NOT_JUDGED, "refused", "file_unusable", "replaced", NO_RETURN)
_COUNTS = ["worked", "judged", "missing", *MISSING, INELIGIBLE, "reserves_used"]
_STRATUM = ["area", "arm"]
_OR_ANOTHER = ", or, if the returns are right, give cases_per_arm, shortfall and the rest as they were for the draw"


def from_frame(sheet: pd.DataFrame, frame: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """The sample with an outcome that stands in the list itself; a blank one is not judged.

    Returns
    -------
    DataFrame
        The rows of the sample (no reserve), with `became` and `yes` (missing where not judged).
    """
    worked = sheet[sheet["role"] == "sample"]
    values = frame.set_index("case_id")[outcome].reindex(worked["case_id"]).array
    return _with_outcome(worked.assign(became=JUDGED), values)


def from_judgements(sheet: pd.DataFrame, judgements: pd.DataFrame, outcome: str, rows: np.ndarray | None = None) -> pd.DataFrame:
    """The sample and the reserves that were used, with what became of each.

    A case of the sample without a row has no return. Cases of supplementary areas are left out.

    Parameters
    ----------
    sheet : DataFrame
        As from `helpers.draw.sample`.
    judgements : DataFrame
        As `helpers.cases.read` gives it.
    outcome : str
        A column of the judgements.
    rows : ndarray of int, optional
        Row of the file of each judgement.

    Returns
    -------
    DataFrame
        As `from_frame`.

    Raises
    ------
    InputError
        As `check`.
    """
    check(sheet, judgements, rows)
    returned = _as_drawn(sheet, judgements).set_index("case_id")
    used = sheet["role"].eq("sample") | (sheet["role"].eq("reserve") & sheet["case_id"].isin(returned.index))
    worked = sheet[used]
    statuses = returned["status"].astype("str").reindex(worked["case_id"])
    became = statuses.replace("inspected", JUDGED).fillna(NO_RETURN).array
    return _with_outcome(worked.assign(became=became), returned[outcome].reindex(worked["case_id"]).array)


def _as_drawn(sheet: pd.DataFrame, judgements: pd.DataFrame) -> pd.DataFrame:
    """The judgements, each case written as the sheet writes it: capitals make no other case."""
    written = dict(zip(sheet["case_id"].str.lower(), sheet["case_id"], strict=True))
    ids = judgements["case_id"]
    return judgements.assign(case_id=ids.str.lower().map(written).fillna(ids))


def nothing(sheet: pd.DataFrame) -> pd.DataFrame:
    """No case worked, in the shape of `from_frame`."""
    return _with_outcome(sheet.iloc[:0].assign(became=""), [])


def _with_outcome(worked: pd.DataFrame, values: object) -> pd.DataFrame:
    worked = worked.assign(yes=pd.array(values, dtype="boolean"))
    blank = worked["became"].eq(JUDGED) & worked["yes"].isna()
    return worked.assign(became=worked["became"].mask(blank, NOT_JUDGED)).reset_index(drop=True)


def check(sheet: pd.DataFrame, judgements: pd.DataFrame, rows: np.ndarray | None = None) -> None:
    """Refuse returns that do not fit the draw. Rows are named as a spreadsheet numbers them, cases are not.

    Raises
    ------
    InputError
        A judgement for a case that was not drawn, a reserve that stands in for no case of its stratum or is used before
        the one before it, or a case of the sample that stands in for another.
    """
    drawn = sheet.set_index("case_id")
    # No outcome comes along, which could be called as a column of the sheet is.
    numbers = np.arange(2, 2 + len(judgements)) if rows is None else rows
    rows = _as_drawn(sheet, judgements)[["case_id"]].assign(row=numbers, replaces=judgements.get("replaces", pd.NA))
    known = rows["case_id"].isin(drawn.index)
    _refuse(
        rows[~known],
        "{rows} {hold} a case that was not drawn; check that list, areas, seed and design are those of the draw, or take it out",
    )
    rows = rows.join(drawn[["area", "arm", "role", "order"]], on="case_id")
    # One case may be written with other capitals where it is replaced, as `helpers.cases.read` allows.
    rows = rows.assign(replaces=rows["replaces"].astype("str").str.lower()).set_index(rows["case_id"].str.lower())
    reserve, stands_in = rows["role"] == "reserve", rows["replaces"].notna()
    _refuse(
        rows[reserve & ~stands_in],
        "{rows} {hold} a reserve case and replaces is blank; name the case that it stands in for" + _OR_ANOTHER,
    )
    _refuse(
        rows[~reserve & stands_in],
        "{rows} {hold} a case of the sample, which replaces no other; leave replaces blank" + _OR_ANOTHER,
    )
    _check_replaced(rows[reserve], rows)
    _check_order(rows[reserve], sheet)


def _check_replaced(used: pd.DataFrame, rows: pd.DataFrame) -> None:
    there = used["replaces"].isin(rows.index)
    _refuse(used[~there], "{rows}: replaces names a case that has no row of its own; give it one, with its status")
    other = rows.loc[used["replaces"]]
    same = (used[_STRATUM].to_numpy() == other[_STRATUM].to_numpy()).all(axis=1)
    _refuse(used[~same], "{rows}: replaces names a case of another area or arm; a reserve stands in within its own stratum")
    _refuse(
        used[(other["order"].to_numpy() >= used["order"].to_numpy()) & same],
        "{rows}: replaces names a reserve that comes after it; reserves are used in order",
    )


def _check_order(used: pd.DataFrame, sheet: pd.DataFrame) -> None:
    """In each stratum the reserves used are the first ones."""
    first = sheet[sheet["role"] == "reserve"].groupby(_STRATUM, observed=True)["order"].min()
    ahead = used.groupby(_STRATUM, observed=True)["order"].rank() - 1
    expected = used.join(first.rename("first"), on=_STRATUM)["first"] + ahead
    late = used[used["order"] > expected]
    _refuse(
        late,
        "{rows} {hold} a reserve case out of order: one before it in its stratum was not used; the audit sheet has the order",
    )


def _refuse(rows: pd.DataFrame, text: str) -> None:
    if len(rows):
        there = rows["row"].tolist()
        raise InputError(text.format(rows=rows_named(there), hold="holds" if len(there) == 1 else "hold"))


def check_outcome(outcome: str, table: pd.DataFrame, of: str) -> None:
    """Refuse an outcome that a list does not have.

    Raises
    ------
    InputError
        No column of that name holds yes and no.
    """
    outcomes = outcomes_of(table)
    if outcome not in outcomes:
        there = (
            f"its outcomes are {listed([printable(name) for name in outcomes])}"
            if outcomes
            else "it has no column that holds only yes and no"
        )
        hint = "notebooks check says of each column why it is none; an empty outcome draws without estimates"
        raise InputError(f"the {of} has no outcome {outcome!r}; {there} ({hint})")


def outcomes_of(table: pd.DataFrame) -> list[str]:
    """The outcomes of a frame or of judgements: its yes/no columns that no contract names."""
    return [name for name, kind in table.dtypes.items() if kind == "boolean" and name != "looked_after"]


def by_stratum(worked: pd.DataFrame, allocation: pd.DataFrame, sheet: pd.DataFrame) -> pd.DataFrame:
    """What became of the cases of each stratum: ``restricted/fieldwork_response.csv`` and the input of estimates.

    Returns
    -------
    DataFrame
        area, arm, eligible, worked, judged, yes, no, missing and its parts, found_ineligible, reserves_used,
        reserves_left, response_rate; one row a stratum of the allocation.
    """
    index = pd.MultiIndex.from_frame(allocation[_STRATUM].astype("str"))
    counts = pd.crosstab([worked["area"].astype("str"), worked["arm"].astype("str")], worked["became"])
    counts = counts.reindex(index=index, columns=[JUDGED, *MISSING, INELIGIBLE], fill_value=0)
    table = pd.DataFrame({"eligible": allocation["eligible"].to_numpy()}, index=index)
    table["worked"], table["judged"] = counts.sum(axis=1), counts[JUDGED]
    table["yes"] = _count(worked[worked["yes"].fillna(False).to_numpy(dtype=bool)], index)
    table["no"] = table["judged"] - table["yes"]
    table["missing"] = counts[list(MISSING)].sum(axis=1)
    table = table.join(counts[[*MISSING, INELIGIBLE]])
    table["reserves_used"] = _count(worked[worked["role"] == "reserve"], index)
    table["reserves_left"] = _count(sheet[sheet["role"] == "reserve"], index) - table["reserves_used"]
    return table.assign(response_rate=_rate(table)).reset_index(names=_STRATUM)


def _count(rows: pd.DataFrame, index: pd.MultiIndex) -> pd.Series:
    return rows.groupby([rows["area"].astype("str"), rows["arm"].astype("str")]).size().reindex(index, fill_value=0)


def _rate(table: Mapping[str, pd.Series]) -> pd.Series:
    """Cases judged, of those worked that were eligible."""
    return table["judged"] / (table["judged"] + table["missing"])


def by_group(strata: pd.DataFrame, evidence: str) -> pd.DataFrame:
    """The same for all cases and for each arm: ``fieldwork_response.csv``."""
    groups = {"all": strata} | {arm: strata[strata["arm"] == arm] for arm in ARMS} if len(strata) else {}
    rows = [{"group": name, **part[_COUNTS].sum()} for name, part in groups.items()]
    table = pd.DataFrame(rows, columns=["group", *_COUNTS])
    return table.assign(response_rate=_rate(table), evidence=evidence)
