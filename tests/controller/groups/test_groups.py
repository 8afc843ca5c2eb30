"""Address groups of a workspace."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.groups.members import canonical, changed
from tests.running import Person


def test_made_changed_and_removed(person: Person) -> None:
    workspace = person.workspace("w")
    agent = person.agent(workspace)
    path = f"/workspaces/{workspace}/address-groups"
    body = {
        "name": "guests",
        "addresses": ["192.0.2.1", "192.0.2.1/32", "2001:DB8::0/64", "00-1C-42-AB-CD-EF"],
        "agent_ids": [agent.id],
        "external_id": "guests",
    }
    made = person.call("POST", path, body, status=201)
    one = f"{path}/{made['id']}"
    assert made["addresses"] == ["192.0.2.1", "2001:db8::/64", "00:1c:42:ab:cd:ef"]
    assert (made["count"], made["revision"]) == (3, 1)
    (listed,) = person.call("GET", path)["data"]
    assert "addresses" not in listed
    assert listed["count"] == 3

    more = {"add": ["192.0.2.7"], "remove": ["192.0.2.1"], "description": "Wi-Fi"}
    changed_one = person.call("PATCH", one, more)
    assert changed_one["addresses"] == ["2001:db8::/64", "00:1c:42:ab:cd:ef", "192.0.2.7"]
    assert (changed_one["revision"], changed_one["description"]) == (2, "Wi-Fi")
    assert person.call("GET", one) == changed_one

    wrong = person.call("PATCH", one, {"add": ["192.0.2.9", "192.0.2.8/24"]}, status=400)
    assert wrong == {"error": "add: '192.0.2.8/24' has host bits set"}
    assert person.call("GET", one)["revision"] == 2
    gone = person.call("PATCH", one, {"agent_ids": [999_999]}, status=400)
    assert gone == {"error": "agent_ids: no agent 999999 in this workspace"}
    taken = person.call("POST", path, {"name": "guests"}, status=409)
    assert taken["error"].startswith("name: ")
    person.call("DELETE", one)
    person.call("DELETE", one, status=404)


def test_a_deleted_agent_stays_named_so_that_its_group_goes_to_nobody_else(person: Person) -> None:
    """To have no agent is to have all of them."""
    workspace = person.workspace("w")
    gone, there, other = (person.agent(workspace, name).id for name in ("gone", "there", "other"))
    path = f"/workspaces/{workspace}/address-groups"
    made = person.call("POST", path, {"name": "guests", "agent_ids": [gone]}, status=201)
    one = f"{path}/{made['id']}"
    person.call("DELETE", f"/workspaces/{workspace}/agents/{gone}")
    assert person.call("GET", one)["agent_ids"] == [gone]
    kept = person.call("PATCH", one, {"description": "Wi-Fi", "agent_ids": [gone]})
    assert (kept["agent_ids"], kept["description"]) == ([gone], "Wi-Fi")
    more = person.call("PATCH", one, {"agent_ids": [there, gone]})
    assert more["agent_ids"] == [gone, there]
    assert person.call("PATCH", one, {"agent_ids": [other]})["agent_ids"] == [other]
    reason = {"error": f"agent_ids: no agent {gone} in this workspace"}
    assert person.call("PATCH", one, {"agent_ids": [other, gone]}, status=400) == reason
    new = {"name": "new", "agent_ids": [gone]}
    assert person.call("POST", path, new, status=400) == reason


@pytest.mark.parametrize("text", ["", "nonsense", "192.0.2.256", "1.2.3", "00:1c:42:ab:cd", "::g"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="is no address"):
        canonical(text)


@given(st.ip_addresses(), st.integers(0, 128))
def test_one_way_of_writing_each(address: ipaddress.IPv4Address, length: int) -> None:
    network = ipaddress.ip_network(f"{address}/{min(length, address.max_prefixlen)}", strict=False)
    once = canonical(str(network).upper())
    assert canonical(once) == once
    assert ipaddress.ip_network(once) == network


members = st.lists(st.ip_addresses(v=4).map(str), max_size=8)


@given(members, members, members)
def test_added_then_removed(old: list[str], add: list[str], remove: list[str]) -> None:
    found = changed(old, add, remove)
    assert set(found) == (set(old) | set(add)) - set(remove)
    assert len(found) == len(set(found))
