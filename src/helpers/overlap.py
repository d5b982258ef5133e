"""What two shares of the same cases leave open about how many cases are in both."""

import pandas as pd

from helpers.intervals import check_counts
from helpers.rounding import Counts, Span

COLUMNS = ["set", "count_low", "count_high", "n", "lower", "upper", "assumes", "evidence"]
NAMES = ("in_care", "protection")


def bounds(first: Counts, second: Counts, n: int, evidence: str, names: tuple[str, str] = NAMES) -> pd.DataFrame:
    """Sharp bounds on the parts that two shares make of the same cases (Fréchet 1935), over all counts that are possible.

    Assumed, and not to be had from the shares themselves: both are of the same `n` cases. Of these, with a in the first
    and b in the second, ``max(0, a + b - n)`` to ``min(a, b)`` are in both, and every whole number between is possible.
    They are bounds and no intervals: no chance is in them.

    Parameters
    ----------
    first, second : Counts
        The least and the greatest number of cases in each share, as from `helpers.rounding.counts_from_percentage`.
    n : int
        Cases that both are shares of, at least 1.
    evidence : str
    names : tuple of str
        What the two shares are called in the column `set`.

    Returns
    -------
    DataFrame
        The columns of ``prevalence_joint.csv``. set: ``both``, ``either`` (at least one), ``neither``, and with the
        default names ``in_care_only`` and ``protection_only``: counts, and as lower and upper their fractions of n. Then
        ``protection_among_in_care`` and ``in_care_among_protection``: bounds on the quotient of both and one share,
        without counts, and without bounds where that share can have no case.

    Raises
    ------
    InputError
        As `helpers.intervals.check_counts`, for either share.
    """
    check_counts(first, n)
    check_counts(second, n)
    parts = {
        "both": Counts(max(0, first.low + second.low - n), min(first.high, second.high)),
        "either": Counts(max(first.low, second.low), min(n, first.high + second.high)),
        "neither": Counts(max(0, n - first.high - second.high), n - max(first.low, second.low)),
        f"{names[0]}_only": _only(first, second, n),
        f"{names[1]}_only": _only(second, first, n),
    }
    rows = [
        {"set": part, "count_low": low, "count_high": high, "n": n, "lower": low / n, "upper": high / n}
        for part, (low, high) in parts.items()
    ]
    quotients = {f"{names[1]}_among_{names[0]}": (first, second), f"{names[0]}_among_{names[1]}": (second, first)}
    for part, (among, of) in quotients.items():
        span = _share_among(among, of, n)
        rows.append({"set": part, "lower": span.low, "upper": span.high})
    assumes = f"both shares are of the same {n} cases, which the letter does not say"
    table = pd.DataFrame(rows).assign(assumes=assumes, evidence=evidence)[COLUMNS]
    return table.astype(dict.fromkeys(["count_low", "count_high", "n"], "Int64") | dict.fromkeys(["lower", "upper"], float))


def _only(one: Counts, other: Counts, n: int) -> Counts:
    return Counts(max(0, one.low - other.high), min(one.high, n - other.low))


def _share_among(among: Counts, of: Counts, n: int) -> Span:
    """Bounds on both / a, over every a of `among` above 0 and every b of `of`; both ends are reached.

    ``min(a, b) / a`` falls and ``max(0, a + b - n) / a`` rises with a, so both are found at the least a.
    """
    least = max(1, among.low)
    if least > among.high:
        return Span(float("nan"), float("nan"))
    return Span(max(0, least + of.low - n) / least, min(least, of.high) / least)
