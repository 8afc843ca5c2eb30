"""A host whose clock is wrong and is set while its agent runs, and a controller that knows."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.running import AgentProcess, ControllerProcess, until

WRONG_SEC = 7_200
SHIFTED = """
import sys
from datetime import timedelta
from pathlib import Path
from forepost.agent.__main__ import main
from forepost.kit.clock import SystemClock

right, shift = SystemClock.now, Path({path!r})
SystemClock.now = lambda self: right(self) + timedelta(seconds=float(shift.read_text()))
sys.exit(main([]))
"""
"""An agent whose wall clock is beside the true one by what a file says."""


def test_results_have_true_times_and_the_agent_is_shown_as_skewed(
    controller: ControllerProcess, tmp_path: Path
) -> None:
    person = controller.person()
    agent = person.agent(person.workspace("w"))
    probe = person.probe(agent, type="PING", targets=["127.0.0.1"], interval_sec=1, count=1)
    process = AgentProcess(tmp_path / "agent", controller.url, agent)
    shift = tmp_path / "shift"
    shift.write_text("0")
    process.arguments = ["-c", SHIFTED.format(path=str(shift))]

    def known() -> Any:
        path = f"/workspaces/{agent.workspace}/agents/{agent.id}"
        return person.call("GET", path)["clock"]

    assert known() is None
    process.start()
    try:
        told = until(known, 15, lambda: process.output)
        assert not told["skewed"]
        assert abs(told["offset_ms"]) <= told["bound_ms"] + 1 < 1_000
        until(lambda: person.results(agent, probe), 10)
        assert all("agent_clock" not in row["payload"] for row in person.results(agent, probe))
        shift.write_text(str(-WRONG_SEC))
        until(lambda: known()["skewed"], 15, lambda: process.output)
        told = known()
        assert told["offset_ms"] / 1e3 == pytest.approx(WRONG_SEC, abs=2)
        assert told["stepped_ms"] / 1e3 == pytest.approx(-WRONG_SEC, abs=2)
        status = until(lambda: process.status()["problems"].get("clock"), 5)
        assert "behind the controller" in status
        assert process.status()["clock"]["offset_ms"] / 1e3 == pytest.approx(WRONG_SEC, abs=2)
        rows = until(lambda: _flagged(person.results(agent, probe)), 10)
        for row in rows:
            created, received = (
                datetime.fromisoformat(row[f"{n}_at"]) for n in ("created", "received")
            )
            assert abs(received - created) < timedelta(seconds=3)
            assert row["payload"]["agent_clock"]["offset_ms"] / 1e3 == pytest.approx(
                WRONG_SEC, abs=2
            )
            assert row["payload"]["packets_sent"] == 1
        shift.write_text("0")
        until(lambda: not known()["skewed"], 15, lambda: process.output)
        until(lambda: "clock" not in process.status()["problems"], 5)
    finally:
        process.end()


def _flagged(rows: list[Any]) -> list[Any]:
    return [row for row in rows if "agent_clock" in row["payload"]]
