"""The rows of an outbox in RAM, with the rules of the real one: leases, and marks by attempt."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from forepost.controller.notify.outcome import Outcome
from forepost.controller.notify.store import (
    CRITICAL,
    USUAL,
    ClaimedDelivery,
    DueDelivery,
    FullSlots,
    Look,
)
from tests.fakes.clock import START


@dataclass
class Kept:
    row: ClaimedDelivery
    next_at: datetime | None
    state: str = "pending"
    error: str = ""
    urgency: int = USUAL


class FakeRows:
    def __init__(self) -> None:
        self.kept: dict[int, Kept] = {}

    def put(
        self,
        host: str = "a.example",
        kind: str = "webhook",
        at: datetime = START,
        workspace: int = 1,
        urgency: int = USUAL,
    ) -> int:
        number = len(self.kept) + 1
        row = ClaimedDelivery(number, kind, "", "", host, "", "", "", 0, at, workspace)
        self.kept[number] = Kept(row, at, urgency=urgency)
        return number

    @staticmethod
    def _has_room(kept: Kept, full: FullSlots) -> bool:
        if kept.urgency == CRITICAL:
            return kept.row.host not in full.hosts_of_critical
        return kept.row.host not in full.hosts and kept.row.workspace_id not in full.workspaces

    def states(self) -> list[str]:
        return [kept.state for kept in self.kept.values()]

    def _due(self, now: datetime) -> list[Kept]:
        return [k for k in self.kept.values() if k.next_at is not None and k.next_at <= now]

    async def look(self, now: datetime, full: FullSlots, limit: int) -> Look:
        found = [
            DueDelivery(k.row.id, k.row.host, k.row.workspace_id, k.urgency)
            for k in self._due(now)
            if self._has_room(k, full)
        ]
        found.sort(key=lambda one: one.urgency)
        waiting = [k.next_at for k in self.kept.values() if k.next_at is not None]
        later = min((at for at in waiting if at > now), default=None)
        return Look(found[:limit], len(waiting), later)

    async def take_back(self, now: datetime) -> None:
        for kept in self.kept.values():
            if kept.state == "sending":
                kept.state, kept.next_at = "pending", now

    async def claim(
        self, ids: Collection[int], now: datetime, lease_end: datetime
    ) -> list[ClaimedDelivery]:
        claimed = [kept for kept in self._due(now) if kept.row.id in ids]
        for kept in claimed:
            kept.row = msgspec.structs.replace(kept.row, attempt=kept.row.attempt + 1)
            kept.state, kept.next_at = "sending", lease_end
        return [kept.row for kept in claimed]

    async def sent(self, row: ClaimedDelivery, status: int | None, now: datetime) -> None:
        self._mark(row, state="sent", next_at=None)

    async def not_sent(
        self, row: ClaimedDelivery, outcome: Outcome, again_at: datetime | None
    ) -> None:
        state = "failed" if again_at is None else "pending"
        self._mark(row, state=state, next_at=again_at, error=outcome.error)

    async def release(self, row: ClaimedDelivery, now: datetime) -> None:
        self._mark(row, state="pending", next_at=now)

    async def prune(self, before: datetime) -> None:
        old = [n for n, k in self.kept.items() if k.next_at is None and k.row.created_at < before]
        for number in old:
            del self.kept[number]

    def _mark(self, row: ClaimedDelivery, **values: Any) -> None:
        kept = self.kept[row.id]
        if kept.state == "sending" and kept.row.attempt == row.attempt:
            vars(kept).update(values)
