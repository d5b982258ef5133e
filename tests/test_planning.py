import math
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from helpers import contracts, planning, results
from helpers.errors import InputError
from helpers.sampling import ARMS
from tests import known

repeatable = settings(deadline=None, derandomize=True, max_examples=15)
DIFFERENCE = "hosted_minus_placed_out"
icc = st.floats(0.01, 0.9)
two_iccs = st.tuples(icc, icc).filter(lambda pair: abs(pair[0] - pair[1]) > 1e-6).map(sorted)
design = st.tuples(st.integers(1, 30), st.integers(1, 30))
level = st.floats(0.5, 0.99)
wanted = st.floats(0.005, 0.3)
population = st.integers(1, 5000) | st.just(math.inf)
deff = st.floats(0.5, 5)
mean = st.floats(0, 30)
overdispersion = st.just(1.0) | st.floats(1.01, 5)
# Means of the last six areas in R's table; the last hosts few.
UNEVEN = list(zip([8, 6, 10, 5, 7, 2], [9, 12, 6, 8, 7, 10], strict=True))


def answers(quantity):
    table = known.read("fieldwork_planning").astype({"areas": "Int64", "cases_per_arm": "Int64"}).query("quantity == @quantity")
    assert len(table) > 0
    return table


def planned(row):
    """What `precision` gives for one row of R's table."""
    table = planning.precision(6, 5, [row.icc], [row.level], "supplied")
    one_mean = row.quantity.startswith("half_width")
    group = {60: "all", 30: "hosted"}[row.n_per_group] if one_mean else DIFFERENCE
    reading = "t" if row.quantity.endswith("_t") else "normal"
    chosen = table[(table["group"] == group) & (table["reading"] == reading) & np.isclose(table["deff"], row.deff)]
    return chosen["minimum_detectable_difference" if "detectable" in row.quantity else "half_width"].item()


def power(rise, proportion, n, level):
    """Power of the two-sided test with pooled variance, without the far tail (Fleiss, Levin and Paik 2003)."""
    normal, higher, pooled = NormalDist(), proportion + rise, proportion + rise / 2
    critical = normal.inv_cdf((1 + level) / 2) * np.sqrt(2 * pooled * (1 - pooled))
    return normal.cdf((rise * np.sqrt(n) - critical) / np.sqrt(proportion * (1 - proportion) + higher * (1 - higher)))


def half_widths(areas, cases_per_arm, icc, group="all"):
    table = planning.precision(areas, cases_per_arm, [icc], [0.95], "supplied")
    return table.loc[table["group"] == group].groupby("reading")["half_width"].max()


DETECTABLE = ["minimum_detectable_difference", "minimum_detectable_difference_t"]
QUANTITIES = ["half_width_normal", "half_width_t", "difference_half_width_normal", *DETECTABLE]


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_precision_agrees_with_r(quantity):
    table = known.read("planning").query("quantity == @quantity and power != 0.9 and p == 0.5")
    assert len(table) > 0
    np.testing.assert_allclose([planned(row) for row in table.itertuples()], table["value"], rtol=known.TOLERANCE)


@pytest.mark.parametrize(("quantity", "df"), [(DETECTABLE[0], np.inf), (DETECTABLE[1], 5)])
def test_minimum_detectable_differences_agree_with_r(quantity, df):
    table = known.read("planning").query("quantity == @quantity")
    ours = [
        planning.minimum_detectable_difference(row.p, row.n_per_group / row.deff, row.level, row.power, df)
        for row in table.itertuples()
    ]
    np.testing.assert_allclose(ours, table["value"], rtol=known.TOLERANCE)


@repeatable
@given(st.floats(0.05, 0.9), st.floats(100, 5000), st.floats(0.5, 0.99), st.floats(0.6, 0.9))
def test_the_minimum_detectable_difference_is_found_with_just_the_power(proportion, n, level, wanted):
    rise = planning.minimum_detectable_difference(proportion, n, level, wanted)
    if np.isfinite(rise):
        assert power(rise, proportion, n, level) == pytest.approx(wanted)


@repeatable
@given(st.floats(0.3, 0.98), st.floats(1, 60), st.floats(0.8, 0.99))
def test_there_is_no_minimum_detectable_difference_just_where_no_rise_is_found(proportion, n, level):
    found = [power(rise, proportion, n, level) > 0.8 for rise in np.linspace(0, 1 - proportion, 200)]
    assert np.isinf(planning.minimum_detectable_difference(proportion, n, level)) == (not any(found))


