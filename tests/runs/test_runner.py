import json
import os
import re
import signal
import subprocess
from datetime import datetime
from functools import partial

import nbformat
import pandas as pd
import psutil
import pytest

from helpers import contracts, paths
from helpers.datapackage import sha256
from helpers.runs.catalogue import COLLECTION
from tests.conftest import BIN, notebooks


def tables(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "tables").glob("*.csv"))}


def test_a_run_holds_what_the_contract_promises(run_folder):
    made = {str(path.relative_to(run_folder)) for path in run_folder.rglob("*") if path.is_file()}
    expected = {"index.html", "manifest.json", "restricted/fieldwork_draw.json"}
    expected |= {f"restricted/{name}.csv" for name in contracts.RESTRICTED if name != "disclosure"}
    # Nothing is supplied here, so there is nothing to decide on.
    expected |= {f"tables/{name}.csv" for name in contracts.TABLES if name != "disclosure"}
    expected |= {f"notebooks/{notebook.stem}.{kind}" for notebook in COLLECTION for kind in ("ipynb", "html")}
    figures = {name for name in made if name.startswith("figures/")}
    assert made - figures == expected
    assert {name.removesuffix(".svg") for name in figures if name.endswith(".svg")} == {
        name.removesuffix(".png") for name in figures if name.endswith(".png")
    }
    assert len(figures) >= 8


def test_latest_is_a_relative_link_and_nothing_hidden_stays(collection):
    outputs, _ = collection
    assert not os.path.isabs(os.readlink(outputs / "latest"))
    assert [path.name for path in outputs.iterdir() if path.name.startswith(".")] == []


EVIDENCE = {
    "fieldwork_allocation": {"published", "synthetic"},
    "fieldwork_scope": {"synthetic"},
    "fieldwork_policies": {"synthetic"},
    "fieldwork_response": {"synthetic"},
    "fieldwork_estimates": {"synthetic"},
    # Only where supplementary areas are named.
    "fieldwork_supplementary": set(),
    "prevalence_estimates": {"published", "synthetic"},
    "prevalence_by_group": {"synthetic"},
    "ratings": {"synthetic"},
    # Only where cases are grouped by another column than care_group, and where a table of ratings is named.
    "ratings_by_group": set(),
    "rating_distribution": set(),
} | {
    name: {"synthetic"}
    for name in (
        "ratings_weighted",
        "rating_comparisons",
        "rating_ordinal",
        "rating_probabilities",
        "rating_lowest",
        "rating_whole_table",
        "inspector_agreement",
        "inspector_lowest",
    )
}


@pytest.mark.parametrize("name", sorted(contracts.TABLES.keys() - {"disclosure"}))
def test_every_table_has_the_promised_columns_and_evidence_on_every_row(run_folder, name):
    table = pd.read_csv(run_folder / "tables" / f"{name}.csv", keep_default_na=False)
    assert list(table.columns) == contracts.columns(name)
    assert set(table["evidence"]) == EVIDENCE.get(name, {"published"})
    assert not (table == "").any(axis=None), "an empty cell says neither [x] nor [z]"


def test_the_manifest_says_what_went_in_and_what_came_out(run_folder):
    manifest = json.loads((run_folder / "manifest.json").read_text())
    for path, digest in manifest["inputs"].items():
        assert sha256(paths.ROOT / path) == digest, path
    files = {str(path.relative_to(run_folder)) for path in run_folder.rglob("*") if path.is_file()}
    assert set(manifest["outputs"]) == {name for name in files if not name.startswith("restricted/")} - {"manifest.json"}
    for path, digest in manifest["outputs"].items():
        assert sha256(run_folder / path) == digest, path
    for notebook in COLLECTION:
        assert manifest["parameters"][notebook.stem] == notebook.model().model_dump(exclude={"output"})
        assert manifest["notebooks"][notebook.stem]["result"] == "good"
    assert set(manifest["seed"]) == {notebook.stem for notebook in COLLECTION}
    assert manifest["packages"]["papermill"] and manifest["packages"]["looked-after-notebooks"]
    started, ended = (datetime.fromisoformat(manifest[key]) for key in ("started", "ended"))
    assert started.tzinfo is not None and started <= ended
    assert manifest["run"] == run_folder.resolve().name


