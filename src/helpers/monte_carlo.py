"""Declared distributions carried through to the results, with the error of doing so by random draws.

A quantile of draws is no bound: it holds only for the distributions declared, which nothing published supports. The
bounds that need none stand beside it.
"""

from collections.abc import Iterable
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from helpers import out_of_court
from helpers.errors import InputError
from helpers.rounding import Span
from helpers.synthetic.draws import check, uniforms

SHARE_OF_STARTS = "looked_after_share_of_starts"
RATIO = "ratio_to_general_population"
OUT_OF_COURT = "out_of_court_prevalence"
# Fewer do not show how much a quantile varies.
LEAST_DRAWS = 100


def quantiles(values: ArrayLike, probabilities: Iterable[float]) -> pd.DataFrame:
    """Quantiles of independent draws, and how far chance may have moved each.

    A quantile at probability p interpolates between the order statistics around rank ``1 + (n - 1) p`` (type 7 of
    Hyndman and Fan 1996, the default of R and numpy). The number of draws below the true quantile is binomial, with
    standard deviation ``sqrt(n p (1 - p))``; half the distance between the quantiles so many ranks below and above is
    the standard error.

    Parameters
    ----------
    values : array_like, shape (n,)
        At least `LEAST_DRAWS` finite numbers.
    probabilities : iterable of float
        In (0, 1).

    Returns
    -------
    DataFrame
        probability, quantile, monte_carlo_error; the error is missing where one of those ranks is beyond the draws.

    Raises
    ------
    InputError
        Too few draws, a draw that is not a finite number, or no probability or one outside (0, 1).
    """
    values, probability = np.asarray(values, dtype=float), np.asarray(list(probabilities), dtype=float)
    if values.ndim != 1 or len(values) < LEAST_DRAWS:
        raise InputError(f"quantiles need at least {LEAST_DRAWS} draws; there are {values.size}")
    if not np.isfinite(values).all():
        raise InputError("quantiles need finite numbers; a draw is missing or infinite")
    if not len(probability) or not ((probability > 0) & (probability < 1)).all():
        raise InputError(f"probabilities lie between 0 and 1, both excluded; these are {probability.tolist()}")
    reach = np.sqrt(probability * (1 - probability) / len(values))
    places = np.stack([probability - reach, probability, probability + reach])
    below, middle, above = np.quantile(values, np.clip(places, 0, 1), method="linear")
    known = (places[0] >= 0) & (places[2] <= 1)
    error = np.where(known, (above - below) / 2, np.nan)
    return pd.DataFrame({"probability": probability, "quantile": middle, "monte_carlo_error": error})


def uniform(span: Span, seed: int, name: str, draws: int) -> np.ndarray:
    """Draws from the uniform distribution over a span, from the stream that this seed has for this name.

    Streams of different names do not depend on each other, so that adding a quantity changes no other. They are what
    `numpy.random.Generator.random` gives from PCG64, taken from its raw stream, which numpy promises to keep.

    Returns
    -------
    ndarray, shape (draws,)

    Raises
    ------
    InputError
        A span that is not finite or runs downwards, a seed that is not a whole number from 0, or fewer than
        `LEAST_DRAWS` draws.
    """
    _check_draws(seed, draws)
    if not (np.isfinite(span).all() and span.low <= span.high):
        raise InputError(f"{name} runs upwards between two numbers; this runs from {span.low} to {span.high}")
    return span.low + (span.high - span.low) * uniforms(seed, name, draws)


