"""One run of the whole collection, made once and read by many tests."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