def test_the_manifest_lists_all_data_all_notebooks_the_lock_and_the_helpers(run_folder):
    inputs = set(json.loads((run_folder / "manifest.json").read_text())["inputs"])
    data = {str(path.relative_to(paths.ROOT)) for path in paths.DATA.rglob("*") if path.is_file()}
    assert data | {f"notebooks/{notebook.stem}.ipynb" for notebook in COLLECTION} <= inputs
    assert {"requirements.lock", "src/helpers/intervals.py", "src/helpers/runs/runner.py"} <= inputs


def test_no_path_of_this_machine_is_in_a_run(run_folder):
    home = os.path.expanduser("~")
    secret = re.compile(
        "|".join(re.escape(word) for word in {str(paths.ROOT), str(run_folder.resolve()), home + "/", "ipykernel_"})
    )
    for path in run_folder.rglob("*"):
        if path.suffix in (".html", ".ipynb", ".json", ".csv", ".svg"):
            assert not secret.search(path.read_text()), path


def test_executed_notebooks_say_their_parameters_and_show_no_warning(run_folder):
    for notebook in COLLECTION:
        document = nbformat.read(run_folder / "notebooks" / notebook.path.name, as_version=4)
        injected = next(cell for cell in document.cells if "injected-parameters" in cell.metadata.get("tags", []))
        for name in notebook.model.model_fields:
            assert re.search(rf"^{name} = ", injected.source, re.MULTILINE)
        streams = [output for cell in document.cells for output in cell.get("outputs", []) if output.get("name") == "stderr"]
        assert streams == []


def contradicting_run(run_folder, tmp_path):
    """A run folder whose allocation, marked published, names five areas where the release names six."""
    source = tmp_path / "earlier"
    (source / "tables").mkdir(parents=True)
    allocation = pd.read_csv(run_folder / "tables" / "fieldwork_allocation.csv", keep_default_na=False)
    table = source / "tables" / "fieldwork_allocation.csv"
    allocation[allocation["area"] != "Wrexham"].to_csv(table, index=False)
    (source / "manifest.json").write_text(json.dumps({"outputs": {"tables/fieldwork_allocation.csv": sha256(table)}}))
    return source


def test_a_failed_notebook_is_named_kept_apart_and_leaves_latest_as_it_was(run_folder, tmp_path):
    outputs = tmp_path / "outputs"
    assert notebooks("run", "03", "-p", "cases=", "--output", outputs).returncode == 0
    before = os.readlink(outputs / "latest")
    source = contradicting_run(run_folder, tmp_path)

    done = notebooks("run", "03", "04", "-p", "cases=", "-p", f"run={source}", "--output", outputs)

    assert done.returncode == 1
    assert re.search(
        r"04_evidence_ledger: failed after .* in cell 3: InputError: release_areas_visited: .* prints 6, .* give 5", done.stdout
    )
    assert re.search(r"03_rating_comparisons +good", done.stdout)
    assert os.readlink(outputs / "latest") == before
    (failed,) = (outputs / "failed").iterdir()
    manifest = json.loads((failed / "manifest.json").read_text())
    assert manifest["notebooks"]["04_evidence_ledger"]["result"] == "failed"
    assert manifest["notebooks"]["04_evidence_ledger"]["cell"] == 3
    assert "run/tables/fieldwork_allocation.csv" in manifest["inputs"]
    page = (failed / "index.html").read_text()
    assert "This notebook failed in cell 3" in page and "release_areas_visited" in page
    assert (failed / "notebooks" / "04_evidence_ledger.ipynb").is_file()


