"""Hidden folders with living owners, names, links, and what a loss of power leaves."""

import os
import subprocess
import sys
import threading
from datetime import datetime

import pytest
from jupyter_client.provisioning import KernelProvisionerFactory

from helpers.errors import InputError
from helpers.runs import kernels, places, up_to_date
from tests.runs.made_notebooks import executed

AT = datetime(2026, 1, 2, 3, 4, 5)
NAME = "2026-01-02T030405Z"


def other_process(folder, then):
    """Hold a folder in another process, which says so and then does something."""
    hold = f"from pathlib import Path; from helpers.runs import places; places.hold(Path({str(folder)!r}))"
    source = f"{hold}; print(1, flush=True); {then}"
    process = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, stdin=subprocess.PIPE)
    process.stdout.readline()
    return process


def test_a_name_that_no_page_could_show_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"cannot be written \(its name is not UTF-8\); name a folder that can"):
        places.check(tmp_path / "l\udce4ufe")


def test_what_a_dead_process_left_is_removed_and_what_a_living_one_makes_stays(tmp_path):
    dead, living = tmp_path / f".{NAME}", tmp_path / f".{NAME}-2"
    for folder in (dead, living):
        (folder / "notebooks").mkdir(parents=True)
        (folder / "notebooks" / "half.ipynb").touch()
    other_process(dead, "import os; os.kill(os.getpid(), 9)").communicate()
    at_work = other_process(living, "input()")
    (tmp_path / ".latest-x").symlink_to("nowhere")
    (tmp_path / ".mine").mkdir()
    try:
        with places.hidden_folder(tmp_path, AT) as (hidden, name):
            # The dead one's name is free again.
            assert (hidden, name) == (dead, NAME) and list(hidden.iterdir()) == []
            assert (living / "notebooks" / "half.ipynb").exists()
    finally:
        at_work.communicate(b"\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == [living.name, ".mine"]
    places.clean(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".mine"]


def test_many_runs_that_start_in_one_second_never_mix(tmp_path):
    """Each takes a name of its own, while each also cleans up."""
    names, gate = [], threading.Barrier(12)

    def one():
        gate.wait()
        with places.hidden_folder(tmp_path, AT) as (hidden, name):
            (hidden / name).touch()
            gate.wait()
            assert [path.name for path in hidden.iterdir()] == [name]
            places.publish(hidden, tmp_path / name)
            places.name_latest(tmp_path, name)
        names.append(name)

    threads = [threading.Thread(target=one) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names)) == 12
    assert all((tmp_path / name / name).exists() for name in names)
    assert os.readlink(tmp_path / "latest") in names
    assert {path.name for path in tmp_path.iterdir()} == {*names, "latest"}


def test_latest_is_named_by_many_at_one_time(tmp_path):
    """Two commands may find the same run up to date."""
    errors = []

    def one(which):
        try:
            for number in range(150):
                places.name_latest(tmp_path, f"run-{(number + which) % 2}")
                places.clean(tmp_path)
        except OSError as error:
            errors.append(error)

    threads = [threading.Thread(target=one, args=(which,)) for which in (0, 0, 1, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert os.readlink(tmp_path / "latest") in ("run-0", "run-1")


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: path.write_text("mine")])
def test_a_latest_that_somebody_put_there_is_kept_and_named(make, tmp_path):
    make(tmp_path / "latest")
    with pytest.raises(FileExistsError) as error:
        places.name_latest(tmp_path, NAME)
    assert "latest is not a symbolic link; the run is " in error.value.strerror and NAME in error.value.strerror
    assert [path.name for path in tmp_path.iterdir()] == ["latest"] and not (tmp_path / "latest").is_symlink()


def test_a_folder_that_went_away_is_an_error_and_not_waited_for(tmp_path):
    with pytest.raises(FileNotFoundError):
        places.name_latest(tmp_path / "gone", NAME)


def test_a_latest_that_leads_to_itself_is_replaced(tmp_path):
    (tmp_path / "latest").symlink_to("latest")
    (tmp_path / NAME).mkdir()
    assert up_to_date.by_key(tmp_path, "0" * 64) is None
    with places.hidden_folder(tmp_path, AT) as (_, name):
        assert name == f"{NAME}-2"
    places.name_latest(tmp_path, NAME)
    assert os.readlink(tmp_path / "latest") == NAME


def test_all_of_a_run_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    """After a loss of power a name leads to all or to nothing."""
    happened = []
    fsync, rename = os.fsync, os.rename

    def synced(handle):
        happened.append(os.path.realpath(f"/proc/self/fd/{handle}"))
        fsync(handle)

    def renamed(source, target, **_):
        happened.append("renamed")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "rename", renamed)
    outputs = tmp_path.resolve()
    with places.hidden_folder(outputs, AT) as (hidden, name):
        (hidden / "tables").mkdir()
        (hidden / "tables" / "one.csv").write_text("1")
        (hidden / "index.html").write_text("2")
        (hidden / "a link").symlink_to("nowhere")
        # Nobody writes into it, so whoever opens it to read waits for ever.
        os.mkfifo(hidden / "tables" / "pipe")
        places.publish(hidden, outputs / "failed" / name)
    before, after = happened[: happened.index("renamed")], happened[happened.index("renamed") + 1 :]
    assert set(before) == {str(hidden / path) for path in ("", "tables", "tables/one.csv", "index.html")} | {str(hidden)} - {""}
    assert set(after) == {str(outputs), str(outputs / "failed")}


@pytest.mark.parametrize("length", [60, 150])
@pytest.mark.parametrize("letter", ["t", "ü"])
def test_sockets_have_room_also_where_the_folder_for_temporary_files_has_a_long_name(letter, length, tmp_path, monkeypatch):
    long = tmp_path / (letter * (length // 2)) / (letter * (length // 2))
    long.mkdir(parents=True)
    monkeypatch.setattr(kernels.tempfile, "tempdir", str(long))
    folder, lock = kernels._private_folder()
    try:
        assert len(os.fsencode(folder)) < 80 and folder.stat().st_mode & 0o777 == 0o700
    finally:
        folder.rmdir()
        os.close(lock)


def test_the_socket_of_the_server_lies_in_the_private_folder_and_goes_with_it(tmp_path, monkeypatch):
    monkeypatch.setattr(kernels.tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    long = len(str(tmp_path)) >= kernels._LONGEST
    with kernels.session():
        folder = os.environ["JUPYTER_RUNTIME_DIR"]
        assert any(name.startswith("listener-") for name in os.listdir(folder))
        assert long or os.listdir(tmp_path) == [os.path.basename(folder)]
    assert not os.path.exists(folder) and os.listdir(tmp_path) == []


def test_after_a_session_jupyter_starts_kernels_as_before(tmp_path):
    with kernels.session(use_warm=True) as kind:
        assert kind == "warm" and executed(tmp_path, "1").error is None
        assert KernelProvisionerFactory.instance().default_provisioner_name == kernels.WARM
    assert KernelProvisionerFactory.instance().default_provisioner_name == kernels.COLD
