"""Do the sets of a sweep on the workers of a Dask scheduler; files come back as bytes, so that no disk need be shared."""

import logging
import re
import threading
import uuid
import warnings
from collections.abc import Callable, Generator, Iterable
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any

from helpers.errors import InputError
from helpers.parameters import RESTRICTED
from helpers.runs.speak import say
from helpers.runs.sweep.make import LostError, Workers
from helpers.runs.sweep.remote import do as on_worker
from helpers.runs.sweep.task import Done, Task

_ADDRESS = re.compile(r"(?:(?:tcp|tls|ucx|wss?)://)?(?:\[[0-9a-fA-F:.]+\]|[^\s/:]+):([0-9]{1,5})/?")
_SECONDS_TO_CONNECT = 10
_SECONDS_WITHOUT_WORKER = 15
_SECONDS_TO_FETCH = 30
# Tasks that wait at the scheduler for each thread of a worker.
_AHEAD = 2
_FEWEST = 16


def workers(address: str) -> Workers:
    """The workers of a scheduler, those of now and those that come.

    Raises
    ------
    InputError
        The extra is not installed, or nothing answers at this address.
    """
    port = _ADDRESS.fullmatch(address)
    if port is None or not 0 < int(port[1]) < 65_536:
        raise InputError(f"--scheduler {address}: is no address; write it as tcp://host:8786")
    try:
        import distributed
    except ImportError:
        raise InputError("--scheduler needs Dask; install it: pip install 'looked-after-notebooks[dask]'") from None
    # Each of its loggers has a level of its own; what they would say is said here in one line.
    for name in [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)

    def do(tasks: Iterable[Task], folder: Callable[[int], Path]) -> Generator[Done, None, None]:
        waiting = iter(tasks)
        first = next(waiting, None)
        if first is None:
            return
        client = _connect(distributed, address)
        name = f"notebooks-{uuid.uuid4().hex}"
        told: dict[str, Task] = {}
        # Sets whose workers died, perhaps of a neighbour; each is tried once more while nothing else runs.
        suspect: list[Task] = []
        alone: set[int] = set()

        def submit(task: Task) -> Any:
            key = f"{name}-{task.number}{'-alone' * (task.number in alone)}"
            told[key] = task
            return client.submit(on_worker, asdict(task), key=key, pure=False)

        looking = threading.Event()
        threading.Thread(target=_say_where_no_worker_is, args=(client, address, looking), daemon=True).start()
        try:
            running = distributed.as_completed([submit(first)], loop=client.loop)
            _fill(running, waiting, submit, client, len(told))
            for future in running:
                task = told.pop(future.key)
                given = _given(future)
                if task.number not in alone and (_killed(given) or isinstance(given, TimeoutError)):
                    suspect.append(task)
                else:
                    yield _taken(given, task.number, folder)
                future.release()
                _fill(running, waiting, submit, client, len(told))
                if suspect and not told:
                    alone.add(suspect[0].number)
                    running.add(submit(suspect.pop(0)))
        finally:
            looking.set()
            client.close(timeout=5)

    return do


def _connect(distributed: Any, address: str) -> Any:
    try:
        with warnings.catch_warnings():
            # Of versions that differ: what matters of them is in the code key.
            warnings.simplefilter("ignore")
            return distributed.Client(address, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, TimeoutError, ValueError, TypeError) as error:
        raise InputError(
            f"--scheduler {address}: nothing answers there as a Dask scheduler ({type(error).__name__}); write it as tcp://host:8786"
        ) from None


def _say_where_no_worker_is(client: Any, address: str, done: threading.Event) -> None:
    """Say once, each time that no worker is there for a while, that the sweep waits for one."""
    seen, told = monotonic(), False
    while not done.wait(1):
        # What the scheduler sends from time to time: nothing is asked of it, as it may be gone.
        if client.status != "running" or client.scheduler_info()["workers"]:
            seen, told = monotonic(), False
        elif not told and monotonic() - seen >= _SECONDS_WITHOUT_WORKER:
            told = True
            say(f"--scheduler {address}: no worker is there; waiting until one comes (Ctrl-C stops, and what is done stays)")


def _fill(running: Any, waiting: Iterable[Task], submit: Callable[[Task], Any], client: Any, ahead: int) -> None:
    """Keep some tasks ahead of the workers that there are now."""
    threads = sum(client.nthreads().values()) if client.status == "running" else 0
    wanted = max(_AHEAD * threads, _FEWEST) - ahead
    for task in islice(waiting, max(wanted, 0)):
        running.add(submit(task))


def _given(future: Any) -> dict[str, Any] | Exception:
    """What a worker gave back, or why it did not.

    A worker that dies before its files are fetched leaves a future that is done and then is not; Dask may never end that.
    """
    if future.status in ("cancelled", "lost"):
        raise LostError("the scheduler went away; what is done stays, and the same command goes on from there")
    try:
        return future.result(timeout=_SECONDS_TO_FETCH)
    except Exception as error:
        return error


def _taken(given: dict[str, Any] | Exception, number: int, folder: Callable[[int], Path]) -> Done:
    """How a task went; its files are written to the folder of its set."""
    place = folder(number)
    if isinstance(given, Exception):
        return Done(number, 0.0, _in_words(given))
    result = dict(given)
    for name, content in result.pop("files").items():
        path = place / name
        if not path.resolve().is_relative_to(place.resolve()):
            raise LostError(f"a worker sent a file that does not belong to its set: {name!r}")
        path.parent.mkdir(mode=0o700 if RESTRICTED in Path(name).parts else 0o777, parents=True, exist_ok=True)
        path.write_bytes(content)
    return Done(**result)


def _in_words(error: Exception) -> str:
    if _killed(error):
        return f"KilledWorker: {error.allowed_failures + 1} workers died one after the other while they did this set"
    if isinstance(error, TimeoutError):
        return f"TimeoutError: its files did not come back from the worker within {_SECONDS_TO_FETCH} seconds"
    text = (str(error).strip().splitlines() or ["no message"])[-1]
    return f"{type(error).__name__}: {text}"


def _killed(given: object) -> bool:
    return type(given).__name__ == "KilledWorker"
