"""A line that begins and ends again and again: one incident, a bounded number of notices."""

import pytest

from tests.controller.alerts.alert_night import Night
from tests.controller.alerts.alert_stage import Stage
from tests.controller.alerts.samples import PING, but
from tests.running import until

LOST = but(PING, packet_loss=100.0, packets_recv=0, avg_rtt=0)


async def flap(night: Night, rule: int, times: int, probe: int = 1) -> None:
    for _ in range(times):
        await night.open(rule, "critical", probe)
        await night.clock.advance(2)
        await night.end(rule, probe)
        await night.clock.advance(2)


def events(night: Night) -> list[str]:
    return [event for event, _ in night.told]


@pytest.mark.anyio
async def test_what_comes_back_within_ten_minutes_goes_on_in_its_incident(night: Night) -> None:
    rule = await night.rule()
    await night.open(rule)
    await night.end(rule)
    await night.wait(9)
    await night.open(rule)
    assert events(night) == ["triggered", "resolved", "triggered"]
    first, _, again = night.notices
    assert first.incident_id == again.incident_id
    assert (first.seq, again.seq) == (1, 3)
    assert again.message.startswith("again, second time in 10 minutes: ")
    (incident,) = await night.incidents()
    assert (incident.resolved_at, incident.alerts) == (None, 2)
    assert incident.reopened_at == night.clock.now()
    await night.clock.advance(60)
    await night.end(rule)
    assert night.notices[-1].duration_sec == 60
    await night.wait(11)
    await night.open(rule)
    assert len(await night.incidents()) == 2


@pytest.mark.anyio
async def test_what_comes_back_goes_on_in_an_old_incident_that_is_open(night: Night) -> None:
    rule = await night.rule()
    await night.open(rule, probe=1)
    await night.open(rule, probe=2)
    await night.wait(60)
    await night.end(rule, 2)
    await night.open(rule, probe=2)
    assert len(await night.incidents()) == 1


@pytest.mark.anyio
async def test_flapping_is_told_once_and_how_it_stays(night: Night) -> None:
    rule = await night.rule()
    await flap(night, rule, 60)
    assert events(night) == [*["triggered", "resolved"] * 3, "flapping"]
    assert night.notices[-1].message.startswith("flapping, 4 times in 12 s, open now: ")
    assert len(await night.incidents()) == 1
    assert await night.wait(4) == []
    night.restart()
    assert await night.wait(2) == [("resolved", "webhook")]
    assert await night.wait(300) == []
    # As it stays: open.
    await flap(night, rule, 4)
    await night.open(rule, "critical")
    before = len(night.told)
    assert await night.wait(6) == [("triggered", "webhook")]
    assert before + 1 == len(night.told)
    await night.end(rule)
    assert events(night)[-1] == "resolved"


@pytest.mark.anyio
async def test_flapping_that_goes_on_is_told_again_now_and_then(night: Night) -> None:
    rule = await night.rule()
    for _ in range(120):  # two hours
        await night.open(rule)
        await night.wait(0.5)
        await night.end(rule)
        await night.wait(0.5)
    assert events(night)[:7] == [*["triggered", "resolved"] * 3, "flapping"]
    assert set(events(night)[7:]) == {"flapping"}
    assert 2 <= len(events(night)[7:]) <= 3
    said = night.notices[-1].incident
    assert said is not None
    assert said.times > 30
    assert said.flapping_since is not None


@pytest.mark.anyio
async def test_a_severity_that_rises_and_falls_again_and_again_is_flapping(night: Night) -> None:
    rule = await night.rule()
    await night.open(rule, "warning")
    for _ in range(50):
        await night.clock.advance(2)
        await night.change(rule, "worsen", "critical", 1)
        await night.clock.advance(2)
        await night.change(rule, "ease", "warning", 1)
    assert events(night) == ["triggered", "worse", "eased", "worse", "eased", "flapping"]
    assert await night.wait(6) == [("triggered", "webhook")]
    assert night.notices[-1].severity == "warning"
    await night.end(rule)
    assert events(night)[-1] == "resolved"


@pytest.mark.anyio
async def test_what_is_told_alone_is_bounded_too(night: Night) -> None:
    rule = await night.rule(tells="alerts")
    await flap(night, rule, 60)
    assert len(night.told) == 13
    assert events(night)[-1] == "flapping"
    assert await night.wait(6) == [("resolved", "webhook")]


@pytest.mark.anyio
async def test_a_severity_that_is_told_alone_is_bounded_too(night: Night) -> None:
    rule = await night.rule(tells="alerts")
    await night.open(rule, "warning")
    for _ in range(50):
        await night.clock.advance(2)
        await night.change(rule, "worsen", "critical", 1)
        await night.clock.advance(2)
        await night.change(rule, "ease", "warning", 1)
    assert len(night.told) == 7
    assert await night.wait(6) == [("triggered", "webhook")]
    assert night.notices[-1].severity == "warning"


@pytest.mark.anyio
async def test_reminders_are_silent_while_it_is_flapping(night: Night) -> None:
    rule = await night.rule(remind_minutes=1)
    await flap(night, rule, 4)
    await night.open(rule)
    assert await night.wait(4) == []


def test_made_up_targets_of_one_agent_are_told_a_bounded_number_of_times(stage: Stage) -> None:
    """Each comes and goes once."""
    probe = stage.person.probe(stage.agent, type="PING", targets=["192.0.2.50"])
    stage.rule(metric="failure", threshold=0)
    with stage.speaking() as liar:
        for number in range(60):
            target = f"made-up-{number}.invalid"
            liar.post("PING", LOST, probe=probe, target=target)
            until(lambda: bool(stage.alerts(status="active")), 5)
            liar.post("PING", PING, probe=probe, target=target)
            until(lambda: not stage.alerts(status="active"), 5)
    # What incidents before it still have to say may come after it: each has an order of its own.
    stage.notice("flapping")
    came = stage.hooks.came[stage.name]
    assert len(came) <= 2 * 20 + 7, [body["event"] for body in came]


def test_a_line_that_flaps_quickly_is_told_of_as_flapping(stage: Stage) -> None:
    """As a receiver sees it: 135 notices in 14 s before."""
    probe = stage.person.probe(stage.agent, type="PING", targets=["192.0.2.1"])
    stage.rule(metric="failure", threshold=0)
    with stage.speaking() as agent:
        for _ in range(30):
            for payload, is_open in ((LOST, True), (PING, False)):
                agent.post("PING", payload, probe=probe)
                until(lambda is_open=is_open: bool(stage.alerts(status="active")) == is_open, 5)
        body = stage.notice("flapping")
        stage.quiet()
    assert body["incident"]["times"] == 4
    assert body["incident"]["flapping_since"] is not None
    assert len(stage.hooks.came[stage.name]) <= 7
