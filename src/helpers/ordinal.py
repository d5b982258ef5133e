"""How many of the four standards a case meets, and how groups of cases differ in it."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy import special, stats

from helpers.errors import InputError, did_you_mean
from helpers.ratings import LOWEST, QUESTIONS, STANDARDS
from helpers.shares import BLANK, groups_of, judgements_of

Measure = Literal["relative_effect", "proportional_odds"]
COLUMNS = ["group", "reference", "cases", "reference_cases", "median", "reference_median", "measure"]
COLUMNS += ["estimate", "se", "df", "lower", "upper", "level", "note"]
# A step this small, on the scale of logits, no longer shows in the last digits.
_CLOSE = 1e-13
_MOST_STEPS = 100


class Compared(NamedTuple):
    """A comparison of two groups; what could not be worked out is nan, and `note` says why."""

    estimate: float
    se: float
    df: int
    lower: float
    upper: float
    note: str


def columns_of(cases: pd.DataFrame) -> dict[str, list[str]]:
    """The columns that judge each standard: its key questions where the list has them, else its own.

    Second readings and other columns that start with the name of a standard are none of them.

    Parameters
    ----------
    cases : DataFrame
        Inspected cases as `helpers.cases.read` gives them.
    """
    judged = judgements_of(cases)
    questions = {name: [judged[name, question] for question in QUESTIONS if (name, question) in judged] for name in STANDARDS}
    return {name: found or [name] * ((name, LOWEST) in judged) for name, found in questions.items()}


def question_of(column: str) -> str:
    """The key question that a column judges, or ``lowest`` where it judges the whole standard."""
    return column.partition("_")[2] or LOWEST


def standard_met(cases: pd.DataFrame, standard: str) -> pd.Series:
    """Whether each case meets a standard: every key question that applies to it is sufficient.

    This is our own definition; the rating of a service goes by its lowest key question over cases, not by single cases.

    Parameters
    ----------
    cases : DataFrame
        As for `columns_of`.
    standard : str

    Returns
    -------
    Series of boolean
        Missing where no key question applies, or the list does not judge the standard.
    """
    judged = cases[columns_of(cases)[standard]].astype("boolean")
    met = judged.fillna(True).all(axis=1).astype("boolean")
    return met.where(judged.notna().any(axis=1)).rename(standard)


def standards_met(cases: pd.DataFrame) -> pd.Series:
    """The number of standards that each case meets, 0 to 4, by `standard_met`.

    Returns
    -------
    Series of Int64
        Missing where any of the four standards has no judgement that applies.
    """
    met = pd.concat([standard_met(cases, standard) for standard in STANDARDS], axis=1)
    return met.astype("Int64").sum(axis=1, skipna=False).astype("Int64").rename("standards_met")


def counts(met: pd.Series, labels: Sequence[object], groups: Sequence[str], clusters: Sequence[object]) -> np.ndarray:
    """Cases by cluster, group and number of standards met.

    Parameters
    ----------
    met : Series of Int64, length n
        Missing: left out.
    labels : sequence, length n
        The group of each case; one that is not among `groups` is left out.
    groups : sequence of str, length G
    clusters : sequence, length n
        Service of each case.

    Returns
    -------
    ndarray of int, shape (J, G, 5)
        All J clusters, also those without a case here.
    """
    codes, names = pd.factorize(np.asarray(clusters))
    places = {group: place for place, group in enumerate(groups)}
    group = np.array([places.get(label, -1) for label in labels], dtype=int)
    known = met.notna().to_numpy() & (group >= 0)
    shape = (len(names), len(places), len(STANDARDS) + 1)
    level = met[known].to_numpy(dtype=int)
    flat = np.ravel_multi_index((np.asarray(codes)[known], group[known], level), shape)
    return np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape)


def relative_effect(cells: np.ndarray, group: int, reference: int, confidence: float) -> Compared:
    """The chance that a case of the group meets more standards than one of the reference, ties counting half.

    ``theta = P(X > Y) + P(X = Y) / 2`` (Brunner and Munzel 2000; U / (n m) of Mann and Whitney), with the jackknife that
    leaves out one service at a time, ``SE^2 = (J - 1) / J sum (theta_(j) - mean)^2`` over all J services, and the interval
    of the logit with Student's t, which stays between 0 and 1. Degrees of freedom are the services with a case of either
    group, less one.

    Boundary cases, in this order: a group without a case has no estimate; a group that lies in one service has no error,
    since without that service nothing is left; where no case of one group is above, or level with, any of the other
    (theta is 0 or 1), or the error is 0, there is an estimate and no limits.

    Parameters
    ----------
    cells : ndarray of int, shape (J, G, L)
        As from `counts`.
    group, reference : int
        Their places among the G groups.
    confidence : float
        In (0, 1).

    Raises
    ------
    InputError
        `confidence` outside (0, 1).
    """
    _check_confidence(confidence)
    pair = cells[:, [group, reference]]
    whole, df = pair.sum(axis=0), int((pair.sum(axis=(1, 2)) > 0).sum()) - 1
    if not whole.sum(axis=1).all():
        return Compared(np.nan, np.nan, df, np.nan, np.nan, "no case of one of the groups")
    theta = float(_theta(whole[None])[0])
    se = _jackknife(_theta(whole - pair))
    if np.isnan(se):
        return Compared(theta, np.nan, df, np.nan, np.nan, "a group lies in one service, so no error can be shown")
    if theta in (0, 1):
        return Compared(theta, np.nan, df, np.nan, np.nan, "the groups do not overlap, so no error can be shown")
    if se < _CLOSE:
        return Compared(theta, np.nan, df, np.nan, np.nan, "leaving out a service changes nothing, so no error can be shown")
    reach = stats.t.ppf((1 + confidence) / 2, df) * se / (theta * (1 - theta))
    limits = special.expit(special.logit(theta) + np.array([-reach, reach]))
    return Compared(theta, se, df, *map(float, limits), "")


def _theta(tables: np.ndarray) -> np.ndarray:
    """Of tables of shape (B, 2, L), each the group above its reference; nan where one is empty."""
    group, reference = tables[:, 0].astype(float), tables[:, 1].astype(float)
    below = np.cumsum(reference, axis=1) - reference / 2
    pairs = group.sum(axis=1) * reference.sum(axis=1)
    return np.divide((group * below).sum(axis=1), pairs, out=np.full(len(tables), np.nan), where=pairs > 0)


def _jackknife(left_out: np.ndarray) -> float:
    """Error from the estimates without each of J services in turn; nan where one of them does not exist."""
    services = len(left_out)
    if services < 2:
        return np.nan
    return float(np.sqrt((services - 1) / services * ((left_out - left_out.mean()) ** 2).sum()))


def log_odds(tables: np.ndarray) -> np.ndarray:
    """Log odds of meeting more standards, by the proportional odds model fitted to each table.

    ``logit P(Y <= k) = zeta_k - beta_g`` (McCullagh 1980; R ``MASS::polr``), by Newton's steps on the counts with the
    second derivatives themselves. The first group that has a finite place is the origin: only differences have a meaning.

    Boundary cases, in this order: a level that no case has is left out, which changes no other number; a group without
    a case is nan; a group whose cases all have the highest (or all the lowest) level that occurs lies infinitely high
    (low), and is nan while the others are fitted without it; where groups fall into sets that share no threshold, the
    distance between them is infinite and all are nan.

    Parameters
    ----------
    tables : ndarray of int, shape (B, G, L)

    Returns
    -------
    ndarray of float, shape (B, G)
    """
    found = np.full(tables.shape[:2], np.nan)
    patterns, which = np.unique((tables > 0).reshape(len(tables), -1), axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        groups, levels = _that_can_be_fitted(pattern.reshape(tables.shape[1:]))
        if len(groups):
            alike = np.flatnonzero(which.ravel() == number)
            found[np.ix_(alike, groups)] = _fitted(tables[np.ix_(alike, groups, levels)].astype(float))
    return found


def _that_can_be_fitted(occurs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places of the groups and levels for which the greatest likelihood is reached at finite values.

    The likelihood has no maximum exactly where thresholds t and groups d can be moved without end with
    ``t_(k-1) <= d_g <= t_k`` for every level k that a group g has. A group that has several levels is held by the
    thresholds between them; groups that share a threshold are held together.
    """
    groups = np.flatnonzero(occurs.any(axis=1))
    none = np.array([], dtype=int)
    while True:
        levels = np.flatnonzero(occurs[groups].any(axis=0))
        if len(levels) < 2:
            return none, none
        inside = occurs[np.ix_(groups, levels)]
        at_an_end = (inside.sum(axis=1) == 1) & (inside[:, 0] | inside[:, -1])
        if not at_an_end.any():
            break
        groups = groups[~at_an_end]
    first, last = inside.argmax(axis=1), inside.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)
    # Each threshold is held to the next one by a group that has levels on both sides of the two, or they drift apart.
    joined = [bool(((first <= k) & (last >= k + 2)).any()) for k in range(len(levels) - 2)]
    return (groups, levels) if all(joined) else (none, none)


