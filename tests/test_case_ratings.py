import gc

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers import case_ratings, cases, contracts, published, ratings, shares
from helpers.comparisons import CONFIRMATORY
from helpers.datapackage import resource_path
from helpers.errors import InputError
from helpers.parameters import RatingComparisons
from helpers.ratings import BAND_COLUMNS, CARE_GROUPS, LOWEST, LOWEST_OF_EACH, QUESTIONS, STANDARDS
from tests.effort import examples

BANDS = published.rating_bands()
KEY_QUESTIONS = [f"{standard}_{question}" for standard in STANDARDS for question in QUESTIONS]
INSPECTORS = ["inspector_agreement", "inspector_lowest"]
INSIDE, OUTSIDE = "in_care_inside", "in_care_outside"
# What is text, and what may be missing where all is as it should be.
TEXT = {"note", "rating", "from_question", "evidence", "group_by", "weights", "judgement"}
MAY_BE_MISSING = {
    "rating_comparisons": {"p_holm", "correlation", "services_effective"},
    "rating_probabilities": {"deff", "n_effective", "empty", "monte_carlo_error", "replicates"},
    "inspector_lowest": {"yes_to_no", "no_to_yes"},
    "inspector_agreement": {"kappa", "kappa_se", "kappa_lower", "kappa_upper"},
}


@pytest.fixture(scope="module", autouse=True)
def little_garbage():
    """statsmodels collects garbage in every Holm correction, which takes long among all that a test run holds."""
    gc.freeze()
    yield
    gc.unfreeze()


def parameters(**values):
    """Parameters for a table that lies in no file, so that what they say of each other is not looked at."""
    return RatingComparisons.model_construct(**{"cases": "own.csv", "replicates": 100} | values)


def tables(table, whole=None, **values):
    return case_ratings.tables(table, table if whole is None else whole, parameters(**values), BANDS)


@pytest.fixture(scope="module")
def synthetic():
    """The synthetic cases with their age, with the care groups under another name, and with regions, some of them blank."""
    table = cases.read(resource_path("synthetic-cases"), "cases", "", ("age",)).table
    row = np.arange(len(table))
    region = pd.Series(np.array(["east", "west", "north", None], dtype=object)[row % 4], index=table.index)
    copied = table["care_group"].cat.reorder_categories(list(CARE_GROUPS))
    return table.assign(region=pd.Categorical(region), where=copied)


@pytest.fixture(scope="module")
def made(synthetic):
    """Every table of the synthetic cases with weights by caseload and adjusted for age."""
    return tables(synthetic, cases="synthetic", adjust_for=["age"])


@pytest.fixture(scope="module")
def copied(synthetic):
    """The same by the copy of the care groups."""
    return tables(synthetic, group_by="where", cases="synthetic")


@pytest.fixture(scope="module")
def plain(synthetic):
    """The same cases with standards alone, without weights and without a second inspector."""
    given = synthetic[["yot", "care_group", "region", "age"]].copy()
    for standard in STANDARDS:
        given[standard] = synthetic[f"{standard}_{QUESTIONS[0]}"]
    return given


@pytest.fixture(scope="module")
def of_plain(plain):
    return tables(plain)


def confirmatory(found):
    return found["rating_comparisons"].query("family == 'confirmatory'")


def of_pair(found, group, reference, standard="planning", question=LOWEST, adjusted="", weights="none"):
    rows = found["rating_comparisons"].set_index(["standard", "question", "group", "reference", "adjusted_for", "weights"])
    return rows.loc[(standard, question, group, reference, adjusted, weights)]


# --- what is promised


