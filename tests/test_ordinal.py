import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats
from statsmodels.miscmodels.ordinal_model import OrderedModel

from helpers import cases, ordinal
from helpers.datapackage import resource_path
from helpers.errors import InputError
from helpers.ratings import CARE_GROUPS, QUESTIONS, STANDARDS, pairs
from tests import known

ANSWERS = known.read("ordinal")
PAIRS = pairs(CARE_GROUPS, "not_in_care", "all_pairs")
NUMBERS = ["estimate", "se", "lower", "upper"]
LIMITS = ["lower", "upper"]


@pytest.fixture(scope="module")
def synthetic():
    return cases.read(resource_path("synthetic-cases"), "cases").table


def made(services, groups, numbers):
    """Inspected cases by standard that meet so many standards; None: not judged."""
    table = pd.DataFrame({"case_id": [str(number) for number in range(len(services))], "yot": pd.Categorical(services)})
    table["care_group"] = pd.Categorical(groups, CARE_GROUPS)
    for place, standard in enumerate(STANDARDS):
        table[standard] = pd.array([None if number is None else number > place for number in numbers], dtype="boolean")
    return table


def row_of(table, measure, compared=("in_care_inside", "not_in_care")):
    return ordinal.table(table, "care_group", [compared], 0.95).set_index("measure").loc[measure]


# --- standards met


def test_a_standard_is_met_when_every_question_that_applies_is_sufficient():
    answers = {
        "desistance": [True, True, None, False, None],
        "child_safety": [True, None, None, True, False],
        "others_safety": [True, True, None, None, None],
    }
    table = pd.DataFrame({f"planning_{name}": pd.array(values, dtype="boolean") for name, values in answers.items()})
    table["planning_desistance_second"] = pd.array([False] * 5, dtype="boolean")
    assert ordinal.standard_met(table, "planning").tolist() == [True, True, pd.NA, False, False]
    assert ordinal.columns_of(table) == {
        "assessment": [],
        "planning": [f"planning_{question}" for question in QUESTIONS],
        "delivery": [],
        "reviewing": [],
    }


def test_numbers_of_standards_met():
    met = ordinal.standards_met(made(list("aaaa"), ["not_in_care"] * 4, [0, 4, 2, None]))
    assert met.dtype == "Int64" and met.tolist() == [0, 4, 2, pd.NA]
    table = made(list("aa"), ["not_in_care"] * 2, [4, 4])
    table["delivery"] = pd.array([None, False], dtype="boolean")
    assert ordinal.standards_met(table).tolist() == [pd.NA, 3]
    assert ordinal.standards_met(table.drop(columns="delivery")).isna().all()


# --- known answers


@pytest.mark.parametrize("name", ANSWERS["data"].unique())
@pytest.mark.parametrize("level", ANSWERS["level"].unique())
def test_comparisons_are_those_of_r(synthetic, name, level):
    table = synthetic
    if name != "all":
        table = table[table["yot"].isin([f"Synthetic service {number:02d}" for number in range(1, 9)])]
    found = ordinal.table(table, "care_group", PAIRS, level).set_index(["group", "reference", "measure"])
    answers = ANSWERS[(ANSWERS["data"] == name) & (ANSWERS["level"] == level)]
    assert len(answers) == len(found) == 6
    for answer in answers.to_dict("records"):
        row = found.loc[(answer["group"], answer["reference"], answer["measure"])]
        counted = ["cases", "reference_cases", "median", "reference_median", "df"]
        assert row[counted].tolist() == [answer[column] for column in counted]
        assert row["note"] == "" and row["level"] == level
        for column in NUMBERS:
            assert row[column] == pytest.approx(answer[column], rel=known.TOLERANCE), (answer, column)
        if answer["measure"] == "proportional_odds":
            assert np.log(row["estimate"]) == pytest.approx(answer["polr"], abs=1e-6)


def test_estimates_are_those_of_scipy_and_statsmodels(synthetic):
    met = ordinal.standards_met(synthetic)
    found = ordinal.table(synthetic, "care_group", PAIRS, 0.95).set_index(["group", "reference", "measure"])["estimate"]
    for group, reference in PAIRS:
        x, y = (met[synthetic["care_group"] == name].to_numpy(dtype=int) for name in (group, reference))
        u = stats.mannwhitneyu(x, y).statistic / (len(x) * len(y))
        assert found[group, reference, "relative_effect"] == pytest.approx(u, rel=1e-12)
    # A numerical second derivative of all cases takes seconds.
    few = synthetic["yot"].isin(synthetic["yot"].cat.categories[:7])
    synthetic, met = synthetic[few], met[few]
    found = ordinal.table(synthetic, "care_group", PAIRS, 0.95).set_index(["group", "reference", "measure"])["estimate"]
    dummies = pd.DataFrame({name: (synthetic["care_group"] == name).astype(float) for name in CARE_GROUPS[1:]})
    fit = OrderedModel(met.astype(int), dummies, distr="logit").fit(method="bfgs", gtol=1e-8, disp=False, skip_hessian=True)
    for name in CARE_GROUPS[1:]:
        assert np.log(found[name, "not_in_care", "proportional_odds"]) == pytest.approx(fit.params[name], abs=1e-6)


