"""Routes of the audit log: of a workspace, and of one's own account."""

from datetime import UTC, datetime
from typing import Annotated, Final

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from forepost.controller.access.guard import SIGNED_IN, Caller, needs
from forepost.controller.audit.store import AuditLog, AuditQuery
from forepost.controller.page import From, Limit, Offset, To, time_range
from forepost.kit.clock import Clock
from forepost.wire.base import MOST_ID
from forepost.wire.rest.access import AuditRow
from forepost.wire.rest.bodies import Page

Action = Annotated[str | None, QueryParameter(pattern=r"^[a-z.-]{1,100}$(?!\n)")]
UserId = Annotated[int | None, QueryParameter(name="userId", ge=1, le=MOST_ID)]
OF_WORKSPACE: Final = "/workspaces/{workspace_id:int}/audit"


def routes(log: AuditLog, clock: Clock) -> Router:
    @get(OF_WORKSPACE, opt=needs("ADMIN"))
    async def of_workspace(
        workspace_id: FromPath[int],
        action: Action = None,
        user_id: UserId = None,
        start: From = None,
        to: To = None,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[AuditRow]:
        """Who changed what, the newest first."""
        begin, end = _times(start, to, clock.now())
        asked = AuditQuery(user_id=user_id, action=action, start=begin, end=end)
        data, total = await log.of_workspace(workspace_id, asked, limit, offset)
        return Page(data=data, total=total, limit=limit, offset=offset)

    @get("/auth/audit", opt=needs(SIGNED_IN))
    async def of_account(
        caller: NamedDependency[Caller],
        action: Action = None,
        start: From = None,
        to: To = None,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[AuditRow]:
        """The caller's own logins, refused ones too, and other events of the account."""
        begin, end = _times(start, to, clock.now())
        asked = AuditQuery(action=action, start=begin, end=end)
        data, total = await log.of_account(caller.user_id, asked, limit, offset)
        return Page(data=data, total=total, limit=limit, offset=offset)

    return Router("/", route_handlers=[of_workspace, of_account], tags=["audit"])


def _times(
    start: str | None, to: str | None, now: datetime
) -> tuple[datetime | None, datetime | None]:
    asked = time_range(start, to, now)
    begin, end = (None if at is None else datetime.fromtimestamp(at, UTC) for at in asked)
    return begin, end
