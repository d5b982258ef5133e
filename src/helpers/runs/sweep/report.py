"""What the user sees of a sweep: a bar with rate and time left on a terminal, a line now and then elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from tqdm import tqdm

from helpers.runs.progress import say
from helpers.runs.sweep.task import Done

_EVERY = 30.0
_SAID = 20


class Report:
    """Takes the news of a sweep."""

    def __init__(self, bar: tqdm) -> None:
        self._bar = bar
        self._began = self._said = monotonic()
        self._before = self._failed = self._done = self._of = 0

    def begin(self, before: int, of: int) -> None:
        """So many sets were done before."""
        self._before, self._of = before, of
        self._bar.reset(total=of - before)
        self._began = self._said = monotonic()
        if before:
            say(f"{before} of {of} sets were done before")

    def done(self, done: Done) -> None:
        """One more set is done."""
        self._done += 1
        self._failed += done.error is not None
        self._bar.set_postfix({"failed": self._failed}, refresh=False)
        self._bar.update()
        now = monotonic()
        if self._bar.disable and now - self._said >= _EVERY:
            self._said = now
            left = self._of - self._before - self._done
            pace = (now - self._began) / self._done
            say(f"{self._before + self._done} of {self._of} sets, {self._failed} failed, about {_time(left * pace)} left")


@contextmanager
def shown() -> Iterator[Report]:
    """Show a bar over sets where standard error is a terminal."""
    with tqdm(total=0, desc="sets", unit="set", disable=None, leave=False, file=sys.stderr) as bar:
        yield Report(bar)


def summary(results: list[dict], errors: dict[int, str]) -> str:
    """The table at the end: how many sets came out how, and the errors below it."""
    seconds = [result["seconds"] for result in results if result["result"] == "good"]
    failed = sum(result["result"] == "failed" for result in results)
    mean = f"{sum(seconds) / len(seconds):.1f}" if seconds else "-"
    lines = ["result  sets  seconds each", f"good    {len(seconds):>4}  {mean:>12}", f"failed  {failed:>4}"]
    by_number = {result["set"]: result for result in results}
    for number in sorted(errors)[:_SAID]:
        cell = by_number[number]["cell"]
        lines.append(f"set {number}: failed {f'in cell {cell}: ' if cell else ''}{errors[number]}")
    if len(errors) > _SAID:
        lines.append(f"and {len(errors) - _SAID} more; sweep.csv names them all")
    return "\n".join(lines)


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
