"""Routes of the log of deliveries, and of trying a rule's channels."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from litestar import Router, get, post
from litestar.params import FromPath, QueryParameter
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import needs
from forepost.controller.db.engine import Database
from forepost.controller.notify.outbox import Outbox
from forepost.controller.notify.store import DeliveryFilter, DeliveryStore
from forepost.controller.notify.trial import trial_of
from forepost.controller.page import Limit, Offset
from forepost.kit.clock import Clock
from forepost.kit.errors import Conflict
from forepost.wire.base import MOST_ID
from forepost.wire.rest.bodies import ListOf, Page
from forepost.wire.rest.notify import Channel, Delivery, DeliveryState

ChannelsOf = Callable[[int, int], Awaitable[tuple[str, list[Channel]]]]
"""(workspace id, rule id) -> the rule's name and where it tells. Raises NotFound."""

ALL: Final = "/workspaces/{workspace_id:int}/deliveries"
TEST: Final = "/workspaces/{workspace_id:int}/alert-rules/{rule_id:int}/test"
AlertId = Annotated[int | None, QueryParameter(name="alertId", ge=1, le=MOST_ID)]
ChannelId = Annotated[int | None, QueryParameter(name="channelId", ge=1, le=MOST_ID)]
RuleId = Annotated[int | None, QueryParameter(name="ruleId", ge=1, le=MOST_ID)]


def routes(
    db: Database,
    outbox: Outbox,
    store: DeliveryStore,
    channels_of: ChannelsOf,
    clock: Clock,
    panel_url: str,
) -> Router:
    @get(ALL, opt=needs("ADMIN"))
    async def list_deliveries(
        workspace_id: FromPath[int],
        in_state: Annotated[DeliveryState | None, QueryParameter(name="state")] = None,
        alert_id: AlertId = None,
        rule_id: RuleId = None,
        channel_id: ChannelId = None,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[Delivery]:
        """What was sent because of alerts, is waiting, or was given up; newest first."""
        only = DeliveryFilter(
            state=in_state, alert_id=alert_id, rule_id=rule_id, channel_id=channel_id
        )
        data, total = await store.log(workspace_id, only, limit, offset)
        return Page(data=data, total=total, limit=limit, offset=offset)

    @post(
        ALL + "/{delivery_id:int}/retry",
        opt=needs("ADMIN", "deliveries.retry"),
        status_code=HTTP_200_OK,
    )
    async def retry_delivery(workspace_id: FromPath[int], delivery_id: FromPath[int]) -> Delivery:
        """Begin again, now: of one that was given up, or waits for its next attempt."""
        delivery = await store.retry(workspace_id, delivery_id, clock.now())
        outbox.nudge()
        return delivery

    @post(TEST, opt=needs("ADMIN", "alert-rules.test"))
    async def test_rule(workspace_id: FromPath[int], rule_id: FromPath[int]) -> ListOf[Delivery]:
        """Send a test notice over all channels of a rule; what becomes of it is in the log."""
        name, channels = await channels_of(workspace_id, rule_id)
        if not channels:
            raise Conflict("the rule has no channels that leave the panel")
        notice = trial_of(
            f"the rule {name}",
            workspace_id,
            panel_url,
            clock.now(),
            rule_id=rule_id,
            rule_name=name,
        )
        async with db.write() as connection:
            made = await outbox.put_test(connection, notice, channels)
        return ListOf(data=await store.named(workspace_id, made))

    return Router(
        "/", route_handlers=[list_deliveries, retry_delivery, test_rule], tags=["deliveries"]
    )
