import operator
import pickle
import statistics
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import published, ratings
from helpers import rating_rules as rule
from helpers.cases.contracts import CONTRACTS, SERVICE_STANDARDS
from helpers.errors import InputError
from helpers.rating_rules import Rating

repeatable = settings(deadline=None, derandomize=True, max_examples=100)
BANDS = published.rating_bands()
RULES = published.read("rating-rules")
FRAMEWORKS = published.rating_frameworks()
NAMES = published.RATINGS.categories.tolist()
counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
DECIMAL = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN, "up": ROUND_UP}


def all_rated(framework, **changed):
    names = FRAMEWORKS.loc[FRAMEWORKS["framework"] == framework, "standard"]
    return dict.fromkeys(names, "Good") | changed


# --- the scale


def test_the_scalar_and_the_column_have_one_scale():
    assert [str(rating) for rating in Rating] == NAMES
    assert published.as_rating(list(Rating)).cat.codes.tolist() == [rating.rank for rating in Rating]


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne])
def test_ratings_compare_by_their_places_with_ratings_and_labels(compare):
    for one in Rating:
        for other in Rating:
            places = compare(one.rank, other.rank)
            assert compare(one, other) == compare(one, str(other)) == compare(str(one), other) == places


def test_ratings_are_text_that_sorts_and_can_be_stored():
    assert sorted(sorted(NAMES), key=Rating) == NAMES and max(Rating) == "Outstanding"
    assert f"{Rating.GOOD}, {Rating.GOOD:>5}" == "Good,  Good" and hash(Rating.GOOD) == hash("Good")
    assert pickle.loads(pickle.dumps(Rating.GOOD)) is Rating.GOOD


ARITHMETIC = {
    "sum": lambda: sum(Rating),
    "mean": lambda: statistics.mean(Rating),
    "plus": lambda: Rating.GOOD + 1,
    "plus itself": lambda: Rating.GOOD + Rating.GOOD,
    "plus from the left": lambda: 1 + Rating.GOOD,
    "minus": lambda: Rating.GOOD - Rating.INADEQUATE,
    "times": lambda: Rating.GOOD * 2,
    "times from the left": lambda: 2 * Rating.GOOD,
    "divided": lambda: Rating.GOOD / 2,
    "negative": lambda: -Rating.GOOD,
    "float": lambda: float(Rating.GOOD),
    "int": lambda: int(Rating.GOOD),
    "round": lambda: round(Rating.GOOD),
    "numpy of objects": lambda: np.mean(np.array(list(Rating), dtype=object)),
}


@pytest.mark.parametrize("name", ARITHMETIC)
def test_no_arithmetic_takes_a_rating(name):
    says = "numerator" if name == "mean" else "no distances"
    with pytest.raises(TypeError, match=says):
        ARITHMETIC[name]()


@pytest.mark.parametrize("reduce", ["mean", "sum", "std", "cumsum"])
def test_no_column_of_ratings_is_averaged_or_added_up(reduce):
    for column in (published.as_rating(NAMES), pd.Series(list(Rating), dtype=published.RATINGS)):
        with pytest.raises(TypeError):
            getattr(column, reduce)()


def test_what_is_no_rating_is_refused():
    with pytest.raises(InputError, match="did you mean 'Good'"):
        Rating("good")
    with pytest.raises(TypeError, match="compared with a rating"):
        assert Rating.GOOD < 3


# --- rounding and bands


@pytest.mark.parametrize(
    ("count", "n", "half_up", "half_even"),
    [
        (129, 200, "Good", "Requires improvement"),
        (99, 200, "Requires improvement", "Requires improvement"),
        (159, 200, "Outstanding", "Outstanding"),
        (0, 7, "Inadequate", "Inadequate"),
        (7, 7, "Outstanding", "Outstanding"),
    ],
)
def test_ties_at_the_three_boundaries(count, n, half_up, half_even):
    assert (rule.of_counts(count, n, BANDS), rule.of_counts(count, n, BANDS, "half_even")) == (half_up, half_even)


@repeatable
@given(counts, st.sampled_from(list(DECIMAL)))
def test_whole_per_cents_are_those_of_decimal_arithmetic(pair, rounding):
    count, n = pair
    fraction = Fraction(100 * count, n)
    whole, rest = divmod(fraction, 1)
    # A tie is kept, and all else put where it cannot be taken for one.
    near = Decimal(int(whole)) + (
        Decimal("0.5") if rest == Fraction(1, 2) else Decimal("0.75") if rest > 0.5 else Decimal("0.25") if rest else 0
    )
    assert rule.whole_per_cent(count, n, rounding) == int(near.quantize(Decimal(1), DECIMAL[rounding]))


