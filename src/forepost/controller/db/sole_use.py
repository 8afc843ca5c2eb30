"""One controller for each metadata database, and whether that database answers.

A data folder has its lock (`kit/folder_lock.py`). A PostgreSQL is anywhere, so it keeps a lock of
its own for as long as a connection of this process lives.
"""

import logging
from typing import Final

import anyio
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.failures import LOST, reason_of
from forepost.controller.db.postgres import try_alone
from forepost.kit.clock import Clock
from forepost.kit.folder_lock import Taken
from forepost.kit.health import Health
from forepost.kit.program import NotNow

LOOK_SEC: Final = 5.0
SUBJECT: Final = "database"

_log = logging.getLogger(__name__)


class SoleUse:
    def __init__(self, db: Database, clock: Clock, health: Health) -> None:
        self._db, self._clock, self._health = db, clock, health
        self._held: AsyncConnection | None = None
        # Its one connection answers one question at a time, and /readyz asks too.
        self._looking = anyio.Lock()

    async def take(self) -> None:
        """Raises Taken where another controller has the database, and NotNow."""
        if not self._db.is_postgres:
            return
        try:
            connection = await self._db.connect()
            alone = await try_alone(connection)
        except (*LOST, DBAPIError) as error:
            raise NotNow(f"{self._db.place}: {reason_of(error)}") from None
        if not alone:
            await connection.close()
            raise Taken(f"{self._db.place} is in use by another controller")
        self._held = connection

    async def run(self) -> None:
        """See that the database answers. Raises Taken where another controller has it now."""
        while True:
            await self._clock.sleep(LOOK_SEC)
            await self.look()

    async def look(self) -> None:
        """Ask the database something; what comes of it is in the health. Raises Taken."""
        try:
            await self._db.ask()
            if self._db.is_postgres:
                async with self._looking:
                    await self._still_alone()
        except (*LOST, DBAPIError, NotNow) as error:
            self._health.ill(SUBJECT, f"{self._db.place}: {reason_of(error)}")
        else:
            self._health.well(SUBJECT)

    async def _still_alone(self) -> None:
        """The lock went with its connection where that was cut: it is taken again, or lost."""
        if self._held is not None:
            try:
                await self._held.exec_driver_sql("SELECT 1")
                await self._held.commit()
            except (*LOST, DBAPIError):
                await self._held.invalidate()
                await self._held.close()
                self._held = None
        if self._held is None:
            await self.take()

    async def close(self) -> None:
        if self._held is not None:
            await self._held.close()
            self._held = None
