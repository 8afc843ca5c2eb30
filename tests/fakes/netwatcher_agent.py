"""NetWatcher's agent as far as lists of probes go, written from its protocol, on a test's clock.

One task reads the socket and hands each list on; another one takes it: starts what is new, then
stops what is gone, one after the other, for as long as each takes. Nothing is read meanwhile. A
worker measures once a second. A probe whose key changes while its place does not gets no second
worker: it ends.
"""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import pairwise
from typing import Any

import anyio
import msgspec

from tests.fakes.clock import FakeClock

START = ";agent;;probe_get;0;0;"
Place = tuple[int, str, str]


class FakeNetWatcherAgent:
    def __init__(self, clock: FakeClock, stop_sec: float) -> None:
        self._clock, self._stop_sec = clock, stop_sec
        self.lists: list[set[int]] = []
        """The probes of each list, in the order of their arrival."""
        self.workers: dict[tuple[Any, ...], Place] = {}
        self.measured: defaultdict[int, list[float]] = defaultdict(list)
        """When each probe was measured, seconds."""
        self._to_be_read, self._inbox = anyio.create_memory_object_stream[Any](10_000)
        self._handed, self._taken = anyio.create_memory_object_stream[Sequence[Any]](0)

    async def say(self, text: str) -> None:
        assert text.startswith(START), text
        found = msgspec.json.decode(text.removeprefix(START))
        self.lists.append({probe["id"] for probe in found})
        self._to_be_read.send_nowait(found)

    async def read_out(self) -> None:
        """As a ping of the WebSocket: answered in its turn."""
        pong = anyio.Event()
        self._to_be_read.send_nowait(pong)
        await pong.wait()

    async def run(self) -> None:
        streams = (self._to_be_read, self._inbox), (self._handed, self._taken)
        async with AsyncExitStack() as ends, anyio.create_task_group() as tasks:
            for end in (*streams[0], *streams[1]):
                await ends.enter_async_context(end)
            tasks.start_soon(self._read)
            tasks.start_soon(self._take)
            tasks.start_soon(self._measure)

    def longest_gap(self, probe_id: int, until_sec: float) -> float:
        times = [*self.measured[probe_id], until_sec]
        return max(b - a for a, b in pairwise(times))

    async def _read(self) -> None:
        async for message in self._inbox:
            if isinstance(message, anyio.Event):
                message.set()
            else:
                await self._handed.send(message)

    async def _take(self) -> None:
        async for probes in self._taken:
            wanted = {_key_of(probe): _place_of(probe) for probe in probes}
            there = set(self.workers.values())
            started = {
                key: place
                for key, place in wanted.items()
                if key not in self.workers and place not in there
            }
            self.workers |= started
            for key in [key for key in self.workers if key not in wanted]:
                await self._clock.sleep(self._stop_sec)
                del self.workers[key]

    async def _measure(self) -> None:
        while True:
            for probe_id, _, _ in self.workers.values():
                self.measured[probe_id].append(self._clock.monotonic())
            await self._clock.sleep(1)


def _place_of(probe: Any) -> Place:
    targets = probe["targets"] or [{"target": ""}]
    return probe["id"], probe["type"], targets[0]["target"]


def _key_of(probe: Any) -> tuple[Any, ...]:
    targets = tuple(target["target"] for target in probe["targets"] or ())
    asked = (probe["interval_sec"], probe["count"], probe["duration_sec"])
    return (*_place_of(probe), targets, *asked, probe.get("bind_interface", ""))
