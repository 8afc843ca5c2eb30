"""A session in a cookie: who may use it, and who may not although a browser sends it along."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from forepost.controller.access.page_session import NAME, PageSession
from forepost.controller.access.peer import Peers
from forepost.kit.errors import Forbidden
from tests.running import ADMIN, ControllerProcess, Person

PANEL = {"X-Forepost-Panel": "1"}
PASSWORD = "a good password"
STORE = "0123456789abcdef"


class Browser:
    """One cookie jar for all tabs."""

    def __init__(self, controller: ControllerProcess) -> None:
        self.url = controller.url
        self.client = httpx.Client(base_url=controller.url)

    def log_in(self, person: Person) -> httpx.Response:
        email = person.call("GET", "/auth/me")["email"]
        body = {"email": email, "password": PASSWORD, "cookie": True}
        return self.own("POST", "/auth/login", json=body)

    def own(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask as the panel's own page does."""
        headers = {**PANEL, "Origin": self.url, **more.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **more)

    @property
    def cookie(self) -> str:
        return f"{self.name}={self.client.cookies[self.name]}"

    @property
    def name(self) -> str:
        (name,) = [one for one in self.client.cookies if one.startswith(f"{NAME}_")]
        return name


@pytest.fixture
def browser(controller: ControllerProcess, person: Person) -> Iterator[Browser]:
    made = Browser(controller)
    assert made.log_in(person).status_code == 200
    yield made
    made.client.close()


def test_a_login_that_asks_for_it_has_its_session_in_a_cookie_only(
    controller: ControllerProcess, person: Person
) -> None:
    browser = Browser(controller)
    answer = browser.log_in(person)
    assert answer.json()["token"] == ""
    kept = answer.headers["set-cookie"].lower()
    assert re.match(rf"{NAME}_[0-9a-f]{{8}}=", kept)
    for word in ("httponly", "samesite=lax", "path=/", "max-age=86400"):
        assert word in kept
    assert "secure" not in kept
    assert "domain" not in kept
    assert browser.own("GET", "/auth/me").json()["id"] == person.user_id
    assert browser.client.get("/auth/me").status_code == 200  # a link, typed by hand
    body = {"email": "x@example.com", "password": "no", "cookie": True}
    assert httpx.post(f"{controller.url}/auth/login", json=body).status_code == 403
    browser.client.close()


def test_logging_out_ends_the_session_and_takes_the_cookie(
    controller: ControllerProcess, browser: Browser
) -> None:
    cookie = browser.cookie
    answer = browser.own("POST", "/auth/logout")
    assert answer.status_code == 200
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert list(browser.client.cookies) == []
    assert browser.own("GET", "/auth/me").status_code == 401
    copied = httpx.get(f"{controller.url}/auth/me", headers={"Cookie": cookie})
    assert copied.status_code == 401


