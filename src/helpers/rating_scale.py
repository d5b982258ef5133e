"""The four ratings as an ordered scalar; `helpers.published.RATINGS` is the same scale for a column."""

from enum import StrEnum
from typing import NoReturn

from helpers.errors import InputError, did_you_mean


def _no_arithmetic(self: "Rating", *_: object) -> NoReturn:
    raise TypeError("ratings have an order and no distances: compare them, sort them or count them, but do no arithmetic")


class Rating(StrEnum):
    """One of the four ratings: text that is ordered from Inadequate to Outstanding, and that no arithmetic takes.

    Examples
    --------
    >>> Rating("Good") > "Requires improvement", min(Rating.GOOD, Rating.INADEQUATE)
    (True, <Rating.INADEQUATE: 'Inadequate'>)
    """

    INADEQUATE = "Inadequate"
    REQUIRES_IMPROVEMENT = "Requires improvement"
    GOOD = "Good"
    OUTSTANDING = "Outstanding"

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        raise InputError(f"{value!r} is not a rating; {did_you_mean(str(value), [rating.value for rating in cls])}")

    @property
    def rank(self) -> int:
        """Place on the scale, from 0; it is a place and not an amount."""
        return list(type(self)).index(self)

    def __lt__(self, other: object) -> bool:
        return self.rank < self._as_rating(other).rank

    def __le__(self, other: object) -> bool:
        return self.rank <= self._as_rating(other).rank

    def __gt__(self, other: object) -> bool:
        return self.rank > self._as_rating(other).rank

    def __ge__(self, other: object) -> bool:
        return self.rank >= self._as_rating(other).rank

    @staticmethod
    def _as_rating(other: object) -> "Rating":
        try:
            return Rating(other)
        except InputError as error:
            raise TypeError(f"a rating is compared with a rating; {error}") from None

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _no_arithmetic
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = __neg__ = __pos__ = __abs__ = _no_arithmetic
    __float__ = __int__ = __complex__ = __round__ = __trunc__ = _no_arithmetic
