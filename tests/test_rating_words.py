import numpy as np
import pandas as pd
import pytest

from helpers import band_probability, cases, published, quotable, ratings, shares
from helpers import rating_words as words
from helpers.case_ratings import probabilities
from helpers.datapackage import resource_path
from helpers.disclosure import HIDDEN
from helpers.errors import InputError
from helpers.ratings import CARE_GROUPS, GROUP_NAMES, LOWEST, STANDARDS

PAIRS = ratings.pairs(CARE_GROUPS, "not_in_care", "all_pairs")
INSIDE, OUTSIDE = "in_care_inside", "in_care_outside"
NOT_SHOWN = "No difference between the groups can be shown"


def family(chances, pairs=PAIRS, evidence="supplied"):
    """The confirmatory rows, standard by standard; each chance is a number, missing or hidden."""
    keys = [(standard, *pair) for standard in STANDARDS for pair in pairs]
    rows = pd.DataFrame(keys[: len(chances)], columns=["standard", "group", "reference"])
    rows = rows.assign(p_holm=pd.Series(chances, dtype=object), question=LOWEST, family="confirmatory", evidence=evidence)
    return rows.assign(p_value=rows["p_holm"], lower=-0.2, upper=0.1)


# --- tests of a family


def test_no_difference_below_the_threshold_is_said_without_a_name():
    assert words.holm_in_words(family([0.2, 0.05, 1.0] + [0.9] * 9)) == "0 of 12 differences have p below 5% after Holm's method"


def test_one_difference_is_named_with_its_pair_and_standard():
    expected = (
        "1 of 12 differences have p below 5% after Holm's method: "
        "children in care living outside the area against children not in care (planning)"
    )
    assert words.holm_in_words(family([0.2] * 4 + [0.049999] + [0.9] * 7)) == expected


def test_several_differences_are_named_pair_by_pair():
    chances = [0.2] * 3 + [0.001, 0.01, 0.2] + [0.2, 0.04, 0.2] + [0.0] + [1] * 2
    expected = (
        "4 of 12 differences have p below 5% after Holm's method: "
        "children in care living inside the area against children not in care (planning, reviewing); "
        "children in care living outside the area against children not in care (planning, delivery)"
    )
    assert words.holm_in_words(family(chances)) == expected


def test_every_pair_of_the_care_groups_is_named_and_of_many_pairs_only_how_many():
    said = words.holm_in_words(family([0.001] * 12))
    assert said.startswith("12 of 12 differences") and said.count("(assessment, planning, delivery, reviewing)") == 3
    many = ratings.pairs([f"g{place}" for place in range(5)], "g0", "against_reference")
    assert words.holm_in_words(family([0.001] * 16, many)).endswith("after Holm's method: in 4 pairs of groups")


def test_groups_of_ones_own_are_quoted():
    said = words.holm_in_words(family([0.001, 0.5, 0.5, 0.5], [("north", "south")]))
    assert said.endswith("“north” against “south” (assessment)")
    assert words.group_name("not_in_care") == "children not in care" and words.group_name("x") == "“x”"


@pytest.mark.parametrize("left_out", [HIDDEN, np.nan, None, "[z]"])
def test_what_is_hidden_or_could_not_be_tested_is_counted_and_never_called_found(left_out):
    said = words.holm_in_words(family([left_out, 0.001, left_out] + [0.5] * 9))
    assert said.startswith("1 of the 10 differences that can be tested and shown have p below 5%")
    assert "inside the area against" not in said and said.endswith("against children not in care (assessment)")


@pytest.mark.parametrize("left_out", [HIDDEN, np.nan])
def test_a_family_without_any_test_says_so(left_out):
    assert words.holm_in_words(family([left_out] * 12)) == NOT_SHOWN
    assert words.holm_in_words(family([])) == NOT_SHOWN


def test_numbers_that_a_treated_table_holds_as_objects_are_read_as_numbers():
    assert words.holm_in_words(family(["0.001"] + [HIDDEN] * 11)).startswith(
        "1 of the 1 differences that can be tested and shown"
    )


