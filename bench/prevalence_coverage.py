"""How often 95% limits of a prevalence hold the truth where cases lie in services, and how wide they are.

The services have the sizes of the synthetic inspected cases. The share of each is drawn from a beta distribution
about one true share, and its cases from a binomial one, so that two cases of a service have the correlation rho.
With `--write` the results go into `data/synthetic/`; with `--speed` it is timed what the notebook computes instead.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from scipy import special, stats

from helpers import cautions, intervals, letter_figures, paths, population_ratios, prevalence, published
from helpers.parameters import PrevalenceEstimates
from helpers.rounding import counts_from_percentage, whole_per_cent

CONFIDENCE = 0.95
TRUE_SHARE = 0.26
RHOS = (0.0, 0.02, 0.05, 0.1)
ASSUMED_RHO = 0.05
RUNS = 400_000
SEED = 2021
WILSON, LOGIT_T, KORN_GRAUBARD, HEADLINE = METHODS = ("wilson", "logit_t", "korn_graubard", "headline")
# Where rho is above 0; none for the headline, whose assumed correlation is not the true one.
WANTED = {WILSON: (0.63, 0.86), LOGIT_T: (0.94, 0.96), KORN_GRAUBARD: (0.94, 0.96)}
FILE = paths.DATA / "synthetic" / "synthetic_prevalence_coverage.csv"
# Of `--speed`.
SHARE, MOST_SECONDS = "letter_in_care_during_sentence", 1
Limits = tuple[np.ndarray, np.ndarray]


def service_sizes() -> np.ndarray:
    """Cases of each service in the synthetic list."""
    return published.read("synthetic-cases")["yot"].value_counts(sort=False).to_numpy()


def cases_in_care(sizes: np.ndarray, rho: float, runs: int, seed: int) -> np.ndarray:
    """Yes cases of each service in each run, shape (runs, services); the truth is `TRUE_SHARE` in expectation."""
    rng = np.random.default_rng([seed, round(1_000 * rho)])
    shape = (runs, len(sizes))
    if rho == 0:
        return rng.binomial(sizes, TRUE_SHARE, shape)
    strength = (1 - rho) / rho
    return rng.binomial(sizes, rng.beta(TRUE_SHARE * strength, (1 - TRUE_SHARE) * strength, shape))


def case_limits(yes: np.ndarray, sizes: np.ndarray) -> dict[str, Limits]:
    """Logit-t and Korn-Graubard limits of every run, with the linearised variance of `helpers.shares.of_domain`."""
    n, services = sizes.sum(), len(sizes)
    share = yes.sum(axis=1) / n
    variance = services / (services - 1) * ((yes - share[:, None] * sizes) ** 2).sum(axis=1) / n**2
    tail = (1 - CONFIDENCE) / 2
    t = stats.t.ppf(1 - tail, services - 1)
    reach = t * np.sqrt(variance) / (share * (1 - share))
    logits = special.logit(share)
    cases = share * (1 - share) / variance * (stats.t.ppf(1 - tail, n - 1) / t) ** 2
    count = cases * share
    exact = special.betaincinv(count, cases - count + 1, tail), special.betaincinv(count + 1, cases - count, 1 - tail)
    return {LOGIT_T: (special.expit(logits - reach), special.expit(logits + reach)), KORN_GRAUBARD: exact}


def by_count(counts: np.ndarray, limits: Callable[[int], intervals.Interval]) -> Limits:
    """Limits that depend on the count of all services alone: found once for each count."""
    distinct, places = np.unique(counts, return_inverse=True)
    lower, upper = np.array([limits(int(count)) for count in distinct]).T
    return lower[places], upper[places]


def headline_limits(count: int, n: int, services: int) -> intervals.Interval:
    """What the notebook makes of the whole per cent alone: an assumed correlation, equal sizes, all counts it allows."""
    deff = intervals.design_effect(ASSUMED_RHO, n, services)
    counts = counts_from_percentage(whole_per_cent(count, n), n)
    return intervals.clustered_union(counts, n, deff, services - 1, CONFIDENCE)


def coverage(rho: float, runs: int = RUNS, seed: int = SEED) -> pd.DataFrame:
    """The columns of ``synthetic_prevalence_coverage.csv`` for one correlation, one row a method.

    Parameters
    ----------
    rho : float
        Correlation of two cases of one service, in [0, 1).
    runs, seed : int
    """
    sizes = service_sizes()
    n, services = int(sizes.sum()), len(sizes)
    yes = cases_in_care(sizes, rho, runs, seed)
    found = case_limits(yes, sizes)
    found[WILSON] = by_count(yes.sum(axis=1), lambda count: intervals.binomial(count, n, CONFIDENCE))
    found[HEADLINE] = by_count(yes.sum(axis=1), lambda count: headline_limits(count, n, services))
    rows = []
    for method in METHODS:
        lower, upper = found[method]
        held = ((lower <= TRUE_SHARE) & (upper >= TRUE_SHARE)).mean()
        error = np.sqrt(held * (1 - held) / runs)
        rows.append((rho, method, held, error, (upper - lower).mean()))
    table = pd.DataFrame(rows, columns=["rho", "method", "coverage", "monte_carlo_error", "mean_width"])
    return table.assign(
        runs=runs, cases=n, services=services, true_share=TRUE_SHARE, level=CONFIDENCE, seed=seed, evidence="synthetic"
    )


def verdict(row: tuple) -> str:
    """Whether a coverage, not rounded, lies where it was wanted."""
    if row.method not in WANTED or row.rho == 0:
        return "no target"
    least, most = WANTED[row.method]
    return f"{100 * least:.0f}% to {100 * most:.0f}%: " + ("met" if least <= row.coverage <= most else "missed")


def report(table: pd.DataFrame) -> Iterator[str]:
    """The results as Markdown."""
    yield "| rho | Limits | Coverage, % | Monte Carlo error | Mean width, points | Wanted |"
    yield "| --- " * 6 + "|"
    for row in table.itertuples():
        numbers = f"{100 * row.coverage:.2f} | {100 * row.monte_carlo_error:.2f} | {100 * row.mean_width:.2f}"
        yield f"| {row.rho:g} | {row.method} | {numbers} | {verdict(row)} |"


def timed(work: Callable[[], object]) -> float:
    """Processor time in seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start


