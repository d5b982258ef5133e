import zlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from helpers import monte_carlo, out_of_court
from helpers.errors import InputError
from helpers.rounding import Span

repeatable = settings(deadline=None, derandomize=True, max_examples=20)
COLUMNS = [
    "quantity",
    "in_care_at_start",
    "court_share",
    "probability",
    "quantile",
    "monte_carlo_error",
    "bound_lower",
    "bound_upper",
]
COLUMNS += ["impossible", "draws", "seed", "assumes", "evidence"]
KEY = ["quantity", "in_care_at_start", "court_share", "probability"]
# As from 1,253 cases with a design effect of 2.442, and Korn-Graubard limits with rounding.
DECLARED = {
    "looked_after": Span(4450, 4550),
    "starts": Span(23500, 24500),
    "in_care": Span(0.255, 0.265),
    "n_effective": 513.2,
    "rate": Span(0.00645, 0.00655),
    "court_shares": [0.3, 0.5, 0.6, 0.75],
    "in_care_at_start": [1.0],
    "seed": 2012,
    "draws": 20_000,
    "confidence": 0.95,
    "in_care_limits": Span(0.2171, 0.3067),
    "evidence": "published",
}


def simulate(**changes):
    return monte_carlo.simulate(**(DECLARED | changes))


def of(table, quantity, court_share=None):
    rows = table[table["quantity"].eq(quantity)]
    return (rows if court_share is None else rows[rows["court_share"].eq(court_share)]).reset_index(drop=True)


@pytest.fixture(scope="module")
def simulated():
    return simulate()


@pytest.mark.parametrize(
    ("quantity", "targets", "digits"),
    [
        (monte_carlo.SHARE_OF_STARTS, {0.025: 0.182867, 0.5: 0.1875, 0.975: 0.192298}, 5e-7),
        (monte_carlo.RATIO, {0.025: 28.088, 0.975: 29.632}, 5e-4),
    ],
)
def test_quotients_have_the_known_quantiles(quantity, targets, digits):
    found = of(simulate(draws=100_000), quantity).set_index("probability")
    for probability, target in targets.items():
        row = found.loc[probability]
        assert abs(row["quantile"] - target) < 4 * row["monte_carlo_error"] + digits


