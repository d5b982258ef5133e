"""How far groups of cases differ in the share judged sufficient, with services as clusters."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special, stats
from scipy.stats import contingency
from statsmodels.stats.multitest import multipletests

from helpers import gee, intervals
from helpers.errors import InputError, did_you_mean
from helpers.ratings import GROUP_NAMES, LOWEST, LOWEST_OF_EACH, QUESTIONS, STANDARDS
from helpers.shares import BLANK

CONFIRMATORY, EXPLORATORY = "confirmatory", "exploratory"
# Below this effective number of services the t distribution promises too much (simulated).
_FEW_SERVICES = 10
_ESTIMATES = ["risk_difference", "se", "df", "lower", "upper"]
_RATIOS = ["odds_ratio", "odds_ratio_lower", "odds_ratio_upper", "log_odds_ratio_se", "p_value", "correlation"]
COLUMNS = ["standard", "question", "group", "reference", "adjusted_for", "weighted", "cases", "reference_cases"]
COLUMNS += [*_ESTIMATES, "level", *_RATIOS, "plain_difference", "services_effective", "from_question", "note"]
_NOTHING = dict.fromkeys([*_ESTIMATES, *_RATIOS, "services_effective"], np.nan)
_FEW = "A few services hold most of the cases, so p is too small and the limits are too narrow."
# All groups together; no group has this name, since a blank one is none.
_ALL = ""
# Below this the error of a log odds ratio is what rounding leaves of 0.
_NO_ERROR = 1e-8


class Judged(NamedTuple):
    """One judgement of every case; `yes` is nullable boolean, indexed like the cases, missing where it does not apply.

    `sources` names the key question that each group answers, where that is chosen from the answers.
    """

    standard: str
    question: str
    yes: pd.Series
    sources: Mapping[str, str] = MappingProxyType({})


class _Cells(NamedTuple):
    """Distinct combinations of service, group and covariates; `of_case` says which one a case is in (-1: none)."""

    of_case: np.ndarray
    service: np.ndarray
    group: np.ndarray
    covariates: pd.DataFrame


class _Answers(NamedTuple):
    """Yes answers and cases of each cell, plain and with weights (which are 1 where there are none)."""

    yes: np.ndarray
    cases: np.ndarray
    weighted_yes: np.ndarray
    weighted_cases: np.ndarray


class _Model(NamedTuple):
    """A fitted regression; `groups` are those of its dummies, the first one without, and `covariates` the other columns."""

    fit: gee.Fit
    groups: list[int]
    covariates: np.ndarray
    cases: np.ndarray
    services: float
    notes: list[str]


def judged_of(cases: pd.DataFrame, group_by: str) -> list[Judged]:
    """The judgements of a list of cases, standard by standard.

    Parameters
    ----------
    cases : DataFrame
        Inspected cases, with a column for each key question (``planning_desistance``) or one for each standard.
    group_by : str

    Returns
    -------
    list of Judged
        Of key questions each one, then `LOWEST`: the question that is lowest in all cases of the groups together, which is
        found without looking at the groups, so that hardly any group is favoured (`bench/`); then `LOWEST_OF_EACH`: a case
        answers the question that is lowest in its own group, as the ratings have it. Lowest is by exact fractions, the first
        of equal ones; a question that applies to no case is passed over. Of standards `LOWEST` alone. Cases of the blank
        group have no answer to these.
    """
    found = []
    groups, names = _groups(cases[group_by])
    for standard in STANDARDS:
        questions = {name: cases[f"{standard}_{name}"] for name in QUESTIONS if f"{standard}_{name}" in cases}
        found += [Judged(standard, name, yes.astype("boolean")) for name, yes in questions.items()]
        if questions:
            together = np.where(groups < 0, -1, 0)
            for name, of_group, of in ((LOWEST, together, [_ALL]), (LOWEST_OF_EACH, groups, names)):
                yes, sources = _lowest(questions, of_group, of)
                found.append(Judged(standard, name, yes, sources))
        elif standard in cases:
            found.append(Judged(standard, LOWEST, cases[standard].astype("boolean").mask(groups < 0)))
    return found


def _lowest(questions: Mapping[str, pd.Series], groups: np.ndarray, names: Sequence[str]) -> tuple[pd.Series, dict[str, str]]:
    """The answers to each group's lowest question, and which one that is."""
    yes = np.stack([question.eq(True).fillna(False).to_numpy(dtype=bool) for question in questions.values()])
    known = np.stack([question.notna().to_numpy() for question in questions.values()])
    answer, answered = np.zeros(len(groups), dtype=bool), np.zeros(len(groups), dtype=bool)
    sources = {}
    for group, name in enumerate(names):
        inside = groups == group
        cases = known[:, inside].sum(axis=1)
        # Quotients of counts that are equal as fractions are equal as floats too, and others differ.
        share = np.divide(yes[:, inside].sum(axis=1), cases, out=np.full(len(cases), np.inf), where=cases > 0)
        lowest = share.argmin()
        answer[inside], answered[inside] = yes[lowest, inside], known[lowest, inside]
        sources[name] = list(questions)[lowest] if cases.any() else ""
    index = next(iter(questions.values())).index
    return pd.Series(pd.arrays.BooleanArray(answer, ~answered), index=index), sources


