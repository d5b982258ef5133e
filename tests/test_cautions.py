"""What the letter's figures leave among cautions: the boxes, the sets in them, and a simulation that stays within."""

import itertools
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import cautions, contracts, monte_carlo, out_of_court, prevalence
from helpers.parameters import PrevalenceEstimates
from helpers.rounding import Span
from tests import known

repeatable = settings(deadline=None, derandomize=True, max_examples=20)
P = PrevalenceEstimates()
IN_CARE = "letter_in_care_during_sentence"
KEY = ["in_care_at_start", "court_share", "uncertainty"]
PARTS, COURT_SHARES = [1, 0.9, 0.8, 0.7, 0.25], [0, 0.1, 0.3, 0.5, 0.6, 0.7, 0.75, 0.76, 0.9, 0.99]


@cache
def headline(n=1253, services=42, icc=0.05, confidence=0.95):
    return prevalence.headline(prevalence.published_estimates(n, services, [icc], confidence), IN_CARE, icc)


@pytest.fixture(scope="module")
def tables():
    return cautions.tables(headline(), COURT_SHARES, PARTS)


WORDS = ("point", "rounding", "rounding_and_sampling")
# Of 1,251 cases 320 are the least that are 26%, and these are 25.6%: at 1% the interval begins above 25.5%.
NARROW = (1251, 42, 0, 0.01)
headlines = st.sampled_from([(1253, 42, 0.05, 0.95), NARROW, (500, 2, 0.3, 0.9999), (2000, 42, 0.05, 0.5)])


# --- the boxes


def test_the_boxes_are_as_printed_with_rounding_and_with_sampling():
    point, rounding, sampled = cautions.boxes(headline())
    assert point == ("point", Span(0.1875, 0.1875), Span(0.26, 0.26))
    assert rounding == ("rounding", Span(4450 / 24500, 4550 / 23500), Span(0.255, 0.265))
    assert sampled.uncertainty == "rounding_and_sampling"
    assert sampled.in_care == Span(*headline()[["lower", "upper"]])
    # The share of starts is no share of a sample.
    assert sampled.looked_after == rounding.looked_after


def test_the_boxes_are_those_of_r():
    answers = known.read("out_of_court").drop_duplicates("box").set_index("box")
    for box in cautions.boxes(headline()):
        spans = answers.loc[box.uncertainty, ["looked_after_low", "looked_after_high", "in_care_low", "in_care_high"]]
        # Of the headline R has the four digits that are quoted.
        tolerance = {"abs": 5e-5} if box.uncertainty == "rounding_and_sampling" else {"rel": known.TOLERANCE}
        assert [*box.looked_after, *box.in_care] == pytest.approx(spans.tolist(), **tolerance)


@repeatable
@given(headlines)
def test_each_box_holds_the_one_before(values):
    """With a low confidence the headline interval alone would not hold what rounding leaves."""
    assert headline(*NARROW)["lower"] > 0.255
    for inner, outer in itertools.pairwise(cautions.boxes(headline(*values))):
        for one, other in zip(inner[1:], outer[1:], strict=True):
            assert other.low <= one.low <= one.high <= other.high


# --- the sets


def least_court_share(part, in_care=0.265):
    """At least 650 of under 24,500 starts are court starts of children in care."""
    return 650 / 24500 / in_care / part


@pytest.mark.parametrize("uncertainty", ["point", "rounding"])
def test_the_sets_are_those_of_r(tables, uncertainty):
    """But where the custodial starts, which the script does not know of, are more court starts than are assumed."""
    answers = known.read("out_of_court").query("box == @uncertainty and court_share in @COURT_SHARES")
    answers = answers.set_index(["in_care_at_start", "court_share"]).sort_index()
    table = tables["out_of_court_prevalence"]
    ours = table[table["uncertainty"] == uncertainty].set_index(["in_care_at_start", "court_share"]).sort_index()
    assert ours.index.equals(answers.index) and len(ours) == 50
    if uncertainty == "rounding":
        enough = [court_share >= least_court_share(part) for part, court_share in ours.index]
        too_few = ours.loc[~np.array(enough)]
        assert len(too_few) > 5 and not too_few["feasible"].any()
        assert too_few[["lower", "upper"]].isna().all(axis=None) and set(too_few["cut"]) == {""}
        ours, answers = ours.loc[enough], answers.loc[enough]
    assert ours["feasible"].tolist() == answers["feasible"].tolist()
    if uncertainty == "point":
        np.testing.assert_allclose(ours["estimate"], answers["lower"], rtol=known.TOLERANCE, atol=1e-14)
        assert ours[["lower", "upper"]].isna().all(axis=None)
    else:
        # Near the greatest court share a set is as small as what binary fractions lose.
        np.testing.assert_allclose(ours[["lower", "upper"]], answers[["lower", "upper"]], rtol=known.TOLERANCE, atol=1e-14)
        assert ours["cut"].tolist() == answers["cut"].fillna("").tolist()
        assert ours["estimate"].isna().all()


