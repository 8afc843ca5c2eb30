"""The metadata database: SQLite by default, PostgreSQL by URL."""

import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final, Self

import anyio
import anyio.lowlevel
from sqlalchemy import Table, event, inspect, text
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from forepost.controller.db import postgres
from forepost.controller.db.failures import (
    BrokenReferences,
    UnknownRevision,
    as_lost,
    failure_of,
    reason_of,
)
from forepost.controller.db.room import Room
from forepost.controller.db.storable_text import keep_storable
from forepost.controller.db.tables import metadata
from forepost.kit.errors import Conflict
from forepost.kit.program import CannotStart, NotNow
from forepost.kit.settings import WrongSettings

REVISIONS: Final = Path(__file__).parent / "migrations" / "versions"
OF_ID: Final = "_id_seq"
"""How PostgreSQL calls a table's sequence."""
EXTERNAL_ID_TAKEN: Final = "external_id: taken by another one of this workspace"


_log = logging.getLogger(__name__)


@contextmanager
def unique(reason: str) -> Iterator[None]:
    """Around a `write` that may meet a row of the same name. Raises Conflict."""
    try:
        yield
    except IntegrityError:
        raise Conflict(reason) from None


CLOSE_SEC: Final = 10.0
UNREADABLE: Final = (DBAPIError, OSError, UnicodeDecodeError)
"""What a damaged database raises; the last where its very schema is damaged."""


