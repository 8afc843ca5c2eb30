"""The Groups page of the panel: who is in a group, which agents have it, and how it is changed."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.lab.net import Namespace, namespace
from tests.lonely import LonelyAgent
from tests.running import ADMIN, AgentProcess, ControllerProcess, NewAgent, Person, until
from tests.whole.browser import page_in
from tests.whole.test_up import SCREENSHOTS

VIEWER = {"email": "viewer@example.com", "password": "only looking"}


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


def with_a_local_group(folder: Path, controller: ControllerProcess, new: NewAgent) -> AgentProcess:
    """An agent that has a socket, and a saved group `ours`."""
    socket = folder / "agent.sock"
    saved = folder / "branch/address-groups.d"
    saved.mkdir(parents=True)
    (saved / "10-ours.conf").write_text("192.0.2.200\n")
    more = {"FOREPOST_SOCKET__PATH": str(socket)}
    return AgentProcess(folder / "branch", controller.url, new, **more).start()


def sizes(folder: Path) -> dict[str, int]:
    """The groups that the agent has, and how many addresses."""
    asking = LonelyAgent(folder)
    found = asking.ask(command="list-address-groups")["data"]
    return {group["name"]: group["entries"] for group in found}


def open_groups(page: Page, controller: ControllerProcess, who: dict[str, str] = ADMIN) -> None:
    page.goto(controller.url)
    page.get_by_test_id("email").fill(who["email"])
    page.get_by_test_id("password").fill(who["password"])
    page.get_by_test_id("login").click()
    page.get_by_role("link", name="Traffic").click()
    page.get_by_role("link", name="Groups").click()


def row_of(page: Page, name: str) -> Locator:
    link = page.get_by_role("link", name=name, exact=True)
    return page.get_by_test_id("group-row").filter(has=link)


def test_a_group_is_made_reaches_the_agent_and_is_changed(
    site: Namespace, controller: ControllerProcess, tmp_path: Path
) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    person = controller.person()
    workspace = person.workspace("Field")
    branch = person.agent(workspace, "branch")
    person.agent(workspace, "depot")
    agent = with_a_local_group(tmp_path, controller, branch)
    try:
        LonelyAgent(tmp_path).ready()
        with page_in(site, tmp_path, refusals=(400, 409)) as page:
            page.set_default_timeout(8_000)
            open_groups(page, controller)
            expect(page.get_by_text("No group yet")).to_be_visible()
            adds_staff(page)
            staff = row_of(page, "staff")
            expect(staff).to_contain_text("2")
            expect(staff).to_contain_text("1 of 1 agent")
            assert sizes(tmp_path)["staff"] == 2
            adds_ours_for_branch(page)
            words = "group ours: a local group has this name, and stays"
            expect(row_of(page, "ours")).to_contain_text(words)
            expect(row_of(page, "ours")).to_contain_text("branch")
            page.screenshot(path=SCREENSHOTS / "groups.png")

            page.get_by_role("link", name="staff", exact=True).click()
            expect(page.get_by_role("heading", name="staff")).to_be_visible()
            changes_addresses(page)
            until(lambda: sizes(tmp_path)["staff"] == 3, 8, lambda: agent.output)
            renames(page)
            until(lambda: sizes(tmp_path).get("people") == 3, 8, lambda: agent.output)
            page.get_by_role("link", name="Traffic of this group").click()
            expect(page.get_by_role("heading", name="Traffic")).to_be_visible()
            expect(page.get_by_test_id("only-group")).to_contain_text("people")
            page.go_back()
            deletes(page)
            expect(page.get_by_test_id("group-row")).to_have_count(1)
            until(lambda: "people" not in sizes(tmp_path), 8, lambda: agent.output)
    finally:
        agent.end()


def adds_staff(page: Page) -> None:
    """Wrong first: the server's words, and nothing that was typed is lost. By keyboard where a
    person might.
    """
    button = page.get_by_role("button", name="Add group")
    form = page.get_by_role("form", name="New group")
    button.press("Enter")
    expect(form.get_by_label("Name")).to_be_focused()
    form.get_by_role("button", name="Cancel").press("Enter")
    expect(button).to_be_focused()
    button.press("Enter")
    form.get_by_label("Addresses").fill("192.0.2.1, 192.0.2.300")
    form.get_by_label("Name").fill("the staff")
    form.get_by_label("Name").press("Enter")
    expect(form.get_by_role("alert")).to_contain_text("name: ")
    form.get_by_label("Name").fill("staff")
    form.get_by_role("button", name="Add").click()
    expect(form.get_by_role("alert")).to_contain_text("addresses: '192.0.2.300'")
    expect(form.get_by_label("Name")).to_have_value("staff")
    expect(form.get_by_label("Addresses")).to_have_value("192.0.2.1, 192.0.2.300")
    form.get_by_label("Addresses").fill("192.0.2.1, 192.0.2.0/30\n192.0.2.1")
    form.get_by_role("button", name="Add").click()
    expect(form).to_have_count(0)


def adds_ours_for_branch(page: Page) -> None:
    page.get_by_role("button", name="Add group").click()
    form = page.get_by_role("form", name="New group")
    form.get_by_label("Name").fill("ours")
    form.get_by_label("Only these").check()
    form.get_by_role("button", name="Add").click()
    expect(form.get_by_role("alert")).to_contain_text("Choose at least one agent")
    form.get_by_label("branch").check()
    form.get_by_role("button", name="Add").click()
    expect(form).to_have_count(0)


def changes_addresses(page: Page) -> None:
    box = page.get_by_label("Addresses to add or remove")
    listed = page.get_by_test_id("address")
    expect(listed).to_have_text([re.compile("192.0.2.1"), re.compile("192.0.2.0/30")])
    box.fill("nobody 198.51.100.7")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("add: 'nobody'")
    expect(box).to_have_value("nobody 198.51.100.7")
    box.fill("02-00-00-00-00-01 198.51.100.7")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(listed).to_have_count(4)
    expect(box).to_have_value("")
    page.get_by_role("button", name="Remove 192.0.2.0/30").click()
    expect(page.get_by_test_id("address-count")).to_have_text("3 addresses")
    page.get_by_label("Filter addresses").fill("02:00")
    expect(listed).to_have_count(1)


def renames(page: Page) -> None:
    page.get_by_role("button", name="Change").click()
    form = page.get_by_role("form", name="Change group")
    expect(form.get_by_label("Name")).to_have_value("staff")
    form.get_by_label("Name").fill("ours")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("alert")).to_contain_text("name: a group of this workspace has it")
    form.get_by_label("Name").fill("people")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="people")).to_be_visible()


def deletes(page: Page) -> None:
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("heading", name="people")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Yes, delete it").click()


def test_who_may_only_look_sees_a_large_group_and_no_forms(
    site: Namespace, controller: ControllerProcess, tmp_path: Path
) -> None:
    person = controller.person()
    workspace = person.workspace("Field")
    depot = person.agent(workspace, "depot")
    path = f"/workspaces/{workspace}/address-groups"
    many = [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(100_000)]
    body = {"name": "many", "addresses": many, "agent_ids": [depot.id]}
    person.call("POST", path, body, status=201)
    looks_on(controller, person, workspace)
    with page_in(site, tmp_path, dark=True, width=400) as page:
        open_groups(page, controller, VIEWER)
        many_row = row_of(page, "many")
        expect(many_row).to_contain_text("100,000")
        expect(many_row).to_contain_text("0 of 1 agent")
        expect(page.get_by_role("button", name="Add group")).to_have_count(0)
        assert not wider_than_the_screen(page)
        page.get_by_role("link", name="many").click()
        expect(page.get_by_test_id("address-count")).to_have_text("100,000 addresses")
        assert page.get_by_test_id("address").count() <= 200
        page.get_by_label("Filter addresses").fill("10.1.134.159")
        expect(page.get_by_test_id("address")).to_have_text(["10.1.134.159"])
        expect(page.get_by_test_id("delivery-row")).to_contain_text("depot")
        for forbidden in ("Change", "Delete", "Add", "Remove"):
            expect(page.get_by_role("button", name=forbidden)).to_have_count(0)
        assert not wider_than_the_screen(page)
        person.call("DELETE", f"/workspaces/{workspace}/agents/{depot.id}")
        page.reload()
        expect(page.get_by_text("The agents that it is for are no longer there")).to_be_visible()


def looks_on(controller: ControllerProcess, person: Person, workspace: int) -> None:
    """The viewer becomes a member."""
    viewer = controller.person(**VIEWER)
    person.admit(viewer, workspace, "VIEWER")


def wider_than_the_screen(page: Page) -> bool:
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    return bool(page.evaluate(wide))
