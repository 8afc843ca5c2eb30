"""What is told no more, though it waits or somebody has it tried again: what something newer was
told of, whose receiver was taken away, who is no member any more.
"""

import pytest
from sqlalchemy import delete, select, update

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.alerts import alert_rules
from forepost.controller.db.tables.deliveries import deliveries
from forepost.controller.db.tables.workspaces import members
from forepost.controller.notify.outcome import Outcome
from forepost.kit.errors import Conflict
from forepost.wire.rest.notify import Channel
from tests.controller.notify.test_notice_order import OutboxOf
from tests.controller.notify.test_outbox import HOOK, MAIL, claim, db
from tests.fakes.clock import START

__all__ = ("db",)
pytestmark = pytest.mark.anyio
NEVER = Outcome("never", "HTTP 410", 410)
NAMED = Channel(kind="webhook", url="https://a.example/", key="channel:3", channel_id=3)


async def given_up(outbox: OutboxOf, channel: Channel) -> int:
    (number,) = await outbox.put("triggered", channels=[channel])
    (row,) = await claim(outbox.store, number)
    await outbox.store.not_sent(row, NEVER, None)
    return number


async def test_an_old_state_is_not_told_again_after_a_newer_one(db: Database) -> None:
    outbox = OutboxOf(db)
    first = await given_up(outbox, HOOK)
    (second,) = await outbox.put("resolved")
    (row,) = await claim(outbox.store, second)
    await outbox.store.sent(row, 200, START)
    with pytest.raises(Conflict, match="something newer was to be told of it"):
        await outbox.store.retry(1, first, START)
    assert await outbox.states() == ["failed", "sent"]


async def test_what_is_for_a_channel_that_is_gone_is_not_tried_again(db: Database) -> None:
    outbox = OutboxOf(db)
    number = await given_up(outbox, NAMED)
    async with db.write() as connection:
        await outbox.outbox.redirect_channel(connection, 3, [], "the channel was deleted")
    with pytest.raises(Conflict, match="its receiver is told no more"):
        await outbox.store.retry(1, number, START)


@pytest.mark.parametrize("incident_id", [None, 5])
async def test_what_a_rule_tells_elsewhere_now_is_not_tried_again_where_it_was(
    db: Database, incident_id: int | None
) -> None:
    outbox = OutboxOf(db)
    number = await given_up(outbox, HOOK)
    other = Channel(kind="webhook", url="https://new.example/", key="rule:7:other")
    async with db.write() as connection:
        await connection.execute(update(deliveries).values(incident_id=incident_id))
        await outbox.outbox.redirect(connection, 7, [other])
        assert await connection.scalar(select(deliveries.c.body)) == ""
    with pytest.raises(Conflict, match="its receiver is told no more"):
        await outbox.store.retry(1, number, START)


async def test_what_a_rule_told_that_is_gone_is_not_tried_again(db: Database) -> None:
    outbox = OutboxOf(db)
    number = await given_up(outbox, HOOK)
    async with db.write() as connection:
        await connection.execute(delete(alert_rules).where(alert_rules.c.id == 7))
    with pytest.raises(Conflict, match="its rule is deleted"):
        await outbox.store.retry(1, number, START)


GONE = {
    "removed": delete(members),
    "only looks on": update(members).values(role="VIEWER"),
    "not come yet": update(members).values(user_id=None),
    "locked out": update(users).where(users.c.email == MAIL.url).values(locked_at=START),
}


@pytest.mark.parametrize("how", GONE)
async def test_no_mail_goes_to_a_member_who_is_none_any_more(db: Database, how: str) -> None:
    outbox = OutboxOf(db)
    first, hook = await outbox.put("triggered", channels=[MAIL, HOOK])
    async with db.write() as connection:
        await connection.execute(GONE[how])
    claimed = await claim(outbox.store, first, hook)
    assert [row.id for row in claimed] == [hook]
    assert await outbox.states() == ["superseded", "sending"]
    async with db.read() as connection:
        kept = (await connection.execute(select(deliveries).order_by(deliveries.c.id))).first()
    assert kept is not None
    assert (kept.body, kept.last_error) == ("", "its receiver is no member any more")


async def test_a_mail_of_a_named_channel_or_of_no_alert_goes_to_anybody(db: Database) -> None:
    outbox = OutboxOf(db)
    named = Channel(kind="email", url="x@example.com", key="channel:4:1", channel_id=4)
    (number,) = await outbox.put("triggered", channels=[named])
    async with db.write() as connection:
        await outbox.outbox.put_mail(connection, 1, "new@example.com", "Come in", "…")
    assert [row.destination for row in await claim(outbox.store, number, number + 1)] == [
        "x@example.com",
        "new@example.com",
    ]
