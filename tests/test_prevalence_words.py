"""What notebook 02 says in words: the numbers are those of its tables, and a bound that is rounded still bounds."""

import math
import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import (
    cautions,
    letter_figures,
    monte_carlo,
    out_of_court,
    overlap,
    population_ratios,
    prevalence,
    published,
    results,
)
from helpers import prevalence_words as words
from helpers.parameters import PrevalenceEstimates
from helpers.rounding import Span
from tests import known

repeatable = settings(deadline=None, derandomize=True, max_examples=20)
IN_CARE, ON_A_PLAN = prevalence.SHARES
fractions = st.floats(0, 1)
# Beyond this a bound that is printed no longer bounds; within it binary fractions are no matter.
NOISE = 1e-12


@cache
def headline(claim=IN_CARE, n=1253, services=42, icc=0.05, confidence=0.95):
    table = prevalence.published_estimates(n, services, [icc], confidence)
    return prevalence.headline(table, claim, icc)


def numbers(text):
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)]


# --- sentences


def test_both_headlines_are_told_with_all_that_they_assume():
    """The limits are those of R: 0.2171 to 0.3067, and 0.1703 to 0.2542."""
    assert words.headlines(headline(), headline(ON_A_PLAN), 42) == (
        "As a random sample of such cases and services they put the share among all such children at 21.7% to 30.7%; for the "
        "**21%** on a child protection plan or Section 47 enquiry, whose base the letter does not restate, at 17.0% to 25.4% "
        "(95% intervals, rounding included; assumed: 1,253 cases in 42 services of equal size, correlation 0.05 within a "
        "service)."
    )
    of_r = known.read("union_clustered").query("method == 'korn_graubard' and icc == 0.05 and level == 0.95 and per_cent == 26")
    assert of_r[["lower", "upper"]].round(3).to_numpy().tolist() == [[0.217, 0.307]]


def test_other_assumptions_give_other_headlines():
    values = {"n": 2000, "services": 60, "icc": 0.1, "confidence": 0.999}
    care, plan = headline(**values), headline(ON_A_PLAN, **values)
    said = words.headlines(care, plan, 60)
    assert "99.9% intervals" in said and "2,000 cases in 60 services" in said and "correlation 0.1 within" in said
    assert f"at {results.interval(care)}; for" in said and f"at {results.interval(plan)} (" in said


def test_what_is_left_for_cautions_is_told_for_the_greatest_and_the_least_part():
    """By hand: 4,450 to 4,550 of 23,500 to 24,500, and 25.5% to 26.5%, or the headline's 21.7% to 30.7%."""
    low, high = 4450 / 24500, 4550 / 23500
    told = {}
    for part in (1, 0.7):
        for kind, (least, most) in {"rounding": (0.255, 0.265), "sampling": headline()[["lower", "upper"]]}.items():
            # The least and the greatest of both ends of the range; no share lies below 0.
            ends = [((low - s * part * most) / (1 - s), (high - s * part * least) / (1 - s)) for s in (0.3, 0.7)]
            low_end, high_end = max(0, min(end[0] for end in ends)), max(end[1] for end in ends)
            told[part, kind] = f"{math.floor(100 * low_end)}% to {math.ceil(100 * high_end)}%"
    assert math.ceil(100 * high / 0.255) == 76
    assert told[1, "rounding"] == "0% to 17%" and told[0.7, "rounding"] == "17% to 23%"
    assert words.among_cautions(headline(), [0.3, 0.5, 0.7], [1, 0.9, 0.7]) == (
        "If 26% holds of all court starts and all of these children were in care when the sentence began, court orders were at "
        "most 76% of starts (rounding alone). With court orders at 30% to 70% of starts, the share looked after among children "
        f"cautioned is **0% to 17%** with all in care at the start ({told[1, 'sampling']} with sampling error at 95%); "
        f"**17% to 23%** with 70% in care at the start ({told[0.7, 'sampling']} with sampling error at 95%)."
    )


