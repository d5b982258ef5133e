"""The rules of the contracts, checked by pandera, and how to say which rows break them."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher, get_close_matches
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from helpers.cases import columns as tidy
from helpers.cases import inspections
from helpers.cases.columns import Coded
from helpers.cases.contracts import (
    CONTRACTS,
    INSPECTED,
    JUDGEMENTS,
    KEY_QUESTIONS,
    LOST,
    REPLACED,
    SECOND,
    Column,
    Contract,
    Kind,
    allowed,
)
from helpers.cases.refusals import Violation, listed, rows_named
from helpers.cases.rule import Rule, each
from helpers.ratings import STANDARDS

VALUES_SHOWN = 3
# Wrong answers to yes or no, the care group and the status that are no child's name.
USUAL_WORDS = {"unknown", "not known", "n/k", "nk", "n/a", "na", "none", "null", "nil", "-", "?", "x", "t", "f", "ok", "maybe"}
USUAL_WORDS |= {
    "partly",
    "partial",
    "sometimes",
    "not applicable",
    "not judged",
    "not recorded",
    "to do",
    "tbc",
    "dk",
    "don't know",
}
USUAL_WORDS |= {"lac", "looked after", "in care", "not in care", "care", "inside", "outside", "in area", "out of area", "home"}
USUAL_WORDS |= {
    "declined",
    "withdrawn",
    "ineligible",
    "unusable",
    "file missing",
    "complete",
    "completed",
    "not started",
    "pending",
}
LONGEST_SHOWN = 20
# More different wrong values than this are another column's, and could be names.
MOST_WRONG_VALUES = 20
# More groups than these are no table that a person reads, and their names may be those of cases.
MOST_GROUPS = 30
LONGEST_GROUP = 100


def header_violations(
    header: Sequence[str], contract: Contract, group_by: str = "", covariates: Sequence[str] = ()
) -> list[Violation]:
    """Columns that are missing, or nearly there."""
    columns = CONTRACTS[contract]
    extra = [name for name in header if name not in {column.name for column in columns}]
    required = [column.name for column in columns if column.required and column.name not in header]
    violations = [Violation("column", name, (), f"column {name} is missing{_meant(name, extra)}") for name in required]
    if len(required) == sum(column.required for column in columns) and not any(_meant(name, extra) for name in required):
        text = f"row 1 names none of the columns {listed(required)}; is the header row missing, or is this another table?"
        return [Violation("column", required[0], (), text)]
    judged = {*STANDARDS, *KEY_QUESTIONS} if contract == "cases" else set()
    for column in columns:
        if column.required or column.name in header or column.name in judged:
            continue
        near = next((name for name in extra if _nearly(name, column.name)), None)
        if near is not None:
            text = f"column {printable(near)!r} is nearly {column.name}; write it so, or give it a name of its own"
            violations.append(Violation("column", column.name, (), text))
    wanted = {group_by: "group_by"} if group_by else {}
    for name, asked in (wanted | dict.fromkeys(covariates, "adjust_for")).items():
        if name not in header:
            text = f"column {printable(name)}, of {asked}, is missing{_meant(name, header)}"
            violations.append(Violation("column", name, (), text))
    if contract == "ratings":
        return violations + inspections.repeated_standards(header)
    if contract != "cases":
        return violations
    return violations + _judgement_violations(header, extra) + _second_violations(header)


def _second_violations(header: Sequence[str]) -> list[Violation]:
    """What a second inspector found needs what the first one found."""
    return [
        Violation("judgements", name, (), f"{name} needs the column {first}, which it is held against; delete it, or add that")
        for name, first in SECOND.items()
        if name in header and first not in header and first not in STANDARDS
    ]


def grouping_violations(groups: Mapping[str, Coded]) -> list[Violation]:
    """A column with very many values names cases rather than groups."""
    return [
        Violation(
            "groups",
            name,
            (),
            f"column {printable(name)} has {len(column.values):,} different values, and {MOST_GROUPS} are the most to group by; "
            "put them into fewer groups, such as bands of age",
        )
        for name, column in groups.items()
        if len(column.values) > MOST_GROUPS
    ] + [
        Violation("groups", name, (), f"column {printable(name)} has a value of more than {LONGEST_GROUP} characters; shorten it")
        for name, column in groups.items()
        if max(map(len, column.values), default=0) > LONGEST_GROUP
    ]


def _judgement_violations(header: Sequence[str], extra: Sequence[str]) -> list[Violation]:
    """Either the four standards or the twelve key questions are there, all of them, and none of the others."""
    there = {kind: [name for name in names if name in header] for kind, names in JUDGEMENTS.items()}
    if all(there.values()):
        text = " and ".join(f"{len(names)} of {kind}" for kind, names in there.items())
        whole = [kind for kind, names in there.items() if len(names) == len(JUDGEMENTS[kind])]
        keep = f"keep {whole[0]}" if len(whole) == 1 else "keep one set"
        column = next(names[0] for kind, names in there.items() if [kind] != whole)
        return [Violation("judgements", column, (), f"judgements are there twice ({text}); {keep} and delete the other")]
    if not any(there.values()):
        near = [name for name in (*STANDARDS, *KEY_QUESTIONS) if _meant(name, extra)]
        if not near:
            text = f"the judgements are missing: either {listed(STANDARDS)}, or {KEY_QUESTIONS[0]} and eleven other key questions"
            return [Violation("judgements", STANDARDS[0], (), text)]
        chosen = "the key questions" if len(set(near) - set(STANDARDS)) else "the standards"
    else:
        chosen = next(kind for kind, names in there.items() if names)
    missing = [name for name in JUDGEMENTS[chosen] if name not in header]
    if not missing:
        return []
    named = [
        f"{name}{_meant(name, extra).replace('; is ', ' (is ').replace(' meant?', ' meant?)')}" for name in missing[:VALUES_SHOWN]
    ]
    more = [f"{len(missing) - VALUES_SHOWN} more"] if len(missing) > VALUES_SHOWN else []
    return [Violation("judgements", missing[0], (), f"of {chosen} these are missing: {listed(named + more)}")]


def _is(words: Sequence[object]) -> str:
    return "is" if len(words) == 1 else "are"


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _meant(name: str, extra: Iterable[str]) -> str:
    """The name that was perhaps meant. One with a digit is not printed: without a header row, it is a case's."""
    bare = {_letters(other): other for other in extra if not re.search("[0-9]", other)}
    close = get_close_matches(_letters(name), bare, n=1, cutoff=0.75)
    return f"; is {printable(bare[close[0]])!r} meant?" if close else ""


