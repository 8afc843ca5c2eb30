"""The pages of an HTTP and a TLS probe: the last result in words, its parts, its chain."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.agent_socket import agent_socket
from tests.lab.net import Namespace, namespace
from tests.running import ControllerProcess
from tests.whole.browser import page_in
from tests.whole.probe_payloads import http, tls
from tests.whole.test_groups_page import wider_than_the_screen

PASSWORD = "a good password"
EMAIL = "web@example.com"
URL = "https://www.example.com/"


@pytest.fixture(scope="module")
def site() -> Iterator[Namespace]:
    with namespace() as here, here.inside():
        yield here


@pytest.fixture(scope="module")
def addresses(site: Namespace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Of the HTTP probe and of the TLS probe."""
    controller = ControllerProcess(tmp_path_factory.mktemp("controller")).start()
    person = controller.person(EMAIL, PASSWORD)
    workspace = person.workspace("Field")
    agent = person.agent(workspace, "Lisbon")
    web = person.probe(agent, type="HTTP", targets=[URL])
    secure = person.probe(agent, type="TLS", targets=["portal.example.com:443"])
    with agent_socket(controller, agent) as socket:
        socket.post("HTTP", http(URL), probe_id=web, target=URL)
        socket.post("TLS", tls(6), probe_id=secure, target="portal.example.com:443")
        of_agent = f"{controller.url}/w/{workspace}/sites/{agent.id}/probes"
        yield [f"{of_agent}/{web}", f"{of_agent}/{secure}"]
    controller.end()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("width", [1280, 390])
def test_what_came_is_said_before_it_is_listed(
    addresses: list[str], site: Namespace, tmp_path: Path, width: int
) -> None:
    web, secure = addresses
    with page_in(site, tmp_path, width=width) as page:
        page.goto(web)
        page.get_by_test_id("email").fill(EMAIL)
        page.get_by_test_id("password").fill(PASSWORD)
        page.get_by_test_id("login").click()
        expect(page.get_by_test_id("finding")).to_have_text(
            "Status: 503 Service Unavailable. The certificate ends in 12 days."
        )
        parts = page.get_by_test_id("waterfall")
        expect(parts.get_by_role("rowheader")).to_have_text(
            ["DNS", "Connect", "TLS", "Waiting for the first byte", "Reading the rest", "Together"]
        )
        expect(parts.locator("td.number")).to_have_text(
            ["10.0 ms", "20.0 ms", "30.0 ms", "40.0 ms", "50.0 ms", "150 ms"]
        )
        raw = page.get_by_text('"CN=www.example.com"')
        expect(raw).not_to_be_visible()
        page.get_by_text("As it came").click()
        expect(raw).to_be_visible()
        assert not wider_than_the_screen(page)

        page.goto(secure)
        expect(page.get_by_test_id("finding")).to_have_text(
            "The certificate ends in 6 days: renew it. "
            "It is of www.example.com, and portal.example.com was asked for. "
            "It is not trusted: the name does not match."
        )
        chain = page.get_by_test_id("grid-row")
        expect(chain).to_have_count(2)
        expect(chain.first).to_contain_text("6 days")
        expect(chain.first).to_have_class(re.compile(r"\bwarn\b"))
        assert not wider_than_the_screen(page)
