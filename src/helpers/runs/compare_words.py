"""A comparison of two runs in words."""

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any

from helpers import contracts
from helpers.runs import chance
from helpers.runs.comparison import Change, Comparison, Difference, TableComparison
from helpers.runs.run_record import Record

# Said one by one where not everything is asked for.
_SAID, _INPUTS_SAID = 3, 8
_WIDTH = 60


def lines(found: Comparison, every: bool = False) -> list[str]:
    """The comparison for people, the outcome first.

    Parameters
    ----------
    found : Comparison
    every : bool
        Name every cell, row and input that differs; otherwise the greatest and the first of them.
    """
    said = [found.line, *_runs(found), *found.warnings, *_made_from(found, every)]
    for table in found.tables:
        if not table.same:
            said += _of_table(table, every)
    if found.counts["judged"] and found.counts["simulated"]:
        expected = found.counts["judged"] * chance.CHANCE_ALONE
        said.append(
            f"{found.counts['judged']:,} simulated numbers were compared; chance alone puts about {expected:.2g} of them beyond "
            "Monte Carlo error where the two runs have other seeds, and fewer where they share one."
        )
    return [_printable(text) for text in said]


def _runs(found: Comparison) -> Iterator[str]:
    for which, run, other in (("old", found.old, found.new), ("new", found.new, found.old)):
        failed = f", in which {', '.join(run.failed)} failed" if run.failed else ""
        yield f"{which}: {run.name}{failed}"
        for stem in [stem for stem in run.parameters if stem not in other.parameters]:
            yield f"only in the {which} run: notebook {stem}{_its_tables(stem, run, other)}"
    written = {table for stem in found.old.parameters.keys() ^ found.new.parameters.keys() for table in _tables_of(stem)}
    for which, names in (("old", found.tables_removed), ("new", found.tables_added)):
        for name in [name for name in names if name not in written]:
            yield f"only in the {which} run: table {name}"


def _tables_of(stem: str) -> tuple[str, ...]:
    return contracts.WRITTEN_BY.get(stem, ())


def _its_tables(stem: str, run: Record, other: Record) -> str:
    names = [name for name in _tables_of(stem) if name in run.tables and name not in other.tables]
    return f" and its {len(names)} tables" if names else ""


def _made_from(found: Comparison, every: bool) -> Iterator[str]:
    for name, was, now in found.parameters:
        yield f"parameter {name}: {_value(was)} -> {_value(now)}"
    if found.untold:
        yield f"whether these differ is told by neither run: {', '.join(found.untold)}"
    inputs = found.inputs
    shown_inputs = inputs if every else inputs[:_INPUTS_SAID]
    # Hashes say nothing to people.
    yield from (f"input {_which(one)}: {one.name}" for one in shown_inputs)
    if len(shown_inputs) < len(inputs):
        yield f"and {len(inputs) - len(shown_inputs)} more inputs; --all names them"
    for name, was, now in found.packages:
        yield f"{name if name == 'Python' else f'package {name}'}: {was or 'none'} -> {now or 'none'}"
    commits = [_commit(run) for run in (found.old, found.new)]
    if commits[0] != commits[1]:
        yield f"commit: {commits[0]} -> {commits[1]}"


def _which(one: Difference) -> str:
    if one.old is None or one.new is None:
        return f"only in the {'new' if one.old is None else 'old'} run"
    return "changed"


def _commit(run: Record) -> str:
    sha, changed = (run.manifest["commit"].get(name) for name in ("sha", "changed"))
    return f"{str(sha)[:12] if sha else 'none'}{' with files changed' if changed else ''}"


def _value(value: Any) -> str:
    return _cut(json.dumps(value, ensure_ascii=False), 0)


