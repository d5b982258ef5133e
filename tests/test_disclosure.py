import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers import (
    case_prevalence,
    case_ratings,
    contracts,
    disclosure,
    draw,
    eligibility,
    estimates,
    published,
    ratings,
    returns,
    shares,
    suppression,
)
from helpers.disclosure import HIDDEN
from helpers.parameters import PrevalenceEstimates, RatingComparisons
from helpers.ratings import CARE_GROUPS, STANDARDS

DEFAULT = suppression.rules("default")
BANDS = published.rating_bands()


def tables_of(strata, local=500, asked=5, shortfall="top_up", yes=None, **returned):
    """All tables of a list with so many hosted and placed out in each area, and so many local cases.

    `yes`: cases judged yes of each stratum, in the order of the allocation; without it no outcome is estimated. Further
    counts of each stratum are those of `helpers.returns`; what is left of the cases drawn was judged.
    """
    homes = [
        (area, "Far") if arm == "placed_out" else ("Far", area)
        for area, counts in strata.items()
        for arm, n in zip(draw.ARMS, counts, strict=True)
        for _ in range(n)
    ]
    frame = pd.DataFrame(homes + [("Far", "Far")] * local, columns=["home_area", "supervising_area"])
    counted = eligibility.eligible(frame.assign(case_id=[str(number) for number in range(len(frame))]), list(strata))
    policies = [
        draw.allocate(counted.cases, list(strata), asked, policy, "supplied").assign(policy=policy) for policy in draw.POLICIES
    ]
    chosen = policies[draw.POLICIES.index(shortfall)]
    back = chosen[["area", "arm", "eligible"]].assign(worked=chosen["drawn"])
    lost = dict.fromkeys((*returns.MISSING, returns.INELIGIBLE, "reserves_used"), 0) | returned
    back = back.assign(**lost) if yes is not None else back.iloc[:0].assign(**lost)
    back["missing"] = back[list(returns.MISSING)].sum(axis=1)
    back["judged"] = back["worked"] - back["missing"] - back[returns.INELIGIBLE]
    back["yes"] = 0 if yes is None else list(yes)
    back = back.assign(no=back["judged"] - back["yes"], reserves_left=3, response_rate=1.0, evidence="supplied")
    found = estimates.table(back.rename(columns={returns.INELIGIBLE: "ineligible"}), "good", 0.95, "fail", "supplied")
    made = {
        "fieldwork_scope": counted.funnel("supplied"),
        "fieldwork_allocation": chosen,
        "fieldwork_policies": pd.concat(policies, ignore_index=True),
        "fieldwork_supplementary": chosen.iloc[:0],
        "fieldwork_response": returns.by_group(back, "supplied"),
        "fieldwork_estimates": found.assign(stands_for=""),
        "fieldwork_response_by_stratum": back,
    }
    promised = contracts.TABLES | contracts.RESTRICTED
    return {name: table[list(promised[name])].reset_index(drop=True) for name, table in made.items()}


def fieldwork(strata, rules=DEFAULT, **more):
    return disclosure.treat_fieldwork(tables_of(strata, **more), rules)


def allocation(*words, **settings):
    return fieldwork(*words, **settings).tables["fieldwork_allocation"].set_index(["area", "arm"])


LARGE = {"A": (40, 33), "B": (38, 52), "C": (61, 47)}


def test_large_strata_are_rounded_and_their_design_is_shown():
    table = allocation(LARGE)
    assert table["eligible"].tolist() == [40, 35, 40, 50, 60, 45]
    assert table["drawn"].tolist() == [5] * 6
    assert table.loc[("A", "placed_out"), ["inclusion_probability", "weight"]].tolist() == [5 / 35, 7]
    assert list(table.reset_index().columns) == contracts.columns("fieldwork_allocation")


