"""Routes of named channels."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.access.guard import RANK, Caller, needs
from forepost.controller.db.engine import EXTERNAL_ID_TAKEN, Database, unique
from forepost.controller.db.tables.channels import notice_channels
from forepost.controller.notify.channel_store import ChannelStore
from forepost.controller.notify.outbox import Outbox
from forepost.controller.notify.store import DeliveryStore
from forepost.controller.notify.trial import trial_of
from forepost.kit.clock import Clock
from forepost.wire.disclosure import MASK, public_channel
from forepost.wire.rest.bodies import Done, ListOf
from forepost.wire.rest.channels import ChannelPatch, NamedChannel, NewChannel
from forepost.wire.rest.notify import Channel, Delivery

ALL: Final = "/workspaces/{workspace_id:int}/channels"
ONE: Final = ALL + "/{channel_id:int}"

ChannelChanged = Callable[[int, int], Awaitable[None]]
"""(workspace id, channel id): it is committed."""
WithTest = Annotated[bool, QueryParameter(name="test")]
Force = Annotated[bool, QueryParameter(name="force")]


def routes(
    db: Database,
    outbox: Outbox,
    channels: ChannelStore,
    log: DeliveryStore,
    changed: ChannelChanged,
    clock: Clock,
    panel_url: str,
) -> Router:
    async def put_test(
        connection: AsyncConnection,
        workspace_id: int,
        name: str,
        receivers: list[Channel],
        now: datetime,
    ) -> list[int]:
        notice = trial_of(f"the channel {name}", workspace_id, panel_url, now)
        return await outbox.put_test(connection, notice, receivers)

    @get(ALL, opt=needs("VIEWER"))
    async def list_channels(
        caller: NamedDependency[Caller], workspace_id: FromPath[int]
    ) -> ListOf[NamedChannel]:
        """Only an ADMIN is shown whole URLs; secrets and headers nobody is."""
        found = await channels.all_of(workspace_id)
        return ListOf(data=[for_role(caller.role, channel) for channel in found])

    @post(ALL, opt=needs("ADMIN"))
    async def add_channel(
        workspace_id: FromPath[int], data: JSONBody[NewChannel], with_test: WithTest = True
    ) -> NamedChannel:
        """A test notice is sent over it (unless `?test=false`); what becomes of it is its
        `last_test`.
        """
        now = clock.now()
        with unique(EXTERNAL_ID_TAKEN):
            async with db.write_more(notice_channels, workspace_id) as connection:
                number, receivers = await channels.add(connection, workspace_id, data, now)
                if with_test and data.enabled:
                    await put_test(connection, workspace_id, data.name, receivers, now)
        return await channels.get(workspace_id, number)

    @get(ONE, opt=needs("VIEWER"))
    async def get_channel(
        caller: NamedDependency[Caller], workspace_id: FromPath[int], channel_id: FromPath[int]
    ) -> NamedChannel:
        return for_role(caller.role, await channels.get(workspace_id, channel_id))

    @patch(ONE, opt=needs("ADMIN"))
    async def change_channel(
        workspace_id: FromPath[int], channel_id: FromPath[int], data: JSONBody[ChannelPatch]
    ) -> NamedChannel:
        """What waits to be told over it goes where it leads now, or nowhere if it is disabled."""
        after = await channels.change(workspace_id, channel_id, data, clock.now())
        await changed(workspace_id, channel_id)
        return after

    @delete(ONE, opt=needs("ADMIN"), status_code=HTTP_200_OK)
    async def delete_channel(
        workspace_id: FromPath[int], channel_id: FromPath[int], force: Force = False
    ) -> Done:
        """Refused while rules or routes tell it; `?force=true` takes it out of them."""
        await channels.delete(workspace_id, channel_id, force=force)
        await changed(workspace_id, channel_id)
        return Done()

    @post(ONE + "/test", opt=needs("ADMIN", "channels.test"))
    async def test_channel(
        workspace_id: FromPath[int], channel_id: FromPath[int]
    ) -> ListOf[Delivery]:
        """Send a test notice over it, also while it is disabled."""
        name, receivers = await channels.receivers(workspace_id, channel_id)
        async with db.write() as connection:
            made = await put_test(connection, workspace_id, name, receivers, clock.now())
        return ListOf(data=await log.named(workspace_id, made))

    return Router(
        "/",
        route_handlers=[
            list_channels,
            add_channel,
            get_channel,
            change_channel,
            delete_channel,
            test_channel,
        ],
        tags=["channels"],
    )


def for_role(role: str, channel: NamedChannel) -> NamedChannel:
    """The channel as somebody with this role may see it. What a receiver answered may have keys in
    it, too.
    """
    if RANK[role] >= RANK["ADMIN"]:
        return channel
    outcomes = {
        field: one and msgspec.structs.replace(one, error=MASK if one.error else "")
        for field in ("last_test", "last_delivery")
        if (one := getattr(channel, field)) is not None
    }
    return msgspec.structs.replace(
        channel,
        url=public_channel(channel.url),
        **outcomes,
    )
