"""Records of telemetry: their fields, their sums, what each level of privacy tells."""

import io
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import chain
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from forepost.agent.edges.capture.capture_file import CaptureFile
from forepost.agent.edges.routes import DefaultRoute
from forepost.agent.flows.groups import Groups, read_entry
from forepost.agent.flows.hints import Hints
from forepost.agent.flows.meters import MeterState
from forepost.agent.flows.naming import Rules
from forepost.agent.flows.sides import Sides
from forepost.agent.flows.table import FlowTable
from forepost.agent.flows.telemetry import Telemetry
from forepost.agent.meter.replay import Replay
from forepost.wire import flow_telemetry as wire
from forepost.wire.flow_socket import AgentStatus
from forepost.wire.meter import ENDED, MESSAGE, ROWS, Label, MeterOrder, Totals, Up
from forepost.wire.probes import Interface, Route
from tests.fakes.clock import FakeClock
from tests.lab.captures import SECOND_NS, pcap
from tests.lab.frames import ACK, PSH, ethernet, ipv4, tcp, udp
from tests.lab.net import Namespace, pair
from tests.lonely import LonelyAgent
from tests.running import until

NEAR, FAR = "198.18.0.1", "198.18.0.2"
PORT: Final = 7_227
TYPES: Final[dict[str, type[Any]]] = {
    "flow": wire.FlowRecord,
    "flow_dpi_update": wire.FlowRecord,
    "flow_dpi_complete": wire.FlowRecord,
    "flow_stats": wire.FlowStats,
    "flow_purge": wire.FlowPurge,
    "agent_status": wire.AgentStatusRecord,
    "endpoints": wire.Endpoints,
    "interfaces": wire.Interfaces,
    "interface_stats": wire.InterfaceStats,
}
COUNTS: Final = {
    "digest", "digest_prev", "last_seen_at", "local_bytes", "local_packets", "local_rate",
    "other_bytes", "other_packets", "other_rate", "total_bytes", "total_packets",
    "detection_packets",
}  # fmt: skip
FLOW: Final = COUNTS | {
    "app_ip_override", "app_proto_twins", "category", "detected_application",
    "detected_application_name", "detected_protocol", "detected_protocol_name",
    "detection_guessed", "detection_updated", "dhc_hit", "dns_host_name", "fhc_hit",
    "first_seen_at", "host_server_name", "ip_dscp", "ip_nat", "ip_protocol", "ip_version",
    "local_ip", "local_mac", "local_origin", "local_port", "other_ip", "other_mac", "other_port",
    "other_type", "soft_dissector", "tags", "vlan_id",
}  # fmt: skip
"""What the published schema requires (contracts/netify.md, 3.1), those of its counts included."""
STATUS: Final = {
    "agent_version", "build_version", "cpu_cores", "cpu_system", "cpu_system_prev", "cpu_user",
    "cpu_user_prev", "dhc_status", "fhc_status", "flow_count", "flow_count_prev", "flows_active",
    "flows_expired", "flows_expiring", "flows_in_use", "flows_purged", "maxrss_kb",
    "maxrss_kb_prev", "memrss_kb", "memrss_kb_prev", "tcm_kb", "timestamp", "update_imf",
    "update_interval", "uptime",
}  # fmt: skip
INTERFACE: Final = {
    "raw", "ip", "tcp", "udp", "icmp", "vlan", "fragmented", "discarded", "discarded_bytes",
    "capture_dropped", "queue_dropped", "flow_dropped", "ip_bytes", "wire_bytes",
}  # fmt: skip

Said = list[dict[str, Any]]


