"""The fieldwork design: strata, the allocation asked for, and what so many cases can show."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from scipy import optimize, stats
from statsmodels.stats.proportion import power_proportions_2indep

from helpers import published
from helpers.intervals import design_effect

ARMS = ("hosted", "placed_out")
# Correlations shown beside the one assumed.
ICCS = (0.0, 0.02, 0.05, 0.1)
NOT_AVAILABLE = "[x]"
# Known only once an area has listed its cases.
_NEEDS_FRAME = ("eligible", "drawn", "topped_up", "shortfall", "inclusion_probability", "weight")


def design_evidence(areas: Sequence[str], cases_per_arm: int) -> str:
    """Whether a design is the one of 2012, and so published, or the user's own, and so supplied."""
    asked = [published.number("release_cases_hosted"), published.number("release_cases_placed_out")]
    return published.mark([(list(areas), published.areas()), ([cases_per_arm] * 2, asked)])


def allocation_asked(areas: Sequence[str], cases_per_arm: int, evidence: str) -> pd.DataFrame:
    """The strata, area by arm, and the number of cases asked for in each.

    What only a list of cases could tell reads ``[x]``, not available.

    Parameters
    ----------
    areas : sequence of str
        Fieldwork areas; a name may hold a comma.
    cases_per_arm : int
        Cases asked for in each stratum.
    evidence : {"published", "supplied"}

    Returns
    -------
    DataFrame
        The columns of ``fieldwork_allocation.csv``, one row a stratum.
    """
    strata = pd.MultiIndex.from_product([areas, ARMS], names=["area", "arm"]).to_frame(index=False)
    unknown = dict.fromkeys(_NEEDS_FRAME, NOT_AVAILABLE)
    table = strata.assign(**unknown, requested=cases_per_arm, evidence=evidence)
    order = ["eligible", "requested", "drawn", "topped_up", "shortfall", "inclusion_probability", "weight"]
    return table[["area", "arm", *order, "evidence"]]


def precision(
    areas: int, cases_per_arm: int, iccs: Iterable[float], levels: Iterable[float], evidence: str, proportion: float = 0.5
) -> pd.DataFrame:
    """What a design of equal strata can show of a proportion, before any case is seen.

    The areas are read as a sample of areas: cases of one area are alike by `icc`, and a mean of ``m`` cases an
    area has the design effect ``1 + (m - 1) icc``. Hosted minus placed out has ``1 - icc`` where the two arms
    share the whole area effect and ``1 + (m - 1) icc`` where they share none, so both are given.

    Parameters
    ----------
    areas, cases_per_arm : int
    iccs, levels : iterable of float
        Intra-cluster correlations in [0, 1); confidence levels in (0, 1).
    evidence : str
    proportion : float
        Planned proportion; one half is the least favourable.

    Returns
    -------
    DataFrame
        The columns of ``fieldwork_precision.csv``. `reading` is ``normal`` (the rule behind tables of sample
        size) or ``t`` (Student's t on areas - 1 degrees of freedom, as six areas are few). Half widths and
        differences are fractions. The minimum detectable difference is upwards from `proportion`, with power
        0.8 in a two-sided test at 1 - level with pooled variance under the null hypothesis; it is missing
        where even a difference up to 1 would not be detected.
    """
    rows = []
    for icc in sorted(set(iccs)):
        for group, between, cases, deff in _groups(areas, cases_per_arm, icc):
            for level in sorted(set(levels)):
                planned = {"group": group, "rho_between_arms": between, "icc": icc, "deff": deff}
                planned |= {"n_effective": cases / deff, "level": level}
                rows += [planned | line for line in _lines(proportion, cases / deff, areas - 1, level, group)]
    order = ["group", "icc", "deff", "n_effective", "level", "half_width", "minimum_detectable_difference"]
    return pd.DataFrame(rows).assign(evidence=evidence)[[*order, "reading", "df", "rho_between_arms", "evidence"]]


def _groups(areas: int, cases_per_arm: int, icc: float) -> list[tuple[str, float, int, float]]:
    """(group, correlation between the arms of an area, cases of one group, design effect) of each comparison."""
    both, one = 2 * cases_per_arm * areas, cases_per_arm * areas
    alone = design_effect(icc, one, areas)
    difference = [("hosted_minus_placed_out", 0.0, one, alone)]
    if icc > 0:
        difference.append(("hosted_minus_placed_out", icc, one, 1 - icc))
    arms = [(arm, np.nan, one, alone) for arm in ARMS]
    return [("all", np.nan, both, design_effect(icc, both, areas)), *arms, *difference]


def _lines(proportion: float, n_effective: float, df: int, level: float, group: str) -> list[dict[str, object]]:
    """Half width under the normal and the t reading; a difference has twice the variance of one mean."""
    two_arms = group == "hosted_minus_placed_out"
    error = np.sqrt((2 if two_arms else 1) * proportion * (1 - proportion) / n_effective)
    tail = (1 + level) / 2
    detectable = minimum_detectable_difference(proportion, n_effective, level) if two_arms else np.nan
    normal = {"reading": "normal", "df": np.inf, "half_width": stats.norm.ppf(tail) * error}
    lines = [normal | {"minimum_detectable_difference": detectable}]
    if df > 0:
        t = {"reading": "t", "df": df, "half_width": stats.t.ppf(tail, df) * error}
        lines.append(t | {"minimum_detectable_difference": np.nan})
    return lines


def minimum_detectable_difference(proportion: float, n_per_group: float, level: float, power: float = 0.8) -> float:
    """The least rise from `proportion` that two groups of equal size detect (R ``power.prop.test``).

    Parameters
    ----------
    proportion : float
        Proportion in the reference group, in (0, 1).
    n_per_group : float
        Effective cases in each group.
    level, power : float
        One minus the two-sided significance level; chance of detection.

    Returns
    -------
    float
        A fraction; nan where not even a rise to 1 is detected with this power.
    """

    def missing(rise: float) -> float:
        found = power_proportions_2indep(
            rise, proportion, n_per_group, alpha=(1 - level) / 2, alternative="larger", return_results=False
        )
        return found - power

    highest = 1 - proportion
    return optimize.brentq(missing, 1e-9, highest, xtol=1e-13) if missing(highest) > 0 else np.nan


def headline(table: pd.DataFrame, icc: float, level: float) -> dict[str, float]:
    """Three numbers that sum up a design at one correlation and level.

    Returns
    -------
    dict
        half_width of all cases (t reading; nan with one area), and the least and greatest minimum detectable
        difference (fractions; nan where none can be detected).
    """
    chosen = table[(table["icc"] == icc) & (table["level"] == level)]
    widths = chosen.loc[(chosen["group"] == "all") & (chosen["reading"] == "t"), "half_width"]
    detectable = chosen["minimum_detectable_difference"]
    return {"half_width": widths.min(), "least": detectable.min(), "greatest": detectable.max(skipna=True)}
