"""What has to be done so that a workspace is as a document says. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from forepost.cli.job_items import comparable_job, hidden_values, job_as_known, public_job
from forepost.controller.groups.members import canonical
from forepost.kit.one_target import one_target
from forepost.wire.disclosure import MASK, public_channel, public_metadata, public_target
from forepost.wire.rest.apply import (
    AgentItem,
    ChannelItem,
    Document,
    GroupItem,
    Item,
    JobItem,
    MicroserviceItem,
    ProbeItem,
    RegistryItem,
    RouteItem,
    RuleItem,
    WindowItem,
)
from forepost.wire.workloads.disclosure import hidden_fields

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


class Impossible(Exception):
    """The document contradicts itself or what is there; the text says where."""


class Step(msgspec.Struct, frozen=True):
    verb: Verb
    kind: Kind
    id: str
    item: Item | None = None
    """As it is to be; None for a deletion."""
    fields: tuple[str, ...] = ()
    """What a change is about."""
    agent: str = ""
    """The id of a probe's agent."""
    place: int = 0
    """From 1, of what is kept in the order of the document."""


class _There(msgspec.Struct, frozen=True):
    item: Item
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
                _check_whole(kind, one.item)
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
                if key not in items and not (kind == "probe" and known.agent in lost_agents)
            ] + gone
    return steps + gone


def unchanged(wanted: Document, steps: Sequence[Step]) -> int:
    total = sum(len(items) for items in _by_kind(wanted).values())
    return total - sum(step.verb != "delete" for step in steps)


def _by_kind(document: Document) -> dict[Kind, dict[str, _There]]:
    """Agents first and rules last: each may name those before it."""
    probes = [(agent.id, probe) for agent in document.agents for probe in agent.probes]
    return {
        "agent": _keyed("agents", (("", agent) for agent in document.agents)),
        "probe": _keyed("probes", iter(probes)),
        "group": _keyed("groups", (("", group) for group in document.groups)),
        "registry": _keyed("registries", (("", one) for one in document.registries)),
        "microservice": _keyed("microservices", (("", one) for one in document.microservices)),
        "job": _keyed("jobs", (("", one) for one in document.jobs)),
        "template": _keyed("templates", (("", one) for one in document.templates)),
        "channel": _keyed("channels", (("", one) for one in document.channels)),
        "window": _keyed("windows", (("", one) for one in document.windows)),
        "rule": _keyed("rules", (("", rule) for rule in document.rules)),
        "route": {
            key: _There(one.item, "", place)
            for place, (key, one) in enumerate(
                _keyed("routes", (("", one) for one in document.routes)).items(), start=1
            )
        },
    }


def _keyed(name: str, items: Iterator[tuple[str, Item]]) -> dict[str, _There]:
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


def _named(item: Item) -> Iterator[tuple[str, Kind, Sequence[str]]]:
    """Fields in which an object names others, and of what kind those are."""
    match item:
        case ProbeItem():
            yield "agent_targets", "agent", item.agent_targets
        case GroupItem() | MicroserviceItem():
            yield "agents", "agent", item.agents
        case JobItem():
            yield "agents", "agent", [one.agent for one in item.agents]
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


def public(document: Document) -> Document:
    """The document without what only those may see who may change it: fit for git."""
    agents = [
        msgspec.structs.replace(agent, probes=[_public_probe(probe) for probe in agent.probes])
        for agent in document.agents
    ]
    return msgspec.structs.replace(
        document,
        agents=agents,
        microservices=[
            msgspec.structs.replace(one, **hidden_fields(one)) for one in document.microservices
        ],
        jobs=[public_job(job) for job in document.jobs],
        channels=[
            msgspec.structs.replace(one, url=public_channel(one.url)) for one in document.channels
        ],
        rules=[_public_rule(rule) for rule in document.rules],
    )


def _public_probe(probe: ProbeItem) -> ProbeItem:
    return msgspec.structs.replace(
        probe,
        targets=[public_target(target) for target in probe.targets],
        metadata=public_metadata(probe.type, probe.metadata),
    )


def _public_rule(rule: RuleItem) -> RuleItem:
    return msgspec.structs.replace(
        rule,
        webhook_url=public_channel(rule.webhook_url),
        apprise_urls=[public_channel(url) for url in rule.apprise_urls],
        escalate_apprise_urls=[public_channel(url) for url in rule.escalate_apprise_urls],
    )


