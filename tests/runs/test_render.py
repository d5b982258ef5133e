import re
from html.parser import HTMLParser

import nbformat
import pytest

from helpers.runs import render
from helpers.runs.catalogue import COLLECTION
from helpers.runs.documents import _table
from helpers.runs.execute import Outcome

LOADS = re.compile(r"""(?:src|href|url)\s*[=(]\s*["']?(https?:)?//|@import|<script|<link""", re.IGNORECASE)


class Pictures(HTMLParser):
    def __init__(self):
        super().__init__()
        self.texts, self.ids = [], []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "img":
            self.texts.append(attributes.get("alt"))
        if "id" in attributes:
            self.ids.append(attributes["id"])


@pytest.fixture(scope="module")
def pages(run_folder):
    found = {path.name: path.read_text() for path in [run_folder / "index.html", *run_folder.glob("notebooks/*.html")]}
    assert len(found) == len(COLLECTION) + 1
    return found


def test_no_page_asks_another_host_for_anything(pages):
    for name, text in pages.items():
        without_data = re.sub(r'src="data:[^"]*"', "", text)
        assert not LOADS.search(without_data), (name, LOADS.search(without_data))


def test_every_page_says_its_evidence_language_and_title(pages):
    marks = {"04_evidence_ledger.html": "published"}
    for name, text in pages.items():
        assert '<html lang="en-GB">' in text
        assert re.search(r"<title>\S", text)
        mark = marks.get(name, "published, synthetic")
        assert re.search(rf'class="evidence"><strong>Evidence[^<]*: {mark}\.</strong>', text), name
        assert ("made up" in text) == ("synthetic" in mark), name
        assert 'class="notice"' not in text


def test_every_picture_has_alternative_text_and_ids_are_unique(pages):
    for name, text in pages.items():
        parser = Pictures()
        parser.feed(text)
        assert all(alt and "No description" not in alt for alt in parser.texts), name
        assert len(parser.ids) == len(set(parser.ids)), name
    assert sum(text.count("<img") for text in pages.values()) >= 5


def test_code_is_folded_away_and_can_be_opened(pages):
    for notebook in COLLECTION:
        text = pages[f"{notebook.stem}.html"]
        assert text.count("<summary>Code</summary>") == notebook.code_cells + 1
        assert "<details open" not in text


def test_the_index_gives_every_answer_table_and_parameter(pages):
    index = pages["index.html"]
    for notebook in COLLECTION:
        assert f'href="notebooks/{notebook.stem}.html"' in index and notebook.title in index
    for words in ("60 cases", "18.75%", "106 claims", "Halton &amp; Warrington", "tables/evidence_ledger.csv"):
        assert words in index


def test_links_of_the_index_lead_to_files(run_folder, pages):
    for link in re.findall(r'href="([^"]+)"', pages["index.html"]):
        assert (run_folder / link).is_file(), link


def test_words_of_others_are_shown_and_never_run(tmp_path):
    error = "InputError: <script>alert(1)</script>"
    outcome = Outcome(COLLECTION[0], 1.0, error, 3)
    manifest = {"run": "x", "parameters": {COLLECTION[0].stem: {"areas": ["<script>"]}}, "started": "", "ended": "", "python": ""}
    shown = render.render_notebook(tmp_path, outcome, notice="")
    render.render_index(tmp_path, [shown], manifest | {"commit": {"sha": None, "changed": None}}, [""])
    index = (tmp_path / "index.html").read_text()
    assert "<script" not in index and "&lt;script&gt;alert(1)" in index
    assert "failed in cell 3" in index and "This run wrote no table." in index


def test_the_answer_of_a_notebook_that_stopped_before_it_is_empty():
    assert render.answer(nbformat.v4.new_notebook()) == ""


def test_a_bar_in_a_cell_does_not_break_a_table_of_a_document():
    assert _table(["a"], [["x|y"]]) == "| a |\n| --- |\n| x\\|y |"
