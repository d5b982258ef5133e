import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import cases, published, shares
from helpers.datapackage import resource_path
from helpers.ratings import CARE_GROUPS, QUESTIONS, STANDARDS
from tests import known

ANSWERS = known.read("domain_shares").fillna({"group_by": "", "group": ""})
OF_R = ("count", "base", "estimate", "se", "df", "deff", "lower", "upper")


@pytest.fixture(scope="module")
def synthetic():
    return cases.read(resource_path("synthetic-cases"), "cases").table


def of_cases(table, confidence=0.95):
    return shares.of_cases(table, confidence, published.rating_bands())


def made(services, groups=None, **columns):
    """Inspected cases with four standards; a standard that is not given is judged sufficient throughout."""
    n = len(services)
    table = pd.DataFrame({"case_id": [str(number) for number in range(n)], "yot": pd.Categorical(services)})
    table["care_group"] = pd.Categorical(groups or ["not_in_care"] * n, CARE_GROUPS)
    for standard in STANDARDS:
        table[standard] = pd.array(columns.get(standard, [True] * n), dtype="boolean")
    return table


@pytest.mark.parametrize("level", ANSWERS["level"].unique())
def test_every_share_of_all_cases_is_that_of_r_survey(synthetic, level):
    found = of_cases(synthetic, level)
    names = found["share"].where(found["share"] != shares.SUFFICIENT, found["standard"] + "_" + found["question"])
    found = found.assign(column=names).set_index(["column", "care_group"])
    of_groups = ANSWERS["group_by"].eq("year") | ANSWERS["group_by"].ne("") & ANSWERS["column"].eq("child_protection")
    answers = ANSWERS[(ANSWERS["data"] == "all") & (ANSWERS["level"] == level) & ~of_groups]
    assert len(answers) == 38
    for answer in answers.to_dict("records"):
        row = found.loc[(answer["column"], answer["group"])]
        for column in OF_R:
            assert row[column] == pytest.approx(answer[column], rel=known.TOLERANCE), (answer["column"], column)


@pytest.mark.parametrize(
    "answer", ANSWERS[ANSWERS["data"] == "first five services"].to_dict("records"), ids=lambda row: row["level"]
)
def test_five_services_are_those_of_r_survey(synthetic, answer):
    few = synthetic[synthetic["yot"].isin([f"Synthetic service {number:02d}" for number in range(1, 6)])]
    row = of_cases(few, answer["level"]).iloc[0]
    for column in OF_R:
        assert row[column] == pytest.approx(answer[column], rel=known.TOLERANCE), column


def test_a_standard_takes_the_row_of_its_lowest_question(synthetic):
    found = of_cases(synthetic)
    for standard in STANDARDS:
        for group in CARE_GROUPS:
            rows = found[(found["standard"] == standard) & (found["care_group"] == group)].set_index("question")
            lowest = rows["estimate"][list(QUESTIONS)].idxmin()
            assert rows.loc["lowest", "from_question"] == lowest
            assert (
                rows.loc["lowest", ["count", "base", "lower", "rating"]].tolist()
                == rows.loc[lowest, ["count", "base", "lower", "rating"]].tolist()
            )


def test_the_synthetic_cases_have_the_twelve_ratings_they_were_made_to_have(synthetic):
    lowest = of_cases(synthetic).query("question == 'lowest'").set_index(["standard", "care_group"])["rating"]
    for cell in published.table_1().itertuples():
        assert lowest[cell.standard, cell.care_group] == cell.rating


def test_standards_alone_give_one_row_each():
    found = of_cases(made(list("aabbcc"), planning=[True, False, True, True, None, False]))
    assert set(found.loc[found["share"] == shares.SUFFICIENT, "question"]) == {"lowest"}
    row = found.query("standard == 'planning' and care_group == 'not_in_care'").squeeze()
    assert (row["count"], row["base"], row["from_question"]) == (3, 5, "")


