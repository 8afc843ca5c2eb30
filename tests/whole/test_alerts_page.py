"""An alert on the panel: it is counted, shown, acknowledged and resolved."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.controller.alerts.alert_stage import Hooks, quick_controller, speaking
from tests.controller.alerts.samples import PING, but
from tests.lab.net import Namespace
from tests.running import ADMIN, ControllerProcess, Person, until
from tests.whole.browser import log_out, page_in
from tests.whole.test_up import SCREENSHOTS, log_in, said, site, up

__all__ = ["site"]

ALERT_BUTTONS: Final = ("Acknowledge", "Resolve")
MAY: Final = {"VIEWER": (), "USER": ALERT_BUTTONS, "ADMIN": ALERT_BUTTONS}
"""Which buttons of an alert each role has."""
MAY_RULE: Final = ("ADMIN",)
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


@pytest.mark.timeout(240)
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
        incident = page.get_by_test_id("incident-row")
        expect(incident).to_have_count(1, timeout=30_000)
        expect(incident).to_contain_text("critical")
        expect(page.get_by_test_id("alert-count")).to_have_text("1", timeout=30_000)
        incident.get_by_role("link").click()
        row = page.get_by_test_id("alert-row")
        expect(row).to_have_count(1)
        expect(row).to_contain_text("Too near")
        row.get_by_role("button", name="What happened").click()
        expect(row).to_contain_text("opened")
        row.get_by_role("button", name="Note …").click()
        row.get_by_placeholder("Note").fill("on my way")
        row.get_by_role("button", name="Acknowledge with this note").click()
        expect(row).to_contain_text("acknowledged by")
        expect(row).to_contain_text("on my way", timeout=20_000)
        row.get_by_role("button", name="Mute …").click()
        row.get_by_placeholder("Why").fill("known")
        row.get_by_role("button", name="Mute", exact=True).click()
        expect(row.get_by_placeholder("Why")).to_have_count(0)
        page.screenshot(path=SCREENSHOTS / "alerts.png")
        page.get_by_role("button", name="Maintenance").click()
        expect(page.get_by_test_id("window-row")).to_contain_text("known")
        page.get_by_role("button", name="Single alerts").click()
        expect(page.get_by_text("No alert is active.")).to_be_visible()
        page.get_by_role("button", name="Acknowledged").click()
        expect(row).to_have_count(1)
        page.get_by_role("button", name="Rules").click()
        # The rules that every workspace has from its first day, and this one.
        rules = page.get_by_test_id("rule-row")
        expect(rules).to_have_count(5)
        expect(rules.last).to_contain_text("latency < 1000")
        rules.last.get_by_role("button", name="Switch off").click()
        expect(rules.last).to_contain_text("off")
        page.get_by_role("button", name="Single alerts").click()
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
                    page.get_by_role("button", name="Single alerts").click()
                    expect(page.get_by_test_id("alert-row")).to_contain_text("lost")
                    for button in ALERT_BUTTONS:
                        found = page.get_by_role("button", name=button, exact=True)
                        expect(found).to_have_count(1 if button in buttons else 0)
                    page.get_by_role("button", name="Rules").click()
                    expect(page.get_by_test_id("rule-row")).to_contain_text("lost")
                    may = 1 if role in MAY_RULE else 0
                    for button in ("Switch off", "Add rule"):
                        expect(page.get_by_role("button", name=button)).to_have_count(may)
                    log_out(page)
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


def set_hours(form: Locator) -> None:
    """Active at all times, in two parts; quiet on a day that is not today."""
    form.get_by_text("Only at some times").click()
    active = form.get_by_role("group", name="Alerts open in these hours")
    for place, (begin, end) in enumerate((("00:00", "12:00"), ("12:00", "00:00"))):
        active.get_by_role("button", name="Add hours").click()
        active.get_by_label("From", exact=True).nth(place).fill(begin)
        active.get_by_label("To", exact=True).nth(place).fill(end)
    quiet = form.get_by_role("group", name="Told later in these hours")
    quiet.get_by_role("button", name="Add hours").click()
    day = (datetime.now(UTC) + timedelta(days=3)).strftime("%a").lower()
    quiet.get_by_label(day, exact=True).check()


def take_hours_away(page: Page) -> None:
    """They are there when the rule is edited, and one of them goes."""
    row = page.get_by_test_id("rule-row")
    expect(row).to_contain_text("On call")
    row.get_by_role("button", name="Edit").click()
    form = page.get_by_role("form", name="Change rule")
    active = form.get_by_role("group", name="Alerts open in these hours")
    expect(active.get_by_label("From", exact=True).nth(1)).to_have_value("12:00")
    quiet = form.get_by_role("group", name="Told later in these hours")
    expect(quiet.get_by_role("checkbox", checked=True)).to_have_count(1)
    quiet.get_by_role("button", name="Remove these hours").click()
    expect(quiet.get_by_role("checkbox")).to_have_count(0)
    form.get_by_role("button", name="Save").click()
    expect(form).to_be_hidden()


@pytest.mark.timeout(240)
def test_a_rule_is_tried_on_the_past_and_tells_a_channel_that_was_tested(
    site: Namespace, tmp_path: Path
) -> None:
    """All of it in the browser: the channel, its test, the rule, its preview, the notice."""
    with site.inside():
        hooks = Hooks()
        controller = quick_controller(tmp_path / "controller").start()
        try:
            person = controller.person()
            workspace = person.workspace("Field")
            agent = person.agent(workspace)
            probe = person.probe(agent, type="PING", targets=["198.18.0.1"])
            with (
                speaking(person, agent) as speaker,
                page_in(site, tmp_path, refusals=(400,)) as page,
            ):
                speaker.post("PING", but(PING, packet_loss=50.0), probe=probe)
                page.goto(f"{controller.url}/w/{workspace}/alerts?tab=channels")
                page.get_by_test_id("email").fill(ADMIN["email"])
                page.get_by_test_id("password").fill(ADMIN["password"])
                page.get_by_test_id("login").click()

                page.get_by_role("button", name="Add channel").click()
                form = page.get_by_role("form", name="New channel")
                form.get_by_label("Name", exact=True).fill("On call")
                form.get_by_label("Kind", exact=True).select_option("webhook")
                form.get_by_role("button", name="Add channel").click()
                expect(form.get_by_role("alert")).to_contain_text("url")
                form.get_by_label("URL", exact=True).fill(hooks.url("/oncall"))
                form.get_by_role("button", name="Add channel").click()
                row = page.get_by_test_id("channel-row")
                expect(row).to_contain_text("On call")
                row.get_by_role("button", name="Test now").click()
                until(lambda: hooks.came.get("/oncall"), 10, lambda: hooks.came)
                expect(row).to_contain_text("sent")

                page.get_by_role("button", name="Rules").click()
                page.get_by_role("button", name="Add rule").click()
                form = page.get_by_role("form", name="New rule")
                form.get_by_label("Name", exact=True).fill("Half is lost")
                metric = form.get_by_label("Metric", exact=True)
                assert metric.evaluate("one => one.validity.valueMissing"), "it has to be chosen"
                metric.select_option("packet_loss")
                form.get_by_label("Operator", exact=True).select_option(">")
                form.get_by_label("Threshold", exact=True).fill("20")
                form.get_by_label("On call").check()
                set_hours(form)
                form.get_by_role("button", name="Try it on the past").click()
                expect(page.get_by_test_id("preview")).to_contain_text("would have fired once")
                form.get_by_role("button", name="Add rule").click()
                take_hours_away(page)
                before = len(hooks.came["/oncall"])
                speaker.post("PING", but(PING, packet_loss=50.0), probe=probe)
                until(lambda: len(hooks.came["/oncall"]) > before, 10, lambda: hooks.came)
        finally:
            controller.end()
            hooks.close()
