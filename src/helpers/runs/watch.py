"""Watch a kernel: how much memory it takes, and an end to what goes beyond its limits."""

import os
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

import psutil

MIB = 2**20
_EVERY = 0.1


def _most_of_the_memory() -> int:
    return int(0.8 * psutil.virtual_memory().total)


@dataclass(frozen=True)
class Limits:
    """What one notebook may take.

    Attributes
    ----------
    cell, notebook : float
        Seconds.
    memory : int
        Bytes of a kernel and its children that lie in memory; by default four fifths of the machine's.
    output : int
        Characters printed or shown by one notebook.
    """

    cell: float = 1_800
    notebook: float = 3_600
    memory: int = 0
    output: int = 20_000_000

    def __post_init__(self) -> None:
        if not self.memory:
            object.__setattr__(self, "memory", _most_of_the_memory())


class Watch:
    """A thread that looks at one kernel several times a second, and kills it when it goes beyond a limit.

    Attributes
    ----------
    reason : str
        Why it was killed; empty where it was not.
    peak : int
        The most memory seen, bytes.
    """

    _alive: "set[Watch]" = set()
    _stopped = False

    def __init__(self, limits: Limits) -> None:
        self.limits, self.reason, self.peak, self.printed = limits, "", 0, 0
        self._pid: int | None = None
        self._children: set[psutil.Process] = set()
        self._cell_began = self._began = monotonic()
        self._done = threading.Event()
        Watch._alive.add(self)

    def begin(self, pid: int) -> None:
        """The kernel has started."""
        self._pid = pid
        self._cell_began = self._began = monotonic()
        threading.Thread(target=self._look, daemon=True, name=f"watch-{pid}").start()
        if Watch._stopped:
            self.kill("stopped")

    def cell(self) -> None:
        """A cell begins."""
        self._cell_began = monotonic()

    def output(self, characters: int) -> bool:
        """Count what a kernel showed; whether it is within the limit."""
        self.printed += characters
        if self.printed > self.limits.output:
            self.kill(f"it printed more than {self.limits.output:,} characters")
        return self.printed <= self.limits.output

    def kill(self, reason: str) -> None:
        """Kill the kernel and all that it started."""
        self.reason = self.reason or reason
        if not self._done.is_set():
            self._kill_all()

    def end(self) -> None:
        """The notebook is done, or the kernel is gone: nothing that it started goes on."""
        if self._done.is_set():
            return
        if self._pid is not None:
            with suppress(psutil.NoSuchProcess):
                self._children.update(psutil.Process(self._pid).children(recursive=True))
        self._kill_all()
        self._done.set()
        Watch._alive.discard(self)

    def said(self) -> str:
        """The most memory seen, in words."""
        return f"{self.peak / MIB:,.0f} MiB of memory"

    def _kill_all(self) -> None:
        if self._pid is None:
            return
        # A kernel that has only just been forked leads no group yet.
        for end in (os.killpg, os.kill):
            with suppress(OSError):
                end(self._pid, signal.SIGKILL)
        # Those in sessions of their own; what has taken the number of one that ended is left alone.
        for child in self._children.copy():
            with suppress(psutil.Error):
                child.kill()

    def _look(self) -> None:
        try:
            kernel = psutil.Process(self._pid)
            while True:
                self.peak = max(self.peak, taken := self._memory(kernel))
                now = monotonic()
                if taken > self.limits.memory:
                    self.kill(f"it took more than the {self.limits.memory / MIB:,.0f} MiB of memory allowed")
                elif now - self._cell_began > self.limits.cell:
                    self.kill(f"the cell ran longer than the {self.limits.cell:,.0f} seconds allowed")
                elif now - self._began > self.limits.notebook:
                    self.kill(f"the notebook ran longer than the {self.limits.notebook:,.0f} seconds allowed")
                if self._done.wait(_EVERY):
                    return
        except psutil.NoSuchProcess:
            return

    def _memory(self, kernel: psutil.Process) -> int:
        total = kernel.memory_info().rss
        for child in kernel.children(recursive=True):
            self._children.add(child)
            with suppress(psutil.NoSuchProcess):
                total += child.memory_info().rss
        return total

    @classmethod
    def stop_all(cls) -> None:
        """Kill every kernel, also those about to start; `resume` ends that."""
        cls._stopped = True
        for watch in list(cls._alive):
            watch.kill("stopped")

    @classmethod
    def resume(cls) -> None:
        """Kernels may start again."""
        cls._stopped = False
