"""The figures of notebook 02: that their titles and marks say what the table says, and that all of it can be read."""

import math
import re
import tempfile
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.container import Container

from helpers import cautions, out_of_court, parameters, population_ratios, prevalence, results
from helpers import prevalence_charts as charts
from tests.test_figures import cut_off, overlapping, stamped, texts, title_of

P = parameters.PrevalenceEstimates()
IN_CARE, ON_A_PLAN = prevalence.SHARES


@cache
def estimates():
    return prevalence.published_estimates(P.inspected_cases, P.yots, P.icc, P.confidence)


def shares_of_the_letter():
    return estimates()[estimates()["claim"].isin(prevalence.SHARES)]


def made_shares(iccs, confidence=0.95, claims=(IN_CARE, ON_A_PLAN), n=1253):
    made = [prevalence.share_estimates(claim, 26, n, 42, iccs, confidence, "supplied") for claim in claims]
    return pd.concat(made, ignore_index=True)


@cache
def of_cautions(parts, court_shares):
    """The curve, and what the title needs."""
    care = prevalence.headline(estimates(), IN_CARE, P.headline_icc)
    made = cautions.tables(care, court_shares, parts)
    spans = {part: cautions.over_court_shares(care, court_shares, part) for part in parts}
    return made["out_of_court_curve"], made["court_share_limits"], spans


def draw_cautions(parts, court_shares):
    ends = min(court_shares), max(court_shares)
    _, limits, spans = of_cautions(parts, court_shares)
    return partial(charts.out_of_court, limits=limits, spans=spans, court_shares=ends)


def right_of(name):
    """The greatest court share that is drawn."""
    return max(0.9, *CAUTIONS[name][1])


DEFAULT_PARTS, DEFAULT_SHARES = tuple(P.in_care_at_start), tuple(P.court_shares)
# Parts in care at the start, and court shares that the title speaks of.
CAUTIONS = {
    "cautions": (DEFAULT_PARTS, DEFAULT_SHARES),
    "cautions, one part": ((1,), DEFAULT_SHARES),
    "cautions, five parts and one court share": ((1, 0.9, 0.8, 0.7, 0.25), (0.5,)),
    "cautions, impossible": ((1, 0.9), (0.97, 0.99)),
}
SHARES = {
    "shares": shares_of_the_letter,
    "shares, one correlation": partial(made_shares, [0.05]),
    "shares, eight correlations": partial(made_shares, list(np.arange(8) / 100)),
    "shares, one claim of few cases": partial(made_shares, [0.05, 0.3], 0.8, ["made"], 100),
}
FIGURES = {name: (charts.share_intervals, table, "a random sample, and the correlation") for name, table in SHARES.items()}
FIGURES |= {
    name: (
        draw_cautions(*values),
        lambda values=values: of_cautions(*values)[0],
        "26% holds of all court starts; the parts in care",
    )
    for name, values in CAUTIONS.items()
}
FIGURES |= {
    "coverage": (charts.coverage, prevalence.simulated_coverage, "beta-binomial services"),
    "ratios": (charts.population_ratios, population_ratios.ratios, "figures read or recalled elsewhere"),
}
COMMITTED = ["shares", "cautions", "coverage", "ratios"]
each = pytest.mark.parametrize("name", FIGURES)
each_committed = pytest.mark.parametrize("name", COMMITTED)
each_shares = pytest.mark.parametrize("name", SHARES)
each_cautions = pytest.mark.parametrize("name", CAUTIONS)


@cache
def table_of(name):
    return FIGURES[name][1]()


def made(name):
    """A figure, and the bytes of its files."""
    draw, _, assumed = FIGURES[name]
    with tempfile.TemporaryDirectory() as folder:
        figure = stamped(draw, table_of(name), "figure", assumed, folder if name in COMMITTED else "")
        return figure, {path.suffix: path.read_bytes() for path in Path(folder).rglob("*.*")}


kept = cache(made)


