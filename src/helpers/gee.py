"""Logistic regression of yes/no answers in clusters by generalised estimating equations, worked out from counts.

With an exchangeable correlation alpha a cluster of n cases has ``R^-1 = (I - 11' alpha / (1 + (n - 1) alpha)) / (1 - alpha)``,
so the equations need sums over clusters and no matrix of cases by cases. The scale and ``1 - alpha`` cancel in them.
"""

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy import linalg, optimize, special

from helpers.errors import InputError, did_you_mean

Correlation = Literal["exchangeable", "independence"]
CORRELATIONS: tuple[Correlation, ...] = ("exchangeable", "independence")
_STEPS = 200
# Of the squared length of a step in standard errors, so that units of the design do not matter.
_CONVERGED = 1e-22
# A longer step, on the logit scale, is cut to this: Newton's method may overshoot from a poor start.
_LONGEST = 2.0
# Answers predicted better than this may be separated; a linear programme then decides.
_EXTREME_LOGIT = 15.0


class NotEstimable(Exception):  # noqa: N818 (no error of the user: the data do not bear the estimate)
    """The data cannot bear the estimate; `reason` says why, in words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CorrelationNotEstimable(NotEstimable):
    """Only the exchangeable correlation fails: independence may still do."""


class Fit(NamedTuple):
    """What a regression found.

    coefficients (p,) on the logit scale; their covariance (p, p) by Mancl and DeRouen (2001), and by the plain sandwich
    (`robust`); correlation alpha and scale phi (nan where they are not estimated); number of clusters; df: clusters - p.
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    robust: np.ndarray
    correlation: float
    clusters: int
    df: int
    scale: float


class _Patterns(NamedTuple):
    """Counts of yes and of cases by distinct cluster and design row, sorted by cluster."""

    yes: np.ndarray
    cases: np.ndarray
    design: np.ndarray
    starts: np.ndarray
    sizes: np.ndarray

    def by_cluster(self, values: np.ndarray) -> np.ndarray:
        return np.add.reduceat(values, self.starts, axis=0)


class _Equations(NamedTuple):
    scores: np.ndarray  # (J, p): contribution of each cluster
    information: np.ndarray  # (p, p)


def logit(
    yes: np.ndarray,
    design: np.ndarray,
    clusters: np.ndarray,
    weights: np.ndarray | None = None,
    correlation: Correlation = "exchangeable",
) -> Fit:
    """Logistic GEE of cases (Liang and Zeger 1986); see `logit_of_counts`, which it calls.

    Parameters
    ----------
    yes : ndarray of bool, shape (n,)
    design : ndarray of float, shape (n, p)
        With a column of ones where an intercept is wanted.
    clusters : ndarray of int, shape (n,)
        In any order.
    weights : ndarray of float, shape (n,), optional
        Above 0, with independence only.
    correlation : {"exchangeable", "independence"}

    Raises
    ------
    InputError
        Weights with an exchangeable correlation, weights not above 0, or what `logit_of_counts` refuses.
    NotEstimable
        As `logit_of_counts`.
    """
    yes, design, clusters = np.asarray(yes, dtype=float), np.asarray(design, dtype=float), np.asarray(clusters)
    _check(yes, design, clusters)
    if not np.isin(yes, (0, 1)).all():
        raise InputError("yes: an answer is yes or no; leave out the cases without one")
    count = np.ones(len(yes)) if weights is None else np.asarray(weights, dtype=float)
    if weights is not None:
        if correlation != "independence":
            raise InputError("weights: cases can be weighted only with correlation='independence'")
        if count.shape != yes.shape or not (np.isfinite(count).all() and (count > 0).all()):
            raise InputError(f"weights: each of the {len(yes)} cases needs a finite weight above 0")
    # Column by column: sorting whole rows takes much longer.
    pattern = pd.factorize(clusters)[0]
    for column in design.T:
        code, values = pd.factorize(column)
        pattern = pd.factorize(pattern * len(values) + code)[0]
    _, first = np.unique(pattern, return_index=True)
    return logit_of_counts(
        np.bincount(pattern, yes * count), np.bincount(pattern, count), design[first], clusters[first], correlation
    )


