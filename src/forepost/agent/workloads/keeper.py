"""Keeps exactly the wanted microservices running: looks, decides, does one step, looks again."""

import logging
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Final

import anyio
import msgspec
from anyio.abc import TaskGroup

from forepost.agent.ports.containers import (
    ContainerEngine,
    EngineAway,
    EngineRefused,
    SeenContainer,
)
from forepost.agent.workloads.executor import StepExecutor
from forepost.agent.workloads.history import History
from forepost.agent.workloads.log_reader import LogReader
from forepost.agent.workloads.memory import WorkloadMemory
from forepost.agent.workloads.microservices import NotNow, Pruned, WantedMicroservice
from forepost.agent.workloads.overview import Standing, WorkloadOverview
from forepost.agent.workloads.prune import Pruner
from forepost.agent.workloads.reconcile import ContainerParts, Decision, Sight, decide, left_alone
from forepost.agent.workloads.usage import Usages
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.wire.workloads.delivery import LogLine, Registry
from forepost.wire.workloads.manifest import fingerprint

LOOK_SEC: Final = 30.0
"""Between two looks at all; events are hints that one is to be looked at sooner."""
AWAY_SEC: Final = 2.0
"""How often an engine that does not answer is asked."""
MOST_STEPS: Final = 30
"""Of one turn: what does not come to rest is left until the next look."""

_log = logging.getLogger(__name__)