def test_a_small_stratum_hides_what_was_drawn_in_both_arms_of_its_area_and_one_more_stratum():
    table = allocation(LARGE | {"C": (3, 47)})
    assert table.loc[("C", "hosted"), ["eligible", "drawn", "topped_up", "shortfall", "weight"]].tolist() == [HIDDEN] * 5
    assert table.loc[("C", "placed_out"), ["drawn", "topped_up", "shortfall", "weight"]].tolist() == [HIDDEN] * 4
    assert (table["eligible"] == HIDDEN).sum() >= 2
    assert table["requested"].tolist() == [5] * 6
    assert table.loc[("B", "hosted"), "drawn"] == 5


def test_a_stratum_that_is_large_but_falls_short_does_not_show_its_size_by_what_is_drawn():
    table = allocation({"A": (13, 90), "B": (80, 90)}, asked=20)
    assert table.loc[("A", "hosted"), "drawn"] == HIDDEN and table.loc[("A", "placed_out"), "topped_up"] == HIDDEN
    assert table.loc[("B", "hosted"), "drawn"] == 20


def test_no_number_of_an_area_is_shown_under_the_fieldwork_preset():
    table = allocation(LARGE, rules=suppression.rules("fieldwork"))
    assert (table.drop(columns=["requested", "evidence"]) == HIDDEN).all(axis=None)


def test_the_log_that_leaves_does_not_tell_small_cells_from_others():
    treated = fieldwork(LARGE | {"C": (3, 47)})
    assert {"threshold", "secondary"} <= set(treated.decisions["rule"])
    assert not {"threshold", "secondary"} & set(treated.public()["rule"])
    tables = ["scope", "allocation", "policies", "supplementary", "response", "estimates"]
    assert treated.decisions.query("rule == 'verdict'")["table"].tolist() == [f"fieldwork_{name}" for name in tables]


def test_what_needs_no_treatment_passes():
    verdicts = fieldwork(LARGE | {"D": (40, 40)}, rules=suppression.rules("youth_justice_dashboard")).decisions
    assert verdicts["action"].tolist() == ["pass: no cell hidden"] * 6


def test_without_rules_tables_are_as_they_are_and_the_verdict_says_so():
    treated = fieldwork({"A": (3, 2)}, rules=None)
    assert treated.tables["fieldwork_allocation"]["eligible"].tolist() == [3, 2]
    assert treated.decisions["action"].str.startswith("fail: shown without disclosure control").all()


SIX = {name: (40, 50) for name in "ABCDEF"}
HALF = [2, 3, 3, 2] * 3


def estimates_shown(*words, **more):
    table = fieldwork(*words, **more).tables["fieldwork_estimates"].query("method == 'logit_t' and population == 'finite'")
    return table.set_index("group")[["estimate", "lower", "upper"]]


def test_an_estimate_is_shown_in_twentieths_with_limits_that_hold_those_of_the_cases():
    shown = estimates_shown(SIX, yes=HALF)
    assert shown.loc["all"].tolist() == [0.5, 0.3, 0.7]
    full = estimates_shown(SIX, yes=HALF, rules=None).loc["all"]
    assert shown.loc["all", "lower"] <= full["lower"] and full["upper"] <= shown.loc["all", "upper"]


def test_what_is_shown_of_estimates_follows_from_their_twentieths():
    """Cases that are all alike in their stratum, or spread over all: the limits and the reasons are the same."""
    for rules in (DEFAULT, suppression.rules("acro"), suppression.rules("fieldwork")):
        made = [
            fieldwork(SIX, yes=yes, rules=rules)
            for yes in (HALF, [5, 5, 5, 0, 0, 0, 0, 0, 0, 5, 5, 5], [0, 0, 0, 5, 5, 5, 5, 5, 5, 0, 0, 0])
        ]
        for other in made[1:]:
            assert other.tables["fieldwork_estimates"].equals(made[0].tables["fieldwork_estimates"])
            assert other.decisions.equals(made[0].decisions)