FOREIGN: list[dict[str, str]] = [
    {},  # a form: no header, no origin
    {"Origin": "https://evil.example"},
    {"Origin": "null", **PANEL},
    {"Origin": "https://evil.example", **PANEL},
    {"Origin": "http://127.0.0.1.evil.example", **PANEL},
    {"Origin": "http://127.0.0.1:1", **PANEL},
    {"Origin": "file://", **PANEL},
    {"Sec-Fetch-Site": "cross-site", **PANEL},
    {"Sec-Fetch-Site": "same-site", **PANEL},
    {"Sec-Fetch-Site": "none", **PANEL},
    {"Origin": "null", "Sec-Fetch-Site": "same-origin", **PANEL},
    {**PANEL},  # neither says whose page it is
    {"X-Forepost-Panel": "yes"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_another_page_changes_nothing(
    controller: ControllerProcess, person: Person, browser: Browser, headers: dict[str, str]
) -> None:
    sent = {"Cookie": browser.cookie, **headers}
    url = f"{controller.url}/workspaces"
    assert httpx.post(url, json={"name": "stolen"}, headers=sent).status_code == 403
    assert httpx.post(url, data={"name": "stolen"}, headers=sent).status_code == 403
    out = httpx.post(f"{controller.url}/auth/logout", headers=sent)
    assert out.status_code == 403
    change = {"old_password": PASSWORD, "new_password": "another good one"}
    for method in ("PUT", "PATCH"):
        path = f"{controller.url}/auth/me/password"
        assert httpx.request(method, path, json=change, headers=sent).status_code == 403
    assert person.call("GET", "/workspaces")["data"] == []
    assert browser.own("GET", "/auth/me").status_code == 200


def test_the_own_page_changes_what_it_may(browser: Browser, person: Person) -> None:
    assert browser.own("POST", "/workspaces", json={"name": "mine"}).status_code == 201
    by_site = {"Cookie": browser.cookie, "Sec-Fetch-Site": "same-origin", **PANEL}
    answer = httpx.post(f"{browser.url}/workspaces", json={"name": "two"}, headers=by_site)
    assert answer.status_code == 201
    assert [one["name"] for one in person.call("GET", "/workspaces")["data"]] == ["mine", "two"]


def test_a_change_of_password_goes_on_with_a_new_cookie(browser: Browser) -> None:
    before = browser.cookie
    change = {"old_password": PASSWORD, "new_password": "another good one"}
    answer = browser.own("PUT", "/auth/me/password", json=change)
    assert (answer.status_code, answer.json()["token"]) == (200, "")
    assert browser.cookie != before
    assert browser.own("GET", "/auth/me").status_code == 200
    old = httpx.get(f"{browser.url}/auth/me", headers={"Cookie": before})
    assert old.status_code == 401


def test_a_tab_does_nothing_in_the_name_of_who_logged_in_in_another(
    controller: ControllerProcess, person: Person, browser: Browser
) -> None:
    mine = {"X-Forepost-User": str(person.user_id)}
    assert browser.own("GET", "/workspaces", headers=mine).status_code == 200
    other = controller.person("second-tab@example.com", PASSWORD)
    assert browser.log_in(other).status_code == 200
    refused = browser.own("POST", "/workspaces", json={"name": "whose"}, headers=mine)
    assert refused.status_code == 401
    assert "somebody else" in refused.json()["error"]
    assert browser.own("GET", "/auth/me", headers=mine).status_code == 401
    assert browser.own("GET", "/auth/me").json()["id"] == other.user_id
    assert other.call("GET", "/workspaces")["data"] == []


def test_a_header_goes_before_the_cookie(browser: Browser) -> None:
    wrong = {"Authorization": "Bearer nonsense"}
    assert browser.own("GET", "/auth/me", headers=wrong).status_code == 401
    assert browser.own("GET", "/auth/me", headers={"X-API-Key": "fpk_1_x"}).status_code == 401


@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.example", "http://127.0.0.1:1", "http://localhost"]
)
def test_a_socket_by_cookie_is_of_the_own_page(
    controller: ControllerProcess, browser: Browser, origin: str | None
) -> None:
    headers = {"Cookie": browser.cookie, **({"Origin": origin} if origin else {})}
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(controller.ws + "/ws/panel", additional_headers=headers, proxy=None),
    ):
        pass
    assert refused.value.response.status_code == 403


def test_the_socket_of_the_own_page_lives_as_long_as_its_session(
    controller: ControllerProcess, browser: Browser
) -> None:
    headers = {"Cookie": browser.cookie, "Origin": controller.url}
    with connect(controller.ws + "/ws/panel", additional_headers=headers, proxy=None) as socket:
        socket.send('{"type": "ping"}')
        assert "pong" in str(socket.recv(5))
        browser.own("POST", "/auth/logout")
        assert "the session has ended" in str(socket.recv(5))


def scope(client: str = "198.18.0.1", scheme: str = "http", **headers: str) -> Any:
    listed = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    return {"method": "POST", "client": (client, 1), "scheme": scheme, "headers": listed}


