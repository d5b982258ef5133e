"""Made-up case-level files for tests. Identifiers, names and free text all hold SECRET, so that a leak shows."""

import io

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from helpers.ratings import STANDARDS

SECRET = "Zyxwvut"
QUESTIONS = [f"{standard}_{question}" for standard in STANDARDS for question in ("desistance", "child_safety", "others_safety")]
ROWS = 6


def frame(drop=(), rename=None, **cells):
    """A right sampling frame of six cases as text; `age={4: "x"}` changes what stands in row 4 of the file."""
    table = pd.DataFrame(
        {
            "case_id": [f"{SECRET}-{row}" for row in range(ROWS)],
            "home_area": [f"{SECRET} Town"] * 3 + [f"{SECRET} Vale"] * 3,
            "supervising_area": [f"{SECRET} Dale"] * ROWS,
            "child_id": [f"{SECRET}-c{row}" for row in range(ROWS)],
            "looked_after": ["yes", "no", "", "yes", "no", "yes"],
            "opened": ["2012-01-31", "", "2011-02-28", "2011-12-01", "2012-01-01", "2011-05-05"],
            "age": ["15", "", "10", "17", "0", "25"],
            "remarks": [f"{SECRET} was seen, twice"] * ROWS,
        }
    )
    return _changed(table, drop, rename, cells)


def cases(drop=(), rename=None, judgements=QUESTIONS, **cells):
    """Right inspected cases, in two teams of three."""
    table = pd.DataFrame(
        {
            "case_id": [f"{SECRET}-{row}" for row in range(ROWS)],
            "yot": [f"{SECRET} North"] * 3 + [f"{SECRET} South"] * 3,
            "care_group": ["not_in_care", "in_care_inside", "in_care_outside"] * 2,
            "child_protection": ["yes", "no", ""] * 2,
            "year": ["2018/19"] * 4 + ["2019", ""],
            "weight": ["1.5", "2", "0.25"] * 2,
            "caseload": ["3"] * 3 + ["40"] * 3,
        }
        | {name: ["yes", "no", ""] * 2 for name in judgements}
        | {"remarks": [f"{SECRET} was seen, twice"] * ROWS}
    )
    return _changed(table, drop, rename, cells)


def judgements(drop=(), rename=None, **cells):
    """Right returns from a fieldwork: every status, and in row 5 the reserve for the case of row 4."""
    table = pd.DataFrame(
        {
            "case_id": [f"{SECRET}-{row}" for row in range(ROWS)],
            "status": ["inspected", "refused", "replaced", "inspected", "file_unusable", "found_ineligible"],
            "replaces": ["", "", "", f"{SECRET}-2", "", ""],
            "assessor": [f"{SECRET} Smith", f"{SECRET} Jones"] * 2 + ["", ""],
            "sufficient": ["yes", "", "", "no", "", ""],
            "safe": ["no", "", "", "", "", ""],
            "remarks": [f"{SECRET} was seen, twice"] * ROWS,
        }
    )
    return _changed(table, drop, rename, cells)


def _changed(table, drop, rename, cells):
    for column, values in cells.items():
        for row, value in values.items():
            table.loc[row - 2, column] = value
    return table.drop(columns=list(drop)).rename(columns=rename or {})


def csv(table):
    return table.to_csv(index=False, lineterminator="\n").encode()


def xlsx(*tables, first_row=1):
    """A workbook with one sheet for each table; numbers and true/false as cells of their own kind."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for table in tables:
        sheet = book.create_sheet()
        for row, values in enumerate([list(table.columns), *table.itertuples(index=False)], first_row):
            for column, value in enumerate(values, 1):
                if value not in ("", None):
                    sheet.cell(row, column).value = value
                    if isinstance(value, str) and value.startswith("="):
                        sheet.cell(row, column).data_type = "s"
    return saved(book)


def saved(book):
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def parquet(table):
    target = io.BytesIO()
    pyarrow.parquet.write_table(
        table if isinstance(table, pa.Table) else pa.Table.from_pandas(table, preserve_index=False), target
    )
    return target.getvalue()


WRITE = {".csv": csv, ".xlsx": xlsx, ".parquet": parquet}


def put(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path
