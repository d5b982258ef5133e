import pytest

from helpers import paths
from helpers.errors import InputError
from helpers.runs import choices
from helpers.runs.catalogue import COLLECTION, find

SAMPLING, PREVALENCE, RATINGS, LEDGER = COLLECTION


@pytest.fixture(scope="module")
def own_frame(tmp_path_factory):
    """A list of the user's own: the synthetic one under another name."""
    path = tmp_path_factory.mktemp("own") / "frame.csv"
    path.write_bytes((paths.DATA / "synthetic" / "synthetic_sampling_frame.csv").read_bytes())
    return path


def test_a_text_parameter_stays_text_and_others_are_json():
    with pytest.raises(InputError, match="007/manifest.json is missing"):
        choices.choose([LEDGER], {}, {"run": "007"})
    chosen = choices.choose([PREVALENCE], {}, {"confidence": "1e-1", "icc": "[0, 5e-2]"})
    assert chosen[PREVALENCE].confidence == 0.1
    assert chosen[PREVALENCE].icc == [0, 0.05]


def test_an_equals_sign_in_a_value_is_kept():
    assert choices.split(["areas=a=b"]) == {"areas": "a=b"}


def test_words_win_over_the_file_and_the_file_over_defaults():
    chosen = choices.choose([PREVALENCE], {PREVALENCE: {"confidence": 0.8, "yots": 40}}, {"confidence": "0.9"})
    assert (chosen[PREVALENCE].confidence, chosen[PREVALENCE].yots, chosen[PREVALENCE].inspected_cases) == (0.9, 40, 1253)


@pytest.mark.parametrize("path", sorted((paths.NOTEBOOKS / "parameters").glob("*.yaml")), ids=lambda path: path.name)
def test_a_set_of_parameters_to_start_from_is_taken(path):
    given = choices.read_file(str(path), list(COLLECTION))
    chosen = choices.choose(list(given), given, {})
    assert [getattr(chosen[notebook], name) for notebook in given for name in given[notebook]] == [
        value for values in given.values() for value in values.values()
    ]


def test_a_parameter_is_set_in_every_notebook_that_has_it():
    chosen = choices.choose(list(COLLECTION), {}, {"confidence": "0.9"})
    assert chosen[SAMPLING].confidence == chosen[PREVALENCE].confidence == 0.9


def test_a_seed_that_stays_secret_goes_to_no_notebook_that_shows_it(own_frame):
    words = {"frame": str(own_frame), "areas": '["Somerset"]', "outcome": "", "seed": "7741"}
    chosen = choices.choose(list(COLLECTION), {}, words)
    assert (chosen[SAMPLING].seed, chosen[PREVALENCE].seed) == (7741, 2019)
    assert choices.choose([PREVALENCE], {}, {"seed": "7741"})[PREVALENCE].seed == 7741


@pytest.mark.parametrize("given", [({PREVALENCE: {"seed": 7741}}, "7741"), ({}, "2019")])
def test_a_secret_seed_in_another_notebook_is_refused_and_not_printed(own_frame, given):
    from_file, seed = given
    words = {"frame": str(own_frame), "areas": '["Somerset"]', "outcome": "", "seed": seed}
    with pytest.raises(InputError, match="02_prevalence_estimates: parameter seed is that of 01_fieldwork_sampling") as refusal:
        choices.choose(list(COLLECTION), from_file, words)
    assert seed not in str(refusal.value)


def test_a_file_may_hold_one_notebook_or_several(tmp_path):
    file = tmp_path / "p.yml"
    file.write_text("confidence: 0.9\n")
    assert choices.read_file(str(file), [PREVALENCE]) == {PREVALENCE: {"confidence": 0.9}}
    file.write_text("'02': {confidence: 0.9}\n03_rating_comparisons: {family: against_reference}\n")
    assert choices.read_file(str(file), list(COLLECTION)) == {
        PREVALENCE: {"confidence": 0.9},
        RATINGS: {"family": "against_reference"},
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("confidence: 0.9", "does not say which notebook"),
        ("- 1", "holds no mapping"),
        ("a: [", "is not YAML"),
        ("", "holds no mapping"),
        ("'09': {a: 1}", "no notebook is called '09'"),
        ("a: !!python/object/apply:os.getcwd []", "is not YAML"),
        ("a: 2024-13-45", "is not YAML"),
        ("a: !!int zz", "is not YAML"),
        ("[" * 20_000, "is not YAML"),
        ("confidence: 0\nconfidence: 0.9", "'confidence' is given twice"),
        ("'02': {confidence: 0.8}\n02_prevalence_estimates: {confidence: 0.9}", "names a notebook twice"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(tmp_path, content, said):
    file = tmp_path / "p.yml"
    file.write_text(content)
    with pytest.raises(InputError, match=said) as refusal:
        choices.read_file(str(file), list(COLLECTION))
    assert "\n" not in str(refusal.value)


def test_a_file_for_a_notebook_that_does_not_run_is_refused():
    with pytest.raises(InputError, match="names 03_rating_comparisons, which is not among"):
        choices.choose([PREVALENCE], {RATINGS: {"family": "all_pairs"}}, {})


@pytest.mark.parametrize("name", ["02", "2", "02_prevalence_estimates", "notebooks/02_prevalence_estimates.ipynb"])
def test_a_notebook_is_found_by_number_stem_and_path(name):
    assert find([name]) == [PREVALENCE]


def test_no_name_is_all_and_the_order_is_that_of_the_collection():
    assert find([]) == list(COLLECTION)
    assert find(["04", "01", "01"]) == [SAMPLING, LEDGER]
