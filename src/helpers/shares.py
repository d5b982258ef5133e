"""Shares of cases that lie in services: estimate, error and interval, from the cases themselves."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from helpers import intervals
from helpers.ratings import CARE_GROUPS, LOWEST, QUESTIONS, STANDARDS, rating_of
from helpers.rounding import whole_per_cent

IN_CARE, PROTECTION, SUFFICIENT = "in_care", "child_protection", "sufficient"
_DOMAIN = ["share", "standard", "question", "care_group"]
COLUMNS = [*_DOMAIN, "count", "base", "services", "estimate", "se", "df", "deff", "lower", "upper", "method"]
COLUMNS += ["level", "rating", "from_question"]
GROUP_COLUMNS = [
    "share",
    "group",
    "count",
    "base",
    "services",
    "estimate",
    "se",
    "df",
    "deff",
    "lower",
    "upper",
    "method",
    "level",
]
# The group of cases whose value is blank.
BLANK = "(blank)"


def of_cases(cases: pd.DataFrame, confidence: float, bands: pd.DataFrame) -> pd.DataFrame:
    """Every share that the notebooks show of a list of inspected cases, by one definition.

    Parameters
    ----------
    cases : DataFrame
        Inspected cases as `helpers.cases.read` gives them.
    confidence : float
    bands : DataFrame
        As from `helpers.published.rating_bands`.

    Returns
    -------
    DataFrame
        share (``in_care``, ``child_protection`` or ``sufficient``), standard, question, care_group (empty where
        they do not apply), count, base, services (with a case in the base), estimate, se, df, deff, lower, upper,
        method, level, rating (of sufficient shares), from_question (of the ``lowest`` rows: whose numbers these are).
        Fractions, and missing where too few cases or services bear none.
    """
    codes, names = pd.factorize(cases["yot"])
    services = np.asarray(codes), len(names)
    rows = [dict(zip(_DOMAIN, domain, strict=True)) | of_domain(yes, *services, confidence) for domain, yes in _domains(cases)]
    table = pd.DataFrame(rows).assign(level=confidence, from_question="")
    judged = table["share"] == SUFFICIENT
    per_cents = (whole_per_cent(row.count_, row.base) if row.base else None for row in _plain(table[judged]))
    table.loc[judged, "rating"] = [None if per_cent is None else rating_of(per_cent, bands) for per_cent in per_cents]
    return _with_lowest(table)[COLUMNS]


def by_group(cases: pd.DataFrame, group_by: str, confidence: float) -> pd.DataFrame:
    """The shares in care and on a protection plan or enquiry in each group of cases.

    Parameters
    ----------
    cases : DataFrame
        As for `of_cases`, with a column `group_by` of categories.
    group_by : str
        Grouped by care group, there is no share in care.
    confidence : float

    Returns
    -------
    DataFrame
        `GROUP_COLUMNS`: those of `of_cases`, with the group, in the order of the categories that have a case and `BLANK`
        last. A group is a domain of all cases, so services without a case of it count in its error.
    """
    codes, names = pd.factorize(cases["yot"])
    rows = []
    for share, yes in _whole_shares(cases):
        if (share, group_by) != (IN_CARE, "care_group"):
            for group, mask in groups_of(cases, group_by).items():
                row = of_domain(yes.where(mask), np.asarray(codes), len(names), confidence)
                rows.append({"share": share, "group": group} | row)
    return pd.DataFrame(rows, columns=[name for name in GROUP_COLUMNS if name != "level"]).assign(level=confidence)


def judgements_of(cases: pd.DataFrame) -> dict[tuple[str, str], str]:
    """The columns of the first inspector's judgements, by standard and question; `LOWEST` where there are standards only."""
    by_standard = {(standard, LOWEST): standard for standard in STANDARDS}
    by_question = {(standard, question): f"{standard}_{question}" for standard in STANDARDS for question in QUESTIONS}
    return {key: column for key, column in (by_standard | by_question).items() if column in cases}


