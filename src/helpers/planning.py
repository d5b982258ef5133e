"""What a design could show, before any case is seen."""

import math
from collections.abc import Iterable
from itertools import product
from typing import NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize, stats
from statsmodels.stats.proportion import power_proportions_2indep

from helpers.draw import Shortfall
from helpers.errors import InputError
from helpers.intervals import design_effect
from helpers.sampling import ARMS

# Correlations shown beside the one assumed.
ICCS = (0.0, 0.02, 0.05, 0.1)
# Cases to choose from; the last is a caseload so large that its size makes no odds.
POPULATIONS = (100, 150, 360, 1000, 3000, math.inf)
_ASSUMES = "areas and cases drawn at random; both arms equally alike within an area; correlation assumed"
_ASSUMES_POPULATION = (
    "a share of one half; either cases drawn at random from a list of this size (correlation 0), or areas and cases drawn at "
    "random from very many, with these correlations"
)
_ASSUMES_COUNT = "the number of cases in a stratum is {count}, unrelated to that of any other; the mean is assumed"
_ASSUMES_USABLE = "each case is usable with this probability, whatever the others are; the probability is assumed"
# A whole number of cases may come out of the formula a little above itself; the arithmetic is good to about 1e-15.
_ROUNDING_NOISE = 1e-11
# Nearer to 1 than this the negative binomial loses more digits to rounding than it differs from the Poisson.
_NEARLY_POISSON = 1e-8
# A negative binomial cannot have a mean of 0; below this the two differ by less than the mean.
_NEARLY_NONE = 1e-12
# Finer than any figure printed; the square of a margin near 0 would be 0.
_LEAST_MARGIN = 1e-6
# Hundreds of reserves for each case asked for are no plan.
_LEAST_USABLE = 0.01


def precision(
    areas: int,
    cases_per_arm: int,
    iccs: Iterable[float],
    levels: Iterable[float],
    evidence: str,
    rho_between_arms: float | None = None,
) -> pd.DataFrame:
    """What a design of equal strata could show of a proportion of one half, before any case is seen.

    The areas are read as a random sample of areas, and the cases of an arm as a random sample within each. Cases
    of one arm of an area are alike by `icc`; cases of its two arms by `rho_between_arms`, which is `icc` where the
    arms share the whole area effect and 0 where they share none, so both are given, and with them a correlation
    that the user names wherever it is possible: it cannot exceed `icc`. With m cases an arm the design effect is
    ``1 + (m - 1) icc`` for one arm, ``1 + (m - 1) icc + m rho`` for both arms together, and
    ``1 + (m - 1) icc - m rho`` for hosted minus placed out.

    Parameters
    ----------
    areas, cases_per_arm : int
    iccs, levels : iterable of float
        Intra-cluster correlations in [0, 1); confidence levels in (0, 1).
    evidence : str
    rho_between_arms : float, optional
        Correlation of cases in different arms of an area, in [0, 1).

    Returns
    -------
    DataFrame
        The columns of ``fieldwork_precision.csv``. `reading` is ``normal`` (the rule behind tables of sample
        size, for a known correlation) or ``t`` (Student's t on areas - 1 degrees of freedom, as for an analysis
        that estimates the variance from the areas; missing with one area). Half widths and differences are
        fractions. The minimum detectable difference is the rise of one arm from one half above the other, see
        `minimum_detectable_difference`; it is infinite where even a rise to 1 would not be found.

    Raises
    ------
    InputError
        A correlation outside [0, 1).
    """
    if rho_between_arms is not None:
        _need(0 <= rho_between_arms < 1, "a correlation between arms lies in [0, 1)", rho_between_arms)
    rows = []
    for icc in sorted(set(iccs)):
        for group, between, cases, deff in _groups(areas, cases_per_arm, icc, rho_between_arms):
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


