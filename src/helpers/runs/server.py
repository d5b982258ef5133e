"""The warm server: a process that has imported the scientific stack, and from which kernels are forked.

It is the fork server of Python's standard library, one for each process that runs notebooks. Only the standard library
is imported here, so that the server starts before its client has imported anything.
"""

import multiprocessing
import os
import signal
import sys
from multiprocessing import forkserver

PRELOAD = "helpers.runs.preload"
# Read when matplotlib is imported, which in the server is before ipykernel would set it.
BACKEND = "module://matplotlib_inline.backend_inline"

# Whether a kernel had to be started cold, since the server did not answer.
fell_back = False


def possible() -> bool:
    """Whether this system can fork from a server."""
    return "forkserver" in multiprocessing.get_all_start_methods()


def start() -> None:
    """Start the server, which imports while this process goes on."""
    multiprocessing.set_forkserver_preload([PRELOAD])
    # It would be started with the warnings that the user asked of this process, which kernels are not to have.
    asked, sys.warnoptions = sys.warnoptions, []
    try:
        forkserver.ensure_running()
    finally:
        sys.warnoptions = asked


def stop() -> None:
    """Stop the server; kernels that still run end with it."""
    # The standard library has no public way; its own tests use this one. Killed first, since it may still be importing.
    server = forkserver._forkserver
    if server._forkserver_pid is not None:
        os.kill(server._forkserver_pid, signal.SIGKILL)
    server._stop()
