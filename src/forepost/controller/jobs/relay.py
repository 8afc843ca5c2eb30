"""Pairs of agents whose bytes pass through here, and how many bytes that may be.

A pair has up to three lines (`wire.jobs.relay.LINES`).
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

import anyio
import msgspec

from forepost.kit.clock import Clock
from forepost.wire.jobs import relay as wire

WAIT_SEC: Final = 30.0
"""How long one waits for the other."""
MOST_OF_AGENT: Final = 48
"""Pairs in which one agent is, or waits to be."""
BURST_SEC: Final = 0.25
"""How far ahead of its rate a pair may be."""

SendBytes = Callable[[bytes], Awaitable[None]]
"""Waits while the other side takes nothing. Raises OSError."""


class RelayBounds(msgspec.Struct, frozen=True, kw_only=True):
    pairs: int
    """0: there is no relay."""
    pair_bytes_per_sec: float
    """Both ways together."""
    all_bytes_per_sec: float
    idle_sec: float


class RelayKey(msgspec.Struct, frozen=True):
    """A run, the two device ids in their order, and which of the lines between the two."""

    uid: str
    devices: tuple[str, str]
    line: int = wire.CONTROL

    @classmethod
    def of(cls, uid: str, one: str, other: str, line: int = wire.CONTROL) -> "RelayKey":
        first, second = sorted((one, other))
        return cls(uid, (first, second), line)

    @property
    def pair(self) -> tuple[str, tuple[str, str]]:
        """The two, whichever line."""
        return self.uid, self.devices


class RelayEnd(Exception):
    """Why a relayed connection is closed: a code of `wire.jobs.relay`, and words."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


class ByteRate:
    """Bytes that may pass in a time: whoever would pass more waits."""

    def __init__(self, bytes_per_sec: float, clock: Clock) -> None:
        self._per_sec, self._clock = bytes_per_sec, clock
        self._until_sec = 0.0
        """When what has passed would have passed at this rate."""

    async def take(self, size: int) -> None:
        now_sec = self._clock.monotonic()
        self._until_sec = max(now_sec - BURST_SEC, self._until_sec) + size / self._per_sec
        if (wait_sec := self._until_sec - now_sec) > 0:
            await self._clock.sleep(wait_sec)


class RelayPair:
    """One line of a pair."""

    def __init__(self, rate: ByteRate, now_sec: float) -> None:
        self.rate = rate
        self.sides: dict[str, SendBytes] = {}
        self.agents: set[int] = set()
        self.whole = anyio.Event()
        self.over = anyio.Event()
        self.end = RelayEnd(wire.NOBODY, "the other has left")
        self.moved_sec = now_sec

    def close(self, end: RelayEnd) -> None:
        if not self.over.is_set():
            self.end = end
            self.over.set()
        self.whole.set()


class Relay:
    def __init__(self, bounds: RelayBounds, clock: Clock) -> None:
        self.bounds, self._clock = bounds, clock
        self._pairs: dict[RelayKey, RelayPair] = {}
        self._all = ByteRate(bounds.all_bytes_per_sec, clock)
        self.tally: Counter[str] = Counter()
        """For figures: `bytes` that were passed on, and `refused`."""

    @property
    def pairs(self) -> int:
        """Of which both sides are here."""
        return len({key.pair for key, pair in self._pairs.items() if len(pair.sides) == 2})

    def join(self, key: RelayKey, me: str, agent_id: int, send: SendBytes) -> RelayPair:
        """Raises RelayEnd. Whoever is there by the same device id has to go."""
        before = self._pairs.get(key)
        if before is not None and me in before.sides:
            before.close(RelayEnd(wire.ANEW, "the same agent has come once more"))
            del self._pairs[key]
            before = None
        if before is None:
            rate = self._rate(key, agent_id)
            before = self._pairs[key] = RelayPair(rate, self._clock.monotonic())
        before.sides[me] = send
        before.agents.add(agent_id)
        if len(before.sides) == 2:
            before.moved_sec = self._clock.monotonic()
            before.whole.set()
        return before

    def _rate(self, key: RelayKey, agent_id: int) -> ByteRate:
        """Return the rate of a pair, which all of its lines have together. Raises RelayEnd."""
        for other, line in self._pairs.items():
            if other.pair == key.pair:
                return line.rate
        pairs = {other.pair for other in self._pairs}
        of_agent = {other.pair for other, line in self._pairs.items() if agent_id in line.agents}
        if len(pairs) >= self.bounds.pairs or len(of_agent) >= MOST_OF_AGENT:
            raise RelayEnd(wire.FULL, f"{len(pairs)} pairs are here, and no more can be")
        return ByteRate(self.bounds.pair_bytes_per_sec, self._clock)

    def leave(self, key: RelayKey, pair: RelayPair) -> None:
        """One side is gone: the other has to go too."""
        pair.close(RelayEnd(wire.NOBODY, "the other has left"))
        if self._pairs.get(key) is pair:
            del self._pairs[key]

    async def pass_on(self, pair: RelayPair, me: str, data: bytes) -> None:
        """Return when there is room for more. Raises OSError where the other is gone."""
        await self._all.take(len(data))
        await pair.rate.take(len(data))
        (other,) = (send for device, send in pair.sides.items() if device != me)
        await other(data)
        pair.moved_sec = self._clock.monotonic()
        self.tally["bytes"] += len(data)

    def check_idle(self, pair: RelayPair) -> None:
        if self._clock.monotonic() - pair.moved_sec > self.bounds.idle_sec:
            pair.close(RelayEnd(wire.IDLE, f"nothing has passed for {self.bounds.idle_sec:.0f} s"))
