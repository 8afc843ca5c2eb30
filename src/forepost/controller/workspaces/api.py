"""Routes of workspaces."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK
from msgspec import UNSET

from forepost.controller.access.guard import SIGNED_IN, Caller, needs
from forepost.controller.calendar import zone_of
from forepost.controller.page import Limit, Offset
from forepost.controller.workspaces.store import Workspaces
from forepost.kit.clock import Clock
from forepost.kit.errors import Invalid
from forepost.wire.rest.bodies import Done, NewWorkspace, Page, Workspace, WorkspacePatch


def routes(
    workspaces: Workspaces,
    clock: Clock,
    membership_changed: Callable[[], None],
    made: Callable[[int], Awaitable[None]],
    deleted: Callable[[int], None],
) -> Router:
    """`made` is told the id of a new workspace, `deleted` that of one that is no more."""

    @get("/workspaces", opt=needs(SIGNED_IN))
    async def list_workspaces(
        caller: NamedDependency[Caller],
        q: FromQuery[str] = "",
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[Workspace]:
        data, total = await workspaces.of_user(caller.user_id, q, limit, offset, clock.now())
        return Page(data=data, total=total, limit=limit, offset=offset)

    @post("/workspaces", opt=needs(SIGNED_IN))
    async def add_workspace(
        caller: NamedDependency[Caller], data: JSONBody[NewWorkspace]
    ) -> Workspace:
        _check_settings(data.settings)
        workspace = await workspaces.add(caller.user_id, data, clock.now())
        await made(workspace.id)
        return workspace

    @get("/workspaces/{workspace_id:int}", opt=needs("VIEWER"))
    async def get_workspace(
        caller: NamedDependency[Caller], workspace_id: FromPath[int]
    ) -> Workspace:
        return await workspaces.get(workspace_id, caller.role)

    @patch("/workspaces/{workspace_id:int}", opt=needs("ADMIN"))
    async def change_workspace(
        caller: NamedDependency[Caller], workspace_id: FromPath[int], data: JSONBody[WorkspacePatch]
    ) -> Workspace:
        if data.settings is not UNSET:
            _check_settings(data.settings)
        return await workspaces.change(workspace_id, data, caller.role, clock.now())

    @delete("/workspaces/{workspace_id:int}", opt=needs("OWNER"), status_code=HTTP_200_OK)
    async def delete_workspace(workspace_id: FromPath[int]) -> Done:
        await workspaces.delete(workspace_id, clock.now())
        membership_changed()
        deleted(workspace_id)
        return Done()

    return Router(
        "/",
        route_handlers=[
            list_workspaces,
            add_workspace,
            get_workspace,
            change_workspace,
            delete_workspace,
        ],
        tags=["workspaces"],
    )


def _check_settings(settings: dict[str, Any]) -> None:
    """Raises Invalid where they say a time zone that is none; all else is the user's own."""
    zone = settings.get("timezone")
    if zone is None or zone == "":
        return
    if not isinstance(zone, str):
        raise Invalid("settings.timezone: expected the name of a time zone, such as Europe/Berlin")
    zone_of(zone, "settings.timezone")
