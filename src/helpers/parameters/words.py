"""What is wrong with a value, in one sentence."""

from collections.abc import Iterable, Mapping
from typing import Any

from helpers.errors import did_you_mean
from helpers.parameters.values import brief

LIST = 'should be a list, such as [1, 2] or ["a", "b"]'
_REASONS = {
    "list_type": LIST,
    "string_type": (
        "should be a text; quote it in YAML or in a list, and give it to papermill with -r, since its -p makes a number of 007"
    ),
    "too_short": "needs at least 1 item",
    "too_long": "has too many items",
    "int_type": "should be a whole number",
    "int_from_float": "should be a whole number",
    "float_type": "should be a number",
    "finite_number": "should be a number that is neither infinite nor missing",
    "bool_type": "should be true or false",
}


def in_words(problem: Mapping[str, Any], known: Iterable[str]) -> str:
    """One problem that pydantic found: the parameter, the item of a list, the rule and what was given."""
    name, *place = problem["loc"] or ("together",)
    if problem["type"] == "extra_forbidden":
        return unknown(str(name), known)
    reason = _REASONS.get(problem["type"], problem["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    if name == "together":
        return reason
    if problem["type"] == "literal_error" and isinstance(problem["input"], bool):
        reason += "; YAML reads on and off as true and false unless they stand between quotes"
    where = "".join(f", item {index + 1}" for index in place if isinstance(index, int))
    got = f"; it is {brief(problem['input'])}" if problem["type"] != "value_error" else ""
    return f"parameter {name}{where}: {reason}{got}"


def unknown(name: str, known: Iterable[str]) -> str:
    """That there is no such parameter, and the nearest."""
    return f"there is no parameter {brief(name)}; {did_you_mean(name[:100], known)}"
