"""A fieldwork from its parameters: who is eligible, how many are drawn and which, and what came back."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers import audit, contracts, draw, eligibility, estimates, returns
from helpers.cases.refusals import listed
from helpers.eligibility import Eligible
from helpers.errors import InputError
from helpers.parameters import DEFAULT_OUTCOME, SYNTHETIC, FieldworkSampling
from helpers.prevalence import METHOD_NAMES


@dataclass(frozen=True)
class Drawn:
    """The cases in scope, the allocation under each shortfall policy, and the sheet of cases drawn."""

    frame: pd.DataFrame
    eligible: Eligible
    allocations: dict[str, pd.DataFrame]
    sheet: pd.DataFrame
    extra_cases: pd.DataFrame
    supplementary: pd.DataFrame

    def all_drawn(self) -> pd.DataFrame:
        """The sheet, with the supplementary cases at its end."""
        return pd.concat([self.sheet, self.supplementary], ignore_index=True) if len(self.supplementary) else self.sheet


def drawn(parameters: FieldworkSampling) -> Drawn:
    """Draw from the list that the parameters name; without one, from a list without cases.

    Raises
    ------
    InputError
        The list has cases, and none of them is in scope.
    """
    p, evidence = parameters, parameters.case_evidence
    frame, counted = _in_scope(p)
    areas, limits = p.fieldwork_areas, _limits(p)
    allocations = {policy: draw.allocate(counted.cases, areas, p.cases_per_arm, policy, evidence) for policy in draw.POLICIES}
    sheet = draw.sample(counted.cases, allocations[p.shortfall], p.seed, p.reserves_per_arm, p.draw_by)
    others = eligibility.outside(frame, counted) if p.supplementary else frame.iloc[:0]
    rest = eligibility.eligible(others, p.supplementary, *limits)
    extra = draw.supplementary(rest.cases, p.supplementary, p.cases_per_arm, p.seed, evidence)
    return Drawn(frame, counted, allocations, sheet, rest.cases, extra)


def _limits(parameters: FieldworkSampling) -> tuple[bool, str, str] | tuple[()]:
    """What the eligible cases are limited to; without a list there is nothing to leave cases out of."""
    p = parameters
    return (p.looked_after_only, p.opened_from, p.opened_to) if p.frame else ()


def _in_scope(parameters: FieldworkSampling) -> tuple[pd.DataFrame, Eligible]:
    """The list and those of its cases that are eligible."""
    p = parameters
    frame = p.read_cases().table if p.frame else eligibility.NO_CASES
    counted = eligibility.eligible(frame, p.fieldwork_areas, *_limits(p))
    if len(frame) and not len(counted.cases):
        also = " or its child is not known to be looked after" if p.looked_after_only else ""
        also += ", or it was not opened in the time asked for" if p.opened_from or p.opened_to else ""
        raise InputError(f"parameter frame: no case is in scope: none is hosted by one of the areas or placed out by one{also}")
    return frame, counted


def outcome_estimated(parameters: FieldworkSampling, frame: pd.DataFrame) -> str:
    """The outcome to estimate; empty for a draw only.

    A list to draw from needs no outcome, so the default one is not asked of a list that has none.

    Raises
    ------
    InputError
        The list has such a column, in which a few values are neither yes nor no.
    """
    asked = parameters.outcome
    if parameters.frame and not parameters.judgements:
        for note in parameters.read_cases().notes:
            if asked and note.startswith(f"{asked} is no outcome"):
                raise InputError(f"parameter outcome: {note[:-1]}; mend the list, or draw without estimates (an empty outcome)")
    silent = asked == DEFAULT_OUTCOME and not parameters.judgements and not returns.outcomes_of(frame)
    return "" if silent or not parameters.frame else asked


def worked(parameters: FieldworkSampling, found: Drawn) -> pd.DataFrame:
    """The cases worked and what became of them, as `helpers.returns` gives them.

    Raises
    ------
    InputError
        The outcome is not there, or the judgements do not fit the draw.
    """
    outcome = outcome_estimated(parameters, found.frame)
    if not parameters.judgements:
        returns.check_outcome(outcome, found.frame, "frame")
        return returns.from_frame(found.sheet, found.frame, outcome)
    judgements, rows = read_judgements(parameters, found)
    returns.check_outcome(outcome, judgements, "list of judgements")
    return returns.from_judgements(found.all_drawn(), judgements, outcome, rows)


def read_judgements(parameters: FieldworkSampling, found: Drawn) -> tuple[pd.DataFrame, np.ndarray | None]:
    """The returns that the parameters name with the rows of their file, or made-up ones for the cases drawn.

    Raises
    ------
    InputError
        The list breaks its contract.
    """
    if parameters.judgements == SYNTHETIC:
        from helpers.synthetic.judgements import judgements

        return judgements(found.sheet, found.frame, parameters.seed), None
    from helpers import cases

    checked = cases.read(parameters.judgements, "judgements")
    return checked.table, checked.rows


STANDS_FOR = {
    estimates.FINITE: "the eligible cases listed for these areas; chosen areas say nothing of England and Wales",
    estimates.SUPER: "practice of which these areas' cases were a random sample; chosen areas say nothing of England and Wales",
    estimates.UNWEIGHTED: "the cases judged; areas with few cases count too much in it, and it says nothing of England and Wales",
}


WORDS = METHOD_NAMES | {
    estimates.FINITE: "the cases listed",
    estimates.SUPER: "beyond the list",
    estimates.UNWEIGHTED: "unweighted, naive",
    returns.JUDGED: "the cases judged",
}
HIDDEN_SAYS = (
    " under these rules, which hide what could tell of the cases of an area. The report for your own team has the full numbers; "
    "`disclosure_preset=fieldwork` may show the share of all cases."
)


def estimate(parameters: FieldworkSampling, found: Drawn, strata: pd.DataFrame) -> pd.DataFrame:
    """The estimates of an outcome from what came back of each stratum: ``fieldwork_estimates.csv``."""
    outcome, evidence = outcome_estimated(parameters, found.frame), parameters.case_evidence
    counts = strata.rename(columns={returns.INELIGIBLE: "ineligible"})
    table = estimates.table(counts, outcome, parameters.confidence, parameters.lonely, evidence)
    kind = table["population"].where(table["method"] != estimates.UNWEIGHTED, estimates.UNWEIGHTED)
    part = np.where(table["note"].str.contains(estimates.LEFT_OUT), "without the strata that the note leaves out, ", "")
    return table.assign(stands_for=part + kind.map(STANDS_FOR))[contracts.columns("fieldwork_estimates")]


def main_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The estimates for a page: without those that differ in degrees of freedom alone, or are hidden."""
    rows = table[~table["method"].str.endswith("satterthwaite") & (table["estimate"] != "[c]")]
    naive = rows["method"] == estimates.UNWEIGHTED
    return rows.assign(population=rows["population"].mask(naive, returns.JUDGED))


