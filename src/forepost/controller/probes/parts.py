"""The list of probes of one agent as a document: its revision, and its parts. Pure."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, zip_longest
from typing import Final

import msgspec

from forepost.wire.probes.probe import Probe
from forepost.wire.uplink.documents import ProbesPart

PART_BYTES: Final = 64 << 10
"""Of probes in one part, or one probe, so that other words pass between parts on a slow line."""
PART_KEYS: Final = 1_000


def parts(probes: Sequence[Probe], keys: Mapping[int, bytes]) -> tuple[str, list[bytes]]:
    """Cut the list: one part at least. The revision is the same for the same list and keys,
    whatever controller made them.
    """
    cut = zip_longest(_probes(probes), _keys(keys), fillvalue=None)
    made = [msgspec.json.encode(ProbesPart(probes=some or [], keys=of or {})) for some, of in cut]
    made = made or [msgspec.json.encode(ProbesPart(probes=[]))]
    return hashlib.blake2b(b"\n".join(made), digest_size=8).hexdigest(), made


def _probes(probes: Sequence[Probe]) -> Iterator[list[msgspec.Raw]]:
    part: list[msgspec.Raw] = []
    size = 0
    for probe in probes:
        text = msgspec.json.encode(probe)
        if part and size + len(text) > PART_BYTES:
            yield part
            part, size = [], 0
        part.append(msgspec.Raw(text))
        size += len(text)
    if part:
        yield part


def _keys(keys: Mapping[int, bytes]) -> Iterator[dict[int, bytes]]:
    left = iter(sorted(keys.items()))
    while part := dict(islice(left, PART_KEYS)):
        yield part
