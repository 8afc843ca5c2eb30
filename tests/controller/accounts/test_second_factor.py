"""A second factor on a running controller: enrolled, asked for, bounded, given up."""

import base64
import time
from typing import Any

import httpx
import pytest

from forepost.controller.accounts.totp import STEP_SEC, code_at
from tests.running import ControllerProcess, Person

PASSWORD = "a good password"
FACTOR = "/auth/me/second-factor"


class Phone:
    """An app for codes."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.email = person.call("GET", "/auth/me")["email"]
        made = person.call("POST", FACTOR, {"password": PASSWORD})
        assert made["secret"] in made["otpauth_url"]
        self._secret = base64.b32decode(made["secret"])

    def code(self, later: int = 0) -> str:
        return code_at(self._secret, int(time.time()) // STEP_SEC + later)

    def confirmed(self) -> list[str]:
        found = self.person.call("POST", FACTOR + "/confirm", {"code": self.code(-1)})
        codes: list[str] = found["recovery_codes"]
        return codes

    def log_in(self, code: str = "", password: str = PASSWORD) -> httpx.Response:
        body: dict[str, Any] = {"email": self.email, "password": password, "code": code}
        return httpx.post(f"{self.person.controller.url}/auth/login", json=body)


@pytest.fixture
def phone(person: Person) -> Phone:
    return Phone(person)


def test_it_counts_once_it_is_confirmed_and_then_at_each_log_in(phone: Phone) -> None:
    assert phone.log_in().status_code == 200
    assert phone.person.call("GET", FACTOR) == {"enabled": False, "recovery_codes_left": 0}
    phone.person.call("POST", FACTOR + "/confirm", {"code": "000000"}, status=401)
    assert len(set(phone.confirmed())) == 10
    assert phone.person.call("GET", FACTOR) == {"enabled": True, "recovery_codes_left": 10}
    refused = phone.log_in()
    assert (refused.status_code, refused.json()["second_factor_needed"]) == (401, True)
    wrong = phone.log_in("000000")
    assert (wrong.status_code, "second_factor_needed" in wrong.json()) == (401, False)
    code = phone.code()
    assert phone.log_in(code).status_code == 200
    assert phone.log_in(code).status_code == 401, "a code is good once"
    assert phone.log_in(phone.code(1)).status_code == 200


def test_a_wrong_password_does_not_say_that_there_is_one(phone: Phone) -> None:
    phone.confirmed()
    for code in ("", "000000", phone.code()):
        answer = phone.log_in(code, "another password")
        assert answer.json() == {"error": "wrong email or password"}
    assert phone.log_in(phone.code()).status_code == 200, "nothing was used up"


def test_a_recovery_code_is_good_once(phone: Phone) -> None:
    first, second, *_ = phone.confirmed()
    assert phone.log_in(first).status_code == 200
    assert phone.log_in(first).status_code == 401
    assert phone.log_in(second.upper().replace("-", " ")).status_code == 200
    assert phone.person.call("GET", FACTOR)["recovery_codes_left"] == 8


def test_ten_wrong_codes_are_the_most(phone: Phone) -> None:
    codes = phone.confirmed()
    for _ in range(10):
        assert phone.log_in("000000").status_code == 401
    late = phone.log_in(phone.code())
    assert late.status_code == 429
    assert 800 < int(late.headers["retry-after"]) <= 901
    assert phone.log_in(codes[0]).status_code == 429
    assert phone.person.call("GET", "/auth/me")["email"] == phone.email


def test_to_disable_it_needs_password_and_code(phone: Phone) -> None:
    person = phone.person
    phone.confirmed()
    end = FACTOR + "/disable"
    person.call("POST", FACTOR, {"password": PASSWORD}, status=409)
    person.call("POST", end, {"password": "not mine at all", "code": phone.code()}, status=401)
    person.call("POST", end, {"password": PASSWORD, "code": "000000"}, status=401)
    person.call("POST", end, {"password": PASSWORD, "code": phone.code()})
    assert phone.log_in().status_code == 200
    assert person.call("GET", FACTOR) == {"enabled": False, "recovery_codes_left": 0}


def test_to_begin_it_needs_the_password(controller: ControllerProcess, person: Person) -> None:
    person.call("POST", FACTOR, {"password": "not mine at all"}, status=401)
    assert httpx.get(controller.url + FACTOR).status_code == 401
