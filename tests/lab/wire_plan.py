"""What a wire does to the frames that cross it, as data, and the one who decides. Pure.

A plan has two ways, `forth` (left to right) and `back`. All chance comes out of its seed, the same
draws for every frame, so that a change of one figure moves no other frame's fate.
"""

import random
import struct
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

Share = Annotated[float, Meta(ge=0, le=1)]
Protocol = Literal["any", "icmp", "udp", "tcp"]
Direction = Literal["forth", "back"]
Verdict = Literal["passed", "lost", "overflow"]

NUMBERS: Final[dict[Protocol, tuple[int, ...]]] = {
    "any": (),
    "icmp": (1, 58),
    "udp": (17,),
    "tcp": (6,),
}
_NEIGHBOURS: Final = range(133, 138)
_ETHERNET: Final = 14


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which packets a way is for; the others pass at once and are not counted."""

    protocol: Protocol = "any"
    port: int = 0
    """Source or destination; 0: every one."""
    kinds: list[int] = []
    """ICMP types; none: every one."""
    smallest: int = 0
    """Bytes of the IP packet."""


class Way(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens in one direction, in this order: loss, queue, delay, order, copies."""

    only: Match = Match()
    loss: Share = 0
    """Of each frame by itself."""
    burst_enter: Share = 0
    burst_leave: Share = 1
    """Gilbert's model: before each frame the way turns bad, or good again, with these chances; all
    that comes while it is bad is lost."""
    every: Annotated[int, Meta(ge=0)] = 0
    """Every n-th frame is lost: those with number n, 2n ..."""
    numbers: list[int] = []
    """These are lost: numbers from 1."""
    rate_kbit: Annotated[float, Meta(ge=0)] = 0
    """0: as fast as it goes. Frames count with their Ethernet header."""
    queue_bytes: Annotated[int, Meta(ge=0)] = 1 << 20
    """What may wait for the rate; a frame that comes when it is full is lost ("overflow")."""
    delay_ms: Annotated[float, Meta(ge=0)] = 0
    jitter_ms: Annotated[float, Meta(ge=0)] = 0
    """So much more at most, evenly; it keeps the order."""
    reorder: Share = 0
    reorder_ms: Annotated[float, Meta(ge=0)] = 5
    """A frame that is chosen for it comes so much later, and may be overtaken."""
    duplicate: Share = 0
    duplicate_ms: Annotated[float, Meta(ge=0)] = 1
    """The copy comes so much after the first."""


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    forth: Way = Way()
    back: Way = Way()
    seed: int = 1
    mtu: Annotated[int, Meta(ge=1280, le=9000)] = 1500
    keep_bytes: int = 160
    """What the record keeps of each IP packet."""


class Fate(msgspec.Struct, frozen=True):
    verdict: Verdict
    due_ns: list[int] = []
    """When each copy is to leave; none for what is lost."""


class Course:
    """Decides for one direction, frame by frame, in the order in which they come."""

    def __init__(self, way: Way, seed: str) -> None:
        self._way, self._dice = way, random.Random(seed)
        self._number = 0
        self._bad = False
        self._free_ns = 0
        self._last_ns = 0

    def takes(self, frame: bytes) -> bool:
        return matches(self._way.only, frame)

    def fate(self, size: int, now_ns: int) -> Fate:
        """For a frame of `size` bytes that came now."""
        way = self._way
        self._number += 1
        turn, lost, late, held, twice = (self._dice.random() for _ in range(5))
        self._bad = turn >= way.burst_leave if self._bad else turn < way.burst_enter
        every = way.every and self._number % way.every == 0
        if self._bad or lost < way.loss or every or self._number in way.numbers:
            return Fate("lost")
        due_ns = now_ns
        if way.rate_kbit:
            free_ns = max(self._free_ns, now_ns)
            if (free_ns - now_ns) * way.rate_kbit / 8e6 + size > way.queue_bytes:
                return Fate("overflow")
            due_ns = self._free_ns = free_ns + round(size * 8e6 / way.rate_kbit)
        due_ns += round((way.delay_ms + late * way.jitter_ms) * 1e6)
        due_ns = max(due_ns, self._last_ns)
        if held < way.reorder:
            due_ns += round(way.reorder_ms * 1e6)
        else:
            self._last_ns = due_ns
        copies = [due_ns]
        if twice < way.duplicate:
            copies.append(due_ns + round(way.duplicate_ms * 1e6))
        return Fate("passed", copies)


def courses(plan: Plan) -> dict[Direction, Course]:
    return {
        "forth": Course(plan.forth, f"{plan.seed} forth"),
        "back": Course(plan.back, f"{plan.seed} back"),
    }


class Ip(msgspec.Struct, frozen=True):
    """What the lab reads of an IP packet; `rest` begins with the header of its protocol."""

    source: bytes
    destination: bytes
    protocol: int
    ttl: int
    rest: bytes


def ip_of(frame: bytes) -> Ip | None:
    """Read an Ethernet frame; None for what is no whole IP packet (ARP, say)."""
    kind, packet = frame[12:14], frame[_ETHERNET:]
    if kind == b"\x08\x00" and len(packet) >= 20:
        return Ip(
            packet[12:16], packet[16:20], packet[9], packet[8], packet[(packet[0] & 15) * 4 :]
        )
    if kind == b"\x86\xdd" and len(packet) >= 40:
        return Ip(packet[8:24], packet[24:40], packet[6], packet[7], packet[40:])
    return None


def matches(only: Match, frame: bytes) -> bool:
    """Whether a way is for it. What keeps a link alive (ARP, neighbours, routers, MLD) never is."""
    ip = ip_of(frame)
    if ip is None or len(ip.rest) < 4 or ip.protocol == 0:
        return False
    if ip.protocol == 58 and ip.rest[0] in _NEIGHBOURS:
        return False
    numbers = NUMBERS[only.protocol]
    if numbers and ip.protocol not in numbers:
        return False
    if only.port and only.port not in struct.unpack_from("!HH", ip.rest):
        return False
    if only.kinds and not (ip.protocol in NUMBERS["icmp"] and ip.rest[0] in only.kinds):
        return False
    return len(frame) - _ETHERNET >= only.smallest
