import numpy as np
import pandas as pd
import pytest

from bench import lowest_question as bench
from helpers import comparisons, ratings
from helpers.ratings import LOWEST, LOWEST_OF_EACH

ALIKE = bench.Scenario((0.7, 0.7, 0.7), 0.4, 0.4, (1.0, 1.0, 1.0))


@pytest.fixture(scope="module")
def rates():
    return bench.rates(ALIKE, 60, seed=5)


def test_rates_of_a_few_runs_are_sane(rates):
    assert list(rates["choice"].unique()) == [LOWEST, LOWEST_OF_EACH]
    assert list(rates["contrast"]) == 2 * list(bench.CONTRASTS)
    assert rates[["lower", "higher", "rejected"]].stack().between(0, 1).all()
    assert (rates["rejected"] == rates["lower"] + rates["higher"]).all() and (rates["without"] == 0).all()
    # Monte Carlo error is 2.8 points: four of them.
    assert (rates.loc[rates["choice"] == LOWEST, "rejected"] <= 0.16).all()


def test_each_group_on_its_own_lowest_question_puts_the_smallest_group_lower(rates):
    means = rates.set_index(["contrast", "choice"])["mean_difference"]["outside - not"]
    assert means[LOWEST_OF_EACH] < means[LOWEST]


def test_the_same_seed_gives_the_same_rates_and_another_one_others():
    few = [bench.rates(ALIKE, 3, seed=seed) for seed in (5, 5, 6)]
    assert few[0].equals(few[1]) and not few[0].equals(few[2])


def test_inspections_have_the_sizes_and_shares_asked_for():
    scenario = bench.Scenario((0.77, 0.72, 0.7), 0.0, 0.0, (1.0, 0.9, 0.85))
    yes, cases = (np.sum(part, axis=0) for part in zip(*bench.inspections(scenario, 100, seed=1), strict=True))
    assert cases[:, :, 0].sum() == 100 * 1253 and cases.shape == (42, 3, 3)
    assert cases.sum(axis=0)[:, 0] / 100 == pytest.approx([927, 206, 120], rel=0.02)
    assert cases.sum(axis=(0, 1)) / (100 * 1253) == pytest.approx(scenario.applies, abs=0.005)
    assert yes.sum(axis=(0, 1)) / cases.sum(axis=(0, 1)) == pytest.approx(scenario.shares, abs=0.007)


def test_answers_of_one_case_have_a_correlation_of_about_three_tenths():
    normal = bench._alike(np.random.default_rng(1), (100_000, 3), bench.LATENT)
    # 0.524 is the normal quantile of 70%.
    assert np.corrcoef((normal < 0.524).T)[np.triu_indices(3, 1)] == pytest.approx(0.3, abs=0.015)


@pytest.mark.parametrize("seed", [1, 4])
def test_questions_and_tests_are_those_of_comparisons(seed):
    counts = next(bench.inspections(bench.Scenario((0.7, 0.7, 0.7), 0.4, 0.4, (1.0, 0.9, 0.85)), 1, seed))
    yes, cases = (part.reshape(-1, 3) for part in counts)
    service, group = (place.ravel() for place in np.indices(counts[0].shape[:2]))
    # As many rows a cell as the first question has cases; the others apply to no more.
    number = cases.max(axis=1)
    cell = np.repeat(np.arange(len(number)), number)
    rank = np.arange(len(cell)) - np.repeat(np.cumsum(number) - number, number)
    table = pd.DataFrame({"yot": service[cell]})
    table["care_group"] = pd.Categorical.from_codes(group[cell], ratings.CARE_GROUPS)
    for place, name in enumerate(ratings.QUESTIONS):
        answers = pd.Series(pd.array(rank < yes[cell, place], dtype="boolean"))
        table[f"planning_{name}"] = answers.mask(rank >= cases[cell, place])
    judged = [one for one in comparisons.judged_of(table, "care_group") if one.question in bench.CHOICES]
    pairs = ratings.pairs(ratings.CARE_GROUPS, "not_in_care", "all_pairs")
    found = comparisons.compare(table, judged, "care_group", pairs, 0.95)
    for choice, questions in bench.chosen(counts).items():
        difference, p = bench.compared(counts, questions)
        rows = found[found["question"] == choice]
        assert rows["risk_difference"].to_numpy() == pytest.approx(difference, abs=1e-9)
        assert rows["p_value"].to_numpy() == pytest.approx(p, abs=1e-9)
