"""A subject comes in by its folder and one name in the list of subjects, and by nothing else."""

import hashlib
from collections import deque
from pathlib import Path
from typing import Any

import anyio
import pytest
from litestar.testing import AsyncTestClient
from sqlalchemy import update

from forepost.controller.asgi import KNOWN
from forepost.controller.db.tables.fleet import agents
from forepost.controller.fleet.socket import DIRECT
from forepost.controller.joins.subjects import SUBJECTS
from forepost.controller.main import build
from forepost.controller.settings import DataSection, Settings
from forepost.kit.clock import SystemClock
from tests.fakes.made_up.controller import MadeUp
from tests.rows import home

pytestmark = pytest.mark.anyio

PSK = "a key of the tests' own"
GREETING = (
    "M",
    "$1;agent;;_OnNamespaceConnect;0;0;",
    "$2;forepost;;_OnNamespaceConnect;0;0;",
    ';forepost;;hello;0;0;{"version":"0.2.0","capabilities":["documents"]}',
    ';forepost;;have_document;0;0;{"document":"lamps","revision":""}',
    ";forepost;;lamp_broke;0;0;7",
)


class AgentLine:
    """The WebSocket of agent 1, spoken by hand."""

    def __init__(self, app: Any) -> None:
        self._app, self.sent = app, list[str]()
        self._inbox = deque([{"type": "websocket.connect"}])
        self._inbox.extend({"type": "websocket.receive", "text": text} for text in GREETING)

    async def run(self) -> None:
        headers = {"x-workspace-id": "1", "x-agent-id": "1", "x-agent-psk": PSK}
        scope = {
            "type": "websocket",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "query_string": b"",
            "path": "/ws/agent",
            "subprotocols": [],
            "client": ("192.0.2.1", 1),
            "extensions": {
                DIRECT: (lambda _: None, lambda _: None, anyio.lowlevel.checkpoint),
                KNOWN: lambda: None,
            },
        }
        await self._app(scope, self._receive, self._send)

    async def until(self, text: str) -> None:
        with anyio.fail_after(20):
            while text not in self.sent:  # noqa: ASYNC110 - a line spoken by hand
                await anyio.sleep(0.01)

    async def _receive(self) -> Any:
        if not self._inbox:
            await anyio.sleep_forever()
        return self._inbox.popleft()

    async def _send(self, message: Any) -> None:
        if message.get("text"):
            self.sent.append(message["text"])


async def test_a_document_a_talk_a_route_and_a_figure_come_with_it(tmp_path: Path) -> None:
    made_up = MadeUp()
    settings = Settings(data=DataSection(dir=str(tmp_path)))
    subjects = [*SUBJECTS, made_up.build]
    async with build(settings, SystemClock(), subjects=subjects) as controller:
        assert made_up.core is not None
        await home(made_up.core.db)
        async with made_up.core.db.write() as connection:
            key = hashlib.sha256(PSK.encode()).hexdigest()
            await connection.execute(update(agents).values(psk_sha256=key))
        line = AgentLine(controller.app)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(line.run)
            await line.until(";forepost;;lamp_mend;0;0;7")
            await line.until(
                ';forepost;;want_document;0;0;{"document":"lamps","revision":"r1","part":1,'
                '"parts":1,"body":"red"}'
            )
            async with AsyncTestClient(controller.http) as client:
                assert (await client.get("/lamps")).json() == ["red"]
                assert "forepost_lamps 1.0" in (await client.get("/metrics")).text
            tasks.cancel_scope.cancel()
