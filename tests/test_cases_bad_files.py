"""Every way a case-level file can be wrong: what is said of it, and that nothing of a case is said with it."""

import gzip
import io
import os
import pickle
import traceback
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import openpyxl.chart
import pandas as pd
import pyarrow as pa
import pytest

from helpers import cases
from helpers.errors import InputError
from helpers.ratings import STANDARDS
from tests import made_up_cases as made
from tests.made_up_cases import QUESTIONS, SECRET, csv, parquet, xlsx

OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def zipped(**members):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), text)
    return target.getvalue()


def merged_header():
    book = openpyxl.load_workbook(io.BytesIO(xlsx(made.frame())))
    book.active.merge_cells("B1:C1")
    return made.saved(book)


def broken_sheet():
    source, target = zipfile.ZipFile(io.BytesIO(xlsx(made.frame()))), io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            archive.writestr(name, content[: len(content) // 2] if "sheet1" in name else content)
    return target.getvalue()


def nested():
    table = pa.Table.from_pandas(made.frame(), preserve_index=False)
    return parquet(table.append_column("visits", pa.array([[1, 2]] * made.ROWS)))


def many_values():
    table = pd.concat([made.frame()] * 5, ignore_index=True)
    table["case_id"] = [f"{SECRET}-{row}" for row in range(len(table))]
    table["looked_after"] = [f"reason {chr(97 + row)}" for row in range(len(table))]
    return csv(table)


def text(**changes):
    return csv(made.frame(**changes))


def inspected(**changes):
    return csv(made.cases(**changes))


def returned(**changes):
    return csv(made.judgements(**changes))


def lines(*rows):
    return "\n".join(rows).encode()


HEADER = "case_id,home_area,supervising_area"
ALL_TWELVE = pd.DataFrame({name: ["yes"] * made.ROWS for name in QUESTIONS})
# name of the file, what is in it, contract, column at fault, what is said
BAD = {
    # --- not the file that it should be
    "empty": ("f.csv", b"", "frame", "", "is empty (0 bytes)"),
    "nothing but blank lines": ("f.csv", b"\n \r\n\n", "frame", "", "is empty (it holds no text)"),
    "nothing but a byte order mark": ("f.csv", b"\xef\xbb\xbf", "frame", "", "is empty (it holds no text)"),
    "header only": ("f.csv", csv(made.frame().head(0)), "frame", "", "has column names but no case"),
    "header and blank rows only": (
        "f.csv",
        b"case_id,home_area,supervising_area\n,,\n\n",
        "frame",
        "",
        "has column names but no case",
    ),
    "header only, XLSX": ("f.xlsx", xlsx(made.frame().head(0)), "frame", "", "has column names but no case"),
    "header only, Parquet": ("f.parquet", parquet(made.frame().head(0)), "frame", "", "has column names but no case"),
    "binary named .csv": ("f.csv", bytes(range(256)) * 9, "frame", "", "holds NUL bytes (line 1)"),
    "XLSX named .csv": (
        "f.csv",
        xlsx(made.frame()),
        "frame",
        "",
        "is not CSV, as its ending says; it looks like a spreadsheet (.xlsx)",
    ),
    "Parquet named .csv": ("f.csv", parquet(made.frame()), "frame", "", "it looks like Parquet"),
    "PDF named .csv": ("f.csv", b"%PDF-1.7 ...", "frame", "", "it looks like a PDF"),
    "gzip named .csv": ("f.csv", gzip.compress(text()), "frame", "", "it looks like gzip"),
    "web page named .csv": ("f.csv", b"<html><table>", "frame", "", "it looks like a web page"),
    "old spreadsheet named .csv": ("f.csv", OLE2, "frame", "", "it looks like an old spreadsheet"),
    "CSV named .xlsx": ("f.xlsx", text(), "frame", "", "is not a spreadsheet (.xlsx), as its ending says; it looks like text"),
    "CSV named .parquet": ("f.parquet", text(), "frame", "", "is not Parquet (.parquet), as its ending says; it looks like text"),
    "XLSX named .parquet": ("f.parquet", xlsx(made.frame()), "frame", "", "it looks like a spreadsheet (.xlsx) or another ZIP"),
    "Parquet named .xlsx": ("f.xlsx", parquet(made.frame()), "frame", "", "it looks like Parquet"),
    "noise named .parquet": ("f.parquet", b"\x00\x01" * 99, "frame", "", "it is something else"),
    "XLSX with a password": ("f.xlsx", OLE2, "frame", "", "has a password, or is an old .xls"),
    "old spreadsheet": (
        "f.xls",
        OLE2,
        "frame",
        "",
        "files that end in .csv, .xlsx or .parquet are read; save it as .xlsx or CSV UTF-8",
    ),
    "no ending": ("cases", text(), "frame", "", "files that end in .csv, .xlsx or .parquet are read"),
    "another ZIP named .xlsx": ("f.xlsx", zipped(word__document_xml="x"), "frame", "", "it looks like another ZIP archive"),
    "truncated XLSX": ("f.xlsx", xlsx(made.frame())[:-400], "frame", "", "is a broken or truncated XLSX file"),
    "XLSX with a broken sheet": ("f.xlsx", broken_sheet(), "frame", "", "is a broken XLSX file"),
    "XLSX with an empty workbook": ("f.xlsx", zipped(xl__workbook_xml=""), "frame", "", "is a broken XLSX file"),
    "truncated Parquet": ("f.parquet", parquet(made.frame())[:-99], "frame", "", "is a broken or truncated Parquet file"),
    "Parquet of four bytes": ("f.parquet", b"PAR1", "frame", "", "is a broken or truncated Parquet file"),
    "Parquet with noise inside": (
        "f.parquet",
        parquet(made.frame())[:40] + b"\xff" * 200 + parquet(made.frame())[240:],
        "frame",
        "",
        "is a broken",
    ),
    "nested columns": ("f.parquet", nested(), "frame", "", "column 9 of its Parquet table is nested"),
    "bytes for text": (
        "f.parquet",
        parquet(pa.Table.from_pandas(made.frame()).set_column(0, "case_id", pa.array([b"\xff"] * made.ROWS))),
        "frame",
        "",
        "holds a type that is not read (column case_id)",
    ),
    # --- text that can not be taken apart
    "Windows-1252": (
        "f.csv",
        text(home_area={4: f"{SECRET} Môn"}).decode().encode("cp1252"),
        "frame",
        "",
        "line 4 is not UTF-8 text; save it as CSV UTF-8",
    ),
    "UTF-16": ("f.csv", text().decode().encode("utf-16"), "frame", "", "is UTF-16 text; save it as CSV UTF-8"),
    "NUL byte": ("f.csv", text().replace(b"2011-05-05", b"2011\0"), "frame", "", "holds NUL bytes (line 7)"),
    "too many fields": (
        "f.csv",
        text().replace(b"2011-02-28", b"2011-02-28,1"),
        "frame",
        "",
        "every row must have 8 fields; row 4 has more or fewer",
    ),
    "too few fields": (
        "f.csv",
        lines(HEADER, f"{SECRET}-1,a,b", f"{SECRET}-2,a", "", f"{SECRET}-3", f"{SECRET}-4,a,b"),
        "frame",
        "",
        "every row must have 3 fields; rows 3 and 5 have more or fewer",
    ),
    "unclosed quotation mark": (
        "f.csv",
        text().replace(b'"', b"", 1),
        "frame",
        "",
        "a quotation mark is opened and never closed",
    ),
    "unclosed quotation mark at the end": (
        "f.csv",
        lines(HEADER, f"{SECRET}-1,a,b", f'{SECRET}-2,"{SECRET},b', f"{SECRET}-3,a,b"),
        "frame",
        "",
        "a quotation mark is opened and never closed (row 3)",
    ),
    "semicolons": (
        "f.csv",
        made.frame().to_csv(index=False, sep=";").encode(),
        "frame",
        "",
        "its fields are separated by semicolons",
    ),
    "tabs": ("f.csv", made.frame().to_csv(index=False, sep="\t").encode(), "frame", "", "its fields are separated by tabs"),
    "a line that names the separator": (
        "f.csv",
        b"sep=,\n" + text(),
        "frame",
        "",
        "its first line only names a separator; delete that line",
    ),
    # --- sheets and headers
    "two sheets": (
        "f.xlsx",
        xlsx(made.frame(), made.frame()),
        "frame",
        "",
        "has 2 sheets with content; keep the one with the cases",
    ),
    "sheets without content": (
        "f.xlsx",
        xlsx(pd.DataFrame(), pd.DataFrame()),
        "frame",
        "",
        "holds no case: its sheets are empty",
    ),
    "merged header": ("f.xlsx", merged_header(), "frame", "", "has a merged or blank header cell in row 1"),
    "blank header cell, XLSX": (
        "f.xlsx",
        xlsx(made.frame(rename={"age": ""})),
        "frame",
        "",
        "merged or blank header cell (column 7 of 8)",
    ),
    "blank header cell, CSV": ("f.csv", text(rename={"age": " "}), "frame", "", "merged or blank header cell (column 7 of 8)"),
    "header in row 3": ("f.xlsx", xlsx(made.frame(), first_row=3), "frame", "", "row 1 is blank; it must hold the column names"),
    "10,000 columns": (
        "f.csv",
        lines(",".join(f"c{place}" for place in range(10_000)), "," * 9_999),
        "frame",
        "",
        "has 10000 columns and may have 500; is the table on its side?",
    ),
    "600 columns, Parquet": (
        "f.parquet",
        parquet(pd.DataFrame({f"c{place}": ["x"] for place in range(600)})),
        "frame",
        "",
        "has 600 columns and may have 500",
    ),
    "a column name twice": ("f.csv", text(rename={"remarks": "age "}), "frame", "", "columns 7 and 8 have the same name"),
    "no header row": (
        "f.csv",
        text().split(b"\n", 1)[1],
        "frame",
        "case_id",
        "names none of the columns case_id, home_area and supervising_area; is the header row missing",
    ),
    "no header row, the identifiers are like the name": (
        "f.csv",
        lines(f"case_id-{SECRET}1,Home area 7,x", f"case_id-{SECRET}2,Home area 8,y"),
        "frame",
        "case_id",
        "is the header row missing",
    ),
    "a required column is missing": ("f.csv", text(drop=["home_area"]), "frame", "home_area", "column home_area is missing"),
    "a required column is misspelt": (
        "f.csv",
        text(rename={"case_id": "Case ID"}),
        "frame",
        "case_id",
        "column case_id is missing; is 'Case ID' meant?",
    ),
    "two required columns are misspelt": (
        "f.csv",
        text(rename={"home_area": "homearea", "supervising_area": "supervizing_area"}),
        "frame",
        "supervising_area",
        "column home_area is missing; is 'homearea' meant?; column supervising_area is missing; is 'supervizing_area' meant?",
    ),
    "all required columns are misspelt": (
        "f.csv",
        text(rename={"case_id": "caseid", "home_area": "Home Area", "supervising_area": "supervisingarea"}),
        "frame",
        "case_id",
        "column case_id is missing; is 'caseid' meant?; column home_area is missing; is 'Home Area' meant?; column superv",
    ),
    "another contract": (
        "f.csv",
        inspected(),
        "frame",
        "home_area",
        "column home_area is missing; column supervising_area is missing",
    ),
    "an optional column in capitals": (
        "f.csv",
        text(rename={"age": "Age"}),
        "frame",
        "age",
        "column 'Age' is nearly age; write it so, or give it a name of its own",
    ),
    "an optional column is misspelt": (
        "f.csv",
        inspected(rename={"weight": "weigth"}),
        "cases",
        "weight",
        "column 'weigth' is nearly weight",
    ),
    # --- judgements
    "both sets of judgements": (
        "f.csv",
        inspected(judgements=[*STANDARDS, *QUESTIONS]),
        "cases",
        "assessment",
        "judgements are there twice (4 of the standards and 12 of the key questions); keep one set",
    ),
    "a mixture of judgements": (
        "f.csv",
        inspected(judgements=[*QUESTIONS, "planning"]),
        "cases",
        "planning",
        "(1 of the standards and 12 of the key questions); keep the key questions",
    ),
    "a mixture, neither complete": (
        "f.csv",
        inspected(judgements=[*QUESTIONS[:5], "planning"]),
        "cases",
        "planning",
        "(1 of the standards and 5 of the key questions); keep one set",
    ),
    "no judgements": (
        "f.csv",
        inspected(judgements=[]),
        "cases",
        "assessment",
        "the judgements are missing: either assessment, planning, delivery and reviewing, or assessment_desistance and",
    ),
    "one key question is misspelt": (
        "f.csv",
        inspected(rename={"planning_desistance": "planning_desistence"}),
        "cases",
        "planning_desistance",
        "of the key questions these are missing: planning_desistance (is 'planning_desistence' meant?)",
    ),
    "three standards of four": (
        "f.csv",
        inspected(judgements=STANDARDS[:3]),
        "cases",
        "reviewing",
        "of the standards these are missing: reviewing",
    ),
    "seven key questions are missing": (
        "f.csv",
        inspected(judgements=QUESTIONS[:5]),
        "cases",
        "planning_others_safety",
        "of the key questions these are missing: planning_others_safety, delivery_desistance, delivery_child_safety and 4 more",
    ),
    # --- identifiers
    "a blank identifier": ("f.csv", text(case_id={4: " "}), "frame", "case_id", "case_id must be filled; it is blank in row 4"),
    "a repeated identifier": (
        "f.csv",
        text(case_id={3: "x1", 6: "x1"}),
        "frame",
        "case_id",
        "case_id must be unique; it is repeated in rows 3 and 6",
    ),
    "identifiers that differ only in spaces": (
        "f.csv",
        text(case_id={3: "x1", 6: " x1\u00a0"}),
        "frame",
        "case_id",
        "it is repeated in rows 3 and 6",
    ),
    "identifiers that differ only in capitals": (
        "f.csv",
        text(case_id={3: "x1", 6: "X1"}),
        "frame",
        "case_id",
        "case_id must be unique whatever its capitals; it differs in nothing else in rows 3 and 6",
    ),
    "all identifiers the same": (
        "f.csv",
        text(case_id={row: SECRET for row in range(2, 8)}),
        "frame",
        "case_id",
        "case_id must be unique; it is repeated in rows 2, 3, 4, 5, 6 and 1 more",
    ),
    "a number and the same as text": (
        "f.xlsx",
        xlsx(made.frame().astype({"case_id": object}).assign(case_id=[1001.0, "1001", "a", "b", "c", "d"])),
        "frame",
        "case_id",
        "it is repeated in rows 2 and 3",
    ),
    "an identifier shortened by a spreadsheet": (
        "f.csv",
        text(case_id={5: "1.23457E+11"}),
        "frame",
        "case_id",
        "a spreadsheet has shortened it to a number (like 1.2E+11) in row 5",
    ),
    "a number too long for a spreadsheet": (
        "f.xlsx",
        xlsx(made.frame().astype({"case_id": object}).assign(case_id=[12345678901234567, *"abcde"])),
        "frame",
        "",
        "column 1 holds a number that Excel has rounded (row 2)",
    ),
    # --- names and groups
    "a blank area": (
        "f.csv",
        text(home_area={3: "", 7: "\u00a0"}),
        "frame",
        "home_area",
        "home_area must be filled; it is blank in rows 3 and 7",
    ),
    "a blank team": ("f.csv", inspected(yot={2: ""}), "cases", "yot", "yot must be filled; it is blank in row 2"),
    "a misspelt care group": (
        "f.csv",
        inspected(care_group={4: "in_care_outsid"}),
        "cases",
        "care_group",
        "care_group must be not_in_care, in_care_inside or in_care_outside; row 4 holds 'in_care_outsid' "
        "(did you mean 'in_care_outside'?)",
    ),
    "a care group in capitals": (
        "f.csv",
        inspected(care_group={4: "Not_In_Care"}),
        "cases",
        "care_group",
        "row 4 holds 'Not_In_Care' (did you mean 'not_in_care'?)",
    ),
    "a blank care group": (
        "f.csv",
        inspected(care_group={4: ""}),
        "cases",
        "care_group",
        "care_group must be filled; it is blank in row 4",
    ),
    "an unknown care group, long": (
        "f.csv",
        inspected(care_group={4: "fostered_by_a_relative_nearby"}),
        "cases",
        "care_group",
        "row 4 holds 'fostered_by_a_relat…'",
    ),
    "a name where the care group is due": (
        "f.csv",
        inspected(care_group={4: "Inside: Jane Doe", 5: "Smith"}),
        "cases",
        "care_group",
        "rows 4 and 5 hold something else",
    ),
    "a name and a usual word where yes or no is due": (
        "f.csv",
        text(looked_after={3: "John Smith, 14 Acacia Road", 5: "N/K"}),
        "frame",
        "looked_after",
        "rows 3 and 5 hold 'N/K' and 1 more",
    ),
    "the lock file of an open spreadsheet": (
        "~$f.xlsx",
        b"lock",
        "cases",
        "",
        "is the lock that Excel makes of an open file; name the list itself",
    ),
    "four unknown care groups": (
        "f.csv",
        inspected(care_group={2: "a", 3: "b", 4: "c", 5: "d"}),
        "cases",
        "care_group",
        "rows 2, 3, 4 and 5 hold 'a', 'b', 'c' and 1 more",
    ),
    "neither yes nor no": (
        "f.csv",
        text(looked_after={3: "perhaps", 5: "perhaps"}),
        "frame",
        "looked_after",
        "looked_after must be yes or no (or blank); rows 3 and 5 hold 'perhaps'",
    ),
    "a yes/no of 2": (
        "f.xlsx",
        xlsx(made.frame().astype(object).assign(looked_after=[1.0, 0.0, 2.0, "", True, False])),
        "frame",
        "looked_after",
        "row 4 holds '2'",
    ),
    "a judgement of n/a": (
        "f.csv",
        inspected(planning_desistance={3: "n/a"}),
        "cases",
        "planning_desistance",
        "planning_desistance must be yes or no (or blank); row 3 holds 'n/a'",
    ),
    "yes/no that is another column's": (
        "f.csv",
        many_values(),
        "frame",
        "looked_after",
        "rows 2, 3, 4, 5, 6 and 25 more hold something else, which looks like another column's",
    ),
    "yes/no that holds identifiers": (
        "f.csv",
        text(looked_after={3: f"{SECRET}-4", 4: "x"}),
        "frame",
        "looked_after",
        "rows 3 and 4 hold something else, which looks like",
    ),
    "yes/no that holds names": (
        "f.csv",
        text(looked_after={3: f"{SECRET} town"}),
        "frame",
        "looked_after",
        "row 3 holds something else, which looks like",
    ),
    "yes/no that holds numbers of cases": (
        "f.csv",
        text(looked_after={3: "case 100456"}),
        "frame",
        "looked_after",
        "row 3 holds something else, which looks like",
    ),
    "mixed types": (
        "f.xlsx",
        xlsx(made.frame().astype(object).assign(age=["15", 16.0, True, "seventeen", "", 3])),
        "frame",
        "age",
        "age must be a whole number from 0 to 25; it is not in rows 4 and 5",
    ),
    # --- numbers, dates, years
    "the 31st of February": (
        "f.csv",
        text(opened={3: "31/02/2012"}),
        "frame",
        "opened",
        "opened must be a date like 2012-03-31 or 31/03/2012, from 1990 to 2099; it is not in row 3",
    ),
    "month 13": ("f.csv", text(opened={2: "2012-13-01"}), "frame", "opened", "it is not in row 2"),
    "year 12": ("f.csv", text(opened={7: "0012-03-31"}), "frame", "opened", "it is not in row 7"),
    "a date with month first": ("f.csv", text(opened={7: "03/31/2012"}), "frame", "opened", "it is not in row 7"),
    "a date of two digits": ("f.csv", text(opened={7: "31/03/12"}), "frame", "opened", "it is not in row 7"),
    "a date with a time": ("f.csv", text(opened={7: "2012-03-31 10:15"}), "frame", "opened", "it is not in row 7"),
    "a date as a spreadsheet's number": (
        "f.xlsx",
        xlsx(made.frame().astype(object).assign(opened=40998.0)),
        "frame",
        "opened",
        "it is not in rows 2, 3, 4, 5, 6 and 1 more",
    ),
    "a negative age": (
        "f.csv",
        text(age={2: "-1"}),
        "frame",
        "age",
        "age must be a whole number from 0 to 25; it is not in row 2",
    ),
    "age 15.5": ("f.csv", text(age={2: "15.5"}), "frame", "age", "it is not in row 2"),
    "age 26": ("f.csv", text(age={2: "26"}), "frame", "age", "it is not in row 2"),
    "age 15.5, Parquet": (
        "f.parquet",
        parquet(made.frame().assign(age=[15.5, np.nan, 1, 2, 3, 26])),
        "frame",
        "age",
        "it is not in rows 2 and 7",
    ),
    "an age in words": ("f.csv", text(age={2: "fifteen", 3: "15 years"}), "frame", "age", "it is not in rows 2 and 3"),
    "an age of other digits": ("f.csv", text(age={2: "١٥"}), "frame", "age", "it is not in row 2"),
    "a weight of 0": (
        "f.csv",
        inspected(weight={2: "0"}),
        "cases",
        "weight",
        "weight must be a number above 0; it is not in row 2",
    ),
    "a negative weight": ("f.csv", inspected(weight={2: "-1.5"}), "cases", "weight", "it is not in row 2"),
    "weights that are no number": (
        "f.csv",
        inspected(weight={2: "inf", 3: "nan", 4: "1e400", 5: "1,5", 6: "1e-400"}),
        "cases",
        "weight",
        "it is not in rows 2, 3, 4, 5 and 6",
    ),
    "a blank weight": ("f.csv", inspected(weight={5: ""}), "cases", "weight", "weight must be filled; it is blank in row 5"),
    "infinite weight, Parquet": (
        "f.parquet",
        parquet(made.cases().assign(weight=[1, np.inf, 2, np.nan, 1, 1])),
        "cases",
        "weight",
        "it is blank in row 5; weight must be a number above 0; it is not in row 3",
    ),
    "years that do not follow": (
        "f.csv",
        inspected(year={3: "2018/20"}),
        "cases",
        "year",
        "year must be a year like 2019, or two that follow each other like 2018/19, from 1990 to 2099; it is not in row 3",
    ),
    "a year of long ago": (
        "f.csv",
        inspected(year={3: "1989", 4: "2100", 5: "19/20"}),
        "cases",
        "year",
        "it is not in rows 3, 4 and 5",
    ),
    "a caseload that varies": (
        "f.csv",
        inspected(caseload={6: "41"}),
        "cases",
        "caseload",
        "caseload must have one value for each yot; it varies within a yot in rows 5, 6 and 7",
    ),
    "a caseload below the cases": (
        "f.csv",
        inspected(caseload={2: "2", 3: "2", 4: "2"}),
        "cases",
        "caseload",
        "caseload must not be below the number of the yot's cases in the file; it is in rows 2, 3 and 4",
    ),
    "a caseload of 0": (
        "f.csv",
        inspected(caseload={2: "0", 3: "0", 4: "0"}),
        "cases",
        "caseload",
        "caseload must be a whole number from 1 to 1000000000; it is not in rows 2, 3 and 4",
    ),
    "a huge caseload": (
        "f.csv",
        inspected(caseload={row: "99999999999999999999" for row in range(2, 8)}),
        "cases",
        "caseload",
        "it is not in rows 2,",
    ),
    "a blank caseload": (
        "f.csv",
        inspected(caseload={5: ""}),
        "cases",
        "caseload",
        "caseload must be filled; it is blank in row 5",
    ),
    # --- returns from a fieldwork
    "returns without a header row": (
        "f.csv",
        lines(f"{SECRET}-5,replaced,{SECRET}-4,{SECRET} Smith,yes", f"{SECRET}-6,inspected,{SECRET}-5,{SECRET} Smith,no"),
        "judgements",
        "case_id",
        "names none of the columns case_id and status; is the header row missing",
    ),
    "a frame for returns": ("f.csv", text(), "judgements", "status", "column status is missing"),
    "a misspelt column of status": (
        "f.csv",
        returned(rename={"status": "Case status"}),
        "judgements",
        "status",
        "column status is missing; is 'Case status' meant?",
    ),
    "a misspelt column of reserves": (
        "f.csv",
        returned(rename={"replaces": "Replace"}),
        "judgements",
        "replaces",
        "column 'Replace' is nearly replaces; write it so",
    ),
    "a misspelt column of assessors": (
        "f.csv",
        returned(rename={"assessor": "assesor"}),
        "judgements",
        "assessor",
        "column 'assesor' is nearly assessor; write it so",
    ),
    "a blank status": ("f.csv", returned(status={3: " "}), "judgements", "status", "status must be filled; it is blank in row 3"),
    "a misspelt status": (
        "f.csv",
        returned(status={3: "refussed"}),
        "judgements",
        "status",
        "status must be inspected, refused, file_unusable, found_ineligible or replaced; row 3 holds 'refussed' "
        "(did you mean 'refused'?)",
    ),
    "a status in capitals and with a space, XLSX": (
        "f.xlsx",
        xlsx(made.judgements(status={2: "Inspected", 6: "File unusable"})),
        "judgements",
        "status",
        "rows 2 and 6 hold 'Inspected' (did you mean 'inspected'?) and 'File unusable' (did you mean 'file_unusable'?)",
    ),
    "a usual word for a status": ("f.csv", returned(status={3: "Declined"}), "judgements", "status", "row 3 holds 'Declined'"),
    "a name where the status is due": (
        "f.csv",
        returned(status={2: "Jane Doe", 3: f"seen by {SECRET}"}),
        "judgements",
        "status",
        "rows 2 and 3 hold something else",
    ),
    "a status that holds assessors": (
        "f.csv",
        returned(status={2: f"{SECRET} smith", 3: "refussed"}),
        "judgements",
        "status",
        "rows 2 and 3 hold something else, which looks like another column's",
    ),
    "a status that is an assessor's short name": (
        "f.csv",
        returned(status={3: "jane"}, assessor={2: "Jane"}),
        "judgements",
        "status",
        "row 3 holds something else, which looks like another column's",
    ),
    "a status that is the identifier of the case replaced": (
        "f.csv",
        returned(status={3: "b"}, replaces={5: "B"}),
        "judgements",
        "status",
        "row 3 holds something else, which looks like another column's",
    ),
    "returns with a repeated identifier": (
        "f.csv",
        returned(case_id={6: f"{SECRET}-1"}),
        "judgements",
        "case_id",
        "case_id must be unique; it is repeated in rows 3 and 6",
    ),
    "a case that is replaced twice": (
        "f.csv",
        returned(replaces={2: f"{SECRET}-2 "}),
        "judgements",
        "replaces",
        "replaces must be unique; it is repeated in rows 2 and 5",
    ),
    "a case that is replaced twice but for capitals, Parquet": (
        "f.parquet",
        parquet(made.judgements(replaces={2: f"{SECRET}-2".upper()})),
        "judgements",
        "replaces",
        "replaces must be unique whatever its capitals; it differs in nothing else in rows 2 and 5",
    ),
    "a case that replaces itself": (
        "f.csv",
        returned(replaces={2: f"{SECRET}-0".lower(), 3: f"{SECRET}-1"}),
        "judgements",
        "replaces",
        "replaces must name another case than its own row's; it does not in rows 2 and 3",
    ),
    "a case that replaces an inspected one": (
        "f.csv",
        returned(replaces={6: f"{SECRET}-0".upper()}),
        "judgements",
        "replaces",
        "replaces must not name a case whose status is inspected; it does in row 6",
    ),
    "a replaced case shortened by a spreadsheet": (
        "f.csv",
        returned(replaces={2: "1.23457E+11"}),
        "judgements",
        "replaces",
        "replaces must be text; a spreadsheet has shortened it to a number (like 1.2E+11) in row 2",
    ),
    "a replaced case that nobody replaced": (
        "f.csv",
        returned(status={3: "replaced", 7: "replaced"}),
        "judgements",
        "status",
        "status replaced needs a row whose replaces names the case; use refused, file_unusable or found_ineligible for a case "
        "that nobody replaced (rows 3 and 7)",
    ),
    "a replaced case without a column of reserves": (
        "f.csv",
        returned(drop=["replaces"]),
        "judgements",
        "status",
        "status replaced needs a row whose replaces names the case; use refused, file_unusable or found_ineligible for a case "
        "that nobody replaced (row 4)",
    ),
    "a judgement of a case not inspected": (
        "f.csv",
        returned(sufficient={3: "no", 4: "yes", 6: "0"}, safe={7: "yes"}),
        "judgements",
        "sufficient",
        "sufficient must be blank where status is not inspected; it is filled in rows 3, 4 and 6; "
        "safe must be blank where status is not inspected; it is filled in row 7",
    ),
    "a judgement in a column with a name of two lines": (
        "f.csv",
        returned(rename={"safe": "safe\nnow"}, safe={3: "no"}),
        "judgements",
        "safe now",
        "safe now must be blank where status is not inspected; it is filled in row 3",
    ),
    # --- rows are those that a spreadsheet shows
    "a defect after blank lines": (
        "f.csv",
        lines(HEADER + ",age", f"{SECRET}-1,a,b,3", "", ",,,", f'{SECRET}-2,"a\n{SECRET}",b,99'),
        "frame",
        "age",
        "it is not in row 5",
    ),
    "a defect after a ragged row": (
        "f.csv",
        lines(HEADER + ",age", f"{SECRET}-1,a,b", f"{SECRET}-2,a,b,99"),
        "frame",
        "age",
        "row 2 has more or fewer; age must be a whole number from 0 to 25; it is not in row 3",
    ),
    "a defect after blank rows, XLSX": (
        "f.xlsx",
        xlsx(
            pd.concat([made.frame().head(2), pd.DataFrame({"case_id": ["", ""]}), made.frame(age={6: "99"}).tail(3)]).fillna("")
        ),
        "frame",
        "age",
        "it is not in row 7",
    ),
}


def refused(path, contract):
    with pytest.raises(cases.Refused) as caught:
        cases.read(path, contract)
    return caught.value


def everything_said(error):
    """All that a person, a log or a notebook can see of an error."""
    chain, seen = [error], []
    while chain:
        one = chain.pop()
        seen += ["".join(traceback.format_exception(one)), repr(one), str(one.args)]
        chain += [link for link in (one.__cause__, one.__context__) if link is not None]
    return "\n".join(seen)


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_file_is_refused_in_one_line_that_names_file_column_and_rule(tmp_path, bad):
    name, content, contract, column, said = BAD[bad]
    path = made.put(tmp_path, name, content)
    error = refused(path, contract)
    assert str(error).startswith(f"{path}: ")
    assert said in str(error)
    assert "\n" not in str(error)
    assert column in {violation.column for violation in error.violations}


@pytest.mark.parametrize("bad", BAD)
def test_no_message_holds_an_identifier_a_name_or_free_text(tmp_path, bad):
    name, content, contract, _, _ = BAD[bad]
    error = refused(made.put(tmp_path, name, content), contract)
    assert SECRET.lower() not in everything_said(error).lower()
    assert error.__cause__ is None and error.__context__ is None


def test_there_are_bad_files_enough():
    assert len(BAD) >= 45


def test_every_rule_broken_is_named_at_once(tmp_path):
    table = made.cases(
        case_id={2: "x", 3: "X"},
        yot={4: ""},
        care_group={5: "fostered"},
        weight={6: "-1"},
        year={7: "last"},
        planning_desistance={2: "w"},
    )
    error = refused(made.put(tmp_path, "f.csv", csv(table)), "cases")
    found = {(violation.column, violation.rule): violation.rows for violation in error.violations}
    assert found == {
        ("case_id", "unique"): (2, 3),
        ("yot", "filled"): (4,),
        ("care_group", "allowed"): (5,),
        ("weight", "number"): (6,),
        ("year", "year"): (7,),
        ("planning_desistance", "allowed"): (2,),
    }
    assert all(violation.text in str(error) for violation in error.violations)


def broken(tmp_path, table):
    error = refused(made.put(tmp_path, "f.csv", csv(table)), "judgements")
    return {(violation.column, violation.rule): violation.rows for violation in error.violations}


def test_every_rule_that_returns_break_is_named_at_once(tmp_path):
    table = made.judgements(
        case_id={3: "", 7: f"{SECRET}-0"},
        status={3: "refussed", 6: "replaced"},
        replaces={2: f"{SECRET}-0", 3: f"{SECRET}-3", 7: f"{SECRET}-2"},
        safe={6: "no", 7: "no"},
    )
    assert broken(tmp_path, table) == {
        ("case_id", "filled"): (3,),
        ("case_id", "unique"): (2, 7),
        ("status", "allowed"): (3,),
        ("status", "replaced"): (6,),
        ("safe", "judged"): (6, 7),
        ("replaces", "unique"): (5, 7),
        ("replaces", "own"): (2,),
        ("replaces", "inspected"): (3,),
    }


@pytest.mark.parametrize("status", ["", "refussed"])
def test_a_wrong_status_is_told_once_and_not_through_the_judgements_beside_it(tmp_path, status):
    assert set(broken(tmp_path, made.judgements(status={2: status, 4: status}))) == {
        ("status", "allowed" if status else "filled"),
    }


def test_a_missing_column_is_told_once_and_the_rest_is_checked(tmp_path):
    assert set(broken(tmp_path, made.judgements(drop=["case_id"], replaces={2: "x", 3: "x"}))) == {
        ("case_id", "column"),
        ("replaces", "unique"),
    }
    assert set(broken(tmp_path, made.judgements(drop=["status"], replaces={2: f"{SECRET}-0"}))) == {
        ("status", "column"),
        ("replaces", "own"),
    }


def test_values_are_checked_although_a_column_is_missing(tmp_path):
    error = refused(made.put(tmp_path, "f.csv", text(drop=["home_area"], age={3: "99"})), "frame")
    assert [violation.column for violation in error.violations] == ["home_area", "age"]


def test_a_repeated_identifier_and_one_in_other_capitals_are_told_apart(tmp_path):
    error = refused(made.put(tmp_path, "f.csv", text(case_id={2: "a", 3: "a", 4: "b", 5: "B"})), "frame")
    assert [violation.rows for violation in error.violations] == [(2, 3), (4, 5)]


def test_a_file_that_is_not_there_is_refused_with_the_nearest_name(tmp_path):
    made.put(tmp_path, "frame_2012.csv", text())
    assert "there is no such file; did you mean 'frame_2012.csv'?" in str(refused(tmp_path / "frame_2021.csv", "frame"))
    assert "there is no folder 'nowhere' either" in str(refused(tmp_path / "nowhere" / "f.csv", "frame"))
    assert "there is no such file" in str(refused(tmp_path / "frame_2012.csv" / "f.csv", "frame"))


@pytest.mark.parametrize("path", ["", ".", "\0.csv", "x" * 5000 + ".csv"])
def test_what_is_no_path_is_refused(path):
    assert refused(path, "frame").violations[0].rule == "path"


def test_a_folder_is_refused(tmp_path):
    folder = tmp_path / "f.csv"
    folder.mkdir()
    assert "is a folder" in str(refused(folder, "frame"))


def test_a_pipe_and_a_device_are_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "f.csv")
    assert "is no regular file" in str(refused(tmp_path / "f.csv", "frame"))
    assert "is no regular file" in str(refused(Path(os.devnull), "frame"))


def test_a_link_that_leads_nowhere_is_refused(tmp_path):
    (tmp_path / "f.csv").symlink_to(tmp_path / "gone.csv")
    assert "there is no such file" in str(refused(tmp_path / "f.csv", "frame"))


@pytest.mark.parametrize(
    ("error", "said"), [(PermissionError(13, "x"), "no permission"), (OSError(5, "Input/output error"), "Input/output error")]
)
def test_a_file_that_can_not_be_opened_is_refused(tmp_path, monkeypatch, error, said):
    path = made.put(tmp_path, "f.csv", text())

    def fails(self, *args, **kwargs):
        raise error

    monkeypatch.setattr(Path, "open", fails)
    assert said in str(refused(path, "frame"))


def test_a_file_in_a_folder_without_permission_is_refused(tmp_path, monkeypatch):
    path = made.put(tmp_path, "f.csv", text())

    def fails(self, **kwargs):
        raise PermissionError(13, "x")

    monkeypatch.setattr(Path, "stat", fails)
    assert "no permission" in str(refused(path, "frame"))


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = made.put(tmp_path, "f.csv", text())
    state = cases._state
    states = iter([state(path, "frame", ""), (), ()])
    monkeypatch.setattr(cases, "_state", lambda *_: next(states))
    assert "was changed while it was read" in str(refused(path, "frame"))


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("helpers.cases.content.MOST_UNPACKED", 1000)
    assert "unpacks to more than" in str(refused(made.put(tmp_path, "f.xlsx", xlsx(made.frame())), "frame"))


def test_a_workbook_with_a_cell_far_off_is_refused_before_it_fills_the_memory(tmp_path):
    book = openpyxl.load_workbook(io.BytesIO(xlsx(made.frame())))
    book.active["XFD1048576"] = "x"
    assert "spans more than 50000000 cells" in str(refused(made.put(tmp_path, "f.xlsx", made.saved(book)), "frame"))


def test_a_workbook_may_have_a_sheet_that_is_a_chart(tmp_path):
    book = openpyxl.load_workbook(io.BytesIO(xlsx(made.frame())))
    book.create_chartsheet("chart").add_chart(openpyxl.chart.BarChart())
    assert len(cases.read(made.put(tmp_path, "f.xlsx", made.saved(book)), "frame").table) == made.ROWS


def test_another_contract_is_refused_with_the_nearest_one():
    with pytest.raises(InputError, match="no contract 'frames'; did you mean 'frame'"):
        cases.read("f.csv", "frames")


def test_a_refusal_can_be_sent_to_another_process(tmp_path):
    error = refused(made.put(tmp_path, "f.csv", text(age={2: "-1"})), "frame")
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) and again.violations == error.violations


