"""What a probe costs its agent, and how that of some types is reckoned. Pure.

The costs of work and memory are measured (`docs/operating.md`, Cost), rounded up, for a peer that
is silent where that takes longer.
"""

from typing import Final

import msgspec

from forepost.wire.probes.options import Options

MEASUREMENT_PCT: Final = 0.02
"""Of a processor's second, for each that is begun, ended and kept: 0.2 ms."""


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """Of one target, one probe, or all of an agent."""

    targets: float = 0
    """What is measured by itself: a probe of three targets has three."""
    measurements: float = 0.0
    """A second; each has a result."""
    connections: float = 0.0
    """Of TCP, a second."""
    packets: float = 0.0
    """That leave the host, a second."""
    sockets: float = 0.0
    """Open at once, where nobody answers."""
    traces: float = 0.0
    """MTR runs under way at once."""
    work_pct: float = 0.0
    """Of one processor's time."""
    memory_mib: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(**{name: getattr(self, name) + getattr(other, name) for name in FIELDS})

    def __sub__(self, other: "Cost") -> "Cost":
        return self + other.times(-1)

    def times(self, count: float) -> "Cost":
        return Cost(**{name: getattr(self, name) * count for name in FIELDS})


FIELDS: Final = Cost.__struct_fields__
NOTHING: Final = Cost()


def of_the_host(options: Options) -> Cost:
    per_sec = 1 / options.interval_sec
    return Cost(targets=1, measurements=per_sec, work_pct=per_sec, memory_mib=0.1)


def of_connecting(
    options: Options, connections: float, packets_each: float, work_pct: float
) -> Cost:
    open_at_once = connections * options.timeout_sec
    return Cost(
        targets=1,
        measurements=1 / options.interval_sec,
        connections=connections,
        packets=connections * packets_each,
        sockets=open_at_once,
        work_pct=work_pct,
        memory_mib=(6 + 20 * open_at_once) / 1_024,
    )
