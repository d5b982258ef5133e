"""The figures of the prevalence notebook: a table in, a figure out, its title the finding."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from helpers.figures import PALETTE, legend_below, title
from helpers.intervals import CLUSTERED_METHODS
from helpers.prevalence import METHOD_NAMES
from helpers.prevalence_words import between
from helpers.published import SHARES
from helpers.results import level, per_cent, points
from helpers.rounding import Span

_GRID = "#dddddd"
# In full, since ticks can be 2.5 points apart.
_PER_CENT = FuncFormatter(lambda value, _: f"{100 * value:g}%")
# Beyond this court share so few starts are cautions that the sets leave the page.
_RIGHT = 0.9
STEPS = {
    "as_published": "as published (England, one day, under 18)",
    "england_and_wales": "England and Wales",
    "any_time_in_year": "at any time in the year",
    "aged_10_to_17": "children aged 10 to 17",
    "any_time_and_aged_10_to_17": "both of these",
    "starts_or_children": "official count of children as base",
}
COVERED = {
    "wilson": "Wilson, services ignored",
    "logit_t": "logit with t, from the cases",
    "korn_graubard": "Korn-Graubard, from the cases",
    "headline": "per cent published of 1,253 cases, 0.05 assumed",
}


def share_intervals(estimates: pd.DataFrame) -> Figure:
    """The intervals of the published per cents by method, correlation and rounding, a panel a share."""
    rows = estimates.dropna(subset=["icc"]).assign(label=_interval_label)
    order = rows["label"].unique()[::-1]
    figure = Figure(figsize=(9.5, 1.5 + 0.32 * len(order)))
    panels = figure.subplots(1, rows["claim"].nunique(), sharey=True, squeeze=False)[0]
    for axes, (claim, part) in zip(panels, rows.groupby("claim", sort=False), strict=True):
        _draw_intervals(axes, part, order)
        axes.set_title(SHARES.get(claim, claim), fontsize=10, fontweight="normal")
        axes.set_xlabel(f"share of cases ({level(rows['level'].iloc[0])} intervals)")
    panels[0].set_yticks(range(len(order)), order)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower right", ncols=2, frameon=False)
    title(figure, _widths_in_words(rows))
    return figure


def _draw_intervals(axes: Axes, rows: pd.DataFrame, order: list[str]) -> None:
    for rounding, shift, colour, width in (("included", -0.14, PALETTE[1], 1.3), ("ignored", 0.14, PALETTE[0], 3)):
        part = rows[rows["rounding"] == rounding].set_index("label").reindex(order)
        places = [place + shift for place in range(len(order))]
        axes.hlines(places, part["lower"], part["upper"], color=colour, linewidth=width, label=f"rounding {rounding}")
        axes.plot(part["estimate"], places, "o", color=colour, markersize=4)
    axes.xaxis.set_major_formatter(_PER_CENT)
    axes.grid(axis="x", color=_GRID)


def _interval_label(rows: pd.DataFrame) -> list[str]:
    clustered = rows["method"].isin(CLUSTERED_METHODS)
    names = rows["method"].map(METHOD_NAMES)
    return [
        f"{name}, correlation {_in_full(icc)}" if inside else f"{name}, no clusters"
        for name, icc, inside in zip(names, rows["icc"], clustered, strict=True)
    ]


def _in_full(number: float) -> str:
    """A number that no other one is written like."""
    return f"{number:g}" if float(f"{number:g}") == number else repr(float(number))


def _widths_in_words(rows: pd.DataFrame) -> str:
    widths = rows["upper"] - rows["lower"]
    clustered = rows["method"].isin(CLUSTERED_METHODS)
    least, most, widest = (points(width) for width in (widths[~clustered].min(), widths[~clustered].max(), widths.max()))
    if widths.max() > widths[~clustered].max() + 0.005:
        return f"Method and rounding leave intervals {least} to {most} points wide; assumed clusters widen them to up to {widest}"
    return f"By method, clusters and rounding an interval is {points(widths.min())} to {widest} points wide"


def out_of_court(
    curve: pd.DataFrame, limits: pd.DataFrame, spans: Mapping[float, Span | None], court_shares: tuple[float, float]
) -> Figure:
    """The share among cautions against the court share, a panel for each part in care at the start.

    Parameters
    ----------
    curve : DataFrame
        ``out_of_court_curve``.
    limits : DataFrame
        ``court_share_limits``; for where the figures are impossible.
    spans : mapping
        For each part in care at the start, what rounding leaves over `court_shares`; for the title.
    court_shares : tuple of float
        The least and the greatest that the title speaks of.
    """
    right = max(_RIGHT, *court_shares)
    rows = curve[curve["court_share"] <= right]
    possible = limits[limits["uncertainty"] == "rounding"].set_index("in_care_at_start")
    parts = list(rows["in_care_at_start"].unique())
    columns = min(2, len(parts))
    lines = -(-len(parts) // columns)
    figure = Figure(figsize=(9.5, 1.9 + 2.9 * lines))
    grid = figure.add_gridspec(lines + 1, columns, height_ratios=[1] * lines + [0.05])
    panels = [figure.add_subplot(grid[place // columns, place % columns]) for place in range(len(parts))]
    top = min(1, 1.05 * pd.concat([rows["estimate"], rows["upper"]]).max())
    for place, (axes, part) in enumerate(zip(panels, parts, strict=True)):
        _draw_set(axes, rows[rows["in_care_at_start"] == part])
        least, greatest = possible.loc[part, ["least_court_share", "greatest_court_share"]]
        for low, high in ((0, min(least, right)), (greatest, right)):
            if low < high:
                axes.axvspan(low, high, facecolor="none", edgecolor="#999999", hatch="//", linewidth=0)
        axes.set_title(f"{100 * part:g}% of the 26% in care when the sentence began", fontsize=10, fontweight="normal")
        axes.set(xlim=(0, right), ylim=(0, top), xlabel="court orders, of all starts" if place >= len(parts) - columns else "")
    below = figure.add_subplot(grid[lines, :])
    below.axis("off")
    below.legend(handles=_set_legend(), loc="center", ncols=4, fontsize=9, frameon=False)
    figure.supylabel("looked after, of children cautioned", fontsize=10)
    title(figure, _spans_in_words(spans, court_shares))
    return figure


def _draw_set(axes: Axes, rows: pd.DataFrame) -> None:
    for uncertainty, colour in (("rounding_and_sampling", "#cfe3f1"), ("rounding", "#5aa2d0")):
        part = rows[(rows["uncertainty"] == uncertainty)]
        axes.fill_between(part["court_share"], part["lower"], part["upper"], color=colour, linewidth=0)
    point = rows[rows["uncertainty"] == "point"]
    axes.plot(point["court_share"], point["estimate"], color="black", linewidth=1.2)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(_PER_CENT)
    axes.grid(color=_GRID)
    axes.set_axisbelow(True)


def _set_legend() -> list[Patch]:
    return [
        Patch(facecolor="black", label="figures as printed"),
        Patch(facecolor="#5aa2d0", label="with rounding"),
        Patch(facecolor="#cfe3f1", label="with rounding and sampling"),
        Patch(facecolor="none", edgecolor="#999999", hatch="//", label="impossible, with rounding alone"),
    ]


def _spans_in_words(spans: Mapping[float, Span | None], court_shares: tuple[float, float]) -> str:
    ends = []
    for part in dict.fromkeys((max(spans), min(spans))):
        share = "impossible" if spans[part] is None else between(spans[part])
        ends.append(f"{share} if {'all' if part == 1 else f'{100 * part:g}%'} of the 26% were so at the start")
    within = " to ".join(dict.fromkeys(level(share) for share in court_shares))
    return f"Looked after, of children cautioned: {'; '.join(ends)} (court orders {within} of starts, rounding alone)"


def coverage(simulated: pd.DataFrame) -> Figure:
    """How often 95% intervals hold the true share in simulated inspections, against the correlation within a service."""
    figure = Figure(figsize=(8, 4.8))
    axes = figure.subplots()
    nominal = simulated["level"].iloc[0]
    axes.axhspan(nominal - 0.01, nominal + 0.01, color="#eeeeee")
    axes.axhline(nominal, color="#888888", linewidth=1)
    for (method, name), colour, marker in zip(COVERED.items(), PALETTE, "xos^", strict=False):
        part = simulated[simulated["method"] == method]
        axes.plot(part["rho"], part["coverage"], color=colour, marker=marker, label=name)
    axes.set(xlabel="correlation of cases in one service (true)", ylabel="intervals that hold the truth", ylim=(None, 1.02))
    axes.set_xticks(sorted(simulated["rho"].unique()))
    axes.yaxis.set_major_formatter(_PER_CENT)
    legend_below(axes, 2)
    title(figure, _coverage_in_words(simulated))
    return figure


def _coverage_in_words(simulated: pd.DataFrame) -> str:
    alike = simulated[simulated["rho"] > 0].groupby("method")["coverage"].agg(["min", "max"])
    ignoring, heeding = alike.loc["wilson"], alike.loc[["logit_t", "korn_graubard"]]
    return (
        "Where cases of a service are alike, intervals that ignore services hold the truth in "
        f"{per_cent(ignoring['min'])} to {per_cent(ignoring['max'])} of simulated inspections; those from the cases in "
        f"{per_cent(heeding['min'].min(), 1)} to {per_cent(heeding['max'].max(), 1)}"
    )


def population_ratios(ratios: pd.DataFrame) -> Figure:
    """The ratio to the general population as published and with each caveat of known size allowed for."""
    rows = ratios.assign(**{name: pd.to_numeric(ratios[name], errors="coerce") for name in ("estimate", "lower", "upper")})
    rows = rows[(rows["comparison"] == "looked_after_starts") & rows["estimate"].notna()].iloc[::-1]
    figure = Figure(figsize=(8, 1.3 + 0.42 * len(rows)))
    axes = figure.subplots()
    places = range(len(rows))
    axes.hlines(places, rows["lower"], rows["upper"], color=PALETTE[0], linewidth=3)
    axes.plot(rows["estimate"], places, "o", color=PALETTE[0])
    for place, value in zip(places, rows["estimate"], strict=True):
        axes.annotate(f"{value:.1f}", (value, place), xytext=(0, 6), textcoords="offset points", ha="center", fontsize=9)
    axes.set_yticks(places, [STEPS.get(step, step) for step in rows["step"]])
    axes.set(
        xlim=(0, None), ylim=(-0.5, len(rows) - 0.3), xlabel="ratio of two published rates (1: as in the general population)"
    )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.grid(axis="x", color=_GRID)
    values = rows.set_index("step")["estimate"]
    alone = [values[step] for step in ("england_and_wales", "any_time_in_year", "aged_10_to_17")]
    said = f"{', '.join(f'{value:.0f}' for value in alone[:-1])} or {alone[-1]:.0f}"
    both = f"{values['any_time_and_aged_10_to_17']:.0f}"
    title(
        figure,
        f"The ratio of {values['as_published']:.0f} becomes {said} once one caveat of known size is allowed for, {both} with "
        f"two, and {values['starts_or_children']:.0f} on the official count; others have no known size",
    )
    return figure
