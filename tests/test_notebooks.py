"""What every committed notebook keeps to; nbval executes them beside these tests."""

import ast
import re
import subprocess
from typing import Annotated, Literal, get_args, get_origin

import nbformat
import papermill
import papermill.cli
import pytest
from click.testing import CliRunner
from jupyter_client.provisioning import KernelProvisionerFactory

from helpers import parameters, paths
from helpers.runs import committed, kernels
from helpers.runs.catalogue import COLLECTION
from helpers.runs.execute import execute
from tests.conftest import BIN

HEADINGS = ["Question", "Answer", "Data", "Parameters", "Method", "Results", "What this cannot show"]
every_notebook = pytest.mark.parametrize("notebook", COLLECTION, ids=lambda notebook: notebook.stem)


def read(notebook):
    return nbformat.read(notebook.path, as_version=4)


def code_cells(notebook):
    return [cell for cell in read(notebook).cells if cell.cell_type == "code"]


def tagged(notebook, tag):
    return [cell for cell in code_cells(notebook) if tag in cell.metadata.get("tags", [])]


def written(annotation):
    """A type as the tagged cell writes it; one between quotes is a name that nobody imported."""
    return annotation.value if isinstance(annotation, ast.Constant) else ast.unparse(annotation)


def in_words(kind):
    """A type of a model as the tagged cell writes it: a choice among texts is a text."""
    if get_origin(kind) is Literal:
        (kind,) = {type(choice) for choice in get_args(kind)}
    if get_origin(kind) is Annotated:
        return in_words(get_args(kind)[0])
    if get_origin(kind) is list:
        return f"list[{in_words(get_args(kind)[0])}]"
    if get_args(kind):
        inner, nothing = get_args(kind)
        assert nothing is type(None)
        return f"Optional[{in_words(inner)}]"
    return kind.__name__


def test_every_notebook_is_in_the_catalogue():
    assert {path.name for path in paths.NOTEBOOKS.glob("*.ipynb")} == {notebook.path.name for notebook in COLLECTION}


@every_notebook
class TestCommitted:
    def test_headings_are_the_same_in_the_same_order(self, notebook):
        text = "\n".join(cell.source for cell in read(notebook).cells if cell.cell_type == "markdown")
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == HEADINGS

    def test_it_is_executed_from_top_to_bottom(self, notebook):
        counts = [cell.execution_count for cell in code_cells(notebook)]
        assert counts == list(range(1, len(counts) + 1))

    def test_no_cell_failed_or_warned(self, notebook):
        outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
        assert [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"] == []

    def test_no_path_of_a_machine_and_no_address_of_an_object(self, notebook):
        # The letters of a picture spell anything.
        text = re.sub(r'"image/png": "[^"]*"', "", notebook.path.read_text())
        assert not re.search(r'[" (]/(home|root|tmp|work|usr|Users|opt)/', text)
        assert not re.search(r"ipykernel_\d+|0x[0-9a-f]{6,}", text)

    def test_no_cell_ends_in_a_semicolon_or_has_more_than_ten_lines(self, notebook):
        for cell in code_cells(notebook):
            assert not cell.source.rstrip().endswith(";"), cell.id
            # Parameters are one literal a line, however many there are.
            assert len(cell.source.splitlines()) <= 10 or cell.id == "parameters", cell.id

    def test_cell_ids_are_words_and_unique(self, notebook):
        ids = [cell.id for cell in read(notebook).cells]
        assert len(set(ids)) == len(ids)
        assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in ids)

    def test_metadata_holds_only_kernel_and_tags(self, notebook):
        document = read(notebook)
        settled = committed.settled(nbformat.from_dict(document))
        assert document.metadata == settled.metadata
        assert document.metadata.kernelspec.name == "python3"
        for cell in document.cells:
            assert set(cell.metadata) <= {"tags"}

    def test_the_first_code_cell_is_the_one_tagged_parameters(self, notebook):
        assert tagged(notebook, "parameters") == code_cells(notebook)[:1]

    def test_the_tagged_cell_and_the_model_agree_in_names_types_and_defaults(self, notebook):
        """Literals only, one a line, annotated, each with a comment."""
        (cell,) = tagged(notebook, "parameters")
        statements = ast.parse(cell.source).body
        assert all(isinstance(statement, ast.AnnAssign) for statement in statements)
        given = {statement.target.id: ast.literal_eval(statement.value) for statement in statements}
        assert given == notebook.model().model_dump()
        # 1 and True are equal, and so are 1 and 1.0; a model takes a whole number for a number.
        kinds = {name: type(value) for name, value in given.items()}
        assert kinds == {name: type(value) for name, value in notebook.model().model_dump().items()}
        # Those of every notebook with cases, and then the folder, come last there; a model begins with them.
        common = [name for name in parameters.CaseParameters.model_fields if name in given and name != "output"] + ["output"]
        own = [name for name in notebook.model.model_fields if name not in common]
        assert list(given) == own + common
        assert len(cell.source.splitlines()) == len(statements)
        assert all("  # " in line for line in cell.source.splitlines())
        fields = notebook.model.model_fields
        for statement in statements:
            assert written(statement.annotation) == in_words(fields[statement.target.id].annotation), statement.target.id

    def test_papermill_shows_every_parameter_with_its_type_default_and_meaning(self, notebook):
        """Its reader stumbles over a second = in a line, over | in a type and over # in a default, and leaves the line out."""
        found = papermill.inspect_notebook(notebook.path)
        (cell,) = tagged(notebook, "parameters")
        statements = {statement.target.id: statement for statement in ast.parse(cell.source).body}
        assert list(found) == list(statements)
        fields = notebook.model.model_fields
        for name, shown in found.items():
            assert shown["inferred_type_name"] == in_words(fields[name].annotation)
            assert ast.literal_eval(shown["default"]) == ast.literal_eval(statements[name].value)
            assert len(shown["help"]) > 5

    def test_the_second_cell_builds_the_model_from_every_parameter(self, notebook):
        first, second = (cell.source for cell in code_cells(notebook)[:2])
        assert f"p = parameters.{notebook.model.__name__}.of(globals())" in second
        namespace = {}
        exec(first, namespace)
        assert notebook.model.of(namespace) == notebook.model()

    def test_no_other_cell_gives_the_name_of_a_parameter_to_something_else(self, notebook):
        """Else the second cell, run again in JupyterLab, would take that for the parameter."""
        for cell in code_cells(notebook)[1:]:
            nodes = list(ast.walk(ast.parse(cell.source)))
            bound = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
            bound |= {node.asname or node.name for node in nodes if isinstance(node, ast.alias)}
            assert not bound & set(notebook.model.model_fields), cell.id

    def test_it_has_an_answer_and_cells_that_nbval_compares(self, notebook):
        (cell,) = tagged(notebook, "answer")
        assert cell.outputs[0].data["text/markdown"].startswith("- ")
        assert len(tagged(notebook, "nbval-check-output")) >= 2

    def test_every_picture_has_its_finding_in_words(self, notebook):
        outputs = [output for cell in code_cells(notebook) for output in cell.outputs if "image/png" in output.get("data", {})]
        assert outputs
        for output in outputs:
            assert len(output.metadata["image/png"]["alt"]) > 30

    def test_executing_it_again_gives_the_committed_file(self, notebook, warm):
        """What `make notebooks` does; pictures included."""
        assert nbformat.writes(committed.executed(notebook)) + "\n" == notebook.path.read_text()


