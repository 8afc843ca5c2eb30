"""Reads the body of a request into the Struct of its route: bounded, in either spelling, and with
a word for every field that is not known.
"""

from typing import Any, Final

import msgspec
from litestar import Litestar, Request
from litestar.routes import HTTPRoute
from litestar.types import Empty

from forepost.controller.access.guard import AGENT, NEEDS, PUBLIC
from forepost.controller.web.field_names import LONGEST_NAME, fields_of, respelled
from forepost.kit.errors import Invalid
from forepost.wire.base import Json, complaint
from forepost.wire.depth import is_deep, most_values

BODY_BYTES: Final = 1 << 20
"""Of a request of somebody who is known, unless its route says more."""
STRANGERS_BODY_BYTES: Final = 64 << 10
"""Of a request of somebody who is not known yet."""
FREE_BYTES: Final = 64 << 10
"""Of one free field (labels, metadata, settings)."""
BYTES_A_VALUE: Final = 16
"""A body may have a value for each so many bytes of its limit: objects cost more than bytes."""
UNKNOWN: Final = "forepost.unknown_fields"
"""Where in the scope the names stand that a body had and its route does not know."""
MOST_NAMED: Final = 20


class SpelledRequest(Request[Any, Any, Any]):
    """A request whose body is read strictly, in either spelling of a field's name."""

    async def json(self) -> Any:
        field = self.route_handler.parsed_data_field
        kind = field.annotation if field is not None else Any
        body = await self.body()
        most = (self.route_handler.resolve_request_max_body_size() or BODY_BYTES) // BYTES_A_VALUE
        if most_values(body) > most:
            raise Invalid(f"body: more than {most} values")
        if is_deep(body):
            raise Invalid("body: nested too deeply")
        try:
            value = msgspec.json.decode(body)
            if b"\\u0000" in body and has_nul(value):
                raise Invalid("body: has a NUL character, which no database keeps")
            spelled, unknown = respelled(value, kind)
            self.scope[UNKNOWN] = unknown  # type: ignore[typeddict-unknown-key]
            _check_free(spelled, kind)
            return msgspec.convert(spelled, kind)
        except msgspec.ValidationError as error:
            raise Invalid(complaint(error, kind)) from None
        except msgspec.DecodeError as error:
            raise Invalid(f"body: not JSON: {error}") from None


def has_nul(value: Any) -> bool:
    """Whether any text of a JSON value, names of fields included, has a NUL character. Pure."""
    match value:
        case str():
            return "\0" in value
        case list():
            return any(map(has_nul, value))
        case dict():
            return any(map(has_nul, value.keys())) or any(map(has_nul, value.values()))
        case _:
            return False


def bound_bodies(http: Litestar) -> None:
    """Give every route that strangers reach their limit, unless the route has one of its own."""
    for route in http.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            strangers = handler.opt.get(NEEDS, PUBLIC) in (PUBLIC, AGENT)
            if strangers and handler.request_max_body_size is Empty:
                handler.request_max_body_size = STRANGERS_BODY_BYTES


async def name_unknown(message: Any, scope: Any) -> None:
    """Name in a `Warning` header of the answer what was left out of the body (RFC 7234, 5.5)."""
    unknown = scope.get(UNKNOWN)
    if unknown and message["type"] == "http.response.start":
        names = ", ".join(_printable(name) for name in unknown[:MOST_NAMED])
        more = ", ..." if len(unknown) > MOST_NAMED else ""
        text = f'299 forepost "fields that are not known: {names}{more}"'
        message.setdefault("headers", []).append((b"warning", text.encode()))


def _printable(name: str) -> str:
    """A name as a header can carry it."""
    plain = (c if c.isascii() and c.isprintable() and c not in '"\\' else "?" for c in name)
    return "".join(plain)[:LONGEST_NAME]


def _check_free(value: Any, kind: Any) -> None:
    for field in fields_of(kind):
        free = Json in (field.type, *getattr(field.type, "__args__", ()))
        if free and isinstance(value, dict) and field.encode_name in value:
            size = len(msgspec.json.encode(value[field.encode_name]))
            if size > FREE_BYTES:
                raise Invalid(f"{field.encode_name}: {size} bytes; the most are {FREE_BYTES}")
