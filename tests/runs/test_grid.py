import json
import time
from itertools import pairwise, product

import pytest

from helpers import cases, paths
from helpers.errors import InputError
from helpers.runs import choices, grid
from helpers.runs.catalogue import COLLECTION, find

SAMPLING, PREVALENCE, RATINGS, LEDGER = COLLECTION


@pytest.fixture
def write(tmp_path):
    def written(text, name="grid.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return written


def test_a_mapping_is_every_combination_in_the_order_of_its_lines(write):
    path = write("yots: [10, 20]\nconfidence: [0.8, 0.9, 0.95]\ndraws: 2000\n")
    found = grid.read(path, PREVALENCE, {})
    assert [(model.yots, model.confidence) for model in found.sets] == list(product([10, 20], [0.8, 0.9, 0.95]))
    assert {model.draws for model in found.sets} == {2000}
    assert (found.varied, found.name) == (("yots", "confidence"), "grid")


def test_mappings_in_a_list_come_after_each_other(write):
    path = write("- yots: [10, 20]\n  icc: [[0.05]]\n- confidence: 0.8\n- confidence: 0.9\n")
    found = grid.read(path, PREVALENCE, {})
    assert [(model.yots, model.icc[0], model.confidence) for model in found.sets] == [
        (10, 0.05, 0.95),
        (20, 0.05, 0.95),
        (42, 0, 0.8),
        (42, 0, 0.9),
    ]
    assert found.varied == ("yots", "icc", "confidence")


def test_a_parameter_that_is_a_list_takes_a_list_of_lists(write):
    found = grid.read(write("icc: [[0, 0.05], [0.05]]\n"), PREVALENCE, {})
    assert [model.icc for model in found.sets] == [[0, 0.05], [0.05]]
    with pytest.raises(InputError, match=r"icc: \[\[0, 0.05\]\] is one value, icc: \[\[0\], \[0.05\]\] is one for each"):
        grid.read(write("icc: [0, 0.05]\n"), PREVALENCE, {})


def test_a_row_of_a_csv_is_a_set_and_its_cells_are_read_as_p_reads_them(write):
    text = 'frame,areas,cases_per_arm,outcome\n,"[""007"", ""6E10""]",4,1e3\n\n,"[""Leeds""]",5,007\n'
    found = grid.read(write(text, "sets.CSV"), SAMPLING, {"icc": "0.1"})
    assert [(model.areas, model.cases_per_arm, model.outcome) for model in found.sets] == [
        (["007", "6E10"], 4, "1e3"),
        (["Leeds"], 5, "007"),
    ]
    by_words = choices.choose([SAMPLING], {}, {"frame": "", "areas": '["Leeds"]', "outcome": "007", "icc": "0.1"})[SAMPLING]
    assert found.sets[1] == by_words
    assert found.varied == ("frame", "areas", "cases_per_arm", "outcome")
    assert found.differing() == ["areas", "cases_per_arm", "outcome"]


def test_codes_days_and_names_beyond_ascii_stay_as_they_are_written(write):
    text = "outcome: [007, 6E10, 2012-04-01]\nareas: [[Ynys Môn], [007]]\nframe: ''\n"
    of_yaml = grid.read(write(text), SAMPLING, {})
    assert [model.outcome for model in of_yaml.sets] == ["007", "007", "6E10", "6E10", "2012-04-01", "2012-04-01"]
    rows = [f'{model.outcome},"[""{model.areas[0]}""]",\r\n' for model in of_yaml.sets]
    of_csv = grid.read(write("outcome,areas,frame\r\n" + "".join(rows), "sets.csv"), SAMPLING, {})
    assert of_csv.sets == of_yaml.sets


def test_a_row_for_each_of_155_areas_is_checked_within_seconds(write):

    frame = cases.read(paths.DATA / "synthetic" / "synthetic_sampling_frame.csv", "frame").table
    names = list(frame["home_area"].cat.categories)
    rows = [[name] for name in names] + [[name, other] for name, other in pairwise(names)]
    text = "areas\n" + "".join(json.dumps(row).replace('"', '""').join('""') + "\n" for row in rows[:155])
    began = time.process_time()
    found = grid.read(write(text, "areas.csv"), SAMPLING, {})
    # Checked one by one as a single run is, and drawn from, it took ten times as long.
    assert len(found.sets) == 155 and time.process_time() - began < 10


def test_a_file_saved_by_a_spreadsheet_is_read(write, tmp_path):
    (tmp_path / "sets.csv").write_bytes(b"\xef\xbb\xbfyots\r\n10\r\n20\r\n")
    assert [model.yots for model in grid.read(str(tmp_path / "sets.csv"), PREVALENCE, {}).sets] == [10, 20]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("yotz: [10, 20]\n", "did you mean 'yots'"),
        ("output: [a, b]\n", "sets the parameter output itself"),
        ("yots: [10, 'ten']\n", "set 2: 02_prevalence_estimates: parameter yots: should be a whole number"),
        ("yots: [10, 2000000]\n", "set 2: .*parameter"),
        ("yots: [10, 20, 10]\n", "set 3: is the same set of parameters as set 1"),
        ("yots: [10, 42]\nconfidence: [0.95]\n---\na: 1\n", "not YAML|single document|document"),
        ("- yots: 42\n- confidence: 0.95\n", "set 2: is the same set of parameters as set 1"),
        ("yots: []\n", "yots has no value"),
        ("{}\n", "holds no mapping"),
        ("[]\n", "holds no set"),
        ("", "holds no mapping"),
        ("- 3\n", "part 1: holds no mapping"),
        ("yots: [[10], [20]]\n", "yots takes single values"),
        ("yots: [{a: 1}]\n", "yots takes single values, and one of these is a mapping"),
        ("yots: [10]\nyots: [20]\n", "twice"),
        ("yots: !!python/object/apply:os.system ['true']\n", "tag"),
        (f"{'y' * 300}: [10]\n", "no parameter"),
        ("yots: &many [10]\nyots_in_all: *many\n", "alias"),
        ("".join(f"- yots: {number}  # one more\n" for number in range(10_000, 25_000)), "write so many sets as CSV"),
        ("confidence: [0.9]\n", "confidence is in the grid and in -p as well"),
    ],
)
def test_a_wrong_yaml_grid_is_refused_in_one_line_that_names_the_file(write, text, said):
    path = write(text)
    with pytest.raises(InputError, match=said) as refusal:
        grid.read(path, PREVALENCE, {"confidence": "0.8"} if "is in the grid" in said else {})
    assert "grid.yaml" in str(refusal.value) and "\n" not in str(refusal.value)
    assert "y" * 101 not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("yots,yots\n1,2\n", "column 'yots' is there twice"),
        ("yots,\n1,2\n", "no parameter ''"),
        ("yots,confidence\n10,0.9\n20\n", "row 3: has 1 cells and the header 2"),
        ("yots,confidence\n10,0.9\n20,\n", "row 3: 02_prevalence_estimates: parameter confidence: should be a number"),
        ("icc,yots\n[0, 0.05],10\n", "row 2: has 3 cells"),
        ('yots\n"10\n', "is not CSV"),
        ("yots;confidence\n10;0.9\n", "something else than a comma"),
        ("yots\tconfidence\n10\t0.9\n", "something else than a comma"),
        ("yots,confidence\n10,0.9\n,\n", "row 3: .*parameter"),
        ("yots\n10\x00\n", "row 2: .*parameter yots"),
        ("yots\n", "holds no set"),
        ("", "holds no set"),
    ],
)
def test_a_wrong_csv_grid_is_refused(write, text, said):
    with pytest.raises(InputError, match=said):
        grid.read(write(text, "sets.csv"), PREVALENCE, {})


