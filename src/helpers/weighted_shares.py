"""Shares of cases that stand for different numbers of cases: weights, and shares with them."""

import numpy as np
import pandas as pd

from helpers import intervals
from helpers.ratings import LOWEST, rating_of
from helpers.shares import BLANK, groups_of, judgements_of

COLUMNS = ["standard", "question", "group", "weights", "cases", "sum_of_weights", "weighting_effect"]
COLUMNS += ["estimate", "se", "df", "deff", "lower", "upper", "level", "rating", "from_question", "unweighted"]


def weights_of(cases: pd.DataFrame) -> tuple[pd.Series | None, str]:
    """The weight of each case, and where it is from.

    Parameters
    ----------
    cases : DataFrame
        Inspected cases as `helpers.cases.read` gives them.

    Returns
    -------
    Series or None
        The column ``weight``; without it ``caseload`` over the cases of the list in the service, so that each service
        counts by its caseload; None where the list has neither.
    str
        ``weight``, ``caseload`` or empty.
    """
    if "weight" in cases:
        return cases["weight"].astype(float), "weight"
    if "caseload" in cases:
        inspected = cases.groupby("yot", observed=True)["yot"].transform("size")
        return cases["caseload"].astype(float) / inspected, "caseload"
    return None, ""


def by_judgement(cases: pd.DataFrame, group_by: str, confidence: float, bands: pd.DataFrame) -> pd.DataFrame:
    """Weighted percentages of cases judged sufficient, by standard, question and group; no row without weights.

    Parameters
    ----------
    cases : DataFrame
        As for `weights_of`, with the column `group_by` of categories.
    group_by : str
    confidence : float
    bands : DataFrame
        As from `helpers.published.rating_bands`.

    Returns
    -------
    DataFrame
        `COLUMNS`, in fractions. `weighting_effect` is Kish's (1965) ``1 + cv^2`` of the weights; `unweighted` the share in
        which each case counts once. The ``lowest`` rows have the question whose weighted share is lowest.
    """
    weights, kind = weights_of(cases)
    if weights is None:
        return pd.DataFrame(columns=COLUMNS)
    codes, names = pd.factorize(cases["yot"])
    rows = []
    for group, mask in groups_of(cases, group_by).items():
        if group == BLANK:
            continue
        for (standard, question), column in judgements_of(cases).items():
            found = of_domain(cases[column].where(mask), weights.to_numpy(), np.asarray(codes), len(names), confidence)
            rows.append({"standard": standard, "question": question, "group": group, "weights": kind, **found})
    if not rows:
        return pd.DataFrame(columns=COLUMNS)
    table = pd.DataFrame(rows).assign(level=confidence, from_question="")
    table["rating"] = [_rating(share, bands) for share in table["estimate"]]
    return _with_lowest(table)[COLUMNS]


def of_domain(
    yes: pd.Series, weights: np.ndarray, codes: np.ndarray, services: int, confidence: float
) -> dict[str, float | int | str]:
    """One weighted share with the linearised variance of a sample of services (R ``survey``, ``svymean``).

    With the weights w, the share is ``p = sum w y / sum w``, and with ``d_j = sum over service j of w (y - p)`` its
    variance ``J / (J - 1) sum d_j^2 / (sum w)^2``. Weights are taken as known. Boundary cases as in
    `helpers.shares.of_domain`; without an error the design effect is that of the weights alone (Kish 1965), as in
    `helpers.estimates`.

    Parameters
    ----------
    yes : Series of boolean
        Missing: not in the domain.
    weights : ndarray
        Above 0, one a case.
    codes : ndarray
        Number of the service of each case, from 0.
    services : int
    confidence : float
    """
    known = yes.notna().to_numpy()
    w, code = weights[known], codes[known]
    answers = yes[known].to_numpy(dtype=float)
    n, total, df = len(w), w.sum(), len(np.unique(code)) - 1
    row = {"cases": n, "sum_of_weights": total, "df": df, "unweighted": answers.mean() if n else np.nan}
    row["weighting_effect"] = n * (w**2).sum() / total**2 if n else np.nan
    share = float(min((w * answers).sum() / total, 1.0)) if n else np.nan
    if df < 1:
        return row | {"estimate": share} | dict.fromkeys(["se", "deff", "lower", "upper"], np.nan)
    off = np.bincount(code, weights=w * (answers - share), minlength=services)
    variance = services / (services - 1) * (off**2).sum() / total**2
    spread = share * (1 - share) / n
    # Services that all have the same share leave nothing but what binary fractions lose.
    varies = spread > 0 and variance > 1e-24
    deff = variance / spread if varies else row["weighting_effect"]
    limits = intervals.clustered(share, max(n, 2), deff, df, confidence, "logit_t" if varies else "korn_graubard")
    return row | {"estimate": share, "se": np.sqrt(variance) if varies else 0.0, "deff": deff, **limits._asdict()}


def _rating(share: float, bands: pd.DataFrame) -> str | None:
    # A weighted share is no fraction of whole numbers; what binary fractions lose must not move a tie.
    return None if np.isnan(share) else rating_of(int(np.floor(100 * share + 0.5 + 1e-9)), bands)


def _with_lowest(table: pd.DataFrame) -> pd.DataFrame:
    """Add the row of each standard's lowest question where the list has several."""
    if set(table["question"]) == {LOWEST}:
        return table
    chosen = table.loc[table["estimate"].fillna(np.inf).groupby([table["standard"], table["group"]], sort=False).idxmin()]
    return pd.concat([table, chosen.assign(from_question=chosen["question"], question=LOWEST)], ignore_index=True)
