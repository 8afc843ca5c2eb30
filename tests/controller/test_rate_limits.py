"""Rate limits, with the settings as they come, and whose request it is behind a proxy."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.running import ADMIN, UNLIMITED, ControllerProcess, NewAgent, Person

PASSWORD = "a good password"


def limited(folder: Path, **changed: str) -> ControllerProcess:
    """A controller with the usual limits, behind a proxy that is trusted: this test."""
    process = ControllerProcess(folder)
    for name in UNLIMITED:
        del process.env[name]
    process.env["FOREPOST_HTTP__TRUSTED_PROXIES"] = '["127.0.0.1/32"]'
    process.env.update(changed)
    return process.start()


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControllerProcess]:
    process = limited(tmp_path_factory.mktemp("strict"))
    yield process
    process.end()


def post(controller: ControllerProcess, path: str, body: Any, address: str) -> httpx.Response:
    headers = {"X-Forwarded-For": f"6.6.6.6, {address}"}
    return httpx.post(controller.url + path, json=body, headers=headers, verify=False)


def refused(answer: httpx.Response) -> bool:
    if answer.status_code != 429:
        return False
    wait = int(answer.headers["retry-after"])
    assert 1 <= wait <= 60
    assert answer.json() == {"error": f"too many attempts; try again in {wait} s"}
    return True


def test_logins_are_limited_for_each_address(strict: ControllerProcess) -> None:
    answers = [
        post(strict, "/auth/login", {"email": f"{n}@example.com", "password": "x"}, "192.0.2.1")
        for n in range(12)
    ]
    assert [a.status_code for a in answers] == [401] * 10 + [429] * 2
    assert all(map(refused, answers[10:]))
    assert post(strict, "/auth/login", ADMIN, "192.0.2.1").status_code == 429
    assert post(strict, "/auth/login", ADMIN, "192.0.2.2").status_code == 200


def test_a_try_counts_before_its_body_is_read(strict: ControllerProcess) -> None:
    """A body that is no login cost its sender nothing, and the controller its reading."""
    headers = {"X-Forwarded-For": "192.0.2.77"}
    answers = [
        httpx.post(f"{strict.url}/auth/login", content=b"[" * 9, headers=headers, verify=False)
        for _ in range(11)
    ]
    assert [one.status_code for one in answers] == [400] * 10 + [429]


def test_the_addresses_of_one_ipv6_network_are_one_caller(strict: ControllerProcess) -> None:
    body = {"email": "six@example.com", "password": "x"}
    for n in range(10):
        different = {**body, "email": f"six-{n}@example.com"}
        assert post(strict, "/auth/login", different, f"2001:db8::{n}").status_code == 401
    assert refused(post(strict, "/auth/login", body, "2001:db8::ffff"))
    assert post(strict, "/auth/login", body, "2001:db8:0:1::1").status_code == 401


def test_wrong_passwords_are_limited_for_each_account_from_wherever(
    strict: ControllerProcess,
) -> None:
    register = {"email": "victim@example.com", "password": PASSWORD}
    assert post(strict, "/auth/register", register, "192.0.2.10").status_code == 200
    for n in range(20, 30):  # who is right never runs out
        assert post(strict, "/auth/login", register, f"192.0.2.{n}").status_code == 200
    wrong = {**register, "password": "x"}
    answers = [post(strict, "/auth/login", wrong, f"192.0.2.{n}") for n in range(30, 36)]
    assert [a.status_code for a in answers] == [401] * 5 + [429]
    assert refused(post(strict, "/auth/login", register, "192.0.2.40"))


def test_registrations_are_limited_for_each_address(strict: ControllerProcess) -> None:
    answers = [
        post(
            strict,
            "/auth/register",
            {"email": f"r{n}@example.com", "password": PASSWORD},
            "198.51.100.1",
        )
        for n in range(6)
    ]
    assert [a.status_code for a in answers] == [200] * 5 + [429]
    assert refused(answers[5])


def test_wrong_old_passwords_count_as_wrong_logins(strict: ControllerProcess) -> None:
    body = {"email": "changer@example.com", "password": PASSWORD}
    session = post(strict, "/auth/register", body, "198.51.100.2").json()
    person = Person(strict, session["token"], session["data"]["id"])
    wrong = {"old_password": "x", "new_password": PASSWORD}
    for _ in range(5):
        assert person.ask("PUT", "/auth/me/password", json=wrong).status_code == 401
    assert refused(person.ask("PUT", "/auth/me/password", json=wrong))
    assert refused(post(strict, "/auth/login", body, "198.51.100.3"))


@pytest.fixture(scope="module")
def agent(strict: ControllerProcess) -> NewAgent:
    session = post(strict, "/auth/login", ADMIN, "203.0.113.200").json()
    admin = Person(strict, session["token"], session["data"]["id"])
    return admin.agent(admin.workspace("pins"))


def test_wrong_pins_are_limited_for_each_agent_and_no_key_is(
    strict: ControllerProcess, agent: NewAgent
) -> None:
    session = post(strict, "/auth/login", ADMIN, "203.0.113.201").json()
    admin = Person(strict, session["token"], session["data"]["id"])
    path = f"/workspaces/{agent.workspace}/agents/{agent.id}/issue-pin"
    ids = {"workspace_id": agent.workspace, "agent_id": agent.id}
    for _ in range(3):  # right ones never run out, also after wrong ones
        pin = admin.call("POST", path, {})["pin"]
        assert post(strict, "/agent", {**ids, "pin": pin}, "203.0.113.1").status_code == 200
        wrong = {**ids, "pin": "0" * 9}
        assert post(strict, "/agent", wrong, "203.0.113.2").status_code == 401
    pin = admin.call("POST", path, {})["pin"]
    for n in range(2):
        assert post(strict, "/agent", {**ids, "pin": "x"}, f"203.0.113.{n}").status_code == 401
    limit = post(strict, "/agent/login", {**ids, "pin": pin}, "203.0.113.9")
    assert refused(limit)
    for _ in range(12):
        wrong_key = {**ids, "psk": "0" * 64}
        assert post(strict, "/agent", wrong_key, "203.0.113.2").status_code == 401


def test_wrong_pins_are_limited_for_each_address(strict: ControllerProcess) -> None:
    answers = [
        post(strict, "/agent", {"workspace_id": 1, "agent_id": n, "pin": "1"}, "203.0.113.50")
        for n in range(1_000, 1_011)
    ]
    assert [a.status_code for a in answers] == [401] * 10 + [429]
    other = {"workspace_id": 1, "agent_id": 1_000, "pin": "1"}
    assert post(strict, "/agent", other, "203.0.113.51").status_code == 401


def test_an_agent_is_told_the_address_that_the_proxy_saw(
    strict: ControllerProcess, agent: NewAgent
) -> None:
    session = post(strict, "/auth/login", ADMIN, "203.0.113.202").json()
    admin = Person(strict, session["token"], session["data"]["id"])
    fresh = admin.agent(agent.workspace, "fresh")
    answer = httpx.get(
        strict.url + "/agent/api/whoami?quick=true",
        headers={**fresh.headers, "X-Forwarded-For": "6.6.6.6, ::ffff:198.51.100.77"},
        verify=False,
    )
    assert answer.json()["ip"] == "198.51.100.77"
    seen = {s["address"] for s in admin.call("GET", "/auth/sessions")["data"]}
    assert "203.0.113.202" in seen


def test_a_header_from_anybody_is_not_believed(controller: ControllerProcess) -> None:
    person = controller.person("forged@example.com", PASSWORD)
    body = {"email": "forged@example.com", "password": PASSWORD}
    assert post(controller, "/auth/login", body, "203.0.113.99").status_code == 200
    seen = {s["address"] for s in person.call("GET", "/auth/sessions")["data"]}
    assert seen == {"127.0.0.1"}


def test_a_wrong_network_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"http\.trusted_proxies: 'proxy'"):
        limited(tmp_path, FOREPOST_HTTP__TRUSTED_PROXIES='["proxy"]')