def _of_table(table: TableComparison, every: bool) -> Iterator[str]:
    yield f"{table.name}: {_counted(table)}"
    shown_rows = None if every else _SAID
    for which, columns, rows in (
        ("old", table.columns_removed, table.rows_removed),
        ("new", table.columns_added, table.rows_added),
    ):
        if columns:
            yield f"    only in the {which} run: columns {', '.join(columns)}"
        yield from (f"    only in the {which} run: {row}" for row in rows[:shown_rows])
        if len(rows[:shown_rows]) < len(rows):
            yield f"    and {len(rows) - _SAID} more rows"
    for kind, words in (("exact", "greatest move"), ("simulated", "greatest simulated move")):
        if not every and (greatest := _greatest(table.of_kind(kind))):
            yield f"    {words}: {_moved(greatest)}"
    beyond = [change for change in table.changes if change.beyond]
    if not every and beyond and table.streams != "same":
        yield f"    farthest beyond: {_moved(max(beyond, key=_distance))}"
    chosen = table.changes if every else table.of_kind("words")[:_SAID]
    yield from (f"    {_moved(change)}" for change in chosen)
    if not every and len(table.of_kind("words")) > _SAID:
        yield f"    and {len(table.of_kind('words')) - _SAID} more words"


def _counted(table: TableComparison) -> str:
    parts = []
    if table.moved:
        parts.append(f"{len(table.moved):,} of {table.numbers:,} numbers moved")
    if simulated := table.of_kind("simulated"):
        parts.append(f"{len(simulated):,} simulated, {_beyond(table, simulated)}")
    if aside := table.of_kind("aside"):
        parts.append(f"{len(aside):,} that say how it was simulated ({', '.join(sorted({one.column for one in aside}))})")
    if words := table.of_kind("words"):
        parts.append(f"{len(words):,} words changed")
    if table.rows_removed or table.rows_added:
        parts.append(f"{len(table.rows_removed):,} rows gone, {len(table.rows_added):,} rows new")
    if table.columns_removed or table.columns_added:
        parts.append(f"{len(table.columns_removed):,} columns gone, {len(table.columns_added):,} columns new")
    return "; ".join(parts)


def _beyond(table: TableComparison, simulated: tuple[Change, ...]) -> str:
    if table.streams == "same":
        return "and chance excuses none: seed, draws and all parameters are the same"
    unknown = sum(change.beyond is None for change in simulated)
    said = f"{sum(change.beyond is True for change in simulated):,} beyond Monte Carlo error"
    return f"{said}, {unknown:,} whose error is not known" if unknown else said


def _greatest(changes: Iterable[Change]) -> Change | None:
    return max(changes, key=lambda change: abs(change.moved or 0), default=None)


def _distance(change: Change) -> float:
    return abs(change.moved or 0) / change.error if change.error else math.inf


def _moved(change: Change) -> str:
    at = f"{change.column}, {change.row}"
    if change.moved is None:
        was, now = _cut_both(change.old, change.new)
        return f"{at}: {was} -> {now}"
    relative = "" if change.relative is None else f", {change.relative:+.2%}"
    said = f"{at}: {_short(change.old, change.new)} ({change.moved:+.4g}{relative})"
    if change.error is None:
        return said
    return f"{said}, Monte Carlo error {change.error:.2g}{', beyond it' if change.beyond else ''}"


def _short(old: str, new: str) -> str:
    """Two numbers with few digits, where these tell them apart."""
    short = [f"{float(number):.6g}" for number in (old, new)]
    return " -> ".join(short if short[0] != short[1] else [old, new])


def _cut_both(old: str, new: str) -> tuple[str, str]:
    """Two texts from a little before where they part."""
    alike = next((place for place, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), 0)
    start = max(0, alike - _WIDTH // 3) if max(len(old), len(new)) > _WIDTH else 0
    return _cut(old, start), _cut(new, start)


def _cut(text: str, start: int) -> str:
    return f"{'...' if start else ''}{text[start : start + _WIDTH]}{'...' if len(text) > start + _WIDTH else ''}"


def _printable(text: str) -> str:
    """The same without what would move the cursor or turn the text round; a group's name may hold anything."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
