"""A workspace as it is on the controller, read as a document, and written step by step."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from forepost.cli.item_bodies import patch_of, placed_body
from forepost.cli.plan import Kind, Step
from forepost.cli.rest import Api
from forepost.wire.rest.apply import (
    AgentItem,
    ChannelItem,
    Document,
    GroupItem,
    Item,
    JobAgentItem,
    JobItem,
    MicroserviceItem,
    ParentItem,
    ProbeItem,
    RegistryItem,
    RouteItem,
    RouteMatchItem,
    RuleItem,
    TemplateItem,
    WindowItem,
    WorkspaceItem,
)

T = TypeVar("T", bound=Item)

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
_ENDS: Final = 2
"""Of what depends on what."""


class State(msgspec.Struct):
    """`ids`: (kind, external id) -> number on the controller."""

    document: Document
    ids: dict[tuple[Kind, str], int]
    nameless: list[str]
    """Objects without an external id, in words; the document has them by a made-up one."""


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
        workloads = _Workloads(
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
        alerting = _Alerting(
            await self._api.all(f"{self._path}/templates"),
            await self._api.all(f"{self._path}/channels"),
            await self._api.all(f"{self._path}/maintenance-windows"),
            await self._api.all(f"{self._path}/alert-rules"),
            await self._api.all(f"{self._path}/routes"),
            await self._api.all(f"{self._path}/alert-parents"),
        )
        self._settings = (await self._api.ask("GET", self._path))["settings"]
        return _Reading(self._settings).state(agents, probes, groups, workloads, jobs, alerting)

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


class _Workloads(NamedTuple):
    registries: Sequence[dict[str, Any]]
    microservices: Sequence[dict[str, Any]]


class _Alerting(NamedTuple):
    templates: Sequence[dict[str, Any]]
    channels: Sequence[dict[str, Any]]
    windows: Sequence[dict[str, Any]]
    rules: Sequence[dict[str, Any]]
    routes: Sequence[dict[str, Any]]
    parents: Sequence[dict[str, Any]]


class _Reading:
    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self.ids: dict[tuple[Kind, str], int] = {}
        self.nameless: list[str] = []
        self._keys: dict[tuple[Kind, int], str] = {}

    def state(
        self,
        agents: Sequence[dict[str, Any]],
        probes: dict[int, list[dict[str, Any]]],
        groups: Sequence[dict[str, Any]],
        workloads: _Workloads,
        jobs: Sequence[dict[str, Any]],
        alerting: _Alerting,
    ) -> State:
        for agent in agents:
            self._key("agent", agent)
        items = [_item(AgentItem, agent, self._key("agent", agent)) for agent in agents]
        zone = self._settings.get("timezone")
        document = Document(
            forepost=1,
            workspace=WorkspaceItem(timezone=zone if isinstance(zone, str) else ""),
            agents=[
                msgspec.structs.replace(
                    item,
                    probes=[
                        self._probe(probe)
                        for probe in reversed(probes[agent["id"]])
                        if probe["reverse_of"] is None  # comes and goes with its first
                    ],
                )
                for item, agent in zip(items, agents, strict=True)
            ],
            groups=[self._group(group) for group in groups],
            registries=[
                _item(RegistryItem, one, self._key("registry", one)) for one in workloads.registries
            ],
            microservices=[self._microservice(one) for one in workloads.microservices],
            jobs=[self._job(job) for job in jobs],
            templates=[
                _item(TemplateItem, one, self._key("template", one)) for one in alerting.templates
            ],
            channels=[self._channel(one) for one in alerting.channels],
            windows=[self._window(one) for one in alerting.windows if one["alert_id"] is None],
            rules=[self._rule(rule) for rule in alerting.rules],
            routes=[self._route(route) for route in alerting.routes],
            parents=[item for one in alerting.parents if (item := self._parent(one)) is not None],
        )
        return State(document, self.ids, self.nameless)

    def _probe(self, probe: dict[str, Any]) -> ProbeItem:
        targets = probe["targets"] or []
        return msgspec.structs.replace(
            _item(ProbeItem, {**probe, "targets": []}, self._key("probe", probe)),
            targets=[t["target"] for t in targets if t["agent_id"] is None],
            agent_targets=[
                self._keys["agent", t["agent_id"]] for t in targets if t["agent_id"] is not None
            ],
        )

    def _group(self, group: dict[str, Any]) -> GroupItem:
        return msgspec.structs.replace(
            _item(GroupItem, group, self._key("group", group)),
            agents=self._named("agent", group["agent_ids"]),
        )

    def _microservice(self, found: dict[str, Any]) -> MicroserviceItem:
        key = self._key("microservice", found)
        item = _item(MicroserviceItem, {**found, "agents": []}, key)
        return msgspec.structs.replace(item, agents=self._named("agent", found["agent_ids"]))

    def _job(self, found: dict[str, Any]) -> JobItem:
        item = _item(JobItem, {**found, "agents": []}, self._key("job", found))
        named = [
            JobAgentItem(agent=key, permission=one["permission"], path=one["path"])
            for one in found["agents"]
            if (key := self._keys.get(("agent", one["agent_id"]))) is not None
        ]
        return msgspec.structs.replace(item, agents=named)

    def _named(self, kind: Kind, numbers: Sequence[int]) -> list[str]:
        """The keys of the objects that are named and that are there."""
        named = (self._keys.get((kind, one)) for one in numbers)
        return [key for key in named if key is not None]

    def _rule(self, rule: dict[str, Any]) -> RuleItem:
        return msgspec.structs.replace(
            _item(RuleItem, rule, self._key("rule", rule)),
            agent=self._keys.get(("agent", rule["agent_id"])),
            probe=self._keys.get(("probe", rule["probe_id"])),
            channels=self._named("channel", rule["channel_ids"]),
            escalate_channels=self._named("channel", rule["escalate_channel_ids"]),
            window=self._keys.get(("window", rule["maintenance_window_id"])),
        )

    def _window(self, found: dict[str, Any]) -> WindowItem:
        return msgspec.structs.replace(
            _item(WindowItem, found, self._key("window", found)),
            agents=self._named("agent", found["agent_ids"]),
            probes=self._named("probe", found["probe_ids"]),
        )

    def _channel(self, channel: dict[str, Any]) -> ChannelItem:
        item = _item(ChannelItem, channel, self._key("channel", channel))
        template = self._keys.get(("template", channel["template_id"]))
        return msgspec.structs.replace(item, template=template)

    def _route(self, route: dict[str, Any]) -> RouteItem:
        match = route["match"]
        item = _item(RouteItem, {**route, "match": {}}, self._key("route", route))
        return msgspec.structs.replace(
            item,
            match=RouteMatchItem(
                labels=match["labels"],
                severities=match["severities"],
                rules=self._named("rule", match["rule_ids"]),
                agents=self._named("agent", match["agent_ids"]),
                probe_types=match["probe_types"],
                metrics=match["metrics"],
            ),
            channels=self._named("channel", route["channel_ids"]),
        )

    def _parent(self, found: dict[str, Any]) -> ParentItem | None:
        """None: of a probe that the document has not, the other way of a `bidirectional` one."""
        names: dict[str, str] = {}
        for field in ("probe", "agent", "parent_probe", "parent_agent"):
            of: Kind = "probe" if field.endswith("probe") else "agent"
            if (key := self._keys.get((of, found[f"{field}_id"]))) is not None:
                names[field] = key
        if len(names) < _ENDS:
            return None
        item = ParentItem(**names)
        self.ids["parent", item.id] = found["id"]
        return item

    def _key(self, kind: Kind, found: dict[str, Any]) -> str:
        known = self._keys.get((kind, found["id"]))
        if known is not None:
            return known
        key: str = found["external_id"] or f"{kind}-{found['id']}"
        if not found["external_id"]:
            self.nameless.append(f"{kind} {key}")
        self._keys[kind, found["id"]] = key
        self.ids[kind, key] = found["id"]
        return key


def _item(kind: type[T], found: dict[str, Any], key: str) -> T:
    wanted = {field.name for field in msgspec.structs.fields(kind)}
    # An empty object says what would be so without it.
    fields = {
        name: value for name, value in found.items() if name in wanted and value not in (None, {})
    }
    return msgspec.convert({**fields, "id": key}, kind)


def _agent_of(state: State, probe_key: str) -> str:
    for agent in state.document.agents:
        if any(probe.id == probe_key for probe in agent.probes):
            return agent.id
    return ""
