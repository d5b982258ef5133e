"""The reader in these tests is another one than that of the module: it searches whole assignments, without its solver."""

import dataclasses
import itertools
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy import optimize

from helpers import suppression
from helpers.errors import InputError
from helpers.suppression import (
    NO_LIMIT,
    Cells,
    Rate,
    Rules,
    Unprotectable,
    possible,
    presets,
    rounded,
    rules,
    sensitive,
    suppress,
)
from tests.effort import examples

ROOT = Path(__file__).parents[1]
EVERY_PRESET = list(presets())
every_preset = pytest.mark.parametrize("preset", EVERY_PRESET)


def repeatable(number):
    return settings(deadline=None, derandomize=True, max_examples=examples(number))


# --- a reader who tries every whole number


def domain(cells, preset, hidden, name, cap):
    """The values that a reader allows the cell for its own print, in any order of trying: nearest to the truth first."""
    truth, step = cells.values[name], preset.round_to
    if name in cells.constants:
        return [truth]
    values = range(cap + 1)
    if name in hidden:
        values = values if preset.zeros == "hidden" else values[1:]
    elif name in cells.printed:
        small = range(0 if preset.zeros == "hidden" else 1, preset.threshold)
        values = [value for value in values if value not in small and abs(value - half_up(truth, step)) <= step]
        values = [value for value in values if half_up(value, step) == half_up(truth, step)]
    return sorted((v for v in values if v >= cells.floors.get(name, 0)), key=lambda v: (abs(v - truth), v))


def half_up(value, step):
    below = value - value % step
    return below + step if 2 * (value - below) >= step else below


def known_rates(cells, hidden):
    unknown = (set(cells.values) - cells.printed - cells.constants) | set(hidden)
    return [rate for rate in cells.rates if not {rate.count, rate.base} & unknown]


def fits(rate, count, base):
    return rate.low * base - 1e-9 <= count <= rate.high * base + 1e-9


def agree(cells, hidden, values):
    sums = all(values[total] == sum(values[part] for part in parts) for total, parts in cells.sums)
    return sums and all(fits(rate, values[rate.count], values[rate.base]) for rate in known_rates(cells, hidden))


def every_assignment(cells, preset, hidden, cap):
    """All of them, without any thought; for the smallest systems."""
    names = sorted(cells.values)
    for values in itertools.product(*(domain(cells, preset, hidden, name, cap) for name in names)):
        if agree(cells, hidden, assignment := dict(zip(names, values, strict=True))):
            yield assignment


def exists(cells, domains, hidden):
    """Whether an assignment exists: try values, the cell with the fewest first, and drop those that a tie rules out."""
    domains = narrowed(cells, domains, known_rates(cells, hidden))
    if domains is None:
        return False
    open_ = [name for name, values in domains.items() if len(values) > 1]
    if not open_:
        return agree(cells, hidden, {name: values[0] for name, values in domains.items()})
    name = min(open_, key=lambda name: (len(domains[name]), name))
    return any(exists(cells, domains | {name: [value]}, hidden) for value in domains[name])


def narrowed(cells, domains, rates):
    domains, before = dict(domains), None
    while before != (before := [len(values) for values in domains.values()]):
        for total, parts in cells.sums:
            if not all(domains[name] for name in (total, *parts)):
                return None
            ends = {name: (min(domains[name]), max(domains[name])) for name in (total, *parts)}
            low, high = (sum(ends[part][end] for part in parts) for end in (0, 1))
            limits = {total: (low, high)}
            for part in parts:
                limits[part] = ends[total][0] - high + ends[part][1], ends[total][1] - low + ends[part][0]
            for name, (least, most) in limits.items():
                if ends[name][0] < least or ends[name][1] > most:
                    domains[name] = [value for value in domains[name] if least <= value <= most]
        for rate in rates:
            counts, bases = domains[rate.count], domains[rate.base]
            if len(bases) == 1:
                domains[rate.count] = [count for count in counts if fits(rate, count, bases[0])]
            elif len(counts) == 1:
                domains[rate.base] = [base for base in bases if fits(rate, counts[0], base)]
    return domains if all(domains.values()) else None


def limit(cells, preset):
    return 2 * max(cells.values.values(), default=0) + 3 * preset.threshold


def can_be(cells, preset, hidden, name, value):
    cap = max(limit(cells, preset), 4 * value)
    domains = {other: domain(cells, preset, hidden, other, cap) for other in cells.values}
    return value in domains[name] and exists(cells, domains | {name: [value]}, hidden)


def wanted(cells, preset, name):
    """All of 1 to threshold - 1; as many from the lowest that the zeros leave, where these are shown."""
    if preset.zeros == "hidden":
        return range(1, preset.threshold)
    cap = limit(cells, preset)
    domains = {
        other: range(cap + 1) if other not in cells.printed else range(1, cap + 1) if value else [0]
        for other, value in cells.values.items()
    }
    least = next(v for v in range(1, cap) if v in domains[name] and exists(cells, domains | {name: [v]}, cells.values))
    return range(least, least + preset.threshold - 1)