def test_no_estimate_is_shown_of_few_cases_nor_of_a_stratum_that_weighs_much():
    assert (estimates_shown(SIX, yes=[1] * 8 + [0] * 4) == HIDDEN).all(axis=None)
    assert (estimates_shown(SIX | {"F": (40, 900)}, yes=HALF) == HIDDEN).all(axis=None)


def test_an_estimate_made_from_hidden_sizes_among_shown_ones_is_hidden():
    assert (estimates_shown(SIX | {"F": (3, 50)}, yes=[2] * 10 + [1, 3]) == HIDDEN).all(axis=None)
    assert estimates_shown(SIX, yes=HALF, rules=suppression.rules("fieldwork")).loc["all", "estimate"] == 0.5


def test_estimates_of_arms_are_shown_with_their_difference_and_the_share_of_all_is_made_from_them():
    shown = estimates_shown(SIX, yes=[6, 12] * 6, asked=20, rules=suppression.rules("acro"))
    # Each share stands for 2.5 points more or less, and the difference for 5.
    assert shown["estimate"].tolist() == [0.45, 0.3, 0.6, -0.3]
    assert (shown["lower"] <= shown["estimate"]).all() and (shown["estimate"] <= shown["upper"]).all()


@pytest.mark.parametrize("lost", [{}, {"refused": 1}, {"found_ineligible": 1}, {"refused": 1, "no_return": 1}])
def test_cases_worked_less_cases_judged_do_not_tell_how_few_were_lost(lost):
    counts = {name: [number] + [0] * 11 for name, number in lost.items()}
    back = fieldwork(SIX, yes=[2] * 12, **counts).tables["fieldwork_response"]
    assert (back.drop(columns=["group", "evidence"]) == HIDDEN).all(axis=None)


def test_what_came_back_is_shown_rounded_where_no_count_of_it_is_small():
    strata = {name: (90, 90) for name in "ABCDEF"}
    lost = {name: [2] * 12 for name in (*returns.MISSING, returns.INELIGIBLE, "reserves_used")}
    back = fieldwork(strata, asked=40, yes=[9] * 12, **lost).tables["fieldwork_response"].set_index("group")
    # Of 240 cases of each arm 12 were lost in each of six ways.
    assert back.loc["hosted", ["worked", "judged", "missing", "refused"]].tolist() == [240, 170, 60, 10]
    assert back.loc["hosted", "response_rate"] == 170 / 230


def inspected(groups, services=6, seed=1, share=0.7, plan=0.3, applies=1.0):
    """Cases of the three care groups spread over services, four standards."""
    random = np.random.default_rng(seed)
    group = np.repeat(CARE_GROUPS, groups)
    table = pd.DataFrame({"case_id": [str(number) for number in range(len(group))]})
    table["yot"] = pd.Categorical([f"team {number % services}" for number in range(len(group))])
    table["care_group"] = pd.Categorical(group, CARE_GROUPS)
    table["child_protection"] = pd.array(random.random(len(group)) < plan, dtype="boolean")
    for standard in STANDARDS:
        judged = pd.array(random.random(len(group)) < share, dtype="boolean")
        judged[random.random(len(group)) >= applies] = pd.NA
        table[standard] = judged
    return table


def treated_shares(cases, rules=DEFAULT):
    found = shares.of_cases(cases, 0.95, BANDS)
    found = found.join(case_ratings.probabilities(found, BANDS))
    return found, disclosure.treat_shares(cases, found, rules)


def test_a_small_group_is_hidden_with_every_rate_that_rests_on_it():
    cases = inspected((300, 60, 6))
    _, treated = treated_shares(cases)
    rows = ratings.of_shares(treated.tables["shares"], "supplied").set_index(["standard", "care_group"])
    small = rows.xs("in_care_outside", level="care_group")
    assert (small[["cases", "sufficient", "percentage", "se", "lower", "upper", "rating", *ratings.BAND_COLUMNS]] == HIDDEN).all(
        axis=None
    )
    estimates = case_prevalence.case_headline(case_prevalence.of_shares(treated.tables["shares"], "supplied")).set_index("claim")
    # In care is inside and outside together: shown with inside it would give the small group away.
    inside = rows.loc[("planning", "in_care_inside"), "cases"]
    assert HIDDEN in (estimates.loc["cases_in_care", "count_low"], inside)


