"""Hears what comes until the expected answer is among it."""

from typing import Final

from forepost.agent.ports.dialer import Datagrams, Failed, Stream
from forepost.agent.ports.edges import Search
from forepost.agent.probes.attempts import Attempt
from forepost.kit.clock import Clock
from forepost.wire.probes.exchange import AwaitedMatch, written_bytes

MOST_BYTES: Final = 65_536


class AwaitedAnswer:
    """What an answer must have in it. Whoever asks bounds the time."""

    def __init__(self, expect: str, match: AwaitedMatch, search: Search, within_sec: float) -> None:
        self._expect, self._match = expect, match
        self._bytes = b"" if match == "regex" else written_bytes(expect)
        self._search, self._within_sec = search, within_sec

    async def from_stream(self, attempt: Attempt, stream: Stream, clock: Clock) -> float:
        """Return when it was there: seconds of the monotonic clock. Raises Failed."""
        heard = b""
        while True:
            data = await stream.receive()
            at = clock.monotonic()
            if not data:
                raise Failed("closed", "the connection was closed before what was expected")
            heard += data
            if await self.is_in(heard):
                return at
            attempt.heard_another = True
            if len(heard) > MOST_BYTES:
                raise Failed(
                    "wrong", f"more than {MOST_BYTES >> 10} KiB, and not what was expected"
                )

    async def from_datagrams(self, attempt: Attempt, socket: Datagrams, clock: Clock) -> float:
        """As `from_stream`: each datagram is an answer of its own."""
        while True:
            data = await socket.receive()
            at = clock.monotonic()
            if await self.is_in(data):
                return at
            attempt.heard_another = True

    async def is_in(self, heard: bytes) -> bool:
        if self._match == "regex" and self._expect:
            return await self._search(self._expect, heard, self._within_sec)
        return self._bytes in heard
