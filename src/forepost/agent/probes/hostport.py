"""HOST, HOST:PORT, IPv6, [IPv6] and [IPv6]:PORT."""

import msgspec

from forepost.agent.ports.dialer import Failed


class HostPort(msgspec.Struct, frozen=True):
    host: str
    """A name or an address, without brackets."""
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def host_port(text: str, default_port: int | None = None) -> HostPort:
    """Without a default the port must be there. Raises Failed."""
    bare = text.strip()
    if bare.startswith("["):
        host, closed, rest = bare[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise _wrong(f"{text!r}: no closing bracket before the port")
        port = rest[1:]
    elif bare.count(":") > 1:  # IPv6 alone
        host, port = bare, ""
    else:
        host, _, port = bare.partition(":")
    if not host or any(one.isspace() or one in "/@" for one in host):
        raise _wrong(f"{text!r}: no host")
    if not port and default_port is not None:
        return HostPort(host, default_port)
    if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65_536):
        raise _wrong(f"{text!r}: {'no port' if not port else 'no such port'}")
    return HostPort(host, int(port))


def host_of(text: str) -> str:
    """The host of HOST:PORT; what is none as it came."""
    try:
        return host_port(text, 1).host
    except Failed:
        return text


def _wrong(reason: str) -> Failed:
    return Failed("denied", reason)
