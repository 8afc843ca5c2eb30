"""`forepost demo`: a network to look at within a minute, of which nothing stays behind."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.free_ports import free_port
from tests.running import READY_SEC, Process, until


@pytest.fixture
def demo(tmp_path: Path) -> Process:
    port = free_port()
    folder = tmp_path / "tmp"
    folder.mkdir()
    return Process(
        ["-m", "forepost.cli.main", "demo", "--hours", "2", "--listen", f"127.0.0.1:{port}"],
        {"TMPDIR": str(folder)},
        tmp_path / "demo.log",
    )


def states_of(ask: Callable[[str], Any], job: str) -> Counter[str]:
    """At how many agents the run of a job is how."""
    (number,) = [one["id"] for one in ask("jobs")["data"] if one["name"] == job]
    (run,) = ask(f"runs?job_id={number}")["data"]
    return Counter(one["state"] for one in ask(f"runs/{run['id']}")["agents"])


def failing_at(ask: Callable[[str], Any], name: str) -> list[str]:
    """What agents say of a microservice that does not work there."""
    (number,) = [one["id"] for one in ask("microservices")["data"] if one["name"] == name]
    found = ask(f"microservices/{number}")["agents"]
    return [one["status"]["problem"] for one in found if one["failing"]]


def test_a_newcomer_sees_what_is_broken_and_nothing_stays(demo: Process, tmp_path: Path) -> None:
    demo.start()
    try:
        until(lambda: "demo is running" in demo.output, READY_SEC, lambda: demo.output)
        url, email, password = (
            re.findall(rf"{what} +(\S+)", demo.output)[0] for what in ("panel", "email", "password")
        )
        login = httpx.post(f"{url}/auth/login", json={"email": email, "password": password})
        headers = {"Authorization": f"Bearer {login.json()['token']}"}

        def ask(path: str) -> Any:
            return httpx.get(f"{url}/workspaces/1/{path}", headers=headers).json()

        agents = ask("agents")["data"]
        assert {"Amsterdam", "Lisbon", "Turin"} <= {agent["name"] for agent in agents}

        verdicts = {one["name"]: one["verdict"]["status"] for one in ask("health")["agents"]}
        assert verdicts["Vienna"] == "degraded"  # its certificate ends soon
        assert verdicts["Gdansk"] == "healthy"
        # traffic is summed some seconds after it came
        rows = until(lambda: ask("flows/top?by=application")["rows"], READY_SEC)
        assert rows[0]["bytes_in"] > 0
        until(lambda: states_of(ask, "Clean old logs").get("finished") == 6, READY_SEC)
        assert states_of(ask, "Clean old logs") == {"finished": 6, "error": 1, "queued": 1}
        moving = states_of(ask, "Price list")
        assert (moving["started"], moving["queued"]) == (2, 1)  # the source and Porto; Lisbon
        till = until(lambda: failing_at(ask, "till-gateway"), READY_SEC)
        assert till == ["registry.acme.example/till-gateway:3.2: manifest unknown"]
        (vienna,) = [one["id"] for one in agents if one["name"] == "Vienna"]
        asked = {"type": "PING", "target": "198.18.2.10", "count": 3}
        trials = f"{url}/workspaces/1/agents/{vienna}/trials"
        tried = httpx.post(trials, json=asked, headers=headers, timeout=20.0)
        assert tried.status_code == 200, tried.text
        # Lisbon is cut off.
        assert (tried.json()["status"], tried.json()["payload"]["packets_sent"]) == ("critical", 3)
        titles = {one["title"] for one in ask("incidents")["data"]}
        assert any("198.18.2.10" in title for title in titles), titles  # Lisbon, as others see it
    finally:
        assert demo.stop() == 0
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_port_that_is_taken_is_said(demo: Process, tmp_path: Path) -> None:
    demo.start()
    try:
        until(lambda: "are being made" in demo.output, READY_SEC, lambda: demo.output)
        second = Process(demo.arguments, {}, tmp_path / "second.log").start()
        assert second.child is not None
        assert second.child.wait(READY_SEC) == 1
        assert "Address already in use" in second.output
    finally:
        demo.stop()
