"""The three descriptions of the environment agree, and name no address."""

import re
import tomllib
from importlib.metadata import version

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from helpers import __version__, paths

PROJECT = tomllib.loads((paths.ROOT / "pyproject.toml").read_text())
LOCK = (paths.ROOT / "requirements.lock").read_text()
CONDA = yaml.safe_load((paths.ROOT / "environment.yml").read_text())
PYTHONS = ("3.11", "3.12", "3.13")


def locked():
    """Requirement and number of hashes of each entry of the lock."""
    entries = re.findall(r"^([a-z0-9][^\n]*?)\s*\\\n((?:    --hash=[^\n]*\n)+)", LOCK, re.MULTILINE)
    return [(Requirement(head), len(re.findall(r"--hash=sha256:[0-9a-f]{64}", hashes))) for head, hashes in entries]


def environment_of(python):
    return default_environment() | {"python_version": python, "python_full_version": f"{python}.1"}


def declared():
    extras = PROJECT["project"]["optional-dependencies"].values()
    return [Requirement(text) for text in [*PROJECT["project"]["dependencies"], *(text for extra in extras for text in extra)]]


def test_every_entry_of_the_lock_has_one_version_and_hashes():
    heads = re.findall(r"^[a-z0-9][^\n]*==", LOCK, re.MULTILINE)
    assert len(heads) == len(locked()) > 100
    for requirement, hashes in locked():
        assert [specifier.operator for specifier in requirement.specifier] == ["=="]
        assert hashes >= 1, requirement


@pytest.mark.parametrize("name", ["requirements.lock", "environment.yml", "pyproject.toml", "postBuild", "Makefile"])
def test_no_address_of_an_index_is_in(name):
    text = (paths.ROOT / name).read_text()
    assert not re.search(r"://|--(extra-)?index[-]url|--find-links|--trusted-host", text)


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_holds_every_declared_package_within_its_range(python):
    pins = {
        canonicalize_name(requirement.name): next(iter(requirement.specifier)).version
        for requirement, _ in locked()
        if requirement.marker is None or requirement.marker.evaluate(environment_of(python))
    }
    for requirement in declared():
        assert pins[canonicalize_name(requirement.name)] in requirement.specifier, requirement


def test_conda_gives_python_and_the_lock_gives_all_else():
    pip = next(part["pip"] for part in CONDA["dependencies"] if isinstance(part, dict))
    assert pip == ["-r requirements.lock"]
    names = [part for part in CONDA["dependencies"] if isinstance(part, str)]
    (python,) = (part for part in names if part.startswith("python="))
    assert Version(python.removeprefix("python=")) in SpecifierSet(PROJECT["project"]["requires-python"])
    assert set(names) == {python, "pip"}


def test_binder_installs_the_project_after_the_lock_as_the_bootstrap_does():
    words = "--no-deps --no-build-isolation"
    assert f"pip install {words} --editable ." in (paths.ROOT / "postBuild").read_text()
    assert '"--no-deps", "--no-build-isolation", "-e", "."' in (paths.ROOT / "tools" / "bootstrap.py").read_text()


def test_all_say_the_same_versions_of_python():
    assert PROJECT["project"]["requires-python"] == ">=3.11,<3.14"
    assert "OLDEST, NEWEST = (3, 11), (3, 13)" in (paths.ROOT / "tools" / "bootstrap.py").read_text()
    assert "(3, 11) <= sys.version_info[:2] <= (3, 13)" in (paths.ROOT / "Makefile").read_text()


def test_what_is_installed_here_is_what_the_lock_says():
    here = default_environment()
    for requirement, _ in locked():
        if requirement.marker is None or requirement.marker.evaluate(here):
            assert version(requirement.name) in requirement.specifier, requirement


def test_the_version_is_the_same_everywhere():
    citation = yaml.safe_load((paths.ROOT / "CITATION.cff").read_text())
    assert PROJECT["project"]["version"] == __version__ == citation["version"] == version("looked-after-notebooks")