def compare(
    cases: pd.DataFrame,
    judged: Sequence[Judged],
    group_by: str,
    compared: Sequence[tuple[str, str]],
    confidence: float,
    adjust_for: Sequence[str] = (),
    weights: pd.Series | None = None,
) -> pd.DataFrame:
    """Differences between groups in the share judged sufficient, and odds ratios.

    One logistic regression a judgement, with all groups in it (`helpers.gee`): exchangeable by service, and with weights
    independence. The risk difference is marginal: the mean over the cases of the model of the chance if all were in the
    group, less that if all were in the reference (g-computation), with the delta method. Errors are those of Mancl and
    DeRouen (2001), limits and the test of the log odds ratio use Student's t with services - coefficients df.

    Boundary cases, in this order, each with the reason in `note`: a group without a case has no estimate. Where nobody or
    everybody in a group is sufficient there is the plain difference of shares, with the limits of Clopper and Pearson for
    each share at confidence 1 - alpha / 2, and exact conditional limits of the odds ratio (Fisher), both as if cases were a
    simple random sample; the other groups are compared without its cases. A group in one service only is treated likewise,
    without limits. Too few services, or no differences between services at all: estimates without an error. Adjusted
    and weighted rows have no exact limits, and adjusted ones that cannot be fitted no estimate: a covariate with one value
    or one that follows from the rest, separation, no convergence. Where only the correlation fails, independence is used.

    Parameters
    ----------
    cases : DataFrame
        With `yot`, the column `group_by` of categories and the covariates. Blank groups are left out.
    judged : sequence of Judged
    group_by : str
    compared : sequence of (group, reference)
    confidence : float
        In (0, 1).
    adjust_for : sequence of str
        Covariates: numbers are linear, all else has a dummy a value. A case with a blank one is left out of the adjusted rows.
    weights : Series of float, optional
        Indexed like cases, above 0.

    Returns
    -------
    DataFrame
        `COLUMNS`, a row a judgement and pair, and with covariates a second one. Differences and errors are fractions, group minus
        reference; `correlation` is alpha (nan without exchangeable); what is not estimated is nan.

    Raises
    ------
    InputError
        A column that is not there, a covariate that is the group, the service or a date, judgements or weights that are not
        of these cases, weights not above 0, or `confidence` outside (0, 1).
    """
    _check(cases, judged, group_by, confidence, adjust_for, weights)
    _, names = _groups(cases[group_by])
    weight = None if weights is None else weights.to_numpy(dtype=float)
    versions = [
        (_cells(cases, group_by, covariates), covariates) for covariates in ([(), tuple(adjust_for)] if adjust_for else [()])
    ]
    rows = []
    for one in judged:
        keys = {"standard": one.standard, "question": one.question}
        for cells, covariates in versions:
            given = keys | {"adjusted_for": ", ".join(covariates), "weighted": weights is not None, "level": confidence}
            found = _pairs(_answers(one.yes, cells, weight), cells, names, compared, confidence, weights is not None)
            blank = int((one.yes.notna().to_numpy() & (cells.of_case < 0) & (versions[0][0].of_case >= 0)).sum())
            left_out = (
                [f"{blank:,} {'case' if blank == 1 else 'cases'} without {' or '.join(covariates)} left out."] if blank else []
            )
            for row in found:
                source = _source(one.sources, row["group"], row["reference"])
                rows.append(given | row | {"from_question": source, "note": " ".join(row["note"] + left_out)})
    return pd.DataFrame(rows, columns=COLUMNS)


