"""The tables of notebook 03 that rest on Table 1 of the letter alone."""

from collections.abc import Mapping
from itertools import product
from math import prod

import pandas as pd

from helpers import cases_for_rating, contracts, published, ratings, table_one
from helpers.parameters import RatingComparisons
from helpers.ratings import ASSUMED_RULE, CARE_GROUPS

# Shares from just inside the band of Good to its middle, and how many cases make sure of it.
_SHARES = (0.66, 0.67, 0.68, 0.70, 0.72, 0.75)
_ASSURANCE = 0.95
_USUAL_CASES = 30
_DEFFS = (1.0, 1.5, 2.0)
_PAIRS_OF_SHARES = ((0.70, 0.60), (0.68, 0.60))
# Tests of the family of all pairs: four standards, three pairs.
_TESTS = 12
# Shares of the three key questions, the same in each group: one near the boundary of Good, or all three well inside.
_SHARES_OF_QUESTIONS = ((0.76, 0.70, 0.68), (0.70, 0.70, 0.70))
_SIZES_ASSUMED = "numbers of cases assumed, since none is published"


def order_and_bounds(parameters: RatingComparisons) -> dict[str, pd.DataFrame]:
    """``rating_order`` and ``rating_bounds``, on which the answer and the ledger rest."""
    p, cells = parameters, published.table_1()
    compared = ratings.pairs(CARE_GROUPS, p.care_reference, p.family)
    return {
        "rating_order": ratings.compare_order(cells, compared),
        "rating_bounds": ratings.bounds(cells, compared, published.rating_bands(), discretion_points=p.discretion_points),
    }


def tables(parameters: RatingComparisons) -> dict[str, pd.DataFrame]:
    """Every table of notebook 03 that needs no case, by name."""
    p, cells, bands = parameters, published.table_1(), published.rating_bands()
    compared = ratings.pairs(CARE_GROUPS, p.care_reference, p.family)
    sizes = dict(zip(CARE_GROUPS, p.sizes, strict=True))
    made = {
        **order_and_bounds(p),
        "rating_consequences": _consequences(bands),
        "rating_tests": table_one.tests_that_do_not_hold(cells, compared).assign(evidence=published.EVIDENCE),
        "rating_lattice": _lattice(sizes, bands, p.sizes_evidence),
        "rating_pooled": _pooled(cells, bands, sizes, p.sizes_evidence),
        "rating_envelope": table_one.sampling_envelope(cells, compared, bands, sizes, p.confidence).assign(
            evidence=p.sizes_evidence
        ),
        "rating_cases_needed": _cases_needed(bands),
        "rating_power": _power(sizes, p.confidence, p.sizes_evidence),
        "rating_by_chance": _by_chance(sizes, bands, p.sizes_evidence),
    }
    return {name: table[contracts.columns(name)] for name, table in made.items()}


def distribution(parameters: RatingComparisons) -> pd.DataFrame:
    """``rating_distribution.csv``: the ratings of services that the parameters name, by year; no row without any."""
    if not parameters.inspection_ratings:
        return pd.DataFrame(columns=contracts.columns("rating_distribution"))
    from helpers import cases, inspection_ratings

    table = cases.read(parameters.inspection_ratings, "ratings").table
    found = inspection_ratings.distribution(table, parameters.confidence).assign(evidence="supplied")
    return found[contracts.columns("rating_distribution")]


def _consequences(bands: pd.DataFrame) -> pd.DataFrame:
    table = table_one.consequences(bands)
    fractions = {name: table[name] / 100 for name in ("difference_lower", "difference_upper")}
    return table.assign(**fractions, evidence=published.EVIDENCE)


def _lattice(sizes: Mapping[str, int], bands: pd.DataFrame, evidence: str) -> pd.DataFrame:
    parts = [table_one.lattice(cases, bands).assign(group=group, cases=cases) for group, cases in sizes.items()]
    table = pd.concat(parts, ignore_index=True)
    return table.assign(assumes=f"{ASSUMED_RULE}; {_SIZES_ASSUMED}", evidence=evidence)


def _pooled(cells: pd.DataFrame, bands: pd.DataFrame, sizes: Mapping[str, int], evidence: str) -> pd.DataFrame:
    """All cases, and those in care with their split left open."""
    outside, *in_care = CARE_GROUPS
    blocks = {outside: sizes[outside], tuple(in_care): sum(sizes[group] for group in in_care)}
    table = table_one.pooled(cells, bands, blocks)
    return table.assign(share_low=table["per_cent_low"] / 100, share_high=table["per_cent_high"] / 100, evidence=evidence)


def _cases_needed(bands: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for deff in _DEFFS:
        for share in _SHARES:
            row = {"share": share, "rating": "Good", "assurance": _ASSURANCE, "deff": deff}
            row["cases_needed"] = cases_for_rating.cases_needed(share, "Good", _ASSURANCE, bands, deff)
            row["with_30_cases"] = cases_for_rating.of_share(share, _USUAL_CASES, bands)["Good"]
            rows.append(row)
    assumes = "recalled bands; the share of the population is known; a sample drawn at random, with the design effect given"
    return pd.DataFrame(rows).assign(assumes=assumes, evidence=published.EVIDENCE)


def _power(sizes: Mapping[str, int], confidence: float, evidence: str) -> pd.DataFrame:
    """Chance of finding a difference of ten points below 70%, and of eight below 68%, with the sizes assumed."""
    rows = []
    at_first = 1 - (1 - confidence) / _TESTS
    for group, reference in ratings.pairs(CARE_GROUPS, CARE_GROUPS[0], "all_pairs"):
        n = {"reference_cases": sizes[reference], "cases": sizes[group]}
        for shares, deff in product(_PAIRS_OF_SHARES, _DEFFS):
            row = {"group": group, "reference": reference, "reference_share": shares[0], "share": shares[1], **n, "deff": deff}
            # Without a case there is no test.
            if all(n.values()):
                row["power"], row["power_of_twelve"] = (
                    cases_for_rating.power_two_shares(*shares, *n.values(), deff, level) for level in (confidence, at_first)
                )
            rows.append(row)
    assumes = f"shares assumed; {_SIZES_ASSUMED}; groups independent, which cases of one service are not; normal approximation"
    table = pd.DataFrame(rows, columns=contracts.columns("rating_power"))
    return table.assign(level=confidence, assumes=assumes, evidence=evidence).astype({"power": float, "power_of_twelve": float})


def _by_chance(sizes: Mapping[str, int], bands: pd.DataFrame, evidence: str) -> pd.DataFrame:
    """How often a group is rated lower than Good where nothing differs from group to group."""
    rows = []
    for shares in _SHARES_OF_QUESTIONS:
        said = ", ".join(f"{share:.0%}" for share in shares)
        for group, cases in sizes.items():
            for deff in _DEFFS[:2]:
                n = int(cases / deff)
                found = [cases_for_rating.of_share(share, n, bands) for share in shares] if n else []
                good = prod(one["Good"] + one["Outstanding"] for one in found) if found else None
                row = {"shares": said, "group": group, "cases": cases, "deff": deff}
                rows.append(row | {"p_lower_than_good": None if good is None else 1 - good})
    assumes = "recalled bands and lowest key question; shares assumed, the same in each group; the three questions independent; "
    assumes += _SIZES_ASSUMED
    return pd.DataFrame(rows).astype({"p_lower_than_good": float}).assign(assumes=assumes, evidence=evidence)
