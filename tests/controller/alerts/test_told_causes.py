"""What a receiver hears of why something is, when that is known only later, and when it is over."""

import pytest

from tests.controller.alerts.alert_night import Night
from tests.controller.alerts.alert_stage import Stage
from tests.controller.alerts.samples import PING, but
from tests.running import until

LOST = but(PING, packet_loss=100.0, packets_recv=0, avg_rtt=0)
ROUTER, SERVER, OTHER = 1, 2, 3


@pytest.fixture
async def behind(night: Night) -> Night:
    """Two servers behind a router."""
    await night.depends(SERVER, ROUTER)
    await night.depends(OTHER, ROUTER)
    return night


@pytest.mark.anyio
async def test_a_parent_that_is_down_after_its_child_is_told_as_the_cause(behind: Night) -> None:
    rule = await behind.rule(remind_minutes=10)
    await behind.open(rule, "critical", SERVER)
    await behind.open(rule, "critical", ROUTER)
    assert behind.heard() == [("triggered", SERVER), ("cause", ROUTER)]
    said = behind.notices[-1].incident
    assert said is not None
    assert (said.cause, said.open_alerts, said.symptoms) == ("parent", 1, 1)
    assert "what it depends on" in behind.notices[-1].message
    # A second child is no news, and the cause heads what follows.
    await behind.open(rule, "critical", OTHER)
    await behind.wait(11)
    assert behind.heard()[2:] == [("reminder", ROUTER)]
    for probe in (SERVER, OTHER, ROUTER):
        await behind.end(rule, probe)
    assert behind.heard()[3:] == [("resolved", ROUTER)]


@pytest.mark.anyio
async def test_who_is_told_of_the_child_alone_hears_why_too(behind: Night) -> None:
    """The router is told to others."""
    theirs = await behind.rule(webhook_url="https://b.example/")
    mine = await behind.rule()
    await behind.open(mine, "critical", SERVER)
    await behind.open(theirs, "critical", ROUTER)
    assert sorted(behind.heard()[1:]) == [("cause", SERVER), ("triggered", ROUTER)]
    why = next(one for one in behind.notices if one.event == "cause")
    assert why.incident is not None
    assert why.incident.cause_text.startswith("what it depends on:")
    await behind.end(mine, SERVER)
    await behind.end(theirs, ROUTER)
    assert behind.heard()[3:] == [("resolved", SERVER), ("resolved", ROUTER)]


@pytest.mark.anyio
async def test_a_cause_that_is_over_first_is_not_forgotten(behind: Night) -> None:
    rule = await behind.rule()
    await behind.open(rule, "critical", ROUTER)
    await behind.open(rule, "critical", SERVER)
    (known,) = await behind.incidents()
    assert (known.cause, known.cause_ended_at) == ("parent", None)
    await behind.end(rule, ROUTER)
    await behind.wait(1)
    (known,) = await behind.incidents()
    assert (known.cause, known.cause_ended_at is None) == ("parent", False)
    await behind.end(rule, SERVER)
    assert behind.heard() == [("triggered", ROUTER), ("resolved", ROUTER)]
    said = behind.notices[-1].incident
    assert said is not None
    assert (said.cause, said.cause_text) == (known.cause, known.cause_text)
    assert (await behind.incidents())[0].cause == "parent"


@pytest.mark.anyio
async def test_what_is_left_of_a_cause_that_is_over_is_told(behind: Night) -> None:
    """The router is well again, and one server is still down."""
    rule = await behind.rule()
    await behind.open(rule, "critical", ROUTER)
    await behind.open(rule, "critical", SERVER)
    await behind.end(rule, ROUTER)
    assert await behind.wait(1) == []
    await behind.wait(2)
    assert behind.heard() == [("triggered", ROUTER), ("cause", SERVER)]
    assert "before: what it depends on" in behind.notices[-1].message
    await behind.wait(20)
    await behind.end(rule, SERVER)
    assert behind.heard()[2:] == [("resolved", SERVER)]


@pytest.mark.anyio
async def test_a_cause_that_comes_and_goes_is_told_once(behind: Night) -> None:
    rule = await behind.rule()
    await behind.open(rule, "critical", SERVER)
    for _ in range(10):
        await behind.open(rule, "critical", ROUTER)
        await behind.end(rule, ROUTER)
    assert behind.heard() == [("triggered", SERVER), ("cause", ROUTER)]


@pytest.mark.anyio
async def test_the_reminder_is_headed_by_what_is_open(night: Night) -> None:
    rule = await night.rule(remind_minutes=10)
    for probe in (1, 2):
        await night.open(rule, "critical", probe)
    await night.end(rule, 1)
    await night.wait(16)
    assert night.heard()[-1] == ("reminder", 2)


def test_that_nobody_reaches_a_site_is_told_when_it_is_known(stage: Stage) -> None:
    berlin = stage.person.agent(stage.workspace, "berlin")
    paris = stage.person.agent(stage.workspace, "paris")
    stage.rule(metric="failure", threshold=0)
    probes = {
        agent.id: stage.person.probe(agent, type="PING", agent_targets=[berlin.id])
        for agent in (stage.agent, paris)
    }
    with stage.speaking() as here, stage.speaking(paris) as there:
        here.post("PING", LOST, probe=probes[stage.agent.id], target="192.0.2.9")
        stage.notice("triggered")
        there.post("PING", LOST, probe=probes[paris.id], target="192.0.2.9")
        body = stage.notice("cause")
        assert body["incident"]["cause_text"] == "none of 2 agents reaches it"
        stage.quiet()
        there.post("PING", PING, probe=probes[paris.id], target="192.0.2.9")
        until(lambda: len(stage.alerts(status="active")) == 1, 5)
        here.post("PING", PING, probe=probes[stage.agent.id], target="192.0.2.9")
        over = stage.notice("resolved")
    assert over["incident"]["cause"] == "site_unreachable"
    assert [body["event"] for body in stage.hooks.came[stage.name]] == [
        "triggered",
        "cause",
        "resolved",
    ]
