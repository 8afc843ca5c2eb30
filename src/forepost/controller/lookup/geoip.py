"""GeoIP databases: files that the operator supplies, read again when they change."""

import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args

import anyio.to_thread
import maxminddb

from forepost.controller.lookup.records import Record, geo_of
from forepost.controller.lookup.subject import Address
from forepost.kit.clock import Clock
from forepost.kit.errors import Unavailable
from forepost.kit.health import Health
from forepost.wire.rest.installation import DataSource
from forepost.wire.rest.lookup import Geo, GeoDatabase, GeoStatus

Part = Literal["city", "country", "asn"]
Stamp = tuple[int, int, int]
"""When a file was changed, its size, its inode."""
Change = tuple[Stamp | None, maxminddb.Reader | None, str]
"""What was seen, its reader, and why there is none."""

LOOK_SEC: Final = 60.0
UNCONFIGURED: Final = (
    "GeoIP: no database is configured: set lookups.geoip_city, lookups.geoip_country or "
    "lookups.geoip_asn to a file (.mmdb); docs/operating.md says where they come from"
)


class GeoIp:
    """`find` reads memory only; `refresh` looks whether the files have changed."""

    def __init__(
        self, files: Mapping[Part, str], folder: Path, clock: Clock, health: Health
    ) -> None:
        """`folder`: where copies are made, see `_opened`."""
        self._databases = {part: _Database(path, folder) for part, path in files.items() if path}
        self._clock, self._health = clock, health

    @property
    def configured(self) -> bool:
        return bool(self._databases)

    async def run(self) -> None:
        while self.configured:
            await self._clock.sleep(LOOK_SEC)
            await self.refresh()

    async def refresh(self) -> None:
        """A file that cannot be read leaves the one before in use, and is told to the health."""
        for database in self._databases.values():
            await database.refresh()
        self._tell()

    def find(self, ip: Address) -> Geo:
        """Raises Unavailable."""
        if not self.configured:
            raise Unavailable(UNCONFIGURED)
        readers = [one for one in self._databases.values() if one.reader is not None]
        found = [record for one in readers if (record := one.get(ip)) is not None]
        if any(one.reader is None for one in readers):
            self._tell()
        if not any(one.reader is not None for one in self._databases.values()):
            raise Unavailable(f"GeoIP: {self._problems()}")
        return geo_of(found)

    def status(self) -> GeoStatus:
        used = {part for part, one in self._databases.items() if one.reader is not None}
        return GeoStatus(
            city="city" in used,
            country="country" in used,
            asn="asn" in used,
            configured=self.configured,
            databases=[
                GeoDatabase(
                    part=part,
                    type=one.reader.metadata().database_type,
                    built_at=datetime.fromtimestamp(one.reader.metadata().build_epoch, UTC),
                )
                for part, one in self._databases.items()
                if one.reader is not None
            ],
        )

    def sources(self) -> list[DataSource]:
        """Return what is known of each file, also of those that nobody named."""
        return [_source(part, self._databases.get(part)) for part in get_args(Part)]

    def _tell(self) -> None:
        problems = self._problems()
        if problems:
            self._health.ill("geoip", problems, minor=True)
        else:
            self._health.well("geoip")

    def _problems(self) -> str:
        """Settings are named, not files: everybody may read this."""
        return "; ".join(
            f"lookups.geoip_{part}: {one.problem}"
            for part, one in self._databases.items()
            if one.problem
        )


def _source(part: Part, database: "_Database | None") -> DataSource:
    setting = f"lookups.geoip_{part}"
    if database is None:
        return DataSource(setting=setting, state="missing")
    if database.reader is None:
        return DataSource(setting=setting, state="failed", reason=database.problem)
    about = database.reader.metadata()
    return DataSource(
        setting=setting,
        state="loaded",
        type=about.database_type,
        built_at=datetime.fromtimestamp(about.build_epoch, UTC),
        reason=database.problem,
    )


class _Database:
    def __init__(self, path: str, folder: Path) -> None:
        self._path, self._folder = Path(path), folder
        self._seen: Stamp | None = None
        self.reader: maxminddb.Reader | None = None
        self._versions = 6
        self.problem = ""

    async def refresh(self) -> None:
        changed = await anyio.to_thread.run_sync(self._changed)
        if changed is None:
            return
        self._seen, reader, self.problem = changed
        if reader is not None:
            before, self.reader = self.reader, reader
            self._versions = reader.metadata().ip_version
            if before is not None:
                before.close()
        elif self.reader is not None:
            self.problem = f"the new file cannot be used, the old one still is: {self.problem}"

    def get(self, ip: Address) -> Record | None:
        """A damaged file is used no more."""
        assert self.reader is not None
        if ip.version > self._versions:
            return None
        try:
            record: Any = self.reader.get(ip)
        except (maxminddb.InvalidDatabaseError, ValueError) as error:
            self.reader, self.problem = None, f"the file is damaged: {error}"
            return None
        return record if isinstance(record, Mapping) else None

    def _changed(self) -> Change | None:
        try:
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if stamp == self._seen:
                return None
        except OSError as error:
            # A file that is gone is no news while nobody has seen another one.
            return None if self.reader is not None else (None, None, _reason(error))
        try:
            return (stamp, _opened(self._path, self._folder), "")
        except (OSError, maxminddb.InvalidDatabaseError, ValueError) as error:
            return (stamp, None, _reason(error))


def _opened(path: Path, folder: Path) -> maxminddb.Reader:
    """A reader of a private copy: a mapped file that somebody writes over ends the process.

    The copy has no name, and is gone with the reader.
    """
    with path.open("rb") as source, tempfile.TemporaryFile(dir=folder) as copy:
        shutil.copyfileobj(source, copy, 1 << 20)
        copy.flush()
        return maxminddb.open_database(f"/proc/self/fd/{copy.fileno()}")


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "this is no GeoIP database (.mmdb)"
