import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import contracts, parameters, prevalence, published
from helpers.errors import InputError
from helpers.rounding import Span, rounding_span
from tests import known

repeatable = settings(deadline=None, derandomize=True, max_examples=20)
IN_CARE, ON_A_PLAN = prevalence.SHARES
ICCS = [0, 0.02, 0.05, 0.1]
KEY = ["claim", "method", "rounding", "icc"]


@pytest.fixture(scope="module")
def estimates():
    p = parameters.PrevalenceEstimates()
    return prevalence.published_estimates(p.inspected_cases, p.yots, p.icc, p.confidence)


@pytest.fixture(scope="module")
def quotient(estimates):
    return estimates[estimates["claim"] == prevalence.QUOTIENT].set_index("rounding")


def where(table, **values):
    return table[np.logical_and.reduce([table[column] == value for column, value in values.items()])]


def answers_of_r(claim, level):
    """Limits with rounding included, by method and correlation, of one of the two shares."""
    binomial = known.read("union").assign(icc=0.0)
    tables = pd.concat([binomial, known.read("union_clustered")])
    rows = where(tables, per_cent=published.number(claim), n=1253, level=level)
    return rows.set_index(["method", "icc"]).sort_index()


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize("claim", prevalence.SHARES)
def test_intervals_with_rounding_agree_with_r(claim, level):
    columns = ["count_low", "count_high", "lower", "upper"]
    table = where(prevalence.published_estimates(1253, 42, ICCS, level), claim=claim, rounding="included")
    ours, answers = table.set_index(["method", "icc"]).sort_index()[columns], answers_of_r(claim, level)[columns]
    assert ours.index.equals(answers.index)
    np.testing.assert_allclose(ours.astype(float), answers, rtol=known.TOLERANCE)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_intervals_without_rounding_agree_with_r(level):
    """The printed share with clusters, the nearest count without."""
    binomial = where(known.read("intervals"), k=326, n=1253, level=level).assign(icc=0.0)
    clustered = where(known.read("clustered"), p=0.26, n=1253, level=level)
    answers = pd.concat([binomial, clustered]).set_index(["method", "icc"]).sort_index()[["lower", "upper"]]
    table = where(prevalence.published_estimates(1253, 42, ICCS, level), claim=IN_CARE, rounding="ignored")
    ours = table.set_index(["method", "icc"]).sort_index()[["lower", "upper"]]
    assert ours.index.equals(answers.index)
    np.testing.assert_allclose(ours, answers, rtol=known.TOLERANCE)


@pytest.mark.parametrize("claim", prevalence.SHARES)
@pytest.mark.parametrize("icc", ICCS)
def test_the_headline_is_korn_graubard_with_rounding(estimates, claim, icc):
    found = prevalence.headline(estimates, claim, icc)
    answer = answers_of_r(claim, 0.95).loc[("korn_graubard", icc)]
    assert (found.lower, found.upper) == pytest.approx((answer.lower, answer.upper), rel=known.TOLERANCE)
    assert found.estimate == published.number(claim) / 100


def test_26_per_cent_of_the_cases_is_320_to_332_of_them(estimates):
    counts = where(estimates, claim=IN_CARE, rounding="included")[["count_low", "count_high"]]
    assert set(counts.itertuples(index=False, name=None)) == {(320, 332)}


@pytest.mark.parametrize("row", list(known.read("quotient").itertuples()), ids=lambda row: f"{row.quantity} {row.Index}")
def test_bounds_on_a_quotient_agree_with_r(row):
    span = prevalence.quotient_span(Span(row.numerator_low, row.numerator_high), Span(row.denominator_low, row.denominator_high))
    assert span == pytest.approx((row.lower, row.upper), rel=known.TOLERANCE)


def test_the_published_quotient_has_the_bounds_of_r(quotient):
    answer = known.read("quotient").iloc[0]
    found = quotient.loc["included", ["estimate", "lower", "upper"]].tolist()
    assert found == pytest.approx([answer.central, answer.lower, answer.upper], rel=known.TOLERANCE)


@repeatable
@given(st.integers(1, 9999), st.integers(1, 9999), st.floats(0, 0.999), st.floats(0, 0.999))
def test_the_span_of_a_quotient_holds_every_quotient_of_what_was_rounded(above, below, place, other):
    spans = rounding_span(above, 1), rounding_span(below, 1)
    inside = [span.low + part * (span.high - span.low) for span, part in zip(spans, (place, other), strict=True)]
    span = prevalence.quotient_span(*spans)
    assert span.low - 1e-12 <= inside[0] / inside[1] <= span.high + 1e-12


def test_4500_of_24000_is_a_quotient_and_no_interval(quotient):
    assert quotient["method"].tolist() == ["quotient", "quotient"]
    assert quotient[["icc", "count_low", "count_high", "n", "deff", "n_effective", "level"]].isna().all(axis=None)


def test_no_row_takes_4500_of_24000_for_a_count_of_cases(estimates):
    others = estimates[estimates["claim"] != prevalence.QUOTIENT]
    assert set(others["claim"]) == set(prevalence.SHARES)
    assert set(others["n"]) == {1253}


