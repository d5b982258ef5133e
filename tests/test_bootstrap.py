"""The installation: once, again only where the lock changed, and one line where it cannot be."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest

from helpers import paths

SCRIPT = paths.ROOT / "tools" / "bootstrap.py"


@pytest.fixture
def bootstrap(tmp_path, monkeypatch):
    """The script at work in another folder; its steps are recorded, and the first makes a Python that starts."""
    specification = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).write_bytes((paths.ROOT / name).read_bytes())
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "lab_settings.json").write_bytes((paths.ROOT / "tools" / "lab_settings.json").read_bytes())
    venv = tmp_path / ".venv"
    monkeypatch.setattr(module, "VENV", str(venv))
    monkeypatch.setattr(module, "ROOT", str(tmp_path))
    monkeypatch.setattr(module, "VENV_PYTHON", str(venv / "bin" / "python"))
    monkeypatch.setattr(module, "STAMP", str(venv / "installed"))
    module.steps = []

    def step(command, doing):
        module.steps.append(doing)
        (venv / "bin").mkdir(parents=True, exist_ok=True)
        if not (venv / "bin" / "python").exists():
            (venv / "bin" / "python").symlink_to(sys.executable)

    monkeypatch.setattr(module, "step", step)
    return module


def test_the_second_time_nothing_is_installed(bootstrap, capsys):
    bootstrap.main()
    assert len(bootstrap.steps) == 5
    assert "Installing" in capsys.readouterr().out
    bootstrap.main()
    assert len(bootstrap.steps) == 5
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_lock_or_project_is_installed_again(bootstrap, tmp_path, name):
    bootstrap.main()
    path = tmp_path / name
    path.write_text(path.read_text().replace('version = "0.1.0"', 'version = "0.2.0"') + "\n# changed\n")
    bootstrap.main()
    assert len(bootstrap.steps) == 10


def test_a_changed_setting_of_a_tool_installs_nothing(bootstrap, tmp_path):
    bootstrap.main()
    path = tmp_path / "pyproject.toml"
    path.write_text(path.read_text().replace("line-length = 130", "line-length = 120"))
    bootstrap.main()
    assert len(bootstrap.steps) == 5


def test_jupyterlab_is_told_to_ask_the_network_for_nothing(bootstrap, tmp_path):
    bootstrap.main()
    settings = json.loads((tmp_path / ".venv/share/jupyter/lab/settings/overrides.json").read_text())
    assert settings["@jupyterlab/apputils-extension:notification"] == {"checkForUpdates": False, "fetchNews": "false"}


def test_an_installation_that_broke_off_is_made_again(bootstrap, tmp_path):
    bootstrap.main()
    os.remove(bootstrap.STAMP)
    bootstrap.main()
    assert len(bootstrap.steps) == 10


def test_an_environment_whose_python_is_gone_is_made_again(bootstrap):
    bootstrap.main()
    os.remove(bootstrap.VENV_PYTHON)
    bootstrap.main()
    assert len(bootstrap.steps) == 10


def test_a_step_that_fails_is_named_and_ends_with_2(capsys):
    specification = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    with pytest.raises(SystemExit) as end:
        module.step([sys.executable, "-c", "raise SystemExit('no space left')"], "installing the packages")
    assert end.value.code == 2
    assert "setup: installing the packages failed" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 10, 13), (3, 14, 0)])
def test_a_wrong_python_is_told_in_one_line(version):
    code = f"import sys, runpy; sys.version_info = {version}; runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert f"this is Python {version[0]}.{version[1]}" in line and "make PYTHON=" in line


def test_make_without_any_right_python_says_what_to_do():
    done = subprocess.run(["make", "--no-print-directory", "PYTHON=", "run"], cwd=paths.ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "no Python 3.11, 3.12 or 3.13 was found" in done.stderr.splitlines()[0]
    assert done.stdout == ""


def test_the_installation_compiles_bytecode_and_checks_hashes():
    text = SCRIPT.read_text()
    assert '"--compile", "--require-hashes", "-r", "requirements.lock"' in text


def test_what_is_installed_here_is_compiled():
    """Even where PYTHONDONTWRITEBYTECODE is set, a kernel finds pandas compiled."""
    import pandas

    cache = os.path.join(os.path.dirname(pandas.__file__), "__pycache__")
    assert any(name.startswith("__init__.cpython-") for name in os.listdir(cache))