def _groups(areas: int, cases_per_arm: int, icc: float, named: float | None) -> list[tuple[str, float, int, float]]:
    """(group, correlation between the arms of an area, cases of one group, design effect) of each comparison."""
    cases = cases_per_arm * areas
    alone = design_effect(icc, cases, areas)
    groups = [(arm, np.nan, cases, alone) for arm in ARMS]
    possible = {0.0, icc} if named is None or named > icc else {0.0, icc, named}
    for between in sorted(possible):
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
        # Where scipy gives up, the rise is so many errors that it cannot be missed.
        with np.errstate(all="ignore"):
            found = stats.nct.sf(stats.t.ppf((1 + level) / 2, df), df, rise / error)
        return np.nan_to_num(found, nan=1.0) - power

    highest, least = 1 - proportion, 1e-9
    if missing(least) >= 0:
        return least
    return optimize.brentq(missing, least, highest, xtol=1e-13) if missing(highest) > 0 else np.inf


def headline(table: pd.DataFrame, icc: float, level: float, rho_between_arms: float | None = None) -> dict[str, float]:
    """Four numbers that sum up a design at one correlation and level, in the t reading.

    Parameters
    ----------
    table : DataFrame
        From `precision`.
    icc, level : float
    rho_between_arms : float, optional
        Only rows with this correlation between arms count; without it, all do.

    Returns
    -------
    dict
        least_half_width and greatest_half_width of all cases, least_difference and greatest_difference that
        would be found between the arms; fractions, infinite where none would be found, nan with one area.

    Raises
    ------
    InputError
        The table has no rows of that correlation between arms, as where it exceeds `icc`.
    """
    chosen = table[(table["icc"] == icc) & (table["level"] == level)]
    if rho_between_arms is not None:
        chosen = chosen[chosen["rho_between_arms"] == rho_between_arms]
        _need(len(chosen) > 0, f"the table needs rows of the correlation between arms, at most {icc:g}", rho_between_arms)
    chosen = chosen[chosen["reading"] == "t"]
    widths = chosen.loc[chosen["group"] == "all", "half_width"]
    differences = chosen.loc[chosen["group"] == "hosted_minus_placed_out", "minimum_detectable_difference"]
    return {
        "least_half_width": widths.min(),
        "greatest_half_width": widths.max(),
        "least_difference": differences.min(),
        "greatest_difference": differences.max(),
    }


def sample_size(margin: float, level: float, population: float = math.inf, deff: float = 1.0, proportion: float = 0.5) -> int:
    """Cases needed for an interval of the normal distribution to reach this half width.

    ``n0 = deff z^2 p (1 - p) / margin^2`` and ``n = n0 / (1 + (n0 - 1) / N)``, rounded up once, at the end (Cochran 1977,
    section 4.4). Software that rounds n0 up first can ask for a case more. What lies above a whole number by less than
    1e-11 of itself is rounding noise of the arithmetic, and counts as that whole number.

    Parameters
    ----------
    margin : float
        Half width wanted, a fraction in [0.000001, 1).
    level : float
        Confidence level in (0, 1).
    population : float
        Cases to choose from, N; infinite where they are very many.
    deff : float
        Design effect, above 0.
    proportion : float
        Share expected, p, in (0, 1); one half needs the most cases.

    Returns
    -------
    int
        From 1 to the population.

    Raises
    ------
    InputError
        A value outside its range.
    """
    _need(_LEAST_MARGIN <= margin < 1, f"a margin lies in [{_LEAST_MARGIN:f}, 1)", margin)
    # Less than one case is one case whatever the population.
    infinite = max(_variance_of_one(level, population, deff, proportion) / margin**2, 1.0)
    needed = math.ceil(infinite / (1 + (infinite - 1) / population) * (1 - _ROUNDING_NOISE))
    return int(min(needed, population))


