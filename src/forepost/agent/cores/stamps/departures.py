"""When packets left: both clocks, and the kernel's numbers of what a socket sent. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, Generic, NamedTuple, TypeVar

from forepost.kit.clock import Clock

STEP_NS: Final = 200_000
"""The wall clock moved against the monotonic one by more than this: somebody set it. NTP slews
both alike, so that what is left is the error of reading the two one after the other."""
MOST_IN_FLIGHT: Final = 1 << 16
"""The sequence number has 16 bits."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_CLOSE_ENOUGH_NS: Final = 20_000


class Moment(NamedTuple):
    mono_ns: int
    offset_ns: int
    """Wall clock less monotonic clock."""


def moment(clock: Clock) -> Moment:
    """Both clocks at once; again where the process was put aside between the readings."""
    left = 3
    while True:
        left -= 1
        before_ns = int(clock.monotonic() * 1e9)
        wall_ns = (clock.now() - _EPOCH) // _MICROSECOND * 1_000
        after_ns = int(clock.monotonic() * 1e9)
        if after_ns - before_ns < _CLOSE_ENOUGH_NS or not left:
            return Moment(after_ns, wall_ns - (before_ns + after_ns) // 2)


class Departure:
    """One packet of ours, and what is known of when it left."""

    __slots__ = ("key", "offset_ns", "sent_ns", "tx_ns")

    def __init__(self, now_ns: int) -> None:
        self.sent_ns = now_ns
        self.offset_ns = self.tx_ns = 0
        self.key = -1

    def rtt_ns(self, rx_ns: int | None, read: Moment) -> int:
        """Kernel time where it can be true, else what passed on the monotonic clock."""
        passed_ns = read.mono_ns - self.sent_ns
        if rx_ns is None or not -STEP_NS < read.offset_ns - self.offset_ns < STEP_NS:
            return passed_ns
        kernel_ns = rx_ns - (self.tx_ns or self.sent_ns + self.offset_ns)
        return kernel_ns if 0 <= kernel_ns <= passed_ns + STEP_NS else passed_ns


D = TypeVar("D", bound=Departure)


class Departures(Generic[D]):
    """What left by one socket: by our sequence number, and by the kernel's as long as the packet
    has no TX timestamp.
    """

    __slots__ = ("by_key", "in_flight", "key", "seq")

    def __init__(self) -> None:
        self.in_flight: dict[int, D] = {}
        self.by_key: dict[int, D] = {}
        self.key = self.seq = 0

    def take_seq(self) -> int | None:
        """The next sequence number that is not in flight; None when all are."""
        if len(self.in_flight) >= MOST_IN_FLIGHT:
            return None
        while True:
            self.seq = self.seq + 1 & 0xFFFF
            if self.seq not in self.in_flight:
                return self.seq

    def leaves(self, one: D, now_ns: int, offset_ns: int) -> None:
        """The packet goes to the kernel now; the kernel numbers packets in this order."""
        one.sent_ns = now_ns
        one.offset_ns = offset_ns
        one.key = key = self.key
        self.by_key[key] = one
        self.key = key + 1 & 0xFFFF_FFFF

    def restart_keys(self) -> None:
        """The kernel numbers from 0 again; what has no timestamp by now gets none."""
        self.by_key.clear()
        self.key = 0

    def stamped(self, left: Iterable[tuple[int, int]]) -> None:
        """Packets by number, and when they left by the kernel's wall clock."""
        for key, tx_ns in left:
            one = self.by_key.pop(key, None)
            if one is not None:
                one.tx_ns = tx_ns

    def gone(self, one: D) -> None:
        """Nobody asks any more when it left."""
        if self.by_key.get(one.key) is one:
            del self.by_key[one.key]
