"""One value of an answer, whatever its bytes are. Pure."""

import struct
from typing import Final

from forepost.agent.probes.snmp import ber
from forepost.agent.probes.snmp.ber import BerError
from forepost.agent.probes.snmp.oids import is_mac, name_of
from forepost.wire.probes.snmp import SnmpValue

MOST_VALUE: Final = 1_024
NOTHING: Final[dict[int, str]] = {
    0x80: "noSuchObject",
    0x81: "noSuchInstance",
    0x82: "endOfMibView",
    ber.NULL: "null",
}
_NUMBERS: Final[dict[int, tuple[str, int]]] = {
    0x41: ("counter32", 32),
    0x42: ("gauge32", 32),
    0x43: ("timeticks", 32),
    0x46: ("counter64", 64),
    0x47: ("gauge32", 32),
}
IP_ADDRESS, OPAQUE, NSAP = 0x40, 0x44, 0x45
_OPAQUE: Final[dict[bytes, tuple[str, str]]] = {
    b"\x9f\x78\x04": ("float", "!f"),
    b"\x9f\x79\x08": ("float", "!d"),
    b"\x9f\x76\x08": ("counter64", "!Q"),
    b"\x9f\x7a\x08": ("integer", "!q"),
    b"\x9f\x7b\x08": ("gauge64", "!Q"),
}
"""What an Opaque begins with where it holds a number (net-snmp)."""
Shown = int | float | str | None
MAC_BYTES: Final = 6


def value_of(oid: str, tag: int, content: bytes) -> SnmpValue:
    """What cannot be read as what it says that it is, is `unreadable`, with its bytes in hex."""
    try:
        kind, shown = _read(tag, content)
    except BerError:
        kind, shown = "unreadable", content[:MOST_VALUE].hex()
    if kind in ("string", "hex") and is_mac(oid):
        kind, shown = _mac(content)
    return SnmpValue(oid=oid, value=shown, type=kind, name=name_of(oid))


def in_one_form(values: list[SnmpValue]) -> list[SnmpValue]:
    """Return the rows of one column: all in hex where one of them is no text."""
    mixed = {"hex", "string"}
    groups: dict[str, set[str]] = {}
    for one in values:
        groups.setdefault(one.oid.rpartition(".")[0], set()).add(one.type)
    return [_in_hex(one) if mixed <= groups[one.oid.rpartition(".")[0]] else one for one in values]


def _in_hex(value: SnmpValue) -> SnmpValue:
    if value.type != "string" or not isinstance(value.value, str):
        return value
    shown = value.value.encode()[:MOST_VALUE].hex()
    return SnmpValue(oid=value.oid, value=shown, type="hex", name=value.name)


def _read(tag: int, content: bytes) -> tuple[str, Shown]:
    if tag in NOTHING:
        return NOTHING[tag], None
    if tag == ber.INTEGER:
        return "integer", ber.signed(content)
    if tag in _NUMBERS:
        kind, bits = _NUMBERS[tag]
        return kind, ber.unsigned(content, bits)
    if tag == ber.OID:
        return "oid", ".".join(map(str, ber.arcs(content)))
    if tag == IP_ADDRESS:
        if len(content) != 4:
            raise BerError("no IPv4 address")
        return "ipaddress", ".".join(map(str, content))
    if tag == OPAQUE:
        return _opaque(content)
    if tag in (ber.OCTETS, ber.BIT_STRING, NSAP):
        return _text(content) if tag == ber.OCTETS else ("hex", content[:MOST_VALUE].hex())
    raise BerError("a type that SNMP has not")


def _opaque(content: bytes) -> tuple[str, Shown]:
    kind, form = _OPAQUE.get(content[:3], ("", ""))
    if form and len(content) == 3 + struct.calcsize(form):
        return kind, struct.unpack(form, content[3:])[0]
    return "hex", content[:MOST_VALUE].hex()


def _text(content: bytes) -> tuple[str, Shown]:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return "hex", content[:MOST_VALUE].hex()
    if any(not one.isprintable() and one not in "\t\r\n" for one in text):
        return "hex", content[:MOST_VALUE].hex()
    return "string", text[:MOST_VALUE]


def _mac(content: bytes) -> tuple[str, Shown]:
    """PhysAddress: bytes of any number, none for what has no address. Some agents send it as a
    text.
    """
    if len(content) > MAC_BYTES:
        kind, shown = _text(content)
        plain = str(shown).replace("-", ":").lower() if kind == "string" else ""
        parts = plain.split(":")
        if len(parts) == MAC_BYTES and all(_is_byte(part) for part in parts):
            return "mac", ":".join(part.zfill(2) for part in parts)
    return "mac", content[:MOST_VALUE].hex(":")


def _is_byte(text: str) -> bool:
    return 0 < len(text) <= 2 and all(one in "0123456789abcdef" for one in text)
