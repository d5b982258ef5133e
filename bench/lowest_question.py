"""What choosing the question does to a comparison of care groups, over many simulated inspections without any difference.

Services, care groups and their effects are those of `type_one_error`; each case has three judgements, whose shares at the mean
of the effects are given, and each group has the same distribution of effects in each of them, so no group differs in any.
Compared as in `helpers.comparisons` (GEE, Mancl and DeRouen, t with services - 3 df, at 5%): all groups on the question that is
lowest in all cases together, and each group on its own lowest one. Groups that are then lower or higher are told apart.

Run it as a module: `python -m bench.lowest_question`.
"""

import argparse
import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special, stats

from bench import type_one_error
from bench.type_one_error import CONTRASTS, GROUP_SHARES, LEVEL, WANTED
from helpers import gee
from helpers.ratings import LOWEST, LOWEST_OF_EACH

SHARES = ((0.70, 0.70, 0.70), (0.77, 0.72, 0.70), (0.70, 0.72, 0.69))
EFFECTS = ("shared by groups", "shared, and by group")
# The share of cases that each question applies to.
APPLIES = ((1.0, 1.0, 1.0), (1.0, 0.90, 0.85))
# Correlation of normal variables whose thresholds are the answers: gives answers of one case a correlation of 0.3.
LATENT = 0.475
# Correlation of a service's effects on two of the questions; assumed.
EFFECTS_ALIKE = 0.5
CHOICES = (LOWEST, LOWEST_OF_EACH)
# Yes answers and cases of each service, group and question; both (services, 3, 3).
Counts = tuple[np.ndarray, np.ndarray]


class Scenario(NamedTuple):
    """Shares of the questions at the mean of the effects, standard deviations of these, and shares of cases asked."""

    shares: tuple[float, ...]
    shared: float
    by_group: float
    applies: tuple[float, ...]
    effects_alike: float = EFFECTS_ALIKE


SCENARIOS = [
    Scenario(shares, *type_one_error.SCENARIOS[effects], applies)
    for applies in APPLIES
    for effects in EFFECTS
    for shares in SHARES
]


def inspections(scenario: Scenario, runs: int, seed: int) -> Iterator[Counts]:
    """The counts of each run."""
    rng = np.random.default_rng(seed)
    sizes, groups, questions = type_one_error.sizes(), len(GROUP_SHARES), len(scenario.shares)
    service = np.repeat(np.arange(len(sizes)), sizes)
    for _ in range(runs):
        effects = scenario.shared * _alike(rng, (len(sizes), 1, questions), scenario.effects_alike)
        effects = effects + scenario.by_group * _alike(rng, (len(sizes), groups, questions), scenario.effects_alike)
        threshold = special.ndtri(special.expit(special.logit(scenario.shares) + effects)).reshape(-1, questions)
        cell = service * groups + rng.choice(groups, len(service), p=GROUP_SHARES)
        yes = _alike(rng, (len(service), questions), LATENT) < threshold[cell]
        asked = rng.random(yes.shape) < scenario.applies
        shape = (len(sizes), groups, questions)
        place = cell[:, None] * questions + np.arange(questions)
        yield tuple(np.bincount(place[kept], minlength=np.prod(shape)).reshape(shape) for kept in (yes & asked, asked))


def _alike(rng: np.random.Generator, shape: tuple[int, ...], correlation: float) -> np.ndarray:
    """Standard normal numbers, with this correlation of any two on the last axis."""
    common = rng.standard_normal((*shape[:-1], 1))
    return np.sqrt(correlation) * common + np.sqrt(1 - correlation) * rng.standard_normal(shape)


def chosen(counts: Counts) -> dict[str, np.ndarray]:
    """The question that each group is compared on, (3,), by choice; the first of equal ones."""
    yes, cases = (part.sum(axis=0) for part in counts)
    together = yes.sum(axis=0) / cases.sum(axis=0)
    return {LOWEST: np.full(len(yes), together.argmin()), LOWEST_OF_EACH: (yes / cases).argmin(axis=1)}