class Database:
    """`write` gives a connection inside one transaction, committed at the end; each statement of
    a `read` sees what is committed then, all of a `snapshot` the same moment.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        # SQLite has one writer: waiting here is fair and never ends in "database is locked".
        self._one_writer = anyio.Lock() if engine.dialect.name == "sqlite" else None
        self.room = Room({})

    @classmethod
    def at(cls, url: str) -> Self:
        """Connect lazily to `sqlite+aiosqlite:///PATH` or `postgresql+asyncpg://...`.

        Raises WrongSettings for any other URL.
        """
        try:
            named = make_url(url)
            more = postgres.OPTIONS if named.get_backend_name() == "postgresql" else {}
            engine = create_async_engine(named, **more)
        except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
            raise WrongSettings(f"data.database_url: {error}") from None
        keep_storable(engine.sync_engine)
        if engine.dialect.name == "sqlite":
            event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        return cls(engine)

    async def migrate(self) -> None:
        """Bring the schema to the newest version. Raises CannotStart and NotNow."""
        try:
            if not await self.is_current():
                await self._migrate()
            async with self._engine.connect() as connection:
                missing = await connection.run_sync(_missing)
        except UnknownRevision as error:
            raise CannotStart(f"{self.place}: {error}: a newer forepost wrote it") from None
        except (*UNREADABLE, BrokenReferences) as error:
            if self._one_writer is None and failure_of(error) == "away":
                raise NotNow(f"{self.place}: {reason_of(error)}") from None
            raise CannotStart(f"{self.place}: {reason_of(error)}") from error
        if missing:
            raise CannotStart(
                f"{self.place}: it has no table {', '.join(missing)}: it is of another program, or"
                " somebody removed them"
            )

    @property
    def place(self) -> str:
        """Where the database is, without a password."""
        url = self._engine.url
        return url.database or "" if self._one_writer else url.render_as_string(hide_password=True)

    @property
    def is_postgres(self) -> bool:
        return self._one_writer is None

    async def ask(self, deadline_sec: float = 2.0) -> None:
        """Return when the database answers. Raises one of LOST, or TimeoutError."""
        with anyio.fail_after(deadline_sec):
            async with self._engine.connect() as connection:
                await connection.exec_driver_sql("SELECT 1")

    async def connect(self) -> AsyncConnection:
        """A connection of the caller's own, to be closed by the caller."""
        return await self._engine.connect()

    async def _migrate(self) -> None:
        from forepost.controller.db.upgrade import upgrade  # noqa: PLC0415 - most starts need none

        async with self._engine.connect() as connection:
            # SQLite alters a table by making it anew and dropping the old one, which with foreign
            # keys on would take along what refers to it.
            sqlite = connection.dialect.name == "sqlite"
            if sqlite:
                await connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
                await connection.commit()
                # Python's driver begins before INSERT only: each ALTER would be kept by itself.
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                await postgres.wait_for_migrations(connection)
            used = await connection.run_sync(_used_ids) if sqlite else {}
            await connection.run_sync(upgrade)
            await connection.run_sync(_never_again, used)
            if sqlite and (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all():
                raise BrokenReferences("the migrated database has rows that refer to nothing")
            await connection.commit()
            if sqlite:
                await connection.exec_driver_sql("PRAGMA foreign_keys=ON")

    async def is_current(self) -> bool:
        """The schema is of this version."""
        async with self._engine.connect() as connection:
            return await connection.run_sync(_revisions) == [newest_revision()]

    async def used_ids(self) -> dict[str, int]:
        """Table (PostgreSQL: its sequence) to the highest id that it ever gave out."""
        async with self.read() as connection:
            return await connection.run_sync(_used_ids)

    async def raise_ids(self, floor: Mapping[str, int], leap: int) -> None:
        """Every table's next id is `leap` beyond its own highest and that of `floor`."""
        async with self.write() as connection:
            await connection.run_sync(_raise_ids, floor, leap)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        async with self._connected() as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """For reading what must fit together by several statements."""
        async with self._connected() as connection:
            if connection.dialect.name == "sqlite":
                # Python's driver begins before INSERT only.
                await connection.exec_driver_sql("BEGIN")
            else:
                await connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        async with (
            self._one_writer or nullcontext(),
            self._connected() as connection,
            connection.begin(),
        ):
            yield connection

    @asynccontextmanager
    async def write_more(self, table: Table, whose: int) -> AsyncIterator[AsyncConnection]:
        """A `write` that makes rows of a table for a workspace (of workspaces: for an account).
        Raises Conflict, and keeps nothing, where there are too many then.
        """
        async with self.write() as connection:
            await self.room.alone(connection, table, whose)
            yield connection
            await self.room.check(connection, table, whose)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        """What is begun with SQLite is done to its end, which takes a moment: whoever is cancelled
        in the middle of a statement leaves a task behind that waits for a thread which is gone.
        """
        await anyio.lowlevel.checkpoint_if_cancelled()
        with anyio.CancelScope(shield=self._one_writer is not None):
            async with AsyncExitStack() as stack:
                try:
                    connection = await stack.enter_async_context(self._engine.connect())
                except DBAPIError as error:
                    raise as_lost(error) from error
                yield connection

    async def close(self) -> None:
        """Close all connections. A server that takes no goodbye is not waited for."""
        with anyio.move_on_after(CLOSE_SEC) as patience:
            await self._engine.dispose()
        if patience.cancelled_caught:
            _log.warning("%s: connections did not close within %.0f s", self.place, CLOSE_SEC)


def _used_ids(connection: Connection) -> dict[str, int]:
    """Table to the highest id that it ever gave out (SQLite's own book of AUTOINCREMENT)."""
    if connection.dialect.name == "postgresql":
        found = connection.exec_driver_sql(
            "SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences"
            " WHERE schemaname = current_schema()"
        )
        return {name.removesuffix(OF_ID): int(value) for name, value in found}
    if not inspect(connection).has_table("sqlite_sequence"):
        return {}
    rows = connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence").all()
    return {row.name: row.seq for row in rows}


def _raise_ids(connection: Connection, floor: Mapping[str, int], leap: int) -> None:
    used = _used_ids(connection)
    for table in metadata.tables.values():
        if "id" not in table.c:
            continue
        last = max(used.get(table.name, 0), floor.get(table.name, 0)) + leap
        if not last:
            continue
        if connection.dialect.name == "postgresql":
            if table.name in used:
                sql = "SELECT setval(CAST(:name AS regclass), :last)"
                connection.execute(text(sql), {"name": f"{table.name}{OF_ID}", "last": last})
            continue
        connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (table.name,))
        connection.exec_driver_sql("INSERT INTO sqlite_sequence VALUES (?, ?)", (table.name, last))


def _never_again(connection: Connection, used: Mapping[str, int]) -> None:
    """A table that was made anew knows only the ids that are left in it."""
    for name, seq in used.items():
        connection.exec_driver_sql(
            "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (seq, name)
        )


def newest_revision() -> str:
    """By the names of the files: a start reads none of them when it finds this one."""
    return max(path.name for path in REVISIONS.glob("[0-9]*_*.py")).split("_")[0]


def _revisions(connection: Connection) -> list[str]:
    """What the schema was brought to: one revision; none where nobody did."""
    if not inspect(connection).has_table("alembic_version"):
        return []
    return [*connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars()]


def _missing(connection: Connection) -> list[str]:
    """The tables that there are not, in order."""
    return sorted(metadata.tables.keys() - inspect(connection).get_table_names())


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=5000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
