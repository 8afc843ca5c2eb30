"""The panel's addresses: every view has one, to be reloaded, sent, opened beside, gone back to."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from playwright.sync_api import Page, expect

from tests.agent_socket import AgentSocket, agent_socket
from tests.controller.alerts.samples import PING, but
from tests.controller.flows.minutes import minute
from tests.lab.net import Namespace, namespace
from tests.names import name_of
from tests.running import ControllerProcess, NewAgent, Person
from tests.whole.axe import broken_rules
from tests.whole.browser import page_in
from tests.whole.test_groups_page import wider_than_the_screen
from tests.whole.test_up import SCREENSHOTS

PASSWORD = "a good password"
TARGETS = ("198.18.0.1", "a-rather-long-name-of-a-host.branch-office.example.com")
TALKS = (
    (
        "192.168.1.20",
        "video.example.com",
        "a-long-name.video-delivery.region-7.example.com",
        40_000_000,
    ),
    ("2001:db8:4242:4242:4242:4242:4242:4242", "backup", "backup.example.org", 25_000_000),
)
ABOUT = {
    "location": "Rua do Alecrim 12, Lisbon",
    "description": "Behind the tills, on the upper shelf",
    "metadata": {"latitude": 38.71, "longitude": -9.14},
}
LATE = {"pending": 9_010, "bytes": 1, "lost": 0, "refused": 0, "backlog": 9_000}


@pytest.fixture(scope="module")
def site() -> Iterator[Namespace]:
    """A loopback of its own; what the tests start and ask is in it."""
    with namespace() as here, here.inside():
        yield here


@pytest.fixture(scope="module")
def controller(
    site: Namespace, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path_factory.mktemp("controller")).start()
    yield process
    process.end()


class Place:
    """A person's workspace with two sites, of which one has a probe."""

    def __init__(self, controller: ControllerProcess, email: str) -> None:
        self.controller, self.email = controller, email
        self.person: Person = controller.person(email, PASSWORD)
        self.workspace = self.person.workspace("Field")
        self.lisbon: NewAgent = self.person.agent(self.workspace, "Lisbon")
        self.person.agent(self.workspace, "Porto")
        self.ping = self.person.probe(self.lisbon, type="PING", targets=list(TARGETS))

    def at(self, path: str) -> str:
        """The panel's address."""
        return f"{self.controller.url}/w/{self.workspace}/{path}"

    def open(self, page: Page, address: str) -> None:
        """As somebody does who has not logged in in this tab."""
        page.goto(address)
        page.get_by_test_id("email").fill(self.email)
        page.get_by_test_id("password").fill(PASSWORD)
        page.get_by_test_id("login").click()
        expect(page.get_by_test_id("login")).to_have_count(0)

    @contextmanager
    def measured(self) -> Iterator[AgentSocket]:
        """It has measured for ten minutes, has a backlog, and is here while this lasts."""
        with agent_socket(self.controller, self.lisbon) as socket:
            now = datetime.now(UTC)
            for ago in range(600, 0, -20):
                for target in TARGETS:
                    back = but(PING, packets_recv=29, packet_loss=3.3) if ago == 300 else PING
                    at = now - timedelta(seconds=ago)
                    socket.post("PING", back, probe_id=self.ping, at=at, target=target)
            socket._socket.send("$2;forepost;;_OnNamespaceConnect;0;0;")
            hello = {"version": "0.1.0", "capabilities": ["spool"]}
            socket._socket.send(f";forepost;;hello;0;0;{json.dumps(hello)}")
            late = json.dumps({**LATE, "backlog_left_sec": 2_045.2})
            socket._socket.send(f";forepost;;spool_is;0;0;{late}")
            yield socket


@pytest.fixture
def place(controller: ControllerProcess, request: pytest.FixtureRequest) -> Place:
    return Place(controller, f"{name_of(request)}@example.com")


def pressed(page: Page, name: str) -> None:
    button = page.get_by_role("button", name=name, exact=True)
    expect(button).to_have_attribute("aria-pressed", "true")


