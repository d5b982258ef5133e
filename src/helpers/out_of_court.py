"""Prevalence among starts that were cautions: what the published shares leave possible, as a set and not an estimate."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Literal, NamedTuple, TypeVar, get_args

import numpy as np
import pandas as pd

from helpers.errors import InputError, did_you_mean
from helpers.rounding import Span

Uncertainty = Literal["point", "rounding", "rounding_and_sampling"]
Direction = Literal["falls", "rises", "not_identified"]
Number = TypeVar("Number", float, np.ndarray)
# Binary fractions can put a corner that lies on 0 or 1 so far beyond it.
_NOISE = 1e-12


class Box(NamedTuple):
    """Where the two published shares can lie, whatever the one is for the other.

    Attributes
    ----------
    uncertainty : {"point", "rounding", "rounding_and_sampling"}
        What the spans allow for; a point has ``low == high`` in both.
    looked_after : Span
        Share of all starts that were by children looked after, as fractions.
    in_care : Span
        Share of court starts by children in care at some point during the sentence, as fractions.
    """

    uncertainty: Uncertainty
    looked_after: Span
    in_care: Span


def share(quotient: Number, in_care: Number, court_share: float) -> Number:
    """The share looked after among starts that were cautions: ``(quotient - court_share in_care) / (1 - court_share)``.

    By the law of total probability (Duncan and Davis 1953). It is not cut: below 0 or above 1 the three shares
    contradict each other.

    Parameters
    ----------
    quotient : float or ndarray
        Share looked after among all starts.
    in_care : float or ndarray
        Share of court starts by children in care at the start.
    court_share : float
        Court starts as a share of all starts, in [0, 1).

    Raises
    ------
    InputError
        A share outside [0, 1], or a court share of 1, which leaves no caution.
    """
    _check_court_share(court_share)
    for name, values in (("looked after", quotient), ("in care", in_care)):
        if not (np.min(values) >= 0 and np.max(values) <= 1):
            raise InputError(f"the share {name} lies between 0 and 1; this one is {values}")
    return (quotient - court_share * in_care) / (1 - court_share)


def identified_set(box: Box, court_share: float, in_care_at_start: float) -> Span | None:
    """All shares looked after among cautions that the box allows; none if no point of the box gives one in [0, 1].

    The share rises with `looked_after` and falls with `in_care`, so two corners of the box give its ends, and every
    value between them is reached: the set is sharp (Manski 2003). Where the spans leave out an end, so does the set.

    Parameters
    ----------
    box : Box
    court_share : float
        In [0, 1).
    in_care_at_start : float
        Of the court starts by children in care at some point, the part in care at the start, in (0, 1].

    Raises
    ------
    InputError
        As `share`; a span that runs downwards, or `in_care_at_start` outside (0, 1].
    """
    _check_court_share(court_share)
    if court_share > greatest_court_share(box, in_care_at_start):
        return None
    low, high = (min(1.0, max(0.0, end)) for end in _corners(box, court_share, in_care_at_start))
    return Span(low, high)


def over_range(box: Box, court_shares: Iterable[float], in_care_at_start: float) -> Span | None:
    """The set if the court share can be anything from the least to the greatest named; none if no such share is possible.

    Each corner only rises or only falls with the court share, so the ends of the range suffice, the upper one
    brought down to the greatest court share that is possible.

    Raises
    ------
    InputError
        As `identified_set`, or no court share.
    """
    named = _grid(court_shares, "court share")
    for court_share in named:
        _check_court_share(court_share)
    greatest = greatest_court_share(box, in_care_at_start)
    if min(named) > greatest:
        return None
    ends = [identified_set(box, court_share, in_care_at_start) for court_share in (min(named), min(max(named), greatest))]
    return Span(min(found.low for found in ends), max(found.high for found in ends))


def greatest_court_share(box: Box, in_care_at_start: float) -> float:
    """The greatest court share at which some point of the box gives a share among cautions in [0, 1].

    Where `looked_after` is below ``in_care_at_start in_care`` in the whole box, the share among cautions falls to 0 at
    ``looked_after.high / (in_care_at_start in_care.low)``. Where it is above, it rises to 1 at
    ``(1 - looked_after.low) / (1 - in_care_at_start in_care.high)``. Otherwise nothing is ruled out, and this is 1.

    Raises
    ------
    InputError
        As `identified_set`.
    """
    match direction(box, in_care_at_start):
        case "falls":
            return box.looked_after.high / (in_care_at_start * box.in_care.low)
        case "rises":
            return (1 - box.looked_after.low) / (1 - in_care_at_start * box.in_care.high)
        case _:
            return 1.0


def direction(box: Box, in_care_at_start: float) -> Direction:
    """Whether the share among cautions falls or rises as the court share grows, if it is the same in the whole box.

    Raises
    ------
    InputError
        As `identified_set`.
    """
    _check_box(box, in_care_at_start)
    if box.looked_after.high < in_care_at_start * box.in_care.low:
        return "falls"
    return "rises" if box.looked_after.low > in_care_at_start * box.in_care.high else "not_identified"


def table(
    boxes: Sequence[Box],
    court_shares: Iterable[float],
    in_care_at_start: Iterable[float],
    assumes: Mapping[str, str],
    level: float,
    evidence: str,
) -> pd.DataFrame:
    """The set for each court share, part in care at the start, and box.

    Parameters
    ----------
    boxes : sequence of Box
    court_shares, in_care_at_start : iterable of float
        Neither is published, so both are grids of assumptions.
    assumes : mapping of str to str
        What each `uncertainty` assumes, in words; has a key for every one of the boxes.
    level : float
        Confidence of the limits in the boxes ``rounding_and_sampling``.
    evidence : str

    Returns
    -------
    DataFrame
        court_share, in_care_at_start, uncertainty, feasible, estimate, lower, upper, cut, level, assumes, evidence;
        one row a value of `in_care_at_start`, court share and box, in that order. A point has an estimate, the
        others have the ends of the set; where not `feasible`, all three are missing. `cut` says on which side of
        [0, 1] a part of the box contradicts the assumptions and is left out.

    Raises
    ------
    InputError
        As `identified_set`, or an empty grid.
    """
    grids = _grid(in_care_at_start, "part in care at the start"), _grid(court_shares, "court share"), _grid(boxes, "box")
    rows = [_row(box, court_share, part) for part, court_share, box in product(*grids)]
    found = pd.DataFrame(rows).assign(evidence=evidence)
    found["assumes"] = [assumes[uncertainty] for uncertainty in found["uncertainty"]]
    found["level"] = np.where(found["uncertainty"] == "rounding_and_sampling", level, np.nan)
    return found[_COLUMNS].astype(dict.fromkeys(["court_share", "in_care_at_start", "estimate", "lower", "upper"], np.float64))


def limits(boxes: Sequence[Box], in_care_at_start: Iterable[float], evidence: str) -> pd.DataFrame:
    """What is ruled out of the court share itself, for each part in care at the start and box.

    Returns
    -------
    DataFrame
        in_care_at_start, uncertainty, greatest_court_share, least_caution_share (one less that; 0 where nothing is
        ruled out), direction (of the share among cautions as the court share grows), evidence.

    Raises
    ------
    InputError
        As `identified_set`, or an empty grid.
    """
    rows = []
    for part, box in product(_grid(in_care_at_start, "part in care at the start"), _grid(boxes, "box")):
        greatest = greatest_court_share(box, part)
        rows.append((part, box.uncertainty, greatest, 1 - greatest, direction(box, part), evidence))
    columns = ["in_care_at_start", "uncertainty", "greatest_court_share", "least_caution_share", "direction", "evidence"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys([columns[0], *columns[2:4]], np.float64))


_COLUMNS = ["court_share", "in_care_at_start", "uncertainty", "feasible", "estimate", "lower", "upper", "cut"]
_COLUMNS += ["level", "assumes", "evidence"]


def _row(box: Box, court_share: float, part: float) -> dict[str, object]:
    found = identified_set(box, court_share, part)
    row = {"court_share": court_share, "in_care_at_start": part, "uncertainty": box.uncertainty, "feasible": found is not None}
    row |= {"estimate": np.nan, "lower": np.nan, "upper": np.nan, "cut": ""}
    if found is None:
        return row
    if box.uncertainty == "point":
        return row | {"estimate": found.low}
    return row | {"lower": found.low, "upper": found.high, "cut": _cut(_corners(box, court_share, part))}


def _corners(box: Box, court_share: float, part: float) -> Span:
    """The least and the greatest that the formula gives over the box, not cut."""
    return Span(
        share(box.looked_after.low, part * box.in_care.high, court_share),
        share(box.looked_after.high, part * box.in_care.low, court_share),
    )


def _cut(corners: Span) -> str:
    sides = {"below 0": corners.low < -_NOISE, "above 1": corners.high > 1 + _NOISE}
    return " and ".join(side for side, beyond in sides.items() if beyond)


def _grid(values: Iterable, name: str) -> list:
    values = list(values)
    if not values:
        raise InputError(f"at least one {name} is needed; there is none")
    return values


def _check_court_share(court_share: float) -> None:
    if court_share == 1:
        raise InputError("a court share of 1 leaves no start that was a caution, so there is no share among cautions")
    if not 0 <= court_share < 1:
        raise InputError(f"a court share lies from 0 to under 1; this one is {court_share}")


def _check_box(box: Box, in_care_at_start: float) -> None:
    if box.uncertainty not in get_args(Uncertainty):
        raise InputError(f"there is no uncertainty {box.uncertainty!r}; {did_you_mean(box.uncertainty, get_args(Uncertainty))}")
    for name, span in (("looked after", box.looked_after), ("in care", box.in_care)):
        if not 0 <= span.low <= span.high <= 1:
            raise InputError(f"the share {name} runs upwards between 0 and 1; this one runs from {span.low} to {span.high}")
        if box.uncertainty == "point" and span.low != span.high:
            raise InputError(f"a point has one value; its share {name} runs from {span.low} to {span.high}")
    if not 0 < in_care_at_start <= 1:
        raise InputError(f"the part in care at the start lies above 0 and up to 1; this one is {in_care_at_start}")
