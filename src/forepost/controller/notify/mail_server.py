"""The operator's mail server, as one mail meets it: it may never answer, never stop, or lie."""

import os
import smtplib
import socket
import ssl
from contextlib import suppress
from email.message import EmailMessage
from typing import Final

from forepost.controller.settings import MailSection
from forepost.kit.happy_eyeballs import dial
from forepost.kit.name_lookup import NotReached

SILENCE_SEC: Final = 10.0
MOST_SAID: Final = 256 << 10
"""Bytes of all replies to one mail."""


class Posting:
    """One attempt to send one mail, in a thread. `give_up`, from another thread, ends it."""

    def __init__(self, settings: MailSection, tls: ssl.SSLContext | None) -> None:
        self._settings, self._tls = settings, tls
        self._server = _MailServer(tls if settings.tls == "tls" else None)
        self.is_taken = False
        """The server has said that the mail is its own now: whatever it says after, it was sent."""

    def send(self, message: EmailMessage) -> None:
        """Raises OSError."""
        settings, server = self._settings, self._server
        try:
            server.open(settings)
            if settings.tls == "starttls":
                server.starttls(context=self._tls)
            if settings.user:
                server.login(settings.user, settings.password)
            server.send_message(message)
            self.is_taken = True
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
        finally:
            server.close()

    def give_up(self) -> None:
        """Whatever the thread waits for ends at once."""
        self._server.hang_up()


class _Replies:
    """What the server says, to an end: smtplib keeps the lines of a reply as long as they come."""

    def __init__(self, opened: socket.socket) -> None:
        self._file = opened.makefile("rb")
        self._left = MOST_SAID

    def readline(self, limit: int) -> bytes:
        """Raises OSError."""
        line = self._file.readline(limit)
        self._left -= len(line)
        if self._left < 0:
            raise OSError(f"it says more than {MOST_SAID >> 10} KiB")
        return line

    def close(self) -> None:
        self._file.close()


class _MailServer(smtplib.SMTP):
    """Connects to the first address that answers (smtplib would wait for each in turn)."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self._tls, self._is_over = tls, False
        self._line: socket.socket | None = None
        """The same connection as `sock`, below TLS: shut down here, it is for every reader."""
        super().__init__(timeout=SILENCE_SEC)

    def open(self, settings: MailSection) -> None:
        """Raises OSError."""
        self._host = settings.host  # the name that STARTTLS asks the certificate for
        code, said = self.connect(settings.host, settings.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Replies(self.sock)
        return super().getreply()

    def hang_up(self) -> None:
        self._is_over = True
        if self._line is not None:
            with suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        super().close()
        if self._line is not None:
            self._line.close()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        try:
            opened = dial(host, port, timeout)
        except NotReached as error:  # its addresses are the operator's to know
            number = error.errno or 0
            raise OSError(number, os.strerror(number)) from None
        opened.settimeout(timeout)
        self._line = opened.dup()
        if self._is_over:
            opened.close()
            raise OSError("it took too long to connect")
        return self._tls.wrap_socket(opened, server_hostname=host) if self._tls else opened
