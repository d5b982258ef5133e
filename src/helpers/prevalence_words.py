"""What the prevalence notebook says in words: sentences of its answer, and cells of its tables."""

from collections.abc import Iterable, Mapping

import pandas as pd

from helpers import cautions, monte_carlo, out_of_court
from helpers.prevalence import SHARES
from helpers.results import interval, level, outward, per_cent, whole
from helpers.rounding import Span

JOINT_NAMES = {
    "both": "in care and on a plan or enquiry",
    "either": "in care, on a plan or enquiry, or both",
    "neither": "neither",
    "in_care_only": "in care alone",
    "protection_only": "on a plan or enquiry alone",
    "protection_among_in_care": "on a plan or enquiry, of those in care",
    "in_care_among_protection": "in care, of those on a plan or enquiry",
}
SHARE_HEADINGS = {claim: name[0].upper() + name[1:] for claim, name in SHARES.items()}
_IMPOSSIBLE = "impossible"
_QUANTITIES = {
    monte_carlo.SHARE_OF_STARTS: "4,500 of 24,000 starts, rounding alone",
    monte_carlo.RATIO: "its ratio to the rate of all children",
    monte_carlo.OUT_OF_COURT: "share among cautions",
}


def headlines(care: pd.Series, plan: pd.Series, services: int) -> str:
    """The headline intervals of both shares with all that they assume.

    Parameters
    ----------
    care, plan : Series
        As from `helpers.prevalence.headline`.
    services : int
        That the cases are taken to lie in.
    """
    return (
        f"As a random sample of such cases and services they put the share among all such children at {interval(care)}; for the "
        f"**{per_cent(plan['estimate'])}** {SHARES[plan['claim']]}, whose base the letter does not restate, at {interval(plan)} "
        f"({level(care['level'])} intervals, rounding included; assumed: {whole(care['n'])} cases in {services} "
        f"services of equal size, correlation {care['icc']:g} within a service)."
    )


def among_cautions(care: pd.Series, court_shares: Iterable[float], in_care_at_start: Iterable[float]) -> str:
    """What the figures leave for children who were cautioned: the court shares that are ruled out, and the set.

    Parameters
    ----------
    care : Series
        The headline of 26%.
    court_shares, in_care_at_start : iterable of float
        What is assumed of each.
    """
    shares, parts = list(court_shares), list(in_care_at_start)
    most = out_of_court.greatest_court_share(cautions.boxes(care)[1], max(parts))
    ruled_out = f"court orders were at most {at_most(most, 0)} of starts" if most < 1 else "no share of court orders is ruled out"
    within = " to ".join(dict.fromkeys(level(share) for share in (min(shares), max(shares))))
    beyond = ", as far as possible" if max(shares) > most else ""
    said = [_sets(care, shares, part) for part in dict.fromkeys((max(parts), min(parts)))]
    return (
        f"If 26% holds of all court starts and {_part(max(parts))} of these children were in care when the sentence began, "
        f"{ruled_out} (rounding alone). With court orders at {within} of starts{beyond}, the share looked after "
        f"among children cautioned is {'; '.join(said)}."
    )


def _sets(care: pd.Series, court_shares: list[float], part: float) -> str:
    """What is left for one part in care at the start: by rounding alone, and with sampling error."""
    rounding, sampled = (
        cautions.over_court_shares(care, court_shares, part, uncertainty) for uncertainty in ("rounding", "rounding_and_sampling")
    )
    words = "not possible by rounding alone" if rounding is None else f"**{between(rounding)}**"
    with_sampling = "nor" if sampled is None else between(sampled)
    return f"{words} with {_part(part)} in care at the start ({with_sampling} with sampling error at {level(care['level'])})"


def _part(part: float) -> str:
    return "all" if part == 1 else f"{100 * part:g}%"


def between(span: Span) -> str:
    """The ends of a span in whole per cents, rounded away from each other."""
    return outward({"lower": span.low, "upper": span.high}, 0)


def at_most(share: float, digits: int = 1) -> str:
    """An upper bound in per cent, rounded up so that it still bounds."""
    return outward({"lower": 0, "upper": share}, digits).split(" to ")[1]


def at_least(share: float, digits: int = 1) -> str:
    """A lower bound in per cent, rounded down so that it still bounds."""
    return outward({"lower": share, "upper": 1}, digits).split(" to ")[0]


