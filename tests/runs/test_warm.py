"""Warm kernels: as a cold one but for the time; and what happens when the server ends."""

import ast
import json
import os
import signal
import subprocess
import sys
import threading
from importlib.metadata import entry_points
from multiprocessing import forkserver
from textwrap import dedent

import pytest

from helpers.runs import kernels, server
from helpers.runs.watch import MIB
from tests.conftest import BIN, notebooks
from tests.runs.made_notebooks import executed, made, outputs, shown

PROBE = """
import gc, json, locale, multiprocessing, os, resource, signal, sys
import matplotlib, numpy, pandas, scipy.stats, statsmodels.api
# Which kernel it is, and where its own session lies.
OWN = ("JUPYTER_DEFAULT_PROVISIONER_NAME", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR", "JPY_PARENT_PID")
print(json.dumps({
    "environment": {name: value for name, value in os.environ.items() if name not in OWN},
    "path": sys.path,
    "arguments": [word for word in sys.argv[1:] if "_handle=" not in word and ".json" not in word],
    "folder": os.getcwd(),
    "settings": {name: str(value) for name, value in matplotlib.rcParams.items()},
    "backend": matplotlib.get_backend(),
    "locale": [locale.setlocale(locale.LC_ALL), locale.getpreferredencoding(), sys.stdout.encoding],
    "umask": os.umask(0o22),
    "signals": {each.name: str(signal.getsignal(each)).split(" at ")[0] for each in signal.Signals},
    "blocked": len(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "limits": [resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT")],
    "collector": [gc.isenabled(), gc.get_threshold()],
    "numpy": [str(numpy.geterr()), str(numpy.get_printoptions())],
    "children": [multiprocessing.get_start_method(), multiprocessing.current_process().name,
                 multiprocessing.current_process().daemon, str(multiprocessing.parent_process())],
    "leads": [os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid(), os.isatty(0)],
    "warnings": sys.warnoptions,
}))
"""


@pytest.fixture
def warm():
    with kernels.session() as kind:
        assert kind == "warm"
        yield


def probed(folder):
    outcome = executed(folder, PROBE)
    assert outcome.error is None
    return json.loads(outputs(folder)[0][0]["text"])


