"""One run of the whole collection, made once and read by many tests."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from helpers import paths

BIN = Path(sys.executable).parent


def notebooks(*words, cwd=None, **environment):
    """The command `notebooks` as a user calls it."""
    command = [str(BIN / "notebooks"), *map(str, words)]
    return subprocess.run(command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="session")
def collection(tmp_path_factory):
    """The folder that holds runs, after one run of the whole collection, and what the command printed."""
    outputs = tmp_path_factory.mktemp("outputs")
    done = notebooks("run", "--output", outputs)
    assert done.returncode == 0, done.stdout + done.stderr
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

    found = fieldwork.drawn(parameters.FieldworkSampling(frame=str(folder / "frame.parquet")))
    made = judgements(found.sheet, found.frame, seed=5)
    made = made.assign(sufficient=made["sufficient"].map({True: "yes", False: "no"}), assessor="Jo Bloggs, inspector")
    made.to_csv(folder / "judgements.csv", index=False)


@pytest.fixture(scope="session")
def supplied_run(tmp_path_factory):
    """A run on lists in a read-only folder, one named through a link; with a home and a place for temporary files to watch."""
    base = tmp_path_factory.mktemp("supplied")
    lists = own_lists(base / "private-folder")
    (base / "link.parquet").symlink_to(lists / "frame.parquet")
    watched = {name: base / name for name in ("home", "tmp")}
    for folder in watched.values():
        folder.mkdir()
    words = ["-p", f"frame={base / 'link.parquet'}", "-p", "cases=private-folder/cases.csv"]
    words += ["-p", "judgements=private-folder/judgements.csv", "--output", base / "outputs"]

    done = notebooks("run", *words, cwd=base, HOME=str(watched["home"]), TMPDIR=str(watched["tmp"]))
    assert done.returncode == 0, done.stdout + done.stderr
    return base / "outputs" / "latest", done, watched
