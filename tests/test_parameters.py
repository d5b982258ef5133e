import re
import shutil
from datetime import date, datetime
from pathlib import Path

import pytest

from helpers import parameters
from helpers.errors import InputError, did_you_mean


def test_a_model_is_frozen():
    model = parameters.FieldworkSampling()
    with pytest.raises(ValueError, match="frozen"):
        model.icc = 0.1


@pytest.mark.parametrize(
    ("model", "values", "said"),
    [
        (parameters.FieldworkSampling, {"case_per_arm": 5}, "no parameter 'case_per_arm'; did you mean 'cases_per_arm'"),
        (parameters.FieldworkSampling, {"cases_per_arm": "5"}, "cases_per_arm: should be a whole number; it is '5'"),
        (parameters.FieldworkSampling, {"cases_per_arm": 5.0}, "cases_per_arm: should be a whole number"),
        (parameters.FieldworkSampling, {"areas": ("Leeds",)}, "areas: should be a list"),
        (parameters.FieldworkSampling, {"areas": []}, "areas"),
        (parameters.FieldworkSampling, {"areas": ["Leeds", 7]}, "areas, item 2: should be a text; quote it in YAML or in a list"),
        (parameters.FieldworkSampling, {"icc": 1}, "icc: should be less than 1"),
        (parameters.FieldworkSampling, {"icc": -0.1}, "icc: should be greater than or equal to 0"),
        (parameters.FieldworkSampling, {"confidence": 0}, "confidence: should be greater than or equal to 0.01"),
        (parameters.FieldworkSampling, {"cases_per_arm": -1}, "cases_per_arm: should be greater than or equal to 1"),
        (parameters.FieldworkSampling, {"seed": 1.5}, "seed: should be a whole number"),
        (parameters.FieldworkSampling, {"outcome": "suficient"}, "parameter outcome: the frame has no outcome 'suficient'"),
        (
            parameters.FieldworkSampling,
            {"rho_between_arms": 0.2},
            "rho_between_arms: cases of different arms cannot be more alike",
        ),
        (parameters.FieldworkSampling, {"supplementary": ["Wrexham"]}, "supplementary: 'Wrexham' is one of the fieldwork areas"),
        (
            parameters.FieldworkSampling,
            {"supplementary": ["Leds"]},
            "supplementary: no case of the frame names 'Leds'; did you mean",
        ),
        (parameters.FieldworkSampling, {"frame": "", "judgements": "synthetic"}, "judgements: needs the list"),
        (parameters.FieldworkSampling, {"sites": "nowhere.csv"}, "parameter sites: nowhere.csv"),
        (parameters.FieldworkSampling, {"expected_cases": [0]}, "expected_cases, item 1: should be greater than 0"),
        (parameters.FieldworkSampling, {"usable": []}, "usable: needs at least 1 item"),
        (parameters.FieldworkSampling, {"lonely": "ignore"}, "lonely: should be 'fail', 'adjust' or 'average'"),
        (parameters.PrevalenceEstimates, {"yots": 2000}, "2000 services cannot share 1253 inspected_cases"),
        (parameters.PrevalenceEstimates, {"icc": [0.05, 0.05]}, "icc: holds 0.05 twice"),
        (
            parameters.PrevalenceEstimates,
            {"confidence": float("inf")},
            "confidence: should be a number that is neither infinite nor missing; it is inf",
        ),
        (parameters.RatingComparisons, {"family": "pairs"}, "family: should be 'all_pairs' or 'against_reference'"),
        (parameters.EvidenceLedger, {"run": "/nowhere"}, "/nowhere/manifest.json is missing"),
    ],
)
def test_a_wrong_value_is_refused_in_one_line(model, values, said):
    with pytest.raises(InputError) as refusal:
        model(**values)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["opened_from", "opened_to"])
@pytest.mark.parametrize(
    "value",
    ["01/04/2012", "2012-4-1", "20120401", "2012-W14-1", "2012-02-30", "2012-04-01 ", "2012-04-01T00:00:00", " ", "today"],
)
def test_a_text_that_is_no_day_is_refused(name, value):
    with pytest.raises(InputError) as refusal:
        parameters.FieldworkSampling(**{name: value})
    assert str(refusal.value) == (
        f"parameter {name}: is no day; write year-month-day, such as 2012-04-01, or leave it empty; it is {value!r}"
    )


