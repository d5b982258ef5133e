"""Runs that are killed, have no room, are not alone, or lie in strange places."""

import json
import os
import shutil
import subprocess
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from helpers.datapackage import verify_run
from helpers.runs import kernels, runner
from helpers.runs.catalogue import find
from helpers.runs.execute import execute
from helpers.runs.places import RUN_NAME, hold
from tests.conftest import BIN, notebooks
from tests.runs.made_notebooks import made

CAN_MOUNT = (
    shutil.which("unshare")
    and subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, timeout=30).returncode == 0
)
mounts = pytest.mark.skipif(not CAN_MOUNT, reason="needs the right to mount, as root has")
EARLIER = "2020-01-01T000000Z"


def with_an_earlier_run(outputs):
    (outputs / EARLIER).mkdir(parents=True)
    (outputs / EARLIER / "kept.txt").write_text("kept")
    (outputs / "latest").symlink_to(EARLIER)
    return outputs


def as_it_was(outputs):
    return os.readlink(outputs / "latest") == EARLIER and (outputs / EARLIER / "kept.txt").read_text() == "kept"


@contextmanager
def substituted(monkeypatch, folder, *cells):
    """Notebook 04 stands for itself, but other cells are executed, after that of its parameters."""
    monkeypatch.setattr(runner, "execute", lambda notebook, *rest: execute(_Other(notebook, made(folder, *cells)), *rest))
    with kernels.session():
        yield {notebook: notebook.model() for notebook in find(["04"])}


class _Other:
    def __init__(self, notebook, other):
        self.stem, self.title, self.question, self.path = notebook.stem, notebook.title, notebook.question, other.path


def test_after_a_kill_all_that_was_is_there_nothing_runs_on_and_the_next_run_cleans_up(tmp_path):
    """SIGKILL, while a kernel is in a loop of compiled code that no signal handler interrupts."""
    outputs = with_an_earlier_run(tmp_path / "outputs")
    own = os.environ | {"TMPDIR": "/tmp"}
    process = subprocess.Popen([BIN / "notebooks", "run", "01", "--output", outputs], env=own, stdout=subprocess.DEVNULL)
    runner_process = psutil.Process(process.pid)

    def kernels_of():
        return [child for child in runner_process.children(recursive=True) if child.ppid() != process.pid]

    deadline = time.monotonic() + 60
    while not kernels_of() and time.monotonic() < deadline:
        time.sleep(0.05)
    # Stopped, it can not heed anything; it is as in a loop that never comes back to Python.
    kernels_of()[0].suspend()
    started = runner_process.children(recursive=True)
    private = [path for path in os.listdir("/tmp") if path.startswith(kernels._PREFIX)]
    process.kill()
    process.wait()
    assert psutil.wait_procs(started, timeout=15)[1] == []
    assert as_it_was(outputs)
    left = [path.name for path in outputs.iterdir() if RUN_NAME.fullmatch(path.name[1:])]
    assert len(left) == 1
    done = notebooks("run", "04", "--output", outputs, TMPDIR="/tmp")
    assert done.returncode == 0, done.stderr
    assert not (outputs / left[0]).exists()
    assert [path for path in private if os.path.exists(f"/tmp/{path}") and not _held(f"/tmp/{path}")] == []


def _held(folder):
    try:
        os.close(hold(Path(folder)))
    except (BlockingIOError, FileNotFoundError):
        return True
    return False


def test_a_kernel_that_is_killed_is_a_failed_run_with_the_reason_and_the_executed_notebook(tmp_path, monkeypatch):
    outputs = with_an_earlier_run(tmp_path / "outputs")
    with substituted(monkeypatch, tmp_path, "1", "import os, time; time.sleep(0.3); os.kill(os.getpid(), 9)") as chosen:
        done = runner.run(chosen, outputs, 1)
    assert not done.good and done.folder.parent == outputs / "failed" and as_it_was(outputs)
    reason = (done.folder / "reason.txt").read_text()
    assert "in cell 3: DeadKernelError: the kernel was killed (signal 9)" in reason and "MiB of memory" in reason
    told = json.loads((done.folder / "manifest.json").read_text())["notebooks"]["04_evidence_ledger"]
    assert told["cell"] == 3 and told["peak_mib"] > 50
    assert "was killed (signal 9)" in (done.folder / "index.html").read_text()


def test_a_notebook_beyond_its_limits_is_a_failed_run(tmp_path):
    done = notebooks("run", "04", "--memory", "60", "--output", tmp_path)
    assert done.returncode == 1
    assert "it took more than the 60 MiB of memory allowed" in done.stdout
    assert not (tmp_path / "latest").exists()


