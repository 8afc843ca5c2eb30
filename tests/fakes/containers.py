"""A small container engine in memory: it keeps its state, restarts what ends, and fails on request.

What a container does is in the name of its image: `good`, `crash` (ends at once, again and again),
`sick` (its health check fails), `slow` (its health check never says anything), `none` (there is no
such image), `alien` (of another architecture).
"""

from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeVar

import anyio
import anyio.lowlevel

from forepost.agent.cores.container_body import container_name, may_run_beside
from forepost.agent.ports.containers import (
    LISTENING,
    EngineAway,
    EngineFacts,
    EngineHint,
    EngineRefused,
    SeenContainer,
    SeenImage,
    StampedLine,
    Usage,
)
from forepost.kit.clock import Clock
from forepost.wire.workloads.delivery import LogLine, Registry
from forepost.wire.workloads.manifest import Microservice, fingerprint

_T = TypeVar("_T")

Verb = Literal["pull", "create", "start", "stop", "remove"]
Fault = Literal["lost before", "lost after", "refused", "conflict", "hangs before", "hangs after"]
CRASH_SEC = 5.0
GATEWAY = "198.18.240.1"


@dataclass
class FakeContainer:
    number: str
    microservice: Microservice
    replaces: str
    image: str
    state: Literal["created", "running", "exited", "paused"] = "created"
    stopped: bool = False
    since: float = 0.0
    restarts: int = 0
    lines: list[LogLine] = field(default_factory=list)


