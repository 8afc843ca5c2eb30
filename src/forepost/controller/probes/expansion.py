"""What an AGENT probe stands for: MTR, PING and TRAFFICSIM towards another agent. Pure.

Every direction is a probe of the agent that measures it, so that a result's direction is told by
whose probe it is; nothing is derived from who reported. NetWatcher's agent measures the way back
with its TRAFFICSIM server, which posts under the probe that is named to it: the one of that way.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from forepost.controller.probes.peers import Peer, address_of
from forepost.wire.probes import line_interval_sec
from forepost.wire.probes.probe import Probe, ProbeTarget
from forepost.wire.probes.trafficsim import flat

MTR_TIMEOUT_SEC, MTR_COUNT = 30, 5
TRAFFICSIM_TIMEOUT_SEC = 10
SINCE: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""When objects were made that nobody made."""


class Towards(msgspec.Struct, frozen=True):
    """An enabled probe of another agent that measures towards this one."""

    agent_id: int
    """Whose it is."""
    way_back: Probe | None
    """This agent's own AGENT probe towards that agent, if it has one."""


def expanded(probe: Probe, here: Peer, peers: Mapping[int, Peer]) -> list[Probe]:
    """The probe as its agent is to run it, other agents resolved to addresses.

    An agent that is away keeps the address it had last: its absence is loss, and is recorded. One
    that was never heard of has none, and nothing can be measured towards it yet.
    """
    if probe.type == "AGENT":
        return [
            child
            for target in probe.targets or ()
            if target.agent_id is not None and target.agent_id in peers
            for child in _children(probe, target, here, peers[target.agent_id])
        ]
    targets = [
        resolved
        for target in probe.targets or ()
        if (resolved := _resolved(probe.type, target, here, peers)) is not None
    ]
    if not targets and probe.targets:
        return []
    return [msgspec.structs.replace(probe, targets=targets)]


def compatible(metadata: Any) -> bool:
    """Whether a probe asks for NetWatcher's TRAFFICSIM between two agents of ours."""
    return flat(metadata).get("compatible") is True


def server(
    here: Peer,
    workspace_id: int,
    towards: Iterable[Towards],
    plainly: AbstractSet[int] = frozenset(),
) -> list[Probe]:
    """The TRAFFICSIM servers that `here` runs: none unless somebody may talk to it.

    One for each agent that cannot be a server itself, measuring the way back over its client's
    socket; and one for all others, which names those that it answers. `plainly`: those whose probe
    asks for NetWatcher's protocol.
    """
    towards = sorted(towards, key=lambda one: one.agent_id)
    if not here.trafficsim or not towards:
        return []
    place = f"{here.trafficsim_host or '0.0.0.0'}:{here.trafficsim_port}"  # noqa: S104 - its agent's
    found = [
        _server(here, workspace_id, place, [client.agent_id], _answering(client, client.way_back))
        for client in towards
        if client.way_back is not None
    ]
    everybody = list(dict.fromkeys(client.agent_id for client in towards))
    as_asked = sorted(plainly & set(everybody))
    told = {"compatible_agents": as_asked} if as_asked else {}
    return [*found, _server(here, workspace_id, place, everybody, told, generic=True)]


def _children(probe: Probe, target: ProbeTarget, here: Peer, there: Peer) -> list[Probe]:
    address = address_of(there, here)
    if not address:
        return []
    to = msgspec.structs.replace(target, target=address)
    found = [
        msgspec.structs.replace(
            probe,
            type="MTR",
            targets=[to],
            interval_sec=line_interval_sec("AGENT", "MTR", probe.interval_sec),
            timeout_sec=MTR_TIMEOUT_SEC,
            count=MTR_COUNT,
        )
    ]
    if _asked(probe.metadata, "include_ping", otherwise=True):
        found.append(msgspec.structs.replace(probe, type="PING", targets=[to]))
    if there.trafficsim:
        port = host_port(address, there.trafficsim_port)
        found.append(
            msgspec.structs.replace(
                probe,
                type="TRAFFICSIM",
                targets=[msgspec.structs.replace(to, target=port)],
                interval_sec=line_interval_sec("AGENT", "TRAFFICSIM", probe.interval_sec),
                timeout_sec=TRAFFICSIM_TIMEOUT_SEC,
                count=0,
                metadata=_both_ways(probe.metadata, to_be_answered=_is_answered(probe, here)),
            )
        )
    return found


def _resolved(
    kind: str, target: ProbeTarget, here: Peer, peers: Mapping[int, Peer]
) -> ProbeTarget | None:
    if target.agent_id is None or target.target:
        return target
    there = peers.get(target.agent_id)
    address = address_of(there, here) if there is not None else ""
    if there is None or not address:
        return None
    if kind == "TRAFFICSIM":
        address = host_port(address, there.trafficsim_port)
    return msgspec.structs.replace(target, target=address)


def host_port(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _is_answered(probe: Probe, here: Peer) -> bool:
    """Whether the other side's server measures the way back over our socket: where we have a server
    of our own, its client measures that way, and twice would be once too often.
    """
    return probe.bidirectional and not here.trafficsim


def _both_ways(metadata: Any, *, to_be_answered: bool) -> dict[str, Any]:
    """What tells NetWatcher's client to answer the server's own packets, or not to."""
    mine = dict(metadata) if isinstance(metadata, dict) else {}
    nested = mine.get("trafficsim")
    kept = dict(nested) if isinstance(nested, dict) else {}
    if to_be_answered:
        return {**mine, "bidirectional": True, "trafficsim": {**kept, "bidirectional": True}}
    mine.pop("bidirectional", None)
    kept.pop("bidirectional", None)
    if kept or "trafficsim" in mine:
        mine["trafficsim"] = kept
    return mine


def _asked(metadata: Any, name: str, *, otherwise: bool) -> bool:
    expansion = metadata.get("expansion") if isinstance(metadata, dict) else None
    value = expansion.get(name) if isinstance(expansion, dict) else None
    return value if isinstance(value, bool) else otherwise


def _answering(client: Towards, way_back: Probe) -> dict[str, Any]:
    return {
        "bidirectional": True,
        "trafficsim": {
            "bidirectional": True,
            "bidirectional_server": True,
            "client_probe_id": way_back.id,
            "client_agent_id": client.agent_id,
        },
    }


def _server(
    here: Peer,
    workspace_id: int,
    place: str,
    clients: list[int],
    metadata: dict[str, Any],
    *,
    generic: bool = False,
) -> Probe:
    """The first target is where it listens; each carries the id of a client that it answers."""
    first, *more = clients
    listening = [(place, None), ("", first)] if generic else [(place, first)]
    return Probe(
        id=0,
        created_at=SINCE,
        updated_at=SINCE,
        workspace_id=workspace_id,
        agent_id=here.agent_id,
        type="TRAFFICSIM",
        server=True,
        labels={},
        metadata=metadata,
        targets=[
            ProbeTarget(
                id=0, created_at=SINCE, updated_at=SINCE, probe_id=0, target=text, agent_id=client
            )
            for text, client in [*listening, *(("", client) for client in more)]
        ],
    )
