"""Made-up cases kept as small numbers, and turned into tables and files of text part by part."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from helpers.errors import InputError

EVIDENCE = "synthetic"
# Rows of one part: ten million cases then need about a gibibyte.
ROWS = 500_000
NO_YES = ("no", "yes")
BLANK = -1
_TEXT = pa.large_string()


class Column(NamedTuple):
    """A column kept small: codes of words (`BLANK` is a missing one), numbers after a prefix, or plain numbers."""

    numbers: np.ndarray
    words: Sequence[str] = ()
    prefix: str = ""

    def arrow(self, rows: slice) -> pa.Array:
        """Some rows, spelt out."""
        numbers = self.numbers[rows]
        if self.words:
            return pa.array(self.words, _TEXT).take(pa.array(numbers, pa.int32(), mask=numbers == BLANK))
        if self.prefix:
            digits = pc.utf8_lpad(pa.array(numbers).cast(_TEXT), 7, "0")
            return pc.binary_join_element_wise(pa.scalar(self.prefix, _TEXT), digits, pa.scalar("", _TEXT))
        return pa.array(numbers)


Columns = dict[str, Column]


def spelt_out(columns: Columns, rows: int | None) -> Iterator[pd.DataFrame]:
    """Tables of so many rows, or one table where `rows` is None."""
    total = len(next(iter(columns.values())).numbers)
    step = rows or total
    for start in range(0, total, step):
        part = slice(start, start + step)
        yield pa.table({name: column.arrow(part) for name, column in columns.items()}).to_pandas()


def write(tables: pd.DataFrame | Iterable[pd.DataFrame], path: str | Path) -> Path:
    """Write made-up cases, in one table or several of the same columns, as CSV or Parquet by the ending.

    The file appears only when it is whole.

    Raises
    ------
    InputError
        The file name does not say "synthetic", its ending is neither .csv nor .parquet, or its folder is not there.
    """
    path = Path(path)
    writers = {".csv": _write_csv, ".parquet": _write_parquet}
    if "synthetic" not in path.name.lower():
        raise InputError(
            f"{path.name}: the file name must hold the word synthetic, so that nobody takes made-up cases for real ones; "
            f"for instance synthetic_{path.name}"
        )
    if path.suffix.lower() not in writers:
        raise InputError(f"{path.name}: the ending must be .csv or .parquet")
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a file")
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}; make it first")
    partial = path.with_name(f".{path.name}.partial")
    try:
        # The first table is made before any file: bad parameters leave nothing behind.
        tables = iter([tables] if isinstance(tables, pd.DataFrame) else tables)
        writers[path.suffix.lower()](next(tables), tables, partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def _write_csv(first: pd.DataFrame, others: Iterator[pd.DataFrame], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        first.to_csv(handle, index=False, lineterminator="\n")
        for table in others:
            table.to_csv(handle, index=False, header=False, lineterminator="\n")


def _write_parquet(first: pd.DataFrame, others: Iterator[pd.DataFrame], path: Path) -> None:
    schema = pa.Schema.from_pandas(first, preserve_index=False)
    schema = schema.with_metadata({**schema.metadata, "evidence": EVIDENCE})
    with pq.ParquetWriter(path, schema) as writer:
        for table in chain([first], others):
            writer.write_table(pa.Table.from_pandas(table, schema, preserve_index=False))
