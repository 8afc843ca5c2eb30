"""Tags that are set at the controller and at the host of a real agent: what was set last counts."""

import shutil
from typing import Any

import pytest

from tests.running import forepost, until
from tests.whole.test_jobs_by_rest import LONG_SEC, Sites, sites

__all__ = ["sites"]
pytestmark = pytest.mark.timeout(300)


def set_here(sites: Sites, value: str) -> None:
    """At the host, by the command."""
    folder = str(sites.one.process.folder)
    forepost("tag", f"SITE={value}", "--state-dir", folder).check_returncode()


def set_there(sites: Sites, value: str) -> None:
    """At the controller."""
    body = {"tags": [{"name": "SITE", "value": value}]}
    sites.person.call("PATCH", path(sites), body)


def path(sites: Sites) -> str:
    return sites.path("agents", sites.one.agent.id, "tags")


def shown(sites: Sites) -> Any:
    found = sites.person.call("GET", path(sites))["tags"]
    return next(({k: one[k] for k in ("value", "set_here")} for one in found), {})


def until_shown(sites: Sites, value: str | None, set_here: str | None) -> None:
    wanted = {"value": value, "set_here": set_here}
    until(lambda: shown(sites) == wanted, LONG_SEC, lambda: (shown(sites), wanted))


def members(sites: Sites, job: int) -> list[int]:
    return [one["agent_id"] for one in sites.person.call("GET", sites.path("jobs", job))["members"]]


def test_what_was_set_last_counts_whoever_is_away_and_after_a_restore(sites: Sites) -> None:
    mine = sites.one.agent.id
    group = {"tags": {"SITE": "north"}, "path": "/"}
    job = sites.job(name="j", type="script", script={"command": "true"}, groups=[group])
    set_there(sites, "north")
    until_shown(sites, "north", "north")
    until(lambda: members(sites, job) == [mine], LONG_SEC)
    set_here(sites, "south")
    until_shown(sites, "south", "north")
    until(lambda: members(sites, job) == [], LONG_SEC)

    # The agent is away: set at its host first, then at the controller.
    sites.controller.end()
    set_here(sites, "east")
    sites.controller.start()
    sites.one.process.end()
    set_there(sites, "north")
    sites.one.process.start()
    until_shown(sites, "north", "north")
    until(lambda: members(sites, job) == [mine], LONG_SEC)

    # The controller is away: what is set at the host meanwhile is newer than what it has.
    set_there(sites, "west")
    until_shown(sites, "west", "west")
    sites.controller.end()
    data = sites.controller.folder / "data"
    shutil.copytree(data, sites.controller.folder / "copy")
    set_here(sites, "south")
    sites.controller.start()
    until_shown(sites, "south", "west")

    # The controller is as it was before: its older word does not come back, its next one counts.
    set_there(sites, "late")
    until_shown(sites, "late", "late")
    sites.controller.end()
    shutil.rmtree(data)
    shutil.move(sites.controller.folder / "copy", data)
    sites.controller.start()
    until_shown(sites, "late", "west")
    set_there(sites, "north")
    until_shown(sites, "north", "north")
    sites.person.call("DELETE", f"{path(sites)}/SITE")
    until_shown(sites, None, None)
    until(lambda: members(sites, job) == [], LONG_SEC)
