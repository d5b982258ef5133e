"""Which counts of linked tables to hide, so that no small one can be worked out from the others.

The reader that is guarded against knows

- a shown count as the integers that round to what is printed and that the rules would show: none of
  1..threshold - 1, and not 0 where zeros are hidden;
- a hidden count as 0 or more, as 1 or more where zeros are shown; not whether it was hidden for itself or for another;
- a count that is only implied as 0 or more;
- every sum, every floor, every constant, and the rate of two counts that are both shown.

A count that the rules hide is safe when this reader must reckon with every one of 1..threshold - 1. Where zeros are
shown, the zeros alone can rule out the lowest of these (a hidden total of two hidden parts is at least 2): the same
number of values is then asked for from the lowest that they leave.

Hiding one more count never takes a value from anybody's reckoning: the range of a hidden count holds that of the shown
one (a true 0 is not hidden where zeros are shown), and its rates are no longer known. So guarantees that hold go on to
hold while more is hidden, and the hidden sets that keep all of them have a greatest one. The search rests on both.
The reader does not run this algorithm backwards; that is outside the guarantees.
"""

import operator
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from functools import cache, cached_property
from math import inf
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import yaml
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from helpers.errors import InputError, did_you_mean

Zeros = Literal["hidden", "shown"]
RateRule = Literal["treated_counts", "whole_per_cent"]
Action = Literal["shown", "threshold", "secondary"]
STEPS = (1, 5, 10)
# What `possible` gives as the greatest value where nothing limits a count.
NO_LIMIT = 10**9
# Bounds the search for a cheap set of cells. Nodes, not seconds: the same input must give the same answer anywhere.
_NODES = 500
# A rate may miss the true value by the rounding of binary fractions, not by more.
_SLIP = 1e-9
# Points to look at between a solution and the truth.
_STEPS = 50
# Above this a rate's denominator is too long for a row of whole numbers in the solver.
_LONGEST = 10**6


class Unprotectable(InputError):  # noqa: N818 - the name says what is wrong, as KeyboardInterrupt does
    """A small count can be worked out whatever is hidden."""


@dataclass(frozen=True)
class Rules:
    """One preset of disclosure.yaml, where each entry is explained.

    Raises
    ------
    InputError
        An entry outside its range; `round_to` above `threshold`, which would print a shown count as 0.
    """

    name: str
    threshold: int
    round_to: int
    zeros: Zeros
    rates: RateRule
    minimum_denominator: int
    areas: bool
    source: str

    def __post_init__(self) -> None:
        def check(entry: str, holds: bool, rule: str) -> None:
            if not holds:
                raise InputError(f"preset {self.name!r}: {entry} {rule}; this is {getattr(self, entry)!r}")

        check("threshold", type(self.threshold) is int and self.threshold >= 2, "is a whole number, 2 or more")
        check("round_to", type(self.round_to) is int and self.round_to in STEPS, "is 1, 5 or 10")
        check("round_to", self.round_to <= self.threshold, f"is at most the threshold of {self.threshold}")
        check("zeros", self.zeros in get_args(Zeros), "is hidden or shown")
        check("rates", self.rates in get_args(RateRule), "is treated_counts or whole_per_cent")
        check(
            "minimum_denominator",
            type(self.minimum_denominator) is int and self.minimum_denominator >= 0,
            "is a whole number, 0 or more",
        )
        check("areas", type(self.areas) is bool, "is true or false")
        check("source", isinstance(self.source, str) and self.source.strip() != "", "says whose rule it is")


def presets() -> dict[str, Rules]:
    """The presets of disclosure.yaml, by name, in the order of the file."""
    return dict(_presets())


def rules(name: str) -> Rules:
    """The preset of this name.

    Raises
    ------
    InputError
        There is none of this name.
    """
    if name not in _presets():
        raise InputError(f"there is no disclosure preset {name!r}; {did_you_mean(str(name), _presets())}")
    return _presets()[name]


def read_presets(text: str) -> dict[str, Rules]:
    """Read the text of a file like disclosure.yaml; every preset has every entry, and no other.

    Raises
    ------
    InputError
        Not a mapping of presets; an entry that is missing, unknown or out of its range.
    """
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"disclosure.yaml is not YAML: {' '.join(str(error).split())}") from None
    if not (isinstance(document, dict) and document):
        raise InputError("disclosure.yaml holds presets by name; there is none")
    return {str(name): _preset(str(name), block) for name, block in document.items()}


