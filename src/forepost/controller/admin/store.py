"""SQL of workspaces and agents across a site, for its admins."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, Select, func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.probes import probes
from forepost.controller.db.tables.workspaces import members, workspaces
from forepost.controller.email_address import kept_forms
from forepost.kit.errors import Conflict, Invalid, NotFound
from forepost.wire.base import NEVER
from forepost.wire.rest.admin import SiteAgent, SiteMember, WorkspaceStats
from forepost.wire.rest.bodies import Workspace


class Totals(msgspec.Struct, frozen=True):
    users: int
    workspaces: int
    agents: int
    probes: int


class SiteStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def totals(self) -> Totals:
        async with self._db.read() as connection:
            counts = [
                await connection.scalar(select(func.count()).select_from(query.subquery())) or 0
                for query in (
                    select(users.c.id),
                    _workspaces(),
                    _agents(),
                    _agents().join(probes, probes.c.agent_id == agents.c.id),
                )
            ]
        return Totals(*counts)

    async def stats(self, live: frozenset[int]) -> list[WorkspaceStats]:
        """Of each workspace. `live`: agents that are connected."""
        async with self._db.read() as connection:
            spaces = (await connection.execute(_workspaces().order_by(workspaces.c.id))).all()
            of_agents = (await connection.execute(_agents())).all()
            of_members, of_probes = [
                dict((await connection.execute(counted)).tuples().all())
                for counted in (
                    _counted(members).where(members.c.accepted_at.is_not(None)),
                    _counted(probes),
                )
            ]
        theirs: dict[int, list[int]] = {}
        for row in of_agents:
            theirs.setdefault(row.workspace_id, []).append(row.id)
        return [
            WorkspaceStats(
                workspace_id=row.id,
                workspace_name=row.name,
                member_count=of_members.get(row.id, 0),
                agent_count=len(theirs.get(row.id, [])),
                active_agents=len(live.intersection(theirs.get(row.id, []))),
                probe_count=of_probes.get(row.id, 0),
            )
            for row in spaces
        ]

    async def workspaces(self, q: str, limit: int, offset: int) -> tuple[list[Workspace], int]:
        found = _workspaces()
        if q:
            found = found.where(workspaces.c.name.icontains(q, autoescape=True))
        rows, total = await self._page(found.order_by(workspaces.c.id), limit, offset)
        return [_workspace(row) for row in rows], total

    async def workspace(self, workspace_id: int) -> Workspace:
        """Raises NotFound."""
        async with self._db.read() as connection:
            query = _workspaces().where(workspaces.c.id == workspace_id)
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise NotFound("workspace not found")
        return _workspace(row)

    async def agents(self, q: str, limit: int, offset: int) -> tuple[list[SiteAgent], int]:
        found = _agents()
        if q:
            named = (
                one.icontains(q, autoescape=True) for one in (agents.c.name, workspaces.c.name)
            )
            found = found.where(or_(*named))
        rows, total = await self._page(found.order_by(agents.c.id), limit, offset)
        return [_agent(row) for row in rows], total

    async def named(self, agent_ids: Sequence[int]) -> list[SiteAgent]:
        """Those of these agents that are there, in order."""
        query = _agents().where(agents.c.id.in_(agent_ids)).order_by(agents.c.id)
        async with self._db.read() as connection:
            return [_agent(row) for row in (await connection.execute(query)).all()]

    async def add_member(self, workspace_id: int, new: SiteMember, now: datetime) -> int:
        """Make an account a member at once; the id of the membership. Raises NotFound, Conflict."""
        await self.workspace(workspace_id)
        if not (new.user_id or new.email):
            raise Invalid("user_id: an account, by id or by its email, is needed")
        forms = kept_forms(new.email)
        who = users.c.id == new.user_id if new.user_id else users.c.email.in_(forms)
        try:
            async with self._db.write_more(members, workspace_id) as connection:
                as_typed_first = users.c.email != forms[0]
                user_id = await connection.scalar(
                    select(users.c.id)
                    .where(who, users.c.locked_at.is_(None))
                    .order_by(as_typed_first)
                )
                if user_id is None:
                    raise NotFound("user not found")
                statement = (
                    insert(members)
                    .values(
                        workspace_id=workspace_id,
                        user_id=user_id,
                        role=new.role,
                        accepted_at=now,
                        meta={},
                        created_at=now,
                        updated_at=now,
                    )
                    .returning(members.c.id)
                )
                return int((await connection.execute(statement)).scalar_one())
        except IntegrityError:
            raise Conflict("user_id: is a member of this workspace already") from None

    async def _page(
        self, found: Select[Any], limit: int, offset: int
    ) -> tuple[Sequence[Row[Any]], int]:
        async with self._db.read() as connection:
            count = select(func.count()).select_from(found.order_by(None).subquery())
            total = await connection.scalar(count)
            rows = (await connection.execute(found.limit(limit).offset(offset))).all()
        return rows, total or 0


def _workspaces() -> Select[Any]:
    return select(workspaces).where(workspaces.c.deleted_at.is_(None))


def _agents() -> Select[Any]:
    return (
        select(
            *(agents.c.id, agents.c.workspace_id, agents.c.name, agents.c.description),
            *(agents.c.version, agents.c.location, agents.c.last_seen_at, agents.c.psk_sha256),
            *(agents.c.created_at, agents.c.updated_at, workspaces.c.name.label("workspace_name")),
        )
        .join(workspaces, workspaces.c.id == agents.c.workspace_id)
        .where(agents.c.deleted_at.is_(None), workspaces.c.deleted_at.is_(None))
    )


def _counted(table: Any) -> Select[Any]:
    return select(table.c.workspace_id, func.count()).group_by(table.c.workspace_id)


def _agent(row: Row[Any]) -> SiteAgent:
    return SiteAgent(
        id=row.id,
        workspace_id=row.workspace_id,
        workspace_name=row.workspace_name,
        name=row.name,
        description=row.description,
        version=row.version,
        location=row.location,
        last_seen_at=row.last_seen_at or NEVER,
        initialized=bool(row.psk_sha256),
        created_at=row.created_at,
        updated_at=row.updated_at,
        is_online=False,
    )


def _workspace(row: Row[Any]) -> Workspace:
    return Workspace(
        id=row.id,
        name=row.name,
        description=row.description,
        settings=row.settings,
        owner_id=row.owner_id,
        owner_id_camel=row.owner_id,
        created_at=row.created_at,
        created_at_camel=row.created_at,
        updated_at=row.updated_at,
        updated_at_camel=row.updated_at,
    )
