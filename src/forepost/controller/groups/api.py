"""Routes of address groups."""

from typing import Final

from litestar import Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access import needs
from forepost.controller.groups.store import Groups
from forepost.kit.clock import Clock
from forepost.wire.groups import Group, GroupPatch, NewGroup
from forepost.wire.rest import Done, ListOf

ALL: Final = "/workspaces/{workspace_id:int}/address-groups"
ONE: Final = ALL + "/{group_id:int}"


def routes(groups: Groups, clock: Clock) -> Router:
    @get(ALL, opt=needs("VIEWER"))
    async def list_groups(workspace_id: FromPath[int]) -> ListOf[Group]:
        """Without their addresses."""
        return ListOf(data=await groups.of(workspace_id))

    @post(ALL, opt=needs("USER"))
    async def add_group(workspace_id: FromPath[int], data: JSONBody[NewGroup]) -> Group:
        """Addresses may be written in any usual way; each is kept once, in the canonical one."""
        return await groups.add(workspace_id, data, clock.now())

    @get(ONE, opt=needs("VIEWER"))
    async def get_group(workspace_id: FromPath[int], group_id: FromPath[int]) -> Group:
        return await groups.get(workspace_id, group_id)

    @patch(ONE, opt=needs("USER"))
    async def change_group(
        workspace_id: FromPath[int], group_id: FromPath[int], data: JSONBody[GroupPatch]
    ) -> Group:
        return await groups.change(workspace_id, group_id, data, clock.now())

    @delete(ONE, opt=needs("USER"), status_code=HTTP_200_OK)
    async def delete_group(workspace_id: FromPath[int], group_id: FromPath[int]) -> Done:
        await groups.delete(workspace_id, group_id)
        return Done()

    return Router(
        "/",
        route_handlers=[list_groups, add_group, get_group, change_group, delete_group],
        tags=["groups"],
    )
