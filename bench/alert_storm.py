"""What 10,000 alerts at once cost, and how long another workspace's critical one waits."""

import asyncio
import logging
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from sqlalchemy import func, insert, select

from forepost.controller.alerts.change import NewAlert
from forepost.controller.alerts.incident_notices import IncidentNotices
from forepost.controller.alerts.ledger import Ledger
from forepost.controller.alerts.move_queue import WAITING, Move
from forepost.controller.alerts.notices import AlertNotices
from forepost.controller.alerts.store import RuleStore
from forepost.controller.alerts.watch import Watch
from forepost.controller.alerts.writer import AlertWriter
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.alerts import alerts, incidents
from forepost.controller.db.tables.deliveries import deliveries
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.probes import probe_targets, probes
from forepost.controller.db.tables.workspaces import workspaces
from forepost.controller.notify.outbox import Outbox
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from forepost.wire.rest.alerts import NewRule

ALERTS, AGENTS = WAITING, 100
NOW = datetime.now(UTC)
TIMES = {"created_at": NOW, "updated_at": NOW}


async def fleet(db: Database) -> None:
    """Two workspaces; in the first 100 agents with 100 probes each, in the second one."""
    async with db.write() as connection:
        owner = {"id": 1, "email": "a@example.com", "name": "a", "role": "USER"}
        await connection.execute(
            insert(users).values(**owner, password_hash="", verified=True, **TIMES)
        )
        for number in (1, 2):
            whose = {"id": number, "name": f"w{number}", "description": "", "owner_id": 1}
            await connection.execute(insert(workspaces).values(**whose, **TIMES))
        named = {"name": "a", "description": "", "location": "", "public_ip_override": ""}
        known = {"version": "", "psk_sha256": "", **named, **TIMES}
        rows = [{"id": n, "workspace_id": 1, **known} for n in range(1, AGENTS + 1)]
        await connection.execute(
            insert(agents), [*rows, {"id": AGENTS + 1, "workspace_id": 2, **known}]
        )
        shape = {"type": "PING", "enabled": True, "interval_sec": 10, "timeout_sec": 1, "count": 1}
        rest = {"duration_sec": 0, "server": False, "bind_interface": "", **TIMES}
        made = [
            {
                "id": n,
                "workspace_id": 1 if n <= ALERTS else 2,
                "agent_id": (n - 1) // (ALERTS // AGENTS) + 1,
                **shape,
                **rest,
            }
            for n in range(1, ALERTS + 2)
        ]
        await connection.execute(insert(probes), made)
        targets = [
            {"probe_id": n, "target": f"198.18.{n >> 8}.{n & 255}", **TIMES}
            for n in range(1, ALERTS + 2)
        ]
        await connection.execute(insert(probe_targets), targets)


def move(watch: Watch, rule_id: int, probe: int, severity: str) -> Move:
    watched = watch.known[rule_id]
    line = (
        probe,
        (probe - 1) // (ALERTS // AGENTS) + 1,
        "PING",
        f"198.18.{probe >> 8}.{probe & 255}",
    )
    begun = NewAlert(
        workspace_id=watched.rule.workspace_id,
        rule_id=rule_id,
        line=line,
        metric="failure",
        value=1.0,
        threshold=0.0,
        severity=severity,  # type: ignore[arg-type]
        text="no answer",
        at=datetime.now(UTC),
    )
    return Move(
        watched=watched,
        workspace_id=watched.rule.workspace_id,
        rule_id=rule_id,
        line=line,
        kind="open",
        begun=begun,
    )


async def storm(folder: Path, pick: Callable[[int], int]) -> tuple[float, float, Sequence[int]]:
    """Seconds for all, seconds for the other workspace's, and how many of what there are.

    `pick`: the order in which the probes fail.
    """
    clock = SystemClock()
    db = Database.at(f"sqlite+aiosqlite:///{folder / 'meta.sqlite'}")
    await db.migrate()
    await fleet(db)
    outbox = Outbox(clock)
    store = RuleStore(db, lambda _: None)
    everywhere = NewRule(
        name="all",
        metric="failure",
        operator=">",
        threshold=0.0,
        notify_webhook=True,
        webhook_url="https://hook.example/x",
    )
    urgent = msgspec.structs.replace(everywhere, severity="critical")
    rules = [await store.add_rule(1, everywhere, NOW), await store.add_rule(2, urgent, NOW)]
    watch = Watch(clock)
    for rule in rules:
        watch.replace(rule.workspace_id, [rule], [])
    ledger = Ledger(
        db,
        AlertNotices(outbox.put, outbox.redirect, ""),
        IncidentNotices(outbox.put, outbox.withdraw, ""),
    )
    health = Health(logging.getLogger("bench"))
    writer = AlertWriter(watch, ledger, lambda *_: None, clock, health)
    for place in range(ALERTS):
        watch.moves.push(move(watch, rules[0].id, pick(place) + 1, "warning"))
    began = time.perf_counter()
    running = asyncio.create_task(writer.run())
    await asyncio.sleep(0.5)
    asked = time.perf_counter()
    watch.moves.push(move(watch, rules[1].id, ALERTS + 1, "critical"))
    other = 0.0
    while writer.opened < ALERTS + 1:
        await asyncio.sleep(0.005)
        if not other and await _told(db, 2):
            other = time.perf_counter() - asked
    spent = time.perf_counter() - began
    running.cancel()
    async with db.read() as connection:
        counted = [
            (await connection.scalar(select(func.count()).select_from(table))) or 0
            for table in (alerts, incidents, deliveries)
        ]
    await db.close()
    return spent, other, counted


async def _told(db: Database, workspace_id: int) -> bool:
    async with db.read() as connection:
        query = select(deliveries.c.id).where(deliveries.c.workspace_id == workspace_id)
        return await connection.scalar(query) is not None


def main() -> str:
    orders: dict[str, Callable[[int], int]] = {
        "agent after agent": lambda place: place,
        "all agents mixed": lambda place: place % AGENTS * (ALERTS // AGENTS) + place // AGENTS,
    }
    lines = []
    for name, pick in orders.items():
        with tempfile.TemporaryDirectory() as folder:
            spent, other, (opened, grouped, told) = asyncio.run(storm(Path(folder), pick))
        lines.append(
            f"| {name} | {spent:.1f} | {opened:,} | {grouped:,} | {told:,} | {1000 * other:.0f} |"
        )
    rss_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return "\n".join(
        [
            f"## {ALERTS:,} alerts at once",
            "",
            "`make bench ARGS=alert_storm`",
            "",
            f"One rule fires on {ALERTS:,} targets of {AGENTS} agents; half a second later a",
            f"critical alert comes in another workspace. At most {rss_mib:.0f} MiB.",
            "",
            "| order | all written, s | alerts | incidents | notices | the other's notice, ms |",
            "|---|---|---|---|---|---|",
            *lines,
            "",
        ]
    )
