from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import intervals, prevalence, sensitivity
from helpers.errors import InputError
from helpers.rounding import Counts
from tests import known

repeatable = settings(deadline=None, derandomize=True, max_examples=20)
SLACK = 1e-9
GRID = ["per_cent", "base", "services", "icc", "level", "in_all"]
KEY = ["assumption", "value"]
NUMBERS = ["count_low", "count_high", "n", "deff", "df", "lower", "upper"]
ICCS = [0, 0.02, 0.05, 0.1]


def table(per_cent=26, n=1253, clusters=42, icc=0.05, confidence=0.95, iccs=ICCS, bases=(), in_all=154):
    return sensitivity.table("made", per_cent, n, clusters, icc, confidence, iccs, bases, in_all, "supplied")


def row(found, assumption, value):
    return found.set_index(KEY).loc[(assumption, str(value))]


@pytest.fixture(scope="module")
def letter():
    return table(bases=[1000, 1253, 2000])


@st.composite
def printed(draw):
    """A whole per cent that the cases can give, the cases, and their services."""
    n = draw(st.integers(20, 3000))
    count = draw(st.integers(1, n - 1))
    per_cent = (200 * count + n) // (2 * n)
    return {"per_cent": per_cent, "n": n, "clusters": draw(st.integers(2, min(n, 60)))}


@pytest.mark.parametrize("grid", list(known.read("sensitivity").groupby(GRID, sort=False)), ids=lambda grid: str(grid[0]))
def test_every_row_agrees_with_r(grid):
    (per_cent, n, services, icc, level, in_all), answers = grid
    bases = answers.loc[answers["assumption"] == "cases", "n"].tolist()
    ours = table(per_cent, n, services, icc, level, ICCS, bases, in_all)
    assert ours[KEY].to_numpy().tolist() == answers[KEY].to_numpy().tolist()
    ours, answers = (found[NUMBERS].to_numpy(dtype=float, na_value=np.nan) for found in (ours, answers))
    np.testing.assert_allclose(ours, answers, rtol=known.TOLERANCE)


def test_the_headline_is_the_one_of_the_estimates(letter):
    estimates = prevalence.share_estimates("made", 26, 1253, 42, ICCS, 0.95, "supplied")
    theirs, ours = prevalence.headline(estimates, "made", 0.05), row(letter, "headline", "unchanged")
    same = ["claim", "count_low", "count_high", "n", "deff", "n_effective", "estimate", "lower", "upper", "level", "evidence"]
    assert ours[same].tolist() == theirs[same].tolist()


@pytest.mark.parametrize("icc", [0, 0.02, 0.1])
def test_another_correlation_gives_the_headline_that_it_would_give(letter, icc):
    estimates = prevalence.share_estimates("made", 26, 1253, 42, ICCS, 0.95, "supplied")
    found = prevalence.headline(estimates, "made", icc)
    assert (
        row(letter, "correlation", f"{icc:g}")[["deff", "lower", "upper"]].tolist() == found[["deff", "lower", "upper"]].tolist()
    )


def test_the_table_has_its_columns_and_types(letter):
    assert list(letter.columns) == sensitivity.COLUMNS
    assert letter.dtypes[["count_low", "clusters", "df", "width"]].astype(str).tolist() == [
        "Int64",
        "Int64",
        "float64",
        "float64",
    ]
    assert not letter.duplicated(KEY).any()


def test_each_row_says_in_one_sentence_what_differs(letter):
    assert letter["note"].str.fullmatch(r"[A-Z].*[^.]\.").all()
    assert letter["note"].is_unique


def test_the_estimate_is_the_printed_share_and_the_width_that_of_the_limits(letter):
    assert letter["estimate"].eq(0.26).all()
    assert letter["width"].eq(letter["upper"] - letter["lower"]).all()


def test_the_correlation_and_base_of_the_headline_stand_only_once(letter):
    found = letter.groupby("assumption")["value"].agg(list)
    assert found["correlation"] == ["0", "0.02", "0.1"]
    assert found["cases"] == ["1000", "2000"]


def test_cut_off_decimals_are_other_counts(letter):
    assert row(letter, "rounding", "truncated")[["count_low", "count_high"]].tolist() == [326, 338]


def test_counts_that_no_cut_gives_leave_a_row_that_says_so():
    found = row(table(29, 7, 3), "rounding", "truncated")
    assert found[["count_low", "count_high", "lower", "upper", "width"]].isna().all()
    assert found["note"] == "No count of 7 cases gives 29% if decimals are cut off and not rounded."


def test_when_all_services_were_inspected_only_rounding_is_left():
    found = row(table(in_all=42), "finite_population", 42)
    assert found[["lower", "upper"]].tolist() == [320 / 1253, 332 / 1253]
    assert found["deff"] == 0 and np.isinf(found["n_effective"]) and np.isnan(found["df"])
    assert "only rounding is left" in found["note"]