class WorkloadKeeper(WorkloadOverview):
    """Implements `Microservices`. Nothing is judged before `want` was called for the first time."""

    def __init__(
        self,
        engine: ContainerEngine,
        state_file: Path,
        clock: Clock,
        health: Health,
    ) -> None:
        self._engine = engine
        self._memory = WorkloadMemory(state_file, health)
        super().__init__(
            StepExecutor(engine, self._memory, clock), Usages(engine, clock), clock, health
        )
        self._pruner = Pruner(engine, self._memory, clock)
        self._due: dict[str, float] = {}
        """When each is to be looked at."""
        self._spared: Collection[str] | None = ()
        self._busy: set[str] = set()
        self._locks: dict[str, anyio.Lock] = {}
        self._looks: dict[str, int] = {}
        self._next_look = 0.0
        self._wake = anyio.Event()

    async def want(
        self,
        wanted: Sequence[WantedMicroservice],
        registries: Sequence[Registry],
        spared: Collection[str] | None = (),
    ) -> None:
        """Run exactly these from now on. `spared`: uuids of others that are left as they are, since
        it is not known whether they are wanted; None: all others.
        """
        self._spared = spared
        before, asked = self._wanted, {one.microservice.uuid: one for one in wanted}
        self._executor.registries = {one.name: one for one in registries}
        for uuid in asked.keys() | (before or {}).keys():
            target = _target(asked.get(uuid))
            if before is None:
                refusal = self._memory.refusal(uuid)
                if refusal is not None and refusal.fingerprint == target:
                    self._history(uuid).refusal = refusal
            elif target != _target(before.get(uuid)):
                self._forget(uuid)
                self._executor.give_up(uuid)
            self._due[uuid] = self._clock.monotonic()
        self._wanted = asked
        if before is None:
            self._next_look = self._clock.monotonic()
        self._wake.set()
        self._tell()

    async def restart(self, uuid_or_name: str) -> None:
        """Also what was refused, or is stuck, is tried again."""
        uuid = self.uuid_of(uuid_or_name)
        if not self._engine_status.reachable:
            raise NotNow(f"the engine does not answer: {self._engine_status.problem}")
        wanted = self.wanted.get(uuid)
        try:
            async with self._lock(uuid):
                found = await self._engine.containers(uuid)
                one = ContainerParts.of(found, _target(wanted)).shown
                if one is None and wanted is not None and wanted.refused:
                    raise NotNow(f"it is refused: {wanted.refused}")
                if one is not None and await self._executor.is_held(one):
                    raise NotNow(f"it holds its lock {one.lock}")
                self._forget(uuid)
                if one is not None:
                    self._history(uuid).own_stops.add(one.container_id)
                    await self._engine.stop(one.container_id)
                    await self._engine.start(one.container_id)
        except EngineAway as error:
            self._is_away(str(error))
            self._tell()
            raise NotNow(f"the engine does not answer: {error}") from None
        except EngineRefused as refused:
            raise NotNow(str(refused)) from None
        finally:
            self._hasten(uuid)

    def logs(self, uuid_or_name: str, tail: int, *, follow: bool) -> AsyncGenerator[LogLine, None]:
        uuid = self.uuid_of(uuid_or_name)
        reader = LogReader(self._engine, self._clock, partial(self.writer, uuid), self.changed)
        return reader.lines(tail, follow=follow)

    def prune_by(self, percent: float, hours: float) -> None:
        """Prune where less than `percent` of the disk is free, and every so many hours; 0: not."""
        self._pruner.prune_by(percent, hours)

    async def prune(self) -> Pruned:
        try:
            return await self._pruner.prune(self.images_in_use(), self._images_wanted())
        except EngineAway as error:
            raise NotNow(f"the engine does not answer: {error}") from None
        except EngineRefused as refused:
            raise NotNow(str(refused)) from None

    async def run(self) -> None:
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._listen)
                tasks.start_soon(self._usages.run, self.running)
                await self._keep(tasks)
        finally:
            with anyio.CancelScope(shield=True):
                await self._engine.close()

    async def _keep(self, tasks: TaskGroup) -> None:
        while True:
            if self._wanted is not None and self._clock.monotonic() >= self._next_look:
                await self._look_at_all()
            self._memory.settle()
            if self._wanted is not None and self._engine_status.reachable:
                self._begin_turns(tasks)
            await self._rest()

    async def _look_at_all(self) -> None:
        """Every engine is asked about itself, and all that may need a step is due."""
        looks, interruptions = dict(self._looks), self._interruptions
        try:
            facts = await self._engine.facts()
            found = await self._engine.containers()
        except (EngineAway, EngineRefused) as error:
            self._lose(str(error))
            return
        self._is_there(facts)
        self._looked_after = interruptions
        now = self._clock.monotonic()
        self._next_look = now + LOOK_SEC
        by_uuid: dict[str, list[SeenContainer]] = {}
        for one in found:
            by_uuid.setdefault(one.uuid, []).append(one)
        for uuid in self.wanted.keys() | by_uuid.keys() | self._standings.keys():
            # what a turn looked at meanwhile is newer
            if self._looks.get(uuid, 0) != looks.get(uuid, 0):
                continue
            sight = Sight(containers=by_uuid.get(uuid, ()))
            self._shows(uuid, sight)
            if uuid not in self._busy:
                decision = self._decided(uuid, sight)
                if decision is None or decision.step is None:
                    self._stands(uuid, sight, decision)
                else:
                    self._due[uuid] = now
        self._tell()
        if self._pruner.is_due(facts):
            try:
                done = await self._pruner.prune(self.images_in_use(), self._images_wanted())
                if done.images:
                    _log.info("%d old images removed, %d bytes", done.images, done.bytes)
            except (EngineAway, EngineRefused) as error:
                _log.warning("old images are not removed: %s", error)

    def _begin_turns(self, tasks: TaskGroup) -> None:
        now = self._clock.monotonic()
        for uuid in [uuid for uuid, at in self._due.items() if at <= now]:
            if uuid not in self._busy:
                del self._due[uuid]
                self._busy.add(uuid)
                tasks.start_soon(self._turn, uuid)

    async def _turn(self, uuid: str) -> None:
        """Look, decide and do, until there is nothing to do."""
        try:
            async with self._lock(uuid):
                for _ in range(MOST_STEPS):
                    found = await self._engine.containers(uuid)
                    self._looks[uuid] = self._looks.get(uuid, 0) + 1
                    wanted = self.wanted.get(uuid)
                    sight = await self._executor.sight(found, wanted, self._facts)
                    decision = self._decided(uuid, sight)
                    self._stands(uuid, sight, decision)
                    if decision is None or decision.step is None:
                        return
                    _log.debug("%s: %s", uuid, decision.step)
                    await self._executor.do(uuid, decision.step, wanted, sight, self._history(uuid))
        except (EngineAway, EngineRefused) as error:
            self._lose(str(error))
        finally:
            self._busy.discard(uuid)
            self._wake.set()

    def _decided(self, uuid: str, sight: Sight) -> Decision | None:
        now, history, wanted = self._clock.monotonic(), self._history(uuid), self.wanted.get(uuid)
        for one in history.observe(sight.containers, now):
            label = self._label(uuid, one.name)
            _log.warning("%s was stopped, and not by this agent", label)
        if wanted is None and sight.containers and self._is_spared(uuid):
            return left_alone(sight)
        return decide(wanted, sight, history, now)

    def _is_spared(self, uuid: str) -> bool:
        return self._spared is None or uuid in self._spared

    def _shows(self, uuid: str, sight: Sight) -> None:
        """Take down what there is, though it is not decided yet, or a step takes long: a container
        that ended has no address any more.
        """
        if (before := self._standings.get(uuid)) is not None:
            parts = ContainerParts.of(sight.containers, _target(self.wanted.get(uuid)))
            self._standings[uuid] = msgspec.structs.replace(
                before, containers=tuple(sight.containers), parts=parts
            )

    def _stands(self, uuid: str, sight: Sight, decision: Decision | None) -> None:
        """Take down how things are, for whoever asks."""
        if decision is None:
            for table in (self._standings, self._histories, self._looks, self._locks):
                table.pop(uuid, None)
            self._memory.forget(uuid)
        else:
            parts = ContainerParts.of(sight.containers, _target(self.wanted.get(uuid)))
            before = self._standings.get(uuid)
            self._standings[uuid] = Standing(
                containers=tuple(sight.containers), parts=parts, decision=decision
            )
            if before is None or before.decision.problem != decision.problem:
                self._say(uuid, decision)
            if parts.current is not None and parts.trial is None:
                self._memory.counts(uuid, parts.current.image_id)
            if decision.step is None and decision.again_sec is not None:
                at = self._clock.monotonic() + decision.again_sec
                self._due[uuid] = min(self._due.get(uuid, at), at)
        self._tell()

    def _say(self, uuid: str, decision: Decision) -> None:
        if decision.problem:
            label = self._label(uuid)
            _log.warning("%s (%s): %s: %s", label, uuid, decision.state, decision.problem)

    def _label(self, uuid: str, seen_name: str = "") -> str:
        wanted = self.wanted.get(uuid)
        return wanted.microservice.label if wanted is not None else seen_name or uuid

    async def _listen(self) -> None:
        while True:
            try:
                async with aclosing(self._engine.hints()) as hints:
                    async for hint in hints:
                        if hint.uuid:
                            self._hasten(hint.uuid)
                        else:
                            self._look_soon()
            except (EngineAway, EngineRefused) as error:
                _log.debug("no events: %s", error)
            # the engine may have ended: a look finds out
            self._interruptions += 1
            self._look_soon()
            await self._clock.sleep(AWAY_SEC)

    async def _rest(self) -> None:
        """Wait until something is due, or somebody wakes it."""
        until = self._next_look
        if self._wanted is None:
            until = self._clock.monotonic() + LOOK_SEC
        elif self._engine_status.reachable:
            dues = [at for uuid, at in self._due.items() if uuid not in self._busy]
            until = min([until, *dues])

        async def sleep() -> None:
            await self._clock.sleep(max(0.0, until - self._clock.monotonic()))
            self._wake.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sleep)
            await self._wake.wait()
            tasks.cancel_scope.cancel()
        self._wake = anyio.Event()

    def _look_soon(self) -> None:
        self._next_look = min(self._next_look, self._clock.monotonic())
        self._wake.set()

    def _lose(self, reason: str) -> None:
        self._is_away(reason)
        self._next_look = self._clock.monotonic() + AWAY_SEC
        self._tell()

    def _forget(self, uuid: str) -> None:
        """Whatever did not work before is tried again."""
        self._history(uuid).begin_anew()
        self._memory.refuse(uuid, None)

    def _images_wanted(self) -> set[str]:
        asked = (one.microservice for one in self.wanted.values())
        return {self._executor.reference(one) for one in asked}

    def _hasten(self, uuid: str) -> None:
        self._due[uuid] = self._clock.monotonic()
        self._wake.set()

    def _history(self, uuid: str) -> History:
        return self._histories.setdefault(uuid, History())

    def _lock(self, uuid: str) -> anyio.Lock:
        return self._locks.setdefault(uuid, anyio.Lock())


def _target(wanted: WantedMicroservice | None) -> str:
    return "" if wanted is None else fingerprint(wanted.microservice)
