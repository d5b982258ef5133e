"""Scheduled runs: one line, a status file, exit codes, one at a time, and old runs that go."""

import argparse
import json
import re
import signal
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from helpers.errors import InputError
from helpers.runs import alert, ended, environment, keeping, schedule, schedule_options, status

OPTIONS = ["name", "words", "parameters", "evidence", "output", "jobs"]
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"

# A process of its own, as cron starts one: a lock, a signal and standard streams belong to a process.
PROGRAM = """
import json, os, signal, sys, time
from pathlib import Path
from helpers.errors import InputError
from helpers.runs import schedule
from helpers.runs.ended import Ended
from helpers.runs.exits import Terminated

def terminated(*_):
    raise Terminated

signal.signal(signal.SIGTERM, terminated)
signal.signal(signal.SIGINT, signal.default_int_handler)
outputs, doing = Path(sys.argv[1]), sys.argv[2]
settings = schedule.Settings(**json.loads(sys.argv[3]))
settings = schedule.Settings(settings.keep, settings.wait, tuple(settings.on_failure), settings.status and Path(settings.status))
RUN = outputs / "2026-01-02T030405Z"

def made(folder, error=None):
    folder.mkdir(parents=True)
    told = {"result": "failed" if error else "good", "seconds": 1.0, "cell": 7 if error else None, "error": error}
    content = {"run": folder.name, "started": "2026-01-02T03:04:05+00:00", "notebooks": {"04_evidence_ledger": told}}
    (folder / "manifest.json").write_text(json.dumps(content))
    return content["notebooks"]

def run():
    if doing == "sleep":
        (outputs / "begun").touch()
        time.sleep(60)
    if doing == "input":
        raise InputError("parameter confidense: there is none;\\n did you mean 'confidence'?")
    if doing == "disk":
        raise OSError(28, "No space left on device")
    if doing == "defect":
        raise KeyError("CASEID-00001")
    if doing == "ask":
        print("CASEID-00001")
        print("CASEID-00001", file=sys.stderr)
        os.system("echo CASEID-00001; echo CASEID-00001 >&2")
        input("which list? ")
    if doing == "failed":
        folder = outputs / "failed" / RUN.name
        return Ended(1, "", folder, notebooks=made(folder, "InputError: no such\\narea"))
    return Ended(0, "", RUN, notebooks=made(RUN))

sys.exit(schedule.scheduled(outputs, settings, run))
"""


def command(outputs, doing="good", **settings):
    return [sys.executable, "-c", PROGRAM, str(outputs), doing, json.dumps(settings)]


