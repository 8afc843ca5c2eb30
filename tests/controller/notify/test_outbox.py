"""The outbox in its database: transactions, claims, marks, the log."""

from collections.abc import AsyncIterator
from datetime import timedelta

import anyio
import pytest
from sqlalchemy import insert, select

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.alerts import alert_rules
from forepost.controller.db.tables.deliveries import deliveries
from forepost.controller.db.tables.workspaces import members, workspaces
from forepost.controller.notify.outbox import MOST_TESTS, Outbox
from forepost.controller.notify.outcome import Outcome
from forepost.controller.notify.store import (
    ClaimedDelivery,
    DeliveryFilter,
    DeliveryStore,
    FullSlots,
    Look,
)
from forepost.kit.errors import Conflict, NotFound
from forepost.wire.rest.notify import Channel
from tests.controller.alerts.alert_night import defaults_of
from tests.controller.notify.notices import NOTICE, notice
from tests.fakes.clock import START, FakeClock

pytestmark = pytest.mark.anyio

HOOK = Channel(
    kind="webhook", url="https://u:p@a.example/x?k=v", secret="s3cret", key="rule:7:webhook"
)
MAIL = Channel(kind="email", url="ops@example.com", key="email:1")
NTFY = Channel(kind="apprise", url="ntfys://b.example/topic", key="apprise:1")
LATER = START + timedelta(seconds=120)


@pytest.fixture
async def db(metadata_url: str) -> AsyncIterator[Database]:
    db = Database.at(metadata_url)
    times = {"created_at": START, "updated_at": START}
    async with db.write() as connection:
        await connection.execute(
            insert(users).values(
                email="a@b.c", name="", role="USER", password_hash="", verified=True, **times
            )
        )
        person = {"name": "", "role": "USER", "password_hash": "", "verified": True}
        await connection.execute(insert(users).values(**person, email=MAIL.url, **times))
        for name in ("one", "two"):
            await connection.execute(
                insert(workspaces).values(name=name, description="", owner_id=1, **times)
            )
        member = {"role": "USER", "accepted_at": START, **times}
        rows = [{**member, "workspace_id": number, "user_id": 2} for number in (1, 2)]
        await connection.execute(insert(members), rows)
        known = {"id": NOTICE.rule_id, "workspace_id": 1, "apprise_urls": [], **times}
        more = defaults_of(alert_rules, *known)
        await connection.execute(insert(alert_rules).values(**known, **more))
    yield db
    await db.close()


async def put(db: Database, *channels: Channel, workspace: int = 1) -> list[int]:
    async with db.write() as connection:
        outbox = Outbox(FakeClock())
        return await outbox.put(connection, notice(workspace_id=workspace), channels)


async def claim(store: DeliveryStore, *ids: int) -> list[ClaimedDelivery]:
    return await store.claim(ids, START, LATER)


async def test_what_is_rolled_back_is_not_sent(db: Database) -> None:
    outbox = Outbox(FakeClock())

    async def put_and_fail() -> None:
        async with db.write() as connection:
            await outbox.put(connection, NOTICE, [HOOK])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await put_and_fail()
    assert await DeliveryStore(db).look(START, FullSlots(), 10) == Look([], 0, None)


async def test_each_channel_gets_its_own_rendering(db: Database) -> None:
    ids = await put(db, HOOK, MAIL, NTFY)
    store = DeliveryStore(db)
    look = await store.look(START, FullSlots(), 10)
    hosts = ["a.example", "mail", "ntfys:b.example"]
    assert [(one.id, one.host) for one in look.due] == list(zip(ids, hosts, strict=True))
    assert (look.waiting, look.next_at) == (3, None)
    hook, mail, ntfy = await claim(store, *ids)
    assert hook.body.startswith('{"alert_id":123,')
    assert (hook.secret, hook.html, hook.attempt) == ("s3cret", "", 1)
    assert mail.html.startswith("<!doctype html>")
    assert mail.title == ntfy.title == "[critical] loss - Ping to Google"
    assert ntfy.body == mail.body
    assert ntfy.html == ""


async def test_full_hosts_and_what_is_not_due_are_passed_over(db: Database) -> None:
    ids = await put(db, HOOK, NTFY)
    store = DeliveryStore(db)
    full = FullSlots(hosts=["a.example"], hosts_of_critical=["a.example"])
    (one,) = (await store.look(START, full, 10)).due
    assert (one.id, one.host) == (ids[1], "ntfys:b.example")
    assert await store.look(START - timedelta(seconds=1), FullSlots(), 10) == Look([], 2, START)
    assert len((await store.look(START, FullSlots(), 1)).due) == 1


async def test_a_claim_is_had_once_until_its_lease_ends(db: Database) -> None:
    ids = await put(db, HOOK)
    store = DeliveryStore(db)
    (first,) = await claim(store, *ids)
    assert await claim(store, *ids) == []
    assert await store.look(START, FullSlots(), 10) == Look([], 1, LATER)
    assert [one.id for one in (await store.look(LATER, FullSlots(), 10)).due] == ids
    (second,) = await store.claim(ids, LATER, LATER + timedelta(seconds=120))
    assert (first.attempt, second.attempt) == (1, 2)
    await store.not_sent(first, Outcome("never", "late"), None)  # its lease is over
    await store.sent(second, 200, LATER)
    ((line,), _) = await store.log(1, DeliveryFilter(), 10, 0)
    assert (line.state, line.attempts, line.last_status, line.last_error) == ("sent", 2, 200, "")
    assert (line.sent_at, line.next_at) == (LATER, None)


