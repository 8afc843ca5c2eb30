"""Gives other members what they ask for, on one connection, in a thread of its own."""

from collections.abc import Callable
from typing import Final

from forepost.agent.edges.peers.channel import Channel
from forepost.agent.transfer.rate import RateLimit
from forepost.agent.transfer.recipe import MOST_CHUNK
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
"""Small files are sent together up to so many bytes: a write under TLS has a price."""

Read = Callable[[WantedChunk], bytes | None]
"""What was asked for, verified; None: it is not here."""


def give(channel: Channel, read: Read, rate: RateLimit, sent: Callable[[int], None]) -> None:
    """Answer until the other side is gone. Raises ChannelEnded, WrongWord.

    `sent` is told of bytes that went.
    """
    channel.bound(IDLE_SEC)
    while True:
        (length,) = LENGTH.unpack(channel.read(LENGTH.size))
        if length > MOST_ASK:
            raise WrongWord("a request of too many bytes")
        waiting = bytearray()
        for asked in read_ask(channel.read(length)):
            data = read(asked) if 0 < asked.length <= MOST_CHUNK else None
            if data is None:
                waiting += ANSWER.pack(HAS_NOT)
                continue
            rate.take(len(data))
            waiting += ANSWER.pack(len(data))
            if len(data) + len(waiting) <= TOGETHER:
                waiting += data
            else:
                channel.write(bytes(waiting))
                channel.write(data)
                waiting.clear()
            if len(waiting) > TOGETHER // 2:
                channel.write(bytes(waiting))
                waiting.clear()
            sent(len(data))
        if waiting:
            channel.write(bytes(waiting))
