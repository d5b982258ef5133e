from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import contracts, published, results, sampling
from tests import known

repeatable = settings(deadline=None, derandomize=True, max_examples=15)
DIFFERENCE = "hosted_minus_placed_out"
icc = st.floats(0.01, 0.9)
two_iccs = st.tuples(icc, icc).filter(lambda pair: abs(pair[0] - pair[1]) > 1e-6).map(sorted)
area_names = st.lists(st.text("abcXYZ ,&'\"", min_size=1, max_size=12), min_size=1, max_size=8, unique=True)
design = st.tuples(st.integers(1, 30), st.integers(1, 30))


def planned(row):
    """What `precision` gives for one row of R's table."""
    table = sampling.precision(6, 5, [row.icc], [row.level], "supplied")
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
    table = sampling.precision(areas, cases_per_arm, [icc], [0.95], "supplied")
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
        sampling.minimum_detectable_difference(row.p, row.n_per_group / row.deff, row.level, row.power, df)
        for row in table.itertuples()
    ]
    np.testing.assert_allclose(ours, table["value"], rtol=known.TOLERANCE)


@repeatable
@given(st.floats(0.05, 0.9), st.floats(100, 5000), st.floats(0.5, 0.99), st.floats(0.6, 0.9))
def test_the_minimum_detectable_difference_is_found_with_just_the_power(proportion, n, level, wanted):
    rise = sampling.minimum_detectable_difference(proportion, n, level, wanted)
    if np.isfinite(rise):
        assert power(rise, proportion, n, level) == pytest.approx(wanted)


@repeatable
@given(st.floats(0.3, 0.98), st.floats(1, 60), st.floats(0.8, 0.99))
def test_there_is_no_minimum_detectable_difference_just_where_no_rise_is_found(proportion, n, level):
    found = [power(rise, proportion, n, level) > 0.8 for rise in np.linspace(0, 1 - proportion, 200)]
    assert np.isinf(sampling.minimum_detectable_difference(proportion, n, level)) == (not any(found))


@pytest.mark.parametrize("n", [1, 5])
def test_so_few_cases_detect_no_difference_at_all(n):
    assert np.isinf(sampling.minimum_detectable_difference(0.5, n, 0.95))


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
    table = sampling.precision(*design, [icc], [0.95], "supplied")
    shared = table[(table["group"] == DIFFERENCE) & (table["rho_between_arms"] == icc)]
    assert set(shared["deff"]) == {1 - icc}


@repeatable
@given(design, icc)
def test_a_difference_of_arms_that_share_nothing_has_the_design_effect_of_one_arm(design, icc):
    table = sampling.precision(*design, [icc], [0.95], "supplied")
    apart = table[(table["group"] == DIFFERENCE) & (table["rho_between_arms"] == 0)]
    assert set(apart["deff"]) == set(table.loc[table["group"] == "hosted", "deff"])


def test_without_correlation_it_makes_no_odds_whether_arms_share_the_area():
    table = sampling.precision(6, 5, [0], [0.95], "supplied")
    assert set(table.loc[table["group"] == DIFFERENCE, "rho_between_arms"]) == {0}


def test_precision_has_the_promised_columns_and_each_row_once():
    table = sampling.precision(6, 5, [0.05, *sampling.ICCS], [0.95, 0.8, 0.95], "supplied")
    assert list(table.columns) == contracts.columns("fieldwork_precision")
    assert not table.duplicated(["group", "icc", "level", "reading", "rho_between_arms"]).any()


def test_both_arms_are_equally_precise():
    table = sampling.precision(6, 5, sampling.ICCS, [0.8, 0.95], "supplied").set_index("group")
    hosted, placed_out = (table.loc[arm].reset_index(drop=True) for arm in sampling.ARMS)
    pd.testing.assert_frame_equal(hosted, placed_out)


