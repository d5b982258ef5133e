"""The answers: that notebooks, README and ledger say the same, and that the verdicts beside them are those of the ledger."""

import re

import nbformat
import pandas as pd
import pytest

from helpers import answers, contracts, ledger, paths, prevalence, published, published_ratings, ratings, results
from helpers.parameters import FieldworkSampling, PrevalenceEstimates, RatingComparisons

NOTEBOOKS = ["01_fieldwork_sampling", *["02_prevalence_estimates"] * 2, "03_rating_comparisons", "04_evidence_ledger"]


@pytest.fixture(scope="module")
def built():
    return ledger.build(ledger.published_tables())


@pytest.fixture(scope="module")
def table(built):
    return answers.table(built)


def shown_in(notebook, source):
    """The text that the cell which ends so shows."""
    cells = nbformat.read(paths.NOTEBOOKS / f"{notebook}.ipynb", as_version=4).cells
    (cell,) = [cell for cell in cells if cell.cell_type == "code" and cell.source.rstrip().endswith(source)]
    (output,) = cell.outputs
    return output["data"]["text/markdown"]


def answer_of(notebook):
    """What stands under the heading Answer."""
    cells = nbformat.read(paths.NOTEBOOKS / f"{notebook}.ipynb", as_version=4).cells
    (place,) = [place for place, cell in enumerate(cells) if cell.source == "## Answer"]
    assert cells[place + 2].source.startswith("## Data")
    (output,) = cells[place + 1].outputs
    return output["data"]["text/markdown"]


def readme_part():
    return paths.ROOT.joinpath("README.md").read_text().split("<!-- generated: answers -->")[1].split("<!-- end: answers -->")[0]


# --- one text in three places


def test_there_are_five_lines_in_the_order_of_the_notebooks(table):
    assert list(table.columns) == contracts.columns("evidence_answers")
    assert table["line"].tolist() == [1, 2, 3, 4, 5] and table["notebook"].tolist() == NOTEBOOKS
    assert set(table["evidence"]) == {"published"}
    assert table["answer"].str.startswith("- ").all() and table["answer"].str.endswith("*Evidence: published.*").all()
    # Each is one item of a list.
    assert not table["answer"].str.contains("\n").any()


@pytest.mark.parametrize("notebook", sorted(set(NOTEBOOKS)))
def test_a_committed_notebook_answers_with_its_lines(table, notebook):
    assert answer_of(notebook) == "\n".join(table.loc[table["notebook"] == notebook, "answer"])


def test_the_readme_gives_the_answers_of_the_committed_ledger(table):
    assert readme_part().strip("\n") == "\n".join(table["answer"])
    assert shown_in("04_evidence_ledger", 'Markdown("\\n".join(table["answer"]))') == "\n".join(table["answer"])


def test_the_committed_ledger_shows_what_each_line_rests_on(table):
    cells = nbformat.read(paths.NOTEBOOKS / "04_evidence_ledger.ipynb", as_version=4).cells
    (cell,) = [cell for cell in cells if "What the answers rest on." in cell.source]
    text = cell.outputs[0]["data"]["text/plain"]
    for row in table.itertuples():
        assert row.verdicts in text and row.claims in text


# --- verdicts beside the answers


def test_the_claims_of_a_line_are_claims_of_the_documents_and_bear_on_it(built, table):
    claims = table.set_index("line")["claims"]
    assert claims[5] == "all"
    for line in range(1, 5):
        assert set(claims[line].split(", ")) <= set(built["claim"]), line
    assert len(claims[4].split(", ")) == 2 + 12 and all(
        f"letter_table_1_{standard}_" in claims[4] for standard in ratings.STANDARDS
    )
    # Whatever a line prints in bold of the documents is the value of a claim that it names.
    for line, printed in {1: ["6", "10", "5"], 2: ["26", "21"], 3: ["24000", "4500", "26"]}.items():
        values = {published.value(claim) for claim in claims[line].split(", ")}
        assert set(printed) <= values, line


