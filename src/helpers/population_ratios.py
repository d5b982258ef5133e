"""How the letter's shares of looked after children compare with that of all children, and the size of each caveat.

What is made here is the ratio of two published rates. They differ in more than offending: in the country, the day, the
ages and what is counted. Each step changes one of these alone (and one step two of them), or says that its size is not known.
"""

from typing import NamedTuple

import pandas as pd

from helpers import letter_figures, published
from helpers.errors import InputError
from helpers.letter_figures import LOOKED_AFTER, NEAREST, STARTS, quotient_span, reference
from helpers.rounding import Span, rounding_span

NOT_KNOWN = "[x]"
AS_PUBLISHED = "as_published"
IN_CARE = "letter_in_care_during_sentence"
OF_STARTS, OF_SENTENCED = "looked_after_starts", "in_care_during_sentence"
# What each comparison sets beside the rate of all children.
COMPARISONS = {
    OF_STARTS: "looked after children, estimated, of all starts",
    OF_SENTENCED: "children in care during the sentence, of those subject to a court order in the cases inspected",
}
_NUMBERS = ["share", "rate_per_10000", "estimate", "lower", "upper", "factor"]
COLUMNS = ["comparison", "step", *_NUMBERS, "rests_on", "note", "evidence"]

_RATE, _CHILDREN = "looked_after_rate_england_2019", "looked_after_england_2019"
_WALES_RATE, _WALES_CHILDREN = "looked_after_rate_wales_2019", "looked_after_wales_2019"
_CEASED = "ceased_looked_after_england_2019"
_AGED_10, _ALL_AGED_10 = "looked_after_aged_10_or_over_share_england_2018", "aged_10_to_17_share_of_children_england_2019"
_OFFICIAL = letter_figures.OFFICIAL_CHILDREN
_LAW = "recalled: the Legal Aid, Sentencing and Punishment of Offenders Act 2012"
# What each figure from outside the letter is; its value and its mark stand in the reference data.
_WORDS = {
    _RATE: "{:,} per 10,000 in England on 31 March 2019",
    _CHILDREN: "{:,} looked after in England on 31 March 2019",
    _WALES_RATE: "{:,} per 10,000 in Wales on 31 March 2019",
    _WALES_CHILDREN: "{:,} looked after in Wales on 31 March 2019",
    _CEASED: "{:,} ceased to be looked after in England in 2018/19",
    _AGED_10: "{:,}% of looked after children in England were 10 or over on 31 March 2018",
    _ALL_AGED_10: "about {:,}% of children under 18 in England were 10 to 17 in 2019",
    _OFFICIAL: "{:,} children cautioned or sentenced in England and Wales in 2018/19",
}
# The steps whose size is known: the figures that each rests on, and what to say of it in each comparison, or in both.
_RESTS_ON = {
    AS_PUBLISHED: (_RATE,),
    "england_and_wales": (_RATE, _CHILDREN, _WALES_RATE, _WALES_CHILDREN),
    "any_time_in_year": (_RATE, _CHILDREN, _CEASED),
    "aged_10_to_17": (_RATE, _AGED_10, _ALL_AGED_10),
    "any_time_and_aged_10_to_17": (_RATE, _CHILDREN, _CEASED, _AGED_10, _ALL_AGED_10),
    "starts_or_children": (_RATE, _OFFICIAL),
}
_ANY_TIME = (
    "Those looked after on one day and those who ceased in the year, over the children of the country on one day. A child "
    "who left and came back is counted twice, and a country has more children over a year than on a day; for both reasons the "
    "ratio may be too low. "
)
_NOTES = {
    AS_PUBLISHED: {
        OF_STARTS: "An estimate for court orders and cautions that started in a year is set beside all children under 18 looked "
        "after in England on one day. The bounds hold the rounding and not the error of the estimate.",
        OF_SENTENCED: "A share of the cases inspected is set beside all children under 18 looked after in England on one day. "
        "The bounds hold the rounding and not the choice of the cases.",
    },
    "england_and_wales": "The inspectorate's work covers both countries. The children of each are its count, taken as printed, "
    "over its rate.",
    "any_time_in_year": {
        OF_STARTS: f"{_ANY_TIME}This is like with like if the estimate means looked after at some time in the year; if it means "
        "on the day of the start, the rate of one day is.",
        OF_SENTENCED: f"{_ANY_TIME}A sentence may be shorter or longer than a year.",
    },
    "aged_10_to_17": "Only a child of 10 or over can be cautioned or sentenced. The share of looked after children is that of "
    "2018, taken to hold in 2019; that of all children is recalled and taken as it is, so this shows a size only. Within 10 to "
    "17 the ages may differ too.",
    "any_time_and_aged_10_to_17": "Both steps together, assuming that those who ceased had the ages of those looked after on the "
    "day. Some of them turned 18 and others were young; one share is recalled. So this shows a size only.",
    "starts_or_children": "What the ratio would be if the estimate were of the children cautioned or sentenced in the official "
    "statistics. It is shown for its size only: whether the two count the same is not known, and they are not reconciled. If the "
    "4,500 counts starts as well, a child with several is in it several times, and the direction is not known.",
}
_REMAND = "Every child remanded to youth detention accommodation is looked after by law, so part of the association is by law. "
_LOOKED_AFTER_BY_REMAND = (
    "the ratio is too high by an unknown amount. How many were looked after by remand alone would be needed."
)
# The steps whose size is not known: what each rests on, its direction where one is known, and what would be needed.
_UNKNOWN = {
    OF_STARTS: {
        "remand": (_LAW, f"{_REMAND}If the estimate counts these children, {_LOOKED_AFTER_BY_REMAND}"),
        "meaning_of_looked_after": (
            _RATE,
            "The letter does not say when a child had to be looked after to be counted, nor how that was found; the rate counts "
            "those looked after by law. The direction is not known. The definition behind the estimate would be needed.",
        ),
    },
    OF_SENTENCED: {
        "period": (
            _RATE,
            "At some point during the sentence is a period, and the rate is of one day. More children are in care at some point "
            "than on any one day, so the ratio is too high by an unknown amount. The share in care on one day of the sentence "
            "would be needed.",
        ),
        "remand": (_LAW, f"{_REMAND}If a remand during the sentence was counted as in care, {_LOOKED_AFTER_BY_REMAND}"),
        "different_years": (
            _RATE,
            "The cases were inspected over two years to autumn 2020, and the rate is of 31 March 2019. The direction is not "
            "known. The share and the rate of each year would be needed.",
        ),
        "meaning_of_looked_after": (
            _RATE,
            "The letter says placed in the care of the local authority here, and elsewhere looked after, or a history of care; "
            "the rate counts those looked after by law. The direction is not known. What inspectors counted would be needed.",
        ),
    },
}


