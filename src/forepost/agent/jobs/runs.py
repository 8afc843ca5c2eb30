"""The runs of this agent: what of them is wanted, begun and ended, each step on disk before it is
done.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from forepost.agent.jobs.course import EndRun, after_script, recovered
from forepost.agent.jobs.journal import RunJournal
from forepost.agent.jobs.record import (
    RunRecord,
    ScriptStep,
    Step,
    delivered,
    script_hash,
    script_of,
)
from forepost.agent.jobs.run_bounds import surplus
from forepost.agent.jobs.run_numbers import FIRST, RunNumbers
from forepost.kit.health import Health
from forepost.wire.jobs.delivery import RunOutput, RunState, WantedRun, Wanter
from forepost.wire.jobs.job import Job
from forepost.wire.jobs.transfer import TransferStatus

SUBJECT: Final = "jobs journal"
NOT_WANTED: Final = "it is not wanted any more"


class ScriptEnd(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a script."""

    exit_code: int | None = None
    """A signal as a negative number; None: it could not be begun."""
    reason: str = ""
    """Why it is not well, beyond its exit code."""
    timed_out: bool = False
    stopped: bool = False
    output: RunOutput = RunOutput()


class Runs:
    """Ends are told only when they are on disk: what is said once stays true after a crash."""

    def __init__(
        self, journal: RunJournal, numbers: RunNumbers, loaded: Iterable[RunRecord], health: Health
    ) -> None:
        self._journal, self._numbers, self._health = journal, numbers, health
        self._records = {one.uid: one for one in loaded}
        self._owed: set[str] = set()
        """Ends that are not on disk yet."""
        self._former: dict[str, RunRecord] = {}
        """Runs that are wanted and of which only the end is known."""
        self._of_files: set[str] = set()
        self.knows_files = False
        """Whether the site's own folder has said what it wants."""

    def recover(self, now: datetime) -> None:
        """Take what ended in the middle for what it is; called once, when nothing of it runs."""
        newest: dict[str, RunRecord] = {}
        for one in sorted(self._records.values(), key=lambda one: one.queued_at):
            if one.by in ("file", "command") and not one.is_over:
                newest[one.job.name] = one
        for one in newest.values():  # killed before it was seen to
            self._replaced(one.job.name, one.uid)
        for one in list(self._records.values()):
            found = recovered(one)
            if isinstance(found, EndRun):
                self.end(found.uid, found.state, found.reason, now)
            else:
                self._records[one.uid] = found
        if self._journal.damaged:
            uids = ", ".join(self._journal.damaged[:3])
            said = f"{len(self._journal.damaged)} runs cannot be read and count as interrupted"
            self._health.ill(SUBJECT, f"{said}: {uids}", minor=True, lasting=True)

    @property
    def all(self) -> list[RunRecord]:
        return list(self._records.values())

    @property
    def told(self) -> list[RunRecord]:
        """What the controller is to hear: runs as they are, ends only where they are on disk."""
        found = [*self._records.values(), *self._former.values()]
        return [one for one in found if not one.is_kept and one.uid not in self._owed]

    def get(self, uid: str) -> RunRecord | None:
        return self._records.get(uid)

    def is_known(self, uid: str) -> bool:
        """Whether there was, or is, such a run."""
        return uid in self._records or uid in self._journal.ended

    def by_number(self, run_id: int) -> RunRecord | None:
        """The newest of a number: a controller that was restored may give one twice."""
        found = [one for one in self._records.values() if one.run_id == run_id]
        return max(found, key=lambda one: one.queued_at, default=None)

    def want(
        self, wanted: Collection[WantedRun], now: datetime, spared: Collection[str] = ()
    ) -> None:
        """A controller wants exactly these from now on; `spared`: it may want these too."""
        here = {*spared, *(one.uid for one in wanted)}
        for one in wanted:
            self._want(one, now)
        self._former = {uid: one for uid, one in self._former.items() if uid in here}
        for record in list(self._records.values()):
            if record.by == "controller" and record.uid not in here:
                self._unwanted(record)

    def want_files(self, wanted: Mapping[str, tuple[str, Job]], now: datetime) -> None:
        """The site's own folder wants exactly these: by uid the file and its job."""
        self._of_files, self.knows_files = set(wanted), True
        for record in list(self._records.values()):
            if record.by == "file" and record.uid not in wanted:
                self._unwanted(record)
        for uid, (file, job) in wanted.items():
            if not self.is_known(uid):
                self._replaced(job.name)
                self.add(job, by="file", source=file, uid=uid, now=now)

    def want_schedules(self, sources: Collection[str], *, of_controller: bool) -> None:
        """Only these jobs begin runs by themselves: what others began, and waits, is ended."""
        for record in list(self._records.values()):
            is_theirs = record.by == "schedule" and record.of_controller == of_controller
            if is_theirs and not record.has_begun and record.source not in sources:
                self._unwanted(record)

    def add(
        self,
        job: Job,
        *,
        by: Wanter,
        uid: str,
        now: datetime,
        source: str = "",
        scheduled_at: datetime | None = None,
        job_id: int | None = None,
        writers: Collection[str] = (),
    ) -> RunRecord:
        """Take a run of this site. `job_id`: of a controller, whose schedule begins it.

        Raises OSError where it is to survive a restart, as one that was asked for, and cannot.
        """
        of_controller = job_id is not None
        record = RunRecord(
            uid=uid,
            run_id=self._numbers.next_run(),
            job_id=job_id if job_id is not None else self._numbers.of_job(job.name),
            job=job,
            by=by,
            source=source,
            of_controller=of_controller,
            writers=list(writers),
            scheduled_at=scheduled_at,
            queued_at=now,
        )
        if by in ("command", "schedule"):
            self._journal.put(record)
        self._records[uid] = record
        return record

    def command(self, job: Job, uid: str, now: datetime) -> RunRecord:
        """Take a run that somebody at this host asks for; it replaces one of its name. Raises
        OSError.
        """
        record = self.add(job, by="command", uid=uid, now=now)
        self._replaced(job.name, uid)
        return record

    def change(self, record: RunRecord) -> None:
        """Have something else wished of a run. Raises OSError: nothing has changed then."""
        self._journal.put(record)
        self._records[record.uid] = record

    def begin(self, uid: str, step: Step, path: str, now: datetime) -> bool:
        """Have on disk that a step begins; False: it cannot be kept, and must not begin."""
        record = self._records[uid]
        script = script_of(record.job, step)
        changed = msgspec.structs.replace(
            record,
            state="started",
            step=step,
            path=record.path or path,
            started_at=record.started_at or now,
            reason="",
            script_sha256=script_hash(script) if script else record.script_sha256,
        )
        try:
            self._journal.put(changed)
        except OSError as error:
            self.put_off(error)
            return False
        if not self._owed:
            self._health.well(SUBJECT)
        self._records[uid] = changed
        return True

    def put_off(self, error: OSError) -> None:
        """What a run needs cannot be written: it begins when it can."""
        said = f"the journal cannot be written, no run begins: {error.strerror}"
        self._health.ill(SUBJECT, said)

    def script_ended(self, uid: str, step: ScriptStep, end: ScriptEnd, now: datetime) -> None:
        """A script, and all that it started, has ended."""
        record = self._records.get(uid)
        if record is None or record.is_over:
            return
        record = msgspec.structs.replace(record, exit_code=end.exit_code, output=end.output)
        self._records[uid] = record
        if end.stopped and record.wished == "cancel":
            self.end(uid, "canceled", record.reason, now)
        elif end.exit_code == 0 and not end.timed_out:
            follows = after_script(record, step)
            if follows:
                self._records[uid] = msgspec.structs.replace(record, step=follows)
                self._try_to_keep(uid)
            else:
                self.end(uid, "finished", "", now)
        else:
            reason = end.reason or _says(end.exit_code)
            where = "" if step == "script" else f"{step.replace('_', '-')} script: "
            self._records[uid] = msgspec.structs.replace(record, timed_out=end.timed_out)
            self.end(uid, "error", f"{where}{reason}", now)

    def end(
        self,
        uid: str,
        state: RunState,
        reason: str,
        now: datetime,
        counted: TransferStatus | None = None,
    ) -> None:
        """A run has ended; the first end counts."""
        record = self._records[uid]
        if record.is_over:
            return
        self._records[uid] = msgspec.structs.replace(
            record, state=state, reason=reason[:1_000], ended_at=now, counted=counted
        )
        self._owed.add(uid)
        self.settle()

    def settle(self) -> bool:
        """Write ends that are not on disk yet; return whether all are."""
        self._numbers.settle()
        for uid in list(self._owed):
            try:
                self._journal.put(self._records[uid])
            except OSError as error:
                said = f"an end cannot be written, and is not told yet: {error.strerror}"
                self._health.ill(SUBJECT, said)
                return False
            self._owed.discard(uid)
            if not self._owed and not self._journal.damaged:
                self._health.well(SUBJECT)
        self._bound()
        return True

    def kept(self, uids: Iterable[str]) -> None:
        """The controller has these ends on its disk."""
        for uid in uids:
            self._former.pop(uid, None)
            record = self._records.get(uid)
            if record is None or not record.is_over or record.is_kept or uid in self._owed:
                continue
            self._records[uid] = msgspec.structs.replace(record, is_kept=True)
            self._try_to_keep(uid)
        self._bound()

    def _want(self, wanted: WantedRun, now: datetime) -> None:
        record = self._records.get(wanted.uid)
        if record is None:
            record = delivered(wanted, now)
            former = self._journal.ended.get(wanted.uid)
            if former is not None and _may_begin_anew(wanted, former):
                self._journal.revive(wanted.uid)
            elif former is not None:
                reason = "" if former == "finished" else "it had ended before"
                self._former[wanted.uid] = msgspec.structs.replace(
                    record, state=former, reason=reason, ended_at=now
                )
                return
        elif record.is_over:
            if not record.is_kept:
                return
            if not _may_begin_anew(wanted, record.state):  # the controller was restored
                self._records[wanted.uid] = msgspec.structs.replace(record, is_kept=False)
                return
            record = delivered(wanted, now)
        self._records[wanted.uid] = msgspec.structs.replace(
            record,
            run_id=wanted.run_id,
            job_id=wanted.job_id,
            job=record.job if record.state == "started" and record.job.script else wanted.job,
            path=record.path if wanted.job.path == record.job.path else "",
            writers=wanted.writers,
            wish=wanted.wish,
            reason="" if wanted.wish != "cancel" else "canceled at the controller",
            complete=wanted.complete,
            incomplete=wanted.incomplete,
            expires_at=wanted.expires_at,
        )

    def _unwanted(self, record: RunRecord) -> None:
        if not record.is_over:
            self._records[record.uid] = msgspec.structs.replace(
                record, wish="cancel", reason=NOT_WANTED
            )

    def _replaced(self, name: str, but: str = "") -> None:
        for one in list(self._records.values()):
            is_of_site = one.by in ("file", "command") and one.job.name == name
            if is_of_site and one.uid != but and not one.is_over:
                self._records[one.uid] = msgspec.structs.replace(
                    one, wish="cancel", reason="a newer one of its name replaces it"
                )

    def _try_to_keep(self, uid: str) -> None:
        """What is lost by a crash before the next try is made good again: it is asked anew."""
        try:
            self._journal.put(self._records[uid])
        except OSError as error:
            self._health.ill(SUBJECT, f"the journal cannot be written: {error.strerror}")

    def _bound(self) -> None:
        """Forget all of an end but that it was, where nobody asks for more. A file's end stays
        while the file is there: it would be made again.
        """
        spared = {*self._owed, *self._of_files}
        if not self.knows_files:
            spared |= {one.uid for one in self._records.values() if one.by == "file"}
        found = surplus(self._records.values(), spared)
        for one in found.forget:
            try:
                self._journal.forget(one)
            except OSError:
                return  # tried again with the next end
            del self._records[one.uid]
        for one in found.shorten:
            self._records[one.uid] = one
            self._try_to_keep(one.uid)


def _may_begin_anew(wanted: WantedRun, state: RunState) -> bool:
    """A folder has one run for ever. The controller has its end, and asks for it again: what
    stood in the way may be mended. What this host itself ended stays ended.
    """
    return wanted.job.type == "folder" and state == "error" and wanted.wish != "cancel"


def highest_run(records: Iterable[RunRecord]) -> int:
    """Of the numbers that this agent gave."""
    return max((one.run_id for one in records if one.run_id >= FIRST), default=FIRST - 1)


def _says(exit_code: int | None) -> str:
    if exit_code is None:
        return "it could not be begun"
    return f"exit code {exit_code}" if exit_code >= 0 else f"signal {-exit_code} ended it"