def test_a_latest_that_somebody_makes_a_folder_during_a_run_is_kept_and_so_is_the_run(tmp_path, monkeypatch):
    outputs = tmp_path / "outputs"
    make = f"import os; os.mkdir({str(outputs / 'latest')!r})"
    with substituted(monkeypatch, tmp_path, make) as chosen, pytest.raises(FileExistsError, match="is not a symbolic link"):
        runner.run(chosen, outputs, 1)
    assert (outputs / "latest").is_dir() and not (outputs / "latest").is_symlink()
    (kept,) = (path for path in outputs.iterdir() if path.name != "latest")
    assert (kept / "manifest.json").is_file()


def test_a_clock_that_is_set_back_does_not_make_a_run_end_before_it_started(tmp_path, monkeypatch):
    class Clock(datetime):
        ahead = timedelta(hours=2)

        @classmethod
        def now(cls, tz=None):
            cls.ahead -= timedelta(hours=1)
            return datetime.now(tz) + cls.ahead

    monkeypatch.setattr(runner, "datetime", Clock)
    with substituted(monkeypatch, tmp_path, "1") as chosen:
        done = runner.run(chosen, tmp_path / "outputs", 1)
    told = json.loads((done.folder / "manifest.json").read_text())
    started, ended = (datetime.fromisoformat(told[name]) for name in ("started", "ended"))
    assert started.tzinfo and started <= ended < started + timedelta(minutes=5)
    assert datetime.now(UTC) < started


def test_two_runs_at_once_in_one_folder_are_both_whole(tmp_path):
    found = []
    words = ("run", "04", "--force", "--output", tmp_path)
    threads = [threading.Thread(target=lambda: found.append(notebooks(*words))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [done.returncode for done in found] == [0, 0], [done.stderr for done in found]
    names = {path.name for path in tmp_path.iterdir()} - {"latest"}
    assert len(names) == 2 and os.readlink(tmp_path / "latest") in names
    for name in names:
        verify_run(tmp_path / name)


@pytest.mark.parametrize("place", ["Kinder- und Jugendhilfe {0} 100% 'é'", "子ども {{x}} %s"])
def test_folders_may_be_called_anything(place, tmp_path):
    folder = tmp_path / place
    folder.mkdir()
    done = notebooks("run", "04", "--output", f"läufe {place}", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / f"läufe {place}" / "latest" / "notebooks" / "04_evidence_ledger.ipynb").is_file()


def test_a_folder_for_temporary_files_may_have_a_long_name(tmp_path):
    temporary = tmp_path / ("t" * 120)
    temporary.mkdir()
    command = [BIN / "notebooks", "run", "04", "--output", "runs"]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | {"TMPDIR": str(temporary)}, capture_output=True, timeout=120)
    assert done.returncode == 0 and done.stderr == b"", done.stdout + done.stderr
    assert b"cold" not in done.stdout and os.listdir(temporary) == []


def mounted(outputs, options, words):
    """Run in a mount namespace of its own, where `outputs` is mounted with these options."""
    script = f"mount {options} {outputs} && {words}; code=$?; find {outputs} | sort; exit $code"
    return subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, timeout=120)


@mounts
def test_a_disk_that_fills_up_during_a_run_leaves_nothing_half(tmp_path):
    outputs = tmp_path / "outputs"
    outputs.mkdir()
    done = mounted(outputs, "-t tmpfs -o size=100k none", f"{BIN / 'notebooks'} run 04 --output {outputs}")
    assert done.returncode == 1, done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1 and "No space left on device" in done.stderr
    assert done.stdout.splitlines()[-1] == str(outputs)


@mounts
def test_outputs_that_are_read_only_are_refused_and_an_unchanged_run_there_still_stands(tmp_path):
    """A bind mount, since modes do not hold root back."""
    outputs = tmp_path / "outputs"
    assert notebooks("run", "04", "--output", outputs).returncode == 0
    run = f"{BIN / 'notebooks'} run 04 --output {outputs}"
    done = mounted(outputs, f"--bind -o ro {outputs}", f"{run} && {run} --force")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "up to date" in done.stdout
    assert "cannot be written (" in done.stderr and len(done.stderr.splitlines()) == 1


@mounts
def test_where_no_folder_for_temporary_files_can_be_written_another_is_taken(tmp_path):
    run = f"mount -t tmpfs none {tmp_path} && cd {tmp_path} && {BIN / 'notebooks'} run 04 --output outputs"
    done = mounted("/tmp", "--bind -o ro /tmp", run)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "cold" not in done.stderr
