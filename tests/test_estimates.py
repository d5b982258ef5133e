from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from helpers import estimates
from helpers.errors import InputError
from helpers.sampling import ARMS
from tests import known

DATA, ANSWERS = known.read("stratified_data"), known.read("stratified").fillna({"lonely": ""})
KEY = ["group", "population", "method"]
COUNTS = ["eligible", "yes", "no", "ineligible", "missing"]
SIZES = [(0, 12), (12, 0), (0, 0), (4, 4), (1, 0), (0, 1), (1, 1), (2, 1), (3, 5), (40, 2), (10, 10), (133, 7)]
# Strata as (yes, no, ineligible, missing, not worked), so that no more are worked than the list has.
STRATUM = st.tuples(*[st.integers(0, 6)] * 4, st.integers(0, 9))
STRATA = st.lists(STRATUM, min_size=1, max_size=6)
FEW = settings(deadline=None, derandomize=True, max_examples=20)
SUMS = {"rel": 1e-12, "abs": 1e-12}


def table(strata, confidence=0.95, lonely="adjust"):
    return estimates.table(strata, "made", confidence, lonely, "synthetic")


def frame(rows):
    """Strata, alternately hosted and placed out, from (eligible, yes, no, ineligible, missing)."""
    strata = pd.DataFrame(rows, columns=COUNTS)
    return strata.assign(area=[f"Area {number // 2}" for number in range(len(rows))], arm=[ARMS[n % 2] for n in range(len(rows))])


def counts(strata):
    yes, no, ineligible, missing, rest = np.array(strata, dtype=float).T
    return estimates.Judged(yes + no + ineligible + missing + rest, yes, no, ineligible, missing)


def everything(judged):
    return np.ones(len(judged.population), dtype=bool)


@pytest.mark.parametrize(("design", "level"), list(product(DATA["design"].unique(), [0.8, 0.95])))
def test_every_estimate_is_that_of_r_survey(design, level):
    answers = ANSWERS[(ANSWERS["design"] == design) & (ANSWERS["level"] == level)]
    for lonely in set(answers["lonely"]) - {""}:
        found = table(DATA[DATA["design"] == design], level, lonely).set_index(KEY)
        for answer in answers[answers["lonely"].isin([lonely, ""])].to_dict("records"):
            row = found.loc[tuple(answer[name] for name in KEY)]
            for column in ("estimate", "se", "df", "lower", "upper"):
                expected = pytest.approx(answer[column], rel=known.TOLERANCE, abs=1e-13, nan_ok=True)
                assert row[column] == expected, (answer, column)


def test_two_small_strata_by_hand():
    # Weights 2 and 3; 3 of 4 and 1 of 2 yes: (2 * 3 + 3 * 1) / 14. Each s^2 is k (n - k) / (n (n - 1)).
    judged = estimates.Judged([8, 6], [3, 1], [1, 1], [0, 0], [0, 0])
    found = estimates.stratified(judged, [True, True], finite=True)
    parts = (8 / 14) ** 2 * 0.5 * (3 / 12) / 4, (6 / 14) ** 2 * (2 / 3) * (1 / 2) / 2
    assert found.estimate == pytest.approx(9 / 14, **SUMS)
    assert found.se == pytest.approx(np.sqrt(sum(parts)), **SUMS)
    assert found.df == 4
    assert found.df_satterthwaite == pytest.approx(sum(parts) ** 2 / (parts[0] ** 2 / 3 + parts[1] ** 2 / 1), **SUMS)
    assert found.n_kish == pytest.approx(14**2 / (4 * 4 + 2 * 9), **SUMS)


def test_weights_and_bounds_of_missing_judgements_by_hand():
    # First: 5 of 10 worked, base weight 2, the two judged stand for the four eligible. Second: none of 4 worked.
    judged = estimates.Judged([10, 4], [1, 0], [1, 0], [1, 0], [2, 0])
    assert [list(weight) for weight in estimates.weights(judged)] == [[4, 0], [2, 0]]
    assert estimates.missing_bounds(judged, [True, True]) == (pytest.approx(2 / 12), pytest.approx(10 / 12))
    assert estimates.missing_bounds(judged, [True, True], weighted=False) == (1 / 4, 3 / 4)


def test_over_all_samples_the_estimate_and_its_variance_are_right_on_average():
    population = [np.array([1, 0, 1, 1]), np.array([0, 0, 1, 0, 1])]
    samples = product(*(combinations(stratum, 2) for stratum in population))
    yes = np.array([[sum(drawn) for drawn in sample] for sample in samples])
    judged = estimates.Judged([4, 5], yes, 2 - yes, 0 * yes, 0 * yes)
    found = estimates.stratified(judged, [True, True], finite=True)
    share = np.concatenate(population).mean()
    assert len(yes) == 60
    assert found.estimate.mean() == pytest.approx(share, **SUMS)
    assert (found.se**2).mean() == pytest.approx(((found.estimate - share) ** 2).mean(), **SUMS)


