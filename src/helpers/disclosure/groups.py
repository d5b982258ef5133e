"""The shares of groups of inspected cases, as they may be shown beside the shares of all."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from helpers import suppression
from helpers.disclosure.decisions import HIDDEN, RESTS, Log
from helpers.disclosure.rates import LIMITS, NO_ERROR, may_show_count, treat_rates
from helpers.ratings import CARE_GROUPS
from helpers.shares import IN_CARE, groups_of, judgements_of, known_of, of_domain
from helpers.suppression import Cells, Rules

GROUPED = "prevalence_by_group"
_RATES = ("estimate", "se", "deff", "lower", "upper")


def may_show_judgements(cases: pd.DataFrame, treated: pd.DataFrame, group_by: str, rules: Rules) -> bool:
    """Whether judgements by the groups of a column other than the care groups may be shown, which is all of them or none.

    They are where nothing of the list is hidden, and no group, nor the cases without one, has a small count in any judgement.

    Parameters
    ----------
    cases : DataFrame
        The inspected cases.
    treated : DataFrame
        ``shares`` as from `helpers.disclosure.domains.treat_shares`.
    group_by : str
    rules : Rules
    """
    if (treated == HIDDEN).any(axis=None):
        return False
    codes, names = pd.factorize(cases["yot"])
    for mask in groups_of(cases, group_by).values():
        for column in judgements_of(cases).values():
            row = of_domain(cases[column].where(mask), np.asarray(codes), len(names), 0.95)
            base, count = row["base"], row["count"]
            counts = {"base": base, "yes": count, "no": base - count}
            small = suppression.sensitive(Cells(counts, frozenset(counts), ()), rules)
            one_area = not rules.areas and row["services"] == 1
            if small or one_area or not may_show_count(base, count, row["method"], rules):
                return False
    return True


def treat_groups(
    cases: pd.DataFrame,
    group_by: str,
    table: pd.DataFrame,
    shown: Mapping[str, str],
    base: Cells,
    rules: Rules,
    sizes_told: bool,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The shares of groups, decided on together with all that is shown of the same cases elsewhere.

    What was decided for the other tables stays as it is, since another notebook shows them whatever the grouping here;
    only counts of groups are hidden for it. The name of a group whose cases are hidden is hidden too. Where even
    hiding all of them would give a small count away, no row is left; nor where a group lies in one service and the rules
    show no number of a single area.

    Parameters
    ----------
    cases : DataFrame
        The inspected cases.
    group_by : str
    table : DataFrame
        As from `helpers.shares.by_group`.
    shown : mapping
        What was decided for each cell of `base`; empty where these cannot be protected.
    base : Cells
        The counts of the other tables.
    rules : Rules
    sizes_told : bool
        Whether notebook 03 shows the judgements of these groups, and with them how many cases each has.

    Returns
    -------
    tuple of DataFrame
        The table as it may be shown, and the decisions.
    """
    if table.empty:
        return table, Log(Cells({}, frozenset(), ()), rules).decisions([GROUPED])
    named = _named(cases, group_by, table)
    cells = _beside(_cells(named, base, rules), base, shown)
    if sizes_told:
        cells = replace(cells, constants=frozenset(named["whole_cell"]))
    log = Log(cells, rules, exact=True)
    # A group that lies in one service has the numbers of a single area.
    if log.failed or not shown or (not rules.areas and (table["services"] == 1).any()):
        log.failed = True
        return table.iloc[:0], log.decisions([GROUPED])
    places = {group: place for place, group in enumerate(named["group"].unique(), start=1)}
    rows = [_treated(row, log, places[row["group"]]) for row in named.to_dict("records")]
    return pd.DataFrame(rows, columns=table.columns, dtype=object), log.decisions([GROUPED])


