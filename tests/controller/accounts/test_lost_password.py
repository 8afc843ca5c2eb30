"""A lost password: a link by mail, good once and for half an hour, that tells strangers nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.inbox import Inbox, inbox
from tests.running import UNLIMITED, ControllerProcess, Person, until

OLD, NEW = "a good password", "another password"
ASK, RESET = "/auth/lost-password", "/auth/reset-password"
USED = "token: is not known, was used, or has ended: ask for another mail"


@pytest.fixture(scope="module")
def mails() -> Iterator[Inbox]:
    with inbox() as kept:
        yield kept


@pytest.fixture(scope="module")
def posting(tmp_path_factory: pytest.TempPathFactory, mails: Inbox) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path_factory.mktemp("posting"))
    process.env |= mails.settings
    process.env |= UNLIMITED | {"FOREPOST_HTTP__PUBLIC_URL": "https://forepost.example"}
    yield process.start()
    process.end()


def post(controller: ControllerProcess, path: str, body: Any) -> httpx.Response:
    return httpx.post(controller.url + path, json=body)


def log_in(controller: ControllerProcess, email: str, password: str) -> int:
    return post(controller, "/auth/login", {"email": email, "password": password}).status_code


def asked(controller: ControllerProcess, mails: Inbox, email: str, typed: str = "") -> str:
    """The token of a mail that was asked for."""
    assert post(controller, ASK, {"email": typed or email}).json() == {"ok": True}
    until(lambda: mails.to(email), 10)
    return mails.token(email, "reset")


def test_a_lost_password_is_replaced_once(posting: ControllerProcess, mails: Inbox) -> None:
    email = "forgetful@example.com"
    person = posting.person(email, OLD)
    keys = f"/workspaces/{person.workspace('w')}/api-keys"
    key = person.call("POST", keys, {"name": "k", "role": "VIEWER"}, status=201)["secret"]
    assert httpx.get(f"{posting.url}/auth/config").json()["password_reset_enabled"] is True

    token = asked(posting, mails, email, " Forgetful@Example.com")
    assert "https://forepost.example/#/reset/" in str(mails.to(email)[-1])
    # it is no session
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{posting.url}/auth/me", headers=headers).status_code == 401
    short = post(posting, RESET, {"token": token, "password": "short"})
    assert (short.status_code, short.json()["error"][:8]) == (400, "password")

    assert post(posting, RESET, {"token": token, "password": NEW}).status_code == 200
    assert (log_in(posting, email, OLD), log_in(posting, email, NEW)) == (401, 200)
    assert person.ask("GET", "/auth/me").status_code == 401
    by_key = httpx.get(f"{posting.url}/workspaces", headers={"Authorization": f"Bearer {key}"})
    assert by_key.status_code == 401
    again = post(posting, RESET, {"token": token, "password": "once more again"})
    assert (again.status_code, again.json()) == (400, {"error": USED})
    assert log_in(posting, email, NEW) == 200


def test_another_password_or_a_lock_ends_the_link(posting: ControllerProcess, mails: Inbox) -> None:
    email = "found-it@example.com"
    person: Person = posting.person(email, OLD)
    token = asked(posting, mails, email)
    change = {"old_password": OLD, "new_password": "found the old one"}
    assert person.ask("PUT", "/auth/me/password", json=change).status_code == 200
    late = post(posting, RESET, {"token": token, "password": NEW})
    assert (late.status_code, late.json()) == (400, {"error": USED})
    for wrong in ("", "x", token[:-2] + "AA", person.token):
        refused = post(posting, RESET, {"token": wrong, "password": NEW})
        assert (refused.status_code, refused.json()) == (400, {"error": USED}), wrong


def test_strangers_learn_nothing_and_fill_no_mailbox(
    posting: ControllerProcess, mails: Inbox
) -> None:
    email = "flooded@example.com"
    posting.person(email, OLD)
    answers = [
        post(posting, ASK, {"email": one})
        for one in (email, email, "nobody@example.com", "no address at all", email)
    ]
    assert {(one.status_code, one.text) for one in answers} == {(200, '{"ok":true}')}
    assert all(one.elapsed.total_seconds() > 0.35 for one in answers)
    until(lambda: mails.to(email), 10)
    # whoever asks last is answered after the mails of all before
    asked(posting, mails, posting.person("last@example.com", OLD).call("GET", "/auth/me")["email"])
    assert len(mails.to(email)) == 1
    assert mails.to("nobody@example.com") == []


def test_without_mail_it_is_said(controller: ControllerProcess) -> None:
    assert httpx.get(f"{controller.url}/auth/config").json()["password_reset_enabled"] is False
    refused = post(controller, ASK, {"email": "a@example.com"})
    assert refused.status_code == 403
    assert refused.json()["error"].startswith("no mail is set up")


def test_mail_without_an_address_for_the_link_is_said(tmp_path: Path, mails: Inbox) -> None:
    controller = ControllerProcess(tmp_path / "no-address")
    controller.env |= mails.settings
    controller.start()
    try:
        refused = post(controller, ASK, {"email": "a@example.com"})
    finally:
        controller.end()
    assert refused.status_code == 403
    assert refused.json()["error"] == (
        "no link can be mailed without [http] public_url: the operator sets another password with"
        " `forepost user passwd`"
    )