def test_another_threshold_is_said():
    assert words.holm_in_words(family([0.02] * 12), 0.01) == "0 of 12 differences have p below 1% after Holm's method"
    assert words.holm_in_words(family([0.02] * 12), 0.025).startswith("12 of 12 differences have p below 2.5%")


def test_a_difference_without_a_test_whose_exact_limits_leave_out_0_is_told_and_no_other():
    rows = family([np.nan] * 3 + [0.5] * 9)
    rows[["lower", "upper"]] = rows[["lower", "upper"]].astype(object)
    rows.loc[0, ["lower", "upper"]] = [-0.31, -0.04]
    rows.loc[1, ["lower", "upper"]] = [-0.31, 0.04]
    rows.loc[2, ["lower", "upper"]] = HIDDEN
    rows.loc[5, ["lower", "upper"]] = [0.1, 0.2]
    assert words.separated_in_words(rows) == (
        " In assessment everybody or nobody was judged sufficient in one of two groups: children in care living inside the area "
        "less children not in care is \N{MINUS SIGN}31 to \N{MINUS SIGN}4 points, by limits that ignore services."
    )
    assert words.separated_in_words(rows.iloc[3:]) == words.separated_in_words(family([])) == ""


def test_what_has_to_be_said_of_percentages_depends_on_their_evidence():
    assert "were made to give" in words.about("synthetic") and "rounded" in words.about("supplied")
    assert words.about("published") == words.about("none") == ""


# --- a list of the user's own


@pytest.fixture(scope="module")
def rated():
    """The ratings of the synthetic cases as if they were somebody's own."""
    bands = published.rating_bands()
    found = shares.of_cases(cases.read(resource_path("synthetic-cases"), "cases").table, 0.95, bands)
    return ratings.of_shares(found.join(probabilities(found, bands)), "supplied")


def test_a_list_of_ones_own_is_told_group_by_group_with_its_evidence(rated):
    said = words.cases_in_words(rated, family([0.2, 0.01] + [0.5] * 10))
    assert said.startswith(
        "\n- By the recalled rule your list is rated as follows: children not in care: assessment Good, planning Good, "
    )
    for cell in published.table_1().itertuples():
        of_group = said.partition(f"{GROUP_NAMES[cell.care_group]}: ")[2].partition(";")[0]
        assert f"{cell.standard} {cell.rating}" in of_group
    assert "hidden" not in said and "1 of 12 differences" in said
    assert said.endswith(" None of this says why. *Evidence: supplied.*") and said.count("\n") == 1


@pytest.mark.parametrize("evidence", ["synthetic", "published"])
def test_of_made_up_cases_nothing_is_said(rated, evidence):
    assert words.cases_in_words(rated.assign(evidence=evidence), family([0.01] * 12, evidence=evidence)) == ""
    assert words.cases_in_words(rated.iloc[:0], family([])) == ""


def test_hidden_and_missing_ratings_are_counted_and_not_told(rated):
    lowest = rated["question"] == LOWEST
    inside = lowest & (rated["care_group"] == INSIDE)
    treated = rated.assign(rating=rated["rating"].astype(object).mask(inside, HIDDEN))
    treated.loc[lowest & (rated["care_group"] == OUTSIDE) & (rated["standard"] == "delivery"), "rating"] = None
    said = words.cases_in_words(treated, family([HIDDEN] * 12))
    assert " 5 of 12 ratings have no case or are hidden." in said and HIDDEN not in said
    assert GROUP_NAMES[INSIDE] not in said and "delivery Requires improvement" not in said
    assert said.endswith(f" {NOT_SHOWN}. None of this says why. *Evidence: supplied.*")
    everything = words.cases_in_words(rated.assign(rating=HIDDEN), family([]))
    nothing = "12 of 12 ratings have no case or are hidden. Differences between its groups cannot be shown."
    assert everything == f"\n- {nothing} *Evidence: supplied.*"


def test_only_the_family_is_told_and_not_what_is_exploratory(rated):
    rows = pd.concat([family([0.5] * 12), family([0.001] * 12).assign(family="exploratory")])
    assert "0 of 12 differences" in words.cases_in_words(rated, rows)


