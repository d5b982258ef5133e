"""Join the sets of a sweep: their tables below each other, and a list of how each went."""

import csv
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from helpers.parameters import RESTRICTED
from helpers.results import NOT_APPLICABLE, neutral
from helpers.runs.restricted import OURS
from helpers.runs.sweep import disclose
from helpers.runs.sweep.plan import Facts
from helpers.runs.sweep.store import read_result, set_name, sets_folder

CONFIDENTIAL = "[c]"
# The column that numbers the sets; tables have columns of their own, one of them called `set`.
SET = "sweep_set"


@dataclass(frozen=True)
class Joined:
    """What came of a sweep: the results of its sets, and why all of it stays with the team, if it does."""

    results: list[dict[str, Any]]
    restricted: str

    @property
    def failed(self) -> list[dict[str, Any]]:
        """The sets that failed."""
        return [result for result in self.results if result["result"] == "failed"]


def combine(folder: Path, facts: Facts, numbers: Sequence[int]) -> Joined:
    """Write ``sweep.csv``, ``timings.csv`` and ``tables/`` from the folders of the sets.

    Parameters
    ----------
    folder : Path
        Of the sweep; with supplied cases the sets and what may not leave lie in its restricted folder.
    facts : Facts
    numbers : sequence of int
        The sets, in order; each is there.
    """
    for place in (folder, folder / RESTRICTED):
        shutil.rmtree(place / "tables", ignore_errors=True)
        for name in ("sweep.csv", "timings.csv"):
            (place / name).unlink(missing_ok=True)
    sets = sets_folder(folder, facts.supplied)
    folders = [sets / set_name(number) for number in numbers]
    results = [result for place in folders if (result := read_result(place)) is not None]
    good = [place for place, result in zip(folders, results, strict=True) if result["result"] == "good"]
    why = facts.restricted
    if facts.supplied and not why:
        why = disclose.differs(facts.notebook, good)
    where = folder / RESTRICTED if why else folder
    _write_results(where / "sweep.csv", facts, results, public=not why)
    if facts.supplied and not why:
        _write_results(folder / RESTRICTED / "sweep.csv", facts, results, public=False)
    # Times, finer and more of them than of a single run, could tell how many cases there are.
    times = folder / RESTRICTED / "timings.csv" if facts.supplied else folder / "timings.csv"
    _write(times, [SET, "seconds"], ([result["set"], result["seconds"]] for result in results))
    _write_tables(where / "tables", facts, zip(folders, results, strict=True), public=not why)
    return Joined(results, why)


def said(error: str | None, facts: Facts, number: int) -> str:
    """What an error says where others may read it; one of a library may quote a case."""
    if not error or not facts.supplied or error.startswith(tuple(f"{name}:" for name in OURS)):
        return error or ""
    withheld = "what it says is withheld, since the cases are supplied"
    return f"{error.split(':')[0]}: {withheld}; it stands in {RESTRICTED}/sets/{set_name(number)}"


def _parameters(result: dict[str, Any], facts: Facts, public: bool) -> list[str]:
    texts = result["parameters"] | (facts.hidden if public else {})
    return [texts[column] for column in facts.columns]


def _write_results(path: Path, facts: Facts, results: list[dict[str, Any]], public: bool) -> None:
    withheld = facts.supplied and public
    rows = (
        [
            result["set"],
            *_parameters(result, facts, public),
            result["result"],
            result["cell"] if result["cell"] is not None else NOT_APPLICABLE,
            neutral(said(result["error"], facts, result["set"]) if withheld else result["error"] or "") or NOT_APPLICABLE,
            CONFIDENTIAL if withheld else result["key"],
        ]
        for result in results
    )
    _write(path, [SET, *facts.columns, "result", "cell", "error", "key"], rows)


def _write_tables(target: Path, facts: Facts, sets: Iterator[tuple[Path, dict[str, Any]]], public: bool) -> None:
    target.mkdir(mode=0o700)
    with ExitStack() as opened:
        tables: dict[str, tuple[TextIO, Any]] = {}
        for folder, result in sets:
            if result["result"] != "good":
                continue
            first = [result["set"], *_parameters(result, facts, public)]
            for path in sorted((folder / "tables").glob("*.csv")):
                with path.open(encoding="utf-8", newline="") as handle:
                    rows = csv.reader(handle, strict=True)
                    header = next(rows)
                    if path.stem not in tables:
                        file = opened.enter_context((target / path.name).open("w", encoding="utf-8", newline=""))
                        tables[path.stem] = file, csv.writer(file, lineterminator="\n")
                        tables[path.stem][1].writerow([SET, *facts.columns, *header])
                    tables[path.stem][1].writerows([*first, *row] for row in rows)


def _write(path: Path, header: list[str], rows: Any) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_json(path: Path, content: Any) -> None:
    """Write plain data as a person can read it."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
