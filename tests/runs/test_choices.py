import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import paths
from helpers.errors import InputError
from helpers.runs import choices
from helpers.runs.catalogue import COLLECTION, find

SAMPLING, PREVALENCE, RATINGS, LEDGER = COLLECTION
# Grids, for sweeps, lie there too.
STARTS = sorted(path for path in (paths.NOTEBOOKS / "parameters").glob("*.yaml") if not path.stem.endswith("_grid"))


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


@pytest.mark.parametrize("path", STARTS, ids=lambda path: path.name)
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
        ("a: [", "so it is not YAML"),
        ("", "holds no mapping"),
        ("'09': {a: 1}", "no notebook is called '09'"),
        ("a: !!python/object/apply:os.getcwd []", "a tag (!) is not taken"),
        ("[" * 20_000, "more than 20 levels deep"),
        ("'02': {confidence: 0.8}\n2: {confidence: 0.9}", "names a notebook twice"),
        (f"? {'x' * 5000}\n: {{a: 1}}", "no notebook is called 'xxxx"),
        ("confidence: 0\nconfidence: 0.9", "'confidence' is given twice"),
        ("'02': {confidence: 0.8}\n02_prevalence_estimates: {confidence: 0.9}", "names a notebook twice"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(tmp_path, content, said):
    file = tmp_path / "p.yml"
    file.write_text(content)
    with pytest.raises(InputError, match=re.escape(said)) as refusal:
        choices.read_file(str(file), list(COLLECTION))
    assert "\n" not in str(refusal.value) and len(str(refusal.value)) < 500


def test_what_yaml_often_changes_stays_as_it_was_written(tmp_path):
    file = tmp_path / "p.yml"
    file.write_text("disclosure: off\nopened_from: 2011-06-01\nsize: 007\n")
    chosen = choices.choose([SAMPLING], choices.read_file(str(file), [SAMPLING]), {})[SAMPLING]
    assert (chosen.disclosure, chosen.opened_from, chosen.size) == ("off", "2011-06-01", "007")


def test_a_file_for_a_notebook_that_does_not_run_is_refused():
    with pytest.raises(InputError, match="names 03_rating_comparisons, which is not among"):
        choices.choose([PREVALENCE], {RATINGS: {"family": "all_pairs"}}, {})


@pytest.mark.parametrize("name", ["02", "2", "02_prevalence_estimates", "notebooks/02_prevalence_estimates.ipynb"])
def test_a_notebook_is_found_by_number_stem_and_path(name):
    assert find([name]) == [PREVALENCE]


def test_no_name_is_all_and_the_order_is_that_of_the_collection():
    assert find([]) == list(COLLECTION)
    assert find(["04", "01", "01"]) == [SAMPLING, LEDGER]


# --- a parameter of one notebook


def test_a_word_with_the_number_of_a_notebook_is_for_that_one_alone_and_wins():
    words = {"confidence": "0.8", "02.confidence": "0.9", "03_rating_comparisons.family": "against_reference"}
    chosen = choices.choose(list(COLLECTION), {PREVALENCE: {"confidence": 0.7}}, words)
    assert [chosen[notebook].confidence for notebook in (SAMPLING, PREVALENCE, RATINGS)] == [0.8, 0.9, 0.8]
    assert chosen[RATINGS].family == "against_reference"
    assert (
        choices.choose([PREVALENCE], {}, {"notebooks/02_prevalence_estimates.ipynb.confidence": "0.9"})[PREVALENCE].confidence
        == 0.9
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"03.confidence": "0.9"}, "-p 03.confidence: 03_rating_comparisons is not among the notebooks to run: 02_prevalence"),
        ({"02.confidense": "0.9"}, "there is no parameter 'confidense' in 02_prevalence_estimates; did you mean 'confidence'?"),
        ({"02.confidence": "0.9", "2.confidence": "0.8"}, "confidence of 02_prevalence_estimates is given twice"),
        ({"09.confidence": "0.9"}, "no notebook is called '09'"),
        ({".confidence": "0.9"}, "no notebook is called ''"),
        ({"02.output": "x"}, "the runner sets the parameter output itself"),
        ({"x" * 100_000: "1"}, "there is no parameter 'xxx"),
        ({f"{'x/' * 50_000}.confidence": "1"}, "no notebook is called 'x/x/"),
        ({"confidence\udcff": "1"}, r"there is no parameter 'confidence\udcff'"),
    ],
    ids=lambda value: str(value)[:40].encode("ascii", "replace").decode(),
)
def test_a_word_that_names_nothing_is_refused_with_the_nearest(words, said):
    with pytest.raises(InputError, match=re.escape(said)) as refusal:
        choices.choose([PREVALENCE], {}, words)
    assert "\n" not in str(refusal.value) and len(str(refusal.value)) < 700


