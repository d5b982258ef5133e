"""Which areas are visited: a table of sizes, and our own rule."""

import pandas as pd
import pytest

from helpers import contracts, published, sites
from helpers.errors import InputError


def put(folder, content, name="sites.csv"):
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(folder, content):
    return sites.read(put(folder, content), "homes").to_numpy().tolist()


def refused(folder, content, size="homes"):
    """The text of the refusal after the name of the file, which it must begin with."""
    path = put(folder, content)
    with pytest.raises(InputError) as error:
        sites.read(path, size)
    name, text = str(error.value).split(": ", 1)
    assert name == str(path) and "\n" not in text
    return text


def table(**sizes):
    return pd.DataFrame({"area": list(sizes), "size": list(sizes.values())})


def roles(selected):
    return dict(zip(selected["area"], selected["role"], strict=True))


# --- the file


def test_a_table_is_read_in_its_order_with_other_columns_left_out(tmp_path):
    content = 'region,area,homes\nx,"Shropshire, Telford & Wrekin",3\ny, Kent ,12\nz,Essex,0\n'
    assert read(tmp_path, content) == [["Shropshire, Telford & Wrekin", 3], ["Kent", 12], ["Essex", 0]]


@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_byte_order_marks_and_the_line_ends_of_windows_are_read(tmp_path, start, end):
    assert read(tmp_path, f"{start}area,homes{end}Kent,3{end}Môn,1.5{end}") == [["Kent", 3], ["Môn", 1.5]]


def test_blank_rows_are_left_out_and_still_counted(tmp_path):
    assert read(tmp_path, "area,homes\n\nKent,3\n ,\n\n") == [["Kent", 3]]
    assert refused(tmp_path, "area,homes\n\nKent,3\n\nEssex,-1\n").startswith("row 5: homes must be a number from 0")


@pytest.mark.parametrize(
    "size", ["-1", "-0.5", "", " ", "nan", "NaN", "inf", "1e999", "many", "1,000", "3 homes", "0x10", "True"]
)
def test_a_size_that_is_no_number_from_0_is_refused_with_its_row_and_column(tmp_path, size):
    assert refused(tmp_path, f'area,homes\nKent,3\nEssex,"{size}"\n') == "row 3: homes must be a number from 0"


def test_the_size_column_goes_by_the_name_asked_for(tmp_path):
    assert refused(tmp_path, "area,home\nKent,3\n") == "column homes is missing; did you mean 'home'?"
    assert refused(tmp_path, "place,homes\nKent,3\n").startswith("column area is missing")
    assert refused(tmp_path, "area,beds\nKent,x\n", "beds") == "row 2: beds must be a number from 0"


def test_areas_that_are_blank_or_stand_twice_are_refused(tmp_path):
    assert refused(tmp_path, "area,homes\n ,3\n") == "row 2: area is blank"
    assert refused(tmp_path, "area,homes\n\u00a0,3\n") == "row 2: area is blank"
    assert refused(tmp_path, "area,homes\nKent,3\nEssex,1\nKent ,3\n") == "row 4: area stands in the table twice"
    assert refused(tmp_path, "area,homes\nKent,3\nKENT,3\n") == "row 3: area stands in the table twice"


@pytest.mark.parametrize(
    "rows", ["Halton, Warrington,3\nTelford, Wrekin,4", "Kent,3\nTelford, Wrekin,4", "Kent,3\nEssex", "Kent,3\nEssex,4,"]
)
def test_a_row_with_more_or_fewer_fields_is_refused_and_never_read_shifted(tmp_path, rows):
    row = 2 if rows.startswith("Halton") else 3
    assert refused(tmp_path, f"area,homes\n{rows}\n").startswith(f"row {row}: needs as many fields as row 1")


def test_a_column_that_stands_twice_is_refused(tmp_path):
    assert refused(tmp_path, "area,homes,homes\nKent,3,9\n").startswith("column homes stands in row 1 twice")


