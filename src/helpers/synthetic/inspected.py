"""Made-up inspected cases, calibrated to what the letter prints."""

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import pandas as pd
from scipy import optimize, special

from helpers import published
from helpers.errors import InputError
from helpers.ratings import CARE_GROUPS, QUESTIONS, STANDARDS
from helpers.synthetic.draws import apportioned, check, half_up, highest, normals, per_cent_of, uniforms
from helpers.synthetic.tables import BLANK, NO_YES, ROWS, Column, Columns, spelt_out

NOT_EVIDENCE = "calibrated to Table 1 and to 26% and 21%: that the synthetic cases reproduce these is no evidence for them"


CARE_SPLIT = {"in_care_inside": 206, "in_care_outside": 120}
YEARS = {"2018/19": 26, "2019/20": 16}
SIZE_CV = 0.5
SIZE_LEAST = 5
YOT_ICC = 0.05
CASE_CORRELATION = 0.30
# Latent scale: how alike cases of one team are in care and protection, and how care goes with protection.
CARE_ICC = 0.10
PROTECTION_ICC = 0.10
CARE_AND_PROTECTION = 0.40
APPLICABLE = {"desistance": 1.0, "child_safety": 0.90, "others_safety": 0.85}
# Ages of children on court orders, in per cent from `AGE_LEAST` years on.
AGE_LEAST, AGES_PER_CENT = 12, (2, 5, 12, 22, 32, 27)
# Cases that a second inspector read, and how often the two disagree.
TWICE, DISAGREEMENT = 0.15, 0.10
# Per cent sufficient, for desistance, child_safety and others_safety; the lowest of three lies in the band of Table 1.
PER_CENT = {
    ("assessment", "not_in_care"): (78, 74, 71),
    ("assessment", "in_care_inside"): (75, 70, 69),
    ("assessment", "in_care_outside"): (74, 68, 70),
    ("planning", "not_in_care"): (76, 70, 68),
    ("planning", "in_care_inside"): (71, 63, 60),
    ("planning", "in_care_outside"): (66, 58, 61),
    ("delivery", "not_in_care"): (77, 72, 70),
    ("delivery", "in_care_inside"): (73, 67, 69),
    ("delivery", "in_care_outside"): (68, 62, 60),
    ("reviewing", "not_in_care"): (74, 69, 67),
    ("reviewing", "in_care_inside"): (70, 61, 62),
    ("reviewing", "in_care_outside"): (65, 57, 59),
}


def inspected_cases(seed: int = 2021, cases: int = 1253, yots: int = 42) -> pd.DataFrame:
    """Made-up inspected cases, calibrated to Table 1 and to the two published shares.

    Parameters
    ----------
    seed : int
        From 0; the same seed gives the same cases.
    cases, yots : int
        Cases, and youth offending teams that they come from.

    Returns
    -------
    DataFrame
        case_id, yot, care_group, child_protection, year, the twelve key questions, the same as a second inspector found
        them in some cases, age and caseload. Text but for the last two; missing where a question does not apply.
        Each care group's lowest key question lies in the band of Table 1 wherever so many cases can.
        Judgements are alike within a team by `YOT_ICC` on the yes/no scale.

    Raises
    ------
    InputError
        No case, no team, more teams than cases, or a seed below 0.
    """
    return next(case_batches(seed, cases, yots, rows=None))


def case_batches(seed: int = 2021, cases: int = 1253, yots: int = 42, rows: int | None = ROWS) -> Iterator[pd.DataFrame]:
    """`inspected_cases`, in tables of so many rows (None: in one); raises as it does, at the first table."""
    yield from spelt_out(_cases(seed, cases, yots), rows)


