"""Passwords in a probe's metadata and targets, and who is shown them."""

import httpx

from forepost.wire.disclosure import MASK
from tests.running import ControllerProcess, Person

METADATA = {
    "community": "private",
    "auth_password": "long enough",
    "profile": "system",
    "note": "the other password is x",
}
SHOWN = {"community": MASK, "auth_password": MASK, "profile": "system", "note": MASK}


def test_only_who_may_change_a_probe_sees_its_passwords(
    controller: ControllerProcess, person: Person
) -> None:
    workspace = person.workspace("w")
    agent = person.agent(workspace)
    probe = person.probe(agent, type="SNMP", targets=["198.18.0.1"], metadata=METADATA)
    viewer = controller.person("secrets-viewer@example.com", "a good password")
    person.admit(viewer, workspace, "VIEWER")
    probes = f"/workspaces/{workspace}/agents/{agent.id}/probes"
    assert person.call("GET", f"{probes}/{probe}")["metadata"] == METADATA
    assert viewer.call("GET", f"{probes}/{probe}")["metadata"] == SHOWN
    assert [one["metadata"] for one in viewer.call("GET", probes)["data"]] == [SHOWN]
    similar = f"/workspaces/{workspace}/probe-data/probes/{probe}/similar"
    assert viewer.call("GET", similar)["probe"]["metadata"] == SHOWN
    made = person.call(
        "POST", f"/workspaces/{workspace}/agents/{agent.id}/share-links", {}, status=201
    )
    shared = httpx.get(f"{controller.url}/share/{made['token']}").json()
    assert [one["metadata"] for one in shared["probes"]] == [{}], "a link shows no settings"