async def test_several_who_claim_at_once_never_get_the_same(db: Database) -> None:
    ids = await put(db, *[HOOK, NTFY] * 50)
    claimed: list[int] = []

    async def work() -> None:
        store = DeliveryStore(db)
        while look := (await store.look(START, FullSlots(), 8)).due:
            claimed.extend(row.id for row in await claim(store, *(one.id for one in look)))

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(work)
    assert sorted(claimed) == ids


async def test_what_was_sent_keeps_neither_body_nor_secret(db: Database) -> None:
    (row,) = await claim(DeliveryStore(db), *await put(db, HOOK))
    await DeliveryStore(db).sent(row, 200, START)
    async with db.read() as connection:
        kept = (await connection.execute(select(deliveries))).one()
    assert (kept.body, kept.secret, kept.html) == ("", "", "")


async def test_the_log_of_a_workspace(db: Database) -> None:
    store = DeliveryStore(db)
    ids = [*await put(db, HOOK), *await put(db, MAIL)]
    await put(db, HOOK, workspace=2)
    (row,) = await claim(store, ids[0])
    await store.not_sent(row, Outcome("again", "HTTP 503", 503), LATER)
    lines, total = await store.log(1, DeliveryFilter(), 10, 0)
    assert [line.id for line in lines] == ids[::-1]
    assert total == 2
    assert lines[1].destination == "https://***@a.example/x?***"
    assert (lines[1].state, lines[1].last_error, lines[1].last_status, lines[1].next_at) == (
        ("pending", "HTTP 503", 503, LATER)
    )
    assert (lines[1].alert_id, lines[1].rule_id, lines[1].event) == (123, 7, "triggered")
    assert (await store.log(1, DeliveryFilter(), 1, 1))[0] == lines[1:]
    assert (await store.log(1, DeliveryFilter(state="failed"), 10, 0))[1] == 0
    assert (await store.log(1, DeliveryFilter(alert_id=123, rule_id=7), 10, 0))[1] == 2
    assert (await store.log(1, DeliveryFilter(rule_id=8), 10, 0))[1] == 0


async def test_a_retry_by_hand_begins_again(db: Database) -> None:
    store = DeliveryStore(db)
    (number,) = await put(db, HOOK)
    (row,) = await claim(store, number)
    with pytest.raises(Conflict, match="it is being sent"):
        await store.retry(1, number, START)
    await store.not_sent(row, Outcome("never", "gone", 410), None)
    with pytest.raises(NotFound):
        await store.retry(2, number, START)
    line = await store.retry(1, number, LATER)
    assert (line.state, line.attempts, line.next_at, line.last_error) == (
        ("pending", 0, LATER, "gone")
    )
    (row,) = await store.claim([number], LATER, LATER)
    await store.sent(row, 200, LATER)
    with pytest.raises(Conflict, match="it was sent"):
        await store.retry(1, number, LATER)


async def test_release_and_prune(db: Database) -> None:
    store = DeliveryStore(db)
    done, waiting = await put(db, HOOK, HOOK)
    first, second = await claim(store, done, waiting)
    await store.release(second, START)
    await store.sent(first, 200, START)
    await store.prune(START + timedelta(days=1))
    lines, _ = await store.log(1, DeliveryFilter(), 10, 0)
    assert [(line.id, line.state) for line in lines] == [(waiting, "pending")]


async def test_a_mail_of_no_workspace_is_in_nobodys_log(db: Database) -> None:
    outbox, store = Outbox(FakeClock()), DeliveryStore(db)
    async with db.write() as connection:
        await outbox.put_mail(connection, None, "new@example.com", "Come in", "Follow <this>")
    (due,) = (await store.look(START, FullSlots(), 10)).due
    (row,) = await claim(store, due.id)
    assert (due.host, row.kind, row.title, row.body) == (
        "mail",
        "email",
        "Come in",
        "Follow <this>",
    )
    assert "&lt;this&gt;" in row.html
    assert (await store.log(1, DeliveryFilter(), 10, 0))[1] == 0


async def test_so_many_tests_wait_and_no_more(db: Database) -> None:
    outbox, test = Outbox(FakeClock()), notice(event="test", alert_id=0)
    async with db.write() as connection:
        for _ in range(MOST_TESTS // 2):
            await outbox.put_test(connection, test, [HOOK, MAIL])
        await outbox.put(connection, NOTICE, [HOOK])
        with pytest.raises(Conflict, match="other tests are waiting"):
            await outbox.put_test(connection, test, [HOOK])
        await outbox.put_test(connection, notice(event="test", workspace_id=2), [HOOK])
    lines, _ = await DeliveryStore(db).log(1, DeliveryFilter(), 2, 0)
    assert [line.alert_id for line in lines] == [123, None]
