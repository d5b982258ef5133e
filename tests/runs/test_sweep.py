"""Sweeps on this machine: in one piece, killed and gone on with, and in parts."""

import csv
import json
import stat
import subprocess
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest

from helpers.datapackage import sha256
from helpers.errors import InputError
from helpers.runs import choices, grid
from helpers.runs.catalogue import COLLECTION
from helpers.runs.sweep import disclose
from helpers.runs.sweep.collect import collect
from helpers.runs.sweep.make import Shard, make
from helpers.runs.sweep.plan import plan
from helpers.runs.sweep.store import BusyError, held, read_result
from helpers.runs.sweep.task import Done
from tests.conftest import BIN, SEED, WATCHED, notebooks, own_lists
from tests.runs.conftest import GRID, sweeps

SAMPLING, PREVALENCE, RATINGS, LEDGER = COLLECTION


def tables(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "tables").glob("*.csv"))}


def content(folder):
    return tables(folder) | {"sweep.csv": (folder / "sweep.csv").read_bytes()}


def wait_for(condition, seconds=120):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.05)


def test_every_table_holds_the_sets_below_each_other_as_single_runs_make_them(swept, tmp_path):
    _, folder, said = swept
    assert "good       4" in said
    run = notebooks("run", "01", "-p", "icc=0.1", "-p", "margin=0.1", "-p", "frame=", "--output", tmp_path)
    assert run.returncode == 0, run.stderr
    single = tables(tmp_path / "latest")
    assert single.keys() == tables(folder).keys() and len(single) > 5
    for name, expected in single.items():
        joined = pd.read_csv(folder / "tables" / name, dtype=str, keep_default_na=False)
        assert list(joined.columns[:3]) == ["sweep_set", "parameter_icc", "parameter_margin"]
        last = joined[joined["sweep_set"] == "4"].drop(columns=joined.columns[:3])
        assert last.to_csv(index=False, lineterminator="\n").encode() == expected, name
    assert set(joined["sweep_set"]) <= {"1", "2", "3", "4"}


def test_a_sweep_lists_its_sets_and_what_they_were_made_from(swept):
    _, folder, _ = swept
    listed = pd.read_csv(folder / "sweep.csv", keep_default_na=False)
    assert list(listed.columns) == ["sweep_set", "parameter_icc", "parameter_margin", "result", "cell", "error", "key"]
    assert listed[["parameter_icc", "parameter_margin"]].to_numpy().tolist() == [[0, 0.05], [0, 0.1], [0.1, 0.05], [0.1, 0.1]]
    assert listed["key"].nunique() == 4 and set(listed["result"]) == {"good"}
    told = json.loads((folder / "manifest.json").read_text())
    assert told["started"].endswith("+00:00") and told["parameters"]["frame"] == "" and "icc" not in told["parameters"]
    assert "tables/fieldwork_precision.csv" in told["outputs"] and "requirements.lock" in told["inputs"]
    assert (pd.read_csv(folder / "timings.csv")["seconds"] > 0).all()


def test_no_page_and_no_figure_is_made_unless_asked_for(swept):
    _, folder, _ = swept
    kinds = {path.suffix for path in folder.rglob("*") if path.is_file()}
    assert kinds == {".csv", ".json", ".ipynb"}
    assert not list(folder.rglob("work")) and len(list(folder.rglob("*.ipynb"))) == 4


def test_the_same_command_again_is_up_to_date_and_an_edited_table_is_made_again(swept):
    place, folder, _ = swept
    before = content(folder)
    command = ("sweep", "01", "--grid", place / "policy.yaml", "--output", place)
    again = notebooks(*command)
    assert again.returncode == 0 and "up to date" in again.stdout
    (folder / "sweep.csv").write_text("spoilt")
    again = notebooks(*command)
    assert again.returncode == 0 and "4 of 4 sets were done before" in again.stdout
    assert content(folder) == before and sweeps(place) == [folder]


def test_figures_and_pages_are_made_where_they_are_asked_for(tmp_path):
    (tmp_path / "one.csv").write_text("icc,frame\n0.1,\n")
    done = notebooks("sweep", "01", "--grid", tmp_path / "one.csv", "--output", tmp_path, "--figures", "--pages")
    assert done.returncode == 0, done.stderr
    (folder,) = sweeps(tmp_path)
    assert list(folder.rglob("*.svg")) and list(folder.rglob("*.html"))


