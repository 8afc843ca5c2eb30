"""Whose probes are, in RAM: every result is checked against it."""

from typing import Any

import msgspec
from sqlalchemy import Select, func, select

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.probes import probe_targets, probes


class Owner(msgspec.Struct, frozen=True):
    """Whose a probe is, and where to."""

    workspace_id: int
    agent_id: int
    target_agent: int = 0
    """The one agent that it measures towards; 0: none, or several."""


class Owners:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[int, Owner] = {}

    async def load(self) -> None:
        """All at once at the start: a fleet that reconnects would ask one by one."""
        async with self._db.read() as connection:
            rows = (await connection.execute(_owners())).all()
        self._known = {row.id: _owner(row) for row in rows}

    def known(self, probe_id: int) -> Owner | None:
        return self._known.get(probe_id)

    async def find(self, probe_id: int) -> Owner | None:
        owner = self._known.get(probe_id)
        if owner is None:
            query = _owners().where(probes.c.id == probe_id)
            async with self._db.read() as connection:
                row = (await connection.execute(query)).one_or_none()
            if row is None:
                return None
            owner = self._known[probe_id] = _owner(row)
        return owner

    def forget(self, probe_id: int) -> None:
        """It changed, or is gone."""
        self._known.pop(probe_id, None)

    def forget_agent(self, agent_id: int) -> None:
        """It is gone with its probes, and with those that measured towards it."""
        self._known = {
            probe_id: owner
            for probe_id, owner in self._known.items()
            if agent_id not in (owner.agent_id, owner.target_agent)
        }


def _owners() -> Select[Any]:
    towards = (
        select(
            probe_targets.c.probe_id,
            func.min(probe_targets.c.agent_id).label("target_agent"),
            func.count().label("targets"),
        )
        .where(probe_targets.c.agent_id.is_not(None))
        .group_by(probe_targets.c.probe_id)
        .subquery()
    )
    return select(
        probes.c.id,
        probes.c.workspace_id,
        probes.c.agent_id,
        towards.c.target_agent,
        towards.c.targets,
    ).outerjoin(towards, towards.c.probe_id == probes.c.id)


def _owner(row: Any) -> Owner:
    return Owner(row.workspace_id, row.agent_id, row.target_agent if row.targets == 1 else 0)
