"""What has to be done so that a workspace is as a document says. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

import msgspec

from forepost.cli.document_values import Impossible, check_whole, comparable, shown_as
from forepost.wire.rest.apply import (
    AnyItem,
    Document,
    GroupItem,
    JobItem,
    MicroserviceItem,
    ProbeItem,
)
from forepost.wire.rest.apply_alerts import (
    ChannelItem,
    ParentItem,
    RouteItem,
    RuleItem,
    WindowItem,
)

Kind = Literal[
    "agent",
    "probe",
    "group",
    "registry",
    "microservice",
    "job",
    "template",
    "channel",
    "window",
    "rule",
    "route",
    "parent",
    "workspace",
]
Verb = Literal["create", "change", "delete"]

FIXED: Mapping[str, tuple[str, ...]] = {
    "probe": ("type", "server", "bidirectional"),
    "job": ("type",),
    "channel": ("kind",),
}
"""Fields that an object has for life."""

SECRETS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "rule": ("webhook_secret",),
    "registry": ("password",),
    "channel": ("secret", "headers"),
}
"""Fields that are written and never read."""


class Step(msgspec.Struct, frozen=True):
    verb: Verb
    kind: Kind
    id: str
    item: AnyItem | None = None
    """As it is to be; None for a deletion."""
    fields: tuple[str, ...] = ()
    """What a change is about."""
    agent: str = ""
    """The id of a probe's agent."""
    place: int = 0
    """From 1, of what is kept in the order of the document."""


class _There(msgspec.Struct, frozen=True):
    item: AnyItem
    agent: str
    place: int = 0


def plan(now: Document, wanted: Document, *, prune: bool, secrets: bool = False) -> list[Step]:
    """Steps in an order in which each finds what it names. Raises Impossible.

    With `prune`, what has an id and is not wanted any more is deleted. Nobody can see whether a
    secret is the one that is there: it is set at creation, and again only with `secrets`.
    """
    steps: list[Step] = []
    gone: list[Step] = []
    there, want = _by_kind(now), _by_kind(wanted)
    _check_names(there, want, prune=prune)
    for kind, items in want.items():
        for key, one in items.items():
            known = there[kind].get(key)
            if known is None:
                check_whole(kind, one.item)
                made = Step("create", kind, key, one.item, agent=one.agent, place=one.place)
                steps.append(made)
            elif fields := _differences(kind, known, one, secrets=secrets):
                whole = shown_as(one.item, known.item)
                steps.append(Step("change", kind, key, whole, fields, one.agent, one.place))
        if prune:
            lost_agents = set(there["agent"]) - set(want["agent"])
            gone = [
                Step("delete", kind, key, agent=known.agent)
                for key, known in there[kind].items()
                if key not in items
                and kind != "workspace"
                and not (kind == "probe" and known.agent in lost_agents)
            ] + gone
    return steps + gone


def unchanged(wanted: Document, steps: Sequence[Step]) -> int:
    total = sum(len(items) for items in _by_kind(wanted).values())
    return total - sum(step.verb != "delete" for step in steps)


def _by_kind(document: Document) -> dict[Kind, dict[str, _There]]:
    """Agents first and rules last: each may name those before it."""
    itself = [one for one in (document.workspace,) if one is not None]
    probes = [(agent.id, probe) for agent in document.agents for probe in agent.probes]
    return {
        "agent": _keyed("agents", (("", agent) for agent in document.agents)),
        "probe": _keyed("probes", iter(probes)),
        "group": _keyed("groups", (("", group) for group in document.groups)),
        "registry": _keyed("registries", (("", one) for one in document.registries)),
        "microservice": _keyed("microservices", (("", one) for one in document.microservices)),
        "template": _keyed("templates", (("", one) for one in document.templates)),
        "channel": _keyed("channels", (("", one) for one in document.channels)),
        "job": _keyed("jobs", (("", one) for one in document.jobs)),
        "window": _keyed("windows", (("", one) for one in document.windows)),
        "rule": _keyed("rules", (("", rule) for rule in document.rules)),
        "route": {
            key: _There(one.item, "", place)
            for place, (key, one) in enumerate(
                _keyed("routes", (("", one) for one in document.routes)).items(), start=1
            )
        },
        "parent": _keyed("parents", (("", one) for one in document.parents)),
        "workspace": _keyed("workspace", (("", one) for one in itself)),
    }


def _keyed(name: str, items: Iterator[tuple[str, AnyItem]]) -> dict[str, _There]:
    found: dict[str, _There] = {}
    for agent, item in items:
        if item.id in found:
            raise Impossible(f"{name}: the id {item.id!r} is given twice")
        found[item.id] = _There(item, agent)
    return found


def _check_names(
    there: Mapping[Kind, Mapping[str, _There]],
    want: Mapping[Kind, Mapping[str, _There]],
    *,
    prune: bool,
) -> None:
    known = {kind: {*want[kind], *(() if prune else there[kind])} for kind in want}
    for kind, items in want.items():
        for key, one in items.items():
            for field, of, names in _named(one.item):
                if missing := [name for name in names if name not in known[of]]:
                    raise Impossible(f"{kind} {key}: {field}: there is no {of} {missing[0]!r}")


def _named(item: AnyItem) -> Iterator[tuple[str, Kind, Sequence[str]]]:
    """Fields in which an object names others, and of what kind those are."""
    match item:
        case ProbeItem():
            yield "agent_targets", "agent", item.agent_targets
        case GroupItem() | MicroserviceItem():
            yield "agents", "agent", item.agents
        case JobItem():
            yield "agents", "agent", [one.agent for one in item.agents]
            notices = item.notices
            yield "notices.channels", "channel", [] if notices is None else notices.channels
        case RuleItem():
            yield "agent", "agent", [item.agent] if item.agent is not None else []
            yield "probe", "probe", [item.probe] if item.probe is not None else []
            yield "channels", "channel", item.channels
            yield "escalate_channels", "channel", item.escalate_channels
            yield "window", "window", [item.window] if item.window is not None else []
        case WindowItem():
            yield "agents", "agent", item.agents
            yield "probes", "probe", item.probes
        case ChannelItem():
            yield "template", "template", [item.template] if item.template is not None else []
        case RouteItem():
            yield "channels", "channel", item.channels
            yield "match.rules", "rule", item.match.rules
            yield "match.agents", "agent", item.match.agents
        case ParentItem():
            for field in ("probe", "agent", "parent_probe", "parent_agent"):
                named = getattr(item, field)
                of: Kind = "probe" if field.endswith("probe") else "agent"
                yield field, of, [] if named is None else [named]


def _differences(kind: Kind, known: _There, wanted: _There, *, secrets: bool) -> tuple[str, ...]:
    """Fields that differ. Raises Impossible for one that cannot be changed."""
    if known.agent != wanted.agent:
        raise Impossible(
            f"probe {wanted.item.id}: is one of agent {known.agent!r}; a probe cannot move, give "
            "it another id"
        )
    before, after = comparable(known.item), comparable(shown_as(wanted.item, known.item))
    fields = tuple(field for field, value in after.items() if before[field] != value)
    if known.place != wanted.place:
        fields = (*fields, "position")
    # A registry or a channel that moves is told its secrets again.
    if secrets or "url" in fields:
        told = [name for name in SECRETS.get(kind, ()) if getattr(wanted.item, name)]
        fields = (*fields, *(name for name in told if name not in fields))
    for field in FIXED.get(kind, ()):
        if field in fields:
            raise Impossible(
                f"{kind} {wanted.item.id}: {field} cannot be changed; give it another id"
            )
    return fields
