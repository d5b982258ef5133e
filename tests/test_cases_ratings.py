import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from helpers import cases, paths, published
from helpers import rating_rules as rule
from helpers.cases.contracts import SERVICE_STANDARDS
from helpers.runs import cli
from tests.made_up_cases import SECRET, WRITE, csv, put

repeatable = settings(deadline=None, derandomize=True, max_examples=8, suppress_health_check=[HealthCheck.too_slow])
NAMES = published.RATINGS.categories.tolist()
STANDARDS = list(SERVICE_STANDARDS)
COUNTED = STANDARDS[:-1]
COLUMNS = ["service", "date", "framework", *STANDARDS, "score", "overall"]
DATES = {"2018": "2019-11-05", "2021": "2022-03-01"}
GOOD, LOWER = "Good", "Requires improvement"


def row(grades=(GOOD,) * 12, service="Here", framework="2021", resettlement="", **changed):
    """A right row, as text; `changed` spoils it."""
    score = sum(NAMES.index(grade) for grade in grades)
    overall = str(rule.overall_rating(score, published.read("rating-rules")))
    first = {"service": service, "date": DATES.get(framework, DATES["2021"]), "framework": framework}
    rest = dict(zip(COUNTED, grades, strict=True)) | {"resettlement": resettlement, "score": str(score), "overall": overall}
    return first | rest | changed


def table(*rows):
    return pd.DataFrame(list(rows), columns=COLUMNS, dtype="str")


def read(text, ending=".csv"):
    with tempfile.TemporaryDirectory() as folder:
        return cases.read(put(Path(folder), f"f{ending}", WRITE[ending](text)), "ratings")


def findings(text):
    with pytest.raises(cases.Refused) as caught:
        read(text)
    return caught.value.violations


def only_finding(text):
    (found,) = findings(text)
    return found


rows = st.builds(
    row,
    st.lists(st.sampled_from(NAMES), min_size=12, max_size=12),
    framework=st.just("2021"),
    resettlement=st.sampled_from(["", *NAMES]),
) | st.builds(row, st.lists(st.sampled_from(NAMES), min_size=12, max_size=12), framework=st.just("2018"))
files = st.lists(rows, min_size=1, max_size=5).map(
    lambda drawn: table(*({**one, "service": f"Service {place}"} for place, one in enumerate(drawn)))
)
spelt = {
    "Requires improvement": ["Requires Improvement", " requires  improvement ", "REQUIRES IMPROVEMENT", "RequiresImprovement"]
}


@repeatable
@given(files, st.data())
def test_right_files_are_never_refused_and_are_the_same_table_in_every_format(text, data):
    written = text.copy()
    for column in (*STANDARDS, "overall"):
        written[column] = [data.draw(st.sampled_from([grade, *spelt.get(grade, [grade.upper()])])) for grade in text[column]]
    meant = text.astype(dict.fromkeys((*COUNTED, "overall"), published.RATINGS) | {"score": "Int16"})
    meant["resettlement"] = text["resettlement"].replace("", None).astype(published.RATINGS)
    meant["date"] = pd.to_datetime(text["date"]).astype("datetime64[s]")
    meant["framework"] = pd.Categorical(text["framework"], ["2018", "2021"])
    meant["service"] = pd.Categorical(text["service"], sorted(set(text["service"])))
    for ending in sorted(WRITE):
        assert_frame_equal(read(written, ending).table, meant, obj=ending)


@repeatable
@given(files, st.data())
def test_one_lost_word_is_found_in_its_row_and_column_and_hides_no_other_fault(text, data):
    where = data.draw(st.integers(0, len(text) - 1))
    column = data.draw(st.sampled_from(COUNTED))
    text.loc[where, column] = "Requires"
    found = findings(text)[0]
    assert (found.rule, found.column, found.rows) == ("allowed", column, (where + 2,))
    assert found.text.startswith(f"row {where + 2}, {column} (allowed): it is 'Requires', one word of 'Requires improvement'")
    assert len(findings(text)) == 1


