from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from helpers import agreement, published
from helpers.errors import InputError
from helpers.ratings import CARE_GROUPS, STANDARDS, rating_of
from helpers.rounding import whole_per_cent
from tests import known

ANSWERS = known.read("agreement").fillna({"questions": "", "rating": "", "measure": "", "data": ""})
BANDS = published.rating_bands()


def as_r_makes_it(n, second):
    i = np.arange(1, n + 1)
    first, turned = (i * i + 3 * i) % 7 > 1, (i * i * i + i) % 11 < second
    return pd.DataFrame({"yot": i * i // 37 % 9, "first": first, "second": first ^ turned})


def made(services, **columns):
    """Inspected cases with the columns given; of a standard not given all are sufficient."""
    table = pd.DataFrame({"case_id": [str(number) for number in range(len(services))], "yot": pd.Categorical(services)})
    table["care_group"] = pd.Categorical(["not_in_care"] * len(services), CARE_GROUPS)
    if not any(name.startswith(f"{standard}_") and not name.endswith("_second") for name in columns for standard in STANDARDS):
        columns = {standard: [True] * len(services) for standard in STANDARDS} | columns
    return table.assign(**{name: pd.array(values, dtype="boolean") for name, values in columns.items()})


# --- known answers


@pytest.mark.parametrize("data", ["60 2", "200 3", "35 5"])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_agreement_with_services_as_clusters_is_that_of_r(data, level):
    both = as_r_makes_it(*map(int, data.split()))
    codes, names = pd.factorize(both["yot"])
    found = agreement.of_pairs(both["first"].to_numpy(), both["second"].to_numpy(), codes, level)
    answers = ANSWERS[(ANSWERS["quantity"] == "clusters") & (ANSWERS["data"] == data) & (ANSWERS["level"] == level)]
    assert len(answers) == 3 and found["services"] == len(names) and found["df"] == len(names) - 1 and found["note"] == ""
    for answer in answers.to_dict("records"):
        for column, of_r in {"": "value", "_se": "se", "_lower": "lower", "_upper": "upper"}.items():
            assert found[answer["measure"] + column] == pytest.approx(answer[of_r], rel=known.TOLERANCE, abs=1e-13), answer


def test_cases_as_their_own_clusters_have_the_errors_of_fleiss_and_gwet():
    """R compares them with the published formulas, apart from n / (n - 1)."""
    for answer in ANSWERS[ANSWERS["quantity"] == "alone"].to_dict("records"):
        both = as_r_makes_it(*map(int, answer["data"].split()))
        found = agreement.of_pairs(both["first"].to_numpy(), both["second"].to_numpy(), np.arange(len(both)), 0.95)
        assert found[answer["measure"]] == pytest.approx(answer["value"], rel=known.TOLERANCE)
        assert found[f"{answer['measure']}_se"] == pytest.approx(answer["se"], rel=known.TOLERANCE)


def of_questions(text):
    return [tuple(map(int, part.split("/"))) for part in text.split()]


def test_the_lowest_after_a_second_reading_is_that_of_r():
    answers = ANSWERS[ANSWERS["quantity"].isin(["expected", "moved"])]
    assert len(answers) == 25
    for answer in answers.to_dict("records"):
        rates = answer["yes_to_no"], answer["no_to_yes"]
        expected, chances = agreement.of_lowest(of_questions(answer["questions"]), *rates, BANDS)
        found = expected if answer["quantity"] == "expected" else chances[answer["rating"]]
        assert found == pytest.approx(answer["value"], abs=1e-12), answer


# --- by hand


def test_four_cells_by_hand():
    """20, 5, 10, 15 of 50: Cohen's example, agreement 0.7, kappa 0.4; AC1 with q = 0.55."""
    first, second = np.repeat([True, True, False, False], [20, 5, 10, 15]), np.repeat([True, False, True, False], [20, 5, 10, 15])
    found = agreement.of_pairs(first, second, np.arange(50), 0.95)
    assert [found[name] for name in ("both_yes", "first_only", "second_only", "both_no")] == [20, 5, 10, 15]
    assert (found["agreement"], found["kappa"]) == pytest.approx((0.7, 0.4))
    assert found["ac1"] == pytest.approx((0.7 - 2 * 0.55 * 0.45) / (1 - 2 * 0.55 * 0.45))


def test_rows_of_a_list_by_standard():
    table = made(
        list("aabbcc"),
        planning=[True, False, True, True, None, False],
        planning_second=[True, True, None, False, True, False],
        delivery_second=[True, None, None, None, True, False],
    )
    found = agreement.of_cases(table, 0.9).set_index("judgement")
    assert found.index.tolist() == ["planning", "delivery", "all"] and list(found.reset_index().columns) == agreement.COLUMNS
    cells = ["pairs", "both_yes", "first_only", "second_only", "both_no"]
    # The fifth case has no first answer on planning.
    assert found[cells].to_numpy().tolist() == [[4, 1, 1, 1, 1], [3, 2, 1, 0, 0], [7, 3, 2, 1, 1]]
    assert agreement.rates(table) == (2 / 5, 1 / 2, 7)


def test_a_standard_read_twice_is_held_against_all_its_questions():
    table = made(
        list("abcd"),
        planning_desistance=[True, True, False, None],
        planning_child_safety=[True, None, True, None],
        planning_second=[True, True, False, True],
        planning_child_safety_second=[True, None, None, True],
        planning_others_safety=[True, False, True, None],
    )
    found = agreement.of_cases(table, 0.95).set_index("judgement")
    assert found.index.tolist() == ["planning_child_safety", "planning", "all"]
    assert found.loc["planning", ["pairs", "both_yes", "second_only", "both_no"]].tolist() == [3, 1, 1, 1]
    # Its questions were read twice as well, so the standard does not count again.
    assert found.loc["all", "pairs"] == found.loc["planning_child_safety", "pairs"] == 1
    alone = agreement.of_cases(table.drop(columns="planning_child_safety_second"), 0.95).set_index("judgement")
    assert alone.loc["all", "pairs"] == 3


def test_pooled_judgements_of_a_service_are_one_cluster():
    answers = [True, False, True, True, False, True, True, False]
    second = [True, False, False, True, True, True, False, False]
    once = agreement.of_cases(made(list("aabbccdd"), planning=answers, planning_second=second), 0.95).iloc[-1]
    twice = made(list("aabbccdd"), planning=answers, planning_second=second, delivery=answers, delivery_second=second)
    pooled = agreement.of_cases(twice, 0.95).iloc[-1]
    assert pooled["pairs"] == 2 * once["pairs"]
    # The same answers again tell nothing new.
    for column in ("agreement_se", "kappa_se", "ac1_se"):
        assert pooled[column] == pytest.approx(once[column])


# --- boundaries


def test_a_list_that_nobody_read_twice_has_a_row_without_values():
    found = agreement.of_cases(made(list("ab")), 0.95)
    assert (
        found["judgement"].tolist() == ["all"]
        and found["pairs"].tolist() == [0]
        and found["note"].tolist() == ["no case was read twice"]
    )
    assert found[["agreement", "kappa", "ac1"]].isna().all(axis=None)
    blank = agreement.of_cases(made(list("ab"), planning_second=[None, None]), 0.95)
    assert blank["judgement"].tolist() == ["planning", "all"] and blank["pairs"].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("first", "second", "kappa", "ac1", "words"),
    [
        ([1, 1, 1, 1], [1, 1, 1, 1], np.nan, 1.0, "does not exist; all pairs agree"),
        ([0, 0, 0, 0], [0, 0, 0, 0], np.nan, 1.0, "does not exist"),
        ([1, 0, 1, 0], [1, 0, 1, 0], 1.0, 1.0, "all pairs agree"),
        ([1, 1, 1, 1], [1, 0, 1, 1], 0.0, (0.75 - 2 * 0.875 * 0.125) / (1 - 2 * 0.875 * 0.125), "one inspector gave one answer"),
        ([1, 0, 1, 0], [0, 1, 0, 1], -1.0, -1.0, "services do not differ"),
    ],
)
def test_answers_alike(first, second, kappa, ac1, words):
    found = agreement.of_pairs(np.array(first, bool), np.array(second, bool), np.array([0, 0, 1, 1]), 0.95)
    assert (found["kappa"], found["ac1"]) == pytest.approx((kappa, ac1), nan_ok=True)
    assert np.isnan(found["kappa_lower"]) and words in found["note"]
    assert not np.isnan(found["agreement"])


def test_one_service_has_estimates_and_no_errors():
    both = as_r_makes_it(30, 3)
    found = agreement.of_pairs(both["first"].to_numpy(), both["second"].to_numpy(), np.zeros(30, int), 0.95)
    assert not np.isnan([found["agreement"], found["kappa"], found["ac1"]]).any()
    assert np.isnan([found["agreement_se"], found["kappa_se"], found["ac1_lower"]]).all() and "one service" in found["note"]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_limits_hold_the_estimate_and_stay_in_range(rows):
    clusters, first, second = (np.array(part) for part in zip(*rows, strict=True))
    codes = pd.factorize(clusters)[0]
    found = agreement.of_pairs(first, second, codes, 0.9)
    swapped = agreement.of_pairs(second, first, codes, 0.9)
    for measure, least in {"agreement": 0, "kappa": -1, "ac1": -1}.items():
        assert found[measure] == pytest.approx(swapped[measure], nan_ok=True, abs=1e-12)
        assert found[f"{measure}_se"] == pytest.approx(swapped[f"{measure}_se"], nan_ok=True, abs=1e-9)
        if not np.isnan(found[f"{measure}_lower"]):
            assert least <= found[f"{measure}_lower"] <= found[measure] + 1e-12
            assert found[measure] - 1e-12 <= found[f"{measure}_upper"] <= 1
        else:
            assert found["note"]


def test_confidence_is_checked():
    with pytest.raises(InputError, match="confidence"):
        agreement.of_cases(made(list("ab")), 0)


# --- what a second reading could do


def moves(table):
    return agreement.lowest_moves(table, "care_group", BANDS).set_index("standard")


def test_a_second_reader_who_always_agrees_moves_nothing():
    answers = [True, False, True, True, True, False]
    found = moves(made(list("aabbcc"), planning=answers, planning_second=answers))
    row = found.loc["planning"]
    assert (row["lowest_now"], row["lowest_expected"], row["shift"], row["p_same_rating"]) == pytest.approx((4 / 6, 4 / 6, 0, 1))


def test_one_question_moves_to_its_mean():
    table = made(
        list("aabbcc"), planning=[True, False, True, True, True, False], planning_second=[True, True, False, True, None, None]
    )
    found = moves(table)
    assert (found["yes_to_no"] == 1 / 3).all() and (found["no_to_yes"] == 1.0).all() and (found["pairs"] == 4).all()
    assert found.loc["planning", "lowest_expected"] == pytest.approx((4 * 2 / 3 + 2) / 6)
    # What was not read twice is not moved by the disagreement about something else.
    assert np.isnan(found.loc["delivery", "lowest_expected"])
    assert found.loc["delivery", "note"] == "no case was read twice on this standard"
    assert found.loc["planning", "rating"] == "Good"


@settings(deadline=None, derandomize=True, max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(1, 4)).map(lambda pair: (min(pair), pair[1])), min_size=1, max_size=3),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_the_lowest_is_what_every_outcome_gives(judged, a, b):
    expected, chances = 0.0, dict.fromkeys(BANDS["rating"], 0.0)
    counts = [
        np.convolve(stats.binom.pmf(np.arange(k + 1), k, 1 - a), stats.binom.pmf(np.arange(n - k + 1), n - k, b))
        for k, n in judged
    ]
    for outcome in product(*(range(n + 1) for _, n in judged)):
        p = np.prod([pmf[k] for pmf, k in zip(counts, outcome, strict=True)])
        lowest = min(zip(outcome, (n for _, n in judged), strict=True), key=lambda pair: pair[0] / pair[1])
        expected, rating = expected + p * lowest[0] / lowest[1], rating_of(whole_per_cent(*lowest), BANDS)
        chances[rating] += p
    found = agreement.of_lowest(judged, a, b, BANDS)
    assert found[0] == pytest.approx(expected, abs=1e-12) and found[1] == pytest.approx(chances, abs=1e-12)


