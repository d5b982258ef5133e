"""A comparison of two runs as a long table, one row a difference."""

import csv
import secrets
from collections.abc import Iterable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

from helpers.datapackage import shown
from helpers.errors import InputError
from helpers.runs.comparison import Comparison

COLUMNS = ("table", "row", "column", "old", "new", "moved", "relative", "monte_carlo_error", "beyond")
_NOT_APPLICABLE = "[z]"


def check_target(path: Path, runs: Iterable[Path]) -> None:
    """Refuse a file that is not one, or that lies in a run, whose files are hashed.

    Raises
    ------
    InputError
        `path` is a folder, a device or a pipe, its name is too long, its folder is missing, or it lies in one of the `runs`.
    """
    try:
        taken, housed = path.exists() and not path.is_file(), path.parent.is_dir()
        inside = any(path.resolve().is_relative_to(run.resolve()) for run in runs)
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"--csv {shown(path)}: cannot be written ({getattr(error, 'strerror', error)}); name another place"
        ) from None
    if taken:
        raise InputError(f"--csv {shown(path)}: is a folder, a pipe or a device; name a file")
    if not housed:
        raise InputError(f"--csv {shown(path)}: there is no folder {shown(path.parent)}; make it, or name another")
    if inside:
        raise InputError(f"--csv {shown(path)}: lies in a run folder, which stays as it was made; name another place")


def write_csv(found: Comparison, path: Path) -> None:
    """Write every difference as one row, whole or not at all; an earlier file of that name is replaced.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows([_NOT_APPLICABLE if cell is None else cell for cell in row] for row in _long(found))
    hidden = path.with_name(f".compare-{secrets.token_hex(8)}")
    try:
        try:
            with hidden.open("x", encoding="utf-8", newline="") as handle:
                handle.write(text.getvalue())
            hidden.replace(path)
        finally:
            hidden.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"--csv {shown(path)}: cannot be written ({error.strerror}); name another place") from None


def _long(found: Comparison) -> Iterator[list[Any]]:
    for name in found.tables_removed:
        yield _only(name, "(table)", "(table)", old=True)
    for name in found.tables_added:
        yield _only(name, "(table)", "(table)", old=False)
    for table in found.tables:
        for old, columns, names in (
            (True, table.columns_removed, table.rows_removed),
            (False, table.columns_added, table.rows_added),
        ):
            yield from (_only(table.name, "(table)", column, old) for column in columns)
            yield from (_only(table.name, row, "(row)", old) for row in names)
        for one in table.changes:
            beyond = None if one.beyond is None else "yes" if one.beyond else "no"
            yield [table.name, one.row, one.column, one.old, one.new, one.moved, one.relative, one.error, beyond]


def _only(table: str, row: str, column: str, old: bool) -> list[Any]:
    there = ("there", None) if old else (None, "there")
    return [table, row, column, *there, None, None, None, None]
