"""How a host fared over time: few moments of many results, and nothing that nobody measured."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from forepost.controller.results.host_course import HostReading, course, reading
from tests.agent_socket import agent_socket
from tests.running import ControllerProcess, NewAgent, Person

GIB = 1 << 30


def payload(**parts: Any) -> dict[str, Any]:
    memory = {"total_bytes": 8 * GIB, "used_bytes": 5 * GIB, "available_bytes": 6 * GIB}
    return {"hostInfo": {"name": "h"}, "memoryInfo": memory, **parts}


def known(**parts: Any) -> HostReading:
    found = reading(msgspec.json.encode(parts))
    assert found is not None
    return found


@pytest.fixture
def agent(person: Person) -> NewAgent:
    return person.agent(person.workspace("w"))


def test_over_a_long_time_there_is_one_result_of_each_step(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    path = f"/workspaces/{agent.workspace}/agents/{agent.id}/host-course"
    first = now - timedelta(hours=4)
    with agent_socket(controller, agent) as socket:
        for minute in range(0, 240, 4):
            nic = {"name": "eth0", "rx_bytes_per_sec": minute, "tx_bytes_per_sec": 1.0}
            disk = {"mount": "/", "used_pct": 40 + minute / 10}
            socket.post(
                "SYSINFO",
                payload(cpu={"idle": 90.0}, load=[0.5, 0.4, 0.3], disks=[disk], nics=[nic]),
                at=first + timedelta(minutes=minute),
            )
    of = f"?from={first.timestamp():.0f}&to={now.timestamp():.0f}"
    whole = person.call("GET", f"{path}{of}")
    assert len(whole["times"]) == 60
    assert whole["cpu_pct"] == [10.0] * 60
    assert whole["memory_pct"] == [25.0] * 60
    assert whole["swap_pct"] == [None] * 60
    assert whole["load"] == [0.5] * 60
    [nic] = whole["nics"]
    assert nic["rx_bytes_per_sec"] == [*range(0, 240, 4)]
    [disk] = whole["disks"]
    assert disk["used_pct"][-1] == pytest.approx(63.6)
    few = person.call("GET", f"{path}{of}&points=8")
    assert few["step_sec"] == 1_800
    assert 8 <= len(few["times"]) <= 9
    assert few["times"] == sorted(few["times"])
    assert few["times"][-1] == whole["times"][-1]
    # Without times: the last hour.
    assert len(person.call("GET", path)["times"]) in (14, 15)
    strange = f"/workspaces/{agent.workspace}/agents/{agent.id + 1}/host-course"
    person.call("GET", strange, status=404)
    person.call("GET", f"{path}?from=-1h&to=-2h", status=400)


def test_an_agent_that_says_times_alone_was_busy_since_the_moment_before() -> None:
    spent = [
        {"user": 100, "idle": 900},
        {"user": 130, "idle": 970},
        {"idle": 10},  # started anew
        {"user": 90, "idle": 20},
    ]
    found = course([(at, known(CPUTimes=one)) for at, one in enumerate(spent)], 1)
    assert found.cpu_pct == [None, pytest.approx(30), None, pytest.approx(90)]


def test_of_many_interfaces_the_busiest_are_kept_and_what_is_missing_is_not_zero() -> None:
    veths = [{"name": f"veth{n}", "rx_bytes_per_sec": n} for n in range(20)]
    found = course([(1, known(nics=veths)), (2, known(nics=[{"name": "veth19"}])), (3, known())], 1)
    assert [nic.name for nic in found.nics] == [f"veth{n}" for n in range(12, 20)]
    assert found.nics[-1].rx_bytes_per_sec == [19, None, None]
    assert found.memory_pct == [None] * 3


@pytest.mark.parametrize("text", [b"", b"[]", b"\xff", b'{"disks": [{"mount": 1}]}'])
def test_what_is_no_payload_of_a_host_is_left_out(text: bytes) -> None:
    assert reading(text) is None
