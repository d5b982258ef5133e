import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import contracts, parameters, published, results, sampling

repeatable = settings(deadline=None, derandomize=True, max_examples=15)
area_names = st.lists(st.text("abcXYZ ,&'\"", min_size=1, max_size=12), min_size=1, max_size=8, unique=True)


@repeatable
@given(area_names, st.integers(1, 50))
def test_an_allocation_has_two_strata_an_area_and_asks_for_as_many_cases_in_each(areas, cases_per_arm):
    table = sampling.allocation_asked(areas, cases_per_arm, "supplied")
    assert len(table) == 2 * len(areas)
    assert table["requested"].sum() == len(table) * cases_per_arm
    assert table["area"].unique().tolist() == areas


def test_an_allocation_has_the_promised_columns():
    table = sampling.allocation_asked(published.areas(), 5, "published")
    assert list(table.columns) == contracts.columns("fieldwork_allocation")


def test_what_only_a_list_of_cases_could_tell_is_not_available():
    table = sampling.allocation_asked(published.areas(), 5, "published")
    unknown = ["eligible", "drawn", "topped_up", "shortfall", "inclusion_probability", "weight"]
    assert table[unknown].eq(sampling.NOT_AVAILABLE).all(axis=None)


def test_an_area_with_a_comma_in_its_name_stays_one_area_in_the_file(tmp_path):
    table = sampling.allocation_asked(published.areas(), 5, "published")
    results.write_table(table, "fieldwork_allocation", str(tmp_path))
    read_back = pd.read_csv(tmp_path / "tables" / "fieldwork_allocation.csv")
    assert read_back["area"].unique().tolist() == published.areas()


@pytest.mark.parametrize(
    ("kept", "added", "cases_per_arm", "evidence"),
    [
        pytest.param(6, [], 5, "published", id="the design of 2012"),
        pytest.param(6, [], 6, "supplied", id="another number of cases"),
        pytest.param(5, [], 5, "supplied", id="an area fewer"),
        pytest.param(5, ["Leeds"], 5, "supplied", id="another area"),
        pytest.param(6, ["Leeds"], 5, "supplied", id="an area more"),
    ],
)
def test_only_the_design_of_2012_is_published(kept, added, cases_per_arm, evidence):
    areas = [*published.areas()[:kept], *added]
    design = parameters.FieldworkSampling(frame="", areas=areas, cases_per_arm=cases_per_arm)
    assert design.design_evidence == evidence
