"""Records of telemetry: their fields, their sums, the same for every sink."""

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from forepost.wire.flows import telemetry as wire
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
"""What the published schema requires (docs/seeds/netify.md, 3.1), those of its counts included."""
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
            as_on_a_wire = ["gro", "off", "gso", "off", "tso", "off"]
            end.run("ethtool", "-K", "cable", *as_on_a_wire)
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
            stage.status = agent.ask(command="status")["data"]
            near.run("ping", "-c1", "-W1", FAR)  # a flow that is there at the end
            after = counted(far)
            stage.packets, stage.bytes = after[0] - before[0], after[1] - before[1]
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
