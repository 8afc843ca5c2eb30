"""Traffic of real programs, seen by both backends and by tcpdump: the same flows in all three."""

import ipaddress
import json
import struct
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from forepost.agent.edges.capture.capture_file import CaptureFile
from forepost.agent.flows import records, views
from forepost.agent.flows.flow import Flow
from forepost.agent.flows.names import Rules
from forepost.agent.flows.recorded import Recorded
from forepost.agent.flows.sides import Sides
from forepost.agent.meter.replay import Replay
from forepost.wire.flows.meter import MeterOrder
from tests.lab.known_traffic import FAR6, NAME, services, tcpdump, traffic
from tests.lab.net import Namespace, pair
from tests.lonely import LonelyAgent
from tests.running import until

LOCAL: Final = ["198.18.0.1/32", "2001:db8::1/128", "0.0.0.0/32"]
SEEN: Final = (
    "local_packets", "other_packets", "local_bytes", "other_bytes", "detected_protocol", "name",
    "reason", "confidence", "local_origin", "tcp_retransmits", "other_type",
)  # fmt: skip
TOLD: Final = ("ssl", "http", "dns", "dhcp", "ssh", "label", "host_server_name")

Ends = tuple[str, tuple[str, int], tuple[str, int]]
"""Protocol, local side, other side."""


class Seen:
    """What each of the three saw."""

    def __init__(self) -> None:
        self.flows: dict[str, dict[Ends, dict[str, Any]]] = {}
        self.told: dict[str, dict[Ends, dict[str, Any]]] = {}
        self.counted: Counter[Ends] = Counter()
        self.bytes: Counter[Ends] = Counter()

    def one(self, protocol: str, port: int, side: int = 2) -> tuple[Ends, dict[str, Any]]:
        """The flow of the file with this port of the other side."""
        ((ends, flow),) = (
            (ends, flow)
            for ends, flow in self.flows["file"].items()
            if ends[0] == protocol and ends[side][1] == port
        )
        return ends, flow


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    folder = tmp_path_factory.mktemp("known")
    with ExitStack() as stack:
        near, far = stack.enter_context(pair())
        for end in (near, far):  # what the wire sees is what everybody sees
            end.run(
                *["ethtool", "-K", "cable", "gro", "off", "gso", "off", "tso", "off", "tx", "off"]
            )
        agents = {
            backend: stack.enter_context(agent_at(near, folder, backend))
            for backend in ("ebpf", "ring")
        }
        services(stack, far, folder)
        capture = folder / "cable.pcap"
        with tcpdump(near, capture):
            traffic(near, far, folder)
            time.sleep(0.5)
        found = Seen()
        from_file(capture, found)
        plain_count(capture.read_bytes(), found)
        for backend, agent in agents.items():
            until(
                lambda agent=agent: live(agent) == found.flows["file"],
                8,
                lambda agent=agent: different(live(agent), found.flows["file"]),
            )
            log = agent.folder.with_suffix(".log")
            until(  # it is written once a second
                lambda agent=agent, log=log: log.exists() and told(agent) == found.told["file"],
                5,
                lambda agent=agent: different(told(agent), found.told["file"]),
            )
            found.flows[backend] = live(agent)
            found.told[backend] = told(agent)
        yield found


@contextmanager
def agent_at(place: Namespace, folder: Path, backend: str) -> Iterator[LonelyAgent]:
    log = folder / f"{backend}.log"
    agent = LonelyAgent(
        folder / backend,
        prefix=("ip", "netns", "exec", place.name),
        FOREPOST_FLOWS__INTERFACES='["cable"]',
        FOREPOST_FLOWS__BACKEND=backend,
        FOREPOST_FLOWS__LOCAL=json.dumps(LOCAL),
        FOREPOST_FLOWS__SINKS=json.dumps([{"kind": "log", "path": str(log)}]),
    )
    agent.start()
    try:
        agent.ready()
        until(lambda: agent.ask(command="status")["data"]["interfaces"][0]["running"], 15)
        yield agent
    finally:
        agent.end()


