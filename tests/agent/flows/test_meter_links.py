"""Interfaces that come late, move, are renamed, or lie on each other."""

import os
import signal
import socket
import time
from pathlib import Path

from forepost.agent.flows.layers import metered_twice
from tests.agent.flows.test_meters import FAR, NEAR, agent_at, counting, flows, meter
from tests.agent.flows.test_meters import _meters as meters_of
from tests.lab.frames import ACK, PSH, SYN, ethernet, ipv4, tcp, udp
from tests.lab.net import MACS, Namespace, pair
from tests.running import until

SOON_SEC = 1.0


def send(place: Namespace, cable: str, packet: bytes) -> None:
    with place.inside(), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as raw:
        raw.bind((cable, 0))
        raw.send(ethernet(packet, 0x0800))


def running_after(agent: object, change: float) -> float:
    until(lambda: meter(agent)["running"], 15)  # type: ignore[arg-type]
    return time.monotonic() - change


def test_one_that_comes_after_a_long_time_and_one_that_is_renamed(tmp_path: Path) -> None:
    """Long after the agent began to wait more and more seldom."""
    with (
        pair() as (near, far),
        agent_at(far, tmp_path, FOREPOST_FLOWS__INTERFACES='["later"]') as agent,
    ):
        until(lambda: "later" in meter(agent)["reason"], 10)
        time.sleep(8)
        far.ip(f"link add later address {MACS[1]} type veth peer name other netns {near.name}")
        assert running_after(agent, time.monotonic()) < SOON_SEC
        far.ip("link set later name away")
        until(lambda: not meter(agent)["running"], SOON_SEC + 1)
        time.sleep(4)
        far.ip("link set away name later")
        assert running_after(agent, time.monotonic()) < SOON_SEC
        assert meter(agent)["gap_sec"] > 3


def test_addresses_of_the_interface_are_local_and_they_move(tmp_path: Path) -> None:
    """Both ends are private, and the other one begins."""
    with (
        pair(near=("192.168.7.1/24",), far=("192.168.7.2/24",)) as (near, far),
        agent_at(far, tmp_path, FOREPOST_FLOWS__LOCAL="[]") as agent,
    ):
        counting(agent)
        send(near, "cable", ipv4("192.168.7.1", "192.168.7.2", 17, udp(40_000, 6_001, b"1234")))
        until(lambda: flows(agent, 6_001), 10)
        assert flows(agent, 6_001)[0]["local_ip"] == "192.168.7.2"
        far.ip("addr add 203.0.113.2/24 dev cable")
        time.sleep(0.5)
        send(near, "cable", ipv4("192.168.7.1", "203.0.113.2", 17, udp(40_000, 6_002, b"1234")))
        until(lambda: flows(agent, 6_002), 10)
        assert flows(agent, 6_002)[0]["local_ip"] == "203.0.113.2"


def test_who_began_is_remembered_by_the_next_agent(tmp_path: Path) -> None:
    with pair() as (near, far):
        with agent_at(far, tmp_path) as agent:
            counting(agent)
            send(near, "cable", ipv4(NEAR, FAR, 6, tcp(30_000, 40_000, 1, SYN)))
            send(near, "cable", ipv4(FAR, NEAR, 6, tcp(40_000, 30_000, 1, SYN | ACK)))
            until(lambda: flows(agent, 30_000), 10)
            assert not flows(agent, 30_000)[0]["local_origin"]
        with agent_at(far, tmp_path) as agent:
            counting(agent)
            send(near, "cable", ipv4(FAR, NEAR, 6, tcp(40_000, 30_000, 2, PSH | ACK, b"goes on")))
            until(lambda: flows(agent, 30_000), 10)
            assert flows(agent, 30_000)[0]["local_origin"] is False


def test_a_bridge_and_its_member_are_noticed(tmp_path: Path) -> None:
    with pair() as (_, far):
        far.ip("link add bridge type bridge")
        far.ip("link set bridge up")
        with agent_at(far, tmp_path, FOREPOST_FLOWS__INTERFACES='["bridge", "cable"]') as agent:
            counting(agent)
            assert "counted at" not in agent.log.read_text()
            far.ip("link set cable master bridge")
            said = "the same packets are counted at bridge and cable"
            until(lambda: said in agent.log.read_text(), 5, agent.log.read_text)


def test_how_old_the_counters_are_is_told(tmp_path: Path) -> None:
    """While the meter does not answer they grow old; `status` answers all the same, and soon."""
    with pair() as (_, far), agent_at(far, tmp_path) as agent:
        counting(agent)
        until(lambda: (meter(agent)["counters_age_sec"] or 9) < 1.5, 5)
        (pid,) = meters_of(agent.pid)
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(3)
            asked = time.monotonic()
            assert meter(agent)["counters_age_sec"] > 2.5
            assert time.monotonic() - asked < 1
        finally:
            os.kill(pid, signal.SIGCONT)
        until(lambda: meter(agent)["counters_age_sec"] < 1.5, 5)


def test_which_are_metered_twice() -> None:
    below = {"br0": ["eth0", "eth1.5"], "eth1.5": ["eth1"], "loop": ["loop"]}

    def under(name: str) -> list[str]:
        return below.get(name, [])

    assert metered_twice(["br0", "eth1", "eth2"], under) == [("br0", "eth1")]
    assert metered_twice(["eth0", "eth1"], under) == []
    assert metered_twice(["loop"], under) == []
