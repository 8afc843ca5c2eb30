"""Joins the queue of speed tests to the fleet, the pipeline and the panels."""

from collections.abc import Callable, Sequence
from datetime import datetime

import anyio
import msgspec

from forepost.controller.fleet.roster import Roster
from forepost.controller.fleet.socket import Numbered, Speedtests
from forepost.controller.fleet.store import Enrolled
from forepost.controller.ingest import Ingest
from forepost.controller.speedtests.queue import Queue
from forepost.kit.errors import NotFound
from forepost.wire.speedtest import Speedtest, SpeedtestResult, SpeedtestServer, SpeedtestUpdate
from forepost.wire.uplink import ProbePost

NOT_OPEN = "queue_id: no test of this agent is open by that number"


class Speeding(Speedtests):
    def __init__(self, queue: Queue, ingest: Ingest) -> None:
        self._queue, self._ingest = queue, ingest

    async def hand_out(self, workspace_id: int, agent_id: int) -> list[Speedtest]:
        return await self._queue.hand_out(workspace_id, agent_id)

    async def servers_are(self, agent_id: int, servers: Sequence[SpeedtestServer]) -> None:
        await self._queue.know(agent_id, servers)

    async def ended(self, agent: Enrolled, result: SpeedtestResult, received: datetime) -> str:
        """The figures are kept as a SPEEDTEST result before the test counts as done."""
        here = agent.workspace_id, agent.agent_id
        try:
            test = await self._queue.store.get(*here, result.queue_id)
        except NotFound:
            return NOT_OPEN
        if result.success and (why_not := await self._keep(agent, test, result, received)):
            return why_not
        return "" if await self._queue.ended(*here, result) is not None else NOT_OPEN

    async def _keep(
        self, agent: Enrolled, test: Speedtest, result: SpeedtestResult, received: datetime
    ) -> str:
        if test.status != "running":
            return NOT_OPEN
        post = ProbePost(
            created_at=received, type="SPEEDTEST", payload=result.data, target=test.server_id
        )
        said: list[str] = []
        known = anyio.Event()

        def answer(reasons: list[str]) -> None:
            said.extend(reasons)
            known.set()

        await self._ingest.accept(agent, [Numbered(post)], received, answer)
        await known.wait()
        return said[0]


def nudge(roster: Roster) -> Callable[[int], None]:
    return lambda agent_id: roster.tell(agent_id, lambda one: one.speedtests_changed())


def update_of(test: Speedtest) -> bytes:
    return msgspec.json.encode(
        SpeedtestUpdate(
            workspace_id=test.workspace_id,
            agent_id=test.agent_id,
            queue_id=test.id,
            status=test.status,
            server_id=test.server_id,
            server_name=test.server_name,
            error=test.error,
        )
    )
