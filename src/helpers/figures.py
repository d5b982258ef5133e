"""What each figure looks like: a table in, a figure out, its title the finding."""

import textwrap

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter

from helpers.ledger import VERDICTS
from helpers.ratings import GROUP_NAMES
from helpers.results import level, points, range_of

PALETTE = sns.color_palette("colorblind")


def title(figure: Figure, finding: str) -> None:
    """The finding, over the whole width and never cut off."""
    figure.suptitle(textwrap.fill(finding, 72), x=0.01, ha="left", fontsize=12, fontweight="bold")


def legend_below(axes: Axes, columns: int) -> None:
    """A legend under the axis label; the distance is in font sizes, so the height of the figure makes no odds."""
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0), borderaxespad=4.2, ncols=columns, frameon=False)


def half_widths(precision: pd.DataFrame) -> Figure:
    """Half width against correlation, a line for each confidence level: t reading, all cases."""
    rows = precision.query("group == 'all' and reading == 't' and rho_between_arms == icc")
    figure = Figure(figsize=(7, 4))
    axes = figure.subplots()
    for (confidence, line), colour, style in zip(rows.groupby("level"), PALETTE, ("-", "--", ":"), strict=False):
        sns.lineplot(line, x="icc", y="half_width", color=colour, linestyle=style, marker="o", ax=axes)
        last = line.loc[line["icc"].idxmax(), ["icc", "half_width"]]
        axes.annotate(f"{level(confidence)} confidence", last, xytext=(6, 0), textcoords="offset points", va="center")
    axes.set(xlabel="assumed correlation of cases in one area", ylabel="half width (percentage points)", ylim=(0, None))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: points(value)))
    title(figure, _half_widths_in_words(rows))
    return figure


def _half_widths_in_words(rows: pd.DataFrame) -> str:
    if rows.empty:
        return "One area does not show how much areas differ"
    widest = rows[rows["level"] == rows["level"].max()]
    cases = round(widest["n_effective"].iloc[0] * widest["deff"].iloc[0])
    known = range_of(*widest["half_width"].agg(["min", "max"]), most=0.5)
    correlations = f"correlations from {rows['icc'].min():g} to {rows['icc'].max():g}"
    at = f"{level(widest['level'].iloc[0])} confidence, {correlations}"
    at = f"{level(widest['level'].iloc[0])} confidence, {correlations}"
    return f"{cases} cases would place a share of one half within {known} ({at})"


def fieldwork_estimates(estimates: pd.DataFrame) -> Figure:
    """The estimated share of all cases and of each arm: limits for the cases listed and beyond them, and the naive figure.

    What is hidden is left out, and the axis label says so. At least the share of all cases is shown.
    """
    rows = estimates.assign(**{name: pd.to_numeric(estimates[name], errors="coerce") for name in ("estimate", "lower", "upper")})
    groups = [name for name in ("all", "hosted", "placed_out") if rows.loc[rows["group"] == name, "estimate"].notna().any()]
    figure = Figure(figsize=(7.5, 1.7 + 0.5 * max(len(groups), 1)))
    axes = figure.subplots()
    kinds = [
        ("logit_t", "finite", "the cases listed", 0.2, 3, "o"),
        ("logit_t", "super", "beyond the list", 0, 1.5, "s"),
        ("unweighted", "super", "unweighted, naive", -0.2, 1, "x"),
    ]
    for (method, population, label, shift, width, marker), colour in zip(kinds, PALETTE, strict=False):
        part = rows[(rows["method"] == method) & (rows["population"] == population)].set_index("group").reindex(groups)
        if part["estimate"].isna().all():
            continue
        places = [len(groups) - 1 - place + shift for place in range(len(groups))]
        axes.hlines(places, part["lower"], part["upper"], color=colour, linewidth=width)
        axes.plot(part["estimate"], places, marker, color=colour, label=label)
    axes.set_yticks(range(len(groups)), [name.replace("_", " ") for name in groups[::-1]])
    axes.set_ylim(-0.5, len(groups) - 0.5)
    hidden = " (others hidden)" if (estimates == "[c]").any(axis=None) else ""
    axes.set(xlim=(0, 1), xlabel=f"share of cases judged yes, {level(rows['level'].iloc[0])} intervals{hidden}")
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.grid(axis="x", color="#dddddd")
    legend_below(axes, 3)
    title(figure, _estimates_in_words(rows))
    return figure


def _estimates_in_words(rows: pd.DataFrame) -> str:
    known = rows.query("method == 'logit_t' and population == 'finite'").set_index("group")["estimate"].dropna()
    if "all" not in known.index:
        return "No share of cases can be shown"
    if "synthetic" in set(rows["evidence"]):
        # Nothing in made-up cases is a finding.
        return "what this figure looks like for a list of cases"
    arms = f": {known['hosted']:.0%} hosted, {known['placed_out']:.0%} placed out" if len(known) > 2 else ""
    return f"{known['all']:.0%} of the eligible cases are judged yes ({rows['outcome'].iloc[0]}){arms}"


