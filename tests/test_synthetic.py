import hashlib
import io
import os
import re
import subprocess
import sys
import zlib

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from helpers import paths, published, synthetic
from helpers.errors import InputError
from helpers.ratings import CARE_GROUPS, STANDARDS
from helpers.rounding import counts_from_percentage
from helpers.synthetic import __main__ as command
from helpers.synthetic import draws, frame, inspected, tables

AREAS = ["Blackpool", "Halton & Warrington", "Shropshire, Telford & Wrekin", "Somerset", "West London", "Wrexham"]
TEAMS = pd.read_csv(paths.DATA / "reference" / "yots_2024_25.csv")
ALL_TEAMS = TEAMS["yot"].tolist()
KEY_QUESTIONS = [f"{s}_{q}" for s in STANDARDS for q in ("desistance", "child_safety", "others_safety")]
# The letter's Table 1, and the recalled bands, typed here so that the test does not follow the files that the code reads.
BANDS = {"Good": (65, 79), "Requires improvement": (50, 64)}
TABLE_1 = {
    "not_in_care": ["Good", "Good", "Good", "Good"],
    "in_care_inside": ["Good", "Requires improvement", "Good", "Requires improvement"],
    "in_care_outside": ["Good", "Requires improvement", "Requires improvement", "Requires improvement"],
}
FRAME_SHA256 = "0e6dfefe3dff5219ecc4036281dd12ea88bd6a1f4ab6bf89d884342e48cd0c0f"
OTHER_FRAME_SHA256 = "8032140601729666546b81454d831ec403dc186702d8364f68994b0f9454cc11"
CASES_SHA256 = "e5a1ba0102090fb701f45eeff41aa8530d2e4a6dd4f8c3fb06c42a04f8fe1105"
repeatable = settings(deadline=None, derandomize=True, max_examples=25)


def half_up_per_cent(yes, n):
    return (200 * yes + n) // (2 * n)


def csv_of(table):
    return table.to_csv(index=False, lineterminator="\n").encode()


def hosted(table, areas):
    return table[table["supervising_area"].isin(areas) & (table["home_area"] != table["supervising_area"])]


def placed_out(table, areas):
    return table[table["home_area"].isin(areas) & (table["home_area"] != table["supervising_area"])]


def anova_icc(answers, clusters):
    """(MSB - MSW) / (MSB + (n0 - 1) MSW)."""
    asked = answers.notna()
    y, group = answers[asked].eq("yes").to_numpy(float), pd.factorize(clusters[asked])[0]
    sizes = np.bincount(group).astype(float)
    n, groups = len(y), len(sizes)
    between = (np.bincount(group, y) ** 2 / sizes).sum()
    msb, msw = (between - n * y.mean() ** 2) / (groups - 1), ((y**2).sum() - between) / (n - groups)
    return (msb - msw) / (msb + ((n - (sizes**2).sum() / n) / (groups - 1) - 1) * msw)


def lowest_ratings(table):
    """(standard, care group): (lowest per cent, whether any question has a whole per cent in the band of Table 1)."""
    found = {}
    for group, ratings in TABLE_1.items():
        of_group = table[table["care_group"] == group]
        for standard, rating in zip(STANDARDS, ratings, strict=True):
            low, high = BANDS[rating]
            answers = [of_group[f"{standard}_{question}"].dropna() for question in inspected.QUESTIONS]
            answers = [answer for answer in answers if len(answer)]
            lowest = min((half_up_per_cent(answer.eq("yes").sum(), len(answer)) for answer in answers), default=None)
            possible = any(low <= half_up_per_cent(k, len(a)) <= high for a in answers for k in range(len(a) + 1))
            found[standard, group] = lowest, low, high, possible
    return found


@pytest.fixture(scope="module")
def default_frame():
    return synthetic.sampling_frame()


@pytest.fixture(scope="module")
def default_cases():
    return synthetic.inspected_cases()


@pytest.fixture(scope="module")
def many_cases():
    return synthetic.inspected_cases(seed=2, cases=60_000, yots=1_000)


