from functools import cache, partial
from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from helpers import fieldwork, figures, ledger, parameters, planning, published, ratings, results


@cache
def published_tables():
    return ledger.published_tables()


def published_bounds():
    return published_tables()["rating_bounds"]


def precision(areas, cases_per_arm, iccs, levels):
    return planning.precision(areas, cases_per_arm, iccs, levels, "published" if areas == 6 else "supplied")


def bounds_from_outside():
    compared = ratings.pairs(ratings.CARE_GROUPS, "in_care_outside", "all_pairs")
    return ratings.bounds(published.table_1(), compared, published.rating_bands())


# The figures of the notebooks as they stand, and as other parameters make them; tables are made when they are drawn.
COMMITTED = {
    "half widths": (figures.half_widths, partial(precision, 6, 5, planning.ICCS, [0.8, 0.95])),
    "differences": (figures.difference_bounds, published_bounds),
    "verdicts": (figures.verdict_counts, lambda: ledger.build(published_tables())),
}


def estimates(values, treat=None):
    """Estimates of the synthetic frame, as if they were somebody's own where a treatment is given."""
    p = parameters.FieldworkSampling(**values)
    table = fieldwork.tables(p, fieldwork.drawn(p))["fieldwork_estimates"]
    return treat(table.assign(evidence="supplied")) if treat else table


def hide_arms(table):
    hidden = (table["group"] != "all") | (table["method"] != "logit_t") | (table["population"] != "finite")
    return table.assign(**{name: table[name].astype(object).mask(hidden, "[c]") for name in ("estimate", "lower", "upper")})


OTHERS = {
    "estimates": (figures.fieldwork_estimates, partial(estimates, {})),
    "estimates of a list": (figures.fieldwork_estimates, partial(estimates, {}, lambda table: table)),
    "estimates, arms hidden": (figures.fieldwork_estimates, partial(estimates, {}, hide_arms)),
    "half widths, one area": (figures.half_widths, partial(precision, 1, 5, planning.ICCS, [0.8, 0.95])),
    "half widths, other areas": (figures.half_widths, partial(precision, 40, 3, [*planning.ICCS, 0.6], [0.8, 0.9])),
    "differences from outside": (figures.difference_bounds, bounds_from_outside),
    "no verdicts": (figures.verdict_counts, lambda: ledger.build({})),
}
FIGURES = COMMITTED | OTHERS
WIDTHS = ["half widths", "half widths, other areas"]
DIFFERENCES = ["differences", "differences from outside"]
VERDICTS = ["verdicts", "no verdicts"]
# What the notebooks stamp beside the evidence; other figures assume nothing.
ASSUMED = {
    figures.half_widths: "areas and cases drawn at random, and the correlation",
    figures.difference_bounds: "recalled bands, lowest key question, no discretion",
}
each_committed = pytest.mark.parametrize("name", COMMITTED)
each = pytest.mark.parametrize("name", FIGURES)


@cache
def table_of(name):
    return FIGURES[name][1]()


def stamped(draw, table, name, assumed, output=""):
    """A figure as the page shows it, stamped with its evidence and what it assumes."""
    kept = []
    results.show_figure(lambda rows: kept.append(draw(rows)) or kept[0], table, name, "", output, assumed)
    with mpl.rc_context(results.STYLE):
        FigureCanvasAgg(kept[0]).draw()
    return kept[0]


@cache
def drawn(name):
    draw = FIGURES[name][0]
    return stamped(draw, table_of(name), name, ASSUMED.get(draw, ""))


def title_of(figure):
    return figure.get_suptitle().replace("\n", " ")


def title(name):
    return title_of(drawn(name))


