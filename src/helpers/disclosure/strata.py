"""The strata and the allocation of a frame, as they may be shown."""

from collections.abc import Mapping

import pandas as pd

from helpers.disclosure.decisions import HIDDEN, RESTS, Log, Treated, untreated
from helpers.draw import ARMS
from helpers.suppression import Cells, Rules, shown_range

_DRAWN = ("drawn", "topped_up", "shortfall")
_WEIGHTS = ("inclusion_probability", "weight")


def treat_fieldwork(scope: pd.DataFrame, allocation: pd.DataFrame, rules: Rules | None) -> Treated:
    """The number of cases in scope and in each stratum, as they may be shown.

    The number requested is a constant of the design. What is drawn would tell of the size of a stratum, so it is shown
    only in an area whose two sizes are shown and both leave no doubt that they reach the number requested: there it
    tells nothing that they do not. Inclusion probabilities and weights are those of the numbers shown.

    Parameters
    ----------
    scope, allocation : DataFrame
        ``fieldwork_scope`` and ``fieldwork_allocation`` of the cases.
    rules : Rules, optional
        None: as they are.
    """
    tables = {"fieldwork_scope": scope, "fieldwork_allocation": allocation}
    if rules is None:
        return Treated(tables, untreated(tables))
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
    rows = zip(allocation.to_dict("records"), sizes, told, strict=True)
    allocation = pd.DataFrame([row | _treat_stratum(row, *rest, log) for row, *rest in rows], dtype=object)
    tables = {"fieldwork_scope": scope, "fieldwork_allocation": allocation}
    return Treated(tables, log.decisions(tables))


def _name(row: Mapping[str, object]) -> str:
    return f"{row['area']}, {row['arm']}"


def _size(row: Mapping[str, object], log: Log) -> object:
    return log.counts("fieldwork_allocation", _name(row), ["eligible"], row["eligible"], _name(row), "no areas")


def _treat_stratum(row: Mapping[str, object], size: object, told: bool, log: Log) -> dict[str, object]:
    table = "fieldwork_allocation"
    if told:
        return {"eligible": size, "inclusion_probability": row["drawn"] / size, "weight": size / row["drawn"]}
    drawn = dict.fromkeys(_DRAWN, log.hide(table, _name(row), _DRAWN, "would tell of the size of a stratum"))
    return {"eligible": size} | drawn | dict.fromkeys(_WEIGHTS, log.hide(table, _name(row), _WEIGHTS, RESTS))


def _cells(scope: pd.DataFrame, allocation: pd.DataFrame, rules: Rules) -> Cells:
    values = {step: int(count) for step, count in zip(scope["step"], scope["cases"], strict=True)}
    steps, areas = frozenset(values), allocation["area"].nunique()
    sums = [("listed", ("out_of_scope", "eligible")), ("eligible", ARMS)]
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
