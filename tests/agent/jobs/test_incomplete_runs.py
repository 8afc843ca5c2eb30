"""A transfer of which others have failed ends, and no script cleans up at its sources."""

import pytest

from forepost.wire.jobs.job import Job, JobPeer, JobScript, JobTriggers
from forepost.wire.jobs.transfer import TransferStatus
from tests.fakes.run_site import site, uid, wanted

PEER = JobPeer(deviceid="A" * 32)
TRIGGERS = JobTriggers(complete=JobScript(command="rm -r ."))


@pytest.mark.parametrize(
    ("permission", "completed", "state"),
    [("rw", 3, "finished"), ("rw", 1, "finished"), ("ro", 3, "finished"), ("ro", 2, "error")],
)
def test_who_has_everything_is_finished(permission: str, completed: int, state: str) -> None:
    job = Job(
        name="t",
        type="distribution",
        path="/t",
        triggers=TRIGGERS,
        peers=[PEER],
        permission=permission,  # type: ignore[arg-type]
    )
    with site() as here:
        here.runs.want([wanted(1, job)], here.now)
        here.tick()
        key = f"run:{uid(1)}"
        word = "seeding" if completed == 3 else "downloading"
        here.transfers[key] = TransferStatus(
            key=key,
            status=word,  # type: ignore[arg-type]
            files_total=3,
            files_completed=completed,
        )
        here.tick()
        assert here.state(1) == "started"
        here.runs.want([wanted(1, job, incomplete=True)], here.now)
        here.tick()
        here.tick()
        assert here.state(1) == state
        assert here.processes == {}
