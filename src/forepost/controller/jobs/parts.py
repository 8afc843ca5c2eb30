"""The jobs of one agent as a document: its revision, and the parts that it is sent in. Pure."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

import msgspec

from forepost.wire.jobs.delivery import (
    MOST_RUNS,
    MOST_SCHEDULED,
    JobsPart,
    ScheduledJob,
    WantedRun,
    WantedTag,
)

PART_BYTES: Final = 64 << 10
"""Of runs in one part, or one run, so that other words pass between them."""
TAGS_IN_PART: Final = 50
MOST_BYTES: Final = 16 << 20
"""Of one agent's document; runs beyond wait for the end of others."""


class JobsDocument(msgspec.Struct, frozen=True):
    revision: str
    parts: Sequence[bytes]
    uids: frozenset[str]
    """Of the runs in it."""


def document_of(
    runs: Sequence[WantedRun],
    scheduled: Sequence[ScheduledJob],
    tags: Sequence[WantedTag] = (),
    name: str = "",
) -> JobsDocument:
    """One part at least: to want nothing is to want something."""
    bodies: list[bytes] = []
    uids: set[str] = set()
    room = MOST_BYTES
    beginnings = [msgspec.json.encode(one) for one in scheduled[:MOST_SCHEDULED]]
    for run in runs[:MOST_RUNS]:
        body = msgspec.json.encode(run)
        room -= len(body)
        if room < 0:
            break
        bodies.append(body)
        uids.add(run.uid)
    hashed = sha256()
    for body in (*bodies, b"", *beginnings):
        hashed.update(sha256(body).digest())
    for tag in tags:
        hashed.update(msgspec.json.encode(tag))
    hashed.update(name.encode())
    made = [JobsPart(agent_name=name)] if name else []
    made += [JobsPart(runs=some) for some in _cut(bodies)]
    made += [JobsPart(scheduled=some) for some in _cut(beginnings)]
    made += [
        JobsPart(tags=[*tags[at : at + TAGS_IN_PART]]) for at in range(0, len(tags), TAGS_IN_PART)
    ]
    parts = [msgspec.json.encode(part) for part in made or [JobsPart()]]
    return JobsDocument(hashed.hexdigest()[:16], parts, frozenset(uids))


def _cut(bodies: Sequence[bytes]) -> Iterator[list[msgspec.Raw]]:
    part: list[msgspec.Raw] = []
    size = 0
    for body in bodies:
        if part and size + len(body) > PART_BYTES:
            yield part
            part, size = [], 0
        part.append(msgspec.Raw(body))
        size += len(body)
    if part:
        yield part