def start(outputs, doing="good", **settings):
    return subprocess.Popen(command(outputs, doing, **settings), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(outputs, doing="good", **settings):
    return subprocess.run(command(outputs, doing, **settings), capture_output=True, text=True, timeout=120, input="yes\n")


def until(condition, process):
    end = time.monotonic() + 60
    while not condition():
        assert process.poll() is None and time.monotonic() < end, process.communicate()
        time.sleep(0.02)


@pytest.fixture
def at_work(tmp_path):
    """A scheduled run that is at work until it is told to end."""
    outputs = tmp_path / "outputs"
    process = start(outputs, "sleep")
    until((outputs / "begun").exists, process)
    yield outputs, process
    process.kill()
    process.communicate()


def status_of(outputs):
    return json.loads((outputs / "status.json").read_text())


def one_line(done):
    (line,) = done.stdout.splitlines()
    assert re.match(rf"{TIME} ", line), line
    return line


def test_a_good_run_says_one_line_and_leaves_the_whole_status(tmp_path):
    done = run(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    line = one_line(done)
    assert "good (exit code 0): run 2026-01-02T030405Z; 1 notebook good, 0 failed" in line
    told = status_of(tmp_path)
    assert told["state"] == "ended" and told["code"] == 0 and told["meaning"] == "good" and told["summary"] == line
    assert re.fullmatch(TIME, told["started"]) and re.fullmatch(TIME, told["ended"]) and told["seconds"] >= 0
    assert told["run"] == "2026-01-02T030405Z" and told["last_good"] == {"run": told["run"], "ended": told["ended"]}
    assert told["notebooks"]["04_evidence_ledger"]["result"] == "good"
    assert told["kept"] == {"good": ["2026-01-02T030405Z"], "failed": []} and told["removed"] == []
    # The first one has nothing to be compared with.
    assert told["comparison"] is None and told["unfinished"] is None
    assert sorted(path.name for path in tmp_path.iterdir()) == [".scheduled.lock", "2026-01-02T030405Z", "status.json"]


def test_the_docstring_names_every_field_and_no_other(tmp_path):
    run(tmp_path)
    documented = re.findall(r"``(\w+)``", "\n".join(re.findall(r"^(``.*?)  ", status.__doc__, re.MULTILINE)))
    assert sorted(documented) == sorted(status_of(tmp_path))
    assert sorted(status.begin({}, "", 0)) == sorted(status_of(tmp_path))


@pytest.mark.parametrize(
    ("doing", "code", "said"),
    [
        (
            "failed",
            1,
            "run failed/2026-01-02T030405Z; 0 notebooks good, 1 failed; 04_evidence_ledger in cell 7: InputError: no such area",
        ),
        ("input", 2, "wrong input (exit code 2): parameter confidense: there is none; did you mean 'confidence'?"),
        ("disk", 1, "could not be written (No space left on device)"),
        ("defect", 1, "KeyError in the runner; what it says is withheld"),
        ("ask", 1, "EOFError in the runner"),
    ],
)
def test_what_goes_wrong_ends_in_the_line_the_status_and_the_exit_code(tmp_path, doing, code, said):
    done = run(tmp_path, doing)
    line = one_line(done)
    assert done.returncode == code and said in line and done.stderr == ""
    told = status_of(tmp_path)
    assert told["state"] == "ended" and told["code"] == code and told["summary"] == line and told["last_good"] is None
    for text in (done.stdout, done.stderr, (tmp_path / "status.json").read_text()):
        assert "CASEID" not in text


def test_a_long_error_is_cut_and_a_sign_that_cannot_be_printed_goes():
    said = ended.shortened("a\x1b[31m\ud800" + "b" * 5000)
    assert len(said) == 300 and said.startswith("a [31m b") and said.endswith("…")


def test_the_status_tells_of_the_run_while_it_works(at_work):
    outputs, process = at_work
    told = status_of(outputs)
    assert told["state"] == "running" and told["pid"] == process.pid and told["code"] is None and told["ended"] is None


@pytest.mark.parametrize(("which", "code", "said"), [(signal.SIGTERM, 143, "told to end"), (signal.SIGINT, 130, "stopped")])
def test_a_stopped_run_says_so_and_calls_nobody(tmp_path, which, code, said):
    called = tmp_path / "called"
    process = start(tmp_path, "sleep", on_failure=["touch", str(called)])
    until((tmp_path / "begun").exists, process)
    process.send_signal(which)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (code, "")
    assert said in stdout and len(stdout.splitlines()) == 1
    assert status_of(tmp_path)["state"] == "ended" and status_of(tmp_path)["code"] == code
    assert not called.exists()


def test_a_run_that_would_overlap_skips_and_leaves_the_status_of_the_other(at_work):
    outputs, _ = at_work
    before = (outputs / "status.json").read_bytes()
    done = run(outputs, on_failure=["touch", str(outputs / "called")])
    assert done.returncode == 4 and "skipped (exit code 4): another scheduled run is at work here" in one_line(done)
    assert (outputs / "status.json").read_bytes() == before
    assert not (outputs / "called").exists() and not list(outputs.glob("2026*"))


def test_a_run_may_wait_and_a_third_one_does_not_pile_up(at_work):
    outputs, process = at_work
    waiting = start(outputs, wait=True)
    until((outputs / ".scheduled.queue").exists, waiting)
    # It takes the place in the queue before it can be seen to be there.
    time.sleep(0.3)
    third = run(outputs, wait=True)
    assert third.returncode == 4 and "one more waits already" in one_line(third)
    assert status_of(outputs)["pid"] == process.pid
    process.terminate()
    stdout, stderr = waiting.communicate(timeout=60)
    assert (waiting.returncode, stderr) == (0, ""), stdout
    assert status_of(outputs)["pid"] == waiting.pid and status_of(outputs)["waited"] >= 0.3


def test_a_run_that_is_stopped_while_it_waits_leaves_the_status_of_the_other(at_work):
    outputs, process = at_work
    waiting = start(outputs, wait=True)
    until((outputs / ".scheduled.queue").exists, waiting)
    waiting.terminate()
    stdout, _ = waiting.communicate(timeout=60)
    assert waiting.returncode == 143 and "told to end (exit code 143): before anything was run" in stdout
    assert status_of(outputs)["pid"] == process.pid and status_of(outputs)["state"] == "running"


def test_a_run_killed_outright_leaves_no_lock_and_the_next_one_tells_of_it(at_work):
    outputs, process = at_work
    begun = status_of(outputs)["started"]
    process.kill()
    process.wait()
    assert (outputs / ".scheduled.lock").exists() and status_of(outputs)["state"] == "running"
    done = run(outputs)
    assert done.returncode == 0, done.stdout
    assert status_of(outputs)["unfinished"] == begun


def test_the_last_good_run_is_remembered_over_a_failed_one(tmp_path):
    run(tmp_path)
    good = status_of(tmp_path)["last_good"]
    assert run(tmp_path, "failed").returncode == 1
    assert status_of(tmp_path)["last_good"] == good and status_of(tmp_path)["kept"] is None


@pytest.mark.parametrize("content", ["", "[1]", "{", '{"format": 1, "last_good": [], "state": 3}', "[" * 100_000])
def test_a_status_of_another_kind_is_written_over(tmp_path, content):
    (tmp_path / "status.json").write_text(content)
    assert run(tmp_path).returncode == 0
    assert status_of(tmp_path)["code"] == 0


def test_a_status_or_a_folder_that_cannot_be_written_is_wrong_input(tmp_path):
    (tmp_path / "file").write_text("kept")
    for outputs, settings in [
        (tmp_path / "file", {}),
        (tmp_path / "outputs", {"status": str(tmp_path / "file" / "status.json")}),
    ]:
        done = run(outputs, **settings)
        assert done.returncode == 2 and "cannot be written" in one_line(done) and done.stderr == ""
    done = run(tmp_path / "outputs", status=str(tmp_path))
    assert done.returncode == 2 and "--status" in one_line(done)
    assert (tmp_path / "file").read_text() == "kept"
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_a_status_elsewhere_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "place" / "run.json"
    path.parent.mkdir()
    status.write(path, {"a": 1})
    with pytest.raises(TypeError):
        status.write(path, {"a": object()})
    assert json.loads(path.read_text()) == {"a": 1} and [found.name for found in path.parent.iterdir()] == ["run.json"]
    assert stat.S_IMODE(path.stat().st_mode) & 0o444


def test_the_command_for_failures_is_told_what_happened(tmp_path):
    script = 'printf "%s|%s|%s" "$NOTEBOOKS_CODE" "$NOTEBOOKS_STATUS" "$NOTEBOOKS_SUMMARY" > "$0"'
    script += '; cat "$NOTEBOOKS_STATUS" >> "$0"; echo sent'
    done = run(tmp_path, "failed", on_failure=["sh", "-c", script, str(tmp_path / "told")])
    assert done.returncode == 1 and done.stderr == "sent\n"
    code, place, rest = (tmp_path / "told").read_text().split("|")
    assert (code, place) == ("1", str(tmp_path / "status.json"))
    # The status was there before the command was called.
    assert rest.startswith(one_line(done)) and '"state": "ended"' in rest


def test_a_command_for_failures_that_fails_itself_changes_no_exit_code(tmp_path):
    done = run(tmp_path, "input", on_failure=["sh", "-c", "exit 9"])
    assert done.returncode == 2
    assert done.stderr == "notebooks run: the command of --on-failure ended with exit code 9; the exit code stays as it was\n"
    assert "signal 9" in run(tmp_path, "input", on_failure=["sh", "-c", "kill -9 $$"]).stderr
    assert "could not be called (No such file" in run(tmp_path, "input", on_failure=[str(tmp_path / "nowhere")]).stderr


def test_a_command_for_failures_that_hangs_is_ended_with_all_that_it_started(tmp_path, capfd):
    began = time.monotonic()
    alert.call(["sh", "-c", f"sleep 60 & echo $! > {tmp_path / 'pid'}; wait"], {}, seconds=0.5)
    assert time.monotonic() - began < 30 and "did not end within 0.5 s" in capfd.readouterr().err
    child, end = Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}/stat"), time.monotonic() + 10
    while child.exists() and child.read_text().split()[2] != "Z" and time.monotonic() < end:
        time.sleep(0.02)
    assert not child.exists() or child.read_text().split()[2] == "Z"


def test_a_full_disk_at_the_end_is_no_good_run(tmp_path, monkeypatch, capsys):
    written = []

    def write(path, content):
        written.append(content["state"])
        if content["state"] == "ended":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(status, "write", write)
    code = schedule.scheduled(tmp_path, schedule.Settings(), lambda: ended.Ended(0))
    assert code == 1 and written == ["running", "ended"]
    assert "the status cannot be written (No space left on device)" in capsys.readouterr().out


# Which runs stay.


def made(outputs, started, number=1, failed=False, **changes):
    name = started.strftime("%Y-%m-%dT%H%M%SZ") + (f"-{number}" if number > 1 else "")
    folder = (outputs / "failed" if failed else outputs) / name
    (folder / "tables").mkdir(parents=True)
    (folder / "tables" / "ratings.csv").write_text("standard\n")
    content = {"run": name, "started": started.isoformat(timespec="seconds")} | changes
    (folder / "manifest.json").write_text(json.dumps(content))
    return folder


def days(*numbers):
    today = datetime.now(UTC).replace(microsecond=0)
    return [today + timedelta(days=number) for number in numbers]


def test_the_newest_good_and_the_newest_failed_runs_stay(tmp_path):
    good = [made(tmp_path, day) for day in days(-5, -4, -3, -2)]
    failed = [made(tmp_path, day, failed=True) for day in days(-9, -8, -1)]
    (tmp_path / "latest").symlink_to(good[-1].name)
    kept = keeping.keep(tmp_path, 2)
    assert kept.good == (good[3].name, good[2].name) and kept.failed == (failed[2].name, failed[1].name)
    assert sorted(kept.removed) == sorted([good[0].name, good[1].name, f"failed/{failed[0].name}"]) and kept.not_removed == ()
    assert [path.exists() for path in good + failed] == [False, False, True, True, False, True, True]
    assert not list(tmp_path.glob(".*"))


def test_two_runs_of_one_second_are_told_apart_by_their_number(tmp_path):
    (day,) = days(-1)
    runs = [made(tmp_path, day, number) for number in (1, 2, 10)]
    assert keeping.keep(tmp_path, 1).good == (runs[2].name,)


def test_latest_stays_whatever_its_age_and_so_does_the_run_just_made(tmp_path):
    runs = [made(tmp_path, day) for day in days(-5, -4, -3, -2)]
    (tmp_path / "latest").symlink_to(runs[0].name)
    keeping.keep(tmp_path, 1, [runs[1]])
    assert [run.exists() for run in runs] == [True, True, False, True]


def test_a_clock_set_back_removes_the_oldest_and_not_the_newest(tmp_path):
    """Runs from before the clock was set back start in the future; all that is made now is newer."""
    future = [made(tmp_path, day) for day in days(100, 101, 102)]
    now = [made(tmp_path, day) for day in days(-2, -1)]
    (tmp_path / "latest").symlink_to(now[-1].name)
    kept = keeping.keep(tmp_path, 3)
    assert kept.good == (now[1].name, now[0].name, future[2].name)


def test_what_is_no_run_of_ours_is_never_touched(tmp_path):
    old, *more = days(-50, -49, -48, -47, -46, -45)
    elsewhere = made(tmp_path / "elsewhere", old)
    outputs = tmp_path / "outputs"
    kept = [
        made(outputs, old, run="another"),
        made(outputs, more[0]).rename(outputs / "my own results"),
        made(outputs, more[1]).rename(outputs / f".{more[1]:%Y-%m-%dT%H%M%SZ}"),
    ]
    (outputs / f"{more[2]:%Y-%m-%dT%H%M%SZ}").mkdir()
    (outputs / f"{more[3]:%Y-%m-%dT%H%M%SZ}").write_text("a file")
    broken = made(outputs, more[4])
    (broken / "manifest.json").write_text("{")
    link = outputs / f"{days(-60)[0]:%Y-%m-%dT%H%M%SZ}"
    link.symlink_to(elsewhere)
    linked = made(outputs, days(-61)[0])
    (linked / "manifest.json").rename(tmp_path / "manifest.json")
    (linked / "manifest.json").symlink_to(tmp_path / "manifest.json")
    (outputs / "failed").symlink_to(tmp_path / "elsewhere")
    before = sorted(path for path in tmp_path.rglob("*"))
    new = [made(outputs, day) for day in days(-3, -2)]
    assert keeping.keep(outputs, 1).removed == (new[0].name,)
    assert sorted(path for path in tmp_path.rglob("*") if not path.is_relative_to(new[1])) == before
    assert all(path.exists() for path in kept)


def test_a_reader_never_sees_half_a_run_and_a_killed_removal_is_finished(tmp_path, monkeypatch):
    runs = [made(tmp_path, day) for day in days(-3, -2)]
    with monkeypatch.context() as broken:
        broken.setattr(keeping.shutil, "rmtree", lambda path: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            keeping.keep(tmp_path, 1)
    assert not runs[0].exists() and [path.name for path in tmp_path.glob(".*")] == [f".removing-{runs[0].name}"]
    keeping.keep(tmp_path, 1)
    assert [path.name for path in tmp_path.iterdir()] == [runs[1].name]


def test_a_run_that_cannot_be_removed_is_named(tmp_path, monkeypatch):
    runs = [made(tmp_path, day) for day in days(-3, -2)]
    monkeypatch.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    kept = keeping.keep(tmp_path, 1)
    assert kept.not_removed == (runs[0].name,) and kept.removed == () and runs[0].exists()


def test_only_a_good_run_removes_others(tmp_path):
    old = [made(tmp_path, day) for day in days(-3, -2)]
    assert run(tmp_path, "failed", keep=1).returncode == 1 and all(path.exists() for path in old)
    assert run(tmp_path, "good", keep=1).returncode == 0
    # The run just made is dated like an old one here, and stays.
    assert [path.exists() for path in old] == [False, True] and (tmp_path / "2026-01-02T030405Z").exists()
    assert status_of(tmp_path)["removed"] == [old[0].name]


# What moved since the run before.


class Compared:
    def __init__(self, same, line, details):
        self.same, self.line, self._details = same, line, details

    def as_json(self):
        return self._details


@pytest.fixture
def compare(monkeypatch):
    """Stands for the comparison, which has tests of its own."""
    calls, answer = [], {}

    class Module:
        @staticmethod
        def compare(old, new):
            calls.append((old.name, new.name))
            if "raises" in answer:
                raise answer["raises"]
            return Compared(**answer)

    monkeypatch.setitem(sys.modules, "helpers.runs.compare", Module)
    return calls, answer


def compared(outputs, folder, capsys):
    schedule.scheduled(outputs, schedule.Settings(), lambda: ended.Ended(0, folder=folder))
    return status_of(outputs)["comparison"], capsys.readouterr().out


def test_a_run_is_compared_with_the_last_good_one_of_the_schedule(tmp_path, compare, capsys):
    calls, answer = compare
    first, by_hand, second, third = (made(tmp_path, day) for day in days(-4, -3, -2, -1))
    (tmp_path / "latest").symlink_to(first.name)
    answer.update(same=False, line="different: 3 numbers", details={"moved": 3})
    told, said = compared(tmp_path, second, capsys)
    assert calls == [(first.name, second.name)]
    assert told == {"before": first.name, "same": False, "line": "different: 3 numbers", "details": {"moved": 3}}
    assert f"moved since {first.name}; different: 3 numbers" in said
    # A run by hand lies between, and the schedule's own is what counts.
    (tmp_path / "latest").unlink()
    (tmp_path / "latest").symlink_to(by_hand.name)
    answer.update(same=True, line="same: 24 tables")
    told, said = compared(tmp_path, third, capsys)
    assert calls[1:] == [(second.name, third.name)] and f"same as {second.name}" in said
    # Up to date: nothing to compare.
    told, said = compared(tmp_path, third, capsys)
    assert len(calls) == 2 and told["same"] is True and told["before"] == third.name


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (
            {"raises": InputError("tables/x.csv is not the one\nthat its manifest lists")},
            "not compared: tables/x.csv is not the one that",
        ),
        ({"raises": KeyError("CASEID-1")}, "not compared: KeyError"),
        ({"same": False, "line": "x", "details": {"moved": float("nan")}}, "not compared: ValueError"),
    ],
)
def test_a_comparison_that_fails_undoes_no_run(tmp_path, compare, capsys, answer, line):
    compare[1].update(answer)
    first, second = (made(tmp_path, day) for day in days(-4, -3))
    (tmp_path / "latest").symlink_to(first.name)
    told, said = compared(tmp_path, second, capsys)
    assert told["same"] is None and told["line"].startswith(line) and status_of(tmp_path)["code"] == 0
    assert "CASEID" not in said


