"""What agents say of jobs, the hostile ones too; and what is not pushed out by anything."""

import json
from typing import Any

import httpx
import pytest

from tests.agent_socket import agent_socket
from tests.controller.jobs.ours import JobsAgent, deviceid_of, jobs_agent, report_of
from tests.controller.jobs.test_kept_runs import LONG_SEC, SCRIPT, JobSite
from tests.running import ControllerProcess, Person, until

pytestmark = pytest.mark.timeout(300)


def figure(controller: ControllerProcess, name: str) -> float:
    for line in httpx.get(f"{controller.url}/metrics").text.splitlines():
        if line.startswith(f"{name} "):
            return float(line.split()[1])
    raise AssertionError(name)


def test_an_agent_says_who_it_is_and_its_tags(
    controller: ControllerProcess, person: Person
) -> None:
    site = JobSite(person)
    path = f"{site.base}/agents/{site.agents[0].id}"
    assert (person.call("GET", path)["deviceid"], person.call("GET", path)["tags"]) == ("", [])
    with jobs_agent(controller, site.agents[0], host=False) as ours:
        ours.is_host("198.18.0.5:4444", tags=[{"name": "SITE", "value": "é 1"}])
        until(lambda: person.call("GET", path)["tags"], LONG_SEC)
        found = person.call("GET", path)
        assert found["tags"] == [{"name": "SITE", "value": "é 1"}]
        assert found["deviceid"] == deviceid_of(site.agents[0].id)
    controller.stop()
    controller.start()
    assert person.call("GET", path)["tags"] == [{"name": "SITE", "value": "é 1"}]


def test_an_agent_speaks_for_its_own_runs_and_no_others(
    controller: ControllerProcess, person: Person
) -> None:
    site, elsewhere = JobSite(person, 2), JobSite(person, name="elsewhere")
    mine, others = site.agents
    number = site.begin(site.job(mine))
    foreign = elsewhere.begin(elsewhere.job())
    with (
        jobs_agent(controller, mine) as good,
        jobs_agent(controller, others) as bad,
        jobs_agent(controller, elsewhere.agents[0]) as far,
    ):
        good.takes()
        far.takes()
        bad.runs = {**good.runs, **far.runs}
        before = figure(controller, "forepost_job_reports_stray_total")
        bad.reports(bad.report(number, "finished"), bad.report(foreign, "finished"))
        # What nobody knows an agent may forget; nobody's run has ended by it.
        assert len(bad.next("job_runs_kept")["uids"]) == 2
        assert figure(controller, "forepost_job_reports_stray_total") == before + 2
        assert site.states(number) == ["queued"]
        assert elsewhere.states(foreign) == ["queued"]
        bad.say("job_output", {"uid": good.runs[number]["uid"], "offset": 0, "text": "x"})
        until(
            lambda: figure(controller, "forepost_job_reports_stray_total") == before + 3, LONG_SEC
        )
        other = deviceid_of(mine.id)
        assert f"agent {mine.id} has it" in bad.refused("job_host", {"deviceid": other})
        assert figure(controller, "forepost_job_reports_refused_total") >= 1


def test_what_has_not_the_form_is_refused(controller: ControllerProcess, person: Person) -> None:
    site = JobSite(person)
    number = site.begin(site.job())
    with jobs_agent(controller, site.agents[0]) as ours:
        ours.takes()
        good = ours.report(number, "started")
        for wrong, reason in (
            ({"runs": [good] * 101}, "length <= 100"),
            ({"runs": [good | {"reason": "x" * 1_001}]}, "length <= 1000"),
            ({"runs": [good | {"reason": "a\0b"}]}, "matching regex"),
            ({"runs": [good | {"uid": "../../etc"}]}, "matching regex"),
            ({"runs": [good | {"state": "splendid"}]}, "splendid"),
            ({"runs": [good | {"size_total": 2**70}]}, "int"),
            ({"runs": [good | {"output": {"head": "x" * 40_000}}]}, "length <= 32768"),
            ({"runs": [good | {"started_at": "yesterday"}]}, "datetime"),
        ):
            assert reason in ours.refused("job_runs", wrong).lower(), reason
        for text in ("NaN", "[" * 5_000, "", "{"):
            assert ours.refused("job_runs", '{"runs":' + text + "}")
        assert "tags" in ours.refused(
            "job_host", {"deviceid": ours.deviceid, "tags": [{"name": "a b", "value": ""}]}
        )
        assert "deviceid" in ours.refused("job_host", {"deviceid": "x"})
        assert "offset" in ours.refused(
            "job_output", {"uid": good["uid"], "offset": -1, "text": ""}
        )
        assert site.states(number) == ["queued"]
        odd = {"head": "nul \0 naïve 😀", "tail": "\x1b[31m"}
        ours.ends(number, output=odd, started_at="0001-01-01T00:00:00Z", exit_code=0)
    [row] = site.run(number)["agents"]
    assert row["output"] == "nul \N{REPLACEMENT CHARACTER} naïve 😀\x1b[31m"
    assert row["started_at"] is None


