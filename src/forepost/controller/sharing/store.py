"""SQL of share links."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, delete, insert, select, update

from forepost.controller.access.guard import Caller
from forepost.controller.db.derived import ISSUES, maker_may, still_may
from forepost.controller.db.engine import Database
from forepost.controller.db.presence import agent_exists
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.share_links import share_links
from forepost.controller.db.tables.workspaces import workspaces
from forepost.kit.errors import NotFound
from forepost.wire.rest.share_links import NewShareLink, ShareLink

NONE_SUCH = "share link not found"


class StoredShareLink(msgspec.Struct, frozen=True):
    """A link as `ShareAccess` needs it."""

    link: ShareLink
    password_hash: str


class ShareLinks:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, workspace_id: int, agent_id: int) -> list[ShareLink]:
        """Newest first, expired ones too."""
        query = (
            select(share_links)
            .where(*_of_agent(workspace_id, agent_id))
            .order_by(share_links.c.id.desc())
        )
        async with self._db.read() as connection:
            await agent_exists(connection, workspace_id, agent_id)
            return [_link(row) for row in (await connection.execute(query)).all()]

    async def of_workspace(self, workspace_id: int) -> list[ShareLink]:
        """Of all its agents, newest first, expired ones too."""
        query = (
            select(share_links)
            .join(agents, agents.c.id == share_links.c.agent_id)
            .where(share_links.c.workspace_id == workspace_id, agents.c.deleted_at.is_(None))
            .order_by(share_links.c.id.desc())
        )
        async with self._db.read() as connection:
            return [_link(row) for row in (await connection.execute(query)).all()]

    async def add(
        self,
        workspace_id: int,
        agent_id: int,
        new: NewShareLink,
        password_hash: str,
        by: Caller,
        now: datetime,
    ) -> tuple[ShareLink, str]:
        """The link and its token, of which only a hash is kept. Raises Unauthenticated."""
        token = secrets.token_urlsafe(32)
        statement = (
            insert(share_links)
            .values(
                workspace_id=workspace_id,
                agent_id=agent_id,
                created_by=by.user_id,
                api_key_id=by.key_id or None,
                probe_id=new.probe_id,
                shown_from=new.shown_from,
                shown_to=new.shown_to,
                token_sha256=_sha256(token),
                password_hash=password_hash,
                expires_at=now + timedelta(seconds=new.expires_in_seconds),
                access_count=0,
                created_at=now,
                updated_at=now,
            )
            .returning(*share_links.c)
        )
        async with self._db.write_more(share_links, workspace_id) as connection:
            await still_may(connection, by, ISSUES, workspace_id, now)
            await agent_exists(connection, workspace_id, agent_id)
            return _link((await connection.execute(statement)).one()), token

    async def delete(self, workspace_id: int, agent_id: int, link_id: int) -> None:
        statement = delete(share_links).where(
            *_of_agent(workspace_id, agent_id), share_links.c.id == link_id
        )
        async with self._db.write() as connection:
            if (await connection.execute(statement)).rowcount != 1:
                raise NotFound(NONE_SUCH)

    async def by_token(self, token: str, now: datetime) -> StoredShareLink:
        """Raises NotFound, also when its agent or workspace has been deleted, or who made it could
        not make it now.
        """
        query = (
            select(share_links)
            .join(agents, agents.c.id == share_links.c.agent_id)
            .join(workspaces, workspaces.c.id == share_links.c.workspace_id)
            .where(
                share_links.c.token_sha256 == _sha256(token),
                agents.c.deleted_at.is_(None),
                workspaces.c.deleted_at.is_(None),
                maker_may(
                    ISSUES,
                    share_links.c.workspace_id,
                    share_links.c.created_by,
                    share_links.c.api_key_id,
                    now,
                ),
            )
        )
        async with self._db.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise NotFound(NONE_SUCH)
        return StoredShareLink(_link(row), row.password_hash)

    async def opened(self, link_id: int, now: datetime) -> None:
        statement = (
            update(share_links)
            .where(share_links.c.id == link_id)
            .values(access_count=share_links.c.access_count + 1, last_accessed_at=now)
        )
        async with self._db.write() as connection:
            await connection.execute(statement)

    async def forget(self, before: datetime) -> None:
        """Drop links that expired before."""
        async with self._db.write() as connection:
            await connection.execute(delete(share_links).where(share_links.c.expires_at < before))


def _of_agent(workspace_id: int, agent_id: int) -> tuple[Any, ...]:
    return share_links.c.workspace_id == workspace_id, share_links.c.agent_id == agent_id


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _link(row: Row[Any]) -> ShareLink:
    return ShareLink(
        id=row.id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        workspace_id=row.workspace_id,
        agent_id=row.agent_id,
        created_by_user_id=row.created_by,
        expires_at=row.expires_at,
        has_password=bool(row.password_hash),
        access_count=row.access_count,
        last_accessed_at=row.last_accessed_at,
        probe_id=row.probe_id,
        shown_from=row.shown_from,
        shown_to=row.shown_to,
    )
