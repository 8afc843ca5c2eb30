"""The host of a site in the panel: how it fares now, and how it fared over a chosen time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.agent_socket import agent_socket
from tests.lab.net import namespace
from tests.running import ControllerProcess
from tests.whole.browser import page_in

PASSWORD = "a good password"
EMAIL = "host@example.com"
GIB = 1 << 30


def fares(busy_pct: float, used_pct: float) -> dict[str, Any]:
    memory = {"total_bytes": 8 * GIB, "used_bytes": 4 * GIB, "available_bytes": 6 * GIB}
    disk = {"mount": "/srv", "used_pct": used_pct, "total_bytes": 64 * GIB}
    nic = {"name": "eth0", "rx_bytes_per_sec": 125_000 * busy_pct, "tx_bytes_per_sec": 1_000.0}
    return {
        "memoryInfo": memory,
        "cpu": {"idle": 100 - busy_pct},
        "load": [busy_pct / 25, 0.5, 0.4],
        "disks": [disk | {"used_bytes": round(used_pct / 100 * 64 * GIB)}],
        "nics": [nic],
    }


@pytest.mark.timeout(240)
def test_how_a_host_fares_and_fared(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    with namespace() as site, site.inside():
        controller = ControllerProcess(tmp_path / "controller").start()
        try:
            person = controller.person(EMAIL, PASSWORD)
            workspace = person.workspace("Field")
            agent = person.agent(workspace, "Porto")
            with agent_socket(controller, agent) as socket:
                for minute in range(20, 0, -2):
                    at = now - timedelta(minutes=minute)
                    socket.post("SYSINFO", fares(10 + minute, 93.0), at=at)
                socket.post("SYSINFO", fares(80, 40.0), at=now - timedelta(days=3))
            with page_in(site, tmp_path) as page:
                page.goto(f"{controller.url}/w/{workspace}/sites/{agent.id}?tab=host")
                page.get_by_test_id("email").fill(EMAIL)
                page.get_by_test_id("password").fill(PASSWORD)
                page.get_by_test_id("login").click()
                words = page.get_by_test_id("host-now")
                expect(words).to_have_text(
                    "Processors 12 % busy, memory 25 % used, /srv 93 % full."
                )
                charts = page.get_by_test_id("figure-chart")
                expect(charts).to_have_count(4)
                expect(charts.first).to_contain_text("Processors busy 12 %")
                expect(charts.filter(has_text="eth0")).to_contain_text("In 12.0 Mbit/s")
                with page.expect_download() as picture:
                    page.get_by_role("button", name="Processors and memory as PNG").click()
                picture.value.save_as(tmp_path / "host.png")
                assert (tmp_path / "host.png").read_bytes()[:4] == b"\x89PNG"
                # Another time shows what was then; the words stay those of now.
                then = (now - timedelta(days=3)).timestamp()
                address = f"{controller.url}/w/{workspace}/sites/{agent.id}?tab=host"
                page.goto(f"{address}&from={then - 3600:.0f}&to={then + 3600:.0f}")
                expect(charts.first).to_contain_text("Processors busy 80 %")
                expect(words).to_contain_text("12 % busy")
                page.goto(f"{address}&from={then - 9000:.0f}&to={then - 7000:.0f}")
                expect(page.get_by_test_id("no-course")).to_contain_text("told nothing of itself")
                # In the other tabs no time is chosen.
                page.get_by_role("button", name="Overview").click()
                expect(page.get_by_role("button", name="Earlier")).to_have_count(0)
        finally:
            controller.end()
