"""Folders and transfers: peers by the controller, members that come and go, the barrier."""

from typing import Any

import pytest

from tests.controller.jobs.ours import JobsAgent, deviceid_of, jobs_agent
from tests.controller.jobs.test_kept_runs import LONG_SEC, JobSite
from tests.running import ControllerProcess, Person, until

pytestmark = pytest.mark.timeout(240)


def folder(site: JobSite, **body: Any) -> Any:
    wanted = {"name": "f", "type": "folder", **body}
    return site.person.call("POST", f"{site.base}/jobs", wanted, status=201)


def on(*agents: Any, permission: str = "rw") -> list[dict[str, Any]]:
    return [{"agent_id": one.id, "path": "/srv/f", "permission": permission} for one in agents]


def peers(ours: JobsAgent, run: int) -> dict[str, tuple[str, str]]:
    """Device id -> address and permission."""
    if run not in ours.runs:
        return {}
    found = ours.runs[run]["job"].get("peers", [])
    return {one["deviceid"]: (one.get("address", ""), one.get("permission", "rw")) for one in found}


def test_a_folder_has_one_run_and_its_members_know_each_other(
    controller: ControllerProcess, person: Person
) -> None:
    site = JobSite(person, 3)
    first, second, third = site.agents
    with jobs_agent(controller, first) as one, jobs_agent(controller, second) as two:
        two.is_host("198.18.0.2:4444")
        made = folder(site, agents=[*on(first, third), *on(second, permission="ro")])
        [found] = person.call("GET", f"{site.base}/runs?job_id={made['id']}")["data"]
        run = found["id"]
        assert (found["status"], found["type"]) == ("working", "folder")
        one.takes_until(lambda _: deviceid_of(second.id) in peers(one, run))
        assert one.runs[run]["uid"] == made["uid"]
        assert peers(one, run) == {deviceid_of(second.id): ("198.18.0.2:4444", "ro")}
        two.takes_until(lambda _: deviceid_of(first.id) in peers(two, run))
        with jobs_agent(controller, third) as three:
            # Who comes for the first time is everybody's peer at once.
            one.takes_until(lambda _: len(peers(one, run)) == 2)
            three.takes_until(lambda _: len(peers(three, run)) == 2)
            assert one.runs[run]["writers"] == []
            path = f"{site.base}/jobs/{made['id']}"
            person.call("PATCH", path, {"agents": on(first, third)})
            one.takes_until(lambda _: set(peers(one, run)) == {deviceid_of(third.id)})
            three.takes_until(lambda _: set(peers(three, run)) == {deviceid_of(first.id)})
            two.takes_until(lambda runs: run not in runs)
            # An agent that is removed altogether is nobody's peer either.
            person.call("DELETE", f"{site.base}/agents/{third.id}")
            one.takes_until(lambda _: peers(one, run) == {})
        person.call("POST", f"{path}/runs", {}, status=409)
        site.ask(run, "cancel", 409)
        assert site.ask(run, "pause")["status"] == "paused"
        one.takes_until(lambda runs: runs[run]["wish"] == "pause")
        site.ask(run, "resume")
        person.call("PATCH", path, {"priority": 9})
        one.takes_until(lambda runs: runs[run]["job"].get("priority") == 9)
        one.reports(one.report(run, "started", status="error", reason="the disk is full"))
        until(lambda: site.run(run)["status"] == "error", LONG_SEC)
        one.reports(one.report(run, "started", status="synced"))
        until(lambda: site.run(run)["status"] == "working", LONG_SEC)
        person.call("DELETE", path)
        one.takes_until(lambda runs: runs == {})


def test_what_a_site_would_not_have_is_wanted_again_when_it_is_changed(
    controller: ControllerProcess, person: Person
) -> None:
    site = JobSite(person)
    made = folder(site, agents=on(*site.agents))
    [found] = person.call("GET", f"{site.base}/runs")["data"]
    run = found["id"]
    with jobs_agent(controller, site.agents[0]) as ours:
        ours.takes()
        ours.ends(run, "error", reason="jobs.allow_paths")
        ours.takes_until(lambda runs: run not in runs)
        changed = {"agents": [{"agent_id": site.agents[0].id, "path": "/srv/g"}]}
        person.call("PATCH", f"{site.base}/jobs/{made['id']}", changed)
        ours.takes_until(lambda runs: run in runs and runs[run]["job"]["path"] == "/srv/g")
        ours.ends(run, "error", reason="jobs.allow_paths")
        assert site.ask(run, "retry")["agents"][0]["state"] == "queued"
        site.ask(run, "retry", 409)


