"""What `forepost ms ls` prints: a reason is readable on 80 columns, and one line in a pipe."""

from datetime import UTC, datetime, timedelta
from typing import Any

from forepost.cli.microservice_list import lines
from forepost.wire.workloads.delivery import MicroserviceStatus

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LONG = "Bind for 0.0.0.0:8099 failed: port is already allocated " * 4


def status(name: str, **more: Any) -> MicroserviceStatus:
    return MicroserviceStatus(uuid=f"u-{name}", name=name, image="hub.example/box:1", **more)


def test_a_pipe_has_one_line_for_each_by_name_with_its_reason_whole() -> None:
    found = [
        status("valve", state="FAILED", problem=LONG + "\nend"),
        status("pump", state="RUNNING", started_at=NOW - timedelta(hours=5)),
    ]
    head, pump, valve = lines(found, NOW, width=None)
    assert head.split() == ["name", "state", "health", "up", "image", "from", "why"]
    assert pump.split() == ["pump", "RUNNING", "none", "5", "h", "hub.example/box:1", "controller"]
    assert valve.startswith("valve  FAILED   none")
    assert valve.endswith(LONG + " end")


def test_on_a_terminal_a_reason_stands_below_its_row() -> None:
    found = [
        status("valve", state="FAILED", refused=True, problem=LONG),
        status("w", state="QUEUED"),
    ]
    head, valve, *reason, last = lines(found, NOW, width=80)
    assert max(map(len, (head, valve, *reason, last))) <= 80
    assert " ".join(line.strip() for line in reason) == LONG.strip()
    assert "FAILED (refused)" in valve
    assert last.startswith("w ")


def test_what_an_engine_said_moves_no_cursor_and_nothing_is_no_error() -> None:
    assert "\x1b" not in "".join(lines([status("a\x1b[2J", state="QUEUED")], NOW, width=80))
    assert len(list(lines([], NOW, width=None))) == 1


def test_of_two_with_one_name_the_uuid_is_shown_which_a_verb_needs() -> None:
    twins = [
        status("twin", state="QUEUED"),
        MicroserviceStatus(uuid="v", name="twin", state="QUEUED"),
    ]
    _, first, second = lines(twins, NOW, width=None)
    assert first.startswith("twin u-twin  ")
    assert second.startswith("twin v  ")
