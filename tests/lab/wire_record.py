"""What a wire really did, frame by frame, and what follows from it. Pure."""

from collections import Counter
from collections.abc import Callable
from typing import Final

import msgspec

from tests.lab.wire_plan import Direction, Ip, Verdict, ip_of

ECHO: Final = {1: (8, 0), 58: (128, 129)}
"""Types of request and reply, by protocol."""


class Passage(msgspec.Struct, kw_only=True):
    """One frame. Times are ns of CLOCK_MONOTONIC, which all processes of a host share."""

    number: int
    """From 1, of its direction."""
    direction: Direction
    size: int
    """Bytes of the Ethernet frame."""
    verdict: Verdict
    in_ns: int
    due_ns: list[int] = []
    """When each copy was to leave."""
    out_ns: list[int] = []
    """When each did; shorter than `due_ns` for what is still on its way."""
    head: bytes
    """The beginning of the frame."""

    @property
    def ip(self) -> Ip:
        found = ip_of(self.head)
        assert found
        return found

    @property
    def copies(self) -> int:
        return len(self.out_ns)


class Echo(msgspec.Struct, frozen=True):
    """A request, and what became of it."""

    request: Passage
    replies: list[Passage]
    """One for each copy that the far side answered, those that were lost on their way included."""

    @property
    def heard(self) -> list[int]:
        """When each answer left the wire, copies too, ns."""
        return sorted(out for reply in self.replies for out in reply.out_ns)

    @property
    def rtt_ns(self) -> int | None:
        """From where the request came to the wire until the first answer left it."""
        return self.heard[0] - self.request.in_ns if self.heard else None


class Record(msgspec.Struct):
    """`overruns`: frames that the kernel dropped because the wire was too slow for them."""

    passages: list[Passage]
    overruns: int = 0

    def going(
        self, direction: Direction, only: Callable[[Passage], bool] = lambda _: True
    ) -> list[Passage]:
        """In the order in which they came."""
        return [one for one in self.passages if one.direction == direction and only(one)]

    @property
    def pending(self) -> int:
        """Copies that are still on their way."""
        return sum(len(one.due_ns) - len(one.out_ns) for one in self.passages)

    @property
    def error_ns(self) -> list[int]:
        """How late each copy left, in rising order: the wire's own error."""
        return sorted(
            out - due
            for one in self.passages
            for due, out in zip(one.due_ns, one.out_ns, strict=False)
        )

    def lost(self, direction: Direction) -> int:
        return sum(one.verdict != "passed" for one in self.going(direction))

    def duplicates(self, direction: Direction) -> int:
        return sum(max(0, one.copies - 1) for one in self.going(direction))

    def order_out(self, direction: Direction) -> list[int]:
        """Numbers in the order in which they left, copies too."""
        left = [(out, one.number) for one in self.going(direction) for out in one.out_ns]
        return [number for _, number in sorted(left)]

    def overtaken(self, direction: Direction) -> int:
        """Frames of which a later one left first; of each its first copy counts."""
        first = list(dict.fromkeys(self.order_out(direction)))
        newest = count = 0
        for number in first:
            count += number < newest
            newest = max(newest, number)
        return count

    def echoes(self, address: bytes | None = None, asker: Direction = "forth") -> list[Echo]:
        """Echo requests (towards one address) in the order in which they came, with answers."""
        found: dict[tuple[bytes, bytes], Echo] = {}
        for one in sorted(self.passages, key=lambda passage: passage.in_ns):
            ip = one.ip
            if ip.protocol not in ECHO:
                continue
            request, reply = ECHO[ip.protocol]
            # Identifier, number and the first bytes of the data.
            if ip.rest[0] == request and one.direction == asker:
                if address in (None, ip.destination):
                    found[ip.destination, ip.rest[4:16]] = Echo(one, [])
            elif ip.rest[0] == reply and one.direction != asker:
                asked = found.get((ip.source, ip.rest[4:16]))
                if asked is not None:
                    asked.replies.append(one)
        return list(found.values())

    def kinds(self, direction: Direction) -> Counter[tuple[int, int]]:
        """How many frames of each protocol and first byte (ICMP: the type)."""
        return Counter((one.ip.protocol, one.ip.rest[0]) for one in self.going(direction))
