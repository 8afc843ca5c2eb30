"""What a controller wants of this site's jobs: the document `jobs`."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from forepost.agent.document import DocumentRefused, check_text, why_not
from forepost.agent.jobs.scheduler import Timed
from forepost.wire.jobs.delivery import (
    JOBS,
    MOST_RUNS,
    MOST_SCHEDULED,
    JobsPart,
    ScheduledJob,
    WantedRun,
    WantedTag,
)

MOST_BYTES: Final = 64 << 20
NAMELESS: Final = "without a uid"

_part = msgspec.json.Decoder(JobsPart)
_run = msgspec.json.Decoder(WantedRun)
_scheduled = msgspec.json.Decoder(ScheduledJob)


class WantedJobList(msgspec.Struct, frozen=True, kw_only=True):
    runs: list[WantedRun] = []
    scheduled: list[ScheduledJob] = []
    tags: list[WantedTag] = []
    agent_name: str = ""
    problems: list[str] = []
    """What of it is not understood."""
    unclear: list[str] = []
    """The uids of those: what they are stays as it is."""


def read_parts(parts: Sequence[msgspec.Raw]) -> WantedJobList:
    """Return the whole list. Raises DocumentRefused, msgspec.ValidationError."""
    found, name = WantedJobList(), ""
    for part in parts:
        check_text(part)
        read = _part.decode(part)
        found.tags.extend(read.tags)
        name = read.agent_name or name
        for raw in read.runs:
            try:
                found.runs.append(_run.decode(raw))
            except (msgspec.ValidationError, RecursionError) as error:
                _unclear(found, "run", raw, error, WantedRun)
        for raw in read.scheduled:
            try:
                one = _scheduled.decode(raw)
            except (msgspec.ValidationError, RecursionError) as error:
                _unclear(found, "scheduled job", raw, error, ScheduledJob)
                continue
            if one.job.schedule is None:
                found.problems.append(f"scheduled job {one.uid}: schedule: is missing")
            else:
                found.scheduled.append(one)
        if len(found.runs) + len(found.problems) > MOST_RUNS:
            raise DocumentRefused(f"more than {MOST_RUNS} runs")
        if len(found.scheduled) > MOST_SCHEDULED:
            raise DocumentRefused(f"more than {MOST_SCHEDULED} jobs with a schedule")
    return msgspec.structs.replace(found, agent_name=name)


class _WithUid(msgspec.Struct):
    uid: str


def _unclear(
    found: WantedJobList,
    what: str,
    raw: msgspec.Raw,
    error: msgspec.ValidationError | RecursionError,
    kind: type[WantedRun | ScheduledJob],
) -> None:
    try:
        uid = msgspec.json.decode(raw, type=_WithUid).uid[:64]
    except (msgspec.MsgspecError, RecursionError):
        uid = ""
    found.unclear.append(uid)
    found.problems.append(f"{what} {uid or NAMELESS}: {why_not(error, kind)}")


class WantedJobs:
    """A Document. What of it was understood before and is not now stays as it was."""

    name: Final = JOBS
    most_bytes: Final = MOST_BYTES

    def __init__(
        self,
        want: Callable[[Sequence[WantedRun], Sequence[Timed], Sequence[str]], None],
        tags: Callable[[Sequence[WantedTag]], list[str]],
        named: Callable[[str], None],
    ) -> None:
        """`want`: takes all runs, all jobs with a schedule, and the uids of what is not
        understood; `tags` returns what is wrong. `named`: told what this agent is called there.
        """
        self._want, self._tags, self._named = want, tags, named
        self._list = WantedJobList()

    async def apply(self, parts: Sequence[msgspec.Raw]) -> list[str]:
        before, found = self._list, read_parts(parts)
        found.runs.extend(one for one in before.runs if one.uid in found.unclear)
        found.scheduled.extend(one for one in before.scheduled if one.uid in found.unclear)
        self._list = found
        self._named(found.agent_name)
        problems = self._tags(found.tags)
        timed = [Timed(one.uid, one.job, one.job_id, tuple(one.writers)) for one in found.scheduled]
        self._want(found.runs, timed, found.unclear)
        return [*found.problems, *problems]
