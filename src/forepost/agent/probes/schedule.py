"""Keeps exactly the wanted probes running, each on its own cadence."""

import logging
import math
import zlib
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

import anyio
import msgspec
from anyio.abc import TaskGroup

from forepost.agent.cores.permission import Permission
from forepost.agent.edges.guarded import guarded
from forepost.agent.ports.edges import Edges
from forepost.agent.probes import PROBES, triggers
from forepost.agent.probes.cadence import Cadence
from forepost.agent.probes.measurements import Key, Measurement, measurements
from forepost.agent.probes.trafficsim.servers import Keys, Servers, is_server, servers
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.kit.keyed import changes
from forepost.wire.base import Wire
from forepost.wire.disclosure import public_target
from forepost.wire.probes import KINDS, TARGETLESS
from forepost.wire.probes.budget import BUDGET, admit
from forepost.wire.probes.cost import Cost
from forepost.wire.probes.options import Options
from forepost.wire.probes.probe import Probe
from forepost.wire.uplink.messages import ProbePost

Deliver = Callable[[ProbePost], Awaitable[None]]
SPREAD_SEC: Final = 10.0
"""First turns are spread over so much time, so that a restart is no burst."""
MOST_STARTS_A_SEC: Final = 100
"""On average: an agent with thousands of measurements takes longer to begin them all."""
MOST_OPEN: Final = {kind.name: kind.most_open for kind in KINDS.values()}
ROOM: Final = "room for probes"
MOST_EXTRA: Final = 8
"""Extra runs at once; what more loss asks for is left to the next result that shows it."""

_log = logging.getLogger(__name__)


class _Entry:
    __slots__ = ("extra", "most_open", "newest", "open", "scopes", "stopped", "waiting", "what")

    def __init__(self, what: Measurement) -> None:
        self.what = what
        self.most_open = 1 + math.ceil(2 * what.options.timeout_sec / what.options.interval_sec)
        self.scopes: list[anyio.CancelScope] = []
        self.open = 0
        self.newest: anyio.Event | None = None
        """Set when the turn that was begun last is over."""
        self.extra = self.stopped = self.waiting = False

    def stop(self) -> None:
        self.stopped = True
        for scope in self.scopes:
            scope.cancel()


