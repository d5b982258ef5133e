"""Which parameters the cells of a notebook set, so that a misspelt one is seen there too.

papermill and schedulers put a cell after the tagged one, and only warn of a name that it does not have.
"""

import ast
import warnings
from collections.abc import Collection, Mapping
from typing import Any

# The first line of the cell that papermill injects, and jupyter-scheduler too.
_INJECTED = "# Parameters"


def names_set(namespace: Mapping[str, Any], known: Collection[str]) -> list[str]:
    """The names that were set where parameters are: in the tagged cell, and in one injected after it.

    Only the last execution of each counts, so that what was mended is not held against anybody, and no other cell does:
    a notebook has variables of its own. Without IPython's list of executed cells (``In``) there is nothing to see.

    Parameters
    ----------
    namespace : mapping
        ``globals()`` of the notebook.
    known : collection of str
        The parameters; the tagged cell is the one that sets at least half of them with their types.
    """
    executed = namespace.get("In")
    found: list[str] = []
    injected = False
    for source in reversed(executed if isinstance(executed, list) else []):
        if not isinstance(source, str):
            continue
        names, typed = _assigned(source)
        if source.lstrip().startswith(_INJECTED + "\n"):
            found += [] if injected else names
            injected = True
        elif 2 * len(typed.intersection(known)) >= len(known):
            return names + found
    return found


def _assigned(source: str) -> tuple[list[str], set[str]]:
    """The names that a cell of assignments assigns, and those of them with a type; none of a cell that does anything else."""
    try:
        # Python warns of some cells, and did so when they were executed.
        with warnings.catch_warnings(action="ignore"):
            statements = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [], set()
    names: list[str] = []
    typed: set[str] = set()
    for statement in statements:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or not all(isinstance(name, ast.Name) for name in targets):
            return [], set()
        names += [name.id for name in targets if isinstance(name, ast.Name)]
        typed |= {name.id for name in targets if isinstance(statement, ast.AnnAssign) and isinstance(name, ast.Name)}
    return names, typed
