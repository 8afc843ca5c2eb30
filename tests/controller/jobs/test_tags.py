"""Tags that are set at the controller: who may, where they go, what is shown of them."""

from typing import Any

import pytest

from tests.controller.jobs.ours import JobsAgent, jobs_agent
from tests.controller.jobs.test_folders import folder
from tests.controller.jobs.test_kept_runs import LONG_SEC, JobSite
from tests.running import ControllerProcess, Person, until

pytestmark = pytest.mark.timeout(240)


def told(ours: JobsAgent) -> dict[str, Any]:
    """Tags of the newest document, by name."""
    return {one["tag"]["name"]: one for one in ours.tags}


def test_a_tag_goes_to_its_agent_and_is_shown_as_the_agent_says_it(
    controller: ControllerProcess, person: Person
) -> None:
    site = JobSite(person, 2)
    first, second = site.agents
    path = f"{site.base}/agents/{first.id}/tags"
    shown = person.call("PATCH", path, {"tags": [{"name": "SITE", "value": "north"}]})["tags"]
    assert [(one["name"], one["value"], one["set_here"]) for one in shown] == [
        ("SITE", None, "north")
    ]
    with jobs_agent(controller, first) as one, jobs_agent(controller, second) as two:
        one.takes_until(lambda _: "SITE" in told(one))
        before = told(one)["SITE"]["number"]
        person.call("PATCH", path, {"tags": [{"name": "SITE", "value": "south"}]})
        one.takes_until(lambda _: told(one)["SITE"]["tag"]["value"] == "south")
        assert told(one)["SITE"]["number"] > before
        two.takes()
        assert told(two) == {}
        one.is_host(tags=[{"name": "SITE", "value": "set at the host"}])
        until(lambda: person.call("GET", path)["tags"][0]["value"] == "set at the host", LONG_SEC)
        assert person.call("GET", path)["tags"][0]["set_here"] == "south"
        [shown] = person.call("DELETE", f"{path}/SITE")["tags"]
        assert (shown["set_here"], shown["is_removed_here"]) == (None, True)
        one.takes_until(lambda _: told(one)["SITE"].get("is_removed", False))
    [entry, *_] = person.call("GET", f"{site.base}/audit?limit=1")["data"]
    assert (entry["action"], entry["detail"]) == ("agents.tags", "SITE")
    person.call("DELETE", f"{site.base}/agents/{first.id}")
    person.call("GET", path, status=404)


def test_a_group_follows_what_the_agent_says(controller: ControllerProcess, person: Person) -> None:
    site = JobSite(person, 2)
    first, second = site.agents
    group = {"tags": {"SITE": "north"}, "path": "/srv/f"}
    made = folder(site, groups=[group])
    job = f"{site.base}/jobs/{made['id']}"
    with jobs_agent(controller, first) as one, jobs_agent(controller, second):
        path = f"{site.base}/agents/{first.id}/tags"
        person.call("PATCH", path, {"tags": [{"name": "SITE", "value": "north"}]})
        one.takes_until(lambda _: "SITE" in told(one))
        assert person.call("GET", job)["members"] == [], "it has not said that it has the tag"
        one.is_host(tags=[{"name": "SITE", "value": "north"}])
        one.takes_until(bool)
        [member] = person.call("GET", job)["members"]
        assert member["agent_id"] == first.id


def test_what_cannot_be_is_refused_and_so_is_who_may_not(
    controller: ControllerProcess, person: Person
) -> None:
    site = JobSite(person, 1)
    path = f"{site.base}/agents/{site.agents[0].id}/tags"
    for wrong in (
        {"tags": [{"name": "AGENT_ID", "value": "1"}]},
        {"tags": [{"name": "lower", "value": "1"}]},
        {"tags": [{"name": f"N{n}", "value": ""} for n in range(501)]},
        {"tags": "x"},
    ):
        person.call("PATCH", path, wrong, status=400)
    many = {"tags": [{"name": f"N{n}", "value": ""} for n in range(500)]}
    person.call("PATCH", path, many)
    person.call("PATCH", path, {"tags": [{"name": "MORE", "value": ""}]}, status=400)
    person.call("DELETE", f"{path}/lower", status=404)
    person.call("PATCH", f"{site.base}/agents/999/tags", {"tags": []}, status=404)
    viewer = controller.person("viewer@example.org", "a long password")
    person.admit(viewer, site.workspace, "VIEWER")
    assert len(viewer.call("GET", path)["tags"]) == 500
    viewer.call("PATCH", path, {"tags": []}, status=403)
    stranger = controller.person("stranger@example.org", "a long password")
    stranger.call("GET", path, status=404)


def test_an_agent_is_told_what_it_is_called(controller: ControllerProcess, person: Person) -> None:
    site = JobSite(person, 1)
    [agent] = site.agents
    with jobs_agent(controller, agent) as ours:
        ours.takes()
        assert ours.name == "a0"
        person.call("PATCH", f"{site.base}/agents/{agent.id}", {"name": "north-1"})
        ours.takes_until(lambda _: ours.name == "north-1")
