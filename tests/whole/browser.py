"""A real Chromium, in the network namespace of a test."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.lab.net import Namespace

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def log_out(page: Page) -> None:
    page.get_by_test_id("account").click()
    page.get_by_role("button", name="Log out").click()
    # Whoever goes on at once takes the request back.
    expect(page.get_by_test_id("login")).to_be_visible()


def go_to(page: Page, part: str) -> None:
    """A part of the rail; on a phone some are behind "More"."""
    rail = page.get_by_role("navigation", name="Parts")
    expect(rail).to_be_visible()
    link = rail.get_by_role("link", name=part)
    if not link.is_visible():
        page.get_by_role("button", name="More").click()
    link.click()


@contextmanager
def page_in(
    where: Namespace,
    folder: Path,
    *,
    dark: bool = False,
    width: int = 1280,
    zone: str = "UTC",
    refusals: tuple[int, ...] = (),
) -> Iterator[Page]:
    """A page of its own; whatever the page logs as an error fails the test at the end.

    `zone`: of the browser's clock. `refusals`: which answers of the controller are none.
    """
    assert os.access(CHROMIUM, os.X_OK), f"{CHROMIUM} is missing: apt-get install chromium"
    starter = folder / "chromium-in-namespace"
    starter.write_text(f'#!/bin/sh\nexec ip netns exec {where.name} {CHROMIUM} "$@"\n')
    starter.chmod(0o755)
    errors: list[str] = []
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(starter), args=FLAGS, headless=True, chromium_sandbox=False
        )
        context = browser.new_context(
            color_scheme="dark" if dark else "light",
            viewport={"width": width, "height": 900},
            timezone_id=zone,
        )
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        # "No data yet" is a 404, "nobody is logged in" a 401, and the browser notes each.
        passed = tuple(f"status of {status}" for status in (401, 404, *refusals))
        page.on(
            "console",
            lambda said: (
                errors.append(said.text)
                if said.type == "error" and not any(one in said.text for one in passed)
                else None
            ),
        )
        yield page
        browser.close()
    assert errors == []
