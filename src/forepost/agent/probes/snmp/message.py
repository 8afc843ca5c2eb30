"""SNMP messages of version 1 and 2c, and the part that version 3 shares with them. Pure."""

from typing import Final, Literal, Protocol

import msgspec

from forepost.agent.ports.dialer import Failed
from forepost.agent.probes.snmp import ber
from forepost.agent.probes.snmp.ber import BerError
from forepost.agent.probes.snmp.oids import numbers
from forepost.agent.probes.snmp.value import value_of
from forepost.wire.probes.snmp import SnmpValue

Verb = Literal["get", "next", "bulk"]
MOST_VALUES: Final = 2_000
"""Of one answer."""
REPORT: Final = 0xA8
ERRORS: Final = {
    1: "tooBig",
    2: "noSuchName",
    3: "badValue",
    4: "readOnly",
    5: "genErr",
    6: "noAccess",
    13: "resourceUnavailable",
    16: "authorizationError",
}
_VERBS: Final[dict[Verb, int]] = {"get": 0xA0, "next": 0xA1, "bulk": 0xA5}
_ANSWERS: Final = (0xA2, REPORT)


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
    is_report: bool = False


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
        self._version = ber.integer(0 if version == "1" else 1)
        self._community = community.encode()

    def hello(self) -> bytes:
        return b""

    def greeted(self, data: bytes) -> None:
        raise NotOurs("nothing was asked")

    def ask(self, verb: Verb, oids: list[str], request_id: int, repetitions: int) -> bytes:
        return ber.element(
            ber.SEQUENCE,
            self._version,
            ber.element(ber.OCTETS, self._community),
            pdu_of(verb, oids, request_id, repetitions),
        )

    def hear(self, data: bytes) -> Reply:
        try:
            (content,) = ber.several(data, ber.SEQUENCE)
            version, community, *rest = ber.elements(content)
        except ValueError as error:
            raise NotOurs(f"malformed: {error}") from None
        if version.tag != ber.INTEGER or version.content not in (b"\0", b"\1") or not rest:
            raise NotOurs("malformed: no message of version 1 or 2c")
        if community.content != self._community:
            raise NotOurs("another community")
        return reply_of(rest[0])


def pdu_of(verb: Verb, oids: list[str], request_id: int, repetitions: int) -> bytes:
    return ber.element(
        _VERBS[verb],
        ber.integer(request_id),
        ber.integer(0),
        ber.integer(repetitions if verb == "bulk" else 0),
        ber.element(
            ber.SEQUENCE,
            *(
                ber.element(ber.SEQUENCE, ber.object_id(numbers(oid)), ber.element(ber.NULL))
                for oid in oids
            ),
        ),
    )


def reply_of(pdu: ber.Element) -> Reply:
    """Raises NotOurs."""
    if pdu.tag not in _ANSWERS:
        raise NotOurs(f"no answer, but {pdu.tag:#04x}")
    if not pdu.is_whole:
        raise NotOurs("malformed: it is cut off")
    try:
        request_id, error, place, bindings = ber.several(
            pdu.content, ber.INTEGER, ber.INTEGER, ber.INTEGER, ber.SEQUENCE
        )
        values = [_value(one.content) for one in ber.elements(bindings) if one.tag == ber.SEQUENCE]
        if len(values) > MOST_VALUES:
            raise BerError(f"more than {MOST_VALUES:,} values")
        return Reply(
            request_id=ber.signed(request_id),
            error=ber.signed(error),
            place=ber.signed(place),
            values=values,
            is_report=pdu.tag == REPORT,
        )
    except ValueError as error:
        raise NotOurs(f"malformed: {error}") from None


def _value(binding: bytes) -> SnmpValue:
    """Of a binding whose name can be read. Raises BerError."""
    found = ber.header(binding)
    if found is None or found[0] != ber.OID:
        raise BerError("a value without a name")
    _, begin, name_end = found
    oid = ".".join(map(str, ber.arcs(binding[begin:name_end])))
    try:
        tag, begin, end = ber.header(binding, name_end) or (0, name_end, len(binding))
    except BerError:
        tag, begin, end = 0, name_end, len(binding)
    # A value that is longer than it may be costs itself, and no other.
    return value_of(oid, tag if end <= len(binding) else 0, binding[begin:end])


def refused(error: int) -> Failed:
    return Failed("wrong", f"the agent answers {ERRORS.get(error, f'error {error}')}")
