"""The figures of groups of cases: that what is drawn is in the table, what is hidden is not, and that all can be read."""

import re
from functools import cache, partial

import numpy as np
import pandas as pd
import pytest

from helpers import rating_charts as charts
from helpers import ratings
from helpers.disclosure import HIDDEN
from helpers.published import RATINGS
from helpers.rating_words import group_name, holm_in_words
from helpers.ratings import BAND_COLUMNS, CARE_GROUPS, LOWEST, STANDARDS
from tests.test_figures import cut_off, overlapping, stamped, texts, title_of

MADE_UP = "SYNTHETIC CASES: what this figure looks like for a list of cases"
ENDS = ["lower", "upper"]


def comparisons(groups=CARE_GROUPS, family="all_pairs", p=None, reach=0.1, evidence="supplied", hidden=(), missing=()):
    """Confirmatory rows of any groups; `hidden` and `missing` are places of rows whose numbers are not there."""
    draws = np.random.default_rng(5)
    keys = [(standard, *pair) for standard in STANDARDS for pair in ratings.pairs(groups, groups[0], family)]
    rows = pd.DataFrame(keys, columns=["standard", "group", "reference"])
    rows["risk_difference"] = draws.uniform(-2, 2, len(rows)) * reach
    rows["lower"], rows["upper"] = rows["risk_difference"] - reach, rows["risk_difference"] + reach
    rows["p_holm"] = draws.uniform(0, 1, len(rows)) ** 3 if p is None else p
    numbers = ["risk_difference", *ENDS, "p_holm"]
    if len(hidden):
        rows = rows.astype(dict.fromkeys(numbers, object))
    for places, value in ((hidden, HIDDEN), (missing, np.nan)):
        rows.loc[list(places), numbers] = value
    more = rows.assign(family="exploratory", risk_difference=9.0, lower=8.0, upper=10.0, p_holm=np.nan)
    rows = rows.assign(family="confirmatory", question=LOWEST)
    # As a comparison that is adjusted or weighted, and one of a single question.
    kinds = [rows, more.assign(question=LOWEST), more.assign(question="desistance")]
    return pd.concat(kinds, ignore_index=True).assign(level=0.95, evidence=evidence)


def probabilities(groups=CARE_GROUPS, evidence="supplied", hidden=(), missing=()):
    draws = np.random.default_rng(6)
    keys = [(standard, group) for standard in STANDARDS for group in groups]
    rows = pd.DataFrame(keys, columns=["standard", "group"])
    rows[list(BAND_COLUMNS)] = draws.dirichlet([0.5, 2, 4, 1], len(rows)) * draws.uniform(0.9, 1, (len(rows), 1))
    rows["rating"] = draws.choice(["Good", "Requires improvement"], len(rows))
    if len(hidden):
        rows = rows.astype(dict.fromkeys(BAND_COLUMNS, object))
    for places, value in ((hidden, HIDDEN), (missing, np.nan)):
        rows.loc[list(places), list(BAND_COLUMNS)] = value
    other = rows.assign(method="population", **dict.fromkeys(BAND_COLUMNS, 0.25))
    return pd.concat([other, rows.assign(method="cluster_bootstrap")], ignore_index=True).assign(evidence=evidence)


TWELVE = [f"region {number}" for number in range(12)]
LONG = [f"The county of somewhere, the {place} half of it and more besides" for place in ("northern", "southern", "eastern")]
DIFFERENCES = {
    "differences": partial(comparisons, p=0.01, evidence="synthetic"),
    "differences, all found": partial(comparisons, p=0.0001),
    "differences, one pair": partial(comparisons, ["a", "b"], p=0.2),
    "differences, twelve groups": partial(comparisons, TWELVE, "against_reference"),
    "differences, long names": partial(comparisons, LONG, p=0.01),
    "differences, some hidden": partial(comparisons, hidden=[0, 1, 5], missing=[4, 7]),
    "differences, all hidden": partial(comparisons, hidden=range(12)),
    "differences, small": partial(comparisons, ["a", "b"], reach=0.004),
}
CHANCES = {
    "chances": partial(probabilities, evidence="synthetic"),
    "chances of a list": probabilities,
    "chances, one group": partial(probabilities, ["a"]),
    "chances, twelve groups": partial(probabilities, TWELVE),
    "chances, long names": partial(probabilities, LONG),
    "chances, some hidden": partial(probabilities, hidden=[0, 3], missing=[7]),
}
FIGURES = {
    name: (charts.risk_differences, make, "services drawn at random; p after Holm's method") for name, make in DIFFERENCES.items()
}
FIGURES |= {name: (charts.band_probabilities, make, "services drawn at random; recalled rule") for name, make in CHANCES.items()}
each = pytest.mark.parametrize("name", FIGURES)
each_differences = pytest.mark.parametrize("name", DIFFERENCES)
each_chances = pytest.mark.parametrize("name", CHANCES)


