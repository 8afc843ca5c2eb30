"""The groups of one agent as a document: its revision, and the parts that it is sent in. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec

from forepost.wire.uplink.groups import MOST_IN_PART, GroupEntries, GroupsPart

_OF_A_NAME: Final = 3
"""What a group takes of a part beside its addresses."""


class Head(NamedTuple):
    """A group and its state, without its addresses."""

    id: int
    revision: int
    agent_ids: frozenset[int] = frozenset()
    """Which agents are to have it; empty: all."""
    changed_at: datetime | None = None
    """When it came to this revision: another database has others of the same numbers."""


def heads_for(agent_id: int, heads: Iterable[Head]) -> list[Head]:
    return [head for head in heads if not head.agent_ids or agent_id in head.agent_ids]


def revisions(heads: Iterable[Head], agent_ids: Iterable[int]) -> dict[int, str]:
    """What each agent is to have. Most have the same, and that is made once."""
    every = list(heads)
    common = [head for head in every if not head.agent_ids]
    named = [head for head in every if head.agent_ids]
    made: dict[tuple[Head, ...], str] = {}
    found = {}
    for agent_id in agent_ids:
        own = tuple(heads_for(agent_id, named))
        if own not in made:
            made[own] = revision_of([*common, *own])
        found[agent_id] = made[own]
    return found


def revision_of(heads: Iterable[Head]) -> str:
    """Another one after every change of any of them, and at every controller: an agent that comes
    from another one, or from before this one's data were brought back, says what it has of there.
    """
    text = " ".join(f"{head.id}:{head.revision}:{head.changed_at}" for head in sorted(heads))
    return sha256(text.encode()).hexdigest()[:16]


def parts(groups: Sequence[GroupEntries]) -> list[bytes]:
    """One part at least: to want nothing is to want something."""
    return [msgspec.json.encode(GroupsPart(groups=some)) for some in list(_cut(groups)) or [[]]]


def _cut(groups: Iterable[GroupEntries]) -> Iterator[list[GroupEntries]]:
    part: list[GroupEntries] = []
    room = MOST_IN_PART
    for group in groups:
        rest = group.entries
        while True:
            if room <= _OF_A_NAME:
                yield part
                part, room = [], MOST_IN_PART
            some, rest = rest[: room - _OF_A_NAME], rest[room - _OF_A_NAME :]
            part.append(GroupEntries(name=group.name, entries=some))
            room -= _OF_A_NAME + len(some)
            if not rest:
                break
    if part:
        yield part
