import io
import os
import sys
import tempfile
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from helpers import cases, paths, published, shares
from helpers.cases.contracts import SERVICE_STANDARDS
from helpers.errors import InputError
from helpers.ratings import CARE_GROUPS, STANDARDS
from tests import made_up_cases as made
from tests.made_up_cases import QUESTIONS, SECRET, WRITE, csv, parquet, put, xlsx

repeatable = settings(deadline=None, derandomize=True, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
FORMATS = sorted(WRITE)
HEADER = "case_id,home_area,supervising_area"


def read_back(content, contract, ending=".csv"):
    with tempfile.TemporaryDirectory() as folder:
        return cases.read(put(Path(folder), f"f{ending}", content), contract)


def frame_of(**columns):
    """A frame of which only some columns matter."""
    rows = len(next(iter(columns.values())))
    plain = {"case_id": [f"c{row}" for row in range(rows)], "home_area": ["Home"] * rows, "supervising_area": ["Host"] * rows}
    return pd.DataFrame(plain | columns)


# --- every accepted way of writing, in every format, gives one and the same table

BLANK = ("", " ", "\u00a0")
TRUE = ("yes", "Yes", "Y", "y", "TRUE", "true", "1", "1.0", " yes ", "\u00a0YES")
FALSE = ("no", "NO", "n", "False", "0", "0.0", "No ")
NAMES = {
    "Blackpool": ("Blackpool", "blackpool", " BLACKPOOL", "Blackpool\u00a0"),
    "Halton & Warrington": ("Halton & Warrington", "Halton and Warrington", "halton  &  warrington", "Halton&Warrington"),
    "Gwynedd and Ynys Môn": ("Gwynedd and Ynys Môn", "Gwynedd & Ynys Môn"),
    "Elsewhere, by the sea": ("Elsewhere, by the sea", " Elsewhere, by the sea"),
    "=cmd|' /C calc'!A0": ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
}
ids = (
    st.text("aBc019-_/é,\"=+@|; '", min_size=1, max_size=8).map(str.strip).filter(lambda text: text and not text.startswith("'"))
)
yes_no = st.sampled_from([True, False, None]).flatmap(
    lambda value: st.tuples(
        st.just(pd.NA if value is None else value), st.sampled_from({True: TRUE, False: FALSE, None: BLANK}[value])
    )
)
names = st.sampled_from(list(NAMES)).flatmap(lambda name: st.tuples(st.just(name), st.sampled_from(NAMES[name])))
dates = st.one_of(
    st.tuples(st.just(pd.NaT), st.sampled_from(BLANK)),
    st.dates(date(1990, 1, 1), date(2099, 12, 31)).flatmap(
        lambda day: st.tuples(
            st.just(day),
            st.sampled_from(
                [f"{day}", f"{day:%d/%m/%Y}", f"{day.day}/{day.month}/{day.year}", f"{day} 00:00:00", f"{day}T00:00:00.000"]
            ),
        )
    ),
)
ages = st.one_of(
    st.tuples(st.just(pd.NA), st.sampled_from(BLANK)),
    st.integers(0, 25).flatmap(lambda age: st.tuples(st.just(age), st.sampled_from([f"{age}", f"{age}.0", f" {age} "]))),
)
YEARS = {
    "2018/19": ("2018/19", "2018-19", "2018/2019", "2018-2019"),
    "1999/00": ("1999/00", "1999-2000"),
    "2019": ("2019", "2019.0"),
    None: BLANK,
}
years = st.sampled_from(list(YEARS)).flatmap(lambda year: st.tuples(st.just(year), st.sampled_from(YEARS[year])))
weights = st.floats(1e-6, 1e9).map(lambda weight: (weight, repr(weight)))
groups = st.sampled_from(CARE_GROUPS).map(lambda group: (group, group))


@st.composite
def written(draw, fields, unique):
    """What is meant, and how it is written: two tables."""
    rows = draw(st.integers(1, 6))
    meant, text = {}, {}
    for name, field in fields.items():
        values = draw(st.lists(field, min_size=rows, max_size=rows))
        meant[name], text[name] = [value for value, _ in values], [words for _, words in values]
    first = draw(st.lists(ids, min_size=rows, max_size=rows, unique_by=str.lower))
    meant, text = {unique: first} | meant, {unique: first} | text
    return pd.DataFrame(meant), pd.DataFrame(text, dtype="str").sample(frac=1, axis=1, random_state=draw(st.integers(0, 99)))


frames = written({"home_area": names, "supervising_area": names, "looked_after": yes_no, "opened": dates, "age": ages}, "case_id")
inspections = written(
    {"yot": names, "care_group": groups, "child_protection": yes_no, "year": years, "weight": weights}
    | {name: yes_no for name in STANDARDS},
    "case_id",
)


@repeatable
@given(frames)
def test_a_right_frame_is_never_refused_and_is_the_same_table_in_every_format(tables):
    meant, text = tables
    area = pd.CategoricalDtype(pd.Index(sorted({*meant["home_area"], *meant["supervising_area"]}), dtype="str"))
    meant["opened"] = pd.to_datetime(meant["opened"]).astype("datetime64[s]")
    types = {"case_id": "str", "home_area": area, "supervising_area": area, "looked_after": "boolean", "age": "Int16"}
    for ending in FORMATS:
        assert_frame_equal(read_back(WRITE[ending](text), "frame", ending).table, meant.astype(types), obj=ending)


@repeatable
@given(inspections)
def test_right_inspected_cases_are_never_refused_and_are_the_same_table_in_every_format(tables):
    meant, text = tables
    yot, year = (pd.CategoricalDtype(pd.Index(sorted(meant[name].dropna().unique()), dtype="str")) for name in ("yot", "year"))
    types = {"case_id": "str", "yot": yot, "care_group": pd.CategoricalDtype(pd.Index(CARE_GROUPS, dtype="str")), "year": year}
    meant = meant.astype(types | dict.fromkeys(("child_protection", *STANDARDS), "boolean"))
    for ending in FORMATS:
        assert_frame_equal(read_back(WRITE[ending](text), "cases", ending).table, meant, obj=ending)


DEFECTS = {
    "case_id": ("", " \u00a0", "1.5E+12"),
    "home_area": ("", " "),
    "supervising_area": ("",),
    "looked_after": ("2", "not known", "-"),
    "opened": ("2012-02-30", "30/02/2012", "yesterday", "1989-12-31", "2100-01-01", "2012-1-1", "20120101", "nan"),
    "age": ("-1", "26", "15.5", "1e1", "0x1", "1_0", "nan"),
    "yot": ("",),
    "care_group": ("", "in care", "not_in_care;"),
    "child_protection": ("maybe",),
    "year": ("2018/18", "2018/2020", "2018/9", "1989", "2018_19"),
    "weight": ("", "0", "-1", "nan", "inf", "1,5", "1e999", "one"),
    "assessment": ("good",),
}


@repeatable
@given(st.sampled_from(["frame", "cases"]), st.data())
def test_one_defect_in_a_right_file_is_refused_with_its_column_and_row(contract, data):
    _, text = data.draw(frames if contract == "frame" else inspections)
    column = data.draw(st.sampled_from([name for name in text.columns if name in DEFECTS]))
    row = data.draw(st.integers(0, len(text) - 1))
    text.loc[row, column] = data.draw(st.sampled_from(DEFECTS[column]))
    with pytest.raises(cases.Refused) as caught:
        read_back(csv(text), contract)
    (violation,) = caught.value.violations
    assert (violation.column, violation.rows) == (column, (row + 2,))


@repeatable
@given(frames, st.data())
def test_a_required_column_that_is_left_out_is_refused_by_name(tables, data):
    column = data.draw(st.sampled_from(["case_id", "home_area", "supervising_area"]))
    with pytest.raises(cases.Refused, match=f"column {column} is missing"):
        read_back(csv(tables[1].drop(columns=column)), "frame")


# --- types and order


def test_columns_come_in_the_order_of_the_contract_then_outcomes_in_that_of_the_file():
    table = made.frame().assign(zeal="yes", action="no")[::-1].iloc[:, ::-1]
    checked = read_back(csv(table), "frame")
    assert list(checked.table.columns) == [
        *("case_id", "home_area", "supervising_area", "child_id", "looked_after", "opened", "age"),
        *("action", "zeal"),
    ]
    assert checked.table["case_id"].tolist() == table["case_id"].tolist()
    assert checked.table.index.equals(pd.RangeIndex(made.ROWS))


def test_types_are_those_promised():
    table = read_back(csv(made.cases()), "cases").table
    assert table.dtypes.astype(str).to_dict() == {
        "case_id": "str",
        "yot": "category",
        "care_group": "category",
        "child_protection": "boolean",
        "year": "category",
        "weight": "float64",
        "caseload": "Int64",
    } | dict.fromkeys(QUESTIONS, "boolean")
    assert list(table["care_group"].cat.categories) == list(CARE_GROUPS)
    frame = read_back(csv(made.frame()), "frame").table
    assert frame.dtypes.astype(str)[["child_id", "opened", "age"]].to_list() == ["str", "datetime64[s]", "Int16"]


def test_all_care_groups_are_categories_even_where_a_file_has_one():
    table = read_back(csv(made.cases().head(1)), "cases").table
    assert list(table["care_group"].cat.categories) == list(CARE_GROUPS)


def test_home_and_supervising_area_can_be_compared():
    table = read_back(csv(frame_of(home_area=["A", "B", "C"], supervising_area=["B", "B", "A"])), "frame").table
    assert (table["home_area"] == table["supervising_area"]).tolist() == [False, True, False]


def test_a_blank_child_identifier_is_missing_and_may_repeat():
    table = read_back(csv(frame_of(child_id=["a", "a", "", " "])), "frame").table
    assert table["child_id"].isna().tolist() == [False, False, True, True]


def test_texts_that_pandas_would_take_for_missing_are_kept():
    words = ["NA", "null", "None", "nan", "N/A"]
    table = read_back(csv(frame_of(case_id=words, home_area=words)), "frame").table
    assert table["case_id"].tolist() == words
    assert table["home_area"].astype(str).tolist() == words


def test_leading_zeros_of_an_identifier_are_kept():
    assert read_back(csv(frame_of(case_id=["007", "7"])), "frame").table["case_id"].tolist() == ["007", "7"]


# --- judgements

STATUSES = ["inspected", "refused", "file_unusable", "found_ineligible", "replaced"]


def test_judgements_are_the_same_table_of_the_types_promised_in_every_format():
    text = made.judgements()
    blank = text.replace("", None)
    meant = pd.DataFrame(
        {
            "case_id": text["case_id"].astype("str"),
            "status": pd.Categorical(text["status"], pd.Index(STATUSES, dtype="str")),
            "replaces": blank["replaces"].astype("str"),
            "assessor": blank["assessor"].astype("str"),
            "safe": pd.array([False, *[None] * 5], dtype="boolean"),
            "sufficient": pd.array([True, None, None, False, None, None], dtype="boolean"),
        }
    )
    for ending in FORMATS:
        assert_frame_equal(read_back(WRITE[ending](text.iloc[:, ::-1]), "judgements", ending).table, meant, obj=ending)


@pytest.mark.parametrize(
    "drop", [["replaces", "assessor", "sufficient", "safe", "remarks"], ["assessor", "sufficient"], ["safe"]]
)
def test_judgements_may_lack_any_column_but_two(drop):
    table = made.judgements(drop=drop, status={4: "refused"})
    read = read_back(csv(table), "judgements").table
    assert list(read.columns) == [name for name in made.judgements().columns if name not in (*drop, "remarks")]
    assert list(read["status"].cat.categories) == STATUSES


def test_a_case_is_replaced_whatever_the_capitals_and_spaces_of_its_identifier_and_so_may_be_its_reserve():
    table = pd.DataFrame(
        {
            "case_id": ["a", "B", "c", "d"],
            "status": [" replaced", "replaced", "inspected", "replaced"],
            "replaces": ["", "A ", "b", ""],
            "seen": ["", "", "Y", ""],
        }
    )
    with pytest.raises(cases.Refused) as caught:
        read_back(csv(table), "judgements")
    assert [(violation.rule, violation.rows) for violation in caught.value.violations] == [("replaced", (5,))]
    assert read_back(csv(table.head(3)), "judgements").table["replaces"].tolist()[1:] == ["A", "b"]


def test_numbers_as_identifiers_of_a_spreadsheet_and_of_parquet_name_each_other():
    table = pd.DataFrame({"case_id": [1.0, 2.0], "status": ["replaced", "inspected"], "replaces": [np.nan, 1.0]})
    for ending in (".xlsx", ".parquet"):
        content = WRITE[ending](table.astype(object).fillna("") if ending == ".xlsx" else table)
        assert read_back(content, "judgements", ending).table["replaces"].tolist()[1:] == ["1"]


def test_an_assessor_is_kept_as_written_and_may_repeat():
    names = ["blackpool", "Blackpool", "blackpool", "BLACKPOOL", "", "NA"]
    table = read_back(csv(made.judgements().assign(assessor=names)), "judgements").table
    assert table["assessor"].fillna("").tolist() == names


def test_outcomes_of_judgements_are_those_of_a_frame():
    table = made.judgements().assign(plan=["Y", *[""] * 4, " "], empty="")
    checked = read_back(csv(table), "judgements")
    # A blank one too: returns in which nothing was judged are no mistake.
    assert list(checked.table.columns[4:]) == ["sufficient", "safe", "plan", "empty"]
    assert checked.rows.tolist() == list(range(2, 8))
    assert checked.notes == (
        "Spaces round 1 value of plan are left out.",
        "4 columns read as an outcome (yes, no; blank: not judged): sufficient, safe, plan and empty.",
        "1 column ignored: remarks.",
        "1 value of plan written other than yes or no (such as Y, True or 1) are read as yes or no.",
    )


def test_an_outcome_of_judgements_with_a_wrong_value_is_refused_and_not_dropped():
    table = made.judgements().assign(mixed=["yes", "no", "no", "yes", "no", SECRET])
    with pytest.raises(cases.Refused, match=r"mixed is no outcome: 1 of its 6 values are not yes or no \(row 7\)") as refusal:
        read_back(csv(table), "judgements")
    assert SECRET not in str(refusal.value)


# --- what spreadsheets and Parquet bring along


def test_cells_of_a_spreadsheet_are_read_as_the_text_that_they_show():
    table = frame_of(
        case_id=[1001.0, 7, "x"],
        looked_after=[True, False, 1.0],
        opened=[date(2012, 3, 31), datetime(2012, 3, 31), "31/03/2012"],
        age=[15.0, 15, "15"],
        seen=[True, 0, "Y"],
    ).astype(object)
    read = read_back(xlsx(table), "frame", ".xlsx").table
    assert read["case_id"].tolist() == ["1001", "7", "x"]
    assert read["looked_after"].tolist() == [True, False, True]
    assert read["opened"].eq("2012-03-31").all() and read["age"].eq(15).all()
    assert read["seen"].tolist() == [True, False, True]


def test_parquet_columns_may_have_types_of_their_own():
    table = pa.table(
        {
            "case_id": pa.array([1, 2, 3], pa.int64()),
            "home_area": pa.array(["A", "B", "A"]).dictionary_encode(),
            "supervising_area": pa.array(["C", "C", "C"], pa.large_string()),
            "child_id": pa.array([1.0, None, 3.0]),
            "looked_after": pa.array([True, None, False]),
            "opened": pa.array([date(2012, 3, 31), None, date(2012, 4, 1)]),
            "age": pa.array([15.0, np.nan, 16.0]),
            "seen": pa.array([1, 0, None], pa.int8()),
            "blank": pa.nulls(3),
        }
    )
    checked = read_back(parquet(table), "frame", ".parquet")
    expected = pd.DataFrame(
        {
            "case_id": pd.Series(["1", "2", "3"], dtype="str"),
            "home_area": pd.Categorical(["A", "B", "A"], ["A", "B", "C"]),
            "supervising_area": pd.Categorical(["C", "C", "C"], ["A", "B", "C"]),
            "child_id": pd.Series(["1", None, "3"], dtype="str"),
            "looked_after": pd.array([True, None, False], dtype="boolean"),
            "opened": pd.to_datetime(["2012-03-31", None, "2012-04-01"]).astype("datetime64[s]"),
            "age": pd.array([15, None, 16], dtype="Int16"),
            "seen": pd.array([True, False, None], dtype="boolean"),
        }
    )
    assert_frame_equal(checked.table, expected)
    assert checked.notes == (
        "1 column read as an outcome (yes, no; blank: not judged): seen.",
        "1 column ignored: blank.",
        "2 values of seen written other than yes or no (such as Y, True or 1) are read as yes or no.",
    )


def test_a_parquet_column_whose_name_goes_on_after_a_dot_is_another_column():
    table = frame_of(**{"age.1": ["99", "98"], "age": ["11", "12"], "age.2": ["97", "96"]})
    assert read_back(parquet(table), "frame", ".parquet").table["age"].tolist() == [11, 12]


def test_parquet_row_groups_with_dictionaries_of_their_own_are_one_column():
    table = frame_of(home_area=list("ABCABD"), looked_after=["yes", "no", "", "Y", "n", "no"])
    target = io.BytesIO()
    pyarrow.parquet.write_table(pa.Table.from_pandas(table, preserve_index=False), target, row_group_size=2)
    read = read_back(target.getvalue(), "frame", ".parquet").table
    assert read["home_area"].astype(str).tolist() == list("ABCABD")
    assert read["looked_after"].tolist() == [True, False, pd.NA, True, False, False]


def test_a_parquet_dictionary_that_holds_a_value_twice_or_never_is_read():
    areas = pa.DictionaryArray.from_arrays(pa.array([0, 1, 3, 0]), pa.array(["A", "A", "unused", "B"]))
    table = pa.table(dict(frame_of(case_id=list("abcd")))).set_column(1, "home_area", areas)
    read = read_back(parquet(table), "frame", ".parquet").table
    assert read["home_area"].astype(str).tolist() == ["A", "A", "B", "A"]
    assert list(read["home_area"].cat.categories) == ["A", "B", "Host"]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_parquet_timestamp_at_midnight_is_a_date(unit):
    table = pa.table(dict(frame_of(case_id=["a"])))
    table = table.append_column("opened", pa.array([datetime(2012, 3, 31)], pa.timestamp(unit)))
    assert read_back(parquet(table), "frame", ".parquet").table["opened"].tolist() == [pd.Timestamp("2012-03-31")]


def test_empty_sheets_beside_the_one_with_cases_do_no_harm():
    book = xlsx(pd.DataFrame(), made.frame(), pd.DataFrame({"": []}))
    assert len(read_back(book, "frame", ".xlsx").table) == made.ROWS


def test_an_ending_in_capitals_is_read(tmp_path):
    for ending in FORMATS:
        assert len(cases.read(put(tmp_path, f"F{ending.upper()}", WRITE[ending](made.frame())), "frame").table) == made.ROWS


def test_a_long_file_is_read_whole_and_numbers_its_rows_as_a_spreadsheet_does():
    rows = 120_000
    areas = np.where(np.arange(rows) % 2, '"Here, at\nthe sea"', "There")
    lines = [f"case-{row:07d},{area},There and everywhere,17" for row, area in enumerate(areas)]
    whole = "\n".join([HEADER + ",age", *lines])
    assert len(whole) > 5 << 20
    assert len(read_back(whole.encode(), "frame").table) == rows
    lines[99_998] += ",1"
    lines[110_000] = lines[110_000].replace(",17", ",-17")
    with pytest.raises(cases.Refused) as caught:
        read_back("\n".join([HEADER + ",age", *lines]).encode(), "frame")
    assert [violation.rows for violation in caught.value.violations] == [(100_000,), (110_002,)]


def test_one_very_long_field_is_read():
    content = f"{HEADER},remarks\na,b,c,{'x' * (6 << 20)}\nd,e,f,g\n".encode()
    assert read_back(content, "frame").table["case_id"].tolist() == ["a", "d"]


# --- a column that groups cases


def grouped_in(content, group_by, ending=".csv"):
    with tempfile.TemporaryDirectory() as folder:
        return cases.read(put(Path(folder), f"f{ending}", content), "cases", group_by)


REGIONS = {
    None: BLANK,
    "East": ("East", " East", "East\u00a0"),
    "West of it": ("West of it", "West\u00a0of it"),
    "0": ("0", " 0"),
}
regions = st.sampled_from(list(REGIONS)).flatmap(lambda region: st.tuples(st.just(region), st.sampled_from(REGIONS[region])))


@settings(repeatable, max_examples=8)
@given(inspections, st.data())
def test_a_column_of_ones_own_is_a_category_last_in_the_table_and_the_same_in_every_format(tables, data):
    _, text = tables
    drawn = data.draw(st.lists(regions, min_size=len(text), max_size=len(text)))
    with_region = text.assign(region=[words for _, words in drawn])
    values = sorted({region for region, _ in drawn if region is not None})
    region = pd.Categorical([region for region, _ in drawn], pd.Index(values, dtype="str"))
    plain = read_back(csv(text), "cases").table
    for ending in FORMATS:
        read = grouped_in(WRITE[ending](with_region), "region", ending).table
        assert_frame_equal(read, plain.assign(region=region), obj=ending)


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize(
    ("group_by", "categories"), [("care_group", list(CARE_GROUPS)), ("year", ["2018/19", "2019"]), ("", None)]
)
def test_a_column_of_the_contract_groups_as_it_is_read_anyway(ending, group_by, categories):
    content = WRITE[ending](made.cases())
    plain, read = read_back(content, "cases", ending), grouped_in(content, group_by, ending)
    assert_frame_equal(read.table, plain.table)
    assert read.notes == plain.notes
    if group_by:
        assert list(read.table[group_by].cat.categories) == categories


def test_numbers_group_as_the_text_that_they_show():
    table = made.cases().assign(band=[1, 2, 2, 1, 3, None])
    for ending in (".xlsx", ".parquet"):
        content = WRITE[ending](table if ending == ".parquet" else table.astype(object).fillna(""))
        assert grouped_in(content, "band", ending).table["band"].tolist()[:5] == ["1", "2", "2", "1", "3"]


def test_a_column_that_groups_is_not_called_ignored_and_what_is_read_otherwise_is_said():
    table = made.cases().assign(area=["a\tb", "a b", " c", "c", "", ""])
    checked = grouped_in(csv(table), "area")
    assert checked.table["area"].tolist()[:4] == ["a b", "a b", "c", "c"]
    assert checked.table["area"].isna().tolist() == [False] * 4 + [True] * 2
    assert set(checked.notes) == {
        "Spaces round 1 value of area are left out.",
        "Line breaks, tabs and odd spaces inside 1 value of area are read as one space.",
        "1 column ignored: remarks.",
    }


def test_a_column_of_yes_and_no_groups_as_it_is_written():
    table = made.cases().assign(first=["yes", "no", "Yes", "Y", "", "no"])
    assert list(grouped_in(csv(table), "first").table["first"].cat.categories) == ["Y", "Yes", "no", "yes"]


def test_the_same_file_is_read_again_for_another_column(tmp_path):
    path = put(tmp_path, "f.csv", csv(made.cases().assign(region="x", area="y")))
    read = [cases.read(path, "cases", group_by).table for group_by in ("region", "", "area", "region")]
    assert [{"region", "area"} & set(table.columns) for table in read] == [{"region"}, set(), {"area"}, {"region"}]


@pytest.mark.parametrize("ending", FORMATS)
def test_thirty_groups_are_not_too_many(ending):
    rows = [f"{SECRET} {row}" for row in range(30)]
    table = pd.concat([made.cases(drop=["caseload"])] * 5, ignore_index=True).assign(case_id=rows, region=rows)
    assert len(grouped_in(WRITE[ending](table), "region", ending).table["region"].cat.categories) == 30


@pytest.mark.parametrize("group_by", ["yot", "case_id", "child_protection", "weight", "caseload", "planning", QUESTIONS[3]])
def test_a_service_an_identifier_and_an_outcome_are_no_groups(group_by, tmp_path):
    said = f"cases are not grouped by {group_by}; take care_group or year, or a column of your own"
    with pytest.raises(InputError, match=f"^{said}$"):
        cases.check_grouping("cases", group_by)
    with pytest.raises(InputError, match=f"^{said}$"):
        cases.read(put(tmp_path, "f.csv", csv(made.cases())), "cases", group_by)


@pytest.mark.parametrize("contract", ["frame", "judgements"])
def test_only_inspected_cases_are_grouped(contract, tmp_path):
    path = put(tmp_path, "f.csv", csv(made.frame() if contract == "frame" else made.judgements()))
    with pytest.raises(InputError, match=f"only inspected cases are grouped; leave out group_by for the contract '{contract}'"):
        cases.read(path, contract, "remarks")
    assert len(cases.read(path, contract, "").table) == made.ROWS


# --- notes


def notes_of(table, contract="frame"):
    return read_back(csv(table), contract).notes


def test_a_file_written_as_asked_needs_no_note():
    assert notes_of(made.frame(drop=["remarks"])) == ()
    assert notes_of(made.cases(drop=["remarks"]), "cases") == ()
    assert notes_of(made.judgements(drop=["remarks", "sufficient", "safe"]), "judgements") == ()


@pytest.mark.parametrize(
    ("columns", "note"),
    [
        ({"case_id": ["a", " b", "c\u00a0"]}, "Spaces round 2 values of case_id are left out."),
        ({"home_area": ["A", "A ", "A"]}, "Spaces round 1 value of home_area are left out."),
        (
            {"looked_after": ["yes", "Y", "0"]},
            "2 values of looked_after written other than yes or no (such as Y, True or 1) are read as yes or no.",
        ),
        (
            {"opened": ["2012-03-31", "31/03/2012", "1/4/2012"]},
            "2 values of opened written like 31/03/2012 are read as day, month, year.",
        ),
        ({"case_id": ["'=a", "'a", "=b"]}, "An apostrophe before =, +, - or @ is taken off 1 value of case_id."),
        ({"home_area": ["'-a", "'+b", "-a"]}, "An apostrophe before =, +, - or @ is taken off 2 values of home_area."),
        (
            {"home_area": ["halton and warrington", "Halton & Warrington", "blackpool"]},
            "2 rows of home_area differ from a known name only in capitals, spaces or 'and' for '&', and are read as it: "
            "Blackpool (1) and Halton & Warrington (1).",
        ),
        (
            {"home_area": ["Here & there", "here and there", "Here & there"]},
            "1 row of home_area differ from a commoner spelling in the file only in capitals, spaces or 'and' for '&', "
            "and are read as it.",
        ),
        (
            {"home_area": ["Blakpool", "Blackpol", "A"]},
            "2 rows of home_area hold a name that is close to 'Blackpool' but not the same; left as it is.",
        ),
        (
            {"home_area": ["Host", "A", "host"]},
            "Out of scope: 2 of 3 cases, whose home and supervising area are the same (neither hosted nor placed out).",
        ),
        (
            {"seen": ["yes", "", "no"], "late": ["", "", "n"]},
            "2 columns read as an outcome (yes, no; blank: not judged): seen and late.",
        ),
        ({"seen": ["", " ", ""], "late": ["early", "", "no"]}, "2 columns ignored: seen and late."),
        ({"seen": ["yes", "no", "yse"]}, "seen is no outcome: 1 of its 3 values are not yes or no (row 4)."),
        ({f"x{place}": ["a", "b", "c"] for place in range(10)}, "10 columns ignored: x0, x1, x2, x3, x4, x5, x6, x7 and 2 more."),
        ({" seen": ["a", "b", "c"]}, "Spaces round 1 column name are left out."),
    ],
)
def test_what_is_read_otherwise_than_written_is_noted_with_its_count(columns, note):
    assert note in notes_of(frame_of(**columns))


def test_years_written_otherwise_are_noted():
    assert "2 values of year written otherwise are read like 2019 or 2018/19." in notes_of(
        made.cases(year={2: "2018-19", 3: "2018/2019"}), "cases"
    )


def test_a_byte_order_mark_windows_line_ends_and_blank_rows_are_noted():
    content = b"\xef\xbb\xbf" + f"{HEADER}\r\na,b,c\r\n\r\n,,\r\nd,e,f\r\n".encode()
    checked = read_back(content, "frame")
    assert checked.notes == (
        "A byte order mark at the start is left out.",
        "Lines end as Windows ends them.",
        "2 rows left out, blank in every column that is read.",
    )
    assert checked.table["case_id"].tolist() == ["a", "d"]


def test_the_commonest_spelling_of_both_area_columns_is_taken_and_of_equals_the_first_in_the_alphabet():
    table = frame_of(home_area=["b & c", "B and C", "x", "X"], supervising_area=["B and C", "Host", "Host", "Host"])
    read = read_back(csv(table), "frame").table
    assert read["home_area"].astype(str).tolist() == ["B and C", "B and C", "X", "X"]


def test_a_name_that_is_only_close_to_a_known_one_is_left_as_it_is():
    assert read_back(csv(frame_of(home_area=["Blakpool"])), "frame").table["home_area"].astype(str).tolist() == ["Blakpool"]


def test_known_areas_and_services_need_no_note():
    known = [*published.areas(), *published.read("yots-2024-25")["yot"]]
    assert notes_of(frame_of(home_area=known)) == ()


def test_formula_text_is_kept_as_text():
    formula = "=cmd|' /C calc'!A0"
    for ending in FORMATS:
        read = read_back(WRITE[ending](frame_of(home_area=[formula, f"'{formula}"])), "frame", ending).table
        assert read["home_area"].astype(str).tolist() == [formula, formula]


def test_no_note_holds_an_identifier_a_name_or_free_text():
    table = made.frame(
        case_id={2: f" {SECRET}-0", 3: f"'={SECRET}"},
        home_area={3: f"{SECRET.lower()} town", 4: f"Blackpool{SECRET[0]}", 5: f"'+{SECRET}", 6: f"{SECRET} Dale"},
        looked_after={2: "Y"},
        opened={2: "31/01/2012"},
    )
    notes = notes_of(table.assign(mixed=["yes", "yes", "no", "yes", "no", SECRET], plan=["1", "0", "", "", "", ""]))
    assert len(notes) >= 9
    assert SECRET.lower() not in " ".join(notes).lower()


def test_a_column_name_that_is_long_or_has_lines_is_printed_short_in_one_line():
    (note,) = notes_of(frame_of(case_id=["a"]).assign(**{"long\n" + "x" * 99: ["q"]}))
    assert "\n" not in note and len(note) < 80


# --- reading leaves nothing behind, and works where it may not write


def test_reading_writes_no_file(tmp_path, monkeypatch):
    folders = {name: tmp_path / name for name in ("TMPDIR", "HOME", "XDG_CACHE_HOME", "data", "cwd")}
    for name, folder in folders.items():
        folder.mkdir()
        monkeypatch.setenv(name, str(folder))
    monkeypatch.chdir(folders["cwd"])
    monkeypatch.setattr(tempfile, "tempdir", None)
    files = [put(folders["data"], f"f{ending}", WRITE[ending](made.frame())) for ending in FORMATS]
    files.append(put(folders["data"], "bad.csv", csv(made.frame(age={2: "99"}))))
    written_to = []
    watching = [True]

    def watch(event, arguments):
        if (
            watching
            and event == "open"
            and isinstance(arguments[2], int)
            and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        ):
            written_to.append(arguments[0])

    # A hook of the interpreter can not be taken off again; `watching` silences it.
    sys.addaudithook(watch)
    before = sorted(tmp_path.rglob("*"))
    for file in files[:-1]:
        cases.read(file, "frame")
    with pytest.raises(cases.Refused):
        cases.read(files[-1], "frame")
    assert written_to == []
    assert sorted(tmp_path.rglob("*")) == before
    (tmp_path / "probe").touch()
    watching.clear()
    assert written_to == [str(tmp_path / "probe")], "the watch would have seen a file"


def test_links_and_folders_that_may_not_be_written_to_are_read(tmp_path):
    folder = tmp_path / "kept"
    folder.mkdir()
    file = put(folder, "f.csv", csv(made.frame()))
    file.chmod(0o400)
    folder.chmod(0o500)
    link = tmp_path / "link.csv"
    link.symlink_to(file)
    (tmp_path / "folder").symlink_to(folder)
    tables = [cases.read(path, "frame").table for path in (file, str(file), link, tmp_path / "folder" / "f.csv")]
    folder.chmod(0o700)
    for table in tables[1:]:
        assert_frame_equal(table, tables[0])


def test_a_path_is_taken_from_the_working_directory(tmp_path, monkeypatch):
    put(tmp_path, "f.csv", csv(made.frame()))
    monkeypatch.chdir(tmp_path)
    assert len(cases.read("f.csv", "frame").table) == made.ROWS


# --- results are kept, and kept apart


def test_an_unchanged_file_is_not_read_again(tmp_path, monkeypatch):
    path = put(tmp_path, "f.csv", csv(made.frame()))
    first = cases.read(path, "frame")
    monkeypatch.setattr(cases, "opened", lambda *_: pytest.fail("was opened again"))
    again = cases.read(str(path), "frame")
    assert_frame_equal(again.table, first.table)
    assert again.notes == first.notes


def test_a_changed_file_is_read_again(tmp_path):
    path = put(tmp_path, "f.csv", csv(made.frame()))
    cases.read(path, "frame")
    put(tmp_path, "f.csv", csv(made.frame(age={2: "11"})))
    os.utime(path, ns=(1, 1))
    assert cases.read(path, "frame").table["age"][0] == 11


def test_one_file_is_read_by_each_contract_apart(tmp_path):
    path = put(tmp_path, "f.csv", csv(made.frame().join(made.cases().drop(columns=["case_id", "remarks"]))))
    assert "yot" not in cases.read(path, "frame").table
    assert "yot" in cases.read(path, "cases").table


def test_what_is_done_to_a_table_does_not_reach_the_next_reader(tmp_path):
    path = put(tmp_path, "f.csv", csv(made.frame()))
    table = cases.read(path, "frame").table
    table.loc[0, "age"] = 1
    table["case_id"] = "x"
    del table["opened"]
    again = cases.read(path, "frame").table
    assert again["age"][0] == 15 and again["case_id"].is_unique and "opened" in again


def test_few_results_are_kept(tmp_path):
    for number in range(cases.KEPT_RESULTS + 3):
        cases.read(put(tmp_path, f"{number}.csv", csv(made.frame())), "frame")
    assert len(cases._RESULTS) == cases.KEPT_RESULTS


# --- dictionary and templates


def test_the_committed_templates_are_those_that_the_code_writes(tmp_path):
    from helpers.cases import __main__

    __main__.main(tmp_path)
    folder = paths.DATA / "templates"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        path.name: path.read_bytes() for path in folder.iterdir()
    }


