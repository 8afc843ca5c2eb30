"""Pictures of every page of the panel, from `forepost demo`: both themes, two widths.

All go to `tests/screenshots/demo` to be looked at; those of PICTURES go to docs/pictures, too.

    .venv/bin/python -m tools.take_screenshots [--only NAME]...
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

ROOT: Final = Path(__file__).parents[1]
LOOK: Final = ROOT / "tests/screenshots/demo"
DOCS: Final = ROOT / "docs/pictures"
LISTEN: Final = "127.0.0.1:18280"
URL: Final = f"http://{LISTEN}"
FULL_SEC: Final = 300.0
LOSSY: Final = "198.18.1.10"
WIDTHS: Final = {"desk": 1440, "phone": 390}
PICTURES: Final = ("now", "sites", "site", "ping", "mtr", "http", "traffic", "incident", "target")
"""Pages whose light picture at a desk's width is part of the documentation."""


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
    job, service = ask("jobs")[0]["id"], ask("microservices")[0]["id"]
    oslo = f"sites/{sites['Oslo']}/probes"
    return {
        "now": "now",
        "sites": "sites",
        "map": "sites?view=map",
        "matrix": "sites?view=matrix",
        "site": f"sites/{sites['Turin']}",
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
        "traffic": "traffic?last=6h",
        "groups": "groups",
        "workloads": "workloads",
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
    page.get_by_role("navigation", name="Parts").wait_for()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", action="append", help="the name of a page")
    only = asked.parse_args().only
    LOOK.mkdir(parents=True, exist_ok=True)
    DOCS.mkdir(parents=True, exist_ok=True)
    password = secrets.token_urlsafe(12)
    with demo(password) as email, sync_playwright() as playwright:
        pages = addresses(email, password)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        log_in(page, email, password)
        for name, path in pages.items():
            if only and name not in only:
                continue
            for size, width in WIDTHS.items():
                page.set_viewport_size({"width": width, "height": 900})
                for dark in (False, True):
                    page.emulate_media(color_scheme="dark" if dark else "light")
                    page.goto(f"{URL}/w/1/{path}")
                    page.wait_for_load_state("networkidle")
                    kind = f"{size}-{'dark' if dark else 'light'}"
                    page.screenshot(path=LOOK / f"{name}-{kind}.png", full_page=True)
                    if name in PICTURES and kind == "desk-light":
                        page.screenshot(path=DOCS / f"{name}.png")
            sys.stdout.write(f"{name}\n")
        browser.close()


if __name__ == "__main__":
    main()
