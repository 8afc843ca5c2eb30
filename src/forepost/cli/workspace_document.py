"""What a controller answers of a workspace, as a document. Pure."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from forepost.cli.plan import Kind
from forepost.wire.rest.apply import (
    AgentItem,
    Document,
    GroupItem,
    JobAgentItem,
    JobItem,
    MicroserviceItem,
    ProbeItem,
    RegistryItem,
    WorkspaceItem,
)
from forepost.wire.rest.apply_alerts import (
    ChannelItem,
    ParentItem,
    RouteItem,
    RouteMatchItem,
    RuleItem,
    TemplateItem,
    WindowItem,
)
from forepost.wire.rest.apply_item import Item

T = TypeVar("T", bound=Item)

_ENDS: Final = 2
"""Of what depends on what."""


class State(msgspec.Struct):
    """`ids`: (kind, external id) -> number on the controller."""

    document: Document
    ids: dict[tuple[Kind, str], int]
    nameless: list[str]
    """Objects without an external id, in words; the document has them by a made-up one."""


class Workloads(NamedTuple):
    registries: Sequence[dict[str, Any]]
    microservices: Sequence[dict[str, Any]]


class Alerting(NamedTuple):
    templates: Sequence[dict[str, Any]]
    channels: Sequence[dict[str, Any]]
    windows: Sequence[dict[str, Any]]
    rules: Sequence[dict[str, Any]]
    routes: Sequence[dict[str, Any]]
    parents: Sequence[dict[str, Any]]


class DocumentReader:
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
        workloads: Workloads,
        jobs: Sequence[dict[str, Any]],
        alerting: Alerting,
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
            templates=[
                _item(TemplateItem, one, self._key("template", one)) for one in alerting.templates
            ],
            channels=[self._channel(one) for one in alerting.channels],
            jobs=[self._job(job) for job in jobs],
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
        notices = found["notices"]
        if notices is not None:
            channels = self._named("channel", notices["channel_ids"])
            notices = {name: one for name, one in notices.items() if name != "channel_ids"}
            notices["channels"] = channels
        known = {**found, "agents": [], "notices": notices}
        item = _item(JobItem, known, self._key("job", found))
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