@FEW
@given(STRATA)
def test_weights_sum_to_the_list_in_every_stratum_with_a_case_judged(strata):
    judged = counts(strata)
    of_judged, of_ineligible = estimates.weights(judged)
    sums = of_judged * judged.judged + of_ineligible * judged.ineligible
    assert sums[judged.judged > 0] == pytest.approx(judged.population[judged.judged > 0], **SUMS)


@FEW
@given(STRATA)
def test_the_bounds_of_missing_judgements_hold_the_estimate(strata):
    judged = counts(strata)
    found = estimates.stratified(judged, everything(judged), finite=True)
    least, greatest = estimates.missing_bounds(judged, everything(judged))
    assert np.isnan(least) or 0 <= least <= greatest <= 1
    if (judged.judged > 0).all():
        assert least - 1e-12 <= found.estimate <= greatest + 1e-12
        if not judged.missing.any():
            assert least == greatest == found.estimate


@FEW
@given(STRATA, st.sampled_from([0.5, 0.8, 0.95, 0.999]), st.sampled_from(estimates.LONELY))
def test_limits_are_in_order_and_swapping_yes_and_no_mirrors_them(strata, confidence, lonely):
    judged = counts(strata)
    swapped = estimates.Judged(judged.population, judged.no, judged.yes, judged.ineligible, judged.missing)
    for finite, method in product([True, False], estimates.METHODS):
        found, mirror = (estimates.stratified(each, everything(each), finite, lonely) for each in (judged, swapped))
        lower, upper = estimates.limits(found, method, confidence)
        low, high = estimates.limits(mirror, method, confidence)
        if np.isfinite(lower):
            assert 0 <= lower <= found.estimate + 1e-12 <= upper + 2e-12 <= 1 + 2e-12
        assert (low, high) == pytest.approx((1 - upper, 1 - lower), rel=1e-9, abs=1e-9, nan_ok=True)
        assert mirror.se == pytest.approx(found.se, nan_ok=True, **SUMS)
        assert mirror.estimate == pytest.approx(1 - found.estimate, nan_ok=True, **SUMS)


@FEW
@given(STRATA, st.sampled_from(estimates.LONELY))
def test_a_list_of_its_own_has_no_more_error_than_such_practice(strata, lonely):
    judged = counts(strata)
    finite, wide = (estimates.stratified(judged, everything(judged), each, lonely) for each in (True, False))
    assert finite.estimate == pytest.approx(float(wide.estimate), nan_ok=True)
    assert np.isnan(wide.se) or finite.se <= wide.se + 1e-15


@FEW
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 3)), min_size=2, max_size=5))
def test_a_census_has_no_error_and_its_share_for_limits(strata):
    found = table(frame([(yes + no + out, yes, no, out, 0) for yes, no, out in strata]), lonely="fail")
    found = found[(found["population"] == estimates.FINITE) & found["estimate"].notna()]
    assert (found["se"] == 0).all()
    assert found["lower"].tolist() == found["upper"].tolist() == found["estimate"].tolist()


@FEW
@given(st.tuples(*[st.integers(0, 4)] * 3), st.integers(2, 30), st.booleans(), st.booleans())
def test_a_lonely_stratum_never_passes_in_silence(other, size, yes, finite):
    judged = estimates.Judged([size, 20], [yes, other[0]], [not yes, other[1]], [0, other[2]], [0, 0])
    assume(other[0] + other[1] > 0 and sum(other) > 1)
    for lonely in estimates.LONELY:
        found = estimates.stratified(judged, [True, True], finite, lonely)
        assert found.lonely == 1
        assert np.isnan(found.se) == (lonely == "fail")
        if lonely == "adjust" and 0 < found.estimate < 1:
            assert found.se > 0
    rows = frame([(size, yes, not yes, 0, 0), (20, *other, 0)])
    for lonely in estimates.LONELY:
        shown = table(rows, lonely=lonely).query("method != 'unweighted' and group in ['all', 'hosted']")
        assert shown["note"].str.contains("1 stratum of one record only").all()


