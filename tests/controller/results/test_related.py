"""Results by target, probes like another, and one row a bucket."""

from datetime import UTC, datetime, timedelta
from time import time
from zoneinfo import ZoneInfo

import pytest

from tests.agent_socket import agent_socket
from tests.running import ControllerProcess, NewAgent, Person

TARGET = "198.18.0.9"
BUCKET_SEC = 120
START = datetime.fromtimestamp(time() // BUCKET_SEC * BUCKET_SEC, UTC) - timedelta(minutes=30)


@pytest.fixture
def agent(person: Person) -> NewAgent:
    return person.agent(person.workspace("w"))


def data(agent: NewAgent, path: str) -> str:
    return f"/workspaces/{agent.workspace}/probe-data/{path}"


def test_by_target_and_similar(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    ping = person.probe(agent, type="PING", targets=[TARGET, "198.18.0.10"])
    mtr = person.probe(agent, type="MTR", targets=[TARGET])
    other = person.agent(agent.workspace, "other")
    twin = person.probe(other, type="PING", targets=[TARGET])
    person.probe(other, type="PING", targets=["198.18.0.11"])
    with agent_socket(controller, agent) as socket:
        for minute in range(3):
            at = START + timedelta(minutes=minute)
            socket.post("PING", {"n": minute}, probe_id=ping, at=at, target=TARGET)
            socket.post("PING", {"n": minute}, probe_id=ping, at=at, target="198.18.0.10")
        socket.post("MTR", {"report": {"hops": []}}, probe_id=mtr, at=START)

    found = person.call("GET", data(agent, f"by-target/data?target={TARGET}"))
    assert (found["target"], found["probeIds"]) == (TARGET, [ping, mtr, twin])
    rows = {bundle["probe_id"]: bundle["rows"] for bundle in found["bundles"]}
    assert [row["payload"]["n"] for row in rows[ping]] == [2, 1, 0]
    assert [row["type"] for row in rows[mtr]] == ["MTR"]
    assert rows[twin] == []
    only = f"by-target/data?target={TARGET}&latestOnly=true&type=PING"
    newest = person.call("GET", data(agent, only))["bundles"]
    assert [b["latest"] and b["latest"]["payload"] for b in newest] == [{"n": 2}, None, None]
    nothing = person.call("GET", data(agent, "by-target/data?target=198.18.0.99"))
    assert nothing == {"target": "198.18.0.99", "probeIds": [], "bundles": []}

    like = person.call("GET", data(agent, f"probes/{ping}/similar"))
    assert [p["id"] for p in like["similar_by_target"]] == [twin]
    assert "latest" not in like
    more = f"probes/{ping}/similar?sameType=false&includeSelf=true&latest=true"
    like = person.call("GET", data(agent, more))
    assert [p["id"] for p in like["similar_by_target"]] == [ping, mtr, twin]
    assert like["similar_by_agent_id"] == []
    latest = {one["probe_id"]: one["latest"] for one in like["latest"]}
    assert latest[ping]["payload"] == {"n": 2}
    assert latest[twin] is None
    person.call("GET", data(agent, "probes/999999/similar"), status=404)


def test_one_row_a_bucket(controller: ControllerProcess, person: Person, agent: NewAgent) -> None:
    probe = person.probe(agent, type="PING", targets=[TARGET])
    with agent_socket(controller, agent) as socket:
        for second in range(0, 240, 20):
            payload = {
                "packets_sent": 1,
                "packets_recv": 1,
                "packet_loss": 0,
                "avg_rtt": (1 + second // 120) * 1_000_000,
                "min_rtt": 1_000_000,
                "max_rtt": 2_000_000,
            }
            at = START + timedelta(seconds=second)
            socket.post("PING", payload, probe_id=probe, at=at, target=TARGET)
            socket.post("MTR", {"second": second}, probe_id=probe, at=at, target=TARGET)
    window = f"from={START.timestamp():.0f}&to={START.timestamp() + 239:.0f}"

    def sampled(kind: str, more: str = "") -> list[dict[str, object]]:
        path = f"probes/{probe}/data?type={kind}&aggregate={BUCKET_SEC}&asc=true&{window}{more}"
        return [row["payload"] for row in person.call("GET", data(agent, path))["data"]]

    pings = sampled("PING")
    assert [payload["samples"] for payload in pings] == [6, 6]
    assert all(payload["packet_loss"] == 0 for payload in pings)
    assert 1_000_000 <= float(str(pings[0]["avg_rtt"])) < 1_100_000
    assert sampled("MTR")[-1] == {"second": 220}
    assert len(sampled("MTR", "&limit=1")) == 1
    for zone in ("UTC", "Asia/Tokyo", "America/St_Johns"):
        times = [
            (START + timedelta(seconds=s)).astimezone(ZoneInfo(zone)) for s in range(0, 240, 20)
        ]
        days = {one.replace(hour=0, minute=0, second=0, microsecond=0) for one in times}
        asked = f"aggregate=86400&asc=true&{window}&tz={zone}"
        for kind in ("PING", "MTR"):
            path = data(agent, f"probes/{probe}/data?type={kind}&{asked}")
            rows = person.call("GET", path)["data"]
            begun = {datetime.fromisoformat(row["created_at"]) for row in rows}
            assert begun == days if kind == "PING" else len(begun) == len(days)
    path = data(agent, f"probes/{probe}/data?type=PING&aggregate=86400&tz=Mars/Olympus")
    assert person.call("GET", path, status=400)["error"].startswith("tz: no time zone")
    for wrong in ("type=DNS&aggregate=60", "aggregate=60", "type=PING&aggregate=1"):
        path = data(agent, f"probes/{probe}/data?{wrong}")
        assert person.call("GET", path, status=400)["error"].startswith("aggregate: ")
