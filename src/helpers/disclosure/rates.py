"""Rates of treated counts: what is printed of them, and what a printed one tells of the true share."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import special, stats

from helpers.rounding import whole_per_cent
from helpers.suppression import Rules

# What an error of 0 would give away: the limits then depend on the true number of cases alone.
LIMITS = ("method", "icc", "deff", "n_effective", "se", "lower", "upper")
NO_ERROR = "an error of 0"


def may_show_count(base: int, count: int, method: str, rules: Rules) -> bool:
    """Whether a count may be shown at all: not of few cases, nor where every service has the same share of them."""
    alike = method == "korn_graubard" and 0 < count < base
    return base >= rules.minimum_denominator and not alike


def treat_rates(row: Mapping[str, float], base: int, count: int, rules: Rules) -> dict[str, float]:
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


def known_share(row: Mapping[str, object], limits: pd.DataFrame, rules: Rules) -> tuple[float, float]:
    """What the printed error, limits, rate and rating of a share tell of the true one: low and high, fractions.

    Parameters
    ----------
    row : mapping
        As from `helpers.shares.of_cases`.
    limits : DataFrame
        The limits of each rating, fractions; not read where the row has none.
    rules : Rules
    """
    share = row["count"] / row["base"]
    low, high = limits.loc[row["rating"]] if isinstance(row["rating"], str) else (0.0, 1.0)
    if rules.rates == "whole_per_cent":
        shown = whole_per_cent(row["count"], row["base"]) / 100
        low, high = max(low, shown - 0.005), min(high, shown + 0.005)
    if row["method"] == "logit_t":
        found = _from_limits(_printed_limits(row), stats.t.ppf((1 + row["level"]) / 2, row["df"]))
        low, high = max(low, found[0]), min(high, found[1])
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
