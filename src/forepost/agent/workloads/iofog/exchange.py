"""Keeps in touch with an ioFog Controller: what it wants comes, how things are goes."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import anyio
import anyio.to_thread
import msgspec

from forepost.agent.workloads.iofog.account import IofogAccount, WrongIofogKey
from forepost.agent.workloads.iofog.bodies import (
    IofogChanges,
    IofogEdgeResources,
    IofogMicroservices,
    IofogRegistries,
    IofogRegistry,
)
from forepost.agent.workloads.iofog.client import IofogClient, IofogRefused
from forepost.agent.workloads.iofog.kept import IofogKept, IofogWanted
from forepost.agent.workloads.iofog.manifests import manifests_of, rebuilt
from forepost.agent.workloads.iofog.refusals import Refusals
from forepost.agent.workloads.iofog.volume_mounts import (
    IofogVolumeMounts,
    VolumeMountFolder,
    contents,
)
from forepost.agent.workloads.wanted import WantedList
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.kit.http import Unreachable

SUBJECT: Final = "iofog controller"
LONGEST_PAUSE_SEC: Final = 600.0
NOT_FOUND: Final = 404
ORPHANED: Final = (
    "its account was lost, and what it wanted goes on: come to it again by a new key"
    " (`forepost provision`), or have all of it end (`forepost deprovision`)"
)
FIRST: Final = IofogChanges(
    config=True,
    microservice_list=True,
    registries=True,
    linked_edge_resources=True,
    volume_mounts=True,
)
"""At a start all is asked for: what was told while nobody listened is told no more."""

_log = logging.getLogger(__name__)


def bounded(said_sec: float) -> float:
    """How long a pause is that a Controller, or `/v2/config`, wants: an agent that is never to ask
    again would never hear that it is.
    """
    return min(said_sec, LONGEST_PAUSE_SEC)


class IofogAgent(msgspec.Struct, frozen=True, kw_only=True):
    """What the exchange asks of the agent."""

    status: Callable[[Sequence[int]], Mapping[str, Any]]
    """The body of `PUT agent/status`, with the numbers of the registries."""
    configured: Callable[[Mapping[str, Any]], Awaitable[None]]
    """Takes what the Controller says of settings; null is not said."""
    settings: Callable[[], Mapping[str, Any]]
    """What is told of settings: the body of `PATCH agent/config`."""
    edge_resources: Callable[[Sequence[Mapping[str, Any]]], None]
    restart: Callable[[str], Awaitable[None]]
    prune: Callable[[], Awaitable[None]]
    status_sec: Callable[[], float]
    changes_sec: Callable[[], float]
    news: Callable[[], None]
    """Called when another list is wanted."""


class IofogExchange:
    """At most one Controller at a time; none: nothing is asked, and nothing is wanted."""

    def __init__(
        self,
        client: IofogClient,
        kept: IofogKept,
        mounts: VolumeMountFolder,
        agent: IofogAgent,
        clock: Clock,
        health: Health,
    ) -> None:
        self._client, self._kept, self._mounts, self._agent = client, kept, mounts, agent
        self._clock, self._health = clock, health
        self._refusals = Refusals()
        self._came = anyio.Event()
        self._line: anyio.CancelScope | None = None
        self._talks = anyio.Lock()
        """Held by whoever talks to the Controller, or ends that."""
        self._acknowledged = ""
        self.is_connected = False
        self.list = WantedList()
        self._restore()

    @property
    def account(self) -> IofogAccount | None:
        return self._kept.account

    @property
    def is_orphaned(self) -> bool:
        """Whether what is wanted is of a Controller whose account was lost: it goes on until
        somebody has this agent leave, or come to another one.
        """
        return self._kept.is_orphaned

    @property
    def is_known(self) -> bool:
        """Whether `list` is what is wanted there. False: that was lost, and is asked for."""
        return self._kept.is_known

    def come(self, account: IofogAccount) -> None:
        """Be this agent of a Controller from now on. Raises OSError: nothing has changed then."""
        self._kept.save_account(account)
        self._refusals = Refusals()
        self._came.set()

    async def leave(self) -> None:
        """Tell the Controller, if it can be told, and want nothing of it any more."""
        account = self._kept.account
        if account is None:
            if self.is_orphaned:
                self._forget()
            return
        body = {"microserviceUuids": [one.uuid for one in self.list.microservices]}
        try:
            await self._client.send(account, "POST", "agent/deprovision", body)
        except (IofogRefused, Unreachable, WrongIofogKey, OSError) as error:
            _log.warning("%s: not told that this agent leaves: %s", account.url, error)
        with anyio.CancelScope(shield=True):
            # what it was asked before is not to be wanted after
            if self._line is not None:
                self._line.cancel()
            async with self._talks:
                if self._kept.account is account:
                    self._forget()

    async def run(self) -> None:
        """For ever."""
        while True:
            if self._kept.account is None:
                self.is_connected = False
                if self.is_orphaned:
                    self._health.ill(SUBJECT, ORPHANED)
                else:
                    self._health.well(SUBJECT)
                await self._came.wait()
                self._came = anyio.Event()
                continue
            async with self._talks:
                if (account := self._kept.account) is not None:
                    with anyio.CancelScope() as self._line:
                        await self._converse(account)
                    self._line = None

    async def _converse(self, account: IofogAccount) -> None:
        """Until this agent is another, or none, there."""
        due_changes = due_status = self._clock.monotonic()
        asked_all = False
        while self._kept.account is account:
            now = self._clock.monotonic()
            try:
                if now >= due_changes:
                    due_changes = now + bounded(self._agent.changes_sec())
                    await self._take(account, None if asked_all else FIRST)
                    asked_all = True
                if now >= due_status:
                    due_status = now + bounded(self._agent.status_sec())
                    numbers = [one.id for one in self._kept.wanted.registries]
                    await self._client.send(
                        account, "PUT", "agent/status", self._agent.status(numbers)
                    )
            except IofogRefused as error:
                self._failed(account, str(error))
                if self._refusals.count(error.status, now):
                    _log.warning("%s does not know this agent any more: it leaves", account.url)
                    self._forget()
            except (Unreachable, WrongIofogKey, OSError) as error:
                self._failed(account, str(error))
            else:
                self.is_connected = True
                self._refusals.count(200, now)
                self._health.well(SUBJECT)
            pause = min(due_changes, due_status) - self._clock.monotonic()
            await self._clock.sleep(max(0.1, pause))

    def _failed(self, account: IofogAccount, reason: str) -> None:
        self.is_connected = False
        self._health.ill(SUBJECT, f"{account.url}: {reason}")

    async def _take(self, account: IofogAccount, first: IofogChanges | None) -> None:
        """What is new is asked for, and only then taken note of there."""
        said = await self._client.get(account, "agent/config/changes", IofogChanges)
        changes = first or said
        if said.delete_node:
            await self._client.send(account, "DELETE", "agent/delete-node")
            self._forget()
            return
        if changes.config:
            found = await self._client.get(account, "agent/config", dict[str, Any])
            await self._agent.configured({k: v for k, v in found.items() if v is not None})
        if first is not None:
            await self._client.send(account, "PATCH", "agent/config", self._agent.settings())
        if changes.volume_mounts:
            await self._take_mounts(account)
        await self._take_wanted(account, changes)
        if changes.linked_edge_resources:
            edge = await self._client.get(account, "agent/edgeResources", IofogEdgeResources)
            self._agent.edge_resources(edge.edge_resources or [])
        if said.prune:
            await self._agent.prune()
        for field in ("reboot", "version"):
            if getattr(said, field):
                _log.warning("%s wants %s, which is not done here", account.url, field)
        if said.last_updated and said.last_updated != self._acknowledged:
            body = {"lastUpdated": said.last_updated}
            await self._client.send(account, "PATCH", "agent/config/changes", body)
            self._acknowledged = said.last_updated

    async def _take_mounts(self, account: IofogAccount) -> None:
        """Before the microservices that have them."""
        try:
            said = await self._client.get(account, "agent/volumeMounts", IofogVolumeMounts)
        except IofogRefused as refused:
            if refused.status == NOT_FOUND:
                return  # a Controller 3.0
            raise
        found, problems = contents(said.volume_mounts or [])
        for problem in problems:
            _log.warning("%s: %s", account.url, problem)
        await anyio.to_thread.run_sync(self._mounts.write, found)

    async def _take_wanted(self, account: IofogAccount, changes: IofogChanges) -> None:
        registries: list[IofogRegistry] = self._kept.wanted.registries
        microservices = self._kept.wanted.microservices
        again: list[str] = []
        if changes.registries:
            found = await self._client.get(account, "agent/registries", IofogRegistries)
            registries = found.registries or []
        if changes.microservice_list or changes.microservice_config or changes.routing:
            answer = await self._client.get(account, "agent/microservices", IofogMicroservices)
            microservices, again = answer.microservices or [], rebuilt(answer)
        wanted = IofogWanted(microservices=microservices, registries=registries)
        if wanted != self._kept.wanted or not self._kept.is_known:
            self._kept.save_wanted(wanted)
            self._restore()
            self._agent.news()
        for uuid in again:
            await self._agent.restart(uuid)

    def _clear_mounts(self) -> None:
        try:
            self._mounts.write({})
        except OSError as error:
            self._health.ill(SUBJECT, f"{self._mounts.path}: {error.strerror}")

    def _restore(self) -> None:
        wanted = self._kept.wanted
        answer = IofogMicroservices(microservices=wanted.microservices)
        self.list = manifests_of(answer, wanted.registries, str(self._mounts.path))

    def _forget(self) -> None:
        """Secrets go first: killed in between, this agent still knows that it is to leave."""
        self._clear_mounts()
        self._kept.forget()
        self._acknowledged, self.is_connected = "", False
        self._restore()
        self._agent.edge_resources([])
        self._agent.news()
