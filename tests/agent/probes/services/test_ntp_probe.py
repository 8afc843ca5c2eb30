"""Time servers: how far their clocks are, how good, and what only looks like one."""

import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.probes.services import ntp_message
from forepost.agent.probes.services.ntp_message import UNIX_EPOCH, WrongAnswer
from tests.agent.probes.services.asked import asked
from tests.lab import services
from tests.lab.peers import answering_datagrams

pytestmark = pytest.mark.anyio

NOW = 1_796_000_000.0


async def test_a_real_server(tmp_path: Path) -> None:
    with services.chronyd(tmp_path) as port:
        got = await asked("NTP", f"127.0.0.1:{port}", most_offset_ms=500)
        far = await asked("NTP", f"127.0.0.1:{port}", most_stratum=3)
    assert (got.error, got.stratum, got.leap) == ("", 8, "none")
    assert abs(got.offset_ms) < 100, "it is the same clock"
    assert 0 < got.rtt_ms < 500
    assert got.precision_ms < 1
    assert (far.error, far.stratum) == ("answer: stratum 8; the most is 3", 8)


def answer(
    question: bytes,
    *,
    ahead_sec: float = 0.0,
    leap: int = 0,
    stratum: int = 2,
    reference: bytes = bytes((192, 0, 2, 1)),
    mode: int = 4,
    origin: bytes | None = None,
) -> bytes:
    """As of a server whose clock is the real one and so much."""
    import time

    stamp = int((time.time() + ahead_sec + UNIX_EPOCH) % 2**32 * 2**32)
    return struct.pack(
        "!BBbbII4sQ8sQQ",
        *(leap << 6 | 4 << 3 | mode, stratum, 6, -20, 0x8000, 0x4000),
        *(reference, stamp, origin if origin is not None else question[40:48], stamp, stamp),
    )


async def ask(_timeout: float = 2.0, options: Any = None, **of_answer: Any) -> Any:
    async with answering_datagrams(lambda asked_: [answer(asked_, **of_answer)]) as port:
        return await asked("NTP", f"127.0.0.1:{port}", timeout_sec=_timeout, **(options or {}))


async def test_a_clock_that_is_ahead_and_one_that_is_behind() -> None:
    ahead = await ask(ahead_sec=12.5)
    behind = await ask(ahead_sec=-3, options={"most_offset_ms": 1_000})
    assert ahead.offset_ms == pytest.approx(12_500, abs=100)
    assert ahead.error == ""
    assert (ahead.reference, ahead.root_delay_ms, ahead.root_dispersion_ms) == (
        "192.0.2.1",
        500.0,
        250.0,
    )
    assert behind.offset_ms == pytest.approx(-3_000, abs=100)
    assert behind.error.startswith("answer: its clock is -")
    assert behind.error.endswith(" ms from the agent's; the most is 1000 ms")


@pytest.mark.parametrize(
    ("of_answer", "error"),
    [
        ({"leap": 3}, "answer: the server does not know the time"),
        ({"stratum": 16}, "answer: the server does not know the time"),
        ({"stratum": 0, "reference": b"RATE"}, "answer: the server refuses: RATE"),
        ({"stratum": 0, "reference": bytes(4)}, "answer: the server refuses: without a code"),
    ],
)
async def test_servers_that_do_not_tell_the_time(of_answer: dict[str, Any], error: str) -> None:
    got = await ask(**of_answer)
    assert got.error == error


@pytest.mark.parametrize("of_answer", [{"origin": bytes(8)}, {"mode": 3}, {"mode": 5}])
async def test_what_is_no_answer_to_this_question_is_passed_over(of_answer: dict[str, Any]) -> None:
    got = await ask(0.3, **of_answer)
    assert (got.error, got.offset_ms, got.rtt_ms) == ("answer: no answer in 0.3 s", None, None)


async def test_the_true_answer_counts_after_lies() -> None:
    def lies(question: bytes) -> list[bytes]:
        return [b"", b"short", answer(question, origin=bytes(8), ahead_sec=99), answer(question)]

    async with answering_datagrams(lies) as port:
        got = await asked("NTP", f"127.0.0.1:{port}")
    assert got.error == ""
    assert abs(got.offset_ms) < 100


async def test_nobody_listens(unused_port: int) -> None:
    got = await asked("NTP", f"127.0.0.1:{unused_port}")
    assert got.error == "answer: connection refused"


@pytest.mark.parametrize("now", [NOW, 2_085_978_495.0, 2_085_978_497.0, 4_000_000_000.0])
def test_times_are_of_the_era_that_is_nearest(now: float) -> None:
    """The 32 bits of seconds begin anew in February 2036."""
    stamp = struct.pack("!Q", int((now + UNIX_EPOCH) % 2**32 * 2**32))
    head = struct.pack("!BBbbII4sQQ", 0x24, 2, 6, -20, 0, 0, bytes(4), 0, 7)
    read = ntp_message.answer_to(7, head + stamp + stamp, now + 3_600)
    assert read.received == pytest.approx(now, abs=0.01)


@given(st.binary(max_size=100), st.integers(0, 2**64 - 1))
def test_anything_is_read_or_refused(data: bytes, cookie: int) -> None:
    try:
        read = ntp_message.answer_to(cookie, data, NOW)
    except WrongAnswer:
        return
    assert read.leap in ntp_message.LEAPS


@given(st.binary(min_size=48, max_size=48))
def test_any_answer_with_the_right_cookie_is_read(data: bytes) -> None:
    fitting = b"\x24" + data[1:24] + struct.pack("!Q", 5) + data[32:]
    read = ntp_message.answer_to(5, fitting, NOW)
    assert abs(read.received - NOW) <= 2**31