def test_groups_go_by_labels_and_by_tags_that_agents_set(
    controller: ControllerProcess, person: Person
) -> None:
    site = JobSite(person, 2)
    first, second = site.agents
    folder(
        site,
        groups=[
            {"labels": {"edge": True}, "path": "/srv/f"},
            {"tags": {"SITE": "berlin"}, "path": "/srv/t", "permission": "ro"},
        ],
    )
    [found] = person.call("GET", f"{site.base}/runs")["data"]
    run = found["id"]
    assert found["agents"] == []
    with jobs_agent(controller, first) as one, jobs_agent(controller, second) as two:
        assert one.takes() == {}
        person.call("PATCH", f"{site.base}/agents/{first.id}", {"labels": {"edge": True}})
        one.takes_until(lambda runs: run in runs)
        two.is_host(tags=[{"name": "SITE", "value": "berlin"}])
        two.takes_until(lambda runs: run in runs)
        assert (two.runs[run]["job"]["path"], two.runs[run]["job"]["permission"]) == (
            "/srv/t",
            "ro",
        )
        one.takes_until(lambda _: deviceid_of(second.id) in peers(one, run))
        two.is_host(tags=[{"name": "SITE", "value": "paris"}])
        two.takes_until(lambda runs: run not in runs)
        one.takes_until(lambda _: peers(one, run) == {})


def transfer(site: JobSite, type_: str, agents: list[dict[str, Any]]) -> int:
    wanted = {"name": type_, "type": type_, "agents": agents}
    made = site.person.call("POST", f"{site.base}/jobs", wanted, status=201)
    return site.begin(made["id"])


def test_a_distribution_is_complete_when_all_have_everything(
    controller: ControllerProcess, person: Person
) -> None:
    site = JobSite(person, 3)
    first, second, third = site.agents
    with (
        jobs_agent(controller, first) as source,
        jobs_agent(controller, second) as two,
        jobs_agent(controller, third) as three,
    ):
        agents = [*on(first), *on(second, third, permission="ro")]
        run = transfer(site, "distribution", agents)
        for ours in (source, two, three):
            ours.takes_until(lambda _, ours=ours: len(peers(ours, run)) == 2)
            ours.reports(ours.report(run, "started", status="downloading"))
        source.reports(source.report(run, "started", status="seeding"))
        two.reports(two.report(run, "started", status="seeding"))
        until(lambda: site.run(run)["agents"][1]["status"] == "seeding", LONG_SEC)
        assert site.run(run)["phase"] == "open"
        three.reports(three.report(run, "started", status="seeding"))
        for ours in (source, two, three):
            ours.takes_until(lambda runs: runs[run]["complete"])
            ours.ends(run, status="successfully finished")
        until(lambda: site.run(run)["status"] == "finished", LONG_SEC)

        again = transfer_again(site, run)
        assert again == 409
        run = site.begin(site.run(run)["job_id"])
        for ours in (source, two, three):
            ours.takes_until(lambda runs: run in runs)
            ours.reports(ours.report(run, "started", status="seeding"))
            if ours is two:
                three.takes_until(lambda runs: run in runs)
                three.ends(run, "error", reason="the disk is full")
                source.takes_until(lambda runs: runs[run]["incomplete"])
                break
        assert not source.runs[run]["complete"]
        source.ends(run)
        two.takes_until(lambda runs: runs[run]["incomplete"])
        two.ends(run)
        until(lambda: site.run(run)["status"] == "error", LONG_SEC)
        before = source.runs[run]["uid"]
        site.ask(run, "retry")
        # A transfer is between its agents: the source is in it again, who has everything is not.
        three.takes_until(lambda runs: run in runs and runs[run]["uid"] != before)
        source.takes_until(lambda runs: run in runs and runs[run]["uid"] != before)
        assert three.runs[run]["uid"] == source.runs[run]["uid"]
        assert site.states(run) == ["queued", "finished", "queued"]


def transfer_again(site: JobSite, run: int) -> int:
    return site.person.ask("POST", f"{site.base}/runs/{run}/retry", json={}).status_code


def test_files_of_each_source_of_a_consolidation_have_their_place(
    controller: ControllerProcess, person: Person
) -> None:
    site = JobSite(person, 3)
    first, second, third = site.agents
    wanted = {"agent_id": third.id, "permission": "ro", "path": "/all/%SRC:AGENT_NAME%/x"}
    with (
        jobs_agent(controller, first) as one,
        jobs_agent(controller, second),
        jobs_agent(controller, third) as all_of,
    ):
        run = transfer(site, "consolidation", [*on(first, second), wanted])
        all_of.takes_until(lambda _: len(peers(all_of, run)) == 2)
        paths = {one["deviceid"]: one["path"] for one in all_of.runs[run]["job"]["peers"]}
        assert paths == {deviceid_of(first.id): "/all/a0/x", deviceid_of(second.id): "/all/a1/x"}
        one.takes_until(lambda _: set(peers(one, run)) == {deviceid_of(third.id)})
    person.call("PATCH", f"{site.base}/agents/{second.id}", {"name": "a0"})
    job = site.run(run)["job_id"]
    same = person.call("POST", f"{site.base}/jobs/{job}/runs", {}, status=409)["error"]
    assert "10004 SE_JOB_SAME_DESTINATION_PATH" in same
