"""Read the columns of a CSV, XLSX or Parquet file as text, with the row that each case stands in.

No text of a case stands in an error. What the columns mean is left to `helpers.cases`.
"""

import codecs
import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
import python_calamine

from helpers.cases.columns import SPACES
from helpers.cases.content import Unreadable, refuse_another_kind, refuse_what_is_not_csv, refuse_what_is_not_xlsx
from helpers.cases.refusals import counted

MOST_COLUMNS = 500
SAMPLE_ROWS = 1000
FEW = pa.dictionary(pa.int32(), pa.string())
# From here on a spreadsheet's number has lost digits.
LONGEST_NUMBER = 1e15
_SNIFFED_BYTES = 1 << 20
_WORKSHEET = python_calamine.SheetTypeEnum.WorkSheet
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "upright bars"}


@dataclass(frozen=True)
class Loaded:
    """Columns by position: ids as text, the others coded; `rows` numbers the rows where some were left out."""

    columns: dict[int, pa.Array | pa.ChunkedArray]
    rows: np.ndarray | None = None
    ragged: tuple[int, ...] = ()


@dataclass
class CaseFile(ABC):
    """An open file: the names in its first row, and what is worth telling about how it is written."""

    header: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @abstractmethod
    def sample(self, position: int) -> list[str]:
        """The first values of a column, as text."""

    @abstractmethod
    def load(self, texts: Sequence[int], coded: Sequence[int]) -> Loaded:
        """Load the columns at these positions, and no other."""

    def _take_header(self, names: Sequence[str]) -> None:
        if len(names) > MOST_COLUMNS:
            raise Unreadable("columns", f"has {len(names)} columns and may have {MOST_COLUMNS}; is the table on its side?")
        self.header = [name.strip(SPACES) for name in names]
        spaced = sum(name != bare for name, bare in zip(names, self.header, strict=True))
        if spaced:
            self.notes.append(f"Spaces round {counted(spaced, 'column name')} are left out.")
        if not any(self.header):
            raise Unreadable("header", "row 1 is blank; it must hold the column names")
        blank = [str(place) for place, name in enumerate(self.header, 1) if not name]
        if blank:
            raise Unreadable(
                "header", f"has a merged or blank header cell (column {blank[0]} of {len(names)}); name every column"
            )
        places: dict[str, int] = {}
        for place, name in enumerate(self.header, 1):
            if name in places:
                # The name itself may be a case's, if the header row is missing.
                raise Unreadable("header", f"columns {places[name]} and {place} have the same name; rename or delete one")
            places[name] = place


