"""Stratified estimates of a yes/no outcome from the cases judged, and what missing judgements could change."""

from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
import pandas as pd
from scipy import special, stats

from helpers import intervals
from helpers.errors import InputError, did_you_mean
from helpers.sampling import ARMS

Lonely = Literal["fail", "adjust", "average"]
LONELY: tuple[Lonely, ...] = ("fail", "adjust", "average")
METHODS = ("logit_t", "korn_graubard", "logit_t_satterthwaite", "korn_graubard_satterthwaite")
UNWEIGHTED, DIFFERENCE = "unweighted", "hosted_minus_placed_out"
FINITE, SUPER = "finite", "super"
# How the note of an estimate begins that does not stand for all strata.
LEFT_OUT = "Left out"
_LONELY_SAYS = {
    "fail": "No error or limits, because of ",
    "adjust": "The distance from the mean of the group is taken for the error of ",
    "average": "The mean variance of the other strata is taken for that of ",
}
COLUMNS = ["outcome", "group", "population", "method", "estimate", "se", "df", "lower", "upper", "level"]
COLUMNS += ["least", "greatest", "judged", "missing", "note", "evidence"]


@dataclass(frozen=True)
class Judged:
    """Cases of each stratum in the list, and what became of those worked: a simple random sample of the stratum.

    Attributes
    ----------
    population : ndarray, shape (H,)
        Eligible cases N_h in the list.
    yes, no, ineligible, missing : ndarray, shape (..., H)
        Cases worked: judged yes, judged no, found not to be eligible, and eligible but not judged.

    Raises
    ------
    InputError
        Counts that are not whole or are below 0, or more cases worked than the list has.
    """

    population: np.ndarray
    yes: np.ndarray
    no: np.ndarray
    ineligible: np.ndarray
    missing: np.ndarray

    def __post_init__(self) -> None:
        for field in fields(self):
            counts = np.asarray(getattr(self, field.name), dtype=float)
            if not ((counts >= 0) & (counts == np.floor(counts))).all():
                raise InputError(f"counts are whole numbers of 0 or more; not all of {field.name} are")
            object.__setattr__(self, field.name, counts)
        if (self.worked > self.population).any():
            raise InputError("in a stratum more cases were worked than the list has")

    @property
    def judged(self) -> np.ndarray:
        """Cases judged, shape (..., H)."""
        return self.yes + self.no

    @property
    def records(self) -> np.ndarray:
        """Cases judged or found not to be eligible, shape (..., H): those the variance rests on."""
        return self.judged + self.ineligible

    @property
    def worked(self) -> np.ndarray:
        """Cases m_h drawn and worked, shape (..., H)."""
        return self.records + self.missing

    def of(self, group: np.ndarray) -> "Judged":
        """The strata of a group, a boolean mask of shape (H,)."""
        return Judged(*(getattr(self, field.name)[..., np.asarray(group, dtype=bool)] for field in fields(self)))


@dataclass(frozen=True)
class Stratified:
    """One group's share, its error, and what the limits need; every array has the leading shape of the counts."""

    # Fractions; nan where there is none.
    estimate: np.ndarray
    se: np.ndarray
    # Cases judged less the strata with one, as R's degf; and Satterthwaite's (1946), nan where the variance is 0.
    df: np.ndarray
    df_satterthwaite: np.ndarray
    # Cases judged, and Kish's effective number of them, (sum w)^2 / sum w^2.
    n: np.ndarray
    n_kish: np.ndarray
    # Strata whose one record shows no variance; strata of which no case was judged though some may be eligible, and their cases.
    lonely: np.ndarray
    left_out: np.ndarray
    left_out_cases: np.ndarray
    # Whether the list is the population and nothing of it unknown.
    whole: np.ndarray
    # Limits that the judged cases set for certain; 0 and 1 unless the list is the population.
    at_least: np.ndarray
    at_most: np.ndarray


def weights(judged: Judged) -> tuple[np.ndarray, np.ndarray]:
    """Weights of a judged case and of one found not to be eligible, each of shape (..., H).

    The base weight ``N_h / m_h`` is kept by a case found not to be eligible; a judged case stands for the eligible
    cases of its stratum that were not judged too, ``N_h / m_h (judged + missing) / judged`` (Särndal, Swensson and
    Wretman 1992, chapter 15). So they sum to N_h where a case was judged. Without such a case the weight is 0.
    """
    base = _over(judged.population, judged.worked)
    return base * _over(judged.judged + judged.missing, judged.judged), base


