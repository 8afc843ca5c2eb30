"""No more pieces are on their way than a line takes in a moment."""

import random

import anyio
import anyio.lowlevel
import pytest

from forepost.controller.fleet.given_pieces import MOST, GivenPieces
from forepost.wire.uplink.pieces import PIECE, Pieces
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.anyio


class Line:
    """So many bytes a second, and an answer after each piece."""

    def __init__(self, rate: float, far_sec: float = 0.01) -> None:
        self.clock, self.rate, self.far_sec = FakeClock(), rate, far_sec
        self.given = GivenPieces(self.send, self.clock)
        self.waiting: list[bytes] = []
        self.most_waiting = 0
        self.pieces, self.heard = Pieces(1 << 24), list[str]()
        self.some = anyio.Event()

    async def send(self, piece: bytes) -> None:
        self.waiting.append(piece)
        self.most_waiting = max(self.most_waiting, sum(map(len, self.waiting)))
        self.some.set()

    async def carry(self) -> None:
        while True:
            while not self.waiting:
                self.some = anyio.Event()
                await self.some.wait()
            await self.clock.sleep(len(self.waiting[0]) / self.rate + self.far_sec)
            message = self.pieces.take(self.waiting.pop(0))
            if message is not None:
                self.heard.append(message.decode())
            self.given.taken()

    async def bring(self, *messages: str) -> float:
        """How long it takes until all are there."""
        begun = self.clock.monotonic()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.carry)
            for message in messages:
                tasks.start_soon(self.given.give, message)
            with anyio.fail_after(30):
                while len(self.heard) < len(messages):
                    await anyio.lowlevel.checkpoint()
                    await self.clock.advance(0.05)
            tasks.cancel_scope.cancel()
        return self.clock.monotonic() - begun


def noise(size: int, seed: int = 1) -> str:
    return random.Random(seed).randbytes(size // 2).hex()


async def test_over_a_slow_line_one_is_on_its_way_at_a_time() -> None:
    line = Line(rate=4_000)
    message = noise(60_000)
    took = await line.bring(message)
    assert line.heard == [message]
    assert line.most_waiting <= PIECE + 100
    assert took < 60_000 / 2 / 4_000 * 1.3


async def test_over_a_fast_one_that_is_far_away_there_are_many() -> None:
    line = Line(rate=1e8, far_sec=0.0)
    message = noise(4_000_000)
    await line.bring(message)
    assert line.heard == [message]
    assert line.most_waiting > MOST * PIECE / 2


async def test_two_messages_come_one_after_the_other() -> None:
    line = Line(rate=40_000)
    messages = {noise(50_000, seed=1), noise(50_000, seed=2)}
    await line.bring(*messages)
    assert set(line.heard) == messages


async def test_answers_to_nothing_are_no_room() -> None:
    line = Line(rate=4_000)
    for _ in range(1_000):
        line.given.taken()
    await line.bring(noise(30_000))
    assert line.most_waiting <= PIECE + 100
