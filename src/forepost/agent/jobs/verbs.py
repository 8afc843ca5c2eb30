"""What `forepost jobs` and `forepost tag` have this agent do."""

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from forepost.agent.edges.local.control_socket import Say, Verb
from forepost.agent.jobs.keeper import JobKeeper
from forepost.agent.jobs.local_jobs import LocalJobs, read_job
from forepost.agent.jobs.overview import job_run
from forepost.agent.jobs.record import UID_DIGITS, RunRecord
from forepost.agent.jobs.scheduler import JobScheduler
from forepost.agent.jobs.site_rules import JobRules
from forepost.agent.jobs.tags import AgentTags
from forepost.agent.jobs.transfer_log import TransferLog
from forepost.kit.clock import Clock
from forepost.kit.errors import Invalid
from forepost.wire.jobs.agent_api import Tags
from forepost.wire.jobs.job import Job
from forepost.wire.local import jobs as local
from forepost.wire.local.workloads import Nothing

FOLLOW_SEC: Final = 0.2
PIECE: Final = 32 << 10
CONTROLLER: Final = "it is the controller's: ask there"
RETRIED: Final = frozenset(("error", "interrupted", "lost", "canceled"))


class JobVerbs:
    """The verbs, by the names under which the command asks for them."""

    def __init__(
        self,
        keeper: JobKeeper,
        files: LocalJobs | None,
        scheduler: JobScheduler,
        tags: AgentTags,
        log: TransferLog,
        rules: JobRules,
        deviceid: str,
        now: Callable[[], datetime],
        clock: Clock,
    ) -> None:
        self._keeper, self._files, self._scheduler = keeper, files, scheduler
        self._tags, self._log, self._rules = tags, log, rules
        self._deviceid, self._now, self._clock = deviceid, now, clock

    @property
    def verbs(self) -> Mapping[str, Verb[Any]]:
        return {
            local.LIST: Verb(Nothing, self._list),
            local.SHOW: Verb(local.NamedRun, self._show),
            local.RUN: Verb(local.NewLocalRun, self._run),
            local.PAUSE: Verb(local.PausedRun, self._pause),
            local.RESUME: Verb(local.PausedRun, self._resume),
            local.RETRY: Verb(local.NamedRun, self._retry),
            local.CANCEL: Verb(local.NamedRun, self._cancel),
            local.CONFIRM: Verb(local.NamedRun, self._confirm),
            local.LOGS: Verb(local.OutputOf, self._logs),
            local.TAG: Verb(local.TagsSet, self._tag),
        }

    async def _list(self, _: Nothing, _say: Say) -> local.LocalRuns:
        runs = sorted(self._keeper.runs.all, key=lambda one: (one.queued_at, one.run_id))
        return local.LocalRuns(
            deviceid=self._deviceid,
            paused=self._keeper.pause.is_paused,
            resume_at=self._keeper.pause.resume_at,
            runs=[local.LocalRun(**self._fields(one)) for one in runs],
            scheduled=[
                local.ScheduledAt(
                    name=one.job.name,
                    wanted_by="file" if one.job_id is None else "controller",
                    next=self._scheduler.next_of(one.uid),
                )
                for one in self._scheduler.jobs
            ],
            problems=self._files.found.problems if self._files is not None else {},
        )

    async def _show(self, asked: local.NamedRun, _say: Say) -> local.LocalRunDetail:
        record = self._named(asked.run)
        return local.LocalRunDetail(
            **self._fields(record),
            job=msgspec.Raw(msgspec.json.encode(record.job)),
            script_sha256=record.script_sha256,
            output=self._keeper.output(record),
        )

    async def _run(self, asked: local.NewLocalRun, _say: Say) -> local.TakenRun:
        job = read_job(bytes(asked.job))
        if job.schedule is not None:
            raise Invalid("schedule: a job that runs by itself is a file of the folder [jobs] dir")
        return self._take(job)

    async def _retry(self, asked: local.NamedRun, _say: Say) -> local.TakenRun:
        record = self._named(asked.run)
        if record.of_controller:
            raise Invalid(f"{asked.run}: {CONTROLLER}")
        if record.state not in RETRIED:
            raise Invalid(f"{asked.run}: it is {record.state}")
        return self._take(msgspec.structs.replace(record.job, schedule=None))

    async def _pause(self, asked: local.PausedRun, _say: Say) -> Nothing:
        if asked.run and asked.seconds is not None:
            raise Invalid("seconds: only everything is paused for a time")
        if asked.run:
            self._wish(asked.run, "pause")
        else:
            try:
                self._keeper.pause.pause(asked.seconds)
            except OSError as error:
                raise _unkept(error) from None
        self._keeper.look()
        return Nothing()

    async def _resume(self, asked: local.PausedRun, _say: Say) -> Nothing:
        if asked.run:
            self._wish(asked.run, "run")
        else:
            try:
                self._keeper.pause.resume()
            except OSError as error:
                raise _unkept(error) from None
        self._keeper.look()
        return Nothing()

    async def _cancel(self, asked: local.NamedRun, _say: Say) -> Nothing:
        self._wish(asked.run, "cancel")
        return Nothing()

    async def _confirm(self, asked: local.NamedRun, _say: Say) -> Nothing:
        record = self._named(asked.run)
        told = self._keeper.facts(record).told
        if record.is_over or not told.held:
            raise Invalid(f"{asked.run}: nothing holds it")
        self._change(record, held_ok=True)
        return Nothing()

    async def _logs(self, asked: local.OutputOf, say: Say) -> Nothing:
        record = self._named(asked.run)
        if record.job.type != "script":
            await self._tell_events(record, say, follow=asked.follow)
        offset = 0
        while (piece := self._keeper.piece(record.uid, offset, PIECE)) is not None:
            begin, text, following = piece
            if begin > offset:
                await say(_gap(begin - offset))
            if text:
                await say(text)
            elif not asked.follow:
                return Nothing()
            else:
                await self._clock.sleep(FOLLOW_SEC)
            offset = following
        await self._rest(self._named_again(record), offset, say)
        return Nothing()

    async def _tell_events(self, record: RunRecord, say: Say, *, follow: bool) -> None:
        """What came of a transfer or a folder; where it is followed until its end."""
        told = 0
        while True:
            is_over = self._named_again(record).is_over
            for one in self._log.of(record.uid, told):
                at = datetime.fromtimestamp(one.at_ms / 1_000, UTC).isoformat("T", "seconds")
                await say(f"{at} {one.kind} {one.text}\n")
                told = one.number
            if is_over or not follow:
                return
            await self._clock.sleep(FOLLOW_SEC)

    async def _rest(self, record: RunRecord, offset: int, say: Say) -> None:
        """What an ended script wrote and was not said yet."""
        output = record.output
        head = output.head.encode()
        if offset < len(head):
            await say(head[offset:].decode(errors="replace"))
            offset = len(head)
        tail = output.tail.encode()
        tail_at = len(head) + output.left_out_bytes
        if tail_at > offset:
            await say(_gap(tail_at - offset))
        if tail and offset < tail_at + len(tail):
            await say(tail[max(0, offset - tail_at) :].decode(errors="replace"))

    async def _tag(self, asked: local.TagsSet, _say: Say) -> Tags:
        try:
            self._tags.set(asked.tags)
        except OSError as error:
            raise _unkept(error) from None
        self._keeper.look()
        return Tags(tags=self._tags.listed)

    def _take(self, job: Job) -> local.TakenRun:
        if refused := self._rules.refusal_here(job, self._now()):
            raise Invalid(refused)
        uid = secrets.token_hex(UID_DIGITS // 2)
        try:
            record = self._keeper.runs.command(job, uid, self._now())
        except OSError as error:
            raise _unkept(error) from None
        self._keeper.look()
        return local.TakenRun(run_id=record.run_id)

    def _wish(self, run: str, wish: str) -> None:
        record = self._named(run)
        if record.is_over:
            raise Invalid(f"{run}: it is over: {record.state}")
        self._change(record, site_wish=wish)

    def _change(self, record: RunRecord, **fields: Any) -> None:
        if fields.get("site_wish") == "cancel":
            fields["reason"] = "canceled at this host"
        try:
            self._keeper.runs.change(msgspec.structs.replace(record, **fields))
        except OSError as error:
            raise _unkept(error) from None
        self._keeper.look()

    def _named(self, name: str) -> RunRecord:
        """The run of a number, or the newest of a name: one that is not over first. Raises
        Invalid.
        """
        runs = self._keeper.runs.all
        found = [one for one in runs if name.isdecimal() and one.run_id == int(name)]
        found = found or [one for one in runs if one.job.name == name]
        if not found:
            timed = next((one for one in self._scheduler.jobs if one.job.name == name), None)
            if timed is None:
                raise Invalid(f"{name}: there is no such run here; see forepost jobs ls")
            following = self._scheduler.next_of(timed.uid)
            when = f"next at {following.isoformat()}" if following else "it never will again"
            raise Invalid(f"{name}: it has not run yet; {when}")
        return max(found, key=lambda one: (not one.is_over, one.queued_at, one.run_id))

    def _named_again(self, record: RunRecord) -> RunRecord:
        return self._keeper.runs.get(record.uid) or record

    def _fields(self, record: RunRecord) -> dict[str, Any]:
        facts = self._keeper.facts(record)
        return {
            "uid": record.uid,
            "run": job_run(record, self._keeper.path(record), facts),
            "state": record.state,
            "wanted_by": record.by,
            "source": record.source if record.by == "file" else "",
            "reason": record.reason,
            "held": "" if record.is_over else facts.told.held,
            "exit_code": record.exit_code,
            "queued_at": record.queued_at,
            "scheduled_at": record.scheduled_at,
            "started_at": record.started_at,
            "ended_at": record.ended_at,
        }


def _gap(size: int) -> str:
    return f"\n[… {size} bytes are not kept …]\n"


def _unkept(error: OSError) -> Invalid:
    return Invalid(f"it cannot be kept: {error.strerror or error}")
