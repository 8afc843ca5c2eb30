"""How a run is told by the API: its status among those of the document, `eta`, errors."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.jobs.overview import RunFacts, is_listed, job_run, report_of, status_of
from forepost.agent.jobs.record import RunRecord
from forepost.agent.jobs.run_numbers import FIRST
from forepost.wire.jobs.delivery import RunReport
from forepost.wire.jobs.job import Job, JobScript, JobTriggers
from forepost.wire.jobs.transfer import TransferStatus

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SCRIPT = Job(name="s", type="script", script=JobScript(command="true"))
FOLDER = Job(name="f", type="folder", path="/f")
TARGET = Job(
    name="t",
    type="distribution",
    path="/t",
    triggers=JobTriggers(pre_indexing=JobScript(command="true")),
)


def record(job: Job, **fields: Any) -> RunRecord:
    return RunRecord(
        uid="a" * 32, run_id=543, job_id=384, job=job, by="controller", queued_at=NOW, **fields
    )


def facts(**fields: Any) -> RunFacts:
    return RunFacts(**({"paused": False, "executes": False, "told": None} | fields))


def told(status: Any, **fields: Any) -> TransferStatus:
    return TransferStatus(key="k", status=status, **fields)


def test_what_is_queued_is_not_there_but_where_a_script_waits_for_its_time() -> None:
    assert not is_listed(record(SCRIPT, state="delivered"))
    waits = record(SCRIPT, state="queued", scheduled_at=NOW)
    assert is_listed(waits)
    assert status_of(waits, facts()) == "waiting for scheduled script"
    before = record(TARGET, state="started", started_at=NOW)
    assert status_of(before, facts()) == "waiting for scheduled script"


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [
        ("finished", "successfully finished", ""),
        ("error", "error", "SE_SCRIPT_FAILED"),
        ("interrupted", "error", "SE_AGENT_INTERRUPTED"),
        ("lost", "error", "SE_RUN_LOST"),
        ("canceled", "error", "SE_OPERATION_ABORTED"),
    ],
)
def test_each_end_has_a_status_and_a_reason(state: Any, status: str, code: str) -> None:
    ended = record(SCRIPT, state=state, reason="why", exit_code=1, started_at=NOW, ended_at=NOW)
    found = job_run(ended, "/p", facts(paused=True))
    assert found.status == status
    assert [one.code_str for one in found.errors] == [code] * bool(code)
    assert [one.message for one in found.errors] == ["why"] * bool(code)
    assert found.eta == 0


def test_a_pause_of_either_cause_goes_before_all_but_an_end() -> None:
    runs = record(SCRIPT, state="started", step="script", started_at=NOW)
    assert status_of(runs, facts(executes=True)) == "executing script"
    assert status_of(runs, facts(executes=True, paused=True)) == "paused"
    own = msgspec.structs.replace(runs, site_wish="pause")
    assert status_of(own, facts()) == "paused"
    theirs = msgspec.structs.replace(runs, wish="pause")
    assert status_of(theirs, facts()) == "paused"


@pytest.mark.parametrize(
    ("status", "total", "completed", "speed", "eta"),
    [
        ("syncing", 144_943_317, 126_936_039, 177_840, 101),
        ("syncing", 100, 50, 0, -1),
        ("synced", 100, 100, 0, 0),
        ("seeding", 100, 100, 5, 0),
        ("loading", 0, 0, 0, -1),
        ("waiting for files from source", 0, 0, 0, -1),
        ("synced", 0, 0, 0, 0),
    ],
)
def test_eta(status: Any, total: int, completed: int, speed: int, eta: int) -> None:
    one = record(FOLDER, state="started", step="transfer", started_at=NOW)
    said = told(status, size_total=total, size_completed=completed, down_speed=speed)
    assert job_run(one, "/f", facts(told=said)).eta == eta


def test_the_figures_of_an_end_stay() -> None:
    last = told("seeding", files_total=3, files_completed=3, size_total=9, size_completed=9)
    last = msgspec.structs.replace(last, down_speed=5, up_speed=6)
    ended = record(TARGET, state="finished", counted=last, started_at=NOW, ended_at=NOW)
    found = job_run(ended, "/t", facts())
    assert (found.status, found.type) == ("successfully finished", "transfer")
    assert found.files_completed == found.files_total == 3
    assert found.down_speed == found.up_speed == 0, "nothing moves any more"
    assert report_of(ended, facts()).size_completed == 9


def test_completed_is_never_more_than_all() -> None:
    odd = told("indexing", files_total=1, files_completed=2, size_total=1, size_completed=2)
    found = job_run(record(FOLDER, state="started", step="transfer"), "/f", facts(told=odd))
    assert found.files_completed <= found.files_total
    assert found.size_completed <= found.size_total


def test_last_synced_is_absent_until_it_was() -> None:
    one = record(FOLDER, state="started", step="transfer")
    assert b"last_synced" not in msgspec.json.encode(job_run(one, "/f", facts()))
    was = told("synced", last_synced=1_702_985_796)
    assert job_run(one, "/f", facts(told=was)).last_synced == 1_702_985_796


def test_a_run_of_this_site_has_no_number_of_the_controller_s() -> None:
    own = msgspec.structs.replace(record(SCRIPT), run_id=FIRST, job_id=FIRST)
    assert (report_of(own, facts()).run_id, report_of(own, facts()).job_id) == (0, 0)
    theirs = msgspec.structs.replace(record(SCRIPT), of_controller=True)
    assert (report_of(theirs, facts()).run_id, report_of(theirs, facts()).job_id) == (543, 384)


@given(st.text(max_size=3_000), st.text(max_size=3_000))
def test_a_controller_can_read_every_report(reason: str, held: str) -> None:
    one = record(FOLDER, state="started", step="transfer", reason=reason)
    report = report_of(one, facts(told=told("error", held=held)))
    assert msgspec.json.decode(msgspec.json.encode(report), type=RunReport) == report
