"""Time `make run` beside papermill's and nbconvert's command lines, and beside what its computing alone must take.

Three comparisons, turn by turn in one sitting, so that what else the machine does falls on all of them; ratios are what
counts, and seconds are not comparable from one machine to the next.

1. `make run` with everything installed and nothing up to date, beside papermill and nbconvert over the same notebooks, one
   after another: default parameters, each notebook as HTML.
2. `make run` beside a bound: 1.25 times the greater of the longest chain of dependent notebooks (none depends on another,
   so the longest notebook) and all computing over the cores, one import of the scientific stack, and rendering. Computing is
   the time of the cells, as papermill records it, of a run of one notebook at a time.
3. The check that the whole collection is up to date, beside the import of pandas, seaborn and statsmodels.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import monotonic

import nbformat

from helpers.runs.catalogue import COLLECTION

BIN = Path(sys.executable).parent
STACK = "import pandas, seaborn, statsmodels.api"
RENDER = """
import sys, time
from pathlib import Path
from helpers.runs import render
import nbformat
started = time.monotonic()
for path in sorted(Path(sys.argv[1]).glob("*.ipynb")):
    render.page(nbformat.read(path, as_version=4), path.stem, "published")
print(time.monotonic() - started)
"""


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


def computing(folder: Path) -> list[float]:
    """Seconds that the cells of each notebook of a run took."""
    documents = [nbformat.read(path, as_version=4) for path in sorted((folder / "notebooks").glob("*.ipynb"))]
    return [sum(cell.metadata.papermill.duration or 0 for cell in document.cells) for document in documents]


def least(folder: Path, cores: int) -> tuple[float, dict[str, float]]:
    """The bound on `make run`, and its parts, measured now."""
    timed([str(BIN / "notebooks"), "run", "--force", "--jobs", "1", "--output", str(folder)])
    cells = computing(folder / "latest")
    render = subprocess.run(
        [sys.executable, "-c", RENDER, str(folder / "latest" / "notebooks")], check=True, capture_output=True, text=True
    )
    parts = {
        "longest notebook": max(cells),
        "all computing / cores": sum(cells) / cores,
        "import": timed([sys.executable, "-c", STACK]),
        "rendering": float(render.stdout),
    }
    return 1.25 * max(parts["longest notebook"], parts["all computing / cores"]) + parts["import"] + parts["rendering"], parts


def main() -> None:
    """Print the seconds of each turn and the median ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=5)
    turns, cores = parser.parse_args().turns, os.cpu_count() or 1
    ratios: dict[str, list[float]] = {"command lines": [], "bound": [], "up to date": []}
    print("turn  make run  command lines  ratio  bound  ratio  up to date  import  ratio")
    for turn in range(1, turns + 1):
        with tempfile.TemporaryDirectory() as folder:
            slow = timed(*command_lines(folder))
            fast = timed(["make", "--no-print-directory", "run", f"RUN_OPTIONS=--force --output {folder}"])
            check = timed(["make", "--no-print-directory", "run", f"RUN_OPTIONS=--output {folder}"])
            checked = timed([str(BIN / "notebooks"), "run", "--output", folder])
            bound, parts = least(Path(folder), cores)
        for name, ratio in (("command lines", fast / slow), ("bound", fast / bound), ("up to date", checked / parts["import"])):
            ratios[name].append(ratio)
        print(
            f"{turn:>4}  {fast:>8.1f}  {slow:>13.1f}  {fast / slow:>5.2f}  {bound:>5.1f}  {fast / bound:>5.2f}  "
            f"{checked:>10.2f}  {parts['import']:>6.2f}  {checked / parts['import']:>5.2f}"
        )
        print(
            "      parts:", ", ".join(f"{name} {value:.1f}" for name, value in parts.items()), f"; up to date by make {check:.2f}"
        )
    for name, found in ratios.items():
        print(f"make run / {name}: median {median(found):.2f}, from {min(found):.2f} to {max(found):.2f}, on {cores} cores")


if __name__ == "__main__":
    main()
