"""The tags of this agent: of its settings, set at this host, set at the controller."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from forepost.kit.errors import Invalid
from forepost.kit.health import Health
from forepost.kit.state_file import StateFile
from forepost.wire.jobs.agent_api import MOST_TAGS, RESERVED_TAGS, Tag
from forepost.wire.jobs.delivery import WantedTag

TAGS: Final = "tags.json"


class KnownTag(msgspec.Struct, frozen=True):
    value: str
    number: int = 0
    """Of the controller's last word about it that was taken."""


class AgentTags:
    """What was set last counts: the controller numbers what it sets."""

    def __init__(self, state_dir: Path, base: Mapping[str, str], health: Health) -> None:
        self._base, self._health = dict(base), health
        self._file = StateFile(state_dir / TAGS, msgspec.json.Decoder(dict[str, KnownTag]).decode)
        self._known: dict[str, KnownTag] = self._file.recall(health) or {}

    @property
    def all(self) -> dict[str, str]:
        return {**self._base, **{name: one.value for name, one in self._known.items()}}

    @property
    def listed(self) -> list[Tag]:
        return [Tag(name=name, value=value) for name, value in sorted(self.all.items())]

    def set(self, tags: Iterable[Tag]) -> None:
        """Set these, and leave the others. Raises Invalid, OSError: nothing is set then."""
        known = dict(self._known)
        for tag in tags:
            if tag.name in RESERVED_TAGS:
                raise Invalid(f"tags: {tag.name} is every agent's own, and cannot be set")
            before = known.get(tag.name)
            known[tag.name] = KnownTag(tag.value, before.number if before else 0)
        if len({*self._base, *known}) > MOST_TAGS:
            raise Invalid(f"tags: an agent has {MOST_TAGS} at most")
        if known != self._known:
            self._file.save(msgspec.json.encode(known))
            self._known = known

    def want(self, tags: Iterable[WantedTag]) -> list[str]:
        """Set what the controller set since; return what of it cannot be."""
        known, problems = dict(self._known), []
        for one in tags:
            name, before = one.tag.name, known.get(one.tag.name)
            if name in RESERVED_TAGS or len({*self._base, *known, name}) > MOST_TAGS:
                problems.append(f"tag {name}: it is the agent's own, or there are too many")
            elif before is None or one.number > before.number:
                known[name] = KnownTag(one.tag.value, one.number)
        if known != self._known:
            self._known = known
            self._file.keep(msgspec.json.encode(known), self._health)
        return problems

    def settle(self) -> None:
        """Write what could not be written before."""
        self._file.settle(self._health)
