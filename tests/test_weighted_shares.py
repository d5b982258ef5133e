import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import cases, intervals, published, shares, weighted_shares
from helpers.datapackage import resource_path
from helpers.ratings import CARE_GROUPS, LOWEST, QUESTIONS, STANDARDS
from tests import known

ANSWERS = known.read("weighted_shares")
OF_R = ["cases", "sum_of_weights", "weighting_effect", "estimate", "se", "df", "deff", "lower", "upper", "unweighted"]
LIMITS = ["lower", "upper"]
BANDS = published.rating_bands()
KEYS = ["standard", "question", "group"]
repeatable = settings(deadline=None, derandomize=True, max_examples=40)


@pytest.fixture(scope="module")
def synthetic():
    """The synthetic cases, and the same with the weights that weighted_shares.R makes."""
    table = cases.read(resource_path("synthetic-cases"), "cases").table
    return {"caseload": table, "weight": table.assign(weight=1 + (np.arange(1, len(table) + 1) % 5) / 2)}


def made(services, groups=None, weight=None, questions=False, **columns):
    """Inspected cases with the standards or key questions given; others are judged sufficient throughout."""
    n = len(services)
    table = pd.DataFrame({"yot": pd.Categorical(list(services))})
    table["care_group"] = pd.Categorical(groups or ["not_in_care"] * n, CARE_GROUPS)
    if weight is not None:
        table["weight"] = np.asarray(weight, dtype=float)
    names = [f"{standard}_{question}" for standard in STANDARDS for question in QUESTIONS] if questions else STANDARDS
    for name in names:
        table[name] = pd.array(columns.get(name, [True] * n), dtype="boolean")
    return table


def of(table, group_by="care_group", confidence=0.95):
    return weighted_shares.by_judgement(table, group_by, confidence, BANDS)


def domain(yes, weights, services, confidence=0.95):
    codes, names = pd.factorize(np.array(list(services)))
    yes = pd.Series(pd.array(yes, dtype="boolean"))
    return weighted_shares.of_domain(yes, np.asarray(weights, dtype=float), codes, len(names), confidence)


# --- answers of R


@pytest.mark.parametrize("kind", ["weight", "caseload"])
@pytest.mark.parametrize("level", ANSWERS["level"].unique())
def test_weighted_shares_are_those_of_r_survey(synthetic, kind, level):
    found = of(synthetic[kind], confidence=level)
    answers = ANSWERS[(ANSWERS["weights"] == kind) & (ANSWERS["level"] == level)]
    both = answers.merge(found, on=[*KEYS, "weights", "level"], suffixes=("_r", ""), validate="one_to_one")
    assert len(both) == len(answers) == 36
    for name in OF_R:
        # The limits rest on deff, in which the error is squared.
        assert both[name].to_numpy() == pytest.approx(both[f"{name}_r"].to_numpy(), rel=known.TOLERANCE), name


@pytest.mark.parametrize("kind", ["weight", "caseload"])
def test_the_lowest_row_has_the_numbers_of_the_question_whose_weighted_share_is_lowest_in_r(synthetic, kind):
    found = of(synthetic[kind])
    assert len(found) == 48 and list(found.columns) == weighted_shares.COLUMNS
    answers = ANSWERS[(ANSWERS["weights"] == kind) & (ANSWERS["level"] == 0.95) & (ANSWERS["lowest"] == "yes")]
    lowest = found[found["question"] == LOWEST]
    assert len(answers) == len(lowest) == 12
    both = answers.merge(lowest, on=["standard", "group"], suffixes=("_r", ""), validate="one_to_one")
    assert (both["from_question"] == both["question_r"]).all()
    assert both["estimate"].to_numpy() == pytest.approx(both["estimate_r"].to_numpy(), rel=known.TOLERANCE)
    for row in both.itertuples():
        assert row.rating == BANDS.loc[BANDS["lowest_per_cent"].le(int(100 * row.estimate_r + 0.5)), "rating"].iloc[-1]


# --- weights


def test_a_weight_of_its_own_counts_and_not_the_caseload_and_without_either_there_is_no_row():
    plain = made("aabbb")
    assert weighted_shares.weights_of(plain) == (None, "")
    nothing = of(plain)
    assert nothing.empty and list(nothing.columns) == weighted_shares.COLUMNS
    loaded = plain.assign(caseload=pd.array([8, 8, 3, 3, 3], dtype="Int64"))
    weights, kind = weighted_shares.weights_of(loaded)
    assert (weights.tolist(), kind) == ([4, 4, 1, 1, 1], "caseload")
    weights, kind = weighted_shares.weights_of(loaded.assign(weight=[1.0, 2, 3, 4, 5]))
    assert (weights.tolist(), kind) == ([1, 2, 3, 4, 5], "weight")


