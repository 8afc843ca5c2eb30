"""Jobs in the conversation with a controller: the host, runs, their ends until they are kept."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import msgspec
import pytest

from forepost.agent.document import DocumentRefused
from forepost.agent.jobs.wanted import read_parts
from forepost.wire.jobs.delivery import (
    HOST,
    JOBS,
    KEPT_OUTPUT,
    OUTPUT,
    RUNS,
    RUNS_KEPT,
    JobHost,
    JobsPart,
    RunOutputPiece,
    RunReport,
    RunReports,
)
from forepost.wire.uplink.messages import FOREPOST
from forepost.wire.uplink.neffos import Frame
from tests.fakes.jobs_site import LONG_SEC, JobsSite
from tests.running import until

UID = "ab" * 16


class JobsController:
    """What a controller hears of one site, in one conversation after another."""

    def __init__(self, site: JobsSite) -> None:
        self.site = site
        self.hosts: list[JobHost] = []
        self.reports: list[RunReport] = []
        self.pieces: list[RunOutputPiece] = []
        self.largest = 0
        (self.talk,) = site.built.talks
        (self.document,) = site.built.documents

    async def take(self, frame: Frame) -> None:
        self.largest = max(self.largest, len(frame.body))
        match frame.event:
            case event if event == HOST:
                self.hosts.append(msgspec.json.decode(frame.body, type=JobHost))
            case event if event == RUNS:
                self.reports += msgspec.json.decode(frame.body, type=RunReports).runs
            case event if event == OUTPUT:
                self.pieces.append(msgspec.json.decode(frame.body, type=RunOutputPiece))
            case other:
                raise AssertionError(other)

    @contextmanager
    def talking(self, able: str = JOBS) -> Iterator["JobsController"]:
        self.hosts, self.reports, self.pieces = [], [], []
        self.dialogue = self.site.portal.call(lambda: self.talk.begin(self.take, {able}))
        future, scope = self.site.portal.start_task(self._run)
        try:
            yield self
        finally:
            self.site.portal.call(scope.cancel)
            future.result(20)

    async def _run(self, *, task_status: anyio.abc.TaskStatus[anyio.CancelScope]) -> None:
        async with anyio.create_task_group() as tasks:
            task_status.started(tasks.cancel_scope)
            await self.dialogue.run()
            await anyio.sleep_forever()

    def wants(self, *runs: Any, scheduled: Any = (), tags: Any = ()) -> list[str]:
        part = {"runs": list(runs), "scheduled": list(scheduled), "tags": list(tags)}
        raw = msgspec.Raw(json.dumps(part).encode())
        return list(self.site.portal.call(self.document.apply, [raw]))

    def keeps(self, *uids: str) -> None:
        body = json.dumps({"uids": uids})
        self.site.portal.call(self.dialogue.heard, Frame(FOREPOST, RUNS_KEPT, body))

    def states(self, uid: str = UID) -> list[str]:
        return [one.state for one in self.reports if one.uid == uid]

    def until_state(self, state: str, uid: str = UID) -> RunReport:
        until(lambda: state in self.states(uid), LONG_SEC, lambda: self.reports)
        return next(one for one in self.reports if (one.uid, one.state) == (uid, state))


def run(site: JobsSite, command: Any, uid: str = UID, run_id: int = 5, **fields: Any) -> Any:
    job = {
        "name": f"j{run_id}", "type": "script", "path": str(site.folder),
        "script": {"command": command},
    }  # fmt: skip
    return {"run_id": run_id, "uid": uid, "job_id": run_id, "job": job, **fields}


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[JobsController]:
    with JobsSite(tmp_path, tags={"SITE": "north"}).running() as site:
        yield JobsController(site)


def test_the_host_is_told_first_and_when_it_changes(controller: JobsController) -> None:
    site = controller.site
    with controller.talking():
        until(lambda: controller.hosts, LONG_SEC)
        first = controller.hosts[0]
        assert first.deviceid == site.call("GET", "/api/v3/client").body["deviceid"]
        assert (first.scripts, first.paused, first.listen) == (True, False, [])
        assert [(one.name, one.value) for one in first.tags] == [("SITE", "north")]
        site.call("PATCH", "/api/v3/tags", {"tags": [{"name": "SITE", "value": "south"}]})
        until(lambda: controller.hosts[-1].tags[0].value == "south", LONG_SEC)
        site.call("PATCH", "/api/v3/client", paused="true", resume_timer=600)
        until(lambda: controller.hosts[-1].paused, LONG_SEC)
        assert controller.hosts[-1].resume_at is not None
        site.engine.listening = ["198.18.0.1:3841"]
        until(lambda: controller.hosts[-1].listen == ["198.18.0.1:3841"], LONG_SEC)


def test_a_run_is_told_from_its_delivery_to_its_end(controller: JobsController) -> None:
    site = controller.site
    with controller.talking():
        go = site.folder / "go"
        command = f"echo begun; until [ -e {go} ]; do sleep 0.05; done; echo done; exit 3"
        assert controller.wants(run(site, command)) == []
        found = controller.until_state("started")
        assert (found.run_id, found.job_id, found.name) == (5, 5, "j5")
        until(lambda: "begun" in "".join(one.text for one in controller.pieces), LONG_SEC)
        go.touch()
        ended = controller.until_state("error")
        assert (ended.exit_code, ended.reason) == (3, "exit code 3")
        assert ended.output.head == "begun\ndone\n"
        assert len(ended.script_sha256) == 64
        assert ended.started_at is not None
        assert ended.ended_at is not None


def test_an_end_is_told_again_in_each_conversation_until_it_is_kept(
    controller: JobsController,
) -> None:
    site = controller.site
    controller.wants(run(site, "echo x >> count"))
    until((site.folder / "count").exists, LONG_SEC)
    with controller.talking():
        controller.until_state("finished")
    controller.wants()
    with controller.talking():
        controller.until_state("finished")
        controller.keeps(UID, "f" * 32)
    controller.wants()
    with controller.talking():
        controller.wants(run(site, "true", "cd" * 16, 6))
        controller.until_state("finished", "cd" * 16)
        assert controller.states() == []


def test_a_controller_that_was_restored_hears_the_end_and_nothing_runs_twice(
    controller: JobsController,
) -> None:
    site = controller.site
    wanted = run(site, "echo x >> count")
    with controller.talking():
        controller.wants(wanted)
        controller.until_state("finished")
        controller.keeps(UID)
        controller.wants()
    with controller.talking():
        controller.wants(wanted)
        controller.until_state("finished")
    assert (site.folder / "count").read_text() == "x\n"


def test_what_is_wanted_is_cancelled_and_paused_by_the_document(controller: JobsController) -> None:
    site = controller.site
    with controller.talking():
        controller.wants(run(site, "sleep 1000"), run(site, "true", "cd" * 16, 6, wish="pause"))
        controller.until_state("started")
        controller.wants(run(site, "sleep 1000", wish="cancel"))
        controller.until_state("canceled")
        assert controller.until_state("canceled", "cd" * 16).reason == "it is not wanted any more"


def test_of_many_ends_with_much_output_no_message_is_too_large(controller: JobsController) -> None:
    site = controller.site
    command = "head -c 100000 /dev/zero | tr '\\0' x"
    uids = [f"{number:032x}" for number in range(20)]
    controller.wants(*(run(site, command, uid, 10 + at) for at, uid in enumerate(uids)))
    until(
        lambda: site.portal.call(lambda: all(one.is_over for one in site.slice.runs.all)), LONG_SEC
    )
    with controller.talking():
        for uid in uids:
            found = controller.until_state("finished", uid)
            assert found.output.head == found.output.tail == "x" * KEPT_OUTPUT
            assert found.output.left_out_bytes == 100_000 - 2 * KEPT_OUTPUT
    assert controller.largest < 1 << 20


def test_pieces_are_the_output_in_its_order(controller: JobsController) -> None:
    site = controller.site
    with controller.talking():
        controller.wants(run(site, "for i in 1 2 3; do echo $i; sleep 1; done; sleep 2"))
        until(lambda: "".join(one.text for one in controller.pieces) == "1\n2\n3\n", LONG_SEC)
        at = 0
        for one in controller.pieces:
            assert one.offset == at
            at += len(one.text)


def test_runs_of_this_site_are_told_without_a_number(controller: JobsController) -> None:
    controller.site.script("a.json", "true", "a")
    with controller.talking():
        until(lambda: [one for one in controller.reports if one.state == "finished"], LONG_SEC)
        assert {(one.run_id, one.job_id, one.name) for one in controller.reports} == {(0, 0, "a")}


def test_nothing_is_told_to_who_does_not_know_jobs(controller: JobsController) -> None:
    controller.site.script("a.json", "true", "a")
    with controller.talking(able="other"):
        controller.site.until_status("a", "successfully finished")
    assert controller.hosts == []
    assert controller.reports == []


def test_a_schedule_of_the_controller_and_its_tags(controller: JobsController) -> None:
    import time

    start = int(time.time()) + 2
    job = {
        "name": "s", "type": "script", "script": {"command": "echo $TAG_SITE"},
        "schedule": {"type": "once", "start": start},
    }  # fmt: skip
    tag = {"tag": {"name": "SITE", "value": "from the controller"}, "number": 4}
    with controller.talking():
        controller.wants(scheduled=[{"job_id": 9, "uid": "ef" * 16, "job": job}], tags=[tag])
        until(lambda: [one for one in controller.reports if one.state == "finished"], LONG_SEC)
        found = controller.reports[-1]
        assert (found.run_id, found.job_id) == (0, 9)
        assert found.scheduled_at is not None
        assert found.scheduled_at.timestamp() == start
        assert found.output.head == "from the controller\n"


def test_what_is_not_understood_is_a_problem_and_stays_as_it_was(
    controller: JobsController,
) -> None:
    site = controller.site
    with controller.talking():
        controller.wants(run(site, "sleep 1000"))
        controller.until_state("started")
        wrong = run(site, "sleep 1000")
        wrong["job"]["from_a_newer_version"] = 1
        (problem,) = controller.wants(wrong, run(site, "true", "cd" * 16, 6))
        assert problem.startswith(f"run {UID}: ")
        assert "from_a_newer_version" in problem
        controller.until_state("finished", "cd" * 16)
        assert controller.states()[-1] == "started"


def test_a_document_that_is_too_much_is_refused_whole() -> None:
    many = JobsPart(runs=[msgspec.Raw(b"{}")] * 1_001)
    with pytest.raises(DocumentRefused, match="1000 runs"):
        read_parts([msgspec.Raw(msgspec.json.encode(many))])


def test_a_scheduled_job_without_a_schedule_is_a_problem() -> None:
    job = {"name": "s", "type": "script", "script": {"command": "true"}}
    part = {"scheduled": [{"job_id": 1, "uid": UID, "job": job}, 7]}
    found = read_parts([msgspec.Raw(json.dumps(part).encode())])
    assert found.scheduled == []
    assert found.problems[0] == f"scheduled job {UID}: schedule: is missing"
    assert found.problems[1].startswith("scheduled job without a uid: ")
