"""The parameters of notebook 02."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from helpers import published
from helpers.errors import InputError
from helpers.parameters.base import SYNTHETIC
from helpers.parameters.case_lists import CARE_GROUP, INSPECTED_CASES, CaseParameters, grouping
from helpers.parameters.values import Confidence, Correlation, distinct
from helpers.rounding import counts_from_percentage


def _not_all(share: float) -> float:
    if share >= 1:
        raise ValueError(f"is {share:g}; a court share lies below 1, since at 1 no start would be a caution")
    return share


def _several(services: int) -> int:
    if services < 2:
        raise ValueError(f"is {services}; one service does not show how much services differ, so 2 are the least")
    return services


class PrevalenceEstimates(CaseParameters):
    """Parameters of ``02_prevalence_estimates``."""

    cases: INSPECTED_CASES = SYNTHETIC
    group_by: Annotated[
        str,
        Field(description="column of that list by which its shares are split: care_group, year or one of your own; empty: none"),
        AfterValidator(grouping),
    ] = CARE_GROUP
    inspected_cases: Annotated[int, Field(ge=2, le=10_000_000, description="cases taken as the base of 26% and 21%")] = 1253
    other_bases: Annotated[
        list[Annotated[int, Field(ge=2, le=10_000_000)]],
        Field(max_length=20, description="other numbers of cases that the base might have been"),
        AfterValidator(distinct),
    ] = [500, 900, 2000]
    yots: Annotated[int, Field(description="services that the cases lie in"), AfterValidator(_several)] = 42
    yots_in_all: Annotated[
        int, Field(le=100_000, description="services that those could have been drawn from; there were 155 in 2024-25")
    ] = 155
    icc: Annotated[
        list[Correlation],
        Field(min_length=1, max_length=20, description="assumed correlations of cases in one service"),
        AfterValidator(distinct),
    ] = [0, 0.02, 0.05, 0.1]
    headline_icc: Annotated[Correlation, Field(description="the one of them behind the headline interval")] = 0.05
    court_shares: Annotated[
        list[Annotated[float, Field(ge=0), AfterValidator(_not_all)]],
        Field(
            min_length=1,
            max_length=20,
            description="assumed shares of starts that were court orders, below 1; the others were cautions",
        ),
        AfterValidator(distinct),
    ] = [0.3, 0.4, 0.5, 0.6, 0.7]
    in_care_at_start: Annotated[
        list[Annotated[float, Field(gt=0, le=1)]],
        Field(
            min_length=1, max_length=20, description="assumed parts of the 26% that were in care already when the sentence began"
        ),
        AfterValidator(distinct),
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
