"""What may be asked about: an address or a name, in one spelling each. Pure."""

import ipaddress
import re
import unicodedata
from typing import Final

from forepost.kit.errors import Invalid

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LONGEST_NAME: Final = 253
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def address_of(text: str, field: str) -> Address:
    """An IPv4 address that is written as IPv6 is IPv4. Raises Invalid."""
    found = as_address(text)
    if found is None:
        raise Invalid(f"{field}: {text[:64]!r} is not an IP address")
    return found


def as_address(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        if found.scope_id is not None:
            return None
        return found.ipv4_mapped or found
    return found


def subject_of(text: str, field: str) -> Address | str:
    """An address, or a domain name in lower-case ASCII without its last dot. Raises Invalid."""
    found = as_address(text)
    if found is not None:
        return found
    name = as_name(text)
    if name is None:
        raise Invalid(f"{field}: {text[:64]!r} is neither an IP address nor a domain name")
    return name


def as_name(text: str) -> str | None:
    """At least two labels; others than ASCII ones as A-labels (xn--...)."""
    labels = text.strip().removesuffix(".")[: LONGEST_NAME + 1].split(".")
    ascii_labels = [_ascii(label) for label in labels]
    name = ".".join(ascii_labels)
    good = (
        len(labels) >= 2
        and len(name) <= LONGEST_NAME
        and all(_LABEL.fullmatch(label) for label in ascii_labels)
        and not ascii_labels[-1].isdecimal()
    )
    return name if good else None


def _ascii(label: str) -> str:
    """The A-label as IDNA 2008 has it: ß and ς stay what they are, unlike in Python's codec."""
    lower = label.lower()
    if lower.isascii():
        return lower
    lower = unicodedata.normalize("NFKC", lower)
    if not all(c == "-" or unicodedata.category(c)[0] in "LMN" for c in lower):
        return ""
    return "xn--" + lower.encode("punycode").decode() if not lower.isascii() else lower
