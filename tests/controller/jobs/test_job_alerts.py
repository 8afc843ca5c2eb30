"""Who is told of jobs: rules of alerts, and notices of runs that have ended."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.controller.alerts.alert_stage import QUICK, Hooks
from tests.controller.jobs.ours import jobs_agent
from tests.controller.jobs.test_kept_runs import LONG_SEC, JobSite
from tests.running import ControllerProcess, Person, until

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControllerProcess]:
    """A controller that looks at its rules several times a second."""
    folder: Path = tmp_path_factory.mktemp("quick")
    process = ControllerProcess(folder)
    process.env |= QUICK
    yield process.start()
    process.end()


def active(person: Person, workspace: int) -> dict[str, Any]:
    """Metric -> agent of its open alert."""
    found = person.call("GET", f"/workspaces/{workspace}/alerts?status=active")["data"]
    return {one["metric"]: one["agent_id"] for one in found}


def test_failed_and_waiting_runs_raise_alerts(quick: ControllerProcess) -> None:
    person = quick.person()
    site = JobSite(person, 2)
    for metric, threshold in (("job_failed", 0), ("job_waiting", 0.001)):
        rule = {"name": metric, "metric": metric, "operator": ">", "threshold": threshold}
        person.call("POST", f"{site.base}/alert-rules", rule, status=201)
    wrong = {"name": "x", "metric": "job_failed", "operator": ">", "threshold": 0}
    person.call(
        "POST", f"{site.base}/alert-rules", wrong | {"agent_id": site.agents[0].id}, status=400
    )
    here, _ = site.agents
    job = site.job(here)
    number = site.begin(job)
    until(lambda: active(person, site.workspace) == {"job_waiting": here.id}, LONG_SEC)
    with jobs_agent(quick, here) as ours:
        ours.takes()
        ours.ends(number, "error", exit_code=1)
        until(lambda: active(person, site.workspace) == {"job_failed": None}, LONG_SEC)
        number = site.begin(job)
        ours.takes_until(lambda runs: number in runs)
        ours.ends(number, exit_code=0)
        until(lambda: active(person, site.workspace) == {}, LONG_SEC)


def test_whoever_asked_for_it_is_told_how_a_run_ended(quick: ControllerProcess) -> None:
    person, hooks = quick.person(), Hooks()
    site = JobSite(person, name="told")
    notices = {
        "on": ["error", "aborted"],
        "webhook_url": hooks.url("/job"),
        "webhook_secret": "s3cret",
    }
    job = site.job(notices=notices)
    shown = person.call("GET", f"{site.base}/jobs/{job}")["notices"]
    assert (shown["webhook_url"], shown["webhook_secret"]) == (hooks.url("/job"), "")
    good, bad = site.begin(job), site.begin(job)
    with jobs_agent(quick, site.agents[0]) as ours:
        ours.takes()
        ours.ends(good, exit_code=0)
        ours.ends(bad, "error", exit_code=7, reason="exit status 7")
        until(lambda: hooks.came.get("/job"), LONG_SEC)
    [told] = hooks.came["/job"]
    assert (told["trigger"], told["job_run"]["id"]) == ("JOB_RUN_FAILED", bad)
    assert told["job_run"]["counts"]["error"] == 1
    assert (told["workspace_id"], told["workspace_name"]) == (site.workspace, "told")
    [failed] = told["failed"]
    assert (failed["agent_name"], failed["reason"]) == ("a0", "exit status 7")
    [row] = person.call("GET", f"{site.base}/deliveries")["data"]
    assert (row["event"], row["rule_id"]) == ("job", None)
    hooks.close()


def test_named_channels_are_told_of_runs(quick: ControllerProcess) -> None:
    person, hooks = quick.person(), Hooks()
    site = JobSite(person, name="named")
    body = {"name": "night", "kind": "webhook", "url": hooks.url("/named"), "secret": "s3cret"}
    channel = person.call("POST", f"{site.base}/channels?test=false", body, status=201)
    job = site.job(notices={"channel_ids": [channel["id"]]})
    place = f"{site.base}/jobs/{job}"
    refused = person.ask("PATCH", place, json={"notices": {"channel_ids": [10**6]}})
    assert refused.status_code == 400
    assert refused.json()["error"].startswith("notices.channel_ids: no channel 1000000")
    bad = site.begin(job)
    with jobs_agent(quick, site.agents[0]) as ours:
        ours.takes()
        ours.ends(bad, "error", exit_code=7, reason="exit status 7")
        until(lambda: hooks.came.get("/named"), LONG_SEC)
    [told] = hooks.came["/named"]
    assert told["job_run"]["id"] == bad
    [row] = person.call("GET", f"{site.base}/deliveries?channelId={channel['id']}")["data"]
    assert row["event"] == "job"
    path = f"{site.base}/channels/{channel['id']}"
    assert "job " in person.ask("DELETE", path).json()["error"]
    person.call("DELETE", f"{path}?force=true")
    assert person.call("GET", place)["notices"]["channel_ids"] == []
    hooks.close()


def test_a_folder_in_trouble_all_the_time_is_told_of_once(quick: ControllerProcess) -> None:
    person, hooks = quick.person(), Hooks()
    site = JobSite(person, name="flaps")
    folder = {
        "name": "f",
        "type": "folder",
        "agents": [{"agent_id": site.agents[0].id, "path": "/srv"}],
        "notices": {"webhook_url": hooks.url("/folder")},
    }
    person.call("POST", f"{site.base}/jobs", folder, status=201)
    [run] = person.call("GET", f"{site.base}/runs")["data"]
    with jobs_agent(quick, site.agents[0]) as ours:
        ours.takes()
        for status, word in (("error", "error"), ("synced", "working")) * 3:
            ours.reports(ours.report(run["id"], "started", status=status))
            until(lambda word=word: site.run(run["id"])["status"] == word, LONG_SEC)
    until(lambda: hooks.came.get("/folder"), LONG_SEC)
    assert len(person.call("GET", f"{site.base}/deliveries")["data"]) == 1
    hooks.close()
