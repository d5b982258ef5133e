import re

import pytest

from helpers import parameters, published, ratings
from helpers.errors import InputError

GOOD, LOWER = "Good", "Requires improvement"


def test_the_six_areas_stand_in_the_order_of_the_release_and_a_comma_splits_none():
    areas = ["Blackpool", "Halton & Warrington", "Shropshire, Telford & Wrekin", "Somerset", "West London", "Wrexham"]
    assert published.areas() == areas


def test_the_two_arms_of_an_area_make_the_cases_asked_for():
    arms = [published.number("release_cases_hosted"), published.number("release_cases_placed_out")]
    assert sum(arms) == published.number("release_cases_asked_per_area")


def test_as_many_areas_are_named_as_the_release_says():
    assert len(published.areas()) == published.number("release_areas_visited")


@pytest.mark.parametrize(
    ("care_group", "expected"),
    [
        ("not_in_care", [GOOD, GOOD, GOOD, GOOD]),
        ("in_care_inside", [GOOD, LOWER, GOOD, LOWER]),
        ("in_care_outside", [GOOD, LOWER, LOWER, LOWER]),
    ],
)
def test_table_1_of_the_letter(care_group, expected):
    """Assessment, planning, delivery, reviewing."""
    cells = published.table_1()
    found = cells[cells["care_group"] == care_group].set_index("standard")["rating"]
    assert found.loc[list(ratings.STANDARDS)].tolist() == expected


def test_table_1_has_twelve_published_ratings():
    cells = published.table_1()
    assert len(cells) == 12
    assert not cells.duplicated(["standard", "care_group"]).any()
    assert set(cells["evidence"]) == {"published"}


def test_ratings_are_ordered():
    found = published.as_rating(["Outstanding", "Good", "Requires improvement", "Inadequate"])
    assert (found < "Good").tolist() == [False, False, True, True]
    assert (found > "Requires improvement").tolist() == [True, True, False, False]


def test_ratings_cannot_be_averaged():
    with pytest.raises(TypeError):
        published.table_1()["rating"].mean()


@pytest.mark.parametrize(("label", "says"), [("good", "did you mean 'Good'"), ("Satisfactory", "is not a rating")])
def test_an_unknown_rating_is_refused(label, says):
    with pytest.raises(InputError, match=says):
        published.as_rating(["Good", label])


def test_a_missing_rating_is_refused():
    with pytest.raises(InputError, match="is not a rating"):
        published.as_rating(["Good", None])


def test_bands_follow_one_another_from_0_to_100():
    bands = published.rating_bands()
    assert bands["rating"].tolist() == published.RATINGS.categories.tolist()
    assert (bands["lowest_per_cent"].tolist()[1:]) == (bands["highest_per_cent"] + 1).tolist()[:-1]
    assert (bands["lowest_per_cent"].min(), bands["highest_per_cent"].max()) == (0, 100)


def test_the_value_of_a_claim_is_text():
    assert published.value("letter_in_care_during_sentence") == "26"


def test_the_number_of_a_claim_is_whole():
    assert published.number("letter_table_1_cases") == 1253


def test_an_unknown_claim_is_refused_with_the_nearest_one():
    with pytest.raises(InputError, match="did you mean 'letter_table_1_cases'"):
        published.value("letter_table_1_case")


@pytest.mark.parametrize(
    ("used_and_printed", "evidence"),
    [
        ([(5, 5), ("a", "a")], "published"),
        ([(5, 5), ("a", "b")], "supplied"),
        ([(6, 5)], "supplied"),
        ([([1, 2], [1, 2])], "published"),
    ],
)
def test_only_printed_figures_are_marked_published(used_and_printed, evidence):
    assert published.mark(used_and_printed) == evidence


@pytest.mark.parametrize(
    ("model", "name", "claim"),
    [
        (parameters.FieldworkSampling, "cases_per_arm", "release_cases_hosted"),
        (parameters.FieldworkSampling, "cases_per_arm", "release_cases_placed_out"),
        (parameters.PrevalenceEstimates, "inspected_cases", "letter_table_1_cases"),
        (parameters.PrevalenceEstimates, "yots", "letter_table_1_yots"),
    ],
)
def test_default_parameters_are_the_published_figures(model, name, claim):
    assert getattr(model(), name) == published.number(claim)


def test_default_areas_are_the_published_ones():
    assert parameters.FieldworkSampling().areas == published.areas()


@pytest.mark.parametrize(
    ("pattern", "example"),
    [
        pytest.param(r"@", "name@example.org", id="address"),
        pytest.param(r"\d(?:[ ()-]*\d){9,}", "020 7946 0000", id="telephone"),
        pytest.param(r"(?i)\b(tel|telephone|phone|mobile|e-?mail)\b", "Tel: 1234", id="contact"),
    ],
)
def test_no_quote_tells_how_to_reach_a_person(pattern, example):
    assert re.search(pattern, example)
    assert [quote for quote in published.claims()["quote"] if re.search(pattern, quote)] == []


def test_a_finding_in_words_has_no_value():
    claims = published.claims()
    assert set(claims.loc[claims["kind"] == "finding", "value"]) == {""}


def test_every_other_claim_has_a_value():
    claims = published.claims()
    assert (claims.loc[claims["kind"] != "finding", "value"] != "").all()


def test_claims_have_names_of_their_own_and_words_quoted():
    claims = published.claims()
    assert claims["claim"].is_unique
    assert (claims["quote"].str.strip() != "").all()


def test_every_number_is_whole():
    claims = published.claims()
    assert claims.loc[claims["kind"] == "number", "value"].str.fullmatch(r"\d+").all()


def test_every_reason_why_a_claim_is_not_checkable_is_given_once():
    reasons = published.read("not-checkable")
    assert reasons["claim"].is_unique
    assert set(reasons["claim"]) < set(published.claims()["claim"])
    assert (reasons["reason"].str.strip() != "").all()


def test_frameworks_are_typed_and_only_resettlement_does_not_count():
    table = published.rating_frameworks()
    assert table.dtypes.astype(str)[["counts_towards_overall", "first_year", "last_year"]].tolist() == ["bool", "int64", "int64"]
    assert table.loc[~table["counts_towards_overall"], "standard"].tolist() == ["resettlement"]
    assert (table["first_year"] <= table["last_year"]).all()
