from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import published, quotable, ratings, table_one
from helpers.errors import InputError
from tests import known

repeatable = settings(deadline=None, derandomize=True, max_examples=60)
R = known.read("table_one")
NAMES = published.RATINGS.categories.tolist()
GOOD, LOWER = "Good", "Requires improvement"
QUESTIONS = {
    "lowest key question": "question_lowest",
    "at least one key question": "question_one",
    "a named key question": "question_named",
    "the mean of the three key questions": "question_mean",
}
PERMUTATIONS = {
    "label permutation, standards independent": "permutation_independent",
    "label permutation, standards fully dependent": "permutation_dependent",
    "label permutation, one shuffle of all standards": "permutation_one_shuffle",
}
BANDS = published.rating_bands()
PAIRS = ratings.pairs(ratings.CARE_GROUPS, "not_in_care", "all_pairs")


def of_r(quantity, *keys):
    rows = R[R["quantity"] == quantity]
    return rows.set_index(list(keys)) if keys else rows


def cells(rows, groups=("x", "y", "z"), evidence="synthetic"):
    """A made table: a row for each standard, with the place of each group on the scale, from 1."""
    long = [(f"s{n}", group, NAMES[place - 1]) for n, row in enumerate(rows) for group, place in zip(groups, row, strict=True)]
    table = pd.DataFrame(long, columns=["standard", "care_group", "rating"]).assign(evidence=evidence)
    return table.assign(rating=published.as_rating(table["rating"]))


MADE_PAIRS = [("y", "x"), ("z", "x"), ("z", "y")]
MADE = {
    "mixed": [(4, 2, 1), (2, 3, 1), (3, 3, 3), (1, 2, 2)],
    "reverse": [(1, 2, 3), (2, 3, 4)],
}


# --- key questions


@pytest.mark.parametrize("what", QUESTIONS)
def test_consequences_agree_with_r(what):
    for row in of_r(QUESTIONS[what]).itertuples():
        found = table_one.consequences(BANDS, row.a, row.b).set_index("what").loc[what]
        ends = found[["difference_lower", "difference_upper"]].astype(float)
        np.testing.assert_allclose(ends, [row.lower, row.upper], rtol=known.TOLERANCE, atol=1e-12)


def test_a_fall_from_good_means_one_lower_key_question_and_nothing_about_a_named_one_or_the_mean():
    table = table_one.consequences(BANDS)
    assert table["sign"].tolist() == ["lower", "lower", "not_identified", "not_identified"]
    ends = table[["difference_lower", "difference_upper"]].round(2).to_numpy().tolist()
    assert ends == [[-30, 0], [-50.5, 0], [-50.5, 35.5], [-43.67, 23.67]]
    assert set(table["unit"]) == {"points"}
    assert "not in the letter" in table["assumes"][0]


def test_discretion_takes_the_lemma_away():
    assert set(table_one.consequences(BANDS, convention="discretion")["sign"]) == {"not_identified"}


def test_with_one_key_question_all_rows_say_the_same():
    ends = table_one.consequences(BANDS, questions=1)[["difference_lower", "difference_upper"]]
    assert (ends == ends.iloc[0]).all(axis=None)


three = st.lists(st.integers(0, 1000).map(lambda tenths: tenths / 10), min_size=3, max_size=3)


@repeatable
@given(three, three)
def test_consequences_hold_for_any_key_questions(one, other):
    named = [ratings.rating_of(int(min(values) + 0.5), BANDS) for values in (other, one)]
    table = table_one.consequences(BANDS, *named).set_index("what")
    steps = [a - b for a, b in zip(one, other, strict=True)]
    for what, values in zip(QUESTIONS, ([min(one) - min(other)], [min(steps)], steps, [sum(steps) / 3]), strict=True):
        low, high, sign = table.loc[what, ["difference_lower", "difference_upper", "sign"]]
        assert all(low - 1e-9 <= value <= high + 1e-9 for value in values)
        assert sign == "not_identified" or all((value < 0) == (sign == "lower") for value in values)


def test_a_rating_or_a_number_of_questions_that_there_is_not_is_refused():
    with pytest.raises(InputError, match="did you mean 'Good'"):
        table_one.consequences(BANDS, "Goood")
    with pytest.raises(InputError, match="at least one key question; this is 0"):
        table_one.consequences(BANDS, questions=0)


# --- tests that do not hold