class Box(NamedTuple):
    """A value that rests on rounded figures: at the low end of their rounding, as printed, and at the high end."""

    low: float
    printed: float
    high: float

    @property
    def span(self) -> Span:
        """The ends alone."""
        return Span(self.low, self.high)

    def times(self, factor: float) -> "Box":
        """The same with each value multiplied."""
        return Box(self.low * factor, self.printed * factor, self.high * factor)


def ratio(share: Box, rate: Box) -> Box:
    """A share over the rate of all children, with the bounds at the corners of the rounding.

    Parameters
    ----------
    share, rate : Box
        Fractions, `rate` above 0.

    Raises
    ------
    InputError
        A value outside 0 to 1, ends out of order, or a rate that can be 0.
    """
    for low, middle, high in (share, rate):
        if not 0 <= low <= middle <= high <= 1:
            raise InputError(f"shares and rates lie from 0 to 1, the least first; these are {low:g}, {middle:g} and {high:g}")
    if rate.low == 0:
        raise InputError("a rate that can be 0 has no ratio to it")
    low, high = quotient_span(share.span, rate.span)
    return Box(low, share.printed / rate.printed, high)


def ratios() -> pd.DataFrame:
    """The ratio of each comparison as published, and with each caveat alone.

    Bounds hold the rounding of the figures, at the corners: not chance, not the error of an estimate.

    Returns
    -------
    DataFrame
        comparison, step, share (fraction), rate_per_10000 (of all children, or of those in the ages), estimate, lower, upper
        (ratios), factor (estimate over that of ``as_published``), rests_on (figures beside the letter's, with their marks),
        note, evidence. Numbers of a step whose size is not known read ``[x]``.
    """
    rows = [row for comparison in COMPARISONS for row in (*_known(comparison), *_unknown(comparison))]
    return pd.DataFrame(rows, columns=COLUMNS)