class TestSameBytes:
    def test_the_committed_files_are_what_the_code_gives(self, tmp_path):
        for path in command.write_committed(tmp_path):
            assert path.read_bytes() == (paths.DATA / "synthetic" / path.name).read_bytes(), "run: python -m helpers.synthetic"

    def test_no_other_file_is_committed_beside_them(self):
        names = {path.name for path in (paths.DATA / "synthetic").iterdir()}
        # The last is made by bench/prevalence_coverage.py, and is no list of cases.
        cases = {"synthetic_sampling_frame.csv", "synthetic_inspected_cases.csv"}
        assert names == cases | {"synthetic_prevalence_coverage.csv"}

    @pytest.mark.parametrize(
        ("table", "digest"),
        [
            (
                lambda: synthetic.sampling_frame(seed=1, cases=60),
                FRAME_SHA256,
            ),
            (
                lambda: synthetic.sampling_frame(seed=1, areas=["Leeds", "York"], cases=50),
                OTHER_FRAME_SHA256,
            ),
            (
                lambda: synthetic.inspected_cases(seed=1, cases=60, yots=5),
                CASES_SHA256,
            ),
        ],
        ids=["frame", "frame of other areas", "cases"],
    )
    def test_a_small_draw_is_the_one_pinned(self, table, digest):
        assert hashlib.sha256(csv_of(table())).hexdigest() == digest

    def test_uniforms_are_those_pinned(self):
        assert draws.uniforms(2012, "age", 3).tolist() == [0.05716340840419487, 0.48120584206722306, 0.5269134304907072]

    def test_uniforms_are_the_top_53_bits_of_the_raw_stream(self):
        stream = np.random.PCG64(np.random.SeedSequence(5, spawn_key=(zlib.crc32(b"age"),)))
        assert draws.uniforms(5, "age", 5).tolist() == [int(word) // 2**11 / 2**53 for word in stream.random_raw(5)]

    def test_every_purpose_has_a_stream_of_its_own_that_longer_draws_continue(self):
        short, long = draws.uniforms(1, "age", 100), draws.uniforms(1, "age", 1_000)
        assert (short == long[:100]).all()
        assert abs(np.corrcoef(long, draws.uniforms(1, "opened", 1_000))[0, 1]) < 0.1
        assert abs(np.corrcoef(long, draws.uniforms(2, "age", 1_000))[0, 1]) < 0.1

    def test_no_global_state_is_read_or_changed(self):
        np.random.seed(3)
        before = csv_of(synthetic.sampling_frame(cases=90)), csv_of(synthetic.inspected_cases(cases=90, yots=9))
        following = np.random.random(3)
        np.random.seed(3)
        assert (np.random.random(3) == following).all()
        assert (csv_of(synthetic.sampling_frame(cases=90)), csv_of(synthetic.inspected_cases(cases=90, yots=9))) == before

    def test_another_process_gives_the_same_bytes(self):
        words = "import sys; from helpers import synthetic as s; s.inspected_cases(1, 60, 5).to_csv(sys.stdout, index=False)"
        done = subprocess.run(
            [sys.executable, "-c", words], capture_output=True, check=True, timeout=60, env=os.environ | {"PYTHONHASHSEED": "7"}
        )
        assert done.stdout == csv_of(synthetic.inspected_cases(1, 60, 5))

    @pytest.mark.parametrize("make", [synthetic.sampling_frame, synthetic.inspected_cases])
    def test_another_seed_gives_other_values_in_every_column_that_is_drawn(self, make):
        one, two = make(seed=1), make(seed=2)
        rows = min(len(one), len(two))
        same = [name for name in one if one[name][:rows].equals(two[name][:rows])]
        assert same == ["case_id"]

    @pytest.mark.parametrize("rows", [1, 37, 10_000])
    def test_batches_are_the_whole_cut_in_pieces(self, rows):
        whole = synthetic.sampling_frame(seed=4, cases=200)
        parts = list(synthetic.frame_batches(seed=4, cases=200, rows=rows))
        assert {len(part) for part in parts[:-1]} <= {rows} and 0 < len(parts[-1]) <= rows
        pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)
        parts = list(synthetic.case_batches(seed=4, cases=200, yots=20, rows=rows))
        pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), synthetic.inspected_cases(seed=4, cases=200, yots=20))


