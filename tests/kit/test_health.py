import logging

import anyio
import pytest

from forepost.kit.health import CALM_SEC, LOOK_SEC, Health
from tests.fakes.clock import FakeClock


def test_a_thing_is_said_once_when_it_breaks_and_once_when_it_heals(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    health = Health(logging.getLogger("x"))
    health.well("uplink")
    health.ill("uplink", "refused")
    health.ill("uplink", "timed out")
    assert health.problems == {"uplink": "timed out"}
    health.well("uplink")
    health.well("uplink")
    assert [r.message for r in caplog.records] == ["uplink: refused", "uplink: well again"]
    assert health.problems == {}


def test_what_does_not_heal_by_itself_is_said_although_the_fault_began_otherwise(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A controller that was replaced: the log had "service restart", and never the key."""
    caplog.set_level(logging.INFO)
    health = Health(logging.getLogger("x"))
    health.ill("controller", "it closed the connection")
    for _ in range(3):
        health.ill("controller", "connection refused")
        health.ill("controller", "it does not know this agent", lasting=True)
    assert [r.message for r in caplog.records] == [
        "controller: it closed the connection",
        "controller: it does not know this agent",
    ]


def test_what_is_minor_keeps_nobody_from_working() -> None:
    health = Health(logging.getLogger("x"))
    able = [health.able]
    health.ill("geoip", "no such file", minor=True)
    able.append(health.able)
    assert health.problems == {"geoip": "no such file"}
    health.ill("series", "disk full")
    able.append(health.able)
    health.well("series")
    able.append(health.able)
    health.ill("geoip", "it is needed after all")
    able.append(health.able)
    assert able == [True, True, False, True, False]


@pytest.mark.anyio
async def test_a_fault_that_comes_and_goes_is_one_fault_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    clock = FakeClock()
    health = Health(logging.getLogger("x"), clock)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(health.run)
        for _ in range(100):
            health.ill("uplink", "refused")
            await clock.advance(5)
            health.well("uplink")
            assert health.problems == {}  # what is true now is known at once
            await clock.advance(CALM_SEC - 2 * LOOK_SEC)
        assert [r.message for r in caplog.records] == ["uplink: refused"]
        await clock.advance(3 * LOOK_SEC)
        ended = "uplink: well again; meanwhile it came back 99 times"
        assert [r.message for r in caplog.records[1:]] == [ended]
        health.ill("uplink", "refused")
        health.well("uplink")
        await clock.advance(CALM_SEC + LOOK_SEC)
        assert [r.message for r in caplog.records[2:]] == ["uplink: refused", "uplink: well again"]
        tasks.cancel_scope.cancel()


def test_another_reason_of_a_fault_that_comes_back_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    health = Health(logging.getLogger("x"), FakeClock())
    for reason in ("no such device", "the interface is gone", "no such device", "port 1", "port 2"):
        health.ill("flows", reason)
        health.well("flows")
    health.ill("flows", "port 3")
    said = [r.message for r in caplog.records]
    assert said == [
        "flows: no such device",
        "flows: the interface is gone",
        "flows: port 1",
        "flows: port 2",
    ]