def _known(comparison: str) -> list[tuple[object, ...]]:
    share, rate = _share(comparison), _rates()
    steps = {step: (share, of_all) for step, of_all in rate.items()}
    if comparison == OF_STARTS:
        steps["starts_or_children"] = (_share_of_official_children(), rate[AS_PUBLISHED])
    found = {step: ratio(*of) for step, of in steps.items()}
    rows = []
    for step, (used, of_all) in steps.items():
        low, estimate, high = found[step]
        factor = estimate / found[AS_PUBLISHED].printed
        numbers = (used.printed, of_all.times(10_000).printed, estimate, low, high, factor)
        note = _NOTES[step] if isinstance(_NOTES[step], str) else _NOTES[step][comparison]
        rests_on = "; ".join(_in_words(figure) for figure in _RESTS_ON[step])
        rows.append((comparison, step, *numbers, rests_on, note, published.EVIDENCE))
    return rows


def _unknown(comparison: str) -> list[tuple[object, ...]]:
    numbers = [NOT_KNOWN] * len(_NUMBERS)
    return [
        (comparison, step, *numbers, rests_on if rests_on == _LAW else _in_words(rests_on), note, published.EVIDENCE)
        for step, (rests_on, note) in _UNKNOWN[comparison].items()
    ]


def _share(comparison: str) -> Box:
    if comparison == OF_SENTENCED:
        low, high = letter_figures.span(IN_CARE, 1)
        return Box(low, published.number(IN_CARE) / 100, high)
    return _looked_after_of(published.number(STARTS), letter_figures.span(STARTS, NEAREST[STARTS][0]))


def _share_of_official_children() -> Box:
    official = reference(_OFFICIAL).value
    return _looked_after_of(official, rounding_span(official, letter_figures.OFFICIAL_NEAREST))


def _looked_after_of(base: int, base_span: Span) -> Box:
    low, high = quotient_span(letter_figures.span(LOOKED_AFTER, NEAREST[LOOKED_AFTER][0]), base_span)
    return Box(low, published.number(LOOKED_AFTER) / base, high)


def _rates() -> dict[str, Box]:
    """The rate of all children in each step; each rises with every rounded figure in it, so its ends are at their ends."""
    england, wales, aged_10 = _rounded(_RATE, 10_000), _rounded(_WALES_RATE, 10_000), _rounded(_AGED_10, 100)
    children, welsh, ceased = (reference(figure).value for figure in (_CHILDREN, _WALES_CHILDREN, _CEASED))
    in_year = (children + ceased) / children
    # The children of a country are its looked after children over their rate.
    both = ((children + welsh) / (children / one + welsh / other) for one, other in zip(england, wales, strict=True))
    all_aged_10 = reference(_ALL_AGED_10).value / 100
    older = Box(*(one * share / all_aged_10 for one, share in zip(england, aged_10, strict=True)))
    return {
        AS_PUBLISHED: england,
        "england_and_wales": Box(*both),
        "any_time_in_year": england.times(in_year),
        "aged_10_to_17": older,
        "any_time_and_aged_10_to_17": older.times(in_year),
    }


def _rounded(figure: str, scale: int) -> Box:
    """A figure printed as a whole number, over `scale`."""
    value = reference(figure).value
    low, high = rounding_span(value, 1)
    return Box(low / scale, value / scale, high / scale)


def _in_words(figure: str) -> str:
    found = reference(figure)
    return f"{found.mark}: {_WORDS[figure].format(found.value)}"
