"""No secret is shown to a VIEWER on any route, nor by a share link, an export or a log."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.agent_socket import agent_socket
from tests.free_ports import free_port
from tests.running import AgentProcess, ControllerProcess, NewAgent, Person, forepost, until

PLANTED = {
    "user": "pl4nted-user",
    "password": "pl4nted-password",
    "query": "pl4nted-query",
    "header": "pl4nted-header",
    "content": "pl4nted-content",
    "community": "pl4nted-community",
    "note": "pl4nted-note",
    "hook": "pl4nted-hook",
    "signing": "pl4nted-signing-secret",
    "apprise": "pl4nted-apprise",
    "share": "pl4nted-share-password",
    "environment": "pl4nted-environment",
    "configuration": "pl4nted-configuration",
    "command": "pl4nted-command",
    "registry": "pl4nted-registry",
}
URL = f"https://{PLANTED['user']}:{PLANTED['password']}@198.18.0.9/p?token={PLANTED['query']}"
WEB_OPTIONS = {
    "username": PLANTED["user"],
    "password": PLANTED["password"],
    "body": PLANTED["note"],
    "unexpected_content": PLANTED["content"],
    "expected_headers": {"X-Answer": PLANTED["header"]},
    "json_path": "$.state",
    "json_value": PLANTED["content"],
}
WRONG_EXPECTATIONS: list[dict[str, Any]] = [
    {"expected_headers": {"Content-Type": PLANTED["header"]}},
    {"unexpected_content": "a|" + PLANTED["content"], "content_match_type": "regex"},
    {"json_path": "$.status", "json_value": PLANTED["content"]},
]
VALUES = {
    "type": "HTTP",
    "ip": "127.0.0.1",
    "query": "example.com",
    "mac": "00:00:0c:00:00:01",
    "target": "https://198.18.0.9/p",
    "by": "device",
}


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path_factory.mktemp("secrets"))
    process.env["FOREPOST_LOG"] = "DEBUG"
    process.env["FOREPOST_ALERTS__ALLOW_PRIVATE_TARGETS"] = "true"
    process.env["FOREPOST_ALERTS__RETRY_PAUSES_SEC"] = "[0.1]"
    process.start()
    yield process
    process.end()


@pytest.fixture(scope="module")
def planted(controller: ControllerProcess) -> tuple[Person, NewAgent, dict[str, int]]:
    """A workspace with a secret in every place where somebody may put one, and things happening."""
    admin = controller.person()
    agent = admin.agent(admin.workspace("planted"))
    here = f"/workspaces/{agent.workspace}"
    web = admin.probe(
        agent,
        type="HTTP",
        targets=[URL],
        metadata={
            "url": URL,
            "headers": {"X-Auth-Token": PLANTED["header"]},
            "expected_content": PLANTED["content"],
            "note": PLANTED["note"],
            **WEB_OPTIONS,
        },
    )
    admin.probe(
        agent,
        type="SNMP",
        targets=["198.18.0.9"],
        metadata={"community": PLANTED["community"], "user_name": PLANTED["user"]},
    )
    rule = admin.call(
        "POST",
        f"{here}/alert-rules",
        {
            "name": "slow",
            "probe_id": web,
            "metric": "http_total_ms",
            "operator": ">",
            "threshold": 5,
            "severity": "critical",
            "notify_webhook": True,
            "webhook_url": f"http://127.0.0.1:9/{PLANTED['hook']}?k={PLANTED['hook']}",
            "webhook_secret": PLANTED["signing"],
            "apprise_urls": [f"json://bot:{PLANTED['apprise']}@127.0.0.1:9/"],
        },
        status=201,
    )["id"]
    channel = {
        "name": "ops",
        "kind": "webhook",
        "url": f"http://127.0.0.1:9/{PLANTED['hook']}?k={PLANTED['hook']}",
        "secret": PLANTED["signing"],
        "headers": {"X-Key": PLANTED["header"]},
    }
    named = admin.call("POST", f"{here}/channels", channel, status=201)["id"]
    registry = {"name": "hub", "url": "198.18.0.9:5000", "password": PLANTED["registry"]}
    workloads = {
        "registry_id": admin.call("POST", f"{here}/registries", registry, status=201)["id"],
        "microservice_id": admin.call(
            "POST",
            f"{here}/microservices",
            {
                "name": "sensor",
                "registry": "hub",
                "env": {"TOKEN": PLANTED["environment"]},
                "cmd": [f"--password={PLANTED['command']}"],
                "health": {"test": ["check", PLANTED["command"]]},
                "config": {"nested": [{"key": PLANTED["configuration"]}]},
                "agents": [agent.id],
            },
            status=201,
        )["id"],
    }
    job = admin.call(
        "POST",
        f"{here}/jobs",
        {
            "name": "job",
            "type": "script",
            "script": {
                "command": f"login {PLANTED['command']}",
                "env": {"TOKEN": PLANTED["environment"]},
            },
            "agents": [{"agent_id": agent.id}],
            "notices": {
                "webhook_url": f"http://127.0.0.1:9/{PLANTED['hook']}",
                "webhook_secret": PLANTED["signing"],
            },
        },
        status=201,
    )["id"]
    run = admin.call("POST", f"{here}/jobs/{job}/runs", status=201)["id"]
    workloads |= {"job_id": job, "run_id": run, "channel_id": named}
    with agent_socket(controller, agent) as socket:
        socket.post(
            "HTTP",
            {"url": URL, "final_url": URL, "status_code": 200, "total_ms": 900, "error": ""},
            probe_id=web,
            target=URL,
        )
    key = admin.call("POST", f"{here}/api-keys", {"name": "k", "role": "ADMIN"}, status=201)
    ids = {"probe_id": web, "rule_id": rule, "key_id": key["api_key"]["id"], **workloads}
    return admin, agent, ids


def routes(controller: ControllerProcess) -> Iterator[tuple[str, list[str]]]:
    """Every GET of the OpenAPI document, with the names of the parameters that it needs."""
    document = httpx.get(f"{controller.url}/schema", verify=False, timeout=30).json()
    for path, item in document["paths"].items():
        if "get" in item:
            asked = item["get"].get("parameters", [])
            yield path, [one["name"] for one in asked if one["in"] == "query" and one["required"]]


def test_a_viewer_is_shown_none(
    controller: ControllerProcess, planted: tuple[Person, NewAgent, dict[str, int]]
) -> None:
    admin, agent, ids = planted
    viewer = controller.person("viewer@example.com", "a good password")
    admin.admit(viewer, agent.workspace, "VIEWER")
    ids = {**ids, "workspace_id": agent.workspace, "agent_id": agent.id, "alert_id": 1}
    answered = set()
    for path, needed in routes(controller):
        place = path
        for name, number in ids.items():
            place = place.replace(f"{{{name}}}", str(number))
        if "{" in place:
            place = place.replace("{token}", "x")
            for name in ("member_id", "link_id", "group_id", "window_id", "session_id", "id"):
                place = place.replace(f"{{{name}}}", "1")
        query = {name: VALUES.get(name, str(agent.id)) for name in needed}
        answer = viewer.ask("GET", place, params=query)
        if answer.status_code == 200:
            answered.add(path)
        _none_in(answer.text, f"GET {place}")
        if "probe-data" in place:  # results have none, whoever reads them
            _none_in(admin.ask("GET", place, params=query).text, place)
    shown = (
        "/alert-rules",
        "/probe-data/find",
        "/agents/{agent_id}/probes",
        "/alerts",
        "/microservices/{microservice_id}",
        "/registries/{registry_id}",
        "/channels/{channel_id}",
        "/jobs/{job_id}",
        "/runs/{run_id}",
    )
    for path in shown:
        assert f"/workspaces/{{workspace_id}}{path}" in answered, sorted(answered)
    one_rule = viewer.call("GET", f"/workspaces/{agent.workspace}/alert-rules/{ids['rule_id']}")
    assert one_rule["webhook_url"] == "http://127.0.0.1:9/***"
    mine = admin.call("GET", f"/workspaces/{agent.workspace}/alert-rules/{ids['rule_id']}")
    assert PLANTED["hook"] in mine["webhook_url"], "who may change it sees it"


def test_a_share_link_shows_results_and_no_settings(
    controller: ControllerProcess, planted: tuple[Person, NewAgent, dict[str, int]]
) -> None:
    admin, agent, ids = planted
    links = f"/workspaces/{agent.workspace}/agents/{agent.id}/share-links"
    made = admin.call("POST", links, {"password": PLANTED["share"]}, status=201)
    with_password = {"X-Share-Password": PLANTED["share"]}
    for path in ("", f"/probe-data/{ids['probe_id']}", f"/chart/{ids['probe_id']}", "/info"):
        place = f"{controller.url}/share/{made['token']}{path}"
        answer = httpx.get(place, headers=with_password, verify=False)
        assert answer.status_code == 200, answer.text
        _none_in(answer.text, place)
    shared = httpx.get(
        f"{controller.url}/share/{made['token']}", headers=with_password, verify=False
    ).json()
    assert [one["metadata"] for one in shared["probes"]] == [{}, {}]


def test_a_masked_probe_is_fit_to_be_handed_on(
    controller: ControllerProcess, planted: tuple[Person, NewAgent, dict[str, int]]
) -> None:
    admin, agent, ids = planted
    place = f"/workspaces/{agent.workspace}/agents/{agent.id}/probes/{ids['probe_id']}"
    _none_in(admin.ask("GET", place + "?masked=true").text, place)
    whole = admin.ask("GET", place).text
    assert any(secret in whole for secret in PLANTED.values()), "who may change it sees it"


def test_an_export_is_fit_for_git(
    controller: ControllerProcess, planted: tuple[Person, NewAgent, dict[str, int]]
) -> None:
    admin, agent, _ = planted
    where = ("--workspace", str(agent.workspace), "--url", controller.url)
    done = forepost("export", *where, env={**os.environ, "FOREPOST_TOKEN": admin.token})
    done.check_returncode()
    assert "shop" not in done.stdout
    assert "198.18.0.9" in done.stdout
    _none_in(done.stdout, "export")


def test_no_log_has_one(
    controller: ControllerProcess, planted: tuple[Person, NewAgent, dict[str, int]]
) -> None:
    """The alert's notices have failed by now, and the log says so."""
    admin, agent, _ = planted
    deliveries = admin.call("GET", f"/workspaces/{agent.workspace}/deliveries")["data"]
    assert deliveries
    _none_in(json.dumps(deliveries).replace(PLANTED["hook"], ""), "deliveries")  # for an ADMIN
    _none_in(controller.output, "the log")


