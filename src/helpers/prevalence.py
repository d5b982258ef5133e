"""The published shares: what rounding, sampling and clustering leave open."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from helpers import intervals, letter_figures, overlap, published, sensitivity
from helpers.datapackage import resource_path
from helpers.letter_figures import LOOKED_AFTER, NEAREST, STARTS
from helpers.parameters import PrevalenceEstimates
from helpers.published import SHARES
from helpers.rounding import Counts, counts_from_percentage

QUOTIENT = "looked_after_share_of_starts"
METHOD_NAMES = {
    "wilson": "Wilson",
    "clopper_pearson": "Clopper-Pearson",
    "jeffreys": "Jeffreys",
    "coarsened_jeffreys": "Jeffreys, coarsened",
    "logit_t": "logit with t",
    "korn_graubard": "Korn-Graubard",
    "quotient": "quotient",
}


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
    evidence, iccs = _base_evidence(inspected_cases, yots), list(iccs)
    shares = [
        share_estimates(claim, published.number(claim), inspected_cases, yots, iccs, confidence, evidence) for claim in SHARES
    ]
    return pd.concat([*shares, quotient_estimates()], ignore_index=True)


def _base_evidence(inspected_cases: int, yots: int) -> str:
    printed = [published.number("letter_table_1_cases"), published.number("letter_table_1_yots")]
    return published.mark(zip([inspected_cases, yots], printed, strict=True))


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
        methods, the printed share for the clustered ones. Rounding included: the union over all counts; for
        ``coarsened_jeffreys`` the posterior given that the count is one of them.

    Raises
    ------
    InputError
        The claim is no share of a sample, no count of `n` gives `per_cent`, or a value is outside its range.
    """
    letter_figures.must_be_a_share(claim)
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
    common = {"method": "coarsened_jeffreys", "icc": 0.0, "deff": 1.0, "n_effective": float(n)}
    limits = intervals.coarsened(counts, n, confidence)
    return [*rows, common | _rounding_columns("included", counts, per_cent / 100) | limits._asdict()]


def _clustered_rows(
    per_cent: int, counts: Counts, n: int, clusters: int, icc: float, confidence: float
) -> list[dict[str, object]]:
    deff, share = intervals.design_effect(icc, n, clusters), per_cent / 100
    rows = []
    for method in intervals.CLUSTERED_METHODS:
        common = {"method": method, "icc": icc, "deff": deff, "n_effective": n / deff}
        plain = _clustered_or_missing(share, n, deff, clusters - 1, confidence, method)
        both = intervals.clustered_union(counts, n, deff, clusters - 1, confidence, method)
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


def quotient_estimates() -> pd.DataFrame:
    """Our own quotient of 4,500 and 24,000, with the bounds that their rounding leaves.

    It is not a count of cases out of a sample, so no sampling interval exists and none is given.

    Returns
    -------
    DataFrame
        The columns of ``prevalence_estimates.csv``; method ``quotient``, two rows.
    """
    nearest = {claim: NEAREST[claim][0] for claim in (LOOKED_AFTER, STARTS)}
    span = letter_figures.quotient_span(*(letter_figures.span(*one) for one in nearest.items()))
    above, below = (published.number(claim) for claim in nearest)
    assumes = "rounded to the nearest {:,} and {:,}".format(*nearest.values())
    common = {"claim": QUOTIENT, "method": "quotient", "estimate": above / below, "assumes": assumes}
    rows = [common | {"rounding": "ignored"}, common | {"rounding": "included", "lower": span.low, "upper": span.high}]
    return _in_order(pd.DataFrame(rows).assign(evidence=published.EVIDENCE))


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


def allowed_counts(inspected_cases: int, other_bases: Iterable[int]) -> pd.DataFrame:
    """The counts that both printed per cents allow, for the base taken and for others, and the shares that these are.

    Returns
    -------
    DataFrame
        claim, per_cent, n, count_low, count_high, share_low, share_high (fractions), evidence.
    """
    bases = list(dict.fromkeys([inspected_cases, *other_bases]))
    found = [sensitivity.spans(published.number(claim), bases).assign(claim=claim) for claim in SHARES]
    table = pd.concat(found, ignore_index=True).assign(evidence=published.EVIDENCE)
    own = table["n"] == inspected_cases
    table.loc[own, "evidence"] = published.mark([(inspected_cases, published.number("letter_table_1_cases"))])
    table["per_cent"] = table["claim"].map(published.number)
    return table[["claim", "per_cent", "n", "count_low", "count_high", "share_low", "share_high", "evidence"]]


def sensitivities(parameters: PrevalenceEstimates) -> pd.DataFrame:
    """Both headline intervals with one assumption changed at a time, as ``prevalence_sensitivity.csv``."""
    p, evidence = parameters, _base_evidence(parameters.inspected_cases, parameters.yots)
    assumed = (p.inspected_cases, p.yots, p.headline_icc, p.confidence, p.icc, p.other_bases, p.yots_in_all, evidence)
    return pd.concat([sensitivity.table(claim, published.number(claim), *assumed) for claim in SHARES], ignore_index=True)


def joint(inspected_cases: int) -> pd.DataFrame:
    """Bounds on the overlap of both shares, if they are of the same cases, as ``prevalence_joint.csv``."""
    counts = [counts_from_percentage(published.number(claim), inspected_cases) for claim in SHARES]
    evidence = published.mark([(inspected_cases, published.number("letter_table_1_cases"))])
    return overlap.bounds(*counts, inspected_cases, evidence)


def simulated_coverage() -> pd.DataFrame:
    """How often intervals held the true share in simulated inspections, as ``bench/prevalence_coverage.py`` found."""
    return pd.read_csv(resource_path("synthetic-prevalence-coverage"))


def headline(estimates: pd.DataFrame, claim: str, icc: float) -> pd.Series:
    """The one interval that stands for a figure: Korn-Graubard, rounding included, at the assumed correlation."""
    chosen = estimates.query("claim == @claim and method == 'korn_graubard' and rounding == 'included' and icc == @icc")
    return chosen.squeeze(axis=0)