@repeatable
@given(counts)
def test_the_default_rating_is_the_one_used_elsewhere_and_none_is_the_threshold(pair):
    count, n = pair
    assert rule.of_counts(count, n, BANDS) == ratings.rating_of(rule.whole_per_cent(count, n), BANDS)
    low, high = ratings.band_limits(BANDS, "threshold").loc[str(rule.of_counts(count, n, BANDS, "none"))]
    assert low <= 100 * count / n and (100 * count / n < high or high == 100)


def test_numpy_counts_do_not_overflow():
    n = np.int32(2_000_000_000)
    assert rule.of_counts(np.int32(1_300_000_000), n, BANDS) == "Good"


@pytest.mark.parametrize(("count", "n"), [(-1, 5), (6, 5), (1.5, 5), (float("nan"), 5)])
def test_counts_that_cannot_be_are_refused(count, n):
    with pytest.raises(InputError, match="a count is a whole number between 0"):
        rule.of_counts(count, n, BANDS)


def test_no_case_has_no_rating_and_an_unknown_rounding_is_refused():
    assert rule.of_counts(0, 0, BANDS) is None
    with pytest.raises(InputError, match="at least one case"):
        rule.whole_per_cent(0, 0)
    with pytest.raises(InputError, match="did you mean 'half_up'"):
        rule.whole_per_cent(1, 2, "halfup")


# --- a standard


def test_a_standard_has_the_rating_of_its_lowest_key_question():
    found = rule.standard_rating({"desistance": (70, 100), "child_safety": (129, 200), "others_safety": (80, 100)}, BANDS)
    assert found == ("Good", ("child_safety",), 65, (), "")
    assert rule.standard_rating({"desistance": (70, 100), "child_safety": (129, 200)}, BANDS, "half_even").rating == Rating(
        "Requires improvement"
    )


def test_a_question_that_does_not_apply_is_passed_over_and_is_not_nought():
    found = rule.standard_rating({"desistance": (7, 10), "child_safety": (0, 0), "others_safety": (7, 10)}, BANDS)
    assert found == ("Good", ("desistance", "others_safety"), 70, ("child_safety",), "")


@pytest.mark.parametrize("questions", [{}, {"desistance": (0, 0), "child_safety": (0, 0)}])
def test_a_standard_without_an_applicable_question_has_no_rating(questions):
    found = rule.standard_rating(questions, BANDS)
    assert found.rating is None and found.per_cent is None and found.not_applicable == tuple(questions) and found.reason


def test_a_wrong_count_names_its_question():
    with pytest.raises(InputError, match=r"^child_safety: a count"):
        rule.standard_rating({"desistance": (1, 2), "child_safety": (3, 2)}, BANDS)


@repeatable
@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), counts, min_size=1, max_size=4), st.sampled_from(rule.ROUNDINGS))
def test_no_question_of_a_standard_is_rated_lower(questions, rounding):
    found = rule.standard_rating(questions, BANDS, rounding)
    each = {name: rule.of_counts(*pair, BANDS, rounding) for name, pair in questions.items()}
    assert found.rating == min(each.values())
    assert all(each[name] == found.rating for name in found.questions)


# --- discretion


def possible(count, n, **changed):
    rules = RULES.assign(value=[changed.get(name, value) for name, value in zip(RULES["rule"], RULES["value"], strict=True)])
    return rule.discretion(count, n, BANDS, rules).set_index("rating")


@pytest.mark.parametrize(
    ("count", "n", "ratings_possible"),
    [
        (750, 1000, ["Good", "Outstanding"]),
        (745, 1000, ["Good", "Outstanding"]),
        (744, 1000, ["Good"]),
        (695, 1000, ["Good"]),
        (694, 1000, ["Requires improvement", "Good"]),
        (595, 1000, ["Requires improvement", "Good"]),
        (594, 1000, ["Requires improvement"]),
        (0, 1000, ["Inadequate"]),
        (1000, 1000, ["Outstanding"]),
        (8, 11, ["Requires improvement", "Good", "Outstanding"]),
        (5, 5, NAMES),
        (6, 6, ["Outstanding"]),
    ],
)
def test_what_a_panel_could_give(count, n, ratings_possible):
    assert possible(count, n).index.tolist() == ratings_possible


def test_reasons_are_given_for_each_rating():
    table = possible(3, 5)
    assert table.index.dtype == published.RATINGS
    assert table.loc["Requires improvement", "reason"] == "as counted, 60 per cent"
    assert table.loc["Good", "reason"] == "within 5 points of a boundary; rests on 5 cases or fewer"
    assert table.loc["Outstanding", "reason"] == "one case would change it; rests on 5 cases or fewer"
    assert table.loc["Inadequate", ["within_points", "by_cases", "few_cases"]].tolist() == [False, True, True]


def test_the_numbers_come_from_the_data():
    assert possible(700, 1000, discretion_points="6").index.tolist() == ["Requires improvement", "Good"]
    two = possible(7, 10, discretion_case_changes="2", discretion_points="0")
    assert two.index.tolist() == ["Requires improvement", "Good", "Outstanding"]
    assert two.loc["Outstanding", "reason"] == "2 cases would change it"
    assert possible(6, 6, discretion_small_base="6").index.tolist() == NAMES


