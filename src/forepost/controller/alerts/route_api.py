"""Routes of REST for the routes of notices."""

from typing import Final

from litestar import Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import READS, needs
from forepost.controller.alerts.route_store import RouteStore
from forepost.kit.clock import Clock
from forepost.wire.rest.bodies import Done, ListOf
from forepost.wire.rest.routes import NewRoute, NoticeRoute, RoutePatch, RoutePreview, RouteQuestion

ALL: Final = "/workspaces/{workspace_id:int}/routes"
ONE: Final = ALL + "/{route_id:int}"


def routes(store: RouteStore, clock: Clock) -> Router:
    @get(ALL, opt=needs("VIEWER"))
    async def list_routes(workspace_id: FromPath[int]) -> ListOf[NoticeRoute]:
        """In the order in which they are asked."""
        return ListOf(data=await store.all_of(workspace_id))

    @post(ALL, opt=needs("ADMIN"))
    async def add_route(workspace_id: FromPath[int], data: JSONBody[NewRoute]) -> NoticeRoute:
        return await store.add(workspace_id, data, clock.now())

    @get(ONE, opt=needs("VIEWER"))
    async def get_route(workspace_id: FromPath[int], route_id: FromPath[int]) -> NoticeRoute:
        return await store.get(workspace_id, route_id)

    @patch(ONE, opt=needs("ADMIN"))
    async def change_route(
        workspace_id: FromPath[int], route_id: FromPath[int], data: JSONBody[RoutePatch]
    ) -> NoticeRoute:
        """What it led somewhere before is told to its end there."""
        return await store.change(workspace_id, route_id, data, clock.now())

    @delete(ONE, opt=needs("ADMIN"), status_code=HTTP_200_OK)
    async def delete_route(workspace_id: FromPath[int], route_id: FromPath[int]) -> Done:
        await store.delete(workspace_id, route_id)
        return Done()

    @post(ALL + "/preview", opt=needs("VIEWER", READS), status_code=HTTP_200_OK)
    async def preview_routes(
        workspace_id: FromPath[int], data: JSONBody[RouteQuestion]
    ) -> RoutePreview:
        """Which routes an alert takes, and why: one that there is, or one that there might be."""
        return await store.preview(workspace_id, data, clock.now())

    return Router(
        "/",
        route_handlers=[
            list_routes,
            add_route,
            get_route,
            change_route,
            delete_route,
            preview_routes,
        ],
        tags=["routes"],
    )
