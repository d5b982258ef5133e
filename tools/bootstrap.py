"""Install the environment of the collection into ``.venv``; do nothing if it is there already.

This file runs before anything is installed, so it uses the standard library alone and keeps to
syntax that old versions of Python can read far enough to be told that they are too old.
"""

import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
VENV_PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, "installed")
OLDEST, NEWEST = (3, 11), (3, 13)


def fail(message):
    """End with one line and exit code 2."""
    sys.stderr.write("setup: " + message + "\n")
    sys.exit(2)


def fingerprint():
    """Hash of all that an installed environment depends on.

    The folder is part of it, because a virtual environment does not survive being moved. Settings of tools
    in pyproject.toml are not: changing one installs nothing.
    """
    import tomllib  # not at the top: an old Python has none, and is to be told that it is old

    digest = hashlib.sha256(ROOT.encode())
    with open(os.path.join(ROOT, "requirements.lock"), "rb") as handle:
        digest.update(handle.read())
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as handle:
        digest.update(repr(tomllib.load(handle)["project"]).encode())
    return digest.hexdigest()


def installed():
    """Whether ``.venv`` is complete, made from this lock, and its Python still starts."""
    try:
        with open(STAMP) as handle:
            if handle.read() != fingerprint():
                return False
        return subprocess.call([VENV_PYTHON, "-c", ""]) == 0
    except OSError:
        return False


def step(command, doing):
    """Run one step of the installation; on failure say which and end."""
    environment = dict(os.environ, MPLCONFIGDIR=os.path.join(VENV, "var", "matplotlib"))
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        text = done.stdout.decode(errors="replace").strip()
        sys.stderr.write(text[-4000:] + "\n")
        fail("%s failed; the reason is above. Check the connection and the free space, then run make again" % doing)


def main():
    """Make ``.venv``, fill it from the lock, and stamp it when whole."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        fail(
            "this is Python %d.%d and the collection needs 3.11, 3.12 or 3.13; name one: make PYTHON=/path/to/python3.11 run"
            % sys.version_info[:2]
        )
    if installed():
        return
    sys.stdout.write("Installing the environment into .venv from requirements.lock: once, one to three minutes.\n")
    sys.stdout.flush()
    pip = [VENV_PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-input"]
    step([sys.executable, "-m", "venv", "--clear", VENV], "making the virtual environment")
    # --compile even where PYTHONDONTWRITEBYTECODE is set: else every kernel compiles pandas again.
    step([*pip, "--compile", "--require-hashes", "-r", "requirements.lock"], "installing the packages of requirements.lock")
    step([*pip, "--no-deps", "--no-build-isolation", "-e", "."], "installing the project itself")
    step([VENV_PYTHON, "-m", "compileall", "-q", "src"], "compiling the helpers")
    # The list of fonts is made here, or two first kernels would make it side by side.
    step([VENV_PYTHON, "-c", "import matplotlib.font_manager"], "listing the fonts")
    # JupyterLab would ask the network for news and newer versions.
    settings = os.path.join(VENV, "share", "jupyter", "lab", "settings")
    os.makedirs(settings, exist_ok=True)
    shutil.copyfile(os.path.join(ROOT, "tools", "lab_settings.json"), os.path.join(settings, "overrides.json"))
    with open(STAMP, "w") as handle:
        handle.write(fingerprint())


if __name__ == "__main__":
    main()
