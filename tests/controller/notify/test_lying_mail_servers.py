"""Mail servers that never answer, never stop, or say one thing and do another."""

import time
import tracemalloc

import pytest

from forepost.controller.notify.mail import Mails
from forepost.controller.notify.outcome import Outcome
from forepost.controller.notify.store import ClaimedDelivery
from forepost.controller.settings import MailSection
from tests.fakes.clock import START, FakeClock
from tests.fakes.lying_mail_server import Liar, Says, dribble, dropped, flood, lying, silence

pytestmark = pytest.mark.anyio
ROW = ClaimedDelivery(7, "email", "ops@example.com", "", "mail", "s", "text\n", "", 1, START)
LONGEST_SEC = 0.6


async def send(liar: Liar) -> Outcome:
    mail = MailSection(host="127.0.0.1", port=liar.port, tls="none", from_address="f@example.com")
    return await Mails(mail, "", FakeClock(), longest_sec=LONGEST_SEC).send(ROW)


@pytest.mark.parametrize(
    "farewell",
    [b"421 busy\r\n", b"500 what\r\n", b"nonsense\r\n", dropped, silence, dribble, flood],
)
async def test_what_was_taken_is_sent_however_the_server_takes_its_leave(farewell: Says) -> None:
    with lying(QUIT=farewell) as liar:
        assert await send(liar) == Outcome("sent")
        assert liar.hung_up.wait(5)
    assert liar.taken == 1


@pytest.mark.parametrize("greeting", [silence, dribble])
async def test_who_never_comes_to_an_end_is_left(greeting: Says) -> None:
    with lying(greeting) as liar:
        outcome = await send(liar)
        assert outcome == Outcome("again", "mail: 127.0.0.1 did not answer in time")
        assert liar.hung_up.wait(2), "its thread goes on"


async def test_a_reply_without_end_costs_no_memory() -> None:
    tracemalloc.start()
    try:
        with lying(flood) as liar:
            started = time.monotonic()
            outcome = await send(liar)
            assert time.monotonic() - started < LONGEST_SEC
            assert liar.hung_up.wait(2)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
    assert outcome.verdict == "again"
    assert "says more than" in outcome.error


@pytest.mark.parametrize(
    ("verb", "reply", "verdict"),
    [
        ("EHLO", dropped, "again"),
        ("MAIL", b"550 not you\r\n", "again"),
        ("DATA", dropped, "again"),
        ("DATA", silence, "again"),
        ("end", dropped, "again"),
        ("end", b"554 no\r\n", "refused"),
        ("end", b"450 later\r\n", "again"),
        ("end", b"\xff\xfe\x00\r\n", "again"),
        ("RCPT", b"550 " + b"x" * 9_000 + b"\r\n", "again"),
    ],
)
async def test_what_was_not_taken_is_not_sent(verb: str, reply: Says, verdict: str) -> None:
    with lying(**{verb: reply}) as liar:
        outcome = await send(liar)
    assert outcome.verdict == verdict
    assert outcome.error.startswith("mail: ")
    assert len(outcome.error) <= 500