def stratified(judged: Judged, group: np.ndarray, finite: bool, lonely: Lonely = "fail") -> Stratified:
    """Ratio estimate of the share of yes in a group of strata, with its linearised variance (R ``survey``, ``svymean``).

    With weights w and ``p = sum w y / sum w`` over judged cases, a judged case has ``z = w (y - p) / sum w`` and one
    found not to be eligible 0; the variance is ``sum_h (1 - f_h) n_h / (n_h - 1) sum_i (z_i - mean z)^2`` over the
    n_h records of each stratum. Strata without a judged case are left out and counted in the result.

    Parameters
    ----------
    judged : Judged
    group : ndarray of bool, shape (H,)
    finite : bool
        With the correction ``f_h = n_h / N_h``, for these cases at that time; else ``f_h = 0``, for such practice.
    lonely : {"fail", "adjust", "average"}
        A stratum with one record that is not all of it (without the correction: even if it is) gives no error at
        all, or has its distance from the group's mean, or the mean variance of the other strata, as R
        ``survey.lonely.psu``. For Satterthwaite's degrees of freedom one such distance counts as one, and an
        average adds none.

    Raises
    ------
    InputError
        Another word for `lonely`.
    """
    if lonely not in LONELY:
        raise InputError(f"there is no way {lonely!r} with a lonely stratum; {did_you_mean(lonely, LONELY)}")
    part = judged.of(group)
    n_h, has = part.records, part.judged > 0
    weight = weights(part)[0]
    total = (weight * part.judged).sum(-1)
    n, known = part.judged.sum(-1), total > 0
    p = _over((weight * part.yes).sum(-1), total)
    no_part, yes_part = (p**2)[..., None], ((1 - p) ** 2)[..., None]
    scale = _over(weight, total[..., None]) ** 2
    room = _over(part.population - n_h, part.population) if finite else np.ones_like(n_h)
    # Squares about the stratum's mean as sums over pairs of records: exactly 0 where all records are alike.
    pairs = part.yes * part.no + part.ineligible * (part.yes * yes_part + part.no * no_part)
    added = room * scale * _over(pairs, n_h - 1)
    single = has & (n_h == 1) & (room > 0)
    if lonely == "adjust":
        added = np.where(single, room * scale * (part.yes * yes_part + part.no * no_part), added)
    variance = added.sum(-1)
    shared = _over(added, variance[..., None])
    bears = known if lonely == "adjust" else known & ~single.any(-1)
    if lonely == "average":
        variance = variance * _over(has.sum(-1), (has & ~single).sum(-1))
        bears = (has & ~single).any(-1)
    satterthwaite = _over(1, (shared**2 / np.maximum(n_h - 1, 1)).sum(-1), np.nan)
    # Where all cases worked were found not to be eligible, the stratum is thought to hold none that is.
    left_out = (part.population > 0) & ~has & ((part.ineligible == 0) | (part.missing > 0))
    size = part.population.sum()
    return Stratified(
        estimate=np.where(known, p, np.nan),
        se=np.where(bears, np.sqrt(variance), np.nan),
        df=np.where(known, n - has.sum(-1), np.nan),
        df_satterthwaite=np.where(bears, satterthwaite, np.nan),
        n=n,
        n_kish=_over(total**2, (weight**2 * part.judged).sum(-1)),
        lonely=single.sum(-1),
        left_out=left_out.sum(-1),
        left_out_cases=(left_out * part.population).sum(-1),
        whole=finite & (n_h == part.population).all(-1),
        at_least=_over(part.yes.sum(-1), size) * finite,
        at_most=1 - _over(part.no.sum(-1), size) * finite,
    )


def degrees_of_freedom(found: Stratified, method: str) -> np.ndarray:
    """Those that the limits of a method use: Satterthwaite's where there are some, R's where the error is 0."""
    return np.where(found.se == 0, found.df, found.df_satterthwaite) if method.endswith("satterthwaite") else found.df


