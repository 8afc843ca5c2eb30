"""Settings of a workspace, of a site and of the controller; words and ways of notices."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.lab.net import namespace
from tests.running import ADMIN, ControllerProcess
from tests.whole.browser import page_in

NO_MATCH: dict[str, Any] = {
    "labels": {},
    "severities": [],
    "rule_ids": [],
    "agent_ids": [],
    "probe_types": [],
    "metrics": [],
}


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
    page.get_by_label("Lisbon").check()
    page.get_by_text("Only of some rules").click()
    page.get_by_label("Agent offline").check()
    page.get_by_label("PING", exact=True).check()
    page.get_by_label("packet loss", exact=True).check()
    page.get_by_label("Only in these hours").check()
    page.get_by_label("From", exact=True).fill("00:00")
    page.get_by_label("To", exact=True).fill("00:00")
    page.get_by_label("By the clocks of").fill("Europe/Lisbon")
    page.get_by_label("mon", exact=True).check()
    page.get_by_role("button", name="Add route").click()
    row = page.get_by_test_id("route-row")
    expect(row).to_contain_text("critical; PING; packet loss; Agent offline; Lisbon")
    expect(row).to_contain_text("mon 00:00")
    expect(row).to_contain_text("00:00 Europe/Lisbon")
    # What was narrowed is there when it is edited, and is taken away again.
    row.get_by_role("button", name="Edit").click()
    for kept in ("Lisbon", "PING", "packet loss", "mon"):
        expect(page.get_by_label(kept, exact=True)).to_be_checked()
    for gone in ("PING", "packet loss", "Agent offline", "Only in these hours"):
        page.get_by_label(gone, exact=True).uncheck()
    page.get_by_role("button", name="Save").click()
    expect(row).not_to_contain_text("PING")
    expect(row).to_contain_text("critical; Lisbon")
    page.get_by_label("A critical alert of").select_option("Lisbon")
    page.get_by_role("button", name="Who would be told now?").click()
    expect(page.get_by_test_id("route-preview")).to_contain_text("noc")


def set_site(page: Page, address: str) -> None:
    """Its name and its place; what stands nowhere is said so, and who deletes it says it twice."""
    page.goto(address)
    page.get_by_role("button", name="Settings").click()
    form = page.get_by_role("form", name="Settings of Lisbon")
    form.get_by_label("Name", exact=True).fill("Lisboa")
    form.get_by_label("Description").fill("behind the harbour")
    form.get_by_label("Labels").fill("customer: Acme")
    form.get_by_label("Latitude, longitude").fill("nowhere")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("alert")).to_contain_text("two numbers")
    form.get_by_label("Latitude, longitude").fill("38.72, -9.14")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Lisboa")).to_be_visible()
    expect(page.get_by_text("behind the harbour")).to_be_visible()
    expect(page.get_by_text("customer: Acme")).to_be_visible()
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_label("Latitude, longitude")).to_have_value("38.7200, -9.1400")


def delete_site(page: Page) -> None:
    page.get_by_role("button", name="Delete this site").click()
    page.get_by_role("button", name="Yes, delete this site").click()
    expect(page.get_by_text("No site yet.")).to_be_visible()


def set_report(page: Page) -> None:
    page.get_by_role("button", name="Reports", exact=True).click()
    page.get_by_role("button", name="Add report").click()
    page.get_by_label("Name", exact=True).fill("Monthly")
    page.get_by_label("When it is made").select_option("Every month")
    page.get_by_label("On day").select_option("the last of the month")
    page.get_by_label(re.compile(r"^\s*At\b")).select_option("02:00")
    expect(page.get_by_label("By the clocks of")).to_have_value("UTC")
    # Whoever is no member cannot be chosen.
    page.get_by_label(ADMIN["email"]).check()
    page.get_by_role("button", name="Add report").click()
    report = page.get_by_test_id("report-row")
    expect(report).to_contain_text("Every month")
    report.get_by_role("button", name="Edit").click()
    expect(page.get_by_label("On day")).to_have_value("-1")
    page.get_by_label("When it is made").select_option("When somebody asks for it")
    page.get_by_label("About the last days").fill("3")
    page.get_by_role("button", name="Save").click()
    expect(report).to_contain_text("not by itself")
    with page.expect_download() as download:
        report.get_by_role("link", name="Page").click()
    assert "Worst targets" in Path(download.value.path()).read_text()
    report.get_by_role("button", name="Mail it now").click()
    expect(report).to_contain_text("no mail is set up")
    report.get_by_role("button", name="Delete").click()
    report.get_by_role("button", name="Yes").click()
    expect(page.get_by_text("No report yet.")).to_be_visible()


@pytest.mark.timeout(240)
def test_a_workspace_and_its_notices_are_set_and_the_controller_is_shown(tmp_path: Path) -> None:
    with namespace() as site, site.inside():
        controller = ControllerProcess(tmp_path / "controller").start()
        try:
            person = controller.person()
            workspace = person.workspace("Field")
            agent = person.agent(workspace, "Lisbon").id
            path = f"/workspaces/{workspace}"
            person.call("PATCH", path, {"settings": {"theirs": 1}})
            person.call("PATCH", f"{path}/agents/{agent}", {"metadata": {"rack": "B2"}})
            channel = {"name": "noc", "kind": "email", "addresses": ["noc@example.com"]}
            person.call("POST", f"{path}/channels", channel, status=201)
            rule = {"name": "Agent offline", "metric": "offline", "operator": ">=", "threshold": 5}
            person.call("POST", f"{path}/alert-rules", rule, status=201)
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
                set_site(page, f"{controller.url}/w/{workspace}/sites/{agent}")
                lisbon = person.call("GET", f"{path}/agents/{agent}")
                delete_site(page)
            now = person.call("GET", path)
            (route,) = person.call("GET", f"{path}/routes")["data"]
        finally:
            controller.end()
    assert (now["name"], now["settings"]) == (
        "Branches",
        {"theirs": 1, "timezone": "Europe/Lisbon"},
    )
    assert route["match"] == {**NO_MATCH, "severities": ["critical"], "agent_ids": [agent]}
    assert route["hours"] is None
    assert lisbon["metadata"] == {"rack": "B2", "latitude": 38.72, "longitude": -9.14}
    assert (lisbon["name"], lisbon["labels"]) == ("Lisboa", {"customer": "Acme"})
