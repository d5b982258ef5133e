"""Two runs held against each other: which numbers moved, by how much, and whether by more than chance."""

import math
import re
from pathlib import Path

from helpers import contracts
from helpers.runs import chance, run_record, table_rows
from helpers.runs.comparison import Change, Comparison, Streams, TableComparison
from helpers.runs.run_record import OWN_LIST, Record

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?([eE][+-]?\d+)?|inf)")
# The confidence level, which a row repeats from the parameters.
LEVEL = "level"


def compare(old: Path, new: Path) -> Comparison:
    """Hold the public tables of two runs against each other, and what the runs were made from.

    Rows are paired by what identifies them (`helpers.runs.table_rows`), so neither their order nor that of columns counts.
    Numbers are compared as they are written, which is in full.

    Parameters
    ----------
    old, new : Path
        Run folders, or links to them.

    Raises
    ------
    InputError
        One of them is no run folder, or its tables are not those that its manifest lists.
    """
    before, after = run_record.read(old), run_record.read(new)
    contexts = _context(before), _context(after)
    both = [name for name in before.tables if name in after.tables]
    order = {name: place for place, name in enumerate(contracts.TABLES)}
    both.sort(key=lambda name: order.get(name, len(order)))
    return Comparison(before, after, tuple(_compare(name, before, after, contexts) for name in both))


def _compare(table: str, old: Record, new: Record, contexts: tuple[chance.Context, chance.Context]) -> TableComparison:
    before, after = old.tables[table], new.tables[table]
    columns = [column for column in before.columns if column in after.columns]
    old_rows, new_rows = (table_rows.named(table, part.rows, columns) for part in (before, after))
    streams = _streams(table, old, new)
    numbers = judged = 0
    changes = []
    for name, was in old_rows.items():
        if name not in new_rows:
            continue
        now, identifying = new_rows[name], {column for column, _ in name[0]}
        for column in [column for column in columns if column not in identifying]:
            values = _number(was[column]), _number(now[column])
            errors = [chance.error(table, row, column, context) for row, context in zip((was, now), contexts, strict=True)]
            numbers += None not in values
            simulated = None not in (*errors, *values)
            judged += bool(simulated and streams != "same" and chance.of_difference(*errors) > 0)
            if values[0] != values[1] or (None in values and was[column] != now[column]):
                changes.append(
                    _change(table, table_rows.in_words(name), column, (was[column], now[column]), values, errors, streams)
                )
    return TableComparison(
        table,
        numbers,
        judged,
        streams,
        tuple(changes),
        tuple(table_rows.in_words(name) for name in old_rows if name not in new_rows),
        tuple(table_rows.in_words(name) for name in new_rows if name not in old_rows),
        tuple(column for column in before.columns if column not in columns),
        tuple(column for column in after.columns if column not in columns),
    )


def _change(
    table: str,
    row: str,
    column: str,
    text: tuple[str, str],
    values: tuple[float | None, float | None],
    errors: list[chance.Error | None],
    streams: Streams,
) -> Change:
    if None in values:
        return Change(row, column, *text, kind="words")
    moved = float(values[1] - values[0])
    if column == LEVEL or (table in chance.SIMULATED and column in (*chance.SETTINGS, chance.PRINTED)):
        return Change(row, column, *text, kind="aside", moved=moved)
    if None in errors:
        return Change(row, column, *text, kind="exact", moved=moved)
    error = chance.of_difference(*errors)
    beyond = True if streams == "same" else chance.is_beyond(moved, *errors)
    return Change(row, column, *text, kind="simulated", moved=moved, error=None if math.isnan(error) else error, beyond=beyond)


def _number(text: str) -> float | None:
    """The number that a cell holds; a whole one in full, since a seed has more digits than a double."""
    if not _NUMBER.fullmatch(text):
        return None
    return int(text) if text.lstrip("+-").isdecimal() and len(text) < 40 else float(text)


def _streams(table: str, old: Record, new: Record) -> Streams:
    stem = next((stem for stem, tables in contracts.WRITTEN_BY.items() if table in tables), "")
    given, now = (run.parameters.get(stem, {}) for run in (old, new))
    if given.get("seed") != now.get("seed"):
        return "own"
    # Whether lists of the user's own are the same is told by no manifest, and the seed in use follows from them.
    return "same" if given == now and (table == chance.OF_PUBLISHED or stem not in old.supplied) else "shared"


def _context(run: Record) -> chance.Context:
    rows = [run.tables[name].rows if name in run.tables else [] for name in ("ratings", "ratings_by_group")]
    given = run.parameters.get("03_rating_comparisons", {})
    protected = given.get("disclosure") == "on" or (given.get("disclosure") == "auto" and given.get("cases") == OWN_LIST)
    return chance.Context(chance.spread_of(*rows), protected)
