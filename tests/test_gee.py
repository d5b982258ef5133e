import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import gee
from helpers.datapackage import resource_path
from helpers.errors import InputError
from tests import known

ANSWERS = known.read("gee")
MADE = known.read("gee_data")
# R gee stops its iteration at 1e-12; 1e-8 is wanted.
AGREED = 1e-10


def data_of(name):
    """Answers, design, clusters and weights of a data set of gee.R."""
    if name.startswith("synthetic "):
        column = name.removeprefix("synthetic ")
        table = pd.read_csv(resource_path("synthetic-cases")).dropna(subset=column)
        dummies = [table["care_group"] == group for group in ("in_care_inside", "in_care_outside")]
        design = np.column_stack([np.ones(len(table)), *dummies]).astype(float)
        return (table[column] == "yes").to_numpy(), design, pd.factorize(table["yot"])[0], None
    table = MADE[MADE["data"] == ("covariates" if name in ("weighted", "covariates one case each") else name)]
    design = table.filter(regex="^x").dropna(axis=1).to_numpy(dtype=float)
    clusters = np.arange(len(table)) if name == "covariates one case each" else table["cluster"].to_numpy()
    return table["yes"].to_numpy(dtype=bool), design, clusters, table["weight"].to_numpy() if name == "weighted" else None


def made(seed, clusters=20, most=12, effect=0.7):
    """Random answers with a cluster effect; three columns."""
    rng = np.random.default_rng(seed)
    of = np.repeat(np.arange(clusters), rng.integers(1, most + 1, clusters))
    design = np.column_stack([np.ones(len(of)), rng.random(len(of)) < 0.4, rng.normal(size=len(of))])
    return rng.random(len(of)) < 1 / (1 + np.exp(-0.4 - rng.normal(0, effect, clusters)[of])), design, of


@pytest.mark.parametrize(("name", "correlation"), list(ANSWERS.groupby(["data", "correlation"], sort=False).groups))
def test_everything_is_that_of_r(name, correlation):
    yes, design, clusters, weights = data_of(name)
    fit = gee.logit(yes, design, clusters, weights, correlation)
    answers = ANSWERS[(ANSWERS["data"] == name) & (ANSWERS["correlation"] == correlation)].set_index("quantity")["value"]
    p = len(fit.coefficients)
    assert fit.coefficients == pytest.approx(answers["coefficient"].to_numpy(), rel=AGREED, abs=AGREED)
    for ours, quantity in ((fit.covariance, "covariance"), (fit.robust, "robust")):
        assert ours == pytest.approx(answers[quantity].to_numpy().reshape(p, p, order="F"), rel=AGREED, abs=1e-12)
    assert (fit.clusters, fit.df) == (answers["clusters"], answers["df"])
    if correlation == "independence" or name == "covariates one case each":
        assert np.isnan(fit.correlation)
    else:
        assert fit.correlation == pytest.approx(answers["alpha"], abs=AGREED)
    if correlation == "exchangeable":
        assert fit.scale == pytest.approx(answers["scale"], rel=AGREED)


@pytest.mark.parametrize("name", ["synthetic planning_desistance", "tiny clusters", "negative correlation", "covariates"])
def test_everything_is_that_of_statsmodels(name):
    yes, design, clusters, _ = data_of(name)
    fit = gee.logit(yes, design, clusters)
    model = sm.GEE(
        yes.astype(float), design, groups=clusters, family=sm.families.Binomial(), cov_struct=sm.cov_struct.Exchangeable()
    )
    theirs = model.fit(cov_type="bias_reduced", ctol=1e-11, maxiter=500)
    assert fit.coefficients == pytest.approx(theirs.params, rel=AGREED, abs=AGREED)
    assert fit.covariance == pytest.approx(theirs.cov_params(), rel=AGREED, abs=1e-12)
    assert fit.robust == pytest.approx(theirs.cov_robust, rel=AGREED, abs=1e-12)
    assert fit.correlation == pytest.approx(model.cov_struct.dep_params, abs=AGREED)


