"""Made-up returns: they fit every draw, keep the contract, and hold nothing but what the made-up frame has."""

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from helpers import cases, draw, eligibility, paths, published, returns, synthetic
from helpers.cases.contracts import STATUSES
from helpers.synthetic import judgements as made_up
from helpers.synthetic.judgements import judgements

FRAME = cases.read(paths.DATA / "synthetic" / "synthetic_sampling_frame.csv", "frame").table


ELIGIBLE = eligibility.eligible(FRAME, published.areas()).cases


def design(seed=2012, reserves=3, asked=5, method="permanent_random_numbers", shortfall="top_up"):
    allocation = draw.allocate(ELIGIBLE, published.areas(), asked, shortfall, "synthetic")
    return draw.sample(ELIGIBLE, allocation, seed, reserves, method), allocation


DESIGNS = [
    dict(seed=0),
    dict(seed=1, reserves=0),
    dict(seed=2, reserves=1, method="systematic"),
    dict(seed=3, reserves=50, asked=12, shortfall="accept"),
]


@pytest.mark.parametrize("chosen", DESIGNS)
def test_made_up_returns_fit_the_draw_and_keep_the_contract(chosen, tmp_path):
    sheet, allocation = design(**chosen)
    made = judgements(sheet, FRAME, chosen["seed"])
    returns.check(sheet, made)
    made.to_csv(tmp_path / "own.csv", index=False)
    checked = cases.read(tmp_path / "own.csv", "judgements")
    assert_frame_equal(checked.table, made)
    worked = returns.from_judgements(sheet, checked.table, "sufficient")
    strata = returns.by_stratum(worked, allocation, sheet)
    assert strata["no_return"].sum() == 0 and strata["worked"].sum() == len(made)


@pytest.mark.parametrize("chosen", DESIGNS)
def test_a_reserve_stands_in_for_each_case_lost_while_its_stratum_has_one_left(chosen):
    sheet, _ = design(**chosen)
    made = judgements(sheet, FRAME, chosen["seed"])
    rows = made.merge(sheet, on="case_id")
    for stratum, there in sheet.groupby(["area", "arm"]):
        worked = rows[(rows["area"] == stratum[0]) & (rows["arm"] == stratum[1])]
        lost = worked["case_id"][worked["status"] != "inspected"]
        reserves = int((there["role"] == "reserve").sum())
        used = int((worked["role"] == "reserve").sum())
        assert used == min(reserves, len(lost))
        assert worked["replaces"].dropna().tolist() == lost.tolist()[:used]
        assert worked["case_id"].tolist() == there["case_id"].tolist()[: len(worked)]


def test_outcomes_are_those_of_the_frame_where_a_case_was_inspected_and_blank_elsewhere():
    sheet, _ = design(reserves=20, asked=30)
    made = judgements(sheet, FRAME, 5)
    truth = FRAME.set_index("case_id")["sufficient"].reindex(made["case_id"]).array
    seen = made["status"] == "inspected"
    assert not seen.all() and seen.any()
    expected = pd.Series(truth).where(seen)
    assert made["sufficient"].fillna(False).tolist() == expected.fillna(False).tolist()
    assert made["sufficient"].isna().tolist() == expected.isna().tolist()
    assert "looked_after" not in made


def test_what_becomes_of_a_case_depends_on_its_id_and_the_seed_alone():
    few, more = (judgements(design(asked=asked)[0], FRAME, 5).set_index("case_id")["status"] for asked in (4, 9))
    both = few.index.intersection(more.index)
    assert len(both) > 20 and (few[both] == more[both]).all()
    sheet, _ = design(asked=30)
    one, same, other = (judgements(sheet, FRAME, seed)["status"].tolist() for seed in (5, 5, 6))
    assert one == same != other


def test_the_shares_of_cases_lost_are_those_assumed():
    ids = pd.Series([f"SYN-{number}" for number in range(20_000)], dtype="str")
    shares = pd.Series(made_up._statuses(ids, 2012)).value_counts(normalize=True)
    assumed = {"refused": made_up.REFUSED, "file_unusable": made_up.FILE_UNUSABLE, "found_ineligible": made_up.FOUND_INELIGIBLE}
    for status, share in assumed.items():
        assert abs(shares[status] - share) < 3.5 * (share / 20_000) ** 0.5
    assert list(shares.index.categories) == list(STATUSES) and shares["replaced"] == 0
    told = synthetic.assumptions("judgements")
    assert set(told["evidence"]) == {synthetic.EVIDENCE}
    assert told["value"].tolist()[:3] == [f"{share:.0%}" for share in assumed.values()]


def test_a_draw_without_cases_gives_returns_without_rows_of_the_same_kind():
    sheet, _ = design()
    empty, full = judgements(sheet.iloc[:0], FRAME, 5), judgements(sheet, FRAME, 5)
    assert empty.empty and (empty.dtypes == full.dtypes).all()
    returns.check(sheet, empty)


def test_a_frame_with_several_outcomes_gives_them_all():
    sheet, _ = design()
    made = judgements(sheet, FRAME.assign(safe=~FRAME["sufficient"]), 5)
    assert returns.outcomes_of(made) == ["sufficient", "safe"]
    assert (made["safe"] == ~made["sufficient"]).fillna(True).all()
