"""A name that is no parameter is refused inside the notebook too, however it came there, and nothing else is."""

import ast

import papermill
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from papermill.translators import PythonTranslator

from helpers import parameters
from helpers.errors import InputError
from helpers.runs.catalogue import COLLECTION

LEDGER = parameters.EvidenceLedger
TAGGED = 'run: str = ""  # run folder\noutput: str = ""  # folder\n'


def after(*cells, before=()):
    """The variables of a notebook once these cells were executed, the list of executed cells among them."""
    namespace = {"In": ["", *before]}
    for cell in cells:
        namespace["In"].append(cell)
        exec(cell, namespace)
    return namespace


def test_the_variables_of_a_notebook_give_the_model():
    assert LEDGER.of(after(TAGGED)) == LEDGER()
    assert LEDGER.of(after(TAGGED, '# Parameters\noutput = "made"\n')).output == "made"


def test_without_a_list_of_executed_cells_the_variables_are_taken():
    assert LEDGER.of({"run": "", "output": "made", "In": "no list"}).output == "made"
    assert LEDGER.of({"run": "", "output": "made", "In": ["", None, 7, "x ="], "rum": 1}).output == "made"


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ((TAGGED, '# Parameters\nrum = "a"\n'), "there is no parameter 'rum'; did you mean 'run'?"),
        ((TAGGED, '# Parameters\nrum: str = "a"\n'), "there is no parameter 'rum'"),
        (
            (TAGGED, '# Parameters\nrum = outptu = float("nan")\n'),
            "there is no parameter 'rum'; did you mean 'run'?; there is no",
        ),
        ((TAGGED + 'rum: str = ""  # more\n',), "there is no parameter 'rum'"),
        ((TAGGED + 'rum = ""\n',), "there is no parameter 'rum'; did you mean 'run'?"),
        ((TAGGED, 'rum = ""  # without its type\noutput: str = ""\n'), "there is no parameter 'rum'"),
        (('rum: str = ""  # run folder\noutput: str = ""\n',), "parameter run is not set; run the first cell of the notebook"),
        (('rum: str = ""  # run folder\noutput: str = ""\n',), "there is no parameter 'rum'"),
    ],
)
def test_a_name_that_is_no_parameter_is_refused(cells, said):
    with pytest.raises(InputError) as refusal:
        LEDGER.of(after(*cells))
    assert said in str(refusal.value) and "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "cells",
    [
        (TAGGED, "from helpers import parameters\n", "found = 1\n", "table: int = 3\n"),
        (TAGGED, "found = 1\n", TAGGED, "found = 2\n"),
        (TAGGED, "# Parameters of my own\nmine = 1\n"),
        (TAGGED, "# Parameters\nfor mine in range(2): pass\n"),
        (TAGGED, "# Parameters\nmine = [0]\nmine[0] = 1\n"),
        # What was wrong and is mended.
        (TAGGED + "rum: int = 1\n", TAGGED),
        (TAGGED, "# Parameters\nrum = 1\n", '# Parameters\nrun = ""\n'),
        (TAGGED, "# Parameters\nrum = 1\n", TAGGED),
    ],
)
def test_variables_of_other_cells_and_what_was_mended_are_not_refused(cells):
    assert LEDGER.of(after(*cells)) == LEDGER()


def test_cells_that_are_no_python_are_passed_over():
    namespace = after(
        TAGGED,
        before=["%%bash\nls", "a = '\\d'", "1 is 1", "x =", "a = '\ud800'", "(" * 5000, "a = " + "-" * 100_000 + "1", "\0"],
    )
    namespace["In"] += ["%matplotlib inline", "?x", "# Parameters\nx = ("]
    assert LEDGER.of(namespace) == LEDGER()


@pytest.mark.parametrize("notebook", COLLECTION, ids=lambda notebook: notebook.stem)
def test_the_tagged_cell_of_each_notebook_is_known_by_what_it_sets(notebook):
    import nbformat

    cells = [cell.source for cell in nbformat.read(notebook.path, as_version=4).cells if cell.cell_type == "code"]
    tagged = cells[0]
    assert notebook.model.of(after(tagged, before=["# Parameters\nwrong = 1\n"])) == notebook.model()
    with pytest.raises(InputError, match="no parameter 'wrong'"):
        notebook.model.of(after(tagged, "# Parameters\nwrong = 1\n"))
    with pytest.raises(InputError, match="no parameter 'wrong'"):
        notebook.model.of(after(f"{tagged}\nwrong: int = 1", "mine = 1"))
    # No cell of the notebook itself is held for one that sets parameters.
    namespace = after(tagged)
    namespace["In"] += cells[1:]
    assert notebook.model.of(namespace) == notebook.model()


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.text(max_size=40))
def test_a_text_that_papermill_injects_arrives_as_it_was(text):
    """Quotes, backslashes and letters beyond ASCII; and the cell is one that is read here."""
    cell = PythonTranslator.codify({"output": text})
    assert papermill.__version__ and cell.startswith("# Parameters\n")
    (statement,) = ast.parse(cell).body
    assert ast.literal_eval(statement.value) == text
