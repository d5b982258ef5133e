import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import cases, comparisons, gee, published, ratings, shares
from helpers.comparisons import Judged
from helpers.datapackage import resource_path
from helpers.errors import InputError
from tests import known

ANSWERS = known.read("comparisons").fillna({"adjusted_for": ""})
EXACT = known.read("comparisons_exact")
NUMBERS = ["risk_difference", "se", "lower", "upper", "odds_ratio", "odds_ratio_lower", "odds_ratio_upper"]
NUMBERS += ["log_odds_ratio_se", "p_value", "correlation"]
PAIRS = ratings.pairs(ratings.CARE_GROUPS, "not_in_care", "all_pairs")
COVARIATES = ("age", "custody", "child_protection")
# R gee stops its iteration at 1e-12; 1e-7 is wanted.
AGREED = 1e-10


@pytest.fixture(scope="module")
def synthetic():
    """The synthetic cases with the covariates and weights that comparisons.R makes."""
    table = cases.read(resource_path("synthetic-cases"), "cases").table
    row = np.arange(1, len(table) + 1)
    age = pd.array(10 + (7 * row) % 8, dtype="Int64")
    age[row % 50 == 0] = pd.NA
    return table.assign(age=age, custody=pd.array((row * 11) % 17 < 4, dtype="boolean"), weight=1 + (row % 5) / 2)


def made(groups, services, yes, **columns):
    """Cases in groups a, b, c, ... with one judgement; a letter of `services` a case."""
    table = pd.DataFrame({"yot": list(services), **columns})
    table["region"] = pd.Categorical(list(groups), sorted({group for group in groups if group}))
    return table, [Judged("planning", "lowest", pd.Series(pd.array(yes, dtype="boolean"), index=table.index))]


def of(made_cases, pairs=(("b", "a"),), **options):
    return comparisons.compare(*made_cases, "region", pairs, options.pop("confidence", 0.95), **options)


def usual(groups="abc", services=12, each=6, seed=0, **shares_of):
    """So many cases of every group in each service; `b=0.0` makes nobody in b sufficient."""
    rng = np.random.default_rng(seed)
    group = np.tile(np.repeat(list(groups), each), services)
    service = np.repeat([chr(65 + number) for number in range(services)], len(groups) * each)
    chance = np.array([shares_of.get(name, 0.6) for name in group])
    shared = np.repeat(rng.normal(0, 0.1, services), len(groups) * each)
    moved = np.where((chance > 0) & (chance < 1), np.clip(chance + shared, 0.05, 0.95), chance)
    return made(group, service, rng.random(len(group)) < moved)


# --- answers of R


@pytest.mark.parametrize("level", ANSWERS["level"].unique())
@pytest.mark.parametrize("weighted", [False, True])
def test_estimates_are_those_of_r(synthetic, level, weighted):
    judged = [
        one
        for one in comparisons.judged_of(synthetic, "care_group")
        if one.question == "lowest_of_each" or one.standard == "planning"
    ]
    weights = synthetic["weight"] if weighted else None
    found = comparisons.compare(synthetic, judged, "care_group", PAIRS, level, COVARIATES, weights)
    found["adjusted_for"] = found["adjusted_for"].str.replace(", ", "; ")
    keys = ["standard", "question", "group", "reference", "adjusted_for", "weighted"]
    answers = ANSWERS[(ANSWERS["level"] == level) & (ANSWERS["weighted"] == weighted)]
    assert len(answers) == (24 if weighted else 33)
    both = answers.merge(found, on=keys, suffixes=("_r", ""), validate="one_to_one")
    assert len(both) == len(answers)
    for name in ["cases", "reference_cases", "df"]:
        assert (both[name] == both[f"{name}_r"]).all(), name
    for name in NUMBERS:
        assert both[name].to_numpy() == pytest.approx(both[f"{name}_r"].to_numpy(), rel=AGREED, abs=1e-12, nan_ok=True), name


@pytest.mark.parametrize("level", ANSWERS["level"].unique())
def test_holm_is_that_of_r(synthetic, level):
    judged = comparisons.judged_of(synthetic, "care_group")
    table = comparisons.compare(synthetic, judged, "care_group", PAIRS, level)
    answers = ANSWERS[(ANSWERS["level"] == level) & ANSWERS["p_holm"].notna()]
    family = table["question"].eq("lowest")
    # From R's own p-values, so that the correction alone is compared.
    table.loc[family, "p_value"] = answers["p_value"].to_numpy()
    found = comparisons.add_holm(table)
    assert (found["family"] == np.where(family, "confirmatory", "exploratory")).all()
    assert found.loc[family, "p_holm"].to_numpy() == pytest.approx(answers["p_holm"].to_numpy(), rel=1e-12)
    assert found.loc[~family, "p_holm"].isna().all()