class TestFrame:
    def test_columns_are_those_of_the_contract(self, default_frame):
        assert default_frame.columns.tolist() == [
            *("case_id", "child_id", "home_area", "supervising_area", "looked_after", "opened", "age", "sufficient")
        ]

    @pytest.mark.parametrize("areas", [None, ALL_TEAMS, ["Leeds"], ALL_TEAMS[:40]], ids=["six", "155", "one", "forty"])
    def test_every_value_keeps_the_contract(self, areas):
        table = synthetic.sampling_frame(seed=9, areas=areas, cases=2_000)
        listed = AREAS if areas is None else areas
        assert table["case_id"].is_unique and table["case_id"].str.fullmatch(r"SYN-\d{7}").all()
        assert table["child_id"].str.fullmatch(r"SYC-\d{7}").all()
        assert table["supervising_area"].isin(listed).sum() == 2_000
        assert (table["home_area"].isin(listed) | table["supervising_area"].isin(listed)).all()
        assert set(table["home_area"]) | set(table["supervising_area"]) <= {*AREAS, *ALL_TEAMS}
        assert set(table["looked_after"]) == {"yes", "no"}
        assert set(table["sufficient"].dropna()) == {"yes", "no"} and 0 < table["sufficient"].isna().mean() < 0.06
        assert table["age"].between(10, 17).all()
        assert pd.to_datetime(table["opened"], format="%Y-%m-%d").between("2011-01-01", "2011-12-31").all()
        assert not table.drop(columns="sufficient").isna().any(axis=None)

    def test_a_child_has_one_or_two_orders_and_one_home(self, default_frame):
        orders = default_frame["child_id"].value_counts()
        assert set(orders) == {1, 2} and 0.01 < (orders == 2).sum() / len(default_frame) < 0.05
        by_child = default_frame.groupby("child_id")
        assert (by_child[["home_area", "supervising_area", "looked_after", "age"]].nunique() == 1).all(axis=None)

    def test_the_areas_are_the_six_of_the_release(self):
        assert published.areas() == AREAS

    @pytest.mark.parametrize("seed", range(2012, 2022))
    def test_five_areas_have_plenty_hosted_west_london_few_and_all_have_placed_out(self, seed):
        table = synthetic.sampling_frame(seed=seed)
        arriving = hosted(table, AREAS)["supervising_area"].value_counts()
        leaving = placed_out(table, AREAS)["home_area"].value_counts()
        assert 2 <= arriving["West London"] <= 4
        assert set(arriving.index) == set(AREAS) and arriving.drop("West London").min() >= 12
        assert set(leaving.index) == set(AREAS) and leaving.between(10, 60).all()
        local = (table["home_area"] == table["supervising_area"]).sum()
        assert 0.9 < local / 3_000 < 0.97

    @pytest.mark.parametrize("seed", range(2012, 2022))
    def test_a_few_children_are_eligible_twice(self, seed):
        table = synthetic.sampling_frame(seed=seed)
        assert 3 <= hosted(table, AREAS)["home_area"].isin(AREAS).sum() <= 10

    def test_no_other_authority_holds_a_fieldwork_area(self, default_frame):
        others = (set(default_frame["home_area"]) | set(default_frame["supervising_area"])) - set(AREAS)
        assert others < set(ALL_TEAMS)
        assert not others & {"Cheshire East, Cheshire West, Halton and Warrington", "West Mercia"}
        assert not others & set(TEAMS.loc[TEAMS["region"] == "London", "yot"])
        assert {"North Somerset", "Bath and North East Somerset"} <= others

    def test_london_teams_are_authorities_where_west_london_is_not_visited(self):
        table = synthetic.sampling_frame(areas=["Blackpool", "Somerset"], cases=20_000)
        assert set(TEAMS.loc[TEAMS["region"] == "London", "yot"]) <= set(table["home_area"])

    def test_children_away_from_home_are_nearly_all_looked_after_and_others_one_in_ten(self):
        table = synthetic.sampling_frame(cases=50_000)
        away = table["home_area"] != table["supervising_area"]
        shares = table["looked_after"].eq("yes").groupby(away).mean()
        assert shares[False] == pytest.approx(0.10, abs=0.01) and shares[True] == pytest.approx(0.97, abs=0.01)

    def test_ages_lean_to_the_older(self):
        table = synthetic.sampling_frame(cases=50_000)
        shares = table["age"].value_counts(normalize=True).sort_index()
        assert shares.tolist() == pytest.approx([0.01, 0.02, 0.04, 0.09, 0.17, 0.21, 0.23, 0.23], abs=0.006)

    def test_every_day_occurs_and_no_two_drawn_columns_go_together(self):
        table = synthetic.sampling_frame(cases=50_000)
        table = table[table["home_area"] == table["supervising_area"]].dropna()
        assert table["opened"].nunique() == 365
        drawn = pd.DataFrame({name: pd.factorize(table[name], sort=True)[0] for name in table.columns.drop("home_area")})
        correlations = drawn.drop(columns="supervising_area").corr().to_numpy()[np.triu_indices(6, 1)]
        # A child's number runs with its area, which differs in judgements.
        assert abs(correlations).max() < 0.15 and np.median(abs(correlations)) < 0.01

    def test_a_frame_of_every_team_has_nobody_outside_the_list(self):
        table = synthetic.sampling_frame(seed=7, areas=ALL_TEAMS, cases=60_000)
        assert len(table) == 60_000
        arriving = hosted(table, ALL_TEAMS)["supervising_area"].value_counts().reindex(ALL_TEAMS, fill_value=0)
        unnamed = [place % 6 == 4 and name not in AREAS for place, name in enumerate(ALL_TEAMS)]
        assert arriving[unnamed].between(2, 4).all()
        assert arriving[~np.array(unnamed)].min() >= 8
        assert placed_out(table, ALL_TEAMS)["home_area"].nunique() == 155

    def test_west_london_has_few_hosted_wherever_it_stands_in_the_list(self):
        table = synthetic.sampling_frame(areas=["West London", "Leeds"], cases=1_000)
        arriving = hosted(table, ["West London", "Leeds"])["supervising_area"].value_counts()
        assert 2 <= arriving["West London"] <= 4 and arriving["Leeds"] >= 12

    @pytest.mark.parametrize("cases", [1, 2, 7, 40, 155])
    def test_a_frame_of_few_cases_has_exactly_those_supervised(self, cases):
        for areas in (AREAS, ["Wrexham"], ALL_TEAMS):
            assert synthetic.sampling_frame(areas=areas, cases=cases)["supervising_area"].isin(areas).sum() == cases

    def test_judgements_are_alike_within_an_area_by_the_declared_correlation(self):
        found = []
        for seed in range(4):
            table = synthetic.sampling_frame(seed=seed, areas=ALL_TEAMS, cases=100_000)
            away = table["home_area"] != table["supervising_area"]
            found += [anova_icc(table.loc[part, "sufficient"], table.loc[part, "supervising_area"]) for part in (away, ~away)]
        assert np.mean(found) == pytest.approx(frame.AREA_ICC, abs=0.006)
        assert found == pytest.approx([frame.AREA_ICC] * 8, abs=0.025)

    def test_children_placed_out_share_the_effect_of_their_home_area(self):
        table = synthetic.sampling_frame(seed=3, areas=ALL_TEAMS[:100], cases=1_000_000)
        local = table[table["home_area"] == table["supervising_area"]]
        # Those that another area of the list supervises have the effect of that area.
        leaving = table[table["home_area"].isin(ALL_TEAMS[:100]) & ~table["supervising_area"].isin(ALL_TEAMS[:100])]
        means = [part["sufficient"].eq("yes").groupby(part["home_area"]).mean() for part in (local, leaving)]
        assert means[0].corr(means[1]) > 0.6
        assert anova_icc(leaving["sufficient"], leaving["home_area"]) == pytest.approx(frame.AREA_ICC, abs=0.02)

    def test_shares_of_sufficient_are_those_declared(self):
        # The mean of so many areas still varies by one or two points.
        table = synthetic.sampling_frame(seed=3, areas=ALL_TEAMS, cases=200_000).dropna(subset="sufficient")
        away = table["home_area"] != table["supervising_area"]
        shares = table["sufficient"].eq("yes").groupby(away).mean()
        assert shares[False] == pytest.approx(0.65, abs=0.03) and shares[True] == pytest.approx(0.60, abs=0.03)

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"cases": 0}, "cases: takes a whole number from 1 upwards; this is 0"),
            ({"cases": -3}, "cases: takes a whole number from 1 upwards; this is -3"),
            ({"cases": 10.5}, "cases: takes a whole number from 1 upwards; this is 10.5"),
            ({"cases": True}, "cases: takes a whole number from 1 upwards; this is True"),
            ({"cases": 10**12}, "cases: takes 100000000 at most; this is 1000000000000"),
            ({"seed": -1}, "seed: takes a whole number from 0 upwards; this is -1"),
            ({"seed": "2012"}, "seed: takes a whole number from 0 upwards; this is '2012'"),
            ({"areas": []}, "areas: name one fieldwork area at least"),
            ({"areas": "Wrexham"}, "areas: takes a list of names, such as ['Wrexham']"),
            ({"areas": ["Wrexam"]}, "areas: no area is called 'Wrexam'; did you mean 'Wrexham'?"),
            (
                {"areas": ["Atlantis"]},
                "areas: no area is called 'Atlantis'; take names of the six areas of 2012 or of the list of teams, yots-2024-25",
            ),
            ({"areas": ["Leeds", "York", "Leeds"]}, "areas: 'Leeds' is named twice"),
            (
                {"areas": ["Shropshire, Telford & Wrekin", "West Mercia"]},
                "areas: 'Shropshire, Telford & Wrekin' is part of 'West Mercia'; name one of them",
            ),
        ],
    )
    def test_what_is_wrong_is_said_in_one_line(self, wrong, message):
        with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
            synthetic.sampling_frame(**wrong)


