"""Invitations, and whose a workspace is."""

from typing import Any

import httpx
import pytest

from tests.running import ControllerProcess, Person


@pytest.fixture
def workspace(person: Person) -> int:
    return person.workspace("Production")


def invite(person: Person, workspace: int, email: str) -> Any:
    body = {"userId": 0, "email": email, "role": "USER", "meta": {"team": "noc"}}
    return person.call("POST", f"/workspaces/{workspace}/members", body, status=201)


def test_somebody_without_an_account_is_invited_and_comes_by_the_link(
    controller: ControllerProcess, person: Person, workspace: int
) -> None:
    made = invite(person, workspace, " New.Comer@example.com ")
    assert (made["email"], made["user_id"]) == ("new.comer@example.com", 0)
    assert (made["accepted_at"], made["invite_email_sent"]) == (None, False)
    twice = person.ask(
        "POST", f"/workspaces/{workspace}/members", json={"email": "new.comer@example.com"}
    )
    assert twice.status_code == 409
    (_, listed) = person.call("GET", f"/workspaces/{workspace}/members")["data"]
    assert "invite_token" not in listed
    url = f"{controller.url}/invite/{made['invite_token']}"
    shown = httpx.get(url).json()
    assert (shown["workspace_name"], shown["role"]) == ("Production", "USER")
    assert shown["has_account"] is False
    short = httpx.post(url + "/complete", json={"password": "short"})
    assert short.status_code == 400
    joined = httpx.post(url + "/complete", json={"name": "New", "password": "a good password"})
    assert joined.status_code == 201, joined.text
    body = joined.json()
    assert body["workspace_id"] == workspace
    assert body["member"]["accepted_at"] is not None
    newcomer = Person(controller, body["token"], body["user"]["id"])
    assert newcomer.call("GET", f"/workspaces/{workspace}")["my_role"] == "USER"
    assert httpx.get(url).status_code == 409
    assert httpx.post(url + "/complete", json={"password": "a good password"}).status_code == 409
    assert httpx.get(f"{controller.url}/invite/nonsense").status_code == 404


def test_only_the_invited_address_accepts(
    controller: ControllerProcess, person: Person, workspace: int
) -> None:
    invited = invite(person, workspace, "later@example.com")
    stranger = controller.person("accept-stranger@example.com", "a good password")
    path = f"/workspaces/{workspace}/accept-invite"
    asked = {"email": "later@example.com"}
    assert stranger.call("POST", path, asked, status=403)["error"].startswith("email: ")
    own = {"email": "accept-stranger@example.com"}
    assert stranger.call("POST", path, own, status=404) == {"error": "invitation not found"}
    later = controller.person("later@example.com", "a good password")
    later.call("GET", f"/workspaces/{workspace}", status=404)
    # The link is no way into an account that is there.
    link = f"{controller.url}/invite/{invited['invite_token']}"
    assert httpx.get(link).json()["has_account"] is True
    taken = httpx.post(link + "/complete", json={"password": "another password"})
    assert (taken.status_code, taken.json()) == (400, {"error": "email: already in use"})
    member = later.call("POST", path, asked)
    assert (member["id"], member["user_id"]) == (invited["id"], later.user_id)
    assert later.call("GET", f"/workspaces/{workspace}")["my_role"] == "USER"
    later.call("POST", path, asked, status=404)


def test_an_invitation_can_be_changed_and_withdrawn(
    controller: ControllerProcess, person: Person, workspace: int
) -> None:
    made = invite(person, workspace, "never@example.com")
    one = f"/workspaces/{workspace}/members/{made['id']}"
    assert person.call("PATCH", one, {"role": "ADMIN"})["role"] == "ADMIN"
    assert person.call("DELETE", one) == {"ok": True}
    assert httpx.get(f"{controller.url}/invite/{made['invite_token']}").status_code == 404


def test_ownership_goes_to_a_member_and_only_from_the_owner(
    controller: ControllerProcess, person: Person, workspace: int
) -> None:
    other = controller.person("transfer-other@example.com", "a good password")
    path = f"/workspaces/{workspace}/transfer-ownership"
    body = {"newOwnerUserId": other.user_id}
    refused = person.call("POST", path, body, status=400)
    assert refused == {"error": "newOwnerUserId: is not a member of this workspace"}
    invite(person, workspace, "transfer-other@example.com")
    assert other.call("POST", path, body, status=403)["required_role"] == "OWNER"
    assert person.call("POST", path, body) == {"ok": True}
    found = other.call("GET", f"/workspaces/{workspace}")
    assert (found["my_role"], found["ownerId"]) == ("OWNER", other.user_id)
    assert person.call("GET", f"/workspaces/{workspace}")["my_role"] == "ADMIN"
    other.workspace("mine")
    third = other.workspace("again")
    other.call(
        "POST",
        f"/workspaces/{third}/members",
        {"userId": person.user_id, "role": "USER"},
        status=201,
    )
    person.workspace("again")
    taken = other.call(
        "POST",
        f"/workspaces/{third}/transfer-ownership",
        {"newOwnerUserId": person.user_id},
        status=409,
    )
    assert taken["error"].startswith("newOwnerUserId: ")
    assert other.call("GET", f"/workspaces/{third}")["my_role"] == "OWNER"


def test_a_body_that_names_nobody(person: Person, workspace: int) -> None:
    members = f"/workspaces/{workspace}/members"
    nobody = person.call("POST", members, {"role": "USER"}, status=400)
    assert nobody == {"error": "email: an address, or userId, is needed"}
    unknown = person.call("POST", members, {"userId": 999_999}, status=400)
    assert unknown == {"error": "userId: no such account"}
