"""How sure a band is: for the population, over services that might have been inspected, and in another inspection.

These are three questions with three answers. Bands apply to whole per cents rounded half up, so the boundaries of a
share lie half a point below the lowest per cent of a band: 0.495, 0.645 and 0.795 for the recalled ones.
"""

import math

import numpy as np
import pandas as pd
from scipy import linalg, special

from helpers.band_edges import check_count, columns, cuts_of, least_counts
from helpers.rating_resamples import Bootstrap, Counts
from helpers.ratings import LOWEST
from helpers.shares import of_domain

METHODS = ("population", "population_ignoring_services", "cluster_bootstrap", "reinspection")
# Gauss's rule is exact for polynomials of twice this degree; what is integrated is smooth on the scale of its weight.
_NODES = 64
# So many standard deviations from its mean a count of many cases has no chance that a double shows.
_FAR = 40
_MANY = 20_000


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
    check_count(count, n, deff)
    cuts = cuts_of(bands)
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
    check_count(count, n, deff)
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


def table(counts: Counts, found: Bootstrap, bands: pd.DataFrame) -> pd.DataFrame:
    """Probability of each band of the lowest key question, by every method.

    Parameters
    ----------
    counts : Counts
        As from `helpers.rating_resamples.count_matrices`.
    found : Bootstrap
        Of these counts, as from `helpers.rating_resamples.cluster_bootstrap`.
    bands : DataFrame
        As from `helpers.published.rating_bands`.

    Returns
    -------
    DataFrame
        standard, group, question (``lowest``), from_question (whose numbers these are), method (`METHODS`), cases,
        sufficient, rating (of the sample), deff, n_effective, the probabilities of the bands, empty, monte_carlo_error
        (the largest of the four), replicates and note. `population` and `reinspection` take the question that is lowest
        in the sample as given; the bootstrap finds the lowest anew in every replicate. What does not apply to a method
        is missing; a missing probability has a reason in `note`.
    """
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


def joint(found: Bootstrap) -> pd.DataFrame:
    """Probability that a resample of services has every rating of the sample at once.

    Parameters
    ----------
    found : Bootstrap
        As for `table`.

    Returns
    -------
    DataFrame
        One row: ratings (how many at once), left_out (standards and groups that lie in less than two services),
        probability, monte_carlo_error ``sqrt(p (1 - p) / R)``, replicates and note.
    """
    note = "" if found.rated else "no group has cases judged in two services"
    row = {"ratings": found.rated, "left_out": len(found.rows) - found.rated, "probability": found.joint}
    error = math.sqrt(found.joint * (1 - found.joint) / found.replicates) if found.rated else np.nan
    return pd.DataFrame([row | {"monte_carlo_error": error, "replicates": found.replicates, "note": note}])


def lowest_bias(found: Bootstrap) -> pd.DataFrame:
    """How far taking the lowest of several questions pulls a percentage down by chance alone.

    Parameters
    ----------
    found : Bootstrap
        As for `table`.

    Returns
    -------
    DataFrame
        standard, group, from_question, cases, lowest, mean_lowest, bias_of_lowest, monte_carlo_error (of the bias),
        replicates and note; fractions, see `of_resamples`.
    """
    rows = found.rows.rename(columns={"question": "from_question", "base": "cases"})
    few = np.where(rows["cases"] > 0, "cases judged in one service alone do not show how much services differ", "no case judged")
    rows = rows.assign(replicates=found.replicates, note=np.where(rows["services"] > 1, "", few))
    names = ["standard", "group", "from_question", "cases", "lowest", "mean_lowest", "bias_of_lowest", "monte_carlo_error"]
    return rows[[*names, "replicates", "note"]]
