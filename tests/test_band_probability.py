import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import band_probability as bp
from helpers import cases, published
from helpers.datapackage import resource_path
from helpers.errors import InputError
from helpers.ratings import CARE_GROUPS, STANDARDS, rating_of
from helpers.rounding import whole_per_cent
from helpers.shares import of_cases
from tests import known

ANSWERS = known.read("band_probability").fillna({"standard": "", "group": "", "rating": ""})
BANDS = published.rating_bands()
CHANCES = ["p_inadequate", "p_requires_improvement", "p_good", "p_outstanding"]
FOUR = [f"Synthetic service {number:02d}" for number in (2, 7, 11, 31)]


def of_r(quantity):
    rows = ANSWERS[ANSWERS["quantity"] == quantity]
    assert len(rows)
    return rows.to_dict("records")


@pytest.fixture(scope="module")
def synthetic():
    return cases.read(resource_path("synthetic-cases"), "cases").table


def made(services, groups=None, **columns):
    """Inspected cases by standard; a standard that is not given is judged sufficient throughout."""
    n = len(services)
    table = pd.DataFrame({"case_id": [str(number) for number in range(n)], "yot": pd.Categorical(services)})
    table["care_group"] = pd.Categorical(groups or ["not_in_care"] * n, CARE_GROUPS)
    for standard in STANDARDS:
        table[standard] = pd.array(columns.get(standard, [True] * n), dtype="boolean")
    return table


# --- population and another inspection


@pytest.mark.parametrize("function", [bp.population, bp.reinspection])
def test_probabilities_are_those_of_r(function):
    answers = of_r(function.__name__)
    assert len(answers) == 36
    for row in answers:
        found = function(int(row["count"]), int(row["n"]), row["deff"], BANDS)
        assert found[row["rating"]] == pytest.approx(row["value"], abs=1e-10), row


def test_the_boundaries_lie_half_a_point_below_the_bands():
    exact = bp.population(129 * 10**6, 200 * 10**6, 1, BANDS)
    assert exact["Good"] == pytest.approx(0.5, abs=0.01) and exact["Good"] + exact["Requires improvement"] == pytest.approx(1)


def test_services_alike_by_chance_make_no_sample_larger():
    assert bp.population(124, 206, 0.5, BANDS) == bp.population(124, 206, 1, BANDS)
    assert bp.reinspection(124, 206, 0.5, BANDS) == bp.reinspection(124, 206, 1, BANDS)


def test_another_inspection_is_what_simulation_gives():
    """The share, then a share of each service, then its cases: variance deff p (1 - p) / n."""
    count, n, deff, draws = 124, 206, 1.8, 400_000
    rng, effective = np.random.default_rng(1), n / deff
    share = rng.beta(effective * count / n + 0.5, effective * (n - count) / n + 0.5, draws)
    rest = (n - 1) / (deff - 1) - 1
    again = rng.binomial(n, rng.beta(share * rest, (1 - share) * rest))
    rated = np.array([rating_of(whole_per_cent(k, n), BANDS) for k in range(n + 1)])[again]
    for rating, chance in bp.reinspection(count, n, deff, BANDS).items():
        assert (rated == rating).mean() == pytest.approx(chance, abs=5 * math.sqrt(chance * (1 - chance) / draws) + 1e-6)


def test_another_inspection_of_cases_that_are_all_alike_is_all_or_nothing():
    found = bp.reinspection(6, 10, 10.0, BANDS)
    assert found["Inadequate"] + found["Outstanding"] == pytest.approx(1, abs=1e-6)
    assert found["Outstanding"] == pytest.approx(1.1 / 2, abs=1e-6)


def test_many_cases_leave_nothing_out():
    found = bp.reinspection(193_500, 300_000, 40.0, BANDS)
    assert sum(found.values()) == pytest.approx(1, abs=1e-9)
    assert found["Good"] == pytest.approx(0.5, abs=0.01)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.integers(1, 400), st.floats(0, 1), st.floats(0.1, 30))
def test_probabilities_add_up_and_another_inspection_is_the_less_sure(n, part, deff):
    count = round(part * n)
    one, again = (function(count, n, deff, BANDS) for function in (bp.population, bp.reinspection))
    for found in (one, again):
        assert sum(found.values()) == pytest.approx(1, abs=1e-9)
        assert all(-1e-12 <= chance <= 1 + 1e-9 for chance in found.values())
    if n > 50 and max(one.values()) > 0.9:
        assert max(again.values()) <= max(one.values()) + 0.05


