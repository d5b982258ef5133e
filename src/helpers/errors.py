"""What the user did wrong, in one line: no traceback is needed to mend it."""

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """A parameter or an input breaks a rule; the text names which, the rule, and the nearest right thing."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Name the nearest known word, or list them all.

    Examples
    --------
    >>> did_you_mean("confidense", ["confidence", "icc"])
    "did you mean 'confidence'?"
    """
    known = list(known)
    nearest = get_close_matches(word.lower(), {name.lower(): name for name in known}, n=1)
    if nearest:
        return f"did you mean {next(name for name in known if name.lower() == nearest[0])!r}?"
    return f"there is: {', '.join(known)}"
