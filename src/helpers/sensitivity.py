"""What one departure at a time from the headline's assumptions does to the headline interval of a published share."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from helpers import intervals
from helpers.errors import InputError
from helpers.intervals import Interval
from helpers.rounding import Counts, counts_from_percentage

COLUMNS = ["claim", "assumption", "value", "count_low", "count_high", "n", "clusters", "deff", "n_effective", "df"]
COLUMNS += ["estimate", "lower", "upper", "width", "level", "note", "evidence"]
SIZE_CVS = (0.25, 0.5, 0.75)
_BINOMIAL = {"wilson": "Wilson's", "clopper_pearson": "Clopper and Pearson's", "jeffreys": "Jeffreys'"}


@dataclass(frozen=True)
class Assumed:
    """A printed whole per cent, and what is assumed of the cases behind it."""

    per_cent: int
    n: int
    # Services that the cases lie in, out of how many, and how their sizes vary (coefficient of variation).
    clusters: int
    icc: float
    confidence: float
    size_cv: float = 0.0
    services_in_all: float = math.inf

    @property
    def counts(self) -> Counts:
        """The counts that are printed as this per cent."""
        return counts_from_percentage(self.per_cent, self.n)

    @property
    def deff(self) -> float:
        """Design effect, with the correction for a finite number of services."""
        kish = intervals.design_effect(self.icc, self.n, self.clusters, self.size_cv)
        return kish * (1 - self.clusters / self.services_in_all)

    @property
    def df(self) -> int:
        """Degrees of freedom."""
        return self.clusters - 1

    def limits(self, counts: Counts, method: intervals.ClusteredMethod = "korn_graubard") -> Interval:
        """Union of the intervals of so many cases."""
        return intervals.clustered_union(counts, self.n, self.deff, self.df, self.confidence, method)


def table(
    claim: str,
    per_cent: int,
    n: int,
    clusters: int,
    icc: float,
    confidence: float,
    other_iccs: Iterable[float],
    other_bases: Iterable[int],
    services_in_all: int,
    evidence: str,
) -> pd.DataFrame:
    """The headline interval of one published whole per cent, and the same with one assumption changed in each row.

    The headline is Korn-Graubard's interval (1998) with rounding included, for `n` cases in `clusters` services of equal
    size out of very many, with correlation `icc` and ``clusters - 1`` degrees of freedom.

    Parameters
    ----------
    claim : str
        Claim that prints the per cent.
    per_cent : int
        Whole per cent, 0 to 100.
    n, clusters : int
        Cases, taken as the base of the per cent, and services that they lie in, at least 2.
    icc : float
        Intra-cluster correlation of the headline, in [0, 1).
    confidence : float
        In (0, 1).
    other_iccs : iterable of float
        Other correlations; the headline's own is passed over.
    other_bases : iterable of int
        Other numbers of cases, in as many services; the headline's own is passed over.
    services_in_all : int
        Services that those inspected are taken from, at least `clusters`.
    evidence : str

    Returns
    -------
    DataFrame
        The columns of ``prevalence_sensitivity.csv``. assumption, and value of it: ``headline``; ``correlation``;
        ``cases``; ``service_sizes`` (coefficient of variation); ``finite_population`` (variance times
        ``1 - clusters / services_in_all``, Cochran 1977); ``method``; ``rounding`` (``ignored``, or ``truncated``: cut
        off and not rounded); ``degrees_of_freedom`` (``normal``: n / deff without Korn and Graubard's factor);
        ``truncation`` (their number of cases cut at n, Parker et al. 2017). estimate is the printed share in every row;
        estimate, lower, upper and width are fractions. deff holds the finite correction. df: inf for the normal,
        missing where no such distribution is used. note: what differs, in a sentence.

    Raises
    ------
    InputError
        A base that cannot give the per cent or has fewer cases than services, fewer services in all than were
        inspected, fewer than two, or a value outside its range.
    """
    if not services_in_all >= clusters:
        raise InputError(f"the {clusters} services inspected are among all services; these are {services_in_all}")
    headline = Assumed(per_cent, n, clusters, icc, confidence)
    rows = [*_assumed(headline, other_iccs, other_bases, services_in_all), *_methods(headline), *_readings(headline)]
    rows = pd.DataFrame(rows).assign(claim=claim, estimate=per_cent / 100, level=confidence, evidence=evidence)
    rows["width"] = rows["upper"] - rows["lower"]
    whole = dict.fromkeys(["count_low", "count_high", "n", "clusters"], "Int64")
    real = dict.fromkeys(["deff", "n_effective", "df", "estimate", "lower", "upper", "width", "level"], np.float64)
    return rows[COLUMNS].astype(whole | real)


def spans(per_cent: int, bases: Iterable[int]) -> pd.DataFrame:
    """The counts that a printed whole per cent allows for each of several bases, and the shares that they are.

    Whatever the base, the shares span at most one point.

    Returns
    -------
    DataFrame
        n, count_low, count_high, share_low, share_high (fractions).

    Raises
    ------
    InputError
        A base that cannot give the per cent.
    """
    found = {n: counts_from_percentage(per_cent, n) for n in bases}
    rows = [(n, *counts, counts.low / n, counts.high / n) for n, counts in found.items()]
    return pd.DataFrame(rows, columns=["n", "count_low", "count_high", "share_low", "share_high"])


def counts_if_cut_off(per_cent: int, n: int) -> Counts | None:
    """The counts out of `n` whose per cent is `per_cent` once its decimals are cut off; None if there are none.

    ``P n <= 100 k < (P + 1) n`` in integers.

    Examples
    --------
    >>> counts_if_cut_off(26, 1253)
    Counts(low=326, high=338)
    """
    low, high = -(-per_cent * n // 100), min(n, ((per_cent + 1) * n - 1) // 100)
    return Counts(low, high) if low <= high else None


def _row(assumption: str, value: object, note: str, assumed: Assumed, **changed: object) -> dict[str, object]:
    """A row for `assumed`, in which some columns may say something else."""
    counts, deff = assumed.counts, assumed.deff
    row = {"assumption": assumption, "value": str(value), "note": note, "n": assumed.n, "clusters": assumed.clusters}
    row |= {"count_low": counts.low, "count_high": counts.high, "df": assumed.df}
    row |= {"deff": deff, "n_effective": assumed.n / deff if deff > 0 else math.inf} | changed
    return row if "lower" in row else row | assumed.limits(counts)._asdict()


def _assumed(
    headline: Assumed, other_iccs: Iterable[float], other_bases: Iterable[int], services_in_all: int
) -> Iterator[dict[str, object]]:
    clusters, n = headline.clusters, headline.n
    note = f"Korn-Graubard's interval, rounding included, for {n:,} cases in {clusters} services of equal size out of very many, "
    yield _row("headline", "unchanged", f"{note}with correlation {headline.icc:g} within a service.", headline)
    for icc in other_iccs:
        if icc != headline.icc:
            note = f"Cases of one service are alike by {icc:g} instead of {headline.icc:g}."
            yield _row("correlation", f"{icc:g}", note, replace(headline, icc=icc))
    for base in other_bases:
        if base != n:
            note = f"The per cent is of {base:,} cases instead of {n:,}, in as many services."
            yield _row("cases", base, note, replace(headline, n=base))
    for cv in SIZE_CVS:
        note = f"Services differ in size, with a coefficient of variation of {cv:g}, instead of being equal."
        yield _row("service_sizes", f"{cv:g}", note, replace(headline, size_cv=cv))
    finite = replace(headline, services_in_all=services_in_all)
    if services_in_all == clusters:
        note = "All services that there are were inspected, with all their cases, so that only rounding is left."
        limits = Interval(*(count / n for count in headline.counts))
        yield _row("finite_population", services_in_all, note, finite, df=np.nan, **limits._asdict())
    else:
        note = f"The {clusters} services are out of {services_in_all} instead of very many; this holds only if they are "
        note += "a simple random sample of those, with all their cases inspected."
        yield _row("finite_population", services_in_all, note, finite)


def _methods(headline: Assumed) -> Iterator[dict[str, object]]:
    n, counts = headline.n, headline.counts
    note = "The logit interval with Student's t instead of Korn-Graubard's."
    yield _row("method", "logit_t", note, headline, **headline.limits(counts, "logit_t")._asdict())
    ignored = {"clusters": pd.NA, "deff": 1.0, "n_effective": n, "df": np.nan}
    for method, whose in _BINOMIAL.items():
        limits = intervals.union(counts, n, headline.confidence, method)
        note = f"{whose} interval, which ignores that cases lie in services."
        yield _row("method", method, note, headline, **ignored, **limits._asdict())


def _readings(headline: Assumed) -> Iterator[dict[str, object]]:
    """Rounding, degrees of freedom and the cut at n."""
    per_cent, n, deff, df = headline.per_cent, headline.n, headline.deff, headline.df
    exact = intervals.clustered(per_cent / 100, n, deff, df, headline.confidence)
    yield _row("rounding", "ignored", "The printed per cent is taken for the exact share.", headline, **_of_counts(None, exact))
    cut = counts_if_cut_off(per_cent, n)
    if cut is None:
        note = f"No count of {n:,} cases gives {per_cent}% if decimals are cut off and not rounded."
        yield _row("rounding", "truncated", note, headline, **_of_counts(None, Interval(np.nan, np.nan)))
    else:
        note = "Decimals are cut off and not rounded, so a printed per cent is any share from it to under the next."
        yield _row("rounding", "truncated", note, headline, **_of_counts(cut, headline.limits(cut)))
    note = f"The normal distribution instead of Student's t with {df} degrees of freedom."
    limits = _of_cases(headline, n / deff)
    yield _row("degrees_of_freedom", "normal", note, headline, df=math.inf, **limits._asdict())
    cases = intervals.effective_cases(n, deff, df, headline.confidence)
    note = "The effective number of cases is cut at the number of cases, as the National Center for Health Statistics does; "
    note += "it is above that." if cases > n else "it is not above that, so nothing changes."
    yield _row("truncation", "at_most_n", note, headline, **_of_cases(headline, min(n, cases))._asdict())


def _of_counts(counts: Counts | None, limits: Interval) -> dict[str, object]:
    low, high = counts or (pd.NA, pd.NA)
    return {"count_low": low, "count_high": high} | limits._asdict()


def _of_cases(headline: Assumed, cases: float) -> Interval:
    """Union of Clopper and Pearson's intervals of an effective number of cases."""
    lowest, highest = (intervals.of_effective_cases(count / headline.n, cases, headline.confidence) for count in headline.counts)
    return Interval(lowest.lower, highest.upper)
