"""Two inspectors' judgements of the same cases: how far they agree, and what a second reading could do to a rating."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from helpers.band_edges import columns, least_counts
from helpers.errors import InputError
from helpers.ordinal import columns_of, standard_met
from helpers.rating_resamples import Counts, count_matrices
from helpers.ratings import STANDARDS
from helpers.shares import of_domain

SECOND, ALL = "_second", "all"
MEASURES = ("agreement", "kappa", "ac1")
COLUMNS = ["judgement", "pairs", "services", "both_yes", "first_only", "second_only", "both_no"]
COLUMNS += [f"{measure}{part}" for measure in MEASURES for part in ("", "_se", "_lower", "_upper")]
COLUMNS += ["df", "level", "note"]
# Further from its mean, in standard deviations, a count of many cases has no chance that a double shows.
_FAR = 40


class Rates(NamedTuple):
    """How often a second inspector turns an answer round: of yes and of no; nan where the first never gave it."""

    yes_to_no: float
    no_to_yes: float
    pairs: int


def pairs_of(cases: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The cases read twice, by judgement: the answers of both inspectors.

    In a list by key question the first answer to a whole standard is whether every key question that applies is
    sufficient (`helpers.ordinal.standard_met`). A case enters where both answers are known; what one inspector found
    not to apply is no disagreement.

    Parameters
    ----------
    cases : DataFrame
        Inspected cases as `helpers.cases.read` gives them; the column ``planning_second`` or
        ``planning_desistance_second`` holds the second answer, missing where the case was not read twice.

    Returns
    -------
    dict of DataFrame
        Of every judgement whose second column is there, also without a pair: yot, first and second (bool); indexed as
        the cases.
    """
    found = {}
    for standard, judged in columns_of(cases).items():
        for column in dict.fromkeys([*judged, standard]):
            if column + SECOND not in cases:
                continue
            first = cases[column] if column in judged else standard_met(cases, standard)
            both = pd.DataFrame({"yot": cases["yot"], "first": first, "second": cases[column + SECOND]})
            both = both.dropna(subset=["first", "second"])
            found[column] = both.astype({"first": bool, "second": bool})
    return found


def pooled(cases: pd.DataFrame) -> pd.DataFrame:
    """All pairs of answers together, a row each; a standard's own only where none of its key questions was read twice.

    Returns
    -------
    DataFrame
        yot, first, second, as `pairs_of`. A case has as many rows as judgements of it were read twice.
    """
    found = pairs_of(cases)
    twice = {column.partition("_")[0] for column, both in found.items() if column not in STANDARDS and len(both)}
    kept = [both for column, both in found.items() if column not in twice and len(both)]
    return pd.concat(kept) if kept else pd.DataFrame({"yot": [], "first": np.array([], bool), "second": np.array([], bool)})


