"""SQL of roll-outs: one row for the newest of each microservice."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.workloads import microservice_rollouts, microservices
from forepost.controller.db.tables.workspaces import workspaces
from forepost.controller.workloads.heads import RUNNING
from forepost.controller.workloads.manifests import renamed
from forepost.controller.workloads.placement import MicroserviceHead
from forepost.controller.workloads.rollout import Release, Rollout
from forepost.kit.errors import Conflict, NotFound
from forepost.wire.labels import Labels
from forepost.wire.workloads.rest import RolloutProgress, RolloutRule, RolloutState

UNDER_WAY: Final = (
    "a roll-out is under way, and not all agents have it yet: wait for its end, or end it"
)


class Rollouts:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def running(self) -> list[Rollout]:
        """All of workspaces that are there."""
        query = (
            _WITH_WORKSPACE.join(workspaces, workspaces.c.id == microservices.c.workspace_id)
            .where(microservice_rollouts.c.state == RUNNING, workspaces.c.deleted_at.is_(None))
            .order_by(microservices.c.id)
        )
        async with self._db.read() as connection:
            return [_rollout(row) for row in await connection.execute(query)]

    async def newest(
        self, workspace_id: int, ids: Collection[int]
    ) -> dict[int, tuple[Rollout, RolloutProgress]]:
        """Of each of these microservices; of one that never had any, nothing."""
        query = _WITH_WORKSPACE.where(
            microservices.c.workspace_id == workspace_id, microservices.c.id.in_(ids)
        )
        async with self._db.read() as connection:
            rows = (await connection.execute(query)).all()
        return {row.microservice_id: (_rollout(row), _progress(row)) for row in rows}

    async def failed(self, workspace_id: int) -> set[int]:
        """Microservices whose newest roll-out went back."""
        query = _WITH_WORKSPACE.where(
            microservices.c.workspace_id == workspace_id,
            microservice_rollouts.c.state == "returned",
        )
        async with self._db.read() as connection:
            return {row.microservice_id for row in await connection.execute(query)}

    async def release(self, rollout: Rollout, step: Release, now: datetime) -> bool:
        """False: it is over, or another one, meanwhile."""
        return await self._set(
            rollout,
            wave=step.wave,
            reached=sorted(step.agents),
            wave_at=now,
            good_since=None,
        )

    async def well(self, rollout: Rollout, since: datetime | None) -> bool:
        return await self._set(rollout, good_since=since)

    async def finish(self, rollout: Rollout, now: datetime) -> bool:
        return await self._set(rollout, state="done", ended_at=now)

    async def go_back(
        self, rollout: Rollout, state: RolloutState, reason: str, now: datetime
    ) -> bool:
        """The former manifest is the wanted one again, in the same transaction."""
        async with self._db.write() as connection:
            query = select(microservice_rollouts).where(*_same(rollout)).with_for_update()
            row = (await connection.execute(query)).one_or_none()
            if row is None:
                return False
            this = microservices.c.id == rollout.microservice_id
            # The former name may be another one's by now.
            name = await connection.scalar(select(microservices.c.name).where(this))
            former = renamed(row.former, str(name))
            await connection.execute(
                update(microservices)
                .where(this)
                .values(
                    manifest=former.text,
                    digest=former.head.digest,
                    fingerprint=former.head.fingerprint,
                    registry=former.head.registry,
                    revision=microservices.c.revision + 1,
                    updated_at=now,
                )
            )
            values = {"state": state, "reason": reason, "ended_at": now}
            await connection.execute(_UPDATE.where(*_same(rollout)).values(**values))
        return True

    async def under_way(self, workspace_id: int, microservice_id: int) -> Rollout:
        """Raises NotFound."""
        query = _WITH_WORKSPACE.where(
            microservices.c.workspace_id == workspace_id,
            microservices.c.id == microservice_id,
            microservice_rollouts.c.state == RUNNING,
        )
        async with self._db.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise NotFound("no roll-out of this microservice is under way")
        return _rollout(row)

    async def _set(self, rollout: Rollout, **values: Any) -> bool:
        async with self._db.write() as connection:
            done = await connection.execute(_UPDATE.where(*_same(rollout)).values(**values))
        return done.rowcount == 1


_WITH_WORKSPACE = select(*microservice_rollouts.c, microservices.c.workspace_id).join(
    microservices, microservices.c.id == microservice_rollouts.c.microservice_id
)
_UPDATE = update(microservice_rollouts)


async def begin_rollout(
    connection: AsyncConnection,
    old: MicroserviceHead,
    rule: RolloutRule | None,
    fleet: Mapping[int, Labels],
    now: datetime,
) -> None:
    """Another manifest takes the place of the old one: in waves, where there is a rule and an
    agent. Raises Conflict while not all agents have the old one.
    """
    agents = {agent_id for agent_id, labels in fleet.items() if old.is_for(agent_id, labels)}
    if old.released is not None and not agents <= old.released.reached:
        raise Conflict(UNDER_WAY)
    mine = microservice_rollouts.c.microservice_id == old.id
    await connection.execute(delete(microservice_rollouts).where(mine))
    if rule is None or not agents:
        return
    former = select(microservices.c.manifest).where(microservices.c.id == old.id)
    await connection.execute(
        insert(microservice_rollouts).values(
            microservice_id=old.id,
            state=RUNNING,
            rule=msgspec.to_builtins(rule),
            wave=0,
            reached=[],
            former=await connection.scalar(former),
            former_digest=old.wanted.digest,
            former_fingerprint=old.wanted.fingerprint,
            former_registry=old.wanted.registry,
            reason="",
            began_at=now,
            wave_at=now,
        )
    )


async def former_texts(connection: AsyncConnection, ids: Collection[int]) -> dict[int, str]:
    """The former manifests of microservices that are rolled out."""
    query = select(microservice_rollouts.c.microservice_id, microservice_rollouts.c.former).where(
        microservice_rollouts.c.microservice_id.in_(ids)
    )
    return {row.microservice_id: row.former for row in await connection.execute(query)}


def _same(rollout: Rollout) -> tuple[Any, ...]:
    return (
        microservice_rollouts.c.microservice_id == rollout.microservice_id,
        microservice_rollouts.c.began_at == rollout.began_at,
        microservice_rollouts.c.state == RUNNING,
    )


def _rollout(row: Row[*tuple[Any, ...]]) -> Rollout:
    return Rollout(
        microservice_id=row.microservice_id,
        workspace_id=row.workspace_id,
        rule=msgspec.convert(row.rule, RolloutRule),
        wave=row.wave,
        reached=frozenset(row.reached),
        began_at=row.began_at,
        wave_at=row.wave_at,
        good_since=row.good_since,
    )


def _progress(row: Row[*tuple[Any, ...]]) -> RolloutProgress:
    return RolloutProgress(
        state=row.state,
        wave=row.wave,
        waves=len(row.rule["waves"]),
        reached=row.reached,
        reason=row.reason,
        began_at=row.began_at,
        ended_at=row.ended_at,
    )
