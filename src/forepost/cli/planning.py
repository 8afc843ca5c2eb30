"""What has to be done so that a workspace is as a document says. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from forepost.controller.groups.members import canonical
from forepost.wire.document import AgentItem, Document, GroupItem, Item, ProbeItem, RuleItem

Kind = Literal["agent", "probe", "group", "rule"]
Verb = Literal["create", "change", "delete"]

FIXED: Mapping[str, tuple[str, ...]] = {"probe": ("type", "server", "bidirectional")}
"""Fields that an object has for life."""

SECRET: Final = "webhook_secret"  # noqa: S105 - the name of a field


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


class _There(msgspec.Struct, frozen=True):
    item: Item
    agent: str


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
                steps.append(Step("create", kind, key, one.item, agent=one.agent))
            elif fields := _differences(kind, known, one, secrets=secrets):
                steps.append(Step("change", kind, key, one.item, fields, one.agent))
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
        "rule": _keyed("rules", (("", rule) for rule in document.rules)),
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
        case GroupItem():
            yield "agents", "agent", item.agents
        case RuleItem():
            yield "agent", "agent", [item.agent] if item.agent is not None else []
            yield "probe", "probe", [item.probe] if item.probe is not None else []


def _differences(kind: Kind, known: _There, wanted: _There, *, secrets: bool) -> tuple[str, ...]:
    """Fields that differ. Raises Impossible for one that cannot be changed."""
    if known.agent != wanted.agent:
        raise Impossible(
            f"probe {wanted.item.id}: is one of agent {known.agent!r}; a probe cannot move, give "
            "it another id"
        )
    before, after = comparable(known.item), comparable(wanted.item)
    fields = tuple(field for field, value in after.items() if before[field] != value)
    if secrets and isinstance(wanted.item, RuleItem) and wanted.item.webhook_secret:
        fields = (*fields, SECRET)
    for field in FIXED.get(kind, ()):
        if field in fields:
            raise Impossible(
                f"{kind} {wanted.item.id}: {field} cannot be changed; give it another id"
            )
    return fields


def comparable(item: Item) -> dict[str, Any]:
    """The fields that are compared, in one way of writing."""
    fields: dict[str, Any] = msgspec.structs.asdict(item)
    match item:
        case AgentItem():
            del fields["probes"]
        case RuleItem():
            del fields[SECRET]
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
