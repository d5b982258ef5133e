import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from helpers import out_of_court
from helpers.errors import InputError
from helpers.out_of_court import Box
from helpers.rounding import Span
from tests import known

repeatable = settings(deadline=None, derandomize=True, max_examples=30)
COLUMNS = ["court_share", "in_care_at_start", "uncertainty", "feasible", "estimate", "lower", "upper", "cut", "level"]
COLUMNS += ["assumes", "evidence"]
POINT = Box("point", Span(0.1875, 0.1875), Span(0.26, 0.26))
ROUNDING = Box("rounding", Span(4450 / 24500, 4550 / 23500), Span(0.255, 0.265))
SAMPLING = Box("rounding_and_sampling", ROUNDING.looked_after, Span(0.2171, 0.3067))
BOXES = [POINT, ROUNDING, SAMPLING]
ASSUMES = {box.uncertainty: f"in words: {box.uncertainty}" for box in BOXES}
WIDE = Box("rounding", Span(0.05, 0.95), Span(0.05, 0.95))
# Nearer to the greatest court share than this, binary fractions decide what is possible.
NOISE = 1e-9


def table(boxes=BOXES, court_shares=(0.3, 0.6, 0.9), in_care_at_start=(1, 0.8)):
    return out_of_court.table(boxes, court_shares, in_care_at_start, ASSUMES, 0.95, "published")


@pytest.fixture(scope="module")
def answers():
    """Of R, by box and part in care at the start."""
    rows = known.read("out_of_court").assign(cut=lambda rows: rows["cut"].fillna(""))
    ends = ["looked_after_low", "looked_after_high", "in_care_low", "in_care_high"]
    groups = rows.groupby([*ends, "in_care_at_start"], sort=False)
    return [(Box("rounding", Span(*key[:2]), Span(*key[2:4])), key[4], group) for key, group in groups]


def test_sets_agree_with_r(answers):
    for box, part, expected in answers:
        ours = table([box], expected["court_share"], [part])
        assert ours["feasible"].tolist() == expected["feasible"].tolist()
        assert ours["cut"].tolist() == expected["cut"].tolist()
        np.testing.assert_allclose(ours[["lower", "upper"]], expected[["lower", "upper"]], rtol=0, atol=known.TOLERANCE)


def test_greatest_court_shares_agree_with_r(answers):
    ours = [out_of_court.greatest_court_share(box, part) for box, part, _ in answers]
    expected = [group["greatest_court_share"].iloc[0] for _, _, group in answers]
    np.testing.assert_allclose(ours, expected, rtol=0, atol=known.TOLERANCE)


def test_r_has_every_kind_of_set(answers):
    assert {cut for _, _, group in answers for cut in group["cut"]} == {"", "below 0", "above 1", "below 0 and above 1"}
    assert {feasible for _, _, group in answers for feasible in group["feasible"]} == {True, False}


@pytest.mark.parametrize(("court_share", "estimate"), [(0.3, 0.1564), (0.5, 0.1150), (0.6, 0.0788), (0.7, 0.0183)])
def test_the_published_figures_as_printed_give_these_shares(court_share, estimate):
    row = table([POINT], [court_share], [1]).iloc[0]
    assert row.estimate == pytest.approx(estimate, abs=6e-5)
    assert np.isnan(row.lower) and np.isnan(row.upper)


@pytest.mark.parametrize(
    ("court_share", "lower", "upper", "cut"),
    [
        (0.3, 0.1459, 0.1673, ""),
        (0.5, 0.0983, 0.1322, ""),
        (0.6, 0.0566, 0.1015, ""),
        (0.7, 0, 0.0504, "below 0"),
    ],
)
def test_their_rounding_leaves_these_sets(court_share, lower, upper, cut):
    row = table([ROUNDING], [court_share], [1]).iloc[0]
    assert (row.lower, row.upper) == pytest.approx((lower, upper), abs=6e-5)
    assert row.cut == cut
    assert np.isnan(row.estimate)


@pytest.mark.parametrize(("part", "estimate"), [(1, 0.07875), (0.9, 0.11775), (0.8, 0.15675), (0.7, 0.19575)])
def test_fewer_in_care_at_the_start_leave_more_among_cautions(part, estimate):
    assert table([POINT], [0.6], [part]).loc[0, "estimate"] == pytest.approx(estimate, rel=known.TOLERANCE)


def test_at_least_24_per_cent_were_cautions_if_26_per_cent_holds_throughout():
    found = out_of_court.limits(BOXES, [1], "published").set_index("uncertainty")
    assert found["greatest_court_share"].tolist() == pytest.approx([0.721154, 0.759282, 0.891833], abs=1e-6)
    np.testing.assert_array_equal(found["least_caution_share"], 1 - found["greatest_court_share"])
    assert set(found["direction"]) == {"falls"}


