"""What an agent does not run, and what failed, is on the pages of the agent and of the probe."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.agent_socket import agent_socket
from tests.lab.net import Namespace, namespace
from tests.running import ControllerProcess
from tests.whole.browser import page_in
from tests.whole.test_groups_page import wider_than_the_screen

EMAIL, PASSWORD = "operator@example.com", "a good password"
REASON = "MTR: this site does not allow it: [probes] deny 'MTR'"
FAILURE = "connect: refused by 198.18.0.1"


@pytest.fixture(scope="module")
def site() -> Iterator[Namespace]:
    """A loopback of its own; what the test starts and asks is in it."""
    with namespace() as here, here.inside():
        yield here


@pytest.fixture(scope="module")
def controller(
    site: Namespace, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path_factory.mktemp("controller")).start()
    yield process
    process.end()


def log_in(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_test_id("email").fill(EMAIL)
    page.get_by_test_id("password").fill(PASSWORD)
    page.get_by_test_id("login").click()


@pytest.mark.timeout(240)
def test_an_operator_sees_which_probe_does_not_run_and_why(
    controller: ControllerProcess, site: Namespace, tmp_path: Path
) -> None:
    person = controller.person(EMAIL, PASSWORD)
    agent = person.agent(person.workspace("Field"), "Lisbon")
    mtr = person.probe(agent, type="MTR", targets=["198.18.0.1"])
    tcp = person.probe(agent, type="TCP", targets=["198.18.0.1:80"])
    with agent_socket(controller, agent) as socket, page_in(site, tmp_path, width=390) as page:
        raw = socket._socket
        raw.send("$2;forepost;;_OnNamespaceConnect;0;0;")
        raw.send(';forepost;;hello;0;0;{"version":"9.9","capabilities":["report","want"]}')
        while not (text := str(raw.recv(30))).startswith(start := ";forepost;;want;0;0;"):
            pass
        revision = json.loads(text.removeprefix(start))["revision"]
        have = {"revision": revision, "unsupported": [f"probe {mtr}: {REASON}"]}
        raw.send(f";forepost;;have;0;0;{json.dumps(have)}")
        refusal = {"attempts": 3, "connected": 0, "refused": 3, "loss_pct": 100.0}
        for _ in range(3):
            failed = {"target": "198.18.0.1:80", "error": FAILURE, **refusal}
            socket.post("TCP", failed, probe_id=tcp, target="198.18.0.1:80")

        at = f"{controller.url}/w/{agent.workspace}/sites/{agent.id}"
        log_in(page, at)
        expect(page.get_by_test_id("probe-refused")).to_have_text(
            f"The agent does not run it: {REASON}"
        )
        mtr_row = page.get_by_test_id("probe-row").filter(has_text="MTR")
        expect(mtr_row.get_by_test_id("state")).to_have_text("not run")
        expect(page.get_by_test_id("probe-error")).to_have_text(FAILURE)
        assert not wider_than_the_screen(page)
        page.get_by_role("link", name="MTR").click()
        expect(page.get_by_test_id("probe-refused")).to_contain_text(REASON)
        expect(page.get_by_text("No result.", exact=True)).to_be_visible()
        page.goto(f"{at}/probes/{tcp}")
        expect(page.get_by_role("heading", name="TCP 198.18.0.1:80", exact=True)).to_be_visible()
        expect(page.get_by_test_id("probe-refused")).to_have_count(0)
