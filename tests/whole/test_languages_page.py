"""The panel in German: by choice, kept, on a phone's width, and back to English."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.lab.net import Namespace
from tests.whole.axe import broken_rules
from tests.whole.browser import go_to, page_in
from tests.whole.test_panel_addresses import TARGETS, Place, controller, place, site

__all__ = ["controller", "place", "site"]

ENGLISH = re.compile(
    r"\b(ago|add|age|all|and|cancel|changed|delete|edit|last|loading|loss|more|no|open|paths"
    r"|probes?|received|results?|settings|share|show|since|sites?|the|tools|traffic)\b",
    re.IGNORECASE,
)
"""Words that the panel has in English, and German has not."""
READ = "nav, h1, h2, th, legend, label, button, summary, [role=status]"


def texts(page: Page) -> str:
    """What the panel itself says there: not names, and not what the controller says."""
    return str(
        page.evaluate(
            """(read) => [...document.querySelectorAll(read)].filter((one) => one.checkVisibility())
              .map((one) => `${one.innerText} ${one.getAttribute('aria-label') ?? ''} ${one.title}`)
              .join('\\n')""",
            READ,
        )
    )


def german(page: Page) -> None:
    assert [line for line in texts(page).split("\n") if ENGLISH.search(line)] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, page.url


def speak(page: Page, language: str) -> None:
    page.get_by_test_id("account").click()
    page.get_by_role("button", name=language, exact=True).click()


@pytest.mark.timeout(240)
def test_the_panel_speaks_german_by_choice(place: Place, site: Namespace, tmp_path: Path) -> None:
    with place.measured(), page_in(site, tmp_path, width=390) as page:
        place.open(page, place.at("alerts"))
        expect(page.get_by_role("heading", name="Alerts")).to_be_visible()
        speak(page, "Deutsch")
        expect(page.get_by_role("heading", name="Alarme")).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", "de")
        page.reload()
        expect(page.get_by_role("button", name="Regeln")).to_be_visible()
        expect(page.get_by_text("Nichts, was eine Regel überwacht, ist gestört.")).to_be_visible()
        german(page)
        page.goto(place.at("alerts?tab=rules"))
        expect(page.get_by_role("button", name="Regel hinzufügen")).to_be_visible()
        german(page)
        page.get_by_role("button", name="Regel hinzufügen").click()
        expect(page.get_by_label("Schwelle", exact=True)).to_be_visible()

        page.goto(place.at(f"sites/{place.lisbon.id}/probes/{place.ping}"))
        expect(page.get_by_test_id("points")).to_have_text("60 Ergebnisse")
        expect(page.get_by_role("heading", name=f"PING {TARGETS[0]}")).to_be_visible()
        german(page)
        assert broken_rules(page) == []

        page.goto(place.at("now"))
        expect(
            page.get_by_role("heading", name="Unbekannt: Porto. Alles andere ist in Ordnung.")
        ).to_be_visible()
        expect(page.get_by_role("heading", name="Offene Störungen")).to_be_visible()
        german(page)

        speak(page, "English")
        go_to(page, "Settings")
        expect(page.get_by_role("heading", name="Settings")).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.timeout(240)
def test_the_language_is_chosen_before_somebody_logs_in(
    place: Place, site: Namespace, tmp_path: Path
) -> None:
    with page_in(site, tmp_path, width=390) as page:
        page.goto(place.at("now"))
        expect(page.get_by_test_id("login")).to_have_text("Log in")
        page.get_by_role("button", name="Deutsch").click()
        expect(page.get_by_test_id("login")).to_have_text("Anmelden")
        german(page)
        low = page.evaluate(
            "[...document.querySelectorAll('main > div button')]"
            ".filter((one) => one.getBoundingClientRect().height < 44).length"
        )
        assert low == 0
        # It is kept, and so it is on the pages of links that need no log-in.
        for path in ("/shared/nobody", "/#/prove/nobody", "/#/reset/nobody", "/#/invite/nobody"):
            page.goto("about:blank")
            page.goto(f"{place.at('now').split('/w/')[0]}{path}")
            expect(page.get_by_role("button", name="English")).to_be_visible()
            expect(page.locator("html")).to_have_attribute("lang", "de")
            german(page)
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("button", name="Deutsch")).to_be_visible()
