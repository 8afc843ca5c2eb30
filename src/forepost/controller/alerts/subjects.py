"""Who and what an alert is about, with its names. SQL."""

from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.alerts.metrics import NO_DATA, Line
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.probes import probe_targets, probes
from forepost.wire.disclosure import public_target


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    probe_id: int | None = None
    agent_id: int | None = None
    type: str = ""
    name: str = ""
    """Of the probe: its label or metadata `name`, else its type and target."""
    target: str = ""
    agent_name: str = ""

    def sentence(self, text: str) -> str:
        """What is so, on what, seen from where."""
        on = f" on {self.name}" if self.name else ""
        if self.target and self.target not in self.name:
            on += f" ({self.target})"
        by = f" from {self.agent_name}" if self.agent_name else ""
        return f"{text}{on}{by}"


async def of(connection: AsyncConnection, workspace_id: int, line: Line) -> Subject | None:
    """None: the probe or the agent is gone."""
    probe_id, agent_id, kind, target = line
    agent_name = ""
    if agent_id:
        found = await connection.scalar(
            select(agents.c.name).where(
                agents.c.workspace_id == workspace_id,
                agents.c.id == agent_id,
                agents.c.deleted_at.is_(None),
            )
        )
        if found is None:
            return None
        agent_name = found
    if not probe_id:
        shown = "" if kind == NO_DATA else kind
        return Subject(agent_id=agent_id or None, type=shown, agent_name=agent_name)
    query = select(probes).where(probes.c.workspace_id == workspace_id, probes.c.id == probe_id)
    probe = (await connection.execute(query)).one_or_none()
    if probe is None:
        return None
    where = target or await _first_target(connection, probe_id)
    named = _named(probe.labels) or _named(probe.metadata)
    shown = probe.type if kind in ("", NO_DATA) else kind
    return Subject(
        probe_id=probe_id,
        agent_id=agent_id or None,
        type=shown,
        name=named or f"{shown} {where}".strip(),
        target=where,
        agent_name=agent_name,
    )


def _named(about: Any) -> str:
    name = about.get("name") if isinstance(about, dict) else None
    return name if isinstance(name, str) else ""


async def _first_target(connection: AsyncConnection, probe_id: int) -> str:
    query = (
        select(probe_targets.c.target, agents.c.name)
        .outerjoin(agents, agents.c.id == probe_targets.c.agent_id)
        .where(probe_targets.c.probe_id == probe_id)
        .order_by(probe_targets.c.id)
        .limit(1)
    )
    row = (await connection.execute(query)).one_or_none()
    return "" if row is None else public_target(row.target or row.name or "")