def test_warm_and_cold_kernels_and_a_second_session_of_each_kind_are_the_same_to_a_notebook(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = []
    for kind in ("warm", "cold", "warm"):
        with kernels.session(kind == "warm") as said:
            assert said == kind
            found.append(probed(tmp_path))
            assert os.environ[kernels.PROVISIONER] == (kernels.WARM if kind == "warm" else kernels.COLD)
        assert not server.fell_back
    assert found[0] == found[1] == found[2]


def test_each_notebook_has_a_process_state_and_random_numbers_of_its_own(warm, tmp_path):
    source = """
    import os, random, numpy, helpers
    before, helpers.touched = hasattr(helpers, "touched"), True
    os.getpid(), random.random(), numpy.random.rand(), before
    """
    seen = []
    for _ in range(2):
        assert executed(tmp_path, dedent(source)).error is None
        seen.append(ast.literal_eval(shown(tmp_path)))
    assert all(one != other for one, other in zip(seen[0][:3], seen[1][:3], strict=True))
    assert not seen[0][3] and not seen[1][3]


def test_a_kernel_opens_no_port_holds_no_file_of_the_runner_and_takes_little_memory_of_its_own(warm, tmp_path):
    source = """
    import os, psutil
    own = psutil.Process()
    rollup = open("/proc/self/smaps_rollup").read()
    private = sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private_"))
    held = [os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")]
    own.net_connections("inet"), private, held
    """
    with (tmp_path / "of the runner").open("w"):
        assert executed(tmp_path, dedent(source)).error is None
    ports, private, held = ast.literal_eval(shown(tmp_path))
    assert ports == []
    assert private < 100 * MIB / 1024
    # Standard output and standard error alone are the runner's.
    mine = {os.path.realpath(f"/proc/self/fd/{number}") for number in (0, 1, 2)}
    assert [path for path in held if path.startswith("/") and os.path.isfile(path) and path not in mine] == []
    assert not any(str(tmp_path) in path or kernels._PREFIX in path for path in held)


def test_a_notebook_may_have_children_of_every_kind(warm, tmp_path):
    source = """
    import concurrent.futures, math, multiprocessing, os, subprocess, sys
    found = []
    for method in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(1) as pool:
            found += pool.map(math.factorial, [3])
    with concurrent.futures.ProcessPoolExecutor(1) as pool:
        found += pool.map(math.sqrt, [4])
    with multiprocessing.Manager() as manager:
        found += manager.list([7])
    found.append(subprocess.run([sys.executable, "-c", "print(8)"], capture_output=True, text=True).stdout)
    found
    """
    assert executed(tmp_path, dedent(source)).error is None
    assert shown(tmp_path) == "[6, 6, 6, 2.0, 7, '8\\n']"


def test_a_kernel_is_interrupted_by_sigint(warm, tmp_path):
    source = """
    import os, signal, time
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(20)
    except KeyboardInterrupt:
        print("interrupted")
    """
    assert executed(tmp_path, dedent(source)).seconds < 10
    assert outputs(tmp_path)[0][0]["text"] == "interrupted\n"


def test_a_server_that_is_killed_takes_its_kernels_along_and_the_next_kernel_has_a_new_one(warm, tmp_path):
    first = forkserver._forkserver._forkserver_pid
    assert executed(tmp_path, "1").error is None
    threading.Timer(0.8, os.kill, (first, signal.SIGKILL)).start()
    outcome = executed(tmp_path, "1", "import re; re.match('(a*)*b', 'a' * 40)")
    assert outcome.cell == 2 and outcome.seconds < 10
    assert "was killed (signal 9): the warm server that it was forked from is gone" in outcome.error
    assert executed(tmp_path, "1").error is None
    assert forkserver._forkserver._forkserver_pid != first and not server.fell_back


def test_a_server_that_can_not_import_is_done_without(tmp_path, monkeypatch):
    (tmp_path / "breaks_at_import.py").write_text("raise SystemExit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(server, "PRELOAD", "breaks_at_import")
    with kernels.session() as kind:
        assert (kind, executed(tmp_path, "6 * 7").error, server.fell_back) == ("warm", None, True)
        assert shown(tmp_path) == "42"
    with kernels.session():
        assert not server.fell_back


def test_a_system_that_does_not_fork_has_cold_kernels(tmp_path, monkeypatch):
    monkeypatch.setattr(server.multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    with kernels.session() as kind:
        assert kind == "cold"
        assert executed(tmp_path, "6 * 7").error is None


def test_jupyter_finds_warm_kernels_by_their_name_and_papermill_uses_them(tmp_path):
    (point,) = (one for one in entry_points(group="jupyter_client.kernel_provisioners") if one.name == kernels.WARM)
    assert point.load().__name__ == "WarmProvisioner"
    figure = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"
    path = made(tmp_path, "import sys\nassert 'statsmodels.api' in sys.modules", figure).path
    settings = {kernels.PROVISIONER: kernels.WARM}
    command = [BIN / "papermill", "--no-progress-bar", path, tmp_path / "done.ipynb"]
    done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "image/png" in outputs(tmp_path)[-1][-1]["data"]


def test_ctrl_c_at_a_terminal_is_left_to_the_runner_also_while_the_server_imports():
    """All processes of a terminal get the signal."""
    source = (
        "import os, sys, time; from helpers.runs import kernels, server\nwith kernels.session(): os.killpg(0, 2); time.sleep(9)"
    )
    command = [sys.executable, "-c", source]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    said = process.communicate(timeout=60)[1]
    assert said.count("Traceback") <= 1 and "forkserver" not in said and "preload" not in said


def test_files_in_the_working_directory_are_not_taken_for_modules(tmp_path):
    for name in ("numpy", "random", "queue", "seaborn"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('taken')")
    done = notebooks("run", "04", "--output", "runs", cwd=tmp_path)
    assert done.returncode == 0 and "cold" not in done.stdout and "taken" not in done.stderr, done.stdout + done.stderr


def test_figures_and_tables_are_the_same_byte_for_byte_in_another_run_and_in_cold_kernels(run_folder, tmp_path):
    done = notebooks("run", "--cold", "--output", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    cold = tmp_path / "latest"
    for kind in ("tables", "figures"):
        names = sorted(path.name for path in (run_folder / kind).iterdir())
        assert names == sorted(path.name for path in (cold / kind).iterdir()) and names
        assert all((run_folder / kind / name).read_bytes() == (cold / kind / name).read_bytes() for name in names)
    manifests = [json.loads((folder / "manifest.json").read_text()) for folder in (run_folder, cold)]
    for what in ("key", "inputs", "sha256_of_inputs"):
        assert manifests[0][what] == manifests[1][what]
