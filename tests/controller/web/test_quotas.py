"""How many things of a kind there may be."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from forepost.controller.web.quotas import NAMES, QUOTAS
from tests.running import ControllerProcess

UNCOUNTED = {
    "/auth/register",  # limited by address
    "/invite/{token}/complete",  # an invitation is counted when it is made
    "/workspaces/{workspace_id}/alert-rules/{rule_id}/test",  # kept as long as deliveries are
    "/workspaces/{workspace_id}/channels/{channel_id}/test",
    "/workspaces/{workspace_id}/agents/{agent_id}/speedtest-queue",  # has a limit of its own
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path_factory.mktemp("small"))
    most = ", ".join(f'"{name}": 2' for name in NAMES)
    process.env["FOREPOST_LIMITS__MOST"] = f"{{{most}}}"
    process.start()
    yield process
    process.end()


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