class TestCases:
    def test_columns_are_those_of_the_contract(self, default_cases):
        second = [f"{name}_second" for name in KEY_QUESTIONS]
        first = ["case_id", "yot", "care_group", "child_protection", "year", *KEY_QUESTIONS]
        assert default_cases.columns.tolist() == [*first, *second, "age", "caseload"]

    def test_a_second_inspector_reads_some_cases_and_disagrees_at_the_rate_declared(self, default_cases):
        first = default_cases[KEY_QUESTIONS]
        second = default_cases[[f"{name}_second" for name in KEY_QUESTIONS]].set_axis(KEY_QUESTIONS, axis="columns")
        assert not (second.notna() & first.isna()).any(axis=None)
        twice = second.notna().any(axis="columns")
        assert twice.mean() == pytest.approx(inspected.TWICE, abs=0.03)
        both = second.notna()
        assert ((second != first) & both).sum().sum() / both.sum().sum() == pytest.approx(inspected.DISAGREEMENT, abs=0.02)

    def test_a_caseload_gives_its_sample_by_the_recalled_size(self, default_cases):
        teams = default_cases.groupby("yot").agg(cases=("yot", "size"), caseload=("caseload", "first"))
        assert (teams["caseload"] >= teams["cases"]).all()
        drawn = 164.2374 / (1 + 163.2374 / teams["caseload"])
        assert (drawn - teams["cases"]).abs().max() < 0.6

    def test_ages_are_those_of_children_on_court_orders(self, default_cases):
        assert default_cases["age"].between(12, 17).all() and default_cases["age"].nunique() == 6

    @pytest.mark.parametrize(("cases", "yots"), [(1253, 42), (30, 30), (5_000, 1), (2_000, 155)])
    def test_every_value_keeps_the_contract(self, cases, yots):
        table = synthetic.inspected_cases(seed=5, cases=cases, yots=yots)
        assert len(table) == cases and table["yot"].nunique() == yots
        assert table["case_id"].is_unique and table["case_id"].str.fullmatch(r"SYI-\d{7}").all()
        assert table["yot"].str.fullmatch(r"Synthetic service \d{2,}").all()
        assert set(table["care_group"]) <= set(CARE_GROUPS)
        assert set(table["child_protection"]) <= {"yes", "no"} and set(table["year"]) <= {"2018/19", "2019/20"}
        assert set(table[KEY_QUESTIONS].stack().dropna()) <= {"yes", "no"}
        assert not table.iloc[:, :5].isna().any(axis=None)

    def test_no_service_has_the_name_of_a_real_one(self, default_cases):
        assert not set(default_cases["yot"]) & set(ALL_TEAMS)

    def test_the_two_shares_and_the_split_are_those_aimed_at(self, default_cases):
        groups = default_cases["care_group"].value_counts().to_dict()
        assert groups == {"not_in_care": 927, "in_care_inside": 206, "in_care_outside": 120}
        assert default_cases["child_protection"].eq("yes").sum() == 263
        assert half_up_per_cent(326, 1253) == 26 and half_up_per_cent(263, 1253) == 21

    @pytest.mark.parametrize("seed", [0, 1, 2021, 2**63])
    def test_the_twelve_ratings_are_those_of_table_1(self, seed):
        found = lowest_ratings(synthetic.inspected_cases(seed=seed))
        assert len(found) == 12
        assert all(low <= lowest <= high for lowest, low, high, _ in found.values())

    def test_every_per_cent_is_the_one_assumed(self, default_cases):
        for (standard, group), shares in inspected.PER_CENT.items():
            of_group = default_cases[default_cases["care_group"] == group]
            for question, share in zip(inspected.QUESTIONS, shares, strict=True):
                answers = of_group[f"{standard}_{question}"].dropna()
                assert abs(100 * answers.eq("yes").mean() - share) <= 50 / len(answers) + 1e-9

    def test_the_per_cents_assumed_leave_a_group_with_another_lowest_question(self):
        lowest = {cell: int(np.argmin(shares)) for cell, shares in inspected.PER_CENT.items()}
        assert lowest["planning", "in_care_inside"] != lowest["planning", "in_care_outside"]
        assert {"assessment", "planning", "delivery", "reviewing"} == {standard for standard, _ in lowest}

    @repeatable
    @given(seed=st.integers(0, 2**40), cases=st.integers(300, 6_000), share=st.floats(0, 1))
    def test_bands_and_shares_hold_from_300_cases_on(self, seed, cases, share):
        table = synthetic.inspected_cases(seed, cases, 1 + int(share * (cases - 1)))
        assert all(low <= lowest <= high for lowest, low, high, _ in lowest_ratings(table).values())
        assert half_up_per_cent(table["care_group"].ne("not_in_care").sum(), cases) == 26
        assert half_up_per_cent(table["child_protection"].eq("yes").sum(), cases) == 21

    @repeatable
    @given(seed=st.integers(0, 2**40), cases=st.integers(1, 300), share=st.floats(0, 1))
    def test_bands_hold_for_few_cases_wherever_the_numbers_permit(self, seed, cases, share):
        table = synthetic.inspected_cases(seed, cases, 1 + int(share * (cases - 1)))
        assert all(low <= lowest <= high for lowest, low, high, possible in lowest_ratings(table).values() if possible)

    @pytest.mark.parametrize(("per_cent", "column"), [(26, "care_group"), (21, "child_protection")])
    def test_a_share_rounds_to_its_per_cent_for_every_number_of_cases_that_can(self, per_cent, column):
        for cases in range(1, 2_000):
            try:
                low, high = counts_from_percentage(per_cent, cases)
            except InputError:
                continue
            assert low <= draws.per_cent_of(per_cent, cases) <= high, (column, cases)

    def test_sizes_are_unequal_and_none_is_less_than_a_handful(self, default_cases, many_cases):
        for table in (default_cases, many_cases):
            sizes = table["yot"].value_counts()
            assert sizes.min() >= 5 and sizes.std() / sizes.mean() == pytest.approx(0.5, abs=0.03)

    def test_a_team_is_inspected_in_one_year(self, default_cases):
        years = default_cases.groupby("yot")["year"].agg(["nunique", "first"])
        assert set(years["nunique"]) == {1} and years["first"].value_counts().to_dict() == {"2018/19": 26, "2019/20": 16}

    def test_judgements_are_alike_within_a_team_by_the_declared_correlation(self, many_cases):
        found = [anova_icc(many_cases[name], many_cases["yot"]) for name in KEY_QUESTIONS]
        assert found == pytest.approx([inspected.YOT_ICC] * 12, abs=0.01)

    def test_the_correlation_holds_on_average_over_seeds_and_within_the_largest_group(self):
        found = []
        for seed in range(12):
            table = synthetic.inspected_cases(seed, 30_000, 500)
            table = table[table["care_group"] == "not_in_care"]
            found += [anova_icc(table[name], table["yot"]) for name in KEY_QUESTIONS[::4]]
        assert np.mean(found) == pytest.approx(inspected.YOT_ICC, abs=0.004)

    def test_judgements_of_one_case_go_together_by_the_declared_correlation(self, many_cases):
        plain = many_cases[many_cases["care_group"] == "not_in_care"][KEY_QUESTIONS]
        answers = plain.eq("yes").astype(float).where(plain.notna())
        correlations = answers.corr().to_numpy()[np.triu_indices(12, 1)]
        assert correlations == pytest.approx([inspected.CASE_CORRELATION] * 66, abs=0.03)

    def test_care_and_protection_cluster_by_team_and_go_together(self, many_cases):
        care = many_cases["care_group"].ne("not_in_care").map({True: "yes", False: "no"})
        assert 0.03 < anova_icc(care, many_cases["yot"]) < 0.10
        assert 0.03 < anova_icc(many_cases["child_protection"], many_cases["yot"]) < 0.10
        shares = many_cases["child_protection"].eq("yes").groupby(care).mean()
        assert shares["yes"] > 1.5 * shares["no"]

    def test_a_question_that_does_not_apply_is_blank_in_all_four_standards(self, many_cases):
        for question, share in inspected.APPLICABLE.items():
            blanks = many_cases[[f"{standard}_{question}" for standard in STANDARDS]].isna()
            assert all((blanks[name] == blanks.iloc[:, 0]).all() for name in blanks)
            assert 1 - blanks.iloc[:, 0].mean() == pytest.approx(share, abs=0.005)

    def test_names_of_a_thousand_teams_sort_as_they_are_numbered(self, many_cases):
        names = many_cases["yot"].unique()
        assert names[0] == "Synthetic service 0001" and names[-1] == "Synthetic service 1000" and sorted(names) == names.tolist()

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"cases": 0}, "cases: takes a whole number from 1 upwards; this is 0"),
            ({"yots": 0}, "yots: takes a whole number from 1 upwards; this is 0"),
            ({"yots": 4.0}, "yots: takes a whole number from 1 upwards; this is 4.0"),
            ({"cases": 10, "yots": 11}, "yots: every team has a case, so there are at most 10; these are 11"),
            ({"seed": None}, "seed: takes a whole number from 0 upwards; this is None"),
        ],
    )
    def test_what_is_wrong_is_said_in_one_line(self, wrong, message):
        with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
            synthetic.inspected_cases(**wrong)


