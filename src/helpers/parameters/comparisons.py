"""The parameters of notebook 03."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from helpers import published, ratings
from helpers.errors import InputError, did_you_mean
from helpers.parameters.base import SYNTHETIC
from helpers.parameters.case_lists import CARE_GROUP, INSPECTED_CASES, CaseParameters, grouping
from helpers.parameters.values import Confidence, distinct, not_blank, path


def _covariates(columns: list[str]) -> list[str]:
    distinct([not_blank(column) for column in columns])
    if columns:
        from helpers.cases import check_covariates

        check_covariates(columns)
    return columns


class RatingComparisons(CaseParameters):
    """Parameters of ``03_rating_comparisons``."""

    cases: INSPECTED_CASES = SYNTHETIC
    group_by: Annotated[
        str,
        Field(description="column of that list whose groups are compared: care_group, year or one of your own"),
        AfterValidator(not_blank),
        AfterValidator(grouping),
    ] = CARE_GROUP
    reference: Annotated[str, Field(description="group to compare with"), AfterValidator(not_blank)] = "not_in_care"
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
        AfterValidator(path),
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