@cache
def table_of(name):
    return FIGURES[name][1]()


@cache
def drawn(name):
    draw, _, assumed = FIGURES[name]
    return stamped(draw, table_of(name), "figure", assumed)


def title(name):
    return title_of(drawn(name))


def shown_rows(name):
    """The confirmatory rows or those of the bootstrap, with numbers or nothing."""
    table = table_of(name)
    if name in CHANCES:
        rows, numbers = table[table["method"] == "cluster_bootstrap"], BAND_COLUMNS
    else:
        rows, numbers = table[table["family"] == "confirmatory"], ["risk_difference", *ENDS, "p_holm"]
    return rows.assign(**{column: pd.to_numeric(rows[column], errors="coerce") for column in numbers})


def pairs_of(name):
    return list(shown_rows(name).groupby(["group", "reference"], sort=False))


# --- what holds of all of them


@each
def test_no_text_is_cut_off_or_lies_on_another(name):
    assert cut_off(drawn(name)) == []
    assert overlapping(drawn(name)) == []


@each
def test_the_label_of_a_tick_is_the_number_of_its_place(name):
    seen = 0
    for axes in drawn(name).axes:
        for tick in axes.xaxis.get_major_ticks():
            if number := re.fullmatch(r"(\N{MINUS SIGN}?[\d.]+)(%?)", tick.label1.get_text()):
                assert float(number[1].replace("\N{MINUS SIGN}", "-")) == pytest.approx(100 * tick.get_loc(), abs=1e-9)
                seen += 1
    assert seen > 2


@each
def test_a_figure_is_stamped_with_its_evidence_and_what_it_assumes(name):
    (evidence,) = table_of(name)["evidence"].unique()
    assert f"Evidence: {evidence}. Assumed: {FIGURES[name][2]}." in [text for text, _ in texts(drawn(name))]


@pytest.mark.parametrize("name", ["differences", "chances"])
def test_of_made_up_cases_the_title_says_what_the_figure_looks_like_and_no_finding(name):
    assert title(name) == MADE_UP


# --- differences


@each_differences
def test_the_title_of_supplied_differences_is_the_finding(name):
    if name != "differences":
        assert title(name) == holm_in_words(shown_rows(name))


def test_titles_of_differences():
    assert title("differences, one pair") == "0 of 4 differences have p below 5% after Holm's method"
    assert title("differences, all found").startswith("12 of 12 differences have p below 5%")
    assert " of the 7 differences that can be tested and shown have p below 5%" in title("differences, some hidden")
    assert title("differences, all hidden") == "No difference between the groups can be shown"


@each_differences
def test_a_panel_is_of_one_pair_and_names_it_and_its_standards_the_first_on_top(name):
    panels = drawn(name).axes
    assert len(panels) == len(pairs_of(name))
    for axes, ((group, reference), rows) in zip(panels, pairs_of(name), strict=True):
        if name != "differences, long names":
            assert axes.get_title("left") == f"{group_name(group)}, minus {group_name(reference)}"
        assert [label.get_text() for label in axes.get_yticklabels()] == rows["standard"].tolist() == list(STANDARDS)
        places = list(axes.get_yticks())
        assert places == sorted(places, reverse=True)


@each_differences
def test_points_and_lines_are_the_differences_and_limits_of_the_table_and_what_is_hidden_leaves_a_gap(name):
    for axes, (_, rows) in zip(drawn(name).axes, pairs_of(name), strict=True):
        place = dict(zip((label.get_text() for label in axes.get_yticklabels()), axes.get_yticks(), strict=True))
        known = rows.dropna(subset=["risk_difference"])
        expected = {(row.risk_difference, place[row.standard]) for row in known.itertuples()}
        dots = axes.lines[0].get_xydata()
        assert set(map(tuple, dots[~np.isnan(dots[:, 0])])) == expected
        lines = {
            (left, right, height)
            for (left, height), (right, _) in filter(len, axes.collections[0].get_segments())
            if left == left
        }
        assert lines == {(row.lower, row.upper, place[row.standard]) for row in known.itertuples()}
        # A place that has nothing is still there.
        assert len(place) == 4 and axes.get_ylim()[0] < min(place.values()) and axes.get_ylim()[1] > max(place.values())


@each_differences
def test_every_difference_says_its_chance_after_holm_or_that_there_is_none(name):
    shown = table_of(name)
    shown = shown[shown["family"] == "confirmatory"]
    for axes, (_, rows) in zip(drawn(name).axes, pairs_of(name), strict=True):
        heights = {text.xy[1]: text.get_text() for text in axes.texts}
        said = [heights[place] for place in axes.get_yticks()]
        for words, row in zip(said, rows.itertuples(), strict=True):
            if np.isnan(row.p_holm):
                assert words == (HIDDEN if shown.loc[row.Index, "p_holm"] == HIDDEN else "no test")
            elif row.p_holm < 0.001:
                assert words == "p < 0.001"
            else:
                assert float(words.removeprefix("p = ")) == pytest.approx(row.p_holm, rel=0.051)