def ends_of(flow: dict[str, Any]) -> Ends:
    protocol = flow["protocol"]
    return (
        protocol,
        (flow["local_ip"], flow["local_port"]),
        (flow["other_ip"], flow["other_port"]),
    )


def live(agent: LonelyAgent) -> dict[Ends, dict[str, Any]]:
    listed = agent.ask(command="list-flows", limit=1_000)["data"]["flows"]
    return _ours({ends_of(flow): flow for flow in listed})


def _ours(flows: dict[Ends, dict[str, Any]]) -> dict[Ends, dict[str, Any]]:
    """Without what hosts say when a cable is plugged in."""
    return {
        ends: {name: flow[name] for name in SEEN}
        for ends, flow in flows.items()
        if ends[0] in ("TCP", "UDP")
    }


def told(agent: LonelyAgent) -> dict[Ends, dict[str, Any]]:
    """The last that telemetry said of each."""
    lines = agent.folder.with_suffix(".log").read_text().splitlines()
    every = [json.loads(line) for line in lines]
    return _facts([one["flow"] for one in every if one["type"] == "flow_dpi_complete"])


def _facts(flows: list[dict[str, Any]]) -> dict[Ends, dict[str, Any]]:
    transports = {6: "TCP", 17: "UDP"}
    return {
        (
            transports[flow["ip_protocol"]],
            (flow["local_ip"], flow["local_port"]),
            (flow["other_ip"], flow["other_port"]),
        ): {name: flow[name] for name in TOLD if name in flow}
        for flow in flows
        if flow["ip_protocol"] in transports
    }


def from_file(path: Path, found: Seen) -> None:
    with path.open("rb") as file:
        sides = Sides(LOCAL)
        sides.own("cable", ["198.18.0.1/24", "2001:db8::1/64"])
        recorded = Recorded("cable", sides, Rules(), 1_000)
        order = MeterOrder(interface="cable", backend="file")
        read = CaptureFile(file)
        flows: list[Flow] = list(recorded.flows(Replay(order, read).frames()))
        assert not read.cut
    shown = [msgspec.to_builtins(views.view(flow, 0, 0)) for flow in flows]
    found.flows["file"] = _ours({ends_of(flow): flow for flow in shown})
    made = [records.record(f, "flow_dpi_complete", privacy=0, offset_ns=0) for f in flows]
    found.told["file"] = _facts([msgspec.to_builtins(one)["flow"] for one in made])


def plain_count(data: bytes, found: Seen) -> None:
    """Packets and bytes of each direction, by nothing but the headers' places."""
    at = 24
    while at < len(data):
        _, _, captured, length = struct.unpack_from("<4I", data, at)
        frame = data[at + 16 : at + 16 + captured]
        at += 16 + captured
        if frame[12:14] == b"\x08\x00":
            protocol, first = frame[23], 14 + 4 * (frame[14] & 15)
            source, target = frame[26:30], frame[30:34]
        elif frame[12:14] == b"\x86\xdd":
            protocol, first, source, target = frame[20], 54, frame[22:38], frame[38:54]
        else:
            continue
        if protocol in (6, 17):
            ports = struct.unpack_from("!HH", frame, first)
            one = str(ipaddress.ip_address(source)), int(ports[0])
            other = str(ipaddress.ip_address(target)), int(ports[1])
            way = ({6: "TCP", 17: "UDP"}[protocol], one, other)
            found.counted[way] += 1
            found.bytes[way] += length


def different(one: dict[Ends, Any], other: dict[Ends, Any]) -> str:
    return "\n".join(
        f"{ends}:\n  {one.get(ends)}\n  {other.get(ends)}"
        for ends in one.keys() | other.keys()
        if one.get(ends) != other.get(ends)
    )


