"""What Table 1 alone implies beyond the bounds of its cells: key questions, counts, pooled groups, and words to quote."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers import intervals
from helpers.errors import InputError, did_you_mean
from helpers.estimates import mover
from helpers.quotable import definitions, quotable
from helpers.rating_tests import tests_that_do_not_hold
from helpers.ratings import ASSUMED_RULE, CONVENTIONS, Convention, band_limits

__all__ = [
    "Gap",
    "consequences",
    "definitions",
    "lattice",
    "least_gap",
    "pooled",
    "quotable",
    "sampling_envelope",
    "tests_that_do_not_hold",
]
_NO_COUNT = "no whole number of these cases gives this rating"
_ASSUMES_SAMPLE = "numbers of cases assumed; each group a simple random sample, the groups independent; no clustering"


class Gap(NamedTuple):
    """Differences of two shares that whole counts allow, group minus reference, as fractions; nan where no count fits.

    `lower` and `upper` are the smallest and the greatest; `apart` is the least by which the two shares may lie apart.
    """

    lower: float
    upper: float
    apart: float


def consequences(
    bands: pd.DataFrame,
    reference_rating: str = "Good",
    group_rating: str = "Requires improvement",
    convention: Convention = "rounded",
    questions: int = 3,
) -> pd.DataFrame:
    """What two ratings say of the key questions behind them, if a standard has the rating of its lowest one.

    Let the reference be in [a, b) and the group in [c, d). Every other key question lies between the lowest one and 100,
    so the lowest ones differ by (c - b, d - a), and a named one by [c - 100, 100 - a]. Lemma: at its lowest key question
    the group is below d and the reference at least at a; so the least of the differences is below d - a. Where d <= a, at
    least one key question is lower, and nothing follows about any named one or about the mean.

    Parameters
    ----------
    bands : DataFrame
        As from `helpers.published.rating_bands`.
    reference_rating, group_rating : str
    convention : str
        As in `helpers.ratings.CONVENTIONS`.
    questions : int
        Key questions of a standard, at least 1.

    Returns
    -------
    DataFrame
        Four rows: what, difference_lower, difference_upper (group minus reference), unit (``points``), sign (``lower`` or
        ``higher`` where all percentages agree on it, else ``not_identified``), meaning, assumes.

    Raises
    ------
    InputError
        There is no such rating, or no key question.
    """
    if questions < 1:
        raise InputError(f"a standard has at least one key question; this is {questions}")
    limits = band_limits(bands, convention)
    (a, b), (c, d) = (_band(limits, rating) for rating in (reference_rating, group_rating))
    top_reference, top_group = (b, d) if questions == 1 else (100.0, 100.0)
    mean_reference, mean_group = ((lowest + (questions - 1) * 100) / questions for lowest in (b, d))
    number = {3: "three"}.get(questions, str(questions))
    found = {
        "lowest key question": (c - b, d - a, "each group's own, which may be another question in the other group"),
        "at least one key question": (c - top_reference, d - a, "the question in which the group compares worst, unnamed"),
        "a named key question": (c - top_reference, top_group - a, "one that is named beforehand, such as the safety of others"),
        f"the mean of the {number} key questions": (c - mean_reference, mean_group - a, "the plain mean in each group"),
    }
    rows = []
    for what, (lower, upper, of) in found.items():
        sign = _sign(lower, upper, closed=convention == "integer")
        known = "nothing is known: lower, the same or higher" if sign == "not_identified" else f"{sign}, by any amount above 0"
        row = {"what": what, "difference_lower": lower, "difference_upper": upper, "unit": "points", "sign": sign}
        rows.append(row | {"meaning": f"{of}: {known}"})
    return pd.DataFrame(rows).assign(assumes=f"{ASSUMED_RULE}; {CONVENTIONS[convention]}")


def _band(limits: pd.DataFrame, rating: str) -> tuple[float, float]:
    if rating not in limits.index:
        raise InputError(f"{rating!r} is not a rating; {did_you_mean(rating, limits.index)}")
    low, high = limits.loc[rating, ["low", "high"]]
    return float(low), float(high)


def _sign(lower: float, upper: float, closed: bool = False) -> str:
    # Where the ends are not reached, an end of 0 still means that all lie on one side.
    if upper < 0 or (upper == 0 and not closed):
        return "lower"
    return "higher" if lower > 0 or (lower == 0 and not closed) else "not_identified"


def lattice(n: int, bands: pd.DataFrame) -> pd.DataFrame:
    """The counts of `n` cases that each rating stands for, in integer arithmetic.

    Whole per cents L to H, rounded half up, are the counts with ``(2L - 1) n <= 200 k < (2H + 1) n``.

    Parameters
    ----------
    n : int
        Cases of a group, 0 or more.
    bands : DataFrame
        rating, lowest_per_cent, highest_per_cent.

    Returns
    -------
    DataFrame
        rating, count_low, count_high (both included), share_low, share_high (fractions), n, reason: missing, and why,
        where no count of so few cases gives the rating.

    Raises
    ------
    InputError
        `n` is not a whole number from 0.
    """
    n = _whole_cases(n)
    rows = []
    for band in bands.itertuples():
        low = max(0, -(-(2 * int(band.lowest_per_cent) - 1) * n // 200))
        high = min(n, ((2 * int(band.highest_per_cent) + 1) * n - 1) // 200) if n else -1
        none = low > high
        counts = {"count_low": pd.NA if none else low, "count_high": pd.NA if none else high}
        shares = {"share_low": np.nan if none else low / n, "share_high": np.nan if none else high / n}
        reason = ("there is no case" if n == 0 else _NO_COUNT) if none else ""
        rows.append({"rating": band.rating, **counts, **shares, "n": n, "reason": reason})
    return pd.DataFrame(rows).astype({"count_low": "Int64", "count_high": "Int64"})


def _whole_cases(n: int) -> int:
    if not (float(n).is_integer() and n >= 0):
        raise InputError(f"cases are a whole number, 0 or more; this is {n}")
    return int(n)


def _counts(n: int, rating: str, bands: pd.DataFrame) -> tuple[int, int] | None:
    table = lattice(n, bands).set_index("rating")
    if rating not in table.index:
        raise InputError(f"{rating!r} is not a rating; {did_you_mean(rating, table.index)}")
    row = table.loc[rating]
    return None if row["reason"] else (int(row["count_low"]), int(row["count_high"]))


def least_gap(n: int, n_ref: int, rating: str, ref_rating: str, bands: pd.DataFrame) -> Gap:
    """The smallest and the greatest difference of two shares that whole counts allow, as fractions.

    Examples
    --------
    >>> bands = pd.DataFrame({"rating": ["No", "Yes"], "lowest_per_cent": [0, 50], "highest_per_cent": [49, 100]})
    >>> least_gap(2, 4, "No", "Yes", bands)
    Gap(lower=-1.0, upper=-0.5, apart=0.5)

    Raises
    ------
    InputError
        As `lattice`, or there is no such rating.
    """
    counts, reference = _counts(n, rating, bands), _counts(n_ref, ref_rating, bands)
    if counts is None or reference is None:
        return Gap(np.nan, np.nan, np.nan)
    lower, upper = counts[0] / n - reference[1] / n_ref, counts[1] / n - reference[0] / n_ref
    if lower > 0 or upper < 0:
        return Gap(lower, upper, min(abs(lower), abs(upper)))
    # Beside each count of the group with fewer, the nearest of the other's, below and above.
    (few, of_few), (many, of_many) = sorted([(counts, n), (reference, n_ref)], key=lambda pair: pair[0][1] - pair[0][0])
    k = np.arange(few[0], few[1] + 1, dtype=object if max(n, n_ref) > 1_000_000_000 else np.int64)
    beside = k * of_many // of_few
    # The difference is whole in units of 1 / (n n_ref), so none is lost to binary fractions.
    apart = min(int(abs(k * of_many - np.clip(beside + step, *many) * of_few).min()) for step in (0, 1))
    return Gap(lower, upper, apart / (n * n_ref))


def pooled(
    cells: pd.DataFrame, bands: pd.DataFrame, sizes: Mapping[str | tuple[str, ...], int], convention: Convention = "rounded"
) -> pd.DataFrame:
    """Bounds on the percentage of groups together, where the sizes of some groups are known only as a sum.

    The percentage of a group is in its band; that of groups with one size together is between the lowest and the highest
    of theirs, however the size is split; and that of all is their mean, weighted by the sizes.

    Parameters
    ----------
    cells : DataFrame
        standard, care_group, rating and evidence; one row a cell.
    bands : DataFrame
    sizes : mapping of group, or of a tuple of groups, to int
        Cases, such as ``{"not_in_care": 927, ("in_care_inside", "in_care_outside"): 326}``.
    convention : str

    Returns
    -------
    DataFrame
        standard, groups, cases, per_cent_low, per_cent_high (approached, not reached, but under ``integer`` and at 100),
        ratings (those that the groups together could have), assumes, evidence; for each standard all cases, and each
        tuple of groups. Without a case per cents are missing.

    Raises
    ------
    InputError
        A group is not in the table, stands twice in `sizes`, or a size is no whole number from 0.
    """
    blocks = {(key,) if isinstance(key, str) else tuple(key): _whole_cases(size) for key, size in sizes.items()}
    named = [group for block in blocks for group in block]
    wide = cells.pivot(index="standard", columns="care_group", values="rating")
    for group in named:
        if group not in wide.columns or named.count(group) > 1:
            fault = "stands twice in sizes" if group in wide.columns else f"is not there; {did_you_mean(group, wide.columns)}"
            raise InputError(f"group {group!r} {fault}")
    limits = band_limits(bands, convention)
    rows = []
    for standard in cells["standard"].unique():
        ends = {block: limits.loc[[wide.loc[standard, group] for group in block]] for block in blocks}
        spans = {block: (float(end["low"].min()), float(end["high"].max())) for block, end in ends.items()}
        parts = [(tuple(named), list(blocks)), *((block, [block]) for block in blocks if len(block) > 1 and len(blocks) > 1)]
        for groups, members in parts:
            total = sum(blocks[block] for block in members)
            ends = [sum(blocks[block] * spans[block][end] for block in members) / total if total else np.nan for end in (0, 1)]
            row = {"standard": standard, "groups": ", ".join(groups), "cases": total}
            row |= {"per_cent_low": ends[0], "per_cent_high": ends[1], "ratings": _ratings_within(*ends, limits)}
            rows.append(row)
    assumes = f"{ASSUMED_RULE}; {CONVENTIONS[convention]}; the same key question lowest in every group; sizes assumed"
    return pd.DataFrame(rows).assign(assumes=assumes, evidence=cells["evidence"].iloc[0])


def _ratings_within(low: float, high: float, limits: pd.DataFrame) -> str:
    return ", ".join(rating for rating, band in limits.iterrows() if band["low"] < high and low < band["high"])


def sampling_envelope(
    cells: pd.DataFrame,
    pairs: Sequence[tuple[str, str]],
    bands: pd.DataFrame,
    sizes: Mapping[str, int],
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Envelope of Newcombe's intervals for a difference (1998, method 10) over all counts that two ratings allow.

    Both limits rise with the group's count and fall with the reference's, so the ends suffice.

    Parameters
    ----------
    cells : DataFrame
        standard, care_group, rating and evidence; one row a cell.
    pairs : sequence of (group, reference)
    bands : DataFrame
    sizes : mapping of group to int
        Cases of each group: an assumption, since none is published.
    confidence : float
        In (0, 1).

    Returns
    -------
    DataFrame
        standard, group, reference, n, n_reference, difference_lower, difference_upper (fractions, group minus reference),
        level, sign, reason (why limits are missing: no count gives the rating), assumes, evidence.

    Raises
    ------
    InputError
        A group without a size, a size that is no whole number from 0, or `confidence` outside (0, 1).
    """
    wide = cells.pivot(index="standard", columns="care_group", values="rating")
    rows = []
    for group, reference in pairs:
        for name in (group, reference):
            if name not in sizes:
                raise InputError(f"sizes: there is none for {name!r}; {did_you_mean(name, sizes)}")
        n, n_ref = _whole_cases(sizes[group]), _whole_cases(sizes[reference])
        for standard in cells["standard"].unique():
            counts, others = (_counts(m, wide.loc[standard, name], bands) for m, name in ((n, group), (n_ref, reference)))
            row = {"standard": standard, "group": group, "reference": reference, "n": n, "n_reference": n_ref}
            if counts is None or others is None:
                rows.append(row | {"difference_lower": np.nan, "difference_upper": np.nan, "sign": "", "reason": _NO_COUNT})
                continue
            lower, _ = _newcombe(counts[0], n, others[1], n_ref, confidence)
            _, upper = _newcombe(counts[1], n, others[0], n_ref, confidence)
            row |= {"difference_lower": lower, "difference_upper": upper, "sign": _sign(lower, upper, closed=True), "reason": ""}
            rows.append(row)
    assumes = f"{ASSUMED_RULE}; {CONVENTIONS['rounded']}; {_ASSUMES_SAMPLE}"
    return pd.DataFrame(rows).assign(level=confidence, assumes=assumes, evidence=cells["evidence"].iloc[0])


def _newcombe(count: int, n: int, count_ref: int, n_ref: int, confidence: float) -> tuple[float, float]:
    shares = [(k / m, *intervals.binomial(k, m, confidence, "wilson")) for k, m in ((count, n), (count_ref, n_ref))]
    lower, upper = mover(*shares)
    return float(lower), float(upper)
