import csv
import json
import math
from html.parser import HTMLParser

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from helpers import cases, contracts, disclosure, figures, ledger, parameters, planning, results
from helpers.errors import InputError

repeatable = settings(deadline=None, derandomize=True, max_examples=60)
NASTY = """<script>alert("1 < 2") & 'x'</script>"""
TABLE = planning.precision(6, 5, planning.ICCS, [0.8, 0.95], "published")
NAME = "fieldwork_precision"


class Page(HTMLParser):
    """The tags with their attributes, and the text that a reader sees."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def written(tmp_path, table=TABLE, name=NAME):
    results.write_table(table, name, str(tmp_path))
    return tmp_path / "tables" / f"{name}.csv"


def shown(text="x"):
    table = pd.DataFrame({"name": [text, "b"], "value": [0.26, math.nan], "evidence": ["published", "supplied"]})
    return results.show_table(table, {"name": text, "value": "Share"}, text, {"value": results.per_cent})


def drawn(output, name="widths"):
    return results.show_figure(figures.half_widths, TABLE, name, 'the "finding" < in words', output)


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(TABLE.drop(columns="df"), id="a column less"),
        pytest.param(TABLE.assign(more=1), id="a column more"),
        pytest.param(TABLE[TABLE.columns[::-1]], id="another order"),
        pytest.param(TABLE.drop(columns="evidence"), id="no evidence"),
    ],
)
def test_columns_other_than_those_promised_are_refused(table, tmp_path):
    with pytest.raises(InputError, match="promised are"):
        written(tmp_path, table)
    assert list(tmp_path.iterdir()) == []


def test_a_table_that_is_not_promised_is_refused(tmp_path):
    with pytest.raises(InputError, match="did you mean 'fieldwork_precision'"):
        written(tmp_path, name="fieldwork_precisions")


@pytest.mark.parametrize("mark", ["", None, math.nan, "Published", "made up"])
def test_a_row_without_an_evidence_mark_is_refused(mark, tmp_path):
    table = TABLE.assign(evidence=[mark, *TABLE["evidence"][1:]])
    with pytest.raises(InputError, match="evidence mark"):
        written(tmp_path, table)
    assert list(tmp_path.iterdir()) == []


def test_missing_values_are_written_as_not_applicable(tmp_path):
    with written(tmp_path).open(newline="") as file:
        rows = list(csv.DictReader(file))
    missing = [row["rho_between_arms"] == "[z]" for row in rows]
    assert missing == TABLE["rho_between_arms"].isna().tolist()
    assert "" not in {cell for row in rows for cell in row.values()}


def test_a_written_table_reads_back_equal(tmp_path):
    read_back = pd.read_csv(written(tmp_path), na_values=["[z]"])
    pd.testing.assert_frame_equal(read_back, TABLE, check_exact=True)


@repeatable
@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=5))
def test_every_number_is_written_in_full_precision(tmp_path_factory, numbers):
    table = pd.DataFrame({column: numbers for column in contracts.columns(NAME)}).assign(evidence="synthetic")
    with written(tmp_path_factory.mktemp("run"), table).open(newline="") as file:
        assert [float(row["half_width"]) for row in csv.DictReader(file)] == numbers


def test_lines_end_alike_on_every_system(tmp_path):
    text = written(tmp_path).read_bytes()
    assert b"\r" not in text
    assert text.count(b"\n") == len(TABLE) + 1


def test_the_table_comes_back_as_it_was(tmp_path):
    pd.testing.assert_frame_equal(results.write_table(TABLE, NAME, str(tmp_path)), TABLE)


def test_without_an_output_no_table_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results.write_table(TABLE, NAME, "")
    assert list(tmp_path.iterdir()) == []


def test_text_of_a_table_is_never_read_as_html():
    page = Page(shown(NASTY)._repr_html_())
    assert {tag for tag, _ in page.tags} == {"table", "caption", "span", "em", "thead", "tbody", "tr", "th", "td"}
    assert page.text.count(NASTY) == 3


def test_a_long_name_may_break_but_reads_the_same():
    page = Page(shown("letter_in_care_during_sentence")._repr_html_())
    assert "letter_in_care_during_sentence" in page.text
    assert "wbr" in {tag for tag, _ in page.tags}


def test_a_table_of_a_page_has_a_caption_with_its_evidence():
    page = Page(shown("What it shows.")._repr_html_())
    assert [tag for tag, _ in page.tags][:2] == ["table", "caption"]
    assert "What it shows. Evidence: published, supplied." in page.text


def test_headings_of_a_table_say_what_they_head():
    scopes = [attributes["scope"] for tag, attributes in Page(shown()._repr_html_()).tags if tag == "th"]
    assert scopes == ["col", "col", "row", "row"]


def test_where_there_is_no_html_a_table_is_plain_text():
    lines = repr(shown("a_name")).splitlines()
    assert lines[0] == "a_name"
    assert lines[1].split() == ["a_name", "Share"]
    assert [line.split() for line in lines[2:4]] == [["a_name", "26%"], ["b", "[z]"]]
    assert lines[4:] == ["Evidence: published, supplied"]


def test_a_table_without_rows_says_so():
    empty = results.show_table(TABLE.iloc[:0], {"group": "Cases"}, "None.")
    assert "(no rows)" in repr(empty)
    assert Page(empty._repr_html_()).text == "Nothing to show: None."


def test_only_the_columns_with_a_heading_are_shown():
    assert list(shown().table.columns) == ["x", "Share"]


def test_parameters_are_shown_with_their_meaning_and_without_the_output_folder():
    page = Page(results.show_parameters(parameters.PrevalenceEstimates(output="secret"))._repr_html_())
    assert "services that the cases lie in" in page.text
    assert "secret" not in page.text


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    folders = [tmp_path_factory.mktemp(name) for name in ("first", "second")]
    return folders, [drawn(str(folder)) for folder in folders]


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_the_same_table_gives_the_same_bytes(twice, ending):
    first, second = ((folder / "figures" / f"widths.{ending}").read_bytes() for folder in twice[0])
    assert first == second


def test_a_figure_holds_no_date(twice):
    svg = (twice[0][0] / "figures" / "widths.svg").read_text()
    assert "dc:date" not in svg


def test_a_figure_is_stamped_with_its_evidence(twice):
    assert "Evidence: published." in (twice[0][0] / "figures" / "widths.svg").read_text()


def test_a_figure_is_shown_with_its_finding_in_words(twice):
    data, metadata = twice[1][0]._repr_mimebundle_()
    assert metadata["image/png"]["alt"] == 'the "finding" < in words'
    assert data["image/png"]


def test_the_figure_shown_is_the_one_written(twice):
    assert twice[1][0].data == (twice[0][0] / "figures" / "widths.png").read_bytes()


def test_without_an_output_no_figure_is_written(tmp_path, monkeypatch, twice):
    monkeypatch.chdir(tmp_path)
    assert drawn("").data == twice[1][0].data
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [results.per_cent, results.points])
@pytest.mark.parametrize("missing", [math.nan, None, pd.NA])
def test_a_missing_number_is_not_applicable(words, missing):
    assert words(missing) == "[z]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (results.per_cent(0.26), "26%"),
        (results.per_cent(0.1875, 2), "18.75%"),
        (results.per_cent(0), "0%"),
        (results.level(0.95), "95%"),
        (results.level(0.999), "99.9%"),
        (results.points(-0.3), "\N{MINUS SIGN}30"),
        (results.points(0.1234, 1), "12.3"),
        (results.interval({"lower": 0.2171, "upper": 0.3067}), "21.7% to 30.7%"),
        (results.spaced("placed_out"), "placed out"),
    ],
)
def test_numbers_in_words(text, expected):
    assert text == expected


def test_the_verdicts_are_shown_with_their_meaning():
    table = results.show_table(ledger.verdicts(), {"verdict": "Verdict", "meaning": "Meaning"}, "The four verdicts.")
    assert len(table.table) == len(ledger.VERDICTS)


@pytest.mark.parametrize(
    ("low", "high", "most", "words"),
    [
        (0.33, 0.36, 1, "33 to 36 points"),
        (0.331, 0.334, 1, "33 points"),
        (0.35, float("inf"), 1, "35 points at best, and at worst not at all"),
        (0.44, 1.04, 0.5, "44 points at best, and at worst not at all"),
        (0.6, 0.7, 0.5, "no number of points: so few cases show nothing of it"),
        (float("nan"), float("nan"), 1, "a number of points that one area cannot tell"),
    ],
)
def test_a_range_says_what_can_not_be_known(low, high, most, words):
    assert results.range_of(low, high, most) == words


def test_bounds_are_rounded_away_from_each_other():
    assert results.outward({"lower": 0.181632, "upper": 0.193617}) == "18.16% to 19.37%"


def test_nothing_has_no_minus_sign():
    assert results.points(-0.004) == "0"
    assert results.points(-0.3) == "\N{MINUS SIGN}30"


@pytest.mark.parametrize("text", ["=1+1", "+44", "-2", "@x", "\tx", "\rx"])
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert results.neutral(text) == f"'{text}"


@pytest.mark.parametrize("value", ["Leeds", "[c]", "", "a=b", -1, -0.5, None])
def test_every_other_value_is_written_as_it_is(value):
    assert results.neutral(value) is value


def test_a_mark_in_a_cell_is_shown_as_it_is_whatever_the_format():
    table = pd.DataFrame({"group": ["a", "b", "c"], "share": ["[c]", "[x]", 0.5], "evidence": "supplied"})
    shown = results.show_table(table, {"group": "Group", "share": "Share"}, "Shares.", {"share": results.per_cent})
    assert shown.table["Share"].tolist() == ["[c]", "[x]", "50%"]


def test_a_synthetic_table_says_so_before_all_else():
    table = pd.DataFrame({"group": ["a"], "evidence": ["synthetic"]})
    assert results.show_table(table, {"group": "Group"}, "Groups.").caption == "SYNTHETIC CASES: Groups."


def test_a_synthetic_figure_says_so_in_its_title_its_name_and_its_words(tmp_path):
    def draw(table):
        figure = Figure()
        figure.suptitle("A finding")
        titles.append(figure)
        return figure

    titles = []
    table = pd.DataFrame({"evidence": ["synthetic", "published"]})
    image = results.show_figure(draw, table, "mine", "the finding in words", str(tmp_path))
    assert titles[0].get_suptitle() == "SYNTHETIC CASES: A finding"
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {"synthetic_mine.svg", "synthetic_mine.png"}
    assert image._repr_mimebundle_()[1]["image/png"]["alt"] == "SYNTHETIC CASES: the finding in words"


SAMPLE = pd.DataFrame(
    [["=c1", "Leeds", "hosted", "sample", 1, 0.25, 1.0, 1.0, "supplied"]], columns=list(contracts.RESTRICTED["fieldwork_sample"])
)


def test_cases_are_written_where_their_owner_alone_can_read_them(tmp_path):
    results.write_cases(SAMPLE, "fieldwork_sample", str(tmp_path))
    folder = tmp_path / "restricted"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "fieldwork_sample.csv").stat().st_mode & 0o777 == 0o600
    assert (folder / "fieldwork_sample.csv").read_text().splitlines()[1].startswith("'=c1,Leeds")


@pytest.mark.parametrize("output", ["", "restricted/report"])
def test_cases_are_not_written_without_an_output_nor_twice(tmp_path, monkeypatch, output):
    monkeypatch.chdir(tmp_path)
    results.write_cases(SAMPLE, "fieldwork_sample", output)
    results.write_audit({"seed": 1}, output)
    assert list(tmp_path.iterdir()) == []


def test_how_cases_were_drawn_is_written_where_their_owner_alone_can_read_it(tmp_path):
    results.write_audit({}, str(tmp_path))
    assert list(tmp_path.iterdir()) == []
    results.write_audit({"seed": 2012, "areas": ["Ynys Môn"]}, str(tmp_path))
    path = tmp_path / "restricted" / "fieldwork_draw.json"
    assert path.stat().st_mode & 0o777 == 0o600 and json.loads(path.read_text())["areas"] == ["Ynys Môn"]


def test_each_notebook_replaces_its_own_decisions_and_keeps_the_others(tmp_path):
    def decide(table, action):
        rows = pd.DataFrame(
            [[table, "(table)", "(all)", "verdict", action]], columns=["table", "row", "column", "rule", "action"]
        )
        model = parameters.PrevalenceEstimates(disclosure="on", output=str(tmp_path))
        results.write_decisions(disclosure.Treated({}, rows), model, (table,))

    for table, action in (("ratings", "pass: a"), ("fieldwork_scope", "pass: b"), ("ratings", "review: c")):
        decide(table, action)
    for folder in ("tables", "restricted"):
        written = pd.read_csv(tmp_path / folder / "disclosure.csv")
        assert written[["table", "action"]].values.tolist() == [["fieldwork_scope", "pass: b"], ["ratings", "review: c"]]
        assert set(written["evidence"]) == {"synthetic"}
    assert (tmp_path / "restricted" / "disclosure.csv").stat().st_mode & 0o777 == 0o600


def test_nothing_is_decided_on_synthetic_cases_that_are_not_treated():
    assert results.write_decisions(disclosure.Treated({}, disclosure.untreated([])), parameters.PrevalenceEstimates(), ()) is None
    assert results.show_decisions(None) is None


def test_where_a_list_lies_is_not_shown(tmp_path):
    path = tmp_path / "secret place.csv"
    cases.template("cases").to_csv(path, index=False)
    page = results.show_parameters(parameters.RatingComparisons(cases=str(path)))._repr_html_()
    assert "your own list" in page and "secret" not in page


def test_assumptions_are_shown_of_synthetic_cases_alone():
    shown = results.show_assumptions("cases", parameters.RatingComparisons())
    assert "calibrated" in repr(shown).lower() and shown.evidence == "synthetic"
    assert results.show_assumptions("cases", parameters.RatingComparisons(cases="")) is None
    returned = parameters.FieldworkSampling(judgements="synthetic")
    assert "refused" in repr(results.show_assumptions("judgements", returned))
    assert results.show_assumptions("judgements", parameters.FieldworkSampling()) is None


@pytest.mark.parametrize(
    ("areas", "says"),
    [
        (
            6,
            "**18 to 20 points** either way (95% confidence), and hosted told from placed-out work from a difference of **37",
        ),
        (3, "; no difference between hosted and placed-out work would be found (power 80%)"),
        (
            2,
            "not have placed a true share of 50% at all (95% confidence), nor told hosted from placed-out work",
        ),
        (1, "so few areas could not have placed"),
    ],
)
def test_what_a_design_could_show_is_a_sentence_however_few_the_areas(areas, says):
    found = planning.headline(planning.precision(areas, 5, [0.05], [0.95], "supplied"), 0.05, 0.95)
    assert says in results.precision_in_words(found, 0.95)


def test_a_per_cent_is_rounded_half_up():
    assert results.per_cent(5 / 40) == "13%"
    assert results.per_cent(0.285, 0) == "29%"
    assert results.per_cent(0.1875, 1) == "18.8%"
