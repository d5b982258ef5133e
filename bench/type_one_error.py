"""How often tests of no difference between care groups reject, over many simulated inspections in which there is none.

42 services have the sizes of the synthetic cases (1,253); the care group of each case is drawn with the shares 927, 206 and 120
of 1,253. The logit of the share judged sufficient is a mean, plus an effect of the service that its groups share, plus an
effect of each group in each service; both are normal. Each group has the same distribution of their sum, so its marginal
share is the same and the null hypothesis holds. Compared at 5%: the recommended test of `helpers.comparisons` (GEE, Mancl and
DeRouen, t with services - 3 df), the same GEE with the plain sandwich and the normal distribution, and a logistic regression
that ignores services.
"""

import argparse
import time
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special, stats

from helpers import gee
from helpers.datapackage import resource_path

LEVEL = 0.05
WANTED = (0.04, 0.06)
# The share at the mean of the effects, and of cases in each care group.
SHARE = 0.68
GROUP_SHARES = np.array([927, 206, 120]) / 1253
# Standard deviations on the logit scale of service effects, and of effects of groups within services.
SCENARIOS = {
    "neither": (0.0, 0.0),
    "shared by groups": (0.4, 0.0),
    "shared, and by group": (0.4, 0.4),
    "shared, and more by group": (0.4, 0.6),
}
CONTRASTS = {"inside - not": (-1, 1, 0), "outside - not": (-1, 0, 1), "outside - inside": (0, -1, 1)}
TESTS = ("recommended", "GEE robust, z", "services ignored, z")


class Rates(NamedTuple):
    """Shares of runs that reject, by test and contrast; runs without a test; mean correlation; runs fitted by independence."""

    rejected: pd.DataFrame
    runs: int
    without: int
    correlation: float
    independent: int


def sizes() -> np.ndarray:
    """Cases of each service."""
    return pd.read_csv(resource_path("synthetic-cases"), usecols=["yot"])["yot"].value_counts().sort_index().to_numpy()


def inspections(shared: float, by_group: float, runs: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Yes answers and cases of each run, service and group; both (runs, services, 3)."""
    rng = np.random.default_rng(seed)
    services = sizes()
    cases = rng.multinomial(services, GROUP_SHARES, (runs, len(services)))
    effects = rng.normal(0, shared, (runs, len(services), 1)) + rng.normal(0, by_group, cases.shape)
    return rng.binomial(cases, special.expit(special.logit(SHARE) + effects)), cases


def rejections(shared: float, by_group: float, runs: int, seed: int) -> Rates:
    """Test the three contrasts in every run; one in which a group is all yes or all no has no test: not rejected."""
    contrasts = np.array(list(CONTRASTS.values()))
    # The contrasts of the shares' logits, as contrasts of the coefficients (the first group is the reference).
    of_fit = contrasts * [0, 1, 1]
    answers, numbers = inspections(shared, by_group, runs, seed)
    services = np.repeat(np.arange(answers.shape[1]), 3)
    design = np.tile([[1.0, 0, 0], [1, 1, 0], [1, 0, 1]], (answers.shape[1], 1))
    found = np.zeros((len(TESTS), len(contrasts)))
    without, independent, correlations = 0, 0, []
    for yes, cases in zip(answers, numbers, strict=True):
        k, n = yes.sum(axis=0), cases.sum(axis=0)
        if ((k == 0) | (k == n)).any():
            without += 1
            continue
        given = yes.ravel(), cases.ravel(), design, services
        try:
            fit = gee.logit_of_counts(*given)
        except gee.CorrelationNotEstimable:
            # As `helpers.comparisons` does.
            fit = gee.logit_of_counts(*given, "independence")
            independent += 1
        correlations.append(fit.correlation)
        difference = of_fit @ fit.coefficients
        corrected, plain = (np.sqrt(np.diag(of_fit @ one @ of_fit.T)) for one in (fit.covariance, fit.robust))
        ignored = np.abs(contrasts @ special.logit(k / n)) / np.sqrt(contrasts**2 @ (n / (k * (n - k))))
        found[0] += 2 * stats.t.sf(np.abs(difference) / corrected, fit.df) < LEVEL
        found[1] += 2 * stats.norm.sf(np.abs(difference) / plain) < LEVEL
        found[2] += 2 * stats.norm.sf(ignored) < LEVEL
    rejected = pd.DataFrame(found / runs, index=list(TESTS), columns=list(CONTRASTS))
    return Rates(rejected, runs, without, float(np.nanmean(correlations)), independent)


def main() -> None:
    """Print Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=2022)
    given = parser.parse_args()
    every = sizes()
    print(f"{len(every)} services of {every.min()} to {every.max()} cases, {every.sum():,} in all.\n")
    print("| Service effects | Standard deviations | Mean alpha | Test | " + " | ".join(CONTRASTS) + " |")
    print("| --- " * (len(CONTRASTS) + 4) + "|")
    results, notes = {}, []
    for name, spread in SCENARIOS.items():
        started = time.perf_counter()
        results[name] = rates = rejections(*spread, given.runs, given.seed)
        for test in TESTS:
            cells = " | ".join(f"{100 * rate:.2f}" for rate in rates.rejected.loc[test])
            print(f"| {name} | {spread[0]:g}, {spread[1]:g} | {rates.correlation:.3f} | {test} | {cells} |", flush=True)
        seconds = time.perf_counter() - started
        notes.append(f"{name}: {rates.without} runs without a test, {rates.independent} fitted by independence; {seconds:.0f} s")
    error = 100 * np.sqrt(LEVEL * (1 - LEVEL) / given.runs)
    print(
        f"\nMonte Carlo error of a rate of 5%: {error:.2f} points ({given.runs:,} runs, seed {given.seed}). "
        + "; ".join(notes)
        + ".\n"
    )
    for name in [name for name, (_, by_group) in SCENARIOS.items() if by_group]:
        for contrast, rate in results[name].rejected.loc[TESTS[0]].items():
            met = "met" if WANTED[0] <= rate <= WANTED[1] else "missed"
            print(f"- {TESTS[0]}, {name}, {contrast}: {100 * rate:.2f}%; wanted 4% to 6%: {met}.")


if __name__ == "__main__":
    main()
