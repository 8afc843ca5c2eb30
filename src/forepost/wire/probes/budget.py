"""What an agent has room for: what each probe costs it, and the most that all together may. Pure.

The controller refuses what is beyond it, with the sum; the agent leaves it out, whoever asks. The
costs of work and memory are measured (`docs/operating.md`, Cost), rounded up, for a peer that is
silent where that takes longer.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from forepost.wire.probes.dns import DnsOptions
from forepost.wire.probes.effective import options_of, targets_of
from forepost.wire.probes.http import HttpOptions
from forepost.wire.probes.mtr import MtrOptions
from forepost.wire.probes.options import Options, WrongOption
from forepost.wire.probes.probe import OPTIONS, TARGETLESS, PingOptions, Probe
from forepost.wire.probes.snmp import SnmpOptions
from forepost.wire.probes.tcp import TcpOptions
from forepost.wire.probes.tls import TlsOptions
from forepost.wire.probes.trafficsim import TrafficSimOptions


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
BUDGET: Final = Cost(
    targets=10_000,
    measurements=3_000,
    connections=500,
    packets=20_000,
    sockets=4_000,
    traces=60,
    work_pct=75,
    memory_mib=200,
)
"""Of one agent, all its probes together."""
_WORDS: Final = {
    "targets": ("targets", "this agent would have {} targets"),
    "measurements": ("interval_sec", "this agent would make {} measurements a second"),
    "connections": ("interval_sec", "this agent would have {} TCP connections a second"),
    "packets": ("interval_sec", "this agent would send {} packets a second"),
    "sockets": ("timeout_sec", "this agent could have {} sockets open at once"),
    "traces": ("interval_sec", "this agent would have {} MTR runs under way at once"),
    "work_pct": ("interval_sec", "its probes would take this agent {} % of a processor's time"),
    "memory_mib": ("targets", "its probes would take this agent {} MiB of memory"),
}
"""Field of a probe that has most to do with it, and the sum in words."""

AGENT_MTR_SEC, AGENT_TRAFFICSIM_SEC = 300, 60
"""How often an AGENT probe has these two done."""
MINUTE_SEC: Final = 60.0
_MEASUREMENT_PCT: Final = 0.02
"""Of a processor's second, for each that is begun, ended and kept: 0.2 ms."""


def cost(probe: Probe, targets: int | None = None) -> Cost:
    """What a probe costs its agent. `targets`: how many, where the object has none with it. An
    AGENT probe costs what it may stand for. What cannot be run costs nothing.
    """
    if not probe.enabled or probe.server:
        return NOTHING
    count = len(probe.targets or ()) if targets is None else targets
    if probe.type == "AGENT":
        return _towards_an_agent(probe).times(count)
    if probe.type not in OPTIONS:
        return NOTHING
    try:
        options = options_of(probe)
    except WrongOption:
        return NOTHING
    if targets is None:
        count = len(targets_of(probe, options))
    elif probe.type in TARGETLESS:
        count = 1
    return _ONE[type(options)](options).times(max(count, 1))


def refusal(after: Cost, before: Cost = NOTHING, budget: Cost = BUDGET) -> str:
    """Why there is no room for it, with the field's name and the sum; "" where there is.

    What was too much `before` may stay, and become less.
    """
    for name in FIELDS:
        now, most = getattr(after, name), getattr(budget, name)
        if now > most and now > getattr(before, name) * (1 + 1e-9):
            field, words = _WORDS[name]
            return f"{field}: {words.format(f'{math.ceil(now):,}')}; the most is {most:,.0f}"
    return ""


def admit(probes: Sequence[Probe], budget: Cost = BUDGET) -> tuple[list[Probe], list[str]]:
    """Those that there is room for, in their order, and of the others why not. Where it does not
    suffice the latest in the list are left out; what every agent measures (id 0) never is.
    """
    taken, admitted, reasons = NOTHING, set[int](), dict[int, str]()
    places = sorted(range(len(probes)), key=lambda place: probes[place].id != 0)
    for place in places:
        probe = probes[place]
        with_it = taken + cost(probe)
        if why := refusal(with_it, taken, budget):
            reasons[place] = f"probe {probe.id}: {probe.type}: no room: {why}"
        else:
            taken = with_it
            admitted.add(place)
    return (
        [probe for place, probe in enumerate(probes) if place in admitted],
        [reasons[place] for place in sorted(reasons)],
    )


def total(costs: Iterable[Cost]) -> Cost:
    return sum(costs, NOTHING)


