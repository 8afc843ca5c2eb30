"""What is asked of runs, and what real agents make of it: cancel, retry, output, schedule."""

import json
import time

import httpx
import pytest

from tests.running import AgentProcess, until
from tests.whole.test_jobs_by_rest import LONG_SEC, Sites, sites

__all__ = ["sites"]
pytestmark = pytest.mark.timeout(300)
WAITS = "echo begun; while [ ! -e go ]; do sleep 0.1; done; echo over"


def states(sites: Sites, run: int) -> dict[int, str]:
    return {one["agent_id"]: one["state"] for one in sites.shown(run)["agents"]}


def ask(sites: Sites, run: int, verb: str) -> None:
    sites.person.call("POST", sites.path("runs", run, verb), {})


def test_a_script_that_runs_is_read_as_it_writes_and_ended(sites: Sites) -> None:
    sites.one.files.mkdir()
    script = {"command": WAITS}
    run = sites.run(sites.job(name="s", type="script", script=script, agents=[sites.at(sites.one)]))
    agent = sites.one.agent.id
    until(lambda: states(sites, run) == {agent: "started"}, LONG_SEC, lambda: sites.told(run))
    path = sites.path("runs", run, "agents", agent, "output")
    with httpx.stream(
        "GET",
        f"{sites.controller.url}{path}?follow=true",
        headers=sites.person.ask("GET", "/").request.headers,
        timeout=LONG_SEC,
    ) as stream:
        lines = (json.loads(line) for line in stream.iter_lines())
        said = next(line for line in lines if line.get("text"))
        assert said["text"].startswith("begun")
        ask(sites, run, "cancel")
        last = next(line for line in lines if "state" in line)
    assert last == {"state": "canceled", "problem": ""}
    assert sites.until_status(run, "aborted")["agents"][0]["state"] == "canceled"


def test_only_where_it_failed_it_is_tried_again(sites: Sites) -> None:
    for site in (sites.one, sites.two):
        site.files.mkdir()
    (sites.one.files / "ready").touch()
    script = {"command": "echo run >> counted; [ -e ready ]"}
    agents = [sites.at(sites.one), sites.at(sites.two)]
    run = sites.run(sites.job(name="s", type="script", script=script, agents=agents))
    found = sites.until_status(run, "error")
    assert [one["exit_code"] for one in found["agents"]] == [0, 1]
    (sites.two.files / "ready").touch()
    ask(sites, run, "retry")
    found = sites.until_status(run, "finished")
    assert [one["attempt"] for one in found["agents"]] == [1, 2]
    assert (sites.one.files / "counted").read_text() == "run\n"
    assert (sites.two.files / "counted").read_text() == "run\nrun\n"


def test_where_one_cannot_have_it_the_others_end_and_nothing_is_cleaned_up(
    sites: Sites, tmp_path_factory: pytest.TempPathFactory
) -> None:
    third = sites.person.agent(sites.workspace, "third")
    folder = tmp_path_factory.mktemp("third")
    process = AgentProcess(
        folder / "agent",
        sites.controller.url,
        third,
        FOREPOST_JOBS__ALLOW_PATHS='["/nowhere"]',
        FOREPOST_JOBS__ALLOW_SCRIPTS="true",
    )
    process.start()
    try:
        sites.one.files.mkdir()
        (sites.one.files / "a").write_text("precious")
        job = sites.job(
            name="t",
            type="distribution",
            triggers={"complete": {"command": "rm -f a"}},
            agents=[
                sites.at(sites.one),
                sites.at(sites.two, permission="ro"),
                {"agent_id": third.id, "path": str(folder / "files"), "permission": "ro"},
            ],
        )
        run = sites.run(job)
        sites.until_status(run, "error")
        assert states(sites, run) == {
            sites.one.agent.id: "finished",
            sites.two.agent.id: "finished",
            third.id: "error",
        }
        assert sites.shown(run)["phase"] == "incomplete"
        assert sites.one.contents() == sites.two.contents() == {"a": b"precious"}
    finally:
        process.end()


def test_a_schedule_is_the_agents_own_and_one_run(sites: Sites) -> None:
    for site in (sites.one, sites.two):
        site.files.mkdir()
    at = int(time.time()) + 8
    job = sites.job(
        name="s",
        type="script",
        script={"command": "echo once >> counted"},
        schedule={"type": "once", "start": at},
        agents=[sites.at(sites.one), sites.at(sites.two)],
    )

    def runs() -> list[int]:
        found = sites.person.call("GET", sites.path(f"runs?job_id={job}"))["data"]
        return [one["id"] for one in found]

    until(runs, LONG_SEC, lambda: sites.one.process.output[-2_000:])
    [run] = runs()
    both = {sites.one.agent.id: "finished", sites.two.agent.id: "finished"}
    until(lambda: states(sites, run) == both, LONG_SEC, lambda: sites.told(run))
    assert sites.until_status(run, "finished")["scheduled_at"]
    assert runs() == [run]
    for site in (sites.one, sites.two):
        assert (site.files / "counted").read_text() == "once\n"


@pytest.mark.parametrize("kind", ["distribution", "consolidation"])
def test_a_transfer_runs_again_in_the_same_folders(sites: Sites, kind: str) -> None:
    sites.one.files.mkdir()
    job = sites.job(
        name="t",
        type=kind,
        agents=[sites.at(sites.one), sites.at(sites.two, permission="ro")],
    )
    for number in range(3):
        (sites.one.files / f"f{number}").write_text(f"{number}")
        (sites.one.files / "same").write_text(f"{number}")
        run = sites.run(job)
        sites.until_status(run, "finished")
        came = {path.name: path.read_bytes() for path in sites.two.files.rglob("*f[0-9]")}
        assert came == {f"f{n}": b"%d" % n for n in range(number + 1)}
        [same] = [path for path in sites.two.files.rglob("same") if ".sync" not in path.parts]
        assert same.read_text() == f"{number}"
