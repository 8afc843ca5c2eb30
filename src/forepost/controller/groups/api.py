"""Routes of address groups."""

from collections.abc import Awaitable, Callable
from typing import Final

from litestar import Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import needs
from forepost.controller.groups.store import Groups
from forepost.kit.clock import Clock
from forepost.wire.flows.groups import Group, GroupPatch, NewGroup
from forepost.wire.rest.bodies import Done, ListOf
from forepost.wire.uplink.groups import GroupDelivery

ALL: Final = "/workspaces/{workspace_id:int}/address-groups"
DELIVERY: Final = ALL + "/delivery"
ONE: Final = ALL + "/{group_id:int}"

BODY_BYTES: Final = 10 << 20
"""The addresses of one group, as many as there may be, however they are written."""


def routes(
    groups: Groups,
    clock: Clock,
    changed: Callable[[int], None],
    delivery: Callable[[int], Awaitable[list[GroupDelivery]]],
) -> Router:
    """`changed` hears of every change of a workspace's groups; `delivery` says who has them."""

    @get(ALL, opt=needs("VIEWER"))
    async def list_groups(workspace_id: FromPath[int]) -> ListOf[Group]:
        """Without their addresses."""
        return ListOf(data=await groups.of(workspace_id))

    @post(ALL, opt=needs("USER"), request_max_body_size=BODY_BYTES)
    async def add_group(workspace_id: FromPath[int], data: JSONBody[NewGroup]) -> Group:
        """Addresses may be written in any usual way; each is kept once, in the canonical one."""
        made = await groups.add(workspace_id, data, clock.now())
        changed(workspace_id)
        return made

    @get(DELIVERY, opt=needs("VIEWER"))
    async def list_delivery(workspace_id: FromPath[int]) -> ListOf[GroupDelivery]:
        """What each agent makes of the groups: what it said last, at connect or after a change."""
        return ListOf(data=await delivery(workspace_id))

    @get(ONE, opt=needs("VIEWER"))
    async def get_group(workspace_id: FromPath[int], group_id: FromPath[int]) -> Group:
        return await groups.get(workspace_id, group_id)

    @patch(ONE, opt=needs("USER"), request_max_body_size=BODY_BYTES)
    async def change_group(
        workspace_id: FromPath[int], group_id: FromPath[int], data: JSONBody[GroupPatch]
    ) -> Group:
        made = await groups.change(workspace_id, group_id, data, clock.now())
        changed(workspace_id)
        return made

    @delete(ONE, opt=needs("USER"), status_code=HTTP_200_OK)
    async def delete_group(workspace_id: FromPath[int], group_id: FromPath[int]) -> Done:
        await groups.delete(workspace_id, group_id)
        changed(workspace_id)
        return Done()

    return Router(
        "/",
        route_handlers=[
            list_groups,
            add_group,
            list_delivery,
            get_group,
            change_group,
            delete_group,
        ],
        tags=["groups"],
    )
