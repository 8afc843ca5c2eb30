"""What agents said last of the groups that they have: in RAM, and in the metadata database."""

from collections.abc import Mapping
from typing import Final

import anyio
from sqlalchemy import bindparam, delete, insert, select

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.groups import agent_groups
from forepost.wire.uplink.groups import HaveGroups

_FORGET: Final = delete(agent_groups).where(agent_groups.c.agent_id == bindparam("of"))
_KEEP: Final = insert(agent_groups).from_select(
    ["agent_id", "revision", "problems"],
    select(
        agents.c.id,
        bindparam("revision", type_=agent_groups.c.revision.type),
        bindparam("problems", type_=agent_groups.c.problems.type),
    ).where(agents.c.id == bindparam("of"), agents.c.deleted_at.is_(None)),
)


class GroupReports:
    """Changes wait in `_unsaved`, at most one for each agent. What a crash takes of them, an agent
    that was connected says again.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[int, HaveGroups] = {}
        self._unsaved: dict[int, HaveGroups] = {}
        self._some = anyio.Event()

    def by(self, agent_id: int) -> HaveGroups | None:
        """None: it never said anything."""
        return self._known.get(agent_id)

    def says(self, agent_id: int, have: HaveGroups) -> None:
        if have != self._known.get(agent_id):
            self._known[agent_id] = self._unsaved[agent_id] = have
            self._some.set()

    async def load(self) -> None:
        async with self._db.read() as connection:
            rows = (await connection.execute(select(agent_groups))).all()
        self._known = {
            row.agent_id: HaveGroups(revision=row.revision, problems=row.problems) for row in rows
        }

    async def run(self) -> None:
        """Keep what changed: of many agents that say something at once, in one transaction."""
        while True:
            await self._some.wait()
            self._some = anyio.Event()
            await self.flush()

    async def flush(self) -> None:
        changed, self._unsaved = self._unsaved, {}
        if not changed:
            return
        try:
            await self._save(changed)
        except BaseException:
            self._unsaved = {**changed, **self._unsaved}
            self._some.set()
            raise

    async def _save(self, changed: Mapping[int, HaveGroups]) -> None:
        rows = [
            {"of": agent_id, "revision": have.revision, "problems": have.problems}
            for agent_id, have in changed.items()
        ]
        async with self._db.write() as connection:
            await connection.execute(_FORGET, [{"of": agent_id} for agent_id in changed])
            await connection.execute(_KEEP, rows)
