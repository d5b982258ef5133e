"""The parameters of each notebook: one frozen model, the same as the tagged cell of the notebook."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from helpers import published
from helpers.datapackage import verify_run
from helpers.errors import InputError, did_you_mean
from helpers.rounding import counts_from_percentage

# Beyond 0.9999 the far tails that an interval would rest on are not to be believed.
Confidence = Annotated[float, Field(gt=0, le=0.9999)]
Correlation = Annotated[float, Field(ge=0, lt=1)]


def _distinct(values: list[Any]) -> list[Any]:
    twice = [value for place, value in enumerate(values) if value in values[:place]]
    if twice:
        raise ValueError(f"holds {twice[0]!r} twice")
    return values


def _plain(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds a line break or another character that cannot be printed")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("is blank")
    return _plain(text)


class Parameters(BaseModel):
    """What every notebook takes; values are checked strictly, so a text is never read as a number.

    Raises
    ------
    InputError
        An unknown parameter, or a value of the wrong type or outside its range; all are named in one line.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    output: Annotated[str, Field(description="folder for tables and figures; empty writes no file")] = ""

    def paths(self) -> dict[str, Path]:
        """The parameters that name a folder or file to read, where they name one."""
        named = {name for name, field in type(self).model_fields.items() if (field.json_schema_extra or {}).get("path")}
        return {name: Path(value) for name, value in self if name in named and value}

    def __init__(self, /, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            known = list(type(self).model_fields)
            raise InputError("; ".join(_in_words(problem, known) for problem in error.errors())) from None


_REASONS = {"list_type": 'should be a list, such as [1, 2] or ["a", "b"]', "too_short": "needs at least 1 item"}


def _in_words(problem: dict[str, Any], known: list[str]) -> str:
    name, *place = problem["loc"] or ("together",)
    if problem["type"] == "extra_forbidden":
        return f"there is no parameter {name!r}; {did_you_mean(str(name), known)}"
    reason = _REASONS.get(problem["type"], problem["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    where = "".join(f", item {index + 1}" for index in place if isinstance(index, int))
    got = f"; it is {problem['input']!r}" if problem["type"] != "value_error" else ""
    return f"parameter {name}{where}: {reason}{got}" if name != "together" else reason


class FieldworkSampling(Parameters):
    """Parameters of ``01_fieldwork_sampling``."""

    areas: Annotated[
        list[Annotated[str, AfterValidator(_not_blank)]],
        Field(min_length=1, default_factory=published.areas, description="fieldwork areas"),
        AfterValidator(_distinct),
    ]
    cases_per_arm: Annotated[int, Field(ge=1, le=1_000_000, description="cases asked for in each stratum")] = 5
    confidence: Annotated[Confidence, Field(description="confidence level of intervals")] = 0.95
    icc: Annotated[Correlation, Field(description="assumed correlation of cases in one area")] = 0.05


class PrevalenceEstimates(Parameters):
    """Parameters of ``02_prevalence_estimates``."""

    inspected_cases: Annotated[int, Field(ge=2, le=10_000_000, description="cases taken as the base of 26% and 21%")] = 1253
    yots: Annotated[int, Field(ge=2, description="services that the cases lie in")] = 42
    icc: Annotated[
        list[Correlation],
        Field(min_length=1, description="assumed correlations of cases in one service"),
        AfterValidator(_distinct),
    ] = [0, 0.02, 0.05, 0.1]
    headline_icc: Annotated[Correlation, Field(description="the one of them behind the headline interval")] = 0.05
    confidence: Annotated[Confidence, Field(description="confidence level of intervals")] = 0.95

    @model_validator(mode="after")
    def _must_be_possible(self) -> "PrevalenceEstimates":
        if self.yots > self.inspected_cases:
            raise ValueError(f"parameter yots: {self.yots} services cannot share {self.inspected_cases} inspected_cases")
        if self.headline_icc not in self.icc:
            missing = f"parameter headline_icc: {self.headline_icc} is not one of icc {self.icc}"
            raise ValueError(f"{missing}; add it there, or set headline_icc")
        for claim in published.SHARES:
            per_cent = published.number(claim)
            try:
                counts_from_percentage(per_cent, self.inspected_cases)
            except InputError as error:
                raise ValueError(f"parameter inspected_cases: {error}") from None
        return self


class RatingComparisons(Parameters):
    """Parameters of ``03_rating_comparisons``."""

    reference: Annotated[
        Literal["not_in_care", "in_care_inside", "in_care_outside"], Field(description="care group to compare with")
    ] = "not_in_care"
    family: Annotated[
        Literal["all_pairs", "against_reference"], Field(description="every pair of care groups, or each with the reference")
    ] = "all_pairs"


def _is_a_run(run: str) -> str:
    if run:
        verify_run(Path(_plain(run)))
    return run


class EvidenceLedger(Parameters):
    """Parameters of ``04_evidence_ledger``."""

    run: Annotated[
        str,
        Field(
            description="run folder whose tables are held against the claims; empty recomputes them",
            json_schema_extra={"path": True},
        ),
        AfterValidator(_is_a_run),
    ] = ""
