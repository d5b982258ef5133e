"""How inspection ratings of services are distributed over the four ratings, year by year."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from helpers import intervals
from helpers.intervals import BinomialMethod
from helpers.published import RATINGS

COLUMNS = ["year", "item", "rating", "services", "of", "share", "lower", "upper", "level", "method", "assumes"]
ASSUMES = (
    "the services rated in the year are taken as a random sample of services, which they are not: inspectors choose whom to "
    "inspect; one interval for each rating, not for the four together"
)


def distribution(table: pd.DataFrame, confidence: float = 0.95, method: BinomialMethod = "wilson") -> pd.DataFrame:
    """Services with each rating, by calendar year, overall and for each standard.

    A service inspected twice in a year counts once, by its last rating of the item in that year.

    Parameters
    ----------
    table : DataFrame
        Inspection ratings as ``helpers.cases.read(path, "ratings")`` gives them: service, date and ordered ratings.
    confidence : float
        In (0, 1).
    method : {"wilson", "clopper_pearson", "jeffreys"}

    Returns
    -------
    DataFrame
        year, item (the columns of ratings in the order of the table: the standards, then ``overall``), rating (ordered, all
        four, also those that no service has), services, of (services rated), share, lower, upper (fractions), level,
        method, assumes. Years come in order; a year in which no service is rated on an item has no row for it.

    Raises
    ------
    InputError
        `confidence` outside (0, 1), or no such method.
    """
    # Refused also where there is no row to work out.
    intervals.binomial(0, 1, confidence, method)
    rows = [row for year, item, grades in _grades(table) for row in _shares(year, item, grades, confidence, method)]
    done = pd.DataFrame(rows, columns=[name for name in COLUMNS if name not in ("level", "method", "assumes")])
    done = done.astype(
        {"year": int, "item": "str", "rating": RATINGS, "services": int, "of": int}
        | dict.fromkeys(["share", "lower", "upper"], float)
    )
    return done.assign(level=float(confidence), method=method, assumes=ASSUMES)


def _grades(table: pd.DataFrame) -> Iterator[tuple[int, str, pd.Series]]:
    """The ratings of the services rated on each item in each year."""
    known = table[table["date"].notna() & table["service"].notna()].sort_values("date", kind="stable")
    years = known["date"].dt.year
    items = [name for name in table.columns if table[name].dtype == RATINGS]
    for year in np.unique(years):
        part = known[years == year]
        for item in items:
            rated = part[part[item].notna()].drop_duplicates("service", keep="last")
            if len(rated):
                yield int(year), item, rated[item]


def _shares(year: int, item: str, grades: pd.Series, confidence: float, method: BinomialMethod) -> Iterator[dict[str, object]]:
    n = len(grades)
    for rating in RATINGS.categories:
        count = int(grades.eq(rating).sum())
        limits = intervals.binomial(count, n, confidence, method)._asdict()
        yield {"year": year, "item": item, "rating": rating, "services": count, "of": n, "share": count / n, **limits}
