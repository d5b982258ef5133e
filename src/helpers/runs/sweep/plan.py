"""What a sweep will do: its sets, their keys and tasks, and the facts that its parts must share."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from helpers.parameters import Parameters
from helpers.results import NOT_APPLICABLE, neutral
from helpers.runs import keys, runner
from helpers.runs.grid import Grid
from helpers.runs.sweep import disclose
from helpers.runs.sweep.task import Task, code_key, digest
from helpers.runs.watch import Limits

OWN_LIST, WITHHELD = "your own list", "withheld"
_LONGEST_NAME = 40


@dataclass(frozen=True)
class Facts:
    """What every part of one sweep has in common; all that is needed to join its sets.

    Attributes
    ----------
    name : str
        Of the folder: notebook, grid, and the beginning of the key.
    key : str
        Digest of the notebook and the parameters of all sets, but for what is supplied and what is withheld.
    code : str
        Digest of data, notebook, helpers and lock.
    notebook : str
        Stem.
    sets : int
        How many there are, in all parts together.
    columns : tuple of str
        Varied parameters, as columns of tables.
    hidden : dict
        Columns whose values stay with the team, and what is said instead.
    supplied : bool
        Whether a set reads a case list of the user's own.
    restricted : str
        Why all of the sweep stays with the team; empty where what the grid varies is no reason.
    notice : str
        What is said of supplied cases to whoever gives the sweep away, as in the head of a page.
    """

    name: str
    key: str
    code: str
    notebook: str
    sets: int
    columns: tuple[str, ...]
    hidden: dict[str, str]
    supplied: bool
    restricted: str
    notice: str

    def written(self) -> dict[str, Any]:
        """For a manifest."""
        return asdict(self) | {"columns": list(self.columns)}

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> "Facts":
        """From a manifest.

        Raises
        ------
        KeyError, TypeError
            A fact is missing, or one is there that this version does not know.
        """
        return cls(**(content | {"columns": tuple(content["columns"])}))


@dataclass(frozen=True)
class Plan:
    """A grid, and what follows from it and from the files as they are now."""

    grid: Grid
    facts: Facts
    figures: bool = False
    pages: bool = False
    limits: dict[str, Any] = field(default_factory=dict)
    _digests: dict[str, str] = field(default_factory=dict)

    def task(self, number: int) -> Task:
        """What a worker is told of a set."""
        model = self.grid.sets[number - 1]
        named = model.own_files() | model.paths()
        whole = {name: str(path.resolve()) for name, path in named.items()}
        reads = {name: self._digest(path) for name, path in whole.items()}
        values = model.model_dump(exclude={"output"}) | whole
        return Task(number, self.facts.notebook, values, reads, self.facts.code, self.figures, self.limits)

    def key(self, number: int) -> str:
        """Of a set: the same key, the same tables."""
        task = self.task(number)
        values = task.values | task.reads
        return keys.digest([self.facts.code, task.stem, values, task.figures, self.pages])

    def about(self, number: int) -> dict[str, Any]:
        """What is kept with a set, for the team: its key, its varied parameters by column, and which files it read."""
        model = self.grid.sets[number - 1]
        texts = {f"parameter_{name}": _text(name, model) for name in self.grid.varied}
        # By where they were said to lie, so that parts made apart can be held against each other.
        reads = {f"{name} {keys.digest(getattr(model, name))}": found for name, found in self.task(number).reads.items()}
        return {"key": self.key(number), "parameters": texts, "reads": reads}

    def fixed(self) -> dict[str, Any]:
        """The parameters that are the same in all sets, as everyone may read them."""
        (values,) = _public(self.grid.sets[:1])
        values |= dict.fromkeys(self.grid.sets[0].own_files(), OWN_LIST)
        return {name: value for name, value in values.items() if name not in self.grid.varied}

    def _digest(self, path: str) -> str:
        if path not in self._digests:
            self._digests[path] = digest(path)
        return self._digests[path]


def plan(grid: Grid, figures: bool = False, pages: bool = False, limits: Limits | None = None) -> Plan:
    """Work out the keys and the name of a sweep; `limits` are of each set.

    Raises
    ------
    InputError
        A file that runs read is missing, or a data file has changed.
    """
    supplied = disclose.supplied(grid.sets)
    key = keys.digest([grid.notebook.stem, _public(grid.sets)])
    name = re.sub(r"[^\w.-]+", "-", grid.name).strip(".-")[:_LONGEST_NAME] or "grid"
    hidden = {name: OWN_LIST for model in grid.sets for name in (model.own_files() if supplied else ())}
    hidden |= dict.fromkeys(_withheld(grid.sets), WITHHELD)
    facts = Facts(
        name=f"{grid.notebook.stem}-{name}-{key[:8]}",
        key=key,
        code=code_key(grid.notebook),
        notebook=grid.notebook.stem,
        sets=len(grid.sets),
        columns=tuple(f"parameter_{name}" for name in grid.varied),
        hidden={f"parameter_{name}": said for name, said in hidden.items() if name in grid.varied},
        supplied=supplied,
        restricted=disclose.touches_cases(grid),
        notice=next((said for model in grid.sets if (said := runner.notice(model))), ""),
    )
    # What is as usual is left to each worker, whose memory may be another.
    usual = asdict(Limits())
    asked = {name: value for name, value in asdict(limits or Limits()).items() if value != usual[name]}
    return Plan(grid, facts, figures, pages, asked)


def _withheld(sets: Sequence[Parameters]) -> set[str]:
    """The parameters that a set withholds: no other set of the sweep, though it reads no list, tells them either."""
    return {name for model in sets for name in model.withheld()}


def _public(sets: Sequence[Parameters]) -> list[dict[str, Any]]:
    """The parameters of each set without what could tell of a case, or of where a file lies."""
    withheld = dict.fromkeys(_withheld(sets), WITHHELD)
    public = []
    for model in sets:
        named = {name: path.name for name, path in model.open_tables().items()}
        named |= {name: path.resolve().name for name, path in model.paths().items()}
        own = dict.fromkeys(model.own_files().keys() - named.keys(), OWN_LIST)
        public.append(model.model_dump(exclude={"output"}) | named | own | withheld)
    return public


def _text(name: str, model: Parameters) -> str:
    value = getattr(model, name)
    if name in model.own_files():
        value = Path(value).name
    elif name in model.paths():
        value = Path(value).resolve().name
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return str(neutral(value)) or NOT_APPLICABLE