@pytest.mark.parametrize("n", [1, 5])
def test_so_few_cases_detect_no_difference_at_all(n):
    assert np.isinf(planning.minimum_detectable_difference(0.5, n, 0.95))


@repeatable
@given(design, icc)
def test_half_widths_fall_with_more_areas(design, icc):
    areas, cases_per_arm = design
    few, more = (half_widths(count, cases_per_arm, icc) for count in (areas + 1, areas + 2))
    assert (more < few).all()


@repeatable
@given(design, two_iccs)
def test_half_widths_rise_with_the_correlation(design, iccs):
    alike, more_alike = (half_widths(*design, icc) for icc in iccs)
    assert (alike < more_alike).all()


@repeatable
@given(design, icc)
def test_the_t_reading_is_wider_than_the_normal_one(design, icc):
    areas, cases_per_arm = design
    widths = half_widths(areas + 1, cases_per_arm, icc)
    assert widths["t"] > widths["normal"]


@repeatable
@given(design, icc)
def test_a_difference_of_arms_that_share_the_area_has_the_design_effect_one_minus_icc(design, icc):
    table = planning.precision(*design, [icc], [0.95], "supplied")
    shared = table[(table["group"] == DIFFERENCE) & (table["rho_between_arms"] == icc)]
    assert set(shared["deff"]) == {1 - icc}


@repeatable
@given(design, icc)
def test_a_difference_of_arms_that_share_nothing_has_the_design_effect_of_one_arm(design, icc):
    table = planning.precision(*design, [icc], [0.95], "supplied")
    apart = table[(table["group"] == DIFFERENCE) & (table["rho_between_arms"] == 0)]
    assert set(apart["deff"]) == set(table.loc[table["group"] == "hosted", "deff"])


def test_without_correlation_it_makes_no_odds_whether_arms_share_the_area():
    table = planning.precision(6, 5, [0], [0.95], "supplied")
    assert set(table.loc[table["group"] == DIFFERENCE, "rho_between_arms"]) == {0}


def test_precision_has_the_promised_columns_and_each_row_once():
    table = planning.precision(6, 5, [0.05, *planning.ICCS], [0.95, 0.8, 0.95], "supplied")
    assert list(table.columns) == contracts.columns("fieldwork_precision")
    assert not table.duplicated(["group", "icc", "level", "reading", "rho_between_arms"]).any()


def test_both_arms_are_equally_precise():
    table = planning.precision(6, 5, planning.ICCS, [0.8, 0.95], "supplied").set_index("group")
    hosted, placed_out = (table.loc[arm].reset_index(drop=True) for arm in ARMS)
    pd.testing.assert_frame_equal(hosted, placed_out)


def test_the_t_reading_has_a_degree_of_freedom_less_than_there_are_areas():
    table = planning.precision(6, 5, planning.ICCS, [0.8, 0.95], "supplied")
    assert set(zip(table["reading"], table["df"], strict=True)) == {("normal", np.inf), ("t", 5)}


def test_one_area_has_no_t_reading():
    assert set(planning.precision(1, 5, [0.05], [0.95], "supplied")["reading"]) == {"normal"}


def test_the_headline_of_one_area_has_no_half_width():
    found = planning.headline(planning.precision(1, 60, [0.05], [0.95], "supplied"), 0.05, 0.95)
    assert all(np.isnan(value) for value in found.values())
    assert "one area cannot tell" in results.range_of(found["least_half_width"], found["greatest_half_width"])


def test_the_headline_is_the_t_reading_and_the_range_of_differences_of_r():
    answers = known.read("planning").query("icc == 0.05 and level == 0.95 and p == 0.5")
    shared = answers.query("quantity == 'half_width_t' and n_per_group == 60").squeeze()
    apart = shared.value * np.sqrt(1.2 / shared.deff)
    differences = answers.query("quantity == 'minimum_detectable_difference_t'")["value"]
    table = planning.precision(6, 5, planning.ICCS, [0.8, 0.95], "published")
    assert planning.headline(table, 0.05, 0.95) == pytest.approx(
        {
            "least_half_width": apart,
            "greatest_half_width": shared.value,
            "least_difference": differences.min(),
            "greatest_difference": differences.max(),
        }
    )


