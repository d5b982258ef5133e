"""What is made of the judgements beyond their counts - comparisons, probabilities, agreement - as it may be shown.

Everything here is worked out anew from the counts that are shown: the answers of a group count for nothing where its counts
are hidden. As the reader is taken to know shown counts to the case, nothing more is told of hidden ones. It holds for what
is printed and for which rows there are: they are a function of the shown judgements and of which counts are hidden.

What is left is how the shown cases lie in services; see `helpers.disclosure.spread`.
"""

import math
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import NamedTuple

import pandas as pd

from helpers import agreement, case_ratings, shares, suppression
from helpers.disclosure.decisions import HIDDEN, RESTS, Log, Treated, untreated
from helpers.disclosure.groups import may_show_judgements
from helpers.disclosure.rates import NO_ERROR
from helpers.disclosure.spread import FEWEST_SERVICES, Spread, spreads
from helpers.parameters import CARE_GROUP, RatingComparisons
from helpers.ratings import BAND_COLUMNS, CARE_GROUPS, LOWEST, QUESTIONS, STANDARDS
from helpers.suppression import Cells, Rules

# Of covariates nothing is decided, so what is adjusted for them is for the team alone.
ADJUSTED = "adjusted for columns that are not protected"
SMALL_GROUPS = "a group of this column is small, or a count of the list is hidden"
FEW_DISAGREE = "few cases on which two inspectors agree or differ"
FEW_CASES = "few cases"
FEW_SERVICES = f"fewer than {FEWEST_SERVICES} services"
WEIGHS_MUCH = "a service or a case weighs much"
OF_SERVICES = "weights that tell the number of cases of each service"
_FOURFOLD = ["both_yes", "first_only", "second_only", "both_no"]
_COUNTS = {"cases", "sufficient", "reference_cases", "pairs", *_FOURFOLD}
_WHOLE = {"df", "ratings", "left_out", "n_effective", "replicates", "services_effective"}
_SETTINGS = {"level", "evidence"}
# What rests on services is in whole per cents, as the limits of shares are: more digits tell more of how the cases lie.
_DIGITS = 2
Cell = tuple[str, str, str]


class _Known(NamedTuple):
    """What decides on a row: the hidden counts, the spread of the shown ones, and whether the number of cases is shown."""

    hidden: frozenset[Cell]
    spread: Mapping[Cell, Spread]
    number: bool
    rules: Rules


def treat_compared(
    cases: pd.DataFrame, treated: pd.DataFrame, parameters: RatingComparisons, bands: pd.DataFrame, rules: Rules | None
) -> Treated:
    """The tables of `helpers.case_ratings`, as they may be shown.

    Groups of another column than the care groups are shown only where no count of the list is hidden and none of these
    groups, nor of the cases without one, is small; else no row of theirs is.

    Parameters
    ----------
    cases : DataFrame
        The inspected cases.
    treated : DataFrame
        ``shares`` as from `helpers.disclosure.inspected`.
    parameters : RatingComparisons
    bands : DataFrame
    rules : Rules, optional
        None: as they are.
    """
    if rules is None:
        made = case_ratings.tables(cases, cases, parameters, bands)
        return Treated(made, untreated(made))
    log = Log(Cells({}, frozenset(), ()), rules)
    by_care = parameters.group_by == CARE_GROUP
    if not by_care and not may_show_judgements(cases, treated, parameters.group_by, rules):
        made = case_ratings.nothing()
        for name in made:
            log.hide(name, "(all rows)", ("(all)",), SMALL_GROUPS)
        return Treated(made, log.decisions(made))
    hidden = _hidden(treated) if by_care else frozenset()
    single, whole = _without(cases, hidden), _without(cases, _of_standards(hidden))
    # Whoever knows the seed of the resamples can try in which of them the cases of a service would have to lie.
    unknown = parameters.model_copy(update={"seed": _seed(single, parameters.seed)})
    found = case_ratings.tables(single, whole, unknown, bands)
    if by_care:
        found = {name: _with_every_group(table, hidden) for name, table in found.items()}
    number = bool((treated.loc[treated["share"] == shares.IN_CARE, "base"] != HIDDEN).all())
    known = _Known(hidden, spreads(single, parameters.group_by), number, rules)
    return Treated(made := _treated_tables(found, single, known, log), log.decisions(made))