def test_very_many_services_are_the_headline():
    found = table(in_all=10**12)
    finite, headline = row(found, "finite_population", 10**12), row(found, "headline", "unchanged")
    assert finite[["lower", "upper"]].tolist() == pytest.approx(headline[["lower", "upper"]].tolist(), rel=1e-9)


def test_methods_that_ignore_services_name_none(letter):
    ignoring = letter[letter["value"].isin(intervals.BINOMIAL_METHODS)]
    assert len(ignoring) == 3
    assert ignoring[["clusters", "df"]].isna().all(axis=None)
    assert ignoring["deff"].eq(1).all() and ignoring["n_effective"].eq(1253).all()


@pytest.mark.parametrize(("per_cent", "limit"), [(0, "lower"), (100, "upper")])
def test_nobody_and_everybody_have_a_row_of_each_kind(per_cent, limit):
    found = table(per_cent)
    assert found[limit].eq(per_cent / 100).all()
    assert found["width"].gt(0).sum() >= len(found) - 1


@pytest.mark.parametrize(
    ("values", "says"),
    [
        pytest.param({"in_all": 41}, "42 services.* 41", id="fewer services in all"),
        pytest.param({"in_all": float("nan")}, "42 services.* nan", id="no number of services in all"),
        pytest.param({"bases": [41]}, "41", id="base below the services"),
        pytest.param({"bases": [7], "clusters": 3}, "26% cannot come from 7 cases", id="base that cannot give it"),
        pytest.param({"n": 7, "clusters": 3}, "26% cannot come from 7 cases", id="headline that cannot give it"),
        pytest.param({"clusters": 1}, "one cluster", id="one service"),
        pytest.param({"clusters": 1254, "in_all": 2000}, "1254 for 1253", id="more services than cases"),
        pytest.param({"icc": 1}, "correlation", id="headline's correlation 1"),
        pytest.param({"iccs": [-0.1]}, "correlation", id="correlation below 0"),
        pytest.param({"confidence": 95}, "confidence", id="confidence as a per cent"),
        pytest.param({"per_cent": 101}, "whole per cent", id="per cent above 100"),
    ],
)
def test_what_cannot_be_is_refused(values, says):
    with pytest.raises(InputError, match=says):
        table(**values)


@repeatable
@given(printed(), st.floats(0, 0.3), st.floats(0.5, 0.99), st.integers(0, 300))
def test_each_departure_moves_the_interval_the_way_it_must(case, icc, confidence, more):
    found = table(**case, icc=icc, confidence=confidence, iccs=[], in_all=case["clusters"] + more).set_index(KEY)
    headline = found.loc[("headline", "unchanged")]

    def within(inner, outer):
        return outer["lower"] <= inner["lower"] + SLACK and inner["upper"] <= outer["upper"] + SLACK

    sizes = [headline, *(found.loc[("service_sizes", f"{cv:g}")] for cv in sensitivity.SIZE_CVS)]
    assert all(within(narrow, wide) for narrow, wide in pairwise(sizes))
    for assumption in ("finite_population", "degrees_of_freedom"):
        assert within(found.loc[assumption].iloc[0], headline)
    # With a correlation of 0 or more the effective number is never above n.
    assert found.loc[("truncation", "at_most_n"), ["lower", "upper"]].tolist() == headline[["lower", "upper"]].tolist()


@repeatable
@given(st.integers(0, 100), st.integers(1, 3000))
def test_counts_whose_decimals_are_cut_off_are_all_that_give_the_per_cent(per_cent, n):
    counts = [k for k in range(n + 1) if 100 * k // n == per_cent]
    assert sensitivity.counts_if_cut_off(per_cent, n) == (Counts(counts[0], counts[-1]) if counts else None)


def test_spans_of_several_bases():
    found = sensitivity.spans(26, [1000, 1253])
    answer = [(1000, 255, 264, 0.255, 0.264), (1253, 320, 332, 320 / 1253, 332 / 1253)]
    pd.testing.assert_frame_equal(
        found, pd.DataFrame(answer, columns=["n", "count_low", "count_high", "share_low", "share_high"])
    )


@repeatable
@given(st.integers(0, 100), st.integers(101, 100_000))
def test_the_shares_span_less_than_a_point_whatever_the_base(per_cent, n):
    found = sensitivity.spans(per_cent, [n]).squeeze()
    assert 0 <= found["share_high"] - found["share_low"] < 0.01
    assert found[["share_low", "share_high"]].sub(per_cent / 100).abs().max() <= 0.005 + SLACK


def test_a_base_that_cannot_give_the_per_cent_has_no_span():
    with pytest.raises(InputError, match="50% cannot come from 7 cases"):
        sensitivity.spans(50, [1253, 7])
