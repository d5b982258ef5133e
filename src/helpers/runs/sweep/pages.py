"""Pages of single sets, where they are asked for."""

from pathlib import Path

from helpers.runs import render, runner
from helpers.runs.execute import Outcome
from helpers.runs.sweep.plan import Plan
from helpers.runs.sweep.task import Done


def write_page(folder: Path, plan: Plan, done: Done) -> None:
    """Write the page of a set, as that of a notebook of a run."""
    outcome = Outcome(plan.grid.notebook, done.seconds, done.error, done.cell)
    render.render_notebook(folder, outcome, runner.notice(plan.grid.sets[done.number - 1]))