def speed(turns: int) -> Iterator[str]:
    """What the statistics of notebook 02 cost beyond imports and reading, with default parameters."""
    p = PrevalenceEstimates(cases="")
    care = prevalence.headline(
        prevalence.published_estimates(p.inspected_cases, p.yots, p.icc, p.confidence), SHARE, p.headline_icc
    )
    parts: dict[str, Callable[[], object]] = {
        "intervals of both shares": lambda: prevalence.published_estimates(p.inspected_cases, p.yots, p.icc, p.confidence),
        "one assumption changed at a time": lambda: prevalence.sensitivities(p),
        "counts of other bases, overlap": lambda: (
            prevalence.allowed_counts(p.inspected_cases, p.other_bases),
            prevalence.joint(p.inspected_cases),
        ),
        "cautions: sets, curve, limits": lambda: cautions.tables(care, p.court_shares, p.in_care_at_start),
        f"simulation, {p.draws:,} draws": lambda: cautions.simulation(care, p.court_shares, p.in_care_at_start, p.seed, p.draws),
        "figures, quotients, ratios": lambda: (
            letter_figures.as_what_they_are(),
            letter_figures.quotients(),
            population_ratios.ratios(),
        ),
    }
    seconds = {name: [timed(work) for _ in range(turns)] for name, work in parts.items()}
    seconds["all"] = [sum(turn) for turn in zip(*seconds.values(), strict=True)]
    yield "| What | First turn, s | Median of the others (range), s |\n| --- | --- | --- |"
    for name, (first, *others) in seconds.items():
        yield f"| {name} | {first:.3f} | {np.median(others):.3f} ({min(others):.3f} to {max(others):.3f}) |"
    slowest = max(seconds["all"])
    met = "met" if slowest < MOST_SECONDS else "missed"
    yield f"\nSlowest turn of all {slowest:.2f} s; wanted below {MOST_SECONDS:g} s: {met}."
    wide = counts_from_percentage(26, 10_000_000)
    one = timed(lambda: intervals.coarsened(wide, 10_000_000, CONFIDENCE))
    yield f"`intervals.coarsened` of the {wide.high - wide.low + 1:,} counts of 26% of 10,000,000: {one:.2f} s."
    yield f"Processor time without imports, Python {platform.python_version()}, {os.cpu_count()} cores."


def main() -> None:
    """Print Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="simulated inspections a correlation")
    parser.add_argument("--write", action="store_true", help=f"write {FILE.relative_to(paths.ROOT)}")
    parser.add_argument("--speed", action="store_true", help="time what the notebook computes, and simulate nothing")
    options = parser.parse_args()
    if options.speed:
        print(*speed(turns=7), sep="\n")
        return
    table = pd.concat([coverage(rho, options.runs) for rho in RHOS], ignore_index=True)
    print(*report(table), sep="\n")
    if options.write:
        table.to_csv(FILE, index=False, lineterminator="\n")
        print("\nWritten; now: make data")


if __name__ == "__main__":
    main()
