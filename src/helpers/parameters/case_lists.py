"""What every notebook takes that reads a list of cases."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from helpers import published, suppression
from helpers.datapackage import resource_path
from helpers.errors import InputError
from helpers.parameters.base import NO_CASES, RESTRICTED, SYNTHETIC, Parameters, marked
from helpers.parameters.values import path, plain

# The column that every list of inspected cases has to group them by.
CARE_GROUP = "care_group"


def _preset(name: str) -> str:
    suppression.rules(plain(name))
    return name


def list_of_cases(contract: str, meaning: str) -> Any:
    """The field of a parameter that takes a list of cases."""
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
        return list(marked(type(self), "withheld")) if secret else []

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


def grouping(column: str) -> str:
    """Refuse a column by which cases are not grouped."""
    plain(column)
    if column not in ("", CARE_GROUP):
        from helpers.cases import check_grouping

        check_grouping("cases", column)
    return column


INSPECTED_CASES = Annotated[str, list_of_cases("cases", "list of inspected cases"), AfterValidator(path)]
