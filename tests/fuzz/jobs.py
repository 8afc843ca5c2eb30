"""Jobs: what a controller, a file of the site, a program of the host and a journal may say."""

import contextlib
from datetime import UTC, datetime

import msgspec

from forepost.agent.document import DocumentRefused
from forepost.agent.edges.local.http_face import LocalRequest
from forepost.agent.jobs.agent_api.words import ApiRefusal, parameters, whole_number
from forepost.agent.jobs.course import RunSituation, decisions
from forepost.agent.jobs.local_jobs import read_job
from forepost.agent.jobs.record import RunRecord
from forepost.agent.jobs.timetable import latest_moment, next_moment
from forepost.agent.jobs.wanted import read_parts
from forepost.kit.errors import Invalid
from forepost.wire.jobs.job import Job

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SCRIPT = b'{"name":"s","type":"script","script":{"command":"true"}'
EXAMPLES = [
    SCRIPT + b"}",
    SCRIPT + b',"schedule":{"type":"daily","every":3,"at":[7200],"start":1,"finish":2}}',
    b'{"name":"f","type":"folder","path":"%HOME%/f","peers":[{"deviceid":"' + b"A" * 32 + b'"}]}',
    b'{"runs":[{"run_id":1,"uid":"' + b"a" * 32 + b'","job_id":1,"job":' + SCRIPT + b"}}]}",
    b"token=A&paused=true&resume_timer=60",
]


def jobs(data: bytes) -> None:
    """A document, a job with its moments, a query, a record."""
    with contextlib.suppress(DocumentRefused, msgspec.MsgspecError, RecursionError):
        read_parts([msgspec.Raw(data)])
    with contextlib.suppress(Invalid):
        _made(read_job(data))
    with contextlib.suppress(ApiRefusal):
        request = LocalRequest("GET", "/", data.decode("latin-1"), {})
        for name, text in parameters(request).items():
            whole_number(name, text)
    with contextlib.suppress(msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        record = msgspec.json.decode(data, type=RunRecord)
        decisions([record, record], RunSituation(now=NOW))


def _made(job: Job) -> None:
    if job.schedule is not None:
        first = next_moment(job.schedule, NOW, UTC)
        assert first is None or first > NOW
        latest_moment(job.schedule, datetime(2026, 2, 28, 23, tzinfo=UTC), NOW, UTC)
