"""The published shares: what rounding, sampling and clustering leave open."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from helpers import intervals, published
from helpers.published import SHARES
from helpers.rounding import Counts, Span, counts_from_percentage, rounding_span

QUOTIENT = "looked_after_share_of_starts"
METHOD_NAMES = {
    "wilson": "Wilson",
    "clopper_pearson": "Clopper-Pearson",
    "jeffreys": "Jeffreys",
    "logit_t": "logit with t",
    "korn_graubard": "Korn-Graubard",
    "quotient": "quotient",
}
# The letter does not say how it rounded; these are the readings of "4,500" and "24,000" used here.
NEAREST = {"letter_looked_after_starts": 100, "letter_starts": 1000}


def published_estimates(inspected_cases: int, yots: int, iccs: Iterable[float], confidence: float) -> pd.DataFrame:
    """The two inspected shares and our quotient, as ``prevalence_estimates.csv``.

    Parameters
    ----------
    inspected_cases, yots : int
        Taken as the base of both shares; the letter prints them for Table 1 only.
    iccs : iterable of float
    confidence : float

    Raises
    ------
    InputError
        As `share_estimates`.
    """
    printed = [published.number("letter_table_1_cases"), published.number("letter_table_1_yots")]
    evidence = published.mark(zip([inspected_cases, yots], printed, strict=True))
    iccs = list(iccs)
    shares = [
        share_estimates(claim, published.number(claim), inspected_cases, yots, iccs, confidence, evidence) for claim in SHARES
    ]
    (above, above_nearest), (below, below_nearest) = ((published.number(claim), nearest) for claim, nearest in NEAREST.items())
    quotient = quotient_estimates(QUOTIENT, above, above_nearest, below, below_nearest, published.EVIDENCE)
    return pd.concat([*shares, quotient], ignore_index=True)


def quotient_span(above: Span, below: Span) -> Span:
    """Bounds on the quotient of two rounded figures, at the corners: both ends are limits, not intervals of chance."""
    return Span(above.low / below.high, above.high / below.low)


def share_estimates(
    claim: str, per_cent: int, n: int, clusters: int, iccs: Iterable[float], confidence: float, evidence: str
) -> pd.DataFrame:
    """Intervals of one published whole per cent, with and without rounding, with and without clusters.

    Parameters
    ----------
    claim : str
        Claim that prints the per cent.
    per_cent : int
        Whole per cent, 0 to 100.
    n, clusters : int
        Cases, taken as the base of the per cent, and the services they lie in, taken as equal in size.
    iccs : iterable of float
        Intra-cluster correlations; the documents give none, so this is a grid of assumptions.
    confidence : float
    evidence : str

    Returns
    -------
    DataFrame
        The columns of ``prevalence_estimates.csv``. Rounding ignored: the nearest count for the binomial
        methods, the printed share for the clustered ones. Rounding included: the union over all counts.

    Raises
    ------
    InputError
        No count of `n` gives `per_cent`, or a value is outside its range.
    """
    counts = counts_from_percentage(per_cent, n)
    rows = _binomial_rows(per_cent, counts, n, confidence)
    for icc in iccs:
        rows += _clustered_rows(per_cent, counts, n, clusters, icc, confidence)
    base = f"a random sample of {n} cases"
    clustered = f"; {clusters} services of equal size, drawn at random, alike within a service by icc"
    table = pd.DataFrame(rows).assign(claim=claim, n=n, level=confidence, assumes=base, evidence=evidence)
    table.loc[table["method"].isin(intervals.CLUSTERED_METHODS), "assumes"] += clustered
    return _in_order(table)


def _binomial_rows(per_cent: int, counts: Counts, n: int, confidence: float) -> list[dict[str, object]]:
    nearest = (2 * per_cent * n + 100) // 200
    rows = []
    for method in intervals.BINOMIAL_METHODS:
        common = {"method": method, "icc": 0.0, "deff": 1.0, "n_effective": float(n)}
        for rounding, used, estimate in (
            ("ignored", Counts(nearest, nearest), nearest / n),
            ("included", counts, per_cent / 100),
        ):
            limits = intervals.union(used, n, confidence, method)
            rows.append(common | _rounding_columns(rounding, used, estimate) | limits._asdict())
    return rows


def _clustered_rows(
    per_cent: int, counts: Counts, n: int, clusters: int, icc: float, confidence: float
) -> list[dict[str, object]]:
    deff, share = intervals.design_effect(icc, n, clusters), per_cent / 100
    rows = []
    for method in intervals.CLUSTERED_METHODS:
        common = {"method": method, "icc": icc, "deff": deff, "n_effective": n / deff}
        plain, lowest, highest = (
            _clustered_or_missing(used, n, deff, clusters - 1, confidence, method)
            for used in (share, counts.low / n, counts.high / n)
        )
        both = intervals.Interval(lowest.lower, highest.upper)
        for rounding, used, limits in (("ignored", None, plain), ("included", counts, both)):
            rows.append(common | _rounding_columns(rounding, used, share) | limits._asdict())
    return rows


def _clustered_or_missing(
    share: float, n: int, deff: float, df: int, confidence: float, method: intervals.ClusteredMethod
) -> intervals.Interval:
    """The interval; 0% and 100% have no logit, so there the limit beyond which no share lies is all that it gives."""
    if method == "logit_t" and share in (0, 1):
        return intervals.Interval(0.0 if share == 0 else np.nan, 1.0 if share == 1 else np.nan)
    return intervals.clustered(share, n, deff, df, confidence, method)


def _rounding_columns(rounding: str, counts: Counts | None, estimate: float) -> dict[str, object]:
    low, high = counts or (pd.NA, pd.NA)
    return {"rounding": rounding, "count_low": low, "count_high": high, "estimate": estimate}


def quotient_estimates(
    claim: str, above: float, above_nearest: float, below: float, below_nearest: float, evidence: str
) -> pd.DataFrame:
    """Our own quotient of two published figures, with the bounds that their rounding leaves.

    It is not a count of cases out of a sample, so no sampling interval exists and none is given.

    Parameters
    ----------
    claim : str
        Name of the quotient.
    above, below : float
        The two printed figures.
    above_nearest, below_nearest : float
        What each is assumed to be rounded to.
    evidence : str

    Returns
    -------
    DataFrame
        The columns of ``prevalence_estimates.csv``; method ``quotient``, two rows.
    """
    span = quotient_span(rounding_span(above, above_nearest), rounding_span(below, below_nearest))
    assumes = f"rounded to the nearest {above_nearest:g} and {below_nearest:g}"
    common = {"claim": claim, "method": "quotient", "estimate": above / below, "assumes": assumes, "evidence": evidence}
    rows = [common | {"rounding": "ignored"}, common | {"rounding": "included", "lower": span.low, "upper": span.high}]
    return _in_order(pd.DataFrame(rows))


CASE_SHARES = {"in_care": "in care", "child_protection": "on a child protection plan or enquiry"}


def of_shares(shares: pd.DataFrame, evidence: str) -> pd.DataFrame:
    """The shares of a list of cases in care and on a plan, as rows of ``prevalence_estimates.csv``.

    Parameters
    ----------
    shares : DataFrame
        As from `helpers.shares.of_cases`, treated or not.
    evidence : str

    Returns
    -------
    DataFrame
        One row a share, `claim` ``cases_in_care`` or ``cases_child_protection``; the count is known, so there is no
        rounding to include.
    """
    rows = shares[shares["share"].isin(CASE_SHARES)].reset_index(drop=True)
    effective = [_quotient(base, deff) for base, deff in zip(rows["base"], rows["deff"], strict=True)]
    made_up = "made-up " if evidence == "synthetic" else ""
    assumes = f"services drawn at random; their likeness is estimated from the {made_up}cases"
    rows = rows.assign(claim="cases_" + rows["share"], count_low=rows["count"], count_high=rows["count"], n=rows["base"])
    rows = rows.assign(rounding="ignored", icc=np.nan, n_effective=effective, assumes=assumes, evidence=evidence)
    return rows[_COLUMNS]


def cases_in_words(rows: pd.DataFrame) -> str:
    """What a list of the user's own shows, as a line of the answer; empty where the cases are not the user's own.

    Parameters
    ----------
    rows : DataFrame
        As from `of_shares`, treated or not.
    """
    if set(rows["evidence"]) != {"supplied"}:
        return ""
    found = [_share_in_words(row, CASE_SHARES[row.claim.removeprefix("cases_")]) for row in rows.itertuples()]
    caution = "What your list means by it may differ from what the letter means, so the two should not be set side by side."
    return f"\n- In your list {'; '.join(found)}. {caution} *Evidence: supplied.*"


def _share_in_words(row: tuple, what: str) -> str:
    if isinstance(row.estimate, str) or pd.isna(row.estimate):
        return f"how many cases are {what} cannot be shown"
    known = not isinstance(row.lower, str) and pd.notna(row.lower)
    limits = f" ({100 * row.lower:.3g}% to {100 * row.upper:.3g}%, {100 * row.level:g}% confidence)" if known else ""
    return f"**{100 * row.estimate:.1f}%** of the cases{limits} are {what}"


def _quotient(base: object, deff: object) -> object:
    hidden = [value for value in (base, deff) if isinstance(value, str)]
    return hidden[0] if hidden else base / deff


def together(*tables: pd.DataFrame) -> pd.DataFrame:
    """Rows of several kinds of evidence in one table, each as it was."""
    return pd.concat([table.astype(object) for table in tables], ignore_index=True)


_COLUMNS = ["claim", "method", "rounding", "icc", "count_low", "count_high", "n", "deff", "n_effective"]
_COLUMNS += ["estimate", "lower", "upper", "level", "assumes", "evidence"]


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    table = table.reindex(columns=_COLUMNS)
    whole, real = ["count_low", "count_high", "n"], ["icc", "deff", "n_effective", "estimate", "lower", "upper", "level"]
    return table.astype(dict.fromkeys(whole, "Int64") | dict.fromkeys(real, np.float64))


def side_by_side(estimates: pd.DataFrame) -> pd.DataFrame:
    """The intervals of both shares with rounding included, one row a method and correlation.

    Returns
    -------
    DataFrame
        method, icc, evidence, and a column for each of `SHARES` whose cells map ``lower`` and ``upper`` to fractions.
    """
    rows = estimates[estimates["claim"].isin(SHARES) & estimates["rounding"].eq("included")]
    limits = rows.assign(limits=rows[["lower", "upper"]].to_dict("records"))
    wide = limits.pivot(index=["method", "icc", "evidence"], columns="claim", values="limits")
    order = {method: place for place, method in enumerate(METHOD_NAMES)}
    return wide.reset_index().sort_values(["icc", "method"], key=lambda column: column.replace(order), ignore_index=True)


def headline(estimates: pd.DataFrame, claim: str, icc: float) -> pd.Series:
    """The one interval that stands for a figure: Korn-Graubard, rounding included, at the assumed correlation."""
    chosen = estimates.query("claim == @claim and method == 'korn_graubard' and rounding == 'included' and icc == @icc")
    return chosen.squeeze(axis=0)