@FEW
@given(st.lists(st.lists(STRATUM, min_size=3, max_size=3), min_size=1, max_size=4), st.sampled_from(estimates.LONELY))
def test_many_draws_in_one_call_are_those_draws_one_by_one(draws, lonely):
    drawn = np.array(draws, dtype=float)
    size = drawn.sum(-1).max(0)
    group = [True, False, True]
    for finite, method in product([True, False], estimates.METHODS):
        together = estimates.stratified(estimates.Judged(size, *np.moveaxis(drawn[..., :4], -1, 0)), group, finite, lonely)
        both = np.array(estimates.limits(together, method, 0.9))
        for number, draw in enumerate(drawn):
            single = estimates.stratified(estimates.Judged(size, *draw[:, :4].T), group, finite, lonely)
            assert both[:, number] == pytest.approx(np.array(estimates.limits(single, method, 0.9)), nan_ok=True, **SUMS)
            for name, value in vars(single).items():
                assert getattr(together, name)[number] == pytest.approx(value, nan_ok=True, **SUMS), name


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("lonely", estimates.LONELY)
def test_sizes_at_the_edge_give_rows_with_numbers_or_reasons(sizes, lonely):
    for judge in (lambda n: (n, 0), lambda n: (0, n), lambda n: (n - n // 2, n // 2), lambda n: (0, 0)):
        found = table(frame([(size, *judge(min(size, 10)), 0, 0) for size in sizes]), lonely=lonely)
        assert list(found.columns) == estimates.COLUMNS
        assert found.groupby("group").size().to_dict() == dict.fromkeys(found["group"].unique(), 9)
        assert (found["lower"].notna() | (found["note"] != "")).all()
        assert (found["lower"].isna() == found["upper"].isna()).all()


def test_the_rows_are_in_order_and_a_difference_adds_its_arms():
    found = table(DATA[DATA["design"] == "missing"])
    assert found["group"].unique().tolist() == ["all", *ARMS, "hosted_minus_placed_out"]
    assert found[["population", "method"]].head(9).to_numpy().tolist() == [
        *([population, method] for population in ("finite", "super") for method in estimates.METHODS),
        ["super", "unweighted"],
    ]
    hosted, placed_out, difference = (found[found["group"] == name].reset_index() for name in [*ARMS, "hosted_minus_placed_out"])
    for column in ("judged", "missing"):
        assert (difference[column] == hosted[column] + placed_out[column]).all()
    assert (difference["least"] == hosted["least"] - placed_out["greatest"]).all()
    assert (difference["greatest"] == hosted["greatest"] - placed_out["least"]).all()


def test_a_stratum_without_a_case_judged_is_named_with_its_cases():
    found = table(DATA[DATA["design"] == "missing"])
    notes = found[found["method"] == "logit_t"].drop_duplicates("group").set_index("group")["note"]
    # A third one is no gap: all its cases worked were found not to be eligible.
    assert notes["all"] == "Left out, with no case judged: 2 strata, 10 cases."
    assert notes["hosted_minus_placed_out"].startswith("Hosted: Left out, with no case judged: 1 stratum, 7 cases. Placed out: ")


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        ([(4, 1, 3, 0, 0), (9, 2, 2, 0, 0)], "Nothing of the list is unknown"),
        ([(9, 0, 3, 0, 0), (9, 2, 2, 0, 0)], "The error is 0: the limits are Korn-Graubard's"),
        ([(9, 1, 0, 1, 0), (9, 2, 2, 0, 0)], "No limits: no stratum has two cases judged"),
        ([(9, 0, 0, 1, 2), (9, 2, 2, 0, 0)], "No estimate: none of the list's 9 cases was judged."),
        ([(0, 0, 0, 0, 0), (9, 2, 2, 0, 0)], "The list has no such case."),
    ],
)
def test_the_note_says_what_a_row_of_the_list_cannot(rows, note):
    found = table(frame(rows)).query("population == 'finite'").set_index(["group", "method"])
    assert found.loc[("hosted", "logit_t_satterthwaite"), "note"].startswith(note)
    assert found.loc[("hosted_minus_placed_out", "logit_t"), "note"].startswith(f"Hosted: {note}")
    assert found.loc[("placed_out", "logit_t"), "note"] == ""


def test_the_average_of_no_other_stratum_is_no_error():
    found = estimates.stratified(estimates.Judged([5, 6], [1, 0], [0, 1], [0, 0], [0, 0]), [True, True], True, "average")
    assert found.estimate == pytest.approx(5 / 11) and np.isnan(found.se)


def test_no_list_gives_no_rows():
    found = table(frame([]))
    assert found.empty and list(found.columns) == estimates.COLUMNS


@pytest.mark.parametrize(
    ("rows", "confidence", "lonely", "words"),
    [
        ([(3, 2, 2, 0, 0)], 0.95, "fail", "more cases were worked"),
        ([(3, 0.5, 2, 0, 0)], 0.95, "fail", "not all of yes are"),
        ([(3, -1, 2, 0, 0)], 0.95, "fail", "not all of yes are"),
        ([(np.nan, 1, 2, 0, 0)], 0.95, "fail", "not all of population are"),
        ([(3, 1, 2, 0, 0)], 95, "fail", "between 0 and 1"),
        ([(3, 1, 2, 0, 0)], 0.95, "ajust", "did you mean 'adjust'"),
    ],
)
def test_what_cannot_be_is_refused(rows, confidence, lonely, words):
    with pytest.raises(InputError, match=words):
        table(frame(rows), confidence, lonely)


def test_an_unknown_method_is_refused():
    judged = estimates.Judged([3], [1], [1], [0], [0])
    with pytest.raises(InputError, match="did you mean 'logit_t'"):
        estimates.limits(estimates.stratified(judged, [True], finite=True), "logitt", 0.95)