@pytest.mark.parametrize(
    ("name", "contract"),
    [
        ("sampling_frame", "frame"),
        ("inspected_cases", "cases"),
        ("inspected_cases_by_standard", "cases"),
        ("judgements", "judgements"),
    ],
)
def test_a_template_passes_its_own_contract(name, contract):
    table = cases.read(paths.DATA / "templates" / f"{name}.csv", contract).table
    assert table["case_id"].tolist() == ["EXAMPLE-1", "EXAMPLE-2", "EXAMPLE-3"]


def test_a_template_is_text_and_has_every_column_of_its_contract_but_one_set_of_judgements():
    words = cases.dictionary()
    for contract, extra in (("frame", {"sufficient"}), ("cases", set()), ("judgements", {"sufficient"})):
        table = cases.template(contract)
        assert (table.dtypes == "str").all() and len(table) == 3
        described = set(words.loc[words["contract"].eq(contract) & words["column"].ne("any other"), "column"])
        second = {name for name in described if name.endswith("_second")}
        assert set(table.columns) == described - set(STANDARDS) - second | extra


def test_a_template_of_another_contract_is_refused():
    with pytest.raises(InputError, match="did you mean 'cases'"):
        cases.template("case")


def test_the_dictionary_describes_every_column_once_and_in_full():
    words = cases.dictionary()
    assert list(words.columns) == ["contract", "column", "type", "required", "allowed", "meaning"]
    assert not words.duplicated(["contract", "column"]).any()
    assert words.map(len).gt(0).all(axis=None)
    required = words.loc[words["required"].eq("yes"), ["contract", "column"]].apply(tuple, axis=1).tolist()
    assert required == [
        *(("frame", name) for name in ("case_id", "home_area", "supervising_area")),
        *(("cases", name) for name in ("case_id", "yot", "care_group")),
        *(("judgements", name) for name in ("case_id", "status")),
        *(("ratings", name) for name in ("service", "date", "framework")),
        *(("ratings", name) for name in SERVICE_STANDARDS if name != "resettlement"),
        *(("ratings", name) for name in ("score", "overall")),
    ]
    assert words.loc[words["column"].eq("any other"), "contract"].tolist() == ["frame", "judgements"]
    assert set(QUESTIONS) | set(STANDARDS) <= set(words["column"])


