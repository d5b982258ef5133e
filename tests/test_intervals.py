import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from helpers import intervals
from helpers.errors import InputError
from helpers.rounding import Counts, counts_from_percentage
from tests import known

repeatable = settings(deadline=None, derandomize=True, max_examples=60)
shorter = settings(repeatable, max_examples=30)
LIMITS = ["lower", "upper"]
# Limits come from iterated quantiles, so an order between two of them holds up to this.
SLACK = 1e-9

binomial_method = st.sampled_from(intervals.BINOMIAL_METHODS)
clustered_method = st.sampled_from(intervals.CLUSTERED_METHODS)
# Below one half, Jeffreys' interval of a single case need not hold the share itself.
confidence = st.floats(0.5, 0.999)
two_confidences = st.tuples(confidence, confidence).map(sorted)
deff = st.floats(0.5, 10)


@st.composite
def count_of_cases(draw):
    n = draw(st.integers(1, 3000))
    return draw(st.integers(0, n)), n


@st.composite
def some_clusters(draw):
    """A proportion, cases, and degrees of freedom."""
    n = draw(st.integers(20, 3000))
    return draw(st.floats(0.01, 0.99)), n, draw(st.integers(3, 60))


@st.composite
def range_of_counts(draw, most=60):
    """The least and the greatest count, and all cases."""
    low, n = draw(count_of_cases())
    return Counts(low, draw(st.integers(low, min(n, low + most)))), n


def holds(outer, inner):
    return outer.lower <= inner[0] + SLACK and inner[1] <= outer.upper + SLACK


@pytest.mark.parametrize("method", intervals.BINOMIAL_METHODS)
def test_binomial_intervals_agree_with_r(method):
    table = known.read("intervals").query("method == @method")
    ours = [intervals.binomial(row.k, row.n, row.level, method) for row in table.itertuples()]
    np.testing.assert_allclose(ours, table[LIMITS], rtol=known.TOLERANCE)


@pytest.mark.parametrize("method", intervals.CLUSTERED_METHODS)
def test_clustered_intervals_agree_with_r(method):
    table = known.read("clustered").query("method == @method")
    ours = [intervals.clustered(row.p, row.n, row.deff, row.clusters - 1, row.level, method) for row in table.itertuples()]
    np.testing.assert_allclose(ours, table[LIMITS], rtol=known.TOLERANCE)


def test_design_effects_agree_with_r():
    table = known.read("clustered")
    ours = [intervals.design_effect(row.icc, row.n, row.clusters) for row in table.itertuples()]
    np.testing.assert_allclose(ours, table["deff"], rtol=known.TOLERANCE)


@pytest.mark.parametrize(("method", "theirs"), [("logit_t", "xlogit"), ("korn_graubard", "beta")])
def test_intervals_of_clusters_of_unequal_size_agree_with_the_survey_package(method, theirs):
    data, table = known.read("survey_check_data"), known.read("survey_check")
    df = data["cluster"].nunique() - 1
    ours = [intervals.clustered(data["y"].mean(), len(data), row.deff, df, row.level, method) for row in table.itertuples()]
    np.testing.assert_allclose(ours, table[[f"{theirs}_lower", f"{theirs}_upper"]], rtol=known.TOLERANCE)


@pytest.mark.parametrize("method", intervals.BINOMIAL_METHODS)
def test_unions_over_rounded_counts_agree_with_r(method):
    table = known.read("union").query("method == @method")
    ours = [intervals.union(counts_from_percentage(r.per_cent, r.n), r.n, r.level, method) for r in table.itertuples()]
    np.testing.assert_allclose(ours, table[LIMITS], rtol=known.TOLERANCE)


@pytest.mark.parametrize("method", intervals.CLUSTERED_METHODS)
def test_clustered_intervals_at_the_ends_of_the_rounded_counts_agree_with_r(method):
    table = known.read("union_clustered").query("method == @method")
    for limit, count in (("lower", table["count_low"]), ("upper", table["count_high"])):
        rows = zip(count / table["n"], table["n"], table["deff"], table["clusters"] - 1, table["level"], strict=True)
        ours = [getattr(intervals.clustered(*row, method), limit) for row in rows]
        np.testing.assert_allclose(ours, table[limit], rtol=known.TOLERANCE)


def test_intervals_of_coarsened_counts_agree_with_r():
    table = known.read("coarsened")
    ours = [intervals.coarsened(Counts(row.count_low, row.count_high), row.n, row.level) for row in table.itertuples()]
    np.testing.assert_allclose(ours, table[LIMITS], rtol=known.TOLERANCE)


