"""The shares of a list of cases beside the published ones: every method, and nothing told of what is hidden."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers import case_prevalence, cases, contracts, disclosure, intervals, published, shares, suppression
from helpers.datapackage import resource_path
from helpers.disclosure import HIDDEN
from helpers.ratings import CARE_GROUPS
from tests import known

repeatable = settings(deadline=None, derandomize=True, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
ANSWERS = known.read("domain_shares").fillna({"group_by": "", "group": ""}).query("group_by == ''")
METHODS = ["wilson", "clopper_pearson", "jeffreys", "logit_t", "korn_graubard"]
LIMITS = ["lower", "upper"]
BANDS = published.rating_bands()


@pytest.fixture(scope="module")
def synthetic():
    return cases.read(resource_path("synthetic-cases"), "cases").table


def of_list(table, confidence=0.95, evidence="supplied"):
    return case_prevalence.of_shares(shares.of_cases(table, confidence, BANDS), evidence)


def listed(care, protection=None, services=None):
    """A list of cases without judgements; services as letters."""
    table = pd.DataFrame({"yot": pd.Categorical(services or [str(place % 8) for place in range(len(care))])})
    table["care_group"] = pd.Categorical(care, CARE_GROUPS)
    table["child_protection"] = pd.array([False] * len(care) if protection is None else protection, dtype="boolean")
    # Every list has judgements.
    return table.assign(planning=pd.array([True] * len(care), dtype="boolean"))


def rows_of(table, claim):
    return table[table["claim"] == claim].set_index("method")


# --- every method


@pytest.mark.parametrize("evidence", ["synthetic", "supplied"])
def test_each_share_has_each_method_once_in_order(synthetic, evidence):
    table = of_list(synthetic, evidence=evidence)
    assert list(table.columns) == contracts.columns("prevalence_estimates")
    keys = list(table[["claim", "method"]].itertuples(index=False, name=None))
    assert keys == [(claim, method) for claim in ("cases_in_care", "cases_child_protection") for method in METHODS]
    # The count is known, so there is no rounding to include.
    assert set(table["rounding"]) == {"ignored"}
    assert set(table["evidence"]) == {evidence}
    assert table["count_low"].equals(table["count_high"])


def test_a_list_without_protection_has_the_share_in_care_alone():
    table = listed(["not_in_care", "in_care_inside"] * 4).drop(columns="child_protection")
    assert of_list(table)["claim"].tolist() == ["cases_in_care"] * 5


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_intervals_that_ignore_services_are_those_of_r(synthetic, level):
    ours = rows_of(of_list(synthetic, level), "cases_in_care")
    answers = known.read("intervals").query("k == 326 and n == 1253 and level == @level").set_index("method")
    assert set(answers.index) == set(METHODS[:3])
    for method, answer in answers.iterrows():
        row = ours.loc[method]
        assert (row["count_low"], row["n"], row["level"]) == (326, 1253, level)
        assert row[LIMITS].tolist() == pytest.approx(answer[LIMITS].tolist(), rel=known.TOLERANCE)
        assert (row["icc"], row["deff"], row["n_effective"]) == (0, 1, 1253)
        assert row["assumes"] == "a random sample of cases, services ignored"


@pytest.mark.parametrize("answer", ANSWERS.to_dict("records"), ids=lambda row: f"{row['data']}, {row['column']}, {row['level']}")
def test_intervals_with_services_and_their_correlation_are_those_of_r_survey(synthetic, answer):
    few = synthetic["yot"].isin([f"Synthetic service {number:02d}" for number in range(1, 6)])
    table = synthetic[few] if answer["data"] == "first five services" else synthetic
    ours = rows_of(of_list(table, answer["level"]), f"cases_{answer['column']}")
    of_r = {"logit_t": ("lower", "upper"), "korn_graubard": ("beta_lower", "beta_upper")}
    for method, limits in of_r.items():
        row = ours.loc[method]
        assert row[LIMITS].tolist() == pytest.approx([answer[name] for name in limits], rel=known.TOLERANCE)
        assert row["deff"] == pytest.approx(answer["deff"], rel=known.TOLERANCE)
        assert row["icc"] == pytest.approx(answer["icc"], rel=known.TOLERANCE)
        assert row["n_effective"] == pytest.approx(answer["base"] / answer["deff"], rel=known.TOLERANCE)


@repeatable
@given(st.lists(st.tuples(st.sampled_from("abcde"), st.booleans()), min_size=6, max_size=40))
def test_the_correlation_is_the_one_that_gives_the_design_effect(rows):
    services, yes = map(list, zip(*rows, strict=True))
    found = of_list(listed(["in_care_inside" if one else "not_in_care" for one in yes], services=services))
    row, used = rows_of(found, "cases_in_care").loc["korn_graubard"], len(set(services))
    if used == 1 or len(rows) == used:
        assert pd.isna(row["icc"])
    elif row["icc"] >= 0:
        assert intervals.design_effect(row["icc"], len(rows), used) == pytest.approx(row["deff"])
    else:
        # Services that differ less than chance makes them.
        assert row["deff"] < 1


def test_made_up_cases_are_called_so_where_their_likeness_is_used(synthetic):
    said = {evidence: of_list(synthetic, evidence=evidence)["assumes"].iloc[3] for evidence in ("synthetic", "supplied")}
    assert said["synthetic"] == "services drawn at random; their likeness is estimated from the made-up cases"
    assert said["supplied"] == "services drawn at random; their likeness is estimated from the cases"


# --- where there is no error, or nothing at all


def test_where_no_service_differs_korn_graubard_alone_has_limits():
    rows = rows_of(of_list(listed(["not_in_care"] * 16)), "cases_in_care")
    assert rows.loc["logit_t", LIMITS].isna().all()
    # All are like one sample of 16, whose degrees of freedom are those of 8 services.
    expected = intervals.clustered(0.0, 16, 1.0, 7, 0.95, "korn_graubard")
    assert rows.loc["korn_graubard", LIMITS].tolist() == pytest.approx(expected)
    assert expected.lower == 0 < expected.upper


def test_one_service_has_no_error_and_the_other_intervals_stay():
    rows = rows_of(of_list(listed(["in_care_inside", *["not_in_care"] * 3], services=["a"] * 4)), "cases_in_care")
    assert rows.loc[METHODS[3:], [*LIMITS, "icc", "deff", "n_effective"]].isna().all(axis=None)
    for method in METHODS[:3]:
        assert rows.loc[method, LIMITS].tolist() == pytest.approx(intervals.binomial(1, 4, 0.95, method))


def test_a_column_in_which_nothing_is_known_has_rows_without_values():
    """Protection is blank in every row of the list, as it may be."""
    rows = rows_of(of_list(listed(["not_in_care", "in_care_inside"] * 4, [None] * 8)), "cases_child_protection")
    assert rows.index.tolist() == METHODS
    assert rows["n"].eq(0).all() and rows["count_low"].eq(0).all()
    assert rows[["estimate", *LIMITS]].isna().all(axis=None)


# --- what is hidden stays hidden


def share_row(**changes):
    row = {"share": "in_care", "count": 30, "base": 120, "services": 8, "estimate": 0.25, "se": 0.05, "df": 7, "deff": 1.6}
    return row | {"lower": 0.15, "upper": 0.39, "method": "logit_t", "level": 0.95} | changes


NOT_KNOWN = dict.fromkeys(["estimate", "se", "deff", "lower", "upper"], np.nan)
HIDDEN_RATES = dict.fromkeys(["estimate", "se", "deff", "lower", "upper", "method"], HIDDEN)


@pytest.mark.parametrize("hidden", [{"count": HIDDEN}, {"base": HIDDEN}, {"count": HIDDEN, "base": HIDDEN}])
def test_of_a_hidden_count_nothing_is_told(hidden):
    table = case_prevalence.of_shares(pd.DataFrame([share_row(**hidden, **HIDDEN_RATES)], dtype=object), "supplied")
    assert (table[[*LIMITS, "estimate"]] == HIDDEN).all(axis=None)
    assert (table.loc[3:, ["icc", "deff", "n_effective"]] == HIDDEN).all(axis=None)
    for column, name in (("count", "count_low"), ("count", "count_high"), ("base", "n")):
        assert set(table[name]) == {share_row(**hidden)[column]}


def test_limits_that_are_hidden_for_an_error_of_0_are_hidden_in_both_methods():
    """With them the true number of cases could be had; the counts shown have their own."""
    row = share_row(**dict.fromkeys(["se", "deff", "lower", "upper", "method"], HIDDEN))
    table = case_prevalence.of_shares(pd.DataFrame([row], dtype=object), "supplied").set_index("method")
    assert (table.loc[METHODS[3:], [*LIMITS, "icc", "deff", "n_effective"]] == HIDDEN).all(axis=None)
    for method in METHODS[:3]:
        assert table.loc[method, LIMITS].tolist() == pytest.approx(intervals.binomial(30, 120, 0.95, method))


def made_list(sizes, seed, share, services):
    random = np.random.default_rng(seed)
    care = [group for group, size in zip(CARE_GROUPS, sizes, strict=True) for _ in range(size)]
    table = listed(care, random.random(len(care)) < share, [str(place % services) for place in range(len(care))])
    return table.assign(planning=pd.array(random.random(len(care)) < 0.6, dtype="boolean"))


any_list = st.builds(
    made_list,
    st.tuples(st.integers(5, 90), st.integers(0, 40), st.integers(0, 25)),
    st.integers(0, 999),
    st.sampled_from([0.0, 0.05, 0.4]),
    st.integers(1, 9),
)


@repeatable
@given(any_list, st.sampled_from(sorted(suppression.presets())))
def test_every_number_follows_from_the_treated_row(table, preset):
    """Worked out again from what the row shows, by other code than the module's."""
    found = shares.of_cases(table, 0.95, BANDS)
    treated = disclosure.treat_shares(table, found, suppression.rules(preset)).tables["shares"]
    made = case_prevalence.of_shares(treated, "supplied")
    for share in treated.query("share != 'sufficient'").to_dict("records"):
        rows = rows_of(made, f"cases_{share['share']}")
        for row in rows.itertuples():
            assert (row.count_low, row.count_high, row.n, row.level) == (share["count"], share["count"], share["base"], 0.95)
            assert row.estimate == share["estimate"] or pd.isna(row.estimate)
        hidden = HIDDEN in (share["count"], share["base"])
        if hidden:
            assert (rows[[*LIMITS, "estimate"]] == HIDDEN).all(axis=None)
        elif share["base"]:
            for method in METHODS[:3]:
                expected = intervals.binomial(share["count"], share["base"], 0.95, method)
                assert rows.loc[method, LIMITS].tolist() == pytest.approx(expected)
        if not hidden and share["method"] == "logit_t":
            assert rows.loc["logit_t", LIMITS].tolist() == [share["lower"], share["upper"]]
            if not pd.isna(share["deff"]):
                values = share["estimate"], share["base"], share["deff"], share["df"], 0.95
                assert rows.loc["korn_graubard", LIMITS].tolist() == pytest.approx(intervals.clustered(*values))
                assert rows.loc["logit_t", "n_effective"] == pytest.approx(share["base"] / share["deff"])


