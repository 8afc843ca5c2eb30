"""Routes of workspaces and their members."""

from collections.abc import Callable

from litestar import Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access import SIGNED_IN, Caller, needs
from forepost.controller.paging import Limit, Offset
from forepost.controller.workspaces.members import Members
from forepost.controller.workspaces.store import Workspaces
from forepost.kit.clock import Clock
from forepost.wire.rest import (
    Done,
    ListOf,
    Member,
    MemberPatch,
    NewMember,
    NewWorkspace,
    Page,
    Workspace,
    WorkspacePatch,
)


def routes(
    workspaces: Workspaces, members: Members, clock: Clock, membership_changed: Callable[[], None]
) -> Router:
    @get("/workspaces", opt=needs(SIGNED_IN))
    async def list_workspaces(
        caller: NamedDependency[Caller],
        q: FromQuery[str] = "",
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[Workspace]:
        data, total = await workspaces.of_user(caller.user_id, q, limit, offset)
        return Page(data=data, total=total, limit=limit, offset=offset)

    @post("/workspaces", opt=needs(SIGNED_IN))
    async def add_workspace(
        caller: NamedDependency[Caller], data: JSONBody[NewWorkspace]
    ) -> Workspace:
        return await workspaces.add(caller.user_id, data, clock.now())

    @get("/workspaces/{workspace_id:int}", opt=needs("VIEWER"))
    async def get_workspace(
        caller: NamedDependency[Caller], workspace_id: FromPath[int]
    ) -> Workspace:
        return await workspaces.get(workspace_id, caller.role)

    @patch("/workspaces/{workspace_id:int}", opt=needs("ADMIN"))
    async def change_workspace(
        caller: NamedDependency[Caller], workspace_id: FromPath[int], data: JSONBody[WorkspacePatch]
    ) -> Workspace:
        return await workspaces.change(workspace_id, data, caller.role, clock.now())

    @delete("/workspaces/{workspace_id:int}", opt=needs("OWNER"), status_code=HTTP_200_OK)
    async def delete_workspace(workspace_id: FromPath[int]) -> Done:
        await workspaces.delete(workspace_id, clock.now())
        membership_changed()
        return Done()

    @get("/workspaces/{workspace_id:int}/members", opt=needs("VIEWER"))
    async def list_members(workspace_id: FromPath[int]) -> ListOf[Member]:
        return ListOf(data=await members.of(workspace_id))

    @post("/workspaces/{workspace_id:int}/members", opt=needs("ADMIN"))
    async def add_member(workspace_id: FromPath[int], data: JSONBody[NewMember]) -> Member:
        """Make an existing account a member. (Inviting unknown addresses is not built yet.)"""
        member = await members.add(workspace_id, data, clock.now())
        membership_changed()
        return member

    @patch("/workspaces/{workspace_id:int}/members/{member_id:int}", opt=needs("ADMIN"))
    async def change_member(
        workspace_id: FromPath[int], member_id: FromPath[int], data: JSONBody[MemberPatch]
    ) -> Member:
        member = await members.change(workspace_id, member_id, data.role, clock.now())
        membership_changed()
        return member

    @delete(
        "/workspaces/{workspace_id:int}/members/{member_id:int}",
        opt=needs("ADMIN"),
        status_code=HTTP_200_OK,
    )
    async def remove_member(workspace_id: FromPath[int], member_id: FromPath[int]) -> Done:
        await members.remove(workspace_id, member_id)
        membership_changed()
        return Done()

    return Router(
        "/",
        route_handlers=[
            list_workspaces,
            add_workspace,
            get_workspace,
            change_workspace,
            delete_workspace,
            list_members,
            add_member,
            change_member,
            remove_member,
        ],
        tags=["workspaces"],
    )
