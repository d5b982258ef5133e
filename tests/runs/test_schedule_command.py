"""The real command on a schedule: as cron and containers call it, told to end, and on cases of the user's own."""

import json
import os
import re
import signal
import subprocess
import time

import pandas as pd
import psutil
import pytest

from helpers import paths
from tests.conftest import BIN

FEW = {"PATH": "/usr/bin:/bin", "TZ": "America/New_York"}


def scheduled(*words, outputs, **variables):
    """`notebooks run --scheduled` with few variables and nothing to read, from another folder."""
    command = [str(BIN / "notebooks"), "run", "--scheduled", *map(str, words)]
    environ = FEW | {"HOME": str(outputs.parent), "NOTEBOOKS_OUTPUT": str(outputs)} | variables
    return subprocess.run(command, env=environ, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)


def status_of(outputs):
    return json.loads((outputs / "status.json").read_text())


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """A run by variables alone, and the same again."""
    outputs = tmp_path_factory.mktemp("scheduled") / "outputs"
    done = [(scheduled(outputs=outputs, NOTEBOOKS_NAMES="04", NOTEBOOKS_KEEP="2"), status_of(outputs)) for _ in range(2)]
    return outputs, done


def test_a_run_by_variables_alone_says_one_line_in_utc(twice):
    outputs, ((done, told), _) = twice
    assert (done.returncode, done.stderr) == (0, ""), done
    (line,) = done.stdout.splitlines()
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ good \(exit code 0\): run ", line), line
    assert "1 notebook good, 0 failed" in line and told["summary"] == line
    assert told["state"] == "ended" and told["up_to_date"] is False
    assert told["run"] == os.readlink(outputs / "latest") and (outputs / told["run"] / "index.html").is_file()
    assert told["notebooks"].keys() == {"04_evidence_ledger"}
    assert told["notebooks"]["04_evidence_ledger"]["result"] == "good"


def test_the_same_again_is_up_to_date_and_makes_no_run(twice):
    outputs, ((_, first), (done, told)) = twice
    assert (done.returncode, done.stderr) == (0, ""), done
    assert len(done.stdout.splitlines()) == 1 and "is up to date" in done.stdout
    assert told["up_to_date"] is True and told["run"] == first["run"] and told["comparison"]["same"] is True
    assert len(list(outputs.glob("2*Z*"))) == 1


def test_what_is_wrong_ends_in_the_status_and_nothing_is_run(tmp_path):
    outputs = tmp_path / "outputs"
    done = scheduled("02", "-p", "confidense=0.9", outputs=outputs)
    assert (done.returncode, done.stderr) == (2, ""), done
    assert "did you mean 'confidence'?" in done.stdout and len(done.stdout.splitlines()) == 1
    assert status_of(outputs)["code"] == 2 and not list(outputs.glob("2*Z*"))


@pytest.mark.parametrize(
    ("words", "variables", "said"),
    [
        (["04"], {"NOTEBOOKS_KEPT": "3"}, "did you mean 'NOTEBOOKS_KEEP'?"),
        (["04", "--on-failure", "no-such-command"], {}, "there is no such command"),
        (["04", "--keep", "0"], {}, "whole number from 1"),
    ],
)
def test_wrong_settings_are_refused_at_once(tmp_path, words, variables, said):
    outputs = tmp_path / "outputs"
    done = scheduled(*words, outputs=outputs, **variables)
    assert done.returncode == 2 and done.stdout == "" and said in done.stderr and len(done.stderr.splitlines()) == 1
    assert not outputs.exists()


def test_variables_and_options_of_schedules_are_for_schedules(tmp_path):
    command = [str(BIN / "notebooks"), "run", "04", "--keep", "3", "--output", str(tmp_path / "outputs")]
    done = subprocess.run(command, env=FEW | {"HOME": str(tmp_path)}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "--keep is for scheduled runs" in done.stderr


def test_a_run_that_is_told_to_end_ends_with_its_kernels(tmp_path):
    outputs = tmp_path / "outputs"
    command = [str(BIN / "notebooks"), "run", "03", "--scheduled", "--output", str(outputs)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    runner, end = psutil.Process(process.pid), time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end and not list(outputs.glob(".2*/notebooks/*")):
        time.sleep(0.05)
    children = runner.children(recursive=True)
    process.send_signal(signal.SIGTERM)
    printed, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (143, ""), printed
    assert "told to end (exit code 143)" in printed and len(printed.splitlines()) == 1
    assert status_of(outputs)["state"] == "ended" and status_of(outputs)["code"] == 143
    assert sorted(path.name for path in outputs.iterdir()) == [".scheduled.lock", "status.json"]
    _, alive = psutil.wait_procs(children, timeout=10)
    assert [child for child in alive if child.status() != psutil.STATUS_ZOMBIE] == []


@pytest.fixture
def own_cases(tmp_path):
    """A list of the user's own: good, and with a case twice."""
    folder = tmp_path / "private-folder"
    folder.mkdir()
    cases = pd.read_csv(paths.DATA / "synthetic" / "synthetic_inspected_cases.csv", dtype=str, keep_default_na=False)
    cases["case_id"] = "CASEID-" + cases["case_id"].str[-5:]
    cases.to_csv(folder / "good.csv", index=False)
    pd.concat([cases, cases.head(2)]).to_csv(folder / "twice.csv", index=False)
    cases.iloc[:40, :3].to_csv(folder / "headless.csv", index=False, header=False)
    return folder


def without_cases(done, outputs):
    for text in (done.stdout, done.stderr, (outputs / "status.json").read_text()):
        assert "CASEID" not in text, text


def test_no_case_of_a_supplied_list_stands_in_line_log_or_status(own_cases, tmp_path):
    outputs = tmp_path / "outputs"
    for name, said in [("twice", "case_id must be unique"), ("headless", "is the header row missing")]:
        done = scheduled("02", "-p", f"cases={own_cases / name}.csv", outputs=outputs)
        assert done.returncode == 2 and said in done.stdout, done
        without_cases(done, outputs)
    done = scheduled("02", outputs=outputs, NOTEBOOKS_SET=f"cases={own_cases / 'good.csv'}")
    assert (done.returncode, done.stderr) == (0, ""), done
    assert len(done.stdout.splitlines()) == 1
    without_cases(done, outputs)
    assert "private-folder" not in done.stdout + (outputs / "status.json").read_text()
    told = status_of(outputs)
    assert (outputs / told["run"] / "restricted").is_dir()


def test_a_folder_that_is_kept_short_stays_so(tmp_path):
    """After two different runs of which one may stay, the first is gone; the second was compared with it before."""
    outputs = tmp_path / "outputs"
    words = ["01", "--evidence", "published", "--keep", "1"]
    told = []
    for margin in ("0.9", "0.91"):
        done = scheduled(*words, "-p", f"confidence={margin}", outputs=outputs)
        assert done.returncode == 0, done
        told.append(status_of(outputs))
    runs = [each["run"] for each in told]
    assert told[-1]["removed"] == [runs[0]] and told[-1]["kept"]["good"] == [runs[1]]
    assert sorted(path.name for path in outputs.glob("2*")) == runs[1:] and os.readlink(outputs / "latest") == runs[1]
    assert told[-1]["comparison"]["before"] == runs[0] and told[-1]["comparison"]["same"] is False
    assert "moved since" in told[-1]["summary"]
