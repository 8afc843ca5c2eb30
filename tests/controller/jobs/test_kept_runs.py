"""Runs from a REST call to agents and back: begun, ended, canceled, tried again."""

from typing import Any

import pytest

from tests.controller.jobs.ours import jobs_agent
from tests.running import ControllerProcess, NewAgent, Person, until

pytestmark = pytest.mark.timeout(240)
LONG_SEC = 40
SCRIPT = {"command": "echo hello", "timeout_sec": 10}


class JobSite:
    """A workspace with agents, and what is asked of it."""

    def __init__(self, person: Person, agents: int = 1, name: str = "w") -> None:
        self.person = person
        self.workspace = person.workspace(name)
        self.agents = [person.agent(self.workspace, f"a{n}") for n in range(agents)]

    @property
    def base(self) -> str:
        return f"/workspaces/{self.workspace}"

    def job(self, *agents: NewAgent, **body: Any) -> int:
        named = [{"agent_id": one.id} for one in agents or self.agents]
        wanted = {"name": "j", "type": "script", "script": SCRIPT, "agents": named, **body}
        made = self.person.call("POST", f"{self.base}/jobs", wanted, status=201)
        return int(made["id"])

    def begin(self, job: int, **body: Any) -> int:
        path = f"{self.base}/jobs/{job}/runs"
        return int(self.person.call("POST", path, body, status=201)["id"])

    def run(self, number: int) -> Any:
        return self.person.call("GET", f"{self.base}/runs/{number}")

    def states(self, number: int) -> list[str]:
        return [one["state"] for one in self.run(number)["agents"]]

    def ask(self, number: int, verb: str, status: int = 200) -> Any:
        return self.person.call("POST", f"{self.base}/runs/{number}/{verb}", {}, status=status)


def test_a_script_for_an_agent_that_is_away_runs_when_it_comes_once(
    controller: ControllerProcess, person: Person
) -> None:
    site = JobSite(person)
    number = site.begin(site.job())
    [row] = site.run(number)["agents"]
    assert (row["state"], row["output"], row["exit_code"]) == ("queued", "", None)
    with jobs_agent(controller, site.agents[0]) as ours:
        ours.takes()
        assert ours.runs[number]["job"]["script"]["command"] == "echo hello"
        assert ours.runs[number]["wish"] == "run"
        ours.reports(ours.report(number, "started"))
        until(lambda: site.states(number) == ["started"], LONG_SEC)
        assert site.run(number)["status"] == "working"
        output = {"head": "hello\n", "tail": "bye\n", "left_out_bytes": 7}
        ours.ends(number, exit_code=0, output=output, started_at="2026-01-01T00:00:00Z")
        assert ours.takes() == {}
    until(lambda: site.run(number)["status"] == "finished", LONG_SEC)
    found = site.run(number)
    assert found["ended_at"]
    assert found["agents"][0]["output"] == "hello\n\n[7 bytes are left out here]\nbye\n"
    assert found["agents"][0]["started_at"] == "2026-01-01T00:00:00Z"
    with jobs_agent(controller, site.agents[0]) as ours:
        assert ours.takes() == {}


def test_an_end_is_final_and_is_kept_once(controller: ControllerProcess, person: Person) -> None:
    site = JobSite(person)
    number = site.begin(site.job())
    with jobs_agent(controller, site.agents[0]) as ours:
        ours.takes()
        ours.ends(number, "error", exit_code=3, reason="exit status 3")
        ours.ends(number, "finished", exit_code=0)
        ours.reports(ours.report(number, "started"))
        ours.ends(number, "canceled")
    [row] = site.run(number)["agents"]
    assert (row["state"], row["exit_code"], row["reason"]) == ("error", 3, "exit status 3")
    until(lambda: site.run(number)["status"] == "error", LONG_SEC)


def test_what_failed_is_tried_again_and_nothing_else(
    controller: ControllerProcess, person: Person
) -> None:
    site = JobSite(person, 2)
    number = site.begin(site.job())
    first, second = site.agents
    with jobs_agent(controller, first) as good, jobs_agent(controller, second) as bad:
        good.takes()
        bad.takes()
        before = bad.runs[number]["uid"]
        good.ends(number, exit_code=0)
        bad.ends(number, "error", exit_code=1)
        until(lambda: site.run(number)["status"] == "error", LONG_SEC)
        assert site.ask(number, "retry")["id"] == number
        bad.takes_until(lambda runs: number in runs and runs[number]["uid"] != before)
        assert site.states(number) == ["finished", "queued"]
        bad.ends(number, exit_code=0)
        until(lambda: site.run(number)["status"] == "finished", LONG_SEC)
        good.socket.ping().wait(LONG_SEC)
        assert number not in good.takes()
    [_, row] = site.run(number)["agents"]
    assert (row["attempt"], [one["exit_code"] for one in row["former"]]) == (2, [1])
    site.ask(number, "retry", 409)


