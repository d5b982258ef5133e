"""Intervals for one proportion: sampling, rounding, clustering."""

from typing import Literal, NamedTuple

import numpy as np
from scipy import special, stats
from statsmodels.stats.proportion import proportion_confint

from helpers.errors import InputError, did_you_mean
from helpers.rounding import Counts

BinomialMethod = Literal["wilson", "clopper_pearson", "jeffreys"]
ClusteredMethod = Literal["logit_t", "korn_graubard"]
_STATSMODELS_NAME = {"wilson": "wilson", "clopper_pearson": "beta", "jeffreys": "jeffreys"}
BINOMIAL_METHODS: tuple[BinomialMethod, ...] = ("wilson", "clopper_pearson", "jeffreys")
CLUSTERED_METHODS: tuple[ClusteredMethod, ...] = ("logit_t", "korn_graubard")


class Interval(NamedTuple):
    """Limits of a proportion, as fractions."""

    lower: float
    upper: float


def binomial(count: int, n: int, confidence: float, method: BinomialMethod = "wilson") -> Interval:
    """Interval for a simple random sample (Brown, Cai and DasGupta 2001).

    Boundary cases, in this order: `count` 0 has the lower limit 0; `count` n has the upper limit 1 (for
    Jeffreys too, as Brown et al. recommend); elsewhere the formula.

    Parameters
    ----------
    count, n : int
        Cases with the property, and all cases.
    confidence : float
        In (0, 1).
    method : {"wilson", "clopper_pearson", "jeffreys"}

    Raises
    ------
    InputError
        A count that is not whole (an unknown count is a range: see `union`), not in 0..n, `n` below 1, or
        `confidence` outside (0, 1).
    """
    _check_confidence(confidence)
    _check_method(method, BINOMIAL_METHODS)
    if not (float(count).is_integer() and float(n).is_integer()):
        raise InputError(f"counts are whole numbers; these are {count} and {n}")
    if n < 1 or not 0 <= count <= n:
        raise InputError(f"a count lies between 0 and the number of cases, which is at least 1; this is {count} of {n}")
    lower, upper = proportion_confint(int(count), int(n), alpha=1 - confidence, method=_STATSMODELS_NAME[method])
    return Interval(0.0 if count == 0 else float(lower), 1.0 if count == n else float(upper))


def union(counts: Counts, n: int, confidence: float, method: BinomialMethod = "wilson") -> Interval:
    """Union of the intervals of all counts that the rounding allows.

    Both limits rise with the count, so the ends suffice.

    Raises
    ------
    InputError
        As `binomial`.
    """
    return Interval(binomial(counts.low, n, confidence, method).lower, binomial(counts.high, n, confidence, method).upper)


def design_effect(icc: float, n: int, clusters: int, size_cv: float = 0.0) -> float:
    """Kish's design effect of clustering: ``1 + ((1 + cv^2) n / clusters - 1) icc``.

    Kish 1965 for equal sizes; Eldridge, Ashby and Kerry 2006 for unequal ones.

    Parameters
    ----------
    icc : float
        Intra-cluster correlation, in [0, 1).
    n, clusters : int
        Cases, and clusters that they lie in.
    size_cv : float
        Coefficient of variation of the cluster sizes; 0 for equal sizes.

    Raises
    ------
    InputError
        `icc` outside [0, 1), or more clusters than cases.
    """
    if not 0 <= icc < 1:
        raise InputError(f"an intra-cluster correlation lies in [0, 1); this one is {icc}")
    if not 1 <= clusters <= n:
        raise InputError(f"clusters number from 1 to the number of cases; these are {clusters} for {n} cases")
    return 1 + ((1 + size_cv**2) * n / clusters - 1) * icc


def clustered(
    proportion: float, n: int, deff: float, df: int, confidence: float, method: ClusteredMethod = "korn_graubard"
) -> Interval:
    """Interval for a proportion of clustered cases, with Student's t on `df` degrees of freedom.

    ``logit_t``: the logit plus and minus t times its delta-method error. ``korn_graubard``: Clopper-Pearson
    with the effective number of cases ``n / deff (t(n - 1) / t(df))^2`` (Korn and Graubard 1998), which is not
    cut off at n. Boundary cases: for a proportion of 0 or 1 Korn-Graubard has the limit 0 or 1, and the logit
    does not exist.

    Parameters
    ----------
    proportion : float
        In [0, 1].
    n : int
        Cases, at least 2.
    deff : float
        Design effect, above 0.
    df : int
        Degrees of freedom: clusters - 1.
    confidence : float
        In (0, 1).
    method : {"logit_t", "korn_graubard"}

    Raises
    ------
    InputError
        A value outside its range, one cluster only, or `logit_t` of 0 or 1.
    """
    _check_confidence(confidence)
    if not 0 <= proportion <= 1:
        raise InputError(f"a proportion lies in [0, 1]; this one is {proportion}")
    if df < 1:
        raise InputError("one cluster does not show how much clusters differ; two are the least")
    _check_method(method, CLUSTERED_METHODS)
    if not (n >= 2 and deff > 0):
        raise InputError(f"an interval needs two cases and a design effect above 0; these are {n} and {deff}")
    return (_logit_t if method == "logit_t" else _korn_graubard)(proportion, n, deff, df, confidence)


def _logit_t(proportion: float, n: int, deff: float, df: int, confidence: float) -> Interval:
    if proportion in (0, 1):
        raise InputError(f"a proportion of {proportion} has no logit; use korn_graubard")
    spread = proportion * (1 - proportion)
    reach = stats.t.ppf((1 + confidence) / 2, df) * np.sqrt(deff * spread / n) / spread
    centre = special.logit(proportion)
    return Interval(float(special.expit(centre - reach)), float(special.expit(centre + reach)))


def _korn_graubard(proportion: float, n: int, deff: float, df: int, confidence: float) -> Interval:
    tail = (1 - confidence) / 2
    shrink = stats.t.ppf(1 - tail, n - 1) / stats.t.ppf(1 - tail, df)
    n_star = n / deff * shrink**2
    count = n_star * proportion
    lower = stats.beta.ppf(tail, count, n_star - count + 1) if proportion > 0 else 0.0
    upper = stats.beta.ppf(1 - tail, count + 1, n_star - count) if proportion < 1 else 1.0
    return Interval(float(lower), float(upper))


def _check_method(method: str, known: tuple[str, ...]) -> None:
    if method not in known:
        raise InputError(f"there is no method {method!r}; {did_you_mean(method, known)}")


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise InputError(f"confidence lies between 0 and 1, both excluded; this is {confidence}")