def test_many_cases_are_worked_out_too():
    expected, chances = agreement.of_lowest([(700_000, 1_000_000), (900_000, 1_000_000)], 0.1, 0.1, BANDS)
    assert expected == pytest.approx(0.66, abs=1e-9) and chances["Good"] == pytest.approx(1)


def test_simulation_gives_the_same():
    judged, a, b, rng = [(77, 113), (70, 104), (90, 120)], 0.09, 0.11, np.random.default_rng(4)
    shares = [(rng.binomial(k, 1 - a, 200_000) + rng.binomial(n - k, b, 200_000)) / n for k, n in judged]
    expected, chances = agreement.of_lowest(judged, a, b, BANDS)
    lowest = np.min(shares, axis=0)
    assert lowest.mean() == pytest.approx(expected, abs=5 * lowest.std() / np.sqrt(200_000))
    assert (lowest >= 0.645).mean() == pytest.approx(chances["Good"] + chances["Outstanding"], abs=0.006)


@pytest.mark.parametrize(
    ("second", "words"),
    [([None] * 4, "read twice"), ([True, None, None, True], "not known")],
)
def test_moves_that_are_not_known_have_a_reason(second, words):
    table = made(list("aabb"), planning=[True, False, True, True], planning_second=second, delivery=[None] * 4)
    found = moves(table)
    assert np.isnan(found.loc["planning", "lowest_expected"]) and words in found.loc["planning", "note"]
    assert found.loc["planning", "lowest_now"] == 0.75
    assert found.loc["delivery", "note"] == "no case judged" and found.loc["delivery", "cases"] == 0
    if words == "not known":
        # Where no answer is no, the rate of no to yes is not needed.
        found = moves(table.assign(planning=pd.array([True] * 4, dtype="boolean")))
        assert found.loc["planning", "p_same_rating"] == 1
