"""The warm server: a process that has imported the scientific stack, and from which kernels are forked.

It is the fork server of Python's standard library, one for each process that runs notebooks. Only the standard library
is imported here, so that the server starts before its client has imported anything.
"""

import multiprocessing
import os
import signal
import sys
import threading
from contextlib import suppress
from multiprocessing import forkserver, resource_tracker

PRELOAD = "helpers.runs.preload"
# Read when matplotlib is imported, which in the server is before ipykernel would set it.
BACKEND = "module://matplotlib_inline.backend_inline"
SAFE_PATH = "PYTHONSAFEPATH"

# Whether a kernel had to be started cold, since the server did not answer.
fell_back = False
_starting = threading.Lock()


def possible() -> bool:
    """Whether this system can fork from a server."""
    return "forkserver" in multiprocessing.get_all_start_methods()


def begin(folder: str) -> None:
    """Start the server, which imports while this process goes on; its socket lies in a private folder."""
    global fell_back
    fell_back = False
    # Its own choice would stay behind after a kill, and may have a path too long for a socket.
    multiprocessing.current_process()._config["tempdir"] = folder
    start()


def start() -> None:
    """Start the server unless it runs."""
    multiprocessing.set_forkserver_preload([PRELOAD])
    with _starting:
        # It would be started with the warnings that the user asked of this process, which kernels are not to have.
        asked, sys.warnoptions = sys.warnoptions, []
        # It would import a user's file that is called as a module is, if it lies in the working directory.
        safe = os.environ.get(SAFE_PATH)
        os.environ[SAFE_PATH] = "1"
        # Started first, since it would let Ctrl-C through again.
        resource_tracker.ensure_running()
        # Ctrl-C goes to all processes of a terminal, and is this one's to heed.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            forkserver.ensure_running()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            sys.warnoptions = asked
            if safe is None:
                del os.environ[SAFE_PATH]
            else:
                os.environ[SAFE_PATH] = safe


def stop() -> None:
    """Stop the server; kernels that still run end with it."""
    # The standard library has no public way; its own tests use this one. Killed first, since it may still be importing.
    server = forkserver._forkserver
    multiprocessing.current_process()._config.pop("tempdir", None)
    if server._forkserver_pid is not None:
        os.kill(server._forkserver_pid, signal.SIGKILL)
    # The socket may be gone already.
    with suppress(FileNotFoundError):
        server._stop()
