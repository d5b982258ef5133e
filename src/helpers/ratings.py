"""Ratings: an ordered scale, the bands behind it, and the bounds that a table of ratings implies."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd

from helpers.errors import InputError, did_you_mean
from helpers.published import RATINGS

GROUP_NAMES = {
    "not_in_care": "children not in care",
    "in_care_inside": "children in care living inside the area",
    "in_care_outside": "children in care living outside the area",
}
CARE_GROUPS = tuple(GROUP_NAMES)
STANDARDS = ("assessment", "planning", "delivery", "reviewing")
QUESTIONS = ("desistance", "child_safety", "others_safety")
# In place of a question: the lowest of the three, which gives the standard's rating.
LOWEST = "lowest"
# Of comparisons: each group on its own lowest question, which may differ from group to group.
LOWEST_OF_EACH = "lowest_of_each"
# The probability of each band, in the tables.
BAND_COLUMNS = tuple(f"p_{rating.lower().replace(' ', '_')}" for rating in RATINGS.categories)
Convention = Literal["rounded", "threshold", "integer", "discretion"]
CONVENTIONS: dict[Convention, str] = {
    "rounded": "the bands apply to the percentage rounded to a whole per cent",
    "threshold": "the bands apply to the percentage before rounding",
    "integer": "the difference is taken between the whole per cents that would be printed",
    "discretion": "as rounded, and a panel may move a rating within some points of a boundary",
}
ASSUMED_RULE = "recalled bands and lowest key question, applied to the cases of all services together (not in the letter)"


def pairs(groups: Sequence[str], reference: str, family: Literal["all_pairs", "against_reference"]) -> list[tuple[str, str]]:
    """Which group is compared with which: (group, reference) pairs.

    Examples
    --------
    >>> pairs(["a", "b", "c"], "b", "all_pairs")
    [('a', 'b'), ('c', 'b'), ('c', 'a')]

    Raises
    ------
    InputError
        The reference is not one of the groups.
    """
    if reference not in groups:
        raise InputError(f"reference: no group is called {reference!r}; {did_you_mean(reference, groups)}")
    others = [group for group in groups if group != reference]
    against_reference = [(group, reference) for group in others]
    among_others = [(later, earlier) for earlier, later in combinations(others, 2)]
    return against_reference + (among_others if family == "all_pairs" else [])


def compare_order(cells: pd.DataFrame, compared: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """Count the standards in which one group is rated lower, the same or higher than another.

    This uses the order of the four ratings and no rule about percentages.

    Parameters
    ----------
    cells : DataFrame
        standard, care_group, rating and evidence; one row a cell.
    compared : sequence of (group, reference)

    Returns
    -------
    DataFrame
        The columns of ``rating_order.csv``, one row a pair; `lower_in` and `higher_in` name the standards.
    """
    codes = cells.assign(rank=cells["rating"].cat.codes).pivot(index="standard", columns="care_group", values="rank")
    rows = []
    for group, reference in compared:
        step = np.sign(codes[group] - codes[reference])
        counts = {"lower": (step < 0).sum(), "same": (step == 0).sum(), "higher": (step > 0).sum()}
        standards = cells["standard"].unique()
        named = {
            "lower_in": ", ".join(standard for standard in standards if step[standard] < 0) or "none",
            "higher_in": ", ".join(standard for standard in standards if step[standard] > 0) or "none",
        }
        rows.append({"group": group, "reference": reference, **counts, "standards": len(step), **named})
    return pd.DataFrame(rows).assign(evidence=_one_evidence(cells))


def order_in_words(order: pd.DataFrame) -> str:
    """Say in sentences in how many standards each group is rated lower, and higher where it is."""
    sentences = []
    for row in order.itertuples():
        higher = f", and higher in {row.higher} ({row.higher_in})" if row.higher else ""
        where = f" ({row.lower_in})" if row.lower else ""
        pair = f"Work with {GROUP_NAMES[row.group]} is rated lower than work with {GROUP_NAMES[row.reference]}"
        sentences.append(f"{pair} in {row.lower} of {row.standards} standards{where}{higher}.")
    return " ".join(sentences)


def band_limits(bands: pd.DataFrame, convention: Convention, discretion_points: float = 5) -> pd.DataFrame:
    """Per cents that a rating stands for, under one convention.

    Parameters
    ----------
    bands : DataFrame
        rating, lowest_per_cent, highest_per_cent in whole per cents.
    convention : {"rounded", "threshold", "integer", "discretion"}
    discretion_points : float
        Points by which a panel may stretch a band, under ``"discretion"``.

    Returns
    -------
    DataFrame
        Indexed by rating: low, high, in per cent. Under ``"integer"`` both are attained; otherwise a
        percentage may come as near to `high` as one likes without reaching it (100 is reached).
    """
    limits = bands.set_index("rating")[["lowest_per_cent", "highest_per_cent"]].astype(float)
    limits.columns = ["low", "high"]
    if convention == "integer":
        return limits
    limits["high"] = (limits["high"] + 1).clip(upper=100)
    if convention == "threshold":
        return limits
    stretch = discretion_points if convention == "discretion" else 0
    # A percentage of 64.5 rounds half up to 65, so each boundary between bands lies half a point lower.
    limits["low"] = (limits["low"] - 0.5 - stretch).where(limits["low"] > 0, 0).clip(lower=0)
    limits["high"] = (limits["high"] - 0.5 + stretch).where(limits["high"] < 100, 100).clip(upper=100)
    return limits


def rating_of(per_cent: int, bands: pd.DataFrame) -> str:
    """The rating whose band holds a whole per cent.

    Examples
    --------
    >>> bands = pd.DataFrame({"rating": ["Good", "Outstanding"], "lowest_per_cent": [65, 80], "highest_per_cent": [79, 100]})
    >>> rating_of(79, bands)
    'Good'
    """
    (rating,) = bands.loc[bands["lowest_per_cent"].le(per_cent) & bands["highest_per_cent"].ge(per_cent), "rating"]
    return rating


def of_shares(shares: pd.DataFrame, evidence: str) -> pd.DataFrame:
    """The percentages and ratings of cases, as ``ratings.csv``.

    Parameters
    ----------
    shares : DataFrame
        As from `helpers.disclosure.inspected`, with the probability of each band.
    evidence : str

    Returns
    -------
    DataFrame
        One row a standard, key question (or ``lowest``) and care group. `percentage`, `se`, `lower` and `upper` are
        per cents, as the bands are.
    """
    rows = shares[shares["share"] == "sufficient"].rename(columns={"base": "cases", "count": "sufficient"})
    for name, fraction in {"percentage": "estimate", "se": "se", "lower": "lower", "upper": "upper"}.items():
        rows[name] = [value if isinstance(value, str) else round(100 * value, 10) for value in rows[fraction]]
    rows = rows.assign(evidence=evidence)
    columns = ["standard", "question", "care_group", "cases", "sufficient", "percentage", "se", "lower", "upper", "level"]
    order = {name: place for place, name in enumerate([*STANDARDS, *QUESTIONS, LOWEST, *CARE_GROUPS])}
    keys = ["standard", "question", "care_group"]
    rows = rows.sort_values(keys, key=lambda column: column.map(order), ignore_index=True)
    return rows[[*columns, "rating", *BAND_COLUMNS, "evidence"]]


def bounds(
    cells: pd.DataFrame,
    compared: Sequence[tuple[str, str]],
    bands: pd.DataFrame,
    conventions: Iterable[Convention] = CONVENTIONS,
    discretion_points: float = 5,
) -> pd.DataFrame:
    """Sharp bounds on differences, ratios and odds ratios of the percentages behind two ratings.

    The two percentages are tied by nothing but their bands, so each bound is reached in the limit
    (Manski 2003). The percentages are those of each group's lowest key question.

    Parameters
    ----------
    cells : DataFrame
        standard, care_group, rating and evidence; one row a cell.
    compared : sequence of (group, reference)
    bands : DataFrame
        As in `band_limits`.
    conventions : iterable of str
    discretion_points : float
        As in `band_limits`.

    Returns
    -------
    DataFrame
        The columns of ``rating_bounds.csv``; differences are fractions, group minus reference. `sign` is
        ``lower`` or ``higher`` where every pair of percentages agrees on it, else ``not_identified``.
    """
    wide = cells.pivot(index="standard", columns="care_group", values="rating")
    rows = []
    for convention in conventions:
        limits = band_limits(bands, convention, discretion_points)
        for group, reference in compared:
            for standard in cells["standard"].unique():
                row = {"standard": standard, "group": group, "reference": reference, "convention": convention}
                rows.append(row | _bounds_of_pair(limits, *wide.loc[standard, [group, reference]], convention))
    table = pd.DataFrame(rows)
    said = CONVENTIONS | {"discretion": CONVENTIONS["discretion"].replace("some points", f"{discretion_points:g} points")}
    return table.assign(assumes=f"{ASSUMED_RULE}; " + table["convention"].map(said), evidence=_one_evidence(cells))


def _bounds_of_pair(limits: pd.DataFrame, group: str, reference: str, convention: Convention) -> dict[str, float | str]:
    low, high = limits.loc[group, ["low", "high"]]
    low_ref, high_ref = limits.loc[reference, ["low", "high"]]
    lower, upper = low - high_ref, high - low_ref
    # Under "integer" the ends are reached, so a difference of 0 there means that both may be equal.
    closed = convention == "integer"
    if upper < 0 or (upper == 0 and not closed):
        sign = "lower"
    elif lower > 0 or (lower == 0 and not closed):
        sign = "higher"
    else:
        sign = "not_identified"
    return {
        "difference_lower": lower / 100,
        "difference_upper": upper / 100,
        "ratio_lower": _quotient(low, high_ref),
        "ratio_upper": _quotient(high, low_ref),
        "odds_ratio_lower": _quotient(_odds(low), _odds(high_ref)),
        "odds_ratio_upper": _quotient(_odds(high), _odds(low_ref)),
        "sign": sign,
    }


def _odds(per_cent: float) -> float:
    return _quotient(per_cent, 100 - per_cent)


def _quotient(above: float, below: float) -> float:
    """`above` / `below` as a limit: what has nothing below it, or all above it, is without bound."""
    if np.isinf(below):
        return 0.0
    return above / below if below else np.inf


def _one_evidence(cells: pd.DataFrame) -> str:
    (evidence,) = cells["evidence"].unique()
    return evidence
