"""The answers: the lines that the notebooks give, and the claims of the documents that each rests on."""

from collections.abc import Sequence

import pandas as pd

from helpers import (
    contracts,
    ledger,
    planning,
    prevalence,
    prevalence_words,
    published,
    published_ratings,
    rating_words,
    ratings,
    results,
    sampling,
)
from helpers.parameters import FieldworkSampling, PrevalenceEstimates, RatingComparisons

_RATED = tuple(f"letter_table_1_{standard}_{group}" for standard in ratings.STANDARDS for group in ratings.CARE_GROUPS)


def fieldwork(p: FieldworkSampling, precision: pd.DataFrame) -> str:
    """What was asked for, and what so many cases can show."""
    areas = len(p.fieldwork_areas)
    found = planning.headline(precision, p.icc, p.confidence, p.rho_between_arms)
    return (
        f"- {sampling.whose(p.design_evidence)}, where possible, for **{2 * p.cases_per_arm * areas} cases**: {p.cases_per_arm} "
        f"hosted and {p.cases_per_arm} placed out for each area named, {areas} in all. Had areas and cases been drawn at random, "
        f"with a correlation of {p.icc:g} (assumed) between cases of one area, "
        f"{results.precision_in_words(found, p.confidence)}. *Evidence: {p.design_evidence}.*"
    )


def precision(p: FieldworkSampling) -> pd.DataFrame:
    """``fieldwork_precision.csv``."""
    levels = [p.margin_confidence, p.confidence]
    correlations = [*planning.ICCS, p.icc]
    areas = len(p.fieldwork_areas)
    return planning.precision(areas, p.cases_per_arm, correlations, levels, p.design_evidence, p.rho_between_arms)


def in_care(p: PrevalenceEstimates, care: pd.Series, plan: pd.Series) -> str:
    """The two inspected shares."""
    return (
        f"- **{results.per_cent(care.estimate)}** of children under court orders in the cases inspected had been placed in care "
        f"at some point during their sentence. {prevalence_words.headlines(care, plan, p.yots)} *Evidence: {care.evidence}.*"
    )


def of_starts(p: PrevalenceEstimates, estimates: pd.DataFrame, care: pd.Series) -> str:
    """Our own quotient, and what follows for cautions."""
    ours = estimates.query("claim == @prevalence.QUOTIENT and rounding == 'included'").squeeze()
    among = prevalence_words.among_cautions(care, p.court_shares, p.in_care_at_start)
    return (
        f"- **{results.per_cent(ours.estimate, 2)}** is our own quotient of two published figures, 4,500 of 24,000 starts. Their "
        f"rounding (to 100 and 1,000, our reading) leaves {results.outward(ours)}; the error of the estimate behind it is not "
        f"known. {among} *Evidence: {ours.evidence}.*"
    )


def rated(p: RatingComparisons, tables: dict[str, pd.DataFrame]) -> str:
    """The order of the ratings, and what the assumed rule adds."""
    bounds = rating_words.bounds_in_words(tables["rating_bounds"], p.reading, f"{p.discretion_points:g}")
    order = ratings.order_in_words(tables["rating_order"])
    return (
        f"- {order} That is the order of ratings in the cases inspected; neither by how much, nor whether chance could have made "
        f"it, is published. {bounds} *Evidence: published.*"
    )


def claims(built: pd.DataFrame) -> str:
    """How many claims got which verdict.

    Parameters
    ----------
    built : DataFrame
        As from `helpers.ledger.build`.
    """
    counts = built["verdict"].value_counts().reindex(list(ledger.VERDICTS), fill_value=0)
    return (
        f"- Of **{len(built)} claims** in the two documents, {counts.reproduced} follow from other figures in them, "
        f"{counts.consistent} agree with something else in them, and {counts.bounded} are limited, and not fixed, by them and by "
        f"assumptions that the ledger names. For **{counts.not_checkable}** nothing else in the two documents confirms or "
        "refutes what is said. *Evidence: published.*"
    )


def table(built: pd.DataFrame) -> pd.DataFrame:
    """The answers with default parameters beside the verdicts on the claims that they rest on.

    Parameters
    ----------
    built : DataFrame
        As from `helpers.ledger.build`.

    Returns
    -------
    DataFrame
        The columns of ``evidence_answers.csv``.
    """
    verdicts = built.set_index("claim")["verdict"]
    rows = []
    for line, (notebook, answer, names) in enumerate(_lines(built), start=1):
        of_claims = verdicts.loc[list(names)].value_counts().reindex(list(ledger.VERDICTS), fill_value=0)
        said = "; ".join(f"{number} {results.spaced(verdict)}" for verdict, number in of_claims.items() if number)
        named = ", ".join(names) if len(names) < len(built) else "all"
        rows.append({"line": line, "notebook": notebook, "answer": answer, "claims": named, "verdicts": said})
    return pd.DataFrame(rows).assign(evidence=published.EVIDENCE)[contracts.columns("evidence_answers")]


def _lines(built: pd.DataFrame) -> list[tuple[str, str, Sequence[str]]]:
    # The design and Table 1 need no list of cases.
    design, shares, compared = FieldworkSampling(frame=""), PrevalenceEstimates(cases=""), RatingComparisons(cases="")
    estimates = prevalence.published_estimates(shares.inspected_cases, shares.yots, shares.icc, shares.confidence)
    care, plan = (prevalence.headline(estimates, claim, shares.headline_icc) for claim in prevalence.SHARES)
    asked = ["release_areas_visited", "release_cases_asked_per_area", "release_cases_hosted", "release_cases_placed_out"]
    starts = ["letter_starts", "letter_looked_after_starts", "letter_custodial_starts", "letter_in_care_during_sentence"]
    worse = ["letter_worse_for_children_in_care", "letter_worse_out_of_area", *_RATED]
    return [
        ("01_fieldwork_sampling", fieldwork(design, precision(design)), asked),
        ("02_prevalence_estimates", in_care(shares, care, plan), list(prevalence.SHARES)),
        ("02_prevalence_estimates", of_starts(shares, estimates, care), starts),
        ("03_rating_comparisons", rated(compared, published_ratings.order_and_bounds(compared)), worse),
        ("04_evidence_ledger", claims(built), built["claim"].tolist()),
    ]
