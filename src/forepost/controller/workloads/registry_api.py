"""Routes of the registries that images come from."""

from collections.abc import Callable
from typing import Final

from litestar import Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import needs
from forepost.controller.page import Limit, Offset
from forepost.controller.workloads.registry_store import RegistryStore
from forepost.kit.clock import Clock
from forepost.wire.rest.bodies import Done, Page
from forepost.wire.workloads.rest import ImageRegistry, NewRegistry, RegistryPatch

ALL: Final = "/workspaces/{workspace_id:int}/registries"
ONE: Final = ALL + "/{registry_id:int}"


def routes(store: RegistryStore, changed: Callable[[int], None], clock: Clock) -> Router:
    """`changed` hears of every change of a workspace's registries."""

    @get(ALL, opt=needs("VIEWER"))
    async def list_registries(
        workspace_id: FromPath[int], limit: Limit = 50, offset: Offset = 0
    ) -> Page[ImageRegistry]:
        data, total = await store.page(workspace_id, limit, offset)
        return Page(data=data, total=total, limit=limit, offset=offset)

    @post(ALL, opt=needs("ADMIN"))
    async def add_registry(
        workspace_id: FromPath[int], data: JSONBody[NewRegistry]
    ) -> ImageRegistry:
        """Its password goes to agents whose microservices name it, and to nobody else."""
        return await store.add(workspace_id, data, clock.now())

    @get(ONE, opt=needs("VIEWER"))
    async def get_registry(
        workspace_id: FromPath[int], registry_id: FromPath[int]
    ) -> ImageRegistry:
        return await store.get(workspace_id, registry_id)

    @patch(ONE, opt=needs("ADMIN"))
    async def change_registry(
        workspace_id: FromPath[int], registry_id: FromPath[int], data: JSONBody[RegistryPatch]
    ) -> ImageRegistry:
        made = await store.change(workspace_id, registry_id, data, clock.now())
        changed(workspace_id)
        return made

    @delete(ONE, opt=needs("ADMIN"), status_code=HTTP_200_OK)
    async def delete_registry(workspace_id: FromPath[int], registry_id: FromPath[int]) -> Done:
        """Refused while a microservice names it."""
        await store.delete(workspace_id, registry_id)
        return Done()

    return Router(
        "/",
        route_handlers=[
            list_registries,
            add_registry,
            get_registry,
            change_registry,
            delete_registry,
        ],
        tags=["registries"],
    )
