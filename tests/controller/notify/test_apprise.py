"""Apprise in its process, against a receiver on loopback."""

import socket
from pathlib import Path

import pytest

from forepost.controller.notify.apprise import Apprises
from forepost.controller.notify.apprise_child import Guard
from forepost.controller.notify.outcome import Outcome
from forepost.controller.notify.store import Outgoing
from tests.fakes.clock import START
from tests.receiver import Answer, Receiver

pytestmark = pytest.mark.anyio


async def send(url: str, *, allow_private: bool = True) -> Outcome:
    row = Outgoing(1, "apprise", url, "", "", "[critical] loss", "5 % lost\n", "", 1, START)
    return await Apprises(allow_private=allow_private).send(row)


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
