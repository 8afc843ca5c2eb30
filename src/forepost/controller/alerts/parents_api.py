"""Routes of what depends on what."""

from typing import Final

from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import needs
from forepost.controller.alerts.parents import Parents
from forepost.kit.clock import Clock
from forepost.wire.rest.bodies import Done, ListOf
from forepost.wire.rest.incidents import NewParent, Parent

PARENTS: Final = "/workspaces/{workspace_id:int}/alert-parents"


def routes(parents: Parents, clock: Clock) -> Router:
    @get(PARENTS, opt=needs("VIEWER"))
    async def list_parents(workspace_id: FromPath[int]) -> ListOf[Parent]:
        """While a parent is down nobody is told of what depends on it; all is measured."""
        return ListOf(data=await parents.of(workspace_id))

    @post(PARENTS, opt=needs("ADMIN"))
    async def add_parent(workspace_id: FromPath[int], data: JSONBody[NewParent]) -> Parent:
        """A probe, or an agent with all that is measured towards it, depends on another."""
        return await parents.add(workspace_id, data, clock.now())

    @delete(PARENTS + "/{parent_id:int}", opt=needs("ADMIN"), status_code=HTTP_200_OK)
    async def delete_parent(workspace_id: FromPath[int], parent_id: FromPath[int]) -> Done:
        await parents.delete(workspace_id, parent_id)
        return Done()

    return Router(
        "/", route_handlers=[list_parents, add_parent, delete_parent], tags=["alert-parents"]
    )