@pytest.mark.parametrize("content", [b"", b"\x80\x81\n", "area,homes\n".encode("utf-16"), b'area,homes\n"Kent,3\n'])
def test_what_is_no_csv_is_refused(tmp_path, content):
    assert refused(tmp_path, content) == "is no CSV table that can be read; it needs the columns area and homes"


@pytest.mark.parametrize("name", ["sites.zip", "sites.gz", "sites.xz", "missing/sites.csv", ""])
def test_a_file_of_another_kind_or_none_is_refused(tmp_path, name):
    path = put(tmp_path, b"\x1f\x8b\x80", name) if name.startswith("sites") else tmp_path / name
    with pytest.raises(InputError, match="is no CSV table that can be read|there is no such file|is a folder"):
        sites.read(path, "homes")


# --- the rule


def test_the_highest_and_as_a_contrast_the_lowest_are_chosen():
    selected = sites.select(table(Kent=3, Essex=9, Avon=0, Devon=7, Dorset=1), 2, 1)
    assert list(selected.columns) == contracts.columns("fieldwork_sites")
    assert selected["area"].tolist() == ["Essex", "Devon", "Kent", "Dorset", "Avon"]
    assert selected["role"].tolist() == ["highest", "highest", "not_chosen", "not_chosen", "contrast"]
    assert selected["rank"].tolist() == [1, 2, 3, 4, 5]
    assert sites.chosen(selected) == ["Essex", "Devon", "Avon"]


def test_the_rule_is_said_to_be_ours_and_the_rows_to_be_supplied():
    selected = sites.select(table(Kent=3, Essex=9), 1, 0)
    assert set(selected["evidence"]) == {"supplied"}
    assert all(rule.startswith("our own rule") for rule in selected["rule"])


def test_of_equal_sizes_the_first_by_name_is_chosen_whatever_the_order_of_the_table():
    ties = table(Kent=5, Avon=5, Devon=5, Essex=1, Dorset=1, Bath=1)
    for rows in (ties, ties.iloc[::-1], ties.sample(frac=1, random_state=2)):
        selected = roles(sites.select(rows, 2, 1))
        assert selected == {
            "Avon": "highest", "Devon": "highest", "Kent": "not_chosen",
            "Bath": "contrast", "Dorset": "not_chosen", "Essex": "not_chosen",
        }  # fmt: skip


def test_an_area_is_never_both_highest_and_contrast():
    assert roles(sites.select(table(B=1, A=1, C=1), 1, 2)) == {"A": "highest", "B": "contrast", "C": "contrast"}
    assert roles(sites.select(table(B=1, A=1, C=1), 2, 0)) == {"A": "highest", "B": "highest", "C": "not_chosen"}


def test_fewer_areas_than_asked_for_are_refused_and_as_many_are_not():
    three = table(A=1, B=2, C=3)
    with pytest.raises(InputError, match="has 3; 3 with the highest size and 1 with the lowest are asked"):
        sites.select(three, 3, 1)
    assert sites.chosen(sites.select(three, 2, 1)) == ["C", "B", "A"]


def test_sizes_are_compared_as_numbers(tmp_path):
    rows = sites.read(put(tmp_path, "area,homes\nA,9\nB,10\nC,1e2\nD,9.5\n"), "homes")
    assert sites.select(rows, 4, 0)["area"].tolist() == ["C", "B", "D", "A"]


# --- areas that are named


def test_the_areas_of_2012_have_the_roles_of_the_release_and_no_size():
    named = sites.as_named(published.areas())
    assert list(named.columns) == contracts.columns("fieldwork_sites")
    assert roles(named).pop("West London") == "very_few"
    assert named["role"].value_counts().to_dict() == {"concentration": 5, "very_few": 1}
    assert set(named["size"]) == set(named["rank"]) == {"[x]"} and set(named["evidence"]) == {"published"}


def test_other_areas_are_only_named():
    named = sites.as_named(["Kent", "West London"])
    assert set(named["role"]) == {"named"} and set(named["evidence"]) == {"supplied"}
    assert set(named["rule"]) == {"your own choice, whose rule is not given"}