def _nearly(name: str, wanted: str) -> bool:
    """Whether an optional column is there but for capitals, spaces or a slip: read past, it would silently not count."""
    one, other = _letters(name), _letters(wanted)
    return one == other or (one[:1] == other[:1] and SequenceMatcher(None, one, other).ratio() >= 0.83)


def printable(name: str) -> str:
    """A column name fit for a message: one line, not too long."""
    short = name if len(name) <= 2 * LONGEST_SHOWN else name[: 2 * LONGEST_SHOWN - 1] + "…"
    return "".join(letter if letter.isprintable() else " " for letter in short)


def value_violations(data: Mapping[str, Any], contract: Contract, rows: np.ndarray) -> list[Violation]:
    """Check the tidied columns by the schema of the contract; each rule broken in a column is one violation.

    Parameters
    ----------
    data : mapping of str to Arrow array or Coded
        Columns of the contract, then outcomes; blanks missing.
    contract : {"frame", "cases", "judgements", "ratings"}
    rows : array of int
        Row of the file in which each case stands.
    """
    from pandera.errors import SchemaErrors

    table = pd.DataFrame(
        {name: column.as_category() if isinstance(column, Coded) else tidy.as_text(column) for name, column in data.items()}
    )
    try:
        schema(contract).validate(table, lazy=True, inplace=True)
        return []
    except SchemaErrors as errors:
        failures = errors.failure_cases[["check", "column", "index"]]
    # A missing column is told from the header, with the name that was perhaps meant.
    failures = failures[failures["index"].notna()].drop_duplicates()
    found = []
    for column in CONTRACTS[contract]:
        for rule in rules(column) if column.name in data else ():
            # A rule about two columns fails, for pandera, in every column of the table.
            mine = failures["check"].eq(f"{column.name}: {rule.name}")
            where = np.unique(failures.loc[mine, "index"].to_numpy(dtype=np.int64))
            if len(where):
                found += rule.told(column, where, rows, data)
    # Inspection ratings are told row by row, so in the order of the rows.
    return sorted(found, key=lambda violation: violation.rows[0]) if contract == "ratings" else found


