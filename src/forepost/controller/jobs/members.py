"""Which agents have a job, with which right and where. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from forepost.wire.jobs.job import Permission
from forepost.wire.jobs.rest import JobAgent, JobGroup
from forepost.wire.labels import Labels, has_all

Tags = Mapping[str, str]


class FleetAgent(NamedTuple):
    """What of an agent groups go by."""

    name: str
    labels: Labels
    tags: Tags


class MemberRow(NamedTuple):
    agent_id: int
    permission: Permission
    path: str


def members_of(
    agents: Iterable[JobAgent], groups: Sequence[JobGroup], fleet: Mapping[int, FleetAgent]
) -> dict[int, MemberRow]:
    """By number, in order. Who is named has what is said there, whatever groups say."""
    found = {
        one.agent_id: MemberRow(one.agent_id, one.permission, one.path)
        for one in agents
        if one.agent_id in fleet
    }
    for agent_id, agent in fleet.items() if groups else ():
        if agent_id in found:
            continue
        for group in groups:
            if is_in(group, agent):
                found[agent_id] = MemberRow(agent_id, group.permission, group.path)
                break
    return dict(sorted(found.items()))


def is_in(group: JobGroup, agent: FleetAgent) -> bool:
    """A tag with an empty value is one that the agent has; one that it has not never fits."""
    return has_all(agent.labels, group.labels) and all(
        agent.tags.get(name) == value for name, value in group.tags.items()
    )