def test_clustered_unions_agree_with_r():
    table = known.read("union_clustered")
    ours = [
        intervals.clustered_union(Counts(r.count_low, r.count_high), r.n, r.deff, r.clusters - 1, r.level, r.method)
        for r in table.itertuples()
    ]
    np.testing.assert_allclose(ours, table[LIMITS], rtol=known.TOLERANCE)


@pytest.mark.parametrize(("counts", "limits"), [(Counts(0, 6), (0, None)), (Counts(54, 60), (None, 1)), (Counts(0, 60), (0, 1))])
@pytest.mark.parametrize("method", intervals.CLUSTERED_METHODS)
def test_a_clustered_union_that_reaches_0_or_n_ends_at_0_or_1(counts, limits, method):
    found = intervals.clustered_union(counts, 60, 1.5, 5, 0.95, method)
    for limit, answer in zip(found, limits, strict=True):
        assert limit == answer if answer is not None else 0 < limit < 1


@pytest.mark.parametrize(("counts", "missing"), [(Counts(0, 0), "upper"), (Counts(60, 60), "lower")])
def test_the_logit_of_none_or_all_cases_alone_has_no_other_limit(counts, missing):
    found = intervals.clustered_union(counts, 60, 1.5, 5, 0.95, "logit_t")._asdict()
    assert np.isnan(found.pop(missing))
    assert list(found.values()) == [counts.low / 60]


def test_26_per_cent_of_1253_as_coarsened_counts():
    assert intervals.coarsened(Counts(320, 332), 1253, 0.95) == pytest.approx((0.235766, 0.285691), abs=5e-7)


@pytest.mark.parametrize("per_cent", [1, 26])
def test_each_tail_of_a_hundred_thousand_coarsened_counts_has_its_probability(per_cent):
    """The mixture summed plainly; its weights by gamma functions of which only the ratio of neighbours is large."""
    n = 10_000_000
    counts = counts_from_percentage(per_cent, n)
    lower, upper = intervals.coarsened(counts, n, 0.95)
    k = np.arange(counts.low, counts.high + 1)
    # Of C(n, k) B(k + 1/2, n - k + 1/2) what varies with k is 1 / sqrt(k (n - k)) but for parts in a million of it.
    weights = 1 / np.sqrt((k + 0.25) * (n - k + 0.25))
    for tail, beyond, limit in ((0.025, special.betainc, lower), (0.025, special.betaincc, upper)):
        assert weights @ beyond(k + 0.5, n - k + 0.5, limit) / weights.sum() == pytest.approx(tail, rel=1e-9)


@shorter
@given(count_of_cases(), confidence)
def test_coarsened_counts_of_one_count_have_the_interval_of_jeffreys(case, confidence):
    count, n = case
    jeffreys = intervals.binomial(count, n, confidence, "jeffreys")
    assert intervals.coarsened(Counts(count, count), n, confidence) == pytest.approx(jeffreys, rel=known.TOLERANCE)


@shorter
@given(range_of_counts(), confidence)
def test_coarsened_counts_have_an_interval_within_the_union_of_jeffreys(case, confidence):
    assert holds(intervals.union(*case, confidence, "jeffreys"), intervals.coarsened(*case, confidence))


@shorter
@given(range_of_counts(), confidence)
def test_the_interval_of_coarsened_counts_of_all_other_cases_is_the_mirror_image(case, confidence):
    counts, n = case
    found = intervals.coarsened(counts, n, confidence)
    other = intervals.coarsened(Counts(n - counts.high, n - counts.low), n, confidence)
    assert (found.lower, found.upper) == pytest.approx((1 - other.upper, 1 - other.lower), abs=SLACK)


@shorter
@given(range_of_counts(), two_confidences)
def test_an_interval_of_coarsened_counts_widens_with_confidence(case, confidences):
    narrow, wide = (intervals.coarsened(*case, confidence) for confidence in confidences)
    assert holds(wide, narrow)


@pytest.mark.parametrize(
    ("counts", "n", "says"),
    [
        pytest.param(Counts(-1, 3), 5, "-1 to 3 of 5", id="fewer than none"),
        pytest.param(Counts(3, 6), 5, "3 to 6 of 5", id="more than all"),
        pytest.param(Counts(4, 3), 5, "4 to 3 of 5", id="backwards"),
        pytest.param(Counts(0, 0), 0, "0 to 0 of 0", id="no case"),
        pytest.param(Counts(0.5, 3), 5, "whole", id="least not whole"),
        pytest.param(Counts(1, float("nan")), 5, "whole", id="no greatest"),
        pytest.param(Counts(1, 3), 5.5, "whole", id="cases not whole"),
    ],
)
def test_what_is_no_range_of_counts_is_refused(counts, n, says):
    with pytest.raises(InputError, match=says):
        intervals.coarsened(counts, n, 0.95)
    with pytest.raises(InputError, match=says):
        intervals.clustered_union(counts, n, 1.5, 5, 0.95)


