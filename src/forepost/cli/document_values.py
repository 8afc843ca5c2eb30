"""Values of the document of `forepost apply`: which are hidden, and how they are compared. Pure."""

from collections.abc import Iterator
from typing import Any

import msgspec

from forepost.cli.job_items import comparable_job, hidden_values, job_as_known, public_job
from forepost.controller.groups.members import canonical
from forepost.kit.one_target import one_target
from forepost.wire.disclosure import MASK, public_channel, public_metadata, public_target
from forepost.wire.rest.apply import (
    AgentItem,
    AnyItem,
    Document,
    GroupItem,
    JobItem,
    MicroserviceItem,
    ProbeItem,
    RegistryItem,
)
from forepost.wire.rest.apply_alerts import ChannelItem, RuleItem, TemplateItem
from forepost.wire.workloads.disclosure import hidden_fields


class Impossible(Exception):
    """The document contradicts itself or what is there; the text says where."""


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
        templates=[
            msgspec.structs.replace(one, webhook_body=MASK if one.webhook_body else "")
            for one in document.templates
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


def shown_as(wanted: AnyItem, known: AnyItem) -> AnyItem:
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
        case TemplateItem(), TemplateItem():
            hides = wanted.webhook_body == MASK
            body = known.webhook_body if hides else wanted.webhook_body
            return msgspec.structs.replace(wanted, webhook_body=body)
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


def check_whole(kind: str, item: AnyItem) -> None:
    """Raises Impossible for something new of which a value is hidden."""
    match item:
        case ProbeItem():
            values: list[Any] = [*item.targets, *_leaves(item.metadata)]
        case RuleItem():
            values = [item.webhook_url, *item.apprise_urls]
        case TemplateItem():
            values = [item.webhook_body] if item.webhook_body == MASK else []
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


def comparable(item: AnyItem) -> dict[str, Any]:
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
