"""The heaviest lists: what is allowed leaves time for status and signals, the rest never runs."""

import json
import signal
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from tests.running import AgentProcess, NewAgent, until

pytestmark = pytest.mark.alone  # answers in time under a load that takes a whole core

NOWHERE = NewAgent(1, 1, "nobody")
NOW = "2026-01-01T00:00:00Z"
STATUS_SEC = 4.0


def listed(kind: str, probes: int, targets: list[str], **more: Any) -> bytes:
    return json.dumps(
        [
            {
                "id": number,
                "created_at": NOW,
                "updated_at": NOW,
                "workspace_id": 1,
                "agent_id": 1,
                "type": kind,
                "targets": [
                    {
                        "id": 1,
                        "created_at": NOW,
                        "updated_at": NOW,
                        "probe_id": number,
                        "target": target,
                    }
                    for target in targets
                ],
                **more,
            }
            for number in range(1, probes + 1)
        ]
    ).encode()


def timed(agent: AgentProcess) -> tuple[Any, float]:
    began = time.monotonic()
    return agent.status(), time.monotonic() - began


@pytest.mark.timeout(240)
def test_ten_tcp_probes_of_200_targets_each_second(tmp_path: Path) -> None:
    """As it was seen: no answer for minutes, and the same again after each start."""
    folder = tmp_path / "agent"
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0), backlog=10) as listener:
        port = listener.getsockname()[1]
        targets = [f"127.0.0.{n}:{port + 1}" for n in range(1, 201)]
        body = listed("TCP", 10, targets, interval_sec=1, timeout_sec=10, count=1)
        (folder / "wanted.json").write_bytes(body)
        agent = AgentProcess(folder, "", NOWHERE).start()
        try:
            status = until(agent.status, 30)
            for _ in range(8):
                time.sleep(1)
                status, took = timed(agent)
                assert took < STATUS_SEC
            assert status["probes"] == 400
            assert status["problems"]["room for probes"].startswith(
                "8 are left out, the first: probe 3: TCP: no room: interval_sec: this agent "
                "would have 600 TCP connections a second; the most is 500"
            )
            began = time.monotonic()
            assert agent.child
            agent.child.send_signal(signal.SIGTERM)
            assert agent.child.wait(10) == 0
            assert time.monotonic() - began < 8
        finally:
            agent.end()


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("kind", "probes", "more"),
    [
        ("PING", 600, {"interval_sec": 60}),
        ("MTR", 25, {"interval_sec": 300}),
    ],
)
def test_120_000_pings_and_5_000_traces(
    tmp_path: Path, kind: str, probes: int, more: dict[str, Any]
) -> None:
    folder = tmp_path / "agent"
    folder.mkdir()
    targets = [f"127.0.0.{n}" for n in range(1, 201)]
    (folder / "wanted.json").write_bytes(listed(kind, probes, targets, **more))
    agent = AgentProcess(folder, "", NOWHERE).start()
    try:
        status = until(agent.status, 40)
        for _ in range(8):
            time.sleep(1)
            status, took = timed(agent)
            assert took < STATUS_SEC
        assert "room for probes" in status["problems"]
        assert 2_000 < status["probes"] <= 10_000
    finally:
        agent.end()
