"""A fieldwork from its parameters: who is eligible, how many are drawn and which, and what came back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from helpers import contracts, datapackage, draw, eligibility, estimates, returns
from helpers.cases.refusals import listed
from helpers.eligibility import Eligible
from helpers.errors import InputError
from helpers.parameters import DEFAULT_OUTCOME, SYNTHETIC, FieldworkSampling
from helpers.prevalence import METHOD_NAMES

# What the draw from a list depends on, besides the areas.
DESIGN = ("looked_after_only", "cases_per_arm", "shortfall", "reserves_per_arm", "draw_by", "seed", "supplementary")


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
    frame = p.read_cases().table if p.frame else eligibility.NO_CASES
    areas = p.fieldwork_areas
    only = p.looked_after_only and bool(p.frame)
    counted = eligibility.eligible(frame, areas, only)
    if len(frame) and not len(counted.cases):
        also = " or its child is not known to be looked after" if p.looked_after_only else ""
        raise InputError(f"parameter frame: no case is in scope: none is hosted by one of the areas or placed out by one{also}")
    allocations = {policy: draw.allocate(counted.cases, areas, p.cases_per_arm, policy, evidence) for policy in draw.POLICIES}
    sheet = draw.sample(counted.cases, allocations[p.shortfall], p.seed, p.reserves_per_arm, p.draw_by)
    others = eligibility.outside(frame, counted) if p.supplementary else frame.iloc[:0]
    rest = eligibility.eligible(others, p.supplementary, only)
    extra = draw.supplementary(rest.cases, p.supplementary, p.cases_per_arm, p.seed, evidence)
    return Drawn(frame, counted, allocations, sheet, rest.cases, extra)


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
                raise InputError(f"parameter outcome: {note[:-1]}; mend the list, or draw without estimates (-p outcome=)")
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
NEXT = "The report for your own team has the full numbers; `disclosure_preset=fieldwork` may show the share of all cases."


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
        hidden = (
            "under these rules, which hide what could tell of the cases of an area"
            if (rows == "[c]").any(axis=None)
            else "from it"
        )
        return f"\n- Of *{rows['outcome'].iloc[0]}* in your list no share can be shown {hidden}. {NEXT} *Evidence: supplied.*"
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


def audit(parameters: FieldworkSampling, found: Drawn) -> dict[str, object]:
    """All that a third party needs to repeat the draw from the list: ``restricted/fieldwork_draw.json``.

    The hash of the eligible cases does not depend on the order or the format of the list, that of the file does.
    """
    definition = draw.DEFINITION if parameters.draw_by == draw.BY_NUMBERS else f"{draw.DEFINITION}\n{draw.SYSTEMATIC_DEFINITION}"
    return {
        "what": "how the cases of fieldwork_sample.csv were drawn: whoever has the list can draw them again",
        "definition": definition.splitlines(),
        "areas": parameters.fieldwork_areas,
        "strata": eligibility.RULE,
        **{name: getattr(parameters, name) for name in DESIGN},
        "frame": {
            "sha256": datapackage.sha256(parameters.case_path()),
            "cases": len(found.frame),
            "eligible": len(found.eligible.cases),
            "sha256_of_eligible": fingerprint(found.eligible.cases),
        },
        "evidence": parameters.case_evidence,
    }


def read_audit(path: Path) -> dict[str, Any]:
    """Read what `audit` wrote.

    Raises
    ------
    InputError
        There is no such file, or it does not say all that a draw depends on.
    """
    name = datapackage.shown(path)
    try:
        audit = json.loads(datapackage.regular(path).read_text(encoding="utf-8"))
        missing = [key for key in ("areas", *DESIGN, "frame") if key not in audit]
        whole = not missing and isinstance(audit["areas"], list) and _is_of_a_list(audit["frame"])
    except InputError:
        raise
    except (OSError, ValueError, TypeError, RecursionError):
        raise InputError(f"{name}: cannot be read as it was written; name restricted/fieldwork_draw.json of a run") from None
    if not whole:
        raise InputError(f"{name}: does not say {(missing or ['frame'])[0]}; name restricted/fieldwork_draw.json of a run")
    return audit


def _is_of_a_list(said: Any) -> bool:
    hashes = [said.get(name) for name in ("sha256", "sha256_of_eligible")] if isinstance(said, dict) else [None]
    return all(isinstance(digest, str) and len(digest) == 64 for digest in hashes) and type(said.get("eligible")) is int


def _check_audit(parameters: FieldworkSampling, found: Drawn) -> None:
    """Refuse a design or a list other than that of the draw."""
    audit = read_audit(Path(parameters.audit))
    if audit["areas"] != parameters.fieldwork_areas:
        raise InputError(f"parameter areas: the cases were drawn in {_short(audit['areas'])}, in this order")
    for name in DESIGN:
        given, drawn_with = _short(getattr(parameters, name)), _short(audit[name])
        if given != drawn_with:
            raise InputError(f"parameter {name}: is {given}, and the cases were drawn with {drawn_with}")
    if audit["frame"].get("sha256_of_eligible") != fingerprint(found.eligible.cases):
        counts = f"{len(found.eligible.cases)} cases are eligible in it, and {audit['frame'].get('eligible')} were"
        raise InputError(f"parameter frame: is not the list that the cases were drawn from; {counts}")


def _short(value: object) -> str:
    """A value as JSON writes it, which tells 5 from 5.0 and from "5"."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:300]} ..."


def fingerprint(cases: pd.DataFrame) -> str:
    """SHA-256 of the lines ``case_id TAB area TAB arm`` of the eligible cases, in the order of their bytes."""
    columns = zip(cases["case_id"], cases["area"], cases["arm"], strict=True)
    lines = sorted("\t".join(case).encode() for case in columns)
    return sha256(b"\n".join(lines)).hexdigest()


def check(parameters: FieldworkSampling) -> None:
    """Refuse a list, an outcome or judgements that do not fit each other, before anything is run.

    Raises
    ------
    InputError
        As `drawn` and `worked`, with the parameter named.
    """
    found = drawn(parameters)
    if parameters.audit:
        _check_audit(parameters, found)
    if not outcome_estimated(parameters, found.frame) and not parameters.judgements:
        return
    try:
        if outcome_estimated(parameters, found.frame):
            worked(parameters, found)
        else:
            # Without an outcome the returns are still held against the draw.
            returns.check(found.all_drawn(), *read_judgements(parameters, found))
    except InputError as error:
        name = "outcome" if "has no outcome" in str(error) else "judgements"
        raise InputError(f"parameter {name}: {error}") from None
