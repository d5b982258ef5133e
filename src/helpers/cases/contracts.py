"""The columns of the contracts, three of cases and one of services: checks, data dictionary and templates come from here."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, get_args

import pandas as pd

from helpers.cases import columns as tidy
from helpers.cases.refusals import listed
from helpers.errors import InputError, did_you_mean
from helpers.published import RATINGS
from helpers.ratings import CARE_GROUPS, QUESTIONS, STANDARDS

KEY_QUESTIONS = tuple(f"{standard}_{question}" for standard in STANDARDS for question in QUESTIONS)
JUDGEMENTS = {"the standards": STANDARDS, "the key questions": KEY_QUESTIONS}
# What a second inspector found of the same case, under the name of the judgement.
SECOND = {f"{name}_second": name for name in (*STANDARDS, *KEY_QUESTIONS)}
INSPECTED, REPLACED = "inspected", "replaced"
LOST = ("refused", "file_unusable", "found_ineligible")
STATUSES = (INSPECTED, *LOST, REPLACED)
Contract = Literal["frame", "cases", "judgements", "ratings"]
Kind = Literal["id", "name", "choice", "yes_no", "date", "whole", "number", "year", "rating"]


@dataclass(frozen=True)
class Column:
    """A column of a contract.

    `examples` fill the template, `choices` are those of a choice or of yes/no, `low` and `high` bound whole numbers, and
    `besides` says for the dictionary what a value must keep beside other values.
    """

    name: str
    kind: Kind
    meaning: str
    examples: tuple[str, str, str]
    required: bool = False
    filled: bool = False
    unique: bool = False
    choices: tuple[str, ...] = ("yes", "no")
    low: int = 0
    high: int = tidy.MOST
    besides: str = ""


_CASE_ID = Column(
    "case_id", "id", "identifier of the case", ("EXAMPLE-1", "EXAMPLE-2", "EXAMPLE-3"), required=True, filled=True, unique=True
)
_AREAS = ("Area A", "Area B", "Area B")
_JUDGED = ("yes", "no", "")
# The standards of data/reference/rating_frameworks.csv; all but the last count towards the overall rating.
SERVICE_STANDARDS = {
    "governance": "governance and leadership",
    "staff": "staff",
    "partnerships": "partnerships and services",
    "information": "information and facilities",
    "court_assessment": "assessment in court disposals",
    "court_planning": "planning in court disposals",
    "court_delivery": "implementation and delivery in court disposals",
    "court_reviewing": "reviewing in court disposals",
    "out_of_court_assessment": "assessment in out-of-court disposals",
    "out_of_court_planning": "planning in out-of-court disposals",
    "out_of_court_delivery": "implementation and delivery in out-of-court disposals",
    "out_of_court_joint_working": "joint working (2021: policy and provision) in out-of-court disposals",
    "resettlement": "resettlement policy and provision, which does not count towards the overall rating",
}
_RATINGS = tuple(RATINGS.categories)
_RATED = ("Good", "Requires improvement", "Outstanding")
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
            "choice",
            "whether the child is in care, and lives inside or outside the area",
            CARE_GROUPS,
            required=True,
            filled=True,
            choices=CARE_GROUPS,
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
            "caseload",
            "whole",
            "all cases of the team at the time, one value a team",
            ("40", "40", "25"),
            filled=True,
            low=1,
            besides="one value for each yot, not below its cases in the file",
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
        *(
            Column(
                name,
                "yes_no",
                f"what a second inspector found of {first}; blank: not read twice",
                _JUDGED,
                besides="in a list by key question, that of a standard is held against all of its key questions being sufficient"
                if first in STANDARDS
                else "only in a list by key question",
            )
            for name, first in SECOND.items()
        ),
    ),
    "judgements": (
        _CASE_ID,
        Column(
            "status",
            "choice",
            "what became of the case in the fieldwork",
            (INSPECTED, "refused", INSPECTED),
            required=True,
            filled=True,
            choices=STATUSES,
            besides=f"{REPLACED} only where replaces of a row names the case",
        ),
        Column(
            "replaces",
            "id",
            "identifier of the case that this reserve case stands in for",
            ("", "", "EXAMPLE-2"),
            unique=True,
            besides=f"not the case itself, nor one in the file with status {INSPECTED}",
        ),
        Column("assessor", "id", "identifier of who judged the case", ("ASSESSOR-1", "ASSESSOR-2", "ASSESSOR-1")),
    ),
    "ratings": (
        Column(
            "service",
            "name",
            "youth justice service that was inspected",
            ("Service A", "Service B", "Service C"),
            required=True,
            filled=True,
            besides="one row for a service and date",
        ),
        Column(
            "date",
            "date",
            "day of the inspection or of its report",
            ("2019-11-05", "2021-06-30", "2023-02-14"),
            required=True,
            filled=True,
            besides="within the years of its framework",
        ),
        Column(
            "framework",
            "choice",
            "framework of the inspection, by the year from which it is used",
            ("2018", "2021", "2021"),
            required=True,
            filled=True,
            choices=("2018", "2021"),
        ),
        *(
            Column(name, "rating", f"rating of {words}", _RATED, required=True, filled=True, choices=_RATINGS)
            for name, words in SERVICE_STANDARDS.items()
            if name != "resettlement"
        ),
        Column(
            "resettlement",
            "rating",
            f"rating of {SERVICE_STANDARDS['resettlement']}; blank: not rated",
            ("", "Good", ""),
            choices=_RATINGS,
            besides="blank in the framework 2018",
        ),
        Column(
            "score",
            "whole",
            "sum of the twelve standards that count",
            ("24", "12", "36"),
            required=True,
            filled=True,
            high=36,
            besides="the sum of the standards, from 0 for Inadequate to 3 for Outstanding",
        ),
        Column(
            "overall",
            "rating",
            "overall rating of the service",
            _RATED,
            required=True,
            filled=True,
            choices=_RATINGS,
            besides="that of the band of the score: 0-6, 7-18, 19-30 or 31-36",
        ),
    ),
}
# The contracts in which any other column of yes and no is an outcome, and an example of one.
OUTCOMES: dict[Contract, Column] = {
    "frame": Column("sufficient", "yes_no", "outcome of the case; blank: not judged", _JUDGED),
    "judgements": Column(
        "sufficient",
        "yes_no",
        "outcome of the case; blank: not judged",
        ("yes", "", "no"),
        besides=f"filled only where status is {INSPECTED}",
    ),
}
# The columns of inspected cases that group them; so does any column that the contract does not name.
GROUPING = ("care_group", "year")
# Those that comparisons may be adjusted for; so may be any column that the contract does not name.
COVARIATES = ("care_group", "child_protection", "year")
_TYPES: dict[Kind, str] = {
    "id": "text",
    "name": "text",
    "choice": "category",
    "yes_no": "yes/no",
    "date": "date",
    "whole": "whole number",
    "number": "number",
    "year": "year",
    "rating": "category",
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


def check_covariates(covariates: Iterable[str]) -> None:
    """Refuse a column that comparisons are not adjusted for: what is judged, who judged it, and weights.

    Raises
    ------
    InputError
        A column of the contract of inspected cases other than `COVARIATES`.
    """
    for name in covariates:
        if name in {column.name for column in CONTRACTS["cases"]} - set(COVARIATES):
            raise InputError(f"results are not adjusted for {name}; take {listed(COVARIATES, 'or')}, or a column of your own")


def check_grouping(contract: Contract, group_by: str) -> None:
    """Refuse a column by which inspected cases are not grouped: each service is a cluster, and a judgement is an outcome.

    Raises
    ------
    InputError
        Another contract than that of inspected cases; or a column of that contract other than `GROUPING`.
    """
    if not group_by:
        return
    if contract != "cases":
        raise InputError(f"only inspected cases are grouped; leave out group_by for the contract {contract!r}")
    if group_by in {column.name for column in CONTRACTS["cases"]} - set(GROUPING):
        raise InputError(f"cases are not grouped by {group_by}; take {listed(GROUPING, 'or')}, or a column of your own")


def allowed(column: Column) -> str:
    """What a value may be, in words that follow "must be"."""
    years = f"from {tidy.FIRST_YEAR} to {tidy.LAST_YEAR}"
    return {
        "id": "text, unique whatever its capitals" if column.unique else "text",
        "name": "text",
        "choice": listed(column.choices, "or"),
        "yes_no": listed(column.choices, "or"),
        "date": f"a date like 2012-03-31 or 31/03/2012, {years}",
        "whole": f"a whole number {_range(column)}",
        "number": "a number above 0",
        "year": f"a year like 2019, or two that follow each other like 2018/19, {years}",
        "rating": f"{listed(column.choices, 'or')}, in any capitals",
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
    """The data dictionary of all contracts.

    Returns
    -------
    DataFrame
        contract, column, type, required, allowed, meaning; one row a column, in the order of the contract.
    """
    rows = []
    for contract, columns in CONTRACTS.items():
        others = [replace(OUTCOMES[contract], name="any other")] if contract in OUTCOMES else []
        for column in (*columns, *others):
            besides = f"; {column.besides}" if column.besides else ""
            blank = "" if column.filled else "; may be blank"
            words = (_TYPES[column.kind], _needed(column), allowed(column) + besides + blank, column.meaning)
            rows.append((contract, column.name, *words))
    return pd.DataFrame(rows, columns=["contract", "column", "type", "required", "allowed", "meaning"], dtype="str")


def template(contract: Contract, judgements: Literal["the key questions", "the standards"] = "the key questions") -> pd.DataFrame:
    """Column names and three made-up rows, all text.

    Parameters
    ----------
    contract : {"frame", "cases", "judgements", "ratings"}
    judgements : {"the key questions", "the standards"}
        Which of the two sets of judgements inspected cases have.

    Raises
    ------
    InputError
        There is no such contract.
    """
    check_contract(contract)
    left_out = {name for kind, names in JUDGEMENTS.items() if kind != judgements for name in names} | set(SECOND)
    columns = [column for column in CONTRACTS[contract] if column.name not in left_out]
    outcomes = [OUTCOMES[contract]] if contract in OUTCOMES else []
    return pd.DataFrame({column.name: column.examples for column in columns + outcomes}, dtype="str")
