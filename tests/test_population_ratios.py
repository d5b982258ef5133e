"""The ratio of two published rates, and the size of each caveat."""

import itertools
import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from helpers import intervals, population_ratios, published, results
from helpers.errors import InputError
from helpers.population_ratios import Box
from tests import known

repeatable = settings(deadline=None, derandomize=True, max_examples=25)
NUMBERS = ["share", "rate_per_10000", "estimate", "lower", "upper", "factor"]
KEY = ["comparison", "step"]
KNOWN = ["as_published", "england_and_wales", "any_time_in_year", "aged_10_to_17", "any_time_and_aged_10_to_17"]
NO_SIZE = {"remand", "different_years", "meaning_of_looked_after", "period"}


@pytest.fixture(scope="module")
def ratios():
    return population_ratios.ratios()


@cache
def rows_with_a_size():
    table = population_ratios.ratios()
    return table[table["estimate"] != "[x]"].astype(dict.fromkeys(NUMBERS, float)).set_index(KEY)


@pytest.fixture(scope="module")
def sized():
    return rows_with_a_size()


@pytest.fixture(scope="module")
def figures():
    return published.read("denominators").set_index("figure")


def test_the_table_has_its_columns_and_is_published(ratios):
    columns = "comparison step share rate_per_10000 estimate lower upper factor rests_on note evidence"
    assert list(ratios.columns) == columns.split() == population_ratios.COLUMNS
    assert set(ratios["evidence"]) == {"published"}
    assert not ratios[KEY].duplicated().any()


def test_each_comparison_has_the_steps_that_apply_to_it(ratios):
    assert ratios.groupby("comparison", sort=False)["step"].agg(list).to_dict() == {
        "looked_after_starts": [*KNOWN, "starts_or_children", "remand", "meaning_of_looked_after"],
        "in_care_during_sentence": [*KNOWN, "period", "remand", "different_years", "meaning_of_looked_after"],
    }
    assert set(population_ratios.COMPARISONS) == set(ratios["comparison"])


def test_the_numbers_agree_with_r(sized):
    answers = known.read("population_ratios").set_index(KEY)
    assert sized.index.equals(answers.index)
    np.testing.assert_allclose(sized[NUMBERS], answers[NUMBERS], rtol=known.TOLERANCE)


@pytest.mark.parametrize(
    ("comparison", "step", "estimate", "lower", "upper"),
    [
        ("looked_after_starts", "as_published", "28.846", "27.730", "30.018"),
        ("in_care_during_sentence", "as_published", "40.000", "38.931", "41.085"),
        ("looked_after_starts", "any_time_in_year", "20.949", "20.139", "21.800"),
        ("looked_after_starts", "aged_10_to_17", "20.006", "19.078", "20.988"),
        ("looked_after_starts", "any_time_and_aged_10_to_17", "14.529", "13.855", "15.242"),
        ("looked_after_starts", "starts_or_children", "31.904", "31.236", "32.583"),
    ],
)
def test_the_ratios_that_are_quoted(sized, comparison, step, estimate, lower, upper):
    found = sized.loc[(comparison, step), ["estimate", "lower", "upper"]]
    assert [f"{value:.3f}" for value in found] == [estimate, lower, upper]


def test_an_estimate_lies_within_its_bounds_and_is_share_over_rate(sized):
    assert (sized["lower"] < sized["estimate"]).all() and (sized["estimate"] < sized["upper"]).all()
    np.testing.assert_allclose(sized["estimate"], 10_000 * sized["share"] / sized["rate_per_10000"], rtol=1e-12)


def test_a_factor_is_that_of_the_step_alone(sized):
    for comparison, rows in sized.groupby("comparison"):
        first = rows.loc[(comparison, "as_published")]
        assert first["factor"] == 1
        np.testing.assert_allclose(rows["factor"], rows["estimate"] / first["estimate"], rtol=1e-12)


def test_the_two_steps_together_multiply(sized):
    for _, rows in sized.droplevel("comparison")["factor"].groupby(sized.index.get_level_values("comparison")):
        assert rows["any_time_and_aged_10_to_17"] == pytest.approx(rows["any_time_in_year"] * rows["aged_10_to_17"], rel=1e-12)


def test_a_step_of_the_rate_has_the_same_factor_in_both_comparisons(sized):
    factors = sized["factor"].unstack("comparison").loc[KNOWN]
    np.testing.assert_allclose(factors["looked_after_starts"], factors["in_care_during_sentence"], rtol=1e-12)


