"""Grids: the sets of parameters that a sweep runs one notebook with, each checked as a single run is."""

import csv
import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple, get_origin

from helpers.datapackage import regular
from helpers.errors import InputError, did_you_mean
from helpers.parameters import Parameters, brief
from helpers.runs import choices
from helpers.runs.catalogue import Notebook
from helpers.runs.strict_yaml import LARGEST, read_yaml

MOST = 100_000
# No parameter has a longer name.
_LONGEST = 100


@dataclass(frozen=True)
class Grid:
    """The sets of a sweep, in order.

    Attributes
    ----------
    notebook : Notebook
    name : str
        Of the file, without its ending.
    varied : tuple of str
        Parameters that the grid gives values in a list or a column, or that differ between its sets.
    sets : tuple of Parameters
        One checked model a set.
    """

    notebook: Notebook
    name: str
    varied: tuple[str, ...]
    sets: tuple[Parameters, ...]

    def differing(self) -> list[str]:
        """The parameters whose values are not the same in all sets."""
        return [name for name in self.varied if _differs(name, self.sets)]


class _Given(NamedTuple):
    """One set as it stands in the file."""

    place: str
    values: Mapping[str, Any]
    words: Mapping[str, str]


def read(path: str, notebook: Notebook, words: Mapping[str, str]) -> Grid:
    """Read and check a grid; nothing is run.

    Parameters
    ----------
    path : str
        YAML: a mapping from parameter to values, of which every combination is a set, or a list of such mappings. CSV: a
        column a parameter, a row a set; a cell is read as ``-p`` reads a value.
    notebook : Notebook
    words : mapping of str to str
        Parameters that are the same in every set, as ``-p`` takes them.

    Raises
    ------
    InputError
        The file cannot be read, names no set, the same set twice or more than 100,000, an unknown parameter, or a value
        that the model of the notebook refuses.
    """
    _check_names(list(words), notebook, "-p")
    ending = Path(path).suffix.lower()
    if ending == ".csv":
        listed, given = _of_csv(path, notebook, words)
    elif ending in (".yaml", ".yml"):
        listed, given = _of_yaml(path, notebook, words)
    else:
        raise InputError(f"--grid {path}: a grid is a file that ends in .yaml, .yml or .csv")
    sets: list[Parameters] = []
    seen: dict[bytes, str] = {}
    names: dict[str, None] = {}
    for place, values, of_row in given:
        try:
            model = choices.choose([notebook], {notebook: values}, {**of_row, **words})[notebook]
        except InputError as error:
            raise InputError(f"{place}: {error}") from None
        digest = hashlib.sha256(json.dumps(model.model_dump(), sort_keys=True).encode()).digest()
        if digest in seen:
            raise InputError(f"{place}: is the same set of parameters as {seen[digest]}; leave one of them out")
        seen[digest] = place.rsplit(", ", 1)[-1]
        names |= dict.fromkeys([*values, *of_row])
        sets.append(model)
    if not sets:
        raise InputError(f"{path}: holds no set of parameters; write name: [value, value] lines, or rows below a header")
    varied = tuple(name for name in names if name in listed or _differs(name, sets))
    return Grid(notebook, Path(path).stem, varied, tuple(sets))


def _differs(name: str, sets: "tuple[Parameters, ...] | list[Parameters]") -> bool:
    first = getattr(sets[0], name)
    return any(getattr(model, name) != first for model in sets)


def _check_names(names: list[str], notebook: Notebook, place: str) -> None:
    known = sorted(set(notebook.model.model_fields) - {"output"})
    for name in names:
        if name == "output":
            raise InputError(f"{place}: a sweep sets the parameter output itself; say where sweeps go with --output")
        if name not in known:
            said = did_you_mean(name[:_LONGEST], known)
            raise InputError(f"{place}: there is no parameter {brief(name)} in {notebook.stem}; {said}")


