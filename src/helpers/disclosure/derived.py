"""What is made of the judgements beyond their counts - comparisons, probabilities, agreement - as it may be shown.

Everything here is worked out anew from the counts that are shown: the answers of a group count for nothing where its counts
are hidden. As the reader is taken to know shown counts to the case, nothing more is told of hidden ones.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from helpers import case_ratings, shares, suppression
from helpers.disclosure.decisions import HIDDEN, RESTS, Log, Treated, untreated
from helpers.disclosure.rates import may_show_count
from helpers.parameters import CARE_GROUP, RatingComparisons
from helpers.ratings import LOWEST, STANDARDS
from helpers.suppression import Cells, Rules

# Of covariates nothing is decided, so what is adjusted for them is for the team alone.
ADJUSTED = "adjusted for columns that are not protected"
SMALL_GROUPS = "a group of this column is small, or a count of the list is hidden"
FEW_DISAGREE = "few cases on which two inspectors agree or differ"
_FOURFOLD = ["both_yes", "first_only", "second_only", "both_no"]
_COUNTS = {"cases", "sufficient", "reference_cases", "pairs", *_FOURFOLD}
_SETTINGS = {"level", "replicates", "evidence", "ratings", "left_out"}
# Fewer digits than would tell in which services the cases lie.
_DIGITS = 3
Cell = tuple[str, str, str]


def treat_compared(
    cases: pd.DataFrame, treated: pd.DataFrame, parameters: RatingComparisons, bands: pd.DataFrame, rules: Rules | None
) -> Treated:
    """The tables of `helpers.case_ratings`, as they may be shown.

    Groups of another column than the care groups are shown only where no count of the list is hidden and none of these
    groups, nor of the cases without one, is small; else no row of theirs is.

    Parameters
    ----------
    cases : DataFrame
        The inspected cases.
    treated : DataFrame
        ``shares`` as from `helpers.disclosure.inspected`.
    parameters : RatingComparisons
    bands : DataFrame
    rules : Rules, optional
        None: as they are.
    """
    if rules is None:
        made = case_ratings.tables(cases, cases, parameters, bands)
        return Treated(made, untreated(made))
    log = Log(Cells({}, frozenset(), ()), rules)
    by_care = parameters.group_by == CARE_GROUP
    if not by_care and not _may_show_groups(cases, treated, parameters.group_by, rules):
        made = case_ratings.nothing()
        for name in made:
            log.hide(name, "(all rows)", ("(all)",), SMALL_GROUPS)
        return Treated(made, log.decisions(made))
    hidden = _hidden(treated) if by_care else frozenset()
    found = case_ratings.tables(_without(cases, hidden), _without(cases, _of_standards(hidden)), parameters, bands)
    return Treated(made := _treated_tables(found, hidden, log), log.decisions(made))


def _hidden(treated: pd.DataFrame) -> frozenset[Cell]:
    """The (standard, question, care group) of which a count is hidden."""
    rows = treated[(treated["share"] == shares.SUFFICIENT) & ((treated["base"] == HIDDEN) | (treated["count"] == HIDDEN))]
    return frozenset(rows[["standard", "question", "care_group"]].itertuples(index=False, name=None))


def _of_standards(hidden: frozenset[Cell]) -> frozenset[Cell]:
    """The same with every question of a standard where one is hidden, as `helpers.disclosure.domains` hides the lowest."""
    return frozenset((standard, "", group) for standard, _, group in hidden)


def _without(cases: pd.DataFrame, hidden: frozenset[Cell]) -> pd.DataFrame:
    """The cases, without both inspectors' answers of groups to questions of which a count is hidden."""
    found = cases.copy(deep=False)
    for (standard, question), first in shares.judgements_of(cases).items():
        groups = {group for one, other, group in hidden if one == standard and other in ("", question)}
        for column in sorted({first, f"{first}_second", f"{standard}_second"} & set(cases.columns)):
            found[column] = found[column].mask(cases[CARE_GROUP].isin(groups).to_numpy(dtype=bool))
    return found


