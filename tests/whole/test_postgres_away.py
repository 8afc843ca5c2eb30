"""Metadata in PostgreSQL: it goes away, comes back, and has one controller at a time."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import httpx
import pytest

from forepost.controller.db.engine import Database
from forepost.kit.folder_lock import TAKEN
from tests.postgres import Postgres
from tests.running import ControllerProcess, until

pytestmark = pytest.mark.timeout(240)


def controller_on(url: str, folder: Path) -> ControllerProcess:
    process = ControllerProcess(folder)
    process.env["FOREPOST_DATA__DATABASE_URL"] = url
    return process


def test_a_second_controller_is_refused_while_the_first_lives(
    postgres: Postgres, tmp_path: Path
) -> None:
    url = postgres.database()
    first = controller_on(url, tmp_path / "first").start()
    try:
        second = controller_on(url, tmp_path / "second")
        done = subprocess.run(
            [sys.executable, *second.arguments],
            env={**second.env, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
            timeout=45,
        )
        assert done.returncode == TAKEN, done.stderr
        assert "is in use by another controller" in done.stderr.strip().splitlines()[-1]
        assert "Traceback" not in done.stderr
    finally:
        first.end()
    first.start()
    first.end()


def test_away_is_503_and_said_once_and_over_when_it_is_over(
    postgres: Postgres, tmp_path: Path
) -> None:
    url = postgres.database()
    name = url.rsplit("/", 1)[1]
    controller = controller_on(url, tmp_path / "c").start()
    try:
        person = controller.person()
        # Nobody gets in, and who is in is thrown out: what a restart of the server is like.
        postgres.sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        postgres.sql(cut)
        ready = httpx.get(f"{controller.url}/readyz", verify=False, timeout=45)
        assert ready.status_code == 503, ready.text
        assert "database" in ready.json()["problems"]
        for _ in range(5):
            answer = person.ask("GET", "/auth/me")
            if answer.status_code != 200:  # what is in RAM is answered
                assert answer.status_code == 503
            answer = person.ask("POST", "/workspaces", json={"name": "w"})
            assert answer.status_code == 503, answer.text
            assert answer.headers["Retry-After"] == "5"
            assert "try again" in answer.json()["error"]
        assert controller.output.count("WARNING") <= 3, controller.output
        assert "Traceback" not in controller.output
        assert "postgres@" not in ready.text or "password" not in ready.text
        postgres.sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        until(
            lambda: httpx.get(f"{controller.url}/readyz", verify=False).status_code == 200,
            15,
            lambda: controller.output,
        )
        person.call("POST", "/workspaces", {"name": "w"}, status=201)
    finally:
        controller.end()


def test_whoever_lost_the_database_to_another_ends(postgres: Postgres, tmp_path: Path) -> None:
    """Its lock went with its connection, and another controller took it in the meantime."""
    url = postgres.database()
    name = url.rsplit("/", 1)[1]
    first = controller_on(url, tmp_path / "first").start()
    second = controller_on(url, tmp_path / "second")
    second.arguments.append("--adopt-series")
    try:
        cut = (
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS false; "
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )
        postgres.sql(cut)
        postgres.sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        second.start()
        assert first.child is not None
        assert first.child.wait(15) == TAKEN, first.output
        assert second.is_ready()
    finally:
        first.end()
        second.end()


def test_two_migrations_at_once_wait_for_each_other(postgres: Postgres) -> None:
    url = postgres.database(empty=True)

    async def migrate() -> None:
        database = Database.at(url)
        await database.migrate()
        await database.close()

    with ThreadPoolExecutor(3) as pool:
        for one in [pool.submit(anyio.run, migrate) for _ in range(3)]:
            one.result(15)


def test_a_statement_without_end_is_ended(postgres: Postgres) -> None:
    async def timeouts() -> tuple[str, str]:
        database = Database.at(postgres.database())
        async with database.read() as connection:
            statement = await connection.exec_driver_sql("SHOW statement_timeout")
            lock = await connection.exec_driver_sql("SHOW lock_timeout")
            found = str(statement.scalar_one()), str(lock.scalar_one())
        await database.close()
        return found

    assert anyio.run(timeouts) == ("30s", "10s")