def test_where_no_court_share_is_ruled_out_it_is_said_so():
    said = words.among_cautions(headline(), [0.3], [0.7])
    assert "70% of these children were in care when the sentence began, no share of court orders is ruled out" in said
    assert "at most" not in said


def test_one_part_and_one_court_share_are_named_once():
    said = words.among_cautions(headline(), [0.5], [1])
    assert said.count("in care at the start") == 1
    assert "With court orders at 50% of starts" in said


def test_a_court_share_that_is_impossible_gives_no_share_but_says_so():
    said = words.among_cautions(headline(), [0.9, 0.95], [1, 0.9])
    assert "not possible by rounding alone with all in care at the start (nor with sampling error at 95%)" in said
    assert "not possible by rounding alone with 90% in care at the start (0% to 18% with sampling error at 95%)" in said
    assert "**" not in said


def test_a_range_that_is_possible_in_part_is_told_as_far_as_it_is():
    part = words.among_cautions(headline(), [0.3, 0.9], [1])
    assert "30% to 90% of starts, as far as possible, the share" in part and "**0% to 17%**" in part
    assert "as far as possible" not in words.among_cautions(headline(), [0.3, 0.7], [1])


def test_the_sentence_does_not_depend_on_the_order_of_what_is_assumed():
    assert words.among_cautions(headline(), [0.7, 0.3], [0.7, 1]) == words.among_cautions(headline(), [0.3, 0.7], [1, 0.7])


@repeatable
@given(st.lists(st.floats(0, 0.99), min_size=1, max_size=4), st.lists(st.floats(0.05, 1), min_size=1, max_size=3))
def test_sets_that_are_told_hold_every_share_that_is_possible(court_shares, parts):
    box, sampled = cautions.boxes(headline())[1:]
    said = words.among_cautions(headline(), court_shares, parts)
    first, second = r"(not possible by rounding alone|\S+ to \S+)", r"(nor|\S+ to \S+)"
    told = re.findall(rf"{first} with (?:all|\S+) in care at the start \({second} with sampling", said)
    used = dict.fromkeys((max(parts), min(parts)))
    assert len(told) == len(used)
    kinds = (box.uncertainty, sampled.uncertainty)
    spans = [cautions.over_court_shares(headline(), court_shares, part, kind) for part in used for kind in kinds]
    for text, span in zip([end.strip("*") for pair in told for end in pair], spans, strict=True):
        if span is None:
            assert text in ("not possible by rounding alone", "nor")
            continue
        low, high = text.split(" to ")
        assert float(low[:-1]) / 100 <= span.low + NOISE and float(high[:-1]) / 100 >= span.high - NOISE
    if most := re.search(r"at most (\d+)% of starts", said):
        assert int(most[1]) / 100 >= out_of_court.greatest_court_share(box, max(parts)) - NOISE


# --- bounds rounded outward


@repeatable
@given(fractions, fractions)
def test_whole_per_cents_of_a_span_hold_it_and_are_the_nearest_that_do(one, other):
    span = Span(min(one, other), max(one, other))
    low, high = (float(end.removesuffix("%")) / 100 for end in words.between(span).split(" to "))
    assert low <= span.low + NOISE and high >= span.high - NOISE
    assert span.low - low < 0.01 + NOISE and high - span.high < 0.01 + NOISE


@repeatable
@given(fractions, st.integers(0, 3))
def test_an_upper_and_a_lower_bound_still_bound_and_are_the_nearest_that_do(share, digits):
    above, below = (float(bound(share, digits).removesuffix("%")) / 100 for bound in (words.at_most, words.at_least))
    assert below - NOISE <= share <= above + NOISE
    assert above - below <= 10 ** -(digits + 2) * (1 + 1e-6)


@pytest.mark.parametrize(
    ("share", "digits", "most", "least"),
    [(0.75928, 0, "76%", "75%"), (0.75928, 1, "76.0%", "75.9%"), (0.8917, 1, "89.2%", "89.1%"), (1, 1, "100.0%", "100.0%")],
)
def test_bounds_in_words(share, digits, most, least):
    assert (words.at_most(share, digits), words.at_least(share, digits)) == (most, least)


