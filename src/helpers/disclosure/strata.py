"""The strata, the draw and what came back of a fieldwork, as they may be shown."""

from collections.abc import Mapping

import pandas as pd

from helpers.disclosure.decisions import HIDDEN, RESTS, Log, Treated, untreated
from helpers.disclosure.fieldwork_estimates import treat_estimates
from helpers.eligibility import PARTS
from helpers.sampling import ARMS
from helpers.suppression import Cells, Rules, rounded, shown_range

_DRAWN = ("drawn", "topped_up", "shortfall")
_WEIGHTS = ("inclusion_probability", "weight")
_TELLS = "would tell of the size of a stratum"


def treat_fieldwork(tables: Mapping[str, pd.DataFrame], rules: Rules | None) -> Treated:
    """The tables of a fieldwork, as they may be shown.

    The number requested is a constant of the design. What is drawn would tell of the size of a stratum, so it is shown
    only in an area whose two sizes are shown and both leave no doubt that they reach the number requested: there it
    tells nothing that they do not. Inclusion probabilities and weights are those of the numbers shown. What came back is
    shown for all cases and for an arm, and only where the number drawn of each stratum is. So are estimates, which are
    made from the sizes shown; under rules that show no number of any area there is one for all cases.

    Parameters
    ----------
    tables : mapping
        As from `helpers.fieldwork.tables`, without those for the team alone.
    rules : Rules, optional
        None: as they are.
    """
    if rules is None:
        return Treated(tables, untreated(tables))
    scope, allocation = tables["fieldwork_scope"], tables["fieldwork_allocation"]
    log = Log(_cells(scope, allocation, rules), rules)
    counts = zip(scope["step"], scope["cases"], strict=True)
    scope = scope.assign(
        cases=[log.counts("fieldwork_scope", step, ["cases"], count, step, "no areas") for step, count in counts]
    )
    sizes = [_size(row, log) for row in allocation.to_dict("records")]
    enough = pd.Series(
        [
            size != HIDDEN and shown_range(size, rules)[0] >= asked
            for size, asked in zip(sizes, allocation["requested"], strict=True)
        ]
    )
    told = enough.groupby(allocation["area"]).transform("all")
    by_stratum = dict(zip(zip(allocation["area"], allocation["arm"], strict=True), told, strict=True))
    rows = zip(allocation.to_dict("records"), sizes, told, strict=True)
    strata = tables["fieldwork_response_by_stratum"]
    if told.all() and len(strata):
        strata = strata.assign(eligible=sizes)
    elif rules.areas:
        # An interval would tell of the sizes that are hidden among others that are shown.
        strata = strata.iloc[:0]
    done = {
        "fieldwork_scope": scope,
        "fieldwork_allocation": pd.DataFrame([row | _treat_stratum(row, *rest, log) for row, *rest in rows], dtype=object),
        "fieldwork_policies": _treat_policies(tables["fieldwork_policies"], by_stratum, log),
        "fieldwork_supplementary": _treat_supplementary(tables["fieldwork_supplementary"], log),
        "fieldwork_response": _treat_response(tables["fieldwork_response"], bool(told.all()), log),
        "fieldwork_estimates": treat_estimates(tables["fieldwork_estimates"], strata, bool(told.all()), log),
    }
    return Treated(done, log.decisions(done))


def _name(row: Mapping[str, object]) -> str:
    return f"{row['area']}, {row['arm']}"


def _size(row: Mapping[str, object], log: Log) -> object:
    return log.counts("fieldwork_allocation", _name(row), ["eligible"], row["eligible"], _name(row), "no areas")


def _treat_stratum(row: Mapping[str, object], size: object, told: bool, log: Log) -> dict[str, object]:
    table = "fieldwork_allocation"
    if told:
        return {"eligible": size, "inclusion_probability": row["drawn"] / size, "weight": size / row["drawn"]}
    drawn = dict.fromkeys((*_DRAWN, "note"), log.hide(table, _name(row), (*_DRAWN, "note"), _TELLS))
    return {"eligible": size} | drawn | dict.fromkeys(_WEIGHTS, log.hide(table, _name(row), _WEIGHTS, RESTS))


def _treat_policies(policies: pd.DataFrame, told: Mapping[tuple[str, str], bool], log: Log) -> pd.DataFrame:
    rows = []
    for row in policies.to_dict("records"):
        if not told[row["area"], row["arm"]]:
            row |= dict.fromkeys(_DRAWN, log.hide("fieldwork_policies", f"{row['policy']}, {_name(row)}", _DRAWN, _TELLS))
        rows.append(row)
    return pd.DataFrame(rows, columns=policies.columns, dtype=object)


def _treat_supplementary(extra: pd.DataFrame, log: Log) -> pd.DataFrame:
    """Nothing of these areas but the number asked for: their sizes are not protected together with the others."""
    columns = ("eligible", "drawn")
    for row in extra.to_dict("records"):
        log.hide("fieldwork_supplementary", _name(row), columns, _TELLS)
    return extra.assign(**dict.fromkeys(columns, HIDDEN))


def _treat_response(response: pd.DataFrame, told: bool, log: Log) -> pd.DataFrame:
    """All of it or nothing: cases worked less cases judged tell how many were lost, and less those drawn the reserves."""
    counts = [name for name in response if name not in ("group", "response_rate", "evidence")]
    few = response[counts].isin(range(0 if log.rules.zeros == "hidden" else 1, log.rules.threshold)).any(axis=None)
    if told and not few:
        shown = response.assign(**{name: [rounded(int(count), log.rules) for count in response[name]] for name in counts})
        return shown.assign(response_rate=shown["judged"] / (shown["judged"] + shown["missing"]))
    hidden, rule = [*counts, "response_rate"], "a count of it is small" if told else _TELLS
    for group in response["group"]:
        log.hide("fieldwork_response", group, hidden, rule)
    return response.assign(**dict.fromkeys(hidden, HIDDEN))


def _cells(scope: pd.DataFrame, allocation: pd.DataFrame, rules: Rules) -> Cells:
    values = {step: int(count) for step, count in zip(scope["step"], scope["cases"], strict=True)}
    steps, areas = frozenset(values), allocation["area"].nunique()
    sums = [("listed", tuple(step for step in PARTS if step in steps)), ("eligible", ARMS)]
    for arm in ARMS:
        strata = {_name(row): int(row["eligible"]) for row in allocation[allocation["arm"] == arm].to_dict("records")}
        values |= strata | {arm: sum(strata.values())}
        sums.append((arm, tuple(strata)))
    # A case that is eligible twice counts as hosted; with one area there is none.
    for whole in ("hosted", "eligible"):
        values[f"{whole} once"] = values[whole] - values["eligible_twice"]
        sums.append((whole, ("eligible_twice", f"{whole} once")))
    # The strata are parts of a total that is printed.
    sums.append(("eligible", tuple(_name(row) for row in allocation.to_dict("records"))))
    constants = frozenset({"eligible_twice"} if areas == 1 else ())
    printed = steps | frozenset(values) - {*ARMS, "hosted once", "eligible once"}
    if not rules.areas:
        # The number of eligible cases of one area is a number of that area.
        printed = steps if areas > 1 else constants
    return Cells(values, printed, tuple(sums), constants=constants)
