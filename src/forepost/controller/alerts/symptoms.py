"""Which open alerts explain others, and why incidents are, as one transaction writes it. SQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Column, ColumnElement, Row, func, select, true, update

from forepost.controller.alerts.alert_rows import change_alert, keys_of
from forepost.controller.alerts.causes import (
    SETTLING,
    KnownCause,
    OpenFact,
    cause_among,
    cause_of,
    explained_by,
    explains,
)
from forepost.controller.alerts.incidents import Joined
from forepost.controller.alerts.place import AlertPlace
from forepost.controller.alerts.quiet import held_until
from forepost.controller.alerts.row_lookup import RowLookup
from forepost.controller.db.tables.alerts import alerts
from forepost.controller.db.tables.alerts import incidents as incident_table
from forepost.controller.db.tables.probes import probe_targets, probes

_OF_FACT: Final[tuple[Column[Any], ...]] = (
    alerts.c.id,
    alerts.c.workspace_id,
    alerts.c.alert_rule_id,
    alerts.c.metric,
    alerts.c.severity,
    alerts.c.probe_type,
    alerts.c.place,
    alerts.c.agent_name,
    alerts.c.probe_name,
    alerts.c.channel_keys,
)
ASKED: Final = 50
"""Open alerts of an incident that are asked whether they explain another."""
_place: msgspec.json.Decoder[AlertPlace] = msgspec.json.Decoder(AlertPlace)


class Symptoms:
    def __init__(self, lookup: RowLookup, now: datetime) -> None:
        self._lookup, self._connection, self._now = lookup, lookup.connection, now
        self._facts: dict[int, list[OpenFact]] = {}
        """Of incidents that were looked at."""

    def forget(self, incident_id: int) -> None:
        """Something of it is another now."""
        self._facts.pop(incident_id, None)

    async def relate(self, row: Row[Any], joined: Joined) -> Row[Any]:
        """Note what explains the new alert, or else what it explains itself. The incident was
        prepared before it was written.
        """
        if joined.is_storm:
            return row
        facts = self._facts[joined.incident_id]
        new = fact_of(row)
        cause = cause_among(facts, new)
        if cause is not None:
            return await change_alert(
                self._connection, row.workspace_id, row.id, symptom_of=cause.id, is_alone=False
            )
        explained = [fact.id for fact in explained_by(new, facts)]
        if explained:
            await self._connection.execute(
                update(alerts)
                .where(
                    alerts.c.incident_id == joined.incident_id,
                    alerts.c.resolved_at.is_(None),
                    alerts.c.id.in_(explained) | alerts.c.symptom_of.in_(explained),
                )
                .values(symptom_of=row.id)
            )
        self._facts[joined.incident_id] = [
            *(fact for fact in facts if fact.id not in explained),
            new,
        ][-ASKED:]
        return row

    async def unexplain(self, alert_id: int, still: OpenFact | None = None) -> None:
        """What the alert explained, and does not any more, stands for itself or is explained by
        another. `still`: what the alert is now; None: it is over.
        """
        query = (
            select(*_OF_FACT)
            .where(alerts.c.symptom_of == alert_id, alerts.c.resolved_at.is_(None))
            .order_by(alerts.c.id)
        )
        standing: list[OpenFact] = []
        for row in (await self._connection.execute(query)).all():
            fact = fact_of(row)
            if still is not None and explains(still, fact):
                continue
            cause = cause_among(standing, fact)
            values: dict[str, Any] = {"symptom_of": None if cause is None else cause.id}
            if cause is None:
                standing = [*standing, fact][-ASKED:]
                later = self._now + SETTLING
                rule = await self._lookup.rule(row.workspace_id, row.alert_rule_id)
                held = None if rule is None else held_until(rule, row.severity, later)
                values["told_from"] = held or later
            await self._connection.execute(
                update(alerts).where(alerts.c.id == row.id).values(**values)
            )

    async def prepare(self, incident_ids: Collection[int]) -> None:
        """Read what is open of these, before anything is written that is to be related to it."""
        wanted = [number for number in incident_ids if number not in self._facts]
        if wanted:
            self._facts |= await self._open_facts(
                wanted, alerts.c.symptom_of.is_(None), (alerts.c.metric != "offline", alerts.c.id)
            )

    async def explain(self, workspaces: Mapping[int, int]) -> None:
        """Say why incidents are, or were. `workspaces`: of each incident."""
        found = await self._open_facts(
            list(workspaces), true(), (alerts.c.symptom_of.is_not(None), alerts.c.id)
        )
        columns = (
            incident_table.c.id,
            incident_table.c.cause,
            incident_table.c.cause_text,
            incident_table.c.cause_ended_at,
        )
        query = select(*columns).where(incident_table.c.id.in_(list(workspaces)))
        for number, *known in (await self._connection.execute(query)).all():
            facts = found[number]
            if not facts:
                continue
            abouts = {fact.place.about for fact in facts}
            towards = await self._reporters_towards(workspaces[number], abouts)
            before = KnownCause(*known)
            now = before.after(*cause_of(facts, towards), self._now)
            if now != before:
                await self._connection.execute(
                    update(incident_table)
                    .where(incident_table.c.id == number)
                    .values(cause=now.cause, cause_text=now.text, cause_ended_at=now.ended_at)
                )

    async def _open_facts(
        self,
        incident_ids: Sequence[int],
        which: ColumnElement[bool],
        order: Sequence[ColumnElement[Any]],
    ) -> dict[int, list[OpenFact]]:
        """The first of each incident."""
        if not incident_ids:
            return {}
        place = func.row_number().over(partition_by=alerts.c.incident_id, order_by=order)
        first = (
            select(alerts.c.id, alerts.c.incident_id, place.label("place_in"))
            .where(alerts.c.incident_id.in_(incident_ids), alerts.c.resolved_at.is_(None), which)
            .subquery()
        )
        query = (
            select(first.c.incident_id, *_OF_FACT)
            .join(first, first.c.id == alerts.c.id)
            .where(first.c.place_in <= ASKED)
            .order_by(first.c.incident_id, first.c.place_in)
        )
        found: dict[int, list[OpenFact]] = {number: [] for number in incident_ids}
        for row in (await self._connection.execute(query)).all():
            found[row.incident_id].append(fact_of(row))
        return found

    async def _reporters_towards(self, workspace_id: int, abouts: set[int]) -> int:
        """How many agents measure towards the one agent that all of it is about; else 0."""
        if len(abouts) != 1 or 0 in abouts:
            return 0
        query = (
            select(func.count(func.distinct(probes.c.agent_id)))
            .join(probe_targets, probe_targets.c.probe_id == probes.c.id)
            .where(
                probes.c.workspace_id == workspace_id,
                probes.c.enabled.is_(True),
                probe_targets.c.agent_id.in_(abouts),
            )
        )
        return (await self._connection.scalar(query)) or 0


def fact_of(row: Row[Any]) -> OpenFact:
    return OpenFact(
        id=row.id,
        metric=row.metric,
        severity=row.severity,
        probe_type=row.probe_type,
        place=_place.decode(row.place),
        agent_name=row.agent_name,
        name=row.probe_name,
        told_by=frozenset(keys_of(row)),
    )
