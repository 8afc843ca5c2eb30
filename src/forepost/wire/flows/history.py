"""What the controller tells of traffic: history, the largest, and what was not seen.

`total`, all traffic of the range, is exact. Lists are the largest; what they leave out is said.
"""

from typing import Literal

from msgspec import UNSET, UnsetType

from forepost.wire.base import Wire
from forepost.wire.flows.rollup import Named, Talk, Traffic

Subject = Literal["agent", "device", "application", "remote", "group"]
HistorySubject = Literal["total", "device", "application", "remote", "group"]


class FlowHonesty(Wire, frozen=True, kw_only=True):
    """What agents did and did not see in the range, summed over their reports."""

    reports: int
    """One a minute of each agent; one more where an agent was started anew."""
    packets: int
    """That the interfaces showed."""
    bytes: int
    other_packets: int
    """Neither IPv4 nor IPv6, or malformed: in no flow."""
    other_bytes: int
    missed: int
    """Counted, but inspection did not see them."""
    refused_packets: int
    """In no flow: the agent had no room for it."""
    refused_bytes: int
    lost: int
    """Lost before they could be counted."""
    gap_sec: float
    """How long no meter was counting."""
    uninspected_sec: float
    drop_rate: float
    """Share of all packets (0 to 1) that are in no flow for want of room: refused and lost."""
    missed_rate: float
    """Share of counted packets that inspection did not see: their names may be wanting."""


class FlowSpan(Wire, frozen=True, kw_only=True):
    """What an answer covers: whole steps, so it may be a little more than was asked for."""

    start: int
    """Unix seconds."""
    end: int
    """Not included."""
    step_sec: int
    """The finest that the answer is made of: 60, 3600 or 86400."""
    total: Traffic
    """All traffic of the range, exact. `flows` is summed over the minutes in which a flow lived."""
    matched: Traffic | UnsetType = UNSET
    """What is known to be what was asked for. Left out without a filter: it is the total."""
    unknown: Traffic = Traffic()
    """With a filter: what fell out of the lists that this is made of, and may match or not."""
    honesty: FlowHonesty


class FlowTop(FlowSpan, frozen=True, kw_only=True):
    by: Subject
    rows: list[Named]
    """The largest by bytes. Of an agent: `name` its number, `label` its name."""
    rest: Traffic | None
    """Exactly what `rows` leave out of `matched`, else of `total`. null of groups: a flow may be in
    several, or in none."""


class FlowTalks(FlowSpan, frozen=True, kw_only=True):
    rows: list[Talk]
    rest: Traffic
    """Exactly what `rows` leave out of `matched`, else of `total`."""


class FlowPoint(Wire, frozen=True, kw_only=True):
    """One step. No point: no agent reported (a gap)."""

    time: int
    bytes_in: int
    bytes_out: int


class FlowLine(Wire, frozen=True, kw_only=True):
    name: str
    """"" of the total."""
    label: str = ""
    points: list[FlowPoint]
    """A point for each step that was reported, 0 where this one had no traffic."""


class FlowHistory(FlowSpan, frozen=True, kw_only=True):
    by: HistorySubject
    lines: list[FlowLine]
    """The largest of the range, the largest first."""
    rest: list[FlowPoint] | None
    """Exactly what the lines leave out of each step. null of groups and of the total."""
