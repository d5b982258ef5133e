"""Estimates of a fieldwork, as they may be shown: a sample of sixty is so small that full digits give its cases away."""

import math
from collections.abc import Iterable

import pandas as pd

from helpers.disclosure.decisions import Log
from helpers.estimates import DIFFERENCE, SUPER
from helpers.sampling import ARMS
from helpers.suppression import Rules

TABLE = "fieldwork_estimates"
# Twentieths: with so few cases finer ones tell how many of a single area were judged sufficient.
STEPS = 20
_VALUES = ("estimate", "se", "df", "lower", "upper", "least", "greatest", "judged", "missing", "note")
_SHOWN = ("estimate", "lower", "upper")


def treat_estimates(table: pd.DataFrame, strata: pd.DataFrame, told: bool, log: Log) -> pd.DataFrame:
    """The share of all cases and of each arm, to the nearest twentieth, with limits rounded outward.

    One row a group is shown, that of logit_t for the cases listed; errors, degrees of freedom, bounds for missing
    judgements and the unweighted figure would, together, tell how many of the cases of one area were judged sufficient.
    A group is shown only where both answers are given often enough, no stratum weighs so much that the share is nearly
    its own, and, for the arms and their difference, both arms can be and the number drawn of every stratum is shown.

    Parameters
    ----------
    table, strata : DataFrame
        ``fieldwork_estimates`` and ``fieldwork_response_by_stratum``.
    told : bool
        Whether the number drawn of every stratum is shown.
    log : Log
        Notes what is hidden, and has the rules.
    """
    allowed = {"all"} if _may_be_shown(strata, log.rules) else set()
    if told and all(_may_be_shown(strata[strata["arm"] == arm], log.rules) for arm in ARMS):
        allowed |= {*ARMS, DIFFERENCE}
    rows = []
    for row in table.to_dict("records"):
        name = f"{row['group']}, {row['population']}, {row['method']}"
        main = row["method"] == "logit_t" and row["population"] != SUPER
        usable = row["group"] in allowed and main and not row["note"] and not math.isnan(row["lower"])
        kept = _SHOWN if usable else ()
        why = (
            "too few cases of one answer, or of an area" if row["group"] not in allowed else "would tell of the cases of an area"
        )
        hidden = [column for column in _VALUES if column not in kept]
        rows.append(row | dict.fromkeys(hidden, log.hide(TABLE, name, hidden, why)) | _rounded(row, kept))
    return pd.DataFrame(rows, columns=table.columns, dtype=object)


def _may_be_shown(strata: pd.DataFrame, rules: Rules) -> bool:
    """Whether both answers are given often enough, and neither can be that of one stratum alone."""
    yes, no = int(strata["yes"].sum()), int(strata["no"].sum())
    least = 0 if rules.zeros == "hidden" else 1
    if any(least <= count < rules.threshold for count in (yes, no)) or yes + no < max(rules.minimum_denominator, 1):
        return False
    judged = strata[strata["judged"] > 0]
    share = judged["eligible"] / judged["eligible"].sum()
    estimate = (share * judged["yes"] / judged["judged"]).sum()
    # Also at the ends of what the rounded share can stand for.
    room = min(estimate, 1 - estimate) - 1 / STEPS
    return bool(share.max() <= room)


def _rounded(row: dict[str, float], columns: Iterable[str]) -> dict[str, float]:
    ways = {"estimate": lambda value: math.floor(value * STEPS + 0.5), "lower": _down, "upper": lambda value: -_down(-value)}
    return {column: ways[column](row[column]) / STEPS for column in columns}


def _down(value: float) -> int:
    # A limit that is a twentieth but for its last digit stays one.
    return math.floor(value * STEPS + 1e-9)
