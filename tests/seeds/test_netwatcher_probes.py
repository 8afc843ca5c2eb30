"""The document's bodies about copies, pairs, targets and likeness."""

import pytest

from tests.agent_socket import agent_socket
from tests.running import ControllerProcess, NewAgent, Person


@pytest.fixture
def workspace(person: Person) -> int:
    return person.workspace("Production")


def probes(agent: NewAgent) -> str:
    return f"/workspaces/{agent.workspace}/agents/{agent.id}/probes"


def test_copy_probes(person: Person, workspace: int) -> None:
    source, *dests = (person.agent(workspace, name) for name in "abcd")
    for body in (
        {"type": "AGENT", "agent_targets": [dests[0].id]},
        {"type": "MTR", "targets": ["8.8.8.8"]},
        {"type": "PING", "targets": ["8.8.8.8"]},
    ):
        person.call("POST", probes(source), body, status=201)
    person.call("POST", probes(dests[1]), {"type": "MTR", "targets": ["8.8.8.8"]}, status=201)
    asked = {
        "source_agent_id": source.id,
        "dest_agent_ids": [dest.id for dest in dests],
        "workspace_id": workspace,
        "probe_ids": [],
        "probe_types": ["AGENT", "MTR"],
        "match_targets": False,
        "skip_duplicates": True,
    }
    outcome = person.call("POST", probes(source) + "/copy", asked)
    assert set(outcome) == {"created", "skipped", "errors", "results"}
    # AGENT may go to two of three, as the first is what it measures towards; MTR to two of three.
    assert (outcome["created"], outcome["skipped"], outcome["errors"]) == (4, 2, 0)
    made = next(r for r in outcome["results"] if "new_probe_id" in r)
    assert set(made) == {"source_probe_id", "dest_agent_id", "new_probe_id"}
    skipped = [r for r in outcome["results"] if r.get("skipped")]
    assert "duplicate exists" in {r["skip_reason"] for r in skipped}


def test_bidirectional_probes(person: Person, workspace: int) -> None:
    a, b = person.agent(workspace, "a"), person.agent(workspace, "b")
    body = {"type": "AGENT", "agent_targets": [b.id], "bidirectional": True}
    first = person.call("POST", probes(a), body, status=201)
    (back,) = person.call("GET", probes(b))["data"]
    assert [t["agent_id"] for t in first["targets"]] == [b.id]
    assert [t["agent_id"] for t in back["targets"]] == [a.id]


def test_by_target_and_similar(
    controller: ControllerProcess, person: Person, workspace: int
) -> None:
    agent = person.agent(workspace)
    one = person.probe(agent, type="PING", targets=["8.8.8.8", "1.1.1.1"])
    other = person.probe(agent, type="PING", targets=["8.8.8.8"])
    with agent_socket(controller, agent) as socket:
        socket.post("PING", {"packets_sent": 1}, probe_id=one, target="8.8.8.8")
    base = f"/workspaces/{workspace}/probe-data"
    found = person.call("GET", f"{base}/by-target/data?target=8.8.8.8&type=PING&limit=10")
    assert found["probeIds"] == [one, other]
    assert [len(bundle["rows"]) for bundle in found["bundles"]] == [1, 0]
    like = person.call("GET", f"{base}/probes/{one}/similar?sameType=true&latest=true")
    assert like["probe"]["id"] == one
    assert [probe["id"] for probe in like["similar_by_target"]] == [other]
    assert like["latest"] == [{"probe_id": other, "latest": None}]


def test_probe_patch_in_the_documents_spelling(person: Person, workspace: int) -> None:
    agent = person.agent(workspace)
    probe = person.probe(agent, type="PING", targets=["8.8.8.8"])
    body = {
        "enabled": False,
        "intervalSec": 120,
        "timeoutSec": 15,
        "labels": {"priority": "high"},
        "replaceTargets": ["8.8.4.4"],
    }
    changed = person.call("PATCH", f"{probes(agent)}/{probe}", body)
    assert (changed["enabled"], changed["interval_sec"], changed["timeout_sec"]) == (False, 120, 15)
    assert changed["labels"] == {"priority": "high"}
    assert [target["target"] for target in changed["targets"]] == ["8.8.4.4"]
