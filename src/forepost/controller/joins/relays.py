"""Joins the relay to agents and runs: whose bytes may pass."""

from typing import Any

from sqlalchemy import select

from forepost.controller.asgi import headers_of
from forepost.controller.db.engine import Database
from forepost.controller.db.failures import LOST
from forepost.controller.db.tables.jobs import job_run_agents, job_runs
from forepost.controller.fleet.agent_api import credentials_of
from forepost.controller.fleet.roster import Roster, Stranger
from forepost.controller.jobs.course import GONE
from forepost.controller.jobs.hosts import JobHosts
from forepost.controller.jobs.relay import Relay, RelayBounds
from forepost.controller.jobs.relay_socket import RelayAsked, endpoint
from forepost.controller.jobs.run_queries import NEWEST, of_agent
from forepost.controller.joins.built import Built
from forepost.controller.joins.metrics import Figure
from forepost.controller.joins.run_course import RunCourse
from forepost.controller.settings import JobsSection
from forepost.kit.clock import Clock
from forepost.kit.errors import Unauthenticated
from forepost.wire.jobs.relay import PATH

STRANGE = "they are not neighbours in a run that is under way"


class RelayJoin:
    def __init__(
        self,
        db: Database,
        roster: Roster,
        hosts: JobHosts,
        course: RunCourse,
        settings: JobsSection,
        clock: Clock,
    ) -> None:
        self._db, self._roster, self._hosts, self._course = db, roster, hosts, course
        self._clock = clock
        bounds = RelayBounds(
            pairs=settings.relay_pairs,
            pair_bytes_per_sec=settings.relay_pair_kib_per_sec * 1024,
            all_bytes_per_sec=settings.relay_kib_per_sec * 1024,
            idle_sec=settings.relay_idle_sec,
        )
        self.relay = Relay(bounds, clock)

    async def who(self, scope: Any) -> tuple[int, int]:
        """See `jobs.relay_socket.WhoAsks`."""
        try:
            known = await self._roster.admit(credentials_of(headers_of(scope)), is_heard=False)
        except Stranger as stranger:
            raise Unauthenticated(str(stranger)) from None
        return known.agent_id, known.workspace_id

    def is_away(self, asked: RelayAsked) -> bool:
        """See `jobs.relay_socket.IsAway`."""
        return not self._roster.is_live(self._hosts.holder_of(asked.agent_id, asked.peer))

    async def why_not(self, asked: RelayAsked) -> str:
        """See `jobs.relay_socket.WhyNot`. While the database is away nobody's right ends."""
        mine = self._hosts.by(asked.agent_id)
        known = self._roster.known(asked.agent_id)
        if known is None or known.workspace_id != asked.workspace_id:
            return "the agent is not enrolled any more"
        if mine is None or mine.said.deviceid != asked.me:
            return "me: that is not the device id of this agent"
        peer_id = self._hosts.holder_of(asked.agent_id, asked.peer)
        peer = self._roster.known(peer_id)
        if peer is None or peer.workspace_id != asked.workspace_id:
            return f"peer: {STRANGE}"
        query = (
            select(job_run_agents.c.run_id)
            .join(job_runs, job_runs.c.id == job_run_agents.c.run_id)
            .where(
                of_agent(asked.agent_id, [asked.uid]),
                NEWEST,
                job_run_agents.c.state.not_in(GONE),
                job_runs.c.ended_at.is_(None),
            )
        )
        try:
            async with self._db.read() as connection:
                run_id = await connection.scalar(query)
            if run_id is None:
                return f"run: {STRANGE}"
            links = (await self._course.circle_of(run_id)).links
        except LOST:
            return ""
        return "" if peer_id in links.get(asked.agent_id, ()) else f"peer: {STRANGE}"

    def built(self) -> Built:
        relay = self.relay
        if not relay.bounds.pairs:
            return Built()
        return Built(
            sockets={PATH: endpoint(relay, self.who, self.why_not, self.is_away, self._clock)},
            figures=[
                Figure(
                    "gauge",
                    "forepost_relay_pairs",
                    "Pairs of agents whose bytes pass through the controller now.",
                    lambda: relay.pairs,
                ),
                Figure(
                    "total",
                    "forepost_relay_bytes",
                    "Bytes that were passed from one agent to another.",
                    lambda: relay.tally["bytes"],
                ),
                Figure(
                    "total",
                    "forepost_relay_refused",
                    "Connections to the relay that were refused, or ended as a right did.",
                    lambda: relay.tally["refused"],
                ),
            ],
        )
