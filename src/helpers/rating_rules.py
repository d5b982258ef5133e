"""The rating rule: from counts of cases to the rating of a standard, and from standards to the overall rating.

The numbers are recalled and come from `data/reference`; the letter of 2021 gives none of them.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Literal, NamedTuple

import pandas as pd

from helpers import rounding as exact
from helpers.errors import InputError, did_you_mean
from helpers.published import RATINGS
from helpers.rating_scale import Rating

__all__ = [
    "ROUNDINGS",
    "Rating",
    "Rounding",
    "StandardRating",
    "discretion",
    "framework",
    "of_counts",
    "overall_rating",
    "overall_score",
    "standard_rating",
    "whole_per_cent",
]
Rounding = Literal["half_up", "half_even", "down", "up", "none"]


class StandardRating(NamedTuple):
    """Rating of a standard; without an applicable key question it is None, and `reason` says so.

    `questions` are those that give the rating (several where they tie), `per_cent` is theirs by the convention of rounding,
    and `not_applicable` are those passed over.
    """

    rating: Rating | None
    questions: tuple[str, ...]
    per_cent: int | Fraction | None
    not_applicable: tuple[str, ...]
    reason: str


def _half_even(count: int, n: int) -> int:
    whole, rest = divmod(100 * count, n)
    return whole + (2 * rest > n or (2 * rest == n and whole % 2 == 1))


_ROUNDINGS: dict[Rounding, Callable[[int, int], int | Fraction]] = {
    "half_up": exact.whole_per_cent,
    "half_even": _half_even,
    "down": lambda count, n: 100 * count // n,
    "up": lambda count, n: -(-100 * count // n),
    "none": lambda count, n: Fraction(100 * count, n),
}
ROUNDINGS: tuple[Rounding, ...] = tuple(_ROUNDINGS)


def whole_per_cent(count: int, n: int, rounding: Rounding = "half_up") -> int | Fraction:
    """The per cent that is banded, in exact arithmetic; a `Fraction` where nothing is rounded.

    Parameters
    ----------
    count, n : int
        Cases judged sufficient, and all cases where the question applies, at least one.
    rounding : {"half_up", "half_even", "down", "up", "none"}

    Examples
    --------
    >>> [whole_per_cent(129, 200, rounding) for rounding in ("half_up", "half_even", "down", "up")]
    [65, 64, 64, 65]

    Raises
    ------
    InputError
        Counts that are not whole, `count` outside 0..n, no case, or no such convention.
    """
    if rounding not in _ROUNDINGS:
        raise InputError(f"rounding: there is no convention {rounding!r}; {did_you_mean(str(rounding), ROUNDINGS)}")
    count, n = _checked(count, n)
    if n == 0:
        raise InputError("a percentage needs at least one case; there are 0")
    return _ROUNDINGS[rounding](count, n)


def _checked(count: int, n: int) -> tuple[int, int]:
    if not (float(count).is_integer() and float(n).is_integer() and 0 <= count <= n):
        raise InputError(f"a count is a whole number between 0 and the number of cases; this is {count} of {n}")
    # Counts of numpy could overflow when multiplied.
    return int(count), int(n)


def _rating(per_cent: int | Fraction, bands: pd.DataFrame) -> Rating:
    """The highest rating whose lowest per cent is reached; so nothing falls between two bands."""
    lows = dict(zip(bands["rating"], bands["lowest_per_cent"], strict=True))
    return max(Rating(rating) for rating, low in lows.items() if low <= per_cent)


def of_counts(count: int, n: int, bands: pd.DataFrame, rounding: Rounding = "half_up") -> Rating | None:
    """The rating of `count` sufficient cases of `n`; None without a case.

    Parameters
    ----------
    count, n : int
    bands : DataFrame
        As from `helpers.published.rating_bands`.
    rounding : {"half_up", "half_even", "down", "up", "none"}

    Raises
    ------
    InputError
        As `whole_per_cent`, but for a number of cases of 0.
    """
    count, n = _checked(count, n)
    return _rating(whole_per_cent(count, n, rounding), bands) if n else None


def standard_rating(
    questions: Mapping[str, tuple[int, int]], bands: pd.DataFrame, rounding: Rounding = "half_up"
) -> StandardRating:
    """The rating of a standard: that of its lowest key question.

    Parameters
    ----------
    questions : mapping of str to (count, n)
        Sufficient cases, and cases where the question applies: with none it is passed over.
    bands : DataFrame
    rounding : {"half_up", "half_even", "down", "up", "none"}

    Raises
    ------
    InputError
        As `of_counts`; the message names the question.
    """
    found: dict[str, int | Fraction] = {}
    for name, counts in questions.items():
        try:
            count, n = _checked(*counts)
            if n:
                found[name] = whole_per_cent(count, n, rounding)
        except InputError as error:
            raise InputError(f"{name}: {error}") from None
    passed_over = tuple(name for name in questions if name not in found)
    if not found:
        return StandardRating(None, (), None, passed_over, "no key question applies to any case")
    lowest = min(found.values())
    those = tuple(name for name, per_cent in found.items() if per_cent == lowest)
    return StandardRating(_rating(lowest, bands), those, lowest, passed_over, "")


def discretion(count: int, n: int, bands: pd.DataFrame, rules: pd.DataFrame, rounding: Rounding = "half_up") -> pd.DataFrame:
    """The ratings that a panel could give, and why.

    A panel may use discretion within some points of a boundary, where one case more or fewer changes the rating, and where
    the rating rests on few cases. The rule, as recalled, sets no limit for few cases, so any rating is then possible.

    Parameters
    ----------
    count, n : int
    bands : DataFrame
    rules : DataFrame
        rule and value, as from ``helpers.published.read("rating-rules")``.
    rounding : {"half_up", "half_even", "down", "up", "none"}

    Returns
    -------
    DataFrame
        rating (ordered), as_counted, within_points, by_cases, few_cases (booleans) and reason, one row a possible rating,
        from the lowest up. Without a case there is one row with a missing rating.

    Raises
    ------
    InputError
        As `of_counts`.
    """
    count, n = _checked(count, n)
    if n == 0:
        return _possible([(None, False, False, False, False, "there is no case")])
    value = dict(zip(rules["rule"], rules["value"], strict=True))
    points, cases, few = (Fraction(value[f"discretion_{name}"].strip()) for name in ("points", "case_changes", "small_base"))
    per_cent, counted = whole_per_cent(count, n, rounding), of_counts(count, n, bands, rounding)
    changed = range(max(0, count - int(cases)), min(n, count + int(cases)) + 1)
    by_cases = {of_counts(other, n, bands, rounding) for other in changed}
    rows = []
    for rating, low, end in _spans(bands):
        near = low <= per_cent + points and (end is None or per_cent - points < end)
        reasons = {
            f"as counted, {float(per_cent):g} per cent": rating == counted,
            f"within {points} points of a boundary": near and rating != counted,
            f"{_cases(int(cases))} would change it": rating in by_cases and rating != counted,
            f"rests on {few} cases or fewer": n <= few and rating != counted,
        }
        if any(reasons.values()):
            rows.append((rating.value, *reasons.values(), "; ".join(reason for reason, holds in reasons.items() if holds)))
    return _possible(rows)


def _spans(bands: pd.DataFrame) -> list[tuple[Rating, int, int | None]]:
    """Each rating with the per cent at which it begins and the one at which the next begins, from the lowest up."""
    lows = sorted((int(low), Rating(rating)) for rating, low in zip(bands["rating"], bands["lowest_per_cent"], strict=True))
    ends = [*(low for low, _ in lows[1:]), None]
    return [(rating, low, end) for (low, rating), end in zip(lows, ends, strict=True)]


def _cases(number: int) -> str:
    return "one case" if number == 1 else f"{number} cases"


def _possible(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["rating", "as_counted", "within_points", "by_cases", "few_cases", "reason"])
    return table.astype({"rating": RATINGS})


def framework(name: str, frameworks: pd.DataFrame) -> pd.DataFrame:
    """The standards of one framework.

    Parameters
    ----------
    name : str
        ``"2018"`` or ``"2021"``.
    frameworks : DataFrame
        As from `helpers.published.rating_frameworks`.

    Raises
    ------
    InputError
        There is no such framework.
    """
    known = frameworks["framework"].unique()
    if str(name) not in known:
        raise InputError(f"there is no framework {name!r}; there is: {', '.join(known)}")
    return frameworks[frameworks["framework"] == str(name)].reset_index(drop=True)


def overall_score(ratings: Mapping[str, str | None], name: str, frameworks: pd.DataFrame) -> int:
    """The score of a service: its standards' places on the scale, 0 to 3, added up; 0 to 36 for twelve.

    Places are added here because the rule says so; the score orders services and measures nothing.

    Parameters
    ----------
    ratings : mapping of str to str
        Rating by standard. One that does not count, such as resettlement from 2021, may be left out.
    name : str
        The framework.
    frameworks : DataFrame

    Raises
    ------
    InputError
        There is no such framework; a standard is missing, has no rating or is not one of the framework.
    """
    standards = framework(name, frameworks)
    for standard in ratings:
        if standard not in set(standards["standard"]):
            meant = did_you_mean(standard, standards["standard"])
            raise InputError(f"{standard!r} is no standard of the framework {name}; {meant}")
    score = 0
    for row in standards[standards["counts_towards_overall"]].itertuples():
        rating = ratings.get(row.standard)
        if rating is None or rating is pd.NA or rating != rating or not str(rating).strip():
            raise InputError(f"{row.standard} has no rating, so there is no score of the framework {name}")
        try:
            score += Rating(rating).rank
        except InputError as error:
            raise InputError(f"{row.standard}: {error}") from None
    return score


def overall_rating(score: int, rules: pd.DataFrame) -> Rating:
    """The overall rating of a score.

    Parameters
    ----------
    score : int
    rules : DataFrame
        rule and value, as from ``helpers.published.read("rating-rules")``.

    Raises
    ------
    InputError
        The score is not whole, or lies in no band.
    """
    value = dict(zip(rules["rule"], rules["value"], strict=True))
    spans = {rating: value[f"overall_score_{rating.lower().replace(' ', '_')}"] for rating in map(str, Rating)}
    for rating, span in spans.items():
        low, high = map(int, span.split("-"))
        if float(score).is_integer() and low <= score <= high:
            return Rating(rating)
    raise InputError(f"a score is a whole number from 0 to {value['overall_score_highest']}; this is {score}")
