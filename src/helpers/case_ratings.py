"""The tables of notebook 03 that rest on a list of inspected cases, group by group."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from helpers import agreement, band_probability, comparisons, contracts, ordinal, shares, weighted_shares
from helpers.comparisons import Judged, judged_of
from helpers.parameters import CARE_GROUP, RatingComparisons
from helpers.rating_resamples import cluster_bootstrap, count_matrices
from helpers.ratings import BAND_COLUMNS, LOWEST, LOWEST_OF_EACH, QUESTIONS, STANDARDS, pairs, rating_of
from helpers.rounding import whole_per_cent

# Every table made here, and the columns that say of what a row is.
KEYS: dict[str, tuple[str, ...]] = {
    "ratings_by_group": ("group_by", "group", "standard", "question"),
    "ratings_weighted": ("standard", "question", "group", "weights"),
    "rating_comparisons": ("standard", "question", "group", "reference", "adjusted_for", "weights", "family"),
    "rating_ordinal": ("group", "reference", "measure"),
    "rating_probabilities": ("standard", "group", "question", "method"),
    "rating_lowest": ("standard", "group"),
    "rating_whole_table": (),
    "inspector_agreement": ("judgement",),
    "inspector_lowest": ("standard", "group"),
}


def nothing() -> dict[str, pd.DataFrame]:
    """The tables where there is no list of cases."""
    return {name: pd.DataFrame(columns=contracts.columns(name)) for name in KEYS}


def tables(
    cases: pd.DataFrame, whole: pd.DataFrame, parameters: RatingComparisons, bands: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Every table of `KEYS`.

    Parameters
    ----------
    cases : DataFrame
        Inspected cases as `helpers.cases.read` gives them, for what is said of single key questions.
    whole : DataFrame
        The same for what is said of a standard: under disclosure control a group has no answer there where one of its
        questions is hidden.
    parameters : RatingComparisons
    bands : DataFrame
        As from `helpers.published.rating_bands`.
    """
    p, group_by = parameters, parameters.group_by
    compared = pairs(_groups(cases, group_by), p.reference, p.family)
    counts = count_matrices(whole, group_by)
    drawn = cluster_bootstrap(counts, bands, p.replicates, p.seed)
    made = {
        "ratings_by_group": _by_group(cases, whole, group_by, p.confidence, bands),
        "ratings_weighted": _weighted(cases, whole, group_by, p.confidence, bands),
        "rating_comparisons": _comparisons(cases, whole, group_by, compared, p.adjust_for, p.confidence),
        "rating_ordinal": ordinal.table(whole, group_by, compared, p.confidence),
        "rating_probabilities": band_probability.table(counts, drawn, bands),
        "rating_lowest": band_probability.lowest_bias(drawn),
        "rating_whole_table": band_probability.joint(drawn),
        "inspector_agreement": agreement.of_cases(cases, p.confidence),
        "inspector_lowest": agreement.lowest_moves(whole, group_by, bands),
    }
    # Without a case read twice there is nothing to say of a second reading.
    twice = made["inspector_agreement"]
    made["inspector_agreement"] = twice if twice["pairs"].any() else twice.iloc[:0]
    made["inspector_lowest"] = made["inspector_lowest"].query("pairs > 0")
    return {name: table.assign(evidence=p.case_evidence)[contracts.columns(name)] for name, table in made.items()}


def _groups(cases: pd.DataFrame, group_by: str) -> list[str]:
    """The groups by name, those of a care group without a case among them, and the blank one not."""
    return [str(group) for group in cases[group_by].cat.categories if str(group) != shares.BLANK]


def judged(cases: pd.DataFrame, whole: pd.DataFrame, group_by: str) -> list[Judged]:
    """The judgements: single key questions as `cases` has them, the lowest as `whole` has it."""
    pairs_of_both = zip(judged_of(cases, group_by), judged_of(whole, group_by), strict=True)
    return [one if one.question in QUESTIONS else lowest for one, lowest in pairs_of_both]