def _ping(options: PingOptions) -> Cost:
    per_sec = 1 / options.interval_sec
    count = options.count or min(60, max(1, int(options.interval_sec)))
    lasts_sec = count * min(1.0, options.interval_sec / count) + options.timeout_sec
    return Cost(
        targets=1,
        measurements=per_sec,
        packets=count * per_sec,
        work_pct=_MEASUREMENT_PCT * per_sec + 0.002_5 * count * per_sec,
        memory_mib=(6 + 5 * lasts_sec * per_sec + 0.05 * count) / 1_024,
    )


def _mtr(options: MtrOptions) -> Cost:
    per_sec = 1 / options.interval_sec
    fitting = max(1, int(options.interval_sec / options.cycle_sec))
    cycles = max(min(options.count or 5, fitting), options.paths)
    packets = cycles * options.max_hops
    open_at_once = min(1.0, (cycles * options.cycle_sec + options.hop_timeout_sec) * per_sec)
    return Cost(
        targets=1,
        measurements=per_sec,
        packets=packets * per_sec,
        sockets=packets * open_at_once if options.protocol == "tcp" else 0.0,
        traces=open_at_once,
        work_pct=(0.1 + 0.023 * packets) * per_sec,
        memory_mib=(6 + (100 + packets) * open_at_once) / 1_024,
    )


def _tcp(options: TcpOptions) -> Cost:
    per_sec = 1 / options.interval_sec
    connections = (options.count or 3) * per_sec
    return _connecting(options, connections, 4, _MEASUREMENT_PCT * per_sec + 0.03 * connections)


def _http(options: HttpOptions) -> Cost:
    per_sec = 1 / options.interval_sec
    return _connecting(options, per_sec, 12, 0.5 * per_sec)


def _tls(options: TlsOptions) -> Cost:
    per_sec = 1 / options.interval_sec
    return _connecting(options, per_sec, 10, 0.8 * per_sec)


def _dns(options: DnsOptions) -> Cost:
    per_sec = 1 / options.interval_sec
    if options.protocol in ("dot", "doh"):
        return _connecting(options, per_sec, 12, 0.5 * per_sec)
    if options.protocol == "tcp":
        return _connecting(options, per_sec, 8, 0.15 * per_sec)
    return msgspec.structs.replace(
        _connecting(options, per_sec, 1, 0.12 * per_sec), connections=0.0
    )


def _snmp(options: SnmpOptions) -> Cost:
    per_sec = 1 / options.interval_sec
    walks = len(options.walk_oids) + 8 * (options.profile not in ("", "system", "custom"))
    requests = 1 + len(options.oids) / 16 + 4 * walks
    each_pct = 0.7 if options.version == "3" else 0.3
    asked = _connecting(options, per_sec, requests, each_pct * requests * per_sec)
    return msgspec.structs.replace(asked, connections=0.0)


def _trafficsim(options: TrafficSimOptions) -> Cost:
    per_sec = 1 / options.interval_sec
    lasts_sec = min(MINUTE_SEC, options.interval_sec, options.duration_sec or MINUTE_SEC)
    fitting = max(1, int(lasts_sec * 1e3 / options.gap_ms))
    packets = min(options.count or fitting, fitting)
    return Cost(
        targets=1,
        measurements=per_sec,
        packets=packets * per_sec,
        sockets=1 + options.timeout_sec * per_sec,
        work_pct=0.1 * per_sec + 0.046 * packets * per_sec,
        memory_mib=(10 + packets) / 1_024,
    )


def _of_the_host(options: Options) -> Cost:
    per_sec = 1 / options.interval_sec
    return Cost(targets=1, measurements=per_sec, work_pct=per_sec, memory_mib=0.1)


def _connecting(options: Options, connections: float, packets_each: float, work_pct: float) -> Cost:
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


def _towards_an_agent(probe: Probe) -> Cost:
    """MTR, PING and TRAFFICSIM, as far as it can have them done."""
    each = (
        ("MTR", AGENT_MTR_SEC, 5),
        ("PING", probe.interval_sec, probe.count),
        ("TRAFFICSIM", AGENT_TRAFFICSIM_SEC, 0),
    )
    return total(
        cost(msgspec.structs.replace(probe, type=kind, interval_sec=interval_sec, count=count), 1)
        for kind, interval_sec, count in each
    )


_ONE: Final[dict[type[Options], Callable[..., Cost]]] = {
    DnsOptions: _dns,
    HttpOptions: _http,
    MtrOptions: _mtr,
    PingOptions: _ping,
    SnmpOptions: _snmp,
    TcpOptions: _tcp,
    TlsOptions: _tls,
    TrafficSimOptions: _trafficsim,
    **{OPTIONS[kind]: _of_the_host for kind in ("NETINFO", "SYSINFO")},
}