def known_of(cases: pd.DataFrame, share: str) -> pd.Series:
    """Whether each case has a known answer to one of the two shares; that of care is always known."""
    return cases[PROTECTION].notna() if share == PROTECTION else pd.Series(True, index=cases.index)


def groups_of(cases: pd.DataFrame, group_by: str) -> dict[str, pd.Series]:
    """Which cases are in each group, by its name; groups without a case are left out."""
    values = cases[group_by]
    masks = {str(group): (values == group).astype(bool) for group in values.cat.categories}
    masks[BLANK] = masks.get(BLANK, False) | values.isna()
    return {group: mask for group, mask in masks.items() if mask.any()}


def _plain(table: pd.DataFrame) -> Iterator[tuple]:
    # A row as a tuple has a method called count.
    return table.rename(columns={"count": "count_"}).itertuples()


def of_domain(yes: pd.Series, codes: np.ndarray, services: int, confidence: float) -> dict[str, object]:
    """One share with the linearised variance of a sample of services (Taylor; R ``survey``, ``svymean``).

    All services count, also those without a case of the domain: with k_j of m_j cases in service j, the share p
    and J services the variance is ``J / (J - 1) sum (k_j - m_j p)^2 / n^2``. Degrees of freedom are the services
    with a case of the domain less one, as R has them.

    Boundary cases, in this order: no case gives no share; services fewer than two (all, or of the domain) give no
    error; an error of 0 (as for 0% and 100%) gives Korn-Graubard limits with a design effect of 1, ``method``
    says so; elsewhere the logit interval with Student's t.

    Parameters
    ----------
    yes : Series of boolean
        Missing: not in the domain.
    codes : ndarray
        Number of the service of each case, from 0.
    services : int
    confidence : float
    """
    known = yes.notna().to_numpy()
    base = np.bincount(codes[known], minlength=services)
    count = np.bincount(codes[known], weights=yes[known].to_numpy(dtype=float), minlength=services)
    n, k, df = int(base.sum()), int(count.sum()), int((base > 0).sum()) - 1
    row = {"count": k, "base": n, "services": df + 1, "estimate": k / n if n else np.nan, "df": df}
    if df < 1:
        return row | dict.fromkeys(["se", "deff", "lower", "upper"], np.nan) | {"method": ""}
    share = k / n
    variance = services / (services - 1) * ((count - base * share) ** 2).sum() / n**2
    deff = variance / (share * (1 - share) / n) if variance > 0 else 1.0
    method = "logit_t" if variance > 0 else "korn_graubard"
    limits = intervals.clustered(share, max(n, 2), deff, df, confidence, method)
    return row | {"se": np.sqrt(variance), "deff": deff, **limits._asdict(), "method": method}


def _domains(cases: pd.DataFrame) -> Iterator[tuple[tuple[str, str, str, str], pd.Series]]:
    for share, yes in _whole_shares(cases):
        yield (share, "", "", ""), yes
    for (standard, question), column in judgements_of(cases).items():
        for group in CARE_GROUPS:
            yield (SUFFICIENT, standard, question, group), cases[column].where(cases["care_group"] == group)


def _whole_shares(cases: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    yield IN_CARE, (cases["care_group"] != "not_in_care").astype("boolean")
    if PROTECTION in cases:
        yield PROTECTION, cases[PROTECTION]


def _with_lowest(table: pd.DataFrame) -> pd.DataFrame:
    """Add the row of each standard's lowest key question, by exact fractions; the first of equal ones."""
    judged = table[(table["share"] == SUFFICIENT) & (table["question"] != LOWEST)]
    # A question that applies to no case has no share, and is the lowest only where none has one.
    ranked = judged["estimate"].fillna(np.inf).groupby([judged["standard"], judged["care_group"]], sort=False)
    chosen = judged.loc[ranked.idxmin()]
    lowest = chosen.assign(from_question=chosen["question"], question=LOWEST)
    return pd.concat([table, lowest], ignore_index=True)
