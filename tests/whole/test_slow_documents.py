"""What a controller wants, over 32 kbit/s: a long list and large groups come down, results go up
meanwhile, and nobody takes the slowness for silence.
"""

import json
import random
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.lab.slow_line import slow_line
from tests.running import AgentProcess, ControllerProcess, until

KBIT = 32.0
PROBES = 40
NOTE_BYTES = 1_000
ADDRESSES = 25_000


def addresses(count: int) -> list[str]:
    dice = random.Random(7)
    halves = ((dice.randrange(1 << 16), dice.randrange(1 << 16)) for _ in range(count))
    return [f"2001:db8:{net:x}::{host:x}" for net, host in halves]


@pytest.mark.timeout(240)
def test_results_pass_between_the_parts_of_what_comes_down(tmp_path: Path) -> None:
    controller = ControllerProcess(tmp_path / "c").start()
    try:
        trial(controller, tmp_path)
    finally:
        controller.end()


def trial(controller: ControllerProcess, tmp_path: Path) -> None:
    person = controller.person()
    agent = person.agent(person.workspace("w"))
    base = f"/workspaces/{agent.workspace}/agents/{agent.id}"
    live = person.probe(agent, type="PING", targets=["127.0.0.1"], interval_sec=2, count=1)
    group = {"name": "many", "addresses": addresses(ADDRESSES)}
    person.call("POST", f"/workspaces/{agent.workspace}/address-groups", group, status=201)
    dice = random.Random(3)
    for _ in range(PROBES):
        labels = {"note": dice.randbytes(NOTE_BYTES).hex()}
        person.probe(agent, type="TCP", targets=["127.0.0.1:9"], interval_sec=3_600, labels=labels)
    with slow_line(controller.port, KBIT) as line:
        process = AgentProcess(
            tmp_path / "agent",
            line.url,
            agent,
            FOREPOST_SOCKET__PATH=str(tmp_path / "s"),
            FOREPOST_FLOWS__INTERFACES=json.dumps([]),
        ).start()
        try:
            said = lambda: f"{process.status()}\n{process.output}"  # noqa: E731
            until(lambda: len(person.results(agent, live)) > 10, 60, said)
            kept = process.folder / "wanted-groups.json"
            assert not kept.exists()  # they are still on their way
            late = sorted(_late_sec(row) for row in person.results(agent, live))
            assert late[len(late) // 2] < 15, late
            until(kept.exists, 120, said)
            delivered = person.call("GET", f"{base}/probes/delivery")["data"]
            assert {one["state"] for one in delivered} == {"running"}
            assert "controller: " not in process.output  # no fault: it was connected all the time
            group["addresses"] = addresses(2 * ADDRESSES)[ADDRESSES:]
            group["name"] = "others"
            person.call("POST", f"/workspaces/{agent.workspace}/address-groups", group, status=201)
            begun = line.carried["down"]
            until(lambda: line.carried["down"] > begun + 8_000, 60, said)
            person.call("DELETE", base)
            removed = lambda: "has removed this agent" in str(process.status()["problems"])  # noqa: E731
            until(removed, 45, said)
            assert line.carried["down"] < begun + 150_000  # all of it has more
        finally:
            process.end()


def _late_sec(row: Any) -> float:
    made, came = (datetime.fromisoformat(row[key]) for key in ("created_at", "received_at"))
    return (came - made).total_seconds()