def logit_of_counts(
    yes: np.ndarray,
    cases: np.ndarray,
    design: np.ndarray,
    clusters: np.ndarray,
    correlation: Correlation = "exchangeable",
) -> Fit:
    """Logistic GEE of counts by cluster and design row (Liang and Zeger 1986).

    Scale and correlation are the moment estimators of R ``gee`` and statsmodels: ``phi = sum e^2 / (N - p)`` of the Pearson
    residuals e, and alpha the sum of the products of pairs within clusters over ``phi (pairs - p)``.

    Covariance of Mancl and DeRouen (2001): each cluster's residuals r are divided by I - H. With ``u = D'V^-1 r`` and
    ``B = D'V^-1 D`` of the cluster and ``M`` the sum of all B, this is the sum of ``w w'``, ``w = (M - B)^-1 u``.

    Boundary cases, in this order: a design that is not of full rank, and clusters no more than coefficients, cannot be
    estimated; likewise answers that the design separates; one cluster that alone determines a coefficient (M - B singular).
    Where every cluster has one case, the correlation has no part and is nan; too few pairs, a correlation
    outside (-1 / (greatest size - 1), 1), or no convergence with it, is `CorrelationNotEstimable`.

    Parameters
    ----------
    yes, cases : ndarray of float, shape (m,)
        Yes answers, and all. With independence they may be sums of weights.
    design : ndarray of float, shape (m, p)
    clusters : ndarray of int, shape (m,)
        In any order.
    correlation : {"exchangeable", "independence"}

    Raises
    ------
    InputError
        Shapes that do not fit, a number that is missing, more yes than cases, no cases, or an unknown correlation.
    NotEstimable
        The boundary cases.
    """
    yes, cases, design = (np.asarray(values, dtype=float) for values in (yes, cases, design))
    clusters = np.asarray(clusters)
    _check(yes, design, clusters)
    if correlation not in CORRELATIONS:
        raise InputError(f"there is no correlation {correlation!r}; {did_you_mean(correlation, CORRELATIONS)}")
    if cases.shape != yes.shape or not ((yes >= 0) & (yes <= cases) & np.isfinite(cases)).all():
        raise InputError("yes: lies between 0 and the number of cases, row by row")
    data = _sorted(yes, cases, design, clusters)
    p, number = data.design.shape[1], len(data.sizes)
    if rank(data.design, data.cases) < p:
        raise NotEstimable("the columns of the design are not independent of each other")
    if number <= p:
        raise NotEstimable(f"{number} clusters are too few for {p} coefficients; {p + 1} are the least")
    coefficients = _independent(data)
    alpha = 0.0
    scale = estimate = np.nan
    if correlation == "exchangeable":
        if (data.sizes > 1).any():
            coefficients = _scoring(data, coefficients, exchangeable=True)
            alpha = estimate = _correlation(data, coefficients)
        scale = _moments(data, coefficients)[0]
    return Fit(coefficients, *_covariances(data, coefficients, alpha), estimate, number, number - p, scale)


def rank(design: np.ndarray, cases: np.ndarray) -> int:
    """Rank of a design whose rows stand for so many cases; columns nearer to dependence than 1e-6 (as a sine) are dependent."""
    gram = design.T @ (cases[:, None] * design)
    length = np.sqrt(np.diag(gram))
    if not length.all():
        nonzero = length > 0
        return rank(design[:, nonzero], cases) if nonzero.any() else 0
    return int((np.linalg.eigvalsh(gram / np.outer(length, length)) > 1e-12).sum())


def _check(yes: np.ndarray, design: np.ndarray, clusters: np.ndarray) -> None:
    if yes.ndim != 1 or design.ndim != 2 or len(design) != len(yes) or clusters.shape != yes.shape:
        raise InputError(f"yes, design and clusters have a row a case; shapes are {yes.shape}, {design.shape}, {clusters.shape}")
    if not len(yes) or not design.shape[1]:
        raise InputError("a regression needs a case and a column of the design")
    if not (np.isfinite(yes).all() and np.isfinite(design).all()):
        raise InputError("yes and design: no number may be missing; leave out the cases without one")


def _sorted(yes: np.ndarray, cases: np.ndarray, design: np.ndarray, clusters: np.ndarray) -> _Patterns:
    order = np.argsort(clusters, kind="stable")
    order = order[cases[order] > 0]
    if not len(order):
        raise InputError("a regression needs a case")
    _, starts = np.unique(clusters[order], return_index=True)
    return _Patterns(yes[order], cases[order], design[order], starts, np.add.reduceat(cases[order], starts))


def _independent(data: _Patterns) -> np.ndarray:
    """Ordinary logistic regression."""
    try:
        coefficients = _scoring(data, np.zeros(data.design.shape[1]), exchangeable=False)
    except NotEstimable:
        if _separated(data):
            coefficients = None
        else:
            raise
    else:
        if np.abs(data.design @ coefficients).max() > _EXTREME_LOGIT and _separated(data):
            coefficients = None
    if coefficients is None:
        raise NotEstimable("the columns of the design predict some answers with certainty (separation)")
    return coefficients


