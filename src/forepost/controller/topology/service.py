"""The slice joined: answers made of what is in RAM, and kept as bytes while they hold."""

import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final, Literal

import anyio
import anyio.to_thread
import msgspec

from forepost.controller.db.engine import Database
from forepost.controller.series.port import Series
from forepost.controller.topology.directory import Directories, Directory
from forepost.controller.topology.health import health, own_probes, verdicts
from forepost.controller.topology.latest import SILENT_US, LatestResults, Line
from forepost.controller.topology.matrix import matrix
from forepost.controller.topology.network_map import network_map
from forepost.controller.topology.past import lines_since
from forepost.controller.topology.view import Presence, View, micros
from forepost.kit.clock import Clock
from forepost.wire.rest.topology import (
    LOOKBACK_MIN,
    Matrix,
    NetworkMap,
    ProbeHealth,
    Standing,
    WorkspaceHealth,
)

Kind = Literal["map", "matrix", "health", "verdicts"]
Made = NetworkMap | Matrix | WorkspaceHealth

FRESH_SEC: Final = 2.0
"""How long an answer is given again although figures changed."""
LONG_SEC: Final = 60.0
"""How long where it is of more than is in RAM."""
OLD_SEC: Final = 10.0
"""How long although nothing did: agents go offline, and results grow old, by themselves."""
KEPT_BYTES: Final = 64 << 20
"""Of answers; when full the one asked for longest ago goes."""
EXPIRY_SEC: Final = 30.0
GIVING_WAY_SEC: Final = 0.0005
LOADED_AT_ONCE: Final = 5_000
"""Probes whose newest rows are read together at the start."""

_MAKERS: Final[dict[Kind, Callable[[View], Made]]] = {
    "map": network_map,
    "matrix": matrix,
    "health": health,
    "verdicts": verdicts,
}
_encoder = msgspec.json.Encoder()


