"""What becomes of PINs and agents that an earlier version kept."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import create_async_engine

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.fleet import agents, pins
from forepost.controller.db.upgrade import upgrade
from forepost.controller.fleet.store import Agents
from tests.fakes.clock import START
from tests.postgres import Postgres

pytestmark = pytest.mark.anyio
NOW = f"'{START:%Y-%m-%d %H:%M:%S}'"
OWN = f"{NOW}, {NOW}"


@pytest.fixture(params=["sqlite", "postgresql"])
async def old(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Agent 1 enrolled, with an open PIN of user 1; 2 has nobody's PIN, 3 a key's."""
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path / 'meta.sqlite'}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        url = server.database(empty=True)
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        await connection.run_sync(lambda plain: upgrade(plain, "0012"))
        statements = [
            (
                "INSERT INTO users (id, email, name, role, password_hash, verified, created_at,"
                f" updated_at) VALUES (1, 'a@x.com', '', 'USER', 'h', false, {OWN})"
            ),
            (
                "INSERT INTO workspaces (id, name, description, owner_id, created_at, updated_at)"
                f" VALUES (1, 'w', '', 1, {OWN})"
            ),
            (
                "INSERT INTO members (workspace_id, user_id, role, created_at, updated_at)"
                f" VALUES (1, 1, 'OWNER', {OWN})"
            ),
            (
                "INSERT INTO api_keys (id, workspace_id, created_by, name, role, scopes,"
                " secret_sha256, last_address, created_at, updated_at)"
                f" VALUES (1, 1, 1, 'k', 'USER', '[]', 's', '', {OWN})"
            ),
        ]
        for number, psk in ((1, "psk"), (2, ""), (3, "")):
            statements.append(
                "INSERT INTO agents (id, workspace_id, name, description, location,"
                " public_ip_override, version, psk_sha256, created_at, updated_at)"
                f" VALUES ({number}, 1, 'e', '', '', '', '', '{psk}', {OWN})"
            )
        for number, agent, used in ((1, 1, NOW), (2, 1, "NULL"), (3, 2, "NULL"), (4, 3, "NULL")):
            statements.append(
                "INSERT INTO pins (id, agent_id, pin_hash, created_at, consumed_at)"
                f" VALUES ({number}, {agent}, 'h', {NOW}, {used})"
            )
        for agent, user, key in ((1, "1", "NULL"), (3, "NULL", "1")):
            statements.append(
                "INSERT INTO audit (at, workspace_id, user_id, api_key_id, actor, action,"
                f" object_kind, object_id, address, status) VALUES ({NOW}, 1, {user}, {key}, '',"
                f" 'agents.issue-pin', 'agent', {agent}, '', 200)"
            )
        for statement in statements:
            await connection.exec_driver_sql(statement)
        await connection.commit()
    await engine.dispose()
    return url


async def test_a_pin_expires_and_is_somebodys_or_lets_nobody_in(old: str) -> None:
    db = Database.at(old)
    await db.migrate()
    async with db.read() as connection:
        query = select(pins.c.created_by, pins.c.api_key_id, pins.c.expires_at).order_by(pins.c.id)
        rows = (await connection.execute(query)).all()
        enrolled = select(agents.c.psk_pin_id).order_by(agents.c.id)
        given_for = list((await connection.execute(enrolled)).scalars())
    day = START + timedelta(days=1)
    assert [tuple(row) for row in rows] == [
        (1, None, day),
        (1, None, day),
        (None, None, day),
        (1, 1, day),
    ]
    assert given_for == [1, 0, 0]
    store = Agents(db)
    soon = START + timedelta(hours=1)
    assert [list(await store.pins.open(1, n, soon)) for n in (1, 2, 3)] == [[2], [], [4]]
    assert await store.pins.open(1, 1, day) == {}
    await db.close()
