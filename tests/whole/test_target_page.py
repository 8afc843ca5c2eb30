"""The page of a target: of the sites that suffer, which hop they have in common."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.agent_socket import agent_socket
from tests.controller.alerts.samples import PING, but
from tests.lab.net import namespace
from tests.running import ControllerProcess
from tests.whole.browser import page_in
from tests.whole.probe_payloads import mtr

PASSWORD = "a good password"
EMAIL = "target@example.com"
TARGET = "198.18.9.9"
WAYS = {
    "Porto": ["198.18.0.1", "198.18.5.5", TARGET],
    "Turin": ["198.18.1.1", "198.18.2.2", "198.18.5.5", TARGET],
    "Oslo": ["198.18.3.1", "198.18.3.3", TARGET],
}


@pytest.mark.timeout(240)
def test_who_suffers_has_a_hop_in_common(tmp_path: Path) -> None:
    with namespace() as site, site.inside():
        controller = ControllerProcess(tmp_path / "controller").start()
        try:
            person = controller.person(EMAIL, PASSWORD)
            workspace = person.workspace("Field")
            for name, way in WAYS.items():
                agent = person.agent(workspace, name)
                ping = person.probe(agent, type="PING", targets=[TARGET])
                trace = person.probe(agent, type="MTR", targets=[TARGET])
                lost = PING if name == "Oslo" else but(PING, packets_recv=0, packet_loss=100.0)
                with agent_socket(controller, agent) as socket:
                    for _ in range(3):
                        socket.post("PING", lost, probe_id=ping, target=TARGET)
                    socket.post("MTR", mtr(way), probe_id=trace, target=TARGET)
            with page_in(site, tmp_path) as page:
                page.goto(f"{controller.url}/w/{workspace}/paths/target?target={TARGET}")
                page.get_by_test_id("email").fill(EMAIL)
                page.get_by_test_id("password").fill(PASSWORD)
                page.get_by_test_id("login").click()
                answer = page.get_by_test_id("is-it-us")
                expect(answer).to_contain_text("both that suffer go through")
                expect(answer).to_contain_text("198.18.5.5")
                expect(answer).to_contain_text("Nobody who is fine does")
        finally:
            controller.end()