@repeatable
@given(files, st.data())
def test_a_wrong_score_or_overall_is_found_and_the_right_one_is_said(text, data):
    where = data.draw(st.integers(0, len(text) - 1))
    right = text.loc[where].copy()
    text.loc[where, "score"] = data.draw(st.sampled_from([str(score) for score in range(37) if str(score) != right["score"]]))
    found = only_finding(text)
    assert (found.rule, found.rows) == ("sum", (where + 2,)) and found.text.endswith(f"add up to {right['score']}")
    text.loc[where, "overall"] = data.draw(st.sampled_from([grade for grade in NAMES if grade != right["overall"]]))
    band = findings(text)[1]
    assert (band.rule, band.column) == ("band", "overall")
    assert band.text.endswith(f"a score of {right['score']}, the sum of the standards, is {right['overall']!r}")


@pytest.mark.parametrize(
    ("changed", "rule_broken", "column", "says"),
    [
        ({"staff": ""}, "filled", "staff", "it is blank; it must be Inadequate, Requires improvement, Good or Outstanding"),
        ({"staff": "Goood"}, "allowed", "staff", "it is 'Goood', did you mean 'Good'?"),
        ({"staff": "3"}, "allowed", "staff", "it is '3'; it must be"),
        ({"staff": "N/A"}, "allowed", "staff", "it is 'N/A'; it must be"),
        ({"staff": f"{SECRET} Smith"}, "allowed", "staff", "it is something else; it must be"),
        ({"staff": "requires"}, "allowed", "staff", "one word of 'Requires improvement'"),
        ({"service": " "}, "filled", "service", "it is blank; it must be text"),
        ({"score": "23"}, "sum", "score", "it is 23, and the standards add up to 24"),
        ({"score": ""}, "filled", "score", "it is blank; the standards add up to 24"),
        ({"score": "24.5"}, "whole number", "score", "it must be a whole number from 0 to 36"),
        ({"score": "many"}, "whole number", "score", "it must be a whole number from 0 to 36"),
        ({"overall": LOWER}, "band", "overall", "it is 'Requires improvement', and a score of 24 is 'Good'"),
        ({"overall": ""}, "filled", "overall", "it is blank; a score of 24 is 'Good'"),
        ({"overall": "Outstandin"}, "allowed", "overall", "did you mean 'Outstanding'?"),
        ({"framework": "2019"}, "allowed", "framework", "it is '2019'; it must be 2018 or 2021; its year has the framework 2021"),
        ({"framework": ""}, "filled", "framework", "it is blank; it must be 2018 or 2021"),
        ({"date": "2020-12-31"}, "years", "date", "has the years 2021 to 2025; that year has the framework 2018"),
        ({"date": "2017-01-01"}, "years", "date", "no framework has that year"),
        ({"date": "2026-01-01"}, "years", "date", "no framework has that year"),
        ({"date": "soon"}, "date", "date", "it must be a date like 2012-03-31"),
        ({"date": ""}, "filled", "date", "it is blank; it must be a date"),
    ],
)
def test_each_fault_is_told_with_its_row_column_rule_and_what_is_right(changed, rule_broken, column, says):
    text = table(row(service="There"), row(**changed))
    found = only_finding(text)
    assert (found.rule, found.column, found.rows) == (rule_broken, column, (3,))
    assert found.text.startswith(f"row 3, {column} ({rule_broken}): ") and says in found.text
    assert SECRET not in found.text


def test_resettlement_may_be_blank_in_2021_and_must_be_in_2018():
    assert read(table(row(resettlement=""), row(service="There", resettlement=LOWER))).table["resettlement"].tolist()[1] == LOWER
    found = only_finding(table(row(framework="2018", resettlement=GOOD)))
    assert (found.rule, found.column) == ("framework", "resettlement") and "framework 2018 has no such standard" in found.text


def test_a_file_of_2018_needs_no_column_of_resettlement():
    assert "resettlement" not in read(table(row(framework="2018")).drop(columns="resettlement")).table


