"""SQL of trials: the newest of each workspace."""

from typing import Any, Final

import msgspec
from sqlalchemy import Row, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.presence import agent_exists
from forepost.controller.db.tables.trials import trials
from forepost.wire.rest.trials import Trial

KEPT: Final = 200
"""Of one workspace."""
NOTHING: Final = msgspec.Raw(b"null")
_FIELDS: Final = (
    *("agent_id", "type", "target", "count", "timeout_sec", "asked_at", "asked_by"),
    *("took_ms", "status", "reason", "words"),
)


class TrialStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def must_have(self, workspace_id: int, agent_id: int) -> None:
        """Raises NotFound."""
        async with self._db.read() as connection:
            await agent_exists(connection, workspace_id, agent_id)

    async def add(self, workspace_id: int, trial: Trial) -> Trial:
        """Keep it, and let the oldest go; return it with its number."""
        fields = {name: getattr(trial, name) for name in _FIELDS}
        statement = insert(trials).values(workspace_id=workspace_id, **fields)
        mine = trials.c.workspace_id == workspace_id
        oldest = select(trials.c.id).where(mine).order_by(trials.c.id.desc()).offset(KEPT - 1)
        async with self._db.write() as connection:
            number = await connection.scalar(statement.returning(trials.c.id))
            last = await connection.scalar(oldest.limit(1))
            if last is not None:
                await connection.execute(delete(trials).where(mine, trials.c.id < last))
        return msgspec.structs.replace(trial, id=number)

    async def of(self, workspace_id: int, agent_id: int | None) -> list[Trial]:
        """The newest first."""
        query = select(trials).where(trials.c.workspace_id == workspace_id)
        if agent_id is not None:
            query = query.where(trials.c.agent_id == agent_id)
        async with self._db.read() as connection:
            rows = (await connection.execute(query.order_by(trials.c.id.desc()))).all()
        return [_trial(row) for row in rows]


async def drop_of_agent(connection: AsyncConnection, agent_id: int) -> None:
    await connection.execute(delete(trials).where(trials.c.agent_id == agent_id))


def _trial(row: Row[Any]) -> Trial:
    fields = {name: row._mapping[name] for name in _FIELDS}  # noqa: SLF001 - Row.count is a method
    return Trial(id=row.id, payload=NOTHING, **fields)