def _fitted(tables: np.ndarray) -> np.ndarray:
    """The betas of tables without an empty level that all have a maximum; the first is 0."""
    size, groups, levels = tables.shape
    design = np.concatenate(
        [
            np.tile(np.eye(levels - 1), (groups, 1)),
            -np.repeat(np.eye(groups)[:, 1:], levels - 1, axis=0),
        ],
        axis=1,
    ).reshape(groups, levels - 1, -1)
    below = np.cumsum(tables.sum(axis=1), axis=1)
    start = special.logit(below[:, :-1] / below[:, -1:])
    values = np.concatenate([start, np.zeros((size, groups - 1))], axis=1)
    likelihood, slope, curve = _likelihood(tables, design, values)
    for _ in range(_MOST_STEPS):
        step = np.linalg.solve(curve, slope[..., None])[..., 0]
        size_of_step = np.abs(step).max(axis=1)
        if (size_of_step < _CLOSE * (1 + np.abs(values).max(axis=1))).all():
            break
        scale = np.ones((size, 1))
        for _ in range(_MOST_STEPS):
            tried = _likelihood(tables, design, values + scale * step)
            # Of two likelihoods that differ by rounding alone neither is the worse.
            worse = ~(tried[0] >= likelihood - 1e-12 * np.abs(likelihood))
            if not worse.any():
                break
            scale[worse] /= 2
        values = values + scale * step
        likelihood, slope, curve = tried
        if (size_of_step < 1e-9).all():
            break
    return np.concatenate([np.zeros((size, 1)), values[:, levels - 1 :]], axis=1)