@pytest.mark.parametrize("value", [20120401, 2012.0, True, None, datetime(2012, 4, 1)])
def test_a_day_is_a_text_or_a_date_and_nothing_else(value):
    with pytest.raises(InputError, match="parameter opened_from: should be a text"):
        parameters.FieldworkSampling(opened_from=value)


def test_a_day_may_be_a_date_of_yaml_or_python():
    model = parameters.FieldworkSampling(opened_from=date(2011, 6, 1), opened_to="2011-06-30")
    assert (model.opened_from, model.opened_to) == ("2011-06-01", "2011-06-30")
    assert parameters.FieldworkSampling(frame="", opened_from="2011-06-01", opened_to="2011-06-01").opened_to == "2011-06-01"
    with pytest.raises(InputError, match="parameter opened_from: 2011-07-01 is after opened_to, 2011-06-30; exchange them"):
        parameters.FieldworkSampling(opened_from="2011-07-01", opened_to="2011-06-30")


@pytest.mark.parametrize("place", ["restricted", "restricted/report", "restricted/report/tables/..", "link", "link/report"])
def test_the_full_tables_that_a_run_keeps_for_the_team_are_no_run(tmp_path, monkeypatch, place):
    run = tmp_path / "run"
    for folder in (run, run / "restricted", run / "restricted" / "report"):
        (folder / "tables").mkdir(parents=True)
        (folder / "manifest.json").write_text('{"outputs": {}}')
    (run / "link").symlink_to("restricted")
    with pytest.raises(InputError, match="lies in restricted of a run, which is not for release; name the run folder above it"):
        parameters.EvidenceLedger(run=str(run / place))
    monkeypatch.chdir(run / "restricted")
    with pytest.raises(InputError, match="not for release"):
        parameters.EvidenceLedger(run=".")
    shutil.move(run / "restricted", tmp_path / "restricted")
    with pytest.raises(InputError, match="not for release"):
        parameters.EvidenceLedger(run=str(tmp_path / "restricted"))


def test_a_run_may_lie_below_any_folder_that_is_not_of_a_run(tmp_path):
    run = tmp_path / "restricted" / "run"
    run.mkdir(parents=True)
    (run / "manifest.json").write_text('{"outputs": {}}')
    assert parameters.EvidenceLedger(run=str(run)).run == str(run)


def test_a_switch_that_yaml_changed_is_refused_with_the_reason():
    with pytest.raises(InputError) as refusal:
        parameters.RatingComparisons(disclosure=False)
    said = (
        "should be 'auto', 'on' or 'off'; YAML reads on and off as true and false unless they stand between quotes; it is False"
    )
    assert str(refusal.value) == f"parameter disclosure: {said}"


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (parameters.FieldworkSampling, {"areas": ["x" * 100_000]}),
        (parameters.FieldworkSampling, {"areas": "x" * 100_000}),
        (parameters.FieldworkSampling, {"areas": [["x"] * 100_000]}),
        (parameters.FieldworkSampling, {"areas": ["x"] * 1_000_000}),
        (parameters.FieldworkSampling, {"seed": 10**5000}),
        (parameters.FieldworkSampling, {"seed": {"x" * 1000: ["y" * 1000] * 1000}}),
        (parameters.FieldworkSampling, {"shortfall": "x" * 100_000}),
        (parameters.FieldworkSampling, {"output": "x" * 100_000}),
        (parameters.FieldworkSampling, {"x" * 100_000: 1}),
        (parameters.FieldworkSampling, {"confidence": 10**400}),
        (parameters.RatingComparisons, {"reference": "x" * 100_000}),
        (parameters.RatingComparisons, {"adjust_for": ["x" * 100_000]}),
        (parameters.RatingComparisons, {"adjust_for": ["\n"]}),
        (parameters.RatingComparisons, {"group_by": "x" * 100_000}),
        (parameters.RatingComparisons, {"disclosure_preset": "x" * 100_000}),
        (parameters.EvidenceLedger, {"run": "x" * 100_000}),
        (parameters.EvidenceLedger, {"run": "x/" * 1000 + "y" * 300}),
        (parameters.EvidenceLedger, {"run": "x" * 200}),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else parameters.brief(value)[:30],
)
def test_a_long_value_is_refused_in_a_short_line(model, values):
    with pytest.raises(InputError) as refusal:
        model(**values)
    assert "\n" not in str(refusal.value) and len(str(refusal.value)) < 700


