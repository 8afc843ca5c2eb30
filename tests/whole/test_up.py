"""What a new user sees: one command, an address, and their network drawn live in a browser."""

import json
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.lab.net import Namespace, pair
from tests.running import READY_SEC, Process, until
from tests.whole.browser import page_in

PORT = 8080
URL = f"http://127.0.0.1:{PORT}"
SCREENSHOTS = Path(__file__).parents[1] / "screenshots"
GATEWAY = "198.18.0.2"


@contextmanager
def up(
    site: Namespace, folder: Path, *more: str, env: dict[str, str] | None = None
) -> Iterator[Process]:
    """`forepost up` in a namespace, until its last line is printed."""
    process = Process(
        ["-m", "forepost.cli.main", "up", "--data", str(folder / "data"), *more],
        env or {},
        folder / "up.log",
        prefix=["ip", "netns", "exec", site.name],
    )
    folder.mkdir(exist_ok=True)
    process.start()
    try:
        until(lambda: "forepost is running" in process.output, READY_SEC, lambda: process.output)
        yield process
    finally:
        process.end()


@pytest.fixture
def site() -> Iterator[Namespace]:
    """A host with a gateway of its own."""
    with pair() as (host, _gateway):
        host.ip(f"route add default via {GATEWAY}")
        yield host


def said(process: Process, what: str) -> str:
    found = re.search(rf"{what} +(\S+)", process.output)
    assert found, process.output
    return found[1]


def log_in(page: Page, email: str, password: str) -> None:
    """To the list of sites."""
    page.goto(f"{URL}/w/1/sites")
    page.get_by_test_id("email").fill(email)
    page.get_by_test_id("password").fill(password)
    page.get_by_test_id("login").click()


def points(page: Page) -> int:
    return int(re.sub(r"\D", "", page.get_by_test_id("points").inner_text()) or 0)


def in_spool_or_series(folder: Path) -> int:
    """Agents that the controller of this folder knows."""
    with sqlite3.connect(folder / "data/controller/meta.sqlite") as db:
        return int(db.execute("SELECT count(*) FROM agents").fetchone()[0])


@pytest.mark.timeout(240)
def test_a_browser_shows_the_gateway_being_measured(site: Namespace, tmp_path: Path) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    with up(site, tmp_path) as process, page_in(site, tmp_path) as page:
        assert said(process, "panel") == URL
        log_in(page, said(process, "email"), said(process, "password"))
        row = page.get_by_test_id("agent-row")
        expect(row).to_have_count(1)
        expect(row).to_contain_text("This host")
        expect(page.get_by_test_id("agent-age")).to_contain_text(re.compile(r"\d+ s ago|now"))
        page.screenshot(path=SCREENSHOTS / "agents.png")
        row.click()
        probes = page.get_by_test_id("probe-row")
        expect(probes).to_have_count(4)
        for what in ("127.0.0.1", GATEWAY, "SYSINFO", "NETINFO"):
            expect(probes.filter(has_text=what)).to_have_count(1)
        page.screenshot(path=SCREENSHOTS / "agent.png")
        probes.filter(has_text=GATEWAY).click()
        expect(page.get_by_test_id("chart")).to_be_visible()
        expect(page.get_by_test_id("live-state")).to_have_text("live")
        expect(page.get_by_test_id("last-rtt").first).to_contain_text(re.compile(r"\d.*(ms|µs)"))
        expect(page.get_by_test_id("last-loss").first).to_contain_text("0")
        before = points(page)
        until(lambda: points(page) >= before + 2, 20, lambda: f"no points after {before}")
        page.screenshot(path=SCREENSHOTS / "probe.png")
        for _ in range(2):  # automatic, light, dark
            page.get_by_test_id("theme").click()
        expect(page.get_by_test_id("theme")).to_contain_text("Dark")
        page.screenshot(path=SCREENSHOTS / "probe-dark.png")


@pytest.mark.timeout(240)
def test_it_stops_cleanly_and_goes_on_with_the_same_data(site: Namespace, tmp_path: Path) -> None:
    env = {"FOREPOST_ADMIN__EMAIL": "me@example.com", "FOREPOST_ADMIN__PASSWORD": "my password"}
    with up(site, tmp_path, "--probe", "127.0.0.1", env=env) as process:
        assert said(process, "email") == "me@example.com"
        status = until(lambda: agent_status(site, tmp_path), 10, lambda: process.output)
        assert status["probes"] == 3
        children = [int(pid) for pid in children_of(process)]
        assert len(children) == 2
        assert process.stop() == 0
        assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert not (tmp_path / "data/first-login.json").exists()
    (tmp_path / "up.log").unlink()
    with up(site, tmp_path, env=env) as process:
        assert "password" not in process.output
        status = until(lambda: agent_status(site, tmp_path), 10, lambda: process.output)
        assert status["probes"] == 3
        assert in_spool_or_series(tmp_path) == 1


@pytest.mark.timeout(240)
def test_a_part_that_dies_is_started_again_and_all_end_with_the_parent(
    site: Namespace, tmp_path: Path
) -> None:
    with up(site, tmp_path, "--probe", "::1") as process:
        until(lambda: agent_status(site, tmp_path), 10, lambda: process.output)
        victim = agent_status(site, tmp_path)["pid"]
        os.kill(victim, 9)

        def another() -> bool:
            found = agent_status(site, tmp_path)
            return bool(found) and found["pid"] != victim

        until(another, 15, lambda: process.output)
        children = [int(pid) for pid in children_of(process)]
        process.kill()
        until(
            lambda: not [pid for pid in children if Path(f"/proc/{pid}").exists()],
            15,
            lambda: process.output,
        )


def agent_status(site: Namespace, folder: Path) -> dict[str, int]:
    """What `forepost status --json` prints, once the agent is connected; {} before."""
    process = Process(
        ["-m", "forepost.cli.main", "status", "--json", "--state-dir", str(folder / "data/agent")],
        {},
        folder / "status.log",
    )
    process.log.write_text("")
    process.start()
    assert process.child is not None
    code = process.child.wait(10)
    if code == 3:
        return {}
    found: dict[str, int] = json.loads(process.output.strip().splitlines()[-1])
    return found if found["connected"] else {}


def children_of(process: Process) -> list[str]:
    """`ip netns exec` becomes the program, so the pid is that of `forepost up`."""
    return Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