def faults(cells, preset, hidden):
    """What is wrong with hiding these, one after the other."""
    small = {
        name
        for name, value in cells.values.items()
        if value < preset.threshold and (value or preset.zeros == "hidden") and name not in cells.constants
    }
    yield from (f"{name} is small and shown" for name in small & cells.printed - hidden)
    unknown = (set(cells.values) - cells.printed - cells.constants) | hidden
    for total, parts in cells.sums:
        alone = {total, *parts} & unknown
        if len(alone) == 1 and alone & (hidden | small):
            yield f"{alone} alone in {total}"
    for name in sorted(small):
        yield from (f"{name} not {v}" for v in wanted(cells, preset, name) if not can_be(cells, preset, hidden, name, v))
    for name in sorted(hidden - small):
        values = (v for v in sorted(range(limit(cells, preset)), key=lambda v: abs(v - cells.values[name])))
        enough = itertools.islice((v for v in values if can_be(cells, preset, hidden, name, v)), preset.threshold)
        if len(list(enough)) < preset.threshold:
            yield f"{name} has too few values"


def hidden_of(actions):
    return {name for name, action in actions.items() if action != "shown"}


def may_hide(cells, preset):
    zero = set() if preset.zeros == "hidden" else {name for name, value in cells.values.items() if value == 0}
    return cells.printed - cells.constants - cells.fixed - zero


# --- systems


def system(values, sums, **more):
    more = {"printed": frozenset(values), **more}
    return Cells(values=values, sums=tuple((total, tuple(parts)) for total, parts in sums), **more)


COUNTS = st.one_of(st.integers(0, 4), st.integers(0, 14), st.integers(10, 60))


@st.composite
def one_way(draw, most=4):
    values = {f"part {number}": draw(COUNTS) for number in range(draw(st.integers(2, most)))}
    return system(values | {"total": sum(values.values())}, [("total", values)])


def two_way_parts(counts, tag=""):
    """A table with both margins and the grand total, as values and sums."""
    rows, columns = range(len(counts)), range(len(counts[0]))
    values = {f"{tag}{r}.{c}": counts[r][c] for r in rows for c in columns}
    sums = [(f"{tag}{r}.all", [f"{tag}{r}.{c}" for c in columns]) for r in rows]
    sums += [(f"{tag}all.{c}", [f"{tag}{r}.{c}" for r in rows]) for c in columns]
    for total, parts in sums:
        values[total] = sum(values[part] for part in parts)
    for margin in ([f"{tag}{r}.all" for r in rows], [f"{tag}all.{c}" for c in columns]):
        sums.append((f"{tag}all.all", margin))
        values[f"{tag}all.all"] = sum(values[part] for part in margin)
    return values, sums


@st.composite
def two_way(draw):
    columns = draw(st.integers(2, 3))
    counts = [[draw(COUNTS) for _ in range(columns)] for _ in range(2)]
    return system(*two_way_parts(counts))


@st.composite
def sharing_a_margin(draw):
    """Two tables of the same cases: their groups by one thing, and by another."""
    values, sums = {}, []
    for row in range(2):
        total = draw(COUNTS)
        cut, other = draw(st.integers(0, total)), draw(st.integers(0, total))
        values |= {f"a{row}.0": cut, f"a{row}.1": total - cut, f"b{row}.0": other, f"b{row}.1": total - other, f"n{row}": total}
        sums += [(f"n{row}", [f"a{row}.0", f"a{row}.1"]), (f"n{row}", [f"b{row}.0", f"b{row}.1"])]
    values["n"] = values["n0"] + values["n1"]
    return system(values, [*sums, ("n", ["n0", "n1"])])


def whole_per_cent(values, count, base):
    figure = (200 * values[count] + values[base]) // (2 * values[base])
    return Rate(count, base, (figure - 0.5) / 100, (figure + 0.5) / 100)


@st.composite
def with_bases(draw):
    """Counts out of bases, whose complements are implied, over groups with a total; rates and constants at times."""
    values, sums, groups = {}, [], range(draw(st.integers(1, 3)))
    for group in groups:
        base = draw(COUNTS)
        count = draw(st.integers(0, base))
        values |= {f"n{group}": base, f"k{group}": count, f"m{group}": base - count}
    for letter in "nkm":
        values[letter] = sum(values[f"{letter}{group}"] for group in groups)
        sums.append((letter, [f"{letter}{group}" for group in groups]))
    suffixes = ["", *map(str, groups)]
    sums += [(f"n{suffix}", [f"k{suffix}", f"m{suffix}"]) for suffix in suffixes]
    pairs = [(f"k{suffix}", f"n{suffix}") for suffix in suffixes if values[f"n{suffix}"]]
    rates = [whole_per_cent(values, *pair) for pair in pairs] if draw(st.booleans()) else []
    printed = frozenset(name for name in values if not name.startswith("m"))
    constants = (
        frozenset(draw(st.sets(st.sampled_from([f"n{group}" for group in groups])))) if draw(st.booleans()) else frozenset()
    )
    floors = {"n": draw(st.integers(0, values["n"]))} if draw(st.booleans()) else {}
    return system(values, sums, printed=printed, rates=tuple(rates), constants=constants, floors=floors)


small_systems = st.one_of(one_way(), two_way(), sharing_a_margin(), with_bases())
any_preset = st.sampled_from(EVERY_PRESET).map(rules)


def larger(seed, rows=5, columns=4, mean=18):
    """Two linked tables, counts out of the cases of each cell, with all complements implied: 90 cells, 62 sums."""
    draw = random.Random(seed)
    bases = [[int(draw.expovariate(1 / mean)) for _ in range(columns)] for _ in range(rows)]
    counts = [[sum(draw.random() < 0.4 for _ in range(base)) for base in row] for row in bases]
    values, sums = {}, []
    for tag, table in (("n", bases), ("k", counts)):
        more, ties = two_way_parts(table, tag)
        values, sums = values | more, sums + ties
    for name in [name[1:] for name in values if name.startswith("n")]:
        values[f"m{name}"] = values[f"n{name}"] - values[f"k{name}"]
        sums.append((f"n{name}", [f"k{name}", f"m{name}"]))
    return system(values, sums, printed=frozenset(name for name in values if name[0] != "m"))


