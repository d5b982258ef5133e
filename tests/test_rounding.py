from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import InputError
from helpers.rounding import Counts, Span, counts_from_percentage, rounding_span
from tests import known

repeatable = settings(deadline=None, derandomize=True, max_examples=150)
IMPOSSIBLE = set(known.read("impossible").itertuples(index=False, name=None))


def half_up(k, n):
    return int((Decimal(100 * k) / Decimal(n)).quantize(Decimal(1), ROUND_HALF_UP))


def is_refused(per_cent, n):
    try:
        counts_from_percentage(per_cent, n)
    except InputError:
        return True
    return False


@st.composite
def count_of_cases(draw):
    n = draw(st.integers(1, 30_000))
    return draw(st.integers(0, n)), n


def test_counts_agree_with_r():
    table = known.read("union").drop_duplicates(["per_cent", "n"])
    ours = [counts_from_percentage(per_cent, n) for per_cent, n in zip(table["per_cent"], table["n"], strict=True)]
    assert ours == list(table[["count_low", "count_high"]].itertuples(index=False, name=None))


def test_per_cents_that_no_count_gives_are_those_that_r_finds():
    refused = {(per_cent, n) for n in range(1, 61) for per_cent in range(101) if is_refused(per_cent, n)}
    assert refused == IMPOSSIBLE


@repeatable
@given(count_of_cases())
def test_a_count_is_among_those_of_its_own_per_cent(case):
    k, n = case
    counts = counts_from_percentage(half_up(k, n), n)
    assert counts.low <= k <= counts.high


@repeatable
@given(count_of_cases())
def test_every_count_of_a_per_cent_rounds_half_up_to_it(case):
    per_cent, n = half_up(*case), case[1]
    counts = counts_from_percentage(per_cent, n)
    assert {half_up(k, n) for k in range(counts.low, counts.high + 1)} == {per_cent}


@repeatable
@given(count_of_cases())
def test_the_neighbours_of_the_counts_round_to_another_per_cent(case):
    per_cent, n = half_up(*case), case[1]
    counts = counts_from_percentage(per_cent, n)
    neighbours = [k for k in (counts.low - 1, counts.high + 1) if 0 <= k <= n]
    assert per_cent not in {half_up(k, n) for k in neighbours}


@pytest.mark.parametrize(
    ("per_cent", "n", "counts"),
    [
        pytest.param(0, 1, (0, 0), id="none of one"),
        pytest.param(100, 1, (1, 1), id="one of one"),
        pytest.param(0, 1253, (0, 6), id="0% starts at no case"),
        pytest.param(100, 1253, (1247, 1253), id="100% ends at all cases"),
        pytest.param(65, 200, (129, 130), id="64.5% is 65%, a tie"),
        pytest.param(64, 200, (127, 128), id="64.5% is not 64%, a tie"),
        pytest.param(1, 200, (1, 2), id="0.5% is 1%, a tie"),
        pytest.param(100, 200, (199, 200), id="99.5% is 100%, a tie"),
    ],
)
def test_boundary_counts(per_cent, n, counts):
    assert counts_from_percentage(per_cent, n) == Counts(*counts)


@pytest.mark.parametrize("per_cent", [-1, 101])
def test_a_per_cent_outside_0_to_100_is_refused(per_cent):
    with pytest.raises(InputError, match=f"between 0 and 100.*{per_cent}"):
        counts_from_percentage(per_cent, 100)


@pytest.mark.parametrize("n", [0, -5])
def test_a_per_cent_of_no_case_is_refused(n):
    with pytest.raises(InputError, match=f"at least one case.*{n}"):
        counts_from_percentage(50, n)


def test_an_impossible_per_cent_is_refused_with_its_neighbours():
    with pytest.raises(InputError, match="50% cannot come from 7 cases: 3 of 7 is 43% and 4 of 7 is 57%"):
        counts_from_percentage(50, 7)


@pytest.mark.parametrize(
    ("figure", "nearest", "span"), [(4500, 100, (4450, 4550)), (24000, 1000, (23500, 24500)), (7, 1, (6.5, 7.5))]
)
def test_a_rounded_figure_spans_half_a_step_either_way(figure, nearest, span):
    assert rounding_span(figure, nearest) == Span(*span)