def off_the_axes(figure):
    """Labels of ticks that lie beyond the ends of an axis, which are not drawn."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not low - 1e-9 <= tick.get_loc() <= high + 1e-9:
                    yield from (tick.label1, tick.label2)


def texts(figure):
    """Each text that is drawn, and the rectangle that it fills."""
    hidden = set(off_the_axes(figure))
    for text in figure.findobj(Text):
        if text.get_text().strip() and text.get_visible() and text not in hidden:
            yield text.get_text(), text.get_window_extent()


def cut_off(figure):
    """The texts that do not lie on the page as a whole."""
    page = figure.bbox.padded(0.5)
    return [text for text, box in texts(figure) if not (page.contains(*box.min) and page.contains(*box.max))]


def overlapping(figure):
    """Each two texts that lie on each other."""
    boxes = [(text, box.padded(-1)) for text, box in texts(figure)]
    return [(text, other) for (text, a), (other, b) in combinations(boxes, 2) if Bbox.intersection(a, b)]


@each
def test_no_text_lies_outside_the_figure(name):
    assert cut_off(drawn(name)) == []


@each
def test_no_text_lies_on_another(name):
    assert overlapping(drawn(name)) == []


def test_a_text_that_is_cut_off_and_one_that_lies_on_another_are_found():
    figure = Figure(figsize=(4, 3))
    FigureCanvasAgg(figure)
    for place, text in ((0.5, "one"), (0.52, "another"), (0.97, "beyond the page")):
        figure.text(place, 0.5, text)
    assert cut_off(figure) == ["beyond the page"]
    assert overlapping(figure) == [("one", "another")]


@each_committed
def test_the_last_axes_are_labelled_with_what_they_measure(name):
    axes = drawn(name).axes[-1]
    assert axes.get_xlabel()
    assert axes.get_ylabel() or all(label.get_text()[0].isalpha() for label in axes.get_yticklabels())


@each_committed
def test_a_figure_is_stamped_with_its_evidence_and_what_it_assumes(name):
    assumed = ASSUMED.get(FIGURES[name][0])
    stamp = f"Evidence: published. Assumed: {assumed}." if assumed else "Evidence: published."
    assert stamp in [text for text, _ in texts(drawn(name))]


@pytest.mark.parametrize("name", WIDTHS)
def test_the_title_of_half_widths_says_the_least_and_the_greatest(name):
    table = table_of(name)
    level = table["level"].max()
    widths = table.loc[(table["group"] == "all") & (table["reading"] == "t") & (table["level"] == level), "half_width"]
    least, greatest = (f"{100 * width:.0f}" for width in (widths.min(), widths.max()))
    assert f"within {least} to {greatest} points ({level:.0%} confidence, correlations from 0 to" in title(name)


@pytest.mark.parametrize("name", WIDTHS)
def test_lines_of_half_widths_run_through_the_values_of_the_table(name):
    table = table_of(name)
    rows = table.query("group == 'all' and reading == 't' and rho_between_arms == icc").sort_values("icc")
    expected = [part[["icc", "half_width"]].to_numpy() for _, part in rows.groupby("level")]
    lines = [line.get_xydata() for line in drawn(name).axes[0].lines if len(line.get_xdata())]
    np.testing.assert_allclose(sorted(map(np.ndarray.tolist, lines)), sorted(map(np.ndarray.tolist, expected)))


def test_each_line_of_half_widths_is_named_at_its_end():
    axes = drawn("half widths").axes[0]
    ends = {text.get_text(): text.xy for text in axes.texts}
    chosen = "group == 'all' and reading == 't' and icc == 0.1 and rho_between_arms == icc"
    rows = table_of("half widths").query(chosen).set_index("level")["half_width"]
    assert ends == {"80% confidence": (0.1, rows[0.8]), "95% confidence": (0.1, rows[0.95])}


def test_half_widths_start_at_zero():
    assert drawn("half widths").axes[0].get_ylim()[0] == 0


def test_half_widths_of_one_area_draw_nothing_and_say_why():
    """One area has no t reading."""
    assert list(drawn("half widths, one area").axes[0].lines) == []
    assert title("half widths, one area").startswith("One area")


@pytest.mark.parametrize("levels", [[0.8, 0.9], [0.8, 0.803]])
def test_each_level_has_its_own_line(levels):
    figure = figures.half_widths(precision(6, 5, planning.ICCS, levels))
    assert len([line for line in figure.axes[0].lines if len(line.get_xdata())]) == len(levels)


def rounded(name):
    table = table_of(name)
    return table[table["convention"] == "rounded"]


@pytest.mark.parametrize("name", DIFFERENCES)
def test_the_title_of_differences_counts_the_known_directions(name):
    rows = rounded(name)
    known = (rows["sign"] != "not_identified").sum()
    finding = f"Table 1 fixes the direction of {known} of {len(rows)} differences, and the size of none"
    assert title(name) == f"With the recalled bands, {finding}"


@pytest.mark.parametrize("name", DIFFERENCES)
def test_bars_of_differences_run_from_bound_to_bound(name):
    """A panel for each pair, the first standard on top."""
    expected = rounded(name)[["difference_lower", "difference_upper"]].to_numpy()
    bars = [bar for axes in drawn(name).axes for bar in reversed(axes.patches)]
    np.testing.assert_allclose([(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars], expected, atol=1e-15)


@pytest.mark.parametrize("name", DIFFERENCES)
def test_bars_of_differences_lie_within_the_axes(name):
    for axes in drawn(name).axes:
        low, high = axes.get_xlim()
        assert all(low < bar.get_x() and bar.get_x() + bar.get_width() < high for bar in axes.patches)


@pytest.mark.parametrize("name", DIFFERENCES)
def test_each_bar_says_its_direction(name):
    said = [text.get_text() for axes in drawn(name).axes for text in reversed(axes.texts)]
    assert said == rounded(name)["sign"].replace({"not_identified": "either way"}).tolist()


def test_each_panel_names_the_groups_that_it_compares():
    assert [axes.get_title("left") for axes in drawn("differences").axes] == [
        "children in care living inside the area, minus children not in care",
        "children in care living outside the area, minus children not in care",
        "children in care living outside the area, minus children in care living inside the area",
    ]


@pytest.mark.parametrize("name", VERDICTS)
def test_the_title_of_verdicts_counts_the_claims_that_were_checked(name):
    table = table_of(name)
    checked = (table["verdict"] != "not_checkable").sum()
    assert f"{checked} of {len(table)} claims" in title(name)


@pytest.mark.parametrize("name", VERDICTS)
def test_bars_of_verdicts_are_stacked_and_as_long_as_their_counts(name):
    table, axes = table_of(name), drawn(name).axes[0]
    documents = [label.get_text().replace(" ", "_") for label in axes.get_yticklabels()]
    start = np.zeros(len(documents))
    for verdict, bars in zip(ledger.VERDICTS, axes.containers, strict=True):
        counts = [((table["document"] == document) & (table["verdict"] == verdict)).sum() for document in documents]
        assert [bar.get_width() for bar in bars] == counts
        assert [bar.get_x() for bar in bars] == start.tolist()
        start += counts
    assert start.sum() == len(table)


def test_the_legend_names_the_verdicts_in_the_order_of_the_bars():
    legend = drawn("verdicts").axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [verdict.replace("_", " ") for verdict in ledger.VERDICTS]


def test_the_title_of_estimates_says_what_is_shown_and_nothing_of_made_up_cases():
    assert title("estimates") == "SYNTHETIC CASES: what this figure looks like for a list of cases"
    assert title("estimates of a list") == "65% of the eligible cases are judged yes (sufficient): 64% hosted, 65% placed out"
    assert title("estimates, arms hidden") == "65% of the eligible cases are judged yes (sufficient)"
    assert "others hidden" in drawn("estimates, arms hidden").axes[0].get_xlabel()