# --- groups


def test_groups_are_told_with_what_they_are_grouped_by(synthetic):
    groups = shares.by_group(synthetic, "year", 0.95)
    table = case_prevalence.of_groups(groups, "year", "synthetic")
    assert list(table.columns) == contracts.columns("prevalence_by_group")
    assert table["claim"].tolist() == ["cases_in_care"] * 2 + ["cases_child_protection"] * 2
    assert set(table["group_by"]) == {"year"} and set(table["evidence"]) == {"synthetic"}
    same = ["group", "count", "estimate", "se", "deff", "lower", "upper", "method", "level"]
    pd.testing.assert_frame_equal(table[same], groups[same])
    assert table["n"].tolist() == groups["base"].tolist()


def test_hidden_cells_of_groups_stay_hidden():
    rates = dict.fromkeys(["estimate", "se", "deff", "lower", "upper", "method"], HIDDEN)
    row = dict.fromkeys(shares.GROUP_COLUMNS, HIDDEN) | {"share": "in_care", "level": 0.95} | rates
    table = case_prevalence.of_groups(pd.DataFrame([row], dtype=object), "region", "supplied")
    cells = [name for name in table.columns if name not in ("claim", "group_by", "level", "evidence")]
    assert (table[cells] == HIDDEN).all(axis=None)


