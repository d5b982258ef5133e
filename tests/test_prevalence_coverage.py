import numpy as np
import pandas as pd
import pytest

from bench import prevalence_coverage as bench
from helpers import intervals, shares

COLUMNS = ["rho", "method", "coverage", "monte_carlo_error", "mean_width", "runs", "cases", "services", "true_share", "level"]
COLUMNS += ["seed", "evidence"]
FEW = 2_000


@pytest.fixture(scope="module")
def committed():
    return pd.read_csv(bench.FILE)


@pytest.fixture(scope="module", params=bench.RHOS)
def both(request, committed):
    """A few runs from another seed, and the committed rows."""
    rows = committed[committed["rho"] == request.param].set_index("method")
    return bench.coverage(request.param, FEW, seed=7).set_index("method"), rows


def test_the_committed_table_has_each_correlation_and_kind_of_limits_once(committed):
    assert list(committed.columns) == COLUMNS
    keys = [(rho, method) for rho in bench.RHOS for method in bench.METHODS]
    assert list(zip(committed["rho"], committed["method"], strict=True)) == keys
    assert set(committed["evidence"]) == {"synthetic"}


def test_the_committed_table_is_of_the_services_of_the_synthetic_cases(committed):
    sizes = bench.service_sizes()
    assert (sizes.sum(), len(sizes)) == (1253, 42) == tuple(committed.loc[0, ["cases", "services"]])
    assert sizes.std() > 5
    for name, value in (("runs", bench.RUNS), ("seed", bench.SEED), ("true_share", 0.26), ("level", 0.95)):
        assert committed[name].eq(value).all()


def test_the_monte_carlo_error_is_that_of_a_share_of_the_runs(committed):
    error = np.sqrt(committed["coverage"] * (1 - committed["coverage"]) / committed["runs"])
    np.testing.assert_allclose(committed["monte_carlo_error"], error)


def test_a_few_runs_cover_as_often_as_the_committed_ones_within_chance(both):
    few, rows = both
    error = np.sqrt(rows["coverage"] * (1 - rows["coverage"]) * (1 / FEW + 1 / rows["runs"]))
    assert ((few["coverage"] - rows["coverage"]).abs() <= 4 * error).all()


def test_a_few_runs_have_limits_as_wide_as_the_committed_ones(both):
    few, rows = both
    assert (few["mean_width"] / rows["mean_width"]).between(0.98, 1.02).all()


@pytest.mark.parametrize("method", [bench.LOGIT_T, bench.KORN_GRAUBARD])
def test_limits_that_know_the_cases_meet_their_target(committed, method):
    rows = committed[(committed["method"] == method) & (committed["rho"] > 0)]
    assert len(rows) == 3 and rows["coverage"].between(0.94, 0.96).all()


def test_limits_that_ignore_services_hold_the_truth_less_and_less_often(committed):
    found = committed[committed["method"] == bench.WILSON]["coverage"]
    assert found.is_monotonic_decreasing
    assert found.iloc[0] > 0.94 and found.iloc[-1] < 0.66


def test_the_limits_of_a_run_are_those_that_the_notebooks_give():
    """A list of cases with the counts of a run, by way of `shares.of_domain`."""
    sizes = bench.service_sizes()
    yes = bench.cases_in_care(sizes, 0.05, 3, seed=11)
    found = bench.case_limits(yes, sizes)
    codes = np.repeat(np.arange(len(sizes)), sizes)
    for run, counts in enumerate(yes):
        cases = np.concatenate([np.arange(size) < count for size, count in zip(sizes, counts, strict=True)])
        row = shares.of_domain(pd.Series(cases, dtype="boolean"), codes, len(sizes), 0.95)
        exact = intervals.clustered(row["estimate"], row["base"], row["deff"], row["df"], 0.95, "korn_graubard")
        for method, limits in ((bench.LOGIT_T, (row["lower"], row["upper"])), (bench.KORN_GRAUBARD, exact)):
            assert [limit[run] for limit in found[method]] == pytest.approx(limits, rel=1e-10)


def test_the_headline_limits_are_those_of_the_letter():
    for count in (320, 326, 332):
        assert bench.headline_limits(count, 1253, 42) == pytest.approx((0.2171108345, 0.3066607744), rel=1e-9)


def test_the_cases_of_a_service_have_the_correlation_asked_for():
    sizes = np.full(50, 30)
    yes = bench.cases_in_care(sizes, 0.1, 2_000, seed=3) / 30
    share = bench.TRUE_SHARE
    assert yes.mean() == pytest.approx(share, abs=0.003)
    assert yes.var() == pytest.approx(share * (1 - share) * (0.1 + 0.9 / 30), rel=0.03)


def test_the_report_says_of_each_coverage_whether_it_is_as_wanted(committed):
    lines = list(bench.report(committed))
    assert len(lines) == 2 + len(committed)
    assert all(line.endswith(("met |", "missed |", "no target |")) for line in lines[2:])
    assert sum(line.endswith("no target |") for line in lines) == 4 + 3
