"""The tables that outsiders rely on: their columns, in order, and what each means."""

from helpers.errors import InputError, did_you_mean

EVIDENCE = {"evidence": "`published`, `synthetic` or `supplied`"}
_LIMITS = {"lower": "lower limit, fraction", "upper": "upper limit, fraction", "level": "confidence level"}

TABLES: dict[str, dict[str, str]] = {
    "fieldwork_allocation": {
        "area": "fieldwork area",
        "arm": "`hosted` (supervised here for another authority) or `placed_out` (this authority's child, supervised elsewhere)",
        "eligible": "cases in the stratum",
        "requested": "cases asked for",
        "drawn": "cases drawn, top-ups included",
        "topped_up": "cases drawn beyond those requested, to fill the area's other arm",
        "shortfall": "cases asked for and not there",
        "inclusion_probability": "drawn / eligible",
        "weight": "eligible / drawn",
    }
    | EVIDENCE,
    "fieldwork_precision": {
        "group": "`all`, `hosted`, `placed_out` or `hosted_minus_placed_out`",
        "icc": "assumed correlation of cases in one area",
        "deff": "design effect",
        "n_effective": "cases / design effect; for the difference, of one arm",
        "level": "confidence level",
        "half_width": "half width of the interval at a proportion of one half, fraction",
        "minimum_detectable_difference": "least rise of one arm from one half found with power 0.8, fraction; `inf`: none is",
        "reading": "`normal` or `t`: which distribution gives the half width",
        "df": "degrees of freedom; `inf` for the normal",
        "rho_between_arms": "assumed correlation of cases in different arms of one area",
        "assumes": "what is assumed and is in neither document",
    }
    | EVIDENCE,
    "prevalence_estimates": {
        "claim": "claim that prints the figure, or the name of our own quotient",
        "method": "`wilson`, `clopper_pearson`, `jeffreys`, `logit_t`, `korn_graubard` or `quotient`",
        "rounding": "`ignored` or `included`",
        "icc": "assumed correlation of cases in one service",
        "count_low": "least count that the printed per cent allows",
        "count_high": "greatest count that it allows",
        "n": "cases taken as the base",
        "deff": "design effect",
        "n_effective": "n / deff",
        "estimate": "the share, fraction",
    }
    | _LIMITS
    | {"assumes": "what is assumed and is not in the letter"}
    | EVIDENCE,
    "rating_order": {
        "group": "care group",
        "reference": "care group that it is compared with",
        "lower": "standards in which the group is rated lower",
        "same": "standards in which both are rated the same",
        "higher": "standards in which the group is rated higher",
        "standards": "standards compared",
        "lower_in": "the standards in which the group is rated lower, or `none`",
        "higher_in": "the standards in which the group is rated higher, or `none`",
    }
    | EVIDENCE,
    "rating_bounds": {
        "standard": "assessment, planning, delivery or reviewing",
        "group": "care group",
        "reference": "care group that it is compared with",
        "convention": "`rounded`, `threshold`, `integer` or `discretion`: how a percentage becomes a rating",
        "difference_lower": "lower bound of group minus reference, fraction; reached under `integer` only",
        "difference_upper": "upper bound of group minus reference, fraction",
        "ratio_lower": "lower bound of group / reference",
        "ratio_upper": "upper bound of group / reference",
        "odds_ratio_lower": "lower bound of the odds ratio",
        "odds_ratio_upper": "upper bound of the odds ratio",
        "sign": "`lower`, `higher` or `not_identified`",
        "assumes": "what is assumed and is not in the letter",
    }
    | EVIDENCE,
    "evidence_ledger": {
        "claim": "identifier of the claim in `data/published/claims.csv`",
        "document": "`news_release_2012` or `letter_2021`",
        "quote": "the words quoted",
        "published": "value printed; for a finding in words, its quantifier",
        "recomputed": "what was computed from other published figures",
        "verdict": "`reproduced`, `consistent`, `bounded` or `not_checkable`",
        "notebook": "notebook that shows it",
        "note": "how, or why it can not be checked",
    }
    | EVIDENCE,
}


def columns(table: str) -> list[str]:
    """Columns of a public table, in order.

    Raises
    ------
    InputError
        No such table is promised.
    """
    if table not in TABLES:
        raise InputError(f"no table is called {table!r}; {did_you_mean(table, TABLES)}")
    return list(TABLES[table])