def _may_show_groups(cases: pd.DataFrame, treated: pd.DataFrame, group_by: str, rules: Rules) -> bool:
    """Whether nothing of the list is hidden, and no group has a small count in any judgement."""
    if (treated == HIDDEN).any(axis=None):
        return False
    codes, names = pd.factorize(cases["yot"])
    for mask in shares.groups_of(cases, group_by).values():
        for column in shares.judgements_of(cases).values():
            row = shares.of_domain(cases[column].where(mask), np.asarray(codes), len(names), 0.95)
            counts = {name: int(value) for name, value in zip("abc", _parts(row), strict=True)}
            small = suppression.sensitive(Cells(counts, frozenset(counts), ()), rules)
            one_area = not rules.areas and row["services"] == 1
            if small or one_area or not may_show_count(row["base"], row["count"], row["method"], rules):
                return False
    return True


def _parts(row: dict[str, object]) -> tuple[int, int, int]:
    return row["base"], row["count"], row["base"] - row["count"]


def _treated_tables(found: dict[str, pd.DataFrame], hidden: frozenset[Cell], log: Log) -> dict[str, pd.DataFrame]:
    why = {name: [_why_hidden(name, row, hidden) for row in table.to_dict("records")] for name, table in found.items()}
    why["inspector_agreement"] = _of_agreement(found["inspector_agreement"], hidden, log.rules)
    if not why["inspector_agreement"] or why["inspector_agreement"][-1]:
        # What a second reading would do tells how often the two disagree over all judgements.
        why["inspector_lowest"] = [FEW_DISAGREE] * len(found["inspector_lowest"])
    return {name: _treated(name, table, why[name], log) for name, table in found.items()}


def _of_agreement(table: pd.DataFrame, hidden: frozenset[Cell], rules: Rules) -> list[str]:
    """Why a row on two inspectors is hidden; the last one, of all judgements, is the sum of the others."""
    few = []
    for row in table.to_dict("records"):
        cells = Cells({part: int(row[part]) for part in _FOURFOLD}, frozenset(), ())
        few.append(bool(hidden or suppression.sensitive(cells, rules)))
    if few and any(few[:-1]) and not all(few[:-1]):
        few[-1] = True
    return [FEW_DISAGREE if one else "" for one in few]


def _treated(name: str, table: pd.DataFrame, why: list[str], log: Log) -> pd.DataFrame:
    """A table with its numbers rounded, and those of rows that may not be shown covered."""
    keys = case_ratings.KEYS[name]
    numbers = [column for column in table.columns if column not in {*keys, *_SETTINGS}]
    rows = []
    for row, reason in zip(table.to_dict("records"), why, strict=True):
        label = ", ".join(str(row[key]) for key in keys if row[key] != "") or "(all)"
        if reason:
            rows.append(row | dict.fromkeys(numbers, log.hide(name, label, numbers, reason)))
        else:
            rows.append(row | {column: _rounded(column, row[column], log.rules) for column in numbers})
    return pd.DataFrame(rows, columns=table.columns, dtype=object)


def _why_hidden(name: str, row: dict[str, object], hidden: frozenset[Cell]) -> str:
    if row.get("adjusted_for"):
        return ADJUSTED
    return RESTS if hidden & frozenset(_rests_on(name, row, hidden)) else ""


def _rests_on(name: str, row: dict[str, object], hidden: frozenset[Cell]) -> Iterator[Cell]:
    """The counts that a row rests on; one that names no standard rests on the lowest question of all four."""
    if name == "rating_whole_table":
        yield from hidden
        return
    groups = [row[key] for key in ("group", "reference") if key in row]
    for standard in [row["standard"]] if "standard" in row else STANDARDS:
        for group in groups:
            yield standard, row.get("question") or LOWEST, group


def _rounded(column: str, value: object, rules: Rules) -> object:
    if pd.isna(value) or isinstance(value, str):
        return value
    if column in _COUNTS:
        return suppression.rounded(int(value), rules)
    return round(float(value), _DIGITS if not column.startswith(("percentage", "unweighted")) else 0)