def test_progress_is_shown_and_is_no_end(controller: ControllerProcess, person: Person) -> None:
    site = JobSite(person)
    number = site.begin(site.job())
    with jobs_agent(controller, site.agents[0]) as ours:
        ours.takes()
        for done in range(50):
            said = ours.report(number, "started", size_total=50, size_completed=done)
            ours.reports(said)
        until(lambda: site.run(number)["agents"][0]["figures"]["size_completed"] == 49, LONG_SEC)
        ours.ends(number, exit_code=0, size_total=50, size_completed=50)
        ours.reports(ours.report(number, "started", size_completed=1))
        ours.ends(number, exit_code=0)
    assert site.run(number)["agents"][0]["figures"]["size_completed"] == 50


@pytest.mark.parametrize("away", [False, True])
def test_an_end_that_waited_for_the_controller_comes_through_among_results(
    controller: ControllerProcess, person: Person, *, away: bool
) -> None:
    """Where an agent has a hundred thousand results of probes to say, its run ends all the same."""
    site = JobSite(person)
    agent = site.agents[0]
    probe = person.probe(agent, type="PING", targets=["198.18.0.1"])
    number = site.begin(site.job())
    with jobs_agent(controller, agent) as ours:
        ours.takes()
        said = ours.report(number, "finished", exit_code=0)
    if away:
        controller.stop()
        controller.start()
    batches = 200
    with jobs_agent(controller, agent) as ours:
        kept = acknowledged = 0
        for batch in range(batches):
            ours.say("report", report_batch(batch, probe))
            if batch == batches // 2:
                ours.reports(said)
            last = batch == batches - 1
            while acknowledged < batch - 8 or (last and (acknowledged < batches or not kept)):
                text = str(ours.socket.recv(LONG_SEC))
                acknowledged += text.startswith(";forepost;;report_ok;")
                kept += text.startswith(";forepost;;job_runs_kept;") and said["uid"] in text
    assert kept == 1
    until(lambda: site.run(number)["status"] == "finished", LONG_SEC)


def report_batch(batch: int, probe: int) -> str:
    """500 results."""
    payload = {"packets_sent": 1, "packets_recv": 1, "avg_rtt": 1_000_000}
    posts = [
        {
            "seq": batch * 500 + n + 1,
            "post": {
                "probe_id": probe,
                "created_at": f"2026-01-01T{batch // 60 % 24:02}:{batch % 60:02}:{n % 60:02}Z",
                "type": "PING",
                "payload": payload,
                "target": "198.18.0.1",
            },
        }
        for n in range(500)
    ]
    return json.dumps({"boot": 7, "results": posts})


def test_an_agent_of_another_make_takes_no_jobs(
    controller: ControllerProcess, person: Person
) -> None:
    site = JobSite(person)
    job = site.job()
    with agent_socket(controller, site.agents[0]) as netwatchers:
        netwatchers.say("version", {"version": "20260101"})
        until(
            lambda: person.call("GET", f"{site.base}/agents/{site.agents[0].id}")["version"],
            LONG_SEC,
        )
        number = site.begin(job)
        [row] = site.run(number)["agents"]
        assert (row["state"], "takes no jobs" in row["reason"]) == ("error", True)


