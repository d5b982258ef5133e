"""The surroundings that kernels run in: nothing of the user's settings, sockets in a private folder, and a warm server."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import entry_points
from pathlib import Path

from helpers.errors import InputError
from helpers.runs import places, server

# The path of a socket may have 107 characters, of which the name of a kernel takes some twenty-five.
_LONGEST = 55
_PREFIX = "looked-after-kernels-"
WARM, COLD = "helpers-warm", "local-provisioner"
PROVISIONER = "JUPYTER_DEFAULT_PROVISIONER_NAME"
_NOT_THE_USERS = ("JUPYTER_PATH", "MATPLOTLIBRC", "PYTHONWARNINGS", "PYTHONSTARTUP")


@contextmanager
def session(use_warm: bool = True) -> Iterator[str]:
    """Let notebooks be executed; one session at a time in a process.

    Parameters
    ----------
    use_warm : bool
        Fork kernels from a warm server, where the system can.

    Yields
    ------
    str
        ``warm`` or ``cold``.
    """
    before = dict(os.environ)
    folder, lock = _private_folder()
    for name in _NOT_THE_USERS:
        os.environ.pop(name, None)
    os.environ |= {"IPYTHONDIR": str(folder / "ipython"), "JUPYTER_RUNTIME_DIR": str(folder), "JUPYTER_PREFER_ENV_PATH": "1"}
    os.environ["MPLBACKEND"] = server.BACKEND
    fonts = Path(sys.prefix) / "var" / "matplotlib"
    if fonts.is_dir():
        # A copy, since matplotlib makes the list again where it cannot write beside it.
        os.environ["MPLCONFIGDIR"] = shutil.copytree(fonts, str(folder / "matplotlib"))
    forked = use_warm and server.possible() and _registered()
    # Read by jupyter_client, which then asks for the entry point of this name.
    os.environ[PROVISIONER] = WARM if forked else COLD
    try:
        if forked:
            server.begin(str(folder))
        _import_without_a_slow_grammar()
        yield "warm" if forked else "cold"
    finally:
        if forked:
            server.stop()
        os.environ.clear()
        os.environ.update(before)
        _tell_jupyter()
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _tell_jupyter() -> None:
    """Other users of jupyter_client in this process get the kernels that they would have had; it reads the variable once."""
    provisioning = sys.modules.get("jupyter_client.provisioning")
    if provisioning is not None:
        provisioning.KernelProvisionerFactory.instance().default_provisioner_name = os.environ.get(PROVISIONER, COLD)


def _import_without_a_slow_grammar() -> None:
    """Import jsonschema, which notebooks are validated by, without a grammar of web addresses that none has.

    It would be compiled for a second, as long as all the rest of papermill takes.
    """
    grammar = "rfc3987_syntax"
    if "jsonschema" not in sys.modules and grammar not in sys.modules:
        sys.modules[grammar] = None
        import jsonschema  # noqa: F401

        del sys.modules[grammar]


def _registered() -> bool:
    """Whether the entry point is installed; an installation older than it can still run."""
    return any(point.name == WARM for point in entry_points(group="jupyter_client.kernel_provisioners"))


def _short_enough() -> Path:
    """A folder for temporary files that can be written, and whose path leaves room for that of a socket."""
    usual = (tempfile.gettempdir(), os.environ.get("XDG_RUNTIME_DIR", ""), "/tmp", "/dev/shm", "/var/tmp", str(Path.home()))
    for path in usual:
        if path and len(os.fsencode(path)) < _LONGEST and Path(path).is_dir() and os.access(path, os.W_OK | os.X_OK):
            return Path(path)
    raise InputError(f"no folder for temporary files can be written; name one by TMPDIR, of fewer than {_LONGEST} characters")


def _private_folder() -> tuple[Path, int]:
    """A new folder that its owner alone can enter, with a path short enough for sockets; and its lock.

    What sessions that were killed left behind is removed.
    """
    base = _short_enough()
    for left in base.glob(f"{_PREFIX}*"):
        with suppress(FileNotFoundError):
            if left.is_dir() and left.stat().st_uid == os.getuid():
                places.remove_abandoned(left)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
        # Another session may clean it up before it is held.
        with suppress(BlockingIOError, FileNotFoundError):
            lock = places.hold(folder)
            if folder.exists():
                return folder, lock
            os.close(lock)
