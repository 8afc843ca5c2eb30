"""What a probe measures towards: refused here where no agent could make anything of it. Pure."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from forepost.kit.errors import Invalid
from forepost.wire.probes.probe import TARGETLESS

WITH_PORT: Final = frozenset({"TCP"})
MAY_HAVE_PORT: Final = frozenset({"TLS", "SNMP", "TRAFFICSIM"})
HOST_ONLY: Final = frozenset({"PING", "MTR"})
ELSEWHERE: Final = {"HTTP": "url", "TLS": "target", "SNMP": "target"}
"""Options that go before the target, which then may be anything."""
SCHEMES: Final = {"HTTP": ("http", "https")}


def check_targets(kind: str, hosts: list[str], peers: list[int], metadata: Any = None) -> None:
    """Raises Invalid."""
    if kind == "AGENT" and (hosts or not peers):
        raise Invalid("agent_targets: a probe of type AGENT measures towards agents, at least one")
    if not hosts and not peers and kind not in TARGETLESS:
        raise Invalid(f"targets: a probe of type {kind} needs at least one")
    for host in hosts:
        if any(c.isspace() or not c.isprintable() for c in host):
            raise Invalid(f"targets: {host!r} is not an address, a name or a URL")
        if not (isinstance(metadata, Mapping) and metadata.get(ELSEWHERE.get(kind))):
            reason = _why_not(kind, host)
            if reason:
                raise Invalid(f"targets: {host!r}: {reason}")


def _why_not(kind: str, host: str) -> str:
    """Empty: an agent may try."""
    try:
        if kind == "HTTP" or (kind == "TLS" and "://" in host):
            return _why_no_url(kind, host)
        if kind in HOST_ONLY:
            there = host.count(":") != 1 and not any(c in "/@[]" for c in host)
            return "" if there else "a name or an address is needed, without a port"
        if kind in WITH_PORT | MAY_HAVE_PORT:
            return _why_no_endpoint(host, required=kind in WITH_PORT)
    except ValueError as error:
        return str(error)
    return ""


def _why_no_url(kind: str, text: str) -> str:
    parts = urlsplit(text if "://" in text else f"https://{text}")
    if kind in SCHEMES and parts.scheme not in SCHEMES[kind]:
        return "the scheme is neither http nor https"
    if not parts.hostname:
        return "no host"
    return "no such port" if parts.port == 0 else ""


def _why_no_endpoint(text: str, *, required: bool) -> str:
    if text.count(":") > 1 and not text.startswith("["):  # IPv6 alone
        return "no port: [ADDRESS]:PORT is needed" if required else ""
    parts = urlsplit(f"//{text}")
    if not parts.hostname or parts.netloc != text or "@" in text:
        return "HOST:PORT is needed" if required else "HOST or HOST:PORT is needed"
    if parts.port == 0:
        return "no such port"
    return "no port: HOST:PORT is needed" if required and parts.port is None else ""
