"""Sentences about comparisons between groups of cases, made from the tables."""

import pandas as pd

from helpers.published import RATINGS
from helpers.ratings import GROUP_NAMES, LOWEST
from helpers.results import points

METHODS = {
    "population": "share of the population, on the question lowest here",
    "population_ignoring_services": "the same, services ignored",
    "cluster_bootstrap": "services drawn again, lowest question found anew",
    "reinspection": "the same question in as many cases again",
}


# Every pair of the care groups.
_PAIRS_NAMED = 3


def group_name(group: str) -> str:
    """What a group is called on a page."""
    return GROUP_NAMES.get(group, f"“{group}”")


def about(evidence: str) -> str:
    """What has to be said of percentages of cases with this evidence."""
    return {
        "synthetic": "The cases were made to give these ratings.",
        "supplied": "Ratings come from exact counts: a percentage of rounded ones may lie in another band.",
    }.get(evidence, "")


def holm_in_words(rows: pd.DataFrame, threshold: float = 0.05) -> str:
    """How many of the tests of a family stay below 5% when all of them are allowed for.

    Parameters
    ----------
    rows : DataFrame
        The confirmatory rows of ``rating_comparisons.csv``, treated or not.
    threshold : float
    """
    chances = pd.to_numeric(rows["p_holm"], errors="coerce")
    tested = int(chances.notna().sum())
    if not tested:
        return "No difference between the groups can be shown"
    found = rows[chances < threshold]
    rest = f": {_differences(found)}" if len(found) else ""
    which = f"the {tested} differences that can be tested and shown" if tested < len(rows) else f"{tested} differences"
    return f"{len(found)} of {which} have p below {100 * threshold:g}% after Holm's method{rest}"


def separated_in_words(rows: pd.DataFrame) -> str:
    """The differences that have no test since everybody or nobody is sufficient in a group, where exact limits leave out 0.

    Parameters
    ----------
    rows : DataFrame
        As for `holm_in_words`.
    """
    numbers = {name: pd.to_numeric(rows[name], errors="coerce") for name in ("p_value", "lower", "upper")}
    found = rows[numbers["p_value"].isna() & ((numbers["lower"] > 0) | (numbers["upper"] < 0))]
    return "".join(
        f" In {row.standard} everybody or nobody was judged sufficient in one of two groups: {group_name(row.group)} less "
        f"{group_name(row.reference)} is {points(row.lower)} to {points(row.upper)} points, by limits that ignore services."
        for row in found.itertuples()
    )


def _differences(rows: pd.DataFrame) -> str:
    """The standards of each pair of groups; of many pairs only how many, since the words are a title as well."""
    pairs = list(rows.groupby(["group", "reference"], sort=False)["standard"])
    if len(pairs) > _PAIRS_NAMED:
        return f"in {len(pairs)} pairs of groups"
    return "; ".join(
        f"{group_name(group)} against {group_name(reference)} ({', '.join(standards)})" for (group, reference), standards in pairs
    )


def cases_in_words(rows: pd.DataFrame, comparisons: pd.DataFrame) -> str:
    """What a list of the user's own shows, as a line of the answer; empty where the cases are not the user's own.

    Parameters
    ----------
    rows : DataFrame
        As from `helpers.ratings.of_shares`, treated or not.
    comparisons : DataFrame
        ``rating_comparisons.csv``, treated or not.
    """
    if set(rows["evidence"]) != {"supplied"}:
        return ""
    lowest = rows[rows["question"] == LOWEST]
    known = lowest[lowest["rating"].isin(list(RATINGS.categories))]
    found = [
        f"{GROUP_NAMES[group]}: {', '.join(f'{row.standard} {row.rating}' for row in part.itertuples())}"
        for group, part in known.groupby("care_group", sort=False)
    ]
    rest = f" {len(lowest) - len(known)} of {len(lowest)} ratings have no case or are hidden." if len(known) < len(lowest) else ""
    listed = f" By the recalled rule your list is rated as follows: {'; '.join(found)}." if found else ""
    family = comparisons[comparisons["family"] == "confirmatory"]
    tests = (
        f" {holm_in_words(family)}.{separated_in_words(family)} None of this says why."
        if len(family)
        else " Differences between its groups cannot be shown."
    )
    return f"\n-{listed}{rest}{tests} *Evidence: supplied.*"


def bounds_in_words(bounds: pd.DataFrame, reading: str, points: str) -> str:
    """What the bounds say under the assumed rule, in sentences.

    Parameters
    ----------
    bounds : DataFrame
        As from `helpers.ratings.bounds`.
    reading : str
        The convention that the page speaks of.
    points : str
        The points within which a panel may move a rating.
    """
    known = {name: rows[rows["sign"] != "not_identified"] for name, rows in bounds.groupby("convention", sort=False)}
    fixed = len(known["discretion"])
    moved = f"if a panel may move a rating by {points} points, " + (
        f"the direction of {fixed} is fixed" if fixed else "not even their direction is fixed"
    )
    if reading == "discretion":
        return f"As for differences under the recalled bands, which the letter does not give: {moved}."
    rows = known[reading]
    most = rows[["difference_lower", "difference_upper"]].abs().max(axis=None)
    return (
        f"Under the recalled bands, which the letter does not give, each of these {len(rows)} differences is anything above 0 "
        f"and below {100 * most:g} points, each group on its own lowest key question; {moved}."
    )