def test_every_table_has_the_promised_columns_and_evidence_and_its_keys_tell_its_rows_apart(made):
    assert set(made) == set(case_ratings.KEYS) < set(contracts.WRITTEN_BY["03_rating_comparisons"])
    for name, table in made.items():
        assert list(table.columns) == contracts.columns(name), name
        assert set(table["evidence"]) == ({"synthetic"} if name != "ratings_by_group" else set()), name
        assert not table.duplicated(list(case_ratings.KEYS[name]) or None).any(), name
    sizes = {name: len(table) for name, table in made.items()}
    assert sizes == {
        "ratings_by_group": 0,
        "ratings_weighted": 48,
        # Twenty judgements, three pairs; plain, adjusted and weighted.
        "rating_comparisons": 180,
        "rating_ordinal": 6,
        "rating_probabilities": 48,
        "rating_lowest": 12,
        "rating_whole_table": 1,
        "inspector_agreement": 13,
        "inspector_lowest": 12,
    }


def test_without_a_list_there_are_the_same_tables_without_a_row(made):
    nothing = case_ratings.nothing()
    assert list(nothing) == list(made)
    for name, table in nothing.items():
        assert table.empty and list(table.columns) == contracts.columns(name), name


def test_numbers_of_the_tables_agree_with_each_other(synthetic, made):
    """Cases and ratings of the lowest questions, which four modules find each by itself."""
    lowest = shares.of_cases(synthetic, 0.95, BANDS).query("question == 'lowest'").set_index(["standard", "care_group"])
    for row in made["rating_probabilities"].itertuples():
        expected = lowest.loc[(row.standard, row.group)]
        assert (row.cases, row.sufficient, row.rating) == (expected["base"], expected["count"], expected["rating"])
    for row in made["rating_lowest"].itertuples():
        assert row.lowest == lowest.loc[(row.standard, row.group), "estimate"]
    for row in made["inspector_lowest"].itertuples():
        assert (row.lowest_now, row.rating) == tuple(lowest.loc[(row.standard, row.group), ["estimate", "rating"]])
    own = made["rating_comparisons"].query("question == 'lowest_of_each' and adjusted_for == '' and weights == 'none'")
    assert len(own) == 12
    for row in own.itertuples():
        of_both = lowest.loc[[(row.standard, row.group), (row.standard, row.reference)]]
        assert [row.cases, row.reference_cases] == of_both["base"].tolist()
        assert row.plain_difference == pytest.approx(of_both["estimate"].iloc[0] - of_both["estimate"].iloc[1], abs=1e-12)
        assert row.from_question == " / ".join(dict.fromkeys(of_both["from_question"]))
    for row in confirmatory(made).itertuples():
        # The question that is lowest in all cases together, whatever the group.
        answers = {question: synthetic[f"{row.standard}_{question}"] for question in QUESTIONS}
        assert row.from_question == min(answers, key=lambda question: answers[question].mean())
        known = answers[row.from_question].groupby(synthetic["care_group"], observed=True)
        assert (row.cases, row.reference_cases) == (known.count()[row.group], known.count()[row.reference])
        assert row.plain_difference == pytest.approx(known.mean()[row.group] - known.mean()[row.reference], abs=1e-12)
    weighted = made["ratings_weighted"].query("question != 'lowest'").set_index(["standard", "question", "group"])
    single = shares.of_cases(synthetic, 0.95, BANDS).query("share == 'sufficient' and question != 'lowest'")
    for row in single.itertuples():
        assert weighted.loc[(row.standard, row.question, row.care_group), "unweighted_percentage"] == pytest.approx(
            100 * row.estimate
        )
        assert 50 < weighted.loc[(row.standard, row.question, row.care_group), "percentage"] < 100