def _seed(cases: pd.DataFrame, seed: int) -> int:
    """A seed that follows from all shown answers, so that only who has the list can work it out."""
    firsts = {*STANDARDS, *shares.judgements_of(cases).values()}
    judged = [column for column in cases if column.removesuffix(agreement.SECOND) in firsts]
    told = cases.loc[cases[judged].notna().any(axis=1), ["case_id", "yot", CARE_GROUP, *judged]]
    return int(sha256(f"{seed}\n{told.to_csv(index=False)}".encode()).hexdigest()[:15], 16)


def _with_every_group(table: pd.DataFrame, hidden: frozenset[Cell]) -> pd.DataFrame:
    """The same, also with rows of hidden groups without a case: that they are missing would tell it."""
    if table.empty or not {"standard", "group"} <= set(table.columns) or "reference" in table:
        return table
    lacking = {group for _, _, group in hidden} - set(table["group"])
    like = table[table["group"] == table["group"].iloc[0]]
    places = {name: place for place, name in enumerate([*STANDARDS, *CARE_GROUPS])}
    every = pd.concat([table, *(like.assign(group=group) for group in sorted(lacking))], ignore_index=True)
    by = {"by": ["standard", "group"], "key": lambda column: column.map(places)}
    return every.sort_values(**by, kind="stable", ignore_index=True)


def _hidden(treated: pd.DataFrame) -> frozenset[Cell]:
    """The (standard, question, care group) of which a count is hidden."""
    rows = treated[(treated["share"] == shares.SUFFICIENT) & ((treated["base"] == HIDDEN) | (treated["count"] == HIDDEN))]
    return frozenset(rows[["standard", "question", "care_group"]].itertuples(index=False, name=None))


def _of_standards(hidden: frozenset[Cell]) -> frozenset[Cell]:
    """The same with every question of a standard where one is hidden, as `helpers.disclosure.domains` hides the lowest."""
    return frozenset((standard, "", group) for standard, _, group in hidden)


def _without(cases: pd.DataFrame, hidden: frozenset[Cell]) -> pd.DataFrame:
    """The cases, without both inspectors' answers of groups to questions of which a count is hidden."""
    found = cases.copy(deep=False)
    for (standard, question), first in shares.judgements_of(cases).items():
        groups = {group for one, other, group in hidden if one == standard and other in ("", question)}
        for column in sorted({first, f"{first}_second", f"{standard}_second"} & set(cases.columns)):
            found[column] = found[column].mask(cases[CARE_GROUP].isin(groups).to_numpy(dtype=bool))
    return found


def _treated_tables(found: dict[str, pd.DataFrame], cases: pd.DataFrame, known: _Known, log: Log) -> dict[str, pd.DataFrame]:
    why = {name: [_why_hidden(name, row, known) for row in table.to_dict("records")] for name, table in found.items()}
    why["inspector_agreement"] = _of_agreement(found["inspector_agreement"], cases, known)
    if not why["inspector_agreement"] or why["inspector_agreement"][-1]:
        # What a second reading would do tells how often the two disagree over all judgements.
        why["inspector_lowest"] = [FEW_DISAGREE] * len(found["inspector_lowest"])
    return {name: _treated(name, table, why[name], log) for name, table in found.items()}


def _of_agreement(table: pd.DataFrame, cases: pd.DataFrame, known: _Known) -> list[str]:
    """Why a row on two inspectors is hidden; the last one, of all judgements, is the sum of the others."""
    twice = agreement.pairs_of(cases) | {agreement.ALL: agreement.pooled(cases)}
    judged = set(shares.judgements_of(cases).values())
    few = []
    for row in table.to_dict("records"):
        counts = {part: int(row[part]) for part in _FOURFOLD}
        both = twice[row["judgement"]]
        if row["judgement"] in judged:
            counts |= _read_once(cases[row["judgement"]].drop(both.index).dropna())
        few_services = len(both) and both["yot"].nunique() < FEWEST_SERVICES
        few.append(bool(known.hidden or _few(counts, known.rules, len(both)) or few_services))
    if few and any(few[:-1]) and not all(few[:-1]):
        few[-1] = True
    return [FEW_DISAGREE if one else "" for one in few]


def _read_once(first: pd.Series) -> dict[str, int]:
    """The answers of cases read once, which follow from those of all cases and of the cases read twice."""
    return {"once, yes": int(first.sum()), "once, no": int((~first.astype(bool)).sum())} if len(first) else {}