@pytest.mark.parametrize("answer", EXACT.to_dict("records"))
def test_exact_limits_are_those_of_r(answer):
    k, n, k_ref, n_ref = (int(answer[name]) for name in ("yes", "cases", "reference_yes", "reference_cases"))
    yes = [True] * k + [False] * (n - k) + [True] * k_ref + [False] * (n_ref - k_ref)
    services = (["A", "B", "C", "D"] * (n + n_ref))[: n + n_ref]
    row = of(made("b" * n + "a" * n_ref, services, yes), confidence=answer["level"]).squeeze()
    for name in ("risk_difference", "lower", "upper"):
        assert row[name] == pytest.approx(answer[name], abs=1e-12), name
    for name in ("odds_ratio_lower", "odds_ratio_upper"):
        assert row[name] == pytest.approx(answer[name], rel=known.TOLERANCE), name
    assert row[["se", "df", "p_value", "log_odds_ratio_se"]].isna().all()
    assert "ignore services" in row["note"]


# --- judgements


def test_lowest_answers_have_the_shares_that_give_the_ratings(synthetic):
    lowest = shares.of_cases(synthetic, 0.95, published.rating_bands()).query("question == 'lowest'")
    judged = {one.standard: one.yes for one in comparisons.judged_of(synthetic, "care_group") if one.question == "lowest_of_each"}
    for row in lowest.to_dict("records"):
        answers = judged[row["standard"]][synthetic["care_group"] == row["care_group"]]
        assert (answers.sum(), answers.count()) == (row["count"], row["base"])


def test_twenty_judgements_of_key_questions_and_four_of_standards(synthetic):
    names = [(one.standard, one.question) for one in comparisons.judged_of(synthetic, "year")]
    assert names == [
        (standard, question) for standard in ratings.STANDARDS for question in [*ratings.QUESTIONS, "lowest", "lowest_of_each"]
    ]
    table, _ = made("aabb", "ABAB", [True] * 4)
    table = table.assign(**{standard: pd.array([True, None, False, True], dtype="boolean") for standard in ratings.STANDARDS})
    table.loc[3, "region"] = None
    found = comparisons.judged_of(table, "region")
    assert [(one.standard, one.question) for one in found] == [(standard, "lowest") for standard in ratings.STANDARDS]
    assert found[0].yes.tolist() == [True, pd.NA, False, pd.NA]


def test_each_group_takes_its_own_lowest_question_the_first_of_equal_ones_and_none_that_applies_to_nobody():
    table, _ = made(["a", "a", "b", "b", "b", "b", "b", "b", "c", None], "ABABABABAB", [True] * 10)
    answers = {
        "desistance": [True, False, True, False, None, None, None, None, None, False],
        "child_safety": [False, True, True, True, False, None, None, None, None, False],
        # Half of six, as a half of two: equal, and later in order.
        "others_safety": [None, None, True, True, True, False, False, False, None, False],
    }
    for question, values in answers.items():
        table[f"planning_{question}"] = pd.array(values, dtype="boolean")
    lowest = comparisons.judged_of(table, "region")[-1]
    assert lowest.question == "lowest_of_each" and lowest.yes.index.equals(table.index)
    assert lowest.yes.tolist() == [True, False, True, False, pd.NA, pd.NA, pd.NA, pd.NA, pd.NA, pd.NA]


def test_the_confirmatory_question_is_lowest_in_all_groups_together_whichever_case_is_in_which(synthetic):
    judged = {one.standard: one for one in comparisons.judged_of(synthetic, "care_group") if one.question == "lowest"}
    random = np.random.default_rng(5)
    shuffled = synthetic.assign(care_group=random.permutation(synthetic["care_group"].to_numpy()))
    shuffled["care_group"] = pd.Categorical(shuffled["care_group"], ratings.CARE_GROUPS)
    again = {one.standard: one for one in comparisons.judged_of(shuffled, "care_group") if one.question == "lowest"}
    for standard, one in judged.items():
        columns = {question: synthetic[f"{standard}_{question}"] for question in ratings.QUESTIONS}
        least = min(columns, key=lambda question: columns[question].mean())
        assert list(one.sources.values()) == [least] and one.yes.equals(columns[least]) and again[standard].yes.equals(one.yes)