def _preset(name: str, block: Any) -> Rules:
    known = [entry.name for entry in fields(Rules) if entry.name != "name"]
    if not isinstance(block, dict):
        raise InputError(f"preset {name!r} holds entries by name: {', '.join(known)}")
    for entry in block:
        if entry not in known:
            raise InputError(f"preset {name!r} has no entry {entry!r}; {did_you_mean(str(entry), known)}")
    for entry in known:
        if entry not in block:
            raise InputError(f"preset {name!r} lacks the entry {entry!r}")
    return Rules(name=name, **block)


@cache
def _presets() -> dict[str, Rules]:
    return read_presets(Path(__file__).with_name("disclosure.yaml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Rate:
    """``low <= count / base <= high`` is known to a reader when both cells are shown."""

    count: str
    base: str
    low: float
    high: float


@dataclass(frozen=True)
class Cells:
    """The counts of linked tables, and what ties them together.

    Parameters
    ----------
    values : mapping
        The true value of every count, printed or only implied (such as base minus count).
    printed : frozenset of str
        Those that are printed somewhere.
    sums : tuple of (total, parts)
        Known to the reader: total is the sum of the parts.
    rates : tuple of Rate
    floors : mapping
        Lower bounds that the reader knows.
    constants : frozenset of str
        Counts that everybody knows, by design or because they are published elsewhere: not hidden, not rounded.
    harmless : frozenset of str
        Implied counts that need no protection of their own, however small, such as the cases that a question was not
        asked of. The reader still knows the sums that they stand in.
    withheld : frozenset of str
        Printed counts that are hidden in any case, and protected as secondary ones are. A zero that is shown is not.
    fixed : frozenset of str
        Printed counts that are shown in any case, since they are shown elsewhere.

    Raises
    ------
    InputError
        A name that is not in `values`, a count that is not whole or is negative, or a sum, rate or floor that the true
        values break. No value is named.
    """

    values: Mapping[str, int]
    printed: frozenset[str]
    sums: tuple[tuple[str, tuple[str, ...]], ...]
    rates: tuple[Rate, ...] = ()
    floors: Mapping[str, int] = field(default_factory=dict)
    constants: frozenset[str] = frozenset()
    harmless: frozenset[str] = frozenset()
    withheld: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name, value in self.values.items():
            if not _is_count(value):
                raise InputError(f"a count is a whole number, 0 or more; that of {name!r} is not")
        named = [*self.printed, *self.floors, *self.constants, *self.harmless, *self.withheld, *self.fixed]
        named += [name for total, parts in self.sums for name in (total, *parts)]
        named += [name for rate in self.rates for name in (rate.count, rate.base)]
        _check_names(named, self.values)
        for total, parts in self.sums:
            if self.values[total] != sum(self.values[part] for part in parts):
                raise InputError(f"{total!r} is not the sum of its {len(parts)} parts")
        for rate in self.rates:
            count, base = self.values[rate.count], self.values[rate.base]
            if not (rate.low - _SLIP) * base <= count <= (rate.high + _SLIP) * base:
                raise InputError(f"the rate of {rate.count!r} out of {rate.base!r} is not the one that is given")
        for name, floor in self.floors.items():
            if floor > self.values[name]:
                raise InputError(f"{name!r} lies below its own floor")


def _is_count(value: Any) -> bool:
    try:
        return operator.index(value) >= 0
    except TypeError:
        return False


def _check_names(names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise InputError(f"there is no cell {name!r}; {did_you_mean(str(name), known)}")


def rounded(count: int, rules: Rules) -> int:
    """`count` rounded half up to the nearest ``rules.round_to``, in integers.

    Examples
    --------
    >>> [rounded(count, rules("default")) for count in (12, 13)]
    [10, 15]
    """
    return (2 * count + rules.round_to) // (2 * rules.round_to) * rules.round_to


def shown_range(printed: int, rules: Rules) -> tuple[int, int]:
    """The least and the greatest count that is printed as `printed`: it rounds to it and is not one to hide.

    Examples
    --------
    >>> [shown_range(printed, rules("default")) for printed in (10, 15)]
    [(10, 12), (13, 17)]
    """
    low, high = -((rules.round_to - 2 * printed) // 2), (2 * printed + rules.round_to - 1) // 2
    return (max(low, rules.threshold) if printed else 0), high


def sensitive(cells: Cells, rules: Rules) -> frozenset[str]:
    """The cells that the rules hide for themselves, printed or implied: 1..threshold - 1, and 0 where zeros are hidden.

    Constants are not among them, since there is nothing to hide, and neither are the harmless.
    """
    least = 0 if rules.zeros == "hidden" else 1
    return frozenset(
        name
        for name, value in cells.values.items()
        if least <= value < rules.threshold and name not in cells.constants | cells.harmless
    )


def suppress(cells: Cells, rules: Rules) -> dict[str, Action]:
    """What becomes of every printed cell, in the order of the names.

    ``threshold``: hidden for itself. ``secondary``: hidden for another. ``shown``: the rest. It holds that

    - every sensitive printed cell is hidden;
    - in no sum a hidden or sensitive cell is the only one that the reader does not know;
    - for each sensitive cell, printed or implied, the reader must reckon with all of 1..threshold - 1 (see the module
      for zeros that are shown), and for each secondary one with at least `threshold` values;
    - no secondary cell, alone or with those that would be left without a purpose, can be shown without breaking this.

    Of equally many cells those are hidden that are parts of sums before totals, then smaller counts, then by name. The
    order of the entries in `cells` does not matter.

    Raises
    ------
    Unprotectable
        A sensitive cell could be worked out even with every cell hidden that may be. No value is named.
    """
    small = sensitive(cells, rules)
    actions: dict[str, Action] = dict.fromkeys(sorted(cells.printed), "shown")
    for names in _connected(cells):
        if (small | cells.withheld).isdisjoint(names):
            continue
        system = _System(cells, rules, names)
        for cell in sorted(_Search(system).hidden()):
            name = system.names[cell]
            actions[name] = "threshold" if name in small else "secondary"
    return actions


def possible(cells: Cells, rules: Rules, hidden: Collection[str], cell: str) -> tuple[int, int]:
    """The least and the greatest value of `cell` that a reader must reckon with, when the `hidden` cells are.

    The greatest is `NO_LIMIT` where nothing limits it. Values between the two may still be impossible.

    Raises
    ------
    InputError
        A name that there is not; a hidden cell that is not printed, is a constant, or is a zero where zeros are shown; a
        sensitive printed cell that is not hidden.
    """
    _check_names([*hidden, cell], cells.values)
    for name in hidden:
        if name not in cells.printed or name in cells.constants or (cells.values[name] == 0 and rules.zeros == "shown"):
            raise InputError(f"{name!r} cannot be hidden: it is not printed, is known anyway, or is a zero that is shown")
    for name in sorted(sensitive(cells, rules) & cells.printed):
        if name not in hidden:
            raise InputError(f"{name!r} is below the threshold and must be hidden")
    if cell in cells.constants:
        return int(cells.values[cell]), int(cells.values[cell])
    system = _System(cells, rules, next(names for names in _connected(cells) if cell in names))
    reader = _Reader(system, frozenset(system.index[name] for name in hidden if name in system.index))
    place = system.index[cell]
    return system.extreme(reader.span, reader.rows, place, 1), system.extreme(reader.span, reader.rows, place, -1)


def _connected(cells: Cells) -> list[list[str]]:
    """The cells in groups that no sum and no rate ties together; a constant ties nothing, as its value is known."""
    ties = [(total, *parts) for total, parts in cells.sums] + [(rate.count, rate.base) for rate in cells.rates]
    names = sorted(set(cells.values) - cells.constants)
    place = {name: number for number, name in enumerate(names)}
    groups = _groups(len(names), [[place[name] for name in tie if name in place] for tie in ties])
    return [[names[number] for number in np.flatnonzero(groups == group)] for group in range(groups.max(initial=-1) + 1)]


def _groups(size: int, ties: Iterable[Collection[int]]) -> np.ndarray:
    """The number of its connected group for each of `size` things."""
    pairs = [(tie[0], other) for tie in map(list, ties) for other in tie[1:]]
    first, second = zip(*pairs, strict=True) if pairs else ((), ())
    graph = sparse.coo_array((np.ones(len(pairs)), (first, second)), shape=(size, size))
    return sparse.csgraph.connected_components(graph, directed=False)[1] if size else np.zeros(0, dtype=int)


class _Span(NamedTuple):
    """The least and the greatest value of each cell that its own print allows; infinite where nothing limits it."""

    low: np.ndarray
    high: np.ndarray


class _Row(NamedTuple):
    """One side of a known rate: the sum of factor times value over the cells is at most `limit`, in whole numbers."""

    factors: dict[int, int]
    limit: int

    def holds(self, values: np.ndarray) -> Any:
        """Whether it holds for the values, or for each row of them; in Python's integers, which do not overflow."""
        return sum(factor * values[..., cell].astype(object) for cell, factor in self.factors.items()) <= self.limit


class _System:
    """The cells of one connected group by number, in the order of their names, and all that a reader knows of them."""

    def __init__(self, cells: Cells, rules: Rules, names: list[str]) -> None:
        self.rules = rules
        self.names = names
        self.index = {name: number for number, name in enumerate(names)}
        self.truth = np.array([int(cells.values[name]) for name in names], dtype=np.int64)
        small = sensitive(cells, rules)
        self.small = frozenset(self.index[name] for name in names if name in small)
        self.printed = frozenset(self.index[name] for name in names if name in cells.printed)
        self.implied = frozenset(range(len(names))) - self.printed
        self.withheld = frozenset(self.index[name] for name in names if name in cells.withheld)
        # A zero that is shown tells the reader that no hidden count is zero: such a zero stays where it is.
        may = (number for number in self.printed if self.truth[number] > 0 or rules.zeros == "hidden")
        self.fixed = frozenset(self.index[name] for name in names if name in cells.fixed)
        self.hideable = frozenset(may) - self.fixed
        self.floor = np.array([max(0, cells.floors.get(name, 0)) for name in names], dtype=float)
        self.least_hidden = 0 if rules.zeros == "hidden" else 1
        self.sums = self._sums(cells)
        self.members = [frozenset(factors) for factors in self.sums]
        self.totals = frozenset(self.index[total] for total, _ in cells.sums if total in self.index)
        self.rates = sorted(
            self._rates(cells), key=lambda rate: (sorted(rate[0]), sorted(rate[1].factors.items()), rate[1].limit)
        )
        self.pool = _Pool(self)

    def _sums(self, cells: Cells) -> list[dict[int, int]]:
        """The sums that any of these cells is in, as factors; constants drop out of differences from the truth."""
        found = set()
        for total, parts in cells.sums:
            factors: dict[int, int] = {}
            for name, sign in [(total, 1), *((part, -1) for part in parts)]:
                if name in self.index:
                    factors[self.index[name]] = factors.get(self.index[name], 0) + sign
            if factors:
                found.add(tuple(sorted(factors.items())))
        return [dict(factors) for factors in sorted(found)]

    def _rates(self, cells: Cells) -> list[tuple[frozenset[int], _Row]]:
        """Both sides of every rate, each with the cells that must be shown for it to be known."""
        found = []
        for rate in cells.rates:
            pair = frozenset(self.index[name] for name in (rate.count, rate.base) if name in self.index)
            if pair:
                count, base = int(cells.values[rate.count]), int(cells.values[rate.base])
                # The decimal figure that the float stands for, moved to the truth where it missed that by a slip.
                low, high = (Fraction(str(float(limit))) for limit in (rate.low, rate.high))
                if base:
                    low, high = min(low, Fraction(count, base)), max(high, Fraction(count, base))
                found += [(pair, self._row(cells, rate, low, 1)), (pair, self._row(cells, rate, high, -1))]
        return found

    def _row(self, cells: Cells, rate: Rate, limit: Fraction, sign: int) -> _Row:
        """``sign * (limit * base - count) <= 0``, times the denominator of `limit`."""
        factors: dict[int, int] = {}
        known = 0
        for name, factor in ((rate.base, sign * limit.numerator), (rate.count, -sign * limit.denominator)):
            if name in self.index:
                factors[self.index[name]] = factors.get(self.index[name], 0) + factor
            else:
                known += factor * int(cells.values[name])
        return _Row(factors, -known)

    def span(self, hidden: Collection[int]) -> _Span:
        """What each cell's own print tells when these are hidden."""
        low, high = self.floor.copy(), np.full(len(self.names), inf)
        step = self.rules.round_to
        for cell in self.printed:
            if cell in hidden:
                low[cell] = max(low[cell], self.least_hidden)
            elif self.truth[cell] == 0:
                low[cell] = high[cell] = 0
            else:
                printed = rounded(int(self.truth[cell]), self.rules)
                low[cell] = max(low[cell], self.rules.threshold, -((step - 2 * printed) // 2))
                high[cell] = (2 * printed + step - 1) // 2
        return _Span(low, high)

    def lonely(self, hidden: Collection[int]) -> frozenset[int]:
        """Hidden and sensitive cells that are the only unknown one of a sum."""
        unknown = self.implied.union(hidden)
        alone = (unknown & members for members in self.members)
        return frozenset(cell for cells in alone if len(cells) == 1 for cell in cells if cell in hidden or cell in self.small)

    def extreme(self, span: _Span, rows: list[_Row], cell: int, sense: Literal[1, -1]) -> int:
        """The least (`sense` 1) or the greatest (-1) value that the cell can have."""
        if sense == -1 and self._unlimited(span, cell):
            return NO_LIMIT
        cost = np.zeros(len(self.names))
        cost[cell] = sense
        found = self._solution(span, rows, np.concatenate([cost, -cost]))
        end = int((self.truth if found is None else found)[cell])
        # The solver's optimum is a real solution, but only its word says that there is none beyond: ask another way.
        while span.low[cell] <= end - sense <= span.high[cell] and self.nearest(span, rows, cell, end - sense) is not None:
            end -= sense
        return end

    def nearest(self, span: _Span, rows: list[_Row], cell: int, value: int) -> np.ndarray | None:
        """The whole solution nearest to the truth in which the cell has this value, or none.

        Near, because few cells then move, by like amounts, and the points between it and the truth are solutions as well.
        """
        low, high = span.low.copy(), span.high.copy()
        low[cell] = high[cell] = value
        return self._solution(_Span(low, high), rows, np.ones(2 * len(self.names)))

    def _unlimited(self, span: _Span, cell: int) -> bool:
        """Whether the cell can grow for ever: in a direction that keeps the sums, and in which only unlimited cells grow."""
        cost = np.zeros(len(self.names))
        cost[cell] = -1
        limits = np.column_stack([np.zeros(len(self.names)), np.isinf(span.high)])
        result = linprog(cost, A_eq=self.matrix, b_eq=np.zeros(len(self.sums)), bounds=limits)
        return -result.fun > 1e-7

    def _solution(self, span: _Span, rows: list[_Row], cost: np.ndarray) -> np.ndarray | None:
        """The whole values of least cost, which is by the case for rises from the truth and then for falls.

        Without the demand for whole numbers first: for tables the corners are mostly whole, and where nothing is possible,
        nothing whole is. Every solution is checked exactly. The solver works to a tolerance and has been seen to break a row
        (HiGHS issue 2732); so it is asked again without its presolve, and then with limits a hair tighter.
        """
        low, high = span.low - self.truth, span.high - self.truth
        bounds = Bounds(
            np.concatenate([np.maximum(low, 0), np.maximum(-high, 0)]), np.concatenate([np.maximum(high, 0), np.maximum(-low, 0)])
        )
        matrix, spare = self.inequalities(rows)
        for whole, presolve, margin in ((0, True, 0.0), (1, True, 0.0), (1, False, 0.0), (1, True, 1e-5)):
            result = milp(
                cost,
                integrality=np.full(len(cost), whole),
                bounds=bounds,
                constraints=[
                    LinearConstraint(_both_ways(self.matrix), 0, 0),
                    LinearConstraint(_both_ways(matrix), -inf, spare - margin),
                ],
                options={"presolve": presolve},
            )
            if result.x is None:
                return None
            moves = np.rint(result.x).astype(np.int64)
            found = self.truth + moves[: len(self.names)] - moves[len(self.names) :]
            inside = (span.low <= found).all() and (found <= span.high).all()
            if inside and not (self.matrix @ (found - self.truth)).any() and all(row.holds(found) for row in rows):
                return found
        return None

    @cached_property
    def matrix(self) -> sparse.csr_array:
        """One row a sum, one column a cell: moves from the truth give 0."""
        return _matrix(self.sums, len(self.names))

    def inequalities(self, rows: list[_Row], longest: int = _LONGEST) -> tuple[sparse.csr_array, np.ndarray]:
        """One row a side of a known rate, one column a cell: moves from the truth give at most what is spare."""
        scaled, spare = [], []
        for row in rows:
            # Whole numbers are exact in the solver, unless they are too long for it.
            largest = max(map(abs, row.factors.values()))
            scale = largest if largest > longest else 1
            scaled.append({cell: factor / scale for cell, factor in row.factors.items()})
            spare.append((row.limit - sum(factor * int(self.truth[cell]) for cell, factor in row.factors.items())) / scale)
        return _matrix(scaled, len(self.names)), np.array(spare)


def _matrix(rows: list[dict[int, Any]], columns: int) -> sparse.csr_array:
    entries = [(number, cell, factor) for number, row in enumerate(rows) for cell, factor in row.items()]
    numbers, cells, factors = zip(*entries, strict=True) if entries else ((), (), ())
    return sparse.csr_array((np.array(factors, dtype=float), (numbers, cells)), shape=(len(rows), columns))


def _both_ways(matrix: sparse.csr_array) -> sparse.csr_array:
    """The same for rises and, behind them, falls."""
    return sparse.hstack([matrix, -matrix], format="csr")


class _Pool:
    """Whole solutions found so far, the truth first. Which of them a reader cannot rule out depends on what is hidden."""

    def __init__(self, system: _System) -> None:
        self.system = system
        self.points = np.zeros((0, len(system.names)), dtype=np.int64)
        self.rates = np.zeros((0, len(system.rates)), dtype=bool)
        self.known: set[bytes] = set()
        self._take(system.truth[None, :])

    def add(self, found: np.ndarray) -> None:
        """Take in a solution, and those near the line from it to the truth.

        What its own print allows a cell, and a rate, holds between two solutions as well; rounding to whole numbers is
        what can break a sum or a rate, and is checked.
        """
        move = found - self.system.truth
        steps = min(int(np.abs(move).max()), _STEPS)
        between = np.rint(np.arange(1, steps)[:, None] / steps * move).astype(np.int64)
        kept = between[~(self.system.matrix @ between.T).any(axis=0)]
        self._take(np.vstack([found[None, :], self.system.truth + kept]))

    def _take(self, points: np.ndarray) -> None:
        new = [number for number, point in enumerate(points) if point.tobytes() not in self.known]
        self.known.update(points[number].tobytes() for number in new)
        rates = [row.holds(points[new]) for _, row in self.system.rates]
        self.points = np.vstack([self.points, points[new]])
        self.rates = np.vstack([self.rates, np.array(rates, dtype=bool).reshape(len(rates), len(new)).T])


class _Reader:
    """What the reader must reckon with when these cells are hidden."""

    def __init__(self, system: _System, hidden: frozenset[int]) -> None:
        self.system = system
        self.hidden = hidden
        self.unknown = hidden | system.implied
        self.span = system.span(hidden)
        self.active = np.array([pair.isdisjoint(self.unknown) for pair, _ in system.rates], dtype=bool)
        self.rows = [row for (_, row), is_active in zip(system.rates, self.active, strict=True) if is_active]
        self.allowed = np.zeros(0, dtype=bool)
        self.cache: dict[int, tuple[int, set[int]]] = {}

    def seen(self, cell: int) -> set[int]:
        """Values of the cell that are proven to be possible."""
        pool, read = self.system.pool, len(self.allowed)
        if read < len(pool.points):
            new = pool.points[read:]
            inside = (new >= self.span.low).all(axis=1) & (new <= self.span.high).all(axis=1)
            self.allowed = np.concatenate([self.allowed, inside & pool.rates[read:, self.active].all(axis=1)])
        done, values = self.cache.get(cell, (0, set()))
        if done < len(self.allowed):
            values.update(pool.points[done:, cell][self.allowed[done:]].tolist())
            self.cache[cell] = len(self.allowed), values
        return values

    def allows(self, cell: int, value: int) -> bool:
        """Whether the cell can have this value."""
        if value in self.seen(cell):
            return True
        if not self.span.low[cell] <= value <= self.span.high[cell]:
            return False
        found = self.system.nearest(self.span, self.rows, cell, value)
        if found is not None:
            self.system.pool.add(found)
        return found is not None

    def lacks(self, cell: int, needed: range) -> int | None:
        """The value of `needed` farthest from the truth that the cell cannot have, or none."""
        truth = int(self.system.truth[cell])
        for value in sorted(needed, key=lambda value: (-abs(value - truth), value)):
            if not self.allows(cell, value):
                return value
        return None

    def has(self, cell: int, number: int) -> bool:
        """Whether the cell can have at least this number of values."""
        for end, step in ((max, 1), (min, -1)):
            while len(self.seen(cell)) < number and self.allows(cell, end(self.seen(cell)) + step):
                pass
        if len(self.seen(cell)) < number:
            # What is left lies behind a hole. A search this long finds it or hides more than is needed.
            low, high = (self.system.extreme(self.span, self.rows, cell, sense) for sense in (1, -1))
            for value in range(low, min(high, low + 50 * number) + 1):
                if self.allows(cell, value) and len(self.seen(cell)) >= number:
                    break
        return len(self.seen(cell)) >= number


class _Search:
    """Hides what is needed for the cells of one connected group, then shows again what was not."""

    def __init__(self, system: _System) -> None:
        self.system = system
        self.primary = (system.small & system.printed) | (system.withheld & system.hideable)
        self.allowed = system.hideable
        order = sorted(system.hideable, key=lambda cell: (cell in system.totals, system.truth[cell], system.names[cell]))
        # Two cells cost more than any one.
        self.cost = {cell: len(order) + number for number, cell in enumerate(order)}
        self.needed = {cell: self._needed(cell) for cell in sorted(system.small)}

    def hidden(self) -> frozenset[int]:
        """The hidden cells of the group."""
        hidden = self._grow()
        for cell in sorted(hidden - self.primary, key=lambda cell: -self.cost[cell]):
            if cell in hidden:
                smaller = self._largest(hidden - {cell})
                hidden = hidden if smaller is None else smaller
        return hidden

    def _ban(self, failing: frozenset[int]) -> None:
        """Hide these cells in no case, nor those that would then be lonely however much is hidden."""
        while failing:
            for other in sorted(failing):
                if other in self.system.small | self.primary:
                    raise Unprotectable(
                        f"{self.system.names[other]!r} cannot be kept confidential under the preset {self.system.rules.name!r}: "
                        "what is known anyway gives it away whatever else is hidden; merge it with another group or leave its "
                        "table out"
                    )
            self.allowed -= failing
            failing = self.system.lonely(self.allowed)

    def _needed(self, cell: int) -> range:
        """The values that the reader must reckon with for a sensitive cell."""
        system, least = self.system, 1
        if system.rules.zeros == "shown":
            low = np.zeros(len(system.names))
            high = np.full(len(system.names), inf)
            for other in system.printed:
                low[other] = min(1, system.truth[other])
                high[other] = inf if system.truth[other] else 0
            least = max(1, system.extreme(_Span(low, high), [], cell, 1))
        return range(least, least + system.rules.threshold - 1)

    def _grow(self) -> frozenset[int]:
        """Hide more and more until every guarantee holds."""
        self._ban(self.primary & self.system.fixed)
        self._ban(self.system.lonely(self.allowed))
        hidden = self.primary
        while True:
            reader = _Reader(self.system, hidden)
            if self.system.lonely(hidden):
                more = self._company(reader)
            else:
                cell, value = self._unsafe(reader)
                if cell is None:
                    return hidden
                if hidden == self.allowed:
                    # Not even all the others protect this one: it is of no use as a secondary cell.
                    self._ban(frozenset({cell}))
                    hidden = self.primary
                    continue
                more = self._room(reader, cell, value)
            # With no cheap answer everything is hidden; what was not needed is shown again afterwards.
            hidden |= more or self.allowed

    def _unsafe(self, reader: _Reader) -> tuple[int | None, int]:
        """A cell that is not safe, and a value that it ought to be able to have."""
        for cell, needed in self.needed.items():
            lacking = reader.lacks(cell, needed)
            if lacking is not None:
                return cell, lacking
        for cell in sorted(reader.hidden - self.system.small):
            if not reader.has(cell, self.system.rules.threshold):
                seen = reader.seen(cell)
                return cell, max(seen) + self.system.rules.threshold - len(seen)
        return None, 0

    def _largest(self, hidden: frozenset[int]) -> frozenset[int] | None:
        """The greatest part of these hidden cells that keeps every guarantee, or none.

        Cells that fail are shown; that only narrows the rest, so none that was shown could have stayed.
        """
        while True:
            failing = self.system.lonely(hidden)
            if not failing:
                reader = _Reader(self.system, hidden)
                if any(reader.lacks(cell, needed) is not None for cell, needed in self.needed.items()):
                    return None
                secondary = sorted(hidden - self.system.small)
                failing = frozenset(cell for cell in secondary if not reader.has(cell, self.system.rules.threshold))
            if not failing:
                return hidden
            if failing & (self.system.small | self.primary):
                return None
            hidden -= failing

    def _company(self, reader: _Reader) -> frozenset[int]:
        """The cheapest further cells to hide, so that no sum has a lonely one: an integer program, a switch a cell."""
        choice = sorted(self.allowed - reader.hidden)
        place = {cell: number for number, cell in enumerate(choice)}
        rows, limits = [], []
        for members in self.system.members:
            unknown, open_ = members & reader.unknown, sorted(members & place.keys())
            if not unknown:
                # One that is hidden needs another of the same sum.
                rows += [{place[other]: 1 if other == cell else -1 for other in open_} for cell in open_]
                limits += [0] * len(open_)
            elif len(unknown) == 1 and unknown & (reader.hidden | self.system.small):
                rows.append({place[cell]: -1 for cell in open_})
                limits.append(-1)
        result = milp(
            [self.cost[cell] for cell in choice],
            integrality=np.ones(len(choice)),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(_matrix(rows, len(choice)), -inf, limits),
            options={"node_limit": _NODES},
        )
        return frozenset() if result.x is None else frozenset(cell for cell in choice if result.x[place[cell]] > 0.5)

    def _room(self, reader: _Reader, cell: int, value: int) -> frozenset[int]:
        """Cheap further cells to hide, so that the cell can have this value.

        A linear program: moves within what is printed are all but free, those beyond it cost by the case, and so does
        breaking a known rate. As one cell moves by one amount, the others that must move do so along a path and by the same
        amount, and the cost is nearly that of the cells.
        """
        system, size = self.system, len(self.system.names)
        choice = self.allowed - reader.hidden
        price, beyond, deepest = np.zeros(size), np.zeros(size), np.zeros(size)
        for other in choice:
            price[other], beyond[other] = self.cost[other], inf
            deepest[other] = system.truth[other] - max(system.floor[other], system.least_hidden)
        rates = [(pair, row) for pair, row in system.rates if pair.isdisjoint(reader.unknown)]
        broken = [min(pair & choice, key=self.cost.__getitem__, default=None) for pair, _ in rates]
        up, down = reader.span.high - system.truth, system.truth - reader.span.low
        low = np.zeros(4 * size + len(rates))
        high = np.concatenate(
            [up, down, beyond, np.maximum(deepest - down, 0), [0 if other is None else inf for other in broken]]
        )
        move = value - int(system.truth[cell])
        low[cell] = high[cell] = max(move, 0)
        low[size + cell] = high[size + cell] = max(-move, 0)
        sums = _both_ways(system.matrix)
        matrix, spare = system.inequalities([row for _, row in rates], longest=1)
        known = _both_ways(matrix)
        result = linprog(
            np.concatenate([np.full(2 * size, 1e-3), price, price, [self.cost.get(other, 0) for other in broken]]),
            A_eq=sparse.hstack([sums, sums, sparse.csr_array((len(system.sums), len(rates)))]),
            b_eq=np.zeros(len(system.sums)),
            A_ub=sparse.hstack([known, known, -sparse.eye_array(len(rates))]),
            b_ub=spare,
            bounds=np.column_stack([low, high]),
        )
        if result.x is None:
            return frozenset()
        paid = result.x[2 * size :] > 1e-6
        found = {other for other in choice if paid[other] or paid[size + other]}
        found |= {other for other, is_broken in zip(broken, paid[2 * size :], strict=True) if is_broken and other is not None}
        return frozenset(found)
