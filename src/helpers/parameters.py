"""The parameters of each notebook: one frozen model, the same as the tagged cell of the notebook."""

from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from helpers import published, ratings, sites, suppression
from helpers.datapackage import resource_path, verify_run
from helpers.errors import InputError, did_you_mean
from helpers.rounding import counts_from_percentage

# Below 0.01 an interval is a point, and beyond 0.9999 the far tails that an interval would rest on are not to be believed.
Confidence = Annotated[float, Field(ge=0.01, le=0.9999)]
Correlation = Annotated[float, Field(ge=0, lt=1)]
# What a parameter that takes a case list may be besides a path.
NO_CASES, SYNTHETIC = "", "synthetic"
# The outcome of the synthetic frame; a list of cases to draw from need not have any.
DEFAULT_OUTCOME = "sufficient"
# The column that every list of inspected cases has to group them by.
CARE_GROUP = "care_group"
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
        return self._named("path")

    @classmethod
    def case_parameters(cls) -> dict[str, str]:
        """The parameters that take a case list, and its contract."""
        return _fields(cls, "contract")

    def case_lists(self) -> dict[str, Path]:
        """The parameters that name a case list of the user's own."""
        named = self.case_parameters()
        return {name: Path(value) for name, value in self if name in named and value not in (NO_CASES, SYNTHETIC)}

    def own_files(self) -> dict[str, Path]:
        """The parameters that name a file of the user's own: a case list, or another table."""
        return self.case_lists() | self._named("table") | self._named("audit")

    def open_tables(self) -> dict[str, Path]:
        """Those of them that hold nothing of a case, so that their hashes may be shown."""
        return self._named("table")

    def _named(self, key: str) -> dict[str, Path]:
        return {name: Path(value) for name, value in self if value and name in _fields(type(self), key)}

    def withheld(self) -> list[str]:
        """The parameters whose values stay with the team, since they could tell of a case."""
        return []

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
    "too_long": "has too many items",
    "int_type": "should be a whole number",
    "int_from_float": "should be a whole number",
    "float_type": "should be a number",
    "bool_type": "should be true or false",
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
        return getattr(self, next(iter(self.case_parameters())))

    @property
    def case_evidence(self) -> str:
        """What results from the cases are: ``synthetic`` or ``supplied``; ``published`` where there are none."""
        return {NO_CASES: published.EVIDENCE, SYNTHETIC: "synthetic"}.get(self.case_list, "supplied")

    @property
    def restricted(self) -> bool:
        """Whether the output lies below a folder that is not for release."""
        return RESTRICTED in Path(self.output).parts

    def withheld(self) -> list[str]:
        """The seed of a draw from supplied cases: with it, whoever knows an identifier could tell whether it was drawn."""
        secret = self.case_evidence == "supplied" and not self.restricted
        return list(_fields(type(self), "withheld")) if secret else []

    def case_path(self) -> Path:
        """The file of the case list."""
        contract = next(iter(self.case_parameters().values()))
        return resource_path(f"synthetic-{contract}") if self.case_list == SYNTHETIC else Path(self.case_list)

    def read_cases(self) -> Any:
        """Read and check the case list; None where there is none.

        Raises
        ------
        InputError
            The list breaks its contract, or the file of synthetic cases has changed.
        """
        # The library that checks takes a second to import, which a run on published figures need not wait for.
        from helpers import cases

        return cases.read(self.case_path(), next(iter(self.case_parameters().values()))) if self.case_list else None

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
            raise ValueError(f"parameter {next(iter(self.case_parameters()))}: {error}") from None
        return self


_Area = Annotated[str, AfterValidator(_not_blank)]
_Share = Annotated[float, Field(ge=0.01, le=1)]
_ABOUT_RETURNS = "what came back from the fieldwork: synthetic, a path to your own (CSV, XLSX or Parquet), or empty for none"


