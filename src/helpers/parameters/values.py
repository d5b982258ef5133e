"""What single values of parameters have to be, whatever notebook takes them."""

import re
import reprlib
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

# Below 0.01 an interval is a point, and beyond 0.9999 the far tails that an interval would rest on are not to be believed.
Confidence = Annotated[float, Field(ge=0.01, le=0.9999)]
Correlation = Annotated[float, Field(ge=0, lt=1)]
# No item of a list, and no message about it, needs more.
MANY = 1_000
_LONGEST_TEXT, _LONGEST_PATH, _LONGEST_NAME = 200, 4_000, 255
_SHOWN = 80
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class _Brief(reprlib.Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = _SHOWN
        self.maxlist = self.maxdict = 6


def brief(value: object) -> str:
    """A value in at most some 80 characters, for a message; what cannot be printed is escaped.

    Examples
    --------
    >>> brief("x" * 100_000)
    "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'"
    """
    try:
        text = _Brief().repr(value if isinstance(value, str | int | float | list | dict | None) else str(value))
    except ValueError:
        # Python writes no whole number of more than 4300 digits.
        return "a very long number"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 4]} ..."


def distinct(values: list[Any]) -> list[Any]:
    """Refuse a list that holds a value twice."""
    seen = set()
    for value in values:
        if value in seen:
            raise ValueError(f"holds {brief(value)} twice")
        seen.add(value)
    return values


def plain(text: str) -> str:
    """Refuse a text that is too long to be a name, or that cannot be printed."""
    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"is {len(text):,} characters long, and {_LONGEST_TEXT} are the most; it begins {brief(text[:40])}")
    return _printable(text)


def not_blank(text: str) -> str:
    """Refuse a text of which nothing is seen."""
    if not text.strip():
        raise ValueError("is blank")
    return plain(text)


def path(text: str) -> str:
    """Refuse what can be no path of a file."""
    names = Path(text).parts if len(text) <= _LONGEST_PATH else (text,)
    if any(len(name.encode(errors="surrogatepass")) > _LONGEST_NAME for name in names):
        raise ValueError(f"can be no file (File name too long); it begins {brief(text[:40])}")
    return _printable(text)


def _printable(text: str) -> str:
    for character in text:
        if not character.isprintable():
            raise ValueError(
                f"holds a line break or another character that cannot be printed, U+{ord(character):04X}; take it out"
            )
    return text


def _as_text(value: object) -> object:
    """YAML and Python have dates of their own."""
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value


def _day(text: str) -> str:
    try:
        # Python reads more than this as a date, such as 2012-W14-1.
        if text and not _DAY.fullmatch(text):
            raise ValueError
        return text and date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f"is no day; write year-month-day, such as 2012-04-01, or leave it empty; it is {brief(text)}") from None


Day = Annotated[str, BeforeValidator(_as_text), AfterValidator(_day)]
