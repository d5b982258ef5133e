"""The allocation and the draw: which cases of each stratum are the sample, and which its reserves."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from helpers.sampling import ARMS

Shortfall = Literal["top_up", "accept"]
Method = Literal["permanent_random_numbers", "systematic"]
BY_NUMBERS: Method = "permanent_random_numbers"
POLICIES: tuple[Shortfall, ...] = ("top_up", "accept")
# The definition that whoever verifies a draw needs, as it is printed; a test repeats it word for word.
DEFINITION = """\
from hashlib import blake2b
def random_number(case_id, seed):
    digest = blake2b(case_id.encode("utf-8"), key=str(seed).encode("ascii"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53
sample = sorted(cases_of_stratum, key=lambda case_id: (random_number(case_id, seed), case_id))[:drawn]"""
SYSTEMATIC_DEFINITION = """\
cases_of_stratum.sort(key=lambda case: (case.opened or "9999", case.case_id))  # a date like 2012-03-31
start = int(random_number(f"{area}|{arm}", seed) * 2**53)
places = [(start + number * 2**53) * eligible // (drawn * 2**53) for number in range(drawn)]
sample = [cases_of_stratum[place] for place in places]
left = [case for place, case in enumerate(cases_of_stratum) if place not in places]
reserves = sorted(left, key=lambda case: (random_number(case.case_id, seed), case.case_id))[:reserves_per_arm]"""
SYSTEMATIC_CAUTION = (
    "Equal steps give every case the same chance, but some pairs no chance at all, so no formula for the error of a "
    "systematic sample is without bias. The one used here is that of random draws: too wide where the order tells of the outcome "
    "and too narrow where the steps keep time with something that recurs."
)
# Few enough that their bytes stay near the processor.
_HASHED_AT_ONCE = 1024
_HALF_OPEN = 2.0**-53
_SPARE = 64


def definition(method: Method) -> str:
    """The lines that define a way to draw; those of a systematic sample replace the last one."""
    return DEFINITION if method == BY_NUMBERS else f"{DEFINITION}\n{SYSTEMATIC_DEFINITION}"


def allocate(cases: pd.DataFrame, areas: Sequence[str], cases_per_arm: int, shortfall: Shortfall, evidence: str) -> pd.DataFrame:
    """How many cases are drawn in each stratum.

    Each arm gives the number asked for, or all it has. With ``top_up`` what an area still lacks of twice that number
    comes from its other arm, the hosted one first; with ``accept`` it is missed. This depends on the numbers in the
    list alone, so it is fixed before the draw.

    Parameters
    ----------
    cases : DataFrame
        The cases of `helpers.eligibility.eligible`.
    areas : sequence of str
        The same areas, in the same order.
    cases_per_arm : int
    shortfall : {"top_up", "accept"}
    evidence : str

    Returns
    -------
    DataFrame
        The columns of ``fieldwork_allocation.csv``, one row a stratum, empty strata included.
    """
    index = pd.MultiIndex.from_product([areas, ARMS], names=["area", "arm"])
    there = np.bincount(_strata(cases), minlength=len(index)).reshape(-1, len(ARMS))
    drawn = np.minimum(there, cases_per_arm)
    if shortfall == "top_up":
        for arm in range(len(ARMS)):
            missing = 2 * cases_per_arm - drawn.sum(axis=1)
            drawn[:, arm] = np.minimum(there[:, arm], drawn[:, arm] + missing)
    table = pd.DataFrame({"eligible": there.ravel(), "requested": cases_per_arm, "drawn": drawn.ravel()}, index=index)
    table["topped_up"] = (table["drawn"] - cases_per_arm).clip(lower=0)
    table["shortfall"] = (cases_per_arm - table["drawn"]).clip(lower=0)
    table["inclusion_probability"] = table["drawn"] / table["eligible"]
    table["weight"] = table["eligible"] / table["drawn"]
    return table.assign(note=_notes(table), evidence=evidence).reset_index()


def _strata(cases: pd.DataFrame) -> np.ndarray:
    """The stratum of each case, numbered area by area and arm by arm, in the order of an allocation."""
    return cases["area"].cat.codes.to_numpy().astype(np.int64) * len(ARMS) + cases["arm"].cat.codes.to_numpy()


def _notes(table: pd.DataFrame) -> np.ndarray:
    """Why a stratum does not give the number asked for, in words."""
    reasons = [table["eligible"] == 0, table["shortfall"] > 0, table["topped_up"] > 0]
    words = ["no case to choose from", "fewer cases than asked for, so all are drawn", "fills the other arm of its area"]
    return np.select(reasons, words, "")


def random_numbers(case_ids: Iterable[str], seed: int) -> np.ndarray:
    """The permanent random number of each case, in [0, 1): BLAKE2b of its id, keyed with the seed, first 53 of 64 bits.

    It depends on nothing but these two, so a sample does not depend on the order of the list, the machine or the
    version of a library (Ohlsson 1995). `DEFINITION` says the same in lines that any language can repeat.

    Parameters
    ----------
    case_ids : iterable of str
    seed : int
        From 0; its decimal digits are the key.

    Returns
    -------
    ndarray of float
    """
    ids = case_ids if isinstance(case_ids, pd.Series) else pd.Series(list(case_ids), dtype="str")
    text = pa.array(ids.array).cast(pa.large_binary())
    keyed = blake2b(key=str(seed).encode(), digest_size=8)
    copy, update, digest = type(keyed).copy, type(keyed).update, type(keyed).digest
    numbers = np.empty(len(text), dtype=">u8")
    for start in range(0, len(text), _HASHED_AT_ONCE):
        digests = []
        for case_id in text.slice(start, _HASHED_AT_ONCE).to_pylist():
            hashed = copy(keyed)
            update(hashed, case_id)
            digests.append(digest(hashed))
        numbers[start : start + len(digests)] = np.frombuffer(b"".join(digests), dtype=">u8")
    return (numbers >> np.uint64(11)).astype(float) * _HALF_OPEN


def smallest(numbers: np.ndarray, groups: np.ndarray, wanted: Sequence[int], names: pd.Series) -> list[np.ndarray]:
    """The places of the smallest numbers of each group, in order; equal numbers in the order of their names.

    Linear in the number of cases where few are wanted, since few others are put in order.

    Parameters
    ----------
    numbers : ndarray of float, shape (n,)
    groups : ndarray of int, shape (n,)
        Group of each, from 0.
    wanted : sequence of int
        How many of each group; all of a group that has fewer.
    names : Series of str, shape (n,)
    """
    sizes = np.bincount(groups, minlength=len(wanted))
    least = np.minimum(wanted, sizes)
    # Cases above a number that leaves far more than are wanted play no part; were it too few, all would be put in order.
    kept = np.flatnonzero(numbers <= ((2 * least + _SPARE) / np.maximum(sizes, 1))[groups])
    left = np.bincount(groups[kept], minlength=len(wanted))
    if (left < least).any():
        kept, left = np.arange(len(numbers)), sizes
    order = kept[np.lexsort((names.iloc[kept].to_numpy(dtype=object), numbers[kept], groups[kept]))]
    return [order[end - count :][:number] for end, count, number in zip(np.cumsum(left), left, least, strict=True)]


def sample(
    cases: pd.DataFrame,
    allocation: pd.DataFrame,
    seed: int,
    reserves_per_arm: int,
    method: Method = BY_NUMBERS,
    numbers: np.ndarray | None = None,
) -> pd.DataFrame:
    """Draw the sample of each stratum, and its reserves.

    With permanent random numbers the cases with the smallest ones are the sample. A systematic sample takes cases at
    equal steps through the stratum, in order of the day opened, from a random start (Madow 1949; `SYSTEMATIC_DEFINITION`).
    In both the reserves are the cases left with the smallest random numbers, in that order, and every case of a stratum
    has the same chance.

    Parameters
    ----------
    cases, allocation : DataFrame
        The cases of `helpers.eligibility.eligible`, and `allocate` of them.
    seed, reserves_per_arm : int
    method : {"permanent_random_numbers", "systematic"}
    numbers : ndarray, optional
        `random_numbers` of the cases, where they are known.

    Returns
    -------
    DataFrame
        The columns of ``restricted/fieldwork_sample.csv``; a reserve has no inclusion probability and no weight.
    """
    numbers = random_numbers(cases["case_id"], seed) if numbers is None else numbers
    groups, drawn = _strata(cases), allocation["drawn"].to_numpy()
    if method == BY_NUMBERS:
        places = smallest(numbers, groups, drawn + reserves_per_arm, cases["case_id"])
        return _sheet(cases, allocation, numbers, places)
    names = (allocation["area"] + "|" + allocation["arm"]).tolist()
    chosen = _systematic(cases, groups, drawn, names, seed)
    left = np.ones(len(cases), dtype=bool)
    left[np.concatenate(chosen)] = False
    rest = np.flatnonzero(left)
    reserves = smallest(numbers[rest], groups[rest], np.full(len(drawn), reserves_per_arm), cases["case_id"].iloc[rest])
    return _sheet(
        cases, allocation, numbers, [np.append(first, rest[more]) for first, more in zip(chosen, reserves, strict=True)]
    )


def _systematic(cases: pd.DataFrame, groups: np.ndarray, drawn: np.ndarray, names: Sequence[str], seed: int) -> list[np.ndarray]:
    """The places of a systematic sample of each stratum, in whole numbers so that no step is lost to rounding."""
    listed = cases.reset_index(drop=True).sort_values("case_id")
    order = listed.sort_values("opened", na_position="last", kind="stable").index.to_numpy()
    starts = (random_numbers(names, seed) / _HALF_OPEN).astype(np.int64).tolist()
    chosen = []
    for stratum, (number, start) in enumerate(zip(drawn.tolist(), starts, strict=True)):
        there = order[groups[order] == stratum]
        chosen.append(there[np.asarray(steps(start, number, len(there)), dtype=int)])
    return chosen


def steps(start: int, drawn: int, eligible: int) -> list[int]:
    """The places at equal steps from a start, which is counted in 2**-53 of a step."""
    return [(start + step * 2**53) * eligible // (drawn * 2**53) for step in range(drawn)]


def _sheet(cases: pd.DataFrame, allocation: pd.DataFrame, numbers: np.ndarray, places: Sequence[np.ndarray]) -> pd.DataFrame:
    """The cases drawn, stratum by stratum, in order."""
    lengths = [len(chosen) for chosen in places]
    rows = np.repeat(np.arange(len(allocation)), lengths)
    chosen = np.concatenate([*places, np.empty(0, dtype=int)]).astype(int)
    order = np.concatenate([np.arange(1, length + 1) for length in [*lengths, 0]])
    design = allocation.iloc[rows].reset_index(drop=True)
    reserve = order > design["drawn"].to_numpy()
    return pd.DataFrame(
        {
            "case_id": cases["case_id"].iloc[chosen].array,
            "area": design["area"],
            "arm": design["arm"],
            "role": np.where(reserve, "reserve", "sample"),
            "order": order,
            "random_number": numbers[chosen],
            "inclusion_probability": design["inclusion_probability"].mask(reserve),
            "weight": design["weight"].mask(reserve),
            "evidence": design["evidence"],
        }
    )


def supplementary(cases: pd.DataFrame, areas: Sequence[str], cases_per_arm: int, seed: int, evidence: str) -> pd.DataFrame:
    """Cases drawn from areas outside the main fieldwork: an extra that has no weight and enters no estimate.

    Parameters
    ----------
    cases : DataFrame
        The cases of these areas that the main fieldwork leaves (`helpers.eligibility.outside`, then ``eligible``).
    areas : sequence of str
    cases_per_arm, seed : int
    evidence : str

    Returns
    -------
    DataFrame
        As from `sample`, with the role ``supplementary``.
    """
    sheet = sample(cases, allocate(cases, areas, cases_per_arm, "accept", evidence), seed, 0)
    return sheet.assign(role="supplementary", inclusion_probability=np.nan, weight=np.nan)
