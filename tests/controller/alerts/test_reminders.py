"""Reminders, escalation and quiet hours, in a database, on a clock that a test moves."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from forepost.controller.alerts.change import Change, NewAlert
from forepost.controller.alerts.metrics import Line
from forepost.controller.db.tables.alert_course import alert_reminders
from forepost.controller.db.tables.channels import notice_channels
from forepost.kit.errors import Invalid
from forepost.wire.rest.alerts import Severity
from forepost.wire.rest.hours import Hours
from tests.controller.alerts.alert_night import Night, defaults_of
from tests.controller.alerts.test_windows import window
from tests.fakes.clock import START

pytestmark = pytest.mark.anyio


async def test_an_open_alert_is_told_again_with_growing_pauses(night: Night) -> None:
    alert = await night.open(await night.rule(remind_minutes=10))
    assert night.told == [("triggered", "webhook")]
    assert await night.wait(9) == []
    assert await night.wait(2) == [("reminder", "webhook")]
    assert (night.notices[-1].seq, night.notices[-1].alert_id) == (2, alert.id)
    night.restart()
    assert await night.wait(18) == []
    assert await night.wait(2) == [("reminder", "webhook")]
    await night.change(alert.alert_rule_id, "resolve", "warning", 1)
    assert night.told[-1] == ("resolved", "webhook")
    assert await night.wait(60) == []
    async with night.db.read() as connection:
        assert (await connection.execute(select(alert_reminders))).all() == []


async def test_reminders_come_to_an_end(night: Night) -> None:
    await night.open(await night.rule(remind_minutes=1))
    assert len(await night.wait(300)) == 10


async def test_an_incident_of_three_alerts_is_reminded_of_once(night: Night) -> None:
    rule = await night.rule(remind_minutes=10)
    for probe in (1, 2, 3):
        await night.open(rule, probe=probe)
    assert await night.wait(14) == [("grew", "webhook")]  # after 5 minutes
    assert await night.wait(2) == [("reminder", "webhook")]
    assert await night.wait(18) == []
    assert await night.wait(3) == [("reminder", "webhook")]


async def test_one_that_is_told_alone_is_reminded_of_alone(night: Night) -> None:
    await night.open(await night.rule(remind_minutes=10, tells="alerts"))
    assert await night.wait(11) == [("reminder", "webhook")]


async def test_nobody_is_reminded_of_what_somebody_has(night: Night) -> None:
    alert = await night.open(await night.rule(remind_minutes=10))
    await night.acknowledge(alert, minutes=60)
    assert await night.wait(59) == []
    assert await night.wait(2) == [("reminder", "webhook")]
    async with night.db.read() as connection:
        assert (await connection.execute(select(alert_reminders))).all() != []
    await night.acknowledge(alert)
    assert await night.wait(300) == []
    await night.acknowledge(alert, status="active")
    assert await night.wait(2) == [("reminder", "webhook")]


async def test_nobody_is_reminded_in_maintenance_or_of_what_is_not_known(night: Night) -> None:
    await night.open(await night.rule(remind_minutes=10))
    rules = await night.store.rules_of(1)
    works = window(starts_at=START, ends_at=START + timedelta(minutes=60))
    night.watch.replace(1, rules, [works])
    assert await night.wait(59) == []
    assert await night.wait(3) == [("reminder", "webhook")]
    night.away.add(1)
    assert await night.wait(120) == []
    night.away.clear()
    assert await night.wait(2) == [("reminder", "webhook")]


async def test_others_are_told_when_nobody_has_it_after_a_while(night: Night) -> None:
    rule = await night.rule(
        escalate_after_minutes=30, escalate_apprise_urls=["ntfys://ntfy.example/topic"]
    )
    alert = await night.open(rule)
    assert await night.wait(29) == []
    assert await night.wait(2) == [("triggered", "apprise")]
    assert await night.wait(60) == []
    # From now on they hear what the others do, its end too.
    await night.change(rule, "worsen", "critical", 1)
    assert sorted(night.told[-2:]) == [("worse", "apprise"), ("worse", "webhook")]
    before = len(night.told)
    await night.ledger.rule_changed(1, rule, night.clock.now())
    assert before == len(night.told)
    await night.change(rule, "resolve", "warning", 1)
    assert sorted(night.told[-2:]) == [("resolved", "apprise"), ("resolved", "webhook")]
    assert alert.escalated_at is None


async def test_it_escalates_to_a_named_channel(night: Night) -> None:
    async with night.db.write() as connection:
        known: dict[str, Any] = {"workspace_id": 1, "name": "shift", "kind": "webhook"}
        known |= {"url": "https://b.example/", "addresses": []}
        more = defaults_of(notice_channels, *known) | {"enabled": True}
        times = {"created_at": START, "updated_at": START}
        await connection.execute(insert(notice_channels).values(**(more | known | times)))
    rule = await night.rule(
        notify_webhook=False, escalate_after_minutes=30, escalate_channel_ids=[1]
    )
    await night.open(rule)
    assert night.told == []
    assert await night.wait(31) == [("triggered", "webhook")]
    said = night.notices[-1].message
    assert said.startswith("escalated, as nobody has acknowledged it for 30 min")
    await night.change(rule, "resolve", "warning", 1)
    assert night.told[1:] == [("resolved", "webhook")]
    with pytest.raises(Invalid, match="escalate_channel_ids: no channel 7"):
        await night.rule(escalate_after_minutes=30, escalate_channel_ids=[7])


async def test_what_somebody_has_does_not_escalate(night: Night) -> None:
    alert = await night.open(
        await night.rule(
            tells="alerts",
            escalate_after_minutes=30,
            escalate_apprise_urls=["ntfys://ntfy.example/topic"],
        )
    )
    await night.acknowledge(alert)
    assert await night.wait(60) == []
    await night.acknowledge(alert, status="active")
    assert await night.wait(2) == [("triggered", "apprise")]
    await night.change(alert.alert_rule_id, "resolve", "warning", 1)
    assert sorted(night.told[-2:]) == [("resolved", "apprise"), ("resolved", "webhook")]


async def test_a_rule_that_reminds_from_now_on_is_heard_of(night: Night) -> None:
    rule = await night.rule()
    await night.open(rule)
    assert await night.wait(60) == []
    await night.rule(remind_minutes=5)
    assert await night.wait(10) == []


@pytest.mark.parametrize("tells", ["incidents", "alerts"])
async def test_a_warning_of_the_night_is_told_in_the_morning(night: Night, tells: str) -> None:
    rule = await night.rule(tells=tells, quiet_hours=[Hours(from_="22:00", to="06:00")])
    await night.open(rule)  # at midnight
    short = await night.open(rule, probe=2)
    await night.open(rule, "critical", probe=3)
    assert len(night.told) == 1
    assert night.notices[-1].severity == "critical"
    assert await night.wait(60) == []
    night.restart()
    await night.change(rule, "resolve", "warning", 3)
    assert night.told[1:] == [("resolved", "webhook")] * (tells == "alerts")
    assert await night.wait(60) == []
    await night.change(rule, "resolve", "warning", 2)
    assert short.id not in {notice.alert_id for notice in night.notices}
    assert await night.wait_until(datetime(2026, 1, 1, 5, 59, tzinfo=UTC)) == []
    told = await night.wait(2)
    assert len(told) <= 1
    await night.change(rule, "resolve", "warning", 1)
    assert night.told[-1] == ("resolved", "webhook")


async def test_what_is_in_no_incident_waits_for_the_morning_too(night: Night) -> None:
    rule = await night.rule(metric="incident_count", quiet_hours=[Hours(from_="22:00", to="06:00")])

    async def change(kind: Any, severity: Severity = "warning") -> None:
        line: Line = (0, 0, "", "")
        begun = NewAlert(
            workspace_id=1,
            rule_id=rule,
            line=line,
            metric="incident_count",
            value=9.0,
            threshold=5.0,
            severity=severity,
            text="incident_count 9 > 5",
            at=night.clock.now(),
        )
        what = Change(
            kind=kind,
            workspace_id=1,
            rule_id=rule,
            line=line,
            begun=None if kind == "resolve" else begun,
        )
        await night.ledger.write([what], night.clock.now())

    await change("open")
    await change("resolve")
    assert night.told == []
    await change("open")
    assert await night.wait_until(datetime(2026, 1, 1, 5, 59, tzinfo=UTC)) == []
    assert await night.wait(2) == [("triggered", "webhook")]
    await change("resolve")
    assert night.told == [("triggered", "webhook"), ("resolved", "webhook")]