def test_rates_shown_are_of_the_counts_shown_and_ratings_of_the_true_ones():
    cases = inspected((300, 90, 60), seed=4)
    found, treated = treated_shares(cases)
    for true, shown in zip(found.to_dict("records"), treated.tables["shares"].to_dict("records"), strict=True):
        if HIDDEN in (shown["base"], shown["count"]):
            continue
        assert shown["base"] % 5 == shown["count"] % 5 == 0
        assert shown["estimate"] == shown["count"] / shown["base"]
        assert shown["rating"] == true["rating"] or pd.isna(true["rating"])
        assert shown["lower"] <= true["lower"] and shown["upper"] >= true["upper"]
        assert round(100 * shown["lower"], 9).is_integer() and round(100 * shown["upper"], 9).is_integer()


def test_a_whole_per_cent_is_shown_where_the_preset_says_so_and_none_of_few_cases():
    _, treated = treated_shares(inspected((300, 90, 15)), suppression.rules("fieldwork"))
    rows = treated.tables["shares"].query("share == 'sufficient'")
    assert (rows.loc[rows["care_group"] == "in_care_outside", "estimate"] == HIDDEN).all()
    shown = rows.loc[rows["estimate"] != HIDDEN, "estimate"]
    assert len(shown) and all(round(100 * value, 9).is_integer() for value in shown)


def test_everybody_sufficient_is_hidden_since_it_tells_of_each_child():
    cases = inspected((300, 90, 60), share=1.0)
    _, treated = treated_shares(cases)
    rows = treated.tables["shares"].query("share == 'sufficient'")
    assert ((rows["count"] == HIDDEN) | (rows["base"] == HIDDEN)).all() and (rows["estimate"] == HIDDEN).all()


@settings(deadline=None, derandomize=True, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.tuples(st.integers(0, 60), st.integers(0, 40), st.integers(0, 25)),
    st.integers(0, 10_000),
    st.sampled_from([0.05, 0.5, 0.7, 0.95]),
    st.sampled_from([0.4, 0.9, 1.0]),
    st.sampled_from(sorted(suppression.presets())),
)
def test_no_small_count_and_no_rate_of_a_hidden_count_is_ever_shown(groups, seed, share, applies, preset):
    if sum(groups) == 0:
        return
    rules = suppression.rules(preset)
    found, treated = treated_shares(inspected(groups, 4, seed, share, 0.2, applies), rules)
    least = 0 if rules.zeros == "hidden" else 1
    for true, shown in zip(found.to_dict("records"), treated.tables["shares"].to_dict("records"), strict=True):
        for column in ("base", "count"):
            if least <= true[column] < rules.threshold:
                assert shown[column] == HIDDEN
            elif shown[column] != HIDDEN:
                assert shown[column] == suppression.rounded(true[column], rules)
        if least <= true["base"] - true["count"] < rules.threshold and true["base"]:
            assert HIDDEN in (shown["base"], shown["count"])
        if HIDDEN in (shown["base"], shown["count"]):
            assert all(shown[column] == HIDDEN for column in ("estimate", "se", "deff", "lower", "upper", "rating"))


def test_a_list_of_the_users_own_is_treated_unless_its_results_stay(tmp_path):
    path = tmp_path / "cases.csv"
    inspected((30, 20, 10)).to_csv(path, index=False)
    own = {"cases": str(path)}
    assert disclosure.rules_in_force(PrevalenceEstimates(**own)) == DEFAULT
    assert disclosure.rules_in_force(PrevalenceEstimates(**own, output="x/restricted/report")) is None
    assert disclosure.rules_in_force(PrevalenceEstimates(**own, disclosure="off", publish_unprotected=True)) is None
    assert disclosure.rules_in_force(PrevalenceEstimates()) is None
    assert disclosure.rules_in_force(PrevalenceEstimates(disclosure="on")) == DEFAULT


