"""Agents as rows: reading whole ones."""

from typing import Any

from sqlalchemy import Row, select

from forepost.controller.db.tables.fleet import agents
from forepost.kit.errors import NotFound
from forepost.wire.base import NEVER
from forepost.wire.rest.bodies import Agent


async def agent_in(connection: Any, workspace_id: int, agent_id: int) -> Agent:
    query = select(agents).where(
        agents.c.workspace_id == workspace_id,
        agents.c.id == agent_id,
        agents.c.deleted_at.is_(None),
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("agent not found")
    return agent_of(row)


def agent_of(row: Row[Any]) -> Agent:
    return Agent(
        id=row.id,
        created_at=row.created_at,
        updated_at=max(row.updated_at, row.last_seen_at or NEVER),
        workspace_id=row.workspace_id,
        name=row.name,
        description=row.description,
        location=row.location,
        public_ip_override=row.public_ip_override,
        version=row.version,
        last_seen_at=row.last_seen_at or NEVER,
        initialized=bool(row.psk_sha256),
        trafficsim_enabled=row.trafficsim_enabled,
        trafficsim_host=row.trafficsim_host,
        trafficsim_port=row.trafficsim_port,
        external_id=row.external_id,
        labels=row.labels,
        metadata=row.metadata,
    )
