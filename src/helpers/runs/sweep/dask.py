"""Do the sets of a sweep on the workers of a Dask scheduler; files come back as bytes, so that no disk need be shared."""

import logging
import re
import uuid
import warnings
from collections.abc import Callable, Generator, Iterable
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from helpers.errors import InputError
from helpers.parameters import RESTRICTED
from helpers.runs.sweep.make import LostError, Workers
from helpers.runs.sweep.remote import do as on_worker
from helpers.runs.sweep.task import Done, Task

_ADDRESS = re.compile(r"(?:(?:tcp|tls|ucx|wss?)://)?(?:\[[0-9a-fA-F:.]+\]|[^\s/:]+):([0-9]{1,5})/?")
_SECONDS_TO_CONNECT = 10
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
    logging.getLogger("distributed").setLevel(logging.CRITICAL)

    def do(tasks: Iterable[Task], folder: Callable[[int], Path]) -> Generator[Done, None, None]:
        waiting = iter(tasks)
        first = next(waiting, None)
        if first is None:
            return
        client = _connect(distributed, address)
        name = f"notebooks-{uuid.uuid4().hex}"
        numbers: dict[str, int] = {}

        def submit(task: Task) -> Any:
            key = f"{name}-{task.number}"
            numbers[key] = task.number
            return client.submit(on_worker, asdict(task), key=key, pure=False)

        try:
            running = distributed.as_completed([submit(first)], loop=client.loop)
            _fill(running, waiting, submit, client, numbers)
            for future in running:
                yield _taken(future, numbers.pop(future.key), folder)
                future.release()
                _fill(running, waiting, submit, client, numbers)
        finally:
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


def _fill(running: Any, waiting: Iterable[Task], submit: Callable[[Task], Any], client: Any, numbers: dict[str, int]) -> None:
    """Keep some tasks ahead of the workers that there are now."""
    threads = sum(client.nthreads().values()) if client.status == "running" else 0
    wanted = max(_AHEAD * threads, _FEWEST) - len(numbers)
    for task in islice(waiting, max(wanted, 0)):
        running.add(submit(task))


def _taken(future: Any, number: int, folder: Callable[[int], Path]) -> Done:
    """How a task went; its files are written to the folder of its set."""
    if future.status in ("cancelled", "lost"):
        raise LostError("the scheduler went away; what is done stays, and the same command goes on from there")
    place = folder(number)
    if future.status == "error":
        return Done(number, 0.0, _in_words(future.exception()))
    result = future.result()
    for name, content in result.pop("files").items():
        path = place / name
        if not path.resolve().is_relative_to(place.resolve()):
            raise LostError(f"a worker sent a file that does not belong to its set: {name!r}")
        path.parent.mkdir(mode=0o700 if RESTRICTED in Path(name).parts else 0o777, parents=True, exist_ok=True)
        path.write_bytes(content)
    return Done(**result)


def _in_words(error: BaseException) -> str:
    name = type(error).__name__
    if name == "KilledWorker":
        return f"KilledWorker: {error.allowed_failures + 1} workers died one after the other while they did this set"
    text = (str(error).strip().splitlines() or ["no message"])[-1]
    return f"{name}: {text}"
