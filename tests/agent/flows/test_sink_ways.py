"""Sinks that speak TLS, by a proxy and an authority of their own."""

import logging
from pathlib import Path

import anyio
import msgspec
import pytest

from forepost.agent.flows.sinks import HttpSink
from forepost.agent.settings import SinkSection
from forepost.kit.health import Health
from tests.fakes.clock import FakeClock
from tests.lab.certificates import Authority
from tests.lab.proxies import squid
from tests.receiver import Receiver
from tests.running import until

pytestmark = pytest.mark.timeout(240)  # Squid takes its time to start


@pytest.fixture
def health() -> Health:
    return Health(logging.getLogger("sinks"))


def line(number: int) -> bytes:
    return msgspec.json.encode({"type": "flow", "n": number})


async def once(settings: SinkSection, health: Health) -> int:
    """How many of two records wait still."""
    sink = HttpSink(settings, FakeClock(), health)
    for number in range(2):
        sink.take("flow", line(number))
    await sink.flush()
    return len(sink.waiting)


@pytest.mark.parametrize("listed", [False, True])
def test_http_by_a_proxy_and_an_authority_of_its_own(
    tmp_path: Path, health: Health, monkeypatch: pytest.MonkeyPatch, listed: bool
) -> None:
    authority = Authority(tmp_path)
    authority.ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    for name in ("http_proxy", "https_proxy", "all_proxy"):  # no sink asks these
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with (
        squid(knows=True, hosts="127.0.0.1 sink.example\n") as proxy,
        Receiver(tls=authority.server("sink.example"), host="sink.example") as receiver,
    ):
        settings = SinkSection(
            kind="http",
            url=receiver.url,
            proxy=proxy.url(),
            ca_file=str(tmp_path / "ca.pem") if listed else "",
        )
        waiting = anyio.run(once, settings, health)
        # It writes a line when a connection is over.
        until(lambda: "CONNECT sink.example" in proxy.log, 10, lambda: proxy.log)
    assert waiting == (0 if listed else 2)
    assert len(receiver.requests) == int(listed)
    if not listed:
        (said,) = health.problems.values()
        assert "unable to get local issuer" in said


def test_what_a_sink_says_has_no_secret_in_it(health: Health) -> None:
    settings = SinkSection(
        kind="http",
        url="http://me:s3cr3t@127.0.0.1:1/x?key=s3cr3t",
        proxy="http://me:s3cr3t@127.0.0.1:2",
    )
    assert anyio.run(once, settings, health) == 2
    ((subject, said),) = health.problems.items()
    assert subject == "telemetry http://127.0.0.1:1/x"
    assert said == "http://127.0.0.1:1: the proxy http://127.0.0.1:2: connection refused"


def test_a_file_that_is_of_no_use_is_named_and_costs_nothing(health: Health) -> None:
    settings = SinkSection(kind="http", url="https://x", ca_file="/nowhere.pem")
    assert anyio.run(once, settings, health) == 2
    (said,) = health.problems.values()
    assert said == "http: ca_file: /nowhere.pem: No such file or directory"


def test_a_proxy_that_is_none_is_named_at_the_start() -> None:
    with pytest.raises(ValueError, match=r"http: proxy: ftp:// is no proxy") as raised:
        SinkSection(kind="http", url="https://x", proxy="ftp://me:s3cr3t@p")
    assert "s3cr3t" not in str(raised.value)