def shown_as(wanted: Item, known: Item) -> Item:
    """What is wanted, with the values that are there for those that the document hides (`***`)."""
    match wanted, known:
        case ProbeItem(), ProbeItem():
            targets = {public_target(target): target for target in known.targets}
            return msgspec.structs.replace(
                wanted,
                targets=[targets.get(target, one_target(target)) for target in wanted.targets],
                metadata=_filled(wanted.metadata, known.metadata),
            )
        case RuleItem(), RuleItem():
            both = [*known.apprise_urls, *known.escalate_apprise_urls]
            urls = {public_channel(url): url for url in both}
            hidden = wanted.webhook_url == public_channel(known.webhook_url)
            return msgspec.structs.replace(
                wanted,
                webhook_url=known.webhook_url if hidden else wanted.webhook_url,
                apprise_urls=[urls.get(url, url) for url in wanted.apprise_urls],
                escalate_apprise_urls=[urls.get(url, url) for url in wanted.escalate_apprise_urls],
            )
        case ChannelItem(), ChannelItem():
            hidden = wanted.url == public_channel(known.url)
            return msgspec.structs.replace(wanted, url=known.url if hidden else wanted.url)
        case JobItem(), JobItem():
            return job_as_known(wanted, known)
        case MicroserviceItem(), MicroserviceItem():
            masked = hidden_fields(known)
            fields = {
                field: getattr(known, field)
                for field in ("cmd", "config")
                if getattr(wanted, field) == masked[field]
            }
            env = {
                name: _filled(value, known.env.get(name, value))
                for name, value in wanted.env.items()
            }
            test = wanted.health.test
            if test == masked["health"].test:
                test = known.health.test
            health = msgspec.structs.replace(wanted.health, test=test)
            return msgspec.structs.replace(wanted, **fields, env=env, health=health)
    return wanted


def _filled(wanted: Any, known: Any) -> Any:
    """Also of URLs in metadata, of which a part is hidden."""
    if isinstance(wanted, dict) and isinstance(known, dict):
        return {key: _filled(value, known.get(key, value)) for key, value in wanted.items()}
    hidden = isinstance(known, str) and wanted == public_target(known)
    return known if wanted == MASK or hidden else wanted


def _check_whole(kind: Kind, item: Item) -> None:
    """Raises Impossible for something new of which a value is hidden."""
    match item:
        case ProbeItem():
            values: list[Any] = [*item.targets, *_leaves(item.metadata)]
        case RuleItem():
            values = [item.webhook_url, *item.apprise_urls]
        case ChannelItem():
            values = [item.url, *item.headers.values()]
        case MicroserviceItem():
            values = [*item.cmd, *item.env.values(), item.config, *item.health.test]
        case JobItem():
            values = [*hidden_values(item)]
        case _:
            return
    for value in values:
        if isinstance(value, str) and MASK in value:
            raise Impossible(
                f"{kind} {item.id}: {value!r} is hidden in the document, and there is no such "
                f"{kind} yet: write what it is to be"
            )


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for one in value.values():
            yield from _leaves(one)
    else:
        yield value


def comparable(item: Item) -> dict[str, Any]:
    """The fields that are compared, in one way of writing."""
    fields: dict[str, Any] = msgspec.structs.asdict(item)
    match item:
        case AgentItem():
            del fields["probes"]
        case RuleItem():
            del fields["webhook_secret"]
        case RegistryItem():
            del fields["password"]
        case ChannelItem():
            del fields["secret"]
            fields["headers"] = sorted(name.lower() for name in item.headers)
        case MicroserviceItem():
            fields["agents"] = sorted(item.agents)
        case JobItem():
            fields = comparable_job(item, fields)
        case GroupItem():
            fields["addresses"] = sorted({_canonical(item.id, one) for one in item.addresses})
            fields["agents"] = sorted(item.agents)
        case ProbeItem():
            fields["targets"] = sorted(item.targets)
            fields["agent_targets"] = sorted(item.agent_targets)
    return fields


def _canonical(group: str, text: str) -> str:
    try:
        return canonical(text)
    except ValueError as error:
        raise Impossible(f"group {group}: addresses: {text!r} {error}") from None
