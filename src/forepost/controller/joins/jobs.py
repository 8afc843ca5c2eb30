"""Joins jobs to the fleet: what each agent is to do, and what becomes of it."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from forepost.controller.db.engine import Database
from forepost.controller.fleet.reports import DocumentReports
from forepost.controller.fleet.roster import Roster
from forepost.controller.fleet.store import Enrolled
from forepost.controller.jobs import api, events_api, runs_api, tags_api
from forepost.controller.jobs.api import CheckNotices
from forepost.controller.jobs.event_store import TransferEvents
from forepost.controller.jobs.hosts import JobHosts
from forepost.controller.jobs.live_output import LiveOutput
from forepost.controller.jobs.output_readers import OutputReaders
from forepost.controller.jobs.parts import JobsDocument, document_of
from forepost.controller.jobs.reports import RunReports, Taken
from forepost.controller.jobs.run_moves import RunMoves, TellOfRun
from forepost.controller.jobs.run_store import AgentPresence, Runs
from forepost.controller.jobs.site_runs import SiteRuns
from forepost.controller.jobs.store import Jobs
from forepost.controller.jobs.stored_job import StoredJob
from forepost.controller.jobs.tag_store import TagStore
from forepost.controller.jobs.trouble import JobTrouble, tally, trouble_in
from forepost.controller.jobs.wanted import WantedJobs
from forepost.controller.joins.built import Built
from forepost.controller.joins.job_talk import JobTalk
from forepost.controller.joins.metrics import Figure
from forepost.controller.joins.relays import RelayJoin
from forepost.controller.joins.run_course import RunCourse
from forepost.controller.settings import JobsSection
from forepost.kit.clock import Clock
from forepost.kit.errors import NotFound
from forepost.wire.jobs.delivery import JOBS, OVER, JobEvent, JobHost, RunOutputPiece, RunReport

COUNT_SEC: Final = 60.0
"""Between two counts for the figures."""


class JobsJoin:
    """The document `jobs`, and all that is known of it on the agents."""

    name = JOBS

    def __init__(
        self,
        db: Database,
        roster: Roster,
        documents: DocumentReports,
        tell: TellOfRun,
        check_notices: CheckNotices,
        clock: Clock,
        kept_days: int,
    ) -> None:
        self._db, self._roster, self._documents, self._clock = db, roster, documents, clock
        self._check_notices, self._kept = check_notices, timedelta(days=kept_days)
        self.hosts = JobHosts(db, clock, lambda agent_id: bool(roster.key_of(agent_id)))
        self.store = Jobs(db, self.hosts.tags_of)
        self.tags = TagStore(db)
        self.events, self.site_runs = TransferEvents(db), SiteRuns(db, clock)
        self.runs = Runs(db, self.hosts.tags_of, self._presence_of)
        self.reports = RunReports(db, self.hosts.tags_of, clock)
        moves = RunMoves(db, self.hosts.tags_of, self._presence_of, tell)
        self.course = RunCourse(self.store, moves, roster, self.hosts, clock)
        self._wanted = WantedJobs(db, self.hosts.tags_of, self.course.member_of)
        self.course.wanted = self._wanted
        self.reports.moved = self.course.touch
        self.live = LiveOutput()
        self.tally: Counter[str] = Counter()
        """For figures: `strays` and `refused`, of what agents say."""
        self.under_way: Counter[str] = Counter()
        """For figures: runs by status, and agents of them by state."""

    async def load(self) -> None:
        await self.hosts.load()
        for agent_id in self.hosts.agents():
            self._show_host(agent_id)

    # The document; see `fleet.given.Document`.

    async def due(self, agent: Enrolled, has: str) -> tuple[str, Sequence[bytes]]:
        while True:
            document, not_given = await self._document(agent.workspace_id, agent.agent_id)
            new = document.uids & not_given
            if not new or await self._wanted.given(agent.agent_id, new, self._clock.now()):
                return document.revision, () if document.revision == has else document.parts

    def is_taken_by(self, agent: Enrolled) -> bool:
        return JOBS in agent.capabilities

    async def revisions(self, workspace_id: int, agent_ids: Sequence[int]) -> dict[int, str]:
        """What each of these agents is to have now; of one that is deleted meanwhile, nothing."""
        found: dict[int, str] = {}
        for agent_id in agent_ids:
            try:
                found[agent_id] = (await self._document(workspace_id, agent_id))[0].revision
            except NotFound:
                continue
        return found

    async def _document(
        self, workspace_id: int, agent_id: int
    ) -> tuple[JobsDocument, frozenset[str]]:
        found = await self._wanted.of(workspace_id, agent_id, self.course.circle_of)
        return document_of(found.runs, found.scheduled, found.tags, found.name), found.not_given

    # What agents say; see `joins.job_talk.AgentRuns`.

    def met(self, agent_id: int) -> None:
        self.course.came()

    def host_is(self, agent_id: int, host: JobHost) -> str:
        if holder := self.hosts.holder_of(agent_id, host.deviceid):
            return (
                f"deviceid: agent {holder} has it: remove device-key.pem on one of the two hosts,"
                " or the agent that is not there any more"
            )
        known = self._roster.known(agent_id)
        if known is None:
            return ""
        if self.hosts.says(agent_id, host, self._roster.address_of(agent_id)):
            self._show_host(agent_id)
            self.course.agents_changed(known.workspace_id)
        return ""

    async def runs_are(self, agent: Enrolled, reports: list[RunReport]) -> Taken:
        own = [one for one in reports if not one.run_id and not one.job_id]
        kept = await self.site_runs.take(agent.agent_id, own)
        reports = [one for one in reports if one.run_id or one.job_id]
        taken = await self.reports.take(agent.workspace_id, agent.agent_id, reports)
        self.tally["strays"] += len(taken.strays)
        for report in reports:
            if report.uid in taken.strays:
                continue
            if report.state == "started":
                self.live.begun(agent.agent_id, report.uid)
            elif report.state in OVER:
                self.live.ended(agent.agent_id, report.uid)
        if taken.runs:
            self.course.touch(taken.runs)
            self._roster.due(agent.agent_id, JOBS)  # what has ended is in no document any more
        return msgspec.structs.replace(taken, kept=[*taken.kept, *kept])

    async def events_are(self, agent: Enrolled, events: list[JobEvent]) -> None:
        strays = await self.events.take(agent.agent_id, events, self._clock.now())
        self.tally["strays"] += strays

    def wrote(self, agent_id: int, piece: RunOutputPiece) -> None:
        if not self.live.put(agent_id, piece):
            self.tally["strays"] += 1

    def refused(self) -> None:
        self.tally["refused"] += 1

    # Who hears of a change; see `jobs.api.JobChanges`.

    async def changed(self, *jobs: StoredJob, also: Collection[int] = ()) -> None:
        concerned = set(also)
        for job in jobs:
            concerned |= job.members(await self.store.fleet(job.workspace_id)).keys()
            folder = await self.runs.folder_of(job.id)
            if folder is not None:
                await self.course.settle(folder)
                await self.course.relink(folder)
        for agent_id in concerned:
            self._roster.due(agent_id, JOBS)

    async def begun(self, run_id: int) -> None:
        await self.moved(run_id)

    async def moved(self, run_id: int) -> None:
        """A run was begun, or something else is wished of it."""
        await self.course.settle(run_id)
        for agent_id in await self.runs.agents_of(run_id):
            self._roster.due(agent_id, JOBS)

    async def trouble(self, workspace_id: int) -> JobTrouble:
        """For rules of alerts."""
        return await trouble_in(self._db, workspace_id, self._clock.now())

    def agents_changed(self, workspace_id: int) -> None:
        self.course.agents_changed(workspace_id)

    def relay(self, settings: JobsSection) -> RelayJoin:
        return RelayJoin(self._db, self._roster, self.hosts, self.course, settings, self._clock)

    def built(self) -> Built:
        readers = OutputReaders(self.live, self.runs, self._db, self._clock)
        return Built(
            routers=[
                api.routes(self.store, self.runs, self, self._check_notices, self._clock),
                runs_api.routes(self.runs, readers, self.moved, self._clock),
                events_api.routes(self.events, self.site_runs),
                tags_api.routes(self.tags, self.hosts.tags_of, self._tags_changed, self._clock),
            ],
            services={
                "jobs": self.course.run,
                "job hosts": self.hosts.run,
                "progress of runs": self.reports.run,
                "runs of sites": self.site_runs.run,
                "figures of jobs": self._count,
            },
            documents=[self],
            talks=[JobTalk(self)],
            figures=self._figures(),
            forget=self._forget,
            flush=self._flush,
        )

    def _tags_changed(self, agent_id: int) -> None:
        self._roster.due(agent_id, JOBS)

    def _presence_of(self, agent_id: int) -> AgentPresence:
        known = self._roster.known(agent_id)
        was_here = known is not None and bool(known.version)
        takes = known is not None and self.is_taken_by(known)
        return AgentPresence(self._roster.is_live(agent_id), was_here and not takes)

    def _show_host(self, agent_id: int) -> None:
        known = self.hosts.by(agent_id)
        if known is not None:
            self._roster.host_is(agent_id, known.said)

    async def _count(self) -> None:
        while True:
            self.under_way = await tally(self._db)
            await self._clock.sleep(COUNT_SEC)

    async def _forget(self, now: datetime) -> None:
        await self.store.forget_lost_workspaces()
        await self.runs.forget(now - self._kept)
        await self.events.forget(now - self._kept)
        await self.site_runs.forget(now - self._kept)
        for agent_id in self.hosts.agents():
            if self._roster.known(agent_id) is None:
                self.hosts.forget(agent_id)

    async def _flush(self) -> None:
        await self.hosts.late.flush_at_the_end()
        await self.reports.late.flush_at_the_end()
        await self.site_runs.late.flush_at_the_end()

    def _figures(self) -> list[Figure]:
        tally, live = self.tally, self.live
        return [
            Figure(
                "gauge",
                "forepost_runs_under_way",
                "Runs of jobs that have not ended, folders too.",
                lambda: sum(self.under_way[one] for one in ("working", "paused", "error")),
            ),
            Figure(
                "gauge",
                "forepost_runs_waiting",
                "Runs that wait for an agent, counted once for each.",
                lambda: self.under_way["queued"],
            ),
            Figure(
                "total",
                "forepost_job_reports_stray",
                "Reports of runs that are not the agent's, or of none.",
                lambda: tally["strays"],
            ),
            Figure(
                "total",
                "forepost_job_reports_refused",
                "Messages of agents about jobs that were refused.",
                lambda: tally["refused"],
            ),
            Figure(
                "gauge",
                "forepost_job_output_readers",
                "Outputs of running scripts that are read now.",
                lambda: live.readers,
            ),
        ]
