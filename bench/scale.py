"""One agent with 5,000 PING targets at 1/s and 200 MTRs a minute: does it keep up, at what cost."""

import json
import os
import platform
import sys
from typing import Any

from tests.lab.topology import Topology, topology

TARGETS = int(os.environ.get("BENCH_SCALE_TARGETS", "5000"))
TRACES = 200
SECONDS = float(os.environ.get("BENCH_SCALE_SECONDS", "300"))
MINUTE = 60
TIMES = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
BASE = int.from_bytes(bytes([198, 19, 0, 0]), "big") + 256


def main() -> str:
    """Return a Markdown section. Five minutes and a half; needs root."""
    with topology("scale") as net:
        addresses = [_dotted(BASE + number) for number in range(TARGETS)]
        batch = "".join(f"addr add {address}/32 dev lo\n" for address in addresses)
        net["crowd"].run("ip", "-batch", "-", stdin=batch)
        net["near"].ip(f"route add 198.19.0.0/16 via {net.address('crowd', 4)}")
        said = net["near"].run(
            sys.executable, "-m", "bench.scale_engine", stdin=_job(net, addresses)
        )
    return _section(json.loads(said))


def _job(net: Topology, addresses: list[str]) -> str:
    probes = [_probe(number, "PING", address) for number, address in enumerate(addresses, 1)]
    first, far = len(probes) + 1, net.address("far", 4)
    probes += [_probe(first + number, "MTR", far) for number in range(TRACES)]
    return json.dumps({"probes": probes, "seconds": SECONDS, "interval_sec": MINUTE})


def _probe(number: int, kind: str, target: str) -> dict[str, Any]:
    """PING: count 0 is one a second for the whole interval."""
    return {
        "id": number,
        **TIMES,
        "workspace_id": 1,
        "agent_id": 1,
        "type": kind,
        "interval_sec": MINUTE,
        "timeout_sec": 2,
        "metadata": {"names": False} if kind == "MTR" else {},
        "targets": [{"id": number, "probe_id": number, "target": target, **TIMES}],
    }


def _section(got: dict[str, Any]) -> str:
    return (
        "\n".join(
            [
                "## Scale of one agent",
                "",
                "`make bench ARGS=scale`",
                "",
                f"{TARGETS:,} PING targets at 1/s and {TRACES} MTRs a minute of ten hops (five",
                f"cycles) for {SECONDS:.0f} s: scheduler, engines, spool in one process, without",
                "an uplink. CPU: user + kernel of the process, with what the far side and the",
                "routers do, which the kernel computes inside the send.",
                "",
                (
                    f"{os.cpu_count()} cores, Linux {platform.release()}, "
                    f"Python {platform.python_version()}."
                ),
                "",
                "| | |",
                "| --- | --- |",
                f"| CPU, % of one core | {100 * got['core']:.1f} |",
                f"| the worst 5 s of it | {100 * got['core_worst_5_sec']:.1f} |",
                f"| resident memory at most, MiB | {got['resident_mib']:.1f} |",
                f"| PING packets, lost | {got['packets']:,}, {got['lost']:,} |",
                f"| turns PING, MTR | {got['ping_turns']:,}, {got['mtr_turns']:,} |",
                f"| turns missed | {got['missed']} |",
                f"| MTRs with a wrong hop count or loss | {got['mtr_wrong']} |",
                f"| most PING turns begun within 100 ms | {got['starts']['PING']} |",
                f"| most MTRs begun within 100 ms | {got['starts']['MTR']} |",
                f"| event loop late, p99, ms | {got['loop_late_p99_ms']:.1f} |",
                f"| event loop late, at most, ms | {got['loop_late_max_ms']:.1f} |",
                f"| problems | {len(got['problems']) + len(got['unsupported'])} |",
            ]
        )
        + "\n"
    )


def _dotted(number: int) -> str:
    return ".".join(str(byte) for byte in number.to_bytes(4, "big"))


if __name__ == "__main__":
    print(main())
