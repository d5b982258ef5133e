import numpy as np
import pandas as pd
import pytest

from bench import type_one_error as bench
from helpers import comparisons, ratings
from helpers.comparisons import Judged

RUNS = 200


@pytest.fixture(scope="module")
def rates():
    return bench.rejections(*bench.SCENARIOS["shared, and more by group"], RUNS, seed=5)


def test_rates_of_a_few_runs_are_sane(rates):
    assert rates.runs == RUNS and rates.without == 0
    assert list(rates.rejected.index) == list(bench.TESTS) and list(rates.rejected.columns) == list(bench.CONTRASTS)
    # Monte Carlo error is 1.5 points: four of them.
    assert (rates.rejected.loc["recommended"] <= 0.11).all()
    assert (rates.rejected.loc["recommended"] <= rates.rejected.loc["GEE robust, z"]).all()
    assert rates.rejected.loc["services ignored, z", "inside - not"] > rates.rejected.loc["recommended", "inside - not"]
    assert 0.02 < rates.correlation < 0.12


def test_the_same_seed_gives_the_same_rates_and_another_one_others(rates):
    spread = bench.SCENARIOS["shared, and more by group"]
    assert bench.rejections(*spread, 20, seed=5).rejected.equals(bench.rejections(*spread, 20, seed=5).rejected)
    assert not np.array_equal(bench.inspections(*spread, 20, seed=5)[0], bench.inspections(*spread, 20, seed=6)[0])


def test_inspections_have_the_sizes_of_the_letter_and_no_difference():
    yes, cases = bench.inspections(0.4, 0.6, 3_000, seed=1)
    assert (cases.sum(axis=(1, 2)) == 1253).all() and cases.shape[1] == 42
    assert cases.sum(axis=1).mean(axis=0) == pytest.approx([927, 206, 120], rel=0.01)
    shares = yes.sum(axis=(0, 1)) / cases.sum(axis=(0, 1))
    assert np.ptp(shares) < 0.006


def test_the_recommended_test_is_that_of_comparisons():
    yes, cases = (one[0] for one in bench.inspections(0.4, 0.4, 1, seed=3))
    service, group = np.indices(cases.shape)
    counts = np.stack([yes, cases - yes], axis=-1).reshape(-1, 2)
    rows = np.repeat(np.arange(len(counts) * 2), counts.ravel())
    table = pd.DataFrame({"yot": service.ravel()[rows // 2]})
    table["care_group"] = pd.Categorical.from_codes(group.ravel()[rows // 2], ratings.CARE_GROUPS)
    answer = Judged("planning", "lowest", pd.Series(pd.array(rows % 2 == 0, dtype="boolean")))
    pairs = ratings.pairs(ratings.CARE_GROUPS, "not_in_care", "all_pairs")
    p = comparisons.compare(table, [answer], "care_group", pairs, 0.95)["p_value"]
    found = bench.rejections(0.4, 0.4, 1, seed=3).rejected.loc["recommended"]
    assert len(p) == 3 and (found.to_numpy() == (p < bench.LEVEL).to_numpy()).all()
