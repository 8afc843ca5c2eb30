"""`forepost config get`: by the keys of `/v2/info`, and by those that `config set` takes."""

from functools import partial
from logging import getLogger
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from forepost.agent.edges.local.control_socket import ControlSocket, Say, Verb, listening
from forepost.cli.local_config import get
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from forepost.wire.local import workloads as local

pytestmark = pytest.mark.anyio


async def _show(_body: dict[str, Any], _say: Say) -> dict[str, Any]:
    info = {"log-level": "FINE", "gps-mode": "manual"}
    keys = ["log-level", "gps", "time-zone"]
    return {"info": info, "set": {"log-level": "FINE", "gps": "49.2,-123.1"}, "keys": keys}


async def test_what_was_set_can_be_asked_for_by_the_same_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sockets = ControlSocket(
        {local.CONFIG: Verb(dict[str, Any], _show)}, SystemClock(), Health(getLogger("x"))
    )
    said = []
    async with anyio.create_task_group() as tasks:
        with listening(tmp_path) as listener:
            tasks.start_soon(sockets.serve, listener)
            for key in ("gps", "log-level", "time-zone", "nope"):
                asked = partial(get, key, state_dir=tmp_path)
                status = await anyio.to_thread.run_sync(asked)
                found = capsys.readouterr()
                said.append((status, (found.out + found.err).strip()))
            tasks.cancel_scope.cancel()
    assert said[0] == (0, "49.2,-123.1")
    assert said[1] == (0, "FINE")
    assert said[2] == (1, "forepost: time-zone: is not set")
    assert said[3][0] == 1
    assert said[3][1].startswith("forepost: nope: is none of")
