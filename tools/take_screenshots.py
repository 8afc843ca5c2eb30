"""Pictures of every page of the panel, from `forepost demo`, and those of its guide.

Both themes and two widths of each page go to `tests/screenshots/demo`, or `demo-LANGUAGE`, to be
looked at; the pictures of the guide (tools/guide_pictures.py) go to docs/pictures.

    .venv/bin/python -m tools.take_screenshots [--only NAME]... [--language de]
        [--no-pages] [--no-guide]
"""

import argparse
import re
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
from playwright.sync_api import Page, sync_playwright

from tests.running import Process, until
from tests.whole.browser import CHROMIUM, FLAGS
from tools.furnished_demo import furnish
from tools.guide_pictures import GUIDE, SIZE, keep

ROOT: Final = Path(__file__).parents[1]
LOOK: Final = ROOT / "tests/screenshots"
DOCS: Final = ROOT / "docs/pictures"
LISTEN: Final = "127.0.0.1:18280"
URL: Final = f"http://{LISTEN}"
FULL_SEC: Final = 300.0
LOSSY: Final = "198.18.1.10"
CREATED: Final = 201
WIDTHS: Final = {"desk": 1440, "phone": 390}


@contextmanager
def demo(password: str) -> Iterator[str]:
    """The mail address of a demo that is full; it ends with the block."""
    with tempfile.TemporaryDirectory() as folder:
        line = ["-m", "forepost.cli.main", "demo", "--listen", LISTEN, "--password", password]
        process = Process(line, {}, Path(folder) / "demo.log").start()
        try:
            until(lambda: "demo is running" in process.output, FULL_SEC, lambda: process.output)
            yield re.findall(r"email +(\S+)", process.output)[0]
        finally:
            process.stop()


def addresses(email: str, password: str) -> dict[str, str]:
    """Each page's name, and where it is in the demo's workspace."""
    login = httpx.post(f"{URL}/auth/login", json={"email": email, "password": password})
    headers = {"Authorization": f"Bearer {login.json()['token']}"}

    def ask(path: str) -> Any:
        said = httpx.get(f"{URL}/workspaces/1/{path}", headers=headers).json()
        return said.get("data", said)

    def make(path: str, body: dict[str, Any]) -> Any:
        said = httpx.post(f"{URL}/workspaces/1/{path}", headers=headers, json=body)
        assert said.status_code == CREATED, (path, said.text)
        return said.json()

    furnish(make, [one["id"] for one in ask("agents")])
    # Lisbon was cut off, and is missed after a while.
    until(lambda: "not heard of" in str(ask("health")), FULL_SEC)
    sites = {one["name"]: one["id"] for one in ask("agents")}
    probes = {one["type"]: one["id"] for one in ask(f"agents/{sites['Oslo']}/probes")}
    line = next(
        one["id"]
        for one in ask(f"agents/{sites['Turin']}/probes")
        if one["type"] == "PING" and one["targets"][0]["target"] == LOSSY
    )
    targets = ask("connectivity-matrix")["target_labels"]
    target = next(one["id"] for one in targets if LOSSY in one["id"])
    incident = ask("incidents?limit=1")[0]["id"]
    group = next(one["id"] for one in ask("address-groups") if one["name"] == "Servers")
    ways = next(
        one["id"]
        for one in ask(f"agents/{sites['Oslo']}/probes")
        if one["type"] == "PING" and one["targets"][0]["target"] == LOSSY
    )
    job, service = ask("jobs")[0]["id"], ask("microservices")[0]["id"]
    oslo = f"sites/{sites['Oslo']}/probes"
    return {
        "now": "now",
        "sites": "sites",
        "map": "sites?view=map",
        "matrix": "sites?view=matrix",
        "site": f"sites/{sites['Turin']}",
        "site-settings": f"sites/{sites['Turin']}?tab=settings",
        "host": f"sites/{sites['Amsterdam']}?tab=host",
        "ping": f"sites/{sites['Turin']}/probes/{line}?last=6h",
        "mtr": f"{oslo}/{probes['MTR']}?last=24h",
        **{
            kind.lower(): f"{oslo}/{probes[kind]}?last=6h"
            for kind in ("HTTP", "TLS", "DNS", "TCP", "SNMP", "SYSINFO", "NETINFO")
            if kind in probes
        },
        "add-site": "sites/add",
        "add-probe": f"{oslo}/add",
        "paths": "paths",
        "target": f"paths/target?target={target}",
        "compare": f"compare?lines={line}+{ways}&last=6h",
        "traffic": "traffic?last=6h",
        "groups": "groups",
        "group": f"groups/{group}",
        "workloads": "workloads",
        "add-workload": "workloads/add",
        "add-job": "jobs/add",
        "jobs": "jobs",
        "job": f"jobs?job={job}",
        "microservice": f"workloads/{service}",
        "incidents": "alerts",
        "incident": f"alerts?incident={incident}",
        "rules": "alerts?tab=rules",
        "maintenance": "alerts?tab=maintenance",
        "channels": "alerts?tab=channels",
        "routes": "alerts?tab=routes",
        "templates": "alerts?tab=templates",
        "sent": "alerts?tab=log",
        "tools": "tools",
        "settings": "settings",
        "controller": "settings?tab=controller",
        "account": "account",
    }


def log_in(page: Page, email: str, password: str) -> None:
    page.goto(URL)
    page.get_by_test_id("email").fill(email)
    page.get_by_test_id("password").fill(password)
    page.get_by_test_id("login").click()
    page.get_by_test_id("account").wait_for()


def take_pages(page: Page, pages: dict[str, str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in pages.items():
        for size, width in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": 900})
            for dark in (False, True):
                page.emulate_media(color_scheme="dark" if dark else "light")
                page.goto(f"{URL}/w/1/{path}")
                page.wait_for_load_state("networkidle")
                kind = f"{size}-{'dark' if dark else 'light'}"
                page.screenshot(path=folder / f"{name}-{kind}.png", full_page=True)
        sys.stdout.write(f"{name}\n")


def take_guide(page: Page, encoder: Page, pages: dict[str, str], only: list[str] | None) -> None:
    DOCS.mkdir(parents=True, exist_ok=True)
    page.set_viewport_size(SIZE)
    page.emulate_media(color_scheme="light")
    for name, (of, act) in GUIDE.items():
        if only and name not in only:
            continue
        page.goto(f"{URL}/w/1/{pages[of]}")
        page.wait_for_load_state("networkidle")
        act(page)
        page.wait_for_load_state("networkidle")
        keep(page, encoder, DOCS / f"{name}.webp")
        sys.stdout.write(f"guide: {name}\n")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", action="append", help="the name of a page, or of a picture")
    asked.add_argument("--language", default="en", help="of the panel")
    asked.add_argument("--no-pages", action="store_true", help="the guide alone")
    asked.add_argument("--no-guide", action="store_true", help="pages alone")
    given = asked.parse_args()
    password = secrets.token_urlsafe(12)
    with demo(password) as email, sync_playwright() as playwright:
        pages = addresses(email, password)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(locale=given.language)
        log_in(page, email, password)
        if not given.no_pages:
            some = {name: path for name, path in pages.items() if name in (given.only or pages)}
            plain = given.language == "en"
            take_pages(page, some, LOOK / ("demo" if plain else f"demo-{given.language}"))
        if not given.no_guide and given.language == "en":
            take_guide(page, browser.new_page(), pages, given.only)
        browser.close()


if __name__ == "__main__":
    main()
