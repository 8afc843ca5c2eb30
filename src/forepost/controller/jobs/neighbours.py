"""Who is linked with whom in a run: few links for each, the whole connected. Pure.

Two rings, one of all agents and one of those that are connected to the controller now, in the order
of their sites: so neighbours are of one LAN where that can be, agents that are away part nobody,
and whoever comes or goes changes the links of two. Beside the rings each picks some others by
consistent hashing, which keeps the way between any two short, and changes as little.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import islice
from typing import Final

import msgspec

from forepost.wire.jobs.job import JobType, Permission

MOST_LINKS: Final = 12
PICKS: Final = 4
"""Beside the rings: two in its own site where there are others, the rest anywhere."""
NEAR_PICKS: Final = 2
TRIES: Final = 4
"""Agents that a pick looks at. With one, 500 members of 50 sites had half of their links, and a
file took 1.7 times the ideal rounds to reach all."""
_PICKED: Final = MOST_LINKS - 4 - PICKS
"""By how many others an agent is picked."""

Links = Mapping[int, frozenset[int]]


class LinkMember(msgspec.Struct, frozen=True, kw_only=True):
    """An agent of a run, as far as links go by it."""

    agent_id: int
    permission: Permission = "rw"
    site: str = ""
    """The network that its connection comes from."""
    listens: bool = True
    is_live: bool = True


def links_of(type_: JobType, members: Iterable[LinkMember]) -> Links:
    """For each agent the others that it is linked with; both sides of a link name each other."""
    known = sorted(members, key=lambda one: one.agent_id)
    found: dict[int, set[int]] = {one.agent_id: set() for one in known}
    if type_ == "consolidation":
        _link_star(known, found)
    elif type_ != "script":
        _link_ring(known, found)
        live = [one for one in known if one.is_live]
        _link_ring(live, found)
        _link_picks(live, found)
    return {agent_id: frozenset(others) for agent_id, others in found.items()}


def _link_star(members: Sequence[LinkMember], found: dict[int, set[int]]) -> None:
    """Each source has other files, so links between sources would be of no use, nor links between
    destinations. All sources are linked with all destinations: nobody passes a file on.
    """
    sources = [one for one in members if one.permission == "rw"]
    for destination in members:
        if destination.permission == "ro":
            for source in sources:
                _link(found, source.agent_id, destination.agent_id)


def _link_ring(members: Sequence[LinkMember], found: dict[int, set[int]]) -> None:
    ring = sorted(members, key=lambda one: (one.site, _point(one.agent_id), one.agent_id))
    for one, following in zip(ring, [*ring[1:], *ring[:1]], strict=True):
        if one is not following:
            _link(found, one.agent_id, following.agent_id)


def _link_picks(members: Sequence[LinkMember], found: dict[int, set[int]]) -> None:
    sites: dict[str, list[LinkMember]] = {}
    for one in members:
        sites.setdefault(one.site, []).append(one)
    circles = {site: _Circle(of) for site, of in sites.items()}
    everywhere = _Circle(members)
    wishes = [
        # Who only dials comes first, and finds somebody as long as anybody has room.
        (one.listens or turn > 0, turn, _point(one.agent_id, turn), one)
        for one in members
        for turn in range(PICKS)
    ]
    taken: dict[int, int] = {}
    for may_be_left, turn, start, one in sorted(
        wishes, key=lambda wish: (*wish[:3], wish[3].agent_id)
    ):
        near = circles[one.site] if len(sites[one.site]) > 1 and turn < NEAR_PICKS else everywhere
        most = TRIES if may_be_left else None
        for picked in islice(near.after(one, start), most):
            if picked not in found[one.agent_id] and taken.get(picked, 0) < _PICKED:
                taken[picked] = taken.get(picked, 0) + 1
                _link(found, one.agent_id, picked)
                break


class _Circle:
    """Agents at fixed points; those that listen, unless none does: a link needs one that does."""

    def __init__(self, members: Sequence[LinkMember]) -> None:
        chosen = [one for one in members if one.listens] or members
        self._points = sorted((_point(one.agent_id), one.agent_id) for one in chosen)

    def after(self, member: LinkMember, start: int) -> Iterator[int]:
        """The others from this point on, around the circle."""
        first = bisect_left(self._points, (start, 0))
        for step in range(len(self._points)):
            agent_id = self._points[(first + step) % len(self._points)][1]
            if agent_id != member.agent_id:
                yield agent_id


def _link(found: dict[int, set[int]], one: int, other: int) -> None:
    found[one].add(other)
    found[other].add(one)


def _point(*numbers: int) -> int:
    text = ":".join(map(str, numbers)).encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest())
