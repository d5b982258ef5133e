"""A third party draws the sample again."""

import json
import shutil

import pandas as pd
import pytest

from helpers import audit, fieldwork, paths, results
from helpers.errors import InputError
from helpers.parameters import FieldworkSampling
from helpers.runs.verify import verify
from tests.conftest import notebooks

FRAME = paths.DATA / "synthetic" / "synthetic_sampling_frame.csv"


@pytest.fixture
def run(run_folder, tmp_path):
    """A run whose audit sheet may be changed."""
    shutil.copytree(run_folder / "restricted", tmp_path / "run" / "restricted")
    return tmp_path / "run"


def changed(run, change):
    path = run / "restricted" / "fieldwork_sample.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    change(table).to_csv(path, index=False)
    return verify(run, FRAME)


def test_the_list_of_a_run_gives_its_audit_sheet(run):
    same, said = verify(run, FRAME)
    assert same and said[0].startswith("yes: the list gives the 93 cases") and "byte for byte" in said[1]


def test_another_order_and_format_of_the_list_will_do(run, tmp_path):
    frame = pd.read_csv(FRAME, dtype=str, keep_default_na=False).sample(frac=1, random_state=3)
    frame.to_parquet(tmp_path / "frame.parquet")
    same, said = verify(run, tmp_path / "frame.parquet")
    assert same and "another file" in said[1] and "same eligible cases" in said[1]


def test_a_draw_from_the_cases_of_a_time_is_drawn_again_from_them(tmp_path):
    parameters = FieldworkSampling(opened_from="2011-06-01", opened_to="2011-12-31")
    found = fieldwork.drawn(parameters)
    results.write_cases(found.all_drawn(), "fieldwork_sample", str(tmp_path))
    record = audit.record(parameters, found.eligible)
    results.write_audit(record, str(tmp_path))
    assert found.eligible.steps["opened_outside"] > 0
    same, said = verify(tmp_path, FRAME)
    assert same and "byte for byte" in said[1]
    results.write_audit(record | {"opened_to": "2011-09-30"}, str(tmp_path))
    assert not verify(tmp_path, FRAME)[0]


def test_the_case_that_was_exchanged_is_named(run):
    def exchange(table):
        table.loc[[2, 5], "case_id"] = table.loc[[5, 2], "case_id"].to_numpy()
        return table

    same, said = changed(run, exchange)
    assert not same
    assert said[0].startswith("no: Blackpool, hosted, sample 3: the audit sheet has the case SYN-")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: pd.concat([table, table.iloc[[-1]]]), "and the list gives none there"),
        (lambda table: table.assign(order=["x", *table["order"][1:]]), "and the audit sheet has none there"),
        (lambda table: table.drop(index=0), "and the audit sheet has none there"),
        (lambda table: pd.concat([table, table.iloc[[0]].assign(order="99")]), "and the list gives none there"),
        (
            lambda table: table.assign(weight=["9.5", *table["weight"][1:]]),
            "weight is 9.5 in the audit sheet, and 7.2 by the list",
        ),
    ],
)
def test_what_differs_is_said(run, change, said):
    same, lines = changed(run, change)
    assert not same and said in lines[0]


def test_a_list_with_another_case_is_told_from_the_one_drawn_from(run, tmp_path):
    frame = pd.read_csv(FRAME, dtype=str, keep_default_na=False)
    sample = pd.read_csv(run / "restricted" / "fieldwork_sample.csv", dtype=str)
    frame[frame["case_id"] != sample["case_id"].iloc[0]].to_csv(tmp_path / "less.csv", index=False)
    same, said = verify(run, tmp_path / "less.csv")
    assert (
        not same and "another one than that drawn from" in said[-1] and "286 cases are eligible in it, and 287 were" in said[-1]
    )


def test_a_folder_without_a_draw_and_a_broken_audit_are_refused(run, tmp_path):
    with pytest.raises(InputError, match="holds no restricted/fieldwork_draw.json"):
        verify(tmp_path, FRAME)
    audit = run / "restricted" / "fieldwork_draw.json"
    content = json.loads(audit.read_text())
    del content["seed"]
    audit.write_text(json.dumps(content))
    with pytest.raises(InputError, match="does not say seed"):
        verify(run, FRAME)
    for wrong in (None, [], {}, {"sha256": 5, "sha256_of_eligible": 6, "eligible": 7}):
        audit.write_text(json.dumps(content | {"seed": 2012, "frame": wrong}))
        with pytest.raises(InputError, match="does not say frame"):
            verify(run, FRAME)
    audit.write_text("{")
    with pytest.raises(InputError, match="cannot be read as it was written"):
        verify(run, FRAME)


def test_the_command_says_no_with_exit_code_3_and_what_is_wrong_with_2(run, tmp_path):
    few = tmp_path / "few.csv"
    pd.read_csv(FRAME, dtype=str).head(400).to_csv(few, index=False)
    done = notebooks("verify", run, "--frame", few)
    assert done.returncode == 3 and done.stdout.startswith("no: ")
    done = notebooks("verify", run, "--frame", tmp_path / "nowhere.csv")
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and "there is no such file" in done.stderr