@pytest.mark.parametrize(
    "value", [None, "x" * 10**6, 10**5000, ["x" * 1000] * 1000, {"a": "b" * 1000}, b"x" * 1000, "\ud800\n"], ids=parameters.brief
)
def test_a_value_in_brief_is_one_short_line_that_can_be_printed(value):
    assert len(parameters.brief(value)) <= 82 and parameters.brief(value).isprintable()


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(InputError, match=r"cases_per_arm.*; .*confidence"):
        parameters.FieldworkSampling(cases_per_arm=0, confidence=2)


def test_a_whole_number_is_taken_for_a_number():
    assert parameters.FieldworkSampling(icc=0).icc == 0


def test_only_a_named_path_is_a_path(tmp_path):
    (tmp_path / "manifest.json").write_text('{"outputs": {}}')
    assert parameters.EvidenceLedger().paths() == {}
    assert parameters.EvidenceLedger(run=str(tmp_path)).paths() == {"run": tmp_path}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"reference": "not_in_car"},
            "no group of care_group is called 'not_in_car'; did you mean 'not_in_care'?",
        ),
        ({"group_by": "year"}, "no group of year is called 'not_in_care'; there is: 2018/19, 2019/20"),
        (
            {"group_by": "yot"},
            "cases are not grouped by yot; take care_group or year, or a column of your own",
        ),
        ({"group_by": "year", "cases": ""}, "without a list of cases there is only care_group; add cases"),
        ({"adjust_for": ["aeg"]}, "column aeg, of adjust_for, is missing"),
        ({"adjust_for": ["care_group"]}, "parameter adjust_for: care_group is what is compared; leave it out"),
        ({"adjust_for": ["planning_desistance"]}, "results are not adjusted for planning_desistance"),
        ({"adjust_for": ["age", "age"]}, "holds 'age' twice"),
    ],
)
def test_a_comparison_that_the_list_does_not_bear_is_refused(given, said):
    with pytest.raises(InputError, match=re.escape(said)):
        parameters.RatingComparisons(**given)


def test_groups_are_compared_by_any_column_of_the_list():
    chosen = parameters.RatingComparisons(group_by="age", reference="15", adjust_for=["year"])
    assert chosen.care_reference == "not_in_care"
    assert list(chosen.read_cases().table["age"].cat.categories) == ["12", "13", "14", "15", "16", "17"]
    assert parameters.RatingComparisons(adjust_for=["age"]).read_cases().table["age"].dtype == float


def test_did_you_mean_ignores_case_and_lists_all_where_nothing_is_near():
    assert did_you_mean("WEXHAM", ["Wrexham", "Somerset"]) == "did you mean 'Wrexham'?"
    assert did_you_mean("zzz", ["Wrexham", "Somerset"]) == "there is: Wrexham, Somerset"


@pytest.fixture
def lists(tmp_path):
    """A frame and inspected cases of the user's own."""
    from helpers import cases

    names = {"frame": tmp_path / "frame.csv", "cases": tmp_path / "cases.csv"}
    for contract, path in names.items():
        cases.template(contract).to_csv(path, index=False)
    return {contract: str(path) for contract, path in names.items()}


@pytest.mark.parametrize(("case_list", "evidence"), [("", "published"), ("synthetic", "synthetic"), ("own", "supplied")])
def test_what_results_from_cases_are(lists, case_list, evidence):
    given = lists["cases"] if case_list == "own" else case_list
    model = parameters.RatingComparisons(cases=given)
    assert model.case_evidence == evidence
    assert model.case_lists() == ({"cases": Path(given)} if evidence == "supplied" else {})
    assert (model.read_cases() is None) == (case_list == "")