def test_a_service_may_be_inspected_twice_but_not_on_one_day():
    twice = table(row(), row(date="2023-05-01"))
    assert len(read(twice).table) == 2
    again = findings(table(row(), row(service="There"), row(service="HERE ")))
    assert [(one.rule, one.rows) for one in again] == [("repeated", (2,)), ("repeated", (4,))]
    assert "stand in row 4 too" in again[0].text


def test_a_grade_that_is_lost_leaves_the_overall_to_be_checked_by_the_score_as_written():
    found = findings(table(row(court_planning="Requires", score="18", overall=GOOD)))
    assert [(one.column, one.rule) for one in found] == [("court_planning", "allowed"), ("overall", "band")]
    assert found[1].text.endswith("it is 'Good', and a score of 18 is 'Requires improvement'")


def test_all_findings_are_listed_one_a_row_in_the_order_of_the_file():
    many = table(*(row(service=f"S{place}", staff="Requires", overall="") for place in range(60)))
    found = findings(many)
    assert [one.rows for one in found] == [(2 + place // 2,) for place in range(120)]
    assert [one.column for one in found[:2]] == ["staff", "overall"]


@pytest.mark.parametrize("name", ["court_planning.1", "Court planning", "court_planning (2)", "COURT_PLANNING"])
def test_a_repeated_name_of_a_standard_is_refused(name):
    found = only_finding(table(row()).assign(**{name: GOOD}))
    assert found.text == f"column {name!r} repeats court_planning; name each standard once"


def test_two_columns_of_one_name_are_refused(tmp_path):
    text = csv(table(row())).replace(b"out_of_court_planning", b"court_planning", 1)
    with pytest.raises(cases.Refused, match="columns 9 and 13 have the same name"):
        cases.read(put(tmp_path, "f.csv", text), "ratings")


def test_bare_names_that_do_not_say_which_domain_are_missing_columns():
    names = {"court_planning": "planning", "out_of_court_planning": "planning.1"}
    found = findings(table(row()).rename(columns=names))
    assert [one.text for one in found] == [
        "column court_planning is missing; is 'planning' meant?",
        "column out_of_court_planning is missing",
    ]


@pytest.mark.parametrize(("count", "noted"), [(20, True), (19, False)])
def test_two_domains_with_one_rating_throughout_are_noted_and_not_refused(count, noted):
    grades = [GOOD] * 12
    grades[COUNTED.index("court_reviewing")] = LOWER
    same = table(
        *(
            row([*grades[:4], NAMES[place % 4], *grades[5:8], NAMES[place % 4], *grades[9:]], f"S{place}")
            for place in range(count)
        )
    )
    assert any("court_assessment and out_of_court_assessment have the same rating" in note for note in read(same).notes) == noted


def test_the_template_keeps_its_contract_and_adds_up():
    found = cases.read(paths.DATA / "templates" / "inspection_ratings.csv", "ratings").table
    assert found["service"].tolist() == ["Service A", "Service B", "Service C"]
    assert list(found.columns) == COLUMNS


def test_the_command_says_what_is_wrong_and_ends_with_2_or_what_is_there_and_ends_with_0(tmp_path, capsys):
    good = put(tmp_path, "good.csv", csv(table(row(), row(service="There", framework="2018"))))
    assert cli.main(["check", str(good), "--contract", "ratings"]) == 0
    assert (
        capsys.readouterr()
        .out.strip()
        .endswith(
            "good.csv: good, 2 inspections of 2 services, 2019-11-05 to 2022-03-01; framework: 2018 1, 2021 1; "
            "overall: Inadequate 0, Requires improvement 0, Good 2, Outstanding 0"
        )
    )
    bad = put(tmp_path, "bad.csv", csv(table(row(staff="Requires"), row(service="There", score="3"))))
    assert cli.main(["check", str(bad), "--contract", "ratings"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and "row 2, staff (allowed)" in lines[0] and "row 3, score (sum)" in lines[1]


def test_many_rows_are_checked_in_seconds():
    grades = np.random.default_rng(1).choice(NAMES, (3000, 12)).tolist()
    assert len(read(table(*(row(one, f"S{place}") for place, one in enumerate(grades)))).table) == 3000
