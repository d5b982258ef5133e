import re

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy import stats

from helpers import contracts, intervals, published, published_ratings, ratings
from helpers.cases import Refused
from helpers.errors import InputError
from helpers.parameters import RatingComparisons
from helpers.ratings import CARE_GROUPS, STANDARDS
from tests import known
from tests.made_up_cases import csv, put
from tests.test_cases_ratings import GOOD, LOWER, row, table

INSIDE, OUTSIDE = "in_care_inside", "in_care_outside"
BY_SIZE = {"rating_lattice", "rating_pooled", "rating_envelope", "rating_power", "rating_by_chance"}


def made(**values):
    return published_ratings.tables(RatingComparisons(cases="", **values))


@pytest.fixture(scope="module")
def default():
    return made()


def test_tables_have_the_promised_columns_and_no_note_of_ours_is_left_out(default):
    assert list(default) == [name for name in contracts.WRITTEN_BY["03_rating_comparisons"] if name in default]
    sizes = {name: len(rows) for name, rows in default.items()}
    assert sizes == {
        "rating_order": 3,
        "rating_bounds": 48,
        "rating_consequences": 4,
        "rating_tests": 7,
        "rating_lattice": 12,
        "rating_pooled": 8,
        "rating_envelope": 12,
        "rating_cases_needed": 18,
        "rating_power": 18,
        "rating_by_chance": 12,
    }
    for name, rows in default.items():
        assert list(rows.columns) == contracts.columns(name), name
        if "assumes" in rows:
            assert rows["assumes"].str.len().gt(20).all(), name


# --- evidence


def test_everything_is_published_with_the_numbers_of_cases_that_we_assume(default):
    assert {evidence for rows in default.values() for evidence in rows["evidence"]} == {"published"}
    for name, rows in made(sizes=[927, 206, 120]).items():
        assert_frame_equal(rows, default[name])


@pytest.mark.parametrize("sizes", [[928, 206, 120], [0, 0, 0]])
def test_what_rests_on_other_numbers_of_cases_is_supplied_and_nothing_else(default, sizes):
    for name, rows in made(sizes=sizes).items():
        assert set(rows["evidence"]) == {"supplied" if name in BY_SIZE else "published"}, name
        if name not in BY_SIZE:
            assert_frame_equal(rows, default[name])


# --- numbers that stand in docs/method.md


def test_counts_that_give_a_rating(default):
    lattice = default["rating_lattice"].set_index(["group", "rating"])
    assert lattice.loc[("not_in_care", "Good"), ["cases", "count_low", "count_high"]].tolist() == [927, 598, 736]
    assert lattice.loc[(INSIDE, "Requires improvement"), ["cases", "count_low", "count_high"]].tolist() == [206, 102, 132]
    assert lattice.loc[(OUTSIDE, "Outstanding"), ["cases", "count_high"]].tolist() == [120, 120]
    shares = default["rating_lattice"]
    assert (shares["share_low"] == shares["count_low"] / shares["cases"]).all()
    assert (shares["share_high"] == shares["count_high"] / shares["cases"]).all()


def test_groups_together(default):
    pooled = default["rating_pooled"].set_index(["standard", "cases"])
    assert set(pooled.index.get_level_values("cases")) == {1253, 326}
    planning = pooled.loc[("planning", 1253), ["share_low", "share_high"]].astype(float)
    assert (100 * planning).round(2).tolist() == [60.6, 75.6]
    assert pooled.loc[("delivery", 326), ["share_low", "share_high"]].tolist() == [0.495, 0.795]
    assert pooled.loc[("delivery", 326), "groups"] == "in_care_inside, in_care_outside"


def test_the_envelope_of_sampling(default):
    envelope = default["rating_envelope"].set_index(["standard", "group", "reference"])
    found = envelope.loc[("planning", INSIDE, "not_in_care")]
    assert [round(found[end], 3) for end in ("difference_lower", "difference_upper")] == [-0.371, 0.066]
    assert (found["n"], found["n_reference"], found["level"]) == (206, 927, 0.95)
    assert set(envelope["sign"]) == {"not_identified"}


