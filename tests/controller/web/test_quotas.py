"""How many things of a kind there may be."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from forepost.controller.web.quotas import NAMES, QUOTAS
from tests.postgres import Postgres
from tests.running import DATABASE_URL, ControllerProcess

UNCOUNTED = {
    "/auth/register",  # limited by address
    "/invite/{token}/complete",  # an invitation is counted when it is made
    "/workspaces/{workspace_id}/alert-rules/{rule_id}/test",  # kept as long as deliveries are
    "/workspaces/{workspace_id}/channels/{channel_id}/test",
    "/workspaces/{workspace_id}/agents/{agent_id}/speedtest-queue",  # has a limit of its own
}


AT_ONCE = 12


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def small(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path_factory.mktemp("small"))
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        process.env[DATABASE_URL] = server.database()
    most = ", ".join(f'"{name}": 2' for name in NAMES)
    process.env["FOREPOST_LIMITS__MOST"] = f"{{{most}}}"
    process.start()
    yield process
    process.end()


MADE: dict[str, Callable[[int], dict[str, Any]]] = {
    "agents/{agent}/probes": lambda n: {"type": "PING", "targets": [f"198.18.0.{n + 1}"]},
    "agents/{agent}/share-links": lambda _: {},
    "members": lambda n: {"email": f"n{n}@example.com", "role": "USER"},
    "api-keys": lambda n: {"name": f"n{n}", "role": "VIEWER"},
    "alert-rules": lambda n: {"name": f"n{n}", "metric": "loss", "operator": ">", "threshold": 5},
    "maintenance-windows": lambda n: {
        "name": f"n{n}",
        "starts_at": "2026-01-01T00:00:00Z",
        "ends_at": "2026-01-01T01:00:00Z",
    },
    "channels?test=false": lambda n: {
        "name": f"n{n}",
        "kind": "email",
        "addresses": ["night@example.com"],
    },
    "routes": lambda n: {"name": f"n{n}", "channel_ids": []},
    "templates": lambda n: {"name": f"n{n}", "text": "x"},
    "address-groups": lambda n: {"name": f"n{n}"},
    "microservices": lambda n: {"name": f"n{n}", "image": "example.com/n:1"},
    "registries": lambda n: {"name": f"n{n}", "url": f"n{n}.example.com"},
    "jobs": lambda n: {
        "name": f"n{n}",
        "type": "script",
        "script": {"command": "true"},
        "groups": [{"labels": {"site": "north"}}],
    },
    "reports": lambda n: {"name": f"n{n}"},
    "agents": lambda n: {"name": f"n{n}"},
}


def test_many_at_once_do_not_get_past_a_limit_together(small: ControllerProcess) -> None:
    person = small.person("crowd@example.com", "a good password")
    workspace = person.workspace("crowd")
    agent = person.agent(workspace)
    with ThreadPoolExecutor(AT_ONCE) as pool:

        def crowd(path: str, body: Callable[[int], dict[str, Any]]) -> list[httpx.Response]:
            return [*pool.map(lambda n: person.ask("POST", path, json=body(n)), range(AT_ONCE))]

        for path, body in MADE.items():
            answers = crowd(f"/workspaces/{workspace}/{path.format(agent=agent.id)}", body)
            codes = sorted(answer.status_code for answer in answers)
            assert set(codes) == {201, 409}, (path, answers[0].text, codes)
            # Whoever makes a workspace is a member, and an agent is there already.
            room = 1 if path in {"agents", "members"} else 2
            assert codes.count(201) == room, (path, codes)
            assert all(
                "2 is the most (limits.most." in answer.text
                for answer in answers
                if answer.status_code == 409
            ), path
        codes = [answer.status_code for answer in crowd("/workspaces", lambda n: {"name": f"n{n}"})]
        assert codes.count(201) == 1, codes


def test_every_route_that_makes_something_is_counted(small: ControllerProcess) -> None:
    document = httpx.get(f"{small.url}/schema", verify=False).json()
    makes = {
        path
        for path, item in document["paths"].items()
        if "201" in item.get("post", {}).get("responses", {})
    }
    assert makes - set(QUOTAS) - UNCOUNTED == set()


def test_one_more_is_refused_with_the_number(small: ControllerProcess) -> None:
    person = small.person()
    workspace = person.workspace("one")
    here = f"/workspaces/{workspace}"
    agent = person.agent(workspace)
    place = f"{here}/agents/{agent.id}"
    bodies: dict[str, dict[str, Any]] = {
        "/workspaces": {},
        f"{here}/agents": {},
        f"{here}/api-keys": {"role": "VIEWER"},
        f"{here}/address-groups": {},
        f"{place}/probes": {"type": "PING", "targets": ["127.0.0.1"]},
        f"{place}/share-links": {},
    }
    for path, body in bodies.items():
        answers = [
            person.ask(
                "POST", path, json={**body, **({} if "probes" in path else {"name": f"n{n}"})}
            )
            for n in range(3)
        ]
        last = answers[-1]
        assert last.status_code == 409, (path, last.text)
        assert "2 is the most (limits.most." in last.json()["error"], last.text
        assert any(one.status_code == 201 for one in answers), (path, answers[0].text)


def test_the_body_is_not_read_before(small: ControllerProcess) -> None:
    person = small.person()
    answer = person.ask("POST", "/workspaces", content=b"not JSON at all")
    assert answer.status_code == 409


def test_a_name_that_is_none_is_refused_at_the_start(tmp_path: Path) -> None:
    process = ControllerProcess(tmp_path / "c")
    process.env["FOREPOST_LIMITS__MOST"] = '{"agnets": 3}'
    with pytest.raises(AssertionError, match=r"limits.most: there is no 'agnets'"):
        process.start()
