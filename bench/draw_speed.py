"""Time the draw of 60 cases from a million beside other ways to draw them, turn by turn; its growth, memory and replicates.

All times are processor time of the process that draws, user and system. R's and svy's processes stay open, hold the
same cases and time the one call that draws, so that reading the data counts nowhere. The ratio counts: seconds are not
comparable from one machine to the next. Cases are made up and even over twelve strata.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.compute as pc

from helpers import draw, fieldwork, replicate
from helpers.parameters import FieldworkSampling
from helpers.sampling import ARMS

PER_ARM = 5
SVY = "svy==0.35.0"
WANTED_GIB = 1.0
R_LOOP = """
suppressMessages(library(sampling))
cases <- read.csv(commandArgs(TRUE)[1])
cases <- cases[order(cases$area, cases$arm), ]
turns <- file("stdin", "r")
while (length(readLines(turns, 1))) {
  before <- proc.time()
  drawn <- strata(cases, c("area", "arm"), rep(5, 12), method = "srswor")
  cat(sum((proc.time() - before)[1:2]), nrow(drawn), "\n")
}
"""
SVY_LOOP = """
import sys, time
import polars, svy
cases = polars.read_parquet(sys.argv[1])
for turn in sys.stdin:
    sample = svy.Sample(cases, svy.Design(stratum=("area", "arm")))
    before = time.process_time()
    drawn = sample.sampling.srs(5, rstate=int(turn))
    print(time.process_time() - before, drawn.data.height, flush=True)
"""


def made_up(rows: int) -> pd.DataFrame:
    """Cases as `helpers.eligibility.eligible` gives them."""
    random = np.random.default_rng(2012)
    numbers = pc.utf8_lpad(pa.array(np.arange(1, rows + 1)).cast(pa.large_string()), 7, "0")
    ids = pc.binary_join_element_wise(pa.scalar("SYN-", pa.large_string()), numbers, pa.scalar("", pa.large_string()))
    return pd.DataFrame(
        {
            "case_id": pd.Series(ids.to_pandas(), dtype="str"),
            "area": pd.Categorical.from_codes(random.integers(0, 6, rows, dtype=np.int8), FieldworkSampling().fieldwork_areas),
            "arm": pd.Categorical.from_codes(random.integers(0, 2, rows, dtype=np.int8), ARMS),
            "twice": False,
            "opened": np.datetime64("NaT", "s"),
        }
    )


def allocated(cases: pd.DataFrame) -> pd.DataFrame:
    """Five cases of each stratum."""
    return draw.allocate(cases, FieldworkSampling().fieldwork_areas, PER_ARM, "top_up", "synthetic")


def seconds(call: Callable[[], object], times: int = 1) -> float:
    """Processor seconds of a call, the median of so many."""
    found = []
    for _ in range(times):
        before = time.process_time()
        call()
        found.append(time.process_time() - before)
    return median(found)


class Elsewhere:
    """A process that draws once for every line it is sent, and answers with its seconds and the cases drawn."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.turn = 0

    def __call__(self) -> float:
        """Seconds of one draw."""
        self.turn += 1
        self.process.stdin.write(f"{self.turn}\n")
        self.process.stdin.flush()
        taken, drawn = self.process.stdout.readline().split()
        assert int(drawn) == 2 * 6 * PER_ARM
        return float(taken)

    def end(self) -> None:
        """Let the process end by itself."""
        self.process.stdin.close()
        self.process.wait()


def others(folder: Path, cases: pd.DataFrame, svy_python: str) -> dict[str, Elsewhere]:
    """R and svy, where they are there; else a line that says that one was left out."""
    found = {}
    listed = cases[["case_id", "area", "arm"]]
    if _runs("Rscript", "-e", "library(sampling)"):
        listed.to_csv(folder / "cases.csv", index=False)
        (folder / "loop.R").write_text(R_LOOP)
        found["r"] = Elsewhere(["Rscript", str(folder / "loop.R"), str(folder / "cases.csv")])
    else:
        print("R `sampling::strata` was left out: there is no R with the package sampling.")
    if not svy_python:
        svy_python = str(folder / "svy" / "bin" / "python")
        if _runs(sys.executable, "-m", "venv", str(folder / "svy")):
            _runs(svy_python, "-m", "pip", "install", "-q", SVY, "pyarrow")
    if _runs(svy_python, "-c", "import svy"):
        listed.to_parquet(folder / "cases.parquet")
        found["svy"] = Elsewhere([svy_python, "-c", SVY_LOOP, str(folder / "cases.parquet")])
    else:
        print("`svy` was left out: it could not be installed.")
    return found


def _runs(*command: str) -> bool:
    return shutil.which(command[0]) is not None and subprocess.run(command, capture_output=True).returncode == 0