def test_limits_say_where_nothing_is_ruled_out():
    found = out_of_court.limits(BOXES, [0.7], "published").set_index("uncertainty")
    assert found.loc["rounding", ["greatest_court_share", "least_caution_share", "direction"]].tolist() == [
        1,
        0,
        "not_identified",
    ]
    assert list(found.columns) == ["in_care_at_start", "greatest_court_share", "least_caution_share", "direction", "evidence"]


def test_where_fewer_were_in_care_than_looked_after_the_share_rises_to_1():
    """0.7 of 26% is less than 4,500 of 24,000, so the cautions have to hold the rest, and a few cannot hold them."""
    found = out_of_court.limits([POINT], [0.7], "published").iloc[0]
    assert found.direction == "rises"
    assert found.greatest_court_share == pytest.approx((1 - 0.1875) / (1 - 0.182), rel=known.TOLERANCE)
    assert out_of_court.identified_set(POINT, 0.993, 0.7).high < 1
    assert out_of_court.identified_set(POINT, 0.994, 0.7) is None


def test_a_share_that_cannot_be_is_missing_and_not_0():
    rows = table(court_shares=[0.95], in_care_at_start=[1])
    assert not rows["feasible"].any()
    assert rows[["estimate", "lower", "upper"]].isna().all(axis=None)
    assert set(rows["cut"]) == {""}


def test_at_the_greatest_court_share_the_set_is_0_alone():
    for box in BOXES:
        greatest = out_of_court.greatest_court_share(box, 1)
        assert out_of_court.identified_set(box, greatest, 1) == pytest.approx((0, 0), abs=NOISE)
        assert out_of_court.identified_set(box, greatest + NOISE, 1) is None


def test_a_set_cut_on_both_sides_says_nothing():
    row = table([WIDE], [0.9], [1]).iloc[0]
    assert (row.lower, row.upper, row.cut) == (0, 1, "below 0 and above 1")


def test_the_table_has_the_promised_columns_and_order():
    rows = table()
    assert list(rows.columns) == COLUMNS
    expected = [(part, s, box.uncertainty) for part in (1, 0.8) for s in (0.3, 0.6, 0.9) for box in BOXES]
    assert list(rows[["in_care_at_start", "court_share", "uncertainty"]].itertuples(index=False, name=None)) == expected
    assert rows["assumes"].tolist() == [ASSUMES[name] for name in rows["uncertainty"]]
    assert set(rows["evidence"]) == {"published"}
    assert rows["feasible"].dtype == bool


def test_only_sampling_has_a_level():
    rows = table()
    assert rows.loc[rows["uncertainty"].eq("rounding_and_sampling"), "level"].eq(0.95).all()
    assert rows.loc[rows["uncertainty"].ne("rounding_and_sampling"), "level"].isna().all()


def test_a_value_may_stand_twice_in_a_grid():
    rows = table([POINT], [0.3, 0.3], [1])
    assert len(rows) == 2 and rows["estimate"].nunique() == 1


def test_a_court_share_from_a_half_to_seven_tenths():
    assert out_of_court.over_range(ROUNDING, [0.7, 0.5], 1) == pytest.approx((0, 0.1322), abs=6e-5)


def test_a_range_that_ends_beyond_what_is_possible_reaches_0():
    """At 0.5 alone the set starts at 0.0983; a court share between 0.5 and 0.9 can also be 0.75."""
    assert out_of_court.over_range(ROUNDING, [0.5, 0.9], 1) == pytest.approx((0, 0.1322), abs=6e-5)
    assert out_of_court.over_range(POINT, [0.5, 0.9], 1) == pytest.approx((0, 0.115), abs=1e-9)
    assert out_of_court.over_range(ROUNDING, [0.8, 0.9], 1) is None


shares = st.floats(0, 1)
spans = st.tuples(shares, shares).map(lambda ends: Span(*sorted(ends)))
boxes = st.builds(Box, st.just("rounding"), spans, spans)
court_shares = st.floats(0, 0.99)
parts = st.floats(0.01, 1)


def within(span, place):
    return (1 - place) * span.low + place * span.high


@repeatable
@given(boxes, court_shares, parts, shares, shares)
def test_every_possible_point_of_a_box_lies_in_its_set(box, court_share, part, place, other):
    q = out_of_court.share(within(box.looked_after, place), part * within(box.in_care, other), court_share)
    assume(0 <= q <= 1)
    found = out_of_court.identified_set(box, court_share, part)
    assert found.low - NOISE <= q <= found.high + NOISE


@repeatable
@given(boxes, court_shares, parts, shares)
def test_every_value_of_a_set_is_reached_in_the_box(box, court_share, part, place):
    """The formula is linear along the diagonal of the box between the two corners."""
    found = out_of_court.identified_set(box, court_share, part)
    assume(found is not None)
    wanted = within(found, place)
    least, greatest = (
        out_of_court.share(quotient, part * in_care, court_share)
        for quotient, in_care in zip(box.looked_after, box.in_care[::-1], strict=True)
    )
    along = np.clip((wanted - least) / (greatest - least), 0, 1) if greatest > least else 0
    reached = out_of_court.share(within(box.looked_after, along), part * within(Span(*box.in_care[::-1]), along), court_share)
    assert reached == pytest.approx(wanted, abs=1e-7)


