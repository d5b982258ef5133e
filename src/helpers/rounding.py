"""What a rounded figure can stand for, in exact arithmetic."""

from typing import NamedTuple

from helpers.errors import InputError


class Counts(NamedTuple):
    """The least and the greatest number of cases, both included."""

    low: int
    high: int


class Span(NamedTuple):
    """Values that are printed as one rounded figure: from `low`, up to but not including `high`."""

    low: float
    high: float


def rounding_span(figure: float, nearest: float) -> Span:
    """The values that round half up to `figure` when rounded to the nearest `nearest`.

    Examples
    --------
    >>> rounding_span(4500, 100)
    Span(low=4450.0, high=4550.0)
    """
    return Span(figure - nearest / 2, figure + nearest / 2)


def counts_from_percentage(per_cent: int, n: int) -> Counts:
    """The counts out of `n` that are printed as `per_cent` when rounded half up to a whole per cent.

    ``(2P - 1) n <= 200 k < (2P + 1) n`` in integer arithmetic, so that no count at a boundary is lost to
    binary fractions. `k` stays in 0..n.

    Parameters
    ----------
    per_cent : int
        A whole per cent, 0 to 100.
    n : int
        Number of cases, at least 1.

    Raises
    ------
    InputError
        `per_cent` is not in 0..100, `n` is below 1, or no count of `n` gives this per cent (50% of 7).

    Examples
    --------
    >>> counts_from_percentage(26, 1253)
    Counts(low=320, high=332)
    """
    if not (0 <= per_cent <= 100 and float(per_cent).is_integer()):
        raise InputError(f"a whole per cent lies between 0 and 100; this one is {per_cent}")
    if n < 1:
        raise InputError(f"a percentage needs at least one case; there are {n}")
    low = max(0, -(-(2 * per_cent - 1) * n // 200))
    high = min(n, ((2 * per_cent + 1) * n - 1) // 200)
    if low > high:
        before, after = (whole_per_cent(k, n) for k in (high, low))
        raise InputError(
            f"{per_cent}% cannot come from {n} cases: {high} of {n} is {before}% and {low} of {n} is {after}%, rounded; "
            "check the number of cases"
        )
    return Counts(low, high)


def half_up(above: int, below: int) -> int:
    """`above` / `below` rounded half up to a whole number, in integers."""
    return (2 * above + below) // (2 * below)


def whole_per_cent(count: int, n: int) -> int:
    """The whole per cent that `count` of `n` is printed as: 129 of 200 is 65, where binary fractions give 64.

    Examples
    --------
    >>> whole_per_cent(129, 200)
    65
    """
    return half_up(100 * count, n)
