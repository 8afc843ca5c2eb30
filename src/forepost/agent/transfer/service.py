"""Gives other members what they ask for, on one connection, in a thread of its own."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from forepost.agent.edges.peers.channel import Channel
from forepost.agent.transfer.rate import RateLimit
from forepost.wire.jobs.members import (
    ANSWER,
    HAS_NOT,
    LENGTH,
    WantedChunk,
    WrongWord,
    read_ask,
)

MOST_ASK: Final = 1 << 20
"""Bytes of a request."""
IDLE_SEC: Final = 120.0
TOGETHER: Final = 256 << 10
"""Small files are sent together up to so many bytes: a write under TLS has a price, and so has each
time that the other side wakes up.
"""

Read = Callable[[Sequence[WantedChunk]], Iterator[bytes | None]]
"""What was asked for, verified, in its order; None: it is not here."""


def give(channel: Channel, read: Read, rate: RateLimit, sent: Callable[[int], None]) -> None:
    """Answer until the other side is gone. Raises ChannelEnded, WrongWord.

    `sent` is told of bytes that went.
    """
    channel.bound(IDLE_SEC)
    while True:
        (length,) = LENGTH.unpack(channel.read(LENGTH.size))
        if length > MOST_ASK:
            raise WrongWord("a request of too many bytes")
        answer = _Answer(channel, rate, sent)
        for data in read(read_ask(channel.read(length))):
            answer.add(data)
        answer.send()


class _Answer:
    """Of one request: sent in parts."""

    def __init__(self, channel: Channel, rate: RateLimit, sent: Callable[[int], None]) -> None:
        self._channel, self._rate, self._sent = channel, rate, sent
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, data: bytes | None) -> None:
        """Have this sent with the rest; None: it is not here."""
        if data is None:
            self._parts.append(ANSWER.pack(HAS_NOT))
            self._size += ANSWER.size
        else:
            if self._size + len(data) > TOGETHER:
                self.send()
            self._parts += (ANSWER.pack(len(data)), data)
            self._size += ANSWER.size + len(data)
        if self._size >= TOGETHER:
            self.send()

    def send(self) -> None:
        if not self._parts:
            return
        self._rate.take(self._size)
        if len(self._parts) == 2:
            head, data = self._parts
            self._channel.write(LENGTH.pack(self._size) + head)
            self._channel.write(data)
        else:
            self._channel.write(b"".join((LENGTH.pack(self._size), *self._parts)))
        self._sent(self._size)
        self._parts, self._size = [], 0
