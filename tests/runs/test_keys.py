"""What a key depends on, and which runs still stand."""

import json
import shutil

import pytest

from helpers import paths
from helpers.runs import keys, up_to_date
from helpers.runs.catalogue import find
from tests.conftest import notebooks

GIVEN = {"data/a.csv": "1", "notebooks/04.ipynb": "2", "src/helpers/x.py": "3", "requirements.lock": "4"}


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """A run of 04 and its manifest."""
    outputs = tmp_path_factory.mktemp("outputs")
    assert notebooks("run", "04", "--output", outputs).returncode == 0
    folder = (outputs / "latest").resolve()
    return folder, json.loads((folder / "manifest.json").read_text())


@pytest.fixture
def copied(one, tmp_path):
    """A copy of that run in another folder, and how it is found there."""
    folder, manifest = one
    copy = shutil.copytree(folder, tmp_path / folder.name)
    (tmp_path / "latest").symlink_to(copy.name)
    return copy, lambda: (up_to_date.by_key(tmp_path, manifest["key"]), up_to_date.by_request(tmp_path, manifest["request"]))


def key(given=GIVEN, **changed):
    (notebook,) = find(["03"])
    return keys.run_key({notebook: notebook.model(cases="", **changed)}, given)


@pytest.mark.parametrize("path", GIVEN)
def test_every_input_and_every_parameter_is_in_the_key_and_their_order_is_not(path, monkeypatch):
    assert key() == key(dict(reversed(GIVEN.items()))) == key(confidence=0.95)
    assert key() != key(GIVEN | {path: "changed"}) and key() != key({name: GIVEN[name] for name in GIVEN if name != path})
    assert key() != key(confidence=0.9)
    before = key()
    monkeypatch.setattr(keys, "installed", lambda: "another version")
    assert key() != before


def test_the_order_of_words_and_of_names_is_not_in_a_request_and_a_file_is_by_its_content(tmp_path):
    assert keys.request(["04", "02"], ["a=1", "b=2"], None, None) == keys.request(["02", "04"], ["b=2", "a=1"], None, None)
    file = tmp_path / "parameters.yml"
    seen = set()
    for text in ("confidence: 0.9", "confidence: 0.8"):
        file.write_text(text)
        seen.add(keys.request(["02"], [], str(file), None))
    assert len(seen) == 2 and None not in seen
    assert keys.request(["02"], [], str(tmp_path / "none"), None) is None


def test_packages_are_in_the_key_by_name_and_version(tmp_path, monkeypatch):
    monkeypatch.setattr(keys.sysconfig, "get_paths", lambda: {"purelib": str(tmp_path)})
    (tmp_path / "numpy-2.0.dist-info").mkdir()
    before = keys.installed()
    (tmp_path / "numpy-2.0.dist-info").rename(tmp_path / "numpy-2.1.dist-info")
    assert keys.installed() != before


def test_a_copy_of_a_run_stands_by_its_key_and_by_what_was_asked(copied):
    copy, found = copied
    assert found() == (copy, copy)


@pytest.mark.parametrize(
    "harm",
    [
        lambda run: (run / "tables" / "evidence_ledger.csv").write_text("edited"),
        lambda run: (run / "tables" / "evidence_ledger.csv").unlink(),
        lambda run: (run / "index.html").unlink(),
        lambda run: (run / "manifest.json").write_text("{"),
        lambda run: (run / "manifest.json").write_text("[]"),
        lambda run: (run / "manifest.json").write_bytes(b"\xff"),
        lambda run: (run / "manifest.json").unlink(),
        lambda run: run.rename(run.with_name("mine")),
    ],
)
def test_a_run_that_is_no_longer_whole_does_not_stand(harm, copied):
    copy, found = copied
    harm(copy)
    assert found() == (None, None)


def test_a_request_does_not_find_a_run_of_other_inputs(copied, monkeypatch):
    _, found = copied
    monkeypatch.setattr(keys, "sources", lambda stems: GIVEN)
    assert found()[1] is None


def test_the_run_that_stands_is_found_among_many_and_becomes_the_latest(copied, one):
    copy, found = copied
    text = (copy / "manifest.json").read_text().replace(one[1]["key"], "0" * 64).replace(one[1]["request"], "1" * 64)
    for number in range(300):
        other = copy.with_name(f"2030-01-01T000000Z-{number + 2}")
        other.mkdir()
        (other / "manifest.json").write_text(text)
    (copy.parent / "latest").unlink()
    (copy.parent / "latest").symlink_to(other.name)
    assert found() == (copy, copy)
    assert "up to date" in notebooks("run", "04", "--output", copy.parent).stdout
    assert (copy.parent / "latest").resolve() == copy.resolve()


def test_a_list_of_ones_own_is_in_the_key_by_its_content_and_told_nowhere_outside(tmp_path):
    cases = tmp_path / "cases.csv"
    text = (paths.DATA / "synthetic" / "synthetic_inspected_cases.csv").read_text()
    cases.write_text(text)
    (notebook,) = find(["03"])
    chosen = {notebook: notebook.model(cases=str(cases))}
    first, again = keys.run_key(chosen, GIVEN), keys.run_key(chosen, GIVEN)
    cases.write_text(text.rstrip("\n").rsplit("\n", 1)[0] + "\n")
    assert first == again != keys.run_key(chosen, GIVEN)


def test_a_run_on_ones_own_lists_tells_its_key_in_the_restricted_folder_alone(supplied_run):
    run = supplied_run[0].resolve()
    outside = json.loads((run / "manifest.json").read_text())
    inside = json.loads((run / "restricted" / "manifest.json").read_text())
    assert (outside["key"], outside["request"]) == (None, None)
    assert up_to_date.by_key(run.parent, inside["key"]) == run
    secrets = [inside["key"], *inside["inputs"].values()]
    released = [path for path in run.rglob("*") if path.is_file() and "restricted" not in path.relative_to(run).parts]
    assert all(secret.encode() not in path.read_bytes() for path in released for secret in secrets)