@repeatable
@given(design, icc)
def test_both_arms_together_are_less_alike_where_they_share_nothing(design, icc):
    """The variance of the two arms' mean is half that of one arm, plus half the covariance that they share."""
    areas, cases_per_arm = design
    table = planning.precision(areas, cases_per_arm, [icc], [0.95], "supplied").query("reading == 'normal'").set_index("group")
    one = table.loc["hosted", "half_width"]
    apart, shared = table.loc["all"].sort_values("rho_between_arms")["half_width"]
    assert apart == pytest.approx(one / np.sqrt(2))
    difference = table.loc[DIFFERENCE].sort_values("rho_between_arms")["half_width"].iloc[1]
    assert (2 * shared) ** 2 + difference**2 == pytest.approx(4 * one**2)


# --- A correlation between the arms that the user names -------------------------------------------------------------


@pytest.mark.parametrize("group", ["all", DIFFERENCE])
def test_a_correlation_between_arms_agrees_with_r(group):
    for row in answers(f"deff_{group}").itertuples():
        table = planning.precision(row.areas, row.cases_per_arm, [row.icc], [0.8, 0.95], "supplied", row.rho)
        table = table[(table["group"] == group) & (table["rho_between_arms"] == row.rho) & (table["reading"] == "t")]
        np.testing.assert_allclose(table["deff"], row.value, rtol=known.TOLERANCE)
        theirs = answers(f"half_width_t_{group}").query("icc == @row.icc and rho == @row.rho")
        np.testing.assert_allclose(table["half_width"], theirs["value"], rtol=known.TOLERANCE)


@pytest.mark.parametrize(
    ("icc", "named", "shown"),
    [
        (0.05, None, [0, 0.05]),
        (0.05, 0.02, [0, 0.02, 0.05]),
        (0.05, 0.05, [0, 0.05]),
        (0.05, 0, [0, 0.05]),
        (0.05, 0.06, [0, 0.05]),
        (0, None, [0]),
        (0, 0, [0]),
        (0, 0.02, [0]),
    ],
)
def test_a_correlation_between_arms_is_shown_once_and_where_it_is_possible(icc, named, shown):
    table = planning.precision(6, 5, [icc], [0.95], "supplied", named)
    assert table["rho_between_arms"].dropna().unique().tolist() == shown
    assert not table.duplicated(["group", "icc", "level", "reading", "rho_between_arms"]).any()


def test_a_named_correlation_between_arms_adds_rows_and_changes_none():
    keys = ["group", "icc", "level", "reading", "rho_between_arms"]
    without, named = (planning.precision(6, 5, planning.ICCS, [0.8, 0.95], "supplied", rho) for rho in (None, 0.03))
    kept = named[named["rho_between_arms"].ne(0.03)].sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(kept, without.sort_values(keys, ignore_index=True))
    assert set(named.loc[named["rho_between_arms"] == 0.03, "icc"]) == {0.05, 0.1}


@repeatable
@given(design, two_iccs)
def test_arms_that_are_more_alike_widen_all_and_narrow_the_difference(design, correlations):
    between, icc = correlations
    table = planning.precision(*design, [icc], [0.95], "supplied", between).query("reading == 'normal'")
    table = table.sort_values("rho_between_arms").set_index("group")["half_width"]
    assert table["all"].is_monotonic_increasing
    assert table[DIFFERENCE].is_monotonic_decreasing


def test_the_headline_of_a_named_correlation_is_that_of_its_rows_alone():
    found = planning.headline(planning.precision(6, 5, [0.05], [0.95], "supplied", 0.03), 0.05, 0.95, 0.03)
    theirs = answers("half_width_t_all").query("icc == 0.05 and rho == 0.03 and level == 0.95")["value"].item()
    assert found["least_half_width"] == found["greatest_half_width"] == pytest.approx(theirs)
    assert found["least_difference"] == found["greatest_difference"]


def test_the_headline_of_one_area_with_a_named_correlation_has_no_half_width():
    found = planning.headline(planning.precision(1, 60, [0.05], [0.95], "supplied", 0.03), 0.05, 0.95, 0.03)
    assert all(np.isnan(value) for value in found.values())


# --- Sample sizes ---------------------------------------------------------------------------------------------------