def rounded_share(span: Span, n_effective: float, seed: int, name: str, draws: int) -> np.ndarray:
    """Draws of a share that was observed in a sample and then rounded.

    The observed share x is uniform over the span that rounding leaves. Given x, the share is
    ``Beta(n_effective x + 1/2, n_effective (1 - x) + 1/2)``, the posterior under the prior of Jeffreys (Brown, Cai
    and DasGupta 2001), by the inverse of its distribution function.

    Parameters
    ----------
    span : Span
        Fractions, within [0, 1].
    n_effective : float
        Cases over their design effect, above 0.
    seed, name, draws
        As `uniform`.

    Returns
    -------
    ndarray, shape (draws,)

    Raises
    ------
    InputError
        As `uniform`; a span outside [0, 1], or `n_effective` not above 0.
    """
    if not 0 < n_effective < np.inf:
        raise InputError(f"the effective number of cases is above 0; this is {n_effective}")
    if not 0 <= span.low <= span.high <= 1:
        raise InputError(f"{name} runs upwards between 0 and 1; this runs from {span.low} to {span.high}")
    observed = uniform(span, seed, f"{name}, observed", draws)
    level = uniforms(seed, f"{name}, given what was observed", draws)
    return special.betaincinv(n_effective * observed + 0.5, n_effective * (1 - observed) + 0.5, level)


def simulate(
    looked_after: Span,
    starts: Span,
    in_care: Span,
    n_effective: float,
    rate: Span,
    court_shares: Iterable[float],
    in_care_at_start: Iterable[float],
    seed: int,
    draws: int,
    confidence: float,
    in_care_limits: Span,
    evidence: str,
) -> pd.DataFrame:
    """Quantiles of the quotients and of the share among cautions, for declared distributions, beside their bounds.

    Everything is drawn independently: `looked_after`, `starts` and `rate` by `uniform`, the share in care by
    `rounded_share`. The share among cautions is that of `helpers.out_of_court.share`.

    Parameters
    ----------
    looked_after, starts : Span
        Numbers of starts: by children looked after, and all.
    in_care : Span
        Share of court starts by children in care at some point during the sentence; what rounding leaves, as fractions.
    n_effective : float
        Cases behind the share in care over their design effect, above 0.
    rate : Span
        Children looked after as a share of all children, as fractions above 0.
    court_shares : iterable of float
        Court starts as shares of all starts, in [0, 1).
    in_care_at_start : iterable of float
        Of the court starts by children in care at some point, the part in care at the start, in (0, 1].
    seed, draws : int
        From 0, and from `LEAST_DRAWS`.
    confidence : float
        In (0, 1); the quantiles are the median and those with half the rest outside on either side.
    in_care_limits : Span
        Limits of the share in care at that confidence, rounding included; for the bounds.
    evidence : str

    Returns
    -------
    DataFrame
        quantity, in_care_at_start and court_share (missing for the quotients), probability, quantile, monte_carlo_error,
        bound_lower, bound_upper, impossible, draws, seed, assumes, evidence; one row a quantity, part in care at the
        start, court share and probability. Bounds of the quotients are those of rounding. Those of the share among
        cautions are the set with rounding and sampling, `helpers.out_of_court.identified_set` of a box
        ``rounding_and_sampling``: they hold at its confidence, and are missing where that is empty. `impossible` is the
        share of draws that give a share among cautions outside [0, 1]: they are left out, never cut, and the quantiles are
        of the others, which can lie beyond the bounds where most are left out. With fewer than `LEAST_DRAWS` others there
        is no quantile.

    Raises
    ------
    InputError
        A value outside its range; more starts by children looked after than starts; limits of the share in care
        that do not hold what rounding leaves.
    """
    court_shares, parts = _at_least_one(court_shares, "court share"), _at_least_one(in_care_at_start, "part in care at the start")
    _check_confidence(confidence)
    _check_spans(looked_after, starts, in_care, rate, in_care_limits)
    quotient = uniform(looked_after, seed, "looked after", draws) / uniform(starts, seed, "starts", draws)
    ratio = quotient / uniform(rate, seed, "rate", draws)
    at_some_point = rounded_share(in_care, n_effective, seed, "in care", draws)
    box = out_of_court.Box("rounding_and_sampling", _quotient(looked_after, starts), in_care_limits)

    counts = f"drawn independently: looked after {_uniform(looked_after)}, starts {_uniform(starts)}"
    with_rate = f"{counts}, rate {_uniform(rate)}"
    with_care = f"{counts}, share in care {_observed(in_care, n_effective)}"
    with_care += f"; the bounds take the share in care to be {in_care_limits.low:.4g} to {in_care_limits.high:.4g}"
    tables = [
        _rows(SHARE_OF_STARTS, quotient, box.looked_after, confidence).assign(assumes=counts),
        _rows(RATIO, ratio, _quotient(box.looked_after, rate), confidence).assign(assumes=with_rate),
    ]
    for part, court_share in product(parts, court_shares):
        bounds = out_of_court.identified_set(box, court_share, part)
        drawn = out_of_court.share(quotient, part * at_some_point, court_share)
        found = _rows(OUT_OF_COURT, drawn, bounds, confidence, possible=(drawn >= 0) & (drawn <= 1))
        tables.append(found.assign(in_care_at_start=float(part), court_share=float(court_share), assumes=with_care))
    return pd.concat(tables, ignore_index=True).assign(draws=draws, seed=seed, evidence=evidence)[_COLUMNS]


