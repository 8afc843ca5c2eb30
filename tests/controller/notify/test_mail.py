"""Mail, against a real SMTP server on loopback."""

import email
import email.policy
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from forepost.controller.notify.mail import Mails
from forepost.controller.notify.outcome import Outcome
from forepost.controller.notify.store import ClaimedDelivery
from forepost.controller.settings import MailSection
from tests.fakes.clock import START, FakeClock
from tests.free_ports import free_port
from tests.receiver import Authority

pytestmark = pytest.mark.anyio
ROW = ClaimedDelivery(
    7,
    "email",
    "ops@example.com",
    "",
    "mail",
    "[critical] lößs\r\nBcc: x@y.example",
    "text\n",
    "<p>html</p>",
    1,
    START,
)


class Inbox:
    """Refuses receivers and bodies as told."""

    def __init__(self, rcpt: str = "250 OK", data: str = "250 OK") -> None:
        self.messages: list[EmailMessage] = []
        self._rcpt, self._data = rcpt, data

    async def handle_RCPT(self, _s: Any, _e: Any, envelope: Any, to: str, _o: Any) -> str:  # noqa: N802
        if self._rcpt.startswith("250"):
            envelope.rcpt_tos.append(to)
        return self._rcpt

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return self._data


@contextmanager
def server(inbox: Inbox, **parameters: Any) -> Iterator[int]:
    port = free_port()
    controller = Controller(inbox, hostname="127.0.0.1", port=port, **parameters)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


async def send(port: int, ca_file: str | Path = "", **settings: Any) -> Outcome:
    mail = MailSection(host="localhost", port=port, from_address="forepost@example.com", **settings)
    return await Mails(mail, str(ca_file), FakeClock()).send(ROW)


def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    well = (data.login, data.password) == (b"user", b"secret")
    return AuthResult(success=well, handled=False)


async def test_a_mail_arrives_as_text_and_html() -> None:
    inbox = Inbox()
    with server(inbox) as port:
        assert await send(port, tls="none") == Outcome("sent")
    (message,) = inbox.messages
    assert message["Subject"] == "[critical] lößs Bcc: x@y.example"
    assert message["Bcc"] is None
    assert message["To"] == "ops@example.com"
    assert message["From"] == "forepost <forepost@example.com>"
    assert message["Message-ID"] == f"<forepost-7-{int(START.timestamp())}@example.com>"
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert plain.get_content().strip() == "text"
    assert html is not None
    assert html.get_content().strip() == "<p>html</p>"


async def test_starttls_and_a_password(tmp_path: Path) -> None:
    authority, inbox = Authority(tmp_path), Inbox()
    with server(
        inbox,
        tls_context=authority.server("localhost"),
        require_starttls=True,
        auth_required=True,
        authenticator=check,
    ) as port:
        assert await send(port, authority.file, user="user", password="secret") == Outcome("sent")
        wrong = await send(port, authority.file, user="user", password="wrong")
        assert wrong.verdict == "again"
        assert wrong.error.startswith("mail: 535 ")
        stranger = await send(port, user="user", password="secret")
        assert stranger.error == "mail: certificate: unable to get local issuer certificate"
    assert len(inbox.messages) == 1


async def test_tls_from_the_first_byte(tmp_path: Path) -> None:
    authority, inbox = Authority(tmp_path), Inbox()
    with server(inbox, ssl_context=authority.server("localhost")) as port:
        assert await send(port, authority.file, tls="tls") == Outcome("sent")
    assert len(inbox.messages) == 1


async def test_a_server_without_starttls_gets_no_mail() -> None:
    inbox = Inbox()
    with server(inbox) as port:
        outcome = await send(port)
    assert outcome == Outcome("again", "mail: STARTTLS extension not supported by server.")
    assert inbox.messages == []


@pytest.mark.parametrize(
    ("inbox", "verdict"),
    [
        (Inbox(rcpt="550 no such user"), "refused"),
        (Inbox(rcpt="450 try later"), "again"),
        (Inbox(data="554 spam"), "refused"),
        (Inbox(data="451 greylisted"), "again"),
    ],
)
async def test_refusals(inbox: Inbox, verdict: str) -> None:
    with server(inbox) as port:
        outcome = await send(port, tls="none")
    assert outcome.verdict == verdict
    assert outcome.error.startswith(("mail: 5", "mail: 4"))


async def test_nobody_there() -> None:
    outcome = await send(free_port(), tls="none")
    assert outcome == Outcome("again", "mail: [Errno 111] Connection refused")


async def test_without_a_server_it_fails_visibly() -> None:
    outcome = await Mails(MailSection(), "", FakeClock()).send(ROW)
    assert outcome == Outcome("never", "mail: not configured ([mail] host)")
