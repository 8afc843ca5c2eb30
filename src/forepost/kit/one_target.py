"""One spelling for each target: what is measured is one line, however it was written. Pure."""

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

LONGEST: Final = 2_048
"""What is longer is left as it is."""
_URL: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(.*)", re.DOTALL)
_WITH_PORT: Final = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(:[0-9]+)?")
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]+")
_LIKE_AN_ADDRESS: Final = re.compile(
    r"(0[xX][0-9A-Fa-f]+|[0-9]+)(\.(0[xX][0-9A-Fa-f]+|[0-9]+)){0,3}\.?"
)


@lru_cache(maxsize=8_192)
def one_target(text: str) -> str:
    """Return a host, HOST:PORT or URL with its address in the form of RFC 5952, or its name in
    lower case without the dot at its end. What is neither is returned as it is.
    """
    if len(text) > LONGEST:
        return text
    if url := _URL.fullmatch(text):
        scheme, place, rest = url.groups()
        user, at, host = place.rpartition("@")
        return f"{scheme.lower()}://{user}{at}{_place(host)}{rest}"
    return _address(text) or _place(text)


def is_like_an_address(host: str) -> bool:
    """Whether old programs would read an address into it that others do not: `010.0.0.1`."""
    return bool(_LIKE_AN_ADDRESS.fullmatch(host)) and not _address(host)


def _place(text: str) -> str:
    found = _WITH_PORT.fullmatch(text)
    if found is None:
        return text
    host, port = found[1], found[2] or ""
    if host.startswith("["):
        inner = _address(host[1:-1])
        return f"[{inner}]{port}" if inner else text
    if not _NAME.fullmatch(host):
        return text
    return f"{_address(host) or host.lower().removesuffix('.') or host}{port}"


def _address(text: str) -> str:
    """Empty: it is none."""
    try:
        address: IPv4Address | IPv6Address = ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and (old := address.ipv4_mapped) is not None:
        zone = f"%{address.scope_id}" if address.scope_id else ""
        return f"::ffff:{old}{zone}"
    return str(address)