def test_every_state_has_a_statement_of_its_own(tmp_path):
    path = tmp_path / "cases.csv"
    inspected((30, 20, 10)).to_csv(path, index=False)
    states = [
        PrevalenceEstimates(cases=str(path)),
        PrevalenceEstimates(cases=str(path), output="restricted"),
        PrevalenceEstimates(cases=str(path), disclosure="off", publish_unprotected=True),
        PrevalenceEstimates(),
        PrevalenceEstimates(cases=""),
    ]
    said = [disclosure.statement(state) for state in states]
    assert [text.split(".")[0] for text in said] == [
        "**Disclosure control is on",
        "**Not for release",
        "**Unprotected",
        "**Synthetic cases",
        "There is no list of cases in this run",
    ]


@pytest.mark.parametrize("preset", suppression.presets())
def test_every_preset_is_told_in_words(preset):
    rules = suppression.rules(preset)
    text = disclosure.in_words(rules)
    assert f"to {rules.threshold - 1} is hidden" in text and preset in text
    assert ("nearest" in text) == (rules.round_to > 1)


# --- groups of cases


NAMES = ("Zyxwvut East", "Zyxwvut North", "Zyxwvut South", "Zyxwvut West")


def in_regions(sizes, regions, seed=1, share=0.7, unknown=0.0, services=4):
    """Cases of the three care groups over so many regions, or in regions of so many cases; judged on planning alone."""
    cases = inspected(sizes, services, seed, share).drop(columns=[name for name in STANDARDS if name != "planning"])
    random = np.random.default_rng(seed)
    of_case = random.integers(0, regions, len(cases)) if isinstance(regions, int) else np.repeat(range(len(regions)), regions)
    random.shuffle(of_case)
    cases["child_protection"] = cases["child_protection"].mask(random.random(len(cases)) < unknown)
    return cases.assign(region=pd.Categorical.from_codes(of_case, NAMES))


def treated_groups(cases, group_by="region", rules=DEFAULT):
    found, groups = shares.of_cases(cases, 0.95, BANDS), shares.by_group(cases, group_by, 0.95)
    found = found.join(case_ratings.probabilities(found, BANDS))
    return groups, disclosure.treat_shares(cases, found, rules, group_by, groups)


def of_other_tables(treated):
    rows = treated.decisions[treated.decisions["table"] != "prevalence_by_group"]
    return rows.to_numpy().tolist()


def of_groups(treated):
    return treated.decisions[treated.decisions["table"] == "prevalence_by_group"]


any_regions = st.builds(
    in_regions,
    st.tuples(st.integers(1, 40), st.integers(0, 30), st.integers(0, 20)),
    st.integers(1, 3),
    st.integers(0, 10_000),
    st.sampled_from([0.05, 0.7]),
    st.sampled_from([0.0, 0.4]),
)
any_rules = st.sampled_from(sorted(suppression.presets())).map(suppression.rules)
few = settings(deadline=None, derandomize=True, max_examples=12, suppress_health_check=[HealthCheck.too_slow])


@few
@given(any_regions, any_rules, st.sampled_from(["region", "care_group"]))
def test_what_is_shown_of_all_cases_does_not_depend_on_their_groups(cases, rules, group_by):
    _, alone = treated_shares(cases, rules)
    _, beside = treated_groups(cases, group_by, rules)
    pd.testing.assert_frame_equal(beside.tables["shares"], alone.tables["shares"])
    assert of_other_tables(beside) == of_other_tables(alone)


