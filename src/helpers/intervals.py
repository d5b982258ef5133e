"""Intervals for one proportion: sampling, rounding, clustering."""

from typing import Literal, NamedTuple

import numpy as np
from scipy import optimize, special, stats
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


def coarsened(counts: Counts, n: int, confidence: float) -> Interval:
    """Interval for a simple random sample of which only a range of counts is known (Heitjan and Rubin 1991).

    The likelihood of the share is that of any count of the range. With Jeffreys' prior the posterior is a mixture of
    Beta(k + 1/2, n - k + 1/2) over the range, with weights that go as C(n, k) B(k + 1/2, n - k + 1/2); the limits are its
    quantiles with equal tails. They lie within the `union` of Jeffreys' intervals.

    Boundary cases, as for Jeffreys in `binomial`: a range with 0 has the lower limit 0, and one with n the upper limit 1.

    Parameters
    ----------
    counts : Counts
        The least and the greatest count that are possible.
    n : int
        All cases. Ten million with a whole per cent, which are 100,000 counts, take a fraction of a second.
    confidence : float
        In (0, 1).

    Raises
    ------
    InputError
        As `check_counts`, or `confidence` outside (0, 1).
    """
    _check_confidence(confidence)
    check_counts(counts, n)
    tail = (1 - confidence) / 2
    lower = 0.0 if counts.low == 0 else _mixture_quantile(counts, n, tail, upper=False)
    upper = 1.0 if counts.high == n else _mixture_quantile(counts, n, tail, upper=True)
    return Interval(lower, upper)


def _mixture_quantile(counts: Counts, n: int, tail: float, upper: bool) -> float:
    """The share below which, or with `upper` above which, the mixture has the probability `tail`.

    Of two neighbouring components the lower one has ``x^a (1 - x)^(b - 1) / (a B(a, b))`` more below x, with a = k + 1/2
    and b = n - k + 1/2. So the mixture has there what its last component has and the sum of these steps, each times
    the weight of the components up to it; above x likewise from the first one.
    """
    k = np.arange(counts.low, counts.high + 1, dtype=float)
    # The quotient of neighbouring weights is rational, so no logarithm of a large factorial is needed.
    ratios = (k[:-1] + 0.5) / (k[:-1] + 1) * (n - k[:-1]) / (n - k[:-1] - 0.5)
    weights = np.cumprod(np.concatenate([[1.0], ratios]))
    weights /= weights.sum()
    if upper:
        beyond, inverse, end, passed = special.betaincc, special.betainccinv, k[0], np.cumsum(weights[:0:-1])[::-1]
    else:
        beyond, inverse, end, passed = special.betainc, special.betaincinv, k[-1], np.cumsum(weights[:-1])

    def excess(share: float) -> float:
        # Steps further than this from n share add up to less than 1e-20 (Bernstein's inequality).
        reach = 10 * np.sqrt(n * share * (1 - share)) + 40
        near = slice(*np.searchsorted(k[:-1], (n * share - reach, n * share + reach)))
        a = k[near] + 0.5
        steps = stats.beta.pdf(share, a, n + 1 - a) * share / a
        return beyond(end + 0.5, n - end + 0.5, share) + passed[near] @ steps - tail

    first, last = (float(inverse(count + 0.5, n - count + 0.5, tail)) for count in counts)
    if counts.low == counts.high:
        return first
    return float(optimize.brentq(excess, first, last, xtol=1e-20, rtol=4 * np.finfo(float).eps))


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


def clustered_union(
    counts: Counts, n: int, deff: float, df: int, confidence: float, method: ClusteredMethod = "korn_graubard"
) -> Interval:
    """Union of the clustered intervals of all counts that the rounding allows.

    Both limits rise with the count, so the ends suffice. Where an end is 0 or `n` the logit does not exist: its limit
    there is 0 or 1, beyond which no share lies, and the other one, if it comes from that count, is nan.

    Raises
    ------
    InputError
        As `check_counts` and `clustered`.
    """
    check_counts(counts, n)
    limits = []
    for limit, count in zip(Interval._fields, counts, strict=True):
        if method == "logit_t" and count in (0, n):
            limits.append({("lower", 0): 0.0, ("upper", n): 1.0}.get((limit, count), np.nan))
        else:
            limits.append(getattr(clustered(count / n, n, deff, df, confidence, method), limit))
    return Interval(*limits)


def _logit_t(proportion: float, n: int, deff: float, df: int, confidence: float) -> Interval:
    if proportion in (0, 1):
        raise InputError(f"a proportion of {proportion} has no logit; use korn_graubard")
    spread = proportion * (1 - proportion)
    reach = stats.t.ppf((1 + confidence) / 2, df) * np.sqrt(deff * spread / n) / spread
    centre = special.logit(proportion)
    return Interval(float(special.expit(centre - reach)), float(special.expit(centre + reach)))


def _korn_graubard(proportion: float, n: int, deff: float, df: int, confidence: float) -> Interval:
    return of_effective_cases(proportion, effective_cases(n, deff, df, confidence), confidence)


def effective_cases(n: int, deff: float, df: float, confidence: float) -> float:
    """Korn and Graubard's (1998) effective number of cases, ``n / deff (t(n - 1) / t(df))^2``, not cut off at n."""
    tail = (1 - confidence) / 2
    shrink = stats.t.ppf(1 - tail, n - 1) / stats.t.ppf(1 - tail, df)
    return n / deff * shrink**2


def of_effective_cases(proportion: float, cases: float, confidence: float) -> Interval:
    """Clopper and Pearson's interval (1934) of a number of cases that need not be whole.

    Boundary cases: a proportion of 0 or 1 has the limit 0 or 1.

    Parameters
    ----------
    proportion : float
        In [0, 1].
    cases : float
        Above 0.
    confidence : float
        In (0, 1).
    """
    tail = (1 - confidence) / 2
    count = cases * proportion
    lower = stats.beta.ppf(tail, count, cases - count + 1) if proportion > 0 else 0.0
    upper = stats.beta.ppf(1 - tail, count + 1, cases - count) if proportion < 1 else 1.0
    return Interval(float(lower), float(upper))


def check_counts(counts: Counts, n: int) -> None:
    """Refuse what cannot be a range of counts of `n` cases.

    Raises
    ------
    InputError
        A number that is not whole, `n` below 1, a count outside 0..n, or a least above the greatest.
    """
    if not all(float(number).is_integer() for number in (*counts, n)):
        raise InputError(f"counts are whole numbers; these are {counts.low} to {counts.high} of {n}")
    if n < 1 or not 0 <= counts.low <= counts.high <= n:
        raise InputError(
            "counts run from the least to the greatest, between 0 and the number of cases, which is at least 1; "
            f"these are {counts.low} to {counts.high} of {n}"
        )


def _check_method(method: str, known: tuple[str, ...]) -> None:
    if method not in known:
        raise InputError(f"there is no method {method!r}; {did_you_mean(method, known)}")


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise InputError(f"confidence lies between 0 and 1, both excluded; this is {confidence}")
