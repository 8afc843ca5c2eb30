"""Records at a real broker (Debian's mosquitto): published by type, kept while it is away."""

import logging
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from forepost.agent.flows.sink import MOST_WAITING
from forepost.agent.flows.sink_mqtt import MqttSink
from forepost.agent.settings import SinkSection, read
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from forepost.kit.settings import WrongSettings
from tests.free_ports import free_port
from tests.lab.certificates import Authority
from tests.lab.proxies import microsocks, squid

pytestmark = pytest.mark.anyio


@contextmanager
def broker(folder: Path, port: int, more: str = "") -> Iterator[None]:
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    settings = folder / "mosquitto.conf"
    settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n{more}")
    running = subprocess.Popen([program, "-c", str(settings)], stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        running.terminate()
        running.wait(10)


async def listening(port: int) -> None:
    with anyio.fail_after(20):
        while True:
            try:
                await (await anyio.connect_tcp("127.0.0.1", port)).aclose()
            except OSError:
                await anyio.sleep(0.05)
            else:
                return


async def true(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(30):
        while not condition():  # noqa: ASYNC110 - another thread's doing
            await anyio.sleep(0.02)


async def test_records_are_published_by_type_and_wait_for_the_broker(tmp_path: Path) -> None:
    port, health = free_port(), Health(logging.getLogger("test"))
    settings = SinkSection(
        kind="mqtt", url=f"mqtt://127.0.0.1:{port}", topic="site/flows", records=("flow",)
    )
    sink = MqttSink(settings, SystemClock(), health)
    heard: list[tuple[str, bytes]] = []
    reader = paho.Client(CallbackAPIVersion.VERSION2)
    reader.on_message = lambda _, __, message: heard.append((message.topic, bytes(message.payload)))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sink.run)
        sink.take("flow", b'{"n": 1}')
        sink.take("flow_stats", b"not wanted")
        await true(lambda: bool(health.problems))
        with broker(tmp_path, port):
            await listening(port)
            reader.connect("127.0.0.1", port)
            reader.subscribe("site/flows/#", 1)
            reader.loop_start()
            await true(lambda: not health.problems)
            timers = await anyio.run_process(["ss", "-tnoH", f"dport = :{port}"])
            assert b"timer:(keepalive" in timers.stdout  # a broker that is gone is given up
            sink.take("flow", b'{"n": 2}')
            await true(lambda: len(heard) >= 2)
            tasks.cancel_scope.cancel()
            sink.take("flow", b'{"n": 3}')
            with anyio.CancelScope(shield=True):
                await sink.flush()
                await true(lambda: len(heard) >= 3)
            reader.loop_stop()
    assert sorted(set(heard)) == [
        ("site/flows/flow", b'{"n": 1}'),
        ("site/flows/flow", b'{"n": 2}'),
        ("site/flows/flow", b'{"n": 3}'),
    ]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("scheme", ["http", "socks5h"])
async def test_by_a_proxy_and_an_authority_of_its_own(tmp_path: Path, scheme: str) -> None:
    port, health = free_port(), Health(logging.getLogger("test"))
    authority = Authority(tmp_path)
    both = authority.file("localhost")
    authority.ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    standing = squid(hosts="127.0.0.1 localhost\n") if scheme == "http" else microsocks(knows=True)
    with broker(tmp_path, port, f"certfile {both}\nkeyfile {both}\n"), standing as proxy:
        settings = SinkSection(
            kind="mqtt",
            url=f"mqtts://localhost:{port}",
            ca_file=str(tmp_path / "ca.pem"),
            proxy=proxy.url(scheme),
        )
        sink = MqttSink(settings, SystemClock(), health)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sink.run)
            await true(sink._broker.is_connected)
            sink.take("flow", b"{}")
            await true(lambda: sink._last is not None and sink._last.is_published())
            assert not health.problems, health.problems
            with anyio.CancelScope(shield=True):
                await sink.flush()
            tasks.cancel_scope.cancel()


async def test_without_room_the_newest_are_lost_and_counted() -> None:
    sink = MqttSink(
        SinkSection(kind="mqtt", url="mqtt://127.0.0.1:1"),
        SystemClock(),
        Health(logging.getLogger("test")),
    )
    for _ in range(MOST_WAITING + 5):
        sink.take("flow", b"{}")
    assert sink.lost == 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('kind = "mqtt"', "mqtt: needs url"),
        ('kind = "log"', "log: needs path"),
        ('kind = "socket"', "socket: needs path or listen"),
        ('kind = "mqtt"\nurl = "http://x"', "is of another kind"),
        ('kind = "mqtt"\nurl = "mqtt://x"\ntopic = "a/#"', "topic"),
        ('kind = "http"\nurl = "ftp://x"', "url"),
    ],
)
def test_a_sink_that_cannot_be_says_why(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(f"[[flows.sinks]]\n{text}\n")
    with pytest.raises(WrongSettings, match=said):
        read(file, {})
