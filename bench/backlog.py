"""How long 48 hours of results take over slow lines, and what a result of now waits beside them."""

import json
import logging
import os
import platform
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from forepost.agent.edges.files.spool_folder import SpoolFolder
from forepost.agent.uplink.spool import Spool
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from tests.lab.net import FAR, Namespace, pair
from tests.running import AgentProcess, ControllerProcess, NewAgent, Person, until

HOURS = float(os.environ.get("BENCH_HOURS", "48"))
MOST_SEC = float(os.environ.get("BENCH_SECONDS", "540"))
"""A line that needs longer is measured for so long, and the rest is extrapolated."""
PORT = 18_481
ADDRESS = FAR[0].split("/")[0]
HOPS = 12
LIVE_SEC = 2
FEWEST = 10
"""Live results; where all is brought home at once some come after that."""
LINES = {
    "64 kbit/s": "tbf rate 64kbit burst 4kb latency 400ms",
    "1 Mbit/s": "tbf rate 1mbit burst 16kb latency 100ms",
    "a cable": "",
}
HEAD = (
    "| line | results | MB | minutes | sent, MB | forecast, s | truth, s | live median, s | p95"
    " | worst | of |"
)
INTRODUCTION = f"""## Backlog

`make bench ARGS=backlog`

The spool of an agent with {HOURS:.0f} h of a PING (10 packets), an MTR ({HOPS} hops) and an HTTP
probe at their default interval of 60 s, and of what it says of its host: varied from results of a
real one, written by the product's own spool, and brought home by a real agent to a real controller
in another namespace, over a token bucket (tbf) at both ends. Live: a PING every {LIVE_SEC} s
meanwhile, from its making to its receipt at the controller (the acknowledgement follows the
commit). Forecast: what `backlog_left_sec` said first, and how long it took from then on. Where all
was brought home the controller had each once.
"""


def main() -> str:
    """Return a Markdown section. About eleven minutes; needs root."""
    machine = (
        f"{os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}"
    )
    lines = [INTRODUCTION, f"{machine}.", "", HEAD, "| --- " * HEAD.count(" | ") + "| --- |"]
    found = harvest()
    lines += [measured(name, discipline, found) for name, discipline in LINES.items()]
    return "\n".join([*lines, ""])


@contextmanager
def running(folder: Path, discipline: str) -> Iterator[tuple[Namespace, Person]]:
    """The near side of a line, on whose far side is a controller; we ask it from there."""
    with pair() as (near, far):
        controller = ControllerProcess(folder / "c", PORT)
        controller.env["FOREPOST_HTTP__LISTEN"] = f"0.0.0.0:{PORT}"
        controller.prefix = ["ip", "netns", "exec", far.name]
        with far.inside():
            controller.start()
            try:
                person = controller.person()
                if discipline:
                    for side in (near, far):
                        side.run("tc", "qdisc", "add", "dev", "cable", "root", *discipline.split())
                yield near, person
            finally:
                controller.end()


def agent_of(folder: Path, near: Namespace, agent: NewAgent) -> AgentProcess:
    process = AgentProcess(folder / "agent", f"http://{ADDRESS}:{PORT}", agent)
    process.prefix = ["ip", "netns", "exec", near.name]
    return process


def probes_of(person: Person, agent: NewAgent) -> dict[str, int]:
    return {
        "PING": person.probe(agent, type="PING", targets=[ADDRESS], count=10),
        "MTR": person.probe(agent, type="MTR", targets=[ADDRESS]),
        "HTTP": person.probe(agent, type="HTTP", targets=[f"http://{ADDRESS}:{PORT}/readyz"]),
    }


