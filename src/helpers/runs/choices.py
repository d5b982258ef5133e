"""From the words of the command line to one checked model a notebook."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, get_args, get_origin

from helpers.errors import InputError, did_you_mean
from helpers.parameters import NO_CASES, Parameters, brief
from helpers.parameters.words import LIST
from helpers.runs.catalogue import Notebook, find
from helpers.runs.strict_yaml import StrictLoader, read_yaml

__all__ = ["StrictLoader", "choose", "read_file", "read_yaml", "split"]
# No notebook has a longer name, and no message needs more of it.
_LONGEST = 100


def read_file(path: str, notebooks: list[Notebook]) -> dict[Notebook, dict[str, Any]]:
    """Read a YAML file: the parameters of one notebook, or a mapping from notebook to parameters.

    Raises
    ------
    InputError
        No such file, not YAML, not a mapping, or several notebooks where the file names none.
    """
    try:
        content = read_yaml(path)
    except InputError as error:
        raise InputError(f"--parameters takes a YAML file: {error}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path} holds no mapping; write name: value lines, or a notebook with such lines below it")
    if content and all(isinstance(value, dict) for value in content.values()):
        named = [(notebook, values) for name, values in content.items() for notebook in find([str(name)[:_LONGEST]])]
        if len(named) != len(dict(named)):
            raise InputError(f"{path} names a notebook twice, by number and by stem; put its parameters together")
        return dict(named)
    if len(notebooks) != 1:
        raise InputError(f"{path} does not say which notebook it is for; name one (notebooks run 02 --parameters {path})")
    return {notebooks[0]: content}


def split(pairs: Iterable[str]) -> dict[str, str]:
    """``name=value`` or ``NOTEBOOK.name=value`` words as a mapping; only the first ``=`` parts them.

    Raises
    ------
    InputError
        A word without ``=``, or a name given twice.
    """
    values: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise InputError(f"-p {_word(pair)}: write it as name=value, or as 02.name=value for one notebook")
        if name in values:
            raise InputError(f"-p {_word(name)} is given twice")
        values[name] = value
    return values


def choose(
    notebooks: list[Notebook],
    from_file: Mapping[Notebook, Mapping[str, Any]],
    from_words: Mapping[str, str],
    published_only: bool = False,
) -> dict[Notebook, Parameters]:
    """Build the model of each notebook; words win over the file, and the file over the defaults.

    A word such as ``02.group_by`` sets a parameter of one notebook, and wins over ``group_by`` there, which sets it in
    every notebook that has it. With `published_only` no case list is read, and nothing that would make a row synthetic
    or supplied is taken.

    Raises
    ------
    InputError
        A parameter that no chosen notebook has, or a value that its model refuses.
    """
    words, of_one = _sorted(notebooks, from_words)
    if any("output" in given for given in [words, *of_one.values(), *from_file.values()]):
        raise InputError("the runner sets the parameter output itself; say where runs go with --output")
    for notebook in from_file:
        if notebook not in notebooks:
            raise InputError(
                f"the parameters file names {notebook.stem}, which is not among the notebooks to run: {_named(notebooks)}"
            )
    known = {name for notebook in notebooks for name in notebook.model.model_fields} - {"output"}
    for name in words:
        if name not in known:
            said = did_you_mean(name[:_LONGEST], sorted(known))
            raise InputError(f"there is no parameter {brief(name)} in {_named(notebooks)}; {said}")

    def model(notebook: Notebook, shared: Mapping[str, str]) -> Parameters:
        return _model(notebook, from_file.get(notebook, {}), shared | of_one.get(notebook, {}), published_only)

    chosen: dict[Notebook, Parameters] = {}
    for notebook in notebooks:
        try:
            chosen[notebook] = model(notebook, words)
        except InputError as error:
            raise InputError(f"{notebook.stem}: {error}{_for_one(words, notebooks, notebook, str(error))}") from None
    secret = {name for model_ in chosen.values() for name in model_.withheld()}
    told = {name: text for name, text in words.items() if name not in secret}
    for notebook, parameters in chosen.items():
        # What stays with the team in one notebook is not for another that shows it.
        if told != words and not parameters.withheld():
            chosen[notebook] = model(notebook, told)
    _check_secrets(chosen, secret)
    _check_protection(chosen)
    return chosen


def _sorted(notebooks: list[Notebook], from_words: Mapping[str, str]) -> tuple[dict[str, str], dict[Notebook, dict[str, str]]]:
    """The words for every notebook that has the parameter, and those for one."""
    words: dict[str, str] = {}
    of_one: dict[Notebook, dict[str, str]] = {}
    for word, text in from_words.items():
        stem, dot, name = word.rpartition(".")
        if not dot:
            words[word] = text
            continue
        (notebook,) = find([stem[:_LONGEST]])
        if notebook not in notebooks:
            raise InputError(f"-p {_word(word)}: {notebook.stem} is not among the notebooks to run: {_named(notebooks)}")
        if name not in notebook.model.model_fields:
            said = did_you_mean(name[:_LONGEST], sorted(notebook.model.model_fields))
            raise InputError(f"-p {_word(word)}: there is no parameter {brief(name)} in {notebook.stem}; {said}")
        if name in of_one.setdefault(notebook, {}):
            raise InputError(f"-p {_word(word)}: {name} of {notebook.stem} is given twice")
        of_one[notebook][name] = text
    return words, of_one


def _for_one(words: Mapping[str, str], notebooks: list[Notebook], notebook: Notebook, said: str) -> str:
    """Where another notebook took what this one refuses, or asks for another type: how to give it to that one alone."""
    fields = notebook.model.model_fields
    for name in [name for name, text in words.items() if name in fields and (name in said or (text and text in said))]:
        for other in [other for other in notebooks if other != notebook and name in other.model.model_fields]:
            taken = notebooks.index(other) < notebooks.index(notebook)
            if taken or other.model.model_fields[name].annotation != fields[name].annotation:
                one = other.stem.split("_")[0]
                return f" (-p {name} is for every notebook that has it; {one}.{name} is for {one} alone)"
    return ""


def _check_secrets(chosen: Mapping[Notebook, Parameters], secret: Iterable[str]) -> None:
    """A value that is withheld in one notebook must not be shown, or be confirmed by a result, in another."""
    for name in secret:
        hidden = {getattr(model, name): notebook for notebook, model in chosen.items() if name in model.withheld()}
        for notebook, model in chosen.items():
            if name not in model.withheld() and getattr(model, name, None) in hidden:
                other = hidden[getattr(model, name)].stem
                raise InputError(f"{notebook.stem}: parameter {name} is that of {other}, where it stays secret; choose another")


def _check_protection(chosen: Mapping[Notebook, Parameters]) -> None:
    """Two notebooks of one run that read supplied cases under other rules could give away what each of them hides."""
    settings: dict[str, tuple[Notebook, dict[str, Any]]] = {}
    for notebook, model in chosen.items():
        for name, path in model.case_lists().items():
            named = (name, "disclosure", "disclosure_preset", "publish_unprotected", "confidence")
            values = {key: getattr(model, key) for key in named} | {name: path.resolve()}
            other, expected = settings.setdefault(name, (notebook, values))
            for key in named:
                if values[key] != expected[key]:
                    raise InputError(
                        f"parameter {key} differs between {other.stem} and {notebook.stem}, which both take supplied cases: "
                        "what one hides the other might show; give both the same, or make two runs and release one of them"
                    )


def _model(notebook: Notebook, from_file: Mapping[str, Any], words: Mapping[str, str], published_only: bool) -> Parameters:
    fields = notebook.model.model_fields
    typed = {name: _typed(name, text, fields[name].annotation) for name, text in words.items() if name in fields}
    values = {str(name): value for name, value in from_file.items()} | typed
    if published_only:
        values = dict.fromkeys(notebook.model.case_parameters(), NO_CASES) | values
    model = notebook.model(**values)
    if published_only:
        for name in [name for name in model.case_parameters() if getattr(model, name)] + model.own_figures():
            reads = "takes the figures as printed" if name in model.own_figures() else "reads no case list"
            raise InputError(f"--evidence published {reads}; leave out the one or the other: parameter {name}")
    return model


def _typed(name: str, text: str, annotation: Any) -> Any:
    """A text parameter stays as typed (``007``, ``6E10``); others are read as JSON, and as text where they are not."""
    # A choice among texts is a Literal, whose arguments are the texts.
    choices = get_args(annotation)
    if annotation is str or (choices and all(isinstance(choice, str) for choice in choices)):
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    if get_origin(annotation) is list and not isinstance(value, list):
        # Only here is it known that the value came through a shell, which takes quotes away.
        raise InputError(f'parameter {name}: {LIST}, in a shell between single quotes: \'["a", "b"]\'; it is {brief(value)}')
    return value


def _word(text: str) -> str:
    """A word of the command line as it was typed, in brief; what cannot be printed is escaped."""
    return brief(text)[1:-1]


def _named(notebooks: Iterable[Notebook]) -> str:
    return ", ".join(notebook.stem for notebook in notebooks)
