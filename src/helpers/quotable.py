"""Words about Table 1 that may be quoted: its order without any rule, and the letter's three definitions of care."""

import pandas as pd

from helpers.errors import InputError
from helpers.ratings import GROUP_NAMES

_WHOSE = {
    "published": "In the court cases inspected in 2018/2019 and 2019/2020",
    "supplied": "In the cases of the supplied list",
    "synthetic": "SYNTHETIC, not to be quoted: in made-up cases",
}
# To be quoted with both sentences, so that neither is taken for more.
WITH_BOTH = (
    "The table gives no percentages and no numbers of cases for a group, so it shows neither how large the differences are nor "
    "whether chance could have made them; and children not in care are not the same as children with no history of care."
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
    "not in care" for "no history of care". What is not published is marked in its first words. `WITH_BOTH` goes with them.

    Parameters
    ----------
    order : DataFrame
        As from `helpers.ratings.compare_order`, at least one row. The first sentence is of the pairs with the reference of
        the first row; the second of the other pairs, and where there are none, says what the table does not.

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
    return f"{whose}, {_listed(first)}.", f"{whose}, {_listed(rest)}." if len(rest) else WITH_BOTH


def _listed(order: pd.DataFrame) -> str:
    return "; and ".join(_clause(row) for row in order.to_dict("records"))


def _clause(row: dict[str, object]) -> str:
    group, reference = (_name(str(row[name])) for name in ("group", "reference"))
    steps = [
        f"{way} in {row[way]} of {row['standards']} standards ({row[f'{way}_in']})" for way in ("lower", "higher") if row[way]
    ]
    if not steps:
        return f"work with {group} was given the same rating as work with {reference} in all {row['standards']} standards"
    first, *second = steps
    first = first.replace(" in ", f" than work with {reference} in ", 1)
    same = f", and given the same rating in {row['same']}" if row["same"] else ""
    return f"work with {group} was rated {', and '.join([first, *second])}{same}"


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
