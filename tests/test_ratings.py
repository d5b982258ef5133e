from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import contracts, published, ratings
from helpers.errors import InputError
from tests import known

repeatable = settings(deadline=None, derandomize=True, max_examples=150)
PAIRS = list(product(published.RATINGS.categories, repeat=2))
BOUNDS = ["difference_lower", "difference_upper", "ratio_lower", "ratio_upper", "odds_ratio_lower", "odds_ratio_upper"]
OPPOSITE = {"lower": "higher", "higher": "lower", "not_identified": "not_identified"}
SLACK = 1e-9

# Hundredths of a per cent, so that a tie is a tie; 0 and 100 have no odds.
percentage = st.integers(1, 9999).map(lambda hundredths: Decimal(hundredths) / 100)
moved = st.integers(-500, 500).map(lambda hundredths: Decimal(hundredths) / 100)


def cells_of(pairs):
    """A made table of ratings: a standard for each pair, the first rating in group a, the second in group b."""
    rows = [(f"{a}/{b}", group, rating) for a, b in pairs for group, rating in (("a", a), ("b", b))]
    cells = pd.DataFrame(rows, columns=["standard", "care_group", "rating"]).assign(evidence="synthetic")
    return cells.assign(rating=published.as_rating(cells["rating"]))


@cache
def bands():
    return published.rating_bands()


@cache
def bounds_of_pairs():
    return ratings.bounds(cells_of(PAIRS), [("a", "b")], bands()).set_index(["standard", "convention"])


def found(group, reference, convention):
    return bounds_of_pairs().loc[(f"{group}/{reference}", convention)]


def both_ways(convention):
    rows = bounds_of_pairs().xs(convention, level="convention")
    return rows.loc[[f"{a}/{b}" for a, b in PAIRS]], rows.loc[[f"{b}/{a}" for a, b in PAIRS]]


def rating_of(whole_per_cent):
    """The band, as a table with printed whole per cents reads it."""
    return next(row.rating for row in bands().itertuples() if row.lowest_per_cent <= whole_per_cent <= row.highest_per_cent)


def rounded(per_cent):
    return int(per_cent.quantize(Decimal(1), ROUND_HALF_UP))


RATE = {
    "rounded": lambda per_cent, _: rating_of(rounded(per_cent)),
    "threshold": lambda per_cent, _: rating_of(int(per_cent)),
    "integer": lambda per_cent, _: rating_of(rounded(per_cent)),
    "discretion": lambda per_cent, move: rating_of(rounded(min(max(per_cent + move, Decimal(0)), Decimal(100)))),
}


def odds(per_cent):
    return per_cent / (100 - per_cent)


def holds(row, quantity, value):
    lower, upper = row[f"{quantity}_lower"], row[f"{quantity}_upper"]
    return lower <= value + SLACK and value <= upper + SLACK


@pytest.mark.parametrize("convention", ratings.CONVENTIONS)
def test_bounds_agree_with_r(convention):
    table = known.read("rating_bounds").query("convention == @convention")
    pairs = zip(table["group_rating"], table["reference_rating"], strict=True)
    ours = pd.DataFrame([found(group, reference, convention) for group, reference in pairs])
    assert len(ours) == len(PAIRS)
    np.testing.assert_allclose(ours[BOUNDS].astype(float), table[BOUNDS], rtol=known.TOLERANCE, atol=1e-15)


@repeatable
@given(percentage, percentage, moved, moved, st.sampled_from(list(ratings.CONVENTIONS)))
def test_bounds_hold_the_difference_and_the_ratios_of_any_two_percentages(one, other, move, other_move, convention):
    if convention == "integer":
        one, other = (min(max(Decimal(rounded(per_cent)), Decimal(1)), Decimal(99)) for per_cent in (one, other))
    row = found(RATE[convention](one, move), RATE[convention](other, other_move), convention)
    assert holds(row, "difference", float(one - other) / 100)
    assert holds(row, "ratio", float(one / other))
    assert holds(row, "odds_ratio", float(odds(one) / odds(other)))


@repeatable
@given(percentage, percentage, moved, moved, st.sampled_from(list(ratings.CONVENTIONS)))
def test_a_direction_that_is_named_is_that_of_any_two_percentages(one, other, move, other_move, convention):
    if convention == "integer":
        one, other = Decimal(rounded(one)), Decimal(rounded(other))
    sign = found(RATE[convention](one, move), RATE[convention](other, other_move), convention)["sign"]
    assert sign in ("not_identified", "lower" if one < other else "higher" if one > other else "")


@pytest.mark.parametrize("convention", ratings.CONVENTIONS)
def test_swapping_group_and_reference_negates_the_difference(convention):
    rows, swapped = both_ways(convention)
    np.testing.assert_array_equal(rows["difference_lower"], -swapped["difference_upper"])


@pytest.mark.parametrize("quantity", ["ratio", "odds_ratio"])
@pytest.mark.parametrize("convention", ratings.CONVENTIONS)
def test_swapping_group_and_reference_inverts_the_ratios(convention, quantity):
    rows, swapped = both_ways(convention)
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(rows[f"{quantity}_lower"], 1 / swapped[f"{quantity}_upper"])
        np.testing.assert_allclose(rows[f"{quantity}_upper"], 1 / swapped[f"{quantity}_lower"])