def test_sample_sizes_and_margins_agree_with_r():
    sizes, margins = answers("sample_size"), answers("margin")
    ours = [planning.sample_size(row.margin, row.level, row.population, row.deff, row.proportion) for row in sizes.itertuples()]
    assert ours == sizes["value"].tolist()
    ours = [planning.margin(row.n, row.level, row.population, row.deff, row.proportion) for row in margins.itertuples()]
    np.testing.assert_allclose(ours, margins["value"], rtol=known.TOLERANCE)


@pytest.mark.parametrize(
    ("population", "needed"),
    [(20, 18), (50, 39), (100, 63), (150, 79), (236, 98), (360, 113), (1000, 142), (3000, 156), (24000, 164), (math.inf, 165)],
)
def test_cases_needed_for_five_points_at_80_per_cent(population, needed):
    assert planning.sample_size(0.05, 0.8, population) == needed


def test_60_of_360_cases_reach_the_margins_worked_out_by_hand():
    assert [round(100 * planning.margin(60, level, 360), 2) for level in (0.8, 0.95)] == [7.56, 11.57]


@repeatable
@given(wanted, level, population, deff)
def test_the_cases_needed_reach_the_margin_and_one_fewer_does_not(wanted, level, population, deff):
    needed = planning.sample_size(wanted, level, population, deff)
    assert 1 <= needed <= population
    assert planning.margin(needed, level, population, deff) <= wanted * (1 + 1e-9)
    if needed > 1:
        assert planning.margin(needed - 1, level, population, deff) > wanted


@pytest.mark.parametrize("population", [400, math.inf])
def test_a_margin_reached_by_a_whole_number_of_cases_needs_just_that_number(population):
    """Rounding up must not turn the noise of the arithmetic into a case."""
    counts = list(range(2, 400))
    assert [planning.sample_size(planning.margin(n, 0.8, population), 0.8, population) for n in counts] == counts


def test_one_case_is_needed_where_less_than_one_would_do():
    assert [planning.sample_size(0.9, level, population) for level in (1e-17, 0.1) for population in (1, 5, math.inf)] == [1] * 6


@repeatable
@given(wanted, level, st.integers(1, 5000), deff)
def test_cases_needed_rise_with_the_level_and_the_population_and_fall_with_the_margin(wanted, level, population, deff):
    needed = planning.sample_size(wanted, level, population, deff)
    assert planning.sample_size(wanted * 1.1, level, population, deff) <= needed
    assert planning.sample_size(wanted, level + 0.009, population, deff) >= needed
    assert planning.sample_size(wanted, level, population + 1, deff) >= needed
    assert planning.sample_size(wanted, level, math.inf, deff) >= needed


@repeatable
@given(st.integers(1, 1000), level, st.integers(1, 1000) | st.just(math.inf), deff)
def test_more_cases_never_widen_a_margin(n, level, more, deff):
    assert planning.margin(n + 1, level, n + more, deff) < planning.margin(n, level, n + more, deff)


def test_all_cases_of_a_population_have_no_margin():
    assert [planning.margin(n, 0.95, n) for n in (1, 2, 360)] == [0, 0, 0]


def test_the_table_of_sample_sizes_has_lists_of_cases_and_samples_of_areas_apart():
    table = planning.sample_sizes(6, 5, 0.05, [0.05, 0.05], [0.95, 0.8], "supplied", 0.02)
    assert list(table.columns) == contracts.columns("fieldwork_sample_size")
    assert len(table) == (len(planning.POPULATIONS) + 3) * 2
    lists, samples = (part for _, part in table.groupby(table["icc"] > 0))
    assert lists["population"].unique().tolist() == list(planning.POPULATIONS) and set(lists["deff"]) == {1}
    assert lists["areas_needed"].isna().all() and lists["cases_in_these_areas"].equals(lists["cases_needed"].astype(float))
    assert set(samples["population"]) == {math.inf}
    assert dict(zip(samples["rho_between_arms"], samples["deff"], strict=True)) == pytest.approx({0: 1.2, 0.02: 1.3, 0.05: 1.45})
    row = samples.query("level == 0.8 and rho_between_arms == 0.05").squeeze()
    # 164.24 effective cases; six areas can never be worth more than 6 / 0.05 = 120.
    assert (row["cases_needed"], row["areas_needed"], row["cases_in_these_areas"]) == (239, 24, math.inf)
    assert row["margin_of_design"] == planning.margin(60, 0.8, math.inf, 1.45)


