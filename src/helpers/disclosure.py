"""What may leave the room: tables made from cases, treated so that no child can be found in them."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special, stats

from helpers import draw, shares, suppression
from helpers.parameters import CaseParameters, FieldworkSampling
from helpers.ratings import CARE_GROUPS, band_limits
from helpers.rounding import whole_per_cent
from helpers.shares import IN_CARE, PROTECTION
from helpers.suppression import Cells, Rate, Rules, Unprotectable

HIDDEN = "[c]"
# What is written of a share besides its counts: a hidden count hides all of them.
_RATES = ("estimate", "se", "deff", "lower", "upper", "rating")
# The columns that the counts and rates of a share fill: base, count, rates.
_COLUMNS = {
    "ratings": (("cases",), ("sufficient",), ("percentage", "se", "lower", "upper", "rating")),
    "prevalence_estimates": (("n",), ("count_low", "count_high"), ("deff", "n_effective", "estimate", "lower", "upper")),
}
_DRAWN = ("drawn", "topped_up", "shortfall")
_WEIGHTS = ("inclusion_probability", "weight")
# The public log does not say which of the hidden cells are small.
EITHER = "threshold or secondary"
FAILED = "cannot be protected"


@dataclass(frozen=True)
class Treated:
    """Tables as they may be shown, and the decisions behind them: table, row, column, rule, action."""

    tables: Mapping[str, pd.DataFrame]
    decisions: pd.DataFrame

    def public(self) -> pd.DataFrame:
        """The decisions as they may be shown: they do not tell a small cell from one hidden to protect it."""
        return self.decisions.assign(rule=self.decisions["rule"].replace(["threshold", "secondary"], EITHER))


def rules_in_force(parameters: CaseParameters) -> Rules | None:
    """The rules under which results from the cases are treated; None where they are shown as they are."""
    supplied = parameters.case_evidence == "supplied"
    wanted = parameters.disclosure == "on" or (parameters.disclosure == "auto" and supplied)
    # What is written below a folder that is not for release is the full version of the treated one.
    return suppression.rules(parameters.disclosure_preset) if wanted and not parameters.restricted else None


def statement(parameters: CaseParameters) -> str:
    """What a page says of the cases behind it and of their protection, in Markdown."""
    rules, evidence = rules_in_force(parameters), parameters.case_evidence
    if rules is not None:
        return f"**Disclosure control is on.** {in_words(rules)}"
    if evidence == "supplied" and parameters.restricted:
        full = "These are the full results of supplied cases, for the team itself"
        return f"**Not for release.** {full}: single children can be found in them."
    if evidence == "supplied":
        asked = "Disclosure control is off, as `publish_unprotected` asks"
        return f"**Unprotected.** {asked}: single children may be found in these results of supplied cases."
    if evidence == "synthetic":
        return "**Synthetic cases.** They were made by us: no real child is among them, and nothing seen in them is a finding."
    return "There is no list of cases in this run."


def in_words(rules: Rules) -> str:
    """What a set of rules does, in sentences."""
    low = 0 if rules.zeros == "hidden" else 1
    said = [
        f"By the rules called *{rules.name}*, a count from {low} to {rules.threshold - 1} is hidden and reads {HIDDEN}; so are "
        "counts from which it could be worked out, and every rate, limit and rating that rests on a hidden count."
    ]
    if rules.round_to > 1:
        said.append(f"Counts that are shown are rounded to the nearest {rules.round_to}.")
    if rules.rates == "treated_counts":
        said.append("Percentages and weights are those of the counts shown.")
        said.append("Limits and ratings come from the true counts, so they can differ a little.")
    else:
        said.append("Percentages are rounded to whole per cents.")
    if rules.minimum_denominator:
        said.append(f"No percentage of fewer than {rules.minimum_denominator} cases is shown.")
    if not rules.areas:
        said.append("No number of a single area is shown.")
    return " ".join(said)


def fieldwork(parameters: FieldworkSampling) -> tuple[Treated, pd.DataFrame]:
    """Strata, allocation and draw of a frame: what may be shown, and the cases drawn, which may not.

    Returns
    -------
    Treated
        Tables ``fieldwork_scope`` and ``fieldwork_allocation``; without rows where there is no frame.
    DataFrame
        As from `helpers.draw.sample`.
    """
    checked, evidence = parameters.read_cases(), parameters.case_evidence
    frame = checked.table if checked else draw.NO_CASES
    eligible = draw.strata(frame, parameters.areas)
    allocation = draw.allocate(eligible, parameters.areas, parameters.cases_per_arm, parameters.shortfall, evidence)
    sample = draw.sample(eligible, allocation, parameters.seed, parameters.reserves_per_arm)
    scope = draw.scope(frame, eligible, evidence)
    if checked is None:
        scope, allocation = scope.iloc[:0], allocation.iloc[:0]
    return treat_fieldwork(scope, allocation, rules_in_force(parameters)), sample


def inspected(parameters: CaseParameters, confidence: float, bands: pd.DataFrame) -> Treated:
    """Every share of the inspected cases, as it may be shown: table ``shares``; without rows where there are no cases."""
    checked = parameters.read_cases()
    if checked is None:
        return Treated({"shares": pd.DataFrame(columns=shares.COLUMNS)}, untreated([]))
    found = shares.of_cases(checked.table, confidence, bands)
    return treat_shares(checked.table, found, bands, rules_in_force(parameters))


class _Log:
    """The decisions of one treatment, and the values that follow from them."""

    def __init__(self, cells: Cells, rules: Rules) -> None:
        self.rules, self.rows = rules, []
        try:
            self.shown, self.failed = suppression.suppress(cells, rules), False
        except Unprotectable:
            self.shown, self.failed = {}, True

    def counts(self, table: str, row: str, columns: Iterable[str], value: int, cell: str, unlisted: str) -> object:
        """The value of a count as shown; a cell that is not among those decided on is hidden for the reason `unlisted`."""
        rule = self.shown.get(cell, FAILED if self.failed else unlisted)
        if rule == "shown":
            return suppression.rounded(int(value), self.rules)
        return self.hide(table, row, columns, rule)

    def hide(self, table: str, row: str, columns: Iterable[str], rule: str) -> str:
        self.rows += [(table, row, column, rule, "hidden") for column in columns]
        return HIDDEN

    def decisions(self, tables: Iterable[str]) -> pd.DataFrame:
        """All rows, table by table, each table with its verdict first."""
        found = pd.DataFrame(self.rows, columns=["table", "row", "column", "rule", "action"])
        parts = []
        for table in tables:
            rows = found[found["table"] == table]
            verdict = (table, "(table)", "(all)", "verdict", self._verdict(len(rows)))
            parts += [pd.DataFrame([verdict], columns=found.columns), rows]
        return pd.concat(parts, ignore_index=True)

    def _verdict(self, hidden: int) -> str:
        if self.failed:
            return "fail: its small counts cannot be protected, so none is shown"
        rounded = f", counts rounded to the nearest {self.rules.round_to}" if self.rules.round_to > 1 else ""
        if hidden:
            return f"review: {hidden} cells hidden{rounded}; a person should look before it leaves"
        return f"pass: no cell hidden{rounded}"


def treat_fieldwork(scope: pd.DataFrame, allocation: pd.DataFrame, rules: Rules | None) -> Treated:
    """The number of cases in scope and in each stratum, as they may be shown.

    The number requested is a constant of the design. What is drawn is one too where both arms of an area are large
    and give what was asked; elsewhere the drawn numbers would give a stratum's size away, so they are hidden in both
    arms. Inclusion probabilities and weights are those of the numbers shown.

    Parameters
    ----------
    scope, allocation : DataFrame
        ``fieldwork_scope`` and ``fieldwork_allocation`` of the cases.
    rules : Rules, optional
        None: as they are.
    """
    tables = {"fieldwork_scope": scope, "fieldwork_allocation": allocation}
    if rules is None:
        return Treated(tables, untreated(tables))
    names = allocation["area"] + ", " + allocation["arm"]
    full = (allocation["eligible"] >= rules.threshold) & (allocation["drawn"] == allocation["requested"])
    constant = full.groupby(allocation["area"]).transform("all") & rules.areas
    log = _Log(_fieldwork_cells(scope, allocation.assign(name=names, constant=constant), rules), rules)
    counts = zip(scope["step"], scope["cases"], strict=True)
    scope = scope.assign(cases=[log.counts("fieldwork_scope", step, ["cases"], count, step, "") for step, count in counts])
    rows = zip(allocation.to_dict("records"), names, constant, strict=True)
    allocation = pd.DataFrame([row | _treat_stratum(row, *rest, log) for row, *rest in rows], dtype=object)
    tables = {"fieldwork_scope": scope, "fieldwork_allocation": allocation}
    return Treated(tables, log.decisions(tables))


def _treat_stratum(row: Mapping[str, object], name: str, constant: bool, log: _Log) -> dict[str, object]:
    table = "fieldwork_allocation"
    eligible = log.counts(table, name, ["eligible"], row["eligible"], name, "no areas")
    drawn = {} if constant else dict.fromkeys(_DRAWN, log.hide(table, name, _DRAWN, "would give the size of a stratum away"))
    if constant and eligible != HIDDEN:
        return {"eligible": eligible, "inclusion_probability": row["drawn"] / eligible, "weight": eligible / row["drawn"]}
    hidden = dict.fromkeys(_WEIGHTS, log.hide(table, name, _WEIGHTS, "rests on a hidden count"))
    return {"eligible": eligible} | drawn | hidden


def _fieldwork_cells(scope: pd.DataFrame, allocation: pd.DataFrame, rules: Rules) -> Cells:
    steps = {step: int(count) for step, count in zip(scope["step"], scope["cases"], strict=True)}
    strata = {name: int(count) for name, count in zip(allocation["name"], allocation["eligible"], strict=True)}
    once = {"eligible once": steps["eligible"] - steps["eligible_twice"]}
    parts = [("listed", ("out_of_scope", "eligible")), ("eligible", ("eligible_twice", *once)), ("eligible", tuple(strata))]
    # A number drawn that is shown says that its stratum has as many.
    shown = allocation[allocation["constant"]]
    floors = {name: int(asked) for name, asked in zip(shown["name"], shown["requested"], strict=True)}
    return Cells(
        steps | strata | once, frozenset(steps) | (frozenset(strata) if rules.areas else frozenset()), tuple(parts), floors=floors
    )


def treat_shares(cases: pd.DataFrame, table: pd.DataFrame, bands: pd.DataFrame, rules: Rules | None) -> Treated:
    """The shares of inspected cases, as they may be shown.

    All shares that any notebook shows of these cases are treated together, so that no table gives away what another
    hides.

    Parameters
    ----------
    cases : DataFrame
        The inspected cases.
    table : DataFrame
        As from `helpers.shares.of_cases`.
    bands : DataFrame
        As from `helpers.published.rating_bands`.
    rules : Rules, optional
        None: as they are.
    """
    tables = {"prevalence_estimates": None, "ratings": None}
    if rules is None:
        return Treated({"shares": table}, untreated(tables))
    groups = cases["care_group"].value_counts().reindex(list(CARE_GROUPS), fill_value=0)
    named = table.assign(**_names(table, groups))
    log = _Log(_share_cells(named, groups, bands, rules), rules)
    treated = pd.DataFrame([_treat_share(row, named, log) for row in named.to_dict("records")], dtype=object)
    return Treated({"shares": treated[table.columns]}, log.decisions(tables))


def _names(table: pd.DataFrame, groups: pd.Series) -> dict[str, list[str]]:
    """Name the cells of each share; two bases that hold the same cases are one cell, as a reader will know."""
    bases, counts = [], []
    for row in table.rename(columns={"count": "yes"}).itertuples():
        if row.share in (IN_CARE, PROTECTION):
            whole = row.share == IN_CARE or row.base == groups.sum()
            bases.append("all" if whole else "protection known")
            counts.append(row.share)
            continue
        name = f"{row.standard} {row.from_question or row.question} {row.care_group}"
        bases.append(row.care_group if row.base == groups[row.care_group] else f"{name}, applies")
        counts.append(f"{name}, sufficient")
    return {"base_cell": bases, "count_cell": counts}


def _share_cells(named: pd.DataFrame, groups: pd.Series, bands: pd.DataFrame, rules: Rules) -> Cells:
    values = {"all": int(groups.sum()), **{group: int(count) for group, count in groups.items()}}
    sums = [("all", CARE_GROUPS), (IN_CARE, CARE_GROUPS[1:]), ("all", (IN_CARE, CARE_GROUPS[0]))]
    printed, harmless, rates = set(), set(), []
    known = _known_shares(named, bands, rules)
    for row in named[named["from_question"] == ""].rename(columns={"count": "yes"}).itertuples():
        values |= {row.base_cell: int(row.base), row.count_cell: int(row.yes)}
        printed |= {row.base_cell} | ({row.count_cell} if row.base >= rules.minimum_denominator else set())
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
        if row.Index in known.index:
            rates.append(Rate(row.count_cell, row.base_cell, *known.loc[row.Index]))
    return Cells(values, frozenset(printed), tuple(sums), tuple(rates), harmless=frozenset(harmless))


def _treat_share(row: dict, named: pd.DataFrame, log: _Log) -> dict[str, object]:
    sufficient = row["standard"] != ""
    table = "ratings" if sufficient else "prevalence_estimates"
    label = ", ".join((row["standard"], row["question"], row["care_group"])) if sufficient else row["share"]
    bases, counts, rates = _COLUMNS[table]
    if row["from_question"] and not _all_shown(row, named, log):
        # Which question is the lowest would tell of one that is hidden.
        hidden = log.hide(table, label, bases + counts + rates, "rests on a hidden count")
        return row | dict.fromkeys(["base", "count", *_RATES], hidden)
    base = log.counts(table, label, bases, row["base"], row["base_cell"], "")
    count = log.counts(table, label, counts, row["count"], row["count_cell"], "denominator")
    if HIDDEN in (base, count):
        return (
            row | {"base": base, "count": count} | dict.fromkeys(_RATES, log.hide(table, label, rates, "rests on a hidden count"))
        )
    return row | {"base": base, "count": count} | _treat_rates(row, base, count, log.rules)


def _all_shown(row: dict, named: pd.DataFrame, log: _Log) -> bool:
    """Whether every question of the row's standard and group has both its counts shown."""
    same = named[
        (named["standard"] == row["standard"]) & (named["care_group"] == row["care_group"]) & (named["from_question"] == "")
    ]
    return all(log.shown.get(cell) == "shown" for cell in [*same["base_cell"], *same["count_cell"]])


