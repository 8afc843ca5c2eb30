"""Settings of a workspace and of the controller; words and ways of notices."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.lab.net import namespace
from tests.running import ADMIN, ControllerProcess
from tests.whole.browser import page_in


def set_notices(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Add template").click()
    page.get_by_label("Name", exact=True).fill("Short")
    page.get_by_label("Title").fill("{{ agent }}: {{ rule }}")
    page.get_by_role("button", name="Show what would be sent").click()
    shown = page.get_by_test_id("template-preview")
    expect(shown).to_contain_text("office: High packet loss")
    page.get_by_role("button", name="Add template").click()
    expect(page.get_by_test_id("template-row")).to_contain_text("Short")

    page.get_by_role("button", name="Routes", exact=True).click()
    page.get_by_role("button", name="Add route").click()
    page.get_by_label("Name", exact=True).fill("At night")
    page.get_by_label("critical").check()
    page.get_by_label("noc").check()
    page.get_by_role("button", name="Add route").click()
    expect(page.get_by_test_id("route-row")).to_contain_text("critical")
    page.get_by_label("A critical alert of").select_option("Lisbon")
    page.get_by_role("button", name="Who would be told now?").click()
    expect(page.get_by_test_id("route-preview")).to_contain_text("noc")


def set_report(page: Page) -> None:
    page.get_by_role("button", name="Reports", exact=True).click()
    page.get_by_role("button", name="Add report").click()
    page.get_by_label("Name", exact=True).fill("Monthly")
    page.get_by_label("repeats").select_option("monthly")
    page.get_by_label("recipients").fill("else@example.net")
    page.get_by_role("button", name="Add report").click()
    expect(page.get_by_role("alert")).to_contain_text("is no member")
    page.get_by_label("recipients").fill(ADMIN["email"])
    page.get_by_role("button", name="Add report").click()
    report = page.get_by_test_id("report-row")
    expect(report).to_contain_text("monthly")
    with page.expect_download() as download:
        report.get_by_role("link", name="Page").click()
    assert "Worst targets" in Path(download.value.path()).read_text()
    report.get_by_role("button", name="Mail it now").click()
    expect(report).to_contain_text("no mail is set up")


@pytest.mark.timeout(240)
def test_a_workspace_and_its_notices_are_set_and_the_controller_is_shown(tmp_path: Path) -> None:
    with namespace() as site, site.inside():
        controller = ControllerProcess(tmp_path / "controller").start()
        try:
            person = controller.person()
            workspace = person.workspace("Field")
            person.agent(workspace, "Lisbon")
            path = f"/workspaces/{workspace}"
            person.call("PATCH", path, {"settings": {"theirs": 1}})
            channel = {"name": "noc", "kind": "email", "addresses": ["noc@example.com"]}
            person.call("POST", f"{path}/channels", channel, status=201)
            with page_in(site, tmp_path, refusals=(400,)) as page:
                page.goto(f"{controller.url}/w/{workspace}/settings?tab=workspace")
                page.get_by_test_id("email").fill(ADMIN["email"])
                page.get_by_test_id("password").fill(ADMIN["password"])
                page.get_by_test_id("login").click()
                page.get_by_label("Name", exact=True).fill("Branches")
                page.get_by_label("Time zone").fill("Europe/Nowhere")
                page.get_by_role("button", name="Save").click()
                expect(page.get_by_role("alert")).to_contain_text("Europe/Nowhere")
                page.get_by_label("Time zone").fill("Europe/Lisbon")
                page.get_by_role("button", name="Save").click()
                expect(page.get_by_text("Saved.")).to_be_visible()

                set_report(page)

                page.get_by_role("button", name="Controller", exact=True).click()
                expect(page.get_by_test_id("last-backup")).to_contain_text("No backup")
                days = page.get_by_test_id("kept-row").filter(has_text="data.retention_days")
                expect(days).to_contain_text("90 days")
                city = page.get_by_test_id("source-row").filter(has_text="cities")
                expect(city).to_contain_text("not set")

                set_notices(page, f"{controller.url}/w/{workspace}/alerts?tab=templates")
            now = person.call("GET", path)
            (route,) = person.call("GET", f"{path}/routes")["data"]
        finally:
            controller.end()
    assert (now["name"], now["settings"]) == (
        "Branches",
        {"theirs": 1, "timezone": "Europe/Lisbon"},
    )
    assert route["match"]["severities"] == ["critical"]
