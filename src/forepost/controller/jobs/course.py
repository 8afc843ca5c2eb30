"""What follows for a run from how it is at its agents. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from forepost.wire.jobs.delivery import OVER, RunState, Wish
from forepost.wire.jobs.job import JobType, Permission
from forepost.wire.jobs.rest import JobRunStatus, RunPhase, WhenOffline

UNDER_WAY: Final[tuple[RunState, ...]] = ("queued", "delivered", "started")
"""What an index finds; all others are ends."""
FAILED: Final[frozenset[RunState]] = frozenset(("error", "interrupted", "lost"))
GONE: Final[frozenset[RunState]] = FAILED | {"canceled"}
"""Who has come to such an end gives nothing and takes nothing."""
WAS_AWAY: Final = "was away"
TOO_LATE: Final = "the agent did not come before the run's time was over"
CANCELED: Final = "canceled before the agent was given it"
REMOVED: Final = "the agent was removed"
NO_MEMBER: Final = "the agent has not the job any more"
TAKES_NONE: Final = "this agent takes no jobs: `jobs` is off there, or it is of another make"
_HAS_ALL: Final = frozenset(
    ("seeding", "synced", "executing complete script", "successfully finished")
)
_RANK: Final[dict[RunState, int]] = {"queued": 0, "delivered": 1, "started": 2}


class RowView(msgspec.Struct, frozen=True, kw_only=True):
    """A run at one agent, in its newest attempt."""

    agent_id: int
    permission: Permission = "rw"
    state: RunState = "queued"
    status: str = ""
    is_released: bool = True
    is_given: bool = False
    """The agent may know of it, so that only the agent can say how it ends."""
    is_left_out: bool = False
    is_live: bool = True

    @property
    def is_over(self) -> bool:
        return self.state in OVER


class RunView(msgspec.Struct, frozen=True, kw_only=True):
    type: JobType
    wish: Wish = "run"
    phase: RunPhase = "open"
    expires_at: datetime | None = None
    concurrency: int = 0
    is_scheduled: bool = False
    waits_for_more: bool = False
    """Of a scheduled run: agents of the job that may still say that they have begun it."""
    rows: Sequence[RowView] = ()


class RunMove(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written down."""

    ends: dict[int, tuple[RunState, str]] = {}
    """Agent -> how it ends there, and why."""
    released: frozenset[int] = frozenset()
    """Agents whose turn it is now."""
    phase: RunPhase = "open"
    status: JobRunStatus = "working"


def begun(
    when_offline: WhenOffline, rows: Sequence[RowView], takes_none: frozenset[int]
) -> tuple[dict[int, tuple[RunState, str]], frozenset[int]]:
    """Of a run that begins: how it ends at once at some agents, and which are left out."""
    ends: dict[int, tuple[RunState, str]] = {
        row.agent_id: ("error", TAKES_NONE) for row in rows if row.agent_id in takes_none
    }
    away = [row.agent_id for row in rows if not row.is_live and row.agent_id not in ends]
    if when_offline == "queue" or not away:
        return ends, frozenset()
    ends |= dict.fromkeys(away, ("lost", WAS_AWAY))
    if when_offline == "skip":
        return ends, frozenset(away)
    others = [row.agent_id for row in rows if row.agent_id not in ends]
    return ends | dict.fromkeys(others, ("canceled", f"agent {away[0]} {WAS_AWAY}")), frozenset()


def move_of(run: RunView, now: datetime) -> RunMove:
    """The same input again, after what this says was done, gives nothing new."""
    ends = _ends(run, now)
    rows = [
        msgspec.structs.replace(row, state=ends[row.agent_id][0]) if row.agent_id in ends else row
        for row in run.rows
    ]
    phase = _phase(run, rows)
    return RunMove(ends=ends, released=_released(run, rows), phase=phase, status=_status(run, rows))


def follows(before: RunState, after: RunState) -> bool:
    """Whether an agent's word may change its state: an end is final, and nothing goes back."""
    if before in OVER:
        return False
    return after in OVER or _RANK[after] >= _RANK[before]


def _ends(run: RunView, now: datetime) -> dict[int, tuple[RunState, str]]:
    """Of agents that cannot know of the run; any other says itself how it ends there."""
    unknowing = [row for row in run.rows if not (row.is_over or row.is_given)]
    if run.wish == "cancel":
        return {row.agent_id: ("canceled", CANCELED) for row in unknowing}
    if run.expires_at is not None and run.expires_at <= now:
        return {row.agent_id: ("lost", TOO_LATE) for row in unknowing}
    return {}


def _released(run: RunView, rows: Sequence[RowView]) -> frozenset[int]:
    """One that is away takes no turn from one that is there."""
    if run.wish != "run":
        return frozenset()
    waiting = [row for row in rows if not (row.is_released or row.is_over)]
    if not run.concurrency:
        return frozenset(row.agent_id for row in waiting)
    under_way = sum(row.is_released and not row.is_over for row in rows)
    room = max(0, run.concurrency - under_way)
    return frozenset([row.agent_id for row in waiting if row.is_live][:room])


def _phase(run: RunView, rows: Sequence[RowView]) -> RunPhase:
    """What is once complete, or cannot be, stays so."""
    if run.type not in ("distribution", "consolidation") or run.phase != "open":
        return run.phase
    rows = [row for row in rows if not row.is_left_out]
    destinations = [row for row in rows if row.permission == "ro"]
    sources = [row for row in rows if row.permission == "rw"]
    if not rows or run.waits_for_more:
        return "open"
    if not any(not row.is_over for row in sources) and all(
        row.state != "finished" for row in sources
    ):
        return "incomplete"
    if any(not row.is_over and not _has_all(row) for row in destinations):
        return "open"
    if run.type == "consolidation" and any(
        not row.is_over and row.status != "seeding" for row in sources
    ):
        return "open"  # its files are not said yet, so nobody can miss them
    has_failed = any(row.is_over and row.state != "finished" for row in rows)
    return "incomplete" if has_failed else "complete"


def _has_all(row: RowView) -> bool:
    return row.state == "finished" or (row.state == "started" and row.status in _HAS_ALL)


def _status(run: RunView, rows: Sequence[RowView]) -> JobRunStatus:
    is_open = run.type == "folder" or any(not row.is_over for row in rows) or run.waits_for_more
    if is_open:
        if run.wish == "pause":
            return "paused"
        if run.type == "folder" and any(row.status == "error" for row in rows):
            return "error"
        return "working"
    counted = [row for row in rows if not row.is_left_out]
    if run.wish == "cancel" and any(row.state == "canceled" for row in counted):
        return "aborted"
    if not counted or any(row.state != "finished" for row in counted):
        return "error"
    return "finished"
