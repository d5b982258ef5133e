"""What differs between two runs, as data."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

from helpers.runs import chance
from helpers.runs.run_record import OWN_LIST, WITHHELD, Record

# Two runs draw from streams of their own (other seeds), from the same stream (nothing that bears on the draws differs,
# so chance moves nothing), or from the same stream after something changed, where chance moves less than it could.
Streams = Literal["own", "shared", "same"]
Kind = Literal["exact", "simulated", "aside", "words"]


class Difference(NamedTuple):
    """A setting that differs; None where a run does not have it."""

    name: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Change:
    """One cell that is not the same; what does not apply is None.

    `kind` is ``exact``, ``simulated``, ``aside`` (a number that says how the simulation was made, or what its error is) or
    ``words`` (one of the two is no number).
    """

    row: str
    column: str
    old: str
    new: str
    kind: Kind
    moved: float | None = None
    error: float | None = None
    beyond: bool | None = None

    @property
    def relative(self) -> float | None:
        """The move over the old number's size; None where that is 0 or infinite."""
        old = 0.0 if self.moved is None else float(self.old)
        return self.moved / abs(old) if self.moved is not None and old and math.isfinite(old) else None


@dataclass(frozen=True)
class TableComparison:
    """One table of both runs. `judged` counts the simulated numbers that chance can move and whose error is known."""

    name: str
    numbers: int
    judged: int
    streams: Streams
    changes: tuple[Change, ...]
    rows_removed: tuple[str, ...]
    rows_added: tuple[str, ...]
    columns_removed: tuple[str, ...]
    columns_added: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (self.changes or self.rows_removed or self.rows_added or self.columns_removed or self.columns_added)

    @property
    def moved(self) -> tuple[Change, ...]:
        """The numbers that moved."""
        return tuple(change for change in self.changes if change.kind != "words")

    def of_kind(self, kind: Kind) -> tuple[Change, ...]:
        """The changes of one kind."""
        return tuple(change for change in self.changes if change.kind == kind)


@dataclass(frozen=True)
class Comparison:
    """What differs between two runs."""

    old: Record
    new: Record
    tables: tuple[TableComparison, ...]

    @property
    def tables_removed(self) -> tuple[str, ...]:
        """The tables of the old run alone."""
        return tuple(name for name in self.old.tables if name not in self.new.tables)

    @property
    def tables_added(self) -> tuple[str, ...]:
        """The tables of the new run alone."""
        return tuple(name for name in self.new.tables if name not in self.old.tables)

    @property
    def same(self) -> bool:
        """Whether every table of one is in the other and nothing in them differs."""
        return not (self.tables_removed or self.tables_added) and all(table.same for table in self.tables)

    @property
    def numbers(self) -> int:
        """Numbers compared."""
        return sum(table.numbers for table in self.tables)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many cells, rows and tables differ, by what they are."""
        changes = [change for table in self.tables for change in table.changes]
        found = {kind: sum(change.kind == kind for change in changes) for kind in ("exact", "simulated", "aside", "words")}
        return found | {
            "beyond": sum(change.beyond is True for change in changes),
            "judged": sum(table.judged for table in self.tables),
            "rows": sum(len(table.rows_removed) + len(table.rows_added) for table in self.tables),
            "columns": sum(len(table.columns_removed) + len(table.columns_added) for table in self.tables),
            "tables": len(self.tables_removed) + len(self.tables_added),
        }

    @property
    def line(self) -> str:
        """The outcome in one line, which names no row and no value."""
        if self.same:
            return f"same: {len(self.tables)} tables, {self.numbers:,} numbers"
        said, counts = [], self.counts
        if moved := counts["exact"] + counts["simulated"] + counts["aside"]:
            tables = sum(bool(table.moved) for table in self.tables)
            said.append(f"{moved:,} of {self.numbers:,} numbers moved, in {tables} of {len(self.tables)} tables")
            if counts["simulated"]:
                said[0] += f" ({counts['simulated']:,} simulated ones, {counts['beyond']:,} of them beyond Monte Carlo error)"
        said += [f"{counts[what]:,} {words}" for what, words in _ALSO.items() if counts[what]]
        return f"different: {'; '.join(said)}"

    @property
    def parameters(self) -> tuple[Difference, ...]:
        """The parameters that differ, of notebooks in both."""
        both = [stem for stem in self.old.parameters if stem in self.new.parameters]
        return tuple(
            Difference(f"{stem} {name}", was, now)
            for stem in both
            for name, was, now in _differences(self.old.parameters[stem], self.new.parameters[stem])
        )

    @property
    def untold(self) -> tuple[str, ...]:
        """The parameters of which neither run tells whether they differ."""
        return tuple(
            f"{stem} {name}"
            for stem, given in self.old.parameters.items()
            for name, value in given.items()
            if value in (OWN_LIST, WITHHELD) and self.new.parameters.get(stem, {}).get(name) == value
        )

    @property
    def inputs(self) -> tuple[Difference, ...]:
        """The inputs that differ, with their hashes."""
        return _differences(self.old.manifest["inputs"], self.new.manifest["inputs"])

    @property
    def packages(self) -> tuple[Difference, ...]:
        """The packages that differ, Python among them."""
        old, new = ({"Python": run.manifest.get("python")} | run.manifest["packages"] for run in (self.old, self.new))
        return _differences(old, new)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What must not be overlooked before both runs are given away."""
        supplied = set(self.old.supplied + self.new.supplied)
        if not (self.old.supplied and self.new.supplied):
            return ()
        if any(self.old.parameters.get(stem) != self.new.parameters.get(stem) for stem in supplied):
            return (f"warning: both runs are of supplied cases, under different parameters; {_DIFFERENCED}",)
        return () if self.same else (f"warning: both runs are of supplied cases, and their tables differ; {_DIFFERENCED}",)

    def as_json(self) -> dict[str, Any]:
        """The outcome for a status file: small, and without a row, a value or a hash."""
        return {
            "same": self.same,
            "line": self.line,
            "old": self.old.name,
            "new": self.new.name,
            "numbers": self.numbers,
            "differ": self.counts,
            "expected_beyond_by_chance": round(self.counts["judged"] * chance.CHANCE_ALONE, 3),
            "tables_moved": {table.name: len(table.moved) for table in self.tables if table.moved},
            "tables_only_in_old": list(self.tables_removed),
            "tables_only_in_new": list(self.tables_added),
            "parameters_changed": [found.name for found in self.parameters],
            "inputs_changed": len(self.inputs),
            "packages_changed": len(self.packages),
            "commit_changed": self.old.manifest["commit"] != self.new.manifest["commit"],
            "warnings": list(self.warnings),
        }


_ALSO = {
    "words": "words changed",
    "rows": "rows in one run only",
    "columns": "columns in one run only",
    "tables": "tables in one run only",
}
_DIFFERENCED = "whoever has both can take one from the other and learn what each of them hides, so give only one of them away"


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Difference, ...]:
    def pairs() -> Iterator[Difference]:
        for name in [*old, *(name for name in new if name not in old)]:
            if old.get(name) != new.get(name) or (name in old) != (name in new):
                yield Difference(name, old.get(name), new.get(name))

    return tuple(pairs())
