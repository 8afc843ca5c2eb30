"""What each level of privacy leaves in the records of telemetry."""

import io
import json
from itertools import chain
from typing import Any

import msgspec

from forepost.agent.cores.routes import DefaultRoute
from forepost.agent.edges.capture.capture_file import CaptureFile
from forepost.agent.flows.entries import read_entries
from forepost.agent.flows.groups import Groups
from forepost.agent.flows.hints import Hints
from forepost.agent.flows.meters import MeterState
from forepost.agent.flows.names import Rules
from forepost.agent.flows.sides import Sides
from forepost.agent.flows.table import FlowTable
from forepost.agent.flows.telemetry import Telemetry
from forepost.agent.meter.replay import Replay
from forepost.wire.flows.meter import ENDED, MESSAGE, ROWS, FlowLabel, MeterOrder, Totals, Up
from forepost.wire.flows.socket import AgentStatus
from forepost.wire.probes.netinfo import Interface, Route
from tests.fakes.clock import FakeClock
from tests.lab.captures import SECOND_NS, pcap
from tests.lab.frames import ACK, PSH, ethernet, ipv4, tcp, udp

FAR = "198.18.0.2"
Said = list[dict[str, Any]]


def of(said: Said, kind: str) -> Said:
    return [one for one in said if one["type"] == kind]


class Lines:
    def __init__(self) -> None:
        self.said: Said = []

    def take(self, kind: str, line: bytes) -> None:
        self.said.append(json.loads(line))
        assert self.said[-1]["type"] == kind


def told_at(privacy: int) -> Said:
    """Of one HTTP connection and one datagram."""
    request = b"GET /secret HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: lab\r\n\r\n"
    packets = [
        ethernet(ipv4("10.1.2.3", FAR, 6, tcp(40_000, 80, 1, PSH | ACK, request)), 0x0800),
        ethernet(ipv4("10.1.2.3", FAR, 17, udp(5, 6, b"12")), 0x0800),
    ]
    lines, groups = Lines(), Groups()
    groups.ours("lab").add(*read_entries("10.1.2.0/24"))
    groups.changed()
    state = MeterState(interface="cable", backend="ring", now=Totals(packets=2, bytes=200))
    own = Interface(
        name="cable", index=2, type="ethernet", mac="02:00:00:00:00:01", mtu=1_500, flags=[],
        ipv4=["10.1.2.1/24"], ipv6=[], gateway="", is_default=False,
    )  # fmt: skip
    network: tuple[list[Interface], list[Route], DefaultRoute] = ([own], [], DefaultRoute())
    telemetry = Telemetry([lines], FakeClock(), privacy, status, lambda: [state], lambda: network)
    table = FlowTable(Sides(), groups, Hints(), Rules(), telemetry, 100)
    file = io.BytesIO(pcap([(SECOND_NS * 10**9, packet) for packet in packets]))
    for frame in Replay(MeterOrder(interface="cable"), CaptureFile(file)).frames():
        if frame[:1] == ROWS:
            table.rows("cable", frame[1:])
        elif frame[:1] == ENDED:
            table.ended("cable", frame[1:])
        elif frame[:1] == MESSAGE:
            said = msgspec.msgpack.decode(frame[1:], type=Up)
            if isinstance(said, FlowLabel):
                table.label("cable", said)
    for _ in chain(table.update(1), table.sweep()):
        continue
    telemetry.tick()
    return lines.said


def status() -> AgentStatus:
    zero = dict.fromkeys(AgentStatus.__struct_fields__[:23], 0)
    return msgspec.convert({**zero, "agent_version": "a", "dhc_status": True, "fhc_status": True,
                            "cpu_system": 0.0, "cpu_user": 0.0}, AgentStatus)  # fmt: skip


def test_level_0_tells_all() -> None:
    said = told_at(0)
    complete = of(said, "flow_dpi_complete")[0]["flow"]
    assert complete["local_ip"] == "10.1.2.3"
    assert complete["local_mac"] == "02:00:00:00:00:01"
    assert complete["host_server_name"] == "www.example.com"
    assert complete["http"] == {"url": "/secret", "user_agent": "lab"}
    assert of(said, "endpoints")[0]["endpoints"] == {"02:00:00:00:00:01": ["10.1.2.3"]}
    assert of(said, "interfaces")[0]["interfaces"]["cable"] == {
        "addr": ["10.1.2.1"], "mac": "02:00:00:00:00:01", "role": "LAN", "capture_type": "tpv3",
    }  # fmt: skip


def test_level_1_tells_no_names() -> None:
    said = told_at(1)
    complete = of(said, "flow_dpi_complete")[0]["flow"]
    assert complete["local_ip"] == "10.1.2.3"
    assert complete["detected_protocol_name"] == "HTTP"
    assert "example" not in json.dumps(said)
    assert "secret" not in json.dumps(said)


def test_level_2_tells_prefixes_for_addresses() -> None:
    said = told_at(2)
    complete = of(said, "flow_dpi_complete")[0]["flow"]
    assert (complete["local_ip"], complete["other_ip"]) == ("10.1.2.0/24", "198.18.0.0/24")
    assert complete["tags"] == ["group.lab"]
    text = json.dumps(said)
    for hidden in ("10.1.2.3", "10.1.2.1", FAR, "02:00", "example", "secret"):
        assert hidden not in text
    assert not of(said, "endpoints")


def test_level_3_tells_counters_only() -> None:
    said = told_at(3)
    assert {one["type"] for one in said} == {"agent_status", "interfaces", "interface_stats"}
    assert of(said, "interface_stats")[0]["stats"]["raw"] == 2
    assert "10.1" not in json.dumps(said)