# --- the guarantees


@repeatable(100)
@given(small_systems, any_preset)
def test_a_reader_who_tries_every_number_finds_no_fault(cells, preset):
    try:
        actions = suppress(cells, preset)
    except Unprotectable:
        assume(False)
    assert list(faults(cells, preset, hidden_of(actions))) == []


@repeatable(60)
@given(small_systems, any_preset)
def test_only_what_is_small_is_hidden_for_itself_and_every_printed_cell_has_an_action(cells, preset):
    try:
        actions = suppress(cells, preset)
    except Unprotectable:
        assume(False)
    small = sensitive(cells, preset)
    assert list(actions) == sorted(cells.printed)
    assert {name for name, action in actions.items() if action == "threshold"} == small & cells.printed
    assert hidden_of(actions) <= may_hide(cells, preset)


@repeatable(60)
@given(small_systems, any_preset)
@example(system(*two_way_parts([[6, 12], [13, 0]])), rules("default"))
def test_no_smaller_part_of_the_hidden_cells_would_do(cells, preset):
    try:
        actions = suppress(cells, preset)
    except Unprotectable:
        assume(False)
    secondary = sorted(name for name, action in actions.items() if action == "secondary")
    primary = hidden_of(actions) - set(secondary)
    assume(len(secondary) <= 4)
    for number in range(len(secondary)):
        for fewer in itertools.combinations(secondary, number):
            assert any(faults(cells, preset, primary | set(fewer)))


def outcome(cells, preset):
    try:
        return suppress(cells, preset)
    except Unprotectable as error:
        return str(error)


@repeatable(60)
@given(with_bases(), any_preset)
def test_what_is_called_unprotectable_cannot_be_protected_by_any_choice(cells, preset):
    assume(isinstance(outcome(cells, preset), str))
    primary = {name for name in cells.printed if name in sensitive(cells, preset)}
    optional = sorted(may_hide(cells, preset) - primary)
    assume(len(optional) <= 5)
    for number in range(len(optional) + 1):
        for more in itertools.combinations(optional, number):
            assert any(faults(cells, preset, primary | set(more)))


@repeatable(80)
@given(st.one_of(one_way(), two_way(), sharing_a_margin()), any_preset)
def test_tables_without_constants_can_always_be_protected(cells, preset):
    suppress(cells, preset)


@repeatable(40)
@given(small_systems, any_preset, st.randoms(use_true_random=False))
def test_the_order_of_entries_changes_nothing(cells, preset, shuffle):
    def mixed(entries):
        entries = list(entries)
        shuffle.shuffle(entries)
        return entries

    other = Cells(
        values=dict(mixed(cells.values.items())),
        printed=frozenset(mixed(cells.printed)),
        sums=tuple((total, tuple(mixed(parts))) for total, parts in mixed(cells.sums)),
        rates=tuple(mixed(cells.rates)),
        floors=cells.floors,
        constants=cells.constants,
    )

    assert outcome(cells, preset) == outcome(other, preset)


@pytest.mark.parametrize("preset", ["default", "fieldwork", "dfe", "youth_justice_dashboard"])
def test_an_integer_program_finds_every_small_value_possible_in_linked_tables(preset):
    preset, cells = rules(preset), larger(seed=2)
    hidden, small = hidden_of(suppress(cells, preset)), sensitive(cells, preset)
    names = sorted(cells.values)
    place = {name: number for number, name in enumerate(names)}
    cap = 2 * max(cells.values.values())
    allowed = np.array([[end(domain(cells, preset, hidden, name, cap)) for end in (min, max)] for name in names])
    # What the zeros alone leave.
    zeros = np.array([[min(1, cells.values[name]) if name in cells.printed else 0, cap] for name in names])
    zeros[[name in cells.printed and cells.values[name] == 0 for name in names]] = 0
    matrix = np.zeros((len(cells.sums), len(names)))
    for row, (total, parts) in enumerate(cells.sums):
        matrix[row, place[total]] = 1
        matrix[row, [place[part] for part in parts]] = -1

    def feasible(cell, value, ends):
        bounds = ends.copy()
        bounds[place[cell]] = value
        return optimize.milp(
            np.zeros(len(names)),
            integrality=np.ones(len(names)),
            bounds=optimize.Bounds(*bounds.T),
            constraints=optimize.LinearConstraint(matrix, 0, 0),
        ).success

    assert len(small) >= 15
    for name in sorted(small):
        start = 1 if preset.zeros == "hidden" else next(value for value in range(1, cap) if feasible(name, value, zeros))
        assert [v for v in range(start, start + preset.threshold - 1) if not feasible(name, v, allowed)] == []
    for name in hidden - small:
        around = sorted(range(allowed[place[name]][0], cap), key=lambda value: abs(value - cells.values[name]))
        enough = itertools.islice((v for v in around if feasible(name, v, allowed)), preset.threshold)
        assert len(list(enough)) == preset.threshold


