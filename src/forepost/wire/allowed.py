"""Which values a field may have, by the path that msgspec names in what it refuses."""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import inspect

MOST: Final = 40
"""That are listed."""
_STEP: Final = re.compile(r"\.(?P<name>[^.\[\]]+)|\[(?P<at>[^\]]*)\]")
_KEY: Final = "key` in `$"


def allowed_at(kind: Any, path: str) -> list[str]:
    """Return the values of the field at a path below this type, such as `.peers[0].permission`;
    none where it is no list of values.
    """
    found = [inspect.type_info(kind)]
    for step in _STEP.finditer(path.rstrip("`")):
        found = [
            inner
            for one in found
            for member in _members(one)
            for inner in _inner(member, step["name"], step["at"])
        ]
    values: dict[str, None] = {}
    for one in found:
        for member in _members(one):
            if isinstance(member, inspect.LiteralType):
                values |= dict.fromkeys(map(str, member.values))
            elif isinstance(member, inspect.EnumType):
                values |= dict.fromkeys(str(value.value) for value in member.cls)
    return list(values)[:MOST]


def _members(one: inspect.Type) -> Iterator[inspect.Type]:
    """Of a union its types, of anything else itself."""
    if isinstance(one, inspect.Metadata):
        yield from _members(one.type)
    elif isinstance(one, inspect.UnionType):
        for member in one.types:
            yield from _members(member)
    else:
        yield one


def _inner(one: inspect.Type, name: str | None, at: str | None) -> Iterator[inspect.Type]:
    if isinstance(one, inspect.StructType):
        for number, field in enumerate(one.fields):
            if field.encode_name == name or (one.array_like and str(number) == at):
                yield field.type
    elif isinstance(one, inspect.DictType):
        yield one.value_type
    elif isinstance(one, inspect.TupleType):
        if at is not None and at.isdecimal() and int(at) < len(one.item_types):
            yield one.item_types[int(at)]
    elif isinstance(
        one,
        inspect.ListType | inspect.SetType | inspect.FrozenSetType | inspect.VarTupleType,
    ):
        yield one.item_type


def with_allowed(text: str, kind: Any, path: str) -> str:
    """Return the text of a refusal, with what is allowed where a value is none of a list."""
    if kind is None or "nvalid enum value" not in text or _KEY in path:
        return text
    try:
        values = allowed_at(kind, path)
    except (TypeError, msgspec.MsgspecError):
        return text
    return f"{text}: not one of {', '.join(values)}" if values else text