def test_cases_that_make_sure_of_good(default):
    needed = default["rating_cases_needed"].set_index(["deff", "share"])
    assert needed.loc[1.0, "cases_needed"].to_dict() == {0.66: 2770, 0.67: 998, 0.68: 508, 0.7: 200, 0.72: 139, 0.75: 260}
    # The design effect multiplies; what is not whole is rounded up.
    assert needed.loc[1.5, "cases_needed"].tolist() == [4155, 1497, 762, 300, 209, 390]
    assert needed.loc[2.0, "cases_needed"].tolist() == [5540, 1996, 1016, 400, 278, 520]
    assert needed.loc[(1.0, 0.7), "with_30_cases"] == pytest.approx(0.571, abs=5e-4)
    assert set(needed["rating"]) == {"Good"} and set(needed["assurance"]) == {0.95}


def test_chances_of_finding_a_difference(default):
    power = default["rating_power"].set_index(["group", "reference", "reference_share", "deff"])["power"]
    assert power[INSIDE, "not_in_care", 0.7, 1.0] == pytest.approx(0.787, abs=5e-4)
    assert power[INSIDE, "not_in_care", 0.7, 1.5] == pytest.approx(0.619, abs=5e-4)
    assert power[OUTSIDE, INSIDE, 0.68, 1.0] == pytest.approx(0.31, abs=5e-3)
    rows = default["rating_power"]
    # At the first step of Holm's method over twelve tests.
    alone = made(confidence=1 - 0.05 / 12)["rating_power"]["power"]
    assert rows["power_of_twelve"].tolist() == pytest.approx(alone.tolist(), rel=1e-9)
    assert set(rows["share"]) == {0.6} and set(rows["level"]) == {0.95}
    sizes = dict(zip(CARE_GROUPS, (927, 206, 120), strict=True))
    assert (rows["cases"] == rows["group"].map(sizes)).all()
    assert (rows["reference_cases"] == rows["reference"].map(sizes)).all()