def test_an_agent_whose_probes_all_fail_tells_none(
    controller: ControllerProcess, tmp_path: Path
) -> None:
    """Not in its log, not in its status, not in what it reports of the failures."""
    admin = controller.person()
    agent = admin.agent(admin.workspace("failing"))
    port = free_port()
    web = URL.replace("198.18.0.9", f"127.0.0.1:{port}")
    often = {"interval_sec": 1, "timeout_sec": 1}
    probes = [
        admin.probe(agent, type="HTTP", targets=[web], **often),
        admin.probe(
            agent,
            type="HTTP",
            targets=[f"{controller.url}/healthz?token={PLANTED['query']}"],
            metadata={
                "headers": {"X-Auth-Token": PLANTED["header"]},
                "expected_content": PLANTED["content"],
            },
            **often,
        ),
        *(
            admin.probe(
                agent,
                type="HTTP",
                targets=[f"{controller.url}/healthz"],
                metadata={"username": PLANTED["user"], "password": PLANTED["password"], **asked},
                **often,
            )
            for asked in WRONG_EXPECTATIONS
        ),
        admin.probe(
            agent,
            type="HTTP",
            targets=[f"{controller.url}/healthz"],
            metadata={"bearer_token": PLANTED["header"], "method": "POST", "body": PLANTED["note"]},
            **often,
        ),
        admin.probe(
            agent,
            type="SNMP",
            targets=[f"127.0.0.1:{port}"],
            metadata={"community": PLANTED["community"]},
            **often,
        ),
        admin.probe(
            agent,
            type="SNMP",
            targets=[f"127.0.0.1:{port}"],
            metadata={
                "version": "3",
                "user_name": PLANTED["user"],
                "auth_password": PLANTED["password"],
                "auth_protocol": "SHA",
                "security_level": "authNoPriv",
            },
            **often,
        ),
        admin.probe(
            agent,
            type="DNS",
            targets=["x.example"],
            metadata={"dns_server": f"127.0.0.1:{port}", "note": PLANTED["note"]},
            **often,
        ),
        *(
            admin.probe(
                agent,
                type=kind,
                targets=[f"127.0.0.1:{port}"],
                metadata={"send": PLANTED["note"], "expect": PLANTED["header"]},
                **often,
            )
            for kind in ("TCP", "UDP")
        ),
        admin.probe(agent, type="TLS", targets=[f"127.0.0.1:{port}"], **often),
    ]
    process = AgentProcess(tmp_path / "agent", controller.url, agent, FOREPOST_LOG="DEBUG").start()
    try:
        for probe in probes:
            rows = until(lambda: admin.results(agent, probe), 15, lambda: process.output)  # noqa: B023
            _none_in(json.dumps(rows), "a result")
        _none_in(json.dumps(process.status()), "status")
    finally:
        process.end()
    _none_in(process.output, "the agent's log")
    assert agent.psk not in process.output + json.dumps(admin.call("GET", "/workspaces"))
    _none_in(controller.output, "the controller's log")
    assert agent.psk not in controller.output


def _none_in(text: Any, where: str) -> None:
    for name, secret in PLANTED.items():
        assert secret not in text, f"{where} shows the {name}"
