"""Prints `panel/src/fields.ts`: what forms of the panel ask, from the Structs that REST takes (see
`make docs`): each field with its kind, bounds, usual value and what the source says of it.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import inspect
from struct_docs import docs_of

from forepost.wire.jobs.job import JobScript, TransferSettings
from forepost.wire.jobs.rest import NewJob
from forepost.wire.probes import KINDS
from forepost.wire.probes.options import Options
from forepost.wire.probes.probe import NewProbe
from forepost.wire.rest.alerts import NewRule
from forepost.wire.rest.bodies import NewAgent
from forepost.wire.rest.channels import NewChannel
from forepost.wire.rest.maintenance import NewWindow
from forepost.wire.rest.reports import NewReport
from forepost.wire.rest.routes import NewRoute
from forepost.wire.rest.templates import NewTemplate
from forepost.wire.workloads.manifest import HealthCheck, WorkloadLimits
from forepost.wire.workloads.rest import NewMicroservice, RolloutRule

HEAD: Final = "/** Written by tools/write_panel_fields.py from the wire; see `make docs`. */"
BODIES: Final[tuple[type[msgspec.Struct], ...]] = (
    NewAgent,
    NewProbe,
    NewRule,
    NewChannel,
    NewTemplate,
    NewRoute,
    NewWindow,
    NewReport,
    NewJob,
    JobScript,
    TransferSettings,
    NewMicroservice,
    WorkloadLimits,
    HealthCheck,
    RolloutRule,
)
SCALARS: Final = {
    inspect.StrType: "text",
    inspect.IntType: "integer",
    inspect.FloatType: "number",
    inspect.BoolType: "boolean",
    inspect.DateTimeType: "moment",
}
LISTS: Final = {"text": "texts", "integer": "numbers", "number": "numbers", "choice": "choices"}


def written() -> str:
    bodies = {struct.__name__: list(_fields(struct, frozenset())) for struct in BODIES}
    options = {
        name: list(_fields(kind.options, frozenset(Options.__struct_fields__)))
        for name, kind in sorted(KINDS.items())
    }
    return f"""{HEAD}

import type {{ Field }} from './forms/field';

export const BODIES = {_json(bodies)} as const satisfies Record<string, readonly Field[]>;

/** What a probe of each type takes in its `metadata`. */
export const OPTIONS: Readonly<Record<string, readonly Field[]>> = {_json(options)};
"""


def _fields(struct: type[msgspec.Struct], without: frozenset[str]) -> Iterator[dict[str, Any]]:
    docs = docs_of(struct)
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    for field in info.fields:
        if field.name not in without:
            yield {
                "name": field.encode_name,
                **_kind(field.type),
                **_usual(field),
                "help": " ".join(docs.get(field.name, "").split()),
            }


def _usual(field: inspect.Field) -> dict[str, Any]:
    if field.required:
        return {"required": True}
    value = field.default
    if value is msgspec.NODEFAULT and field.default_factory is not msgspec.NODEFAULT:
        value = field.default_factory()
    if value is None or value is msgspec.UNSET or value is msgspec.NODEFAULT:
        return {}
    return {"usual": msgspec.to_builtins(value)}


def _kind(of: inspect.Type) -> dict[str, Any]:
    if isinstance(of, inspect.UnionType):
        (one,) = [kind for kind in of.types if not _is_none(kind)][:1] or [of.types[0]]
        return {**_kind(one), "optional": True}
    if isinstance(of, inspect.Metadata):
        return _kind(of.type)
    if isinstance(of, inspect.LiteralType):
        return {"kind": "choice", "choices": [value for value in of.values if value is not None]}
    if isinstance(of, (inspect.ListType, inspect.VarTupleType)):
        return _list(_kind(of.item_type))
    if isinstance(of, inspect.DictType):
        return {"kind": "pairs"}
    if type(of) not in SCALARS:
        return {"kind": "other"}
    return {"kind": SCALARS[type(of)], **_bounds(of)}


def _list(inside: dict[str, Any]) -> dict[str, Any]:
    kind = LISTS.get(inside["kind"])
    if kind == "choices":
        return {"kind": kind, "choices": inside["choices"]}
    return {"kind": kind or "other"}


def _bounds(of: inspect.Type) -> dict[str, Any]:
    found = {}
    for name, bound in (("ge", "least"), ("gt", "least"), ("le", "most"), ("lt", "most")):
        if (value := getattr(of, name, None)) is not None:
            found[bound] = value
    if (longest := getattr(of, "max_length", None)) is not None:
        found["longest"] = longest
    return found


def _is_none(of: inspect.Type) -> bool:
    return isinstance(of, inspect.NoneType) or (
        isinstance(of, inspect.CustomType) and of.cls is msgspec.UnsetType
    )


def _json(fields: dict[str, list[dict[str, Any]]]) -> str:
    """One field a line."""
    lines = [
        f"  {name}: [\n"
        + "".join(f"    {json.dumps(one, ensure_ascii=False)},\n" for one in members)
        + "  ],\n"
        for name, members in fields.items()
    ]
    return "{\n" + "".join(lines) + "}"


if __name__ == "__main__":
    sys.stdout.write(written())
