"""What the letter's figures leave possible among starts that were cautions, and what a simulation of them gives."""

from collections.abc import Iterable

import pandas as pd

from helpers import letter_figures, monte_carlo, out_of_court, published
from helpers.letter_figures import CUSTODIAL, LEAST_OF_NEARLY, LOOKED_AFTER, NEAREST, STARTS, reference
from helpers.out_of_court import Box
from helpers.rounding import Span, rounding_span

IN_CARE = "letter_in_care_during_sentence"
# Court shares of the curve; at 1 there are no cautions.
_CURVE = [round(place / 100, 2) for place in range(100)]
_MEANING = "4,500 counts children looked after when they started and has no error but rounding; looked after means in care"
_ALL_STARTS = f"26% holds of all court starts, and so does its part in care at the start; {_MEANING}"
_SAMPLED = f"the share that 26% estimates is that of all court starts, and so is its part in care at the start; {_MEANING}"
_ROUNDING = "4,500 to the nearest 100, 24,000 to the nearest 1,000, 26% to a whole per cent"


def boxes(headline: pd.Series) -> list[Box]:
    """Where 4,500 of 24,000 and 26% can lie: as printed, with rounding, and with rounding and sampling.

    Parameters
    ----------
    headline : Series
        The headline interval of 26%, as from `helpers.prevalence.headline`.

    Returns
    -------
    list of Box
        The share of starts has no sampling interval, so it is the same in the last two.
    """
    looked_after, starts = (letter_figures.span(claim, NEAREST[claim][0]) for claim in (LOOKED_AFTER, STARTS))
    point = published.number(LOOKED_AFTER) / published.number(STARTS)
    quotient, share = letter_figures.quotient_span(looked_after, starts), letter_figures.span(IN_CARE, 1)
    # A low level of confidence can put a limit inside what rounding leaves.
    sampled = Span(min(headline["lower"], share.low), max(headline["upper"], share.high))
    return [
        Box("point", Span(point, point), Span(headline["estimate"], headline["estimate"])),
        Box("rounding", quotient, share),
        Box("rounding_and_sampling", quotient, sampled),
    ]


def tables(headline: pd.Series, court_shares: Iterable[float], in_care_at_start: Iterable[float]) -> dict[str, pd.DataFrame]:
    """The set of shares among cautions, its curve over all court shares, and the court shares that are ruled out.

    Parameters
    ----------
    headline : Series
        As for `boxes`.
    court_shares : iterable of float
        In [0, 1).
    in_care_at_start : iterable of float
        In (0, 1].

    Returns
    -------
    dict of DataFrame
        ``out_of_court_prevalence``, ``out_of_court_curve`` and ``court_share_limits``. Rows that rest on the headline
        interval have its evidence.
    """
    found, parts = boxes(headline), list(in_care_at_start)
    assumes = {
        "point": _ALL_STARTS,
        "rounding": f"{_ALL_STARTS}; {_ROUNDING}",
        "rounding_and_sampling": f"{_SAMPLED}; {_ROUNDING}; {headline['assumes']}, icc {headline['icc']:g}",
    }
    made = {
        name: out_of_court.table(found, shares, parts, assumes, headline["level"], published.EVIDENCE)
        for name, shares in (("out_of_court_prevalence", list(court_shares)), ("out_of_court_curve", _CURVE))
    }
    made["court_share_limits"] = limits = _limits(found, parts)
    for name in ("out_of_court_prevalence", "out_of_court_curve"):
        made[name] = _without_too_few_court_orders(made[name], limits)
    for table in made.values():
        table.loc[table["uncertainty"] == "rounding_and_sampling", "evidence"] = headline["evidence"]
    return made


def _limits(found: list[Box], parts: list[float]) -> pd.DataFrame:
    """The court shares that are ruled out, also by "nearly 700" custodial starts, which are court starts."""
    table = out_of_court.limits(found, parts, published.EVIDENCE)
    custodial = letter_figures.nearly(CUSTODIAL, LEAST_OF_NEARLY[0])
    starts = letter_figures.span(STARTS, NEAREST[STARTS][0])
    highest = {box.uncertainty: box.in_care.high for box in found if box.uncertainty != "point"}
    at_start = table["in_care_at_start"] * table["uncertainty"].map(highest)
    # The letter gives no point of "nearly 700".
    least = (custodial.low / starts.high / at_start).clip(upper=1)
    table.insert(table.columns.get_loc("greatest_court_share"), "least_court_share", least)
    return table


def _without_too_few_court_orders(table: pd.DataFrame, limits: pd.DataFrame) -> pd.DataFrame:
    """The set, empty where the "nearly 700" alone would be more court orders than are assumed."""
    keys = ["in_care_at_start", "uncertainty"]
    least = table[keys].merge(limits[[*keys, "least_court_share"]], on=keys, how="left")["least_court_share"]
    too_few = (table["court_share"] < least.set_axis(table.index)).to_numpy()
    found = table.assign(feasible=table["feasible"] & ~too_few)
    found.loc[too_few, ["lower", "upper"]] = float("nan")
    found.loc[too_few, "cut"] = ""
    return found


def simulation(
    headline: pd.Series, court_shares: Iterable[float], in_care_at_start: Iterable[float], seed: int, draws: int
) -> pd.DataFrame:
    """Declared distributions put through the same formulas, as ``prevalence_simulation.csv``.

    Parameters
    ----------
    headline : Series
        As for `boxes`; the draws of 26% have its effective number of cases.
    court_shares, in_care_at_start : iterable of float
    seed, draws : int

    Returns
    -------
    DataFrame
        As `helpers.monte_carlo.simulate`; rows that do not rest on the headline are published.
    """
    looked_after, starts = (letter_figures.span(claim, NEAREST[claim][0]) for claim in (LOOKED_AFTER, STARTS))
    rate = rounding_span(reference("looked_after_rate_england_2019").value, 1)
    found = monte_carlo.simulate(
        looked_after,
        starts,
        letter_figures.span(IN_CARE, 1),
        headline["n_effective"],
        Span(rate.low / 10_000, rate.high / 10_000),
        court_shares,
        in_care_at_start,
        seed=seed,
        draws=draws,
        confidence=headline["level"],
        in_care_limits=boxes(headline)[-1].in_care,
        evidence=headline["evidence"],
    )
    found.loc[found["quantity"] != monte_carlo.OUT_OF_COURT, "evidence"] = published.EVIDENCE
    sampled = boxes(headline)[-1]
    least = {part: _limits([sampled], [part])["least_court_share"].item() for part in found["in_care_at_start"].dropna().unique()}
    too_few = found["court_share"] < found["in_care_at_start"].map(least)
    found.loc[too_few, ["bound_lower", "bound_upper"]] = float("nan")
    return found


def over_court_shares(
    headline: pd.Series,
    court_shares: Iterable[float],
    in_care_at_start: float,
    uncertainty: out_of_court.Uncertainty = "rounding",
) -> Span | None:
    """What is left among cautions, if the court share can be anything between the least and greatest named."""
    found, shares = boxes(headline), list(court_shares)
    (box,) = [box for box in found if box.uncertainty == uncertainty]
    # The letter gives no point of "nearly 700", so of the point nothing is ruled out from below.
    least = _limits([box], [in_care_at_start])["least_court_share"].fillna(0).item()
    if max(shares) < least:
        return None
    return out_of_court.over_range(box, [max(least, min(shares)), max(shares)], in_care_at_start)
