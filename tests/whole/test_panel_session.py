"""A login in the browser: one for all tabs, no script reads it, a mail's link works after it."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.lab.net import Namespace
from tests.running import ControllerProcess
from tests.whole.browser import log_out, page_in
from tests.whole.test_panel_addresses import Place, controller, place, site

__all__ = ["controller", "place", "site"]


@pytest.mark.timeout(240)
def test_one_login_is_that_of_all_tabs_until_one_logs_out(
    place: Place, site: Namespace, tmp_path: Path, controller: ControllerProcess
) -> None:
    mailed = place.at("alerts")
    with page_in(site, tmp_path) as page:
        place.open(page, mailed)
        expect(page).to_have_url(mailed)
        kept = page.context.cookies()
        assert [(one["name"][:17], one["httpOnly"], one["sameSite"]) for one in kept] == [
            ("forepost_session_", True, "Lax")
        ]
        assert page.evaluate("document.cookie + JSON.stringify({...sessionStorage})") == "{}"
        second = page.context.new_page()
        second.goto(place.at("sites"))
        expect(second.get_by_text("Lisbon").first).to_be_visible()
        log_out(second)
        for tab in (second, page):
            expect(tab.get_by_test_id("login")).to_be_visible()
        assert page.context.cookies() == []
        page.reload()
        expect(page.get_by_test_id("login")).to_be_visible()
        expect(page).to_have_url(mailed)


@pytest.mark.timeout(240)
def test_who_logs_in_in_the_second_tab_is_who_the_first_shows(
    place: Place, site: Namespace, tmp_path: Path, controller: ControllerProcess
) -> None:
    other = Place(controller, "other-tab@example.com")
    with page_in(site, tmp_path, refusals=(403,)) as page:
        place.open(page, place.at("sites"))
        expect(page.get_by_text("Lisbon").first).to_be_visible()
        second = page.context.new_page()
        second.goto(other.at("sites"))
        log_out(second)
        other.open(second, other.at("sites"))
        expect(second.get_by_text("Lisbon").first).to_be_visible()
        page.goto(other.at("sites"))
        expect(page.get_by_text("Lisbon").first).to_be_visible()
