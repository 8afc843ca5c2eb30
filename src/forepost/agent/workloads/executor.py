"""Does the steps that were decided, and looks at what a decision needs."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import anyio

from forepost.agent.cores.engine_answer import runs_here
from forepost.agent.cores.image_name import FROM_CACHE, WrongRegistry, reference
from forepost.agent.ports.containers import (
    ContainerEngine,
    EngineFacts,
    EngineRefused,
    SeenContainer,
    SeenImage,
)
from forepost.agent.workloads.history import MOST_CONFLICTS, History, Refusal
from forepost.agent.workloads.memory import WorkloadMemory
from forepost.agent.workloads.microservices import WantedMicroservice
from forepost.agent.workloads.reconcile import (
    UP,
    ContainerParts,
    CreateContainer,
    PullImage,
    RefuseManifest,
    RemoveContainer,
    Sight,
    StartContainer,
    Step,
    StopContainer,
)
from forepost.kit.clock import Clock
from forepost.wire.workloads.delivery import Registry
from forepost.wire.workloads.manifest import Microservice, fingerprint

PULLS: Final = 3
"""At a time."""
OTHERS: Final = 8
"""Other steps at a time."""
LEAST_FREE: Final = 64 << 20
"""Bytes of the engine's disk; where fewer are free nothing is pulled."""


