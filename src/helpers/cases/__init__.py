"""Read a sampling frame, inspected cases, the judgements of a fieldwork, or inspection ratings, and check the file whole.

Reading never writes: no copy, no cache on disk. What stands in a case - identifier, name, free text - never stands in
a message or a note.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from helpers.cases import columns as tidy
from helpers.cases import inspections
from helpers.cases.columns import Coded
from helpers.cases.contracts import (
    CONTRACTS,
    OUTCOMES,
    Column,
    Contract,
    check_contract,
    check_covariates,
    check_grouping,
    dictionary,
    template,
)
from helpers.cases.files import CaseFile, found, opened
from helpers.cases.refusals import Refused, Violation, counted, listed, rows_named, whole_file
from helpers.cases.rules import grouping_violations, header_violations, printable, value_violations
from helpers.datapackage import shown

__all__ = [
    "Checked",
    "Contract",
    "Refused",
    "Violation",
    "check_covariates",
    "check_grouping",
    "dictionary",
    "read",
    "summary",
    "template",
]

KEPT_RESULTS = 4
EXTRA_NAMED = 8
_RESULTS: OrderedDict[tuple, "Checked"] = OrderedDict()


@dataclass(frozen=True)
class Checked:
    """A table that keeps its contract, and sentences about what was read otherwise than written."""

    table: pd.DataFrame
    notes: tuple[str, ...]
    # Row of the file of each case; only of judgements, which are looked at again beside a draw.
    rows: np.ndarray | None = None


def read(path: str | Path, contract: Contract, group_by: str = "", covariates: Sequence[str] = ()) -> Checked:
    """Read a CSV, XLSX or Parquet file and check every rule of the contract.

    The last few results are kept in the process, so reading an unchanged file again costs nothing.

    Parameters
    ----------
    path : str or Path
        File that ends in .csv (UTF-8), .xlsx or .parquet, with column names in row 1.
    contract : {"frame", "cases", "judgements", "ratings"}
        Sampling frame, inspected cases, the returns from a fieldwork, or inspection ratings of services; `dictionary` lists
        their columns.
    group_by : str
        Column by whose values inspected cases will be grouped: care_group, year, or one that the contract does not name,
        which is then read as well, as a category.
    covariates : sequence of str
        Columns of inspected cases that comparisons will be adjusted for: child_protection, year, care_group, or some that
        the contract does not name. These are read as well: as numbers where every value is one, else as a category.

    Returns
    -------
    Checked
        The columns of the contract that are there, in its order, then (but in inspected cases) the outcomes in the order
        of the file. Identifiers are text, names and choices and years categories (home_area and supervising_area share
        theirs), yes/no nullable ``boolean``, `opened` ``datetime64[s]``, `age` ``Int16``, `caseload` ``Int64``,
        `weight` ``float64``. Rows are in the order of the file; rows blank in every column read are left out.

    Raises
    ------
    Refused
        The file can not be read, or breaks the contract; every rule broken is named.
    InputError
        There is no such contract, or cases are not grouped by this column of it.
    """
    check_contract(contract)
    check_grouping(contract, group_by)
    check_covariates(covariates)
    try:
        return _read(Path(path), contract, group_by, tuple(covariates))
    except Refused as error:
        # Made anew: the errors that led to this one may quote a case.
        refusal = Refused(error.file, error.violations)
    raise refusal


def summary(table: pd.DataFrame, contract: Contract) -> str:
    """What a table that keeps its contract holds, in one line."""
    return inspections.summary(table) if contract == "ratings" else f"{len(table):,} cases"


def _read(path: Path, contract: Contract, group_by: str, covariates: tuple[str, ...]) -> Checked:
    path = found(path)
    key = _state(path, contract, group_by, covariates)
    checked = _RESULTS.get(key)
    if checked is None:
        with opened(path) as file:
            checked = _check(file, contract, shown(path), group_by, covariates)
        if _state(path, contract, group_by, covariates) != key:
            raise _changed(path)
        _RESULTS[key] = checked
        while len(_RESULTS) > KEPT_RESULTS:
            _RESULTS.popitem(last=False)
    return Checked(checked.table.copy(deep=False), checked.notes, checked.rows)


def _state(path: Path, contract: Contract, *own: object) -> tuple:
    try:
        status = path.stat()
    except OSError:
        raise _changed(path) from None
    return path.resolve(), contract, *own, status.st_size, status.st_mtime_ns, status.st_ino


def _changed(path: Path) -> Refused:
    return whole_file(shown(path), "changed", "was changed while it was read; read it again")


def _check(file: CaseFile, contract: Contract, name: str, group_by: str, covariates: tuple[str, ...]) -> Checked:
    places = {header: place for place, header in enumerate(file.header)}
    violations = header_violations(file.header, contract, group_by, covariates)
    wanted = {column.name: column for column in CONTRACTS[contract] if column.name in places}
    if not wanted:
        raise Refused(name, violations)
    extra = [header for header in file.header if header not in wanted]
    candidates = [header for header in extra if contract in OUTCOMES and _may_be_outcome(file.sample(places[header]))]
    ids = [column for column in wanted if wanted[column].kind == "id"]
    grouping = [header for header in extra if header == group_by or header in covariates]
    few = [column for column in wanted if wanted[column].kind != "id"] + candidates + grouping
    loaded = file.load([places[column] for column in ids], [places[column] for column in few])
    if loaded.ragged:
        have = "has" if len(loaded.ragged) == 1 else "have"
        text = f"every row must have {counted(len(file.header), 'field')}; {rows_named(loaded.ragged)} {have} more or fewer"
        violations.append(Violation("fields", "", loaded.ragged, text))
    notes = list(file.notes)
    data: dict[str, Any] = {column: tidy.trimmed_ids(column, loaded.columns.pop(places[column]), notes) for column in ids}
    data |= {column: tidy.trimmed(column, tidy.coded(loaded.columns.pop(places[column])), notes) for column in few}
    data, rows = _without_blank_rows(data, loaded.rows, notes)
    if len(rows) == 0 and not loaded.ragged:
        raise whole_file(name, "empty", "has column names but no case")
    outcomes = {header: data.pop(header) for header in candidates}
    # In a list to draw from any other column may stand; returns are made for their outcomes.
    doubtful = violations if contract == "judgements" else None
    outcomes = {header: column for header, column in outcomes.items() if _is_outcome(header, column, rows, notes, doubtful)}
    groups = {header: tidy.single_spaced(header, data.pop(header), notes) for header in grouping}
    _note_columns(list(outcomes), [header for header in extra if header not in {**outcomes, **groups}], notes)
    data = _tidied(data, wanted, notes) | {header: tidy.tidy_yes_no(header, column, notes) for header, column in outcomes.items()}
    measured = {header: groups.pop(header) for header in covariates if header in groups and _is_measured(groups[header])}
    violations += value_violations(data, contract, rows) + grouping_violations(groups)
    if violations:
        raise Refused(name, violations)
    if contract == "ratings":
        notes += inspections.overwritten(data)
    if contract == "frame":
        _note_scope(data["home_area"], data["supervising_area"], notes)
    table = _typed(data, wanted).assign(
        **{header: _as_category(column, sorted(column.values)) for header, column in groups.items()},
        **{header: np.append(tidy.numbers(column.values), np.nan)[column.codes] for header, column in measured.items()},
    )
    return Checked(table, tuple(notes), rows if contract == "judgements" else None)


def _is_measured(column: Coded) -> bool:
    """Whether every value is a number."""
    return bool(len(column.values)) and bool(np.isfinite(tidy.numbers(column.values)).all())


def _may_be_outcome(sample: Sequence[str]) -> bool:
    filled = [value.strip(tidy.SPACES) for value in sample if value.strip(tidy.SPACES)]
    return 2 * sum(tidy.yes_or_no(value) is not None for value in filled) >= len(filled)


def _is_outcome(header: str, column: Coded, rows: np.ndarray, notes: list[str], violations: list[Violation] | None) -> bool:
    """Whether a column holds only yes and no; one that nearly does is noted, or refused where `violations` are given."""
    other = np.asarray([tidy.yes_or_no(value) is None for value in column.values], dtype=bool)
    if not column.values:
        # Returns in which nothing was judged are no mistake; in a list to draw from a blank column could be anything.
        return violations is not None
    if not other.any():
        return True
    counts = column.counts
    wrong, filled = int(counts[other].sum()), int(counts.sum())
    if 2 * wrong < filled:
        where = rows[np.append(other, False)[column.codes]]
        name = printable(header)
        text = f"{name} is no outcome: {wrong} of its {filled} values are not yes or no ({rows_named(where)})"
        if violations is None:
            notes.append(f"{text}.")
        else:
            violations.append(Violation("allowed", name, tuple(where.tolist()), text))
    return False


def _note_columns(outcomes: Sequence[str], ignored: Sequence[str], notes: list[str]) -> None:
    if outcomes:
        notes.append(f"{counted(len(outcomes), 'column')} read as an outcome (yes, no; blank: not judged): {_first(outcomes)}.")
    if ignored:
        notes.append(f"{counted(len(ignored), 'column')} ignored: {_first(ignored)}.")


def _first(names: Sequence[str]) -> str:
    more = len(names) - EXTRA_NAMED
    named = [printable(name) for name in names[:EXTRA_NAMED]]
    return listed([*named, f"{more} more"] if more > 0 else named)


def _note_scope(home: Coded, supervising: Coded, notes: list[str]) -> None:
    place = {name: code for code, name in enumerate(supervising.values)}
    same = int((home.mapped(lambda name: place.get(name, -1), -1, np.int32) == supervising.codes).sum())
    if same:
        of = counted(len(home.codes), "case")
        notes.append(
            f"Out of scope: {same} of {of}, whose home and supervising area are the same (neither hosted nor placed out)."
        )


def _without_blank_rows(data: dict[str, Any], rows: np.ndarray | None, notes: list[str]) -> tuple[dict[str, Any], np.ndarray]:
    """Leave out rows that are blank in every column read, and number the others as the file does."""
    blank = None
    for column in data.values():
        empty = column.codes < 0 if isinstance(column, Coded) else _nulls(column)
        blank = empty if blank is None else blank & empty
        if not blank.any():
            break
    rows = np.arange(2, 2 + len(blank)) if rows is None else rows
    if not blank.any():
        return data, rows
    notes.append(f"{counted(int(blank.sum()), 'row')} left out, blank in every column that is read.")
    kept = np.flatnonzero(~blank)
    data = {name: column.taken(kept) if isinstance(column, Coded) else column.take(kept) for name, column in data.items()}
    return data, rows[kept]


def _nulls(column: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(column.is_null()) if column.null_count else np.zeros(len(column), dtype=bool)


_TIDY: dict[str, Callable[[str, Coded, list[str]], Coded]] = {
    "yes_no": tidy.tidy_yes_no,
    "date": tidy.tidy_dates,
    "whole": tidy.tidy_whole,
    "year": tidy.tidy_years,
    "rating": tidy.tidy_ratings,
}


def _tidied(data: Mapping[str, Any], wanted: Mapping[str, Column], notes: list[str]) -> dict[str, Any]:
    names = tidy.tidy_names({name: data[name] for name, column in wanted.items() if column.kind == "name"}, notes)
    done = {
        name: _TIDY[column.kind](name, data[name], notes) if column.kind in _TIDY else data[name]
        for name, column in wanted.items()
    }
    return done | names


def _typed(data: Mapping[str, Any], wanted: Mapping[str, Column]) -> pd.DataFrame:
    """The final types; what was checked before can not fail here."""
    names = sorted({value for name, column in wanted.items() if column.kind == "name" for value in data[name].values})
    done = {}
    for name, column in data.items():
        kind = wanted[name].kind if name in wanted else "yes_no"
        if kind == "id":
            done[name] = tidy.as_text(column)
        elif kind == "name":
            done[name] = _as_category(column, names)
        elif kind == "choice":
            done[name] = _as_category(column, wanted[name].choices)
        elif kind == "rating":
            done[name] = _as_category(column, wanted[name].choices).as_ordered()
        elif kind == "year":
            done[name] = _as_category(column, sorted(column.values))
        elif kind == "yes_no":
            done[name] = pd.arrays.BooleanArray(column.mapped(lambda value: value == "yes", False, bool), column.codes < 0)
        elif kind == "date":
            done[name] = column.mapped(np.datetime64, np.datetime64("NaT"), "datetime64[s]")
        elif kind == "number":
            done[name] = np.append(tidy.numbers(column.values), np.nan)[column.codes]
        elif wanted[name].high > np.iinfo(np.int16).max:
            done[name] = pd.arrays.IntegerArray(column.mapped(int, 0, np.int64), column.codes < 0)
        else:
            done[name] = pd.arrays.IntegerArray(column.mapped(int, 0, np.int16), column.codes < 0)
    return pd.DataFrame(done, copy=False)


def _as_category(column: Coded, categories: Sequence[str]) -> pd.Categorical:
    place = {category: code for code, category in enumerate(categories)}
    return pd.Categorical.from_codes(column.mapped(place.__getitem__, -1, np.int32), pd.Index(list(categories), dtype="str"))