def of_ratings(answers: Sequence[Judged]) -> list[Judged]:
    """The same with each group's own lowest question as `LOWEST`, as ratings have it."""
    own = {one.standard: one for one in answers if one.question == LOWEST_OF_EACH}
    kept = [one for one in answers if one.question != LOWEST_OF_EACH]
    return [own.get(one.standard, one)._replace(question=LOWEST) if one.question == LOWEST else one for one in kept]


def _comparisons(
    cases: pd.DataFrame,
    whole: pd.DataFrame,
    group_by: str,
    compared: Sequence[tuple[str, str]],
    adjust_for: Sequence[str],
    confidence: float,
) -> pd.DataFrame:
    answers = judged(cases, whole, group_by)
    parts = [comparisons.compare(cases, answers, group_by, compared, confidence, adjust_for)]
    weights, kind = weighted_shares.weights_of(cases)
    if weights is not None:
        parts.append(comparisons.compare(cases, answers, group_by, compared, confidence, weights=weights))
    table = comparisons.add_holm(pd.concat(parts, ignore_index=True))
    return table.assign(weights=np.where(table["weighted"].astype(bool), kind, "none"))


def _by_group(cases: pd.DataFrame, whole: pd.DataFrame, group_by: str, confidence: float, bands: pd.DataFrame) -> pd.DataFrame:
    """Shares judged sufficient of the groups of another column, as `helpers.shares.of_cases` has them of the care groups."""
    codes, names = pd.factorize(cases["yot"])
    rows = []
    for one in of_ratings(judged(cases, whole, group_by)) if group_by != CARE_GROUP else []:
        for group, mask in shares.groups_of(cases, group_by).items():
            if group == shares.BLANK:
                continue
            found = shares.of_domain(one.yes.where(mask), np.asarray(codes), len(names), confidence)
            rating = rating_of(whole_per_cent(found["count"], found["base"]), bands) if found["base"] else None
            rows.append({"group": group, "standard": one.standard, "question": one.question, "rating": rating, **found})
    if not rows:
        return pd.DataFrame(columns=contracts.columns("ratings_by_group"))
    table = pd.DataFrame(rows).assign(group_by=group_by, level=confidence)
    table = table.join(probabilities(table, bands))
    return _per_cents(table).rename(columns={"base": "cases", "count": "sufficient"})


def _weighted(cases: pd.DataFrame, whole: pd.DataFrame, group_by: str, confidence: float, bands: pd.DataFrame) -> pd.DataFrame:
    single = weighted_shares.by_judgement(cases, group_by, confidence, bands)
    lowest = weighted_shares.by_judgement(whole, group_by, confidence, bands)
    chosen = [single[single["question"] != LOWEST], lowest[lowest["question"] == LOWEST]]
    table = pd.concat(chosen, ignore_index=True) if len(single) else single
    order = {name: place for place, name in enumerate([*STANDARDS, *QUESTIONS, LOWEST])}
    # A stable sort leaves the groups of a question in their own order.
    table = table.sort_values(["standard", "question"], key=lambda column: column.map(order), kind="stable", ignore_index=True)
    return _per_cents(table, {"unweighted_percentage": "unweighted"})


def probabilities(found: pd.DataFrame, bands: pd.DataFrame) -> pd.DataFrame:
    """The probability of each band for the population behind each share; missing without cases or an error.

    Parameters
    ----------
    found : DataFrame
        count, base and deff, as from `helpers.shares.of_cases`.
    bands : DataFrame
    """
    rows = [
        band_probability.population(row.yes, row.base, row.deff, bands) if row.base and row.deff > 0 else {}
        for row in found.rename(columns={"count": "yes"}).itertuples()
    ]
    names = list(BAND_COLUMNS)
    table = pd.DataFrame([list(row.values()) or [np.nan] * len(names) for row in rows], columns=names, index=found.index)
    return table.astype(float)


def _per_cents(table: pd.DataFrame, more: Mapping[str, str] | None = None) -> pd.DataFrame:
    """The same with percentages, as the bands are."""
    names = {"percentage": "estimate", "se": "se", "lower": "lower", "upper": "upper"} | (more or {})
    return table.assign(**{name: (100 * table[column].astype(float)).round(10) for name, column in names.items()})
