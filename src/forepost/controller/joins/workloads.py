"""Joins microservices to the fleet: what each agent is to run, and what it makes of it."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from forepost.controller.audit.store import AuditLog
from forepost.controller.db.engine import Database
from forepost.controller.fleet.departures import Departures
from forepost.controller.fleet.reports import DocumentReports
from forepost.controller.fleet.roster import Roster
from forepost.controller.fleet.store import Enrolled
from forepost.controller.joins.built import Built
from forepost.controller.joins.metrics import Figure
from forepost.controller.joins.rollouts import RolloutsJoin
from forepost.controller.joins.workload_talk import WorkloadTalk
from forepost.controller.workloads import api, logs_api, registry_api
from forepost.controller.workloads.agent_state import AgentView
from forepost.controller.workloads.given_digests import GivenDigests
from forepost.controller.workloads.log_readers import LogReaders
from forepost.controller.workloads.parts import parts
from forepost.controller.workloads.placement import MicroserviceHead
from forepost.controller.workloads.registry_store import RegistryStore
from forepost.controller.workloads.reports import MicroserviceReports
from forepost.controller.workloads.requests import WorkloadRequests
from forepost.controller.workloads.rollout import why_waiting
from forepost.controller.workloads.rollout_store import Rollouts
from forepost.controller.workloads.shown import shown
from forepost.controller.workloads.situation import WorkloadSituation
from forepost.controller.workloads.store import Microservices, StoredMicroservice
from forepost.kit.clock import Clock
from forepost.wire.workloads.delivery import WORKLOADS
from forepost.wire.workloads.rest import RolloutProgress, WorkspaceMicroservice


class WorkloadsJoin:
    """The document `workloads`, and all that is known of it on the agents."""

    name = WORKLOADS

    def __init__(
        self,
        db: Database,
        roster: Roster,
        documents: DocumentReports,
        audit: AuditLog,
        departures: Departures,
        clock: Clock,
    ) -> None:
        self._db, self._roster, self._documents, self._clock = db, roster, documents, clock
        self._departures = departures
        self.store, self._registries = Microservices(db), RegistryStore(db)
        self._rollouts = Rollouts(db)
        self.reports = MicroserviceReports(db, clock)
        self._given = GivenDigests()
        self.requests = WorkloadRequests(roster.is_live)
        self.rollouts = RolloutsJoin(
            self._rollouts, self.store, self.situation, self.changed, audit, clock
        )

    async def load(self) -> None:
        await self.reports.load()

    # The document; see `fleet.given.Document`.

    async def due(self, agent: Enrolled, has: str) -> tuple[str, Sequence[bytes]]:
        document = await self.store.due(agent.workspace_id, agent.agent_id, has)
        if document.revision == has:
            return has, ()
        self._given.note(document.revision, document.digests)
        return document.revision, parts(document.manifests, document.registries)

    def is_taken_by(self, agent: Enrolled) -> bool:
        return WORKLOADS in agent.capabilities

    async def revisions(self, workspace_id: int, agent_ids: Sequence[int]) -> dict[int, str]:
        """What each of these agents is to have now; of one that is deleted meanwhile, nothing."""
        situation = await self.situation(workspace_id)
        return {one: situation.revision(one) for one in agent_ids if one in situation.fleet}

    # What people are shown.

    async def situation(self, workspace_id: int) -> WorkloadSituation:
        layout = await self.store.layout(workspace_id)
        return WorkloadSituation(
            layout.heads, layout.registries, layout.fleet, self._look, self._given
        )

    async def shown(
        self, workspace_id: int, found: Sequence[StoredMicroservice], role: str, *, whole: bool
    ) -> list[WorkspaceMicroservice]:
        """See `workloads.api.WorkloadView`."""
        situation = await self.situation(workspace_id)
        progress = await self._progress(workspace_id, found, situation)
        return [
            shown(
                one,
                situation.standings(one.head),
                progress.get(one.head.id),
                role,
                whole=whole,
            )
            for one in found
        ]

    async def _progress(
        self, workspace_id: int, found: Sequence[StoredMicroservice], situation: WorkloadSituation
    ) -> dict[int, RolloutProgress]:
        newest = await self._rollouts.newest(workspace_id, [one.head.id for one in found])
        shown_ones: dict[int, RolloutProgress] = {}
        for one in found:
            if one.head.id not in newest:
                continue
            rollout, progress = newest[one.head.id]
            if progress.state == "running":
                standings = situation.standings(one.head)
                reason = why_waiting(rollout, standings, self._clock.now())
                progress = msgspec.structs.replace(progress, reason=reason)
            shown_ones[one.head.id] = progress
        return shown_ones

    async def failed_rollouts(self, workspace_id: int) -> int:
        """Microservices whose newest roll-out went back."""
        return len(await self._rollouts.failed(workspace_id))

    def _look(self, agent_id: int, due: str) -> AgentView:
        known = self._roster.known(agent_id)
        document = self._documents.by(agent_id, WORKLOADS)
        said = self.reports.by(agent_id)
        applied = document is not None and document.state != "applying"
        has_document = document is not None and document.revision == due
        digests = self._given.of(document.revision) if document is not None and applied else None
        return AgentView(
            was_here=known is not None and bool(known.version),
            takes=known is not None and self.is_taken_by(known),
            is_live=self._roster.is_live(agent_id),
            has_document=has_document and applied,
            digests=digests or frozenset(),
            document_failed=has_document and document is not None and document.state == "failed",
            problems=tuple(document.problems) if document is not None else (),
            report=said.report if said is not None else None,
            said_at=said.said_at if said is not None else None,
        )

    # Who hears of a change.

    def changed(self, workspace_id: int, *heads: MicroserviceHead) -> None:
        """These were added, changed or removed: as they were, and as they are."""
        if any(head.labels for head in heads):
            self._roster.due_in(workspace_id, WORKLOADS)
        else:
            for agent_id in frozenset().union(*(head.agent_ids for head in heads)):
                self._roster.due(agent_id, WORKLOADS)
        self.rollouts.look_again()

    def registries_changed(self, workspace_id: int) -> None:
        self._roster.due_in(workspace_id, WORKLOADS)

    def agents_changed(self, workspace_id: int) -> None:
        """An agent was added, changed or removed: its labels may be other ones."""
        self.rollouts.agents_changed(workspace_id)

    def built(self) -> Built:
        store, view = self.store, self
        return Built(
            routers=[
                api.routes(store, view, self.requests, self.rollouts.end, self._clock),
                logs_api.routes(
                    store, view, LogReaders(self.requests, store, self._db, self._clock)
                ),
                registry_api.routes(self._registries, self.registries_changed, self._clock),
            ],
            services={"microservices": self.reports.run, "roll-outs": self.rollouts.run},
            documents=[self],
            talks=[WorkloadTalk(self.reports, self.requests, self._departures)],
            figures=self._figures(),
            forget=self._forget,
            flush=self.reports.late.flush_at_the_end,
        )

    async def _forget(self, _now: datetime) -> None:
        await self.store.forget_lost_workspaces()
        for agent_id in self.reports.agents():
            if self._roster.known(agent_id) is None:
                self.reports.forget(agent_id)

    def _figures(self) -> list[Figure]:
        tally, requests = self.rollouts.tally, self.requests
        return [
            Figure(
                "gauge",
                "forepost_microservices_current",
                "Microservices that run on an agent as they are wanted, healthy.",
                lambda: tally["current"],
            ),
            Figure(
                "gauge",
                "forepost_microservices_waiting",
                "Microservices that an agent does not run yet, or that is away.",
                lambda: tally["waiting"],
            ),
            Figure(
                "gauge",
                "forepost_microservices_refused",
                "Microservices that an agent will not run.",
                lambda: tally["refused"],
            ),
            Figure(
                "gauge",
                "forepost_rollouts",
                "Roll-outs of microservices that are under way.",
                lambda: tally["rollouts"],
            ),
            Figure(
                "gauge",
                "forepost_microservice_log_readers",
                "Logs of microservices that are read now.",
                lambda: requests.readers,
            ),
        ]