def test_another_process_gives_the_same_answer():
    code = (
        "from tests.test_suppression import *; print(suppress(larger(2), rules('default')), suppress(larger(1), rules('acro')))"
    )

    def answer(seed):
        run = [sys.executable, "-c", code]
        environment = os.environ | {"PYTHONHASHSEED": seed}
        return subprocess.run(run, env=environment, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    first = answer("1")
    assert "secondary" in first
    assert first == answer("2")


@every_preset
def test_every_solution_that_the_search_relies_on_is_one(preset):
    cells = larger(seed=2)
    linked = suppression._System(cells, rules(preset), sorted(cells.values))
    suppression._Search(linked).hidden()
    solutions = [dict(zip(linked.names, point, strict=True)) for point in linked.pool.points]
    assert len(solutions) > 20
    assert all(agree(dataclasses.replace(cells, rates=()), set(), values) for values in solutions)


def test_the_solver_prints_nothing(capfd):
    """It has been seen to, past every setting; a notebook would show it."""
    cells = larger(seed=3, mean=40)
    pairs = [(f"k{name[1:]}", name) for name in cells.values if name[0] == "n" and cells.values[name] >= 20]
    cells = dataclasses.replace(cells, rates=tuple(whole_per_cent(cells.values, *pair) for pair in pairs))
    for preset in ("fieldwork", "youth_justice_dashboard"):
        assert "secondary" in suppress(cells, rules(preset)).values()
    assert capfd.readouterr() == ("", "")


# --- what has gone wrong in the field


@every_preset
def test_a_lone_small_cell_of_a_row_with_a_shown_total_gets_company(preset):
    cells = system({"small": 3, "middle": 40, "large": 80, "total": 123}, [("total", ["small", "middle", "large"])])
    assert suppress(cells, rules(preset)) == {"small": "threshold", "middle": "secondary", "large": "shown", "total": "shown"}


def test_two_small_cells_whose_sum_is_known_take_a_third():
    cells = system({"a": 1, "b": 1, "c": 10, "total": 12}, [("total", "abc")])
    acro = rules("acro")
    assert possible(cells, acro, {"a", "b"}, "a") == (0, 2)
    assert suppress(cells, acro) == {"a": "threshold", "b": "threshold", "c": "secondary", "total": "shown"}


def test_a_small_cell_and_a_large_one_hide_each_other():
    cells = system({"a": 3, "b": 12, "total": 15}, [("total", "ab")])
    assert suppress(cells, rules("acro")) == {"a": "threshold", "b": "secondary", "total": "shown"}


def test_a_total_that_is_small_is_hidden_with_its_parts():
    cells = system({"a": 3, "b": 5, "total": 8}, [("total", "ab")])
    assert suppress(cells, rules("acro")) == dict.fromkeys(("a", "b", "total"), "threshold")
    assert suppress(cells, rules("dfe")) == dict.fromkeys(("a", "b", "total"), "threshold")
    assert possible(cells, rules("acro"), {"a", "b", "total"}, "total") == (0, NO_LIMIT)
    # Two hidden parts that are no zeros make 2 at least: nothing can make a reader think of 1.
    assert possible(cells, rules("dfe"), {"a", "b", "total"}, "total") == (2, NO_LIMIT)


def test_a_hidden_pair_has_no_rate_that_could_give_the_count_back():
    values = {"k": 2, "m": 38, "n": 40, "other": 60, "all": 100}
    sums = [("n", "km"), ("all", ["n", "other"])]
    printed = frozenset(values) - {"m"}
    rate = Rate("k", "n", 0.045, 0.055)
    plain, with_rate = system(values, sums, printed=printed), system(values, sums, printed=printed, rates=(rate,))
    fieldwork = rules("fieldwork")
    actions = suppress(with_rate, fieldwork)
    assert actions["k"] == "threshold"
    hidden = hidden_of(actions)
    assert possible(with_rate, fieldwork, hidden, "k") == possible(plain, fieldwork, hidden, "k")


def test_the_rate_of_a_shown_pair_tells_more_than_rounding_leaves():
    values = {"k": 18, "m": 22, "n": 40}
    plain = system(values, [("n", "km")], printed=frozenset("kn"))
    with_rate = dataclasses.replace(plain, rates=(Rate("k", "n", 0.445, 0.455),))
    assert possible(plain, rules("default"), set(), "k") == (18, 22)
    assert possible(with_rate, rules("default"), set(), "k") == (18, 19)


def test_a_limit_of_a_rate_that_a_float_cannot_hold_does_not_rule_the_truth_out():
    # As a decimal figure the float of 10/30 lies below it.
    cells = system({"k": 10, "n": 30}, [], rates=(Rate("k", "n", 0.3, 10 / 30),))
    assert possible(cells, rules("default"), set(), "k") == (10, 10)
    assert possible(cells, rules("default"), set(), "n") == (30, 32)


def test_the_rate_of_a_shown_pair_that_gives_a_complement_away_is_broken_up():
    # Rounded to 5, 95 of 100 leaves a complement of 1 to 9 open; 95.5% to 96.5% leaves 4 alone, or nearly.
    values = {"k": 96, "m": 4, "n": 100}
    cells = system(values, [("n", "km")], printed=frozenset("kn"), rates=(Rate("k", "n", 0.955, 0.965),))
    assert possible(cells, rules("welsh_government"), set(), "m") == (4, 4)
    assert "secondary" in suppress(cells, rules("welsh_government")).values()


def test_an_implied_complement_that_is_small_is_protected():
    cells = system({"n": 60, "k": 57, "m": 3}, [("n", "km")], printed=frozenset("nk"))
    assert suppress(cells, rules("fieldwork")) == {"k": "secondary", "n": "shown"}


def test_one_hidden_cell_is_never_alone_even_where_rounding_would_blur_it():
    cells = system({"a": 2, "b": 200, "c": 300, "d": 400, "total": 902}, [("total", "abcd")])
    assert len(hidden_of(suppress(cells, rules("welsh_government")))) == 2


def test_a_zero_that_is_shown_is_no_company():
    cells = system({"a": 2, "none": 0, "c": 30, "total": 32}, [("total", ["a", "none", "c"])])
    actions = suppress(cells, rules("youth_justice_dashboard"))
    assert actions == {"a": "threshold", "none": "shown", "c": "secondary", "total": "shown"}


def test_a_constant_is_neither_hidden_nor_small():
    cells = system({"k": 2, "m": 3, "n": 5}, [("n", "km")], printed=frozenset("kn"), constants=frozenset("n"))
    fieldwork = rules("fieldwork")
    assert sensitive(cells, fieldwork) == {"k", "m"}
    assert suppress(cells, fieldwork) == {"k": "threshold", "n": "shown"}
    assert possible(cells, fieldwork, {"k"}, "k") == (0, 5)
    assert possible(cells, fieldwork, {"k"}, "n") == (5, 5)


@pytest.mark.parametrize(
    ("values", "sums", "constants"),
    [
        pytest.param({"k": 1, "m": 2, "n": 3}, [("n", "km")], "n", id="a constant total that is too small"),
        pytest.param({"k": 2, "m": 48, "n": 50}, [("n", "km")], "mn", id="all others of the sum are constants"),
        pytest.param({"k": 2, "twin": 2}, [("twin", "k")], ["twin"], id="the same count is a constant elsewhere"),
    ],
)
def test_a_count_that_constants_give_away_is_unprotectable_and_its_value_is_not_told(values, sums, constants):
    cells = system(values, sums, constants=frozenset(constants))
    with pytest.raises(Unprotectable, match="cannot be kept confidential under the preset 'acro'") as error:
        suppress(cells, rules("acro"))
    assert not re.search(r"\d", str(error.value))
    assert error.value.__cause__ is None and error.value.__context__ is None


def test_a_cell_that_is_pinned_anyway_is_no_cover_and_is_not_hidden_for_nothing():
    # The floors leave the pinned cell five values, whatever is hidden; it is the cheapest company of the small one.
    values = {"small": 3, "pinned": 20, "large": 40, "total": 63, "partner": 10, "both": 30}
    sums = [("total", ["small", "pinned", "large"]), ("both", ["pinned", "partner"])]
    cells = system(values, sums, floors={"pinned": 18, "partner": 8}, constants=frozenset({"both"}))
    assert hidden_of(suppress(cells, rules("acro"))) == {"small", "large"}


def test_a_secondary_cell_needs_one_value_more_than_a_small_one():
    # The small one can be 1 to 9 or 1 to 10, and so the other takes nine values or ten.
    cells = system({"small": 3, "other": 20, "total": 23}, [("total", ["small", "other"])], constants=frozenset({"total"}))
    nine = dataclasses.replace(cells, floors={"small": 1, "other": 14})
    ten = dataclasses.replace(cells, floors={"small": 1, "other": 13})
    assert possible(nine, rules("acro"), {"small", "other"}, "small") == (1, 9)
    with pytest.raises(Unprotectable):
        suppress(nine, rules("acro"))
    assert suppress(ten, rules("acro")) == {"small": "threshold", "other": "secondary", "total": "shown"}


def test_a_secondary_cell_that_becomes_too_narrow_is_not_the_result_of_showing_another():
    # All of the 5 in the first group are counted. With the 16 shown, its count is 1 to 5 and the other one 11 to 15.
    values = {"n0": 5, "k0": 5, "m0": 0, "n1": 23, "k1": 11, "m1": 12, "n": 28, "k": 16, "m": 12}
    sums = [(letter, [f"{letter}0", f"{letter}1"]) for letter in "nkm"] + [
        (f"n{group}", [f"k{group}", f"m{group}"]) for group in "01"
    ]
    printed = frozenset(name for name in values if name[0] != "m")
    cells = system(values, [*sums, ("n", "km")], printed=printed, constants=frozenset({"n0"}))
    assert hidden_of(suppress(cells, rules("youth_justice_dashboard"))) == {"k0", "k1", "k"}


def test_implied_cells_that_have_company_but_too_little_room_are_given_more():
    # Hiding the counts of both small groups is company enough, but leaves their complements 0 to 4.
    values = {"n0": 12, "k0": 10, "m0": 2, "n1": 12, "k1": 10, "m1": 2, "n2": 60, "k2": 30, "m2": 30}
    values |= {letter: sum(values[f"{letter}{group}"] for group in "012") for letter in "nkm"}
    sums = [(letter, [f"{letter}{group}" for group in "012"]) for letter in "nkm"]
    sums += [(f"n{suffix}", [f"k{suffix}", f"m{suffix}"]) for suffix in ("", *"012")]
    cells = system(values, sums, printed=frozenset(name for name in values if name[0] != "m"))
    assert possible(cells, rules("acro"), {"k0", "k1"}, "m0") == (0, 4)
    hidden = hidden_of(suppress(cells, rules("acro")))
    assert len(hidden) == 3
    assert list(faults(cells, rules("acro"), hidden)) == []


def test_a_floor_above_the_lowest_small_value_is_unprotectable():
    with pytest.raises(Unprotectable):
        suppress(system({"a": 7}, [], floors={"a": 3}), rules("acro"))


def test_a_cell_that_no_sum_holds_is_hidden_alone():
    cells = system({"a": 7, "b": 70}, [])
    assert suppress(cells, rules("default")) == {"a": "threshold", "b": "shown"}
    assert possible(cells, rules("default"), {"a"}, "a") == (0, NO_LIMIT)


def test_ties_go_to_parts_before_totals_then_to_smaller_counts_then_by_name():
    parts = {"small": 3, "z": 50, "y": 50, "x": 60}
    cells = system(parts | {"total": 163, "rest": 10, "all": 173}, [("total", parts), ("all", ["total", "rest"])])
    assert hidden_of(suppress(cells, rules("acro"))) == {"small", "y"}


def test_a_part_goes_before_a_smaller_total():
    # The group of 30 and the part of 40 would each do as company for the 3; nothing else would have to follow either.
    values = {"p": 4, "q": 5, "r": 21, "group": 30, "small": 3, "part": 40, "all": 73}
    cells = system(values, [("group", "pqr"), ("all", ["small", "group", "part"])])
    assert hidden_of(suppress(cells, rules("acro"))) == {"p", "q", "small", "part"}


def test_nothing_is_hidden_where_nothing_is_small():
    cells = system({"a": 30, "b": 50, "total": 80}, [("total", "ab")])
    assert set(suppress(cells, rules("default")).values()) == {"shown"}


def test_no_cells_are_no_trouble():
    assert suppress(system({}, []), rules("default")) == {}


# --- the range that a reader must reckon with


@repeatable(100)
@given(small_systems, any_preset, st.data())
def test_possible_agrees_with_the_reader_who_tries_every_number(cells, preset, data):
    hidden = {name for name in may_hide(cells, preset) if name in sensitive(cells, preset)}
    hidden |= data.draw(st.sets(st.sampled_from(sorted(may_hide(cells, preset)) or ["none"]))) & may_hide(cells, preset)
    name = data.draw(st.sampled_from(sorted(cells.values)))
    least, greatest = possible(cells, preset, hidden, name)
    cap = limit(cells, preset)
    assert can_be(cells, preset, hidden, name, least)
    assert not any(can_be(cells, preset, hidden, name, value) for value in range(max(0, least - 5), least))
    if greatest == NO_LIMIT:
        assert can_be(cells, preset, hidden, name, 2 * cap)
    else:
        assert can_be(cells, preset, hidden, name, greatest)
        assert not any(can_be(cells, preset, hidden, name, value) for value in range(greatest + 1, greatest + 6))


@repeatable(40)
@given(st.integers(0, 12), st.integers(0, 12), any_preset)
def test_possible_agrees_with_plain_enumeration(one, other, preset):
    cells = system({"a": one, "b": other, "total": one + other}, [("total", "ab")])
    hidden = hidden_of(suppress(cells, preset))
    seen = list(every_assignment(cells, preset, hidden, cap=30))
    for name in cells.values:
        least, greatest = possible(cells, preset, hidden, name)
        assert least == min(values[name] for values in seen)
        most = max(values[name] for values in seen)
        assert greatest == most if most < 29 else greatest == NO_LIMIT


@repeatable(60)
@given(with_bases(), any_preset, st.data())
def test_hiding_one_more_cell_takes_no_value_away(cells, preset, data):
    may = may_hide(cells, preset)
    hidden = {name for name in may if name in sensitive(cells, preset)}
    assume(may - hidden)
    more = hidden | {data.draw(st.sampled_from(sorted(may - hidden)))}
    name = data.draw(st.sampled_from(sorted(cells.values)))
    (least, greatest), (lower, higher) = possible(cells, preset, hidden, name), possible(cells, preset, more, name)
    assert lower <= least and greatest <= higher


def test_a_hole_between_the_ends_does_not_count_as_a_possible_value():
    # Everything comes in pairs here, so the total is even: its ends are 0 and no limit, and every odd number is missing.
    values = {"a": 4, "b": 4, "twin": 4, "total": 8}
    cells = system(values, [("total", "ab"), ("twin", "a"), ("twin", "b")])
    hidden = set(values)
    assert possible(cells, rules("acro"), hidden, "total") == (0, NO_LIMIT)
    assert not can_be(cells, rules("acro"), hidden, "total", 3)
    with pytest.raises(Unprotectable):
        suppress(cells, rules("acro"))


@pytest.mark.parametrize(
    ("hidden", "cell", "message"),
    [
        ({"a", "tota"}, "a", "no cell 'tota'; did you mean 'total'"),
        ({"a"}, "totl", "no cell 'totl'; did you mean 'total'"),
        (set(), "a", "'a' is below the threshold and must be hidden"),
        ({"a", "b"}, "a", "'b' cannot be hidden"),
        ({"a", "zero"}, "a", "'zero' cannot be hidden"),
        ({"a", "implied"}, "a", "'implied' cannot be hidden"),
    ],
)
def test_possible_refuses_a_hidden_set_that_cannot_be(hidden, cell, message):
    values = {"a": 3, "b": 40, "zero": 0, "implied": 20, "total": 63}
    cells = system(
        values, [("total", set(values) - {"total"})], printed=frozenset(values) - {"implied"}, constants=frozenset("b")
    )
    with pytest.raises(InputError, match=message) as error:
        possible(cells, rules("youth_justice_dashboard"), hidden, cell)
    assert not re.search(r"\d", str(error.value))


# --- rounding and what is small


@repeatable(200)
@given(st.integers(0, 10**6), any_preset)
def test_counts_round_half_up(count, preset):
    assert rounded(count, preset) == half_up(count, preset.round_to)


@pytest.mark.parametrize(
    ("preset", "count", "printed"), [("default", 12, 10), ("default", 13, 15), ("dfe", 15, 20), ("acro", 17, 17)]
)
def test_counts_at_the_edge_of_rounding(preset, count, printed):
    assert rounded(count, rules(preset)) == printed


@every_preset
def test_small_is_from_one_or_zero_up_to_below_the_threshold(preset):
    preset = rules(preset)
    cells = system({f"of {value:02}": value for value in range(13)}, [])
    least = 0 if preset.zeros == "hidden" else 1
    assert sensitive(cells, preset) == {f"of {value:02}" for value in range(least, preset.threshold)}


# --- cells that are not consistent


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": {"a": 3, "b": 4, "total": 8}}, "'total' is not the sum of its 2 parts"),
        ({"values": {"a": -1, "b": 4, "total": 3}}, "that of 'a' is not"),
        ({"values": {"a": 2.5, "b": 4, "total": 6.5}}, "that of 'a' is not"),
        ({"printed": frozenset({"totl"})}, "no cell 'totl'; did you mean 'total'"),
        ({"sums": (("total", ("a", "c")),)}, "no cell 'c'"),
        ({"rates": (Rate("a", "total", 0.1, 0.2),)}, "the rate of 'a' out of 'total' is not the one that is given"),
        ({"rates": (Rate("a", "n", 0.1, 0.2),)}, "no cell 'n'"),
        ({"floors": {"a": 5}}, "'a' lies below its own floor"),
        ({"constants": frozenset({"c"})}, "no cell 'c'"),
        ({"fixed": frozenset({"totl"})}, "no cell 'totl'; did you mean 'total'"),
    ],
)
def test_cells_that_contradict_themselves_are_refused_without_naming_a_value(change, message):
    right = {"values": {"a": 3, "b": 4, "total": 7}, "printed": frozenset({"a"}), "sums": (("total", ("a", "b")),)}
    with pytest.raises(InputError, match=message) as error:
        Cells(**(right | change))
    assert not set(map(str, (3, 4, 7, 8, 5, -1, 2.5))) & set(re.findall(r"[\d.-]*\d", str(error.value)))


