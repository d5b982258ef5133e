"""YAML as parameters are read from it: taken as it was written, or refused in one line before anything runs."""

import os
import threading

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import InputError
from helpers.runs import strict_yaml
from helpers.runs.strict_yaml import read_yaml

repeatable = settings(deadline=None, derandomize=True, max_examples=30)


@pytest.fixture
def file(tmp_path):
    """A file with the content given, as text or as bytes."""

    def write(content):
        path = tmp_path / "p.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def refusal(path):
    with pytest.raises(InputError) as refused:
        read_yaml(path)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 400 + len(str(path))
    return str(refused.value)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *(
            (text, text)
            for text in ("off", "Yes", "n", "007", "010", "6E10", "1e3", "0x1F", "1_000", "1:30", "2012-04-01", "=", "<<")
        ),
        ("2012-13-45", "2012-13-45"),
        ("'5'", "5"),
        ("5", 5),
        ("-3", -3),
        ("0", 0),
        ("9" * 40, 10**40 - 1),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.0e-3", 0.001),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("Ynys Môn, \U0001f600, e\u0301, \u0627\u0644", "Ynys Môn, \U0001f600, e\u0301, \u0627\u0644"),
        ("[a, 1, [b]]", ["a", 1, ["b"]]),
    ],
)
def test_a_value_is_what_was_written(file, written, value):
    found = read_yaml(file(f"a: {written}\n"))["a"]
    assert found == value and type(found) is type(value)


def test_lines_may_end_in_another_way_and_begin_with_a_mark(file):
    assert read_yaml(file(b"\xef\xbb\xbfa: 1\r\nb:\r\n  - x\r\n")) == {"a": 1, "b": ["x"]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: 1\na: 2", "line 2: 'a' is given twice"),
        ("x:\n  y: [{a: 1, b: 2, a: 3}]", "line 2: 'a' is given twice"),
        ("2: {a: 1}\n'2': {a: 2}", "line 2: '2' is given twice"),
        ("a: &x [1]\nb: *x", "line 2: an alias (*) is not taken; write the value out"),
        ("a: &x {b: 1}\nc:\n  <<: *x", "line 3: an alias (*) is not taken"),
        ("!!merge <<: {a: 1}", "a tag (!) is not taken"),
        ("a: !!int 5", "line 1: a tag (!) is not taken; write the plain value"),
        ("a: !!binary aGk=", "a tag (!) is not taken"),
        ("a: !!set {b, c}", "a tag (!) is not taken"),
        ("[1, 2]: 3", "line 1: [1, 2] cannot be a name"),
        ("true: 3", "line 1: True cannot be a name"),
        ("1.5: 3", "line 1: 1.5 cannot be a name"),
        ("a:\n\t- 1", "indent with spaces, not tabs"),
        ("a: [", "so it is not YAML"),
        ("a: 'unclosed", "so it is not YAML"),
        ("---\na: 1\n---\nb: 2", "found another document"),
        ("[" * 20_000, "line 1: more than 20 levels deep"),
        ("{a: " * 50 + "1" + "}" * 50, "line 1: more than 20 levels deep"),
        ("".join(f"{' ' * depth}- \n" for depth in range(50)), "more than 20 levels deep"),
        (b"a: \x00", "holds U+0000, which YAML does not take"),
        (b"a: \x1b[31m", "holds U+001B"),
        (b"a: \xff", "is not UTF-8 (byte 4); save it as UTF-8"),
        ("a: 1".encode("utf-16"), "is not UTF-8 (byte 1)"),
        ("x" * strict_yaml.LARGEST + "x", "is larger than 250,000 bytes"),
        (f"a: !{'x' * 100_000}!b 1", "so it is not YAML"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_plain_yaml_is_refused_in_one_line(file, content, said):
    assert said in refusal(file(content))


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.mkdir", "!!python/object/new:os.mkdir", "!!python/name:os.mkdir"])
def test_a_tag_makes_no_object_and_runs_nothing(file, tmp_path, tag):
    made = tmp_path / "made"
    path = file(f"a: {tag} ['{made}']")
    assert "a tag (!) is not taken" in refusal(path)
    assert not made.exists()
    # The content would be executed by a loader that makes objects, so this test can fail.
    if "apply" in tag:
        yaml.load(path.read_text(), Loader=yaml.UnsafeLoader)
        assert made.exists()


def test_lists_of_lists_of_lists_do_not_explode(file):
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert "line 2: an alias (*)" in refusal(file("\n".join(lines)))


def test_a_whole_number_without_end_is_a_text(file):
    assert read_yaml(file(f"a: {'9' * 5000}")) == {"a": "9" * 5000}


def test_a_folder_a_pipe_and_nothing_are_refused_at_once(tmp_path):
    assert "is a folder, a pipe or a device" in refusal(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    done = []
    reader = threading.Thread(target=lambda: done.append(refusal(tmp_path / "pipe")), daemon=True)
    reader.start()
    reader.join(20)
    assert "is a folder, a pipe or a device" in done[0]
    assert "there is no such file" in refusal(tmp_path / "nothing.yaml")
    assert "File name too long" in refusal(tmp_path / ("x" * 300))


def test_a_huge_file_is_not_read(tmp_path):
    path = tmp_path / "huge.yaml"
    with path.open("wb") as handle:
        handle.truncate(2**30)
    assert "is larger than 250,000 bytes" in refusal(path)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


@repeatable
@given(st.dictionaries(texts, plain, max_size=4))
def test_what_another_writer_writes_is_read_back(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("yaml") / "p.yaml"
    path.write_text(yaml.dump(values, Dumper=_NoAliases), encoding="utf-8")
    assert read_yaml(path) == values


@repeatable
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_in_one_line(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("yaml") / "p.yaml"
    path.write_bytes(content)
    said = ""
    try:
        read_yaml(path)
    except InputError as refused:
        said = str(refused)
    assert "\n" not in said


class _NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, _):
        return True