def _named(cases: pd.DataFrame, group_by: str, table: pd.DataFrame) -> pd.DataFrame:
    """Name the cells of each share: groups by care are cells of the other tables as well, and so is a whole list."""
    groups = groups_of(cases, group_by)
    alike = {(cases["care_group"] == name).to_numpy().tobytes(): name for name in CARE_GROUPS}
    # A column that copies the care groups under other names has their sizes.
    whole = {group: alike.get(mask.to_numpy().tobytes(), f"group {group!r}") for group, mask in groups.items()}
    rows = []
    for row in table.itertuples():
        known = (known_of(cases, row.share) & groups[row.group]).sum()
        base = whole[row.group] if known == groups[row.group].sum() else f"{row.share} {row.group!r}, applies"
        sizes = {"whole_cell": whole[row.group], "whole": int(groups[row.group].sum())}
        rows.append(sizes | {"base_cell": base, "count_cell": f"{row.share} {row.group!r}"})
    return pd.concat([table.reset_index(drop=True), pd.DataFrame(rows)], axis="columns")


def _cells(named: pd.DataFrame, base: Cells, rules: Rules) -> Cells:
    """The counts of groups beside those of the other tables, and what ties them together."""
    values, floors, sums = dict(base.values), dict(base.floors), list(base.sums)
    printed, harmless, withheld = set(base.printed), set(base.harmless), set(base.withheld)
    wholes = dict(zip(named["whole_cell"], named["whole"], strict=True))
    values |= wholes
    # A group that is listed has a case.
    floors |= {cell: max(1, floors.get(cell, 0)) for cell in wholes}
    sums.append(("all", tuple(wholes)))
    for row in named.rename(columns={"count": "yes"}).itertuples():
        others = f"{row.count_cell}, not"
        values |= {row.base_cell: row.base, row.count_cell: row.yes, others: row.base - row.yes}
        printed |= {row.base_cell, row.count_cell}
        sums.append((row.base_cell, (row.count_cell, others)))
        if row.base_cell != row.whole_cell:
            rest = f"{row.base_cell}, not"
            values[rest] = row.whole - row.base
            harmless.add(rest)
            sums.append((row.whole_cell, (row.base_cell, rest)))
        if may_show_count(row.base, row.yes, row.method, rules):
            floors[row.base_cell] = max(rules.minimum_denominator, floors.get(row.base_cell, 0))
        else:
            withheld.add(row.count_cell)
    for share, rows in named.groupby("share", sort=False):
        sums += _totals(share, rows, base)
    parts = {"printed": frozenset(printed), "harmless": frozenset(harmless), "withheld": frozenset(withheld)}
    return replace(base, values=values, floors=floors, sums=tuple(sums), **parts)


def _totals(share: str, rows: pd.DataFrame, base: Cells) -> list[tuple[str, tuple[str, ...]]]:
    """The counts of all cases, as sums of those of the groups."""
    counts = tuple(rows["count_cell"])
    others = tuple(f"{cell}, not" for cell in counts)
    if share == IN_CARE:
        return [(IN_CARE, counts), (CARE_GROUPS[0], others)]
    applies = f"{share}, applies"
    whole = applies if applies in base.values else "all"
    return [(share, counts), (f"{share}, not", others), (whole, tuple(rows["base_cell"]))]


def _beside(joint: Cells, base: Cells, shown: Mapping[str, str]) -> Cells:
    """The same, with what was decided of the other tables."""
    fixed = {cell for cell in base.printed if shown.get(cell) == "shown"}
    return replace(joint, fixed=frozenset(fixed), withheld=joint.withheld - fixed | (base.printed - fixed))


def _treated(row: dict[str, object], log: Log, place: int) -> dict[str, object]:
    """A row as it may be shown; a group whose cases are hidden is numbered, not named."""
    named = log.shown[row["base_cell"]] == "shown"
    label = f"{row['share']}, {row['group'] if named else f'group {place}'}"
    base = log.counts(GROUPED, label, ("n",), row["base"], row["base_cell"], "")
    count = log.counts(GROUPED, label, ("count",), row["count"], row["count_cell"], "")
    shown = {"base": base, "count": count, "group": row["group"] if named else HIDDEN}
    # In how many services a group has cases bounds their number.
    shown |= dict.fromkeys(["services", "df"], HIDDEN)
    if HIDDEN in (base, count):
        hidden = log.hide(GROUPED, label, _RATES, RESTS)
        return row | shown | dict.fromkeys([*_RATES, "method"], hidden)
    shown |= treat_rates(row, base, count, log.rules)
    if row["method"] == "korn_graubard":
        rates = [name for name in _RATES if name in LIMITS]
        shown |= dict.fromkeys([*rates, "method"], log.hide(GROUPED, label, rates, NO_ERROR))
    return row | shown