class Csv(CaseFile):
    """Comma-separated text in UTF-8."""

    def __init__(self, handle: BinaryIO) -> None:
        super().__init__()
        self.data = handle.read()
        refuse_what_is_not_csv(self.data)
        if self.data.startswith(codecs.BOM_UTF8):
            self.notes.append("A byte order mark at the start is left out.")
        if b"\r\n" in self.data:
            self.notes.append("Lines end as Windows ends them.")
        self.head = self._first_rows()
        if not self.head:
            raise Unreadable("empty", "holds no text")
        first = self.head.pop(0)
        if first and first[0].lower().startswith("sep="):
            raise Unreadable(
                "separator", "its first line only names a separator; delete that line, and save it with commas (CSV UTF-8)"
            )
        if len(first) == 1:
            for mark, name in _SEPARATORS.items():
                if mark in first[0]:
                    raise Unreadable("separator", f"its fields are separated by {name}; save it with commas (CSV UTF-8)")
        self._take_header(first)

    def _first_rows(self) -> list[list[str]]:
        text = self.data[:_SNIFFED_BYTES].decode("utf-8-sig", errors="ignore")
        rows = []
        try:
            for row in csv.reader(io.StringIO(text, newline="")):
                rows.append(row)
                if len(rows) > SAMPLE_ROWS:
                    break
        except csv.Error:
            # A field of more than 128 KB: what came before it is sample enough.
            if not rows:
                raise Unreadable("header", "row 1 is no list of column names") from None
        # The last row may have been cut.
        return rows[:-1] if len(self.data) > _SNIFFED_BYTES and len(rows) > 1 else rows

    def sample(self, position: int) -> list[str]:  # noqa: D102 - as CaseFile says; so below
        return [row[position] for row in self.head if position < len(row)]

    def load(self, texts: Sequence[int], coded: Sequence[int]) -> Loaded:  # noqa: D102
        ragged: list[int] = []

        def note_ragged(row: pyarrow.csv.InvalidRow) -> str:
            ragged.append(row.number)
            return "skip"

        table = self._parsed(texts, coded, note_ragged, threads=True)
        rows = None
        if ragged:
            # Row numbers are known to one thread only.
            ragged.clear()
            table = self._parsed(texts, coded, note_ragged, threads=False)
            left_out = np.asarray(ragged, dtype=np.int64)
            rows = np.setdiff1d(np.arange(2, 2 + table.num_rows + len(left_out)), left_out)
        columns = {int(name): table[name].combine_chunks() if int(name) in coded else table[name] for name in table.column_names}
        return Loaded(columns, rows, tuple(ragged))

    def _parsed(self, texts: Sequence[int], coded: Sequence[int], note_ragged: Any, threads: bool) -> pa.Table:
        kinds = {str(place): pa.string() for place in texts} | {str(place): FEW for place in coded}
        quoted = b'"' in self.data
        for block in (4 << 20, min(len(self.data) + 1, (1 << 31) - 1)):
            try:
                return pyarrow.csv.read_csv(
                    pa.py_buffer(self.data),
                    pyarrow.csv.ReadOptions(
                        use_threads=threads,
                        block_size=block,
                        column_names=[str(place) for place in range(len(self.header))],
                        skip_rows_after_names=1,
                    ),
                    # A blank line is a row for a spreadsheet, and counts as one here.
                    pyarrow.csv.ParseOptions(
                        newlines_in_values=quoted, ignore_empty_lines=False, invalid_row_handler=note_ragged
                    ),
                    pyarrow.csv.ConvertOptions(
                        check_utf8=False, strings_can_be_null=False, column_types=kinds, include_columns=list(kinds)
                    ),
                )
            except pa.ArrowInvalid:
                continue
        raise Unreadable("content", "its rows can not be told apart; save it again as CSV UTF-8")


class Xlsx(CaseFile):
    """The one sheet with content of an Excel workbook."""

    def __init__(self, handle: BinaryIO) -> None:
        super().__init__()
        refuse_what_is_not_xlsx(handle)
        try:
            with python_calamine.CalamineWorkbook.from_filelike(handle) as book:
                kinds = [sheet.typ for sheet in book.sheets_metadata]
                sheets = [book.get_sheet_by_index(place) for place, kind in enumerate(kinds) if kind == _WORKSHEET]
                cells = [(sheet, sheet.to_python(skip_empty_area=False)) for sheet in sheets]
                cells = [(sheet, rows) for sheet, rows in cells if any(map(_has_text, rows))]
                merged = [area for sheet, _ in cells for area in sheet.merged_cell_ranges or ()]
        except python_calamine.CalamineError:
            raise Unreadable("content", "is a broken XLSX file; open it in a spreadsheet and save it again") from None
        if not cells:
            raise Unreadable("empty", "holds no case: its sheets are empty")
        if len(cells) > 1:
            raise Unreadable("sheets", f"has {len(cells)} sheets with content; keep the one with the cases (hidden sheets count)")
        if any(start[0] == 0 for start, _ in merged):
            raise Unreadable("header", "has a merged or blank header cell in row 1; unmerge it and name every column")
        self.cells = cells[0][1]
        width = max((place + 1 for row in self.cells for place, cell in enumerate(row) if _has_text([cell])), default=0)
        self.cells = [row[:width] for row in self.cells]
        self._take_header([_text_of(cell) for cell in self.cells[0]])

    def sample(self, position: int) -> list[str]:  # noqa: D102 - as CaseFile says; so below
        return [_text_of(row[position]) for row in self.cells[1 : 1 + SAMPLE_ROWS]]

    def load(self, texts: Sequence[int], coded: Sequence[int]) -> Loaded:  # noqa: D102
        rows = self.cells[1:]
        for place in texts:
            for number, row in enumerate(rows, 2):
                if isinstance(row[place], float) and abs(row[place]) >= LONGEST_NUMBER:
                    text = f"column {place + 1} holds a number that Excel has rounded (row {number}); make its cells text"
                    raise Unreadable("long number", text)
        columns = {place: pa.array([_text_of(row[place]) for row in rows], pa.string()) for place in (*texts, *coded)}
        return Loaded({place: column if place in texts else column.dictionary_encode() for place, column in columns.items()})


