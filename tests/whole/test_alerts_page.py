"""An alert on the panel: it is counted, shown, acknowledged and resolved."""

from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.controller.alerts.alert_stage import speaking
from tests.controller.alerts.samples import PING, but
from tests.lab.net import Namespace
from tests.running import ControllerProcess, Person, until
from tests.whole.browser import page_in
from tests.whole.test_up import SCREENSHOTS, log_in, said, site, up

__all__ = ["site"]

ALERT_BUTTONS: Final = ("Acknowledge", "Resolve")
MAY: Final = {"VIEWER": (), "USER": ALERT_BUTTONS, "ADMIN": (*ALERT_BUTTONS, "Switch off")}
"""Which buttons of the page each role has."""
PASSWORD: Final = "a good password"

RULE = """async () => {
  const headers = {
    'X-Forepost-Panel': '1',
    'Content-Type': 'application/json',
  };
  const body = JSON.stringify({
    name: 'Too near', metric: 'latency', operator: '<', threshold: 1000, severity: 'critical',
    for_count: 1, of_count: 1,
  });
  const answer = await fetch('/workspaces/1/alert-rules', { method: 'POST', headers, body });
  return answer.status;
}"""


@pytest.mark.timeout(90)
def test_an_alert_is_seen_and_dealt_with(site: Namespace, tmp_path: Path) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    with (
        up(site, tmp_path, "--probe", "127.0.0.1") as process,
        page_in(site, tmp_path) as page,
    ):
        log_in(page, said(process, "email"), said(process, "password"))
        expect(page.get_by_test_id("agent-row")).to_have_count(1)
        assert page.evaluate(RULE) == 201
        page.get_by_role("link", name="Alerts").click()
        row = page.get_by_test_id("alert-row")
        expect(row).to_have_count(1, timeout=30_000)
        expect(row).to_contain_text("Too near")
        expect(row).to_contain_text("critical")
        # The rules that every workspace has from its first day, and this one.
        expect(page.get_by_test_id("rule-row")).to_have_count(5)
        expect(page.get_by_test_id("rule-row").last).to_contain_text("latency < 1000")
        expect(page.get_by_test_id("alert-count")).to_have_text("1", timeout=30_000)
        page.screenshot(path=SCREENSHOTS / "alerts.png")
        row.get_by_role("button", name="Acknowledge").click()
        expect(row).to_have_count(0)
        page.get_by_role("button", name="Acknowledged").click()
        expect(row).to_have_count(1)
        page.get_by_test_id("rule-row").last.get_by_role("button", name="Switch off").click()
        page.get_by_role("button", name="Resolved").click()
        expect(row).to_have_count(1, timeout=15_000)
        expect(row).to_contain_text("lasted")


def test_only_what_one_may_do_is_offered(site: Namespace, tmp_path: Path) -> None:
    with site.inside():
        controller = ControllerProcess(tmp_path / "controller").start()
        try:
            an_alert_seen_by(controller, controller.person())
            with page_in(site, tmp_path) as page:
                for role, buttons in MAY.items():
                    open_alerts(page, controller, role)
                    expect(page.get_by_test_id("alert-row")).to_contain_text("lost")
                    expect(page.get_by_test_id("rule-row")).to_contain_text("lost")
                    for button in MAY["ADMIN"]:
                        found = page.get_by_role("button", name=button, exact=True)
                        expect(found).to_have_count(1 if button in buttons else 0)
                    page.get_by_role("button", name="Log out").click()
        finally:
            controller.end()


def an_alert_seen_by(controller: ControllerProcess, owner: Person) -> None:
    """Of a workspace with a member of each role."""
    workspace = owner.workspace("Field")
    for role in MAY:
        member = controller.person(mail_of(role), PASSWORD)
        owner.admit(member, workspace, role)
    agent = owner.agent(workspace)
    probe = owner.probe(agent, type="PING", targets=["198.18.0.1"])
    rule = {"name": "lost", "metric": "packet_loss", "operator": ">", "threshold": 5}
    owner.call("POST", f"/workspaces/{workspace}/alert-rules", rule, status=201)
    with speaking(owner, agent) as speaker:
        speaker.post("PING", but(PING, packet_loss=100.0, packets_recv=0), probe=probe)
        until(lambda: owner.call("GET", "/alerts")["data"], 5)


def mail_of(role: str) -> str:
    return f"{role.lower()}.of.field@example.com"


def open_alerts(page: Page, controller: ControllerProcess, role: str) -> None:
    page.goto(controller.url)
    page.get_by_test_id("email").fill(mail_of(role))
    page.get_by_test_id("password").fill(PASSWORD)
    page.get_by_test_id("login").click()
    page.get_by_role("link", name="Alerts").click()