@pytest.mark.parametrize("given_", [(1, 0, 1), (-1, 5, 1), (6, 5, 1), (1.5, 5, 1), (1, 5, 0), (1, 5, math.nan), (1, 5, math.inf)])
@pytest.mark.parametrize("function", [bp.population, bp.reinspection])
def test_what_is_no_sample_is_refused(function, given_):
    with pytest.raises(InputError):
        function(*given_, BANDS)


@pytest.mark.parametrize("n", [1, 3, 7, 200, 927])
def test_least_counts_are_where_the_printed_per_cent_changes_band(n):
    rated = [rating_of(whole_per_cent(k, n), BANDS) for k in range(n + 1)]
    least = bp.least_counts(n, BANDS)
    place = {rating: number for number, rating in enumerate(BANDS["rating"])}
    assert [(least <= k).sum() - 1 for k in range(n + 1)] == [place[rating] for rating in rated]


# --- resamples of services


def every_resample(services):
    drawn = np.array(list(product(range(services), repeat=services)))
    return [np.stack([(drawn == service).sum(axis=1) for service in range(services)], axis=1)]


def test_all_resamples_of_four_services_are_those_of_r(synthetic):
    counts = bp.count_matrices(synthetic[synthetic["yot"].isin(FOUR)], "care_group")
    found = bp.of_resamples(counts, BANDS, every_resample(4))
    rows = found.rows.set_index(["standard", "group"])
    assert (found.rated, found.replicates) == (12, 256) and (rows["empty"] > 0).any()
    for answer in of_r("resamples"):
        column = CHANCES[BANDS["rating"].tolist().index(answer["rating"])]
        assert rows.loc[(answer["standard"], answer["group"]), column] == pytest.approx(answer["value"], abs=1e-14)
    for quantity in ("empty", "lowest", "mean_lowest", "bias_of_lowest"):
        for answer in of_r(quantity):
            assert rows.loc[(answer["standard"], answer["group"]), quantity] == pytest.approx(answer["value"], abs=1e-13), answer
    assert found.joint == of_r("joint")[0]["value"]


def test_random_resamples_are_near_all_of_them(synthetic):
    counts = bp.count_matrices(synthetic[synthetic["yot"].isin(FOUR)], "care_group")
    exact, drawn = bp.of_resamples(counts, BANDS, every_resample(4)), bp.cluster_bootstrap(counts, BANDS, 40_000, 7)
    for column in [*CHANCES, "empty"]:
        p = exact.rows[column]
        assert ((drawn.rows[column] - p).abs() <= 4.5 * np.sqrt(p * (1 - p) / 40_000)).all(), column
    assert drawn.joint == pytest.approx(exact.joint, abs=4.5 * math.sqrt(exact.joint * (1 - exact.joint) / 40_000))
    gap = (drawn.rows["bias_of_lowest"] - exact.rows["bias_of_lowest"]).abs()
    assert (gap <= 5 * drawn.rows["monte_carlo_error"] + 1e-3).all()


def test_the_services_of_a_resample_are_as_many_as_there_are_and_equally_likely():
    (weights,) = bp._resamples(5, 4_000, 3, 1)
    assert weights.shape == (4_000, 5) and (weights.sum(axis=1) == 5).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(5), abs=0.06)
    assert weights.var(axis=0) == pytest.approx(np.full(5, 0.8), abs=0.08)


def test_parts_of_the_work_make_no_difference(synthetic, monkeypatch):
    counts = bp.count_matrices(synthetic, "care_group")
    whole = bp.cluster_bootstrap(counts, BANDS, 300, 5)
    monkeypatch.setattr(bp, "_NUMBERS_AT_ONCE", 42 * 7)
    parts = bp.cluster_bootstrap(counts, BANDS, 300, 5)
    pd.testing.assert_frame_equal(whole.rows, parts.rows, rtol=1e-12)
    assert whole.joint == parts.joint
    assert bp.cluster_bootstrap(counts, BANDS, 300, 6).joint != whole.joint


