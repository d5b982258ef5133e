"""The command ``notebooks``."""

import argparse
import json
import os
import shlex
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, get_args, get_origin

from helpers import __version__
from helpers.errors import InputError

_EXIT_CODES = (
    "Exit codes: 0 all good; 1 a notebook failed; 2 a name, a parameter or an input is wrong (nothing was run); "
    "130 stopped from the keyboard."
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        """Say what is wrong in one line."""
        self.exit(2, f"{self.prog}: {' '.join(message.split())}; see {self.prog} --help\n")


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 upwards")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="notebooks", description="Run the notebook collection.", epilog=_EXIT_CODES)
    parser.add_argument("--version", action="version", version=f"notebooks {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    commands.add_parser("list", help="list the notebooks, their questions and their parameters")
    run = commands.add_parser(
        "run",
        help="run notebooks into one run folder",
        description="Run notebooks into one run folder: notebooks, pages, tables, figures, index.html and manifest.json.",
        epilog=f"Example: notebooks run 02 -p confidence=0.9. {_EXIT_CODES}",
    )
    run.add_argument("name", nargs="*", metavar="NAME", help="number (02), stem or path of a notebook; all where none is named")
    run.add_argument(
        "-p",
        dest="words",
        action="append",
        default=[],
        metavar="name=value",
        help="set a parameter; lists are JSON, text stays text",
    )
    run.add_argument(
        "--parameters", metavar="FILE", help="YAML: one notebook's parameters, or a mapping from notebook to parameters"
    )
    run.add_argument(
        "--evidence",
        choices=["published"],
        help="published: read no case list and take no figure of your own, so that no synthetic or supplied row is there",
    )
    run.add_argument("--output", metavar="DIR", help="folder that holds runs and `latest` (default: outputs/ of the repository)")
    run.add_argument(
        "--jobs", type=_whole, default=os.cpu_count() or 1, metavar="N", help="notebooks run at one time (default: one a core)"
    )
    check = commands.add_parser(
        "check",
        help="check a list of your own against its contract, without running anything",
        description="Check a list of cases or of inspection ratings against its contract. It is read and nothing is written.",
        epilog="Templates and a data dictionary are in data/templates/. Exit codes: 0 the list is good; 2 it is not, and why.",
    )
    check.add_argument("file", metavar="FILE", help="CSV, XLSX or Parquet")
    check.add_argument(
        "--contract",
        required=True,
        choices=["frame", "cases", "judgements", "ratings"],
        help="frame: to draw from; cases: inspected cases; judgements: returns from a fieldwork; "
        "ratings: inspection ratings of services",
    )
    verify = commands.add_parser(
        "verify",
        help="draw the sample of a run again from its list, and say whether it is the same",
        description="Draw the sample of a run again from its list, and compare it with the audit sheet. Nothing is written.",
        epilog="Exit codes: 0 yes, it is the same; 2 the run or the list cannot be read; 3 it differs, and where.",
    )
    verify.add_argument("run", metavar="RUN", help="run folder, such as outputs/latest")
    verify.add_argument("--frame", required=True, metavar="FILE", help="the list that the cases were drawn from")
    return parser


def main(words: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    chosen = _parser().parse_args(words)
    try:
        with _stoppable():
            return {"list": _list, "run": _run, "check": _check, "verify": _verify}[chosen.command](chosen)
    except InputError as error:
        return _end(chosen, str(error), 2)
    except OSError as error:
        return _end(chosen, f"could not be written ({error.strerror or error}); earlier runs are as they were", 1)
    except KeyboardInterrupt:
        return _end(chosen, "stopped; earlier runs are as they were", 130)


@contextmanager
def _stoppable() -> Iterator[None]:
    """A polite signal is treated as Ctrl-C, which tidies up; one that is ignored (nohup) stays ignored."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = {which: signal.getsignal(which) for which in (signal.SIGTERM, signal.SIGHUP)}
    heeded = [which for which, handler in before.items() if handler is not signal.SIG_IGN]
    for which in heeded:
        signal.signal(which, stop)
    try:
        yield
    finally:
        for which in heeded:
            signal.signal(which, before[which])


def _end(chosen: argparse.Namespace, message: str, code: int) -> int:
    # One line, whatever the user typed into it.
    print(f"notebooks {chosen.command}: {' '.join(message.split())}", file=sys.stderr)
    return code


def _list(_: argparse.Namespace) -> int:
    from helpers.runs import progress
    from helpers.runs.catalogue import COLLECTION

    lines = []
    for notebook in COLLECTION:
        lines += [notebook.stem, f"  {notebook.question}"]
        for name, value in notebook.model.model_construct().model_dump(exclude={"output"}).items():
            shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            field = notebook.model.model_fields[name]
            choices = " or ".join(get_args(field.annotation)) if get_origin(field.annotation) is Literal else ""
            lines.append(f"  -p {name}={shlex.quote(shown)}: {field.description}" + (f" ({choices})" if choices else ""))
    progress.say("\n".join(lines))
    return 0


def _check(chosen: argparse.Namespace) -> int:
    from helpers import cases
    from helpers.runs import progress

    try:
        checked = cases.read(chosen.file, chosen.contract)
    except cases.Refused as refusal:
        # One line a rule: here, unlike in a run, the list is all that the user asks about.
        for violation in refusal.violations:
            _end(chosen, f"{chosen.file}: {violation.text}", 2)
        return 2
    said = cases.summary(checked.table, chosen.contract)
    progress.say("\n".join([f"{chosen.file}: good, {said}", *(f"  note: {note}" for note in checked.notes)]))
    return 0


def _verify(chosen: argparse.Namespace) -> int:
    from helpers.runs import progress
    from helpers.runs.verify import verify

    same, said = verify(Path(chosen.run), Path(chosen.frame))
    progress.say("\n".join(said))
    return 0 if same else 3


def _run(chosen: argparse.Namespace) -> int:
    from helpers import paths
    from helpers.runs import choices
    from helpers.runs.catalogue import find

    for option in ("parameters", "output"):
        if getattr(chosen, option) == "":
            raise InputError(f"--{option} is empty; name a {'file' if option == 'parameters' else 'folder'}, or leave it out")
    notebooks = find(chosen.name)
    from_file = choices.read_file(chosen.parameters, notebooks) if chosen.parameters else {}
    models = choices.choose(notebooks, from_file, choices.split(chosen.words), chosen.evidence == "published")
    outputs = Path(chosen.output) if chosen.output else paths.OUTPUTS

    # papermill takes a second or two to import, which a wrong parameter need not wait for.
    from helpers.runs import progress, runner
    from helpers.runs.restricted import REPORT, RESTRICTED, full

    with progress.shown([*notebooks, *full(models)]) as report:
        done = runner.run(models, outputs, chosen.jobs, report.cell, report.outcome)
    progress.say(progress.summary(done.outcomes))
    where = os.path.relpath(done.folder)
    good = f"The run is in {where}; open {where}/index.html"
    if (done.folder / REPORT).is_dir():
        good += f"\nThe full results are in {where}/{REPORT}: not for release, and so is all of {where}/{RESTRICTED}"
    if runner.UNPROTECTED in map(runner.notice, models.values()):
        good += f"\n{runner.UNPROTECTED}"
    progress.say(good if done.good else f"The failed run is in {where}; earlier runs are as they were")
    return 0 if done.good else 1


if __name__ == "__main__":
    sys.exit(main())