def _cases(seed: int, cases: int, yots: int) -> Columns:
    check(seed, cases=cases, yots=yots)
    if yots > cases:
        raise InputError(f"yots: every team has a case, so there are at most {cases}; these are {yots}")
    yot = np.repeat(np.arange(yots), _team_sizes(seed, cases, yots))
    year = np.repeat(np.arange(len(YEARS)), apportioned(yots, np.array(list(YEARS.values()))))
    year = year[np.argsort(uniforms(seed, "year", yots), kind="stable")][yot]
    care, protection = _care_and_protection(seed, cases, yots, yot)
    digits = max(2, len(str(yots)))
    columns = {
        "case_id": Column(np.arange(1, cases + 1, dtype=np.int32), prefix="SYI-"),
        "yot": Column(yot.astype(np.int32), [f"Synthetic service {number:0{digits}d}" for number in range(1, yots + 1)]),
        "care_group": Column(care, CARE_GROUPS),
        "child_protection": Column(protection, NO_YES),
        "year": Column(year.astype(np.int8), list(YEARS)),
    }
    judged = dict(_judgements(seed, yots, yot, care))
    columns |= {name: Column(codes, NO_YES) for name, codes in judged.items()}
    columns |= {name: Column(codes, NO_YES) for name, codes in _read_twice(seed, judged)}
    ages = np.searchsorted(np.cumsum(AGES_PER_CENT), 100 * uniforms(seed, "age", cases), side="right")
    caseload = _caseloads(np.bincount(yot, minlength=yots))[yot]
    return columns | {"age": Column((AGE_LEAST + ages).astype(np.int8)), "caseload": Column(caseload.astype(np.int32))}