def corner_values(box, court_share, part):
    return [out_of_court.share(x, part * p, court_share) for x in box.looked_after for p in box.in_care]


@repeatable
@given(boxes, court_shares, parts)
def test_a_set_is_empty_if_and_only_if_no_point_is_possible(box, court_share, part):
    assume(abs(court_share - out_of_court.greatest_court_share(box, part)) > NOISE)
    values = corner_values(box, court_share, part)
    possible = max(values) >= 0 and min(values) <= 1
    assert (out_of_court.identified_set(box, court_share, part) is not None) == possible


@repeatable
@given(boxes, parts)
def test_the_greatest_court_share_parts_the_possible_from_the_impossible(box, part):
    greatest = out_of_court.greatest_court_share(box, part)
    assert 0 <= greatest <= 1
    below, above = max(0, greatest - 1e-6), min(1 - 1e-6, greatest + 1e-6)
    assert out_of_court.identified_set(box, min(below, 0.999), part) is not None
    assert (out_of_court.identified_set(box, above, part) is None) == (above > greatest)


@repeatable
@given(boxes, parts, st.lists(court_shares, min_size=1, max_size=5), shares)
def test_a_range_holds_the_set_of_every_court_share_in_it(box, part, named, place):
    between = within(Span(min(named), max(named)), place)
    found, inner = out_of_court.over_range(box, named, part), out_of_court.identified_set(box, between, part)
    assume(inner is not None)
    assert found.low - NOISE <= inner.low and inner.high <= found.high + NOISE


@repeatable
@given(boxes, court_shares, court_shares, parts)
def test_the_direction_is_that_of_every_point(box, one, other, part):
    assume(abs(one - other) > 1e-3)
    changes = [
        np.sign(later - sooner)
        for sooner, later in zip(
            corner_values(box, min(one, other), part), corner_values(box, max(one, other), part), strict=True
        )
    ]
    expected = {"falls": {-1, 0}, "rises": {1, 0}, "not_identified": {-1, 0, 1}}[out_of_court.direction(box, part)]
    assert set(changes) <= expected


@pytest.mark.parametrize(
    ("box", "court_share", "part", "says"),
    [
        (POINT, 1, 1, "leaves no start that was a caution"),
        (POINT, -0.1, 1, "from 0 to under 1; this one is -0.1"),
        (POINT, 1.1, 1, "from 0 to under 1"),
        (POINT, float("nan"), 1, "from 0 to under 1"),
        (POINT, 0.5, 0, "above 0 and up to 1; this one is 0"),
        (POINT, 0.5, 1.01, "above 0 and up to 1"),
        (POINT, 0.5, float("nan"), "above 0 and up to 1"),
        (ROUNDING._replace(in_care=Span(0.3, 0.2)), 0.5, 1, "share in care runs upwards"),
        (ROUNDING._replace(in_care=Span(25.5, 26.5)), 0.5, 1, "share in care runs upwards between 0 and 1"),
        (ROUNDING._replace(looked_after=Span(-0.1, 0.2)), 0.5, 1, "share looked after runs upwards"),
        (ROUNDING._replace(looked_after=Span(float("nan"), 0.2)), 0.5, 1, "share looked after runs upwards"),
        (POINT._replace(in_care=Span(0.2, 0.3)), 0.5, 1, "a point has one value"),
        (POINT._replace(uncertainty="roundig"), 0.5, 1, "did you mean 'rounding'"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(box, court_share, part, says):
    for refused in (out_of_court.identified_set, lambda *words: out_of_court.over_range(words[0], [words[1]], words[2])):
        with pytest.raises(InputError, match=says):
            refused(box, court_share, part)
    with pytest.raises(InputError, match=says):
        table([box], [court_share], [part])


@pytest.mark.parametrize(("quotient", "in_care", "says"), [(1.2, 0.2, "looked after"), (0.2, np.array([0.1, -0.1]), "in care")])
def test_the_formula_takes_shares_only(quotient, in_care, says):
    with pytest.raises(InputError, match=f"the share {says} lies between 0 and 1"):
        out_of_court.share(quotient, in_care, 0.5)


@pytest.mark.parametrize(
    ("grids", "says"),
    [
        ({"boxes": []}, "one box"),
        ({"court_shares": []}, "one court share"),
        ({"in_care_at_start": []}, "one part in care"),
    ],
)
def test_an_empty_grid_is_refused(grids, says):
    with pytest.raises(InputError, match=f"at least {says}"):
        table(**grids)


def test_limits_and_range_refuse_an_empty_grid():
    with pytest.raises(InputError, match="one box"):
        out_of_court.limits([], [1], "published")
    with pytest.raises(InputError, match="one part in care"):
        out_of_court.limits(BOXES, [], "published")
    with pytest.raises(InputError, match="one court share"):
        out_of_court.over_range(POINT, [], 1)