def test_verdicts_of_a_line_are_counted_from_the_ledger_in_their_order(built, table):
    verdicts = built.set_index("claim")["verdict"]
    for row in table.itertuples():
        own = verdicts if row.claims == "all" else verdicts[row.claims.split(", ")]
        expected = [
            f"{(own == verdict).sum()} {results.spaced(verdict)}" for verdict in ledger.VERDICTS if (own == verdict).any()
        ]
        assert row.verdicts == "; ".join(expected)
        assert sum(map(int, re.findall(r"\d+", row.verdicts))) == len(own)
    assert table["verdicts"].tolist() == [
        "3 reproduced; 1 consistent",
        "2 bounded",
        "1 bounded; 3 not checkable",
        "14 bounded",
        "3 reproduced; 6 consistent; 16 bounded; 81 not checkable",
    ]


def test_a_verdict_that_changes_changes_the_lines_that_rest_on_it_and_no_other(built, table):
    lost = built.assign(verdict=built["verdict"].mask(built["claim"] == "release_cases_hosted", "not_checkable"))
    found = answers.table(lost)
    assert found["verdicts"].tolist()[0] == "2 reproduced; 1 consistent; 1 not checkable"
    assert found["verdicts"].tolist()[1:4] == table["verdicts"].tolist()[1:4]
    assert found["verdicts"].tolist()[4] == "2 reproduced; 6 consistent; 16 bounded; 82 not checkable"
    assert found["answer"].tolist()[:4] == table["answer"].tolist()[:4]
    assert "2 follow from other figures" in found["answer"].tolist()[4] and "For **82**" in found["answer"].tolist()[4]


def test_a_ledger_without_a_kind_of_verdict_counts_none(built):
    said = answers.claims(built.assign(verdict="not_checkable"))
    assert "Of **106 claims** in the two documents, 0 follow" in said and ", 0 agree" in said and "and 0 are limited" in said
    assert "For **106** nothing else" in said


# --- each line


def test_a_design_of_ones_own_is_said_to_be_so():
    p = FieldworkSampling(frame="", areas=["Here", "There"], cases_per_arm=3, icc=0.1, confidence=0.8)
    said = answers.fieldwork(p, answers.precision(p))
    assert said.startswith(
        "- Your own design asks, where possible, for **12 cases**: 3 hosted and 3 placed out for each area named, 2 in all."
    )
    assert "a correlation of 0.1 (assumed)" in said and "(80% confidence)" in said and said.endswith("*Evidence: supplied.*")


def test_precision_has_the_promised_columns_and_the_correlation_and_level_asked_for():
    found = answers.precision(FieldworkSampling(frame="", icc=0.07, confidence=0.9))
    assert list(found.columns) == contracts.columns("fieldwork_precision")
    assert {0.07, 0.05} <= set(found["icc"]) and 0.9 in set(found["level"])
    assert set(found["evidence"]) == {"published"}


def test_shares_of_another_base_are_supplied():
    p = PrevalenceEstimates(cases="", inspected_cases=1300, confidence=0.9)
    estimates = prevalence.published_estimates(p.inspected_cases, p.yots, p.icc, p.confidence)
    care, plan = (prevalence.headline(estimates, claim, p.headline_icc) for claim in prevalence.SHARES)
    said = answers.in_care(p, care, plan)
    assert said.startswith("- **26%** of children under court orders") and "1,300 cases in 42 services" in said
    assert "90% intervals" in said and said.endswith("*Evidence: supplied.*")
    starts = answers.of_starts(p, estimates, care)
    assert starts.startswith("- **18.75%** is our own quotient") and starts.endswith("*Evidence: published.*")


def test_ratings_in_words_follow_the_parameters():
    p = RatingComparisons(cases="", discretion=2.5, reference="in_care_outside", family="against_reference")
    said = answers.rated(p, published_ratings.tables(p))
    assert "children not in care" in said.lower().partition(" lower than ")[0]
    assert "in 0 of 4 standards, and higher in 3 (planning, delivery, reviewing)." in said
    assert "if a panel may move a rating by 2.5 points, not even their direction is fixed" in said
    assert "30 points" not in said and said.count(" rated lower than ") == 2


def test_lines_do_not_rest_on_a_list_of_cases(monkeypatch, built, table):
    """The answers of the README are published evidence, whatever the synthetic lists hold."""
    monkeypatch.setattr("helpers.cases.read", lambda *_: pytest.fail("a list was read"))
    pd.testing.assert_frame_equal(answers.table(built), table)
