"""Prints `panel/src/wire.ts`: the panel's types, from the Structs that travel (see `make docs`).

What is asked of REST is read in `panel/src/api/`: each `'GET /path'` there gets its parameters,
its body and its answer, and one that the controller does not serve is an error here.
"""

import re
import sys
import tempfile
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin

import anyio
import msgspec
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from msgspec import UnsetType
from struct_docs import docs_of

from forepost.controller.main import build
from forepost.controller.settings import DataSection, HttpSection, Settings
from forepost.kit.clock import SystemClock
from forepost.wire.base import Wire
from forepost.wire.probes import KINDS, netinfo, speedtest
from forepost.wire.rest import panel
from forepost.wire.speedtests import queue

ROOT: Final = Path(__file__).parents[1]
ASKED: Final = re.compile(r"'((?:GET|POST|PUT|PATCH|DELETE) /[^']*)'")
WIDTH: Final = 100
"""Of the lines that prettier leaves as they are."""
HEAD: Final = (
    "/** Written by tools/write_panel_types.py from the wire: change it there, then `make docs`. */"
)

SAID: Final[tuple[type, ...]] = get_args(panel.Said)
"""What the panel says on /ws/panel."""
FRAMES: Final = tuple(
    one
    for module in (panel, queue)
    for one in vars(module).values()
    if isinstance(one, type)
    and issubclass(one, Wire)
    and one.__struct_config__.tag_field == "type"
    and one not in SAID
)
"""What it hears there."""
PAYLOADS: Final = (*(kind.result for kind in KINDS.values()), speedtest.SpeedtestPayload)
"""Results that it looks into."""
CALLED: Final[Mapping[type, str]] = {panel.Error: "Refused", netinfo.Interface: "NetworkInterface"}
"""Where the name on the wire is another thing in TypeScript or in a browser."""
RAW: Final = {"ResultRow.payload": "Payload", "ProbeData.data": "ResultRow"}
"""What bytes are that the controller hands on as they came."""
WORDS: Final[Mapping[Any, str]] = {
    str: "string",
    bytes: "Blob",
    datetime: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    NoneType: "null",
    Any: "unknown",
    object: "unknown",
    msgspec.Raw: "unknown",
}


class Types:
    """Interfaces of Structs, each with all that it is made of."""

    def __init__(self) -> None:
        self._written: dict[str, tuple[type, bool, str]] = {}

    def of(self, hint: Any, *, whole: bool) -> str:
        """The TypeScript of an annotation. `whole`: whoever writes it leaves no default out."""
        if hint in WORDS:
            return WORDS[hint]
        if isinstance(hint, TypeVar):
            return hint.__name__
        origin, inside = get_origin(hint), get_args(hint)
        if origin is Annotated:
            return self.of(inside[0], whole=whole)
        if origin is Literal:
            return " | ".join(_literal(one) for one in inside)
        if origin in (Union, UnionType):
            found = (self.of(one, whole=whole) for one in inside if one is not UnsetType)
            return " | ".join(dict.fromkeys(found))
        if origin is list:
            one = self.of(inside[0], whole=whole)
            return f"({one})[]" if " | " in one else f"{one}[]"
        if origin is dict:
            return f"Record<string, {self.of(inside[1], whole=whole)}>"
        struct = origin or hint
        if not (isinstance(struct, type) and issubclass(struct, msgspec.Struct)):
            raise TypeError(f"no TypeScript is known for {hint}")
        name = self._interface(struct, whole=whole)
        if not inside:
            return name
        return f"{name}<{', '.join(self.of(one, whole=whole) for one in inside)}>"

    def text(self) -> Iterator[str]:
        for _, (_, _, text) in sorted(self._written.items()):
            yield text

    def _interface(self, struct: type[msgspec.Struct], *, whole: bool) -> str:
        name = CALLED.get(struct, struct.__name__)
        if name in self._written:
            before, was_whole, _ = self._written[name]
            if before is not struct:
                raise TypeError(f"{before} and {struct} are both {name}: name one in CALLED")
            # What is both said and heard is whole: the panel says all of it, too.
            if was_whole or not whole:
                return name
        self._written[name] = (struct, whole, "")
        base = _base(struct)
        above = f" extends {self._interface(base, whole=whole)}" if base else ""
        inherited = base.__struct_fields__ if base else ()
        config, docs = struct.__struct_config__, docs_of(struct)
        lines = [*_comment(docs[""], ""), f"export interface {name}{_parameters(struct)}{above} {{"]
        if config.tag_field:
            lines.append(f"  {config.tag_field}: {_literal(config.tag)};")
        for field in _fields(struct):
            if field.name in inherited:
                continue
            left_out = not field.required and (
                not whole or config.omit_defaults or UnsetType in get_args(field.type)
            )
            raw = RAW.get(f"{struct.__name__}.{field.name}")
            kind = raw or self.of(field.type, whole=whole)
            lines += _comment(docs.get(field.name), "  ")
            lines += _member(f"{field.encode_name}{'?' if left_out else ''}", kind, "  ")
        is_empty = lines[-1].endswith("{")
        text = "\n".join(lines) + ("}" if is_empty else "\n}")
        self._written[name] = (struct, whole, text)
        return name


