"""Metadata and series belong together: one id in both, and ids that never come again.

The series keep a mark: the store's id, a generation that grows, and which ids were given out.
Metadata whose generation is behind it are older than the series, as a copy that was brought back
is: their ids then go on far beyond the mark, and tokens of before are no tokens any more.
"""

import logging
import secrets
from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy import insert, select, update

from forepost.controller.db.engine import Database
from forepost.controller.db.failures import LOST
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.store import store
from forepost.controller.series.mark import Mark, SeriesMark
from forepost.controller.series.sqlite import SqliteSeries
from forepost.kit.clock import Clock
from forepost.kit.errors import Unavailable
from forepost.kit.program import CannotStart

LOOK_SEC: Final = 5.0
"""How often new ids are marked."""
LEAP: Final = 10_000
"""Ids that are left out after a restore: what was given out and marked nowhere is among them."""

_log = logging.getLogger(__name__)


class NotOneStore(CannotStart):
    """Metadata and series are of two stores, or one is missing; the text says what to do."""


class StoreRow(msgspec.Struct, frozen=True):
    """What the metadata know of the store."""

    store_id: str
    epoch: int
    generation: int
    settled: bool


class StoreIdentity:
    def __init__(self, db: Database, series: SqliteSeries, clock: Clock, known: StoreRow) -> None:
        self._db, self._series, self._clock, self._known = db, series, clock, known
        self._marked: Mapping[str, int] | None = None

    @classmethod
    async def opened(
        cls, db: Database, series: SqliteSeries, clock: Clock, *, adopt: bool = False
    ) -> "StoreIdentity":
        """`adopt`: an operator says that what is there belongs together. Raises NotOneStore."""
        known, standing = await _known(db), await series.standing()
        mark = standing.mark
        if known is None and mark is None:
            await _check_new(db, standing, adopt=adopt)
            known = await _made_one(db, standing, None)
        elif known is not None and mark is not None and known.store_id == mark.store_id:
            if known.generation < mark.generation:
                _log.warning(
                    "the metadata are older than the series, as after a restore:"
                    " ids go on beyond those that were given out, and everybody has to log in"
                )
                known = await _leapt(db, known, standing)
        elif known is None or known.settled or mark is not None:
            if not adopt:
                raise NotOneStore(_words(known, mark))
            _log.warning("metadata and series are made one store, as --adopt-series says")
            known = await _made_one(db, standing, known)
        identity = cls(db, series, clock, known)
        try:
            await identity.mark()
        except (*LOST, Unavailable) as error:
            if not known.settled:
                raise
            _log.warning("new ids cannot be marked now: %s", error)  # a full disk stops no start
        return identity

    @property
    def store_id(self) -> str:
        """The same over restarts: one controller at a time has the store."""
        return self._known.store_id

    @property
    def token_epoch(self) -> str:
        """What a token must say to be of this store as it is now."""
        return f"{self._known.store_id[:16]}.{self._known.epoch}"

    async def run(self) -> None:
        while True:
            await self._clock.sleep(LOOK_SEC)
            await self.mark()

    async def mark(self) -> None:
        """Tell the series which ids were given out since they were told last; the metadata first,
        so that these are never behind.
        """
        used = await self._db.used_ids()
        if used == self._marked:
            return
        generation = self._known.generation + 1
        await _put(self._db, generation=generation)
        await self._series.set_mark(Mark(self._known.store_id, generation, used))
        if not self._known.settled:
            await _put(self._db, settled=True)
        self._known = msgspec.structs.replace(self._known, generation=generation, settled=True)
        self._marked = used


async def _known(db: Database) -> StoreRow | None:
    columns = store.c.store_id, store.c.epoch, store.c.generation, store.c.settled
    async with db.read() as connection:
        row = (await connection.execute(select(*columns))).one_or_none()
    return None if row is None else StoreRow(*row)


async def _check_new(db: Database, standing: SeriesMark, *, adopt: bool) -> None:
    """Neither has an id: a first start, or the first one of this version."""
    async with db.read() as connection:
        there = (await connection.execute(select(agents.c.id).limit(1))).one_or_none()
    if standing.has_rows and there is None and not adopt:
        raise NotOneStore(
            "the metadata are new, and the series have results that are not of theirs: bring the"
            " metadata back (`forepost restore`), move series.sqlite away, or say once that they"
            " belong together: forepost controller --adopt-series"
        )


async def _made_one(db: Database, standing: SeriesMark, known: StoreRow | None) -> StoreRow:
    """A new id, which the series get with the first mark; both may end in between."""
    mark = standing.mark
    made = StoreRow(
        store_id=secrets.token_hex(16),
        epoch=1 if known is None and mark is None else _next_epoch(known),
        generation=max(known.generation if known else 0, mark.generation if mark else 0),
        settled=False,
    )
    leap = LEAP if known or mark else 0
    if standing.has_rows or leap:
        await db.raise_ids(_floor(standing), leap)
    values = msgspec.structs.asdict(made)
    async with db.write() as connection:
        if known is None:
            await connection.execute(insert(store).values(one=1, **values))
        else:
            await connection.execute(update(store).values(**values))
    return made


async def _leapt(db: Database, known: StoreRow, standing: SeriesMark) -> StoreRow:
    assert standing.mark is not None
    await db.raise_ids(_floor(standing), LEAP)
    later = {"epoch": _next_epoch(known), "generation": standing.mark.generation}
    await _put(db, **later)
    return msgspec.structs.replace(known, **later)


def _next_epoch(known: StoreRow | None) -> int:
    """Random besides: two copies of one backup that both go on have nothing in common."""
    return (known.epoch if known else 0) + 1 + secrets.randbelow(1_000)


def _floor(standing: SeriesMark) -> dict[str, int]:
    """The ids that are taken, by table."""
    floor = dict(standing.mark.used) if standing.mark else {}
    for table, highest in (("probes", standing.highest_probe), ("agents", standing.highest_agent)):
        floor[table] = max(floor.get(table, 0), highest)
    return floor


async def _put(db: Database, **values: int | bool) -> None:
    async with db.write() as connection:
        await connection.execute(update(store).values(**values))


def _words(known: StoreRow | None, mark: Mark | None) -> str:
    if known is None:
        said = "the metadata are new, and the series are of a store that had others"
    elif mark is None:
        said = "the series are new, or of a store of before, and the metadata had others"
    else:
        said = "metadata and series are of two different stores"
    return (
        f"{said}: bring back what belongs together (`forepost restore`), or say once that they do:"
        " forepost controller --adopt-series"
    )
