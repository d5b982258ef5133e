import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import band_edges, published
from helpers import band_probability as bp
from helpers import rating_resamples as rr
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


def resampled(table, replicates, seed):
    """The counts of cases by care group, and what resamples of them give."""
    counts = rr.count_matrices(table, "care_group")
    return counts, rr.cluster_bootstrap(counts, BANDS, replicates, seed)


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
    least = band_edges.least_counts(n, BANDS)
    place = {rating: number for number, rating in enumerate(BANDS["rating"])}
    assert [(least <= k).sum() - 1 for k in range(n + 1)] == [place[rating] for rating in rated]


# --- resamples of services


def every_resample(services):
    drawn = np.array(list(product(range(services), repeat=services)))
    return [np.stack([(drawn == service).sum(axis=1) for service in range(services)], axis=1)]


def test_the_table_starts_from_the_ratings_and_design_effects_of_the_shares(synthetic_cases):
    found = bp.table(*resampled(synthetic_cases, 200, 1), BANDS)
    lowest = of_cases(synthetic_cases, 0.95, BANDS).query("question == 'lowest'").set_index(["standard", "care_group"])
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


def test_joint_and_bias_are_those_of_the_bootstrap(synthetic_cases):
    found = rr.cluster_bootstrap(rr.count_matrices(synthetic_cases, "care_group"), BANDS, 500, 9)
    row = bp.joint(resampled(synthetic_cases, 500, 9)[1]).squeeze()
    assert (row["ratings"], row["left_out"], row["probability"]) == (12, 0, found.joint)
    assert row["monte_carlo_error"] == pytest.approx(math.sqrt(found.joint * (1 - found.joint) / 500))
    # All twelve at once are less sure than the least sure of them.
    own = [found.rows.loc[place, f"p_{row.rating.lower().replace(' ', '_')}"] for place, row in found.rows.iterrows()]
    assert found.joint <= min(own)
    bias = bp.lowest_bias(resampled(synthetic_cases, 500, 9)[1])
    assert (bias["bias_of_lowest"] <= 0).all() and (bias["bias_of_lowest"] < -0.005).any()
    assert bias["mean_lowest"].tolist() == found.rows["mean_lowest"].tolist()


def test_one_question_has_no_bias():
    table = made(list("aabbccdd"), planning=[True, False, True, True, None, False, True, False])
    bias = bp.lowest_bias(resampled(table, 300, 1)[1])
    assert bias["bias_of_lowest"].abs().max() < 1e-12 and set(bias["from_question"]) == {"lowest"}


def test_a_group_in_one_service_has_a_reason_and_no_bootstrap():
    table = made(list("aabbcc"), ["in_care_inside"] * 2 + ["not_in_care"] * 4, planning=[True, False] * 3)
    found = bp.table(*resampled(table, 50, 1), BANDS).set_index(["standard", "group", "method"])
    for method in ("population", "cluster_bootstrap", "reinspection"):
        row = found.loc[("planning", "in_care_inside", method)]
        assert row[CHANCES].isna().all() and row["note"]
    assert found.loc[("planning", "in_care_inside", "population_ignoring_services"), CHANCES].sum() == pytest.approx(1)
    joint = bp.joint(resampled(table, 50, 1)[1]).squeeze()
    assert (joint["ratings"], joint["left_out"]) == (4, 4)
    bias = bp.lowest_bias(resampled(table, 50, 1)[1]).set_index(["standard", "group"]).loc[("planning", "in_care_inside")]
    assert bias[["mean_lowest", "bias_of_lowest", "monte_carlo_error"]].isna().all() and "one service" in bias["note"]


def test_one_service_gives_no_joint_probability():
    joint = bp.joint(resampled(made(list("aaa")), 50, 1)[1]).squeeze()
    assert math.isnan(joint["probability"]) and math.isnan(joint["monte_carlo_error"]) and joint["note"]


def test_a_standard_that_nobody_judged_has_rows_without_values():
    table = made(list("aabb"), planning=[None] * 4)
    found = bp.table(*resampled(table, 50, 1), BANDS).set_index(["standard", "method"])
    rows = found.loc["planning"]
    assert (rows["cases"] == 0).all() and rows[CHANCES].isna().all(axis=None) and (rows["note"] == "no case judged").all()
    assert rows["rating"].isna().all()
    bias = bp.lowest_bias(resampled(table, 50, 1)[1]).set_index("standard").loc["planning"]
    assert math.isnan(bias["bias_of_lowest"]) and bias["note"] == "no case judged"


@pytest.mark.parametrize(("replicates", "seed"), [(0, 1), (10, -1), (1.5, 1)])
def test_replicates_and_seed_are_whole_numbers(replicates, seed):
    with pytest.raises(InputError):
        bp.table(*resampled(made(list("aabb")), replicates, seed), BANDS)


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
    found = bp.table(*resampled(made(services, groups, delivery=answers), 20, 1), BANDS)
    shown = found[CHANCES].notna().all(axis=1)
    total = found[CHANCES].sum(axis=1) + found["empty"].fillna(0)
    assert total[shown].tolist() == pytest.approx([1.0] * int(shown.sum()), abs=1e-9)
    assert (found.loc[~shown, "note"] != "").all()
    assert found["note"].notna().all()


# --- known shares
