"""What agents tell beside the controller's runs: events of transfers, and their sites' runs."""

from typing import Any

import pytest

from forepost.controller.jobs.event_store import MOST_OF_JOB
from forepost.controller.jobs.site_runs import MOST_ENDED
from tests.controller.jobs.ours import JobsAgent, jobs_agent
from tests.controller.jobs.test_folders import folder, on
from tests.controller.jobs.test_job_talk import figure
from tests.controller.jobs.test_kept_runs import LONG_SEC, JobSite
from tests.running import ControllerProcess, Person, until

pytestmark = pytest.mark.timeout(240)
AT = "2026-01-01T00:00:00Z"


def event(uid: str, number: int, kind: str = "conflict", text: str = "a file") -> dict[str, Any]:
    return {"uid": uid, "number": number, "kind": kind, "text": text, "at": AT}


def tells(ours: JobsAgent, *events: dict[str, Any]) -> None:
    """Say them, and wait until they are kept."""
    ours.say("job_events", {"events": events})
    assert ours.next("job_events_kept") == {"number": max(one["number"] for one in events)}


def test_events_are_kept_once_and_shown_to_who_may_see_the_job(
    controller: ControllerProcess, person: Person
) -> None:
    site = JobSite(person, 2)
    first, second = site.agents
    made = folder(site, agents=on(first, second))
    path = f"{site.base}/jobs/{made['id']}/events"
    with jobs_agent(controller, first) as one, jobs_agent(controller, second) as two:
        one.takes_until(bool)
        two.takes_until(bool)
        [run] = one.runs
        tells(one, event(made["uid"], 1), event(made["uid"], 2, "healed", "b"))
        tells(one, event(made["uid"], 2, "healed", "b"), event(made["uid"], 3, "clash", "c"))
        tells(two, event(made["uid"], 1, "error", "of the second"))
        tells(two, event("f" * 32, 2))
        found = person.call("GET", path)
        assert found["total"] == 4
        assert [(row["kind"], row["text"], row["agent_id"]) for row in found["data"]] == [
            ("error", "of the second", second.id),
            ("clash", "c", first.id),
            ("healed", "b", first.id),
            ("conflict", "a file", first.id),
        ]
        assert {row["run_id"] for row in found["data"]} == {run}
        assert person.call("GET", f"{path}?agent_id={second.id}")["total"] == 1
        assert person.call("GET", f"{path}?run_id={run + 1}")["total"] == 0
        assert figure(controller, "forepost_job_reports_stray_total") >= 1
        reason = one.refused("job_events", {"events": [event(made["uid"], 9, "received")]})
        assert "kind" in reason
        for at in range(0, MOST_OF_JOB + 100, 100):
            tells(one, *(event(made["uid"], 10 + at + n, text=f"{at + n}") for n in range(100)))
        found = person.call("GET", f"{path}?limit=1")
        assert found["total"] == MOST_OF_JOB
        assert found["data"][0]["text"] == f"{MOST_OF_JOB + 99}"
    viewer = controller.person("viewer@example.org", "a long password")
    viewer.call("GET", path, status=404)
    person.admit(viewer, site.workspace, "VIEWER")
    assert viewer.call("GET", f"{path}?limit=2")["total"] == MOST_OF_JOB
    person.call("DELETE", f"{site.base}/jobs/{made['id']}")
    person.call("GET", path, status=404)


def own(number: int, state: str = "started", **more: Any) -> dict[str, Any]:
    said = {
        "run_id": 0,
        "uid": f"{number:032x}",
        "name": f"own {number}",
        "type": "script",
        "by": "file",
        "state": state,
        "status": "executing script",
        "output": {"head": "a secret of the site"},
    }
    return said | more


def test_runs_of_a_site_are_seen_and_their_ends_may_be_forgotten_then(
    controller: ControllerProcess, person: Person
) -> None:
    site = JobSite(person, 2)
    first, second = site.agents
    path = f"{site.base}/agents/{first.id}/runs"
    with jobs_agent(controller, first) as one:
        one.reports(own(1), own(2))
        until(lambda: person.call("GET", path)["total"] == 2, LONG_SEC)
        one.reports(own(1, "error", reason="exit code 3", exit_code=3, ended_at=AT))
        assert one.next("job_runs_kept")["uids"] == [own(1)["uid"]]
        one.reports(own(1))  # an end is an end
        found = person.call("GET", path)
        assert [(row["name"], row["state"], row["exit_code"]) for row in found["data"]] == [
            ("own 2", "started", None),
            ("own 1", "error", 3),
        ]
        assert found["data"][1]["by"] == "file"
        assert "secret" not in str(found)
        assert person.call("GET", f"{site.base}/runs")["total"] == 0
        for at in range(10, MOST_ENDED + 30, 20):
            ended = [own(at + n, "finished") for n in range(20)]
            one.reports(*ended)
            kept: set[str] = set()
            while len(kept) < 20:
                kept |= set(one.next("job_runs_kept")["uids"])
        assert person.call("GET", path)["total"] == MOST_ENDED + 1
    assert person.call("GET", f"{site.base}/agents/{second.id}/runs")["total"] == 0
    stranger = controller.person("stranger@example.org", "a long password")
    stranger.call("GET", path, status=404)
    person.call("DELETE", f"{site.base}/agents/{first.id}")
    person.call("GET", path, status=404)


def test_what_is_held_is_counted_as_held(controller: ControllerProcess, person: Person) -> None:
    site = JobSite(person, 2)
    first, second = site.agents
    made = folder(site, agents=on(first, second))
    path = f"{site.base}/jobs/{made['id']}"
    assert (
        "agents: "
        in person.call("POST", f"{site.base}/jobs", {"name": "none", "type": "folder"}, status=400)[
            "error"
        ]
    )

    def last() -> Any:
        return person.call("GET", path)["last_run"]

    with jobs_agent(controller, first) as one, jobs_agent(controller, second) as two:
        one.takes_until(bool)
        two.takes_until(bool)
        [run] = one.runs
        held = {"status": "error", "held": True, "reason": "the folder is not there"}
        one.reports(one.report(run, "started", **held))
        two.reports(two.report(run, "started", status="synced"))
        until(lambda: (last()["status"], last()["held"]) == ("error", 1), LONG_SEC, last)
        rows = site.run(run)["agents"]
        assert [row["held"] for row in rows] == [True, False]
        one.reports(one.report(run, "started", status="synced"))
        until(lambda: (last()["status"], last()["held"]) == ("working", 0), LONG_SEC, last)