def _treat_rates(row: Mapping[str, float], base: int, count: int, rules: Rules) -> dict[str, float]:
    """Rates as shown: of the counts shown or in whole per cents; error and limits of the true ones, rounded outward."""
    if not base:
        return {}
    share = count / base if rules.rates == "treated_counts" else whole_per_cent(row["count"], row["base"]) / 100
    printed = _printed_limits(row)
    # From what is shown, so that it tells nothing more.
    spread = share * (1 - share)
    deff = base * printed["se"] ** 2 / spread if spread and printed.get("se") else np.nan
    return {"estimate": share, "deff": deff} | printed


def _printed_limits(row: Mapping[str, float]) -> dict[str, float]:
    if math.isnan(row["se"]):
        return {}
    limits = {"lower": math.floor(100 * row["lower"]) / 100, "upper": math.ceil(100 * row["upper"]) / 100}
    return {"se": round(row["se"], 3)} | limits


def _known_shares(named: pd.DataFrame, bands: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """What the printed error, limits and rating of each share tell of the true one: low and high, fractions.

    That one question is the lowest tells of the others too: none lies below it.
    """
    rows = named[(named["from_question"] == "") & (named["base"] > 0)]
    limits = band_limits(bands, "rounded") / 100
    known = pd.DataFrame(
        [_known_share(row, limits, rules) for row in rows.to_dict("records")], index=rows.index, columns=["low", "high"]
    )
    for repeated in named[named["from_question"] != ""].to_dict("records"):
        same = rows[(rows["standard"] == repeated["standard"]) & (rows["care_group"] == repeated["care_group"])]
        lowest = same.index[same["question"] == repeated["from_question"]]
        if len(lowest):
            known.loc[same.index, "low"] = known.loc[same.index, "low"].clip(lower=known.loc[lowest[0], "low"])
            known.loc[lowest, "high"] = known.loc[same.index, "high"].min()
    return known


def _known_share(row: Mapping[str, object], limits: pd.DataFrame, rules: Rules) -> tuple[float, float]:
    share = row["count"] / row["base"]
    low, high = limits.loc[row["rating"]] if isinstance(row["rating"], str) else (0.0, 1.0)
    if rules.rates == "whole_per_cent":
        shown = whole_per_cent(row["count"], row["base"]) / 100
        low, high = max(low, shown - 0.005), min(high, shown + 0.005)
    if row["method"] == "logit_t":
        found = _from_limits(_printed_limits(row), stats.t.ppf((1 + row["level"]) / 2, row["df"]))
        low, high = max(low, found[0]), min(high, found[1])
    elif row["method"]:
        # No closed form here, so a reader is taken to know the share itself.
        low = high = share
    return min(low, share), max(high, share)


def _from_limits(printed: Mapping[str, float], reach: float) -> tuple[float, float]:
    """The shares whose logit interval prints as this one, on a grid of a hundredth of a per cent."""
    share = np.arange(1, 10_000) / 10_000
    logit, step = special.logit(share), 0.01
    with np.errstate(divide="ignore"):
        ends = [
            special.logit(np.clip(end, 0, 1))
            for end in (printed["lower"], printed["lower"] + step, printed["upper"] - step, printed["upper"])
        ]
    least = np.maximum(logit - ends[1], ends[2] - logit)
    most = np.minimum(logit - ends[0], ends[3] - logit)
    errors = [half * share * (1 - share) / reach for half in (least, most)]
    possible = (least <= most) & (most > 0) & (errors[0] <= printed["se"] + 0.0005) & (errors[1] >= printed["se"] - 0.0005)
    found = share[possible]
    return (float(found.min()), float(found.max())) if len(found) else (0.0, 1.0)


def untreated(tables: Iterable[str]) -> pd.DataFrame:
    """The verdict on tables that are shown as they are."""
    rows = [(table, "(table)", "(all)", "verdict", "fail: shown without disclosure control") for table in tables]
    return pd.DataFrame(rows, columns=["table", "row", "column", "rule", "action"])
