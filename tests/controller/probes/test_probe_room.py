"""A list that an agent could not bear is refused where it is made, with the sum."""

from typing import Any

import pytest

from tests.running import NewAgent, Person

TARGETS = [f"198.18.0.{n}:80" for n in range(200)]
HEAVY = {"type": "TCP", "interval_sec": 1, "count": 1, "timeout_sec": 1, "targets": TARGETS}
WORDS = "interval_sec: this agent would have 600 TCP connections a second; the most is 500"


@pytest.fixture
def agent(person: Person) -> NewAgent:
    return person.agent(person.workspace("w"), "a")


def of(agent: NewAgent) -> str:
    return f"/workspaces/{agent.workspace}/agents/{agent.id}/probes"


def refused(person: Person, method: str, path: str, body: Any) -> str:
    answer = person.ask(method, path, json=body)
    assert answer.status_code == 409, answer.text
    error: str = answer.json()["error"]
    return error


def test_a_new_probe_and_a_change_that_are_too_much(person: Person, agent: NewAgent) -> None:
    person.call("POST", of(agent), HEAVY, status=201)
    second = person.call("POST", of(agent), HEAVY, status=201)["id"]
    assert refused(person, "POST", of(agent), HEAVY) == WORDS
    third = person.call("POST", of(agent), {**HEAVY, "enabled": False}, status=201)["id"]
    change = f"{of(agent)}/{third}"
    assert refused(person, "PATCH", change, {"enabled": True}) == WORDS
    assert refused(person, "PATCH", f"{of(agent)}/{second}", {"count": 2}) == WORDS
    person.call("PATCH", change, {"interval_sec": 60})
    person.call("PATCH", change, {"enabled": True})
    assert len(person.call("GET", of(agent))["data"]) == 3


def test_an_agent_probe_counts_for_all_that_it_stands_for_and_for_its_other_way(
    person: Person, agent: NewAgent
) -> None:
    others = [person.agent(agent.workspace, f"b{n}") for n in range(2)]
    body = {
        "type": "AGENT",
        "interval_sec": 60,
        "agent_targets": [one.id for one in others],
        "metadata": {"interval_ms": 1},
    }
    why = refused(person, "POST", of(agent), body)
    assert why == (
        "interval_sec: its probes would take this agent 93 % of a processor's time; the most is 75"
    )
    one_way = {**body, "agent_targets": [others[0].id]}
    person.call("POST", of(agent), one_way, status=201)
    person.call("POST", of(others[1]), {**one_way, "bidirectional": True}, status=201)
    third = person.agent(agent.workspace, "c")
    why = refused(person, "POST", of(third), {**one_way, "bidirectional": True})
    assert why == (
        f"interval_sec: its probes would take agent {others[0].id} 93 % of a processor's time; "
        "the most is 75"
    )
    assert person.call("GET", of(third))["data"] == []


def test_copies_are_refused_one_by_one(person: Person, agent: NewAgent) -> None:
    dest = person.agent(agent.workspace, "b")
    for number in range(2):
        person.call("POST", of(agent), {**HEAVY, "targets": TARGETS[number:]}, status=201)
    person.call("POST", of(dest), {**HEAVY, "targets": TARGETS[:150]}, status=201)
    said = person.call("POST", of(agent) + "/copy", {"dest_agent_ids": [dest.id]})
    assert (said["created"], said["skipped"], said["errors"]) == (1, 0, 1)
    (wrong,) = [one["error"] for one in said["results"] if one.get("error")]
    assert wrong == WORDS.replace("600", "549")
    assert len(person.call("GET", of(dest))["data"]) == 2