class TestArithmetic:
    @pytest.mark.parametrize("share", [0.3, 0.5, 0.57, 0.65, 0.78])
    @pytest.mark.parametrize("correlation", [0.01, 0.05, 0.3, 0.8])
    def test_the_latent_correlation_gives_the_one_of_yes_and_no(self, correlation, share):
        latent = inspected.latent_correlation(correlation, share)
        cut = stats.norm.ppf(share)
        both = stats.multivariate_normal([0, 0], [[1, latent], [latent, 1]]).cdf([cut, cut])
        assert (both - share**2) / (share * (1 - share)) == pytest.approx(correlation, abs=1e-4)
        assert latent > correlation

    def test_the_latent_correlation_at_one_half_is_the_sine(self):
        assert inspected.latent_correlation(0.3, 0.5) == pytest.approx(np.sin(0.3 * np.pi / 2), abs=1e-12)

    @pytest.mark.parametrize(("correlation", "share"), [(0, 0.5), (1, 0.5), (0.05, 0), (0.05, 1)])
    def test_a_latent_correlation_that_does_not_exist_is_refused(self, correlation, share):
        with pytest.raises(InputError, match="lie between 0 and 1"):
            inspected.latent_correlation(correlation, share)

    @repeatable
    @given(total=st.integers(0, 10_000), weights=st.lists(st.floats(0.01, 100), min_size=1, max_size=30))
    def test_apportioned_numbers_add_up_and_are_within_one_of_the_exact_ones(self, total, weights):
        weights = np.array(weights)
        numbers = draws.apportioned(total, weights)
        assert numbers.sum() == total and (abs(numbers - total * weights / weights.sum()) < 1 + 1e-9).all()

    def test_of_equal_scores_the_first_are_highest(self):
        assert draws.highest(np.array([1.0, 2.0, 1.0, 1.0]), 3).tolist() == [True, True, True, False]

    @pytest.mark.parametrize(("per_cent", "n", "count"), [(26, 1253, 326), (21, 1253, 263), (50, 1, 1), (50, 3, 2), (25, 2, 1)])
    def test_per_cents_of_a_number_round_half_up(self, per_cent, n, count):
        assert draws.per_cent_of(per_cent, n) == count


