"""What a Dask worker does with a task: it runs in a kernel forked from the worker's own warm server, and files come back."""

import atexit
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from multiprocessing import util
from pathlib import Path
from typing import Any

from helpers.runs import kernels
from helpers.runs.catalogue import Notebook
from helpers.runs.sweep.task import FIGURES, Task, code_key, perform

# Of this process: one session, opened by the first task and closed at the exit; the code that its warm server imported.
_session = ExitStack()
_open: dict[str, bool] = {}
_codes: dict[str, str] = {}
_free = threading.Condition()
_running = 0


def do(told: dict[str, Any]) -> dict[str, Any]:
    """Do a task; gives how it went, and the content of every file that it made by its path.

    Parameters
    ----------
    told : dict
        The fields of a `Task`.
    """
    task = Task(**told)
    try:
        if wrong := _other_code(task):
            return {"number": task.number, "seconds": 0.0, "error": wrong, "cell": None, "files": {}}
        with _warm(task.figures):
            # In the folder of the session: what a killed worker leaves there is removed by the next session.
            base = Path(tempfile.mkdtemp(dir=os.environ["JUPYTER_RUNTIME_DIR"]))
            try:
                done = perform(task, base / "set")
                return asdict(done) | {"files": _files(base / "set")}
            finally:
                shutil.rmtree(base, ignore_errors=True)
    except Exception as error:
        # Dask would log it with the parameters of the set, a secret seed among them.
        said = (error.strerror if isinstance(error, OSError) else str(error).strip()) or "no message"
        line = f"{type(error).__name__}: {said.splitlines()[-1]}"
        return {"number": task.number, "seconds": 0.0, "error": line, "cell": None, "files": {}}


def _other_code(task: Task) -> str:
    """Why this worker cannot do a task, where it has other code: what lies there now, or what its warm server imported."""
    now = code_key(Notebook(task.stem))
    with _free:
        began_with = _codes.setdefault(task.stem, now)
    if task.code == now == began_with:
        return ""
    remedy = "start it again" if task.code == now else "bring both to the same commit and environment, and start it again"
    return f"InputError: this worker has other code, data or packages than where the sweep was started; {remedy}"


@contextmanager
def _warm(figures: bool) -> Iterator[None]:
    """Hold the session; tasks that draw figures and tasks that do not wait for each other, since kernels inherit which."""
    global _running
    with _free:
        _free.wait_for(lambda: not _running or _open.get("figures") == figures)
        if "session" not in _open:
            _session.enter_context(kernels.session())
            _open["session"] = True
            # A worker under a nanny is left without the one, and a worker without a nanny without the other.
            util.Finalize(None, _session.close, exitpriority=10)
            atexit.register(_session.close)
        _open["figures"] = figures
        os.environ[FIGURES] = "on" if figures else "off"
        _running += 1
    try:
        yield
    finally:
        with _free:
            _running -= 1
            _free.notify_all()


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
