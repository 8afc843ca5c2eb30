"""Values as cheap agents send them: what net-snmp reads is read, and a bad one costs itself."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.agent.probes.snmp import ber
from forepost.agent.probes.snmp.message import Community, NotOurs
from forepost.agent.probes.snmp.value import in_one_form, value_of
from forepost.wire.probes.snmp import SnmpValue

MAC = "1.3.6.1.2.1.2.2.1.6"


def answer(*bindings: bytes, community: bytes = b"public") -> bytes:
    pdu = ber.element(
        0xA2,
        ber.integer(7),
        ber.integer(0),
        ber.integer(0),
        ber.element(ber.SEQUENCE, *(ber.element(ber.SEQUENCE, one) for one in bindings)),
    )
    return ber.element(ber.SEQUENCE, ber.integer(1), ber.element(ber.OCTETS, community), pdu)


def binding(arc: int, value: bytes) -> bytes:
    return ber.object_id((1, 3, 6, 1, arc)) + value


def heard(*bindings: bytes) -> list[SnmpValue]:
    return Community("2c", "public").hear(answer(*bindings)).values


@pytest.mark.parametrize(
    ("sent", "kind", "value"),
    [
        # Without the zero byte before a first bit that is set.
        ("41 04 ff ff ff fe", "counter32", 4_294_967_294),
        ("41 05 00 ff ff ff fe", "counter32", 4_294_967_294),
        ("42 04 80 00 00 00", "gauge32", 2_147_483_648),
        ("43 04 c0 00 00 00", "timeticks", 3_221_225_472),
        ("46 08 ff ff ff ff ff ff ff ff", "counter64", 18_446_744_073_709_551_615),
        ("46 09 00 ff ff ff ff ff ff ff ff", "counter64", 18_446_744_073_709_551_615),
        # More bytes than are needed, none, and more than there can be.
        ("41 08 00 00 00 00 00 00 00 05", "counter32", 5),
        ("41 05 ff ff ff ff ff", "counter32", 4_294_967_295),
        ("02 00", "integer", 0),
        ("02 08 ff ff ff ff ff ff ff fe", "integer", -2),
        ("02 04 ff ff ff fe", "integer", -2),
        ("02 0a 01 02 03 04 05 06 07 08 09 0a", "unreadable", "0102030405060708090a"),
        # Lengths in a longer form than they need.
        ("04 81 03 61 62 63", "string", "abc"),
        ("04 82 00 03 61 62 63", "string", "abc"),
        ("40 04 c6 12 00 01", "ipaddress", "198.18.0.1"),
        ("40 03 c6 12 00", "unreadable", "c61200"),
        ("06 03 2b 06 01", "oid", "1.3.6.1"),
        ("06 02 2b 86", "unreadable", "2b86"),
        ("06 00", "unreadable", ""),
        ("44 07 9f 78 04 3f 80 00 00", "float", 1.0),
        ("44 0b 9f 79 08 3f f0 00 00 00 00 00 00", "float", 1.0),
        ("44 03 01 02 03", "hex", "010203"),
        ("05 00", "null", None),
        ("80 00", "noSuchObject", None),
        ("82 00", "endOfMibView", None),
        ("1e 02 00 61", "unreadable", "0061"),
        ("1f 81 01 00", "unreadable", "1f810100"),
        ("04 7f 61 62", "unreadable", "6162"),
        ("04 85 01 01 01 01 01", "unreadable", "04850101010101"),
        ("04", "unreadable", "04"),
        ("", "unreadable", ""),
    ],
)
def test_a_value_is_read_or_costs_only_itself(sent: str, kind: str, value: object) -> None:
    before, odd, after = heard(
        binding(1, ber.integer(1)), binding(2, bytes.fromhex(sent)), binding(3, ber.integer(3))
    )
    assert (odd.oid, odd.type, odd.value) == ("1.3.6.1.2", kind, value)
    assert (before.value, after.value) == (1, 3)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (b"\x00\x1b\x44\x11\x3a\xb7", "00:1b:44:11:3a:b7"),
        (b"ABCDEF", "41:42:43:44:45:46"),
        (b"00:1B:44:11:3A:B7", "00:1b:44:11:3a:b7"),
        (b"0-1b-44-11-3a-b7", "00:1b:44:11:3a:b7"),
        (b"", ""),
    ],
)
def test_hardware_addresses_have_one_form(sent: bytes, shown: str) -> None:
    got = value_of(f"{MAC}.1", ber.OCTETS, sent)
    assert (got.type, got.value, got.name) == ("mac", shown, "ifPhysAddress.1")


def test_a_column_is_told_in_one_form() -> None:
    column = [value_of(f"1.3.6.1.9.1.{row}", ber.OCTETS, sent) for row, sent in TEXTS]
    assert [one.type for one in column] == ["string", "hex", "string"]
    shown = in_one_form(column)
    assert [(one.type, one.value) for one in shown] == [
        ("hex", "4142"),
        ("hex", "00ff"),
        ("string", "another column"),
    ]


TEXTS = [("1", b"AB"), ("2", b"\x00\xff"), ("3.1", b"another column")]


@settings(max_examples=300)
@given(st.integers(0, (1 << 64) - 1))
def test_what_is_written_is_read(number: int) -> None:
    written = ber.integer(number)
    assert ber.signed(written[2:]) == number
    (element,) = ber.elements(written)
    assert (element.tag, element.is_whole) == (ber.INTEGER, True)


@settings(max_examples=300)
@given(st.lists(st.integers(0, (1 << 32) - 1), min_size=0, max_size=20))
def test_identifiers_are_written_and_read(rest: list[int]) -> None:
    numbers = (1, 3, *rest)
    (element,) = ber.elements(ber.object_id(numbers))
    assert ber.arcs(element.content) == numbers


WHOLE = answer(*(binding(arc, ber.element(0x41, struct.pack("!I", 1 << 31))) for arc in range(9)))


@settings(max_examples=500)
@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 7), st.integers(0, len(WHOLE)))
def test_a_bit_that_flips_costs_no_traceback(place: int, bit: int, cut: int) -> None:
    flipped = bytearray(WHOLE)
    flipped[place] ^= 1 << bit
    for data in (bytes(flipped), bytes(flipped[:cut])):
        try:
            got = Community("2c", "public").hear(data)
        except NotOurs:
            continue
        assert len(got.values) <= 40
