"""Runs between rows and what is shown of them. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Row

from forepost.controller.jobs.course import RowView
from forepost.controller.jobs.members import MemberRow
from forepost.wire.jobs.rest import (
    HIDDEN,
    FormerAttempt,
    Run,
    RunAgent,
    RunCounts,
    RunFigures,
    RunHead,
)

IN_A_LIST: Final = 100
"""Agents of one run."""
_ORDER: Final = ("error", "interrupted", "lost", "started", "delivered", "queued", "canceled")

AnyRow = Row[*tuple[Any, ...]]


def new_row(uid: str) -> dict[str, Any]:
    """A row of `job_run_agents` that waits, but for whose it is."""
    return {
        "is_former": False,
        "uid": uid,
        "is_released": True,
        "given_at": None,
        "state": "queued",
        "status": "",
        "is_left_out": False,
        "reason": "",
        "is_held": False,
        "exit_code": None,
        "script_sha256": "",
        "head": "",
        "tail": "",
        "left_out_bytes": 0,
        "figures": {},
        "started_at": None,
        "ended_at": None,
        "said_at": None,
    }


def member_row(run_id: int, uid: str, attempt: int, member: MemberRow) -> dict[str, Any]:
    """The same, of this agent."""
    return {**new_row(uid), **member._asdict(), "run_id": run_id, "attempt": attempt}


def view_of(row: AnyRow, *, is_live: bool) -> RowView:
    return RowView(
        agent_id=row.agent_id,
        permission=row.permission,
        state=row.state,
        status=row.status,
        is_released=row.is_released,
        is_given=row.given_at is not None,
        is_left_out=row.is_left_out,
        is_live=is_live,
    )


def head_of(row: AnyRow, counts: Mapping[str, int], held: int) -> RunHead:
    """`row`: of a run, with the name of its job."""
    return RunHead(**_fields(row, counts, held))


def run_of(
    row: AnyRow, agents: Sequence[AnyRow], former: Iterable[AnyRow], role: str, *, whole: bool
) -> Run:
    """`whole`: alone, not in a list."""
    before: dict[int, list[FormerAttempt]] = {}
    for one in former:
        before.setdefault(one.agent_id, []).append(_former(one))
    counts = Counter(one.state for one in agents)
    held = sum(one.is_held for one in agents)
    if not whole:
        order = {state: at for at, state in enumerate(_ORDER)}
        agents = sorted(agents, key=lambda one: (order.get(one.state, 99), one.agent_id))
        agents = agents[:IN_A_LIST]
    shown = [_agent(one, before.get(one.agent_id, []), role, whole=whole) for one in agents]
    return Run(**_fields(row, counts, held), agents=shown)


def output_of(head: str, tail: str, left_out_bytes: int) -> str:
    """What is kept of a script's output, as one text."""
    if left_out_bytes:
        return f"{head}\n[{left_out_bytes} bytes are left out here]\n{tail}"
    return head + tail


def _fields(row: AnyRow, counts: Mapping[str, int], held: int) -> dict[str, Any]:
    return {
        "id": row.id,
        "job_id": row.job_id,
        "name": row.name,
        "type": row.type,
        "status": row.status,
        "wish": row.wish,
        "phase": row.phase,
        "attempt": row.attempt,
        "scheduled_at": row.scheduled_at,
        "when_offline": row.when_offline,
        "expires_at": row.expires_at,
        "jitter_sec": row.jitter_sec,
        "concurrency": row.concurrency,
        "created_at": row.created_at,
        "ended_at": row.ended_at,
        "counts": RunCounts(**counts),
        "held": held,
    }


def _agent(row: AnyRow, former: list[FormerAttempt], role: str, *, whole: bool) -> RunAgent:
    output = output_of(row.head, row.tail, row.left_out_bytes) if whole else ""
    return RunAgent(
        agent_id=row.agent_id,
        permission=row.permission,
        path=row.path,
        attempt=row.attempt,
        state=row.state,
        status=row.status,
        reason=row.reason,
        held=row.is_held,
        exit_code=row.exit_code,
        output=HIDDEN if output and role == "VIEWER" else output,
        script_sha256=row.script_sha256,
        figures=msgspec.convert(row.figures, RunFigures),
        started_at=row.started_at,
        ended_at=row.ended_at,
        said_at=row.said_at,
        former=former,
    )


def _former(row: AnyRow) -> FormerAttempt:
    return FormerAttempt(
        attempt=row.attempt,
        state=row.state,
        reason=row.reason,
        exit_code=row.exit_code,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )
