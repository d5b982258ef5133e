"""Rates of treated counts, as they are printed."""

import math
from collections.abc import Mapping

import numpy as np

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
