"""What every notebook takes, and how its parameters are checked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from helpers.errors import InputError
from helpers.parameters.cells import names_set
from helpers.parameters.values import path
from helpers.parameters.words import in_words, unknown

# What a parameter that takes a case list may be besides a path.
NO_CASES, SYNTHETIC = "", "synthetic"
# Results below a folder of this name are for the team itself and not for release.
RESTRICTED = "restricted"


class Parameters(BaseModel):
    """What every notebook takes; values are checked strictly, so a text is never read as a number.

    Raises
    ------
    InputError
        An unknown parameter, or a value of the wrong type or outside its range; all are named in one line.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    output: Annotated[str, Field(description="folder for tables and figures; empty writes no file"), AfterValidator(path)] = ""

    @classmethod
    def of(cls, namespace: Mapping[str, Any]) -> Self:
        """The parameters of a notebook, from the variables that its first cell and an injected one set.

        Parameters
        ----------
        namespace : mapping
            ``globals()`` of the notebook.

        Raises
        ------
        InputError
            A parameter is not set, or a value is refused; or one of these cells sets a name that is no parameter.
        """
        known = list(cls.model_fields)
        given = {name: namespace[name] for name in known if name in namespace}
        wrong = [unknown(name, known) for name in dict.fromkeys(names_set(namespace, known)) if name not in known]
        unset = [name for name in known if name not in given]
        if unset:
            wrong.append(f"parameter {unset[0]} is not set; run the first cell of the notebook, which sets it")
        if wrong:
            raise InputError("; ".join(wrong))
        return cls(**given)

    def paths(self) -> dict[str, Path]:
        """The parameters that name a folder or file to read, where they name one."""
        return self._named("path")

    @classmethod
    def case_parameters(cls) -> dict[str, str]:
        """The parameters that take a case list, and its contract."""
        return marked(cls, "contract")

    def case_lists(self) -> dict[str, Path]:
        """The parameters that name a case list of the user's own."""
        named = self.case_parameters()
        return {name: Path(value) for name, value in self if name in named and value not in (NO_CASES, SYNTHETIC)}

    def own_files(self) -> dict[str, Path]:
        """The parameters that name a file of the user's own: a case list, or another table."""
        return self.case_lists() | self._named("table") | self._named("audit")

    def open_tables(self) -> dict[str, Path]:
        """Those of them that hold nothing of a case, so that their hashes may be shown."""
        return self._named("table")

    def _named(self, key: str) -> dict[str, Path]:
        return {name: Path(value) for name, value in self if value and name in marked(type(self), key)}

    def withheld(self) -> list[str]:
        """The parameters whose values stay with the team, since they could tell of a case."""
        return []

    def own_figures(self) -> list[str]:
        """The parameters whose values no document prints, which makes the rows that rest on them *supplied*."""
        return []

    def __init__(self, /, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            known = list(type(self).model_fields)
            raise InputError("; ".join(in_words(problem, known) for problem in error.errors())) from None


def marked(model: type[Parameters], key: str) -> dict[str, Any]:
    """The fields that carry a word of ours, and what it says."""
    extra = {name: (field.json_schema_extra or {}).get(key) for name, field in model.model_fields.items()}
    return {name: value for name, value in extra.items() if value}
