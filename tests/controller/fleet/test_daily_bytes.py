from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from forepost.controller.fleet.daily_bytes import DailyBytes
from tests.running import AgentProcess, ControllerProcess, until

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_a_day_has_so_many_bytes_and_the_next_as_many_again() -> None:
    day = DailyBytes(100)
    assert day.take(1, 100, NOON)
    assert not day.why_not(1, NOON)
    assert not day.take(1, 1, NOON)
    assert "more than 100 bytes today" in day.why_not(1, NOON)
    assert day.take(2, 100, NOON)
    assert day.sent(1, NOON) == 101
    tomorrow = NOON + timedelta(hours=12)
    assert not day.why_not(1, tomorrow)
    assert day.sent(1, tomorrow) == 0
    assert day.take(1, 100, tomorrow)


def test_without_a_limit_bytes_are_only_counted() -> None:
    day = DailyBytes(0)
    assert day.take(1, 1 << 50, NOON)
    assert not day.why_not(1, NOON)
    assert day.sent(1, NOON) == 1 << 50


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path / "narrow")
    process.env["FOREPOST_LIMITS__AGENT_BYTES_A_DAY"] = "4000"
    process.start()
    yield process
    process.end()


def test_an_agent_that_says_too_much_is_not_heard_and_loses_nothing(
    narrow: ControllerProcess, tmp_path: Path
) -> None:
    person = narrow.person()
    agent = person.agent(person.workspace("w"))
    person.probe(agent, type="PING", targets=["127.0.0.1"], interval_sec=1, timeout_sec=1)
    process = AgentProcess(tmp_path / "agent", narrow.url, agent).start()

    def status() -> Any:
        return process.status() or {"problems": {}, "spool": {}}

    try:
        until(
            lambda: "limits.agent_bytes_a_day" in status()["problems"].get("controller", ""),
            18,
            lambda: process.output,
        )
        shown = person.call("GET", f"/workspaces/{agent.workspace}/agents/{agent.id}")
        assert shown["bytes_today"] > 4_000
        waiting = status()["spool"]["pending"]
        until(lambda: status()["spool"]["pending"] > waiting + 1, 10)
        assert status()["spool"]["lost"] == 0
    finally:
        process.end()
