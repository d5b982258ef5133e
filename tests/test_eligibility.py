"""Who is eligible: each case in one stratum, each child once, and every case left out counted."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import eligibility, fieldwork
from helpers.errors import InputError
from helpers.parameters import FieldworkSampling

AREAS = ["North", "South, East & West"]
SOUTH = AREAS[1]
repeatable = settings(deadline=None, derandomize=True, max_examples=10)


def frame(*rows, **columns):
    """A list of cases from pairs of home and supervising area."""
    table = pd.DataFrame(rows, columns=["home_area", "supervising_area"]).assign(case_id=[f"c{n}" for n in range(len(rows))])
    for name, values in columns.items():
        table[name] = pd.Series(values, dtype={"looked_after": "boolean", "opened": "datetime64[s]"}.get(name, "str"))
    return table


def found(table, looked_after_only=False, areas=AREAS, **time):
    """The eligible cases in words, and the steps."""
    counted = eligibility.eligible(table, areas, looked_after_only, **time)
    rows = counted.cases[["case_id", "area", "arm", "twice"]].astype({"area": "str", "arm": "str"})
    return rows.to_numpy().tolist(), counted.steps


def kept(table, looked_after_only=False, **time):
    return [row[0] for row in found(table, looked_after_only, **time)[0]]


# --- strata


def test_a_case_is_hosted_placed_out_or_out_of_scope():
    rows, steps = found(frame(("Kent", "North"), ("North", "Kent"), ("North", "North"), ("Kent", "Essex"), ("Kent", "Kent")))
    assert rows == [["c0", "North", "hosted", False], ["c1", "North", "placed_out", False]]
    assert steps == {"listed": 5, "out_of_scope": 3, "eligible": 2, "eligible_twice": 0}


def test_a_case_that_is_eligible_twice_is_counted_once_and_hosted():
    rows, steps = found(frame(("North", SOUTH), (SOUTH, "North"), ("North", "Kent")))
    assert rows == [["c0", SOUTH, "hosted", True], ["c1", "North", "hosted", True], ["c2", "North", "placed_out", False]]
    assert steps == {"listed": 3, "out_of_scope": 0, "eligible": 3, "eligible_twice": 2}


def test_the_areas_of_the_list_may_be_categories_of_any_kind():
    table = frame(("Kent", "North"), ("North", "Kent"), ("North", "North"), ("North", SOUTH), ("Kent", "Kent"))
    shared = pd.CategoricalDtype(["Kent", "North", SOUTH, "of no case"])
    alike = table.astype({"home_area": shared, "supervising_area": shared})
    other = table.astype({"home_area": "category", "supervising_area": pd.CategoricalDtype([SOUTH, "North", "Kent"])})
    assert found(alike) == found(other) == found(table)


def test_areas_keep_the_order_in_which_they_are_named_and_may_have_no_case():
    counted = eligibility.eligible(frame(("Kent", "North")), ["Nowhere", *AREAS])
    assert list(counted.cases["area"].cat.categories) == ["Nowhere", *AREAS]
    assert list(counted.cases["arm"].cat.categories) == ["hosted", "placed_out"]


def test_a_list_without_cases_has_an_empty_funnel():
    rows, steps = found(eligibility.NO_CASES)
    assert rows == [] and steps == {"listed": 0, "out_of_scope": 0, "eligible": 0, "eligible_twice": 0}


# --- one case a child


def test_of_the_cases_of_a_child_a_hosted_one_counts():
    rows = [("North", "Kent"), ("Kent", "North"), ("North", "Kent")]
    assert kept(frame(*rows, child_id=["A"] * 3, opened=["2012-01-03", "2012-01-01", None])) == ["c1"]


def test_of_equal_arms_the_case_opened_last_counts_and_one_without_a_day_comes_last():
    rows = [("Kent", "North")] * 4
    assert kept(frame(*rows, child_id=["A"] * 4, opened=["2012-01-02", "2012-01-05", None, "2012-01-03"])) == ["c1"]
    assert kept(frame(*rows, child_id=["A"] * 4, opened=[None, None, "1990-01-01", None])) == ["c2"]


def test_of_cases_opened_on_one_day_the_first_by_case_id_counts_whatever_the_order_of_the_list():
    table = frame(*[("Kent", "North")] * 4, child_id=["A", "A", "B", "B"], opened=["2012-01-02"] * 4)
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]):
        assert sorted(kept(table.iloc[order])) == ["c0", "c2"]
        assert sorted(kept(table.iloc[order].drop(columns="opened"))) == ["c0", "c2"]


def test_a_case_without_a_child_stands_for_itself():
    table = frame(*[("Kent", "North")] * 4, child_id=[None, None, "A", "A"])
    rows, steps = found(table)
    assert [row[0] for row in rows] == ["c0", "c1", "c2"]
    assert steps["same_child"] == 1


def test_a_case_out_of_scope_does_not_count_for_its_child():
    assert kept(frame(("North", "North"), ("North", "Kent"), child_id=["A", "A"], opened=["2012-02-01", "2012-01-01"])) == ["c1"]


def test_a_child_with_cases_in_two_strata_is_in_one():
    rows, steps = found(frame(("North", "Kent"), ("North", SOUTH), (SOUTH, "Kent"), child_id=["A"] * 3))
    assert rows == [["c1", SOUTH, "hosted", True]] and steps["same_child"] == 2


# --- looked after


def test_only_children_known_to_be_looked_after_are_eligible_where_that_is_asked():
    table = frame(*[("Kent", "North")] * 3, ("Kent", "Kent"), looked_after=[True, False, None, False])
    rows, steps = found(table, looked_after_only=True)
    assert [row[0] for row in rows] == ["c0"]
    assert (steps["not_looked_after"], steps["looked_after_unknown"], steps["out_of_scope"]) == (1, 1, 1)
    assert kept(table) == ["c0", "c1", "c2"] and "not_looked_after" not in found(table)[1]


def test_a_case_that_is_not_looked_after_does_not_stand_in_the_way_of_another_of_the_child():
    table = frame(*[("Kent", "North")] * 2, child_id=["A", "A"], opened=["2012-02-01", "2012-01-01"], looked_after=[False, True])
    assert kept(table, looked_after_only=True) == ["c1"] and kept(table) == ["c0"]


# --- opened in a time

DAYS = ["2012-03-31", "2012-04-01", "2012-06-30", "2012-07-01", None]


@pytest.mark.parametrize(
    ("time", "cases", "outside"),
    [
        ({"opened_from": "2012-04-01", "opened_to": "2012-06-30"}, ["c1", "c2"], 2),
        ({"opened_from": "2012-04-01"}, ["c1", "c2", "c3"], 1),
        ({"opened_to": "2012-03-31"}, ["c0"], 3),
        ({"opened_from": "2012-06-30", "opened_to": "2012-06-30"}, ["c2"], 3),
        ({"opened_from": "0001-01-01", "opened_to": "9999-12-31"}, ["c0", "c1", "c2", "c3"], 0),
    ],
    ids=str,
)
def test_only_cases_opened_in_the_time_asked_for_are_eligible_both_days_included(time, cases, outside):
    table = frame(*[("Kent", "North")] * 5, ("Kent", "Kent"), opened=[*DAYS, "2012-05-01"])
    rows, steps = found(table, **time)
    assert [row[0] for row in rows] == cases
    assert steps == {
        "listed": 6,
        "out_of_scope": 1,
        "opened_unknown": 1,
        "opened_outside": outside,
        "eligible": len(cases),
        "eligible_twice": 0,
    }
    assert kept(table) == ["c0", "c1", "c2", "c3", "c4"] and "opened_unknown" not in found(table)[1]


def test_a_case_opened_at_another_time_does_not_stand_in_the_way_of_another_of_the_child():
    table = frame(*[("Kent", "North")] * 2, child_id=["A", "A"], opened=["2012-07-01", "2012-04-01"])
    assert kept(table) == ["c0"] and kept(table, opened_to="2012-06-30") == ["c1"]


def test_a_case_that_is_left_out_for_two_reasons_is_counted_once():
    table = frame(*[("Kent", "North")] * 3, opened=["2012-07-01", None, "2012-04-01"], looked_after=[False, False, False])
    steps = found(table, looked_after_only=True, opened_to="2012-06-30")[1]
    assert (steps["opened_outside"], steps["opened_unknown"], steps["not_looked_after"], steps["eligible"]) == (1, 1, 1, 0)


# --- the funnel

places = st.sampled_from(["North", SOUTH, "Kent", "Essex"])
any_day = st.sampled_from(DAYS)
any_case = st.tuples(places, places, st.sampled_from(["A", "B", "C", None]), st.sampled_from([True, False, None]), any_day)
any_time = st.sampled_from(["", *DAYS[:-1]])


@repeatable
@given(st.lists(any_case, max_size=12), st.booleans(), st.booleans(), any_time, any_time)
def test_the_steps_add_up_and_no_child_is_there_twice(rows, children, looked_after_only, first, last):
    _, _, child_ids, after, opened = zip(*rows, strict=True) if rows else [[]] * 5
    table = frame(*[row[:2] for row in rows], child_id=child_ids, looked_after=after, opened=opened)
    table = table if children else table.drop(columns="child_id")
    counted = eligibility.eligible(table, AREAS, looked_after_only, first, last)
    if first or last:
        assert counted.cases["opened"].between(first or "0001-01-01", last or "9999-12-31").all()
    funnel = counted.funnel("supplied").set_index("step")["cases"]
    assert funnel[[step for step in eligibility.PARTS if step in funnel]].sum() == funnel["listed"] == len(rows)
    assert funnel["eligible"] == len(counted.cases) and counted.cases["case_id"].is_unique
    assert funnel["eligible_twice"] == counted.cases["twice"].sum()
    if children:
        child = table.set_index("case_id")["child_id"].reindex(counted.cases["case_id"]).dropna()
        assert child.is_unique
    again = eligibility.eligible(table.iloc[::-1], AREAS, looked_after_only, first, last)
    assert again.steps == counted.steps and set(again.cases["case_id"]) == set(counted.cases["case_id"])


def test_the_funnel_says_what_each_step_means_and_leaves_out_those_not_asked():
    plain = eligibility.eligible(frame(("Kent", "North")), AREAS).funnel("supplied")
    assert plain["step"].tolist() == ["listed", "out_of_scope", "eligible", "eligible_twice"]
    assert list(plain.columns) == ["step", "meaning", "cases", "evidence"] and plain["meaning"].str.len().gt(0).all()
    table = frame(("Kent", "North"), child_id=["A"], looked_after=[True], opened=["2012-04-01"])
    whole = eligibility.eligible(table, AREAS, looked_after_only=True, opened_from="2012-04-01")
    assert whole.funnel("supplied")["step"].tolist() == list(eligibility.SCOPE)


# --- areas outside the main fieldwork


def test_outside_leaves_out_the_cases_of_the_main_fieldwork_and_their_children():
    homes = [("Kent", "North"), ("Kent", "Essex"), ("Kent", "Essex"), ("North", "Essex"), ("Kent", "Essex"), ("Kent", "North")]
    table = frame(*homes, child_id=["A", "A", "B", "C", None, None])
    rest = eligibility.outside(table, eligibility.eligible(table, AREAS))
    assert rest["case_id"].tolist() == ["c2", "c4"]
    plain = table.drop(columns="child_id")
    assert eligibility.outside(plain, eligibility.eligible(plain, AREAS))["case_id"].tolist() == ["c1", "c2", "c4"]


def own_list(folder):
    """A hosted child of North, whose other order is in Essex, and five other children in Essex, one of them from North."""
    homes = ["Kent", "Kent", "Kent", "Kent", "Kent", "North", "Kent"]
    table = frame(*zip(homes, ["North", *["Essex"] * 6], strict=True), child_id=["A", "A", "B", "C", "D", "E", "B"])
    path = folder / "own.csv"
    table.to_csv(path, index=False)
    return str(path)


def test_a_supplementary_area_holds_no_case_and_no_child_of_the_main_fieldwork(tmp_path):
    parameters = FieldworkSampling(frame=own_list(tmp_path), areas=["North"], supplementary=["Essex"], reserves_per_arm=0)
    drawn = fieldwork.drawn(parameters)
    assert drawn.sheet["case_id"].tolist() == ["c0", "c5"]
    assert sorted(drawn.supplementary["case_id"]) == ["c2", "c3", "c4"]
    everything = drawn.all_drawn()
    assert everything["role"].tolist() == ["sample"] * 2 + ["supplementary"] * 3
    assert everything["weight"].notna().tolist() == [True] * 2 + [False] * 3


def test_supplementary_areas_change_nothing_of_the_main_fieldwork(tmp_path):
    path = own_list(tmp_path)
    plain, more = (
        fieldwork.drawn(FieldworkSampling(frame=path, areas=["North"], supplementary=extra)) for extra in ([], ["Essex"])
    )
    pd.testing.assert_frame_equal(plain.sheet, more.sheet)
    assert plain.eligible.steps == more.eligible.steps and plain.supplementary.empty


def test_a_list_without_an_eligible_case_is_refused(tmp_path):
    path = tmp_path / "own.csv"
    frame(("North", "North"), ("Kent", "Kent")).to_csv(path, index=False)
    with pytest.raises(InputError, match="no case is in scope"):
        FieldworkSampling(frame=str(path), areas=["North"])


def test_the_days_and_places_of_an_eligible_case_are_those_of_its_row():
    table = frame(("Kent", "Kent"), ("North", "Kent"), opened=["2012-01-01", "2012-01-02"]).set_index(np.array([5, 5]))
    counted = eligibility.eligible(table, AREAS).cases
    assert counted["opened"].tolist() == [pd.Timestamp("2012-01-02")] and counted.index.tolist() == [0]


def test_capitals_make_no_other_child():
    frame = pd.DataFrame(
        {"case_id": ["a", "b"], "child_id": ["C1", "c1"], "home_area": ["Kent", "Kent"], "supervising_area": ["North", "North"]}
    )
    assert eligibility.eligible(frame, ["North"]).steps["same_child"] == 1