def drawn(name):
    return kept(name)[0]


def title(name):
    return title_of(drawn(name))


def panels(name):
    return [axes for axes in drawn(name).axes if axes.axison]


# --- what holds of all of them


@each
def test_no_text_is_cut_off_or_lies_on_another(name):
    assert cut_off(drawn(name)) == []
    assert overlapping(drawn(name)) == []


@each
def test_the_label_of_a_tick_is_the_number_of_its_place(name):
    """A label rounded to whole per cents would be off where ticks are 2.5 points apart."""
    seen = 0
    for axes in panels(name):
        for axis in (axes.xaxis, axes.yaxis):
            for tick in axis.get_major_ticks():
                if number := re.fullmatch(r"([\d.]+)(%?)", tick.label1.get_text()):
                    assert float(number[1]) == pytest.approx(tick.get_loc() * (100 if number[2] else 1), abs=1e-9)
                    seen += 1
    assert seen > 5


@each
def test_each_axis_says_what_it_measures_and_has_its_numbers_below(name):
    labelled = [axes for axes in panels(name) if axes.get_xlabel()]
    assert labelled
    for axes in labelled:
        assert any(tick.label1.get_visible() and tick.label1.get_text() for tick in axes.xaxis.get_major_ticks())
    vertical = [axes.get_ylabel() for axes in panels(name)] + [drawn(name).get_supylabel()]
    names = [label.get_text() for label in panels(name)[0].get_yticklabels()]
    assert any(vertical) or all(text[0].isalpha() for text in names)


@each_committed
def test_a_figure_is_stamped_with_its_evidence_and_what_it_assumes(name):
    evidence, assumed = ("synthetic" if name == "coverage" else "published"), FIGURES[name][2]
    assert f"Evidence: {evidence}. Assumed: {assumed}." in [text for text, _ in texts(drawn(name))]


@each_committed
def test_the_same_table_gives_the_same_bytes(name):
    first, second = kept(name)[1], made(name)[1]
    assert set(first) == {".svg", ".png"}
    assert first == second


def test_a_figure_of_made_up_inspections_says_so_above_all():
    assert title("coverage").startswith("SYNTHETIC CASES: ")


# --- the two shares


def widths(rows):
    return rows["upper"] - rows["lower"]


def in_points(width):
    return f"{100 * width:.0f}"


@each_shares
def test_the_title_of_intervals_says_the_least_and_the_greatest_width(name):
    rows = table_of(name)
    alone = rows[~rows["method"].isin(["logit_t", "korn_graubard"])]
    said, widest = title(name), in_points(widths(rows).max())
    if name == "shares, no correlation":
        least = in_points(widths(rows).min())
        assert said == f"By method, clusters and rounding an interval is {least} to {widest} points wide"
    else:
        least, most = (in_points(end(widths(alone))) for end in (min, max))
        expected = (
            f"Method and rounding leave intervals {least} to {most} points wide; assumed clusters widen them to up to {widest}"
        )
        assert said == expected


def test_the_title_of_the_committed_intervals():
    assert title("shares") == "Method and rounding leave intervals 5 to 6 points wide; assumed clusters widen them to up to 11"


@each_shares
def test_a_panel_is_of_one_share_and_says_which(name):
    claims = table_of(name)["claim"].unique()
    assert [axes.get_title("left") for axes in panels(name)] == [prevalence.SHARES.get(claim, claim) for claim in claims]


LABELS = {
    ("wilson", 0): "Wilson, no clusters",
    ("clopper_pearson", 0): "Clopper-Pearson, no clusters",
    ("jeffreys", 0): "Jeffreys, no clusters",
    ("coarsened_jeffreys", 0): "Jeffreys, coarsened, no clusters",
    ("logit_t", 0.05): "logit with t, correlation 0.05",
    ("korn_graubard", 0.05): "Korn-Graubard, correlation 0.05",
}


