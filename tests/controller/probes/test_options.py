"""What an agent would refuse is refused when somebody writes it."""

from typing import Any

import pytest

from forepost.controller.probes.options import check_options
from forepost.kit.errors import Invalid
from forepost.wire.probes.probe import NewProbe
from tests.running import NewAgent, Person


def http(**metadata: Any) -> NewProbe:
    return NewProbe(type="HTTP", targets=["https://198.18.0.1/"], metadata=metadata)


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"expected_status": [999]}, "metadata.expected_status"),
        ({"expected_statuss": [200]}, "metadata.expected_statuss: did you mean expected_status?"),
        ({"timeout_sec": -1}, "metadata.timeout_sec: "),
    ],
)
def test_it_is_named(metadata: dict[str, Any], reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_options(http(**metadata))
    assert str(refused.value).startswith(reason)


def test_what_somebody_keeps_for_himself_is_left_alone() -> None:
    check_options(http(owner="me", rack=7, expected_status=[200]))
    check_options(NewProbe(type="AGENT", agent_targets=[1], metadata={"include_ping": False}))
    check_options(NewProbe(type="SPEEDTEST", metadata={"anything": 1}))


def test_a_probe_that_stands_for_others_is_checked_as_they_are() -> None:
    wrong = {"trafficsim": {"dscp": 99}}
    with pytest.raises(Invalid, match=r"metadata\.dscp"):
        check_options(NewProbe(type="AGENT", agent_targets=[1], metadata=wrong))
    with pytest.raises(Invalid, match=r"metadata\.payload_sise: did you mean payload_size\?"):
        check_options(NewProbe(type="TRAFFICSIM", metadata={"payload_sise": 9}))


def test_a_change_is_checked_with_what_stays(person: Person) -> None:
    agent: NewAgent = person.agent(person.workspace("w"))
    path = f"/workspaces/{agent.workspace}/agents/{agent.id}/probes"
    body = {
        "type": "HTTP",
        "targets": ["https://198.18.0.1/"],
        "metadata": {"expected_status": [9]},
    }
    refused = person.call("POST", path, body, status=400)
    assert refused["error"].startswith("metadata.expected_status[0]: ")
    probe = person.probe(agent, type="HTTP", targets=["https://198.18.0.1/"])
    wrong = {"metadata": {"expected_status": [999]}}
    refused = person.call("PATCH", f"{path}/{probe}", wrong, status=400)
    assert refused["error"].startswith("metadata.expected_status[0]: ")
    person.call("PATCH", f"{path}/{probe}", {"metadata": {"expected_status": [204]}})
