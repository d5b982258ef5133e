"""The figures of comparisons between groups of cases, and of how sure a rating is."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter

from helpers.disclosure import HIDDEN
from helpers.figures import PALETTE, legend_below, title
from helpers.published import RATINGS
from helpers.rating_words import group_name, holm_in_words
from helpers.ratings import BAND_COLUMNS, LOWEST
from helpers.results import level, per_cent

_GRID = "#dddddd"
# Nothing in made-up cases is a finding.
_MADE_UP = "what this figure looks like for a list of cases"
_NO_ROW = "Nothing can be shown of these groups"
# A page of hundreds of panels takes minutes and shows nothing.
_MOST_PANELS = 12
_LONGEST_NAME = 42
# From light to dark with the rating, told apart by hatching as well.
_COLOURS = ("#ffffff", PALETTE[1], PALETTE[0], "#222222")
_HATCHES = ("..", "//", "", "")


def confirmatory(comparisons: pd.DataFrame) -> pd.DataFrame:
    """The rows of the family of tests."""
    return comparisons[(comparisons["family"] == "confirmatory") & (comparisons["question"] == LOWEST)]


def risk_differences(comparisons: pd.DataFrame) -> Figure:
    """Differences in the share judged sufficient on the lowest key question with limits, one panel a pair of groups.

    A hidden or missing difference leaves its place empty. Of very many pairs the first ones are drawn, which are those with
    the reference; the axis label says so.
    """
    rows = confirmatory(comparisons)
    numbers = ["risk_difference", "lower", "upper", "p_holm"]
    hidden = rows["p_holm"].eq(HIDDEN)
    rows = rows.assign(hidden=hidden, **{name: pd.to_numeric(rows[name], errors="coerce") for name in numbers})
    every = list(rows.groupby(["group", "reference"], sort=False))
    pairs = every[:_MOST_PANELS]
    figure = Figure(figsize=(8, 1.4 + 1.35 * max(len(pairs), 1)))
    panels = figure.subplots(max(len(pairs), 1), 1, sharex=True, squeeze=False)[:, 0]
    for axes, ((group, reference), part) in zip(panels, pairs, strict=False):
        _draw_differences(axes, part)
        axes.set_title(f"{_short(group)}, minus {_short(reference)}", fontsize=10, fontweight="normal")
    shown_level = f", {level(rows['level'].iloc[0])} limits" if len(rows) else ""
    shown_level += f"; {HIDDEN}: hidden" if hidden.any() else ""
    shown_level += f"; {len(pairs)} of {len(every)} pairs" if len(pairs) < len(every) else ""
    panels[-1].set_xlabel(f"difference in the share judged sufficient (percentage points{shown_level})")
    title(figure, _MADE_UP if "synthetic" in set(rows["evidence"]) else holm_in_words(rows) if len(rows) else _NO_ROW)
    return figure


def _short(group: str) -> str:
    """What a group is called, cut where it would not fit."""
    name = group_name(group)
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _draw_differences(axes: Axes, part: pd.DataFrame) -> None:
    places = range(len(part))[::-1]
    axes.hlines(places, part["lower"], part["upper"], color=PALETTE[0], linewidth=2)
    axes.plot(part["risk_difference"], places, "o", color=PALETTE[0])
    for place, chance, hidden in zip(places, part["p_holm"], part["hidden"], strict=True):
        untested = HIDDEN if hidden else "no test"
        axes.annotate(
            untested if pd.isna(chance) else "p < 0.001" if chance < 0.001 else f"p = {chance:.2g}",
            (1.01, place),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=9,
        )
    axes.axvline(0, color="black", linewidth=1)
    axes.set_yticks(places, part["standard"])
    axes.set_ylim(-0.5, len(part) - 0.5)
    axes.grid(axis="x", color=_GRID)
    # As many digits as the ticks need: small differences have ticks at parts of a point.
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{round(100 * value, 9) + 0:g}".replace("-", "\N{MINUS SIGN}"))
    )


def band_probabilities(probabilities: pd.DataFrame) -> Figure:
    """How often each rating comes out when whole services are drawn again, a bar a standard and group."""
    rows = probabilities[probabilities["method"] == "cluster_bootstrap"]
    rows = rows.assign(**{name: pd.to_numeric(rows[name], errors="coerce") for name in BAND_COLUMNS})
    labels = [f"{row.standard}, {_short(row.group)}" for row in rows.itertuples()]
    figure = Figure(figsize=(9, 1.7 + 0.32 * max(len(rows), 1)))
    axes = figure.subplots()
    places = range(len(rows))[::-1]
    start = 0
    for column, rating, colour, hatch in zip(BAND_COLUMNS, RATINGS.categories, _COLOURS, _HATCHES, strict=True):
        axes.barh(places, rows[column], left=start, color=colour, hatch=hatch, edgecolor="#555555", label=rating)
        start = start + rows[column].fillna(0)
    axes.set_yticks(places, labels)
    axes.set(xlim=(0, 1), xlabel="share of the replicates in which whole services were drawn again")
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.margins(y=0.01)
    legend_below(axes, 2)
    title(figure, _MADE_UP if "synthetic" in set(rows["evidence"]) else _stays_in_words(rows))
    return figure


def _stays_in_words(rows: pd.DataFrame) -> str:
    columns = dict(zip(RATINGS.categories, BAND_COLUMNS, strict=True))
    known = rows[rows["rating"].isin(columns) & rows[list(BAND_COLUMNS)].notna().all(axis="columns")]
    if known.empty:
        return _NO_ROW
    stays = [row[columns[row["rating"]]] for row in known.to_dict("records")]
    return f"Drawn again, services give the same rating in {per_cent(min(stays))} to {per_cent(max(stays))} of replicates"