# --- properties

GROUPED = st.lists(
    st.tuples(st.sampled_from("abcde"), st.sampled_from(CARE_GROUPS), st.sampled_from([0, 1, 2, 3, 4, None])),
    min_size=1,
    max_size=40,
)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(GROUPED)
def test_any_list_has_limits_or_a_reason(rows):
    services, groups, numbers = map(list, zip(*rows, strict=True))
    found = ordinal.table(made(services, groups, numbers), "care_group", PAIRS, 0.9)
    assert len(found) == 6 and list(found.columns) == ordinal.COLUMNS
    for row in found.to_dict("records"):
        assert (row["note"] == "") == (not np.isnan(row["lower"])) == (not np.isnan(row["upper"]))
        if not row["note"]:
            assert row["lower"] < row["estimate"] < row["upper"] and row["se"] > 0
        if row["measure"] == "relative_effect" and not np.isnan(row["estimate"]):
            assert 0 <= row["estimate"] <= 1


@settings(deadline=None, derandomize=True, max_examples=12)
@given(GROUPED)
def test_turned_round_the_effect_is_its_complement_and_the_odds_their_reciprocal(rows):
    services, groups, numbers = map(list, zip(*rows, strict=True))
    table = made(services, groups, numbers)
    one, other = ("in_care_inside", "not_in_care"), ("not_in_care", "in_care_inside")
    effect, turned = row_of(table, "relative_effect", one), row_of(table, "relative_effect", other)
    assert effect["estimate"] == pytest.approx(1 - turned["estimate"], nan_ok=True, abs=1e-12)
    assert effect["se"] == pytest.approx(turned["se"], nan_ok=True, abs=1e-12)
    odds, turned = row_of(table, "proportional_odds", one), row_of(table, "proportional_odds", other)
    assert odds["estimate"] == pytest.approx(1 / turned["estimate"], nan_ok=True, rel=1e-7)
    assert odds["lower"] == pytest.approx(1 / turned["upper"], nan_ok=True, rel=1e-6)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.lists(st.lists(st.integers(0, 6), min_size=4, max_size=4), min_size=2, max_size=3))
def test_the_fit_has_no_slope_or_there_is_none(counts):
    """Where a fit is given no table nearby is likelier; where none is given the likelihood rises without end."""
    table = np.array(counts)
    beta = ordinal.log_odds(table[None])[0]
    groups, levels = ordinal._that_can_be_fitted(table > 0)
    assert np.isnan(beta).sum() == len(table) - len(groups)
    if len(groups) > 1:
        kept = table[np.ix_(groups, levels)].astype(float)
        # Thresholds that fit best for these betas, then no step of a beta helps.
        for step in (-1e-3, 1e-3):
            moved = beta[groups] - beta[groups[0]]
            moved[-1] += step
            assert _profile(kept, moved) <= _profile(kept, beta[groups] - beta[groups[0]]) + 1e-9


def _profile(table, beta):
    """Log likelihood with the best thresholds for these betas."""

    def minus(values):
        zeta = np.cumsum(np.concatenate([values[:1], np.exp(values[1:])]))
        below = special.expit(zeta - beta[:, None])
        chance = np.diff(np.column_stack([np.zeros(len(beta)), below, np.ones(len(beta))]), axis=1)
        return -(table * np.log(np.maximum(chance, 1e-300))).sum()

    share = np.cumsum(table.sum(axis=0))[:-1] / table.sum()
    zeta = special.logit(share)
    start = np.concatenate([zeta[:1], np.log(np.maximum(np.diff(zeta), 1e-3))])
    return -optimize.minimize(minus, start, method="BFGS", options={"gtol": 1e-9}).fun


def test_a_group_at_the_top_alone_is_infinite_and_the_others_are_fitted_without_it():
    table = np.array([[5, 4, 3], [2, 4, 6], [0, 0, 7]])
    with_it, without = ordinal.log_odds(table[None])[0], ordinal.log_odds(table[None, :2])[0]
    assert np.isnan(with_it[2]) and with_it[1] == pytest.approx(without[1])


@pytest.mark.parametrize(
    "table",
    [
        [[3, 4, 0], [0, 5, 2]],
        [[3, 4, 0, 0], [0, 5, 2, 0], [0, 0, 3, 3]],
        [[3, 0, 0], [0, 0, 2]],
        [[3, 4, 0, 0], [0, 0, 5, 2]],
        [[0, 4, 0], [0, 5, 0]],
    ],
)
def test_groups_that_share_no_threshold_are_infinitely_far_apart(table):
    assert np.isnan(ordinal.log_odds(np.array([table]))).all()


@pytest.mark.parametrize("table", [[[3, 4, 1], [0, 5, 0]], [[3, 4, 0], [1, 5, 2]], [[1, 0, 1], [0, 3, 0]]])
def test_groups_that_are_held_together_have_a_finite_distance(table):
    found = ordinal.log_odds(np.array([table]))[0]
    assert np.isfinite(found).all() and abs(found[1]) < 5


