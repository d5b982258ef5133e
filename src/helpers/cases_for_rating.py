"""How many cases would make sure of a rating, or of a difference between two shares."""

import math

import numpy as np
import pandas as pd
from scipy import special, stats

from helpers.band_edges import check_count, cuts_of, least, least_counts
from helpers.errors import InputError, did_you_mean

# A share nearer to a boundary than these numbers of cases can tell is refused.
_MOST_TRIED = 200_000_000
_MANY = 20_000


def of_share(share: float, n: int, bands: pd.DataFrame) -> dict[str, float]:
    """Probability of each band in a simple random sample of `n` cases, where the share is known (exact binomial).

    Examples
    --------
    >>> bands = pd.DataFrame({"rating": ["Poor", "Good"], "lowest_per_cent": [0, 50], "highest_per_cent": [49, 100]})
    >>> of_share(0.5, 1, bands)
    {'Poor': 0.5, 'Good': 0.5}

    Raises
    ------
    InputError
        A share outside [0, 1], or `n` below 1.
    """
    _check_share("share", share)
    check_count(0, n, 1.0)
    edges = np.append(least_counts(n, bands), n + 1)
    below = _binomial_below(edges, np.full(len(edges), n), share)
    return dict(zip(bands["rating"], map(float, np.diff(below)), strict=True))


def cases_needed(share: float, rating: str, assurance: float, bands: pd.DataFrame, deff: float = 1.0) -> float:
    """Find the least number of cases from which on a group with this share is rated so with this probability.

    It holds for that number and every larger one, by the exact binomial distribution; rounding to whole per cents makes the
    probability go up and down from one number to the next. The search starts where Chernoff's bound on both tails rules
    out any failure. Clusters multiply the number by `deff`, rounded up once, which is an approximation.

    Boundary cases, in this order: a share outside the band, or at a boundary of it, is never rated so for sure: infinite;
    elsewhere the search.

    Parameters
    ----------
    share : float
        In [0, 1].
    rating : str
    assurance : float
        In (0, 1).
    bands : DataFrame
        As in `population`.
    deff : float
        At least 1.

    Returns
    -------
    int, or infinity

    Raises
    ------
    InputError
        A value outside its range, no such rating, or a share so near a boundary that more than 200 million cases
        would have to be tried.
    """
    _check_share("share", share)
    if rating not in set(bands["rating"]):
        raise InputError(f"rating: there is no {rating!r}; {did_you_mean(rating, bands['rating'])}")
    if not 0 < assurance < 1:
        raise InputError(f"assurance: lies between 0 and 1, both excluded; this is {assurance}")
    if not (deff >= 1 and math.isfinite(deff)):
        raise InputError(f"deff: is a number from 1 upwards; this is {deff}")
    place = bands["rating"].tolist().index(rating)
    cuts = cuts_of(bands)
    ends = ([cuts[place]] if place else []) + ([cuts[place + 1]] if place + 1 < len(cuts) else [])
    inside = (not place or share > cuts[place]) and (place + 1 == len(cuts) or share < cuts[place + 1])
    if not inside:
        return math.inf
    distance = min((float(special.rel_entr(end, share) + special.rel_entr(1 - end, 1 - share)) for end in ends), default=math.inf)
    enough = max(1.0, math.ceil(math.log(2 / (1 - assurance)) / distance))
    if enough > _MOST_TRIED:
        raise InputError(f"share: {share} lies too near a boundary of {rating}; more than {_MOST_TRIED:,} cases would be tried")
    needed = _last_failure(share, place, assurance, bands, int(enough)) + 1
    # What is a hair above a whole number is that number.
    return math.ceil(needed * deff - 1e-9)


def _last_failure(share: float, place: int, assurance: float, bands: pd.DataFrame, enough: int) -> int:
    """The greatest number of cases, up to `enough`, with which the probability is too small; 0 where there is none.

    Stretches of numbers are halved over and over. One is passed over where the strictest of its conditions holds even for
    the number of cases with which it is hardest to keep, or where it ends below a failure that is already known.
    """
    lowest = [*bands["lowest_per_cent"].tolist(), 101][place : place + 2]

    def outside(first: np.ndarray, last: np.ndarray) -> np.ndarray:
        """No less than the probability that any of these numbers of cases falls outside the band."""
        below = _binomial_below(least(lowest[0], last), first, share) if place else 0.0
        # More cases put a fixed count within easier reach.
        above = 1 - _binomial_below(np.minimum(least(lowest[1], first), last + 1), last, share)
        return below + (above if lowest[1] <= 100 else 0.0)

    failure, first, last = 0, np.array([1]), np.array([enough])
    while len(first):
        doubtful = 1 - outside(first, last) < assurance
        first, last = first[doubtful], last[doubtful]
        failure = max(failure, *first[1 - outside(first, first) < assurance].tolist(), 0)
        left = (last > failure) & (last > first)
        middle = (first[left] + last[left]) // 2
        first, last = np.concatenate([first[left], middle + 1]), np.concatenate([middle, last[left]])
    return failure


def _binomial_below(k: np.ndarray, n: np.ndarray, share: float) -> np.ndarray:
    """P(K < k) of K ~ Binomial(n, share), also for k of 0 and n + 1."""
    inside = np.clip(k, 1, n)
    found = special.betaincc(inside, n - inside + 1, share)
    return np.where(k <= 0, 0.0, np.where(k > n, 1.0, found))


def power_two_shares(share: float, other: float, n: int, n_other: int, deff: float = 1.0, confidence: float = 0.95) -> float:
    """Find the chance that a test of two independent groups finds that their shares differ.

    The two-sided normal test with pooled variance under the null hypothesis, the tail on the wrong side left out (R
    ``power.prop.test`` with ``strict = FALSE`` where both groups are of one size); `deff` multiplies every variance.

    Parameters
    ----------
    share, other : float
        True shares, in [0, 1] and not both 0 or both 1.
    n, n_other : int
        Cases of the two groups.
    deff : float
        Above 0.
    confidence : float
        One minus the significance level.

    Raises
    ------
    InputError
        A value outside its range.
    """
    _check_share("share", share)
    _check_share("other", other)
    check_count(0, n, deff)
    check_count(0, n_other, deff)
    if not 0 < confidence < 1:
        raise InputError(f"confidence lies between 0 and 1, both excluded; this is {confidence}")
    pooled = (n * share + n_other * other) / (n + n_other)
    if pooled in (0, 1):
        raise InputError(f"two shares that are both {pooled:g} leave nothing to find; change one of them")
    under_null = math.sqrt(deff * pooled * (1 - pooled) * (1 / n + 1 / n_other))
    error = math.sqrt(deff * (share * (1 - share) / n + other * (1 - other) / n_other))
    reach = abs(share - other) - stats.norm.ppf((1 + confidence) / 2) * under_null
    # Shares of 0 and 1 are certain to be what they are.
    return float(stats.norm.cdf(reach / error)) if error else float(reach > 0)


def _check_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise InputError(f"{name}: lies in [0, 1]; this is {value}")