@pytest.mark.parametrize("confidence", [0, 1, 95, float("nan")])
def test_coarsened_counts_with_an_impossible_confidence_are_refused(confidence):
    with pytest.raises(InputError, match="confidence"):
        intervals.coarsened(Counts(1, 3), 5, confidence)


@pytest.mark.parametrize("method", intervals.BINOMIAL_METHODS)
@pytest.mark.parametrize(("count", "n"), [(0, 1), (0, 12), (0, 1253)])
def test_none_of_n_has_the_lower_limit_0(count, n, method):
    assert intervals.binomial(count, n, 0.95, method).lower == 0


@pytest.mark.parametrize("method", intervals.BINOMIAL_METHODS)
@pytest.mark.parametrize("n", [1, 12, 1253])
def test_n_of_n_has_the_upper_limit_1(n, method):
    assert intervals.binomial(n, n, 0.95, method).upper == 1


@pytest.mark.parametrize(("proportion", "limit"), [(0, "lower"), (1, "upper")])
def test_korn_graubard_of_0_or_1_ends_there(proportion, limit):
    assert getattr(intervals.clustered(proportion, 60, 1.5, 5, 0.95, "korn_graubard"), limit) == proportion


@pytest.mark.parametrize(
    ("count", "n", "confidence", "says"),
    [
        pytest.param(0, 0, 0.95, "0 of 0", id="no case"),
        pytest.param(-1, 5, 0.95, "-1 of 5", id="fewer than none"),
        pytest.param(6, 5, 0.95, "6 of 5", id="more than all"),
        pytest.param(0.26 * 1253, 1253, 0.95, "whole", id="count not whole"),
        pytest.param(3, 7.5, 0.95, "whole", id="cases not whole"),
        pytest.param(3, 7, 0, "confidence.*0", id="confidence 0"),
        pytest.param(3, 7, 1, "confidence.*1", id="confidence 1"),
        pytest.param(3, 7, 95, "confidence.*95", id="confidence as a per cent"),
    ],
)
def test_a_binomial_interval_is_refused(count, n, confidence, says):
    with pytest.raises(InputError, match=says):
        intervals.binomial(count, n, confidence)


@pytest.mark.parametrize("count", [float("nan"), float("inf")])
def test_a_count_that_is_missing_or_infinite_is_refused_as_not_whole(count):
    with pytest.raises(InputError, match="whole"):
        intervals.binomial(count, 5, 0.95)


@pytest.mark.parametrize(
    ("proportion", "n", "deff", "df", "confidence", "says"),
    [
        pytest.param(0.3, 60, 1.5, 0, 0.95, "one cluster", id="one cluster"),
        pytest.param(0.3, 60, 1.5, 5, 0, "confidence", id="confidence 0"),
        pytest.param(0.3, 60, 1.5, 5, 1, "confidence", id="confidence 1"),
        pytest.param(-0.1, 60, 1.5, 5, 0.95, "proportion.*-0.1", id="proportion below 0"),
        pytest.param(26, 60, 1.5, 5, 0.95, "proportion.*26", id="proportion as a per cent"),
        pytest.param(float("nan"), 60, 1.5, 5, 0.95, "proportion", id="no proportion"),
        pytest.param(0.3, 1, 1.5, 5, 0.95, "two cases", id="one case"),
        pytest.param(0.3, 60, 0, 5, 0.95, "above 0", id="design effect 0"),
        pytest.param(0.3, 60, float("nan"), 5, 0.95, "design effect", id="no design effect"),
    ],
)
@pytest.mark.parametrize("method", intervals.CLUSTERED_METHODS)
def test_a_clustered_interval_is_refused(proportion, n, deff, df, confidence, says, method):
    with pytest.raises(InputError, match=says):
        intervals.clustered(proportion, n, deff, df, confidence, method)


@pytest.mark.parametrize("proportion", [0, 1, 0.0, 1.0])
def test_the_logit_of_0_or_1_is_refused_and_names_korn_graubard(proportion):
    with pytest.raises(InputError, match="use korn_graubard"):
        intervals.clustered(proportion, 60, 1.5, 5, 0.95, "logit_t")


@pytest.mark.parametrize(("interval", "values"), [(intervals.binomial, (3, 60)), (intervals.clustered, (0.3, 60, 1.5, 5))])
def test_an_unknown_method_is_never_read_as_another(interval, values):
    with pytest.raises(InputError, match="no method 'logit'"):
        interval(*values, 0.95, "logit")


def test_a_very_wide_logit_interval_ends_at_0_and_1_without_a_warning():
    deff = intervals.design_effect(0.5, 1253, 2)
    assert intervals.clustered(0.26, 1253, deff, 1, 0.999, "logit_t") == pytest.approx((0, 1))