def test_every_packet_is_in_its_flow(seen: Seen) -> None:
    """Byte and packet counts of the meter are those of a plain count over the file."""
    for (protocol, local, other), flow in seen.flows["file"].items():
        there, back = (protocol, local, other), (protocol, other, local)
        assert flow["local_packets"] == seen.counted.pop(there, 0)
        assert flow["other_packets"] == seen.counted.pop(back, 0)
        assert flow["local_bytes"] == seen.bytes.pop(there, 0)
        assert flow["other_bytes"] == seen.bytes.pop(back, 0)
    assert not seen.counted


@pytest.mark.parametrize("backend", ["ebpf", "ring"])
def test_live_is_as_from_the_file(seen: Seen, backend: str) -> None:
    assert len(seen.flows["file"]) == 8
    assert seen.flows[backend] == seen.flows["file"]
    assert seen.told[backend] == seen.told["file"]


def test_tls_1_3_of_curl(seen: Seen) -> None:
    ends, flow = seen.one("TCP", 41_300, side=1)
    assert (flow["detected_protocol"], flow["name"], flow["reason"]) == ("TLS", NAME, "tls_sni")
    said = seen.told["file"][ends]["ssl"]
    assert (said["version"], said["client_sni"]) == ("0x0304", NAME)
    assert said["cipher_suite"] in ("0x1301", "0x1302", "0x1303")
    assert flow["other_bytes"] > 20_000


def test_tls_1_2_of_curl_over_ipv6(seen: Seen) -> None:
    ends, flow = seen.one("TCP", 41_200, side=1)
    assert ends[2] == (FAR6, 443)
    assert (flow["detected_protocol"], flow["name"], flow["reason"]) == ("TLS", NAME, "tls_sni")
    said = seen.told["file"][ends]["ssl"]
    assert said["version"] == "0x0303"
    assert said["cipher_suite"].startswith("0xc0")


def test_http_of_curl(seen: Seen) -> None:
    ends, flow = seen.one("TCP", 80)
    assert (flow["detected_protocol"], flow["name"], flow["reason"]) == ("HTTP", NAME, "http_host")
    assert seen.told["file"][ends]["http"] == {"url": "/some?page", "user_agent": "lab/1"}


def test_quic_of_aioquic(seen: Seen) -> None:
    _, flow = seen.one("UDP", 4_433)
    assert (flow["detected_protocol"], flow["name"], flow["reason"]) == ("QUIC", NAME, "quic_sni")


def test_dns_of_unbound(seen: Seen) -> None:
    ends, flow = seen.one("UDP", 53)
    assert (flow["detected_protocol"], flow["reason"]) == ("DNS", "dns_query")
    assert (flow["local_packets"], flow["other_packets"]) == (1, 1)
    assert seen.told["file"][ends]["dns"] == {
        "query": "host.example", "type": "A", "code": "NOERROR",
    }  # fmt: skip


def test_ssh_of_openssh(seen: Seen) -> None:
    ends, flow = seen.one("TCP", 22)
    assert (flow["detected_protocol"], flow["reason"]) == ("SSH", "ssh_banner")
    said = seen.told["file"][ends]["ssh"]
    assert said["client"].startswith("OpenSSH_")
    assert said["server"].startswith("OpenSSH_")


def test_dhcp_of_udhcpc(seen: Seen) -> None:
    ends, flow = seen.one("UDP", 67)
    assert ends[1:] == (("0.0.0.0", 68), ("255.255.255.255", 67))
    assert (flow["detected_protocol"], flow["other_type"]) == ("DHCP", "broadcast")
    assert flow["local_packets"] == 2  # discover, request
    said = seen.told["file"][ends]["dhcp"]
    assert said["host_name"] == "lab-client"
    assert said["class_ident"].startswith("udhcp ")
    assert said["fingerprint"].startswith("1,3,6")
