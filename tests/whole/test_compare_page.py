"""Events on the axis of a probe's chart, and lines of several probes on one axis."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.agent_socket import agent_socket
from tests.controller.alerts.samples import PING
from tests.lab.net import namespace
from tests.running import ControllerProcess, NewAgent, until
from tests.whole.browser import page_in
from tests.whole.probe_payloads import mtr
from tests.whole.test_up import SCREENSHOTS

PASSWORD = "a good password"
EMAIL = "compare@example.com"
TARGET = "198.18.9.9"
WAYS = [["198.18.0.1", TARGET]] * 3 + [["198.18.0.2", TARGET]] * 3
"""The route changes once."""


def measured(controller: ControllerProcess, agent: NewAgent, ping: int, trace: int) -> None:
    now = datetime.now(UTC) - timedelta(minutes=30)
    with agent_socket(controller, agent) as socket:
        for minute, way in enumerate(WAYS):
            at = now + timedelta(minutes=minute)
            if trace:
                payload = {**mtr(way), "fingerprint": way[0]}
                socket.post("MTR", payload, probe_id=trace, target=TARGET, at=at)
            socket.post("PING", PING, probe_id=ping, target=TARGET, at=at)


def wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def leads_to_the_route(page: Page, trace: int) -> None:
    """Hovered an event says what it is, clicked it leads to its moment."""
    event = page.get_by_test_id("event").last
    event.hover()
    expect(page.get_by_test_id("event-words")).to_contain_text("198.18.0.2")
    page.screenshot(path=SCREENSHOTS / "events.png", full_page=True)
    event.click()
    page.wait_for_url(f"**/probes/{trace}?at=*")
    expect(page.get_by_test_id("hop-row").first).to_contain_text("198.18.0.2")


def compares(page: Page) -> None:
    """The set is in the address: what was chosen is there again after a reload."""
    page.get_by_role("link", name="Compare").click()
    lines = page.get_by_test_id("compared-row")
    expect(lines).to_have_count(1)
    page.get_by_role("button", name="Turin").click()
    expect(lines).to_have_count(2)
    expect(lines.nth(1)).to_contain_text(f"Turin · PING {TARGET}")
    expect(lines.nth(1)).to_contain_text("0 %")
    page.reload()
    expect(lines).to_have_count(2)
    more = page.get_by_role("region", name="Add a line")
    more.get_by_label("Site").select_option(label="Porto")
    more.get_by_label("Probe").select_option(label=f"MTR {TARGET}")
    expect(lines).to_have_count(3)
    page.get_by_role("button", name="Leave out Turin").click()
    expect(lines).to_have_count(2)


@pytest.mark.timeout(200)
def test_what_happened_stands_below_the_chart_and_sites_are_compared(tmp_path: Path) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    with namespace() as site, site.inside():
        controller = ControllerProcess(tmp_path / "controller").start()
        try:
            person = controller.person(EMAIL, PASSWORD)
            workspace = person.workspace("Field")
            porto, turin = (person.agent(workspace, name) for name in ("Porto", "Turin"))
            first, second = (
                person.probe(one, type="PING", targets=[TARGET]) for one in (porto, turin)
            )
            trace = person.probe(porto, type="MTR", targets=[TARGET])
            measured(controller, porto, first, trace)
            measured(controller, turin, second, 0)
            changes = f"/workspaces/{workspace}/changes?kind=route"
            until(lambda: person.call("GET", changes)["data"], 15)
            home = f"{controller.url}/w/{workspace}/sites/{porto.id}/probes"
            with page_in(site, tmp_path) as page:
                page.goto(f"{home}/{first}?last=1h")
                page.get_by_test_id("email").fill(EMAIL)
                page.get_by_test_id("password").fill(PASSWORD)
                page.get_by_test_id("login").click()
                leads_to_the_route(page, trace)
                page.goto(f"{home}/{first}?last=1h")
                compares(page)
                page.set_viewport_size({"width": 390, "height": 844})
                expect(page.get_by_test_id("chart")).to_be_visible()
                assert not wide(page)
                person.call("DELETE", f"/workspaces/{workspace}/agents/{porto.id}/probes/{trace}")
                page.reload()
                expect(page.get_by_role("alert")).to_contain_text("not there any more")
        finally:
            controller.end()
