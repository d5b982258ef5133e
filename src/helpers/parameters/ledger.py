"""The parameters of notebook 04."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from helpers.datapackage import verify_run
from helpers.parameters.base import RESTRICTED, Parameters
from helpers.parameters.values import path


def _is_a_run(run: str) -> str:
    if run:
        folder = Path(path(run))
        _must_be_for_release(folder)
        verify_run(folder)
    return run


def _must_be_for_release(folder: Path) -> None:
    """Refuse the full tables that a run keeps for the team: what is made of them would leave with this run."""
    there = folder.resolve()
    for place in (there, *there.parents):
        if place.name == RESTRICTED and any((above / "manifest.json").is_file() for above in (place, place.parent)):
            raise ValueError(f"lies in {RESTRICTED} of a run, which is not for release; name the run folder above it")


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
