"""Sites on the map and in the matrix: one is put on its place, and of many figures those are drawn
that somebody looks at.
"""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.lab.net import namespace
from tests.running import ControllerProcess
from tests.whole.browser import page_in

PASSWORD = "a good password"
EMAIL = "map@example.com"
MANY = 60


@pytest.mark.timeout(240)
def test_sites_have_a_place_and_a_matrix_of_many_is_drawn_in_part(tmp_path: Path) -> None:
    with namespace() as site, site.inside():
        controller = ControllerProcess(tmp_path / "controller").start()
        try:
            person = controller.person(EMAIL, PASSWORD)
            workspace = person.workspace("Field")
            agents = [person.agent(workspace, f"site {n}") for n in range(MANY)]
            for n, agent in enumerate(agents):
                person.probe(agent, type="PING", targets=[f"198.18.0.{n}"])
            paths = f"/workspaces/{workspace}/agents"
            oslo = {"metadata": {"latitude": 59.91, "longitude": 10.75, "rack": 3}}
            for agent in agents[2:]:
                person.call("PATCH", f"{paths}/{agent.id}", oslo)
            with page_in(site, tmp_path) as page:
                page.goto(f"{controller.url}/w/{workspace}/sites")
                page.get_by_test_id("email").fill(EMAIL)
                page.get_by_test_id("password").fill(PASSWORD)
                page.get_by_test_id("login").click()
                page.get_by_role("button", name="Map", exact=True).click()
                expect(page.get_by_role("link", name=f"{MANY - 2} sites: ")).to_be_visible()
                lost = page.get_by_test_id("without-place")
                expect(lost).to_contain_text("2 without a place")
                first = lost.get_by_role("listitem").filter(has_text="site 1")
                first.get_by_role("button", name="Set its place").click()
                page.get_by_label("Latitude, longitude").fill("38.72, -9.14")
                page.get_by_role("button", name="Set place").click()
                expect(lost).to_contain_text("1 without a place")
                mark = page.get_by_role("link", name="site 1: not known")
                expect(mark).to_be_visible()
                mark.focus()
                page.keyboard.press("Enter")
                expect(page.get_by_role("heading", name="site 1", exact=True)).to_be_visible()

                page.goto(f"{controller.url}/w/{workspace}/paths")
                expect(page.get_by_test_id("target-row")).to_have_count(MANY)
                last = page.get_by_role("link", name=f"198.18.0.{MANY - 1}")
                expect(last).to_be_attached()
                drawn = page.locator("td.cell")
                expect(drawn.first).to_be_attached()
                assert drawn.count() < MANY * MANY / 2
                row = page.get_by_test_id("target-row").filter(has=last)
                expect(row.locator("td.cell")).to_have_count(0)
                page.get_by_role("region", name="Targets by sites").evaluate(
                    "box => box.scrollTo(box.scrollWidth, box.scrollHeight)"
                )
                expect(row.get_by_title("PING: not known")).to_be_in_viewport()
        finally:
            controller.end()