def _says(name: str, must: str, but: str = "it is not in") -> Callable[..., list[Violation]]:
    """Say ``COLUMN must MUST; BUT rows 4 and 9``."""

    def told(column: Column, where: np.ndarray, rows: np.ndarray, data: Mapping[str, Any]) -> list[Violation]:
        there = tuple(rows[where].tolist())
        return [Violation(name, column.name, there, f"{column.name} must {must}; {but} {rows_named(there)}")]

    return told


def rules(column: Column) -> list[Rule]:
    """The rules that the values of a column keep."""
    if column in CONTRACTS["ratings"]:
        return inspections.rules(column)
    filled = _says("filled", "be filled", "it is blank in")
    done = [Rule("filled", lambda values: values.notna(), filled)] if column.filled else []
    return done + _RULES[column.kind](column) + _ACROSS.get(column.name, [])


def _rules_of_id(column: Column) -> list[Rule]:
    shortened = _says("shortened", "be text", "a spreadsheet has shortened it to a number (like 1.2E+11) in")
    unique = [Rule("unique", _is_unique, _told_repeated)] if column.unique else []
    return [*unique, Rule("shortened", _is_not_shortened, shortened)]


def _rules_of_choice(column: Column) -> list[Rule]:
    return [Rule("allowed", each(lambda values: [value in column.choices for value in values]), _told_values)]


def _rules_of_date(column: Column) -> list[Rule]:
    must = f"be {allowed(column)}"
    return [Rule("date", each(lambda values: [tidy.iso_date(value) is not None for value in values]), _says("date", must))]


def _rules_of_whole(column: Column) -> list[Rule]:
    def good(values: Sequence[str]) -> list[bool]:
        read = [tidy.whole(value) for value in values]
        return [number is not None and column.low <= number <= column.high for number in read]

    return [Rule("whole number", each(good), _says("whole number", f"be {allowed(column)}"))]


def _rules_of_number(column: Column) -> list[Rule]:
    def good(values: Sequence[str]) -> np.ndarray:
        read = tidy.numbers(values)
        return np.isfinite(read) & (read > 0)

    return [Rule("number", each(good), _says("number", f"be {allowed(column)}"))]


def _rules_of_year(column: Column) -> list[Rule]:
    good = each(lambda values: [tidy.year(value) is not None for value in values])
    return [Rule("year", good, _says("year", f"be {allowed(column)}"))]


_RULES: dict[Kind, Callable[[Column], list[Rule]]] = {
    "id": _rules_of_id,
    "name": lambda column: [],
    "choice": _rules_of_choice,
    "yes_no": _rules_of_choice,
    "date": _rules_of_date,
    "whole": _rules_of_whole,
    "number": _rules_of_number,
    "year": _rules_of_year,
}


def _is_unique(ids: pd.Series) -> pd.Series:
    """Whether each identifier is the only one, whatever its capitals; blanks are."""
    # Arrow counts without a Python object for each: at ten million identifiers that is seconds and gigabytes.
    lower = pc.utf8_lower(pa.array(ids))
    if pc.count_distinct(lower).as_py() == len(lower) - lower.null_count:
        return pd.Series(np.ones(len(ids), dtype=bool), index=ids.index)
    lower = pd.Series(pd.array(lower, dtype="str"), index=ids.index)
    return ~lower.duplicated(keep=False) | lower.isna()


def _told_repeated(column: Column, where: np.ndarray, rows: np.ndarray, data: Mapping[str, Any]) -> list[Violation]:
    ids = pd.Series(data[column.name].take(pa.array(where)).to_pylist(), dtype="str")
    same = ids.duplicated(keep=False)
    # Rows that share an identifier but for capitals: their group has more than one way of writing it.
    spellings = ids.groupby(ids.str.lower()).transform("nunique") > 1
    repeated = _says("unique", "be unique", "it is repeated in")
    capitals = _says("unique", "be unique whatever its capitals", "it differs in nothing else in")
    told = repeated(column, where[same], rows, data) if same.any() else []
    return told + (capitals(column, where[spellings], rows, data) if spellings.any() else [])