def test_a_list_that_breaks_its_contract_is_refused_with_the_parameter(lists, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text(Path(lists["cases"]).read_text().replace("in_care_inside", "in_care_insid"))
    with pytest.raises(InputError, match=r"^parameter cases: .*care_group.*did you mean 'in_care_inside'") as refusal:
        parameters.PrevalenceEstimates(cases=str(bad))
    assert "EXAMPLE-" not in str(refusal.value) and "\n" not in str(refusal.value)


def test_control_may_be_off_only_by_a_second_word_or_where_results_stay(lists):
    own = {"cases": lists["cases"], "disclosure": "off"}
    with pytest.raises(InputError, match="publish_unprotected=true"):
        parameters.RatingComparisons(**own)
    assert parameters.RatingComparisons(**own, publish_unprotected=True)
    assert parameters.RatingComparisons(**own, output="a/restricted/report").restricted
    assert parameters.RatingComparisons(disclosure="off")
    with pytest.raises(InputError):
        parameters.RatingComparisons(**own, output="a/not_restricted/report")


def test_an_area_that_no_case_names_is_refused(lists):
    assert parameters.FieldworkSampling(frame=lists["frame"], areas=["Area A"])
    with pytest.raises(InputError, match=r"areas: no case of the frame names 'Area C'; did you mean 'Area"):
        parameters.FieldworkSampling(frame=lists["frame"], areas=["Area C"])
    with pytest.raises(InputError, match="an empty frame plans without a list"):
        parameters.FieldworkSampling(areas=["Zzz"])
    assert parameters.FieldworkSampling(frame="", areas=["Zzz"]).own_figures() == ["areas"]


def test_a_preset_that_is_not_there_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="disclosure_preset: .*did you mean 'fieldwork'"):
        parameters.FieldworkSampling(disclosure_preset="feldwork")


def test_figures_of_ones_own_are_those_that_no_document_prints():
    assert parameters.FieldworkSampling().own_figures() == parameters.PrevalenceEstimates().own_figures() == []
    assert parameters.FieldworkSampling(cases_per_arm=4).own_figures() == ["cases_per_arm"]
    assert parameters.PrevalenceEstimates(yots=40, inspected_cases=1000).own_figures() == ["inspected_cases", "yots"]
    assert parameters.PrevalenceEstimates(icc=[0.05, 0.3]).own_figures() == []


# --- what notebook 02 assumes


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"court_shares": [1]}, "parameter court_shares, item 1: is 1; a court share lies below 1"),
        ({"court_shares": [0.5, 1.2]}, "parameter court_shares, item 2: "),
        ({"court_shares": [-0.1]}, "parameter court_shares, item 1: should be greater than or equal to 0; it is -0.1"),
        (
            {"court_shares": [float("nan")]},
            "parameter court_shares, item 1: should be a number that is neither infinite nor missing; it is nan",
        ),
        ({"court_shares": []}, "parameter court_shares: needs at least 1 item"),
        ({"court_shares": [0.5, 0.3, 0.5]}, "parameter court_shares: holds 0.5 twice"),
        ({"court_shares": [place / 100 for place in range(21)]}, "parameter court_shares: has too many items"),
        ({"court_shares": 0.5}, "parameter court_shares: should be a list, such as [1, 2]"),
        ({"in_care_at_start": [0]}, "parameter in_care_at_start, item 1: should be greater than 0; it is 0"),
        ({"in_care_at_start": [1, 1.1]}, "parameter in_care_at_start, item 2: should be less than or equal to 1; it is 1.1"),
        ({"in_care_at_start": []}, "parameter in_care_at_start: needs at least 1 item"),
        ({"in_care_at_start": [1, 1.0]}, "parameter in_care_at_start: holds 1.0 twice"),
        ({"yots": 1}, "parameter yots: is 1; one service does not show how much services differ, so 2 are the least"),
        ({"yots": 0}, "parameter yots: is 0; one service does not show"),
        ({"yots": 42.0}, "parameter yots: should be a whole number"),
        ({"yots_in_all": 41}, "parameter yots_in_all: 42 yots are inspected, so there are at least as many in all"),
        ({"yots": 200}, "parameter yots_in_all: 200 yots are inspected"),
        ({"yots_in_all": 100_001}, "parameter yots_in_all: should be less than or equal to 100000"),
        # 26% of 45 lies between 11 and 12 of them.
        ({"other_bases": [500, 45]}, "parameter other_bases: 26% cannot come from 45 cases: 11 of 45 is 24% and 12 of 45 is 27%"),
        ({"other_bases": [100], "yots": 101}, "parameter other_bases: 100 cases cannot lie in 101 yots; take 101 or more"),
        ({"other_bases": [1]}, "parameter other_bases, item 1: should be greater than or equal to 2"),
        ({"other_bases": [500, 500]}, "parameter other_bases: holds 500 twice"),
        ({"other_bases": [500.5]}, "parameter other_bases, item 1: should be a whole number"),
        ({"inspected_cases": 0}, "parameter inspected_cases: should be greater than or equal to 2; it is 0"),
        ({"inspected_cases": 7, "yots": 2}, "parameter inspected_cases: 26% cannot come from 7 cases"),
        (
            {"group_by": "region"},
            "parameter group_by: data/synthetic/synthetic_inspected_cases.csv: column region, of group_by, is",
        ),
        ({"group_by": "Year"}, "is missing; is 'year' meant?"),
        (
            {"group_by": "yot"},
            "cases are not grouped by yot; take care_group or year, or a column of your own",
        ),
        ({"group_by": "planning_desistance"}, "parameter group_by: cases are not grouped by planning_desistance"),
        ({"group_by": "a\nb"}, "parameter group_by: holds a line break or another character that cannot be printed"),
        ({"group_by": 7}, "parameter group_by: should be a text; quote it"),
        ({"icc": [1], "headline_icc": 0.05}, "parameter icc, item 1: should be less than 1; it is 1"),
        ({"icc": []}, "parameter icc: needs at least 1 item"),
        ({"headline_icc": 0.3}, "parameter headline_icc: 0.3 is not one of icc [0, 0.02, 0.05, 0.1]; add it there"),
        ({"headline_icc": 1}, "parameter headline_icc: should be less than 1; it is 1"),
        ({"confidence": 1}, "parameter confidence: should be less than or equal to 0.9999; it is 1"),
        ({"confidence": 0}, "parameter confidence: should be greater than or equal to 0.01; it is 0"),
        ({"draws": 999}, "parameter draws: should be greater than or equal to 1000; it is 999"),
        ({"seed": -1}, "parameter seed: should be greater than or equal to 0; it is -1"),
    ],
    ids=str,
)
def test_what_cannot_be_assumed_is_refused_in_one_plain_line(values, said):
    with pytest.raises(InputError) as refusal:
        parameters.PrevalenceEstimates(**values)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert not any(word in str(refusal.value) for word in ("Input should", "Value error", "pydantic", "type="))


