"""What requests are called in the audit log: pure, and of every route there is."""

import logging
import re
from pathlib import Path

import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from forepost.controller.access.guard import ACTION, AGENT, NEEDS, PUBLIC, READS, needs
from forepost.controller.audit.actions import VERBS, action_of, object_of
from forepost.controller.main import build
from forepost.controller.settings import DataSection, Settings
from forepost.kit.clock import SystemClock

AGENT_PATH = "/workspaces/{workspace_id:int}/agents/{agent_id:int}"
ONE = AGENT_PATH + "/probes/{probe_id:int}"
IDS = {"workspace_id": 1, "agent_id": 2, "probe_id": 3}


async def changing(folder: Path) -> list[tuple[str, str, HTTPRouteHandler]]:
    """(method, path, handler) of every route that is not only for reading."""
    async with build(Settings(data=DataSection(dir=str(folder))), SystemClock()) as controller:
        return [
            (str(method), route.path, handler)
            for route in controller.http.routes
            if isinstance(route, HTTPRoute)
            for handler in route.route_handlers
            for method in handler.http_methods
            if method not in ("GET", "HEAD", "OPTIONS")
        ]


@pytest.mark.anyio
async def test_every_changing_route_has_an_action_of_its_own(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where tag and method do not tell two apart, or anybody may call it, the route says it."""
    caplog.set_level(logging.ERROR, logger="forepost")
    named: dict[str, HTTPRouteHandler] = {}
    routes = await changing(tmp_path)
    assert len(routes) > 15
    for method, path, handler in routes:
        assert method in VERBS, f"{method} {path}"
        if handler.opt[ACTION] == READS:
            continue
        action = action_of(method, handler.opt, handler.resolve_tags())
        if action is None:
            assert handler.opt[NEEDS] in (PUBLIC, AGENT), f"{method} {path}"
            pytest.fail(f"{method} {path}: say its action in needs(), or READS")
        assert re.fullmatch(r"[a-z-]+\.[a-z-]+", action), f"{method} {path}: {action}"
        other = named.setdefault(action, handler)
        if str(other) != str(handler):
            shared = other.opt[ACTION] == handler.opt[ACTION] == action
            assert shared, f"{method} {path}: {action} is taken; say another one in needs()"


def test_reading_has_no_action() -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        assert action_of(method, needs("VIEWER"), ["probes"]) is None
    assert action_of("POST", needs("VIEWER", READS), ["probes"]) is None
    assert action_of("POST", needs(PUBLIC), ["probes"]) is None


@pytest.mark.parametrize(
    ("method", "own", "action"),
    [
        ("POST", "", "probes.create"),
        ("PUT", "", "probes.update"),
        ("PATCH", "", "probes.update"),
        ("DELETE", "", "probes.delete"),
        ("POST", "agents.issue-pin", "agents.issue-pin"),
    ],
)
def test_an_action_is_the_routes_own_word_or_tag_and_verb(
    method: str, own: str, action: str
) -> None:
    assert action_of(method, needs("USER", own), ["probes"]) == action


@pytest.mark.parametrize(
    ("action", "template", "answer", "found"),
    [
        ("probes.create", AGENT_PATH + "/probes", b'{"id":7}', ("probe", 7)),
        ("probes.copy", AGENT_PATH + "/probes/copy", b'{"created":1}', ("agent", 2)),
        ("agents.create", "/x", b'{"agent":{"id":7},"pin":"1"}', ("agent", 7)),
        ("accounts.login", "/x", b'{"token":"t","data":{"id":7}}', ("account", 7)),
        ("probes.update", ONE, b'{"id":9}', ("probe", 3)),
        ("agents.issue-pin", AGENT_PATH + "/issue-pin", b'{"pin":"1"}', ("agent", 2)),
        ("alert-rules.create", "/x", b'{"id":7}', ("rule", 7)),
        ("workspaces.update", "/workspaces/{workspace_id:int}", b"{}", ("workspace", 1)),
        ("accounts.logout", "/auth/logout", b'{"ok":true}', ("account", None)),
        ("probes.create", "/x", b'{"id":"seven"}', ("probe", None)),
        ("probes.create", "/x", b'[{"id":7}]', ("probe", None)),
        ("probes.create", "/x", b"", ("probe", None)),
        ("probes.create", "/x", b'{"id":7,"x":"' + b"x" * (1 << 20) + b'"}', ("probe", None)),
    ],
)
def test_what_a_request_was_about(
    action: str, template: str, answer: bytes, found: tuple[str, int | None]
) -> None:
    assert object_of(action, template, IDS, answer) == found