def test_the_rate_of_both_countries_is_the_one_of_the_reference_data(sized, figures):
    rates = sized.xs("england_and_wales", level="step")["rate_per_10000"]
    assert (rates.round() == int(figures.at["looked_after_rate_england_and_wales_2019", "value"])).all()
    england, wales = (int(figures.at[f"looked_after_rate_{name}_2019", "value"]) for name in ("england", "wales"))
    assert rates.between(england, wales).all()


@repeatable
@given(st.tuples(*[st.floats(0, 1)] * 5))
def test_no_figure_that_rounds_to_the_printed_ones_gives_a_ratio_outside_the_bounds(places):
    boxes = [(4450, 4550), (23500, 24500), (64.5, 65.5), (108.5, 109.5), (61.5, 62.5)]
    looked_after, starts, england, wales, aged_10 = (
        low + place * (high - low) for place, (low, high) in zip(places, boxes, strict=True)
    )
    share, children = looked_after / starts, 78150 / england
    rates = {
        "as_published": england,
        "england_and_wales": (78150 + 6846) / (children + 6846 / wales),
        "any_time_in_year": (78150 + 29460) / children,
        "aged_10_to_17": england * aged_10 / 43,
        "any_time_and_aged_10_to_17": (78150 + 29460) / children * aged_10 / 43,
    }
    for step, rate in rates.items():
        row = rows_with_a_size().loc[("looked_after_starts", step)]
        assert row["lower"] * (1 - 1e-12) <= 10_000 * share / rate <= row["upper"] * (1 + 1e-12)


# --- what is not known, and what each step rests on


def test_a_size_that_is_not_known_is_not_available(ratios):
    unknown = ratios[ratios["step"].isin(NO_SIZE)]
    assert (unknown[NUMBERS] == "[x]").all(axis=None)
    assert not (ratios.loc[~ratios["step"].isin(NO_SIZE), NUMBERS] == "[x]").any(axis=None)
    assert unknown["note"].str.contains("direction is not known|too high by an unknown amount").all()
    assert unknown["note"].str.endswith("would be needed.").all()


def test_the_direction_of_remand_and_of_the_period_is_told(ratios):
    directed = ratios[ratios["note"].str.contains("too high by an unknown amount")]
    assert set(directed["step"]) == {"remand", "period"}
    remand = ratios[ratios["step"] == "remand"]
    assert remand["rests_on"].eq("recalled: the Legal Aid, Sentencing and Punishment of Offenders Act 2012").all()
    assert remand["note"].str.contains("looked after by law, so part of the association is by law").all()


def test_marks_are_written_and_shown_beside_numbers(ratios):
    lines = results._csv(ratios).decode().splitlines()
    assert lines[1].startswith("looked_after_starts,as_published,0.1875,65.0,28.84615384615384")
    assert lines[7].startswith('looked_after_starts,remand,[x],[x],[x],[x],[x],[x],"recalled: ')
    assert "[z]" not in "\n".join(lines)
    headings = {"step": "Step", "estimate": "Ratio"}
    shown = results.show_table(ratios, headings, "Ratios.", {"estimate": "{:.1f}".format}).table
    assert shown.loc[[0, 6], "Ratio"].tolist() == ["28.8", "[x]"]


def test_a_table_that_was_written_reads_back_to_the_same_numbers(ratios, tmp_path):
    path = tmp_path / "population_ratios.csv"
    path.write_bytes(results._csv(ratios))
    back = pd.read_csv(path, na_values="[x]")[NUMBERS]
    assert back.equals(ratios[NUMBERS].replace("[x]", np.nan).astype(float))


def test_each_step_names_its_figures_with_their_marks(ratios, figures):
    # A mark, a number and what it is: each is a row of the reference data.
    for text in ratios.loc[~ratios["step"].eq("remand"), "rests_on"]:
        for part in text.split("; "):
            mark, number = re.match(r"(read|press|inferred|recalled): (?:about )?([\d,]+)", part).groups()
            rows = figures[figures["value"].eq(number.replace(",", "")) & figures["mark"].eq(mark)]
            assert any(row.geography in part and row.date[:4] in part for row in rows.itertuples()), part


def test_as_published_rests_on_the_rate_of_england_alone(ratios):
    first = ratios[ratios["step"] == "as_published"]
    assert first["rests_on"].eq("read: 65 per 10,000 in England on 31 March 2019").all()


