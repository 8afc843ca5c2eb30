"""SNMP messages of version 1 and 2c, and the part that version 3 shares with them. Pure.

Imports pysnmp's message types (1.5 MiB resident), not its engine (10 MiB): it is imported by the
first SNMP probe.
"""

import struct
from typing import Any, Final, Literal, Protocol

import msgspec
from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pysnmp.error import PySnmpError
from pysnmp.proto.api import v1, v2c

from forepost.agent.ports.dialer import Failed
from forepost.agent.probes.snmp.oids import name_of, numbers
from forepost.wire.probes.snmp import SnmpValue

Verb = Literal["get", "next", "bulk"]
MOST_VALUE: Final = 1_024
NOTHING: Final = frozenset({"noSuchObject", "noSuchInstance"})
_TYPES: Final = {
    "Integer": "integer",
    "Integer32": "integer",
    "ObjectIdentifier": "oid",
    "IpAddress": "ipaddress",
    "Counter": "counter32",
    "Counter32": "counter32",
    "Gauge": "gauge32",
    "Gauge32": "gauge32",
    "Unsigned32": "gauge32",
    "TimeTicks": "timeticks",
    "Counter64": "counter64",
    "Null": "null",
    "NoSuchObject": "noSuchObject",
    "NoSuchInstance": "noSuchInstance",
    "EndOfMibView": "endOfMibView",
}
_FLOAT: Final = b"\x9f\x78\x04"
"""What an Opaque begins with where it holds a float (net-snmp)."""


class NotOurs(ValueError):
    """A datagram that is no answer to what we asked; the text says why."""


class Again(Exception):
    """The answer says how to ask, and the question is to be asked again."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    request_id: int
    error: int = 0
    """error-status; 0 is none, 1 tooBig, 2 noSuchName."""
    place: int = 0
    """Which of the values it is about, from 1; 0 for none of them."""
    values: list[SnmpValue]


class Speaker(Protocol):
    """Puts a question into a message and takes the answer out of one."""

    def hello(self) -> bytes:
        """What must be asked first; b"" for nothing."""
        ...

    def greeted(self, data: bytes) -> None:
        """Learn from the answer to that. Raises NotOurs, Failed."""
        ...

    def ask(self, verb: Verb, oids: list[str], request_id: int, repetitions: int) -> bytes:
        """Write the question for `oids`, with `repetitions` of each for whole columns."""
        ...

    def hear(self, data: bytes) -> Reply:
        """Raises NotOurs, Again, Failed."""
        ...


class Community:
    """Version 1 and 2c."""

    def __init__(self, version: Literal["1", "2c"], community: str) -> None:
        self._api: Any = v1 if version == "1" else v2c
        self._community = community.encode()

    def hello(self) -> bytes:
        return b""

    def greeted(self, data: bytes) -> None:
        raise NotOurs("nothing was asked")

    def ask(self, verb: Verb, oids: list[str], request_id: int, repetitions: int) -> bytes:
        message = self._api.Message()
        self._api.apiMessage.set_defaults(message)
        self._api.apiMessage.set_community(message, self._community)
        pdu = pdu_of(self._api, verb, oids, request_id, repetitions)
        self._api.apiMessage.set_pdu(message, pdu)
        encoded: bytes = encoder.encode(message)
        return encoded

    def hear(self, data: bytes) -> Reply:
        message = decoded(data, self._api.Message())
        if bytes(message["community"]) != self._community:
            raise NotOurs("another community")
        return reply_of(self._api.apiMessage.get_pdu(message))


def decoded(data: bytes, spec: Any) -> Any:
    """Raises NotOurs. pyasn1 meets some malformed input with exceptions of Python's own."""
    try:
        return decoder.decode(data, asn1Spec=spec)[0]
    except (PyAsn1Error, PySnmpError) as error:
        raise NotOurs(f"malformed: {type(error).__name__}") from None
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError) as error:
        raise NotOurs(f"malformed: {type(error).__name__}") from None


def pdu_of(api: Any, verb: Verb, oids: list[str], request_id: int, repetitions: int) -> Any:
    kinds = {"get": "GetRequestPDU", "next": "GetNextRequestPDU", "bulk": "GetBulkRequestPDU"}
    pdu = getattr(api, kinds[verb])()
    functions = api.apiBulkPDU if verb == "bulk" else api.apiPDU
    functions.set_defaults(pdu)
    functions.set_request_id(pdu, request_id)
    if verb == "bulk":
        functions.set_non_repeaters(pdu, 0)
        functions.set_max_repetitions(pdu, repetitions)
    functions.set_varbinds(pdu, [(numbers(oid), api.null) for oid in oids])
    return pdu


def reply_of(pdu: Any) -> Reply:
    """Raises NotOurs."""
    if type(pdu).__name__ not in ("ResponsePDU", "GetResponsePDU", "ReportPDU"):
        raise NotOurs(f"a {type(pdu).__name__}")
    try:
        return Reply(
            request_id=int(pdu[0]),
            error=int(pdu[1]),
            place=int(pdu[2]),
            values=[value_of(str(oid), value) for oid, value in v2c.apiPDU.get_varbinds(pdu)],
        )
    except (PyAsn1Error, PySnmpError, ValueError, TypeError, IndexError) as error:
        raise NotOurs(f"malformed: {type(error).__name__}") from None


def value_of(oid: str, value: Any) -> SnmpValue:
    kind = _TYPES.get(type(value).__name__, "string")
    shown: int | float | str | None
    if kind in ("null", "endOfMibView") or kind in NOTHING:
        shown = None
    elif kind == "oid":
        shown = str(value)
    elif kind == "ipaddress":
        shown = ".".join(str(number) for number in bytes(value))
    elif kind != "string":
        shown = int(value)
    else:
        kind, shown = _text(bytes(value))
    return SnmpValue(oid=oid, value=shown, type=kind, name=name_of(oid))


def _text(data: bytes) -> tuple[str, float | str]:
    if data.startswith(_FLOAT) and len(data) == len(_FLOAT) + 4:
        number: float = struct.unpack("!f", data[3:])[0]
        return "float", number
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return "hex", data[:MOST_VALUE].hex()
    if any(not one.isprintable() and one not in "\t\r\n" for one in text):
        return "hex", data[:MOST_VALUE].hex()
    return "string", text[:MOST_VALUE]


def refused(error: int) -> Failed:
    names = {1: "tooBig", 2: "noSuchName", 3: "badValue", 4: "readOnly", 5: "genErr"}
    names |= {6: "noAccess", 13: "resourceUnavailable", 16: "authorizationError"}
    return Failed("wrong", f"the agent answers {names.get(error, f'error {error}')}")
