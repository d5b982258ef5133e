"""What may leave the room: tables made from cases, treated so that no child can be found in them."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from helpers import contracts, shares, suppression
from helpers.disclosure.decisions import EITHER, HIDDEN, Treated, untreated
from helpers.disclosure.domains import treat_shares
from helpers.disclosure.strata import treat_fieldwork
from helpers.parameters import CaseParameters, FieldworkSampling, PrevalenceEstimates, RatingComparisons
from helpers.ratings import BAND_COLUMNS
from helpers.suppression import Rules

__all__ = [
    "EITHER",
    "HIDDEN",
    "Treated",
    "compared",
    "fieldwork",
    "in_words",
    "inspected",
    "rules_in_force",
    "statement",
    "together",
    "treat_fieldwork",
    "treat_shares",
    "untreated",
]


def rules_in_force(parameters: CaseParameters) -> Rules | None:
    """The rules under which results from the cases are treated; None where they are shown as they are."""
    if not parameters.case_list:
        return None
    supplied = parameters.case_evidence == "supplied"
    wanted = parameters.disclosure == "on" or (parameters.disclosure == "auto" and supplied)
    # What is written below a folder that is not for release is the full version of the treated one.
    return suppression.rules(parameters.disclosure_preset) if wanted and not parameters.restricted else None


def statement(parameters: CaseParameters) -> str:
    """What a page says of the cases behind it and of their protection, in Markdown."""
    rules, evidence = rules_in_force(parameters), parameters.case_evidence
    if rules is not None:
        return f"**Disclosure control is on.** {in_words(rules)}"
    if evidence == "supplied" and parameters.restricted:
        full = "These are the full results of supplied cases, for the team itself"
        return f"**Not for release.** {full}: single children can be found in them."
    if evidence == "supplied":
        asked = "Disclosure control is off, as `publish_unprotected` asks"
        return f"**Unprotected.** {asked}: single children may be found in these results of supplied cases."
    if evidence == "synthetic":
        return "**Synthetic cases.** They were made by us: no real child is among them, and nothing seen in them is a finding."
    return "There is no list of cases in this run."


def in_words(rules: Rules) -> str:
    """What a set of rules does, in sentences."""
    low = 0 if rules.zeros == "hidden" else 1
    said = [
        f"By the rules called *{rules.name}*, a count from {low} to {rules.threshold - 1} is hidden and reads {HIDDEN}; so are "
        "counts from which it could be worked out, and every rate, limit and rating that rests on a hidden count."
    ]
    if rules.round_to > 1:
        said.append(f"Counts that are shown are rounded to the nearest {rules.round_to}.")
    if rules.rates == "treated_counts":
        said.append("Percentages and weights are those of the counts shown.")
        said.append("Limits and ratings come from the true counts, so with few cases the two can differ by several points.")
    else:
        said.append("Percentages are rounded to whole per cents.")
    if rules.minimum_denominator:
        said.append(f"No percentage of fewer than {rules.minimum_denominator} cases is shown.")
    if not rules.areas:
        said.append("No number of a single area is shown.")
    said.append("Give away the results of a list under one set of rules only: two of them together can undo both.")
    return " ".join(said)


@dataclass(frozen=True)
class ForTheTeam:
    """What is made from a frame case by case or stratum by stratum, and how the draw can be repeated."""

    tables: Mapping[str, pd.DataFrame]
    audit: Mapping[str, object]


def fieldwork(parameters: FieldworkSampling) -> tuple[Treated, ForTheTeam]:
    """All that is made from a frame: what may be shown, and what is for the team alone.

    Returns
    -------
    Treated
        The tables of `helpers.fieldwork.tables` that may be shown; without rows where there is no frame.
    ForTheTeam
        ``fieldwork_sample`` and ``fieldwork_response_by_stratum``, and `helpers.audit.record` (empty without a frame).
    """
    # It draws, and so imports what checks lists of cases; a run on published figures need not wait for that.
    from helpers import audit, fieldwork

    found = fieldwork.drawn(parameters)
    made = fieldwork.tables(parameters, found)
    treated = treat_fieldwork(made, rules_in_force(parameters))
    own = {name: made.pop(name) for name in contracts.RESTRICTED if name in made}
    how = audit.record(parameters, found.eligible) if parameters.frame else {}
    return Treated({name: treated.tables[name] for name in made}, treated.decisions), ForTheTeam(own, how)


def compared(parameters: RatingComparisons, treated: Treated, bands: pd.DataFrame) -> Treated:
    """All that notebook 03 makes of the inspected cases besides their shares, as it may be shown.

    Parameters
    ----------
    parameters : RatingComparisons
    treated : Treated
        As from `inspected`.
    bands : DataFrame

    Returns
    -------
    Treated
        The tables of `helpers.case_ratings`; without rows where there are no cases.
    """
    # It fits regressions, whose library takes a second to import; a run without cases need not wait for that.
    from helpers import case_ratings
    from helpers.disclosure.derived import treat_compared

    checked = parameters.read_cases()
    if checked is None:
        return Treated(case_ratings.nothing(), untreated([]))
    return treat_compared(checked.table, treated.tables["shares"], parameters, bands, rules_in_force(parameters))


def together(*parts: Treated) -> Treated:
    """The tables and decisions of several treatments."""
    tables = {name: table for part in parts for name, table in part.tables.items()}
    return Treated(tables, pd.concat([part.decisions for part in parts], ignore_index=True))


def inspected(parameters: CaseParameters, confidence: float, bands: pd.DataFrame) -> Treated:
    """Every share of the inspected cases, as it may be shown.

    Returns
    -------
    Treated
        ``shares``, with the probability of each band for notebook 03, and ``groups`` for notebook 02; without rows
        where there are no cases.
    """
    group_by = parameters.group_by if isinstance(parameters, PrevalenceEstimates) else None
    rated = isinstance(parameters, RatingComparisons)
    nothing = {"groups": pd.DataFrame(columns=shares.GROUP_COLUMNS)} if group_by is not None else {}
    checked = parameters.read_cases()
    if checked is None:
        columns = [*shares.COLUMNS, *BAND_COLUMNS] if rated else shares.COLUMNS
        return Treated({"shares": pd.DataFrame(columns=columns)} | nothing, untreated([]))
    found = shares.of_cases(checked.table, confidence, bands)
    if rated:
        from helpers.case_ratings import probabilities

        found = found.join(probabilities(found, bands))
    groups = shares.by_group(checked.table, group_by, confidence) if group_by else None
    treated = treat_shares(checked.table, found, rules_in_force(parameters), group_by or "", groups)
    return Treated(nothing | treated.tables, treated.decisions)