def margin(n: float, level: float, population: float = math.inf, deff: float = 1.0, proportion: float = 0.5) -> float:
    """Half width that so many cases reach: ``z sqrt(deff p (1 - p) / n (N - n) / (N - 1))``, the reverse of `sample_size`.

    Parameters
    ----------
    n : float
        Cases, from 1 to the population.
    level, population, deff, proportion : float
        As of `sample_size`.

    Returns
    -------
    float
        A fraction; 0 where all cases of the population are taken.

    Raises
    ------
    InputError
        A value outside its range.
    """
    variance = _variance_of_one(level, population, deff, proportion)
    _need(1 <= n <= population and n < math.inf, f"cases number from 1 to those there are to choose from, {population:g}", n)
    if n == population:
        return 0.0
    left = 1.0 if math.isinf(population) else (population - n) / (population - 1)
    return math.sqrt(variance / n * left)


def sample_sizes(
    areas: int,
    cases_per_arm: int,
    icc: float,
    margins: Iterable[float],
    levels: Iterable[float],
    evidence: str,
    rho_between_arms: float | None = None,
) -> pd.DataFrame:
    """Cases that a margin needs, in the two readings of a design, beside what its own cases reach.

    Either the list of cases is the population, with finite population correction and no design effect; or areas are a
    sample of very many, with a design effect and no correction. Both at once describe no design.

    Parameters
    ----------
    areas, cases_per_arm : int
    icc : float
        Correlation assumed of cases of one arm of an area, in [0, 1).
    margins, levels : iterable of float
        Half widths wanted, in [0.000001, 1), and confidence levels, in (0, 1).
    evidence : str
    rho_between_arms : float, optional
        Correlation of cases in different arms of an area, shown beside 0 and `icc`.

    Returns
    -------
    DataFrame
        The columns of ``fieldwork_sample_size.csv``. `cases_needed` is as of `sample_size`; `areas_needed` holds them with
        the design's cases in each, missing where areas are no sample; `cases_in_these_areas` as of `sample_size_within`;
        `margin_of_design` is the half width that the design's cases reach, missing where the population has fewer.

    Raises
    ------
    InputError
        A value outside its range.
    """
    cases, per_area = 2 * cases_per_arm * areas, 2 * cases_per_arm
    between = {0.0, icc} | ({rho_between_arms} if rho_between_arms is not None and rho_between_arms <= icc else set())
    lists = [(population, 0.0, np.nan) for population in POPULATIONS]
    samples = [(math.inf, icc, rho) for rho in sorted(between)] if icc else []
    rows = []
    for (population, correlation, rho), wanted, level in product(lists + samples, sorted(set(margins)), sorted(set(levels))):
        deff = design_effect(correlation, cases_per_arm, 1) + (cases_per_arm * rho if correlation else 0)
        needed = sample_size(wanted, level, population, deff)
        inside = sample_size_within(areas, wanted, level, correlation, rho) if correlation else needed
        rows.append(
            {
                "population": population,
                "margin": wanted,
                "level": level,
                "icc": correlation,
                "rho_between_arms": rho,
                "deff": deff,
                "cases_needed": needed,
                "areas_needed": math.ceil(needed / per_area) if correlation else np.nan,
                "cases_in_these_areas": inside,
                "cases_asked": cases,
                "margin_of_design": margin(cases, level, population, deff) if cases <= population else np.nan,
            }
        )
    return pd.DataFrame(rows).assign(assumes=_ASSUMES_POPULATION, evidence=evidence)


def sample_size_within(areas: int, margin: float, level: float, icc: float, rho_between_arms: float) -> float:
    """Cases that a margin needs where there are so many areas and no more, and each gives more cases of both arms.

    With n cases the design effect is ``1 - icc + n (icc + rho) / (2 areas)``, so more cases of the same areas show less
    and less; solved for n at a share of one half.

    Parameters
    ----------
    areas : int
    margin, level : float
    icc, rho_between_arms : float
        Correlations of cases in one arm, and in different arms, of an area.

    Returns
    -------
    float
        A whole number; infinite where no number of cases in so many areas reaches the margin.
    """
    wanted = _variance_of_one(level, math.inf, 1.0, 0.5) / margin**2
    left = 1 - wanted * (icc + rho_between_arms) / (2 * areas)
    return math.ceil(wanted * (1 - icc) / left * (1 - _ROUNDING_NOISE)) if left > 0 else math.inf