def test_what_the_dictionary_says_is_allowed_is_what_a_refusal_says():
    words = cases.dictionary().set_index(["contract", "column"])["allowed"]
    for contract, table, column, wrong in (
        ("frame", made.frame, "age", "99"),
        ("frame", made.frame, "opened", "soon"),
        ("frame", made.frame, "looked_after", "perhaps"),
        ("cases", made.cases, "care_group", "perhaps"),
        ("cases", made.cases, "weight", "much"),
        ("cases", made.cases, "year", "last"),
        ("cases", made.cases, "caseload", "many"),
        ("judgements", made.judgements, "status", "perhaps"),
    ):
        with pytest.raises(cases.Refused) as caught:
            read_back(csv(table(**{column: {4: wrong}})), contract)
        (violation,) = caught.value.violations
        assert f"{column} must be {words[contract, column].split(';')[0]}" in violation.text


# ------------------------------------------------------------------------------------- covariates and a second inspector
def with_columns(tmp_path, judgements=QUESTIONS, covariates=(), group_by="", **columns):
    """Made-up cases with further columns, read."""
    table = made.cases(judgements=judgements).assign(**columns)
    return cases.read(put(tmp_path, "f.csv", csv(table)), "cases", group_by, covariates)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["15", "16.5", "", "14", "15", "-2"], "number"),
        (["15", "16", "old", "14", "15", "15"], "category"),
        (["a"] * 6, "category"),
    ],
)
def test_a_covariate_is_a_number_where_every_value_is_one_and_else_a_category(tmp_path, values, kind):
    column = with_columns(tmp_path, covariates=["age"], age=values).table["age"]
    if kind == "number":
        assert column.dtype == float
        assert column.isna().tolist() == [not value for value in values]
        assert column.dropna().tolist() == [float(value) for value in values if value]
    else:
        assert list(column.cat.categories) == sorted(set(values))


