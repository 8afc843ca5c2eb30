"""SQL of changes, and of what results are compared with."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
from sqlalchemy import delete, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.changes.observation import Key, Observation
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.changes import change_states, changes
from forepost.controller.db.tables.probes import probes

AT_ONCE: Final = 200


class NewChange(msgspec.Struct, frozen=True, kw_only=True):
    workspace_id: int | None
    agent_id: int | None = None
    probe_id: int | None = None
    kind: str
    target: str = ""
    before: str = ""
    after: str = ""
    text: str
    at: datetime


class ChangeStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def states(self) -> list[Observation]:
        async with self._db.read() as connection:
            rows = (await connection.execute(select(change_states))).all()
        return [
            Observation(
                (row.agent_id, row.probe_id, row.kind, row.target), row.value, row.words, row.at_us
            )
            for row in rows
        ]

    async def keep(self, found: Sequence[NewChange], states: Sequence[Observation]) -> None:
        """Changes and what the next results are compared with, in one step."""
        async with self._db.write() as connection:
            if found:
                rows = [msgspec.structs.asdict(one) for one in found]
                await connection.execute(insert(changes), rows)
            if states:
                await _drop(connection, [one.key for one in states])
                await connection.execute(insert(change_states), [_row(one) for one in states])

    async def forget(self, before: datetime, most: int) -> None:
        """Drop what is too old, the oldest of what is too many, and what removed probes said."""
        async with self._db.write() as connection:
            await connection.execute(delete(changes).where(changes.c.at < before))
            of_probes = change_states.c.probe_id.not_in(select(probes.c.id))
            await connection.execute(
                delete(change_states).where(change_states.c.probe_id != 0, of_probes)
            )
            query = select(changes.c.id).order_by(changes.c.id.desc()).offset(most).limit(1)
            last = await connection.scalar(query)
            if last is not None:
                await connection.execute(delete(changes).where(changes.c.id <= last))


async def drop_of_agent(connection: AsyncConnection, agent_id: int) -> None:
    """What it is compared with; what changed stays, as results do."""
    await connection.execute(delete(change_states).where(change_states.c.agent_id == agent_id))


def instant(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1e6, UTC)


async def _drop(connection: AsyncConnection, keys: Sequence[Key]) -> None:
    columns = change_states.c
    named = tuple_(columns.agent_id, columns.probe_id, columns.kind, columns.target)
    for start in range(0, len(keys), AT_ONCE):
        some: Iterable[Key] = keys[start : start + AT_ONCE]
        await connection.execute(delete(change_states).where(named.in_(some)))


def _row(one: Observation) -> dict[str, int | str]:
    agent_id, probe_id, kind, target = one.key
    return {
        "agent_id": agent_id,
        "probe_id": probe_id,
        "kind": kind,
        "target": target,
        "value": one.value,
        "words": one.words,
        "at_us": one.at_us,
    }
