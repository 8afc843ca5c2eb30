"""What who has the token of this host may ask of the agent."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import anyio

from forepost.agent.edges.local.http_face import LocalAnswer, LocalRequest
from forepost.agent.workloads.local_api import report
from forepost.agent.workloads.local_api.kept_configuration import KeptConfiguration
from forepost.agent.workloads.local_api.words import NotDone, done, fields
from forepost.agent.workloads.messages.bus import MessageBus
from forepost.agent.workloads.microservices import Microservices, NotNow
from forepost.kit.clock import Clock
from forepost.kit.errors import Refusal

PROVISION_SEC: Final = 10.0
REMOVED: Final = "Success - tokens, identifiers and keys removed"
IN_PROGRESS: Final = "Provisioning in progress"


class AgentCalls:
    def __init__(
        self,
        configuration: KeptConfiguration,
        microservices: Microservices,
        facts: Callable[[], report.AgentFacts],
        provision: Callable[[str], Awaitable[str]],
        deprovision: Callable[[], Awaitable[None]],
        bus: MessageBus,
        clock: Clock,
    ) -> None:
        self.configuration = configuration
        self._microservices, self._facts = microservices, facts
        self._provision, self._deprovision = provision, deprovision
        self._bus, self._clock = bus, clock
        self._turn = anyio.Lock()

    async def status(self, request: LocalRequest) -> LocalAnswer:
        return done(self.status_fields())

    async def info(self, request: LocalRequest) -> LocalAnswer:
        return done(self.info_fields())

    async def version(self, request: LocalRequest) -> LocalAnswer:
        return done({"version": self.version_text()})

    async def config(self, request: LocalRequest) -> LocalAnswer:
        return done(self.configuration.set(fields(request, "")))

    async def provision(self, request: LocalRequest) -> LocalAnswer:
        key = fields(request, "").get("provisioning-key")
        if not isinstance(key, str) or not key.strip():
            raise NotDone(400, "Missing required property 'provisioning-key'")
        return done({"uuid": await self.provisioned(key.strip()), "status": "success"})

    async def deprovision(self, request: LocalRequest) -> LocalAnswer:
        await self.deprovisioned()
        return done({"message": REMOVED, "status": "success"})

    async def prune(self, request: LocalRequest) -> LocalAnswer:
        return done({"message": await self.pruned(), "status": "success"})

    def status_fields(self) -> dict[str, str]:
        statuses = self._microservices.statuses()
        return report.status(
            self._facts(),
            self._clock.now(),
            running=sum(one.state == "RUNNING" for one in statuses),
            messages=self._bus.count,
            kept_bytes=self._bus.size,
            zone=self.configuration.now["time-zone"],
        )

    def info_fields(self) -> dict[str, str]:
        return report.info(self._facts(), self.configuration.now)

    def version_text(self) -> str:
        return self._facts().version

    async def provisioned(self, key: str) -> str:
        """Return the uuid that the controller gave. Raises NotDone."""
        if self._turn.locked():
            raise _refused(IN_PROGRESS)
        async with self._turn:
            try:
                with anyio.fail_after(PROVISION_SEC):
                    return await self._provision(key)
            except Refusal as refusal:
                raise _refused(str(refusal)) from None
            except TimeoutError:
                raise _refused(f"the controller did not answer in {PROVISION_SEC:g} s") from None

    async def deprovisioned(self) -> None:
        """Raises NotDone."""
        if self._turn.locked():
            raise NotDone(500, IN_PROGRESS, _failure(IN_PROGRESS))
        async with self._turn:
            try:
                await self._deprovision()
            except Refusal as refusal:
                reason = f"Failure - {refusal}"
                raise NotDone(500, reason, _failure(reason)) from None

    async def pruned(self) -> str:
        """Say what was gained. Raises NotDone."""
        try:
            found = await self._microservices.prune()
        except NotNow as reason:
            text = f"Failure - not pruned: {reason}"
            raise NotDone(500, text, _failure(text)) from None
        return f"Success - pruned dangling docker images, total reclaimed space: {found.bytes}"


def _failure(text: str) -> dict[str, Any]:
    return {"message": text, "status": "failed"}


def _refused(reason: str) -> NotDone:
    return NotDone(500, reason, {"errorMessage": reason, "status": "failed"})