def test_where_one_notebook_takes_a_word_and_another_refuses_it_the_refusal_says_how_to_set_one():
    with pytest.raises(InputError, match="03_rating_comparisons: parameter reference: no group of year") as refusal:
        choices.choose(list(COLLECTION), {}, {"group_by": "year"})
    assert "02.group_by is for 02 alone" in str(refusal.value)
    chosen = choices.choose(list(COLLECTION), {}, {"02.group_by": "year"})
    assert (chosen[PREVALENCE].group_by, chosen[RATINGS].group_by) == ("year", "care_group")
    for icc, notebook in (("0.1", "01"), ("[0, 0.05]", "02")):
        with pytest.raises(InputError, match=rf"parameter icc: should be a .* {notebook}\.icc is for {notebook} alone"):
            choices.choose(list(COLLECTION), {}, {"icc": icc})
        assert choices.choose(list(COLLECTION), {}, {f"{notebook}.icc": icc})
    with pytest.raises(InputError) as refusal:
        choices.choose(list(COLLECTION), {}, {"confidence": "2", "group_by": "care_group"})
    assert "alone" not in str(refusal.value)


def test_a_secret_seed_given_to_its_notebook_alone_is_taken(own_frame):
    words = {"frame": str(own_frame), "areas": '["Somerset"]', "outcome": "", "01.seed": "7741"}
    chosen = choices.choose(list(COLLECTION), {}, words)
    assert (chosen[SAMPLING].seed, chosen[PREVALENCE].seed) == (7741, 2019)
    with pytest.raises(InputError, match="02_prevalence_estimates: parameter seed is that of 01_fieldwork_sampling") as refusal:
        choices.choose(list(COLLECTION), {}, words | {"02.seed": "7741"})
    assert "7741" not in str(refusal.value)


# --- values as a shell passes them


@pytest.mark.parametrize(
    ("word", "text", "said"),
    [
        (
            "areas",
            "Leeds",
            """should be a list, such as [1, 2] or ["a", "b"], in a shell between single quotes: '["a", "b"]'; it is 'Leeds'""",
        ),
        ("areas", '["Leeds", 7]', "parameter areas, item 2: should be a text"),
        ("seed", "1e3", "parameter seed: should be a whole number; it is 1000.0"),
        ("seed", "9" * 30, "parameter seed: should be less than 9223372036854775808"),
        ("seed", "9" * 5000, "parameter seed: should be a whole number; it is '999"),
        ("seed", "true", "parameter seed: should be a whole number; it is True"),
        ("confidence", "NaN", "parameter confidence: should be a number that is neither infinite nor missing; it is nan"),
        ("confidence", "-Infinity", "neither infinite nor missing; it is -inf"),
        ("confidence", "true", "parameter confidence: should be a number; it is True"),
        ("confidence", "[" * 100_000, "parameter confidence: should be a number; it is '[[["),
        ("usable", "[NaN]", "parameter usable, item 1: should be a number that is neither infinite nor missing; it is nan"),
        ("usable", "[" + "1," * 1_000_000 + "1]", "parameter usable: has too many items"),
        ("areas", "[" + '"x",' * 1_000_000 + '"x"]', "parameter areas: has too many items"),
        ("publish_unprotected", "yes", "parameter publish_unprotected: should be true or false; it is 'yes'"),
        ("publish_unprotected", "1", "parameter publish_unprotected: should be true or false; it is 1"),
        ("looked_after_only", "", "parameter looked_after_only: should be true or false; it is ''"),
        ("disclosure", "On", "parameter disclosure: should be 'auto', 'on' or 'off'; it is 'On'"),
        ("outcome", "x" * 100_000, "parameter outcome: is 100,000 characters long, and 200 are the most; it begins 'xxx"),
        ("frame", "x" * 100_000, "parameter frame: can be no file (File name too long); it begins 'xxx"),
        ("frame", "x" * 300, "parameter frame: can be no file (File name too long); it begins 'xxx"),
        ("frame", "\U0001f600.csv", "\U0001f600.csv: there is no such file"),
        ("frame", "a\0b", "parameter frame: holds a line break or another character that cannot be printed, U+0000; take it out"),
        ("frame", "a\udcff", "cannot be printed, U+DCFF; take it out"),
        ("size", "a\u202eb", "cannot be printed, U+202E; take it out"),
        ("size", "a\x1b[31m", "cannot be printed, U+001B; take it out"),
        ("opened_from", "2012-02-30", "parameter opened_from: is no day; write year-month-day, such as 2012-04-01"),
    ],
    ids=lambda value: str(value)[:40].encode("ascii", "replace").decode(),
)
def test_a_value_that_cannot_be_is_refused_in_one_short_line(word, text, said):
    with pytest.raises(InputError) as refusal:
        choices.choose([SAMPLING], {}, {word: text})
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value) and len(str(refusal.value)) < 500


def test_names_in_any_script_are_taken():
    areas = '["Ynys M\u00f4n", "\u0627\u0644\u0642\u0627\u0647\u0631\u0629", "e\u0301", "\U0001f600", "6E10", "007"]'
    chosen = choices.choose([SAMPLING], {}, {"frame": "", "areas": areas})[SAMPLING]
    assert chosen.areas == ["Ynys M\u00f4n", "\u0627\u0644\u0642\u0627\u0647\u0631\u0629", "e\u0301", "\U0001f600", "6E10", "007"]


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.sampled_from(sorted(set(SAMPLING.model.model_fields) - {"output"})), st.text(max_size=30) | st.floats().map(str))
def test_any_word_is_taken_or_refused_in_one_line(name, text):
    try:
        choices.choose([SAMPLING], {}, {"frame": "", name: text})
    except InputError as refusal:
        said = str(refusal)
    else:
        return
    assert "\n" not in said and name in said
