"""Compares a value that was found with one that a probe's options have as a text. Pure."""

import operator
from collections.abc import Callable
from typing import Any, Final

import msgspec

from forepost.wire.probes.json_path import JsonComparison

_ORDERS: Final[dict[JsonComparison, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def holds(value: Any, comparison: JsonComparison, text: str) -> bool:
    """Return whether what was found compares so with what was written. Numbers as numbers."""
    wanted = _meant(value, text)
    if comparison == "==":
        return bool(_is_number(value) == _is_number(wanted) and value == wanted)
    if comparison == "!=":
        return not holds(value, "==", text)
    if comparison == "contains":
        if isinstance(value, str):
            return text in value
        return isinstance(value, list | dict) and any(holds(one, "==", text) for one in value)
    if (_is_number(value) and _is_number(wanted)) or (
        isinstance(value, str) and isinstance(wanted, str)
    ):
        return _ORDERS[comparison](value, wanted)
    return False


def _meant(value: Any, text: str) -> Any:
    """Return what a text stands for beside a value: itself beside a text, else what it is as JSON.

    In quotes it is a text anyway.
    """
    try:
        meant = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    return text if isinstance(value, str) and not isinstance(meant, str) else meant


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