def test_a_service_counts_by_its_caseload_whatever_part_of_it_is_judged():
    """All of one service of eight and all of one of two sufficient or not: eight of ten."""
    table = made("aabb", planning=[True, True, False, False]).assign(caseload=[8, 8, 2, 2])
    row = of(table).query("standard == 'planning'").squeeze()
    assert (row["estimate"], row["unweighted"], row["sum_of_weights"]) == (0.8, 0.5, 10)
    # A service with a blank row has as many cases in the list as before, so the others are not made to stand for it.
    blank = made("aabb", planning=[True, None, False, False]).assign(caseload=[8, 8, 2, 2])
    row = of(blank).query("standard == 'planning'").squeeze()
    assert row["estimate"] == pytest.approx(4 / 6) and row["cases"] == 3


def test_the_variance_by_hand():
    """Weights 3, 1 and 2, 2 in two services, of them the first of each yes: p = 5/8."""
    row = domain([True, False, True, False], [3, 1, 2, 2], "aabb")
    off = (3 * 3 / 8 - 5 / 8) ** 2 + (2 * 3 / 8 - 2 * 5 / 8) ** 2
    assert row["estimate"] == 0.625
    assert row["se"] == pytest.approx(np.sqrt(2 * off / 64))
    assert row["weighting_effect"] == pytest.approx(4 * 18 / 64)
    assert row["deff"] == pytest.approx(2 * off / 64 / (0.625 * 0.375 / 4))
    assert row["unweighted"] == 0.5 and row["df"] == 1


# --- properties

answered = st.tuples(st.sampled_from("abcdef"), st.sampled_from([True, False, None]), st.sampled_from([0.5, 1, 1.5, 7]))
lists = st.lists(answered, min_size=1, max_size=50)


def columns_of(rows):
    services, yes, weights = zip(*rows, strict=True)
    return list(yes), list(weights), list(services)


@repeatable
@given(lists, st.sampled_from([0.8, 0.95]), st.sampled_from([1.0, 2.0**-30, 3.0, 1e6]))
def test_equal_weights_give_the_share_without_weights(rows, confidence, weight):
    yes, _, services = columns_of(rows)
    codes, names = pd.factorize(np.array(services))
    plain = shares.of_domain(pd.Series(pd.array(yes, dtype="boolean")), codes, len(names), confidence)
    row = domain(yes, [weight] * len(yes), services, confidence)
    assert row["cases"] == plain["base"] and row["df"] == plain["df"]
    for name in ["estimate", "se", "deff", *LIMITS]:
        # One weight is exactly no weight; others lose a last digit.
        close = {"rel": 1e-12, "abs": 0} if weight in (1.0, 2.0**-30) else {"rel": 1e-7, "abs": 1e-12}
        assert row[name] == pytest.approx(plain[name], nan_ok=True, **close), name
    assert row["unweighted"] == pytest.approx(row["estimate"], nan_ok=True)
    assert row["weighting_effect"] == pytest.approx(1 if plain["base"] else np.nan, nan_ok=True)


@repeatable
@given(lists, st.floats(1e-9, 1e9), st.randoms())
def test_scale_of_weights_and_order_of_cases_make_no_difference_and_limits_hold_the_share(rows, scale, random):
    yes, weights, services = columns_of(rows)
    row = domain(yes, weights, services)
    random.shuffle(rows)
    yes, weights, services = columns_of(rows)
    other = domain(yes, np.array(weights) * scale, services)
    assert other.pop("sum_of_weights") == pytest.approx(row.pop("sum_of_weights") * scale, rel=1e-9)
    assert other == pytest.approx(row, rel=1e-6, abs=1e-10, nan_ok=True)
    if not np.isnan(row["lower"]):
        assert 0 <= row["lower"] <= row["estimate"] + 1e-12 and row["estimate"] - 1e-12 <= row["upper"] <= 1
        assert row["weighting_effect"] >= 1 - 1e-12


@repeatable
@given(lists)
def test_a_case_of_weight_two_is_two_cases_of_weight_one_in_the_same_service(rows):
    yes, _, services = columns_of(rows)
    twice = domain(yes * 2, [1] * (2 * len(yes)), services * 2)
    heavy = domain(yes, [2] * len(yes), services)
    for name in ["estimate", "se", "df"]:
        assert heavy[name] == pytest.approx(twice[name], rel=1e-9, abs=1e-12, nan_ok=True)


def test_weights_of_one_give_the_rows_of_the_list_without_weights(synthetic):
    table = synthetic["caseload"].drop(columns="caseload")
    plain = (
        shares.of_cases(table, 0.95, BANDS)
        .query("share == 'sufficient'")
        .rename(columns={"care_group": "group", "base": "cases"})
    )
    found = of(table.assign(weight=1.0))
    both = found.merge(plain, on=KEYS, suffixes=("", "_plain"), validate="one_to_one")
    assert len(both) == len(found) == len(plain) == 48
    for name in ["cases", "df", "rating", "from_question"]:
        assert (both[name] == both[f"{name}_plain"]).all(), name
    for name in ["estimate", "se", "deff", *LIMITS]:
        assert both[name].to_numpy() == pytest.approx(both[f"{name}_plain"].to_numpy(), rel=1e-10), name
    assert both["unweighted"].tolist() == pytest.approx(both["estimate_plain"].tolist())


# --- groups, ties and what cannot be estimated


