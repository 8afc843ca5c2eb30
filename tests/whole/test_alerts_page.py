"""An alert on the panel: it is counted, shown, acknowledged and resolved."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.lab.net import Namespace
from tests.whole.browser import page_in
from tests.whole.test_up import SCREENSHOTS, log_in, said, site, up

__all__ = ["site"]

RULE = """async () => {
  const headers = {
    Authorization: `Bearer ${sessionStorage.getItem('forepost.token')}`,
    'Content-Type': 'application/json',
  };
  const body = JSON.stringify({
    name: 'Too near', metric: 'latency', operator: '<', threshold: 1000, severity: 'critical',
    for_count: 1, of_count: 1,
  });
  const answer = await fetch('/workspaces/1/alert-rules', { method: 'POST', headers, body });
  return answer.status;
}"""


@pytest.mark.timeout(90)
def test_an_alert_is_seen_and_dealt_with(site: Namespace, tmp_path: Path) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    with (
        up(site, tmp_path, "--probe", "127.0.0.1") as process,
        page_in(site, tmp_path) as page,
    ):
        log_in(page, said(process, "email"), said(process, "password"))
        expect(page.get_by_test_id("agent-row")).to_have_count(1)
        assert page.evaluate(RULE) == 201
        page.get_by_role("link", name="Alerts").click()
        row = page.get_by_test_id("alert-row")
        expect(row).to_have_count(1, timeout=30_000)
        expect(row).to_contain_text("Too near")
        expect(row).to_contain_text("critical")
        expect(page.get_by_test_id("rule-row")).to_contain_text("latency < 1000")
        expect(page.get_by_test_id("alert-count")).to_have_text("1", timeout=30_000)
        page.screenshot(path=SCREENSHOTS / "alerts.png")
        row.get_by_role("button", name="Acknowledge").click()
        expect(row).to_have_count(0)
        page.get_by_role("button", name="Acknowledged").click()
        expect(row).to_have_count(1)
        page.get_by_test_id("rule-row").get_by_role("button", name="Switch off").click()
        page.get_by_role("button", name="Resolved").click()
        expect(row).to_have_count(1, timeout=15_000)
        expect(row).to_contain_text("lasted")
