"""Do the sets of a sweep on this machine, several at one time, each in a kernel of its own."""

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from helpers.runs import kernels
from helpers.runs.sweep.make import Workers
from helpers.runs.sweep.task import FIGURES, Done, Task, perform
from helpers.runs.watch import Watch


@contextmanager
def drawing(figures: bool) -> Iterator[None]:
    """Tell kernels that start meanwhile whether to draw."""
    before = os.environ.get(FIGURES)
    os.environ[FIGURES] = "on" if figures else "off"
    try:
        yield
    finally:
        if before is None:
            del os.environ[FIGURES]
        else:
            os.environ[FIGURES] = before


def workers(jobs: int, cold: bool = False) -> Workers:
    """So many kernels at one time; cold ones start from nothing."""

    def do(tasks: Iterable[Task], folder: Callable[[int], Path]) -> Generator[Done, None, None]:
        waiting = iter(tasks)
        first = next(waiting, None)
        if first is None:
            return
        with kernels.session(not cold), drawing(first.figures), ThreadPoolExecutor(jobs) as pool:
            running: set[Future[Done]] = {pool.submit(perform, first, folder(first.number))}
            try:
                while running:
                    # One more than can run, so that none waits for this thread; not all, which may be very many.
                    more = islice(waiting, jobs + 1 - len(running))
                    running |= {pool.submit(perform, task, folder(task.number)) for task in more}
                    finished, running = wait(running, return_when=FIRST_COMPLETED)
                    for future in finished:
                        yield future.result()
            except BaseException:
                # Stopped, or the disk is full: what has not begun does not begin, and what runs ends with its kernel.
                pool.shutdown(wait=False, cancel_futures=True)
                Watch.stop_all()
                try:
                    pool.shutdown(wait=True)
                finally:
                    Watch.resume()
                raise

    return do