class TestAssumptions:
    @pytest.mark.parametrize("contract", ["frame", "cases"])
    def test_every_row_is_filled_and_marked_synthetic(self, contract):
        table = synthetic.assumptions(contract)
        assert table.columns.tolist() == ["assumption", "value", "why", "evidence"]
        assert table["assumption"].is_unique and set(table["evidence"]) == {"synthetic"}
        assert (table.apply(lambda column: column.str.strip().str.len()) > 0).all(axis=None)

    def test_one_row_says_that_calibration_is_no_evidence(self):
        assert (
            synthetic.assumptions("cases")["value"]
            .eq("calibrated to Table 1 and to 26% and 21%: that the synthetic cases reproduce these is no evidence for them")
            .sum()
            == 1
        )

    @pytest.mark.parametrize(
        ("contract", "module", "constant", "value", "shown"),
        [
            ("frame", frame, "AREA_ICC", 0.0625, "0.0625"),
            ("frame", frame, "FEW_HOSTED", (1, 9), "1 to 9 cases"),
            ("frame", frame, "NOT_JUDGED", 0.37, "37%"),
            ("frame", frame, "HOSTED_SHARE", (0.11, 0.13), "11% to 13%"),
            ("frame", frame, "SECOND_ORDERS", 0.19, "19%"),
            ("cases", inspected, "YOT_ICC", 0.0625, "0.0625"),
            ("cases", inspected, "CASE_CORRELATION", 0.4375, "0.4375"),
            ("cases", inspected, "CARE_SPLIT", {"in_care_inside": 201, "in_care_outside": 125}, "201 / 125 of 326"),
            ("cases", inspected, "SIZE_CV", 0.875, "0.875"),
        ],
    )
    def test_values_are_those_of_the_generator(self, monkeypatch, contract, module, constant, value, shown):
        make = synthetic.sampling_frame if contract == "frame" else synthetic.inspected_cases
        before = csv_of(make())
        assert not synthetic.assumptions(contract)["value"].str.contains(shown, regex=False).any()
        monkeypatch.setattr(module, constant, value)
        assert synthetic.assumptions(contract)["value"].str.contains(shown, regex=False).any()
        assert csv_of(make()) != before

    def test_every_declared_constant_is_in_a_row(self):
        rows = "\n".join(synthetic.assumptions("frame")["value"]) + "\n".join(synthetic.assumptions("cases")["value"])
        for share in [*frame.LOOKED_AFTER.values(), *frame.SUFFICIENT.values(), *inspected.APPLICABLE.values()]:
            assert f"{share:.0%}" in rows
        for shares in inspected.PER_CENT.values():
            assert "desistance {}%, child_safety {}%, others_safety {}%".format(*shares) in rows

    def test_another_contract_is_refused(self):
        with pytest.raises(InputError, match="there is none called 'case'; did you mean 'cases'"):
            synthetic.assumptions("case")


