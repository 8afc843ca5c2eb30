"""Opens what a controller keeps: metadata, series, and the room on the disk for both."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import apsw
import msgspec

from forepost.controller.db.engine import Database
from forepost.controller.db.sole_use import SoleUse
from forepost.controller.series.sqlite import SqliteSeries
from forepost.controller.settings import Settings
from forepost.controller.storage.disk_room import DiskRoom
from forepost.controller.storage.identity import StoreIdentity
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.kit.program import CannotStart

SERIES = "series.sqlite"


class Stores(msgspec.Struct, frozen=True):
    db: Database
    series: SqliteSeries
    identity: StoreIdentity
    sole: SoleUse
    room: DiskRoom

    def has_room(self) -> bool:
        """Whether results may be kept now."""
        return not self.room.is_low

    @property
    def services(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            "disk": self.room.run,
            "database": self.sole.run,
            "ids": self.identity.run,
        }


@asynccontextmanager
async def open_stores(
    settings: Settings, folder: Path, clock: Clock, health: Health, *, adopt: bool = False
) -> AsyncIterator[Stores]:
    """Open them, migrated; close them at the end. `adopt`: an operator says that they belong
    together. Raises WrongSettings, CannotStart, NotNow, and Taken where another controller has
    the database.
    """
    room = DiskRoom(folder, clock, health)
    db = Database.at(settings.database_url)
    sole = SoleUse(db, clock, health)
    await sole.take()
    try:
        await db.migrate()
        series = await _series(folder / SERIES, clock, health)
        try:
            identity = await StoreIdentity.opened(db, series, clock, adopt=adopt)
            yield Stores(db, series, identity, sole, room)
        finally:
            with anyio.CancelScope(shield=True):
                await series.close()
    finally:
        with anyio.CancelScope(shield=True):
            await sole.close()
            await db.close()


async def _series(path: Path, clock: Clock, health: Health) -> SqliteSeries:
    try:
        return await SqliteSeries.open(path, clock, health)
    except apsw.Error as error:
        raise CannotStart(f"{path}: {error}") from error
