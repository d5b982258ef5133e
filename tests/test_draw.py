"""The allocation and the draw, and what neither may depend on."""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from helpers import cases, contracts, draw, eligibility
from tests import made_up_cases as made

AREAS = ["North", "South, East & West"]
METHODS = ["permanent_random_numbers", "systematic"]
repeatable = settings(deadline=None, derandomize=True, max_examples=8)


def listed(*counts):
    """A list with so many cases hosted and placed out in each area, opened on few days and some on none known."""
    rows = []
    for area, (hosted, placed_out) in zip(AREAS, counts, strict=False):
        rows += [(f"{area[0]}h{number}", "Elsewhere", area) for number in range(hosted)]
        rows += [(f"{area[0]}p{number}", area, "Elsewhere") for number in range(placed_out)]
    table = pd.DataFrame(rows, columns=["case_id", "home_area", "supervising_area"])
    days = np.array(["2011-05-01", "2010-12-31", "NaT", "2011-05-02"], dtype="datetime64[s]")
    return table.assign(opened=days[np.arange(len(table)) % 4])


def drawn(frame, seed=7, asked=3, shortfall="accept", reserves=2, method="permanent_random_numbers", areas=AREAS):
    """From a list to the cases drawn."""
    counted = eligibility.eligible(frame, areas).cases
    return draw.sample(counted, draw.allocate(counted, areas, asked, shortfall, "supplied"), seed, reserves, method)


def strata(sheet):
    """The ids drawn of each stratum with their roles, in order."""
    return {key: list(zip(rows["case_id"], rows["role"], strict=True)) for key, rows in sheet.groupby(["area", "arm"])}


def allocation(hosted, placed_out, shortfall, asked=5):
    counted = eligibility.eligible(listed((hosted, placed_out)), AREAS[:1]).cases
    return draw.allocate(counted, AREAS[:1], asked, shortfall, "synthetic").set_index("arm")


# --- the allocation

# What is drawn of the hosted and of the placed out, worked out by hand.
EDGES = [
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
]


@pytest.mark.parametrize(("hosted", "placed_out", "top_up", "accept"), EDGES)
def test_the_numbers_drawn_under_both_policies(hosted, placed_out, top_up, accept):
    for policy, expected in (("top_up", top_up), ("accept", accept)):
        table = allocation(hosted, placed_out, policy)
        assert tuple(table["drawn"]) == expected
        assert tuple(table["eligible"]) == (hosted, placed_out) and tuple(table["requested"]) == (5, 5)
        assert tuple(table["topped_up"]) == tuple(max(number - 5, 0) for number in expected)
        assert tuple(table["shortfall"]) == tuple(max(5 - number, 0) for number in expected)


def test_every_stratum_has_a_row_and_says_why_it_does_not_give_what_was_asked():
    counted = eligibility.eligible(listed((0, 12)), AREAS).cases
    table = draw.allocate(counted, AREAS, 5, "top_up", "supplied")
    assert list(table.columns) == contracts.columns("fieldwork_allocation")
    assert table[["area", "arm"]].to_numpy().tolist() == [[area, arm] for area in AREAS for arm in ("hosted", "placed_out")]
    nothing = "no case to choose from"
    assert table["note"].tolist() == [nothing, "fills the other arm of its area", nothing, nothing]
    assert allocation(3, 5, "top_up")["note"].tolist() == ["fewer cases than asked for, so all are drawn", ""]


def test_an_empty_stratum_has_neither_weight_nor_inclusion_probability():
    table = allocation(0, 12, "top_up")
    assert table.loc["placed_out", ["topped_up", "inclusion_probability", "weight"]].tolist() == [5, 10 / 12, 1.2]
    assert table.loc["hosted", ["weight", "inclusion_probability"]].isna().all()


@repeatable
@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 12))
def test_an_allocation_never_exceeds_a_stratum_nor_what_was_asked_of_the_area(hosted, placed_out, asked):
    for policy in draw.POLICIES:
        table = allocation(hosted, placed_out, policy, asked)
        most = min(2 * asked, hosted + placed_out)
        expected = most if policy == "top_up" else min(hosted, asked) + min(placed_out, asked)
        assert table["drawn"].sum() == expected
        assert (table["drawn"] <= table["eligible"]).all()
        assert (table["drawn"] >= np.minimum(table["eligible"], asked)).all()
        assert (table["drawn"] + table["shortfall"] - table["topped_up"] == asked).all()