def in_care_at_most(limit):
    """Distribution function of a rounded share, by quadrature over what was observed instead of draws."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    observed = 0.26 + 0.005 * nodes
    return weights @ special.betainc(513.2 * observed + 0.5, 513.2 * (1 - observed) + 0.5, limit) / 2


@pytest.mark.parametrize("probability", [0.025, 0.5, 0.975])
def test_a_rounded_share_has_the_quantiles_of_its_mixture(probability):
    drawn = monte_carlo.rounded_share(Span(0.255, 0.265), 513.2, 7, "in care", 20_000)
    reached = in_care_at_most(np.quantile(drawn, probability))
    assert abs(reached - probability) < 4 * np.sqrt(probability * (1 - probability) / 20_000)


def test_the_share_among_cautions_has_the_quantiles_of_a_grid():
    """Over cells of equal chance of starts and share in care; the numbers looked after are fixed."""
    middle = (np.arange(1000) + 0.5) / 1000
    in_care = np.quantile(monte_carlo.rounded_share(Span(0.26, 0.26), 513.2, 3, "any", 100_000), middle)
    exact = special.betaincinv(513.2 * 0.26 + 0.5, 513.2 * 0.74 + 0.5, middle)
    np.testing.assert_allclose(in_care[5:-5], exact[5:-5], atol=6e-4)
    cells = (4500 / (23500 + 1000 * middle[:, None]) - 0.5 * exact) / 0.5
    found = of(simulate(looked_after=Span(4500, 4500), in_care=Span(0.26, 0.26)), monte_carlo.OUT_OF_COURT, 0.5)
    expected = np.quantile(cells, found["probability"])
    assert (abs(found["quantile"] - expected) < 4 * found["monte_carlo_error"] + 1e-5).all()


def test_the_same_seed_gives_the_same_numbers_and_another_does_not(simulated):
    pd.testing.assert_frame_equal(simulated, simulate())
    assert (simulate(seed=2013)["quantile"] != simulated["quantile"]).all()


def test_the_numbers_are_those_of_a_generator_of_numpy():
    """Its doubles are the raw stream, so that they can be made again with numpy alone; its distributions are not used."""
    stream = np.random.SeedSequence(5, spawn_key=(zlib.crc32(b"starts"),))
    expected = np.random.Generator(np.random.PCG64(stream)).random(1000)
    np.testing.assert_array_equal(monte_carlo.uniform(Span(0, 1), 5, "starts", 1000), expected)


def test_a_court_share_more_changes_no_other(simulated):
    more = simulate(court_shares=[0.1, 0.3, 0.5, 0.6, 0.75])
    kept = more[more["court_share"].ne(0.1)].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, simulated)


def test_another_rate_changes_the_ratio_alone(simulated):
    other = simulate(rate=Span(0.0064, 0.0066))
    ratio = simulated["quantity"].eq(monte_carlo.RATIO)
    pd.testing.assert_frame_equal(other[~ratio], simulated[~ratio])
    assert (other.loc[ratio, "quantile"] != simulated.loc[ratio, "quantile"]).all()


def test_inputs_are_drawn_independently():
    names = ["looked after", "starts", "rate", "in care, observed", "in care, given what was observed"]
    drawn = [monte_carlo.uniform(Span(0, 1), 2012, name, 20_000) for name in names]
    correlations = np.corrcoef(drawn)[np.triu_indices(len(names), 1)]
    assert (abs(correlations) < 4 / np.sqrt(20_000)).all()


def test_quantiles_lie_within_the_bounds(simulated):
    possible = simulated[simulated["impossible"] < 0.5]
    assert len(possible) == 3 * 5
    assert possible["quantile"].between(possible["bound_lower"], possible["bound_upper"]).all()


def test_bounds_are_those_of_the_corners(simulated):
    quotient = of(simulated, monte_carlo.SHARE_OF_STARTS).loc[0, ["bound_lower", "bound_upper"]].tolist()
    assert quotient == pytest.approx([4450 / 24500, 4550 / 23500], rel=1e-12)
    ratio = of(simulated, monte_carlo.RATIO).loc[0, ["bound_lower", "bound_upper"]].tolist()
    assert ratio == pytest.approx([27.730, 30.018], abs=6e-4)
    box = out_of_court.Box("rounding_and_sampling", Span(*quotient), DECLARED["in_care_limits"])
    for court_share in DECLARED["court_shares"]:
        rows = of(simulated, monte_carlo.OUT_OF_COURT, court_share)[["bound_lower", "bound_upper"]].drop_duplicates()
        assert rows.to_numpy().tolist() == [pytest.approx(out_of_court.identified_set(box, court_share, 1), rel=1e-12)]


@pytest.mark.parametrize(
    ("quantity", "court_share"),
    [(monte_carlo.SHARE_OF_STARTS, None), (monte_carlo.RATIO, None), (monte_carlo.OUT_OF_COURT, 0.5)],
)
def test_the_error_stated_is_the_spread_over_seeds(quantity, court_share, many_seeds):
    rows = of(many_seeds, quantity, court_share).groupby("probability")
    ratio = rows["monte_carlo_error"].mean() / rows["quantile"].std()
    assert ratio.between(0.6, 1.6).all()


@pytest.fixture(scope="module")
def many_seeds():
    return pd.concat([simulate(seed=seed, draws=2000, court_shares=[0.5]) for seed in range(40)], ignore_index=True)


def test_impossible_draws_are_left_out_and_told(simulated):
    """Of a share in care above 25.0%, three quarters of the starts leave less than none for cautions."""
    rows = of(simulated, monte_carlo.OUT_OF_COURT, 0.75)
    assert rows["impossible"].between(0.65, 0.75).all()
    # Had they been cut at 0, more than half of all would be 0.
    assert (rows["quantile"] > 0).all()
    quotient = monte_carlo.uniform(DECLARED["looked_after"], 2012, "looked after", 20_000)
    quotient = quotient / monte_carlo.uniform(DECLARED["starts"], 2012, "starts", 20_000)
    in_care = monte_carlo.rounded_share(DECLARED["in_care"], 513.2, 2012, "in care", 20_000)
    drawn = (quotient - 0.75 * in_care) / 0.25
    assert rows.loc[0, "impossible"] == (drawn < 0).mean()
    np.testing.assert_allclose(rows["quantile"], np.quantile(drawn[drawn >= 0], rows["probability"]), rtol=1e-12)


def test_draws_above_1_are_impossible_too():
    rows = of(simulate(court_shares=[0.99], in_care_at_start=[0.5]), monte_carlo.OUT_OF_COURT)
    assert rows["impossible"].eq(1).all()


def test_if_every_draw_is_impossible_there_is_no_quantile_and_no_bound():
    rows = of(simulate(court_shares=[0.9], n_effective=1e6, in_care_limits=Span(0.25, 0.27)), monte_carlo.OUT_OF_COURT)
    assert rows["impossible"].eq(1).all()
    assert rows[["quantile", "monte_carlo_error", "bound_lower", "bound_upper"]].isna().all(axis=None)


def test_a_few_possible_draws_give_no_quantile():
    rows = of(simulate(court_shares=[0.85], draws=1000), monte_carlo.OUT_OF_COURT)
    assert rows["impossible"].between(0.9, 1, inclusive="neither").all()
    assert rows["quantile"].isna().all() and rows["bound_upper"].notna().all()


def test_fewer_in_care_at_the_start_leave_more_among_cautions():
    all_of_them, most = (of(simulate(in_care_at_start=[part]), monte_carlo.OUT_OF_COURT, 0.6) for part in (1.0, 0.8))
    assert most.loc[1, "quantile"] - all_of_them.loc[1, "quantile"] == pytest.approx(0.6 * 0.2 * 0.26 / 0.4, abs=2e-3)
    assert most["in_care_at_start"].eq(0.8).all()


def test_the_table_has_the_promised_columns_and_rows(simulated):
    assert list(simulated.columns) == COLUMNS
    assert not simulated.duplicated(KEY).any()
    assert (
        simulated["quantity"].tolist()
        == [monte_carlo.SHARE_OF_STARTS] * 3 + [monte_carlo.RATIO] * 3 + [monte_carlo.OUT_OF_COURT] * 12
    )
    assert simulated["court_share"].isna().tolist() == [True] * 6 + [False] * 12
    assert simulated["probability"].tolist() == [0.025, 0.5, 0.975] * 6
    assert set(zip(simulated["draws"], simulated["seed"], simulated["evidence"], strict=True)) == {(20_000, 2012, "published")}


def test_the_distributions_are_declared_in_words(simulated):
    quotient, ratio, share = simulated["assumes"].unique()
    assert "4450 to 4550" in quotient and "23500 to 24500" in quotient and "rate" not in quotient
    assert "rate uniform over 0.00645 to 0.00655" in ratio
    assert "uniform over 0.255 to 0.265" in share and "513.2 cases" in share and "0.2171 to 0.3067" in share


def test_the_tails_follow_the_confidence():
    assert simulate(confidence=0.8)["probability"].unique().tolist() == [0.1, 0.5, 0.9]


@repeatable
@given(st.integers(100, 3000), st.floats(0.01, 0.99), st.integers(0, 2**32))
def test_a_quantile_is_that_of_numpy_and_its_error_that_of_order_statistics(n, probability, seed):
    values = monte_carlo.uniform(Span(0, 1), seed, "any", n)
    found = monte_carlo.quantiles(values, [probability]).iloc[0]
    assert found["quantile"] == np.quantile(values, probability)
    reach = np.sqrt(n * probability * (1 - probability))
    if n * probability < reach or n * (1 - probability) < reach:
        assert np.isnan(found.monte_carlo_error)
    else:
        ranks = np.clip(n * probability + np.array([-reach, reach]), 1, n)
        low, high = np.interp(ranks, np.arange(1, n + 1), np.sort(values))
        # The ranks of the quantile run to n - 1 and not to n.
        assert found.monte_carlo_error == pytest.approx((high - low) / 2, abs=np.diff(np.sort(values)).max())


def test_the_error_of_a_median_is_that_of_theory():
    """``1 / (2 f sqrt(n))`` with f the density at the median."""
    values = special.ndtri(monte_carlo.uniform(Span(0.001, 0.999), 1, "any", 100_000))
    stated = monte_carlo.quantiles(values, [0.5]).loc[0, "monte_carlo_error"]
    assert stated == pytest.approx(1 / (2 * stats.norm.pdf(0) * np.sqrt(100_000)), rel=0.1)


def test_where_too_few_draws_lie_beyond_a_quantile_its_error_is_not_known():
    found = monte_carlo.quantiles(np.arange(100.0), [0.001, 0.5])
    assert found["monte_carlo_error"].isna().tolist() == [True, False]


def test_draws_of_one_value_have_no_error():
    assert monte_carlo.quantiles(np.full(100, 3.0), [0.025, 0.5]).to_numpy().tolist() == [[0.025, 3, 0], [0.5, 3, 0]]


@pytest.mark.parametrize(
    ("values", "probabilities", "says"),
    [
        (np.zeros(99), [0.5], "at least 100 draws; there are 99"),
        (np.r_[np.zeros(100), np.nan], [0.5], "finite"),
        (np.zeros(100), [], "both excluded"),
        (np.zeros(100), [0.5, 1], "both excluded"),
        (np.zeros(100), [np.nan], "both excluded"),
    ],
)
def test_quantiles_that_mean_nothing_are_refused(values, probabilities, says):
    with pytest.raises(InputError, match=says):
        monte_carlo.quantiles(values, probabilities)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"draws": 99}, "at least 100 draws; this is 99"),
        ({"draws": 1000.5}, "draws: takes a whole number"),
        ({"seed": -1}, "seed: takes a whole number"),
        ({"n_effective": 0}, "effective number of cases is above 0"),
        ({"n_effective": float("nan")}, "effective number of cases is above 0"),
        ({"confidence": 1}, "confidence lies between 0 and 1"),
        ({"confidence": 0}, "confidence lies between 0 and 1"),
        ({"court_shares": [0.5, 1]}, "leaves no start that was a caution"),
        ({"court_shares": []}, "at least one court share"),
        ({"in_care_at_start": [0]}, "part in care at the start"),
        ({"in_care_at_start": [1.2]}, "part in care at the start"),
        ({"looked_after": Span(4550, 4450)}, "no more than all starts"),
        ({"looked_after": Span(25_000, 26_000)}, "no more than all starts"),
        ({"starts": Span(0, 1)}, "no more than all starts"),
        ({"rate": Span(0, 0.01)}, "a rate runs upwards"),
        ({"rate": Span(64.5, 65.5)}, "a rate runs upwards"),
        ({"in_care": Span(25.5, 26.5)}, "limits of the share in care hold"),
        ({"in_care_limits": Span(0.26, 0.3)}, "limits of the share in care hold"),
        ({"in_care_limits": Span(-0.1, 0.3)}, "share in care runs upwards"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(changes, says):
    with pytest.raises(InputError, match=says):
        simulate(**changes)


def test_draws_of_one_input_refuse_what_cannot_be():
    with pytest.raises(InputError, match="starts runs upwards"):
        monte_carlo.uniform(Span(2, 1), 0, "starts", 100)
    with pytest.raises(InputError, match="in care runs upwards between 0 and 1"):
        monte_carlo.rounded_share(Span(-0.005, 0.005), 100, 0, "in care", 100)
