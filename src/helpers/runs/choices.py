"""From the words of the command line to one checked model a notebook."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

import yaml

from helpers.datapackage import regular
from helpers.errors import InputError, did_you_mean
from helpers.parameters import NO_CASES, Parameters
from helpers.runs.catalogue import Notebook, find


class _OnceLoader(yaml.SafeLoader):
    """YAML in which a key stands once; plain YAML takes the last and says nothing."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.YAMLError(f"{key!r} is given twice")
        return super().construct_mapping(node, deep)


def read_file(path: str, notebooks: list[Notebook]) -> dict[Notebook, dict[str, Any]]:
    """Read a YAML file: the parameters of one notebook, or a mapping from notebook to parameters.

    Raises
    ------
    InputError
        No such file, not YAML, not a mapping, or several notebooks where the file names none.
    """
    try:
        content = yaml.load(regular(Path(path)).read_text(encoding="utf-8"), Loader=_OnceLoader)  # a SafeLoader: makes no objects
    except InputError as error:
        raise InputError(f"{error}; --parameters takes a YAML file") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; --parameters takes a YAML file") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path} holds no mapping; write name: value lines, or a notebook with such lines below it")
    if content and all(isinstance(value, dict) for value in content.values()):
        named = [(notebook, values) for name, values in content.items() for notebook in find([str(name)])]
        if len(named) != len(dict(named)):
            raise InputError(f"{path} names a notebook twice, by number and by stem; put its parameters together")
        return dict(named)
    if len(notebooks) != 1:
        raise InputError(f"{path} does not say which notebook it is for; name one (notebooks run 02 --parameters {path})")
    return {notebooks[0]: content}


def split(pairs: Iterable[str]) -> dict[str, str]:
    """``name=value`` words as a mapping; only the first ``=`` parts them.

    Raises
    ------
    InputError
        A word without ``=``, or a name given twice.
    """
    values: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise InputError(f"-p {pair}: write it as name=value")
        if name in values:
            raise InputError(f"-p {name} is given twice")
        values[name] = value
    return values


def choose(
    notebooks: list[Notebook],
    from_file: Mapping[Notebook, Mapping[str, Any]],
    from_words: Mapping[str, str],
    published_only: bool = False,
) -> dict[Notebook, Parameters]:
    """Build the model of each notebook; words win over the file, and the file over the defaults.

    With `published_only` no case list is read, and nothing that would make a row synthetic or supplied is taken.

    Raises
    ------
    InputError
        A parameter that no chosen notebook has, or a value that its model refuses.
    """
    if any("output" in given for given in [from_words, *from_file.values()]):
        raise InputError("the runner sets the parameter output itself; say where runs go with --output")
    known = {name for notebook in notebooks for name in notebook.model.model_fields} - {"output"}
    for name in from_words:
        if name not in known:
            raise InputError(f"there is no parameter {name!r} in {_named(notebooks)}; {did_you_mean(name, sorted(known))}")
    for notebook in from_file:
        if notebook not in notebooks:
            raise InputError(
                f"the parameters file names {notebook.stem}, which is not among the notebooks to run: {_named(notebooks)}"
            )
    chosen = {notebook: _model(notebook, from_file.get(notebook, {}), from_words, published_only) for notebook in notebooks}
    secret = {name for model in chosen.values() for name in model.withheld()}
    told = {name: text for name, text in from_words.items() if name not in secret}
    for notebook, model in chosen.items():
        # What stays with the team in one notebook is not for another that shows it.
        if told != from_words and not model.withheld():
            chosen[notebook] = _model(notebook, from_file.get(notebook, {}), told, published_only)
    _check_secrets(chosen, secret)
    _check_protection(chosen)
    return chosen


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


def _model(notebook: Notebook, from_file: Mapping[str, Any], from_words: Mapping[str, str], published_only: bool) -> Parameters:
    fields = notebook.model.model_fields
    words = {name: _typed(text, fields[name].annotation) for name, text in from_words.items() if name in fields}
    values = {str(name): value for name, value in from_file.items()} | words
    if published_only:
        values = dict.fromkeys(notebook.model.case_parameters(), NO_CASES) | values
    try:
        model = notebook.model(**values)
    except InputError as error:
        raise InputError(f"{notebook.stem}: {error}") from None
    if published_only:
        for name in [name for name in model.case_parameters() if getattr(model, name)] + model.own_figures():
            reads = "takes the figures as printed" if name in model.own_figures() else "reads no case list"
            raise InputError(f"{notebook.stem}: --evidence published {reads}; leave out the one or the other: parameter {name}")
    return model


def _typed(text: str, annotation: Any) -> Any:
    """A text parameter stays as typed (``007``, ``6E10``); others are read as JSON, and as text where they are not."""
    # A choice among texts is a Literal, whose arguments are the texts.
    choices = get_args(annotation)
    if annotation is str or (choices and all(isinstance(choice, str) for choice in choices)):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _named(notebooks: Iterable[Notebook]) -> str:
    return ", ".join(notebook.stem for notebook in notebooks)
