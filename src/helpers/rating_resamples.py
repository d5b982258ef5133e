"""Ratings of resamples: what comes out as lowest key question, and so as rating, when whole services are drawn again."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.band_edges import columns, least_counts
from helpers.errors import InputError, did_you_mean
from helpers.ordinal import columns_of, question_of
from helpers.shares import BLANK, groups_of
from helpers.synthetic.draws import check

# Few enough numbers that they stay near the processor.
_NUMBERS_AT_ONCE = 2**18


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
