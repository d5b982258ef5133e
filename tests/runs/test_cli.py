"""Bad input: one line that says what and what to do, exit code 2, earlier outputs untouched."""

import json
import os
import pty
import shutil
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from helpers import paths
from helpers.runs import cli
from helpers.runs.catalogue import COLLECTION
from tests.conftest import BIN, notebooks


def refused(done, *words):
    """Exit code 2 and one line on standard error that holds the words."""
    assert done.returncode == 2, done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    for word in words:
        assert word in line, line
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "5"], ["no notebook is called '5'", "01_fieldwork_sampling"]),
        (["run", "02_prevalence_estimate"], ["did you mean '02_prevalence_estimates'?"]),
        (["run", "02", "-p", "confidense=0.9"], ["no parameter 'confidense'", "did you mean 'confidence'?"]),
        (["run", "03", "-p", "inspected_cases=1253"], ["no parameter 'inspected_cases' in 03_rating_comparisons"]),
        (["run", "02", "-p", "confidence=1.2"], ["parameter confidence", "less than or equal to 0.9999", "1.2"]),
        (["run", "02", "-p", "confidence=high"], ["parameter confidence", "should be a number", "'high'"]),
        (["run", "02", "-p", "confidence"], ["-p confidence", "name=value"]),
        (["run", "02", "-p", "confidence=0.9", "-p", "confidence=0.8"], ["confidence is given twice"]),
        (["run", "02", "-p", "inspected_cases=7", "-p", "yots=2"], ["inspected_cases", "26% cannot come from 7 cases"]),
        (["run", "02", "-p", "inspected_cases=1253.5"], ["inspected_cases", "whole number"]),
        (["run", "02", "-p", "yots=1"], ["yots", "2 are the least"]),
        (["run", "02", "-p", "icc=[]"], ["icc", "needs at least 1 item"]),
        (["run", "02", "-p", "icc=[0, 1]"], ["icc, item 2", "less than 1"]),
        (["run", "02", "-p", "icc=[0.1]"], ["headline_icc", "not one of icc"]),
        (["run", "02", "-p", "confidence=NaN"], ["confidence", "finite"]),
        (["run", "01", "-p", "cases_per_arm=0"], ["cases_per_arm", "greater than or equal to 1"]),
        (["run", "01", "-p", "cases_per_arm=true"], ["cases_per_arm", "whole number"]),
        (["run", "01", "-p", 'areas=["Leeds", "Leeds"]'], ["areas", "'Leeds' twice"]),
        (["run", "01", "-p", 'areas=["Leeds", " "]'], ["areas, item 2", "blank"]),
        (["run", "01", "-p", "areas=Leeds"], ["areas", "list"]),
        (["run", "03", "-p", "reference=not_in_car"], ["reference", "'not_in_care'"]),
        (["run", "04", "-p", "run=nowhere"], ["parameter run", "nowhere/manifest.json is missing", "outputs/latest"]),
        (["run", "04", "-p", "run=" + "x" * 5000], ["parameter run", "File name too long"]),
        (["run", "04", "-p", "run=a\nb"], ["parameter run", "line break"]),
        (["run", "01", "-p", "cases_per_arm=" + "9" * 5000], ["cases_per_arm", "whole number"]),
        (["run", "01", "-p", "cases_per_arm=2000000"], ["cases_per_arm", "less than or equal to 1000000"]),
        (["run", "01", "-p", "confidence=" + "[" * 100_000], ["confidence", "should be a number"]),
        (["run", "01", "-p", "confidence=0.99999999"], ["confidence", "less than or equal to 0.9999"]),
        (["run", "01", "-p", 'areas=["\\ud800"]'], ["areas, item 1", "cannot be printed"]),
        (["run", "01", "-p", "self=2"], ["no parameter 'self'"]),
        (["run", "zz\nq"], ["no notebook is called"]),
        (["run", "elsewhere/02_prevalence_estimates.ipynb"], ["no notebook is called 'elsewhere/02"]),
        (["run", "--parameters", ""], ["--parameters is empty"]),
        (["run", "--jobs", "\u00b2"], ["--jobs", "whole number"]),
        (["run", "01", "-p", "output=x"], ["--output"]),
        (["run", "--parameters", "nowhere.yml"], ["nowhere.yml", "there is no such file"]),
        (["run", "--jobs", "0"], ["--jobs", "whole number from 1"]),
        (["walk"], ["walk", "--help"]),
        ([], ["COMMAND", "--help"]),
    ],
)
def test_a_wrong_word_is_refused_before_any_kernel_starts(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = [*words, "--output", str(tmp_path / "outputs")] if words[:1] == ["run"] else words
    try:
        code = cli.main(words)
    except SystemExit as end:
        code = end.code
    printed = capsys.readouterr()
    refused(subprocess.CompletedProcess(words, code, printed.out, printed.err), *said)
    assert list(tmp_path.iterdir()) == []


def test_the_command_itself_gives_the_same_exit_code_and_line(tmp_path):
    refused(notebooks("run", "5", cwd=tmp_path), "no notebook is called '5'")
    assert list(tmp_path.iterdir()) == []


def test_an_output_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("kept")
    refused(notebooks("run", "01", "--output", tmp_path / "file" / "outputs"), "cannot be written", "name a folder that can")
    refused(notebooks("run", "01", "--output", tmp_path / "file"), "cannot be written")
    assert (tmp_path / "file").read_text() == "kept"


def test_an_output_folder_without_a_name_or_with_too_long_a_one_is_refused(tmp_path):
    refused(notebooks("run", "01", "--output", "", cwd=tmp_path), "--output is empty")
    refused(notebooks("run", "01", "--output", "y" * 300, cwd=tmp_path), "cannot be written", "File name too long")
    assert list(tmp_path.iterdir()) == []


def test_a_latest_that_is_a_folder_is_refused_and_kept(tmp_path):
    (tmp_path / "latest").mkdir()
    (tmp_path / "latest" / "mine.txt").write_text("kept")
    refused(notebooks("run", "01", "--output", tmp_path), "latest", "not a symbolic link")
    assert [path.name for path in tmp_path.iterdir()] == ["latest"]
    assert (tmp_path / "latest" / "mine.txt").read_text() == "kept"


@pytest.fixture
def copy(tmp_path):
    """A copy of the project in which data may be broken, with an earlier run."""
    root = tmp_path / "copy"
    for name in ("src", "data", "notebooks"):
        shutil.copytree(paths.ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    shutil.copy(paths.ROOT / "requirements.lock", root)
    (root / "outputs" / "earlier").mkdir(parents=True)
    (root / "outputs" / "earlier" / "index.html").write_text("good")
    (root / "outputs" / "latest").symlink_to("earlier")
    return root


def run_in(root: Path, *words):
    environment = os.environ | {"PYTHONPATH": str(root / "src")}
    command = [sys.executable, "-m", "helpers.runs.cli", *words]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=120)


def outputs_of(root):
    return {str(path.relative_to(root)): path.is_symlink() or path.read_text() for path in root.glob("outputs/*/*")}


def test_a_missing_data_file_is_named(copy):
    before = outputs_of(copy)
    (copy / "data" / "reference" / "rating_bands.csv").unlink()
    refused(run_in(copy, "run"), "data/reference/rating_bands.csv is missing", "git checkout")
    assert outputs_of(copy) == before and os.readlink(copy / "outputs" / "latest") == "earlier"


def test_a_changed_data_file_is_named(copy):
    before = outputs_of(copy)
    claims = copy / "data" / "published" / "claims.csv"
    claims.write_text(claims.read_text().replace(",26,", ",27,"))
    refused(run_in(copy, "run"), "data/published/claims.csv has changed", "make data")
    assert outputs_of(copy) == before


def test_a_missing_or_broken_descriptor_is_named(copy):
    descriptor = copy / "data" / "datapackage.json"
    descriptor.write_text("{")
    refused(run_in(copy, "run"), "data/datapackage.json, line 1: not valid JSON")
    descriptor.unlink()
    refused(run_in(copy, "list"), "data/datapackage.json is missing")


@pytest.mark.parametrize("text", ["{}", "[]", "null", '{"resources": [{}]}', '{"resources": [1]}'])
def test_a_descriptor_that_describes_nothing_is_named(copy, text):
    (copy / "data" / "datapackage.json").write_text(text)
    refused(run_in(copy, "run"), "data/datapackage.json: every resource needs name, path and hash")


@pytest.mark.parametrize("text", ["{", '{"a": 1}', "[]"])
def test_a_file_that_is_no_notebook_is_named(copy, text):
    (copy / "notebooks" / "03_rating_comparisons.ipynb").write_text(text)
    refused(run_in(copy, "list"), "notebooks/03_rating_comparisons.ipynb is not a notebook")


def test_a_missing_lock_is_named(copy):
    (copy / "requirements.lock").unlink()
    refused(run_in(copy, "run", "03"), "requirements.lock is missing")


def test_a_changed_claim_is_not_blamed_on_a_parameter(copy):
    (copy / "data" / "published" / "claims.csv").unlink()
    done = run_in(copy, "run", "02")
    refused(done, "data/published/claims.csv is missing")
    assert "parameter" not in done.stderr


def test_a_missing_notebook_is_named(copy):
    (copy / "notebooks" / "03_rating_comparisons.ipynb").unlink()
    refused(run_in(copy, "run", "03"), "notebooks/03_rating_comparisons.ipynb is missing")


def test_list_says_every_notebook_and_parameter():
    done = notebooks("list")
    assert done.returncode == 0
    for notebook in COLLECTION:
        assert notebook.stem in done.stdout and notebook.question in done.stdout
        for name in set(notebook.model.model_fields) - {"output"}:
            assert f"-p {name}=" in done.stdout


def test_what_list_prints_is_taken_by_run(tmp_path):
    from helpers.runs import choices
    from helpers.runs.catalogue import find

    printed = [line.strip() for line in notebooks("list").stdout.splitlines() if line.startswith("  -p areas=")]
    word = subprocess.run(
        ["sh", "-c", f"printf %s {printed[0][3:].split(': fieldwork')[0]}"], capture_output=True, text=True
    ).stdout
    (model,) = choices.choose(find(["01"]), {}, choices.split([word])).values()
    assert model == find(["01"])[0].model()


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"]])
def test_help_names_the_exit_codes(words):
    done = notebooks(*words)
    assert done.returncode == 0
    assert "Exit codes: 0 all good, or up to date; 1 a notebook failed; 2" in " ".join(done.stdout.split())


def test_on_a_terminal_there_is_a_bar(tmp_path):
    """Standard error is a terminal here, so the bar is drawn, and no plain line is printed."""
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (24, 80))
    command = [str(BIN / "notebooks"), "run", "04", "--output", str(tmp_path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=follower, text=True, timeout=120)
    os.set_blocking(leader, False)
    drawn = os.read(leader, 65536).decode()
    os.close(follower)
    os.close(leader)
    assert done.returncode == 0
    assert "1 notebooks" in drawn and "cell" in drawn
    assert "good after" not in done.stdout and "04_evidence_ledger  good" in done.stdout


def test_parameters_reach_the_tables_and_the_rows_are_marked_supplied(tmp_path):
    file = tmp_path / "mine.yml"
    file.write_text("'01':\n  areas: [Leeds, 'Kent, north']\n  cases_per_arm: 4\n  frame: ''\n")
    done = notebooks("run", "01", "--parameters", file, "-p", "cases_per_arm=3", "--output", tmp_path / "outputs")
    assert done.returncode == 0, done.stdout + done.stderr
    table = (tmp_path / "outputs" / "latest" / "tables" / "fieldwork_allocation.csv").read_text().splitlines()
    assert table[1:] == [
        f"{area},{arm},[x],3,[x],[x],[x],[x],[x],[z],supplied"
        for area in ("Leeds", '"Kent, north"')
        for arm in ("hosted", "placed_out")
    ]
    manifest = json.loads((tmp_path / "outputs" / "latest" / "manifest.json").read_text())
    assert manifest["parameters"]["01_fieldwork_sampling"]["areas"] == ["Leeds", "Kent, north"]
    assert "<strong>Evidence in this run: supplied.</strong>" in (tmp_path / "outputs" / "latest" / "index.html").read_text()


@pytest.mark.parametrize("contract", ["frame", "cases"])
def test_check_says_that_a_list_is_good_and_runs_nothing(contract, tmp_path, monkeypatch):
    template = {"frame": "sampling_frame.csv", "cases": "inspected_cases.csv"}[contract]
    done = notebooks("check", paths.DATA / "templates" / template, "--contract", contract, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "good, 3 cases" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_check_names_every_rule_that_is_broken_one_a_line_and_no_case(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text(
        "case_id,yot,care_group,assesment,planning,delivery,reviewing\n"
        "SECRET-1,A,in_care,yes,no,yes,maybe\nsecret-1,,not_in_care,yes,no,yes,no\n"
    )
    done = notebooks("check", "mine.csv", "--contract", "cases", cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == ""
    lines = done.stderr.splitlines()
    assert all(line.startswith("notebooks check: mine.csv: ") for line in lines)
    for words in (
        ["assessment", "assesment"],
        ["case_id", "rows 2"],
        ["yot", "row 3"],
        ["care_group", "in_care", "row 2"],
        ["reviewing", "maybe"],
    ):
        assert any(all(word in line for word in words) for line in lines), (words, lines)
    assert "secret" not in done.stderr.lower()


def test_check_needs_a_contract_and_a_file():
    assert notebooks("check", "x.csv").returncode == 2
    refused(notebooks("check", "nowhere.csv", "--contract", "frame"), "nowhere.csv")
    refused(notebooks("check", "x.csv", "--contract", "frames"), "frames")


def test_a_bad_list_is_refused_before_any_kernel_starts_and_nothing_is_written(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("case_id,home_area\n1,Kent\n")
    done = notebooks("run", "01", "-p", f"frame={file}", "--output", tmp_path / "outputs")
    refused(done, "01_fieldwork_sampling: parameter frame", "mine.csv", "supervising_area")
    assert not (tmp_path / "outputs").exists()
