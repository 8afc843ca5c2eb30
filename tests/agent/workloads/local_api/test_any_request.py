"""Whatever is asked is answered, in JSON, and never with a fault or with nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forepost.agent.workloads.local_api.option import BY_KEY
from forepost.agent.workloads.local_api.routes import ROUTES
from tests.fakes.local_api import KEY, LocalApiSite

PATHS = [*ROUTES, "/v2/control/socket/id/x", "/v2/message/socket/id/x", "/", "/v2", "/v2/x"]
FIELDS = [
    "id", "config", "command", "lat", "lon", "type", "message", "provisioning-key", "publisher",
    "version", "infotype", "infoformat", "contentdata", "contextdata", "priority", "publishers",
    "timeframestart", "timeframeend", *BY_KEY,
]  # fmt: skip
TEXTS = st.text(max_size=12) | st.sampled_from(
    ["own", KEY, "status", "config -m 1", "provision x", "1,2", "AAAA", "on", "\x00", "\u2028"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
BODIES = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=8) | VALUES | st.binary()
SAID = {200, 400, 401, 403, 404, 405, 500}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalApiSite]:
    folder: Path = tmp_path_factory.mktemp("any")
    made = LocalApiSite(folder)
    made.microservices.configs = {"own": "{}", "other": "{}"}
    made.microservices.routes = {"own": ["other"]}
    made.microservices.on_host = {"own"}
    with made.running() as found:
        yield found


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(PATHS),
    st.sampled_from(["GET", "POST", "POST", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]),
    BODIES,
    st.booleans(),
)
def test_is_answered(
    site: LocalApiSite, path: str, method: str, body: Any, has_token: bool
) -> None:
    said = body if isinstance(body, bytes) else msgspec.json.encode(body)
    heard = site.ask(method, path, said, token=site.token if has_token else None)
    assert heard.status in SAID
    assert isinstance(heard.body, dict)
    if heard.status == 500:  # refused by a controller, or not provisioned
        assert path in ("/v2/provision", "/v2/deprovision", "/v2/commandline")