def test_groups_of_another_column_stand_in_their_order_and_blank_ones_have_no_row():
    table = made("abababab", weight=[1, 2] * 4).assign(
        region=pd.Categorical(["w", "e", None, "(blank)"] * 2, ["w", "n", "e", "(blank)"])
    )
    found = of(table, "region")
    assert found.loc[found["standard"] == "planning", "group"].tolist() == ["w", "e"]
    # Services without a case of the group still count: of two services w has cases in one, so there is no error.
    assert (found["df"] == 0).all() and found["se"].isna().all()
    assert (found["weights"] == "weight").all() and (found["level"] == 0.95).all()


def test_a_column_of_blanks_alone_has_no_row():
    found = of(made("abab", weight=[1, 2, 1, 2]).assign(region=pd.Categorical([None] * 4, ["w"])), "region")
    assert found.empty and list(found.columns) == weighted_shares.COLUMNS


def test_standards_alone_have_their_own_row_and_no_other():
    found = of(made("aabb", weight=[1, 2, 3, 4]))
    assert found[KEYS].apply(tuple, axis=1).tolist() == [(standard, LOWEST, "not_in_care") for standard in STANDARDS]
    assert (found["from_question"] == "").all()


def test_the_lowest_is_by_the_weighted_share_the_first_of_equal_ones_and_none_that_applies_to_nobody():
    answers = {
        # One of four by cases, and most of the weight.
        "planning_desistance": [True, False, False, False],
        "planning_child_safety": [False, True, True, True],
        "planning_others_safety": [None] * 4,
    }
    found = of(made("aabb", weight=[9, 1, 1, 1], questions=True, **answers))
    planning = found[found["standard"] == "planning"].set_index("question")
    assert planning.loc[LOWEST, "from_question"] == "child_safety"
    assert planning.loc[LOWEST, ["estimate", "unweighted"]].tolist() == [0.25, 0.75]
    assert planning.loc["others_safety", ["cases", "sum_of_weights"]].tolist() == [0, 0]
    assert planning.loc["others_safety", ["estimate", "lower", "rating"]].isna().all()
    assert found[(found["standard"] == "delivery") & (found["question"] == LOWEST)]["from_question"].tolist() == ["desistance"]


@pytest.mark.parametrize("sufficient", [True, False])
@pytest.mark.parametrize("weights", [[1] * 6, [0.1, 0.7, 0.3, 3, 1 / 3, 1e5]])
def test_nobody_or_everybody_has_no_error_and_a_limit_that_says_so(sufficient, weights):
    row = domain([sufficient] * 6, weights, "aabbcc")
    plain = shares.of_domain(pd.Series([sufficient] * 6, dtype="boolean"), np.repeat([0, 1, 2], 2), 3, 0.95)
    assert (row["estimate"], row["se"]) == (float(sufficient), 0)
    assert (row["upper"] == 1 and 0 < row["lower"] < 1) if sufficient else (row["lower"] == 0 and 0 < row["upper"] < 1)
    if weights == [1] * 6:
        assert [row[name] for name in LIMITS] == [plain[name] for name in LIMITS]
    else:
        # One case has nearly all the weight: six cases say no more than one and a bit.
        assert row["deff"] == row["weighting_effect"] > 5
        assert [row[name] for name in LIMITS] == list(intervals.clustered(row["estimate"], 6, row["deff"], 2, 0.95))
        assert row["upper"] - row["lower"] > plain["upper"] - plain["lower"]


def test_services_of_one_share_have_no_error_whatever_the_last_digits_of_their_weights():
    """A third in each: what binary fractions leave of nothing is no variance."""
    row = domain([True, False, True, False, True, False], [0.1, 0.2, 0.3, 0.6, 1 / 7, 2 / 7], "aabbcc")
    assert row["estimate"] == pytest.approx(1 / 3) and row["se"] == 0
    assert row["lower"] < 1 / 3 < row["upper"]


def test_one_service_and_no_case_have_no_error():
    one = domain([True, False, None], [1, 3, 5], "aab")
    assert (one["estimate"], one["cases"], one["sum_of_weights"], one["df"]) == (0.25, 2, 4, 0)
    assert np.isnan([one[name] for name in ["se", "deff", *LIMITS]]).all()
    none = domain([None, None], [1, 3], "ab")
    assert (none["cases"], none["df"], none["sum_of_weights"]) == (0, -1, 0)
    assert np.isnan([none[name] for name in ["estimate", "unweighted", "weighting_effect", "se", *LIMITS]]).all()


@pytest.mark.parametrize(
    ("weights", "per_cent"),
    # 64.5% is 65, Good, also where the sum of the weights loses a digit; just below it is not.
    [
        ([0.645, 0.355], "Good"),
        ([0.0645, 0.0355], "Good"),
        ([0.64499, 0.35501], "Requires improvement"),
        ([3 * 0.215, 0.355], "Good"),
    ],
)
def test_a_tie_is_rounded_half_up(weights, per_cent):
    row = of(made("ab", weight=weights, planning=[True, False])).query("standard == 'planning'").squeeze()
    assert row["rating"] == per_cent