def test_matrices_hold_the_shares_of_all_cases(synthetic):
    counts = bp.count_matrices(synthetic, "care_group")
    shares = of_cases(synthetic, 0.95, BANDS).set_index(["standard", "question", "care_group"])
    assert counts.yes.shape == (42, 36)
    for place, cell in counts.cells.iterrows():
        row = shares.loc[(cell["standard"], cell["question"], cell["group"])]
        assert (counts.yes[:, place].sum(), counts.judged[:, place].sum()) == (row["count"], row["base"])


def test_the_table_starts_from_the_ratings_and_design_effects_of_the_shares(synthetic):
    found = bp.table(synthetic, "care_group", BANDS, 200, 1)
    lowest = of_cases(synthetic, 0.95, BANDS).query("question == 'lowest'").set_index(["standard", "care_group"])
    assert len(found) == 48 and set(found["question"]) == {"lowest"}
    for row in found.to_dict("records"):
        share = lowest.loc[(row["standard"], row["group"])]
        assert (row["sufficient"], row["cases"], row["rating"]) == (share["count"], share["base"], share["rating"])
        assert row["from_question"] == share["from_question"] and row["note"] == ""
        assert sum(row[name] for name in CHANCES) + (
            row["empty"] if row["method"] == "cluster_bootstrap" else 0
        ) == pytest.approx(1)
        if row["method"] in ("population", "reinspection"):
            assert row["deff"] == pytest.approx(share["deff"], rel=1e-12)
            assert row["n_effective"] == pytest.approx(min(1, 1 / share["deff"]) * share["base"])
    by_method = found.set_index(["method", "standard", "group"])[CHANCES].max(axis=1)
    assert (by_method["reinspection"] < by_method["population"]).all()
    assert (by_method["population"] <= by_method["population_ignoring_services"] + 1e-12).mean() > 0.8
    error = found.loc[found["method"] == "cluster_bootstrap", "monte_carlo_error"]
    assert error.between(0, math.sqrt(0.25 / 200)).all()
    assert set(found["replicates"].dropna()) == {200}


def test_joint_and_bias_are_those_of_the_bootstrap(synthetic):
    found = bp.cluster_bootstrap(bp.count_matrices(synthetic, "care_group"), BANDS, 500, 9)
    row = bp.joint(synthetic, "care_group", BANDS, 500, 9).squeeze()
    assert (row["ratings"], row["left_out"], row["probability"]) == (12, 0, found.joint)
    assert row["monte_carlo_error"] == pytest.approx(math.sqrt(found.joint * (1 - found.joint) / 500))
    # All twelve at once are less sure than the least sure of them.
    own = [found.rows.loc[place, f"p_{row.rating.lower().replace(' ', '_')}"] for place, row in found.rows.iterrows()]
    assert found.joint <= min(own)
    bias = bp.lowest_bias(synthetic, "care_group", BANDS, 500, 9)
    assert (bias["bias_of_lowest"] <= 0).all() and (bias["bias_of_lowest"] < -0.005).any()
    assert bias["mean_lowest"].tolist() == found.rows["mean_lowest"].tolist()


def test_one_question_has_no_bias():
    table = made(list("aabbccdd"), planning=[True, False, True, True, None, False, True, False])
    bias = bp.lowest_bias(table, "care_group", BANDS, 300, 1)
    assert bias["bias_of_lowest"].abs().max() < 1e-12 and set(bias["from_question"]) == {"lowest"}


def test_the_lowest_is_told_by_exact_fractions():
    """Of 2/3 and 2,000,000,001 / 3,000,000,001 the first is lower, by less than 1e-9; equal ones give the first."""
    k, n = np.array([[2_000_000_001], [2], [4]]), np.array([[3_000_000_001], [3], [6]])
    assert [int(part[0]) for part in bp._lowest(k, n)] == [1, 2, 3]
    assert [int(part[0]) for part in bp._lowest(k[::-1] * 0, n * 0)] == [0, 0, 0]


def test_a_resample_at_a_boundary_rounds_up():
    """129 of 200 is 64.5%, which is printed as 65%."""
    cells = pd.DataFrame({"standard": ["planning"], "group": ["x"], "question": ["lowest"]})
    counts = bp.Counts(cells, np.array([[65], [64]]), np.array([[100], [100]]))
    rows = bp.of_resamples(counts, BANDS, [np.array([[1, 1], [0, 2]])]).rows.squeeze()
    assert (rows["rating"], rows["p_good"], rows["p_requires_improvement"]) == ("Good", 0.5, 0.5)