@pytest.mark.parametrize("uncertainty", ["point", "rounding"])
def test_the_greatest_court_shares_are_those_of_r(tables, uncertainty):
    answers = known.read("out_of_court").query("box == @uncertainty").drop_duplicates("in_care_at_start")
    limits = tables["court_share_limits"].query("uncertainty == @uncertainty")
    assert limits["in_care_at_start"].tolist() == answers["in_care_at_start"].tolist() == PARTS
    np.testing.assert_allclose(limits["greatest_court_share"], answers["greatest_court_share"], rtol=1e-12)
    np.testing.assert_allclose(limits["least_caution_share"], 1 - answers["greatest_court_share"], rtol=1e-9, atol=1e-12)


def test_the_figures_that_are_quoted(tables):
    """0.187 and 0.26: 11.5% of cautions if half of starts are court orders, and none can be beyond 72.1%."""
    points = tables["out_of_court_prevalence"].query("uncertainty == 'point' and in_care_at_start == 1").set_index("court_share")
    assert points.loc[0.5, "estimate"] == pytest.approx(0.115)
    assert points.loc[0, "estimate"] == pytest.approx(0.1875)
    assert not points.loc[0.75, "feasible"]
    limits = tables["court_share_limits"].query("in_care_at_start == 1").set_index("uncertainty")
    assert limits["greatest_court_share"].round(4).to_dict() == {
        "point": 0.7212,
        "rounding": 0.7593,
        "rounding_and_sampling": 0.8918,
    }
    assert limits["direction"].eq("falls").all()


def test_so_many_custodial_starts_need_so_many_court_starts():
    """By hand: at least 650 of under 24,500, among at most 26.5% in care, or 70% of these."""
    limits = cautions.tables(headline(), [0.5], [1, 0.7])["court_share_limits"].set_index(["in_care_at_start", "uncertainty"])
    least = limits["least_court_share"]
    assert least[1, "rounding"] == pytest.approx(least_court_share(1)) == pytest.approx(0.1001, abs=5e-5)
    assert least[0.7, "rounding"] == pytest.approx(least_court_share(0.7))
    assert least[1, "rounding_and_sampling"] == pytest.approx(least_court_share(1, headline()["upper"]))
    # The letter gives no point of "nearly 700".
    assert least.xs("point", level="uncertainty").isna().all()
    assert (least.dropna() < limits.loc[least.notna(), "greatest_court_share"]).all()


def test_no_court_share_is_above_all_starts():
    limits = cautions.tables(headline(), [0.5], [0.05])["court_share_limits"]
    assert limits["least_court_share"].dropna().tolist() == [1, 1]


@repeatable
@given(headlines, st.lists(st.floats(0, 0.99), min_size=1, max_size=3, unique=True), st.floats(0.05, 1))
def test_the_point_lies_in_the_set_of_rounding_and_this_in_the_one_with_sampling(values, court_shares, part):
    table = cautions.tables(headline(*values), court_shares, [part])["out_of_court_prevalence"]
    # Of a court share that the custodial starts rule out there is a point and no set.
    for _, rows in table[table["court_share"] >= least_court_share(part)].groupby("court_share"):
        point, rounding, sampled = (rows.set_index("uncertainty").loc[name] for name in WORDS)
        assert point["feasible"] <= rounding["feasible"] <= sampled["feasible"]
        if point["feasible"]:
            assert rounding["lower"] <= point["estimate"] <= rounding["upper"]
        if rounding["feasible"]:
            assert sampled["lower"] <= rounding["lower"] <= rounding["upper"] <= sampled["upper"]
            assert sampled["lower"] >= 0 and sampled["upper"] <= 1


def test_the_curve_covers_every_court_share_but_the_last(tables):
    curve = tables["out_of_court_curve"]
    grid = [place / 100 for place in range(100)]
    for part in PARTS:
        for uncertainty in WORDS:
            rows = curve[(curve["in_care_at_start"] == part) & (curve["uncertainty"] == uncertainty)]
            assert rows["court_share"].tolist() == grid
    assert len(curve) == 100 * 3 * len(PARTS)


def test_the_curve_runs_through_the_sets(tables):
    curve, table = (tables[name].set_index(KEY).sort_index() for name in ("out_of_court_curve", "out_of_court_prevalence"))
    pd.testing.assert_frame_equal(curve.loc[table.index], table)


def test_tables_have_the_promised_columns(tables):
    assert list(tables) == ["out_of_court_prevalence", "out_of_court_curve", "court_share_limits"]
    for name, table in tables.items():
        assert list(table.columns) == contracts.columns(name)