@pytest.mark.parametrize("per_cent", [7, 28, 29, 57])
def test_an_end_that_is_a_whole_per_cent_is_told_as_it_is(per_cent):
    """Binary fractions put some of them a little beside it."""
    assert words.between(Span(per_cent / 100, per_cent / 100)) == f"{per_cent}% to {per_cent}%"


@repeatable
@given(st.floats(0.01, 99), st.floats(1, 1.5), st.integers(1, 4))
def test_bounds_on_a_ratio_still_bound(low, factor, digits):
    row = {"lower": low, "upper": low * factor}
    said = [float(end) for end in words.bounds(row, digits).split(" to ")]
    assert said[0] <= row["lower"] * (1 + 1e-9) and said[1] >= row["upper"] * (1 - 1e-9)
    assert row["lower"] - said[0] < 1.01 * 10**-digits and said[1] - row["upper"] < 1.01 * 10**-digits


@pytest.mark.parametrize(
    ("lower", "upper", "said"),
    [("[x]", "[x]", "[x]"), ("[c]", "[c]", "[c]"), (np.nan, np.nan, "[z]"), (27.7302, 30.0177, "27.7 to 30.1")],
)
def test_a_mark_is_no_ratio_and_stays(lower, upper, said):
    assert words.bounds({"lower": lower, "upper": upper}, 1) == said


def test_every_ratio_of_the_notebook_has_its_bounds_or_its_mark():
    ratios = population_ratios.ratios()
    said = [words.bounds(row, 1) for row in ratios.to_dict("records")]
    assert said[0] == "27.7 to 30.1"
    assert [text == "[x]" for text in said] == ratios["estimate"].eq("[x]").tolist()


# --- what a reading leaves


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (23500.0, 24500.0, "23,500 to under 24,500"),
        (690.0, 700.0, "690 to under 700"),
        (1253.0, 1253.0, "1,253"),
        (42.0, 42.0, "42"),
        (0.255, 0.265, "25.5% to under 26.5%"),
        (0.205, 0.215, "20.5% to under 21.5%"),
    ],
)
def test_values_left_by_a_reading(low, high, said):
    assert words.values_left({"low": low, "high": high}) == said


def test_values_left_are_those_of_the_figures():
    """No figure of the letter is a fraction of 1, so that a count is never taken for a share."""
    for row in letter_figures.as_what_they_are().to_dict("records"):
        said = words.values_left(row).replace(",", "")
        scale = 0.01 if "%" in said else 1
        assert [scale * number for number in numbers(said)] == pytest.approx(list(dict.fromkeys((row["low"], row["high"]))))


# --- sets side by side


def made_sets(headline_, court_shares, parts):
    return cautions.tables(headline_, court_shares, parts)["out_of_court_prevalence"]


def cell_of_r(answer):
    """A cell by hand: outward to a tenth of a point, as the script gave it."""
    if not answer["feasible"]:
        return "impossible"
    if answer["box"] == "point":
        return f"{100 * answer['lower'] + 1e-9:.1f}%"
    low, high = math.floor(1000 * answer["lower"] + 1e-9) / 10, math.ceil(1000 * answer["upper"] - 1e-9) / 10
    left_out = f"; {answer['cut']} left out" if isinstance(answer["cut"], str) else ""
    return f"{low:.1f}% to {high:.1f}%{left_out}"


@pytest.mark.parametrize("box", ["point", "rounding"])
def test_sets_in_words_are_those_of_r(box):
    answers = known.read("out_of_court").query("box == @box and court_share in [0.3, 0.5, 0.6, 0.7, 0.9, 0.99]")
    # R has the set of three figures; that the custodial starts are court starts too is ours.
    answers = answers[answers["court_share"] >= 650 / 24500 / (answers["in_care_at_start"] * 0.265)]
    table = words.sets_side_by_side(made_sets(headline(), answers["court_share"].unique(), answers["in_care_at_start"].unique()))
    ours = table.set_index(["in_care_at_start", "court_share"])[box].loc[
        list(answers.set_index(["in_care_at_start", "court_share"]).index)
    ]
    expected = {(row["in_care_at_start"], row["court_share"]): cell_of_r(row) for row in answers.to_dict("records")}
    assert len(expected) >= 28
    assert ours.to_dict() == expected
    assert {"impossible"} < set(ours) and (box == "point" or any("below 0 left out" in cell for cell in ours))


