"""Which DNS server is asked: its place, and of DoH the path. Pure."""

from typing import Final
from urllib.parse import urlsplit

import msgspec

from forepost.agent.ports.dialer import Failed
from forepost.agent.probes.hostport import HostPort, host_port
from forepost.kit.idna_name import presented
from forepost.wire.probes.dns import DnsProtocol

PORTS: Final[dict[DnsProtocol, int]] = {"udp": 53, "tcp": 53, "dot": 853, "doh": 443}
TEMPLATE_END: Final = "{?dns}"
"""How RFC 8484 has a server's URL end."""


class DnsServer(msgspec.Struct, frozen=True, kw_only=True):
    at: HostPort
    path: str = ""
    """Of DoH, with the query."""

    def __str__(self) -> str:
        return f"https://{self.at}{self.path}" if self.path else str(self.at)

    def authority(self, name: str = "") -> str:
        """Return the Host header of DoH; `name` stands for the host."""
        shown = str(HostPort(presented(name or self.at.host), self.at.port))
        return shown if self.at.port != PORTS["doh"] else shown.rpartition(":")[0]


def server_of(text: str, protocol: DnsProtocol) -> DnsServer:
    """Raises Failed."""
    if protocol != "doh":
        return DnsServer(at=host_port(text, PORTS[protocol]))
    bare = text.removesuffix(TEMPLATE_END)
    try:
        parts = urlsplit(bare if "://" in bare else f"https://{bare}")
    except ValueError as error:
        raise Failed("denied", f"{text!r}: {error}") from None
    if parts.scheme != "https":
        raise Failed("denied", f"{text!r}: DoH needs https")
    path = (parts.path.rstrip("/") or "/dns-query") + (f"?{parts.query}" if parts.query else "")
    return DnsServer(at=host_port(parts.netloc, PORTS["doh"]), path=path)