def test_what_is_recalled_is_said_to_show_a_size_only(ratios):
    recalled = ratios["rests_on"].str.contains("recalled: about 43% of children")
    assert set(ratios.loc[recalled, "step"]) == {"aged_10_to_17", "any_time_and_aged_10_to_17"}
    assert ratios.loc[recalled, "note"].str.contains("shows a size only").all()


def test_the_two_added_figures_are_in_the_reference_data(figures):
    columns = ["value", "geography", "date", "mark"]
    read = figures.loc["looked_after_aged_10_or_over_share_england_2018", columns].tolist()
    recalled = figures.loc["aged_10_to_17_share_of_children_england_2019", columns].tolist()
    assert (read, recalled) == (["62", "England", "2018-03-31", "read"], ["43", "England", "2019", "recalled"])


def test_nothing_is_called_a_risk_and_the_two_counts_are_not_reconciled(ratios):
    texts = " ".join(ratios["note"]) + population_ratios.__doc__ + " ".join(population_ratios.COMPARISONS.values())
    assert not re.search("risk|odds", texts)
    row = ratios[ratios["step"] == "starts_or_children"].squeeze()
    assert "whether the two count the same is not known, and they are not reconciled." in row["note"]
    assert row["note"].endswith("the direction is not known.")


def test_the_figures_come_from_the_claims_and_the_reference_data(monkeypatch, figures):
    read, number = published.read, published.number
    changed = figures.reset_index().assign(
        value=lambda rows: rows["value"].mask(rows["figure"].eq("looked_after_rate_england_2019"), "80")
    )
    monkeypatch.setattr(published, "read", lambda name: changed if name == "denominators" else read(name))
    monkeypatch.setattr(published, "number", lambda claim: 27 if claim == "letter_in_care_during_sentence" else number(claim))
    found = population_ratios.ratios().set_index(KEY).loc[("in_care_during_sentence", "as_published")]
    assert found["estimate"] == pytest.approx(0.27 / 0.0080)
    assert found["rests_on"].startswith("read: 80 per 10,000")


# --- no sampling interval, and what is refused


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95, 0.99])
def test_no_row_is_a_sampling_interval_of_4500_of_24000(sized, level):
    count, n = published.number("letter_looked_after_starts"), published.number("letter_starts")
    wald = stats.norm.ppf((1 + level) / 2) * np.sqrt(count / n * (1 - count / n) / n)
    samples = [(count / n - wald, count / n + wald)]
    samples += [intervals.binomial(count, n, level, method) for method in intervals.BINOMIAL_METHODS]
    for row, sample in itertools.product(sized.loc["looked_after_starts"].itertuples(), samples):
        limits = np.array(sample) / (row.rate_per_10000 / 10_000)
        assert abs(limits - (row.lower, row.upper)).max() > 0.01
        # Nor one on the share itself with the rounding of the rate of one day added.
        wider = np.array(sample) / (0.00655, 0.00645)
        assert abs(wider - (row.lower, row.upper)).max() > 0.01


def test_there_is_no_level_of_confidence_and_no_module_of_intervals(ratios):
    assert not {"level", "confidence", "n", "method"} & set(ratios.columns)
    assert not {"intervals", "stats", "scipy", "proportion_confint"} & vars(population_ratios).keys()


def test_a_ratio_has_its_bounds_at_the_corners():
    found = population_ratios.ratio(Box(0.2, 0.25, 0.3), Box(0.01, 0.0125, 0.02))
    assert found == pytest.approx((10, 20, 30))


@pytest.mark.parametrize(
    ("share", "rate", "says"),
    [
        (Box(0.2, 0.3, 1.1), Box(0.1, 0.2, 0.3), "from 0 to 1"),
        (Box(-0.1, 0.3, 0.4), Box(0.1, 0.2, 0.3), "from 0 to 1"),
        (Box(0.3, 0.2, 0.4), Box(0.1, 0.2, 0.3), "the least first"),
        (Box(0.1, 0.2, 0.3), Box(64.5, 65, 65.5), "from 0 to 1"),
        (Box(0.1, 0.2, np.nan), Box(0.1, 0.2, 0.3), "from 0 to 1"),
        (Box(0.1, 0.2, 0.3), Box(0.0, 0.2, 0.3), "no ratio to it"),
    ],
)
def test_what_is_no_share_and_no_rate_is_refused(share, rate, says):
    with pytest.raises(InputError, match=says):
        population_ratios.ratio(share, rate)
