"""A client of RDAP (RFC 7480): JSON over HTTP(S)."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import urljoin

import msgspec
from msgspec import UNSET

import forepost
from forepost.controller.lookup.store import RegistryText
from forepost.controller.lookup.subject import as_address
from forepost.controller.lookup.whois_text import LONGEST_VALUE, text_of
from forepost.controller.outgoing import http
from forepost.controller.outgoing.calls import Calls, Unallowed, Unsent
from forepost.controller.outgoing.urls import WrongUrl, target_of
from forepost.kit.errors import Unavailable
from forepost.wire.rdap import Entity, RdapEvent, Registered
from forepost.wire.rest.lookup import Registration

LONGEST: Final = 256 << 10
MOST_REDIRECTS: Final = 3
DEPTH: Final = 3
"""Of entities within entities that are looked at."""
HEADERS: Final = {
    "Accept": "application/rdap+json, application/json",
    "User-Agent": f"forepost/{forepost.__version__}",
}

T = TypeVar("T")


class RdapClient:
    def __init__(self, calls: Calls, url: str) -> None:
        self._calls, self._url = calls, url.rstrip("/")

    async def ask(self, query: str) -> RegistryText:
        """Raises Unavailable."""
        kind = "domain" if as_address(query) is None else "ip"
        url = f"{self._url}/{kind}/{query}"
        for _ in range(1 + MOST_REDIRECTS):
            answer = await self._asked(url)
            place = answer.headers.get("location", "")
            if answer.status not in (301, 302, 303, 307, 308) or not place:
                return _said(url, answer)
            url = urljoin(url, place)
        raise Unavailable(f"RDAP: {self._url}: more than {MOST_REDIRECTS} redirects")

    async def _asked(self, url: str) -> http.HttpReply:
        try:
            target = target_of(url)
        except WrongUrl as wrong:
            raise Unavailable(f"RDAP: a redirect's place {wrong}") from None
        try:
            return await http.ask(self._calls, "GET", target, HEADERS, lambda _: LONGEST)
        except Unallowed as reason:
            raise Unavailable(
                f"RDAP: {target.authority}: {reason} (lookups.allow_private_servers)"
            ) from None
        except Unsent as reason:
            raise Unavailable(f"RDAP: {target.authority}: {reason}") from None


def _said(url: str, answer: http.HttpReply) -> RegistryText:
    """404 is an answer: nobody has it. Raises Unavailable."""
    if answer.status not in (200, 404):
        raise Unavailable(f"RDAP: {target_of(url).authority}: it answered {answer.status}")
    text = text_of(answer.body)
    if answer.status == 404:
        return RegistryText(text, Registration())
    try:
        found = msgspec.convert(msgspec.json.decode(text), dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        raise Unavailable(
            f"RDAP: {target_of(url).authority}: its answer is no JSON object"
        ) from None
    return RegistryText(text, registration_of(found))


def registration_of(found: dict[str, Any]) -> Registration:
    """What an answer says. Pure."""
    whole = _fitting(found, Registered)
    entities = list(_all_entities(whole.entities, DEPTH))
    holder = _with_role(entities, "registrant")
    events = [event for value in whole.events if (event := _read(value, RdapEvent))]
    dates = {event.event_action: event.event_date for event in reversed(events)}
    both = whole.start_address and whole.end_address
    values = {
        "netname": whole.name,
        "netrange": f"{whole.start_address} - {whole.end_address}" if both else "",
        "organization": _of_vcard(holder, "org") or _of_vcard(holder, "fn"),
        "country": whole.country or _country(holder),
        "registrar": _of_vcard(_with_role(entities, "registrar"), "fn"),
        "created": dates.get("registration", ""),
        "updated": dates.get("last changed", ""),
        "abuse_email": _of_vcard(_with_role(entities, "abuse"), "email"),
    }
    return Registration(**{k: v[:LONGEST_VALUE] or UNSET for k, v in values.items()})


def _fitting(found: dict[str, Any], kind: type[Registered]) -> Registered:
    """The fields that are of the kind that is expected."""
    fitting: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        if field.encode_name in found:
            part = {field.encode_name: found[field.encode_name]}
            fitting |= part if _read(part, kind) else {}
    return msgspec.convert(fitting, kind)


def _read(value: Any, kind: type[T]) -> T | None:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return None


def _all_entities(values: Sequence[Any], depth: int) -> Iterator[Entity]:
    """Outer ones first."""
    found = [entity for value in values if (entity := _read(value, Entity))]
    yield from found
    if depth > 1:
        for entity in found:
            yield from _all_entities(entity.entities, depth - 1)


def _with_role(entities: Sequence[Entity], role: str) -> Entity | None:
    return next((entity for entity in entities if role in entity.roles), None)


def _properties(entity: Entity | None, name: str) -> Iterator[tuple[Any, Any]]:
    """(parameters, value) of each property of that name in a jCard."""
    match entity:
        case Entity(vcard_array=[_, [*properties]]):
            for one in properties:
                match one:
                    case [str(called), parameters, _, value, *_] if called == name:
                        yield parameters, value
        case _:
            return


def _of_vcard(entity: Entity | None, name: str) -> str:
    for _, value in _properties(entity, name):
        text = value[0] if isinstance(value, list) and value else value
        if isinstance(text, str) and text:
            return text
    return ""


def _country(entity: Entity | None) -> str:
    """The code that RFC 8605 has, else the last part of a postal address."""
    for parameters, value in _properties(entity, "adr"):
        code = parameters.get("cc") if isinstance(parameters, dict) else None
        last = value[-1] if isinstance(value, list) and value else None
        for text in (code, last):
            if isinstance(text, str) and text:
                return text
    return ""