def assert_hidden_groups_are_numbered(treated, true):
    shown, said = treated.tables["groups"], set(of_groups(treated)["row"])
    places = {group: place for place, group in enumerate(true["group"].unique(), start=1)}
    for before, row in zip(true.to_dict("records"), shown.to_dict("records"), strict=len(shown) > 0):
        share, name = before["share"], before["group"]
        if row["base"] == HIDDEN:
            assert row["group"] == HIDDEN
            assert f"{share}, group {places[name]}" in said and f"{share}, {name}" not in said
        else:
            assert row["group"] == name
            assert f"{share}, group {places[name]}" not in said
    # A name that stands nowhere in the table stands nowhere in the log.
    text = treated.public().to_csv() + treated.decisions.to_csv()
    assert all(name in set(shown["group"]) for name in NAMES if name in text)


@few
@given(any_regions, any_rules)
def test_no_small_count_of_a_group_is_shown_and_a_group_whose_cases_are_hidden_is_numbered_and_not_named(cases, rules):
    true, treated = treated_groups(cases, "region", rules)
    assert_hidden_groups_are_numbered(treated, true)
    least = 0 if rules.zeros == "hidden" else 1
    shown = treated.tables["groups"]
    assert list(shown.columns) == list(true.columns)
    # Of what cannot be protected nothing is left.
    for before, row in zip(true.to_dict("records"), shown.to_dict("records"), strict=len(shown) > 0):
        for column in ("base", "count"):
            small = least <= before[column] < rules.threshold
            assert row[column] == HIDDEN or (not small and row[column] == suppression.rounded(before[column], rules))
        if before["base"] and least <= before["base"] - before["count"] < rules.threshold:
            assert HIDDEN in (row["base"], row["count"])
        # In how many services a group has cases bounds their number.
        assert (row["services"], row["df"]) == (HIDDEN, HIDDEN)
        if HIDDEN in (row["base"], row["count"]):
            assert {row[name] for name in ("estimate", "se", "deff", "lower", "upper", "method")} == {HIDDEN}


def test_a_group_of_few_is_hidden_with_another_and_the_rest_is_shown():
    """Regions of 60, 50, 40 and 4, where 20% of all are in care and 30% on a plan."""
    _, treated = treated_groups(in_regions((124, 20, 10), (60, 50, 40, 4)), rules=suppression.rules("acro"))
    rows = treated.tables["groups"].set_index("share")
    care = rows.loc["in_care", ["group", "base"]].to_numpy().tolist()
    assert care == [[NAMES[0], 60], [NAMES[1], 50], [HIDDEN, HIDDEN], [HIDDEN, HIDDEN]]
    log = of_groups(treated)
    hidden = log[log["column"] == "n"].set_index("row")["rule"].to_dict()
    assert hidden["in_care, group 4"] == hidden["child_protection, group 4"] == "threshold"
    assert hidden["in_care, group 3"] == hidden["child_protection, group 3"] == "secondary"
    assert log["action"].iloc[0].startswith(f"review: {len(log) - 1} cells hidden")
    assert {"threshold", "secondary"}.isdisjoint(treated.public()["rule"])


def test_groups_by_care_show_the_bases_that_the_ratings_show():
    """A count of cases that stands in another table is the same here, and what is hidden there is hidden here."""
    cases = inspected((300, 90, 6), seed=4)
    _, treated = treated_groups(cases, "care_group")
    sizes = (
        ratings.of_shares(treated.tables["shares"], "supplied").query("standard == 'planning'").set_index("care_group")["cases"]
    )
    groups = treated.tables["groups"]
    assert groups["share"].tolist() == ["child_protection"] * 3
    assert groups["base"].tolist() == sizes.reindex(CARE_GROUPS).tolist()
    assert groups["group"].tolist() == [group if sizes[group] != HIDDEN else HIDDEN for group in CARE_GROUPS]
    assert {HIDDEN, 90} == set(groups["base"])


def test_rates_of_a_group_are_those_of_the_counts_shown_and_its_limits_hold_the_true_ones():
    true, treated = treated_groups(in_regions((200, 90, 60), 2, share=0.5))
    known = [
        (before, row)
        for before, row in zip(true.to_dict("records"), treated.tables["groups"].to_dict("records"), strict=True)
        if HIDDEN not in (row["base"], row["count"])
    ]
    assert known
    for before, row in known:
        assert row["estimate"] == row["count"] / row["base"]
        assert row["lower"] <= before["lower"] and before["upper"] <= row["upper"]
        assert row["se"] == round(before["se"], 3)


