"""A mail server of a test, and the mails that came to it."""

import email
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller

from tests.free_ports import free_port


class Inbox:
    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.port = free_port()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.messages.append(email.message_from_bytes(envelope.content))
        return "250 OK"

    def to(self, address: str) -> list[Message]:
        return [message for message in self.messages if message["To"] == address]

    def token(self, to: str, of: str) -> str:
        """Of a link in the newest mail to somebody; `of`: "invite", "reset"."""
        part = next(p for p in self.to(to)[-1].walk() if p.get_content_type() == "text/plain")
        text = part.get_payload(decode=True)
        assert isinstance(text, bytes)
        return text.decode().split(f"/#/{of}/")[1].split()[0]

    @property
    def settings(self) -> dict[str, str]:
        """Of a controller that sends its mail here."""
        return {
            "FOREPOST_MAIL__HOST": "127.0.0.1",
            "FOREPOST_MAIL__PORT": str(self.port),
            "FOREPOST_MAIL__TLS": "none",
            "FOREPOST_MAIL__FROM_ADDRESS": "forepost@example.com",
        }


@contextmanager
def inbox() -> Iterator[Inbox]:
    kept = Inbox()
    server = Controller(kept, hostname="127.0.0.1", port=kept.port)
    server.start()
    yield kept
    server.stop()