class FieldworkSampling(CaseParameters):
    """Parameters of ``01_fieldwork_sampling``."""

    frame: Annotated[str, _case_list("frame", "list of cases to draw from"), AfterValidator(_plain)] = SYNTHETIC
    areas: Annotated[
        list[_Area],
        Field(min_length=1, default_factory=published.areas, description="fieldwork areas"),
        AfterValidator(_distinct),
    ]
    sites: Annotated[
        str,
        Field(
            description="table of areas (CSV) from which areas are selected by size instead", json_schema_extra={"table": True}
        ),
        AfterValidator(_plain),
    ] = ""
    size: Annotated[str, Field(description="column of that table with the size"), AfterValidator(_not_blank)] = "homes"
    highest: Annotated[int, Field(ge=1, le=1_000, description="areas selected with the highest size")] = 5
    lowest: Annotated[int, Field(ge=0, le=1_000, description="areas selected with the lowest size, as a contrast")] = 1
    supplementary: Annotated[
        list[_Area],
        Field(description="areas outside the main fieldwork, drawn as an extra without weight"),
        AfterValidator(_distinct),
    ] = []
    looked_after_only: Annotated[bool, Field(description="only children whom the list says to be looked after are eligible")] = (
        False
    )
    cases_per_arm: Annotated[int, Field(ge=1, le=1_000_000, description="cases asked for in each stratum")] = 5
    shortfall: Annotated[
        Literal["top_up", "accept"], Field(description="what one arm lacks is drawn from the area's other arm, or is missed")
    ] = "top_up"
    reserves_per_arm: Annotated[int, Field(ge=0, le=1_000_000, description="reserve cases drawn in each stratum")] = 3
    draw_by: Annotated[
        Literal["permanent_random_numbers", "systematic"], Field(description="how the cases of a stratum are drawn")
    ] = "permanent_random_numbers"
    seed: Annotated[int, Field(ge=0, lt=2**63, description="seed of the draw", json_schema_extra={"withheld": True})] = 2012
    judgements: Annotated[
        str, Field(description=_ABOUT_RETURNS, json_schema_extra={"contract": "judgements"}), AfterValidator(_plain)
    ] = ""
    audit: Annotated[
        str,
        Field(
            description="fieldwork_draw.json of the run that drew the cases; another design or list than there is refused",
            json_schema_extra={"audit": True},
        ),
        AfterValidator(_plain),
    ] = ""
    outcome: Annotated[
        str,
        Field(description="yes/no column of the judgements, or without them of the list, that is estimated; empty: draw only"),
        AfterValidator(_plain),
    ] = DEFAULT_OUTCOME
    lonely: Annotated[
        Literal["fail", "adjust", "average"],
        Field(description="where one case alone is judged in a stratum of several: no error is given, or which one (as in R)"),
    ] = "fail"
    confidence: Annotated[Confidence, Field(description="confidence level of intervals")] = 0.95
    icc: Annotated[Correlation, Field(description="assumed correlation of cases in one area")] = 0.05
    rho_between_arms: Annotated[
        Correlation | None, Field(description="the same for cases of its different arms, not above icc; None shows 0 and icc")
    ] = None
    margin: Annotated[float, Field(ge=0.001, lt=0.5, description="half width wanted, fraction")] = 0.05
    margin_confidence: Annotated[Confidence, Field(description="confidence level of that half width")] = 0.8
    expected_cases: Annotated[
        list[Annotated[float, Field(gt=0, le=10_000)]],
        Field(min_length=1, description="mean numbers of cases expected in a stratum, where no list is at hand"),
        AfterValidator(_distinct),
    ] = [2, 5, 10, 20]
    overdispersion: Annotated[float, Field(ge=1, le=100, description="variance over mean of that number; 1 is Poisson")] = 1
    usable: Annotated[
        list[_Share],
        Field(min_length=1, description="shares of cases drawn that can be judged, for the reserves needed"),
        AfterValidator(_distinct),
    ] = [0.9, 0.8, 0.7]

    @property
    def fieldwork_areas(self) -> list[str]:
        """The areas visited: those named, or those selected from the table of areas."""
        return sites.chosen(self.site_table()) if self.sites else self.areas

    @property
    def design_evidence(self) -> str:
        """Whether the design is that of 2012, and so published, or the user's own, and so supplied."""
        return "supplied" if self.own_figures() else published.EVIDENCE

    def site_table(self) -> pd.DataFrame:
        """The areas and why they are visited: the columns of ``fieldwork_sites.csv``."""
        if not self.sites:
            return sites.as_named(self.areas)
        return sites.select(sites.read(Path(self.sites), self.size), self.highest, self.lowest)

    def own_figures(self) -> list[str]:
        """Areas or numbers other than those of 2012."""
        asked = {published.number("release_cases_hosted"), published.number("release_cases_placed_out")}
        own = {
            "areas": sorted(self.areas) != sorted(published.areas()),
            "sites": bool(self.sites),
            "cases_per_arm": {self.cases_per_arm} != asked,
        }
        return [name for name, differs in own.items() if differs]

    @model_validator(mode="after")
    def _must_agree(self) -> "FieldworkSampling":
        """Whatever one parameter says of another, or of what stands in a file."""
        if self.sites and "areas" in self.own_figures():
            raise ValueError("parameter sites selects the areas, so leave out areas, or leave out sites")
        if self.rho_between_arms is not None and self.rho_between_arms > self.icc:
            raise ValueError(
                f"parameter rho_between_arms: cases of different arms cannot be more alike than icc, {self.icc:g}; lower it"
            )
        try:
            areas = self.fieldwork_areas
        except InputError as error:
            raise ValueError(f"parameter sites: {error}") from None
        for area in self.supplementary:
            if area in areas:
                raise ValueError(f"parameter supplementary: {area!r} is one of the fieldwork areas; name it once")
        if self.frame:
            self._must_fit_the_frame(areas)
        elif self.judgements or self.audit:
            name = "judgements" if self.judgements else "audit"
            raise ValueError(f"parameter {name}: needs the list that the cases were drawn from; add frame")
        return self

    def _must_fit_the_frame(self, areas: list[str]) -> None:
        from helpers import fieldwork

        frame = self.read_cases().table
        known = {*frame["home_area"].cat.categories, *frame["supervising_area"].cat.categories}
        named = {"sites" if self.sites else "areas": areas, "supplementary": self.supplementary}
        for name, wanted in named.items():
            for area in [area for area in wanted if area not in known]:
                raise ValueError(f"parameter {name}: no case of the frame names {area!r}; {_near(area, sorted(known))}")
        if self.looked_after_only and "looked_after" not in frame:
            raise ValueError("parameter looked_after_only: the frame has no column looked_after")
        if SYNTHETIC in (self.frame, self.judgements) and self.judgements not in (NO_CASES, self.frame):
            raise ValueError(
                "parameter judgements: made-up cases and your own are never mixed; give your own judgements with your own frame, "
                "and synthetic ones with the synthetic frame"
            )
        try:
            fieldwork.check(self)
        except InputError as error:
            raise ValueError(str(error)) from None


