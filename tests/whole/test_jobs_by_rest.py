"""Jobs from a REST call to files and scripts at sites, and back: two real agents, real engines."""

import json
import logging
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from forepost.agent.edges.files.spool_folder import SpoolFolder
from forepost.agent.uplink.foreign_spool import SPOOL
from forepost.agent.uplink.spool import Spool
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from forepost.wire.uplink.messages import ProbePost
from tests.free_ports import free_port
from tests.running import AgentProcess, ControllerProcess, NewAgent, Person, until

pytestmark = pytest.mark.timeout(300)
LONG_SEC = 90


class JobSite:
    """An agent of a workspace that takes jobs, with a folder for them."""

    def __init__(self, folder: Path, url: str, agent: NewAgent) -> None:
        self.agent, self.files = agent, folder / f"files-{agent.id}"
        self.process = AgentProcess(
            folder / f"agent-{agent.id}",
            url,
            agent,
            FOREPOST_JOBS__LISTEN=f"127.0.0.1:{free_port()}",
            FOREPOST_JOBS__ALLOW_SCRIPTS="true",
        )

    def contents(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.files)): path.read_bytes()
            for path in sorted(self.files.rglob("*"))
            if path.is_file() and ".sync" not in path.parts
        }


@dataclass
class Sites:
    controller: ControllerProcess
    person: Person
    workspace: int
    one: JobSite
    two: JobSite

    def path(self, *parts: object) -> str:
        return "/".join(map(str, [f"/workspaces/{self.workspace}", *parts]))

    def job(self, **body: Any) -> int:
        return int(self.person.call("POST", self.path("jobs"), body, status=201)["id"])

    def run(self, job: int) -> int:
        made = self.person.call("POST", self.path("jobs", job, "runs"), {}, status=201)
        return int(made["id"])

    def shown(self, run: int) -> Any:
        return self.person.call("GET", self.path("runs", run))

    def until_status(self, run: int, status: str) -> Any:
        until(lambda: self.shown(run)["status"] == status, LONG_SEC, lambda: self.told(run))
        return self.shown(run)

    def told(self, run: int) -> str:
        logs = [site.process.output[-2_000:] for site in (self.one, self.two)]
        return "\n".join([json.dumps(self.shown(run)), *logs])

    def at(self, site: JobSite, **more: Any) -> dict[str, Any]:
        return {"agent_id": site.agent.id, "path": str(site.files), **more}


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[Sites]:
    controller = ControllerProcess(tmp_path / "controller").start()
    person = controller.person()
    workspace = person.workspace("w")
    one, two = (JobSite(tmp_path, controller.url, person.agent(workspace)) for _ in range(2))
    try:
        one.process.start()
        two.process.start()
        yield Sites(controller, person, workspace, one, two)
    finally:
        one.process.end()
        two.process.end()
        controller.end()


def test_a_distribution_is_begun_by_rest_and_ends_at_every_agent(sites: Sites) -> None:
    (sites.one.files / "deep").mkdir(parents=True)
    for n in range(20):
        (sites.one.files / "deep" / f"f{n}").write_bytes(os.urandom(100_000 * n))
    done = {"command": 'echo "$JOB_ROLE has $(ls deep | wc -l)" > "$JOB_PATH.done"'}
    job = sites.job(
        name="docs",
        type="distribution",
        triggers={"post_download": done},
        agents=[
            sites.at(sites.one, permission="rw"),
            sites.at(sites.two, permission="ro"),
        ],
    )
    found = sites.until_status(sites.run(job), "finished")
    assert {one["state"] for one in found["agents"]} == {"finished"}
    assert sites.two.contents() == sites.one.contents()
    assert Path(f"{sites.two.files}.done").read_text() == "RO has 20\n"


def test_a_folder_is_kept_in_step_until_the_job_is_removed(sites: Sites) -> None:
    job = sites.job(name="f", type="folder", agents=[sites.at(sites.one), sites.at(sites.two)])
    until(lambda: sites.one.files.exists() and sites.two.files.exists(), LONG_SEC)
    (sites.one.files / "a").write_text("from one")
    (sites.two.files / "b").write_text("from two")
    both = {"a": b"from one", "b": b"from two"}
    [run] = sites.person.call("GET", sites.path(f"runs?job_id={job}"))["data"]
    until(
        lambda: sites.one.contents() == sites.two.contents() == both,
        LONG_SEC,
        lambda: sites.told(run["id"]),
    )
    sites.person.call("DELETE", sites.path("jobs", job))
    (sites.one.files / "c").write_text("of one alone")
    mine = sites.job(name="marks the time", type="script", agents=[sites.at(sites.one)],
                     script={"command": "true"})  # fmt: skip
    sites.until_status(sites.run(mine), "finished")
    assert sites.two.contents() == both


def test_a_job_for_an_agent_that_is_off_runs_when_it_comes_and_once(sites: Sites) -> None:
    sites.two.process.end()
    (sites.one.files).mkdir()
    (sites.two.files).mkdir()
    job = sites.job(
        name="count",
        type="script",
        when_offline="queue",
        script={"command": "echo once >> counted; exit 3"},
        agents=[sites.at(sites.one), sites.at(sites.two)],
    )
    run = sites.run(job)
    until(
        lambda: (
            {one["agent_id"]: one["state"] for one in sites.shown(run)["agents"]}
            == {sites.one.agent.id: "error", sites.two.agent.id: "queued"}
        ),
        LONG_SEC,
        lambda: sites.told(run),
    )
    sites.two.process.start()
    found = sites.until_status(run, "error")
    assert {(one["state"], one["exit_code"]) for one in found["agents"]} == {("error", 3)}
    sites.two.process.end()
    sites.two.process.start()
    until(sites.two.process.drained, LONG_SEC)
    for site in (sites.one, sites.two):
        assert (site.files / "counted").read_text() == "once\n"


def test_a_script_that_ends_while_the_controller_is_away_is_told_once(sites: Sites) -> None:
    sites.one.files.mkdir()
    script = {"command": "echo begun; while [ ! -e go ]; do sleep 0.1; done; echo over"}
    job = sites.job(name="s", type="script", script=script, agents=[sites.at(sites.one)])
    run = sites.run(job)
    until(lambda: sites.shown(run)["agents"][0]["state"] == "started", LONG_SEC)
    sites.controller.end()
    (sites.one.files / "go").touch()
    journal = sites.one.process.folder / "runs"
    until(lambda: any("finished" in one.read_text() for one in journal.glob("*.json")), LONG_SEC)
    os.kill(sites.one.process.pid, signal.SIGKILL)
    sites.one.process.end()
    crowd_out(sites.one.process.folder)
    sites.one.process.start()
    sites.controller.start()
    found = sites.until_status(run, "finished")
    [one] = found["agents"]
    assert (one["state"], one["exit_code"]) == ("finished", 0)
    assert one["output"] == "begun\nover\n"


def crowd_out(state_dir: Path) -> None:
    """100,000 results in a spool that has room for a part of them: the oldest go."""
    at = SystemClock().now()
    payload = msgspec.Raw(b'{"packets_sent":1,"packets_recv":1,"packet_loss":0,"avg_rtt":1000}')
    post = msgspec.json.encode(ProbePost(created_at=at, type="PING", payload=payload, probe_id=0))
    health = Health(logging.getLogger("test"))
    spool = Spool(
        SpoolFolder(state_dir / SPOOL), SystemClock(), health, max_bytes=2 << 20, max_age_sec=86_400
    )
    for _ in range(100_000):
        spool.put(post)
    assert spool.lost > 50_000