def limits(found: Stratified, method: str, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limits of a share by one of `METHODS`.

    ``logit_t``: ``logit p ± t(df) se / (p (1 - p))``. ``korn_graubard``: Clopper-Pearson with the effective number
    of cases ``p (1 - p) / se^2 (t(n - 1) / t(df))^2``, not cut at n (Korn and Graubard 1998). These are R
    ``svyciprop`` methods ``xlogit`` and ``beta``. With ``_satterthwaite``, Satterthwaite's df.

    Boundary cases, in this order: a list known whole has the estimate itself, whatever its df; no estimate, no
    error or df below 1 has no limits (nan); an error of 0 has, for every method, Korn-Graubard limits with
    ``n_kish (t(n - 1) / t(df))^2`` cases, cut to `at_least` and `at_most`; elsewhere the formula.

    Raises
    ------
    InputError
        An unknown method, or `confidence` outside (0, 1).
    """
    if method not in METHODS:
        raise InputError(f"there is no method {method!r}; {did_you_mean(method, METHODS)}")
    if not 0 < confidence < 1:
        raise InputError(f"confidence lies between 0 and 1, both excluded; this is {confidence}")
    tail = (1 - confidence) / 2
    df = degrees_of_freedom(found, method)
    usable = np.isfinite(found.se) & (df >= 1)
    exact = found.se == 0
    # Stand-ins where nothing is computed, so that nothing warns.
    p = np.where(usable, found.estimate, 0.5)
    se = np.where(usable & ~exact, found.se, 1.0)
    reach = stats.t.ppf(1 - tail, np.where(usable, df, 1.0))
    cases = np.where(exact, found.n_kish, p * (1 - p) / se**2)
    cases = np.where(usable, cases * (stats.t.ppf(1 - tail, np.where(usable, found.n - 1, 1.0)) / reach) ** 2, 1.0)
    yes, no = np.where(p > 0, cases * p, 0.5), np.where(p < 1, cases * (1 - p), 0.5)
    lower = np.where(p > 0, stats.beta.ppf(tail, yes, no * (p < 1) + 1), 0.0)
    upper = np.where(p < 1, stats.beta.ppf(1 - tail, yes * (p > 0) + 1, no), 1.0)
    lower = np.where(exact, np.maximum(lower, found.at_least), lower)
    upper = np.where(exact, np.minimum(upper, found.at_most), upper)
    if method.startswith("logit"):
        middle = np.where(exact, 0.5, p)
        step = reach * se / (middle * (1 - middle))
        lower = np.where(exact, lower, special.expit(special.logit(middle) - step))
        upper = np.where(exact, upper, special.expit(special.logit(middle) + step))
    lower, upper = (np.where(found.whole, found.estimate, np.where(usable, limit, np.nan)) for limit in (lower, upper))
    return lower, upper


def mover(first: tuple, second: tuple) -> tuple[np.ndarray, np.ndarray]:
    """Limits of a difference of two independent shares from their own (Newcombe 1998; Zou and Donner 2008).

    Parameters
    ----------
    first, second : tuple of (estimate, lower, upper)
        As fractions, arrays of one shape; the second is taken from the first.
    """
    (p1, l1, u1), (p2, l2, u2) = first, second
    return p1 - p2 - np.hypot(p1 - l1, u2 - p2), p1 - p2 + np.hypot(u1 - p1, p2 - l2)


def missing_bounds(judged: Judged, group: np.ndarray, weighted: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Share of yes if every missing judgement were no, and if every one were yes (Manski 2003, for a point estimate).

    Over eligible cases worked, with weights ``N_h / m_h``; a stratum of the list with no case worked counts as N_h
    missing ones. Unweighted, only the cases worked count, each as one. nan without any such case.
    """
    part = judged.of(group)
    base = weights(part)[1] if weighted else np.ones_like(part.worked)
    unworked = (np.where(part.worked == 0, part.population, 0) * weighted).sum(-1)
    total = (base * (part.judged + part.missing)).sum(-1) + unworked
    least = (base * part.yes).sum(-1)
    greatest = (base * (part.yes + part.missing)).sum(-1) + unworked
    return _over(least, total, np.nan), _over(greatest, total, np.nan)


def table(strata: pd.DataFrame, outcome: str, confidence: float, lonely: Lonely, evidence: str) -> pd.DataFrame:
    """Every estimate of one outcome: all cases, each arm, and their difference.

    Parameters
    ----------
    strata : DataFrame
        One row a stratum: area, arm, eligible (cases in the list), yes, no, ineligible, missing (cases worked).
        No row: no list.
    outcome : str
    confidence : float
        In (0, 1).
    lonely : {"fail", "adjust", "average"}
        As `stratified`.
    evidence : str

    Returns
    -------
    DataFrame
        `COLUMNS`; one row a group, population and method, none without a list. ``unweighted`` is what somebody gets
        who takes the cases for one simple random sample, with Wilson's limits. A difference has MOVER limits, which
        rest on the df of each arm; its own df are the sum of theirs, or Welch's. least and greatest: see
        `missing_bounds`. judged and missing count cases. note: whatever the numbers do not say by themselves.

    Raises
    ------
    InputError
        As `Judged`, `stratified` and `limits`.
    """
    if strata.empty:
        return pd.DataFrame(columns=COLUMNS)
    counts = Judged(*(strata[name].to_numpy(dtype=float) for name in ("eligible", "yes", "no", "ineligible", "missing")))
    groups = {"all": np.ones(len(strata), dtype=bool)} | {arm: (strata["arm"] == arm).to_numpy() for arm in ARMS}
    blocks = []
    for population in (FINITE, SUPER):
        found = {name: stratified(counts, group, population == FINITE, lonely) for name, group in groups.items()}
        for method in METHODS:
            block = {name: _share(counts, groups[name], found[name], method, confidence, lonely) for name in groups}
            blocks.append((population, method, block | {DIFFERENCE: _difference(block, method)}))
    block = {name: _unweighted(counts, group, confidence) for name, group in groups.items()}
    blocks.append((SUPER, UNWEIGHTED, block | {DIFFERENCE: _difference(block, UNWEIGHTED)}))
    rows = [
        {"group": name, "population": population, "method": method} | block[name]
        for name in [*groups, DIFFERENCE]
        for population, method, block in blocks
    ]
    return pd.DataFrame(rows).assign(outcome=outcome, level=confidence, evidence=evidence)[COLUMNS]


def _share(
    counts: Judged, group: np.ndarray, found: Stratified, method: str, confidence: float, lonely: Lonely
) -> dict[str, object]:
    df = float(degrees_of_freedom(found, method))
    row = {"estimate": float(found.estimate), "se": float(found.se), "df": df, "plain_df": float(found.df)}
    row |= _named(("lower", "upper"), limits(found, method, confidence))
    return row | _cases(counts, group, weighted=True) | {"note": _note(found, df, lonely)}


def _unweighted(counts: Judged, group: np.ndarray, confidence: float) -> dict[str, object]:
    yes, n = int(counts.yes[group].sum()), int(counts.judged[group].sum())
    row = dict.fromkeys(["estimate", "se", "df", "plain_df", "lower", "upper"], np.nan)
    note = "" if n else "No case was judged."
    if n:
        row |= {"estimate": yes / n, "se": np.sqrt(yes * (n - yes) / n**3)}
        row |= intervals.binomial(yes, n, confidence)._asdict()
    return row | _cases(counts, group, weighted=False) | {"note": note}


def _cases(counts: Judged, group: np.ndarray, weighted: bool) -> dict[str, object]:
    row = {"judged": int(counts.judged[group].sum()), "missing": int(counts.missing[group].sum())}
    return row | _named(("least", "greatest"), missing_bounds(counts, group, weighted))


def _difference(block: dict[str, dict], method: str) -> dict[str, object]:
    first, second = (block[arm] for arm in ARMS)
    row = {"estimate": first["estimate"] - second["estimate"], "se": float(np.hypot(first["se"], second["se"]))}
    row |= {"df": first["plain_df"] + second["plain_df"]}
    if method.endswith("satterthwaite") and row["se"] > 0:
        # Welch's, which are Satterthwaite's of the strata of both arms; an arm without error adds nothing.
        row["df"] = row["se"] ** 4 / sum(arm["se"] ** 4 / arm["df"] for arm in (first, second) if arm["se"] > 0)
    row |= _named(("lower", "upper"), mover(*([arm[name] for name in ("estimate", "lower", "upper")] for arm in (first, second))))
    row |= {"least": first["least"] - second["greatest"], "greatest": first["greatest"] - second["least"]}
    row |= {name: first[name] + second[name] for name in ("judged", "missing")}
    said = [f"{arm.replace('_', ' ').capitalize()}: {block[arm]['note']}" for arm in ARMS if block[arm]["note"]]
    return row | {"note": " ".join(said)}


def _note(found: Stratified, df: float, lonely: Lonely) -> str:
    """What the row of one group cannot say in numbers, in sentences."""
    if found.n == 0:
        cases = int(found.left_out_cases)
        return f"No estimate: none of the list's {_many(cases, 'case')} was judged." if cases else "The list has no such case."
    said = []
    if found.left_out:
        strata, cases = _many(found.left_out, "stratum", "strata"), _many(found.left_out_cases, "case")
        said += [f"{LEFT_OUT}, with no case judged: {strata}, {cases}."]
    if found.lonely:
        way = "fail" if np.isnan(found.se) else lonely
        said += [_LONELY_SAYS[way] + _many(found.lonely, "stratum of one record only.", "strata of one record only.")]
    if found.whole:
        said += ["Nothing of the list is unknown: the limits are the estimate itself."]
    elif not (np.isnan(found.se) or df >= 1):
        said += ["No limits: no stratum has two cases judged, so there are no degrees of freedom."]
    elif found.se == 0:
        cut = ", cut to what the cases judged leave possible in the list" if found.at_least > 0 or found.at_most < 1 else ""
        said += [f"The error is 0: the limits are Korn-Graubard's with Kish's effective number of cases{cut}."]
    return " ".join(said)


def _many(number: float, one: str, more: str = "") -> str:
    return f"{int(number)} {one if number == 1 else more or one + 's'}"


def _named(names: tuple[str, str], values: tuple[np.ndarray, np.ndarray]) -> dict[str, float]:
    return dict(zip(names, map(float, values), strict=True))


def _over(above: np.ndarray | float, below: np.ndarray, otherwise: float = 0.0) -> np.ndarray:
    """Quotient; `otherwise` where the divisor is not above 0."""
    above, below = np.broadcast_arrays(np.asarray(above, dtype=float), np.asarray(below, dtype=float))
    return np.divide(above, below, out=np.full(below.shape, otherwise), where=below > 0)