def test_sample_sizes_without_correlation_have_each_row_once():
    table = planning.sample_sizes(6, 5, 0, [0.05], [0.8], "supplied")
    assert table["population"].tolist() == list(planning.POPULATIONS)


@repeatable
@given(st.integers(2, 60), st.floats(0.02, 0.4), st.floats(0.001, 0.2), st.floats(0, 1))
def test_so_many_cases_of_the_same_areas_reach_the_margin_and_one_less_does_not(areas, margin, icc, shared):
    needed = planning.sample_size_within(areas, margin, 0.9, icc, shared * icc)

    def reached(cases):
        deff = 1 - icc + cases * (1 + shared) * icc / (2 * areas)
        return planning.margin(cases, 0.9, math.inf, deff)

    if math.isinf(needed):
        assert reached(10**9) > margin
    else:
        assert reached(needed) <= margin * (1 + 1e-9) and (needed == 1 or reached(needed - 1) > margin * (1 - 1e-9))


# --- Cases that may be missed ---------------------------------------------------------------------------------------

MISSED = ("expected_missing", "sd_missing", "probability_all_met")


@pytest.mark.parametrize("quantity", MISSED)
def test_cases_missed_in_equal_strata_agree_with_r(quantity):
    table = answers(quantity).query("expected.notna()")
    ours = []
    for row in table.itertuples():
        found = planning.shortfalls(row.areas, row.cases_per_arm, [row.expected], row.overdispersion, "supplied")
        ours.append(found.loc[found["shortfall"] == row.shortfall, quantity].item())
    np.testing.assert_allclose(ours, table["value"], rtol=known.TOLERANCE)


@pytest.mark.parametrize(("quantity", "field"), list(zip(MISSED, planning.Missing._fields, strict=True)))
def test_cases_missed_where_one_area_hosts_few_agree_with_r(quantity, field):
    table = answers(quantity).query("expected.isna()")
    ours = [getattr(planning.missing_cases(UNEVEN, 5, row.overdispersion, row.shortfall), field) for row in table.itertuples()]
    np.testing.assert_allclose(ours, table["value"], rtol=known.TOLERANCE)


@pytest.mark.parametrize(("mean", "expected", "short"), [(2, 3.0225, 0.9473), (5, 0.8773, 0.4405)])
def test_one_stratum_misses_what_was_worked_out_by_hand(mean, expected, short):
    chances = planning.missing_chances(mean, 5, 1)
    assert [round(chances @ np.arange(6), 4), round(1 - chances[0], 4)] == [expected, short]


@repeatable
@given(mean, st.integers(1, 40), overdispersion)
def test_the_chances_of_a_stratum_sum_to_1(mean, asked, overdispersion):
    chances = planning.missing_chances(mean, asked, overdispersion)
    assert len(chances) == asked + 1
    assert chances.sum() == pytest.approx(1, abs=1e-12)


@repeatable
@given(st.lists(st.tuples(mean, mean), min_size=1, max_size=5), st.integers(1, 8), overdispersion, st.booleans())
def test_sums_over_strata_are_those_of_the_convolution(expected, cases_per_arm, overdispersion, top_up):
    """The whole distribution; areas filled up from their other arm count both arms' cases, by convolution."""
    asked = 2 * cases_per_arm if top_up else cases_per_arm
    total = np.ones(1)
    for area in expected:
        arms = [planning.missing_chances(each, asked, overdispersion)[::-1] for each in area]
        if top_up:
            both = np.convolve(*arms)
            arms = [np.append(both[:asked], both[asked:].sum())]
        for number in arms:
            total = np.convolve(total, number[::-1])
    missing = np.arange(len(total))
    found = planning.missing_cases(expected, cases_per_arm, overdispersion, "top_up" if top_up else "accept")
    assert total.sum() == pytest.approx(1, abs=1e-10)
    assert found.expected == pytest.approx(total @ missing, abs=1e-10)
    assert found.sd == pytest.approx(np.sqrt(total @ (missing - found.expected) ** 2), abs=1e-7)
    assert found.probability_none == pytest.approx(total[0], abs=1e-12)


@repeatable
@given(st.lists(st.tuples(mean, mean), min_size=1, max_size=6), st.integers(1, 20), overdispersion)
def test_topping_up_misses_no_more_than_accepting(expected, cases_per_arm, overdispersion):
    topped_up, accepted = (
        planning.missing_cases(expected, cases_per_arm, overdispersion, policy) for policy in ("top_up", "accept")
    )
    assert topped_up.expected <= accepted.expected * (1 + 1e-12)
    assert topped_up.probability_none >= accepted.probability_none * (1 - 1e-12)


