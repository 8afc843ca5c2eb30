"""Every field of every body, out of range and of the wrong type: 400 with field and reason."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec.inspect import (
    BoolType,
    DictType,
    Field,
    IntType,
    ListType,
    LiteralType,
    StrType,
    Type,
    UnionType,
    type_info,
)

from forepost.wire.flows.groups import NewGroup
from forepost.wire.probes.copies import CopyProbes
from forepost.wire.probes.probe import NewProbe, ProbePatch
from forepost.wire.rest.access import ApiKeyPatch, NewApiKey, PasswordChange
from forepost.wire.rest.alerts import NewRule, RulePatch
from forepost.wire.rest.bodies import (
    AgentLogin,
    AgentPatch,
    Login,
    NewAgent,
    NewWorkspace,
    PinRequest,
    Register,
    WorkspacePatch,
)
from forepost.wire.rest.channels import ChannelPatch, NewChannel
from forepost.wire.rest.lookup import IpList, MacList
from forepost.wire.rest.maintenance import NewWindow, WindowPatch
from forepost.wire.rest.membership import AcceptInvite, MemberPatch, NewMember, TransferOwnership
from forepost.wire.rest.routes import NewRoute, RouteQuestion
from forepost.wire.rest.share_links import NewShareLink
from forepost.wire.rest.templates import NewTemplate
from forepost.wire.speedtests.queue import NewSpeedtest
from tests.running import ControllerProcess, Person
from tests.running import NewAgent as Enrolled

ONE = "/workspaces/{workspace}"
AGENT = ONE + "/agents/{agent}"
RULE = {"name": "x", "metric": "packet_loss", "operator": ">", "threshold": 5}
WINDOW = {"name": "x", "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-01-01T01:00:00Z"}
ROUTES: list[tuple[str, str, type[msgspec.Struct], dict[str, Any]]] = [
    ("POST", "/auth/register", Register, {"email": "x@example.com", "password": "long enough"}),
    ("POST", "/auth/login", Login, {"email": "x@example.com", "password": "x"}),
    ("POST", "/agent", AgentLogin, {}),
    (
        "PUT",
        "/auth/me/password",
        PasswordChange,
        {"old_password": "wrong", "new_password": "long enough"},
    ),
    ("POST", ONE + "/api-keys", NewApiKey, {"name": "x"}),
    ("PATCH", ONE + "/api-keys/{key}", ApiKeyPatch, {}),
    ("POST", "/geoip/lookup", IpList, {"ips": ["8.8.8.8"]}),
    ("POST", "/lookup/oui", MacList, {"macs": ["001C42"]}),
    ("POST", "/workspaces", NewWorkspace, {"name": "x"}),
    ("PATCH", ONE, WorkspacePatch, {}),
    ("POST", ONE + "/members", NewMember, {}),
    ("PATCH", ONE + "/members/{member}", MemberPatch, {"role": "USER"}),
    ("POST", ONE + "/transfer-ownership", TransferOwnership, {"newOwnerUserId": 1}),
    ("POST", ONE + "/accept-invite", AcceptInvite, {"email": "x@example.com"}),
    ("POST", AGENT + "/share-links", NewShareLink, {}),
    ("POST", AGENT + "/speedtest-queue", NewSpeedtest, {}),
    ("POST", AGENT + "/probes/copy", CopyProbes, {"dest_agent_ids": [1]}),
    ("POST", ONE + "/address-groups", NewGroup, {"name": "x"}),
    ("POST", ONE + "/agents", NewAgent, {"name": "x"}),
    ("PATCH", AGENT, AgentPatch, {}),
    ("POST", AGENT + "/issue-pin", PinRequest, {}),
    ("POST", AGENT + "/probes", NewProbe, {"type": "PING", "targets": ["198.18.0.1"]}),
    ("PATCH", AGENT + "/probes/{probe}", ProbePatch, {}),
    ("POST", ONE + "/alert-rules", NewRule, RULE),
    ("PATCH", ONE + "/alert-rules/{rule}", RulePatch, {}),
    (
        "POST",
        ONE + "/channels?test=false",
        NewChannel,
        {"name": "x", "kind": "webhook", "url": "https://hooks.example.com/x"},
    ),
    ("PATCH", ONE + "/channels/{channel}", ChannelPatch, {}),
    ("POST", ONE + "/templates", NewTemplate, {"name": "x"}),
    ("POST", ONE + "/routes", NewRoute, {"name": "x"}),
    ("POST", ONE + "/routes/preview", RouteQuestion, {}),
    ("POST", ONE + "/maintenance-windows", NewWindow, WINDOW),
    ("PATCH", ONE + "/maintenance-windows/{window}", WindowPatch, {}),
]


def wrong(kind: Type) -> Iterator[Any]:
    """Values that a field of this type must refuse."""
    match kind:
        case IntType(ge=ge, le=le):
            yield from ([ge - 1] if ge is not None else [])
            yield from ([le + 1] if le is not None else [])
            yield from ("7", 1.5, None)
        case StrType(min_length=shortest, max_length=longest):
            yield from ([""] if shortest else [])
            yield from (["x" * (longest + 1)] if longest is not None else [])
            yield from (7, None, ["x"])
        case BoolType():
            yield from ("yes", 1, None)
        case LiteralType():
            yield from ("NONSENSE", 7)
        case ListType(item_type=item, max_length=longest):
            yield from (["x" if isinstance(item, StrType) else 1] * (n + 1) for n in [longest] if n)
            yield from ([value] for value in wrong(item))
            yield "x"
        case DictType():
            yield from ([], "x")
        case UnionType(types=types):
            names = {type(one).__name__ for one in types}
            for one in types:
                if not type(one).__name__.startswith("Unset"):
                    yield from (
                        value
                        for value in wrong(one)
                        if value is not None or "NoneType" not in names
                    )


def cases() -> Iterator[tuple[str, str, dict[str, Any], str, Any]]:
    for method, path, body, good in ROUTES:
        fields: tuple[Field, ...] = type_info(body).fields  # type: ignore[attr-defined]
        for field in fields:
            for value in wrong(field.type):
                if value is None and not field.required:
                    continue  # as if it were left out
                yield method, path, good, field.encode_name, value


@pytest.fixture(scope="module")
def stage(controller: ControllerProcess) -> tuple[Person, dict[str, int]]:
    person = controller.person("bad-input@example.com", "a good password")
    other = controller.person("bad-input-2@example.com", "a good password")
    workspace = person.workspace("w")
    agent: Enrolled = person.agent(workspace)
    member = person.admit(other, workspace)
    probe = person.probe(agent, type="PING", targets=["198.18.0.1"])
    made = person.call("POST", f"/workspaces/{workspace}/api-keys", {"name": "k"}, status=201)
    rule = person.call("POST", f"/workspaces/{workspace}/alert-rules", RULE, status=201)
    window = person.call("POST", f"/workspaces/{workspace}/maintenance-windows", WINDOW, status=201)
    (channel,) = (good for _, path, _, good in ROUTES if "/channels?" in path)
    path = f"/workspaces/{workspace}/channels?test=false"
    ids = {
        "channel": person.call("POST", path, channel, status=201)["id"],
        "workspace": workspace,
        "rule": rule["id"],
        "window": window["id"],
        "agent": agent.id,
        "member": member,
        "probe": probe,
        "key": made["api_key"]["id"],
    }
    return person, ids


def test_every_field_of_every_body(stage: tuple[Person, dict[str, int]]) -> None:
    person, ids = stage
    tried = 0
    for method, path, good, name, value in cases():
        answer = person.ask(method, path.format(**ids), json={**good, name: value})
        said = f"{method} {path} {name}={str(value)[:40]!r}: {answer.status_code} {answer.text}"
        assert answer.status_code == 400, said
        assert set(answer.json()) == {"error"}, said
        assert answer.json()["error"].startswith((f"{name}: ", f"{name}[")), said
        tried += 1
    assert tried > 150


@pytest.mark.parametrize(
    ("method", "path", "body", "error"),
    [
        ("POST", "/workspaces", b"", "body: a JSON object is needed"),
        ("POST", "/workspaces", b"{", "body: not JSON"),
        ("POST", "/workspaces", b"[]", "body: expected `object`, got `array`"),
        ("POST", "/workspaces", b"{}", "body: object missing required field `name`"),
        ("POST", "/workspaces", b'{"name":"a","Name":"b"}', "name: given twice"),
        ("POST", AGENT + "/probes", b'{"type":"PING"}', "targets: a probe of type PING needs"),
        (
            "POST",
            AGENT + "/probes",
            b'{"type":"PING","targets":["a b"]}',
            "targets: 'a b' is not an address",
        ),
        (
            "POST",
            AGENT + "/probes",
            b'{"type":"PING","targets":["a"],"workspace_id":999}',
            "workspace_id: is not the one of the path",
        ),
        (
            "POST",
            AGENT + "/probes",
            b'{"type":"MTR","agent_targets":[999999]}',
            "agent_targets: no agent 999999 in this workspace",
        ),
        ("PATCH", AGENT + "/probes/{probe}", b'{"replaceTargets":[]}', "targets: a probe of type"),
        ("GET", ONE + "/agents?limit=0", b"", "limit: expected `int` >= 1"),
        ("GET", ONE + "/agents?offset=-1", b"", "offset: expected `int` >= 0"),
        (
            "GET",
            ONE + "/probe-data/find?from=yesterday",
            b"",
            "from: is no time; understood are RFC 3339",
        ),
        ("GET", ONE + "/probe-data/find?probeId=x", b"", "probeId: expected `int"),
        ("GET", ONE + "/probe-data/find?limit=99999999", b"", "limit: from 0 to"),
        ("GET", ONE + "/probe-data/latest?type=PING", b"", "agentId: "),
        (
            "GET",
            ONE + "/probe-data/probes/{probe}/chart?from=2&to=1",
            b"",
            "from: must be before to",
        ),
    ],
)
def test_other_wrong_requests(
    stage: tuple[Person, dict[str, int]], method: str, path: str, body: bytes, error: str
) -> None:
    person, ids = stage
    answer = person.ask(method, path.format(**ids), content=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"].startswith(error)


def test_nobody_chooses_a_role_when_registering(controller: ControllerProcess) -> None:
    import httpx

    body = {"email": "root@example.com", "password": "long enough", "role": "SITE_ADMIN"}
    answer = httpx.post(f"{controller.url}/auth/register", json=body, verify=False)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("role: ")


def test_wrong_passwords_and_unknown_addresses_look_alike(
    controller: ControllerProcess, person: Person
) -> None:
    import httpx

    answers = [
        httpx.post(f"{controller.url}/auth/login", json=body, verify=False)
        for body in (
            {"email": "nobody@example.com", "password": "x"},
            {"email": "admin@example.com", "password": "x"},
        )
    ]
    assert [a.status_code for a in answers] == [401, 401]
    assert answers[0].json() == answers[1].json()