@pytest.mark.parametrize("care", [headline(n=2000), headline(services=60)], ids=["other cases", "other services"])
def test_only_what_rests_on_another_base_is_supplied(care):
    """What is printed and its rounding do not depend on the base that is assumed."""
    for table in cautions.tables(care, [0.3], [1, 0.7]).values():
        assert table.groupby("uncertainty")["evidence"].agg(set).to_dict() == {
            "point": {"published"},
            "rounding": {"published"},
            "rounding_and_sampling": {"supplied"},
        }


def test_on_the_base_of_the_letter_all_is_published(tables):
    assert {mark for table in tables.values() for mark in table["evidence"]} == {"published"}


def test_each_row_says_what_it_assumes(tables):
    table = tables["out_of_court_prevalence"]
    said = table.groupby("uncertainty")["assumes"].unique().map(list)
    assert [len(words) for words in said] == [1, 1, 1]
    assert said["point"][0].startswith("26% holds of all court starts, and so does its part in care at the start")
    assert (
        said["rounding"][0]
        == f"{said['point'][0]}; 4,500 to the nearest 100, 24,000 to the nearest 1,000, 26% to a whole per cent"
    )
    for words in ("a random sample of 1253 cases; 42 services", "icc 0.05", "4,500 to the nearest 100"):
        assert words in said["rounding_and_sampling"][0]
    # Only a set with sampling has a level of confidence.
    assert table.groupby("uncertainty")["level"].agg(set)["rounding_and_sampling"] == {0.95}
    assert table.loc[table["uncertainty"] != "rounding_and_sampling", "level"].isna().all()


# --- over a range of court shares


@repeatable
@given(st.floats(0, 0.99), st.floats(0, 0.99), st.sampled_from(PARTS), st.sampled_from(WORDS))
def test_what_a_range_of_court_shares_leaves_holds_every_set_in_it(one, other, part, uncertainty):
    (box,) = [box for box in cautions.boxes(headline()) if box.uncertainty == uncertainty]
    found = cautions.over_court_shares(headline(), [one, other], part, uncertainty)
    least = 0 if uncertainty == "point" else least_court_share(part, box.in_care.high)
    shares = [share for share in np.linspace(min(one, other), max(one, other), 9) if share >= least]
    possible = [span for share in shares if (span := out_of_court.identified_set(box, share, part)) is not None]
    assert (found is not None) >= bool(possible)
    for span in possible:
        assert found.low <= span.low + 1e-12 and span.high <= found.high + 1e-12
    if found is None:
        assert not possible


def test_the_ends_of_a_range_are_reached():
    """By hand: all were in care at the start, and from 30% to half of starts were court orders."""
    found = cautions.over_court_shares(headline(), [0.5, 0.4, 0.3], 1)
    expected = (4450 / 24500 - 0.5 * 0.265) / 0.5, (4550 / 23500 - 0.3 * 0.255) / 0.7
    assert found == pytest.approx(expected)


def test_of_a_range_only_what_the_custodial_starts_leave_counts():
    assert cautions.over_court_shares(headline(), [0.05, 0.1], 1) is None
    assert cautions.over_court_shares(headline(), [0.05, 0.5], 1) == cautions.over_court_shares(
        headline(), [least_court_share(1), 0.5], 1
    )


def test_rounding_alone_is_meant_where_nothing_is_said():
    assert cautions.over_court_shares(headline(), [0.3, 0.7], 1) == cautions.over_court_shares(
        headline(confidence=0.5), [0.7, 0.3], 1, "rounding"
    )
    assert cautions.over_court_shares(headline(), [0.9], 1) is None
    assert cautions.over_court_shares(headline(), [0.88], 1, "rounding_and_sampling") is not None


# --- simulation


SIMULATED = {"court_shares": [0.3, 0.6], "in_care_at_start": [1, 0.7], "seed": 2019, "draws": 20_000}


@pytest.fixture(scope="module")
def simulated():
    return cautions.simulation(headline(), **SIMULATED)


def of(table, quantity):
    return table[table["quantity"] == quantity]


def test_a_simulation_has_the_promised_columns_and_rows(simulated):
    assert list(simulated.columns) == contracts.columns("prevalence_simulation")
    keys = simulated[["quantity", "in_care_at_start", "court_share"]].drop_duplicates()
    assert keys.fillna({"in_care_at_start": -1, "court_share": -1}).to_numpy().tolist() == [
        [monte_carlo.SHARE_OF_STARTS, -1, -1],
        [monte_carlo.RATIO, -1, -1],
        *([monte_carlo.OUT_OF_COURT, part, share] for part in (1, 0.7) for share in (0.3, 0.6)),
    ]
    assert simulated["probability"].tolist() == [0.025, 0.5, 0.975] * 6
    assert set(simulated["draws"]) == {20_000} and set(simulated["seed"]) == {2019}


