"""Joins reports to uptime, incidents, voice and mail."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.alerts.incident_query import Incidents
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.probes import probes
from forepost.controller.db.tables.workspaces import workspaces
from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core
from forepost.controller.joins.sla import agents_of, sla_needs
from forepost.controller.reports import api, voice_api
from forepost.controller.reports.facts import ReportNeeds, VoiceProbe
from forepost.controller.reports.maker import ReportMaker
from forepost.controller.reports.pdf import Typesetter
from forepost.controller.reports.runs import ReportRuns
from forepost.controller.reports.store import ReportMail, ReportStore
from forepost.controller.results.sla import SlaReports
from forepost.controller.voice.store import ThresholdStore
from forepost.controller.voice.thresholds import effective
from forepost.kit.errors import NotFound
from forepost.wire.rest.incidents import Incident
from forepost.wire.rest.voice import VoiceThresholds

MOST_INCIDENTS: Final = 1_000
VOICE: Final = ("TRAFFICSIM", "AGENT")
"""Types of probes whose results say how a call would have been."""


async def build(core: Core) -> Built:
    settings = core.settings

    async def put(
        connection: AsyncConnection,
        workspace_id: int,
        to: str,
        mail: ReportMail,
        file_id: int | None,
    ) -> None:
        await core.outbox.put_report(
            connection, workspace_id, to, mail.subject, mail.text, mail.html, file_id
        )

    async def forget(now: datetime) -> None:
        await store.forget(now - timedelta(days=settings.alerts.delivery_days))

    store = ReportStore(core.db, put)
    needs = _needs(core)
    maker = ReportMaker(needs, Typesetter())
    runs = ReportRuns(store, maker, core.clock, has_mail=bool(settings.mail.host))
    return Built(
        routers=[
            api.routes(store, maker, runs, core.clock),
            voice_api.routes(maker, needs, core.access.access.role_in),
        ],
        services={"reports": runs.run},
        forget=forget,
    )


def _needs(core: Core) -> ReportNeeds:
    incidents, thresholds = Incidents(core.db), ThresholdStore(core.db)

    async def workspace_name(workspace_id: int) -> str:
        query = select(workspaces.c.name).where(workspaces.c.id == workspace_id)
        async with core.db.read() as connection:
            name: str | None = await connection.scalar(query)
        if name is None:
            raise NotFound("workspace not found")
        return name

    async def between(workspace_id: int, start: datetime, end: datetime) -> list[Incident]:
        return await incidents.between(workspace_id, start, end, MOST_INCIDENTS)

    async def voice_probes(workspace_id: int) -> list[VoiceProbe]:
        query = (
            select(probes.c.id, probes.c.agent_id)
            .where(probes.c.workspace_id == workspace_id, probes.c.type.in_(VOICE))
            .order_by(probes.c.id)
        )
        async with core.db.read() as connection:
            rows = (await connection.execute(query)).all()
        return [VoiceProbe(row.id, row.agent_id) for row in rows]

    async def holding(workspace_id: int) -> VoiceThresholds:
        return effective(*await thresholds.of(workspace_id))

    async def workspace_of_agent(agent_id: int) -> int:
        query = select(agents.c.workspace_id).where(
            agents.c.id == agent_id, agents.c.deleted_at.is_(None)
        )
        async with core.db.read() as connection:
            found: int | None = await connection.scalar(query)
        if found is None:
            raise NotFound("agent not found")
        return found

    async def workspace_of_probe(probe_id: int) -> tuple[int, int]:
        query = select(probes.c.workspace_id, probes.c.agent_id).where(probes.c.id == probe_id)
        async with core.db.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise NotFound("probe not found")
        return row.workspace_id, row.agent_id

    return ReportNeeds(
        series=core.series,
        clock=core.clock,
        workspace_name=workspace_name,
        agents=lambda workspace_id: agents_of(core, workspace_id),
        sla=SlaReports(core.series, sla_needs(core)).of,
        incidents=between,
        voice_probes=voice_probes,
        thresholds=holding,
        workspace_of_agent=workspace_of_agent,
        workspace_of_probe=workspace_of_probe,
    )