def of_cases(cases: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Agreement, Cohen's kappa and Gwet's AC1 of each judgement that was read twice, and of all together.

    Parameters
    ----------
    cases : DataFrame
        As `pairs_of`.
    confidence : float
        In (0, 1).

    Returns
    -------
    DataFrame
        `COLUMNS`; one row a judgement that has a second column, then ``all`` (see `pooled`). A list without such a
        column has the row ``all`` alone, without a pair.

    Raises
    ------
    InputError
        `confidence` outside (0, 1).
    """
    if not 0 < confidence < 1:
        raise InputError(f"confidence lies between 0 and 1, both excluded; this is {confidence}")
    tables = pairs_of(cases) | {ALL: pooled(cases)}
    rows = []
    for name, both in tables.items():
        codes, _ = pd.factorize(both["yot"])
        found = of_pairs(both["first"].to_numpy(dtype=bool), both["second"].to_numpy(dtype=bool), codes, confidence)
        rows.append({"judgement": name} | found)
    return pd.DataFrame(rows).assign(level=confidence)[COLUMNS]


def of_pairs(first: np.ndarray, second: np.ndarray, clusters: np.ndarray, confidence: float) -> dict[str, object]:
    """Agreement of pairs of answers, its errors linearised with services as clusters.

    With shares p1 and p2 of yes and agreement pa, ``kappa = (pa - pe) / (1 - pe)`` with ``pe = p1 p2 + (1 - p1)(1 - p2)``
    (Cohen 1960), and AC1 likewise with ``pe = 2 q (1 - q)``, q = (p1 + p2) / 2 (Gwet 2008). Each is a smooth function of
    means, so a pair has an influence u on it, and ``SE^2 = J / (J - 1) sum_j (sum_(i in j) u_i)^2`` over the J services
    that have a pair; limits have Student's t on J - 1 and are cut off at -1 and 1. With every pair a service of its own
    this is n / (n - 1) times the variance of Fleiss, Cohen and Everitt (1969) for kappa, and of Gwet (2008) for AC1.
    Agreement is a share, so its limits are those of `helpers.shares.of_domain`.

    Boundary cases, in this order: without a pair there is nothing but counts; where both inspectors gave one answer
    throughout, kappa does not exist (0 / 0); with one service there is no error; where one inspector gave one answer
    throughout, kappa is 0 whatever the other said, and where all pairs agree both are 1: no error and no limits.

    Parameters
    ----------
    first, second : ndarray of bool, shape (n,)
        Whether each inspector found the case sufficient.
    clusters : ndarray of int, shape (n,)
        Number of the service of each pair, from 0 without gaps.
    confidence : float
        In (0, 1).
    """
    n, services = len(first), len(np.unique(clusters))
    cells = {
        "both_yes": first & second,
        "first_only": first & ~second,
        "second_only": ~first & second,
        "both_no": ~first & ~second,
    }
    row: dict[str, object] = {"pairs": n, "services": services} | {name: int(mask.sum()) for name, mask in cells.items()}
    row |= dict.fromkeys(COLUMNS[7:-3], np.nan) | {"df": max(services - 1, 0), "note": "no case was read twice"}
    if not n:
        return row
    agree = first == second
    of_share = of_domain(pd.Series(agree, dtype="boolean"), clusters, services, confidence)
    row |= {"agreement": of_share["estimate"], "agreement_se": of_share["se"]}
    row |= {"agreement_lower": of_share["lower"], "agreement_upper": of_share["upper"], "note": ""}
    notes = ["both inspectors gave one answer throughout, so kappa does not exist"] if _one_answer(first, second) else []
    for measure, (estimate, influence) in zip(MEASURES[1:], _chance_corrected(first, second), strict=True):
        row[measure] = estimate
        if services < 2 or np.isnan(estimate):
            continue
        error = np.sqrt(services / (services - 1) * (np.bincount(clusters, influence) ** 2).sum())
        if error > 1e-12:
            reach = stats.t.ppf((1 + confidence) / 2, services - 1) * error
            row |= {f"{measure}_se": error, f"{measure}_lower": max(-1.0, estimate - reach)}
            row[f"{measure}_upper"] = min(1.0, estimate + reach)
        elif agree.all():
            notes.append("all pairs agree, so no error can be shown")
        elif measure == "kappa" and (len(set(first)) == 1 or len(set(second)) == 1):
            notes.append("one inspector gave one answer throughout, so kappa is 0 whatever the other said")
        else:
            notes.append(f"services do not differ, so no error of {measure} can be shown")
    if services < 2:
        notes.append("one service does not show how much services differ")
    return row | {"note": "; ".join(dict.fromkeys(notes))}


def _one_answer(first: np.ndarray, second: np.ndarray) -> bool:
    return bool(first.all() and second.all()) or not (first.any() or second.any())


def _chance_corrected(first: np.ndarray, second: np.ndarray) -> Iterator[tuple[float, np.ndarray]]:
    """Kappa and AC1, and the influence of each pair on them."""
    x, y, agree = first.astype(float), second.astype(float), (first == second).astype(float)
    p1, p2, n = x.mean(), y.mean(), len(x)
    agreement, q = agree.mean(), (p1 + p2) / 2
    by_cohen = p1 * p2 + (1 - p1) * (1 - p2), (2 * p2 - 1) * (x - p1) + (2 * p1 - 1) * (y - p2)
    by_gwet = 2 * q * (1 - q), (1 - 2 * q) * (x - p1 + y - p2)
    for chance, moves in (by_cohen, by_gwet):
        if chance == 1:
            yield np.nan, np.zeros(n)
        else:
            beyond = (agreement - chance) / (1 - chance)
            yield beyond, (agree - agreement - (1 - beyond) * moves) / (1 - chance) / n


def rates(cases: pd.DataFrame) -> Rates:
    """How often the second inspector turned the first one's answer round, over all judgements (see `pooled`)."""
    both = pooled(cases)
    yes, second = both["first"].to_numpy(dtype=bool), both["second"].to_numpy(dtype=bool)
    turned = ((yes & ~second).sum(), yes.sum()), ((~yes & second).sum(), (~yes).sum())
    return Rates(*(float(k / n) if n else np.nan for k, n in turned), len(both))


def lowest_moves(cases: pd.DataFrame, group_by: str, bands: pd.DataFrame) -> pd.DataFrame:
    """What a second reading of every case could do to each lowest key question.

    Every yes becomes no with the probability a, and every no becomes yes with b, each by itself: the `rates` seen
    where cases were read twice. Then k sufficient of n become ``Bin(k, 1 - a) + Bin(n - k, b)``, for each key question
    by itself, and the lowest is found anew. The distribution of the lowest is worked out, not simulated. The first
    reading is taken as it stands: its own errors are part of `lowest_now`, so a shift is no estimate of a truth.

    Parameters
    ----------
    cases, group_by
        As `helpers.rating_resamples.count_matrices`.
    bands : DataFrame
        As from `helpers.published.rating_bands`.

    Returns
    -------
    DataFrame
        standard, group, from_question, cases, lowest_now, lowest_expected, shift (expected less now), rating (now),
        p_same_rating, the probabilities of the bands, yes_to_no, no_to_yes, pairs (that the rates come from) and note.
        Fractions; missing where no case is judged, or where a rate is not known that is needed.

    Raises
    ------
    InputError
        No such column.
    """
    counts, turned = count_matrices(cases, group_by), rates(cases)
    read_twice = {column.partition("_")[0] for column, both in pairs_of(cases).items() if len(both)}
    rows = []
    for (standard, group), part in counts.cells.groupby(["standard", "group"], sort=False):
        rows.append({"standard": standard, "group": group} | _moved(counts, part, turned, bands, read_twice) | turned._asdict())
    names = ["standard", "group", "from_question", "cases", "lowest_now", "lowest_expected", "shift", "rating", "p_same_rating"]
    return pd.DataFrame(rows, columns=[*names, *columns(bands), *Rates._fields, "note"])


def _moved(counts: Counts, part: pd.DataFrame, turned: Rates, bands: pd.DataFrame, read_twice: set[str]) -> dict[str, object]:
    """One standard and group."""
    cells, standard = part.index.to_numpy(), part["standard"].iloc[0]
    totals = zip(
        counts.yes[:, cells].sum(axis=0).tolist(), counts.judged[:, cells].sum(axis=0).tolist(), part["question"], strict=True
    )
    judged = [(k, n, question) for k, n, question in totals if n]
    if not judged:
        return {"cases": 0, "note": "no case judged"}
    lowest_k, lowest_n, question = judged[0]
    for k, n, name in judged[1:]:
        if k * lowest_n < lowest_k * n:
            lowest_k, lowest_n, question = k, n, name
    rating = bands["rating"].iloc[int((least_counts(lowest_n, bands) <= lowest_k).sum()) - 1]
    row = {"from_question": question, "cases": lowest_n, "lowest_now": lowest_k / lowest_n, "rating": rating}
    if not turned.pairs:
        return row | {"note": "no case was read twice"}
    if standard not in read_twice:
        return row | {"note": "no case was read twice on this standard"}
    if (np.isnan(turned.yes_to_no) and any(k for k, _, _ in judged)) or (
        np.isnan(turned.no_to_yes) and any(k < n for k, n, _ in judged)
    ):
        return row | {"note": "the first inspector gave one answer to all that was read twice, so the other's rate is not known"}
    expected, chances = of_lowest([(k, n) for k, n, _ in judged], *np.nan_to_num(turned[:2]), bands)
    row |= {"lowest_expected": expected, "shift": expected - row["lowest_now"], "p_same_rating": chances[rating], "note": ""}
    return row | dict(zip(columns(bands), chances.values(), strict=True))


def of_lowest(
    judged: list[tuple[int, int]], yes_to_no: float, no_to_yes: float, bands: pd.DataFrame
) -> tuple[float, dict[str, float]]:
    """Expected lowest share of several questions after a second reading, and the probability of each band.

    The questions are independent, so the lowest is at least x with the product of their probabilities of it.

    Parameters
    ----------
    judged : list of (k, n)
        Sufficient and judged cases of each question; n is at least 1.
    yes_to_no, no_to_yes : float
        In [0, 1].
    bands : DataFrame

    Returns
    -------
    (float, dict of rating to probability)
    """
    moved = [_second_counts(k, n, yes_to_no, no_to_yes) for k, n in judged]
    # Chance that a question's count is at least each value, counted from its first possible one.
    at_least = [np.append(np.cumsum(pmf[::-1])[::-1], 0.0) for _, pmf in moved]
    shares = np.unique(
        np.concatenate([(start + np.arange(len(pmf))) / n for (start, pmf), (_, n) in zip(moved, judged, strict=True)])
    )
    beyond, reached = np.ones(len(shares)), np.ones(len(bands))
    for (start, pmf), tail, (_, n) in zip(moved, at_least, judged, strict=True):
        own = (start + np.arange(len(pmf))) / n
        beyond *= tail[np.searchsorted(own, shares)]
        reached *= tail[np.clip(least_counts(n, bands) - start, 0, len(pmf))]
    # E = sum of P(lowest >= x) over the steps between the values that it can take.
    expected = float(shares[0] + (np.diff(shares) * beyond[1:]).sum())
    return expected, dict(zip(bands["rating"], map(float, np.maximum(-np.diff(np.append(reached, 0.0)), 0.0)), strict=True))


def _second_counts(k: int, n: int, yes_to_no: float, no_to_yes: float) -> tuple[int, np.ndarray]:
    """Probabilities of the new count, from the first value returned on."""
    (start, kept), (other, gained) = _binomial(k, 1 - yes_to_no), _binomial(n - k, no_to_yes)
    pmf = np.convolve(kept, gained)
    return start + other, pmf / pmf.sum()


def _binomial(n: int, share: float) -> tuple[int, np.ndarray]:
    reach = _FAR * (1 + np.sqrt(n * share * (1 - share)))
    first, last = max(0, int(n * share - reach)), min(n, int(n * share + reach) + 1)
    return first, stats.binom.pmf(np.arange(first, last + 1), n, share)
