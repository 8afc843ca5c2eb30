"""The panel in a real browser: 500 sites with a year of results, and 50 probes that are live."""

import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
from playwright.sync_api import Page, sync_playwright
from websockets.asyncio.client import connect

from bench import topology
from bench.ingest import PORT

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
EVERY_HOURS = float(os.environ.get("BENCH_PANEL_HOURS", "24"))
"""Between two results of a probe in the stored year."""
ROUNDS = int(os.environ.get("BENCH_PANEL_ROUNDS", "9"))
LIVE_PROBES, LIVE_SEC = 50, 30.0
URL = f"http://127.0.0.1:{PORT}"
PAGES = {
    "Now": ("now", "[data-testid=verdict]", 1),
    "Sites, 500 rows": ("sites", "[data-testid=agent-row]", 200),
    "a site, 20 probes": ("sites/250", "[data-testid=probe-row]", 20),
    "a probe, 1 h": ("sites/250/probes/4999?last=1h", "[data-testid=chart] canvas", 1),
    "a probe, 1 year": ("sites/250/probes/4999?last=1y", "[data-testid=chart] canvas", 1),
    "Paths": ("paths", "[data-testid=target-row]", 1),
    "Alerts": ("alerts", ".empty", 1),
}
"""What is seen when a page is there: so many of these."""
SEEN = """([what, number]) => new Promise((tell) => {
  const look = () => {
    if (document.querySelectorAll(what).length < number) return requestAnimationFrame(look);
    // The frame that shows them, and the script that makes them, are done in the next one.
    requestAnimationFrame(() => setTimeout(() => tell(performance.now())));
  };
  look();
})"""


@contextmanager
def browser_page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.goto(URL)
        page.get_by_test_id("email").fill(topology.LOGIN["email"])
        page.get_by_test_id("password").fill(topology.LOGIN["password"])
        page.get_by_test_id("login").click()
        page.get_by_role("navigation", name="Parts").wait_for()
        yield page
        browser.close()


def opened_ms(page: Page, path: str, seen: str, number: int) -> float:
    """From an address that is entered to the frame in which its content is there.

    The page itself looks, in each frame: Playwright waits up to half a second between two looks.
    """
    page.goto("about:blank")
    page.goto(f"{URL}/w/1/{path}", wait_until="commit")
    return float(page.evaluate(SEEN, [seen, number]))


def renderers() -> list[psutil.Process]:
    found = psutil.Process().children(recursive=True)
    return [one for one in found if "--type=renderer" in " ".join(one.cmdline())]


class Reporter:
    """One agent, whose probes have a result each second, in a thread of its own."""

    def __init__(self, psk: str) -> None:
        self._psk = psk
        self._ending = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    async def _run(self) -> None:
        chance = random.Random(3)
        headers = {"X-Workspace-ID": "1", "X-Agent-ID": "1", "X-Agent-PSK": self._psk}
        url = f"ws://127.0.0.1:{PORT}/ws"
        async with connect(url, additional_headers=headers, proxy=None) as socket:
            await socket.send("M")
            await socket.recv()
            await socket.send("$1;agent;;_OnNamespaceConnect;0;0;")
            await socket.recv()
            while not self._ending.is_set():
                for place in range(LIVE_PROBES):
                    body = {
                        "probe_id": place + 1,
                        "created_at": datetime.now(UTC).isoformat(),
                        "type": "PING",
                        "payload": json.loads(topology.payload_of(chance, 1, place)[0]),
                        "target": topology.target_of(1, place)[0],
                    }
                    await socket.send(f";agent;;probe_post;0;0;{json.dumps(body)}")
                    await socket.recv()
                    await asyncio.sleep(0.8 / LIVE_PROBES)


def year() -> tuple[dict[str, list[float]], int]:
    topology.DAYS, topology.EVERY_HOURS = 365, EVERY_HOURS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with topology.controller(folder):
            pass  # makes the schema
        keys = topology.fill_metadata(folder)
        rows = asyncio.run(topology.fill_series(folder))
        with topology.controller(folder), topology.Reporters(keys), browser_page() as page:
            time.sleep(2 * topology.REPORT_EVERY_SEC)
            times = {
                what: [opened_ms(page, *asked) for _ in range(ROUNDS)]
                for what, asked in PAGES.items()
            }
    return times, rows


def live() -> dict[str, float]:
    """Percent of a core that the browser's renderer needs."""
    topology.AGENTS, topology.PROBES, topology.MTRS, topology.PEERS = 1, LIVE_PROBES, 0, 0
    lines = "+".join(f"{n}" for n in range(1, 7))
    pages = {
        f"a site of {LIVE_PROBES} probes": "sites/1",
        "one chart": "sites/1/probes/1?last=15m",
        "six lines of six probes": f"compare?lines={lines}&last=15m",
    }
    found = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with topology.controller(folder):
            pass
        keys = topology.fill_metadata(folder)
        with topology.controller(folder), Reporter(keys[1]), browser_page() as page:
            for what, path in pages.items():
                page.goto(f"{URL}/w/1/{path}")
                time.sleep(10)
                before = sum(sum(one.cpu_times()[:2]) for one in renderers())
                time.sleep(LIVE_SEC)
                after = sum(sum(one.cpu_times()[:2]) for one in renderers())
                found[what] = 100 * (after - before) / LIVE_SEC
    return found


TEXT = """## The panel in a browser

`make bench ARGS=panel`

Chromium, headless, 1440 px, on the {cores} cores that the controller and the agents have, too.
500 sites with 20 probes each, {rows:,} results of 365 days, {rate:.0f} results/s meanwhile. From
an address that is entered to the frame that shows its content, {rounds} times each;
nothing but the browser's own cache is kept. Aim: 1,000 ms.

| page | first, ms | median, ms | worst, ms |
|---|---|---|---|
{pages}

One agent, each of its {probes} probes with a result each second: what the renderer of the browser
needs of a core. Aim for 50 live charts: 20 %.

| page | % of a core |
|---|---|
{live}
"""


def main() -> str:
    """About ten minutes."""
    times, rows = year()
    print("the year is measured", file=sys.stderr, flush=True)
    shares = live()
    return TEXT.format(
        cores=os.cpu_count(),
        rows=rows,
        rate=500 / topology.REPORT_EVERY_SEC,
        rounds=ROUNDS,
        probes=LIVE_PROBES,
        pages="\n".join(
            f"| {what} | {all_ms[0]:.0f} | {statistics.median(all_ms):.0f} | {max(all_ms):.0f} |"
            for what, all_ms in times.items()
        ),
        live="\n".join(f"| {what} | {share:.0f} |" for what, share in shares.items()),
    )