@pytest.fixture(scope="module")
def warm():
    with kernels.session():
        yield


def test_papermill_alone_runs_a_notebook_from_another_folder_with_another_parameter(tmp_path):
    notebook = COLLECTION[1]
    command = [str(BIN / "papermill"), str(notebook.path), "out.ipynb", "-p", "confidence", "0.9", "-p", "output", "made"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "made" / "tables" / "prevalence_estimates.csv").read_text().splitlines()
    assert ",0.9,a random sample of 1253 cases,published" in lines[1]
    assert "90% intervals" in (tmp_path / "out.ipynb").read_text()


@pytest.mark.parametrize(
    ("notebook", "words", "said"),
    [
        (COLLECTION[1], ["-p", "confidence", "1.5"], "parameter confidence: should be less than or equal to 0.9999; it is 1.5"),
        (COLLECTION[0], ["-p", "size", "007"], "parameter size: should be a text; quote it in YAML or in a list, and give it to"),
        (
            COLLECTION[0],
            ["-y", "{disclosure: off, opened_from: 2011-06-01, opened_to: 2010-01-01, looked_after: true}"],
            "there is no parameter 'looked_after'; did you mean 'looked_after_only'?",
        ),
    ],
    ids=["range", "code", "yaml"],
)
def test_papermill_alone_gets_the_same_refusal(tmp_path, monkeypatch, warm, notebook, words, said):
    """By its command line, called in this process and with warm kernels, which saves the imports."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(KernelProvisionerFactory.instance(), "default_provisioner_name", kernels.WARM)
    done = CliRunner().invoke(papermill.cli.papermill, [str(notebook.path), "out.ipynb", "--no-progress-bar", *words])
    assert done.exit_code != 0
    assert f"InputError: {said}" in str(done.exception)


def test_papermill_alone_ends_with_the_refusal_and_another_exit_code(tmp_path):
    command = [str(BIN / "papermill"), str(COLLECTION[3].path), "out.ipynb", "-p", "rum", "outputs/latest"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode != 0
    assert "InputError: there is no parameter 'rum'; did you mean 'run'?" in done.stderr


def test_a_notebook_without_output_writes_no_file(tmp_path, warm):
    outcome = execute(COLLECTION[2], tmp_path, "executed.ipynb", parameters=None)
    assert outcome.error is None
    assert [path.name for path in tmp_path.iterdir()] == ["executed.ipynb"]
