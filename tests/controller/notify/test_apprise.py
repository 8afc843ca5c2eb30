"""Apprise in its process, against a receiver on loopback."""

import socket
from pathlib import Path
from typing import Any

import pytest

from forepost.controller.notify.apprise import Apprises
from forepost.controller.notify.apprise_child import Guard
from forepost.controller.notify.outcome import Outcome
from forepost.controller.notify.store import ClaimedDelivery
from forepost.controller.outgoing.route import Route
from forepost.kit.proxies import proxy_of
from tests.fakes.clock import START, FakeClock
from tests.lab.certificates import Authority
from tests.lab.proxies import squid
from tests.receiver import Answer, Receiver
from tests.running import until

pytestmark = pytest.mark.anyio


async def send(url: str, *, allow_private: bool = True, **more: Any) -> Outcome:
    row = ClaimedDelivery(1, "apprise", url, "", "", "[critical] loss", "5 % lost\n", "", 1, START)
    return await Apprises(FakeClock(), allow_private=allow_private, **more).send(row)


async def test_a_notice_arrives() -> None:
    with Receiver() as receiver:
        assert await send(f"json://127.0.0.1:{receiver.port}/topic") == Outcome("sent")
        (request,) = receiver.requests
    assert request.json()["title"] == "[critical] loss"
    assert request.json()["message"].strip() == "5 % lost"


async def test_a_receiver_that_is_not_well() -> None:
    with Receiver([503, 503, 503]) as receiver:
        outcome = await send(f"json://127.0.0.1:{receiver.port}/")
    assert outcome.verdict == "again"
    assert "error=503" in outcome.error


@pytest.mark.parametrize(
    ("status", "text", "sec"),
    [
        (429, "70", 70),
        (503, "Thu, 01 Jan 2026 00:02:00 GMT", 120),
        (503, "9" * 300, 0),
    ],
)
async def test_how_long_a_receiver_asks_to_wait(status: int, text: str, sec: float) -> None:
    busy = Answer(status, b"", {"Retry-After": text})
    with Receiver([busy] * 3) as receiver:
        outcome = await send(f"json://127.0.0.1:{receiver.port}/")
    assert (outcome.verdict, outcome.wish_sec) == ("again", sec)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_private_addresses_are_refused_at_the_connection(host: str) -> None:
    with Receiver() as receiver:
        outcome = await send(f"json://{host}:{receiver.port}/", allow_private=False)
        assert receiver.requests == []
    assert outcome.verdict == "never"
    assert "is not allowed: loopback" in outcome.error


async def test_a_redirect_is_not_followed() -> None:
    with Receiver() as other:
        with Receiver([Answer(302, b"", {"Location": other.url})]) as receiver:
            outcome = await send(f"json://127.0.0.1:{receiver.port}/")
        assert other.requests == []
    assert outcome.verdict == "again"


@pytest.mark.timeout(240)
async def test_by_the_proxy_of_the_operator() -> None:
    """Which may have a private address, though receivers may not."""
    with (
        squid(knows=True, hosts="127.0.0.1 known.example\n") as proxy,
        Receiver(host="known.example") as receiver,
    ):
        url = f"json://known.example:{receiver.port}/"
        way = proxy_of(proxy.url())
        handed = Route(way, resolves=True)
        # Its client asks for a plain URL as such, and Squid lets nobody through but by CONNECT.
        refused = await send(url, allow_private=False, route=handed)
        assert "403" in refused.error
        until(lambda: f"POST http://known.example:{receiver.port}/" in proxy.log, 10)
        for route, said in (
            (Route(way), "apprise: would have the proxy look its names up"),
            (
                Route(proxy_of("socks5://127.0.0.1:1"), resolves=True),
                "apprise: uses no SOCKS proxy",
            ),
        ):
            outcome = await send(url, route=route)
            assert outcome.verdict == "never"
            assert outcome.error.startswith(said)
        # And where the proxy is not asked, the addresses are looked at as ever.
        here = Route(way, resolves=True, exceptions=("127.0.0.1",))
        outcome = await send(f"json://127.0.0.1:{receiver.port}/", allow_private=False, route=here)
        assert "is not allowed: loopback" in outcome.error
        assert receiver.requests == []


@pytest.mark.timeout(240)
async def test_a_proxy_that_refuses_is_said_without_its_password() -> None:
    with squid(knows=True) as proxy:
        for login in ("edge:wr0ng-s3cr3t@", "edge:wr0ng%20s3cr3t@"):
            way = Route(proxy_of(proxy.url(login=login)), resolves=True)
            outcome = await send("jsons://known.example/", allow_private=False, route=way)
            assert outcome.verdict == "again"
            assert "s3cr3t" not in outcome.error


@pytest.mark.timeout(240)
async def test_authorities_of_the_operator(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    file = tmp_path / "ca.pem"
    authority.ca.cert_pem.write_to_path(file)
    with (
        squid(knows=True, hosts="127.0.0.1 known.example\n") as proxy,
        Receiver(tls=authority.server("localhost"), host="localhost") as receiver,
        Receiver(tls=authority.server("known.example"), host="known.example") as behind,
    ):
        url = f"jsons://localhost:{receiver.port}/"
        assert (await send(url)).verdict == "again"
        assert await send(url, ca_file=str(file)) == Outcome("sent")
        handed = Route(proxy_of(proxy.url()), resolves=True)
        url = f"jsons://known.example:{behind.port}/"
        sent = await send(url, allow_private=False, route=handed, ca_file=str(file))
        assert sent == Outcome("sent")
        assert (len(receiver.requests), len(behind.requests)) == (1, 1)


async def test_what_it_does_not_know() -> None:
    outcome = await send("nonsense://a/b")
    assert outcome == Outcome("never", "apprise: the URL is not understood")


async def test_what_would_act_on_this_machine() -> None:
    outcome = await send("syslog://")
    assert outcome == Outcome("never", "apprise: syslog.openlog is not allowed")


def refused(guard: Guard, event: str, *given: object) -> bool:
    try:
        guard(event, given)
    except PermissionError:
        return True
    return False


def test_the_guard(tmp_path: Path) -> None:
    guard = Guard(allow_private=False)
    assert refused(guard, "socket.connect", None, ("10.0.0.1", 80))
    assert refused(guard, "socket.sendto", None, ("fe80::1%eth0", 80, 0, 2))
    assert refused(guard, "socket.connect", None, ("name.example", 80))
    assert not refused(guard, "socket.connect", None, ("1.1.1.1", 80))
    assert not refused(guard, "socket.sendmsg", None, None)
    assert refused(guard, "subprocess.Popen", "sh", [], None, None)
    assert refused(guard, "open", "/etc/passwd", "r", 0)
    assert refused(guard, "open", tmp_path / "x", "w", 1)
    assert refused(guard, "open", f"{socket.__file__}/../../../../../etc/passwd", "r", 0)
    assert not refused(guard, "open", socket.__file__, "r", 0)
    assert not refused(guard, "open", 3, "r", 0)
    assert len(guard.refused) == 7


def test_sockets_of_this_machine_are_refused_always() -> None:
    guard = Guard(allow_private=True)
    assert refused(guard, "socket.connect", None, "/run/docker.sock")
    assert refused(guard, "socket.connect", None, b"\0abstract")
    assert not refused(guard, "socket.connect", None, ("10.0.0.1", 80))
