"""No route reads more of a body than it says, and those of strangers less than the others."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from forepost.controller.access.guard import AGENT, NEEDS, PUBLIC
from forepost.controller.main import build
from forepost.controller.settings import Settings
from forepost.controller.web.bodies import BODY_BYTES, STRANGERS_BODY_BYTES
from forepost.kit.clock import SystemClock

LARGE = {
    ("POST", "/workspaces/{workspace_id:int}/address-groups"): 10 << 20,
    ("PATCH", "/workspaces/{workspace_id:int}/address-groups/{group_id:int}"): 10 << 20,
}
"""Routes that take more, and how much: whoever adds one says why at the route."""


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[Litestar]:
    settings = msgspec.convert({"data": {"dir": str(tmp_path / "data")}}, Settings)
    async with build(settings, SystemClock()) as controller:
        yield controller.http


def handlers(http: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in http.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in handler.http_methods:
                    yield str(method), route.path, handler


@pytest.mark.anyio
async def test_every_route_has_a_bound(http: Litestar) -> None:
    seen = 0
    for method, path, handler in handlers(http):
        most = handler.resolve_request_max_body_size()
        assert most is not None, f"{method} {path} reads without end"
        if handler.opt.get(NEEDS, PUBLIC) in (PUBLIC, AGENT):
            assert most <= STRANGERS_BODY_BYTES, f"{method} {path}: {most} of a stranger"
        else:
            assert most <= LARGE.get((method, path), BODY_BYTES), f"{method} {path}: {most}"
        seen += 1
    assert seen > 100
