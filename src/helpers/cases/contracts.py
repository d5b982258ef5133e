"""The columns of the two case-level contracts; the checks, the data dictionary and the templates all come from here."""

from dataclasses import dataclass
from typing import Literal, get_args

import pandas as pd

from helpers.cases import columns as tidy
from helpers.cases.refusals import listed
from helpers.errors import InputError, did_you_mean
from helpers.ratings import CARE_GROUPS, QUESTIONS, STANDARDS

KEY_QUESTIONS = tuple(f"{standard}_{question}" for standard in STANDARDS for question in QUESTIONS)
JUDGEMENTS = {"the standards": STANDARDS, "the key questions": KEY_QUESTIONS}
Contract = Literal["frame", "cases"]
Kind = Literal["id", "name", "group", "yes_no", "date", "whole", "number", "year"]


@dataclass(frozen=True)
class Column:
    """A column of a contract; `low` and `high` bound whole numbers, `examples` fill the template."""

    name: str
    kind: Kind
    meaning: str
    examples: tuple[str, str, str]
    required: bool = False
    filled: bool = False
    low: int = 0
    high: int = tidy.MOST


_CASE_ID = Column("case_id", "id", "identifier of the case", ("EXAMPLE-1", "EXAMPLE-2", "EXAMPLE-3"), required=True, filled=True)
_AREAS = ("Area A", "Area B", "Area B")
_JUDGED = ("yes", "no", "")
_QUESTION_WORDS = {
    "desistance": "to support desistance",
    "child_safety": "to keep the child safe",
    "others_safety": "to keep others safe",
}
CONTRACTS: dict[Contract, tuple[Column, ...]] = {
    "frame": (
        _CASE_ID,
        Column("home_area", "name", "area that the child comes from", _AREAS, required=True, filled=True),
        Column("supervising_area", "name", "area that supervises the case", _AREAS[::-1], required=True, filled=True),
        Column("child_id", "id", "identifier of the child, who may have several cases", ("CHILD-1", "CHILD-2", "")),
        Column("looked_after", "yes_no", "whether the child is looked after; blank: not known", ("yes", "yes", "no")),
        Column("opened", "date", "day on which the case was opened", ("2012-03-31", "2012-04-02", "")),
        Column("age", "whole", "age of the child in years", ("15", "17", ""), high=25),
    ),
    "cases": (
        _CASE_ID,
        Column(
            "yot", "name", "youth offending team that holds the case", ("Team A", "Team A", "Team B"), required=True, filled=True
        ),
        Column(
            "care_group",
            "group",
            "whether the child is in care, and lives inside or outside the area",
            CARE_GROUPS,
            True,
            filled=True,
        ),
        Column(
            "child_protection",
            "yes_no",
            "whether the child has a protection plan or Section 47 enquiry; blank: not known",
            _JUDGED,
        ),
        Column("year", "year", "calendar or financial year of the inspection", ("2018/19", "2018/19", "2019/20")),
        Column("weight", "number", "weight of the case: how many cases it stands for", ("1.5", "1.5", "2"), filled=True),
        Column(
            "caseload", "whole", "all cases of the team at the time, one value a team", ("40", "40", "25"), filled=True, low=1
        ),
        *(Column(name, "yes_no", f"whether {name} is sufficient; blank: not judged", _JUDGED) for name in STANDARDS),
        *(
            Column(
                f"{standard}_{question}",
                "yes_no",
                f"whether {standard} is sufficient {_QUESTION_WORDS[question]}; blank: not applicable or not judged",
                _JUDGED,
            )
            for standard in STANDARDS
            for question in QUESTIONS
        ),
    ),
}
_TYPES: dict[Kind, str] = {
    "id": "text",
    "name": "text",
    "group": "category",
    "yes_no": "yes/no",
    "date": "date",
    "whole": "whole number",
    "number": "number",
    "year": "year",
}


def check_contract(contract: str) -> None:
    """Refuse a contract that there is not.

    Raises
    ------
    InputError
        There is no such contract.
    """
    if contract not in get_args(Contract):
        raise InputError(f"there is no contract {contract!r}; {did_you_mean(str(contract), get_args(Contract))}")


def choices(column: Column) -> tuple[str, ...]:
    """The values that a group or yes/no column may have."""
    return CARE_GROUPS if column.kind == "group" else ("yes", "no")


def allowed(column: Column) -> str:
    """What a value may be, in words that follow "must be"."""
    years = f"from {tidy.FIRST_YEAR} to {tidy.LAST_YEAR}"
    return {
        "id": "text, unique whatever its capitals" if column.required else "text",
        "name": "text",
        "group": listed(choices(column), "or"),
        "yes_no": listed(choices(column), "or"),
        "date": f"a date like 2012-03-31 or 31/03/2012, {years}",
        "whole": f"a whole number {_range(column)}",
        "number": "a number above 0",
        "year": f"a year like 2019, or two that follow each other like 2018/19, {years}",
    }[column.kind]


def _range(column: Column) -> str:
    return f"from {column.low} to {column.high}"


def _needed(column: Column) -> str:
    if column.name in STANDARDS:
        return "the four standards, or the twelve key questions"
    if column.name in KEY_QUESTIONS:
        return "the twelve key questions, or the four standards"
    return "yes" if column.required else "no"


def dictionary() -> pd.DataFrame:
    """The data dictionary of both contracts.

    Returns
    -------
    DataFrame
        contract, column, type, required, allowed, meaning; one row a column, in the order of the contract.
    """
    rows = []
    for contract, columns in CONTRACTS.items():
        for column in columns:
            blank = "" if column.filled else "; may be blank"
            extra = "; one value for each yot, not below its cases in the file" if column.name == "caseload" else ""
            words = (_TYPES[column.kind], _needed(column), allowed(column) + extra + blank, column.meaning)
            rows.append((contract, column.name, *words))
    rows.append(("frame", "any other", "yes/no", "no", "yes or no; may be blank", "outcome of the case; blank: not judged"))
    table = pd.DataFrame(rows, columns=["contract", "column", "type", "required", "allowed", "meaning"], dtype="str")
    return table.sort_values("contract", key=lambda names: names.map({"frame": 0, "cases": 1}), kind="stable", ignore_index=True)


def template(contract: Contract, judgements: Literal["the key questions", "the standards"] = "the key questions") -> pd.DataFrame:
    """Column names and three made-up rows, all text.

    Parameters
    ----------
    contract : {"frame", "cases"}
    judgements : {"the key questions", "the standards"}
        Which of the two sets of judgements inspected cases have.

    Raises
    ------
    InputError
        There is no such contract.
    """
    check_contract(contract)
    left_out = {name for kind, names in JUDGEMENTS.items() if kind != judgements for name in names}
    columns = {column.name: column.examples for column in CONTRACTS[contract] if column.name not in left_out}
    return pd.DataFrame(columns | ({"sufficient": _JUDGED} if contract == "frame" else {}), dtype="str")