def _is_not_shortened(ids: pd.Series) -> pd.Series:
    text = pa.array(ids)
    good = np.ones(len(ids), dtype=bool)
    if pc.any(pc.match_substring(text, "E+")).as_py():
        good = ~np.asarray(pc.match_substring_regex(text, r"^[0-9](\.[0-9]+)?E\+[0-9]+$").fill_null(False))
    return pd.Series(good, index=ids.index)


def _caseloads(table: pd.DataFrame) -> pd.DataFrame:
    """Rows with a team and a caseload that can be read."""
    if "caseload" not in table or "yot" not in table:
        return pd.DataFrame({"yot": [], "caseload": []})
    read = [tidy.whole(value) for value in table["caseload"].cat.categories]
    known = np.asarray([np.nan if number is None else number for number in [*read, None]], dtype=float)
    return pd.DataFrame({"yot": table["yot"], "caseload": known[table["caseload"].cat.codes.to_numpy()]}).dropna()


def _has_one_caseload(table: pd.DataFrame) -> pd.Series:
    there = _caseloads(table)
    teams = there.groupby("yot", observed=True)["caseload"]
    return _all_but(table, there.index[teams.transform("min").ne(teams.transform("max"))])


def _has_enough_caseload(table: pd.DataFrame) -> pd.Series:
    there = _caseloads(table)
    cases = there.groupby("yot", observed=True)["caseload"].transform("size")
    return _all_but(table, there.index[there["caseload"].lt(cases) & there["caseload"].ge(1)])


def _all_but(table: pd.DataFrame, wrong: pd.Index) -> pd.Series:
    good = pd.Series(np.ones(len(table), dtype=bool), index=table.index)
    good[wrong] = False
    return good


def _with_status(table: pd.DataFrame, *statuses: str) -> pd.Series:
    good = table["status"].isin(statuses) if "status" in table else False
    return pd.Series(good, index=table.index, dtype=bool)


def _folded(table: pd.DataFrame, column: str) -> pd.Series:
    """Identifiers whatever their capitals, as they are unique; all missing where the column is."""
    return table[column].str.lower() if column in table else pd.Series(None, index=table.index, dtype="str")


def _is_not_its_own(table: pd.DataFrame) -> pd.Series:
    return ~_folded(table, "replaces").eq(_folded(table, "case_id"))


def _replaces_no_inspected(table: pd.DataFrame) -> pd.Series:
    inspected = _folded(table, "case_id")[_with_status(table, INSPECTED)]
    return ~_folded(table, "replaces").isin(inspected.dropna()) | ~_is_not_its_own(table)


def _is_replaced(table: pd.DataFrame) -> pd.Series:
    ids = _folded(table, "case_id")
    return ~_with_status(table, REPLACED) | ids.isin(_folded(table, "replaces").dropna()) | ids.isna()


def _told_not_replaced(column: Column, where: np.ndarray, rows: np.ndarray, data: Mapping[str, Any]) -> list[Violation]:
    there = tuple(rows[where].tolist())
    text = (
        f"{column.name} {REPLACED} needs a row whose replaces names the case; use {listed(LOST, 'or')} for a case that "
        f"nobody replaced ({rows_named(there)})"
    )
    return [Violation("replaced", column.name, there, text)]


def _outcomes(columns: Iterable[str]) -> list[str]:
    kept = {column.name for column in CONTRACTS["judgements"]}
    return [name for name in columns if name not in kept]


def _is_judged_if_inspected(table: pd.DataFrame) -> pd.Series:
    judged = table[_outcomes(table)].notna().any(axis=1)
    return ~(judged & _with_status(table, *LOST, REPLACED))


def _told_judged(column: Column, where: np.ndarray, rows: np.ndarray, data: Mapping[str, Any]) -> list[Violation]:
    told = _says("judged", f"be blank where status is not {INSPECTED}", "it is filled in")
    filled = {name: where[data[name].codes[where] >= 0] for name in _outcomes(data)}
    return [
        violation
        for name, places in filled.items()
        if len(places)
        for violation in told(replace(column, name=printable(name)), places, rows, data)
    ]


