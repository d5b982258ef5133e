"""The shares of inspected cases, as they may be shown."""

import numpy as np
import pandas as pd

from helpers.disclosure.decisions import HIDDEN, RESTS, Log, Treated, untreated
from helpers.disclosure.groups import GROUPED, may_show_judgements, treat_groups
from helpers.disclosure.rates import LIMITS, NO_ERROR, may_show_count, treat_rates
from helpers.parameters import CARE_GROUP
from helpers.ratings import BAND_COLUMNS, CARE_GROUPS, LOWEST
from helpers.shares import IN_CARE, PROTECTION, known_of
from helpers.suppression import Cells, Rules

# What is written of a share besides its counts: a hidden count hides all of them.
_RATES = ("estimate", "se", "deff", "lower", "upper", "rating", "method", *BAND_COLUMNS)
# The columns that the counts and rates of a share fill: base, count, rates.
_COLUMNS = {
    "ratings": (("cases",), ("sufficient",), ("percentage", "se", "lower", "upper", "rating", *BAND_COLUMNS)),
    "prevalence_estimates": (
        ("n",),
        ("count_low", "count_high"),
        ("icc", "deff", "n_effective", "estimate", "lower", "upper"),
    ),
}


def treat_shares(
    cases: pd.DataFrame,
    table: pd.DataFrame,
    rules: Rules | None,
    group_by: str = "",
    groups: pd.DataFrame | None = None,
) -> Treated:
    """The shares of inspected cases, as they may be shown.

    All shares that any notebook shows of these cases are treated together, so that no table gives away what another
    hides.

    Parameters
    ----------
    cases : DataFrame
        The inspected cases.
    table : DataFrame
        As from `helpers.shares.of_cases`.
    rules : Rules, optional
        None: as they are.
    group_by : str
        Column that the cases are grouped by; empty for none.
    groups : DataFrame, optional
        As from `helpers.shares.by_group`. What is shown of all cases does not depend on it.
    """
    tables = {"prevalence_estimates": None, "ratings": None}
    own = {} if groups is None else {"groups": groups}
    if rules is None:
        return Treated({"shares": table} | own, untreated(tables | dict.fromkeys([GROUPED] if own else [])))
    sizes = cases["care_group"].value_counts().reindex(list(CARE_GROUPS), fill_value=0)
    named = table.assign(**_names(cases, table))
    cells = _share_cells(named, sizes, rules)
    log = Log(cells, rules, exact=True)
    treated = pd.DataFrame([_treat_share(row, named, log) for row in named.to_dict("records")], dtype=object)
    shown, decisions = {"shares": treated[table.columns]}, [log.decisions(tables)]
    if groups is not None:
        told = group_by != CARE_GROUP and may_show_judgements(cases, shown["shares"], group_by, rules)
        shown["groups"], more = treat_groups(cases, group_by, groups, log.shown, cells, rules, told)
        decisions.append(more)
    return Treated(shown, pd.concat(decisions, ignore_index=True))


def _names(cases: pd.DataFrame, table: pd.DataFrame) -> dict[str, list[str]]:
    """Name the cells of each share; bases that hold the same cases are one cell, as a reader may know."""
    known = {group: (cases["care_group"] == group).to_numpy() for group in CARE_GROUPS}
    seen = {("", np.ones(len(cases), dtype=bool).tobytes()): "all"}
    seen |= {(group, mask.tobytes()): group for group, mask in known.items()}
    bases, counts = [], []
    for row in table.itertuples():
        question = row.from_question or row.question
        if row.share in (IN_CARE, PROTECTION):
            mask, counted = known_of(cases, row.share).to_numpy(), row.share
        else:
            column = row.standard if question == LOWEST else f"{row.standard}_{question}"
            mask, counted = cases[column].notna().to_numpy() & known[row.care_group], f"{column} {row.care_group}"
        bases.append(seen.setdefault((row.care_group, mask.tobytes()), f"{counted}, applies"))
        counts.append(f"{counted}, sufficient" if row.standard else counted)
    return {"base_cell": bases, "count_cell": counts}


def _share_cells(named: pd.DataFrame, groups: pd.Series, rules: Rules) -> Cells:
    values = {"all": int(groups.sum()), **{group: int(count) for group, count in groups.items()}}
    sums = [("all", CARE_GROUPS), (IN_CARE, CARE_GROUPS[1:]), ("all", (IN_CARE, CARE_GROUPS[0]))]
    printed, harmless, withheld, floors = set(), set(), set(), {}
    for row in named[named["from_question"] == ""].rename(columns={"count": "yes"}).itertuples():
        values |= {row.base_cell: int(row.base), row.count_cell: int(row.yes)}
        printed |= {row.base_cell, row.count_cell}
        if not may_show_count(row.base, row.yes, row.method, rules):
            withheld.add(row.count_cell)
        else:
            # A count that is shown says that its base is not too small for one.
            floors[row.base_cell] = rules.minimum_denominator
        whole = row.care_group or "all"
        if row.base_cell != whole:
            rest = f"{row.base_cell}, not"
            values[rest] = values[whole] - int(row.base)
            harmless.add(rest)
            sums.append((whole, (row.base_cell, rest)))
        if row.share != IN_CARE:
            others = f"{row.count_cell}, not"
            values[others] = int(row.base - row.yes)
            sums.append((row.base_cell, (row.count_cell, others)))
    return Cells(
        values, frozenset(printed), tuple(sums), floors=floors, harmless=frozenset(harmless), withheld=frozenset(withheld)
    )


def _treat_share(row: dict, named: pd.DataFrame, log: Log) -> dict[str, object]:
    sufficient = row["standard"] != ""
    table = "ratings" if sufficient else "prevalence_estimates"
    label = ", ".join((row["standard"], row["question"], row["care_group"])) if sufficient else row["share"]
    bases, counts, rates = _COLUMNS[table]
    if row["from_question"] and not _all_shown(row, named, log):
        # Which question is the lowest would tell of one that is hidden.
        hidden = log.hide(table, label, bases + counts + rates, RESTS)
        return row | dict.fromkeys(["base", "count", *_RATES], hidden)
    base = log.counts(table, label, bases, row["base"], row["base_cell"], "")
    count = log.counts(table, label, counts, row["count"], row["count_cell"], "")
    treated = row | {"base": base, "count": count}
    if HIDDEN in (base, count):
        return treated | dict.fromkeys(_RATES, log.hide(table, label, rates, RESTS))
    treated |= treat_rates(row, base, count, log.rules) | {name: round(row[name], 2) for name in BAND_COLUMNS if name in row}
    if row["method"] == "korn_graubard":
        # With an error of 0 the limits depend on the true number of cases alone and would give it away.
        of_number = (*LIMITS, *BAND_COLUMNS)
        treated |= dict.fromkeys(of_number, log.hide(table, label, [name for name in rates if name in of_number], NO_ERROR))
    return treated


def _all_shown(row: dict, named: pd.DataFrame, log: Log) -> bool:
    """Whether every question of the row's standard and group has both its counts shown."""
    same = named[
        (named["standard"] == row["standard"]) & (named["care_group"] == row["care_group"]) & (named["from_question"] == "")
    ]
    return all(log.shown.get(cell) == "shown" for cell in [*same["base_cell"], *same["count_cell"]])
