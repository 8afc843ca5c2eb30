"""The few requests around a WebSocket: bounded in time and bytes, and to one host only."""

import contextlib
import time

import anyio
import pytest

from forepost.kit.http import Unreachable, request
from tests.fakes.endless import saying, watched
from tests.receiver import Answer, Receiver

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("first", "for_ever"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (OK, b"X-Header: value\r\n"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
)
async def test_a_server_that_never_stops(first: bytes, for_ever: bytes) -> None:
    with saying(first, for_ever) as port, anyio.fail_after(20):
        async with watched() as pauses:
            with pytest.raises(Unreachable, match=r"no end|larger than 4 MiB|headers"):
                await request("GET", f"http://127.0.0.1:{port}/", within_sec=1.5)
    assert pauses.longest_sec < 0.5


async def test_what_is_given_up_is_not_waited_for() -> None:
    with saying(b"", b"HTTP/1.1 100 Continue\r\n\r\n") as port:
        began = time.monotonic()
        # A quick machine may hear more than an answer may have before it is given up.
        with anyio.move_on_after(0.2), contextlib.suppress(Unreachable):
            await request("GET", f"http://127.0.0.1:{port}/", within_sec=20)
        assert time.monotonic() - began < 10


async def test_a_redirect_is_an_answer_and_nothing_is_sent_elsewhere() -> None:
    with (
        Receiver() as elsewhere,
        Receiver([Answer(302, headers={"Location": elsewhere.url})]) as here,
    ):
        answer = await request("GET", here.url, headers={"X-Agent-PSK": "secret"})
    assert answer.status == 302
    assert elsewhere.requests == []