def test_no_groups_are_no_rows_and_the_columns_stay():
    empty = pd.DataFrame(columns=shares.GROUP_COLUMNS)
    table = case_prevalence.of_groups(empty, "", "published")
    assert table.empty and list(table.columns) == contracts.columns("prevalence_by_group")


# --- the one interval of each share, and the sentence


def test_the_one_interval_of_a_share_is_the_logit(synthetic):
    table = of_list(synthetic)
    found = case_prevalence.case_headline(table)
    assert list(found.columns) == list(table.columns)
    assert found["claim"].tolist() == ["cases_in_care", "cases_child_protection"]
    assert set(found["method"]) == {"logit_t"}


def test_where_there_is_no_logit_the_one_interval_is_korn_graubards():
    """Nobody is in care; half are on a plan."""
    table = of_list(listed(["not_in_care"] * 16, [True, False, False] * 5 + [True]))
    found = case_prevalence.case_headline(table).set_index("claim")
    assert found["method"].to_dict() == {"cases_in_care": "korn_graubard", "cases_child_protection": "logit_t"}
    assert found.loc["cases_in_care", "lower"] == 0


def test_a_hidden_interval_is_no_missing_one():
    rows = [share_row(count=HIDDEN, **HIDDEN_RATES), share_row(share="child_protection")]
    found = case_prevalence.case_headline(case_prevalence.of_shares(pd.DataFrame(rows, dtype=object), "supplied"))
    assert found["method"].tolist() == ["logit_t", "logit_t"]
    assert found["lower"].tolist() == [HIDDEN, 0.15]


