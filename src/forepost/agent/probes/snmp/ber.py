"""ASN.1's basic encoding, as far as SNMP needs it: written strictly, read as leniently as net-snmp
does. Pure.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

INTEGER, BIT_STRING, OCTETS, NULL, OID, SEQUENCE = 0x02, 0x03, 0x04, 0x05, 0x06, 0x30
MOST_ARCS: Final = 128
MOST_LENGTH_BYTES: Final = 4
MOST_NUMBER_BYTES: Final = 9
_LONG: Final = 0x80


class BerError(ValueError):
    """What was read is not as it has to be; the text says in what."""


class Element(msgspec.Struct, frozen=True, gc=False):
    tag: int
    content: bytes
    is_whole: bool = True
    """False: it says that it is longer than what there is."""


def element(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    length = len(content)
    if length < _LONG:
        return bytes((tag, length)) + content
    size = (length.bit_length() + 7) // 8
    return bytes((tag, _LONG | size)) + length.to_bytes(size, "big") + content


def integer(value: int) -> bytes:
    return element(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def object_id(numbers: tuple[int, ...]) -> bytes:
    first, second, *rest = numbers
    return element(OID, *(_arc(number) for number in (first * 40 + second, *rest)))


def _arc(number: int) -> bytes:
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(_LONG | number & 0x7F)
    return bytes(reversed(groups))


def header(data: bytes, at: int = 0) -> tuple[int, int, int] | None:
    """Return tag, where the content begins and where it ends; None where more has to come for
    that. Raises BerError.
    """
    if len(data) < at + 2:
        return None
    tag, length, begin = data[at], data[at + 1], at + 2
    if tag & 0x1F == 0x1F:
        raise BerError("a tag of several bytes")
    if length & _LONG:
        size = length & ~_LONG
        if not 0 < size <= MOST_LENGTH_BYTES:
            raise BerError("no length that is borne")
        if len(data) < begin + size:
            return None
        length, begin = int.from_bytes(data[begin : begin + size], "big"), begin + size
    return tag, begin, begin + length


def elements(data: bytes) -> Iterator[Element]:
    """Yield what is there, one after another; the last one may be cut. Raises BerError."""
    at = 0
    while at < len(data):
        found = header(data, at)
        if found is None:
            raise BerError("it ends in the middle")
        tag, begin, at = found
        yield Element(tag, data[begin:at], is_whole=at <= len(data))


def several(data: bytes, *tags: int) -> list[bytes]:
    """Return the contents of elements with these tags, in this order; more may follow. Raises
    BerError.
    """
    found = elements(data)
    contents = []
    for tag in tags:
        one = next(found, None)
        if one is None or one.tag != tag or not one.is_whole:
            raise BerError(f"no {tag:#04x} where there has to be one")
        contents.append(one.content)
    return contents


def signed(content: bytes) -> int:
    """Return a number of any length that is borne; none at all is 0. Raises BerError."""
    if len(content) > MOST_NUMBER_BYTES:
        raise BerError("no number that is borne")
    value = int.from_bytes(content, "big", signed=True)
    if not -(1 << 63) <= value < 1 << 64:
        raise BerError("no number that is borne")
    return value


def unsigned(content: bytes, bits: int) -> int:
    """Return a number that is never negative, whether its first bit has a zero byte before it or
    not. Raises BerError.
    """
    if len(content) > MOST_NUMBER_BYTES:
        raise BerError("no number that is borne")
    return int.from_bytes(content, "big") & ((1 << bits) - 1)


def arcs(content: bytes) -> tuple[int, ...]:
    """Return the numbers of an object identifier. Raises BerError."""
    if not content or content[-1] & _LONG:
        raise BerError("no object identifier")
    numbers, number = [], 0
    for byte in content:
        number = number << 7 | byte & 0x7F
        if number >> 39:
            raise BerError("no object identifier")
        if not byte & _LONG:
            numbers.append(number)
            number = 0
    if len(numbers) > MOST_ARCS:
        raise BerError("no object identifier")
    first = min(numbers[0] // 40, 2)
    return (first, numbers[0] - 40 * first, *numbers[1:])
