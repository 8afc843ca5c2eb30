"""A workspace of 500 agents with 20 probes each: how long list, matrix, map and health take."""

import asyncio
import gc
import json
import logging
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import httpx
import psutil
from websockets.asyncio.client import connect

from bench.ingest import PORT, running
from forepost.controller.access.tokens import new_psk, psk_sha256
from forepost.controller.series.port import Row
from forepost.controller.series.sqlite import SqliteSeries
from forepost.controller.topology.latest import LatestResults
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health

AGENTS, PROBES, MTRS, PEERS = 500, 20, 5, 5
"""Of the probes of an agent: so many MTRs, and so many PINGs of other agents."""
DAYS = 30
EVERY_HOURS = float(os.environ.get("BENCH_TOPOLOGY_HOURS", "4"))
"""Between two results of a probe in the stored month; the last 15 minutes have one a minute."""
ROUNDS = int(os.environ.get("BENCH_TOPOLOGY_ROUNDS", "50"))
APART_SEC = 2.1
"""Between two requests for the same answer: more than one is kept while results come in."""
DETOURS = 0.05
"""Share of the MTRs that find another way than usual."""
REPORT_EVERY_SEC = 3.0
"""Of an agent while it is measured: each of its probes once a minute."""
BATCH, CONSIDERED = 500, 100_000
MINUTE_US = 60_000_000
LOGIN = {"email": "bench@example.com", "password": "correct horse battery"}
WHAT = {
    "agent list": "agents?limit=200",
    "matrix": "connectivity-matrix",
    "map": "network-map",
    "health": "health",
}


class SetClock(SystemClock):
    """As late as the rows."""

    at = datetime.now(UTC)

    def now(self) -> datetime:
        return self.at


def kind_of(place: int) -> str:
    return "MTR" if place < MTRS else "PING"


def target_of(agent: int, place: int) -> tuple[str, int]:
    """Text and agent of the probe's target."""
    if MTRS <= place < MTRS + PEERS:
        peer = (agent + 37 * place) % AGENTS + 1
        return f"10.9.{peer // 256}.{peer % 256}", peer if peer != agent else agent % AGENTS + 1
    return f"203.0.113.{(agent * 7 + place * 13) % 40 + 1}", 0


def payload_of(chance: random.Random, agent: int, place: int) -> tuple[bytes, float]:
    """And the mean RTT in ms."""
    rtt = chance.uniform(5, 90)
    target, _ = target_of(agent, place)
    if kind_of(place) == "PING":
        rtts = [int(rtt * 1e6) + chance.randrange(100_000) for _ in range(10)]
        text = (
            f'{{"packets_recv":10,"packets_sent":10,"packet_loss":0.0,"addr":"{target}",'
            f'"min_rtt":{min(rtts)},"max_rtt":{max(rtts)},"avg_rtt":{rtts[0]},'
            f'"std_dev_rtt":9,"rtts_ns":{rtts}}}'
        )
        return text.encode(), rtt
    detour = int(chance.random() < DETOURS)
    routers = [
        f"10.{agent // 256}.{agent % 256}.1",
        f"172.16.{agent % 25}.1",
        *(f"192.0.2.{(n * 31 + agent % 5 + detour) % 200 + 1}" for n in range(7)),
        target,
    ]
    hops = ",".join(
        f'{{"ttl":{n},"hosts":[{{"ip":"{ip}","hostname":""}}],"extensions":[],'
        f'"loss_pct":"0.00","sent":5,"last":"{rtt * n / 10:.2f}","recv":5,'
        f'"avg":"{rtt * n / 10:.2f}","best":"0.07","worst":"0.22","stddev":"0.08"}}'
        for n, ip in enumerate(routers, 1)
    )
    info = f'{{"target":{{"ip":"{target}","hostname":"{target}"}}}}'
    return f'{{"report":{{"info":{info},"hops":[{hops}]}}}}'.encode(), rtt


def row_of(chance: random.Random, agent: int, place: int, at_us: int) -> Row:
    payload, rtt = payload_of(chance, agent, place)
    target, peer = target_of(agent, place)
    return Row(
        identity=chance.getrandbits(63),
        probe_id=(agent - 1) * PROBES + place + 1,
        probe_agent_id=agent,
        agent_id=agent,
        created_us=at_us,
        received_us=at_us + 1_000,
        type=kind_of(place),
        payload=payload,
        target=target,
        target_agent=peer,
        rtt_ms=rtt,
        rtt_min_ms=rtt,
        rtt_max_ms=rtt,
        loss_pct=0.0,
    )


def controller(folder: Path) -> Any:
    env = {
        "FOREPOST_HTTP__LISTEN": f"127.0.0.1:{PORT}",
        "FOREPOST_DATA__DIR": str(folder),
        "FOREPOST_ADMIN__EMAIL": LOGIN["email"],
        "FOREPOST_ADMIN__PASSWORD": LOGIN["password"],
        "FOREPOST_LOG": "WARNING",
    }
    return running(["-m", "forepost.controller"], env)