def test_a_question_that_does_not_apply_is_not_0():
    counts = bp.Counts(
        pd.DataFrame({"standard": "planning", "group": "x", "question": ["desistance", "child_safety"]}),
        np.array([[8, 0], [3, 1]]),
        np.array([[10, 0], [5, 1]]),
    )
    found = bp.of_resamples(counts, BANDS, [np.array([[2, 0], [1, 1], [0, 2]])]).rows.squeeze()
    # 16/20 alone, min(11/15, 1/1), min(6/10, 2/2).
    assert (found["p_outstanding"], found["p_good"], found["p_requires_improvement"]) == pytest.approx((1 / 3,) * 3)
    assert found["mean_lowest"] == pytest.approx((0.8 + 11 / 15 + 0.6) / 3)


def test_a_group_in_one_service_has_a_reason_and_no_bootstrap():
    table = made(list("aabbcc"), ["in_care_inside"] * 2 + ["not_in_care"] * 4, planning=[True, False] * 3)
    found = bp.table(table, "care_group", BANDS, 50, 1).set_index(["standard", "group", "method"])
    for method in ("population", "cluster_bootstrap", "reinspection"):
        row = found.loc[("planning", "in_care_inside", method)]
        assert row[CHANCES].isna().all() and row["note"]
    assert found.loc[("planning", "in_care_inside", "population_ignoring_services"), CHANCES].sum() == pytest.approx(1)
    joint = bp.joint(table, "care_group", BANDS, 50, 1).squeeze()
    assert (joint["ratings"], joint["left_out"]) == (4, 4)
    bias = bp.lowest_bias(table, "care_group", BANDS, 50, 1).set_index(["standard", "group"]).loc[("planning", "in_care_inside")]
    assert bias[["mean_lowest", "bias_of_lowest", "monte_carlo_error"]].isna().all() and "one service" in bias["note"]


def test_one_service_gives_no_joint_probability():
    joint = bp.joint(made(list("aaa")), "care_group", BANDS, 50, 1).squeeze()
    assert math.isnan(joint["probability"]) and math.isnan(joint["monte_carlo_error"]) and joint["note"]


def test_a_standard_that_nobody_judged_has_rows_without_values():
    table = made(list("aabb"), planning=[None] * 4)
    found = bp.table(table, "care_group", BANDS, 50, 1).set_index(["standard", "method"])
    rows = found.loc["planning"]
    assert (rows["cases"] == 0).all() and rows[CHANCES].isna().all(axis=None) and (rows["note"] == "no case judged").all()
    assert rows["rating"].isna().all()
    bias = bp.lowest_bias(table, "care_group", BANDS, 50, 1).set_index("standard").loc["planning"]
    assert math.isnan(bias["bias_of_lowest"]) and bias["note"] == "no case judged"


def test_a_group_that_a_replicate_misses_is_counted():
    """In two services of four: (1/2)^4 of the resamples have neither."""
    table = made(list("aabbccdd"), ["in_care_inside"] * 4 + ["not_in_care"] * 4)
    counts = bp.count_matrices(table, "care_group")
    rows = bp.of_resamples(counts, BANDS, every_resample(4)).rows.set_index(["standard", "group"])
    row = rows.loc[("planning", "in_care_inside")]
    assert (row["empty"], row["p_outstanding"], row["mean_lowest"]) == (1 / 16, 15 / 16, 1)


def test_blank_values_make_no_group_and_a_column_must_be_there():
    table = made(list("aabb"))
    table["region"] = pd.Categorical(["east", None, "west", "east"])
    assert bp.count_matrices(table, "region").cells["group"].unique().tolist() == ["east", "west"]
    with pytest.raises(InputError, match="care_group"):
        bp.count_matrices(table, "care_grup")


@pytest.mark.parametrize(("replicates", "seed"), [(0, 1), (10, -1), (1.5, 1)])
def test_replicates_and_seed_are_whole_numbers(replicates, seed):
    with pytest.raises(InputError):
        bp.table(made(list("aabb")), "care_group", BANDS, replicates, seed)


