"""When the controller is told of the spool: while something waits for long, and when that ends."""

from collections.abc import Awaitable, Callable
from typing import Final

from forepost.agent.uplink.spool import Spool
from forepost.kit.clock import Clock
from forepost.wire.local.status import SpoolStatus

EVERY_SEC: Final = 10.0


async def tell_of_spool(
    spool: Spool, clock: Clock, tell: Callable[[SpoolStatus], Awaitable[None]]
) -> None:
    """At once, then as often as there is news; for ever."""
    said: SpoolStatus | None = None
    while True:
        now = spool.status
        if said is None or is_news(said, now):
            await tell(now)
            said = now
        await clock.sleep(EVERY_SEC)


def is_news(said: SpoolStatus, now: SpoolStatus) -> bool:
    """Results that come and go all the time are none."""
    if any(one.backlog or one.backlog_grows for one in (said, now)):
        return True
    return (said.lost, said.damaged, said.refused) != (now.lost, now.damaged, now.refused)
