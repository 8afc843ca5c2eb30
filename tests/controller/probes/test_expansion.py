"""What an AGENT probe stands for."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from forepost.controller.probes.peers import Peer
from forepost.controller.probes.wanted import Situation, wanted
from forepost.wire.probes.probe import Probe, ProbeTarget

NOW = datetime(2026, 1, 1, tzinfo=UTC)
A = Peer(agent_id=1, public="198.51.100.1", private=("192.0.2.10/24",))
B = Peer(agent_id=2, public="203.0.113.2", private=("10.0.0.2/24",))
SERVES = msgspec.structs.replace(B, trafficsim=True, trafficsim_port=5001)


def probe(probe_id: int, agent_id: int, to: int, kind: str = "AGENT", **more: Any) -> Probe:
    target = ProbeTarget(id=1, created_at=NOW, updated_at=NOW, probe_id=probe_id, agent_id=to)
    return Probe(
        id=probe_id,
        created_at=NOW,
        updated_at=NOW,
        workspace_id=1,
        agent_id=agent_id,
        type=kind,
        targets=[target],
        **more,
    )


def asked(at: Situation) -> list[tuple[str, int, list[tuple[str, int | None]]]]:
    return [
        (p.type, p.id, [(t.target, t.agent_id) for t in p.targets or ()])
        for p in wanted(at)
        if p.type not in ("NETINFO", "SYSINFO")
    ]


def of(agent: Peer, *own: Probe, peers: tuple[Peer, ...] = (A, B), **more: Any) -> Situation:
    known = {peer.agent_id: peer for peer in peers}
    return Situation(workspace_id=1, agent_id=agent.agent_id, own=list(own), peers=known, **more)


def test_mtr_ping_and_where_the_other_serves_trafficsim() -> None:
    assert asked(of(A, probe(7, 1, 2))) == [
        ("MTR", 7, [("203.0.113.2", 2)]),
        ("PING", 7, [("203.0.113.2", 2)]),
    ]
    assert asked(of(A, probe(7, 1, 2), peers=(A, SERVES))) == [
        ("MTR", 7, [("203.0.113.2", 2)]),
        ("PING", 7, [("203.0.113.2", 2)]),
        ("TRAFFICSIM", 7, [("203.0.113.2:5001", 2)]),
    ]
    no_ping = probe(7, 1, 2, metadata={"expansion": {"include_ping": False}})
    assert [kind for kind, *_ in asked(of(A, no_ping))] == ["MTR"]


def test_one_never_heard_of_cannot_be_measured_and_one_that_is_away_is() -> None:
    assert asked(of(A, probe(7, 1, 2), peers=(A, Peer(agent_id=2)))) == []
    assert asked(of(A, probe(7, 1, 2), peers=(A,))) == []
    assert len(asked(of(A, probe(7, 1, 2), peers=(A, B)))) == 2


def test_disabled_probes_stand_for_nothing() -> None:
    assert asked(of(A, probe(7, 1, 2, enabled=False), towards={})) == []


def test_plain_probes_towards_agents_get_their_addresses() -> None:
    assert asked(of(A, probe(7, 1, 2, "PING"))) == [("PING", 7, [("203.0.113.2", 2)])]
    assert asked(of(A, probe(7, 1, 2, "TRAFFICSIM"), peers=(A, SERVES))) == [
        ("TRAFFICSIM", 7, [("203.0.113.2:5001", 2)])
    ]
    six = msgspec.structs.replace(SERVES, public="2001:db8::2")
    assert asked(of(A, probe(7, 1, 2, "TRAFFICSIM"), peers=(A, six))) == [
        ("TRAFFICSIM", 7, [("[2001:db8::2]:5001", 2)])
    ]


def test_a_server_answers_those_that_measure_towards_it_and_nobody_else() -> None:
    assert asked(of(SERVES, peers=(A, SERVES))) == []
    assert asked(of(SERVES, peers=(A, SERVES), towards={1: False})) == [
        ("TRAFFICSIM", 0, [("0.0.0.0:5001", None), ("", 1)])
    ]
    assert asked(of(B, towards={1: True})) == []


def test_the_way_back_is_measured_by_the_server_where_the_client_has_none() -> None:
    back = probe(8, 2, 1, bidirectional=True, reverse_of=7, direction="reverse")
    at = of(SERVES, back, peers=(A, SERVES), towards={1: True})
    servers = [p for p in wanted(at) if p.server]
    assert [[(t.target, t.agent_id) for t in p.targets or ()] for p in servers] == [
        [("0.0.0.0:5001", 1)],
        [("0.0.0.0:5001", None), ("", 1)],
    ]
    assert servers[0].metadata["trafficsim"] == {
        "bidirectional": True,
        "bidirectional_server": True,
        "client_probe_id": 8,
        "client_agent_id": 1,
    }
    there = probe(7, 1, 2, bidirectional=True, metadata={"trafficsim": {"bidirectional": True}})
    (client,) = [p for p in wanted(of(A, there, peers=(A, SERVES))) if p.type == "TRAFFICSIM"]
    flagged = {"bidirectional": True, "trafficsim": {"bidirectional": True}}
    assert client.metadata == flagged
    both = msgspec.structs.replace(A, trafficsim=True)
    # It has a client of its own that way: over the same socket it would be measured twice.
    (client,) = [p for p in wanted(of(both, there, peers=(both, SERVES))) if p.type == "TRAFFICSIM"]
    assert client.metadata == {"trafficsim": {}}
    at = of(SERVES, back, peers=(both, SERVES), towards={1: True})
    assert len([p for p in wanted(at) if p.server]) == 1
    assert ("TRAFFICSIM", 8, [("198.51.100.1:5000", 1)]) in asked(at)