# Options and variables.


def parsed(*words):
    parser = argparse.ArgumentParser()
    parser.add_argument("name", nargs="*")
    parser.add_argument("-p", dest="words", action="append", default=[])
    parser.add_argument("--jobs", type=int)
    for option in ("parameters", "evidence", "output"):
        parser.add_argument(f"--{option}")
    schedule_options.add_arguments(parser)
    return parser.parse_args(words)


def test_options_become_settings():
    assert schedule.settings(parsed()) is None
    assert schedule.settings(parsed("--scheduled")) == schedule.Settings(30, False, (), None)
    words = ["--scheduled", "--keep", "3", "--if-running", "wait", "--on-failure", "sh -c 'exit 0'", "--status", "s.json"]
    assert schedule.settings(parsed(*words)) == schedule.Settings(3, True, ("sh", "-c", "exit 0"), Path("s.json"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--keep", "3"], "--keep is for scheduled runs; add --scheduled"),
        (["--if-running", "skip"], "--if-running is for scheduled runs"),
        (["--scheduled", "--on-failure", "no-such-command-here x"], "there is no such command"),
        (["--scheduled", "--on-failure", ""], "there is no such command"),
        (["--scheduled", "--on-failure", "sh 'x"], "no closing quotation"),
        (["--scheduled", "--status", ""], "--status is empty"),
    ],
)
def test_wrong_options_are_refused(words, said):
    with pytest.raises(InputError, match=re.escape(said)):
        schedule.settings(parsed(*words))


