"""What agents said last of their microservices: in RAM, and in the metadata database."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import anyio
import msgspec
from sqlalchemy import bindparam, delete, insert, select

from forepost.controller.db.engine import Database
from forepost.controller.db.late_writes import LateWrites
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.workloads import agent_microservices
from forepost.controller.db.tables.workspaces import workspaces
from forepost.kit.clock import Clock
from forepost.wire.workloads.delivery import MicroservicesReport

PAUSE_SEC: Final = 5.0
"""Between two transactions: an agent that changes its mind all the time costs no more than that."""

_IS_THERE: Final = agents.c.deleted_at.is_(None) & workspaces.c.deleted_at.is_(None)
_ALL: Final = (
    select(agent_microservices)
    .join(agents, agents.c.id == agent_microservices.c.agent_id)
    .join(workspaces, workspaces.c.id == agents.c.workspace_id)
    .where(_IS_THERE)
)
_FORGET: Final = delete(agent_microservices).where(
    agent_microservices.c.agent_id == bindparam("of")
)
_KEEP: Final = insert(agent_microservices).from_select(
    ["agent_id", "report", "said_at"],
    select(
        agents.c.id,
        bindparam("report", type_=agent_microservices.c.report.type),
        bindparam("said_at", type_=agent_microservices.c.said_at.type),
    )
    .join(workspaces, workspaces.c.id == agents.c.workspace_id)
    .where(agents.c.id == bindparam("of"), _IS_THERE),
)


class SaidReport(msgspec.Struct, frozen=True):
    report: MicroservicesReport
    said_at: datetime


class MicroserviceReports:
    """The newest report of each agent. A crash loses the newest changes, and connected agents say
    it again within a minute.
    """

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock
        self._known: dict[int, SaidReport] = {}
        self.late: LateWrites[int, SaidReport | None] = LateWrites(
            "what agents said of their microservices", self._save
        )
        self.changed = anyio.Event()
        """Set at the next report that says something new."""

    def by(self, agent_id: int) -> SaidReport | None:
        """None: it never said anything."""
        return self._known.get(agent_id)

    def says(self, agent_id: int, report: MicroservicesReport) -> None:
        """Note what a connected agent says of what the controller wants; what is no news is not
        written. What it runs besides is its own.
        """
        ours = [one for one in report.microservices if one.wanted_by == "controller"]
        said = SaidReport(msgspec.structs.replace(report, microservices=ours), self._clock.now())
        before, self._known[agent_id] = self._known.get(agent_id), said
        if before is None or _lasting(before.report) != _lasting(said.report):
            self._note(agent_id, said)

    def forget(self, agent_id: int) -> None:
        """The agent is deleted, or left: what it said is of nobody."""
        if self._known.pop(agent_id, None) is not None:
            self._note(agent_id, None)

    def agents(self) -> list[int]:
        """Those that said anything."""
        return [*self._known]

    async def load(self) -> None:
        async with self._db.read() as connection:
            rows = (await connection.execute(_ALL)).all()
        for row in rows:
            report = msgspec.json.decode(row.report, type=MicroservicesReport)
            self._known[row.agent_id] = SaidReport(report, row.said_at)

    async def run(self) -> None:
        """Keep what changed: of many agents that say something at once, in one transaction."""
        while True:
            await self.late.some()
            await self.late.flush()
            await self._clock.sleep(PAUSE_SEC)

    def _note(self, agent_id: int, said: SaidReport | None) -> None:
        self.late.put(agent_id, said)
        self.changed.set()
        self.changed = anyio.Event()

    async def _save(self, changed: Mapping[int, SaidReport | None]) -> None:
        rows = [
            {
                "of": agent_id,
                "report": msgspec.json.encode(said.report).decode(),
                "said_at": said.said_at,
            }
            for agent_id, said in changed.items()
            if said is not None
        ]
        async with self._db.write() as connection:
            await connection.execute(_FORGET, [{"of": agent_id} for agent_id in changed])
            if rows:
                await connection.execute(_KEEP, rows)


def _lasting(report: MicroservicesReport) -> MicroservicesReport:
    """Without the figures that are other ones every minute."""
    calm = [
        msgspec.structs.replace(one, cpu_percent=None, memory_bytes=None, percent=0.0)
        for one in report.microservices
    ]
    return msgspec.structs.replace(report, microservices=calm)