class TopologyNeeds(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed of the rest of the controller; `main` joins them."""

    db: Database
    series: Series
    clock: Clock
    last_seen: Callable[[int], datetime | None]
    """Agent id -> what the fleet knows in RAM."""
    standing: Callable[[datetime | None, datetime], Standing]
    address_of: Callable[[int], str]
    in_conflict: Callable[[int], bool]


class _Kept(msgspec.Struct, frozen=True):
    body: bytes
    made_at: float
    """Monotonic."""
    shape: tuple[int, int]
    results: int


class Topology:
    def __init__(self, deps: TopologyNeeds) -> None:
        self._deps = deps
        self.latest = LatestResults()
        self.directories = Directories(deps.db, self._loaded)
        self._kept: OrderedDict[tuple[Kind, int, int], _Kept] = OrderedDict()
        self._bytes = 0
        self._turns: dict[tuple[Kind, int, int], anyio.Lock] = {}
        # One at a time: a large map is made in a thread, beside the event loop.
        self._limiter = anyio.CapacityLimiter(1)
        self.consider = self.latest.consider
        self.forget = self.directories.forget
        self.forget_agents = self.directories.forget_agents

    async def load(self) -> None:
        """What was said before this process started."""
        now_us = micros(self._deps.clock.now())
        homes = await self.directories.workspaces()
        ids = list(homes)
        for start in range(0, len(ids), LOADED_AT_ONCE):
            streams = ids[start : start + LOADED_AT_ONCE]
            since_us = now_us - SILENT_US
            for row in await self._deps.series.newest(streams, from_us=since_us, to_us=now_us):
                self.latest.consider(homes[row.probe_id], [row])

    async def run(self) -> None:
        """Forget what is silent."""
        while True:
            await self._deps.clock.sleep(EXPIRY_SEC)
            self.latest.expire(micros(self._deps.clock.now()))

    async def body(self, kind: Kind, workspace_id: int, lookback: int) -> bytes:
        """The answer as JSON."""
        key = (kind, workspace_id, lookback)
        lock = self._turns.setdefault(key, anyio.Lock())
        try:
            async with lock:
                return await self._body(key)
        finally:
            if not lock.statistics().locked:
                self._turns.pop(key, None)

    async def presences(self, workspace_id: int) -> tuple[Directory, dict[int, Presence]]:
        """The agents of a workspace now."""
        directory = await self.directories.of(workspace_id)
        now = self._deps.clock.now()
        found = {}
        for agent in directory.agents.values():
            seen = self._deps.last_seen(agent.id) or agent.last_seen_at
            found[agent.id] = Presence(
                self._deps.standing(seen, now),
                seen,
                self._deps.address_of(agent.id),
                self._deps.in_conflict(agent.id),
            )
        return directory, found

    async def map_now(self, workspace_id: int, lookback: int) -> NetworkMap:
        view = await self._view(workspace_id, lookback)
        found = await anyio.to_thread.run_sync(_made, "map", view, limiter=self._limiter)
        assert isinstance(found, NetworkMap)
        return found

    async def matrix_over(self, workspace_id: int, lookback: int) -> Matrix:
        view = await self._view(workspace_id, lookback)
        found = await anyio.to_thread.run_sync(_made, "matrix", view, limiter=self._limiter)
        assert isinstance(found, Matrix)
        return found

    async def health_now(self, workspace_id: int) -> WorkspaceHealth:
        return await self.health_over(workspace_id, LOOKBACK_MIN)

    async def health_over(self, workspace_id: int, lookback: int) -> WorkspaceHealth:
        view = await self._view(workspace_id, lookback)
        found = await anyio.to_thread.run_sync(_made, "health", view, limiter=self._limiter)
        assert isinstance(found, WorkspaceHealth)
        return found

    async def own_probes(self, workspace_id: int, agent_id: int) -> list[ProbeHealth]:
        """Return how each probe of one agent is."""
        return own_probes(await self._view(workspace_id, LOOKBACK_MIN), agent_id)

    def version(self, workspace_id: int) -> tuple[int, int]:
        """Another one after every result, and after every change of lines and paths."""
        space = self.latest.space(workspace_id)
        return space.shape, space.results

    async def _body(self, key: tuple[Kind, int, int]) -> bytes:
        kind, workspace_id, lookback = key
        directory = await self.directories.of(workspace_id)
        space = self.latest.space(workspace_id)
        shape, results = (space.shape, directory.generation), space.results
        started = self._deps.clock.monotonic()
        kept = self._kept.get(key)
        if kept is not None and kept.shape == shape:
            age = started - kept.made_at
            if lookback > LOOKBACK_MIN:
                age -= LONG_SEC - FRESH_SEC
            if age < FRESH_SEC or (kept.results == results and age < OLD_SEC):
                self._kept.move_to_end(key)
                return kept.body
        view = await self._view(workspace_id, lookback)
        body = await anyio.to_thread.run_sync(_encoded, kind, view, limiter=self._limiter)
        self._keep(key, _Kept(body, started, shape, results))
        return body

    async def _view(self, workspace_id: int, lookback: int) -> View:
        directory, presences = await self.presences(workspace_id)
        space = self.latest.space(workspace_id)
        lines: Sequence[Line] = list(space.lines.values())
        if lookback > LOOKBACK_MIN:
            on = [probe.id for probe in directory.probes.values() if probe.enabled]
            now_us = micros(self._deps.clock.now())
            lines = await lines_since(self._deps.series, on, space.lines, now_us, lookback)
        return View(
            workspace_id=workspace_id,
            now=self._deps.clock.now(),
            lookback=lookback,
            directory=directory,
            presences=presences,
            lines=lines,
            graph=space.graph,
            left_out=space.left_out,
        )

    def _keep(self, key: tuple[Kind, int, int], answer: _Kept) -> None:
        before = self._kept.pop(key, None)
        self._bytes += len(answer.body) - (len(before.body) if before is not None else 0)
        self._kept[key] = answer
        while self._bytes > KEPT_BYTES and len(self._kept) > 1:
            _, gone = self._kept.popitem(last=False)
            self._bytes -= len(gone.body)

    def _loaded(self, workspace_id: int, directory: Directory) -> None:
        on: Iterable[int] = (probe.id for probe in directory.probes.values() if probe.enabled)
        self.latest.prune(workspace_id, on)


def _made(kind: Kind, view: View) -> Made:
    """In a thread that gives way to the event loop, which results wait for, sooner than usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(GIVING_WAY_SEC)
    try:
        return _MAKERS[kind](view)
    finally:
        sys.setswitchinterval(usual)


def _encoded(kind: Kind, view: View) -> bytes:
    return _encoder.encode(_made(kind, view))
