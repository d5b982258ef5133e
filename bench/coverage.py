"""How often a case is drawn, and how often limits hold the truth, over many draws of the synthetic sampling frame.

The strata are the twelve of the default parameters. Their yes cases are made, so that the truth is known: the same
number in every draw, more in some strata than in others (`successes`). Limits are those for the cases of the list.
"""

import argparse
from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import special

from helpers import draw, estimates, fieldwork, intervals, replicate
from helpers.parameters import FieldworkSampling
from helpers.sampling import ARMS

CONFIDENCE = 0.95
SHARES = (0.5, 0.8, 0.9)
# On the logit scale: areas evenly between these, arms this far to each side.
AREA_REACH, ARM_REACH = 0.6, 0.2
WANTED = (0.94, 0.96)
GROUPS = {"all": "all", "hosted": "hosted", "placed_out": "placed out", estimates.DIFFERENCE: "difference"}


def successes(allocation: pd.DataFrame, share: float) -> np.ndarray:
    """The yes cases of each stratum: its share is that given, moved by its area and its arm, and rounded to whole cases."""
    areas = allocation["area"].nunique()
    moved = np.repeat(np.linspace(-AREA_REACH, AREA_REACH, areas), len(ARMS)) + np.tile([ARM_REACH, -ARM_REACH], areas)
    return np.floor(allocation["eligible"] * special.expit(special.logit(share) + moved) + 0.5).to_numpy(dtype=int)


def inclusion(cases: pd.DataFrame, allocation: pd.DataFrame, draws: int) -> Iterator[str]:
    """How far the share of draws that a case is in lies from its chance, in Monte Carlo errors."""
    sizes, drawn = allocation["eligible"].to_numpy(), allocation["drawn"].to_numpy()
    groups = cases["area"].cat.codes.to_numpy() * len(ARMS) + cases["arm"].cat.codes.to_numpy()
    chance = (drawn / sizes)[groups]
    by_hash = np.zeros(len(cases))
    for seed in range(1, draws + 1):
        found = draw.smallest(draw.random_numbers(cases["case_id"], seed), groups, drawn, cases["case_id"])
        by_hash[np.concatenate(found)] += 1
    at_once = np.zeros(len(cases))
    for stratum, places in enumerate(replicate.positions(sizes, drawn, draws, seed=1)):
        at_once[groups == stratum] = np.bincount(places.ravel(), minlength=sizes[stratum])
    whole = chance == 1
    error = np.sqrt(chance * (1 - chance) / draws)[~whole]
    for name, counts in ((f"`draw`, seeds 1 to {draws:,}", by_hash), ("`replicate`, seed 1", at_once)):
        assert (counts[whole] == draws).all()
        z = np.abs(counts[~whole] / draws - chance[~whole]) / error
        yield f"{name} | {z.size} | {z.max():.2f} | {100 * (z > 2).mean():.1f}%"


def limits_by_method(judged: estimates.Judged, arms: np.ndarray) -> tuple[dict[str, dict[str, tuple]], dict[str, np.ndarray]]:
    """Lower and upper limits of every draw by method and group; and where the error of a group is 0."""
    masks = {"all": np.ones(len(arms), dtype=bool)} | {arm: arms == arm for arm in ARMS}
    found = {group: estimates.stratified(judged, mask, finite=True) for group, mask in masks.items()}
    methods = {}
    for method in estimates.METHODS:
        methods[method] = {group: (one.estimate, *estimates.limits(one, method, CONFIDENCE)) for group, one in found.items()}
    methods[estimates.UNWEIGHTED] = {group: _wilson(judged.of(mask)) for group, mask in masks.items()}
    for groups in methods.values():
        groups[estimates.DIFFERENCE] = (np.nan, *estimates.mover(*(groups[arm] for arm in ARMS)))
    zero = {group: one.se == 0 for group, one in found.items()}
    return methods, zero | {estimates.DIFFERENCE: zero[ARMS[0]] & zero[ARMS[1]]}


def _wilson(judged: estimates.Judged) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Wilson's limits of the cases judged, as if they were one simple random sample."""
    yes, n = judged.yes.sum(axis=-1).astype(int), int(judged.judged[0].sum())
    every = np.array([intervals.binomial(count, n, CONFIDENCE) for count in range(n + 1)])
    return yes / n, *every[yes].T


def truths(sizes: np.ndarray, yes: np.ndarray, arms: np.ndarray) -> dict[str, float]:
    """The true shares, and their difference."""
    found = {"all": yes.sum() / sizes.sum()} | {arm: yes[arms == arm].sum() / sizes[arms == arm].sum() for arm in ARMS}
    return found | {estimates.DIFFERENCE: found[ARMS[0]] - found[ARMS[1]]}


def coverage(policy: str, allocation: pd.DataFrame, share: float, draws: int) -> Iterator[tuple[str, float | None]]:
    """Rows of the table, and what has a target: the share of draws whose limits hold the truth."""
    sizes, drawn, arms = (allocation[name].to_numpy() for name in ("eligible", "drawn", "arm"))
    yes = successes(allocation, share)
    methods, zero = limits_by_method(replicate.judged(sizes, yes, drawn, draws, seed=2012), arms)
    for group, truth in truths(sizes, yes, arms).items():
        held = [
            ((lower <= truth) & (truth <= upper)).mean() for _, lower, upper in (groups[group] for groups in methods.values())
        ]
        cells = " | ".join(f"{100 * one:.1f}" for one in held)
        row = f"| {policy} | {100 * truth:.1f} | {GROUPS[group]} | {cells} | {100 * zero[group].mean():.1f} |"
        yield row, held[0] if group == "all" and share == SHARES[0] else None


def main() -> None:
    """Print Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=20_000)
    draws = parser.parse_args().draws
    found = fieldwork.drawn(FieldworkSampling())
    print("| Policy | Draws by | Cases not certain | Greatest distance | Beyond 2 |\n| --- | --- | --- | --- | --- |")
    for policy, allocation in found.allocations.items():
        for row in inclusion(found.eligible.cases, allocation, draws):
            print(f"| {policy} | {row} |", flush=True)
    print("\n| Policy | Truth, % | Group | " + " | ".join([*estimates.METHODS, "unweighted Wilson", "error 0"]) + " |")
    print("| --- " * (len(estimates.METHODS) + 5) + "|")
    judged = []
    for share in SHARES:
        for policy, allocation in found.allocations.items():
            for row, target in coverage(policy, allocation, share, draws):
                print(row, flush=True)
                judged += [] if target is None else [(policy, target)]
    print(f"\nMonte Carlo error of a coverage near 95%: {100 * np.sqrt(CONFIDENCE * (1 - CONFIDENCE) / draws):.2f} points.")
    for policy, held in judged:
        met = "met" if WANTED[0] <= held <= WANTED[1] else "missed"
        print(f"{policy}, `logit_t`, all, near a half: {100 * held:.2f}%; wanted 94% to 96%: {met}.")


if __name__ == "__main__":
    main()
