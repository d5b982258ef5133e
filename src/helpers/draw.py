"""From a list of cases to strata, an allocation and a sample."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Literal

import numpy as np
import pandas as pd

from helpers.sampling import ARMS

Shortfall = Literal["top_up", "accept"]
SCOPE = {
    "listed": "cases in the list",
    "out_of_scope": "neither hosted by one of the areas nor placed out by one",
    "eligible": "hosted or placed out, each counted once",
    "eligible_twice": "of these, placed from one of the areas into another: counted as hosted only",
}

NO_CASES = pd.DataFrame(columns=["case_id", "home_area", "supervising_area"], dtype=str)


def strata(frame: pd.DataFrame, areas: Sequence[str]) -> pd.DataFrame:
    """The cases in scope, each with its stratum.

    For area A a case is *hosted* where A supervises and home is elsewhere, *placed out* where home is A and another
    area supervises. A case that is both, hosted by one of the areas and placed out by another, is hosted.

    Parameters
    ----------
    frame : DataFrame
        case_id, home_area, supervising_area.
    areas : sequence of str

    Returns
    -------
    DataFrame
        case_id, area, arm, twice (whether the case is also placed out by another of the areas); order of the frame.
    """
    home, supervising = frame["home_area"].astype(str), frame["supervising_area"].astype(str)
    away = home != supervising
    hosted, placed_out = away & supervising.isin(areas), away & home.isin(areas)
    cases = pd.DataFrame({"case_id": frame["case_id"], "area": supervising.where(hosted, home)})
    cases = cases.assign(arm=np.where(hosted, *ARMS), twice=hosted & placed_out)
    return cases[hosted | placed_out].reset_index(drop=True)


def scope(frame: pd.DataFrame, eligible: pd.DataFrame, evidence: str) -> pd.DataFrame:
    """How many cases are listed, out of scope, eligible, and eligible twice: ``fieldwork_scope.csv``."""
    counts = [len(frame), len(frame) - len(eligible), len(eligible), int(eligible["twice"].sum())]
    return pd.DataFrame({"step": list(SCOPE), "meaning": list(SCOPE.values()), "cases": counts, "evidence": evidence})


def allocate(
    eligible: pd.DataFrame, areas: Sequence[str], cases_per_arm: int, shortfall: Shortfall, evidence: str
) -> pd.DataFrame:
    """How many cases are drawn in each stratum.

    Each arm gives the number asked for, or all it has. With ``top_up`` what an area still lacks of twice that number
    comes from its other arm, the hosted one first; with ``accept`` it is missed. This depends on the numbers in the
    list alone, so it is fixed before the draw.

    Parameters
    ----------
    eligible : DataFrame
        As from `strata`.
    areas : sequence of str
    cases_per_arm : int
    shortfall : {"top_up", "accept"}
    evidence : str

    Returns
    -------
    DataFrame
        The columns of ``fieldwork_allocation.csv``, one row a stratum, empty strata included.
    """
    index = pd.MultiIndex.from_product([areas, ARMS], names=["area", "arm"])
    there = eligible.groupby(["area", "arm"]).size().reindex(index, fill_value=0).unstack()[list(ARMS)]
    drawn = there.clip(upper=cases_per_arm)
    if shortfall == "top_up":
        for arm in ARMS:
            missing = 2 * cases_per_arm - drawn.sum(axis=1)
            drawn[arm] = np.minimum(there[arm], drawn[arm] + missing)
    table = pd.DataFrame({"eligible": there.stack(), "requested": cases_per_arm, "drawn": drawn.stack()}).reindex(index)
    table["topped_up"] = (table["drawn"] - cases_per_arm).clip(lower=0)
    table["shortfall"] = (cases_per_arm - table["drawn"]).clip(lower=0)
    table["inclusion_probability"] = table["drawn"] / table["eligible"]
    table["weight"] = table["eligible"] / table["drawn"]
    return table.assign(evidence=evidence).reset_index()


def random_number(case_id: str, seed: int) -> float:
    """The permanent random number of a case, in [0, 1): BLAKE2b of its id, keyed with the seed, first 53 of 64 bits.

    It depends on nothing but these two, so a sample does not depend on the order of the list, the machine or the
    version of a library (Ohlsson 1995).
    """
    digest = blake2b(case_id.encode(), key=str(seed).encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) * 2.0**-53


def sample(eligible: pd.DataFrame, allocation: pd.DataFrame, seed: int, reserves_per_arm: int) -> pd.DataFrame:
    """Draw the cases with the smallest random numbers of each stratum; the next in order are its reserves.

    Parameters
    ----------
    eligible, allocation : DataFrame
        As from `strata` and `allocate`.
    seed : int
    reserves_per_arm : int

    Returns
    -------
    DataFrame
        The columns of ``restricted/fieldwork_sample.csv``; a reserve has no inclusion probability and no weight.
    """
    cases = eligible.assign(random_number=[random_number(case, seed) for case in eligible["case_id"]])
    cases = cases.sort_values(["random_number", "case_id"])
    cases["order"] = cases.groupby(["area", "arm"]).cumcount() + 1
    design = ["area", "arm", "drawn", "inclusion_probability", "weight", "evidence"]
    # The left side gives the order of the strata.
    cases = allocation[design].merge(cases, on=["area", "arm"], how="inner")
    cases = cases[cases["order"] <= cases["drawn"] + reserves_per_arm]
    reserve = cases["order"] > cases["drawn"]
    cases = cases.assign(role=np.where(reserve, "reserve", "sample"))
    cases.loc[reserve, ["inclusion_probability", "weight"]] = np.nan
    columns = ["case_id", "area", "arm", "role", "order", "random_number", "inclusion_probability", "weight", "evidence"]
    return cases[columns].reset_index(drop=True)
