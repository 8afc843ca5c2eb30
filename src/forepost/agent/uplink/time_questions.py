"""When to ask a controller for its time, and how: by `clock` events, or by `GET /agent/time`."""

from collections.abc import Awaitable, Callable
from typing import Final

import anyio
import msgspec

from forepost.agent.node import Identity
from forepost.agent.uplink.timekeeper import Timekeeper
from forepost.agent.way import Way
from forepost.kit.clock import Clock
from forepost.kit.http import Unreachable
from forepost.wire.uplink.clock import ClockReading, TimeIs

BURST: Final = 4
"""Questions one after the other; the quickest answer is the best."""
GAP_SEC: Final = 0.3
EVERY_SEC: Final = 240.0
MS_NS: Final = 1_000_000


class _ServerTime(msgspec.Struct):
    """Answer of `GET /agent/time`: NetWatcher's, and ours."""

    server_unix_ms: int


async def keep_time(
    keeper: Timekeeper,
    clock: Clock,
    ask: Callable[[], Awaitable[None]],
    tell: Callable[[ClockReading], Awaitable[None]],
) -> None:
    """Ask at once, then every few minutes, and whenever a clock was set or the machine slept."""
    try:
        while True:
            for _ in range(BURST):
                await ask()
                await clock.sleep(GAP_SEC)
            keeper.unsettled = anyio.Event()
            await tell(keeper.reading())
            with anyio.move_on_after(EVERY_SEC):
                await keeper.unsettled.wait()
    finally:
        keeper.lost_touch()


async def ask_over_http(way: Way, identity: Identity, keeper: Timekeeper) -> None:
    """One question to any controller that speaks NetWatcher's protocol; no answer is no harm."""
    number = keeper.asks()
    try:
        answer = await way.request(
            "GET",
            f"{identity.url}/agent/time",
            headers=identity.headers,
            pin_sha256=identity.pin_sha256,
        )
        found = msgspec.convert(answer.json(), _ServerTime)
    except (Unreachable, ValueError):
        return
    if answer.status == 200 and found.server_unix_ms >= 0:
        # Milliseconds that were cut off: the time is anywhere in the millisecond that began then.
        middle_ns = found.server_unix_ms * MS_NS + MS_NS // 2
        known = TimeIs(number=number, received_ns=middle_ns, sent_ns=middle_ns)
        keeper.answered(known, coarse_ns=MS_NS // 2)
