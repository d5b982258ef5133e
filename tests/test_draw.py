from hashlib import blake2b

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import contracts, draw

AREAS = ["North", "South, East & West"]


def frame(*rows):
    return pd.DataFrame(
        [(f"c{number}", *row) for number, row in enumerate(rows)], columns=["case_id", "home_area", "supervising_area"]
    )


def eligible(**counts):
    """Cases in strata named area_arm, as `strata` gives them."""
    rows = [(f"{name}-{n}", *name.split("_", 1), False) for name, count in counts.items() for n in range(count)]
    return pd.DataFrame(rows, columns=["case_id", "area", "arm", "twice"])


def allocation(hosted, placed_out, shortfall, asked=5):
    table = draw.allocate(eligible(A_hosted=hosted, A_placed_out=placed_out), ["A"], asked, shortfall, "synthetic")
    return table.set_index("arm")


def test_a_case_is_hosted_placed_out_or_out_of_scope():
    cases = frame(("Kent", "North"), ("North", "Kent"), ("North", "North"), ("Kent", "Essex"), ("North", AREAS[1]))
    found = draw.strata(cases, AREAS)
    assert found.to_dict("list") == {
        "case_id": ["c0", "c1", "c4"],
        "area": ["North", "North", AREAS[1]],
        "arm": ["hosted", "placed_out", "hosted"],
        "twice": [False, False, True],
    }
    scope = draw.scope(cases, found, "synthetic").set_index("step")["cases"]
    assert scope.to_dict() == {"listed": 5, "out_of_scope": 2, "eligible": 3, "eligible_twice": 1}


# What is drawn of the hosted and of the placed out, worked out by hand.
@pytest.mark.parametrize(
    ("hosted", "placed_out", "top_up", "accept"),
    [
        (0, 0, (0, 0), (0, 0)),
        (0, 12, (0, 10), (0, 5)),
        (12, 0, (10, 0), (5, 0)),
        (4, 4, (4, 4), (4, 4)),
        (5, 4, (5, 4), (5, 4)),
        (9, 4, (6, 4), (5, 4)),
        (2, 40, (2, 8), (2, 5)),
        (2, 6, (2, 6), (2, 5)),
        (5, 5, (5, 5), (5, 5)),
        (60, 60, (5, 5), (5, 5)),
        (1, 0, (1, 0), (1, 0)),
        (3, 3, (3, 3), (3, 3)),
    ],
)
def test_the_numbers_drawn_under_both_policies(hosted, placed_out, top_up, accept):
    for policy, expected in (("top_up", top_up), ("accept", accept)):
        assert tuple(allocation(hosted, placed_out, policy)["drawn"]) == expected


def test_weights_follow_the_numbers_drawn_and_an_empty_stratum_has_none():
    table = allocation(0, 12, "top_up")
    assert table.loc["placed_out", ["topped_up", "inclusion_probability", "weight"]].tolist() == [5, 10 / 12, 1.2]
    assert table.loc["hosted", ["eligible", "drawn", "shortfall"]].tolist() == [0, 0, 5]
    assert np.isnan(table.loc["hosted", "weight"]) and np.isnan(table.loc["hosted", "inclusion_probability"])


@settings(deadline=None)
@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 12), st.sampled_from(["top_up", "accept"]))
def test_an_allocation_never_exceeds_a_stratum_nor_what_was_asked_of_the_area(hosted, placed_out, asked, policy):
    table = allocation(hosted, placed_out, policy, asked)
    assert (table["drawn"] <= table["eligible"]).all()
    assert table["drawn"].sum() <= 2 * asked
    if policy == "top_up":
        assert table["drawn"].sum() == min(2 * asked, hosted + placed_out)
    assert (table["drawn"] * table["weight"]).sum() == pytest.approx(table["eligible"].where(table["drawn"] > 0, 0).sum())


def test_the_random_number_can_be_repeated_with_the_standard_library_alone():
    digest = blake2b(b"SYN-0000001", key=b"2012", digest_size=8).hexdigest()
    assert draw.random_number("SYN-0000001", 2012) == (int(digest, 16) // 2**11) / 2**53


def sample(cases, seed=7, reserves=2):
    table = draw.allocate(cases, ["A", "B"], 3, "top_up", "supplied")
    return draw.sample(cases, table, seed, reserves)


def test_the_sample_has_the_promised_columns_and_the_smallest_numbers_of_each_stratum():
    cases = eligible(A_hosted=9, A_placed_out=2, B_placed_out=30)
    drawn = sample(cases)
    assert list(drawn.columns) == list(contracts.RESTRICTED["fieldwork_sample"])
    for (area, arm), rows in drawn.groupby(["area", "arm"]):
        stratum = cases[(cases["area"] == area) & (cases["arm"] == arm)]["case_id"]
        expected = sorted(stratum, key=lambda case: draw.random_number(case, 7))[: len(rows)]
        assert rows["case_id"].tolist() == expected
        assert rows["order"].tolist() == list(range(1, len(rows) + 1))
    assert drawn.query("role == 'sample'").groupby(["area", "arm"]).size().to_dict() == {
        ("A", "hosted"): 4,
        ("A", "placed_out"): 2,
        ("B", "placed_out"): 6,
    }
    assert drawn.query("role == 'reserve'")["weight"].isna().all()
    assert drawn.query("role == 'sample'")["weight"].notna().all()


def test_the_sample_does_not_depend_on_the_order_of_the_list():
    cases = eligible(A_hosted=20, A_placed_out=20, B_hosted=3)
    pd.testing.assert_frame_equal(sample(cases), sample(cases.sample(frac=1, random_state=1)))


def test_another_stratum_changes_no_draw_and_another_seed_does():
    cases, more = eligible(A_hosted=20), eligible(A_hosted=20, B_hosted=20)
    first = sample(cases)["case_id"]
    assert set(first) <= set(sample(more)["case_id"])
    assert set(first) != set(sample(cases, seed=8)["case_id"])
