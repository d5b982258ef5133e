"""Each figure of the letter as what it is; what rounding leaves, and what is no interval of chance."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from helpers import intervals, letter_figures, prevalence, published, results
from helpers.errors import InputError
from helpers.rounding import Span
from tests import known

repeatable = settings(deadline=None, derandomize=True, max_examples=25)
COLUMNS = ["claim", "printed", "kind", "reading", "low", "high", "sampling", "evidence"]
LIMITS = ["lower", "upper"]


@pytest.fixture(scope="module")
def figures():
    return letter_figures.as_what_they_are()


@pytest.fixture(scope="module")
def quotients():
    return letter_figures.quotients()


@pytest.fixture(scope="module")
def printed():
    return published.claims().set_index("claim")


def limits_of_a_sample(count, n, level):
    """What a sample of `n` would give, by four methods; it must stand nowhere."""
    wald = stats.norm.ppf((1 + level) / 2) * np.sqrt(count / n * (1 - count / n) / n)
    binomial = [intervals.binomial(count, n, level, method) for method in intervals.BINOMIAL_METHODS]
    return [(count / n - wald, count / n + wald), *binomial]


# --- the figures


def test_the_figures_have_their_columns_and_are_published(figures):
    assert list(figures.columns) == COLUMNS
    assert set(figures["evidence"]) == {"published"}
    assert not figures[["claim", "reading"]].duplicated().any()


def test_each_figure_is_shown_in_its_readings(figures):
    found = {claim: list(map(tuple, rows[["low", "high"]].to_numpy())) for claim, rows in figures.groupby("claim", sort=False)}
    assert found == {
        "letter_starts": [(23500, 24500), (23950, 24050)],
        "letter_looked_after_starts": [(4450, 4550), (4250, 4750)],
        "letter_custodial_starts": [(650, 700), (675, 700), (690, 700)],
        "letter_in_care_during_sentence": [(0.255, 0.265)],
        "letter_child_protection_or_section_47": [(0.205, 0.215)],
        "letter_table_1_cases": [(1253, 1253)],
        "letter_table_1_yots": [(42, 42)],
    }


def test_the_readings_are_in_words(figures):
    assert figures.groupby("claim", sort=False)["reading"].agg(list).to_list() == [
        ["nearest 1,000", "nearest 100"],
        ["nearest 100", "nearest 500"],
        ["below 700 and at least 650", "below 700 and at least 675", "below 700 and at least 690"],
        ["nearest whole per cent"],
        ["nearest whole per cent"],
        ["as printed"],
        ["as printed"],
    ]


def test_each_kind_is_named(figures):
    kinds = figures.drop_duplicates("claim").set_index("claim")["kind"]
    assert (
        kinds.to_list()
        == ["administrative total", *["estimate of unknown method"] * 2, *["inspected share"] * 2] + ["count printed in full"] * 2
    )


def test_each_figure_is_quoted_as_the_letter_prints_it(figures, printed):
    for row in figures.itertuples():
        assert row.printed in printed.at[row.claim, "quote"]
        scale = 100 if row.printed.endswith("per cent") else 1
        value = published.number(row.claim) / scale
        # What is nearly a figure lies below it; every other figure is one of the values that it stands for.
        assert row.low <= value < row.high or row.low == row.high == value or ("nearly" in row.printed and row.high == value)


def test_only_inspected_shares_may_be_read_as_a_sample(figures):
    may = figures["sampling"].str.startswith(
        "yes, if the cases inspected are read as a random sample of cases in a random sample"
    )
    assert set(figures.loc[may, "claim"]) == set(published.SHARES)
    assert figures.loc[~may, "sampling"].str.startswith("none: ").all()


def test_the_figures_come_from_the_claims(monkeypatch):
    number = published.number
    monkeypatch.setattr(published, "number", lambda claim: {"letter_in_care_during_sentence": 27}.get(claim) or number(claim))
    found = letter_figures.as_what_they_are().set_index("claim").loc["letter_in_care_during_sentence"]
    assert (found["printed"], found["low"], found["high"]) == ("27 per cent", 0.265, 0.275)


def test_the_first_readings_are_those_of_the_published_quotient(quotients):
    published_one = prevalence.quotient_estimates().set_index("rounding").loc["included"]
    assert quotients.iloc[0][LIMITS].tolist() == published_one[LIMITS].tolist()


def test_the_tables_are_written_with_their_numbers(figures, quotients):
    assert (
        results._csv(figures)
        .decode()
        .splitlines()[1]
        .startswith('letter_starts,"24,000",administrative total,"nearest 1,000",23500.0,24500.0,')
    )
    rows = [line for line in results._csv(quotients).decode().splitlines() if line.startswith("custodial")]
    assert len(rows) == 6 and all('",[z],0.1' in row for row in rows)


# --- spans


def test_a_span_of_a_per_cent_is_in_fractions():
    assert letter_figures.span("letter_in_care_during_sentence", 1) == Span(0.255, 0.265)


@repeatable
@given(st.sampled_from(sorted(letter_figures.NEAREST)), st.sampled_from([10, 50, 100, 500]), st.data())
def test_what_a_span_holds_is_rounded_half_up_to_the_figure(claim, nearest, data):
    span = letter_figures.span(claim, nearest)
    value = data.draw(st.integers(int(span.low) - nearest, int(span.high) + nearest))
    rounded = (2 * value + nearest) // (2 * nearest) * nearest
    assert (rounded == published.number(claim)) == (span.low <= value < span.high)


@pytest.mark.parametrize("nearest", [0, -100, 7, 50_000])
def test_a_figure_is_a_multiple_of_what_it_is_rounded_to(nearest):
    with pytest.raises(InputError, match="^letter_starts prints 24,000, which is not rounded to the nearest"):
        letter_figures.span("letter_starts", nearest)


def test_nearly_is_not_rounded_to_and_only_nearly_lies_below():
    with pytest.raises(InputError, match="'nearly 700', so it lies below 700"):
        letter_figures.span("letter_custodial_starts", 100)
    with pytest.raises(InputError, match="'4,500', not as nearly"):
        letter_figures.nearly("letter_looked_after_starts", 4400)


@pytest.mark.parametrize("least", [0, -1, 700, 701])
def test_nearly_has_a_least_value_below_the_figure(least):
    with pytest.raises(InputError, match="nearly 700 lies above 0 and below 700"):
        letter_figures.nearly("letter_custodial_starts", least)


@pytest.mark.parametrize("function", [letter_figures.span, letter_figures.nearly])
@pytest.mark.parametrize(("claim", "says"), [("letter_start", "did you mean"), ("letter_starts_year", "no whole number")])
def test_a_claim_without_a_number_is_refused(function, claim, says):
    with pytest.raises(InputError, match=says):
        function(claim, 100)


# --- reference data


def test_the_official_children_are_read_and_never_reconciled(quotients):
    assert letter_figures.reference("cautioned_or_sentenced_2018_19") == (21700, "read")
    row = quotients[quotients["quotient"] == "starts_beside_official_children"].iloc[0]
    assert row["assumes"] == "read: 21,700 children; not reconciled: what the letter's figure counts is not said"


@pytest.mark.parametrize("figure", ["nothing", "fieldwork_over_50_miles"])
def test_a_reference_without_a_whole_number_is_refused(figure):
    with pytest.raises(InputError, match=f"no whole number for '{figure}'"):
        letter_figures.reference(figure)


# --- quotients


def test_the_quotients_have_their_columns_and_are_published(quotients):
    assert list(quotients.columns) == ["quotient", "reading", "estimate", "lower", "upper", "assumes", "evidence"]
    assert set(quotients["evidence"]) == {"published"}
    assert not quotients[["quotient", "reading"]].duplicated().any()


@pytest.mark.parametrize(
    ("quotient", "quantity"),
    [
        ("looked_after_share_of_starts", "in_care_share"),
        ("custodial_share_of_looked_after_starts", "custodial_share"),
        ("starts_beside_official_children", "starts_beside_children"),
    ],
)
def test_the_quotients_agree_with_r(quotients, quotient, quantity):
    answers = known.read("quotient").query("quantity == @quantity")
    ours = quotients[quotients["quotient"] == quotient]
    np.testing.assert_allclose(ours[LIMITS], answers[LIMITS], rtol=known.TOLERANCE)
    if quantity == "custodial_share":
        assert ours["estimate"].isna().all()
    else:
        np.testing.assert_allclose(ours["estimate"], answers["central"], rtol=known.TOLERANCE)


def test_the_readings_of_the_quotients_are_in_words(quotients):
    assert quotients["reading"].tolist()[:5] == [
        "4,500 to the nearest 100; 24,000 to the nearest 1,000",
        "4,500 to the nearest 100; 24,000 to the nearest 100",
        "4,500 to the nearest 500; 24,000 to the nearest 1,000",
        "4,500 to the nearest 500; 24,000 to the nearest 100",
        "nearly 700 as below 700 and at least 650; 4,500 to the nearest 100",
    ]


def test_an_estimate_lies_within_its_bounds(quotients):
    with_point = quotients.dropna(subset="estimate")
    assert len(with_point) == 6
    assert (with_point["lower"] < with_point["estimate"]).all() and (with_point["estimate"] < with_point["upper"]).all()


def test_a_finer_reading_lies_within_a_coarser_one(quotients):
    found = quotients[quotients["quotient"] == "looked_after_share_of_starts"][LIMITS].to_numpy()
    for coarse, fine in [(0, 1), (2, 3), (2, 0), (3, 1)]:
        assert found[coarse][0] < found[fine][0] < found[fine][1] < found[coarse][1]


@repeatable
@given(st.floats(0, 100), st.floats(0.01, 100), st.floats(0, 50), st.floats(0, 50), st.floats(0, 1), st.floats(0, 1))
def test_the_corners_are_the_extremes(above, below, width, other, place, other_place):
    spans = Span(above, above + width), Span(below, below + other)
    inside = (above + place * width) / (below + other_place * other)
    found = letter_figures.quotient_span(*spans)
    assert found.low * (1 - 1e-12) <= inside <= found.high * (1 + 1e-12)


@pytest.mark.parametrize(("above", "below"), [(Span(-1, 1), Span(1, 2)), (Span(1, 2), Span(0, 1)), (Span(1, 2), Span(-1, 1))])
def test_a_quotient_of_figures_that_can_be_0_or_less_is_refused(above, below):
    with pytest.raises(InputError, match="figures above 0"):
        letter_figures.quotient_span(above, below)


# --- no sampling interval


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95, 0.99])
def test_no_row_is_a_sampling_interval_of_4500_of_24000(figures, quotients, level):
    starts, looked_after = published.number("letter_starts"), published.number("letter_looked_after_starts")
    bounds = [*quotients[LIMITS].itertuples(index=False), *figures[["low", "high"]].itertuples(index=False)]
    counts = [(low / starts, high / starts) for low, high in figures[["low", "high"]].itertuples(index=False)]
    for sample, found in itertools.product(limits_of_a_sample(looked_after, starts, level), bounds + counts):
        assert abs(np.subtract(sample, found)).min() > 1e-4


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95, 0.99])
def test_no_row_is_a_sampling_interval_of_700_of_4500(quotients, level):
    for sample, found in itertools.product(limits_of_a_sample(700, 4500, level), quotients[LIMITS].itertuples(index=False)):
        assert abs(np.subtract(sample, found)).max() > 1e-3


def test_no_table_has_a_level_of_confidence_and_no_module_draws_on_chance(figures, quotients):
    assert not {"level", "confidence", "n", "method"} & {*figures.columns, *quotients.columns}
    assert not {"intervals", "stats", "scipy", "proportion_confint"} & vars(letter_figures).keys()


@pytest.mark.parametrize(
    ("claim", "says"),
    [
        ("letter_starts", "is an administrative total of all starts, no count out of a sample"),
        ("letter_looked_after_starts", "is an estimate whose method is not published, no count out of a sample"),
        ("letter_custodial_starts", "is an estimate whose method is not published, no count out of a sample"),
    ],
)
def test_what_is_no_count_out_of_a_sample_is_refused(claim, says):
    with pytest.raises(InputError, match=f"^{claim} {says}, so it has no sampling interval$"):
        letter_figures.must_be_a_share(claim)


def test_every_other_claim_passes(figures, printed):
    refused = set()
    for claim in printed.index:
        try:
            letter_figures.must_be_a_share(claim)
        except InputError:
            refused.add(claim)
    assert refused == set(letter_figures.NO_SAMPLE)
    assert refused == set(figures.loc[figures["kind"].str.contains("total|estimate"), "claim"])
