"""The figures of the letter, each as what it is: a total, an estimate, a share of inspected cases or a count.

Rounding leaves a span to each. Chance has a part only where cases are read as a sample of more cases, so there is no
interval of chance here, and for the figures of `NO_SAMPLE` there can be none.
"""

from typing import NamedTuple

import pandas as pd

from helpers import published
from helpers.errors import InputError
from helpers.rounding import Span, rounding_span

STARTS, LOOKED_AFTER, CUSTODIAL = "letter_starts", "letter_looked_after_starts", "letter_custodial_starts"
OFFICIAL_CHILDREN = "cautioned_or_sentenced_2018_19"
_NO_METHOD = "an estimate whose method is not published"
# What is no count out of a sample, and what it is instead.
NO_SAMPLE = {STARTS: "an administrative total of all starts", LOOKED_AFTER: _NO_METHOD, CUSTODIAL: _NO_METHOD}
# The letter does not say how it rounded. These are the readings shown, the one used elsewhere first.
NEAREST = {STARTS: (1000, 100), LOOKED_AFTER: (100, 500)}
LEAST_OF_NEARLY = (650, 675, 690)
OFFICIAL_NEAREST = 100

_TOTAL, _ESTIMATE, _SHARE = "administrative total", "estimate of unknown method", "inspected share"
_COUNT = "count printed in full"
_IF_A_SAMPLE = "yes, if the cases inspected are read as a random sample of cases in a random sample of services"
# Kind of each figure, and what may be said of it about chance.
_FIGURES = {
    STARTS: (_TOTAL, "none: it counts all starts, so chance has no part; what a start is, is not said"),
    LOOKED_AFTER: (_ESTIMATE, "none: it is no count out of a sample; the error of the estimate is not known"),
    CUSTODIAL: (_ESTIMATE, "none: it is part of the estimate of looked after children, so its error is not known either"),
    "letter_in_care_during_sentence": (_SHARE, f"{_IF_A_SAMPLE}; how many cases they were is not given"),
    "letter_child_protection_or_section_47": (_SHARE, f"{_IF_A_SAMPLE}; which cases they were is not restated"),
    "letter_table_1_cases": (_COUNT, "none: it is the number of court cases inspected, and known"),
    "letter_table_1_yots": (_COUNT, "none: it is the number of youth offending teams inspected, and known"),
}


class Reference(NamedTuple):
    """A figure from outside the two documents, and how it is known: read, press, inferred or recalled."""

    value: int
    mark: str


def reference(figure: str) -> Reference:
    """A whole number of ``data/reference/denominators.csv`` with its mark.

    Raises
    ------
    InputError
        No row has this figure, or it has no whole number.
    """
    rows = published.read("denominators").set_index("figure")
    if figure not in rows.index or not rows.at[figure, "value"].isdigit():
        raise InputError(f"the reference data have no whole number for {figure!r}")
    return Reference(int(rows.at[figure, "value"]), rows.at[figure, "mark"])


def must_be_a_share(claim: str) -> None:
    """Let pass what may be a share of a sample, and nothing that is known to be no count out of one.

    Raises
    ------
    InputError
        The claim is one of `NO_SAMPLE`.
    """
    if claim in NO_SAMPLE:
        raise InputError(f"{claim} is {NO_SAMPLE[claim]}, no count out of a sample, so it has no sampling interval")


def span(claim: str, nearest: int) -> Span:
    """The values that are printed as the figure of a claim when rounded half up to the nearest `nearest`.

    Parameters
    ----------
    claim : str
        A claim that prints a whole number.
    nearest : int
        What it is read as rounded to, in the unit printed: 1 of a per cent is a whole per cent.

    Returns
    -------
    Span
        In the unit printed, a per cent as a fraction.

    Raises
    ------
    InputError
        There is no such claim, it prints no whole number or "nearly" one, or that number is no multiple of `nearest`.

    Examples
    --------
    >>> span("letter_looked_after_starts", 100)
    Span(low=4450.0, high=4550.0)
    """
    figure, row = published.number(claim), _row(claim)
    if row["qualifier"] == "nearly":
        raise InputError(
            f"{claim} is printed as {printed(claim)!r}, so it lies below {figure:,}; say from where it is nearly that"
        )
    if nearest <= 0 or figure % nearest:
        raise InputError(f"{claim} prints {figure:,}, which is not rounded to the nearest {nearest:,}")
    found = rounding_span(figure, nearest)
    return Span(found.low / 100, found.high / 100) if row["unit"] == "per cent" else found


def nearly(claim: str, least: int) -> Span:
    """The values that are printed as "nearly" the figure of a claim: from `least` up to, but not including, that figure.

    Raises
    ------
    InputError
        There is no such claim, it does not print "nearly" a whole number, or `least` is not above 0 and below that number.
    """
    figure = published.number(claim)
    if _row(claim)["qualifier"] != "nearly":
        raise InputError(f"{claim} is printed as {printed(claim)!r}, not as nearly so many")
    if not 0 < least < figure:
        raise InputError(f"nearly {figure:,} lies above 0 and below {figure:,}; {least:,} can not be its least value")
    return Span(float(least), float(figure))