# --- the column that groups cases


def refused_to_group(path, group_by):
    with pytest.raises(cases.Refused) as caught:
        cases.read(path, "cases", group_by)
    return caught.value


def assert_nothing_of_a_case_is_said(error):
    assert SECRET.lower() not in everything_said(error).lower()
    assert error.__cause__ is None and error.__context__ is None
    assert "\n" not in str(error)


ENDINGS = sorted(made.WRITE)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    ("group_by", "there", "said"),
    [
        ("region", "Region", "column region, of group_by, is missing; is 'Region' meant?"),
        ("police area", "police_aera", "column police area, of group_by, is missing; is 'police_aera' meant?"),
        ("years", "other", "column years, of group_by, is missing; is 'year' meant?"),
        ("remark", "other", "column remark, of group_by, is missing; is 'remarks' meant?"),
        ("district", "other", "column district, of group_by, is missing"),
        # Without a header row a name with a number may be that of a case.
        ("region", f"{SECRET}-region-1", "column region, of group_by, is missing"),
    ],
)
def test_a_column_to_group_by_that_is_missing_is_told_with_the_nearest(tmp_path, ending, group_by, there, said):
    path = made.put(tmp_path, f"f{ending}", made.WRITE[ending](made.cases().assign(**{there: SECRET})))
    error = refused_to_group(path, group_by)
    assert str(error) == f"{path}: {said}"
    assert [(violation.rule, violation.column) for violation in error.violations] == [("column", group_by)]
    assert_nothing_of_a_case_is_said(error)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_column_of_very_many_values_names_cases_and_is_refused_without_naming_one(tmp_path, ending):
    table = pd.concat([made.cases(drop=["caseload"])] * 6, ignore_index=True).head(31)
    rows = [f"{SECRET} {row}" for row in range(31)]
    path = made.put(tmp_path, f"f{ending}", made.WRITE[ending](table.assign(case_id=rows, ward=rows)))
    error = refused_to_group(path, "ward")
    text = (
        "column ward has 31 different values, and 30 are the most to group by; put them into fewer groups, such as bands of age"
    )
    assert str(error) == f"{path}: {text}"
    assert [(violation.rule, violation.column, violation.rows) for violation in error.violations] == [("groups", "ward", ())]
    assert_nothing_of_a_case_is_said(error)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_very_long_value_names_a_case_and_is_refused_without_being_named(tmp_path, ending):
    fine, long = f"{SECRET} ".ljust(100, "x"), f"{SECRET} ".ljust(101, "x")
    path = made.put(tmp_path, f"f{ending}", made.WRITE[ending](made.cases().assign(ward=[fine, long] * 3)))
    error = refused_to_group(path, "ward")
    assert str(error) == f"{path}: column ward has a value of more than 100 characters; shorten it"
    assert_nothing_of_a_case_is_said(error)
    path = made.put(tmp_path, f"g{ending}", made.WRITE[ending](made.cases().assign(ward=fine)))
    assert list(cases.read(path, "cases", "ward").table["ward"].cat.categories) == [fine]


