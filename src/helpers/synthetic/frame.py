"""A made-up sampling frame: who is looked after by one authority and supervised by another."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
from scipy import special

from helpers import published
from helpers.errors import InputError, did_you_mean
from helpers.synthetic.draws import apportioned, between, check, half_up, uniforms
from helpers.synthetic.tables import BLANK, NO_YES, ROWS, Column, Columns, spelt_out

# Shares are of an area's supervised cases; ranges are (least, greatest), even between them.
CASELOAD_SPREAD = (0.7, 1.3)
HOSTED_SHARE = (0.04, 0.08)
PLACED_OUT_SHARE = (0.03, 0.06)
HOSTED_LEAST = 8
PLACED_OUT_LEAST = 10
FEW_HOSTED = (2, 4)
FEW_EVERY = 6
FEW_POSITION = 4
WEST_LONDON = "West London"
LOOKED_AFTER = {"local": 0.10, "hosted": 0.97, "placed_out": 0.97}
SUFFICIENT = {"local": 0.65, "hosted": 0.60, "placed_out": 0.50}
AREA_ICC = 0.05
NOT_JUDGED = 0.03
SECOND_ORDERS = 0.03
AGES = {10: 1, 11: 2, 12: 4, 13: 9, 14: 17, 15: 21, 16: 23, 17: 23}
OPENED = (date(2011, 1, 1), date(2011, 12, 31))
# A team of the list of 2024-25 that covers a fieldwork area of 2012 under another name.
PART_OF = {
    "Halton & Warrington": "Cheshire East, Cheshire West, Halton and Warrington",
    "Shropshire, Telford & Wrekin": "West Mercia",
}

_ARMS = ("local", "hosted", "placed_out")
# The first three are the arms; the last are hosted cases whose home is a fieldwork area too.
_LOCAL, _HOSTED, _PLACED_OUT, _BETWEEN = range(4)


def sampling_frame(seed: int = 2012, areas: Sequence[str] | None = None, cases: int = 3000) -> pd.DataFrame:
    """A made-up sampling frame: the cases that some areas supervise, and their own children supervised elsewhere.

    Parameters
    ----------
    seed : int
        From 0; the same seed gives the same frame.
    areas : sequence of str, optional
        Fieldwork areas, each one of the six of 2012 (the default) or a team of the list of 2024-25.
    cases : int
        Cases supervised by these areas. Those placed out with authorities outside the list come on top.

    Returns
    -------
    DataFrame
        case_id, child_id, home_area, supervising_area, looked_after, opened, age, sufficient; text but for age, and
        missing where not judged. `sufficient` is alike within an area by `AREA_ICC` on the yes/no scale. The area is the
        supervising one, and for a child placed out with an authority outside the list, the home one.

    Raises
    ------
    InputError
        No case, a seed below 0, no area, or an area that is unknown, named twice or part of another one.

    Notes
    -----
    The other authorities are the teams of the list that are not fieldwork areas and do not hold one (`PART_OF`). Where
    West London is a fieldwork area no London team is among them, since it is not published which boroughs it is.
    """
    return next(frame_batches(seed, areas, cases, rows=None))


def frame_batches(
    seed: int = 2012, areas: Sequence[str] | None = None, cases: int = 3000, rows: int | None = ROWS
) -> Iterator[pd.DataFrame]:
    """`sampling_frame`, in tables of so many rows (None: in one); raises as it does, at the first table."""
    yield from spelt_out(_frame(seed, areas, cases), rows)


def _frame(seed: int, areas: Sequence[str] | None, cases: int) -> Columns:
    check(seed, cases=cases)
    areas = _checked_areas(areas)
    others = _other_authorities(areas)
    kind, area, other = _places(seed, areas, len(others), cases)
    total = len(kind)
    # A second order copies the child and the places of the first, the neighbour of the same kind and area.
    first = np.arange(total)
    second = uniforms(seed, "second order", total) < 2 * SECOND_ORDERS
    second &= (first % 2 == 1) & (kind != _BETWEEN) & (kind == np.roll(kind, 1)) & (area == np.roll(area, 1))
    first[second] -= 1
    other = other[first]
    # Codes: fieldwork areas first, then the other authorities.
    home = np.where((kind == _HOSTED) | (kind == _BETWEEN), other, area)
    supervising = np.where(kind == _PLACED_OUT, other, area)
    arm = np.where(kind == _BETWEEN, _HOSTED, kind)
    chance = _area_chances(seed, len(areas))[arm, area]
    sufficient = np.where(uniforms(seed, "judged", total) < NOT_JUDGED, BLANK, uniforms(seed, "sufficient", total) < chance)
    looked_after = uniforms(seed, "looked after", total)[first] < np.array([LOOKED_AFTER[name] for name in _ARMS])[arm]
    days = (OPENED[1] - OPENED[0]).days + 1
    names = [*areas, *others]
    order = np.argsort(uniforms(seed, "order", total), kind="stable")

    def shuffled(numbers: np.ndarray, words: Sequence[str] = (), prefix: str = "", dtype: type = np.int16) -> Column:
        return Column(numbers[order].astype(dtype), words, prefix)

    return {
        "case_id": Column(np.arange(1, total + 1, dtype=np.int32), prefix="SYN-"),
        "child_id": shuffled(first + 1, prefix="SYC-", dtype=np.int32),
        "home_area": shuffled(home, names),
        "supervising_area": shuffled(supervising, names),
        "looked_after": shuffled(looked_after, NO_YES),
        "opened": shuffled(
            np.floor(uniforms(seed, "opened", total) * days), [str(OPENED[0] + timedelta(day)) for day in range(days)]
        ),
        "age": shuffled(_ages(uniforms(seed, "age", total)[first])),
        "sufficient": shuffled(sufficient, NO_YES),
    }


def _places(seed: int, areas: Sequence[str], others: int, cases: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kind of each case, its area, and the code of the other authority (its own area for a local case)."""
    sizes = apportioned(cases, between(CASELOAD_SPREAD, uniforms(seed, "caseload", len(areas))))
    few = between((FEW_HOSTED[0], FEW_HOSTED[1] + 1), uniforms(seed, "few hosted", len(areas))).astype(int)
    hosted = _at_least(sizes * between(HOSTED_SHARE, uniforms(seed, "hosted", len(areas))), HOSTED_LEAST, sizes)
    hosted = np.where(_has_few(areas), np.minimum(few, sizes), hosted)
    away = _at_least(sizes * between(PLACED_OUT_SHARE, uniforms(seed, "placed out", len(areas))), PLACED_OUT_LEAST, sizes)
    # A child away from home is equally likely to be with, or from, any other authority, fieldwork area or not.
    inside = (len(areas) - 1) / (len(areas) - 1 + others)
    twice = apportioned(half_up(hosted.sum() * inside), hosted)
    counts = np.stack([sizes - hosted, hosted - twice, half_up(away * (1 - inside)), twice])
    kind = np.repeat(np.arange(4, dtype=np.int8), counts.sum(axis=1))
    area = np.concatenate([np.repeat(np.arange(len(areas), dtype=np.int16), row) for row in counts])
    draw = uniforms(seed, "other authority", len(kind))
    listed = (draw * (len(areas) - 1)).astype(np.int16)
    listed += listed >= area
    elsewhere = len(areas) + (draw * others).astype(np.int16)
    return kind, area, np.where(kind == _LOCAL, area, np.where(kind == _BETWEEN, listed, elsewhere))


