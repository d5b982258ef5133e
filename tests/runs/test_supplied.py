"""A run on case lists of the user's own: results come out, and no child can be found in what leaves the folder."""

import json
import re
import stat
import subprocess
import sys

import nbformat
import pandas as pd
import pytest

from helpers import contracts, paths
from helpers.datapackage import sha256
from helpers.runs import render, runner
from tests.conftest import SEED, notebooks

# What stands in the lists and nowhere else.
SECRETS = ("CASEID-", "CHILDID-", "Jo Bloggs", "private-folder", str(SEED))


def text_of(path):
    return path.read_bytes().decode(errors="replace")


def leaves(folder):
    """The files of a run that leave it."""
    return [path for path in folder.rglob("*") if path.is_file() and path.relative_to(folder).parts[0] != "restricted"]


def test_no_child_and_no_path_stands_in_anything_that_leaves(supplied_run):
    folder, done, _ = supplied_run
    texts = {"printed": done.stdout + done.stderr} | {str(path): text_of(path) for path in leaves(folder)}
    for name, text in texts.items():
        for secret in SECRETS:
            assert secret not in text, (name, secret)
    assert len(texts) > 20


def test_case_level_output_and_full_results_lie_in_the_restricted_folder_alone(supplied_run):
    folder = supplied_run[0]
    made = {str(path.relative_to(folder)) for path in (folder / "restricted").rglob("*") if path.is_file()}
    assert {"restricted/fieldwork_sample.csv", "restricted/disclosure.csv", "restricted/manifest.json"} <= made
    assert {"restricted/report/index.html", "restricted/report/tables/ratings.csv"} <= made
    sample = pd.read_csv(folder / "restricted" / "fieldwork_sample.csv", keep_default_na=False)
    assert list(sample.columns) == list(contracts.RESTRICTED["fieldwork_sample"])
    assert sample["case_id"].str.startswith("CASEID-").all() and set(sample["evidence"]) == {"supplied"}
    report = [path for path in (folder / "restricted" / "report").rglob("*") if path.is_file()]
    assert [path for path in report if "CASEID" in text_of(path)] == []
    for name in ("fieldwork_sample", "fieldwork_response_by_stratum"):
        table = pd.read_csv(folder / "restricted" / f"{name}.csv", keep_default_na=False)
        assert list(table.columns) == list(contracts.RESTRICTED[name])


def test_estimates_of_supplied_judgements_are_coarse_outside_and_full_for_the_team(supplied_run):
    folder = supplied_run[0]
    shown, full = (
        pd.read_csv(place / "tables" / "fieldwork_estimates.csv", dtype=str, keep_default_na=False)
        for place in (folder, folder / "restricted" / "report")
    )
    assert len(shown) == len(full) == 36 and not full.eq("[c]").any(axis=None)
    values = [float(text) for name in ("estimate", "lower", "upper") for text in shown[name] if text != "[c]"]
    # An area of few cases hides them all under the default preset.
    assert values == [] and full["estimate"].astype(float).nunique() > 4
    assert shown[["se", "df", "least", "greatest", "judged", "missing"]].eq("[c]").all(axis=None)
    assert full["stands_for"].str.contains("England and Wales").all()
    response = pd.read_csv(folder / "restricted" / "report" / "tables" / "fieldwork_response.csv").set_index("group")
    assert response.loc["all", "reserves_used"] > 0 and response.loc["all", "worked"] == 60 + response.loc["all", "reserves_used"]
    assert "By your list" not in text_of(folder / "index.html")
    assert "By your list" in text_of(folder / "restricted" / "report" / "index.html")


def test_the_draw_of_a_supplied_run_can_be_verified_from_its_list(supplied_run):
    folder = supplied_run[0]
    done = notebooks("verify", folder, "--frame", folder.parent.parent / "private-folder" / "frame.parquet")
    assert done.returncode == 0 and done.stdout.startswith("yes: ") and "byte for byte" in done.stdout


