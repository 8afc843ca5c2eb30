"""The microservices of one agent as a document: the parts that it is sent in. Pure."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final

import msgspec

from forepost.wire.workloads.delivery import MOST_REGISTRIES, Registry, WorkloadsPart

PART_BYTES: Final = 64 << 10
"""Of manifests in one part, or one manifest, so that other words pass between them."""


def parts(manifests: Sequence[str], registries: Sequence[Registry]) -> list[bytes]:
    """One part at least: to want nothing is to want something."""
    named = (
        registries[at : at + MOST_REGISTRIES] for at in range(0, len(registries), MOST_REGISTRIES)
    )
    cut = zip_longest(_cut(manifests), named, fillvalue=None)
    made = [
        msgspec.json.encode(WorkloadsPart(microservices=some or [], registries=list(of or ())))
        for some, of in cut
    ]
    return made or [msgspec.json.encode(WorkloadsPart())]


def _cut(manifests: Sequence[str]) -> Iterator[list[msgspec.Raw]]:
    part: list[msgspec.Raw] = []
    size = 0
    for text in manifests:
        body = text.encode()
        if part and size + len(body) > PART_BYTES:
            yield part
            part, size = [], 0
        part.append(msgspec.Raw(body))
        size += len(body)
    if part:
        yield part