def _read_twice(seed: int, judged: dict[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    """What a second inspector found of some cases: the first one's answer, turned round by chance."""
    twice = uniforms(seed, "read twice", len(next(iter(judged.values())))) < TWICE
    for name, codes in judged.items():
        yes = max((codes == 1).sum(), 1) / max((codes != BLANK).sum(), 1)
        # As many turned either way on average, so that no inspector is stricter.
        rate = np.where(codes == 1, DISAGREEMENT / (2 * yes), DISAGREEMENT / (2 * max(1 - yes, 1e-9)))
        turned = uniforms(seed, f"second {name}", len(codes)) < np.minimum(rate, 1)
        yield f"{name}_second", np.where(twice & (codes != BLANK), codes ^ turned, BLANK).astype(np.int8)


def _caseloads(inspected: np.ndarray) -> np.ndarray:
    """The caseload of each team from which the recalled size of a sample would have drawn so many cases.

    ``n = n0 / (1 + (n0 - 1) / N)``, solved for N; small teams are inspected nearly in full.
    """
    rules = published.read("rating-rules").set_index("rule")["value"]
    reach = special.ndtri((1 + float(rules["sample_confidence"])) / 2)
    most = (reach / (float(rules["sample_margin"]) / 100)) ** 2 / 4
    taken = np.minimum(inspected, 0.9 * most)
    return np.maximum(inspected, np.rint(taken * (most - 1) / (most - taken)))


def _team_sizes(seed: int, cases: int, yots: int) -> np.ndarray:
    """Gamma quantiles in random order, on top of a least size: coefficient of variation near `SIZE_CV`."""
    mean = cases / yots
    least = max(1, min(SIZE_LEAST, cases // yots // 3))
    shape = max(1.0, ((1 - least / mean) / SIZE_CV) ** 2)
    place = np.argsort(uniforms(seed, "team size", yots), kind="stable")
    return least + apportioned(cases - least * yots, special.gammaincinv(shape, (place + 0.5) / yots))


def _care_and_protection(seed: int, cases: int, yots: int, yot: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes of care group, and of child protection: exact counts, those with the highest propensity."""
    shared = normals(seed, "care", cases)
    care_score = np.sqrt(CARE_ICC) * normals(seed, "care of team", yots)[yot] + np.sqrt(1 - CARE_ICC) * shared
    in_care = highest(care_score, per_cent_of(published.number("letter_in_care_during_sentence"), cases))
    outside = half_up(in_care.sum() * CARE_SPLIT["in_care_outside"] / sum(CARE_SPLIT.values()))
    score = np.sqrt(CARE_ICC) * normals(seed, "outside of team", yots)[yot]
    score += np.sqrt(1 - CARE_ICC) * normals(seed, "outside", cases)
    outside = highest(np.where(in_care, score, -np.inf), outside)
    own = CARE_AND_PROTECTION * shared + np.sqrt(1 - CARE_AND_PROTECTION**2) * normals(seed, "protection", cases)
    score = np.sqrt(PROTECTION_ICC) * normals(seed, "protection of team", yots)[yot] + np.sqrt(1 - PROTECTION_ICC) * own
    protection = highest(score, per_cent_of(published.number("letter_child_protection_or_section_47"), cases))
    return in_care.astype(np.int8) + outside, protection.astype(np.int8)


def _judgements(seed: int, yots: int, yot: np.ndarray, care: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Name and codes of the twelve key questions, from a latent normal of team, case and judgement."""
    team = normals(seed, "team effect", yots)[yot]
    case = normals(seed, "case effect", len(yot))
    applies = {name: uniforms(seed, f"applies {name}", len(yot)) < share for name, share in APPLICABLE.items()}
    members = [np.flatnonzero(care == group) for group in range(len(CARE_GROUPS))]
    asked = {
        (question, group): members[group][applies[question][members[group]]]
        for question in QUESTIONS
        for group in range(len(members))
    }
    for standard in STANDARDS:
        codes = {question: np.full(len(yot), BLANK, np.int8) for question in QUESTIONS}
        own = {question: normals(seed, f"judgement {standard} {question}", len(yot)) for question in QUESTIONS}
        for group, name in enumerate(CARE_GROUPS):
            shares = PER_CENT[standard, name]
            counts = _sufficient(standard, name, [len(asked[question, group]) for question in QUESTIONS])
            for question, share, count in zip(QUESTIONS, shares, counts, strict=True):
                rows = asked[question, group]
                by_team = latent_correlation(YOT_ICC, share / 100)
                by_case = latent_correlation(CASE_CORRELATION, share / 100) - by_team
                score = np.sqrt(by_team) * team[rows] + np.sqrt(by_case) * case[rows]
                score += np.sqrt(1 - by_team - by_case) * own[question][rows]
                codes[question][rows] = highest(score, count)
        yield from ((f"{standard}_{question}", codes[question]) for question in QUESTIONS)


def _sufficient(standard: str, group: str, asked: Sequence[int]) -> list[int]:
    """Sufficient cases of the three questions: the lowest per cent lies in the band, if so many cases can.

    None may fall below the band, and one must lie in it: the question that is lowest by `PER_CENT`, or where its number
    of cases has no whole per cent in the band, the next lowest that has.
    """
    low, high = _bands()[standard, group]
    plain = [per_cent_of(share, n) for share, n in zip(PER_CENT[standard, group], asked, strict=True)]
    ranges = [(-(-(2 * low - 1) * n // 200), ((2 * high + 1) * n - 1) // 200) for n in asked]
    by_share = sorted(range(len(asked)), key=lambda place: PER_CENT[standard, group][place])
    lowest = next((place for place in by_share if ranges[place][0] <= ranges[place][1]), None)
    if lowest is None:
        return plain
    counts = [max(count, least) for count, (least, _) in zip(plain, ranges, strict=True)]
    counts[lowest] = min(counts[lowest], ranges[lowest][1])
    return counts


@cache
def _bands() -> dict[tuple[str, str], tuple[int, int]]:
    """Lowest and highest whole per cent of the rating that Table 1 prints, by standard and care group."""
    bands = published.rating_bands().set_index("rating")
    limits = {rating: (row.lowest_per_cent, row.highest_per_cent) for rating, row in bands.iterrows()}
    return {(cell.standard, cell.care_group): limits[cell.rating] for cell in published.table_1().itertuples()}


@cache
def latent_correlation(correlation: float, share: float) -> float:
    """Correlation of two standard normals of which yes/no, cut so that `share` is yes, correlate by `correlation`.

    Both yes: ``share - 2 T(t, sqrt((1 - r) / (1 + r)))`` with Owen's T and t the quantile of `share`.

    Raises
    ------
    InputError
        Either is not between 0 and 1, both excluded.
    """
    if not (0 < correlation < 1 and 0 < share < 1):
        raise InputError(f"a correlation and a share lie between 0 and 1; these are {correlation} and {share}")
    cut, wanted = special.ndtri(share), share**2 + correlation * share * (1 - share)
    return optimize.brentq(lambda r: share - 2 * special.owens_t(cut, np.sqrt((1 - r) / (1 + r))) - wanted, 0, 1, xtol=1e-14)


def assumptions() -> list[tuple[str, str, str]]:
    """Assumption, value and reason of each."""
    split = " / ".join(str(count) for count in CARE_SPLIT.values())
    rows = [
        (
            "what the cases reproduce",
            NOT_EVIDENCE,
            "the counts were chosen so; only what was not calibrated is free to differ, and it rests on the rows below",
        ),
        (
            "base of the two shares",
            "all cases",
            "the letter gives 26% and 21% without a number of cases",
        ),
        ("in care, inside / outside the area", f"{split} of {sum(CARE_SPLIT.values())}", "the split is not published"),
        (
            "bands and lowest key question",
            "a standard is rated by its lowest key question, in whole per cents rounded half up",
            "recalled; the letter gives no rule, and no rule for many services together",
        ),
    ]
    for (standard, group), shares in PER_CENT.items():
        text = ", ".join(f"{question} {share}%" for question, share in zip(QUESTIONS, shares, strict=True))
        rows.append(
            (f"sufficient, {standard}, {group}", text, "only the band of the lowest is calibrated, per cents are not published")
        )
    return [
        *rows,
        (
            "a question applies to",
            ", ".join(f"{question} {share:.0%}" for question, share in APPLICABLE.items()),
            "not published; the same cases in all four standards",
        ),
        (
            "correlation of judgements within a team",
            f"{YOT_ICC}",
            "not published; on the yes/no scale, one effect of the team for all care groups and questions",
        ),
        (
            "correlation of two judgements of one case",
            f"{CASE_CORRELATION}",
            "not published; on the yes/no scale, for questions with the same share of yes",
        ),
        ("correlation of care within a team", f"{CARE_ICC}", "not published; latent normal scale"),
        ("correlation of child protection within a team", f"{PROTECTION_ICC}", "not published; latent normal scale"),
        (
            "correlation of care and child protection",
            f"{CARE_AND_PROTECTION}",
            "their overlap is not published; latent normal scale, within a team",
        ),
        (
            "cases of a team",
            f"coefficient of variation {SIZE_CV}, {SIZE_LEAST} at least where so many can be",
            "sizes are not published; unequal, as teams are",
        ),
        (
            "teams inspected in a year",
            ", ".join(f"{year}: {count} of {sum(YEARS.values())}" for year, count in YEARS.items()),
            "the letter gives no split; the year changes no judgement",
        ),
        (
            "cases read twice",
            f"{TWICE:.0%} of them; of the two inspectors' answers {DISAGREEMENT:.0%} differ",
            "not published; drawn at random, with no inspector stricter than the other",
        ),
        (
            "age",
            ", ".join(f"{AGE_LEAST + place}: {share}%" for place, share in enumerate(AGES_PER_CENT)),
            "not published; the age changes no judgement",
        ),
        (
            "caseload of a team",
            "that from which the recalled size of a sample gives its cases",
            "not published; small teams are inspected nearly in full",
        ),
        ("order of the rows", "by team", "no meaning"),
    ]