def is_own(pages: PageSession, asked: Any) -> bool:
    try:
        pages.check(asked)
    except Forbidden:
        return False
    return True


def test_behind_a_proxy_the_origin_is_the_one_that_the_browser_knows() -> None:
    pages = PageSession(Peers(["192.0.2.0/24"]), "", STORE)
    panel = {"x_forepost_panel": "1"}
    kept_host = scope(host="noc.example", origin="https://noc.example", **panel)
    assert is_own(pages, kept_host)
    assert is_own(pages, scope(host="noc.example:443", origin="https://noc.example", **panel))
    other_host = {"host": "127.0.0.1:8080", "origin": "https://noc.example", **panel}
    assert not is_own(pages, scope(**other_host))
    told = {"x_forwarded_host": "noc.example", "x_forwarded_proto": "https"}
    assert is_own(pages, scope("192.0.2.9", **other_host, **told))
    assert not is_own(pages, scope("198.18.0.9", **other_host, **told)), "no proxy of ours"
    assert is_own(PageSession(Peers(), "https://noc.example", STORE), scope(**other_host))
    # A page without TLS must not act on a controller that is reached with it.
    plain = {"host": "noc.example", "origin": "http://noc.example", **panel}
    assert not is_own(pages, scope("192.0.2.9", **plain, x_forwarded_proto="https"))
    assert not is_own(PageSession(Peers(), "", STORE), scope(scheme="https", **plain))
    assert is_own(pages, scope(**plain))


def test_the_cookie_is_secure_where_the_browser_speaks_tls() -> None:
    pages = PageSession(Peers(["192.0.2.0/24"]), "", STORE)
    public = PageSession(Peers(), "https://noc.example", STORE)
    assert pages.kept(scope(origin="https://noc.example"), "t", 1).secure
    assert pages.kept(scope("192.0.2.9", x_forwarded_proto="https"), "t", 1).secure
    assert public.kept(scope(), "t", 1).secure
    assert not pages.kept(scope(origin="http://198.18.0.1:8080"), "t", 1).secure
    assert not pages.kept(scope("198.18.0.9", x_forwarded_proto="https"), "t", 1).secure


def test_a_cookie_is_read_as_browsers_write_it() -> None:
    pages = PageSession(Peers(), "", STORE)
    name = f"{NAME}_01234567"
    assert pages.token(scope(cookie=f"a=b; {name}=x.y.z; c=d")) == "x.y.z"
    assert pages.token(scope(cookie=f'{name}="x.y.z"')) == "x.y.z"
    assert pages.token(scope(cookie=f"not{name}=x; {NAME}=x; {NAME}_76543210=x")) == ""
    assert pages.token(scope(cookie=f"{name}={'x' * 5_000}")) == ""
    assert pages.token(scope(cookie=f"other={'a' * 9_000}; {name}=x")) == "x"
    lines = [(b"cookie", b"a=b"), (b"cookie", f"{name}=x".encode()), (b"cookie", b"c=d")]
    assert pages.token({"headers": lines}) == "x"
    assert pages.token(scope()) == ""


def test_two_controllers_of_one_host_leave_each_other_s_sessions_alone(
    browser: Browser, person: Person, tmp_path: Path
) -> None:
    """A browser gives a cookie to every port of a host."""
    other = ControllerProcess(tmp_path)
    other.start()
    try:
        there = Browser(other)
        there.client.cookies = browser.client.cookies
        body = {"email": ADMIN["email"], "password": ADMIN["password"], "cookie": True}
        assert there.own("POST", "/auth/login", json=body).status_code == 200
        browser.client.cookies = there.client.cookies
        assert there.own("GET", "/auth/me").json()["email"] == ADMIN["email"]
        assert browser.own("GET", "/auth/me").json()["id"] == person.user_id
        there.client.close()
    finally:
        other.end()
