"""The parameters of each notebook: one frozen model, the same as the tagged cell of the notebook."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from helpers import published, suppression
from helpers.datapackage import resource_path, verify_run
from helpers.errors import InputError, did_you_mean
from helpers.rounding import counts_from_percentage

# Beyond 0.9999 the far tails that an interval would rest on are not to be believed.
Confidence = Annotated[float, Field(gt=0, le=0.9999)]
Correlation = Annotated[float, Field(ge=0, lt=1)]
# What a parameter that takes a case list may be besides a path.
NO_CASES, SYNTHETIC = "", "synthetic"
# Results below a folder of this name are for the team itself and not for release.
RESTRICTED = "restricted"


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
        return {name: Path(value) for name, value in self if value and name in _fields(type(self), "path")}

    @classmethod
    def case_parameters(cls) -> dict[str, str]:
        """The parameters that take a case list, and its contract."""
        return _fields(cls, "contract")

    def case_lists(self) -> dict[str, Path]:
        """The parameters that name a case list of the user's own."""
        named = self.case_parameters()
        return {name: Path(value) for name, value in self if name in named and value not in (NO_CASES, SYNTHETIC)}

    def own_figures(self) -> list[str]:
        """The parameters whose values no document prints, which makes the rows that rest on them *supplied*."""
        return []

    def __init__(self, /, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            known = list(type(self).model_fields)
            raise InputError("; ".join(_in_words(problem, known) for problem in error.errors())) from None


def _fields(model: type[Parameters], key: str) -> dict[str, Any]:
    """The fields that carry a word of ours, and what it says."""
    extra = {name: (field.json_schema_extra or {}).get(key) for name, field in model.model_fields.items()}
    return {name: value for name, value in extra.items() if value}


_REASONS = {
    "list_type": """should be a list, such as [1, 2] or ["a", "b"], in a shell between single quotes: '["a", "b"]'""",
    "too_short": "needs at least 1 item",
}


def _in_words(problem: dict[str, Any], known: list[str]) -> str:
    name, *place = problem["loc"] or ("together",)
    if problem["type"] == "extra_forbidden":
        return f"there is no parameter {name!r}; {did_you_mean(str(name), known)}"
    reason = _REASONS.get(problem["type"], problem["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    where = "".join(f", item {index + 1}" for index in place if isinstance(index, int))
    got = f"; it is {problem['input']!r}" if problem["type"] != "value_error" else ""
    return f"parameter {name}{where}: {reason}{got}" if name != "together" else reason


def _preset(name: str) -> str:
    suppression.rules(name)
    return name


def _case_list(contract: str, meaning: str) -> Any:
    described = f"{meaning}: synthetic, a path to your own (CSV, XLSX or Parquet), or empty for none"
    return Field(description=described, json_schema_extra={"contract": contract})


class CaseParameters(Parameters):
    """What every notebook takes that reads a case list."""

    disclosure: Annotated[
        Literal["auto", "on", "off"], Field(description="disclosure control; auto is on for supplied cases alone")
    ] = "auto"
    disclosure_preset: Annotated[
        str, AfterValidator(_preset), Field(description="its rules, by name; src/helpers/disclosure.yaml has them")
    ] = "default"
    publish_unprotected: Annotated[
        bool, Field(description="with disclosure off, publish supplied cases unprotected all the same")
    ] = False

    @property
    def case_list(self) -> str:
        """The case list, as given."""
        (name,) = self.case_parameters()
        return getattr(self, name)

    @property
    def case_evidence(self) -> str:
        """What results from the cases are: ``synthetic`` or ``supplied``; ``published`` where there are none."""
        return {NO_CASES: published.EVIDENCE, SYNTHETIC: "synthetic"}.get(self.case_list, "supplied")

    @property
    def restricted(self) -> bool:
        """Whether the output lies below a folder that is not for release."""
        return RESTRICTED in Path(self.output).parts

    def read_cases(self) -> Any:
        """Read and check the case list; None where there is none.

        Raises
        ------
        InputError
            The list breaks its contract, or the file of synthetic cases has changed.
        """
        # The library that checks takes a second to import, which a run on published figures need not wait for.
        from helpers import cases

        (contract,) = self.case_parameters().values()
        path = resource_path(f"synthetic-{contract}") if self.case_list == SYNTHETIC else Path(self.case_list)
        return cases.read(path, contract) if self.case_list else None

    @model_validator(mode="after")
    def _must_be_allowed(self) -> "CaseParameters":
        if self.case_evidence != "supplied":
            return self
        if self.disclosure == "off" and not (self.publish_unprotected or self.restricted):
            raise ValueError(
                "parameter disclosure: off for supplied cases needs publish_unprotected=true as well, which is printed on every "
                "page; the full tables are in restricted/report of every run without it"
            )
        try:
            self.read_cases()
        except InputError as error:
            (name,) = self.case_parameters()
            raise ValueError(f"parameter {name}: {error}") from None
        return self


class FieldworkSampling(CaseParameters):
    """Parameters of ``01_fieldwork_sampling``."""

    frame: Annotated[str, _case_list("frame", "list of cases to draw from"), AfterValidator(_plain)] = SYNTHETIC
    areas: Annotated[
        list[Annotated[str, AfterValidator(_not_blank)]],
        Field(min_length=1, default_factory=published.areas, description="fieldwork areas"),
        AfterValidator(_distinct),
    ]
    cases_per_arm: Annotated[int, Field(ge=1, le=1_000_000, description="cases asked for in each stratum")] = 5
    shortfall: Annotated[
        Literal["top_up", "accept"], Field(description="what one arm lacks is drawn from the area's other arm, or is missed")
    ] = "top_up"
    reserves_per_arm: Annotated[int, Field(ge=0, le=1_000_000, description="reserve cases drawn in each stratum")] = 3
    seed: Annotated[int, Field(ge=0, lt=2**63, description="seed of the draw")] = 2012
    confidence: Annotated[Confidence, Field(description="confidence level of intervals")] = 0.95
    icc: Annotated[Correlation, Field(description="assumed correlation of cases in one area")] = 0.05

    def own_figures(self) -> list[str]:
        """Areas or numbers other than those of 2012."""
        asked = {published.number("release_cases_hosted"), published.number("release_cases_placed_out")}
        own = {"areas": sorted(self.areas) != sorted(published.areas()), "cases_per_arm": {self.cases_per_arm} != asked}
        return [name for name, differs in own.items() if differs]

    @model_validator(mode="after")
    def _areas_must_be_named(self) -> "FieldworkSampling":
        if self.frame and (self.frame != SYNTHETIC or "areas" in self.own_figures()):
            frame = self.read_cases().table
            known = sorted({*frame["home_area"].unique(), *frame["supervising_area"].unique()})
            for area in self.areas:
                if area not in known:
                    raise ValueError(f"parameter areas: no case of the frame names {area!r}; {_near(area, known)}")
        return self


def _near(area: str, known: list[str]) -> str:
    """The nearest area; a whole list of them would help no one."""
    said = did_you_mean(area, known)
    return said if said.startswith("did") else "an empty frame (-p frame=) plans without a list of cases"


_CASES = Annotated[str, _case_list("cases", "list of inspected cases"), AfterValidator(_plain)]


class PrevalenceEstimates(CaseParameters):
    """Parameters of ``02_prevalence_estimates``."""

    cases: _CASES = SYNTHETIC
    inspected_cases: Annotated[int, Field(ge=2, le=10_000_000, description="cases taken as the base of 26% and 21%")] = 1253
    yots: Annotated[int, Field(ge=2, description="services that the cases lie in")] = 42
    icc: Annotated[
        list[Correlation],
        Field(min_length=1, description="assumed correlations of cases in one service"),
        AfterValidator(_distinct),
    ] = [0, 0.02, 0.05, 0.1]
    headline_icc: Annotated[Correlation, Field(description="the one of them behind the headline interval")] = 0.05
    confidence: Annotated[Confidence, Field(description="confidence level of intervals")] = 0.95

    def own_figures(self) -> list[str]:
        """A base or a number of services other than those of Table 1."""
        printed = {"inspected_cases": "letter_table_1_cases", "yots": "letter_table_1_yots"}
        return [name for name, claim in printed.items() if getattr(self, name) != published.number(claim)]

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


class RatingComparisons(CaseParameters):
    """Parameters of ``03_rating_comparisons``."""

    cases: _CASES = SYNTHETIC
    reference: Annotated[
        Literal["not_in_care", "in_care_inside", "in_care_outside"], Field(description="care group to compare with")
    ] = "not_in_care"
    family: Annotated[
        Literal["all_pairs", "against_reference"], Field(description="every pair of care groups, or each with the reference")
    ] = "all_pairs"
    confidence: Annotated[Confidence, Field(description="confidence level of intervals")] = 0.95


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
