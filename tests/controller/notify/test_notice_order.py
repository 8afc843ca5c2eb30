"""What is told of one line, one after the other; and who goes first where many wait."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.deliveries import deliveries
from forepost.controller.notify.outbox import Outbox
from forepost.controller.notify.outcome import Outcome
from forepost.controller.notify.store import (
    ClaimedDelivery,
    DeliveryFilter,
    DeliveryStore,
    FullSlots,
)
from forepost.wire.rest.notify import Channel
from tests.controller.notify.notices import notice
from tests.controller.notify.test_outbox import HOOK, MAIL, NTFY, claim, db
from tests.fakes.clock import START, FakeClock

__all__ = ("db",)
pytestmark = pytest.mark.anyio
AGAIN = Outcome("again", "HTTP 503")
LINE = "0123456789abcdef0123456789abcdef"


class OutboxOf:
    def __init__(self, db: Database) -> None:
        self.db, self.store, self.outbox = db, DeliveryStore(db), Outbox(FakeClock())

    async def put(
        self, event: str, alert_id: int = 1, channels: Sequence[Channel] = (HOOK,), **fields: Any
    ) -> list[int]:
        made = notice(event=event, alert_id=alert_id, **fields)
        async with self.db.write() as connection:
            return await self.outbox.put(connection, made, channels, LINE)

    async def due(self, after_sec: float = 0, full: FullSlots | None = None) -> list[int]:
        at = START + timedelta(seconds=after_sec)
        return [one.id for one in (await self.store.look(at, full or FullSlots(), 10)).due]

    async def fail(self, row: ClaimedDelivery, pause_sec: float = 60) -> None:
        await self.store.not_sent(row, AGAIN, START + timedelta(seconds=pause_sec))

    async def states(self) -> list[str]:
        lines, _ = await self.store.log(1, DeliveryFilter(), 50, 0)
        return [line.state for line in reversed(lines)]


async def test_the_end_waits_for_the_beginning_that_is_on_its_way(db: Database) -> None:
    outbox = OutboxOf(db)
    (first,) = await outbox.put("triggered")
    (row,) = await claim(outbox.store, first)
    (second,) = await outbox.put("resolved")
    assert await outbox.due() == []
    assert await claim(outbox.store, second) == [], "nor does another controller get it"
    await outbox.store.sent(row, 200, START)
    assert await outbox.due() == [second]


async def test_what_is_over_before_it_was_told_is_told_as_one(db: Database) -> None:
    outbox = OutboxOf(db)
    (first,) = await outbox.put("triggered")
    (row,) = await claim(outbox.store, first)
    await outbox.fail(row)
    (second,) = await outbox.put("resolved")
    assert await outbox.states() == ["superseded", "pending"]
    assert await outbox.due(3_600) == [second]


async def test_an_attempt_that_fails_is_not_repeated_when_there_is_something_newer(
    db: Database,
) -> None:
    outbox = OutboxOf(db)
    (first,) = await outbox.put("triggered")
    (row,) = await claim(outbox.store, first)
    await outbox.put("triggered", severity="critical")
    (third,) = await outbox.put("resolved")
    await outbox.fail(row)
    assert await outbox.states() == ["superseded", "superseded", "pending"]
    assert await outbox.due(3_600) == [third]


async def test_the_end_of_one_alert_comes_before_the_beginning_of_the_next(db: Database) -> None:
    outbox = OutboxOf(db)
    (first,) = await outbox.put("resolved", alert_id=1)
    (row,) = await claim(outbox.store, first)
    await outbox.fail(row, pause_sec=43_200)
    (second,) = await outbox.put("triggered", alert_id=2)
    assert await outbox.due() == [first], "at once: somebody may be well again"
    (row,) = await claim(outbox.store, first)
    await outbox.store.sent(row, 200, START)
    assert await outbox.due() == [second]


async def test_channels_do_not_wait_for_each_other(db: Database) -> None:
    outbox = OutboxOf(db)
    ids = await outbox.put("triggered", channels=[HOOK, MAIL, NTFY])
    (row,) = await claim(outbox.store, ids[0])
    await outbox.store.sent(row, 200, START)
    later = await outbox.put("resolved", channels=[HOOK, MAIL, NTFY])
    assert await outbox.states() == ["sent", "superseded", "superseded", *["pending"] * 3]
    assert await outbox.due() == later


async def test_a_channel_that_moved_hears_in_order_still(db: Database) -> None:
    outbox = OutboxOf(db)
    (first,) = await outbox.put("triggered", channels=[HOOK])
    (row,) = await claim(outbox.store, first)
    moved = msgspec.structs.replace(HOOK, url="https://new.example/x")
    (second,) = await outbox.put("resolved", channels=[moved])
    assert await outbox.due() == []
    await outbox.store.sent(row, 200, START)
    assert await outbox.due() == [second]


async def test_a_new_url_reaches_what_waits(db: Database) -> None:
    outbox = OutboxOf(db)
    await outbox.put("triggered", channels=[HOOK, MAIL, NTFY])
    moved = msgspec.structs.replace(HOOK, url="https://new.example/x", secret="other")
    async with db.write() as connection:
        await outbox.outbox.redirect(connection, 7, [moved, MAIL])
    assert await outbox.states() == ["pending", "pending", "superseded"]
    hook, mail = await claim(outbox.store, *await outbox.due())
    assert (hook.destination, hook.secret, hook.host) == (moved.url, "other", "new.example")
    assert mail.destination == MAIL.url


async def test_what_was_given_up_goes_to_the_new_url_when_it_is_tried_again(db: Database) -> None:
    outbox = OutboxOf(db)
    named = msgspec.structs.replace(HOOK, key="channel:3", channel_id=3)
    (first,) = await outbox.put("triggered", channels=[named])
    (row,) = await claim(outbox.store, first)
    await outbox.store.not_sent(row, AGAIN, None)
    moved = msgspec.structs.replace(named, url="https://new.example/x", secret="other")
    async with db.write() as connection:
        await outbox.outbox.redirect_channel(connection, 3, [moved], "")
    await outbox.store.retry(1, first, START)
    (row,) = await claim(outbox.store, first)
    assert (row.destination, row.secret) == (moved.url, "other")
    await outbox.store.not_sent(row, AGAIN, None)
    async with db.write() as connection:
        await outbox.outbox.redirect_channel(connection, 3, [], "the channel was deleted")
        secrets = await connection.scalars(select(deliveries.c.secret))
        assert secrets.all() == [""], "nothing is signed for a channel that is gone"
    assert await outbox.states() == ["failed"]


async def test_what_is_on_its_way_is_not_tried_again_for_a_channel_that_is_gone(
    db: Database,
) -> None:
    outbox = OutboxOf(db)
    named = msgspec.structs.replace(HOOK, key="channel:3", channel_id=3)
    (first,) = await outbox.put("triggered", channels=[named])
    (row,) = await claim(outbox.store, first)
    async with db.write() as connection:
        await outbox.outbox.redirect_channel(connection, 3, [], "the channel was deleted")
    await outbox.fail(row)
    assert await outbox.states() == ["superseded"]
    assert await outbox.due(3_600) == []


async def test_what_is_critical_goes_first_and_each_workspace_in_its_turn(db: Database) -> None:
    outbox = OutboxOf(db)
    made: dict[str, int] = {}
    for name, workspace, severity in (
        ("a1", 1, "warning"),
        ("a2", 1, "warning"),
        ("a3", 1, "warning"),
        ("b1", 2, "warning"),
        ("a4", 1, "critical"),
        ("b2", 2, "critical"),
    ):
        async with db.write() as connection:
            said = notice(workspace_id=workspace, severity=severity, alert_id=len(made) + 1)
            (made[name],) = await outbox.outbox.put(connection, said, [HOOK], f"{name:0>32}")
    names = {number: name for name, number in made.items()}
    assert [names[number] for number in await outbox.due()] == ["a4", "b2", "a1", "b1", "a2", "a3"]
    full = FullSlots(hosts=["a.example"])
    assert [names[number] for number in await outbox.due(full=full)] == ["a4", "b2"]
    full = FullSlots(workspaces=[1])
    assert [names[number] for number in await outbox.due(full=full)] == ["a4", "b2", "b1"]


async def test_what_a_controller_had_on_its_way_when_it_died_is_due_at_the_next_start(
    db: Database,
) -> None:
    """Not when its lease ends; and what is over by then is told as one."""
    outbox = OutboxOf(db)
    mine = outbox.store = DeliveryStore(db, "this store")
    (first,) = await outbox.put("triggered", alert_id=1)
    (row,) = await claim(mine, first)
    await DeliveryStore(db, "another").take_back(START)
    assert await outbox.states() == ["sending"], "somebody else's lease"
    await DeliveryStore(db, "this store").take_back(START)
    assert await outbox.due() == [first]
    (row,) = await claim(mine, first)
    assert row.attempt == 2
    (second,) = await outbox.put("resolved", alert_id=1)
    await mine.take_back(START)
    assert await outbox.states() == ["superseded", "pending"]
    assert await outbox.due() == [second]
