"""YAML as it is read here: plain values alone, each key once, and nothing that surprises who wrote it."""

import re
from pathlib import Path
from typing import Any

import yaml

from helpers.datapackage import regular
from helpers.errors import InputError
from helpers.parameters import brief

# More than a set of parameters needs; the loader, written in Python, takes two seconds for so much.
LARGEST = 250_000
DEEPEST = 20
_LONGEST = 200
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,99})$")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?$|[-+]?\.inf$|\.nan$", re.IGNORECASE)


class StrictLoader(yaml.SafeLoader):
    """A loader that takes texts, numbers, true, false, null, lists and mappings, and makes no other object.

    What YAML 1.1 turns into something else stays the text that was written: ``off``, ``007``, ``1:30``, ``2012-04-01``.
    A key that stands twice, an alias, a merge, a tag and deep nesting are refused.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node:
        """Refuse what is no plain value before it is made."""
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            raise _refused(event, "an alias (*) is not taken; write the value out")
        if getattr(event, "tag", None) is not None:
            raise _refused(event, "a tag (!) is not taken; write the plain value")
        self._depth += 1
        if self._depth > DEEPEST:
            raise _refused(event, f"more than {DEEPEST} levels deep")
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping whose keys are texts or whole numbers, each there once."""
        seen: set[str] = set()
        for place, _ in node.value:
            key = self.construct_object(place, deep=True)
            if isinstance(key, bool) or not isinstance(key, str | int):
                raise _refused(place, f"{brief(key)} cannot be a name")
            if str(key) in seen:
                raise _refused(place, f"{brief(key)} is given twice")
            seen.add(str(key))
        return super().construct_mapping(node, deep)


StrictLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(?:~|null|)$", re.IGNORECASE), ["~", "n", "N", ""])
StrictLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)$", re.IGNORECASE), list("tTfF"))
StrictLoader.add_implicit_resolver("tag:yaml.org,2002:int", _WHOLE, list("-+0123456789"))
StrictLoader.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBER, list("-+0123456789."))


def _refused(where: Any, what: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=what, problem_mark=where.start_mark)


def read_yaml(path: str | Path) -> Any:
    """Read a YAML file strictly.

    Raises
    ------
    InputError
        No such regular file, too large, not UTF-8, not YAML, or something that `StrictLoader` refuses; with its line.
    """
    try:
        with regular(Path(path)).open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"{brief(path)}: {error.strerror or error}") from None
    if len(content) > LARGEST:
        raise InputError(f"{path}: is larger than {LARGEST:,} bytes, which no set of parameters needs; is it another file?")
    try:
        return yaml.load(content.decode("utf-8-sig"), Loader=StrictLoader)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 (byte {error.start + 1}); save it as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InputError(f"{path}{line}: {str(error.problem)[:_LONGEST]}{_hint(error)}") from None
    except yaml.reader.ReaderError as error:
        raise InputError(f"{path}: holds U+{error.character:04X}, which YAML does not take; take it out") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is not YAML: {brief(' '.join(str(error).split()))}") from None


def _hint(error: yaml.MarkedYAMLError) -> str:
    if isinstance(error, yaml.scanner.ScannerError) and "'\\t'" in str(error.problem):
        return "; indent with spaces, not tabs"
    return "" if type(error) is yaml.MarkedYAMLError else "; so it is not YAML"