class Missing(NamedTuple):
    """Cases that a design misses: the number expected, its standard deviation, the probability that none is missed."""

    expected: float
    sd: float
    probability_none: float


def missing_chances(mean: float, asked: int, overdispersion: float) -> np.ndarray:
    """Probabilities that of the cases asked for none is missed, one is, and so on up to all.

    The number there is Poisson, or negative binomial where its variance exceeds its mean. The chances of as many as
    asked for and of more are one cell, so nothing is cut off.

    Parameters
    ----------
    mean : float
        Cases expected, 0 or more.
    asked : int
    overdispersion : float
        Variance / mean, at least 1, which is the Poisson.

    Raises
    ------
    InputError
        A value outside its range.
    """
    _need(0 <= mean < math.inf, "a number of cases expected is 0 or more", mean)
    _need(asked >= 1, "at least one case is asked for", asked)
    _need(1 <= overdispersion < math.inf, "an overdispersion, variance / mean, is at least 1", overdispersion)
    excess = overdispersion - 1
    plain = mean < _NEARLY_NONE or excess < _NEARLY_POISSON
    count = stats.poisson(mean) if plain else stats.nbinom(mean / excess, 1 / overdispersion)
    return np.append(count.sf(asked - 1), count.pmf(np.arange(asked))[::-1])


def missing_cases(expected: ArrayLike, cases_per_arm: int, overdispersion: float, shortfall: Shortfall) -> Missing:
    """Cases that a design misses in all, each stratum with an expected number of its own.

    With ``accept`` a stratum of N cases misses ``max(m - N, 0)``; with ``top_up`` the two strata of an area miss
    ``max(2m - N_hosted - N_placed_out, 0)`` together. The sum of two independent numbers with the same variance / mean is
    of their own family, with the sum of their means. Strata and areas are independent, so expected numbers and variances
    add up and the probabilities of missing none multiply: all three are exact.

    Parameters
    ----------
    expected : array_like
        Mean number of cases: a row an area, a column an arm.
    cases_per_arm : int
        Cases asked for in each stratum, m.
    overdispersion : float
        Variance / mean of each number, at least 1.
    shortfall : {"top_up", "accept"}

    Raises
    ------
    InputError
        A value outside its range.
    """
    means = np.asarray(expected, dtype=float)
    shaped = means.ndim == 2 and means.shape[0] > 0 and means.shape[1] == len(ARMS)
    _need(shaped, "expected numbers are a row an area, a column an arm, and at least one area", means.shape)
    known = get_args(Shortfall)
    _need(shortfall in known, f"a shortfall is {' or '.join(known)}", shortfall)
    means, asked = (means.sum(axis=1), 2 * cases_per_arm) if shortfall == "top_up" else (means.ravel(), cases_per_arm)
    total, variance, none = 0.0, 0.0, 1.0
    for mean, times in zip(*np.unique(means, return_counts=True), strict=True):
        chances = missing_chances(mean, asked, overdispersion)
        missing = np.arange(asked + 1)
        average = chances @ missing
        total += times * average
        variance += times * (chances @ (missing - average) ** 2)
        none *= chances[0] ** times
    return Missing(float(total), math.sqrt(variance), float(none))


