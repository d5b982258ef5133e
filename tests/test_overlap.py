from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import overlap
from helpers.errors import InputError
from helpers.rounding import Counts, counts_from_percentage
from tests import known

repeatable = settings(deadline=None, derandomize=True, max_examples=30)
RANGES = ["first_low", "first_high", "second_low", "second_high", "n"]
NUMBERS = ["count_low", "count_high", "lower", "upper"]
ORDINARY = (Counts(3, 4), Counts(2, 5), 9)


@st.composite
def two_ranges(draw):
    n = draw(st.integers(1, 7))
    count = st.integers(0, n)
    first, second = (Counts(*sorted(draw(st.tuples(count, count)))) for _ in range(2))
    return first, second, n


def ways(first, second, n):
    """Every way to fill the four cells, as cases of the first share, of the second, and of both."""
    for a, b, both in product(range(n + 1), repeat=3):
        in_range = first.low <= a <= first.high and second.low <= b <= second.high
        if in_range and both <= min(a, b) and a + b - both <= n:
            yield a, b, both


@pytest.fixture(scope="module")
def letter():
    first, second = (counts_from_percentage(per_cent, 1253) for per_cent in (26, 21))
    return overlap.bounds(first, second, 1253, "published").set_index("set")


def test_bounds_agree_with_every_way_that_r_tries():
    for (first_low, first_high, second_low, second_high, n), answers in known.read("overlap").groupby(RANGES, sort=False):
        ours = overlap.bounds(Counts(first_low, first_high), Counts(second_low, second_high), n, "made", ("first", "second"))
        assert ours["set"].tolist() == answers["set"].tolist()
        ours, answers = (table[NUMBERS].to_numpy(dtype=float, na_value=np.nan) for table in (ours, answers))
        np.testing.assert_allclose(ours, answers, rtol=known.TOLERANCE)


@pytest.mark.parametrize(
    ("part", "counts"),
    [
        ("both", (0, 269)),
        ("either", (320, 601)),
        ("neither", (652, 933)),
        ("in_care_only", (51, 332)),
        ("protection_only", (0, 269)),
    ],
)
def test_26_and_21_per_cent_of_1253(letter, part, counts):
    row = letter.loc[part]
    assert (row["count_low"], row["count_high"]) == counts
    assert (row["lower"], row["upper"]) == tuple(count / 1253 for count in counts)


def test_nothing_keeps_all_children_on_a_plan_from_being_in_care(letter):
    assert letter.loc["in_care_among_protection", ["lower", "upper"]].tolist() == [0, 1]
    assert letter.loc["protection_among_in_care", ["lower", "upper"]].tolist() == [0, 269 / 320]


def test_shares_of_shares_have_no_counts(letter):
    quotients = letter.index.str.contains("_among_")
    assert letter.loc[quotients, ["count_low", "count_high", "n"]].isna().all(axis=None)
    assert letter.loc[~quotients, ["count_low", "count_high", "n"]].notna().all(axis=None)


def test_the_table_has_its_columns_and_says_what_it_assumes(letter):
    assert list(letter.reset_index().columns) == overlap.COLUMNS
    assert set(letter["assumes"]) == {"both shares are of the same 1253 cases, which the letter does not say"}
    assert set(letter["evidence"]) == {"published"}
    assert letter.dtypes[["count_low", "n", "upper"]].astype(str).tolist() == ["Int64", "Int64", "float64"]


def test_two_shares_of_more_than_half_overlap():
    found = overlap.bounds(Counts(40, 42), Counts(30, 35), 60, "made").set_index("set")
    assert found.loc["both", "count_low"] == 10
    assert found.loc["protection_among_in_care", "lower"] == 10 / 40
    assert found.loc["in_care_among_protection", "lower"] == 10 / 30


def test_a_share_without_a_case_has_no_share_among_it():
    found = overlap.bounds(Counts(0, 0), Counts(2, 3), 9, "made").set_index("set")
    assert found.loc["protection_among_in_care", ["lower", "upper"]].isna().all()
    assert found.loc["in_care_among_protection", ["lower", "upper"]].tolist() == [0, 0]


def test_other_names_are_used():
    sets = overlap.bounds(*ORDINARY, "made", names=("a", "b"))["set"].tolist()
    assert sets == ["both", "either", "neither", "a_only", "b_only", "b_among_a", "a_among_b"]


@repeatable
@given(two_ranges())
def test_every_bound_is_reached_and_none_is_passed(case):
    found = overlap.bounds(*case, "made").set_index("set")
    n, tried = case[2], list(ways(*case))
    parts = {
        "both": [both for _, _, both in tried],
        "either": [a + b - both for a, b, both in tried],
        "neither": [n - a - b + both for a, b, both in tried],
        "in_care_only": [a - both for a, _, both in tried],
        "protection_only": [b - both for _, b, both in tried],
    }
    for part, counts in parts.items():
        assert found.loc[part, ["count_low", "count_high"]].tolist() == [min(counts), max(counts)]
    shares = {
        "protection_among_in_care": [both / a for a, _, both in tried if a],
        "in_care_among_protection": [both / b for _, b, both in tried if b],
    }
    for part, values in shares.items():
        limits = found.loc[part, ["lower", "upper"]].tolist()
        assert limits == [min(values), max(values)] if values else np.isnan(limits).all()


@repeatable
@given(two_ranges())
def test_the_order_of_the_shares_does_not_matter(case):
    first, second, n = case
    ours = overlap.bounds(first, second, n, "made").set_index("set")
    swapped = overlap.bounds(second, first, n, "made", ("protection", "in_care")).set_index("set")
    assert ours.loc[swapped.index].equals(swapped)


@pytest.mark.parametrize(
    ("wrong", "n", "says"),
    [
        pytest.param(Counts(3, 10), 9, "3 to 10 of 9", id="more than all"),
        pytest.param(Counts(-1, 4), 9, "-1 to 4 of 9", id="fewer than none"),
        pytest.param(Counts(4, 3), 9, "4 to 3 of 9", id="backwards"),
        pytest.param(Counts(0, 0), 0, "0 to 0 of 0", id="no case"),
        pytest.param(Counts(0.5, 4), 9, "whole", id="not whole"),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_what_cannot_be_counts_of_the_cases_is_refused(wrong, n, says, place):
    counts = [Counts(0, n), Counts(0, n)]
    counts[place] = wrong
    with pytest.raises(InputError, match=says):
        overlap.bounds(*counts, n, "made")