def test_output_is_read_as_it_comes(controller: ControllerProcess, person: Person) -> None:
    site = JobSite(person)
    number = site.begin(site.job())
    path = f"{site.base}/runs/{number}/agents/{site.agents[0].id}/output"
    with jobs_agent(controller, site.agents[0]) as ours:
        ours.takes()
        ours.reports(ours.report(number, "started"))
        until(lambda: site.states(number) == ["started"], LONG_SEC)
        uid = ours.runs[number]["uid"]
        ours.say("job_output", {"uid": uid, "offset": 0, "text": "one\n"})
        with httpx.stream(
            "GET",
            controller.url + path + "?follow=true",
            headers=person.ask("GET", "/").request.headers,
            timeout=LONG_SEC,
        ) as stream:
            assert stream.status_code == 200
            lines = (json.loads(line) for line in stream.iter_lines())
            assert next_text(lines) == {"offset": 0, "text": "one\n"}
            ours.say("job_output", {"uid": uid, "offset": 4, "text": "two\n"})
            assert next_text(lines) == {"offset": 4, "text": "two\n"}
            ours.ends(number, exit_code=0, output={"head": "one\ntwo\n"})
            assert next_text(lines) == {"state": "finished", "problem": ""}
    assert person.call("GET", path)["head"] == "one\ntwo\n"
    after = person.ask("GET", path, params={"follow": "true"}).text.splitlines()
    assert [json.loads(line) for line in after] == [
        {"offset": 0, "text": "one\ntwo\n"},
        {"state": "finished", "problem": ""},
    ]


def next_text(lines: Any) -> Any:
    """The next line that says something."""
    return next(line for line in lines if line)


SCHEDULED = {"schedule": {"type": "daily", "at": [3_600]}}


def begins(ours: JobsAgent, at: str, uid: str, state: str = "started") -> dict[str, Any]:
    [scheduled] = ours.scheduled
    wanted = {"run_id": 0, "uid": uid, "job_id": scheduled["job_id"], "job": scheduled["job"]}
    return report_of(wanted, state, scheduled_at=at)


def test_what_agents_begin_by_themselves_is_one_run(
    controller: ControllerProcess, person: Person
) -> None:
    site = JobSite(person, 3)
    first, second, stranger = site.agents
    job = site.job(first, second, **SCHEDULED)
    at, uid = "2026-01-01T01:00:00Z", "ab" * 16

    def runs() -> Any:
        return person.call("GET", f"{site.base}/runs?job_id={job}")["data"]

    with (
        jobs_agent(controller, first) as one,
        jobs_agent(controller, second) as two,
        jobs_agent(controller, stranger) as other,
    ):
        one.takes()
        two.takes()
        assert one.scheduled[0]["job"]["script"]["command"] == SCRIPT["command"]
        assert one.scheduled[0]["uid"] == two.scheduled[0]["uid"]
        one.reports(begins(one, at, uid))
        until(runs, LONG_SEC)
        [run] = runs()
        assert (run["scheduled_at"], run["status"]) == (at, "working")
        one.takes()
        assert one.runs[run["id"]]["uid"] == uid
        two.reports(begins(two, at, uid, "finished"))
        assert two.next("job_runs_kept") == {"uids": [uid]}
        one.reports(begins(one, at, uid, "error"))
        assert one.next("job_runs_kept") == {"uids": [uid]}
        one.reports(begins(one, at, "cd" * 16, "finished"))
        assert one.next("job_runs_kept") == {"uids": ["cd" * 16]}
        until(lambda: runs()[0]["status"] == "error", LONG_SEC)
        assert [one["state"] for one in site.run(run["id"])["agents"]] == ["error", "finished"]
        # Of whom the job is not, and of a moment that is far off, nothing is made.
        other.scheduled = one.scheduled
        other.reports(begins(other, at, uid, "finished"))
        other.next("job_runs_kept")
        one.reports(begins(one, "2100-01-01T00:00:00Z", "ef" * 16, "finished"))
        one.next("job_runs_kept")
        assert len(runs()) == 1
        assert len(site.run(run["id"])["agents"]) == 2
        person.call("PATCH", f"{site.base}/jobs/{job}", {"schedule": None})
        one.takes_until(lambda _: not one.scheduled)
