"""A message socket: one message at a time until it is acknowledged, and receipts. Pure.

Some SDKs acknowledge receipts as they do messages, others do not, and an acknowledgement does not
say of what it is. Which kind a client is shows itself; until then no message is sent while a
receipt may still be acknowledged, so that none is taken for acknowledged that is not.
"""

from collections import deque
from typing import Final

import msgspec

from forepost.agent.workloads.control import AGAIN_SEC, DEAD_SEC, MOST_TRIES, PING_SEC

MESSAGE: Final = b"\x0d"
RECEIPT: Final = b"\x0e"
RECEIPT_SEC: Final = 2.0
"""How long a receipt may be acknowledged, of a client that has not shown its kind."""
MOST_SENT: Final = 1_000
_TIME_BYTES: Final = 8


class SendMessage(msgspec.Struct, frozen=True):
    number: int


class SendMessagePing(msgspec.Struct, frozen=True):
    pass


class TakeMessage(msgspec.Struct, frozen=True):
    """The receiver has it."""

    number: int


class EndMessages(msgspec.Struct, frozen=True):
    reason: str


MessageStep = SendMessage | SendMessagePing | TakeMessage | EndMessages


def receipt(identity: str, at_ms: int) -> bytes:
    text = identity.encode()
    return RECEIPT + bytes([len(text), _TIME_BYTES]) + text + at_ms.to_bytes(_TIME_BYTES)


def framed(message: bytes) -> bytes:
    return MESSAGE + len(message).to_bytes(4) + message


def unframed(frame: bytes) -> bytes:
    """The message in a frame that a client sent. Raises ValueError."""
    if frame[:1] != MESSAGE or int.from_bytes(frame[1:5]) != len(frame) - 5:
        raise ValueError("not a whole message")
    return frame[5:]


class MessageLine:
    def __init__(self, now: float) -> None:
        self._heard_at = self._pinged_at = now
        self._sent: deque[int | None] = deque(maxlen=MOST_SENT)
        """What may be acknowledged, oldest first; None: a receipt."""
        self._acknowledges_receipts: bool | None = None
        self._receipt_at = now
        self._waiting: int | None = None
        self._sent_at = now
        self._tries = 0

    def heard(self, now: float) -> None:
        self._heard_at = now

    def receipt_sent(self, now: float) -> None:
        if self._acknowledges_receipts is not False:
            self._sent.append(None)
            self._receipt_at = now

    def offer(self, number: int | None, now: float) -> list[MessageStep]:
        """`number`: of the oldest message that waits for this client; None: none does."""
        if number is None or self._waiting is not None or self._is_unsure(now):
            return []
        self._waiting, self._tries = number, 0
        return [self._send(now)]

    def acknowledged(self, now: float) -> list[MessageStep]:
        self._heard_at = now
        if self._acknowledges_receipts is False and self._waiting is None:
            self._acknowledges_receipts = True  # it does, though late
            return []
        if not self._sent:
            return []
        found = self._sent.popleft()
        if found is None:
            self._acknowledges_receipts = True
            return []
        if found != self._waiting:
            return []
        self._waiting = None
        return [TakeMessage(found)]

    def turn(self, now: float) -> list[MessageStep]:
        """What time brings; `offer` comes after it."""
        if now - self._heard_at >= DEAD_SEC:
            return [EndMessages("nothing was heard")]
        steps: list[MessageStep] = []
        if self._waiting is not None and now - self._sent_at >= AGAIN_SEC:
            if self._tries >= MOST_TRIES:
                return [EndMessages("a message was not acknowledged")]
            steps.append(self._send(now))
        if now - max(self._heard_at, self._pinged_at) >= PING_SEC:
            self._pinged_at = now
            steps.append(SendMessagePing())
        return steps

    def _is_unsure(self, now: float) -> bool:
        """Whether the next acknowledgement may be that of a receipt, which nobody can tell."""
        if self._acknowledges_receipts is not None or None not in self._sent:
            return False
        if now - self._receipt_at < RECEIPT_SEC:
            return True
        self._acknowledges_receipts = False
        self._sent.clear()
        return False

    def _send(self, now: float) -> SendMessage:
        assert self._waiting is not None
        self._sent.append(self._waiting)
        self._sent_at = now
        self._tries += 1
        return SendMessage(self._waiting)
