import csv
import json
import shutil

import frictionless
import pytest

from helpers import datapackage, paths
from helpers.errors import InputError

RESOURCES = datapackage.descriptor()["resources"]


def test_frictionless_finds_every_file_valid():
    report = frictionless.validate(str(paths.DATA / datapackage.DESCRIPTOR))
    assert report.valid, report.flatten(["path", "rowNumber", "fieldName", "note"])
    assert len(report.tasks) == len(RESOURCES)


def test_no_file_is_undescribed():
    described = {resource["path"] for resource in RESOURCES} | {datapackage.DESCRIPTOR}
    assert {str(path.relative_to(paths.DATA)) for path in paths.DATA.rglob("*") if path.is_file()} == described


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource["name"])
class TestResource:
    def test_hash_and_size_are_those_of_the_file(self, resource):
        path = paths.DATA / resource["path"]
        assert resource["hash"] == f"sha256:{datapackage.sha256(path)}"
        assert resource["bytes"] == path.stat().st_size

    def test_licence_and_source_are_named(self, resource):
        assert {licence["name"] for licence in resource["licenses"]} <= {"OGL-UK-3.0", "MIT"}
        assert resource["licenses"] and resource["sources"]

    def test_every_column_is_described_in_order(self, resource):
        with (paths.DATA / resource["path"]).open(encoding="utf-8", newline="") as handle:
            header = next(csv.reader(handle))
        fields = resource["schema"]["fields"]
        assert [field["name"] for field in fields] == header
        assert all(field["description"].strip() for field in fields)

    def test_text_is_plain_utf_8_with_unix_line_ends(self, resource):
        content = (paths.DATA / resource["path"]).read_bytes()
        assert not content.startswith(b"\xef\xbb\xbf") and b"\r" not in content and content.endswith(b"\n")
        content.decode("utf-8")


@pytest.mark.parametrize("name", ["rating-bands", "rating-rules", "denominators", "yots-2024-25"])
def test_every_row_of_reference_data_is_marked(name):
    from helpers import published

    assert published.read(name)["mark"].isin(["read", "press", "inferred", "recalled"]).all()


@pytest.fixture
def data(tmp_path):
    return shutil.copytree(paths.DATA, tmp_path / "data")


def test_verify_gives_the_hash_of_every_file(data):
    assert datapackage.verify(data).keys() == {resource["path"] for resource in RESOURCES} | {datapackage.DESCRIPTOR}


def test_a_changed_file_is_refused_until_the_change_is_recorded(data):
    path = data / "reference" / "rating_bands.csv"
    path.write_text(path.read_text() + "\n")
    with pytest.raises(InputError, match=r"rating_bands.csv has changed: .* make data"):
        datapackage.verify(data)
    datapackage.record(data)
    assert datapackage.verify(data)["reference/rating_bands.csv"] == datapackage.sha256(path)


def test_a_missing_file_is_refused(data):
    (data / "published" / "table_1.csv").unlink()
    with pytest.raises(InputError, match="table_1.csv is missing"):
        datapackage.resource_path("table-1", data)


def test_recording_an_unchanged_package_changes_no_byte(data):
    before = (data / datapackage.DESCRIPTOR).read_bytes()
    datapackage.record(data)
    assert (data / datapackage.DESCRIPTOR).read_bytes() == before
    json.loads(before)
