"""The Jobs page of the panel: how runs stand at which agent, why, and what scripts wrote."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.controller.jobs.ours import jobs_agent
from tests.lab.net import Namespace, namespace
from tests.running import ADMIN, ControllerProcess
from tests.whole.browser import go_to, page_in
from tests.whole.test_up import SCREENSHOTS

WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
SCRIPT = {"command": "backup --to /mnt/tape"}


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


def open_jobs(page: Page, controller: ControllerProcess) -> None:
    page.goto(controller.url)
    page.get_by_test_id("email").fill(ADMIN["email"])
    page.get_by_test_id("password").fill(ADMIN["password"])
    page.get_by_test_id("login").click()
    go_to(page, "Jobs")
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()


def row_of(page: Page, name: str) -> Locator:
    return page.get_by_test_id("job-row").filter(has_text=name)


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_how_runs_stand_and_what_scripts_wrote(
    site: Namespace, controller: ControllerProcess, tmp_path: Path, width: int, *, dark: bool
) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    person = controller.person()
    workspace = person.workspace("Field")
    branch, depot = person.agent(workspace, "branch"), person.agent(workspace, "depot")
    base = f"/workspaces/{workspace}"
    with page_in(site, tmp_path, dark=dark, width=width) as page:
        open_jobs(page, controller)
        expect(page.get_by_text("No job yet")).to_be_visible()
        both: list[dict[str, Any]] = [
            {"agent_id": one.id, "path": "/srv/data"} for one in (branch, depot)
        ]
        script = {"name": "nightly-backup", "type": "script", "script": SCRIPT, "agents": both}
        job = person.call("POST", f"{base}/jobs", script, status=201)["id"]
        folder = {"name": "drawings", "type": "folder", "agents": both}
        folder_id = person.call("POST", f"{base}/jobs", folder, status=201)["id"]
        never = {"name": "never-run", "type": "distribution", "agents": both}
        person.call("POST", f"{base}/jobs", never, status=201)
        run = person.call("POST", f"{base}/jobs/{job}/runs", {}, status=201)["id"]
        [of_folder] = person.call("GET", f"{base}/runs?job_id={folder_id}")["data"]
        with jobs_agent(controller, branch) as first, jobs_agent(controller, depot) as second:
            first.takes()
            second.takes()
            moving = {"status": "syncing", "size_total": 4_000_000_000}
            moving |= {"size_completed": 1_500_000_000}
            first.reports(first.report(of_folder["id"], "started", **moving))
            first.ends(run, exit_code=0, output={"head": "3 files kept\n"})
            failed = {"exit_code": 2, "reason": "exit status 2: /mnt/tape is not mounted"}
            second.ends(run, "error", output={"head": "no tape\n"}, **failed)
            page.reload()
            backup = row_of(page, "nightly-backup")
            expect(backup).to_contain_text("1 finished, 1 error")
            expect(row_of(page, "never-run")).to_contain_text("never")
            backup.get_by_role("link", name="nightly-backup").click()
            runs = page.get_by_test_id("run")
            expect(runs).to_have_count(1)
            agents = page.get_by_test_id("run-agent")
            expect(agents.first).to_contain_text("depot")
            expect(agents.first.locator(".bad")).to_contain_text("/mnt/tape is not mounted")
            runs.get_by_role("button", name="Output").click()
            expect(page.get_by_text("3 files kept")).to_be_visible()
            expect(page.get_by_text("no tape")).to_be_visible()
            assert not page.evaluate(WIDE)
            page.screenshot(path=SCREENSHOTS / f"jobs-{width}.png", full_page=True)
            row_of(page, "drawings").get_by_role("link", name="drawings").click()
            expect(page.get_by_test_id("run-agent").filter(has_text="branch")).to_contain_text(
                "syncing ("
            )
            address = f"{controller.url}/w/{workspace}/jobs"
            page.goto(f"{address}?only=error")
            expect(page.get_by_test_id("job-row")).to_have_count(1)
            page.get_by_role("button", name="All 3").click()
            page.get_by_label("Filter jobs").fill("draw folder")
            expect(page.get_by_test_id("job-row")).to_have_count(1)
            retries(page, f"{address}?job={job}")


def retries(page: Page, address: str) -> None:
    """What failed is asked for once more; from then on it can be paused and cancelled."""
    page.goto(address)
    run = page.get_by_test_id("run")
    run.get_by_role("button", name="Retry what failed").click()
    expect(run).to_contain_text("attempt 2")
    for offered in ("Pause", "Cancel"):
        expect(run.get_by_role("button", name=offered)).to_be_visible()


def test_what_agents_told_of_a_folder_is_below_its_run(
    site: Namespace, controller: ControllerProcess, tmp_path: Path
) -> None:
    person = controller.person()
    workspace = person.workspace("Field")
    branch = person.agent(workspace, "branch")
    both = [{"agent_id": branch.id, "path": "/srv/data"}]
    folder = {"name": "drawings", "type": "folder", "agents": both}
    made = person.call("POST", f"/workspaces/{workspace}/jobs", folder, status=201)
    event = {"uid": made["uid"], "number": 1, "kind": "conflict", "at": "2026-01-01T00:00:00Z"}
    event |= {"text": "plan.dwg -> plan.Conflict.dwg"}
    with page_in(site, tmp_path) as page, jobs_agent(controller, branch) as ours:
        ours.takes_until(bool)
        ours.say("job_events", {"events": [event]})
        ours.next("job_events_kept")
        open_jobs(page, controller)
        row_of(page, "drawings").get_by_role("link", name="drawings").click()
        page.get_by_text("Events").click()
        told = page.get_by_test_id("job-event")
        expect(told).to_contain_text("conflict: plan.dwg")
        expect(told).to_contain_text("branch")


def chosen(page: Page, at: int, agent: str, path: str, right: str = "") -> None:
    """Fill one of the lines that say who has a job."""
    page.get_by_role("button", name="Agent", exact=True).click()
    line = page.get_by_test_id("member").nth(at)
    line.get_by_label("Agent").select_option(label=agent)
    line.get_by_label("Path").fill(path)
    if right:
        line.get_by_label("Right").select_option(label=right)


def makes_a_distribution(page: Page) -> None:
    page.get_by_role("link", name="Make the first").click()
    form = page.get_by_role("form", name="New job")
    form.get_by_label("Name").fill("firmware")
    chosen(page, 0, "branch", "/srv/images", "source")
    chosen(page, 1, "depot", "/var/images", "destination")
    form.get_by_label("Runs").select_option(label="every so many days")
    form.get_by_label("At times").fill("02:30, 25:00")
    form.get_by_role("button", name="Add job").click()
    expect(form.get_by_role("alert")).to_contain_text("25:00 is no time of the day")
    form.get_by_label("At times").fill("02:30")
    form.get_by_text("Who is told").click()
    form.get_by_label("were cancelled").check()
    form.get_by_label("Mail to the members").check()
    form.get_by_role("button", name="Add job").click()
    expect(row_of(page, "firmware")).to_contain_text("distribution, at 2 agents, daily at 02:30")


def changes_who_has_it(page: Page) -> None:
    page.get_by_role("link", name="Change").click()
    form = page.get_by_role("form", name="Change job")
    expect(form.get_by_label("At times")).to_have_value("02:30")
    form.get_by_label("Runs").select_option(label="only when somebody begins it")
    form.get_by_label("Remove").first.click()
    form.get_by_role("button", name="All with labels").click()
    form.get_by_label("Labels of the agents").fill("kind: branch")
    form.get_by_role("button", name="Save").click()
    row = row_of(page, "firmware")
    expect(row).to_contain_text("distribution, at 1 agent")
    expect(row).not_to_contain_text("daily")


def makes_and_deletes_a_script(page: Page) -> None:
    page.get_by_role("link", name="New job").click()
    form = page.get_by_role("form", name="New job")
    form.get_by_label("Name").fill("clean-up")
    form.get_by_label("What it does").select_option(label="Script: run at each agent")
    form.get_by_label("Script", exact=True).fill("find /tmp -mtime +7 -delete")
    chosen(page, 0, "depot", "/tmp")
    form.get_by_role("button", name="Add job").click()
    expect(row_of(page, "clean-up")).to_contain_text("script, at 1 agent")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Yes, delete").click()
    expect(row_of(page, "clean-up")).to_have_count(0)


def test_jobs_are_made_changed_run_and_deleted_in_the_browser(
    site: Namespace, controller: ControllerProcess, tmp_path: Path
) -> None:
    person = controller.person()
    workspace = person.workspace("Field")
    branch, depot = person.agent(workspace, "branch"), person.agent(workspace, "depot")
    base = f"/workspaces/{workspace}/jobs"
    with page_in(site, tmp_path) as page, jobs_agent(controller, depot) as ours:
        open_jobs(page, controller)
        makes_a_distribution(page)
        [made] = person.call("GET", base)["data"]
        assert made["schedule"]["at"] == [9_000]
        assert (made["notices"]["on"], made["notices"]["email"]) == (["error", "aborted"], True)
        members = {one["agent_id"]: (one["path"], one["permission"]) for one in made["agents"]}
        assert members == {branch.id: ("/srv/images", "rw"), depot.id: ("/var/images", "ro")}

        page.get_by_role("button", name="Run now").click()
        expect(page.get_by_test_id("run")).to_have_count(1)
        ours.takes_until(bool)
        [run] = person.call("GET", f"/workspaces/{workspace}/runs?job_id={made['id']}")["data"]
        moving = {"status": "downloading", "size_total": 4_000_000, "size_completed": 1_000_000}
        moving |= {"down_speed": 1_500_000, "peers_count": 1}
        ours.reports(ours.report(run["id"], "started", **moving))
        told = page.get_by_test_id("run-agent").filter(has_text="depot")
        expect(told).to_contain_text("of 3.8 MiB, 12.0 Mbit/s down, with 1 peer")
        expect(told.get_by_role("progressbar", name="Received")).to_be_visible()

        changes_who_has_it(page)
        changed = person.call("GET", f"{base}/{made['id']}")
        assert changed["schedule"] is None
        assert [one["labels"] for one in changed["groups"]] == [{"kind": "branch"}]
        assert changed["transfer"] == made["transfer"]
        assert changed["notices"] == made["notices"]

        makes_and_deletes_a_script(page)
        assert [one["name"] for one in person.call("GET", base)["data"]] == ["firmware"]
