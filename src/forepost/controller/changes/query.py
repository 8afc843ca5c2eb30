"""Changes of a workspace, joined with alerts, roll-outs and runs, the newest first."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Select, exists, literal, null, or_, select

from forepost.controller.changes.store import instant
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.alerts import alerts
from forepost.controller.db.tables.changes import changes
from forepost.controller.db.tables.jobs import job_run_agents, job_runs, jobs
from forepost.controller.db.tables.workloads import microservice_agents as named
from forepost.controller.db.tables.workloads import microservice_rollouts as rollouts
from forepost.controller.db.tables.workloads import microservices
from forepost.kit.errors import Invalid
from forepost.wire.rest.changes import ChangePage, RecordedChange

NOTHING: Final = ""


class ChangesOf(msgspec.Struct, frozen=True, kw_only=True):
    workspace_id: int
    start: datetime | None = None
    end: datetime | None = None
    agent_id: int | None = None
    probe_id: int | None = None
    kind: str | None = None
    limit: int = 100
    cursor: str = ""


class _Place(NamedTuple):
    """The last that was given: of those at one time, in the order of the sources, then of ids."""

    at: datetime
    source: int
    id: int


class _Source(NamedTuple):
    """A table, or one of two moments of it."""

    kinds: Sequence[str]
    query: Select[Any]
    at: ColumnElement[Any]
    id: ColumnElement[Any]
    of_agent: Callable[[int], ColumnElement[bool]]
    of_probe: Callable[[int], ColumnElement[bool]] | None
    """None: it is of no probe."""
    workspace: ColumnElement[bool]


class ChangeReader:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def page(self, asked: ChangesOf) -> ChangePage:
        """Raises Invalid for a cursor that is none."""
        place = _place(asked.cursor) if asked.cursor else None
        found: list[tuple[_Place, RecordedChange]] = []
        async with self._db.read() as connection:
            for number, source in enumerate(_sources(asked.workspace_id)):
                query = _asked(source, number, asked, place)
                if query is None:
                    continue
                found += [
                    (_Place(row["at"], number, row["id"]), _change(number, row))
                    for row in (await connection.execute(query)).mappings().all()
                ]
        found.sort(key=lambda one: one[0], reverse=True)
        page = found[: asked.limit]
        more = len(found) > asked.limit
        return ChangePage(
            data=[change for _, change in page], next=_cursor(page[-1][0]) if more else None
        )


def _asked(
    source: _Source, number: int, asked: ChangesOf, place: _Place | None
) -> Select[Any] | None:
    """None: nothing of this source is asked for."""
    if asked.kind is not None and asked.kind not in source.kinds:
        return None
    query = source.query.where(source.workspace, source.at.is_not(None))
    if asked.agent_id is not None:
        query = query.where(source.of_agent(asked.agent_id))
    if asked.probe_id is not None:
        if source.of_probe is None:
            return None
        query = query.where(source.of_probe(asked.probe_id))
    if asked.kind is not None and len(source.kinds) > 1:
        query = query.where(changes.c.kind == asked.kind)
    if asked.start is not None:
        query = query.where(source.at >= asked.start)
    if asked.end is not None:
        query = query.where(source.at <= asked.end)
    if place is not None:
        query = query.where(_before(source, number, place))
    return query.order_by(source.at.desc(), source.id.desc()).limit(asked.limit + 1)


def _before(source: _Source, number: int, place: _Place) -> ColumnElement[bool]:
    if number > place.source:
        return source.at < place.at
    if number < place.source:
        return source.at <= place.at
    return or_(source.at < place.at, (source.at == place.at) & (source.id < place.id))


def _sources(workspace_id: int) -> list[_Source]:
    own = select(
        *(changes.c[name] for name in ("id", "agent_id", "probe_id", "kind", "target")),
        *(changes.c[name] for name in ("before", "after", "text", "at")),
        null().label("about_id"),
    )
    here = or_(changes.c.workspace_id == workspace_id, changes.c.workspace_id.is_(None))
    kinds = ("route", "address", "certificate", "version", "controller")
    of_changes = _Source(
        kinds,
        own,
        changes.c.at,
        changes.c.id,
        lambda agent_id: changes.c.agent_id == agent_id,
        lambda probe_id: changes.c.probe_id == probe_id,
        here,
    )
    return [
        of_changes,
        _of_alerts(workspace_id, "alert_began", alerts.c.triggered_at),
        _of_alerts(workspace_id, "alert_ended", alerts.c.resolved_at),
        _of_rollouts(workspace_id, "rollout_began", rollouts.c.began_at),
        _of_rollouts(workspace_id, "rollout_ended", rollouts.c.ended_at),
        _of_runs(workspace_id, "run_began", job_runs.c.created_at),
        _of_runs(workspace_id, "run_ended", job_runs.c.ended_at),
    ]


def _of_alerts(workspace_id: int, kind: str, at: ColumnElement[Any]) -> _Source:
    columns = alerts.c
    query = select(
        columns.id,
        columns.agent_id,
        columns.probe_id,
        literal(kind).label("kind"),
        columns.probe_target.label("target"),
        literal(NOTHING).label("before"),
        columns.severity.label("after"),
        columns.message.label("text"),
        at.label("at"),
        columns.incident_id.label("about_id"),
    )
    return _Source(
        (kind,),
        query,
        at,
        columns.id,
        lambda agent_id: columns.agent_id == agent_id,
        lambda probe_id: columns.probe_id == probe_id,
        columns.workspace_id == workspace_id,
    )


def _of_rollouts(workspace_id: int, kind: str, at: ColumnElement[Any]) -> _Source:
    query = select(
        microservices.c.id,
        null().label("agent_id"),
        null().label("probe_id"),
        literal(kind).label("kind"),
        literal(NOTHING).label("target"),
        literal(NOTHING).label("before"),
        rollouts.c.state.label("after"),
        microservices.c.name.label("text"),
        at.label("at"),
        microservices.c.id.label("about_id"),
    ).join_from(rollouts, microservices, microservices.c.id == rollouts.c.microservice_id)
    here = microservices.c.workspace_id == workspace_id

    def of_agent(agent_id: int) -> ColumnElement[bool]:
        """Where agents are chosen by labels, it may be for any of them."""
        mine = named.c.microservice_id == microservices.c.id
        return or_(exists().where(mine, named.c.agent_id == agent_id), ~exists().where(mine))

    return _Source((kind,), query, at, microservices.c.id, of_agent, None, here)


def _of_runs(workspace_id: int, kind: str, at: ColumnElement[Any]) -> _Source:
    query = select(
        job_runs.c.id,
        null().label("agent_id"),
        null().label("probe_id"),
        literal(kind).label("kind"),
        literal(NOTHING).label("target"),
        literal(NOTHING).label("before"),
        job_runs.c.status.label("after"),
        jobs.c.name.label("text"),
        at.label("at"),
        jobs.c.id.label("about_id"),
    ).join_from(job_runs, jobs, jobs.c.id == job_runs.c.job_id)
    here = job_runs.c.workspace_id == workspace_id

    def of_agent(agent_id: int) -> ColumnElement[bool]:
        of_run = job_run_agents.c.run_id == job_runs.c.id
        return exists().where(of_run, job_run_agents.c.agent_id == agent_id)

    return _Source((kind,), query, at, job_runs.c.id, of_agent, None, here)


def _change(number: int, row: Mapping[str, Any]) -> RecordedChange:
    fields = {
        name: row[name] for name in ("kind", "at", "agent_id", "probe_id", "target", "about_id")
    }
    return RecordedChange(
        id=f"{number}-{row['id']}",
        before=row["before"],
        after=row["after"],
        text=_text(row),
        **fields,
    )


def _text(row: Mapping[str, Any]) -> str:
    name: str = row["text"]
    match row["kind"]:
        case "rollout_began":
            return f"roll-out of {name}"
        case "rollout_ended":
            return f"roll-out of {name}: {row['after']}"
        case "run_began":
            return f"run of {name}"
        case "run_ended":
            return f"run of {name}: {row['after']}"
        case "alert_ended":
            return f"over: {name}"
        case _:
            return name


def _cursor(place: _Place) -> str:
    return f"{round(place.at.timestamp() * 1e6)}.{place.source}.{place.id}"


def _place(cursor: str) -> _Place:
    parts = cursor.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        raise Invalid("cursor: is none; it is what `next` of the page before says")
    us, source, number = map(int, parts)
    if us > 250_000_000_000_000_000 or number >= 1 << 31:
        raise Invalid("cursor: is none; it is what `next` of the page before says")
    return _Place(instant(us), source, number)
