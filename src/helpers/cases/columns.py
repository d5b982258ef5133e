"""Tidy one column of a case-level file: the accepted ways of writing a value become one, and a note counts them."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache, cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from helpers import published
from helpers.cases.refusals import counted, listed

# Unicode's spaces, the zero-width ones and a byte order mark that was taken for text.
SPACES = (
    " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680"
    + "".join(map(chr, range(0x2000, 0x200C)))
    + "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
FIRST_YEAR, LAST_YEAR = 1990, 2099
# Above this a whole number in a file is no count, and could leave the range of 64 bits.
MOST = 1_000_000_000
YES = frozenset({"yes", "y", "true", "1", "1.0"})
NO = frozenset({"no", "n", "false", "0", "0.0"})
CLOSE = 0.85
# Looking for known names that are close takes milliseconds a name.
MOST_COMPARED = 300
NAMES_IN_NOTE = 3
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T]00:00(?::00(?:\.0+)?)?)?")
_DAY_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?: 00:00(?::00)?)?")
_WHOLE = re.compile(r"(-?[0-9]{1,18})(?:\.0*)?")
_YEAR = re.compile(r"([0-9]{4})(?:\.0+|[/-]([0-9]{2}|[0-9]{4}))?")
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
_NEUTRALISED = "^'[=+@-]"


@dataclass(frozen=True)
class Coded:
    """A column of few different values: the different ones, and which of them each row has (-1: it is blank)."""

    codes: np.ndarray
    values: list[str]

    @cached_property
    def counts(self) -> np.ndarray:
        """How many rows have each value."""
        return np.bincount(self.codes + 1, minlength=len(self.values) + 1)[1:]

    def rewritten(self, new: Sequence[str | None]) -> "Coded":
        """Write each value as the one in its place in `new`; equal ones fall together, None and "" are blank."""
        if list(new) == self.values and "" not in self.values:
            return self
        places: dict[str, int] = {}
        lookup = [places.setdefault(value, len(places)) if value else -1 for value in new]
        return Coded(np.asarray([*lookup, -1], dtype=np.int32)[self.codes], list(places))

    def differing(self, new: Sequence[str]) -> int:
        """Rows whose value is not the one in its place in `new`."""
        return int(self.counts[[old != value for old, value in zip(self.values, new, strict=True)]].sum()) if self.values else 0

    def mapped(self, meaning: Callable[[str], object], blank: object, dtype: object) -> np.ndarray:
        """The meaning of each row's value, worked out once for each different value."""
        return np.asarray([*map(meaning, self.values), blank], dtype=dtype)[self.codes]

    def taken(self, rows: np.ndarray) -> "Coded":
        """These rows only, and the values that they have."""
        few = Coded(self.codes[rows], self.values)
        return few.rewritten([value if count else None for value, count in zip(few.values, few.counts, strict=True)])

    def as_category(self) -> pd.Categorical:
        """The column as pandas holds it."""
        return pd.Categorical.from_codes(self.codes, pd.Index(self.values, dtype="str"))


def coded(column: pa.DictionaryArray) -> Coded:
    """Codes and text of an Arrow column; a blank one is -1, and a value that no row has is left out."""
    codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    raw = Coded(codes, column.dictionary.fill_null("").to_pylist())
    if "" in raw.values or len(set(raw.values)) < len(raw.values) or not raw.counts.all():
        raw = raw.rewritten([value if count else None for value, count in zip(raw.values, raw.counts, strict=True)])
    return raw


def as_text(column: pa.ChunkedArray) -> pd.Series:
    """Identifiers as pandas holds them."""
    return pd.Series(pd.array(column, dtype="str"))


def trimmed(name: str, column: Coded, notes: list[str]) -> Coded:
    """Take the spaces round each value off."""
    bare = [value.strip(SPACES) for value in column.values]
    spaced = column.differing(bare)
    if not spaced:
        return column
    notes.append(_of_spaces(name, spaced))
    return column.rewritten(bare)


def trimmed_ids(name: str, column: pa.ChunkedArray, notes: list[str]) -> pa.ChunkedArray:
    """Identifiers without spaces round them and without the apostrophe that keeps a formula from running; blank is null."""
    column = column.fill_null("")
    bare = pc.utf8_trim(column, characters=SPACES)
    spaced = _rows_that_differ(column, bare)
    if spaced:
        notes.append(_of_spaces(name, spaced))
    if pc.any(pc.starts_with(bare, "'")).as_py():
        plain = pc.replace_substring_regex(bare, _NEUTRALISED[:2] + "([=+@-])", r"\1")
        neutralised = _rows_that_differ(bare, plain)
        bare = plain
        if neutralised:
            notes.append(_of_apostrophes(name, neutralised))
    blank = pc.equal(bare, "")
    return pc.if_else(blank, None, bare) if pc.any(blank).as_py() else bare


