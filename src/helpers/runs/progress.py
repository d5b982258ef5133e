"""What the user sees of a run: a bar on a terminal, plain lines elsewhere, a table at the end."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from helpers.runs.catalogue import Notebook
from helpers.runs.execute import Outcome
from helpers.runs.speak import say


class Report:
    """Takes the news of a run."""

    def __init__(self, bar: tqdm) -> None:
        self._bar = bar

    def cell(self, **_: Any) -> None:
        """One more cell is done."""
        self._bar.update()

    def outcome(self, outcome: Outcome) -> None:
        """One more notebook is done."""
        if self._bar.disable:
            say(line(outcome))


@contextmanager
def shown(notebooks: Sequence[Notebook]) -> Iterator[Report]:
    """Show a bar over all cells where standard error is a terminal."""
    # A notebook with parameters has one cell more, the injected one.
    cells = sum(notebook.code_cells + 1 for notebook in notebooks)
    with tqdm(total=cells, desc=f"{len(notebooks)} notebooks", unit="cell", disable=None, leave=False, file=sys.stderr) as bar:
        yield Report(bar)


def line(outcome: Outcome) -> str:
    """One notebook in one line; a failure names the cell and the last line of its error."""
    text = f"{_name(outcome)}: {outcome.result} after {outcome.seconds:.1f} s"
    if outcome.error is None:
        return text
    return f"{text}, {f'in cell {outcome.cell}: ' if outcome.cell else ''}{outcome.error}"


def summary(outcomes: Sequence[Outcome]) -> str:
    """The table at the end: notebook, result, seconds; the errors below it."""
    width = max(len(_name(outcome)) for outcome in outcomes)
    rows = [f"{'notebook':<{width}}  result  seconds"]
    rows += [f"{_name(outcome):<{width}}  {outcome.result:<6}  {outcome.seconds:7.1f}" for outcome in outcomes]
    return "\n".join(rows + [line(outcome) for outcome in outcomes if outcome.error])


def _name(outcome: Outcome) -> str:
    return f"{outcome.notebook.stem} (in full)" if outcome.full else outcome.notebook.stem