@pytest.mark.parametrize("convention", ratings.CONVENTIONS)
def test_swapping_group_and_reference_turns_the_direction(convention):
    rows, swapped = both_ways(convention)
    assert rows["sign"].tolist() == swapped["sign"].map(OPPOSITE).tolist()


@pytest.mark.parametrize("convention", ratings.CONVENTIONS)
@pytest.mark.parametrize("rating", published.RATINGS.categories)
def test_equal_ratings_fix_no_direction(rating, convention):
    assert found(rating, rating, convention).sign == "not_identified"


@pytest.mark.parametrize(("convention", "sign"), [("rounded", "lower"), ("threshold", "lower"), ("integer", "lower")])
def test_a_fall_from_good_to_requires_improvement_fixes_the_direction(convention, sign):
    assert found("Requires improvement", "Good", convention).sign == sign


def test_a_panel_that_may_move_a_rating_leaves_no_direction():
    assert found("Requires improvement", "Good", "discretion").sign == "not_identified"


@pytest.mark.parametrize(
    ("convention", "good"),
    [("rounded", (64.5, 79.5)), ("threshold", (65, 80)), ("integer", (65, 79)), ("discretion", (59.5, 84.5))],
)
def test_the_band_of_good_by_convention(convention, good):
    assert tuple(ratings.band_limits(bands(), convention).loc["Good"]) == good


@pytest.mark.parametrize("convention", ["rounded", "threshold"])
def test_bands_leave_no_gap(convention):
    limits = ratings.band_limits(bands(), convention)
    assert limits["low"].tolist()[1:] == limits["high"].tolist()[:-1]


@pytest.mark.parametrize("convention", ratings.CONVENTIONS)
def test_bands_run_from_0_to_100(convention):
    limits = ratings.band_limits(bands(), convention)
    assert (limits["low"].min(), limits["high"].max()) == (0, 100)


def test_bounds_have_the_promised_columns_and_name_what_they_assume():
    table = ratings.bounds(published.table_1(), [("in_care_inside", "not_in_care")], bands())
    assert list(table.columns) == contracts.columns("rating_bounds")
    assert table["assumes"].str.startswith(ratings.ASSUMED_RULE).all()


def test_bounds_keep_the_evidence_of_the_cells():
    assert set(bounds_of_pairs()["evidence"]) == {"synthetic"}


def test_the_order_of_table_1():
    """Lower, same, higher: what the table says without any rule."""
    compared = ratings.pairs(ratings.CARE_GROUPS, "not_in_care", "all_pairs")
    order = ratings.compare_order(published.table_1(), compared).set_index(["group", "reference"])
    assert list(order.reset_index().columns) == contracts.columns("rating_order")
    assert order[["lower", "same", "higher", "lower_in"]].T.to_dict("list") == {
        ("in_care_inside", "not_in_care"): [2, 2, 0, "planning, reviewing"],
        ("in_care_outside", "not_in_care"): [3, 1, 0, "planning, delivery, reviewing"],
        ("in_care_outside", "in_care_inside"): [1, 3, 0, "delivery"],
    }


@settings(repeatable, max_examples=25)
@given(st.lists(st.sampled_from(PAIRS), min_size=1, max_size=8, unique=True))
def test_lower_same_and_higher_add_up_and_swap(pairs):
    one, other = ratings.compare_order(cells_of(pairs), [("a", "b"), ("b", "a")]).itertuples()
    assert one.lower + one.same + one.higher == one.standards == len(pairs)
    assert (one.lower, one.same, one.higher) == (other.higher, other.same, other.lower)
    assert (one.lower_in, one.higher_in) == (other.higher_in, other.lower_in)


def test_a_group_that_is_nowhere_lower_is_lower_in_none():
    order = ratings.compare_order(cells_of([("Good", "Inadequate")]), [("a", "b")])
    assert order["lower_in"].item() == "none"


@pytest.mark.parametrize("reference", ratings.CARE_GROUPS)
def test_all_pairs_compare_each_two_groups_once_and_the_reference_always_as_such(reference):
    compared = ratings.pairs(ratings.CARE_GROUPS, reference, "all_pairs")
    assert sorted(map(sorted, compared)) == sorted(map(sorted, combinations(ratings.CARE_GROUPS, 2)))
    assert reference not in [group for group, _ in compared]


def test_against_reference_compares_nothing_else():
    compared = ratings.pairs(ratings.CARE_GROUPS, "not_in_care", "against_reference")
    assert compared == [("in_care_inside", "not_in_care"), ("in_care_outside", "not_in_care")]


def test_an_unknown_reference_is_refused_with_the_nearest_name():
    with pytest.raises(InputError, match="did you mean 'not_in_care'"):
        ratings.pairs(ratings.CARE_GROUPS, "not_in_cara", "all_pairs")


def test_the_order_in_words_names_counts_and_standards():
    order = ratings.compare_order(published.table_1(), [("in_care_inside", "not_in_care")])
    words = (
        "Work with children in care living inside the area is rated lower than work with children not in care in 2 of 4 standards"
    )
    assert ratings.order_in_words(order) == f"{words} (planning, reviewing)."


def test_the_order_in_words_says_where_a_group_is_rated_higher():
    order = ratings.compare_order(published.table_1(), [("not_in_care", "in_care_outside")])
    assert ratings.order_in_words(order).endswith("in 0 of 4 standards, and higher in 3 (planning, delivery, reviewing).")