def _has_few(areas: Sequence[str]) -> list[bool]:
    """Few hosted: West London, as published; of areas that no document speaks of, one in six."""
    visited = published.areas()
    places = enumerate(areas)
    return [area == WEST_LONDON or (area not in visited and place % FEW_EVERY == FEW_POSITION) for place, area in places]


def _at_least(expected: np.ndarray, least: int, sizes: np.ndarray) -> np.ndarray:
    """Whole numbers, not below `least` unless that is more than half of the cases."""
    return np.maximum(half_up(expected), np.minimum(least, sizes // 2))


def _area_chances(seed: int, areas: int) -> np.ndarray:
    """Chance of sufficient, by arm and area: beta quantiles, so that the correlation is that of yes and no."""
    draw = uniforms(seed, "area effect", areas)
    strength = 1 / AREA_ICC - 1
    return np.stack([special.betaincinv(mean * strength, (1 - mean) * strength, draw) for mean in SUFFICIENT.values()])


def _ages(draws: np.ndarray) -> np.ndarray:
    shares = np.cumsum(list(AGES.values())) / sum(AGES.values())
    return np.array(list(AGES))[np.searchsorted(shares[:-1], draws, side="right")]


def _checked_areas(areas: Sequence[str] | None) -> list[str]:
    if isinstance(areas, str):
        raise InputError(f"areas: takes a list of names, such as [{areas!r}]")
    areas = published.areas() if areas is None else list(areas)
    known = list(dict.fromkeys([*published.areas(), *teams()]))
    if not areas:
        raise InputError("areas: name one fieldwork area at least")
    for area in areas:
        if area not in known:
            raise InputError(f"areas: no area is called {area!r}; {_nearest(area, known)}")
        if areas.count(area) > 1:
            raise InputError(f"areas: {area!r} is named twice")
        if PART_OF.get(area) in areas:
            raise InputError(f"areas: {area!r} is part of {PART_OF[area]!r}; name one of them")
    return areas


def _nearest(area: object, known: Sequence[str]) -> str:
    hint = did_you_mean(str(area), known)
    return hint if hint.startswith("did") else "take names of the six areas of 2012 or of the list of teams, yots-2024-25"


def teams() -> list[str]:
    """The 155 youth offending teams of 2024-25, in the order of the list."""
    return published.read("yots-2024-25")["yot"].tolist()


def _other_authorities(areas: Sequence[str]) -> list[str]:
    left_out = {*areas, *(PART_OF[area] for area in areas if area in PART_OF)}
    teams_listed = published.read("yots-2024-25")
    usable = ~teams_listed["yot"].isin(left_out)
    if WEST_LONDON in areas:
        usable &= teams_listed["region"] != "London"
    return teams_listed.loc[usable, "yot"].tolist()


def assumptions() -> list[tuple[str, str, str]]:
    """Assumption, value and reason of each."""
    arms = {"local": "supervised at home", "hosted": "hosted", "placed_out": "placed out"}
    none = "the release gives none; a round figure"
    few = f"{FEW_HOSTED[0]} to {FEW_HOSTED[1]} cases"
    rows = [
        ("caseload of an area", f"{_range(CASELOAD_SPREAD)} of the mean", "no caseload of an area is published"),
        ("hosted, of an area's supervised cases", f"{_range(HOSTED_SHARE)}, {HOSTED_LEAST} at least", none),
        (f"hosted in {WEST_LONDON}", few, "the release says very few, and no number"),
        (
            "hosted in areas that the release does not name",
            f"{few} in one area of {FEW_EVERY}",
            "six areas were visited, and one of them had very few",
        ),
        (
            "placed out, for each supervised case of the area",
            f"{_range(PLACED_OUT_SHARE)}, {PLACED_OUT_LEAST} expected at least",
            none,
        ),
        ("where a child is placed, and from where", "every other authority equally likely", "no flow between areas is published"),
        (
            "placed by one fieldwork area in another, so eligible twice",
            "fieldwork areas as likely as other authorities",
            "no document says whether it occurred",
        ),
        (
            "other authorities",
            "teams of 2024-25 but "
            + "; ".join([*PART_OF.values(), f"London where {WEST_LONDON} is visited", "the areas themselves"]),
            "no list of 2012 is at hand; these hold a fieldwork area, or may",
        ),
    ]
    rows += [(f"looked after, {arms[arm]}", f"{share:.0%}", none) for arm, share in LOOKED_AFTER.items()]
    rows += [
        (
            f"sufficient, {arms[arm]}",
            f"{share:.0%}",
            "no rate of 2012 is published; arms differ so that there is something to find",
        )
        for arm, share in SUFFICIENT.items()
    ]
    return [
        *rows,
        (
            "correlation of sufficient within an area",
            f"{AREA_ICC}",
            "no document gives one; on the yes/no scale, the area effect shared by hosted and placed out",
        ),
        ("not judged (blank)", f"{NOT_JUDGED:.0%}", "so that blanks occur"),
        ("cases that are a child's second order", f"{SECOND_ORDERS:.0%}", "so that a child can occur twice"),
        (
            "ages",
            ", ".join(f"{age}: {share}%" for age, share in AGES.items()),
            "the release gives no ages; weighted to older children",
        ),
        ("opened", f"{OPENED[0]} to {OPENED[1]}, every day alike", "the year before the fieldwork of January to March 2012"),
    ]


def _range(limits: tuple[float, float]) -> str:
    return f"{limits[0]:.0%} to {limits[1]:.0%}"
