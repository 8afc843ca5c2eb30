"""A round that cannot end before the next one begins is said when a probe is made."""

from typing import Any

import pytest

from tests.running import Person

PING: dict[str, Any] = {"type": "PING", "targets": ["198.18.0.2"]}


def made(person: Person, status: int = 201, **body: Any) -> tuple[str, Any]:
    agent = person.agent(person.workspace("w"))
    path = f"/workspaces/{agent.workspace}/agents/{agent.id}/probes"
    return path, person.call("POST", path, {**PING, **body}, status=status)


TCP = {"type": "TCP", "targets": ["198.18.0.2:80"]}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"interval_sec": 5, "timeout_sec": 10}, "timeout_sec: 10 s"),
        ({**TCP, "interval_sec": 5, "timeout_sec": 6}, "timeout_sec: 6 s"),
        ({"interval_sec": 5, "metadata": {"timeout_sec": "7"}, "type": "HTTP"}, "metadata.timeout"),
        ({"interval_sec": 5, "count": 1_000}, "count: 1000 do not fit"),
        ({"intervalSec": 5, "timeoutSec": 10}, "timeout_sec: 10 s"),
    ],
)
def test_what_cannot_end_in_time_is_refused_by_its_field(
    person: Person, body: dict[str, Any], said: str
) -> None:
    _, answer = made(person, 400, **body)
    assert answer["error"].startswith(said)


@pytest.mark.parametrize(
    "body",
    [
        {"interval_sec": 60, "timeout_sec": 10, "count": 5, "duration_sec": 0},  # NetWatcher's
        {"interval_sec": 300, "timeout_sec": 30, "count": 5, "type": "MTR"},
        {"interval_sec": 0, "timeout_sec": 0},
        {"interval_sec": 1, "timeout_sec": 1, "count": 4},
    ],
)
def test_what_ends_in_time_is_taken(person: Person, body: dict[str, Any]) -> None:
    made(person, **body)


def test_the_usual_timeout_follows_the_interval(person: Person) -> None:
    path, probe = made(person, interval_sec=5)
    assert probe["timeout_sec"] == 2
    one = f"{path}/{probe['id']}"
    assert person.call("PATCH", one, {"intervalSec": 120, "timeoutSec": 15})["timeout_sec"] == 15
    assert person.call("PATCH", one, {"interval_sec": 8})["timeout_sec"] == 4
    refused = person.call("PATCH", one, {"interval_sec": 3, "timeout_sec": 4}, status=400)
    assert refused["error"].startswith("timeout_sec: 4 s")
    assert person.call("PATCH", one, {"enabled": False})["timeout_sec"] == 4