def test_variables_are_read_as_options_are():
    given = environment.from_environment(
        {
            "PATH": "/bin",
            "NOTEBOOKS_NAMES": "02 03",
            "NOTEBOOKS_SET": 'confidence=0.9\n\n areas=["Leeds", "a=b"] \r\n',
            "NOTEBOOKS_PARAMETERS": "file.yaml",
            "NOTEBOOKS_OUTPUT": "/outputs",
            "NOTEBOOKS_KEEP": "7",
            "NOTEBOOKS_IF_RUNNING": "wait",
            "NOTEBOOKS_ON_FAILURE": "mail -s failed",
            "NOTEBOOKS_STATUS": "/outputs/status.json",
            "NOTEBOOKS_EVIDENCE": "published",
            "NOTEBOOKS_JOBS": " ",
        }
    )
    assert given == {
        "name": ["02", "03"],
        "words": ["confidence=0.9", 'areas=["Leeds", "a=b"]'],
        "parameters": "file.yaml",
        "output": "/outputs",
        "keep": 7,
        "if_running": "wait",
        "on_failure": "mail -s failed",
        "status": "/outputs/status.json",
        "evidence": "published",
    }


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"NOTEBOOKS_KEPT": "3"}, "no environment variable NOTEBOOKS_KEPT; did you mean 'NOTEBOOKS_KEEP'?"),
        ({"NOTEBOOKS_KEEP": "none"}, "variable NOTEBOOKS_KEEP: 'none' is not a whole number"),
        ({"NOTEBOOKS_IF_RUNNING": "waits"}, "did you mean 'wait'?"),
        ({"NOTEBOOKS_EVIDENCE": "all"}, "there is: published"),
        ({"NOTEBOOKS_SET": "confidence"}, "'confidence' is not name=value"),
        ({"NOTEBOOKS_SET": "seed=1\nseed=2"}, "seed is given twice"),
    ],
)
def test_a_wrong_variable_is_refused_by_its_name(environ, said):
    with pytest.raises(InputError, match=re.escape(said)):
        environment.from_environment(environ)


