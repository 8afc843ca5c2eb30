"""The microservices of one agent as a document: the parts that it is sent in. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from forepost.wire.workloads.delivery import Registry, WorkloadsPart

PART_BYTES: Final = 64 << 10
"""Of manifests in one part, or one manifest, so that other words pass between them."""


def parts(manifests: Sequence[str], registries: Sequence[Registry]) -> list[bytes]:
    """One part at least: to want nothing is to want something. Registries come with the first."""
    cut = list(_cut(manifests)) or [[]]
    return [
        msgspec.json.encode(
            WorkloadsPart(microservices=some, registries=list(registries) if not number else [])
        )
        for number, some in enumerate(cut)
    ]


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
