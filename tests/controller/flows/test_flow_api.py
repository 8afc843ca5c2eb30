"""Traffic over REST: reported on the socket, asked for by a person."""

import time
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from tests.agent_socket import agent_socket
from tests.controller.flows.minutes import minute
from tests.running import ControllerProcess, NewAgent, Person, until

TLS = ("198.18.0.9", "TLS", "example.org", 1_000)
DNS = ("198.18.0.9", "DNS", "192.0.2.0/24", 10)
SSH = ("198.18.0.8", "SSH", "192.0.2.0/24", 100)


@pytest.fixture
def now() -> int:
    return int(time.time()) // 60 * 60


def report(controller: ControllerProcess, agent: NewAgent, *minutes: Any) -> None:
    with agent_socket(controller, agent) as said:
        for one in minutes:
            at = datetime.fromtimestamp(one.minute, UTC)
            said.post("FLOWS", msgspec.to_builtins(one), at=at)


def ask(person: Person, workspace: int, what: str, **query: Any) -> Any:
    answer = person.ask("GET", f"/workspaces/{workspace}/flows/{what}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def counted(person: Person, workspace: int, reports: int) -> None:
    """Wait until so many reports are summed."""
    until(
        lambda: ask(person, workspace, "top")["honesty"]["reports"] == reports,
        10,
        lambda: ask(person, workspace, "top"),
    )


def test_what_sites_did_and_what_was_not_seen(
    controller: ControllerProcess, person: Person, now: int
) -> None:
    workspace = person.workspace("traffic")
    one, two = person.agent(workspace, "one"), person.agent(workspace, "two")
    report(
        controller,
        one,
        minute(now - 240, TLS, DNS, groups=("guests",)),
        minute(now - 60, TLS, SSH, rest=7),
    )
    report(controller, two, minute(now - 120, SSH))
    counted(person, workspace, 3)

    top = ask(person, workspace, "top", by="device")
    assert [(r["name"], r["bytes_in"]) for r in top["rows"]] == [
        ("198.18.0.9", 2_010),
        ("198.18.0.8", 200),
    ]
    assert (top["total"]["bytes_in"], top["rest"]["bytes_in"]) == (2_217, 7)
    assert top["step_sec"] == 60
    assert top["honesty"] == {
        "reports": 3,
        "packets": 300,
        "bytes": 30_000,
        "other_packets": 0,
        "other_bytes": 0,
        "missed": 15,
        "refused_packets": 6,
        "refused_bytes": 0,
        "lost": 3,
        "gap_sec": 1.5,
        "uninspected_sec": 0.0,
        "drop_rate": pytest.approx(9 / 303),
        "missed_rate": pytest.approx(15 / 300),
    }
    sites = ask(person, workspace, "top", by="agent", limit=1)
    assert [(r["name"], r["label"], r["bytes_in"]) for r in sites["rows"]] == [
        (str(one.id), "one", 2_117)
    ]
    assert sites["rest"]["bytes_in"] == 100

    of_device = ask(person, workspace, "top", by="application", device="198.18.0.9", agentId=one.id)
    assert [(r["name"], r["bytes_in"]) for r in of_device["rows"]] == [("TLS", 2_000), ("DNS", 10)]
    assert of_device["matched"]["bytes_in"] == 2_010
    assert of_device["unknown"]["bytes_in"] == 7
    in_group = ask(person, workspace, "top", by="group")
    assert [(r["name"], r["bytes_in"]) for r in in_group["rows"]] == [("guests", 1_010)]
    assert in_group["rest"] is None
    assert in_group["total"]["bytes_in"] == 2_217
    by_group = ask(person, workspace, "top", by="remote", group="guests")
    assert [(r["name"], r["bytes_in"]) for r in by_group["rows"]] == [
        ("example.org", 1_000),
        ("192.0.2.0/24", 10),
    ]
    talks = ask(person, workspace, "talks", remote="192.0.2.0/24", limit=1)
    assert [(r["device"], r["application"], r["bytes_in"]) for r in talks["rows"]] == [
        ("198.18.0.8", "SSH", 200)
    ]
    assert talks["rest"]["bytes_in"] == 10


def test_history_shows_gaps_as_gaps(
    controller: ControllerProcess, person: Person, now: int
) -> None:
    workspace = person.workspace("history")
    agent = person.agent(workspace)
    report(controller, agent, minute(now - 240, TLS, DNS), minute(now - 60, TLS))
    counted(person, workspace, 2)
    for query in ({}, {"agentId": agent.id}):
        total = ask(person, workspace, "history", **query)
        assert total["lines"] == [
            {
                "name": "",
                "label": "",
                "points": [
                    {"time": now - 240, "bytes_in": 1_010, "bytes_out": 2_020},
                    {"time": now - 60, "bytes_in": 1_000, "bytes_out": 2_000},
                ],
            }
        ]
        assert total["rest"] is None
        each = ask(person, workspace, "history", by="application", limit=1, **query)
        (line,) = each["lines"]
        assert (line["name"], [p["bytes_in"] for p in line["points"]]) == ("TLS", [1_000, 1_000])
        assert [p["bytes_in"] for p in each["rest"]] == [10, 0]
        one = ask(person, workspace, "history", application="DNS", **query)
        assert [p["bytes_in"] for p in one["lines"][0]["points"]] == [10, 0]
    wide = ask(person, workspace, "history", **{"from": now - 86_400})
    assert wide["step_sec"] == 3_600
    assert sum(p["bytes_in"] for p in wide["lines"][0]["points"]) == 2_010
    year = ask(person, workspace, "history", by="device", **{"from": now - 300 * 86_400})
    assert year["step_sec"] == 86_400
    assert sum(p["bytes_in"] for p in year["lines"][0]["points"]) == 2_010


@pytest.mark.parametrize("of", ["device", "application", "remote", "group"])
def test_history_of_what_nobody_used_is_zero_where_there_were_reports(
    controller: ControllerProcess, person: Person, now: int, of: str
) -> None:
    workspace = person.workspace("nothing")
    agent = person.agent(workspace)
    report(controller, agent, minute(now - 240, TLS, groups=("guests",)), minute(now - 60, DNS))
    counted(person, workspace, 2)
    for query in ({}, {"agentId": agent.id}):
        answer = ask(person, workspace, "history", **{of: "nowhere"}, **query)
        points = [{"time": at, "bytes_in": 0, "bytes_out": 0} for at in (now - 240, now - 60)]
        assert answer["lines"] == [{"name": "", "label": "", "points": points}]
        assert (answer["total"]["bytes_in"], answer["matched"]["bytes_in"]) == (1_010, 0)
        assert answer["rest"] is None
        each = ask(person, workspace, "history", by="remote", **{of: "nowhere"}, **query)
        assert each["lines"] == []
        assert each["rest"] == points


def test_one_who_asks_wrongly_is_told(person: Person) -> None:
    workspace = person.workspace("wrong")
    for what, query, status, reason in (
        ("top", {"by": "agent", "device": "x"}, 400, "by: agents are told apart without"),
        ("top", {"agentId": 999_999}, 404, "agent not found"),
        ("top", {"agentId": 999_999, "by": "agent"}, 404, "agent not found"),
        ("history", {"from": "2026-01-02", "to": "2026-01-01"}, 400, "from: must be before to"),
        ("history", {"from": "2001-01-01", "to": "2026-01-01"}, 400, "from: at most 1100 days"),
        ("history", {"by": "agent"}, 400, "by"),
        ("talks", {"limit": 201}, 400, "limit"),
    ):
        answer = person.ask("GET", f"/workspaces/{workspace}/flows/{what}", params=query)
        assert answer.status_code == status, answer.text
        assert reason in answer.json()["error"]
    empty = ask(person, workspace, "top")
    assert empty["rows"] == []
    assert empty["honesty"]["drop_rate"] == 0
    assert ask(person, workspace, "history")["lines"] == [{"name": "", "label": "", "points": []}]


def test_a_report_of_a_stranger_is_not_in_it(
    controller: ControllerProcess, person: Person, now: int
) -> None:
    mine, other = person.workspace("mine"), person.workspace("other")
    report(controller, person.agent(mine), minute(now - 60, TLS))
    counted(person, mine, 1)
    assert ask(person, other, "top")["honesty"]["reports"] == 0


def test_what_was_reported_before_a_stop_is_there_after_it(tmp_path_factory: Any, now: int) -> None:
    folder = tmp_path_factory.mktemp("again")
    controller = ControllerProcess(folder).start()
    try:
        person = controller.person()
        workspace = person.workspace("again")
        agent = person.agent(workspace)
        report(controller, agent, minute(now - 60, TLS))
        controller.kill()
        again = ControllerProcess(folder, controller.port).start()
        try:
            counted(again.person(), workspace, 1)
            report(again, agent, minute(now - 60, TLS))  # sent again: the same result
            report(again, agent, minute(now - 120, TLS))
            assert again.stop() == 0
            again.start()
            counted(again.person(), workspace, 2)
        finally:
            again.end()
    finally:
        controller.end()
