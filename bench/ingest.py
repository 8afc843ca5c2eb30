"""How many results one controller process takes, commits and acknowledges."""

import contextlib
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw
import psutil
from argon2 import PasswordHasher

from forepost.controller.access.tokens import new_psk, psk_sha256

AGENTS = 1_000
SECONDS = float(os.environ.get("BENCH_SECONDS", "15"))
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
PORT = 18_480
PAYLOAD = json.dumps(
    {
        "start_timestamp": "2026-11-21T09:14:17.878481Z",
        "stop_timestamp": "2026-11-21T09:14:46.931001Z",
        "packets_recv": 10,
        "packets_sent": 10,
        "packets_recv_duplicates": 0,
        "packet_loss": 0,
        "addr": "198.18.0.1",
        "min_rtt": 48683,
        "max_rtt": 2072472,
        "avg_rtt": 155888,
        "std_dev_rtt": 357498,
        "rtts_ns": [48683 + 7919 * n for n in range(10)],
    },
    separators=(",", ":"),
)


def controller(folder: Path) -> Any:
    env = {
        "FOREPOST_HTTP__LISTEN": f"127.0.0.1:{PORT}",
        "FOREPOST_DATA__DIR": str(folder),
        "FOREPOST_LOG": "WARNING",
    }
    return running(["-m", "forepost.controller"], env)


@contextlib.contextmanager
def running(arguments: list[str], env: dict[str, str]) -> Any:
    process = subprocess.Popen([sys.executable, *arguments], env={**os.environ, **env})
    try:
        for _ in range(100):
            time.sleep(0.1)
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}/readyz", timeout=1)
                break
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def yardstick_ms() -> float:
    hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
    started = time.perf_counter()
    for _ in range(10):
        hasher.hash("yardstick")
    return 100 * (time.perf_counter() - started)


def fill(folder: Path) -> list[dict[str, Any]]:
    """Agents with keys and probes, straight into the database: enrolment is not measured here."""
    db = sqlite3.connect(folder / "meta.sqlite")
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
    agents = []
    with db:
        db.execute(
            "INSERT INTO users (id,email,name,role,password_hash,verified,labels,metadata,"
            "created_at,updated_at) "
            "VALUES (1,'b@example.com','b','USER','x',0,'{}','{}',?,?)",
            (now, now),
        )
        db.execute("INSERT INTO workspaces VALUES (1,'bench','','{}',1,NULL,?,?)", (now, now))
        for n in range(1, AGENTS + 1):
            psk = new_psk()
            db.execute(
                "INSERT INTO agents (id,workspace_id,name,description,location,public_ip_override,"
                "version,psk_sha256,labels,metadata,created_at,updated_at) "
                "VALUES (?,1,?,'','','','',?,'{}','{}',?,?)",
                (n, f"a{n}", psk_sha256(psk), now, now),
            )
            db.execute(
                "INSERT INTO probes (id,workspace_id,agent_id,type,enabled,interval_sec,"
                "timeout_sec,count,duration_sec,server,bind_interface,labels,metadata,"
                "created_at,updated_at) "
                "VALUES (?,1,?,'PING',1,60,10,5,0,0,'','{}','{}',?,?)",
                (n, n, now, now),
            )
            agents.append({"workspace": 1, "agent": n, "psk": psk, "probe": n})
    db.close()
    return agents


TEXT = """## Ingest

`make bench ARGS=ingest`

{agents} agents on one controller process, each waiting for the acknowledgement (after the commit,
`synchronous=FULL`) before it sends again; the generator shares the {cores} cores. Median of {runs}
runs of {seconds:.0f} s, by turns; every acknowledged result was counted in the store. CPU
is that of the whole server process while results are counted (all are connected), and a
CPU second is what a core of its own gives. "uvicorn alone" is a server that answers every
message and keeps nothing: what this stack costs before forepost does anything. Yardstick of the
machine: one argon2 hash (19 MiB, t = 2) took {argon2_ms:.0f} ms.

| | results per CPU second | CPU µs/result | results/s | cores | ack p50 ms | ack p99 ms | RSS MiB |
|---|---|---|---|---|---|---|---|
{rows}
"""


def once(batch: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with controller(folder):
            pass  # makes the schema
        agents = fill(folder)
        with controller(folder) as process:
            found = load(process, agents, batch)
        stored = stored_rows(folder / "series.sqlite")
        if stored != found["posted"] or found["errors"]:
            raise SystemExit(f"posted {found['posted']}, stored {stored}: {found['errors']}")
        return found


def echoed() -> dict[str, Any]:
    """The same load on a server that answers and keeps nothing."""
    agents = [{"workspace": 1, "agent": n, "psk": "", "probe": n} for n in range(1, AGENTS + 1)]
    with running(["-m", "bench.echo", str(PORT)], {}) as process:
        return load(process, agents, 1)


def load(process: psutil.Process, agents: list[dict[str, Any]], batch: int) -> dict[str, Any]:
    config = {
        "agents": agents,
        "batch": batch,
        "payload": PAYLOAD,
        "port": PORT,
        "pid": process.pid,
        "warm_up_sec": 3,
        "seconds": SECONDS,
    }
    swarm = subprocess.run(
        [sys.executable, "-m", "bench.swarm"],
        input=json.dumps(config),
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS + 120,
    )
    found: dict[str, Any] = json.loads(swarm.stdout)
    return {**found, "rss_mib": process.memory_info().rss / 2**20}


def stored_rows(path: Path) -> int:
    db = apsw.Connection(str(path))
    tables = [
        name
        for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        if name.startswith("p_")
    ]
    return sum(next(db.execute(f'SELECT count(*) FROM "{t}"'))[0] for t in tables)


def main() -> str:
    rows = []
    kinds: dict[str, Callable[[], dict[str, Any]]] = {
        "uvicorn alone, 1 a message": echoed,
        "forepost, 1 a message": lambda: once(1),
        "forepost, 20 a message": lambda: once(20),
    }
    turns = [{kind: run() for kind, run in kinds.items()} for _ in range(RUNS)]
    for kind in kinds:
        runs = [turn[kind] for turn in turns]
        middle = {
            key: statistics.median(run[key] for run in runs) for key in runs[0] if key != "errors"
        }
        rows.append(
            f"| {kind} | {1e6 / middle['cpu_us']:,.0f} | {middle['cpu_us']:.1f} | "
            f"{middle['per_second']:,.0f} | {middle['cores']:.2f} | {middle['p50_ms']:.0f} | "
            f"{middle['p99_ms']:.0f} | {middle['rss_mib']:.0f} |"
        )
        print(rows[-1], file=sys.stderr)
    return TEXT.format(
        agents=AGENTS,
        cores=os.cpu_count(),
        runs=RUNS,
        seconds=SECONDS,
        argon2_ms=yardstick_ms(),
        rows="\n".join(rows),
    )
