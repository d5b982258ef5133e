"""Words about Table 1 that may be quoted: its order without any rule, and the letter's three definitions of care."""

import pandas as pd

from helpers.errors import InputError
from helpers.ratings import GROUP_NAMES

_WHOSE = {
    "published": "In the cases inspected",
    "supplied": "In the cases of the supplied list",
    "synthetic": "SYNTHETIC, not to be quoted: in made-up cases",
}
_APART = (
    "The table compares children in care with children not in care, which is not the same as no history of care, and "
    "it gives ratings without percentages."
)
# definition, words of the letter, claim that quotes them, where they stand, at what time a child is in care, why no other one.
_DEFINITIONS = (
    (
        "no history of care",
        "children who do not have a history of care",
        "letter_worse_for_children_in_care",
        "the sentence before Table 1, of those with whom children looked after are compared",
        "at no time up to the inspection",
        "a child who left care before the sentence has a history of care, and could be counted as not in care in Table 1",
    ),
    (
        "not in care",
        "Children not in care",
        "letter_table_1_planning_not_in_care",
        "the first row of Table 1; its other rows are of children in care, living inside or outside the inspected area",
        "not stated",
        "with no time stated, a child who was in care for part of the sentence could be in either row",
    ),
    (
        "placed in care at some point during the sentence",
        "had been placed in the care of the local authority at some point during their sentence",
        "letter_in_care_during_sentence",
        "the 26 per cent of children subject to a court order",
        "on any day of the sentence",
        "so 26 per cent of the cases need not be the two rows in care of Table 1, whose numbers are not published",
    ),
)


def quotable(order: pd.DataFrame) -> tuple[str, str]:
    """Two sentences on the order of the ratings that are true as they stand.

    They count and name standards, in the cases inspected; they give no amount, no cause and no test, and they do not take
    "not in care" for "no history of care". What is not published is marked in its first words.

    Parameters
    ----------
    order : DataFrame
        As from `helpers.ratings.compare_order`, at least one row. The first sentence is of the pairs with the reference of
        the first row; the second of the other pairs, if any, and of the definitions.

    Raises
    ------
    InputError
        There is no pair.
    """
    if order.empty:
        raise InputError("order: there is no pair of groups to write about")
    reference = order["reference"].iloc[0]
    first, rest = order[order["reference"] == reference], order[order["reference"] != reference]
    whose = _WHOSE.get(order["evidence"].iloc[0], f"In the {order['evidence'].iloc[0]} cases")
    sentence = f"{whose}, {_listed(first)}."
    return sentence, f"{whose}, {_listed(rest)}; {_APART[0].lower()}{_APART[1:]}" if len(rest) else _APART


def _listed(order: pd.DataFrame) -> str:
    return "; and ".join(_clause(row) for row in order.to_dict("records"))


def _clause(row: dict[str, object]) -> str:
    group, reference = (_name(str(row[name])) for name in ("group", "reference"))
    number, where = (row["lower"], f" ({row['lower_in']})") if row["lower"] else ("none", "")
    higher = f", higher in {row['higher']} ({row['higher_in']})" if row["higher"] else ""
    same = f" and the same in {row['same']}" if row["same"] else ""
    pair = f"work with {group} was rated lower than work with {reference}"
    return f"{pair} in {number} of {row['standards']} standards{where}{higher}{same}"


def _name(group: str) -> str:
    return GROUP_NAMES.get(group, f"the group {group.replace('_', ' ')}").replace("the area", "the inspected area")


def definitions() -> pd.DataFrame:
    """The letter's three definitions of care, where each stands, and why no two of them are the same.

    Returns
    -------
    DataFrame
        definition, words (of the letter), claim (that quotes them, in `helpers.published.claims`), stands_in, in_care_when,
        differs_because.
    """
    return pd.DataFrame(
        _DEFINITIONS, columns=["definition", "words", "claim", "stands_in", "in_care_when", "differs_because"], dtype="str"
    )
