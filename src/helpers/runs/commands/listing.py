"""``notebooks list``."""

import argparse
import json
import shlex
from typing import Literal, get_args, get_origin

HELP = "list the notebooks, their questions and their parameters"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none."""
    parser.description = "List the notebooks, their questions and their parameters."


def main(_: argparse.Namespace) -> int:
    """Print each notebook and what it takes."""
    from helpers.runs import speak
    from helpers.runs.catalogue import COLLECTION

    lines = []
    for notebook in COLLECTION:
        lines += [notebook.stem, f"  {notebook.question}"]
        for name, value in notebook.model.model_construct().model_dump(exclude={"output"}).items():
            shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            field = notebook.model.model_fields[name]
            choices = " or ".join(get_args(field.annotation)) if get_origin(field.annotation) is Literal else ""
            lines.append(f"  -p {name}={shlex.quote(shown)}: {field.description}" + (f" ({choices})" if choices else ""))
    speak.say("\n".join(lines))
    return 0
