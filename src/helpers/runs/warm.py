"""Warm kernels: each notebook has a fresh process, forked from a server that has imported the scientific stack already.

`WarmProvisioner` is found by jupyter_client through the entry point ``helpers-warm``; notebooks know nothing of it.
The server is that of `helpers.runs.server`.
"""

import ctypes
import multiprocessing
import os
import random
import signal
import sys
from contextlib import suppress
from multiprocessing import connection, forkserver, process
from multiprocessing.context import ForkServerProcess
from multiprocessing.popen_forkserver import Popen
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

from helpers.runs import server

_PR_SET_PDEATHSIG = 1


class _Forked(Popen):
    """A forked kernel with what jupyter_client expects of a subprocess."""

    stdin = stdout = stderr = None
    # Whether the server went first, so that nobody knows how the kernel ended.
    orphaned = False

    def poll(self, flag: int = os.WNOHANG) -> int | None:
        """The exit code, or the signal as a negative number; None while it runs."""
        if self.returncode is None and connection.wait([self.sentinel], 0 if flag == os.WNOHANG else None):
            try:
                self.returncode = forkserver.read_signed(self.sentinel)
            except (EOFError, OSError):
                self.returncode, self.orphaned = -signal.SIGKILL, True
        return self.returncode

    def send_signal(self, signum: int) -> None:
        """Send a signal, unless it has ended."""
        self._send_signal(signum)


class WarmProvisioner(LocalProvisioner):
    """Launch a kernel by a fork of the warm server; all else is as for a kernel launched by a command."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Launch a kernel; a command that is not ipykernel's own launcher is run as it is.

        Parameters
        ----------
        cmd : list of str
            As in the kernel specification: Python, ``-m ipykernel_launcher`` and arguments.
        """
        launcher = "ipykernel_launcher"
        if launcher not in cmd or server.fell_back:
            return await super().launch_kernel(cmd, **kwargs)
        words = cmd[cmd.index(launcher) + 1 :]
        asked = (words, str(kwargs.get("cwd") or Path.cwd()), dict(kwargs["env"]))
        # A daemon process, such as a Dask worker, would make a daemon, which may have no children of its own.
        child = ForkServerProcess(target=_kernel, args=asked, daemon=False)
        try:
            # Anew, should it have been killed.
            server.start()
            # Without start(), which a daemon process may not call.
            self.process = _Forked(child)
        except (EOFError, OSError):
            server.fell_back = True
            return await super().launch_kernel(cmd, **kwargs)
        # It leads a process group of its own as soon as it runs.
        self.pid = self.pgid = self.process.pid
        self.cwd = kwargs.get("cwd")
        return self.connection_info


def _kernel(words: list[str], cwd: str, environment: dict[str, str]) -> None:
    """Be the kernel: everything that a process of its own would not have inherited is made anew."""
    from helpers.runs import preload

    os.setsid()
    _end_with_server()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    sys.path[:] = preload.PATH
    # That the server does not look into the working directory is not for notebooks; IPython would put it there.
    sites = (at for at, path in enumerate(sys.path) if Path(path).name in ("site-packages", "dist-packages"))
    sys.path.insert(next(sites, 0), "")
    # ipykernel looks from time to time whether its parent, here the server, is still there.
    sys.argv = ["ipykernel_launcher.py", *words, f"--IPKernelApp.parent_handle={os.getppid()}"]
    _new_random_state()
    _be_a_main_process()

    from ipykernel import kernelapp

    # It would listen on a port for what forked children of the notebook print; that is lost.
    thread = kernelapp.IOPubThread
    kernelapp.IOPubThread = lambda *given, **more: thread(*given, **(more | {"pipe": False}))
    kernelapp.launch_new_instance()


def _end_with_server() -> None:
    """End when the server does, also within a loop of compiled code; and let the server end when its client does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # Chosen before the runner where the machine has no memory left.
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000")
    # The server lives as long as anyone holds this end of a pipe.
    server = forkserver._forkserver
    os.close(server._forkserver_alive_fd)
    server._forkserver_alive_fd = server._forkserver_address = server._forkserver_pid = None


def _be_a_main_process() -> None:
    """What multiprocessing keeps of a child would change how a notebook's own children start and are called."""
    main = process.current_process()
    main._name, main._identity, main._parent_pid = "MainProcess", (), None
    process._parent_process = None
    multiprocessing.set_start_method(None, force=True)


def _new_random_state() -> None:
    """Children of one server would else draw the same numbers."""
    import numpy as np

    random.seed()
    np.random.seed()