def test_a_sweep_that_was_killed_goes_on_where_it_was(swept, tmp_path):
    _, whole, _ = swept
    (tmp_path / "policy.yaml").write_text(GRID)
    words = [BIN / "notebooks", "sweep", "01", "--grid", tmp_path / "policy.yaml", "--output", tmp_path, "--jobs", "1"]
    hidden = tmp_path / "sweeps" / f".{whole.name}"
    process = subprocess.Popen(list(map(str, words)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: list((hidden / "sets").glob("*")))
    started = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    # The warm server and the kernel of the set that was being done.
    _, alive = psutil.wait_procs(started, timeout=10)
    assert started and not alive
    assert sweeps(tmp_path) == [] and stat.S_IMODE(hidden.stat().st_mode) == 0o700
    again = notebooks(*words[1:])
    assert again.returncode == 0, again.stderr
    assert "of 4 sets were done before" in again.stdout and "0 of 4" not in again.stdout
    assert content(sweeps(tmp_path)[0]) == content(whole)


def test_parts_are_joined_to_the_same_sweep(swept, tmp_path):
    place, whole, _ = swept
    for part in ("1/2", "2/2"):
        done = notebooks("sweep", "01", "--grid", place / "policy.yaml", "--output", tmp_path, "--shard", part)
        assert done.returncode == 0, done.stderr
    parts = sweeps(tmp_path)
    assert [path.name for path in parts] == [f"{whole.name}.part-{part}-of-2" for part in (1, 2)]
    with pytest.raises(InputError, match="lack 2 of 4 sets: 2, 4"):
        collect(parts[:1], tmp_path / "sweeps")
    with pytest.raises(InputError, match="holds set 1"):
        collect([*parts, parts[0]], tmp_path / "sweeps")
    joined = notebooks("collect", *reversed(parts), "--output", tmp_path)
    assert joined.returncode == 0, joined.stderr
    assert content(tmp_path / "sweeps" / whole.name) == content(whole)


def test_a_set_that_goes_beyond_a_limit_has_failed(tmp_path):
    (tmp_path / "one.csv").write_text("icc,frame\n0.1,\n")
    done = notebooks("sweep", "01", "--grid", tmp_path / "one.csv", "--output", tmp_path, "--memory", 120, "--cold")
    assert done.returncode == 1 and "DeadKernelError" in done.stdout and "more than the 120 MiB" in done.stdout
    listed = pd.read_csv(sweeps(tmp_path)[0] / "sweep.csv")
    assert list(listed["result"]) == ["failed"]
    refused = notebooks("sweep", "01", "--grid", tmp_path / "one.csv", "--cold", "--scheduler", "tcp://127.0.0.1:1")
    assert refused.returncode == 2 and "--cold is for kernels of this machine" in refused.stderr


# Sweeps of supplied cases, as a user makes them.


def everything_outside(folder):
    """Names and bytes of all that others may read."""
    paths = [path for path in folder.rglob("*") if "restricted" not in path.relative_to(folder).parts]
    return folder.name.encode() + b"".join(path.name.encode() + (path.read_bytes() if path.is_file() else b"") for path in paths)


def sweep_of_own(base, notebook, grid, *words):
    lists = own_lists(base / "private-folder")
    (base / "grid.yaml").write_text(grid)
    for name in WATCHED:
        (base / name).mkdir()
    elsewhere = {"HOME": str(base / "home"), "TMPDIR": str(base / "tmp")}
    done = notebooks("sweep", notebook, "--grid", "grid.yaml", "--output", "outputs", *words, cwd=base, **elsewhere)
    assert done.returncode == 0, done.stdout + done.stderr
    lists.chmod(0o700)
    (folder,) = sweeps(base / "outputs")
    assert {path.name for path in (base / "tmp").rglob("*")} == set() and not list((base / "home").rglob("*.csv"))
    outside = everything_outside(folder) + done.stdout.encode() + done.stderr.encode()
    keys = [json.loads(path.read_text())["key"] for path in (folder / "restricted" / "sets").glob("*/result.json")]
    secrets = ["CASEID", "CHILDID", "Bloggs", "private-folder", str(SEED), *map(sha256, lists.iterdir()), *keys]
    assert len(keys) == 2 and [secret for secret in secrets if secret.encode() in outside] == []
    for path in [folder / "restricted", *(folder / "restricted").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    return folder, done.stdout


def test_a_sweep_of_own_cases_that_may_leave_tells_what_single_runs_tell(tmp_path):
    own = ("-p", "cases=private-folder/cases.csv")
    folder, said = sweep_of_own(tmp_path, "02", "inspected_cases: [1000, 2000]\n", *own)
    assert "once a person has looked at the tables" in said and "not for release" not in said
    run = notebooks("run", "02", "-p", "inspected_cases=2000", *own, "--output", "single", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    single = tables(tmp_path / "single" / "latest")
    assert single.keys() == tables(folder).keys() and b"supplied" in single["prevalence_by_group.csv"]
    for name, expected in single.items():
        joined = pd.read_csv(folder / "tables" / name, dtype=str, keep_default_na=False)
        last = joined[joined["sweep_set"] == "2"].drop(columns=["sweep_set", "parameter_inspected_cases"])
        assert last.to_csv(index=False, lineterminator="\n").encode() == expected, name
    told = json.loads((folder / "manifest.json").read_text())
    assert told["parameters"]["cases"] == "your own list" and "disclosure control: [c] is hidden" in told["facts"]["notice"]
    assert {path.name for path in folder.iterdir()} == {"manifest.json", "sweep.csv", "tables", "restricted"}


def test_a_sweep_of_own_cases_over_seeds_tells_nothing_but_that_it_was_made(tmp_path):
    own = ("-p", "frame=private-folder/frame.parquet", "-p", "judgements=", "--jobs", "1")
    folder, said = sweep_of_own(tmp_path, "01", f"seed: [{SEED}, {SEED + 1}]\n", *own)
    assert "not for release: its sets differ in seed" in said
    assert [path.name for path in sorted(folder.iterdir())] == ["manifest.json", "restricted"]
    assert str(SEED) in (folder / "restricted" / "sweep.csv").read_text()


# From here on sets are done by a stand-in: what is tested is what becomes of the results.


def stand_in(make_table=lambda task: "x,evidence\n1,published\n", fails=(), after=None):
    """Workers that write one table a set."""

    def workers(todo, folder):
        for task in reversed(list(todo)):
            place = folder(task.number)
            if after is not None and task.number == after:
                raise KeyboardInterrupt
            if task.number in fails:
                yield Done(task.number, 0.5, f"ValueError: case CASEID-{task.number}", 3)
                continue
            (place / "tables").mkdir()
            (place / "tables" / "prevalence_by_group.csv").write_text(make_table(task))
            yield Done(task.number, 0.5)

    return workers


def planned(folder, text="confidence: [0.8, 0.9, 0.95]\n", notebook=PREVALENCE, words=None, name="grid"):
    (folder / f"{name}.yaml").write_text(text)
    return plan(grid.read(str(folder / f"{name}.yaml"), notebook, words or {}))


def test_failed_sets_are_listed_and_they_alone_are_tried_again(tmp_path):
    what = planned(tmp_path)
    first = make(what, tmp_path / "sweeps", stand_in(fails=[2]))
    assert [result["set"] for result in first.joined.failed] == [2]
    listed = pd.read_csv(first.folder / "sweep.csv", keep_default_na=False)
    assert list(listed["result"]) == ["good", "failed", "good"]
    assert listed["error"][1] == "ValueError: case CASEID-2" and listed["cell"][1] == "3"
    assert set(pd.read_csv(first.folder / "tables" / "prevalence_by_group.csv")["sweep_set"]) == {1, 3}
    done = []
    again = make(what, tmp_path / "sweeps", stand_in(), on_done=lambda one: done.append(one.number))
    assert done == [2] and not again.joined.failed
    assert [path.name for path in (tmp_path / "sweeps").iterdir()] == [what.facts.name]


def test_stopped_in_the_middle_nothing_is_in_place_and_what_is_done_stays(tmp_path):
    what = planned(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        make(what, tmp_path / "sweeps", stand_in(after=1))
    assert [path.name for path in (tmp_path / "sweeps").iterdir()] == [f".{what.facts.name}"]
    begun = []
    make(what, tmp_path / "sweeps", stand_in(), on_begin=lambda before, of: begun.append((before, of)))
    assert begun == [(2, 3)]


def test_a_set_that_was_changed_or_is_of_another_key_is_done_again(tmp_path):
    what = planned(tmp_path)
    made = make(what, tmp_path / "sweeps", stand_in())
    (made.folder / "sets" / "000002" / "tables" / "prevalence_by_group.csv").write_text("")
    assert read_result(made.folder / "sets" / "000002") is None
    done = []
    make(what, tmp_path / "sweeps", stand_in(), on_done=lambda one: done.append(one.number))
    assert done == [2]
    make(what, tmp_path / "sweeps", stand_in(), on_done=lambda one: done.append(one.number))
    assert done == [2]
    make(what, tmp_path / "sweeps", stand_in(), force=True, on_done=lambda one: done.append(one.number))
    assert sorted(done) == [1, 2, 2, 3]


def test_one_sweep_is_made_by_one_command_at_a_time(tmp_path):
    what = planned(tmp_path)
    with held(tmp_path / "sweeps", what.facts.name, False, False), pytest.raises(BusyError, match="is being made by another"):
        make(what, tmp_path / "sweeps", stand_in())
    assert make(what, tmp_path / "sweeps", stand_in()).folder.is_dir()


def test_parts_of_other_sweeps_and_changed_parts_are_refused(tmp_path):
    one, other = planned(tmp_path), planned(tmp_path, "confidence: [0.7, 0.9, 0.95]\n")
    first, second = (make(what, tmp_path / "a", stand_in(), Shard(k, 2)).folder for what, k in ((one, 1), (other, 2)))
    with pytest.raises(InputError, match="is of another sweep"):
        collect([first, second], tmp_path / "b")
    with pytest.raises(InputError, match="is no part of a sweep"):
        collect([tmp_path], tmp_path / "b")
    (first / "sets" / "000001" / "tables" / "prevalence_by_group.csv").write_text("x")
    with pytest.raises(InputError, match="was changed or is not whole"):
        collect([first], tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_a_text_that_a_spreadsheet_would_run_is_neutral_in_every_column(tmp_path):
    what = planned(tmp_path, 'areas: [["=A"], ["B"]]\noutcome: ["=1+1"]\nframe: [""]\n', SAMPLING)
    made = make(what, tmp_path / "sweeps", stand_in())
    with (made.folder / "sweep.csv").open(newline="") as handle:
        first = next(csv.DictReader(handle))
    assert first["parameter_outcome"] == "'=1+1" and first["parameter_frame"] == "[z]"
    assert first["parameter_areas"] == '["=A"]'


@pytest.fixture
def own_cases(tmp_path):
    folder = own_lists(tmp_path / "private-folder")
    yield folder
    folder.chmod(0o700)


SUPPLIED = "claim,evidence\nincare,supplied\nother,published\n"


def leaves(folder):
    return "".join(
        path.read_text() for path in folder.rglob("*") if path.is_file() and "restricted" not in path.relative_to(folder).parts
    )


def test_a_grid_of_pure_assumptions_may_leave_where_the_tables_of_cases_do_not_move(tmp_path, own_cases):
    cases = str(own_cases / "cases.csv")
    what = planned(tmp_path, "yots_in_all: [100, 155]\n", words={"cases": cases})
    made = make(what, tmp_path / "sweeps", stand_in(lambda task: SUPPLIED, fails=()))
    assert made.joined.restricted == "" and (made.folder / "tables" / "prevalence_by_group.csv").is_file()
    assert {path.name for path in made.folder.iterdir()} == {"tables", "sweep.csv", "manifest.json", "restricted"}
    listed = pd.read_csv(made.folder / "sweep.csv", keep_default_na=False)
    assert set(listed["key"]) == {"[c]"}
    secrets = [sha256(own_cases / "cases.csv"), "private-folder", "CASEID", *(what.key(number) for number in (1, 2))]
    for secret in secrets:
        assert secret not in leaves(made.folder)
    for path in [made.folder / "restricted", *(made.folder / "restricted").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_a_table_of_cases_that_moves_takes_the_whole_sweep_into_the_restricted_folder(tmp_path, own_cases):
    what = planned(tmp_path, "yots_in_all: [100, 155]\n", words={"cases": str(own_cases / "cases.csv")})
    moving = stand_in(lambda task: SUPPLIED + f"{task.number},supplied\n")
    made = make(what, tmp_path / "sweeps", moving)
    assert "prevalence_by_group" in made.joined.restricted
    assert {path.name for path in made.folder.iterdir()} == {"manifest.json", "restricted"}
    assert make(what, tmp_path / "sweeps", moving).up_to_date


@pytest.mark.parametrize(
    ("notebook", "text"),
    [
        (PREVALENCE, "confidence: [0.8, 0.9]\n"),
        (PREVALENCE, "disclosure_preset: [default, dfe]\n"),
        (PREVALENCE, "group_by: [care_group, year]\n"),
        (SAMPLING, 'areas: [["Somerset"], ["Wrexham"]]\noutcome: [""]\n'),
        (SAMPLING, "seed: [1, 2]\noutcome: [''] \n"),
        (RATINGS, "replicates: [100, 200]\n"),
    ],
)
def test_a_grid_that_bears_on_cases_stays_with_the_team_whatever_it_makes(tmp_path, own_cases, notebook, text):
    words = {"frame": str(own_cases / "frame.parquet")} if notebook is SAMPLING else {"cases": str(own_cases / "cases.csv")}
    what = planned(tmp_path, text, notebook, words)
    made = make(what, tmp_path / "sweeps", stand_in(fails=[1]))
    assert made.joined.restricted.startswith("its sets differ in")
    assert {path.name for path in made.folder.iterdir()} == {"manifest.json", "restricted"}
    public = json.loads((made.folder / "manifest.json").read_text())
    assert set(public) == {"sweep", "started", "ended", "notebook", "restricted"}
    assert stat.S_IMODE((made.folder / "restricted").stat().st_mode) == 0o700
    assert "CASEID" not in leaves(made.folder)


def test_errors_of_supplied_cases_are_withheld_outside(tmp_path, own_cases):
    what = planned(tmp_path, "yots_in_all: [100, 155, 200]\n", words={"cases": str(own_cases / "cases.csv")})
    made = make(what, tmp_path / "sweeps", stand_in(lambda task: SUPPLIED, fails=[2]))
    assert "CASEID" not in leaves(made.folder) and "withheld" in leaves(made.folder)
    assert "CASEID-2" in (made.folder / "restricted" / "sweep.csv").read_text()


def test_the_name_of_a_sweep_tells_nothing_of_a_list_or_of_a_secret_seed(tmp_path, own_cases):
    copy = tmp_path / "other.parquet"
    frame = pd.read_parquet(own_cases / "frame.parquet")
    frame.iloc[:-1].to_parquet(copy)
    plans = [
        planned(
            tmp_path, "icc: [0, 0.1]\n", SAMPLING, {"frame": str(path), "seed": str(seed), "outcome": "", "areas": '["Somerset"]'}
        )
        for path, seed in ((own_cases / "frame.parquet", SEED), (copy, SEED), (copy, 5))
    ]
    assert len({what.facts.name for what in plans}) == 1 and len({what.key(1) for what in plans}) == 3


def test_a_secret_seed_is_secret_in_a_set_that_reads_no_list_as_well(tmp_path, own_cases):
    text = f'frame: ["", "{own_cases / "frame.parquet"}"]\noutcome: [""]\nareas: [["Somerset"]]\n'
    plans = [planned(tmp_path, text, SAMPLING, {"seed": str(seed)}) for seed in (SEED, 5)]
    assert len({what.facts.name for what in plans}) == len({what.facts.key for what in plans}) == 1


def test_parts_of_own_cases_are_joined_to_what_the_whole_sweep_shows(tmp_path, own_cases):
    what = planned(tmp_path, "yots_in_all: [100, 155, 200]\n", words={"cases": str(own_cases / "cases.csv")})
    whole = make(what, tmp_path / "whole", stand_in(lambda task: SUPPLIED)).folder
    for part in (1, 2):
        make(what, tmp_path / "parts", stand_in(lambda task: SUPPLIED), Shard(part, 2))
    parts = sorted((tmp_path / "parts").iterdir())
    joined = collect(parts, tmp_path / "joined")[0].folder
    assert content(joined) == content(whole)
    assert {path.name for path in joined.iterdir()} == {path.name for path in whole.iterdir()}
    for path in [joined / "restricted", *(joined / "restricted").rglob("*"), *parts]:
        owner_alone = path not in parts
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 or not owner_alone


def test_a_hidden_folder_that_was_opened_on_its_way_into_place_is_closed_again(tmp_path, own_cases):
    what = planned(tmp_path, "yots_in_all: [100, 155]\n", words={"cases": str(own_cases / "cases.csv")})
    hidden = tmp_path / "sweeps" / f".{what.facts.name}"
    hidden.mkdir(parents=True)
    hidden.chmod(0o755)
    modes = []

    def make_table(task):
        modes.extend(stat.S_IMODE(path.stat().st_mode) for path in (hidden, hidden / "restricted"))
        return SUPPLIED

    make(what, tmp_path / "sweeps", stand_in(make_table))
    assert set(modes) == {0o700}


def test_a_full_disk_ends_a_sweep_and_what_is_done_stays(tmp_path):
    what = planned(tmp_path)

    def fill(task):
        if task.number == 1:
            raise OSError(28, "No space left on device")
        return "x,evidence\n1,published\n"

    with pytest.raises(OSError, match="No space left"):
        make(what, tmp_path / "sweeps", stand_in(fill))
    begun = []
    make(what, tmp_path / "sweeps", stand_in(), on_begin=lambda before, of: begun.append((before, of)))
    assert begun == [(2, 3)]


def test_a_part_of_another_version_is_refused(tmp_path):
    part = make(planned(tmp_path), tmp_path / "parts", stand_in(), Shard(1, 2)).folder
    told = json.loads((part / "manifest.json").read_text())
    del told["facts"]["notice"]
    (part / "manifest.json").write_text(json.dumps(told))
    with pytest.raises(InputError, match="made by another version"):
        collect([part], tmp_path / "sweeps")


def test_parts_that_read_different_lists_are_not_joined(tmp_path, own_cases):
    path = tmp_path / "mine.csv"
    for part, kept in ((1, 200), (2, 150)):
        pd.read_csv(own_cases / "cases.csv", dtype=str, keep_default_na=False).iloc[:kept].to_csv(path, index=False)
        what = planned(tmp_path, "yots_in_all: [100, 155]\n", words={"cases": str(path)})
        make(what, tmp_path / "parts", stand_in(lambda task: SUPPLIED), Shard(part, 2))
    parts = sorted((tmp_path / "parts").iterdir())
    assert [{entry.name for entry in part.iterdir()} for part in parts] == [{"manifest.json", "restricted"}] * 2
    with pytest.raises(InputError, match="read another file for parameter cases"):
        collect(parts, tmp_path / "sweeps")


def test_the_lists_of_what_is_free_of_cases_name_parameters_and_tables_that_there_are():
    from helpers import contracts

    for notebook in COLLECTION:
        assert disclose.ASSUMPTIONS[notebook.stem] <= notebook.model.model_fields.keys()
        assert disclose.WITHOUT_CASES[notebook.stem] <= set(contracts.WRITTEN_BY[notebook.stem])


def test_no_table_has_a_column_that_a_sweep_adds():
    from helpers import contracts

    columns = {name for table in contracts.TABLES.values() for name in table}
    assert "sweep_set" not in columns and not [name for name in columns if name.startswith("parameter_")]


def test_no_table_that_disclosure_control_decides_on_is_taken_for_free_of_cases(supplied_run):
    decided = set(pd.read_csv(supplied_run[0] / "tables" / "disclosure.csv")["table"])
    free = set().union(*disclose.WITHOUT_CASES.values())
    assert decided and not decided & free


def test_values_are_given_to_a_set_as_a_single_run_takes_them(tmp_path):
    what = planned(tmp_path)
    model = choices.choose([PREVALENCE], {}, {"confidence": "0.9"})[PREVALENCE]
    assert what.task(2).values == model.model_dump(exclude={"output"})
    assert Path(what.facts.name).name == what.facts.name