def test_counts_weights_of_one_and_case_by_case_are_the_same_fit():
    yes, design, clusters = made(1)
    design[:, 2] = np.round(design[:, 2])
    table = pd.DataFrame(design, columns=list("abc")).assign(cluster=clusters, yes=yes)
    counts = table.groupby(["cluster", "a", "b", "c"])["yes"].agg(["sum", "count"]).reset_index()
    for correlation in gee.CORRELATIONS:
        fit = gee.logit(yes, design, clusters, correlation=correlation)
        columns = (counts["sum"], counts["count"], counts[["a", "b", "c"]].to_numpy(), counts["cluster"].to_numpy())
        for same in (
            gee.logit_of_counts(*columns, correlation),
            gee.logit_of_counts(yes.astype(float), np.ones(len(yes)), design, clusters, correlation),
        ):
            for ours, other in zip(fit, same, strict=True):
                assert ours == pytest.approx(other, rel=1e-9, abs=1e-12, nan_ok=True)
    weighted = gee.logit(yes, design, clusters, np.full(len(yes), 2.5), "independence")
    assert weighted.covariance == pytest.approx(fit.covariance, rel=1e-9)


@settings(deadline=None, derandomize=True, max_examples=25)
@given(st.integers(0, 10_000), st.floats(0.1, 50), st.floats(-30, 30))
def test_order_names_of_clusters_and_units_of_a_column_make_no_difference(seed, unit, zero):
    yes, design, clusters = made(seed)
    try:
        fit = gee.logit(yes, design, clusters)
    except gee.NotEstimable:
        return
    order = np.random.default_rng(seed).permutation(len(yes))
    moved = design.copy()
    moved[:, 2] = unit * design[:, 2] + zero
    other = gee.logit(yes[order], moved[order], 1000 - 7 * clusters[order])
    assert other.correlation == pytest.approx(fit.correlation, abs=1e-9)
    assert other.coefficients[1] == pytest.approx(fit.coefficients[1], abs=1e-8)
    assert other.coefficients[2] * unit == pytest.approx(fit.coefficients[2], abs=1e-8)
    assert other.covariance[1, 1] == pytest.approx(fit.covariance[1, 1], rel=1e-6)
    assert other.covariance[2, 2] * unit**2 == pytest.approx(fit.covariance[2, 2], rel=1e-6)


@settings(deadline=None, derandomize=True, max_examples=25)
@given(st.integers(0, 10_000))
def test_no_and_yes_may_change_places_and_the_corrected_error_is_the_greater(seed):
    yes, design, clusters = made(seed)
    try:
        fit = gee.logit(yes, design, clusters)
    except gee.NotEstimable:
        return
    other = gee.logit(~yes, design, clusters)
    assert other.coefficients == pytest.approx(-fit.coefficients, abs=1e-9)
    assert other.covariance == pytest.approx(fit.covariance, rel=1e-7, abs=1e-10)
    if fit.correlation >= 0:
        assert (np.diag(fit.covariance) > np.diag(fit.robust)).all()


def test_groups_alone_under_independence_have_the_logits_of_their_shares():
    yes, design, clusters = made(3)
    fit = gee.logit(yes, design[:, :2], clusters, correlation="independence")
    shares = np.array([yes[design[:, 1] == 0].mean(), yes[design[:, 1] == 1].mean()])
    logits = np.log(shares / (1 - shares))
    assert fit.coefficients == pytest.approx([logits[0], logits[1] - logits[0]], abs=1e-12)


def test_a_million_cases_take_the_time_of_their_patterns():
    rng = np.random.default_rng(5)
    clusters, group = rng.integers(0, 150, 1_000_000), rng.integers(0, 3, 1_000_000)
    design = np.column_stack([np.ones(len(group)), group == 1, group == 2]).astype(float)
    fit = gee.logit(rng.random(len(group)) < 0.6 + 0.05 * group, design, clusters)
    assert np.abs(fit.correlation) < 1e-3 and fit.df == 147
    # Without likeness in clusters the error is that of the cases.
    assert np.sqrt(fit.covariance[0, 0]) == pytest.approx(1 / np.sqrt(1e6 / 3 * 0.6 * 0.4), rel=0.3)


# --- what cannot be estimated


