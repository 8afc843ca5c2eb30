"""What the Agent API refuses: 400 and nothing changes, 403, 404, 405; and where it listens."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forepost.agent.jobs.agent_api.listener import SUBJECT
from tests.fakes.jobs_site import JobsSite
from tests.running import until

LONG_SEC = 30


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobsSite]:
    made = JobsSite(tmp_path_factory.mktemp("site"), tags={"A": "1"})
    with made.running():
        yield made


def unchanged(site: JobsSite) -> bool:
    client = site.call("GET", "/api/v3/client").body
    tags = site.call("GET", "/api/v3/tags").body["tags"]
    assert site.built.restart_wanted is not None
    restarts = site.built.restart_wanted.is_set()
    return not client["paused"] and tags == [{"name": "A", "value": "1"}] and not restarts


@pytest.mark.parametrize(
    "query",
    [
        "",
        "&paused=",
        "&paused=True",
        "&paused=1",
        "&paused=yes",
        "&paused=true&paused=false",
        "&paused=true&resume_timer=0",
        "&paused=true&resume_timer=-1",
        "&paused=true&resume_timer=1.5",
        "&paused=true&resume_timer=",
        "&paused=true&resume_timer=1e3",
        "&paused=true&resume_timer=%D9%A1",
        f"&paused=true&resume_timer={'9' * 5_000}",
        "&paused=false&resume_timer=x",
        "&resume_timer=60",
        "&paused=true&other=1",
        "&paused=%FF",
        "&paused=true" + "&x=1" * 50,
    ],
)
def test_a_pause_that_is_not_as_documented(site: JobsSite, query: str) -> None:
    found = site.ask("PATCH", f"/api/v3/client?token={site.token}{query}")
    assert found.status == 400
    assert found.body["message"]
    assert unchanged(site)


@pytest.mark.parametrize(
    "body",
    [
        "{'restart': true}",
        '{"restart": false}',
        '{"restart": "true"}',
        '{"restart": 1}',
        '{"restart": true, "more": 1}',
        '{"Restart": true}',
        "{}",
        "[]",
        "null",
        "restart",
        '{"restart": true',
        "\xff",
        "[" * 5_000,
    ],
)
def test_a_restart_that_is_not_as_documented(site: JobsSite, body: str) -> None:
    found = site.call("PATCH", "/api/v3/client", body)
    assert found.status == 400
    assert unchanged(site)
    if "'" in body:
        assert "double quotes" in found.body["message"]


def test_pause_and_restart_are_two_calls(site: JobsSite) -> None:
    for query in ("paused=true", "paused=false", "resume_timer=5", "other=1"):
        path = f"/api/v3/client?token={site.token}&{query}"
        assert site.ask("PATCH", path, {"restart": True}).status == 400
        assert unchanged(site)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        "[]",
        {"tags": {}},
        {"tags": [{"name": "B"}]},
        {"tags": [{"value": "B"}]},
        {"tags": [{"name": "b", "value": "1"}]},
        {"tags": [{"name": "B C", "value": "1"}]},
        {"tags": [{"name": "", "value": "1"}]},
        {"tags": [{"name": "B\n", "value": "1"}]},
        {"tags": [{"name": "B", "value": 1}]},
        {"tags": [{"name": "B", "value": "a\0"}]},
        {"tags": [{"name": "B", "value": "x" * 1_001}]},
        {"tags": [{"name": "B", "value": "1", "more": 1}]},
        {"tags": [{"name": "B", "value": "1"}], "more": 1},
        {"tags": [{"name": "B", "value": "1"}, {"name": "AGENT_NAME", "value": "1"}]},
        {"tags": [{"name": "B", "value": "1"}, {"name": "AGENT_ID", "value": "1"}]},
        {"tags": [{"name": f"N{number}", "value": ""} for number in range(501)]},
        {"tags": [{"name": f"N{number}", "value": ""} for number in range(500)]},
    ],
)
def test_tags_that_are_not_as_documented(site: JobsSite, body: Any) -> None:
    found = site.call("PATCH", "/api/v3/tags", body)
    assert found.status == 400
    assert unchanged(site)


def test_a_run_that_is_not_there_or_no_number(site: JobsSite) -> None:
    assert site.call("GET", "/api/v3/runs/543").status == 404
    for text in ("x", "-1", "1.0", "%31", "9" * 400):
        assert site.call("GET", f"/api/v3/runs/{text}").status == 400


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api",
        "/api/v3",
        "/api/v3/client/",
        "/api/v3/runs/1/2",
        "/api/v2/runs",
        "/API/v3/token",
    ],
)
def test_an_unknown_path(site: JobsSite, path: str) -> None:
    for verb in ("GET", "PATCH", "POST"):
        assert site.call(verb, path).status == 404


@pytest.mark.parametrize(
    ("path", "verbs"),
    [
        ("/api/v3/token", ("PATCH", "POST", "PUT", "DELETE")),
        ("/api/v3/client", ("POST", "PUT", "DELETE")),
        ("/api/v3/runs", ("PATCH", "POST", "PUT", "DELETE")),
        ("/api/v3/runs/1", ("PATCH", "POST", "PUT", "DELETE")),
        ("/api/v3/tags", ("POST", "PUT", "DELETE")),
    ],
)
def test_another_verb(site: JobsSite, path: str, verbs: tuple[str, ...]) -> None:
    for verb in verbs:
        found = site.call(verb, path)
        assert found.status == 405
        assert "GET" in found.headers["allow"]
    assert unchanged(site)


def test_no_call_but_that_for_the_token_is_made_without_it(site: JobsSite) -> None:
    for verb, path in (
        ("GET", "/api/v3/client"), ("PATCH", "/api/v3/client?paused=true"), ("GET", "/api/v3/runs"),
        ("GET", "/api/v3/runs/1"), ("GET", "/api/v3/tags"), ("PATCH", "/api/v3/tags"),
        ("GET", "/api/v2/client"),
    ):  # fmt: skip
        for token in ("", "A" * 26, site.token[:-1], site.token.lower()):
            said = f"{'&' if '?' in path else '?'}token={token}" if token else ""
            found = site.ask(verb, path + said)
            assert found.status == 403
            assert found.headers["cache-control"] == "no-store"
    assert unchanged(site)
    assert site.ask("GET", "/api/v3/client", headers={"X-Token": site.token}).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example.com"},
        {"Host": "evil.example.com:3840"},
        {"Host": "127.0.0.1.example.com"},
        {"Host": "198.18.0.1"},
        {"Host": "localhost:1"},
        {"Host": ""},
        {"Origin": "https://evil.example.com"},
        {"Origin": "null"},
        {"Origin": "http://localhost"},
        {"Referer": "https://evil.example.com/page"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-origin"},
    ],
)
def test_no_page_reads_the_token_or_changes_anything(
    site: JobsSite, headers: dict[str, str]
) -> None:
    for verb, path in (
        ("GET", "/api/v3/token"), ("PATCH", f"/api/v3/client?token={site.token}&paused=true"),
    ):  # fmt: skip
        found = site.ask(verb, path, headers=headers)
        assert found.status == 403
        assert "token" not in found.body
        assert "access-control-allow-origin" not in found.headers
    assert unchanged(site)
    assert site.ask("OPTIONS", "/api/v3/client", headers=headers).status in (403, 405)


def test_names_of_loopback_may_ask(site: JobsSite) -> None:
    for name in ("localhost", "127.0.0.1", "[::1]"):
        for port in ("", f":{site.port}"):
            found = site.ask("GET", "/api/v3/token", headers={"Host": name + port})
            assert found.status == 200


def test_any_content_type_and_none_are_taken(site: JobsSite) -> None:
    for headers in ({}, {"Content-Type": "text/plain"}, {"Content-Type": "application/json"}):
        path = f"/api/v3/tags?token={site.token}"
        said = '{"tags": [{"name": "A", "value": "1"}]}'
        assert site.ask("PATCH", path, said, headers=headers).status == 200


def test_the_former_call_of_scripts(site: JobsSite) -> None:
    found = site.call("GET", "/api/v2/client").body["data"]
    assert found["peerid"] == site.call("GET", "/api/v3/client").body["deviceid"]


def test_it_is_on_127_0_0_1_and_nowhere_else(site: JobsSite) -> None:
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.2", site.port), timeout=5)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("::1", site.port), timeout=5)


def test_a_port_that_is_taken_is_told_and_waited_for(tmp_path: Path) -> None:
    made = JobsSite(tmp_path)
    made.needs_token = False
    with (
        socket.create_server(("127.0.0.1", made.port)) as taken,
        made.running(lambda: SUBJECT in made.health.problems),
    ):
        said = made.health.problems[SUBJECT]
        assert said == f"port {made.port} is taken; see forepost doctor"
        taken.close()
        until(lambda: SUBJECT not in made.health.problems, LONG_SEC)
        assert made.ask("GET", "/api/v3/client").status == 200