def _base(struct: type[msgspec.Struct]) -> type[msgspec.Struct] | None:
    """The Struct that it is a kind of, where that one has fields."""
    base: type | None = struct.__base__
    if base is not None and issubclass(base, msgspec.Struct) and base.__struct_fields__:
        return base
    return None


def _fields(struct: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(struct)


def _parameters(struct: type[msgspec.Struct]) -> str:
    names = [one.__name__ for one in getattr(struct, "__parameters__", ())]
    names += [
        f"{kind} = unknown"
        for place, kind in RAW.items()
        if kind == "Payload" and place.startswith(f"{struct.__name__}.")
    ]
    return f"<{', '.join(names)}>" if names else ""


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "'" + value.replace("'", "\\'") + "'" if isinstance(value, str) else str(value)


def _comment(text: str | None, indent: str) -> Iterable[str]:
    """A JSDoc comment; paragraphs run into one."""
    words = " ".join((text or "").split()).replace("*/", "* /")
    if not words:
        return []
    if len(one := f"{indent}/** {words} */") <= WIDTH:
        return [one]
    wrapped = textwrap.wrap(words, WIDTH - len(indent) - 3, break_on_hyphens=False)
    return [f"{indent}/**", *(f"{indent} * {line}" for line in wrapped), f"{indent} */"]


def _member(name: str, kind: str, indent: str) -> Iterable[str]:
    """As prettier breaks it: what is too long stands below, each of a union if it has to."""
    if len(line := f"{indent}{name}: {kind};") <= WIDTH:
        return [line]
    if len(line := f"{indent}  {kind};") <= WIDTH:
        return [f"{indent}{name}:", line]
    if kind.startswith("(") and kind.endswith(")[]"):
        each = kind.removeprefix("(").removesuffix(")[]").split(" | ")
        return [f"{indent}{name}: (", *(f"{indent}  | {one}" for one in each), f"{indent})[];"]
    *before, last = kind.split(" | ")
    return [
        f"{indent}{name}:",
        *(f"{indent}  | {one}" for one in before),
        f"{indent}  | {last};",
    ]


def _union(name: str, of: Iterable[str]) -> str:
    line = f"export type {name} = {' | '.join(of := sorted(of))};"
    return (
        line
        if len(line) <= WIDTH
        else f"export type {name} =\n" + "\n".join(f"  | {one}" for one in of) + ";"
    )


def _query(parameters: Iterable[Mapping[str, Any]]) -> str:
    found = []
    for one in parameters:
        if one["in"] != "query":
            continue
        schema = one["schema"]
        if "enum" in schema:
            kind = " | ".join(_literal(value) for value in schema["enum"] if value is not None)
        else:
            named = [
                kind["type"] for kind in schema.get("oneOf", [schema]) if kind["type"] != "null"
            ]
            (kind,) = {{"integer": "number"}.get(name, name) for name in named}
        found.append(f"{one['name']}{'' if one['required'] else '?'}: {kind}")
    return "; ".join(sorted(found))


def _route(key: str, http: Litestar, paths: Mapping[str, Any], types: Types) -> Iterator[str]:
    """One member of `Routes`; `paths` are those of the OpenAPI document."""
    method, path = key.split(" ")
    handler = _handler(http, method, path)
    answer = _answer(handler)
    body = handler.parsed_data_field
    parameters = paths[path][method.lower()].get("parameters") or []
    places = [one for one in parameters if one["in"] == "path"]
    yield f"  '{key}': {{"
    yield f"    path: {_braced('; '.join(map(_place, places)))};"
    yield from _broken("query", _query(parameters))
    yield f"    body: {types.of(body.annotation, whole=False) if body else 'null'};"
    yield f"    answer: {types.of(answer, whole=True)};"
    yield "  };"


def _place(parameter: Mapping[str, Any]) -> str:
    """What fills the braces of a path: a number or, as a token is, a text."""
    kind = "string" if parameter["schema"].get("type") == "string" else "number"
    return f"{parameter['name']}: {kind}"


def _answer(handler: HTTPRouteHandler) -> Any:
    """What comes back; of bytes that were packed before, what the route says that they are. Of
    several the first: the others are tables and refusals.
    """
    found = handler.parsed_fn_signature.return_type.annotation
    if get_origin(found) in (Union, UnionType):
        found = get_args(found)[0]
    if get_origin(found) is not Response:
        return found
    described = (handler.responses or {}).get(200)
    return described.data_container if described else get_args(found)[0]


def _braced(inside: str) -> str:
    return f"{{ {inside} }}" if inside else "Record<string, never>"


def _broken(name: str, inside: str) -> Iterator[str]:
    if len(line := f"    {name}: {_braced(inside)};") <= WIDTH:
        yield line
        return
    yield f"    {name}: {{"
    for one in inside.split("; "):
        member, _, kind = one.partition(": ")
        yield from _member(member, kind, "      ")
    yield "    };"


def _handler(http: Litestar, method: str, path: str) -> HTTPRouteHandler:
    for route in http.routes:
        if isinstance(route, HTTPRoute) and route.path_format == path:
            for name, (handler, _) in route.route_handler_map.items():
                if name == method:
                    return handler
    raise LookupError(
        f"panel/src/api asks for {method} {path}, which the controller does not serve"
    )


def written(http: Litestar, asked: str) -> str:
    """The file, for what `asked`, the source of all files of api/, asks."""
    types = Types()
    paths = http.openapi_schema.to_schema()["paths"]
    routes = [
        line
        for key in sorted(set(ASKED.findall(asked)))
        for line in _route(key, http, paths, types)
    ]
    unions = [
        _union("PanelSaid", [types.of(one, whole=False) for one in SAID]),
        _union("PanelFrame", [types.of(one, whole=True) for one in FRAMES]),
    ]
    for payload in PAYLOADS:
        types.of(payload, whole=False)
    table = "\n".join(
        ["/** What api/ asks for. */", "export interface Routes {", *routes, "}"],
    )
    return "\n\n".join([HEAD, table, *unions, *types.text()]) + "\n"


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        # Whoever may register needs no word that there is no account yet.
        http = HttpSection(registration=True)
        settings = Settings(data=DataSection(dir=str(Path(folder) / "data")), http=http)
        async with build(settings, SystemClock()) as controller:
            http: Any = controller.http
            asked = (one.read_text() for one in sorted((ROOT / "panel/src/api").glob("*.ts")))
            sys.stdout.write(written(http, "\n".join(asked)))


if __name__ == "__main__":
    anyio.run(main)