def test_two_groups_and_two_levels_give_the_odds_ratio():
    """By hand: (6 / 2) / (3 / 5)."""
    found = ordinal.log_odds(np.array([[[5, 3], [2, 6]]]))[0]
    assert np.exp(found[1] - found[0]) == pytest.approx(5)


def test_a_level_that_no_case_has_makes_no_difference():
    table = np.array([[5, 4, 3], [2, 4, 6]])
    padded = np.insert(np.insert(table, 1, 0, axis=1), 4, 0, axis=1)
    assert ordinal.log_odds(padded[None])[0] == pytest.approx(ordinal.log_odds(table[None])[0])


def test_many_fits_at_once_are_those_one_by_one():
    tables = np.random.default_rng(3).integers(0, 9, (50, 3, 5))
    assert ordinal.log_odds(tables) == pytest.approx(
        np.concatenate([ordinal.log_odds(table[None]) for table in tables]), nan_ok=True, abs=1e-10
    )


def test_the_jackknife_by_hand():
    """Three services; without each in turn theta is 0.5, 0.75 and 1: mean 0.75, squares 0.125, times 2/3."""
    assert ordinal._jackknife(np.array([0.5, 0.75, 1])) == pytest.approx(np.sqrt(2 / 3 * 0.125))


def test_services_without_a_case_of_the_pair_count_in_its_error_but_not_its_degrees_of_freedom():
    table = made(
        [*list("aabbccdd"), "e"],
        ["in_care_inside", "not_in_care"] * 4 + ["in_care_outside"],
        [1, 2, 3, 1, 2, 2, 0, 4, 1],
    )
    with_e, without = row_of(table, "relative_effect"), row_of(table[table["yot"] != "e"], "relative_effect")
    assert with_e["df"] == without["df"] == 3
    cells = ordinal.counts(ordinal.standards_met(table), table["care_group"], ["in_care_inside", "not_in_care"], table["yot"])
    assert with_e["se"] == pytest.approx(ordinal._jackknife(ordinal._theta(cells.sum(axis=0) - cells)))
    assert len(cells) == 5


# --- boundaries


@pytest.mark.parametrize("measure", ["relative_effect", "proportional_odds"])
@pytest.mark.parametrize(
    ("services", "groups", "numbers", "estimate", "words"),
    [
        ("abab", "nnnn", [0, 1, 2, 3], None, "no case"),
        ("abab", "inin", [None, 1, None, 3], None, "no case"),
        ("aaaa", "inin", [0, 1, 2, 3], True, "service"),
        ("aabc", "iinn", [0, 3, 2, 3], True, "service"),
        ("abab", "iinn", [3, 4, 0, 1], "infinite", "overlap"),
        ("abab", "iinn", [2, 2, 2, 2], "alike", ""),
        ("ababab", "iiinnn", [4, 4, 4, 1, 4, 2], "infinite", ""),
    ],
)
def test_what_bears_no_comparison_has_a_reason(measure, services, groups, numbers, estimate, words):
    names = {"i": "in_care_inside", "n": "not_in_care"}
    row = row_of(made(list(services), [names[letter] for letter in groups], numbers), measure)
    odds = measure == "proportional_odds"
    known_ = estimate is True or (estimate is not None and not odds)
    assert np.isnan(row["estimate"]) != known_
    if row["note"]:
        assert row[LIMITS].isna().all()
    assert words in row["note"] and (row["note"] or not odds)


def test_a_group_that_nobody_has_is_a_row():
    table = made(list("abab"), ["not_in_care"] * 4, [0, 1, 2, 3])
    found = ordinal.table(table, "care_group", [("in_care_inside", "in_care_outside")], 0.95)
    assert found["cases"].tolist() == [0, 0] and found["median"].isna().all() and (found["note"] != "").all()


def test_few_services_for_many_groups_have_an_error_and_no_limits():
    table = made(list("aaabbb") * 3, [*CARE_GROUPS] * 6, [0, 2, 1, 3, 1, 2, 4, 0, 3, 1, 2, 2, 0, 3, 1, 1, 4, 2])
    row = row_of(table, "proportional_odds")
    assert row["df"] == -1 and row["se"] > 0 and row[LIMITS].isna().all() and "too few services" in row["note"]


def test_blank_groups_are_left_out_and_other_columns_serve():
    table = made(list("abcabc") * 2, ["not_in_care"] * 12, [0, 1, 2, 3, 4, 2, 1, 1, 3, 0, 4, 2])
    table["region"] = pd.Categorical(["east", "west", None] * 4)
    found = ordinal.table(table, "region", [("west", "east")], 0.9)
    assert found[["cases", "reference_cases"]].to_numpy().tolist() == [[4, 4]] * 2


def test_bad_input_is_refused():
    table = made(list("ab"), ["not_in_care"] * 2, [1, 2])
    with pytest.raises(InputError, match="care_group"):
        ordinal.table(table, "caregroup", PAIRS, 0.95)
    with pytest.raises(InputError, match="confidence"):
        ordinal.table(table, "care_group", PAIRS, 1.0)
