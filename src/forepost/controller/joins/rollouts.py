"""Carries roll-outs out: one task, which looks at all of them, and at who else waits for a look."""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import anyio

from forepost.controller.access.actor import Actor
from forepost.controller.audit.store import AuditLog, Entry
from forepost.controller.workloads.placement import MicroserviceHead
from forepost.controller.workloads.rollout import (
    Finished,
    GoBack,
    Release,
    Rollout,
    Wait,
    Well,
    next_step,
)
from forepost.controller.workloads.rollout_store import Rollouts
from forepost.controller.workloads.situation import WorkloadSituation
from forepost.controller.workloads.steady_time import SteadyTime
from forepost.controller.workloads.store import Microservices
from forepost.kit.clock import Clock
from forepost.kit.errors import NotFound

TURN_SEC: Final = 2.0
"""Between two looks while a roll-out is under way: agents come, go, and are well for a while."""
IDLE_SEC: Final = 60.0
"""Between two looks while there is none, and between two counts for the figures."""
SETTLE_SEC: Final = 0.5
"""After something was changed, until the look: more may come at once."""

Changed = Callable[..., None]
"""(workspace id, heads): their agents are to be given what is new."""

_log = logging.getLogger(__name__)


class RolloutsJoin:
    """What is under way is in the database: after a restart it goes on."""

    def __init__(
        self,
        rollouts: Rollouts,
        store: Microservices,
        situation: Callable[[int], Awaitable[WorkloadSituation]],
        changed: Changed,
        audit: AuditLog,
        clock: Clock,
    ) -> None:
        self._rollouts, self._store, self._situation = rollouts, store, situation
        self._changed = changed
        self._audit, self._clock = audit, clock
        self._steady = SteadyTime(clock)
        self._again = anyio.Event()
        self._agents_changed: set[int] = set()
        self._count_at_sec = 0.0
        self.tally: Counter[str] = Counter()
        """For figures: how many microservices on agents are in which state; and `rollouts`."""

    def look_again(self) -> None:
        """Something was changed: do not wait for the next turn."""
        self._again.set()

    def agents_changed(self, workspace_id: int) -> None:
        self._agents_changed.add(workspace_id)
        self._again.set()

    async def run(self) -> None:
        while True:
            pause_sec = await self.turn()
            with anyio.move_on_after(pause_sec) as patience:
                await self._again.wait()
            if not patience.cancelled_caught:
                await self._clock.sleep(SETTLE_SEC)
            self._again = anyio.Event()

    async def turn(self) -> float:
        """Look at all there is once; how long until the next look."""
        await self._tell_agents()
        running = await self._rollouts.running()
        situations: dict[int, WorkloadSituation] = {}
        for rollout in running:
            workspace_id = rollout.workspace_id
            if workspace_id not in situations:
                situations[workspace_id] = await self._situation(workspace_id)
            with suppress(NotFound):  # deleted meanwhile
                await self._step(rollout, situations[workspace_id])
        now_sec = self._clock.monotonic()
        if now_sec >= self._count_at_sec:
            self._count_at_sec = now_sec + IDLE_SEC
            await self._count(len(running))
        return TURN_SEC if running else IDLE_SEC

    async def end(self, workspace_id: int, microservice_id: int) -> None:
        """By hand. Raises NotFound."""
        rollout = await self._rollouts.under_way(workspace_id, microservice_id)
        now = self._clock.now()
        await self._rollouts.go_back(rollout, "ended", "ended by hand", now)
        await self._tell(rollout)

    async def _step(self, rollout: Rollout, situation: WorkloadSituation) -> None:
        head = (await self._store.get(rollout.workspace_id, rollout.microservice_id)).head
        now, steady = self._clock.now(), self._steady.now()
        step = next_step(rollout, situation.standings(head), steady)
        match step:
            case Release():
                if await self._rollouts.release(rollout, step, steady):
                    await self._note(rollout, "rollouts.release")
                    await self._tell(rollout)
            case Well():
                await self._rollouts.well(rollout, step.since)
            case GoBack():
                if await self._rollouts.go_back(rollout, "returned", step.reason, now):
                    _log.warning(
                        "the roll-out of microservice %d has ended, and all agents have the former"
                        " manifest again: %s",
                        rollout.microservice_id,
                        step.reason,
                    )
                    await self._note(rollout, "rollouts.return")
                    await self._tell(rollout)
            case Finished():
                if await self._rollouts.finish(rollout, now):
                    await self._note(rollout, "rollouts.finish")
            case Wait():
                pass

    async def _tell(self, rollout: Rollout) -> None:
        """Agents that are to have another manifest than before."""
        stored = await self._store.get(rollout.workspace_id, rollout.microservice_id)
        self._changed(rollout.workspace_id, stored.head)

    async def _note(self, rollout: Rollout, action: str) -> None:
        await self._audit.add(
            Entry(
                at=self._clock.now(),
                workspace_id=rollout.workspace_id,
                actor=Actor(name="roll-out"),
                action=action,
                object_kind="microservice",
                object_id=rollout.microservice_id,
                address="",
                status=200,
            )
        )

    async def _tell_agents(self) -> None:
        """Of workspaces whose agents changed: another label may bring other microservices."""
        changed, self._agents_changed = self._agents_changed, set()
        for workspace_id in changed:
            heads = (await self._store.layout(workspace_id)).heads
            by_labels: list[MicroserviceHead] = [head for head in heads if head.labels]
            if by_labels:
                self._changed(workspace_id, *by_labels)

    async def _count(self, running: int) -> None:
        tally: Counter[str] = Counter(rollouts=running)
        for workspace_id in await self._store.workspaces():
            situation = await self._situation(workspace_id)
            for agent_id in situation.fleet:
                given = situation.on(agent_id).given
                tally.update(situation.standing(head, agent_id).state for head in given)
        self.tally.clear()
        self.tally.update(tally)
