"""A workspace as it is on the controller, read as a document, and written step by step."""

from typing import Any, Final

from forepost.cli.item_bodies import patch_of, placed_body
from forepost.cli.plan import Kind, Step
from forepost.cli.rest import Api
from forepost.cli.workspace_document import Alerting, DocumentReader, State, Workloads
from forepost.wire.rest.apply import AgentItem, WorkspaceItem

_PATHS: Final[dict[Kind, str]] = {
    "agent": "agents",
    "group": "address-groups",
    "registry": "registries",
    "microservice": "microservices",
    "job": "jobs",
    "template": "templates",
    "channel": "channels",
    "window": "maintenance-windows",
    "rule": "alert-rules",
    "route": "routes",
    "parent": "alert-parents",
}
"""Within the workspace."""
_MADE_BY: Final[dict[Kind, str]] = {"channel": "?test=false"}
"""What a creation asks for besides."""


class Workspace:
    def __init__(self, api: Api, workspace_id: int) -> None:
        self._api, self._path = api, f"/workspaces/{workspace_id}"
        self._settings: dict[str, Any] = {}
        self._tags: dict[int, dict[str, str]] = {}
        """Of agents, as they are set there."""
        self.pins: dict[str, str] = {}
        """PINs of the agents that were created, by their external ids."""

    async def read(self) -> State:
        """Raises RestRefused and Unreachable."""
        agents = [
            {**agent, "tags": await self._tags_of(agent["id"])}
            for agent in await self._api.all(f"{self._path}/agents", paged=True)
        ]
        probes = {
            agent["id"]: await self._api.all(f"{self._path}/agents/{agent['id']}/probes")
            for agent in agents
        }
        groups = [
            await self._api.ask("GET", f"{self._path}/address-groups/{group['id']}")
            for group in await self._api.all(f"{self._path}/address-groups")
        ]
        workloads = Workloads(
            await self._api.all(f"{self._path}/registries", paged=True),
            [
                await self._api.ask("GET", f"{self._path}/microservices/{one['id']}")
                for one in await self._api.all(f"{self._path}/microservices", paged=True)
            ],
        )
        jobs = [
            await self._api.ask("GET", f"{self._path}/jobs/{one['id']}")
            for one in await self._api.all(f"{self._path}/jobs", paged=True)
        ]
        alerting = Alerting(
            await self._api.all(f"{self._path}/templates"),
            await self._api.all(f"{self._path}/channels"),
            await self._api.all(f"{self._path}/maintenance-windows"),
            await self._api.all(f"{self._path}/alert-rules"),
            await self._api.all(f"{self._path}/routes"),
            await self._api.all(f"{self._path}/alert-parents"),
        )
        self._settings = (await self._api.ask("GET", self._path))["settings"]
        reader = DocumentReader(self._settings)
        return reader.state(agents, probes, groups, workloads, jobs, alerting)

    async def adopt(self, state: State) -> None:
        """Give every object without an external id the one that it has in the document."""
        for kind, key in state.ids:
            if f"{kind} {key}" in state.nameless:
                await self._api.ask(
                    "PATCH",
                    self._one(kind, key, _agent_of(state, key), state),
                    {"external_id": key},
                )

    async def carry_out(self, step: Step, state: State) -> None:
        """Do one step; the next can name what it creates. Raises RestRefused, Unreachable."""
        match step.verb:
            case "create":
                assert step.item is not None
                body = placed_body(step, state.ids)
                if step.kind != "parent":
                    body["external_id"] = step.id
                where = self._all(step, state)
                made = await self._api.ask("POST", where + _MADE_BY.get(step.kind, ""), body)
                if step.kind == "agent":
                    self.pins[step.id] = made["pin"]
                    made = made["agent"]
                state.ids[step.kind, step.id] = made["id"]
                await self._set_tags(step, state)
            case "change" if isinstance(step.item, WorkspaceItem):
                self._settings = {**self._settings, "timezone": step.item.timezone}
                await self._api.ask("PATCH", self._path, {"settings": self._settings})
            case "change":
                assert step.item is not None
                if body := patch_of(step, placed_body(step, state.ids)):
                    one = self._one(step.kind, step.id, step.agent, state)
                    await self._api.ask("PATCH", one, body)
                await self._set_tags(step, state)
            case "delete":
                await self._api.ask("DELETE", self._one(step.kind, step.id, step.agent, state))

    async def _tags_of(self, agent_id: int) -> dict[str, str]:
        found = await self._api.ask("GET", f"{self._path}/agents/{agent_id}/tags")
        named = {one["name"]: one["set_here"] for one in found["tags"]}
        self._tags[agent_id] = {name: value for name, value in named.items() if value is not None}
        return self._tags[agent_id]

    async def _set_tags(self, step: Step, state: State) -> None:
        """Have an agent have those of its item, and no others that were set there."""
        if not isinstance(step.item, AgentItem):
            return
        agent_id, wanted = state.ids["agent", step.id], step.item.tags
        path, known = f"{self._path}/agents/{agent_id}/tags", self._tags.get(agent_id, {})
        changed = {name: one for name, one in wanted.items() if known.get(name) != one}
        if changed:
            tags = [{"name": name, "value": value} for name, value in changed.items()]
            await self._api.ask("PATCH", path, {"tags": tags})
        for name in known.keys() - wanted.keys():
            await self._api.ask("DELETE", f"{path}/{name}")
        self._tags[agent_id] = dict(wanted)

    def _all(self, step: Step, state: State) -> str:
        if step.kind == "probe":
            return f"{self._path}/agents/{state.ids['agent', step.agent]}/probes"
        return f"{self._path}/{_PATHS[step.kind]}"

    def _one(self, kind: Kind, key: str, agent: str, state: State) -> str:
        step = Step("change", kind, key, agent=agent)
        return f"{self._all(step, state)}/{state.ids[kind, key]}"


def _agent_of(state: State, probe_key: str) -> str:
    for agent in state.document.agents:
        if any(probe.id == probe_key for probe in agent.probes):
            return agent.id
    return ""