@pytest.mark.timeout(240)
def test_a_deep_link_shows_its_page_after_the_log_in_and_after_a_reload(
    place: Place, site: Namespace, tmp_path: Path
) -> None:
    address = place.at(f"sites/{place.lisbon.id}/probes/{place.ping}?last=6h")
    with place.measured(), page_in(site, tmp_path) as page:
        place.open(page, address)
        for _ in range(2):
            expect(page.get_by_role("heading", name=f"PING {TARGETS[0]}")).to_be_visible()
            pressed(page, "6 h")
            expect(page.get_by_test_id("points")).to_have_text("60 results")
            expect(page).to_have_title(re.compile("^PING 198.18.0.1.* · forepost$"))
            assert page.url == address
            page.reload()


@pytest.mark.timeout(240)
def test_back_and_forward_go_through_what_was_looked_at(
    place: Place, site: Namespace, tmp_path: Path
) -> None:
    with page_in(site, tmp_path) as page:
        place.open(page, place.controller.url)
        expect(page).to_have_url(place.at("now"))
        page.get_by_role("link", name="Sites").click()
        page.get_by_role("link", name="Lisbon").click()
        page.get_by_role("link", name="PING").first.click()
        pressed(page, "1 h")
        page.get_by_role("button", name="24 h").click()
        pressed(page, "24 h")
        probe = place.at(f"sites/{place.lisbon.id}/probes/{place.ping}")
        expect(page).to_have_url(f"{probe}?last=24h")
        page.go_back()
        pressed(page, "1 h")
        expect(page).to_have_url(probe)
        page.go_back()
        expect(page.get_by_role("heading", name="Lisbon")).to_be_visible()
        expect(page).to_have_title("Lisbon · forepost")
        page.go_back()
        expect(page.get_by_test_id("agent-row")).to_have_count(2)
        expect(page).to_have_title("Sites · forepost")
        page.go_forward()
        page.go_forward()
        page.go_forward()
        pressed(page, "24 h")


@pytest.mark.timeout(240)
def test_addresses_from_before_lead_on(place: Place, site: Namespace, tmp_path: Path) -> None:
    old = f"/#/w/{place.workspace}"
    agent = f"{old}/a/{place.lisbon.id}"
    new = f"sites/{place.lisbon.id}"
    with page_in(site, tmp_path) as page:
        place.open(page, f"{place.controller.url}{agent}/p/{place.ping}?range=7d")
        pressed(page, "7 d")
        expect(page).to_have_url(place.at(f"{new}/probes/{place.ping}?last=7d"))
        for hash_, path, heading in (
            (old, "sites", "Sites"),
            (agent, new, "Lisbon"),
            (f"{old}/traffic?range=6h&group=staff", "traffic?last=6h&group=staff", "Traffic"),
            (f"{old}/groups", "groups", "Groups"),
            (f"{old}/alerts", "alerts", "Alerts"),
        ):
            page.goto(place.controller.url + hash_)
            expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
            expect(page).to_have_url(place.at(path))


@pytest.mark.timeout(240)
def test_each_workspace_has_addresses_of_its_own(
    place: Place, site: Namespace, tmp_path: Path
) -> None:
    depot = place.person.workspace("Depot")
    with page_in(site, tmp_path) as page:
        place.open(page, place.at("alerts"))
        choice = page.get_by_test_id("workspace")
        expect(choice).to_have_text("Field")
        choice.click()
        page.get_by_role("link", name="Depot").click()
        expect(page).to_have_url(f"{place.controller.url}/w/{depot}/now")
        expect(page.get_by_text("No site yet")).to_be_visible()
        page.get_by_role("link", name="Paths").click()
        expect(page).to_have_url(f"{place.controller.url}/w/{depot}/paths")
        page.go_back()
        page.go_back()
        expect(choice).to_have_text("Field")
        expect(page.get_by_text("Nothing is wrong that a rule watches.")).to_be_visible()


@pytest.mark.timeout(240)
def test_a_link_opens_beside_the_page_that_it_stands_on(
    place: Place, site: Namespace, tmp_path: Path
) -> None:
    with page_in(site, tmp_path) as page:
        place.open(page, place.at("sites"))
        link = page.get_by_role("link", name="Lisbon")
        address = place.at(f"sites/{place.lisbon.id}")
        assert link.evaluate("link => link.href") == address
        with page.context.expect_page() as opened:
            link.click(button="middle")
        beside = opened.value
        expect(beside).to_have_url(address)
        expect(beside.get_by_role("heading", name="Lisbon")).to_be_visible()
        expect(page).to_have_url(place.at("sites"))
        expect(page.get_by_test_id("agent-row")).to_have_count(2)