def _near(area: str, known: list[str]) -> str:
    """The nearest area; a whole list of them would help no one."""
    said = did_you_mean(area, known)
    if said.startswith("did"):
        return said
    return """name yours, such as -p areas='["Leeds", "Kent"]'; an empty frame (-p frame=) plans without a list of cases"""


_CASES = Annotated[str, _case_list("cases", "list of inspected cases"), AfterValidator(_plain)]


def _not_all(share: float) -> float:
    if share >= 1:
        raise ValueError(f"is {share:g}; a court share lies below 1, since at 1 no start would be a caution")
    return share


def _several(services: int) -> int:
    if services < 2:
        raise ValueError(f"is {services}; one service does not show how much services differ, so 2 are the least")
    return services


def _groups(column: str) -> str:
    if column not in ("", CARE_GROUP):
        from helpers.cases import check_grouping

        check_grouping("cases", column)
    return _plain(column)


class PrevalenceEstimates(CaseParameters):
    """Parameters of ``02_prevalence_estimates``."""

    cases: _CASES = SYNTHETIC
    group_by: Annotated[
        str,
        Field(description="column of that list by which its shares are split: care_group, year or one of your own; empty: none"),
        AfterValidator(_groups),
    ] = CARE_GROUP
    inspected_cases: Annotated[int, Field(ge=2, le=10_000_000, description="cases taken as the base of 26% and 21%")] = 1253
    other_bases: Annotated[
        list[Annotated[int, Field(ge=2, le=10_000_000)]],
        Field(max_length=20, description="other numbers of cases that the base might have been"),
        AfterValidator(_distinct),
    ] = [500, 900, 2000]
    yots: Annotated[int, Field(description="services that the cases lie in"), AfterValidator(_several)] = 42
    yots_in_all: Annotated[
        int, Field(le=100_000, description="services that those could have been drawn from; there were 155 in 2024-25")
    ] = 155
    icc: Annotated[
        list[Correlation],
        Field(min_length=1, max_length=20, description="assumed correlations of cases in one service"),
        AfterValidator(_distinct),
    ] = [0, 0.02, 0.05, 0.1]
    headline_icc: Annotated[Correlation, Field(description="the one of them behind the headline interval")] = 0.05
    court_shares: Annotated[
        list[Annotated[float, Field(ge=0), AfterValidator(_not_all)]],
        Field(
            min_length=1,
            max_length=20,
            description="assumed shares of starts that were court orders, below 1; the others were cautions",
        ),
        AfterValidator(_distinct),
    ] = [0.3, 0.4, 0.5, 0.6, 0.7]
    in_care_at_start: Annotated[
        list[Annotated[float, Field(gt=0, le=1)]],
        Field(
            min_length=1, max_length=20, description="assumed parts of the 26% that were in care already when the sentence began"
        ),
        AfterValidator(_distinct),
    ] = [1, 0.9, 0.8, 0.7]
    confidence: Annotated[Confidence, Field(description="confidence level of intervals")] = 0.95
    seed: Annotated[int, Field(ge=0, lt=2**63, description="seed of the simulation")] = 2019
    draws: Annotated[int, Field(ge=1_000, le=10_000_000, description="draws of the simulation")] = 100_000

    def own_figures(self) -> list[str]:
        """A base or a number of services other than those of Table 1."""
        printed = {"inspected_cases": "letter_table_1_cases", "yots": "letter_table_1_yots"}
        return [name for name, claim in printed.items() if getattr(self, name) != published.number(claim)]

    def read_cases(self) -> Any:
        """As `CaseParameters.read_cases`, with the column that groups the cases."""
        from helpers import cases

        return cases.read(self.case_path(), "cases", self.group_by) if self.case_list else None

    @model_validator(mode="after")
    def _must_be_possible(self) -> "PrevalenceEstimates":
        if self.headline_icc not in self.icc:
            missing = f"parameter headline_icc: {self.headline_icc} is not one of icc {self.icc}"
            raise ValueError(f"{missing}; add it there, or set headline_icc")
        per_cents = [published.number(claim) for claim in published.SHARES]
        for name, base in [("inspected_cases", self.inspected_cases), *(("other_bases", base) for base in self.other_bases)]:
            for per_cent in per_cents:
                try:
                    counts_from_percentage(per_cent, base)
                except InputError as error:
                    raise ValueError(f"parameter {name}: {error}") from None
        if self.yots > self.inspected_cases:
            raise ValueError(f"parameter yots: {self.yots} services cannot share {self.inspected_cases} inspected_cases")
        if self.yots > self.yots_in_all:
            raise ValueError(f"parameter yots_in_all: {self.yots} yots are inspected, so there are at least as many in all")
        for base in self.other_bases:
            if base < self.yots:
                raise ValueError(f"parameter other_bases: {base} cases cannot lie in {self.yots} yots; take {self.yots} or more")
        return self

    @model_validator(mode="after")
    def _synthetic_cases_must_have_the_column(self) -> "PrevalenceEstimates":
        if self.case_list == SYNTHETIC and self.group_by != CARE_GROUP:
            try:
                self.read_cases()
            except InputError as error:
                raise ValueError(f"parameter group_by: {error}") from None
        return self


