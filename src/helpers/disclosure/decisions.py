"""What is decided of each cell of the tables, and what a table may say of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from helpers import suppression
from helpers.suppression import Cells, Rules, Unprotectable

HIDDEN = "[c]"
# The public log does not say which of the hidden cells are small.
EITHER = "small, or hidden to protect another"
_TOLD_APART = ["threshold", "secondary"]
FAILED = "cannot be protected"
RESTS = "rests on a hidden count"


@dataclass(frozen=True)
class Treated:
    """Tables as they may be shown, and the decisions behind them: table, row, column, rule, action."""

    tables: Mapping[str, pd.DataFrame]
    decisions: pd.DataFrame

    def public(self) -> pd.DataFrame:
        """The decisions as they may be shown: they do not tell a small cell from one hidden to protect it."""
        return self.decisions.assign(rule=self.decisions["rule"].replace(_TOLD_APART, EITHER))


class Log:
    """The decisions of one treatment, and the values that follow from them.

    With `exact` the reader is taken to know each shown count to the case. Errors, limits, ratings and comparisons of shown
    counts then tell nothing more, however few the services, and rounding is not counted on to protect anything.
    """

    def __init__(self, cells: Cells, rules: Rules, exact: bool = False) -> None:
        self.rules, self.rows = rules, []
        try:
            self.shown, self.failed = suppression.suppress(cells, replace(rules, round_to=1) if exact else rules), False
        except Unprotectable:
            self.shown, self.failed = {}, True

    def counts(self, table: str, row: str, columns: Iterable[str], value: int, cell: str, unlisted: str) -> object:
        """The value of a count as shown; a cell that is not among those decided on is hidden for the reason `unlisted`."""
        rule = self.shown.get(cell, FAILED if self.failed else unlisted)
        if rule == "shown":
            return suppression.rounded(int(value), self.rules)
        return self.hide(table, row, columns, rule)

    def hide(self, table: str, row: str, columns: Iterable[str], rule: str) -> str:
        """Note that cells are hidden, and give what stands in them."""
        self.rows += [(table, row, column, rule, "hidden") for column in columns]
        return HIDDEN

    def decisions(self, tables: Iterable[str]) -> pd.DataFrame:
        """All rows, table by table, each table with its verdict first."""
        found = pd.DataFrame(self.rows, columns=["table", "row", "column", "rule", "action"])
        parts = []
        for table in tables:
            rows = found[found["table"] == table]
            verdict = (table, "(table)", "(all)", "verdict", self._verdict(len(rows)))
            parts += [pd.DataFrame([verdict], columns=found.columns), rows]
        return pd.concat(parts, ignore_index=True)

    def _verdict(self, hidden: int) -> str:
        if self.failed:
            return "fail: its small counts cannot be protected, so none is shown"
        rounded = f", counts rounded to the nearest {self.rules.round_to}" if self.rules.round_to > 1 else ""
        if hidden:
            return f"review: {hidden} cells hidden{rounded}; a person should look before it leaves"
        return f"pass: no cell hidden{rounded}"


def untreated(tables: Iterable[str]) -> pd.DataFrame:
    """The verdict on tables that are shown as they are."""
    rows = [(table, "(table)", "(all)", "verdict", "fail: shown without disclosure control") for table in tables]
    return pd.DataFrame(rows, columns=["table", "row", "column", "rule", "action"])
