"""Jobs over REST: what is refused, who may what, and what the audit log knows of it."""

from hashlib import sha256
from typing import Any

import pytest

from tests.controller.jobs.test_kept_runs import SCRIPT, JobSite
from tests.running import ControllerProcess, Person

pytestmark = pytest.mark.timeout(240)
FOLDER: dict[str, Any] = {"name": "f", "type": "folder"}


def member(agent_id: int, **more: Any) -> dict[str, Any]:
    return {"agent_id": agent_id, "path": "/srv/a", **more}


def test_a_job_is_made_changed_listed_and_removed(person: Person) -> None:
    site = JobSite(person, 2)
    first, second = site.agents
    path = f"{site.base}/jobs"
    number = site.job(first, name="nightly", priority=7, external_id="x")
    one = person.call("GET", f"{path}/{number}")
    assert one["agents"] == [{"agent_id": first.id, "permission": "rw", "path": ""}]
    assert one["members"] == one["agents"]
    assert (one["priority"], one["when_offline"], one["ttl_sec"]) == (7, "queue", 7 * 86_400)
    hashed = sha256(SCRIPT["command"].encode()).hexdigest()  # type: ignore[attr-defined]
    assert one["script_sha256"] == {"script": hashed}
    changed = {"agents": [{"agent_id": second.id}], "script": {"command": ["/bin/true"]}}
    after = person.call("PATCH", f"{path}/{number}", changed)
    assert (after["revision"], after["script"]["command"]) == (2, ["/bin/true"])
    listed = person.call("GET", path)
    assert (listed["total"], listed["data"][0]["script"]["command"]) == (1, "***")
    assert listed["data"][0]["last_run"] is None
    run = site.begin(number)
    assert person.call("GET", path)["data"][0]["last_run"]["id"] == run
    person.call(
        "POST",
        path,
        {"name": "nightly", **script(), "agents": [{"agent_id": second.id}]},
        status=409,
    )
    person.call("PATCH", f"{path}/{number}", {"type": "folder"}, status=400)
    person.call("DELETE", f"{path}/{number}")
    for gone in (f"jobs/{number}", f"runs/{run}"):
        person.call("GET", f"{site.base}/{gone}", status=404)


def script(**more: Any) -> dict[str, Any]:
    return {"type": "script", "script": SCRIPT, **more}


def test_what_is_wrong_is_said_by_field(person: Person) -> None:
    site = JobSite(person)
    elsewhere = person.agent(person.workspace("other"))
    path = f"{site.base}/jobs"

    def refused(body: dict[str, Any], status: int = 400) -> str:
        return str(person.call("POST", path, {"name": "x", **body}, status=status)["error"])

    mine = site.agents[0].id
    assert "script" in refused({"type": "script"})
    assert "wormhole" in refused(script(wormhole=1))
    assert "agents[0].agent_id" in refused(script(agents=[{"agent_id": elsewhere.id}]), 404)
    assert "named twice" in refused(script(agents=[{"agent_id": mine}, {"agent_id": mine}]))
    assert "agents: one at least" in refused(
        {"type": "folder", "agents": [member(mine, permission="ro")]}
    )
    assert "notices.webhook_url" in refused(script(notices={"webhook_url": "http://127.0.0.1:1/x"}))
    number = site.job(name="empty")
    person.call("PATCH", f"{path}/{number}", {"agents": []})
    run = f"{path}/{number}/runs"
    assert "no agent has this job" in person.call("POST", run, {}, status=409)["error"]
    person.call("PATCH", f"{path}/{number}", {"agents": [{"agent_id": mine}]})
    wrong = person.call("POST", run, {"agent_ids": [999]}, status=400)
    assert "agent_ids: agent 999 has not this job" in wrong["error"]
    transfer = {
        "name": "t",
        "type": "distribution",
        "agents": [member(mine)],
    }
    made = person.call("POST", path, transfer, status=201)["id"]
    assert "concurrency" in str(
        person.call("POST", f"{path}/{made}/runs", {"concurrency": 1}, status=400)
    )
    person.call("GET", f"{site.base}/runs?status=splendid", status=400)
    person.call("GET", f"{site.base}/runs/999", status=404)


def test_scripts_are_for_admins_and_audited(controller: ControllerProcess, person: Person) -> None:
    site = JobSite(person)
    user = controller.person("job-user@example.com", "a good password")
    viewer = controller.person("job-viewer@example.com", "a good password")
    person.admit(user, site.workspace, "USER")
    person.admit(viewer, site.workspace, "VIEWER")
    mine, path = site.agents[0].id, f"{site.base}/jobs"
    number = site.job(name="s")
    run = site.begin(number)
    for verb, at, body in (
        ("POST", path, {"name": "y", **script()}),
        ("PATCH", f"{path}/{number}", {"name": "z"}),
        ("DELETE", f"{path}/{number}", None),
        ("POST", f"{path}/{number}/runs", {}),
        ("POST", f"{site.base}/runs/{run}/cancel", {}),
        ("POST", f"{site.base}/runs/{run}/retry", {}),
        (
            "POST",
            path,
            {
                "name": "t",
                "type": "distribution",
                "agents": [member(mine)],
                "triggers": {"complete": SCRIPT},
            },
        ),
        ("POST", path, FOLDER | {"agents": [member(mine)], "notices": {"email": True}}),
    ):
        assert user.call(verb, at, body, status=403)["required_role"] == "ADMIN", (verb, body)
    made = user.call("POST", path, FOLDER | {"agents": [member(mine)]}, status=201)
    user.call("PATCH", f"{path}/{made['id']}", {"priority": 1})
    for who in (user, viewer):
        assert who.call("GET", f"{path}/{number}")["script"]["command"] == "***"
    assert person.call("GET", f"{path}/{number}")["script"]["command"] == "echo hello"
    log = person.call("GET", f"{site.base}/audit")["data"]
    detail = {row["action"]: row["detail"] for row in log if row["object_id"] == number}
    hashed = sha256(b"echo hello").hexdigest()
    assert detail["jobs.create"] == f"script sha256:{hashed}"
    [begun] = [row for row in log if row["action"] == "runs.create"]
    assert (begun["object_kind"], begun["object_id"], begun["detail"]) == (
        "run",
        run,
        f"script sha256:{hashed}",
    )


def test_runs_are_listed_by_job_and_status(person: Person) -> None:
    site = JobSite(person)
    first, second = site.job(name="a"), site.job(name="b")
    runs = [site.begin(first), site.begin(second), site.begin(first)]
    site.ask(runs[0], "cancel")

    def listed(query: str) -> list[int]:
        found = person.call("GET", f"{site.base}/runs?{query}")
        return [one["id"] for one in found["data"]]

    assert listed("") == runs[::-1]
    assert listed(f"job_id={first}") == [runs[2], runs[0]]
    assert listed("status=aborted") == [runs[0]]
    assert listed("limit=1&offset=1") == [runs[1]]
    assert person.call("GET", f"{site.base}/runs")["data"][0]["agents"][0]["state"] == "queued"


def test_a_run_of_another_workspace_is_not_there(person: Person) -> None:
    site = JobSite(person)
    number = site.begin(site.job())
    other = person.workspace("other")
    for verb in ("cancel", "pause", "resume", "retry"):
        person.call("POST", f"/workspaces/{other}/runs/{number}/{verb}", {}, status=404)
    person.call("GET", f"/workspaces/{other}/runs/{number}", status=404)
    person.call("GET", f"/workspaces/{other}/runs/{number}/agents/1/output", status=404)