def test_what_others_set_is_no_setting():
    """A command of --on-failure may be a scheduled run; Kubernetes tells of services that are called notebooks."""
    told = {"NOTEBOOKS_CODE": "1", "NOTEBOOKS_SUMMARY": "x", "NOTEBOOKS_STATUS": "/of/the/run/that/failed.json"}
    assert environment.from_environment(told) == {}
    assert environment.from_environment({"NOTEBOOKS_SUMMARY": "x"}) == {}
    service = [
        "SERVICE_HOST",
        "SERVICE_PORT",
        "SERVICE_PORT_HTTP",
        "PORT",
        "PORT_8888_TCP",
        "PORT_8888_TCP_ADDR",
        "WEB_SERVICE_HOST",
    ]
    assert environment.from_environment({f"NOTEBOOKS_{name}": "x" for name in service}) == {}


def test_the_command_line_wins_over_variables():
    environ = {
        "NOTEBOOKS_NAMES": "01",
        "NOTEBOOKS_SET": "seed=1\n02.yots=3\nconfidence=0.8",
        "NOTEBOOKS_KEEP": "7",
        "NOTEBOOKS_JOBS": "2",
    }
    chosen = parsed("02", "-p", "confidence=0.9", "-p", "yots=4", "--keep", "3")
    environment.fill(chosen, environ)
    assert (chosen.name, chosen.keep, chosen.jobs) == (["02"], 3, 2)
    assert chosen.words == ["seed=1", "confidence=0.9", "yots=4"]


def test_every_variable_has_an_option_and_the_page_names_it():
    known = vars(parsed())
    assert {option for option, _ in environment.VARIABLES.values()} <= known.keys()
    page = (Path(__file__).parents[2] / "schedules" / "README.md").read_text()
    assert set(re.findall(r"NOTEBOOKS_[A-Z_]+", page)) == {*environment.VARIABLES, *environment.TOLD}
