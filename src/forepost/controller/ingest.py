"""Joins the fleet to the pipeline: whose result it is, what it is known by, and is it kept."""

from collections.abc import Sequence
from datetime import datetime

from forepost.controller.fleet.socket import Numbered
from forepost.controller.fleet.store import Enrolled
from forepost.controller.pipeline import Pipeline, identity_of, row_of
from forepost.controller.probes.wanted import Owners
from forepost.controller.series.port import Row

NOT_ITS = "probe_id: not a probe of this agent"


class Ingest:
    def __init__(self, owners: Owners, pipeline: Pipeline) -> None:
        self._owners, self._pipeline = owners, pipeline

    async def accept(
        self, agent: Enrolled, results: Sequence[Numbered], received: datetime
    ) -> list[str]:
        """Return after the commit: "" for each result that is kept, or why it is refused.

        An agent may only speak for its own probes; probe id 0 stands for its own host.
        """
        reasons: list[str] = []
        rows: list[Row] = []
        for result in results:
            post, owner_id = result.post, agent.agent_id
            if post.probe_id:
                owner = self._owners.known(post.probe_id) or await self._owners.find(post.probe_id)
                owner_id = owner.agent_id if owner else 0
            if owner_id != agent.agent_id:
                reasons.append(NOT_ITS)
                continue
            reasons.append("")
            rows.append(
                row_of(
                    post,
                    identity=identity_of(result.boot, result.seq),
                    agent_id=agent.agent_id,
                    probe_agent_id=owner_id,
                    received=received,
                )
            )
        if rows:
            await self._pipeline.accept(agent.workspace_id, rows)
        return reasons