def fill_metadata(folder: Path) -> dict[int, str]:
    """Agents, probes and targets, straight into the database; the keys of the agents."""
    db = sqlite3.connect(folder / "meta.sqlite")
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
    keys = {agent: new_psk() for agent in range(1, AGENTS + 1)}
    with db:
        db.execute("INSERT INTO workspaces VALUES (1,'bench','','{}',1,NULL,?,?)", (now, now))
        db.execute(
            "INSERT INTO members (workspace_id,user_id,role,created_at,updated_at)"
            " VALUES (1,1,'OWNER',?,?)",
            (now, now),
        )
        db.executemany(
            "INSERT INTO agents (id,workspace_id,name,description,location,public_ip_override,"
            "version,psk_sha256,labels,metadata,last_seen_at,created_at,updated_at) "
            "VALUES (?,1,?,'','','','',?,'{}','{}',?,?,?)",
            [(n, f"site-{n}", psk_sha256(psk), now, now, now) for n, psk in keys.items()],
        )
        every = [(agent, place) for agent in keys for place in range(PROBES)]
        db.executemany(
            "INSERT INTO probes (id,workspace_id,agent_id,type,enabled,interval_sec,timeout_sec,"
            "count,duration_sec,server,bind_interface,labels,metadata,created_at,updated_at) "
            "VALUES (?,1,?,?,1,60,10,10,0,0,'','{}','{}',?,?)",
            [((a - 1) * PROBES + p + 1, a, kind_of(p), now, now) for a, p in every],
        )
        targets = [((a - 1) * PROBES + p + 1, *target_of(a, p)) for a, p in every]
        db.executemany(
            "INSERT INTO probe_targets (probe_id,target,agent_id,created_at,updated_at)"
            " VALUES (?,?,?,?,?)",
            [
                (probe, "" if peer else text, peer or None, now, now)
                for probe, text, peer in targets
            ],
        )
    db.close()
    return keys


async def fill_series(folder: Path) -> int:
    clock, chance = SetClock(), random.Random(1)
    store = await SqliteSeries.open(
        folder / "series.sqlite", clock, Health(logging.getLogger("bench"))
    )
    lines = [(agent, place) for agent in range(1, AGENTS + 1) for place in range(PROBES)]
    end, total = datetime.now(UTC), 0
    times = [
        end - timedelta(days=DAYS) + timedelta(hours=EVERY_HOURS) * n
        for n in range(int(DAYS * 24 / EVERY_HOURS))
    ]
    for at in times:
        total += await _add(store, clock, chance, lines, at)
    print(f"{total:,} rows of {DAYS} days", file=sys.stderr, flush=True)
    await store.roll_up()
    end = datetime.now(UTC)
    for minute in range(14, 0, -1):
        total += await _add(store, clock, chance, lines, end - timedelta(minutes=minute))
    await store.close()
    return total


async def _add(
    store: SqliteSeries,
    clock: SetClock,
    chance: random.Random,
    lines: list[tuple[int, int]],
    at: datetime,
) -> int:
    clock.at = at
    at_us = round(at.timestamp() * 1e6)
    for first in range(0, len(lines), BATCH):
        part = lines[first : first + BATCH]
        await store.add([row_of(chance, *line, at_us + n) for n, line in enumerate(part, first)])
    return len(lines)


class Reporters:
    """All agents, each with one of its probes every three seconds, in a thread of their own."""

    def __init__(self, keys: dict[int, str]) -> None:
        self._keys = keys
        self.acks_ms: list[float] = []
        self.errors: list[str] = []
        self._ending = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    async def _run(self) -> None:
        await asyncio.gather(*(self._agent(agent, psk) for agent, psk in self._keys.items()))

    async def _agent(self, agent: int, psk: str) -> None:
        chance = random.Random(agent)
        headers = {"X-Workspace-ID": "1", "X-Agent-ID": str(agent), "X-Agent-PSK": psk}
        await asyncio.sleep(chance.uniform(0, REPORT_EVERY_SEC))
        async with connect(
            f"ws://127.0.0.1:{PORT}/ws", additional_headers=headers, proxy=None
        ) as socket:
            await socket.send("M")
            await socket.recv()
            await socket.send("$1;agent;;_OnNamespaceConnect;0;0;")
            await socket.recv()
            while not self._ending.is_set():
                await self._report(socket, chance, agent)
                await asyncio.sleep(REPORT_EVERY_SEC)

    async def _report(self, socket: Any, chance: random.Random, agent: int) -> None:
        place = chance.randrange(PROBES)
        target, peer = target_of(agent, place)
        body = {
            "probe_id": (agent - 1) * PROBES + place + 1,
            "created_at": datetime.now(UTC).isoformat(),
            "type": kind_of(place),
            "payload": json.loads(payload_of(chance, agent, place)[0]),
            "target": target,
            "target_agent": peer,
        }
        started = time.perf_counter()
        await socket.send(f";agent;;probe_post;0;0;{json.dumps(body)}")
        answer = str(await socket.recv())
        self.acks_ms.append((time.perf_counter() - started) * 1e3)
        if "probe_post_ok" not in answer:
            self.errors.append(answer)