class Scheduler:
    """All tasks are inside the task group of the caller."""

    def __init__(
        self,
        tasks: TaskGroup,
        clock: Clock,
        edges: Edges,
        deliver: Deliver,
        *,
        health: Health | None = None,
        salt: str = "",
        budget: Cost = BUDGET,
        permission: Permission | None = None,
    ) -> None:
        """`salt`: what differs between agents, so that a fleet does not measure in step.
        `permission`: what this site lets its probes reach; everything without it.
        """
        self._budget = budget
        self._permission = permission or Permission(link_local=True)
        self._edges_for = {kind: guarded(edges, self._permission, kind) for kind in PROBES}
        self._open: Counter[str] = Counter()
        self._waiting: dict[str, deque[tuple[Key, _Entry]]] = {}
        self._tasks, self._clock, self._deliver = tasks, clock, deliver
        self._health = health or Health(_log)
        self._salt = salt
        self._running: dict[Key, _Entry] = {}
        self._options: dict[Key, Options] = {}
        self._cadence: Cadence[Key] = Cadence()
        self._pause: anyio.CancelScope | None = None
        self._begun = False
        self._triggers = triggers.Triggers()
        self._servers = Servers(tasks, clock, edges, deliver, self._health)

    def want(self, probes: Sequence[Probe], keys: Keys | None = None) -> list[str]:
        """Run exactly these from now on; return what cannot be run, in words.

        `keys`: of the pairs that this agent and others make, by the other's number.
        """
        permitted, not_allowed = self._permitted(probes)
        admitted, no_room = admit(permitted, self._budget)
        if no_room:
            self._health.ill(ROOM, f"{len(no_room)} are left out, the first: {no_room[0]}")
        else:
            self._health.well(ROOM)
        wanted, unsupported = measurements(admitted, keys)
        served, wrong = servers(permitted, keys or {})
        self._servers.want(served)
        stop, start = changes({key: e.what for key, e in self._running.items()}, wanted)
        for key in stop:
            self._running.pop(key).stop()
            del self._options[key]
            self._cadence.end(key)
            self._health.well(_subject(key))
        for kind, waiting in self._waiting.items():
            self._waiting[kind] = deque(one for one in waiting if not one[1].stopped)
        now = self._clock.monotonic()
        spread_sec = max(SPREAD_SEC, len(wanted) / MOST_STARTS_A_SEC)
        for key in start:
            self._running[key] = _Entry(wanted[key])
            self._options[key] = options = wanted[key].options
            first = now + phase(key, self._salt, min(options.interval_sec, spread_sec))
            self._cadence.begin(key, first, options.interval_sec)
        if start and not self._begun:
            self._begun = True
            self._tasks.start_soon(self._run)
        if self._pause is not None:
            self._pause.cancel()
        return not_allowed + no_room + unsupported + wrong

    def _permitted(self, probes: Sequence[Probe]) -> tuple[list[Probe], list[str]]:
        """Without what has nowhere to say that the site does not allow it: probes of this host, and
        servers. The others are run, and their results say so.
        """
        permitted: list[Probe] = []
        reasons: list[str] = []
        for probe in probes:
            silent = probe.type in TARGETLESS or is_server(probe)
            why = self._permission.refusal_of_type(probe.type) if silent else ""
            if why:
                reasons.append(f"probe {probe.id}: {probe.type}: {why}")
            else:
                permitted.append(probe)
        return permitted, reasons

    def now(self, kind: str, reason: str) -> None:
        """Measure what there is of this type once more, at once."""
        for key, entry in self._running.items():
            if key[1] == kind and not entry.extra:
                self._begin_extra(key, entry, entry.what.options, reason)

    @property
    def running(self) -> int:
        """How many measurements: one for each probe, type and target; and each server."""
        return len(self._running) + self._servers.running

    async def _run(self) -> None:
        """Begin turns as they fall due. One that waits for its last answers does not hold up the
        next; those that were missed (the machine was suspended) are left out.
        """
        while True:
            for key in self._cadence.due(self._clock.monotonic()):
                entry = self._running[key]
                if entry.open < entry.most_open and not entry.waiting:
                    self._begin(key, entry)
                else:
                    self._health.ill(_subject(key), "earlier rounds are still open")
            next_sec = self._cadence.next_sec()
            with anyio.CancelScope() as self._pause:
                if next_sec is None:
                    await anyio.sleep_forever()
                else:
                    await self._clock.sleep(max(0.0, next_sec - self._clock.monotonic()))

    def _begin(self, key: Key, entry: _Entry) -> None:
        """Now, or when one of its type has ended."""
        kind = key[1]
        if self._open[kind] >= MOST_OPEN[kind]:
            entry.waiting = True
            self._waiting.setdefault(kind, deque()).append((key, entry))
            return
        self._open[kind] += 1
        entry.open += 1
        self._tasks.start_soon(self._turn_in_place, key, entry)

    async def _turn_in_place(self, key: Key, entry: _Entry) -> None:
        kind = key[1]
        try:
            await self._turn(key, entry)
        finally:
            self._open[kind] -= 1
        self._begin_waiting(kind)  # not where all of them end

    def _begin_waiting(self, kind: str) -> None:
        waiting = self._waiting.setdefault(kind, deque())
        while waiting and self._open[kind] < MOST_OPEN[kind]:
            key, entry = waiting.popleft()
            entry.waiting = False
            if not entry.stopped:
                self._begin(key, entry)

    async def _turn(
        self, key: Key, entry: _Entry, options: Options | None = None, reason: str = ""
    ) -> None:
        """`reason`: why a turn is made that the cadence does not ask for.

        Results are delivered in the order in which their turns began: one that waits for its last
        answers has what is behind it wait too, and nobody sees time run backwards.
        """
        earlier, over = entry.newest, anyio.Event()
        entry.newest = over
        try:
            with anyio.CancelScope() as scope:
                entry.scopes.append(scope)
                if not entry.stopped:
                    await self._measure(key, entry, options, reason, earlier)
        finally:
            over.set()
            entry.scopes.remove(scope)
            entry.open -= 1

    async def _measure(
        self,
        key: Key,
        entry: _Entry,
        options: Options | None,
        reason: str,
        earlier: anyio.Event | None,
    ) -> None:
        probe_id, kind, target = key
        options = options or entry.what.options
        began_sec = self._clock.boottime()
        try:
            result = await PROBES[kind](options, target, self._clock, self._edges_for[kind])
            if entry.stopped:
                return  # it is gone from the list: nobody wants its result
            self._consider(key, result)
            if earlier is not None:
                await earlier.wait()
            # By the wall clock of now: what is known of its error is known of now.
            took = timedelta(seconds=self._clock.boottime() - began_sec)
            await self._deliver(
                ProbePost(
                    probe_id=probe_id,
                    triggered=bool(reason),
                    triggered_reason=reason,
                    created_at=self._clock.now() - took,
                    type=kind,
                    payload=msgspec.Raw(msgspec.json.encode(result)),
                    target=target,
                    target_agent=entry.what.target_agent,
                    source_interface=options.bind_interface,
                )
            )
        except Exception as error:  # noqa: BLE001 - no fault of a probe may end the scheduler
            self._health.ill(_subject(key), f"{type(error).__name__}: {error}")
            _log.debug("%s failed", _subject(key), exc_info=True)
        else:
            self._health.well(_subject(key))

    def _consider(self, by: Key, result: Wire) -> None:
        """Begin the extra runs that a result asks for, no more than there is room for."""
        now = self._clock.monotonic()
        for key, reason in self._triggers.asked(by, result, self._options, now).items():
            entry = self._running[key]
            if entry.extra:
                continue
            if sum(one.extra for one in self._running.values()) < MOST_EXTRA:
                self._triggers.made(key, now)
                options = msgspec.structs.replace(entry.what.options, count=triggers.COUNT)
                self._begin_extra(key, entry, options, reason)

    def _begin_extra(self, key: Key, entry: _Entry, options: Options, reason: str) -> None:
        entry.extra = True
        entry.open += 1
        self._tasks.start_soon(self._extra_turn, key, entry, options, reason)

    async def _extra_turn(self, key: Key, entry: _Entry, options: Options, reason: str) -> None:
        try:
            await self._turn(key, entry, options, reason)
        finally:
            entry.extra = False


def phase(key: Key, salt: str, within_sec: float) -> float:
    """A number of seconds from 0 to `within_sec`, the same for the same key."""
    return zlib.crc32(f"{salt} {key}".encode()) / 2**32 * within_sec


def _subject(key: Key) -> str:
    probe_id, kind, target = key
    return f"probe {probe_id} {kind} {public_target(target)}".rstrip()
