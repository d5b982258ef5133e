"""What of a sweep over supplied cases may leave: its tables together are one publication for disclosure control."""

import csv
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from helpers import prevalence
from helpers.parameters import Parameters
from helpers.published import EVIDENCE
from helpers.runs.grid import Grid

# Pure assumptions: no table made from cases depends on them. A parameter that is not named here is taken to choose, filter,
# draw, group or treat cases.
ASSUMPTIONS: dict[str, frozenset[str]] = {
    "01_fieldwork_sampling": frozenset(
        ("icc", "rho_between_arms", "margin", "margin_confidence", "expected_cases", "overdispersion", "usable")
    ),
    "02_prevalence_estimates": frozenset(
        (
            "inspected_cases",
            "other_bases",
            "yots",
            "yots_in_all",
            "icc",
            "headline_icc",
            "court_shares",
            "in_care_at_start",
            "draws",
        )
    ),
    "03_rating_comparisons": frozenset(("sizes", "inspection_ratings")),
    "04_evidence_ledger": frozenset(),
}
# Tables in which no row is ever made from cases.
WITHOUT_CASES: dict[str, frozenset[str]] = {
    "01_fieldwork_sampling": frozenset(
        ("fieldwork_sites", "fieldwork_precision", "fieldwork_sample_size", "fieldwork_shortfall", "fieldwork_reserves")
    ),
    "02_prevalence_estimates": frozenset(
        (
            "prevalence_figures",
            "prevalence_quotients",
            "prevalence_joint",
            "prevalence_sensitivity",
            "out_of_court_prevalence",
            "out_of_court_curve",
            "court_share_limits",
            "prevalence_simulation",
            "population_ratios",
        )
    ),
    "03_rating_comparisons": frozenset(
        (
            "rating_order",
            "rating_bounds",
            "rating_consequences",
            "rating_tests",
            "rating_lattice",
            "rating_pooled",
            "rating_envelope",
            "rating_cases_needed",
            "rating_power",
            "rating_by_chance",
            "rating_distribution",
        )
    ),
    "04_evidence_ledger": frozenset(("evidence_ledger", "evidence_answers")),
}
# Rows that are called supplied since they rest on a number of the user's own, and not on cases: claims that a letter prints.
CLAIMS_OF_A_LETTER = {"prevalence_estimates": frozenset(prevalence.SHARES)}


def supplied(sets: Iterable[Parameters]) -> bool:
    """Whether a set reads a case list of the user's own."""
    return any(model.case_lists() for model in sets)


def touches_cases(grid: Grid) -> str:
    """Why all of a sweep stays with the team, by what its grid varies; empty where that is no reason."""
    if not supplied(grid.sets):
        return ""
    touching = [name for name in grid.differing() if name not in ASSUMPTIONS[grid.notebook.stem]]
    if not touching:
        return ""
    return (
        f"its sets differ in {', '.join(touching)}, which bears on results of your own cases, and such results side by side "
        "can give away what each of them hides"
    )


def differs(stem: str, folders: Sequence[Path]) -> str:
    """Why all of a sweep stays with the team, by what its sets made; empty where that is no reason.

    Parameters
    ----------
    stem : str
        Of the notebook.
    folders : sequence of Path
        One a set.
    """
    expected: dict[str, bytes] | None = None
    for folder in folders:
        found = {
            path.stem: _of_cases(path)
            for path in sorted((folder / "tables").glob("*.csv"))
            if path.stem not in WITHOUT_CASES[stem]
        }
        expected = found if expected is None else expected
        names = sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))
        if names:
            return f"{names[0]}, a table made from your own cases, is not the same in all sets"
    return ""


def _of_cases(path: Path) -> bytes:
    """A digest of a table but for its rows that are made from what is published."""
    content = hashlib.sha256()
    printed = CLAIMS_OF_A_LETTER.get(path.stem, frozenset())
    with path.open(encoding="utf-8", newline="") as handle:
        rows = csv.DictReader(handle, strict=True)
        content.update(repr(rows.fieldnames).encode())
        for row in rows:
            if row["evidence"] != EVIDENCE and row.get("claim") not in printed:
                content.update(repr(list(row.values())).encode())
    return content.digest()