@pytest.mark.timeout(240)
def test_what_is_chosen_stands_in_the_address(
    place: Place, site: Namespace, tmp_path: Path
) -> None:
    with place.measured(), page_in(site, tmp_path) as page:
        place.open(page, place.at("sites"))
        page.get_by_role("button", name="Fine 1").click()
        expect(page).to_have_url(place.at("sites?only=healthy"))
        page.get_by_label("Filter sites").press_sequentially("lis")
        page.get_by_label("Filter sites").press("Enter")
        expect(page).to_have_url(place.at("sites?only=healthy&find=lis"))
        page.reload()
        expect(page.get_by_label("Filter sites")).to_have_value("lis")
        expect(page.get_by_test_id("agent-row")).to_have_text([re.compile("Lisbon")])
        page.get_by_role("button", name="Down 0").click()
        expect(page.get_by_text("None of 2 sites matches.")).to_be_visible()
        expect(page).to_have_url(place.at("sites?only=critical&find=lis"))
        page.go_back()
        pressed(page, "Fine 1")
        expect(page.get_by_test_id("agent-row")).to_have_text([re.compile("Lisbon")])
        page.goto(place.at("alerts?tab=alerts&status=resolved"))
        expect(page.get_by_text("No alert is resolved.")).to_be_visible()
        page.get_by_role("button", name="All", exact=True).click()
        expect(page.get_by_text("There has been no alert yet.")).to_be_visible()
        page.go_back()
        pressed(page, "Resolved")


@pytest.mark.timeout(240)
def test_a_part_of_a_chart_is_shown_to_whoever_gets_its_address(
    place: Place, site: Namespace, tmp_path: Path
) -> None:
    with place.measured(), page_in(site, tmp_path) as page:
        place.open(page, place.at(f"sites/{place.lisbon.id}/probes/{place.ping}?last=15m"))
        chart = page.get_by_test_id("chart")
        expect(page.get_by_test_id("points")).to_have_text("60 results")
        box = chart.bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] / 3)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 3, steps=5)
        page.mouse.up()
        back = page.get_by_role("button", name="Back to live")
        expect(back).to_be_visible()
        expect(page).to_have_url(re.compile(r"\?last=15m&from=\d+&to=\d+$"))
        points = page.get_by_test_id("points")
        expect(points).not_to_have_text("60 results")
        some = points.inner_text()
        page.reload()
        expect(points).to_have_text(some)
        back.click()
        expect(points).to_have_text("60 results")
        expect(page).to_have_url(re.compile(r"\?last=15m$"))
        page.go_back()
        expect(points).to_have_text(some)


@pytest.mark.timeout(240)
def test_the_page_of_a_probe_asks_for_each_thing_once(
    place: Place, site: Namespace, tmp_path: Path
) -> None:
    with place.measured(), page_in(site, tmp_path) as page:
        place.open(page, place.at("sites"))
        expect(page.get_by_test_id("agent-row").first).to_be_visible()
        asked: list[str] = []
        page.on("request", lambda one: asked.append(urlsplit(one.url).path))
        page.goto(place.at(f"sites/{place.lisbon.id}/probes/{place.ping}"))
        expect(page.get_by_test_id("points")).to_have_text("60 results")
        expect(page.get_by_text("live", exact=True)).to_be_visible()
        page.wait_for_load_state("networkidle")
        rest = [path for path in asked if path.startswith("/workspaces/")]
        assert [path for path in rest if path.endswith("/chart")] != []
        assert sorted(rest) == sorted(set(rest))


