"""Whether a named channel makes sense, as far as itself says. Pure; raises Invalid."""

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from msgspec import UnsetType

from forepost.controller.calendar import zone_of
from forepost.controller.email_address import canonical
from forepost.controller.outgoing.urls import WrongUrl, target_of
from forepost.kit.errors import Invalid
from forepost.wire.base import patched
from forepost.wire.disclosure import MASK
from forepost.wire.rest.channels import ChannelPatch, NewChannel
from forepost.wire.rest.notify import Channel

Acceptable = Callable[[Channel], str | None]
"""Why a channel cannot be used; None: it can."""

_OF_KIND: Final[Mapping[str, frozenset[str]]] = {
    "webhook": frozenset({"url", "secret", "headers"}),
    "apprise": frozenset({"url"}),
    "email": frozenset({"addresses"}),
}
_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_OURS: Final = frozenset(
    "connection content-encoding content-length expect host keep-alive proxy-authorization "  # noqa: SIM905
    "proxy-connection te trailer transfer-encoding upgrade user-agent x-forepost-delivery "
    "x-forepost-signature x-netwatcher-signature".split()
)
"""Headers that say how a request is sent, or by whom."""


def checked(new: NewChannel, acceptable: Acceptable) -> NewChannel:
    """Return the channel with its addresses in the one form in which they are written to."""
    needed = "addresses" if new.kind == "email" else "url"
    if not getattr(new, needed):
        raise Invalid(f"{needed}: is needed for {new.kind}")
    for field in frozenset().union(*_OF_KIND.values()) - _OF_KIND[new.kind]:
        if getattr(new, field):
            raise Invalid(f"{field}: is not of a channel of {new.kind}")
    addresses = [
        canonical(address, f"addresses[{place}]") for place, address in enumerate(new.addresses)
    ]
    new = msgspec.structs.replace(new, addresses=list(dict.fromkeys(addresses)))
    for place, address in enumerate(new.addresses):
        if why := acceptable(Channel(kind="email", url=address)):
            raise Invalid(f"addresses[{place}]: {why}")
    if new.kind != "email" and (why := acceptable(Channel(kind=new.kind, url=new.url))):
        raise Invalid(f"url: {why}")
    _check_headers(new.headers)
    if new.timezone:
        zone_of(new.timezone)
    return new


def _check_headers(headers: Mapping[str, str]) -> None:
    names = [name.lower() for name in headers]
    for name, value in headers.items():
        if not _HEADER.fullmatch(name):
            raise Invalid(f"headers: {name!r} is no name of a header")
        if name.lower() in _OURS:
            raise Invalid(f"headers: {name} is written by forepost itself")
        if names.count(name.lower()) > 1:
            raise Invalid(f"headers: {name} is given twice")
        if not _VALUE.fullmatch(value):
            raise Invalid(f"headers: {name}: may have printable ASCII in it, and no line break")


def patched_channel(old: NewChannel, patch: ChannelPatch) -> NewChannel:
    """Return the channel as it is to be. Hidden values of headers (`***`) are those that are there;
    they go to no other server than they were written for.
    """
    new = patched(old, patch)
    known = {name.lower(): value for name, value in old.headers.items()}
    kept = [
        name
        for name, value in new.headers.items()
        if value == MASK or isinstance(patch.headers, UnsetType)
    ]
    if kept and _server(new.url) != _server(old.url):
        raise Invalid(f"headers: {kept[0]} has to be said again for another server")
    for name in kept:
        if name.lower() not in known:
            raise Invalid(f"headers: {name}: its value is hidden, and there is none yet")
    filled = {name: known[name.lower()] for name in kept}
    return msgspec.structs.replace(new, headers={**new.headers, **filled})


def _server(url: str) -> tuple[bool, str, int] | None:
    try:
        target = target_of(url)
    except WrongUrl:
        return None
    return target.tls, target.host, target.port
