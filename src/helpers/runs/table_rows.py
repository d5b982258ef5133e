"""What identifies a row of each public table, so that the rows of two runs can be held against each other."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

# The columns that say of what a row is; the others are what is said of it. A table without any has one row.
KEYS: dict[str, tuple[str, ...]] = {
    # What was asked for and what was drawn stand in one table, the one published and the other not.
    "fieldwork_allocation": ("area", "arm", "evidence"),
    "fieldwork_sites": ("area",),
    "fieldwork_policies": ("policy", "area", "arm"),
    "fieldwork_supplementary": ("area", "arm"),
    "fieldwork_response": ("group",),
    "fieldwork_estimates": ("outcome", "group", "population", "method"),
    "fieldwork_sample_size": ("population", "icc", "rho_between_arms"),
    "fieldwork_shortfall": ("expected_cases", "shortfall"),
    "fieldwork_reserves": ("usable",),
    "fieldwork_scope": ("step",),
    "fieldwork_precision": ("group", "icc", "rho_between_arms", "level", "reading"),
    "prevalence_figures": ("claim", "reading"),
    "prevalence_quotients": ("quotient", "reading"),
    "prevalence_estimates": ("claim", "method", "rounding", "icc"),
    "prevalence_joint": ("set",),
    "prevalence_sensitivity": ("claim", "assumption", "value"),
    "prevalence_by_group": ("claim", "group_by", "group"),
    "out_of_court_prevalence": ("court_share", "in_care_at_start", "uncertainty"),
    "out_of_court_curve": ("court_share", "in_care_at_start", "uncertainty"),
    "court_share_limits": ("in_care_at_start", "uncertainty"),
    "prevalence_simulation": ("quantity", "in_care_at_start", "court_share", "probability"),
    "population_ratios": ("comparison", "step"),
    "rating_order": ("group", "reference"),
    "rating_bounds": ("standard", "group", "reference", "convention"),
    "rating_consequences": ("what",),
    "rating_tests": ("test", "group", "reference"),
    "rating_lattice": ("group", "rating"),
    "rating_pooled": ("standard", "groups"),
    "rating_envelope": ("standard", "group", "reference"),
    "rating_cases_needed": ("share", "rating", "deff"),
    "rating_power": ("group", "reference", "reference_share", "share", "deff"),
    "rating_by_chance": ("shares", "group", "deff"),
    "ratings": ("standard", "question", "care_group"),
    "ratings_by_group": ("group_by", "group", "standard", "question"),
    "ratings_weighted": ("standard", "question", "group", "weights"),
    "rating_comparisons": ("standard", "question", "group", "reference", "adjusted_for", "weights", "family"),
    "rating_ordinal": ("group", "reference", "measure"),
    "rating_probabilities": ("standard", "group", "question", "method"),
    "rating_lowest": ("standard", "group"),
    "rating_whole_table": (),
    "inspector_agreement": ("judgement",),
    "inspector_lowest": ("standard", "group"),
    "rating_distribution": ("year", "item", "rating"),
    "disclosure": ("table", "row", "column", "rule"),
    "evidence_ledger": ("claim",),
    "evidence_answers": ("line",),
}
Row = Mapping[str, str]
# The identifying cells with their columns, and which of the rows alike it is, from 1.
RowName = tuple[tuple[tuple[str, str], ...], int]


def named(table: str, rows: Iterable[Row], columns: Sequence[str]) -> dict[RowName, Row]:
    """The rows by what identifies them; rows alike are told apart by their order.

    Parameters
    ----------
    table : str
        One that is not in `KEYS` has its rows told apart by their order alone.
    rows : iterable of mapping
    columns : sequence of str
        The columns that may identify a row: those that both runs have.
    """
    seen: Counter[tuple[tuple[str, str], ...]] = Counter()
    found = {}
    for row in rows:
        cells = tuple((column, row[column]) for column in KEYS.get(table, ()) if column in columns and _tells(table, column, row))
        seen[cells] += 1
        found[cells, seen[cells]] = row
    return found


def _tells(table: str, column: str, row: Row) -> bool:
    """Whether the cell identifies its row; a correlation is assumed in some rows and found from a list of cases in others."""
    return not (table == "prevalence_estimates" and column == "icc" and row.get("claim", "").startswith("cases_"))


def in_words(name: RowName) -> str:
    """A row for people.

    Examples
    --------
    >>> in_words(((("standard", "planning"), ("group", "in_care_inside")), 1))
    'standard planning, group in_care_inside'
    >>> in_words(((), 2))
    'row 2'
    """
    cells, number = name
    # What does not apply says nothing, unless nothing applies.
    cells = tuple(cell for cell in cells if cell[1] != "[z]") or cells
    if not cells:
        return f"row {number}"
    said = ", ".join(f"{column} {value}" for column, value in cells)
    return said if number == 1 else f"{said} (number {number} of these)"
