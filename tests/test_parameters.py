from pathlib import Path
from typing import get_args

import pytest

from helpers import parameters, ratings
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
        (parameters.FieldworkSampling, {"areas": ["Leeds", 7]}, "areas, item 2: should be a valid string; it is 7"),
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
        (parameters.PrevalenceEstimates, {"confidence": float("inf")}, "confidence: should be a finite number"),
        (parameters.RatingComparisons, {"family": "pairs"}, "family: should be 'all_pairs' or 'against_reference'"),
        (parameters.EvidenceLedger, {"run": "/nowhere"}, "/nowhere/manifest.json is missing"),
    ],
)
def test_a_wrong_value_is_refused_in_one_line(model, values, said):
    with pytest.raises(InputError) as refusal:
        model(**values)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(InputError, match=r"cases_per_arm.*; .*confidence"):
        parameters.FieldworkSampling(cases_per_arm=0, confidence=2)


def test_a_whole_number_is_taken_for_a_number():
    assert parameters.FieldworkSampling(icc=0).icc == 0


def test_only_a_named_path_is_a_path(tmp_path):
    (tmp_path / "manifest.json").write_text('{"outputs": {}}')
    assert parameters.EvidenceLedger().paths() == {}
    assert parameters.EvidenceLedger(run=str(tmp_path)).paths() == {"run": tmp_path}


def test_the_care_groups_to_compare_with_are_those_of_the_ratings():
    assert get_args(parameters.RatingComparisons.model_fields["reference"].annotation) == ratings.CARE_GROUPS


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
    with pytest.raises(InputError, match="-p frame="):
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