def test_a_copy_of_the_care_groups_under_another_name_has_their_percentages_ratings_and_chances(synthetic, copied):
    found = copied["ratings_by_group"]
    of_care = shares.of_cases(synthetic, 0.95, BANDS)
    expected = ratings.of_shares(of_care.join(case_ratings.probabilities(of_care, BANDS)), "synthetic")
    both = found.merge(expected, left_on=["standard", "question", "group"], right_on=["standard", "question", "care_group"])
    assert len(both) == len(found) == len(expected) == 48 and set(found["group_by"]) == {"where"}
    for name in ["cases", "sufficient", "rating"]:
        assert (both[f"{name}_x"] == both[f"{name}_y"]).all(), name
    for name in ["percentage", "se", "lower", "upper", "level", *BAND_COLUMNS]:
        assert both[f"{name}_x"].to_numpy(float) == pytest.approx(both[f"{name}_y"].to_numpy(float), rel=1e-12), name


def test_a_copy_of_the_care_groups_has_their_comparisons(copied, made):
    for name in ["rating_ordinal", "rating_probabilities", "ratings_weighted", *INSPECTORS]:
        pd.testing.assert_frame_equal(copied[name], made[name])
    rows = made["rating_comparisons"].query("adjusted_for == ''").reset_index(drop=True)
    pd.testing.assert_frame_equal(copied["rating_comparisons"], rows, check_dtype=False)


def test_the_same_seed_gives_the_same_tables_and_another_one_other_replicates(plain, of_plain):
    again, other = (tables(plain, seed=seed) for seed in (2021, 7))
    for name, table in of_plain.items():
        pd.testing.assert_frame_equal(again[name], table)
        assert other[name].equals(table) == (name not in {"rating_probabilities", "rating_lowest", "rating_whole_table"}), name


def test_chances_of_the_bands_of_a_share_are_missing_without_cases_and_with_one_service():
    found = pd.DataFrame({"count": [3, 0, 2], "base": [4, 0, 4], "deff": [1.0, np.nan, np.nan]}, index=[5, 6, 9])
    chances = case_ratings.probabilities(found, BANDS)
    assert chances.index.tolist() == [5, 6, 9] and chances.columns.tolist() == list(BAND_COLUMNS)
    assert chances.loc[5].sum() == pytest.approx(1) and chances.loc[[6, 9]].isna().all(axis=None)


# --- the family


def holm(p):
    """By its definition: the smallest times n, the next times n - 1, ..., never falling and never above 1."""
    order, corrected, most = np.argsort(p), np.empty(len(p)), 0.0
    for place, which in enumerate(order):
        most = max(most, min(1.0, (len(p) - place) * p[which]))
        corrected[which] = most
    return corrected


