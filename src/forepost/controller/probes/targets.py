"""What a probe measures towards: refused here where no agent could make anything of it. Pure."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from forepost.kit.errors import Invalid
from forepost.kit.one_target import is_like_an_address, one_target
from forepost.wire.probes import KINDS, TARGETLESS
from forepost.wire.probes.kind import TargetForm

SCHEMES: Final[dict[TargetForm, tuple[str, str]]] = {
    "url": ("http", "https"),
    "websocket url": ("ws", "wss"),
}
"""Where a URL is all that there can be."""
NOT_MEASURED: Final = {
    "RPERF": "for packets between agents there is TRAFFICSIM, for throughput the speed tests",
}
"""Types that NetWatcher names and no agent of either make runs, with what there is instead."""
NO_ADDRESS: Final = "an address has four numbers from 0 to 255 without zeros before them"


def check_targets(kind: str, hosts: list[str], peers: list[int], metadata: Any = None) -> None:
    """Raises Invalid."""
    if kind in NOT_MEASURED:
        raise Invalid(f"type: no agent measures {kind}; {NOT_MEASURED[kind]}")
    if kind == "AGENT" and (hosts or not peers):
        raise Invalid("agent_targets: a probe of type AGENT measures towards agents, at least one")
    if not hosts and not peers and kind not in TARGETLESS:
        raise Invalid(f"targets: a probe of type {kind} needs at least one")
    named_in = KINDS[kind].named_in if kind in KINDS else ""
    form = KINDS[kind].target if kind in KINDS else "any"
    for host in hosts:
        if any(c.isspace() or not c.isprintable() for c in host):
            raise Invalid(f"targets: {host!r} is not an address, a name or a URL")
        # What is named elsewhere goes before the target, which then may be anything.
        if not (isinstance(metadata, Mapping) and metadata.get(named_in)):
            reason = _why_not(form, host)
            if reason:
                raise Invalid(f"targets: {host!r}: {reason}")


def spelled(hosts: list[str]) -> list[str]:
    """Return the targets in their one spelling, each once."""
    return list(dict.fromkeys(map(one_target, hosts)))


def _why_not(form: TargetForm, host: str) -> str:
    """Empty: an agent may try."""
    try:
        if form in SCHEMES or (form == "endpoint or url" and "://" in host):
            return _why_no_url(form, host)
        if form == "host":
            there = host.count(":") != 1 and not any(c in "/@[]" for c in host)
            if is_like_an_address(host):
                return NO_ADDRESS
            return "" if there else "a name or an address is needed, without a port"
        if form != "any":
            return _why_no_endpoint(host, required=form == "port")
    except ValueError as error:
        return str(error)
    return ""


def _why_no_url(form: TargetForm, text: str) -> str:
    schemes = SCHEMES.get(form, ("", "https"))
    parts = urlsplit(text if "://" in text else f"{schemes[-1]}://{text}")
    if form in SCHEMES and parts.scheme not in schemes:
        return "the scheme is neither {} nor {}".format(*schemes)
    if not parts.hostname:
        return "no host"
    if is_like_an_address(parts.hostname):
        return NO_ADDRESS
    return "no such port" if parts.port == 0 else ""


def _why_no_endpoint(text: str, *, required: bool) -> str:
    if text.count(":") > 1 and not text.startswith("["):  # IPv6 alone
        return "no port: [ADDRESS]:PORT is needed" if required else ""
    parts = urlsplit(f"//{text}")
    if not parts.hostname or parts.netloc != text or "@" in text:
        return "HOST:PORT is needed" if required else "HOST or HOST:PORT is needed"
    if is_like_an_address(parts.hostname):
        return NO_ADDRESS
    if parts.port == 0:
        return "no such port"
    return "no port: HOST:PORT is needed" if required and parts.port is None else ""