@pytest.mark.parametrize("sufficient", [True, False])
def test_nobody_or_everybody_has_no_error_and_a_limit_that_says_so(sufficient):
    row = shares.of_domain(pd.Series([sufficient] * 12, dtype="boolean"), np.repeat([0, 1, 2], 4), 3, 0.95)
    assert (row["estimate"], row["se"], row["method"]) == (float(sufficient), 0, "korn_graubard")
    assert (row["upper"] == 1 and 0 < row["lower"] < 1) if sufficient else (row["lower"] == 0 and 0 < row["upper"] < 1)


def test_one_service_shows_no_error():
    row = shares.of_domain(pd.Series([True, False], dtype="boolean"), np.array([0, 0]), 1, 0.95)
    assert row["estimate"] == 0.5 and np.isnan(row["se"]) and np.isnan(row["lower"]) and row["method"] == ""


def test_a_group_in_one_service_of_several_shows_no_error():
    row = shares.of_domain(pd.Series([True, False, None], dtype="boolean"), np.array([0, 0, 1]), 2, 0.95)
    assert row["base"] == 2 and np.isnan(row["lower"])


def test_a_group_without_a_case_has_rows_without_values():
    found = of_cases(made(list("aabb")))
    row = found.query("standard == 'delivery' and care_group == 'in_care_inside'").squeeze()
    assert row["base"] == 0 and np.isnan(row["estimate"]) and pd.isna(row["rating"])


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from([True, False, None])), min_size=2, max_size=60), st.randoms()
)
def test_the_order_of_cases_makes_no_difference_and_limits_hold_the_share(rows, random):
    def row_of(listed):
        services, yes = zip(*listed, strict=True)
        codes, names = pd.factorize(pd.Series(services))
        return shares.of_domain(pd.Series(yes, dtype="boolean"), codes, len(names), 0.9)

    shuffled = rows.copy()
    random.shuffle(shuffled)
    first, second = row_of(rows), row_of(shuffled)
    method = second.pop("method")
    assert first.pop("method") == method
    assert first == pytest.approx(second, nan_ok=True, rel=1e-9, abs=1e-12)
    if method:
        assert 0 <= first["lower"] <= first["estimate"] <= first["upper"] <= 1


# --- groups


@pytest.mark.parametrize("group_by", ["year", "care_group"])
@pytest.mark.parametrize("level", ANSWERS["level"].unique())
def test_shares_of_groups_are_those_of_r_survey(synthetic, group_by, level):
    found = shares.by_group(synthetic, group_by, level).set_index(["share", "group"])
    chosen = (
        ANSWERS["group_by"].eq(group_by) & ANSWERS["level"].eq(level) & ANSWERS["column"].isin(["in_care", "child_protection"])
    )
    answers = ANSWERS[chosen]
    assert sorted(found.index) == sorted(zip(answers["column"], answers["group"], strict=True))
    assert len(answers) == {"year": 4, "care_group": 3}[group_by]
    for answer in answers.to_dict("records"):
        row = found.loc[(answer["column"], answer["group"])]
        for column in OF_R:
            assert row[column] == pytest.approx(answer[column], rel=known.TOLERANCE), (answer["group"], column)
        assert (row["method"], row["level"], row["services"]) == ("logit_t", level, answer["df"] + 1)


def grouped(values, care=None, protection=None, services=None):
    """Inspected cases with a column of the user's own, and so many services as letters."""
    table = made(services or list("abcdefgh" * len(values))[: len(values)], care)
    table["child_protection"] = pd.array([True] * len(values) if protection is None else protection, dtype="boolean")
    return table.assign(region=pd.Categorical(values, sorted({value for value in values if value is not None})))


def test_groups_stand_in_the_order_of_their_categories_and_the_blank_one_last():
    table = grouped(["west", None, "east", "west"])
    table["region"] = table["region"].cat.set_categories(["west", "north", "east"])
    found = shares.by_group(table, "region", 0.95)
    assert list(found.columns) == shares.GROUP_COLUMNS
    assert found["share"].tolist() == ["in_care"] * 3 + ["child_protection"] * 3
    # A region without a case has no row.
    assert found["group"].tolist() == ["west", "east", shares.BLANK] * 2
    assert found["base"].tolist() == [2, 1, 1] * 2


