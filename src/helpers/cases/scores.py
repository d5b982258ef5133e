"""What rows of inspection ratings add up to: scores, bands and years, from the text of a file."""

from functools import cache

import numpy as np
import pandas as pd

from helpers import published
from helpers.cases import columns as tidy
from helpers.cases.contracts import CONTRACTS, SERVICE_STANDARDS
from helpers.cases.refusals import listed
from helpers.rating_rules import overall_rating
from helpers.rating_scale import Rating


@cache
def frameworks() -> dict[str, tuple[int, int, tuple[str, ...]]]:
    """First and last year of each framework, and the standards that count in it."""
    return {
        str(name): (
            int(part["first_year"].min()),
            int(part["last_year"].max()),
            tuple(part.loc[part["counts_towards_overall"], "standard"]),
        )
        for name, part in published.rating_frameworks().groupby("framework")
    }


@cache
def overall(score: float) -> str:
    """The overall rating of a score."""
    return str(overall_rating(int(score), published.read("rating-rules")))


def column(table: pd.DataFrame, name: str) -> pd.Series:
    """A column as text, all missing where the file has none."""
    return table[name].astype("str") if name in table else pd.Series(np.nan, index=table.index, dtype="str")


def sums(table: pd.DataFrame) -> np.ndarray:
    """Places on the scale of the standards that count, added up; nan where one is missing or no rating."""
    places = {str(rating): float(rating.rank) for rating in Rating}
    ranks = pd.DataFrame({name: column(table, name).map(places).astype(float) for name in SERVICE_STANDARDS})
    framework = column(table, "framework")
    added = pd.Series(np.nan, index=table.index)
    for name, (_, _, counted) in frameworks().items():
        mine = framework.eq(name)
        added[mine] = ranks.loc[mine, list(counted)].sum(axis=1, skipna=False)
    return added.to_numpy()


def written_scores(table: pd.DataFrame) -> np.ndarray:
    """The scores as the file has them; nan where one is blank or no whole number."""
    text = column(table, "score")
    read = {value: tidy.whole(value) for value in text.dropna().unique()}
    return (
        text.map({value: np.nan if number is None else float(number) for value, number in read.items()}).astype(float).to_numpy()
    )


def scores(table: pd.DataFrame) -> np.ndarray:
    """The sum of the standards, or where there is none the score of the file; nan where that is in no band."""
    added = sums(table)
    score = np.where(np.isnan(added), written_scores(table), added)
    (rule,) = (column for column in CONTRACTS["ratings"] if column.name == "score")
    return np.where((score >= rule.low) & (score <= rule.high), score, np.nan)


def band_in_words(table: pd.DataFrame) -> pd.Series:
    """``a score of 24 is 'Good'``; missing where there is no score."""
    written = written_scores(table)
    words = [
        None
        if np.isnan(score)
        else f"a score of {score:.0f}{'' if score == own else ', the sum of the standards,'} is {overall(score)!r}"
        for score, own in zip(scores(table), written, strict=True)
    ]
    return pd.Series(words, index=table.index, dtype="str")


def right_overall(table: pd.DataFrame) -> pd.Series:
    """The overall rating of each score, as text; missing where there is none."""
    return pd.Series([None if np.isnan(score) else overall(score) for score in scores(table)], index=table.index, dtype="str")


def years(table: pd.DataFrame) -> pd.Series:
    """The calendar year of each date; nan where it is none."""
    dates = column(table, "date")
    read = {value: int(day[:4]) if (day := tidy.iso_date(value)) else np.nan for value in dates.dropna().unique()}
    return dates.map(read).astype(float)


def of_year(year: float) -> str:
    """The frameworks of a year, in words; empty for none."""
    right = [name for name, (first, last, _) in frameworks().items() if first <= year <= last]
    return listed(right, "or") if right else ""


@cache
def standards_of(name: str) -> frozenset[str]:
    """The standards of a framework."""
    table = published.rating_frameworks()
    return frozenset(table.loc[table["framework"] == name, "standard"])
