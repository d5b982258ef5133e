"""One run of the whole collection, made once and read by many tests."""

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from helpers import paths

BIN = Path(sys.executable).parent
WATCHED = ("home", "tmp")
# Of the draw from supplied cases; it must not leave.
SEED = 714_236_985


def notebooks(*words, cwd=None, **environment):
    """The command `notebooks` as a user calls it."""
    command = [str(BIN / "notebooks"), *map(str, words)]
    return subprocess.run(command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="session")
def once(tmp_path_factory, worker_id):
    """Make a run once, also where several processes test side by side; the others wait for it and read it."""
    base = tmp_path_factory.getbasetemp()
    base = base if worker_id == "master" else base.parent

    def shared(name, make):
        with (base / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            place, said = base / name, base / f"{name}.json"
            if not said.exists():
                place.mkdir()
                done = make(place)
                assert done.returncode == 0, done.stdout + done.stderr
                said.write_text(json.dumps({"args": "", "returncode": 0, "stdout": done.stdout, "stderr": done.stderr}))
            return place, subprocess.CompletedProcess(**json.loads(said.read_text()))

    return shared


@pytest.fixture(scope="session")
def collection(once):
    """The folder that holds runs, after one run of the whole collection, and what the command printed."""
    outputs, done = once("outputs", lambda place: notebooks("run", "--output", place))
    return outputs, done.stdout


@pytest.fixture(scope="session")
def run_folder(collection):
    return collection[0] / "latest"


def own_lists(folder):
    """The synthetic lists as if they were somebody's own: other identifiers, a column of free text, fewer services."""
    folder.mkdir()
    frame = pd.read_csv(paths.DATA / "synthetic" / "synthetic_sampling_frame.csv", dtype=str, keep_default_na=False)
    frame["case_id"] = "CASEID-" + frame["case_id"].str[-5:]
    frame["child_id"] = "CHILDID-" + frame["child_id"].str[-5:]
    frame["notes"] = "Jo Bloggs, case " + frame.index.astype(str)
    frame.loc[0, "home_area"] = "=cmd|' /C calc'!A0"
    frame.to_parquet(folder / "frame.parquet")
    cases = pd.read_csv(paths.DATA / "synthetic" / "synthetic_inspected_cases.csv", dtype=str, keep_default_na=False)
    cases["case_id"] = "CASEID-" + cases["case_id"].str[-5:]
    cases = cases[cases["yot"].isin([f"Synthetic service {number:02d}" for number in range(1, 9)])]
    cases.to_csv(folder / "cases.csv", index=False)
    own_judgements(folder)
    for path in folder.iterdir():
        path.chmod(0o400)
    folder.chmod(0o500)
    return folder


def own_judgements(folder):
    """What came back for the cases that the default design draws from that frame."""
    from helpers import fieldwork, parameters
    from helpers.synthetic.judgements import judgements

    found = fieldwork.drawn(parameters.FieldworkSampling(frame=str(folder / "frame.parquet"), seed=SEED))
    made = judgements(found.sheet, found.frame, seed=5)
    made = made.assign(sufficient=made["sufficient"].map({True: "yes", False: "no"}), assessor="Jo Bloggs, inspector")
    made.to_csv(folder / "judgements.csv", index=False)


@pytest.fixture(scope="session")
def supplied_run(once):
    """A run on lists in a read-only folder, one named through a link; with a home and a place for temporary files to watch."""

    def make(base):
        lists = own_lists(base / "private-folder")
        (base / "link.parquet").symlink_to(lists / "frame.parquet")
        for name in WATCHED:
            (base / name).mkdir()
        words = ["-p", f"frame={base / 'link.parquet'}", "-p", "cases=private-folder/cases.csv"]
        words += ["-p", f"seed={SEED}", "-p", "judgements=private-folder/judgements.csv", "--output", base / "outputs"]
        return notebooks("run", *words, cwd=base, HOME=str(base / "home"), TMPDIR=str(base / "tmp"))

    base, done = once("supplied", make)
    return base / "outputs" / "latest", done, {name: base / name for name in WATCHED}


@pytest.fixture(scope="session")
def synthetic_cases():
    """The synthetic inspected cases as they are read."""
    from helpers import cases

    return cases.read(paths.DATA / "synthetic" / "synthetic_inspected_cases.csv", "cases").table
