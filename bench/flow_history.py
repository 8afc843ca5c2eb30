"""Traffic of 100 agents over 30 days: what folding a report costs, and how long answers take."""

import asyncio
import logging
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import insert

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.flows import flow_lists, flow_sums
from forepost.controller.db.tables.workspaces import workspaces
from forepost.controller.flows.answer import Question
from forepost.controller.flows.figures import FIGURES
from forepost.controller.flows.fold_keeper import FoldKeeper
from forepost.controller.flows.query import TrafficQuery, TrafficReader
from forepost.controller.flows.rollup import KINDS, MOST, Kind, StoredList, packed
from forepost.controller.flows.store import FlowStore
from forepost.controller.series.port import Row
from forepost.controller.series.sqlite import SqliteSeries
from forepost.controller.settings import FlowsSection
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from forepost.wire.flows.rollup import FlowMinute, Named, Ranking, Talk, Talks, Traffic

AGENTS: Final = 100
DAYS: Final = 30
HOUR, DAY = 3_600, 86_400
START: Final = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
END: Final = START + DAYS * DAY
FULL: Final = (0, 1)
"""All together, and one agent: their lists are as long as lists get."""
REPEATED: Final = 9
MINUTES: Final = 10
_chance = random.Random(1)


class SetClock(SystemClock):
    def now(self) -> datetime:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=END + 7 * HOUR)


def main() -> str:
    """Return a Markdown section. About two minutes."""
    return asyncio.run(_main())


async def _main() -> str:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        db = Database.at(f"sqlite+aiosqlite:///{folder / 'meta.sqlite'}")
        await db.migrate()
        await _home(db)
        clock = SetClock()
        health = Health(logging.getLogger("bench"))
        series = await SqliteSeries.open(folder / "series.sqlite", clock, health)
        store = FlowStore(db)
        await _past(db)
        keeper = FoldKeeper(store, series, clock, FlowsSection())
        await keeper.sum_days()
        report = await _fold(keeper, series)
        reader = TrafficReader(store, series, clock, FlowsSection())
        lines = await _answers(reader)
        await db.close()
        size = (folder / "meta.sqlite").stat().st_size
        await series.close()
    return _section(report, lines, size)


def _section(report: str, lines: list[str], size: int) -> str:
    table = "\n".join(lines)
    return f"""## Traffic on the controller

{AGENTS} agents, {DAYS} days, SQLite. The lists of all together and of one agent are as long as
lists get ({MOST["devices"]} rows, {MOST["talks"]} of talks); of other agents there are sums only.
Median of {REPEATED}.

| question, 30 days unless said otherwise | first byte, ms |
| --- | --- |
{table}

{report} `meta.sqlite` in all: {size / 1e6:.0f} MB.
"""


async def _home(db: Database) -> None:
    then = datetime.fromtimestamp(START, UTC)
    times = {"created_at": then, "updated_at": then}
    async with db.write() as connection:
        await connection.execute(
            insert(users).values(
                id=1, email="b", name="", role="USER", password_hash="", verified=False, **times
            )
        )
        await connection.execute(
            insert(workspaces).values(id=1, name="b", description="", owner_id=1, **times)
        )
        texts = ("description", "location", "public_ip_override", "version", "psk_sha256")
        await connection.execute(
            insert(agents),
            [
                {"id": n, "workspace_id": 1, "name": f"a{n}", **dict.fromkeys(texts, ""), **times}
                for n in range(1, AGENTS + 1)
            ],
        )


async def _past(db: Database) -> None:
    """Hours as they would have become, and their days still to be summed."""
    for day in range(START, END, DAY):
        async with db.write() as connection:
            for step, starts in ((HOUR, range(day, day + DAY, HOUR)), (DAY, [day])):
                sums = [
                    _at(agent, step, at) | _figures() | {"folded": b"", "stale": step == DAY}
                    for at in starts
                    for agent in range(AGENTS + 1)
                ]
                await connection.execute(insert(flow_sums), sums)
            lists = [
                _at(agent, HOUR, at) | {"kind": kind, "kept": packed(_list(kind))}
                for at in range(day, day + DAY, HOUR)
                for agent in FULL
                for kind in KINDS
            ]
            await connection.execute(insert(flow_lists), lists)


def _at(agent_id: int, step: int, start: int) -> dict[str, Any]:
    return {"workspace_id": 1, "agent_id": agent_id, "step": step, "start": start}


def _figures() -> dict[str, int]:
    return {name: _chance.randrange(10**9) for name in FIGURES}


def _counts() -> tuple[int, int, int, int, int]:
    size = int(_chance.paretovariate(0.7) * 1_000)
    return size, 3 * size, size // 900 + 1, size // 400 + 1, 1 + size // 10**6


