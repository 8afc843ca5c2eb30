"""Helpers have nothing of our environment, and only the system calls that they need."""

import os
from pathlib import Path

import anyio
import psutil
import pytest

from forepost.agent.edges.capture.meter_process import MeterProcess
from forepost.agent.edges.speed.process import SpeedPlan, SpeedProcess, SpeedServer
from forepost.kit.speed import child
from forepost.kit.speed.responder import Config
from forepost.wire.flows.meter import MeterOrder
from tests.lab.speed import responding
from tests.running import until

pytestmark = pytest.mark.anyio

SECRET = "FOREPOST_UPLINK__PIN"


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET, "123456789")


def names(pid: int) -> set[str]:
    words = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return {word.decode().partition("=")[0] for word in words if word}


def is_confined(pid: int) -> bool:
    return "\nSeccomp:\t2\n" in Path(f"/proc/{pid}/status").read_text()


async def child_named(module: str) -> int:
    with anyio.fail_after(20):
        while True:
            for one in psutil.Process().children():
                if module in one.cmdline():
                    return one.pid
            await anyio.sleep(0.02)


async def test_a_meter() -> None:
    with MeterProcess(MeterOrder(interface="lo", backend="ring")) as process:
        assert await process.frames(1)
        assert names(process.pid) == {"FOREPOST_PARENT"}
        until(lambda: is_confined(process.pid), 5)
        assert os.environ[SECRET]


async def test_a_speed_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
    with responding() as port:
        plan = SpeedPlan(places=[SpeedServer(host="127.0.0.1", port=port, secret="token")], sec=1.5)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(SpeedProcess().measure, plan, lambda _: None)
            pid = await child_named("forepost.agent.edges.speed.program")
            await anyio.sleep(0.5)
            assert names(pid) - {"SSL_CERT_DIR"} == {"FOREPOST_PARENT", "SSL_CERT_FILE"}
            assert is_confined(pid)
            tasks.cancel_scope.cancel()


async def test_the_responder() -> None:
    ports: list[int] = []
    async with anyio.create_task_group() as tasks:
        config = Config(host="127.0.0.1", port=0, token="token")
        tasks.start_soon(child.serve, config, ports.append)
        pid = await child_named("forepost.kit.speed.responder")
        with anyio.fail_after(20):
            while not ports or not is_confined(pid):  # noqa: ASYNC110 - a process starts
                await anyio.sleep(0.02)
        assert names(pid) == {"FOREPOST_PARENT"}
        tasks.cancel_scope.cancel()