def can_be_drawn(table: pd.DataFrame) -> bool:
    """Whether there is a share to show in a figure."""
    return bool(len(table)) and pd.to_numeric(table["estimate"], errors="coerce").notna().any()


def estimates_in_words(table: pd.DataFrame) -> str:
    """What the cases of the user's own show, as a line of the answer; empty where they are not, or nothing can be shown.

    Parameters
    ----------
    table : DataFrame
        ``fieldwork_estimates``, treated or not.
    """
    rows = table[(table["method"] == "logit_t") & (table["population"] == estimates.FINITE)].set_index("group")
    values = rows[["estimate", "lower", "upper"]].apply(pd.to_numeric, errors="coerce").dropna()
    if set(table["evidence"]) != {"supplied"}:
        return ""
    if "all" not in values.index:
        hidden = HIDDEN_SAYS if (rows == "[c]").any(axis=None) else ": no case was judged."
        return f"\n- Of *{rows['outcome'].iloc[0]}* in your list no share can be shown{hidden} *Evidence: supplied.*"
    names = {"all": "of the eligible cases", "hosted": "of those hosted", "placed_out": "of those placed out"}
    said = [f"{_share_in_words(values.loc[group])} {words}" for group, words in names.items() if group in values.index]
    what, level = rows["outcome"].iloc[0], rows["level"].iloc[0]
    if rows["note"].str.contains(estimates.LEFT_OUT).any():
        said.append("all without strata in which no case was judged")
    caution = f"{100 * level:.10g}% intervals for the cases listed alone; chosen areas say nothing of England and Wales"
    return f"\n- By your list, *{what}* holds for {listed(said)} ({caution}). *Evidence: supplied.*"