@settings(deadline=None, derandomize=True, max_examples=10)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from(CARE_GROUPS), st.sampled_from([True, False, None])),
        min_size=1,
        max_size=30,
    )
)
def test_any_list_has_rows_that_add_up(rows):
    services, groups, answers = map(list, zip(*rows, strict=True))
    found = bp.table(made(services, groups, delivery=answers), "care_group", BANDS, 20, 1)
    shown = found[CHANCES].notna().all(axis=1)
    total = found[CHANCES].sum(axis=1) + found["empty"].fillna(0)
    assert total[shown].tolist() == pytest.approx([1.0] * int(shown.sum()), abs=1e-9)
    assert (found.loc[~shown, "note"] != "").all()
    assert found["note"].notna().all()


# --- known shares


def test_samples_of_a_known_share_are_those_of_r():
    for row in of_r("of_share"):
        assert bp.of_share(row["share"], int(row["n"]), BANDS)[row["rating"]] == pytest.approx(row["value"], abs=1e-13), row


def test_cases_needed_are_those_of_r():
    for row in of_r("cases_needed"):
        assert bp.cases_needed(row["share"], row["rating"], row["assurance"], BANDS) == row["value"], row


@pytest.mark.parametrize(("share", "cases_"), [(0.66, 2770), (0.67, 998), (0.68, 508), (0.7, 200), (0.72, 139), (0.75, 260)])
def test_cases_needed_for_good(share, cases_):
    assert bp.cases_needed(share, "Good", 0.95, BANDS) == cases_
    assert bp.cases_needed(share, "Good", 0.95, BANDS, deff=1.5) == math.ceil(1.5 * cases_)


def test_every_larger_number_is_enough_and_the_one_before_is_not():
    needed = bp.cases_needed(0.72, "Good", 0.9, BANDS)
    assert bp.of_share(0.72, needed - 1, BANDS)["Good"] < 0.9
    assert all(bp.of_share(0.72, n, BANDS)["Good"] >= 0.9 for n in range(needed, needed + 400))


@settings(deadline=None, derandomize=True, max_examples=15)
@given(st.floats(0, 1), st.floats(0.05, 0.99))
def test_the_search_finds_what_trying_every_number_finds(share, assurance):
    rating = next(
        row.rating for row in BANDS.itertuples() if share < row.highest_per_cent / 100 + 0.005 or row.highest_per_cent == 100
    )
    cuts = (0.495, 0.645, 0.795)
    if min(abs(share - cut) for cut in cuts) < 0.05:
        return
    needed = bp.cases_needed(share, rating, assurance, BANDS)
    failures = [n for n in range(1, 700) if bp.of_share(share, n, BANDS)[rating] < assurance]
    assert needed == max(failures, default=0) + 1


@pytest.mark.parametrize("share", [0.495, 0.645, 0.5, 0.9, 0.795])
def test_no_number_is_enough_at_a_boundary_or_outside_the_band(share):
    assert bp.cases_needed(share, "Good", 0.95, BANDS) == math.inf


def test_shares_of_0_and_1_are_sure_at_once():
    assert bp.cases_needed(0.0, "Inadequate", 0.99, BANDS) == 1
    assert bp.cases_needed(1.0, "Outstanding", 0.99, BANDS) == 1


@pytest.mark.parametrize(
    ("given_", "named"),
    [
        ((1.2, "Good", 0.95), "share"),
        ((0.7, "Goood", 0.95), "Good"),
        ((0.7, "Good", 1.0), "assurance"),
        ((0.7, "Good", 0.95, 0.5), "deff"),
        ((0.64500001, "Good", 0.95), "boundary"),
    ],
)
def test_cases_needed_refuses(given_, named):
    share, rating, assurance, *deff = given_
    with pytest.raises(InputError, match=named):
        bp.cases_needed(share, rating, assurance, BANDS, *deff)


def test_power_is_that_of_r():
    for row in of_r("power"):
        found = bp.power_two_shares(row["share"], row["other"], int(row["n"]), int(row["n_other"]), row["deff"])
        assert found == pytest.approx(row["value"], abs=1e-12), row


def test_power_at_the_ends():
    assert bp.power_two_shares(0, 1, 20, 20) == 1
    with pytest.raises(InputError):
        bp.power_two_shares(1, 1, 20, 20)
    with pytest.raises(InputError):
        bp.power_two_shares(0.5, 0.6, 20, 0)
