"""The fieldwork design: strata, and the allocation asked for."""

from collections.abc import Sequence

import pandas as pd

from helpers import published

ARMS = ("hosted", "placed_out")
NOT_AVAILABLE = "[x]"
# Known only once an area has listed its cases.
_NEEDS_FRAME = ("eligible", "drawn", "topped_up", "shortfall", "inclusion_probability", "weight")


def whose(evidence: str) -> str:
    """Whose design it is, to begin a sentence with."""
    return "The design of 2012 asked" if evidence == published.EVIDENCE else "Your own design asks"


def allocation_asked(areas: Sequence[str], cases_per_arm: int, evidence: str) -> pd.DataFrame:
    """The strata, area by arm, and the number of cases asked for in each.

    What only a list of cases could tell reads ``[x]``, not available.

    Parameters
    ----------
    areas : sequence of str
        Fieldwork areas; a name may hold a comma.
    cases_per_arm : int
        Cases asked for in each stratum.
    evidence : {"published", "supplied"}

    Returns
    -------
    DataFrame
        The columns of ``fieldwork_allocation.csv``, one row a stratum.
    """
    strata = pd.MultiIndex.from_product([areas, ARMS], names=["area", "arm"]).to_frame(index=False)
    unknown = dict.fromkeys(_NEEDS_FRAME, NOT_AVAILABLE)
    table = strata.assign(**unknown, requested=cases_per_arm, note="", evidence=evidence)
    order = ["eligible", "requested", "drawn", "topped_up", "shortfall", "inclusion_probability", "weight", "note"]
    return table[["area", "arm", *order, "evidence"]]


def beside(asked: pd.DataFrame, drawn: pd.DataFrame) -> pd.DataFrame:
    """The allocation asked for, less the rows that those of a list with the same evidence stand for."""
    return asked[~asked["evidence"].isin(drawn["evidence"])]
