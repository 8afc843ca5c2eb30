"""All microservices as they are now: what the Local API, the talk and the command are told."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

import anyio
import msgspec

from forepost.agent.cores.container_body import GATEWAY_NAME, HOST_NETWORK
from forepost.agent.ports.containers import EngineFacts, SeenContainer
from forepost.agent.workloads.executor import StepExecutor
from forepost.agent.workloads.history import History
from forepost.agent.workloads.microservices import NoSuchMicroservice, WantedMicroservice
from forepost.agent.workloads.reconcile import UP, ContainerParts, Decision
from forepost.agent.workloads.usage import Usages
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.wire.workloads.delivery import EngineStatus, MicroserviceStatus
from forepost.wire.workloads.manifest import fingerprint

SUBJECT: Final = "containers"
"""Of health."""
UNHEALTHY: Final = "its health check fails"
LONGEST_PROBLEM: Final = 500
HOST_GATEWAY: Final = "host-gateway"
"""What Docker puts the address of the host for."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How one microservice is."""

    containers: tuple[SeenContainer, ...]
    parts: ContainerParts
    decision: Decision


class WorkloadOverview:
    """Half of `Microservices`: what is answered out of RAM."""

    def __init__(
        self, executor: StepExecutor, usages: Usages, clock: Clock, health: Health
    ) -> None:
        self._executor, self._usages = executor, usages
        self._clock, self._health = clock, health
        self._wanted: Mapping[str, WantedMicroservice] | None = None
        self._standings: dict[str, Standing] = {}
        self._histories: dict[str, History] = {}
        self._facts: EngineFacts | None = None
        self._engine_status = EngineStatus(reachable=False, problem="it was not asked yet")
        self._changed, self._ready = anyio.Event(), anyio.Event()
        self._told: object = None
        self._interruptions = self._looked_after = 0
        """How often the engine's events ended; how often when all was looked at the last time."""

    @property
    def wanted(self) -> Mapping[str, WantedMicroservice]:
        return self._wanted or {}

    def engine(self) -> EngineStatus:
        return self._engine_status

    def statuses(self) -> Sequence[MicroserviceStatus]:
        return [self._status(uuid) for uuid in sorted({*self.wanted, *self._standings})]

    def config_of(self, uuid: str) -> str | None:
        one = self.wanted.get(uuid)
        return None if one is None else one.microservice.config_text

    def routes_of(self, uuid: str) -> Collection[str]:
        one = self.wanted.get(uuid)
        return () if one is None else one.microservice.routes

    def at(self, address: str) -> str | None:
        # one that ended had it before, while that was not seen yet: of two it is nobody's
        found = [
            uuid
            for uuid, standing in self._standings.items()
            if any(self._has(one, address) for one in standing.containers)
        ]
        return found[0] if len(found) == 1 else None

    def _has(self, one: SeenContainer, address: str) -> bool:
        """An engine that is away, or was since the last look, may have begun all of them anew, with
        other addresses.
        """
        is_sure = self._engine_status.reachable and self._looked_after == self._interruptions
        return address in one.addresses and (is_sure or self._executor.still_runs(one))

    def gateways(self) -> Collection[str]:
        if self._facts is None:
            return ()
        # containers go on while the engine is away
        found = dict.fromkeys(self._facts.gateways)
        for standing in self._standings.values():
            for one in standing.containers:
                found |= dict.fromkeys(one.gateways)
        return tuple(found)

    def is_on_host(self, uuid: str) -> bool:
        one = self.wanted.get(uuid)
        is_process = self._engine_status.kind == "process"
        return one is not None and (is_process or one.microservice.network == HOST_NETWORK)

    def host_names(self) -> Collection[str]:
        gateways = self.gateways()
        found = {GATEWAY_NAME}
        for one in self.wanted.values():
            for said in one.microservice.extra_hosts:
                name, _, address = said.partition(":")
                if address in gateways or address == HOST_GATEWAY:
                    found.add(name)
        return found

    async def ready(self) -> None:
        await self._ready.wait()

    async def changed(self) -> None:
        await self._changed.wait()

    def uuid_of(self, uuid_or_name: str) -> str:
        """Raises NoSuchMicroservice."""
        if uuid_or_name in self.wanted or uuid_or_name in self._standings:
            return uuid_or_name
        named = [u for u, one in self.wanted.items() if one.microservice.label == uuid_or_name]
        if len(named) == 1:
            return named[0]
        if named:
            raise NoSuchMicroservice(
                f"{uuid_or_name!r} is the name of {len(named)} microservices: say which by its uuid"
            )
        raise NoSuchMicroservice(f"there is no microservice {uuid_or_name!r}")

    def writer(self, uuid: str) -> SeenContainer | None:
        """The container whose log is read now."""
        standing = self._standings.get(uuid)
        if standing is None:
            return None
        trial, current = standing.parts.trial, standing.parts.current
        return trial if trial is not None and trial.state in UP else current

    def running(self) -> list[tuple[str, str]]:
        """Uuid and container, of all that run."""
        shown = ((uuid, one.parts.shown) for uuid, one in self._standings.items())
        return [(uuid, c.container_id) for uuid, c in shown if c is not None and c.state in UP]

    def images_in_use(self) -> set[str]:
        return {
            one.image_id for standing in self._standings.values() for one in standing.containers
        }

    def _status(self, uuid: str) -> MicroserviceStatus:
        asked, standing = self.wanted.get(uuid), self._standings.get(uuid)
        history = self._histories.get(uuid)
        status = MicroserviceStatus(
            uuid=uuid,
            name=asked.microservice.label if asked else "",
            image=asked.microservice.image if asked else "",
            wanted_by=asked.wanted_by if asked else "",
            wanted=fingerprint(asked.microservice) if asked else "",
            state="QUEUED",
            restarts=len(history.ends) if history else 0,
            percent=min(100.0, self._executor.percent(uuid)),
        )
        if not self._engine_status.reachable:
            why = f"the engine does not answer: {self._engine_status.problem}"
            return _replaced(status, state="UNKNOWN", problem=_printable(why))
        if standing is None:
            return status
        status = _replaced(
            status,
            state=standing.decision.state,
            problem=_printable(standing.decision.problem),
            refused=standing.decision.refused,
        )
        one = standing.parts.shown
        if one is None:
            return status
        runs = one.state in UP
        usage = self._usages.of(uuid) if runs else None
        if one.state == "running" and one.health == "unhealthy" and not status.problem:
            status = _replaced(status, problem=UNHEALTHY)
        return _replaced(
            status,
            name=status.name or one.name[:200],
            image=status.image or one.image[:500],
            health=one.health if one.state == "running" else "none",
            running=one.fingerprint[:64] if runs else "",
            container_id=one.container_id,
            started_at=one.started_at if runs else None,
            cpu_percent=usage.cpu_percent if usage else None,
            memory_bytes=usage.memory_bytes if usage else None,
        )

    def _is_there(self, facts: EngineFacts) -> None:
        self._ready.set()
        was, self._facts = self._engine_status, facts
        self._engine_status = EngineStatus(
            kind=facts.kind,
            version=facts.version[:100],
            api_version=facts.api_version[:20],
            since=was.since if was.reachable else self._clock.now(),
        )
        self._health.well(SUBJECT)

    def _is_away(self, reason: str) -> None:
        self._ready.set()
        was = self._engine_status
        since: datetime | None = was.since if not was.reachable else None
        self._engine_status = EngineStatus(
            kind=was.kind,
            version=was.version,
            api_version=was.api_version,
            reachable=False,
            since=since or self._clock.now(),
            problem=_printable(reason),
        )
        self._health.ill(SUBJECT, f"the engine does not answer: {reason}")

    def _tell(self) -> None:
        """Wake those who wait for a change, where there is one."""
        now = (
            self._engine_status,
            tuple(self.wanted.values()),
            tuple(
                (uuid, one.containers, one.decision.state, one.decision.problem)
                for uuid, one in sorted(self._standings.items())
            ),
        )
        if now != self._told:
            self._told = now
            changed, self._changed = self._changed, anyio.Event()
            changed.set()


def _replaced(status: MicroserviceStatus, **fields: object) -> MicroserviceStatus:
    return msgspec.structs.replace(status, **fields)


def _printable(text: str) -> str:
    """Engines write line breaks into their texts."""
    return "".join(sign if sign.isprintable() else " " for sign in text)[:LONGEST_PROBLEM]