def difference_bounds(bounds: pd.DataFrame, reading: str = "rounded") -> Figure:
    """Bounds on the difference of the percentages behind two ratings under one reading, one panel a pair of groups."""
    rows = bounds[bounds["convention"] == reading]
    pairs = rows[["group", "reference"]].drop_duplicates().itertuples(index=False)
    standards = rows["standard"].unique()[::-1]
    reach = 0.02 + rows[["difference_lower", "difference_upper"]].abs().max(axis=None)
    panels = list(pairs)
    figure = Figure(figsize=(8, 1.1 + 1.25 * len(panels)))
    for axes, (group, reference) in zip(figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0], panels, strict=True):
        part = rows.query("group == @group and reference == @reference").set_index("standard").loc[standards]
        _draw_bounds(axes, part, reach, f"{GROUP_NAMES[group]}, minus {GROUP_NAMES[reference]}")
    axes.set_xlabel("difference in the share judged sufficient on the lowest key question (percentage points)")
    known = (rows["sign"] != "not_identified").sum()
    title(
        figure,
        f"With the recalled bands, Table 1 fixes the direction of {known} of {len(rows)} differences, and the size of none",
    )
    return figure


def _draw_bounds(axes: Axes, part: pd.DataFrame, reach: float, title: str) -> None:
    """Bars from bound to bound within `reach` either way; a hatched bar holds both signs."""
    for place, row in enumerate(part.itertuples()):
        known = row.sign != "not_identified"
        width = row.difference_upper - row.difference_lower
        colour, hatch = (PALETTE[0], "") if known else ("#ffffff", "////")
        axes.barh(place, width, left=row.difference_lower, height=0.6, color=colour, hatch=hatch, edgecolor="#555555")
        axes.annotate(
            "lower" if row.sign == "lower" else "higher" if known else "either way", (reach, place), va="center", fontsize=9
        )
    axes.axvline(0, color="black", linewidth=1)
    axes.set_yticks(range(len(part)), part.index)
    axes.set_xlim(-reach, reach + 0.1)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: points(value)))
    axes.set_title(title, fontsize=10, fontweight="normal")


def sufficient_shares(ratings: pd.DataFrame) -> Figure:
    """Per cent of cases judged sufficient on the lowest key question, by standard and care group, with intervals.

    A hidden cell leaves its place empty, and the axis label says so.
    """
    rows = ratings[ratings["question"] == "lowest"]
    values = ["percentage", "lower", "upper"]
    rows = rows.assign(**{name: pd.to_numeric(rows[name], errors="coerce") for name in values})
    standards = list(rows["standard"].unique())
    figure = Figure(figsize=(8, 1.4 + 0.75 * max(len(standards), 1)))
    axes = figure.subplots()
    for (group, part), shift, colour, marker in zip(
        rows.groupby("care_group", sort=False), (0.22, 0, -0.22), PALETTE, "os^", strict=False
    ):
        places = [len(standards) - 1 - standards.index(standard) + shift for standard in part["standard"]]
        axes.hlines(places, part["lower"], part["upper"], color=colour, linewidth=2)
        axes.plot(part["percentage"], places, marker, color=colour, label=GROUP_NAMES[group])
    axes.set_yticks(range(len(standards)), standards[::-1])
    hidden = " ([c]: hidden)" if (ratings == "[c]").any(axis=None) else ""
    shown_level = f", {level(rows['level'].iloc[0])} intervals" if len(rows) else ""
    axes.set(xlim=(0, 100), xlabel=f"cases judged sufficient on the lowest key question (per cent{shown_level}){hidden}")
    axes.grid(axis="x", color="#dddddd")
    if len(rows):
        legend_below(axes, 2)
    title(figure, _shares_in_words(rows))
    return figure


def _shares_in_words(rows: pd.DataFrame) -> str:
    known = rows.dropna(subset=["percentage"])
    if known.empty:
        return "No share of cases can be shown"
    if "synthetic" in set(rows["evidence"]):
        # Nothing in made-up cases is a finding.
        return "what this figure looks like for a list of cases"
    least, most = known.loc[known["percentage"].idxmin()], known.loc[known["percentage"].idxmax()]
    return (
        f"From {least.percentage:.0f}% ({least.standard}, {GROUP_NAMES[least.care_group]}) to {most.percentage:.0f}% "
        f"({most.standard}, {GROUP_NAMES[most.care_group]}) of cases are judged sufficient"
    )


def verdict_counts(ledger: pd.DataFrame) -> Figure:
    """How many claims of each document got which verdict."""
    counts = pd.crosstab(ledger["document"], pd.Categorical(ledger["verdict"], VERDICTS), dropna=False)
    checked = len(ledger) - (ledger["verdict"] == "not_checkable").sum()
    figure = Figure(figsize=(7.5, 2.6))
    axes = figure.subplots()
    start = pd.Series(0, index=counts.index)
    for verdict, colour, hatch in zip(
        VERDICTS, [PALETTE[2], PALETTE[0], PALETTE[1], "#dddddd"], ["", "..", "//", ""], strict=True
    ):
        axes.barh(
            counts.index,
            counts[verdict],
            left=start,
            color=colour,
            hatch=hatch,
            edgecolor="#555555",
            label=verdict.replace("_", " "),
        )
        start = start + counts[verdict]
    axes.set_yticks(range(len(counts)), [name.replace("_", " ") for name in counts.index])
    axes.set_xlabel("claims")
    legend_below(axes, 4)
    title(figure, f"Something else in the two documents bears on {checked} of {len(ledger)} claims")
    return figure
