"""Many draws of one design at once."""

from collections.abc import Sequence

import numpy as np

from helpers.errors import InputError
from helpers.estimates import Judged
from helpers.synthetic.draws import check

# Few enough that they stay near the processor.
_NUMBERS_AT_ONCE = 2**16
# A stratum is large where it has so many times the square of the number drawn: few draws then name a case twice.
_LARGE = 8


def positions(sizes: Sequence[int], drawn: Sequence[int], draws: int, seed: int) -> list[np.ndarray]:
    """The cases of each draw, stratum by stratum: those with the smallest of fresh random numbers.

    The design of `helpers.draw.sample`, equal chances without replacement within strata. There a case has one number
    for good, by its id; here every draw has new ones, from the raw stream of PCG64, which numpy promises to keep. Each
    stratum has a stream of its own. In a large stratum places are drawn instead, and a draw that names one twice is
    drawn again, which gives every set of cases the same chance as well.

    Parameters
    ----------
    sizes, drawn : sequence of int, length H
        Cases N_h of each stratum, and how many n_h of them are drawn.
    draws : int
    seed : int
        From 0.

    Returns
    -------
    list of ndarray of int, shape (draws, n_h)
        Positions from 0 to N_h - 1, rising within a draw.

    Raises
    ------
    InputError
        More drawn than there are, a negative number, another number of strata, no draw, or a seed below 0.
    """
    check(seed, draws=draws)
    _check_sizes(sizes, drawn)
    streams = np.random.SeedSequence(seed).spawn(len(sizes))
    strata = zip(sizes, drawn, streams, strict=True)
    return [_of_stratum(int(size), int(number), draws, np.random.PCG64(stream)) for size, number, stream in strata]


def _of_stratum(size: int, number: int, draws: int, stream: np.random.PCG64) -> np.ndarray:
    if number in (0, size):
        return np.tile(np.arange(number), (draws, 1))
    return (_places if size > _LARGE * number**2 else _smallest)(size, number, draws, stream)


def _smallest(size: int, number: int, draws: int, stream: np.random.PCG64) -> np.ndarray:
    found = np.empty((draws, number), dtype=np.int64)
    step = max(1, _NUMBERS_AT_ONCE // size)
    for start in range(0, draws, step):
        part = found[start : start + step]
        numbers = stream.random_raw(len(part) * size).reshape(len(part), size)
        part[:] = np.argpartition(numbers, number - 1, axis=1)[:, :number]
    # The partition leaves them in an order that numpy does not promise.
    found.sort(axis=1)
    return found


def _places(size: int, number: int, draws: int, stream: np.random.PCG64) -> np.ndarray:
    found, left = [], draws
    while left:
        numbers = (stream.random_raw(left * number) >> np.uint64(11)) * 2.0**-53
        places = np.sort((numbers * size).astype(np.int64).reshape(left, number), axis=1)
        found.append(places[(np.diff(places, axis=1) > 0).all(axis=1)])
        left -= len(found[-1])
    return np.concatenate(found)


def judged(population: Sequence[int], successes: Sequence[int], drawn: Sequence[int], draws: int, seed: int) -> Judged:
    """What each draw finds where every case drawn is judged and the first cases of a stratum are its yes.

    Parameters
    ----------
    population, successes, drawn : sequence of int, length H
        Cases N_h of each stratum, how many of them are yes, and how many are drawn.
    draws, seed : int
        As `positions`.

    Returns
    -------
    Judged
        Counts of shape (draws, H).

    Raises
    ------
    InputError
        As `positions`, or more yes than cases.
    """
    _check_sizes(population, successes)
    places = positions(population, drawn, draws, seed)
    yes = np.stack([(chosen < count).sum(axis=1) for chosen, count in zip(places, successes, strict=True)], axis=1)
    none = np.zeros_like(yes)
    return Judged(np.asarray(population), yes, np.asarray(drawn) - yes, none, none)


def design_error(population: Sequence[int], successes: Sequence[int], drawn: Sequence[int]) -> float:
    """True standard error of the stratified share over all draws, which no single draw can know (Cochran 1977, chapter 5).

    ``sum_h (N_h / N)^2 (1 - n_h / N_h) S_h^2 / n_h`` with ``S_h^2 = K_h (N_h - K_h) / (N_h (N_h - 1))``; a stratum
    drawn whole adds nothing.

    Parameters
    ----------
    population, successes, drawn : sequence of int, length H
        As `judged`.

    Raises
    ------
    InputError
        More drawn or more yes than there are, no case at all, or none drawn of a stratum with cases.
    """
    _check_sizes(population, successes)
    _check_sizes(population, drawn)
    size, yes, number = (np.asarray(counts, dtype=float) for counts in (population, successes, drawn))
    if not size.sum() or (number[size > 0] == 0).any():
        raise InputError("the error of a design needs a case drawn of every stratum that has any")
    part = number < size
    size_h, yes, number = size[part], yes[part], number[part]
    variance = yes * (size_h - yes) / (size_h * (size_h - 1))
    return float(np.sqrt(((size_h / size.sum()) ** 2 * (1 - number / size_h) * variance / number).sum()))


def _check_sizes(sizes: Sequence[int], counts: Sequence[int]) -> None:
    there, taken = np.asarray(sizes), np.asarray(counts)
    if there.shape != taken.shape or ((taken < 0) | (taken > there)).any():
        raise InputError(f"each stratum gives from 0 to all of its cases; these are {list(counts)} of {list(sizes)}")