def test_each_interval_is_named_by_its_method_and_correlation_the_first_on_top():
    labels = [label.get_text() for label in panels("shares, one correlation")[0].get_yticklabels()]
    assert labels[::-1] == list(LABELS.values())


def segments(axes):
    """Label and rounding of each line that is drawn, and its ends."""
    names = [label.get_text() for label in axes.get_figure().axes[0].get_yticklabels()]
    found = {}
    for lines, rounding in zip(axes.collections, ("included", "ignored"), strict=True):
        assert lines.get_label() == f"rounding {rounding}"
        # A row without limits has a line without ends.
        for (left, height), (right, _) in filter(len, lines.get_segments()):
            found[names[round(height)], rounding] = (left, right)
    return found


def test_intervals_end_at_the_limits_of_the_table():
    for axes, claim in zip(panels("shares, one correlation"), (IN_CARE, ON_A_PLAN), strict=True):
        rows = table_of("shares, one correlation")
        rows = rows[rows["claim"] == claim]
        expected = {(LABELS[row.method, row.icc], row.rounding): (row.lower, row.upper) for row in rows.itertuples()}
        assert len(expected) == 11
        assert segments(axes) == expected


@each_shares
def test_each_row_of_the_table_is_drawn_once_with_its_estimate(name):
    for axes, (_, rows) in zip(panels(name), table_of(name).groupby("claim", sort=False), strict=True):
        assert sorted(segments(axes).values()) == sorted(rows[["lower", "upper"]].itertuples(index=False, name=None))
        dots = np.concatenate([line.get_xdata() for line in axes.lines])
        assert sorted(dots[~np.isnan(dots)]) == sorted(rows["estimate"])


@each_shares
def test_the_axis_of_intervals_says_that_it_is_a_share_of_cases_and_how_sure(name):
    level = table_of(name)["level"].iloc[0]
    for axes in panels(name):
        assert axes.get_xlabel() == f"share of cases ({level:.0%} intervals)"
        assert all(label.get_text().endswith("%") for label in axes.get_xticklabels())


def test_correlations_that_are_nearly_the_same_have_a_line_each():
    figure = charts.share_intervals(made_shares([0.05, 0.050000001]))
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert len(set(labels)) == len(labels) == 8


def test_no_confidence_is_printed_as_certainty():
    assert "100%" not in charts.share_intervals(made_shares([0.05], 0.999)).axes[0].get_xlabel()


# --- among cautions


def rounding_over(name):
    """What rounding leaves over the court shares named: least and greatest of the curve, none where it has no row."""
    parts, court_shares = CAUTIONS[name]
    curve = table_of(name)
    rows = curve[(curve["uncertainty"] == "rounding") & curve["court_share"].between(min(court_shares), max(court_shares))]
    ends = rows[rows["feasible"]].groupby("in_care_at_start").agg({"lower": "min", "upper": "max"})
    return {part: tuple(ends.loc[part]) if part in ends.index else None for part in (max(parts), min(parts))}


@pytest.mark.parametrize("name", [name for name in CAUTIONS if name != "cautions, impossible"])
def test_the_title_of_cautions_says_the_set_for_the_greatest_and_the_least_part(name):
    _, court_shares = CAUTIONS[name]
    said = title(name)
    found = rounding_over(name)
    assert len(found) == len({max(CAUTIONS[name][0]), min(CAUTIONS[name][0])})
    for part, (low, high) in found.items():
        which = "all" if part == 1 else f"{100 * part:g}%"
        assert f"{math.floor(100 * low)}% to {math.ceil(100 * high)}% if {which} of the 26%" in said
    within = " to ".join(f"{100 * share:g}%" for share in sorted({min(court_shares), max(court_shares)}))
    assert said.endswith(f"(court orders {within} of starts, rounding alone)")


def test_the_title_of_the_committed_cautions():
    assert title("cautions").startswith(
        "Looked after, of children cautioned: 0% to 17% if all of the 26% were so at the start; 17% to 23%"
    )