def test_sign_tests_agree_with_r():
    table = of_r("sign_test", "n", "m")
    for (lower, differ), row in table.iterrows():
        made = cells([(3, 2)] * int(lower) + [(2, 3)] * int(differ - lower) + [(1, 1)], groups=("x", "y"))
        found = table_one.tests_that_do_not_hold(made, [("y", "x")]).iloc[0]
        assert (found["number"], found["of"]) == (lower, differ)
        np.testing.assert_allclose([found["p_one_sided"], found["p_two_sided"]], [row["lower"], row["upper"]], rtol=1e-10)


@pytest.mark.parametrize("name", ["table_1", "mixed", "reverse"])
def test_permutations_agree_with_every_arrangement_in_r(name):
    made = published.table_1() if name == "table_1" else cells(MADE[name])
    found = table_one.tests_that_do_not_hold(made, PAIRS if name == "table_1" else MADE_PAIRS).set_index("test")
    for test, quantity in PERMUTATIONS.items():
        (row,) = of_r(quantity).query("a == @name").itertuples()
        p = found.loc[test, ["p_one_sided", "p_two_sided"]].astype(float)
        np.testing.assert_allclose(p, [row.lower, row.upper], rtol=known.TOLERANCE)


def test_the_tests_of_table_1():
    table = table_one.tests_that_do_not_hold(published.table_1(), PAIRS)
    counts = list(zip(table["number"], table["of"], strict=True))
    assert counts == [(2, 2), (3, 3), (1, 1), (5, 5), (1, 27), (1, 3), (1, 6)]
    assert table["p_one_sided"].round(3).tolist() == [0.25, 0.125, 0.5, 0.031, 0.037, 0.333, 0.167]
    assert table["p_two_sided"].round(4).tolist()[:4] == [0.5, 0.25, 1, 0.0625]
    assert set(table["valid"]) == {"no"} and table["why"].str.len().gt(20).all()
    assert "even 4 of 4 would give p = 0.125" in table["why"][0]


def test_pairs_that_differ_nowhere_have_no_p():
    table = table_one.tests_that_do_not_hold(cells([(3, 3), (2, 2)], groups=("x", "y")), [("y", "x")])
    assert table["of"][0] == 0 and np.isnan(table["p_two_sided"][0])
    assert table["p_one_sided"].tolist()[1:] == [1, 1, 1]


@repeatable
@given(st.lists(st.tuples(*[st.integers(1, 4)] * 3), min_size=1, max_size=6))
def test_p_is_a_chance_and_never_below_one_order_among_all(rows):
    table = table_one.tests_that_do_not_hold(cells(rows), MADE_PAIRS).set_index("test")
    p = table[["p_one_sided", "p_two_sided"]].to_numpy(dtype=float)
    assert ((p[~np.isnan(p)] > 0) & (p[~np.isnan(p)] <= 1)).all()
    assert table.loc["label permutation, one shuffle of all standards", "p_one_sided"] >= 1 / 6 - 1e-12


def test_a_missing_cell_a_group_that_is_not_there_and_too_many_groups_are_refused():
    with pytest.raises(InputError, match="a rating of s1 is missing"):
        table_one.tests_that_do_not_hold(cells(MADE["mixed"]).drop(index=4), MADE_PAIRS)
    with pytest.raises(InputError, match="no group is called 'w'"):
        table_one.tests_that_do_not_hold(cells(MADE["mixed"]), [("w", "x")])
    with pytest.raises(InputError, match="these are 8"):
        table_one.tests_that_do_not_hold(cells(MADE["mixed"]), [(f"g{n}", "x") for n in range(7)])
    with pytest.raises(InputError, match="at least one group"):
        table_one.tests_that_do_not_hold(cells(MADE["mixed"]), [])


# --- counts


def test_lattices_agree_with_every_count_in_r():
    table = of_r("lattice", "a", "n")
    for n in sorted(set(table.index.get_level_values("n"))):
        found = table_one.lattice(int(n), BANDS).set_index("rating")
        for rating in NAMES:
            row = table.loc[(rating, n)]
            low, high = found.loc[rating, ["count_low", "count_high"]]
            if pd.isna(row["lower"]):
                assert pd.isna(low) and pd.isna(high) and found.loc[rating, "reason"]
            else:
                assert (low, high) == (row["lower"], row["upper"]) and not found.loc[rating, "reason"]


