"""The rules of the contract of inspection ratings, a row a service and date; findings are told row by row.

A grade that is wrong is printed only where it is near a right one or one word in small letters: all else could be a name.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from helpers.cases import columns as tidy
from helpers.cases import scores
from helpers.cases.contracts import CONTRACTS, Column, allowed
from helpers.cases.refusals import Violation, rows_named
from helpers.cases.rule import Rule, each
from helpers.rating_scale import Rating

RESETTLEMENT = "resettlement"
STANDARDS = tuple(column.name for column in CONTRACTS["ratings"] if column.kind == "rating" and column.name != "overall")
# With fewer rows two standards may well have the same ratings throughout.
ROWS_THAT_TELL = 20
_FIRST_WORD = "requires"
_NO_GRADE = {"n/a", "na", "none", "null", "nil", "n/k", "not rated", "unknown"}
Said = Callable[[Column, pd.DataFrame, np.ndarray, np.ndarray], Sequence[str]]


def rules(column: Column) -> list[Rule]:
    """The rules that the values of a column keep."""
    done = [Rule("filled", lambda values: values.notna(), _told("filled", _blank))] if column.filled else []
    if column.kind in ("choice", "rating"):
        right = each(lambda values: [value in column.choices for value in values])
        done.append(Rule("allowed", right, _told("allowed", _wrong_choice)))
    elif column.kind == "date":
        right = each(lambda values: [tidy.iso_date(value) is not None for value in values])
        done.append(Rule("date", right, _told("date", _never)))
    elif column.kind == "whole":
        right = each(lambda values: [_within(tidy.whole(value), column.low, column.high) for value in values])
        done.append(Rule("whole number", right, _told("whole number", _never)))
    return done + _ACROSS.get(column.name, [])


def _within(number: int | None, low: int, high: int) -> bool:
    return number is not None and low <= number <= high


def _told(rule: str, said: Said) -> Callable[..., list[Violation]]:
    def told(column: Column, where: np.ndarray, rows: np.ndarray, data: Mapping[str, Any]) -> list[Violation]:
        table = pd.DataFrame({name: values.as_category() for name, values in data.items()})
        texts = said(column, table, where, rows)
        return [
            Violation(rule, column.name, (row,), f"row {row}, {column.name} ({rule}): {text}")
            for row, text in zip(rows[where].tolist(), texts, strict=True)
        ]

    return told


def _blank(column: Column, table: pd.DataFrame, where: np.ndarray, rows: np.ndarray) -> list[str]:
    must = f"it must be {allowed(column)}"
    right = pd.Series(None, index=table.index, dtype="str")
    if column.name == "score":
        right = pd.Series(
            [None if np.isnan(total) else f"the standards add up to {total:.0f}" for total in scores.sums(table)], dtype="str"
        )
    if column.name == "overall":
        right = scores.band_in_words(table)
    return [
        f"it is blank; {must if words is None else words}"
        for words in right.astype(object).where(right.notna(), None).iloc[where]
    ]


def _never(column: Column, table: pd.DataFrame, where: np.ndarray, rows: np.ndarray) -> list[str]:
    return [f"it must be {allowed(column)}"] * len(where)


def _wrong_choice(column: Column, table: pd.DataFrame, where: np.ndarray, rows: np.ndarray) -> list[str]:
    values = table[column.name].iloc[where]
    if column.name != "framework":
        return [_wrong_value(str(value), column) for value in values]
    of_year = [scores.of_year(year) for year in scores.years(table).iloc[where]]
    texts = (_wrong_value(str(value), column) for value in values)
    return [
        f"{text}{f'; its year has the framework {right}' if right else ''}" for text, right in zip(texts, of_year, strict=True)
    ]


def _wrong_value(value: str, column: Column) -> str:
    must = f"it must be {allowed(column)}"
    if column.kind == "rating" and value.casefold() == _FIRST_WORD:
        return f"it is {value!r}, one word of 'Requires improvement', as a parser that takes one word leaves it; {must}"
    # One year is no slip of another.
    close = column.kind == "rating" and get_close_matches(
        value.casefold(), [choice.casefold() for choice in column.choices], n=1, cutoff=0.5
    )
    near = next((choice for choice in column.choices if close and choice.casefold() == close[0]), None)
    shown = len(value) <= 2 * len("Requires improvement") and value.isprintable()
    if near is not None and shown:
        return f"it is {value!r}, did you mean {near!r}? {must[0].upper()}{must[1:]}"
    plain = shown and (value.casefold() in _NO_GRADE or re.fullmatch("[a-z0-9_.*/-]+", value) is not None)
    return f"it is {repr(value) if plain else 'something else'}; {must}"


def _is_sum(table: pd.DataFrame) -> pd.Series:
    sums, written = scores.sums(table), scores.written_scores(table)
    return pd.Series(np.isnan(sums) | np.isnan(written) | (sums == written), index=table.index)


def _not_sum(column: Column, table: pd.DataFrame, where: np.ndarray, rows: np.ndarray) -> list[str]:
    pairs = zip(scores.written_scores(table)[where], scores.sums(table)[where], strict=True)
    return [f"it is {written:.0f}, and the standards add up to {total:.0f}" for written, total in pairs]


def _is_in_band(table: pd.DataFrame) -> pd.Series:
    found, right = scores.column(table, "overall"), scores.right_overall(table)
    return ~found.isin([str(rating) for rating in Rating]) | right.isna() | found.eq(right)


def _not_in_band(column: Column, table: pd.DataFrame, where: np.ndarray, rows: np.ndarray) -> list[str]:
    found, right = scores.column(table, "overall").iloc[where], scores.band_in_words(table).iloc[where]
    return [f"it is {grade!r}, and {words}" for grade, words in zip(found, right, strict=True)]


def _is_of_years(table: pd.DataFrame) -> pd.Series:
    years, framework = scores.years(table), scores.column(table, "framework")
    good = pd.Series(np.ones(len(table), dtype=bool), index=table.index)
    for name, (first, last, _) in scores.frameworks().items():
        good &= ~framework.eq(name) | years.isna() | years.between(first, last)
    return good


def _not_of_years(column: Column, table: pd.DataFrame, where: np.ndarray, rows: np.ndarray) -> list[str]:
    texts = []
    for day, name in zip(scores.column(table, "date").iloc[where], scores.column(table, "framework").iloc[where], strict=True):
        first, last, _ = scores.frameworks()[name]
        right = scores.of_year(int(day[:4]))
        meant = f"that year has the framework {right}" if right else "no framework has that year"
        texts.append(f"it is {day}, and the framework {name} has the years {first} to {last}; {meant}")
    return texts


def _is_alone(table: pd.DataFrame) -> pd.Series:
    keys = pd.DataFrame({name: scores.column(table, name) for name in ("service", "date")})
    return ~keys.duplicated(keep=False) | keys.isna().any(axis=1)


def _not_alone(column: Column, table: pd.DataFrame, where: np.ndarray, rows: np.ndarray) -> list[str]:
    keys = list(zip(scores.column(table, "service").iloc[where], scores.column(table, "date").iloc[where], strict=True))
    groups: dict[tuple[str, str], list[int]] = {}
    for key, row in zip(keys, rows[where].tolist(), strict=True):
        groups.setdefault(key, []).append(row)
    others = ([other for other in groups[key] if other != row] for key, row in zip(keys, rows[where].tolist(), strict=True))
    return [f"its service and date stand in {rows_named(rest)} too; keep one row for an inspection" for rest in others]


def _has_resettlement(table: pd.DataFrame) -> pd.Series:
    without = [name for name in scores.frameworks() if RESETTLEMENT not in scores.standards_of(name)]
    return ~(scores.column(table, "framework").isin(without) & scores.column(table, RESETTLEMENT).notna())


def _no_resettlement(column: Column, table: pd.DataFrame, where: np.ndarray, rows: np.ndarray) -> list[str]:
    names = scores.column(table, "framework").iloc[where]
    return [f"it is filled, and the framework {name} has no such standard; leave it blank" for name in names]


_ACROSS: dict[str, list[Rule]] = {
    "service": [Rule("repeated", _is_alone, _told("repeated", _not_alone), across=True)],
    "date": [Rule("years", _is_of_years, _told("years", _not_of_years), across=True)],
    RESETTLEMENT: [Rule("framework", _has_resettlement, _told("framework", _no_resettlement), across=True)],
    "score": [Rule("sum", _is_sum, _told("sum", _not_sum), across=True)],
    "overall": [Rule("band", _is_in_band, _told("band", _not_in_band), across=True)],
}


def repeated_standards(header: Sequence[str]) -> list[Violation]:
    """Columns whose name is that of a standard but for capitals, spaces or a number that a program added."""
    bare = {_bare(name): name for name in STANDARDS if name in header}
    found = [(name, bare[_bare(name)]) for name in header if name not in STANDARDS and _bare(name) in bare]
    return [
        Violation("repeated", standard, (), f"column {_printable(name)!r} repeats {standard}; name each standard once")
        for name, standard in found
    ]


def _bare(name: str) -> str:
    return re.sub("[^a-z]", "", re.sub(r"[._ ]*\(?[0-9]+\)?$", "", name.strip().lower()))


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in name[:40])


def overwritten(data: Mapping[str, Any]) -> list[str]:
    """Notes on standards of two domains that have one rating in every row, as where a repeated name was overwritten."""
    notes = []
    for name in (name for name in STANDARDS if name.startswith("court_")):
        other = f"out_of_{name}"
        if name in data and other in data and len(data[name].codes) >= ROWS_THAT_TELL:
            one, two = (pd.Series(data[column].as_category()).astype("str") for column in (name, other))
            if one.equals(two):
                notes.append(
                    f"{name} and {other} have the same rating in all {len(one)} rows, as where one was written over the other; "
                    "compare them with the source."
                )
    return notes


def summary(table: pd.DataFrame) -> str:
    """What a file of ratings holds, in one line."""
    dates, overall = table["date"], table["overall"]
    years = f"{dates.min():%Y-%m-%d} to {dates.max():%Y-%m-%d}"
    frameworks = ", ".join(f"{name} {rows}" for name, rows in table["framework"].value_counts(sort=False).items() if rows)
    grades = ", ".join(f"{grade} {rows}" for grade, rows in overall.value_counts(sort=False).items())
    inspections, services = len(table), table["service"].nunique()
    return f"{inspections:,} inspections of {services:,} services, {years}; framework: {frameworks}; overall: {grades}"
