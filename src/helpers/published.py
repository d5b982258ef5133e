"""Published evidence and reference data, typed. Every file is checked against its checksum before it is read."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pandas as pd

from helpers.datapackage import resource_path
from helpers.errors import InputError, did_you_mean

EVIDENCE = "published"
# The two whole per cents of inspected cases, and what each is a share of, in words.
SHARES = {
    "letter_in_care_during_sentence": "in care during the sentence",
    "letter_child_protection_or_section_47": "on a child protection plan or Section 47 enquiry",
}
RATINGS = pd.CategoricalDtype(["Inadequate", "Requires improvement", "Good", "Outstanding"], ordered=True)


def read(name: str) -> pd.DataFrame:
    """Read one resource of the data package as text; nothing is guessed, nothing becomes missing.

    Parameters
    ----------
    name : str
        Name of the resource, such as ``"claims"``.

    Raises
    ------
    InputError
        There is no such resource, or its file is missing or has changed.
    """
    path = resource_path(name)
    # A page asks for the same few files a hundred times; what the caller does to the table stays with the caller.
    return _parsed(path, path.stat().st_mtime_ns).copy(deep=False)


@cache
def _parsed(path: Path, changed: int) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def claims() -> pd.DataFrame:
    """Every claim of the two documents, one row each, with the words quoted."""
    return read("claims")


def value(claim: str) -> str:
    """The value that a claim prints, as text: ``"26"``.

    Raises
    ------
    InputError
        There is no such claim.
    """
    table = claims().set_index("claim")["value"]
    if claim not in table.index:
        raise InputError(f"no claim is called {claim!r}; {did_you_mean(claim, table.index)}")
    return table[claim]


def number(claim: str) -> int:
    """The whole number that a claim prints: ``1253``."""
    text = value(claim)
    if not text.isdigit():
        raise InputError(f"{claim} prints no whole number, it prints {text!r}")
    return int(text)


def mark(used_and_printed: Iterable[tuple[object, object]]) -> str:
    """The evidence of a result: ``published`` only where every figure used is the one printed.

    A what-if with other figures is the user's own, so it is marked ``supplied``.
    """
    return EVIDENCE if all(used == printed for used, printed in used_and_printed) else "supplied"


def areas() -> list[str]:
    """The six areas of the 2012 fieldwork, in the order of the document."""
    table = claims()
    return table.loc[table["claim"].str.startswith("release_area_") & table["kind"].eq("place"), "value"].tolist()


def as_rating(labels: Iterable[str]) -> pd.Series:
    """Turn labels into ordered ratings.

    Raises
    ------
    InputError
        A label is not one of the four ratings.
    """
    labels = pd.Series(labels, dtype=str)
    for label in labels[~labels.isin(RATINGS.categories)].astype(object).fillna("(missing)"):
        raise InputError(f"{label!r} is not a rating; {did_you_mean(label, RATINGS.categories)}")
    return labels.astype(RATINGS)


def table_1() -> pd.DataFrame:
    """Table 1 of the 2021 letter in long form.

    Returns
    -------
    DataFrame
        Twelve rows: claim, standard, care_group, rating (ordered), evidence.
    """
    cells = read("table-1").merge(claims()[["claim", "value", "evidence"]], on="claim", validate="one_to_one")
    cells["rating"] = as_rating(cells.pop("value"))
    return cells[["claim", "standard", "care_group", "rating", "evidence"]]


def rating_bands() -> pd.DataFrame:
    """The rating bands in whole per cents (recalled, not in the letter), from Inadequate upwards."""
    bands = read("rating-bands")
    return bands.astype({"lowest_per_cent": int, "highest_per_cent": int})


def rating_frameworks() -> pd.DataFrame:
    """The standards of each framework of inspections (recalled), a row each, in the order of a report.

    Returns
    -------
    DataFrame
        framework, standard, domain, title, counts_towards_overall (boolean), first_year, last_year (of inspections), mark,
        note.
    """
    table = read("rating-frameworks")
    table["counts_towards_overall"] = table["counts_towards_overall"].eq("yes")
    return table.astype({"first_year": int, "last_year": int})


def discretion_points() -> float:
    """Points within which a panel may move a rating, as recalled."""
    rules = read("rating-rules").set_index("rule")["value"]
    return float(rules["discretion_points"])
