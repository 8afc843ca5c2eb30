"""A keyboard alone finds, adds, pauses and deletes; times are those of the place or of UTC."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.lab.net import Namespace
from tests.running import ControllerProcess
from tests.whole.browser import page_in
from tests.whole.test_panel_addresses import PASSWORD, Place, controller, place, site

__all__ = ["controller", "place", "site"]

MOST_TABS = 60


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called so has the focus, which is seen."""
    passed = []
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        said = page.evaluate(
            """() => {
              const one = document.activeElement;
              const words = one.labels?.[0]?.innerText ?? '';
              const style = getComputedStyle(one);
              return [one.getAttribute('aria-label') || words || one.innerText || one.title,
                      style.outlineStyle !== 'none' || style.boxShadow !== 'none'];
            }"""
        )
        if str(said[0]).strip().startswith(name):
            assert said[1], f"{name}: nobody sees that it has the focus"
            return
        passed.append(said[0])
    raise AssertionError(f"{name} is not reached by {MOST_TABS} tabs: {passed}")


def use(page: Page, name: str) -> None:
    tab_to(page, name)
    page.keyboard.press("Enter")


@pytest.mark.timeout(240)
def test_the_keyboard_alone_suffices(
    place: Place, site: Namespace, tmp_path: Path, controller: ControllerProcess
) -> None:
    with page_in(site, tmp_path) as page:
        page.goto(place.at("now"))
        expect(page.get_by_test_id("email")).to_be_visible()
        tab_to(page, "Email")
        page.keyboard.type(place.email)
        tab_to(page, "Password")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("login")).to_have_count(0)

        # a site by its name, a probe by a form
        expect(page.get_by_role("button", name="Search")).to_be_visible()
        page.keyboard.press("/")
        page.keyboard.type("Lisb")
        expect(page.get_by_role("dialog").get_by_text("Lisbon")).to_be_visible()
        page.keyboard.press("Enter")
        expect(page).to_have_url(place.at(f"sites/{place.lisbon.id}"))
        expect(page.get_by_role("link", name="Add probe")).to_be_visible()
        use(page, "Add probe")
        form = page.get_by_role("form", name="New probe")
        expect(form).to_be_visible()
        tab_to(page, "Targets")
        page.keyboard.type("198.18.0.77")
        use(page, "Add probe")
        expect(page).to_have_url(re.compile(r"/probes/\d+"))
        expect(page.get_by_text("198.18.0.77").first).to_be_visible()

        # a menu opens, is left by Escape, and the focus is where it was
        use(page, "Of this probe")
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Pause")).to_have_count(0)
        page.keyboard.press("Enter")
        use(page, "Pause")
        expect(page.get_by_text(re.compile("paused", re.IGNORECASE)).first).to_be_visible()
        use(page, "Of this probe")
        use(page, "Delete")
        use(page, "Yes, delete it")
        expect(page).to_have_url(place.at(f"sites/{place.lisbon.id}"))


@pytest.mark.timeout(240)
def test_times_are_local_or_utc(place: Place, site: Namespace, tmp_path: Path) -> None:
    asked = "?from=1770000000&to=1770003600"  # 2026-02-02 02:40 UTC
    with page_in(site, tmp_path, zone="Asia/Kolkata") as page:
        place.open(page, place.at(f"sites/{place.lisbon.id}/probes/{place.ping}{asked}"))
        words = page.get_by_test_id("time-range")
        expect(words).to_contain_text("2026-02-02 08:10")
        page.get_by_test_id("account").click()
        page.get_by_role("button", name="Times in UTC").click()
        expect(words).to_contain_text("2026-02-02 02:40")
        expect(page.get_by_text("UTC", exact=True)).to_be_visible()
        page.reload()
        expect(words).to_contain_text("2026-02-02 02:40")
        words.click()
        expect(page.get_by_label("From")).to_have_value("2026-02-02T02:40")
        page.get_by_role("button", name="Show").click()
        expect(page).to_have_url(re.compile(r"from=1770000000&to=1770003600"))
        page.get_by_test_id("account").click()
        page.get_by_role("button", name="Times of this place").click()
        expect(words).to_contain_text("2026-02-02 08:10")


@pytest.mark.timeout(240)
def test_an_address_is_looked_up(place: Place, site: Namespace, tmp_path: Path) -> None:
    with page_in(site, tmp_path, width=390) as page:
        place.open(page, place.at("tools"))
        form = page.get_by_role("form", name="Look up an address")
        form.get_by_label("Address").fill("198.18.0.1")
        form.get_by_role("button", name="Look up").click()
        expect(page.get_by_test_id("looked-up")).to_contain_text("no database is configured")