class TestWrite:
    def test_csv_is_plain_and_reads_back(self, tmp_path, default_frame):
        path = synthetic.write(default_frame, tmp_path / "synthetic.csv")
        content = path.read_bytes()
        assert content == csv_of(default_frame) and b"\r" not in content and content.endswith(b"\n")
        assert b'"Shropshire, Telford & Wrekin"' in content and b'"Wrexham"' not in content
        assert pd.read_csv(io.BytesIO(content), dtype={"age": "int16"}).equals(default_frame)

    def test_batches_give_the_same_csv_as_the_whole(self, tmp_path, default_cases):
        path = synthetic.write(synthetic.case_batches(rows=100), tmp_path / "SYNTHETIC.CSV")
        assert path.read_bytes() == csv_of(default_cases)

    def test_parquet_reads_back_and_carries_the_mark(self, tmp_path, default_frame):
        path = synthetic.write(synthetic.frame_batches(rows=1_000), tmp_path / "a_synthetic_frame.parquet")
        pd.testing.assert_frame_equal(pd.read_parquet(path), default_frame)
        assert pq.read_schema(path).metadata[b"evidence"] == b"synthetic"
        assert pq.ParquetFile(path).num_row_groups == 4

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("frame.csv", "frame.csv: the file name must hold the word synthetic"),
            ("synthetic.xlsx", "synthetic.xlsx: the ending must be .csv or .parquet"),
            ("none/synthetic.csv", "there is no folder"),
            ("synthetic_folder.csv", "is a folder; name a file"),
        ],
    )
    def test_a_bad_path_is_refused_before_a_row_is_made(self, tmp_path, name, message):
        (tmp_path / "synthetic_folder.csv").mkdir()

        def never():
            raise AssertionError
            yield

        with pytest.raises(InputError, match=re.escape(message)):
            synthetic.write(never(), tmp_path / name)
        assert [path.name for path in tmp_path.iterdir()] == ["synthetic_folder.csv"]

    def test_a_folder_called_synthetic_is_not_enough(self, tmp_path):
        (tmp_path / "synthetic").mkdir()
        with pytest.raises(InputError, match="must hold the word synthetic"):
            synthetic.write(pd.DataFrame(), tmp_path / "synthetic" / "cases.csv")

    @pytest.mark.parametrize("name", ["synthetic.csv", "synthetic.parquet"])
    def test_a_file_that_fails_halfway_leaves_the_old_one_as_it_was(self, tmp_path, name):
        def broken():
            yield pd.DataFrame({"a": ["1"]})
            raise OSError("the disk is full")

        (tmp_path / name).write_text("old")
        with pytest.raises(OSError, match="full"):
            synthetic.write(broken(), tmp_path / name)
        assert (tmp_path / name).read_text() == "old" and len(list(tmp_path.iterdir())) == 1


