"""The page of an MTR probe: hops as mtr shows them, routes over time, what is different."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.agent_socket import agent_socket
from tests.lab.net import Namespace, namespace
from tests.running import ControllerProcess
from tests.whole.browser import page_in
from tests.whole.probe_payloads import mtr
from tests.whole.test_groups_page import wider_than_the_screen

PASSWORD = "a good password"
EMAIL = "paths@example.com"
TARGET = "198.18.9.9"
BEFORE = ["198.18.0.1", "198.18.1.1", TARGET]
AFTER = ["198.18.0.1", "198.18.1.1", "198.18.2.2", TARGET]


@pytest.fixture(scope="module")
def site() -> Iterator[Namespace]:
    with namespace() as here, here.inside():
        yield here


@pytest.fixture(scope="module")
def address(site: Namespace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a probe that traced for half an hour; 10 minutes ago the way became another."""
    controller = ControllerProcess(tmp_path_factory.mktemp("controller")).start()
    person = controller.person(EMAIL, PASSWORD)
    workspace = person.workspace("Field")
    agent = person.agent(workspace, "Lisbon")
    probe = person.probe(agent, type="MTR", targets=[TARGET], interval_sec=60)
    now = datetime.now(UTC)
    with agent_socket(controller, agent) as socket:
        for minutes in range(30, 0, -2):
            old = minutes > 10
            payload = mtr(BEFORE, way="a4") if old else mtr(AFTER, loss=(0, 50, 20, 20), way="b7")
            at = now - timedelta(minutes=minutes)
            socket.post("MTR", payload, probe_id=probe, at=at, target=TARGET)
        yield f"{controller.url}/w/{workspace}/sites/{agent.id}/probes/{probe}"
    controller.end()


def opened(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_test_id("email").fill(EMAIL)
    page.get_by_test_id("password").fill(PASSWORD)
    page.get_by_test_id("login").click()
    expect(page.get_by_test_id("hop-row").first).to_be_visible()


@pytest.mark.timeout(240)
def test_the_last_result_is_a_table_of_hops(address: str, site: Namespace, tmp_path: Path) -> None:
    with page_in(site, tmp_path) as page:
        opened(page, address)
        rows = page.get_by_test_id("hop-row")
        expect(rows).to_have_count(4)
        expect(rows.nth(2)).to_contain_text("hop3.example.net")
        expect(rows.nth(2)).to_contain_text("198.18.2.2")
        expect(rows.nth(2)).to_contain_text("AS64502 Northline Transit")
        figures = ["20 %", "10", "36.0", "36.0", "35.0", "40.0", "0.700"]
        assert rows.nth(2).locator("td.number").all_inner_texts()[1:] == figures
        # What is lost at the second and not behind it is not lost on the way.
        expect(rows.nth(1).locator("td.loss")).to_have_attribute(
            "title",
            "Behind it only 20 % are lost: this router answers seldom, and passes packets on.",
        )
        expect(page.get_by_test_id("path")).to_contain_text("The target answered at hop 4.")


@pytest.mark.timeout(240)
def test_a_change_of_the_route_is_marked_and_told_hop_by_hop(
    address: str, site: Namespace, tmp_path: Path
) -> None:
    with page_in(site, tmp_path) as page:
        opened(page, address)
        timeline = page.get_by_test_id("route-timeline")
        expect(timeline.get_by_role("button")).to_have_count(2)
        change = page.get_by_test_id("route-change")
        expect(change).to_contain_text("A → B")
        expect(change).to_contain_text("hops: 1 new")
        change.get_by_role("button", name="What changed").click()
        expect(page.get_by_test_id("diff-new")).to_contain_text("198.18.2.2")
        expect(page.get_by_test_id("diff-same")).to_have_count(3)
        page.reload()
        expect(page.get_by_test_id("diff-new")).to_contain_text("198.18.2.2")


@pytest.mark.timeout(240)
def test_one_walks_through_the_results_of_the_time(
    address: str, site: Namespace, tmp_path: Path
) -> None:
    with page_in(site, tmp_path) as page:
        opened(page, address)
        page.get_by_role("button", name="Route A").click()
        expect(page.get_by_test_id("hop-row")).to_have_count(3)
        page.get_by_role("button", name="Later result").click()
        expect(page.get_by_test_id("hop-row")).to_have_count(4)
        page.go_back()
        expect(page.get_by_test_id("hop-row")).to_have_count(3)
        slider = page.get_by_role("slider", name="Result")
        slider.press("End")
        expect(page.get_by_test_id("hop-row")).to_have_count(4)
        slider.press("Home")
        expect(page.get_by_test_id("hop-row")).to_have_count(3)
        page.get_by_role("button", name="Newest", exact=True).click()
        expect(page.get_by_test_id("hop-row")).to_have_count(4)


@pytest.mark.timeout(240)
def test_on_a_phone_hops_are_cards(address: str, site: Namespace, tmp_path: Path) -> None:
    with page_in(site, tmp_path, width=390) as page:
        opened(page, address)
        page.get_by_role("button", name="What changed").click()
        expect(page.get_by_test_id("route-diff")).to_be_visible()
        expect(page.get_by_test_id("hop-row").first).to_contain_text("198.18.0.1")
        assert not wider_than_the_screen(page)


@pytest.mark.timeout(240)
def test_what_is_shown_can_be_taken_along(address: str, site: Namespace, tmp_path: Path) -> None:
    with page_in(site, tmp_path) as page:
        opened(page, address)
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.get_by_role("button", name="Export").click()
        page.get_by_role("button", name="Copy as text").click()
        expect(page.get_by_text("Text copied")).to_be_visible()
        text = page.evaluate("navigator.clipboard.readText()")
        assert "3.   hop3.example.net (198.18.2.2)" in text
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Chart as CSV").click()
        header, *rows = Path(download.value.path()).read_text().splitlines()
        assert header.startswith("time,agent_id,type,target,results")
        assert len(rows) == 15
