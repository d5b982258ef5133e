"""Which numbers of the tables are simulated, and how far chance alone moves them from one run to the next."""

import math
from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import NamedTuple

from helpers.runs.table_rows import Row

# A difference farther than this many of its errors comes by chance once in a thousand.
CHANCE_ALONE = 0.001
FARTHEST = NormalDist().inv_cdf(1 - CHANCE_ALONE / 2)
# Columns that repeat a parameter beside what was simulated with it.
SETTINGS = ("draws", "replicates", "seed")
# What a simulation says of its own error has an error itself, which nothing says.
PRINTED = "monte_carlo_error"
# What rests on published figures alone: no list of cases moves it, and disclosure control leaves it as it is.
OF_PUBLISHED = "prevalence_simulation"
# Under disclosure control what notebook 03 simulates has two digits, and its error three.
_HALF_STEP, _HALF_STEP_OF_ERROR = 0.005, 0.0005


class Error(NamedTuple):
    """Standard error of one simulated number, and half a step of its rounding where it is rounded; nan: not known."""

    value: float
    half_step: float = 0.0


class Context(NamedTuple):
    """What the errors of a run rest on besides the row: the spread of percentages, and whether its numbers are rounded."""

    spread: Mapping[tuple[str, str], float]
    rounded: bool


def spread_of(by_care_group: list[Row], by_group: list[Row]) -> dict[tuple[str, str], float]:
    """The greatest standard error of the key questions of each standard and group, as a fraction.

    Parameters
    ----------
    by_care_group, by_group : list of mapping
        Rows of ``ratings`` and of ``ratings_by_group``; the second is empty where care groups are the groups.
    """
    found: dict[tuple[str, str], float] = {}
    for row in by_group or by_care_group:
        name = (row.get("standard", ""), row.get("group" if by_group else "care_group", ""))
        found[name] = max(found.get(name, 0.0), _number(row, "se") / 100, key=lambda se: math.inf if math.isnan(se) else se)
    return found


def _number(row: Row, column: str) -> float:
    try:
        return float(row.get(column, ""))
    except ValueError:
        return math.nan


def _share(trials: str) -> Callable[[Row, str, Context], float]:
    """The error of a share of so many trials: ``sqrt(p (1 - p) / R)``."""

    def error(row: Row, column: str, _: Context) -> float:
        share, number = _number(row, column), _number(row, trials)
        return math.sqrt(share * (1 - share) / number) if 0 <= share <= 1 and number >= 1 else math.nan

    return error


def _printed(row: Row, _: str, context: Context) -> float:
    return _number(row, PRINTED) + (_HALF_STEP_OF_ERROR if context.rounded else 0)


def _mean_of_lowest(row: Row, _: str, context: Context) -> float:
    """The error of a mean over replicates.

    The lowest of several shares varies no more than the one that varies most (for normal ones, by the inequality of
    Poincaré), and that one varies over the replicates as its standard error says.
    """
    number = _number(row, "replicates")
    spread = context.spread.get((row.get("standard", ""), row.get("group", "")), math.nan)
    return spread / math.sqrt(number) if number >= 1 else math.nan


_BANDS = ("p_inadequate", "p_requires_improvement", "p_good", "p_outstanding")
# Every simulated column, and what gives its error. Whatever is not here moves exactly or not at all.
SIMULATED: dict[str, dict[str, Callable[[Row, str, Context], float]]] = {
    OF_PUBLISHED: {"quantile": _printed, "impossible": _share("draws")},
    "rating_probabilities": dict.fromkeys((*_BANDS, "empty"), _share("replicates")),
    "rating_lowest": {"mean_lowest": _mean_of_lowest, "bias_of_lowest": _printed},
    "rating_whole_table": {"probability": _share("replicates")},
}


def error(table: str, row: Row, column: str, context: Context) -> Error | None:
    """The Monte Carlo error of a number; None where the number is not simulated.

    Parameters
    ----------
    table, column : str
    row : mapping
        The row that the number stands in, as text.
    context : Context
        Of the run.
    """
    of_column = SIMULATED.get(table, {}).get(column)
    # In this table only the bootstrap draws anything.
    if of_column is None or (table == "rating_probabilities" and row.get("method") != "cluster_bootstrap"):
        return None
    rounded = context.rounded and table != OF_PUBLISHED
    return Error(of_column(row, column, context._replace(rounded=rounded)), _HALF_STEP if rounded else 0.0)


def of_difference(old: Error, new: Error) -> float:
    """The standard error of the difference of two independent numbers."""
    return math.hypot(old.value, new.value)


def is_beyond(moved: float, old: Error, new: Error) -> bool | None:
    """Whether a difference is farther than chance and rounding put it but once in a thousand; None: not known."""
    allowed = FARTHEST * of_difference(old, new)
    if math.isnan(allowed):
        return None
    steps = old.half_step + new.half_step
    # Decimals such as 0.3 - 0.29 are not quite their difference in binary fractions.
    return abs(moved) - steps > allowed + (1e-9 if steps else 0)