def test_very_many_spellings_of_few_values_are_few_groups(tmp_path):
    table = pd.concat([made.cases(drop=["caseload"])] * 6, ignore_index=True)
    table = table.assign(case_id=[f"{SECRET}-{row}" for row in range(36)], ward=[" " * row + "a" for row in range(36)])
    assert list(cases.read(made.put(tmp_path, "f.csv", csv(table)), "cases", "ward").table["ward"].cat.categories) == ["a"]


def test_a_column_to_group_by_is_told_beside_every_other_rule_that_is_broken(tmp_path):
    table = made.cases(drop=["caseload"], care_group={5: "fostered"}, weight={6: "-1"})
    error = refused_to_group(made.put(tmp_path, "f.csv", csv(table)), "ward")
    assert [(violation.rule, violation.column) for violation in error.violations] == [
        ("column", "ward"),
        ("allowed", "care_group"),
        ("number", "weight"),
    ]
    many = pd.concat([table] * 6, ignore_index=True).assign(case_id=range(36), ward=range(36))
    rules = [violation.rule for violation in refused_to_group(made.put(tmp_path, "g.csv", csv(many)), "ward").violations]
    assert rules == ["allowed", "number", "groups"]


def test_a_long_name_of_a_column_is_cut_in_the_message(tmp_path):
    error = refused_to_group(made.put(tmp_path, "f.csv", csv(made.cases())), "w" * 200)
    assert len(str(error)) < len(str(tmp_path)) + 150


def test_a_wrong_year_is_refused_where_years_are_groups(tmp_path):
    error = refused_to_group(made.put(tmp_path, "f.csv", csv(made.cases(year={4: f"{SECRET}"}))), "year")
    assert [(violation.rule, violation.rows) for violation in error.violations] == [("year", (4,))]
    assert_nothing_of_a_case_is_said(error)