def _covariates(columns: list[str]) -> list[str]:
    if columns:
        from helpers.cases import check_covariates

        check_covariates(columns)
    return _distinct([_not_blank(column) for column in columns])


class RatingComparisons(CaseParameters):
    """Parameters of ``03_rating_comparisons``."""

    cases: _CASES = SYNTHETIC
    group_by: Annotated[
        str,
        Field(description="column of that list whose groups are compared: care_group, year or one of your own"),
        AfterValidator(_not_blank),
        AfterValidator(_groups),
    ] = CARE_GROUP
    reference: Annotated[str, Field(description="group to compare with"), AfterValidator(_not_blank)] = "not_in_care"
    family: Annotated[
        Literal["all_pairs", "against_reference"],
        Field(description="tests that Holm's method allows for: every pair of groups, or each with the reference"),
    ] = "all_pairs"
    adjust_for: Annotated[
        list[str],
        Field(max_length=10, description="columns that comparisons are adjusted for as well, such as age"),
        AfterValidator(_covariates),
    ] = []
    discretion: Annotated[
        float, Field(ge=0, le=50, description="points within which a panel may move a rating; 0: bands as they are")
    ] = 0
    sizes: Annotated[
        list[Annotated[int, Field(ge=0, le=10_000_000)]],
        Field(min_length=3, max_length=3, description="assumed cases of Table 1: not in care, in care inside, in care outside"),
    ] = [927, 206, 120]
    inspection_ratings: Annotated[
        str,
        Field(
            description="table of ratings of services, as inspections published them (CSV, XLSX or Parquet); empty for none",
            json_schema_extra={"table": True},
        ),
        AfterValidator(_plain),
    ] = ""
    confidence: Annotated[Confidence, Field(description="confidence level of intervals")] = 0.95
    replicates: Annotated[int, Field(ge=100, le=1_000_000, description="replicates of each bootstrap and simulation")] = 10_000
    seed: Annotated[int, Field(ge=0, lt=2**63, description="seed of the replicates")] = 2021

    @property
    def discretion_points(self) -> float:
        """Points within which a panel may move a rating: as given, or those recalled."""
        return self.discretion or published.discretion_points()

    @property
    def reading(self) -> ratings.Convention:
        """Which reading of the bands the page speaks of first."""
        return "discretion" if self.discretion else "rounded"

    def own_figures(self) -> list[str]:
        """Numbers of cases other than those that we assume."""
        return ["sizes"] if self.sizes != type(self).model_fields["sizes"].default else []

    @property
    def sizes_evidence(self) -> str:
        """What rests on the numbers of cases is supplied where these are the user's own."""
        return "supplied" if self.own_figures() else published.EVIDENCE

    @property
    def care_reference(self) -> str:
        """The care group that Table 1 is compared with, also where the cases are grouped by something else."""
        return self.reference if self.group_by == CARE_GROUP else "not_in_care"

    def read_cases(self) -> Any:
        """As `CaseParameters.read_cases`, with the columns that group the cases and that comparisons are adjusted for."""
        from helpers import cases

        own = self.group_by, tuple(self.adjust_for)
        return cases.read(self.case_path(), "cases", *own) if self.case_list else None

    @model_validator(mode="after")
    def _must_fit_the_list(self) -> "RatingComparisons":
        if self.group_by in self.adjust_for:
            raise ValueError(f"parameter adjust_for: {self.group_by} is what is compared; leave it out")
        if self.inspection_ratings:
            self._must_be_ratings()
        if self.group_by == CARE_GROUP:
            known = list(ratings.CARE_GROUPS)
        elif not self.case_list:
            raise ValueError(f"parameter group_by: without a list of cases there is only {CARE_GROUP}; add cases")
        if self.group_by != CARE_GROUP or (self.adjust_for and self.case_list):
            try:
                table = self.read_cases().table
            except InputError as error:
                raise ValueError(f"parameter cases: {error}") from None
            known = [str(group) for group in table[self.group_by].cat.categories]
        if self.reference not in known:
            said = did_you_mean(self.reference, known)
            raise ValueError(f"parameter reference: no group of {self.group_by} is called {self.reference!r}; {said}")
        if len(known) < 2:
            raise ValueError(f"parameter group_by: {self.group_by} has one value, {known[0]!r}, so nothing is compared")
        return self

    def _must_be_ratings(self) -> None:
        from helpers import cases

        try:
            cases.read(self.inspection_ratings, "ratings")
        except InputError as error:
            raise ValueError(f"parameter inspection_ratings: {error}") from None


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
