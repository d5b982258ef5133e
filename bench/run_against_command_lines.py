"""Time `notebooks run` beside papermill's and nbconvert's command lines, turn by turn in one sitting.

Both ways execute the same notebooks with their default parameters and render each as HTML. They take turns,
so that what else the machine does falls on both; the ratio is what counts, and seconds are not comparable
from one machine to the next.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import monotonic

from helpers.runs.catalogue import COLLECTION

BIN = Path(sys.executable).parent


def timed(*commands: list[str]) -> float:
    """Seconds that the commands take one after another; a failing one stops the benchmark."""
    started = monotonic()
    for command in commands:
        subprocess.run(command, check=True, capture_output=True)
    return monotonic() - started


def command_lines(folder: str) -> list[list[str]]:
    """For each notebook papermill's command line, then nbconvert's."""
    commands = []
    for notebook in COLLECTION:
        target = str(Path(folder) / notebook.path.name)
        commands.append([str(BIN / "papermill"), "--no-progress-bar", str(notebook.path), target])
        commands.append([str(BIN / "jupyter"), "nbconvert", "--to", "html", target])
    return commands


def main() -> None:
    """Print the seconds of each turn and the median ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=5)
    turns = parser.parse_args().turns
    ratios = []
    print("turn  make run  command lines  ratio")
    for turn in range(1, turns + 1):
        with tempfile.TemporaryDirectory() as folder:
            slow = timed(*command_lines(folder))
            fast = timed(["make", "--no-print-directory", "run"])
        ratios.append(fast / slow)
        print(f"{turn:>4}  {fast:>8.1f}  {slow:>13.1f}  {ratios[-1]:.2f}", flush=True)
    print(f"median ratio {median(ratios):.2f}, from {min(ratios):.2f} to {max(ratios):.2f}, on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
