"""An address that its account shows to be its own, and mails whose links lead to who asked."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.fakes.inbox import Inbox, inbox
from tests.running import UNLIMITED, ControllerProcess, Person, until

PANEL = "https://panel.example.com"


@pytest.fixture(scope="module")
def mails() -> Iterator[Inbox]:
    with inbox() as kept:
        yield kept


@pytest.fixture(scope="module")
def posting(tmp_path_factory: pytest.TempPathFactory, mails: Inbox) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path_factory.mktemp("posting"))
    process.env |= mails.settings
    process.env |= UNLIMITED | {"FOREPOST_HTTP__PUBLIC_URL": "https://forepost.example"}
    process.env["FOREPOST_HTTP__ALLOWED_ORIGINS"] = json.dumps([PANEL])
    yield process.start()
    process.end()


def post(posting: ControllerProcess, path: str, body: Any, origin: str = "") -> httpx.Response:
    headers = {"Origin": origin} if origin else {}
    return httpx.post(posting.url + path, json=body, headers=headers)


def newest(mails: Inbox, email: str, pattern: str) -> str:
    """What the last mail has of this form."""
    until(lambda: mails.to(email), 10)
    parts = mails.to(email)[-1].walk()
    plain = next(part for part in parts if part.get_content_type() == "text/plain")
    payload = plain.get_payload(decode=True)
    assert isinstance(payload, bytes)
    text = payload.decode()
    found = re.search(pattern, text)
    assert found is not None, text
    return found[1]


def test_an_address_is_proven_by_a_mail(posting: ControllerProcess, mails: Inbox) -> None:
    email = "newcomer@example.com"
    person: Person = posting.person(email, "a good password")
    assert person.call("GET", "/auth/me")["verified"] is False
    headers = {"Origin": PANEL, "Authorization": f"Bearer {person.token}"}
    asked = httpx.post(f"{posting.url}/netwatcher/auth/resend-verification", headers=headers)
    assert (asked.status_code, asked.json()["success"]) == (200, True)
    again = httpx.post(f"{posting.url}/auth/resend-verification", headers=headers)
    assert (again.status_code, "retry-after" in again.headers) == (429, True)
    token = newest(mails, email, PANEL + r"/auth/verify-email/(\S+)")
    assert httpx.get(f"{posting.url}/auth/me", headers={"Authorization": token}).status_code == 401
    assert post(posting, "/auth/reset-password", {"token": token, "password": "x" * 9}).is_error
    for wrong in ("x", token[:-2] + "AA", person.token):
        refused = post(posting, "/auth/verify-email", {"token": wrong})
        assert (refused.status_code, refused.json()["error"][:6]) == (400, "token:")
    proven = post(posting, "/netwatcher/auth/verify-email", {"token": token})
    assert (proven.status_code, proven.json()["success"]) == (200, True)
    assert person.call("GET", "/auth/me")["verified"] is True
    assert person.call("POST", "/auth/resend-verification", status=409) == {
        "error": "email: is proven already"
    }


def test_a_lost_password_by_its_panel(posting: ControllerProcess, mails: Inbox) -> None:
    email = "forgetful@example.com"
    posting.person(email, "a good password")
    base = "/netwatcher/auth"
    told = post(posting, base + "/forgot-password", {"email": email}, PANEL)
    assert (told.status_code, told.json()["success"]) == (200, True)
    token = newest(mails, email, PANEL + r"/auth/reset/(\S+)")
    state = httpx.get(f"{posting.url}{base}/reset-password/{token}")
    assert (state.status_code, state.json()) == (200, {"valid": True})
    body = {"token": token, "new_password": "another good one"}
    done = post(posting, base + "/reset-password", body)
    assert (done.status_code, done.json()["success"]) == (200, True)
    assert posting.person(email, "another good one").call("GET", "/auth/me")["email"] == email
    state = httpx.get(f"{posting.url}{base}/reset-password/{token}")
    assert state.json() == {"valid": False, "reason": "invalid"}


def test_a_page_that_may_not_ask_gets_no_link_to_itself(
    posting: ControllerProcess, mails: Inbox
) -> None:
    email = "careful@example.com"
    posting.person(email, "a good password")
    post(posting, "/auth/lost-password", {"email": email}, "https://evil.example.com")
    assert newest(mails, email, r"https://forepost.example/#/reset/(\S+)")


def test_our_own_page_is_linked(posting: ControllerProcess, mails: Inbox) -> None:
    email = "at-home@example.com"
    person = posting.person(email, "a good password")
    person.call("POST", "/auth/resend-verification")
    token = newest(mails, email, r"https://forepost.example/#/prove/(\S+)")
    assert post(posting, "/auth/verify-email", {"token": token}).is_success


def test_without_mail_the_way_out_is_named(controller: ControllerProcess, person: Person) -> None:
    refused = post(controller, "/netwatcher/auth/forgot-password", {"email": "a@example.com"})
    assert (refused.status_code, "forepost user passwd" in refused.json()["error"]) == (403, True)
    refused = person.ask("POST", "/auth/resend-verification")
    assert (refused.status_code, refused.json()) == (403, {"error": "no mail is set up"})
