"""What agents said last of themselves as hosts of jobs: in RAM, and in the metadata database."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam, delete, insert, select

from forepost.controller.db.engine import Database
from forepost.controller.db.late_writes import LateWrites
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.jobs import agent_job_hosts
from forepost.controller.db.tables.workspaces import workspaces
from forepost.kit.clock import Clock
from forepost.wire.jobs.delivery import JobHost

PAUSE_SEC: Final = 1.0
"""Between two transactions."""

_IS_THERE: Final = agents.c.deleted_at.is_(None) & workspaces.c.deleted_at.is_(None)
_ALL: Final = (
    select(agent_job_hosts)
    .join(agents, agents.c.id == agent_job_hosts.c.agent_id)
    .join(workspaces, workspaces.c.id == agents.c.workspace_id)
    .where(_IS_THERE)
)
_FORGET: Final = delete(agent_job_hosts).where(agent_job_hosts.c.agent_id == bindparam("of"))
_COLUMNS: Final = ("host", "seen_from", "said_at")
_KEEP: Final = insert(agent_job_hosts).from_select(
    ["agent_id", *_COLUMNS],
    select(
        agents.c.id,
        *(bindparam(one, type_=agent_job_hosts.c[one].type) for one in _COLUMNS),
    )
    .join(workspaces, workspaces.c.id == agents.c.workspace_id)
    .where(agents.c.id == bindparam("of"), _IS_THERE),
)


class KnownHost(msgspec.Struct, frozen=True):
    said: JobHost
    seen_from: str
    said_at: datetime


class JobHosts:
    """The newest word of each agent. A crash loses the newest changes, and agents that are
    connected say it again when they connect anew.
    """

    def __init__(self, db: Database, clock: Clock, is_enrolled: Callable[[int], bool]) -> None:
        """`is_enrolled`: whether somebody has the key of this agent."""
        self._db, self._clock, self._is_enrolled = db, clock, is_enrolled
        self._known: dict[int, KnownHost] = {}
        self._holders: dict[str, int] = {}
        self._tags: dict[int, Mapping[str, str]] = {}
        self.late: LateWrites[int, KnownHost | None] = LateWrites(
            "what agents said of themselves as hosts of jobs", self._save
        )

    def by(self, agent_id: int) -> KnownHost | None:
        """None: it never said anything."""
        return self._known.get(agent_id)

    def tags_of(self, agent_id: int) -> Mapping[str, str]:
        return self._tags.get(agent_id, {})

    def agents(self) -> list[int]:
        return [*self._known]

    def holder_of(self, agent_id: int, deviceid: str) -> int:
        """Who has this device id, if not this agent; 0: nobody. Two would spoil every list of peers
        in which both are.
        """
        holder = self._holders.get(deviceid, 0)
        return 0 if holder == agent_id or not self._is_enrolled(holder) else holder

    def says(self, agent_id: int, said: JobHost, seen_from: str) -> bool:
        """Note it; whether anything is other than before. `holder_of` is asked before."""
        known = KnownHost(said, seen_from, self._clock.now())
        before = self._known.get(agent_id)
        self._note(agent_id, known)
        if before is not None and (before.said, before.seen_from) == (said, seen_from):
            return False
        self.late.put(agent_id, known)
        return True

    def forget(self, agent_id: int) -> None:
        known = self._known.pop(agent_id, None)
        self._tags.pop(agent_id, None)
        if known is not None:
            if self._holders.get(known.said.deviceid) == agent_id:
                del self._holders[known.said.deviceid]
            self.late.put(agent_id, None)

    async def load(self) -> None:
        async with self._db.read() as connection:
            rows = (await connection.execute(_ALL)).all()
        for row in rows:
            said = msgspec.json.decode(row.host, type=JobHost)
            self._note(row.agent_id, KnownHost(said, row.seen_from, row.said_at))

    async def run(self) -> None:
        while True:
            await self.late.some()
            await self.late.flush()
            await self._clock.sleep(PAUSE_SEC)

    def _note(self, agent_id: int, known: KnownHost) -> None:
        before = self._known.get(agent_id)
        if before is not None and self._holders.get(before.said.deviceid) == agent_id:
            del self._holders[before.said.deviceid]
        self._known[agent_id] = known
        self._holders[known.said.deviceid] = agent_id
        self._tags[agent_id] = {tag.name: tag.value for tag in known.said.tags}

    async def _save(self, changed: Mapping[int, KnownHost | None]) -> None:
        rows = [
            {
                "of": agent_id,
                "host": msgspec.json.encode(known.said).decode(),
                "seen_from": known.seen_from,
                "said_at": known.said_at,
            }
            for agent_id, known in changed.items()
            if known is not None
        ]
        async with self._db.write() as connection:
            await connection.execute(_FORGET, [{"of": agent_id} for agent_id in changed])
            if rows:
                await connection.execute(_KEEP, rows)
