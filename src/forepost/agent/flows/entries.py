"""Entries of address groups as people write them: addresses, prefixes, ranges, MAC. Pure."""

import ipaddress
import re
import socket
from typing import Final

import msgspec

BITS: Final = {4: 32, 16: 128}
_MAC_BITS: Final = 48
_FAMILY: Final = {4: socket.AF_INET, 16: socket.AF_INET6}
_MAC: Final = re.compile(
    r"(?i)[0-9a-f]{2}(?P<by>[:-])[0-9a-f]{2}(?:(?P=by)[0-9a-f]{2}){4}"
    r"|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}|[0-9a-f]{12}"
)
"""As Linux, Windows and Cisco write it, and without anything between."""
_MAPPED: Final = bytes(10) + b"\xff\xff"
_MAPPED_BITS: Final = 96


class WrongEntry(ValueError):
    """No address, prefix or range of IPv4 or IPv6, and no MAC address; the text says why."""


class Entry(msgspec.Struct, frozen=True):
    """An address (4, 16 or, of MAC, 6 bytes); a prefix where `length` is less than all its bits."""

    address: bytes
    length: int

    @property
    def single(self) -> bool:
        return self.length == BITS.get(len(self.address), self.length)


def read_entries(text: str) -> list[Entry]:
    """What one entry stands for; of a range, the prefixes that it is made of. Host bits of a prefix
    are left out. An IPv4 address that is mapped into IPv6 is the IPv4 address. Raises WrongEntry.
    """
    text = text.strip()
    if _MAC.fullmatch(text):
        return [Entry(bytes.fromhex(re.sub("[:.-]", "", text)), _MAC_BITS)]
    if "-" in text:
        return _range(text)
    address, slash, length_text = text.partition("/")
    packed = _packed(address)
    if packed is None:
        raise WrongEntry(f"{text!r} is no IPv4, IPv6 or MAC address")
    bits = BITS[len(packed)]
    length = _length(text, length_text, packed) if slash else bits
    if packed.startswith(_MAPPED) and length >= _MAPPED_BITS:
        packed, bits, length = packed[12:], 32, length - _MAPPED_BITS
    number = int.from_bytes(packed) >> (bits - length) << (bits - length)
    return [Entry(number.to_bytes(bits // 8), length)]


def read_address(text: str) -> bytes:
    """One address, of which kind ever. Raises WrongEntry."""
    (entry, *more) = read_entries(text)
    if more:
        raise WrongEntry(f"{text!r} is a range")
    return entry.address


def without_mapping(address: bytes) -> bytes:
    """The IPv4 address that one of IPv6 stands for; the same where it stands for none."""
    return address[12:] if len(address) == 16 and address.startswith(_MAPPED) else address


def spell(entry: Entry) -> str:
    if len(entry.address) == 6:
        return entry.address.hex(":")
    text = socket.inet_ntop(_FAMILY[len(entry.address)], entry.address)
    return text if entry.single else f"{text}/{entry.length}"


def _length(text: str, length_text: str, packed: bytes) -> int:
    bits = BITS[len(packed)]
    if "." in length_text and bits == 32:
        mask = _packed(length_text)
        number = int.from_bytes(mask) if mask and len(mask) == 4 else 0
        length = number.bit_count()
        if not mask or number != (1 << 32) - (1 << (32 - length)):
            raise WrongEntry(f"{text!r}: {length_text!r} is no netmask")
        return length
    if not length_text.isascii() or not length_text.isdecimal():
        raise WrongEntry(f"{text!r} has no prefix length")
    length = int(length_text)
    if length > bits:
        raise WrongEntry(f"{text!r}: a prefix of IPv{4 if bits == 32 else 6} is /{bits} at most")
    return length


def _range(text: str) -> list[Entry]:
    first, last = (_packed(part.strip()) for part in text.split("-", 1))
    if first is None or last is None:
        raise WrongEntry(f"{text!r} is no IPv4, IPv6 or MAC address, nor a range of them")
    one, other = (ipaddress.ip_address(without_mapping(end)) for end in (first, last))
    if one.version != other.version:
        raise WrongEntry(f"{text!r}: a range is of one family")
    if int(one) > int(other):
        raise WrongEntry(f"{text!r}: a range begins with the lower address")
    networks = ipaddress.summarize_address_range(one, other)
    return [Entry(found.network_address.packed, found.prefixlen) for found in networks]


def _packed(text: str) -> bytes | None:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            return socket.inet_pton(family, text)
        except (OSError, ValueError):
            continue
    return None
