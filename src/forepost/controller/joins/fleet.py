"""Joins the fleet to everything that agents are given or say: one WebSocket for each agent."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import chain

import forepost
from forepost.controller.fleet import agent_api, api, documents_api, provisioning_api
from forepost.controller.fleet.enrol import Enrolment
from forepost.controller.fleet.needs import Needs
from forepost.controller.fleet.socket import endpoint
from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core
from forepost.controller.joins.documents import DocumentsJoin
from forepost.controller.joins.metrics import Figure
from forepost.wire.jobs.delivery import JOBS
from forepost.wire.jobs.relay import RELAY


def built(core: Core, others: Sequence[Built]) -> Built:
    """`others`: whose documents and talks agents are given."""
    agents, roster, clock, access = core.agents, core.roster, core.clock, core.access
    lists = core.probes.lists
    enrolment = Enrolment(
        agents, roster, core.passwords, clock, lists.neighbours_changed, core.secret
    )
    documents = [*chain.from_iterable(one.documents for one in others)]
    overview = DocumentsJoin(documents, core.reports, agents, roster)
    socket = endpoint(
        Needs(
            roster=roster,
            peers=access.peers,
            clock=clock,
            version=forepost.__version__,
            accept=core.intake.accept,
            accept_now=core.intake.accept_now,
            commits=core.intake.commits,
            neighbours_changed=lists.neighbours_changed,
            reports=core.reports,
            probes=lists.probes_of,
            documents=documents,
            talks=[*chain.from_iterable(one.talks for one in others)],
            capabilities=[RELAY] if core.settings.jobs.relay_pairs else [],
            move_to=core.settings.uplink.move_to,
        )
    )

    def changed(workspace_id: int) -> None:
        for watcher in core.agent_watchers:
            watcher(workspace_id)

    @asynccontextmanager
    async def around_change(agent_id: int) -> AsyncIterator[None]:
        async with lists.around_change(agent_id):
            yield
        roster.due(agent_id, JOBS)  # its name is in it

    async def flush() -> None:
        await roster.flush()
        await core.reports.late.flush_at_the_end()

    return Built(
        routers=[
            api.routes(agents, roster, enrolment, clock, core.reports, around_change, changed),
            documents_api.routes(overview.shown),
            provisioning_api.routes(enrolment, clock),
            agent_api.routes(
                enrolment, roster, clock, access.peers, access.pin_tries, core.lookups.enrich
            ),
        ],
        sockets={"/ws": socket, "/ws/agent": socket},
        services={"roster": roster.run, "documents": core.reports.run},
        figures=[
            Figure(
                "total",
                "forepost_results_refused",
                "Results that were refused for good.",
                lambda: roster.refused,
            ),
            Figure(
                "gauge",
                "forepost_agents_connected",
                "Agents with a live connection.",
                lambda: roster.live,
            ),
        ],
        flush=flush,
    )