def short(value: float) -> str:
    """Three digits, or a whole number."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def span(found: list[float]) -> str:
    """Median and range."""
    return f"{short(median(found))} ({short(min(found))} to {short(max(found))})"


def beside_others(turns: int, svy_python: str) -> Iterator[str]:
    """Rows of the table of a million cases."""
    cases = made_up(1_000_000)
    allocation, numbers = allocated(cases), draw.random_numbers(cases["case_id"], 2012)
    ways = {
        "hashed": lambda: seconds(lambda: draw.sample(cases, allocation, 2012, 0), 3),
        "pandas": lambda: seconds(lambda: cases.groupby(["area", "arm"], observed=True).sample(n=PER_ARM), 3),
        "given": lambda: seconds(lambda: draw.sample(cases, allocation, 2012, 0, numbers=numbers), 3),
    }
    with tempfile.TemporaryDirectory() as folder:
        elsewhere = others(Path(folder), cases, svy_python)
        ways |= elsewhere
        for way in ways.values():
            way()
        found = [{name: way() for name, way in ways.items()} for _ in range(turns)]
        for way in elsewhere.values():
            way.end()
    asked = [
        ("`draw.sample`, hashing included / `groupby.sample`", "hashed", "pandas", "at most 6"),
        ("R `sampling::strata` / `draw.sample`, hashing included", "r", "hashed", "at least 8"),
        ("`draw.sample`, numbers given / `groupby.sample`", "given", "pandas", "at most 1"),
        ("`draw.sample`, numbers given / `svy`", "given", "svy", "at most 1"),
    ]
    for words, one, other, wanted in asked:
        if one in ways and other in ways:
            taken = " | ".join(f"{short(median(turn[name] for turn in found))}" for name in (one, other))
            yield f"| {words} | {taken} | {span([turn[one] / turn[other] for turn in found])} | {wanted} |"


def growth(turns: int) -> Iterator[str]:
    """Rows of the table of larger lists, the time of a row beside that in a list of a million."""
    lists = {rows: made_up(rows) for rows in (1_000_000, 3_000_000, 10_000_000)}
    allocations = {rows: allocated(cases) for rows, cases in lists.items()}
    found = []
    for _ in range(turns):
        found.append({rows: seconds(lambda r=rows: draw.sample(lists[r], allocations[r], 2012, 0)) / rows for rows in lists})
    for rows in list(lists)[1:]:
        each = span([turn[rows] / turn[1_000_000] for turn in found])
        yield f"| {rows:,} | {short(median(turn[rows] for turn in found) * rows)} | {each} |"


def replicates(turns: int) -> Iterator[str]:
    """Rows of the table of ten thousand draws at once beside as many single ones, hashing included."""
    found = fieldwork.drawn(FieldworkSampling())
    yield _replicates(found.eligible.cases, found.allocations["top_up"], 10_000, 100, turns) + " at least 100 |"
    cases = made_up(1_000_000)
    yield _replicates(cases, allocated(cases), 10_000, 2, turns) + " at least 100 |"


def _replicates(cases: pd.DataFrame, allocation: pd.DataFrame, at_once: int, singles: int, turns: int) -> str:
    """So many draws of each kind are timed and the time scaled to ten thousand."""
    sizes, drawn = allocation["eligible"].tolist(), allocation["drawn"].tolist()

    def one_by_one() -> None:
        for seed in range(singles):
            draw.sample(cases, allocation, seed, 0)

    pairs = []
    for _ in range(turns):
        loop = seconds(one_by_one) / singles
        pairs.append((loop * 10_000, seconds(lambda: replicate.positions(sizes, drawn, at_once, 2012)) / at_once * 10_000))
    taken = " | ".join(f"{short(median(part))}" for part in zip(*pairs, strict=True))
    return f"| {len(cases):,} | {singles:,} and {at_once:,} | {taken} | {span([loop / ours for loop, ours in pairs])} |"


def peak_of_drawing(rows: int) -> None:
    """Print the memory of made-up cases, and how far a draw of them, hashing included, rises beyond it, in GiB."""
    cases = made_up(rows)
    allocation = allocated(cases)
    pa.default_memory_pool().release_unused()
    process, done, seen = psutil.Process(), threading.Event(), []

    def watch() -> None:
        while not done.wait(0.001):
            seen.append(process.memory_info().rss)

    before = process.memory_info().rss
    watcher = threading.Thread(target=watch)
    watcher.start()
    draw.sample(cases, allocation, 2012, 0)
    done.set()
    watcher.join()
    print(cases.memory_usage(deep=True).sum() / 2**30, (max(seen) - before) / 2**30)


def main() -> None:
    """Print Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--svy-python", metavar="PYTHON", default="", help="one with svy; else it is installed for this run")
    parser.add_argument("--peak", metavar="ROWS", type=int, help="draw from so many cases and print the memory")
    options = parser.parse_args()
    if options.peak:
        peak_of_drawing(options.peak)
        return
    rows = list(beside_others(options.turns, options.svy_python))
    print("| Ratio | First, s | Second, s | Median ratio (range) | Wanted |\n| --- | --- | --- | --- | --- |")
    print("\n".join(rows), flush=True)
    print("\n| Cases | Seconds | Time of a case beside a list of 1,000,000, median (range) |\n| --- | --- | --- |")
    print("\n".join(growth(options.turns)), flush=True)
    # A process of its own: what this one used before would hide part of it.
    command = [sys.executable, __file__, "--peak", "10000000"]
    frame, beyond = map(float, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
    print("\n| Cases | The cases, GiB | Peak beyond them, GiB | Wanted |\n| --- | --- | --- | --- |")
    print(f"| 10,000,000 | {frame:.2f} | {beyond:.2f} | below {WANTED_GIB:g} |", flush=True)
    print("\n| Cases | Draws timed | One by one, s | At once, s | Median ratio (range) | Wanted |\n" + "| --- " * 6 + "|")
    print("\n".join(replicates(options.turns)))


if __name__ == "__main__":
    main()