@pytest.mark.parametrize(("sizes", "regions"), [((1, 20, 20), (11, 11, 10, 9)), ((3, 20, 20), (10, 10, 10, 13))])
def test_groups_that_cannot_be_protected_beside_the_other_tables_have_no_row(sizes, regions):
    """One case of 41 is not in care. Where zeros are shown, no group can have the nine of them that must be thinkable."""
    cases = inspected(sizes, 4, 1, 0.5)
    of_case = np.repeat([f"r{number}" for number in range(len(regions))], regions)
    np.random.default_rng(3).shuffle(of_case)
    groups, treated = treated_groups(cases.assign(region=pd.Categorical(of_case)), rules=suppression.rules("dfe"))
    assert len(groups) == 2 * len(regions)
    assert treated.tables["groups"].empty and list(treated.tables["groups"].columns) == list(groups.columns)
    log = of_groups(treated)
    assert log[["row", "rule"]].to_numpy().tolist() == [["(table)", "verdict"]]
    assert log["action"].item() == "fail: its small counts cannot be protected, so none is shown"
    _, alone = treated_shares(cases, suppression.rules("dfe"))
    assert of_other_tables(treated) == of_other_tables(alone)


def test_under_rules_that_show_no_area_a_group_within_one_service_hides_all_groups():
    cases = in_regions((200, 90, 60), 2, share=0.5, services=8)
    of_service = cases["yot"].eq("team 0").map({True: "only team 0", False: "others"})
    for groups, rows in ((cases, 4), (cases.assign(region=pd.Categorical(of_service)), 0)):
        _, treated = treated_groups(groups, rules=suppression.rules("fieldwork"))
        assert len(treated.tables["groups"]) == rows
    assert len(treated_groups(groups)[1].tables["groups"]) == 4


def test_without_rules_groups_are_as_they_are_and_the_verdict_says_so():
    groups, treated = treated_groups(in_regions((9, 4, 2), 3), rules=None)
    pd.testing.assert_frame_equal(treated.tables["groups"], groups)
    assert treated.decisions["table"].tolist() == ["prevalence_estimates", "ratings", "prevalence_by_group"]
    assert treated.decisions["action"].eq("fail: shown without disclosure control").all()


def test_no_group_has_an_empty_table_that_passes():
    """Without protection, groups by care have no share."""
    groups, treated = treated_groups(in_regions((60, 30, 20), 2).drop(columns="child_protection"), "care_group")
    assert groups.empty and treated.tables["groups"].empty
    assert of_groups(treated)["action"].str.startswith("pass: no cell hidden").tolist() == [True]


@pytest.mark.parametrize(
    ("values", "groups"),
    [({}, 3), ({"group_by": "year"}, 4), ({"group_by": ""}, 0), ({"cases": ""}, 0), ({"cases": "", "group_by": ""}, 0)],
    ids=str,
)
def test_the_cases_of_a_notebook_come_with_their_groups(values, groups):
    treated = disclosure.inspected(PrevalenceEstimates(**values), 0.95, BANDS)
    assert list(treated.tables["groups"].columns) == shares.GROUP_COLUMNS
    assert len(treated.tables["groups"]) == groups
    assert list(treated.tables["shares"].columns) == shares.COLUMNS
    assert treated.tables["shares"].empty == (values.get("cases") == "")
    assert ("prevalence_by_group" in set(treated.decisions["table"])) == (groups > 0)


def test_a_notebook_that_groups_no_cases_has_no_groups():
    tables = disclosure.inspected(RatingComparisons(), 0.95, BANDS).tables
    assert set(tables) == {"shares"}
    assert list(tables["shares"].columns) == [*shares.COLUMNS, *ratings.BAND_COLUMNS]
