import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import cases, published, shares
from helpers.datapackage import resource_path
from helpers.ratings import CARE_GROUPS, QUESTIONS, STANDARDS
from tests import known

ANSWERS = known.read("domain_shares").fillna({"care_group": ""})


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
    answers = ANSWERS[(ANSWERS["data"] == "all") & (ANSWERS["level"] == level)]
    assert len(answers) == 38
    for answer in answers.to_dict("records"):
        row = found.loc[(answer["column"], answer["care_group"])]
        for column in ("count", "base", "estimate", "se", "df", "deff", "lower", "upper"):
            assert row[column] == pytest.approx(answer[column], rel=known.TOLERANCE), (answer["column"], column)


@pytest.mark.parametrize(
    "answer", ANSWERS[ANSWERS["data"] == "first five services"].to_dict("records"), ids=lambda row: row["level"]
)
def test_five_services_are_those_of_r_survey(synthetic, answer):
    few = synthetic[synthetic["yot"].isin([f"Synthetic service {number:02d}" for number in range(1, 6)])]
    row = of_cases(few, answer["level"]).iloc[0]
    for column in ("count", "base", "estimate", "se", "df", "deff", "lower", "upper"):
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