@repeatable
@given(st.integers(1, 3000))
def test_every_count_has_one_rating_and_the_one_that_it_is_printed_as(n):
    table = table_one.lattice(n, BANDS).dropna(subset="count_low")
    counts = [k for row in table.itertuples() for k in range(row.count_low, row.count_high + 1)]
    assert counts == list(range(n + 1))
    for row in table.itertuples():
        assert all(ratings.rating_of((200 * k + n) // (2 * n), BANDS) == row.rating for k in (row.count_low, row.count_high))


def test_no_case_has_no_count_and_part_of_a_case_is_refused():
    assert table_one.lattice(0, BANDS)["reason"].eq("there is no case").all()
    with pytest.raises(InputError, match="whole number, 0 or more; this is 2.5"):
        table_one.lattice(2.5, BANDS)


def test_gaps_agree_with_every_pair_of_counts_in_r():
    apart = of_r("gap_apart", "a", "b", "n", "m")["lower"]
    for row in of_r("gap").itertuples():
        found = table_one.least_gap(int(row.n), int(row.m), row.b, row.a, BANDS)
        expected = [row.lower, row.upper, apart[row.a, row.b, row.n, row.m]]
        np.testing.assert_allclose(found, expected, rtol=known.TOLERANCE, atol=1e-15)


def test_one_case_can_be_a_band():
    assert table_one.least_gap(206, 206, LOWER, GOOD, BANDS).upper == pytest.approx(-1 / 206)


def test_a_rating_that_no_count_has_gives_no_gap():
    assert np.isnan(table_one.least_gap(1, 927, GOOD, GOOD, BANDS)).all()


def test_gaps_of_very_many_cases_lose_no_digit():
    # Two of three is Good; of very many the nearest count is a third of a case away, below it or above it.
    for n in (2_000_000_000, 2_000_000_002):
        assert table_one.least_gap(n, 3, GOOD, GOOD, BANDS).apart == 1 / (3 * n)


# --- pooled groups and sampling

SIZES = {"not_in_care": 927, ("in_care_inside", "in_care_outside"): 326}


def test_pooled_bounds_agree_with_r():
    everyone, in_care = of_r("pooled_all", "a", "b"), of_r("pooled_in_care", "a", "b")
    for i, j, k in product(range(1, 5), repeat=3):
        found = table_one.pooled(cells([(i, j, k)], groups=ratings.CARE_GROUPS), BANDS, SIZES)
        rows = [everyone.loc[(f"{NAMES[i - 1]}/{NAMES[j - 1]}", NAMES[k - 1])], in_care.loc[(NAMES[j - 1], NAMES[k - 1])]]
        np.testing.assert_allclose(found["per_cent_low"], [row["lower"] for row in rows], rtol=known.TOLERANCE, atol=1e-12)
        np.testing.assert_allclose(found["per_cent_high"], [row["upper"] for row in rows], rtol=known.TOLERANCE)


def test_pooled_bounds_of_table_1():
    table = table_one.pooled(published.table_1(), BANDS, SIZES).set_index(["standard", "cases"])
    assert table.loc[("planning", 1253), ["per_cent_low", "per_cent_high"]].astype(float).round(2).tolist() == [60.6, 75.6]
    assert table.loc[("delivery", 326), ["per_cent_low", "per_cent_high"]].tolist() == [49.5, 79.5]
    assert table.loc[("planning", 1253), "ratings"] == "Requires improvement, Good"
    assert set(table["evidence"]) == {"published"} and table["assumes"].str.contains("sizes assumed").all()


def test_groups_without_a_case_have_no_pooled_per_cent():
    table = table_one.pooled(published.table_1(), BANDS, {"not_in_care": 0, "in_care_inside": 0})
    assert table["per_cent_low"].isna().all() and len(table) == 4


@pytest.mark.parametrize(
    ("sizes", "says"),
    [
        ({"not_in_cara": 1}, "did you mean 'not_in_care'"),
        ({"not_in_care": 1, ("not_in_care", "in_care_inside"): 1}, "stands twice"),
        ({"not_in_care": -1}, "whole number, 0 or more"),
    ],
)
def test_sizes_that_cannot_be_are_refused(sizes, says):
    with pytest.raises(InputError, match=says):
        table_one.pooled(published.table_1(), BANDS, sizes)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_envelopes_agree_with_newcombe_over_all_counts_in_r(level):
    for row in of_r(f"newcombe_{level:g}").itertuples():
        made = cells([(NAMES.index(row.a) + 1, NAMES.index(row.b) + 1)], groups=("x", "y"))
        found = table_one.sampling_envelope(made, [("y", "x")], BANDS, {"x": int(row.m), "y": int(row.n)}, level)
        ends = found[["difference_lower", "difference_upper"]].to_numpy()[0]
        np.testing.assert_allclose(ends, [row.lower, row.upper], rtol=known.TOLERANCE, atol=1e-12)


def test_the_envelope_of_planning_holds_no_difference():
    sizes = {"not_in_care": 927, "in_care_inside": 206, "in_care_outside": 120}
    table = table_one.sampling_envelope(published.table_1(), PAIRS, BANDS, sizes)
    row = table.query("standard == 'planning' and group == 'in_care_inside'").iloc[0]
    assert (round(row["difference_lower"], 3), round(row["difference_upper"], 3)) == (-0.371, 0.066)
    assert set(table["sign"]) == {"not_identified"} and len(table) == 12


def test_an_envelope_of_too_few_cases_gives_a_reason_and_a_group_without_a_size_is_refused():
    made = cells([(3, 2)], groups=("x", "y"))
    table = table_one.sampling_envelope(made, [("y", "x")], BANDS, {"x": 1, "y": 0})
    assert table["difference_lower"].isna().all() and table["reason"].str.startswith("no whole number").all()
    with pytest.raises(InputError, match="sizes: there is none for 'y'"):
        table_one.sampling_envelope(made, [("y", "x")], BANDS, {"x": 1})


# --- words


INSPECTED = "In the court cases inspected in 2018/2019 and 2019/2020"


def test_two_sentences_of_table_1():
    first, second = table_one.quotable(ratings.compare_order(published.table_1(), PAIRS))
    inside, outside = (f"children in care living {where} the inspected area" for where in ("inside", "outside"))
    assert first == (
        f"{INSPECTED}, work with {inside} was rated lower than work with children not in care in 2 of 4 standards "
        f"(planning, reviewing), and given the same rating in 2; and work with {outside} was rated lower than work with children "
        "not in care in 3 of 4 standards (planning, delivery, reviewing), and given the same rating in 1."
    )
    words = f"{INSPECTED}, work with {outside} was rated lower than work with {inside} in 1 of 4 standards (delivery)"
    assert second == f"{words}, and given the same rating in 3."
    assert "not the same as children with no history of care" in quotable.WITH_BOTH and "chance" in quotable.WITH_BOTH


@repeatable
@given(st.lists(st.tuples(*[st.integers(1, 4)] * 3), min_size=1, max_size=5))
def test_sentences_give_no_amount_no_cause_and_no_test(rows):
    order = ratings.compare_order(cells(rows, evidence="published"), MADE_PAIRS)
    words = " ".join(table_one.quotable(order)).lower()
    assert all(sentence.count(".") == 1 and sentence.endswith(".") for sentence in table_one.quotable(order))
    for word in ("%", "point", "because", "cause", "due to", "significan", " p =", "worse", "much"):
        assert word not in words
    for row in order.itertuples():
        ways = {"lower": row.lower, "higher": row.higher}
        first = next((way for way, number in ways.items() if number), None)
        named = (
            f"work with the group {row.reference} in {ways[first]} of" if first else f"work with the group {row.reference} in all"
        )
        assert (f"{first} than {named}" if first else f"the same rating as {named}") in words


def test_what_is_not_published_is_marked_and_what_is_higher_is_said():
    order = ratings.compare_order(cells([(2, 3, 2)]), [("y", "x")])
    first, second = table_one.quotable(order)
    assert (
        first.startswith("SYNTHETIC, not to be quoted")
        and "rated higher than work with the group x in 1 of 1 standards (s0)." in first
    )
    assert second == quotable.WITH_BOTH
    with pytest.raises(InputError, match="no pair"):
        table_one.quotable(order.head(0))


def test_definitions_quote_the_letter():
    table = table_one.definitions()
    quotes = published.claims().set_index("claim")["quote"]
    assert len(table) == 3 and table["definition"].is_unique
    for row in table.itertuples():
        assert row.words in quotes[row.claim]
    assert table["definition"].tolist()[1:] == ["not in care", "placed in care at some point during the sentence"]