@pytest.mark.timeout(240)
def test_where_no_page_is_and_where_one_does_not_come_is_said_in_words(
    place: Place, site: Namespace, tmp_path: Path
) -> None:
    with page_in(site, tmp_path) as page:
        # As under a tab that is older than the controller: its pages have other names by now.
        gone = {"status": 404, "json": {"error": "not found"}}
        page.route(re.compile("/assets/Traffic-"), lambda route: route.fulfill(**gone))
        place.open(page, place.at("no/such/page"))
        expect(page.get_by_test_id("no-page")).to_contain_text("/no/such/page")
        page.get_by_role("link", name="To what is now").click()
        expect(page.get_by_test_id("site-tile")).to_have_count(2)
        page.get_by_role("link", name="Traffic").click()
        expect(page.get_by_role("alert")).to_contain_text("cannot be loaded")
        page.unroute_all()
        page.get_by_role("button", name="Load the panel again").click()
        expect(page.get_by_role("heading", name="Traffic")).to_be_visible()
        page.goto(place.at("sites/99999"))
        expect(page.get_by_role("alert")).to_contain_text("agent not found")
        page.goto(f"{place.controller.url}/w/{place.workspace}")
        expect(page).to_have_url(place.at("now"))


@pytest.mark.timeout(240)
def test_pages_fit_a_phone_and_a_desk(place: Place, site: Namespace, tmp_path: Path) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    agent = f"sites/{place.lisbon.id}"
    probe = f"{agent}/probes/{place.ping}?last=15m"
    rule = {
        "name": "Somewhat near, and told",
        "metric": "latency",
        "operator": "<",
        "threshold": 1000,
    }
    path = f"/workspaces/{place.workspace}/alert-rules"
    place.person.call("POST", path, {**rule, "severity": "critical"}, status=201)
    with place.measured() as socket, page_in(site, tmp_path) as page:
        place.person.call("PATCH", f"{path[:-12]}/agents/{place.lisbon.id}", ABOUT)
        hour = datetime.now(UTC).replace(second=0, microsecond=0)
        for ago in range(1, 30):
            made = minute(int(hour.timestamp()) - 60 * ago, *TALKS, groups=("staff",), rest=500_000)
            at = datetime.fromtimestamp(made.minute, UTC)
            socket.post("FLOWS", msgspec.to_builtins(made), at=at)
        for target in TARGETS:
            socket.post("PING", PING, probe_id=place.ping, target=target)
        place.open(page, place.at("sites"))
        broken: list[str] = []
        for width in (390, 1_440):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme="dark" if width == 390 else "light")
            for name, path, seen in (
                ("fleet", "sites", page.get_by_test_id("agent-row").first),
                ("agent", agent, page.get_by_text("34 min left")),
                ("probe", probe, page.get_by_test_id("chart")),
                ("traffic", "traffic", page.get_by_test_id("traffic-chart")),
                ("alerts", "alerts?tab=alerts", page.get_by_test_id("alert-row").first),
                ("groups", "groups", page.get_by_text("No group yet.")),
                ("now", "now", page.get_by_test_id("incident-row").first),
                ("host", f"{agent}?tab=host", page.get_by_text("Nothing is known of its host")),
                ("paths", "paths", page.get_by_test_id("target-row").first),
                ("target", f"paths/target?target={TARGETS[0]}", page.get_by_test_id("source-row")),
                ("incidents", "alerts", page.get_by_test_id("incident-row").first),
                ("rules", "alerts?tab=rules", page.get_by_test_id("rule-row").first),
                ("maintenance", "alerts?tab=maintenance", page.get_by_text("No window.")),
                ("channels", "alerts?tab=channels", page.get_by_text("No channel yet.")),
                ("routes", "alerts?tab=routes", page.get_by_text("No route yet:")),
                ("templates", "alerts?tab=templates", page.get_by_text("No template yet:")),
                ("map", "sites?view=map", page.get_by_test_id("map-mark")),
                ("matrix", "sites?view=matrix", page.get_by_test_id("target-row").first),
                ("workspace", "settings?tab=workspace", page.get_by_label("Time zone")),
                ("sent", "alerts?tab=log", page.get_by_text("Nothing was sent yet.")),
                ("tools", "tools", page.get_by_role("form", name="Run once")),
                ("settings", "settings", page.get_by_test_id("member-row")),
                ("account", "account", page.get_by_test_id("session-row").first),
                ("add-site", "sites/add", page.get_by_role("form", name="New site")),
                ("add-probe", f"{agent}/probes/add", page.get_by_role("form", name="New probe")),
            ):
                page.goto(place.at(path))
                expect(seen).to_be_visible()
                page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png", full_page=True)
                assert not wider_than_the_screen(page), (name, width)
                broken += [f"{name} at {width}: {rule}" for rule in broken_rules(page)]
        assert broken == []
