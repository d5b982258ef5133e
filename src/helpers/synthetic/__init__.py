"""Made-up cases, to try the notebooks without a child's record. They illustrate; they are never evidence.

What no document supports is a constant of this package, and `assumptions` lists it.
"""

from typing import Literal

import pandas as pd

from helpers.errors import InputError, did_you_mean
from helpers.synthetic import frame, inspected, judgements
from helpers.synthetic.frame import frame_batches, sampling_frame
from helpers.synthetic.inspected import case_batches, inspected_cases
from helpers.synthetic.tables import EVIDENCE, write

__all__ = ["EVIDENCE", "assumptions", "case_batches", "frame_batches", "inspected_cases", "sampling_frame", "write"]


def assumptions(contract: Literal["frame", "cases", "judgements"]) -> pd.DataFrame:
    """What no document supports and the made-up cases take for granted, from the constants that make them.

    Returns
    -------
    DataFrame
        assumption, value, why, evidence; text, one row an assumption.

    Raises
    ------
    InputError
        There is no such contract.
    """
    known = {"frame": frame.assumptions, "cases": inspected.assumptions, "judgements": judgements.assumptions}
    if contract not in known:
        raise InputError(f"contract: there is none called {contract!r}; {did_you_mean(str(contract), known)}")
    return pd.DataFrame(known[contract](), columns=["assumption", "value", "why"], dtype="str").assign(evidence=EVIDENCE)
