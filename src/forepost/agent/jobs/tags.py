"""The tags of this agent: of its settings, set at this host, set at the controller."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from forepost.kit.clock import Clock
from forepost.kit.errors import Invalid
from forepost.kit.health import Health
from forepost.kit.state_file import StateFile
from forepost.wire.jobs.agent_api import MOST_TAGS, RESERVED_TAGS, Tag
from forepost.wire.jobs.delivery import WantedTag

TAGS: Final = "tags.json"
AHEAD_MS: Final = 60_000
"""A number that is further ahead of the controller's clock was given by a clock that was wrong."""


class KnownTag(msgspec.Struct, frozen=True, omit_defaults=True):
    value: str
    number: int = 0
    """See `WantedTag`; of one that was set here, by what is known of the controller's clock."""
    is_removed: bool = False


class AgentTags:
    """What was set last counts, here or at the controller."""

    def __init__(
        self,
        state_dir: Path,
        base: Mapping[str, str],
        health: Health,
        clock: Clock,
        known_time: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        """`known_time`: what the controller's clock shows."""
        self._base, self._health = dict(base), health
        self._clock, self._known_time = clock, known_time
        self._file = StateFile(state_dir / TAGS, msgspec.json.Decoder(dict[str, KnownTag]).decode)
        self._known: dict[str, KnownTag] = self._file.recall(health) or {}

    @property
    def all(self) -> dict[str, str]:
        found = dict(self._base)
        for name, one in self._known.items():
            if one.is_removed:
                found.pop(name, None)
            else:
                found[name] = one.value
        return found

    @property
    def listed(self) -> list[Tag]:
        return [Tag(name=name, value=value) for name, value in sorted(self.all.items())]

    def set(self, tags: Iterable[Tag]) -> None:
        """Set these, and leave the others. Raises Invalid, OSError: nothing is set then."""
        known = dict(self._known)
        now = _ms(self._known_time() or self._clock.now())
        for tag in tags:
            if tag.name in RESERVED_TAGS:
                raise Invalid(f"tags: {tag.name} is every agent's own, and cannot be set")
            before = known.get(tag.name)
            known[tag.name] = KnownTag(tag.value, max(now, before.number + 1 if before else 0))
        if len({*self._base, *known}) > MOST_TAGS:
            raise Invalid(f"tags: an agent has {MOST_TAGS} at most")
        if known != self._known:
            self._file.save(msgspec.json.encode(known))
            self._known = known

    def want(self, tags: Iterable[WantedTag]) -> list[str]:
        """Set what the controller set since; return what of it cannot be."""
        known, problems = self._believable(), []
        for one in tags:
            name, before = one.tag.name, known.get(one.tag.name)
            if name in RESERVED_TAGS or len({*self._base, *known, name}) > MOST_TAGS:
                problems.append(f"tag {name}: it is the agent's own, or there are too many")
            elif before is None or one.number > before.number:
                known[name] = KnownTag(one.tag.value, one.number, one.is_removed)
        if known != self._known:
            self._known = known
            self._file.keep(msgspec.json.encode(known), self._health)
        return problems

    def settle(self) -> None:
        """Write what could not be written before."""
        self._file.settle(self._health)

    def _believable(self) -> dict[str, KnownTag]:
        """A number that is ahead of the controller's clock would win for ever: it counts as now."""
        known, time = dict(self._known), self._known_time()
        if time is not None:
            now = _ms(time)
            for name, one in known.items():
                if one.number > now + AHEAD_MS:
                    known[name] = msgspec.structs.replace(one, number=now)
        return known


def _ms(time: datetime) -> int:
    return max(0, int(time.timestamp() * 1_000))
