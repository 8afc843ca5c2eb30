"""Traffic on the panel: what sites did over time, who with whom, and what was not seen."""

import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Page, expect

from tests.agent_socket import agent_socket
from tests.controller.alerts.samples import PING
from tests.controller.flows.minutes import minute
from tests.lab.net import Namespace
from tests.running import ControllerProcess
from tests.whole.browser import page_in
from tests.whole.test_up import PORT, SCREENSHOTS, log_in, said, site, up

__all__ = ["site"]

TALKS = (
    ("192.168.1.20", "video.example.com", "video.example.com", 40_000_000),
    ("192.168.1.21", "backup", "backup.example.org", 25_000_000),
    ("192.168.1.20", "mail", "mail.example.net", 900_000),
    ("192.168.1.7", "DNS", "198.18.0.0/24", 12_000),
)
SILENT = range(20, 31)
"""Minutes ago in which nobody reported."""


@pytest.mark.timeout(240)
def test_traffic_is_shown_with_its_gaps(site: Namespace, tmp_path: Path) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    with (
        up(site, tmp_path, "--probe", "127.0.0.1") as process,
        page_in(site, tmp_path) as page,
    ):
        log_in(page, said(process, "email"), said(process, "password"))
        page.get_by_role("link", name="Traffic").click()
        expect(page.get_by_text("No agent reported traffic")).to_be_visible()
        with site.inside():
            report(tmp_path, said(process, "email"), said(process, "password"))
        page.reload()
        chart = page.get_by_test_id("traffic-chart")
        expect(chart).to_be_visible(timeout=20_000)
        expect(page.get_by_test_id("traffic-gap")).to_have_count(1, timeout=20_000)
        expect(page.get_by_test_id("honesty")).to_contain_text("% of packets dropped")
        devices = page.get_by_test_id("top-device").locator("tbody tr")
        expect(devices.first).to_contain_text("192.168.1.20")
        expect(page.get_by_test_id("top-application")).to_contain_text("backup")
        layers = page.get_by_test_id("layer")
        expect(layers.first).to_contain_text("video.example.com")
        expect(layers.last).to_contain_text("all others")
        expect(page.get_by_test_id("top-group")).to_contain_text("staff")
        expect(page.get_by_test_id("figure-chart")).to_have_count(0)
        expect(page.get_by_test_id("top-agent")).to_contain_text("branch")
        page.screenshot(path=SCREENSHOTS / "traffic.png")
        page.get_by_role("button", name="24 h").click()
        expect(page.get_by_role("button", name="24 h")).to_have_attribute("aria-pressed", "true")
        expect(devices.first).to_contain_text("192.168.1.20")
        page.get_by_test_id("top-group").get_by_role("link", name="staff").click()
        expect(page.get_by_test_id("only-group")).to_contain_text("staff")
        expect(page.get_by_test_id("top-group")).to_have_count(0)
        expect(devices.first).to_contain_text("192.168.1.20")
        expect(page.get_by_role("button", name="24 h")).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_test_id("honesty")).to_contain_text(" in, ")
        page.goto(page.url.replace("staff", "nobody"))
        expect(page.get_by_test_id("only-group")).to_contain_text("nobody")
        expect(page.get_by_test_id("honesty")).to_contain_text("0 B in, 0 B out")
        expect(chart).to_be_visible()
        page.get_by_role("link", name="Show all").click()
        expect(page.get_by_test_id("top-group")).to_be_visible()
        # A click narrows all: what the device does, with whom, and when.
        devices.first.get_by_role("link").click()
        expect(page.get_by_test_id("only-device")).to_contain_text("192.168.1.20")
        expect(devices).to_have_count(1)
        talks = page.get_by_test_id("talk-row")
        expect(talks.first).to_contain_text("192.168.1.20")
        application = page.get_by_test_id("top-application").locator("tbody tr").first
        application.get_by_role("link").click()
        expect(page.get_by_test_id("only-application")).to_be_visible()
        expect(page.get_by_test_id("only-device")).to_be_visible()
        page.get_by_role("link", name="Not only this device").click()
        expect(page.get_by_test_id("only-device")).to_have_count(0)
        one_site_has_its_latency(page)


def one_site_has_its_latency(page: Page) -> None:
    """What was on the line when the ping went up."""
    page.get_by_role("link", name="Show all").click()
    page.get_by_test_id("top-agent").get_by_role("link", name="branch").click()
    latency = page.get_by_test_id("figure-chart")
    expect(latency).to_contain_text("Latency of this site")
    expect(latency).to_contain_text("198.18.0.9")


def report(folder: Path, email: str, password: str) -> None:
    """The last hour of a branch."""
    controller = ControllerProcess(folder / "not started", PORT)
    person = controller.person(email, password)
    agent = person.agent(1, "branch")
    ping = person.probe(agent, type="PING", targets=["198.18.0.9"])
    now = int(time.time()) // 60 * 60
    with agent_socket(controller, agent) as branch:
        for ago in range(1, 64):
            if ago not in SILENT:
                more = 7 + ago * ago % 13
                talks = [(d, a, r, size * more // 10) for d, a, r, size in TALKS]
                made = minute(now - 60 * ago, *talks, groups=("staff",), rest=500_000)
                at = datetime.fromtimestamp(made.minute, UTC)
                branch.post("FLOWS", msgspec.to_builtins(made), at=at)
                branch.post("PING", PING, probe_id=ping, target="198.18.0.9", at=at)
