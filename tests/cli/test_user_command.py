"""`forepost user`, beside a controller that runs and where none does."""

import base64
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from forepost.controller.accounts.totp import STEP_SEC, code_at
from tests.fakes.damage import undecodable_schema
from tests.postgres import Postgres
from tests.running import ADMIN, ControllerProcess, Person, forepost, until

PASSWORD = "a good password"


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControllerProcess]:
    """With the product's own default: strangers may not register."""
    process = ControllerProcess(tmp_path_factory.mktemp("closed"))
    del process.env["FOREPOST_HTTP__REGISTRATION"]
    yield process.start()
    process.end()


def user(controller: ControllerProcess, *arguments: str, typed: str = "") -> Any:
    data = {k: v for k, v in controller.env.items() if k.startswith("FOREPOST_DATA__")}
    return forepost("user", *arguments, env={"PATH": "/usr/bin", **data}, typed=typed)


def login(controller: ControllerProcess, email: str, password: str = PASSWORD) -> httpx.Response:
    return httpx.post(f"{controller.url}/auth/login", json={"email": email, "password": password})


def added(controller: ControllerProcess, email: str) -> Person:
    made = user(controller, "add", email, typed=PASSWORD + "\n")
    assert made.returncode == 0, made.stderr
    session = login(controller, email).json()
    return Person(controller, session["token"], session["data"]["id"])


def test_strangers_may_not_register_and_the_operator_makes_accounts(
    controller: ControllerProcess,
) -> None:
    config = httpx.get(f"{controller.url}/auth/config").json()
    assert config["registration_enabled"] is False
    body = {"email": "stranger@example.com", "password": PASSWORD}
    refused = httpx.post(f"{controller.url}/auth/register", json=body)
    assert (refused.status_code, refused.json()) == (403, {"error": "registration is disabled"})
    person = added(controller, " Mia@Example.com.")
    me = person.call("GET", "/auth/me")
    assert (me["email"], me["role"], me["verified"]) == ("mia@example.com", "USER", True)
    boss = user(controller, "add", "boss@example.com", "--admin", typed=PASSWORD + "\n")
    assert "boss@example.com has an account (SITE_ADMIN)" in boss.stdout
    listed = user(controller, "ls").stdout
    for words in ("mia@example.com", "boss@example.com", "SITE_ADMIN", "proven", ADMIN["email"]):
        assert words in listed


def test_an_invitations_token_lets_its_person_make_an_account(
    controller: ControllerProcess,
) -> None:
    owner = controller.person()
    workspace = owner.workspace("closed house")
    body = {"email": "invited@example.com", "role": "USER"}
    made = owner.call("POST", f"/workspaces/{workspace}/members", body, status=201)
    url = f"{controller.url}/invite/{made['invite_token']}/complete"
    joined = httpx.post(url, json={"password": PASSWORD})
    assert joined.status_code == 201, joined.text
    assert login(controller, "invited@example.com").status_code == 200