@pytest.mark.parametrize(
    "values",
    [
        {"court_shares": [0, 0.99], "in_care_at_start": [0.01]},
        {"other_bases": []},
        {"yots": 42, "yots_in_all": 42},
        {"yots": 2, "inspected_cases": 86},
        {"group_by": ""},
        {"group_by": "year"},
        # Nothing is grouped where there is no list.
        {"group_by": "region", "cases": ""},
    ],
    ids=str,
)
def test_what_lies_at_the_end_of_its_range_is_taken(values):
    model = parameters.PrevalenceEstimates(**values)
    assert {name: getattr(model, name) for name in values} == values


def test_what_is_assumed_is_no_figure_of_ones_own():
    """No document prints these, whatever they are; only the base and the services are printed."""
    assumed = {"court_shares": [0.4], "in_care_at_start": [0.5], "other_bases": [600], "yots_in_all": 60, "icc": [0.3]}
    model = parameters.PrevalenceEstimates(**assumed, headline_icc=0.3, seed=1, draws=1000, group_by="year")
    assert model.own_figures() == []
    assert parameters.PrevalenceEstimates(inspected_cases=2000).own_figures() == ["inspected_cases"]


def test_a_list_is_read_with_the_column_that_groups_it(lists, tmp_path):
    path = tmp_path / "own.csv"
    first, *rows = Path(lists["cases"]).read_text().splitlines()
    path.write_text(
        "\n".join([f"{first},region", *(f"{row},{name}" for row, name in zip(rows, ("east", "", "west"), strict=True))])
    )
    model = parameters.PrevalenceEstimates(cases=str(path), group_by="region")
    assert list(model.read_cases().table["region"].cat.categories) == ["east", "west"]
    assert "region" not in parameters.PrevalenceEstimates(cases=str(path)).read_cases().table
    assert "region" not in parameters.RatingComparisons(cases=str(path)).read_cases().table
    with pytest.raises(InputError, match=r"^parameter cases: .*column regoin, of group_by, is missing; is 'region' meant\?$"):
        parameters.PrevalenceEstimates(cases=str(path), group_by="regoin")
