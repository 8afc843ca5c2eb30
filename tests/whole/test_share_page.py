"""A probe is shared and taken away: the link without an account, the snapshot, the files."""

import csv
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from forepost.wire.rest.apply import ProbeItem
from tests.agent_socket import agent_socket
from tests.controller.alerts.samples import PING
from tests.lab.net import namespace
from tests.running import ControllerProcess
from tests.whole.browser import page_in
from tests.whole.test_up import SCREENSHOTS

PASSWORD = "a good password"
EMAIL = "share@example.com"
TARGET = "198.18.0.1"


def stranger(page: Page) -> Page:
    """Somebody with another browser, who has no account."""
    browser = page.context.browser
    assert isinstance(browser, Browser)
    there = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    there.set_default_timeout(30_000)
    return there


def made_link(page: Page) -> str:
    page.get_by_role("button", name="Make link").click()
    address = page.get_by_test_id("share-address").locator("code")
    expect(address).to_contain_text("/shared/")
    return address.inner_text()


def sees_the_probe(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("heading", name=f"PING {TARGET}")).to_be_visible()
    expect(page.get_by_test_id("chart")).to_be_visible()
    expect(page.get_by_test_id("last-loss")).to_contain_text("0 %")
    expect(page.get_by_role("navigation", name="Parts")).to_have_count(0)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def taken_away(page: Page) -> None:
    """Each by two clicks: Export, what."""

    def chosen(what: str) -> None:
        page.get_by_role("button", name="Export").click()
        page.get_by_text(what, exact=True).click()

    for what in ("Results as CSV", "Chart as CSV"):
        with page.expect_download() as file:
            chosen(what)
        rows = list(csv.DictReader(file.value.path().read_text().splitlines()))
        assert [row["target"] for row in rows[:1]] == [TARGET], what
    with page.expect_download() as file:
        chosen("Chart as PNG")
    assert file.value.suggested_filename == f"Office-PING-{TARGET}.png"
    assert file.value.path().read_bytes()[:4] == b"\x89PNG"
    file.value.save_as(SCREENSHOTS / "chart.png")
    chosen("Copy as text")
    expect(page.get_by_text("Text copied")).to_be_visible()
    text = page.evaluate("navigator.clipboard.readText()")
    assert f"PING {TARGET}" in text
    assert "answered, 0 % lost" in text
    chosen("Copy as YAML")
    expect(page.get_by_text("YAML copied")).to_be_visible()
    yaml = page.evaluate("navigator.clipboard.readText()")
    (item,) = msgspec.yaml.decode(yaml, type=list[ProbeItem])
    assert (item.id, item.targets, item.metadata) == ("gate", [TARGET], {"rack": "***"})


@pytest.mark.timeout(200)
def test_a_probe_is_shared_by_two_clicks_and_taken_away(tmp_path: Path) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    with namespace() as site, site.inside():
        controller = ControllerProcess(tmp_path / "controller").start()
        try:
            person = controller.person(EMAIL, PASSWORD)
            agent = person.agent(person.workspace("Field"), "Office")
            probe = person.probe(
                agent, type="PING", targets=[TARGET], external_id="gate", metadata={"rack": 46}
            )
            with agent_socket(controller, agent) as socket:
                for _ in range(3):
                    socket.post("PING", PING, probe_id=probe, target=TARGET)
            home = f"{controller.url}/w/{agent.workspace}"
            with page_in(site, tmp_path, refusals=(410,)) as page:
                page.context.grant_permissions(["clipboard-read", "clipboard-write"])
                page.goto(f"{home}/sites/{agent.id}/probes/{probe}?last=15m")
                page.get_by_test_id("email").fill(EMAIL)
                page.get_by_test_id("password").fill(PASSWORD)
                page.get_by_test_id("login").click()
                expect(page.get_by_test_id("chart")).to_be_visible()
                taken_away(page)
                page.get_by_role("button", name="Share").click()
                address = made_link(page)
                assert address.endswith("?last=15m"), "it shows what was looked at"
                there = stranger(page)
                sees_the_probe(there, address)
                there.screenshot(path=SCREENSHOTS / "shared-390.png", full_page=True)

                page.get_by_role("button", name="Another link").click()
                page.get_by_label("Shows").select_option(label="a snapshot: Last 15 min")
                page.get_by_label("Password (optional)").fill("open sesame")
                frozen = made_link(page)
                there.goto(frozen)
                there.get_by_role("textbox", name="Password").fill("guess")
                there.get_by_role("button", name="Show").click()
                expect(there.get_by_text("The password is wrong")).to_be_visible()
                there.get_by_role("textbox", name="Password").fill("open sesame")
                there.get_by_role("button", name="Show").click()
                expect(there.get_by_test_id("snapshot")).to_contain_text("as it was")
                expect(there.get_by_test_id("time-range")).to_have_count(0)

                page.goto(f"{home}/settings")
                links = page.get_by_test_id("share-row")
                expect(links).to_have_count(2)
                first = links.filter(has_text="as it goes on")
                expect(first).to_contain_text("opened 1 time")
                first.get_by_role("button", name="Revoke").click()
                page.get_by_role("button", name="Yes, revoke").click()
                expect(links).to_have_count(1)
                there.goto(address)
                expect(there.get_by_test_id("share-refused")).to_contain_text("revoked")
        finally:
            controller.end()
