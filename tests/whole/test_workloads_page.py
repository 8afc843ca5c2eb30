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


def deploys(page: Page) -> None:
    page.get_by_role("link", name="Deploy the first").click()
    form = page.get_by_role("form", name="New microservice")
    form.get_by_label("Name", exact=True).fill("sensor")
    form.get_by_label("Image", exact=True).fill("hub.example/sensor:1")
    form.get_by_label("Environment").fill("UNIT: celsius")
    form.get_by_label("Ports", exact=True).fill("8080:eighty")
    form.get_by_label("Volumes").fill("data:/var/lib/sensor\n/srv/in:/in:ro")
    form.get_by_label("branch").check()
    form.get_by_role("button", name="Deploy").click()
    expect(form.get_by_role("alert")).to_contain_text("8080:eighty is no port")
    form.get_by_label("Ports", exact=True).fill("8080:80")
    form.get_by_role("button", name="Deploy").click()
    expect(page.get_by_role("heading", name="sensor")).to_be_visible()


def test_a_microservice_is_deployed_read_changed_and_deleted_in_the_browser(
    site: Namespace, controller: ControllerProcess, tmp_path: Path
) -> None:
    person = controller.person()
    workspace = person.workspace("Field")
    branch = person.agent(workspace, "branch")
    person.agent(workspace, "depot")
    path = f"/workspaces/{workspace}/microservices"
    with page_in(site, tmp_path) as page, workloads_agent(controller, branch) as ours:
        open_workloads(page, controller)
        deploys(page)
        while "sensor" not in ours.takes():
            pass
        given = ours.manifests["sensor"]
        assert given["env"] == {"UNIT": "celsius"}
        assert given["ports"] == [{"internal": 80, "external": 8080}]
        assert [one.get("type", "volume") for one in given["volumes"]] == ["volume", "bind"]
        ours.reports(ours.status("sensor", cpu_percent=12.0, memory_bytes=3 << 20))
        row = page.get_by_test_id("workload-agent")
        expect(row).to_contain_text("current")
        expect(row).to_contain_text("12 %, 3.0 MiB")

        page.get_by_role("button", name="Log").click()
        request = ours.next("microservice_logs")["request"]
        line = {"stream": "stdout", "text": "21.5 degrees"}
        ours.say("microservice_log_lines", {"request": request, "lines": [line]})
        log = page.get_by_test_id("log")
        expect(log).to_contain_text("21.5 degrees")
        late = {"stream": "stderr", "text": "the probe fell off"}
        ours.say("microservice_log_lines", {"request": request, "lines": [late]})
        expect(log.locator(".warn")).to_contain_text("the probe fell off")

        page.get_by_role("button", name="Change").click()
        form = page.get_by_role("form", name="Change microservice")
        expect(form.get_by_label("Volumes")).to_have_value("data:/var/lib/sensor\n/srv/in:/in:ro")
        form.get_by_label("Image", exact=True).fill("hub.example/sensor:2")
        form.get_by_role("button", name="Save").click()
        expect(page.get_by_text("hub.example/sensor:2")).to_be_visible()
        [stored] = person.call("GET", path)["data"]
        assert stored["image"] == "hub.example/sensor:2"
        assert stored["ports"][0]["external"] == 8080

        page.get_by_role("button", name="Delete").click()
        page.get_by_role("button", name="Yes, delete").click()
        expect(page.get_by_text("No microservice yet")).to_be_visible()
        assert person.call("GET", path)["data"] == []