def test_a_covariate_that_is_named_is_not_called_ignored_and_another_is_not_read(tmp_path):
    checked = with_columns(tmp_path, covariates=["age"], age=["15"] * 6, custody=["yes", "no"] * 3)
    assert "custody" not in checked.table and "age" in checked.table
    assert any("custody" in note and "ignored" in note and "age" not in note for note in checked.notes)


def test_a_column_may_group_and_another_be_a_covariate(tmp_path):
    table = with_columns(tmp_path, covariates=["age", "year"], group_by="region", age=["15"] * 6, region=["a", "b"] * 3).table
    assert table["region"].dtype == "category" and table["age"].dtype == float and table["year"].dtype == "category"


@pytest.mark.parametrize("name", ["yot", "case_id", "weight", "caseload", "planning", QUESTIONS[0], f"{QUESTIONS[0]}_second"])
def test_a_service_a_weight_and_a_judgement_are_no_covariates(tmp_path, name):
    with pytest.raises(InputError, match=f"results are not adjusted for {name}; take care_group, child_protection or year"):
        with_columns(tmp_path, covariates=[name])


def test_a_covariate_that_is_not_there_is_refused_with_the_nearest_name(tmp_path):
    with pytest.raises(cases.Refused, match=r"column custodial, of adjust_for, is missing; is 'custody_al' meant\?"):
        with_columns(tmp_path, covariates=["custodial"], custody_al=["yes"] * 6)


