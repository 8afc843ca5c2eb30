"""A microservice as REST shows it, by who asks. Pure."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from forepost.controller.workloads.agent_state import Standing
from forepost.controller.workloads.store import StoredMicroservice
from forepost.wire.workloads.disclosure import public_spec
from forepost.wire.workloads.rest import (
    AgentMicroservice,
    RolloutProgress,
    StandingCounts,
    WorkspaceMicroservice,
    spec_fields,
)

IN_A_LIST: Final = 100
"""Agents of one microservice."""
LONG: Final = frozenset({"cmd", "env", "config"})
"""Left out of lists."""
_ORDER: Final = {"refused": 0, "waiting": 1, "current": 2}


def shown(
    stored: StoredMicroservice,
    standings: Mapping[int, Standing],
    progress: RolloutProgress | None,
    role: str,
    *,
    whole: bool,
) -> WorkspaceMicroservice:
    """`whole`: alone, not in a list. A VIEWER is shown no secrets."""
    spec = public_spec(stored.spec) if role == "VIEWER" else stored.spec
    fields: dict[str, Any] = {
        name: getattr(spec, name) for name in spec_fields() if whole or name not in LONG
    }
    counts = Counter(one.state for one in standings.values())
    rows = [_row(agent_id, one) for agent_id, one in standings.items()]
    failing = sum(row.failing for row in rows)
    if not whole:
        rows = sorted(rows, key=lambda row: (_ORDER[row.state], not row.failing))[:IN_A_LIST]
    head = stored.head
    return WorkspaceMicroservice(
        **fields,
        id=head.id,
        workspace_id=stored.workspace_id,
        uuid=head.uuid,
        agent_ids=sorted(head.agent_ids),
        labels=dict(head.labels),
        rollout=stored.rollout,
        external_id=stored.external_id,
        fingerprint=head.wanted.fingerprint,
        revision=stored.revision,
        counts=StandingCounts(
            current=counts["current"],
            waiting=counts["waiting"],
            refused=counts["refused"],
            failing=failing,
        ),
        agents=rows,
        progress=progress,
        created_at=stored.created_at,
        updated_at=stored.updated_at,
    )


def _row(agent_id: int, one: Standing) -> AgentMicroservice:
    return AgentMicroservice(
        agent_id=agent_id,
        state=one.state,
        reason=one.reason,
        failing=one.is_bad and one.state == "waiting",
        status=one.status,
        said_at=one.said_at,
    )