def _share_in_words(row: Mapping[str, float]) -> str:
    lower, upper, share = (f"{100 * row[name]:.0f}%" for name in ("lower", "upper", "estimate"))
    return f"**{share}** ({lower} to {upper})"


def tables(parameters: FieldworkSampling, found: Drawn) -> dict[str, pd.DataFrame]:
    """Every table that is made from the list, in full; without rows where there is no list, or no outcome.

    The last two, the cases drawn and the response by stratum, are for the team alone.
    """
    evidence, policies = parameters.case_evidence, found.allocations
    allocation = policies[parameters.shortfall]
    extra = draw.allocate(found.extra_cases, parameters.supplementary, parameters.cases_per_arm, "accept", evidence)
    made = {
        "fieldwork_scope": found.eligible.funnel(evidence),
        "fieldwork_allocation": allocation,
        "fieldwork_policies": pd.concat([table.assign(policy=policy) for policy, table in policies.items()], ignore_index=True),
        "fieldwork_supplementary": extra,
    }
    strata = worked_strata(parameters, found)
    made |= {
        "fieldwork_response": returns.by_group(strata, evidence),
        "fieldwork_estimates": estimate(parameters, found, strata),
        "fieldwork_sample": found.all_drawn(),
        "fieldwork_response_by_stratum": strata,
    }
    promised = contracts.TABLES | contracts.RESTRICTED
    made = {name: table[list(promised[name])].reset_index(drop=True) for name, table in made.items()}
    return made if parameters.frame else {name: table.iloc[:0] for name, table in made.items()}


def worked_strata(parameters: FieldworkSampling, found: Drawn) -> pd.DataFrame:
    """What came back of each stratum; no rows where no outcome is estimated."""
    allocation = found.allocations[parameters.shortfall]
    if not outcome_estimated(parameters, found.frame):
        allocation = allocation.iloc[:0]
        cases = returns.nothing(found.sheet)
    else:
        cases = worked(parameters, found)
    return returns.by_stratum(cases, allocation, found.sheet).assign(evidence=parameters.case_evidence)


def check(parameters: FieldworkSampling) -> None:
    """Refuse a list, an outcome or judgements that do not fit each other, before anything is run.

    Raises
    ------
    InputError
        As `drawn` and `worked`, with the parameter named.
    """
    frame, counted = _in_scope(parameters)
    if parameters.audit:
        audit.check(parameters, counted)
    outcome = outcome_estimated(parameters, frame)
    if not outcome and not parameters.judgements:
        return
    try:
        if not parameters.judgements:
            # An outcome that stands in the list fits whatever is drawn from it.
            returns.check_outcome(outcome, frame, "frame")
        elif outcome:
            worked(parameters, drawn(parameters))
        else:
            # Without an outcome the returns are still held against the draw.
            found = drawn(parameters)
            returns.check(found.all_drawn(), *read_judgements(parameters, found))
    except InputError as error:
        name = "outcome" if "has no outcome" in str(error) else "judgements"
        raise InputError(f"parameter {name}: {error}") from None