def test_its_bounds_are_those_that_need_no_distribution(simulated, tables):
    """Of the quotients by hand; of the share among cautions those of the set with sampling."""
    low, high = 4450 / 24500, 4550 / 23500
    for quantity, bounds in ((monte_carlo.SHARE_OF_STARTS, (low, high)), (monte_carlo.RATIO, (low / 0.00655, high / 0.00645))):
        ends = of(simulated, quantity)[["bound_lower", "bound_upper"]].drop_duplicates().to_numpy().tolist()
        assert ends == [pytest.approx(bounds)]
    sets = tables["out_of_court_prevalence"].query("uncertainty == 'rounding_and_sampling'").set_index(KEY[:2])
    for row in of(simulated, monte_carlo.OUT_OF_COURT).itertuples():
        expected = sets.loc[(row.in_care_at_start, row.court_share), ["lower", "upper"]]
        assert [row.bound_lower, row.bound_upper] == pytest.approx(expected.tolist())


def test_quantiles_lie_within_the_bounds_and_the_median_near_the_point(simulated, tables):
    assert (simulated["bound_lower"] < simulated["quantile"]).all() and (simulated["quantile"] < simulated["bound_upper"]).all()
    middle = simulated.query("probability == 0.5").set_index(["quantity", "in_care_at_start", "court_share"])
    assert middle["quantile"].iloc[0] == pytest.approx(0.1875, abs=5e-4)
    assert middle["quantile"].iloc[1] == pytest.approx(0.1875 / 0.0065, abs=0.1)
    points = tables["out_of_court_prevalence"].query("uncertainty == 'point'").set_index(KEY[:2])["estimate"]
    for part, share in ((1, 0.3), (0.7, 0.3), (0.7, 0.6)):
        assert middle.loc[(monte_carlo.OUT_OF_COURT, part, share), "quantile"] == pytest.approx(points[part, share], abs=2e-3)


def test_a_part_or_a_court_share_more_changes_no_other_row(simulated):
    more = cautions.simulation(headline(), **(SIMULATED | {"court_shares": [0.1, 0.3, 0.6], "in_care_at_start": [0.9, 1, 0.7]}))
    keys = ["quantity", "in_care_at_start", "court_share", "probability"]
    again = more.merge(simulated[keys], on=keys)
    pd.testing.assert_frame_equal(again.set_index(keys).sort_index(), simulated.set_index(keys).sort_index())


def test_a_court_share_that_the_custodial_starts_rule_out_has_no_bounds_beside_the_simulation_either():
    found = of(cautions.simulation(headline(), [0.05], [1], 7, 1_000), monte_carlo.OUT_OF_COURT)
    table = cautions.tables(headline(), [0.05], [1])["out_of_court_prevalence"].set_index("uncertainty")
    assert not table.loc["rounding_and_sampling", "feasible"]
    assert found[["bound_lower", "bound_upper"]].isna().all(axis=None)


@pytest.mark.parametrize("values", [NARROW, (1253, 42, 0.05, 0.5), (1253, 42, 0.05, 0.9999)])
def test_no_confidence_breaks_the_simulation(values):
    """At 1% the headline interval begins within what rounding leaves."""
    care, confidence = headline(*values), values[-1]
    found = cautions.simulation(care, [0.3], [1], 7, 1_000)
    assert found["quantile"].notna().all()
    assert found["probability"].tolist()[:3] == pytest.approx([(1 - confidence) / 2, 0.5, (1 + confidence) / 2])
    bounds = of(found, monte_carlo.OUT_OF_COURT).iloc[0][["bound_lower", "bound_upper"]].tolist()
    rounding = cautions.over_court_shares(care, [0.3], 1)
    assert bounds[0] <= rounding.low <= rounding.high <= bounds[1]


def test_only_what_rests_on_the_headline_is_supplied_with_it():
    found = cautions.simulation(headline(n=2000), [0.3], [1], 7, 1_000)
    assert found.groupby("quantity")["evidence"].agg(set).to_dict() == {
        monte_carlo.SHARE_OF_STARTS: {"published"},
        monte_carlo.RATIO: {"published"},
        monte_carlo.OUT_OF_COURT: {"supplied"},
    }


def test_the_defaults_of_the_notebook_give_every_table():
    made = cautions.tables(headline(), P.court_shares, P.in_care_at_start)
    rows = len(P.court_shares) * len(P.in_care_at_start)
    assert {name: len(table) for name, table in made.items()} == {
        "out_of_court_prevalence": 3 * rows,
        "out_of_court_curve": 300 * len(P.in_care_at_start),
        "court_share_limits": 3 * len(P.in_care_at_start),
    }
