"""Promises of the repository as a whole."""

import re
import subprocess

import pytest
import yaml

from helpers import paths
from helpers.runs import documents


def tracked():
    listed = subprocess.run(["git", "ls-files"], cwd=paths.ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return [paths.ROOT / name for name in listed if name and (paths.ROOT / name).is_file()]


def text_of(path):
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("path", documents.GENERATED, ids=lambda path: path.name)
def test_the_generated_parts_of_a_document_are_current(path):
    assert path.read_text() == documents.current(path), "run: make docs"


def test_the_readme_gives_five_answers():
    text = (paths.ROOT / "README.md").read_text()
    part = text.split("<!-- generated: answers -->")[1].split("<!-- end: answers -->")[0]
    assert len([line for line in part.splitlines() if line.startswith("- ")]) == 5
    for figure in ("60 cases", "26%", "21%", "18.75%", "106 claims"):
        assert figure in part


def test_every_file_and_target_that_the_documents_name_is_there():
    targets = set(re.findall(r"^([a-z]+):", (paths.ROOT / "Makefile").read_text(), re.MULTILINE))
    for name in ("README.md", "docs/contracts.md", "docs/method.md", "CHANGELOG.md", "bench/README.md"):
        text = (paths.ROOT / name).read_text()
        assert set(re.findall(r"`make ([a-z]+)`", text)) <= targets, name
        for link in re.findall(r"\]\(([^)#]+)\)", text):
            if "://" not in link:
                assert ((paths.ROOT / name).parent / link).exists(), (name, link)
        for path in re.findall(r"`((?:data|src|docs|tests|bench|tools|notebooks)/[\w./-]*)`", text):
            assert "NAME" in path or (paths.ROOT / path).exists(), (name, path)


def test_make_alone_lists_every_target_with_a_line():
    listed = subprocess.run(["make"], cwd=paths.ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.search(r"^\.PHONY: (.*)$", (paths.ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
    for target in set(targets) - {"help"}:
        assert re.search(rf"^  make {target} +\S", listed, re.MULTILINE), target


def test_ci_calls_make_test_and_nothing_cleverer():
    lines = (paths.ROOT / ".ci" / "run").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == [
        "set -eu",
        'cd "$(dirname "$0")/.."',
        "exec make test",
    ]


def test_no_address_of_a_registry_and_no_path_of_a_machine_is_tracked():
    address = re.compile(r"https?://[^\s]*/(simple|packages/[0-9a-f]{2})/|https?://registry\.|(^|[^\w.])/(root|home/\w+|farm)/")
    guards = {"test_repository.py", "test_notebooks.py", "test_published.py"}
    assert [path.name for path in tracked() if path.name not in guards and address.search(text_of(path))] == []


def test_no_personal_data_is_tracked():
    """No telephone, no e-mail address."""
    found = re.compile(r"\b0\d{2,4}[ -]\d{3,4}[ -]\d{3,4}\b|[\w.]+@[\w-]+\.(gov|org|co|com|uk)\b")
    # One test holds a made-up number, to show that its guard finds one.
    assert [path.name for path in tracked() if found.search(text_of(path)) and path.name != "test_published.py"] == []


def test_no_supplied_or_run_output_is_tracked():
    assert [path for path in tracked() if "outputs" in path.parts and path.name != ".gitkeep"] == []


def test_two_licences_are_there_and_named():
    assert "MIT License" in (paths.ROOT / "LICENSE").read_text()
    assert "Open Government Licence v3.0" in (paths.ROOT / "LICENSE-DATA.md").read_text()
    readme = (paths.ROOT / "README.md").read_text()
    assert "MIT licence" in readme and "Open Government Licence v3.0" in readme


def test_the_citation_file_has_what_its_format_asks_for():
    citation = yaml.safe_load((paths.ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "authors", "version", "license"} <= citation.keys()


def test_pages_never_shorten_requires_improvement():
    pages = [path for path in tracked() if path.suffix in (".md", ".ipynb", ".j2", ".csv", ".json") or "figures.py" in path.name]
    assert [path.name for path in pages if re.search(r"\bRI\b", text_of(path)) and path.suffix != ".ipynb"] == []
