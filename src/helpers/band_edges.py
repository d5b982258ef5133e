"""Where the bands of ratings begin, as shares and as counts of cases."""

import math

import numpy as np
import pandas as pd

from helpers.errors import InputError
from helpers.ratings import band_limits


def columns(bands: pd.DataFrame) -> list[str]:
    """Names of the columns that hold the probability of each band: ``p_requires_improvement``."""
    return [f"p_{rating.lower().replace(' ', '_')}" for rating in bands["rating"]]


def least_counts(n: int, bands: pd.DataFrame) -> np.ndarray:
    """The least count of `n` that each band takes: (200 k + n) // (2 n) is at least its lowest per cent.

    Returns
    -------
    ndarray of int, shape (bands,)
    """
    return least(bands["lowest_per_cent"].to_numpy(), n)


def cuts_of(bands: pd.DataFrame) -> np.ndarray:
    """The shares at which the bands begin, as fractions; the first is 0."""
    return band_limits(bands, "rounded")["low"].to_numpy() / 100


def least(per_cent: int | np.ndarray, n: np.ndarray | int) -> np.ndarray:
    """The least count of `n` that is printed as `per_cent` or more; n + 1 or more where none is."""
    return np.maximum(0, -(-(2 * per_cent - 1) * np.asarray(n, dtype=np.int64) // 200))


def check_count(count: int, n: int, deff: float) -> None:
    """Refuse what is no count of `n` cases, or no design effect.

    Raises
    ------
    InputError
        A count that is not whole or not in 0..n, `n` below 1, or a design effect that is not above 0.
    """
    if not (float(count).is_integer() and float(n).is_integer() and n >= 1 and 0 <= count <= n):
        raise InputError(f"a count lies between 0 and the number of cases, which is at least 1; this is {count} of {n}")
    if not (deff > 0 and math.isfinite(deff)):
        raise InputError(f"deff: is a number above 0; this is {deff}")
