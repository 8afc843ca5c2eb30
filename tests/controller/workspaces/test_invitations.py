"""Invitations, and whose a workspace is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.inbox import Inbox, inbox
from tests.running import ControllerProcess, Person, until

PASSWORD = "a good password"
UNPROVEN = "your address is not proven: only the link of an invitation lets you accept it"


@pytest.fixture
def workspace(person: Person) -> int:
    return person.workspace("Production")


def invite(person: Person, workspace: int, email: str, role: str = "USER") -> Any:
    body = {"userId": 0, "email": email, "role": role, "meta": {"team": "noc"}}
    return person.call("POST", f"/workspaces/{workspace}/members", body, status=201)


def test_somebody_without_an_account_is_invited_and_comes_by_the_link(
    controller: ControllerProcess, person: Person, workspace: int
) -> None:
    made = invite(person, workspace, " New.Comer@example.com ")
    assert (made["email"], made["user_id"]) == ("new.comer@example.com", 0)
    assert (made["accepted_at"], made["invite_email_sent"]) == (None, False)
    twice = person.ask(
        "POST", f"/workspaces/{workspace}/members", json={"email": "new.comer@example.com."}
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
    joined = httpx.post(url + "/complete", json={"name": "New", "password": PASSWORD})
    assert joined.status_code == 201, joined.text
    body = joined.json()
    assert body["workspace_id"] == workspace
    assert body["member"]["accepted_at"] is not None
    # The inviter had the token too: that it came back proves nothing of the address.
    assert body["user"]["verified"] is False
    newcomer = Person(controller, body["token"], body["user"]["id"])
    assert newcomer.call("GET", f"/workspaces/{workspace}")["my_role"] == "USER"
    assert httpx.get(url).status_code == 409
    assert httpx.post(url + "/complete", json={"password": PASSWORD}).status_code == 409
    assert httpx.get(f"{controller.url}/invite/nonsense").status_code == 404


def test_a_name_that_nobody_proved_is_no_identity(
    controller: ControllerProcess, person: Person, workspace: int
) -> None:
    """A stranger registers the invited address, before and after the invitation."""
    squatter = controller.person("squatted@example.com", PASSWORD)
    made = invite(person, workspace, "squatted@example.com", "ADMIN")
    assert (made["user_id"], made["accepted_at"]) == (0, None)
    invite(person, workspace, "boss@example.com", "ADMIN")
    late = controller.person("boss@example.com", PASSWORD)
    free = controller.person("nobody-invited-me@example.com", PASSWORD)
    for stranger, address in (
        (squatter, "squatted@example.com"),
        (late, "boss@example.com"),
        (free, "nobody-invited-me@example.com"),
    ):
        path = f"/workspaces/{workspace}/accept-invite"
        # the same words whether or not the address is invited
        assert stranger.call("POST", path, {"email": address}, status=403) == {"error": UNPROVEN}
        assert stranger.call("GET", "/auth/invitations")["data"] == []
        stranger.call("GET", f"/workspaces/{workspace}", status=404)
        stranger.call("DELETE", f"/auth/invitations/{made['id']}", status=404)


def test_only_the_invited_address_accepts_and_by_the_token(
    controller: ControllerProcess, person: Person, workspace: int
) -> None:
    invited = invite(person, workspace, "later@example.com")
    stranger = controller.person("accept-stranger@example.com", PASSWORD)
    path = f"/workspaces/{workspace}/accept-invite"
    asked = {"email": "later@example.com"}
    assert stranger.call("POST", path, asked, status=403)["error"].startswith("email: ")
    by_token = f"/invite/{invited['invite_token']}/accept"
    refused = stranger.call("POST", by_token, status=403)
    assert refused == {"error": "the invitation is for another address than yours"}
    assert httpx.post(controller.url + by_token).status_code == 401
    later = controller.person("later@example.com", PASSWORD)
    later.call("GET", f"/workspaces/{workspace}", status=404)
    # The link is no way into an account that is there.
    link = f"{controller.url}/invite/{invited['invite_token']}"
    assert httpx.get(link).json()["has_account"] is True
    taken = httpx.post(link + "/complete", json={"password": "another password"})
    assert (taken.status_code, taken.json()) == (400, {"error": "email: already in use"})
    member = later.call("POST", by_token)
    assert (member["id"], member["user_id"]) == (invited["id"], later.user_id)
    assert later.call("GET", f"/workspaces/{workspace}")["my_role"] == "USER"
    assert later.call("GET", "/auth/me")["verified"] is False
    later.call("POST", by_token, status=409)


def test_a_number_names_only_somebody_one_shares_a_workspace_with(
    controller: ControllerProcess, person: Person, workspace: int
) -> None:
    members = f"/workspaces/{workspace}/members"
    colleague = controller.person("numbered@example.com", PASSWORD)
    stranger = {"userId": colleague.user_id, "role": "USER"}
    nobody = {"userId": 999_999, "role": "USER"}
    for body in (stranger, nobody):
        assert person.call("POST", members, body, status=404) == {
            "error": "userId: no such account"
        }
    person.admit(colleague, person.workspace("shared"))
    made = person.call("POST", members, stranger, status=201)
    assert (made["email"], made["accepted_at"]) == ("numbered@example.com", None)
    colleague.call("GET", f"/workspaces/{workspace}", status=404)
    (pending,) = colleague.call("GET", "/auth/invitations")["data"]
    assert (pending["id"], pending["workspace_name"], pending["role"]) == (
        made["id"],
        "Production",
        "USER",
    )
    assert pending["invited_by"] == person.call("GET", "/auth/me")["email"]
    # The account itself is meant, whether or not its address is proven.
    asked = {"email": "Numbered@example.com."}
    colleague.call("POST", f"/workspaces/{workspace}/accept-invite", asked)
    assert colleague.call("GET", f"/workspaces/{workspace}")["my_role"] == "USER"
    person.call("POST", members, stranger, status=409)
    assert person.call("POST", members, {"email": "numbered@example.com"}, status=409)


def test_an_invitation_is_declined(
    controller: ControllerProcess, person: Person, workspace: int
) -> None:
    colleague = controller.person("declines@example.com", PASSWORD)
    person.admit(colleague, person.workspace("shared"))
    body = {"userId": colleague.user_id}
    made = person.call("POST", f"/workspaces/{workspace}/members", body, status=201)
    one = f"/auth/invitations/{made['id']}"
    assert colleague.call("DELETE", one) == {"ok": True}
    colleague.call("DELETE", one, status=404)
    assert httpx.get(f"{controller.url}/invite/{made['invite_token']}").status_code == 404


def test_a_key_names_nobody_by_number(
    controller: ControllerProcess, person: Person, workspace: int
) -> None:
    colleague = controller.person("key-colleague@example.com", PASSWORD)
    person.admit(colleague, person.workspace("shared"))
    body = {"name": "k", "role": "ADMIN"}
    made = person.call("POST", f"/workspaces/{workspace}/api-keys", body, status=201)
    answer = httpx.post(
        f"{controller.url}/workspaces/{workspace}/members",
        json={"userId": colleague.user_id},
        headers={"X-API-Key": made["secret"]},
    )
    assert (answer.status_code, answer.json()) == (404, {"error": "userId: no such account"})


def test_an_invitation_can_be_changed_and_withdrawn(
    controller: ControllerProcess, person: Person, workspace: int
) -> None:
    made = invite(person, workspace, "never@example.com")
    one = f"/workspaces/{workspace}/members/{made['id']}"
    assert person.call("PATCH", one, {"role": "ADMIN"})["role"] == "ADMIN"
    assert person.call("DELETE", one)["ok"] is True
    assert httpx.get(f"{controller.url}/invite/{made['invite_token']}").status_code == 404


def test_ownership_goes_to_a_member_and_only_from_the_owner(
    controller: ControllerProcess, person: Person, workspace: int
) -> None:
    other = controller.person("transfer-other@example.com", PASSWORD)
    path = f"/workspaces/{workspace}/transfer-ownership"
    body = {"newOwnerUserId": other.user_id}
    refused = person.call("POST", path, body, status=400)
    assert refused == {"error": "newOwnerUserId: is not a member of this workspace"}
    person.admit(other, workspace)
    assert other.call("POST", path, body, status=403)["required_role"] == "OWNER"
    assert person.call("POST", path, body) == {"ok": True}
    found = other.call("GET", f"/workspaces/{workspace}")
    assert (found["my_role"], found["ownerId"]) == ("OWNER", other.user_id)
    assert person.call("GET", f"/workspaces/{workspace}")["my_role"] == "ADMIN"
    other.workspace("mine")
    third = other.workspace("again")
    other.admit(person, third)
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
    alike = person.call("POST", members, {"email": "b\u043ess@example.com"}, status=400)
    assert alike["error"].startswith("email: mixes Cyrillic and Latin")


@pytest.fixture(scope="module")
def posted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ControllerProcess, Inbox]]:
    """A controller that sends mail."""
    with inbox() as mails:
        process = ControllerProcess(tmp_path_factory.mktemp("posted"))
        process.env |= mails.settings
        yield process.start(), mails
        process.end()


def test_a_token_that_was_mailed_proves_the_address(
    posted: tuple[ControllerProcess, Inbox], tmp_path: Path
) -> None:
    controller, mails = posted
    owner, workspace = (found := controller.person()), found.workspace("mailed")
    made = invite(owner, workspace, "by-mail@example.com")
    # Who could see the token here could prove the addresses of others.
    assert "invite_token" not in made
    assert made["invite_email_sent"] is True
    until(lambda: len(mails.messages) == 1, 10)
    token = mails.token("by-mail@example.com", "invite")
    joined = httpx.post(
        f"{controller.url}/invite/{token}/complete", json={"password": PASSWORD}
    ).json()
    assert joined["user"]["verified"] is True
    newcomer = Person(controller, joined["token"], joined["user"]["id"])
    # From now on the address is enough.
    second = owner.workspace("second")
    made = invite(owner, second, "by-mail@example.com")
    (pending,) = newcomer.call("GET", "/auth/invitations")["data"]
    assert pending["id"] == made["id"]
    newcomer.call("POST", f"/workspaces/{second}/accept-invite", {"email": "by-mail@example.com"})
    assert newcomer.call("GET", f"/workspaces/{second}")["my_role"] == "USER"


def test_a_mailed_token_proves_an_account_that_is_there(
    posted: tuple[ControllerProcess, Inbox],
) -> None:
    controller, mails = posted
    owner, workspace = (found := controller.person()), found.workspace("mailed too")
    there = controller.person("there@example.com", PASSWORD)
    assert there.call("GET", "/auth/me")["verified"] is False
    seen = len(mails.messages)
    invite(owner, workspace, "there@example.com")
    until(lambda: len(mails.messages) > seen, 10)
    there.call("POST", f"/invite/{mails.token('there@example.com', 'invite')}/accept")
    assert there.call("GET", "/auth/me")["verified"] is True


def test_whoever_gets_the_mail_gets_the_address_from_who_squats_on_it(
    posted: tuple[ControllerProcess, Inbox],
) -> None:
    controller, mails = posted
    owner, workspace = (found := controller.person()), found.workspace("squatted")
    squatter = controller.person("real@example.com", PASSWORD)
    own = squatter.workspace("own")
    key = squatter.call("POST", f"/workspaces/{own}/api-keys", {"name": "k"}, status=201)
    seen = len(mails.messages)
    invite(owner, workspace, "real@example.com", "ADMIN")
    until(lambda: len(mails.messages) > seen, 10)
    url = f"{controller.url}/invite/{mails.token('real@example.com', 'invite')}"
    assert httpx.get(url).json()["has_account"] is False
    joined = httpx.post(url + "/complete", json={"password": "my own password"})
    assert joined.status_code == 201, joined.text
    real = Person(controller, joined.json()["token"], joined.json()["user"]["id"])
    assert real.call("GET", "/auth/me")["verified"] is True
    assert real.call("GET", f"/workspaces/{workspace}")["my_role"] == "ADMIN"
    squatter.call("GET", "/auth/me", status=401)
    by_key = httpx.get(f"{controller.url}/workspaces/{own}", headers={"X-API-Key": key["secret"]})
    assert by_key.status_code == 401
    login = {"email": "real@example.com", "password": PASSWORD}
    assert httpx.post(f"{controller.url}/auth/login", json=login).status_code == 401
    # From now on the account is its owner's, and a link is no way in.
    second = owner.workspace("squatted too")
    seen = len(mails.messages)
    invite(owner, second, "real@example.com")
    until(lambda: len(mails.messages) > seen, 10)
    url = f"{controller.url}/invite/{mails.token('real@example.com', 'invite')}"
    assert httpx.get(url).json()["has_account"] is True
    taken = httpx.post(url + "/complete", json={"password": PASSWORD})
    assert (taken.status_code, taken.json()) == (400, {"error": "email: already in use"})
