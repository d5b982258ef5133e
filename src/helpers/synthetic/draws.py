"""Random numbers that stay the same, and whole numbers that add up."""

import zlib

import numpy as np
from scipy import special

from helpers.errors import InputError

MOST_CASES = 100_000_000


def uniforms(seed: int, purpose: str, n: int) -> np.ndarray:
    """`n` numbers in [0, 1) of the stream that this seed has for this purpose.

    They come from the raw stream of PCG64, which numpy promises to keep (its distributions may change). Each purpose has
    a stream of its own, so that adding a column changes no other.
    """
    raw = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(zlib.crc32(purpose.encode()),))).random_raw(n)
    return (raw >> np.uint64(11)) * 2.0**-53


def normals(seed: int, purpose: str, n: int) -> np.ndarray:
    """Standard normals, by the inverse of their distribution; a uniform of 0 is taken as half a step."""
    return special.ndtri(np.maximum(uniforms(seed, purpose, n), 2.0**-54))


def highest(scores: np.ndarray, count: int) -> np.ndarray:
    """Which are the `count` highest; of equal ones, the first."""
    chosen = np.zeros(len(scores), bool)
    chosen[np.argsort(-scores, kind="stable")[:count]] = True
    return chosen


def apportioned(total: int, weights: np.ndarray) -> np.ndarray:
    """Whole numbers in proportion to the weights that add up to `total` (largest remainders)."""
    exact = total * weights / weights.sum() if weights.sum() else np.zeros(len(weights))
    whole = np.floor(exact).astype(int)
    return whole + highest(exact - whole, int(total) - whole.sum())


def between(limits: tuple[float, float], draws: np.ndarray) -> np.ndarray:
    """Spread uniform draws evenly over the limits."""
    return limits[0] + (limits[1] - limits[0]) * draws


def half_up(values: np.ndarray | float) -> np.ndarray:
    """Nearest whole numbers, a half going up."""
    return np.floor(np.asarray(values) + 0.5).astype(int)


def per_cent_of(per_cent: int, n: int) -> int:
    """`per_cent` of `n` rounded half up, in integers."""
    return (2 * per_cent * n + 100) // 200


def check(seed: int, **counts: int) -> None:
    """Check a seed, a whole number from 0, and counts, whole numbers from 1.

    Raises
    ------
    InputError
        Which is not one, or is a count above `MOST_CASES`.
    """
    _check_whole("seed", seed, 0)
    for name, count in counts.items():
        _check_whole(name, count, 1)
        if count > MOST_CASES:
            raise InputError(f"{name}: takes {MOST_CASES} at most; this is {count}")


def _check_whole(name: str, value: int, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise InputError(f"{name}: takes a whole number from {least} upwards; this is {value!r}")
