"""Alerts on microservices: down, stuck in restarts, a roll-out that went back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.controller.workloads.ours import workloads_agent
from tests.running import ControllerProcess, Person, until

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[ControllerProcess]:
    """A controller that looks at its rules several times a second."""
    process = ControllerProcess(tmp_path)
    process.env["FOREPOST_ALERTS__CHECK_SEC"] = "0.3"
    yield process.start()
    process.end()


def active(person: Person, workspace: int) -> dict[str, Any]:
    """Metric -> value and agent of its open alert."""
    found = person.call("GET", f"/workspaces/{workspace}/alerts?status=active")["data"]
    return {one["metric"]: (one["value"], one["agent_id"]) for one in found}


def test_what_is_down_stuck_or_went_back_raises_an_alert(quick: ControllerProcess) -> None:
    person = quick.person()
    workspace = person.workspace("w")
    agent, away = person.agent(workspace, "a"), person.agent(workspace, "away")
    base = f"/workspaces/{workspace}"
    for metric in ("workload_down", "workload_stuck", "rollout_failed"):
        rule = {"name": metric, "metric": metric, "operator": ">=", "threshold": 1}
        person.call("POST", f"{base}/alert-rules", rule, status=201)
    wrong = {"name": "x", "metric": "rollout_failed", "operator": ">", "threshold": 0}
    person.call("POST", f"{base}/alert-rules", wrong | {"agent_id": agent.id}, status=400)
    body = {
        "name": "m",
        "image": "m:1",
        "agents": [agent.id, away.id],
        "rollout": {"waves": [50, 100], "gate_sec": 3_600},
    }
    one = f"{base}/microservices"
    one = f"{one}/{person.call('POST', one, body, status=201)['id']}"
    with workloads_agent(quick, agent) as ours:
        ours.takes()
        ours.reports(ours.status("m", state="PULLING", running=""))
        until(lambda: person.call("GET", one)["agents"][0]["reason"] == "pulling", 40)
        assert active(person, workspace) == {}
        ours.reports(ours.status("m", health="unhealthy"))
        down = {"workload_down": (1, agent.id)}
        until(lambda: active(person, workspace) == down, 40)
        ours.reports(ours.status("m", state="STUCK_IN_RESTART"))
        stuck = down | {"workload_stuck": (1, agent.id)}
        until(lambda: active(person, workspace) == stuck, 40)
        ours.runs_all()
        until(lambda: active(person, workspace) == {}, 40)

        person.call("PATCH", one, {"image": "m:2"})
        ours.takes()
        ours.reports(ours.status("m", state="FAILED", problem="no such image"))
        until(lambda: "rollout_failed" in active(person, workspace), 40)
        assert active(person, workspace)["rollout_failed"] == (1, None)
        ours.takes()
        ours.runs_all()
        person.call("PATCH", one, {"rollout": None, "image": "m:3"})
        ours.takes()
        ours.runs_all()
        until(lambda: active(person, workspace) == {}, 40)