class Parquet(CaseFile):
    """A Parquet file without nested columns."""

    def __init__(self, handle: BinaryIO) -> None:
        super().__init__()
        refuse_another_kind(handle.read(16), b"PAR1", "Parquet (.parquet)")
        handle.seek(0)
        self.handle = handle
        try:
            self.schema = pyarrow.parquet.ParquetFile(handle).schema_arrow
        except (pa.ArrowException, OSError):
            raise Unreadable("content", "is a broken or truncated Parquet file; copy it again") from None
        nested = [place for place, kind in enumerate(self.schema.types, 1) if pa.types.is_nested(kind)]
        if nested:
            raise Unreadable(
                "nested", f"column {nested[0]} of its Parquet table is nested (lists or records); one value a cell is read"
            )
        self._names = self.schema.names
        self._take_header(self._names)
        coded = [name for name, kind in zip(self._names, self.schema.types, strict=True) if _is_text(kind)]
        self.file = pyarrow.parquet.ParquetFile(handle, read_dictionary=coded)
        self.plain = pyarrow.parquet.ParquetFile(handle)

    def sample(self, position: int) -> list[str]:  # noqa: D102
        with _told_as_broken():
            batch = next(self.file.iter_batches(SAMPLE_ROWS, columns=[self._names[position]]), None)
            return [] if batch is None else _as_text(batch.column(self._names[position])).fill_null("").to_pylist()

    def load(self, texts: Sequence[int], coded: Sequence[int]) -> Loaded:  # noqa: D102
        columns = {}
        for place in (*texts, *coded):
            with _told_as_broken(self.header[place]):
                name = self._names[place]
                if place in texts:
                    columns[place] = _as_text(self.plain.read(columns=[name]).column(name))
                else:
                    column = self.file.read(columns=[name]).column(name).unify_dictionaries().combine_chunks()
                    columns[place] = _coded(column)
        return Loaded(columns)


def _has_text(row: Sequence[Any]) -> bool:
    return any(cell is not None and (not isinstance(cell, str) or cell.strip(SPACES)) for cell in row)


def _text_of(cell: Any) -> str:
    """A spreadsheet's cell as the text that a CSV file would hold."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < LONGEST_NUMBER else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


@contextmanager
def _told_as_broken(column: str | None = None) -> Iterator[None]:
    """Turn what Arrow says of a column, which may quote it, into a line that does not."""
    try:
        yield
        return
    except (pa.ArrowException, OSError):
        pass
    where = "" if column is None else f" (column {column})"
    raise Unreadable("content", f"is a broken Parquet file, or holds a type that is not read{where}; write it again")


def _as_text(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _as_text(column.cast(kind.value_type))
    if pa.types.is_boolean(kind):
        return pc.if_else(column, "yes", "no")
    if pa.types.is_floating(kind):
        column = pc.if_else(pc.is_nan(column), None, column)
    return column if pa.types.is_string(kind) else column.cast(pa.string())


def _coded(column: pa.Array) -> pa.DictionaryArray:
    if not pa.types.is_dictionary(column.type):
        column = (_as_text(column) if pa.types.is_boolean(column.type) else column).dictionary_encode()
    return pa.DictionaryArray.from_arrays(column.indices, _as_text(column.dictionary))


KINDS: dict[str, type[CaseFile]] = {".csv": Csv, ".xlsx": Xlsx, ".parquet": Parquet}
