"""The ready files for schedules say what is there, and what was meant: each is checked by what reads it, where that is here."""

import argparse
import ast
import fnmatch
import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import sys
from datetime import datetime
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest
import yaml

from helpers import __version__, paths
from helpers.runs import environment, schedule, schedule_options
from helpers.runs.commands import run as run_command
from helpers.runs.exits import SKIPPED
from tests.conftest import BIN

FOLDER = paths.ROOT / "schedules"
HERE = "/path/to/notebooks"
WORKFLOW = paths.ROOT / ".github" / "workflows" / "scheduled.yml"
RELEASE = f"v{__version__}"


def text(name):
    return (FOLDER / name).read_text()


def lines(name):
    return [line for line in text(name).splitlines() if line and not line.startswith("#")]


def options_of(words):
    """What the command `notebooks run` makes of words, its own parser and that of schedules together."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    run_command.add_arguments(parser)
    if "--scheduled" not in parser.format_help():
        schedule_options.add_arguments(parser)
    assert words[0] == "run"
    return parser.parse_args(words[1:])


def is_scheduled(command):
    """A command of a file is our command, and its options are good ones."""
    program, *words = shlex.split(command)
    assert program.endswith(".venv/bin/notebooks")
    chosen = options_of(words)
    assert chosen.scheduled and schedule.settings(chosen).keep >= 1
    return chosen


def every_minute_field(words):
    """The five fields of a cron schedule lie within their bounds."""
    assert len(words) == 5
    for word, (low, high) in zip(words, [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)], strict=True):
        numbers = [int(number) for number in re.findall(r"\d+", word)]
        assert re.fullmatch(r"\*|\d+(-\d+)?", word) and all(low <= number <= high for number in numbers), word


# cron


def cron_line():
    *settings, line = lines("crontab")
    assert all(re.fullmatch(r"[A-Z_]+=\S+", setting) for setting in settings)
    minute, hour, day, month, weekday, command = line.split(None, 5)
    every_minute_field([minute, hour, day, month, weekday])
    # In a crontab % is an end of line.
    assert "%" not in command
    return dict(setting.split("=") for setting in settings), command


def test_the_line_of_cron_is_one_and_mails_to_nobody_real():
    settings, command = cron_line()
    assert settings["MAILTO"].endswith(".invalid")
    is_scheduled(re.search(r"\.venv/bin/notebooks [^>|)]*", command)[0])
    assert f"cd {HERE} && " in command


@pytest.mark.parametrize(("code", "mailed"), [(0, ""), (1, "exit code 1: the line\n"), (4, "exit code 4: the line\n")])
def test_cron_mails_what_is_not_good_and_the_log_holds_every_line(tmp_path, code, mailed):
    """The line as cron runs it, by sh and with few variables, on a command that ends as we like."""
    _, command = cron_line()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / "outputs").mkdir()
    stand_in = tmp_path / ".venv" / "bin" / "notebooks"
    stand_in.write_text(f'#!/bin/sh\n[ "$*" = "run --scheduled --keep 30" ] && echo the line\nexit {code}\n')
    stand_in.chmod(0o755)
    few = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    command = ["/bin/sh", "-c", command.replace(HERE, shlex.quote(str(tmp_path)))]
    done = subprocess.run(command, env=few, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert (done.stdout, done.stderr) == (mailed, "")
    assert (tmp_path / "outputs" / "scheduled.log").read_text() == "the line\n"


# systemd


def unit(name):
    """The settings of a unit, by section; a key stands once."""
    found, section = {}, None
    for line in lines(name):
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), {})
        else:
            key, value = line.split("=", 1)
            assert key not in section, key
            section[key] = value
    return found


def test_the_service_runs_our_command_and_writes_to_the_folder_of_runs_alone():
    service = unit("notebooks.service")["Service"]
    is_scheduled(service["ExecStart"])
    assert service["Type"] == "oneshot" and service["SuccessExitStatus"] == str(SKIPPED)
    assert service["ProtectSystem"] == "strict" and service["ReadWritePaths"] == f"{HERE}/outputs"
    assert service["PrivateNetwork"] == service["PrivateTmp"] == service["NoNewPrivileges"] == "yes"
    assert service["KillSignal"] == "SIGTERM" and {"MemoryMax", "TimeoutStartSec", "User"} <= service.keys()
    timer = unit("notebooks.timer")["Timer"]
    assert timer["Persistent"] == "true" and "RandomizedDelaySec" in timer
    assert ZoneInfo(timer["OnCalendar"].split()[-1])


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_units_without_a_word(tmp_path):
    program = tmp_path / "copy" / ".venv" / "bin" / "notebooks"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for name in ("notebooks.service", "notebooks.timer"):
        (tmp_path / name).write_text(text(name).replace(HERE, str(tmp_path / "copy")))

    def verify():
        words = ["systemd-analyze", "verify", "--man=no", tmp_path / "notebooks.service", tmp_path / "notebooks.timer"]
        return subprocess.run(words, capture_output=True, text=True, timeout=60)

    done = verify()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    # It does look: a setting that there is not, and a time that is none, are named.
    service = tmp_path / "notebooks.service"
    service.write_text(service.read_text().replace("NoNewPrivileges=", "NoNewPrivilege="))
    assert "NoNewPrivilege" in verify().stderr
    calendar = ["systemd-analyze", "calendar", unit("notebooks.timer")["Timer"]["OnCalendar"]]
    assert subprocess.run(calendar, capture_output=True, timeout=60).returncode == 0


# GitHub


def test_the_workflow_runs_our_commands_and_uploads_nothing_restricted():
    # YAML 1.1 reads the key on as true.
    flow = yaml.safe_load(WORKFLOW.read_text())
    every_minute_field(flow[True]["schedule"][0]["cron"].split())
    assert flow["permissions"] == {"contents": "read"}
    assert flow["concurrency"]["group"] and flow["concurrency"]["cancel-in-progress"] is False
    (job,) = flow["jobs"].values()
    assert job["timeout-minutes"] <= 60
    targets = set(re.findall(r"^([a-z]+):", (paths.ROOT / "Makefile").read_text(), re.MULTILINE))
    for command in (step["run"] for step in job["steps"] if "run" in step):
        if command.startswith("make "):
            assert set(command.split()[1:]) <= targets
        else:
            is_scheduled(command)
    assert "Real cases must never go to GitHub" in WORKFLOW.read_text()


def test_of_a_run_with_cases_the_workflow_would_upload_what_may_leave_alone(tmp_path):
    (job,) = yaml.safe_load(WORKFLOW.read_text())["jobs"].values()
    (step,) = (step for step in job["steps"] if "upload-artifact" in step.get("uses", ""))
    assert step["if"] == "always()" and not step["with"].get("include-hidden-files", False)
    patterns = step["with"]["path"].split()
    names = ["status.json", "latest/index.html", "latest/restricted/fieldwork_sample.csv", "latest/restricted/report/index.html"]
    names += ["failed/2026-01-01T000000Z/restricted/failed/02.txt", "failed/2026-01-01T000000Z/manifest.json"]
    kept = []
    for name in (f"outputs/{name}" for name in names):
        taken = any(fnmatch.fnmatch(name, f"{pattern}*") for pattern in patterns if not pattern.startswith("!"))
        refused = any(fnmatch.fnmatch(name, pattern[1:]) for pattern in patterns if pattern.startswith("!"))
        kept += [name] if taken and not refused else []
    assert kept == ["outputs/status.json", "outputs/latest/index.html", "outputs/failed/2026-01-01T000000Z/manifest.json"]


# The container


def dockerfile():
    """Its instructions: word and rest."""
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines("Dockerfile")))
    return [tuple(line.split(None, 1)) for line in joined.splitlines()]


def sources():
    return [word for name, rest in dockerfile() if name == "COPY" for word in rest.split()[:-1]]


def test_the_image_is_made_from_files_that_are_there_and_that_the_filter_lets_in():
    let_in = [line[1:] for line in (paths.ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for source in sources():
        assert (paths.ROOT / source).exists(), source
        assert any(name == source or name.startswith(f"{source}/") for name in let_in), source
    for name in let_in:
        assert (paths.ROOT / name).exists(), name
        assert any(name == source or name.startswith(f"{source}/") for source in sources()), name
    assert (paths.ROOT / ".dockerignore").read_text().splitlines()[1] == "*"


def test_the_image_holds_every_file_that_a_run_or_an_installation_reads(run_folder):
    read = json.loads((run_folder / "manifest.json").read_text())["inputs"]
    needed = [*read, "tools/bootstrap.py", "tools/lab_settings.json", "pyproject.toml", "README.md", "LICENSE", "LICENSE-DATA.md"]
    for name in needed:
        assert any(name == source or name.startswith(f"{source}/") for source in sources()), name


def test_the_image_runs_our_command_as_somebody_without_rights():
    found = {name: rest for name, rest in dockerfile()}
    assert found["FROM"] == "python:3.11-slim"
    assert found["USER"] == "1000:1000" and found["HEALTHCHECK"] == "NONE" and found["STOPSIGNAL"] == "SIGTERM"
    entry = ast.literal_eval(found["ENTRYPOINT"])
    assert entry[0] == "/opt/notebooks/.venv/bin/notebooks" and found["WORKDIR"] == "/opt/notebooks"
    is_scheduled(shlex.join(entry))
    variables = dict(word.split("=") for word in found["ENV"].split())
    given = environment.from_environment(variables)
    assert given == {"output": found["VOLUME"]}
    assert RELEASE in found["ARG"] and f"notebooks:{RELEASE}" in text("Dockerfile")
    # What the steps call is there, and it is what make setup calls.
    assert next(rest for name, rest in dockerfile() if name == "RUN") == "python tools/bootstrap.py"
    assert "tools/bootstrap.py" in (paths.ROOT / "Makefile").read_text()


# Airflow


class Recorded:
    """Takes any arguments, and remembers them."""

    made = []

    def __init__(self, *words, **options):
        self.options = options
        Recorded.made.append(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


@pytest.fixture
def dag(monkeypatch):
    """The DAG as Airflow would load it; stand-ins take what it says, since Airflow is no dependency."""

    class Dag(Recorded):
        pass

    class Operator(Recorded):
        pass

    class Models(ModuleType):
        def __getattr__(self, name):
            return Recorded

    modules = {
        "airflow": {"DAG": Dag},
        "airflow.providers.cncf.kubernetes.operators.pod": {"KubernetesPodOperator": Operator},
        "kubernetes.client": {"models": Models("models")},
        "pendulum": {"datetime": lambda *day, tz: datetime(*day, tzinfo=ZoneInfo(tz))},
    }
    for name in modules:
        parts = name.split(".")
        for part in (".".join(parts[:end]) for end in range(1, len(parts) + 1)):
            monkeypatch.setitem(sys.modules, part, ModuleType(part))
            vars(sys.modules[part]).update(modules.get(part, {}))
    monkeypatch.setattr(Recorded, "made", [])
    spec = importlib.util.spec_from_file_location("airflow_dag", FOLDER / "airflow_dag.py")
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    (dag,) = (made.options for made in Recorded.made if isinstance(made, Dag))
    (operator,) = (made.options for made in Recorded.made if isinstance(made, Operator))
    return dag, operator


def test_the_dag_runs_one_container_of_a_release_at_a_time(dag):
    dag, operator = dag
    every_minute_field(dag["schedule"].split())
    assert dag["start_date"].tzinfo is not None and dag["catchup"] is False and dag["max_active_runs"] == 1
    assert operator["image"] == f"notebooks:{RELEASE}"
    # The image's own entry point is what runs.
    assert "cmds" not in operator and "arguments" not in operator
    assert operator["skip_on_exit_code"] == SKIPPED
    imported = re.findall(r"^(?:from|import) .*", text("airflow_dag.py"), re.MULTILINE)
    assert not any(re.search("Bash|PythonOperator|Papermill", line) for line in imported)


def test_the_dag_gives_settings_that_are_known_and_mounts_what_is_written(dag):
    _, operator = dag
    given = environment.from_environment(operator["env_vars"])
    mounted = {made.options["mount_path"] for made in Recorded.made if "mount_path" in made.options}
    assert mounted == {given["output"], "/tmp"}
    volumes = {made.options["name"] for made in operator["volumes"]}
    assert volumes == {made.options["name"] for made in operator["volume_mounts"]}
    context = operator["container_security_context"].options
    assert context["read_only_root_filesystem"] and context["run_as_non_root"] and not context["allow_privilege_escalation"]


# The page


def test_the_page_names_every_file_and_option_and_its_workflow_is_of_a_release():
    page = text("README.md")
    for path in [*FOLDER.iterdir(), WORKFLOW]:
        assert path.name in page or path.name == "README.md", path
    options = re.findall(r"--[a-z-]+", " ".join(re.findall(r"^\| `(.*?)` ?(?:or .*?)?\|", page, re.MULTILINE)))
    for option in ("--keep", "--if-running", "--on-failure", "--status"):
        assert option in options
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    described = yaml.safe_load(block)["dag"]
    assert described["tag"] == RELEASE and described["catchup"] is False and described["max_active_runs"] == 1
    every_minute_field(described["schedule"].split())
    assert environment.from_environment(described["env_vars"])["output"] == "/outputs"


def test_no_file_names_a_registry_or_a_person():
    for path in [*FOLDER.iterdir(), WORKFLOW, paths.ROOT / ".dockerignore"]:
        assert not re.search(r"https?://|\b[\w-]+\.(io|com|amazonaws)\b/", path.read_text()), path


def test_the_command_that_the_files_name_is_the_one_installed():
    assert (BIN / "notebooks").is_file() and (paths.ROOT / ".venv" / "bin" / "notebooks").is_file()