def test_the_t_reading_has_a_degree_of_freedom_less_than_there_are_areas():
    table = sampling.precision(6, 5, sampling.ICCS, [0.8, 0.95], "supplied")
    assert set(zip(table["reading"], table["df"], strict=True)) == {("normal", np.inf), ("t", 5)}


def test_one_area_has_no_t_reading():
    assert set(sampling.precision(1, 5, [0.05], [0.95], "supplied")["reading"]) == {"normal"}


def test_the_headline_of_one_area_has_no_half_width():
    found = sampling.headline(sampling.precision(1, 60, [0.05], [0.95], "supplied"), 0.05, 0.95)
    assert all(np.isnan(value) for value in found.values())
    assert "one area cannot tell" in results.range_of(found["least_half_width"], found["greatest_half_width"])


def test_the_headline_is_the_t_reading_and_the_range_of_differences_of_r():
    answers = known.read("planning").query("icc == 0.05 and level == 0.95 and p == 0.5")
    shared = answers.query("quantity == 'half_width_t' and n_per_group == 60").squeeze()
    apart = shared.value * np.sqrt(1.2 / shared.deff)
    differences = answers.query("quantity == 'minimum_detectable_difference_t'")["value"]
    table = sampling.precision(6, 5, sampling.ICCS, [0.8, 0.95], "published")
    assert sampling.headline(table, 0.05, 0.95) == pytest.approx(
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
    table = sampling.precision(areas, cases_per_arm, [icc], [0.95], "supplied").query("reading == 'normal'").set_index("group")
    one = table.loc["hosted", "half_width"]
    apart, shared = table.loc["all"].sort_values("rho_between_arms")["half_width"]
    assert apart == pytest.approx(one / np.sqrt(2))
    difference = table.loc[DIFFERENCE].sort_values("rho_between_arms")["half_width"].iloc[1]
    assert (2 * shared) ** 2 + difference**2 == pytest.approx(4 * one**2)


@repeatable
@given(area_names, st.integers(1, 50))
def test_an_allocation_has_two_strata_an_area_and_asks_for_as_many_cases_in_each(areas, cases_per_arm):
    table = sampling.allocation_asked(areas, cases_per_arm, "supplied")
    assert len(table) == 2 * len(areas)
    assert table["requested"].sum() == len(table) * cases_per_arm
    assert table["area"].unique().tolist() == areas


def test_an_allocation_has_the_promised_columns():
    table = sampling.allocation_asked(published.areas(), 5, "published")
    assert list(table.columns) == contracts.columns("fieldwork_allocation")


def test_what_only_a_list_of_cases_could_tell_is_not_available():
    table = sampling.allocation_asked(published.areas(), 5, "published")
    unknown = ["eligible", "drawn", "topped_up", "shortfall", "inclusion_probability", "weight"]
    assert table[unknown].eq(sampling.NOT_AVAILABLE).all(axis=None)


def test_an_area_with_a_comma_in_its_name_stays_one_area_in_the_file(tmp_path):
    table = sampling.allocation_asked(published.areas(), 5, "published")
    results.write_table(table, "fieldwork_allocation", str(tmp_path))
    read_back = pd.read_csv(tmp_path / "tables" / "fieldwork_allocation.csv")
    assert read_back["area"].unique().tolist() == published.areas()


@pytest.mark.parametrize(
    ("kept", "added", "cases_per_arm", "evidence"),
    [
        pytest.param(6, [], 5, "published", id="the design of 2012"),
        pytest.param(6, [], 6, "supplied", id="another number of cases"),
        pytest.param(5, [], 5, "supplied", id="an area fewer"),
        pytest.param(5, ["Leeds"], 5, "supplied", id="another area"),
        pytest.param(6, ["Leeds"], 5, "supplied", id="an area more"),
    ],
)
def test_only_the_design_of_2012_is_published(kept, added, cases_per_arm, evidence):
    assert sampling.design_evidence([*published.areas()[:kept], *added], cases_per_arm) == evidence
