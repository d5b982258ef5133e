"""The generated parts of README.md and docs/contracts.md, so that they cannot fall behind what they describe."""

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import nbformat

from helpers import contracts, paths, suppression
from helpers.runs.catalogue import COLLECTION
from helpers.runs.render import answer


def answers() -> str:
    """The answers, one line each, as the committed ledger gives them beside the claims that they rest on."""
    (ledger,) = (notebook for notebook in COLLECTION if notebook.stem.endswith("evidence_ledger"))
    return answer(nbformat.read(ledger.path, as_version=4), "answers")


def index() -> str:
    """The index of notebooks."""
    rows = ((f"[{notebook.title}](notebooks/{notebook.path.name})", _one_line(notebook.question)) for notebook in COLLECTION)
    return _table(("Notebook", "Question"), rows)


def parameters() -> str:
    """The parameters of each notebook with type, default and meaning."""
    sections = []
    for notebook in COLLECTION:
        defaults = notebook.model()
        properties = notebook.model.model_json_schema()["properties"]
        rows = (
            (f"`{name}`", _type(properties[name]), f"`{getattr(defaults, name)!r}`", field.description)
            for name, field in notebook.model.model_fields.items()
        )
        sections.append(f"### {notebook.stem}\n\n" + _table(("Parameter", "Type", "Default", "Meaning"), rows))
    return "\n\n".join(sections)


def tables() -> str:
    """The public tables and their columns, in order."""
    return _tables("tables", contracts.TABLES)


def presets() -> str:
    """The presets of disclosure control."""
    head = ("Preset", "Hidden", "Counts shown", "Percentages", "Single areas", "Whose rule")
    rates = {"treated_counts": "of the counts shown", "whole_per_cent": "whole per cents of the true counts"}
    rows = (
        (
            f"`{name}`",
            f"{0 if rules.zeros == 'hidden' else 1} to {rules.threshold - 1}",
            f"to the nearest {rules.round_to}" if rules.round_to > 1 else "as they are",
            rates[rules.rates] + (f", from {rules.minimum_denominator} cases" if rules.minimum_denominator else ""),
            "yes" if rules.areas else "no",
            rules.source,
        )
        for name, rules in suppression.presets().items()
    )
    return _table(head, rows)


def restricted() -> str:
    """The tables that do not leave, and their columns."""
    return _tables("restricted", contracts.RESTRICTED)


def _tables(folder: str, promised: Mapping[str, Mapping[str, str]]) -> str:
    return "\n\n".join(
        f"### `{folder}/{name}.csv`\n\n"
        + _table(("Column", "Meaning"), ((f"`{column}`", meaning) for column, meaning in columns.items()))
        for name, columns in promised.items()
    )


def _type(schema: dict[str, object]) -> str:
    if "enum" in schema:
        return " or ".join(f"`{value!r}`" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_type(choice) for choice in schema["anyOf"])
    if schema["type"] == "array":
        return f"list of {_type(schema['items'])}"
    limits = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "below"}
    names = {"string": "text", "integer": "whole number", "number": "number", "boolean": "yes or no", "null": "none"}
    return " ".join([names[schema["type"]], *(f"{word} {schema[limit]:g}" for limit, word in limits.items() if limit in schema)])


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _one_line(text: str) -> str:
    return " ".join(text.split())


GENERATED: dict[Path, dict[str, Callable[[], str]]] = {
    paths.ROOT / "README.md": {"answers": answers, "index": index},
    paths.DOCS / "contracts.md": {"parameters": parameters, "tables": tables, "restricted": restricted, "presets": presets},
}


def current(path: Path) -> str:
    """The text that a document should have: its own words, with each generated part made anew.

    Raises
    ------
    ValueError
        The document lacks the two marks of a part.
    """
    text = path.read_text(encoding="utf-8")
    for name, make in GENERATED[path].items():
        start, end = f"<!-- generated: {name} -->", f"<!-- end: {name} -->"
        pattern = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
        if not pattern.search(text):
            raise ValueError(f"{path.name} needs the marks {start} and {end}")
        part = f"{start}\n\n{make()}\n\n{end}"
        text = pattern.sub(lambda _, part=part: part, text)
    return text


def main() -> int:
    """Write all generated parts."""
    for path in GENERATED:
        path.write_text(current(path), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