@repeatable
@given(st.lists(st.tuples(mean, mean), min_size=1, max_size=6), st.integers(1, 20), overdispersion)
def test_cases_missed_where_that_is_accepted_are_the_sum_over_strata(expected, cases_per_arm, overdispersion):
    missing = np.arange(cases_per_arm + 1)
    strata = [planning.missing_chances(each, cases_per_arm, overdispersion) @ missing for area in expected for each in area]
    assert planning.missing_cases(expected, cases_per_arm, overdispersion, "accept").expected == pytest.approx(sum(strata))


@repeatable
@given(st.floats(0.1, 30), st.integers(1, 30), st.sampled_from([1e-13, 1e-9, 1e-8, 1e-7, 1e-6]))
def test_an_overdispersion_near_1_tends_to_the_poisson(mean, asked, excess):
    near, plain = (planning.missing_chances(mean, asked, 1 + extra) for extra in (excess, 0))
    np.testing.assert_allclose(near, plain, atol=2e-8 + 2 * excess)


@repeatable
@given(st.floats(0.5, 20), st.integers(1, 20), st.floats(1.1, 3))
def test_more_overdispersion_misses_more(mean, cases_per_arm, overdispersion):
    less, more = (
        planning.missing_cases([[mean, mean]], cases_per_arm, factor, "accept").expected
        for factor in (overdispersion, overdispersion + 0.5)
    )
    assert less <= more


def test_a_mean_so_large_misses_nothing_and_a_mean_of_0_misses_all():
    table = planning.shortfalls(6, 5, [1e6, 0], 1, "supplied").set_index("expected_cases")
    assert table.loc[1e6, ["expected_missing", "sd_missing"]].eq(0).all(axis=None)
    assert table.loc[1e6, "probability_all_met"].eq(1).all()
    assert table.loc[0, "expected_missing"].eq(60).all()
    assert table.loc[0, ["sd_missing", "probability_all_met"]].eq(0).all(axis=None)


def test_cases_missed_of_very_many_asked_for_are_near_the_normal_approximation():
    """No convolution could hold so many."""
    found = planning.missing_cases([[1e6, 1e6]], 1_000_000, 1, "accept")
    assert found.expected == pytest.approx(2 * 1e3 * stats.norm.pdf(0), rel=1e-3)


def test_the_table_of_cases_missed_says_what_is_asked_for_and_assumed():
    table = planning.shortfalls(3, 5, [10, 5, 10], 1, "supplied")
    assert list(table.columns) == contracts.columns("fieldwork_shortfall")
    keys = list(zip(table["expected_cases"], table["shortfall"], strict=True))
    assert keys == [(5, "top_up"), (5, "accept"), (10, "top_up"), (10, "accept")]
    assert set(table["requested"]) == {30}
    assert "is Poisson" in table["assumes"].iloc[0]
    assert "negative binomial with 1.5 times" in planning.shortfalls(3, 5, [5], 1.5, "supplied")["assumes"].iloc[0]


# --- Reserves -------------------------------------------------------------------------------------------------------


def reserve(row):
    return planning.reserves(row.cases_per_arm, [row.usable], 6, 3, "supplied", row.assurance).squeeze()


@pytest.mark.parametrize("quantity", ["reserves_needed", "probability", "probability_all", "probability_without"])
def test_reserves_agree_with_r(quantity):
    table = answers(quantity)
    np.testing.assert_allclose([reserve(row)[quantity] for row in table.itertuples()], table["value"], rtol=known.TOLERANCE)


def test_reserves_for_five_cases_are_those_worked_out_by_hand():
    table = planning.reserves(5, [0.9, 0.8, 0.7, 1, 0.9], 6, 3, "supplied")
    assert (5 + table.set_index("usable")["reserves_needed"]).to_dict() == {0.7: 10, 0.8: 9, 0.9: 7, 1: 5}
    assert list(table.columns) == contracts.columns("fieldwork_reserves")
    drawn = table.set_index("usable")["probability_drawn"].round(3).to_dict()
    assert drawn == {0.7: 0.806, 0.8: 0.944, 0.9: 0.995, 1: 1}


