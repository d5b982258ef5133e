"""A sweep on the workers of a Dask scheduler: separate processes that talk over the loopback alone."""

import builtins
import json
import os
import signal
import subprocess
import sys
import time
import types

import psutil
import pytest

from helpers.runs import grid
from tests.conftest import BIN, notebooks
from tests.runs.conftest import GRID, sweeps
from tests.runs.test_sweep import content, wait_for

pytest.importorskip("distributed")


@pytest.fixture
def dask(tmp_path):
    """Start parts of a cluster; all of them, and what they started, are gone at the end."""
    started = []

    def start(*words):
        command = [
            sys.executable,
            "-m",
            "distributed.cli.dask_scheduler" if words[0] == "scheduler" else "distributed.cli.dask_worker",
        ]
        with (tmp_path / f"{len(started)}.log").open("w") as log:
            process = subprocess.Popen([*command, *words[1:]], stdout=log, stderr=log, cwd=tmp_path, start_new_session=True)
        started.append(process)
        return process

    yield start
    for process in reversed(started):
        if process.poll() is None:
            children = psutil.Process(process.pid).children(recursive=True)
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
            _, alive = psutil.wait_procs(children, timeout=10)
            for child in alive:
                child.kill()


@pytest.fixture
def cluster(dask, tmp_path):
    file = tmp_path / "scheduler.json"
    dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
    wait_for(file.exists)
    address = json.loads(file.read_text())["address"]

    def worker(name, *words):
        common = ("--nthreads", "1", "--no-dashboard", "--name", name, "--local-directory", str(tmp_path / name))
        return dask("worker", address, *common, "--host", "127.0.0.1", *words)

    # One below a nanny, which makes it a daemon process, and one on its own.
    return address, worker("stays"), worker("goes", "--no-nanny")


def test_a_worker_is_lost_in_the_middle_and_the_sweep_is_the_same(cluster, swept, tmp_path):
    (address, _, goes), (_, near, _) = cluster, swept
    (tmp_path / "policy.yaml").write_text(GRID)
    words = ["sweep", "01", "--grid", str(tmp_path / "policy.yaml"), "--output", str(tmp_path / "far"), "--scheduler", address]
    process = subprocess.Popen([str(BIN / "notebooks"), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        sets = "sweeps/.01*/sets/*"
        wait_for(lambda: list((tmp_path / "far").glob(sets)))
        wait_for(lambda: psutil.Process(goes.pid).children())
        orphans = psutil.Process(goes.pid).children(recursive=True)
        os.kill(goes.pid, signal.SIGKILL)
        said, errors = process.communicate(timeout=180)
    finally:
        process.kill()
    assert process.returncode == 0, said + errors
    # Its warm server and kernels end with it.
    _, alive = psutil.wait_procs(orphans, timeout=10)
    assert not alive
    assert content(sweeps(tmp_path / "far")[0]) == content(near)


def test_a_list_that_a_worker_cannot_read_is_not_sent(cluster, tmp_path):
    from helpers.runs.catalogue import find
    from helpers.runs.sweep.dask import workers
    from helpers.runs.sweep.make import make
    from helpers.runs.sweep.plan import plan

    (tmp_path / "cases.csv").write_bytes(own_cases())
    (tmp_path / "one.yaml").write_text("yots_in_all: [155]\n")
    what = plan(grid.read(str(tmp_path / "one.yaml"), *find(["02"]), {"cases": str(tmp_path / "cases.csv")}))
    what.task(1)
    (tmp_path / "cases.csv").unlink()
    made = make(what, tmp_path / "sweeps", workers(cluster[0]))
    (failed,) = made.joined.failed
    assert failed["error"].startswith("InputError: parameter cases: the file is not there, or is not the one")


def own_cases():
    from helpers import paths

    return (paths.DATA / "synthetic" / "synthetic_inspected_cases.csv").read_bytes()


def test_a_worker_with_other_code_is_told_apart():
    from dataclasses import asdict

    from helpers.runs.sweep import remote
    from helpers.runs.sweep.task import Task

    done = remote.do(asdict(Task(1, "04_evidence_ledger", {"run": ""}, {}, "another")))
    assert done["error"].startswith("InputError: this worker has other code") and done["files"] == {}


def test_an_error_of_a_worker_is_a_failed_set_and_dask_logs_no_parameter(monkeypatch):
    from dataclasses import asdict

    from helpers.runs.sweep import remote
    from helpers.runs.sweep.task import Task

    def broken(task):
        raise RuntimeError("line one\nline two")

    monkeypatch.setattr(remote, "_other_code", broken)
    done = remote.do(asdict(Task(1, "04_evidence_ledger", {"run": ""}, {}, "")))
    assert done["error"] == "RuntimeError: line two" and done["files"] == {}


def stands_in(told):
    """What a worker gives back; set 2 kills it."""
    import os
    import signal
    import time

    if told["number"] == 2:
        # Once its nanny is up, which else gives up.
        time.sleep(1)
        os.kill(os.getpid(), signal.SIGKILL)
    files = {"tables/prevalence_by_group.csv": b"x,evidence\n1,published\n"}
    return {"number": told["number"], "seconds": 0.1, "error": None, "cell": None, "files": files}


def test_a_set_that_kills_every_worker_has_failed_and_the_others_stand(dask, tmp_path, monkeypatch):
    """No worker is there at first, which is said."""
    from helpers.runs.catalogue import find
    from helpers.runs.sweep import dask as on_others
    from helpers.runs.sweep.make import make
    from helpers.runs.sweep.plan import plan

    # By its code, as a worker cannot import this module.
    own = types.FunctionType(stands_in.__code__, {"__builtins__": builtins, "__name__": "__main__"})
    monkeypatch.setattr(on_others, "on_worker", own)
    monkeypatch.setattr(on_others, "_SECONDS_WITHOUT_WORKER", 1)
    monkeypatch.setattr(on_others, "_SECONDS_TO_FETCH", 3)
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "1")
    file = tmp_path / "scheduler.json"
    dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
    wait_for(file.exists)
    address = json.loads(file.read_text())["address"]
    said = []

    def add_worker(text):
        said.append(text)
        common = ("--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1", "--local-directory", str(tmp_path / "worker"))
        dask("worker", address, *common)

    monkeypatch.setattr(on_others, "say", add_worker)
    (tmp_path / "grid.yaml").write_text("confidence: [0.8, 0.9, 0.95]\n")
    what = plan(grid.read(str(tmp_path / "grid.yaml"), *find(["02"]), {}))
    made = make(what, tmp_path / "sweeps", on_others.workers(address))
    assert said[0].startswith(f"--scheduler {address}: no worker is there")
    errors = {result["set"]: result["error"] for result in made.joined.results}
    killed = "KilledWorker: 2 workers died one after the other while they did this set"
    # Those that only waited on the workers that died are tried again, apart from it.
    assert errors == {1: None, 2: killed, 3: None}


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "tcp://127.0.0.1:99999"])
def test_a_scheduler_that_does_not_answer_is_said_in_one_line(tmp_path, address):
    (tmp_path / "policy.yaml").write_text(GRID)
    began = time.monotonic()
    done = notebooks("sweep", "01", "--grid", tmp_path / "policy.yaml", "--output", tmp_path, "--scheduler", address)
    assert done.returncode == 2 and time.monotonic() - began < 40
    assert f"--scheduler {address}: " in done.stderr and done.stderr.count("\n") == 1
