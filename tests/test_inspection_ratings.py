import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import published
from helpers.errors import InputError
from helpers.inspection_ratings import ASSUMES, COLUMNS, distribution
from tests import known

repeatable = settings(deadline=None, derandomize=True, max_examples=40)
NAMES = published.RATINGS.categories.tolist()


def table(*rows):
    """Service, date, rating of staff and overall."""
    made = pd.DataFrame(list(rows), columns=["service", "date", "staff", "overall"])
    made["date"] = pd.to_datetime(made["date"]).astype("datetime64[s]")
    return made.astype({"staff": published.RATINGS, "overall": published.RATINGS}).assign(score=1, framework="2021")


@pytest.mark.parametrize("method", ["wilson", "clopper_pearson"])
def test_intervals_agree_with_r(method):
    rows = known.read("intervals").query("method == @method and 3 <= n <= 100")
    assert len(rows) > 20
    for row in rows.itertuples():
        grades = ["Good"] * int(row.k) + ["Inadequate"] * int(row.n - row.k)
        made = table(*((f"S{place}", "2022-01-01", grade, None) for place, grade in enumerate(grades)))
        found = distribution(made, row.level, method).query("rating == 'Good'").iloc[0]
        assert (found["services"], found["of"]) == (row.k, row.n)
        np.testing.assert_allclose([found["lower"], found["upper"]], [row.lower, row.upper], rtol=known.TOLERANCE, atol=1e-15)


def test_every_rating_has_a_row_and_items_and_years_keep_their_order():
    found = distribution(table(("B", "2022-05-01", "Good", "Good"), ("A", "2021-05-01", "Good", "Inadequate")))
    assert list(found.columns) == COLUMNS and found["rating"].dtype == published.RATINGS
    assert found["year"].tolist() == [2021] * 8 + [2022] * 8
    assert found["item"].tolist() == (["staff"] * 4 + ["overall"] * 4) * 2
    assert found["rating"].tolist() == NAMES * 4
    assert found["services"].tolist() == [0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0]
    assert set(found["assumes"]) == {ASSUMES} and "which they are not" in ASSUMES
    assert set(found["level"]) == {0.95} and set(found["method"]) == {"wilson"}


def test_a_year_without_a_rated_service_is_left_out_for_that_item():
    found = distribution(table(("A", "2021-05-01", None, "Good"), ("A", "2023-05-01", "Good", None)))
    assert list(zip(found["year"], found["item"], strict=True))[::4] == [(2021, "overall"), (2023, "staff")]


def test_a_service_inspected_twice_in_a_year_counts_once_by_its_last_rating():
    found = distribution(
        table(("A", "2022-09-01", None, "Good"), ("A", "2022-01-01", "Good", "Inadequate"), ("B", "2022-01-01", "Good", "Good"))
    )
    counts = found.set_index(["item", "rating"])["services"]
    assert counts["overall", "Good"] == 2 and counts["overall", "Inadequate"] == 0 and counts["staff", "Good"] == 2


def test_no_row_gives_no_row_of_the_same_types():
    empty = distribution(table())
    assert len(empty) == 0 and list(empty.columns) == COLUMNS
    assert empty.dtypes.equals(distribution(table(("A", "2022-01-01", "Good", "Good"))).dtypes)


@pytest.mark.parametrize(("settings_", "says"), [((1,), "confidence lies between"), ((0.9, "wilso"), "did you mean 'wilson'")])
def test_wrong_settings_are_refused_also_without_a_row(settings_, says):
    with pytest.raises(InputError, match=says):
        distribution(table(), *settings_)


grade = st.sampled_from([*NAMES, None])
lists = st.lists(st.tuples(st.sampled_from("ABCDEF"), st.sampled_from(["2021-01-01", "2021-12-31", "2022-06-01"]), grade, grade))


@repeatable
@given(lists.filter(len), st.integers(0, 99))
def test_shares_add_up_lie_in_their_limits_and_do_not_depend_on_the_order_of_services(rows, seed):
    made = table(*rows).drop_duplicates(["service", "date"])
    found = distribution(made)
    groups = found.groupby(["year", "item"], sort=False)
    assert (groups["services"].sum() == groups["of"].first()).all() and (groups.size() == 4).all()
    assert np.allclose(groups["share"].sum(), 1)
    assert ((found["lower"] <= found["share"] + 1e-12) & (found["share"] <= found["upper"] + 1e-12)).all()
    pd.testing.assert_frame_equal(distribution(made.sample(frac=1, random_state=seed)), found)