@pytest.mark.parametrize(("family", "size"), [("all_pairs", 12), ("against_reference", 8)])
def test_the_family_is_every_standards_lowest_question_by_every_pair(made, plain, family, size):
    # The first is of key questions with weights, the other of standards alone.
    found = made if family == "all_pairs" else tables(plain, family=family, adjust_for=["age"])
    rows = confirmatory(found)
    pairs = [(INSIDE, "not_in_care"), (OUTSIDE, "not_in_care"), (OUTSIDE, INSIDE)][: size // 4]
    expected = [(standard, *pair) for standard in STANDARDS for pair in pairs]
    assert rows[["standard", "group", "reference"]].apply(tuple, axis=1).tolist() == expected
    assert set(rows["question"]) == {LOWEST} and set(rows["adjusted_for"]) == {""} and set(rows["weights"]) == {"none"}
    assert rows["p_holm"].to_numpy(float) == pytest.approx(holm(rows["p_value"].to_numpy(float)), rel=1e-12)
    others = found["rating_comparisons"].drop(rows.index)
    assert set(others["family"]) == {"exploratory"} and others["p_holm"].isna().all()
    assert others["p_value"].notna().all() and len(others) == {12: 168, 8: 8}[size]
    ordinal = found["rating_ordinal"][["group", "reference"]].drop_duplicates().apply(tuple, axis=1).tolist()
    assert ordinal == pairs


def test_adjusted_weighted_and_single_rows_stand_beside_the_plain_ones(made):
    rows = made["rating_comparisons"]
    kinds = rows.groupby(["adjusted_for", "weights"]).size().to_dict()
    assert kinds == {("", "none"): 60, ("age", "none"): 60, ("", "caseload"): 60}
    assert rows.loc[rows["weights"] == "caseload", "correlation"].isna().all()
    assert rows.loc[rows["weights"] == "none", "correlation"].notna().all()
    # What is adjusted or weighted is another number, and not the same one again.
    plain = of_pair(made, INSIDE, "not_in_care")
    for row in [of_pair(made, INSIDE, "not_in_care", adjusted="age"), of_pair(made, INSIDE, "not_in_care", weights="caseload")]:
        assert 0 < abs(row["risk_difference"] - plain["risk_difference"]) < 0.1


def test_another_reference_turns_differences_round(plain, of_plain):
    found = tables(plain, reference=OUTSIDE)
    pairs = [("not_in_care", OUTSIDE), (INSIDE, OUTSIDE), (INSIDE, "not_in_care")]
    assert confirmatory(found)[["group", "reference"]].drop_duplicates().apply(tuple, axis=1).tolist() == pairs
    turned, before = of_pair(found, INSIDE, OUTSIDE), of_pair(of_plain, OUTSIDE, INSIDE)
    assert turned["risk_difference"] == pytest.approx(-before["risk_difference"], rel=1e-9)
    assert turned["odds_ratio"] == pytest.approx(1 / before["odds_ratio"], rel=1e-9)
    effects = [
        table["rating_ordinal"].query("measure == 'relative_effect'").set_index(["group", "reference"])["estimate"]
        for table in (found, of_plain)
    ]
    assert effects[0][INSIDE, OUTSIDE] == pytest.approx(1 - effects[1][OUTSIDE, INSIDE], rel=1e-12)


def test_a_reference_that_is_no_group_is_refused(synthetic):
    with pytest.raises(InputError, match="did you mean 'west'"):
        tables(synthetic, group_by="region", reference="wets")


# --- kinds of lists


def test_a_list_of_standards_has_one_row_a_standard_where_others_have_four(plain, of_plain):
    found = of_plain
    assert len(confirmatory(found)) == len(found["rating_comparisons"]) == 12
    assert set(found["rating_comparisons"]["question"]) == {LOWEST}
    assert set(found["rating_lowest"]["from_question"]) == {LOWEST}
    grouped = tables(plain, group_by="region", reference="east")["ratings_by_group"]
    assert grouped["question"].tolist() == [LOWEST] * 12
    # With one question there is no lowest to look for.
    assert found["rating_lowest"]["bias_of_lowest"].to_numpy(float) == pytest.approx(0, abs=1e-12)


def test_without_a_second_inspector_or_weights_there_is_no_row_of_theirs(of_plain):
    found = of_plain
    for name in [*INSPECTORS, "ratings_weighted"]:
        assert found[name].empty and list(found[name].columns) == contracts.columns(name), name
    assert set(found["rating_comparisons"]["weights"]) == {"none"}


def test_second_columns_without_a_case_read_twice_have_no_row(plain):
    blank = pd.Series(pd.array([None] * len(plain), dtype="boolean"), index=plain.index)
    found = tables(plain.assign(planning_second=blank))
    assert all(found[name].empty for name in INSPECTORS)


def test_a_case_read_twice_gives_rows_of_what_was_read_twice_and_of_all_together(plain):
    second = plain["planning"].where(np.arange(len(plain)) < 100)
    second[second.index[:5]] = ~second.iloc[:5].astype(bool)
    found = tables(plain.assign(planning_second=second))
    agreed = found["inspector_agreement"].set_index("judgement")
    assert agreed.index.tolist() == ["planning", "all"]
    assert agreed.loc["planning", "pairs"] == plain["planning"].iloc[:100].notna().sum()
    assert agreed.loc["all", ["first_only", "second_only"]].sum() == 5
    assert len(found["inspector_lowest"]) == 12 and notes(found, "inspector_lowest", standard="planning") == {""}
    assert notes(found, "inspector_lowest", standard="delivery") == {"no case was read twice on this standard"}


def test_weights_of_cases_are_named_by_where_they_are_from(plain):
    found = tables(plain.assign(weight=1 + np.arange(len(plain)) % 3 / 2))
    assert set(found["rating_comparisons"]["weights"]) == {"none", "weight"}
    assert set(found["ratings_weighted"]["weights"]) == {"weight"} and len(found["ratings_weighted"]) == 12


def test_what_is_said_of_a_standard_rests_on_the_second_list_and_what_is_said_of_a_question_on_the_first(synthetic, made):
    """As under disclosure control, where a hidden question leaves a group no answer to the standard."""
    whole = synthetic.copy()
    for question in QUESTIONS:
        name = f"planning_{question}"
        whole[name] = whole[name].mask(whole["care_group"] == INSIDE)
    found = tables(synthetic, whole, cases="synthetic", adjust_for=["age"])
    rows = found["rating_comparisons"]
    bears = (rows["standard"] == "planning") & rows["question"].isin([LOWEST, LOWEST_OF_EACH])
    pd.testing.assert_frame_equal(
        rows[~bears].drop(columns="p_holm"), made["rating_comparisons"][~bears].drop(columns="p_holm"), check_dtype=False
    )
    assert of_pair(found, INSIDE, "not_in_care")["note"] == "No case of children in care living inside the area."
    assert np.isnan(of_pair(found, INSIDE, "not_in_care")["p_holm"])
    # The family keeps its size: a test that cannot be made counts as one.
    tested = confirmatory(found)
    assert tested["p_holm"].dropna().to_numpy(float) == pytest.approx(
        holm(tested["p_value"].fillna(1).to_numpy(float))[tested["p_value"].notna()]
    )
    weighted = found["ratings_weighted"].query(f"standard == 'planning' and group == '{INSIDE}'").set_index("question")
    assert weighted["cases"].gt(0).to_dict() == {"desistance": True, "child_safety": True, "others_safety": True, LOWEST: False}
    for name in ["rating_probabilities", "rating_lowest"]:
        rows = found[name].query(f"standard == 'planning' and group == '{INSIDE}'")
        assert set(rows["cases"]) == {0} and set(rows["note"]) == {"no case judged"}
    assert found["rating_whole_table"]["ratings"].tolist() == [11]
    assert found["rating_ordinal"].query(f"group == '{INSIDE}'")["cases"].tolist() == [0, 0]
    pd.testing.assert_frame_equal(found["inspector_agreement"], made["inspector_agreement"])


# --- other groups


def test_years_are_compared_as_care_groups_are(synthetic):
    found = tables(synthetic, group_by="year", reference="2018/19")
    years = [str(year) for year in synthetic["year"].cat.categories]
    assert len(years) == 2 and len(confirmatory(found)) == 4
    assert found["ratings_by_group"]["group"].drop_duplicates().tolist() == years
    rows = found["ratings_by_group"].query("question != 'lowest'")
    for row in rows.sample(6, random_state=1).itertuples():
        answers = synthetic.loc[synthetic["year"] == row.group, f"{row.standard}_{row.question}"]
        assert (row.cases, row.sufficient) == (answers.count(), answers.sum())
        assert row.percentage == pytest.approx(100 * answers.mean(), rel=1e-9)
    for table in found.values():
        assert table.empty or "group" not in table or set(table["group"]) <= set(years)


def test_blank_groups_are_no_group_of_any_table(plain):
    blank = plain.assign(region=plain["region"].cat.add_categories(["(blank)"]).fillna("(blank)"))
    found, named = (tables(table, group_by="region", reference="east") for table in (plain, blank))
    assert len(confirmatory(found)) == 12
    for name, table in found.items():
        for column in {"group", "reference"} & set(table.columns):
            assert set(table[column]) <= {"east", "west", "north"}, name
        # Cases that say that they are blank are so too.
        pd.testing.assert_frame_equal(named[name], table)


# --- lists that bear little


def numbers_of(name, table):
    text = TEXT | set(case_ratings.KEYS[name])
    return table[[column for column in table.columns if column not in text]].apply(pd.to_numeric).astype(float)


def check(found):
    """Every number is finite or missing, and what is missing has a reason."""
    for name, table in found.items():
        assert list(table.columns) == contracts.columns(name), name
        numbers = numbers_of(name, table)
        unbounded = {"odds_ratio", "odds_ratio_upper"} if name == "rating_comparisons" else set()
        assert not np.isinf(numbers.drop(columns=list(unbounded))).any(axis=None), name
        missing = numbers.drop(columns=list(MAY_BE_MISSING.get(name, ()))).isna().any(axis=1)
        if "note" in table:
            assert table.loc[missing, "note"].str.len().gt(0).all(), (name, table[missing].iloc[0].to_dict())
        else:
            # A share has no error where no case is judged, or those of one service.
            assert not (missing & numbers["se"].notna()).any(), name
            assert (numbers["percentage"].isna() == (numbers["cases"] == 0)).all(), name
            assert (table["rating"].isna() == (numbers["cases"] == 0)).all(), name
    rows = numbers_of("rating_comparisons", found["rating_comparisons"])
    held = rows.dropna(subset=["risk_difference", "lower", "upper"])
    assert ((held["lower"] <= held["risk_difference"]) & (held["risk_difference"] <= held["upper"])).all()
    assert held[["lower", "upper"]].abs().max(axis=None) <= 1 or held.empty
    family = found["rating_comparisons"]["family"] == CONFIRMATORY
    assert (rows["p_holm"].notna() == (family & rows["p_value"].notna())).all()
    assert (rows["p_holm"].dropna() >= rows["p_value"][rows["p_holm"].notna()]).all()
    chances = found["rating_probabilities"]
    sums = chances[list(BAND_COLUMNS)].astype(float).sum(axis=1, min_count=4) + chances["empty"].astype(float).fillna(0)
    assert sums.dropna().to_numpy() == pytest.approx(1)


def few(services, groups, yes, **columns):
    """Cases with the four standards alike; each `yes` is of one case."""
    table = pd.DataFrame({"yot": pd.Categorical(list(services)), "care_group": pd.Categorical(groups, CARE_GROUPS)})
    for standard in STANDARDS:
        table[standard] = pd.array(yes, dtype="boolean")
    return table.assign(**columns)


def usual(services=12, each=2, seed=1):
    """So many cases of every care group in each service, about six of ten sufficient."""
    services_of = np.repeat([chr(65 + number) for number in range(services)], 3 * each)
    groups = list(np.tile(np.repeat(CARE_GROUPS, each), services))
    return few(services_of, groups, np.random.default_rng(seed).random(len(groups)) < 0.6)


def notes(found, name="rating_comparisons", **where):
    rows = found[name]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    return set(rows["note"])


def test_a_care_group_without_a_case_has_rows_with_a_reason():
    table = usual()
    found = tables(table[table["care_group"] != OUTSIDE])
    check(found)
    assert len(confirmatory(found)) == 12
    assert notes(found, group=OUTSIDE) == {"No case of children in care living outside the area."}
    assert notes(found, group=INSIDE) == {""}
    assert notes(found, "rating_ordinal", group=OUTSIDE) == {"no case of one of the groups"}
    assert set(found["rating_probabilities"]["group"]) == {"not_in_care", INSIDE}


def test_a_service_with_one_case_counts_as_any_other():
    table = usual()
    one = pd.concat([table, few("Z", [INSIDE], [True])], ignore_index=True).astype({"yot": "category"})
    found = tables(one)
    check(found)
    assert notes(found) == {""} and set(found["rating_comparisons"]["df"]) == {13 - 3}


@pytest.mark.parametrize(("sufficient", "word"), [(False, "Nobody"), (True, "Everybody")])
@pytest.mark.parametrize("everywhere", [False, True])
def test_a_standard_where_nobody_or_everybody_is_sufficient(sufficient, word, everywhere):
    table = usual().assign(weight=1.5)
    alike = (table["care_group"] == INSIDE) | everywhere
    table["planning"] = table["planning"].mask(alike, sufficient)
    found = tables(table)
    check(found)
    row = of_pair(found, INSIDE, "not_in_care")
    assert row["note"].startswith(f"{word} is judged sufficient among children in care living inside the area.")
    assert np.isnan(row["p_value"]) and np.isnan(row["p_holm"]) and row["lower"] < row["upper"]
    assert "no limits are worked out with weights" in of_pair(found, INSIDE, "not_in_care", weights="weight")["note"]
    other = of_pair(found, OUTSIDE, "not_in_care")
    assert np.isnan(other["p_value"]) == everywhere
    assert of_pair(found, INSIDE, "not_in_care", standard="delivery")["note"] == ""
    assert "all answers alike" in str(notes(found, "rating_probabilities", standard="planning", group=INSIDE))


def test_a_covariate_with_one_value_adjusts_nothing_and_says_so():
    found = tables(usual().assign(age=15.0, custody=pd.Categorical(["yes"] * 72)), adjust_for=["age", "custody"])
    check(found)
    assert "age has one value among these cases" in str(notes(found, adjusted_for="age, custody"))
    assert notes(found, adjusted_for="") == {""} and len(confirmatory(found)) == 12


def test_all_cases_in_one_service_have_no_error():
    table = usual(services=1, each=8)
    found = tables(table.assign(caseload=30, planning_second=table["planning"]))
    check(found)
    rows = found["rating_comparisons"]
    assert rows["p_value"].isna().all() and rows["note"].str.contains("one service").all()
    assert rows["risk_difference"].notna().all()
    assert found["rating_whole_table"]["note"].tolist() == ["no group has cases judged in two services"]
    assert found["ratings_weighted"]["se"].isna().all() and found["ratings_weighted"]["percentage"].notna().all()
    assert "one service does not show" in str(notes(found, "inspector_agreement"))


@pytest.mark.parametrize(
    "table",
    [
        few("A", ["not_in_care"], [True]),
        few("A", [INSIDE], [None]),
        few("AAB", ["not_in_care", INSIDE, OUTSIDE], [True, False, True]),
        few("ABC", ["not_in_care"] * 3, [True, False, None]),
        few("ABCABC", [INSIDE] * 3 + [OUTSIDE] * 3, [None] * 6),
    ],
    ids=["one case", "one case, not judged", "three cases", "three cases of one group", "no case judged"],
)
def test_a_handful_of_cases_has_every_row_and_reasons(table):
    twice = table.assign(planning_second=table["planning"], weight=2.0, age=[15.0, 16.0, np.nan, 17.0, 15.0, 16.0][: len(table)])
    found = tables(twice, adjust_for=["age"])
    check(found)
    assert len(confirmatory(found)) == 12 and confirmatory(found)["p_value"].isna().all()
    assert found["rating_comparisons"]["note"].str.len().gt(0).all()
    assert len(found["rating_ordinal"]) == 6 and found["rating_ordinal"]["note"].str.len().gt(0).all()


def test_a_group_may_have_any_name():
    table = usual().rename(columns={standard: f"{standard}_desistance" for standard in STANDARDS})
    for name in KEY_QUESTIONS:
        table[name] = table.get(name, True)
    table["planning_child_safety"] = table["planning_desistance"].mask(table["care_group"] == INSIDE, False)
    named = table.assign(region=table["care_group"].cat.rename_categories({"not_in_care": "all", INSIDE: "lowest"}))
    found, by_care = (
        tables(one, **by)["rating_comparisons"] for one, by in ((named, {"group_by": "region", "reference": "all"}), (table, {}))
    )
    numbers = ["risk_difference", "p_value", "cases", "from_question"]
    pd.testing.assert_frame_equal(found[numbers], by_care[numbers])
    # Each group's own lowest question, of which the group called all is only one.
    row = found.query("standard == 'planning' and question == 'lowest_of_each' and group == 'lowest'").squeeze()
    assert row["from_question"] == "child_safety / desistance"


def test_a_grouping_with_one_group_compares_nothing():
    table = usual().assign(region=pd.Categorical(["east"] * 72))
    found = tables(table, group_by="region", reference="east")
    check(found)
    assert found["rating_comparisons"].empty and found["rating_ordinal"].empty
    assert len(found["ratings_by_group"]) == 4 and found["rating_whole_table"]["ratings"].tolist() == [4]


answer = st.sampled_from([True, False, None])
row = st.tuples(
    st.sampled_from("ABCDE"),
    st.sampled_from(CARE_GROUPS),
    st.sampled_from(["east", "west", None]),
    st.sampled_from([np.nan, 15, 16, 17]),
    st.sampled_from([0.5, 1, 4]),
    st.tuples(*[answer] * 12),
    st.tuples(*[answer] * 4),
)
# Which of the judgements every case of a group has alike, and what.
alike = st.lists(st.tuples(st.sampled_from(range(12)), st.sampled_from(CARE_GROUPS), answer), max_size=4)


@settings(deadline=None, derandomize=True, max_examples=examples(30), suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(row, min_size=1, max_size=30), alike, st.data())
def test_any_list_has_every_table_and_every_number_is_finite_or_missing_with_a_reason(rows, same, data):
    services, groups, regions, ages, weights, judged, second = map(list, zip(*rows, strict=True))
    table = pd.DataFrame({"yot": pd.Categorical(services), "care_group": pd.Categorical(groups, CARE_GROUPS)})
    table["region"] = pd.Categorical(regions, ["east", "west"])
    table["age"] = np.array(ages, dtype=float)
    names = data.draw(st.sampled_from([KEY_QUESTIONS, list(STANDARDS)]))
    for place, name in enumerate(names):
        table[name] = pd.array([answers[place] for answers in judged], dtype="boolean")
    for place, group, value in same:
        name = names[place % len(names)]
        table[name] = table[name].mask(table["care_group"] == group, pd.NA if value is None else value)
    for place, name in enumerate(data.draw(st.sampled_from([[], names[:2], [STANDARDS[0], names[-1]]]))):
        table[f"{name}_second"] = pd.array([answers[place] for answers in second], dtype="boolean")
    if data.draw(st.booleans()):
        table["weight"] = np.array(weights, dtype=float)
    group_by = data.draw(st.sampled_from(["care_group", "region"]))
    reference = data.draw(st.sampled_from(list(table[group_by].cat.categories)))
    family = data.draw(st.sampled_from(["all_pairs", "against_reference"]))
    found = tables(
        table, group_by=group_by, reference=reference, family=family, adjust_for=data.draw(st.sampled_from([[], ["age"]]))
    )
    check(found)
    pairs = ratings.pairs(list(table[group_by].cat.categories), reference, family)
    assert confirmatory(found)[["standard", "group", "reference"]].apply(tuple, axis=1).tolist() == [
        (standard, *pair) for standard in STANDARDS for pair in pairs
    ]
    rated = found["rating_probabilities"].query("method == 'population'").set_index(["standard", "group"])["cases"]
    plain = found["rating_comparisons"].query("adjusted_for == '' and weights == 'none'")
    for one in plain[plain["question"] == (LOWEST_OF_EACH if names == KEY_QUESTIONS else LOWEST)].itertuples():
        assert one.cases == rated.get((one.standard, one.group), 0)
