"""The parameters of notebook 01."""

from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from pydantic import AfterValidator, Field, model_validator

from helpers import published, sites
from helpers.errors import InputError, did_you_mean
from helpers.parameters.base import NO_CASES, SYNTHETIC
from helpers.parameters.case_lists import CaseParameters, list_of_cases
from helpers.parameters.values import MANY, Confidence, Correlation, Day, distinct, not_blank, path, plain

# The outcome of the synthetic frame; a list of cases to draw from need not have any.
DEFAULT_OUTCOME = "sufficient"

_Area = Annotated[str, AfterValidator(not_blank)]
_Share = Annotated[float, Field(ge=0.01, le=1)]
_ABOUT_RETURNS = "what came back from the fieldwork: synthetic, a path to your own (CSV, XLSX or Parquet), or empty for none"


class FieldworkSampling(CaseParameters):
    """Parameters of ``01_fieldwork_sampling``."""

    frame: Annotated[str, list_of_cases("frame", "list of cases to draw from"), AfterValidator(path)] = SYNTHETIC
    areas: Annotated[
        list[_Area],
        Field(min_length=1, max_length=MANY, default_factory=published.areas, description="fieldwork areas"),
        AfterValidator(distinct),
    ]
    sites: Annotated[
        str,
        Field(
            description="table of areas (CSV) from which areas are selected by size instead", json_schema_extra={"table": True}
        ),
        AfterValidator(path),
    ] = ""
    size: Annotated[str, Field(description="column of that table with the size"), AfterValidator(not_blank)] = "homes"
    highest: Annotated[int, Field(ge=1, le=1_000, description="areas selected with the highest size")] = 5
    lowest: Annotated[int, Field(ge=0, le=1_000, description="areas selected with the lowest size, as a contrast")] = 1
    supplementary: Annotated[
        list[_Area],
        Field(max_length=MANY, description="areas outside the main fieldwork, drawn as an extra without weight"),
        AfterValidator(distinct),
    ] = []
    looked_after_only: Annotated[bool, Field(description="only children whom the list says to be looked after are eligible")] = (
        False
    )
    opened_from: Annotated[Day, Field(description="only cases opened on this day or later are eligible; empty: whenever")] = ""
    opened_to: Annotated[Day, Field(description="only cases opened on this day or before are eligible; empty: whenever")] = ""
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
        str, Field(description=_ABOUT_RETURNS, json_schema_extra={"contract": "judgements"}), AfterValidator(path)
    ] = ""
    audit: Annotated[
        str,
        Field(
            description="fieldwork_draw.json of the run that drew the cases; another design or list than there is refused",
            json_schema_extra={"audit": True},
        ),
        AfterValidator(path),
    ] = ""
    outcome: Annotated[
        str,
        Field(description="yes/no column of the judgements, or without them of the list, that is estimated; empty: draw only"),
        AfterValidator(plain),
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
        Field(min_length=1, max_length=20, description="mean numbers of cases expected in a stratum, where no list is at hand"),
        AfterValidator(distinct),
    ] = [2, 5, 10, 20]
    overdispersion: Annotated[float, Field(ge=1, le=100, description="variance over mean of that number; 1 is Poisson")] = 1
    usable: Annotated[
        list[_Share],
        Field(min_length=1, max_length=20, description="shares of cases drawn that can be judged, for the reserves needed"),
        AfterValidator(distinct),
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
        if self.opened_from and self.opened_to and self.opened_from > self.opened_to:
            raise ValueError(f"parameter opened_from: {self.opened_from} is after opened_to, {self.opened_to}; exchange them")
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
        for name in ("opened_from", "opened_to"):
            if getattr(self, name) and "opened" not in frame:
                raise ValueError(f"parameter {name}: the frame has no column opened; add it, or leave {name} out")
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
    return 'name yours, such as ["Leeds", "Kent"]; an empty frame plans without a list of cases'