def _source(sources: Mapping[str, str], group: str, reference: str) -> str:
    """The question of all cases, or those of the group and of the reference."""
    asked = dict.fromkeys(sources.get(name, "") for name in (group, reference))
    return sources.get(_ALL) or " / ".join(name for name in asked if name)


def add_holm(table: pd.DataFrame) -> pd.DataFrame:
    """Add `family` and the p-values that Holm (1979) corrects for its size.

    The confirmatory family is fixed beforehand: the standards' rows (`LOWEST`), neither adjusted nor weighted. A row
    of it without a p-value counts as one of 1, so that the family keeps its size, and has no `p_holm` either.

    Parameters
    ----------
    table : DataFrame
        As from `compare`.
    """
    confirmatory = ((table["question"] == LOWEST) & (table["adjusted_for"] == "") & ~table["weighted"].astype(bool)).to_numpy()
    corrected = np.full(len(table), np.nan)
    if confirmatory.any():
        p = table.loc[confirmatory, "p_value"].astype(float)
        corrected[confirmatory] = np.where(p.notna(), multipletests(p.fillna(1.0), method="holm")[1], np.nan)
    return table.assign(family=np.where(confirmatory, CONFIRMATORY, EXPLORATORY), p_holm=corrected)


def _check(
    cases: pd.DataFrame,
    judged: Sequence[Judged],
    group_by: str,
    confidence: float,
    adjust_for: Sequence[str],
    weights: pd.Series | None,
) -> None:
    if not 0 < confidence < 1:
        raise InputError(f"confidence lies between 0 and 1, both excluded; this is {confidence}")
    for name in ["yot", group_by, *adjust_for]:
        if name not in cases:
            raise InputError(f"the cases have no column {name!r}; {did_you_mean(name, cases.columns)}")
    for name in adjust_for:
        if name in (group_by, "yot"):
            raise InputError(f"adjust_for: {name!r} is the group or the service itself; leave it out")
        if pd.api.types.is_datetime64_any_dtype(cases[name]):
            raise InputError(f"adjust_for: {name!r} holds dates; make a number or a category of them")
    if len(set(adjust_for)) < len(adjust_for):
        raise InputError(f"adjust_for: each covariate once; these are {', '.join(adjust_for)}")
    if cases["yot"].isna().any():
        raise InputError("yot: every case lies in a service; some have none")
    if not all(one.yes.index.equals(cases.index) for one in judged):
        raise InputError("judged: the answers must have the index of the cases")
    if weights is not None and not (weights.index.equals(cases.index) and np.isfinite(weights).all() and (weights > 0).all()):
        raise InputError("weights: each case needs a weight above 0, and the index of the cases")


def _groups(values: pd.Series) -> tuple[np.ndarray, list[str]]:
    """The number of each case's group, -1 where it is blank, and the groups' names in their order."""
    values = values.astype("category")
    names = [str(name) for name in values.cat.categories]
    codes = values.cat.codes.to_numpy(dtype=np.int64)
    if BLANK in names:
        codes = np.where(codes == names.index(BLANK), -1, codes)
    return codes, names


