"""What an agent has room for: what each probe costs it, and the most that all together may. Pure.

The controller refuses what is beyond it, with the sum; the agent leaves it out, whoever asks.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from forepost.wire.probes import KINDS, TARGETLESS
from forepost.wire.probes.cost import FIELDS, NOTHING, Cost
from forepost.wire.probes.effective import options_of, targets_of
from forepost.wire.probes.options import WrongOption
from forepost.wire.probes.probe import Probe

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


def cost(probe: Probe, targets: int | None = None) -> Cost:
    """What a probe costs its agent. `targets`: how many, where the object has none with it. An
    AGENT probe costs what it may stand for. What cannot be run costs nothing.
    """
    if not probe.enabled or probe.server:
        return NOTHING
    count = len(probe.targets or ()) if targets is None else targets
    if probe.type == "AGENT":
        return _towards_an_agent(probe).times(count)
    if probe.type not in KINDS:
        return NOTHING
    try:
        options = options_of(probe)
    except WrongOption:
        return NOTHING
    if targets is None:
        count = len(targets_of(probe, options))
    elif probe.type in TARGETLESS:
        count = 1
    return KINDS[probe.type].cost(options).times(max(count, 1))


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
