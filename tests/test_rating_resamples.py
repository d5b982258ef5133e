import math

import numpy as np
import pandas as pd
import pytest

from helpers import rating_resamples as rr
from helpers.errors import InputError
from helpers.shares import of_cases
from tests.test_band_probability import BANDS, CHANCES, FOUR, every_resample, made, of_r


def test_all_resamples_of_four_services_are_those_of_r(synthetic_cases):
    counts = rr.count_matrices(synthetic_cases[synthetic_cases["yot"].isin(FOUR)], "care_group")
    found = rr.of_resamples(counts, BANDS, every_resample(4))
    rows = found.rows.set_index(["standard", "group"])
    assert (found.rated, found.replicates) == (12, 256) and (rows["empty"] > 0).any()
    for answer in of_r("resamples"):
        column = CHANCES[BANDS["rating"].tolist().index(answer["rating"])]
        assert rows.loc[(answer["standard"], answer["group"]), column] == pytest.approx(answer["value"], abs=1e-14)
    for quantity in ("empty", "lowest", "mean_lowest", "bias_of_lowest"):
        for answer in of_r(quantity):
            assert rows.loc[(answer["standard"], answer["group"]), quantity] == pytest.approx(answer["value"], abs=1e-13), answer
    assert found.joint == of_r("joint")[0]["value"]


def test_random_resamples_are_near_all_of_them(synthetic_cases):
    counts = rr.count_matrices(synthetic_cases[synthetic_cases["yot"].isin(FOUR)], "care_group")
    exact, drawn = rr.of_resamples(counts, BANDS, every_resample(4)), rr.cluster_bootstrap(counts, BANDS, 40_000, 7)
    for column in [*CHANCES, "empty"]:
        p = exact.rows[column]
        assert ((drawn.rows[column] - p).abs() <= 4.5 * np.sqrt(p * (1 - p) / 40_000)).all(), column
    assert drawn.joint == pytest.approx(exact.joint, abs=4.5 * math.sqrt(exact.joint * (1 - exact.joint) / 40_000))
    gap = (drawn.rows["bias_of_lowest"] - exact.rows["bias_of_lowest"]).abs()
    assert (gap <= 5 * drawn.rows["monte_carlo_error"] + 1e-3).all()


def test_the_services_of_a_resample_are_as_many_as_there_are_and_equally_likely():
    (weights,) = rr._resamples(5, 4_000, 3, 1)
    assert weights.shape == (4_000, 5) and (weights.sum(axis=1) == 5).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(5), abs=0.06)
    assert weights.var(axis=0) == pytest.approx(np.full(5, 0.8), abs=0.08)


def test_parts_of_the_work_make_no_difference(synthetic_cases, monkeypatch):
    counts = rr.count_matrices(synthetic_cases, "care_group")
    whole = rr.cluster_bootstrap(counts, BANDS, 300, 5)
    monkeypatch.setattr(rr, "_NUMBERS_AT_ONCE", 42 * 7)
    parts = rr.cluster_bootstrap(counts, BANDS, 300, 5)
    pd.testing.assert_frame_equal(whole.rows, parts.rows, rtol=1e-12)
    assert whole.joint == parts.joint
    assert rr.cluster_bootstrap(counts, BANDS, 300, 6).joint != whole.joint


def test_matrices_hold_the_shares_of_all_cases(synthetic_cases):
    counts = rr.count_matrices(synthetic_cases, "care_group")
    shares = of_cases(synthetic_cases, 0.95, BANDS).set_index(["standard", "question", "care_group"])
    assert counts.yes.shape == (42, 36)
    for place, cell in counts.cells.iterrows():
        row = shares.loc[(cell["standard"], cell["question"], cell["group"])]
        assert (counts.yes[:, place].sum(), counts.judged[:, place].sum()) == (row["count"], row["base"])


def test_the_lowest_is_told_by_exact_fractions():
    """Of 2/3 and 2,000,000,001 / 3,000,000,001 the first is lower, by less than 1e-9; equal ones give the first."""
    k, n = np.array([[2_000_000_001], [2], [4]]), np.array([[3_000_000_001], [3], [6]])
    assert [int(part[0]) for part in rr._lowest(k, n)] == [1, 2, 3]
    assert [int(part[0]) for part in rr._lowest(k[::-1] * 0, n * 0)] == [0, 0, 0]


def test_a_resample_at_a_boundary_rounds_up():
    """129 of 200 is 64.5%, which is printed as 65%."""
    cells = pd.DataFrame({"standard": ["planning"], "group": ["x"], "question": ["lowest"]})
    counts = rr.Counts(cells, np.array([[65], [64]]), np.array([[100], [100]]))
    rows = rr.of_resamples(counts, BANDS, [np.array([[1, 1], [0, 2]])]).rows.squeeze()
    assert (rows["rating"], rows["p_good"], rows["p_requires_improvement"]) == ("Good", 0.5, 0.5)


def test_a_question_that_does_not_apply_is_not_0():
    counts = rr.Counts(
        pd.DataFrame({"standard": "planning", "group": "x", "question": ["desistance", "child_safety"]}),
        np.array([[8, 0], [3, 1]]),
        np.array([[10, 0], [5, 1]]),
    )
    found = rr.of_resamples(counts, BANDS, [np.array([[2, 0], [1, 1], [0, 2]])]).rows.squeeze()
    # 16/20 alone, min(11/15, 1/1), min(6/10, 2/2).
    assert (found["p_outstanding"], found["p_good"], found["p_requires_improvement"]) == pytest.approx((1 / 3,) * 3)
    assert found["mean_lowest"] == pytest.approx((0.8 + 11 / 15 + 0.6) / 3)


def test_a_group_that_a_replicate_misses_is_counted():
    """In two services of four: (1/2)^4 of the resamples have neither."""
    table = made(list("aabbccdd"), ["in_care_inside"] * 4 + ["not_in_care"] * 4)
    counts = rr.count_matrices(table, "care_group")
    rows = rr.of_resamples(counts, BANDS, every_resample(4)).rows.set_index(["standard", "group"])
    row = rows.loc[("planning", "in_care_inside")]
    assert (row["empty"], row["p_outstanding"], row["mean_lowest"]) == (1 / 16, 15 / 16, 1)


def test_blank_values_make_no_group_and_a_column_must_be_there():
    table = made(list("aabb"))
    table["region"] = pd.Categorical(["east", None, "west", "east"])
    assert rr.count_matrices(table, "region").cells["group"].unique().tolist() == ["east", "west"]
    with pytest.raises(InputError, match="care_group"):
        rr.count_matrices(table, "care_grup")