def _cells(cases: pd.DataFrame, group_by: str, covariates: Sequence[str]) -> _Cells:
    group, _ = _groups(cases[group_by])
    service, services = pd.factorize(cases["yot"])
    code, inside = group * len(services) + service, group >= 0
    for name in covariates:
        values = cases[name]
        if _linear(values):
            values = values.astype("Float64").astype(float).where(lambda numbers: np.isfinite(numbers))
        value, levels = pd.factorize(values)
        inside = inside & (value >= 0)
        code = pd.factorize(code * len(levels) + value)[0]
    _, first, cell = np.unique(code[inside], return_index=True, return_inverse=True)
    of_case = np.full(len(cases), -1)
    of_case[inside] = cell
    first = np.flatnonzero(inside)[first]
    return _Cells(of_case, service[first], group[first], cases[list(covariates)].iloc[first].reset_index(drop=True))


def _linear(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _answers(yes: pd.Series, cells: _Cells, weight: np.ndarray | None) -> _Answers:
    known = yes.notna().to_numpy() & (cells.of_case >= 0)
    cell, answer = cells.of_case[known], yes[known].to_numpy(dtype=bool)
    number = len(cells.group)
    counts = np.bincount(cell[answer], minlength=number).astype(float), np.bincount(cell, minlength=number).astype(float)
    if weight is None:
        return _Answers(*counts, *counts)
    weight = weight[known]
    return _Answers(*counts, np.bincount(cell[answer], weight[answer], number), np.bincount(cell, weight, number))


def _pairs(
    answers: _Answers, cells: _Cells, names: list[str], compared: Sequence[tuple[str, str]], confidence: float, weighted: bool
) -> list[dict[str, object]]:
    """The estimates of each pair, with a list of notes."""
    by_group = _Answers(*(np.bincount(cells.group, values, len(names)) for values in answers))
    problems = _problems(by_group, cells, answers, names)
    fitted = [group for group, problem in enumerate(problems) if not problem]
    adjusted = bool(len(cells.covariates.columns))
    model = _model(answers, cells, fitted, weighted) if len(fitted) > 1 else None
    aside = [problems[group] for group in range(len(names)) if problems[group] and by_group.cases[group]]
    rows = []
    for pair in compared:
        places = [names.index(name) if name in names else None for name in pair]
        sizes = [0 if place is None else int(by_group.cases[place]) for place in places]
        row = dict(zip(["group", "reference"], pair, strict=True))
        row |= dict(zip(["cases", "reference_cases"], sizes, strict=True)) | _NOTHING
        row |= {"plain_difference": _plain(by_group, *places)["risk_difference"] if all(sizes) else np.nan}
        if not all(sizes):
            row["note"] = [f"No case of {_named(name)}." for name, size in zip(pair, sizes, strict=True) if not size]
        elif own := [problems[place] for place in places if problems[place]]:
            row["note"] = own
            if adjusted:
                row["note"] = [*own, "So there is nothing to adjust: see the unadjusted row."]
            else:
                row |= _without_model(by_group, *places, confidence, own, weighted)
        elif isinstance(model, _Model):
            row |= _estimates(model, fitted.index(places[0]), fitted.index(places[1]), confidence)
            row["services_effective"] = model.services
            few = [_FEW] if model.services < _FEW_SERVICES and not np.isnan(row.get("p_value", np.nan)) else []
            row["note"] = (
                model.notes + row["note"] + [f"{problem} Its cases are left out of the model." for problem in aside] + few
            )
        else:
            row |= {} if adjusted else _plain(by_group, *places)
            row["note"] = [f"{model}: {'not estimated' if adjusted else 'no error can be estimated'}."]
        rows.append(row)
    return rows


def _problems(by_group: _Answers, cells: _Cells, answers: _Answers, names: list[str]) -> list[str]:
    """Why a group cannot be in the model; empty for those that can."""
    used = answers.cases > 0
    services = pd.Series(cells.service[used]).groupby(cells.group[used]).nunique().reindex(range(len(names)), fill_value=0)
    found = []
    for group, name in enumerate(names):
        yes, cases, lie = by_group.yes[group], by_group.cases[group], int(services[group])
        if not cases:
            found.append("No case.")
        elif yes in (0, cases):
            found.append(f"{'Everybody' if yes else 'Nobody'} is judged sufficient among {_named(name)}.")
        else:
            found.append(f"All cases of {_named(name)} lie in one service, so no error can be estimated." if lie == 1 else "")
    return found


def _named(group: str) -> str:
    return GROUP_NAMES.get(group, group)


def _without_model(
    by_group: _Answers, group: int, reference: int, confidence: float, problems: list[str], weighted: bool
) -> dict[str, object]:
    """The plain difference, with exact limits where a group is all yes or all no."""
    row = _plain(by_group, group, reference)
    counts = [(int(by_group.yes[one]), int(by_group.cases[one])) for one in (group, reference)]
    if not any(yes in (0, cases) for yes, cases in counts):
        return row | {"note": problems}
    if weighted:
        return row | {"note": [*problems, "The difference is plain, and no limits are worked out with weights."]}
    # Both shares lie within their limits at once with at least this confidence (Bonferroni).
    limits = [intervals.binomial(*count, (1 + confidence) / 2, "clopper_pearson") for count in counts]
    row |= {"lower": limits[0].lower - limits[1].upper, "upper": limits[0].upper - limits[1].lower}
    row |= dict(zip(["odds_ratio_lower", "odds_ratio_upper"], _conditional_limits(*counts, confidence), strict=True))
    return row | {"note": [*problems, "The difference is plain, and the limits are exact ones that ignore services."]}


def _plain(by_group: _Answers, group: int, reference: int) -> dict[str, float]:
    yes, all_ = by_group.weighted_yes[[group, reference]], by_group.weighted_cases[[group, reference]]
    # The weights of all yes cases may differ from those of all cases by rounding.
    none, every = by_group.yes[[group, reference]] == 0, by_group.yes[[group, reference]] == by_group.cases[[group, reference]]
    share = np.where(none, 0.0, np.where(every, 1.0, yes / all_))
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = share / (1 - share)
        return {"risk_difference": float(share[0] - share[1]), "odds_ratio": float(odds[0] / odds[1])}


def _conditional_limits(first: tuple[int, int], second: tuple[int, int], confidence: float) -> tuple[float, float]:
    """Exact limits of the odds ratio given both margins (Fisher), as R ``fisher.test``."""
    table = [[yes, cases - yes] for yes, cases in (first, second)]
    if not all(map(sum, zip(*table, strict=True))):
        # All answers alike: every odds ratio agrees with that.
        return 0.0, np.inf
    limits = contingency.odds_ratio(table, kind="conditional").confidence_interval(confidence)
    return float(limits.low), float(limits.high)


def _model(answers: _Answers, cells: _Cells, groups: list[int], weighted: bool) -> _Model | str:
    """The fitted regression of these groups, or why there is none."""
    kept = np.isin(cells.group, groups) & (answers.cases > 0)
    yes, cases = answers.weighted_yes[kept], answers.weighted_cases[kept]
    dummies = cells.group[kept, None] == np.array(groups[1:])
    start = np.column_stack([np.ones(kept.sum()), dummies]).astype(float)
    services = cells.service[kept]
    found = _covariates(cells.covariates[kept], start, cases, len(np.unique(services)))
    if isinstance(found, str):
        return found
    design = np.column_stack([start, found])
    notes = []
    try:
        try:
            fit = gee.logit_of_counts(yes, cases, design, services, "independence" if weighted else "exchangeable")
        except gee.CorrelationNotEstimable as failed:
            fit = gee.logit_of_counts(yes, cases, design, services, "independence")
            notes = [f"Fitted without a correlation ({_of_services(failed.reason)}); errors still allow for services."]
    except gee.NotEstimable as failed:
        reason = _of_services(failed.reason)
        return reason[0].upper() + reason[1:]
    of_service = np.bincount(services, weights=cases)
    return _Model(fit, groups, found, cases, of_service.sum() ** 2 / (of_service**2).sum(), notes)


def _of_services(reason: str) -> str:
    return reason.replace("cluster", "service").replace("the columns of the design", "the groups and covariates")


def _covariates(covariates: pd.DataFrame, start: np.ndarray, cases: np.ndarray, services: int) -> np.ndarray | str:
    """Columns of the design for the covariates, or why they cannot be had."""
    columns = [np.empty((len(start), 0))]
    kinds = {name: 2 if _linear(values) else values.nunique() for name, values in covariates.items()}
    coefficients = start.shape[1] + sum(kind - 1 for kind in kinds.values())
    # Asked before columns are made: a column of names would make as many as there are cases.
    if services <= coefficients:
        return f"{services} services for {coefficients} coefficients are too few"
    for name, values in covariates.items():
        if values.nunique() < 2:
            return f"{name} has one value among these cases, so there is nothing to adjust for"
        if _linear(values):
            numbers = values.to_numpy(dtype=float)
            centred = numbers - np.average(numbers, weights=cases)
            # On one scale, so that the equations are solved as exactly for a year as for an age.
            column = (centred / np.sqrt(np.average(centred**2, weights=cases)))[:, None]
        else:
            column = (pd.factorize(values)[0][:, None] == np.arange(1, kinds[name])).astype(float)
        columns.append(column)
        design = np.column_stack([start, *columns])
        if gee.rank(design, cases) < design.shape[1]:
            return f"{name} follows from the groups{' and the other covariates' if len(columns) > 2 else ''}"
    return np.column_stack(columns)


def _estimates(model: _Model, group: int, reference: int, confidence: float) -> dict[str, object]:
    """Risk difference, odds ratio and test of two of the model's groups, by their places in it."""
    fit = model.fit
    contrast = np.zeros(len(fit.coefficients))
    means, slopes = [], []
    for place, sign in ((group, 1), (reference, -1)):
        dummies = np.zeros((len(model.cases), len(model.groups)))
        dummies[:, 0] = 1
        if place:
            dummies[:, place] = 1
            contrast[place] += sign
        rows = np.column_stack([dummies, model.covariates])
        chance = special.expit(rows @ fit.coefficients)
        means.append(np.average(chance, weights=model.cases))
        slopes.append(np.average(rows * (chance * (1 - chance))[:, None], axis=0, weights=model.cases))
    slope = slopes[0] - slopes[1]
    difference, se = means[0] - means[1], np.sqrt(slope @ fit.covariance @ slope)
    log_ratio, log_se = contrast @ fit.coefficients, np.sqrt(contrast @ fit.covariance @ contrast)
    row = {"risk_difference": difference, "odds_ratio": np.exp(log_ratio), "correlation": fit.correlation, "df": fit.df}
    if log_se < _NO_ERROR:
        return row | {"note": ["The services do not differ at all in these groups, so no error can be estimated."]}
    reach = stats.t.ppf((1 + confidence) / 2, fit.df)
    row |= {"se": se, "lower": max(difference - reach * se, -1.0), "upper": min(difference + reach * se, 1.0)}
    with np.errstate(over="ignore"):
        row |= {"odds_ratio_lower": np.exp(log_ratio - reach * log_se), "odds_ratio_upper": np.exp(log_ratio + reach * log_se)}
    p = 2 * stats.t.sf(abs(log_ratio) / log_se, fit.df)
    return row | {"log_odds_ratio_se": log_se, "p_value": float(p), "note": []}