def compared(counts: Counts, questions: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Risk differences and p-values of the contrasts, each group on its question; None where a group is all yes or all no."""
    yes, cases = (np.take_along_axis(part, questions[None, :, None], axis=2)[:, :, 0] for part in counts)
    if (yes.sum(axis=0) == 0).any() or (yes.sum(axis=0) == cases.sum(axis=0)).any():
        return None
    design = np.tile([[1.0, 0, 0], [1, 1, 0], [1, 0, 1]], (len(yes), 1))
    given = yes.ravel(), cases.ravel(), design, np.repeat(np.arange(len(yes)), 3)
    try:
        fit = gee.logit_of_counts(*given)
    except gee.CorrelationNotEstimable:
        # As `helpers.comparisons` does.
        fit = gee.logit_of_counts(*given, "independence")
    contrasts = np.array(list(CONTRASTS.values()))
    # As contrasts of the coefficients: the first group is the reference.
    of_fit = contrasts * [0, 1, 1]
    errors = np.sqrt(np.diag(of_fit @ fit.covariance @ of_fit.T))
    p = 2 * stats.t.sf(np.abs(of_fit @ fit.coefficients) / errors, fit.df)
    return contrasts @ special.expit(design[:3] @ fit.coefficients), p


def rates(scenario: Scenario, runs: int, seed: int) -> pd.DataFrame:
    """Mean differences and how often they are found significant.

    Returns
    -------
    DataFrame
        A row a choice and contrast: mean_difference and its Monte Carlo error (points); lower, higher, rejected: shares of runs
        that reject with a difference below 0, above 0, either; rejected_error; without: runs without a test (not rejected).
    """
    found = {choice: [] for choice in CHOICES}
    for counts in inspections(scenario, runs, seed):
        for choice, questions in chosen(counts).items():
            found[choice].append(compared(counts, questions))
    rows = []
    for choice, results in found.items():
        tested = [result for result in results if result is not None]
        difference, p = (np.stack(part) for part in zip(*tested, strict=True))
        error = difference.std(axis=0, ddof=1) / np.sqrt(len(tested))
        for place, contrast in enumerate(CONTRASTS):
            significant = p[:, place] < LEVEL
            lower, higher = ((significant & side).sum() / runs for side in (difference[:, place] < 0, difference[:, place] > 0))
            row = {"choice": choice, "contrast": contrast, "mean_difference": 100 * difference[:, place].mean()}
            row |= {"mean_difference_error": 100 * error[place], "lower": lower, "higher": higher, "rejected": lower + higher}
            row |= {"rejected_error": np.sqrt(row["rejected"] * (1 - row["rejected"]) / runs), "without": runs - len(tested)}
            rows.append(row)
    return pd.DataFrame(rows)


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=2022)
    parser.add_argument("--effects-alike", type=float, default=EFFECTS_ALIKE, help="correlation of effects on two questions")
    given = parser.parse_args()
    started = time.process_time()
    print("| Shares, % | Applies to, % | Standard deviations | Lowest in | " + " | ".join(CONTRASTS) + " |")
    print("| --- " * (len(CONTRASTS) + 4) + "|")
    tables = []
    for scenario in SCENARIOS:
        scenario = scenario._replace(effects_alike=given.effects_alike)
        table = rates(scenario, given.runs, given.seed)
        tables.append(table)
        shares, applies = ("/".join(f"{100 * share:.0f}" for share in part) for part in (scenario.shares, scenario.applies))
        for choice, rows in table.groupby("choice", sort=False):
            cells = [f"{row.mean_difference:+.2f}; {100 * row.lower:.1f} / {100 * row.higher:.1f}" for row in rows.itertuples()]
            where = "all cases" if choice == LOWEST else "each group"
            spread = f"{scenario.shared:g}, {scenario.by_group:g}"
            print(f"| {shares} | {applies} | {spread} | {where} | {' | '.join(cells)} |", flush=True)
    every = pd.concat(tables)
    print(f"\n{given.runs:,} runs a scenario, seed {given.seed}, {every['without'].max()} without a test at most;", end=" ")
    print(f"{time.process_time() - started:.0f} s of processor time. Monte Carlo errors:", end=" ")
    print(f"of a mean difference at most {every['mean_difference_error'].max():.2f} points,", end=" ")
    print(f"of a rate of 5% {100 * np.sqrt(LEVEL * (1 - LEVEL) / given.runs):.2f},", end=" ")
    print(f"of the greatest rate {100 * every.loc[every['rejected'].idxmax(), 'rejected_error'].max():.2f}.\n")
    for choice, rows in every.groupby("choice", sort=False):
        least, most = rows["rejected"].min(), rows["rejected"].max()
        met = "met" if WANTED[0] <= least and most <= WANTED[1] else "missed"
        wanted = f"; wanted 4% to 6%: {met}" if choice == LOWEST else ""
        print(f"- {choice}: {100 * least:.2f}% to {100 * most:.2f}% reject{wanted}.", end=" ")
        print(f"Mean differences {rows['mean_difference'].min():+.2f} to {rows['mean_difference'].max():+.2f} points;", end=" ")
        far = rows["mean_difference"].abs() / rows["mean_difference_error"]
        print(f"the farthest lies {far.max():.1f} Monte Carlo errors from 0.")


if __name__ == "__main__":
    main()
