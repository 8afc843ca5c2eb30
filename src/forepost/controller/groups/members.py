"""What may be in an address group, and how each is written. Pure."""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import Final

from forepost.kit.errors import Invalid

_MAC: Final = re.compile(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}")


def canonical(text: str) -> str:
    """One way of writing each. Raises ValueError with the reason."""
    lower = text.strip().lower()
    if _MAC.fullmatch(lower):
        digits = re.sub(r"[:.-]", "", lower)
        return ":".join(digits[at : at + 2] for at in range(0, 12, 2))
    try:
        if "/" in lower:
            network = ipaddress.ip_network(lower)
            return str(network.network_address) if _single(network) else str(network)
        return str(ipaddress.ip_address(lower))
    except ValueError as error:
        if "host bits" in str(error):
            raise ValueError("has host bits set") from None
        raise ValueError("is no address, prefix or MAC address") from None


def _single(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    return network.prefixlen == network.max_prefixlen


def all_canonical(field: str, texts: Iterable[str]) -> list[str]:
    """Each once, in the order they came. Raises Invalid, naming the one that is wrong."""
    found: dict[str, None] = {}
    for text in texts:
        try:
            found[canonical(text)] = None
        except ValueError as error:
            raise Invalid(f"{field}: {text!r} {error}") from None
    return list(found)


def changed(old: Sequence[str], add: Iterable[str], remove: Iterable[str]) -> list[str]:
    """What is there after adding, then removing; the order of what stays is kept."""
    gone = set(all_canonical("remove", remove))
    together = dict.fromkeys([*old, *all_canonical("add", add)])
    return [one for one in together if one not in gone]
