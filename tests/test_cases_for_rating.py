import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import cases_for_rating as cr
from helpers.errors import InputError
from tests.test_band_probability import BANDS, of_r


def test_samples_of_a_known_share_are_those_of_r():
    for row in of_r("of_share"):
        assert cr.of_share(row["share"], int(row["n"]), BANDS)[row["rating"]] == pytest.approx(row["value"], abs=1e-13), row


def test_cases_needed_are_those_of_r():
    for row in of_r("cases_needed"):
        assert cr.cases_needed(row["share"], row["rating"], row["assurance"], BANDS) == row["value"], row


@pytest.mark.parametrize(("share", "cases_"), [(0.66, 2770), (0.67, 998), (0.68, 508), (0.7, 200), (0.72, 139), (0.75, 260)])
def test_cases_needed_for_good(share, cases_):
    assert cr.cases_needed(share, "Good", 0.95, BANDS) == cases_
    assert cr.cases_needed(share, "Good", 0.95, BANDS, deff=1.5) == math.ceil(1.5 * cases_)


def test_every_larger_number_is_enough_and_the_one_before_is_not():
    needed = cr.cases_needed(0.72, "Good", 0.9, BANDS)
    assert cr.of_share(0.72, needed - 1, BANDS)["Good"] < 0.9
    assert all(cr.of_share(0.72, n, BANDS)["Good"] >= 0.9 for n in range(needed, needed + 400))


@settings(deadline=None, derandomize=True, max_examples=15)
@given(st.floats(0, 1), st.floats(0.05, 0.99))
def test_the_search_finds_what_trying_every_number_finds(share, assurance):
    rating = next(
        row.rating for row in BANDS.itertuples() if share < row.highest_per_cent / 100 + 0.005 or row.highest_per_cent == 100
    )
    cuts = (0.495, 0.645, 0.795)
    if min(abs(share - cut) for cut in cuts) < 0.05:
        return
    needed = cr.cases_needed(share, rating, assurance, BANDS)
    failures = [n for n in range(1, 700) if cr.of_share(share, n, BANDS)[rating] < assurance]
    assert needed == max(failures, default=0) + 1


@pytest.mark.parametrize("share", [0.495, 0.645, 0.5, 0.9, 0.795])
def test_no_number_is_enough_at_a_boundary_or_outside_the_band(share):
    assert cr.cases_needed(share, "Good", 0.95, BANDS) == math.inf


def test_shares_of_0_and_1_are_sure_at_once():
    assert cr.cases_needed(0.0, "Inadequate", 0.99, BANDS) == 1
    assert cr.cases_needed(1.0, "Outstanding", 0.99, BANDS) == 1


@pytest.mark.parametrize(
    ("given_", "named"),
    [
        ((1.2, "Good", 0.95), "share"),
        ((0.7, "Goood", 0.95), "Good"),
        ((0.7, "Good", 1.0), "assurance"),
        ((0.7, "Good", 0.95, 0.5), "deff"),
        ((0.64500001, "Good", 0.95), "boundary"),
    ],
)
def test_cases_needed_refuses(given_, named):
    share, rating, assurance, *deff = given_
    with pytest.raises(InputError, match=named):
        cr.cases_needed(share, rating, assurance, BANDS, *deff)


def test_power_is_that_of_r():
    for row in of_r("power"):
        found = cr.power_two_shares(row["share"], row["other"], int(row["n"]), int(row["n_other"]), row["deff"])
        assert found == pytest.approx(row["value"], abs=1e-12), row


def test_power_at_the_ends():
    assert cr.power_two_shares(0, 1, 20, 20) == 1
    with pytest.raises(InputError):
        cr.power_two_shares(1, 1, 20, 20)
    with pytest.raises(InputError):
        cr.power_two_shares(0.5, 0.6, 20, 0)