def _likelihood(tables: np.ndarray, design: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log likelihood of each table, its first derivatives, and its second derivatives with the sign turned."""
    below = special.expit(np.einsum("gkp,bp->bgk", design, values))
    ends = np.zeros((*below.shape[:2], 1)), np.ones((*below.shape[:2], 1))
    chance = np.diff(np.concatenate([ends[0], below, ends[1]], axis=2), axis=2)
    # Thresholds that have crossed make a chance negative: no likelihood, and the step is halved.
    possible = (chance > 0).all(axis=(1, 2))
    chance = np.where(chance > 0, chance, 1.0)
    likelihood = np.where(possible, (tables * np.log(chance)).sum(axis=(1, 2)), -np.inf)
    density = below * (1 - below)
    each, square = tables / chance, tables / chance**2
    up, down = each[..., :-1], each[..., 1:]
    slope = density * (up - down)
    middle = -density * (1 - 2 * below) * (up - down) + density**2 * (square[..., :-1] + square[..., 1:])
    beside = -density[..., :-1] * density[..., 1:] * square[..., 1:-1]
    curve = np.zeros((*below.shape, below.shape[2]))
    place = np.arange(below.shape[2])
    curve[..., place, place] = middle
    curve[..., place[:-1], place[1:]] = curve[..., place[1:], place[:-1]] = beside
    return (
        likelihood,
        np.einsum("gkp,bgk->bp", design, slope),
        np.einsum("gkp,bgkm,gmq->bpq", design, curve, design, optimize=True),
    )


def proportional_odds(cells: np.ndarray, confidence: float, pairs: Sequence[tuple[int, int]]) -> list[Compared]:
    """Odds ratios of meeting more standards, one model of all groups, with the jackknife over services.

    The estimate is ``exp(beta_group - beta_reference)`` of `log_odds`: how many times the odds of meeting more than k
    standards are those of the reference, the same for every k. `se` is that of its logarithm, from the fits without each
    of all J services in turn as in `relative_effect`; the interval is that of the logarithm, with Student's t. Degrees of
    freedom are the services with a case of any group, less the number of groups fitted.

    Boundary cases, in this order: a group without a case has no estimate; with all cases alike there is none; a group that
    does not overlap the others has none, since it would be infinite; where this comes about when one service is left out,
    there is an estimate and no error; services no more than groups give an error and no limits, and so does an error of 0.

    Parameters
    ----------
    cells : ndarray of int, shape (J, G, L)
        As from `counts`.
    confidence : float
        In (0, 1).
    pairs : sequence of (int, int)
        Places of group and reference.

    Raises
    ------
    InputError
        `confidence` outside (0, 1).
    """
    _check_confidence(confidence)
    whole = cells.sum(axis=0)
    beta, left_out = log_odds(whole[None])[0], log_odds(whole - cells)
    services = int((cells.sum(axis=(1, 2)) > 0).sum())
    df = services - int((whole.sum(axis=1) > 0).sum())
    found = []
    for group, reference in pairs:
        log_ratio, se = beta[group] - beta[reference], _jackknife(left_out[:, group] - left_out[:, reference])
        note = _why_not(whole, (group, reference), log_ratio, se, df)
        reach = np.nan if note else stats.t.ppf((1 + confidence) / 2, df) * se
        limits = np.exp(log_ratio + np.array([-reach, reach]))
        shown = se if se >= _CLOSE else np.nan
        found.append(Compared(float(np.exp(log_ratio)), shown, df, *map(float, limits), note))
    return found


def _why_not(whole: np.ndarray, pair: tuple[int, int], log_ratio: float, se: float, df: int) -> str:
    """Why a comparison has no limits; empty where it has them."""
    if not whole[list(pair)].sum(axis=1).all():
        return "no case of one of the groups"
    if (whole.sum(axis=0) > 0).sum() < 2:
        return "every case meets the same number of standards"
    if np.isnan(log_ratio):
        return "the groups do not overlap, so the odds ratio is without bound"
    if np.isnan(se):
        return "without one service a group is empty or does not overlap, so no error can be shown"
    if se < _CLOSE:
        return "leaving out a service changes nothing, so no error can be shown"
    return "" if df >= 1 else "too few services for so many groups, so no limits can be shown"


def table(cases: pd.DataFrame, group_by: str, compared: Sequence[tuple[str, str]], confidence: float) -> pd.DataFrame:
    """Compare groups in the number of standards that their cases meet, by both measures.

    Parameters
    ----------
    cases : DataFrame
        Inspected cases as `helpers.cases.read` gives them.
    group_by : str
        A column of categories; cases whose value is blank are left out.
    compared : sequence of (group, reference)
        As from `helpers.ratings.pairs`. A group without a case has rows with a note.
    confidence : float
        In (0, 1).

    Returns
    -------
    DataFrame
        `COLUMNS`; two rows a pair. cases and reference_cases have a known number; medians are those of that number. Of
        ``relative_effect`` the estimate is a chance and `se` its error; of ``proportional_odds`` it is an odds ratio and
        `se` the error of its logarithm. Missing numbers have a reason in `note`.

    Raises
    ------
    InputError
        No such column, or `confidence` outside (0, 1).
    """
    if group_by not in cases:
        raise InputError(f"group_by: no column is called {group_by!r}; {did_you_mean(group_by, cases.columns)}")
    names = list(dict.fromkeys([*(name for name in groups_of(cases, group_by) if name != BLANK), *sum(compared, ())]))
    met = standards_met(cases)
    labels = cases[group_by].astype(object)
    cells = counts(met, [label if pd.isna(label) else str(label) for label in labels], names, cases["yot"])
    places = [(names.index(group), names.index(reference)) for group, reference in compared]
    odds = proportional_odds(cells, confidence, places)
    rows = []
    for (group, reference), pair, odds_ratio in zip(compared, places, odds, strict=True):
        of_groups = [met[(labels.astype(str) == name) & labels.notna()].dropna() for name in (group, reference)]
        described = {"group": group, "reference": reference, "cases": len(of_groups[0]), "reference_cases": len(of_groups[1])}
        medians = [float(part.median()) if len(part) else np.nan for part in of_groups]
        described |= dict(zip(("median", "reference_median"), medians, strict=True))
        effect = relative_effect(cells, *pair, confidence)
        rows.append(described | {"measure": "relative_effect"} | effect._asdict())
        rows.append(described | {"measure": "proportional_odds"} | odds_ratio._asdict())
    return pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "level"]).assign(level=confidence)[COLUMNS]


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise InputError(f"confidence lies between 0 and 1, both excluded; this is {confidence}")