@repeatable
@given(st.integers(1, 200), st.floats(0.01, 1), st.floats(0.01, 0.999))
def test_reserves_are_the_fewest_that_give_the_assurance(cases_per_arm, usable, assurance):
    row = planning.reserves(cases_per_arm, [usable], 1, 0, "supplied", assurance).squeeze()
    drawn = cases_per_arm + row["reserves_needed"]
    assert stats.binom.sf(cases_per_arm - 1, drawn, usable) >= assurance
    assert row["reserves_needed"] == 0 or stats.binom.sf(cases_per_arm - 1, drawn - 1, usable) < assurance


# --- Values outside their range -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "said"),
    [
        pytest.param(lambda: planning.precision(6, 5, [0.05], [0.95], "supplied", -0.1), "between arms", id="negative rho"),
        pytest.param(lambda: planning.precision(6, 5, [0.05], [0.95], "supplied", math.nan), "between arms", id="no rho"),
        pytest.param(
            lambda: planning.headline(planning.precision(6, 5, [0.05], [0.95], "supplied", 0.1), 0.05, 0.95, 0.1),
            "at most 0.05",
            id="rho above icc",
        ),
        pytest.param(lambda: planning.sample_size(0, 0.95), "margin", id="no margin"),
        pytest.param(lambda: planning.sample_size(1, 0.95), "margin", id="margin of 1"),
        pytest.param(lambda: planning.sample_size(0.05, 1), "confidence level", id="level of 1"),
        pytest.param(lambda: planning.sample_size(0.05, 0.95, 0), "population", id="nobody"),
        pytest.param(lambda: planning.sample_size(0.05, 0.95, 10.5), "population", id="half a case"),
        pytest.param(lambda: planning.sample_size(0.05, 0.95, deff=0), "design effect", id="no design effect"),
        pytest.param(lambda: planning.sample_size(0.05, 0.95, proportion=1), "proportion", id="share of 1"),
        pytest.param(lambda: planning.margin(61, 0.95, 60), "those there are", id="more cases than there are"),
        pytest.param(lambda: planning.margin(0, 0.95), "cases number from 1", id="no cases"),
        pytest.param(lambda: planning.margin(math.inf, 0.95), "cases number from 1", id="cases without end"),
        pytest.param(lambda: planning.sample_sizes(6, 5, 1, [0.05], [0.95], "supplied"), "correlation", id="icc of 1"),
        pytest.param(lambda: planning.shortfalls(6, 5, [-1], 1, "supplied"), "expected", id="negative mean"),
        pytest.param(lambda: planning.shortfalls(6, 5, [5], 0.9, "supplied"), "overdispersion", id="underdispersed"),
        pytest.param(lambda: planning.shortfalls(6, 0, [5], 1, "supplied"), "one case", id="nothing asked for"),
        pytest.param(lambda: planning.shortfalls(0, 5, [5], 1, "supplied"), "at least one area", id="no area"),
        pytest.param(lambda: planning.missing_cases([[1, 2, 3]], 5, 1, "accept"), "a column an arm", id="three arms"),
        pytest.param(lambda: planning.missing_cases([[1, 2]], 5, 1, "topup"), "top_up or accept", id="no such policy"),
        pytest.param(lambda: planning.reserves(5, [0.001], 6, 3, "supplied"), "usable", id="next to none usable"),
        pytest.param(lambda: planning.reserves(5, [1.1], 6, 3, "supplied"), "usable", id="more than all usable"),
        pytest.param(lambda: planning.reserves(5, [0.9], 6, 3, "supplied", 1), "assurance", id="certainty"),
        pytest.param(lambda: planning.reserves(0, [0.9], 6, 3, "supplied"), "one case", id="no case to reserve for"),
        pytest.param(lambda: planning.reserves(5, [0.9], 0, 3, "supplied"), "one area", id="no area to reserve for"),
    ],
)
def test_a_value_outside_its_range_is_refused_in_one_line(call, said):
    with pytest.raises(InputError, match=said) as refused:
        call()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("areas", "cases", "icc", "level"),
    [(6, 1_000_000, 1 - 1e-16, 0.95), (2, 1_000_000, 0.999, 0.9999), (155, 10**6, 1 - 1e-10, 0.01)],
)
def test_extreme_designs_give_a_difference_and_no_warning(areas, cases, icc, level):
    table = planning.precision(areas, cases, [icc], [level], "supplied")
    assert (table["minimum_detectable_difference"].dropna() > 0).all()
