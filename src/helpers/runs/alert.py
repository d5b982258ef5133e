"""Call a command where a scheduled run failed."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

SECONDS = 60


def call(command: Sequence[str], told: Mapping[str, str], seconds: float = SECONDS) -> None:
    """Call a command without a shell; what it prints goes to standard error, and so does its own failure.

    Parameters
    ----------
    command : sequence of str
    told : mapping
        For its environment: ``STATUS`` is given as ``NOTEBOOKS_STATUS``.
    seconds : float
        After which it is ended, with all that it started.
    """
    environment = os.environ | {f"NOTEBOOKS_{name}": value for name, value in told.items()}
    try:
        # A group of its own, so that what it starts can be ended with it.
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=2, env=environment, start_new_session=True) as process:
            try:
                said = _in_words(process.wait(seconds))
            except subprocess.TimeoutExpired:
                said = f"did not end within {seconds:g} s"
            except KeyboardInterrupt:
                said = "was stopped"
            if said:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
    except OSError as error:
        said = f"could not be called ({error.strerror or error})"
    if said:
        print(f"notebooks run: the command of --on-failure {said}; the exit code stays as it was", file=sys.stderr)


def _in_words(code: int) -> str:
    return "" if code == 0 else f"ended with exit code {code}" if code > 0 else f"was ended by signal {-code}"