def test_only_the_owner_can_read_the_restricted_folder(supplied_run):
    for path in [supplied_run[0] / "restricted", *(supplied_run[0] / "restricted").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_nothing_of_the_lists_is_copied_anywhere(supplied_run):
    folder, _, watched = supplied_run
    for name, place in watched.items():
        for path in place.rglob("*"):
            content = text_of(path) if path.is_file() else ""
            assert not any(secret in content for secret in SECRETS[:3]), (name, path)
    assert [path for path in folder.rglob("*") if path.is_symlink()] == []
    assert [path for path in folder.resolve().parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("name", ["fieldwork_allocation", "fieldwork_scope", "prevalence_estimates", "ratings"])
def test_tables_from_cases_are_treated_and_full_only_for_the_team(supplied_run, name):
    folder = supplied_run[0]
    treated, full = (
        pd.read_csv(place / "tables" / f"{name}.csv", dtype=str, keep_default_na=False)
        for place in (folder, folder / "restricted" / "report")
    )
    assert list(treated.columns) == contracts.columns(name) == list(full.columns)
    assert len(treated) == len(full)
    supplied = treated["evidence"] == "supplied"
    assert supplied.any() and not treated["evidence"].eq("synthetic").any()
    counts = [column for column in ("eligible", "cases", "sufficient", "count_low", "n") if column in treated]
    shown = [int(value) for column in counts for value in treated.loc[supplied, column] if value not in ("[c]", "[z]")]
    assert all(value % 5 == 0 and value >= 10 for value in shown)
    assert not (full == "[c]").any(axis=None)
    assert any(int(value) % 5 for column in counts for value in full.loc[supplied, column] if value != "[z]")


def test_what_leaves_says_how_it_is_protected_and_what_stays_is_not_for_release(supplied_run):
    folder = supplied_run[0]
    released = [path for path in leaves(folder) if path.suffix == ".html" and "04_" not in path.name]
    assert len(released) == 4
    for path in released:
        assert runner.PROTECTED in path.read_text(), path
        assert "Not for release" not in path.read_text(), path
    restricted = list((folder / "restricted" / "report").rglob("*.html"))
    assert len(restricted) == 4
    for path in restricted:
        assert runner.NOT_FOR_RELEASE in path.read_text(), path


def test_every_table_has_a_verdict_and_every_hidden_cell_a_decision(supplied_run):
    folder = supplied_run[0]
    public = pd.read_csv(folder / "tables" / "disclosure.csv", dtype=str, keep_default_na=False)
    full = pd.read_csv(folder / "restricted" / "disclosure.csv", dtype=str, keep_default_na=False)
    assert public.drop(columns="rule").equals(full.drop(columns="rule"))
    assert not public["rule"].isin(["threshold", "secondary"]).any() and full["rule"].isin(["threshold", "secondary"]).any()
    for name in ("fieldwork_allocation", "fieldwork_scope", "prevalence_estimates", "ratings"):
        rows = public[public["table"] == name]
        assert rows.iloc[0]["rule"] == "verdict" and re.match("(pass|review|fail): ", rows.iloc[0]["action"])
        table = pd.read_csv(folder / "tables" / f"{name}.csv", dtype=str, keep_default_na=False)
        hidden = (table == "[c]").to_numpy().sum()
        assert hidden == (rows["action"] == "hidden").sum(), name


def test_the_manifest_that_leaves_has_no_hash_of_a_list_or_of_anything_restricted(supplied_run):
    folder = supplied_run[0]
    manifest = json.loads((folder / "manifest.json").read_text())
    kept = json.loads((folder / "restricted" / "manifest.json").read_text())
    lists = folder.parent.parent / "private-folder"
    assert kept["inputs"]["01_fieldwork_sampling/frame"] == sha256(lists / "frame.parquet")
    released = {path.read_bytes() for path in (folder / "tables").iterdir()}
    kept_back = [path for path in (folder / "restricted").rglob("*.csv") if path.read_bytes() not in released]
    assert len(kept_back) >= 6
    for path in (lists / "frame.parquet", lists / "cases.csv", *kept_back):
        assert sha256(path) not in (folder / "manifest.json").read_text()
    assert manifest["parameters"]["01_fieldwork_sampling"]["frame"] == "your own list"
    assert not any(name.startswith("restricted") for name in manifest["outputs"])
    for name, digest in kept["outputs"].items():
        assert sha256(folder / "restricted" / name) == digest


def test_a_formula_in_an_area_name_is_kept_and_neutralised(tmp_path):
    frame = "case_id,home_area,supervising_area\n" + "".join(f"c{number},=1+1,Elsewhere\n" for number in range(30))
    (tmp_path / "frame.csv").write_text(frame)
    words = ["-p", f"frame={tmp_path / 'frame.csv'}", "-p", 'areas=["=1+1"]', "--output", tmp_path / "out"]
    done = notebooks("run", "01", *words)
    assert done.returncode == 0, done.stderr
    for table in ("tables/fieldwork_allocation.csv", "restricted/fieldwork_sample.csv"):
        text = (tmp_path / "out" / "latest" / table).read_text()
        assert "'=1+1" in text and not re.search(r"(^|,)=", text, re.MULTILINE)


@pytest.fixture
def cases_file(tmp_path):
    path = tmp_path / "cases.csv"
    table = pd.read_csv(paths.DATA / "synthetic" / "synthetic_inspected_cases.csv", dtype=str, keep_default_na=False)
    table.iloc[:150].to_csv(path, index=False)
    return path


def test_disclosure_control_off_needs_a_second_word_and_is_said_on_every_page(cases_file, tmp_path):
    words = ["run", "02", "-p", f"cases={cases_file}", "-p", "disclosure=off", "--output", tmp_path / "outputs"]
    refused = notebooks(*words)
    assert refused.returncode == 2 and "publish_unprotected=true" in refused.stderr and not (tmp_path / "outputs").exists()
    done = notebooks(*words, "-p", "publish_unprotected=true")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "outputs" / "latest"
    pages = list(folder.rglob("*.html"))
    assert len(pages) == 2 and all(runner.UNPROTECTED in page.read_text() for page in pages)
    assert not (folder / "restricted" / "report").exists()
    verdict = pd.read_csv(folder / "tables" / "disclosure.csv").iloc[0]
    assert verdict["action"].startswith("fail: shown without disclosure control")


def test_synthetic_cases_can_be_treated_on_request(tmp_path):
    done = notebooks("run", "01", "-p", "disclosure=on", "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "latest" / "tables" / "fieldwork_allocation.csv", dtype=str).query("evidence == 'synthetic'")
    assert (table["eligible"] == "[c]").any()
    assert not (tmp_path / "latest" / "restricted" / "report").exists()


def test_another_preset_is_named_and_obeyed(cases_file, tmp_path):
    done = notebooks(
        *("run", "01", "03", "-p", f"cases={cases_file}", "-p", "disclosure_preset=fieldwork", "--output", tmp_path / "outputs"),
        *("-p", f"frame={paths.DATA / 'synthetic' / 'synthetic_sampling_frame.csv'}"),
    )
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "outputs" / "latest"
    rows = pd.read_csv(folder / "tables" / "ratings.csv", dtype=str, keep_default_na=False)
    shown = rows[rows["percentage"] != "[c]"]
    assert len(shown) and (shown["cases"].astype(int) >= 20).all()
    assert shown["percentage"].map(lambda text: float(text).is_integer()).all()
    rows = pd.read_csv(folder / "tables" / "fieldwork_estimates.csv", dtype=str, keep_default_na=False)
    shown = rows[rows["estimate"] != "[c]"]
    values = shown[["estimate", "lower", "upper"]].astype(float)
    assert shown["group"].tolist() == ["all"] and (20 * values).round(9).eq((20 * values).round()).all(axis=None)
    assert shown[["se", "df", "least", "greatest", "judged", "missing"]].eq("[c]").all(axis=None)
    assert "By your list" in (folder / "index.html").read_text()
    assert "called <em>fieldwork</em>" in (folder / "notebooks" / "03_rating_comparisons.html").read_text()


def test_two_notebooks_of_a_run_may_not_treat_one_list_differently(cases_file, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("\n".join(cases_file.read_text().splitlines()[:-1]) + "\n")
    settings = tmp_path / "mine.yml"
    settings.write_text(f"'02': {{cases: '{cases_file}'}}\n'03': {{cases: '{other}'}}\n")
    done = notebooks("run", "--parameters", settings, "02", "03", "--output", tmp_path / "outputs")
    assert done.returncode == 2 and "cases differs between 02_prevalence_estimates and 03_rating_comparisons" in done.stderr


def test_a_run_on_published_evidence_alone_has_no_synthetic_row_figure_or_page(tmp_path):
    done = notebooks("run", "--evidence", "published", "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "latest"
    for name in contracts.TABLES.keys() - {"disclosure"}:
        assert set(pd.read_csv(folder / "tables" / f"{name}.csv", keep_default_na=False)["evidence"]) <= {"published"}, name
    assert not (folder / "restricted").exists()
    for path in leaves(folder):
        if path.suffix == ".html":
            text = path.read_text()
            assert "SYNTHETIC" not in text and "published.</strong>" in text, path
    assert not list((folder / "figures").glob("synthetic_*"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-p", "cases=synthetic"], "--evidence published reads no case list; leave out the one or the other: parameter cases"),
        (["-p", "yots=40"], "--evidence published takes the figures as printed"),
    ],
)
def test_what_would_make_a_row_synthetic_or_supplied_is_refused_in_a_published_run(words, said, tmp_path):
    done = notebooks("run", "02", "--evidence", "published", *words, "--output", tmp_path / "outputs")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1) and said in done.stderr


BROKEN = """
import sys
from pathlib import Path

import nbformat

from helpers import paths
from helpers.parameters import RatingComparisons
from helpers.runs import catalogue, keys, kernels, runner

keys.sources = lambda stems: {}
folder, cases = Path(sys.argv[1]), sys.argv[2]
notebook = catalogue.COLLECTION[2]
document = nbformat.read(notebook.path, as_version=4)
document.cells.insert(3, nbformat.v4.new_code_cell("print('CASE' + 'ID-77')\\nint('CASE' + 'ID-77')"))
(folder / "notebooks").mkdir()
nbformat.write(document, folder / "notebooks" / notebook.path.name)
paths.NOTEBOOKS = folder / "notebooks"
with kernels.session():
    done = runner.run({notebook: RatingComparisons(cases=cases)}, folder / "outputs", 2)
print(done.good, *[outcome.error for outcome in done.outcomes], sep="\\n")
"""


def test_an_error_that_quotes_a_case_is_withheld_and_kept_for_the_team(cases_file, tmp_path):
    """A library that fails on a value says the value; here the notebook itself is made to fail so."""
    command = [sys.executable, "-c", BROKEN, str(tmp_path), str(cases_file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    good, *errors = done.stdout.splitlines()
    assert good == "False" and len(errors) == 2, done.stderr
    assert all(error.startswith("ValueError: what it says is withheld, since the cases are supplied;") for error in errors)
    (folder,) = (tmp_path / "outputs" / "failed").iterdir()
    for path in leaves(folder):
        assert "CASEID" not in text_of(path), path
    assert "CASEID-77" in (folder / "restricted" / "failed" / "03_rating_comparisons.ipynb").read_text()
    assert "CASEID-77" in (folder / "restricted" / "failed" / "03_rating_comparisons.txt").read_text()
    assert "withheld" in (folder / "index.html").read_text()


def test_results_go_to_the_answer_of_the_page(supplied_run):
    index = (supplied_run[0] / "index.html").read_text()
    assert "your own list" in index and "<strong>Evidence in this run: published, supplied.</strong>" in index
    document = nbformat.read(supplied_run[0] / "notebooks" / "02_prevalence_estimates.ipynb", as_version=4)
    assert re.search(r"In your list .*%\*\* of the cases", render.answer(document))


def test_a_synthetic_figure_has_the_word_in_its_title_and_its_file_name(run_folder):
    svg = (run_folder / "figures" / "synthetic_sufficient_shares.svg").read_text()
    assert "SYNTHETIC CASES" in re.sub(r"<[^>]+>", "", svg) or "<!-- SYNTHETIC CASES" in svg
    page = (run_folder / "notebooks" / "03_rating_comparisons.html").read_text()
    assert 'alt="SYNTHETIC CASES' in page and "<caption><span>SYNTHETIC CASES" in page


def test_nobody_else_reads_in_a_run_while_it_is_made(tmp_path):
    from datetime import datetime

    from helpers.runs import places

    with places.hidden_folder(tmp_path, datetime(2026, 1, 2)) as (hidden, _):
        assert stat.S_IMODE(hidden.stat().st_mode) == 0o700


def test_a_finished_run_has_the_mode_of_any_folder(supplied_run, tmp_path):
    (tmp_path / "usual").mkdir()
    assert supplied_run[0].stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_list_that_goes_away_while_the_run_reads_it_is_named_as_the_reason(cases_file, tmp_path):
    from helpers.parameters import RatingComparisons
    from helpers.runs.catalogue import COLLECTION

    chosen = {COLLECTION[2]: RatingComparisons(cases=str(cases_file))}
    lists = runner.manifest.case_lists(chosen)
    assert not runner._changed(chosen, lists)
    cases_file.write_text(cases_file.read_text() + "\n")
    assert runner._changed(chosen, lists)
    cases_file.unlink()
    assert runner._changed(chosen, lists)
