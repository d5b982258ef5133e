"""How sure a band is: for the population, over services that might have been inspected, and in another inspection.

These are three questions with three answers. Bands apply to whole per cents rounded half up, so the boundaries of a
share lie half a point below the lowest per cent of a band: 0.495, 0.645 and 0.795 for the recalled ones.
"""

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import linalg, special, stats

from helpers.errors import InputError, did_you_mean
from helpers.ordinal import columns_of, question_of
from helpers.ratings import LOWEST, band_limits
from helpers.shares import BLANK, groups_of, of_domain
from helpers.synthetic.draws import check

METHODS = ("population", "population_ignoring_services", "cluster_bootstrap", "reinspection")
# Gauss's rule is exact for polynomials of twice this degree; what is integrated is smooth on the scale of its weight.
_NODES = 64
# Few enough numbers that they stay near the processor.
_NUMBERS_AT_ONCE = 2**18
# So many standard deviations from its mean a count of many cases has no chance that a double shows.
_FAR = 40
_MANY = 20_000
# A share nearer to a boundary than these numbers of cases can tell is refused.
_MOST_TRIED = 200_000_000


class Counts(NamedTuple):
    """Cases judged of each service, for each group, standard and key question.

    `cells` has standard, group and question, one row a column of the two arrays of shape (J, cells).
    """

    cells: pd.DataFrame
    yes: np.ndarray
    judged: np.ndarray


class Bootstrap(NamedTuple):
    """What resamples of services give.

    `rows` has one row a standard and group, see `of_resamples`; `joint` is the share of replicates in which every one of
    `rated` rows has the band that it has in the sample.
    """

    rows: pd.DataFrame
    joint: float
    rated: int
    replicates: int


def columns(bands: pd.DataFrame) -> list[str]:
    """Names of the columns that hold the probability of each band: ``p_requires_improvement``."""
    return [f"p_{rating.lower().replace(' ', '_')}" for rating in bands["rating"]]


def population(count: int, n: int, deff: float, bands: pd.DataFrame) -> dict[str, float]:
    """Probability that the share of the population lies in each band, given a sample of it.

    Jeffreys' prior with the effective number of cases: ``Beta(n_eff p + 1/2, n_eff (1 - p) + 1/2)``, n_eff =
    n / max(1, deff), as in Brown, Cai and DasGupta (2001) and Franco et al. (2019).

    Parameters
    ----------
    count, n : int
        Cases judged sufficient, and cases judged.
    deff : float
        Design effect of services; below 1 it is taken as 1.
    bands : DataFrame
        As from `helpers.published.rating_bands`.

    Returns
    -------
    dict of rating to probability

    Raises
    ------
    InputError
        `n` below 1, a count outside 0..n, or a design effect that is not a number above 0.
    """
    _check(count, n, deff)
    cuts = _cuts(bands)
    below = special.betainc(*_posterior(count, n, deff), np.append(cuts, 1.0))
    return dict(zip(bands["rating"], map(float, np.diff(below)), strict=True))


def reinspection(count: int, n: int, deff: float, bands: pd.DataFrame) -> dict[str, float]:
    """Probability of each band in another inspection of as many cases, clustered alike, given this one.

    The share p has the distribution of `population`. Given p, the new count is beta-binomial with the correlation
    ``(deff - 1) / (n - 1)``, so that the variance of the new share is ``deff p (1 - p) / n`` (deff at least 1; at 1 it
    is binomial, and all is the beta-binomial distribution of Jeffreys' posterior). The chance of a count is a polynomial
    in p, so it is averaged over p by Gauss's rule for the beta weight (Golub and Welsch 1969). The per cent is rounded
    half up in integers.

    Parameters
    ----------
    count, n, deff, bands
        As `population`. A design effect of n or more means that all cases of an inspection are alike.

    Returns
    -------
    dict of rating to probability

    Raises
    ------
    InputError
        As `population`.
    """
    _check(count, n, deff)
    icc = min((max(1.0, deff) - 1) / max(n - 1, 1), 1 - 1e-9)
    shares, weights = _gauss_beta(*_posterior(count, n, deff))
    least = least_counts(n, bands)
    chances = np.zeros(len(bands))
    for share, weight in zip(shares, weights, strict=True):
        start, pmf = _beta_binomial(n, share, icc)
        below = np.concatenate([[0.0], np.cumsum(pmf)])
        edges = np.clip(np.append(least, n + 1) - start, 0, len(pmf))
        chances += weight * np.diff(below[edges])
    return dict(zip(bands["rating"], map(float, chances), strict=True))