def sets_side_by_side(table: pd.DataFrame) -> pd.DataFrame:
    """One row a court share and part in care at the start: the point and both sets, in words.

    Parameters
    ----------
    table : DataFrame
        ``out_of_court_prevalence``.

    Returns
    -------
    DataFrame
        in_care_at_start, court_share, point, rounding, rounding_and_sampling, evidence.
    """
    keys = ["in_care_at_start", "court_share"]
    cells = table.assign(cell=[_cell(row) for row in table.to_dict("records")])
    order = pd.MultiIndex.from_frame(table[keys].drop_duplicates())
    wide = cells.pivot(index=keys, columns="uncertainty", values="cell").loc[order]
    marks = table.groupby(keys, sort=False)["evidence"].agg(lambda found: ", ".join(sorted(set(found))))
    return wide.assign(evidence=marks).reset_index().rename_axis(columns=None)


def _cell(row: Mapping[str, object]) -> str:
    if not row["feasible"]:
        return _IMPOSSIBLE
    if row["uncertainty"] == "point":
        return per_cent(row["estimate"], 1)
    return outward(row, 1) + (f"; {row['cut']} left out" if row["cut"] else "")


def values_left(row: Mapping[str, object]) -> str:
    """What a reading of a printed figure leaves: ``23,500 to under 24,500``, ``25.5% to under 26.5%``."""
    low, high = row["low"], row["high"]
    form = whole if high > 1 else lambda share: per_cent(share, 1)
    return form(low) if low == high else f"{form(low)} to under {form(high)}"


def sensitivities_side_by_side(table: pd.DataFrame) -> pd.DataFrame:
    """One row an assumption that is changed, with the intervals of both shares in words.

    Parameters
    ----------
    table : DataFrame
        ``prevalence_sensitivity``.

    Returns
    -------
    DataFrame
        assumption, value, note, evidence, and a column for each of `SHARES`.
    """
    keys = ["assumption", "value"]
    cells = table.assign(cell=["[z]" if pd.isna(row["lower"]) else interval(row) for row in table.to_dict("records")])
    wide = cells.pivot(index=keys, columns="claim", values="cell")
    # One of the shares can have a reason of its own.
    notes = table.groupby(keys, sort=False)["note"].agg(lambda told: " ".join(dict.fromkeys(told)))
    return table.drop_duplicates(keys)[[*keys, "evidence"]].join(notes, on=keys).join(wide, on=keys)


def simulated(table: pd.DataFrame) -> pd.DataFrame:
    """One row a quantity and court share of ``prevalence_simulation``, in words.

    Returns
    -------
    DataFrame
        quantity, in_care_at_start, court_share, median, middle (the outer quantiles), error (the greatest of the three),
        bounds, impossible, evidence.
    """
    rows = []
    keys = ["quantity", "in_care_at_start", "court_share"]
    for (quantity, at_start, share), part in table.groupby(keys, sort=False, dropna=False):
        is_share, digits = quantity != monte_carlo.RATIO, 2 if quantity == monte_carlo.SHARE_OF_STARTS else 1
        low, median, high = (_number(value, is_share, digits) for value in part["quantile"])
        middle = "[z]" if part["quantile"].isna().any() else f"{low} to {high}"
        worst = part["monte_carlo_error"].max()
        error = "[z]" if pd.isna(worst) else f"{100 * worst:.2g} points" if is_share else f"{worst:.1g}"
        ends = part.iloc[0][["bound_lower", "bound_upper"]].set_axis(["lower", "upper"])
        bound = _IMPOSSIBLE if ends.isna().any() else outward(ends, digits) if is_share else bounds(ends, 1)
        row = {"quantity": _QUANTITIES[quantity], "in_care_at_start": at_start, "court_share": share}
        row |= {"evidence": part["evidence"].iloc[0], "median": median, "middle": middle}
        rows.append(row | {"error": error, "bounds": bound, "impossible": part["impossible"].iloc[0]})
    return pd.DataFrame(rows)


def _number(value: float, is_share: bool, digits: int) -> str:
    return per_cent(value, digits) if is_share or pd.isna(value) else f"{value:.1f}"


def quotients(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``prevalence_quotients`` with their numbers in words: shares in per cent, other ratios as numbers."""
    rows = [
        row
        | ({"estimate": per_cent(row["estimate"], 2), "bounds": outward(row)} if "_share_" in row["quotient"] else _ratio(row))
        for row in table.to_dict("records")
    ]
    return pd.DataFrame(rows)


def _ratio(row: Mapping[str, object]) -> dict[str, str]:
    return {"estimate": f"{row['estimate']:.3f}", "bounds": bounds(row, 3)}


def bounds(row: Mapping[str, object], digits: int = 4) -> str:
    """Bounds on a ratio in words, rounded away from each other; a mark stays a mark."""
    if isinstance(row["lower"], str) or pd.isna(row["lower"]):
        return row["lower"] if isinstance(row["lower"], str) else "[z]"
    scaled = outward({name: row[name] / 100 for name in ("lower", "upper")}, digits)
    return scaled.replace("%", "")