def test_the_title_of_cautions_does_not_call_none_what_is_impossible():
    """That no share is possible is not that no child was looked after."""
    assert set(rounding_over("cautions, impossible").values()) == {None}
    assert "none" not in title("cautions, impossible")
    assert "impossible" in title("cautions, impossible")


@each_cautions
def test_a_panel_is_of_one_part_in_care_at_the_start(name):
    expected = [f"{100 * part:g}% of the 26% in care when the sentence began" for part in CAUTIONS[name][0]]
    assert [axes.get_title("left") for axes in panels(name)] == expected


@each_cautions
def test_the_axes_of_cautions_are_shares_in_per_cent(name):
    assert drawn(name).get_supylabel() == "looked after, of children cautioned"
    assert {axes.get_xlabel() for axes in panels(name)} <= {"", "court orders, of all starts"}
    shown = [label.get_text() for axes in panels(name) for label in (*axes.get_xticklabels(), *axes.get_yticklabels())]
    assert all(text.endswith("%") for text in shown if text)


def corners(area):
    return np.concatenate([path.vertices for path in area.get_paths()]) if area.get_paths() else np.zeros((0, 2))


@each_cautions
def test_areas_of_cautions_run_between_the_limits_of_the_table_and_lines_through_its_points(name):
    for axes, part in zip(panels(name), CAUTIONS[name][0], strict=True):
        rows = table_of(name)
        rows = rows[(rows["in_care_at_start"] == part) & (rows["court_share"] <= right_of(name))]
        for area, uncertainty in zip(axes.collections, ("rounding_and_sampling", "rounding"), strict=True):
            limits = rows[(rows["uncertainty"] == uncertainty) & rows["feasible"]]
            expected = {(row.court_share, end) for row in limits.itertuples() for end in (row.lower, row.upper)}
            assert expected == set(map(tuple, corners(area)))
        points = rows[rows["uncertainty"] == "point"][["court_share", "estimate"]].to_numpy()
        np.testing.assert_array_equal(axes.lines[0].get_xydata(), points)


@each_cautions
def test_what_is_drawn_of_cautions_lies_within_the_axes(name):
    for axes in panels(name):
        low, high = axes.get_ylim()
        heights = np.concatenate([corners(area)[:, 1] for area in axes.collections])
        assert low <= heights.min() and heights.max() <= high


@each_cautions
def test_what_is_hatched_is_impossible_and_all_that_is_impossible_is_hatched(name):
    """As the box of rounding has it, whose limit need not lie on the grid of the curve."""
    box = cautions.boxes(prevalence.headline(estimates(), IN_CARE, P.headline_icc))[1]
    for axes, part in zip(panels(name), CAUTIONS[name][0], strict=True):
        limit = out_of_court.greatest_court_share(box, part)
        # From 0 as well: the custodial starts are court orders.
        left, *hatched = [patch for patch in axes.patches if patch.get_hatch()]
        assert left.get_x() == 0 and left.get_width() == pytest.approx(min(right_of(name), 650 / 24500 / (part * 0.265)))
        assert len(hatched) == (limit < right_of(name))
        for patch in hatched:
            assert patch.get_x() == pytest.approx(limit)
            assert patch.get_x() + patch.get_width() == pytest.approx(axes.get_xlim()[1])


@each_cautions
def test_the_legend_of_cautions_lies_on_no_set(name):
    figure = drawn(name)
    legends = [*figure.legends, *(axes.get_legend() for axes in figure.axes if axes.get_legend())]
    assert [text.get_text() for legend in legends for text in legend.get_texts()] == [
        "figures as printed",
        "with rounding",
        "with rounding and sampling",
        "impossible, with rounding alone",
    ]
    for axes in panels(name):
        drawn_points = axes.transData.transform(np.concatenate([corners(area) for area in axes.collections]))
        for legend in legends:
            box = legend.get_window_extent()
            assert not any(box.contains(*point) for point in drawn_points)


# --- coverage


