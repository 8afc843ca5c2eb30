"""Routes of maintenance windows, of what they suppressed, and of mutes."""

from datetime import timedelta
from typing import Final

from litestar import Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import Caller, needs
from forepost.controller.alerts.service import Alerting
from forepost.controller.alerts.windows import shown
from forepost.controller.page import Limit, Offset
from forepost.kit.clock import Clock
from forepost.wire.rest.bodies import Done, ListOf, Page
from forepost.wire.rest.maintenance import Mute, NewWindow, SuppressedAlert, Window, WindowPatch

WINDOWS: Final = "/workspaces/{workspace_id:int}/maintenance-windows"
WINDOW: Final = WINDOWS + "/{window_id:int}"
MUTE: Final = "/workspaces/{workspace_id:int}/alerts/{alert_id:int}/mute"


def routes(alerting: Alerting, clock: Clock) -> Router:
    @get(WINDOWS, opt=needs("VIEWER"))
    async def list_windows(workspace_id: FromPath[int]) -> ListOf[Window]:
        """With the mutes of alerts."""
        now = clock.now()
        return ListOf(data=[shown(one, now) for one in await alerting.windows.of(workspace_id)])

    @post(WINDOWS, opt=needs("ADMIN"))
    async def add_window(
        caller: NamedDependency[Caller], workspace_id: FromPath[int], data: JSONBody[NewWindow]
    ) -> Window:
        """While it lasts no alert of what it names opens; what is still true at its end does."""
        window = await alerting.windows.add(workspace_id, data, caller.actor.signature, clock.now())
        await alerting.reload(workspace_id)
        return shown(window, clock.now())

    @get(WINDOW, opt=needs("VIEWER"))
    async def get_window(workspace_id: FromPath[int], window_id: FromPath[int]) -> Window:
        return shown(await alerting.windows.one(workspace_id, window_id), clock.now())

    @patch(WINDOW, opt=needs("ADMIN"))
    async def change_window(
        workspace_id: FromPath[int], window_id: FromPath[int], data: JSONBody[WindowPatch]
    ) -> Window:
        window = await alerting.windows.change(workspace_id, window_id, data, clock.now())
        await alerting.reload(workspace_id)
        return shown(window, clock.now())

    @delete(WINDOW, opt=needs("ADMIN"), status_code=HTTP_200_OK)
    async def delete_window(workspace_id: FromPath[int], window_id: FromPath[int]) -> Done:
        """With what is recorded of it."""
        await alerting.windows.delete(workspace_id, window_id)
        await alerting.reload(workspace_id)
        return Done()

    @get(WINDOW + "/suppressed", opt=needs("VIEWER"))
    async def list_suppressed(
        workspace_id: FromPath[int],
        window_id: FromPath[int],
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[SuppressedAlert]:
        """What did not open, or get worse, because of it; the newest first."""
        await alerting.windows.one(workspace_id, window_id)
        data, total = await alerting.suppressed.of_window(workspace_id, window_id, limit, offset)
        return Page(data=data, total=total, limit=limit, offset=offset)

    return Router(
        "/",
        route_handlers=[
            list_windows,
            add_window,
            get_window,
            change_window,
            delete_window,
            list_suppressed,
        ],
        tags=["maintenance-windows"],
    )


def mute_routes(alerting: Alerting, clock: Clock) -> Router:
    @post(MUTE, opt=needs("USER", "alerts.mute"))
    async def mute(
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        alert_id: FromPath[int],
        data: JSONBody[Mute],
    ) -> Window:
        """Have nothing open, get worse or be reminded of on the alert's probe, agent and target for
        so long. One that is muted is from now on as this says.
        """
        now = clock.now()
        until = now + timedelta(minutes=data.minutes)
        window = await alerting.mute(workspace_id, alert_id, until, data.reason, caller.actor, now)
        return shown(window, now)

    @delete(MUTE, opt=needs("USER", "alerts.unmute"), status_code=HTTP_200_OK)
    async def unmute(
        caller: NamedDependency[Caller], workspace_id: FromPath[int], alert_id: FromPath[int]
    ) -> Done:
        await alerting.unmute(workspace_id, alert_id, caller.actor, clock.now())
        return Done()

    return Router("/", route_handlers=[mute, unmute], tags=["alerts"])
