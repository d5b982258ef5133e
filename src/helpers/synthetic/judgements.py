"""Made-up returns for cases drawn from the made-up frame: some are refused or unusable, and reserves stand in."""

import numpy as np
import pandas as pd

from helpers import draw
from helpers.cases.contracts import STATUSES

REFUSED, FILE_UNUSABLE, FOUND_INELIGIBLE = 0.08, 0.07, 0.03


def judgements(sheet: pd.DataFrame, frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Returns as `helpers.cases.read` gives them, for the sample and the reserves that it takes.

    What becomes of a case depends on its id and the seed alone; its outcomes are those of the frame. A reserve stands in
    for each case that cannot be judged, as long as its stratum has one left.

    Parameters
    ----------
    sheet : DataFrame
        As from `helpers.draw.sample`.
    frame : DataFrame
        With at least one yes/no outcome.
    seed : int
    """
    sheet = sheet.assign(status=_statuses(sheet["case_id"], seed))
    parts = [_worked(stratum) for _, stratum in sheet.groupby(["area", "arm"], observed=True, sort=False)]
    made = pd.concat([_worked(sheet.iloc[:0]), *parts], ignore_index=True)
    outcomes = frame.set_index("case_id").select_dtypes("boolean").drop(columns="looked_after", errors="ignore")
    outcomes = outcomes.reindex(made["case_id"]).reset_index(drop=True)
    seen = made["status"] == "inspected"
    return made.assign(**{name: outcomes[name].where(seen) for name in outcomes})


def _statuses(case_ids: pd.Series, seed: int) -> pd.Categorical:
    chances = np.cumsum([REFUSED, FILE_UNUSABLE, FOUND_INELIGIBLE])
    names = ["refused", "file_unusable", "found_ineligible", "inspected"]
    number = draw.random_numbers(case_ids + "|status", seed)
    return pd.Categorical(np.array(names)[np.searchsorted(chances, number, side="right")], STATUSES)


def _worked(stratum: pd.DataFrame) -> pd.DataFrame:
    """The rows of one stratum, in order; each reserve takes the place of the first case that still wants one."""
    rows, wanting = [], []
    for case in stratum.itertuples():
        if case.role == "reserve" and not wanting:
            break
        rows.append((case.case_id, case.status, wanting.pop(0) if case.role == "reserve" else pd.NA))
        if case.status != "inspected":
            wanting.append(case.case_id)
    table = pd.DataFrame(rows, columns=["case_id", "status", "replaces"])
    return table.astype({"case_id": "str", "replaces": "str"}).assign(status=table["status"].astype(stratum["status"].dtype))


def assumptions() -> list[tuple[str, str, str]]:
    """Assumption, value and reason of each."""
    none = "no document says how many of the cases asked for could be inspected; a round figure"
    return [
        ("cases drawn that are refused", f"{REFUSED:.0%}", none),
        ("cases drawn whose file is unusable", f"{FILE_UNUSABLE:.0%}", none),
        ("cases drawn that are found not to be eligible", f"{FOUND_INELIGIBLE:.0%}", none),
        ("reserves", "one for each of these, in order, while there are any", "no document says how cases were replaced"),
    ]