def ask(process: psutil.Process) -> dict[str, Any]:
    url = f"http://127.0.0.1:{PORT}"
    token = httpx.post(f"{url}/auth/login", json=LOGIN, verify=False).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    found: dict[str, Any] = {what: [] for what in WHAT}
    with httpx.Client(base_url=url, headers=headers, verify=False, timeout=60) as client:
        for turn in range(ROUNDS + 1):
            for what, path in WHAT.items():
                started = time.perf_counter()
                with client.stream("GET", f"/workspaces/1/{path}") as answer:
                    first_ms = (time.perf_counter() - started) * 1e3
                    size = len(answer.read())
                    whole_ms = (time.perf_counter() - started) * 1e3
                if answer.status_code != 200:
                    raise SystemExit(f"{what}: {answer.status_code}")
                if turn:
                    found[what].append((first_ms, whole_ms, size))
                else:
                    found[f"first {what}"] = first_ms
            time.sleep(APART_SEC)
    found["rss_mib"] = process.memory_info().rss / 2**20
    return found


def considered() -> dict[str, float]:
    """us of CPU for each result that is taken into account, with all lines known."""
    chance = random.Random(2)
    at_us = round(datetime.now(UTC).timestamp() * 1e6)
    found = {}
    for kind, places in (("PING", range(MTRS, PROBES)), ("MTR", range(MTRS))):
        latest = LatestResults()
        rows = [
            row_of(chance, n % AGENTS + 1, places[n // AGENTS % len(places)], at_us + n)
            for n in range(CONSIDERED)
        ]
        for row in rows[: AGENTS * PROBES]:
            latest.consider(1, (row,))
        gc.collect()
        before = time.process_time()
        for row in rows:
            latest.consider(1, (row,))
        found[kind] = (time.process_time() - before) / CONSIDERED * 1e6
    return found


def tables(found: dict[str, Any]) -> Iterator[str]:
    for what in WHAT:
        firsts = sorted(first for first, _, _ in found[what])
        wholes = [whole for _, whole, _ in found[what]]
        size = found[what][-1][2]
        yield (
            f"| {what} | {found[f'first {what}']:.0f} | {statistics.median(firsts):.0f} |"
            f" {firsts[-1 if len(firsts) < 100 else -len(firsts) // 100]:.0f} |"
            f" {statistics.median(wholes):.0f} | {size / 1e6:.2f} |"
        )


TEXT = """## Map, matrix, health

`make bench ARGS=topology` (`BENCH_TOPOLOGY_HOURS` for another density)

{agents} agents with {probes} probes each: {mtrs} MTR of 10 hops, {peers} PING of other agents,
{others} PING of 40 places. Stored: {rows:,} results, one of each probe every {hours:g} h over
{days} days (one a minute would be 432 M) and one a minute in the last 14 minutes; {mib:,.0f} MiB,
made in {filled:.0f} s. Ready after {ready:.1f} s. While it is asked all agents report,
{rate:.0f} results/s; acknowledged after {ack50:.0f} ms (median), {ack99:.0f} ms (p99),
{worst:.0f} ms at most. {rounds} requests of each kind, {apart} s apart, so that each answer is
made anew; {cores} cores shared with the agents and the one who asks. Target for the first byte:
300 ms. Resident memory of the controller: {rss:.0f} MiB.

| | very first, ms | first byte, median ms | p99 ms | whole, median ms | MB |
|---|---|---|---|---|---|
{table}

Taking a result into account, between two commits: {ping:.1f} us for a PING, {mtr:.1f} us for
an MTR of 10 hops.
"""


def main() -> str:
    """About six minutes."""
    costs = considered()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with controller(folder):
            pass  # makes the schema
        keys = fill_metadata(folder)
        started = time.perf_counter()
        rows = asyncio.run(fill_series(folder))
        filled_sec = time.perf_counter() - started
        mib = (folder / "series.sqlite").stat().st_size / 2**20
        started = time.perf_counter()
        with controller(folder) as process:
            ready_sec = time.perf_counter() - started
            with Reporters(keys) as reporters:
                time.sleep(2 * REPORT_EVERY_SEC)
                found = ask(process)
    if reporters.errors:
        raise SystemExit(f"refused: {reporters.errors[:3]}")
    acks = sorted(reporters.acks_ms)
    return TEXT.format(
        agents=AGENTS,
        probes=PROBES,
        mtrs=MTRS,
        peers=PEERS,
        others=PROBES - MTRS - PEERS,
        rows=rows,
        days=DAYS,
        hours=EVERY_HOURS,
        mib=mib,
        filled=filled_sec,
        ready=ready_sec,
        rate=AGENTS / REPORT_EVERY_SEC,
        ack50=statistics.median(acks),
        ack99=acks[-len(acks) // 100],
        worst=acks[-1],
        rounds=ROUNDS,
        apart=APART_SEC,
        cores=os.cpu_count(),
        rss=found["rss_mib"],
        table="\n".join(tables(found)),
        ping=costs["PING"],
        mtr=costs["MTR"],
    )