_COLUMNS = [
    "quantity",
    "in_care_at_start",
    "court_share",
    "probability",
    "quantile",
    "monte_carlo_error",
    "bound_lower",
    "bound_upper",
]
_COLUMNS += ["impossible", "draws", "seed", "assumes", "evidence"]


def _rows(
    quantity: str, drawn: np.ndarray, bounds: Span | None, confidence: float, possible: np.ndarray | None = None
) -> pd.DataFrame:
    left = drawn if possible is None else drawn[possible]
    # 1 - 0.95 is not quite 0.05 in binary fractions.
    tail = round((1 - confidence) / 2, 12)
    probabilities = [tail, 0.5, 1 - tail]
    if len(left) < LEAST_DRAWS:
        found = pd.DataFrame({"probability": probabilities, "quantile": np.nan, "monte_carlo_error": np.nan})
    else:
        found = quantiles(left, probabilities)
    lower, upper = bounds or (np.nan, np.nan)
    impossible = (len(drawn) - len(left)) / len(drawn)
    found = found.assign(bound_lower=lower, bound_upper=upper, impossible=impossible)
    return found.assign(quantity=quantity, in_care_at_start=np.nan, court_share=np.nan)


def _quotient(above: Span, below: Span) -> Span:
    return Span(above.low / below.high, above.high / below.low)


def _words(span: Span) -> str:
    return f"{span.low:.10g} to {span.high:.10g}"


def _uniform(span: Span) -> str:
    return f"uniform over {_words(span)}"


def _observed(span: Span, n_effective: float) -> str:
    return f"observed {_uniform(span)}, then Beta around it as from {n_effective:,.1f} cases (Jeffreys)"


def _at_least_one(values: Iterable[float], name: str) -> list[float]:
    values = list(values)
    if not values:
        raise InputError(f"at least one {name} is needed; there is none")
    return values


def _check_draws(seed: int, draws: int) -> None:
    check(seed, draws=draws)
    if draws < LEAST_DRAWS:
        raise InputError(f"a simulation needs at least {LEAST_DRAWS} draws; this is {draws}")


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise InputError(f"confidence lies between 0 and 1, both excluded; this is {confidence}")


def _check_spans(looked_after: Span, starts: Span, in_care: Span, rate: Span, in_care_limits: Span) -> None:
    if not (0 <= looked_after.low <= looked_after.high <= starts.low <= starts.high):
        raise InputError(
            f"starts by children looked after are no more than all starts; these are {_words(looked_after)} and {_words(starts)}"
        )
    if not 0 < rate.low <= rate.high <= 1:
        raise InputError(f"a rate runs upwards above 0 and up to 1; this one is {_words(rate)}")
    if not in_care_limits.low <= in_care.low <= in_care.high <= in_care_limits.high:
        raise InputError(
            "the limits of the share in care hold all that its rounding leaves; "
            f"these are {_words(in_care_limits)} for {_words(in_care)}"
        )