def test_cancel_ends_what_nobody_knows_of_at_once_and_the_rest_when_it_comes(
    controller: ControllerProcess, person: Person
) -> None:
    site = JobSite(person, 2)
    number = site.begin(site.job())
    known, _ = site.agents
    with jobs_agent(controller, known) as ours:
        ours.takes()
    assert [one["state"] for one in site.ask(number, "cancel")["agents"]] == ["queued", "canceled"]
    assert site.run(number)["status"] == "working"
    with jobs_agent(controller, known) as ours:
        ours.takes()
        assert ours.runs[number]["wish"] == "cancel"
        ours.ends(number, "canceled")
    until(lambda: site.run(number)["status"] == "aborted", LONG_SEC)
    site.ask(number, "cancel", 409)
    site.ask(number, "resume", 409)


def test_pause_is_a_wish_and_ends(controller: ControllerProcess, person: Person) -> None:
    site = JobSite(person)
    number = site.begin(site.job())
    with jobs_agent(controller, site.agents[0]) as ours:
        ours.takes()
        assert site.ask(number, "pause")["status"] == "paused"
        ours.takes_until(lambda runs: runs[number]["wish"] == "pause")
        assert site.ask(number, "resume")["status"] == "working"
        ours.takes_until(lambda runs: runs[number]["wish"] == "run")


def test_skip_and_fail_are_decided_at_once(controller: ControllerProcess, person: Person) -> None:
    site = JobSite(person, 2)
    here, _ = site.agents
    skips = site.job(name="skips", when_offline="skip")
    fails = site.job(name="fails", when_offline="fail")
    with jobs_agent(controller, here) as ours:
        until(lambda: person.call("GET", f"{site.base}/agents/{here.id}")["deviceid"], LONG_SEC)
        skipped, failed = site.begin(skips), site.begin(fails)
        assert [one["reason"] for one in site.run(skipped)["agents"]] == ["", "was away"]
        assert site.states(skipped) == ["queued", "lost"]
        assert site.states(failed) == ["canceled", "lost"]
        assert site.run(failed)["status"] == "error"
        ours.takes_until(lambda runs: skipped in runs)
        assert failed not in ours.runs
        ours.ends(skipped, exit_code=0)
        until(lambda: site.run(skipped)["status"] == "finished", LONG_SEC)


def test_what_waits_for_too_long_is_lost(controller: ControllerProcess, person: Person) -> None:
    site = JobSite(person)
    number = site.begin(site.job(ttl_sec=1))
    until(lambda: site.states(number) == ["lost"], LONG_SEC)
    assert site.run(number)["status"] == "error"
    with jobs_agent(controller, site.agents[0]) as ours:
        assert ours.takes() == {}


def test_some_at_a_time(controller: ControllerProcess, person: Person) -> None:
    site = JobSite(person, 3)
    number = site.begin(site.job(), concurrency=1, jitter_sec=5)
    first, second, _ = site.agents
    with jobs_agent(controller, second) as ours:
        ours.takes_until(lambda runs: number in runs)
        assert ours.runs[number]["jitter_sec"] == 5
        with jobs_agent(controller, first) as other:
            assert other.takes() == {}
            ours.ends(number, exit_code=0)
            other.takes_until(lambda runs: number in runs)
            other.ends(number, exit_code=0)
    until(lambda: site.states(number) == ["finished", "finished", "queued"], LONG_SEC)


def test_an_agent_that_is_removed_has_lost_its_runs(
    controller: ControllerProcess, person: Person
) -> None:
    site = JobSite(person, 2)
    number = site.begin(site.job())
    gone, stays = site.agents
    person.call("DELETE", f"{site.base}/agents/{gone.id}")
    rows = {one["agent_id"]: one for one in site.run(number)["agents"]}
    assert (rows[gone.id]["state"], rows[gone.id]["reason"]) == ("lost", "the agent was removed")
    with jobs_agent(controller, stays) as ours:
        ours.takes()
        ours.ends(number, exit_code=0)
    until(lambda: site.run(number)["status"] == "error", LONG_SEC)