def test_the_title_of_coverage_is_in_the_numbers_of_the_table():
    alike = table_of("coverage").query("rho > 0").set_index("method")["coverage"]
    least, most = (results.per_cent(end(alike["wilson"])) for end in (min, max))
    low, high = (results.per_cent(end(alike[["logit_t", "korn_graubard"]]), 1) for end in (min, max))
    assert title("coverage").removeprefix("SYNTHETIC CASES: ") == (
        f"Where cases of a service are alike, intervals that ignore services hold the truth in {least} to {most} of simulated "
        f"inspections; those from the cases in {low} to {high}"
    )


def test_the_title_of_coverage_changes_with_the_table():
    table = table_of("coverage").assign(coverage=lambda rows: rows["coverage"].mask(rows["method"].eq("wilson"), 0.5))
    assert "hold the truth in 50% to 50% of" in title_of(charts.coverage(table))


def test_lines_of_coverage_run_through_the_values_of_the_table_and_the_legend_names_them():
    axes = panels("coverage")[0]
    lines = {line.get_label(): line.get_xydata() for line in axes.lines if not line.get_label().startswith("_")}
    assert list(lines) == list(charts.COVERED.values())
    for method, name in charts.COVERED.items():
        rows = table_of("coverage")
        rows = rows[rows["method"] == method]
        np.testing.assert_array_equal(lines[name], rows[["rho", "coverage"]])


def test_the_level_that_intervals_should_have_is_drawn():
    (line,) = [line for line in panels("coverage")[0].lines if line.get_label().startswith("_")]
    assert set(line.get_ydata()) == {0.95}


def test_the_axes_of_coverage_are_labelled():
    axes = panels("coverage")[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == (
        "correlation of cases in one service (true)",
        "intervals that hold the truth",
    )
    assert all(label.get_text().endswith("%") for label in axes.get_yticklabels())


# --- ratios


def known_ratios():
    rows = table_of("ratios").query("comparison == 'looked_after_starts' and estimate != '[x]'")
    return rows.astype({"estimate": float, "lower": float, "upper": float})


def test_the_title_of_ratios_says_the_first_those_with_one_caveat_and_that_with_two():
    values = known_ratios().set_index("step")["estimate"].map("{:.0f}".format)
    one = f"{values['england_and_wales']}, {values['any_time_in_year']} or {values['aged_10_to_17']}"
    start = f"The ratio of {values['as_published']} becomes {one} once one caveat of known size is allowed for, "
    more = f"{values['any_time_and_aged_10_to_17']} with two, and {values['starts_or_children']} on the official count"
    assert title("ratios").startswith(start + more)


def test_each_ratio_of_known_size_is_drawn_with_its_bounds_and_its_number_the_first_on_top():
    rows, axes = known_ratios()[::-1], panels("ratios")[0]
    (lines,) = axes.collections
    drawn_ends = [(left, right) for (left, _), (right, _) in lines.get_segments()]
    assert drawn_ends == list(rows[["lower", "upper"]].itertuples(index=False, name=None))
    assert axes.lines[0].get_xdata().tolist() == rows["estimate"].tolist()
    assert [text.get_text() for text in axes.texts] == [f"{value:.1f}" for value in rows["estimate"]]
    assert [label.get_text() for label in axes.get_yticklabels()] == [charts.STEPS[step] for step in rows["step"]]


def test_a_ratio_of_unknown_size_is_not_drawn():
    steps = set(table_of("ratios").query("comparison == 'looked_after_starts' and estimate == '[x]'")["step"])
    assert steps == {"remand", "meaning_of_looked_after"}
    assert not steps & set(charts.STEPS)


def test_the_axis_of_ratios_starts_at_0_and_says_that_it_is_no_risk():
    axes = panels("ratios")[0]
    assert axes.get_xlim()[0] == 0
    assert axes.get_xlabel() == "ratio of two published rates (1: as in the general population)"
    assert not any(isinstance(part, Container) for part in axes.containers)