# --- bounds


@pytest.fixture(scope="module")
def bounds():
    return ratings.bounds(published.table_1(), PAIRS, published.rating_bands())


def test_bounds_of_table_1_in_words(bounds):
    assert words.bounds_in_words(bounds, "rounded", "5") == (
        "Under the recalled bands, which the letter does not give, each of these 6 differences is anything above 0 "
        "and below 30 points, each group on its own lowest key question; if a panel may move a rating by 5 points, not even "
        "their direction is fixed."
    )


def test_bounds_with_discretion_say_no_number_of_the_other_reading(bounds):
    said = words.bounds_in_words(bounds, "discretion", "2.5")
    assert said.endswith("if a panel may move a rating by 2.5 points, not even their direction is fixed.")
    assert "30" not in said and "6" not in said


def test_bounds_that_discretion_leaves_are_counted():
    """Inadequate against Outstanding: 79.5 - 5 is still above 49.5 + 5."""
    cells = published.table_1().assign(
        rating=published.as_rating(["Inadequate", "Outstanding", "Good"] * 4), evidence="published"
    )
    cells["care_group"] = [*CARE_GROUPS] * 4
    cells["standard"] = np.repeat(STANDARDS, 3)
    made = ratings.bounds(cells, [(INSIDE, "not_in_care")], published.rating_bands())
    said = words.bounds_in_words(made, "rounded", "5")
    assert "each of these 4 differences is anything above 0 and below 100 points" in said
    assert said.endswith("the direction of 4 is fixed.")


def test_every_method_has_words():
    assert set(words.METHODS) == set(band_probability.METHODS) and len(set(words.METHODS.values())) == 4


# --- what may be quoted


def order(evidence="published", reference="not_in_care", choice="all_pairs"):
    pairs = ratings.pairs(CARE_GROUPS, reference, choice)
    return ratings.compare_order(published.table_1().assign(evidence=evidence), pairs)


def test_with_another_reference_the_words_turn_round():
    first, second = quotable.quotable(order(reference=OUTSIDE))
    pair = "work with children not in care was rated higher than work with children in care living outside the inspected area"
    assert f"{pair} in 3 of 4 standards (planning, delivery, reviewing), and given the same rating in 1; and work with " in first
    assert "in 1 of 4 standards (delivery), and given the same rating in 3." in first
    assert (
        " work with children in care living inside the inspected area was rated lower than work with children not in care"
        in second
    )


def test_without_a_third_pair_the_second_sentence_says_what_the_table_does_not():
    first, second = quotable.quotable(order(choice="against_reference"))
    assert first.count("was rated lower") == 2 and second == quotable.WITH_BOTH
    assert "no percentages" in second and "not the same as children with no history of care" in second


def test_groups_with_the_same_ratings_are_said_to_have_them():
    cells = published.table_1().assign(rating=published.as_rating(["Good"] * 12))
    first, _ = quotable.quotable(ratings.compare_order(cells, [(INSIDE, "not_in_care")]))
    pair = (
        "work with children in care living inside the inspected area was given the same rating as work with children not in care"
    )
    assert first.endswith(f", {pair} in all 4 standards.")


@pytest.mark.parametrize(
    ("evidence", "start"), [("supplied", "In the cases of the supplied list, "), ("synthetic", "SYNTHETIC, not to be quoted: ")]
)
def test_what_is_not_published_is_marked_in_both_sentences(evidence, start):
    assert all(sentence.startswith(start) for sentence in quotable.quotable(order(evidence)))


def test_nothing_to_compare_is_refused():
    with pytest.raises(InputError, match="no pair of groups"):
        quotable.quotable(order().iloc[:0])


def test_definitions_stand_in_the_letter_and_no_two_are_alike():
    table = quotable.definitions()
    claims = published.claims().set_index("claim")
    assert table.notna().all(axis=None) and table["definition"].is_unique and len(table) == 3
    for row in table.itertuples():
        assert row.words in claims.loc[row.claim, "quote"] and claims.loc[row.claim, "document"] == "letter_2021"
    assert table["in_care_when"].is_unique and table["differs_because"].is_unique
