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
_ASSUMES = "areas and cases drawn at random; both arms equally alike within an area; correlation assumed"
# Known only once an area has listed its cases.
_NEEDS_FRAME = ("eligible", "drawn", "topped_up", "shortfall", "inclusion_probability", "weight")


def design_evidence(areas: Sequence[str], cases_per_arm: int) -> str:
    """Whether a design is the one of 2012, and so published, or the user's own, and so supplied."""
    asked = [published.number("release_cases_hosted"), published.number("release_cases_placed_out")]
    return published.mark([(sorted(areas), sorted(published.areas())), ([cases_per_arm] * 2, asked)])


def whose(evidence: str) -> str:
    """Whose design it is, to begin a sentence with."""
    return "The design of 2012" if evidence == published.EVIDENCE else "Your own design"


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


def beside(asked: pd.DataFrame, drawn: pd.DataFrame) -> pd.DataFrame:
    """The allocation asked for, less the rows that those of a list with the same evidence stand for."""
    return asked[~asked["evidence"].isin(drawn["evidence"])]


def precision(areas: int, cases_per_arm: int, iccs: Iterable[float], levels: Iterable[float], evidence: str) -> pd.DataFrame:
    """What a design of equal strata could show of a proportion of one half, before any case is seen.

    The areas are read as a random sample of areas, and the cases of an arm as a random sample within each. Cases
    of one arm of an area are alike by `icc`; cases of its two arms by `rho_between_arms`, which is `icc` where the
    arms share the whole area effect and 0 where they share none, so both are given. With m cases an arm the
    design effect is ``1 + (m - 1) icc`` for one arm, ``1 + (m - 1) icc + m rho`` for both arms together, and
    ``1 + (m - 1) icc - m rho`` for hosted minus placed out.

    Parameters
    ----------
    areas, cases_per_arm : int
    iccs, levels : iterable of float
        Intra-cluster correlations in [0, 1); confidence levels in (0, 1).
    evidence : str

    Returns
    -------
    DataFrame
        The columns of ``fieldwork_precision.csv``. `reading` is ``normal`` (the rule behind tables of sample
        size, for a known correlation) or ``t`` (Student's t on areas - 1 degrees of freedom, as for an analysis
        that estimates the variance from the areas; missing with one area). Half widths and differences are
        fractions. The minimum detectable difference is the rise of one arm from one half above the other, see
        `minimum_detectable_difference`; it is infinite where even a rise to 1 would not be found.
    """
    rows = []
    for icc in sorted(set(iccs)):
        for group, between, cases, deff in _groups(areas, cases_per_arm, icc):
            planned = {"group": group, "rho_between_arms": between, "icc": icc, "deff": deff, "n_effective": cases / deff}
            rows += [
                planned | {"level": level} | _line(group, cases / deff, df, level)
                for level in sorted(set(levels))
                for df in (np.inf, areas - 1)
                if df > 0
            ]
    order = ["group", "icc", "deff", "n_effective", "level", "half_width", "minimum_detectable_difference"]
    order += ["reading", "df", "rho_between_arms", "assumes", "evidence"]
    return pd.DataFrame(rows).assign(assumes=_ASSUMES, evidence=evidence)[order]


def _groups(areas: int, cases_per_arm: int, icc: float) -> list[tuple[str, float, int, float]]:
    """(group, correlation between the arms of an area, cases of one group, design effect) of each comparison."""
    cases = cases_per_arm * areas
    alone = design_effect(icc, cases, areas)
    groups = [(arm, np.nan, cases, alone) for arm in ARMS]
    for between in sorted({0.0, icc}):
        groups.append(("all", between, 2 * cases, alone + cases_per_arm * between))
        # Equal to alone - m rho; in this form 1 - icc comes out exactly where the arms share all.
        apart = 1 - between + (cases_per_arm - 1) * (icc - between)
        groups.append(("hosted_minus_placed_out", between, cases, apart))
    return groups


def _line(group: str, n_effective: float, df: float, level: float) -> dict[str, object]:
    """Half width and detectable difference; a difference has twice the variance of one mean."""
    two_arms = group == "hosted_minus_placed_out"
    error = np.sqrt((2 if two_arms else 1) * 0.25 / n_effective)
    return {
        "reading": "normal" if np.isinf(df) else "t",
        "df": df,
        "half_width": stats.t.ppf((1 + level) / 2, df) * error,
        "minimum_detectable_difference": minimum_detectable_difference(0.5, n_effective, level, df=df) if two_arms else np.nan,
    }


def minimum_detectable_difference(
    proportion: float, n_per_group: float, level: float, power: float = 0.8, df: float = np.inf
) -> float:
    """Find the least rise from `proportion` that a two-sided test of two equal groups finds with this power.

    With infinite `df` it is the normal test with pooled variance under the null hypothesis (R
    ``power.prop.test``); otherwise Student's t test of the difference, whose error is that of the two
    proportions themselves (noncentral t).

    Parameters
    ----------
    proportion : float
        Proportion in the lower group, in (0, 1).
    n_per_group : float
        Effective cases in each group.
    level, power : float
        One minus the two-sided significance level; chance of detection.
    df : float
        Degrees of freedom of the error.

    Returns
    -------
    float
        A fraction; infinite where not even a rise to 1 is found with this power.
    """

    def missing(rise: float) -> float:
        if np.isinf(df):
            tail = {"alpha": (1 - level) / 2, "alternative": "larger", "return_results": False}
            return power_proportions_2indep(rise, proportion, n_per_group, **tail) - power
        higher = proportion + rise
        error = np.sqrt((proportion * (1 - proportion) + higher * (1 - higher)) / n_per_group)
        return stats.nct.sf(stats.t.ppf((1 + level) / 2, df), df, rise / error) - power

    highest = 1 - proportion
    return optimize.brentq(missing, 1e-9, highest, xtol=1e-13) if missing(highest) > 0 else np.inf


def headline(table: pd.DataFrame, icc: float, level: float) -> dict[str, float]:
    """Four numbers that sum up a design at one correlation and level, in the t reading.

    Returns
    -------
    dict
        least_half_width and greatest_half_width of all cases, least_difference and greatest_difference that
        would be found between the arms; fractions, infinite where none would be found, nan with one area.
    """
    chosen = table[(table["icc"] == icc) & (table["level"] == level) & (table["reading"] == "t")]
    widths = chosen.loc[chosen["group"] == "all", "half_width"]
    differences = chosen.loc[chosen["group"] == "hosted_minus_placed_out", "minimum_detectable_difference"]
    return {
        "least_half_width": widths.min(),
        "greatest_half_width": widths.max(),
        "least_difference": differences.min(),
        "greatest_difference": differences.max(),
    }