@repeatable
@given(counts)
def test_the_points_are_those_of_the_bounds_and_the_rating_counted_is_always_possible(pair):
    count, n = pair
    table = possible(count, n)
    assert table["as_counted"].sum() == 1 and table.index[table["as_counted"]][0] == rule.of_counts(count, n, BANDS)
    limits = ratings.band_limits(BANDS, "discretion")
    # The stretched band of rating bounds, about the per cent as printed.
    per_cent = rule.whole_per_cent(count, n)
    near = {name for name, (low, high) in limits.iterrows() if low <= per_cent and (per_cent < high or high == 100)}
    assert set(table.index[table["within_points"] | table["as_counted"]]) == near | {str(rule.of_counts(count, n, BANDS))}


def test_a_panel_has_nothing_to_rate_without_a_case():
    table = rule.discretion(0, 0, BANDS, RULES)
    assert table["rating"].isna().tolist() == [True] and table["reason"].tolist() == ["there is no case"]


# --- overall


def test_frameworks_are_those_of_the_rules_and_of_the_contract():
    value = RULES.set_index("rule")["value"]
    for name, number in (("2018", "standards_2019_20"), ("2021", "standards_since_2021")):
        assert len(rule.framework(name, FRAMEWORKS)) == int(value[number])
        counted = rule.framework(name, FRAMEWORKS)["counts_towards_overall"]
        assert counted.sum() == int(value["overall_score_standards"])
    assert rule.framework("2021", FRAMEWORKS)["standard"].tolist() == list(SERVICE_STANDARDS)
    assert rule.framework("2018", FRAMEWORKS)["standard"].tolist() == list(SERVICE_STANDARDS)[:-1]
    (choices,) = (column.choices for column in CONTRACTS["ratings"] if column.name == "framework")
    assert list(choices) == FRAMEWORKS["framework"].unique().tolist()
    assert FRAMEWORKS["mark"].eq("recalled").all()
    assert not FRAMEWORKS.duplicated(["framework", "standard"]).any()


def test_bands_of_scores_meet_the_scores():
    assert [str(rule.overall_rating(score, RULES)) for score in (0, 6, 7, 18, 19, 30, 31, 36)] == [
        name for name in NAMES for _ in range(2)
    ]
    assert all(rule.overall_rating(score, RULES) <= rule.overall_rating(score + 1, RULES) for score in range(36))


@pytest.mark.parametrize("score", [-1, 37, 18.5, float("nan")])
def test_a_score_that_cannot_be_is_refused(score):
    with pytest.raises(InputError, match="from 0 to 36"):
        rule.overall_rating(score, RULES)


@repeatable
@given(st.sampled_from(["2018", "2021"]), st.lists(st.sampled_from(NAMES), min_size=13, max_size=13))
def test_the_score_is_the_sum_of_the_standards_that_count(framework, grades):
    names = FRAMEWORKS.loc[FRAMEWORKS["framework"] == framework, "standard"]
    score = rule.overall_score(dict(zip(names, grades, strict=False)), framework, FRAMEWORKS)
    assert score == sum(NAMES.index(grade) for grade in grades[:12])


def test_resettlement_does_not_count():
    scores = {rule.overall_score(all_rated("2021", resettlement=grade), "2021", FRAMEWORKS) for grade in (*NAMES, None)}
    without = {name: grade for name, grade in all_rated("2021").items() if name != "resettlement"}
    assert scores == {24} and rule.overall_score(without, "2021", FRAMEWORKS) == 24


@pytest.mark.parametrize("blank", [None, "", " ", float("nan"), pd.NA])
def test_a_missing_standard_is_refused_by_name(blank):
    with pytest.raises(InputError, match="court_planning has no rating"):
        rule.overall_score(all_rated("2018", court_planning=blank), "2018", FRAMEWORKS)
    left_out = {name: grade for name, grade in all_rated("2018").items() if name != "staff"}
    with pytest.raises(InputError, match="staff has no rating"):
        rule.overall_score(left_out, "2018", FRAMEWORKS)


@pytest.mark.parametrize(
    ("framework", "changed", "says"),
    [
        ("2018", {"resettlement": "Good"}, "'resettlement' is no standard of the framework 2018"),
        ("2018", {"staf": "Good"}, "did you mean 'staff'"),
        ("2018", {"staff": "Requires"}, "^staff: 'Requires' is not a rating; there is: Inadequate, Requires improvement"),
        ("2019", {}, "there is no framework '2019'; there is: 2018, 2021"),
    ],
)
def test_what_is_not_of_the_framework_is_refused(framework, changed, says):
    with pytest.raises(InputError, match=says):
        rule.overall_score(all_rated("2018", **changed), framework, FRAMEWORKS)
