"""Properties of the design against R's package `sampling`: tests/known_answers/design.R."""

import numpy as np
import pandas as pd
import pytest

from helpers import draw, replicate
from helpers.sampling import ARMS
from tests import known

ANSWERS = known.read("design")
DESIGNS = {
    "twelve": ([36, 27, 27, 16, 30, 12, 35, 24, 4, 20, 36, 20], [5, 5, 5, 5, 5, 5, 5, 5, 4, 6, 5, 5]),
    "two": ([4, 5], [2, 2]),
    "whole": ([5, 3, 8], [5, 1, 8]),
}
YES = {"twelve": [20, 9, 13, 16, 3, 6, 30, 12, 2, 0, 18, 11], "two": [1, 3], "whole": [2, 2, 3]}


def answer(design, quantity):
    return ANSWERS[(ANSWERS["design"] == design) & (ANSWERS["quantity"] == quantity)]


def test_chances_of_selection_and_totals_of_the_default_design_are_those_of_r():
    sizes, _ = DESIGNS["twelve"]
    areas = [f"Area {number}" for number in range(6)]
    strata = [(area, arm) for area in areas for arm in ARMS]
    rows = [
        (f"{area}{arm}{number:02d}", area, arm) for (area, arm), size in zip(strata, sizes, strict=True) for number in range(size)
    ]
    cases = pd.DataFrame(rows, columns=["case_id", "area", "arm"]).assign(opened=pd.NaT)
    cases = cases.assign(area=pd.Categorical(cases["area"], areas), arm=pd.Categorical(cases["arm"], ARMS))
    allocation = draw.allocate(cases, areas, 5, "top_up", "synthetic")
    np.testing.assert_allclose(allocation["inclusion_probability"], answer("twelve", "inclusion")["value"], rtol=known.TOLERANCE)
    sample = draw.sample(cases, allocation, 1, 0)
    assert sample["weight"].sum() == pytest.approx(answer("twelve", "total_cases")["value"].item(), rel=known.TOLERANCE)


@pytest.mark.parametrize("design", DESIGNS)
def test_the_error_of_a_design_is_that_over_all_pairs_of_cases(design):
    sizes, drawn = DESIGNS[design]
    ours = replicate.design_error(sizes, YES[design], drawn)
    assert ours == pytest.approx(answer(design, "design_error")["value"].item(), rel=known.TOLERANCE, abs=1e-15)


@pytest.mark.parametrize(("eligible", "drawn"), [(7, 3), (12, 5), (10, 2)])
def test_pairs_of_a_systematic_sample_have_the_chances_that_r_gives(eligible, drawn):
    # The places change only where the start passes a multiple of 1 / eligible, so one start between two of them is enough.
    joint = np.zeros((eligible, eligible))
    for piece in range(eligible):
        places = draw.steps((2 * piece + 1) * 2**53 // (2 * eligible), drawn, eligible)
        joint[np.ix_(places, places)] += 1 / eligible
    expected = answer(f"{drawn} of {eligible}", "joint")
    ours = [joint[row.stratum - 1, int(row.other) - 1] for row in expected.astype({"stratum": int}).itertuples()]
    np.testing.assert_allclose(ours, expected["value"], rtol=known.TOLERANCE, atol=1e-12)
    assert (joint == 0).any()