class TestCommand:
    def test_without_a_word_it_writes_the_two_files_again(self, monkeypatch, tmp_path, capsys):
        write_committed = command.write_committed
        monkeypatch.setattr(command, "write_committed", lambda: write_committed(tmp_path / "synthetic"))
        assert command.main([]) == 0
        assert capsys.readouterr().out.split() == [str(path) for path in map((tmp_path / "synthetic").joinpath, command.NAMES)]

    def test_it_goes_to_the_data_folder(self):
        assert paths.DATA / "synthetic" == command.FOLDER

    def test_a_frame_is_written_as_asked(self, tmp_path):
        path = tmp_path / "synthetic_frame.parquet"
        assert command.main(["frame", "--cases", "400", "--areas", "155", "--seed", "7", str(path)]) == 0
        pd.testing.assert_frame_equal(pd.read_parquet(path), synthetic.sampling_frame(7, ALL_TEAMS, 400))
        assert command.main(["frame", str(path)]) == 0
        pd.testing.assert_frame_equal(pd.read_parquet(path), synthetic.sampling_frame())

    def test_cases_are_written_as_asked(self, tmp_path):
        path = tmp_path / "synthetic_cases.csv"
        assert command.main(["cases", "--cases", "400", "--yots", "9", "--seed", "7", str(path)]) == 0
        assert path.read_bytes() == csv_of(synthetic.inspected_cases(7, 400, 9))

    @pytest.mark.parametrize(
        "words",
        [
            ["frame", "real.csv"],
            ["frame", "--cases", "0", "synthetic.csv"],
            ["frame", "--areas", "156", "synthetic.csv"],
            ["frame", "--areas", "0", "synthetic.csv"],
            ["frame", "--seed", "-1", "synthetic.csv"],
            ["cases", "--cases", "10", "--yots", "11", "synthetic.csv"],
        ],
    )
    def test_bad_words_end_in_one_line_and_exit_2(self, words, monkeypatch, tmp_path, capsys):
        monkeypatch.chdir(tmp_path)
        assert command.main(words) == 2
        said = capsys.readouterr()
        assert said.err.startswith("python -m helpers.synthetic: ") and said.err.count("\n") == 1 and said.out == ""
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("words", [["frames"], ["frame"], ["cases", "--cases", "many", "synthetic.csv"]])
    def test_words_that_it_does_not_know_end_in_one_line_and_exit_2(self, words, capsys):
        with pytest.raises(SystemExit) as ended:
            command.main(words)
        assert ended.value.code == 2 and capsys.readouterr().err.count("\n") == 1

    def test_a_disk_that_fails_is_said_in_one_line(self, monkeypatch, tmp_path, capsys):
        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(command, "write", full)
        assert command.main(["cases", str(tmp_path / "synthetic.csv")]) == 2
        assert capsys.readouterr().err.endswith("synthetic.csv could not be written (No space left on device)\n")

    def test_it_runs_as_a_module(self, tmp_path):
        words = [sys.executable, "-m", "helpers.synthetic", "cases", "--cases", "30", "--yots", "3", "synthetic.csv"]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout, done.stderr) == (0, "synthetic.csv\n", "")
        assert (tmp_path / "synthetic.csv").read_bytes() == csv_of(synthetic.inspected_cases(2021, 30, 3))


def test_a_large_frame_is_kept_as_small_numbers():
    columns = frame._frame(7, ALL_TEAMS, 1_000_000)
    assert sum(column.numbers.nbytes for column in columns.values()) <= 20 * 1_000_000
    parts = tables.spelt_out(columns, 200_000)
    assert [len(part) for part in parts] == [200_000] * 5
