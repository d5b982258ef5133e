"""Estimates of a fieldwork, as they may be shown: a sample of sixty is so small that full digits give its cases away.

Whatever is shown, and whether it is, follows from the shares in twentieths and from what is known of the design. So a
reader who knows the code learns of the answers nothing but these shares, and a share is shown only where every number of
yes remains possible in every stratum: the others can make up for it, since none weighs so much that they could not, and
no case so much that they would have to skip the twentieth.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special, stats

from helpers.disclosure.decisions import Log
from helpers.estimates import DIFFERENCE, FINITE, mover
from helpers.sampling import ARMS
from helpers.suppression import Rules

TABLE = "fieldwork_estimates"
# Twentieths: with so few cases finer ones tell how many of a single area were judged sufficient.
STEPS = 20
# How far a share can be from its twentieth.
_HALF = 1 / (2 * STEPS)
_VALUES = ("estimate", "se", "df", "lower", "upper", "least", "greatest", "judged", "missing", "note")
_SHOWN = ("estimate", "lower", "upper")
# One reason for all: that a share was hidden for an error of 0 would say that all cases of an area are alike.
_WHY = "would tell of the cases of an area"
_SLIP = 1e-9


def treat_estimates(table: pd.DataFrame, strata: pd.DataFrame, arms: bool, log: Log) -> pd.DataFrame:
    """The share of all cases and of each arm, to the nearest twentieth, with limits rounded outward.

    One row a group is shown, that of logit_t for the cases listed. Its limits are the widest that the twentieth and the
    design leave, since an error of the cases' own would tell how they lie in the areas. Where both arms are shown, the
    share of all cases and the difference are made from theirs.

    Parameters
    ----------
    table, strata : DataFrame
        ``fieldwork_estimates`` and ``fieldwork_response_by_stratum``, with the sizes of strata as they are shown. No
        strata: nothing may be shown.
    arms : bool
        Whether estimates of an arm may be shown.
    log : Log
        Notes what is hidden, and has the rules.
    """
    level = float(table["level"].iloc[0]) if len(table) else math.nan
    shown = _shown(strata, level, arms, log.rules) if len(strata) else {}
    rows = []
    for row in table.to_dict("records"):
        name = f"{row['group']}, {row['population']}, {row['method']}"
        main = row["method"] == "logit_t" and row["population"] == FINITE
        values = shown.get(row["group"], {}) if main else {}
        hidden = [column for column in _VALUES if column not in values]
        rows.append(row | dict.fromkeys(hidden, log.hide(TABLE, name, hidden, _WHY)) | values)
    return pd.DataFrame(rows, columns=table.columns, dtype=object)


def _shown(strata: pd.DataFrame, level: float, arms: bool, rules: Rules) -> dict[str, dict[str, float]]:
    whole = _Group(strata, level)
    parts = [_Group(strata[strata["arm"] == arm], level) for arm in ARMS]
    if not (arms and all(part.may_be_shown(rules) for part in parts)):
        return {"all": _outward(whole.twentieth, *whole.limits(whole.twentieth))} if whole.may_be_shown(rules) else {}
    first, second = ((part.twentieth, *part.limits(part.twentieth)) for part in parts)
    weight = parts[0].size / whole.size
    both = weight * first[0] + (1 - weight) * second[0]
    # The limits of a difference rise with the first share and fall with the second.
    lower = mover((first[0] - _HALF, *first[1:]), (second[0] + _HALF, *second[1:]))[0]
    upper = mover((first[0] + _HALF, *first[1:]), (second[0] - _HALF, *second[1:]))[1]
    values = [*zip(ARMS, (first, second), strict=True), ("all", (both, *whole.limits(both)))]
    return {name: _outward(*of) for name, of in [*values, (DIFFERENCE, (first[0] - second[0], lower, upper))]}


@dataclass(frozen=True)
class _Group:
    """The strata of a group: all that is shown of it follows from them and from its share in twentieths."""

    strata: pd.DataFrame
    level: float

    @property
    def judged(self) -> pd.DataFrame:
        """The strata with a case judged, and the weight of each in the share: as in `helpers.estimates.weights`."""
        there = self.strata[self.strata["judged"] > 0]
        stands_for = there["eligible"] * (there["judged"] + there["missing"]) / there["worked"]
        return there.assign(stands_for=stands_for, weight=stands_for / stands_for.sum())

    @property
    def size(self) -> float:
        """The eligible cases that the share stands for."""
        return self.judged["stands_for"].sum()

    @property
    def twentieth(self) -> float:
        """The share of yes, to the nearest twentieth."""
        there = self.judged
        return _nearest((there["weight"] * there["yes"] / there["judged"]).sum())

    def may_be_shown(self, rules: Rules) -> bool:
        """Whether each answer has enough cases, whatever they are, and no stratum and no case weighs too much."""
        there = self.judged
        records = there["judged"] + there["found_ineligible"]
        left_out = (self.strata["eligible"] > 0) & (self.strata["judged"] == 0)
        if there.empty or left_out.any() or (records < 2).any() or (records >= there["eligible"]).all():
            return False
        rarer = min(self.twentieth, 1 - self.twentieth)
        cases = np.sort(np.repeat(there["weight"] / there["judged"], there["judged"].astype(int)))[::-1]
        # The fewest cases that make up the rarer answer are the heaviest.
        fewest = np.searchsorted(cases.cumsum(), rarer - _HALF - _SLIP) + 1
        enough = fewest >= rules.threshold and len(cases) >= rules.minimum_denominator and len(cases) > len(there)
        return bool(enough and cases[0] <= 1 / STEPS and there["weight"].max() <= rarer - 1 / STEPS + _SLIP)

    def limits(self, share: float) -> tuple[float, float]:
        """The widest logit_t limits of any cases whose share is within half a twentieth of this one."""
        shares = np.array([share - _HALF, share, share + _HALF])
        df = (self.judged["judged"] - 1).sum()
        error = np.sqrt([self._greatest_variance(share) for share in shares])
        step = stats.t.ppf((1 + self.level) / 2, df) * error / (shares * (1 - shares))
        return float(special.expit(special.logit(shares) - step).min()), float(special.expit(special.logit(shares) + step).max())

    def _greatest_variance(self, share: float) -> float:
        """The greatest variance (see `helpers.estimates.stratified`) that strata with this share together can have.

        By Lagrange's method; with a factor k for each stratum and a share q in it, k (q (1 - q) + g (q (1 - 2p) + p^2)),
        where g is the number found ineligible for each case judged.
        """
        there = self.judged
        n, weight = there["judged"], there["weight"]
        records = n + there["found_ineligible"]
        room = (1 - records / there["eligible"]).clip(lower=0)
        k = (room * weight**2 / (records - 1)).clip(lower=1e-12)
        g, slope = there["found_ineligible"] / n, 1 - 2 * share
        price = slope * (1 + (weight * g).sum()) / (weight**2 / k).sum()
        q = (1 + g * slope - price * weight / k) / 2
        return float((k * (q * (1 - q) + g * (q * slope + share**2))).sum())


def _nearest(value: float) -> float:
    return math.floor(value * STEPS + 0.5 + _SLIP) / STEPS


def _outward(estimate: float, lower: float, upper: float) -> Mapping[str, float]:
    """To twentieths; a limit that is one but for its last digit stays one."""
    ends = math.floor(lower * STEPS + _SLIP) / STEPS, math.ceil(upper * STEPS - _SLIP) / STEPS
    return dict(zip(_SHOWN, (_nearest(estimate), *ends), strict=True))
