"""Links between the same two ends, both ways, as pairs. Pure."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from forepost.controller.reports.facts import VoiceLink


class LinkPair(msgspec.Struct, frozen=True):
    agent_id: int
    target_id: int
    """0: no agent."""
    target: str
    there: list[VoiceLink]
    """The worst first."""
    back: list[VoiceLink]


def pairs_of(links: Sequence[VoiceLink], agent_id: int = 0) -> list[LinkPair]:
    """Seen from `agent_id` where that is one of the two, else from the agent whose probe was made
    first; the worst first.
    """
    grouped: dict[tuple[int, int, str], list[VoiceLink]] = defaultdict(list)
    for link in links:
        ends = sorted((link.source_id, link.target_id))
        low, high = ends if link.target_id else (link.source_id, 0)
        grouped[low, high, "" if link.target_id else link.target].append(link)
    pairs = [
        _pair(sorted(together, key=lambda link: link.mos), agent_id)
        for together in grouped.values()
    ]
    return sorted(pairs, key=lambda pair: min(link.mos for link in (*pair.there, *pair.back)))


def _pair(links: list[VoiceLink], agent_id: int) -> LinkPair:
    first = min(links, key=lambda link: (link.probe_id, link.source_id != link.owner_id))
    near, far = first.source_id, first.target_id
    if agent_id and agent_id == far:
        near, far = far, near
    there = [link for link in links if link.source_id == near]
    back = [link for link in links if link.source_id != near]
    name = there[0].target if there else back[0].source
    return LinkPair(near, far, name, there, back)
