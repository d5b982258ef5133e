"""What came back from a fieldwork, held against the draw, and counted."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import contracts, draw, eligibility, returns
from helpers.cases.contracts import STATUSES
from helpers.errors import InputError
from tests.made_up_cases import SECRET

repeatable = settings(deadline=None, derandomize=True, max_examples=8)
AREAS = ["North", "South"]


def design(reserves=2):
    """Three asked of each arm: many hosted in the North, two placed out from it, and many hosted in the South."""
    places = [("Kent", "North")] * 9 + [("North", "Kent")] * 2 + [("Kent", "South")] * 9 + [("Kent", "Far")] * 2
    frame = pd.DataFrame(places, columns=["home_area", "supervising_area"])
    frame["case_id"] = [f"{SECRET}-{n}" for n in range(len(places))]
    frame["good"] = pd.array([True, False, None, True] * 5 + [True, False], dtype="boolean")
    counted = eligibility.eligible(frame, AREAS).cases
    allocation = draw.allocate(counted, AREAS, 3, "accept", "supplied")
    sheet = draw.sample(counted, allocation, 7, reserves)
    far = draw.supplementary(eligibility.eligible(frame, ["Far"]).cases, ["Far"], 3, 7, "supplied")
    return frame, allocation, pd.concat([sheet, far], ignore_index=True)


FRAME, ALLOCATION, SHEET = design()
SAMPLE = SHEET["case_id"][SHEET["role"] == "sample"].tolist()


def drawn(area, order, arm="hosted"):
    """The case in a place of a stratum; the sample is 1 to 3, and 4 and 5 are its reserves."""
    return SHEET["case_id"][(SHEET["area"] == area) & (SHEET["arm"] == arm) & (SHEET["order"] == order)].item()


def judged(*rows):
    """Returns as the reader of lists gives them, from case, status, the case replaced, and the outcome."""
    table = pd.DataFrame([(*row, *[None] * (4 - len(row))) for row in rows], columns=["case_id", "status", "replaces", "good"])
    types = {"case_id": "str", "status": pd.CategoricalDtype(STATUSES), "replaces": "str", "good": "boolean"}
    return table.astype(types)


def refused(*rows, table=None):
    with pytest.raises(InputError) as error:
        returns.check(SHEET, judged(*rows) if table is None else table)
    text = str(error.value)
    assert SECRET.lower() not in text.lower() and "\n" not in text
    return text


LOST = (drawn("North", 1), "refused")
OTHER = (drawn("North", 2), "inspected")


# --- returns that do not fit the draw


def test_a_case_that_was_not_drawn_is_refused():
    undrawn = next(case for case in FRAME["case_id"] if case not in set(SHEET["case_id"]))
    assert refused(OTHER, (undrawn, "inspected")).startswith("row 3 holds a case that was not drawn")
    assert refused((undrawn, "inspected"), OTHER, (f"{SECRET}-unknown", "refused")).startswith("rows 2 and 4 ")


def test_a_reserve_must_say_which_case_it_stands_in_for():
    text = refused(LOST, (drawn("North", 4), "inspected"))
    assert text.startswith("row 3 holds a reserve case and replaces is blank")


def test_a_case_of_the_sample_replaces_no_other():
    text = refused(LOST, (drawn("North", 2), "inspected", drawn("North", 1)))
    assert text.startswith("row 3 holds a case of the sample, which replaces no other")


def test_the_case_replaced_needs_a_row_of_its_own():
    text = refused(OTHER, (drawn("North", 4), "inspected", drawn("North", 1)))
    assert text.startswith("row 3: replaces names a case that has no row of its own")
    assert "no row of its own" in refused(OTHER, (drawn("North", 4), "inspected", f"{SECRET}-unknown"))


@pytest.mark.parametrize("other", [drawn("South", 1), drawn("North", 1, "placed_out"), drawn("Far", 1)])
def test_a_reserve_stands_in_within_its_own_stratum(other):
    text = refused((other, "refused"), (drawn("North", 4), "inspected", other))
    assert text.startswith("row 3: replaces names a case of another area or arm")


def test_a_reserve_does_not_stand_in_for_one_that_comes_after_it():
    rows = [LOST, (drawn("North", 4), "inspected", drawn("North", 5)), (drawn("North", 5), "refused", drawn("North", 1))]
    assert refused(*rows).startswith("row 3: replaces names a reserve that comes after it")


def test_reserves_are_used_in_order():
    text = refused(LOST, (drawn("North", 5), "inspected", drawn("North", 1)))
    assert text.startswith("row 3 holds a reserve case out of order")


def test_the_order_of_reserves_is_that_of_each_stratum():
    rows = [LOST, (drawn("North", 4), "inspected", drawn("North", 1)), (drawn("South", 1), "refused")]
    assert "out of order" in refused(*rows, (drawn("South", 5), "inspected", drawn("South", 1)))
    returns.check(SHEET, judged(*rows, (drawn("South", 4), "inspected", drawn("South", 1))))


# --- returns that fit


def test_reserves_that_follow_each_other_are_accepted_in_any_order_of_the_rows():
    rows = [LOST, OTHER, (drawn("North", 4), "refused", drawn("North", 1)), (drawn("North", 5), "inspected", drawn("North", 4))]
    for order in (rows, rows[::-1]):
        returns.check(SHEET, judged(*order))


def test_replaces_may_be_written_with_other_capitals():
    for write in (str.upper, str.lower):
        returns.check(SHEET, judged(LOST, (drawn("North", 4), "inspected", write(drawn("North", 1)))))
        other = drawn("South", 1)
        text = refused((other, "refused"), (drawn("North", 4), "inspected", write(other)))
        assert "of another area or arm" in text


def test_returns_without_the_column_replaces_are_accepted_where_no_reserve_was_used():
    returns.check(SHEET, judged(LOST, OTHER).drop(columns="replaces"))
    assert "replaces is blank" in refused(table=judged((drawn("North", 4), "inspected")).drop(columns="replaces"))


@pytest.mark.parametrize("name", ["area", "arm", "role", "order", "row", "weight", "evidence", "became", "yes"])
def test_an_outcome_may_be_called_as_a_column_of_the_sheet_is(name):
    table = judged(LOST, (*OTHER, None, True)).rename(columns={"good": name})
    worked = returns.from_judgements(SHEET, table, name)
    assert worked["yes"].sum() == 1 and worked.columns.is_unique
    assert returns.by_stratum(worked, ALLOCATION, SHEET)["yes"].sum() == 1


def test_a_draw_without_reserves_takes_returns():
    _, _, sheet = design(reserves=0)
    returns.check(sheet, judged(LOST, OTHER))


def test_the_rows_of_returns_may_have_any_index():
    table = judged(LOST, OTHER, (drawn("North", 4), "inspected", drawn("North", 1), True))
    strange = table.set_index(np.array([7, 7, 3]))
    pd.testing.assert_frame_equal(returns.from_judgements(SHEET, table, "good"), returns.from_judgements(SHEET, strange, "good"))
    assert refused(table=strange.iloc[1:]).startswith("row 3: ")


# --- what became of each case


def test_each_case_of_the_sample_and_each_reserve_used_has_what_became_of_it():
    rows = [
        (drawn("North", 1), "refused"),
        (drawn("North", 2), "inspected", None, True),
        (drawn("North", 3), "inspected", None, None),
        (drawn("North", 4), "inspected", drawn("North", 1), False),
        (drawn("South", 1), "file_unusable"),
        (drawn("South", 2), "found_ineligible"),
        (drawn("South", 3), "replaced"),
        (drawn("South", 4), "inspected", drawn("South", 3), True),
        (drawn("Far", 1), "inspected", None, True),
    ]
    worked = returns.from_judgements(SHEET, judged(*rows), "good")
    became = worked.set_index("case_id")["became"]
    assert became[[row[0] for row in rows[:-1]]].tolist() == [
        "refused", "judged", "not_judged", "judged", "file_unusable", "found_ineligible", "replaced", "judged"
    ]  # fmt: skip
    assert [became[drawn("North", order, "placed_out")] for order in (1, 2)] == ["no_return"] * 2
    assert set(worked["role"]) == {"sample", "reserve"} and len(worked) == 10
    assert worked["yes"].isna().tolist() == (worked["became"] != "judged").tolist()

    strata = returns.by_stratum(worked, ALLOCATION, SHEET)
    promised = [name for name in contracts.RESTRICTED["fieldwork_response_by_stratum"] if name != "evidence"]
    assert list(strata.columns) == promised
    hosted = strata[strata["arm"] == "hosted"].set_index("area").T
    names = ["eligible", "worked", "judged", "yes", "no", "missing", "reserves_used", "reserves_left"]
    assert hosted["North"][names].tolist() == [9, 4, 2, 1, 1, 2, 1, 1]
    assert hosted["South"][names].tolist() == [9, 4, 1, 1, 0, 2, 1, 1]
    assert hosted.loc["found_ineligible"].tolist() == [0, 1]
    assert hosted.loc["response_rate"].tolist() == pytest.approx([2 / 4, 1 / 3])
    away = strata[strata["arm"] == "placed_out"].set_index("area")
    assert away.loc["North", ["eligible", "worked", "no_return", "response_rate"]].tolist() == [2, 2, 2, 0]
    assert away.loc["South", ["eligible", "worked", "judged", "missing"]].tolist() == [0, 0, 0, 0]
    assert np.isnan(away.loc["South", "response_rate"])


def test_an_outcome_of_the_list_is_taken_for_the_sample_alone():
    worked = returns.from_frame(SHEET, FRAME.sample(frac=1, random_state=1), "good")
    assert worked["case_id"].tolist() == SAMPLE and set(worked["became"]) <= {"judged", "not_judged"}
    truth = FRAME.set_index("case_id")["good"].reindex(SAMPLE)
    assert worked["yes"].tolist() == truth.tolist()
    assert (worked["became"] == "not_judged").tolist() == truth.isna().tolist()
    strata = returns.by_stratum(worked, ALLOCATION, SHEET)
    assert strata["reserves_used"].sum() == 0 and strata["worked"].tolist() == ALLOCATION["drawn"].tolist()


def test_nothing_worked_gives_strata_of_zeros_and_groups_of_none():
    strata = returns.by_stratum(returns.nothing(SHEET), ALLOCATION, SHEET)
    assert strata["worked"].sum() == 0 and strata["reserves_left"].tolist() == [2, 0, 2, 0]
    assert returns.by_group(strata, "supplied")["worked"].tolist() == [0, 0, 0]
    none = returns.by_stratum(returns.nothing(SHEET), ALLOCATION.iloc[:0], SHEET)
    assert none.empty and returns.by_group(none, "supplied").empty


def test_judgements_of_supplementary_cases_enter_no_count():
    plain = judged(LOST, (*OTHER, None, True))
    more = judged(LOST, (*OTHER, None, True), *[(drawn("Far", order), "inspected", None, False) for order in (1, 2)])
    pd.testing.assert_frame_equal(returns.from_judgements(SHEET, plain, "good"), returns.from_judgements(SHEET, more, "good"))


@repeatable
@given(st.lists(st.tuples(st.sampled_from([*STATUSES, None]), st.sampled_from([True, False, None])), min_size=8, max_size=8))
def test_the_counts_of_strata_and_groups_add_up(answers):
    rows = [
        (case, status, None, good if status == "inspected" else None)
        for case, (status, good) in zip(SAMPLE, answers, strict=True)
        if status
    ]
    wanting = [case for case, status, *_ in rows if status != "inspected" and case in {drawn("North", n) for n in (1, 2, 3)}]
    rows += [(drawn("North", 4 + n), "inspected", case, True) for n, case in enumerate(wanting[:2])]
    strata = returns.by_stratum(returns.from_judgements(SHEET, judged(*rows), "good"), ALLOCATION, SHEET)
    groups = returns.by_group(strata, "supplied")
    assert list(groups.columns) == contracts.columns("fieldwork_response")
    for table in (strata, groups):
        assert (table["worked"] == table["judged"] + table["missing"] + table["found_ineligible"]).all()
        assert (table["missing"] == table[list(returns.MISSING)].sum(axis=1)).all()
    assert (strata["yes"] + strata["no"] == strata["judged"]).all()
    assert strata["worked"].tolist() == (ALLOCATION["drawn"] + strata["reserves_used"]).tolist()
    counts = groups.set_index("group").drop(columns=["response_rate", "evidence"])
    assert (counts.loc["all"] == counts.loc["hosted"] + counts.loc["placed_out"]).all()
    assert counts.loc["all", "worked"] == strata["worked"].sum() == 8 + len(wanting[:2])
    assert counts.loc["all", "no_return"] == sum(status is None for status, _ in answers)


# --- outcomes


def test_an_outcome_that_does_not_exist_is_named_with_those_that_do():
    table = judged(LOST).assign(safe=pd.array([None], dtype="boolean"), looked_after=pd.array([True], dtype="boolean"))
    assert returns.outcomes_of(table) == ["good", "safe"]
    returns.check_outcome("safe", table, "list of judgements")
    for wrong in ("sufficient", "looked_after", "status", "", "Good"):
        with pytest.raises(InputError) as error:
            returns.check_outcome(wrong, table, "list of judgements")
        assert f"the list of judgements has no outcome {wrong!r}; its outcomes are good and safe" in str(error.value)
    with pytest.raises(InputError, match="it has no column that holds only yes and no"):
        returns.check_outcome("good", table[["case_id", "status"]], "frame")