def test_no_list_has_no_interval_and_no_sentence():
    table = case_prevalence.of_shares(pd.DataFrame(columns=shares.COLUMNS), "published")
    assert table.empty and list(table.columns) == contracts.columns("prevalence_estimates")
    assert case_prevalence.case_headline(table).empty
    assert case_prevalence.cases_in_words(table) == ""


def test_of_made_up_cases_nothing_is_said(synthetic):
    assert case_prevalence.cases_in_words(of_list(synthetic, evidence="synthetic")) == ""


def test_a_list_of_ones_own_is_told_in_a_sentence(synthetic):
    assert case_prevalence.cases_in_words(of_list(synthetic)) == (
        "\n- In your list **26%** of the cases (21.9% to 30.7%, 95% confidence) are in care; **21%** of the cases "
        "(17.4% to 25.1%, 95% confidence) are on a child protection plan or enquiry. What your list means by it may differ from "
        "what the letter means, so the two should not be set side by side. *Evidence: supplied.*"
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (share_row(count=HIDDEN, **HIDDEN_RATES), "In your list how many cases are in care cannot be shown. What"),
        (
            share_row(count=0, base=0, df=-1, method="", **NOT_KNOWN),
            "In your list of no case it is known whether it is in care. What",
        ),
        (share_row(**dict.fromkeys(["lower", "upper"], HIDDEN)), "In your list **25%** of the cases are in care. What"),
        (
            share_row(**dict.fromkeys(["se", "deff", "lower", "upper"], np.nan)),
            "In your list **25%** of the cases (without limits, since one service does not show how much services differ) are",
        ),
        (share_row(lower=0.2, upper=0.305, level=0.999), "(20% to 30.5%, 99.9% confidence) are in care"),
        (share_row(lower=4e-12, upper=0.9999), "(0% to 100%, 95% confidence) are in care"),
    ],
    ids=["hidden count", "no case known", "hidden limits", "no error", "another level", "very wide"],
)
def test_what_cannot_be_shown_is_said_so_and_limits_are_plain_numbers(row, said):
    table = case_prevalence.of_shares(pd.DataFrame([row], dtype=object), "supplied")
    assert said in case_prevalence.cases_in_words(table)


def test_each_claim_has_a_name():
    assert case_prevalence.name_of("cases_in_care") == "in care"
    assert case_prevalence.name_of("cases_child_protection") == "on a child protection plan or enquiry"
