"""Kernels that end, go on for ever, take too much, or leave something behind."""

import os
import time
from textwrap import dedent

import psutil
import pytest

from helpers.runs import kernels
from helpers.runs.watch import MIB, Limits, Watch
from tests.runs.made_notebooks import cells, executed, outputs


@pytest.fixture(scope="module", autouse=True)
def warm():
    with kernels.session():
        yield


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import sys; sys.exit(0)", "SystemExit: the notebook ended itself; 0"),
        ("import sys; sys.exit('enough')", "SystemExit: the notebook ended itself; enough"),
        ("exit()", "SystemExit: the notebook ended itself; it called exit() or quit()"),
        (
            "import os; os._exit(0)",
            "DeadKernelError: the kernel ended by itself (exit code 0): it gave no reason; it took up to ",
        ),
        ("import os; os.abort()", "DeadKernelError: the kernel was killed (signal 6): it gave no reason; it took up to "),
        (
            "import os; os.kill(os.getpid(), 9)",
            "DeadKernelError: the kernel was killed (signal 9): it gave no reason; it took up to ",
        ),
    ],
)
def test_a_notebook_that_ends_its_kernel_has_failed_in_that_cell(source, said, tmp_path):
    outcome = executed(tmp_path, "1", source, "open('went_on', 'w').close()")
    assert outcome.result == "failed" and outcome.cell == 2
    assert outcome.error.startswith(said)
    assert [len(one) > 0 for one in outputs(tmp_path)] == [True, True, False]
    first = outputs(tmp_path)[1][0]
    assert (first.output_type, f"{first.ename}: {first.evalue}") == ("error", outcome.error)
    assert cells(tmp_path)[1].metadata.papermill.status == "failed"
    assert not (tmp_path / "went_on").exists()


def test_a_kernel_that_ends_after_its_last_cell_has_failed_too(tmp_path):
    outcome = executed(tmp_path, "1", "exit()")
    assert outcome.cell == 2 and outcome.error.startswith("SystemExit")


@pytest.mark.parametrize(
    ("sources", "limits", "cell", "said"),
    [
        (["1", "while True: pass"], {"cell": 1}, 2, "the cell ran longer than the 1 seconds allowed"),
        # It is in compiled code, where no handler of a signal is called.
        (["import re; re.match('(a*)*b', 'a' * 40)"], {"cell": 1}, 1, "the cell ran longer than the 1 seconds allowed"),
        (
            ["import time"] + ["time.sleep(0.6)"] * 9,
            {"notebook": 1.5},
            None,
            "the notebook ran longer than the 2 seconds allowed",
        ),
        (
            ["kept = [b'x' * 2**26 for _ in range(99)]; [][0]"],
            {"memory": 600 * MIB},
            1,
            "more than the 600 MiB of memory allowed",
        ),
    ],
)
def test_what_goes_beyond_a_limit_is_ended_and_said(sources, limits, cell, said, tmp_path):
    began = time.monotonic()
    outcome = executed(tmp_path, *sources, **limits)
    assert time.monotonic() - began < 12
    assert outcome.error.startswith("DeadKernelError: the kernel ") and said in outcome.error
    assert outcome.cell == cell if cell else outcome.cell in (3, 4)
    assert outcome.peak > 50 * MIB


@pytest.mark.parametrize("source", ["for _ in range(100): print('x' * 10**6)", "'x' * 10**8"])
def test_a_notebook_that_prints_without_end_takes_neither_the_memory_nor_the_disk(source, tmp_path):
    before = psutil.Process().memory_info().rss
    outcome = executed(tmp_path, source, "2", output=2_000_000)
    assert "it printed more than 2,000,000 characters" in outcome.error and outcome.cell == 1
    assert (tmp_path / "done.ipynb").stat().st_size < 3_000_000
    assert psutil.Process().memory_info().rss - before < 300 * MIB


def test_an_error_of_ten_million_characters_is_told_by_its_end(tmp_path):
    outcome = executed(tmp_path, "raise ValueError('x' * 10**7 + 'end')")
    assert outcome.error.startswith("ValueError: xxx") and len(outcome.error) < 1_100
    assert outputs(tmp_path)[0][0].evalue.endswith("end")
    assert (tmp_path / "done.ipynb").stat().st_size < 200_000


@pytest.mark.parametrize("end", ["1", "import os; os._exit(1)"])
def test_what_a_notebook_starts_ends_with_it(end, tmp_path):
    source = """
    import subprocess, time
    started = [subprocess.Popen(["sleep", "600"], start_new_session=own).pid for own in (False, True)]
    open("pids", "w").write(" ".join(map(str, started)))
    time.sleep(0.3)
    """
    executed(tmp_path, dedent(source), end)
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    left = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    assert len(pids) == 2
    assert psutil.wait_procs(left, timeout=5)[1] == []


def test_a_stop_ends_a_kernel_that_starts_afterwards(tmp_path):
    Watch.stop_all()
    try:
        outcome = executed(tmp_path, "import time; time.sleep(60)")
    finally:
        Watch.resume()
    assert outcome.error is not None and outcome.seconds < 10


def test_a_watch_of_a_process_that_is_gone_says_so_by_doing_nothing():
    watch = Watch(Limits())
    child = os.posix_spawn("/bin/true", ["true"], os.environ)
    os.waitpid(child, 0)
    watch.begin(child)
    watch.kill("too late")
    watch.end()
    assert (watch.reason, watch.peak) == ("too late", 0)