def test_a_lost_telephone_is_no_lost_account(controller: ControllerProcess) -> None:
    email = "no-telephone@example.com"
    person = added(controller, email)
    made = person.call("POST", "/auth/me/second-factor", {"password": PASSWORD})
    code = code_at(base64.b32decode(made["secret"]), int(time.time()) // STEP_SEC)
    person.call("POST", "/auth/me/second-factor/confirm", {"code": code})
    assert login(controller, email).status_code == 401
    changed = user(controller, "passwd", email, typed="another password\n")
    assert "all logins, and its second factor, ended" in changed.stdout
    answer = login(controller, email, "another password")
    assert answer.status_code == 200, answer.text
    again = Person(controller, answer.json()["token"], person.user_id)
    assert again.call("GET", "/auth/me/second-factor")["enabled"] is False


def test_a_lost_password_is_no_lost_installation(controller: ControllerProcess) -> None:
    person = added(controller, "forgetful@example.com")
    key = _key(person)
    changed = user(controller, "passwd", "forgetful@example.com", typed="another password\n")
    assert changed.returncode == 0, changed.stderr
    assert "ended: api-key" in changed.stdout
    _without_a_restart(lambda: person.ask("GET", "/auth/me").status_code == 401)
    _without_a_restart(lambda: _by(person, key) == 401)
    assert login(controller, "forgetful@example.com").status_code == 401
    assert login(controller, "forgetful@example.com", "another password").status_code == 200


def test_what_an_account_made_may_go_on_with_another_password(
    controller: ControllerProcess,
) -> None:
    person = added(controller, "keeps@example.com")
    key = _key(person)
    words = ("passwd", "keeps@example.com", "--keep-derived")
    assert user(controller, *words, typed="another password\n").returncode == 0
    _without_a_restart(lambda: person.ask("GET", "/auth/me").status_code == 401)
    assert _by(person, key) == 200


def test_an_account_is_locked_and_unlocked(controller: ControllerProcess) -> None:
    person = added(controller, "locked@example.com")
    assert user(controller, "lock", "locked@example.com").returncode == 0
    _without_a_restart(lambda: person.ask("GET", "/auth/me").status_code == 401)
    refused = login(controller, "locked@example.com")
    assert (refused.status_code, refused.json()) == (403, {"error": "the account is locked"})
    assert login(controller, "locked@example.com", "wrong").status_code == 401
    assert "locked" in user(controller, "ls").stdout
    assert user(controller, "unlock", "locked@example.com").returncode == 0
    assert login(controller, "locked@example.com").status_code == 200


def test_what_the_operator_did_is_among_the_events_of_the_account(
    controller: ControllerProcess,
) -> None:
    person = added(controller, "watched@example.com")
    events = person.call("GET", "/auth/audit")["data"]
    (made,) = [row for row in events if row["action"] == "users.create"]
    assert "@" in made["actor"]
    assert (made["object_kind"], made["object_id"]) == ("user", person.user_id)


@pytest.mark.parametrize(
    ("words", "typed", "status", "said"),
    [
        (["add", "short@example.com"], "short\n", 1, "a password has 8 to 1000 characters"),
        (["add", "short@example.com"], "", 1, "a password has 8 to 1000 characters"),
        (["add", ADMIN["email"]], PASSWORD, 1, "email: already in use"),
        (["add", "b\u043ess@example.com"], PASSWORD, 1, "email: mixes Cyrillic and Latin"),
        (["passwd", "nobody@example.com"], PASSWORD, 1, "no account of nobody@example.com"),
        (["lock", "nobody@example.com"], "", 1, "no account of nobody@example.com"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    controller: ControllerProcess, words: list[str], typed: str, status: int, said: str
) -> None:
    found = user(controller, *words, typed=typed)
    assert found.returncode == status, found.stdout
    assert said in found.stderr
    assert "Traceback" not in found.stderr
    assert len(found.stderr.strip().splitlines()) == 1


def test_without_a_database_none_is_made(tmp_path: Path) -> None:
    process = ControllerProcess(tmp_path / "nowhere")
    found = user(process, "ls")
    assert found.returncode == 1
    assert "meta.sqlite: there is none" in found.stderr
    assert not (tmp_path / "nowhere/data").exists()


def test_a_controller_without_an_account_says_how_to_make_one(tmp_path: Path) -> None:
    process = ControllerProcess(tmp_path / "empty")
    for key in ("HTTP__REGISTRATION", "ADMIN__EMAIL", "ADMIN__PASSWORD"):
        del process.env[f"FOREPOST_{key}"]
    process.start()
    try:
        assert "forepost user add EMAIL --admin" in process.output
        added(process, "first@example.com")
    finally:
        process.end()


def test_it_is_where_forepost_up_keeps_its_data(tmp_path: Path) -> None:
    process = ControllerProcess(tmp_path / "up")
    process.env["FOREPOST_DATA__DIR"] = str(tmp_path / "up/controller")
    process.start()
    try:
        elsewhere = ControllerProcess(tmp_path / "elsewhere")
        listed = user(elsewhere, "ls", "--data", str(tmp_path / "up"))
        assert ADMIN["email"] in listed.stdout, listed.stderr
    finally:
        process.end()


def test_a_database_of_another_version_is_not_touched(tmp_path: Path) -> None:
    process = ControllerProcess(tmp_path / "old")
    data = Path(process.env["FOREPOST_DATA__DIR"])
    data.mkdir()
    with sqlite3.connect(data / "meta.sqlite") as db:
        db.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        db.execute("INSERT INTO alembic_version VALUES ('0012')")
    db.close()
    found = user(process, "ls")
    assert found.returncode == 1
    assert "is of another version" in found.stderr


def test_a_lock_is_noticed_on_postgresql_too(postgres: Postgres, tmp_path: Path) -> None:
    process = ControllerProcess(tmp_path / "controller")
    process.env["FOREPOST_DATA__DATABASE_URL"] = postgres.database()
    process.start()
    try:
        person = process.person("a@example.com", PASSWORD)
        key = _key(person)
        assert _by(person, key) == 200
        locked = user(process, "lock", "a@example.com")
        assert locked.returncode == 0, locked.stderr
        assert "ended: api-key" in locked.stdout
        _without_a_restart(lambda: person.ask("GET", "/auth/me").status_code == 401)
        _without_a_restart(lambda: _by(person, key) == 401)
    finally:
        process.end()


def _key(person: Person) -> tuple[int, str]:
    workspace = person.workspace("w")
    path = f"/workspaces/{workspace}/api-keys"
    return workspace, person.call("POST", path, {"name": "k"}, status=201)["secret"]


def _by(person: Person, key: tuple[int, str]) -> int:
    url = f"{person.controller.url}/workspaces/{key[0]}"
    return httpx.get(url, headers={"X-API-Key": key[1]}).status_code


def _without_a_restart(true: Any) -> None:
    """A controller looks twice a second; a busy machine may take its time."""
    until(true, 10, lambda: "not noticed")


def test_a_damaged_database_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "controller/meta.sqlite"
    path.parent.mkdir()
    for junk in (b"no database, " * 1_000, undecodable_schema(path)):
        path.write_bytes(junk)
        found = forepost("user", "ls", "--data", str(tmp_path))
        assert (found.returncode, found.stderr.count("\n")) == (1, 1), found.stderr
        assert found.stderr.startswith(f"forepost user: {path}: ")
