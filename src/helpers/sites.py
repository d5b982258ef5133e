"""Which areas to visit: the release says what informed the choice, and the rule here is ours."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from helpers import published
from helpers.datapackage import regular, shown
from helpers.errors import InputError, did_you_mean

HIGHEST, CONTRAST, NOT_CHOSEN = "highest", "contrast", "not_chosen"
RULE = "our own rule: the areas with the highest size, and as a contrast those with the lowest"
NAMED = "named"
CONCENTRATION, VERY_FEW = "concentration", "very_few"
PUBLISHED_RULE = (
    "the release: informed by the number of children's homes; five areas had a concentration of children placed in them "
    "by others, London (read as West London) very few"
)
_FEW_HOSTED = "West London"
COLUMNS = ["area", "size", "rank", "role", "rule", "evidence"]


def read(path: str | Path, size: str) -> pd.DataFrame:
    """Read a table of areas and their size, such as the number of children's homes.

    Parameters
    ----------
    path : str or Path
        CSV file (UTF-8) with a column ``area``.
    size : str
        The column that holds the size: numbers from 0.

    Returns
    -------
    DataFrame
        area, size; order of the file.

    Raises
    ------
    InputError
        The file can not be read, a column is missing or stands twice, a row has more or fewer fields, an area is blank or
        stands twice (whatever its capitals), or a size is no number from 0.
    """
    name = shown(Path(path))
    try:
        with regular(Path(path)).open(encoding="utf-8-sig", newline="") as file:
            header, *rows = csv.reader(file, strict=True)
    except InputError:
        raise
    except (OSError, ValueError, csv.Error):
        raise InputError(f"{name}: is no CSV table that can be read; it needs the columns area and {size}") from None
    for column in ("area", size):
        if column not in header:
            hint = "save it with commas" if len(header) == 1 and ";" in header[0] else did_you_mean(column, header)
            raise InputError(f"{name}: column {column} is missing; {hint}")
        if header.count(column) > 1:
            raise InputError(f"{name}: column {column} stands in row 1 twice; rename or delete one")
    # Blank rows are left out, and counted as a spreadsheet does.
    filled = {row: cells for row, cells in enumerate(rows, 2) if any(cell.strip() for cell in cells)}
    for row, cells in filled.items():
        if len(cells) != len(header):
            raise InputError(f"{name}: row {row}: needs as many fields as row 1; a name with a comma stands in quotation marks")
    table = pd.DataFrame(list(filled.values()), columns=header, dtype="str")
    areas = table["area"].str.strip()
    sizes = pd.to_numeric(table[size], errors="coerce")
    for row, area, number, twice in zip(filled, areas, sizes, areas.str.casefold().duplicated(), strict=True):
        if not area.isprintable():
            raise InputError(f"{name}: row {row}: area holds a line break or another character that cannot be printed")
        if not area or twice:
            raise InputError(f"{name}: row {row}: area {'stands in the table twice' if area else 'is blank'}")
        if not 0 <= number < float("inf"):
            raise InputError(f"{name}: row {row}: {size} must be a number from 0")
    return pd.DataFrame({"area": areas, "size": sizes})


def select(table: pd.DataFrame, highest: int, lowest: int) -> pd.DataFrame:
    """The areas with the highest size, and a contrast with the lowest. Of equal ones the first by name.

    A rule of ours: the release gives neither a rule nor the numbers of homes.

    Parameters
    ----------
    table : DataFrame
        area, size.
    highest, lowest : int
        How many of each.

    Returns
    -------
    DataFrame
        The columns of ``fieldwork_sites.csv``, every area of the table, from the highest size down.

    Raises
    ------
    InputError
        The table has fewer areas than are asked for.
    """
    if highest + lowest > len(table):
        raise InputError(
            f"the table of areas has {len(table)}; {highest} with the highest size and {lowest} with the lowest are asked"
        )
    ranked = table.sort_values(["size", "area"], ascending=[False, True], ignore_index=True)
    # Of equally small ones the first by name, as of equally large ones.
    contrast = table.sort_values(["size", "area"])["area"]
    contrast = [area for area in contrast if area not in set(ranked["area"][:highest])][:lowest]
    roles = [
        HIGHEST if place < highest else CONTRAST if area in contrast else NOT_CHOSEN for place, area in enumerate(ranked["area"])
    ]
    return ranked.assign(rank=range(1, len(ranked) + 1), role=roles, rule=RULE, evidence="supplied")[COLUMNS]


def chosen(table: pd.DataFrame) -> list[str]:
    """The areas selected, from the highest size down."""
    return table.loc[table["role"] != NOT_CHOSEN, "area"].tolist()


def as_named(areas: Sequence[str]) -> pd.DataFrame:
    """The areas as they are named, without a size: those of 2012, of which the release says little, or the user's own."""
    of_2012 = sorted(areas) == sorted(published.areas())
    roles = [VERY_FEW if area == _FEW_HOSTED else CONCENTRATION for area in areas] if of_2012 else NAMED
    rule, evidence = (PUBLISHED_RULE, published.EVIDENCE) if of_2012 else ("your own choice, whose rule is not given", "supplied")
    return pd.DataFrame({"area": areas, "size": "[x]", "rank": "[x]", "role": roles, "rule": rule, "evidence": evidence})