def test_the_ledger_of_a_run_is_the_ledger_recomputed(run_folder, tmp_path):
    done = notebooks("run", "04", "-p", "run=latest", "--output", tmp_path, cwd=run_folder.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    assert tables(tmp_path / "latest")["evidence_ledger.csv"] == (run_folder / "tables" / "evidence_ledger.csv").read_bytes()


def test_two_runs_in_one_second_get_two_names(tmp_path):
    from helpers.runs.places import hidden_folder

    started = datetime(2026, 1, 2, 3, 4, 5)
    (tmp_path / "2026-01-02T030405Z").mkdir()
    with hidden_folder(tmp_path, started) as (first, name), hidden_folder(tmp_path, started) as (second, other):
        assert (name, other) == ("2026-01-02T030405Z-2", "2026-01-02T030405Z-3")
        assert first.is_dir() and second.is_dir()
    assert not first.exists()


def test_progress_in_plain_lines_and_a_table_at_the_end(collection):
    _, printed = collection
    lines = printed.splitlines()
    assert sum(": good after" in line for line in lines) == len(COLLECTION)
    assert lines[-1].startswith("The run is in ") and lines[-1].endswith("index.html")
    header = next(index for index, line in enumerate(lines) if line.split() == ["notebook", "result", "seconds"])
    assert [line.split()[:2] for line in lines[header + 1 : header + 1 + len(COLLECTION)]] == [
        [notebook.stem, "good"] for notebook in COLLECTION
    ]


def test_a_run_whose_tables_were_changed_is_refused_by_the_ledger(run_folder, tmp_path):
    source = contradicting_run(run_folder, tmp_path)
    table = source / "tables" / "fieldwork_allocation.csv"
    table.write_text(table.read_text() + "\n")
    done = notebooks("run", "04", "-p", f"run={source}", "--output", tmp_path / "outputs")
    assert done.returncode == 2
    assert "tables/fieldwork_allocation.csv is not the one that its manifest.json lists" in done.stderr
    assert not (tmp_path / "outputs").exists()


def forked(runner):
    """The kernels of a runner: the children of its warm server."""
    return [child for child in runner.children(recursive=True) if child.ppid() != runner.pid]


def alive(processes):
    """Those that have not ended within a few seconds."""
    return psutil.wait_procs(processes, timeout=10)[1]


@pytest.mark.parametrize(
    ("which", "code", "word"),
    [(signal.SIGINT, 130, "stopped"), (signal.SIGTERM, 143, "told to end")],
)
def test_a_stopped_run_ends_soon_and_leaves_nothing_behind(tmp_path, which, code, word):
    """One notebook runs, the others wait: none of them begins, and no kernel stays."""
    (tmp_path / "earlier").mkdir()
    (tmp_path / "latest").symlink_to("earlier")
    command = [str(BIN / "notebooks"), "run", "--jobs", "1", "--output", str(tmp_path)]
    # Tests started in the background inherit a Ctrl-C that is ignored.
    heed = partial(signal.signal, which, signal.SIG_DFL)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed)
    runner = psutil.Process(process.pid)
    while process.poll() is None and not forked(runner):
        os.sched_yield()
    started = runner.children(recursive=True)
    process.send_signal(which)
    printed, said = process.communicate(timeout=60)
    assert process.returncode == code
    assert said == f"notebooks run: {word}; earlier runs are as they were\n"
    assert "good" not in printed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["earlier", "latest"]
    assert os.readlink(tmp_path / "latest") == "earlier"
    assert not alive(started)


def test_a_reader_that_stops_early_does_not_undo_a_run(tmp_path):
    command = f"{BIN / 'notebooks'} run 04 --output {tmp_path} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "latest" / "index.html").is_file()


def test_a_disk_that_is_full_is_said_in_one_line(tmp_path):
    """A limit on the size of files stands for the disk."""
    command = f"trap '' XFSZ; ulimit -f 40; exec {BIN / 'notebooks'} run 04 --output {tmp_path}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) <= 1
    assert not (tmp_path / "latest").exists()
    assert [path.name for path in tmp_path.glob(".2*")] == []


def test_settings_of_the_user_play_no_part(run_folder, tmp_path):
    """A broken kernel called python3, another matplotlib style, start-up files that print."""
    kernel = tmp_path / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text('{"argv": ["false"], "display_name": "broken", "language": "python"}')
    startup = tmp_path / "home" / ".ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("print('started up')")
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 9\nfont.size: 30\n")
    settings = {
        "JUPYTER_PATH": str(tmp_path / "jupyter"),
        "HOME": str(tmp_path / "home"),
        "MATPLOTLIBRC": str(tmp_path / "matplotlibrc"),
        "MPLBACKEND": "nonsense",
        "PYTHONWARNINGS": "error",
    }
    done = notebooks("run", "03", "-p", "cases=", "--output", tmp_path / "outputs", **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    made = tmp_path / "outputs" / "latest"
    assert (made / "figures" / "rating_bounds.png").read_bytes() == (run_folder / "figures" / "rating_bounds.png").read_bytes()
    assert "started up" not in (made / "notebooks" / "03_rating_comparisons.ipynb").read_text()
