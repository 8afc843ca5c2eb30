"""Rows that other rows refer to, for tests of a store by itself."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.access import sessions
from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.workspaces import members, workspaces

THEN = datetime(2026, 1, 1, tzinfo=UTC)


async def home(db: Database) -> None:
    """User 1 owns workspace 1 with agent 1, and has session 1."""
    times = {"created_at": THEN, "updated_at": THEN}
    async with db.write() as connection:
        await connection.execute(
            insert(users).values(
                id=1,
                email="owner@example.com",
                name="",
                role="USER",
                password_hash="",
                verified=False,
                **times,
            )
        )
        await connection.execute(
            insert(sessions).values(
                id=1,
                user_id=1,
                created_at=THEN,
                expires_at=THEN + timedelta(days=365),
                last_used_at=THEN,
                address="",
                user_agent="",
            )
        )
        await connection.execute(
            insert(workspaces).values(id=1, name="home", description="", owner_id=1, **times)
        )
        await connection.execute(
            insert(members).values(workspace_id=1, user_id=1, role="OWNER", **times)
        )
        await connection.execute(
            insert(agents).values(
                id=1,
                workspace_id=1,
                name="edge",
                description="",
                location="",
                public_ip_override="",
                version="",
                psk_sha256="",
                **times,
            )
        )
