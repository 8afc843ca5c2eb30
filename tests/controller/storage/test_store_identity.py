"""Metadata and series belong together, and what was given out never comes again."""

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import apsw
import pytest
from sqlalchemy import delete

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.store import store
from forepost.controller.series.sqlite import SqliteSeries
from forepost.controller.storage.identity import LEAP, NotOneStore, StoreIdentity
from forepost.kit.health import Health
from forepost.kit.program import CANNOT_START
from tests.controller.series.series_rows import row
from tests.fakes.clock import FakeClock
from tests.postgres import Postgres
from tests.rows import home
from tests.running import ControllerProcess, Person

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def opened(folder: Path, url: str = "") -> AsyncIterator[tuple[Database, SqliteSeries]]:
    db = Database.at(url or f"sqlite+aiosqlite:///{folder / 'meta.sqlite'}")
    await db.migrate()
    health = Health(logging.getLogger("test"))
    series = await SqliteSeries.open(folder / "series.sqlite", FakeClock(), health)
    try:
        yield db, series
    finally:
        await series.close()
        await db.close()


async def start(folder: Path, *, adopt: bool = False, url: str = "") -> str:
    """The epoch of tokens."""
    async with opened(folder, url) as (db, series):
        return (await StoreIdentity.opened(db, series, FakeClock(), adopt=adopt)).token_epoch


async def ids(folder: Path) -> dict[str, int]:
    async with opened(folder) as (db, _):
        return await db.used_ids()


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """Workspace 1 with agent 1, and a result of probe 7."""
    found = tmp_path / "data"
    found.mkdir()
    await start(found)
    async with opened(found) as (db, series):
        await home(db)
        await series.add([row(probe_id=7)])
        await (await StoreIdentity.opened(db, series, FakeClock())).mark()
    return found


def take(folder: Path, name: str, to: Path) -> None:
    to.mkdir(exist_ok=True)
    for path in folder.glob(f"{name}*"):
        shutil.copy(path, to)


def lose(folder: Path, name: str) -> None:
    for path in folder.glob(f"{name}*"):
        path.unlink()


async def test_a_store_is_the_same_at_each_start(folder: Path) -> None:
    before = await start(folder)
    assert await start(folder) == before
    assert await start(folder) == before


@pytest.mark.parametrize("name", ["meta.sqlite", "series.sqlite"])
async def test_one_without_the_other_is_refused_until_somebody_says_so(
    folder: Path, name: str
) -> None:
    before = await start(folder)
    lose(folder, name)
    for _ in range(2):
        with pytest.raises(NotOneStore, match="forepost controller --adopt-series") as refused:
            await start(folder)
        assert "\n" not in str(refused.value)
    adopted = await start(folder, adopt=True)
    assert adopted != before
    assert await start(folder) == adopted
    used = await ids(folder)
    if name == "meta.sqlite":
        assert used["probes"] >= 7 + LEAP
        assert used["agents"] >= 10 + LEAP


async def test_two_stores_are_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    await start(other)
    lose(folder, "series.sqlite")
    take(other, "series.sqlite", folder)
    with pytest.raises(NotOneStore, match="of two different stores"):
        await start(folder)


async def test_metadata_of_before_go_on_beyond_what_was_given_out(
    folder: Path, tmp_path: Path
) -> None:
    before = await start(folder)
    take(folder, "meta.sqlite", tmp_path / "copy")
    async with opened(folder) as (db, series):
        identity = await StoreIdentity.opened(db, series, FakeClock())
        async with db.write() as connection:
            await connection.exec_driver_sql(
                "UPDATE sqlite_sequence SET seq = 500 WHERE name = 'users'"
            )
        await identity.mark()
    lose(folder, "meta.sqlite")
    take(tmp_path / "copy", "meta.sqlite", folder)
    after = await start(folder)
    assert after != before  # a token of then names rows that never were
    used = await ids(folder)
    assert used["users"] == 500 + LEAP
    assert min(used[name] for name in ("workspaces", "agents", "probes", "sessions")) >= LEAP
    assert await start(folder) == after


async def test_series_of_before_are_no_harm(folder: Path, tmp_path: Path) -> None:
    before = await start(folder)
    take(folder, "series.sqlite", tmp_path / "copy")
    await start(folder)
    lose(folder, "series.sqlite")
    take(tmp_path / "copy", "series.sqlite", folder)
    assert await start(folder) == before


def change_series(folder: Path, sql: str) -> None:
    connection = apsw.Connection(str(folder / "series.sqlite"))
    connection.execute(sql)
    connection.close()


async def without_ids(folder: Path) -> None:
    """As the version before left it."""
    async with opened(folder) as (db, _), db.write() as connection:
        await connection.execute(delete(store))
    change_series(folder, "DROP TABLE mark")


async def test_a_folder_of_the_version_before_is_taken_once(folder: Path) -> None:
    await without_ids(folder)
    taken = await start(folder)
    assert await start(folder) == taken
    assert (await ids(folder))["agents"] < LEAP  # nothing was restored
    lose(folder, "meta.sqlite")
    with pytest.raises(NotOneStore):
        await start(folder)


async def test_new_metadata_beside_results_of_the_version_before_are_refused(folder: Path) -> None:
    await without_ids(folder)
    lose(folder, "meta.sqlite")
    with pytest.raises(NotOneStore, match="the metadata are new"):
        await start(folder)
    await start(folder, adopt=True)
    assert (await ids(folder))["probes"] >= 7


async def test_an_end_in_the_middle_of_the_first_start_is_taken_up(folder: Path) -> None:
    await without_ids(folder)
    async with opened(folder) as (db, series):
        await StoreIdentity.opened(db, series, FakeClock())
        async with db.write() as connection:
            await connection.execute(store.update().values(settled=False))
    change_series(folder, "DELETE FROM mark")
    taken = await start(folder)
    assert await start(folder) == taken


async def test_postgresql_too(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.database()
    before = await start(tmp_path, url=url)
    async with opened(tmp_path, url) as (db, series):
        await home(db)
        identity = await StoreIdentity.opened(db, series, FakeClock())
        async with db.write() as connection:  # as an older dump has it
            await connection.execute(store.update().values(generation=0))
        again = await StoreIdentity.opened(db, series, FakeClock())
        assert identity.token_epoch == before != again.token_epoch
        assert (await db.used_ids())["agents"] >= LEAP
    with pytest.raises(NotOneStore):
        await start(tmp_path, url=postgres.database())


def test_lost_metadata_show_nobody_anothers_results(tmp_path: Path) -> None:
    process = ControllerProcess(tmp_path).start()
    try:
        one = process.person()
        agent = one.agent(one.workspace("one"))
        probe = one.probe(agent, type="PING", targets=["198.18.0.2"])
    finally:
        process.end()
    for path in (tmp_path / "data").glob("meta.sqlite*"):
        path.unlink()
    refused = subprocess.run(
        [sys.executable, *process.arguments],
        env=os.environ | process.env,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert refused.returncode == CANNOT_START
    assert refused.stderr.startswith("forepost controller: the metadata are new")
    assert refused.stderr.count("\n") == 1
    process.arguments.append("--adopt-series")
    process.start()
    try:
        assert Person(process, one.token, one.user_id).ask("GET", "/auth/me").status_code == 401
        two = process.person()
        other = two.agent(two.workspace("two"))
        assert other.id > agent.id
        assert two.probe(other, type="PING", targets=["198.18.0.2"]) > probe
    finally:
        process.end()