def test_the_quotient_has_no_limits_where_rounding_is_ignored(quotient):
    assert quotient.loc["ignored", ["lower", "upper"]].isna().all()


def test_estimates_have_the_promised_columns(estimates):
    assert list(estimates.columns) == contracts.columns("prevalence_estimates")


def test_no_estimate_stands_twice(estimates):
    assert not estimates.duplicated(KEY).any()


@pytest.mark.parametrize("claim", prevalence.SHARES)
@pytest.mark.parametrize("rounding", ["ignored", "included"])
def test_each_share_has_every_method_with_and_without_rounding(estimates, claim, rounding):
    expected = {(method, icc) for method in ("logit_t", "korn_graubard") for icc in ICCS}
    expected |= {(method, 0) for method in ("wilson", "clopper_pearson", "jeffreys")}
    rows = where(estimates, claim=claim, rounding=rounding)
    assert set(rows[["method", "icc"]].itertuples(index=False, name=None)) == expected


def test_an_interval_with_rounding_holds_the_one_without(estimates):
    limits = estimates[estimates["claim"].isin(prevalence.SHARES)].pivot(
        index=["claim", "method", "icc"], columns="rounding", values=["lower", "upper"]
    )
    assert (limits["lower", "included"] < limits["lower", "ignored"]).all()
    assert (limits["upper", "included"] > limits["upper", "ignored"]).all()


def test_the_figures_of_the_letter_give_published_rows(estimates):
    assert set(estimates["evidence"]) == {"published"}


@pytest.mark.parametrize(("inspected_cases", "yots"), [(1300, 42), (1253, 40)])
def test_another_base_makes_the_shares_supplied(inspected_cases, yots):
    table = prevalence.published_estimates(inspected_cases, yots, ICCS, 0.95)
    evidence = table.groupby("claim")["evidence"].unique().map(list).to_dict()
    assert evidence == {IN_CARE: ["supplied"], ON_A_PLAN: ["supplied"], prevalence.QUOTIENT: ["published"]}


@repeatable
@given(st.integers(1, 99), st.integers(100, 5000))
def test_the_nearest_count_is_one_that_the_per_cent_allows(per_cent, n):
    rows = prevalence.share_estimates("made", per_cent, n, 10, [0.05], 0.95, "supplied")
    included = rows.query("rounding == 'included'").iloc[0]
    nearest = rows.query("rounding == 'ignored' and method == 'wilson'").iloc[0]
    assert included.count_low <= nearest.count_low == nearest.count_high <= included.count_high
    assert abs(nearest.count_low - per_cent * n / 100) <= 0.5


@pytest.mark.parametrize(("per_cent", "limit"), [(0, "lower"), (100, "upper")])
def test_the_whole_range_of_per_cents_has_an_interval(per_cent, limit):
    rows = prevalence.share_estimates("made", per_cent, 1253, 42, [0.05], 0.95, "supplied")
    limits = rows.loc[rows["method"] == "korn_graubard", ["lower", "upper"]]
    assert limits[limit].eq(per_cent / 100).all()
    assert (limits["lower"] < limits["upper"]).all()


@pytest.mark.parametrize(("per_cent", "limit", "other"), [(0, "lower", "upper"), (100, "upper", "lower")])
def test_where_there_is_no_logit_the_limit_that_it_would_give_is_missing(per_cent, limit, other):
    rows = prevalence.share_estimates("made", per_cent, 1253, 42, [0.05], 0.95, "supplied")
    ignored = where(rows, method="logit_t", rounding="ignored").squeeze()
    assert ignored[limit] == per_cent / 100
    assert np.isnan(ignored[other])


def test_a_base_that_cannot_give_the_per_cent_is_refused():
    with pytest.raises(InputError, match="26% cannot come from 7 cases"):
        prevalence.published_estimates(7, 2, [0.05], 0.95)


@pytest.mark.parametrize(("yots", "icc", "says"), [(1, 0.05, "one cluster"), (1254, 0, "1254 for"), (42, 1, "correlation")])
def test_impossible_clusters_are_refused(yots, icc, says):
    with pytest.raises(InputError, match=says):
        prevalence.published_estimates(1253, yots, [icc], 0.95)


@pytest.mark.parametrize("claim", prevalence.SHARES)
def test_side_by_side_has_the_limits_of_both_shares(estimates, claim):
    wide = prevalence.side_by_side(estimates)
    for row in wide.to_dict("records"):
        rows = where(estimates, claim=claim, method=row["method"], icc=row["icc"], rounding="included")
        assert rows[["lower", "upper"]].to_dict("records") == [row[claim]]


def test_side_by_side_has_each_method_and_correlation_once_in_order(estimates):
    wide = prevalence.side_by_side(estimates)
    places = [(row.icc, list(prevalence.METHOD_NAMES).index(row.method)) for row in wide.itertuples()]
    assert places == sorted(set(places))
    assert len(places) == 3 + 2 * len(ICCS)
