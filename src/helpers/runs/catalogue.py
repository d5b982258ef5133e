"""Which notebooks there are, and the parameters that each takes."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from helpers import parameters, paths
from helpers.errors import InputError, did_you_mean

MODELS: dict[str, type[parameters.Parameters]] = {
    "01_fieldwork_sampling": parameters.FieldworkSampling,
    "02_prevalence_estimates": parameters.PrevalenceEstimates,
    "03_rating_comparisons": parameters.RatingComparisons,
    "04_evidence_ledger": parameters.EvidenceLedger,
}


@dataclass(frozen=True)
class Notebook:
    """One notebook of the collection."""

    stem: str

    @property
    def path(self) -> Path:
        """Where the committed notebook lies."""
        return paths.NOTEBOOKS / f"{self.stem}.ipynb"

    @property
    def model(self) -> type[parameters.Parameters]:
        """The model of its parameters."""
        return MODELS[self.stem]

    @cached_property
    def _cells(self) -> list[dict[str, Any]]:
        shown = f"notebooks/{self.path.name}"
        try:
            return json.loads(self.path.read_text(encoding="utf-8"))["cells"]
        except OSError:
            raise InputError(f"{shown} is missing; restore it: git checkout -- {shown}") from None
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{shown} is not a notebook; restore it: git checkout -- {shown}") from None

    @property
    def title(self) -> str:
        """Its first heading."""
        return "".join(self._cells[0]["source"]).splitlines()[0].removeprefix("# ")

    @property
    def question(self) -> str:
        """The text under its heading Question."""
        sources = ("".join(cell["source"]) for cell in self._cells)
        found = next(source for source in sources if source.startswith("## Question"))
        return found.removeprefix("## Question").strip()

    @property
    def code_cells(self) -> int:
        """How many cells it executes."""
        return sum(cell["cell_type"] == "code" for cell in self._cells)


COLLECTION = tuple(Notebook(stem) for stem in MODELS)


def find(names: Iterable[str]) -> list[Notebook]:
    """The notebooks named by number (``02``), stem or path; all of them where nothing is named.

    Raises
    ------
    InputError
        A name fits no notebook.
    """
    chosen = {_find(name) for name in names} or set(COLLECTION)
    return [notebook for notebook in COLLECTION if notebook in chosen]


def _find(name: str) -> Notebook:
    wanted = Path(name).name.removesuffix(".ipynb")
    for notebook in COLLECTION:
        if Path(name).name != name and Path(name).resolve() != notebook.path:
            continue
        if wanted in (notebook.stem, notebook.stem.split("_")[0], notebook.stem[:2].lstrip("0")):
            return notebook
    raise InputError(f"no notebook is called {name!r}; {did_you_mean(wanted, [known.stem for known in COLLECTION])}")
