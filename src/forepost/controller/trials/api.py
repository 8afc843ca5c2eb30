"""Routes of trials: ask one agent to measure once, now; see what was asked."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK
from msgspec.structs import replace

from forepost.controller.access.guard import Caller, needs
from forepost.controller.trials.requests import TrialRequests
from forepost.controller.trials.store import TrialStore
from forepost.controller.trials.verdict import trial_of
from forepost.kit.clock import Clock
from forepost.wire.probes.probe import NewProbe, Probe, ProbeTarget
from forepost.wire.rest.bodies import ListOf
from forepost.wire.rest.trials import NewTrial, Trial

ALL: Final = "/workspaces/{workspace_id:int}/trials"
OF_AGENT: Final = "/workspaces/{workspace_id:int}/agents/{agent_id:int}/trials"
INTERVAL_SEC: Final = 60
COUNTS: Final = {"PING": 4, "MTR": 4}
"""Where nobody says how many: a probe of these types would go on for its whole interval, and here
somebody waits."""


def routes(
    store: TrialStore, requests: TrialRequests, check: Callable[[NewProbe], None], clock: Clock
) -> Router:
    """`check` raises Invalid for what would be refused of a probe."""

    @post(OF_AGENT, opt=needs("USER", "trials.run"), status_code=HTTP_200_OK)
    async def run_trial(
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        agent_id: FromPath[int],
        data: JSONBody[NewTrial],
    ) -> Trial:
        """Measure once, now, and wait for the answer: 409 where the agent is not connected, 504
        where it does not answer in time, 429 where 4 of the agent or 20 of the workspace run.
        """
        await store.must_have(workspace_id, agent_id)
        data = replace(data, count=data.count or COUNTS.get(data.type, 0))
        check(_as_probe(data))
        now = clock.now()
        probe = _probe(data, workspace_id, agent_id, now)
        ended = await requests.run(workspace_id, agent_id, probe)
        trial = trial_of(data, ended, agent_id, now, caller.actor.signature)
        return await store.add(workspace_id, trial)

    @get(OF_AGENT, opt=needs("VIEWER"))
    async def list_of_agent(workspace_id: FromPath[int], agent_id: FromPath[int]) -> ListOf[Trial]:
        """What was asked of one agent, the newest first."""
        await store.must_have(workspace_id, agent_id)
        return ListOf(data=await store.of(workspace_id, agent_id))

    @get(ALL, opt=needs("VIEWER"))
    async def list_all(workspace_id: FromPath[int]) -> ListOf[Trial]:
        """The last 200 of the workspace, the newest first."""
        return ListOf(data=await store.of(workspace_id, None))

    return Router("/", route_handlers=[run_trial, list_of_agent, list_all], tags=["trials"])


def _as_probe(asked: NewTrial) -> NewProbe:
    return NewProbe(
        type=asked.type,
        interval_sec=INTERVAL_SEC,
        timeout_sec=asked.timeout_sec,
        count=asked.count,
        bind_interface=asked.bind_interface,
        targets=[asked.target] if asked.target else [],
        metadata=asked.metadata,
    )


def _probe(asked: NewTrial, workspace_id: int, agent_id: int, now: datetime) -> Probe:
    """Id 1: it is none of those that are stored, and no host's own either."""
    target = ProbeTarget(id=1, probe_id=1, target=asked.target, created_at=now, updated_at=now)
    return Probe(
        id=1,
        workspace_id=workspace_id,
        agent_id=agent_id,
        type=asked.type,
        interval_sec=INTERVAL_SEC,
        timeout_sec=asked.timeout_sec,
        count=asked.count,
        bind_interface=asked.bind_interface,
        metadata=asked.metadata,
        targets=[target] if asked.target else [],
        created_at=now,
        updated_at=now,
    )