def printed(claim: str) -> str:
    """The figure of a claim as the letter prints it: ``24,000``, ``nearly 700``, ``26 per cent``."""
    row = _row(claim)
    before = "nearly " if row["qualifier"] == "nearly" else ""
    after = " per cent" if row["unit"] == "per cent" else ""
    return f"{before}{published.number(claim):,}{after}"


def _row(claim: str) -> pd.Series:
    return published.claims().set_index("claim").loc[claim]


def as_what_they_are() -> pd.DataFrame:
    """Each figure of the letter in each reading of its rounding.

    Returns
    -------
    DataFrame
        claim, printed, kind, reading, low, high, sampling, evidence; one row a reading. `low` and `high` are in the unit
        printed, a per cent as a fraction; `high` is excluded, but for counts printed in full, where both are the count.
    """
    rows = []
    for claim, (kind, sampling) in _FIGURES.items():
        common = {"claim": claim, "printed": printed(claim), "kind": kind}
        for reading, values in _readings(claim).items():
            rows.append(common | {"reading": reading} | values._asdict() | {"sampling": sampling})
    return pd.DataFrame(rows).assign(evidence=published.EVIDENCE)


def _readings(claim: str) -> dict[str, Span]:
    if claim == CUSTODIAL:
        figure = published.number(claim)
        return {f"below {figure:,} and at least {least:,}": nearly(claim, least) for least in LEAST_OF_NEARLY}
    if claim in published.SHARES:
        return {"nearest whole per cent": span(claim, 1)}
    if claim in NEAREST:
        return {f"nearest {nearest:,}": span(claim, nearest) for nearest in NEAREST[claim]}
    figure = float(published.number(claim))
    return {"as printed": Span(figure, figure)}


def quotients() -> pd.DataFrame:
    """Our own quotients of the letter's figures, with the bounds that rounding leaves.

    The bounds are at the corners, low / high and high / low. They are no intervals of chance, and the error of the estimates
    of looked after children is not in them.

    Returns
    -------
    DataFrame
        quotient, reading, estimate, lower, upper, assumes, evidence; fractions, and for `starts_beside_official_children` a
        ratio. The estimate is missing where the letter gives no point, "nearly 700".
    """
    starts, looked_after = published.number(STARTS), published.number(LOOKED_AFTER)
    no_error = "rounded half up as read; the error of the estimate is not known, so it is not in the bounds"
    rows = []
    for above in NEAREST[LOOKED_AFTER]:
        for below in NEAREST[STARTS]:
            reading = f"{_to_nearest(looked_after, above)}; {_to_nearest(starts, below)}"
            bounds = quotient_span(span(LOOKED_AFTER, above), span(STARTS, below))
            rows.append(("looked_after_share_of_starts", reading, looked_after / starts, *bounds, no_error))
    for below in NEAREST[LOOKED_AFTER]:
        for words, above in _readings(CUSTODIAL).items():
            reading = f"{printed(CUSTODIAL)} as {words}; {_to_nearest(looked_after, below)}"
            assumes = f"{no_error}; the letter says nearly, so there is no point"
            bounds = quotient_span(above, span(LOOKED_AFTER, below))
            rows.append(("custodial_share_of_looked_after_starts", reading, float("nan"), *bounds, assumes))
    official = reference(OFFICIAL_CHILDREN)
    for above in NEAREST[STARTS]:
        reading = f"{_to_nearest(starts, above)}; {_to_nearest(official.value, OFFICIAL_NEAREST)}"
        assumes = f"{official.mark}: {official.value:,} children; not reconciled: what the letter's figure counts is not said"
        bounds = quotient_span(span(STARTS, above), rounding_span(official.value, OFFICIAL_NEAREST))
        rows.append(("starts_beside_official_children", reading, starts / official.value, *bounds, assumes))
    columns = ["quotient", "reading", "estimate", "lower", "upper", "assumes"]
    return pd.DataFrame(rows, columns=columns).assign(evidence=published.EVIDENCE)


def quotient_span(above: Span, below: Span) -> Span:
    """The lowest and the highest quotient of two figures, each anywhere in its span.

    Raises
    ------
    InputError
        The figure below can be 0 or less, or the one above less than 0.
    """
    if above.low < 0 or below.low <= 0:
        raise InputError(f"a quotient needs figures above 0; these begin at {above.low:g} and {below.low:g}")
    return Span(above.low / below.high, above.high / below.low)


def _to_nearest(figure: int, nearest: int) -> str:
    return f"{figure:,} to the nearest {nearest:,}"
