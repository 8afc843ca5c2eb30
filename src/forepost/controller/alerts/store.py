"""SQL of rules, and of what there is to watch."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.alerts.checks import Acceptable, check_reports, check_rule, one_condition
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.alerts import alert_rules, maintenance_windows
from forepost.controller.db.tables.channels import notice_channels
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.probes import probe_targets, probes
from forepost.controller.db.tables.workspaces import workspaces
from forepost.kit.errors import Conflict, Invalid, NotFound
from forepost.wire.base import patched
from forepost.wire.rest.alerts import NewRule, Rule, RulePatch
from forepost.wire.rest.hours import Hours

TAKEN = "external_id: another rule of this workspace has it"
PROBES_AT_ONCE = 500
"""In one statement."""
_COMPUTED = {"has_webhook_secret", "state", "plain_baselines"}
_SHOWN = [f for f in Rule.__struct_fields__ if f not in _COMPUTED]
_HOURS = ("active_hours", "quiet_hours")


class Expected(msgspec.Struct, frozen=True):
    """A probe that reports, as long as its agent does."""

    probe_id: int
    agent_id: int
    type: str
    since: datetime
    """When it last changed: before that nothing can be missed."""


class WantedTargets(msgspec.Struct, frozen=True):
    """What a probe is asked to measure."""

    interval_sec: int
    targets: frozenset[str]
    agents: frozenset[int]
    """Towards which of them, wherever they are."""


class WatchedAgent(msgspec.Struct, frozen=True):
    """An agent, and when the store last heard of it."""

    agent_id: int
    workspace_id: int
    since: datetime
    last_seen_at: datetime | None


class RuleStore:
    """`acceptable` says why a channel cannot be used."""

    def __init__(self, db: Database, acceptable: Acceptable) -> None:
        self._db, self._acceptable = db, acceptable

    async def rules_of(self, workspace_id: int) -> list[Rule]:
        query = _of(alert_rules, workspace_id).order_by(alert_rules.c.id)
        async with self._db.read() as connection:
            return [_rule(row) for row in (await connection.execute(query)).all()]

    async def all_rules(self) -> list[Rule]:
        query = (
            select(alert_rules)
            .join(workspaces, workspaces.c.id == alert_rules.c.workspace_id)
            .where(workspaces.c.deleted_at.is_(None))
        )
        async with self._db.read() as connection:
            return [_rule(row) for row in (await connection.execute(query)).all()]

    async def rule(self, workspace_id: int, rule_id: int) -> Rule:
        async with self._db.read() as connection:
            return _rule(await _one(connection, alert_rules, workspace_id, rule_id, "alert rule"))

    async def add_rule(self, workspace_id: int, new: NewRule, now: datetime) -> Rule:
        new = one_condition(new)
        check_rule(new, self._acceptable)
        values = {**msgspec.to_builtins(new), "workspace_id": workspace_id}
        statement = (
            insert(alert_rules)
            .values(created_at=now, updated_at=now, **values)
            .returning(*alert_rules.c)
        )
        try:
            async with self._db.write_more(alert_rules, workspace_id) as connection:
                await _check_references(connection, workspace_id, new)
                return _rule((await connection.execute(statement)).one())
        except IntegrityError:
            raise Conflict(TAKEN) from None

    async def check(self, workspace_id: int, new: NewRule) -> None:
        """Whether a rule could be made, but for its channels. Raises Invalid."""
        check_rule(new, lambda _: None)
        async with self._db.read() as connection:
            await _check_references(connection, workspace_id, new)

    async def change_rule(
        self, workspace_id: int, rule_id: int, patch: RulePatch, now: datetime
    ) -> Rule:
        try:
            async with self._db.write() as connection:
                row = await _one(connection, alert_rules, workspace_id, rule_id, "alert rule")
                kept = {f: row._mapping[f] for f in NewRule.__struct_fields__}  # noqa: SLF001 - SQLAlchemy's name for it
                new = one_condition(patched(NewRule(**_with_hours(kept)), patch))
                check_rule(new, self._acceptable)
                await _check_references(connection, workspace_id, new)
                statement = (
                    update(alert_rules)
                    .where(alert_rules.c.workspace_id == workspace_id, alert_rules.c.id == rule_id)
                    .values(updated_at=now, **msgspec.to_builtins(new))
                    .returning(*alert_rules.c)
                )
                return _rule((await connection.execute(statement)).one())
        except IntegrityError:
            raise Conflict(TAKEN) from None

    async def delete_rule(self, workspace_id: int, rule_id: int) -> None:
        async with self._db.write() as connection:
            await _one(connection, alert_rules, workspace_id, rule_id, "alert rule")
            await connection.execute(
                delete(alert_rules).where(
                    alert_rules.c.workspace_id == workspace_id, alert_rules.c.id == rule_id
                )
            )

    async def expected(self, workspace_ids: Collection[int]) -> dict[int, list[Expected]]:
        """The enabled probes of each workspace."""
        query = select(probes).where(
            probes.c.workspace_id.in_(workspace_ids), probes.c.enabled.is_(True)
        )
        found: dict[int, list[Expected]] = {each: [] for each in workspace_ids}
        async with self._db.read() as connection:
            for row in (await connection.execute(query)).all():
                found[row.workspace_id].append(
                    Expected(row.id, row.agent_id, row.type, row.updated_at)
                )
        return found

    async def targets_of(self, probe_ids: Collection[int]) -> dict[int, WantedTargets]:
        """By probe; those that are gone are left out."""
        found: dict[int, list[Any]] = {}
        wanted = sorted(probe_ids)
        async with self._db.read() as connection:
            for start in range(0, len(wanted), PROBES_AT_ONCE):
                query = (
                    select(
                        probes.c.id,
                        probes.c.interval_sec,
                        probe_targets.c.target,
                        probe_targets.c.agent_id,
                    )
                    .outerjoin(probe_targets, probe_targets.c.probe_id == probes.c.id)
                    .where(probes.c.id.in_(wanted[start : start + PROBES_AT_ONCE]))
                )
                for row in (await connection.execute(query)).all():
                    found.setdefault(row.id, []).append(row)
        return {
            probe_id: WantedTargets(
                rows[0].interval_sec,
                frozenset(row.target for row in rows if row.target),
                frozenset(row.agent_id for row in rows if row.agent_id),
            )
            for probe_id, rows in found.items()
        }

    async def hosts(self, workspace_ids: Collection[int]) -> list[WatchedAgent]:
        query = (
            select(agents.c.id, agents.c.workspace_id, agents.c.created_at, agents.c.last_seen_at)
            .join(workspaces, workspaces.c.id == agents.c.workspace_id)
            .where(
                agents.c.workspace_id.in_(workspace_ids),
                agents.c.deleted_at.is_(None),
                workspaces.c.deleted_at.is_(None),
            )
        )
        async with self._db.read() as connection:
            rows = (await connection.execute(query)).all()
        return [
            WatchedAgent(row.id, row.workspace_id, row.created_at, row.last_seen_at) for row in rows
        ]


def _of(table: Any, workspace_id: int) -> Select[Any]:
    return select(table).where(table.c.workspace_id == workspace_id)


async def _one(
    connection: AsyncConnection, table: Any, workspace_id: int, own_id: int, noun: str
) -> Row[Any]:
    query = _of(table, workspace_id).where(table.c.id == own_id)
    row: Row[Any] | None = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound(f"{noun} not found")
    return row


def _rule(row: Row[Any]) -> Rule:
    shown = {field: row._mapping[field] for field in _SHOWN}  # noqa: SLF001 - SQLAlchemy's name for it
    return Rule(**_with_hours(shown), has_webhook_secret=bool(row.webhook_secret))


def _with_hours(columns: dict[str, Any]) -> dict[str, Any]:
    hours = {field: msgspec.convert(columns[field], list[Hours]) for field in _HOURS}
    return columns | hours


async def _check_references(connection: AsyncConnection, workspace_id: int, rule: NewRule) -> None:
    if rule.agent_id is not None:
        await check_agents(connection, workspace_id, {rule.agent_id}, "agent_id")
    known = await _channels(connection, workspace_id)
    for field in ("channel_ids", "escalate_channel_ids"):
        if missing := set(getattr(rule, field)) - known:
            raise Invalid(f"{field}: no channel {min(missing)} in this workspace")
    if rule.maintenance_window_id is not None:
        query = _of(maintenance_windows, workspace_id).where(
            maintenance_windows.c.id == rule.maintenance_window_id
        )
        if (await connection.execute(query)).one_or_none() is None:
            raise Invalid(
                f"maintenance_window_id: no window {rule.maintenance_window_id} in this workspace"
            )
    if rule.probe_id is not None:
        kind = await connection.scalar(
            select(probes.c.type).where(
                probes.c.workspace_id == workspace_id, probes.c.id == rule.probe_id
            )
        )
        if kind is None:
            raise Invalid(f"probe_id: no probe {rule.probe_id} in this workspace")
        check_reports(rule, kind)


async def _channels(connection: AsyncConnection, workspace_id: int) -> set[int]:
    query = select(notice_channels.c.id).where(notice_channels.c.workspace_id == workspace_id)
    return set((await connection.scalars(query)).all())


async def check_agents(
    connection: AsyncConnection, workspace_id: int, wanted: set[int], field: str
) -> None:
    if not wanted:
        return
    found = await connection.scalars(
        select(agents.c.id).where(
            agents.c.workspace_id == workspace_id,
            agents.c.id.in_(wanted),
            agents.c.deleted_at.is_(None),
        )
    )
    if missing := wanted - set(found.all()):
        raise Invalid(f"{field}: no agent {min(missing)} in this workspace")


async def check_probes(
    connection: AsyncConnection, workspace_id: int, wanted: set[int], field: str
) -> None:
    if not wanted:
        return
    found = await connection.scalars(
        select(probes.c.id).where(probes.c.workspace_id == workspace_id, probes.c.id.in_(wanted))
    )
    if missing := wanted - set(found.all()):
        raise Invalid(f"{field}: no probe {min(missing)} in this workspace")