def test_no_more_sets_are_taken_than_can_be_meant(write):
    many = ", ".join(str(number) for number in range(1, 401))
    with pytest.raises(InputError, match="more than 100,000 sets"):
        grid.read(write(f"yots: [{many}]\nyots_in_all: [{many}]\n"), PREVALENCE, {})
    with pytest.raises(InputError, match="more than 100,000 sets"):
        grid.read(write("yots\n" + "10\n" * 100_001, "sets.csv"), PREVALENCE, {})


@pytest.mark.parametrize("name", ["missing.yaml", "missing.csv", "grid.txt", ""])
def test_a_grid_that_is_no_such_file_is_refused(tmp_path, name):
    with pytest.raises(InputError, match="no such file|ends in|is a folder"):
        grid.read(str(tmp_path / name), PREVALENCE, {})


def test_a_wrong_fixed_parameter_is_refused_before_any_set_is_checked(write):
    with pytest.raises(InputError, match="-p: there is no parameter 'confidense'"):
        grid.read(write("yots: [10]\n"), PREVALENCE, {"confidense": "0.9"})


GRIDS = [path for path in sorted((paths.NOTEBOOKS / "parameters").iterdir()) if path.stem.endswith("_grid")]


@pytest.mark.parametrize("path", GRIDS, ids=lambda path: path.name)
def test_a_grid_to_start_from_is_taken(path):
    found = grid.read(str(path), find([path.name[:2]])[0], {})
    assert len(found.sets) > 2 and found.differing()


def test_there_are_grids_of_every_kind_to_start_from():
    assert {path.suffix for path in GRIDS} == {".yaml", ".csv"}