def _scoring(data: _Patterns, start: np.ndarray, exchangeable: bool) -> np.ndarray:
    """Solve the equations by Fisher scoring, with the correlation estimated anew at each step."""
    failed = CorrelationNotEstimable if exchangeable else NotEstimable
    coefficients = start
    for _ in range(_STEPS):
        alpha = _correlation(data, coefficients) if exchangeable else 0.0
        equations = _equations(data, coefficients, alpha)
        score = equations.scores.sum(axis=0)
        try:
            step = np.linalg.solve(equations.information, score)
        except np.linalg.LinAlgError:
            break
        length = score @ step
        if not np.isfinite(length):
            break
        coefficients = coefficients + step * min(1.0, _LONGEST / max(np.abs(data.design @ step).max(), _LONGEST))
        if abs(length) < _CONVERGED:
            return coefficients
    raise failed("the estimating equations have no solution that the iteration finds")


def _pearson(data: _Patterns, coefficients: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means and standard deviations of one answer, and residuals summed over the cases, of each pattern."""
    mean = special.expit(data.design @ coefficients)
    deviation = np.sqrt(np.maximum(mean * (1 - mean), np.finfo(float).tiny))
    return mean, deviation, data.yes - data.cases * mean


def _equations(data: _Patterns, coefficients: np.ndarray, alpha: float) -> _Equations:
    _, deviation, residual = _pearson(data, coefficients)
    scores = data.by_cluster(residual[:, None] * data.design)
    information = data.design.T @ ((data.cases * deviation**2)[:, None] * data.design)
    if alpha:
        shared = data.by_cluster((data.cases * deviation)[:, None] * data.design)
        shrink = _shrink(data, alpha)
        scores = scores - (shrink * data.by_cluster(residual / deviation))[:, None] * shared
        information = information - (shrink[:, None] * shared).T @ shared
    return _Equations(scores, information)


def _shrink(data: _Patterns, alpha: float) -> np.ndarray:
    return alpha / (1 + (data.sizes - 1) * alpha)


def _moments(data: _Patterns, coefficients: np.ndarray) -> tuple[float, float]:
    """Scale, and the sum over all pairs within clusters of the products of their Pearson residuals."""
    mean, deviation, residual = _pearson(data, coefficients)
    squares = ((data.yes * (1 - mean) ** 2 + (data.cases - data.yes) * mean**2) / deviation**2).sum()
    pairs = ((data.by_cluster(residual / deviation) ** 2).sum() - squares) / 2
    return squares / (data.cases.sum() - data.design.shape[1]), pairs


def _correlation(data: _Patterns, coefficients: np.ndarray) -> float:
    pairs = (data.sizes * (data.sizes - 1)).sum() / 2 - data.design.shape[1]
    if pairs <= 0:
        raise CorrelationNotEstimable("too few pairs of cases lie in one cluster to estimate their correlation")
    scale, products = _moments(data, coefficients)
    alpha = products / (scale * pairs)
    if not -1 / (data.sizes.max() - 1) < alpha < 1:
        raise CorrelationNotEstimable(
            f"the correlation within clusters, {alpha:.3g}, is impossible in a cluster as large as the largest"
        )
    return float(alpha)


def _covariances(data: _Patterns, coefficients: np.ndarray, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """Mancl and DeRouen's covariance and the plain sandwich."""
    scores, information = _equations(data, coefficients, alpha)
    _, deviation, _ = _pearson(data, coefficients)
    weighted = (data.cases * deviation**2)[:, None] * data.design
    own = np.stack([data.by_cluster(weighted * column[:, None]) for column in data.design.T], axis=1)
    if alpha:
        shared = data.by_cluster((data.cases * deviation)[:, None] * data.design)
        own = own - _shrink(data, alpha)[:, None, None] * shared[:, :, None] * shared[:, None, :]
    try:
        root = linalg.solve_triangular(linalg.cholesky(information, lower=True), np.eye(len(information)), lower=True)
    except linalg.LinAlgError:
        raise NotEstimable("the estimating equations do not determine every coefficient") from None
    if np.linalg.eigvalsh(root @ own @ root.T)[:, -1].max() > 1 - 1e-10:
        raise NotEstimable("one cluster alone determines a coefficient, so its error cannot be estimated")
    corrected = np.linalg.solve(information - own, scores[:, :, None])[:, :, 0]
    plain = np.linalg.solve(information, scores.T).T
    return corrected.T @ corrected, plain.T @ plain


def _separated(data: _Patterns) -> bool:
    """Whether some combination of columns is never below 0 for a yes nor above it for a no, and not 0 for all (Konis 2007)."""
    design = data.design / np.abs(data.design).max(axis=0)
    all_yes, all_no = data.yes == data.cases, data.yes == 0
    one_way = np.concatenate([design[all_yes], -design[all_no]])
    if not len(one_way):
        return False
    mixed = design[~(all_yes | all_no)]
    equal = {"A_eq": mixed, "b_eq": np.zeros(len(mixed))} if len(mixed) else {}
    found = optimize.linprog(-one_way.sum(axis=0), A_ub=-one_way, b_ub=np.zeros(len(one_way)), bounds=(-1, 1), **equal)
    return bool(found.status == 0 and -found.fun > 1e-6 * len(design))
