"""Why a case-level file is refused: rules, columns and rows, and nothing that stands in a case."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from helpers.errors import InputError

ROWS_NAMED = 5


@dataclass(frozen=True)
class Violation:
    """One rule that a file breaks in one column.

    Attributes
    ----------
    rule : str
        Short name of the rule, such as ``"unique"``.
    column : str
        Column that breaks it; empty where the file as a whole does.
    rows : tuple of int
        Every row that breaks it, as a spreadsheet numbers rows: the header is row 1. Empty for a rule about columns.
    text : str
        The whole line for a person.
    """

    rule: str
    column: str
    rows: tuple[int, ...]
    text: str


class Refused(InputError):  # noqa: N818 - it is what others catch, and says what happened
    """A case-level file that breaks its contract; the text names the file and every rule broken, in one line."""

    def __init__(self, file: str, violations: Collection[Violation]) -> None:
        super().__init__(f"{file}: {'; '.join(violation.text for violation in violations)}")
        self.file = file
        self.violations = tuple(violations)

    def __reduce__(self) -> tuple[type, tuple]:
        return type(self), (self.file, self.violations)


def whole_file(file: str, rule: str, text: str) -> Refused:
    """The refusal of a file that can not be read as a table."""
    return Refused(file, [Violation(rule, "", (), text)])


def rows_named(rows: Sequence[int]) -> str:
    """Name the first rows and count the others.

    Examples
    --------
    >>> rows_named([4, 9])
    'rows 4 and 9'
    >>> rows_named([2, 3, 4, 5, 6, 7, 8])
    'rows 2, 3, 4, 5, 6 and 2 more'
    """
    if len(rows) == 1:
        return f"row {rows[0]}"
    named = [str(row) for row in rows[:ROWS_NAMED]]
    more = len(rows) - len(named)
    return "rows " + listed([*named, f"{more} more"] if more else named)


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words as a sentence lists them.

    Examples
    --------
    >>> listed(["yes", "no", "blank"], "or")
    'yes, no or blank'
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    Examples
    --------
    >>> counted(1, "row"), counted(2, "row")
    ('1 row', '2 rows')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