def test_a_part_above_1_that_is_left_out_is_said_so():
    cells = words.sets_side_by_side(made_sets(headline(), [0.87], [0.25]))
    assert cells["rounding"].item().endswith("to 100.0%; above 1 left out")


def test_sets_have_one_row_for_each_part_and_court_share_in_the_order_given():
    table = words.sets_side_by_side(made_sets(headline(), [0.5, 0.3], [0.7, 1]))
    keys = ["in_care_at_start", "court_share"]
    assert list(table.columns) == [*keys, "point", "rounding", "rounding_and_sampling", "evidence"]
    assert table[keys].to_numpy().tolist() == [[0.7, 0.5], [0.7, 0.3], [1, 0.5], [1, 0.3]]


def test_each_row_of_sets_names_every_kind_of_evidence_in_it():
    assert set(words.sets_side_by_side(made_sets(headline(), [0.5], [1]))["evidence"]) == {"published"}
    other = words.sets_side_by_side(made_sets(headline(n=2000), [0.5], [1]))
    assert set(other["evidence"]) == {"published, supplied"}


# --- assumptions side by side


@pytest.fixture(scope="module")
def changed():
    return prevalence.sensitivities(PrevalenceEstimates())


def test_each_assumption_has_one_row_with_both_intervals_in_the_order_of_the_table(changed):
    table = words.sensitivities_side_by_side(changed)
    one = changed[changed["claim"] == IN_CARE]
    assert (
        table[["assumption", "value", "note", "evidence"]].to_numpy().tolist()
        == one[["assumption", "value", "note", "evidence"]].to_numpy().tolist()
    )
    for claim in prevalence.SHARES:
        rows = changed[changed["claim"] == claim].to_dict("records")
        assert table[claim].tolist() == [f"{100 * row['lower']:.1f}% to {100 * row['upper']:.1f}%" for row in rows]
    assert table.loc[0, [IN_CARE, ON_A_PLAN]].tolist() == ["21.7% to 30.7%", "17.0% to 25.4%"]


def test_an_assumption_that_leaves_no_interval_of_one_share_has_one_mark_and_says_why():
    """No count of 86 cases gives 21% if decimals are cut off; of 26% there is one."""
    table = prevalence.sensitivities(PrevalenceEstimates(inspected_cases=86, yots=5))
    row = words.sensitivities_side_by_side(table).set_index("value").loc["truncated"]
    assert row[IN_CARE] == "11.0% to 48.4%"
    assert row[ON_A_PLAN] == "[z]"
    assert "No count of 86 cases gives 21%" in row["note"]


# --- simulation


KEYS = ["quantity", "in_care_at_start", "court_share"]


@pytest.fixture(scope="module")
def draws():
    return cautions.simulation(headline(), [0.3, 0.75, 0.95], [1, 0.7], 2019, 5_000)


def test_a_simulation_has_one_row_for_each_quantity_and_court_share(draws):
    table = words.simulated(draws)
    columns = ["quantity", "in_care_at_start", "court_share", "evidence", "median", "middle", "error", "bounds", "impossible"]
    assert list(table.columns) == columns
    assert table["court_share"].fillna(-1).tolist() == [-1, -1, 0.3, 0.75, 0.95, 0.3, 0.75, 0.95]
    assert table["in_care_at_start"].fillna(-1).tolist() == [-1, -1, 1, 1, 1, 0.7, 0.7, 0.7]
    assert set(table["evidence"]) == {"published"}
    assert table["quantity"].nunique() == 3


