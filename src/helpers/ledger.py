"""The evidence ledger: every claim held against what other published figures say of it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from helpers import contracts, parameters, prevalence, published, published_ratings, ratings, sampling
from helpers.errors import InputError

VERDICTS = {
    "reproduced": "follows by arithmetic from other figures of the two documents, and the arithmetic was done again",
    "consistent": "agrees with something else that the two documents print, which does not fix it",
    "bounded": "is limited, and not fixed, by what the two documents print and the assumptions that its note names",
    "not_checkable": "has nothing else in the two documents that confirms or refutes it",
}
Tables = Mapping[str, pd.DataFrame]
_ASKED = ("01_fieldwork_sampling", "fieldwork_allocation")
# Where a figure that nothing confirms is shown for what it is: notebook and table.
_FIGURES = ("02_prevalence_estimates", "prevalence_figures")
_SHOWN = dict.fromkeys(["letter_starts", "letter_looked_after_starts", "letter_custodial_starts"], _FIGURES) | {
    "letter_table_1_cases": ("03_rating_comparisons", "rating_lattice"),
}


class Check(NamedTuple):
    """What a claim was held against, and what came of it."""

    recomputed: str
    verdict: str
    notebook: str
    table: str
    note: str


def verdicts() -> pd.DataFrame:
    """The four verdicts and their meanings, as a table."""
    return pd.DataFrame(VERDICTS.items(), columns=["verdict", "meaning"]).assign(evidence=published.EVIDENCE)


def published_tables() -> dict[str, pd.DataFrame]:
    """The tables of notebooks 01 to 03 with their default parameters."""
    # The design alone: no claim rests on a list of cases.
    design, shares = parameters.FieldworkSampling(frame=""), parameters.PrevalenceEstimates()
    return {
        "fieldwork_allocation": sampling.allocation_asked(design.areas, design.cases_per_arm, design.design_evidence),
        "prevalence_estimates": prevalence.published_estimates(
            shares.inspected_cases, shares.yots, shares.icc, shares.confidence
        ),
        **published_ratings.order_and_bounds(parameters.RatingComparisons(cases="")),
    }


def run_tables(run: str) -> dict[str, pd.DataFrame]:
    """The same tables as a run wrote them; tables that it did not write are left out.

    Raises
    ------
    InputError
        A table does not have the promised columns.
    """
    tables = {}
    for name in ("fieldwork_allocation", "prevalence_estimates", "rating_order", "rating_bounds"):
        path = Path(run) / "tables" / f"{name}.csv"
        if path.is_file():
            tables[name] = pd.read_csv(path, na_values=["[z]"], keep_default_na=False)
            if list(tables[name].columns) != contracts.columns(name):
                raise InputError(f"{path}: its columns are not those of {name} in docs/contracts.md; run the collection again")
    return tables


def build(tables: Tables, otherwise: Tables | None = None) -> pd.DataFrame:
    """Hold every claim against the tables.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Rows whose evidence is not ``published`` are set aside first, so that nothing synthetic or supplied
        can make a claim reproduced or consistent.
    otherwise : mapping of str to DataFrame, optional
        Tables to turn to where the others have no published row that bears on a claim, such as `published_tables`.

    Returns
    -------
    DataFrame
        The columns of ``evidence_ledger.csv``, one row a claim, in the order of the documents.

    Raises
    ------
    InputError
        A claim is contradicted: what follows from other published figures is not what it prints.
    """
    claims = published.claims()
    sources = [_published_rows(source) | {"claims": claims} for source in (tables, otherwise or {})]
    reasons = published.read("not-checkable").set_index("claim")["reason"]
    checks = [_check(claim, sources, reasons) for claim in claims["claim"]]
    # A finding in words prints no value: its quantifier stands there, and where it has none, nothing applies.
    shown = claims["value"].where(claims["value"] != "", claims["qualifier"]).replace("", pd.NA)
    head = claims[["claim", "document", "quote"]].assign(published=shown)
    built = pd.concat([head, pd.DataFrame(checks)], axis="columns").assign(evidence=claims["evidence"])
    return built[contracts.columns("evidence_ledger")]


def must_still_hold(built: pd.DataFrame) -> pd.DataFrame:
    """Give the ledger back, once every claim that was ever found reproduced, consistent or bounded is so still.

    Raises
    ------
    InputError
        A claim of ``data/reference/ledger_verdicts.csv`` has another verdict now, or one that is not there has such a verdict.
    """
    found = built.set_index("claim")[["verdict", "note"]]
    before = published.read("ledger-verdicts").set_index("claim")["verdict"]
    for claim, verdict in before.items():
        if claim not in found.index:
            raise InputError(f"{claim}: it was {verdict}, and is no claim any more; see data/reference/ledger_verdicts.csv")
        if found.loc[claim, "verdict"] != verdict:
            now, note = found.loc[claim]
            raise InputError(f"{claim}: it was {verdict}, and is {now} now: {note}")
    for claim in found.index[(found["verdict"] != "not_checkable") & ~found.index.isin(before.index)]:
        raise InputError(f"{claim}: it is {found.loc[claim, 'verdict']} now; add it to data/reference/ledger_verdicts.csv")
    return built


def _published_rows(tables: Tables) -> dict[str, pd.DataFrame]:
    rows = {name: table[table["evidence"] == published.EVIDENCE] for name, table in tables.items()}
    return {name: table for name, table in rows.items() if len(table)}


def _check(claim: str, sources: list[dict[str, pd.DataFrame]], reasons: pd.Series) -> Check:
    if claim in reasons.index:
        return _not_checkable(claim, reasons[claim])
    needed, check = _CHECKS[claim]
    found = (check(claim, source[needed]) for source in sources if needed in source)
    none = _not_checkable(claim, f"There are no published rows of the table {needed} that bear on it.")
    return next((one for one in found if one is not None), none)


def _not_checkable(claim: str, reason: str) -> Check:
    return Check("[x]", "not_checkable", *_SHOWN.get(claim, ("04_evidence_ledger", "")), reason)


def _same(claim: str, recomputed: str) -> str:
    """Give back what was recomputed, once it is found to be what the document prints."""
    if recomputed != published.value(claim):
        raise InputError(f"{claim}: the document prints {published.value(claim)}, other published figures give {recomputed}")
    return recomputed


def _areas(claim: str, allocation: pd.DataFrame) -> Check:
    note = "The areas named were counted; they are six if 'Shropshire, Telford & Wrekin' is one, which the release does not mark."
    return Check(
        _same(claim, str(allocation["area"].nunique())), "consistent", "01_fieldwork_sampling", "fieldwork_allocation", note
    )


def _cases_per_area(claim: str, allocation: pd.DataFrame) -> Check:
    asked = " or ".join(str(total) for total in allocation.groupby("area")["requested"].sum().unique())
    note = "Five hosted and five placed out were added. This is what was asked for; what each area gave is not published."
    return Check(_same(claim, asked), "reproduced", *_ASKED, note)


def _cases_per_arm(claim: str, allocation: pd.DataFrame) -> Check:
    arm = claim.removeprefix("release_cases_")
    others = allocation.loc[allocation["arm"] != arm, "requested"].unique()
    left = " or ".join(str(published.number("release_cases_asked_per_area") - int(other)) for other in others)
    note = "The other arm's five were taken from the ten asked for; what each area gave is not published."
    return Check(_same(claim, left), "reproduced", *_ASKED, note)


def _sites(claim: str, allocation: pd.DataFrame) -> Check:
    first, last = published.number("release_sites_concentration"), published.number("release_site_london")
    total = allocation["area"].nunique()
    if not first + 1 == last == total:
        raise InputError(f"{claim}: after {first} areas the next is not number {last} of the {total} areas named")
    note = "Five areas and a sixth make the six that are named; how many children were placed in each is not published."
    return Check(f"{first} + 1 = {last}", "consistent", *_ASKED, note)


def _publication(claim: str, claims: pd.DataFrame) -> Check:
    days = claims.loc[claims["claim"].isin(["release_embargo", "release_report_publication"]), "value"]
    day = " or ".join(days.unique())
    note = "The end of the embargo and the day of the report are the same; the report itself would confirm it."
    return Check(_same(claim, day), "consistent", "04_evidence_ledger", "", note)


def _elapsed(claim: str, claims: pd.DataFrame) -> Check:
    written = pd.Timestamp(published.value("letter_date"))
    year = int(published.value("letter_document_resettlement_final_report"))
    least, greatest = (12 * (written.year - year) + written.month - month for month in (12, 1))
    if not least <= 12 * published.number(claim) <= greatest:
        raise InputError(f"{claim}: from {year} to the letter is {least} to {greatest} months")
    note = (
        "From the year of the report to the month of the letter; 'nearly two years' fits, and the report's month would settle it."
    )
    return Check(f"{least} to {greatest} months", "consistent", "04_evidence_ledger", "", note)


def _share(claim: str, estimates: pd.DataFrame) -> Check | None:
    rows = estimates.query("claim == @claim and rounding == 'included'")
    if rows.empty:
        return None
    row = rows.iloc[0]
    counts = f"{int(row.count_low):,} to {int(row.count_high):,} of {int(row.n):,} cases"
    note = "Counts that round to the per cent printed, if the base is the cases of Table 1, which the letter does not say."
    return Check(counts, "bounded", "02_prevalence_estimates", "prevalence_estimates", note)


def _cell(claim: str, rating_bounds: pd.DataFrame) -> Check:
    plain, moved = (
        ratings.band_limits(published.rating_bands(), convention).loc[published.value(claim)]
        for convention in ("rounded", "discretion")
    )
    behind = f"{plain.low:g} to under {plain.high:g} per cent ({moved.low:g} to under {moved.high:g} if a panel moved the rating)"
    note = f"The percentage is not published; this is what the rating stands for under {ratings.ASSUMED_RULE}."
    return Check(behind, "bounded", "03_rating_comparisons", "rating_bounds", note)


def _worse(claim: str, order: pd.DataFrame) -> Check | None:
    return _order_check(claim, order, [("in_care_inside", "not_in_care"), ("in_care_outside", "not_in_care")])


def _worse_outside(claim: str, order: pd.DataFrame) -> Check | None:
    return _order_check(claim, order, [("in_care_outside", "in_care_inside")])


def _order_check(claim: str, order: pd.DataFrame, pairs: list[tuple[str, str]]) -> Check | None:
    """Find the pairs; a run with another reference has some of them the other way round."""
    other_way = {"group": "reference", "lower": "higher", "lower_in": "higher_in"}
    swapped = order.rename(columns=other_way | {new: old for old, new in other_way.items()})
    both = pd.concat([order, swapped]).set_index(["group", "reference"])
    if not set(pairs) <= set(both.index):
        return None
    rows = both.loc[pairs].reset_index()
    if (rows["lower"] <= rows["higher"]).any():
        raise InputError(f"{claim}: Table 1 does not bear the finding out: {ratings.order_in_words(rows)}")
    note = "Table 1 orders ratings of the cases inspected; it does not say by how much, why, or whether it holds for others."
    return Check(ratings.order_in_words(rows), "bounded", "03_rating_comparisons", "rating_order", note)


_CELLS = {
    f"letter_table_1_{standard}_{group}": ("rating_bounds", _cell)
    for standard in ratings.STANDARDS
    for group in ratings.CARE_GROUPS
}
_CHECKS: dict[str, tuple[str, Callable[[str, pd.DataFrame], Check]]] = {
    "release_areas_visited": ("fieldwork_allocation", _areas),
    "release_cases_asked_per_area": ("fieldwork_allocation", _cases_per_area),
    "release_cases_hosted": ("fieldwork_allocation", _cases_per_arm),
    "release_cases_placed_out": ("fieldwork_allocation", _cases_per_arm),
    "release_sites_concentration": ("fieldwork_allocation", _sites),
    "release_site_london": ("fieldwork_allocation", _sites),
    "release_embargo": ("claims", _publication),
    "release_report_publication": ("claims", _publication),
    "letter_recommendation_elapsed": ("claims", _elapsed),
    "letter_in_care_during_sentence": ("prevalence_estimates", _share),
    "letter_child_protection_or_section_47": ("prevalence_estimates", _share),
    "letter_worse_for_children_in_care": ("rating_order", _worse),
    "letter_worse_out_of_area": ("rating_order", _worse_outside),
} | _CELLS