def _key(kind: Kind, number: int) -> tuple[str, ...]:
    device, remote = (
        f"192.168.{number % 7}.{number % 251}",
        f"host{number}.example{number % 97}.org",
    )
    match kind:
        case "devices":
            return (device,)
        case "talks":
            return (device, f"application {number % 37}", remote, "guests")
        case "remotes":
            return (remote,)
        case _:
            return (f"{kind} {number}",)


def _list(kind: Kind) -> StoredList:
    chosen = _chance.sample(range(2 * MOST[kind]), MOST[kind])
    rows = {_key(kind, number): _counts() for number in chosen}
    return StoredList([(key, "", counts) for key, counts in rows.items()], _counts())


def _report(agent_id: int, start: int) -> Row:
    talks = [_key("talks", _chance.randrange(2_000)) for _ in range(100)]
    named = [Named(name=f"n{n}", label="", bytes_in=n, bytes_out=2) for n in range(50)]
    made = FlowMinute(
        minute=start,
        total=Traffic(bytes_in=10**12, bytes_out=10**12, packets_in=1, packets_out=1, flows=1),
        devices=Ranking(top=named),
        applications=Ranking(top=named),
        remotes=Ranking(top=named),
        groups=named,
        talks=Talks(
            top=[Talk(device=t[0], application=t[1], remote=t[2], bytes_in=9) for t in talks]
        ),
    )
    return Row(
        identity=start,
        probe_id=0,
        probe_agent_id=agent_id,
        agent_id=agent_id,
        created_us=start * 1_000_000,
        received_us=(start + 61) * 1_000_000,
        type="FLOWS",
        payload=msgspec.json.encode(made),
    )


async def _fold(keeper: FoldKeeper, series: SqliteSeries) -> str:
    """Minutes of all agents as they come in a running fleet, each with full lists."""
    base = END + 6 * HOUR + 30 * 60
    spent, rows = 0.0, list[Row]()
    for minute in range(MINUTES):
        rows = [_report(agent, base + 60 * minute) for agent in range(1, AGENTS + 1)]
        await series.add(rows)
        before = time.perf_counter()
        keeper.consider(1, rows)
        await keeper.turn()
        spent += time.perf_counter() - before
    count = MINUTES * AGENTS
    size = len(rows[0].payload)
    return (
        f"Folding a report with full lists ({size / 1e3:.0f} kB of JSON):"
        f" {spent / count * 1e3:.1f} ms, so {spent / MINUTES:.2f} s of each minute for"
        f" {AGENTS} agents."
    )


async def _answers(reader: TrafficReader) -> list[str]:
    month = TrafficQuery(workspace_id=1, start=START + HOUR, end=END - HOUR)
    site = msgspec.structs.replace(month, agent_id=1)
    short = TrafficQuery(
        workspace_id=1, start=END + 6 * HOUR + 30 * 60, end=END + 6 * HOUR + 40 * 60
    )
    device = "192.168.1.1"
    asked: list[tuple[str, Callable[[], Awaitable[Any]]]] = [
        ("history, all", lambda: reader.history(month, "total", Question(by="total"))),
        (
            "history of the 5 largest applications, all",
            lambda: reader.history(month, "application", Question(by="application", limit=5)),
        ),
        (
            "history of one device, one agent",
            lambda: reader.history(site, "total", Question(by="total", device=device)),
        ),
        (
            "history of the applications of one device (talks), 7 days, one agent",
            lambda: reader.history(
                msgspec.structs.replace(site, start=END - 7 * DAY),
                "application",
                Question(by="application", device=device, limit=5),
            ),
        ),
        ("largest devices, all", lambda: reader.top(month, "device", Question(by="device"))),
        (
            "applications of one device, all",
            lambda: reader.top(month, "application", Question(by="application", device=device)),
        ),
        ("largest talks, all", lambda: reader.talks(month, Question(by="talk"))),
        ("largest agents", lambda: reader.top(month, "agent", Question(by="total"))),
        (
            f"largest devices, all, {MINUTES} minutes",
            lambda: reader.top(short, "device", Question(by="device")),
        ),
        (
            f"largest talks, one agent, {MINUTES} minutes",
            lambda: reader.talks(msgspec.structs.replace(short, agent_id=1), Question(by="talk")),
        ),
    ]
    lines = []
    for name, ask in asked:
        took = []
        for _ in range(REPEATED):
            before = time.perf_counter()
            msgspec.json.encode(await ask())
            took.append(time.perf_counter() - before)
        lines.append(f"| {name} | {statistics.median(took) * 1e3:.0f} |")
    return lines
