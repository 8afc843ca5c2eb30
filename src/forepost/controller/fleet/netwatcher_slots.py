"""What NetWatcher's agent has to lose of its list before it takes the next one. Pure.

Its workers are known by a key of what a probe asks for, and watched by one of what the probe is.
Where a probe asks for something else, the first worker sees that it is not wanted and ends; there
is none for what is asked now, until the probe was gone from one list.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from forepost.wire.probes.probe import Probe

MOST_OUT: Final = 6
"""Probes that are taken out together."""
OUT_SEC: Final = 6.0
"""How long a probe may be out, as far as that can be told by those before."""

Slot = tuple[int, str, str]
"""Probe, type, first target: what the agent takes for one and the same."""


def slot_of(probe: Probe) -> Slot:
    return probe.id, probe.type, probe.targets[0].target if probe.targets else ""


def to_be_lost(given: Sequence[Probe], wanted: Sequence[Probe]) -> list[Slot]:
    """Those of the list it has that are gone, or ask for something else. What is of no probe (id 0)
    is the same in all lists.
    """
    asked = {slot_of(probe): _work_of(probe) for probe in wanted}
    return [
        slot_of(probe)
        for probe in given
        if probe.id and asked.get(slot_of(probe)) != _work_of(probe)
    ]


def edited_since(wanted: Sequence[Probe], since: datetime) -> list[Slot]:
    """Those that may be otherwise than the agent knows them, if it knows them."""
    return [
        slot_of(probe)
        for probe in wanted
        if probe.id and since < probe.updated_at and probe.created_at < probe.updated_at
    ]


def between(
    given: Sequence[Probe],
    wanted: Sequence[Probe],
    waiting: Collection[Slot],
    out: Collection[Slot] = (),
) -> list[Probe]:
    """A list on the way from the one it has to the one it should have: without those that are
    `out`, those that are `waiting` as they were, all else as it should be.
    """
    before = {slot_of(probe): probe for probe in given if probe.id}
    after = {slot_of(probe) for probe in wanted}
    as_they_were = [before[slot] for slot in waiting if slot not in after]
    return [
        *(
            before[slot_of(probe)] if slot_of(probe) in waiting else probe
            for probe in wanted
            if slot_of(probe) not in out
        ),
        *as_they_were,
    ]


def most_out(out: int, took_sec: float) -> int:
    """How many may be out together after so many took so long: the agent stops one after the other,
    some at once and some in five seconds.
    """
    fitting = int(OUT_SEC * out / took_sec) if took_sec > 0 else MOST_OUT
    return max(1, min(MOST_OUT, 2 * out, fitting))


def _work_of(probe: Probe) -> tuple[Any, ...]:
    """What its key is made of."""
    return (
        probe.interval_sec,
        probe.count,
        probe.duration_sec,
        probe.server,
        probe.bind_interface,
        tuple((target.target, target.agent_id) for target in probe.targets or ()),
    )