def shortfalls(areas: int, cases_per_arm: int, expected: Iterable[float], overdispersion: float, evidence: str) -> pd.DataFrame:
    """Cases that a design of equal strata would miss while it is not known how many there are.

    Parameters
    ----------
    areas, cases_per_arm : int
    expected : iterable of float
        Mean numbers of cases of a stratum, 0 or more; each is tried in all strata.
    overdispersion : float
        Variance / mean of the number of cases, at least 1.
    evidence : str

    Returns
    -------
    DataFrame
        The columns of ``fieldwork_shortfall.csv``, a row for each mean and policy, as of `missing_cases`.

    Raises
    ------
    InputError
        A value outside its range.
    """
    rows = []
    for mean, policy in product(sorted(set(expected)), get_args(Shortfall)):
        found = missing_cases([[mean] * len(ARMS)] * areas, cases_per_arm, overdispersion, policy)
        rows.append(
            {
                "expected_cases": float(mean),
                "overdispersion": overdispersion,
                "shortfall": policy,
                "requested": areas * len(ARMS) * cases_per_arm,
                "expected_missing": found.expected,
                "sd_missing": found.sd,
                "probability_all_met": found.probability_none,
            }
        )
    count = "Poisson" if overdispersion == 1 else f"negative binomial with {overdispersion:g} times the variance of the Poisson"
    return pd.DataFrame(rows).assign(assumes=_ASSUMES_COUNT.format(count=count), evidence=evidence)


def reserves(
    cases_per_arm: int, usable: Iterable[float], areas: int, drawn: int, evidence: str, assurance: float = 0.95
) -> pd.DataFrame:
    """Reserve cases that a stratum needs where not every case drawn can be used.

    The least number of reserves with which the usable cases, a binomial number, reach those asked for with a
    probability of at least `assurance`. It is a quantile: the unusable cases met before the last usable one that is
    needed are negative binomial.

    Parameters
    ----------
    cases_per_arm : int
        Usable cases asked for in each stratum.
    usable : iterable of float
        Probabilities that a case can be used, in [0.01, 1].
    areas : int
        Areas, of two strata each.
    drawn : int
        Reserves that the design draws in each stratum.
    evidence : str
    assurance : float
        Probability wanted for one stratum, in (0, 1).

    Returns
    -------
    DataFrame
        The columns of ``fieldwork_reserves.csv``: `probability` that one stratum reaches its number with the reserves,
        `probability_all` that every stratum does, `probability_drawn` that one stratum does with those of the design, and
        `probability_without` that it does without any.

    Raises
    ------
    InputError
        A value outside its range.
    """
    _need(cases_per_arm >= 1, "at least one case is asked for", cases_per_arm)
    _need(areas >= 1, "a design has at least one area", areas)
    _need(0 < assurance < 1, "an assurance lies in (0, 1)", assurance)
    rows = []
    for share in sorted(set(usable)):
        _need(_LEAST_USABLE <= share <= 1, f"a share of usable cases lies in [{_LEAST_USABLE}, 1]", share)
        needed = int(stats.nbinom.ppf(assurance, cases_per_arm, share))
        reached = float(stats.binom.sf(cases_per_arm - 1, cases_per_arm + needed, share))
        rows.append(
            {
                "usable": share,
                "assurance": assurance,
                "reserves_needed": needed,
                "probability": reached,
                "probability_all": reached ** (len(ARMS) * areas),
                "reserves_drawn": drawn,
                "probability_drawn": float(stats.binom.sf(cases_per_arm - 1, cases_per_arm + drawn, share)),
                "probability_without": share**cases_per_arm,
            }
        )
    return pd.DataFrame(rows).assign(assumes=_ASSUMES_USABLE, evidence=evidence)


def _variance_of_one(level: float, population: float, deff: float, proportion: float) -> float:
    """``deff z^2 p (1 - p)``: the squared half width of one case from a large population."""
    _need(0 < level < 1, "a confidence level lies in (0, 1)", level)
    whole = population >= 1 and (math.isinf(population) or population == int(population))
    _need(whole, "a population is a whole number from 1, or infinite", population)
    _need(0 < deff < math.inf, "a design effect lies above 0", deff)
    _need(0 < proportion < 1, "a proportion expected lies in (0, 1)", proportion)
    return deff * float(stats.norm.ppf((1 + level) / 2)) ** 2 * proportion * (1 - proportion)


def _need(holds: bool, rule: str, value: object) -> None:
    """Refuse a value that breaks a rule."""
    if not holds:
        raise InputError(f"{rule}; this one is {value}")
