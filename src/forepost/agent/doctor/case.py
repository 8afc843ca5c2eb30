"""What the checks are told, and how they say what they found. Pure."""

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

import msgspec

from forepost.agent.node import Identity
from forepost.agent.settings import Settings
from forepost.wire.local.doctor import Finding

NET_RAW: Final = (
    "give the agent CAP_NET_RAW: in its systemd unit AmbientCapabilities=CAP_NET_RAW, or "
    "setcap cap_net_raw+ep on the Python that runs it"
)
NET_BIND: Final = (
    "take a port of 1024 or more, or give the agent CAP_NET_BIND_SERVICE: in its systemd unit "
    "AmbientCapabilities=CAP_NET_BIND_SERVICE"
)
PING_GROUP: Final = "sysctl -w net.ipv4.ping_group_range='0 2147483647'"


class AskedTarget(msgspec.Struct, frozen=True):
    target: str = ""


class ProbeFacts(msgspec.Struct, frozen=True):
    """What is looked at of a probe."""

    type: str = ""
    enabled: bool = True
    bind_interface: str = ""
    metadata: dict[str, Any] | None = None
    server: bool = False
    targets: list[AskedTarget] | None = None


def needs(probes: Iterable[ProbeFacts]) -> frozenset[str]:
    """Types of probes, and what only some of a type need."""
    found: set[str] = set()
    for probe in (one for one in probes if one.enabled):
        asked = probe.metadata or {}
        protocol = str(asked.get("protocol") or "icmp").lower()
        by_protocol = probe.type == "MTR" and protocol != "icmp"
        found.add(f"MTR {protocol}" if by_protocol else probe.type)
        if probe.bind_interface:
            found.add("bind_interface")
        if probe.type == "SNMP" and asked.get("privacy_password"):
            found.add("SNMP privacy")
    return frozenset(found)


def served(probes: Iterable[ProbeFacts]) -> tuple[str, ...]:
    """Where TRAFFICSIM servers are to listen."""
    servers = [one for one in probes if one.enabled and one.server and one.type == "TRAFFICSIM"]
    found = [one.targets[0].target for one in servers if one.targets and one.targets[0].target]
    return tuple(dict.fromkeys(found))


class Case(msgspec.Struct, frozen=True, kw_only=True):
    settings: Settings
    wanted: AbstractSet[str]
    """What the probes need that this agent was told to run last, as `needs` names it."""
    served: tuple[str, ...] = ()
    """Where TRAFFICSIM servers are to listen."""
    identity: Identity | None = None
    """Whose key is here; None also where whoever asks may not read it."""
    unreadable: str = ""
    """Why whoever asks may not read the key."""
    standing: Callable[[Identity], str] = lambda _: "known"
    """What a controller makes of a key that cannot be looked at otherwise: "known" or why not."""
    running: bool = False
    """Whether the agent of these settings runs now."""
    cut_off: str = ""
    """What the agent that runs says of its line, where it has none now."""

    def finding(
        self, check: str, why_not: str, needed_by: Sequence[str], *, detail: str = "", grant: str
    ) -> Finding:
        """`ok` without a `why_not`; configured where a probe that is wanted needs it.

        `needed_by` has the names that `needs` gives.
        """
        return Finding(
            check=check,
            state="lacks" if why_not else "ok",
            detail=why_not or detail,
            grant=grant if why_not else "",
            needed_by=list(needed_by),
            configured=not self.wanted.isdisjoint(needed_by),
        )