def test_numpy_counts_are_counts():
    cells = system({"a": np.int64(3), "b": np.int32(12), "total": np.int64(15)}, [("total", "ab")])
    assert suppress(cells, rules("acro"))["b"] == "secondary"


# --- disclosure.yaml


GOOD = {
    "threshold": 10,
    "round_to": 5,
    "zeros": "hidden",
    "rates": "treated_counts",
    "minimum_denominator": 0,
    "areas": True,
    "source": "a test",
}


def read(**change):
    return suppression.read_presets(yaml.safe_dump({"mine": GOOD | change}))["mine"]


def test_a_preset_is_read_as_it_stands():
    assert read() == Rules(name="mine", **GOOD)


@pytest.mark.parametrize(
    ("name", "threshold", "round_to", "zeros"),
    [
        ("default", 10, 5, "hidden"),
        ("fieldwork", 5, 1, "hidden"),
        ("dfe", 10, 10, "shown"),
        ("welsh_government", 5, 5, "hidden"),
        ("opensafely", 8, 5, "hidden"),
        ("acro", 10, 1, "hidden"),
        ("ons_longitudinal_study", 10, 1, "hidden"),
        ("youth_justice_dashboard", 6, 1, "shown"),
    ],
)
def test_the_presets_are_those_of_their_bodies(name, threshold, round_to, zeros):
    preset = rules(name)
    assert (preset.name, preset.threshold, preset.round_to, preset.zeros) == (name, threshold, round_to, zeros)


