"""Follows results, and keeps what changed; a restart invents nothing twice."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from forepost.controller.changes.observation import Key, Observation, observed, text_of
from forepost.controller.changes.store import ChangeStore, NewChange, instant
from forepost.controller.db.failures import LOST
from forepost.controller.series.port import Row
from forepost.kit.clock import Clock

FLUSH_SEC: Final = 1.0
MOST_STATES: Final = 50_000
"""Routes, addresses and certificates that are known; of more it is not seen that they change."""
MOST_KEPT: Final = 200_000
"""Changes, of all workspaces together."""
MOST_WAITING: Final = 20_000

_log = logging.getLogger(__name__)


class ChangeKeeper:
    def __init__(self, store: ChangeStore, clock: Clock, version: str, kept_days: int) -> None:
        self._store, self._clock = store, clock
        self._version, self._kept = version, timedelta(days=kept_days)
        self._known: dict[Key, Observation] = {}
        self._found: list[NewChange] = []
        self._states: dict[Key, Observation] = {}

    async def load(self) -> None:
        self._known = {one.key: one for one in await self._store.states()}
        self._note(
            NewChange(
                workspace_id=None,
                kind="controller",
                after=self._version,
                text=f"the controller started, version {self._version}",
                at=self._clock.now(),
            )
        )

    def consider(self, workspace_id: int, rows: Sequence[Row]) -> None:
        """Called between two commits; what is older than what is known says nothing."""
        for row in rows:
            found = observed(row)
            if found is not None:
                self._take(workspace_id, found)

    def version_changed(self, workspace_id: int, agent_id: int, before: str, after: str) -> None:
        """An agent says that it is of another version than it was."""
        self._note(
            NewChange(
                workspace_id=workspace_id,
                agent_id=agent_id,
                kind="version",
                before=before,
                after=after,
                text=f"the agent was version {before}, and is {after}",
                at=self._clock.now(),
            )
        )

    def agent_gone(self, agent_id: int) -> None:
        for key in [key for key in self._known if key[0] == agent_id]:
            del self._known[key]
            self._states.pop(key, None)

    async def run(self) -> None:
        while True:
            await self._clock.sleep(FLUSH_SEC)
            try:
                await self.flush()
            except LOST:
                _log.debug("the database is away", exc_info=True)  # they wait on

    async def flush(self) -> None:
        found, self._found = self._found, []
        states, self._states = self._states, {}
        if not found and not states:
            return
        try:
            await self._store.keep(found, [*states.values()])
        except BaseException:
            self._found = found + self._found
            self._states = states | self._states
            raise

    async def forget(self, now: datetime) -> None:
        await self.flush()
        await self._store.forget(now - self._kept, MOST_KEPT)
        self._known = {one.key: one for one in await self._store.states()} | self._states

    def _take(self, workspace_id: int, found: Observation) -> None:
        known = self._known.get(found.key)
        if known is None and len(self._known) >= MOST_STATES:
            return
        if known is not None and (found.at_us <= known.at_us or found.value == known.value):
            return
        self._known[found.key] = self._states[found.key] = found
        if known is None:
            return
        agent_id, probe_id, kind, target = found.key
        self._note(
            NewChange(
                workspace_id=workspace_id,
                agent_id=agent_id,
                probe_id=probe_id or None,
                kind=kind,
                target=target,
                before=known.value,
                after=found.value,
                text=text_of(kind, known, found),
                at=instant(found.at_us),
            )
        )

    def _note(self, change: NewChange) -> None:
        if len(self._found) < MOST_WAITING:
            self._found.append(change)