def _check_apart(names: list[str], words: Mapping[str, str], path: str) -> None:
    for name in names:
        if name in words:
            raise InputError(f"{path}: the parameter {name} is in the grid and in -p as well; leave out one of them")


def _of_yaml(path: str, notebook: Notebook, words: Mapping[str, str]) -> tuple[set[str], Iterator[_Given]]:
    if Path(path).is_file() and Path(path).stat().st_size > LARGEST:
        raise InputError(
            f"{path}: is larger than {LARGEST:,} bytes; write so many sets as CSV, a row a set, or as lists of values"
        )
    content = read_yaml(path)
    parts = content if isinstance(content, list) else [content]
    products: list[dict[str, list[Any]]] = []
    listed: set[str] = set()
    for number, part in enumerate(parts, 1):
        place = f"{path}, part {number}" if isinstance(content, list) else path
        if not isinstance(part, dict) or not part:
            raise InputError(f"{place}: holds no mapping; write name: [value, value] lines, or a list of such mappings")
        names = [str(name) for name in part]
        _check_names(names, notebook, place)
        _check_apart(names, words, place)
        products.append({str(name): _values(str(name), value, notebook, place) for name, value in part.items()})
        listed |= {str(name) for name, value in part.items() if isinstance(value, list)}
    _check_number(sum(math.prod(map(len, values.values())) for values in products), path)
    combinations = (dict(zip(values, chosen, strict=True)) for values in products for chosen in product(*values.values()))
    return listed, (_Given(f"{path}, set {number}", values, {}) for number, values in enumerate(combinations, 1))


def _values(name: str, value: Any, notebook: Notebook, place: str) -> list[Any]:
    """The values of one parameter: those in a list, or the single one."""
    is_list = get_origin(notebook.model.model_fields[name].annotation) is list
    if not isinstance(value, list):
        value = [value]
    elif not value:
        raise InputError(f"{place}: parameter {name} has no value; write at least one, or leave it out")
    elif is_list and not all(isinstance(one, list) for one in value):
        shown = json.dumps(value[:3], ensure_ascii=False)
        apart = json.dumps([[one] for one in value[:3]], ensure_ascii=False)
        raise InputError(
            f"{place}: parameter {name} is a list itself, so a grid takes a list of lists: {name}: [{shown}] is one value, "
            f"{name}: {apart} is one for each"
        )
    for one in value:
        if isinstance(one, dict) or (isinstance(one, list) and not is_list):
            what = "a mapping" if isinstance(one, dict) else "a list"
            raise InputError(f"{place}: parameter {name} takes single values, and one of these is {what}")
    return value


def _of_csv(path: str, notebook: Notebook, words: Mapping[str, str]) -> tuple[set[str], Iterator[_Given]]:
    rows: list[tuple[int, list[str]]] = []
    try:
        with regular(Path(path)).open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.reader(handle, strict=True)
            header = next(reader, [])
            for row in reader:
                if row:
                    rows.append((reader.line_num, row))
                _check_number(len(rows), path)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}; --grid takes a YAML or CSV file") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8 text; save it as CSV UTF-8") from None
    except csv.Error as error:
        raise InputError(f"{path}: is not CSV ({error})") from None
    if len(header) == 1 and any(mark in header[0] for mark in ";\t"):
        raise InputError(f"{path}: its columns are parted by something else than a comma; save it as CSV with commas")
    if twice := [name for place, name in enumerate(header) if name in header[:place]]:
        raise InputError(f"{path}: the column {twice[0]!r} is there twice; leave out one of them")
    _check_names(header, notebook, path)
    _check_apart(header, words, path)
    for line, row in rows:
        if len(row) != len(header):
            raise InputError(f"{path}, row {line}: has {len(row)} cells and the header {len(header)}; a list stands in quotes")
    return set(header), (_Given(f"{path}, row {line}", {}, dict(zip(header, row, strict=True))) for line, row in rows)


def _check_number(sets: int, path: str) -> None:
    if sets > MOST:
        raise InputError(f"{path}: holds more than {MOST:,} sets of parameters; split it into several grids")