def test_the_default_comes_first_and_no_preset_is_untested():
    assert EVERY_PRESET[0] == "default"
    assert len(EVERY_PRESET) == 8


def test_only_fieldwork_prints_true_rates_and_it_asks_for_twenty_cases_and_prints_no_areas():
    true_rates = [preset for preset in presets().values() if preset.rates == "whole_per_cent"]
    assert [(preset.name, preset.minimum_denominator, preset.areas) for preset in true_rates] == [("fieldwork", 20, False)]


def test_no_preset_is_changed_by_changing_what_presets_returns():
    presets().clear()
    assert "default" in presets()


@pytest.mark.parametrize("name", ["defualt", "Default", ""])
def test_an_unknown_preset_is_refused_with_the_nearest(name):
    with pytest.raises(InputError, match=rf"no disclosure preset {name!r}; .*default"):
        rules(name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"threshold": 1}, "threshold is a whole number, 2 or more; this is 1"),
        ({"threshold": True}, "threshold is a whole number"),
        ({"threshold": "10"}, "threshold is a whole number, 2 or more; this is '10'"),
        ({"round_to": 3}, "round_to is 1, 5 or 10; this is 3"),
        ({"round_to": True}, "round_to is 1, 5 or 10"),
        ({"round_to": 10, "threshold": 8}, "round_to is at most the threshold of 8; this is 10"),
        ({"zeros": "show"}, "zeros is hidden or shown; this is 'show'"),
        ({"rates": "true"}, "rates is treated_counts or whole_per_cent"),
        ({"minimum_denominator": -1}, "minimum_denominator is a whole number, 0 or more; this is -1"),
        ({"areas": "yes"}, "areas is true or false; this is 'yes'"),
        ({"source": " "}, "source says whose rule it is"),
        ({"treshold": 10}, "has no entry 'treshold'; did you mean 'threshold'"),
        ({"name": "other"}, "has no entry 'name'"),
    ],
)
def test_an_entry_that_breaks_its_rule_is_refused_by_name(change, message):
    with pytest.raises(InputError, match=f"preset 'mine':? {message}"):
        read(**change)


