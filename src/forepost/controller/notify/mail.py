"""Mail over the operator's own server, with the standard library, in a thread."""

import smtplib
import ssl
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from typing import Final, Literal

import anyio
import anyio.to_thread

from forepost.controller.notify.mail_server import Posting
from forepost.controller.notify.outcome import Outcome, shortened
from forepost.controller.notify.store import Attachment, ClaimedDelivery
from forepost.controller.outgoing.calls import trusted
from forepost.controller.settings import MailSection
from forepost.kit.clock import Clock

AT_ONCE: Final = 2
LONGEST_SEC: Final = 60.0


Attached = Callable[[int], Awaitable[Attachment | None]]


async def _nothing(_attachment_id: int) -> None:
    return None


class Mails:
    def __init__(
        self,
        settings: MailSection,
        ca_file: str,
        clock: Clock,
        attached: Attached = _nothing,
        *,
        longest_sec: float = LONGEST_SEC,
    ) -> None:
        """`attached`: what is to go with a mail, by its id; None: it is not there any more."""
        self._attached, self._longest_sec = attached, longest_sec
        self._settings, self._ca_file, self._clock = settings, ca_file, clock
        self._tls: ssl.SSLContext | None = None
        self._threads = anyio.CapacityLimiter(AT_ONCE)

    async def send(self, row: ClaimedDelivery) -> Outcome:
        if not self._settings.host:
            return Outcome("never", "mail: not configured ([mail] host)")
        attachment = None
        if row.attachment_id is not None:
            attachment = await self._attached(row.attachment_id)
            if attachment is None:
                return Outcome("never", "mail: what was to go with it is not kept any more")
        try:
            message = self._message(row)
            if attachment is not None:
                _attach(message, attachment)
            await self._post(message)
        except TimeoutError:
            return Outcome("again", f"mail: {self._settings.host} did not answer in time")
        except ssl.SSLCertVerificationError as error:
            return Outcome("again", f"mail: certificate: {error.verify_message}")
        except (smtplib.SMTPException, OSError) as error:
            return _unsent(error)
        except ValueError as error:  # an address that no header can hold
            return Outcome("never", shortened(f"mail: {error}"))
        return Outcome("sent")

    async def _post(self, message: EmailMessage) -> None:
        """Raises OSError, where the server did not take it."""
        posting = Posting(self._settings, self._trusted())
        try:
            with anyio.fail_after(self._longest_sec):
                await anyio.to_thread.run_sync(
                    posting.send, message, abandon_on_cancel=True, limiter=self._threads
                )
        except TimeoutError:
            if not posting.is_taken:
                raise
        finally:
            posting.give_up()

    def _message(self, row: ClaimedDelivery) -> EmailMessage:
        settings = self._settings
        message = EmailMessage()
        message["Subject"] = " ".join(row.title.split())
        message["From"] = formataddr((settings.from_name, settings.from_address))
        message["To"] = row.destination
        message["Date"] = format_datetime(self._clock.now())
        # The same for every attempt: a server or a reader may drop a second copy.
        domain = settings.from_address.rpartition("@")[2]
        message["Message-ID"] = f"<forepost-{row.id}-{int(row.created_at.timestamp())}@{domain}>"
        if row.thread:
            # A mail that nobody got: all of an incident answer it, so whichever is read is in one
            # thread with the others.
            first = f"<forepost-{row.thread}@{domain}>"
            message["In-Reply-To"] = first
            message["References"] = first
            message["List-Id"] = f"Alerts <workspace-{row.workspace_id}.alerts.{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message["X-Forepost-Delivery"] = str(row.id)
        message.set_content(row.body)
        if row.html:
            message.add_alternative(row.html, subtype="html")
        return message

    def _trusted(self) -> ssl.SSLContext | None:
        if self._settings.tls != "none" and self._tls is None:
            self._tls = trusted(self._ca_file)
        return self._tls


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    main, _, sub = attachment.media_type.partition("/")
    message.add_attachment(attachment.content, maintype=main, subtype=sub, filename=attachment.name)


def _unsent(error: Exception) -> Outcome:
    """A refusal for good of this mail or its receiver, or something that may pass."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
        text = said.decode(errors="replace")
    elif isinstance(error, smtplib.SMTPResponseException):
        code, text = error.smtp_code, _text(error.smtp_error)
    else:
        return Outcome("again", shortened(f"mail: {str(error) or type(error).__name__}"))
    ours = isinstance(error, (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError))
    verdict: Literal["again", "refused"] = "refused" if ours and code >= 500 else "again"
    return Outcome(verdict, shortened(f"mail: {code} {text}"))


def _text(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said
