"""What an agent's flows were in one minute: the payload of a result of type FLOWS.

Every list is the largest by bytes, and `rest` is exactly what it leaves out: list and rest together
are the total of the minute (of `groups`: a flow may be in several, so there is no rest).
"""

from typing import Annotated, Final

from msgspec import Meta

from forepost.wire.base import Wire

FLOWS: Final = "FLOWS"
MOST_ROWS: Final = 1_000

Count = Annotated[int, Meta(ge=0, le=10**13)]
"""Of one minute: 10 TB is a line of 1.3 Tbit/s. Sums of many agents and days fit into 63 bits."""
Word = Annotated[str, Meta(max_length=255)]


class Traffic(Wire, frozen=True, kw_only=True):
    """`in`: towards the local side; of flows between two local sides, towards the one that began.
    Bytes as on the wire, without preamble and FCS.
    """

    bytes_in: Count = 0
    bytes_out: Count = 0
    packets_in: Count = 0
    packets_out: Count = 0
    flows: Count = 0
    """That had traffic in this minute."""


class Named(Traffic, frozen=True, kw_only=True):
    name: Word
    """Of a device its address; of an application its name; of a remote side the name that it was
    asked for, or its prefix (/24, /48); of a group its name."""
    label: Word = ""
    """Of a device its MAC address where it is a neighbour."""


class Talk(Traffic, frozen=True, kw_only=True):
    """One device, one application, one remote side."""

    device: Word
    application: Word
    remote: Word
    groups: list[Word] = []


class Ranking(Wire, frozen=True, kw_only=True):
    top: Annotated[list[Named], Meta(max_length=MOST_ROWS)] = []
    rest: Traffic = Traffic()


class Talks(Wire, frozen=True, kw_only=True):
    top: Annotated[list[Talk], Meta(max_length=MOST_ROWS)] = []
    rest: Traffic = Traffic()


class Honesty(Wire, frozen=True, kw_only=True):
    """What was not seen in this minute, each for itself."""

    packets: Count = 0
    """That the interfaces showed, other than IP included."""
    bytes: Count = 0
    other_packets: Count = 0
    """Neither IPv4 nor IPv6, or malformed: in no flow."""
    other_bytes: Count = 0
    missed: Count = 0
    """Counted, but inspection did not see them."""
    refused_packets: Count = 0
    """In no flow: there was no room (max_flows)."""
    refused_bytes: Count = 0
    lost: Count = 0
    """Packets that the ring had no room for (without CAP_BPF)."""
    gap_sec: Annotated[float, Meta(ge=0, le=1e6)] = 0
    """How long no meter was counting; the longest of the interfaces."""
    uninspected_sec: Annotated[float, Meta(ge=0, le=1e6)] = 0
    """How long packets were counted but not inspected: a meter was replaced."""


class FlowMinute(Wire, frozen=True, kw_only=True):
    """From `minute` for 60 seconds. Counters are read each update interval: what falls on the edge
    counts in the minute in which it was read.
    """

    minute: Annotated[int, Meta(ge=0, le=7_258_118_400)]
    """Unix seconds, a multiple of 60."""
    interfaces: Annotated[list[Word], Meta(max_length=64)] = []
    total: Traffic = Traffic()
    devices: Ranking = Ranking()
    applications: Ranking = Ranking()
    remotes: Ranking = Ranking()
    groups: Annotated[list[Named], Meta(max_length=MOST_ROWS)] = []
    talks: Talks = Talks()
    honesty: Honesty = Honesty()
    privacy: Annotated[int, Meta(ge=0, le=3)] = 0
    """0: all; 1: no names; 2: prefixes instead of addresses; 3: counters only."""
