"""Items of the document of `forepost apply` as the bodies that REST takes. Pure."""

from typing import Any, Final

import msgspec

from forepost.cli.plan import Kind, Step
from forepost.wire.rest.apply import AnyItem, GroupItem, JobItem, MicroserviceItem, ProbeItem
from forepost.wire.rest.apply_alerts import (
    ChannelItem,
    ParentItem,
    RouteItem,
    RuleItem,
    WindowItem,
)

_OWN_FIELDS: Final = {
    "id",
    "probes",
    "agents",
    "agent",
    "probe",
    "agent_targets",
    "channels",
    "escalate_channels",
    "tags",
    "template",
    "window",
}
"""Of an item: written otherwise in a body, or not at all."""


def body_of(item: AnyItem, ids: dict[tuple[Kind, str], int]) -> dict[str, Any]:
    """The REST body of a creation."""
    body: dict[str, Any] = {
        name: value
        for name, value in msgspec.structs.asdict(item).items()
        if name not in _OWN_FIELDS and value is not None
    }
    match item:
        case ProbeItem():
            body["agent_targets"] = [ids["agent", key] for key in item.agent_targets]
        case GroupItem():
            body["agent_ids"] = [ids["agent", key] for key in item.agents]
        case MicroserviceItem():
            body["agents"] = [ids["agent", key] for key in item.agents]
        case JobItem():
            body["agents"] = [
                {
                    "agent_id": ids["agent", one.agent],
                    "permission": one.permission,
                    "path": one.path,
                }
                for one in item.agents
            ]
            if item.notices is not None:
                told = msgspec.structs.asdict(item.notices)
                named = [ids["channel", key] for key in told.pop("channels")]
                body["notices"] = {**told, "channel_ids": named}
        case ParentItem():
            return {
                f"{field}_id": None if named is None else ids[kind, named]
                for field, kind, named in _of_parent(item)
            }
        case RuleItem() | ChannelItem() | WindowItem() | RouteItem():
            return _of_alerting(item, body, ids)
    return body


def _of_parent(item: ParentItem) -> list[tuple[str, Kind, str | None]]:
    return [
        ("probe", "probe", item.probe),
        ("agent", "agent", item.agent),
        ("parent_probe", "probe", item.parent_probe),
        ("parent_agent", "agent", item.parent_agent),
    ]


def _of_alerting(
    item: RuleItem | ChannelItem | WindowItem | RouteItem,
    body: dict[str, Any],
    ids: dict[tuple[Kind, str], int],
) -> dict[str, Any]:
    match item:
        case RuleItem():
            body["agent_id"] = None if item.agent is None else ids["agent", item.agent]
            body["probe_id"] = None if item.probe is None else ids["probe", item.probe]
            body["channel_ids"] = [ids["channel", key] for key in item.channels]
            body["escalate_channel_ids"] = [ids["channel", key] for key in item.escalate_channels]
            window = item.window
            body["maintenance_window_id"] = None if window is None else ids["window", window]
            for field in ("active_hours", "quiet_hours"):
                body[field] = msgspec.to_builtins(body[field])
        case WindowItem():
            body = msgspec.to_builtins(body)
            body["agent_ids"] = [ids["agent", key] for key in item.agents]
            body["probe_ids"] = [ids["probe", key] for key in item.probes]
        case ChannelItem():
            body["template_id"] = None if item.template is None else ids["template", item.template]
        case RouteItem():
            body["channel_ids"] = [ids["channel", key] for key in item.channels]
            body["hours"] = msgspec.to_builtins(item.hours)
            body["match"] = {
                **msgspec.to_builtins(msgspec.structs.replace(item.match, rules=[], agents=[])),
                "rule_ids": [ids["rule", key] for key in item.match.rules],
                "agent_ids": [ids["agent", key] for key in item.match.agents],
            }
    return body


def placed_body(step: Step, ids: dict[tuple[Kind, str], int]) -> dict[str, Any]:
    """The body of a creation, with where it stands among the others."""
    assert step.item is not None
    body = body_of(step.item, ids)
    return {**body, "position": step.place} if step.place else body


_IN_A_PATCH: Final = {
    "targets": ("targets", "replaceTargets"),
    "agent_targets": ("agent_targets", "replaceAgentTargets"),
    "agents": ("agent_ids", "agent_ids"),
    "agent": ("agent_id", "agent_id"),
    "probe": ("probe_id", "probe_id"),
    "channels": ("channel_ids", "channel_ids"),
    "escalate_channels": ("escalate_channel_ids", "escalate_channel_ids"),
    "probes": ("probe_ids", "probe_ids"),
    "template": ("template_id", "template_id"),
    "window": ("maintenance_window_id", "maintenance_window_id"),
}
"""Fields of an item -> what they are called in a creation's body and in a patch."""


def patch_of(step: Step, body: dict[str, Any]) -> dict[str, Any]:
    """The REST body of a change: the fields that differ; null takes a value away."""
    names = {} if step.kind in ("microservice", "job") else _IN_A_PATCH
    fields = (field for field in step.fields if step.kind != "agent" or field != "tags")
    named = (names.get(field, (field, field)) for field in fields)
    return {in_patch: body.get(in_body) for in_body, in_patch in named}
