"""Where agents were last, in RAM and in the database: read from their NETINFO as it arrives."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.late_writes import LateWrites
from forepost.controller.db.tables.fleet import agent_addresses
from forepost.controller.payloads import said_by
from forepost.controller.payloads.netinfo import Netinfo
from forepost.controller.probes.peers import addresses_in
from forepost.controller.series.port import Row
from forepost.kit.clock import Clock

NETINFO: Final = "NETINFO"
MOST_LETTERS: Final = 64
"""Of an address."""

Moved = Callable[[int], Awaitable[None]]
"""Called with the id of an agent that others now reach elsewhere."""


class Whereabouts(msgspec.Struct, frozen=True):
    public: str = ""
    private: tuple[str, ...] = ()
    gateway: str = ""
    """Of its default route."""


UNKNOWN: Final = Whereabouts()


class Addresses:
    """Where each agent was last."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock
        self._known: dict[int, Whereabouts] = {}
        self._newest_us: dict[int, int] = {}
        self._late: LateWrites[int, Whereabouts] = LateWrites("where agents are", self._save)

    def of(self, agent_id: int) -> Whereabouts:
        return self._known.get(agent_id, UNKNOWN)

    async def load(self) -> None:
        async with self._db.read() as connection:
            rows = (await connection.execute(select(agent_addresses))).all()
        for row in rows:
            self._known[row.agent_id] = Whereabouts(
                row.public_address, tuple(row.private_addresses), row.gateway
            )
            self._newest_us[row.agent_id] = _micros(row.reported_at)

    def consider(self, rows: Sequence[Row]) -> None:
        """Look at results that were just committed; an older one than the last says nothing."""
        for row in rows:
            if row.type != NETINFO or row.created_us < self._newest_us.get(row.agent_id, 0):
                continue
            said = said_by(row)
            if not isinstance(said, Netinfo):
                continue
            self._newest_us[row.agent_id] = row.created_us
            now = Whereabouts(*addresses_in(said), said.default_gateway[:MOST_LETTERS])
            if now != self.of(row.agent_id):
                self._known[row.agent_id] = now
                self._late.put(row.agent_id, now)

    async def run(self, moved: Moved) -> None:
        """Keep what changed, then say so."""
        while True:
            await self._late.some()
            for agent_id in await self._late.flush():
                await moved(agent_id)

    async def _save(self, changed: Mapping[int, Whereabouts]) -> None:
        now = self._clock.now()
        async with self._db.write() as connection:
            await connection.execute(
                delete(agent_addresses).where(agent_addresses.c.agent_id.in_(changed))
            )
            await connection.execute(
                insert(agent_addresses),
                [
                    {
                        "agent_id": agent_id,
                        "public_address": where.public,
                        "private_addresses": list(where.private),
                        "gateway": where.gateway,
                        "reported_at": now,
                    }
                    for agent_id, where in changed.items()
                ],
            )


async def drop_of_agent(connection: AsyncConnection, agent_id: int) -> None:
    """Drop where an agent was that is deleted."""
    await connection.execute(delete(agent_addresses).where(agent_addresses.c.agent_id == agent_id))


def _micros(at: datetime) -> int:
    return round(at.timestamp() * 1e6)