class StepExecutor:
    def __init__(self, engine: ContainerEngine, memory: WorkloadMemory, clock: Clock) -> None:
        self._engine, self._memory, self._clock = engine, memory, clock
        self.registries: Mapping[str, Registry] = {}
        self._pulls, self._others = anyio.CapacityLimiter(PULLS), anyio.CapacityLimiter(OTHERS)
        self._percents: dict[str, float] = {}
        self._scopes: dict[str, anyio.CancelScope] = {}

    def percent(self, uuid: str) -> float:
        """Of a pull that goes on."""
        return self._percents.get(uuid, 0.0)

    def give_up(self, uuid: str) -> None:
        """End a pull, where there is one: another image is wanted."""
        if (scope := self._scopes.get(uuid)) is not None:
            scope.cancel()

    async def sight(
        self,
        containers: Sequence[SeenContainer],
        wanted: WantedMicroservice | None,
        facts: EngineFacts | None,
    ) -> Sight:
        """Raises EngineAway."""
        target = "" if wanted is None else fingerprint(wanted.microservice)
        held = [
            one.container_id
            for one in containers
            if (wanted is None or one.fingerprint != target) and await self.is_held(one)
        ]
        image, unfit, no_pull = None, "", ""
        is_there = any(one.fingerprint == target for one in containers)
        if wanted is not None and not wanted.refused and not is_there:
            try:
                registry = self._registry(wanted.microservice)
                image = await self._engine.image(wanted.microservice, registry)
            except EngineRefused as refused:
                no_pull = str(refused)
            if image is not None and facts is not None:
                unfit = _unfit(image, facts)
            elif image is None and facts is not None:
                no_pull = no_pull or _no_space(facts)
        return Sight(
            containers=tuple(containers),
            image=image,
            unfit=unfit,
            no_pull=no_pull,
            held=frozenset(held),
        )

    def still_runs(self, one: SeenContainer) -> bool:
        return self._engine.still_runs(one)

    async def is_held(self, one: SeenContainer) -> bool:
        """Whether a container that runs holds the lock that it was made with. Raises EngineAway."""
        if not one.lock or one.state not in UP:
            return False
        try:
            return await self._engine.is_held(one.container_id, one.lock)
        except EngineRefused:
            return False  # it has ended, or is gone

    async def do(
        self,
        uuid: str,
        step: Step,
        wanted: WantedMicroservice | None,
        sight: Sight,
        history: History,
    ) -> None:
        """Do one step. What the engine refuses is taken down in `history`. Raises EngineAway."""
        match step:
            case PullImage():
                assert wanted is not None
                await self._pull(uuid, wanted.microservice, history)
            case CreateContainer(replaces):
                assert wanted is not None
                assert sight.image is not None
                await self._create(wanted, sight.image, replaces, history)
            case StartContainer(container_id):
                await self._start(container_id, wanted, sight, history)
            case StopContainer(container_id):
                history.own_stops.add(container_id)
                if await self._worked(history, self._engine.stop, container_id):
                    history.must_stop = False
            case RemoveContainer(container_id):
                await self._worked(history, self._engine.remove, container_id)
            case RefuseManifest(made_of, reason):
                refusal = Refusal(fingerprint=made_of, reason=reason)
                history.begin_anew()
                history.refusal = refusal
                self._memory.refuse(uuid, refusal)

    async def _pull(self, uuid: str, asked: Microservice, history: History) -> None:
        with anyio.CancelScope() as scope:
            self._scopes[uuid] = scope

            def progress(percent: float) -> None:
                self._percents[uuid] = percent

            try:
                async with self._pulls:
                    image = await self._engine.pull(asked, self._registry(asked), progress)
                self._memory.pulled(image.image_id, self.reference(asked))
                history.fetch.clear()
            except EngineRefused as refused:
                history.fetch.grow(str(refused), self._clock.monotonic())
            finally:
                self._scopes.pop(uuid, None)
                self._percents.pop(uuid, None)

    async def _create(
        self, wanted: WantedMicroservice, image: SeenImage, replaces: str, history: History
    ) -> None:
        asked = wanted.microservice
        name = self.reference(asked)
        try:
            async with self._others:
                await self._engine.create(
                    asked,
                    name if name in image.names else image.image_id,
                    replaces,
                    wanted.wanted_by,
                )
            history.fetch.clear()
        except EngineRefused as refused:
            is_rule = refused.kind == "site"
            history.fetch.grow(str(refused), self._clock.monotonic(), refused=is_rule)

    async def _start(
        self,
        container_id: str,
        wanted: WantedMicroservice | None,
        sight: Sight,
        history: History,
    ) -> None:
        target = "" if wanted is None else fingerprint(wanted.microservice)
        trial = ContainerParts.of(sight.containers, target).trial
        try:
            async with self._others:
                await self._engine.start(container_id)
            history.work.clear()
            if trial is not None and trial.container_id == container_id:
                history.trial_of(container_id).starts += 1
        except EngineRefused as refused:
            if refused.kind == "gone":
                return
            if trial is not None and trial.container_id == container_id:
                known = history.trial_of(container_id)
                if refused.kind == "conflict" and known.conflicts < MOST_CONFLICTS:
                    known.conflicts += 1
                    history.work.grow(str(refused), self._clock.monotonic())
                else:
                    known.problem = str(refused)
            else:
                history.work.grow(str(refused), self._clock.monotonic())

    async def _worked(self, history: History, step: "_OfContainer", container_id: str) -> bool:
        try:
            async with self._others:
                await step(container_id)
        except EngineRefused as refused:
            history.work.grow(str(refused), self._clock.monotonic())
            return False
        history.work.clear()
        return True

    def _registry(self, asked: Microservice) -> Registry | None:
        """Raises EngineRefused: an image of that name elsewhere is not the one that is meant."""
        if asked.registry in ("", FROM_CACHE):
            return None
        if asked.registry not in self.registries:
            reason = f"registry: none of this name is known here: {asked.registry}"
            raise EngineRefused(reason, "registry")
        return self.registries[asked.registry]

    def reference(self, asked: Microservice) -> str:
        """The full name of its image."""
        try:
            return reference(asked.image, self._registry(asked))
        except (EngineRefused, WrongRegistry):
            return asked.image


_OfContainer = Callable[[str], Awaitable[None]]


def _unfit(image: SeenImage, facts: EngineFacts) -> str:
    if runs_here(image.architecture, facts.architecture):
        return ""
    return f"the image is for {image.architecture}, this host is {facts.architecture}"


def _no_space(facts: EngineFacts) -> str:
    if not facts.size_bytes or facts.free_bytes >= LEAST_FREE:
        return ""
    return f"{facts.free_bytes >> 20} MiB are free in {facts.root_dir}: too little for an image"
