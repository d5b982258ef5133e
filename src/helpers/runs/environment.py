"""Settings of a scheduled run from environment variables, for containers: the command line wins."""

import argparse
import re
from collections.abc import Callable, Mapping
from typing import Any

from helpers.errors import InputError, did_you_mean
from helpers.runs.exits import whole_number

_PREFIX = "NOTEBOOKS_"
# What --on-failure tells its command, which may be a scheduled run itself; the status is a setting as well.
TOLD = ("NOTEBOOKS_STATUS", "NOTEBOOKS_CODE", "NOTEBOOKS_SUMMARY")
# Kubernetes tells a pod of every service of its namespace, also of one that is called notebooks.
_OF_A_SERVICE = re.compile(r".*_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)")


def _one_of(*known: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in known:
            raise argparse.ArgumentTypeError(f"{text!r} is not known; {did_you_mean(text, known)}")
        return text

    return read


def _lines(text: str) -> list[str]:
    words = [line.strip() for line in text.splitlines() if line.strip()]
    names = [word.partition("=")[0] for word in words]
    for word, name in zip(words, names, strict=True):
        if "=" not in word:
            raise argparse.ArgumentTypeError(f"{word!r} is not name=value; write one a line")
        if names.count(name) > 1:
            raise argparse.ArgumentTypeError(f"{name} is given twice")
    return words


# By variable: the option that it sets, as the parser calls it, and how its text is read.
VARIABLES: dict[str, tuple[str, Callable[[str], Any]]] = {
    "NOTEBOOKS_NAMES": ("name", str.split),
    "NOTEBOOKS_PARAMETERS": ("parameters", str),
    "NOTEBOOKS_SET": ("words", _lines),
    "NOTEBOOKS_EVIDENCE": ("evidence", _one_of("published")),
    "NOTEBOOKS_OUTPUT": ("output", str),
    "NOTEBOOKS_JOBS": ("jobs", whole_number),
    "NOTEBOOKS_KEEP": ("keep", whole_number),
    "NOTEBOOKS_IF_RUNNING": ("if_running", _one_of("skip", "wait")),
    "NOTEBOOKS_ON_FAILURE": ("on_failure", str),
    "NOTEBOOKS_STATUS": ("status", str),
}


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """The settings that variables give, by the name that the parser has for the option. An empty variable sets nothing.

    Raises
    ------
    InputError
        A variable that begins with ``NOTEBOOKS_`` and is none of ours, or a value that its option refuses.
    """
    nested = "NOTEBOOKS_CODE" in environ
    found: dict[str, Any] = {}
    for name, text in environ.items():
        if not name.startswith(_PREFIX) or _OF_A_SERVICE.fullmatch(name):
            continue
        if name not in VARIABLES and name not in TOLD:
            raise InputError(f"there is no environment variable {name}; {did_you_mean(name, VARIABLES)}")
        # The status told to the command of --on-failure is that of the run that failed: another run has its own.
        if not text.strip() or name not in VARIABLES or (nested and name in TOLD):
            continue
        option, read = VARIABLES[name]
        try:
            found[option] = read(text.strip())
        except argparse.ArgumentTypeError as error:
            raise InputError(f"environment variable {name}: {error}") from None
    return found


def fill(chosen: argparse.Namespace, environ: Mapping[str, str]) -> None:
    """Set the options that the command line left out as variables say. Of parameters the command line wins one by one.

    Raises
    ------
    InputError
        As `from_environment`.
    """
    given = from_environment(environ)
    said = {word.partition("=")[0] for word in chosen.words}
    # A name may be that of one notebook, 02.confidence.
    left = [word for word in given.pop("words", []) if not {word.partition("=")[0], _bare(word)} & said]
    chosen.words = [*left, *chosen.words]
    for option, value in given.items():
        if not getattr(chosen, option, None):
            setattr(chosen, option, value)


def _bare(word: str) -> str:
    return word.partition("=")[0].rpartition(".")[2]
