"""Carries runs on: one task, which looks at those that have come further, and at who waits."""

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

import anyio

from forepost.controller.fleet.roster import Roster
from forepost.controller.jobs.circle import CircleMember, RunCircle, changed_agents
from forepost.controller.jobs.hosts import JobHosts
from forepost.controller.jobs.members import MemberRow
from forepost.controller.jobs.run_moves import RunMoves
from forepost.controller.jobs.store import Jobs
from forepost.controller.jobs.wanted import WantedJobs
from forepost.kit.clock import Clock
from forepost.wire.jobs.delivery import JOBS

TURN_SEC: Final = 2.0
"""Between two looks at what follows from the time alone, while nothing else happens."""
SETTLE_SEC: Final = 0.1
"""After something happened, until the look: more may come at once."""
AWAY_SEC: Final = 90.0
"""Who has gone for less is still counted on: links are not changed for an agent that restarts."""
LINKS_SEC: Final = 15.0
"""Between two looks at whose neighbours have come or gone."""

_log = logging.getLogger(__name__)


class RunCourse:
    """What is under way is in the database: after a restart it goes on."""

    def __init__(
        self,
        jobs: Jobs,
        moves: RunMoves,
        roster: Roster,
        hosts: JobHosts,
        clock: Clock,
    ) -> None:
        self._jobs, self._moves, self._roster, self._hosts = jobs, moves, roster, hosts
        self._clock = clock
        self._started = clock.now()
        self._circles: dict[int, RunCircle] = {}
        self.wanted: WantedJobs
        self._moved: set[int] = set()
        self._workspaces: set[int] = set()
        self._waiting = True
        self._again = anyio.Event()
        self._links_at_sec = 0.0
        self._one_relink = anyio.Lock()
        self._relinks = 0
        self._late_links: set[int] = set()

    def touch(self, run_ids: Iterable[int]) -> None:
        """These have come further."""
        self._moved.update(run_ids)
        if self._moved:
            self._again.set()

    def agents_changed(self, workspace_id: int) -> None:
        """An agent was added, changed or removed, or has other tags."""
        self._workspaces.add(workspace_id)
        self._again.set()

    def came(self) -> None:
        """An agent has connected: it may be its turn."""
        self._waiting = True
        self._again.set()

    async def run(self) -> None:
        for run_id in await self._moves.under_way():
            self._moved.add(run_id)
        while True:
            await self.turn()
            with anyio.move_on_after(TURN_SEC) as patience:
                await self._again.wait()
            if not patience.cancelled_caught:
                self._again = anyio.Event()
                await self._clock.sleep(SETTLE_SEC)
            else:
                self._waiting = True

    async def turn(self) -> None:
        changed, self._workspaces = self._workspaces, set()
        for workspace_id in changed:
            await self._follow(workspace_id)
        if self._waiting:
            self._waiting = False
            self._moved.update(await self._moves.waiting(self._clock.now()))
        moved, self._moved = self._moved, set()
        for run_id in sorted(moved):
            await self.settle(run_id)
        late, self._late_links = self._late_links, set()
        for run_id in late:
            await self.relink(run_id)
        now_sec = self._clock.monotonic()
        if now_sec >= self._links_at_sec:
            self._links_at_sec = now_sec + LINKS_SEC
            for run_id in list(self._circles):
                await self.relink(run_id)

    async def settle(self, run_id: int) -> None:
        """Carry out what follows for a run, and have its agents told."""
        settled = await self._moves.settle(run_id, self._clock.now())
        if settled is None:
            await self.relink(run_id)
            self._circles.pop(run_id, None)
            return
        for agent_id in settled.agents:
            self._roster.due(agent_id, JOBS)
        circle = self._circles.get(run_id)
        if circle is None or circle.members.keys() != settled.members:
            await self.relink(run_id)
        if settled.ended is not None:
            _log.info("run %d has ended: %s", run_id, settled.ended)
            if circle is not None and circle.type != "folder":
                self._circles.pop(run_id, None)

    async def relink(self, run_id: int) -> None:
        """Those whose neighbours are other ones are told. Of a run whose links nobody was given
        there is nobody to tell.
        """
        self._relinks += 1
        async with self._one_relink:
            before = self._circles.get(run_id)
            if before is None:
                return
            after = await self.wanted.circle(run_id)
            if after.members:
                self._circles[run_id] = after
            else:
                del self._circles[run_id]
        for agent_id in changed_agents(before, after):
            self._roster.due(agent_id, JOBS)

    async def circle_of(self, run_id: int) -> RunCircle:
        known = self._circles.get(run_id)
        if known is None:
            at_first = self._relinks
            known = self._circles[run_id] = await self.wanted.circle(run_id)
            if self._relinks != at_first:  # it may have been read as it was before
                self._late_links.add(run_id)
                self._again.set()
        return known

    def member_of(self, member: MemberRow, name: str) -> CircleMember:
        """All that is known of an agent as a neighbour."""
        known = self._hosts.by(member.agent_id)
        return CircleMember(
            agent_id=member.agent_id,
            name=name,
            permission=member.permission,
            path=member.path,
            deviceid="" if known is None else known.said.deviceid,
            listen=() if known is None else known.said.listen,
            seen_from="" if known is None else known.seen_from,
            tags=self._hosts.tags_of(member.agent_id),
            is_live=self._is_near(member.agent_id),
        )

    def _is_near(self, agent_id: int) -> bool:
        if self._roster.is_live(agent_id):
            return True
        seen = self._roster.last_seen(agent_id) or self._started
        return self._clock.now() - seen < timedelta(seconds=AWAY_SEC)

    async def _follow(self, workspace_id: int) -> None:
        for agent_id in await self._jobs.follow_groups(workspace_id, self._clock.now()):
            self._roster.due(agent_id, JOBS)
        if await self._jobs.has_scheduled_groups(workspace_id):
            self._roster.due_in(workspace_id, JOBS)
        for run_id in await self._moves.of_workspace(workspace_id):
            self._moved.add(run_id)
            await self.relink(run_id)
