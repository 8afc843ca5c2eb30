"""Routes of the tags of agents."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from litestar import Request, Router, delete, get, patch
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.actor import concerns
from forepost.controller.access.guard import needs
from forepost.controller.jobs.stored_job import TagsOf
from forepost.controller.jobs.tag_store import TagStore
from forepost.kit.clock import Clock
from forepost.kit.errors import NotFound
from forepost.wire.jobs.agent_api import TAG_NAME, Tags
from forepost.wire.jobs.delivery import WantedTag
from forepost.wire.jobs.rest import AgentTag, AgentTagList

ALL: Final = "/workspaces/{workspace_id:int}/agents/{agent_id:int}/tags"
ONE: Final = ALL + "/{name:str}"


def routes(
    store: TagStore, tags_of: TagsOf, changed: Callable[[int], None], clock: Clock
) -> Router:
    """`tags_of`: what an agent said last. `changed`: told of an agent that is to be told."""

    def shown(agent_id: int, wanted: Sequence[WantedTag]) -> AgentTagList:
        said, here = tags_of(agent_id), {one.tag.name: one for one in wanted}
        return AgentTagList(
            tags=[_shown(name, said.get(name), here.get(name)) for name in sorted({*said, *here})]
        )

    @get(ALL, opt=needs("VIEWER"))
    async def list_tags(workspace_id: FromPath[int], agent_id: FromPath[int]) -> AgentTagList:
        """By name: as the agent said them last, and what was set here."""
        return shown(agent_id, await store.of(workspace_id, agent_id))

    @patch(ALL, opt=needs("USER", "agents.tags"))
    async def set_tags(
        request: Request[Any, Any, Any],
        workspace_id: FromPath[int],
        agent_id: FromPath[int],
        data: JSONBody[Tags],
    ) -> AgentTagList:
        """Set these, and leave the others. The agent has them when it has said so: where somebody
        at its host sets one later, that counts.
        """
        concerns(request.scope, ", ".join(tag.name for tag in data.tags))
        found = await store.set(workspace_id, agent_id, data.tags, clock.now())
        changed(agent_id)
        return shown(agent_id, found)

    @delete(ONE, opt=needs("USER", "agents.tags"), status_code=HTTP_200_OK)
    async def remove_tag(
        request: Request[Any, Any, Any],
        workspace_id: FromPath[int],
        agent_id: FromPath[int],
        name: FromPath[str],
    ) -> AgentTagList:
        """Have the agent have it no more, also where its settings have it."""
        if not TAG_NAME.fullmatch(name):
            raise NotFound("no tag can have this name")
        concerns(request.scope, name)
        found = await store.remove(workspace_id, agent_id, name, clock.now())
        changed(agent_id)
        return shown(agent_id, found)

    return Router("/", route_handlers=[list_tags, set_tags, remove_tag], tags=["agents"])


def _shown(name: str, said: str | None, here: WantedTag | None) -> AgentTag:
    return AgentTag(
        name=name,
        value=said,
        set_here=None if here is None or here.is_removed else here.tag.value,
        set_at=None if here is None else datetime.fromtimestamp(here.number / 1_000, UTC),
        is_removed_here=here is not None and here.is_removed,
    )