# --- permanent random numbers


def by_hand(case_id, seed):
    """The random number by the standard library alone: the first 53 of the 64 bits, as a fraction."""
    digest = blake2b(case_id.encode(), key=str(seed).encode(), digest_size=8).hexdigest()
    return (int(digest, 16) // 2**11) / 2**53


# Written down once, so that no later change of the hash, the key or the bits goes unseen.
KNOWN = [("SYN-1", 2012, 0.7094713040329018), ("Môn-é☃", 0, 0.413627257144798), ("0", 2**63 - 1, 0.3527363807367202)]


@pytest.mark.parametrize(("case_id", "seed", "number"), KNOWN)
def test_random_numbers_have_known_answers(case_id, seed, number):
    assert draw.random_numbers([case_id], seed).tolist() == [number] == [by_hand(case_id, seed)]


def test_a_random_number_does_not_depend_on_the_other_cases():
    many = [f"case {number}" for number in range(2 * draw._HASHED_AT_ONCE + 1)]
    numbers = draw.random_numbers(many, 5)
    assert numbers.tolist() == [by_hand(case_id, 5) for case_id in many]
    assert draw.random_numbers(pd.Series(many, dtype="str").iloc[::-1], 5).tolist() == numbers.tolist()[::-1]
    assert (numbers >= 0).all() and (numbers < 1).all() and len(set(numbers)) == len(many)
    assert draw.random_numbers([], 5).tolist() == []


# --- the draw, held against the definition that is printed


@dataclass
class Case:
    case_id: str
    opened: str


def by_definition(frame, area, arm, drawn, seed=7, reserves=2):
    """The names that the printed definitions give: the first as it stands, and then the one of systematic samples."""
    counted = eligibility.eligible(frame, AREAS).cases
    stratum = counted[(counted["area"] == area) & (counted["arm"] == arm)]
    space = {"cases_of_stratum": stratum["case_id"].tolist(), "seed": seed, "drawn": drawn + reserves}
    exec(draw.DEFINITION, space)
    opened = stratum["opened"].dt.strftime("%Y-%m-%d").fillna("")
    listed = [Case(*values) for values in zip(stratum["case_id"], opened, strict=True)]
    systematic = {"random_number": space["random_number"], "cases_of_stratum": listed, "seed": seed, "area": area, "arm": arm}
    systematic |= {"eligible": len(stratum), "drawn": drawn, "reserves_per_arm": reserves}
    exec(draw.SYSTEMATIC_DEFINITION, systematic)
    return space["sample"], [case.case_id for case in systematic["sample"] + systematic["reserves"]]


@pytest.mark.parametrize("seed", [0, 7, 2**62])
def test_the_printed_definitions_give_the_very_sample_and_its_reserves(seed):
    frame = listed((11, 2), (3, 40))
    for place, method in enumerate(METHODS):
        sheet = drawn(frame, seed, asked=4, shortfall="top_up", method=method)
        assert len(strata(sheet)) == 4
        for (area, arm), rows in sheet.groupby(["area", "arm"]):
            expected = by_definition(frame, area, arm, int(rows["role"].eq("sample").sum()), seed)[place]
            assert rows["case_id"].tolist() == expected
            assert rows["random_number"].tolist() == [by_hand(case_id, seed) for case_id in expected]


def test_the_sheet_has_the_promised_columns_and_reserves_are_next_in_order():
    sheet = drawn(listed((9, 2), (0, 4)))
    assert list(sheet.columns) == list(contracts.RESTRICTED["fieldwork_sample"])
    roles = {key: [role for _, role in rows] for key, rows in strata(sheet).items()}
    three = ["sample"] * 3
    assert roles == {
        (AREAS[0], "hosted"): [*three, "reserve", "reserve"],
        (AREAS[0], "placed_out"): ["sample"] * 2,
        (AREAS[1], "placed_out"): [*three, "reserve"],
    }
    for _, rows in sheet.groupby(["area", "arm"]):
        assert rows["order"].tolist() == list(range(1, len(rows) + 1))
        assert rows["random_number"].is_monotonic_increasing


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shortfall", draw.POLICIES)
def test_weights_sum_to_the_eligible_cases_of_every_stratum_and_reserves_have_none(method, shortfall):
    frame = listed((11, 2), (1, 37))
    sheet = drawn(frame, asked=4, shortfall=shortfall, method=method)
    first, reserves = sheet[sheet["role"] == "sample"], sheet[sheet["role"] == "reserve"]
    sums = first.groupby(["area", "arm"])["weight"].sum().to_dict()
    assert sums == pytest.approx(
        {(AREAS[0], "hosted"): 11, (AREAS[0], "placed_out"): 2, (AREAS[1], "hosted"): 1, (AREAS[1], "placed_out"): 37}
    )
    assert (first["weight"] * first["inclusion_probability"]).tolist() == pytest.approx([1] * len(first))
    assert len(reserves) == 4 and reserves[["weight", "inclusion_probability"]].isna().all(axis=None)


# --- what the draw may not depend on


@pytest.mark.parametrize("method", METHODS)
def test_the_sample_does_not_depend_on_the_rows_or_the_index_of_the_list(method):
    frame = listed((20, 20), (3, 30))
    expected = drawn(frame, method=method)
    assert_frame_equal(drawn(frame.sample(frac=1, random_state=1), method=method), expected)
    assert_frame_equal(drawn(frame.set_index(np.arange(len(frame)) % 3), method=method), expected)


@pytest.mark.parametrize("method", METHODS)
def test_the_sample_does_not_depend_on_the_rows_or_the_index_of_the_eligible_cases(method):
    counted = eligibility.eligible(listed((20, 20), (3, 30)), AREAS).cases
    table = draw.allocate(counted, AREAS, 4, "top_up", "supplied")
    expected = draw.sample(counted, table, 7, 2, method)
    assert_frame_equal(draw.sample(counted.iloc[::-1], table, 7, 2, method), expected)
    assert_frame_equal(draw.sample(counted.set_index("case_id", drop=False), table, 7, 2, method), expected)


@pytest.mark.parametrize("method", METHODS)
def test_the_sample_does_not_depend_on_the_format_of_the_file(method, tmp_path):
    frame = listed((20, 3), (2, 30))
    frame = frame.assign(opened=frame["opened"].dt.strftime("%Y-%m-%d").fillna(""))
    read = [cases.read(made.put(tmp_path, f"f{ending}", write(frame)), "frame").table for ending, write in made.WRITE.items()]
    first, *others = [drawn(table, method=method) for table in read]
    assert len(others) == 2
    for other in others:
        assert_frame_equal(other, first)


@pytest.mark.parametrize("shortfall", draw.POLICIES)
def test_a_case_added_to_one_stratum_changes_no_other(shortfall):
    before = strata(drawn(listed((20, 20), (20, 20)), shortfall=shortfall))
    after = strata(drawn(listed((20, 20), (20, 25)), shortfall=shortfall))
    del before[AREAS[1], "placed_out"], after[AREAS[1], "placed_out"]
    assert before == after and len(before) == 3


def test_a_case_added_to_a_short_stratum_gives_back_a_top_up_of_its_own_area_alone():
    few, more = listed((2, 20), (9, 9)), listed((3, 20), (9, 9))
    before, after = (strata(drawn(frame, shortfall="top_up", reserves=0)) for frame in (few, more))
    arm = (AREAS[0], "placed_out")
    assert after[arm] == before[arm][:3] and len(before[arm]) == 4
    for other in [(AREAS[1], "hosted"), (AREAS[1], "placed_out")]:
        assert before[other] == after[other]


def test_another_seed_draws_other_cases():
    frame = listed((40, 40))
    assert strata(drawn(frame, seed=7)) != strata(drawn(frame, seed=8))


def test_equal_random_numbers_are_broken_by_case_id():
    counted = eligibility.eligible(listed((9, 0)), AREAS[:1]).cases
    table = draw.allocate(counted, AREAS[:1], 3, "accept", "supplied")
    numbers = np.array([0.5, 0.5, 0.5, 0.5, 0.9, 0.1, 0.5, 0.5, 0.5])
    for order in (np.arange(9), np.arange(9)[::-1], np.random.default_rng(3).permutation(9)):
        sheet = draw.sample(counted.iloc[order], table, 7, 2, numbers=numbers[order])
        assert sheet["case_id"].tolist() == ["Nh5", "Nh0", "Nh1", "Nh2", "Nh3"]


def test_ids_are_compared_as_text_and_not_as_numbers():
    frame = pd.DataFrame({"case_id": ["10", "9", "a", "B", "é"], "home_area": "Elsewhere", "supervising_area": "North"})
    counted = eligibility.eligible(frame, ["North"]).cases
    table = draw.allocate(counted, ["North"], 5, "accept", "supplied")
    sheet = draw.sample(counted, table, 7, 0, numbers=np.zeros(5))
    assert sheet["case_id"].tolist() == sorted(frame["case_id"]) == ["10", "9", "B", "a", "é"]


@repeatable
@given(st.randoms(use_true_random=False), st.integers(0, 2**63 - 1), st.sampled_from(METHODS))
def test_shuffling_the_rows_changes_nothing(random, seed, method):
    frame = listed((9, 4), (0, 15))
    order = list(range(len(frame)))
    random.shuffle(order)
    assert_frame_equal(drawn(frame.iloc[order], seed, method=method), drawn(frame, seed, method=method))


@repeatable
@given(st.integers(0, 2**63 - 1), st.integers(1, 8), st.integers(0, 8), st.sampled_from(draw.POLICIES))
def test_a_sample_is_the_beginning_of_the_sample_when_more_are_asked_for(seed, asked, more, shortfall):
    frame = listed((9, 4), (1, 15))
    few, many = (strata(drawn(frame, seed, number, shortfall, reserves=0)) for number in (asked, asked + more))
    for stratum, rows in few.items():
        assert rows == many[stratum][: len(rows)]


@repeatable
@given(st.integers(0, 2**63 - 1), st.integers(0, 3), st.integers(0, 20), st.sampled_from(draw.POLICIES))
def test_taking_out_a_case_after_all_those_drawn_changes_the_weights_of_its_stratum_alone(seed, reserves, which, shortfall):
    frame = listed((9, 4), (2, 15))
    sheet = drawn(frame, seed, 3, shortfall, reserves)
    undrawn = frame["case_id"][~frame["case_id"].isin(sheet["case_id"])].tolist()
    gone = undrawn[which % len(undrawn)]
    again = drawn(frame[frame["case_id"] != gone], seed, 3, shortfall, reserves)
    depends = ["weight", "inclusion_probability"]
    assert_frame_equal(again.drop(columns=depends), sheet.drop(columns=depends))
    other = ~sheet["case_id"].str[:2].eq(gone[:2])
    assert_frame_equal(again[other], sheet[other])


# --- equal chances


def test_every_case_and_every_pair_of_a_stratum_is_drawn_equally_often():
    seeds, size, asked = 600, 7, 3
    ids = [f"case {number}" for number in range(size)]
    numbers = np.concatenate([draw.random_numbers(ids, seed) for seed in range(seeds)])
    groups = np.repeat(np.arange(seeds), size)
    found = draw.smallest(numbers, groups, [asked] * seeds, pd.Series(ids * seeds, dtype="str"))
    there = np.zeros((seeds, size))
    for seed, places in enumerate(found):
        there[seed, places - seed * size] = 1
    assert (there.sum(axis=1) == asked).all()

    chance = asked / size
    error = np.sqrt(chance * (1 - chance) / seeds)
    assert np.abs(there.mean(axis=0) - chance).max() < 3.5 * error
    pair = chance * (asked - 1) / (size - 1)
    pairs = (there.T @ there / seeds)[np.triu_indices(size, 1)]
    assert np.abs(pairs - pair).max() < 3.5 * np.sqrt(pair * (1 - pair) / seeds)


def test_smallest_gives_all_of_a_small_group_and_none_of_an_empty_one():
    numbers, names = np.array([0.3, 0.1, 0.2, 0.9]), pd.Series(list("abcd"), dtype="str")
    found = draw.smallest(numbers, np.array([0, 2, 0, 2]), [5, 3, 1, 0], names)
    assert [places.tolist() for places in found] == [[2, 0], [], [1], []]


@pytest.mark.parametrize("sizes", [(2000, 3), (70, 300), (0, 600), (1, 1)])
@pytest.mark.parametrize("least", [0, 0.9])
def test_smallest_is_right_in_strata_of_any_size_and_where_all_numbers_are_large_or_many_are_equal(sizes, least):
    random = np.random.default_rng(5)
    groups = random.permutation(np.repeat([0, 1], sizes))
    names = pd.Series([f"case {number}" for number in random.permutation(len(groups))], dtype="str")
    for decimals in (1, 2, 16):
        numbers = np.maximum(least, random.random(len(groups)).round(decimals))
        found = draw.smallest(numbers, groups, [8, 50], names)
        for group, wanted in enumerate([8, 50]):
            there = sorted(np.flatnonzero(groups == group), key=lambda place: (numbers[place], names[place]))
            assert found[group].tolist() == there[:wanted]


@pytest.mark.parametrize(("size", "asked"), [(1, 1), (5, 5), (7, 3), (12, 5), (97, 10), (10, 4)])
def test_a_systematic_sample_holds_each_case_with_probability_n_over_N_exactly(size, asked):
    # The sample changes only where the start passes a multiple of 1/N, so one start from each of these N parts shows all.
    times = np.zeros(size)
    for part in range(size):
        space = {"random_number": lambda text, seed, part=part: (2 * part + 1) / (2 * size), "reserves_per_arm": 0}
        space |= {"cases_of_stratum": [Case(f"{place:03}", "") for place in range(size)], "area": "North", "arm": "hosted"}
        space |= {"seed": 1, "eligible": size, "drawn": asked}
        exec(draw.SYSTEMATIC_DEFINITION, space)
        chosen = [int(case.case_id) for case in space["sample"]]
        assert len(set(chosen)) == asked
        times[chosen] += 1
    assert (times == asked).all()


def test_a_systematic_sample_is_spread_over_the_days_and_cases_without_a_day_come_last():
    days = pd.date_range("2011-01-01", periods=20).to_series().mask(np.arange(20) % 5 == 4).to_numpy()
    ids = [f"case {number:02}" for number in range(20)]
    frame = pd.DataFrame({"case_id": ids, "home_area": "Elsewhere", "supervising_area": "North", "opened": days})
    in_order = frame.sort_values("opened", na_position="last", kind="stable")["case_id"].tolist()
    for seed in range(5):
        sheet = drawn(frame, seed, asked=5, reserves=20, method="systematic", areas=["North"])
        first, rest = sheet[sheet["role"] == "sample"], sheet[sheet["role"] == "reserve"]
        places = [in_order.index(case_id) for case_id in first["case_id"]]
        assert {place // 4 for place in places} == set(range(5)) and len(set(np.diff(places))) == 1
        assert sorted([*first["case_id"], *rest["case_id"]]) == ids
        assert rest["random_number"].is_monotonic_increasing


@pytest.mark.parametrize("method", METHODS)
def test_a_list_without_cases_gives_a_sheet_without_rows(method):
    sheet = drawn(eligibility.NO_CASES, method=method)
    assert list(sheet.columns) == list(contracts.RESTRICTED["fieldwork_sample"]) and sheet.empty


# --- supplementary areas


def test_supplementary_cases_are_flagged_and_have_no_weight():
    counted = eligibility.eligible(listed((9, 2), (0, 4)), AREAS).cases
    sheet = draw.supplementary(counted, AREAS, 3, 7, "supplied")
    assert sheet["role"].unique().tolist() == ["supplementary"]
    assert sheet[["weight", "inclusion_probability"]].isna().all(axis=None)
    assert {key: len(rows) for key, rows in strata(sheet).items()} == {
        (AREAS[0], "hosted"): 3,
        (AREAS[0], "placed_out"): 2,
        (AREAS[1], "placed_out"): 3,
    }
    assert draw.supplementary(counted.iloc[:0], [], 3, 7, "supplied").empty
