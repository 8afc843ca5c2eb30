"""The demo's agents: made over REST, connected as agents are, saying what they measure."""

import secrets
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import anyio
import msgspec

from forepost.cli.demo.assignments import MICROSERVICES, jobs
from forepost.cli.demo.conversation import Conversation, conversation
from forepost.cli.demo.readings import DemoProbe, Readings
from forepost.cli.demo.sites import SITES, DemoSite, probes_of
from forepost.cli.demo.troubles import is_silent
from forepost.cli.demo.work import DemoWork
from forepost.cli.rest import Api
from forepost.kit.clock import SystemClock

HOUR_SEC: Final = 3_600
STEP_SEC: Final = 5.0
"""So often an agent says what it has measured."""

_clock = SystemClock()


class DemoAgent(msgspec.Struct, frozen=True, kw_only=True):
    """An agent that the controller knows."""

    id: int
    site: DemoSite
    headers: dict[str, str]
    readings: Readings
    work: DemoWork
    boot: int


class Agents:
    """All agents of the demo."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._start = _clock.now().timestamp()
        self._agents: list[DemoAgent] = []
        self._path = ""
        """Of the workspace."""

    async def make(self, workspace: str) -> None:
        """The workspace, its agents with their keys, and their probes."""
        found = await self._api.ask("POST", "/workspaces", {"name": workspace})
        self._path = f"/workspaces/{found['id']}"
        for site in SITES:
            self._agents.append(await self._made(self._path, site))

    async def assign(self) -> None:
        """What they are to run, and jobs, each of which is begun once."""
        for new in MICROSERVICES:
            await self._api.ask("POST", f"{self._path}/microservices", new)
        for job in jobs([one.id for one in self._agents]):
            made = await self._api.ask("POST", f"{self._path}/jobs", job)
            await self._api.ask("POST", f"{self._path}/jobs/{made['id']}/runs", {})

    async def tell_past(self, hours: int) -> None:
        """Return when the controller has all that was measured before the start."""
        async with anyio.create_task_group() as tasks:
            for agent in self._agents:
                tasks.start_soon(self._past, agent, self._start - hours * HOUR_SEC)

    async def stay(self) -> None:
        """Go on measuring until cancelled."""
        async with anyio.create_task_group() as tasks:
            for agent in self._agents:
                if not is_silent(agent.site, 0):
                    tasks.start_soon(self._present, agent)

    async def _past(self, agent: DemoAgent, since: float) -> None:
        async with self._talk(agent, agent.boot) as talk:
            await talk.report(agent.readings.between(since, self._start))

    async def _present(self, agent: DemoAgent) -> None:
        said = self._start
        async with self._talk(agent, agent.boot + 1) as talk:
            while True:
                now = _clock.now().timestamp()
                await talk.report(agent.readings.between(said, now))
                await talk.tell(now)
                said = now
                with anyio.move_on_after(STEP_SEC):
                    await talk.listen()

    def _talk(self, agent: DemoAgent, boot: int) -> AbstractAsyncContextManager[Conversation]:
        return conversation(
            self._api.url, agent.headers, agent.site, boot, agent.work, agent.readings
        )

    async def _made(self, workspace: str, site: DemoSite) -> DemoAgent:
        new = {
            "name": site.name,
            "location": site.location,
            "labels": {"customer": site.customer, "kind": site.kind, "site": site.name},
            "metadata": {"latitude": site.latitude, "longitude": site.longitude},
        }
        made = await self._api.ask("POST", f"{workspace}/agents", new)
        agent = made["agent"]
        path = f"{workspace}/agents/{agent['id']}"
        numbers = {"workspace_id": agent["workspace_id"], "agent_id": agent["id"]}
        login = {**numbers, "pin": made["pin"], "nonce": secrets.token_hex(32)}
        psk = (await self._api.ask("POST", "/agent", login))["psk"]
        probes = [
            _known(await self._api.ask("POST", f"{path}/probes", new)) for new in probes_of(site)
        ]
        return DemoAgent(
            id=agent["id"],
            site=site,
            headers={
                "X-Workspace-ID": str(agent["workspace_id"]),
                "X-Agent-ID": str(agent["id"]),
                "X-Agent-PSK": psk,
            },
            readings=Readings(site, probes, self._start),
            work=DemoWork(site, self._start),
            boot=secrets.randbelow(2**40) + 1,
        )


def _known(probe: dict[str, Any]) -> DemoProbe:
    targets = [one["target"] for one in probe["targets"] or []]
    return DemoProbe(
        id=probe["id"], type=probe["type"], interval_sec=probe["interval_sec"], targets=targets
    )