def test_a_group_that_is_called_blank_joins_the_blank_ones():
    found = shares.by_group(grouped(["east", "(blank)", None, "(blank)"]), "region", 0.95)
    assert found[found["share"] == "in_care"].set_index("group")["base"].to_dict() == {"east": 1, "(blank)": 3}


def test_a_group_by_care_has_no_share_in_care():
    table = grouped(["x"] * 4, ["in_care_inside", "in_care_outside", "not_in_care", "not_in_care"], [True, False, True, None])
    found = shares.by_group(table, "care_group", 0.95)
    assert set(found["share"]) == {"child_protection"}
    assert found.set_index("group")[["count", "base"]].apply(tuple, axis=1).to_dict() == {
        "not_in_care": (1, 1),
        "in_care_inside": (1, 1),
        "in_care_outside": (0, 1),
    }


def test_a_list_without_protection_has_no_share_of_it_and_by_care_no_row():
    table = grouped(["east", "west"]).drop(columns="child_protection")
    assert set(shares.by_group(table, "region", 0.95)["share"]) == {"in_care"}
    assert shares.by_group(table, "care_group", 0.95).empty


def test_a_group_of_which_nothing_is_known_has_a_row_without_values():
    found = shares.by_group(grouped(["east", "east", "west"], protection=[None, None, True]), "region", 0.95)
    row = found.set_index(["share", "group"]).loc[("child_protection", "east")]
    assert (row["count"], row["base"], row["services"], row["method"]) == (0, 0, 0, "")
    assert row[["estimate", "se", "deff", "lower", "upper"]].isna().all()


def test_services_without_a_case_of_the_group_count_in_its_error():
    """A group that lies in two services of four, by hand: 4/3 ((3 - 4/2)^2 + (1 - 4/2)^2) / 8^2."""
    table = grouped(["east"] * 8 + ["west"] * 8, ["in_care_inside"] * 3 + ["not_in_care"] * 4 + ["in_care_inside"] * 9)
    table["yot"] = pd.Categorical(list("aaaabbbbccccdddd"))
    row = shares.by_group(table, "region", 0.95).set_index(["share", "group"]).loc[("in_care", "east")]
    assert (row["count"], row["base"], row["df"]) == (4, 8, 1)
    assert row["se"] == pytest.approx(np.sqrt(4 / 3 * 2 / 64))


lists_of_cases = st.lists(
    st.tuples(
        st.sampled_from("abcd"),
        st.sampled_from(CARE_GROUPS),
        st.sampled_from([True, False, None]),
        st.sampled_from(["east", "west", "north", None]),
    ),
    min_size=1,
    max_size=40,
)


@settings(deadline=None, derandomize=True, max_examples=20)
@given(lists_of_cases, st.sampled_from(["region", "care_group"]))
def test_groups_add_up_to_all_cases(rows, group_by):
    services, care, protection, regions = map(list, zip(*rows, strict=True))
    table = grouped(regions, care, protection, services)
    whole = of_cases(table).set_index("share")
    parts = shares.by_group(table, group_by, 0.95).groupby("share")[["count", "base"]].sum()
    assert len(parts) == (1 if group_by == "care_group" else 2)
    for share, row in parts.iterrows():
        assert row.tolist() == whole.loc[share, ["count", "base"]].tolist()


def test_one_group_that_holds_all_cases_is_all_cases(synthetic):
    table = synthetic.assign(region=pd.Categorical(["all"] * len(synthetic)))
    found, whole = shares.by_group(table, "region", 0.9), of_cases(table, 0.9)
    columns = [name for name in shares.GROUP_COLUMNS if name != "group"]
    assert found[columns].to_dict("records") == whole.loc[:1, columns].to_dict("records")


def test_whose_answer_is_known():
    table = grouped(["east"] * 3, protection=[True, None, False])
    assert shares.known_of(table, "child_protection").tolist() == [True, False, True]
    assert shares.known_of(table, "in_care").all()