def _rows_that_differ(one: pa.ChunkedArray, other: pa.ChunkedArray) -> int:
    return pc.sum(pc.not_equal(one, other)).as_py() or 0


def _of_spaces(name: str, rows: int) -> str:
    return f"Spaces round {counted(rows, 'value')} of {name} are left out."


def _of_apostrophes(name: str, rows: int) -> str:
    return f"An apostrophe before =, +, - or @ is taken off {counted(rows, 'value')} of {name}."


def tidy_yes_no(name: str, column: Coded, notes: list[str]) -> Coded:
    """Write yes and no for the other ways of writing them; what is neither stays as it is."""
    plain = [yes_or_no(value) or value for value in column.values]
    others = column.differing(plain)
    if others:
        notes.append(
            f"{counted(others, 'value')} of {name} written other than yes or no (such as Y, True or 1) are read as yes or no."
        )
    return column.rewritten(plain)


def yes_or_no(value: str) -> str | None:
    """``"yes"``, ``"no"``, or None for a value that is neither."""
    lower = value.lower()
    return "yes" if lower in YES else "no" if lower in NO else None


def tidy_dates(name: str, column: Coded, notes: list[str]) -> Coded:
    """Write dates as 2012-03-31; what is no date stays as it is."""
    day_first = [bool(_DAY_FIRST.fullmatch(value) and iso_date(value)) for value in column.values]
    rows = int(column.counts[day_first].sum())
    if rows:
        notes.append(f"{counted(rows, 'value')} of {name} written like 31/03/2012 are read as day, month, year.")
    return column.rewritten([iso_date(value) or value for value in column.values])


def iso_date(value: str) -> str | None:
    """A date as ``"2012-03-31"``, or None for what is no date of 1990 to 2099.

    Examples
    --------
    >>> iso_date("31/3/2012"), iso_date("2012-03-31 00:00:00"), iso_date("31/02/2012")
    ('2012-03-31', '2012-03-31', None)
    """
    if parts := _ISO.fullmatch(value):
        year, month, day = map(int, parts.groups())
    elif parts := _DAY_FIRST.fullmatch(value):
        day, month, year = map(int, parts.groups())
    else:
        return None
    try:
        return date(year, month, day).isoformat() if FIRST_YEAR <= year <= LAST_YEAR else None
    except ValueError:
        return None


def tidy_whole(name: str, column: Coded, notes: list[str]) -> Coded:
    """Write 15.0, as spreadsheets do, as 15; what is no whole number stays as it is."""
    return column.rewritten([value if (number := whole(value)) is None else str(number) for value in column.values])


def whole(value: str) -> int | None:
    """A whole number, or None."""
    parts = _WHOLE.fullmatch(value)
    return int(parts[1]) if parts else None


def numbers(values: Sequence[str]) -> np.ndarray:
    """Numbers from text; what is none is NaN."""
    text = pa.array(values, pa.string())
    written = pc.match_substring_regex(text, _NUMBER)
    return pc.cast(pc.if_else(written, text, "nan"), pa.float64()).to_numpy(zero_copy_only=False)


def tidy_ratings(name: str, column: Coded, notes: list[str]) -> Coded:
    """Write each of the four ratings with its own capitals and spaces; what is none stays as it is."""
    known = {"".join(rating.split()).casefold(): rating for rating in published.RATINGS.categories}
    plain = [known.get("".join(value.split()).casefold(), value) for value in column.values]
    others = column.differing(plain)
    if others:
        notes.append(f"{counted(others, 'value')} of {name} written with other capitals or spaces are read as ratings.")
    return column.rewritten(plain)


def tidy_years(name: str, column: Coded, notes: list[str]) -> Coded:
    """Write financial years as 2018/19; what is no year stays as it is."""
    plain = [year(value) or value for value in column.values]
    others = column.differing(plain)
    if others:
        notes.append(f"{counted(others, 'value')} of {name} written otherwise are read like 2019 or 2018/19.")
    return column.rewritten(plain)