def test_a_row_says_which_questions_it_compares(synthetic):
    found = comparisons.compare(synthetic, comparisons.judged_of(synthetic, "care_group"), "care_group", PAIRS, 0.95)
    assert (found.loc[found["question"].isin(ratings.QUESTIONS), "from_question"] == "").all()
    own = found[found["question"] == "lowest_of_each"].set_index(["standard", "group", "reference"])["from_question"]
    assert own["assessment", "in_care_inside", "not_in_care"] == "others_safety"
    assert own["assessment", "in_care_outside", "not_in_care"] == "child_safety / others_safety"


def test_the_plain_difference_is_that_of_the_shares_of_the_row(synthetic):
    found = comparisons.compare(synthetic, comparisons.judged_of(synthetic, "care_group"), "care_group", PAIRS, 0.95)
    row = found.query("standard == 'planning' and question == 'desistance'").iloc[0]
    share = synthetic.groupby("care_group", observed=True)["planning_desistance"].mean()
    assert row["plain_difference"] == pytest.approx(share[row["group"]] - share[row["reference"]])


def test_where_a_few_services_hold_most_cases_the_note_says_that_p_is_too_small():
    services = [*"A" * 200, *"B" * 100, *"CDEFGHIJ" * 4]
    groups = ["a", "b"] * (len(services) // 2)
    yes = np.random.default_rng(3).random(len(services)) < 0.6
    row = of(made(groups, services, yes.tolist())).squeeze()
    sizes = pd.Series(services).value_counts()
    assert row["services_effective"] == pytest.approx(sizes.sum() ** 2 / (sizes**2).sum())
    assert "A few services hold most of the cases" in row["note"] and row["p_value"] > 0


def test_the_blank_group_is_no_group():
    given, judged = usual()
    extra = pd.DataFrame({"yot": ["A"] * 9, "region": [None] * 5 + ["(blank)"] * 4})
    longer = pd.concat([given.astype({"region": object}), extra], ignore_index=True).astype({"region": "category"})
    yes = pd.concat([judged[0].yes, pd.Series([False] * 9, dtype="boolean")], ignore_index=True)
    assert of((longer, [Judged("planning", "lowest", yes)]))[NUMBERS].equals(of((given, judged))[NUMBERS])


# --- properties


@settings(deadline=None, derandomize=True, max_examples=20)
@given(st.integers(0, 1000))
def test_without_covariates_differences_are_those_of_chances_and_pairs_add_up(seed):
    found = of(usual(seed=seed, b=0.5), [("b", "a"), ("c", "a"), ("c", "b"), ("a", "b")])
    step = found["risk_difference"].to_numpy()
    assert step[1] == pytest.approx(step[0] + step[2], abs=1e-12) and step[3] == pytest.approx(-step[0], abs=1e-12)
    assert (found["odds_ratio"][0] * found["odds_ratio"][2]) == pytest.approx(found["odds_ratio"][1], rel=1e-10)
    assert found["p_value"][3] == pytest.approx(found["p_value"][0], rel=1e-9)
    assert found["lower"][3] == pytest.approx(-found["upper"][0], abs=1e-10)
    assert ((found["lower"] <= step) & (step <= found["upper"]) & found["lower"].between(-1, 1)).all()
    # The test and the limits of the odds ratio agree.
    assert ((found["p_value"] < 0.05) == ((found["odds_ratio_lower"] > 1) | (found["odds_ratio_upper"] < 1))).all()


def test_order_of_cases_and_the_first_group_make_no_difference():
    table, judged = usual(b=0.4)
    table["age"] = np.arange(len(table)) % 7
    first = of((table, judged), adjust_for=["age"])
    moved = table.sample(frac=1, random_state=1)
    moved["region"] = moved["region"].cat.reorder_categories(["c", "b", "a"])
    second = of((moved, [judged[0]._replace(yes=judged[0].yes.loc[moved.index])]), adjust_for=["age"])
    assert second[NUMBERS].to_numpy(dtype=float) == pytest.approx(first[NUMBERS].to_numpy(dtype=float), rel=1e-8, nan_ok=True)


def test_units_of_a_covariate_and_its_kind_of_yes_make_no_difference():
    table, judged = usual(b=0.4)
    table["age"] = np.arange(len(table)) % 7
    table["custody"] = pd.array(np.arange(len(table)) % 3 == 0, dtype="boolean")
    first = of((table, judged), adjust_for=["age", "custody"])
    other = table.assign(age=table["age"] * 1000 - 5e6, custody=table["custody"].map({True: "yes", False: "no"}))
    second = of((other, judged), adjust_for=["age", "custody"])
    assert second[NUMBERS].to_numpy(dtype=float) == pytest.approx(first[NUMBERS].to_numpy(dtype=float), rel=1e-6, nan_ok=True)


def test_weights_of_one_are_independence_and_rows_say_that_they_are_weighted():
    table, judged = usual()
    found = of((table, judged), weights=pd.Series(1.0, index=table.index)).squeeze()
    cell = pd.crosstab(table["region"], judged[0].yes)
    share = cell[True] / cell.sum(axis=1)
    assert found["risk_difference"] == pytest.approx(share["b"] - share["a"], abs=1e-12)
    assert found["weighted"] and np.isnan(found["correlation"])
    assert comparisons.add_holm(found.to_frame().T)["family"].tolist() == ["exploratory"]


def test_adjusted_rows_follow_the_others_and_count_the_cases_left_out():
    table, judged = usual(b=0.4)
    table["age"] = pd.array(np.arange(len(table)) % 7, dtype="Int64")
    table.loc[[0, 6], "age"] = pd.NA
    found = of((table, judged), [("b", "a"), ("c", "a")], adjust_for=["age"])
    assert found["adjusted_for"].tolist() == ["", "", "age", "age"]
    assert found["reference_cases"].tolist() == [72, 72, 71, 71] and found["cases"].tolist() == [72, 72, 71, 72]
    assert found["note"].tolist() == ["", ""] + ["2 cases without age left out."] * 2
    assert found["df"].tolist() == [9, 9, 8, 8]
    assert list(found.columns) == comparisons.COLUMNS


# --- Holm


def test_a_row_without_p_counts_in_the_family_and_has_none_corrected():
    table = pd.DataFrame({"question": ["lowest"] * 5, "adjusted_for": ["", "", "", "age", ""], "weighted": [False] * 4 + [True]})
    table["p_value"] = [0.01, np.nan, 0.04, 0.001, 0.001]
    found = comparisons.add_holm(table)
    assert found["p_holm"].tolist() == pytest.approx([0.03, np.nan, 0.08, np.nan, np.nan], nan_ok=True)
    assert found["family"].tolist() == ["confirmatory"] * 3 + ["exploratory"] * 2
    assert comparisons.add_holm(table.iloc[3:])["p_holm"].isna().all()
    assert comparisons.add_holm(table.iloc[:0]).columns.tolist() == [*table.columns, "family", "p_holm"]


# --- what cannot be estimated


def test_a_group_without_a_case_has_a_row_and_the_others_their_estimates():
    table, judged = usual("ab")
    table["region"] = table["region"].cat.add_categories(["c"])
    found = of((table, judged), [("b", "a"), ("c", "a"), ("b", "nowhere")]).set_index(["group", "reference"])
    assert found.loc[("b", "a"), "note"] == "" and found.loc[("b", "a"), "p_value"] > 0
    assert found.loc[("c", "a"), "note"] == "No case of c."
    assert found.loc[("b", "nowhere"), "note"] == "No case of nowhere."
    assert found.loc[("c", "a"), ["risk_difference", "lower", "odds_ratio", "p_value"]].isna().all()
    assert found.loc[("c", "a"), ["cases", "reference_cases"]].tolist() == [0, 72]


@pytest.mark.parametrize(("share", "word", "ratio"), [(0.0, "Nobody", 0.0), (1.0, "Everybody", np.inf)])
def test_a_separated_group_has_exact_limits_and_the_others_are_fitted_without_it(share, word, ratio):
    table, judged = usual(c=share)
    found = of((table, judged), [("b", "a"), ("c", "a"), ("a", "c")])
    yes = judged[0].yes
    of_a = yes[table["region"] == "a"].mean()
    row = found.iloc[1]
    assert row["note"].startswith(f"{word} is judged sufficient among c.")
    assert row["risk_difference"] == pytest.approx(share - of_a) and row["odds_ratio"] == ratio
    assert row["lower"] < row["risk_difference"] < row["upper"] and np.isnan(row["se"]) and np.isnan(row["p_value"])
    assert row["odds_ratio_lower"] <= ratio <= row["odds_ratio_upper"]
    assert found["odds_ratio"][2] == (np.inf if ratio == 0 else 0)
    without = table["region"] != "c"
    alone = of((table[without], [judged[0]._replace(yes=yes[without])]))
    assert found[NUMBERS].iloc[0].to_list() == pytest.approx(alone[NUMBERS].iloc[0].to_list(), rel=1e-12)
    assert f"{word} is judged sufficient among c. Its cases are left out of the model." in found["note"][0]


def test_two_separated_groups_and_everyone_alike():
    found = of(usual(b=1.0, c=0.0), [("b", "c"), ("c", "b")])
    assert found["risk_difference"].tolist() == [1, -1] and found["odds_ratio"].tolist() == [np.inf, 0]
    assert found["lower"][0] > 0.8 and found["upper"][0] == 1 and found["odds_ratio_lower"][0] > 100
    alike = of(usual(a=1.0, b=1.0, c=1.0), [("b", "a"), ("c", "a"), ("c", "b")])
    assert (alike["risk_difference"] == 0).all() and alike["odds_ratio"].isna().all() and alike["p_value"].isna().all()
    assert alike[["odds_ratio_lower", "odds_ratio_upper"]].to_numpy().tolist() == [[0, np.inf]] * 3
    assert alike["note"].str.contains("Everybody is judged sufficient among a").tolist() == [True, True, False]


def test_separation_with_weights_and_covariates_has_no_limits():
    table, judged = usual(c=0.0)
    table["age"] = np.arange(len(table)) % 7
    weights = pd.Series(1 + np.arange(len(table)) % 3 / 2, index=table.index)
    plain, adjusted = (row for _, row in of((table, judged), [("c", "a")], adjust_for=["age"], weights=weights).iterrows())
    inside = table["region"] == "a"
    share = np.average(judged[0].yes[inside].astype(float), weights=weights[inside])
    assert plain["risk_difference"] == pytest.approx(-share) and plain["odds_ratio"] == 0 and np.isnan(plain["upper"])
    assert "no limits are worked out with weights" in plain["note"]
    assert adjusted[NUMBERS].isna().all() and "see the unadjusted row" in adjusted["note"]


def test_a_group_in_one_service_has_a_difference_without_error():
    table, judged = usual()
    kept = (table["region"] != "c") | (table["yot"] == "B")
    yes = judged[0].yes.copy()
    last = np.flatnonzero((table["region"] == "c") & (table["yot"] == "B"))
    yes.iloc[last] = [True, True, True, False, False, True]
    found = of((table[kept], [judged[0]._replace(yes=yes[kept])]), [("b", "a"), ("c", "a")])
    assert found["p_value"].notna().tolist() == [True, False]
    assert found["risk_difference"][1] == pytest.approx(4 / 6 - yes[table["region"] == "a"].mean())
    assert found["odds_ratio"][1] > 0 and found[["se", "lower", "odds_ratio_upper"]].loc[1].isna().all()
    assert found["note"][1].startswith("All cases of c lie in one service")


@pytest.mark.parametrize(("services", "text"), [(1, "lie in one service"), (2, "2 services for 2 coefficients are too few")])
def test_too_few_services_show_no_error(services, text):
    row = of(usual("ab", services=services, each=20)).squeeze()
    assert -1 < row["risk_difference"] < 1 and row["odds_ratio"] > 0 and text in row["note"]
    assert row[["se", "df", "lower", "upper", "p_value", "odds_ratio_lower"]].isna().all()


def test_services_that_do_not_differ_show_no_error():
    groups, yes = "aabb" * 6, [True, False, True, False] * 6
    row = of(made(groups, np.repeat(list("ABCDEF"), 4), yes)).squeeze()
    assert (
        row["risk_difference"] == pytest.approx(0, abs=1e-12)
        and np.isnan(row["p_value"])
        and "do not differ at all" in row["note"]
    )


def test_services_of_one_case_each_need_no_correlation():
    row = of(made("ab" * 30, range(60), [number % 5 < 3 for number in range(60)])).squeeze()
    assert row["p_value"] > 0 and np.isnan(row["correlation"]) and row["note"] == ""


def test_an_impossible_correlation_gives_way_to_independence_and_says_so():
    groups, services = "ab" * 40 + "ab" * 30, [f"s{number // 2}" for number in range(80)] + ["large"] * 60
    yes = [number % 4 in (0, 3) for number in range(80)] + [number % 3 > 0 for number in range(60)]
    row = of(made(groups, services, yes)).squeeze()
    assert row["note"].startswith("Fitted without a correlation (the correlation within services, -")
    assert np.isnan(row["correlation"]) and row["p_value"] > 0


@pytest.mark.parametrize(
    ("covariate", "text"),
    [
        (lambda table: 15, "age has one value among these cases"),
        (lambda table: table["region"].astype(str).map({"a": "x", "b": "y", "c": "z"}), "age follows from the groups: not"),
        (lambda table: (table["region"] == "b") * 2.5, "age follows from the groups: not"),
        (lambda table: table["yot"], "12 services for 14 coefficients are too few"),
        (lambda table: table["yot"].eq("C").astype(str), "One service alone determines a coefficient"),
        (lambda table: None, "No case of b. No case of a."),
    ],
)
def test_a_covariate_that_cannot_be_adjusted_for_says_why(covariate, text):
    table, judged = usual()
    found = of((table.assign(age=covariate(table)), judged), adjust_for=["age"])
    assert found["p_value"].notna().tolist() == [True, False] and found.loc[1, NUMBERS].isna().all()
    assert text in found["note"][1]


def test_a_covariate_that_follows_from_another_says_so():
    table, judged = usual()
    table = table.assign(age=np.arange(len(table)) % 7, months=12 * (np.arange(len(table)) % 7))
    assert (
        "months follows from the groups and the other covariates" in of((table, judged), adjust_for=["age", "months"])["note"][1]
    )


def test_a_covariate_that_predicts_the_answers_says_so():
    table, judged = usual()
    found = of((table.assign(age=judged[0].yes.astype(float) + 0.01 * (np.arange(len(table)) % 5)), judged), adjust_for=["age"])
    assert found["note"][1] == "The groups and covariates predict some answers with certainty (separation): not estimated."


def test_without_any_answer_there_is_a_row():
    table, judged = usual()
    nothing = Judged("planning", "lowest", judged[0].yes.mask(judged[0].yes.notna()))
    row = of((table, [nothing])).squeeze()
    assert row["note"] == "No case of b. No case of a." and row["cases"] == 0


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("ABCDEF"), st.sampled_from([True, False, None]), st.integers(0, 2)),
        min_size=1,
        max_size=40,
    )
)
def test_any_list_gives_a_row_a_pair_with_an_error_or_a_reason(rows):
    groups, services, yes, age = zip(*rows, strict=True)
    found = of(made(groups, services, yes, age=age), [("b", "a"), ("c", "a"), ("c", "b")], adjust_for=["age"])
    assert len(found) == 6
    assert (found["p_value"].notna() | (found["note"] != "")).all()
    for low, high in (("lower", "upper"), ("odds_ratio_lower", "odds_ratio_upper")):
        assert (found[low].isna() == found[high].isna()).all() and not (found[low] > found[high]).any()
    assert not (found["risk_difference"] < found["lower"] - 1e-12).any()
    assert not (found["risk_difference"] > found["upper"] + 1e-12).any()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"confidence": 95}, "confidence lies between 0 and 1"),
        ({"adjust_for": ["agee"]}, "no column 'agee'; did you mean 'age'"),
        ({"adjust_for": ["region"]}, "is the group or the service itself"),
        ({"adjust_for": ["yot"]}, "is the group or the service itself"),
        ({"adjust_for": ["opened"]}, "holds dates"),
        ({"adjust_for": ["age", "age"]}, "each covariate once"),
        ({"weights": pd.Series([1.0])}, "weight above 0"),
        ({"weights": pd.Series(np.zeros(216))}, "weight above 0"),
        ({"judged": [Judged("planning", "lowest", pd.Series([True], dtype="boolean"))]}, "the index of the cases"),
        ({"group_by": "regio"}, "did you mean 'region'"),
    ],
)
def test_bad_input_is_refused_in_one_line(change, text):
    table, judged = usual()
    table = table.assign(age=1, opened=pd.Timestamp("2012-01-01"))
    given = {"judged": judged, "group_by": "region", "compared": [("b", "a")], "confidence": 0.95}
    with pytest.raises(InputError, match=text) as caught:
        comparisons.compare(table, **(given | change))
    assert "\n" not in str(caught.value)


def test_a_case_without_a_service_is_refused():
    table, judged = usual()
    with pytest.raises(InputError, match="every case lies in a service"):
        of((table.assign(yot=table["yot"].where(table.index > 0)), judged))


def test_reasons_of_the_regression_speak_of_services():
    assert "cluster" not in comparisons._of_services("one cluster alone; 3 clusters")
    assert issubclass(gee.CorrelationNotEstimable, gee.NotEstimable)
