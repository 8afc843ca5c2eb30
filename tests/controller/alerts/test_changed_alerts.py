"""A cursor over alerts that changed, on each database."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.alerts.query import AlertFilter, AlertQueries
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.alerts import alerts
from forepost.controller.db.tables.workspaces import workspaces
from forepost.kit.errors import Invalid
from tests.controller.alerts.alert_stage import speaking
from tests.controller.alerts.samples import PING, but
from tests.running import NewAgent, Person, until

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def insert_into(connection: AsyncConnection, table: Any, **values: Any) -> None:
    """With something in every column that needs it."""
    for column in table.columns:
        needs = not column.nullable and column.server_default is None and column.default is None
        if needs and column.name not in values and not column.primary_key:
            is_time = column.name.endswith("_at")
            kind: Any = datetime if is_time else column.type.python_type
            values[column.name] = NOW if is_time else kind()
    await connection.execute(insert(table).values(**values))


@pytest.mark.anyio
async def test_each_change_is_read_after_it_was_committed(metadata_url: str) -> None:
    db = Database.at(metadata_url)
    queries = AlertQueries(db, lambda alert, _: alert)

    async def read(since: int, limit: int = 2) -> tuple[list[int], int]:
        got: list[int] = []
        while True:
            data, _, then = await queries.changed(1, since, AlertFilter(), limit)
            got += [alert.id for alert in data]
            since = then
            if len(data) < limit:
                return got, since

    async with db.write() as connection:
        await insert_into(connection, users, id=1, email="a@example.com")
        for number in (1, 2):
            await insert_into(connection, workspaces, id=number, owner_id=1, name=f"w{number}")
        for number in range(1, 6):
            await insert_into(
                connection,
                alerts,
                id=number,
                workspace_id=2 if number == 3 else 1,
                subject='[1,2,"PING","a"]',
                streak=str(number),
                severity="warning",
                status="active",
                metric="loss",
            )
    got, since = await read(0)
    assert got == [1, 2, 4, 5]
    assert await read(since) == ([], since)
    async with db.write() as connection:
        for number in (4, 1, 3, 4):
            await connection.execute(
                update(alerts).where(alerts.c.id == number).values(last_value=9.0)
            )
    got, since = await read(since, 1)
    assert got == [1, 4]
    async with db.write() as connection:
        await connection.execute(delete(alerts).where(alerts.c.id == 4))
        await connection.execute(update(alerts).where(alerts.c.id == 5).values(last_value=1.0))
    got, since = await read(since)
    assert got == [5]
    with pytest.raises(Invalid, match="since: is ahead"):
        await queries.changed(1, since + 1, AlertFilter(), 10)
    await db.close()


def test_since_is_asked_over_rest(person: Person) -> None:
    agent: NewAgent = person.agent(person.workspace("w"))
    here = f"/workspaces/{agent.workspace}/alerts"
    begin = person.call("GET", here + "?since=0")
    assert begin["data"] == []
    probe = person.probe(agent, type="PING", targets=["198.18.0.1"])
    rule = {"name": "loss", "metric": "packet_loss", "operator": ">", "threshold": 5}
    person.call("POST", f"/workspaces/{agent.workspace}/alert-rules", rule, status=201)
    with speaking(person, agent) as speaker:
        speaker.post("PING", but(PING, packet_loss=100.0, packets_recv=0), probe=probe)
        page = until(
            lambda: (
                found
                if (found := person.call("GET", f"{here}?since={begin['next']}"))["data"]
                else None
            ),
            10,
        )
    (alert,) = page["data"]
    assert alert["status"] == "active"
    person.call("PATCH", f"/alerts/{alert['id']}/acknowledge")
    page = person.call("GET", f"{here}?since={page['next']}")
    assert [one["status"] for one in page["data"]] == ["acknowledged"]
    assert person.call("GET", f"{here}?since={page['next']}")["data"] == []
    for query in ("since=x", "since=-1", "since=0&offset=5", "since=99999999999999999"):
        assert person.ask("GET", f"{here}?{query}").status_code == 400, query