@pytest.mark.parametrize("icc", [1, -0.01, float("nan")])
def test_a_correlation_outside_0_to_1_is_refused(icc):
    with pytest.raises(InputError, match="correlation"):
        intervals.design_effect(icc, 60, 6)


@pytest.mark.parametrize("clusters", [0, 61])
def test_more_clusters_than_cases_or_none_are_refused(clusters):
    with pytest.raises(InputError, match=f"{clusters} for 60 cases"):
        intervals.design_effect(0.05, 60, clusters)


def test_clusters_of_one_case_have_no_design_effect():
    assert intervals.design_effect(0.3, 60, 60) == 1


@pytest.mark.parametrize(("deff", "cases"), [(1, 60), (0.5, 120), (2, 30)])
def test_korn_graubard_is_clopper_pearson_of_the_effective_cases_and_not_cut_off_at_n(deff, cases):
    """With as many clusters as cases nothing is lost to the degrees of freedom."""
    binomial = intervals.binomial(cases // 2, cases, 0.95, "clopper_pearson")
    assert intervals.clustered(0.5, 60, deff, 59, 0.95, "korn_graubard") == pytest.approx(binomial, rel=known.TOLERANCE)


@repeatable
@given(st.lists(st.integers(1, 60), min_size=1, max_size=20), st.floats(0, 0.99))
def test_the_design_effect_of_unequal_clusters_weighs_them_by_their_size(sizes, icc):
    """Kish's form with the coefficient of variation is the one with the sum of squared sizes."""
    cases, spread = sum(sizes), np.std(sizes) / np.mean(sizes)
    by_squares = 1 + (sum(size**2 for size in sizes) / cases - 1) * icc
    assert intervals.design_effect(icc, cases, len(sizes), spread) == pytest.approx(by_squares)


@repeatable
@given(count_of_cases(), confidence, binomial_method)
def test_a_binomial_interval_holds_the_share_and_stays_within_0_and_1(case, confidence, method):
    found = intervals.binomial(*case, confidence, method)
    share = case[0] / case[1]
    assert holds(found, (share, share))
    assert 0 <= found.lower <= found.upper <= 1


@repeatable
@given(some_clusters(), deff, confidence, clustered_method)
def test_a_clustered_interval_holds_the_share_and_stays_within_0_and_1(case, deff, confidence, method):
    share, n, df = case
    found = intervals.clustered(share, n, deff, df, confidence, method)
    assert holds(found, (share, share))
    assert 0 <= found.lower <= found.upper <= 1


@repeatable
@given(count_of_cases(), two_confidences, binomial_method)
def test_a_binomial_interval_widens_with_confidence(case, confidences, method):
    narrow, wide = (intervals.binomial(*case, confidence, method) for confidence in confidences)
    assert holds(wide, narrow)


@repeatable
@given(some_clusters(), deff, two_confidences, clustered_method)
def test_a_clustered_interval_widens_with_confidence(case, deff, confidences, method):
    share, n, df = case
    narrow, wide = (intervals.clustered(share, n, deff, df, confidence, method) for confidence in confidences)
    assert holds(wide, narrow)


@repeatable
@given(some_clusters(), st.tuples(deff, deff).map(sorted), confidence, clustered_method)
def test_a_clustered_interval_widens_with_the_design_effect(case, deffs, confidence, method):
    share, n, df = case
    narrow, wide = (intervals.clustered(share, n, deff, df, confidence, method) for deff in deffs)
    assert holds(wide, narrow)


@repeatable
@given(some_clusters(), deff, confidence, clustered_method)
def test_a_clustered_interval_narrows_with_more_clusters(case, deff, confidence, method):
    share, n, df = case
    few, more = (intervals.clustered(share, n, deff, freedom, confidence, method) for freedom in (df, df + 1))
    assert holds(few, more)


@repeatable
@given(count_of_cases(), confidence, binomial_method)
def test_the_interval_of_all_other_cases_is_the_mirror_image(case, confidence, method):
    count, n = case
    found, other = (intervals.binomial(k, n, confidence, method) for k in (count, n - count))
    assert (found.lower, found.upper) == pytest.approx((1 - other.upper, 1 - other.lower), abs=SLACK)


@repeatable
@given(count_of_cases(), st.integers(0, 40), confidence, binomial_method)
def test_a_union_holds_the_interval_of_each_of_its_counts(case, more, confidence, method):
    low, n = case
    counts = Counts(low, min(n, low + more))
    union = intervals.union(counts, n, confidence, method)
    assert all(holds(union, intervals.binomial(k, n, confidence, method)) for k in range(counts.low, counts.high + 1))
