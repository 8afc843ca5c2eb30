"""The Workloads page of the panel: which microservice stands how on which agent, and why."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.controller.workloads.ours import workloads_agent
from tests.lab.net import Namespace, namespace
from tests.running import ADMIN, ControllerProcess, Person, until
from tests.whole.browser import go_to, page_in
from tests.whole.test_up import SCREENSHOTS

WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def site() -> Iterator[Namespace]:
    """A loopback of its own; what the test starts and asks is in it."""
    with namespace() as here, here.inside():
        yield here


@pytest.fixture
def controller(site: Namespace, tmp_path: Path) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path / "controller").start()
    yield process
    process.end()


def open_workloads(page: Page, controller: ControllerProcess) -> None:
    page.goto(controller.url)
    page.get_by_test_id("email").fill(ADMIN["email"])
    page.get_by_test_id("password").fill(ADMIN["password"])
    page.get_by_test_id("login").click()
    go_to(page, "Workloads")
    expect(page.get_by_role("heading", name="Workloads")).to_be_visible()


def row_of(page: Page, name: str) -> Locator:
    return page.get_by_test_id("workload-row").filter(has_text=name)


def failing(person: Person, path: str) -> int:
    return int(person.call("GET", path)["counts"]["failing"])


def filters(page: Page, address: str) -> None:
    """By how they stand, and by words."""
    page.get_by_role("button", name="Refused 1").click()
    expect(page).to_have_url(f"{address}?only=refused")
    expect(page.get_by_test_id("workload-row")).to_have_count(1)
    page.get_by_role("button", name="All 4").click()
    page.get_by_label("Filter microservices").fill("temperature 2.14")
    expect(page.get_by_test_id("workload-row")).to_have_count(1)


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_where_each_stands_and_why(
    site: Namespace, controller: ControllerProcess, tmp_path: Path, width: int, *, dark: bool
) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    person = controller.person()
    workspace = person.workspace("Field")
    branch, depot = person.agent(workspace, "branch"), person.agent(workspace, "depot")
    far = [person.agent(workspace, f"far-{n}") for n in range(6)]
    path = f"/workspaces/{workspace}/microservices"
    with page_in(site, tmp_path, dark=dark, width=width) as page:
        open_workloads(page, controller)
        expect(page.get_by_text("No microservice yet")).to_be_visible()
        image = "registry.field.example/vendor/team/temperature-sensor-reader:2.14.3-bookworm"
        both = {"agents": [branch.id, depot.id]}
        person.call("POST", path, {"name": "sensor", "image": image, **both}, status=201)
        everywhere = {"agents": [one.id for one in far], "image": "hub.example/relay:1"}
        person.call("POST", path, {"name": "relay", **everywhere}, status=201)
        person.call("POST", path, {"name": "nobody-has-it", "image": "hub.example/x"}, status=201)
        rule = {"waves": [100], "gate_sec": 0}
        slow = {"name": "camera", "image": "hub.example/camera:1", "rollout": rule}
        made = person.call("POST", path, {**slow, "agents": [branch.id]}, status=201)
        with (
            workloads_agent(controller, branch) as first,
            workloads_agent(controller, depot) as second,
        ):
            first.takes()
            first.runs_all()
            second.takes()
            why = "binding to /etc is not allowed at this site: [workloads] allow_host_paths"
            second.reports(second.status("sensor", running="", refused=True, problem=why))
            person.call("PATCH", f"{path}/{made['id']}", {"image": "hub.example/camera:2"})
            first.takes()
            bad = first.status("camera", state="STUCK_IN_RESTART", problem="exit status 139")
            first.reports(first.status("sensor"), bad)
            page.reload()
            sensor = row_of(page, "sensor")
            expect(sensor).to_contain_text("current on 1 of 2 agents")
            expect(sensor.get_by_test_id("workload-agent").first).to_contain_text(why)
            expect(sensor.get_by_role("link", name="branch")).to_be_visible()
            expect(row_of(page, "nobody-has-it")).to_contain_text("for no agent")
            relay = row_of(page, "relay")
            expect(relay).to_contain_text("and 1 more")
            expect(relay).to_contain_text("waiting: the agent is not connected")
            camera = row_of(page, "camera")
            expect(camera).to_contain_text(
                f"went back to the former manifest: agent {branch.id}: stuck in restart"
            )
            first.takes()
            first.reports(first.status("sensor"), first.status("camera", health="unhealthy"))
            until(lambda: failing(person, f"{path}/{made['id']}") == 1, 40)
            page.reload()
            expect(page.get_by_role("button", name="Failing 1")).to_be_visible()
            expect(camera.get_by_test_id("workload-agent").locator(".bad")).to_contain_text(
                "unhealthy"
            )
            assert not page.evaluate(WIDE)
            page.screenshot(path=SCREENSHOTS / f"workloads-{width}.png", full_page=True)

            filters(page, f"{controller.url}/w/{workspace}/workloads")
            sensor.get_by_role("link", name="depot").click()
            expect(page.get_by_role("heading", name="depot")).to_be_visible()
