"""Cost of a sweep beside papermill's command line, turn by turn in one sitting.

Notebook 01 is run without figures over seeds. What a set costs is the time of the sweep over its sets, less the time that
the same cells take in one process that has imported everything (the notebook's own computing). Papermill's command line is
timed over few of the sets and extrapolated to 155, as is said. Both take turns, so that what else the machine does falls on
both: ratios count, seconds do not. The private memory of a kernel is that of `/proc/PID/smaps_rollup`, beyond what is shared.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from statistics import median
from time import monotonic, sleep

import psutil

from helpers.runs.catalogue import find

BIN = Path(sys.executable).parent
(NOTEBOOK,) = find(["01"])
FEW, SETS = 10, 155
ENVIRONMENT = os.environ | {"NOTEBOOKS_FIGURES": "off"}
# The cells as they stand, in a process of its own, after the imports that every kernel of a sweep shares; prints seconds.
COMPUTING = """
import os, sys, time
os.environ["MPLBACKEND"] = "agg"
import nbformat
from IPython.core.interactiveshell import InteractiveShell
import helpers.runs.preload
shell = InteractiveShell.instance()
cells = [cell.source for cell in nbformat.read(sys.argv[1], as_version=4).cells if cell.cell_type == "code"]
sys.stdout, kept = open(os.devnull, "w"), sys.stdout
for number in range(4):
    began = time.monotonic()
    for place, source in enumerate(cells):
        result = shell.run_cell(source)
        result.raise_error()
        if not place:
            shell.run_cell(f"seed, output = {number + 1}, '.'")
    if number:
        print(time.monotonic() - began, file=kept)
"""


def sweep(folder: Path, sets: int, jobs: int) -> list[str]:
    """The command of a sweep over so many seeds."""
    grid = folder / f"seeds_{sets}.csv"
    grid.write_text("seed\n" + "".join(f"{seed}\n" for seed in range(1, sets + 1)), encoding="utf-8")
    words = ["--grid", str(grid), "--output", str(folder), "--force", "--jobs", str(jobs)]
    return [str(BIN / "notebooks"), "sweep", "01", *words]


def command_line(folder: Path, seed: int) -> list[str]:
    """Papermill's command line for one of the sets."""
    place = folder / f"papermill_{seed}"
    place.mkdir()
    target = str(place / NOTEBOOK.path.name)
    given = ["-p", "seed", str(seed), "-p", "output", ".", "--cwd", str(place)]
    return [str(BIN / "papermill"), "--no-progress-bar", *given, str(NOTEBOOK.path), target]


def timed(commands: Iterable[list[str]]) -> float:
    """Seconds of commands one after another; a failing one stops the benchmark."""
    began = monotonic()
    for command in commands:
        subprocess.run(command, check=True, capture_output=True, env=ENVIRONMENT)
    return monotonic() - began


def computing() -> float:
    """Seconds of the cells alone."""
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-c", COMPUTING, str(NOTEBOOK.path)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=place, env=ENVIRONMENT)
    return median(map(float, done.stdout.split()))


def private_memory(command: list[str]) -> float:
    """MiB that a kernel of a sweep takes for itself: the most of each, and the median of all."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most: dict[int, int] = {}
    while process.poll() is None:
        with suppress(psutil.Error):
            for child in psutil.Process(process.pid).children(recursive=True)[1:]:
                with suppress(OSError):
                    lines = Path(f"/proc/{child.pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
                    own = sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
                    most[child.pid] = max(most.get(child.pid, 0), own)
        sleep(0.1)
    # The server of resources that the fork server starts takes next to nothing.
    kernels = [size / 1024 for size in most.values() if size > 20 * 1024]
    return median(kernels) if kernels else float("nan")


def main() -> None:
    """Print each turn, the medians, and how the cost of a set goes with their number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10, 50, 155], help="numbers of sets, for the cost of each")
    chosen = parser.parse_args()
    overheads, totals = [], []
    print(f"turn  computing  a set  papermill  overhead ratio  {SETS} sets ratio (papermill's {FEW} extrapolated)")
    for turn in range(1, chosen.turns + 1):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            own = computing()
            # One job at a time, so that seconds of a set are its own; the start of the command counts in the totals.
            one, more = timed([sweep(folder, 1, 1)]), timed([sweep(folder, FEW + 1, 1)])
            each = (more - one) / FEW
            alone = timed(command_line(folder, seed) for seed in range(1, FEW + 1)) / FEW
            both = timed([sweep(folder, 2 * FEW + 1, os.cpu_count() or 1)])
            begin = one - each
            total = begin + (both - begin) / (2 * FEW + 1) * SETS
        overheads.append((each - own) / (alone - own))
        totals.append(total / (alone * SETS))
        print(f"{turn:>4}  {own:>9.2f}  {each:>5.2f}  {alone:>9.2f}  {overheads[-1]:>14.3f}  {totals[-1]:>14.3f}", flush=True)
    for what, ratios in (("overhead of a set", overheads), (f"total of {SETS} sets", totals)):
        print(
            f"{what}: median ratio {median(ratios):.3f}, from {min(ratios):.3f} to {max(ratios):.3f}, on {os.cpu_count()} cores"
        )
    print("sets  seconds each")
    with tempfile.TemporaryDirectory() as name:
        for sets in chosen.sizes:
            print(f"{sets:>4}  {timed([sweep(Path(name), sets, os.cpu_count() or 1)]) / sets:.3f}", flush=True)
        print(f"private memory of a kernel: {private_memory(sweep(Path(name), FEW, 1)):.0f} MiB")


if __name__ == "__main__":
    main()