def _few(counts: Mapping[str, int], rules: Rules, base: int) -> bool:
    """Whether one of the counts is small, or the base too small for a rate."""
    cells = Cells({name: int(count) for name, count in counts.items()}, frozenset(), ())
    return bool(suppression.sensitive(cells, rules)) or 0 < base < rules.minimum_denominator


def _treated(name: str, table: pd.DataFrame, why: list[str], log: Log) -> pd.DataFrame:
    """A table with its numbers rounded, and those of rows that may not be shown covered."""
    keys = case_ratings.KEYS[name]
    numbers = [column for column in table.columns if column not in {*keys, *_SETTINGS}]
    rows = []
    for row, reason in zip(table.to_dict("records"), why, strict=True):
        label = ", ".join(str(row[key]) for key in keys if row[key] != "") or "(all)"
        if reason:
            rows.append(row | dict.fromkeys(numbers, log.hide(name, label, numbers, reason)))
        else:
            shown = {column: _rounded(column, row[column], "percentage" in row, log.rules) for column in numbers}
            rows.append(row | shown | (_share(row, shown, label, log) if name == "ratings_by_group" else {}))
    return pd.DataFrame(rows, columns=table.columns, dtype=object)


def _share(row: dict[str, object], shown: dict[str, object], label: str, log: Log) -> dict[str, object]:
    """What `helpers.disclosure.domains` does to a share by care group: per cents by the rules, no limits with an error of 0."""
    treated = {}
    if log.rules.rates == "treated_counts" and shown["cases"]:
        treated["percentage"] = round(100 * shown["sufficient"] / shown["cases"], 10)
    if row["se"] == 0:
        of_number = ("se", "lower", "upper", *BAND_COLUMNS)
        treated |= dict.fromkeys(of_number, log.hide("ratings_by_group", label, of_number, NO_ERROR))
    return treated


def _why_hidden(name: str, row: dict[str, object], known: _Known) -> str:
    if row.get("adjusted_for"):
        return ADJUSTED
    cells = [] if name == "inspector_agreement" else list(_rests_on(name, row, known.hidden))
    if known.hidden & frozenset(cells):
        return RESTS
    if name == "rating_ordinal" and any(_few({"n": row[part]}, known.rules, row[part]) for part in ("cases", "reference_cases")):
        return FEW_CASES
    if name == "ratings_by_group":
        return ""
    # A group without a case is no secret here: its zeros are shown.
    own = [known.spread[cell] for cell in cells if cell in known.spread] or list(known.spread.values())
    if any(0 < one.services < FEWEST_SERVICES for one in own):
        return FEW_SERVICES
    if row.get("weights") == "caseload" and not known.number:
        return OF_SERVICES
    if row.get("weights", "none") != "none" and any(one.dominated for one in own):
        return WEIGHS_MUCH
    return NO_ERROR if name == "rating_probabilities" and row["sufficient"] in (0, row["cases"]) else ""


def _rests_on(name: str, row: dict[str, object], hidden: frozenset[Cell]) -> Iterator[Cell]:
    """The counts that a row rests on; one that names no standard rests on the lowest question of all four."""
    if name == "rating_whole_table":
        yield from hidden
        return
    groups = [row[key] for key in ("group", "reference") if key in row]
    # Which question is the lowest, of one group or of all, rests on every question.
    question = row["question"] if row.get("question") in QUESTIONS else LOWEST
    for standard in [row["standard"]] if "standard" in row else STANDARDS:
        for group in groups:
            yield standard, question, group


def _rounded(column: str, value: object, per_cents: bool, rules: Rules) -> object:
    if pd.isna(value) or isinstance(value, str):
        return value
    if column in _COUNTS:
        return suppression.rounded(int(value), rules)
    if column in _WHOLE:
        return round(value)
    if per_cents and column.startswith(("percentage", "unweighted")):
        # Half up, as the whole per cents that ratings go by.
        return math.floor(value + 0.5 + 1e-9)
    if per_cents and column in ("lower", "upper"):
        return math.floor(value) if column == "lower" else math.ceil(value)
    if column == "monte_carlo_error":
        # Of the simulation alone, and all but 0 with fewer digits.
        return round(float(value), _DIGITS + 1)
    return round(float(value), 1 if column == "deff" or (per_cents and column == "se") else _DIGITS)