@pytest.mark.parametrize("entry", GOOD)
def test_a_missing_entry_is_refused_by_name(entry):
    with pytest.raises(InputError, match=f"preset 'mine' lacks the entry '{entry}'"):
        suppression.read_presets(yaml.safe_dump({"mine": {key: value for key, value in GOOD.items() if key != entry}}))


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "there is none"), ("- a", "there is none"), ("mine: 3", "holds entries by name"), ("{", "is not YAML")],
)
def test_a_file_of_another_form_is_refused(text, message):
    with pytest.raises(InputError, match=message) as error:
        suppression.read_presets(text)
    assert "\n" not in str(error.value)


def test_an_implied_count_that_is_harmless_hides_nothing():
    values, sums = {"group": 80, "asked": 74, "not asked": 6}, [("group", ["asked", "not asked"])]
    printed = frozenset({"group", "asked"})
    rules_ = suppression.rules("acro")
    assert set(suppress(system(values, sums, printed=printed), rules_).values()) == {"shown", "secondary"}
    harmless = system(values, sums, printed=printed, harmless=frozenset({"not asked"}))
    assert set(suppress(harmless, rules_).values()) == {"shown"}


@pytest.mark.parametrize("preset", ["default", "acro", "fieldwork"])
def test_a_count_that_is_withheld_is_hidden_and_no_other_gives_it_away(preset):
    rules_ = suppression.rules(preset)
    cells = system({"a": 60, "b": 40, "c": 35, "total": 135}, [("total", "abc")], withheld=frozenset({"a"}))
    hidden = hidden_of(suppress(cells, rules_))
    assert "a" in hidden and len(hidden) >= 2
    low, high = suppression.possible(cells, rules_, hidden, "a")
    assert high - low + 1 >= rules_.threshold