class FakeEngine:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.there: dict[str, FakeContainer] = {}
        self.local: set[str] = set()
        """Images that are here."""
        self.away = False
        self.registry_away = False
        self.volumes_of_others: set[str] = set()
        self.free_bytes = 10 << 30
        self.faults: dict[Verb, list[Fault]] = defaultdict(list)
        """What happens at the next calls, one after another."""
        self.held: set[str] = set()
        """Uuids whose container holds its lock."""
        self.done: list[tuple[str, str]] = []
        """Verb and uuid, of all that had an effect."""
        self.removed_images: list[str] = []
        self.closed = 0
        self._number = 0
        self._happened = anyio.Event()
        self._hints: list[EngineHint] = []
        self.tells = True
        """Whether what happens is told."""

    # -- what a test does to it

    def lose_power(self) -> None:
        """As after a reboot: what was not stopped by somebody runs again."""
        for one in self.there.values():
            if one.state == "running":
                self._run(one)

    def kill(self) -> None:
        """Killed and started again, Docker takes its containers for stopped by hand."""
        for one in self.there.values():
            if one.state == "running":
                one.state, one.stopped = "exited", True

    def stop_by_hand(self, uuid: str) -> None:
        for one in self.of(uuid):
            if one.state == "running":
                one.state, one.stopped = "exited", True
                self._hint(uuid, "die")

    def tell_no_more(self) -> None:
        """End the stream of what happens; who asks for another one gets none."""
        self.tells = False
        self._happened.set()

    def remove_by_hand(self, uuid: str) -> None:
        for one in self.of(uuid):
            del self.there[one.number]
            self._hint(uuid, "destroy")

    def of(self, uuid: str) -> list[FakeContainer]:
        return [one for one in self.there.values() if one.microservice.uuid == uuid]

    def running(self) -> dict[str, list[str]]:
        """Images that run, by uuid."""
        found: dict[str, list[str]] = defaultdict(list)
        for one in self.there.values():
            if one.state == "running":
                found[one.microservice.uuid].append(one.image)
        return dict(found)

    # -- ContainerEngine

    async def close(self) -> None:
        self.closed += 1

    async def facts(self) -> EngineFacts:
        self._answers()
        return EngineFacts(
            version="1",
            api_version="1.41",
            architecture="amd64",
            root_dir="/fake",
            free_bytes=self.free_bytes,
            size_bytes=100 << 30,
            gateways=(GATEWAY,),
        )

    async def containers(self, uuid: str | None = None) -> Sequence[SeenContainer]:
        await anyio.lowlevel.checkpoint()
        self._answers()
        return [
            self._seen(one)
            for one in self.there.values()
            if uuid is None or one.microservice.uuid == uuid
        ]

    def still_runs(self, one: SeenContainer) -> bool:
        known = self.there.get(one.container_id)
        return known is not None and known.state == "running"

    async def usage(self, container_id: str) -> Usage:
        self._answers()
        if container_id not in self.there:
            raise EngineRefused("No such container", "gone")
        return Usage(cpu_sec=self.clock.monotonic() / 10, memory_bytes=1 << 20)

    async def is_held(self, container_id: str, path: str) -> bool:
        self._answers()
        return self.there[container_id].microservice.uuid in self.held and bool(path)

    async def hints(self) -> AsyncGenerator[EngineHint, None]:
        self._answers()
        self._hints.clear()
        if self.tells:
            yield LISTENING
        while True:
            if not self.tells:
                raise EngineAway("nothing is told")
            while self._hints:
                yield self._hints.pop(0)
            await self._happened.wait()
            self._happened = anyio.Event()

    async def create(
        self, microservice: Microservice, image: str, replaces: str, wanted_by: str = ""
    ) -> str:
        def make() -> str:
            name = container_name(microservice, "fake", replaces)
            names = [
                container_name(o.microservice, "fake", o.replaces) for o in self.there.values()
            ]
            if name in names:
                raise EngineRefused(f"{name} is already in use by container", "conflict")
            if self.volumes_of_others & {one.source for one in microservice.volumes}:
                raise EngineRefused("volumes: not forepost's", "site")
            assert image in self.local, "created before it was pulled"
            self._number += 1
            made = FakeContainer(f"c{self._number:04}", microservice, replaces, image)
            self.there[made.number] = made
            self.done.append(("create", microservice.uuid))
            return made.number

        return await self._does("create", make)

    async def start(self, container_id: str) -> None:
        def run() -> None:
            one = self._found(container_id)
            if one.state == "running":
                return
            for other in self.there.values():
                taken = other.state == "running" and {
                    (port.external, port.protocol) for port in other.microservice.ports
                } & {(port.external, port.protocol) for port in one.microservice.ports}
                if taken:
                    raise EngineRefused("port is already allocated", "conflict")
            self._run(one)
            self.done.append(("start", one.microservice.uuid))
            self.check()

        await self._does("start", run)

    async def stop(self, container_id: str) -> None:
        def end() -> None:
            one = self.there.get(container_id)
            if one is not None and one.state in ("running", "paused"):
                assert not self._counts_on_its_lock(one), "it holds its lock"
                one.state, one.stopped = "exited", True
                self.done.append(("stop", one.microservice.uuid))

        await self._does("stop", end)

    async def remove(self, container_id: str) -> None:
        def drop() -> None:
            one = self.there.pop(container_id, None)
            if one is not None:
                assert one.state != "running", "removed while it ran"
                self.done.append(("remove", one.microservice.uuid))

        await self._does("remove", drop)

    async def image(
        self, microservice: Microservice, registry: Registry | None
    ) -> SeenImage | None:
        self._answers()
        return _image(microservice.image) if microservice.image in self.local else None

    async def pull(
        self,
        microservice: Microservice,
        registry: Registry | None,
        progress: Callable[[float], None],
    ) -> SeenImage:
        def fetch() -> SeenImage:
            if self.registry_away:
                raise EngineRefused("dial tcp: connection refused", "registry")
            if microservice.image.startswith("none"):
                raise EngineRefused("manifest unknown", "no_image")
            progress(50.0)
            self.local.add(microservice.image)
            self.done.append(("pull", microservice.uuid))
            return _image(microservice.image)

        return await self._does("pull", fetch)

    async def images(self) -> Sequence[SeenImage]:
        self._answers()
        return [_image(name) for name in sorted(self.local)]

    async def remove_image(self, name: str) -> None:
        self._answers()
        if any(one.image == name for one in self.there.values()):
            raise EngineRefused("image is being used by a container", "conflict")
        self.local.discard(name)
        self.removed_images.append(name)

    async def lines(
        self, container_id: str, *, since: datetime | None, tail: int | None, follow: bool
    ) -> AsyncGenerator[StampedLine, None]:
        self._answers()
        kept = [
            line
            for line in self._found(container_id).lines
            if since is None or (line.at is not None and line.at >= since)
        ]
        for line in kept if tail is None else kept[-tail:] if tail else []:
            yield StampedLine(str(line.at), line)

    # -- how it works

    def check(self) -> None:
        """At no time two of one run that cannot run beside each other."""
        by_uuid: dict[str, list[FakeContainer]] = defaultdict(list)
        for one in self.there.values():
            if one.state == "running":
                by_uuid[one.microservice.uuid].append(one)
        for some in by_uuid.values():
            assert len(some) == 1 or all(may_run_beside(one.microservice) for one in some), some
            assert len(some) <= 2

    def _counts_on_its_lock(self, one: FakeContainer) -> bool:
        """What never works, and what has yet to show that it does, is ended all the same."""
        is_trial, ends = one.replaces in self.there, one.image.startswith("crash")
        has_lock = bool(one.microservice.update.lock)
        return one.microservice.uuid in self.held and has_lock and not is_trial and not ends

    async def _does(self, verb: Verb, effect: Callable[[], _T]) -> _T:
        await anyio.lowlevel.checkpoint()
        self._answers()
        fault = self.faults[verb].pop(0) if self.faults[verb] else None
        match fault:
            case "lost before":
                raise EngineAway("the line broke")
            case "refused":
                raise EngineRefused("the engine will not")
            case "conflict":
                raise EngineRefused("port is already allocated", "conflict")
            case "hangs before":
                await anyio.sleep_forever()
        done = effect()
        match fault:
            case "lost after":
                raise EngineAway("the answer was lost")
            case "hangs after":
                await anyio.sleep_forever()
        return done

    def _answers(self) -> None:
        if self.away:
            raise EngineAway("there is nobody")

    def _found(self, container_id: str) -> FakeContainer:
        if container_id not in self.there:
            raise EngineRefused("No such container", "gone")
        return self.there[container_id]

    def _run(self, one: FakeContainer) -> None:
        one.state, one.stopped = "running", False
        one.since, one.restarts = self.clock.monotonic(), 0
        self._hint(one.microservice.uuid, "start")

    def _hint(self, uuid: str, action: str) -> None:
        self._hints.append(EngineHint(uuid=uuid, action=action))
        self._happened.set()

    def _seen(self, one: FakeContainer) -> SeenContainer:
        runs = one.state == "running"
        if runs and one.image.startswith("crash"):
            one.restarts = int((self.clock.monotonic() - one.since) / CRASH_SEC)
        health: Literal["none", "starting", "healthy", "unhealthy"] = "none"
        if runs and one.image.startswith("sick"):
            health = "unhealthy"
        elif runs and one.image.startswith("slow"):
            health = "starting"
        return SeenContainer(
            container_id=one.number,
            uuid=one.microservice.uuid,
            fingerprint=fingerprint(one.microservice),
            replaces=one.replaces,
            beside=may_run_beside(one.microservice),
            lock=one.microservice.update.lock,
            image=one.image,
            image_id=_image(one.image).image_id,
            state=one.state,
            health=health,
            restarts=one.restarts,
            addresses=(f"198.18.240.{int(one.number[1:]) % 200 + 2}",) if runs else (),
            gateways=(GATEWAY,) if runs else (),
        )


def _image(name: str) -> SeenImage:
    return SeenImage(
        image_id=f"sha256:{name}",
        names=(name,),
        size_bytes=1 << 20,
        architecture="arm64" if name.startswith("alien") else "amd64",
    )
