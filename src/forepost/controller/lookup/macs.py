"""MAC addresses as people and machines write them. Pure."""

import re
from typing import Final

from forepost.kit.errors import Invalid

LONGEST: Final = 12

_BARE: Final = re.compile(r"[0-9A-F]{6,12}")
_PAIRS: Final = re.compile(r"[0-9A-F]{1,2}(:[0-9A-F]{1,2}){2,5}|[0-9A-F]{2}(-[0-9A-F]{2}){2,5}")
_QUADS: Final = re.compile(
    r"[0-9A-F]{4}\.(?:[0-9A-F]{2}|[0-9A-F]{4}(?:\.[0-9A-F]{2}|\.[0-9A-F]{4})?)"
)


def digits_of(text: str, field: str) -> str:
    """6 to 12 hex digits in upper case. Raises Invalid.

    `00:1c:42:ab:cd:ef`, `0:1c:42:ab:cd:ef`, `00-1C-42-AB-CD-EF`, `001c.42ab.cdef`, `001C42ABCDEF`,
    or the beginning of one of these with three bytes or more.
    """
    upper = text.strip().upper()
    if _BARE.fullmatch(upper):
        return upper
    if _PAIRS.fullmatch(upper):
        return "".join(pair.zfill(2) for pair in re.split("[:-]", upper))
    if _QUADS.fullmatch(upper):
        return upper.replace(".", "")
    raise Invalid(f"{field}: {text[:32]!r} is not a MAC address, nor its first three bytes")


def note_of(digits: str) -> str | None:
    """Why an address that no vendor has may be a right one all the same."""
    first = int(digits[:2], 16)
    if digits == "F" * len(digits):
        return "broadcast"
    if first & 1:
        return "multicast: a group of hosts, not one of them"
    if first & 2:
        return "locally administered: chosen by its host (private or virtual), not by a vendor"
    return None