def _posterior(count: int, n: int, deff: float) -> tuple[float, float]:
    effective = n / max(1.0, deff)
    return effective * count / n + 0.5, effective * (n - count) / n + 0.5


def _gauss_beta(a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of Gauss's rule for Beta(a, b), from the recurrence of Jacobi's polynomials."""
    k = np.arange(1, _NODES)
    alpha, beta = b - 1, a - 1
    twice = 2 * k + alpha + beta
    middle = np.append((beta - alpha) / (a + b), (beta - alpha) * (beta + alpha) / (twice * (twice + 2)))
    with np.errstate(invalid="ignore"):
        beside = 4 * k * (k + alpha) * (k + beta) * (k + alpha + beta) / (twice**2 * (twice + 1) * (twice - 1))
    # The general form of the first one is 0 / 0 where a + b = 1.
    beside[0] = 4 * a * b / ((a + b) ** 2 * (a + b + 1))
    nodes, vectors = linalg.eigh_tridiagonal(middle, np.sqrt(beside))
    return np.clip((1 + nodes) / 2, 1e-300, 1 - 1e-16), vectors[0] ** 2


def _beta_binomial(n: int, share: float, icc: float) -> tuple[int, np.ndarray]:
    """Probabilities of the counts from the first value returned on; the others have none that shows."""
    spread = icc / (1 - icc)
    reach = _FAR * (1 + math.sqrt(n * share * (1 - share) * (1 + (n - 1) * icc)))
    whole = n <= _MANY or spread > 0.01
    first, last = (0, n) if whole else (max(0, math.floor(n * share - reach)), min(n, math.ceil(n * share + reach)))
    k = np.arange(first, last)
    # Each chance from the one before; products of neighbours lose no digits where gamma functions would.
    steps = np.log((n - k) * (share + k * spread) / ((k + 1) * (1 - share + (n - k - 1) * spread)))
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    pmf = np.exp(logs - logs.max())
    return first, pmf / pmf.sum()


def least_counts(n: int, bands: pd.DataFrame) -> np.ndarray:
    """The least count of `n` that each band takes: (200 k + n) // (2 n) is at least its lowest per cent.

    Returns
    -------
    ndarray of int, shape (bands,)
    """
    return _least(bands["lowest_per_cent"].to_numpy(), n)


def _cuts(bands: pd.DataFrame) -> np.ndarray:
    """The shares at which the bands begin, as fractions; the first is 0."""
    return band_limits(bands, "rounded")["low"].to_numpy() / 100


def count_matrices(cases: pd.DataFrame, group_by: str) -> Counts:
    """Judged cases and those sufficient by service, for every group, standard and key question.

    Parameters
    ----------
    cases : DataFrame
        Inspected cases as `helpers.cases.read` gives them.
    group_by : str
        A column of categories; groups without a case, and cases whose value is blank, are left out.

    Raises
    ------
    InputError
        No such column.
    """
    if group_by not in cases:
        raise InputError(f"group_by: no column is called {group_by!r}; {did_you_mean(group_by, cases.columns)}")
    codes, names = pd.factorize(cases["yot"])
    groups = {group: mask.to_numpy() for group, mask in groups_of(cases, group_by).items() if group != BLANK}
    cells, yes, judged = [], [], []
    for standard, questions in columns_of(cases).items():
        for group, mask in groups.items():
            for column in questions:
                known = mask & cases[column].notna().to_numpy()
                sufficient = known & cases[column].fillna(False).to_numpy(dtype=bool)
                cells.append((standard, group, question_of(column)))
                yes.append(np.bincount(codes[sufficient], minlength=len(names)))
                judged.append(np.bincount(codes[known], minlength=len(names)))
    shape = (len(cells), len(names))
    stacked = (np.array(part, dtype=np.int64).reshape(shape).T for part in (yes, judged))
    return Counts(pd.DataFrame(cells, columns=["standard", "group", "question"], dtype=object), *stacked)


def cluster_bootstrap(counts: Counts, bands: pd.DataFrame, replicates: int, seed: int) -> Bootstrap:
    """Resample whole services with replacement, and rate each resample by its lowest key questions.

    As many services are drawn as there are, each with the same chance, from the raw stream of PCG64, which numpy
    promises to keep.

    Parameters
    ----------
    counts : Counts
    bands : DataFrame
        As in `population`.
    replicates, seed : int
        Whole numbers, from 1 and from 0.

    Raises
    ------
    InputError
        No replicate, or a seed below 0.
    """
    check(seed, replicates=replicates)
    return of_resamples(counts, bands, _resamples(len(counts.yes), replicates, seed, max(1, counts.yes.shape[1])))


def _resamples(services: int, replicates: int, seed: int, cells: int) -> Iterator[np.ndarray]:
    """How often each service is drawn, replicate by replicate, some at a time: shape (some, J)."""
    stream = np.random.PCG64(np.random.SeedSequence(seed))
    step = max(1, _NUMBERS_AT_ONCE // max(services, cells))
    for start in range(0, replicates, step):
        some = min(step, replicates - start)
        uniforms = (stream.random_raw(some * services) >> np.uint64(11)) * 2.0**-53
        drawn = (uniforms * services).astype(np.int64).reshape(some, services)
        drawn += np.arange(some)[:, None] * services
        yield np.bincount(drawn.ravel(), minlength=some * services).reshape(some, services)


def of_resamples(counts: Counts, bands: pd.DataFrame, resamples: Iterable[np.ndarray]) -> Bootstrap:
    """Rate every resample: per standard and group the lowest k / n of the key questions that apply in it.

    The lowest is found by exact fractions, its per cent rounded half up in integers.

    Boundary cases, in this order: a group that no case of a standard is judged of has no band in the sample and is not
    part of the joint probability; one whose cases lie in a single service has nan, since its percentage is the same
    in every resample, and is not part of it either; a replicate without a judged case of the group counts in `empty`.

    Parameters
    ----------
    counts : Counts
    bands : DataFrame
    resamples : iterable of ndarray of int, shape (some, J)
        How often each service counts.

    Returns
    -------
    Bootstrap
        Its rows: standard, group; question, count and base of the lowest of the sample (the first of equal ones),
        services with a case judged, lowest, rating; the probabilities of the bands and `empty`, which add up to 1;
        mean_lowest and bias_of_lowest over replicates with a case, which is that mean less the lowest of the questions'
        own means, and monte_carlo_error, of that bias. Fractions.
    """
    rows, places = _sample(counts, bands)
    sizes, cells = np.zeros(len(places)), counts.yes.shape[1]
    banded = np.zeros((len(places), len(bands)))
    sums, shares, applied = np.zeros(len(places)), np.zeros(cells), np.zeros(cells)
    gaps, squares = np.zeros(cells), np.zeros(cells)
    observed = rows["rating"].map({rating: place for place, rating in enumerate(bands["rating"])}).to_numpy(dtype=float)
    rated = np.flatnonzero((rows["services"] > 1).to_numpy())
    joint = total = 0
    lowest_per_cents = bands["lowest_per_cent"].to_numpy()
    yes, judged = counts.yes.astype(float), counts.judged.astype(float)
    for weights in resamples:
        # Whole numbers below 2^53, so that the products are exact.
        k, n = (np.ascontiguousarray((weights @ part).T.astype(np.int64)) for part in (yes, judged))
        share = np.divide(k, n, out=np.zeros(k.shape), where=n > 0)
        shares, applied = shares + share.sum(axis=1), applied + (n > 0).sum(axis=1)
        same = np.ones(len(weights), dtype=bool)
        for row, cell in enumerate(places):
            _, least_k, least_n = _lowest(k[cell], n[cell])
            there = least_n > 0
            per_cent = (200 * least_k + least_n) // np.where(there, 2 * least_n, 1)
            band = np.where(there, np.searchsorted(lowest_per_cents, per_cent, side="right") - 1, -1)
            banded[row] += np.bincount(band[there], minlength=len(bands))
            least = np.divide(least_k, least_n, out=np.zeros(len(weights)), where=there)
            sizes[row], sums[row] = sizes[row] + there.sum(), sums[row] + least.sum()
            gap = np.where(n[cell] > 0, least - share[cell], 0.0)
            gaps[cell], squares[cell] = gaps[cell] + gap.sum(axis=1), squares[cell] + (gap**2).sum(axis=1)
            if row in rated:
                same &= band == observed[row]
        joint, total = joint + same.sum(), total + len(weights)
    means = np.divide(shares, applied, out=np.full(cells, np.inf), where=applied > 0)
    chosen = [cell[np.argmin(means[cell])] for cell in places]
    shown = (rows["services"] > 1).to_numpy()
    mean = np.divide(sums, sizes, out=np.full(len(places), np.nan), where=sizes > 0)
    spread = squares[chosen] - np.divide(gaps[chosen] ** 2, applied[chosen], where=applied[chosen] > 0, out=np.zeros(len(places)))
    error = np.sqrt(np.maximum(spread, 0)) / np.where(applied[chosen] > 0, applied[chosen], np.nan)
    found = dict(zip(columns(bands), banded.T / total, strict=True)) | {"empty": 1 - sizes / total}
    found |= {"mean_lowest": mean, "bias_of_lowest": mean - means[chosen], "monte_carlo_error": error}
    rows = rows.assign(**{name: np.where(shown, values, np.nan) for name, values in found.items()})
    return Bootstrap(rows, joint / total if len(rated) else np.nan, len(rated), total)


def _lowest(k: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Place, count and base of the lowest k / n over the first axis, where n is not 0; by exact fractions."""
    place, least_k, least_n = np.zeros(k.shape[1], dtype=int), k[0], n[0]
    for other in range(1, len(k)):
        lower = (n[other] > 0) & ((least_n == 0) | (k[other] * least_n < least_k * n[other]))
        place = np.where(lower, other, place)
        least_k, least_n = np.where(lower, k[other], least_k), np.where(lower, n[other], least_n)
    return place, least_k, least_n


def _sample(counts: Counts, bands: pd.DataFrame) -> tuple[pd.DataFrame, list[np.ndarray]]:
    """The lowest key question of each standard and group in the sample itself, and the cells that it is chosen from."""
    places, rows = [], []
    for (standard, group), part in counts.cells.groupby(["standard", "group"], sort=False):
        cell = part.index.to_numpy()
        chosen, k, n = (int(found[0]) for found in _lowest(*(m[:, cell].sum(axis=0)[:, None] for m in counts[1:])))
        rating = bands["rating"].iloc[int((least_counts(n, bands) <= k).sum()) - 1] if n else None
        row = {"standard": standard, "group": group, "question": part["question"].iloc[chosen], "count": k, "base": n}
        services = int((counts.judged[:, cell].sum(axis=1) > 0).sum())
        rows.append(row | {"services": services, "lowest": k / n if n else np.nan, "rating": rating})
        places.append(cell)
    names = ["standard", "group", "question", "count", "base", "services", "lowest", "rating"]
    return pd.DataFrame(rows, columns=names), places


def table(cases: pd.DataFrame, group_by: str, bands: pd.DataFrame, replicates: int, seed: int) -> pd.DataFrame:
    """Probability of each band of the lowest key question, by every method.

    Parameters
    ----------
    cases, group_by
        As `count_matrices`.
    bands, replicates, seed
        As `cluster_bootstrap`.

    Returns
    -------
    DataFrame
        standard, group, question (``lowest``), from_question (whose numbers these are), method (`METHODS`), cases,
        sufficient, rating (of the sample), deff, n_effective, the probabilities of the bands, empty, monte_carlo_error
        (the largest of the four), replicates and note. `population` and `reinspection` take the question that is lowest
        in the sample as given; the bootstrap finds the lowest anew in every replicate. What does not apply to a method
        is missing; a missing probability has a reason in `note`.

    Raises
    ------
    InputError
        As `count_matrices` and `cluster_bootstrap`.
    """
    counts = count_matrices(cases, group_by)
    found = cluster_bootstrap(counts, bands, replicates, seed)
    rows = []
    for row in found.rows.to_dict("records"):
        shown = {"standard": row["standard"], "group": row["group"], "question": LOWEST, "from_question": row["question"]}
        shown |= {"cases": row["base"], "sufficient": row["count"], "rating": row["rating"]}
        deff = _deff(counts, row)
        for method in METHODS:
            rows.append(shown | {"method": method} | _by(method, row, deff, bands, found.replicates))
    names = ["standard", "group", "question", "from_question", "method", "cases", "sufficient", "rating", "deff", "n_effective"]
    names += [*columns(bands), "empty", "monte_carlo_error", "replicates", "note"]
    return pd.DataFrame(rows, columns=names).astype({"replicates": "Int64"})


def _deff(counts: Counts, row: dict[str, object]) -> float:
    cells = counts.cells
    (cell,) = np.flatnonzero(
        (cells[["standard", "group", "question"]] == [row["standard"], row["group"], row["question"]]).all(axis=1)
    )
    yes, judged = counts.yes[:, cell], counts.judged[:, cell]
    services = np.arange(len(judged))
    answers = np.repeat(np.tile([True, False], len(services)), np.column_stack([yes, judged - yes]).ravel())
    codes = np.repeat(services, judged)
    # The level bears on the limits alone, which are not used.
    return float(of_domain(pd.Series(answers, dtype="boolean"), codes, len(services), 0.95)["deff"])


def _by(method: str, row: dict[str, object], deff: float, bands: pd.DataFrame, replicates: int) -> dict[str, object]:
    """Probabilities by one method, or why there are none."""
    k, n = int(row["count"]), int(row["base"])
    if not n:
        return {"note": "no case judged"}
    if method == "cluster_bootstrap":
        if row["services"] < 2:
            return {"replicates": replicates, "note": "cases judged in one service alone do not show how much services differ"}
        chances = {name: row[name] for name in columns(bands)}
        error = max(math.sqrt(p * (1 - p) / replicates) for p in chances.values())
        alike = "all answers alike, so every resample is alike" if k in (0, n) else ""
        return chances | {"empty": row["empty"], "monte_carlo_error": error, "replicates": replicates, "note": alike}
    if method == "population_ignoring_services":
        deff = 1.0
    if np.isnan(deff):
        return {"note": "cases judged in one service alone do not show how much services differ"}
    found = (reinspection if method == "reinspection" else population)(k, n, deff, bands)
    alike = "all answers alike, so the design effect is taken as 1" if k in (0, n) and method != METHODS[1] else ""
    chances = dict(zip(columns(bands), found.values(), strict=True))
    return {"deff": deff, "n_effective": n / max(1.0, deff), "note": alike} | chances


def joint(cases: pd.DataFrame, group_by: str, bands: pd.DataFrame, replicates: int, seed: int) -> pd.DataFrame:
    """Probability that a resample of services has every rating of the sample at once.

    Parameters
    ----------
    cases, group_by, bands, replicates, seed
        As `table`.

    Returns
    -------
    DataFrame
        One row: ratings (how many at once), left_out (standards and groups that lie in less than two services),
        probability, monte_carlo_error ``sqrt(p (1 - p) / R)``, replicates and note.

    Raises
    ------
    InputError
        As `table`.
    """
    found = cluster_bootstrap(count_matrices(cases, group_by), bands, replicates, seed)
    note = "" if found.rated else "no group has cases judged in two services"
    row = {"ratings": found.rated, "left_out": len(found.rows) - found.rated, "probability": found.joint}
    error = math.sqrt(found.joint * (1 - found.joint) / found.replicates) if found.rated else np.nan
    return pd.DataFrame([row | {"monte_carlo_error": error, "replicates": found.replicates, "note": note}])


def lowest_bias(cases: pd.DataFrame, group_by: str, bands: pd.DataFrame, replicates: int, seed: int) -> pd.DataFrame:
    """How far taking the lowest of several questions pulls a percentage down by chance alone.

    Parameters
    ----------
    cases, group_by, bands, replicates, seed
        As `table`.

    Returns
    -------
    DataFrame
        standard, group, from_question, cases, lowest, mean_lowest, bias_of_lowest, monte_carlo_error (of the bias),
        replicates and note; fractions, see `of_resamples`.

    Raises
    ------
    InputError
        As `table`.
    """
    found = cluster_bootstrap(count_matrices(cases, group_by), bands, replicates, seed)
    rows = found.rows.rename(columns={"question": "from_question", "base": "cases"})
    few = np.where(rows["cases"] > 0, "cases judged in one service alone do not show how much services differ", "no case judged")
    rows = rows.assign(replicates=found.replicates, note=np.where(rows["services"] > 1, "", few))
    names = ["standard", "group", "from_question", "cases", "lowest", "mean_lowest", "bias_of_lowest", "monte_carlo_error"]
    return rows[[*names, "replicates", "note"]]


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
    _check(0, n, 1.0)
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
    cuts = _cuts(bands)
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
        below = _binomial_below(_least(lowest[0], last), first, share) if place else 0.0
        # More cases put a fixed count within easier reach.
        above = 1 - _binomial_below(np.minimum(_least(lowest[1], first), last + 1), last, share)
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


def _least(per_cent: int | np.ndarray, n: np.ndarray | int) -> np.ndarray:
    """The least count of `n` that is printed as `per_cent` or more; n + 1 or more where none is."""
    return np.maximum(0, -(-(2 * per_cent - 1) * np.asarray(n, dtype=np.int64) // 200))


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
    _check(0, n, deff)
    _check(0, n_other, deff)
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


def _check(count: int, n: int, deff: float) -> None:
    if not (float(count).is_integer() and float(n).is_integer() and n >= 1 and 0 <= count <= n):
        raise InputError(f"a count lies between 0 and the number of cases, which is at least 1; this is {count} of {n}")
    if not (deff > 0 and math.isfinite(deff)):
        raise InputError(f"deff: is a number above 0; this is {deff}")


def _check_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise InputError(f"{name}: lies in [0, 1]; this is {value}")
