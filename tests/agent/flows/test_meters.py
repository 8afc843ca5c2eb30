"""A running agent meters a cable between namespaces: real TCP, a killed meter, no privileges."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.lab.frames import ethernet, ipv4, udp
from tests.lab.net import MACS, Namespace, pair
from tests.lonely import LonelyAgent
from tests.running import until

NEAR, FAR = "198.18.0.1", "198.18.0.2"
TCP_INFO_SEGS_OUT, TCP_INFO_BYTES_SENT = 136, 200
"""Offsets of tcpi_segs_out and tcpi_bytes_sent (with retransmissions) in tcp_info (linux/tcp.h)."""


Ends = tuple[Namespace, Namespace]


@pytest.fixture(scope="module")
def cable() -> Iterator[Ends]:
    with pair() as ends:
        yield ends


@contextmanager
def agent_at(
    place: Namespace, folder: Path, *privileges: str, **sections: str
) -> Iterator[LonelyAgent]:
    """`privileges`: what runs it, such as `setpriv --bounding-set -bpf`."""
    agent = LonelyAgent(
        folder,
        prefix=("ip", "netns", "exec", place.name, *privileges),
        **{
            "FOREPOST_FLOWS__INTERFACES": '["cable"]',
            "FOREPOST_FLOWS__LOCAL": f'["{FAR}"]',
            "FOREPOST_FLOWS__UPDATE_INTERVAL": "1",
            "FOREPOST_FLOWS__TTL_IDLE_FLOW": "3",
            **sections,
        },
    )
    agent.start()
    try:
        agent.ready()
        yield agent
        assert agent.stop() == 0, agent.log.read_text()
        assert not _meters(agent.pid)
    finally:
        agent.end()


@pytest.fixture(scope="module")
def agent(cable: Ends, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LonelyAgent]:
    """With all privileges, at the far end."""
    with agent_at(cable[1], tmp_path_factory.mktemp("metering")) as started:
        yield counting(started)


def meter(agent: LonelyAgent) -> Any:
    return agent.ask(command="status")["data"]["interfaces"][0]


def counting(agent: LonelyAgent) -> LonelyAgent:
    until(lambda: meter(agent)["running"], 15, agent.log.read_text)
    return agent


def flows(agent: LonelyAgent, port: int) -> list[Any]:
    listed = agent.ask(command="list-flows", limit=1_000)["data"]["flows"]
    return [f for f in listed if port in (f["local_port"], f["other_port"])]


def send_datagrams(place: Namespace, count: int, port: int, data: bytes = bytes(100)) -> None:
    with place.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((NEAR, 40_000))
        for _ in range(count):
            sender.sendto(data, (FAR, port))


def test_tcp_is_counted_segment_by_segment_whatever_the_card_joins(
    cable: Ends, agent: LonelyAgent
) -> None:
    """With TSO and GRO a packet of 64 KiB passes: it is counted as the 45 that it is on a wire."""
    near, far = cable
    size = 3_000_000
    with far.inside(), socket.create_server((FAR, 5_000)) as server:
        taker = threading.Thread(target=_take, args=(server, size))
        taker.start()
        with near.inside(), socket.create_connection((FAR, 5_000)) as sender:
            sender.sendall(bytes(size))
            sender.shutdown(socket.SHUT_WR)
            assert sender.recv(1) == b""
            info = sender.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        taker.join()
    sent = int.from_bytes(info[TCP_INFO_BYTES_SENT : TCP_INFO_BYTES_SENT + 8], "little")
    segments = int.from_bytes(info[TCP_INFO_SEGS_OUT : TCP_INFO_SEGS_OUT + 4], "little")

    def told() -> bool:
        found = flows(agent, 5_000)
        return bool(found) and found[0]["other_packets"] >= segments

    until(told, 10, lambda: (segments, flows(agent, 5_000)))
    (flow,) = flows(agent, 5_000)
    # All segments have 14 + 20 bytes in front, and 32 or (SYN) 40 of TCP with its options.
    assert flow["other_packets"] in (segments, segments + 1)  # the last ACK may be later
    headers = 66 * flow["other_packets"] + 8
    assert flow["other_bytes"] == sent + headers
    assert (flow["local_ip"], flow["local_port"], flow["local_origin"]) == (FAR, 5_000, False)
    assert (flow["other_ip"], flow["protocol"]) == (NEAR, "TCP")


def _take(server: socket.socket, size: int) -> None:
    taken = 0
    connection, _ = server.accept()
    with connection:
        while part := connection.recv(1 << 20):
            taken += len(part)
    assert taken == size


def test_totals_are_those_of_the_interface(cable: Ends, agent: LonelyAgent) -> None:
    near, far = cable
    for end in cable:  # nothing but what is sent here
        end.sysctl("net.ipv6.conf.cable.disable_ipv6", "1")
    time.sleep(1.5)  # what came before is read by now
    before, shown = _interface(far), meter(agent)
    send_datagrams(near, 500, 5_001)
    with near.inside(), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as raw:
        raw.bind(("cable", 0))
        raw.send(ethernet(bytes(46), 0x88CC))
    until(lambda: meter(agent)["packets"] - shown["packets"] >= 501, 10)
    after, told = _interface(far), meter(agent)
    assert told["packets"] - shown["packets"] == after[0] - before[0]
    assert told["bytes"] - shown["bytes"] == after[1] - before[1]


def test_a_killed_meter_is_back_and_no_packet_is_uncounted(cable: Ends, agent: LonelyAgent) -> None:
    """The kernel counts on: the agent holds what the meter had opened."""
    near, _ = cable
    send_datagrams(near, 100, 5_002)
    until(lambda: flows(agent, 5_002), 10)
    (pid,) = _meters(agent.pid)
    os.kill(pid, signal.SIGKILL)
    send_datagrams(near, 150, 5_002)
    until(lambda: meter(agent)["restarts"] == 1 and meter(agent)["running"], 10)
    until(lambda: flows(agent, 5_002)[0]["other_packets"] == 250, 10, lambda: meter(agent))
    state = meter(agent)
    assert state["gap_sec"] == 0
    assert state["uninspected_sec"] > 0
    assert "exit code -9" in agent.log.read_text()


def test_a_quiet_link_expires_its_flows(cable: Ends, agent: LonelyAgent) -> None:
    near, _ = cable
    send_datagrams(near, 3, 5_003)
    sent = time.monotonic()
    until(lambda: flows(agent, 5_003), 10)
    until(lambda: not flows(agent, 5_003), 10)
    assert time.monotonic() - sent > 2.5


def test_addresses_in_a_group_tag_their_flows_at_once(cable: Ends, agent: LonelyAgent) -> None:
    near, _ = cable
    agent.ask(command="add-group-address", group="near", data=[NEAR])
    send_datagrams(near, 1, 5_004)
    until(lambda: [f["tags"] for f in flows(agent, 5_004)] == [["near"]], 10)
    agent.ask(command="add-group-address", group="by-mac", data="02:00:00:00:00:01")
    send_datagrams(near, 1, 5_004)
    until(lambda: [f["tags"] for f in flows(agent, 5_004)] == [["by-mac", "near"]], 10)


def test_without_cap_bpf_the_meter_counts_itself_and_says_so(cable: Ends, tmp_path: Path) -> None:
    near, far = cable
    gone = "-bpf,-sys_admin"
    drop = ("setpriv", "--bounding-set", gone, "--inh-caps", gone)
    with agent_at(far, tmp_path, *drop) as agent:
        counting(agent)
        send_datagrams(near, 200, 5_005)
        until(lambda: [f["other_packets"] for f in flows(agent, 5_005)] == [200], 10)
        state = meter(agent)
        assert state["backend"] == "ring"
        assert "grant CAP_BPF" in state["reason"]


def test_without_cap_net_raw_it_says_what_to_grant_and_runs_on(cable: Ends, tmp_path: Path) -> None:
    _, far = cable
    gone = "-net_raw,-bpf,-sys_admin"
    with agent_at(far, tmp_path, "setpriv", "--bounding-set", gone, "--inh-caps", gone) as agent:
        until(lambda: "grant CAP_NET_RAW" in meter(agent)["reason"], 10)
        assert not meter(agent)["running"]
        assert agent.ask(command="list-flows")["data"] == {
            "total": 0,
            "flows": [],
            "offset": 0,
            "left_out": 0,
        }


def test_a_meter_keeps_one_capability_and_is_nobody(agent: LonelyAgent) -> None:
    (pid,) = _meters(agent.pid)
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    said = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
    assert said["Uid"] == said["Gid"] == ["65534"] * 4
    assert said["Groups"] == []
    assert said["NoNewPrivs"] == ["1"]
    bpf = f"{1 << 39:016x}"
    assert (said["CapEff"], said["CapPrm"], said["CapInh"]) == ([bpf], [bpf], [f"{0:016x}"])


def test_an_interface_of_another_namespace(cable: Ends, tmp_path: Path) -> None:
    """The agent stays where it is; only its meter goes there."""
    near, far = cable
    with agent_at(near, tmp_path, FOREPOST_FLOWS__INTERFACES=f'["cable@{far.name}"]') as elsewhere:
        counting(elsewhere)
        send_datagrams(near, 7, 5_008)
        until(lambda: [f["other_packets"] for f in flows(elsewhere, 5_008)] == [7], 10)
        assert meter(elsewhere)["interface"] == f"cable@{far.name}"


def test_an_interface_comes_goes_and_comes_again(tmp_path: Path) -> None:
    with (
        pair() as (near, far),
        agent_at(far, tmp_path, FOREPOST_FLOWS__INTERFACES='["later"]') as agent,
    ):
        until(lambda: "later" in meter(agent)["reason"], 10)
        for number in (1, 2):
            far.ip(f"link add later address {MACS[1]} type veth peer name other netns {near.name}")
            far.ip("link set later up")
            near.ip("link set other up")
            until(lambda: meter(agent)["running"], 15, agent.log.read_text)
            packet = ethernet(ipv4(NEAR, FAR, 17, udp(40_000, 6_000 + number, b"here")), 0x0800)
            with near.inside(), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as raw:
                raw.bind(("other", 0))
                raw.send(packet)
            until(lambda port=6_000 + number: flows(agent, port), 10, agent.log.read_text)
            far.ip("link del later")
            until(lambda: not meter(agent)["running"], 10, agent.log.read_text)
            assert "the interface is gone" in agent.log.read_text()


def test_a_link_that_goes_down_costs_no_cpu_and_is_counted_again(
    cable: Ends, agent: LonelyAgent
) -> None:
    near, far = cable
    far.ip("link set cable down")
    time.sleep(0.3)
    before = _cpu_sec(_meters(agent.pid)[0])
    time.sleep(1.0)
    assert _cpu_sec(_meters(agent.pid)[0]) - before < 0.3
    far.ip("link set cable up")
    far.ip(f"neigh replace {NEAR} lladdr {MACS[0]} dev cable nud permanent")
    send_datagrams(near, 5, 5_007)
    until(lambda: flows(agent, 5_007), 10)
    assert meter(agent)["running"]


def test_frames_of_a_vlan_are_flows_of_their_own(cable: Ends, agent: LonelyAgent) -> None:
    near, _ = cable
    packet = ipv4(NEAR, FAR, 17, udp(40_000, 5_006, b"tagged"))
    with near.inside(), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as raw:
        raw.bind(("cable", 0))
        for vlans in ((), (7,), (7,), (8,)):
            raw.send(ethernet(packet, 0x0800, vlans=vlans))
    until(lambda: sum(f["other_packets"] for f in flows(agent, 5_006)) == 4, 10)
    counted = {f["vlan_id"]: (f["other_packets"], f["other_bytes"]) for f in flows(agent, 5_006)}
    assert counted == {0: (1, 48), 7: (2, 104), 8: (1, 52)}


def _interface(place: Namespace) -> tuple[int, int]:
    """Packets and bytes of `cable`, both ways."""
    with place.inside():
        lines = Path("/proc/thread-self/net/dev").read_text().splitlines()
    words = next(line.split(":")[1].split() for line in lines if line.strip().startswith("cable:"))
    return int(words[1]) + int(words[9]), int(words[0]) + int(words[8])


def _cpu_sec(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def _meters(agent_pid: int) -> list[int]:
    """Process ids of the meters of an agent."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (FileNotFoundError, ProcessLookupError, IndexError):
                continue
            if parent == agent_pid and b"forepost.agent.meter" in words:
                found.append(int(folder.name))
    return found