def test_a_simulation_in_words_has_the_numbers_of_its_table(draws):
    table = words.simulated(draws)
    parts = [part for _, part in draws.groupby(["quantity", "in_care_at_start", "court_share"], sort=False, dropna=False)]
    for said, part in zip(table.to_dict("records"), parts, strict=True):
        if part["quantile"].isna().any():
            continue
        is_ratio = part["quantity"].iloc[0] == monte_carlo.RATIO
        scale, digits = (1, 1) if is_ratio else (100, 2 if part["quantity"].iloc[0] == monte_carlo.SHARE_OF_STARTS else 1)
        low, median, high = (f"{scale * value:.{digits}f}{'' if is_ratio else '%'}" for value in part["quantile"])
        assert (said["median"], said["middle"]) == (median, f"{low} to {high}")
        error = scale * part["monte_carlo_error"].max()
        assert numbers(said["error"]) == pytest.approx([error], rel=0.51 if is_ratio else 0.06)
        assert said["error"].endswith("points") == (not is_ratio)
        assert said["impossible"] == part["impossible"].iloc[0]


def test_bounds_beside_a_simulation_still_bound(draws):
    first = draws.drop_duplicates(["quantity", "in_care_at_start", "court_share"])
    for said, row in zip(words.simulated(draws)["bounds"], first.to_dict("records"), strict=True):
        if np.isnan(row["bound_lower"]):
            assert said == "impossible"
        else:
            low, high = (number / (100 if "%" in said else 1) for number in numbers(said))
            assert low <= row["bound_lower"] and row["bound_upper"] <= high


def test_a_court_share_that_is_impossible_has_no_quantile_and_no_number(draws):
    row = words.simulated(draws).query("in_care_at_start == 1 and court_share == 0.95").squeeze()
    assert (row["bounds"], row["median"]) == ("impossible", "[z]")
    # Fewer than a hundred of the draws are possible.
    assert row["impossible"] > 0.98
    assert "nan" not in row["error"]
    assert row["middle"] == "[z]"


# --- quotients


def test_quotients_that_are_shares_are_in_per_cent_and_others_are_numbers():
    table = words.quotients(letter_figures.quotients()).set_index("quotient")[["estimate", "bounds"]]
    assert table.loc["looked_after_share_of_starts"].iloc[0].tolist() == ["18.75%", "18.16% to 19.37%"]
    # The letter says nearly, so there is no point.
    assert table.loc["custodial_share_of_looked_after_starts"].iloc[0].tolist() == ["[z]", "14.28% to 15.74%"]
    assert table.loc["starts_beside_official_children"].iloc[0].tolist() == ["1.106", "1.080 to 1.132"]


def test_every_quotient_keeps_its_row_and_its_bounds_still_bound():
    before = letter_figures.quotients()
    after = words.quotients(before)
    assert after[["quotient", "reading", "assumes", "evidence"]].equals(before[["quotient", "reading", "assumes", "evidence"]])
    for said, row in zip(after["bounds"], before.to_dict("records"), strict=True):
        low, high = (number / (100 if "%" in said else 1) for number in numbers(said))
        assert low <= row["lower"] and row["upper"] <= high
        assert high - low - (row["upper"] - row["lower"]) < 0.0021


# --- names


def test_each_part_of_both_shares_and_each_share_has_a_name():
    found = prevalence.joint(1253)["set"]
    assert set(words.JOINT_NAMES) == set(found)
    assert len(set(words.JOINT_NAMES.values())) == len(words.JOINT_NAMES)
    assert set(overlap.NAMES) == {"in_care", "protection"}
    assert words.SHARE_HEADINGS[IN_CARE] == "In care during the sentence"
    assert {heading.lower() for heading in words.SHARE_HEADINGS.values()} == {name.lower() for name in published.SHARES.values()}


def test_no_words_of_a_table_hold_a_missing_number(draws, changed):
    tables = [words.quotients(letter_figures.quotients())[["estimate", "bounds"]], words.sensitivities_side_by_side(changed)]
    tables.append(words.sets_side_by_side(made_sets(headline(), [0, 0.5, 0.99], [1, 0.25])))
    for table in tables:
        assert not any("nan" in str(cell).lower().split() for cell in pd.DataFrame(table).to_numpy().ravel())
