"""SQL of probes that are like each other: of one target, or towards the same agents."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.probes import probe_targets, probes
from forepost.controller.probes.rows import hosts_of, peers_of, whole
from forepost.controller.probes.secrets import masked
from forepost.kit.errors import NotFound
from forepost.wire.probes.probe import Probe


class Likeness:
    """What is found is masked: it is for everybody who may look."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def one(self, workspace_id: int, probe_id: int) -> Probe:
        """Raises NotFound."""
        query = select(probes).where(probes.c.workspace_id == workspace_id, probes.c.id == probe_id)
        async with self._db.read() as connection:
            found = await whole(connection, (await connection.execute(query)).all())
        if not found:
            raise NotFound("probe not found")
        return masked(found[0])

    async def on(self, workspace_id: int, targets: Sequence[str]) -> list[Probe]:
        """Probes with one of these hosts among their targets."""
        return await self._with(workspace_id, probe_targets.c.target.in_(targets))

    async def towards(self, workspace_id: int, agent_ids: Sequence[int]) -> list[Probe]:
        """Probes with one of these agents among their targets."""
        return await self._with(workspace_id, probe_targets.c.agent_id.in_(agent_ids))

    async def similar(self, workspace_id: int, probe: Probe) -> tuple[list[Probe], list[Probe]]:
        """Probes that share a host with `probe`, and those that share an agent; itself too."""
        return (
            await self.on(workspace_id, hosts_of(probe)),
            await self.towards(workspace_id, peers_of(probe)),
        )

    async def _with(self, workspace_id: int, condition: ColumnElement[bool]) -> list[Probe]:
        which = select(probe_targets.c.probe_id).where(condition)
        query = (
            select(probes)
            .where(probes.c.workspace_id == workspace_id, probes.c.id.in_(which))
            .order_by(probes.c.id)
        )
        async with self._db.read() as connection:
            found = await whole(connection, (await connection.execute(query)).all())
        return [masked(probe) for probe in found]