def harvest() -> dict[str, Any]:
    """A result of each type, as an agent leaves it in its spool."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running(folder, "") as (near, person):
            agent = person.agent(person.workspace("w"))
            probes_of(person, agent)
            process = agent_of(folder, near, agent).start()
            try:
                until(process.drained, 30)
                until(lambda: process.status()["probes"] >= 5, 30)
                near.ip("link set cable down")  # what is measured now stays in the spool
                time.sleep(75)
            finally:
                process.end()
        spool, found = spool_in(folder / "agent"), dict[str, Any]()
        while batch := spool.batch(500, 1 << 20):
            for record in batch.records:
                post = json.loads(record.data)
                found[post["type"]] = post
            spool.ack(batch)
    hops = found["MTR"]["payload"].get("hops") or found["MTR"]["payload"]["report"]["hops"]
    hops += [json.loads(json.dumps(hops[0])) for _ in range(HOPS - len(hops))]
    assert {"PING", "MTR", "HTTP", "SYSINFO", "NETINFO"} <= set(found), sorted(found)
    return found


def spool_in(folder: Path) -> Spool:
    health = Health(logging.getLogger("bench"))
    disk = SpoolFolder(folder / "spool")
    return Spool(disk, SystemClock(), health, max_bytes=1 << 30, max_age_sec=30 * 86_400)


def varied(value: Any, dice: random.Random) -> Any:
    """Figures as they vary from round to round."""
    match value:
        case dict():
            return {key: varied(each, dice) for key, each in value.items()}
        case list():
            return [varied(each, dice) for each in value]
        case int() if not isinstance(value, bool) and value > 1_000:
            return round(value * dice.uniform(0.9, 1.1))
        case float():
            return round(value * dice.uniform(0.9, 1.1), 3)
        case _:
            return value


def fill(folder: Path, found: dict[str, Any], probes: dict[str, int]) -> tuple[int, int]:
    """Results and bytes that were put."""
    spool, dice = spool_in(folder), random.Random(11)
    minutes = round(HOURS * 60)
    begun = datetime.now(UTC) - timedelta(minutes=minutes + 1)
    for minute in range(minutes):
        for second, (kind, post) in enumerate(found.items()):
            at = begun + timedelta(minutes=minute, seconds=11 * second + dice.random())
            payload = varied(post["payload"], dice)
            made = post | {"created_at": at.isoformat(), "payload": payload}
            if post["probe_id"]:
                made["probe_id"] = probes[kind]
            spool.put(json.dumps(made, separators=(",", ":")).encode())
    spool.close()
    status = spool.status
    return status.pending, status.bytes


def measured(name: str, discipline: str, found: dict[str, Any]) -> str:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with running(folder, discipline) as (near, person):
            agent = person.agent(person.workspace("w"))
            past = probes_of(person, agent)
            live = person.probe(
                agent, type="PING", targets=[ADDRESS], interval_sec=LIVE_SEC, count=1
            )
            process = agent_of(folder, near, agent)
            count, size = fill(process.folder, found, past)
            before = sent_bytes(near)
            process.start()
            try:
                figures = brought_home(process)
                line = sent_bytes(near) - before
                until(lambda: len(person.results(agent, live)) >= FEWEST, 60)
                late = [late_sec(row) for row in person.results(agent, live)]
                check(person, agent, past, figures)
            finally:
                process.end()
    left = figures["left"]
    minutes = figures["took"] / 60
    shown = f"{minutes:.1f}"
    if left:
        shown = f"{minutes * count / (count - left):.1f} (extrapolated from {count - left} results)"
    late.sort()
    return (
        f"| {name} | {count:,} | {size / 1e6:.1f} | {shown} | {line / 1e6:.2f} | {figures['said']}"
        f" | {figures['truth']} | {statistics.median(late):.2f} | {late[int(0.95 * len(late))]:.2f}"
        f" | {late[-1]:.2f} | {len(late)} |"
    )


def brought_home(process: AgentProcess) -> dict[str, Any]:
    begun = time.monotonic()
    said: tuple[float, float] | None = None
    backlog = 0
    while time.monotonic() - begun < MOST_SEC:
        time.sleep(0.2)
        status = process.status()
        if status is None or not status["connected"]:
            continue
        spool = status["spool"]
        if said is None and spool["backlog_left_sec"] is not None:
            said = time.monotonic(), spool["backlog_left_sec"]
        backlog = spool["backlog"] or spool["pending"] * (spool["bytes"] > 0)
        if not backlog:
            break
    ended = time.monotonic()
    return {
        "took": ended - begun,
        "left": backlog,
        "said": "none" if said is None else f"{said[1]:.0f}",
        "truth": "" if said is None or backlog else f"{ended - said[0]:.0f}",
    }


def check(person: Person, agent: NewAgent, past: dict[str, int], figures: dict[str, Any]) -> None:
    """Exactly once: each of the backlog, beside what these probes measured now."""
    if figures["left"]:
        return
    for probe in past.values():
        rows = person.results(agent, probe)
        times = [row["created_at"] for row in rows]
        old = [row for row in rows if late_sec(row) > 30]
        assert len(times) == len(set(times))
        assert len(old) == round(HOURS * 60), len(old)


def sent_bytes(near: Namespace) -> int:
    with near.inside():
        return int(Path("/proc/thread-self/net/dev").read_text().split("cable:")[1].split()[8])


def late_sec(row: Any) -> float:
    made, came = (datetime.fromisoformat(row[key]) for key in ("created_at", "received_at"))
    return (came - made).total_seconds()
