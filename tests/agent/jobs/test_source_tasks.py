"""A consolidation has a task for each source, and the run is as far as the last of them."""

from datetime import UTC, datetime

import msgspec

from forepost.agent.jobs.record import RunRecord
from forepost.agent.jobs.source_tasks import by_run, run_key, source_key
from forepost.agent.jobs.transfer_tasks import transfer_tasks
from forepost.wire.jobs.job import Job, JobPeer
from forepost.wire.jobs.transfer import TransferStatus

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ME, NORTH, SOUTH = "A" * 32, "B" * 32, "C" * 32
RUN = f"run:{'0' * 32}"


def record(permission: str, *peers: JobPeer) -> RunRecord:
    job = Job(
        name="logs",
        type="consolidation",
        path="/all",
        permission=permission,  # type: ignore[arg-type]
        peers=list(peers),
    )
    return RunRecord(
        uid="0" * 32,
        run_id=1,
        job=job,
        by="controller",
        of_controller=True,
        queued_at=NOW,
        state="started",
        step="transfer",
    )


def test_source_and_destination_call_it_the_same() -> None:
    def tasks(of: RunRecord) -> dict[str, tuple[str, list[str]]]:
        found = transfer_tasks(
            [of], lambda one: one.job.path, lambda _, peer: peer.path, ME, NOW, paused=False
        )
        return {one.key: (one.path, [peer.deviceid for peer in one.peers]) for one in found}

    target = JobPeer(deviceid=NORTH, permission="ro")
    assert tasks(record("rw", target)) == {f"{ME}:{RUN}": ("/all", [NORTH])}
    sources = [JobPeer(deviceid=one, path=f"/all/{one[0]}") for one in (NORTH, SOUTH)]
    assert tasks(record("ro", *sources)) == {
        f"{NORTH}:{RUN}": ("/all/B", [NORTH]),
        f"{SOUTH}:{RUN}": ("/all/C", [SOUTH]),
    }
    assert run_key(source_key(RUN, NORTH)) == RUN
    assert run_key("job:A name: with words") == "job:A name: with words"


def test_a_run_is_as_far_as_its_last_source() -> None:
    def status(source: str, word: str, done: int) -> TransferStatus:
        return TransferStatus(
            key=source_key(RUN, source),
            status=word,  # type: ignore[arg-type]
            files_total=2,
            files_completed=done,
        )

    wanted = [source_key(RUN, one) for one in (NORTH, SOUTH)]
    one = by_run([status(NORTH, "seeding", 2)], wanted)[RUN]
    assert (one.status, one.files_total) == ("loading", 2), "of the other nothing is known yet"
    both = [status(NORTH, "seeding", 2), status(SOUTH, "downloading", 1)]
    merged = by_run(both, wanted)[RUN]
    assert (merged.status, merged.files_total, merged.files_completed) == ("downloading", 4, 3)
    both[1] = status(SOUTH, "seeding", 2)
    assert by_run(both, wanted)[RUN].status == "seeding"
    other = TransferStatus(key="job:folder", status="synced")
    assert by_run([other], ["job:folder", "job:new"]) == {"job:folder": other}


def test_runs_of_a_job_have_one_folder_and_the_newest_has_it() -> None:
    def run(number: int, **more: object) -> RunRecord:
        target = record("rw", JobPeer(deviceid=NORTH, permission="ro"))
        said = {"uid": f"{number:032x}", "run_id": number, "job_id": 7, **more}
        return msgspec.structs.replace(target, **said)

    over = run(1, state="finished", ended_at=NOW)
    for records in ([over], [over, run(2)], [run(2), over]):
        [found] = transfer_tasks(
            records, lambda one: one.job.path, lambda _, peer: peer.path, ME, NOW, paused=False
        )
        assert found.folder == f"{ME}:job 7"
        assert found.key == f"{ME}:run:{len(records):032x}"
