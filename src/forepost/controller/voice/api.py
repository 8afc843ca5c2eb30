"""Routes of the thresholds of voice quality: of a workspace, and of a site for its admins."""

from typing import Final

from litestar import Router, delete, get, route
from litestar.enums import HttpMethod
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import SITE_ADMIN, needs
from forepost.controller.voice.store import ThresholdStore
from forepost.controller.voice.thresholds import DEFAULTS, shown
from forepost.kit.clock import Clock
from forepost.wire.rest.voice import (
    VoiceOverride,
    VoiceThresholds,
    VoiceThresholdsSet,
    VoiceThresholdsShown,
)

OF_WORKSPACE: Final = "/workspaces/{workspace_id:int}/voice-thresholds"
OF_SITE: Final = "/admin/voice-thresholds"


def routes(store: ThresholdStore, clock: Clock) -> Router:
    @get(OF_WORKSPACE, opt=needs("VIEWER"))
    async def look(workspace_id: FromPath[int]) -> VoiceThresholdsShown:
        site, own = await store.of(workspace_id)
        return shown(site, own, of_site=False)

    @route(
        OF_WORKSPACE,
        http_method=[HttpMethod.PUT],
        opt=needs("ADMIN", "workspaces.voice-thresholds"),
        status_code=HTTP_200_OK,
    )
    async def change(
        workspace_id: FromPath[int], data: JSONBody[VoiceOverride]
    ) -> VoiceThresholdsSet:
        """Instead of those that were set here; what is left out is as the site has it."""
        found = await store.set_workspace(workspace_id, data, clock.now())
        return VoiceThresholdsSet(effective=found)

    @delete(
        OF_WORKSPACE, opt=needs("ADMIN", "workspaces.voice-thresholds"), status_code=HTTP_200_OK
    )
    async def drop(workspace_id: FromPath[int]) -> VoiceThresholdsSet:
        found = await store.set_workspace(workspace_id, None, clock.now())
        return VoiceThresholdsSet(effective=found)

    @get(OF_SITE, opt=needs(SITE_ADMIN))
    async def look_at_site() -> VoiceThresholdsShown:
        return shown(await store.of_site(), None, of_site=True)

    @route(
        OF_SITE,
        http_method=[HttpMethod.PUT, HttpMethod.PATCH],
        opt=needs(SITE_ADMIN, "site.voice-thresholds"),
        status_code=HTTP_200_OK,
    )
    async def change_site(data: JSONBody[VoiceOverride]) -> VoiceThresholdsSet:
        return VoiceThresholdsSet(effective=await store.set_site(data, clock.now()))

    @delete(OF_SITE, opt=needs(SITE_ADMIN, "site.voice-thresholds"), status_code=HTTP_200_OK)
    async def drop_site() -> VoiceThresholdsSet:
        return VoiceThresholdsSet(effective=await store.set_site(None, clock.now()))

    @get(OF_SITE + "/defaults", opt=needs(SITE_ADMIN))
    async def defaults() -> VoiceThresholds:
        return DEFAULTS

    return Router(
        "/",
        route_handlers=[
            *(look, change, drop, look_at_site, change_site, drop_site, defaults),
        ],
        tags=["voice"],
    )
