"""SQL of the sums and lists of traffic."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import anyio.to_thread
from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    bindparam,
    delete,
    insert,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.presence import agent_exists
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.flows import flow_lists, flow_progress, flow_sums
from forepost.controller.flows.figures import FIGURES, Figures, summed
from forepost.controller.flows.fold import (
    ALL,
    DAY,
    HOUR,
    FoldKey,
    ListAt,
    TrafficSums,
    fold_lists,
    fold_sums,
    fresh,
    hour_of,
    listing,
    outdating,
    summing,
)
from forepost.controller.flows.minutes import Minute
from forepost.controller.flows.plan import Piece
from forepost.controller.flows.rollup import KINDS, Kind, StoredList, merged, packed, unpacked

_FIGURES: Final = [flow_sums.c[name] for name in FIGURES]
_AT_ONCE: Final = 200
"""Places in one question: SQLite takes 32,766 values."""


class FlowStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def fold(self, workspace_id: int, minutes: Sequence[Minute]) -> int:
        """Add those that are not in yet, all or none; return how many were new."""
        async with self._db.write() as connection:
            hours = await _sums(connection, workspace_id, {hour_of(one) for one in minutes})
            new = fresh(minutes, hours)
            if not new:
                return 0
            places = {place for one in new for place in (*summing(one), *outdating(one))}
            sums = await _sums(connection, workspace_id, places)
            lists = await _lists(connection, workspace_id, {p for one in new for p in listing(one)})
            written = await anyio.to_thread.run_sync(fold_lists, new, lists)
            await _write_sums(connection, workspace_id, fold_sums(new, sums), sums)
            await _write_lists(connection, workspace_id, written, lists)
        return len(new)

    async def stale_days(self, before: int, limit: int) -> list[tuple[int, FoldKey]]:
        """Workspace and place of days that begin before that, and miss what their hours have."""
        query = (
            select(flow_sums.c.workspace_id, flow_sums.c.agent_id, flow_sums.c.start)
            .where(flow_sums.c.step == DAY, flow_sums.c.start < before, flow_sums.c.stale.is_(True))
            # A workspace's own day after those of its agents: when it is right, so are they.
            .order_by(flow_sums.c.start, flow_sums.c.agent_id.desc())
            .limit(limit)
        )
        async with self._db.read() as connection:
            found = (await connection.execute(query)).all()
        return [(row.workspace_id, FoldKey(row.agent_id, DAY, row.start)) for row in found]

    async def sum_day(self, workspace_id: int, day: FoldKey) -> None:
        """Make a day of its hours."""
        hours = [Piece(HOUR, day.start, day.start + DAY)]
        async with self._db.write() as connection:
            sums = await _in_pieces(connection, workspace_id, day.agent_id, hours)
            lists: dict[ListAt, bytes] = {}
            for kind in KINDS:
                found = await _kept(connection, workspace_id, day.agent_id, kind, hours)
                lists[day, kind] = await anyio.to_thread.run_sync(_merged, kind, found)
            made = {day: TrafficSums(summed(figures for _, figures in sums))}
            there = await _sums(connection, workspace_id, [day])
            await _write_sums(connection, workspace_id, made, there)
            old = await _lists(connection, workspace_id, [day])
            await _write_lists(connection, workspace_id, lists, old)

    async def forget(self, step: int, before: int) -> None:
        async with self._db.write() as connection:
            for table in (flow_lists, flow_sums):
                await connection.execute(
                    delete(table).where(table.c.step == step, table.c.start < before)
                )

    async def progress(self) -> int | None:
        """Every report that was received before is in (Unix microseconds)."""
        async with self._db.read() as connection:
            return (await connection.execute(select(flow_progress.c.received_us))).scalar()

    async def set_progress(self, received_us: int) -> None:
        async with self._db.write() as connection:
            done = await connection.execute(update(flow_progress).values(received_us=received_us))
            if not done.rowcount:
                await connection.execute(
                    insert(flow_progress).values(one=1, received_us=received_us)
                )

    async def workspaces(self) -> dict[int, int]:
        """Agent to workspace, of all agents that are not deleted."""
        query = select(agents.c.id, agents.c.workspace_id).where(agents.c.deleted_at.is_(None))
        async with self._db.read() as connection:
            found = (await connection.execute(query)).all()
        return {row.id: row.workspace_id for row in found}

    async def must_have(self, workspace_id: int, agent_id: int) -> None:
        """Raises NotFound."""
        async with self._db.read() as connection:
            await agent_exists(connection, workspace_id, agent_id)

    async def names(self, workspace_id: int) -> dict[int, str]:
        query = select(agents.c.id, agents.c.name).where(agents.c.workspace_id == workspace_id)
        async with self._db.read() as connection:
            found = (await connection.execute(query)).all()
        return {row.id: row.name for row in found}

    async def days(self, workspace_id: int, agent_id: int, first: int, end: int) -> dict[int, bool]:
        """Days that there are in between, and whether each is stale."""
        query = select(flow_sums.c.start, flow_sums.c.stale).where(
            flow_sums.c.workspace_id == workspace_id,
            flow_sums.c.agent_id == agent_id,
            flow_sums.c.step == DAY,
            flow_sums.c.start >= first,
            flow_sums.c.start < end,
        )
        async with self._db.read() as connection:
            return {row.start: row.stale for row in (await connection.execute(query)).all()}

    async def sums(
        self, workspace_id: int, agent_id: int, pieces: Sequence[Piece]
    ) -> list[tuple[int, Figures]]:
        """Start and figures of each step, by time."""
        async with self._db.read() as connection:
            return await _in_pieces(connection, workspace_id, agent_id, pieces)

    async def by_agent(
        self, workspace_id: int, pieces: Sequence[Piece]
    ) -> list[tuple[int, Figures]]:
        """Agent and figures of each step of each agent."""
        if not pieces:
            return []
        query = select(flow_sums.c.agent_id, *_FIGURES).where(
            flow_sums.c.workspace_id == workspace_id,
            flow_sums.c.agent_id != ALL,
            _within(flow_sums.c, pieces),
        )
        async with self._db.read() as connection:
            found = (await connection.execute(query)).all()
        return [(row[0], tuple(row[1:])) for row in found]

    async def sums_and_lists(
        self, workspace_id: int, agent_id: int, kind: Kind, pieces: Sequence[Piece]
    ) -> tuple[list[tuple[int, Figures]], list[tuple[int, bytes]]]:
        """Start and figures, start and packed list of each step, by time and of one moment."""
        async with self._db.snapshot() as connection:
            sums = await _in_pieces(connection, workspace_id, agent_id, pieces)
            return sums, await _kept(connection, workspace_id, agent_id, kind, pieces)


def _merged(kind: Kind, found: Iterable[tuple[int, bytes]]) -> bytes:
    lists: list[StoredList] = [unpacked(data) for _, data in found]
    return packed(merged(kind, lists))


def _within(columns: Any, pieces: Sequence[Piece]) -> ColumnElement[bool]:
    return or_(
        *(
            and_(columns.step == one.step, columns.start >= one.start, columns.start < one.end)
            for one in pieces
        )
    )


async def _in_pieces(
    connection: AsyncConnection, workspace_id: int, agent_id: int, pieces: Sequence[Piece]
) -> list[tuple[int, Figures]]:
    if not pieces:
        return []
    query = (
        select(flow_sums.c.start, *_FIGURES)
        .where(
            flow_sums.c.workspace_id == workspace_id,
            flow_sums.c.agent_id == agent_id,
            _within(flow_sums.c, pieces),
        )
        .order_by(flow_sums.c.start)
    )
    found = (await connection.execute(query)).all()
    return [(row[0], tuple(row[1:])) for row in found]


async def _kept(
    connection: AsyncConnection,
    workspace_id: int,
    agent_id: int,
    kind: Kind,
    pieces: Sequence[Piece],
) -> list[tuple[int, bytes]]:
    if not pieces:
        return []
    query = (
        select(flow_lists.c.start, flow_lists.c.kept)
        .where(
            flow_lists.c.workspace_id == workspace_id,
            flow_lists.c.agent_id == agent_id,
            flow_lists.c.kind == kind,
            _within(flow_lists.c, pieces),
        )
        .order_by(flow_lists.c.start)
    )
    return [(row.start, row.kept) for row in (await connection.execute(query)).all()]


async def _sums(
    connection: AsyncConnection, workspace_id: int, places: Collection[FoldKey]
) -> dict[FoldKey, TrafficSums]:
    found: dict[FoldKey, TrafficSums] = {}
    for some in _some(places):
        query = select(flow_sums).where(
            flow_sums.c.workspace_id == workspace_id, _is_one_of(flow_sums.c, some)
        )
        for row in (await connection.execute(query)).all():
            found[FoldKey(row.agent_id, row.step, row.start)] = _read(row)
    return found


def _read(row: Row[Any]) -> TrafficSums:
    values = row._mapping  # noqa: SLF001 - names of columns are names of methods too
    return TrafficSums(tuple(values[name] for name in FIGURES), row.folded, row.stale)


async def _lists(
    connection: AsyncConnection, workspace_id: int, places: Collection[FoldKey]
) -> dict[ListAt, bytes]:
    found: dict[ListAt, bytes] = {}
    for some in _some(places):
        query = select(flow_lists).where(
            flow_lists.c.workspace_id == workspace_id, _is_one_of(flow_lists.c, some)
        )
        for row in (await connection.execute(query)).all():
            found[FoldKey(row.agent_id, row.step, row.start), row.kind] = row.kept
    return found


def _some(places: Collection[FoldKey]) -> Iterable[list[FoldKey]]:
    ordered = sorted(places)
    return (ordered[at : at + _AT_ONCE] for at in range(0, len(ordered), _AT_ONCE))


def _is_one_of(columns: Any, places: Sequence[FoldKey]) -> ColumnElement[bool]:
    return tuple_(columns.agent_id, columns.step, columns.start).in_([tuple(p) for p in places])


async def _write_sums(
    connection: AsyncConnection,
    workspace_id: int,
    written: Mapping[FoldKey, TrafficSums],
    there: Mapping[FoldKey, TrafficSums],
) -> None:
    rows = [
        _at(workspace_id, place)
        | dict(zip(FIGURES, sums.figures, strict=True))
        | {"folded": sums.folded, "stale": sums.stale}
        for place, sums in written.items()
    ]
    await _upsert(connection, flow_sums, rows, [place in there for place in written])


async def _write_lists(
    connection: AsyncConnection,
    workspace_id: int,
    written: Mapping[ListAt, bytes],
    there: Mapping[ListAt, bytes],
) -> None:
    rows = [
        _at(workspace_id, place) | {"kind": kind, "kept": kept}
        for (place, kind), kept in written.items()
    ]
    await _upsert(connection, flow_lists, rows, [one in there for one in written])


def _at(workspace_id: int, place: FoldKey) -> dict[str, Any]:
    return {"workspace_id": workspace_id, **place._asdict()}


async def _upsert(
    connection: AsyncConnection, table: Any, rows: list[dict[str, Any]], there: list[bool]
) -> None:
    new = [row for row, is_there in zip(rows, there, strict=True) if not is_there]
    old = [row for row, is_there in zip(rows, there, strict=True) if is_there]
    if new:
        await connection.execute(insert(table), new)
    if old:
        keys = [column.name for column in table.primary_key]
        statement = (
            update(table)
            .where(*(table.c[key] == bindparam(f"key_{key}") for key in keys))
            .values({c.name: bindparam(f"new_{c.name}") for c in table.c if c.name not in keys})
        )
        named = [
            {f"{'key' if name in keys else 'new'}_{name}": value for name, value in row.items()}
            for row in old
        ]
        await connection.execute(statement, named)