def reason_of(*given, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(gee.NotEstimable) as caught:
            gee.logit(*given, **options)
    return caught.value.reason


def test_columns_that_follow_from_others_are_refused():
    yes, design, clusters = made(1)
    assert "independent of each other" in reason_of(yes, np.column_stack([design, 2 * design[:, 1] - 1]), clusters)
    assert "independent of each other" in reason_of(yes, np.column_stack([design, np.zeros(len(yes))]), clusters)


def test_as_many_coefficients_as_clusters_are_refused():
    yes, design, clusters = made(1, clusters=3)
    assert "3 clusters are too few for 3 coefficients; 4 are the least" in reason_of(yes, design, clusters)


@pytest.mark.parametrize("correlation", gee.CORRELATIONS)
def test_separation_is_told_from_a_strong_effect(correlation):
    yes, design, clusters = made(2)
    assert "separation" in reason_of(np.zeros(len(yes), dtype=bool), design, clusters, correlation=correlation)
    half = yes.copy()
    half[design[:, 1] == 1] = True
    assert "separation" in reason_of(half, design, clusters, correlation=correlation)
    assert "separation" in reason_of(design[:, 2] > 0.3, design, clusters, correlation=correlation)
    # One case on the other side of a distant one: fitted chances of nearly 0, and an estimate.
    strong = np.column_stack([np.ones(len(yes)), 40 * design[:, 2]])
    nearly = design[:, 2] > 0.3
    nearly[np.argsort(design[:, 2])[len(yes) // 2]] ^= True
    assert np.isfinite(gee.logit(nearly, strong, clusters, correlation="independence").coefficients).all()


def test_one_cluster_that_alone_determines_a_coefficient_is_refused():
    yes, design, clusters = made(4)
    alone = np.where(clusters == np.bincount(clusters).argmax(), yes ^ (np.arange(len(yes)) % 3 > 0), 0.0)
    assert "one cluster alone" in reason_of(yes, np.column_stack([design[:, 0], alone]), clusters)


def test_a_correlation_that_the_largest_cluster_cannot_have_is_refused_and_independence_still_does():
    # 40 pairs of one yes and one no, and 60 cases in one cluster.
    yes = np.r_[np.tile([True, False], 40), np.arange(60) % 3 > 0]
    clusters = np.r_[np.repeat(np.arange(40), 2), np.full(60, 99)]
    design = np.ones((len(yes), 1))
    with pytest.raises(gee.CorrelationNotEstimable, match="impossible in a cluster as large as the largest"):
        gee.logit(yes, design, clusters)
    assert np.isnan(gee.logit(yes, design, clusters, correlation="independence").correlation)


def test_too_few_pairs_are_refused():
    yes, design, clusters = made(6, most=1)
    clusters[1] = clusters[0]
    with pytest.raises(gee.CorrelationNotEstimable, match="too few pairs"):
        gee.logit(yes, design, clusters)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"weights": np.ones(3)}, "weighted only with correlation='independence'"),
        ({"weights": np.ones(3), "correlation": "independence"}, "each of the"),
        ({"weights": "zero", "correlation": "independence"}, "finite weight above 0"),
        ({"correlation": "exchangable"}, "did you mean 'exchangeable'"),
        ({"design": np.ones((4, 2))}, "have a row a case"),
        ({"design": "nan"}, "no number may be missing"),
        ({"yes": "two"}, "yes or no"),
        ({"yes": np.zeros(0), "design": np.zeros((0, 1)), "clusters": np.zeros(0)}, "needs a case"),
    ],
)
def test_bad_input_is_refused_in_one_line(change, text):
    yes, design, clusters = made(1)
    special = {"zero": np.zeros(len(yes)), "nan": np.full(design.shape, np.nan), "two": yes + 1.0}
    change = {name: special.get(value, value) if isinstance(value, str) else value for name, value in change.items()}
    with pytest.raises(InputError, match=text) as caught:
        gee.logit(**({"yes": yes, "design": design, "clusters": clusters} | change))
    assert "\n" not in str(caught.value)


def test_more_yes_than_cases_is_refused():
    with pytest.raises(InputError, match="between 0 and the number of cases"):
        gee.logit_of_counts(np.array([3.0]), np.array([2.0]), np.ones((1, 1)), np.array([0]))
    with pytest.raises(InputError, match="needs a case"):
        gee.logit_of_counts(np.zeros(2), np.zeros(2), np.ones((2, 1)), np.array([0, 1]))