@each_differences
def test_no_difference_is_marked_and_all_are_within_the_axes(name):
    for axes in drawn(name).axes:
        assert list(axes.lines[1].get_xdata()) == [0, 0]
        low, high = axes.get_xlim()
        for segment in filter(len, axes.collections[0].get_segments()):
            assert not ((segment[:, 0] < low) | (segment[:, 0] > high)).any()


@each_differences
def test_the_axis_of_differences_says_what_it_is_how_sure_and_whether_something_is_hidden(name):
    label = drawn(name).axes[-1].get_xlabel()
    assert label.startswith("difference in the share judged sufficient (percentage points, 95% limits")
    assert (f"{HIDDEN}: hidden" in label) == ("hidden" in name)
    assert "pairs" not in label


def test_another_level_is_said_in_full():
    assert "99.9% limits" in charts.risk_differences(comparisons().assign(level=0.999)).axes[-1].get_xlabel()


def test_of_very_many_pairs_those_with_the_reference_are_drawn_and_the_axis_says_so():
    table = comparisons(TWELVE, p=0.2)
    figure = charts.risk_differences(table)
    assert len(figure.axes) == 12
    named = [axes.get_title() for axes in figure.axes]
    assert sum(name.endswith("minus “region 0”") for name in named) == 11
    assert figure.axes[-1].get_xlabel().endswith("; 12 of 66 pairs)")
    # The title counts all of them.
    assert "0 of 264 differences" in title_of(figure)


def test_without_a_row_the_figure_says_that_nothing_can_be_shown():
    figure = charts.risk_differences(comparisons().iloc[:0])
    assert title_of(figure) == "Nothing can be shown of these groups" and len(figure.axes[0].lines) == 0


def test_only_the_family_is_drawn():
    table = comparisons()
    rows = charts.confirmatory(table)
    assert len(rows) == 12 < len(table) and set(rows["family"]) == {"confirmatory"} and set(rows["question"]) == {LOWEST}


# --- chances of ratings


@each_chances
def test_bars_are_as_long_as_the_chances_of_the_table_and_stand_end_to_end(name):
    axes, rows = drawn(name).axes[0], shown_rows(name)
    assert [label.get_text().partition(", ")[0] for label in axes.get_yticklabels()] == rows["standard"].tolist()
    start = np.zeros(len(rows))
    for column, rating, bars in zip(BAND_COLUMNS, RATINGS.categories, axes.containers, strict=True):
        assert bars.get_label() == rating
        widths = np.array([bar.get_width() for bar in bars])
        np.testing.assert_allclose(widths, rows[column].to_numpy(), rtol=1e-12, atol=1e-15)
        here = ~np.isnan(widths)
        assert [bar.get_x() for bar, known in zip(bars, here, strict=True) if known] == pytest.approx(start[here])
        middles = [bar.get_y() + bar.get_height() / 2 for bar in bars]
        assert middles == pytest.approx(list(axes.get_yticks()))
        start = start + np.nan_to_num(widths)
    assert (start <= 1 + 1e-12).all() and tuple(axes.get_xlim()) == (0, 1)


@each_chances
def test_the_legend_names_the_ratings_from_the_lowest_and_no_two_look_alike(name):
    axes = drawn(name).axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(RATINGS.categories)
    looks = {(bars[0].get_facecolor(), bars[0].get_hatch()) for bars in axes.containers}
    assert len(looks) == 4


@each_chances
def test_groups_are_named_beside_their_bars(name):
    labels = [label.get_text() for label in drawn(name).axes[0].get_yticklabels()]
    if name != "chances, long names":
        assert labels == [f"{row.standard}, {group_name(row.group)}" for row in shown_rows(name).itertuples()]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("name", [name for name in CHANCES if name != "chances"])
def test_the_title_of_supplied_chances_says_how_often_the_rating_stays(name):
    columns = dict(zip(RATINGS.categories, BAND_COLUMNS, strict=True))
    rows = shown_rows(name).dropna(subset=list(BAND_COLUMNS))
    stays = [100 * row[columns[row["rating"]]] for row in rows.to_dict("records")]
    least, most = (int(end(stays) + 0.5) for end in (min, max))
    assert title(name) == f"Drawn again, services give the same rating in {least}% to {most}% of replicates"


def test_ratings_and_chances_that_are_hidden_are_not_in_the_title():
    assert title_of(charts.band_probabilities(probabilities(hidden=range(12)))) == "Nothing can be shown of these groups"
    table = probabilities().assign(rating=HIDDEN)
    assert title_of(charts.band_probabilities(table)) == "Nothing can be shown of these groups"
    assert title_of(charts.band_probabilities(table.iloc[:0])) == "Nothing can be shown of these groups"
