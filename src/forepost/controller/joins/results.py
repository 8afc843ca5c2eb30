"""Joins the fleet to the pipeline: whose result it is, what it is known by, and is it kept."""

from collections.abc import Callable, Sequence
from datetime import datetime

import anyio
import msgspec

from forepost.controller.fleet.needs import Answer, Numbered
from forepost.controller.fleet.store import Enrolled
from forepost.controller.payloads import Report
from forepost.controller.pipeline import Offer, Pipeline, identity_of, report_of
from forepost.controller.probes.owners import Owners
from forepost.wire.uplink.messages import Measured, ProbePost

NOT_ITS = "probe_id: not a probe of this agent"


class Intake:
    def __init__(self, owners: Owners, pipeline: Pipeline) -> None:
        self._owners, self._pipeline = owners, pipeline

    def accept_now(
        self, agent: Enrolled, post: ProbePost, received: datetime, kept: Callable[[str], None]
    ) -> bool:
        """Hand one result on if it is plainly this agent's; else leave it to `accept`."""
        target_agent = 0
        if post.probe_id:
            owner = self._owners.known(post.probe_id)
            if owner is None or owner.agent_id != agent.agent_id:
                return False
            target_agent = owner.target_agent
        row = _report(agent, Numbered(post), received, target_agent)
        self._pipeline.offer(Offer(agent.workspace_id, (row,), kept))
        return True

    async def commits(self, agent: Enrolled) -> None:
        """Return when results of this agent would be committed: nothing goes their whole way."""
        done = anyio.Event()
        self._pipeline.offer(Offer(agent.workspace_id, (), lambda _: done.set()))
        await done.wait()

    async def accept(
        self, agent: Enrolled, results: Sequence[Numbered], received: datetime, answer: Answer
    ) -> None:
        """Hand results on. `answer` is called once they are committed, or if none can be.

        It is given a text for each: "" if it is kept, or why it is refused. An agent may only speak
        for its own probes; probe id 0 stands for its own host.
        """
        reasons: list[str] = []
        rows: list[Report] = []
        for result in results:
            probe_id, target_agent = result.post.probe_id, 0
            if probe_id:
                owner = self._owners.known(probe_id) or await self._owners.find(probe_id)
                if owner is None or owner.agent_id != agent.agent_id:
                    reasons.append(NOT_ITS)
                    continue
                target_agent = owner.target_agent
            reasons.append("")
            rows.append(_report(agent, result, received, target_agent))
        if not rows:
            answer(reasons)
            return

        def kept(why_not: str) -> None:
            answer([reason or why_not for reason in reasons])

        self._pipeline.offer(Offer(agent.workspace_id, rows, kept))


def _report(agent: Enrolled, result: Numbered, received: datetime, target_agent: int) -> Report:
    """The report of a result whose probe is the agent's own.

    NetWatcher's MTR does not say where to; the probe does.
    """
    return report_of(
        _flagged(result.post),
        identity=identity_of(result.boot, result.seq),
        agent_id=agent.agent_id,
        probe_agent_id=agent.agent_id,
        target_agent=result.post.target_agent or target_agent,
        received=received,
    )


def _flagged(post: ProbePost) -> ProbePost:
    """The same, with the agent's reading of its clock in the payload where that was wrong."""
    if not isinstance(post, Measured) or post.clock is None or not post.clock.is_doubtful:
        return post
    payload = bytes(post.payload).lstrip()
    if not payload.startswith(b"{"):
        return post
    rest = payload[1:].lstrip()
    comma = b"" if rest.startswith(b"}") else b","
    flag = b'{"agent_clock":' + msgspec.json.encode(post.clock) + comma
    return msgspec.structs.replace(post, payload=msgspec.Raw(flag + rest))
