"""What agents said last of the list of probes that they run: in RAM, said anew at each connect."""

import logging
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from forepost.kit.clock import Clock

_OF_PROBE: Final = re.compile(r"probe (\d{1,10}): (.+)", re.DOTALL)

_log = logging.getLogger(__name__)


class RunningList(msgspec.Struct, frozen=True, kw_only=True):
    """A revision, and what the agent cannot run of it."""

    revision: str
    unsupported: Sequence[str]
    said_at: datetime

    def reason_of(self, probe_id: int) -> str:
        """Why this probe does not run; "" where it does."""
        found = (_OF_PROBE.fullmatch(text) for text in self.unsupported)
        return "; ".join(one[2] for one in found if one and int(one[1]) == probe_id)


class RunningLists:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[int, RunningList] = {}

    def by(self, agent_id: int) -> RunningList | None:
        """None: the agent has not said anything since this controller started."""
        return self._known.get(agent_id)

    def says(self, agent_id: int, revision: str, unsupported: Sequence[str]) -> None:
        before = self._known.get(agent_id)
        if unsupported and (before is None or before.unsupported != unsupported):
            _log.warning("agent %d cannot run %s", agent_id, ", ".join(unsupported))
        self._known[agent_id] = RunningList(
            revision=revision, unsupported=unsupported, said_at=self._clock.now()
        )

    def forget(self, agent_id: int) -> None:
        """The agent is deleted."""
        self._known.pop(agent_id, None)
