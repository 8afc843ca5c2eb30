"""What of RDAP's answers (RFC 9083) is read. Registries differ: nothing is needed, and a field of
another shape than expected is taken for absent, one by one.
"""

from typing import Any

from forepost.wire.base import Wire


class RdapEvent(Wire, frozen=True, kw_only=True, rename="camel"):
    event_action: str = ""
    event_date: str = ""


class Entity(Wire, frozen=True, kw_only=True, rename="camel"):
    roles: list[str] = []
    handle: str = ""
    vcard_array: Any = None
    """jCard (RFC 7095): `["vcard", [[name, parameters, type, value], ...]]`."""
    entities: list[Any] = []


class Registered(Wire, frozen=True, kw_only=True, rename="camel"):
    """A network or a domain."""

    name: str = ""
    start_address: str = ""
    end_address: str = ""
    country: str = ""
    events: list[Any] = []
    entities: list[Any] = []
