"""The two ways that the bench times do the same; the ratio is far enough from its limit to hold on a busy machine."""

import numpy as np
import pytest

from bench import bootstrap_speed
from helpers import cases, published, rating_resamples
from helpers.datapackage import resource_path

BANDS = published.rating_bands()


@pytest.fixture(scope="module")
def synthetic():
    return cases.read(resource_path("synthetic-cases"), "cases").table


def test_both_ways_rate_a_resample_alike(synthetic):
    ways = bootstrap_speed.WithPandas(synthetic, "care_group", BANDS)
    counts = rating_resamples.count_matrices(synthetic, "care_group")
    random = np.random.default_rng(1)
    for _ in range(3):
        drawn = random.integers(0, len(ways.rows), len(ways.rows))
        weights = np.bincount(drawn, minlength=len(ways.rows))[None]
        rows = rating_resamples.of_resamples(counts, BANDS, [weights]).rows
        chances = rows.set_index(["standard", "group"])[rating_resamples.columns(BANDS)]
        chances.columns = BANDS["rating"]
        assert ways.ratings(drawn) == chances.idxmax(axis=1).to_dict()


def test_count_matrices_are_far_faster(synthetic):
    ways = bootstrap_speed.WithPandas(synthetic, "care_group", BANDS)
    slow = bootstrap_speed.seconds_of_pandas(ways, 5, 1)
    fast = min(bootstrap_speed.seconds_of_matrices(synthetic, "care_group", BANDS, seed) for seed in range(3))
    assert slow / fast > bootstrap_speed.WANTED
