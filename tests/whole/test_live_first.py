"""A long backlog over a slow line: what is measured now arrives now, and all of it arrives once."""

import json
import logging
import socket
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from forepost.agent.edges.files.spool_folder import SpoolFolder
from forepost.agent.uplink.spool import Spool
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from tests.lab.slow_line import slow_line
from tests.running import AgentProcess, ControllerProcess, until

BACKLOG = 3_000
KBIT = 32.0


def result(probe: int, created: datetime, number: int) -> bytes:
    """As an agent of ours keeps it; `number` tells it from the others."""
    payload = {
        "start_timestamp": created.isoformat(),
        "stop_timestamp": created.isoformat(),
        "packets_recv": 30,
        "packets_sent": 30,
        "packets_recv_duplicates": 0,
        "packet_loss": number % 7,
        "addr": "198.51.100.9",
        "min_rtt": 9_000_000 + number,
        "max_rtt": 12_000_000 + number * 7,
        "avg_rtt": 10_000_000 + number * 3,
        "std_dev_rtt": 400_000 + number * 11,
    }
    post = {
        "probe_id": probe,
        "created_at": created.isoformat(),
        "type": "PING",
        "target": "198.51.100.9",
        "payload": payload,
    }
    return json.dumps(post).encode()


def fill(folder: Path, probe: int) -> None:
    """What an earlier start of the agent left."""
    health = Health(logging.getLogger("test"))
    spool = Spool(
        SpoolFolder(folder / "spool"), SystemClock(), health, max_bytes=1 << 30, max_age_sec=86_400
    )
    begun = datetime.now(UTC) - timedelta(hours=10)
    for number in range(BACKLOG):
        spool.put(result(probe, begun + timedelta(seconds=10 * number), number))
    spool.close()


@pytest.mark.timeout(240)
def test_live_results_arrive_at_once_beside_a_backlog_that_takes_a_minute(tmp_path: Path) -> None:
    controller = ControllerProcess(tmp_path / "c").start()
    person = controller.person()
    agent = person.agent(person.workspace("w"))
    past = person.probe(agent, type="PING", targets=["198.51.100.9"], interval_sec=3_600)
    person.call("PATCH", _path(agent, f"/probes/{past}"), {"enabled": False})
    live = person.probe(agent, type="PING", targets=["127.0.0.1"], interval_sec=2, count=1)
    with slow_line(controller.port, KBIT) as line:
        process = AgentProcess(tmp_path / "agent", line.url, agent)
        fill(process.folder, past)
        process.start()
        try:
            said = lambda: f"{process.status()}\n{process.output}"  # noqa: E731
            until(lambda: len(person.results(agent, live)) > 5, 60, said)
            status = process.status()["spool"]
            assert status["backlog"] > BACKLOG / 10, status
            shown = until(lambda: _left(person.call("GET", _path(agent, ""))), 60, said)
            assert 0 < shown["backlog"] <= BACKLOG
            assert not shown["backlog_grows"]
            arrived = len(person.results(agent, past))
            assert 0 < arrived < BACKLOG
            late = [_late_sec(row) for row in person.results(agent, live)]
            assert sorted(late)[len(late) // 2] < 15, late
            line.rate = 10e6
            until(lambda: process.status()["spool"]["backlog"] == 0, 60, said)
            until(process.drained, 60, said)
            rows = person.results(agent, past)
            numbers = [row["payload"]["min_rtt"] - 9_000_000 for row in rows]
            assert numbers == list(range(BACKLOG))  # each once
            assert process.status()["spool"]["lost"] == 0
            calm = until(lambda: _calm(person.call("GET", _path(agent, ""))), 30, said)
            assert calm["backlog_left_sec"] is None
        finally:
            process.end()
            controller.end()


def _path(agent: Any, rest: str) -> str:
    return f"/workspaces/{agent.workspace}/agents/{agent.id}{rest}"


def _left(agent: Any) -> Any:
    """The spool, once the controller knows how long its backlog takes."""
    spool = agent["spool"]
    return spool if spool and spool["backlog_left_sec"] is not None else None


def _calm(agent: Any) -> Any:
    return agent["spool"] if agent["spool"]["backlog"] == 0 else None


def _late_sec(row: Any) -> float:
    made, came = (datetime.fromisoformat(row[key]) for key in ("created_at", "received_at"))
    return (came - made).total_seconds()


def test_the_line_of_these_tests_is_as_slow_as_it_says() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as far,
        slow_line(far.getsockname()[1], 80) as line,
        socket.create_connection(("127.0.0.1", line.port)) as near,
    ):
        other, _ = far.accept()
        with other:
            began = time.monotonic()
            near.sendall(b"." * 30_000)
            heard = 0
            while heard < 30_000:
                heard += len(other.recv(65_536))
            assert time.monotonic() - began > 2.5