def year(value: str) -> str | None:
    """A calendar year, or a financial year as ``"2018/19"``; None for what is neither, or not of 1990 to 2099.

    Examples
    --------
    >>> year("2018-2019"), year("2019"), year("2018/20")
    ('2018/19', '2019', None)
    """
    parts = _YEAR.fullmatch(value)
    if not parts or not FIRST_YEAR <= int(parts[1]) <= LAST_YEAR:
        return None
    first, second = parts.groups()
    if second is None:
        return first
    following = str(int(first) + 1)
    return f"{first}/{following[-2:]}" if following.endswith(second) and len(second) in (2, 4) else None


@cache
def known_names() -> dict[str, str]:
    """Names of areas and services, by what is left of them without capitals, spaces and "&"."""
    names = [*published.areas(), *published.read("yots-2024-25")["yot"]]
    return {_bare(name): name for name in reversed(names)}


def _bare(name: str) -> str:
    """A name without what one and the same name may differ in."""
    return " ".join(name.replace("&", " and ").split()).casefold()


def tidy_names(columns: Mapping[str, Coded], notes: list[str]) -> dict[str, Coded]:
    """Write each name of an area or service in one way: the known one, else the commonest in these columns.

    A name that is only close to a known one is left as it is, and noted.
    """
    columns = {name: single_spaced(name, _without_apostrophes(name, column, notes), notes) for name, column in columns.items()}
    spelling = _one_spelling(columns.values())
    known = known_names()
    for name, column in columns.items():
        counts = dict(zip(column.values, column.counts.tolist(), strict=True))
        as_known, as_others = {}, 0
        for value, rows in counts.items():
            if spelling[value] == value:
                continue
            if _bare(value) in known:
                as_known[spelling[value]] = as_known.get(spelling[value], 0) + rows
            else:
                as_others += rows
        if as_known:
            named = _named({f"{place} ({rows})": rows for place, rows in as_known.items()})
            notes.append(
                f"{counted(sum(as_known.values()), 'row')} of {name} differ from a known name only in capitals, spaces or "
                f"'and' for '&', and are read as it: {named}."
            )
        if as_others:
            notes.append(
                f"{counted(as_others, 'row')} of {name} differ from a commoner spelling in the file only in capitals, spaces or "
                "'and' for '&', and are read as it."
            )
        notes.extend(_close_to_known(name, {value: rows for value, rows in counts.items() if _bare(value) not in known}))
    return {name: column.rewritten([spelling[value] for value in column.values]) for name, column in columns.items()}


def _without_apostrophes(name: str, column: Coded, notes: list[str]) -> Coded:
    plain = [value[1:] if re.match(_NEUTRALISED, value) else value for value in column.values]
    neutralised = column.differing(plain)
    if neutralised:
        notes.append(_of_apostrophes(name, neutralised))
    return column.rewritten(plain)


def single_spaced(name: str, column: Coded, notes: list[str]) -> Coded:
    """Write what keeps words apart, such as a space that does not break, as one space: no parameter could name it otherwise."""
    odd = [value if value.isprintable() else " ".join(value.split()) for value in column.values]
    rows = column.differing(odd)
    if rows:
        notes.append(f"Line breaks, tabs and odd spaces inside {counted(rows, 'value')} of {name} are read as one space.")
    return column.rewritten(odd)


def _one_spelling(columns: Iterable[Coded]) -> dict[str, str]:
    rows: dict[str, int] = {}
    for column in columns:
        for value, count in zip(column.values, column.counts.tolist(), strict=True):
            rows[value] = rows.get(value, 0) + count
    known = known_names()
    # The commonest first, and of equally common ones the alphabetically first.
    commonest: dict[str, str] = {}
    for value in sorted(rows, key=lambda value: (-rows[value], value)):
        commonest.setdefault(_bare(value), value)
    return {value: known.get(_bare(value), commonest[_bare(value)]) for value in rows}


def _close_to_known(name: str, counts: Mapping[str, int]) -> list[str]:
    known = known_names()
    close: dict[str, int] = {}
    for value in sorted(counts, key=lambda value: (-counts[value], value))[:MOST_COMPARED]:
        for bare in get_close_matches(_bare(value), known, n=1, cutoff=CLOSE):
            close[known[bare]] = close.get(known[bare], 0) + counts[value]
    return [
        f"{counted(rows, 'row')} of {name} hold a name that is close to {place!r} but not the same; left as it is."
        for place, rows in sorted(close.items())
    ]


def _named(weights: Mapping[str, int]) -> str:
    names = sorted(weights, key=lambda name: (-weights[name], name))
    more = len(names) - NAMES_IN_NOTE
    return listed([*names[:NAMES_IN_NOTE], f"{more} more"] if more > 0 else names)
