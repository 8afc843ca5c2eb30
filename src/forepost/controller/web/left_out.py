"""Which fields of a body are as if they were left out. Pure.

Clients write null, or "", for what a person did not fill in. Where a field may be left out and its
type has no such value, that is what is meant; where it has, the value is the value: null takes away
in a PATCH, and "" is no text.
"""

import types
import typing
from functools import lru_cache
from typing import Any, get_args, get_origin

import msgspec


def is_left_out(field: msgspec.structs.FieldInfo, value: Any) -> bool:
    """Whether `value`, sent for `field`, says no more than nothing."""
    if field.required:
        return False
    if value is None:
        return not _takes(field.type, None)
    return isinstance(value, str) and not value and not _is_text(field.type)


@lru_cache(maxsize=4_096)
def _takes(kind: Any, value: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


@lru_cache(maxsize=4_096)
def _is_text(kind: Any) -> bool:
    """Whether a value of the type can be a text: then an empty one is right, or too short."""
    match get_origin(kind):
        case typing.Annotated:
            return _is_text(get_args(kind)[0])
        case typing.Union | types.UnionType:
            return any(_is_text(one) for one in get_args(kind))
        case _:
            return kind in (str, Any) or _takes(kind, "")
