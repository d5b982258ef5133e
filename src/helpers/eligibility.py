"""From a list of cases to those in scope, each in one stratum, and a count of all that were left out on the way."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.sampling import ARMS

SCOPE = {
    "listed": "cases in the list",
    "out_of_scope": "neither hosted by one of the areas nor placed out by one",
    "opened_outside": "hosted or placed out, and the case was opened before or after the time asked for",
    "opened_unknown": "hosted or placed out, and the list does not say when the case was opened",
    "not_looked_after": "hosted or placed out, and the list says that the child is not looked after",
    "looked_after_unknown": "hosted or placed out, and the list does not say whether the child is looked after",
    "same_child": "further cases of a child who is counted already",
    "eligible": "hosted or placed out, each child counted once where the list names children",
    "eligible_twice": "of these, placed from one of the areas into another: counted as hosted only",
}
# The rule by which a case comes into a stratum, for whoever repeats a draw.
RULE = (
    "hosted by the area that supervises, where that is one of the areas and home is elsewhere; else placed out by the home area, "
    "where that is one of the areas and another supervises. Where opened_from or opened_to is given, only cases opened from the "
    "one day to the other, both included, and none without a day. Of several such cases of one child_id (capitals apart) a "
    "hosted one, then the one opened last (blank is earliest), then the first by case_id. Supplementary areas: the same among "
    "those left, without any of a child who is eligible"
)
# The steps that add up to the cases listed; those on which the list was not asked are left out.
PARTS = (
    "out_of_scope",
    "opened_outside",
    "opened_unknown",
    "not_looked_after",
    "looked_after_unknown",
    "same_child",
    "eligible",
)
NO_CASES = pd.DataFrame(columns=["case_id", "home_area", "supervising_area"], dtype=str)


@dataclass(frozen=True)
class Eligible:
    """The cases in scope (case_id, area, arm, twice, opened; order of the list), and the number at each step of `SCOPE`."""

    cases: pd.DataFrame
    steps: dict[str, int]

    def funnel(self, evidence: str) -> pd.DataFrame:
        """How many cases are listed, left out at each step, and eligible: ``fieldwork_scope.csv``."""
        steps = [step for step in SCOPE if step in self.steps]
        rows = [(step, SCOPE[step], self.steps[step]) for step in steps]
        return pd.DataFrame(rows, columns=["step", "meaning", "cases"]).assign(evidence=evidence)


def eligible(
    frame: pd.DataFrame, areas: Sequence[str], looked_after_only: bool = False, opened_from: str = "", opened_to: str = ""
) -> Eligible:
    """The cases in scope, each in one stratum and each child once.

    For area A a case is *hosted* where A supervises and home is elsewhere, *placed out* where home is A and another
    area supervises. A case that is both, hosted by one of the areas and placed out by another, is hosted. Of several
    cases of one `child_id` one counts: a hosted one before one placed out, then the one opened last, then the first by
    case_id. A case without child_id stands for itself; capitals make no other child.

    Parameters
    ----------
    frame : DataFrame
        case_id, home_area, supervising_area; optional child_id, looked_after (boolean), opened (date).
    areas : sequence of str
    looked_after_only : bool
        Leave out the children who are not looked after, and those of whom the list does not say.
    opened_from, opened_to : str
        Days (ISO); leave out the cases opened before the one or after the other, and those without a day. Empty: no limit.
    """
    home, supervising = (_as_categories(frame[name]) for name in ("home_area", "supervising_area"))
    by_home, by_supervising = _places(home, areas), _places(supervising, areas)
    away = _differ(home, supervising)
    hosted, placed_out = away & (by_supervising >= 0), away & (by_home >= 0)
    kept = np.flatnonzero(hosted | placed_out)
    steps = {"listed": len(frame), "out_of_scope": len(frame) - len(kept)}
    if opened_from or opened_to:
        opened = frame["opened"].iloc[kept]
        within = _within(opened, opened_from, opened_to)
        steps["opened_unknown"] = int(opened.isna().sum())
        steps["opened_outside"] = len(kept) - int(within.sum()) - steps["opened_unknown"]
        kept = kept[within]
    if looked_after_only:
        known = frame["looked_after"].iloc[kept]
        steps["looked_after_unknown"] = int(known.isna().sum())
        steps["not_looked_after"] = int((~known).sum())
        kept = kept[known.fillna(False).to_numpy(dtype=bool)]
    if "child_id" in frame:
        again = _further_cases(frame.iloc[kept], hosted[kept])
        steps["same_child"] = int(again.sum())
        kept = kept[~again]
    hosted, placed_out = hosted[kept], placed_out[kept]
    cases = pd.DataFrame(
        {
            "case_id": frame["case_id"].iloc[kept].array,
            "area": pd.Categorical.from_codes(np.where(hosted, by_supervising[kept], by_home[kept]), list(areas)),
            "arm": pd.Categorical.from_codes(np.where(hosted, 0, 1), ARMS),
            "twice": hosted & placed_out,
            "opened": frame["opened"].iloc[kept].array if "opened" in frame else np.datetime64("NaT", "s"),
        }
    )
    return Eligible(cases, steps | {"eligible": len(cases), "eligible_twice": int(cases["twice"].sum())})


def _within(opened: pd.Series, first: str, last: str) -> np.ndarray:
    """Which days lie in a time, both its ends included; a missing one does not."""
    inside = opened.notna()
    if first:
        inside &= opened >= pd.Timestamp(first)
    if last:
        inside &= opened <= pd.Timestamp(last)
    return inside.to_numpy(dtype=bool)


def outside(frame: pd.DataFrame, counted: Eligible) -> pd.DataFrame:
    """The cases of a list that are not eligible and whose child is not either, so that no child is drawn twice."""
    taken = frame["case_id"].isin(counted.cases["case_id"])
    if "child_id" in frame:
        children = frame["child_id"].str.lower()
        taken |= children.notna() & children.isin(children[taken])
    return frame[~taken]


def _as_categories(names: pd.Series) -> pd.Series:
    return names if isinstance(names.dtype, pd.CategoricalDtype) else names.astype("category")


def _places(names: pd.Series, areas: Sequence[str]) -> np.ndarray:
    """The place of each name among the areas, -1 for another; each name is looked up once."""
    place = {area: number for number, area in enumerate(areas)}
    return np.array([place.get(name, -1) for name in names.cat.categories], dtype=np.int32)[names.cat.codes]


def _differ(one: pd.Series, other: pd.Series) -> np.ndarray:
    if not one.cat.categories.equals(other.cat.categories):
        other = other.cat.set_categories(one.cat.categories)
    return one.cat.codes.to_numpy() != other.cat.codes.to_numpy()


def _further_cases(frame: pd.DataFrame, hosted: np.ndarray) -> np.ndarray:
    """Which cases are of a child of whom another case counts."""
    order = pd.DataFrame({"place": np.arange(len(frame)), "child": frame["child_id"].str.lower().array, "away": ~hosted})
    opened = frame["opened"].to_numpy() if "opened" in frame else np.datetime64("NaT", "s")
    order = order.assign(opened=opened, case=frame["case_id"].array).dropna(subset=["child"])
    order = order.sort_values("case").sort_values("opened", ascending=False, na_position="last", kind="stable")
    order = order.sort_values("away", kind="stable")
    again = np.zeros(len(frame), dtype=bool)
    again[order.loc[order["child"].duplicated(), "place"]] = True
    return again
