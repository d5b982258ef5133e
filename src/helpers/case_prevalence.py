"""The shares of a list of cases, in the form of the published ones."""

import numpy as np
import pandas as pd

from helpers import contracts, intervals

CASE_SHARES = {"in_care": "in care", "child_protection": "on a child protection plan or enquiry"}


def of_shares(shares: pd.DataFrame, evidence: str) -> pd.DataFrame:
    """The shares of a list of cases in care and on a plan, as rows of ``prevalence_estimates.csv``.

    Parameters
    ----------
    shares : DataFrame
        As from `helpers.shares.of_cases`, treated or not.
    evidence : str

    Returns
    -------
    DataFrame
        A row for each share and method, `claim` ``cases_in_care`` or ``cases_child_protection``; the count is known, so
        there is no rounding to include. The binomial methods ignore services. `icc` is the correlation that gives the
        design effect seen if the services were equal in size, below 0 where services differ less than chance makes them.
        All is made from the numbers given, so that of treated ones nothing is told that they do not tell.
    """
    made_up = "made-up " if evidence == "synthetic" else ""
    rows = [row for share in shares.to_dict("records") if share["share"] in CASE_SHARES for row in _case_rows(share, made_up)]
    return (
        pd.DataFrame(rows)
        .assign(rounding="ignored", evidence=evidence)
        .reindex(columns=contracts.columns("prevalence_estimates"))
        .astype(object)
    )


def _case_rows(share: dict[str, object], made_up: str) -> list[dict[str, object]]:
    count, n, estimate = share["count"], share["base"], share["estimate"]
    given = {"claim": f"cases_{share['share']}", "count_low": count, "count_high": count, "n": n, "estimate": estimate}
    given |= {"level": share["level"]}
    sample = given | {"icc": 0.0, "deff": 1.0, "n_effective": n, "assumes": "a random sample of cases, services ignored"}
    seen = given | _clusters_seen(share)
    seen["assumes"] = f"services drawn at random; their likeness is estimated from the {made_up}cases"
    rows = [sample | {"method": name} | _case_limits(share, name) for name in intervals.BINOMIAL_METHODS]
    return rows + [seen | {"method": name} | _case_limits(share, name) for name in intervals.CLUSTERED_METHODS]


def _clusters_seen(share: dict[str, object]) -> dict[str, object]:
    n, deff, df = share["base"], share["deff"], share["df"]
    if hidden := _hidden(n, deff):
        return dict.fromkeys(["icc", "deff", "n_effective"], hidden)
    if pd.isna(deff):
        return dict.fromkeys(["icc", "deff", "n_effective"], np.nan)
    more = n / (df + 1) - 1
    return {"icc": (deff - 1) / more if more > 0 else np.nan, "deff": deff, "n_effective": n / deff}


def _case_limits(share: dict[str, object], method: str) -> dict[str, object]:
    """The limits of one method; those of a clustered one are given, or follow from the design effect."""
    count, n, deff = share["count"], share["base"], share["deff"]
    clustered = method in intervals.CLUSTERED_METHODS
    if hidden := _hidden(count, n, share["lower"] if clustered else 0.0):
        return dict.fromkeys(["lower", "upper"], hidden)
    if method == share["method"]:
        return {"lower": share["lower"], "upper": share["upper"]}
    if not clustered and n:
        return intervals.binomial(count, n, share["level"], method)._asdict()
    if method == "korn_graubard" and n and pd.notna(deff):
        return intervals.clustered(share["estimate"], max(n, 2), deff, share["df"], share["level"], method)._asdict()
    return dict.fromkeys(["lower", "upper"], np.nan)


def _hidden(*values: object) -> str:
    """The mark of a hidden value among these; empty where there is none."""
    return next((value for value in values if isinstance(value, str)), "")


def of_groups(groups: pd.DataFrame, group_by: str, evidence: str) -> pd.DataFrame:
    """The shares of groups of cases, as ``prevalence_by_group.csv``.

    Parameters
    ----------
    groups : DataFrame
        As from `helpers.shares.by_group`, treated or not.
    group_by : str
    evidence : str
    """
    rows = groups.rename(columns={"base": "n"}).assign(claim="cases_" + groups["share"].astype(str), group_by=group_by)
    return rows.assign(evidence=evidence)[contracts.columns("prevalence_by_group")]


def case_headline(rows: pd.DataFrame) -> pd.DataFrame:
    """The one interval of each share of a list: the logit with t, and where there is no logit, Korn-Graubard.

    Parameters
    ----------
    rows : DataFrame
        As from `of_shares`.
    """
    logit, other = (rows[rows["method"] == method].set_index("claim") for method in ("logit_t", "korn_graubard"))
    chosen = [(other if pd.isna(logit.loc[claim, "lower"]) else logit).loc[[claim]] for claim in logit.index]
    return pd.concat([*chosen, logit.iloc[:0]]).reset_index()[rows.columns]


def name_of(claim: str) -> str:
    """What a share of a list is of, in words."""
    return CASE_SHARES[claim.removeprefix("cases_")]


def cases_in_words(rows: pd.DataFrame) -> str:
    """What a list of the user's own shows, as a line of the answer; empty where the cases are not the user's own.

    Parameters
    ----------
    rows : DataFrame
        As from `of_shares`, treated or not.
    """
    if set(rows["evidence"]) != {"supplied"}:
        return ""
    chosen = case_headline(rows).itertuples()
    found = [_share_in_words(row, name_of(row.claim)) for row in chosen]
    caution = "What your list means by it may differ from what the letter means, so the two should not be set side by side."
    return f"\n- In your list {'; '.join(found)}. {caution} *Evidence: supplied.*"


def _share_in_words(row: tuple, what: str) -> str:
    if isinstance(row.estimate, str):
        return f"how many cases are {what} cannot be shown"
    if pd.isna(row.estimate):
        return f"of no case it is known whether it is {what}"
    limits = ""
    if not isinstance(row.lower, str):
        limits = f" ({_plain(row.lower)} to {_plain(row.upper)}, {100 * row.level:g}% confidence)"
        if pd.isna(row.lower):
            limits = " (without limits, since one service does not show how much services differ)"
    return f"**{_plain(row.estimate)}** of the cases{limits} are {what}"


def _plain(share: float) -> str:
    """A share in per cent with a decimal where it has one: what is shown of treated limits has none."""
    return f"{round(100 * share, 1):g}%"