def test_chances_of_a_rating_below_good_where_nothing_differs(default):
    """By the binomial distribution: each question is at least 65% if at least 64.5% of its cases are sufficient."""
    rows = default["rating_by_chance"]
    assert rows["shares"].drop_duplicates().tolist() == ["76%, 70%, 68%", "70%, 70%, 70%"]
    for found in rows.itertuples():
        n = int(found.cases / found.deff)
        least = -(-645 * n // 1000)
        good = np.prod([stats.binom.sf(least - 1, n, int(share) / 100) for share in re.findall(r"\d+", found.shares)])
        assert found.p_lower_than_good == pytest.approx(1 - good, rel=1e-9, abs=1e-12)
    # Fewer cases, and cases that are more alike, fall below more often.
    by_group = rows.groupby("group", sort=False)["p_lower_than_good"].mean()
    assert by_group.index.tolist() == list(CARE_GROUPS) and by_group.is_monotonic_increasing
    assert (
        rows["p_lower_than_good"][rows["deff"] == 1.5].to_numpy() > rows["p_lower_than_good"][rows["deff"] == 1].to_numpy()
    ).all()


def test_consequences_are_fractions(default):
    ends = default["rating_consequences"][["difference_lower", "difference_upper"]].round(4).to_numpy().tolist()
    assert ends == [[-0.3, 0], [-0.505, 0], [-0.505, 0.355], [-0.4367, 0.2367]]


def test_tests_that_do_not_hold_are_all_called_so(default):
    tests = default["rating_tests"]
    assert set(tests["valid"]) == {"no"}
    assert tests["p_one_sided"].round(3).tolist() == [0.25, 0.125, 0.5, 0.031, 0.037, 0.333, 0.167]


# --- parameters


def ends_of(rows, convention, group=INSIDE, standard="planning"):
    found = (
        rows["rating_bounds"]
        .set_index(["convention", "group", "reference", "standard"])
        .loc[convention, group, "not_in_care", standard]
    )
    return [round(found[end], 10) for end in ("difference_lower", "difference_upper")]


@pytest.mark.parametrize(("discretion", "ends"), [(0, [-0.4, 0.1]), (2.5, [-0.35, 0.05])])
def test_points_of_discretion_widen_their_own_rows_alone(default, discretion, ends):
    found = made(discretion=discretion)
    assert ends_of(found, "discretion") == ends
    rows = found["rating_bounds"]
    moved = rows["convention"] == "discretion"
    assert_frame_equal(rows[~moved], default["rating_bounds"][~moved])
    assert rows.loc[moved, "assumes"].str.contains(f"within {discretion or 5:g} points").all()
    for name in set(found) - {"rating_bounds"}:
        assert_frame_equal(found[name], default[name])


@pytest.mark.parametrize(
    ("values", "pairs"),
    [
        ({"family": "against_reference"}, [(INSIDE, "not_in_care"), (OUTSIDE, "not_in_care")]),
        ({"reference": OUTSIDE, "family": "against_reference"}, [("not_in_care", OUTSIDE), (INSIDE, OUTSIDE)]),
    ],
)
def test_reference_and_family_say_what_is_compared(values, pairs):
    found = made(**values)
    for name in ["rating_order", "rating_bounds", "rating_envelope"]:
        assert found[name][["group", "reference"]].drop_duplicates().apply(tuple, axis=1).tolist() == pairs, name
    assert len(found["rating_bounds"]) == 4 * 4 * len(pairs) and len(found["rating_envelope"]) == 4 * len(pairs)


def test_groups_of_another_column_do_not_change_what_table_1_is_compared_with(default):
    other = RatingComparisons.model_construct(cases="own.csv", group_by="region", reference="east")
    for name, rows in published_ratings.tables(other).items():
        assert_frame_equal(rows, default[name])


def test_confidence_sets_the_envelope_and_the_power(default):
    found = made(confidence=0.99)
    wider, narrower = (rows["rating_envelope"] for rows in (found, default))
    assert (wider["difference_lower"] < narrower["difference_lower"]).all()
    assert (wider["difference_upper"] > narrower["difference_upper"]).all()
    assert (found["rating_power"]["power"] < default["rating_power"]["power"]).all()
    for name in ["rating_envelope", "rating_power"]:
        assert set(found[name]["level"]) == {0.99}
    assert_frame_equal(found["rating_bounds"], default["rating_bounds"])


def test_groups_of_no_case_or_one_have_rows_with_a_reason():
    found = made(sizes=[0, 1, 120])
    lattice = found["rating_lattice"].set_index(["group", "rating"])
    assert lattice.loc["not_in_care", "count_low"].isna().all()
    assert lattice.loc[INSIDE, "count_low"].notna().to_dict() == dict(
        zip(published.RATINGS.categories, [True, False, False, True], strict=True)
    )
    envelope = found["rating_envelope"]
    without = (envelope["n"] < 2) | (envelope["n_reference"] < 2)
    assert without.any() and envelope.loc[without, "difference_lower"].isna().all()
    assert (envelope["reason"].str.len() > 0).tolist() == without.tolist()
    power = found["rating_power"]
    for name in ["power", "power_of_twelve"]:
        assert power[name].isna().tolist() == [True] * 12 + [False] * 6
    by_chance = found["rating_by_chance"].set_index(["group", "deff"])["p_lower_than_good"]
    assert by_chance["not_in_care"].isna().all() and by_chance[INSIDE, 1.5].isna().all() and by_chance[OUTSIDE].notna().all()
    # Those in care can still be put together.
    pooled = found["rating_pooled"]
    assert pooled.loc[pooled["cases"] == 121, "share_low"].notna().all()


# --- ratings of services


def written(folder, *rows):
    return str(put(folder, "ratings.csv", csv(table(*rows))))


def distribution(path, **values):
    return published_ratings.distribution(RatingComparisons(cases="", inspection_ratings=path, **values))


def test_without_a_table_of_ratings_there_is_no_row():
    found = distribution("")
    assert found.empty and list(found.columns) == contracts.columns("rating_distribution")


def test_services_are_counted_by_year_with_limits_of_r(tmp_path):
    low = [LOWER] * 12
    rows = [row(service=f"S{place}", date="2022-03-01") for place in range(5)]
    rows += [
        row(low, service="T", date="2023-05-01"),
        row(service="S0", date="2023-02-01"),
        row(low, service="S0", date="2023-11-01"),
    ]
    found = distribution(written(tmp_path, *rows))
    assert list(found.columns) == contracts.columns("rating_distribution") and set(found["evidence"]) == {"supplied"}
    overall = found[found["item"] == "overall"].set_index(["year", "rating"])
    assert overall["services"].to_dict() == {
        (2022, "Inadequate"): 0,
        (2022, LOWER): 0,
        (2022, GOOD): 5,
        (2022, "Outstanding"): 0,
        (2023, "Inadequate"): 0,
        # A service inspected twice counts by its last rating.
        (2023, LOWER): 2,
        (2023, GOOD): 0,
        (2023, "Outstanding"): 0,
    }
    wilson = known.read("intervals").query("method == 'wilson' and n == 5 and level == 0.95").set_index("k")
    for rating, k in ((GOOD, 5), (LOWER, 0)):
        limits = overall.loc[(2022, rating), ["share", "lower", "upper"]].astype(float).tolist()
        assert limits == pytest.approx([k / 5, *wilson.loc[k, ["lower", "upper"]]], rel=known.TOLERANCE, abs=1e-15)
    # Resettlement, which no service has rated, has no row; the twelve standards have.
    assert found["item"].nunique() == 13


def test_confidence_sets_the_limits_of_ratings(tmp_path):
    found = distribution(written(tmp_path, row()), confidence=0.8)
    assert set(found["level"]) == {0.8}
    good = found.query("item == 'overall' and rating == 'Good'").squeeze()
    assert (good["lower"], good["upper"]) == tuple(intervals.binomial(1, 1, 0.8))


def test_a_table_that_breaks_its_contract_is_refused_before_anything_is_made(tmp_path):
    path = written(tmp_path, row(score="3"))
    with pytest.raises(InputError, match="parameter inspection_ratings: .*row 2, score"):
        RatingComparisons(cases="", inspection_ratings=path)
    changed = RatingComparisons.model_construct(cases="", inspection_ratings=path)
    with pytest.raises(Refused):
        published_ratings.distribution(changed)


def test_order_and_bounds_are_of_table_1(default):
    order = default["rating_order"].set_index(["group", "reference"])
    assert order["lower"].tolist() == [2, 3, 1] and order["higher"].tolist() == [0, 0, 0]
    assert order.loc[(OUTSIDE, INSIDE), "lower_in"] == "delivery"
    rounded = default["rating_bounds"].query("convention == 'rounded'")
    assert (rounded["sign"] == "lower").sum() == 6 and len(rounded) == 12
    assert ends_of(default, "rounded") == [-0.3, 0] and ends_of(default, "rounded", standard="assessment") == [-0.15, 0.15]
    assert ends_of(default, "integer") == [-0.29, -0.01]
    assert set(default["rating_bounds"]["standard"]) == set(STANDARDS)
    assert not np.isnan(rounded[["difference_lower", "difference_upper"]].to_numpy()).any()
    expected = ratings.compare_order(published.table_1(), ratings.pairs(CARE_GROUPS, "not_in_care", "all_pairs"))
    assert_frame_equal(default["rating_order"], pd.DataFrame(expected)[contracts.columns("rating_order")])
