"""CPU of one packet that comes through a TPACKET_V3 ring (backend `ring`), and from a file."""

import io
import os
import platform
import socket
import statistics
import time

from forepost.agent.cores.stamps.departures import moment
from forepost.agent.edges.capture import link
from forepost.agent.edges.capture.capture_file import CaptureFile
from forepost.agent.edges.capture.link import open_packets
from forepost.agent.edges.capture.ring import Ring
from forepost.agent.flows.names import Rules
from forepost.agent.flows.recorded import Recorded
from forepost.agent.flows.sides import Sides
from forepost.agent.meter.replay import Replay
from forepost.agent.meter.sources import RingSource
from forepost.agent.meter.table import MeterTable
from forepost.kit.clock import SystemClock
from forepost.wire.flows.meter import MeterOrder
from tests.lab.captures import pcap
from tests.lab.frames import ACK, ethernet, ipv4, tcp, udp
from tests.lab.net import pair

PACKETS = 100_000
FLOWS = 4_800
WARM_ROUNDS = 7
"""Of every flow: then inspection has seen all that it wants."""
RUNS = 3


class InFull(MeterTable):
    def count_known(self, at_ns: int, ether_type: int, data: bytes, length: int) -> bool:
        return False


def main() -> str:
    """Return a Markdown section. Half a minute; root."""
    lines = [
        "## Backend `ring`: one packet",
        "",
        (
            f"`python -m bench ring`; Linux {platform.release()}, {os.cpu_count()} CPUs, Python "
            f"{platform.python_version()}. {PACKETS} frames of 392 B of {FLOWS} flows, read out of "
            f"a TPACKET_V3 ring by the meter's own loop; CPU of the reader, median of {RUNS}."
        ),
        "",
        "| | UDP | TCP |",
        "| --- | --- | --- |",
    ]
    for name, table in (("every packet read in full", InFull), ("the short way", MeterTable)):
        costs = [
            statistics.median(_through_a_ring(made, table) for _ in range(RUNS))
            for made in (_frames("udp"), _frames("tcp"))
        ]
        lines.append(f"| {name} | " + " | ".join(f"{cost:.1f} µs" for cost in costs) + " |")
    costs = [
        statistics.median(_from_a_file(made) for _ in range(RUNS))
        for made in (_frames("udp"), _frames("tcp"))
    ]
    lines.append("| from a capture file | " + " | ".join(f"{c:.1f} µs" for c in costs) + " |")
    return "\n".join(lines)


def _frames(protocol: str) -> list[bytes]:
    made = []
    for number in range(FLOWS):
        host, port = f"10.0.{number >> 8 & 255}.{number & 255}", 1_024 + number
        inner, kind = (
            (udp(port, 9, bytes(350)), 17)
            if protocol == "udp"
            else (tcp(port, 443, 5, ACK, bytes(338)), 6)
        )
        made.append(ethernet(ipv4(host, "198.18.0.2", kind, inner), 0x0800))
    return made


def _through_a_ring(made: list[bytes], kind: type[MeterTable]) -> float:
    clock = SystemClock()
    with pair(near=(), far=()) as (near, far):
        for end in (near, far):
            end.sysctl("net.ipv6.conf.cable.disable_ipv6", "1")
        with far.inside():
            found, packets = link.find("cable"), open_packets()
        with near.inside():
            cable = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            cable.bind(("cable", 0))
        ring = Ring(packets, blocks=400)
        with far.inside():
            packets.bind(found.address)
        table = kind(max_flows=1 << 20, pass_=6)
        source = RingSource(ring, table, found, lambda: moment(clock))
        took_sec = 0.0
        for count in (WARM_ROUNDS * FLOWS, PACKETS):
            for number in range(count):
                cable.send(made[number % FLOWS])
            time.sleep(0.2)
            began, goal = time.process_time(), table.totals().packets + count
            while table.totals().packets < goal:
                source.read(lambda *_: None)
            took_sec = time.process_time() - began
        assert source.lost() == (0, 0)
        cable.close()
        ring.close()
        packets.close()
    return took_sec / PACKETS * 1e6


def _from_a_file(made: list[bytes]) -> float:
    data = pcap([(number * 1_000, made[number % FLOWS]) for number in range(PACKETS)])
    began = time.process_time()
    recorded = Recorded("file", Sides(), Rules(), 1 << 20)
    frames = Replay(MeterOrder(interface="file"), CaptureFile(io.BytesIO(data))).frames()
    assert sum(flow.local_packets for flow in recorded.flows(frames)) == PACKETS
    return (time.process_time() - began) / PACKETS * 1e6
