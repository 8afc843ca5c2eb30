"""Password, sessions and second factor in the browser; people, keys, a site by one line."""

import base64
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from forepost.controller.accounts.totp import STEP_SEC, code_at
from tests.lab.net import Namespace, pair
from tests.running import ADMIN, ControllerProcess, Process, until
from tests.whole.browser import log_out, page_in


@pytest.fixture
def site() -> Iterator[Namespace]:
    with pair() as (host, _):
        yield host


@pytest.fixture
def controller(site: Namespace, tmp_path: Path) -> Iterator[ControllerProcess]:
    with site.inside():
        process = ControllerProcess(tmp_path / "controller").start()
        yield process
        process.end()


def log_in(page: Page, address: str, password: str = ADMIN["password"]) -> None:
    page.goto(address)
    page.get_by_test_id("email").fill(ADMIN["email"])
    page.get_by_test_id("password").fill(password)
    page.get_by_test_id("login").click()


def code_of(secret: str) -> str:
    return code_at(base64.b32decode(secret), int(time.time()) // STEP_SEC)


@pytest.mark.timeout(240)
def test_a_password_is_changed_and_a_second_factor_is_asked(
    controller: ControllerProcess, site: Namespace, tmp_path: Path
) -> None:
    workspace = controller.person().workspace("Field")
    at = f"{controller.url}/w/{workspace}/account"
    with page_in(site, tmp_path, refusals=(401,)) as page:
        log_in(page, at)
        expect(page.get_by_test_id("session-row").filter(has_text="this one")).to_have_count(1)
        form = page.get_by_role("form", name="Change the password")
        form.get_by_label("Present password").fill("not it at all")
        form.get_by_label("New password, 8 characters or more").fill("another password")
        form.get_by_label("New password once more").fill("another password")
        form.get_by_role("button").click()
        expect(form.get_by_role("alert")).to_be_visible()
        form.get_by_label("Present password").fill(ADMIN["password"])
        form.get_by_role("button").click()
        expect(form.get_by_role("status")).to_contain_text("The password is changed")

        page.get_by_role("form", name="Switch it on").get_by_label("Password").fill(
            "another password"
        )
        page.get_by_role("button", name="Set it up").click()
        secret = page.get_by_label("Second factor").locator("code").inner_text()
        page.get_by_role("form", name="Confirm the code").get_by_label("Code").fill(code_of(secret))
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_test_id("recovery")).to_be_visible()
        recovery = page.get_by_test_id("recovery").locator("code").inner_text().split()[0]

        log_out(page)
        log_in(page, at, "another password")
        page.get_by_test_id("code").fill("000000")
        page.get_by_test_id("login").click()
        expect(page.get_by_role("alert")).to_contain_text("or the code is wrong")
        page.get_by_test_id("code").fill(recovery)
        page.get_by_test_id("login").click()
        expect(page.get_by_text("9 recovery codes left")).to_be_visible()


@pytest.mark.timeout(240)
def test_people_are_invited_and_keys_are_made(
    controller: ControllerProcess, site: Namespace, tmp_path: Path
) -> None:
    workspace = controller.person().workspace("Field")
    with page_in(site, tmp_path, refusals=(400, 409)) as page:
        log_in(page, f"{controller.url}/w/{workspace}/settings")
        page.get_by_role("button", name="Invite somebody").click()
        page.get_by_label("Mail address").fill("new@example.com")
        page.get_by_role("button", name="Invite", exact=True).click()
        expect(page.get_by_test_id("member-row").filter(has_text="new@example.com")).to_be_visible()
        link = page.get_by_role("status").filter(has_text="is invited").locator("code").inner_text()
        log_out(page)
        page.goto(link)
        expect(page.get_by_text("is invited to")).to_contain_text("Field")
        form = page.get_by_role("form", name="New account")
        form.get_by_label("A password, 8 characters or more").fill("a new password")
        form.get_by_role("button").click()
        expect(page).to_have_url(f"{controller.url}/w/{workspace}/now")
        log_out(page)
        log_in(page, f"{controller.url}/w/{workspace}/settings")
        page.get_by_role("button", name="New key").click()
        form = page.get_by_role("form", name="New key")
        form.get_by_label("Name").fill("grafana")
        form.get_by_role("button", name="Make the key").click()
        key = page.get_by_role("status").filter(has_text="The key, which").locator("code")
        secret = key.inner_text()
        assert re.fullmatch(r"fpk_\d+_\S{43}", secret)
        row = page.get_by_test_id("key-row")
        expect(row).to_contain_text("grafana")
        row.get_by_role("button", name="Delete").click()
        row.get_by_role("button", name="Yes, delete").click()
        expect(row).to_have_count(0)
        page.reload()
        said = page.get_by_test_id("audit-row")
        expect(said.first).to_contain_text("api-keys.delete")
        expect(said.first).to_contain_text(ADMIN["email"])
        said.first.get_by_role("button").click()
        expect(said).to_have_count(1)


@pytest.mark.timeout(240)
def test_a_site_is_added_by_one_line_and_measures(
    controller: ControllerProcess, site: Namespace, tmp_path: Path
) -> None:
    workspace = controller.person().workspace("Field")
    agent: Process | None = None
    with page_in(site, tmp_path, refusals=(400, 409)) as page:
        log_in(page, f"{controller.url}/w/{workspace}/now")
        expect(page.get_by_test_id("first-hour")).to_contain_text("Add a site")
        page.get_by_role("link", name="Add a site").click()
        page.get_by_label("Name").fill("Lisbon")
        page.get_by_label("Labels").fill("customer=Acme, floor=2")
        page.get_by_role("button", name="Add and show its line").click()
        line = page.locator("code").first.inner_text()
        assert line.startswith("forepost join http://")
        state = ["--state-dir", str(tmp_path / "agent")]
        config = ["--config", str(tmp_path / "agent.toml")]
        with site.inside():
            join = Process(
                ["-m", "forepost.cli.main", *line.split()[1:], *config, *state],
                {},
                tmp_path / "join.log",
            ).start()
            assert join.child is not None
            assert join.child.wait(30) == 0, join.output
            agent = Process(
                ["-m", "forepost.cli.main", "agent", *config], {}, tmp_path / "agent.log"
            ).start()
        try:
            expect(page.get_by_test_id("joined")).to_contain_text("It is here", timeout=20_000)
            page.get_by_test_id("joined").get_by_role("link").click()
            page.get_by_role("link", name="Add probe").click()
            page.get_by_label("Targets, one a line").fill("127.0.0.1")
            page.get_by_role("button", name="Test now").click()
            expect(page.get_by_test_id("trial")).to_contain_text("ms", timeout=20_000)
            page.get_by_label("Interval, s").fill("5")
            page.get_by_role("button", name="Add probe").click()
            expect(page.get_by_test_id("last-rtt")).to_contain_text("ms", timeout=20_000)
            page.get_by_role("button", name="Of this probe").click()
            page.get_by_role("button", name="Pause").click()
            expect(page.get_by_text("paused").first).to_be_visible()
            page.get_by_role("button", name="Of this probe").click()
            page.get_by_role("button", name="Delete").click()
            page.get_by_role("button", name="Yes, delete it").click()
            expect(page.get_by_text("No probe yet.")).to_be_visible()
        finally:
            agent.end()
    until(lambda: agent.child is not None and agent.child.poll() is not None, 10)
