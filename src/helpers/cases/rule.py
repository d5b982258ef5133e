"""A rule for a column of a contract: how to check it, and how to say which rows break it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from helpers.cases.contracts import Column
from helpers.cases.refusals import Violation


@dataclass(frozen=True)
class Rule:
    """A rule for a column; one that looks at other columns too is `across`."""

    name: str
    holds: Callable[[Any], pd.Series]
    told: Callable[[Column, np.ndarray, np.ndarray, Mapping[str, Any]], list[Violation]]
    across: bool = False


def each(good: Callable[[Sequence[str]], Iterable[bool]], blank: bool = True) -> Callable[[pd.Series], pd.Series]:
    """Check the categories, not the rows; code -1, a blank one, is the last place."""

    def holds(column: pd.Series) -> pd.Series:
        verdicts = np.asarray([*good(column.cat.categories.tolist()), blank], dtype=bool)
        return pd.Series(verdicts[column.cat.codes.to_numpy()], index=column.index)

    return holds