class Taking(BaseHTTPRequestHandler):
    said: Said = []

    def do_POST(self) -> None:
        Taking.said += json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class Reader(threading.Thread):
    """Reads lines until the other side is gone."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(daemon=True)
        self._connection = connection
        self.said: Said = []

    def run(self) -> None:
        with self._connection, self._connection.makefile("rb") as lines:
            for one in lines:
                self.said.append(json.loads(one))


class Stage:
    """What each sink was told of the same traffic, and what the interface counted."""

    def __init__(self) -> None:
        self.sinks: dict[str, Said] = {}
        self.packets = self.bytes = 0
        self.status: dict[str, Any] = {}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    folder = tmp_path_factory.mktemp("telemetry")
    stage = Stage()
    with pair(near=(f"{NEAR}/24",), far=(f"{FAR}/24",)) as (near, far):
        for end in (near, far):
            end.sysctl("net.ipv6.conf.cable.disable_ipv6", "1")
            end.run(
                *["ethtool", "-K", "cable", "gro", "off", "gso", "off", "tso", "off"]
            )  # as on a wire
        far.ip(f"route add default via {NEAR} dev cable")
        with far.inside():
            server = HTTPServer(("127.0.0.1", 8_080), Taking)
        taking = threading.Thread(target=server.serve_forever, args=(0.05,))
        taking.start()
        agent = metering(far, folder)
        try:
            readers = {
                "unix": Reader(connected(lambda: unix(folder / "sink.sock"))),
                "tcp": Reader(connected(lambda: within(far, ("127.0.0.1", PORT)))),
            }
            for reader in readers.values():
                reader.start()
            before = counted(far)
            traffic(near, far)
            until(lambda: not agent.ask(command="list-flows")["data"]["total"], 12)
            time.sleep(1.2)  # one more update
            after = counted(far)
            stage.packets, stage.bytes = after[0] - before[0], after[1] - before[1]
            stage.status = agent.ask(command="status")["data"]
            near.run("ping", "-c1", "-W1", FAR)  # a flow that is there at the end
            assert agent.stop() == 0, agent.output
            for reader in readers.values():
                reader.join(5)
            stage.sinks = {name: list(reader.said) for name, reader in readers.items()}
            stage.sinks["http"] = list(Taking.said)
            lines = (folder / "flows.log").read_text().splitlines()
            stage.sinks["log"] = [json.loads(one) for one in lines]
        finally:
            agent.end()
            server.shutdown()
            taking.join()
            server.server_close()
    return stage


def metering(place: Namespace, folder: Path) -> LonelyAgent:
    sinks = [
        {"kind": "log", "path": str(folder / "flows.log")},
        {"kind": "socket", "path": str(folder / "sink.sock"), "records": ["flow", "flow_purge"]},
        {"kind": "socket", "listen": f"127.0.0.1:{PORT}"},
        {"kind": "http", "url": "http://127.0.0.1:8080/flows", "token": "t"},
    ]
    agent = LonelyAgent(
        folder / "agent",
        prefix=("ip", "netns", "exec", place.name),
        FOREPOST_FLOWS__INTERFACES='["cable"]',
        FOREPOST_FLOWS__UPDATE_INTERVAL="1",
        FOREPOST_FLOWS__TTL_IDLE_FLOW="2",
        FOREPOST_FLOWS__LOCAL=f'["{FAR}"]',
        FOREPOST_FLOWS__SINKS=json.dumps(sinks),
    )
    agent.start().ready()
    until(lambda: agent.ask(command="status")["data"]["interfaces"][0]["running"], 15)
    agent.ask(command="add-group-address", group="lab", data=NEAR)
    return agent


def connected(connect: Callable[[], socket.socket]) -> socket.socket:
    deadline = time.monotonic() + 5
    while True:
        try:
            return connect()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def unix(path: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    try:
        made.connect(str(path))
    except OSError:
        made.close()
        raise
    return made


def within(place: Namespace, at: tuple[str, int]) -> socket.socket:
    with place.inside():
        return socket.create_connection(at)


def traffic(near: Namespace, far: Namespace) -> None:
    """Datagrams on 20 ports, three times, and a connection."""
    with far.inside(), socket.create_server((FAR, 80)) as server, near.inside():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for again in range(3):
                for port in range(9_000, 9_020):
                    sender.sendto(bytes(port - 9_000 + again), (FAR, port))
                time.sleep(0.4)
        with socket.create_connection((FAR, 80)) as client:
            connection, _ = server.accept()
            client.sendall(b"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n")
            with connection:
                connection.recv(1_000)
                connection.sendall(bytes(5_000))
            while client.recv(10_000):
                pass


def counted(place: Namespace) -> tuple[int, int]:
    """Packets and bytes of the cable, both ways."""
    with place.inside():
        lines = Path("/proc/thread-self/net/dev").read_text().splitlines()
    words = next(one.split(":")[1].split() for one in lines if one.strip().startswith("cable:"))
    return int(words[1]) + int(words[9]), int(words[0]) + int(words[8])


def of(said: Said, kind: str) -> Said:
    return [one for one in said if one["type"] == kind]


def test_every_record_has_the_fields_that_the_schema_names(stage: Stage) -> None:
    said = stage.sinks["log"]
    assert {one["type"] for one in said} == TYPES.keys() - {"flow_dpi_update"}
    for one in said:
        decoded = msgspec.convert(one, TYPES[one["type"]])
        assert msgspec.to_builtins(decoded) == one
    for kind, fields in (("flow", FLOW), ("flow_dpi_complete", FLOW), ("flow_stats", COUNTS),
                         ("flow_purge", COUNTS)):  # fmt: skip
        for one in of(said, kind):
            assert one.keys() >= {"type", "interface", "internal", "flow"}
            assert one["flow"].keys() >= fields
    assert all(one["reason"] in ("closed", "expired") for one in of(said, "flow_purge"))
    assert all(one.keys() >= STATUS for one in of(said, "agent_status"))
    assert all(one["stats"].keys() >= INTERFACE for one in of(said, "interface_stats"))


def test_beginnings_ends_and_stats_add_up_to_the_interface(stage: Stage) -> None:
    said = stage.sinks["log"]
    begun = Counter(one["flow"]["digest"] for one in of(said, "flow"))
    complete = Counter(one["flow"]["digest"] for one in of(said, "flow_dpi_complete"))
    ended = {one["flow"]["digest"]: one["flow"] for one in of(said, "flow_purge")}
    assert begun.keys() == ended.keys()
    assert set(begun.values()) == {1}
    assert complete.keys() == begun.keys()
    moved: Counter[str] = Counter()
    packets = 0
    for one in of(said, "flow_stats"):
        flow = one["flow"]
        moved[flow["digest"]] += flow["local_bytes"] + flow["other_bytes"]
        packets += flow["local_packets"] + flow["other_packets"]
    assert dict(moved) == {digest: flow["total_bytes"] for digest, flow in ended.items()}
    stats = [one["stats"] for one in of(said, "interface_stats")]
    assert moved.total() == sum(one["ip_bytes"] for one in stats)
    assert packets == sum(one["raw"] for one in stats)
    assert (packets, moved.total()) == (stage.packets, stage.bytes)
    assert sum(one["udp"] for one in stats) == 60
    assert sum(one["wire_bytes"] for one in stats) == stage.bytes + 24 * stage.packets


def test_why_flows_ended_and_what_they_were(stage: Stage) -> None:
    said = stage.sinks["log"]
    reasons = Counter(one["reason"] for one in of(said, "flow_purge"))
    assert reasons["closed"] == 1
    assert reasons["expired"] >= 20
    (http,) = (
        one["flow"]
        for one in of(said, "flow_dpi_complete")
        if one["flow"]["detected_protocol_name"] == "HTTP"
    )
    assert http["host_server_name"] == "www.example.com"
    assert http["tags"] == ["group.lab"]
    assert (http["local_ip"], http["other_ip"], http["local_origin"]) == (FAR, NEAR, False)
    told = {"02:00:00:00:00:02": [FAR]}
    assert told in [one["endpoints"] for one in of(said, "endpoints")]
    assert of(said, "interfaces")[-1]["interfaces"] == {
        "cable": {
            "addr": [FAR], "mac": "02:00:00:00:00:02", "role": "WAN", "capture_type": "ebpf",
        }
    }  # fmt: skip


def test_every_sink_is_told_the_same(stage: Stage) -> None:
    """But for what it does not want, and what was said before it was connected."""
    told = {
        name: {(one["type"], one["flow"]["digest"]) for one in said if "flow" in one}
        for name, said in stage.sinks.items()
    }
    assert told["tcp"] == told["http"] == told["log"]
    assert told["unix"] == {one for one in told["log"] if one[0] in ("flow", "flow_purge")}
    assert {one["type"] for one in stage.sinks["unix"]} == {"flow", "flow_purge"}


def test_status_tells_what_each_sink_lost(stage: Stage) -> None:
    kinds = [(one["kind"], one["lost"]) for one in stage.status["sinks"]]
    assert kinds == [("log", 0), ("socket", 0), ("socket", 0), ("http", 0)]
    assert stage.status["sinks"][3]["place"] == "http://127.0.0.1:8080/flows"


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
    groups.ours("lab").add(read_entry("10.1.2.0/24"))
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
            if isinstance(said, Label):
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
