from itertools import combinations, product

import numpy as np
import pytest

from helpers import estimates, replicate
from helpers.errors import InputError

# The third is large; the last three are drawn whole, not at all, and empty.
SIZES, DRAWN = [36, 12, 300, 4, 9, 0], [5, 5, 6, 4, 0, 0]
DRAWS, SEED = 2000, 7


@pytest.fixture(scope="module")
def drawn():
    return replicate.positions(SIZES, DRAWN, DRAWS, SEED)


def test_the_same_seed_gives_the_same_draws_and_another_one_others(drawn):
    again, other = (replicate.positions(SIZES, DRAWN, DRAWS, seed) for seed in (SEED, SEED + 1))
    assert all(np.array_equal(one, two) for one, two in zip(drawn, again, strict=True))
    assert not any(np.array_equal(one, two) for one, two in zip(drawn[:3], other[:3], strict=True))


def test_draws_do_not_depend_on_how_many_are_made_at_once(drawn, monkeypatch):
    monkeypatch.setattr(replicate, "_NUMBERS_AT_ONCE", 100)
    few = replicate.positions(SIZES, DRAWN, 30, SEED)
    assert all(np.array_equal(one, two[:30]) for one, two in zip(few, drawn, strict=True))


def test_the_draws_of_a_seed_stay_the_same():
    assert replicate.positions([30, 7], [3, 2], 2, 2012)[0].tolist() == [[1, 10, 25], [8, 20, 23]]
    # Strata of one size have streams of their own.
    one, two = replicate.positions([40, 40], [5, 5], 50, SEED)
    assert not np.array_equal(one, two)


def test_no_case_is_twice_in_a_draw_and_a_stratum_drawn_whole_is_whole(drawn):
    for size, number, places in zip(SIZES, DRAWN, drawn, strict=True):
        assert places.shape == (DRAWS, number)
        assert (np.diff(places, axis=1) > 0).all()
        assert ((places >= 0) & (places < size)).all()
    assert (drawn[3] == np.arange(4)).all()


def test_every_case_has_the_same_chance(drawn):
    for size, number, places in list(zip(SIZES, DRAWN, drawn, strict=True))[:3]:
        chance = number / size
        error = np.sqrt(chance * (1 - chance) / DRAWS)
        assert np.abs(np.bincount(places.ravel(), minlength=size) / DRAWS - chance).max() < 4.5 * error


@pytest.mark.parametrize("large", [0, 8])
def test_every_set_of_cases_has_the_same_chance(large, monkeypatch):
    monkeypatch.setattr(replicate, "_LARGE", large)
    places = replicate.positions([6], [3], DRAWS, SEED)[0]
    found = np.unique(places, axis=0, return_counts=True)[1] / DRAWS
    assert len(found) == 20
    assert np.abs(found - 1 / 20).max() < 4.5 * np.sqrt(1 / 20 * 19 / 20 / DRAWS)


def share(judged):
    return estimates.stratified(judged, np.ones(len(judged.population), dtype=bool), finite=True).estimate


def test_the_error_of_the_design_is_that_over_all_samples_of_a_toy():
    sizes, yes, number = np.array([4, 6]), [3, 3], [2, 3]
    every = [list(combinations(range(size), n)) for size, n in zip(sizes, number, strict=True)]
    shares = [sum(np.mean(np.less(c, k)) * n for c, k, n in zip(s, yes, sizes, strict=True)) / 10 for s in product(*every)]
    assert len(shares) == 120
    assert np.mean(shares) == pytest.approx(0.6)
    assert replicate.design_error(sizes, yes, number) ** 2 == pytest.approx(np.var(shares)) == pytest.approx(0.028)
    assert replicate.design_error([4, 6], [3, 3], [4, 6]) == 0


def test_estimates_are_right_on_average_and_vary_as_the_design_says():
    sizes, yes, number = SIZES[:4], [20, 3, 225, 2], DRAWN[:4]
    judged = replicate.judged(sizes, yes, number, DRAWS, SEED)
    assert (judged.judged == number).all()
    assert (judged.yes[:, 3] == 2).all()
    found, error = share(judged), replicate.design_error(sizes, yes, number)
    assert abs(found.mean() - sum(yes) / sum(sizes)) < 4 * error / np.sqrt(DRAWS)
    # The standard deviation of so many draws is known to about 1 in sqrt(2 * draws).
    assert found.std() == pytest.approx(error, rel=4 / np.sqrt(2 * DRAWS))


@pytest.mark.parametrize(
    "call",
    [
        lambda: replicate.positions([3], [4], 1, 0),
        lambda: replicate.positions([3], [-1], 1, 0),
        lambda: replicate.positions([3, 3], [1], 1, 0),
        lambda: replicate.positions([3], [1], 0, 0),
        lambda: replicate.positions([3], [1], 1, -1),
        lambda: replicate.judged([3], [4], [1], 1, 0),
        lambda: replicate.design_error([3, 3], [1, 1], [1, 0]),
        lambda: replicate.design_error([0], [0], [0]),
    ],
)
def test_impossible_designs_are_refused(call):
    with pytest.raises(InputError):
        call()