# Rules about a column beside others, by its name.
_ACROSS: dict[str, list[Rule]] = {
    "caseload": [
        Rule(
            "one a team",
            _has_one_caseload,
            _says("one a team", "have one value for each yot", "it varies within a yot in"),
            across=True,
        ),
        Rule(
            "too low",
            _has_enough_caseload,
            _says("too low", "not be below the number of the yot's cases in the file", "it is in"),
            across=True,
        ),
    ],
    "status": [
        Rule("replaced", _is_replaced, _told_not_replaced, across=True),
        Rule("judged", _is_judged_if_inspected, _told_judged, across=True),
    ],
    "replaces": [
        Rule("own", _is_not_its_own, _says("own", "name another case than its own row's", "it does not in"), across=True),
        Rule(
            "inspected",
            _replaces_no_inspected,
            _says("inspected", f"not name a case whose status is {INSPECTED}", "it does in"),
            across=True,
        ),
    ],
}


def _told_values(column: Column, where: np.ndarray, rows: np.ndarray, data: Mapping[str, Any]) -> list[Violation]:
    """Name the wrong values with the right one that is near, unless they may be what stands in another column."""
    there = tuple(rows[where].tolist())
    coded: Coded = data[column.name]
    codes, counts = np.unique(coded.codes[where], return_counts=True)
    wrong = [coded.values[code] for code in codes[np.argsort(-counts, kind="stable")]]
    hold = "holds" if len(there) == 1 else "hold"
    showable = [value for value in wrong if _is_usual(value, column.choices)]
    if _may_be_of_another_column(wrong, column, data):
        what = "something else, which looks like another column's"
    elif not showable:
        what = "something else"
    else:
        named = [_shown_value(value, column.choices) for value in showable[:VALUES_SHOWN]]
        more = len(wrong) - len(named)
        what = listed([*named, f"{more} more"] if more else named)
    text = f"{column.name} must be {allowed(column)}{'' if column.filled else ' (or blank)'}; {rows_named(there)} {hold} {what}"
    return [Violation("allowed", column.name, there, text)]


def _is_usual(value: str, right: Sequence[str]) -> bool:
    """Whether a wrong value is near a right one, a word that is often written there, or one word in small letters.

    Any other, such as words with capitals or spaces, could be a name.
    """
    if value.lower() in USUAL_WORDS or re.fullmatch("[a-z0-9_]+", value):
        return True
    return bool(get_close_matches(value.lower(), right, n=1, cutoff=0.75))


def _shown_value(value: str, right: Sequence[str]) -> str:
    close = get_close_matches(value.lower(), right, n=1)
    short = value if len(value) <= LONGEST_SHOWN else value[: LONGEST_SHOWN - 1] + "…"
    return f"{short!r}" + (f" (did you mean {close[0]!r}?)" if close else "")


def _may_be_of_another_column(wrong: Sequence[str], column: Column, data: Mapping[str, Any]) -> bool:
    # Many different values, numbers as long as an identifier's, and what stands in a column of identifiers or names.
    if len(wrong) > MOST_WRONG_VALUES or any(len(re.findall(r"\d", value)) > 2 for value in wrong):
        return True
    lower = {value.lower() for value in wrong}
    kept = {other.name for columns in CONTRACTS.values() for other in columns if other.kind in ("id", "name")}
    for other in [data[name] for name in sorted(kept & data.keys())]:
        if isinstance(other, Coded):
            if lower & {value.lower() for value in other.values}:
                return True
        elif pc.any(pc.is_in(pc.utf8_lower(other), pa.array(sorted(lower), pa.string()))).as_py():
            return True
    return False


@cache
def schema(contract: Contract) -> Any:
    """The pandera schema of a contract, over tidied text: identifiers as text, all else as categories."""
    import pandera.pandas as pandera

    def check(column: Column, rule: Rule) -> Any:
        return pandera.Check(rule.holds, name=rule.name, error=f"{column.name}: {rule.name}", ignore_na=False)

    columns = {
        column.name: pandera.Column(
            nullable=True, required=column.required, checks=[check(column, rule) for rule in rules(column) if not rule.across]
        )
        for column in CONTRACTS[contract]
    }
    across = [check(column, rule) for column in CONTRACTS[contract] for rule in rules(column) if rule.across]
    return pandera.DataFrameSchema(columns, checks=across)
