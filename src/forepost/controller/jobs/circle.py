"""The agents of one run with what each is to know of the others. Pure."""

from collections.abc import Sequence
from typing import Final

import msgspec

from forepost.controller.jobs.addresses import address_for, site_of
from forepost.controller.jobs.definition import path_for
from forepost.controller.jobs.members import Tags
from forepost.controller.jobs.neighbours import LinkMember, Links, links_of
from forepost.wire.jobs.job import JobPeer, JobType, Permission

MOST_WRITERS: Final = 1_000


class CircleMember(msgspec.Struct, frozen=True, kw_only=True):
    agent_id: int
    name: str
    permission: Permission
    path: str
    deviceid: str = ""
    """Empty: the agent has not said it yet, and is nobody's peer before."""
    listen: Sequence[str] = ()
    seen_from: str = ""
    tags: Tags = {}
    is_live: bool = True


class RunCircle:
    def __init__(self, type_: JobType, members: Sequence[CircleMember]) -> None:
        self.type = type_
        self.members = {one.agent_id: one for one in members}
        self.links: Links = links_of(
            type_,
            [
                LinkMember(
                    agent_id=one.agent_id,
                    permission=one.permission,
                    site=site_of(one.seen_from),
                    listens=bool(one.listen),
                    is_live=one.is_live,
                )
                for one in members
                if one.deviceid
            ],
        )
        self.writers: Sequence[str] = sorted(
            one.deviceid for one in members if one.permission == "rw" and one.deviceid
        )

    def peers_of(self, agent_id: int) -> list[JobPeer]:
        """In the order of their device ids."""
        me = self.members[agent_id]
        others = [self.members[one] for one in self.links.get(agent_id, ())]
        return sorted((self._peer(me, other) for other in others), key=lambda peer: peer.deviceid)

    def writers_for(self, agent_id: int) -> list[str]:
        """Whose manifests count beside those of this agent's peers."""
        if self.type == "consolidation":
            return []
        known = {self.members[one].deviceid for one in self.links.get(agent_id, ())}
        known.add(self.members[agent_id].deviceid)
        return [one for one in self.writers if one not in known][:MOST_WRITERS]

    def _peer(self, me: CircleMember, other: CircleMember) -> JobPeer:
        path = ""
        if self.type == "consolidation" and me.permission == "ro":
            path = path_for(me.path, other.agent_id, other.name, other.tags)
        return JobPeer(
            deviceid=other.deviceid,
            address=address_for(other.listen, other.seen_from, me.seen_from),
            permission=other.permission,
            path=path,
        )


def changed_agents(before: RunCircle, after: RunCircle) -> set[int]:
    """Whose peers, or what is known of them, are other ones than before."""
    every = before.members.keys() | after.members.keys()
    if before.writers != after.writers:
        return set(every)
    other = {one for one in every if _known(before, one) != _known(after, one)}
    return other | {
        one
        for one in every
        if before.links.get(one) != after.links.get(one)
        or not other.isdisjoint(after.links.get(one, ()))
    }


def _known(circle: RunCircle, agent_id: int) -> CircleMember | None:
    """But for whether it is connected, which only links go by."""
    found = circle.members.get(agent_id)
    return None if found is None else msgspec.structs.replace(found, is_live=True)
