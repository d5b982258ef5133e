"""How shown cases lie in services, and what one service or case weighs: what errors and weighted shares could tell of them.

A reader who knows how many cases of a group each service has can try all ways in which the sufficient ones lie in them.
With few services so few ways have the errors, comparisons and probabilities that are printed that often one is left.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.ratings import LOWEST, QUESTIONS
from helpers.shares import BLANK, groups_of, judgements_of
from helpers.weighted_shares import weights_of

# With six services of five cases each, and numbers in whole per cents, one way is left; with eight there are dozens.
FEWEST_SERVICES = 8
# As for estimates of a fieldwork: a case that weighs more cannot be made up for by others.
HEAVIEST_CASE = 0.05


class Spread(NamedTuple):
    """Of one judgement of a group: services with a case judged, and whether weights would tell of a service or case."""

    services: int
    dominated: bool


def spreads(cases: pd.DataFrame, group_by: str) -> Mapping[tuple[str, str, str], Spread]:
    """The spread of every judgement, by (standard, question, group); of `LOWEST` it is the worst of its questions.

    Parameters
    ----------
    cases : DataFrame
        Inspected cases without the answers that are hidden.
    group_by : str
    """
    found = {(standard, question, group): spread for standard, question, group, spread in _each(cases, group_by)}
    by_standard: dict[tuple[str, str], list[Spread]] = {}
    for (standard, question, group), spread in found.items():
        if question in QUESTIONS:
            by_standard.setdefault((standard, group), []).append(spread)
    worst = {key: Spread(min(one.services for one in own), any(one.dominated for one in own)) for key, own in by_standard.items()}
    return found | {(standard, LOWEST, group): spread for (standard, group), spread in worst.items()}


def _each(cases: pd.DataFrame, group_by: str) -> Iterator[tuple[str, str, str, Spread]]:
    weights, _ = weights_of(cases)
    codes, _ = pd.factorize(cases["yot"])
    for group, mask in groups_of(cases, group_by).items():
        if group == BLANK:
            continue
        for (standard, question), column in judgements_of(cases).items():
            known = (mask & cases[column].notna()).to_numpy(dtype=bool)
            services = len(np.unique(codes[known]))
            heavy = False
            if weights is not None and services:
                yes = cases[column][known].to_numpy(dtype=bool)
                heavy = _dominated(weights.to_numpy()[known], codes[known], yes)
            yield standard, question, group, Spread(services, heavy)


def _dominated(weights: np.ndarray, services: np.ndarray, yes: np.ndarray) -> bool:
    """Whether a case is too heavy, or a service weighs more than the rarer answer, so that it shows in the share."""
    part = weights / weights.sum()
    share = part[yes].sum()
    return bool(part.max() > HEAVIEST_CASE or np.bincount(services, part).max() > min(share, 1 - share))
