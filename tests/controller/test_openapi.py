"""Requests made up from the OpenAPI document: no 5xx, no status or shape that it does not name.

Ids in paths are those of objects that are there, so that a request gets past the look-up.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.postgres import Postgres
from tests.running import ControllerProcess, Person

DOCUMENT = Path(__file__).parents[2] / "docs/api/openapi.json"
EXAMPLES = 5
MOST = 20
"""Of the systematic requests of one operation, of which there are up to some hundreds."""
PATHS = json.loads(DOCUMENT.read_text())["paths"]
METHODS = {"get", "put", "post", "delete", "patch", "options", "head"}
OPERATIONS = [f"{m.upper()} {path}" for path, found in PATHS.items() for m in found if m in METHODS]

RULE = {"name": "r", "metric": "packet_loss", "operator": ">", "threshold": 5.0}
WINDOW = {"name": "m", "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-01-01T01:00:00Z"}


@pytest.fixture(scope="module")
def controller(
    postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ControllerProcess]:
    """On PostgreSQL, which is the stricter of the two about what it takes."""
    process = ControllerProcess(tmp_path_factory.mktemp("controller"))
    process.env["FOREPOST_DATA__DATABASE_URL"] = postgres.database()
    process.start()
    yield process
    process.end()


@pytest.fixture
def ids(person: Person) -> dict[str, int]:
    """One of everything that a path may name, fresh for each operation."""
    workspace = person.workspace("w")
    agent = person.agent(workspace)
    path = f"/workspaces/{workspace}"

    def made(what: str, body: dict[str, Any]) -> int:
        found = person.call("POST", f"{path}/{what}", body, status=201)
        inner = found.get("api_key") or found.get("share_link") or found
        return int(inner["id"])

    return {
        "workspace_id": workspace,
        "agent_id": agent.id,
        "probe_id": person.probe(agent, type="PING", targets=["198.18.0.1"]),
        "rule_id": made("alert-rules", RULE),
        "window_id": made("maintenance-windows", WINDOW),
        "group_id": made("address-groups", {"name": "g"}),
        "link_id": made(f"agents/{agent.id}/share-links", {}),
        "key_id": made("api-keys", {"name": "k"}),
        "queue_id": made(f"agents/{agent.id}/speedtest-queue", {}),
    }


@cache
def schema() -> BaseSchema:
    made: BaseSchema = schemathesis.openapi.from_dict(json.loads(DOCUMENT.read_text()))
    return made


@cache
def operations() -> dict[str, APIOperation[Any, Any, Any, Any]]:
    load_all_checks()
    found = [one.ok() for one in schema().get_all_operations() if isinstance(one, Ok)]
    return {one.label: one for one in found}


def test_every_operation_is_asked() -> None:
    assert set(operations()) == set(OPERATIONS)


@pytest.mark.parametrize("label", OPERATIONS)
@pytest.mark.timeout(240)
def test_every_operation_answers_as_documented(
    label: str, controller: ControllerProcess, person: Person, ids: dict[str, int]
) -> None:
    """As `schema.parametrize()` does it, which makes up the requests of all operations before the
    first test of any file begins.
    """

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def answers(case: schemathesis.Case[Any]) -> None:
        known = {name: ids[name] for name in case.path_parameters or {} if name in ids}
        case.path_parameters = {**(case.path_parameters or {}), **known}
        case.call_and_validate(
            base_url=controller.url,
            headers={"Authorization": f"Bearer {person.token}"},
            checks=[
                not_a_server_error,
                status_code_conformance,
                content_type_conformance,
                response_schema_conformance,
            ],
        )

    asked = build_operation_test(
        config=schema().config,
        operation=operations()[label],
        test_func=answers,
        given_kwargs={},
        feedback=FeedbackSources(),
    )
    made_up = getattr(asked, "hypothesis_explicit_examples", [])
    asked.hypothesis_explicit_examples = spread(made_up)  # type: ignore[attr-defined]
    asked()


def spread(made_up: list[Any]) -> list[Any]:
    """Some of each kind: they come in the order of parameters and fields."""
    step = max(1, -(-len(made_up) // MOST))
    return made_up[::step]
