"""How calls would have been: by link, both ways, and by hour."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from forepost.controller.reports.voice_report import r_factor
from tests.agent_socket import AgentSocket, agent_socket
from tests.running import ControllerProcess, NewAgent, Person

GOOD = {"MOS": 4.4, "averageRTT": 10, "jitterAvg": 1, "lossPercentage": 0, "receivedPackets": 60}
BAD = {"MOS": 2.5, "averageRTT": 90, "jitterAvg": 30, "lossPercentage": 10, "receivedPackets": 54}


class Links:
    """North measures towards south, and south back."""

    def __init__(self, controller: ControllerProcess, person: Person) -> None:
        self.person, self.workspace = person, person.workspace("w")
        self.north = person.agent(self.workspace, "north")
        self.south = person.agent(self.workspace, "south")
        both = {"type": "AGENT", "agent_targets": [self.south.id], "bidirectional": True}
        self.probe = person.probe(self.north, **both)
        of_south = f"/workspaces/{self.workspace}/agents/{self.south.id}/probes"
        (back,) = person.call("GET", of_south)["data"]
        with agent_socket(controller, self.north) as line:
            self.post(line, GOOD, self.south, 200)
            self.post(line, GOOD, self.south, 10)
        with agent_socket(controller, self.south) as line:
            self.post(line, BAD, self.north, 10, back["id"])

    def post(
        self, line: AgentSocket, said: Any, towards: NewAgent, minutes_ago: int, probe: int = 0
    ) -> None:
        at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        payload = {"totalPackets": 60, **said}
        more = {"target": "198.18.0.2:5000", "target_agent": towards.id}
        line.post("TRAFFICSIM", payload, probe_id=probe or self.probe, at=at, **more)


@pytest.fixture
def links(controller: ControllerProcess, person: Person) -> Links:
    return Links(controller, person)


def test_both_ways_of_a_link_are_one_pair(links: Links) -> None:
    base = f"/workspaces/{links.workspace}/reports/voice/data"
    found = links.person.call("GET", base)
    (pair,) = found["pairs"]
    assert (pair["agent"]["name"], pair["target"]["agent_name"]) == ("north", "south")
    assert (pair["forward"]["mos_score"], pair["reverse"]["mos_score"]) == (4.4, 2.5)
    assert pair["reverse"]["congestion_level"] == "severe"
    assert len(pair["trends"]["forward"]) == 2
    assert {one["category"] for one in pair["issues"]} == {"packet_loss", "jitter_spike"}
    assert {one["affected_path"] for one in found["issues"]} == {"return"}
    assert found["metrics"]["packets"]["lost"] == 6
    assert found["summary"]["mos"] == pytest.approx(3.77, abs=0.01)
    heat = {one["agent_name"]: one for one in found["heatmap"]}
    assert (heat["north"]["forward_grade"], heat["north"]["reverse_grade"]) == (
        *("excellent", "critical"),
    )


def test_a_probe_and_an_agent_by_themselves(links: Links) -> None:
    call = links.person.call
    (pair,) = call("GET", f"/probes/{links.probe}/reports/voice/data")["pairs"]
    assert (pair["forward"]["mos_score"], pair["reverse"]["mos_score"]) == (4.4, 2.5)
    of_agent = call("GET", f"/agents/{links.south.id}/reports/agent_detail/data")
    assert (of_agent["meta"]["view_mode"], of_agent["meta"]["agent"]["name"]) == ("agent", "south")
    (pair,) = of_agent["pairs"]
    assert (pair["agent"]["name"], pair["forward"]["mos_score"]) == ("south", 2.5)
    alone = links.person.agent(links.workspace, "alone")
    nothing = call("GET", f"/agents/{alone.id}/reports/agent_detail/data")
    assert (nothing["summary"]["grade"], nothing["pairs"]) == ("unknown", [])


def test_the_page_has_each_link_and_its_hours(links: Links) -> None:
    path = f"/workspaces/{links.workspace}/reports/voice/run?format=html"
    page = links.person.ask("GET", path).text
    assert "north → south" in page
    assert "south → north" in page
    assert "MOS by link and hour of the day" in page
    assert "2.50" in page


def test_who_is_no_member_hears_that_there_is_nothing(
    controller: ControllerProcess, links: Links
) -> None:
    stranger = controller.person("stranger-voice@example.com", "a good password")
    for path, what in (
        (f"/agents/{links.north.id}/reports/agent_detail/data", "agent"),
        (f"/agents/{links.north.id}/reports/agent_detail/run", "agent"),
        (f"/probes/{links.probe}/reports/voice/data", "probe"),
        ("/probes/999999/reports/voice/data", "probe"),
    ):
        assert stranger.call("GET", path, status=404) == {"error": f"{what} not found"}


def test_the_r_that_has_a_mos() -> None:
    for r in (20.0, 50.0, 93.2):
        mos = 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6
        assert r_factor(mos) == pytest.approx(r, abs=0.1)