@pytest.mark.parametrize("preset", suppression.presets())
def test_the_counts_behind_a_printed_one_are_those_that_print_as_it_and_are_not_hidden(preset):
    rules_ = suppression.rules(preset)
    for count in range(rules_.threshold, 200):
        printed = suppression.rounded(count, rules_)
        low, high = suppression.shown_range(printed, rules_)
        same = [other for other in range(rules_.threshold, 300) if suppression.rounded(other, rules_) == printed]
        assert (low, high) == (same[0], same[-1])


# --- cells that are shown in any case


@st.composite
def with_fixed(draw):
    """A system some of whose counts are fixed, none of them small, and the preset."""
    cells, preset = draw(small_systems), draw(any_preset)
    large = sorted(cells.printed - sensitive(cells, preset))
    return dataclasses.replace(cells, fixed=frozenset(draw(st.sets(st.sampled_from(large or ["none"])))) & cells.printed), preset


@repeatable(20)
@given(with_fixed())
def test_a_fixed_cell_is_never_hidden_and_a_reader_who_tries_every_number_finds_no_fault(case):
    cells, preset = case
    try:
        actions = suppress(cells, preset)
    except Unprotectable:
        assume(False)
    assert {actions[name] for name in cells.fixed} <= {"shown"}
    assert hidden_of(actions) <= may_hide(cells, preset)
    assert list(faults(cells, preset, hidden_of(actions))) == []


@repeatable(20)
@given(with_fixed())
def test_beside_fixed_cells_too_what_is_called_unprotectable_cannot_be_protected(case):
    cells, preset = case
    assume(isinstance(outcome(cells, preset), str))
    small = sensitive(cells, preset) & cells.printed
    optional = sorted(may_hide(cells, preset) - small)
    assume(len(optional) <= 4)
    for number in range(len(optional) + 1):
        for more in itertools.combinations(optional, number):
            assert any(faults(cells, preset, small | set(more)))


PARTS = {"small": 3, "middle": 40, "large": 80}


@pytest.mark.parametrize(
    ("fixed", "hidden"),
    [
        ((), {"small", "middle"}),
        (("large",), {"small", "middle"}),
        (("middle",), {"small", "large"}),
        (("total",), {"small", "middle"}),
        (("middle", "large"), {"small", "total"}),
    ],
)
def test_company_is_sought_among_the_cells_that_are_not_fixed(fixed, hidden):
    cells = system(PARTS | {"total": 123}, [("total", PARTS)], fixed=frozenset(fixed))
    assert hidden_of(suppress(cells, rules("acro"))) == hidden


@pytest.mark.parametrize("fixed", [("middle", "large", "total"), ("small",), ("small", "middle", "large", "total")])
def test_a_fixed_cell_that_would_have_to_be_hidden_is_refused_without_naming_a_value(fixed):
    cells = system(PARTS | {"total": 123}, [("total", PARTS)], fixed=frozenset(fixed))
    with pytest.raises(Unprotectable, match="'small' cannot be kept confidential under the preset 'acro'") as error:
        suppress(cells, rules("acro"))
    assert not re.search(r"\d", str(error.value))


def test_a_fixed_cell_is_rounded_like_others_and_leaves_the_reader_that_room():
    """All but the small one are fixed. Rounded to 5 they leave it 0 to 7; where nothing is rounded it would be 3."""
    cells = system({"small": 3, "other": 60, "total": 63}, [("total", ["small", "other"])], fixed=frozenset({"other", "total"}))
    assert possible(cells, rules("default"), {"small"}, "small") == (1, 9)
    assert possible(cells, rules("acro"), {"small"}, "small") == (3, 3)
    with pytest.raises(Unprotectable):
        suppress(cells, rules("default"))