def test_texts_of_very_many_kinds_are_no_covariate_and_numbers_are():
    table = pd.concat([made.cases()] * 6, ignore_index=True)
    table = table.drop(columns="caseload").assign(
        case_id=[f"E-{row}" for row in range(36)], score=[str(row) for row in range(36)]
    )
    table["words"] = [f"w{row}" for row in range(36)]
    with tempfile.TemporaryDirectory() as folder:
        path = put(Path(folder), "f.csv", csv(table))
        assert cases.read(path, "cases", "", ["score"]).table["score"].nunique() == 36
        with pytest.raises(cases.Refused, match="column words has 36 different values"):
            cases.read(path, "cases", "", ["words"])


def test_what_a_second_inspector_found_is_yes_or_no_or_blank(tmp_path):
    read = with_columns(tmp_path, planning_desistance_second=["Yes", "0", "", "no", "", "y"]).table["planning_desistance_second"]
    assert read.dtype == "boolean" and read.tolist() == [True, False, pd.NA, False, pd.NA, True]


@pytest.mark.parametrize("judgements", [QUESTIONS, STANDARDS])
def test_a_standard_may_be_read_twice_in_either_kind_of_list(tmp_path, judgements):
    assert with_columns(tmp_path, judgements=judgements, planning_second=["yes"] * 6).table["planning_second"].all()


def test_a_second_answer_without_the_first_is_refused(tmp_path):
    with pytest.raises(cases.Refused, match="planning_desistance_second needs the column planning_desistance"):
        with_columns(tmp_path, judgements=STANDARDS, planning_desistance_second=["yes"] * 6)


def test_a_second_answer_is_no_judgement_of_its_own(tmp_path):
    table = with_columns(tmp_path, judgements=STANDARDS, planning_second=["yes"] * 6).table
    assert list(shares.judgements_of(table).values()) == list(STANDARDS)
