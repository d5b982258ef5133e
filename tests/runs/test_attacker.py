"""A reader who wants to find a child, against the tables that a run releases; and that this reader is no fool."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from helpers import (
    case_prevalence,
    case_ratings,
    contracts,
    disclosure,
    draw,
    eligibility,
    estimates,
    paths,
    published,
    ratings,
    results,
    returns,
    shares,
    suppression,
)
from helpers import cases as case_lists
from helpers.disclosure import derived, spread
from helpers.parameters import RatingComparisons
from tests import attacker
from tests.attacker import HIDDEN, Known
from tests.test_disclosure import tables_of

BANDS = published.rating_bands()
PRESETS = list(suppression.presets())
# The smallest example is of use to who mends the defence, and takes minutes: ask for it with Phase.shrink.
PHASES = (Phase.explicit, Phase.generate)
FEW = settings(
    deadline=None, max_examples=15, derandomize=True, phases=PHASES, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
MORE = settings(FEW, max_examples=40)


# ---------------------------------------------------------------------------------------------------- releases, and lists


def written(tables, folder):
    for name, table in tables.items():
        results.write_table(table, name, str(folder))
    return attacker.read(folder)


def release_of_cases(cases, preset, folder, confidence=0.95, group_by="care_group"):
    """What is released of inspected cases, the truth, and what the attacker knows beside it."""
    found, groups = shares.of_cases(cases, confidence, BANDS), shares.by_group(cases, group_by, confidence)
    found = found.join(case_ratings.probabilities(found, BANDS))
    treated = disclosure.treat_shares(cases, found, suppression.rules(preset), group_by, groups)
    log = treated.public().assign(evidence="supplied")
    both = [
        {
            "ratings": ratings.of_shares(tables["shares"], "supplied"),
            "prevalence_estimates": case_prevalence.of_shares(tables["shares"], "supplied"),
            "prevalence_by_group": case_prevalence.of_groups(tables["groups"], group_by, "supplied"),
            "disclosure": log,
        }
        for tables in (treated.tables, {"shares": found, "groups": groups})
    ]
    return written(both[0], folder / "released"), written(both[1], folder / "full"), knowledge(cases, found, preset, groups)


def knowledge(cases, found, preset, groups=None):
    sizes = cases["care_group"].value_counts()
    own = found[found["from_question"] == ""].rename(columns={"count": "yes"})
    keys = {
        row.Index: (row.standard, row.question, row.care_group) if row.standard else (f"cases_{row.share}",)
        for row in own.itertuples()
    }
    whole = frozenset(keys[row.Index] for row in own.itertuples() if row.standard and row.base == sizes[row.care_group])
    of_all = any(row.share == "child_protection" and row.base == len(cases) for row in own.itertuples())
    services = {keys[row.Index]: row.services for row in own.itertuples()}
    for share, rows in () if groups is None else groups.groupby("share", sort=False):
        services |= {(f"cases_{share}", place): row.services for place, row in enumerate(rows.itertuples(), start=1)}
    return Known(preset, whole, of_all, services)


def tables_of_frame(frame, areas, cases_per_arm=5, shortfall="top_up", looked_after_only=False, **time):
    """All that is made of a frame without an outcome, in full."""
    counted = eligibility.eligible(frame, areas, looked_after_only, **time)
    policies = {name: draw.allocate(counted.cases, areas, cases_per_arm, name, "supplied") for name in draw.POLICIES}
    allocation = policies[shortfall]
    made = {
        "fieldwork_scope": counted.funnel("supplied"),
        "fieldwork_allocation": allocation,
        "fieldwork_policies": pd.concat([table.assign(policy=name) for name, table in policies.items()], ignore_index=True),
        "fieldwork_supplementary": allocation.iloc[:0],
    }
    promised = contracts.TABLES | contracts.RESTRICTED
    nothing = ("fieldwork_response", "fieldwork_estimates", "fieldwork_response_by_stratum")
    made |= {name: pd.DataFrame(columns=list(promised[name])) for name in nothing}
    return {name: table[list(promised[name])].reset_index(drop=True) for name, table in made.items()}


ATTACKED = ("fieldwork_scope", "fieldwork_allocation", "fieldwork_policies")


def release_of_frame(frame, areas, preset, folder, **more):
    """What is released of a frame, the truth, and what the attacker knows beside it."""
    made = tables_of_frame(frame, areas, **more)
    treated = disclosure.treat_fieldwork(made, suppression.rules(preset))
    log = {"disclosure": treated.public().assign(evidence="supplied")}
    shown, full = ({name: tables[name] for name in ATTACKED} | log for tables in (treated.tables, made))
    return written(shown, folder / "released"), written(full, folder / "full"), Known(preset)


def inspected(sizes, services=6, share=0.6, by_question=True, protection=0.3, not_applicable=0.0, seed=1, regions=3):
    """Made-up inspected cases: `sizes` of the care groups, a share of sufficient, services and regions at random."""
    rng, number = np.random.default_rng(seed), sum(sizes)
    groups = pd.Categorical(np.repeat(list(ratings.CARE_GROUPS), sizes), ratings.CARE_GROUPS)
    cases = pd.DataFrame({"case_id": [f"E-{row}" for row in range(number)], "care_group": groups})
    cases.insert(1, "yot", [f"service {service}" for service in rng.integers(0, services, number)])
    if protection is not None:
        cases["child_protection"] = pd.array(rng.random(number) < protection, dtype="boolean")
    for standard in ratings.STANDARDS:
        for question in ratings.QUESTIONS if by_question else ("",):
            judged = pd.array(rng.random(number) < share, dtype="boolean")
            if question not in ("", "desistance"):
                judged[rng.random(number) < not_applicable] = pd.NA
            cases[f"{standard}_{question}".rstrip("_")] = judged
    # Of four regions the last is blank, and some are small.
    drawn = rng.choice(4, number, p=[0.55, 0.3, 0.1, 0.05]) % regions
    cases["region"] = pd.Categorical.from_codes(np.where(drawn == 3, -1, drawn), ["east", "north", "west"])
    return cases


def frame_of(strata, twice=0, inside=0, elsewhere=0):
    """A made-up frame: cases of each stratum, (area, arm) -> number; `twice` are placed by the last area in the first."""
    areas = list(dict.fromkeys(area for area, _ in strata))
    homes = [
        (area, "Far") if arm == "placed_out" else ("Far", area) for (area, arm), number in strata.items() for _ in range(number)
    ]
    homes += [(areas[-1], areas[0])] * twice + [(areas[0], areas[0])] * inside + [("Far", "Near")] * elsewhere
    frame = pd.DataFrame(homes, columns=["home_area", "supervising_area"])
    frame.insert(0, "case_id", [f"E-{row}" for row in range(len(frame))])
    return frame


def said(leaks):
    return "\n".join(map(str, leaks))


def no_case_leaks(folder, cases, preset, confidence=0.95, group_by="care_group"):
    # Nothing is left to try of a reader who knows less.
    release = attacker.told(*release_of_cases(cases, preset, folder, confidence, group_by))
    leaks = attacker.share_leaks(*release) + attacker.group_leaks(*release)
    assert not leaks, f"{preset}:\n{said(leaks)}"


def no_frame_leaks(folder, frame, areas, preset, **more):
    leaks = attacker.fieldwork_leaks(*release_of_frame(frame, areas, preset, folder, **more))
    assert not leaks, f"{preset}:\n{said(leaks)}"


@pytest.fixture(scope="module")
def synthetic_cases():
    return case_lists.read(paths.DATA / "synthetic" / "synthetic_inspected_cases.csv", "cases").table


@pytest.fixture(scope="module")
def synthetic_frame():
    return case_lists.read(paths.DATA / "synthetic" / "synthetic_sampling_frame.csv", "frame").table


# ------------------------------------------------------------------------------------------------- the attacker can bite


def put(tables, name, where, **values):
    """The tables with other cells in the rows that `where` picks, column -> value."""
    table = tables[name].copy()
    for column, value in values.items():
        table.loc[(table[list(where)] == pd.Series(where)).all(axis=1), column] = value
    return tables | {name: table}


def pick(tables, name, **where):
    table = tables[name]
    (row,) = table[(table[list(where)] == pd.Series(where)).all(axis=1)].to_dict("records")
    return row


ONE_RATING = {"standard": "assessment", "question": "lowest", "care_group": "in_care_outside"}


@pytest.fixture
def safe_cases(tmp_path):
    """A release without a leak, in which the base of a share is shown and its count hidden: 33 of 38 are sufficient."""
    cases = inspected((70, 40, 38), by_question=False, protection=None, share=0.5)
    outside = cases.index[cases["care_group"] == "in_care_outside"]
    cases.loc[outside, "assessment"] = [True] * 33 + [False] * 5
    released, full, known = release_of_cases(cases, "default", tmp_path)
    row = pick(released, "ratings", **ONE_RATING)
    assert (row["cases"], row["sufficient"]) == ("40", HIDDEN)
    assert attacker.share_leaks(released, full, known) == []
    return released, full, known


@pytest.mark.parametrize("column", ["percentage", "rating"])
def test_a_rate_of_a_hidden_count_is_found(safe_cases, column):
    released, full, known = safe_cases
    broken = put(released, "ratings", ONE_RATING, **{column: pick(full, "ratings", **ONE_RATING)[column]})
    assert "assessment, lowest, in_care_outside, no" in said(attacker.share_leaks(broken, full, known))


@pytest.mark.parametrize("digits", [0, 9])
def test_limits_of_a_hidden_count_are_found_in_full_and_in_whole_per_cents(safe_cases, digits):
    released, full, known = safe_cases
    row = pick(full, "ratings", **ONE_RATING)
    scale = 10**digits
    lower, upper = np.floor(float(row["lower"]) * scale) / scale, np.ceil(float(row["upper"]) * scale) / scale
    limits = {"lower": str(lower), "upper": str(upper), "se": str(round(float(row["se"]), digits + 1))}
    broken = put(released, "ratings", ONE_RATING, **limits)
    assert "assessment, lowest, in_care_outside, no" in said(attacker.share_leaks(broken, full, known))


def test_limits_in_full_of_shown_counts_are_found(tmp_path):
    """Counts to the nearest 10 and limits in whole per cents leave some counts open."""
    cases = inspected((600, 400, 500), by_question=False, protection=None, share=0.5)
    released, full, known = release_of_cases(cases, "dfe", tmp_path)
    row = pick(released, "ratings", **ONE_RATING)
    before = attacker.attack_shares(released, known)["assessment, lowest, in_care_outside, yes"]
    true = pick(full, "ratings", **ONE_RATING)
    assert row["sufficient"] != HIDDEN and len(before) > 1
    broken = put(released, "ratings", ONE_RATING, **{name: true[name] for name in ("lower", "upper", "se")})
    after = attacker.attack_shares(broken, known)["assessment, lowest, in_care_outside, yes"]
    assert len(after) < len(before) and int(float(true["sufficient"])) in after


def test_a_lone_hidden_count_in_a_shown_total_is_found(tmp_path):
    released, full, known = release_of_cases(inspected((70, 4, 40), by_question=False), "acro", tmp_path)
    assert attacker.share_leaks(released, full, known) == []
    for standard in ratings.STANDARDS:
        where = ONE_RATING | {"standard": standard}
        released = put(released, "ratings", where, cases=pick(full, "ratings", **where)["cases"])
    assert attacker.attack_shares(released, known)["in_care_inside"] == {4}
    assert "in_care_inside" in said(attacker.share_leaks(released, full, known))


def test_a_method_printed_of_a_hidden_count_is_found(tmp_path):
    cases = inspected((40, 30, 30), by_question=False).assign(child_protection=pd.array([False] * 100, dtype="boolean"))
    released, full, known = release_of_cases(cases, "default", tmp_path)
    where = {"claim": "cases_child_protection"}
    safe = put(released, "prevalence_estimates", where, lower=HIDDEN)
    broken = put(released, "prevalence_estimates", where | {"method": "logit_t"}, lower=attacker.BLANK)
    assert attacker.share_leaks(safe, full, known) == []
    (leak,) = attacker.share_leaks(broken, full, known)
    assert leak.name == "child_protection, yes" and 1 in leak.lacking


@pytest.mark.parametrize("group_by", ["care_group", "region"])
def test_a_count_of_a_group_that_is_hidden_beside_a_shown_total_is_found(group_by, tmp_path):
    """One part of a total hidden, and the others shown in full, as if each table had been treated by itself."""
    cases = inspected((90, 60, 40), by_question=False, protection=0.5)
    small = cases.index[(cases["care_group"] == "in_care_outside")][:36]
    cases.loc[small, "child_protection"] = False
    cases["region"] = cases["care_group"].where(cases["care_group"] != "in_care_inside", "not_in_care")
    release = release_of_cases(cases, "acro", tmp_path, group_by=group_by)
    assert attacker.group_leaks(*release) == []
    released, full, known = release
    rows = full["prevalence_by_group"].copy()
    hidden = (rows["claim"] == "cases_child_protection") & (rows["count"].astype(int) < 10)
    assert hidden.sum() == 1
    rows.loc[hidden, ["count", "estimate", "se", "deff", "lower", "upper", "method"]] = HIDDEN
    leaks = attacker.group_leaks(released | {"prevalence_by_group": rows}, full, known)
    assert any(leak.why == "a small count" and "cases_child_protection" in leak.name for leak in leaks)


def test_a_group_does_not_show_a_count_that_another_table_hides(tmp_path):
    """Six children outside: those inside are hidden for them, and a table by care group would show their number."""
    cases = inspected((200, 60, 6), by_question=False, protection=0.5)
    released, full, known = release_of_cases(cases, "acro", tmp_path)
    assert attacker.group_leaks(released, full, known) == []
    where = {"claim": "cases_child_protection", "group": "in_care_inside"}
    groups = full["prevalence_by_group"]["group"]
    broken = released | {"prevalence_by_group": released["prevalence_by_group"].assign(group=groups)}
    assert pick(broken, "prevalence_by_group", **where)["n"] == HIDDEN
    leaks = attacker.group_leaks(put(broken, "prevalence_by_group", where, n="60"), full, known)
    assert any(leak.truth == 6 for leak in leaks)


SHORT = {("A", "hosted"): 3, ("A", "placed_out"): 25, ("B", "hosted"): 18, ("B", "placed_out"): 40}


@pytest.fixture
def safe_frame(tmp_path):
    """A release without a leak: a short stratum of 3, hidden, and another hidden for it."""
    released, full, known = release_of_frame(frame_of(SHORT, elsewhere=100), ["A", "B"], "default", tmp_path)
    assert attacker.fieldwork_leaks(released, full, known) == []
    return released, full, known


def test_a_number_drawn_in_a_short_stratum_is_found(safe_frame):
    released, full, known = safe_frame
    for column, value in (("drawn", "3"), ("shortfall", "2")):
        broken = put(released, "fieldwork_allocation", {"area": "A", "arm": "hosted"}, **{column: value})
        assert "A, hosted" in said(attacker.fieldwork_leaks(broken, full, known))


def test_a_top_up_that_is_shown_is_found(safe_frame):
    released, full, known = safe_frame
    broken = put(released, "fieldwork_allocation", {"area": "A", "arm": "placed_out"}, drawn="7", topped_up="2")
    assert "A, hosted" in said(attacker.fieldwork_leaks(broken, full, known))


@pytest.mark.parametrize(("column", "value"), [("weight", str(3 / 5)), ("inclusion_probability", str(5 / 3))])
def test_a_weight_of_the_true_number_is_found(safe_frame, column, value):
    released, full, known = safe_frame
    broken = put(released, "fieldwork_allocation", {"area": "A", "arm": "hosted"}, **{column: value})
    assert "A, hosted" in said(attacker.fieldwork_leaks(broken, full, known))


def test_a_lone_hidden_stratum_is_found(tmp_path):
    released, full, known = release_of_frame(frame_of(SHORT, elsewhere=100), ["A", "B"], "acro", tmp_path)
    allocation, scope = released["fieldwork_allocation"], released["fieldwork_scope"]
    allocation["eligible"] = [HIDDEN if true == "3" else true for true in full["fieldwork_allocation"]["eligible"]]
    scope["cases"] = [HIDDEN if true == "0" else true for true in full["fieldwork_scope"]["cases"]]
    whole = allocation["area"] == "B"
    allocation[whole] = full["fieldwork_allocation"][whole]
    reader = attacker.attack_fieldwork(released, known)
    assert [value for value in range(60) if reader.allows("A, hosted", value)] == [3]
    assert "A, hosted" in said(attacker.fieldwork_leaks(released, full, known))


def test_what_the_attacker_finds_of_two_hidden_parts_of_a_shown_total_is_what_a_hand_finds():
    tables = {
        "fieldwork_scope": pd.DataFrame(
            {"step": ["listed", "out_of_scope", "eligible", "eligible_twice"], "cases": ["40", "25", "15", HIDDEN]}
        ),
        "fieldwork_allocation": pd.DataFrame(
            {"area": "A", "arm": attacker.ARMS, "eligible": HIDDEN, "requested": "5", "drawn": HIDDEN}
            | dict.fromkeys(["topped_up", "shortfall", "weight", "inclusion_probability"], HIDDEN)
        ),
        "disclosure": pd.DataFrame(columns=["table", "row", "column", "rule", "action"]),
    }
    for preset, fewest, most in (("acro", 15, 15), ("default", 13, 17)):
        reader = attacker.attack_fieldwork(tables, Known(preset))
        assert [value for value in range(30) if reader.allows("A, hosted", value)] == list(range(most + 1))
        assert [value for value in range(30) if reader.allows("eligible", value)] == list(range(fewest, most + 1))


# ----------------------------------------------------------------------------------- what an attacker found, and was closed


@pytest.mark.parametrize("preset", PRESETS)
def test_a_base_nearly_as_large_as_its_group_does_not_give_the_group_away(preset, tmp_path):
    """Two cases out of 40 to which a question does not apply: the group is at least as large as the base shown."""
    cases = inspected((100, 4, 40))
    two = cases.index[cases["care_group"] == "in_care_outside"][:2]
    cases.loc[two, [f"{standard}_child_safety" for standard in ratings.STANDARDS]] = pd.NA
    no_case_leaks(tmp_path, cases, preset)


def test_cases_of_unknown_protection_do_not_give_the_number_of_cases_away(tmp_path):
    cases = inspected((12, 20, 3), by_question=False)
    cases.loc[:1, "child_protection"] = pd.NA
    for preset in PRESETS:
        no_case_leaks(tmp_path, cases, preset)


def test_the_method_of_a_hidden_share_does_not_say_that_it_is_none(tmp_path):
    cases = inspected((40, 30, 30), by_question=False).assign(child_protection=pd.array([False] * 100, dtype="boolean"))
    no_case_leaks(tmp_path, cases, "default")


def test_a_count_shown_under_a_minimum_denominator_does_not_bound_its_base(tmp_path):
    """Of 3 and 20 cases in care 23 are shown; that a count of the 20 is shown says that they are 20 at least."""
    no_case_leaks(tmp_path, inspected((100, 3, 20), by_question=False, share=0.5), "fieldwork")


def test_numbers_drawn_that_are_shown_do_not_tell_a_large_stratum_from_a_small_one(tmp_path):
    """Both are hidden and make 15 together; the numbers drawn are shown where a stratum has ten cases or more."""
    strata = {("A", "hosted"): 3, ("A", "placed_out"): 30, ("B", "hosted"): 12, ("B", "placed_out"): 30}
    no_frame_leaks(tmp_path, frame_of(strata, elsewhere=100), ["A", "B"], "acro")


def test_numbers_drawn_that_are_hidden_do_not_bound_the_strata(tmp_path):
    """Each of two areas hides one stratum and what is drawn, so each of the two has fewer than ten; they make 15 together."""
    strata = {("A", "hosted"): 44, ("A", "placed_out"): 7, ("B", "hosted"): 49, ("B", "placed_out"): 8}
    no_frame_leaks(tmp_path, frame_of(strata, elsewhere=100), ["A", "B"], "acro")


def test_cases_eligible_twice_do_not_bound_the_hosted_ones(tmp_path):
    """All that are eligible twice are hosted: 15 of them leave hosted strata with 15 at least."""
    strata = {("A", "hosted"): 0, ("A", "placed_out"): 30, ("B", "hosted"): 3, ("B", "placed_out"): 30}
    frame = frame_of(strata, twice=15, elsewhere=100)
    for preset in ("acro", "welsh_government", "youth_justice_dashboard"):
        no_frame_leaks(tmp_path, frame, ["A", "B"], preset)


def test_hosted_cases_from_outside_all_areas_are_not_left_over(tmp_path):
    """17 are hosted and 15 of these are eligible twice: 2 come from elsewhere."""
    strata = {("A", "hosted"): 2, ("A", "placed_out"): 30, ("B", "hosted"): 40, ("B", "placed_out"): 30}
    frame = pd.concat(
        [frame_of(strata, twice=15, elsewhere=100), frame_of({("B", "hosted"): 0, ("A", "placed_out"): 0}, twice=40)]
    )
    frame = frame.assign(case_id=[f"E-{row}" for row in range(len(frame))])
    frame = frame[~((frame["home_area"] == "Far") & (frame["supervising_area"] == "B"))]
    for preset in ("acro", "welsh_government"):
        no_frame_leaks(tmp_path, frame, ["A", "B"], preset)


@pytest.mark.parametrize("preset", ["default", "welsh_government", "fieldwork"])
def test_cases_of_one_service_are_treated(preset, tmp_path):
    no_case_leaks(tmp_path, inspected((40, 30, 30), services=1, share=0.5), preset)


def test_a_share_that_is_the_same_in_all_services_is_treated(tmp_path):
    """The error is 0 then, and so is the design effect."""
    cases = inspected((24, 24, 24), by_question=False, share=0.5)
    cases["yot"] = np.where(cases.index % 2, "service 1", "service 2")
    for preset in PRESETS:
        no_case_leaks(tmp_path, cases, preset)


def test_limits_without_an_error_do_not_tell_the_base(tmp_path):
    """Where none of a group is sufficient the upper limit depends on the number of cases alone, which is rounded."""
    cases = inspected((19, 13, 4), services=4, by_question=False, protection=0.0, seed=0)
    cases["assessment"] = pd.array([False] * 36, dtype="boolean")
    no_case_leaks(tmp_path, cases, "dfe")


@pytest.mark.parametrize("yes", [(13, 0), (13, 1)])
def test_the_error_of_two_services_does_not_tell_the_counts(yes, tmp_path):
    """Two services with 13 cases in care each, and three other cases: with an error of 46.2 points 23 to 27 cases are 26."""
    groups = ["not_in_care"] * 2 + ["in_care_inside"] * 26 + ["in_care_outside"]
    cases = pd.DataFrame({"case_id": range(29), "care_group": pd.Categorical(groups, ratings.CARE_GROUPS)})
    cases["yot"] = ["A", "B", *"A" * 13, *"B" * 13, "A"]
    sufficient = [True] * 2 + [number < most for most in yes for number in range(13)] + [False]
    cases = cases.assign(**{standard: pd.array(sufficient, dtype="boolean") for standard in ratings.STANDARDS})
    no_case_leaks(tmp_path, cases, "default")


def test_a_group_may_be_called_as_a_cell_is(tmp_path):
    cases = inspected((120, 60, 40), by_question=False)
    cases["region"] = pd.Categorical(np.where(cases.index % 3, "west", "west, not"))
    no_case_leaks(tmp_path, cases, "default", group_by="region")


# ------------------------------------------------------------------------------------------------------- lists of all kinds


def four_standards(cases):
    """The same cases with one judgement a standard."""
    questions = [f"{standard}_{question}" for standard in ratings.STANDARDS for question in ratings.QUESTIONS]
    own = {standard: cases[f"{standard}_child_safety"] for standard in ratings.STANDARDS}
    return cases.drop(columns=questions).assign(**own)


@pytest.mark.parametrize(("preset", "services"), list(zip(PRESETS, (2, 3, 4, 5, 6, 8, 9, 10), strict=True)))
@pytest.mark.parametrize("shape", ["questions", "standards"])
def test_few_services_of_the_synthetic_cases_resist(synthetic_cases, preset, services, shape, tmp_path):
    names = sorted(synthetic_cases["yot"].unique())[3 : 3 + services]
    cases = synthetic_cases[synthetic_cases["yot"].isin(names)].reset_index(drop=True)
    no_case_leaks(tmp_path, four_standards(cases) if shape == "standards" else cases, preset)


@pytest.mark.parametrize("number", [1, 2, 3, 6])
@pytest.mark.parametrize("preset", PRESETS)
def test_few_areas_of_the_synthetic_frame_resist(synthetic_frame, preset, number, tmp_path):
    no_frame_leaks(tmp_path, synthetic_frame, published.areas()[-number:], preset)


SHARES = (0.0, 0.03, 0.3, 0.5, 0.8, 0.97, 1.0)


@FEW
@given(
    preset=st.sampled_from(PRESETS),
    sizes=st.tuples(*[st.integers(0, 40)] * 3).filter(any),
    services=st.integers(1, 5),
    share=st.sampled_from(SHARES),
    protection=st.sampled_from((None, *SHARES)),
    not_applicable=st.sampled_from((0.0, 0.05, 0.3)),
    by_question=st.booleans(),
    seed=st.integers(0, 10**6),
    regions=st.integers(1, 4),
    group_by=st.sampled_from(("care_group", "region")),
)
def test_small_lists_of_cases_resist(
    preset, sizes, services, share, protection, not_applicable, by_question, seed, regions, group_by, tmp_path_factory
):
    cases = inspected(sizes, services, share, by_question, protection, not_applicable, seed, regions)
    no_case_leaks(tmp_path_factory.mktemp("cases"), cases, preset, group_by=group_by)


@MORE
@given(
    preset=st.sampled_from(PRESETS),
    numbers=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=4),
    twice=st.sampled_from((0, 0, 2, 9, 20)),
    elsewhere=st.sampled_from((1, 4, 60)),
    cases_per_arm=st.integers(1, 20),
    shortfall=st.sampled_from(("top_up", "accept")),
)
def test_small_frames_resist(preset, numbers, twice, elsewhere, cases_per_arm, shortfall, tmp_path_factory):
    areas = [f"Area {place}" for place in range(len(numbers))]
    strata = {
        (area, arm): number
        for area, pair in zip(areas, numbers, strict=True)
        for arm, number in zip(attacker.ARMS, pair, strict=True)
    }
    frame = frame_of(strata, twice if len(areas) > 1 else 0, inside=1, elsewhere=elsewhere)
    no_frame_leaks(tmp_path_factory.mktemp("frame"), frame, areas, preset, cases_per_arm=cases_per_arm, shortfall=shortfall)


def test_a_frame_with_children_listed_twice_not_looked_after_or_opened_at_another_time_resists(tmp_path):
    """Few are left out at each step; the steps add up to the cases listed."""
    strata = {("A", "hosted"): 30, ("A", "placed_out"): 25, ("B", "hosted"): 18, ("B", "placed_out"): 40}
    frame = frame_of(strata, elsewhere=100)
    number = np.arange(len(frame))
    after = pd.array(number % 40 != 3, dtype="boolean")
    after[number % 50 == 7] = pd.NA
    frame = frame.assign(child_id=[f"C-{row - (row % 30 == 1)}" for row in number], looked_after=after)
    for preset in ("default", "acro", "youth_justice_dashboard"):
        no_frame_leaks(tmp_path / preset, frame, ["A", "B"], preset, looked_after_only=True)
    days = pd.Series(pd.to_datetime(np.where(number % 45 == 5, "2012-07-01", "2012-04-01"))).mask(number % 60 == 9)
    time = {"opened_from": "2012-04-01", "opened_to": "2012-06-30"}
    for preset in ("default", "acro"):
        no_frame_leaks(tmp_path / f"{preset} in a time", frame.assign(opened=days), ["A", "B"], preset, **time)


def estimate_leaks(preset, strata, yes, treat=disclosure.treat_fieldwork, **more):
    """What all the tables and the log give away of the answers, and the estimates shown."""
    made, rules = tables_of(strata, yes=yes, **more), suppression.rules(preset)
    back = made["fieldwork_response_by_stratum"]

    def treated(answers):
        judged = back.assign(yes=answers, no=back["judged"] - answers)
        found = estimates.table(judged.rename(columns={returns.INELIGIBLE: "ineligible"}), "good", 0.95, "fail", "supplied")
        own = {"fieldwork_response_by_stratum": judged, "fieldwork_estimates": found.assign(stands_for="")}
        return treat(made | own, rules)

    def release(answers):
        one = treated(answers)
        return "".join(
            table.to_csv() for table in [*(one.tables[name] for name in made if name in contracts.TABLES), one.public()]
        )

    shown = treated(back["yes"].to_numpy()).tables["fieldwork_estimates"]
    return attacker.estimate_leaks(back, release, Known(preset).rules), shown[shown["estimate"] != HIDDEN]


THREE = {"A": (40, 50), "B": (50, 40), "C": (45, 45)}
TWO = {"A": (60, 50), "B": (50, 60)}


@pytest.mark.parametrize(
    ("preset", "strata", "asked", "yes", "groups"),
    [
        ("default", THREE, 5, [3, 2, 2, 3, 5, 0], 1),
        ("fieldwork", THREE, 5, [5, 5, 5, 0, 0, 0], 1),
        ("acro", THREE, 5, [1, 1, 0, 1, 1, 0], 0),
        ("welsh_government", {**THREE, "C": (200, 45)}, 5, [3, 3, 2, 2, 5, 1], 0),
    ],
)
def test_estimates_leave_every_answer_of_every_stratum_possible(preset, strata, asked, yes, groups):
    leaks, shown = estimate_leaks(preset, strata, yes, asked=asked)
    assert not said(leaks)
    assert len(shown) == groups


def true_limits(tables, rules):
    """A defence that gives the limits of the cases themselves, in whole per cents."""
    treated = disclosure.treat_fieldwork(tables, rules)
    shown, true = treated.tables["fieldwork_estimates"], tables["fieldwork_estimates"]
    limits = {name: shown[name].where(shown[name] == HIDDEN, true[name].astype(float).round(2)) for name in ("lower", "upper")}
    return disclosure.Treated(treated.tables | {"fieldwork_estimates": shown.assign(**limits)}, treated.decisions)


def test_limits_of_the_cases_themselves_are_found():
    leaks, _ = estimate_leaks("acro", TWO, [8, 0, 0, 8], true_limits, asked=8)
    assert next(leaks).why == "an answer of a stratum"


def test_the_files_of_a_run_resist(supplied_run):
    """As the command makes them, with nothing but the folder that leaves; the truth is taken from what stays."""
    folder = supplied_run[0]
    cases = case_lists.read(folder.parent.parent / "private-folder" / "cases.csv", "cases").table
    released, full = attacker.read(folder), attacker.read(folder / "restricted" / "report")
    known = knowledge(cases, shares.of_cases(cases, 0.95, BANDS), "default")
    assert (released["ratings"] == HIDDEN).any(axis=None) and (released["fieldwork_allocation"] == HIDDEN).any(axis=None)
    assert attacker.share_leaks(released, full, known) == []
    assert attacker.fieldwork_leaks(released, full, known) == []


# ------------------------------------------------------------------------- comparisons, probabilities, a second inspector


def compared(cases, treated, preset, **own):
    """What notebook 03 makes of the cases beside their shares, where these are shown as in `treated`."""
    parameters = RatingComparisons().model_copy(update={"case_evidence": "supplied", "replicates": 100} | own)
    return derived.treat_compared(cases, treated, parameters, BANDS, preset and suppression.rules(preset))


def bytes_of(made):
    return {name: table.to_csv() for name, table in made.tables.items()} | {"disclosure": made.public().to_csv()}


def with_more(cases, seed, second=0.5, weights="weight"):
    """The same with weights or caseloads, and a second inspector who read some of the cases."""
    rng, found = np.random.default_rng(seed), cases.copy()
    for column in shares.judgements_of(cases).values() if second else ():
        other = cases[column] ^ pd.array(rng.random(len(cases)) < 0.3, dtype="boolean")
        found[f"{column}_second"] = other.mask(rng.random(len(cases)) >= second)
    names = sorted(cases["yot"].unique())
    loads = dict(zip(names, rng.integers(20, 300, len(names)).astype(float), strict=True))
    own = {"weight": rng.integers(1, 6, len(cases)).astype(float), "caseload": cases["yot"].map(loads)}
    return found.assign(**{weights: own[weights]} if weights else {})


def covered(cases, hidden, number):
    """The shares as a table in which these (standard, question, group) are hidden, and without `number` that of all cases."""
    found = shares.of_cases(cases, 0.95, BANDS).astype(object)
    standards = {(standard, group) for standard, _, group in hidden}
    for place, row in found[found["share"] == shares.SUFFICIENT].iterrows():
        whole = row["from_question"] and (row["standard"], row["care_group"]) in standards
        if whole or (row["standard"], row["question"], row["care_group"]) in hidden:
            found.loc[place, ["base", "count"]] = HIDDEN
    if not number:
        found.loc[found["share"] == shares.IN_CARE, ["base", "count"]] = HIDDEN
    return found


def neighbour(cases, hidden, number, rng):
    """A list with the same shown judgements: other answers to hidden ones, and other cases of groups of which all is hidden."""
    judged = shares.judgements_of(cases)
    groups = [group for group in ratings.CARE_GROUPS if all((*key, group) in hidden for key in judged)]
    found = cases.copy()
    secret = np.flatnonzero(found["care_group"].isin(groups))
    if len(secret):
        moved = rng.choice(secret, rng.integers(0, len(secret) + 1), replace=False)
        found.iloc[moved, found.columns.get_loc("care_group")] = rng.choice(groups, len(moved))
    if len(secret) and not number:
        # The first case of a service stays, so that the services and their order do.
        again = found.iloc[rng.choice(secret, 4)].assign(case_id=[f"X-{row}" for row in range(4)])
        gone = np.isin(np.arange(len(found)), secret) & found["yot"].duplicated().to_numpy() & (rng.random(len(found)) < 0.5)
        found = pd.concat([found[~gone], again], ignore_index=True)
    for (standard, question), column in judged.items():
        for group in ratings.CARE_GROUPS:
            if (standard, question, group) in hidden:
                of_group = np.flatnonzero(found["care_group"] == group)
                for name in {column, f"{column}_second"} & set(found.columns):
                    answers = pd.array(rng.random(len(of_group)) < rng.random(), dtype="boolean")
                    answers[rng.random(len(of_group)) < rng.choice([0.0, 0.2, 1.0])] = pd.NA
                    found.iloc[of_group, found.columns.get_loc(name)] = answers
    return found


def anything_hidden(cases, rng):
    """Some judgements that might be hidden: whole groups, whole standards of a group, single questions."""
    judged, hidden = list(shares.judgements_of(cases)), set()
    for group in ratings.CARE_GROUPS:
        chance = rng.choice([0.0, 0.0, 0.3, 1.0])
        hidden |= {(*key, group) for key in judged if rng.random() < chance}
    return hidden


@pytest.mark.parametrize("seed", range(9))
def test_nothing_of_notebook_03_depends_on_what_is_hidden(seed):
    """Lists that differ in hidden judgements alone, whatever is hidden, give the same files to the byte."""
    rng = np.random.default_rng(seed)
    sizes = tuple(int(size) for size in rng.integers(0, (90, 70, 50)))
    cases = inspected(sizes, 3 + seed % 10, 0.6, seed % 6 == 0, 0.3, rng.choice([0.0, 0.1]), seed)
    cases = with_more(cases, seed, rng.choice([0.0, 0.4, 1.0]), ("caseload", "weight", "")[seed % 3])
    hidden, number = anything_hidden(cases, rng), bool(rng.random() < 0.5)
    preset, own = PRESETS[seed % len(PRESETS)], {"reference": ratings.CARE_GROUPS[seed % 3]}
    own["family"] = ("all_pairs", "against_reference")[seed % 2]
    first = bytes_of(compared(cases, covered(cases, hidden, number), preset, **own))
    other = neighbour(cases, hidden, number, rng)
    # What is shown is what was shown of the first list.
    second = bytes_of(compared(other, covered(cases, hidden, number), preset, **own))
    assert [name for name in first if first[name] != second[name]] == []


def test_lists_that_differ_in_what_is_shown_do_not_give_the_same_files():
    cases = with_more(inspected((140, 100, 70), 10, 0.6, False, seed=3), 3)
    other = cases.assign(planning=~cases["planning"])
    first, second = (bytes_of(compared(one, covered(cases, set(), True), "default")) for one in (cases, other))
    assert {name for name in first if first[name] != second[name]} >= {
        "rating_comparisons",
        "rating_probabilities",
        "rating_lowest",
    }


@pytest.mark.parametrize("preset", PRESETS)
def test_the_shares_shown_do_not_depend_on_answers_that_are_hidden(preset, monkeypatch):
    """As above for the shares: where the same cells are hidden, other answers to hidden judgements change nothing shown."""
    cases = inspected((70, 45, 14), 6, 0.7, preset == "default")
    decided, real = [], suppression.suppress
    monkeypatch.setattr(suppression, "suppress", lambda *given: decided.append(real(*given)) or decided[0])
    shown, treated = _shares_of(cases, preset)
    hidden = treated[(treated["share"] == shares.SUFFICIENT) & (treated["count"] == HIDDEN)]
    hidden = set(hidden[["standard", "question", "care_group"]].itertuples(index=False, name=None))
    monkeypatch.setattr(suppression, "suppress", lambda *given: decided[0])
    assert hidden and decided[0]
    for seed in range(3):
        other = _few_other_answers(cases, hidden, np.random.default_rng(seed))
        assert not other.equals(cases) and _shares_of(other, preset)[0] == shown


def _shares_of(cases, preset):
    found = shares.of_cases(cases, 0.95, BANDS)
    treated = disclosure.treat_shares(cases, found.join(case_ratings.probabilities(found, BANDS)), suppression.rules(preset))
    table = treated.tables["shares"]
    made = [ratings.of_shares(table, "supplied"), case_prevalence.of_shares(table, "supplied"), treated.public()]
    return "".join(one.to_csv() for one in made), table


def _few_other_answers(cases, hidden, rng):
    found = cases.copy()
    for (standard, question), column in shares.judgements_of(cases).items():
        for group in ratings.CARE_GROUPS:
            if (standard, question, group) in hidden:
                place = rng.choice(np.flatnonzero(found["care_group"] == group))
                found.iloc[place, found.columns.get_loc(column)] = not found[column].iloc[place]
    return found


def release_of_comparisons(cases, preset, folder, group_by="care_group"):
    """All that both notebooks release of inspected cases, the truth, and what the attacker knows."""
    released, full, known = release_of_cases(cases, preset, folder, group_by=group_by)
    found = shares.of_cases(cases, 0.95, BANDS)
    treated = disclosure.treat_shares(cases, found.join(case_ratings.probabilities(found, BANDS)), suppression.rules(preset))
    reference = str(cases[group_by].cat.categories[0])
    both = (compared(cases, treated.tables["shares"], rules, group_by=group_by, reference=reference) for rules in (preset, None))
    more, true = (written(made.tables, folder / name) for made, name in zip(both, ("compared", "truth"), strict=True))
    return released | more, full | true, known


@pytest.mark.parametrize("seed", range(6))
def test_comparisons_of_small_and_middling_lists_resist(seed, tmp_path):
    rng = np.random.default_rng(seed)
    sizes = tuple(int(size) for size in rng.integers((20, 5, 0), (110, 90, 50)))
    cases = inspected(sizes, int(rng.integers(2, 14)), rng.choice([0.5, 0.7, 1.0]), seed == 5, 0.3, rng.choice([0, 0.4]), seed)
    cases = with_more(cases, seed, rng.choice([0.4, 0.97, 1.0]), ("weight", "caseload")[seed % 2])
    release = release_of_comparisons(cases, PRESETS[seed % len(PRESETS)], tmp_path)
    assert not said(attacker.comparison_leaks(*release))


def test_what_the_other_tables_tell_of_hidden_counts_is_found(tmp_path):
    cases = with_more(inspected((150, 110, 6), 10, 0.6, False), 1)
    released, full, known = release_of_comparisons(cases, "default", tmp_path)
    assert not said(attacker.comparison_leaks(released, full, known))
    small = {"standard": "planning", "group": "in_care_outside"}
    broken = put(released, "rating_lowest", small, cases="6")
    assert "rests on a hidden count" in said(attacker.comparison_leaks(broken, full, known))
    lowest = released["rating_lowest"]
    broken = released | {"rating_lowest": lowest[lowest["group"] != "in_care_outside"]}
    assert "only a group without a case" in said(attacker.comparison_leaks(broken, full, known))


def test_a_group_without_a_case_is_not_told_by_rows_that_are_missing(tmp_path):
    cases = with_more(inspected((150, 110, 0), 10, 0.6, False), 1)
    released, _, _ = release_of_comparisons(cases, "default", tmp_path)
    for name in ("ratings_weighted", "rating_probabilities", "rating_lowest"):
        groups = released[name]["group"]
        assert groups.value_counts().nunique() == 1 and set(groups) == set(ratings.CARE_GROUPS)
    whole = released["rating_whole_table"].drop(columns=["level", "evidence"], errors="ignore")
    assert (whole == HIDDEN).all(axis=None)


def test_cases_read_once_do_not_follow_from_those_read_twice():
    """All but three cases were read twice: what was said of the three would be a difference of two tables."""
    cases = with_more(inspected((200, 150, 120), 12, 0.6, False), 1, 1.0)
    for few, hidden in ((0, False), (3, True), (200, False)):
        known = cases.copy()
        known.loc[known.index[:few], "planning_second"] = pd.NA
        table = compared(known, covered(known, set(), True), "default").tables["inspector_agreement"].set_index("judgement")
        assert (table.loc["planning", "pairs"] == HIDDEN) == hidden == (table.loc["all", "pairs"] == HIDDEN)


def test_two_inspectors_in_few_services_tell_nothing_of_each():
    cases = with_more(inspected((400, 300, 200), 12, 0.6, False), 1, 1.0)
    few = cases["yot"].isin([f"service {number}" for number in range(spread.FEWEST_SERVICES - 1)])
    for known, hidden in ((cases, False), (cases.assign(**_blank(cases, ~few)), True)):
        table = compared(known, covered(known, set(), True), "default").tables["inspector_agreement"]
        assert (table["pairs"] == HIDDEN).tolist() == [hidden] * 5


def _blank(cases, rows):
    return {name: cases[name].mask(rows) for name in cases if name.endswith("_second")}


def test_standards_that_few_cases_have_all_of_are_not_compared():
    """Every judgement is of many cases, but six cases of a group have all four standards."""
    cases = inspected((200, 150, 120), 12, 0.6, False)
    outside = cases.index[cases["care_group"] == "in_care_outside"]
    cases.loc[outside[6:60], "planning"] = pd.NA
    cases.loc[outside[60:], "reviewing"] = pd.NA
    table = compared(cases, covered(cases, set(), True), "default").tables["rating_ordinal"]
    of_few = (table[["group", "reference"]] == "in_care_outside").any(axis=1)
    assert ((table["estimate"] == HIDDEN) == of_few).all() and of_few.sum() == 4


def test_weights_do_not_tell_how_few_services_or_heavy_cases_were_judged():
    def shown(cases):
        found = compared(cases, covered(cases, set(), True), "default").tables["ratings_weighted"]
        return (found["percentage"] != HIDDEN).all(), (found["percentage"] == HIDDEN).all()

    cases = with_more(inspected((200, 150, 120), 12, 0.6, False), 1, 0)
    assert shown(cases) == (True, False)
    few = inspected((200, 150, 120), spread.FEWEST_SERVICES - 1, 0.6, False)
    assert shown(with_more(few, 1, 0)) == (False, True)
    heavy = cases.assign(weight=np.where(cases["yot"] == "service 1", 60.0, 1.0))
    assert shown(heavy) == (False, True)


def test_caseloads_do_not_tell_how_many_cases_were_inspected_where_that_is_hidden():
    """A caseload counts for its service over the cases inspected there, those of hidden groups among them."""
    cases = with_more(inspected((200, 150, 120), 12, 0.6, False), 1, 0, "caseload")
    for number in (True, False):
        made = compared(cases, covered(cases, set(), number), "default").tables
        assert (made["ratings_weighted"]["percentage"] == HIDDEN).all() == (not number)
        of_weights = made["rating_comparisons"].set_index("weights")["risk_difference"] == HIDDEN
        assert of_weights["caseload"].all() == (not number) and not of_weights["none"].any()


def test_whoever_knows_the_seed_cannot_repeat_the_resamples():
    """With the seed printed on the page he could try all ways in which the sufficient cases lie in six services, or sixteen."""
    cases = inspected((200, 150, 120), 12, 0.6, False)
    shown = compared(cases, covered(cases, set(), True), "acro", replicates=2000).tables["rating_probabilities"]
    full = compared(cases, cases, None, replicates=2000).tables["rating_probabilities"]
    drawn = full["method"] == "cluster_bootstrap"
    columns = list(ratings.BAND_COLUMNS)
    assert (shown.loc[drawn, columns] != full.loc[drawn, columns].round(2)).any(axis=None)
    assert np.abs(shown.loc[drawn, columns].astype(float) - full.loc[drawn, columns].astype(float)).max(axis=None) < 0.06
    again = compared(cases, covered(cases, set(), True), "acro", replicates=2000).tables["rating_probabilities"]
    assert again.equals(shown)


def in_few_regions():
    """Of 30 cases in each of two regions four are not in care, and four are on no plan."""
    cases = inspected((40, 60, 50), 8, 0.5, False, 0.5)
    cases["child_protection"] = pd.array(cases.index % 3 > 0, dtype="boolean")
    care = cases["care_group"].ne("not_in_care").to_numpy()
    protected = cases["child_protection"].to_numpy(dtype=bool)
    region = np.full(len(cases), "east")
    for place, name in enumerate(["north", "west"]):
        for kind, number in ((care & protected, 24), (care & ~protected, 2), (~care & protected, 2), (~care & ~protected, 2)):
            region[np.flatnonzero(kind)[place * number :][:number]] = name
    for standard in ratings.STANDARDS:
        answers = pd.Series(np.random.default_rng(1).random(len(cases))).groupby(region).rank() % 2 > 0
        cases[standard] = answers.astype("boolean")
    return cases.assign(region=pd.Categorical(region))


@pytest.mark.parametrize("preset", ["default", "fieldwork"])
def test_groups_of_02_are_protected_beside_judgements_by_the_same_column_in_03(preset, tmp_path):
    release = release_of_comparisons(in_few_regions(), preset, tmp_path, "region")
    assert len(release[0]["ratings_by_group"])
    assert not said(attacker.group_leaks(*release))


def test_the_size_of_a_group_that_03_tells_and_02_hides_is_found(tmp_path):
    released, full, known = release_of_comparisons(in_few_regions(), "acro", tmp_path, "region")
    rows, true = released["prevalence_by_group"].copy(), full["prevalence_by_group"]
    # As if 02 had been treated by itself: it hides the sizes of two regions and shows their counts.
    rates = ["estimate", "se", "deff", "lower", "upper", "method"]
    rows.loc[true["group"] != "east", ["group", "n", *rates]] = HIDDEN
    rows.loc[true["group"] == "east", rates] = HIDDEN
    rows["n"] = rows["n"].where(true["group"] != "east", true["n"])
    rows["count"] = true["count"]
    log = released["disclosure"]
    tables = released | {"prevalence_by_group": rows, "disclosure": log[log["table"] != "prevalence_by_group"]}

    def lacking(tables):
        return {leak.name: leak.lacking for leak in attacker.group_leaks(tables, full, known)}["cases_in_care, group 2, no"]

    assert len(lacking(tables | {"ratings_by_group": rows.iloc[:0]})) < len(lacking(tables)) == 8
