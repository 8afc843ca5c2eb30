"""Gives fields of a body the spelling of its Struct, leaves out those that say nothing, and finds
those that no Struct knows. Pure.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any, Final, NamedTuple, get_args, get_origin

import msgspec

from forepost.controller.web.left_out import is_left_out
from forepost.kit.errors import Invalid
from forepost.kit.near_miss import near_miss

MOST_FIELDS: Final = 1_000
"""Of an object, and of those that are not known in a body: each of them is compared with each that
is."""
LONGEST_NAME: Final = 40


def respelled(value: Any, kind: Any) -> tuple[Any, list[str]]:
    """Give the keys of objects the spelling of `kind`: intervalSec, interval_sec; at every depth at
    which it has Structs.

    Return the value, and the names that are not known there (`template.colour`). Raises Invalid for
    too many names, for one that is given twice, and for one that is a slip away from one that is
    known.
    """
    unknown: list[str] = []
    return _respelled(value, _shape(kind), "", unknown), unknown


def fields_of(kind: Any) -> Iterator[msgspec.structs.FieldInfo]:
    """Those of the Struct that `kind` is, or is unless it is None."""
    struct = _shape(kind).struct
    if struct is not None:
        yield from msgspec.structs.fields(struct)


class _Shape(NamedTuple):
    """Where Structs are in a type."""

    struct: type[msgspec.Struct] | None = None
    items: Any = None
    """The type of what is in a list."""
    values: Any = None
    """The type of what is in an object that has any names."""


@lru_cache(maxsize=4_096)
def _shape(kind: Any) -> _Shape:
    found = _Shape()
    for one in _alternatives(kind):
        origin = get_origin(one)
        if origin in (list, tuple):
            found = found._replace(items=get_args(one)[0])
        elif origin is dict:
            found = found._replace(values=get_args(one)[1])
        elif _is_struct(origin or one):
            found = found._replace(struct=found.struct or origin or one)
    return found


def _alternatives(kind: Any) -> Iterator[Any]:
    origin = get_origin(kind)
    if origin is Annotated:
        yield from _alternatives(get_args(kind)[0])
    elif origin in (None, list, tuple, dict) or _is_struct(origin):
        yield kind
    else:
        for one in get_args(kind):
            yield from _alternatives(one)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


@lru_cache(maxsize=4_096)
def _has_structs(kind: Any) -> bool:
    shape = _shape(kind)
    return shape.struct is not None or any(
        one is not None and _has_structs(one) for one in (shape.items, shape.values)
    )


def _respelled(value: Any, shape: _Shape, path: str, unknown: list[str]) -> Any:
    match value:
        case dict() if shape.struct is not None:
            return _object(value, shape.struct, path, unknown)
        case dict() if shape.values is not None and _has_structs(shape.values):
            inner = _shape(shape.values)
            return {
                key: _respelled(item, inner, f"{path}{key}.", unknown)
                for key, item in value.items()
            }
        case list() if shape.items is not None and _has_structs(shape.items):
            inner, here = _shape(shape.items), path.removesuffix(".")
            return [
                _respelled(item, inner, f"{here}[{place}].", unknown)
                for place, item in enumerate(value)
            ]
        case _:
            return value


def _object(
    value: dict[str, Any], struct: type[msgspec.Struct], path: str, unknown: list[str]
) -> dict[str, Any]:
    if len(value) > MOST_FIELDS:
        raise Invalid(
            f"{path.rstrip('.') or 'body'}: {len(value)} fields; the most are {MOST_FIELDS}"
        )
    names = _names(struct)
    is_closed = struct.__struct_config__.forbid_unknown_fields
    spelled: dict[str, Any] = {}
    for key, item in value.items():
        bare = _bare(str(key))
        field = names.get(bare)
        if field is None:
            meant = near_miss(bare, names) if bare not in _vocabulary() else ""
            if meant:
                raise Invalid(
                    f"{path}{str(key)[:LONGEST_NAME]}: did you mean {names[meant].encode_name}?"
                )
            if is_closed:
                where = path.rstrip(".") or "body"
                raise Invalid(f"{where}: object contains unknown field `{key[:LONGEST_NAME]}`")
            unknown.append(f"{path}{key}")
            if len(unknown) > MOST_FIELDS:
                raise Invalid(f"body: more than {MOST_FIELDS} fields that are not known")
        name = str(key) if field is None else field.encode_name
        if name in spelled:
            raise Invalid(f"{path}{name}: given twice")
        if field is not None and is_left_out(field, item):
            continue
        spelled[name] = (
            item
            if field is None
            else _respelled(item, _shape(field.type), f"{path}{name}.", unknown)
        )
    return spelled


@lru_cache(maxsize=1_024)
def _names(struct: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    return {_bare(field.encode_name): field for field in msgspec.structs.fields(struct)}


def _bare(name: str) -> str:
    return name.replace("_", "").lower()


@lru_cache(maxsize=1)
def _vocabulary() -> frozenset[str]:
    """Every name that means something on a wire of ours: none of them is a slip."""
    kinds, found = [msgspec.Struct], set[str]()
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if kind.__module__.startswith("forepost.wire."):
            found.update(_bare(name) for name in kind.__struct_encode_fields__)
    return frozenset(found)
